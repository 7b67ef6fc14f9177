/* explain -- the events behind a figure, and behind its change between two states of knowledge.
 *
 *   explain   every subject that can count in the unit is folded anew from its facts, as known now or then; what its
 *             entries add to the figure is said of the facts that made them. All of it adds up to the figure.
 *   diff      what later entries of the journal posted, each by what it adds. All of it adds up to the difference. */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

/* ---- which subjects can count ---- */

/* By UNIT code: does its unit lie, by some version of the tree, where the unit that is asked of lies? */
static uint8_t *codes_inside(const wf_engine *en, uint32_t unit)
{
    const wf_units *u = wf_book_units(en->book);
    uint32_t codes = wf_ledger_codes(en->ledger, WF_D_UNIT), nodes = wf_units_nodes(u);
    uint8_t *inside = calloc(codes + 1, 1), *node = calloc(nodes + 1, 1);
    WF_ASSERT(inside != NULL && node != NULL);
    for (wf_day d = { INT32_MIN }; d.n != INT32_MAX; d = wf_units_next_version(u, unit, d))
        node[wf_units_node(u, unit, d)] = 1;
    for (uint32_t c = 1; c <= codes; c++) {
        uint32_t of = wf_units_of_code(u, (uint16_t) c);
        size_t n = of == WF_NO_UNIT ? 0 : wf_units_holders(u, of, NULL, 0);
        uint32_t *holder = wf_engine_grow(NULL, (n + 1) * sizeof *holder);
        if (n > 0)
            n = wf_units_holders(u, of, holder, n);
        for (size_t i = 0; i < n; i++)
            inside[c] |= node[holder[i]];
        free(holder);
    }
    free(node);
    return inside;
}

/* All that a subject ever said, aside or not, keeps its rows: nobody who counted then is missed. */
static bool may_count(const wf_timeline *t, const uint8_t *inside)
{
    if (t->kind == WF_SOURCE)
        return false;
    if (t->kind == WF_CASE)
        return true;
    bool named = false;
    for (uint32_t i = 0; i < t->details; i++) {
        named |= t->detail[i].unit != 0;
        if (inside[t->detail[i].unit != 0 ? t->detail[i].unit : t->org])
            return true;
    }
    return !named && inside[t->org];
}

/* ---- explain ---- */

struct share { const wf_fact *fact; wf_cause cause; wf_fraction sums; };
struct shares { struct share *share; uint32_t n, cap; };

static const wf_fact *later_of(const wf_fact *a, const wf_fact *b)
{
    if (a == NULL || b == NULL)
        return a == NULL ? b : a;
    return a->day != b->day ? (a->day > b->day ? a : b) : a->sequence > b->sequence ? a : b;
}

/* The fact that made an entry: of the types that its measure rests on the last one up to that day, else the first after. */
static const wf_fact *maker(const wf_timeline *t, uint32_t types, int32_t day)
{
    const wf_fact *before = NULL, *after = NULL;
    for (int c = 0; c < WF_CHAIN_COUNT; c++)
        for (uint32_t i = 0; i < t->chain[c].n; i++) {
            const wf_fact *f = &t->chain[c].fact[i];
            if ((types >> f->type & 1u) == 0)
                continue;
            if (f->day <= day)
                before = later_of(before, f);
            else if (after == NULL || f->day < after->day)
                after = f;
        }
    return before != NULL ? before : after;
}

static void add_share(struct shares *s, const wf_fact *f, wf_cause cause, wf_fraction by)
{
    uint32_t i = 0;
    while (i < s->n && s->share[i].fact != f)
        i++;
    if (i == s->n) {
        if (s->n == s->cap)
            s->share = wf_engine_grow(s->share, (s->cap = s->cap * 2 + 16) * sizeof *s->share);
        s->share[s->n++] = (struct share) { f, cause, { 0, 0 } };
    }
    s->share[i].sums.numerator += by.numerator;
    s->share[i].sums.denominator += by.denominator;
}

struct question { uint32_t indicator, unit; wf_day on; struct view view; };

