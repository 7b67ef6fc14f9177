#!/usr/bin/env bash
# catalog -- each line that the daemon can log has its entry in the catalogue, with something to do, and no other is there.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
B=${WF_BUILD:-build}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

# What the daemon says itself: "NAME id ..." a line.
"$B/workforced" --lines > "$work/lines" || { echo "daemon/main.c:1: --lines does not list the log's lines"; exit 1; }
perl - "$work/lines" systemd/workforced.catalog <<'PERL'
use strict; use warnings;
my ($lines, $catalog) = @ARGV;
my (%name, %has, $id, $bad);
open my $in, '<', $lines or die;
while (<$in>) { my ($n) = /\b([A-Z][A-Z_]+)\b/; my ($i) = /\b([0-9a-f]{32})\b/; $name{$i} = $n if $n && $i }
open $in, '<', $catalog or die;
while (<$in>) {
    if (/^-- ([0-9a-f]{32})$/) {
        $id = $1;
        if ($has{$id})      { print "$catalog:$.: twice\n"; $bad = 1 }
        if (!$name{$id})    { print "$catalog:$.: no line of the log has this id\n"; $bad = 1 }
        $has{$id} = { line => $., text => '' };
    } elsif ($id && !/^(Subject|Defined-By|Documentation):/) { $has{$id}{text} .= $_ }
    elsif ($id && /^(Subject):/) { $has{$id}{subject} = 1 }
}
for my $i (sort { $name{$a} cmp $name{$b} } keys %name) {
    if (!$has{$i}) { print "$catalog:1: no entry for $name{$i}: -- $i\n"; $bad = 1 }
    elsif (!$has{$i}{subject} || $has{$i}{text} !~ /\w{3}/) { print "$catalog:$has{$i}{line}: $name{$i} has no subject or nothing to do\n"; $bad = 1 }
}
if (!%name) { print "daemon/main.c:1: --lines lists nothing\n"; $bad = 1 }
exit($bad ? 1 : 0);
PERL
bad=$?
# The journal's own reader takes the file (offline, into a database of its own).
if command -v journalctl >/dev/null; then
    mkdir -p "$work/root/usr/lib/systemd/catalog" "$work/root/var/lib/systemd/catalog"
    cp systemd/workforced.catalog "$work/root/usr/lib/systemd/catalog/"
    said=$(journalctl --root="$work/root" --update-catalog 2>&1) || { echo "systemd/workforced.catalog:1: $said"; bad=1; }
    n=$(journalctl --root="$work/root" --list-catalog 2>/dev/null | grep -c .)
    [ "$n" = "$(grep -c '^-- ' systemd/workforced.catalog)" ] || { echo "systemd/workforced.catalog:1: the journal reads $n entries of it"; bad=1; }
fi
exit $bad
