/* timelines -- the cache of timelines: what is not there is read back along its subject's chain in the journal. */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

#define NONE 0u     /* subjects count from 1 */

static void unlink_cached(wf_engine *en, uint32_t s)
{
    struct cached *c = &en->cache[s];
    if (c->before != NONE)
        en->cache[c->before].after = c->after;
    else
        en->newest = c->after;
    if (c->after != NONE)
        en->cache[c->after].before = c->before;
    else
        en->oldest = c->before;
}

static void link_newest(wf_engine *en, uint32_t s)
{
    struct cached *c = &en->cache[s];
    c->before = NONE;
    c->after = en->newest;
    if (en->newest != NONE)
        en->cache[en->newest].before = s;
    en->newest = s;
    if (en->oldest == NONE)
        en->oldest = s;
}

static void let_go(wf_engine *en, uint32_t s)
{
    unlink_cached(en, s);
    en->timeline_bytes -= en->cache[s].bytes;
    en->timelines--;
    wf_timeline_free(&en->cache[s].t);
    en->cache[s] = (struct cached) { 0 };
}

/* ---- allocations that do not stand ---- */

static bool is_aside(const wf_engine *en, uint64_t sequence)
{
    struct aside *a;
    HASH_FIND(hh, en->aside, &sequence, sizeof sequence, a);
    return a != NULL;
}

static void know_aside(wf_engine *en, uint64_t sequence)
{
    struct aside *a = wf_engine_grow(NULL, sizeof *a);
    *a = (struct aside) { .sequence = sequence };
    HASH_ADD(hh, en->aside, sequence, sizeof a->sequence, a);
}

wf_rc wf_engine_aside(wf_engine *en, uint64_t sequence, bool aside, wf_err *e)
{
    if (is_aside(en, sequence) == aside)
        return WF_OK;
    if (aside) {
        know_aside(en, sequence);
    } else {
        struct aside *a;
        HASH_FIND(hh, en->aside, &sequence, sizeof sequence, a);
        HASH_DEL(en->aside, a);
        free(a);
    }
    return wf_store_small_put(en->store, SMALL_ASIDE, sequence, aside ? "" : NULL, aside, e);
}

static void forget_aside(wf_engine *en)
{
    struct aside *a, *next;
    HASH_ITER(hh, en->aside, a, next) {
        HASH_DEL(en->aside, a);
        free(a);
    }
}

static wf_rc load_aside(void *ctx, uint8_t kind, uint64_t number, const void *bytes, size_t n, wf_err *e)
{
    (void) kind, (void) bytes, (void) n, (void) e;
    know_aside(ctx, number);
    return WF_OK;
}

wf_rc wf_engine_aside_load(wf_engine *en, wf_err *e)
{
    forget_aside(en);
    return wf_store_smalls(en->store, SMALL_ASIDE, load_aside, en, e);
}

/* All cases are read before any worker's timeline is. */
wf_rc wf_engine_aside_derive(wf_engine *en, wf_err *e)
{
    forget_aside(en);
    for (uint32_t s = 1; s <= wf_store_subjects(en->store); s++) {
        uint8_t kind;
        uint16_t org;
        wf_str id;
        wf_timeline *t;
        WF_TRY(wf_store_subject_id(en->store, s, &kind, &org, &id, e));
        if (kind != WF_CASE)
            continue;
        WF_TRY(wf_engine_timeline(en, s, WF_CASE, org, &t, e));
        for (uint32_t i = 0; i < t->asides; i++)
            if ((t->aside[i].flags & WF_FACT_VOID) == 0 && wf_allocation_of(t, &t->aside[i])->elsewhere)
                WF_TRY(wf_engine_aside(en, t->aside[i].sequence, true, e));
    }
    return WF_OK;
}

void wf_engine_timelines_end(wf_engine *en)
{
    while (en->newest != NONE)
        let_go(en, en->newest);
    free(en->cache);
    en->cache = NULL;
    en->cached = 0;
    forget_aside(en);
}

