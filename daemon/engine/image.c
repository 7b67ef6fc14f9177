/* image -- what is derived, to the store and back: names by number, each commit's postings, pages of the ledger.
 *
 * A commit's postings:  groups of [sequence as a difference] [n] and n times [flow] [day] [count] [amount], all as
 * variable-length integers. */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

static uint8_t *put_number(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t) (v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t) v;
    return p;
}

static uint8_t *put_signed(uint8_t *p, int64_t v) { return put_number(p, ((uint64_t) v << 1) ^ (uint64_t) (v >> 63)); }

struct in { const uint8_t *p, *end; bool bad; };

static uint64_t take_number(struct in *in)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (in->p == in->end)
            break;
        uint8_t b = *in->p++;
        v |= (uint64_t) (b & 0x7f) << shift;
        if (b < 0x80)
            return v;
    }
    in->bad = true;
    return 0;
}

static int64_t take_signed(struct in *in)
{
    uint64_t v = take_number(in);
    return (int64_t) (v >> 1) ^ -(int64_t) (v & 1);
}

#define NUMBER_MAX 10u

void wf_engine_blob_postings(wf_engine *en, uint64_t sequence, const wf_posting *p, uint32_t n)
{
    if (n == 0)
        return;
    size_t need = en->blob_n + 2 * NUMBER_MAX + (size_t) n * 4 * NUMBER_MAX;
    if (need > en->blob_cap)
        en->blob = wf_engine_grow(en->blob, en->blob_cap = need * 2);
    uint8_t *q = put_number(en->blob + en->blob_n, sequence - en->blob_sequence);
    en->blob_sequence = sequence;
    q = put_number(q, n);
    for (uint32_t i = 0; i < n; i++) {
        q = put_number(q, p[i].flow);
        q = put_signed(q, p[i].day.n);
        q = put_signed(q, p[i].count);
        q = put_signed(q, p[i].amount);
    }
    en->blob_n = (size_t) (q - en->blob);
}

/* ---- names ---- */

static wf_rc keep_codes(wf_engine *en, wf_dimension d, wf_err *e)
{
    while (en->codes_kept[d] < wf_ledger_codes(en->ledger, d)) {
        uint32_t k = en->codes_kept[d] + 1;
        wf_str t = wf_ledger_code_text(en->ledger, d, (uint16_t) k);
        WF_TRY(wf_store_name_put(en->store, (uint8_t) (NAME_CODE + d), k, t.p, t.n, e));
        en->codes_kept[d] = k;
    }
    return WF_OK;
}

wf_rc wf_engine_keep_names(wf_engine *en, wf_err *e)
{
    for (; en->sources_kept < en->sources; en->sources_kept++)
        WF_TRY(wf_store_name_put(en->store, NAME_SOURCE, en->sources_kept + 1, en->source_name[en->sources_kept].p,
                                 en->source_name[en->sources_kept].n, e));
    for (int d = 0; d < WF_DIMENSION_COUNT; d++)
        WF_TRY(keep_codes(en, (wf_dimension) d, e));
    for (; en->cells_kept < wf_ledger_cells(en->ledger); en->cells_kept++)
        WF_TRY(wf_store_name_put(en->store, NAME_CELL, en->cells_kept + 1, wf_ledger_cell_at(en->ledger, en->cells_kept + 1), sizeof(wf_cell), e));
    for (; en->flows_kept < wf_ledger_flows(en->ledger); en->flows_kept++)
        WF_TRY(wf_store_name_put(en->store, NAME_FLOW, en->flows_kept + 1, wf_ledger_flow_at(en->ledger, en->flows_kept + 1), sizeof(wf_flow), e));
    return WF_OK;
}

static wf_rc damaged(wf_err *e, uint8_t kind, uint32_t number)
{
    return wf_fail(e, WF_DAMAGED, "names: number %u of kind %u is not what was written", number, kind);
}

