#!/usr/bin/env bash
# councils -- the project's own table of official figures comes out: as years that follow one another (the demo, without a
# terminal) and each year alone.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
said=$(mktemp) || exit 1
trap 'rm -f "$said"' EXIT
bad=0
wrong() { echo "councils: $*"; tail -n 20 "$said"; bad=1; }

bash "$here/demo.sh" > "$said" 2>&1 < /dev/null || wrong "the demo ends with $?"
grep -qE '^360 rates, 3[0-9][0-9] exact, [0-9]+ within input rounding, 0 wrong$' "$said" || wrong 'the demo does not say that 360 rates are right'
grep -qE '^[0-9-]+  #1  (AMBER|RED) ' "$said" || wrong 'the demo shows no alert'
grep -q '0 duplicates, 0 refused, 0 findings' "$said" || wrong 'the simulated events are not taken whole'
grep -q $'[\033\r]' "$said" && wrong 'control characters without a terminal'

bash "$here/published.sh" "$top/profiles/figures-five-councils.csv" /dev/null > "$said" 2>&1 || wrong "published.sh ends with $?"
grep -qE '^360 rates, [0-9]+ exact, [0-9]+ within input rounding, 0 wrong$' "$said" || wrong 'each year alone: not 360 rates that are right'
exit $bad
