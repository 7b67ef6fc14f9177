/* engine -- opening, groups, ticks and what there is to tell; see engine.h and state.h. */
#include "engine/engine.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/profile.h"
#include "engine/state.h"
#include "frame.h"

void *wf_engine_grow(void *p, size_t n)
{
    void *q = realloc(p, n);
    WF_ASSERT(q != NULL);
    return q;
}

/* ---- what is made from the profile ---- */

void wf_engine_fold_settings(wf_engine *en)
{
    const wf_profile *p = en->profile;
    for (size_t i = 0; i < p->role_count; i++)
        (void) wf_ledger_code(en->ledger, WF_D_ROLE, p->role[i]);
    uint32_t ranks = wf_ledger_codes(en->ledger, WF_D_ROLE) + 1;
    free(en->rank);
    en->rank = calloc(ranks, 1);
    WF_ASSERT(en->rank != NULL);
    for (size_t i = 0; i < p->role_count && i < 254; i++)
        en->rank[wf_ledger_code_find(en->ledger, WF_D_ROLE, p->role[i])] = (uint8_t) (i + 1);
    wf_fold_settings s = {
        .rank = en->rank, .ranks = ranks, .caseload_days = p->caseload_days, .supervision_every = p->supervision_every,
        .allocations = p->allocations, .posts = p->posts,
    };
    wf_fold_free(&en->fold);
    en->fold = wf_fold_new(en->ledger, en->calendar, &s);
    en->fold->sources = (wf_sources) { en->source_name, en->sources, en->profile };
}

static wf_rc load_said(void *ctx, uint8_t kind, uint64_t number, const void *bytes, size_t n, wf_err *e)
{
    wf_engine *en = ctx;
    wf_day day;
    (void) kind;
    if (n != sizeof day.n || (number & 0xff) >= WF_EVENT_TYPE_COUNT)
        return wf_fail(e, WF_DAMAGED, "what was said to be complete first");
    memcpy(&day.n, bytes, sizeof day.n);
    uint32_t unit = wf_units_of_code(wf_book_units(en->book), (uint16_t) (number >> 8));
    if (unit != WF_NO_UNIT)
        (void) wf_complete_said(en->complete, unit, 1u << (number & 0xff), day);
    return WF_OK;
}

/* The day that was open when an entry came: the one that the next tick ended. For stores that did not keep it. */
static wf_rc open_day_at(wf_engine *en, uint64_t sequence, wf_day *ret, wf_err *e)
{
    wf_record r = { .kind = WF_RECORD_EVENT };
    *ret = en->today;
    while (r.kind != WF_RECORD_TICK && sequence < wf_store_last(en->store))
        WF_TRY(wf_store_read(en->store, ++sequence, &r, e));
    if (r.kind == WF_RECORD_TICK)
        ret->n = r.effective;
    return WF_OK;
}

/* The timelines of what sources say of themselves. */
typedef wf_rc source_visit(wf_engine *en, uint32_t subject, const wf_timeline *t, uint64_t after, wf_err *e);

static wf_rc each_source(wf_engine *en, source_visit *visit, uint64_t after, wf_err *e)
{
    WF_TRY(wf_store_begin(en->store, e));
    wf_rc rc = WF_OK;
    for (uint32_t s = 1; s <= wf_store_subjects(en->store) && rc == WF_OK; s++) {
        uint8_t kind;
        uint16_t org;
        wf_str id;
        wf_timeline *t;
        rc = wf_store_subject_id(en->store, s, &kind, &org, &id, e);
        if (rc != WF_OK || kind != WF_SOURCE)
            continue;
        rc = wf_engine_timeline(en, s, WF_SOURCE, org, &t, e);
        if (rc == WF_OK)
            rc = visit(en, s, t, after, e);
    }
    wf_store_abort(en->store);
    return rc;
}

static const wf_fact *said_fact(const wf_timeline *t, uint32_t i)
{
    uint32_t stand = t->chain[WF_CHAIN_COMPLETE].n;
    return i < stand ? &t->chain[WF_CHAIN_COMPLETE].fact[i] : i < stand + t->asides ? &t->aside[i - stand] : NULL;
}

