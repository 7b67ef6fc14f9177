#include "core/book_inside.h"
#include <stdlib.h>
#include <string.h>

/* Everything anew from the ledger: each flow is gathered once and added to its series at once. */

/* The days of one flow, ascending. */
struct gathered { int32_t *day; int64_t *by[2]; uint32_t n, cap; };

static void gather_day(void *ctx, uint32_t flow, wf_day day, int64_t count, int64_t amount)
{
    struct gathered *g = ctx;

    (void) flow;
    if (g->n == g->cap) {
        uint32_t cap = g->cap;
        g->day = wf_book_grown(g->day, &cap, g->n + 1, sizeof *g->day);
        for (int i = 0; i < 2; i++) {
            g->by[i] = realloc(g->by[i], cap * sizeof *g->by[i]);
            WF_ASSERT(g->by[i] != NULL);
        }
        g->cap = cap;
    }
    g->day[g->n] = day.n;
    g->by[0][g->n] = count;
    g->by[1][g->n++] = amount;
}

/* The first row at or after the day, sought from `at` on. */
static uint32_t row_from(const int32_t *day, uint32_t at, uint32_t n, int32_t d)
{
    uint32_t step = 1;

    if (at == n || day[at] >= d) return at;
    while (n - at > step && day[at + step] < d) { at += step; step *= 2; }
    uint32_t high = n - at > step ? at + step : n;              /* day[at] is before d, day[high] is not */
    while (high - at > 1) {
        uint32_t half = at + (high - at) / 2;
        if (day[half] < d) at = half;
        else high = half;
    }
    return high;
}

/* Makes a row of nothing for each of the days that has none: all at once, from the end. */
static void make_rows(const struct population *p, struct series *s, const int32_t *day, uint32_t n)
{
    uint32_t missing = 0, at = 0;

    for (uint32_t i = 0; i < n; i++) {
        at = row_from(days_of(p, s), at, s->n, day[i]);
        if (at == s->n || days_of(p, s)[at] != day[i]) missing++;
        else at++;
    }
    if (missing == 0) return;
    while (s->cap < s->n + missing) wf_book_widen(p, s);
    int32_t *days = days_of(p, s);
    uint32_t from = s->n, to = s->n += missing;
    for (uint32_t i = n; to > from;) {
        bool old = from > 0 && (i == 0 || days[from - 1] >= day[i - 1]);
        if (old && i > 0 && days[from - 1] == day[i - 1]) i--;
        days[--to] = old ? days[from - 1] : day[--i];
        for (size_t c = 0; c < p->columns; c++) s->block[c * s->cap + to] = old ? s->block[c * s->cap + from - 1] : 0;
        from -= old;
    }
}

/* Adds a flow to one of its series: differences, which sum_up() makes sums of. */
static void add_flow(wf_book *b, const struct gathered *g, uint32_t index, int64_t sign)
{
    const struct population *p = &b->pop[index % b->pops];
    struct series *s = &b->series[index];
    uint32_t at = 0;

    make_rows(p, s, g->day, g->n);
    const int32_t *days = days_of(p, s);
    for (uint32_t i = 0; i < g->n; i++, at++) {
        at = row_from(days, at, s->n, g->day[i]);
        for (int c = COUNT; c < COLUMNS; c++)
            if (p->at[c] != 0)
                s->block[(size_t) (p->at[c] - 1) * s->cap + at] += sign * g->by[c & 1][i] * wf_book_weight(b, c, g->day[i]);
    }
}

/* After a rebuild: days that sum to nothing go, differences become sums. */
static void sum_up(const struct population *p, struct series *s)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < s->n; i++) {
        bool any = false;
        for (size_t c = 0; c < p->columns; c++) any = any || s->block[c * s->cap + i] != 0;
        if (!any) continue;
        days_of(p, s)[kept] = days_of(p, s)[i];
        for (size_t c = 0; c < p->columns; c++) {
            int64_t *col = s->block + c * s->cap;
            col[kept] = col[i] + (kept == 0 ? 0 : col[kept - 1]);
        }
        kept++;
    }
    s->n = kept;
}

void wf_book_rebuild(wf_book *b) { wf_book_rebuild_of(b, NULL); }

void wf_book_rebuild_of(wf_book *b, const uint8_t *only)
{
    struct gathered g = { .n = 0 };

    wf_book_forget(b);
    wf_book_follow(b);
    for (uint32_t f = 1; f <= wf_ledger_flows(b->ledger); f++) {
        if (only != NULL && only[f] == 0) continue;
        const struct routes *r = wf_book_routes(b, f);
        g.n = 0;
        if (r->n > 0) wf_ledger_each(b->ledger, f, gather_day, &g);
        for (uint32_t i = r->first; g.n > 0 && i < r->first + r->n; i++) add_flow(b, &g, b->route[i] >> 1, b->route[i] & 1 ? -1 : 1);
    }
    free(g.day);
    free(g.by[0]);
    free(g.by[1]);
    for (size_t i = 0; i < (size_t) b->nodes * b->pops; i++) sum_up(&b->pop[i % b->pops], &b->series[i]);
    wf_book_take_touched(b, NULL, NULL);
}
