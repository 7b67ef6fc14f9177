/* timeline -- see timeline.h. */
#include "core/timeline.h"

#include <stdlib.h>
#include <string.h>

enum { TABLE_ABSENCE, TABLE_TRAINING, TABLE_ALLOCATION, TABLE_COMPLETE };

static void *grow(void *p, size_t n)
{
    void *q = realloc(p, n);
    WF_ASSERT(q != NULL);
    return q;
}

/* A sixth more: most of a council's timelines are long, and slack is what they would hold most of. */
static uint32_t roomier(uint32_t cap, uint32_t least) { return cap + cap / 6 + least; }

wf_chain wf_chain_of(wf_event_type type)
{
    static const wf_chain of[WF_EVENT_TYPE_COUNT] = {
        [WF_STARTER] = WF_CHAIN_ENGAGEMENT, [WF_CHANGE] = WF_CHAIN_ENGAGEMENT, [WF_LEAVER] = WF_CHAIN_ENGAGEMENT,
        [WF_PLACEMENT_STARTED] = WF_CHAIN_PLACEMENT, [WF_PLACEMENT_ENDED] = WF_CHAIN_PLACEMENT,
        [WF_TRAINING_DUE] = WF_CHAIN_TRAINING, [WF_TRAINING_COMPLETED] = WF_CHAIN_TRAINING,
        [WF_SUPERVISION_HELD] = WF_CHAIN_SUPERVISION,
        [WF_CASE_ALLOCATED] = WF_CHAIN_ALLOCATION, [WF_CASE_DEALLOCATED] = WF_CHAIN_ALLOCATION,
        [WF_CASELOAD] = WF_CHAIN_CASELOAD, [WF_ABSENCE] = WF_CHAIN_ABSENCE,
        [WF_VACANCIES_DECLARED] = WF_CHAIN_VACANCIES,
        [WF_POST_OPENED] = WF_CHAIN_POST, [WF_POST_CHANGED] = WF_CHAIN_POST, [WF_POST_CLOSED] = WF_CHAIN_POST,
        [WF_COMPLETE] = WF_CHAIN_COMPLETE,
    };
    return of[type];
}

wf_timeline *wf_timeline_new(uint32_t subject, wf_subject_kind kind, uint16_t org)
{
    wf_timeline *t = calloc(1, sizeof *t);
    WF_ASSERT(t != NULL);
    t->subject = subject;
    t->kind = (uint8_t) kind;
    t->org = org;
    t->first_place = INT32_MAX;
    return t;
}

void wf_timeline_free(wf_timeline **p)
{
    wf_timeline *t = *p;
    if (t == NULL)
        return;
    for (int c = 0; c < WF_CHAIN_COUNT; c++)
        free(t->chain[c].fact);
    for (int i = 0; i < 4; i++)
        free(t->table[i].p);
    free(t->detail);
    free(t->aside);
    free(t->tie);
    free(t->arena);
    free(t->sieve);
    free(t->place);
    free(t);
    *p = NULL;
}

size_t wf_timeline_bytes(const wf_timeline *t)
{
    static const size_t row[4] = { sizeof(wf_absence_detail), sizeof(wf_training_detail), sizeof(wf_allocation_detail), sizeof(wf_complete_detail) };
    size_t n = sizeof *t + t->arena_cap + t->blocks * 64u + t->detail_cap * sizeof *t->detail + t->places * sizeof *t->place +
               t->aside_cap * sizeof *t->aside + t->tie_cap * sizeof *t->tie;
    for (int c = 0; c < WF_CHAIN_COUNT; c++)
        n += t->chain[c].cap * sizeof(wf_fact);
    for (int i = 0; i < 4; i++)
        n += t->table[i].cap * row[i];
    return n;
}

/* ---- texts: a length byte and the bytes ---- */

static uint32_t keep(wf_timeline *t, const void *p, size_t n)
{
    if (t->arena_n + n + 1 > t->arena_cap) {
        t->arena_cap = roomier(t->arena_cap, (uint32_t) n + 33);
        t->arena = grow(t->arena, t->arena_cap);
    }
    uint32_t at = t->arena_n;
    t->arena[at] = (char) (uint8_t) n;
    if (n > 0)
        memcpy(t->arena + at + 1, p, n);
    t->arena_n += (uint32_t) n + 1;
    return at;
}

uint32_t wf_timeline_keep(wf_timeline *t, wf_str s) { return keep(t, s.p, s.n); }

