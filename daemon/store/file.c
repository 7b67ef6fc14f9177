/* file -- looks at LMDB's file before anything maps it, and the last seals of its two snapshots. */
#include "store/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* So far back a start reads the journal at least, see env.c. */
#define TAIL 16384u

static void close_file(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static wf_rc take_seal(void *ctx, wf_table t, MDB_val key, MDB_val value, wf_err *e)
{
    wf_sealed *s = ctx;
    uint64_t at;
    wf_str bytes;

    (void) t;
    memcpy(&at, key.mv_data, sizeof at);
    if ((at & 1u) == 0)
        return wf_fail(e, WF_DAMAGED, "the journal's last commit is not sealed");
    s->last = at >> 1;
    WF_TRY(wf_value_open(key, value, &bytes, e));
    return wf_seal_take(s->last, bytes, &s->seal, e);
}

/* A snapshot's last seal says of which transaction it is: a first page that was put back or forged does not fit. */
wf_rc wf_file_seal(wf_walk *w, wf_sealed *ret, wf_err *e)
{
    wf_rc rc = wf_walk_last(w, WF_TABLE_JOURNAL, take_seal, ret, e);

    if (rc == WF_ABSENT)
        return wf_fail(e, WF_DAMAGED, "the journal is empty");
    WF_TRY(rc);
    if (ret->seal.transaction != 0 && ret->seal.transaction != w->transaction)
        return wf_fail(e, WF_DAMAGED, "data.mdb: the last commit is %llu and the file says %llu",
                       (unsigned long long) ret->seal.transaction, (unsigned long long) w->transaction);
    return WF_OK;
}

/* The snapshot that does not hold any more is whole until the next commit; if only its number is wrong, it was the newest. */
static wf_rc check_other(int fd, uint64_t newest, wf_err *e)
{
    uint64_t other;
    wf_walk w;
    wf_sealed s;

    WF_TRY(wf_walk_other(fd, newest, &other, e));
    if (other == 0)
        return WF_OK;
    WF_TRY(wf_walk_open(fd, other, &w, e));
    return w.empty ? WF_OK : wf_file_seal(&w, &s, e);
}

wf_rc wf_file_open(int fd, wf_walk *w, wf_sealed *s, wf_err *e)
{
    WF_TRY(wf_walk_open(fd, 0, w, e));
    if (!w->empty)
        WF_TRY(wf_file_seal(w, s, e));
    return check_other(fd, w->transaction, e);
}

static wf_rc check_start(int fd, bool *ret_empty, wf_err *e)
{
    wf_walk w;
    wf_sealed s = { 0 };
    uint8_t posted[12];
    wf_str from[WF_TABLES] = { { NULL, 0 } };

    WF_TRY(wf_file_open(fd, &w, &s, e));
    *ret_empty = w.empty;
    if (w.empty)
        return WF_OK;
    uint64_t back = s.last > TAIL ? s.last - TAIL : 0, key = WF_SEAL_OF(back < s.seal.heads_floor ? back : s.seal.heads_floor);
    wf_put_be64(posted, s.seal.floor);
    wf_put_be32(posted + 8, UINT32_MAX);
    from[WF_TABLE_JOURNAL] = (wf_str) { (const char *) &key, sizeof key };
    from[WF_TABLE_POSTINGS] = (wf_str) { (const char *) posted, sizeof posted };
    return wf_walk_trees(&w, from, e);
}

wf_rc wf_file_check(int directory, const char *name, bool *ret_empty, wf_err *e)
{
    WF_AUTO(close_file) int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;

    if (fd < 0 && errno == ENOENT) {
        *ret_empty = true;
        return WF_OK;
    }
    if (fd < 0 || fstat(fd, &st) != 0)
        return wf_fail(e, WF_SYSTEM, "%s: %s", name, strerror(errno));
    if (st.st_size == 0 && S_ISREG(st.st_mode)) {
        *ret_empty = true;
        return WF_OK;
    }
    return check_start(fd, ret_empty, e);
}
