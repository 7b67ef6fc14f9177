#!/usr/bin/env bash
# demo -- what it does, in a minute: five councils' years 2017 to 2024 stream into a daemon day by day, its alerts show as
# they come, and at the end each 30 September stands beside the published figures.
#
# The people are made up (workforce-simulate), their numbers are the official statistics (profiles/figures-five-councils.csv).
set -uo pipefail
. "$(dirname "$0")/daemon.bash"
figures=$top/profiles/figures-five-councils.csv
bold= plain= clear=
if [ -t 1 ]; then
    clear=$'\r\033[K'
    [ -n "${NO_COLOR:-}" ] || { bold=$'\033[1m' plain=$'\033[0m'; }
fi
say() { printf '%s%s%s%s\n' "$clear" "$bold" "$*" "$plain"; }

say "A daemon with profiles/dfe.conf and a clock that is wound by hand, on a store that goes away afterwards."
daemon_start "$top/profiles/dfe.conf" --clock manual --today 2016-09-30

say "Five councils, 1 October 2016 to 30 September 2024, day by day. Alerts, as managers would get them:"
echo
# Only the first line of each; the others say what changed, what is known to come and what to do.
"$B/workforcectl" tail --alerts --since 0 > "$work/alerts" 2>/dev/null &
tail_pid=$!
# In pieces, so that what one screen shows is whole: clear the bar, then the line.
{ stdbuf -oL tail -n +1 -f --pid="$tail_pid" "$work/alerts" 2>/dev/null | stdbuf -oL grep '#' |
    while IFS= read -r line; do printf '%s%s\n' "$clear" "$line"; done; } &
show_pid=$!
sleep 1.2               # the stream's first beat, so that alerts are shown when they come

quiet=; [ -t 2 ] || quiet=--quiet
"$B/workforce-simulate" --clock $quiet "$figures" || die "the simulation was not taken"
alerts=$("$B/workforcectl" status --json | sed -n '1s/.*"alerts":\([0-9]*\).*/\1/p')
for _ in $(seq 50); do [ "$(grep -c '#' "$work/alerts")" -ge "${alerts:-0}" ] && break; sleep 0.1; done
kill "$tail_pid" 2>/dev/null
wait "$tail_pid" "$show_pid" 2>/dev/null

echo
say "The last alert in full, and how a figure went:"
echo
awk '/#/ { text = "" } { text = text $0 "\n" } END { printf "%s", text }' "$work/alerts"
echo
"$B/workforcectl" history turnover_rate_fte bexley --from 2017-09-30 --until 2024-09-30
echo

for year in 2017 2018 2019 2020 2021 2022 2023 2024; do
    "$B/workforcectl" figures --on $year-09-30 --format csv || die "figures of $year cannot be read"
done > "$work/read.csv"
"$B/workforcectl" status > "$work/status"
daemon_stop

say "Each 30 September beside the published figures: here|published. ~ another last digit that the printed inputs allow too."
echo
# float: only here, to see whether two printed digits can come from the same inputs.
awk -F, '
function number(s) { return s ~ /^[0-9.]+$/ }
# Whether inputs that print like these can give the published digit.
function can(n, d, whole_n, whole_d, published, factor,    low, high) {
    low = factor * (n - (whole_n ? 0 : 0.05)) / (d + (whole_d ? 0 : 0.05)) - 0.05
    high = factor * (n + (whole_n ? 0 : 0.05)) / (d - (whole_d ? 0 : 0.05)) + 0.05
    return published > low - 1e-9 && published < high + 1e-9
}
function share(a, b, whole, published,    h) {      # 100 a / (a + b)
    h = whole ? 0 : 0.05
    return published > 100 * (a - h) / (a + b) - 0.05 - 1e-9 && published < 100 * (a + h) / (a + b) + 0.05 + 1e-9
}
function allowed(rate, p,    days) {
    days = rate == "absence_rate_fte" ? (p["time_period"] % 4 == 0 ? 254 : 253) : 1
    if (rate == "turnover_rate_fte")       return can(p["leavers_fte"], p["inpost_fte"], 0, 0, p[rate], 100)
    if (rate == "agency_rate_fte")         return share(p["agency_fte"], p["inpost_fte"], 0, p[rate])
    if (rate == "agency_cover_rate_fte")   return can(p["agency_cover_fte"], p["agency_fte"], 0, 0, p[rate], 100)
    if (rate == "vacancy_rate_fte")        return share(p["vacancy_fte"], p["inpost_fte"], 0, p[rate])
    if (rate == "vacancy_agency_cover_rate_fte") return can(p["agency_cover_fte"], p["vacancy_fte"], 0, 0, p[rate], 100)
    if (rate == "caseload_fte")            return can(p["cases"], p["case_holders_fte"], 1, 0, p[rate], 1)
    if (rate == "absence_rate_fte")        return can(p["working_days_lost_fte"], p["inpost_fte"], 0, 0, p[rate], 100 / days)
    return 0                               # rates of whole heads leave no room
}
BEGIN {
    n = split("turnover_rate_fte turnover_rate_headcount agency_rate_fte agency_rate_headcount vacancy_rate_fte " \
              "vacancy_agency_cover_rate_fte agency_cover_rate_fte caseload_fte absence_rate_fte", rate, " ")
    split("turnover %|  (heads)|agency %|  (heads)|vacancy %|covered %|of agency|caseload|absence %", title, "|")
}
/^#/ { next }
/^time_period,unit/ { split("", column); for (i = 1; i <= NF; i++) column[i] = $i; next }
/^la_name,/ { split("", head); for (i = 1; i <= NF; i++) head[i] = $i
    printf "%-19s", ""; for (i = 1; i <= n; i++) printf "%13s", title[i] " "; print ""; next }
FILENAME ~ /read\.csv$/ { for (i = 3; i <= NF; i++) here[$2, $1, column[i]] = $i; next }
{
    for (i = 1; i <= NF; i++) p[head[i]] = $i
    printf "%-15s%s", p["la_name"], p["time_period"]
    for (i = 1; i <= n; i++) {
        r = rate[i]; got = here[tolower(p["la_name"]), p["time_period"], r]; want = p[r]; mark = " "
        all++
        if (number(want) && !(want ~ /\./)) want = want ".0"
        if (got == want) same++
        else if (number(got) && number(want) && allowed(r, p)) { near++; mark = "~" }
        else { wrong++; mark = "!" }
        printf "%13s", got "|" want mark
    }
    print ""
}
END {
    printf "\n%d rates, %d exact, %d within input rounding, %d wrong\n", all, same, near, wrong
    exit wrong > 0 || all != 360
}' "$work/read.csv" "$figures"
status=$?
sed -n '/^events/p; /^alerts/p' "$work/status"
exit $status
