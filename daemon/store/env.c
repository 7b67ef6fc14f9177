/* env -- opens and closes the store: lock, file, tables, and what is kept in memory.
 *
 * Meta values of the store itself: "format", "id", "clock", "instance", "measures" (those from outside begin with a point). */
#include "store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_BYTES (UINT64_C(64) << 30)
#define DATA WF_DATA_FILE
#define LOCK WF_LOCK_FILE               /* holds the store's id once it is made: an empty data.mdb beside it is a loss */
/* The last commits whose chain is computed again at each start: until so many records or commits. */
#define TAIL_RECORDS 8192u
#define TAIL_COMMITS 16

static wf_rc system_fault(wf_err *e, const char *path, const char *what)
{
    return wf_fail(e, WF_SYSTEM, "%s: %s: %s", path, what, strerror(errno));
}

/* ---- directory and lock ---- */

static wf_rc take_directory(wf_store *s, wf_err *e)
{
    if (mkdir(s->path, 0700) == 0) {
        if (chmod(s->path, 0700) != 0)
            return system_fault(e, s->path, "cannot set its mode");
    } else if (errno != EEXIST) {
        return system_fault(e, s->path, "cannot be made");
    }
    s->directory = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->directory < 0)
        return system_fault(e, s->path, "cannot be opened");
    s->lock = openat(s->directory, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock < 0 || fchmod(s->lock, 0600) != 0)
        return system_fault(e, s->path, "cannot open " LOCK);
    if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? wf_fail(e, WF_BUSY, "%s: another process has this store open", s->path)
                                    : system_fault(e, s->path, "cannot be locked");
    return WF_OK;
}

/* The id in the lock file; empty if none has been written. */
static wf_rc lock_id(const wf_store *s, char id[33], wf_err *e)
{
    ssize_t n = pread(s->lock, id, 32, 0);

    if (n < 0)
        return system_fault(e, s->path, "cannot read " LOCK);
    if (n != 0 && n != 32)
        n = 0;
    id[n] = '\0';
    return WF_OK;
}

static wf_rc write_lock_id(const wf_store *s, wf_err *e)
{
    char id[33];

    WF_TRY(lock_id(s, id, e));
    if (id[0] != '\0')
        return strcmp(id, s->id) == 0 ? WF_OK : wf_fail(e, WF_DAMAGED, "%s: " DATA " is another store's than " LOCK " says", s->path);
    if (pwrite(s->lock, s->id, 32, 0) != 32 || fsync(s->lock) != 0 || fsync(s->directory) != 0)
        return system_fault(e, s->path, "cannot write " LOCK);
    return WF_OK;
}

/* ---- pages that the disk does not give ---- */

static int guard_status;

static void say_and_end(const char *text)
{
    ssize_t n = write(STDERR_FILENO, text, strlen(text));

    (void) n;
    _exit(guard_status);
}

static void on_bus_error(int signal)
{
    (void) signal;
    say_and_end("workforced: the store's file cannot be read where it is in use: the disk fails, the file was cut off or a page is "
                "damaged; nothing was acknowledged that is not on disk. See journalctl -k, then: workforced scrub\n");
}

static void on_assert(MDB_env *env, const char *text)
{
    (void) env, (void) text;
    say_and_end("workforced: LMDB found one of its pages damaged; nothing was acknowledged that is not on disk. Next: workforced scrub\n");
}

void wf_store_guard(int status)
{
    struct sigaction a = { .sa_handler = on_bus_error };

    guard_status = status;
    sigaction(SIGBUS, &a, NULL);
}

/* ---- environment and tables ---- */

static wf_rc open_environment(wf_store *s, uint64_t map_bytes, wf_err *e)
{
    int dead = 0, fd = -1, rc = mdb_env_create(&s->env);

    if (rc == 0)
        rc = mdb_env_set_mapsize(s->env, map_bytes != 0 ? map_bytes : MAP_BYTES);
    if (rc == 0)
        rc = mdb_env_set_maxdbs(s->env, WF_TABLES);
    if (rc == 0 && guard_status != 0)
        rc = mdb_env_set_assert(s->env, on_assert);
    if (rc == 0)
        rc = mdb_env_open(s->env, s->path, MDB_NOTLS, 0600);
    if (rc == 0)
        rc = mdb_env_get_fd(s->env, &fd);
    if (rc == 0)
        rc = mdb_reader_check(s->env, &dead);
    if (rc != 0) {
        if (s->env != NULL)
            mdb_env_close(s->env);
        s->env = NULL;
        return wf_store_fault(e, rc, s->path);
    }
    if (fchmod(fd, 0600) != 0 || fchmodat(s->directory, "lock.mdb", 0600, 0) != 0)
        return system_fault(e, s->path, "cannot set modes");
    return WF_OK;
}

