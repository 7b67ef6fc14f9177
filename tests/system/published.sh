#!/usr/bin/env bash
# published -- every area and year of a table of annual figures becomes an organisation of its own, is published to a
# daemon and read back over its sockets; the rates are compared with the published ones.
#
#   published.sh FIGURES.csv [EXCEPTIONS.csv]
#
# FIGURES.csv has the DfE's column names. The last line is "N rates, N exact, N within input rounding, N wrong". Of wrong
# ones there may be exactly those of EXCEPTIONS.csv (default: recompute_exceptions.csv beside FIGURES.csv, if there is one).
set -uo pipefail
figures=${1:?a table of figures is wanted}
exceptions=${2:-$(dirname "$figures")/recompute_exceptions.csv}
. "$(dirname "$0")/daemon.bash"
[ -f "$figures" ] || die "there is no $figures"
PYTHON=${PYTHON:-/usr/bin/python3}

# What a row is called: by the code of its area, as the simulator names organisations.
names()
{
    "$PYTHON" - "$figures" <<'PYTHON'
import csv, re, sys
with open(sys.argv[1], encoding="utf-8-sig", newline="") as file:
    for row in csv.DictReader(line for line in file if not line.startswith("#")):
        key = row.get("new_la_code") or row.get("region_code") or "national"
        print("%s-%s\t%s\t%s" % (re.sub("[^a-z0-9]+", "-", key.lower()).strip("-"), row["time_period"], key, row["time_period"]))
PYTHON
}
names > "$work/names" || die "$figures cannot be read"
years=$(cut -f 3 "$work/names" | sort -u)
last=$(printf '%s\n' "$years" | tail -n 1)

# Everything lies in the past of the day after the last 30 September, so no day has to be ended.
daemon_start "$top/profiles/dfe.conf" --clock manual --today "$last-10-01"
"$B/workforce-simulate" --each-year --publish "$figures" || die "the simulation was not taken"

for year in $years; do
    "$B/workforcectl" figures --on "$year-09-30" --format csv --known > "$work/$year.csv" || die "figures of $year cannot be read"
    if [ ! -s "$work/read.csv" ]; then head -n 1 "$work/$year.csv" | sed 's/^time_period,unit/area_key,time_period/' > "$work/read.csv"; fi
    # An organisation stands for one year; what the others show on this day is not asked for.
    awk -F, -v OFS=, -v year="$year" 'FNR == NR { split($0, f, "\t"); key[f[1]] = f[2]; at[f[1]] = f[3]; next }
        FNR > 1 && at[$2] == year { rest = $0; sub(/^[^,]*,[^,]*/, "", rest); print key[$2], year rest }' "$work/names" "$work/$year.csv" >> "$work/read.csv"
done
daemon_stop
grep -v '^#' "$figures" > "$work/figures.csv"
set -- "$work/figures.csv" "$work/read.csv"
[ ! -s "$exceptions" ] || set -- "$@" --expect "$exceptions"
"$PYTHON" "$top/tests/oracle/published.py" "$@"
