#!/usr/bin/env bash
# unit -- systemd takes the unit as it is, and it stays as closed as it was.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath -m "${WF_BUILD:-build}")
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
command -v systemd-analyze >/dev/null || { echo "systemd-analyze is not here"; exit 1; }

# verify looks for the program where the unit says: point a copy at one that exists.
program=$B/workforced; [ -x "$program" ] || program=/bin/true
kill=$(type -P kill || echo /bin/true)      # of procps, which a minimal tree lacks
sed "s|/usr/sbin/workforced|$program|; s|/usr/bin/kill|$kill|" systemd/workforced.service > "$work/workforced.service"
bad=0
said=$(systemd-analyze verify --man=no "$work/workforced.service" 2>&1 | grep -F workforced.service)
[ -z "$said" ] || { printf 'systemd/workforced.service:1: %s\n' "$said"; bad=1; }

# The threshold is ten times the exposure. Three groups instead of PrivateUsers= and a chown are what is above 0.3.
systemd-analyze security --offline=yes --threshold=6 "$work/workforced.service" > "$work/score" 2>&1 || {
    grep -vE '^. ' "$work/score" | tail -n 3; grep -E '^✗' "$work/score"
    echo "systemd/workforced.service:1: more exposed than 0.6"; bad=1; }
systemd-sysusers --dry-run "$PWD/systemd/workforced.sysusers" >"$work/users" 2>&1 || {
    sed 's|^|systemd/workforced.sysusers:1: |' "$work/users"; bad=1; }
exit $bad