static wf_rc open_tables(wf_store *s, MDB_txn *txn, unsigned create, wf_err *e)
{
    for (int t = 0; t < WF_TABLES; t++) {
        int rc = mdb_dbi_open(txn, wf_table_rows[t].name, wf_table_rows[t].flags | create, &s->table[t]);
        if (rc != 0)
            return wf_store_fault(e, rc, wf_table_rows[t].name);
    }
    return WF_OK;
}

static wf_rc meta_put(wf_store *s, const char *name, const void *bytes, size_t n, wf_err *e)
{
    s->wrote = true;
    return wf_value_put(s->txn, s->table[WF_TABLE_META], wf_val(name, strlen(name)), (wf_str) { 0 }, (wf_str) { bytes, n }, 0, e);
}

static wf_rc meta_get(wf_store *s, MDB_txn *txn, const char *name, void *ret, size_t n, wf_err *e)
{
    wf_str bytes;
    wf_rc rc = wf_value_get(txn, s->table[WF_TABLE_META], wf_val(name, strlen(name)), &bytes, e);

    if (rc == WF_ABSENT || (rc == WF_OK && bytes.n != n))
        return wf_fail(e, WF_DAMAGED, "%s: the store does not say its %s", s->path, name);
    if (rc == WF_OK)
        memcpy(ret, bytes.p, n);
    return rc;
}

/* ---- a new store ---- */

static void name_id(wf_store *s) { sodium_bin2hex(s->id, sizeof s->id, s->id_bytes, sizeof s->id_bytes); }

static wf_rc make(wf_store *s, const wf_store_options *o, wf_err *e)
{
    const uint32_t format = WF_STORE_FORMAT;
    const uint8_t clock = o->manual_clock;
    uint64_t key = WF_SEAL_OF(0);

    randombytes_buf(s->id_bytes, sizeof s->id_bytes);
    name_id(s);
    s->instance = 1;
    s->now.next = 1;
    s->now.seal = (wf_seal) { .first = 1, .format = WF_STORE_FORMAT, .transaction = mdb_txn_id(s->txn) };
    crypto_generichash(s->now.seal.chain, WF_CHAIN_BYTES, s->id_bytes, sizeof s->id_bytes, NULL, 0);
    WF_TRY(open_tables(s, s->txn, MDB_CREATE, e));
    WF_TRY(meta_put(s, "format", &format, sizeof format, e));
    WF_TRY(meta_put(s, "id", s->id_bytes, sizeof s->id_bytes, e));
    WF_TRY(meta_put(s, "clock", &clock, sizeof clock, e));
    WF_TRY(meta_put(s, "instance", &s->instance, sizeof s->instance, e));
    WF_TRY(meta_put(s, "measures", &o->measures_version, sizeof o->measures_version, e));
    return wf_value_put(s->txn, s->table[WF_TABLE_JOURNAL], wf_val(&key, sizeof key), (wf_str) { 0 },
                        (wf_str) { (const char *) &s->now.seal, sizeof s->now.seal }, 0, e);
}

/* ---- an old store ---- */

static wf_rc read_meta(wf_store *s, MDB_txn *txn, const wf_store_options *o, wf_err *e)
{
    uint32_t format;
    uint8_t manual;
    wf_str bytes;

    WF_TRY(meta_get(s, txn, "format", &format, sizeof format, e));
    if (format > WF_STORE_FORMAT)
        return wf_fail(e, WF_DAMAGED, "%s: the store is of format %u and this release knows formats up to %u: it was written by a "
                       "newer release, and only that one or a newer can open it", s->path, format, WF_STORE_FORMAT);
    if (format < 1)
        return wf_fail(e, WF_DAMAGED, "%s: there is no store format %u", s->path, format);
    s->format = format;
    WF_TRY(meta_get(s, txn, "id", s->id_bytes, sizeof s->id_bytes, e));
    name_id(s);
    WF_TRY(meta_get(s, txn, "clock", &manual, sizeof manual, e));
    wf_rc rc = wf_value_get(txn, s->table[WF_TABLE_META], wf_val("restored", 8), &bytes, e);
    if (rc == WF_OK && bytes.n == sizeof s->restored)
        memcpy(&s->restored, bytes.p, bytes.n);
    else if (rc != WF_ABSENT)
        return wf_fail(e, WF_DAMAGED, "%s: when it was restored: a row's checksum fails", s->path);
    if (o->restored_ms == 0 && (manual != 0) != o->manual_clock)
        return wf_fail(e, WF_CONFIG, "%s: this store was made with %s clock", s->path, manual ? "a manual" : "the system's");
    WF_TRY(meta_get(s, txn, "measures", &s->measures_version, sizeof s->measures_version, e));
    return meta_get(s, txn, "instance", &s->instance, sizeof s->instance, e);
}

