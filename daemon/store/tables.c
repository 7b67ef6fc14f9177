/* tables -- what stands beside the journal: image, postings, names, watermarks, outbox, small values. */
#include "store/inside.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

static wf_rc put(wf_store *s, wf_table t, const void *key, size_t n, wf_str head, const void *bytes, size_t size,
                 unsigned flags, wf_err *e)
{
    WF_ASSERT(s->txn != NULL);
    WF_TRY(wf_store_sound(s, e));
    s->wrote = true;
    return wf_store_failed(s, wf_value_put(s->txn, s->table[t], wf_val(key, n), head, (wf_str) { bytes, size }, flags, e));
}

static wf_rc rows(wf_store *s, wf_table t, wf_str from, size_t prefix, wf_row_visit *visit, void *ctx, wf_err *e)
{
    MDB_txn *txn;

    WF_TRY(wf_store_reading(s, &txn, e));
    return wf_rows(txn, s->table[t], from, prefix, visit, ctx, e);
}

/* ---- names: kind, number ---- */

wf_rc wf_store_name_put(wf_store *s, uint8_t kind, uint32_t number, const void *bytes, size_t n, wf_err *e)
{
    uint8_t key[5] = { kind };

    wf_put_be32(key + 1, number);
    return put(s, WF_TABLE_NAMES, key, sizeof key, (wf_str) { 0 }, bytes, n, 0, e);
}

typedef struct names { wf_store_name_visit *visit; void *ctx; } names;

static wf_rc name_row(void *ctx, wf_str key, wf_str bytes, wf_err *e)
{
    const names *v = ctx;

    if (key.n != 5)
        return wf_fail(e, WF_DAMAGED, "a name's key is impossible");
    return v->visit(v->ctx, (uint8_t) key.p[0], wf_get_be32(key.p + 1), bytes.p, bytes.n, e);
}

wf_rc wf_store_names(wf_store *s, wf_store_name_visit *visit, void *ctx, wf_err *e)
{
    return rows(s, WF_TABLE_NAMES, (wf_str) { 0 }, 0, name_row, &(names) { visit, ctx }, e);
}

/* ---- image: a, b -> sequence, bytes. b is signed: its sign is turned so that order of bytes is order of numbers ---- */
#define SIGN 0x80000000u

wf_rc wf_store_image_put(wf_store *s, uint32_t a, int32_t b, const void *bytes, size_t n, uint64_t sequence, wf_err *e)
{
    uint8_t key[8];

    wf_put_be32(key, a);
    wf_put_be32(key + 4, (uint32_t) b ^ SIGN);
    return put(s, WF_TABLE_IMAGE, key, sizeof key, (wf_str) { (const char *) &sequence, sizeof sequence }, bytes, n, 0, e);
}

typedef struct image { wf_store_image_visit *visit; void *ctx; } image;

static wf_rc image_row(void *ctx, wf_str key, wf_str bytes, wf_err *e)
{
    const image *v = ctx;
    uint64_t sequence;

    if (key.n != 8 || bytes.n < sizeof sequence)
        return wf_fail(e, WF_DAMAGED, "a page of the image is impossible");
    memcpy(&sequence, bytes.p, sizeof sequence);
    return v->visit(v->ctx, wf_get_be32(key.p), (int32_t) (wf_get_be32(key.p + 4) ^ SIGN), bytes.p + sizeof sequence,
                    bytes.n - sizeof sequence, sequence, e);
}

wf_rc wf_store_image(wf_store *s, wf_store_image_visit *visit, void *ctx, wf_err *e)
{
    return rows(s, WF_TABLE_IMAGE, (wf_str) { 0 }, 0, image_row, &(image) { visit, ctx }, e);
}

void wf_store_floor_set(wf_store *s, uint64_t sequence)
{
    s->now.seal.floor = sequence;
    if (sequence >= s->now.seal.derive_to)
        s->now.seal.derive_to = 0;
}

/* ---- postings: last sequence, part ---- */

typedef struct postings { wf_store_postings_visit *visit; void *ctx; } postings;

static wf_rc postings_row(void *ctx, wf_str key, wf_str bytes, wf_err *e)
{
    const postings *v = ctx;

    if (key.n != 12)
        return wf_fail(e, WF_DAMAGED, "the key of a commit's postings is impossible");
    return v->visit(v->ctx, wf_get_be64(key.p), bytes.p, bytes.n, e);
}

wf_rc wf_store_postings(wf_store *s, uint64_t after, wf_store_postings_visit *visit, void *ctx, wf_err *e)
{
    uint8_t key[12] = { 0 };

    if (after == UINT64_MAX)
        return WF_OK;
    wf_put_be64(key, after + 1);
    return rows(s, WF_TABLE_POSTINGS, (wf_str) { (const char *) key, sizeof key }, 0, postings_row,
                &(postings) { visit, ctx }, e);
}