/* Completeness as the journal knows it: what each source has said, and when it was said first. */
static wf_rc load_source(wf_engine *en, uint32_t subject, const wf_timeline *t, uint64_t after, wf_err *e)
{
    uint32_t unit = wf_units_of_code(wf_book_units(en->book), t->org), missing = wf_complete_unsaid(en->complete, unit, UINT32_MAX);
    (void) after;
    for (uint32_t i = 0; said_fact(t, i) != NULL; i++) {
        const wf_fact *f = said_fact(t, i);
        uint32_t types = f->flags & WF_FACT_VOID ? 0 : wf_complete_of(t, f)->types;
        wf_day open;
        if ((types & missing) == 0)
            continue;
        WF_TRY(open_day_at(en, f->sequence, &open, e));
        (void) wf_complete_said(en->complete, unit, types & missing, open);
    }
    return wf_engine_complete_changed(en, subject, t->org, e);
}

static wf_rc load_complete(wf_engine *en, wf_err *e)
{
    WF_TRY(wf_store_smalls(en->store, SMALL_SAID, load_said, en, e));
    return each_source(en, load_source, 0, e);
}

static wf_rc import_told(void *ctx, uint8_t kind, uint64_t number, const void *bytes, size_t n, wf_err *e)
{
    wf_engine *en = ctx;
    (void) kind, (void) number, (void) e;
    (void) wf_judge_import(en->judge, bytes, n);    /* a rule or unit that is gone has nothing to carry over */
    return WF_OK;
}

static void touched(void *ctx, uint32_t indicator, uint32_t unit, wf_day from)
{
    wf_engine *en = ctx;
    wf_judge_touch(en->judge, indicator, unit, from, en->today);
    wf_engine_mark_changed(en, indicator, unit, from);
}

static wf_rc touch_said(wf_engine *en, uint32_t subject, const wf_timeline *t, uint64_t after, wf_err *e)
{
    (void) subject, (void) e;
    for (uint32_t i = 0; said_fact(t, i) != NULL; i++)
        if (said_fact(t, i)->sequence > after) {
            wf_judge_touch_org(en->judge, wf_units_of_code(wf_book_units(en->book), t->org), WF_DAY_FIRST);
            break;
        }
    return WF_OK;
}

/* Errata wait for the tick (A3): what has changed since the last one is found again. Where that is not known - all was
 * derived anew - the whole past of every pair is looked at. */
static wf_rc retouch(wf_engine *en, wf_err *e)
{
    uint64_t tick = 0;
    size_t n;
    wf_rc rc = wf_store_meta_get(en->store, "tick", &tick, sizeof tick, &n, e);
    if (rc != WF_OK || tick == 0)
        return rc == WF_ABSENT ? WF_OK : rc;
    wf_judge_ticked(en->judge);
    WF_TRY(wf_engine_touch_since(en, tick, e));
    wf_book_take_touched(en->book, touched, en);
    WF_TRY(each_source(en, touch_said, tick, e));
    wf_judge_judged(en->judge);         /* a commit holds whole frames: a load holds what its own frames touch, no more */
    return WF_OK;
}

/* Book, completeness and judge, over the ledger as it stands. */
static wf_rc make_readings(wf_engine *en, wf_err *e)
{
    wf_engine_past_end(en);
    wf_judge_free(&en->judge);
    wf_complete_free(&en->complete);
    wf_book_free(&en->book);
    en->book = wf_book_new(en->profile, en->calendar, en->ledger);
    wf_book_rebuild(en->book);
    en->complete = wf_complete_new(en->profile, wf_book_units(en->book), en->profile_day);
    WF_TRY(load_complete(en, e));
    en->judge = wf_judge_new(en->book, en->complete, en->profile_day, wf_store_alerts(en->store));
    en->units_known = wf_units_count(wf_book_units(en->book));
    WF_TRY(wf_store_smalls(en->store, SMALL_TOLD, import_told, en, e));
    return retouch(en, e);
}

/* ---- told alerts ---- */

