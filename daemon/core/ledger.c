/* ledger -- see ledger.h. */
#include "core/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/calendar.h"

const wf_measure_row wf_measure_rows[WF_MEASURE_COUNT] = {
#define X(name, wire, kind, count, amount, rests) { wire, WF_##kind, WF_##count, WF_##amount, rests },
    WF_MEASURES(X)
#undef X
};

const char *const wf_dimension_names[WF_DIMENSION_COUNT] = {
#define X(name, wire) wire,
    WF_DIMENSIONS(X)
#undef X
};

bool wf_measure_named(wf_str name, wf_measure *ret)
{
    for (int i = 0; i < WF_MEASURE_COUNT; i++)
        if (wf_str_eq(name, wf_str_of(wf_measure_rows[i].name))) {
            *ret = (wf_measure) i;
            return true;
        }
    return false;
}

bool wf_dimension_named(wf_str name, wf_dimension *ret)
{
    for (int i = 0; i < WF_DIMENSION_COUNT; i++)
        if (wf_str_eq(name, wf_str_of(wf_dimension_names[i]))) {
            *ret = (wf_dimension) i;
            return true;
        }
    return false;
}

/* ---- interning: bytes to numbers from 1, kept where they never move ---- */

#define BLOCK 65536u

struct interned { const uint8_t *p; uint32_t n; };

struct intern {
    uint32_t *slot;                 /* open addressing, numbers; 0 is free */
    uint32_t mask, count, cap;
    struct interned *item;          /* item[number - 1] */
    uint8_t **block;
    uint32_t blocks, used;
};

static void *grow(void *p, size_t n)
{
    void *q = realloc(p, n);
    WF_ASSERT(q != NULL);
    return q;
}

static uint32_t hash_bytes(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    uint64_t h = 0x9e3779b97f4a7c15u ^ n;
    while (n >= 8) {
        uint64_t w;
        memcpy(&w, p, 8);
        h = (h ^ w) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
        p += 8;
        n -= 8;
    }
    uint64_t w = 0;
    memcpy(&w, p, n);
    h = (h ^ w) * 0xff51afd7ed558ccdu;
    h ^= h >> 29;
    return (uint32_t) (h ^ (h >> 32));
}

static uint32_t intern_find(const struct intern *t, const void *bytes, size_t n)
{
    if (t->slot == NULL)
        return 0;
    for (uint32_t i = hash_bytes(bytes, n) & t->mask;; i = (i + 1) & t->mask) {
        uint32_t k = t->slot[i];
        if (k == 0)
            return 0;
        if (t->item[k - 1].n == n && memcmp(t->item[k - 1].p, bytes, n) == 0)
            return k;
    }
}

static const uint8_t *intern_keep(struct intern *t, const void *bytes, size_t n)
{
    WF_ASSERT(n <= BLOCK);
    uint32_t need = (uint32_t) ((n + 7) & ~(size_t) 7);
    if (t->blocks == 0 || t->used + need > BLOCK) {
        t->block = grow(t->block, (t->blocks + 1) * sizeof *t->block);
        t->block[t->blocks++] = grow(NULL, BLOCK);
        t->used = 0;
    }
    uint8_t *p = t->block[t->blocks - 1] + t->used;
    memcpy(p, bytes, n);
    t->used += need;
    return p;
}

static uint32_t intern_put(struct intern *t, const void *bytes, size_t n)
{
    uint32_t k = intern_find(t, bytes, n);
    if (k != 0)
        return k;
    if (t->count * 2 >= t->mask) {
        uint32_t size = t->slot == NULL ? 256 : (t->mask + 1) * 2;
        free(t->slot);
        t->slot = calloc(size, sizeof *t->slot);
        WF_ASSERT(t->slot != NULL);
        t->mask = size - 1;
        for (uint32_t j = 0; j < t->count; j++) {
            uint32_t i = hash_bytes(t->item[j].p, t->item[j].n) & t->mask;
            while (t->slot[i] != 0)
                i = (i + 1) & t->mask;
            t->slot[i] = j + 1;
        }
    }
    if (t->count == t->cap) {
        t->cap = t->cap == 0 ? 64 : t->cap * 2;
        t->item = grow(t->item, t->cap * sizeof *t->item);
    }
    t->item[t->count] = (struct interned) { intern_keep(t, bytes, n), (uint32_t) n };
    t->count++;
    uint32_t i = hash_bytes(bytes, n) & t->mask;
    while (t->slot[i] != 0)
        i = (i + 1) & t->mask;
    t->slot[i] = t->count;
    return t->count;
}

