#include "core/book_inside.h"
#include <stdlib.h>
#include <string.h>

void *wf_book_grown(void *p, uint32_t *cap, uint32_t need, size_t size)
{
    if (need <= *cap) return p;
    uint32_t more = *cap + *cap / 2 + 8;
    *cap = more > need ? more : need;
    p = realloc(p, *cap * size);
    WF_ASSERT(p != NULL);
    return p;
}

/* ---- populations ---- */

static bool same_filter(const wf_filter *a, const wf_filter *b)
{
    if (a->n != b->n) return false;
    for (size_t i = 0; i < a->n; i++) {
        if (a->cond[i].dimension != b->cond[i].dimension || a->cond[i].n != b->cond[i].n) return false;
        for (size_t k = 0; k < a->cond[i].n; k++)
            if (!wf_str_eq(a->cond[i].value[k], b->cond[i].value[k])) return false;
    }
    return true;
}

uint32_t wf_book_population(const wf_book *b, wf_measure m, const wf_filter *f)
{
    for (uint32_t i = 0; i < b->pops; i++)
        if (b->pop[i].measure == m && same_filter(b->pop[i].filter, f)) return i;
    return WF_NO_POPULATION;
}

static void keep_column(struct population *p, enum column c)
{
    if (p->at[c] == 0) p->at[c] = ++p->columns;
}

static void need(struct population *p, const wf_term *t, const wf_measure_row *row)
{
    bool amount = t->field == row->amount && t->field != row->count;

    if (row->count != WF_NONE) keep_column(p, COUNT);           /* the people behind a figure */
    if (amount || row->count == WF_NONE) keep_column(p, AMOUNT);
    if (t->reading == WF_MEAN_OVER || (t->reading == WF_DAYS_OVER && row->amount != WF_DAYS))
        keep_column(p, amount ? AMOUNT_DAY : COUNT_DAY);
    else if (t->reading == WF_DAYS_OVER)
        keep_column(p, amount ? AMOUNT_WORK : COUNT_WORK);
}

static uint32_t take_term(wf_book *b, const wf_term *t, uint32_t indicator)
{
    uint32_t i = wf_book_population(b, t->measure, &t->filter);

    if (i == WF_NO_POPULATION) {
        b->pop = realloc(b->pop, (b->pops + 1) * sizeof *b->pop);
        WF_ASSERT(b->pop != NULL);
        i = b->pops++;
        b->pop[i] = (struct population) { .measure = t->measure, .filter = &t->filter };
    }
    struct population *p = &b->pop[i];
    need(p, t, &wf_measure_rows[t->measure]);
    if (p->indicators > 0 && p->indicator[p->indicators - 1] == indicator) return i;
    p->indicator = realloc(p->indicator, (p->indicators + 1) * sizeof *p->indicator);
    WF_ASSERT(p->indicator != NULL);
    p->indicator[p->indicators++] = indicator;
    return i;
}

static void take_expression(wf_book *b, const wf_expression *x, uint32_t indicator, bool denominator)
{
    for (size_t i = 0; i < x->n; i++) b->terms[indicator][denominator][i] = take_term(b, &x->term[i], indicator);
}

const uint32_t *wf_book_terms(const wf_book *b, uint32_t indicator, bool denominator) { return b->terms[indicator][denominator]; }

/* ---- life ---- */

void wf_book_follow(wf_book *b)
{
    wf_units_follow(b->units, b->ledger);
    uint32_t nodes = wf_units_nodes(b->units), had = b->nodes;
    if (nodes <= had || b->pops == 0) return;
    uint32_t cap = nodes + nodes / 4 + 16;
    b->series = realloc(b->series, (size_t) cap * b->pops * sizeof *b->series);
    WF_ASSERT(b->series != NULL);
    memset(b->series + (size_t) had * b->pops, 0, (size_t) (cap - had) * b->pops * sizeof *b->series);
    b->into = realloc(b->into, (size_t) cap * b->pops * sizeof *b->into);
    WF_ASSERT(b->into != NULL);
    memset(b->into + (size_t) had * b->pops, 0, (size_t) (cap - had) * b->pops * sizeof *b->into);
    b->nodes = cap;
}

