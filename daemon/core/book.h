/* book -- the ledger's entries summed up for the indicators: one series of days for each population in each unit.
 *
 * A population is a measure with a filter. Its series in a node holds the running sums of its entries:
 *
 *     day      04-01  04-09  05-20           a stock on 04-30: one search, 3; a flow over (04-01, 05-20]: 4 - 2
 *     heads        2      3      4
 *
 * A flow of the ledger is compiled into its routes (series, sign) when it is first seen; applying a posting then costs
 * about 50 ns a route. Pure. Reading does not change anything. */
#pragma once
#include "core/calendar.h"
#include "core/unit.h"

typedef struct wf_book wf_book;
/* Borrowed for as long as the book lives: profile, calendar, ledger. Empty: see wf_book_rebuild. */
wf_book *wf_book_new(const wf_profile *p, const wf_calendar *c, const wf_ledger *l);
void wf_book_free(wf_book **p);
const wf_units *wf_book_units(const wf_book *b);    /* the book keeps them up with the ledger */
void wf_book_follow(wf_book *b);                    /* takes up new units even before a posting names them */

/* Every posting that the ledger has taken, in any order (a negative one takes back). */
void wf_book_apply(wf_book *b, const wf_posting *p);
/* As if it had just been applied, for those that ask what has changed. */
void wf_book_touch(wf_book *b, const wf_posting *p);
/* Asks memory for what applying these will touch. */
void wf_book_prefetch(wf_book *b, const wf_posting *p, uint32_t n);
/* Everything anew from the ledger as it stands. Nothing counts as touched afterwards. */
void wf_book_rebuild(wf_book *b);

/* The flows that reach a series of this unit: flow[number] is set to 1. For wf_book_rebuild_of. */
void wf_book_flows(const wf_book *b, uint32_t unit, uint8_t *flow);
/* As wf_book_rebuild; `only` (by flow): from those marked 1 alone, NULL all. */
void wf_book_rebuild_of(wf_book *b, const uint8_t *only);
/* Without these postings, which the ledger holds: a book as it was before them. `less` is sorted by flow here and stays
 * borrowed: wf_book_causes reads it too. Once a book. */
void wf_book_take_back(wf_book *b, wf_posting *less, uint32_t n);

/* Figures that postings have changed since the last call, each with the earliest day it changed from (a figure may come
 * several times; visit NULL: nobody asks). Then all are forgotten. */
typedef void wf_book_touched(void *ctx, uint32_t indicator, uint32_t unit, wf_day from);
void wf_book_take_touched(wf_book *b, wf_book_touched *visit, void *ctx);

/* ---- for indicator.c and alert.c ---- */

/* Where a term reads: number of the population; WF_NO_POPULATION: no indicator reads it. */
#define WF_NO_POPULATION UINT32_MAX
uint32_t wf_book_population(const wf_book *b, wf_measure m, const wf_filter *f);
/* The populations of an indicator's terms, in their order. */
const uint32_t *wf_book_terms(const wf_book *b, uint32_t indicator, bool denominator);

typedef struct wf_sums { int64_t count, amount; } wf_sums;
/* What had been entered by the close of `day`: a stock, or the sum of a flow since ever. */
wf_sums wf_book_at(const wf_book *b, uint32_t population, uint32_t node, wf_day day);
/* The stock summed over all days up to `day`, each calendar day or each working day. */
wf_sums wf_book_days(const wf_book *b, uint32_t population, uint32_t node, wf_day day, bool working);
/* The least and the most that the stock (its count, or its amount) is on the days [first, last]. Cost: its rows there. */
typedef struct wf_range { int64_t low, high; } wf_range;
wf_range wf_book_range(const wf_book *b, uint32_t population, uint32_t node, wf_day first, wf_day last, bool amount);
/* The first day after `day` with an entry; WF_DAY_OPEN. */
wf_day wf_book_next(const wf_book *b, uint32_t population, uint32_t node, wf_day day);

/* How a flow counts in a population of a node: 1, -1; 0 not at all. */
int wf_book_sign(const wf_book *b, uint32_t flow, uint32_t population, uint32_t node);
/* The working days up to `day`, from a day of no meaning. */
int64_t wf_book_working_days(const wf_book *b, wf_day day);

/* The population's entries in [first, last] by cause, from the ledger. `sum` is added to. Cost: the flows that reach it. */
void wf_book_causes(const wf_book *b, uint32_t population, uint32_t node, wf_day first, wf_day last, wf_sums sum[WF_CAUSE_COUNT]);
const wf_profile *wf_book_profile(const wf_book *b);
