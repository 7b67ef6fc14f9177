/* offer -- one event: decoded, checked, told from its doubles, journalled and folded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

/* ---- sources ---- */

uint16_t wf_engine_source_number(wf_engine *en, wf_str name, bool make)
{
    struct source *s;
    HASH_FIND(hh, en->by_name, name.p, name.n, s);
    if (s != NULL || !make || en->sources == UINT16_MAX)
        return s != NULL ? s->number : 0;
    if (en->sources == en->source_cap) {
        en->source_cap = en->source_cap == 0 ? 16 : en->source_cap * 2;
        en->source = wf_engine_grow(en->source, en->source_cap * sizeof *en->source);
        en->source_name = wf_engine_grow(en->source_name, en->source_cap * sizeof *en->source_name);
    }
    s = calloc(1, sizeof *s + name.n);
    WF_ASSERT(s != NULL);
    memcpy(s + 1, name.p, name.n);
    s->name = (wf_str) { (const char *) (s + 1), name.n };
    s->number = (uint16_t) ++en->sources;
    en->source[s->number - 1] = s;
    en->source_name[s->number - 1] = s->name;
    if (en->fold != NULL)
        en->fold->sources = (wf_sources) { en->source_name, en->sources, en->profile };
    HASH_ADD_KEYPTR(hh, en->by_name, s->name.p, s->name.n, s);
    return s->number;
}

/* ---- the journal record ---- */

/* The last record of a frame says so; so the newest one waits until it is known whether another follows. */
wf_rc wf_engine_flush_pending(wf_engine *en, uint8_t flags, wf_err *e)
{
    if (!en->has_pending)
        return WF_OK;
    en->has_pending = false;
    en->pending.flags |= flags;
    uint64_t want = en->pending.sequence;
    WF_TRY(wf_store_append(en->store, &en->pending, e));
    WF_ASSERT(en->pending.sequence == want);
    return WF_OK;
}

static wf_rc hold_record(wf_engine *en, const wf_record *r, wf_err *e)
{
    WF_TRY(wf_engine_flush_pending(en, 0, e));
    en->pending = *r;
    en->pending.sequence = wf_store_next(en->store);
    WF_ASSERT(r->id.n <= sizeof en->pending_id && r->body.n <= sizeof en->pending_body);
    if (r->id.n > 0)
        memcpy(en->pending_id, r->id.p, r->id.n);
    if (r->body.n > 0)
        memcpy(en->pending_body, r->body.p, r->body.n);
    WF_ASSERT(r->target.n <= sizeof en->pending_target);
    if (r->target.n > 0)
        memcpy(en->pending_target, r->target.p, r->target.n);
    en->pending.id.p = en->pending_id;
    en->pending.target.p = en->pending_target;
    en->pending.body.p = (const char *) en->pending_body;
    en->has_pending = true;
    en->frame_wrote = true;
    en->frame_sequence = en->pending.sequence;
    return WF_OK;
}

wf_rc wf_engine_hold_refusal(wf_engine *en, const wf_record *r, wf_err *e)
{
    WF_TRY(hold_record(en, r, e));
    wf_engine_count(en, r, en->today);
    return WF_OK;
}

/* A refusal's body: org, id and type as far as they could be read, the reason, then the first bytes of the event.
 *   [n][org] [n][id] [n][type] [n][text] [head] */
static uint8_t *put_short(uint8_t *p, wf_str s)
{
    size_t n = s.n < 255 ? s.n : 255;
    *p++ = (uint8_t) n;
    if (n > 0)
        memcpy(p, s.p, n);
    return p + n;
}

static bool plain(wf_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '!' || s.p[i] > '~')
            return false;
    return s.n > 0 && s.n <= WF_ID_MAX;
}

