#!/bin/bash
# mutants -- shows that the tests can fail: bugs that are put in on purpose, one at a time, in a copy of the tree.
#
#   tests/property/mutants.sh [NAME...]        without names: all; `make mutants` runs it
#
# Each must be caught by a scenario, by the laws over some histories, or by a unit test; it says by which first. A
# mutant that changes nothing any more, or does not compile, is a failure too: the line below wants mending.
# Exit status 0 when all are caught. Not part of `make check`: each costs a build.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
jobs=$(nproc) HISTORIES=${HISTORIES:-60}
work=$(mktemp -d "${TMPDIR:-/tmp}/wf-mutants-XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT

# NAME | FILE | SED | what it is
mutants()
{
cat <<'END'
window_too_long   | daemon/core/profile.c    | s/return wf_day_months_back(end, w.n);/return (wf_day) { wf_day_months_back(end, w.n).n - 1 };/ | T4: a window of months has a day more
end_a_day_late    | daemon/core/engagement.c | s/\.end = s\[i\]\.until,/.end = s[i].until + (s[i].end != NULL),/ | T2: the spell stands on its leaving date
join_same_day     | daemon/core/engagement.c | s/y <= x\.n ||/y < x.n ||/ | T3: joins also on the leaving date
joined_by_reason  | daemon/core/engagement.c | s/ && !d->reason_7//                                | T3: joins after a leaver of reason 7
join_too_late     | daemon/core/engagement.c | s/y > latest ||/y > latest + 1 ||/ | T3: joins a day after the first working day
census_on_the_day | daemon/core/engagement.c | s/30_september_before((wf_day) { x })/30_september_before((wf_day) { x + 1 })/ | L6: the leaving date counts as its own 30 September
census_starters   | daemon/core/engagement.c | s/\(census_year_start((wf_day) { first })\.n\) == /\1 != / | L6: census starters are taken back in the wrong year
inner_move        | daemon/core/book.c       | s/if (out) add_routes(b, r, x->from, from_n, x->to, to_n, false);/if (out) add_routes(b, r, x->from, from_n, x->to, 0, false);/ | L1: a move inside a unit counts as outflow of it
caseload_36_days  | daemon/core/work.c       | s/caseload_days + 1)/caseload_days + 2)/ | L8: a count stands a day too long
long_on_27th_day  | daemon/core/work.c       | s/plus(since, 27)/plus(since, 26)/ | L5: long-term absence a day early
last_arrived      | daemon/core/timeline.c   | s/return wf_fact_said_cmp(t, s, a, b) < 0 ? b : a;/return a->sequence < b->sequence ? b : a;/ | F6: the last to arrive holds, not the last said
spans_apart       | daemon/core/complete.c   | s/from <= last->until + 1)/from <= last->until)/ | F8: neighbouring spans are not united
for_a_day_more    | daemon/core/alert_line.c | s/return r->for_days > 1 ? r->for_days : 1;/return r->for_days + 1;/ | A1: `for` asks a day more
unknown_clears    | daemon/core/alert_line.c | s/m\.amber_from = m\.red_from = WF_NEVER;/& m.amber = m.red = false;/ | A2: a day without data ends an alert
edge_not_broken   | daemon/core/alert_line.c | s/f\.side\[k\] >= 0 : f\.side\[k\] <= 0/f.side[k] > 0 : f.side[k] < 0/ | A2: a figure at the edge does not break it
tick_a_day_late   | daemon/core/alert.c      | s/p->next <= ended\.n + !closed_only(j, p)/p->next <= ended.n/ | A3: what time alone changes is told a day late
told_forgotten    | daemon/core/alert.c      | s/^    \*p->said = s;/    (void) s;/ | A3: a restart forgets what was told
load_forgotten    | daemon/core/alert_message.c | s/s->held = (flags >> 6 \& 1u) != 0;/s->held = false;/ | J2: a restart forgets what a load holds back
load_not_sealed   | daemon/core/alert_load.c | s/^    wf_pair_seal(j, p, at->today);$// | A5: what a load or a profile has said is corrected at the tick
folded_twice      | daemon/engine/offer.c    | s/^    if (old != NULL) {/    if (old != NULL \&\& old->sequence == 0) {/ | F3: what comes twice is folded twice
record_lost       | daemon/engine/timelines.c| s/rc = put_back_pending(en, t, e);/(void) put_back_pending;/ | J5: a record that waits is not read back into its timeline
said_before       | daemon/core/correction.c | s/x->time < target\.time/x->time <= target.time/ | F6: what is said at the same moment as its target has no effect
said_first_holds  | daemon/core/correction.c | s/&t->tie\[x->tie\]) < 0)/\&t->tie[x->tie]) > 0)/ | F6: the correction that was said first holds
known_too_early   | daemon/engine/image.c    | s/if (sequence > x->after)/if (sequence >= x->after)/ | T2: what was known then lacks its last entry
known_complete    | daemon/engine/timelines.c| s/^        if (s <= last)$/        if (last > 0)/ | F8: what was said to be complete later counts then
rests_too_long    | daemon/core/indicator.c  | s/days = FORESIGHT - 1;/days = FORESIGHT + 60;/ | A1: a figure is let alone for longer than is looked ahead
amended_untold    | daemon/core/told.c       | s/if (equal(p, t, \&p->known\[t->of\])) continue;/if (t->first == p->known[t->of].s.first) continue;/ | A4: a run that ended otherwise is not amended
late_untold       | daemon/core/alert.c      | s/if (from >= until) return WF_OK;/if (from + 1 >= until) return WF_OK;/ | A3: the last closed day is not put right
floor_too_high    | daemon/engine/image.c    | s/wf_store_floor_set(en->store, wf_ledger_floor(en->ledger, sequence));/wf_store_floor_set(en->store, sequence);/ | J5: an image is taken to be newer than it is
figures_untold    | daemon/engine/engine.c   | s/^    mark_all(en, en->today);// | J2: a new day's figures are not told
said_too_late     | daemon/engine/engine.c   | s/memcpy(&day\.n, bytes, sizeof day\.n);/& day.n += 100;/ | A5: after a restart sources said complete later than they did
still_named       | daemon/core/complete.c   | s/d\.until < f->from\.n \&\& succeeded(.*);/false;/ | F8: a source whose part has ended is still named
reorganised_out   | daemon/core/book.c       | s/f->cause == WF_BY_MOVE, in =/(f->cause == WF_BY_MOVE || f->cause == WF_BY_REORGANISATION), in =/ | L1: a reorganisation counts as outflow
moved_back        | daemon/engine/question.c | s/in ? 1 : -1 }/in ? -1 : 1 }/ | L1: who came in is listed as gone
back_in_time      | daemon/net/days.c        | s/now\.ms < begins\.ms ? begins : now/now/ | T5: a clock put back makes today's events those of the future
month_too_long    | daemon/net/days.c        | s/ > WF_DAYS_JUMP) {/ > WF_DAYS_JUMP + 1) {/ | T5: 32 days ahead are not asked about
midnight_utc      | daemon/net/days.c        | s/int64_t left = wf_day_end_london(wf_day_london(now))\.ms/int64_t left = (now.ms \/ 86400000 + 1) * 86400000/ | T5: the loop sleeps over midnight in summer
END
}