wf_book *wf_book_new(const wf_profile *p, const wf_calendar *c, const wf_ledger *l)
{
    wf_book *b = calloc(1, sizeof *b);

    WF_ASSERT(b != NULL);
    b->profile = p;
    b->calendar = c;
    b->ledger = l;
    b->units = wf_units_new(p);
    b->terms = calloc(p->indicator_count + 1, sizeof *b->terms);
    WF_ASSERT(b->terms != NULL);
    for (uint32_t i = 0; i < p->indicator_count; i++) {
        take_expression(b, &p->indicator[i].denominator, i, true);
        take_expression(b, &p->indicator[i].numerator, i, false);
    }
    wf_book_follow(b);
    return b;
}

void wf_book_forget(wf_book *b)
{
    for (size_t i = 0; i < (size_t) b->nodes * b->pops; i++) {
        free(b->series[i].block);
        b->series[i] = (struct series) { 0 };
    }
    b->touched_count = 0;
}

void wf_book_free(wf_book **p)
{
    wf_book *b = *p;

    if (b == NULL) return;
    wf_book_forget(b);
    for (uint32_t i = 0; i < b->pops; i++) free(b->pop[i].indicator);
    for (size_t i = 0; i < (size_t) b->nodes * b->pops; i++) free(b->into[i].route);
    wf_units_free(&b->units);
    free(b->pop);
    free(b->terms);
    free(b->series);
    free(b->flow);
    free(b->route);
    free(b->touched);
    free(b->into);
    free(b);
    *p = NULL;
}

const wf_units *wf_book_units(const wf_book *b) { return b->units; }
const wf_profile *wf_book_profile(const wf_book *b) { return b->profile; }

/* ---- routes ---- */

static bool admits(const wf_book *b, const struct population *p, const wf_cell *cell)
{
    for (size_t i = 0; i < p->filter->n; i++) {
        const wf_condition *c = &p->filter->cond[i];
        wf_str text = cell->code[c->dimension] == 0 ? (wf_str) { 0 } : wf_ledger_code_text(b->ledger, c->dimension, cell->code[c->dimension]);
        if (c->dimension == WF_D_UNIT && text.n > 0) {          /* a condition names the unit without its organisation */
            const char *slash = memchr(text.p, '/', text.n);
            if (slash != NULL) text = (wf_str) { slash + 1, text.n - (size_t) (slash + 1 - text.p) };
        }
        size_t k = 0;
        while (k < c->n && !wf_str_eq(c->value[k], text)) k++;
        if (k == c->n) return false;
    }
    return true;
}

struct ends { uint32_t *from, *to; size_t from_n, to_n; };      /* the nodes that hold each end of a flow */

static uint32_t *holders(const wf_book *b, const wf_cell *cell, size_t *n)
{
    uint32_t unit = cell == NULL ? WF_NO_UNIT : wf_units_of_code(b->units, cell->code[WF_D_UNIT]);

    *n = unit == WF_NO_UNIT ? 0 : wf_units_holders(b->units, unit, NULL, 0);
    uint32_t *node = calloc(*n + 1, sizeof *node);
    WF_ASSERT(node != NULL);
    if (*n > 0) *n = wf_units_holders(b->units, unit, node, *n);
    return node;
}

static bool among(const uint32_t *node, size_t n, uint32_t x)
{
    for (size_t i = 0; i < n; i++)
        if (node[i] == x) return true;
    return false;
}

struct routing { uint32_t population, flow; };

static void add_routes(wf_book *b, struct routing r, const uint32_t *node, size_t n, const uint32_t *but, size_t but_n, bool negative)
{
    for (size_t i = 0; i < n; i++) {
        if (among(but, but_n, node[i])) continue;
        uint32_t index = node[i] * b->pops + r.population;
        struct list *into = &b->into[index];
        b->route = wf_book_grown(b->route, &b->route_cap, b->route_count + 1, sizeof *b->route);
        b->route[b->route_count++] = index << 1 | negative;
        into->route = wf_book_grown(into->route, &into->cap, into->n + 1, sizeof *into->route);
        into->route[into->n++] = r.flow << 1 | negative;
    }
}