wf_str wf_timeline_text(const wf_timeline *t, uint32_t at)
{
    return (wf_str) { t->arena + at + 1, (uint8_t) t->arena[at] };
}

bool wf_timeline_same(const wf_timeline *t, uint32_t a, uint32_t b)
{
    return a == b || (t->arena[a] == t->arena[b] && memcmp(t->arena + a + 1, t->arena + b + 1, (uint8_t) t->arena[a]) == 0);
}

static uint16_t fingerprint(uint16_t salt, const void *bytes, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u ^ salt;
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return (uint16_t) (h ^ (h >> 16) ^ (h >> 32) ^ (h >> 48));
}

uint16_t wf_timeline_print(const wf_timeline *t, uint32_t key)
{
    wf_str s = wf_timeline_text(t, key);
    return fingerprint(0, s.p, s.n);
}

const wf_fact *wf_timeline_keyed(const wf_timeline *t, wf_chain c, const void *key, size_t n)
{
    uint16_t print = fingerprint(0, key, n);
    for (uint32_t i = t->chain[c].n; i-- > 0;) {
        const wf_fact *f = &t->chain[c].fact[i];
        if (f->key_print != print)
            continue;
        const char *k = t->arena + wf_timeline_key(t, f);
        if ((uint8_t) *k == n && memcmp(k + 1, key, n) == 0)
            return f;
    }
    return NULL;
}

/* A key that an earlier fact of the chain has is kept once. */
static uint32_t keep_key(wf_timeline *t, wf_chain c, const void *p, size_t n)
{
    const wf_fact *f = wf_timeline_keyed(t, c, p, n);
    return f != NULL ? wf_timeline_key(t, f) : keep(t, p, n);
}

/* ---- side tables ---- */

static uint32_t table_add(wf_timeline *t, int i, const void *row, size_t size)
{
    if (t->table[i].n == t->table[i].cap) {
        t->table[i].cap = roomier(t->table[i].cap, 2);
        t->table[i].p = grow(t->table[i].p, t->table[i].cap * size);
    }
    memcpy((char *) t->table[i].p + t->table[i].n * size, row, size);
    return t->table[i].n++;
}

const wf_absence_detail *wf_absence_of(const wf_timeline *t, const wf_fact *f)
{
    return (const wf_absence_detail *) t->table[TABLE_ABSENCE].p + f->value;
}

const wf_training_detail *wf_training_of(const wf_timeline *t, const wf_fact *f)
{
    return (const wf_training_detail *) t->table[TABLE_TRAINING].p + f->value;
}

const wf_allocation_detail *wf_allocation_of(const wf_timeline *t, const wf_fact *f)
{
    return (const wf_allocation_detail *) t->table[TABLE_ALLOCATION].p + f->value;
}

const wf_complete_detail *wf_complete_of(const wf_timeline *t, const wf_fact *f)
{
    return (const wf_complete_detail *) t->table[TABLE_COMPLETE].p + f->value;
}

uint32_t wf_timeline_key(const wf_timeline *t, const wf_fact *f)
{
    switch (wf_chain_of((wf_event_type) f->type)) {
    case WF_CHAIN_ENGAGEMENT:
    case WF_CHAIN_PLACEMENT:
    case WF_CHAIN_POST:
    case WF_CHAIN_VACANCIES:  return wf_detail_of(t, f)->key;
    case WF_CHAIN_ALLOCATION: return wf_allocation_of(t, f)->key;
    case WF_CHAIN_ABSENCE:    return wf_absence_of(t, f)->key;
    case WF_CHAIN_TRAINING:   return wf_training_of(t, f)->key;
    case WF_CHAIN_CASELOAD:
    case WF_CHAIN_SUPERVISION:
    case WF_CHAIN_COMPLETE:
    case WF_CHAIN_COUNT:      break;
    }
    WF_ASSERT(false);
    return 0;
}

/* ---- identity ---- */

static const wf_fact *scan(const wf_timeline *t, uint16_t source, wf_str id)
{
    for (int c = 0; c < WF_CHAIN_COUNT; c++)
        for (uint32_t i = 0; i < t->chain[c].n; i++) {
            const wf_fact *f = &t->chain[c].fact[i];
            if (c == WF_CHAIN_ALLOCATION && t->kind == WF_PERSON)
                break;              /* their subject is the case: another identity */
            if (f->source == source && wf_str_eq(wf_timeline_text(t, f->id), id))
                return f;
        }
    for (uint32_t i = 0; i < t->asides; i++)
        if (t->aside[i].source == source && wf_str_eq(wf_timeline_text(t, t->aside[i].id), id))
            return &t->aside[i];
    return NULL;
}