static wf_rc load_name(void *ctx, uint8_t kind, uint32_t number, const void *bytes, size_t n, wf_err *e)
{
    wf_engine *en = ctx;
    uint32_t got = 0;
    if (kind == NAME_SOURCE) {
        got = wf_engine_source_number(en, (wf_str) { bytes, n }, true);
    } else if (kind >= NAME_CODE && kind < NAME_CODE + WF_DIMENSION_COUNT) {
        got = wf_ledger_code(en->ledger, (wf_dimension) (kind - NAME_CODE), (wf_str) { bytes, n });
    } else if (kind == NAME_CELL && n == sizeof(wf_cell)) {
        wf_cell c;
        memcpy(&c, bytes, sizeof c);
        for (int d = 0; d < WF_DIMENSION_COUNT; d++)
            if (c.code[d] > wf_ledger_codes(en->ledger, (wf_dimension) d))
                return damaged(e, kind, number);
        got = wf_ledger_cell(en->ledger, &c);
    } else if (kind == NAME_FLOW && n == sizeof(wf_flow)) {
        wf_flow f;
        memcpy(&f, bytes, sizeof f);
        if (f.from > wf_ledger_cells(en->ledger) || f.to > wf_ledger_cells(en->ledger) || f.measure >= WF_MEASURE_COUNT || f.cause >= WF_CAUSE_COUNT)
            return damaged(e, kind, number);
        got = wf_ledger_flow(en->ledger, (wf_measure) f.measure, f.from, f.to, (wf_cause) f.cause);
    }
    return got == number ? WF_OK : damaged(e, kind, number);
}

/* ---- pages ---- */

wf_rc wf_engine_keep_pages(wf_engine *en, size_t budget, uint64_t sequence, wf_err *e)
{
    static _Thread_local uint8_t buf[WF_LEDGER_PAGE_MAX];
    wf_page_key key;
    size_t n, used = 0;
    while (used < budget && wf_ledger_take(en->ledger, &key, buf, &n)) {
        WF_TRY(wf_store_image_put(en->store, key.sheet, key.year, buf, n, sequence, e));
        used += n + 4096;           /* what it costs on disk: its own bytes, and a page of the tree */
    }
    wf_store_floor_set(en->store, wf_ledger_floor(en->ledger, sequence));
    return WF_OK;
}

static wf_rc load_page(void *ctx, uint32_t a, int32_t b, const void *bytes, size_t n, uint64_t sequence, wf_err *e)
{
    wf_engine *en = ctx;
    return wf_ledger_put_page(en->ledger, (wf_page_key) { a, b }, bytes, n, sequence, e);
}

struct postings { wf_engine *en; wf_engine_posting_visit *visit; void *ctx; uint64_t after; };

static wf_rc each_posting(void *ctx, uint64_t last, const void *bytes, size_t n, wf_err *e)
{
    const struct postings *x = ctx;
    struct in in = { bytes, (const uint8_t *) bytes + n, false };
    uint64_t sequence = 0;
    while (in.p < in.end) {
        sequence += take_number(&in);
        uint64_t count = take_number(&in);
        for (uint64_t i = 0; i < count && !in.bad; i++) {
            wf_posting p;
            uint64_t flow = take_number(&in);
            int64_t day = take_signed(&in);
            p.count = take_signed(&in);
            p.amount = take_signed(&in);
            if (flow == 0 || flow > wf_ledger_flows(x->en->ledger) || day < WF_DAY_FIRST.n - 366 || day > 100000)
                in.bad = true;
            if (in.bad)
                break;
            p.flow = (uint32_t) flow;
            p.day.n = (int32_t) day;
            if (sequence > x->after)
                x->visit(x->ctx, &p, sequence);
        }
        if (in.bad)
            return wf_fail(e, WF_DAMAGED, "postings of the commit that ends with entry %llu are not what was written", (unsigned long long) last);
    }
    return WF_OK;
}

wf_rc wf_engine_postings(wf_engine *en, uint64_t after, wf_engine_posting_visit *visit, void *ctx, wf_err *e)
{
    return wf_store_postings(en->store, after, each_posting, &(struct postings) { en, visit, ctx, after }, e);
}