static void route_population(wf_book *b, struct routing r, const wf_flow *f, const struct ends *x, bool in_from, bool in_to)
{
    size_t from_n = in_from ? x->from_n : 0, to_n = in_to ? x->to_n : 0;
    bool out = f->cause == WF_BY_LEAVER || f->cause == WF_BY_MOVE, in = f->cause == WF_BY_STARTER || f->cause == WF_BY_MOVE;

    switch (wf_measure_rows[b->pop[r.population].measure].kind) {
    case WF_STOCK: case WF_FLOW:                        /* what stays inside is no change */
        add_routes(b, r, x->to, to_n, x->from, from_n, false);
        add_routes(b, r, x->from, from_n, x->to, to_n, true);
        break;
    case WF_OUT:
        if (out) add_routes(b, r, x->from, from_n, x->to, to_n, false);
        break;
    case WF_IN:
        if (in) add_routes(b, r, x->to, to_n, x->from, from_n, false);
        break;
    }
}

static const wf_cell *cell_at(const wf_book *b, uint32_t cell) { return cell == WF_OUTSIDE ? NULL : wf_ledger_cell_at(b->ledger, cell); }

static void compile(wf_book *b, uint32_t flow)
{
    const wf_flow *f = wf_ledger_flow_at(b->ledger, flow);
    const wf_cell *from = cell_at(b, f->from), *to = cell_at(b, f->to);
    struct ends x;

    wf_book_follow(b);
    x.from = holders(b, from, &x.from_n);
    x.to = holders(b, to, &x.to_n);
    uint32_t first = b->route_count;
    for (uint32_t i = 0; i < b->pops; i++) {
        wf_measure_kind kind = wf_measure_rows[b->pop[i].measure].kind;
        wf_measure entries = kind == WF_OUT || kind == WF_IN ? WF_M_IN_POST : b->pop[i].measure;
        if (entries != (wf_measure) f->measure) continue;
        route_population(b, (struct routing) { i, flow }, f, &x, from != NULL && admits(b, &b->pop[i], from), to != NULL && admits(b, &b->pop[i], to));
    }
    b->flow[flow] = (struct routes) { first, b->route_count - first, true };
    free(x.from);
    free(x.to);
}

const struct routes *wf_book_routes(wf_book *b, uint32_t flow)
{
    if (flow >= b->flows) {
        uint32_t cap = b->flows;
        b->flow = wf_book_grown(b->flow, &cap, flow + 1, sizeof *b->flow);
        memset(b->flow + b->flows, 0, (cap - b->flows) * sizeof *b->flow);
        b->flows = cap;
    }
    if (!b->flow[flow].known) compile(b, flow);
    return &b->flow[flow];
}

/* ---- series ---- */

/* How many rows lie at or before the day. New entries come near the end. */
static uint32_t rows_until(const int32_t *day, uint32_t n, int32_t d)
{
    uint32_t low = 0, high = n;
    for (uint32_t step = 1; step <= high; step *= 2) {
        if (day[high - step] <= d) { low = high - step + 1; break; }
        high -= step;
    }
    uint32_t len = high - low;
    while (len > 0) {
        uint32_t half = len / 2;
        if (day[low + half] <= d) { low += half + 1; len -= half + 1; }
        else len = half;
    }
    return low;
}

static size_t block_bytes(const struct population *p, uint32_t cap) { return ((size_t) p->columns * sizeof(int64_t) + sizeof(int32_t)) * cap; }

void wf_book_widen(const struct population *p, struct series *s)
{
    struct series w = *s;

    w.cap = s->cap == 0 ? 4 : s->cap + s->cap / 2;
    w.block = malloc(block_bytes(p, w.cap));
    WF_ASSERT(w.block != NULL);
    for (size_t c = 0; c < p->columns && s->n > 0; c++)
        memcpy(w.block + c * w.cap, s->block + c * s->cap, s->n * sizeof *s->block);
    if (s->n > 0) memcpy(days_of(p, &w), days_of(p, s), s->n * sizeof(int32_t));
    free(s->block);
    *s = w;
}

