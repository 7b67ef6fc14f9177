/* days -- when the calendar moves: at London midnight by the host's clock, or by `advance` where the clock is manual.
 *
 *   system   host ahead by 1 to 31 days: each is ended, in order, before anything else is taken in
 *            by more: the calendar waits for an operator (T5); behind: it waits, nothing is taken back
 *   manual   days end only when asked for (T6); an event arrives at the end of the manual day */
#pragma once
#include "net/group.h"

#define WF_DAYS_JUMP 31
#define WF_DAYS_LAST ((wf_day) { 60000 })       /* 2134-04-11, the last day of the calendar */

typedef struct wf_days {
    wf_engine *engine;
    bool manual;
    wf_day target;              /* every day before it is to be ended */
    wf_day jump;                /* what the host shows and nobody has accepted; WF_DAY_OPEN: none */
    wf_day back;                /* what the host shows and is before today; WF_DAY_OPEN: it is not */
    uint64_t ticks;             /* days ended since the start */
    uint64_t told;              /* of these, logged */
} wf_days;

void wf_days_open(wf_days *d, wf_engine *en, bool manual);
/* Compares the calendar with the host's clock, once a turn; logs what an operator should know, once a day. */
void wf_days_look(wf_days *d, wf_instant now);
/* How long the loop may wait: until midnight, at most `most`. */
uint64_t wf_days_wait_ms(const wf_days *d, wf_instant now, uint64_t most);
/* The instant at which something arrives that comes now. A host's clock that was put back takes nothing back: never before
 * the open day, or what sources said meanwhile would seem to be of the future (T7). */
wf_instant wf_days_arrival(const wf_days *d, wf_instant now);
static inline bool wf_days_behind(const wf_days *d) { return wf_engine_today(d->engine).n < d->target.n; }
/* Ends days in one group, for about `budget_us`, at least one. */
WF_NODISCARD wf_rc wf_days_step(wf_days *d, wf_instant now, uint64_t budget_us, wf_err *e);
/* WF_CONFIG: the clock is not manual. WF_RANGE: before today, or beyond the calendar. */
WF_NODISCARD wf_rc wf_days_advance(wf_days *d, wf_day to, wf_err *e);
/* The host's day is right. WF_ABSENT: no jump waits. */
WF_NODISCARD wf_rc wf_days_accept(wf_days *d, wf_err *e);