static wf_rc emit_alert(void *ctx, const wf_alert *a, const wf_told *t, wf_err *e)
{
    wf_engine *en = ctx;
    if (t != NULL)
        WF_TRY(wf_store_small_put(en->store, SMALL_TOLD, t->key, t->bytes, t->n, e));
    if (a == NULL)
        return WF_OK;
    uint8_t buf[16384];
    wf_out o = wf_out_to(buf, sizeof buf);
    wf_put_row(&o, WF_ROW_ALERT, a);
    size_t n = wf_out_length(&o);
    WF_ASSERT(n > 0);
    WF_TRY(wf_store_alert_put(en->store, a->number, buf, n, e));
    if (en->outs == en->out_cap)
        en->out = wf_engine_grow(en->out, (en->out_cap = en->out_cap == 0 ? 64 : en->out_cap * 2) * sizeof *en->out);
    void *copy = wf_engine_grow(NULL, n);
    memcpy(copy, buf, n);
    en->out[en->outs++] = (struct told_alert) { copy, n };
    return WF_OK;
}

wf_rc wf_engine_alert_read(const void *bytes, size_t n, wf_alert *ret, wf_err *e)
{
    wf_in in = { bytes, (const uint8_t *) bytes + n };
    wf_row row;
    WF_TRY(wf_take_row(&in, &row, e));
    if (row.kind != WF_ROW_ALERT)
        return wf_fail(e, WF_DAMAGED, "outbox: not an alert");
    *ret = row.as.alert;
    return WF_OK;
}

void wf_engine_take_alerts(wf_engine *en, wf_engine_alert_visit *visit, void *ctx)
{
    pthread_mutex_lock(&en->lock);
    size_t n = en->out_committed;
    for (size_t i = 0; i < n; i++) {
        wf_alert a;
        if (wf_engine_alert_read(en->out[i].bytes, en->out[i].n, &a, NULL) == WF_OK)
            visit(ctx, &a, en->out[i].bytes, en->out[i].n);
        free(en->out[i].bytes);
    }
    if (n > 0)
        memmove(en->out, en->out + n, (en->outs - n) * sizeof *en->out);
    en->outs -= n;
    en->out_committed = 0;
    pthread_mutex_unlock(&en->lock);
}

/* ---- figures to tell ---- */

void wf_engine_mark_changed(wf_engine *en, uint32_t indicator, uint32_t unit, wf_day from)
{
    uint64_t i = (uint64_t) unit * en->profile->indicator_count + indicator;
    if (i >= en->changed_cap) {
        uint64_t cap = i + i / 2 + 1024;
        en->changed = wf_engine_grow(en->changed, cap * sizeof *en->changed);
        for (uint64_t k = en->changed_cap; k < cap; k++)
            en->changed[k] = INT32_MAX;
        en->changed_cap = cap;
    }
    if (en->changed[i] == INT32_MAX)
        en->changed_count++;
    if (from.n < en->changed[i])
        en->changed[i] = from.n;
}

void wf_engine_mark_org(wf_engine *en, uint32_t org, wf_day from)
{
    for (uint32_t u = 0; u < wf_units_count(wf_book_units(en->book)); u++)
        for (uint32_t i = 0; i < en->profile->indicator_count && wf_units_org(wf_book_units(en->book), u) == org; i++)
            wf_engine_mark_changed(en, i, u, from);
}

static void mark_all(wf_engine *en, wf_day from)
{
    for (uint32_t u = 0; u < wf_units_count(wf_book_units(en->book)); u++)
        for (uint32_t i = 0; i < en->profile->indicator_count; i++)
            wf_engine_mark_changed(en, i, u, from);
}

/* A unit that has appeared has figures and is watched by rules also where no posting touches it. */
static void touch_new_units(wf_engine *en)
{
    for (uint32_t n = wf_units_count(wf_book_units(en->book)); en->units_known < n; en->units_known++)
        for (uint32_t i = 0; i < en->profile->indicator_count; i++)
            touched(en, i, en->units_known, WF_DAY_FIRST);
}