/* A block is eight words; an identity has one bit in each of four of them. A new identity is so told from all that are
 * there by one line of memory, however long the timeline (one in 200 is looked up in vain). */
#define BLOCK_FACTS 32u

static uint64_t identity_hash(uint16_t source, wf_str id)
{
    uint64_t h = 0xcbf29ce484222325u ^ source;
    for (size_t i = 0; i < id.n; i++)
        h = (h ^ (uint8_t) id.p[i]) * 0x100000001b3u;
    h ^= h >> 32;
    h *= 0x9fb21c651e98df25u;
    return h ^ (h >> 28);
}

static bool sieve_has(const wf_timeline *t, uint64_t h)
{
    const uint64_t *b = t->sieve + 8u * (uint32_t) (((h >> 32) * t->blocks) >> 32);
    bool all = true;
    for (unsigned k = 0; k < 4; k++)
        all &= (b[2 * k + (h >> (24 + k) & 1)] >> (h >> (6 * k) & 63) & 1) != 0;
    return all;
}

static void sieve_add(wf_timeline *t, uint64_t h)
{
    uint64_t *b = t->sieve + 8u * (uint32_t) (((h >> 32) * t->blocks) >> 32);
    for (unsigned k = 0; k < 4; k++)
        b[2 * k + (h >> (24 + k) & 1)] |= (uint64_t) 1 << (h >> (6 * k) & 63);
}

/* Room for one more identity; a larger sieve is filled from the facts. */
static void sieve_room(wf_timeline *t)
{
    if (t->facts < t->blocks * BLOCK_FACTS)
        return;
    t->blocks = t->blocks == 0 ? 1 : t->blocks + t->blocks / 2 + 1;
    free(t->sieve);
    t->sieve = calloc(t->blocks, 64);
    WF_ASSERT(t->sieve != NULL);
    for (int c = 0; c < WF_CHAIN_COUNT; c++)
        for (uint32_t i = 0; i < t->chain[c].n; i++)
            sieve_add(t, identity_hash(t->chain[c].fact[i].source, wf_timeline_text(t, t->chain[c].fact[i].id)));
    for (uint32_t i = 0; i < t->asides; i++)
        sieve_add(t, identity_hash(t->aside[i].source, wf_timeline_text(t, t->aside[i].id)));
}

uint32_t wf_timeline_identity(uint16_t source, wf_str id) { return (uint32_t) identity_hash(source, id); }

const wf_fact *wf_timeline_find(const wf_timeline *t, uint16_t source, wf_str id)
{
    if (t->blocks == 0 || !sieve_has(t, identity_hash(source, id)))
        return NULL;
    return scan(t, source, id);
}

void wf_timeline_prefetch(const wf_timeline *t)
{
    for (size_t i = 0; i < sizeof *t; i += 64)
        __builtin_prefetch((const char *) t + i);
}

void wf_timeline_prefetch_chain(const wf_timeline *t, wf_chain c, uint16_t source, wf_str id)
{
    const wf_fact *end = t->chain[c].fact + t->chain[c].n;
    if (t->chain[c].n > 0) {
        __builtin_prefetch(end - 1);
        __builtin_prefetch(end);
    }
    if (t->places > 0)
        __builtin_prefetch(&t->place[t->places - 1]);
    if (t->blocks > 0)
        __builtin_prefetch(t->sieve + 8u * (uint32_t) (((identity_hash(source, id) >> 32) * t->blocks) >> 32), 1);
    __builtin_prefetch(t->arena + t->arena_n, 1);
}

/* ---- order ---- */

int wf_fact_said_cmp(const wf_timeline *t, const wf_sources *s, const wf_fact *a, const wf_fact *b)
{
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    if (a->source != b->source)
        return wf_str_cmp(s->name[a->source - 1], s->name[b->source - 1]);
    return wf_str_cmp(wf_timeline_text(t, a->id), wf_timeline_text(t, b->id));
}

const wf_fact *wf_fact_holds(const wf_timeline *t, const wf_sources *s, const wf_fact *a, const wf_fact *b)
{
    if (a == NULL || b == NULL)
        return a == NULL ? b : a;
    if ((a->flags ^ b->flags) & WF_FACT_INFERRED)
        return a->flags & WF_FACT_INFERRED ? b : a;
    return wf_fact_said_cmp(t, s, a, b) < 0 ? b : a;
}

