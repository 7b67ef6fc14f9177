/* counts -- what became of each source's events, how late they came and which of its own numbers are missing, for ever:
 * kept every few thousand entries, and at a start the entries since then are counted from the journal. So a small commit
 * writes nothing for it. */
#include "engine/state.h"

#include <stdlib.h>
#include <string.h>

#define STEP 4096u
#define RANGES_MAX 64u

struct totals { uint64_t sequence, events, refused; int64_t open; };
/* In the store: this, then `ranges` pairs of numbers. */
struct kept { uint64_t accepted, refused; int64_t last; struct late late; uint32_t ranges; uint64_t lost; };

/* ---- late: days between the day that an event is about and the day it came on ---- */

/*   days 0 .. 31 each | 32-38 | 39-45 | ... | 137 and more */
static uint32_t bucket_of(int32_t days) { return days < 32 ? (uint32_t) days : days < 32 + 7 * 15 ? 32 + (uint32_t) (days - 32) / 7 : LATE_BUCKETS - 1; }
static int32_t bucket_end(uint32_t k, int32_t worst) { return k < 32 ? (int32_t) k : k == LATE_BUCKETS - 1 ? worst : 38 + 7 * (int32_t) (k - 32); }

/* What is no news says nothing of how late news come: first loads, corrections, what was before the source's first day. */
static void count_late(struct late *l, const wf_record *r, int32_t came)
{
    int32_t days = came - r->effective;
    bool news = (r->flags & ~(WF_RECORD_INFERRED | WF_RECORD_FRAME_END)) == 0 && r->type != WF_COMPLETE;
    if (l->first == 0)
        l->first = came;
    if (!news || r->effective < l->first)
        return;
    days = days < 0 ? 0 : days;
    l->count[bucket_of(days)]++;
    if (days > l->worst)
        l->worst = days;
}

int32_t wf_engine_late_median(const struct late *l)
{
    uint64_t all = 0, seen = 0;
    for (uint32_t k = 0; k < LATE_BUCKETS; k++)
        all += l->count[k];
    for (uint32_t k = 0; k < LATE_BUCKETS && all > 0; k++)
        if ((seen += l->count[k]) * 2 >= all)
            return bucket_end(k, l->worst) < l->worst ? bucket_end(k, l->worst) : l->worst;
    return 0;
}

uint64_t wf_engine_late_beyond(const struct late *l, int32_t days)
{
    uint64_t n = 0;
    for (uint32_t k = bucket_of(days) + 1; k < LATE_BUCKETS; k++)
        n += l->count[k];
    return n;
}

/* ---- the source's own numbers (F5): ranges that have come, ascending and apart ---- */

static void make_room(struct numbers *x)
{
    if (x->n == x->cap) {
        x->cap = x->cap == 0 ? 2 : x->cap * 2;
        x->range = wf_engine_grow(x->range, x->cap * sizeof *x->range);
    }
    if (x->n < RANGES_MAX)
        return;
    x->lost += x->range[1].from - x->range[0].until - 1;        /* the oldest hole is counted on, and no longer listed */
    x->range[1].from = x->range[0].from;
    memmove(x->range, x->range + 1, --x->n * sizeof *x->range);
}

/* A number before the first that came is of an older numbering: no hole. */
static void number_came(struct numbers *x, uint64_t number)
{
    uint32_t at = x->n;
    if (number == 0 || (x->n > 0 && number < x->range[0].from))
        return;
    while (at > 0 && x->range[at - 1].from > number)
        at--;
    if (at > 0 && number <= x->range[at - 1].until)
        return;
    bool joins = at > 0 && x->range[at - 1].until + 1 == number, follows = at < x->n && x->range[at].from == number + 1;
    if (joins && follows) {
        x->range[at - 1].until = x->range[at].until;
        memmove(x->range + at, x->range + at + 1, (--x->n - at) * sizeof *x->range);
    } else if (joins) {
        x->range[at - 1].until = number;
    } else if (follows) {
        x->range[at].from = number;
    } else {
        uint32_t before = x->n;
        make_room(x);
        at -= before - x->n;
        memmove(x->range + at + 1, x->range + at, (x->n++ - at) * sizeof *x->range);
        x->range[at] = (struct range) { number, number };
    }
}

uint64_t wf_engine_missing(const struct numbers *x)
{
    uint64_t n = x->lost;
    for (uint32_t i = 1; i < x->n; i++)
        n += x->range[i].from - x->range[i - 1].until - 1;
    return n;
}

/* ---- counting ---- */

