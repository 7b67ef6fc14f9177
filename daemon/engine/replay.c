#include "engine/replay_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/profile.h"

uint32_t wf_replay_below(wf_replay *r, uint32_t n)
{
    r->random = r->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) ((r->random >> 33) % n);
}

void wf_replay_differ(wf_replay *r, const char *format, ...)
{
    char text[512];
    va_list ap;
    if (r->report->different++ >= WF_REPLAY_DIFFERENCES)
        return;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    r->differs(r->ctx, text);
}

wf_rc wf_replay_progress(wf_replay *r, const char *what, uint64_t done, uint64_t all, wf_err *e)
{
    if (r->o->progress == NULL || r->o->progress(r->o->ctx, what, done, all))
        return WF_OK;
    return wf_fail(e, WF_ABSENT, "ended before its end");
}

/* ---- profiles ---- */

static wf_rc profile_of(const wf_record *rec, wf_profile **ret, wf_err *e)
{
    char name[48];
    snprintf(name, sizeof name, "journal entry %llu", (unsigned long long) rec->sequence);
    return wf_profile_parse(name, rec->body, ret, e);
}

wf_rc wf_replay_profile(wf_store *s, wf_profile **ret, wf_err *e)
{
    wf_record rec;
    for (uint64_t n = wf_store_last(s); n > 0; n--) {
        WF_TRY(wf_store_read(s, n, &rec, e));
        if (rec.kind == WF_RECORD_PROFILE)
            return profile_of(&rec, ret, e);
    }
    return wf_fail(e, WF_ABSENT, "the journal names no profile");
}

/* ---- the other house ---- */

static wf_rc open_again(wf_replay *r, wf_day first, wf_err *e)
{
    wf_store_options s = { .path = r->o->path, .manual_clock = true, .measures_version = WF_MEASURES_VERSION };
    WF_TRY(wf_store_open(&s, &r->again_store, e));
    wf_engine_options o = { .store = r->again_store, .profile = r->profile, .today = first, .timeline_bytes = r->o->timeline_bytes };
    return wf_engine_open(&o, &r->again, e);
}

static void close_again(wf_replay *r)
{
    wf_engine_close(&r->again);
    wf_store_close(&r->again_store);
}

static wf_rc commit(wf_replay *r, wf_err *e)
{
    WF_TRY(wf_engine_commit(r->again, e));
    r->report->commits++;
    for (size_t i = 0; i < r->again->outs; i++)     /* they lie in the outbox */
        free(r->again->out[i].bytes);
    r->again->outs = r->again->out_committed = 0;
    uint64_t next = (r->report->restarts + 1) * wf_store_last(r->first_store) / (r->o->restarts + 1);
    if (r->report->restarts == r->o->restarts || r->report->entries < next)
        return WF_OK;
    r->report->restarts++;
    close_again(r);
    return open_again(r, WF_DAY_FIRST, e);
}

/* ---- entries ---- */

/* A subject that has been erased has no id any more: any other that is as good as its own. */
static wf_rc subject_id(wf_replay *r, uint32_t subject, char (*buf)[24], wf_str *ret, wf_err *e)
{
    uint8_t kind;
    uint16_t org;
    wf_rc rc = wf_store_subject_id(r->first_store, subject, &kind, &org, ret, e);
    if (rc == WF_ABSENT) {
        snprintf(*buf, sizeof *buf, "~%u", subject);
        *ret = wf_str_of(*buf);
        return WF_OK;
    }
    return rc;
}

static wf_rc offer_again(wf_replay *r, const wf_record *rec, wf_err *e)
{
    uint8_t bytes[WF_EVENT_BYTES_MAX + 512];
    char own[2][24];
    wf_verdict v;
    wf_event ev;
    WF_TRY(wf_engine_record_event(r->first, rec, &ev, e));
    WF_TRY(subject_id(r, rec->subject[0], &own[0], &ev.subject, e));
    if (rec->subject_count > 1) {
        wf_field f = rec->type == WF_CASE_ALLOCATED || rec->type == WF_CASE_DEALLOCATED ? WF_F_WORKER : WF_F_POST;
        WF_TRY(subject_id(r, rec->subject[1], &own[1], &ev.v[f].s, e));
    }
    size_t n = wf_event_encode(&ev, bytes, sizeof bytes);
    if (n == 0)
        return wf_fail(e, WF_DAMAGED, "journal entry %llu is no event", (unsigned long long) rec->sequence);
    WF_TRY(wf_engine_offer(r->again, bytes, n, &v, e));
    if (v.code == WF_REFUSED)
        wf_replay_differ(r, "journal entry %llu was accepted and would be refused: %s", (unsigned long long) rec->sequence, v.text);
    if (v.code == WF_DUPLICATE)
        return wf_fail(e, WF_DAMAGED, "journal entry %llu says again what entry %llu has said", (unsigned long long) rec->sequence,
                       (unsigned long long) v.sequence);
    return WF_OK;
}

