/* value -- rows with their checksums, and what LMDB's answers mean. */
#include "store/inside.h"

#include <errno.h>
#include <string.h>

const struct wf_table_row wf_table_rows[WF_TABLES] = {
    [WF_TABLE_JOURNAL] = { "journal", MDB_INTEGERKEY },     [WF_TABLE_POSTINGS] = { "postings", 0 },
    [WF_TABLE_IMAGE] = { "image", 0 },                      [WF_TABLE_HEADS] = { "heads", MDB_INTEGERKEY },
    [WF_TABLE_NAMES] = { "names", 0 },                      [WF_TABLE_SUBJECTS] = { "subjects", MDB_INTEGERKEY },
    [WF_TABLE_WATERMARKS] = { "watermarks", 0 },            [WF_TABLE_OUTBOX] = { "outbox", MDB_INTEGERKEY },
    [WF_TABLE_SMALL] = { "small", 0 },                      [WF_TABLE_META] = { "meta", 0 },
};

wf_rc wf_store_fault(wf_err *e, int rc, const char *what)
{
    switch (rc) {
    case 0:
        return WF_OK;
    case MDB_MAP_FULL: case MDB_TXN_FULL: case ENOSPC: case EDQUOT:
        return wf_fail(e, WF_FULL, "%s: %s", what, mdb_strerror(rc));
    case MDB_CORRUPTED: case MDB_PAGE_NOTFOUND: case MDB_INVALID: case MDB_VERSION_MISMATCH:
    case MDB_NOTFOUND: case MDB_KEYEXIST: case MDB_INCOMPATIBLE:
        return wf_fail(e, WF_DAMAGED, "%s: %s", what, mdb_strerror(rc));
    default:
        return wf_fail(e, WF_SYSTEM, "%s: %s", what, mdb_strerror(rc));
    }
}

static uint32_t checksum(MDB_val key, const uint8_t *bytes, size_t n)
{
    return wf_crc32c(wf_crc32c(0, key.mv_data, key.mv_size), bytes, n);
}

wf_rc wf_value_put(MDB_txn *txn, MDB_dbi dbi, MDB_val key, wf_str head, wf_str bytes, unsigned flags, wf_err *e)
{
    MDB_val v = { sizeof(uint32_t) + head.n + bytes.n, NULL };
    int rc = mdb_put(txn, dbi, &key, &v, flags | MDB_RESERVE);

    if (rc != 0)
        return wf_store_fault(e, rc, "writing a row");
    uint8_t *p = v.mv_data;
    if (head.n > 0)
        memcpy(p + sizeof(uint32_t), head.p, head.n);
    if (bytes.n > 0)
        memcpy(p + sizeof(uint32_t) + head.n, bytes.p, bytes.n);
    uint32_t crc = checksum(key, p + sizeof crc, head.n + bytes.n);
    memcpy(p, &crc, sizeof crc);
    return WF_OK;
}

wf_rc wf_value_open(MDB_val key, MDB_val value, wf_str *ret, wf_err *e)
{
    const uint8_t *p = value.mv_data;
    uint32_t crc;

    if (value.mv_size < sizeof crc)
        return wf_fail(e, WF_DAMAGED, "a row is too short");
    memcpy(&crc, p, sizeof crc);
    if (crc != checksum(key, p + sizeof crc, value.mv_size - sizeof crc))
        return wf_fail(e, WF_DAMAGED, "a row's checksum fails");
    *ret = (wf_str) { (const char *) p + sizeof crc, value.mv_size - sizeof crc };
    return WF_OK;
}

wf_rc wf_value_get(MDB_txn *txn, MDB_dbi dbi, MDB_val key, wf_str *ret, wf_err *e)
{
    MDB_val v;
    int rc = mdb_get(txn, dbi, &key, &v);

    if (rc == MDB_NOTFOUND)
        return wf_fail(e, WF_ABSENT, "there is no such row");
    if (rc != 0)
        return wf_store_fault(e, rc, "reading a row");
    return wf_value_open(key, v, ret, e);
}

static void close_cursor(MDB_cursor **p) { mdb_cursor_close(*p); }

wf_rc wf_rows(MDB_txn *txn, MDB_dbi dbi, wf_str from, size_t prefix, wf_row_visit *visit, void *ctx, wf_err *e)
{
    WF_AUTO(close_cursor) MDB_cursor *c = NULL;
    MDB_val key = wf_val(from.p, from.n), value;
    int rc = mdb_cursor_open(txn, dbi, &c);

    if (rc == 0)
        rc = mdb_cursor_get(c, &key, &value, from.n > 0 ? MDB_SET_RANGE : MDB_FIRST);
    while (rc == 0 && (prefix == 0 || (key.mv_size >= prefix && memcmp(key.mv_data, from.p, prefix) == 0))) {
        wf_str bytes;
        WF_TRY(wf_value_open(key, value, &bytes, e));
        WF_TRY(visit(ctx, (wf_str) { key.mv_data, key.mv_size }, bytes, e));
        rc = mdb_cursor_get(c, &key, &value, MDB_NEXT);
    }
    return rc == MDB_NOTFOUND ? WF_OK : wf_store_fault(e, rc, "reading rows");
}