static void intern_end(struct intern *t)
{
    for (uint32_t i = 0; i < t->blocks; i++)
        free(t->block[i]);
    free(t->block);
    free(t->slot);
    free(t->item);
}

/* ---- the ledger ---- */

#define ROW_BYTES 14                /* place 2, count 4, amount 8 */

/* A year of a flow: rows of [place][count][amount], sorted by place, the day of the year from 0. Packed, so that a posting
 * touches one line of the processor's cache; flows of measures that have no amount have rows without it. */
struct page { uint8_t *row; uint16_t n, cap; };
struct pages { struct page *page; int32_t first; uint16_t n; uint8_t size; };      /* page[year - first]; size of a row */

/* What the image takes at once: a year of neighbouring flows, which mostly change together. */
struct sheet {
    uint64_t changed;               /* sequence of the first change since it was taken; 0: none */
    uint64_t put;                   /* loaded from the image as of this sequence */
    wf_page_key next;               /* in the queue of changed sheets; sheet 0: none */
};
struct sheets { struct sheet *sheet; int32_t first; uint16_t n; };

struct wf_ledger {
    struct intern code[WF_DIMENSION_COUNT], cell, flow;
    struct pages *of;               /* of[flow - 1] */
    struct sheets *sheets;          /* sheets[sheet - 1] */
    uint32_t of_cap;
    wf_page_key head, tail;         /* queue of changed sheets, oldest change first; sheet 0: none */
    int32_t year, year_first, year_until;       /* the year that was asked for last */
    size_t bytes;
};

wf_ledger *wf_ledger_new(void)
{
    wf_ledger *l = calloc(1, sizeof *l);
    WF_ASSERT(l != NULL);
    return l;
}

void wf_ledger_free(wf_ledger **p)
{
    wf_ledger *l = *p;
    if (l == NULL)
        return;
    for (uint32_t f = 0; f < l->flow.count; f++) {
        for (uint32_t i = 0; i < l->of[f].n; i++)
            free(l->of[f].page[i].row);
        free(l->of[f].page);
    }
    for (uint32_t i = 0; i * WF_SHEET_FLOWS < l->flow.count; i++)
        free(l->sheets[i].sheet);
    free(l->sheets);
    free(l->of);
    for (int d = 0; d < WF_DIMENSION_COUNT; d++)
        intern_end(&l->code[d]);
    intern_end(&l->cell);
    intern_end(&l->flow);
    free(l);
    *p = NULL;
}

uint16_t wf_ledger_code_find(const wf_ledger *l, wf_dimension d, wf_str text)
{
    return text.n == 0 ? 0 : (uint16_t) intern_find(&l->code[d], text.p, text.n);
}

uint16_t wf_ledger_code(wf_ledger *l, wf_dimension d, wf_str text)
{
    if (text.n == 0)
        return 0;
    if (l->code[d].count >= UINT16_MAX)
        return wf_ledger_code_find(l, d, text);
    return (uint16_t) intern_put(&l->code[d], text.p, text.n);
}

uint32_t wf_ledger_cell(wf_ledger *l, const wf_cell *c)
{
    return intern_put(&l->cell, c, sizeof *c);
}

uint32_t wf_ledger_flow(wf_ledger *l, wf_measure m, uint32_t from, uint32_t to, wf_cause cause)
{
    wf_flow f;
    memset(&f, 0, sizeof f);        /* padding is part of the key */
    f.from = from;
    f.to = to;
    f.measure = (uint8_t) m;
    f.cause = (uint8_t) cause;
    uint32_t k = intern_put(&l->flow, &f, sizeof f);
    if (k > l->of_cap) {
        uint32_t cap = l->of_cap == 0 ? 256 : l->of_cap * 2;      /* a whole number of sheets */
        l->of = grow(l->of, cap * sizeof *l->of);
        memset(l->of + l->of_cap, 0, (cap - l->of_cap) * sizeof *l->of);
        uint32_t had = l->of_cap / WF_SHEET_FLOWS, now = cap / WF_SHEET_FLOWS;
        l->sheets = grow(l->sheets, now * sizeof *l->sheets);
        memset(l->sheets + had, 0, (now - had) * sizeof *l->sheets);
        l->of_cap = cap;
    }
    l->of[k - 1].size = wf_measure_rows[m].amount != WF_NONE ? ROW_BYTES : ROW_BYTES - 8;
    return k;
}