static wf_rc last_key(const wf_store *s, MDB_txn *txn, wf_table t, void *key, size_t n, wf_err *e)
{
    MDB_cursor *c;
    MDB_val k, v;
    int rc = mdb_cursor_open(txn, s->table[t], &c);

    if (rc != 0)
        return wf_store_fault(e, rc, "opening");
    rc = mdb_cursor_get(c, &k, &v, MDB_LAST);
    if (rc == 0 && k.mv_size == n)
        memcpy(key, k.mv_data, n);
    else if (rc == 0)
        rc = MDB_CORRUPTED;
    mdb_cursor_close(c);
    return rc == MDB_NOTFOUND ? wf_fail(e, WF_ABSENT, "empty") : wf_store_fault(e, rc, wf_table_rows[t].name);
}

/* The last seal is the last row of the journal; the commits before it must lead to its hash. */
static wf_rc read_tail(wf_store *s, MDB_txn *txn, wf_err *e)
{
    uint64_t key, last, seen = 0;
    uint8_t posted[12];
    wf_seal seal, before;

    if (last_key(s, txn, WF_TABLE_JOURNAL, &key, sizeof key, e) != WF_OK || (key & 1u) == 0)
        return wf_fail(e, WF_DAMAGED, "%s: the journal's last commit is not sealed", s->path);
    last = key >> 1;
    WF_TRY(wf_seal_get(txn, s->table[WF_TABLE_JOURNAL], last, &seal, e));
    s->now.next = last + 1;
    s->now.seal = seal;
    wf_rc rc = last_key(s, txn, WF_TABLE_POSTINGS, posted, sizeof posted, e);
    if (rc == WF_OK) {
        s->now.posted = wf_get_be64(posted);
        s->now.posted_part = wf_get_be32(posted + 8);
    } else if (rc != WF_ABSENT) {
        return rc;
    }
    if (seal.heads_floor > last || seal.floor > last || s->now.posted > last)
        return wf_fail(e, WF_DAMAGED, "%s: the last seal does not fit the journal", s->path);
    for (int i = 0; i < TAIL_COMMITS && last > 0 && seen < TAIL_RECORDS; i++) {
        if (seal.first < 1 || seal.first > last)
            return wf_fail(e, WF_DAMAGED, "%s: the seal after entry %llu does not fit", s->path, (unsigned long long) last);
        WF_TRY(wf_seal_get(txn, s->table[WF_TABLE_JOURNAL], seal.first - 1, &before, e));
        uint8_t chain[WF_CHAIN_BYTES];
        memcpy(chain, before.chain, sizeof chain);
        WF_TRY(wf_chain_step(txn, s->table[WF_TABLE_JOURNAL], seal.first, last, chain, e));
        if (memcmp(chain, seal.chain, sizeof chain) != 0)
            return wf_fail(e, WF_DAMAGED, "%s: the hash of the commit that ends with entry %llu fails", s->path,
                           (unsigned long long) last);
        seen += last - seal.first + 1;
        last = seal.first - 1;
        seal = before;
    }
    return WF_OK;
}

static wf_rc subject_row(void *ctx, wf_str key, wf_str bytes, wf_err *e)
{
    wf_store *s = ctx;
    uint64_t number;
    uint8_t kind;
    uint16_t org;
    wf_str id;

    if (key.n != sizeof number)
        return wf_fail(e, WF_DAMAGED, "a subject's key is impossible");
    memcpy(&number, key.p, sizeof number);
    if (number > s->now.seal.subjects)
        return wf_fail(e, WF_DAMAGED, "subject %llu is above the number of subjects", (unsigned long long) number);
    WF_TRY(wf_subject_row((uint32_t) number, bytes, &kind, &org, &id, e));
    while (s->subjects.count + 1 < number)
        wf_subjects_add(&s->subjects, 0, 0, (wf_str) { "", 0 });
    wf_subjects_add(&s->subjects, kind, org, id);
    return WF_OK;
}