/* ---- what the writer and readers ask for alike ---- */
#define SUBJECT_HEAD 4u                 /* format, kind, org */
#define SUBJECT_FORMAT 1

wf_rc wf_subject_row(uint32_t number, wf_str bytes, uint8_t *kind, uint16_t *org, wf_str *id, wf_err *e)
{
    if (bytes.n <= SUBJECT_HEAD || bytes.n > SUBJECT_HEAD + WF_SUBJECT_ID_MAX || bytes.p[0] != SUBJECT_FORMAT)
        return wf_fail(e, WF_DAMAGED, "subject %u: of a format that this release does not know", number);
    *kind = (uint8_t) bytes.p[1];
    memcpy(org, bytes.p + 2, sizeof *org);
    *id = (wf_str) { bytes.p + SUBJECT_HEAD, bytes.n - SUBJECT_HEAD };
    return WF_OK;
}

typedef struct smalls { uint8_t kind; wf_store_small_visit *visit; void *ctx; } smalls;

static wf_rc small_row(void *ctx, wf_str key, wf_str bytes, wf_err *e)
{
    const smalls *v = ctx;

    if (key.n != 1 + sizeof(uint64_t))
        return wf_fail(e, WF_DAMAGED, "a small value's key is impossible");
    return v->visit(v->ctx, v->kind, wf_get_be64(key.p + 1), bytes.p, bytes.n, e);
}

wf_rc wf_smalls(MDB_txn *txn, MDB_dbi dbi, uint8_t kind, wf_store_small_visit *visit, void *ctx, wf_err *e)
{
    smalls v = { kind, visit, ctx };

    return wf_rows(txn, dbi, (wf_str) { (const char *) &kind, 1 }, 1, small_row, &v, e);
}

wf_rc wf_journal_get(MDB_txn *txn, MDB_dbi journal, uint64_t sequence, wf_record *ret, wf_err *e)
{
    uint64_t key = WF_KEY_OF(sequence);
    MDB_val k = wf_val(&key, sizeof key), v;
    int rc = mdb_get(txn, journal, &k, &v);

    if (rc == MDB_NOTFOUND)
        return wf_fail(e, WF_ABSENT, "there is no journal entry %llu", (unsigned long long) sequence);
    if (rc != 0)
        return wf_store_fault(e, rc, "reading the journal");
    return wf_record_decode(sequence, v.mv_data, v.mv_size, ret, e);
}

wf_rc wf_seal_take(uint64_t sequence, wf_str bytes, wf_seal *ret, wf_err *e)
{
    if (bytes.n != sizeof *ret && bytes.n != WF_SEAL_BYTES_1)
        return wf_fail(e, WF_DAMAGED, "the seal after entry %llu has an impossible length", (unsigned long long) sequence);
    wf_seal seal = { .first = 0 };
    memcpy(&seal, bytes.p, bytes.n);
    if (seal.format != (bytes.n == sizeof *ret ? WF_STORE_FORMAT : 1u) || seal.first > sequence + 1)
        return wf_fail(e, WF_DAMAGED, "the seal after entry %llu is none that this release writes", (unsigned long long) sequence);
    *ret = seal;
    return WF_OK;
}

wf_rc wf_seal_get(MDB_txn *txn, MDB_dbi journal, uint64_t sequence, wf_seal *ret, wf_err *e)
{
    uint64_t key = WF_SEAL_OF(sequence);
    wf_str bytes;

    WF_TRY(wf_value_get(txn, journal, wf_val(&key, sizeof key), &bytes, e));
    return wf_seal_take(sequence, bytes, ret, e);
}

wf_rc wf_chain_step(MDB_txn *txn, MDB_dbi journal, uint64_t first, uint64_t last, uint8_t chain[WF_CHAIN_BYTES], wf_err *e)
{
    WF_AUTO(close_cursor) MDB_cursor *c = NULL;
    crypto_generichash_state hash;
    uint64_t at = WF_KEY_OF(first);
    MDB_val key = wf_val(&at, sizeof at), value;
    int rc = mdb_cursor_open(txn, journal, &c);

    crypto_generichash_init(&hash, NULL, 0, WF_CHAIN_BYTES);
    crypto_generichash_update(&hash, chain, WF_CHAIN_BYTES);
    if (rc == 0)
        rc = mdb_cursor_get(c, &key, &value, MDB_SET_KEY);
    for (uint64_t n = first; rc == 0; n++) {
        wf_record r;
        memcpy(&at, key.mv_data, sizeof at);
        if (at != WF_KEY_OF(n))
            return wf_fail(e, WF_DAMAGED, "journal entry %llu is missing", (unsigned long long) n);
        WF_TRY(wf_record_decode(n, value.mv_data, value.mv_size, &r, e));
        crypto_generichash_update(&hash, value.mv_data, value.mv_size);
        if (n == last)
            break;
        rc = mdb_cursor_get(c, &key, &value, MDB_NEXT);
    }
    if (rc != 0)
        return wf_store_fault(e, rc, "reading the journal's tail");
    crypto_generichash_final(&hash, chain, WF_CHAIN_BYTES);
    return WF_OK;
}