void wf_engine_timeline_grown(wf_engine *en, uint32_t s)
{
    struct cached *c = &en->cache[s];
    uint32_t bytes = (uint32_t) wf_timeline_bytes(c->t);
    en->timeline_bytes = en->timeline_bytes - c->bytes + bytes;     /* it may have grown smaller */
    c->bytes = bytes;
    /* The two used last stay: an event may concern two subjects. */
    while (en->timeline_limit != 0 && en->timeline_bytes > en->timeline_limit && en->oldest != en->newest &&
           en->oldest != en->cache[en->newest].after)
        let_go(en, en->oldest);
}

wf_filing wf_engine_filing(const wf_record *r)
{
    bool allocation = r->type == WF_CASE_ALLOCATED || r->type == WF_CASE_DEALLOCATED;
    if (allocation && r->subject_count > 1 && (r->flags & WF_RECORD_VOIDS) == 0)
        return (wf_filing) { 1, true, r->subject[0] };
    return (wf_filing) { 0, false, allocation ? r->subject[0] : 0 };
}

wf_entry wf_engine_entry(const wf_record *r, const wf_event *ev, uint32_t case_number)
{
    return (wf_entry) { ev, r->sequence, case_number, r->source, r->target_source };
}

wf_rc wf_engine_record_event(wf_engine *en, const wf_record *r, wf_event *ev, wf_err *e)
{
    static const wf_str somebody = { "?", 1 };      /* a subject's id is not in the journal, and no fold asks for it */
    memset(ev, 0, offsetof(wf_event, v));
    ev->type = (wf_event_type) r->type;
    WF_TRY(wf_event_decode_data(r->body.p, r->body.n, ev, e));
    ev->id = r->id;
    ev->source = en->source_name[r->source - 1];
    ev->org = wf_ledger_code_text(en->ledger, WF_D_UNIT, r->org);
    ev->time.ms = r->time;
    ev->effective.n = r->effective;
    ev->sequence = r->source_sequence;
    ev->adjustment = (r->flags & WF_RECORD_ADJUSTMENT) != 0;
    ev->inferred = (r->flags & WF_RECORD_INFERRED) != 0;
    *(r->flags & WF_RECORD_VOIDS ? &ev->voids : &ev->corrects) = r->target;
    if (r->target_source != 0 && r->target_source != r->source)
        ev->targetsource = en->source_name[r->target_source - 1];
    if (r->subject_count > 1) {
        wf_field f = r->type == WF_CASE_ALLOCATED || r->type == WF_CASE_DEALLOCATED ? WF_F_WORKER : WF_F_POST;
        ev->given |= WF_BIT(f);
        ev->v[f].s = somebody;
    }
    ev->subject = somebody;
    wf_subject_kind kind = wf_event_rows[ev->type].subject;
    if (kind == WF_UNIT || kind == WF_SOURCE) {
        uint8_t k;
        uint16_t org;
        WF_TRY(wf_store_subject_id(en->store, r->subject[0], &k, &org, &ev->subject, e));
    }
    return WF_OK;
}

static unsigned place_of(const wf_record *r, uint32_t subject)
{
    for (unsigned i = 0; i < r->subject_count; i++)
        if (r->subject[i] == subject)
            return i;
    return r->subject_count;
}

/* Did this allocation not stand when the journal ended with `last`? Its case knows. */
static wf_rc lay_aside(wf_engine *en, const wf_record *r, uint64_t last, bool *ret, wf_err *e)
{
    wf_timeline *t;
    *ret = is_aside(en, r->sequence);
    if (last == UINT64_MAX)
        return WF_OK;
    WF_TRY(wf_engine_timeline_known(en, r->subject[0], WF_CASE, r->org, last, &t, e));
    *ret = false;
    for (uint32_t i = 0; i < t->asides; i++)
        *ret |= t->aside[i].sequence == r->sequence;
    wf_timeline_free(&t);
    return WF_OK;
}