static wf_rc refuse(wf_engine *en, const wf_event *ev, const void *bytes, size_t n, const wf_err *why, wf_verdict *ret, wf_err *e)
{
    static const wf_str unnamed = { "unknown", 7 };
    uint8_t body[4 * 256 + 256], *p = body;
    bool typed = ev->type < WF_EVENT_TYPE_COUNT && why->rc != WF_TYPE && why->rc != WF_MALFORMED;
    wf_str source = plain(ev->source) && ev->source.n <= WF_SOURCE_MAX ? ev->source : unnamed;
    uint16_t k = wf_engine_source_number(en, source, true);
    p = put_short(p, plain(ev->org) ? ev->org : (wf_str) { "", 0 });
    p = put_short(p, plain(ev->id) ? ev->id : (wf_str) { "", 0 });
    p = put_short(p, typed ? wf_str_of(wf_event_rows[ev->type].name) : (wf_str) { "", 0 });
    p = put_short(p, wf_str_of(why->text));
    size_t head = n < 256 ? n : 256;
    if (head > 0)
        memcpy(p, bytes, head);
    p += head;
    wf_record r = {
        .kind = WF_RECORD_REFUSED, .type = (uint8_t) why->rc, .source = k, .effective = en->today.n, .arrival = en->arrival.ms, .time = en->arrival.ms,
        .source_sequence = ev->sequence, .body = { (const char *) body, (size_t) (p - body) },
    };
    WF_TRY(wf_engine_hold_refusal(en, &r, e));
    *ret = (wf_verdict) { .code = WF_REFUSED, .sequence = en->pending.sequence, .reason = why->rc };
    snprintf(ret->text, sizeof ret->text, "%.159s", why->text);
    return WF_OK;
}

static wf_str take_short(const uint8_t **p, const uint8_t *end)
{
    if (*p == end || **p > end - *p - 1) {
        *p = end;
        return (wf_str) { "", 0 };
    }
    wf_str s = { (const char *) *p + 1, **p };
    *p += 1 + s.n;
    return s;
}

wf_rc wf_engine_refusal_read(wf_engine *en, const wf_record *r, wf_engine_refusal *ret, wf_err *e)
{
    if (r->kind != WF_RECORD_REFUSED)
        return wf_fail(e, WF_DAMAGED, "entry %llu is no refusal", (unsigned long long) r->sequence);
    const uint8_t *p = (const uint8_t *) r->body.p, *end = p + r->body.n;
    *ret = (wf_engine_refusal) { .reason = (wf_rc) r->type, .arrival = { r->arrival }, .sequence = r->sequence };
    ret->org = take_short(&p, end);
    ret->id = take_short(&p, end);
    ret->type = take_short(&p, end);
    ret->text = take_short(&p, end);
    ret->head = (wf_str) { (const char *) p, (size_t) (end - p) };
    pthread_mutex_lock(&en->lock);
    if (r->source > 0 && r->source <= en->sources)
        ret->source = en->source_name[r->source - 1];
    pthread_mutex_unlock(&en->lock);
    return WF_OK;
}

/* ---- identity ---- */

wf_rc wf_engine_read(wf_engine *en, uint64_t sequence, wf_record *ret, wf_err *e)
{
    if (!en->has_pending || en->pending.sequence != sequence)
        return wf_store_read(en->store, sequence, ret, e);
    *ret = en->pending;
    return WF_OK;
}

static wf_rc same_content(wf_engine *en, uint64_t sequence, const wf_record *new, bool *same, wf_err *e)
{
    wf_record old;
    WF_TRY(wf_engine_read(en, sequence, &old, e));
    const uint8_t said = WF_RECORD_ADJUSTMENT | WF_RECORD_INFERRED | WF_RECORD_CORRECTS | WF_RECORD_VOIDS;
    *same = old.type == new->type && (old.flags & said) == (new->flags & said) && old.effective == new->effective && old.time == new->time &&
            old.subject_count == new->subject_count && memcmp(old.subject, new->subject, old.subject_count * sizeof *old.subject) == 0 &&
            old.target_source == new->target_source && wf_str_eq(old.target, new->target) && wf_str_eq(old.body, new->body);
    return WF_OK;
}

