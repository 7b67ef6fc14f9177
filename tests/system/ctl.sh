#!/usr/bin/env bash
# ctl -- every command of workforcectl against a daemon: what it prints, what it hands on, how it ends.
set -uo pipefail
. "$(dirname "$0")/daemon.bash"
ctl=$B/workforcectl
export LC_ALL=C.UTF-8 NO_COLOR=
bad=0
finding() { printf 'ctl: %s\n' "$*"; bad=1; }
# ends STATUS WHAT COMMAND...: what it said is in $work/out and $work/err.
ends()
{
    local want=$1 what=$2 got=0; shift 2
    "$@" > "$work/out" 2> "$work/err" < "${input:-/dev/null}" || got=$?
    [ $got = "$want" ] || { finding "$what: ended with $got, not $want"; sed 's/^/    /' "$work/out" "$work/err" | head -n 20; }
}
says()  { grep -qE -- "$2" "$work/out" || { finding "$1: does not say /$2/"; sed 's/^/    /' "$work/out" | head -n 20; }; }
warns() { grep -qE -- "$2" "$work/err" || { finding "$1: does not warn /$2/"; sed 's/^/    /' "$work/err" | head -n 20; }; }
lines() { [ "$(wc -l < "$work/out")" = "$2" ] || finding "$1: $(wc -l < "$work/out") lines, not $2"; }

# ---- without a daemon, and wrong calls ----
ends 3 'status without a daemon' "$ctl" status --sockets "$work/nowhere"
ends 3 'publish without a daemon' "$ctl" publish --sockets "$work/nowhere"
ends 2 'status --check without a daemon' "$ctl" status --check --sockets "$work/nowhere"
says 'status --check without a daemon' '^WORKFORCED CRITICAL - '
lines 'status --check' 1
ends 2 'no command' "$ctl"
ends 2 'an unknown command' "$ctl" fly
ends 2 'an unknown option' "$ctl" show --fly
ends 2 'a bad date' "$ctl" figures --on 2024-02-30
ends 2 'a bad number' "$ctl" refused --since -1
ends 2 'too few arguments' "$ctl" history turnover_rate_fte
ends 2 'too many arguments' "$ctl" show a b
ends 0 'help' "$ctl" --help
for command in $(sed -n '/^Commands/,/^$/s/^  \([a-z-]*\).*/\1/p' "$work/out"); do
    ends 0 "$command --help" "$ctl" "$command" --help
    [ "$command" = help ] || says "$command --help" "^Usage: workforcectl $command"
done
ends 0 'help events' "$ctl" help events
says 'help events' '^starter +'
ends 0 'version' "$ctl" --version

# ---- publish ----
daemon_start "$top/profiles/dfe.conf" --clock manual --today 2024-03-01
event()     # event ID SOURCE TYPE SUBJECT EFFECTIVE DATA
{
    printf '{"specversion":"1.0","id":"%s","source":"%s","type":"%s","subject":"%s",' "$1" "$2" "$3" "$4"
    printf '"org":"bexley","time":"2024-03-01T09:00:00Z","effective":"%s","data":{%s}}\n' "$5" "$6"
}
{
    event 1 hr starter p1 2024-01-01 '"engagement":"e1","fte":"0.8"'
    event 2 hr starter p2 2024-01-01 '"engagement":"e2","fte":"1"'
    echo '{ "specversion": "1.0", "id": '
    echo
    event 3 hr flier p3 2024-01-01 ''
    event 4 cases caseload p1 2024-03-01 '"cases":16'
    event 5 hr starter p4 2024-01-01 '"engagement":"e4","fte":"1.5"'
    event 6 hr starter p5 2034-01-01 '"engagement":"e5","fte":"1"'
    event 2 hr starter p2 2024-01-01 '"engagement":"e2","fte":"1"'
    event 2 hr starter p2 2024-01-01 '"engagement":"e2","fte":"0.5"'
    event 7 hr leaver p9 2024-02-01 '"engagement":"e9"'
} > "$work/events"
input=$work/events ends 1 'publish some bad ones' "$ctl" publish --refused "$work/refused" -
warns 'publish' '^4 accepted, 1 duplicates, 5 refused in '
[ "$(sed -E 's/^\{"line":([0-9]+),"reason":"([a-z-]+)".*/\1 \2/' "$work/refused" | sort -n | tr '\n' ',')" = \
  '3 malformed,5 unknown-type,7 range,8 range,10 id-reused,' ] || { finding 'refused lines are not listed as they should be'; cat "$work/refused"; }
grep -q '^{"line":8,.*"event":{.*"id":"6"' "$work/refused" || finding 'what the daemon refused does not stand in the file as it was'
/usr/bin/python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]' < "$work/refused" || finding 'the file of refused lines is not JSON lines'
sed -n '1,2p;6p;11p' "$work/events" > "$work/good"
ends 0 'publish again' "$ctl" publish "$work/good"
warns 'publish again' '^0 accepted, 4 duplicates, 0 refused in '
printf '%s\n' nonsense > "$work/one"
ends 1 'publish without a file for what is refused' "$ctl" publish "$work/one"
warns 'publish without a file for what is refused' '^line 1: malformed: '
ends 0 'publish nothing' "$ctl" publish --quiet
[ -s "$work/err" ] && finding '--quiet is not quiet'
ends 2 'publish a file that is not there' "$ctl" publish "$work/none"