bool wf_engine_take_figures(wf_engine *en, unsigned most, wf_engine_figure_visit *visit, void *ctx)
{
    pthread_mutex_lock(&en->lock);
    uint64_t all = (uint64_t) wf_units_count(wf_book_units(en->book)) * en->profile->indicator_count;
    for (uint64_t seen = 0; seen < en->changed_cap && en->changed_count > 0 && most > 0; seen++) {
        uint64_t i = en->changed_at++ % en->changed_cap;
        if (en->changed[i] == INT32_MAX)
            continue;
        wf_day from = { en->changed[i] };
        en->changed[i] = INT32_MAX;
        en->changed_count--;
        if (i >= all)
            continue;
        uint32_t indicator = (uint32_t) (i % en->profile->indicator_count), unit = (uint32_t) (i / en->profile->indicator_count);
        wf_figure f;
        wf_figure_read(en->book, en->complete, indicator, unit, en->today, en->today, &f);
        wf_complete_sources(en->complete, wf_units_org(wf_book_units(en->book), unit), wf_figure_rests_on(en->profile, indicator), &f);
        f.rating = wf_judge_rating(en->judge, indicator, unit, en->today);
        f.sequence = wf_store_last(en->store);
        f.history_from = from;
        visit(ctx, &f);
        most--;
    }
    bool more = en->changed_count > 0;
    pthread_mutex_unlock(&en->lock);
    return more;
}

/* ---- opening ---- */

static wf_rc last_tick(wf_engine *en, const wf_engine_options *o, wf_err *e)
{
    int32_t day;
    size_t n;
    wf_rc rc = wf_store_meta_get(en->store, "today", &day, sizeof day, &n, e);
    if (rc == WF_ABSENT) {
        en->today = o->today;
        return WF_OK;
    }
    WF_TRY(rc);
    en->today.n = day;
    return WF_OK;
}

struct in_force { uint64_t hash, fold_hash; int32_t day; uint32_t measures; };

static wf_rc profile_in_force(wf_engine *en, struct in_force *ret, bool *any, wf_err *e)
{
    size_t n;
    wf_rc rc = wf_store_meta_get(en->store, "profile", ret, sizeof *ret, &n, e);
    *any = rc == WF_OK && n == sizeof *ret;
    return rc == WF_ABSENT ? WF_OK : rc;
}

static wf_rc in_transaction(wf_engine *en, wf_rc (*act)(wf_engine *, wf_err *), wf_err *e)
{
    WF_TRY(wf_store_begin(en->store, e));
    wf_rc rc = act(en, e);
    if (rc == WF_OK)
        return wf_store_commit(en->store, NULL, 0, e);
    wf_store_abort(en->store);
    return rc;
}

static wf_rc journal_profile(wf_engine *en, wf_err *e)
{
    const wf_profile *p = en->profile;
    struct in_force now;
    memset(&now, 0, sizeof now);
    now.hash = p->hash;
    now.fold_hash = p->fold_hash;
    now.day = en->today.n;
    now.measures = WF_MEASURES_VERSION;
    wf_record r = { .kind = WF_RECORD_PROFILE, .effective = en->today.n, .arrival = en->arrival.ms, .time = en->arrival.ms, .body = p->text };
    WF_TRY(wf_store_append(en->store, &r, e));
    /* The first day too: a new store that is opened again before its first day has ended goes on with that day. */
    WF_TRY(wf_store_meta_put(en->store, "today", &en->today.n, sizeof en->today.n, e));
    return wf_store_meta_put(en->store, "profile", &now, sizeof now, e);
}

static wf_rc reset_derived(wf_engine *en, wf_err *e) { return wf_store_derived_reset(en->store, e); }

static wf_rc load_said_open(void *ctx, uint8_t kind, uint64_t number, const void *bytes, size_t n, wf_err *e)
{
    wf_engine *en = ctx;
    (void) kind, (void) bytes, (void) n;
    if (number == 0 || number > en->sources)
        return wf_fail(e, WF_DAMAGED, "an open load is of no source");
    en->source[number - 1]->loads = true;
    en->loads++;
    return WF_OK;
}

