/* fold -- see fold.h. */
#include "core/fold.h"

#include <stdlib.h>
#include <string.h>

const char *const wf_finding_names[WF_FINDING_KINDS] = { "waiting", "contradiction", "unlinked", "unassigned" };

wf_fold *wf_fold_new(wf_ledger *l, const wf_calendar *c, const wf_fold_settings *s)
{
    wf_fold *f = calloc(1, sizeof *f);
    WF_ASSERT(f != NULL);
    f->ledger = l;
    f->calendar = c;
    f->settings = *s;
    f->worker_code[WF_EMPLOYEE] = wf_ledger_code(l, WF_D_WORKER, WF_STR("employee"));
    f->worker_code[WF_AGENCY_WORKER] = wf_ledger_code(l, WF_D_WORKER, WF_STR("agency"));
    f->worker_code[WF_STUDENT] = wf_ledger_code(l, WF_D_WORKER, WF_STR("student"));
    return f;
}

void wf_fold_free(wf_fold **p)
{
    if (*p == NULL)
        return;
    free((*p)->out);
    free((*p)->mark);
    free(*p);
    *p = NULL;
}

/* ---- what the rooms of the fold share ---- */

/* The ledger's numbers of flows that were just used, at hand: a look into its tables misses the processor's cache. */
static uint32_t flow_number(wf_fold *f, wf_measure m, uint32_t from, uint32_t to, wf_cause cause)
{
    uint32_t h = (from * 0x9e3779b1u ^ to * 0x85ebca6bu ^ ((uint32_t) m << 5 ^ (uint32_t) cause) * 0xc2b2ae35u) >> 18;
    struct wf_recent *r = &f->recent[h % WF_RECENT];
    if (r->number == 0 || r->from != from || r->to != to || r->measure != m || r->cause != cause)
        *r = (struct wf_recent) { from, to, wf_ledger_flow(f->ledger, m, from, to, cause), (uint8_t) m, (uint8_t) cause };
    return r->number;
}

void wf_fold_emit(wf_fold *f, wf_measure m, uint32_t from, uint32_t to, wf_cause cause, int32_t day, int64_t count, int64_t amount)
{
    if ((count == 0 && amount == 0) || day < f->from || day > f->until)
        return;
    if (f->outs == f->out_cap) {
        f->out_cap = f->out_cap == 0 ? 64 : f->out_cap * 2;
        f->out = realloc(f->out, f->out_cap * sizeof *f->out);
        WF_ASSERT(f->out != NULL);
    }
    f->out[f->outs++] = (wf_posting) { flow_number(f, m, from, to, cause), { day }, f->sign * count, f->sign * amount };
}

uint32_t wf_fold_cell(wf_fold *f, uint16_t unit, uint16_t role, uint16_t contract)
{
    wf_cell c = { { 0 } };
    c.code[WF_D_UNIT] = unit;
    c.code[WF_D_ROLE] = role;
    c.code[WF_D_CONTRACT] = contract;
    return wf_ledger_cell(f->ledger, &c);
}

void wf_fold_mark(wf_fold *f, int32_t day)
{
    if (day == INT32_MAX)
        return;
    if (f->marks == f->mark_cap) {
        f->mark_cap = f->mark_cap == 0 ? 64 : f->mark_cap * 2;
        f->mark = realloc(f->mark, f->mark_cap * sizeof *f->mark);
        WF_ASSERT(f->mark != NULL);
    }
    f->mark[f->marks++] = day;
}

static int day_cmp(const void *a, const void *b)
{
    int32_t x = *(const int32_t *) a, y = *(const int32_t *) b;
    return x < y ? -1 : x > y;
}

void wf_fold_marks_sort(wf_fold *f)
{
    if (f->marks > 1)
        qsort(f->mark, f->marks, sizeof *f->mark, day_cmp);
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->marks; i++)
        if (n == 0 || f->mark[n - 1] != f->mark[i])
            f->mark[n++] = f->mark[i];
    f->marks = n;
}

static bool begins(const wf_fact *f)
{
    return f->type == WF_STARTER || f->type == WF_PLACEMENT_STARTED || f->type == WF_CASE_ALLOCATED || f->type == WF_POST_OPENED;
}

static bool ends(const wf_fact *f)
{
    return f->type == WF_LEAVER || f->type == WF_PLACEMENT_ENDED || f->type == WF_CASE_DEALLOCATED || f->type == WF_POST_CLOSED;
}

