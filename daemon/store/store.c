/* store -- the writing transaction: records, their subjects, and the commit that seals them. */
#include "store/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

/* Pages of heads are written only when the oldest change that the store lacks lies this many entries back; then one a
 * commit and one more for so many records. A start reads back what lies between: at 1,000,000 subjects, all of them in
 * turn and commits of 2,048 records some 270,000 entries, else little more than the lag itself. */
#define HEADS_LAG 16384u
#define HEADS_RECORDS_A_PAGE 128u

const char *wf_store_id(const wf_store *s) { return s->id; }
uint64_t wf_store_instance(const wf_store *s) { return s->instance; }
bool wf_store_restored(const wf_store *s, int64_t *ms, uint64_t *sequence)
{
    *ms = s->restored.ms;
    *sequence = s->restored.sequence;
    return s->restored.ms != 0;
}

bool wf_store_fresh(const wf_store *s) { return s->then.next == 1; }
uint64_t wf_store_last(const wf_store *s) { return s->then.next - 1; }
uint64_t wf_store_next(const wf_store *s) { return s->now.next; }
uint32_t wf_store_subjects(const wf_store *s) { return s->subjects.count; }
uint64_t wf_store_head(const wf_store *s, uint32_t subject) { return wf_heads_get(&s->heads, subject); }
uint64_t wf_store_alerts(const wf_store *s) { return s->then.seal.alerts; }
uint64_t wf_store_floor(const wf_store *s) { return s->now.seal.floor; }
uint64_t wf_store_derive_to(const wf_store *s) { return s->now.seal.derive_to; }

uint64_t wf_store_used_bytes(const wf_store *s)
{
    MDB_envinfo info;
    MDB_stat stat;

    if (mdb_env_info(s->env, &info) != 0 || mdb_env_stat(s->env, &stat) != 0)
        return 0;
    return ((uint64_t) info.me_last_pgno + 1) * stat.ms_psize;
}

/* ---- begin, commit, abort ---- */

wf_rc wf_store_begin(wf_store *s, wf_err *e)
{
    WF_ASSERT(s->txn == NULL);
    if (s->reading_live)
        mdb_txn_reset(s->reading);
    s->reading_live = false;
    int rc = mdb_txn_begin(s->env, NULL, 0, &s->txn);
    if (rc != 0) {
        s->txn = NULL;
        return wf_store_fault(e, rc, "beginning a transaction");
    }
    rc = mdb_cursor_open(s->txn, s->table[WF_TABLE_JOURNAL], &s->tail);
    if (rc != 0) {
        mdb_txn_abort(s->txn);
        s->txn = NULL;
        return wf_store_fault(e, rc, "beginning a transaction");
    }
    s->failed = WF_OK;
    s->wrote = false;
    crypto_generichash_init(&s->hash, NULL, 0, WF_CHAIN_BYTES);
    crypto_generichash_update(&s->hash, s->now.seal.chain, WF_CHAIN_BYTES);
    return WF_OK;
}

static void undo(wf_store *s)
{
    s->txn = NULL;
    s->now = s->then;
    wf_heads_undo_after(&s->heads, s->then.next - 1);
    wf_subjects_cut(&s->subjects, s->then.seal.subjects);
    wf_marks_forget(s);
}

void wf_store_abort(wf_store *s)
{
    if (s->txn == NULL)
        return;
    mdb_txn_abort(s->txn);
    undo(s);
}

static wf_rc write_postings(wf_store *s, const void *postings, size_t n, wf_err *e)
{
    uint64_t last = s->now.next - 1;
    uint8_t key[12];

    if (n == 0)
        return WF_OK;
    s->wrote = true;
    s->now.posted_part = s->now.posted == last ? s->now.posted_part + 1 : 0;
    s->now.posted = last;
    wf_put_be64(key, last);
    wf_put_be32(key + 8, s->now.posted_part);
    return wf_value_put(s->txn, s->table[WF_TABLE_POSTINGS], wf_val(key, sizeof key), (wf_str) { 0 },
                        (wf_str) { postings, n }, MDB_APPEND, e);
}

