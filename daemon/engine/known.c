/* known -- figures as they were known when the journal ended with some entry.
 *
 *   what is known now, less every posting of a later entry:   1 .......... known | later .......... last
 *
 * Of the flows that a question reads alone. Where postings were forgotten because all was derived anew, the facts up to
 * that entry are folded instead: the same entries, some seconds later. */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

/* ---- the days that have ended ---- */

static void note_tick(wf_engine *en, int32_t day, uint64_t sequence)
{
    if (en->ticks == en->tick_cap)
        en->tick = wf_engine_grow(en->tick, (en->tick_cap = en->tick_cap * 2 + 64) * sizeof *en->tick);
    en->tick[en->ticks++] = (struct tick) { day, sequence };
}

wf_rc wf_engine_ended(wf_engine *en, wf_day day, uint64_t sequence, wf_err *e)
{
    note_tick(en, day.n, sequence);
    return wf_store_small_put(en->store, SMALL_TICK, (uint64_t) (day.n - WF_DAY_FIRST.n), &sequence, sizeof sequence, e);
}

static wf_rc load_tick(void *ctx, uint8_t kind, uint64_t number, const void *bytes, size_t n, wf_err *e)
{
    uint64_t sequence;
    (void) kind;
    if (n != sizeof sequence || number > 1000000)
        return wf_fail(e, WF_DAMAGED, "which entry ended a day");
    memcpy(&sequence, bytes, sizeof sequence);
    note_tick(ctx, WF_DAY_FIRST.n + (int32_t) number, sequence);
    return WF_OK;
}

wf_rc wf_engine_ticks_load(wf_engine *en, wf_err *e) { return wf_store_smalls(en->store, SMALL_TICK, load_tick, en, e); }

/* The first tick after the entry. */
static uint32_t tick_after(const wf_engine *en, uint64_t sequence)
{
    uint32_t low = 0, high = en->ticks;
    while (low < high) {
        uint32_t half = low + (high - low) / 2;
        if (en->tick[half].sequence <= sequence)
            low = half + 1;
        else
            high = half;
    }
    return low;
}

wf_rc wf_engine_known_at(wf_engine *en, uint64_t sequence, wf_err *e)
{
    wf_engine_ask(en);
    uint64_t last = wf_store_last(en->store);
    wf_engine_done(en);
    if (sequence > 0 && sequence <= last)
        return WF_OK;
    return wf_fail(e, WF_RANGE, "entry %llu is not in the journal: it holds 1 to %llu", (unsigned long long) sequence, (unsigned long long) last);
}

wf_rc wf_engine_known_by(wf_engine *en, wf_day day, uint64_t *ret, wf_err *e)
{
    wf_engine_ask(en);
    wf_rc rc = WF_OK;
    *ret = 0;
    uint32_t i = 0;
    while (i < en->ticks && en->tick[i].day < day.n)
        i++;
    if (day.n > en->today.n)
        rc = wf_fail(e, WF_RANGE, "what will be known by a day to come cannot be said");
    else if (day.n < en->today.n && (i == en->ticks || en->tick[i].day != day.n))
        rc = wf_fail(e, WF_NO_DATA, "nothing was known by then: the journal begins later");
    else if (day.n < en->today.n)
        *ret = en->tick[i].sequence - 1;
    wf_engine_done(en);
    return rc;
}

/* ---- a past ---- */

void wf_engine_past_end(wf_engine *en)
{
    struct past *p = en->past;
    if (p == NULL)
        return;
    wf_judge_free(&p->view.judge);
    wf_complete_free(&p->complete);
    wf_book_free(&p->book);
    free(p->less);
    free(p);
    en->past = NULL;
}

struct later { const uint8_t *only; wf_posting *p; uint32_t n, cap; };

static void keep_later(void *ctx, const wf_posting *p, uint64_t sequence)
{
    struct later *l = ctx;
    (void) sequence;
    if (l->only != NULL && l->only[p->flow] == 0)
        return;
    if (l->n == l->cap)
        l->p = wf_engine_grow(l->p, (l->cap = l->cap * 2 + 256) * sizeof *l->p);
    l->p[l->n++] = *p;
}

static wf_rc without_later(wf_engine *en, struct past *p, const uint8_t *only, wf_err *e)
{
    struct later later = { .only = only };
    wf_book_rebuild_of(p->book, only);
    wf_rc rc = wf_engine_postings(en, p->sequence, keep_later, &later, e);
    if (rc == WF_OK)
        wf_book_take_back(p->book, later.p, later.n);
    p->less = later.p;
    return rc;
}