static wf_spell *spell_of(const wf_timeline *t, wf_spell *s, uint32_t n, uint32_t key)
{
    for (uint32_t i = n; i-- > 0;)
        if (wf_timeline_same(t, s[i].key, key))
            return &s[i];
    return NULL;
}

uint32_t wf_fold_spells(wf_fold *f, const wf_timeline *t, wf_chain c, wf_spell **ret)
{
    uint32_t n = 0, facts = t->chain[c].n;
    wf_spell *s = calloc(facts + 1, sizeof *s);
    WF_ASSERT(s != NULL);
    for (uint32_t i = 0; i < facts; i++) {
        const wf_fact *x = &t->chain[c].fact[i];
        uint32_t key = wf_timeline_key(t, x);
        wf_spell *of = spell_of(t, s, n, key);
        if (of == NULL) {
            of = &s[n++];
            of->key = key;
        }
        if (begins(x))
            of->start = wf_fact_holds(t, &f->sources, of->start, x);
        if (ends(x))
            of->end = wf_fact_holds(t, &f->sources, of->end, x);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (s[i].start == NULL || (s[i].end != NULL && s[i].end->day < s[i].start->day))
            s[i].end = NULL;        /* waits for its start, or contradicts it */
        s[i].first = s[i].start != NULL ? s[i].start->day : INT32_MAX;
        s[i].until = s[i].end != NULL ? s[i].end->day : INT32_MAX;
    }
    *ret = s;
    return n;
}

/* ---- putting ---- */

static void window(wf_fold *f, int sign, int32_t from, int32_t until)
{
    f->sign = sign;
    f->from = from;
    f->until = until;
}

static int posting_cmp(const void *a, const void *b)
{
    const wf_posting *x = a, *y = b;
    if (x->flow != y->flow)
        return x->flow < y->flow ? -1 : 1;
    return x->day.n < y->day.n ? -1 : x->day.n > y->day.n;
}

/* Adds up what concerns one flow and day and drops what is nothing. */
static void cancel(wf_fold *f)
{
    if (f->outs > 24)
        qsort(f->out, f->outs, sizeof *f->out, posting_cmp);
    for (uint32_t i = 1; f->outs <= 24 && i < f->outs; i++) {       /* the common case, in place */
        wf_posting x = f->out[i];
        uint32_t k = i;
        for (; k > 0 && posting_cmp(&f->out[k - 1], &x) > 0; k--)
            f->out[k] = f->out[k - 1];
        f->out[k] = x;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->outs;) {
        wf_posting x = f->out[i++];
        while (i < f->outs && posting_cmp(&x, &f->out[i]) == 0) {
            x.count += f->out[i].count;
            x.amount += f->out[i++].amount;
        }
        if (x.count != 0 || x.amount != 0)
            f->out[n++] = x;
    }
    f->outs = n;
}

/* The first day on which two lists of places differ; INT32_MAX: none. */
static int32_t places_differ(const wf_place *a, uint32_t an, const wf_place *b, uint32_t bn)
{
    for (uint32_t i = 0;; i++) {
        if (i == an || i == bn)
            return i < an ? a[i].from : i < bn ? b[i].from : INT32_MAX;
        if (a[i].from != b[i].from)
            return a[i].from < b[i].from ? a[i].from : b[i].from;
        if (a[i].cell != b[i].cell || a[i].fte != b[i].fte)
            return a[i].from;
    }
}

static int32_t first_place(const wf_place *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (p[i].cell != WF_OUTSIDE)
            return p[i].from;
    return INT32_MAX;
}

static void take_places(wf_fold *f, wf_timeline *t)
{
    free(t->place);
    t->place = wf_engagement_places(f, t, &t->places);
    t->first_place = first_place(t->place, t->places);
}

static bool has_work(const wf_timeline *t)
{
    return t->chain[WF_CHAIN_CASELOAD].n + t->chain[WF_CHAIN_ALLOCATION].n + t->chain[WF_CHAIN_ABSENCE].n + t->chain[WF_CHAIN_TRAINING].n +
           t->chain[WF_CHAIN_SUPERVISION].n > 0;
}

/* What changes a timeline between taking back and posting anew: an event is put, or facts change places. */
struct step { const wf_entry *put; const wf_shift *shift; };

static uint32_t step(wf_fold *f, wf_timeline *t, const struct step *x)
{
    return x->put != NULL ? wf_timeline_put(t, f->ledger, &f->sources, x->put) : wf_timeline_shift(t, &f->sources, x->shift);
}