wf_str wf_ledger_code_text(const wf_ledger *l, wf_dimension d, uint16_t code)
{
    if (code == 0)
        return (wf_str) { "", 0 };
    return (wf_str) { (const char *) l->code[d].item[code - 1].p, l->code[d].item[code - 1].n };
}

uint32_t wf_ledger_codes(const wf_ledger *l, wf_dimension d) { return l->code[d].count; }
uint32_t wf_ledger_cells(const wf_ledger *l) { return l->cell.count; }
uint32_t wf_ledger_flows(const wf_ledger *l) { return l->flow.count; }

const wf_cell *wf_ledger_cell_at(const wf_ledger *l, uint32_t cell)
{
    return (const wf_cell *) (const void *) l->cell.item[cell - 1].p;
}

const wf_flow *wf_ledger_flow_at(const wf_ledger *l, uint32_t flow)
{
    return (const wf_flow *) (const void *) l->flow.item[flow - 1].p;
}

struct sum { uint16_t place; int32_t count; int64_t amount; };

static struct sum row_at(const struct pages *s, const struct page *p, uint32_t i)
{
    struct sum x = { 0 };
    const uint8_t *r = p->row + (size_t) i * s->size;
    memcpy(&x.place, r, 2);
    memcpy(&x.count, r + 2, 4);
    if (s->size == ROW_BYTES)
        memcpy(&x.amount, r + 6, 8);
    return x;
}

static void row_set(const struct pages *s, struct page *p, uint32_t i, struct sum x)
{
    uint8_t *r = p->row + (size_t) i * s->size;
    memcpy(r, &x.place, 2);
    memcpy(r + 2, &x.count, 4);
    if (s->size == ROW_BYTES)
        memcpy(r + 6, &x.amount, 8);
}

static uint16_t place_at(const struct pages *s, const struct page *p, uint32_t i)
{
    uint16_t place;
    memcpy(&place, p->row + (size_t) i * s->size, 2);
    return place;
}

/* Makes a run of years that begins with *first and has *n places reach to `year`; new places are zero. */
static void *reach(wf_ledger *l, void *run, int32_t *first, uint16_t *n, int32_t year, size_t size)
{
    if (*n > 0 && year >= *first && year < *first + *n)
        return run;
    int32_t from = *n == 0 || year < *first ? year : *first, last = *n == 0 || year >= *first + *n ? year : *first + *n - 1;
    uint16_t places = (uint16_t) (last - from + 1), before = (uint16_t) (*n == 0 ? 0 : *first - from);
    uint8_t *p = grow(run, places * size);
    memmove(p + before * size, p, *n * size);
    memset(p, 0, before * size);
    memset(p + (before + *n) * size, 0, (size_t) (places - before - *n) * size);
    l->bytes += (size_t) (places - *n) * size;
    *first = from;
    *n = places;
    return p;
}

static struct page *page_of(wf_ledger *l, struct pages *s, int32_t year)
{
    s->page = reach(l, s->page, &s->first, &s->n, year, sizeof *s->page);
    return &s->page[year - s->first];
}

static struct sheet *sheet_of(wf_ledger *l, wf_page_key k)
{
    struct sheets *s = &l->sheets[k.sheet - 1];
    s->sheet = reach(l, s->sheet, &s->first, &s->n, k.year, sizeof *s->sheet);
    return &s->sheet[k.year - s->first];
}

static void page_room(wf_ledger *l, const struct pages *s, struct page *p)
{
    if (p->n < p->cap)
        return;
    uint16_t cap = (uint16_t) (p->cap + p->cap / 4 + 4);
    p->row = grow(p->row, (size_t) cap * s->size);
    l->bytes += (size_t) (cap - p->cap) * s->size;
    p->cap = cap;
}