void wf_engine_count(wf_engine *en, const wf_record *r, wf_day open)
{
    bool refused = r->kind == WF_RECORD_REFUSED;
    if (!refused && r->kind != WF_RECORD_EVENT)
        return;
    *(refused ? &en->refused : &en->events) += 1;
    if (r->source == 0 || r->source > en->sources)
        return;
    struct source *s = en->source[r->source - 1];
    *(refused ? &s->refused : &s->accepted) += 1;
    number_came(&s->numbers, r->source_sequence);
    if (refused)
        return;
    s->last.ms = r->arrival;
    count_late(&s->late, r, open.n);
}

/* ---- to the store and back ---- */

static wf_rc keep_one(wf_engine *en, struct source *s, wf_err *e)
{
    uint8_t bytes[sizeof(struct kept) + RANGES_MAX * sizeof(struct range)];
    struct kept k;
    memset(&k, 0, sizeof k);
    k.accepted = s->accepted;
    k.refused = s->refused;
    k.last = s->last.ms;
    k.late = s->late;
    k.ranges = s->numbers.n;
    k.lost = s->numbers.lost;
    memcpy(bytes, &k, sizeof k);
    if (k.ranges > 0)
        memcpy(bytes + sizeof k, s->numbers.range, k.ranges * sizeof *s->numbers.range);
    s->kept = s->accepted + s->refused;
    return wf_store_small_put(en->store, SMALL_COUNTS, s->number, bytes, sizeof k + k.ranges * sizeof *s->numbers.range, e);
}

wf_rc wf_engine_keep_counts(wf_engine *en, uint64_t sequence, wf_err *e)
{
    if (sequence - en->counted < STEP)
        return WF_OK;
    struct totals t = { sequence, en->events, en->refused, en->today.n };
    WF_TRY(wf_store_meta_put(en->store, "tally", &t, sizeof t, e));
    for (uint32_t i = 0; i < en->sources; i++)
        if (en->source[i]->accepted + en->source[i]->refused != en->source[i]->kept)
            WF_TRY(keep_one(en, en->source[i], e));
    en->counted = sequence;
    return WF_OK;
}

static wf_rc load_one(void *ctx, uint8_t kind, uint64_t number, const void *bytes, size_t n, wf_err *e)
{
    wf_engine *en = ctx;
    struct kept k;
    (void) kind;
    if (n < sizeof k || number == 0 || number > en->sources)
        return wf_fail(e, WF_DAMAGED, "counts of source %llu", (unsigned long long) number);
    memcpy(&k, bytes, sizeof k);
    if (k.ranges > RANGES_MAX || n != sizeof k + k.ranges * sizeof(struct range))
        return wf_fail(e, WF_DAMAGED, "numbers of source %llu", (unsigned long long) number);
    struct source *s = en->source[number - 1];
    s->accepted = k.accepted;
    s->refused = k.refused;
    s->last.ms = k.last;
    s->late = k.late;
    s->kept = k.accepted + k.refused;
    s->numbers = (struct numbers) { .lost = k.lost };
    for (uint32_t i = 0; i < k.ranges; i++) {
        make_room(&s->numbers);
        memcpy(&s->numbers.range[s->numbers.n++], (const uint8_t *) bytes + sizeof k + i * sizeof(struct range), sizeof(struct range));
    }
    return WF_OK;
}

/* The open day is the journal's, whatever the host's clock showed (T5): what a tick ended and what a profile came into force on. */
static wf_rc count_rest(wf_engine *en, wf_day open, uint64_t last, wf_err *e)
{
    for (uint64_t sequence = en->counted + 1; sequence <= last; sequence++) {
        wf_record r;
        WF_TRY(wf_store_read(en->store, sequence, &r, e));
        if (r.kind == WF_RECORD_TICK || r.kind == WF_RECORD_PROFILE)
            open.n = r.effective + (r.kind == WF_RECORD_TICK);
        wf_engine_count(en, &r, open);
    }
    return WF_OK;
}

wf_rc wf_engine_load_counts(wf_engine *en, wf_err *e)
{
    struct totals t = { 0 };
    size_t n;
    wf_rc rc = wf_store_meta_get(en->store, "tally", &t, sizeof t, &n, e);
    if (rc != WF_OK && rc != WF_ABSENT)
        return rc;
    en->counted = t.sequence;
    en->events = t.events;
    en->refused = t.refused;
    WF_TRY(wf_store_smalls(en->store, SMALL_COUNTS, load_one, en, e));
    WF_TRY(wf_store_begin(en->store, e));
    rc = count_rest(en, (wf_day) { (int32_t) t.open }, wf_store_last(en->store), e);
    wf_store_abort(en->store);
    return rc;
}