# ---- lists ----
ends 0 'refused' "$ctl" refused
says 'refused' 'range +'
[ "$(grep -c . "$work/out")" = 3 ] || finding "refused: lists $(($(grep -c . "$work/out") - 1)), not the 2 that the daemon refused"
number=$(awk 'NR == 2 { print $1 }' "$work/out")
ends 0 'refused --since' "$ctl" refused --since "$number" --json
lines 'refused --since' 1
ends 0 'findings' "$ctl" findings
says 'findings' '^waiting +bexley +leaver +2024-02-01 +hr +7 '
event 8 hr starter p9 2024-01-01 '"engagement":"e9","fte":"1"' > "$work/mends"
ends 0 'publish what was waited for' "$ctl" publish "$work/mends"
ends 0 'findings that vanished' "$ctl" findings
says 'findings that vanished' '^No findings\.$'
ends 0 'status' "$ctl" status
says 'status' '^state +ready$'
says 'status' '^today +2024-03-01 \(manual clock\)$'
says 'status' '^events +5 accepted, '
says 'status' '^hr +4 +4 +2 +0 +2024-03-02T[0-9:]+ +never said +0, 0 +0 *$'
says 'status' '^SOURCE .* COMPLETE UNTIL +DAYS LATE +PROMISED *$'
ends 0 'complete' "$ctl" complete
says 'complete' '^bexley +leaver +nobody +never said *$'
ends 1 'moves of what is not told' "$ctl" moves bexley
warns 'moves of what is not told' 'no data: who started, changed and left has not been told in full'
ends 0 'status --check' "$ctl" status --check
says 'status --check' '^WORKFORCED OK - ready; .*\| accepted=5c '
lines 'status --check' 1
ends 0 'indicators' "$ctl" indicators
says 'indicators' '^turnover_rate_fte '
says 'indicators' '^    census_leavers\.fte over 12 months'
says 'indicators' '^    per in_post\.fte at end'
says 'indicators' '^rule turnover '
ends 0 'dump' "$ctl" dump --org bexley
says 'dump' 'in_post'

# ---- figures; before anything was said to be complete there are none ----
ends 0 'show' "$ctl" show
says 'show' '^bexley +in_post_fte +no data'
ends 0 'why-not of what is not told' "$ctl" why-not turnover bexley
says 'why-not of what is not told' '^Nothing fires: there is no data, and nobody has said from when there will be\.$'
says 'why-not of what is not told' '^Nothing was ever told of it\.$'
ends 0 'explain of what is not told' "$ctl" explain turnover_rate_fte bexley
says 'explain of what is not told' '^Not all of it is known, so no figure is made of it\.$'
event 9 hr complete hr 2022-09-30 '"types":["starter","change","leaver","placement_started","placement_ended","absence"]' > "$work/complete"
ends 0 'complete' "$ctl" publish "$work/complete"
ends 0 'show a unit' "$ctl" show bexley
says 'show a unit' '^bexley +in_post_fte +1\.8 FTE +2'
says 'show a unit' '^At the close of 2024-03-01 \(provisional: the day has not ended\)$'
says 'show a unit' ' caseload_fte +no data'
says 'show a unit' '^hr +2022-09-30 +open +in_post_fte, '
ends 0 'complete again' "$ctl" complete --org bexley
says 'complete again' '^bexley +starter +hr +2022-09-30 +open *$'
says 'complete again' '^bexley +caseload +nobody +never said *$'
ends 0 'status again' "$ctl" status
says 'status again' '^hr .* open +[0-9]+, [0-9]+ +0 *$'
ends 0 'moves' "$ctl" moves bexley --from 2023-06-01 --until 2024-03-01
says 'moves' '^bexley from 2023-06-01 to 2024-03-01$'
says 'moves' '^in post before '
says 'moves' '^starter +[0-9]+ +[0-9.]+ +starters, inflow *$'
says 'moves' '^in post after +2 +1\.8 *$'
grep -q $'\033' "$work/out" && finding 'colours without a terminal'
ends 1 'show a unit that is not there' "$ctl" show nowhere
ends 0 'figures as CSV' "$ctl" figures --on 2024-01-31 --format csv
says 'figures as CSV' '^time_period,unit,inpost_fte,inpost_headcount,starters_fte,'
says 'figures as CSV' '^2024,bexley,2\.8,3,2\.8,3,0\.0,0,0\.0,0\.0,'
says 'figures as CSV' ',x,'
ends 0 'figures as JSON' "$ctl" figures --on 2024-02-29 --format json --unit bexley --below --indicator in_post_headcount
lines 'figures as JSON' 1
says 'figures as JSON' '"numerator": ?2'
ends 2 'figures in no format' "$ctl" figures --format xml

