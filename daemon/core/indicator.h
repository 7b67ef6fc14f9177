/* indicator -- figures: a fraction of sums of readings, exact until the last moment (SEMANTICS I, F8). */
#pragma once
#include "core/book.h"
#include "core/complete.h"

/* The figure of an indicator in a unit at the close of `day`. Fills every member of *f but rating, sequence and
 * history_from (WF_UNKNOWN, 0, `day`). Text is borrowed from profile and units.
 *   status   x (with no_data_until), z, u, low, ok: in this order of precedence
 *   provisional  day >= today
 * Cost: about 0.3 us. */
void wf_figure_read(const wf_book *b, const wf_complete *c, uint32_t indicator, uint32_t unit, wf_day day, wf_day today, wf_figure *f);

/* What a rule asks of a figure: its status (ok, x, z, u), the people behind it, how its value compares with four edges
 * (-1, 0, 1; an edge may be WF_NO_EDGE), and the first later day on which any of that can be otherwise. Never too late,
 * maybe too early: sums over days are bounded by the stock's range, so that a figure far from its edges is let alone for
 * up to a month. */
#define WF_EDGES 4
typedef struct wf_stand { wf_figure_status status; wf_day no_data_until, rests_until; int64_t people; int8_t side[WF_EDGES]; } wf_stand;
void wf_figure_stand(const wf_book *b, const wf_complete *c, uint32_t indicator, uint32_t unit, wf_day day, wf_day today,
                     const int64_t edge[WF_EDGES], wf_stand *ret);

/* The first day after `day` on which the sums can differ, by entries and windows; without a look at completeness. */
wf_day wf_figure_moves(const wf_book *b, uint32_t indicator, uint32_t unit, wf_day day, wf_day today);

/* The figure's value against a limit in millionths of its unit, exactly: -1, 0, 1. Only for status ok, u or low. */
int wf_figure_compare(const wf_profile *p, uint32_t indicator, const wf_figure *f, int64_t limit);
/* The value of any two sums of this indicator, in millionths, half up away from zero; denominator 0 gives 0. */
int64_t wf_figure_value(const wf_profile *p, uint32_t indicator, int64_t numerator, int64_t denominator);

/* Bits of the event types that an indicator rests on. */
uint32_t wf_figure_rests_on(const wf_profile *p, uint32_t indicator);
/* "percent", or the indicator's noun, "count", "FTE", "days", "per FTE" */
wf_str wf_figure_unit_text(const wf_indicator *i);

/* The sums as two exact integers; false: the denominator (if there is one) is 0. No look at completeness. */
typedef struct wf_fraction { int64_t numerator, denominator; } wf_fraction;
bool wf_figure_sums(const wf_book *b, uint32_t indicator, uint32_t unit, wf_day day, wf_day today, wf_fraction *ret);
/* What one entry adds to the sums of `day`; over all entries that stand it adds up to them exactly. */
wf_fraction wf_figure_weigh(const wf_book *b, uint32_t indicator, uint32_t unit, wf_day day, wf_day today, const wf_posting *p);
/* Entries of the days [first, last] by cause, counted as the figure of `day` counts entries inside its window. */
void wf_figure_entered(const wf_book *b, uint32_t indicator, uint32_t unit, wf_day first, wf_day last, wf_day day, wf_day today,
                       wf_fraction by[WF_CAUSE_COUNT]);
/* How the sums moved from `then` to `now` as known now, by cause; adds up exactly to their difference. */
void wf_figure_causes(const wf_book *b, uint32_t indicator, uint32_t unit, wf_day then, wf_day now, wf_day today, wf_fraction by[WF_CAUSE_COUNT]);
