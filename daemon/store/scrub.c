/* scrub -- reads a store's bytes again and holds them to their checksums: the whole of a file, or parts of a live store.
 *
 *   pages and trees (walk.h)  ->  a row's key and CRC  ->  the journal's order, each commit's hash, dense numbers */
#include "store/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* What is known of the rows before the next one. */
typedef struct rows {
    crypto_generichash_state hash;      /* of the commit that is being read */
    uint8_t chain[WF_CHAIN_BYTES], id[16];
    uint64_t next, first;               /* sequence: of the next record, of the commit's first */
    uint64_t alert, subject, name, events, all;
    uint32_t format;
    uint64_t instance;
    uint8_t kind;                       /* of the last name */
    bool derived;                       /* the last row can be derived anew */
} rows;

/* ---- rows ---- */

static wf_rc journal_record(rows *r, uint64_t sequence, MDB_val value, wf_err *e)
{
    wf_record record;

    if (sequence != r->next)
        return wf_fail(e, WF_DAMAGED, "journal entry %llu is missing", (unsigned long long) r->next);
    WF_TRY(wf_record_decode(sequence, value.mv_data, value.mv_size, &record, e));
    if (r->next == r->first) {
        crypto_generichash_init(&r->hash, NULL, 0, WF_CHAIN_BYTES);
        crypto_generichash_update(&r->hash, r->chain, WF_CHAIN_BYTES);
    }
    crypto_generichash_update(&r->hash, value.mv_data, value.mv_size);
    r->events += record.kind == WF_RECORD_EVENT;
    r->next++;
    return WF_OK;
}

static wf_rc journal_seal(rows *r, uint64_t sequence, wf_str bytes, wf_err *e)
{
    wf_seal seal;
    const char *wrong = NULL;

    WF_TRY(wf_seal_take(sequence, bytes, &seal, e));
    if (sequence == 0)
        crypto_generichash(r->chain, WF_CHAIN_BYTES, r->id, sizeof r->id, NULL, 0);
    else if (r->next > r->first)
        crypto_generichash_final(&r->hash, r->chain, WF_CHAIN_BYTES);
    if (sequence != r->next - 1 || seal.first != r->first)
        wrong = "does not fit its records";
    else if (memcmp(seal.chain, r->chain, WF_CHAIN_BYTES) != 0)
        wrong = "has another hash than its records";
    else if (seal.floor > sequence || seal.heads_floor > sequence || seal.derive_to > sequence)
        wrong = "speaks of records after it";
    r->first = r->next;
    return wrong == NULL ? WF_OK : wf_fail(e, WF_DAMAGED, "the commit that ends with journal entry %llu %s",
                                           (unsigned long long) sequence, wrong);
}

static wf_rc dense(uint64_t number, uint64_t *last, const char *what, wf_err *e)
{
    if (number != *last + 1)
        return wf_fail(e, WF_DAMAGED, "%s %llu is missing", what, (unsigned long long) *last + 1);
    *last = number;
    return WF_OK;
}

static wf_rc name_key(rows *r, const uint8_t *key, wf_err *e)
{
    r->derived = key[0] >= WF_KIND_DERIVED;
    if (key[0] != r->kind)
        r->name = 0;
    r->kind = key[0];
    return dense(wf_get_be32(key + 1), &r->name, "name", e);
}

static wf_rc subject_key(rows *r, uint64_t number, wf_str bytes, wf_err *e)
{
    uint8_t kind;
    uint16_t org;
    wf_str id;

    r->subject = number;                /* an erased one leaves its number */
    return wf_subject_row((uint32_t) number, bytes, &kind, &org, &id, e);
}

