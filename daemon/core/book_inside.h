/* book_inside -- what book.c and book_rebuild.c share; nobody else's. */
#pragma once
#include "core/book.h"

/* Running sums of a series. Its own columns come first, one after the other, then the days; a stock summed over days
 * needs each entry weighed with its day:  sum of the stock over days up to D = (D + 1) x entries - entries x day. */
enum column { COUNT, AMOUNT, COUNT_DAY, AMOUNT_DAY, COUNT_WORK, AMOUNT_WORK, COLUMNS };

struct population {
    wf_measure measure;
    const wf_filter *filter;
    uint8_t at[COLUMNS];                    /* where a column is in the series, + 1; 0: not kept */
    uint8_t columns;
    uint32_t *indicator; uint32_t indicators;   /* that read it */
};

struct series { int64_t *block; uint32_t n, cap; int32_t touched; bool queued; };
struct routes { uint32_t first, n; bool known; };

struct wf_book {
    const wf_profile *profile;
    const wf_calendar *calendar;
    const wf_ledger *ledger;
    wf_units *units;
    struct population *pop; uint32_t pops;
    uint32_t (*terms)[2][WF_TERMS_MAX];         /* populations of each indicator's numerator and denominator */
    struct series *series; uint32_t nodes;      /* series[node * pops + population] */
    struct routes *flow; uint32_t flows;
    uint32_t *route, route_count, route_cap;    /* series << 1 | negative */
    uint32_t *touched, touched_count, touched_cap;
    const wf_posting *less; uint32_t lesses;    /* of the ledger, by flow: not in this book */
    struct list { uint32_t *route, n, cap; } *into;     /* into[as series]: what reaches it, flow << 1 | negative */
};

static inline int32_t *days_of(const struct population *p, const struct series *s) { return (int32_t *) (void *) (s->block + (size_t) p->columns * s->cap); }

void *wf_book_grown(void *p, uint32_t *cap, uint32_t need, size_t size);
/* The routes of a flow, compiled when it is first seen. */
const struct routes *wf_book_routes(wf_book *b, uint32_t flow);
void wf_book_widen(const struct population *p, struct series *s);
/* What an entry of this day weighs in a column. */
int64_t wf_book_weight(const wf_book *b, int column, int32_t day);
void wf_book_forget(wf_book *b);
