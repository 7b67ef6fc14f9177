/* walk -- reads LMDB's file by read() and checks each page before anything in it is followed.
 *
 *   page 0, 1: meta (the one with the higher transaction number holds)     page 2 ...: trees, values beyond a page, free ones
 *
 *   free:  transaction -> count, page ...          main: table's name -> its tree          table: key -> value
 *
 * LMDB trusts its file: a flipped bit in an inner page sends it astray, and a page beyond the file's end kills the process.
 * So the file is walked before it is mapped, by the scrub while the daemon runs, and by `workforced scrub`. What a walk
 * holds to: each page says its own number and kind; its nodes fill it without hole or overlap; keys ascend, and lie between
 * the separators above them; a tree has as many pages, levels and rows as its root says; no page is used twice or both
 * used and free; of a whole walk, none is neither. Any bit of a page in use that reading depends on is held by one of
 * these, or by the checksum of a row. */
#pragma once
#include "store/inside.h"

typedef struct wf_btree {
    uint32_t page_size;
    uint16_t flags, depth;
    uint64_t branches, leaves, overflows, entries, root;
} wf_btree;

typedef struct wf_walk {
    int fd;
    uint32_t page_size;
    uint64_t transaction;               /* of the snapshot that is walked */
    uint64_t last, pages;               /* last page in use or free; whole pages in the file, which may be fewer */
    wf_btree free, main, table[WF_TABLES];
    uint8_t *seen;                      /* a bit a page; NULL: pages are not accounted for */
    bool empty;                         /* nothing has been committed yet */
} wf_walk;

/* The newest snapshot of an open file, or the one of `transaction`. WF_ABSENT: the file does not hold that one any more.
 * WF_DAMAGED, WF_SYSTEM. `fd` is borrowed. */
WF_NODISCARD wf_rc wf_walk_open(int fd, uint64_t transaction, wf_walk *ret, wf_err *e);
/* Transaction of the meta page that does not hold; 0: it has never been written. */
WF_NODISCARD wf_rc wf_walk_other(int fd, uint64_t newest, uint64_t *ret, wf_err *e);
void wf_walk_end(wf_walk *w);

/* The value is borrowed during the call; it is there only where rows are asked for. */
typedef wf_rc wf_walk_row(void *ctx, wf_table table, MDB_val key, MDB_val value, wf_err *e);

/* All trees of the snapshot, and that no page has two uses. From each table the leaves that hold keys above `from`
 * (NULL: all; p NULL: all of that table). Visits no rows. Whole: also that every page has a use. */
WF_NODISCARD wf_rc wf_walk_trees(wf_walk *w, const wf_str from[WF_TABLES], wf_err *e);
/* Leaves in `seen` which pages trees and free list use; the caller ends the walk. */
WF_NODISCARD wf_rc wf_walk_used(wf_walk *w, wf_err *e);
/* Every row of a table, in order. */
WF_NODISCARD wf_rc wf_walk_rows(wf_walk *w, wf_table t, wf_walk_row *row, void *ctx, wf_err *e);
/* The last row; WF_ABSENT: the table is empty. */
WF_NODISCARD wf_rc wf_walk_last(wf_walk *w, wf_table t, wf_walk_row *row, void *ctx, wf_err *e);

/* Where a walk by parts stands in a table. */
typedef struct wf_place { size_t n; uint8_t key[512]; } wf_place;   /* n == 0: before the first row */
/* Rows after `at`, until about `pages` pages have been read: whole leaves only. *at moves on; *done: the table ends. */
WF_NODISCARD wf_rc wf_walk_part(wf_walk *w, wf_table t, wf_place *at, uint64_t *pages, bool *done, wf_walk_row *row, void *ctx,
                                wf_err *e);

/* file.c: the newest snapshot with its last seal (there is none when it is empty), held to its own number, and so the other. */
WF_NODISCARD wf_rc wf_file_open(int fd, wf_walk *w, wf_sealed *s, wf_err *e);
WF_NODISCARD wf_rc wf_file_seal(wf_walk *w, wf_sealed *ret, wf_err *e);