uint32_t wf_timeline_lower(const wf_timeline *t, wf_chain c, int32_t day)
{
    uint32_t lo = 0, hi = t->chain[c].n;
    const wf_fact *f = t->chain[c].fact;
    for (uint32_t step = 1; step <= hi; step *= 2) {        /* most questions are about the end */
        if (f[hi - step].day < day) {
            lo = hi - step + 1;
            break;
        }
        hi -= step;
    }
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (f[mid].day < day)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* ---- putting ---- */

static bool is(const wf_event *ev, wf_field f, const char *text)
{
    return wf_event_has(ev, f) && wf_str_eq(ev->v[f].s, wf_str_of(text));
}

static uint16_t code(wf_ledger *l, wf_dimension d, const wf_event *ev, wf_field f)
{
    return wf_event_has(ev, f) ? wf_ledger_code(l, d, ev->v[f].s) : 0;
}

static void name_field(wf_detail *d, const wf_event *ev, wf_field f, wf_detail_bit bit)
{
    if (ev->given & WF_BIT(f))
        d->given = (uint16_t) (d->given | bit);
    if (ev->nil & WF_BIT(f))
        d->nil = (uint16_t) (d->nil | bit);
}

/* The unit's code: "org/unit", or the organisation's own. */
static uint16_t unit_code(wf_ledger *l, uint16_t org, wf_str unit)
{
    char text[2 * WF_CODE_MAX + 2];
    wf_str o = wf_ledger_code_text(l, WF_D_UNIT, org);
    if (unit.n == 0 || wf_str_eq(unit, o))
        return org;
    WF_ASSERT(o.n <= WF_CODE_MAX && unit.n <= WF_CODE_MAX);
    memcpy(text, o.p, o.n);
    text[o.n] = '/';
    memcpy(text + o.n + 1, unit.p, unit.n);
    return wf_ledger_code(l, WF_D_UNIT, (wf_str) { text, o.n + 1 + unit.n });
}

static void why_of(wf_detail *d, const wf_event *ev)
{
    static const struct { const char *why; uint8_t cause; } row[] = {
        { "reorganisation", WF_BY_REORGANISATION }, { "transfer", WF_BY_TRANSFER }, { "temporary", WF_BY_TEMPORARY },
    };
    d->why = WF_BY_MOVE;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (is(ev, WF_F_WHY, row[i].why))
            d->why = row[i].cause;
}

static int32_t put_detail(wf_timeline *t, wf_ledger *l, const wf_event *ev, wf_chain c)
{
    static const struct { wf_field f; wf_detail_bit bit; } named[] = {
        { WF_F_TEAM, WF_HAS_UNIT }, { WF_F_UNIT, WF_HAS_UNIT }, { WF_F_ROLE, WF_HAS_ROLE }, { WF_F_CONTRACT, WF_HAS_CONTRACT },
        { WF_F_FTE, WF_HAS_FTE }, { WF_F_HOURS, WF_HAS_FTE }, { WF_F_REGISTERED_FROM, WF_HAS_REGISTERED }, { WF_F_POST, WF_HAS_POST },
        { WF_F_COVERS, WF_HAS_COVERS }, { WF_F_SINCE, WF_HAS_SINCE }, { WF_F_STATUS, WF_HAS_STATUS }, { WF_F_COVER_REASON, WF_HAS_COVER_REASON },
    };
    wf_detail d = { .unit = t->org };
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        name_field(&d, ev, named[i].f, named[i].bit);
    if (wf_event_has(ev, WF_F_TEAM))
        d.unit = unit_code(l, t->org, ev->v[WF_F_TEAM].s);
    if (wf_event_has(ev, WF_F_UNIT))
        d.unit = unit_code(l, t->org, ev->v[WF_F_UNIT].s);
    if (ev->type == WF_VACANCIES_DECLARED)
        d.unit = unit_code(l, t->org, ev->subject);
    if (!wf_event_fte(ev, &d.fte)) {
        d.fte = 0;
        if (d.given & WF_HAS_FTE)
            d.nil |= WF_HAS_FTE;
    }
    d.role = code(l, WF_D_ROLE, ev, WF_F_ROLE);
    d.contract = code(l, WF_D_CONTRACT, ev, WF_F_CONTRACT);
    d.kind = code(l, WF_D_KIND, ev, WF_F_KIND);
    d.origin = code(l, WF_D_ORIGIN, ev, WF_F_ORIGIN);
    d.reason = code(l, WF_D_REASON, ev, WF_F_REASON);
    d.destination = code(l, WF_D_DESTINATION, ev, WF_F_DESTINATION);
    d.status = code(l, WF_D_STATUS, ev, WF_F_STATUS);
    d.registered = wf_event_has(ev, WF_F_REGISTERED_FROM) ? (int32_t) ev->v[WF_F_REGISTERED_FROM].n : INT32_MIN;
    d.since = wf_event_has(ev, WF_F_SINCE) ? (int32_t) ev->v[WF_F_SINCE].n : INT32_MIN;
    d.agency_fte = wf_event_has(ev, WF_F_AGENCY_FTE) ? ev->v[WF_F_AGENCY_FTE].n : 0;
    d.transfer = ev->type == WF_STARTER ? is(ev, WF_F_ORIGIN, "transfer") : is(ev, WF_F_KIND, "transfer");
    d.leaver_kind = !wf_event_has(ev, WF_F_KIND) || is(ev, WF_F_KIND, "leaver");
    d.reason_7 = is(ev, WF_F_REASON, "7");
    d.cover_vacancy = is(ev, WF_F_COVER_REASON, "vacancy");
    why_of(&d, ev);
    wf_field key = c == WF_CHAIN_PLACEMENT ? WF_F_PLACEMENT : WF_F_ENGAGEMENT;
    bool keyed = c == WF_CHAIN_ENGAGEMENT || c == WF_CHAIN_PLACEMENT;
    d.key = keyed ? keep_key(t, c, ev->v[key].s.p, ev->v[key].s.n) : keep_key(t, c, "", 0);
    if (t->details == t->detail_cap) {
        t->detail_cap = roomier(t->detail_cap, 1);
        t->detail = grow(t->detail, t->detail_cap * sizeof *t->detail);
    }
    t->detail[t->details] = d;
    return (int32_t) t->details++;
}

static int32_t millionths(const wf_event *ev, wf_field f, int32_t otherwise)
{
    return wf_event_has(ev, f) ? (int32_t) ev->v[f].n : otherwise;
}

static int32_t put_absence(wf_timeline *t, wf_ledger *l, const wf_event *ev)
{
    wf_absence_detail d = {
        .key = keep_key(t, WF_CHAIN_ABSENCE, ev->v[WF_F_ABSENCE].s.p, ev->v[WF_F_ABSENCE].s.n),
        .last = wf_event_has(ev, WF_F_LAST) ? (int32_t) ev->v[WF_F_LAST].n : INT32_MAX,
        .share = millionths(ev, WF_F_SHARE, WF_FTE_ONE), .first_share = millionths(ev, WF_F_FIRST_SHARE, -1),
        .last_share = millionths(ev, WF_F_LAST_SHARE, -1), .kind = code(l, WF_D_KIND, ev, WF_F_KIND),
    };
    return (int32_t) table_add(t, TABLE_ABSENCE, &d, sizeof d);
}

static int32_t put_allocation(wf_timeline *t, wf_ledger *l, const wf_event *ev, uint32_t case_number)
{
    char key[4 + WF_ID_MAX];
    wf_str id = ev->v[WF_F_ALLOCATION].s;
    WF_ASSERT(id.n <= WF_ID_MAX);
    memcpy(key, &case_number, 4);
    memcpy(key + 4, id.p, id.n);
    bool part = !wf_event_has(ev, WF_F_PART) || is(ev, WF_F_PART, "allocated");
    bool holder = !wf_event_has(ev, WF_F_HOLDER) || is(ev, WF_F_HOLDER, "worker");
    wf_allocation_detail d = {
        .key = keep_key(t, WF_CHAIN_ALLOCATION, key, 4 + id.n), .work = code(l, WF_D_WORK, ev, WF_F_WORK),
        .counted = part && holder && t->kind == WF_PERSON, .elsewhere = case_number == WF_CASE_ELSEWHERE,
    };
    return (int32_t) table_add(t, TABLE_ALLOCATION, &d, sizeof d);
}

static int32_t put_side(wf_timeline *t, wf_ledger *l, const wf_event *ev, wf_chain c, uint32_t case_number)
{
    switch (c) {
    case WF_CHAIN_ENGAGEMENT:
    case WF_CHAIN_PLACEMENT:
    case WF_CHAIN_POST:
    case WF_CHAIN_VACANCIES:
        return put_detail(t, l, ev, c);
    case WF_CHAIN_CASELOAD:
        return (int32_t) ev->v[WF_F_CASES].n;
    case WF_CHAIN_SUPERVISION:
        return code(l, WF_D_KIND, ev, WF_F_KIND);
    case WF_CHAIN_ABSENCE:
        return put_absence(t, l, ev);
    case WF_CHAIN_ALLOCATION:
        return put_allocation(t, l, ev, case_number);
    case WF_CHAIN_TRAINING: {
        wf_str id = ev->v[WF_F_TRAINING].s;
        wf_training_detail d = { .key = keep_key(t, c, id.p, id.n), .course = code(l, WF_D_COURSE, ev, WF_F_COURSE) };
        return (int32_t) table_add(t, TABLE_TRAINING, &d, sizeof d);
    }
    case WF_CHAIN_COMPLETE: {
        wf_complete_detail d = { .until = wf_event_has(ev, WF_F_UNTIL) ? (int32_t) ev->v[WF_F_UNTIL].n : INT32_MAX,
                                 .types = (uint32_t) ev->v[WF_F_TYPES].n };
        return (int32_t) table_add(t, TABLE_COMPLETE, &d, sizeof d);
    }
    case WF_CHAIN_COUNT:
        break;
    }
    WF_ASSERT(false);
    return 0;
}

/* Inline in wf_timeline_put, which every event passes. */
static inline __attribute__((always_inline)) wf_fact make(wf_timeline *t, wf_ledger *l, const wf_entry *x)
{
    const wf_event *ev = x->ev;
    wf_chain c = wf_chain_of(ev->type);
    bool voids = ev->voids.n != 0;
    wf_fact f = {
        .time = ev->time.ms, .sequence = x->sequence & 0xffffffffffffu, .source = x->source, .day = ev->effective.n, .type = (uint8_t) ev->type,
        .flags = (uint8_t) ((ev->adjustment ? WF_FACT_ADJUSTMENT : 0) | (ev->inferred ? WF_FACT_INFERRED : 0) | (voids ? WF_FACT_VOID : 0)),
    };
    if (!voids)
        f.value = put_side(t, l, ev, c, x->case_number);
    if (!voids && c != WF_CHAIN_CASELOAD && c != WF_CHAIN_SUPERVISION && c != WF_CHAIN_COMPLETE)
        f.key_print = wf_timeline_print(t, wf_timeline_key(t, &f));
    f.id = keep(t, ev->id.p, ev->id.n);
    sieve_room(t);
    sieve_add(t, identity_hash(x->source, ev->id));
    t->facts++;
    return f;
}

static inline __attribute__((always_inline)) uint32_t insert(wf_timeline *t, const wf_sources *s, wf_chain c, const wf_fact *f)
{
    if (t->chain[c].n == t->chain[c].cap) {
        t->chain[c].cap = roomier(t->chain[c].cap, 1);
        t->chain[c].fact = grow(t->chain[c].fact, t->chain[c].cap * sizeof(wf_fact));
    }
    wf_fact *all = t->chain[c].fact;
    uint32_t i = t->chain[c].n++;
    while (i > 0 && (all[i - 1].day > f->day || (all[i - 1].day == f->day && wf_fact_said_cmp(t, s, &all[i - 1], f) > 0)))
        i--;
    memmove(all + i + 1, all + i, (t->chain[c].n - 1 - i) * sizeof *all);
    all[i] = *f;
    return i;
}

uint32_t wf_timeline_put(wf_timeline *t, wf_ledger *l, const wf_sources *sources, const wf_entry *x)
{
    wf_fact f = make(t, l, x);
    return insert(t, sources, wf_chain_of(x->ev->type), &f);
}

wf_fact wf_timeline_make(wf_timeline *t, wf_ledger *l, const wf_entry *x) { return make(t, l, x); }
uint32_t wf_timeline_insert(wf_timeline *t, const wf_sources *s, wf_chain c, const wf_fact *f) { return insert(t, s, c, f); }

/* ---- place ---- */

int32_t wf_place_at(const wf_timeline *t, int32_t day)
{
    int32_t i = (int32_t) t->places - 1;
    while (i >= 0 && t->place[i].from > day)
        i--;
    return i;
}

uint32_t wf_place_last(const wf_timeline *t, int32_t day)
{
    for (int32_t i = wf_place_at(t, day - 1); i >= 0; i--)
        if (t->place[i].cell != WF_OUTSIDE)
            return t->place[i].cell;
    return WF_OUTSIDE;
}