# ---- clock, history ----
ends 0 'clock' "$ctl" clock
says 'clock' '^2024-03-01 \(manual clock\)$'
ends 0 'clock advance' "$ctl" clock advance 2024-04-01
says 'clock advance' '^2024-04-01 \(manual clock\), 31 days ended'
ends 2 'clock advance nowhere' "$ctl" clock advance
ends 1 'clock back' "$ctl" clock advance 2024-03-01
ends 0 'history' "$ctl" history in_post_headcount bexley --from 2023-12-25 --until 2024-02-05 --days
says 'history' '^in_post_headcount of bexley, 2023-12-25 to 2024-02-05$'
says 'history' '▁.*█'
says 'history' 'lowest 0 on 2023-12-25, highest 3 on 2024-01-01, last 2'
says 'history' '^2024-02-01 +2'
LC_ALL=C ends 0 'history without UTF-8' "$ctl" history in_post_headcount bexley --from 2023-12-25 --until 2024-02-05
says 'history without UTF-8' '_.*#'
grep -q '█' "$work/out" && finding 'history: UTF-8 where the locale has none'
ends 1 'history of nothing' "$ctl" history flying bexley

# ---- tail: 3 of 24 leave, so turnover breaks both edges; an alert is told once, to the program too ----
{
    for i in $(seq 20 46); do event "$i" hr starter "p$i" 2023-01-01 "\"engagement\":\"e$i\",\"fte\":\"1\""; done
    for i in $(seq 20 25); do event "l$i" hr leaver "p$i" 2024-03-20 "\"engagement\":\"e$i\",\"kind\":\"leaver\""; done
} | sed 's/2024-03-01T/2024-03-31T/' > "$work/leavers"
"$ctl" tail --json > "$work/tail" 2>&1 & tail_pid=$!
sleep 1.5
ends 0 'publish leavers' "$ctl" publish "$work/leavers"
ends 0 'tail --since 0 --exec' timeout 20 "$ctl" tail --alerts --since 0 --count 1 --exec "cat >> $work/told; printf '%s\n' x >> $work/runs" bexley
says 'tail' '^2024-04-01  #1  (AMBER|RED) Turnover, bexley: '
[ "$(wc -l < "$work/runs")" = 1 ] || finding 'the program did not run once for one alert'
/usr/bin/python3 - "$work/told" <<'PYTHON' || finding 'what the program was given is no alert in JSON'
import json, sys
alert = json.load(open(sys.argv[1]))
assert alert["rule"] == "turnover" and alert["unit"] == "bexley" and alert["number"] == 1, alert
PYTHON
ends 0 'tail --exec of what fails' timeout 20 "$ctl" tail --alerts --since 0 --count 1 --exec 'exit 3'
warns 'tail --exec of what fails' 'ended with 3'
ends 0 'tail --figures-first' timeout 20 "$ctl" tail --figures-first --count 1 --since 9999 figure/bexley/=in_post_headcount
says 'tail --figures-first' '^2024-04-01  bexley  in_post_headcount  23'
for _ in $(seq 50); do grep -q '"rule"' "$work/tail" && grep -q '"indicator":"in_post_headcount"' "$work/tail" && break; sleep 0.1; done
kill -INT $tail_pid; wait $tail_pid || finding 'tail does not end well on interrupt'
grep -q '"rule": *"turnover"' "$work/tail" || { finding 'tail did not show the alert live'; head -n 5 "$work/tail"; }
grep -q '"indicator": *"in_post_headcount"' "$work/tail" || finding 'tail did not show a figure live'

# ---- why ----
ends 0 'explain an alert' "$ctl" explain A-1
says 'explain an alert' '^Alert message 1, (state|at_start), of alert 1: rule turnover in bexley$'
says 'explain an alert' '^2024-03-20 +leaver +\+1 +leaver +hr +l2[0-5] '
says 'explain an alert' '^Equal to what was told\.$'
grep -q $'\033' "$work/out" && finding 'colours of explain without a terminal'
ends 0 'why-not' "$ctl" why-not turnover bexley
says 'why-not' '^(amber|red) stands since 2024-03-20\.$'
says 'why-not' '^Told last: A-1, '
ends 0 'why-not of few people' "$ctl" why-not caseload bexley
says 'why-not of few people' '^Nothing fires: '
ends 0 'diff' "$ctl" diff in_post_headcount bexley --on 2024-03-31 --since 2024-03-31 --json
lines 'diff' 35

# ---- reload: a configuration with a mistake changes nothing and is shown ----
ends 0 'reload' "$ctl" reload
cp "$work/workforced.conf" "$work/kept.conf"
echo 'profiles = { "nowhere.conf" }' >> "$work/workforced.conf"
ends 1 'reload of a mistake' "$ctl" reload
warns 'reload of a mistake' 'nowhere\.conf'
ends 0 'show after it' "$ctl" show
cp "$work/kept.conf" "$work/workforced.conf"

daemon_stop
ends 3 'status after the end' timeout 30 "$ctl" status
exit $bad
