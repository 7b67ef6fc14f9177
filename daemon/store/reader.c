/* reader -- a snapshot for another thread. It touches nothing of the writer's memory, only the environment. */
#include "store/inside.h"

#include <stdlib.h>
#include <string.h>

struct wf_reader {
    MDB_env *env;
    const MDB_dbi *table;
    MDB_txn *txn;
    MDB_cursor *journal;
    bool live, placed;                  /* placed: the cursor stands on key `at` */
    uint64_t at, last, alerts;
};

static uint64_t last_key(MDB_txn *txn, MDB_dbi dbi)
{
    MDB_cursor *c;
    MDB_val key, value;
    uint64_t number = 0;

    if (mdb_cursor_open(txn, dbi, &c) != 0)
        return 0;
    if (mdb_cursor_get(c, &key, &value, MDB_LAST) == 0 && key.mv_size == sizeof number)
        memcpy(&number, key.mv_data, sizeof number);
    mdb_cursor_close(c);
    return number;
}

static void look(wf_reader *r)
{
    r->placed = false;
    r->last = last_key(r->txn, r->table[WF_TABLE_JOURNAL]) >> 1;
    r->alerts = last_key(r->txn, r->table[WF_TABLE_OUTBOX]);
}

wf_rc wf_reader_new(wf_store *s, wf_reader **ret, wf_err *e)
{
    WF_AUTO(wf_reader_free) wf_reader *r = calloc(1, sizeof *r);

    WF_ASSERT(r != NULL);
    r->env = s->env;
    r->table = s->table;
    int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &r->txn);
    if (rc != 0)
        r->txn = NULL;
    if (rc == 0 && (rc = mdb_cursor_open(r->txn, r->table[WF_TABLE_JOURNAL], &r->journal)) != 0)
        r->journal = NULL;
    if (rc != 0)
        return rc == MDB_READERS_FULL ? wf_fail(e, WF_BUSY, "too many readers") : wf_store_fault(e, rc, "a reader");
    r->live = true;
    look(r);
    *ret = r;
    r = NULL;
    return WF_OK;
}

void wf_reader_free(wf_reader **p)
{
    wf_reader *r = *p;

    *p = NULL;
    if (r == NULL)
        return;
    if (r->journal != NULL)
        mdb_cursor_close(r->journal);
    if (r->txn != NULL)
        mdb_txn_abort(r->txn);
    free(r);
}

void wf_reader_renew(wf_reader *r)
{
    if (r->live)
        mdb_txn_reset(r->txn);
    r->live = mdb_txn_renew(r->txn) == 0 && mdb_cursor_renew(r->txn, r->journal) == 0;
    r->last = r->alerts = 0;
    if (r->live)
        look(r);
}

void wf_reader_rest(wf_reader *r)
{
    if (r->live)
        mdb_txn_reset(r->txn);
    r->live = false;
}

static wf_rc alive(const wf_reader *r, wf_err *e)
{
    return r->live ? WF_OK : wf_fail(e, WF_SYSTEM, "the reader rests, or the store must be opened again");
}

uint64_t wf_reader_last(wf_reader *r) { return r->last; }
uint64_t wf_reader_alerts(wf_reader *r) { return r->alerts; }

wf_rc wf_reader_record(wf_reader *r, uint64_t sequence, wf_record *ret, wf_err *e)
{
    WF_TRY(alive(r, e));
    return wf_missing(wf_journal_get(r->txn, r->table[WF_TABLE_JOURNAL], sequence, ret, e), sequence, r->last, "journal entry", e);
}

/* Goes on from where the last call stood, so that a scan costs one step an entry. */
static int step(wf_reader *r, uint64_t from, MDB_val *key, MDB_val *value)
{
    uint64_t wanted = WF_KEY_OF(from);

    *key = wf_val(&wanted, sizeof wanted);
    if (r->placed && r->at < wanted && r->at + 2 >= wanted)
        return mdb_cursor_get(r->journal, key, value, MDB_NEXT);
    return mdb_cursor_get(r->journal, key, value, MDB_SET_RANGE);
}

wf_rc wf_reader_next(wf_reader *r, uint64_t from, unsigned kinds, wf_record *ret, wf_err *e)
{
    MDB_val key, value;
    uint64_t next = from > 0 ? from : 1;

    WF_TRY(alive(r, e));
    if (from > r->last)
        return wf_fail(e, WF_ABSENT, "the journal ends before entry %llu", (unsigned long long) from);
    int rc = step(r, from, &key, &value);
    for (; rc == 0; rc = mdb_cursor_get(r->journal, &key, &value, MDB_NEXT)) {
        wf_record found;
        memcpy(&r->at, key.mv_data, sizeof r->at);
        r->placed = true;
        if (r->at & 1u)
            continue;
        if (r->at >> 1 != next)
            return wf_fail(e, WF_DAMAGED, "journal entry %llu is missing", (unsigned long long) next);
        next++;
        WF_TRY(wf_record_decode(r->at >> 1, value.mv_data, value.mv_size, &found, e));
        if ((kinds >> found.kind & 1u) != 0) {
            *ret = found;
            return WF_OK;
        }
    }
    r->placed = false;
    if (rc == MDB_NOTFOUND && next <= r->last)
        return wf_fail(e, WF_DAMAGED, "journal entry %llu is missing", (unsigned long long) next);
    return rc == MDB_NOTFOUND ? wf_fail(e, WF_ABSENT, "no such entry follows") : wf_store_fault(e, rc, "reading the journal");
}

wf_rc wf_reader_alert(wf_reader *r, uint64_t number, wf_str *bytes, wf_err *e)
{
    WF_TRY(alive(r, e));
    return wf_missing(wf_value_get(r->txn, r->table[WF_TABLE_OUTBOX], wf_val(&number, sizeof number), bytes, e), number, r->alerts, "alert", e);
}

wf_rc wf_reader_subject_id(wf_reader *r, uint32_t subject, uint8_t *kind, uint16_t *org, wf_str *id, wf_err *e)
{
    uint64_t key = subject;
    wf_str bytes;

    WF_TRY(alive(r, e));
    WF_TRY(wf_value_get(r->txn, r->table[WF_TABLE_SUBJECTS], wf_val(&key, sizeof key), &bytes, e));
    return wf_subject_row(subject, bytes, kind, org, id, e);
}

wf_rc wf_reader_smalls(wf_reader *r, uint8_t kind, wf_store_small_visit *visit, void *ctx, wf_err *e)
{
    WF_TRY(alive(r, e));
    return wf_smalls(r->txn, r->table[WF_TABLE_SMALL], kind, visit, ctx, e);
}