/* The fact as this timeline knows it: an allocation stands in its case under a key of its own when it names a worker. */
static wf_rc put_back(wf_engine *en, wf_timeline *t, const wf_event *ev, const wf_record *r, uint64_t last, wf_err *e)
{
    unsigned place = place_of(r, t->subject);
    wf_filing where = wf_engine_filing(r);
    const wf_entry x = wf_engine_entry(r, ev, place == where.folded ? where.case_number : WF_CASE_ELSEWHERE);
    bool aside = false;
    if (place == where.folded && where.also_first)
        WF_TRY(lay_aside(en, r, last, &aside, e));
    if (place == where.folded ? !aside : place == 0 && where.also_first)
        wf_timeline_take(t, en->ledger, &en->fold->sources, &x, NULL);
    return WF_OK;
}

/* The newest record may not be in the journal yet. */
static wf_rc put_back_pending(wf_engine *en, wf_timeline *t, wf_err *e)
{
    unsigned place = en->has_pending && en->pending.kind == WF_RECORD_EVENT ? place_of(&en->pending, t->subject) : 0;
    wf_event ev;
    if (!en->has_pending || en->pending.kind != WF_RECORD_EVENT || place == en->pending.subject_count)
        return WF_OK;
    WF_TRY(wf_engine_record_event(en, &en->pending, &ev, e));
    return put_back(en, t, &ev, &en->pending, UINT64_MAX, e);
}

/* Entries up to `last`; UINT64_MAX: all, with the one that is not in the journal yet. */
static wf_rc read_back(wf_engine *en, wf_timeline *t, uint64_t last, wf_err *e)
{
    uint64_t *chain = NULL;
    size_t n = 0, cap = 0;
    wf_rc rc = WF_OK;
    wf_record r;
    for (uint64_t s = wf_store_head(en->store, t->subject); s != 0 && rc == WF_OK;) {
        if (n == cap)
            chain = wf_engine_grow(chain, (cap = cap == 0 ? 64 : cap * 2) * sizeof *chain);
        if (s <= last)
            chain[n++] = s;
        rc = wf_store_read(en->store, s, &r, e);
        if (rc == WF_OK) {
            unsigned i = place_of(&r, t->subject);
            s = i < r.subject_count ? r.previous[i] : 0;
        }
    }
    while (n > 0 && rc == WF_OK) {
        wf_event ev;
        rc = wf_store_read(en->store, chain[--n], &r, e);
        if (rc == WF_OK && r.kind == WF_RECORD_EVENT) {
            rc = wf_engine_record_event(en, &r, &ev, e);
            if (rc == WF_OK)
                rc = put_back(en, t, &ev, &r, last, e);
        }
    }
    free(chain);
    if (rc == WF_OK && last == UINT64_MAX)
        rc = put_back_pending(en, t, e);
    if (rc == WF_OK)
        wf_fold_refresh(en->fold, t);
    return rc;
}

wf_rc wf_engine_timeline_known(wf_engine *en, uint32_t subject, wf_subject_kind kind, uint16_t org, uint64_t last, wf_timeline **ret, wf_err *e)
{
    wf_timeline *t = wf_timeline_new(subject, kind, org);
    wf_rc rc = read_back(en, t, last, e);
    if (rc != WF_OK)
        wf_timeline_free(&t);
    *ret = t;
    return rc;
}

wf_rc wf_engine_timeline(wf_engine *en, uint32_t subject, wf_subject_kind kind, uint16_t org, wf_timeline **ret, wf_err *e)
{
    if (subject >= en->cached) {
        uint32_t cap = subject + subject / 2 + 1024;
        en->cache = wf_engine_grow(en->cache, cap * sizeof *en->cache);
        memset(en->cache + en->cached, 0, (cap - en->cached) * sizeof *en->cache);
        en->cached = cap;
    }
    struct cached *c = &en->cache[subject];
    if (c->t != NULL) {
        if (en->newest != subject) {
            unlink_cached(en, subject);
            link_newest(en, subject);
        }
        *ret = c->t;
        return WF_OK;
    }
    wf_timeline *t = wf_timeline_new(subject, kind, org);
    wf_rc rc = read_back(en, t, UINT64_MAX, e);
    if (rc != WF_OK) {
        wf_timeline_free(&t);
        return rc;
    }
    c->t = t;
    c->bytes = 0;
    en->timelines++;
    link_newest(en, subject);
    *ret = t;
    wf_engine_timeline_grown(en, subject);
    return WF_OK;
}