/* ---- checks that the event alone and the configuration allow ---- */

#define CODES_MAX 65000u

static wf_rc room_for_codes(const wf_engine *en, const wf_event *ev, wf_err *e)
{
    static const struct { wf_field f; wf_dimension d; } row[] = {
        { WF_F_ROLE, WF_D_ROLE }, { WF_F_CONTRACT, WF_D_CONTRACT }, { WF_F_ORIGIN, WF_D_ORIGIN }, { WF_F_KIND, WF_D_KIND },
        { WF_F_REASON, WF_D_REASON }, { WF_F_DESTINATION, WF_D_DESTINATION }, { WF_F_COURSE, WF_D_COURSE }, { WF_F_WORK, WF_D_WORK },
        { WF_F_STATUS, WF_D_STATUS }, { WF_F_TEAM, WF_D_UNIT }, { WF_F_UNIT, WF_D_UNIT },
    };
    if (wf_ledger_codes(en->ledger, WF_D_UNIT) >= CODES_MAX && wf_ledger_code_find(en->ledger, WF_D_UNIT, ev->org) == 0)
        return wf_fail(e, WF_RANGE, "org: no more than %u units and organisations are kept", CODES_MAX);
    if (wf_event_rows[ev->type].subject == WF_UNIT && wf_ledger_codes(en->ledger, WF_D_UNIT) >= CODES_MAX)
        return wf_fail(e, WF_RANGE, "subject: no more than %u units and organisations are kept", CODES_MAX);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (wf_event_has(ev, row[i].f) && wf_ledger_codes(en->ledger, row[i].d) >= CODES_MAX &&
            (row[i].d == WF_D_UNIT || wf_ledger_code_find(en->ledger, row[i].d, ev->v[row[i].f].s) == 0))
            return wf_fail(e, WF_RANGE, "%s: no more than %u different values are kept", wf_field_rows[row[i].f].name, CODES_MAX);
    return WF_OK;
}

static wf_rc check(wf_engine *en, const wf_event *ev, wf_err *e)
{
    WF_TRY(wf_event_check_dates(ev, en->today, en->arrival, e));
    if (!(wf_event_is_link(ev) ? wf_profile_may_correct(en->profile, ev->source, wf_event_target_source(ev), ev->org, ev->type, en->today)
                               : wf_profile_entitled(en->profile, ev->source, ev->org, ev->type, en->today)))
        return wf_fail(e, WF_ENTITLED, "source %.*s may not send %s of %.*s", WF_STR_ARG(ev->source), wf_event_rows[ev->type].name, WF_STR_ARG(ev->org));
    WF_TRY(room_for_codes(en, ev, e));
    if (wf_engine_source_number(en, ev->source, true) == 0)
        return wf_fail(e, WF_RANGE, "source: no more than 65,535 sources are kept");
    /* Room is left for sources that speak themselves. */
    if (ev->targetsource.n != 0 && wf_engine_source_number(en, ev->targetsource, en->sources < CODES_MAX) == 0)
        return wf_fail(e, WF_RANGE, "targetsource: no more than %u sources are kept", CODES_MAX);
    return WF_OK;
}

/* ---- folding ---- */

wf_rc wf_engine_put_complete(wf_engine *en, wf_complete *c, const wf_timeline *t, wf_day *from, wf_err *e)
{
    uint32_t n = t->chain[WF_CHAIN_COMPLETE].n, unit = wf_units_of_code(wf_book_units(en->book), t->org);
    wf_complete_fact *fact = wf_engine_grow(NULL, (n + 1) * sizeof *fact);
    for (uint32_t i = 0; i < n; i++) {
        const wf_fact *f = &t->chain[WF_CHAIN_COMPLETE].fact[i];
        const wf_complete_detail *d = wf_complete_of(t, f);
        fact[i] = (wf_complete_fact) { d->types, { f->day }, { d->until } };
    }
    uint8_t kind;
    uint16_t org;
    wf_str source;
    wf_rc rc = wf_store_subject_id(en->store, t->subject, &kind, &org, &source, e);
    *from = WF_DAY_OPEN;
    if (rc == WF_OK && unit != WF_NO_UNIT)
        *from = wf_complete_put(c, unit, source, fact, n);
    free(fact);
    return rc;
}

