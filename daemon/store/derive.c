/* derive -- a new file from what cannot be derived: journal, subjects, watermarks, outbox, and the names and small values
 * that are no function of them. The old file is read by our own hand, so it may be damaged in what is left out. */
#include "store/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "derive.part"           /* in the store's directory */
#define PART FOLDER "/" WF_DATA_FILE
#define OLD "damaged.mdb"
#define ROWS_A_COMMIT 50000u

typedef struct copy {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi table[WF_TABLES];
    wf_sealed sealed;
    uint64_t rows;
} copy;

static void end(copy *c)
{
    if (c->txn != NULL)
        mdb_txn_abort(c->txn);
    if (c->env != NULL)
        mdb_env_close(c->env);
}

static bool is_kept(wf_table t, MDB_val key)
{
    switch (t) {
    case WF_TABLE_POSTINGS: case WF_TABLE_IMAGE: case WF_TABLE_HEADS: return false;
    case WF_TABLE_NAMES: case WF_TABLE_SMALL: return *(const uint8_t *) key.mv_data < WF_KIND_DERIVED;
    case WF_TABLE_JOURNAL: case WF_TABLE_SUBJECTS: case WF_TABLE_WATERMARKS: case WF_TABLE_OUTBOX: case WF_TABLE_META: case WF_TABLES:
        break;
    }
    return true;
}

static wf_rc begin(copy *c, wf_err *e)
{
    int rc = c->txn != NULL ? mdb_txn_commit(c->txn) : 0;

    c->txn = NULL;
    if (rc == 0)
        rc = mdb_txn_begin(c->env, NULL, 0, &c->txn);
    return wf_store_fault(e, rc, "writing the new file");
}

static wf_rc copy_row(void *ctx, wf_table t, MDB_val key, MDB_val value, wf_err *e)
{
    copy *c = ctx;
    uint64_t at = 0;

    if (!is_kept(t, key))
        return WF_OK;
    if (t == WF_TABLE_JOURNAL)
        memcpy(&at, key.mv_data, sizeof at);
    if (at == WF_SEAL_OF(c->sealed.last))
        return WF_OK;                   /* comes last, and says that all is to be derived */
    if (++c->rows % ROWS_A_COMMIT == 0)
        WF_TRY(begin(c, e));
    return wf_store_fault(e, mdb_put(c->txn, c->table[t], &key, &value, MDB_APPEND), "writing the new file");
}

static wf_rc write_seal(copy *c, wf_err *e)
{
    uint64_t key = WF_SEAL_OF(c->sealed.last);
    wf_seal *s = &c->sealed.seal;

    s->floor = s->heads_floor = 0;
    s->derive_to = c->sealed.last;
    s->format = WF_STORE_FORMAT;
    s->transaction = mdb_txn_id(c->txn);
    WF_TRY(wf_value_put(c->txn, c->table[WF_TABLE_JOURNAL], wf_val(&key, sizeof key), (wf_str) { 0 },
                        (wf_str) { (const char *) s, sizeof *s }, MDB_APPEND, e));
    const uint32_t format = WF_STORE_FORMAT;
    WF_TRY(wf_value_put(c->txn, c->table[WF_TABLE_META], wf_val("format", 6), (wf_str) { 0 },
                        (wf_str) { (const char *) &format, sizeof format }, 0, e));
    int rc = mdb_txn_commit(c->txn);
    c->txn = NULL;
    return wf_store_fault(e, rc, "writing the new file");
}

static wf_rc fill(copy *c, wf_walk *w, const char *part, wf_err *e)
{
    int rc = mdb_env_create(&c->env);

    if (rc == 0)
        rc = mdb_env_set_mapsize(c->env, 2 * (w->last + 1) * w->page_size + (UINT64_C(64) << 20));
    if (rc == 0)
        rc = mdb_env_set_maxdbs(c->env, WF_TABLES);
    if (rc == 0)
        rc = mdb_env_open(c->env, part, MDB_NOTLS, 0600);
    if (rc != 0)
        return wf_store_fault(e, rc, part);
    WF_TRY(begin(c, e));
    for (int t = 0; t < WF_TABLES && rc == 0; t++)
        rc = mdb_dbi_open(c->txn, wf_table_rows[t].name, wf_table_rows[t].flags | MDB_CREATE, &c->table[t]);
    if (rc != 0)
        return wf_store_fault(e, rc, part);
    for (int t = 0; t < WF_TABLES; t++)
        if (t != WF_TABLE_POSTINGS && t != WF_TABLE_IMAGE && t != WF_TABLE_HEADS)
            WF_TRY(wf_walk_rows(w, (wf_table) t, copy_row, c, e));
    return write_seal(c, e);
}

static void remove_part(int directory)
{
    (void) unlinkat(directory, PART, 0);
    (void) unlinkat(directory, FOLDER "/lock.mdb", 0);
    (void) unlinkat(directory, FOLDER, AT_REMOVEDIR);
}

static wf_rc put_in_place(int directory, const char *path, wf_err *e)
{
    int part = openat(directory, PART, O_RDONLY | O_CLOEXEC);
    bool done = part >= 0 && fsync(part) == 0 && linkat(directory, WF_DATA_FILE, directory, OLD, 0) == 0 &&
                renameat(directory, PART, directory, WF_DATA_FILE) == 0 && fsync(directory) == 0;

    if (part >= 0)
        close(part);
    return done ? WF_OK : wf_fail(e, WF_SYSTEM, "%s: the new file cannot be put in place: %s", path, strerror(errno));
}

static wf_rc derive(int directory, int fd, const char *path, wf_err *e)
{
    char part[1200];
    WF_AUTO(end) copy c = { .rows = 0 };
    wf_store_report report;
    wf_walk w;

    snprintf(part, sizeof part, "%s/" FOLDER, path);
    remove_part(directory);
    if (mkdirat(directory, FOLDER, 0700) != 0)
        return wf_fail(e, WF_SYSTEM, "%s cannot be made: %s", part, strerror(errno));
    WF_TRY(wf_walk_open(fd, 0, &w, e));
    if (w.empty)
        return wf_fail(e, WF_ABSENT, "there is no store in it yet");
    WF_TRY(wf_file_seal(&w, &c.sealed, e));
    wf_rc rc = fill(&c, &w, part, e);
    end(&c);
    c = (copy) { .rows = 0 };
    if (rc == WF_OK)
        rc = wf_store_scrub(part, &report, e);
    if (rc == WF_OK)
        rc = put_in_place(directory, path, e);
    remove_part(directory);
    return rc;
}

wf_rc wf_store_rederive(const char *path, wf_err *e)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), lock = -1, fd = -1;
    wf_rc rc;

    if (sodium_init() < 0)
        return wf_fail(e, WF_SYSTEM, "libsodium does not start");
    if (directory >= 0) {
        lock = openat(directory, WF_LOCK_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        fd = openat(directory, WF_DATA_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    }
    if (fd < 0)
        rc = wf_fail(e, WF_SYSTEM, "%s: %s", path, strerror(errno));
    else if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0)
        rc = wf_fail(e, WF_BUSY, "%s: a daemon has this store open: stop it first", path);
    else if (faccessat(directory, OLD, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        rc = wf_fail(e, WF_BUSY, "%s: " OLD " of an earlier time is still there: move it away, so that it is not lost", path);
    else
        rc = derive(directory, fd, path, e);
    for (int i = 0; i < 3; i++)
        if ((int[]) { directory, lock, fd }[i] >= 0)
            close((int[]) { directory, lock, fd }[i]);
    return rc;
}
