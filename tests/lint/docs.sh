#!/usr/bin/env bash
# docs -- manual, completion, sample file and programs say the same.
#
#   --help of the program (and of each of its commands)  ==  options in its manual  ==  options in its completion
#   commands of the manual  ==  commands of the completion;  each is known to the program
#   settings that `workforced --print-config` shows  ==  those of workforced.conf(5)  ==  those of the sample
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
B=${WF_BUILD:-build}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
bad=0
finding() { printf '%s\n' "$1"; bad=1; }

for page in consumers/*.1 daemon/*.[58]; do
    said=$(mandoc -T lint -W warning "$page" 2>&1) || finding "$(printf '%s' "$said" | sed 's/^mandoc: //')"
done

# differ WHAT LEFT-NAME LEFT RIGHT-NAME RIGHT: says what only one of two sorted lists has.
differ()
{
    local left right
    left=$(comm -23 "$3" "$5" | tr '\n' ' ') right=$(comm -13 "$3" "$5" | tr '\n' ' ')
    [ -z "$left" ]  || finding "$4:1: lacks the $1 of $2: $left"
    [ -z "$right" ] || finding "$2:1: lacks the $1 of $4: $right"
}
options() { grep -oE -- '(^|[^a-zA-Z0-9-])--[a-z][a-z0-9-]*' | grep -oE -- '--[a-z][a-z0-9-]*' | LC_ALL=C sort -u; }
manual_options() { grep -E '^\.(.* )?Fl ' "$1" | grep -oE ' -[a-z][a-z0-9-]*' | sed 's/^ /-/' | LC_ALL=C sort -u; }
manual_commands() { sed -n '/^\.Sh COMMANDS/,/^\.Sh [^C]/p' "$1" | sed -nE 's/^\.It Cm ([a-z][a-z-]*).*/\1/p' | LC_ALL=C sort -u; }

program()    # program NAME PAGE COMPLETION
{
    local name=$1 page=$2 completion=$3 command
    [ -f "$page" ] || { finding "$page:1: is missing"; return; }
    [ -f "$completion" ] || { finding "$completion:1: is missing"; return; }
    [ -x "$B/$name" ] || { finding "$page:1: $name is not built"; return; }
    "$B/$name" --help > "$work/help" 2>"$work/err" </dev/null || finding "$page:1: $name --help ends with $?"
    manual_commands "$page" > "$work/commands"
    while read -r command; do
        "$B/$name" "$command" --help >> "$work/help" 2>>"$work/err" </dev/null || finding "$page:1: $name $command --help ends with $?"
        grep -qE "(^|[^a-z-])$command([^a-z-]|$)" "$work/help" || finding "$page:1: --help does not name the command $command"
    done < "$work/commands"
    # Every command that the help lists, indented under a heading of its own, is in the manual.
    "$B/$name" --help 2>/dev/null </dev/null | sed -n '/^Commands/,/^$/p' |
        sed -nE 's/^  ?([a-z][a-z-]+)( .*|$)/\1/p' | LC_ALL=C sort -u > "$work/helped"
    [ ! -s "$work/helped" ] || differ commands "$page" "$work/commands" "$name --help" "$work/helped"
    # An option is one where a line begins with it; texts may speak of other programs' options.
    grep -E '^ +-' "$work/help" | options > "$work/options"
    manual_options "$page" > "$work/manual"
    differ options "$name --help" "$work/options" "$page" "$work/manual"
    options < "$completion" > "$work/completed"
    differ options "$name --help" "$work/options" "$completion" "$work/completed"
    while read -r command; do
        grep -qE "(^|[^a-z-])$command([^a-z-]|$)" "$completion" || finding "$completion:1: lacks the command $command"
    done < "$work/commands"
    bash -n "$completion" || finding "$completion:1: bash does not read it"
}
program workforced daemon/workforced.8 consumers/completion/workforced
for source in consumers/*.c; do
    name=$(basename "$source" .c)
    program "$name" "consumers/$name.1" "consumers/completion/$name"
done

"$B/workforced" --profile profiles/dfe.conf --print-config 2>/dev/null </dev/null | sed -nE 's/^#? ?([a-z_]+) *=.*/\1/p' | LC_ALL=C sort -u > "$work/keys"
[ -s "$work/keys" ] || finding "daemon/main.c:1: --print-config prints no setting"
sed -nE 's/^\.It Ic ([a-z_]+).*/\1/p' daemon/workforced.conf.5 | LC_ALL=C sort -u > "$work/manual"
differ settings "workforced --print-config" "$work/keys" daemon/workforced.conf.5 "$work/manual"
sed -nE 's/^#? ?([a-z_]+) *= .*/\1/p' daemon/workforced.conf.sample | LC_ALL=C sort -u > "$work/sample"
differ settings "workforced --print-config" "$work/keys" daemon/workforced.conf.sample "$work/sample"
# The sample with every setting uncommented is what is in force without any file, but for the profiles' place.
sed -E 's/^# ([a-z_]+ *= )/\1/' daemon/workforced.conf.sample | sed '/^profiles/d' > "$work/all.conf"
in_force() { "$B/workforced" --profile profiles/dfe.conf --print-config "$@" </dev/null 2>&1; }
diff <(in_force) <(in_force --config "$work/all.conf") > "$work/diff" || {
    sed 's|^|daemon/workforced.conf.sample:1: its defaults are not the defaults: |' "$work/diff"; bad=1; }

# The profiles' words: each key that the reader knows is in the manual and the reverse; the manual's examples are read.
grep -hoE '\{ "[a-z_]+", (true|false),' daemon/engine/profile.c | grep -oE '[a-z_]+"' | tr -d '"' | LC_ALL=C sort -u > "$work/words"
[ -s "$work/words" ] || finding "daemon/engine/profile.c:1: its tables of keys were not found"
while read -r word; do
    grep -qE "^\.It Ic (.*[ ,])?$word\b|^\.Ic $word\b|^($word|    $word) [^ ]+ ?\{" daemon/workforced.profile.5 ||
        finding "daemon/workforced.profile.5:1: lacks $word"
done < "$work/words"
sed -nE 's/^\.It Ic (.*)/\1/p' daemon/workforced.profile.5 | sed 's/ Ar .*//' | tr ', ' '\n\n' | grep -E '^[a-z_]+$' | LC_ALL=C sort -u > "$work/manual"
left=$(comm -23 "$work/manual" "$work/words" | tr '\n' ' ')
[ -z "$left" ] || finding "daemon/workforced.profile.5:1: no word of profiles: $left"
sed -n '/^\.Bd -literal/,/^\.Ed/p' daemon/workforced.profile.5 | grep -v '^\.' | sed -n '/^[a-z]* *[a-z_]* {/,/^}\|^[a-z]* *[a-z_]* {.*}$/p' > "$work/examples"
grep -q . "$work/examples" || finding "daemon/workforced.profile.5:1: it has no example"
cp profiles/bank-holidays-england "$work/"
"$B/workforced" check --profile "$work/examples" > "$work/said" 2>&1 </dev/null ||
    finding "daemon/workforced.profile.5:1: its examples: $(head -n 1 "$work/said")"
exit $bad