wf_rc wf_engine_complete_changed(wf_engine *en, uint32_t subject, uint16_t org, wf_err *e)
{
    wf_timeline *t;
    wf_day from;
    WF_TRY(wf_engine_timeline(en, subject, WF_SOURCE, org, &t, e));
    WF_TRY(wf_engine_put_complete(en, en->complete, t, &from, e));
    if (from.n != WF_DAY_OPEN.n && en->judge != NULL) {
        uint32_t unit = wf_units_of_code(wf_book_units(en->book), org);
        wf_judge_touch_org(en->judge, unit, from);
        wf_engine_mark_org(en, unit, from);
    }
    return WF_OK;
}

static wf_rc completed(wf_engine *en, const wf_event *ev, uint32_t subject, uint16_t org, wf_err *e)
{
    wf_book_follow(en->book);
    WF_TRY(wf_engine_complete_changed(en, subject, org, e));
    uint32_t unit = wf_units_of_code(wf_book_units(en->book), org);
    uint32_t first = ev->voids.n != 0 ? 0 : wf_complete_said(en->complete, unit, (uint32_t) ev->v[WF_F_TYPES].n, en->today);
    bool live = first != 0;
    for (; first != 0; first &= first - 1)
        WF_TRY(wf_store_small_put(en->store, SMALL_SAID, wf_engine_said_key(org, (unsigned) __builtin_ctz(first)), &en->today.n,
                                  sizeof en->today.n, e));
    if (live)
        wf_judge_touch_org(en->judge, unit, en->today);         /* rules that become live today are judged */
    return WF_OK;
}

static bool may_have_findings(const wf_engine *en, const wf_timeline *t, const wf_event *ev)
{
    if (t->idle > 0 || wf_event_is_link(ev))
        return true;
    wf_chain c = wf_chain_of(ev->type);
    return c == WF_CHAIN_ENGAGEMENT || c == WF_CHAIN_PLACEMENT || c == WF_CHAIN_ALLOCATION || c == WF_CHAIN_POST ||
           (c == WF_CHAIN_CASELOAD && ev->effective.n < t->first_place) || wf_engine_has_findings(en, t->subject);
}

/* Posts what the fold gave, and finds anew what of the timeline does not hold. */
static void post(wf_engine *en, uint64_t sequence)
{
    wf_ledger_prefetch(en->ledger, en->fold->out, en->fold->outs);
    wf_book_prefetch(en->book, en->fold->out, en->fold->outs);
    for (uint32_t i = 0; i < en->fold->outs; i++) {
        wf_ledger_post(en->ledger, &en->fold->out[i], sequence);
        wf_book_apply(en->book, &en->fold->out[i]);
    }
    wf_engine_blob_postings(en, sequence, en->fold->out, en->fold->outs);
}

/* An allocation has come to stand in its case, or does not stand there any more: its worker's timeline follows. */
static wf_rc follow(wf_engine *en, const wf_fact *fact, bool stands, uint64_t sequence, wf_err *e)
{
    wf_record r;
    wf_event ev;
    wf_timeline *t;
    WF_TRY(wf_engine_read(en, fact->sequence, &r, e));
    wf_filing where = wf_engine_filing(&r);
    if (!where.also_first)
        return WF_OK;               /* it names no worker */
    WF_TRY(wf_engine_timeline(en, r.subject[1], WF_PERSON, r.org, &t, e));
    if (stands) {
        WF_TRY(wf_engine_record_event(en, &r, &ev, e));
        const wf_entry x = wf_engine_entry(&r, &ev, where.case_number);
        wf_fold_put(en->fold, t, &x);
    } else
        wf_fold_drop(en->fold, t, fact->sequence);
    post(en, sequence);
    WF_TRY(wf_engine_aside(en, fact->sequence, !stands, e));
    WF_TRY(wf_engine_findings_of(en, t, e));
    wf_engine_timeline_grown(en, t->subject);
    return WF_OK;
}