static wf_rc heads_row(void *ctx, wf_str key, wf_str bytes, wf_err *e)
{
    wf_store *s = ctx;
    uint64_t page;

    if (key.n != sizeof page || bytes.n != sizeof s->heads.page[0].head)
        return wf_fail(e, WF_DAMAGED, "a page of heads is impossible");
    memcpy(&page, key.p, sizeof page);
    if (page >= s->heads.pages)
        return wf_fail(e, WF_DAMAGED, "page %llu of heads is above the number of subjects", (unsigned long long) page);
    memcpy(s->heads.page[page].head, bytes.p, bytes.n);
    return WF_OK;
}

/* Heads from their pages, then from the entries after the floor. */
static wf_rc read_heads(wf_store *s, MDB_txn *txn, wf_err *e)
{
    uint64_t at = WF_KEY_OF(s->now.seal.heads_floor + 1);
    MDB_cursor *c;
    MDB_val key = wf_val(&at, sizeof at), value;

    wf_heads_grow(&s->heads, s->subjects.count);
    WF_TRY(wf_rows(txn, s->table[WF_TABLE_HEADS], (wf_str) { 0 }, 0, heads_row, s, e));
    int rc = mdb_cursor_open(txn, s->table[WF_TABLE_JOURNAL], &c);
    if (rc != 0)
        return wf_store_fault(e, rc, "reading the journal");
    wf_rc failed = WF_OK;
    for (rc = mdb_cursor_get(c, &key, &value, MDB_SET_RANGE); rc == 0 && failed == WF_OK;
         rc = mdb_cursor_get(c, &key, &value, MDB_NEXT)) {
        wf_record r = { 0 };
        memcpy(&at, key.mv_data, sizeof at);
        if ((at & 1u) == 0)
            failed = wf_record_decode(at >> 1, value.mv_data, value.mv_size, &r, e);
        for (unsigned i = 0; failed == WF_OK && i < r.subject_count; i++) {
            if (r.subject[i] > s->subjects.count)
                failed = wf_fail(e, WF_DAMAGED, "journal entry %llu is about no subject", (unsigned long long) r.sequence);
            else
                wf_heads_set(&s->heads, r.subject[i], r.sequence);
        }
    }
    mdb_cursor_close(c);
    wf_heads_keep(&s->heads);
    return failed != WF_OK || rc == MDB_NOTFOUND ? failed : wf_store_fault(e, rc, "reading the journal");
}

static wf_rc sound_row(void *ctx, wf_str key, wf_str bytes, wf_err *e)
{
    (void) ctx, (void) key, (void) bytes, (void) e;
    return WF_OK;
}

/* A key that is another one now would only not be found: tables that are asked by key are read whole once, and of the
 * postings the last row that a start passes over. */
static wf_rc check_keys(wf_store *s, MDB_txn *txn, wf_err *e)
{
    static const wf_table asked[] = { WF_TABLE_META, WF_TABLE_WATERMARKS, WF_TABLE_SMALL };
    uint8_t at[12] = { 0 };
    MDB_cursor *c;
    MDB_val key = wf_val(at, sizeof at), value;
    wf_str bytes;

    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        WF_TRY(wf_rows(txn, s->table[asked[i]], (wf_str) { 0 }, 0, sound_row, NULL, e));
    wf_put_be64(at, s->now.seal.floor + 1);
    int rc = mdb_cursor_open(txn, s->table[WF_TABLE_POSTINGS], &c);
    if (rc != 0)
        return wf_store_fault(e, rc, "reading postings");
    rc = mdb_cursor_get(c, &key, &value, MDB_SET_RANGE);
    rc = mdb_cursor_get(c, &key, &value, rc == 0 ? MDB_PREV : MDB_LAST);
    wf_rc sound = rc == 0 ? wf_value_open(key, value, &bytes, e) : rc == MDB_NOTFOUND ? WF_OK : wf_store_fault(e, rc, "reading postings");
    mdb_cursor_close(c);
    return sound;
}

