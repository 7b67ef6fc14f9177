/* told -- the runs that were told of a pair, held against those that are known now (SEMANTICS A4; ALERTS.md 4, 5).
 *
 *   days     1  2  3  4  5  6  7  8  9
 *   told     .  A  A  .  .  .  A  A  A       runs 12 (2 to 3) and 15 (7 on)
 *   known    .  A  A  A  A  .  .  A  A       12 amended: 2 to 5; 15 amended: 8 on
 *
 * A line is a list of marks by day: each holds until the next. Days of a told run may be apart, and two told runs may
 * share days: a frame tells of its own day alone, and the tick of what lies between. Pure. */
#pragma once
#include <workforce/figure.h>

typedef struct wf_line_mark { int32_t day; wf_level level; } wf_line_mark;
typedef struct wf_line { wf_line_mark *mark; uint32_t n, cap; } wf_line;        /* before its first mark: WF_OKAY */
void wf_line_free(wf_line *l);
/* From `day` on; forgets what was said of later days. */
void wf_line_set(wf_line *l, int32_t day, wf_level level);
wf_level wf_line_at(const wf_line *l, int32_t day);

/* An alert: message number, and of several that one erratum told first the part: 0 the first, then 2, 3, ... */
typedef struct wf_alert_id { uint64_t number; int32_t part; } wf_alert_id;
bool wf_alert_id_eq(wf_alert_id a, wf_alert_id b);
typedef struct wf_told_run { wf_alert_id id; wf_line line; } wf_told_run;
typedef struct wf_told_runs { wf_told_run *run; uint32_t n, cap; } wf_told_runs;
void wf_told_free(wf_told_runs *t);
wf_told_run *wf_told_find(const wf_told_runs *t, wf_alert_id id);               /* NULL: none */
wf_told_run *wf_told_add(wf_told_runs *t, wf_alert_id id);
void wf_told_drop(wf_told_runs *t, wf_alert_id id);
/* First and last day at amber or red, INT32_MAX: it stands; first INT32_MAX: no day at all. */
void wf_told_days(const wf_told_run *r, int32_t *first, int32_t *last);

/* Pairs the runs of `known` on days up to `until` with the told ones that have a day in [from, until]. Runs of `known`
 * that ended before `live` are history and take no part. Then those told ones are the runs of `known`: each has the id of
 * the one it took, or a new one of message `number`. Entries in the order of ALERTS.md 5 go to entry[0 .. most); returns
 * how many there are. No run of `known` may go on before its first mark; days after `until` do not exist. */
uint32_t wf_told_pair(wf_told_runs *t, const wf_line *known, int32_t from, int32_t until, int32_t live, uint64_t number,
                      wf_alert_entry *entry, uint32_t most);
/* The id that the run of `known` that holds `until` would take so; number 0: none. Changes nothing. */
wf_alert_id wf_told_taken(const wf_told_runs *t, const wf_line *known, int32_t from, int32_t until, int32_t live);