/* One that corrects, voids, or is named by such: its tree is in the case's timeline. Until it stands it is aside. */
static wf_rc fold_allocation(wf_engine *en, const wf_event *ev, const wf_record *r, wf_timeline *t, wf_err *e)
{
    wf_filing where = wf_engine_filing(r);
    const wf_entry x = wf_engine_entry(r, ev, where.also_first ? WF_CASE_ELSEWHERE : where.case_number);
    wf_moved moved;
    if (where.also_first)
        WF_TRY(wf_engine_aside(en, r->sequence, true, e));
    wf_timeline_take(t, en->ledger, &en->fold->sources, &x, &moved);
    WF_TRY(wf_engine_findings_of(en, t, e));
    wf_engine_timeline_grown(en, t->subject);
    if (moved.has_out)
        WF_TRY(follow(en, &moved.out, false, r->sequence, e));
    return moved.has_in ? follow(en, &moved.in, true, r->sequence, e) : WF_OK;
}

/* Puts the event into the timelines it is filed under and posts what follows. `second`: of the worker that an allocation
 * names; both were loaded before the record was made, which so cannot come back with them. */
static wf_rc fold(wf_engine *en, const wf_event *ev, const wf_record *r, wf_timeline *first, wf_timeline *second, wf_err *e)
{
    wf_filing where = wf_engine_filing(r);
    wf_timeline *t = where.also_first ? second : first;
    wf_entry x = wf_engine_entry(r, ev, where.also_first ? WF_CASE_ELSEWHERE : where.case_number);
    if (first->kind == WF_CASE && !wf_timeline_plain(first, &x))
        return fold_allocation(en, ev, r, first, e);
    if (where.also_first) {
        (void) wf_timeline_put(first, en->ledger, &en->fold->sources, &x);
        wf_engine_timeline_grown(en, first->subject);
        x.case_number = where.case_number;
    }
    wf_fold_put(en->fold, t, &x);
    post(en, r->sequence);
    if (may_have_findings(en, t, ev))
        WF_TRY(wf_engine_findings_of(en, t, e));
    uint32_t subject = t->subject;
    wf_engine_timeline_grown(en, subject);
    return ev->type == WF_COMPLETE ? completed(en, ev, subject, r->org, e) : WF_OK;
}

/* ---- offering ---- */

#define TIES_MAX 2000u

/* A chain is folded as a whole when one of its facts comes, so its length is bounded: far above what a working life makes,
 * and low enough that a source that errs costs milliseconds an event and not the daemon. */
static wf_rc room_in_chain(const wf_timeline *t, wf_chain c, wf_err *e)
{
    static const uint32_t most[WF_CHAIN_COUNT] = {
        [WF_CHAIN_ENGAGEMENT] = 500, [WF_CHAIN_PLACEMENT] = 500, [WF_CHAIN_ALLOCATION] = 10000, [WF_CHAIN_POST] = 500,
    };
    uint32_t n = t->chain[c].n;
    for (uint32_t i = 0; most[c] != 0 && i < t->asides; i++)
        n += wf_chain_of((wf_event_type) t->aside[i].type) == c && (t->aside[i].flags & WF_FACT_VOID) == 0;
    if (most[c] == 0 || n < most[c])
        return WF_OK;
    return wf_fail(e, WF_RANGE, "subject: no more than %u facts of this kind are kept of one", most[c]);
}