static void insert_row(const struct population *p, struct series *s, uint32_t at, int32_t day)
{
    if (s->n == s->cap) wf_book_widen(p, s);
    int32_t *days = days_of(p, s);
    memmove(days + at + 1, days + at, (s->n - at) * sizeof *days);
    days[at] = day;
    for (size_t c = 0; c < p->columns; c++) {
        int64_t *col = s->block + c * s->cap;
        memmove(col + at + 1, col + at, (s->n - at) * sizeof *col);
        col[at] = at == 0 ? 0 : col[at - 1];
    }
    s->n++;
}

static void drop_row(const struct population *p, struct series *s, uint32_t at)
{
    int32_t *days = days_of(p, s);

    memmove(days + at, days + at + 1, (s->n - at - 1) * sizeof *days);
    for (size_t c = 0; c < p->columns; c++) {
        int64_t *col = s->block + c * s->cap;
        memmove(col + at, col + at + 1, (s->n - at - 1) * sizeof *col);
    }
    s->n--;
}

static void add(const struct population *p, struct series *s, int32_t day, const int64_t delta[COLUMNS])
{
    uint32_t at = rows_until(days_of(p, s), s->n, day);

    if (at > 0 && days_of(p, s)[at - 1] == day) at--;
    else insert_row(p, s, at, day);
    bool same = true;                           /* as the row before: a day that sums to nothing is no row */
    for (size_t c = 0; c < p->columns; c++) {
        int64_t *col = s->block + c * s->cap, d = delta[c];
        for (uint32_t i = at; d != 0 && i < s->n; i++) col[i] += d;
        same = same && col[at] == (at == 0 ? 0 : col[at - 1]);
    }
    if (same) drop_row(p, s, at);
}

int64_t wf_book_weight(const wf_book *b, int c, int32_t day)
{
    return c < COUNT_DAY ? 1 : c < COUNT_WORK ? day : wf_calendar_index(b->calendar, (wf_day) { day - 1 });
}

/* The change of each kept column by an entry; false: of none. */
static bool deltas(const wf_book *b, const struct population *p, wf_day day, int64_t count, int64_t amount, int64_t delta[COLUMNS])
{
    const int64_t by[2] = { count, amount };
    bool any = false;

    for (int c = COUNT; c < COLUMNS; c++) {
        if (p->at[c] == 0) continue;
        delta[p->at[c] - 1] = by[c & 1] * wf_book_weight(b, c, day.n);
        any = any || by[c & 1] != 0;
    }
    return any;
}

static void touch(wf_book *b, uint32_t index, struct series *s, int32_t day)
{
    if (!s->queued) {
        b->touched = wf_book_grown(b->touched, &b->touched_cap, b->touched_count + 1, sizeof *b->touched);
        b->touched[b->touched_count++] = index;
        s->queued = true;
        s->touched = day;
    } else if (day < s->touched) {
        s->touched = day;
    }
}

void wf_book_apply(wf_book *b, const wf_posting *p)
{
    const struct routes *r = wf_book_routes(b, p->flow);

    for (uint32_t i = r->first; i < r->first + r->n; i++) {
        uint32_t index = b->route[i] >> 1;
        int64_t sign = b->route[i] & 1 ? -1 : 1, delta[COLUMNS];
        const struct population *pop = &b->pop[index % b->pops];
        if (!deltas(b, pop, p->day, sign * p->count, sign * p->amount, delta)) continue;
        add(pop, &b->series[index], p->day.n, delta);
        touch(b, index, &b->series[index], p->day.n);
    }
}

void wf_book_touch(wf_book *b, const wf_posting *p)
{
    const struct routes *r = wf_book_routes(b, p->flow);

    for (uint32_t i = r->first; i < r->first + r->n; i++) touch(b, b->route[i] >> 1, &b->series[b->route[i] >> 1], p->day.n);
}