static void post_again(void *ctx, const wf_posting *p, uint64_t sequence) { wf_ledger_post_after(((wf_engine *) ctx)->ledger, p, sequence); }

static void touch_again(void *ctx, const wf_posting *p, uint64_t sequence)
{
    (void) sequence;
    wf_book_touch(((wf_engine *) ctx)->book, p);
}

wf_rc wf_engine_touch_since(wf_engine *en, uint64_t sequence, wf_err *e) { return wf_engine_postings(en, sequence, touch_again, en, e); }

/* What the ledger is derived from has changed: each subject's facts are folded anew, in no order that matters. */
static wf_rc derive(wf_engine *en, uint64_t sequence, wf_err *e)
{
    uint32_t subjects = wf_store_subjects(en->store);
    WF_TRY(wf_engine_aside_derive(en, e));
    for (uint32_t s = 1; s <= subjects; s++) {
        uint8_t kind;
        uint16_t org;
        wf_str id;
        wf_timeline *t;
        WF_TRY(wf_store_subject_id(en->store, s, &kind, &org, &id, e));
        WF_TRY(wf_engine_timeline(en, s, (wf_subject_kind) kind, org, &t, e));
        wf_fold_all(en->fold, t);
        for (uint32_t i = 0; i < en->fold->outs; i++)
            wf_ledger_post(en->ledger, &en->fold->out[i], sequence);
        WF_TRY(wf_engine_findings_of(en, t, e));
        if (en->progress != NULL && s % 4096 == 0)
            en->progress(en->progress_ctx, "deriving the ledger from the journal", s, subjects);
    }
    return WF_OK;
}

/* Writes the whole image at once: after it nothing needs to be derived again. */
static wf_rc keep_all(wf_engine *en, uint64_t to, wf_err *e)
{
    bool more = true;
    while (more) {
        WF_TRY(wf_store_begin(en->store, e));
        wf_rc rc = wf_engine_keep_names(en, e);
        if (rc == WF_OK)
            rc = wf_engine_keep_pages(en, 16u << 20, to, e);
        if (rc != WF_OK) {
            wf_store_abort(en->store);
            return rc;
        }
        more = wf_ledger_floor(en->ledger, to) < to;
        if (more)
            wf_store_floor_set(en->store, 0);       /* a half image stands for nothing */
        WF_TRY(wf_store_commit(en->store, NULL, 0, e));
    }
    return WF_OK;
}

wf_rc wf_engine_load(wf_engine *en, wf_err *e)
{
    WF_TRY(wf_store_names(en->store, load_name, en, e));
    en->sources_kept = en->sources;
    for (int d = 0; d < WF_DIMENSION_COUNT; d++)
        en->codes_kept[d] = wf_ledger_codes(en->ledger, (wf_dimension) d);
    en->cells_kept = wf_ledger_cells(en->ledger);
    en->flows_kept = wf_ledger_flows(en->ledger);
    wf_engine_fold_settings(en);

    uint64_t last = wf_store_last(en->store), floor = wf_store_floor(en->store);
    if (wf_store_derive_to(en->store) > floor) {
        WF_TRY(wf_store_begin(en->store, e));
        const uint64_t unknown = 0;         /* what has changed since the last tick can no longer be told from the postings */
        wf_rc rc = derive(en, last, e);
        if (rc == WF_OK)
            rc = wf_store_meta_put(en->store, "tick", &unknown, sizeof unknown, e);
        if (rc == WF_OK)
            rc = wf_store_meta_put(en->store, "postings", &last, sizeof last, e);
        if (rc != WF_OK) {
            wf_store_abort(en->store);
            return rc;
        }
        WF_TRY(wf_store_commit(en->store, NULL, 0, e));
        return keep_all(en, last, e);
    }
    WF_TRY(wf_engine_aside_load(en, e));
    WF_TRY(wf_store_image(en->store, load_page, en, e));
    return wf_engine_postings(en, floor, post_again, en, e);
}