/* Deletes the rows whose key begins with a byte of WF_KIND_DERIVED or more. */
static wf_rc forget_kinds(MDB_txn *txn, MDB_dbi dbi, wf_err *e)
{
    const uint8_t from = WF_KIND_DERIVED;
    MDB_cursor *c;
    int rc = mdb_cursor_open(txn, dbi, &c);

    if (rc != 0)
        return wf_store_fault(e, rc, "forgetting what is derived");
    MDB_val key = wf_val(&from, 1), value;
    while ((rc = mdb_cursor_get(c, &key, &value, MDB_SET_RANGE)) == 0 && (rc = mdb_cursor_del(c, 0)) == 0)
        key = wf_val(&from, 1);
    mdb_cursor_close(c);
    return rc == MDB_NOTFOUND ? WF_OK : wf_store_fault(e, rc, "forgetting what is derived");
}

wf_rc wf_derived_forget(wf_store *s, wf_err *e)
{
    int rc = mdb_drop(s->txn, s->table[WF_TABLE_IMAGE], 0);

    s->wrote = true;
    if (rc == 0)
        rc = mdb_drop(s->txn, s->table[WF_TABLE_POSTINGS], 0);
    WF_TRY(wf_store_failed(s, wf_store_fault(e, rc, "forgetting what is derived")));
    WF_TRY(wf_store_failed(s, forget_kinds(s->txn, s->table[WF_TABLE_NAMES], e)));
    WF_TRY(wf_store_failed(s, forget_kinds(s->txn, s->table[WF_TABLE_SMALL], e)));
    s->now.seal.floor = 0;
    s->now.seal.derive_to = s->now.next - 1;
    s->now.posted = 0;
    s->now.posted_part = 0;
    return WF_OK;
}

wf_rc wf_store_derived_reset(wf_store *s, wf_err *e)
{
    WF_ASSERT(s->txn != NULL);
    WF_TRY(wf_store_sound(s, e));
    return wf_derived_forget(s, e);
}

/* ---- watermarks: source NUL epoch. Set in memory as often as wished, written once a commit ---- */
#define SOURCE_MAX 64u

struct wf_mark {
    UT_hash_handle hh;
    uint64_t number, epoch;
    size_t n;                           /* of the key */
    uint8_t key[SOURCE_MAX + 1 + sizeof(uint64_t)];
};

static wf_rc mark_key(wf_str source, uint64_t epoch, uint8_t key[SOURCE_MAX + 9], size_t *n, wf_err *e)
{
    if (source.n == 0 || source.n > SOURCE_MAX || memchr(source.p, 0, source.n) != NULL)
        return wf_fail(e, WF_RANGE, "not a source's name");
    memcpy(key, source.p, source.n);
    key[source.n] = 0;
    wf_put_be64(key + source.n + 1, epoch);
    *n = source.n + 1 + sizeof epoch;
    return WF_OK;
}

static wf_mark *find_mark(wf_store *s, const uint8_t *key, size_t n)
{
    wf_mark *m = s->mark_last;

    if (m == NULL || m->n != n || memcmp(m->key, key, n) != 0)
        HASH_FIND(hh, s->marks, key, n, m);
    return m;
}

wf_rc wf_store_watermark_set(wf_store *s, wf_str source, uint64_t epoch, uint64_t number, wf_err *e)
{
    uint8_t key[SOURCE_MAX + 9];
    size_t n;

    WF_ASSERT(s->txn != NULL);
    WF_TRY(mark_key(source, epoch, key, &n, e));
    wf_mark *m = find_mark(s, key, n);
    if (m == NULL) {
        WF_ASSERT((m = calloc(1, sizeof *m)) != NULL);
        memcpy(m->key, key, n);
        m->n = n;
        m->epoch = epoch;
        HASH_ADD(hh, s->marks, key, n, m);
    }
    m->number = number;
    s->mark_last = m;
    return WF_OK;
}

wf_rc wf_store_watermark(wf_store *s, wf_str source, uint64_t epoch, uint64_t *ret, wf_err *e)
{
    uint8_t key[SOURCE_MAX + 9];
    size_t n;
    MDB_txn *txn;
    wf_str bytes;

    WF_TRY(mark_key(source, epoch, key, &n, e));
    const wf_mark *m = find_mark(s, key, n);
    if (m != NULL) {
        *ret = m->number;
        return WF_OK;
    }
    WF_TRY(wf_store_reading(s, &txn, e));
    wf_rc rc = wf_value_get(txn, s->table[WF_TABLE_WATERMARKS], wf_val(key, n), &bytes, NULL);
    if (rc == WF_ABSENT) {
        *ret = 0;
        return WF_OK;
    }
    if (rc != WF_OK || bytes.n != sizeof *ret)
        return wf_fail(e, rc != WF_OK ? rc : WF_DAMAGED, "the watermark of source %.*s", WF_STR_ARG(source));
    memcpy(ret, bytes.p, sizeof *ret);
    return WF_OK;
}