static void page_add(wf_ledger *l, const struct pages *s, struct page *p, uint16_t place, int64_t count, int64_t amount)
{
    uint16_t i = p->n;
    while (i > 0 && place_at(s, p, i - 1u) > place)
        i--;
    struct sum x = { .place = place };
    bool there = i > 0 && place_at(s, p, i - 1u) == place;
    if (there)
        x = row_at(s, p, --i);
    WF_ASSERT(s->size == ROW_BYTES || amount == 0);
    WF_ASSERT(!__builtin_add_overflow(x.count, count, &x.count) && !__builtin_add_overflow(x.amount, amount, &x.amount));
    uint8_t *r = p->row + (size_t) i * s->size;
    if (there && x.count == 0 && x.amount == 0) {
        p->n--;
        memmove(r, r + s->size, (size_t) (p->n - i) * s->size);
        return;
    }
    if (!there) {
        page_room(l, s, p);
        r = p->row + (size_t) i * s->size;
        memmove(r + s->size, r, (size_t) (p->n - i) * s->size);
        p->n++;
    }
    row_set(s, p, i, x);
}

static void enqueue(wf_ledger *l, struct sheet *x, wf_page_key key, uint64_t sequence)
{
    if (x->changed != 0)
        return;
    x->changed = sequence == 0 ? 1 : sequence;
    x->next = (wf_page_key) { 0, 0 };
    if (l->head.sheet == 0)
        l->head = key;
    else
        sheet_of(l, l->tail)->next = key;
    l->tail = key;
}

/* The year of a day, which mostly is that of the day before. */
static int32_t year_of(wf_ledger *l, wf_day day)
{
    if (day.n < l->year_first || day.n >= l->year_until) {
        l->year = wf_day_year(day);
        l->year_first = wf_day_of(l->year, 1, 1).n;
        l->year_until = wf_day_of(l->year + 1, 1, 1).n;
    }
    return l->year;
}

static void post(wf_ledger *l, const wf_posting *g, uint64_t sequence, bool skip_put)
{
    if (g->count == 0 && g->amount == 0)
        return;
    int32_t year = year_of(l, g->day);
    wf_page_key key = { (g->flow - 1) / WF_SHEET_FLOWS + 1, year };
    struct sheet *x = sheet_of(l, key);
    if (skip_put && sequence <= x->put)
        return;
    struct pages *s = &l->of[g->flow - 1];
    page_add(l, s, page_of(l, s, year), (uint16_t) (g->day.n - l->year_first), g->count, g->amount);
    enqueue(l, x, key, sequence);
}

/* Step by step along the chain of pointers, all postings at each step. */
void wf_ledger_prefetch(wf_ledger *l, const wf_posting *p, uint32_t n)
{
    const struct page *page[16];
    if (n > 16)
        n = 16;
    for (uint32_t i = 0; i < n; i++) {
        __builtin_prefetch(&l->of[p[i].flow - 1]);
        __builtin_prefetch(&l->sheets[(p[i].flow - 1) / WF_SHEET_FLOWS]);
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct pages *s = &l->of[p[i].flow - 1];
        int32_t year = year_of(l, p[i].day);
        page[i] = year >= s->first && year < s->first + s->n ? &s->page[year - s->first] : NULL;
        if (page[i] != NULL)
            __builtin_prefetch(page[i]);
    }
    for (uint32_t i = 0; i < n; i++)
        if (page[i] != NULL && page[i]->n > 0)
            __builtin_prefetch(page[i]->row + (page[i]->n - 1u) * l->of[p[i].flow - 1].size, 1);
}

void wf_ledger_post(wf_ledger *l, const wf_posting *p, uint64_t sequence) { post(l, p, sequence, false); }
void wf_ledger_post_after(wf_ledger *l, const wf_posting *p, uint64_t sequence) { post(l, p, sequence, true); }