static wf_rc read_store(wf_store *s, MDB_txn *txn, const wf_store_options *o, wf_err *e)
{
    WF_TRY(open_tables(s, txn, 0, e));
    WF_TRY(read_meta(s, txn, o, e));
    WF_TRY(read_tail(s, txn, e));
    WF_TRY(check_keys(s, txn, e));
    wf_subjects_expect(&s->subjects, s->now.seal.subjects);
    WF_TRY(wf_rows(txn, s->table[WF_TABLE_SUBJECTS], (wf_str) { 0 }, 0, subject_row, s, e));
    while (s->subjects.count < s->now.seal.subjects)
        wf_subjects_add(&s->subjects, 0, 0, (wf_str) { "", 0 });
    return read_heads(s, txn, e);
}

/* What leads from each format to the next, in the transaction of the opening. */
static wf_rc seals_name_their_commit(wf_store *s, wf_err *e)
{
    (void) s, (void) e;                 /* the opening's own seal is the first; older ones are read as they are */
    return WF_OK;
}

static wf_rc (*const steps[WF_STORE_FORMAT])(wf_store *s, wf_err *e) = { NULL, seals_name_their_commit };

static wf_rc migrate(wf_store *s, wf_err *e)
{
    const uint32_t format = WF_STORE_FORMAT;

    if (s->format == WF_STORE_FORMAT)
        return WF_OK;
    for (; s->format < WF_STORE_FORMAT; s->format++)
        WF_TRY(steps[s->format](s, e));
    return meta_put(s, "format", &format, sizeof format, e);
}

/* Instances that the lost store may have had after the backup do not come again: a second has fewer than 65,536. */
static wf_rc note_restore(wf_store *s, int64_t ms, wf_err *e)
{
    uint64_t from_clock = (uint64_t) ms / 1000 << 16;

    s->restored.ms = ms;
    s->restored.sequence = s->now.next - 1;
    s->instance = s->instance > from_clock ? s->instance : from_clock;
    return meta_put(s, "restored", &s->restored, sizeof s->restored, e);
}

/* Notes the opening, and forgets what other measures have derived. */
static wf_rc note_opening(wf_store *s, const wf_store_options *o, wf_err *e)
{
    s->then = s->now;
    WF_TRY(wf_store_begin(s, e));
    s->instance++;
    wf_rc rc = o->restored_ms != 0 ? note_restore(s, o->restored_ms, e) : WF_OK;
    if (rc == WF_OK)
        rc = meta_put(s, "instance", &s->instance, sizeof s->instance, e);
    if (rc == WF_OK)
        rc = migrate(s, e);
    if (rc == WF_OK && o->restored_ms == 0 && s->measures_version != o->measures_version) {
        rc = meta_put(s, "measures", &o->measures_version, sizeof o->measures_version, e);
        if (rc == WF_OK)
            rc = wf_derived_forget(s, e);
    }
    if (rc != WF_OK) {
        wf_store_abort(s);
        return rc;
    }
    return wf_store_commit(s, NULL, 0, e);
}

/* Is there anything in the environment at all? A crash right after the first opening leaves a file without tables. */
static wf_rc is_empty(wf_store *s, bool *ret, wf_err *e)
{
    MDB_stat stat;
    int rc = mdb_env_stat(s->env, &stat);

    if (rc == 0)
        *ret = stat.ms_entries == 0;
    return wf_store_fault(e, rc, s->path);
}

static wf_rc open_new(wf_store *s, const wf_store_options *o, wf_err *e)
{
    char id[33];

    WF_TRY(lock_id(s, id, e));
    if (id[0] != '\0')
        return wf_fail(e, WF_DAMAGED, "%s: " DATA " is missing or empty, and " LOCK " says that there was a store", s->path);
    int rc = mdb_txn_begin(s->env, NULL, 0, &s->txn);
    if (rc != 0) {
        s->txn = NULL;
        return wf_store_fault(e, rc, s->path);
    }
    wf_rc made = make(s, o, e);
    if (made != WF_OK) {
        mdb_txn_abort(s->txn);
        s->txn = NULL;
        return made;
    }
    rc = mdb_txn_commit(s->txn);
    s->txn = NULL;
    s->then = s->now;
    return wf_store_fault(e, rc, s->path);
}