static void put_engagement(wf_fold *f, wf_timeline *t, const struct step *x)
{
    window(f, -1, INT32_MIN, INT32_MAX);
    wf_engagement_emit(f, t);
    wf_place *old = t->place;
    uint32_t olds = t->places;
    int32_t old_first = t->first_place;
    t->place = NULL;
    (void) step(f, t, x);
    take_places(f, t);
    bool work = has_work(t) || f->settings.supervision_every > 0;
    int32_t from = work ? places_differ(old, olds, t->place, t->places) : INT32_MAX;
    if (from != INT32_MAX) {
        /* Work before a first place yields nothing, so another first place reaches all that stands after the earlier. */
        wf_place *now = t->place;
        uint32_t nows = t->places;
        int32_t now_first = t->first_place;
        t->place = old;
        t->places = olds;
        t->first_place = old_first;
        window(f, -1, from, INT32_MAX);
        wf_work_emit(f, t);
        t->place = now;
        t->places = nows;
        t->first_place = now_first;
        window(f, 1, from, INT32_MAX);
        wf_work_emit(f, t);
    }
    free(old);
    window(f, 1, INT32_MIN, INT32_MAX);
    wf_engagement_emit(f, t);
}

static int32_t next_day(const wf_timeline *t, wf_chain c, int32_t day)
{
    uint32_t i = wf_timeline_lower(t, c, day == INT32_MAX ? day : day + 1);
    return i < t->chain[c].n ? t->chain[c].fact[i].day : INT32_MAX;
}

/* The days that a fact can reach: a count or declaration up to the next one; of other chains all, its key bounds them. */
static void reach(const wf_fold *f, const wf_timeline *t, wf_chain c, int32_t day, int32_t *from, int32_t *until)
{
    *from = INT32_MIN;
    *until = INT32_MAX;
    if (c == WF_CHAIN_CASELOAD || c == WF_CHAIN_VACANCIES) {
        *from = day;
        *until = next_day(t, c, day);
    } else if (c == WF_CHAIN_SUPERVISION)
        wf_work_supervision_reach(f, t, day, from, until);
}

/* The key of the event's fact as it will be put, if some fact has it already. */
static bool known_key(const wf_timeline *t, wf_chain c, const wf_event *ev, uint32_t case_number, uint32_t *room)
{
    static const wf_field field[WF_CHAIN_COUNT] = {
        [WF_CHAIN_ALLOCATION] = WF_F_ALLOCATION, [WF_CHAIN_ABSENCE] = WF_F_ABSENCE, [WF_CHAIN_TRAINING] = WF_F_TRAINING,
    };
    char key[4 + WF_ID_MAX];
    size_t n = 0;
    if (c == WF_CHAIN_ALLOCATION) {
        memcpy(key, &case_number, 4);
        n = 4;
    }
    wf_str id = ev->v[field[c]].s;
    WF_ASSERT(id.n <= WF_ID_MAX);
    memcpy(key + n, id.p, id.n);
    n += id.n;
    const wf_fact *f = wf_timeline_keyed(t, c, key, n);
    *room = f != NULL ? wf_timeline_key(t, f) : WF_NO_KEY;
    return f != NULL;
}

static bool keyed_work(wf_chain c) { return c == WF_CHAIN_ALLOCATION || c == WF_CHAIN_ABSENCE || c == WF_CHAIN_TRAINING; }

static void put_work(wf_fold *f, wf_timeline *t, wf_chain c, const wf_entry *x)
{
    int32_t from, until;
    uint32_t key = 0;
    bool keyed = keyed_work(c);
    reach(f, t, c, x->ev->effective.n, &from, &until);
    window(f, -1, from, until);
    /* Nothing of a new key stands yet, but an allocation reaches who holds cases at all. */
    if (!keyed || known_key(t, c, x->ev, x->case_number, &key) || c == WF_CHAIN_ALLOCATION)
        wf_work_emit_chain(f, t, c, keyed ? &key : NULL);
    uint32_t at = wf_timeline_put(t, f->ledger, &f->sources, x);
    if (keyed)
        key = wf_timeline_key(t, &t->chain[c].fact[at]);
    window(f, 1, from, until);
    wf_work_emit_chain(f, t, c, keyed ? &key : NULL);
}

