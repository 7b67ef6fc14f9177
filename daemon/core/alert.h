/* alert -- rules judged day by day in every unit they name (SEMANTICS A1, A2, A3, A5).
 *
 *   figure    18  19  21  22  19   x  17  14       amber 15 (clear 13), red 20 (clear 18), for 2
 *   state      .   A   A   R   R   ?   A   A       R: red edge held two days; 19 is not past its clear; unknown carries red
 *
 * A pair is a rule in a unit. Its line of states is a function of figures, profile and today; a state that follows from
 * one figure alone (past every clear) is where judging begins, so nothing of the line needs to be kept over a restart.
 * What was told is kept: each message gives it as bytes (wf_told), wf_judge_import takes it back. Which messages arise,
 * exactly, is in ALERTS.md. */
#pragma once
#include "core/indicator.h"

typedef struct wf_judge wf_judge;
/* `in_force`: the day the profile came into force (A5); `number`: of the last alert message ever. Borrows all. */
wf_judge *wf_judge_new(const wf_book *b, const wf_complete *c, wf_day in_force, uint64_t number);
void wf_judge_free(wf_judge **p);

/* ---- what was told, over a restart ---- */
typedef struct wf_told {            /* to keep under `key` (a hash of rule and unit: the same for ever) */
    uint64_t key;
    size_t n;
    const uint8_t *bytes;           /* borrowed during the call; the runs that were told are in it: some hundred bytes */
} wf_told;
/* Takes one back. false: no such rule or unit any more, or not such bytes; nothing is changed. */
bool wf_judge_import(wf_judge *j, const void *bytes, size_t n);
/* After that: the past of no pair has changed since the last tick, but where it is touched from now on. */
void wf_judge_ticked(wf_judge *j);

/* ---- what changed ---- */
/* From wf_book_take_touched. `today`: where only closed days are judged, what changes from today on waits for the tick. */
void wf_judge_touch(wf_judge *j, uint32_t indicator, uint32_t unit, wf_day from, wf_day today);
void wf_judge_touch_org(wf_judge *j, uint32_t org, wf_day from);                    /* from wf_complete_put, or the first `complete` said */

/* What has been touched until now was judged in its frame. */
void wf_judge_judged(wf_judge *j);

/* ---- judging ---- */
/* One message; its number is given already. Text in *a is borrowed during the call; *t is what to keep beside it. `a` NULL:
 * only what is kept has changed; `t` NULL: nothing more is kept. Anything but WF_OK ends judging and is passed up. */
typedef wf_rc wf_judge_emit(void *ctx, const wf_alert *a, const wf_told *t, wf_err *e);
/* Pairs speak in the order of organisation id, the organisation before its units, unit id, place of the rule. */

/* After each frame of a publisher: today's state of the touched pairs; at most one message a pair (A3). */
WF_NODISCARD wf_rc wf_judge_frame(wf_judge *j, wf_day today, uint64_t sequence, wf_judge_emit *emit, void *ctx, wf_err *e);
/* In its place after a frame of a load: the touched pairs say nothing until the load's end (ALERTS.md 8). */
WF_NODISCARD wf_rc wf_judge_hold(wf_judge *j, wf_judge_emit *emit, void *ctx, wf_err *e);
/* The loads are over: what stands in the pairs that they touched is told, in one message an organisation, whose `t` is NULL. */
WF_NODISCARD wf_rc wf_judge_loaded(wf_judge *j, wf_day today, uint64_t sequence, wf_judge_emit *emit, void *ctx, wf_err *e);
/* After a tick: `ended` is closed and ended + 1 is open. A pair whose past has changed tells one erratum, then any pair
 * its new state; one whose figure cannot have changed costs nothing. */
WF_NODISCARD wf_rc wf_judge_tick(wf_judge *j, wf_day ended, uint64_t sequence, wf_judge_emit *emit, void *ctx, wf_err *e);
/* After a change of profile (new book, complete and judge, told states imported): every pair; cause `profile` where the
 * definition changed (A5). */
WF_NODISCARD wf_rc wf_judge_all(wf_judge *j, wf_day today, uint64_t sequence, wf_judge_emit *emit, void *ctx, wf_err *e);
uint64_t wf_judge_number(const wf_judge *j);        /* of the last message */

/* ---- questions ---- */
/* Today's state by the first rule that watches the indicator in the unit; WF_UNKNOWN without one. */
wf_level wf_judge_rating(wf_judge *j, uint32_t indicator, uint32_t unit, wf_day today);

typedef struct wf_judged {
    wf_day from, until;             /* inclusive */
    wf_level state;                 /* WF_UNKNOWN, ... */
    wf_level carried;               /* level that stands through unknown; else the state */
    wf_level pending;               /* level whose edge is broken, but not yet for long enough; WF_OKAY none */
    wf_day since;                   /* first day of the run at amber or red; of the state when there is none */
    char reason[48];                /* state unknown: "too few people", "no data until 2026-10-01", ... */
} wf_judged;
/* The line of states of [first, last] as now known, as runs of equal state, pending and reason. Days after today (for
 * rules with `for`: from today on) are not judged. false: the rule does not watch this unit. */
typedef void wf_judge_visit(void *ctx, const wf_judged *run);
bool wf_judge_history(const wf_judge *j, uint32_t rule, uint32_t unit, wf_day first, wf_day last, wf_day today, wf_judge_visit *visit, void *ctx);