static wf_rc open_old(wf_store *s, const wf_store_options *o, wf_err *e)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn);

    if (rc != 0)
        return wf_store_fault(e, rc, s->path);
    wf_rc read = read_store(s, txn, o, e);
    if (read != WF_OK) {
        mdb_txn_abort(txn);
        return read;
    }
    rc = mdb_txn_commit(txn);           /* keeps the tables' handles */
    if (rc != 0)
        return wf_store_fault(e, rc, s->path);
    return note_opening(s, o, e);
}

/* A power cut while the first two pages are being made leaves a file that is no store, and nothing has ever been in it:
 * each page is empty or LMDB's first, of no transaction, and the lock file has no id. It is made again. */
static wf_rc drop_unmade(wf_store *s, wf_err *e)
{
    enum { MAGIC_AT = 16, TRANSACTION_AT = 144, META_END = 152, SECTOR = 512 };
    size_t page = (size_t) sysconf(_SC_PAGESIZE);
    uint8_t *bytes;
    bool unmade = true;
    char id[33];

    WF_TRY(lock_id(s, id, e));
    int fd = id[0] != '\0' ? -1 : openat(s->directory, DATA, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return WF_OK;
    WF_ASSERT((bytes = calloc(3, page)) != NULL);
    ssize_t n = pread(fd, bytes, 2 * page + 1, 0);
    close(fd);
    for (size_t at = 0; at < 2 * page && unmade; at += page) {
        uint32_t magic;
        uint64_t transaction;
        memcpy(&magic, bytes + at + MAGIC_AT, sizeof magic);
        memcpy(&transaction, bytes + at + TRANSACTION_AT, sizeof transaction);
        unmade = transaction == 0 && (magic == 0 || magic == 0xBEEFC0DE);
        for (size_t i = magic == 0 ? 0 : META_END; i < page && unmade; i++)
            unmade = bytes[at + i] == 0;
    }
    free(bytes);
    if (unmade && n > 0 && n % SECTOR == 0 && (size_t) n <= 2 * page && unlinkat(s->directory, DATA, 0) != 0)
        return system_fault(e, s->path, "cannot remove the " DATA " that was not made");
    return WF_OK;
}

wf_rc wf_store_open(const wf_store_options *o, wf_store **ret, wf_err *e)
{
    WF_AUTO(wf_store_close) wf_store *s = NULL;
    bool empty = false;
    int rc;

    if (sodium_init() < 0)
        return wf_fail(e, WF_SYSTEM, "libsodium does not start");
    s = aligned_alloc(_Alignof(wf_store), sizeof *s);
    WF_ASSERT(s != NULL);
    memset(s, 0, sizeof *s);
    s->directory = s->lock = -1;
    s->limit = o->limit_bytes;
    s->disk_reserve = o->disk_reserve;
    wf_heads_init(&s->heads);
    wf_subjects_init(&s->subjects);
    if (snprintf(s->path, sizeof s->path, "%s", o->path) >= (int) sizeof s->path)
        return wf_fail(e, WF_SYSTEM, "the store's path has more than %zu bytes", sizeof s->path - 1);

    WF_TRY(take_directory(s, e));
    WF_TRY(drop_unmade(s, e));
    WF_TRY(wf_file_check(s->directory, DATA, &empty, e));
    WF_TRY(open_environment(s, o->map_bytes, e));
    if (!empty)
        WF_TRY(is_empty(s, &empty, e));
    if (empty && (rc = mdb_env_sync(s->env, 1)) != 0)       /* its first pages, before any other */
        return wf_store_fault(e, rc, s->path);
    WF_TRY(empty ? open_new(s, o, e) : open_old(s, o, e));
    WF_TRY(write_lock_id(s, e));
    rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->reading);
    if (rc != 0) {
        s->reading = NULL;
        return wf_store_fault(e, rc, s->path);
    }
    mdb_txn_reset(s->reading);
    *ret = s;
    s = NULL;
    return WF_OK;
}

void wf_store_close(wf_store **p)
{
    wf_store *s = *p;

    *p = NULL;
    if (s == NULL)
        return;
    wf_store_abort(s);
    if (s->reading != NULL)
        mdb_txn_abort(s->reading);
    if (s->env != NULL)
        mdb_env_close(s->env);
    if (s->lock >= 0)
        close(s->lock);
    if (s->directory >= 0)
        close(s->directory);
    wf_marks_forget(s);
    wf_heads_free(&s->heads);
    wf_subjects_free(&s->subjects);
    free(s);
}