typedef wf_rc known_visit(void *ctx, wf_engine *en, const wf_timeline *t, wf_err *e);
#define EVERY_KIND UINT32_MAX

/* Every subject of these kinds (bits 1 << wf_subject_kind) as of an entry, one after the other. */
static wf_rc each_known(wf_engine *en, uint64_t sequence, uint32_t kinds, known_visit *visit, void *ctx, wf_err *e)
{
    for (uint32_t s = 1; s <= wf_store_subjects(en->store); s++) {
        uint8_t kind;
        uint16_t org;
        wf_str id;
        wf_timeline *t;
        WF_TRY(wf_store_subject_id(en->store, s, &kind, &org, &id, e));
        if ((kinds >> kind & 1u) == 0)
            continue;
        WF_TRY(wf_engine_timeline_known(en, s, (wf_subject_kind) kind, org, sequence, &t, e));
        wf_fold_all(en->fold, t);
        wf_rc rc = visit(ctx, en, t, e);
        wf_timeline_free(&t);
        WF_TRY(rc);
    }
    return WF_OK;
}

static wf_rc apply_folded(void *ctx, wf_engine *en, const wf_timeline *t, wf_err *e)
{
    (void) t, (void) e;
    for (uint32_t i = 0; i < en->fold->outs; i++)
        wf_book_apply(ctx, &en->fold->out[i]);
    return WF_OK;
}

static wf_rc put_complete(void *ctx, wf_engine *en, const wf_timeline *t, wf_err *e)
{
    struct past *p = ctx;
    wf_day from;
    return wf_engine_put_complete(en, p->complete, t, &from, e);
}

/* A type counts as said from the day on which it was said first, which nothing takes back. */
static void first_said(wf_engine *en, struct past *p)
{
    const wf_units *u = wf_book_units(p->book);
    for (uint32_t org = 0; org < wf_units_count(u); org++)
        for (uint32_t t = 0; t < WF_EVENT_TYPE_COUNT && wf_units_org(u, org) == org; t++) {
            wf_day said = wf_complete_first_said(en->complete, org, 1u << t);
            if (said.n <= p->view.today.n)
                (void) wf_complete_said(p->complete, org, 1u << t, said);
        }
}

static wf_rc make_past(wf_engine *en, struct past *p, wf_err *e)
{
    uint64_t postings = 0;
    size_t n;
    uint8_t *only = NULL;
    wf_rc rc = wf_store_meta_get(en->store, "postings", &postings, sizeof postings, &n, e);
    if (rc != WF_OK && rc != WF_ABSENT)
        return rc;
    p->book = wf_book_new(en->profile, en->calendar, en->ledger);
    if (p->sequence < postings) {
        rc = each_known(en, p->sequence, EVERY_KIND, apply_folded, p->book, e);
        p->unit = WF_NO_UNIT;
    } else {
        if (p->unit != WF_NO_UNIT) {
            only = calloc(wf_ledger_flows(en->ledger) + 1, 1);
            WF_ASSERT(only != NULL);
            wf_book_flows(en->book, p->unit, only);
        }
        rc = without_later(en, p, only, e);
        free(only);
    }
    WF_TRY(rc);
    p->complete = wf_complete_new(en->profile, wf_book_units(p->book), en->profile_day);
    WF_TRY(each_known(en, p->sequence, 1u << WF_SOURCE, put_complete, p, e));
    uint32_t tick = tick_after(en, p->sequence);
    p->view = (struct view) { p->book, p->complete, NULL, { tick < en->ticks ? en->tick[tick].day : en->today.n }, p->sequence };
    first_said(en, p);
    p->view.judge = wf_judge_new(p->book, p->complete, en->profile_day, 0);
    return WF_OK;
}

wf_rc wf_engine_view(wf_engine *en, uint64_t known, uint32_t unit, struct view *ret, wf_err *e)
{
    if (known == 0 || known >= wf_store_last(en->store)) {
        *ret = (struct view) { en->book, en->complete, en->judge, en->today, wf_store_last(en->store) };
        return WF_OK;
    }
    if (en->past == NULL || en->past->sequence != known || (en->past->unit != WF_NO_UNIT && en->past->unit != unit)) {
        wf_engine_past_end(en);
        en->past = calloc(1, sizeof *en->past);
        WF_ASSERT(en->past != NULL);
        en->past->sequence = known;
        en->past->unit = unit;
        wf_rc rc = make_past(en, en->past, e);
        if (rc != WF_OK) {
            wf_engine_past_end(en);
            return rc;
        }
    }
    *ret = en->past->view;
    return WF_OK;
}