/* First the series of all routes, then the ends of their days, near which new entries come. */
void wf_book_prefetch(wf_book *b, const wf_posting *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct routes *r = wf_book_routes(b, p[i].flow);
        for (uint32_t k = r->first; k < r->first + r->n; k++) __builtin_prefetch(&b->series[b->route[k] >> 1], 1);
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct routes *r = wf_book_routes(b, p[i].flow);
        for (uint32_t k = r->first; k < r->first + r->n; k++) {
            const struct series *s = &b->series[b->route[k] >> 1];
            if (s->n == 0) continue;
            __builtin_prefetch(&days_of(&b->pop[(b->route[k] >> 1) % b->pops], s)[s->n - 1], 1);
            __builtin_prefetch(&s->block[s->n - 1], 1);
        }
    }
}

void wf_book_flows(const wf_book *b, uint32_t unit, uint8_t *flow)
{
    for (wf_day d = { INT32_MIN }; d.n != INT32_MAX; d = wf_units_next_version(b->units, unit, d)) {
        const struct list *of = &b->into[(size_t) wf_units_node(b->units, unit, d) * b->pops];
        for (uint32_t k = 0; k < b->pops; k++)
            for (uint32_t i = 0; i < of[k].n; i++) flow[of[k].route[i] >> 1] = 1;
    }
}

static int by_flow(const void *a, const void *b)
{
    const wf_posting *x = a, *y = b;

    return x->flow != y->flow ? (x->flow < y->flow ? -1 : 1) : x->day.n < y->day.n ? -1 : x->day.n > y->day.n;
}

void wf_book_take_back(wf_book *b, wf_posting *less, uint32_t n)
{
    if (n > 1) qsort(less, n, sizeof *less, by_flow);
    for (uint32_t i = 0; i < n; i++) {
        wf_posting p = less[i];
        p.count = -p.count;
        p.amount = -p.amount;
        wf_book_apply(b, &p);
    }
    b->less = less;
    b->lesses = n;
    wf_book_take_touched(b, NULL, NULL);
}

void wf_book_take_touched(wf_book *b, wf_book_touched *visit, void *ctx)
{
    for (uint32_t i = 0; i < b->touched_count; i++) {
        uint32_t index = b->touched[i], unit = wf_units_node_unit(b->units, index / b->pops);
        const struct population *p = &b->pop[index % b->pops];
        struct series *s = &b->series[index];
        s->queued = false;
        for (uint32_t k = 0; visit != NULL && k < p->indicators; k++) visit(ctx, p->indicator[k], unit, (wf_day) { s->touched });
    }
    b->touched_count = 0;
}

/* ---- reading ---- */

static int64_t column(const struct population *p, const struct series *s, enum column c, uint32_t rows)
{
    return p->at[c] == 0 || rows == 0 ? 0 : s->block[(size_t) (p->at[c] - 1) * s->cap + rows - 1];
}

wf_sums wf_book_at(const wf_book *b, uint32_t population, uint32_t node, wf_day day)
{
    const struct population *p = &b->pop[population];
    const struct series *s = &b->series[(size_t) node * b->pops + population];

    if (s->n == 0) return (wf_sums) { 0, 0 };
    uint32_t rows = rows_until(days_of(p, s), s->n, day.n);
    return (wf_sums) { column(p, s, COUNT, rows), column(p, s, AMOUNT, rows) };
}

wf_sums wf_book_days(const wf_book *b, uint32_t population, uint32_t node, wf_day day, bool working)
{
    const struct population *p = &b->pop[population];
    const struct series *s = &b->series[(size_t) node * b->pops + population];

    if (s->n == 0) return (wf_sums) { 0, 0 };
    uint32_t rows = rows_until(days_of(p, s), s->n, day.n);
    int64_t days = working ? wf_calendar_index(b->calendar, day) : day.n + (int64_t) 1;
    wf_sums r = { 0, 0 };
    if (p->at[working ? COUNT_WORK : COUNT_DAY] != 0)
        r.count = days * column(p, s, COUNT, rows) - column(p, s, working ? COUNT_WORK : COUNT_DAY, rows);
    if (p->at[working ? AMOUNT_WORK : AMOUNT_DAY] != 0)
        r.amount = days * column(p, s, AMOUNT, rows) - column(p, s, working ? AMOUNT_WORK : AMOUNT_DAY, rows);
    return r;
}