static void put_whole(wf_fold *f, wf_timeline *t, wf_chain c, const wf_entry *x, void (*emit)(wf_fold *, const wf_timeline *))
{
    int32_t from, until;
    reach(f, t, c, x->ev->effective.n, &from, &until);
    window(f, -1, from, until);
    emit(f, t);
    (void) wf_timeline_put(t, f->ledger, &f->sources, x);
    window(f, 1, from, until);
    emit(f, t);
}

/* ---- shifting ---- */

/* Takes back (or posts) what the facts that change places can reach. key: WF_NO_KEY where there is none. */
static void emit_reached(wf_fold *f, const wf_timeline *t, wf_chain c, uint32_t a, uint32_t b)
{
    if (c == WF_CHAIN_POST)
        wf_post_emit(f, t);
    else if (c == WF_CHAIN_VACANCIES)
        wf_vacancies_emit(f, t);
    else if (!keyed_work(c))
        wf_work_emit_chain(f, t, c, NULL);
    else if (c == WF_CHAIN_ALLOCATION || a == WF_NO_KEY || b == WF_NO_KEY || wf_timeline_same(t, a, b))
        wf_work_emit_chain(f, t, c, a != WF_NO_KEY ? &a : &b);      /* an allocation goes one way at a time: it has one key */
    else {
        wf_work_emit_chain(f, t, c, &a);
        wf_work_emit_chain(f, t, c, &b);
    }
}

static void shift(wf_fold *f, wf_timeline *t, const wf_shift *x)
{
    wf_chain c = x->chain;
    const struct step change = { .shift = x };
    if (c == WF_CHAIN_COMPLETE) {
        (void) step(f, t, &change);
        return;
    }
    if (c == WF_CHAIN_ENGAGEMENT || c == WF_CHAIN_PLACEMENT) {
        put_engagement(f, t, &change);
        return;
    }
    int32_t from = INT32_MAX, until = INT32_MIN;
    uint32_t key[2] = { WF_NO_KEY, WF_NO_KEY };
    const wf_fact *moved[2] = { x->out != WF_NO_FACT ? &t->chain[c].fact[x->out] : NULL, x->in != WF_NO_FACT ? &t->aside[x->in] : NULL };
    for (int i = 0; i < 2; i++) {
        int32_t a, b;
        if (moved[i] == NULL)
            continue;
        reach(f, t, c, moved[i]->day, &a, &b);
        from = a < from ? a : from;
        until = b > until ? b : until;
        key[i] = keyed_work(c) ? wf_timeline_key(t, moved[i]) : WF_NO_KEY;
    }
    window(f, -1, from, until);
    emit_reached(f, t, c, key[0], key[1]);
    (void) step(f, t, &change);
    window(f, 1, from, until);
    emit_reached(f, t, c, key[0], key[1]);
}

void wf_fold_drop(wf_fold *f, wf_timeline *t, uint64_t sequence)
{
    uint32_t i = 0;
    f->outs = 0;
    while (i < t->chain[WF_CHAIN_ALLOCATION].n && t->chain[WF_CHAIN_ALLOCATION].fact[i].sequence != sequence)
        i++;
    WF_ASSERT(i < t->chain[WF_CHAIN_ALLOCATION].n);
    uint32_t key = wf_timeline_key(t, &t->chain[WF_CHAIN_ALLOCATION].fact[i]);
    window(f, -1, INT32_MIN, INT32_MAX);
    emit_reached(f, t, WF_CHAIN_ALLOCATION, key, key);
    wf_timeline_drop(t, WF_CHAIN_ALLOCATION, i);
    window(f, 1, INT32_MIN, INT32_MAX);
    emit_reached(f, t, WF_CHAIN_ALLOCATION, key, key);
    cancel(f);
}

/* What corrects, voids, or is named by such: usually one fact goes and another comes. */
static void put_aside(wf_fold *f, wf_timeline *t, const wf_entry *x)
{
    wf_shift s = wf_timeline_put_aside(t, f->ledger, &f->sources, x);
    if (s.out != WF_NO_FACT || s.in != WF_NO_FACT)
        shift(f, t, &s);
    cancel(f);
}