void wf_ledger_each_in(const wf_ledger *l, uint32_t flow, wf_day first, wf_day last, wf_ledger_visit *visit, void *ctx)
{
    const struct pages *s = &l->of[flow - 1];
    for (uint16_t i = 0; i < s->n; i++) {
        const struct page *p = &s->page[i];
        int32_t start = wf_day_of(s->first + i, 1, 1).n;
        if (start > last.n || start + 365 < first.n)
            continue;
        for (uint16_t k = 0; k < p->n; k++) {
            struct sum x = row_at(s, p, k);
            wf_day day = { start + x.place };
            if (day.n >= first.n && day.n <= last.n)
                visit(ctx, flow, day, x.count, x.amount);
        }
    }
}

void wf_ledger_each(const wf_ledger *l, uint32_t flow, wf_ledger_visit *visit, void *ctx)
{
    wf_ledger_each_in(l, flow, (wf_day) { INT32_MIN / 2 }, (wf_day) { INT32_MAX }, visit, ctx);
}

/* ---- the image ---- */

static uint8_t *put_le(uint8_t *p, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *p++ = (uint8_t) (v >> (8 * i));
    return p;
}

static uint64_t get_le(const uint8_t **p, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++)
        v |= (uint64_t) *(*p)++ << (8 * i);
    return v;
}

/* A sheet as bytes: for each of its flows that has rows [place in the sheet 1][rows 2] and the rows. */
static uint8_t *put_page(uint8_t *out, const struct pages *s, const struct page *p, uint32_t place)
{
    out = put_le(out, place, 1);
    out = put_le(out, p->n, 2);
    for (uint16_t i = 0; i < p->n; i++) {
        struct sum x = row_at(s, p, i);
        out = put_le(out, x.place, 2);
        out = put_le(out, (uint32_t) x.count, 4);
        out = put_le(out, (uint64_t) x.amount, 8);
    }
    return out;
}

bool wf_ledger_take(wf_ledger *l, wf_page_key *key, void *buf, size_t *n)
{
    *key = l->head;
    if (key->sheet == 0)
        return false;
    struct sheet *x = sheet_of(l, *key);
    l->head = x->next;
    x->changed = 0;
    uint8_t *out = buf;
    for (uint32_t i = 0; i < WF_SHEET_FLOWS; i++) {
        uint32_t flow = (key->sheet - 1) * WF_SHEET_FLOWS + i;
        const struct pages *s = &l->of[flow];
        if (flow >= l->flow.count || key->year < s->first || key->year >= s->first + s->n)
            continue;
        const struct page *p = &s->page[key->year - s->first];
        if (p->n > 0)
            out = put_page(out, s, p, i);
    }
    *n = (size_t) (out - (uint8_t *) buf);
    return true;
}

uint64_t wf_ledger_floor(const wf_ledger *l, uint64_t now)
{
    if (l->head.sheet == 0)
        return now;
    const struct sheets *s = &l->sheets[l->head.sheet - 1];
    return s->sheet[l->head.year - s->first].changed - 1;
}

static wf_rc take_rows(wf_ledger *l, uint32_t flow, int32_t year, const uint8_t **in, uint16_t rows, wf_err *e)
{
    struct pages *s = &l->of[flow - 1];
    struct page *p = page_of(l, s, year);
    p->n = 0;
    while (rows-- > 0) {
        struct sum x;
        x.place = (uint16_t) get_le(in, 2);
        x.count = (int32_t) get_le(in, 4);
        x.amount = (int64_t) get_le(in, 8);
        if (x.place > 365 || (p->n > 0 && x.place <= place_at(s, p, p->n - 1u)) || (x.amount != 0 && s->size != ROW_BYTES))
            return wf_fail(e, WF_DAMAGED, "image: days of flow %u, year %d are out of order", flow, year);
        page_room(l, s, p);
        row_set(s, p, p->n++, x);
    }
    return WF_OK;
}