static wf_rc newest(void *ctx, wf_str key, wf_str bytes, wf_err *e)
{
    (void) bytes;
    if (key.n <= sizeof(uint64_t))
        return wf_fail(e, WF_DAMAGED, "a watermark's key is impossible");
    *(uint64_t *) ctx = wf_get_be64(key.p + key.n - sizeof(uint64_t));
    return WF_OK;
}

wf_rc wf_store_epoch(wf_store *s, wf_str source, uint64_t *ret, wf_err *e)
{
    uint8_t key[SOURCE_MAX + 9];
    size_t n;
    uint64_t epoch = 0;

    WF_TRY(mark_key(source, 0, key, &n, e));
    WF_TRY(rows(s, WF_TABLE_WATERMARKS, (wf_str) { (const char *) key, n }, source.n + 1, newest, &epoch, e));
    for (const wf_mark *m = s->marks; m != NULL; m = m->hh.next)
        if (m->n == n && memcmp(m->key, key, source.n + 1) == 0 && m->epoch > epoch)
            epoch = m->epoch;
    *ret = epoch;
    return WF_OK;
}

wf_rc wf_marks_write(wf_store *s, wf_err *e)
{
    for (const wf_mark *m = s->marks; m != NULL; m = m->hh.next)
        WF_TRY(put(s, WF_TABLE_WATERMARKS, m->key, m->n, (wf_str) { 0 }, &m->number, sizeof m->number, 0, e));
    return WF_OK;
}

void wf_marks_forget(wf_store *s)
{
    wf_mark *m, *next;

    HASH_ITER(hh, s->marks, m, next) {
        HASH_DEL(s->marks, m);
        free(m);
    }
    s->mark_last = NULL;
}

/* ---- outbox ---- */

wf_rc wf_store_alert_put(wf_store *s, uint64_t number, const void *bytes, size_t n, wf_err *e)
{
    WF_ASSERT(number == s->now.seal.alerts + 1);
    WF_TRY(put(s, WF_TABLE_OUTBOX, &number, sizeof number, (wf_str) { 0 }, bytes, n, MDB_APPEND, e));
    s->now.seal.alerts = number;
    return WF_OK;
}

/* ---- small values. Names of meta values from outside begin with a point, so they cannot be the store's own ---- */
#define META_NAME_MAX 32u

static wf_rc meta_key(const char *name, char key[META_NAME_MAX + 1], size_t *n, wf_err *e)
{
    size_t length = strlen(name);

    if (length == 0 || length > META_NAME_MAX)
        return wf_fail(e, WF_SIZE, "a name of %zu bytes", length);
    key[0] = '.';
    memcpy(key + 1, name, length);
    *n = length + 1;
    return WF_OK;
}

wf_rc wf_store_meta_put(wf_store *s, const char *name, const void *bytes, size_t n, wf_err *e)
{
    char key[META_NAME_MAX + 1];
    size_t length = 0;

    WF_TRY(meta_key(name, key, &length, e));
    return put(s, WF_TABLE_META, key, length, (wf_str) { 0 }, bytes, n, 0, e);
}

wf_rc wf_store_meta_get(wf_store *s, const char *name, void *buf, size_t cap, size_t *n, wf_err *e)
{
    char key[META_NAME_MAX + 1];
    size_t length = 0;
    MDB_txn *txn;
    wf_str bytes;

    WF_TRY(meta_key(name, key, &length, e));
    WF_TRY(wf_store_reading(s, &txn, e));
    WF_TRY(wf_value_get(txn, s->table[WF_TABLE_META], wf_val(key, length), &bytes, e));
    if (bytes.n > cap)
        return wf_fail(e, WF_SIZE, "%s has %zu bytes, there is room for %zu", name, bytes.n, cap);
    if (bytes.n > 0)
        memcpy(buf, bytes.p, bytes.n);
    *n = bytes.n;
    return WF_OK;
}

wf_rc wf_store_small_put(wf_store *s, uint8_t kind, uint64_t number, const void *bytes, size_t n, wf_err *e)
{
    uint8_t key[9] = { kind };

    WF_ASSERT(s->txn != NULL);
    WF_TRY(wf_store_sound(s, e));
    wf_put_be64(key + 1, number);
    if (n > 0)
        return put(s, WF_TABLE_SMALL, key, sizeof key, (wf_str) { 0 }, bytes, n, 0, e);
    MDB_val k = wf_val(key, sizeof key);
    s->wrote = true;
    int rc = mdb_del(s->txn, s->table[WF_TABLE_SMALL], &k, NULL);
    return rc == MDB_NOTFOUND ? WF_OK : wf_store_failed(s, wf_store_fault(e, rc, "deleting a small value"));
}

wf_rc wf_store_smalls(wf_store *s, uint8_t kind, wf_store_small_visit *visit, void *ctx, wf_err *e)
{
    MDB_txn *txn;

    WF_TRY(wf_store_reading(s, &txn, e));
    return wf_smalls(txn, s->table[WF_TABLE_SMALL], kind, visit, ctx, e);
}