copy()
{
    tar -C . --exclude=./build --exclude=./.git --exclude='*.o' -cf - . | tar -C "$work" -xf -
}
build()
{
    make -C "$work" --no-print-directory -j"$jobs" B="$work/b" OPT="-O1" HARDEN= \
        "$work/b/unit" "$work/b/scenario" "$work/b/property_fold" "$work/b/property_engine" "$work/b/property_told" > "$work/make.log" 2>&1
}
# Who finds it first; nothing if nobody does.
caught_by()
{
    local file
    export WF_BUILD=$work/b WF_TOP=$work
    for file in "$work"/tests/scenario/*.wfs; do
        timeout -k 5 20 "$work/b/scenario" "$file" > "$work/log" 2>&1 || { echo "scenario $(basename "$file")"; return; }
    done
    timeout -k 5 120 "$work/tests/property/laws.py" --histories "$HISTORIES" > "$work/log" 2>&1 || { echo "the laws"; return; }
    (cd "$work" && timeout -k 5 120 "$work/b/unit" --tap="$work/tap" > "$work/log" 2>&1)
    grep -m1 '^not ok' "$work/tap" | sed 's/^not ok - /unit test /'
}

copy
build || { tail -n 20 "$work/make.log"; exit 2; }
by=$(caught_by)
[ -z "$by" ] || { echo "something is wrong before any mutant: $by"; tail -n 5 "$work/log"; exit 2; }
total=0 missed=0
while IFS='|' read -r -a part; do
    name=$(xargs <<< "${part[0]}") file=$(xargs <<< "${part[1]}")
    # The expression may hold bars; the words behind the last one are for people.
    words=${part[-1]} sed=$(IFS='|'; echo "${part[*]:2:${#part[@]}-3}")
    sed=${sed# } sed=${sed% }
    [ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
    total=$((total + 1))
    cp -p "$work/$file" "$work/original"
    sed -i "$sed" "$work/$file"
    if cmp -s "$work/$file" "$work/original"; then by="" why="changes nothing in $file"
    elif ! build; then by="" why="does not compile"
    else by=$(caught_by) why="was caught by nothing"; fi
    cp "$work/original" "$work/$file"
    if [ -n "$by" ]; then printf '%-18s caught by %-44s%s\n' "$name" "$by" "$words"
    else printf '%-18s %s: %s\n' "$name" "$why" "$words"; missed=$((missed + 1)); fi
done < <(mutants)
echo "$total mutants, $((total - missed)) caught, $missed not"
[ "$missed" = 0 ] && [ "$total" -gt 0 ]