/* A subject that adds nothing in all is left out: who has left is no longer behind a stock. */
static void give_shares(wf_engine *en, const wf_timeline *t, const struct shares *s, wf_engine_evidence_visit *visit, void *ctx)
{
    wf_fraction all = { 0, 0 };
    for (uint32_t i = 0; i < s->n; i++) {
        all.numerator += s->share[i].sums.numerator;
        all.denominator += s->share[i].sums.denominator;
    }
    for (uint32_t i = 0; i < s->n && (all.numerator != 0 || all.denominator != 0); i++) {
        const struct share *x = &s->share[i];
        if (x->sums.numerator == 0 && x->sums.denominator == 0)
            continue;
        const wf_engine_evidence v = {
            .sequence = x->fact->sequence, .type = (wf_event_type) x->fact->type, .effective = { x->fact->day },
            .source = en->source_name[x->fact->source - 1], .id = wf_timeline_text(t, x->fact->id), .cause = x->cause, .numerator = x->sums.numerator,
            .denominator = x->sums.denominator,
        };
        visit(ctx, &v);
    }
}

static void explain_subject(wf_engine *en, const struct question *q, wf_timeline *t, wf_engine_evidence_visit *visit, void *ctx)
{
    struct shares s = { 0 };
    wf_fold_all(en->fold, t);
    for (uint32_t i = 0; i < en->fold->outs; i++) {
        const wf_posting *p = &en->fold->out[i];
        const wf_flow *flow = wf_ledger_flow_at(en->ledger, p->flow);
        wf_fraction by = wf_figure_weigh(q->view.book, q->indicator, q->unit, q->on, q->view.today, p);
        if (by.numerator == 0 && by.denominator == 0)
            continue;
        /* Who was never supervised, or is there by a placement alone, has no fact of those types: any other is behind it. */
        const wf_fact *f = maker(t, wf_profile_rests_on(en->profile, (wf_measure) flow->measure), p->day.n);
        if (f == NULL)
            f = maker(t, UINT32_MAX, p->day.n);
        if (f != NULL)
            add_share(&s, f, (wf_cause) flow->cause, by);
    }
    give_shares(en, t, &s, visit, ctx);
    free(s.share);
}

static wf_rc look_up(wf_engine *en, const wf_explain_query *q, uint64_t known, struct question *ret, wf_err *e)
{
    if (!wf_profile_indicator(en->profile, q->indicator, &ret->indicator))
        return wf_fail(e, WF_ABSENT, "there is no indicator %.*s; see `workforcectl indicators`", WF_STR_ARG(q->indicator));
    ret->unit = wf_units_find(wf_book_units(en->book), q->unit);
    if (ret->unit == WF_NO_UNIT)
        return wf_fail(e, WF_ABSENT, "there is no unit %.*s", WF_STR_ARG(q->unit));
    WF_TRY(wf_engine_view(en, known, ret->unit, &ret->view, e));
    ret->on = q->on.n == WF_DAY_OPEN.n ? ret->view.today : q->on;
    return WF_OK;
}

static wf_rc explain_some(wf_engine *en, wf_explain_query *q, unsigned most, wf_engine_evidence_visit *visit, void *ctx, wf_err *e)
{
    struct question x;
    WF_TRY(look_up(en, q, q->known, &x, e));
    uint8_t *inside = codes_inside(en, x.unit);
    wf_rc rc = WF_OK;
    for (; q->cursor < wf_store_subjects(en->store) && most > 0 && rc == WF_OK; most--) {
        uint32_t s = (uint32_t) ++q->cursor;
        uint8_t kind;
        uint16_t org;
        wf_str id;
        wf_timeline *t = NULL;
        rc = wf_store_subject_id(en->store, s, &kind, &org, &id, e);
        if (rc == WF_OK)
            rc = wf_engine_timeline(en, s, (wf_subject_kind) kind, org, &t, e);
        if (rc != WF_OK || !may_count(t, inside))
            continue;
        if (q->known == 0) {
            explain_subject(en, &x, t, visit, ctx);
            continue;
        }
        rc = wf_engine_timeline_known(en, s, (wf_subject_kind) kind, org, q->known, &t, e);
        if (rc == WF_OK) {
            explain_subject(en, &x, t, visit, ctx);
            wf_timeline_free(&t);
        }
    }
    if (rc == WF_OK && q->cursor >= wf_store_subjects(en->store))
        q->cursor = UINT64_MAX;
    free(inside);
    return rc;
}