static wf_rc open_parts(wf_engine *en, const wf_engine_options *o, wf_err *e)
{
    struct in_force was = { 0 };
    bool any;
    WF_TRY(last_tick(en, o, e));
    WF_TRY(profile_in_force(en, &was, &any, e));
    if (any && (was.fold_hash != en->profile->fold_hash || was.measures != WF_MEASURES_VERSION))
        WF_TRY(in_transaction(en, reset_derived, e));
    en->calendar = wf_calendar_new(en->profile->holiday, en->profile->holiday_count);
    en->ledger = wf_ledger_new();
    WF_TRY(wf_engine_load(en, e));
    en->profile_day.n = any ? was.day : en->today.n;
    bool changed = !any || was.hash != en->profile->hash;
    if (changed) {
        en->arrival = (wf_instant) { wf_day_end_london(en->today).ms - 1 };
        en->profile_day = en->today;
        WF_TRY(in_transaction(en, journal_profile, e));
    }
    WF_TRY(make_readings(en, e));
    WF_TRY(wf_engine_findings_load(en, e));
    WF_TRY(wf_engine_load_counts(en, e));
    WF_TRY(wf_store_smalls(en->store, SMALL_LOAD, load_said_open, en, e));
    WF_TRY(wf_engine_ticks_load(en, e));
    mark_all(en, WF_DAY_FIRST);
    if (!changed || !any)
        return WF_OK;
    WF_TRY(wf_engine_begin(en, en->arrival, e));
    wf_rc rc = wf_judge_all(en->judge, en->today, wf_store_last(en->store), emit_alert, en, e);
    if (rc == WF_OK)
        return wf_engine_commit(en, e);
    wf_engine_abandon(en);
    return rc;
}

wf_rc wf_engine_open(const wf_engine_options *o, wf_engine **ret, wf_err *e)
{
    wf_engine *en = calloc(1, sizeof *en);
    pthread_mutexattr_t a;
    WF_ASSERT(en != NULL);
    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&en->lock, &a);
    pthread_mutexattr_destroy(&a);
    en->store = o->store;
    en->profile = o->profile;
    en->timeline_limit = o->timeline_bytes;
    en->progress = o->progress;
    en->progress_ctx = o->progress_ctx;
    en->order_day = INT32_MIN;
    wf_rc rc = open_parts(en, o, e);
    if (rc != WF_OK) {
        wf_engine_close(&en);
        return rc;
    }
    *ret = en;
    return WF_OK;
}

void wf_engine_close(wf_engine **p)
{
    wf_engine *en = *p;
    if (en == NULL)
        return;
    wf_engine_past_end(en);
    wf_judge_free(&en->judge);
    wf_complete_free(&en->complete);
    wf_book_free(&en->book);
    wf_engine_timelines_end(en);
    wf_engine_findings_end(en);
    wf_fold_free(&en->fold);
    wf_ledger_free(&en->ledger);
    wf_calendar_free(&en->calendar);
    for (size_t i = 0; i < en->outs; i++)
        free(en->out[i].bytes);
    HASH_CLEAR(hh, en->by_name);
    for (uint32_t i = 0; i < en->sources; i++)
        free(en->source[i]->numbers.range), free(en->source[i]);
    free(en->out);
    free(en->source);
    free(en->source_name);
    free(en->rank);
    free(en->blob);
    free(en->changed);
    free(en->order);
    free(en->tick);
    pthread_mutex_destroy(&en->lock);
    free(en);
    *p = NULL;
}

/* ---- groups ---- */

wf_day wf_engine_today(const wf_engine *en) { return en->today; }

wf_rc wf_engine_begin(wf_engine *en, wf_instant arrival, wf_err *e)
{
    /* A mutex is not fair: without this pause a busy writer would never let a question in. */
    for (int i = 0; i < 20 && atomic_load(&en->waiting) > 0; i++)
        nanosleep(&(struct timespec) { .tv_nsec = 50000 }, NULL);
    pthread_mutex_lock(&en->lock);
    wf_rc rc = wf_store_begin(en->store, e);
    if (rc != WF_OK) {
        pthread_mutex_unlock(&en->lock);
        return rc;
    }
    en->grouped = true;
    en->arrival = arrival;
    en->blob_n = 0;
    en->blob_sequence = 0;
    return WF_OK;
}

wf_rc wf_engine_frame_end(wf_engine *en, wf_err *e)
{
    if (!en->frame_wrote)
        return WF_OK;
    en->frame_wrote = false;
    WF_TRY(wf_engine_flush_pending(en, WF_RECORD_FRAME_END, e));
    wf_book_follow(en->book);       /* a unit that only an event without effect names is there too, as after a start */
    touch_new_units(en);
    wf_book_take_touched(en->book, touched, en);
    if (en->loads > 0 && en->source[en->pending.source - 1]->loads)
        return wf_judge_hold(en->judge, emit_alert, en, e);
    return wf_judge_frame(en->judge, en->today, en->frame_sequence, emit_alert, en, e);
}