static wf_rc room_for(const wf_timeline *first, const wf_timeline *second, const wf_event *ev, wf_err *e)
{
    if (wf_event_is_link(ev) && first->ties >= TIES_MAX)
        return wf_fail(e, WF_RANGE, "subject: no more than %u corrections and voids are kept of one", TIES_MAX);
    return room_in_chain(second != NULL ? second : first, wf_chain_of(ev->type), e);
}

static wf_rc subjects_of(wf_engine *en, const wf_event *ev, wf_record *r, wf_err *e)
{
    wf_subject_kind kind = wf_event_rows[ev->type].subject;
    WF_TRY(wf_store_subject(en->store, (uint8_t) kind, r->org, ev->subject, true, &r->subject[0], e));
    r->subject_count = 1;
    wf_field further = ev->type == WF_CASE_ALLOCATED || ev->type == WF_CASE_DEALLOCATED ? WF_F_WORKER : WF_F_POST;
    if (wf_event_has(ev, further)) {
        uint8_t k = further == WF_F_WORKER ? WF_PERSON : WF_POST;
        WF_TRY(wf_store_subject(en->store, k, r->org, ev->v[further].s, true, &r->subject[1], e));
        r->subject_count = 2;
    }
    return WF_OK;
}

static void record_of(wf_engine *en, const wf_event *ev, wf_record *r, uint8_t *body, size_t cap)
{
    const uint64_t ids = WF_BIT(WF_F_WORKER) | WF_BIT(WF_F_POST);
    *r = (wf_record) {
        .kind = WF_RECORD_EVENT, .type = (uint8_t) ev->type, .org = wf_ledger_code(en->ledger, WF_D_UNIT, ev->org),
        .flags = (uint8_t) ((ev->adjustment ? WF_RECORD_ADJUSTMENT : 0) | (ev->inferred ? WF_RECORD_INFERRED : 0) |
                            (ev->corrects.n != 0 ? WF_RECORD_CORRECTS : 0) | (ev->voids.n != 0 ? WF_RECORD_VOIDS : 0)),
        .source = wf_engine_source_number(en, ev->source, true), .effective = ev->effective.n, .time = ev->time.ms, .arrival = en->arrival.ms,
        .source_sequence = ev->sequence, .id = ev->id,
    };
    if (wf_event_is_link(ev)) {
        r->target = wf_event_target(ev);
        r->target_source = wf_engine_source_number(en, wf_event_target_source(ev), true);
    }
    wf_event shown = *ev;               /* without the ids of subjects: they are numbers in the record */
    shown.given &= ~ids | (ev->nil & WF_BIT(WF_F_POST));
    r->body = (wf_str) { (const char *) body, wf_event_encode_data(&shown, body, cap) };
}

static wf_rc accept(wf_engine *en, wf_event *ev, const void *bytes, size_t n, wf_verdict *ret, wf_err *e)
{
    uint8_t body[WF_EVENT_BYTES_MAX];
    wf_record r;
    wf_timeline *t, *second = NULL;
    record_of(en, ev, &r, body, sizeof body);
    WF_TRY(subjects_of(en, ev, &r, e));
    WF_TRY(wf_engine_timeline(en, r.subject[0], wf_event_rows[ev->type].subject, r.org, &t, e));
    const wf_fact *old = wf_timeline_find(t, r.source, ev->id);
    if (old != NULL) {
        bool same;
        wf_err why;
        WF_TRY(same_content(en, old->sequence, &r, &same, e));
        if (!same) {
            wf_fail(&why, WF_REUSED, "id: entry %llu has this id with other content", (unsigned long long) old->sequence);
            return refuse(en, ev, bytes, n, &why, ret, e);
        }
        en->duplicates++;
        en->source[r.source - 1]->duplicate++;
        *ret = (wf_verdict) { .code = WF_DUPLICATE, .sequence = old->sequence };
        return WF_OK;
    }
    if (wf_engine_filing(&r).also_first)
        WF_TRY(wf_engine_timeline(en, r.subject[1], WF_PERSON, r.org, &second, e));
    wf_err full;
    if (room_for(t, second, ev, &full) != WF_OK)
        return refuse(en, ev, bytes, n, &full, ret, e);
    WF_TRY(hold_record(en, &r, e));
    r.sequence = en->pending.sequence;
    WF_TRY(fold(en, ev, &r, t, second, e));
    wf_engine_count(en, &r, en->today);
    *ret = (wf_verdict) { .code = WF_ACCEPTED, .sequence = r.sequence };
    return WF_OK;
}