void wf_fold_put(wf_fold *f, wf_timeline *t, const wf_entry *x)
{
    wf_chain c = wf_chain_of(x->ev->type);
    const struct step put = { .put = x };
    f->outs = 0;
    if (!wf_timeline_plain(t, x)) {
        put_aside(f, t, x);
        return;
    }
    switch (c) {
    case WF_CHAIN_ENGAGEMENT:
    case WF_CHAIN_PLACEMENT:
        put_engagement(f, t, &put);
        break;
    case WF_CHAIN_CASELOAD:
    case WF_CHAIN_ALLOCATION:
    case WF_CHAIN_ABSENCE:
    case WF_CHAIN_TRAINING:
    case WF_CHAIN_SUPERVISION:
        put_work(f, t, c, x);
        break;
    case WF_CHAIN_POST:
        put_whole(f, t, c, x, wf_post_emit);
        break;
    case WF_CHAIN_VACANCIES:
        put_whole(f, t, c, x, wf_vacancies_emit);
        break;
    case WF_CHAIN_COMPLETE:
        (void) wf_timeline_put(t, f->ledger, &f->sources, x);
        break;
    case WF_CHAIN_COUNT:
        WF_ASSERT(false);
    }
    cancel(f);
}

void wf_fold_refresh(wf_fold *f, wf_timeline *t)
{
    if (t->chain[WF_CHAIN_ENGAGEMENT].n + t->chain[WF_CHAIN_PLACEMENT].n > 0)
        take_places(f, t);
}

void wf_fold_all(wf_fold *f, wf_timeline *t)
{
    f->outs = 0;
    wf_fold_refresh(f, t);
    window(f, 1, INT32_MIN, INT32_MAX);
    wf_engagement_emit(f, t);
    wf_work_emit(f, t);
    wf_post_emit(f, t);
    wf_vacancies_emit(f, t);
    cancel(f);
}

/* ---- findings ---- */

/* One key's facts: all wait without a start; doubles and an end before the start contradict; changes must lie inside. */
static void spell_findings(const wf_timeline *t, wf_chain c, const wf_spell *s, wf_finding_visit *visit, void *ctx)
{
    for (uint32_t i = 0; i < t->chain[c].n; i++) {
        const wf_fact *x = &t->chain[c].fact[i];
        if (!wf_timeline_same(t, wf_timeline_key(t, x), s->key) || (c == WF_CHAIN_ALLOCATION && wf_allocation_of(t, x)->elsewhere))
            continue;
        if (s->start == NULL)
            visit(ctx, WF_WAITING, x);
        else if (begins(x) ? x != s->start : ends(x) && x != s->end)
            visit(ctx, WF_CONTRADICTION, x);
        else if (!begins(x) && !ends(x) && (x->day < s->first || x->day >= s->until))
            visit(ctx, WF_WAITING, x);
    }
}

static bool unlinked(const wf_fold *f, const wf_timeline *t, wf_chain c, const wf_fact *x)
{
    return t->kind == WF_PERSON && f->settings.allocations == (c == WF_CHAIN_ALLOCATION) && x->day < t->first_place;
}

void wf_fold_findings(wf_fold *f, const wf_timeline *t, wf_finding_visit *visit, void *ctx)
{
    static const wf_chain keyed[] = { WF_CHAIN_ENGAGEMENT, WF_CHAIN_PLACEMENT, WF_CHAIN_ALLOCATION, WF_CHAIN_POST };
    for (size_t k = 0; k < sizeof keyed / sizeof *keyed; k++) {
        wf_spell *s;
        if (keyed[k] == WF_CHAIN_ALLOCATION && !f->settings.allocations)
            continue;
        uint32_t n = wf_fold_spells(f, t, keyed[k], &s);
        for (uint32_t i = 0; i < n; i++) {
            spell_findings(t, keyed[k], &s[i], visit, ctx);
            if (keyed[k] == WF_CHAIN_ALLOCATION && s[i].start != NULL && wf_allocation_of(t, s[i].start)->counted &&
                unlinked(f, t, WF_CHAIN_ALLOCATION, s[i].start))
                visit(ctx, WF_UNLINKED, s[i].start);
        }
        free(s);
    }
    for (uint32_t i = 0; i < t->chain[WF_CHAIN_CASELOAD].n; i++) {
        const wf_fact *x = &t->chain[WF_CHAIN_CASELOAD].fact[i];
        bool holds = i + 1 == t->chain[WF_CHAIN_CASELOAD].n || x[1].day != x->day;
        if (holds && unlinked(f, t, WF_CHAIN_CASELOAD, x))
            visit(ctx, WF_UNLINKED, x);
    }
    for (uint32_t i = 0; t->idle > 0 && i < t->ties; i++)
        if (t->tie[i].state != WF_TIE_HOLDS)
            visit(ctx, t->tie[i].state == WF_TIE_WAITS ? WF_WAITING : WF_CONTRADICTION, wf_timeline_tied(t, &t->tie[i]));
}