/* ---- loads ---- */

static wf_rc set_load(wf_engine *en, uint16_t source, bool open, wf_err *e)
{
    en->source[source - 1]->loads = open;
    en->loads = open ? en->loads + 1 : en->loads - 1;
    return wf_store_small_put(en->store, SMALL_LOAD, source, "", open, e);
}

static wf_rc journal_load(wf_engine *en, uint16_t source, bool begins, uint64_t *sequence, wf_err *e)
{
    wf_record r = {
        .kind = WF_RECORD_LOAD, .type = begins, .source = source, .effective = en->today.n, .arrival = en->arrival.ms, .time = en->arrival.ms,
    };
    WF_TRY(wf_engine_flush_pending(en, 0, e));
    WF_TRY(wf_store_append(en->store, &r, e));
    *sequence = r.sequence;
    return set_load(en, source, begins, e);
}

static bool is_source(wf_str s)
{
    size_t good = 0;
    while (good < s.n && (s.p[good] == '-' || s.p[good] == '_' || (s.p[good] >= '0' && s.p[good] <= '9') || (s.p[good] >= 'a' && s.p[good] <= 'z')))
        good++;
    return s.n > 0 && s.n <= WF_SOURCE_MAX && good == s.n;
}

wf_rc wf_engine_load_begin(wf_engine *en, wf_str source, wf_err *e)
{
    uint64_t sequence;
    uint16_t k = is_source(source) ? wf_engine_source_number(en, source, true) : 0;
    if (k == 0)
        return wf_fail(e, WF_RANGE, "source: 1 to 32 of a-z, 0-9, _ and -");
    return en->source[k - 1]->loads ? WF_OK : journal_load(en, k, true, &sequence, e);
}

wf_rc wf_engine_load_end(wf_engine *en, wf_str source, wf_err *e)
{
    uint64_t sequence;
    uint16_t k = wf_engine_source_number(en, source, false);
    if (k == 0 || !en->source[k - 1]->loads)
        return WF_OK;
    WF_TRY(journal_load(en, k, false, &sequence, e));
    return en->loads > 0 ? WF_OK : wf_judge_loaded(en->judge, en->today, sequence, emit_alert, en, e);
}

unsigned wf_engine_loads(const wf_engine *en) { return en->loads; }

static wf_rc end_loads(wf_engine *en, uint64_t sequence, wf_err *e)
{
    for (uint32_t k = 0; k < en->sources && en->loads > 0; k++)
        if (en->source[k]->loads)
            WF_TRY(set_load(en, (uint16_t) (k + 1), false, e));
    return wf_judge_loaded(en->judge, en->today, sequence, emit_alert, en, e);
}

wf_rc wf_engine_tick(wf_engine *en, wf_err *e)
{
    wf_record r = { .kind = WF_RECORD_TICK, .effective = en->today.n, .arrival = en->arrival.ms, .time = en->arrival.ms };
    WF_TRY(wf_engine_flush_pending(en, 0, e));
    WF_TRY(wf_store_append(en->store, &r, e));
    wf_book_take_touched(en->book, touched, en);
    if (en->loads > 0)
        WF_TRY(end_loads(en, r.sequence, e));
    WF_TRY(wf_judge_tick(en->judge, en->today, r.sequence, emit_alert, en, e));
    WF_TRY(wf_store_meta_put(en->store, "tick", &r.sequence, sizeof r.sequence, e));
    WF_TRY(wf_engine_ended(en, en->today, r.sequence, e));
    en->today.n++;
    mark_all(en, en->today);
    return wf_store_meta_put(en->store, "today", &en->today.n, sizeof en->today.n, e);
}

/* Image pages are written in steps, so that small commits stay small: about four bytes of pages a byte of postings. */
#define IMAGE_STEP (32u << 10)
#define IMAGE_MOST (256u << 10)