wf_range wf_book_range(const wf_book *b, uint32_t population, uint32_t node, wf_day first, wf_day last, bool amount)
{
    const struct population *p = &b->pop[population];
    const struct series *s = &b->series[(size_t) node * b->pops + population];
    enum column c = amount ? AMOUNT : COUNT;

    if (s->n == 0 || p->at[c] == 0) return (wf_range) { 0, 0 };
    const int32_t *day = days_of(p, s);
    const int64_t *col = s->block + (size_t) (p->at[c] - 1) * s->cap;
    uint32_t i = rows_until(day, s->n, first.n);
    wf_range r = { i == 0 ? 0 : col[i - 1], i == 0 ? 0 : col[i - 1] };
    for (; i < s->n && day[i] <= last.n; i++) {
        r.low = col[i] < r.low ? col[i] : r.low;
        r.high = col[i] > r.high ? col[i] : r.high;
    }
    return r;
}

wf_day wf_book_next(const wf_book *b, uint32_t population, uint32_t node, wf_day day)
{
    const struct population *p = &b->pop[population];
    const struct series *s = &b->series[(size_t) node * b->pops + population];
    uint32_t rows = s->n == 0 ? 0 : rows_until(days_of(p, s), s->n, day.n);

    return rows == s->n ? WF_DAY_OPEN : (wf_day) { days_of(p, s)[rows] };
}

int wf_book_sign(const wf_book *b, uint32_t flow, uint32_t population, uint32_t node)
{
    const struct routes *r = flow < b->flows ? &b->flow[flow] : NULL;
    uint32_t index = node * b->pops + population;
    int sign = 0;

    for (uint32_t i = 0; r != NULL && i < r->n; i++)
        if (b->route[r->first + i] >> 1 == index) sign += b->route[r->first + i] & 1 ? -1 : 1;
    return sign;
}

int64_t wf_book_working_days(const wf_book *b, wf_day day) { return wf_calendar_index(b->calendar, day); }

/* ---- causes ---- */

struct tally { wf_sums *sum; int64_t sign; };

static void tally_day(void *ctx, uint32_t flow, wf_day day, int64_t count, int64_t amount)
{
    struct tally *t = ctx;

    (void) flow; (void) day;
    t->sum->count += t->sign * count;
    t->sum->amount += t->sign * amount;
}

/* The first posting of this flow among those that are left out. */
static uint32_t first_less(const wf_book *b, uint32_t flow)
{
    uint32_t low = 0, high = b->lesses;

    while (low < high) {
        uint32_t half = low + (high - low) / 2;
        if (b->less[half].flow < flow) low = half + 1;
        else high = half;
    }
    return low;
}

void wf_book_causes(const wf_book *b, uint32_t population, uint32_t node, wf_day first, wf_day last, wf_sums sum[WF_CAUSE_COUNT])
{
    const struct list *into = &b->into[(size_t) node * b->pops + population];

    if (first.n > last.n) return;
    for (uint32_t i = 0; i < into->n; i++) {
        uint32_t flow = into->route[i] >> 1;
        struct tally t = { &sum[wf_ledger_flow_at(b->ledger, flow)->cause], into->route[i] & 1 ? -1 : 1 };
        wf_ledger_each_in(b->ledger, flow, first, last, tally_day, &t);
        for (uint32_t k = first_less(b, flow); k < b->lesses && b->less[k].flow == flow; k++)
            if (b->less[k].day.n >= first.n && b->less[k].day.n <= last.n) tally_day(&t, flow, b->less[k].day, -b->less[k].count, -b->less[k].amount);
    }
}
