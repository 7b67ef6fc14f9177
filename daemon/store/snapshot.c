/* snapshot -- the store as one commit left it, as the bytes of a file of its own.
 *
 * While its transaction is held none of its pages is used again; they are read beside LMDB. The first two pages are made
 * here: the one of the snapshot's commit, and one that has never been written. */
#include "store/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define META_AT 16u                     /* in its page: magic 4, version 4, address 8, map 8, two trees, last page, transaction */
#define TREES_AT (META_AT + 24u)
#define LAST_AT (TREES_AT + 2u * sizeof(wf_btree))

struct wf_snapshot {
    MDB_txn *txn;
    int fd;
    uint32_t page_size;
    uint64_t bytes, sequence;
    uint8_t *head;                      /* the first two pages */
};

static void put_number(uint8_t *p, uint64_t v) { memcpy(p, &v, sizeof v); }

/* *ours: the page of this snapshot's commit as it lies in the file. */
static void make_head(wf_snapshot *s, unsigned place)
{
    uint8_t *ours = s->head + place * s->page_size, *other = s->head + (1 - place) * s->page_size;
    wf_btree tree;

    memcpy(other, ours, s->page_size);
    put_number(other, 1 - place);
    for (size_t at = TREES_AT; at < LAST_AT; at += sizeof tree) {
        memcpy(&tree, other + at, sizeof tree);
        tree = (wf_btree) { .page_size = tree.page_size, .flags = tree.flags, .root = UINT64_MAX };
        memcpy(other + at, &tree, sizeof tree);
    }
    put_number(other + LAST_AT, 1);
    put_number(other + LAST_AT + 8, 0);
}

static wf_rc take(wf_snapshot *s, MDB_env *env, wf_err *e)
{
    wf_sealed sealed = { 0 };
    wf_walk w;
    wf_rc rc = WF_ABSENT;

    for (int i = 0; i < 100 && rc == WF_ABSENT; i++) {
        if (s->txn != NULL)
            mdb_txn_abort(s->txn);
        int fault = mdb_txn_begin(env, NULL, MDB_RDONLY, &s->txn);
        if (fault != 0) {
            s->txn = NULL;
            return wf_store_fault(e, fault, "a snapshot");
        }
        rc = wf_walk_open(s->fd, mdb_txn_id(s->txn), &w, e);
        if (rc != WF_OK)
            continue;
        unsigned place = (unsigned) (w.transaction % 2);
        WF_ASSERT((s->head = realloc(s->head, 2 * (size_t) w.page_size)) != NULL);
        s->page_size = w.page_size;
        ssize_t n = pread(s->fd, s->head + place * w.page_size, w.page_size, (off_t) (place * w.page_size));
        uint64_t of;
        memcpy(&of, s->head + place * w.page_size + LAST_AT + 8, sizeof of);
        if (n != (ssize_t) w.page_size)
            return wf_fail(e, WF_SYSTEM, "a snapshot: %s", strerror(errno));
        if (of != w.transaction) {      /* the next commit but one has just taken its place */
            rc = WF_ABSENT;
            continue;
        }
        make_head(s, place);
    }
    WF_TRY(rc);
    WF_TRY(wf_file_seal(&w, &sealed, e));
    s->bytes = (w.last + 1) * w.page_size;
    s->sequence = sealed.last;
    return WF_OK;
}

wf_rc wf_snapshot_new(wf_store *store, wf_snapshot **ret, wf_err *e)
{
    WF_AUTO(wf_snapshot_free) wf_snapshot *s = calloc(1, sizeof *s);

    WF_ASSERT(s != NULL);
    int rc = mdb_env_get_fd(store->env, &s->fd);
    if (rc != 0)
        return wf_store_fault(e, rc, "a snapshot");
    WF_TRY(take(s, store->env, e));
    *ret = s;
    s = NULL;
    return WF_OK;
}

void wf_snapshot_free(wf_snapshot **p)
{
    wf_snapshot *s = *p;

    *p = NULL;
    if (s == NULL)
        return;
    if (s->txn != NULL)
        mdb_txn_abort(s->txn);
    free(s->head);
    free(s);
}

uint64_t wf_snapshot_bytes(const wf_snapshot *s) { return s->bytes; }
uint64_t wf_snapshot_last(const wf_snapshot *s) { return s->sequence; }

wf_rc wf_snapshot_read(const wf_snapshot *s, uint64_t at, void *buf, size_t n, wf_err *e)
{
    const size_t head = 2 * (size_t) s->page_size;
    size_t done = 0;

    WF_ASSERT(at <= s->bytes && n <= s->bytes - at);
    if (at < head) {
        done = n < head - at ? n : head - (size_t) at;
        memcpy(buf, s->head + at, done);
    }
    while (done < n) {
        ssize_t k = pread(s->fd, (uint8_t *) buf + done, n - done, (off_t) (at + done));
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return wf_fail(e, WF_SYSTEM, "data.mdb cannot be read at byte %llu: %s", (unsigned long long) at, strerror(errno));
        if (k == 0) {                   /* free pages at the end that were never written */
            memset((uint8_t *) buf + done, 0, n - done);
            return WF_OK;
        }
        done += (size_t) k;
    }
    return WF_OK;
}