static wf_rc keep_some(wf_engine *en, wf_err *e)
{
    WF_TRY(wf_engine_flush_pending(en, 0, e));
    WF_TRY(wf_engine_keep_names(en, e));
    WF_TRY(wf_engine_keep_counts(en, wf_store_next(en->store) - 1, e));
    en->image_debt += 4 * en->blob_n;
    if (en->image_debt < IMAGE_STEP)
        return WF_OK;
    size_t budget = en->image_debt < IMAGE_MOST ? en->image_debt : IMAGE_MOST;
    en->image_debt = 0;
    return wf_engine_keep_pages(en, budget, wf_store_next(en->store) - 1, e);
}

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * 1000000 + (uint64_t) t.tv_nsec / 1000;
}

wf_rc wf_engine_commit(wf_engine *en, wf_err *e)
{
    wf_rc rc = keep_some(en, e);
    uint64_t from = now_us();
    if (rc == WF_OK)
        rc = wf_store_commit(en->store, en->blob, en->blob_n, e);
    else
        wf_store_abort(en->store);
    en->grouped = false;
    memset(en->ahead, 0, sizeof en->ahead);      /* frames end with their group */
    if (rc == WF_OK) {
        en->last_commit = en->arrival;
        en->last_commit_us = (unsigned) (now_us() - from);
        en->out_committed = en->outs;
    }
    pthread_mutex_unlock(&en->lock);
    return rc;
}

void wf_engine_abandon(wf_engine *en)
{
    if (!en->grouped)
        return;
    wf_store_abort(en->store);
    en->grouped = false;
    pthread_mutex_unlock(&en->lock);
}

wf_rc wf_engine_watermark(wf_engine *en, wf_str source, uint64_t epoch, uint64_t *ret, wf_err *e)
{
    return wf_store_watermark(en->store, source, epoch, ret, e);
}

wf_rc wf_engine_watermark_set(wf_engine *en, wf_str source, uint64_t epoch, uint64_t number, wf_err *e)
{
    return wf_store_watermark_set(en->store, source, epoch, number, e);
}

/* ---- another profile ---- */

static wf_rc derive_for(wf_engine *en, wf_err *e)
{
    WF_TRY(in_transaction(en, reset_derived, e));
    wf_engine_timelines_end(en);
    wf_engine_findings_end(en);
    en->finding_count = 0;
    en->newest = en->oldest = 0;
    wf_judge_free(&en->judge);
    wf_complete_free(&en->complete);
    wf_book_free(&en->book);
    wf_fold_free(&en->fold);
    wf_ledger_free(&en->ledger);
    en->ledger = wf_ledger_new();
    return wf_engine_load(en, e);
}

static wf_rc adopt(wf_engine *en, const wf_profile *profile, wf_err *e)
{
    bool derive = profile->fold_hash != en->profile->fold_hash;
    bool same = profile->hash == en->profile->hash;
    en->profile = en->fold->sources.profile = profile;
    if (same)
        return make_readings(en, e);        /* only where its texts lie has changed */
    wf_calendar_free(&en->calendar);
    en->calendar = wf_calendar_new(profile->holiday, profile->holiday_count);
    if (derive)
        WF_TRY(derive_for(en, e));
    else
        wf_engine_fold_settings(en);
    en->profile_day = en->today;
    WF_TRY(in_transaction(en, journal_profile, e));
    WF_TRY(make_readings(en, e));
    WF_TRY(wf_store_begin(en->store, e));
    wf_rc rc = wf_judge_all(en->judge, en->today, wf_store_last(en->store), emit_alert, en, e);
    if (rc != WF_OK) {
        wf_store_abort(en->store);
        return rc;
    }
    WF_TRY(wf_store_commit(en->store, NULL, 0, e));
    en->out_committed = en->outs;
    return WF_OK;
}

wf_rc wf_engine_reprofile(wf_engine *en, const wf_profile *profile, wf_instant arrival, wf_err *e)
{
    pthread_mutex_lock(&en->lock);
    WF_ASSERT(!en->grouped);
    en->arrival = arrival;
    wf_rc rc = adopt(en, profile, e);
    if (rc == WF_OK) {
        free(en->changed);              /* other indicators, other numbers */
        en->changed = NULL;
        en->changed_cap = en->changed_count = 0;
        en->order_day = INT32_MIN;
        mark_all(en, WF_DAY_FIRST);
    }
    pthread_mutex_unlock(&en->lock);
    return rc;
}
