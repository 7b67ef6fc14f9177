/* space -- how much room there is for the next commits: pages of the store's own limit, and the disk. */
#include "store/inside.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define LEAST_RESERVE (UINT64_C(1) << 20)

static uint64_t five_percent(uint64_t limit)
{
    uint64_t part = limit / 20;

    return part > LEAST_RESERVE ? part : LEAST_RESERVE < limit / 2 ? LEAST_RESERVE : limit / 2;
}

/* Pages that earlier commits gave back. */
static uint64_t free_pages(wf_store *s)
{
    MDB_txn *txn;
    MDB_cursor *c;
    MDB_val key, value;
    uint64_t all = 0, n;

    if (wf_store_reading(s, &txn, NULL) != WF_OK || mdb_cursor_open(txn, 0, &c) != 0)
        return 0;
    while (mdb_cursor_get(c, &key, &value, MDB_NEXT) == 0 && value.mv_size >= sizeof n) {
        memcpy(&n, value.mv_data, sizeof n);
        all += n;
    }
    mdb_cursor_close(c);
    if (s->txn == NULL) {
        mdb_txn_reset(s->reading);      /* an idle snapshot would keep pages from being used again */
        s->reading_live = false;
    }
    return all;
}

static uint64_t used_bytes(wf_store *s, uint64_t limit, uint64_t reserve)
{
    MDB_stat stat;
    uint64_t used = wf_store_used_bytes(s);

    if (used + reserve >= limit && mdb_env_stat(s->env, &stat) == 0)
        used -= free_pages(s) * stat.ms_psize;
    return used;
}

void wf_store_space(wf_store *s, wf_space *ret)
{
    struct statvfs v;
    MDB_envinfo info;
    wf_space x = { .was_full = s->full, .limit = s->limit };

    if (mdb_env_info(s->env, &info) == 0 && (x.limit == 0 || x.limit > info.me_mapsize))
        x.limit = info.me_mapsize;
    x.reserve = five_percent(x.limit);
    x.used = used_bytes(s, x.limit, x.reserve);
    x.disk_free = fstatvfs(s->directory, &v) == 0 ? (uint64_t) v.f_bavail * v.f_frsize : UINT64_MAX;
    x.disk_reserve = s->disk_reserve;
    /* Going on wants a little more room than stopping did, so that the two do not take turns. */
    uint64_t more = s->full ? x.reserve / 8 : 0, more_disk = s->full ? x.disk_reserve / 8 : 0;
    if (x.used + x.reserve + more > x.limit)
        snprintf(x.why, sizeof x.why, "the store is full: %llu of %llu MiB are used, the rest is kept to tidy up",
                 (unsigned long long) (x.used >> 20), (unsigned long long) (x.limit >> 20));
    else if (x.disk_free < x.disk_reserve + more_disk)
        snprintf(x.why, sizeof x.why, "the disk is full: %llu MiB are free, %llu are kept in reserve",
                 (unsigned long long) (x.disk_free >> 20), (unsigned long long) (x.disk_reserve >> 20));
    s->full = x.full = x.why[0] != '\0';
    *ret = x;
}
