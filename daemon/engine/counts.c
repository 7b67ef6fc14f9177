/* counts -- what became of each source's events, for ever: kept every few thousand entries, and at a start the entries
 * since then are counted from the journal. So a small commit writes nothing for it. */
#include "engine/state.h"

#include <string.h>

#define STEP 4096u

struct totals { uint64_t sequence, events, refused; };
struct kept { uint64_t accepted, refused; int64_t last; };

wf_rc wf_engine_keep_counts(wf_engine *en, uint64_t sequence, wf_err *e)
{
    if (sequence - en->counted < STEP)
        return WF_OK;
    struct totals t = { sequence, en->events, en->refused };
    WF_TRY(wf_store_meta_put(en->store, "counts", &t, sizeof t, e));
    for (uint32_t i = 0; i < en->sources; i++) {
        struct source *s = en->source[i];
        if (s->accepted + s->refused == s->kept)
            continue;
        struct kept k = { s->accepted, s->refused, s->last.ms };
        WF_TRY(wf_store_small_put(en->store, SMALL_COUNTS, s->number, &k, sizeof k, e));
        s->kept = s->accepted + s->refused;
    }
    en->counted = sequence;
    return WF_OK;
}

static wf_rc load_one(void *ctx, uint8_t kind, uint64_t number, const void *bytes, size_t n, wf_err *e)
{
    wf_engine *en = ctx;
    struct kept k;
    (void) kind;
    if (n != sizeof k || number == 0 || number > en->sources)
        return wf_fail(e, WF_DAMAGED, "counts of source %llu", (unsigned long long) number);
    memcpy(&k, bytes, sizeof k);
    struct source *s = en->source[number - 1];
    s->accepted = k.accepted;
    s->refused = k.refused;
    s->last.ms = k.last;
    s->kept = k.accepted + k.refused;
    return WF_OK;
}

static wf_rc count_rest(wf_engine *en, uint64_t last, wf_err *e)
{
    for (uint64_t sequence = en->counted + 1; sequence <= last; sequence++) {
        wf_record r;
        WF_TRY(wf_store_read(en->store, sequence, &r, e));
        bool refused = r.kind == WF_RECORD_REFUSED;
        if (!refused && r.kind != WF_RECORD_EVENT)
            continue;
        *(refused ? &en->refused : &en->events) += 1;
        if (r.source == 0 || r.source > en->sources)
            continue;
        struct source *s = en->source[r.source - 1];
        *(refused ? &s->refused : &s->accepted) += 1;
        if (!refused)
            s->last.ms = r.arrival;
    }
    return WF_OK;
}

wf_rc wf_engine_load_counts(wf_engine *en, wf_err *e)
{
    struct totals t = { 0 };
    size_t n;
    wf_rc rc = wf_store_meta_get(en->store, "counts", &t, sizeof t, &n, e);
    if (rc != WF_OK && rc != WF_ABSENT)
        return rc;
    en->counted = t.sequence;
    en->events = t.events;
    en->refused = t.refused;
    WF_TRY(wf_store_smalls(en->store, SMALL_COUNTS, load_one, en, e));
    WF_TRY(wf_store_begin(en->store, e));
    rc = count_rest(en, wf_store_last(en->store), e);
    wf_store_abort(en->store);
    return rc;
}