/* What the store's own meta values say. */
static void meta_value(rows *r, MDB_val key, wf_str bytes)
{
    const struct { const char *name; void *to; size_t n; } own[] = {
        { "format", &r->format, sizeof r->format }, { "id", r->id, sizeof r->id }, { "instance", &r->instance, sizeof r->instance },
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (key.mv_size == strlen(own[i].name) && memcmp(key.mv_data, own[i].name, key.mv_size) == 0 && bytes.n == own[i].n)
            memcpy(own[i].to, bytes.p, bytes.n);
}

static const struct { size_t key; bool derived; } shape[WF_TABLES] = {      /* key: its length; 0: of any */
    [WF_TABLE_JOURNAL] = { 8, false },   [WF_TABLE_POSTINGS] = { 12, true }, [WF_TABLE_IMAGE] = { 8, true },
    [WF_TABLE_HEADS] = { 8, true },      [WF_TABLE_NAMES] = { 5, false },    [WF_TABLE_SUBJECTS] = { 8, false },
    [WF_TABLE_WATERMARKS] = { 0, false },[WF_TABLE_OUTBOX] = { 8, false },   [WF_TABLE_SMALL] = { 9, false },
    [WF_TABLE_META] = { 0, false },
};

static wf_rc check_row(void *ctx, wf_table t, MDB_val key, MDB_val value, wf_err *e)
{
    rows *r = ctx;
    uint64_t number = 0;
    wf_str bytes;

    r->derived = shape[t].derived;
    r->all++;
    if (shape[t].key != 0 && key.mv_size != shape[t].key)
        return wf_fail(e, WF_DAMAGED, "a key of table %s is impossible", wf_table_rows[t].name);
    if (key.mv_size == sizeof number)
        memcpy(&number, key.mv_data, sizeof number);
    if (t == WF_TABLE_JOURNAL && (number & 1u) == 0)
        return journal_record(r, number >> 1, value, e);
    if (t == WF_TABLE_SMALL)
        r->derived = *(const uint8_t *) key.mv_data >= WF_KIND_DERIVED;
    if (wf_value_open(key, value, &bytes, NULL) != WF_OK) {
        if (t == WF_TABLE_NAMES)
            r->derived = *(const uint8_t *) key.mv_data >= WF_KIND_DERIVED;
        return wf_fail(e, WF_DAMAGED, "table %s: a row's checksum fails", wf_table_rows[t].name);
    }
    switch (t) {
    case WF_TABLE_JOURNAL:  return journal_seal(r, number >> 1, bytes, e);
    case WF_TABLE_NAMES:    return name_key(r, key.mv_data, e);
    case WF_TABLE_SUBJECTS: return subject_key(r, number, bytes, e);
    case WF_TABLE_OUTBOX:   return dense(number, &r->alert, "alert", e);
    case WF_TABLE_META:     meta_value(r, key, bytes); return WF_OK;
    case WF_TABLE_POSTINGS: case WF_TABLE_IMAGE: case WF_TABLE_HEADS: case WF_TABLE_WATERMARKS: case WF_TABLE_SMALL: case WF_TABLES: break;
    }
    return WF_OK;
}

static void from_the_start(rows *r)
{
    r->next = r->first = 1;
    r->alert = r->subject = r->name = r->events = r->all = 0;
    r->kind = 0;
}

/* ---- a whole file ---- */

static void close_file(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static wf_rc scrub_tables(wf_walk *w, rows *r, const wf_sealed *s, wf_err *e)
{
    from_the_start(r);
    WF_TRY(wf_walk_trees(w, NULL, e));
    WF_TRY(wf_walk_rows(w, WF_TABLE_META, check_row, r, e));
    if (r->format < 1 || r->format > WF_STORE_FORMAT)
        return wf_fail(e, WF_DAMAGED, "the store is of format %u and this release knows formats up to %u", r->format, WF_STORE_FORMAT);
    for (int t = 0; t < WF_TABLES; t++)
        if (t != WF_TABLE_META)
            WF_TRY(wf_walk_rows(w, (wf_table) t, check_row, r, e));
    if (r->next - 1 != s->last || r->first != r->next || r->alert != s->seal.alerts || r->subject > s->seal.subjects)
        return wf_fail(e, WF_DAMAGED, "the last seal speaks of other records, alerts or subjects than there are");
    return WF_OK;
}

static wf_rc scrub_file(int fd, wf_store_report *ret, wf_err *e)
{
    wf_walk w;
    wf_sealed s = { 0 };
    rows *r = aligned_alloc(_Alignof(rows), sizeof *r);

    WF_ASSERT(r != NULL);
    memset(r, 0, sizeof *r);
    wf_rc rc = wf_file_open(fd, &w, &s, e);
    if (rc == WF_OK && w.empty)
        rc = wf_fail(e, WF_ABSENT, "there is no store in it yet");
    if (rc == WF_OK)
        rc = scrub_tables(&w, r, &s, e);
    if (rc == WF_OK) {
        *ret = (wf_store_report) {
            .format = r->format, .instance = r->instance, .sequence = s.last, .events = r->events, .subjects = s.seal.subjects,
            .alerts = r->alert, .rows = r->all, .pages = w.last + 1, .bytes = (w.last + 1) * w.page_size,
        };
        sodium_bin2hex(ret->id, sizeof ret->id, r->id, sizeof r->id);
        sodium_bin2hex(ret->chain, sizeof ret->chain, r->chain, WF_CHAIN_BYTES);
    }
    free(r);
    return rc;
}

/* A directory's store must not be open: its daemon scrubs it by itself. */
static wf_rc scrub_directory(int directory, const char *path, wf_store_report *ret, wf_err *e)
{
    WF_AUTO(close_file) int lock = openat(directory, WF_LOCK_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    WF_AUTO(close_file) int fd = openat(directory, WF_DATA_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return wf_fail(e, WF_BUSY, "%s: a daemon has this store open and scrubs it by itself: workforcectl status", path);
    if (fd < 0)
        return wf_fail(e, WF_SYSTEM, "%s: " WF_DATA_FILE ": %s", path, strerror(errno));
    return scrub_file(fd, ret, e);
}

wf_rc wf_store_scrub(const char *path, wf_store_report *ret, wf_err *e)
{
    WF_AUTO(close_file) int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (sodium_init() < 0)
        return wf_fail(e, WF_SYSTEM, "libsodium does not start");
    if (fd < 0)
        return wf_fail(e, WF_SYSTEM, "%s: %s", path, strerror(errno));
    WF_AUTO(close_file) int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory >= 0 ? scrub_directory(directory, path, ret, e) : scrub_file(fd, ret, e);
}

/* ---- a live store ---- */

struct wf_scrub {
    rows rows;
    MDB_env *env;
    MDB_txn *txn;
    int fd;
    int table;                          /* that is being read; WF_TABLES: between two turns */
    wf_place at;
    wf_scrub_state state;
};

wf_rc wf_scrub_new(wf_store *s, wf_scrub **ret, wf_err *e)
{
    WF_AUTO(wf_scrub_free) wf_scrub *c = aligned_alloc(_Alignof(wf_scrub), sizeof *c);
    int rc;

    WF_ASSERT(c != NULL);
    memset(c, 0, sizeof *c);
    c->env = s->env;
    c->table = WF_TABLES;
    memcpy(c->rows.id, s->id_bytes, sizeof c->rows.id);
    if ((rc = mdb_env_get_fd(s->env, &c->fd)) == 0 && (rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &c->txn)) != 0)
        c->txn = NULL;
    if (rc != 0)
        return wf_store_fault(e, rc, "a scrub");
    mdb_txn_reset(c->txn);
    *ret = c;
    c = NULL;
    return WF_OK;
}

void wf_scrub_free(wf_scrub **p)
{
    wf_scrub *c = *p;

    *p = NULL;
    if (c != NULL && c->txn != NULL)
        mdb_txn_abort(c->txn);
    free(c);
}

wf_scrub_state wf_scrub_at(const wf_scrub *c) { return c->state; }

/* While the snapshot is held none of its pages is used again, so they can be read beside LMDB. Its first page may have been
 * written over before it was read: then a newer snapshot is taken. */
static wf_rc take_snapshot(wf_scrub *c, wf_walk *w, wf_err *e)
{
    wf_rc rc = WF_ABSENT;

    for (int i = 0; i < 100 && rc == WF_ABSENT; i++) {
        mdb_txn_reset(c->txn);
        int fault = mdb_txn_renew(c->txn);
        if (fault != 0)
            return wf_store_fault(e, fault, "a scrub");
        rc = wf_walk_open(c->fd, mdb_txn_id(c->txn), w, e);
    }
    return rc;
}

/* A turn begins with the trees: every inner page at once, so that nothing is used twice. Leaves come with their rows. */
static wf_rc begin_turn(wf_scrub *c, wf_walk *w, wf_err *e)
{
    static const uint8_t beyond[12] = { [0 ... 11] = 0xff };
    wf_str from[WF_TABLES];

    for (int t = 0; t < WF_TABLES; t++)
        from[t] = (wf_str) { (const char *) beyond, wf_table_rows[t].flags & MDB_INTEGERKEY ? 8u : sizeof beyond };
    from_the_start(&c->rows);
    c->table = 0;
    c->at.n = 0;
    c->state.pages = 0;
    c->rows.derived = false;
    return wf_walk_trees(w, from, e);
}

static wf_rc read_part(wf_scrub *c, wf_walk *w, uint64_t pages, wf_err *e)
{
    uint64_t left = pages;
    bool done = false;

    c->rows.derived = shape[c->table].derived;      /* of a fault in its pages */
    wf_rc rc = wf_walk_part(w, (wf_table) c->table, &c->at, &left, &done, check_row, &c->rows, e);
    c->state.pages += pages - left;
    if (done || rc != WF_OK) {
        c->table++;
        c->at.n = 0;
        if (c->table == WF_TABLES)
            c->state.turns++;
    }
    return rc;
}

wf_rc wf_scrub_part(wf_scrub *c, uint64_t pages, bool *derived, wf_err *e)
{
    wf_walk w = { .fd = -1 };
    wf_rc rc = take_snapshot(c, &w, e);

    c->rows.derived = false;
    if (rc == WF_OK) {
        c->state.all = w.last + 1;
        rc = c->table == WF_TABLES ? begin_turn(c, &w, e) : read_part(c, &w, pages, e);
        if (rc == WF_DAMAGED)
            *derived = c->rows.derived;
    }
    wf_walk_end(&w);
    mdb_txn_reset(c->txn);
    return rc == WF_ABSENT ? WF_OK : rc;
}