wf_rc wf_engine_explain(wf_engine *en, wf_explain_query *q, unsigned most, wf_engine_evidence_visit *visit, void *ctx, wf_err *e)
{
    wf_engine_ask(en);
    wf_rc rc = explain_some(en, q, most, visit, ctx, e);
    wf_engine_done(en);
    return rc;
}

/* ---- diff ---- */

struct differing { uint64_t sequence; wf_cause cause; wf_fraction sums; };
struct differings { wf_engine *en; const struct question *q; const uint8_t *only; uint64_t until; struct differing *d; uint32_t n, cap; };

static void weigh_later(void *ctx, const wf_posting *p, uint64_t sequence)
{
    struct differings *x = ctx;
    if (sequence > x->until || x->only[p->flow] == 0)
        return;
    wf_fraction by = wf_figure_weigh(x->q->view.book, x->q->indicator, x->q->unit, x->q->on, x->q->view.today, p);
    if (by.numerator == 0 && by.denominator == 0)
        return;
    if (x->n == 0 || x->d[x->n - 1].sequence != sequence) {
        if (x->n == x->cap)
            x->d = wf_engine_grow(x->d, (x->cap = x->cap * 2 + 64) * sizeof *x->d);
        x->d[x->n++] = (struct differing) { sequence, (wf_cause) wf_ledger_flow_at(x->en->ledger, p->flow)->cause, { 0, 0 } };
    }
    x->d[x->n - 1].sums.numerator += by.numerator;
    x->d[x->n - 1].sums.denominator += by.denominator;
}

static wf_rc give_differing(wf_engine *en, const struct differing *d, wf_engine_evidence_visit *visit, void *ctx, wf_err *e)
{
    wf_record r;
    if (d->sums.numerator == 0 && d->sums.denominator == 0)
        return WF_OK;
    WF_TRY(wf_store_read(en->store, d->sequence, &r, e));
    const wf_engine_evidence v = {
        .sequence = d->sequence, .type = (wf_event_type) r.type, .effective = { r.effective }, .cause = d->cause, .numerator = d->sums.numerator,
        .denominator = d->sums.denominator,
        .source = r.source > 0 ? en->source_name[r.source - 1] : (wf_str) { "", 0 }, .id = r.id,
    };
    visit(ctx, &v);
    return WF_OK;
}

static wf_rc diff(wf_engine *en, const wf_explain_query *q, uint64_t since, wf_engine_evidence_visit *visit, void *ctx, wf_err *e)
{
    struct question x;
    uint64_t postings = 0;
    size_t n;
    WF_TRY(look_up(en, q, q->known, &x, e));
    wf_rc rc = wf_store_meta_get(en->store, "postings", &postings, sizeof postings, &n, e);
    if (rc != WF_OK && rc != WF_ABSENT)
        return rc;
    if (since < postings)
        return wf_fail(e, WF_NO_DATA, "all was derived anew after entry %llu: what changed before cannot be told by events", (unsigned long long) postings);
    uint8_t *only = calloc(wf_ledger_flows(en->ledger) + 1, 1);
    WF_ASSERT(only != NULL);
    wf_book_flows(en->book, x.unit, only);
    struct differings d = { .en = en, .q = &x, .only = only, .until = q->known == 0 ? UINT64_MAX : q->known };
    rc = wf_engine_postings(en, since, weigh_later, &d, e);
    for (uint32_t i = 0; i < d.n && rc == WF_OK; i++)
        rc = give_differing(en, &d.d[i], visit, ctx, e);
    free(d.d);
    free(only);
    return rc;
}

wf_rc wf_engine_diff(wf_engine *en, const wf_explain_query *q, uint64_t since, wf_engine_evidence_visit *visit, void *ctx, wf_err *e)
{
    wf_engine_ask(en);
    wf_rc rc = diff(en, q, since, visit, ctx, e);
    wf_engine_done(en);
    return rc;
}