static wf_rc refuse_again(wf_replay *r, const wf_record *rec, wf_err *e)
{
    wf_record copy = *rec;
    if (rec->source == 0 || rec->source > r->first->sources)
        return wf_fail(e, WF_DAMAGED, "journal entry %llu is of no source", (unsigned long long) rec->sequence);
    copy.source = wf_engine_source_number(r->again, r->first->source_name[rec->source - 1], true);
    copy.flags = 0;
    return wf_engine_hold_refusal(r->again, &copy, e);
}

static wf_rc tick_again(wf_replay *r, const wf_record *rec, wf_err *e)
{
    if (r->again->today.n != rec->effective)
        return wf_fail(e, WF_DAMAGED, "journal entry %llu ends another day than the one that was open", (unsigned long long) rec->sequence);
    return wf_engine_tick(r->again, e);
}

static wf_rc profile_again(wf_replay *r, const wf_record *rec, wf_err *e)
{
    wf_profile *p = NULL, *old = r->profile;
    WF_TRY(profile_of(rec, &p, e));
    if (r->again->grouped)
        WF_TRY(commit(r, e));
    WF_TRY(wf_engine_reprofile(r->again, p, (wf_instant) { rec->arrival }, e));
    r->profile = p;
    wf_profile_free(&old);
    return WF_OK;
}

static wf_rc load_again(wf_replay *r, const wf_record *rec, wf_err *e)
{
    if (rec->source == 0 || rec->source > r->first->sources)
        return wf_fail(e, WF_DAMAGED, "journal entry %llu is of no source", (unsigned long long) rec->sequence);
    wf_str source = r->first->source_name[rec->source - 1];
    return rec->type ? wf_engine_load_begin(r->again, source, e) : wf_engine_load_end(r->again, source, e);
}

static wf_rc entry_again(wf_replay *r, const wf_record *rec, wf_err *e)
{
    if (rec->kind == WF_RECORD_PROFILE)
        return profile_again(r, rec, e);
    if (!r->again->grouped)
        WF_TRY(wf_engine_begin(r->again, (wf_instant) { rec->arrival }, e));
    r->again->arrival.ms = rec->arrival;
    switch (rec->kind) {
    case WF_RECORD_EVENT: WF_TRY(offer_again(r, rec, e)); break;
    case WF_RECORD_REFUSED: WF_TRY(refuse_again(r, rec, e)); break;
    case WF_RECORD_TICK: return tick_again(r, rec, e);
    case WF_RECORD_LOAD: return load_again(r, rec, e);
    default: return wf_fail(e, WF_DAMAGED, "journal entry %llu is of a kind that this release does not know", (unsigned long long) rec->sequence);
    }
    return rec->flags & WF_RECORD_FRAME_END ? wf_engine_frame_end(r->again, e) : WF_OK;
}

/* Of all sizes: some commits hold one frame, some thousands. */
static uint64_t group_size(wf_replay *r)
{
    static const uint32_t most[] = { 1, 4, 30, 300, 3000, 20000, 20000, 20000 };
    return 1 + wf_replay_below(r, most[wf_replay_below(r, sizeof most / sizeof *most)]);
}

static wf_rc replay(wf_replay *r, wf_err *e)
{
    uint64_t last = wf_store_last(r->first_store), size = group_size(r), in_group = 0;
    wf_record rec;
    for (uint64_t n = 2; n <= last; n++) {
        WF_TRY(wf_store_read(r->first_store, n, &rec, e));
        WF_TRY(entry_again(r, &rec, e));
        r->report->entries = n;
        uint64_t got = wf_store_next(r->again_store) - 1 + r->again->has_pending;
        if (got != n)
            return wf_fail(e, WF_DAMAGED, "journal entry %llu comes again as entry %llu", (unsigned long long) n, (unsigned long long) got);
        bool over = rec.kind == WF_RECORD_TICK || rec.kind == WF_RECORD_LOAD || (rec.flags & WF_RECORD_FRAME_END) != 0;
        in_group++;
        if (r->again->grouped && over && in_group >= size) {
            WF_TRY(commit(r, e));
            size = group_size(r);
            in_group = 0;
        }
        if (n % 4096 == 0)
            WF_TRY(wf_replay_progress(r, "entries replayed", n, last, e));
    }
    return r->again->grouped ? commit(r, e) : WF_OK;
}

wf_rc wf_replay_run(const wf_replay_options *o, wf_replay_differs *differs, void *ctx, wf_replay_report *report, wf_err *e)
{
    wf_replay r = {
        .o = o, .first = o->engine, .first_store = o->store, .random = o->seed * 1000003u + 1, .differs = differs, .ctx = ctx, .report = report,
    };
    wf_record rec;
    *report = (wf_replay_report) { .entries = 1 };
    WF_TRY(wf_store_read(o->store, 1, &rec, e));
    if (rec.kind != WF_RECORD_PROFILE)
        return wf_fail(e, WF_DAMAGED, "the journal does not begin with a profile");
    WF_TRY(profile_of(&rec, &r.profile, e));
    wf_rc rc = open_again(&r, (wf_day) { rec.effective }, e);
    if (rc == WF_OK)
        rc = replay(&r, e);
    if (rc == WF_OK)
        rc = wf_replay_compare(&r, e);
    if (r.again != NULL)
        wf_engine_abandon(r.again);
    close_again(&r);
    wf_profile_free(&r.profile);
    return rc;
}