/* Writes the pages of heads that have waited longest, without taking them off the line yet: *taken of them. */
static wf_rc write_heads(wf_store *s, uint32_t *taken, wf_err *e)
{
    uint64_t last = s->now.next - 1;
    uint64_t most = 1 + (s->now.next - s->then.next) / HEADS_RECORDS_A_PAGE;
    uint32_t at = s->heads.first;

    *taken = 0;
    if (last - wf_heads_floor(&s->heads, last) <= HEADS_LAG)
        most = 0;
    s->wrote |= most > 0;
    for (; at != WF_HEADS_NONE && *taken < most; at = s->heads.page[at].after, ++*taken) {
        uint64_t key = at;
        WF_TRY(wf_value_put(s->txn, s->table[WF_TABLE_HEADS], wf_val(&key, sizeof key), (wf_str) { 0 },
                            (wf_str) { (const char *) s->heads.page[at].head, sizeof s->heads.page[at].head }, 0, e));
    }
    s->now.seal.heads_floor = at == WF_HEADS_NONE ? last : s->heads.page[at].since - 1;
    return WF_OK;
}

static wf_rc write_seal(wf_store *s, wf_err *e)
{
    bool records = s->now.next != s->then.next;
    uint64_t key = WF_SEAL_OF(s->now.next - 1);

    s->now.seal.subjects = s->subjects.count;
    s->now.seal.format = WF_STORE_FORMAT;
    if (records) {
        s->now.seal.first = s->then.next;
        crypto_generichash_final(&s->hash, s->now.seal.chain, WF_CHAIN_BYTES);
    } else if (!s->wrote && memcmp(&s->now.seal, &s->then.seal, sizeof s->now.seal) == 0) {
        return WF_OK;
    }
    s->now.seal.transaction = mdb_txn_id(s->txn);
    return wf_value_put(s->txn, s->table[WF_TABLE_JOURNAL], wf_val(&key, sizeof key), (wf_str) { 0 },
                        (wf_str) { (const char *) &s->now.seal, sizeof s->now.seal }, records ? MDB_APPEND : 0, e);
}

/* A write that the disk had no room for in full is told as EIO. */
static wf_rc commit_fault(wf_store *s, int rc, wf_err *e)
{
    struct statvfs v;

    if (rc == EIO && fstatvfs(s->directory, &v) == 0 && (uint64_t) v.f_bavail * v.f_frsize < (1u << 20))
        rc = ENOSPC;
    return wf_store_fault(e, rc, "committing");
}

wf_rc wf_store_commit(wf_store *s, const void *postings, size_t n, wf_err *e)
{
    uint32_t taken = 0;
    wf_rc rc;

    WF_ASSERT(s->txn != NULL);
    if ((rc = wf_store_sound(s, e)) != WF_OK || (rc = wf_marks_write(s, e)) != WF_OK ||
        (rc = write_postings(s, postings, n, e)) != WF_OK || (rc = write_heads(s, &taken, e)) != WF_OK ||
        (rc = write_seal(s, e)) != WF_OK) {
        wf_store_abort(s);
        return rc;
    }
    int fault = mdb_txn_commit(s->txn);
    if (fault != 0) {
        undo(s);
        return commit_fault(s, fault, e);
    }
    s->txn = NULL;
    s->then = s->now;
    wf_heads_keep(&s->heads);
    while (taken-- > 0)
        wf_heads_taken(&s->heads);
    wf_marks_forget(s);
    return WF_OK;
}

/* ---- the journal ---- */