wf_rc wf_ledger_put_page(wf_ledger *l, wf_page_key key, const void *bytes, size_t n, uint64_t sequence, wf_err *e)
{
    const uint8_t *in = bytes, *end = in + n;
    if (key.sheet == 0 || key.sheet > (l->flow.count + WF_SHEET_FLOWS - 1) / WF_SHEET_FLOWS || key.year < 1949 || key.year > 2243)
        return wf_fail(e, WF_DAMAGED, "image: there is no sheet %u of %d", key.sheet, key.year);
    while (in < end) {
        if (end - in < 3)
            return wf_fail(e, WF_DAMAGED, "image: sheet %u of %d is cut off", key.sheet, key.year);
        uint32_t flow = (key.sheet - 1) * WF_SHEET_FLOWS + (uint32_t) get_le(&in, 1) + 1;
        uint16_t rows = (uint16_t) get_le(&in, 2);
        if (flow > l->flow.count || (flow - 1) / WF_SHEET_FLOWS + 1 != key.sheet || rows > 366 || end - in < rows * ROW_BYTES)
            return wf_fail(e, WF_DAMAGED, "image: sheet %u of %d is not one", key.sheet, key.year);
        WF_TRY(take_rows(l, flow, key.year, &in, rows, e));
    }
    sheet_of(l, key)->put = sequence;
    return WF_OK;
}

/* ---- the dump ---- */

struct line { uint8_t measure; uint32_t cell; int32_t day; int64_t count, amount; };
struct lines { const wf_ledger *l; struct line *line; size_t n, cap; };

static void add_line(struct lines *s, struct line x)
{
    if (s->n == s->cap) {
        s->cap = s->cap == 0 ? 1024 : s->cap * 2;
        s->line = grow(s->line, s->cap * sizeof *s->line);
    }
    s->line[s->n++] = x;
}

static void collect(void *ctx, uint32_t flow, wf_day day, int64_t count, int64_t amount)
{
    struct lines *s = ctx;
    const wf_flow *f = wf_ledger_flow_at(s->l, flow);
    if (f->from != WF_OUTSIDE)
        add_line(s, (struct line) { f->measure, f->from, day.n, -count, -amount });
    if (f->to != WF_OUTSIDE)
        add_line(s, (struct line) { f->measure, f->to, day.n, count, amount });
}

static int line_cmp(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (x->measure != y->measure)
        return x->measure < y->measure ? -1 : 1;
    if (x->cell != y->cell)
        return x->cell < y->cell ? -1 : 1;
    return x->day < y->day ? -1 : x->day > y->day;
}

static int text_cmp(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static char *line_text(const wf_ledger *l, const struct line *x)
{
    char cell[WF_DIMENSION_COUNT * 160], day[WF_DAY_TEXT], *out = NULL;
    size_t n = 0;
    const wf_cell *c = wf_ledger_cell_at(l, x->cell);
    cell[0] = 0;
    for (int d = 0; d < WF_DIMENSION_COUNT; d++)
        if (c->code[d] != 0) {
            wf_str t = wf_ledger_code_text(l, (wf_dimension) d, c->code[d]);
            n += (size_t) snprintf(cell + n, sizeof cell - n, "%s%s=%.*s", n == 0 ? "" : ",", wf_dimension_names[d], WF_STR_ARG(t));
        }
    WF_ASSERT(asprintf(&out, "%s|%s|%s|%lld|%lld\n", wf_measure_rows[x->measure].name, cell,
                       wf_day_text((wf_day) { x->day }, day), (long long) x->count, (long long) x->amount) > 0);
    return out;
}

char *wf_ledger_dump(const wf_ledger *l)
{
    struct lines s = { .l = l };
    for (uint32_t f = 1; f <= l->flow.count; f++)
        wf_ledger_each(l, f, collect, &s);
    if (s.n > 0)
        qsort(s.line, s.n, sizeof *s.line, line_cmp);

    size_t n = 0, bytes = 1;
    char **text = grow(NULL, (s.n + 1) * sizeof *text);
    for (size_t i = 0; i < s.n;) {
        struct line x = s.line[i++];
        while (i < s.n && line_cmp(&x, &s.line[i]) == 0) {
            x.count += s.line[i].count;
            x.amount += s.line[i++].amount;
        }
        if (x.count != 0 || x.amount != 0) {
            text[n] = line_text(l, &x);
            bytes += strlen(text[n++]);
        }
    }
    if (n > 0)
        qsort(text, n, sizeof *text, text_cmp);
    char *all = grow(NULL, bytes), *p = all;
    for (size_t i = 0; i < n; i++) {
        p = stpcpy(p, text[i]);
        free(text[i]);
    }
    *p = 0;
    free(text);
    free(s.line);
    return all;
}

size_t wf_ledger_bytes(const wf_ledger *l) { return l->bytes; }