/* ---- what is to come ---- */

static void find_subject(wf_engine *en, struct ahead *a)
{
    uint8_t kind = (uint8_t) wf_event_rows[a->ev.type].subject;
    a->source = wf_engine_source_number(en, a->ev.source, false);
    if (wf_store_subject(en->store, kind, wf_ledger_code_find(en->ledger, WF_D_UNIT, a->ev.org), a->ev.subject, false, &a->subject, NULL) != WF_OK)
        a->subject = 0;             /* its turn will say why */
    if (a->subject < en->cached)
        __builtin_prefetch(&en->cache[a->subject]);
}

static const wf_timeline *at_hand(const wf_engine *en, const struct ahead *a)
{
    return a->bytes != NULL && a->subject != 0 && a->subject < en->cached ? en->cache[a->subject].t : NULL;
}

/* Four steps, each for an event that stands one place further on, so that no step waits for what the one before asked for:
 * decode and ask for the subject's place; find the subject; ask for its timeline; ask for the ends of its chain. */
void wf_engine_expect(wf_engine *en, const void *bytes, size_t n)
{
    uint32_t k = en->ahead_at++;
    struct ahead *a = &en->ahead[k % AHEAD], *b = &en->ahead[(k - 1) % AHEAD], *d = &en->ahead[(k - 3) % AHEAD];
    a->bytes = bytes;
    a->n = n;
    a->subject = 0;
    a->why.rc = WF_OK;
    memset(&a->ev, 0, offsetof(wf_event, v));
    a->rc = wf_event_decode(bytes, n, &a->ev, &a->why);
    if (a->rc == WF_OK)
        wf_store_subject_prefetch(en->store, (uint8_t) wf_event_rows[a->ev.type].subject, wf_ledger_code_find(en->ledger, WF_D_UNIT, a->ev.org),
                                  a->ev.subject);
    if (b->bytes != NULL && b->rc == WF_OK)
        find_subject(en, b);
    const wf_timeline *t = at_hand(en, &en->ahead[(k - 2) % AHEAD]), *u = at_hand(en, d);
    if (t != NULL)
        wf_timeline_prefetch(t);
    if (u != NULL)
        wf_timeline_prefetch_chain(u, wf_chain_of(d->ev.type), d->source, d->ev.id);
}

/* The event as it was expected, if it was. */
static struct ahead *expected(wf_engine *en, const void *bytes, size_t n)
{
    for (uint32_t i = 0; i < AHEAD; i++)
        if (en->ahead[i].bytes == bytes && en->ahead[i].n == n)
            return &en->ahead[i];
    return NULL;
}

wf_rc wf_engine_offer(wf_engine *en, const void *bytes, size_t n, wf_verdict *ret, wf_err *e)
{
    WF_ASSERT(en->grouped);
    struct ahead *a = expected(en, bytes, n), now;
    if (a == NULL) {
        a = &now;
        a->why.rc = WF_OK;
        memset(&a->ev, 0, offsetof(wf_event, v));
        a->rc = wf_event_decode(bytes, n, &a->ev, &a->why);
    }
    a->bytes = NULL;                /* what lies there later is another event */
    wf_rc rc = a->rc == WF_OK ? check(en, &a->ev, &a->why) : a->rc;
    if (rc == WF_OK)
        return accept(en, &a->ev, bytes, n, ret, e);
    a->why.rc = rc;
    return refuse(en, &a->ev, bytes, n, &a->why, ret, e);
}