wf_rc wf_store_append(wf_store *s, wf_record *r, wf_err *e)
{
    uint64_t sequence = s->now.next, key = WF_KEY_OF(sequence);
    MDB_val k = wf_val(&key, sizeof key), v;

    WF_ASSERT(s->txn != NULL && r->subject_count <= WF_RECORD_SUBJECTS);
    for (unsigned i = 0; i < r->subject_count; i++)
        WF_ASSERT(r->subject[i] >= 1 && r->subject[i] <= s->subjects.count);
    if (r->id.n > WF_RECORD_ID_MAX || r->target.n > WF_RECORD_ID_MAX || r->body.n > WF_RECORD_BODY_MAX)
        return wf_fail(e, WF_SIZE, "a journal entry of %zu + %zu bytes", r->id.n, r->body.n);
    WF_TRY(wf_store_sound(s, e));
    v = wf_val(NULL, wf_record_size(r));
    int rc = mdb_cursor_put(s->tail, &k, &v, MDB_APPEND | MDB_RESERVE);
    if (rc != 0)
        return wf_store_failed(s, wf_store_fault(e, rc, "appending to the journal"));
    r->sequence = sequence;
    for (unsigned i = 0; i < r->subject_count; i++)
        r->previous[i] = wf_heads_get(&s->heads, r->subject[i]);
    for (unsigned i = 0; i < r->subject_count; i++)
        wf_heads_set(&s->heads, r->subject[i], sequence);
    wf_record_encode(r, v.mv_data);
    crypto_generichash_update(&s->hash, v.mv_data, v.mv_size);
    s->now.next++;
    return WF_OK;
}

wf_rc wf_store_reading(wf_store *s, MDB_txn **ret, wf_err *e)
{
    if (s->txn == NULL && !s->reading_live) {
        int rc = mdb_txn_renew(s->reading);
        if (rc != 0)
            return wf_store_fault(e, rc, "reading");
        s->reading_live = true;
    }
    *ret = s->txn != NULL ? s->txn : s->reading;
    return WF_OK;
}

wf_rc wf_store_read(wf_store *s, uint64_t sequence, wf_record *ret, wf_err *e)
{
    MDB_txn *txn;

    WF_TRY(wf_store_reading(s, &txn, e));
    return wf_missing(wf_journal_get(txn, s->table[WF_TABLE_JOURNAL], sequence, ret, e), sequence, s->now.next - 1, "journal entry", e);
}

/* ---- subjects ---- */

wf_rc wf_store_subject(wf_store *s, uint8_t kind, uint16_t org, wf_str id, bool make, uint32_t *ret, wf_err *e)
{
    if (id.n == 0 || id.n > WF_SUBJECT_ID_MAX)
        return wf_fail(e, WF_SIZE, "a subject's id of %zu bytes", id.n);
    uint32_t number = wf_subjects_find(&s->subjects, kind, org, id);
    if (number == 0 && make) {
        WF_ASSERT(s->txn != NULL);
        WF_TRY(wf_store_sound(s, e));
        if (s->subjects.count == UINT32_MAX - WF_HEADS_PAGE)
            return wf_fail(e, WF_FULL, "no number is left for a subject");
        char head[4] = { 1, (char) kind };
        memcpy(head + 2, &org, sizeof org);
        uint64_t key = (uint64_t) s->subjects.count + 1;
        s->wrote = true;
        WF_TRY(wf_store_failed(s, wf_value_put(s->txn, s->table[WF_TABLE_SUBJECTS], wf_val(&key, sizeof key),
                                     (wf_str) { head, sizeof head }, id, MDB_APPEND, e)));
        number = wf_subjects_add(&s->subjects, kind, org, id);
        wf_heads_grow(&s->heads, number);
    }
    *ret = number;
    return WF_OK;
}

void wf_store_subject_prefetch(const wf_store *s, uint8_t kind, uint16_t org, wf_str id)
{
    wf_subjects_prefetch(&s->subjects, kind, org, id);
}

wf_rc wf_store_subject_id(wf_store *s, uint32_t subject, uint8_t *kind, uint16_t *org, wf_str *id, wf_err *e)
{
    if (!wf_subjects_id(&s->subjects, subject, kind, org, id))
        return wf_fail(e, WF_ABSENT, "there is no subject %u", subject);
    return WF_OK;
}
