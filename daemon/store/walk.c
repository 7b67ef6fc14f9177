/* walk -- see walk.h. Pages as LMDB 0.9 lays them out, on a machine with 64 bits:
 *
 *   page:  number 8 | 2 | flags 2 | lower 2, upper 2 (a long value: pages 4) | pointers ... lower   upper ... nodes
 *   node:  low 2, high 2, flags 2, key 2 | key | value       low, high: the value's length; of a branch, with flags, a page */
#include "store/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0xbeefc0deu
#define PAGE_HEADER 16u
#define NODE_HEADER 8u
#define PAGE_MIN 512u
#define PAGE_MAX 65536u
#define NO_PAGE UINT64_MAX
#define KEY_MAX 511u
#define DEPTH_MAX 32
#define MISSING_MAX (1u << 20)
enum { PAGE_BRANCH = 1, PAGE_LEAF = 2, PAGE_OVERFLOW = 4, PAGE_META = 8 };
enum { NODE_BIG = 1, NODE_TREE = 2 };
#define INTEGER_KEY 8u                  /* a tree's flag */

typedef struct meta {
    uint32_t magic, version;
    uint64_t address, map;
    wf_btree free, main;
    uint64_t last, transaction;
} meta;
_Static_assert(sizeof(meta) == 136 && sizeof(wf_btree) == 48, "as LMDB 0.9 lays it out");

/* A walk through one tree. */
typedef struct way {
    wf_walk *w;
    const wf_btree *tree;
    const char *name;
    wf_rc (*row)(struct way *y, MDB_val key, MDB_val value, wf_err *e);     /* NULL: no rows */
    wf_walk_row *visit;                 /* what `row` calls, and with what */
    void *ctx;
    wf_table table;
    wf_str from;                        /* leaves whose keys all lie at or below are passed over; rows too */
    bool last_only, stop;
    uint64_t left;                      /* pages that may still be read; 0: it stops after this leaf */
    uint64_t branches, leaves, overflows, entries;      /* met */
    uint8_t before[KEY_MAX + 1];        /* the last key or separator; what follows is above it, or may equal a separator */
    size_t before_n;
    bool any, separator;
    uint8_t *page[DEPTH_MAX];
    uint8_t *big;                       /* the last long value */
} way;

static wf_rc damaged(const way *y, uint64_t page, const char *what, wf_err *e)
{
    return wf_fail(e, WF_DAMAGED, "data.mdb page %llu (%s) %s", (unsigned long long) page, y->name, what);
}

static wf_rc file_damaged(wf_err *e, const char *what) { return wf_fail(e, WF_DAMAGED, "data.mdb %s", what); }

static uint16_t half(const uint8_t *p) { uint16_t v; memcpy(&v, p, sizeof v); return v; }
static uint32_t full(const uint8_t *p) { uint32_t v; memcpy(&v, p, sizeof v); return v; }
static uint64_t word(const uint8_t *p) { uint64_t v; memcpy(&v, p, sizeof v); return v; }

/* Bytes that are not there are damage; what the disk does not give is told as that. */
static wf_rc read_at(int fd, void *buf, size_t n, uint64_t at, bool *short_, wf_err *e)
{
    size_t done = 0;

    *short_ = false;
    while (done < n) {
        ssize_t k = pread(fd, (uint8_t *) buf + done, n - done, (off_t) (at + done));
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return wf_fail(e, WF_SYSTEM, "data.mdb cannot be read at byte %llu: %s", (unsigned long long) at, strerror(errno));
        if (k == 0) {
            *short_ = true;
            return WF_OK;
        }
        done += (size_t) k;
    }
    return WF_OK;
}

/* ---- nodes ---- */

typedef struct node { uint16_t flags; size_t key_n, data_n, size; const uint8_t *key, *data; uint64_t child; } node;

/* false: it does not lie in the page. */
static bool take_node(const way *y, const uint8_t *page, size_t index, bool leaf, node *ret)
{
    size_t at = half(page + PAGE_HEADER + 2 * index), most = y->w->page_size;
    uint64_t low;

    if (at < half(page + 14) || at % 2 != 0 || at + NODE_HEADER > most)
        return false;
    const uint8_t *p = page + at;
    low = half(p) | (uint32_t) half(p + 2) << 16;
    *ret = (node) { .flags = half(p + 4), .key_n = half(p + 6), .key = p + NODE_HEADER };
    ret->data = ret->key + ret->key_n;
    ret->size = NODE_HEADER + ret->key_n;
    if (leaf) {
        ret->data_n = low;
        ret->size += ret->flags & NODE_BIG ? sizeof(uint64_t) : low;
        if ((ret->flags & ~(NODE_BIG | NODE_TREE)) != 0 || ret->key_n == 0)
            return false;
    } else {
        ret->child = low | (uint64_t) ret->flags << 32;
        if ((ret->key_n == 0) != (index == 0))
            return false;
    }
    ret->size += ret->size % 2;
    return ret->key_n <= KEY_MAX && ret->size <= most - at;
}

/* Is there a bit set among n from `at`? Then they overlap. Sets them. */
static bool claim(uint8_t *bits, uint64_t at, uint64_t n)
{
    for (; n > 0; at++, n--) {
        uint8_t bit = (uint8_t) (1u << at % 8);
        if (bits[at / 8] & bit)
            return false;
        bits[at / 8] |= bit;
    }
    return true;
}

/* Nodes fill the page from `upper` to its end, each byte once. */
static bool is_filled(const way *y, const uint8_t *page, size_t n, bool leaf)
{
    uint8_t bytes[PAGE_MAX / 16];       /* a bit for two bytes */
    size_t all = 0;
    node x;

    memset(bytes, 0, y->w->page_size / 16);
    for (size_t i = 0; i < n; i++) {
        if (!take_node(y, page, i, leaf, &x) || !claim(bytes, (size_t) (x.key - NODE_HEADER - page) / 2, x.size / 2))
            return false;
        all += x.size;
    }
    return all == y->w->page_size - half(page + 14);
}

static wf_rc check_page(const way *y, const uint8_t *page, uint64_t number, bool leaf, size_t *ret_n, wf_err *e)
{
    uint16_t lower = half(page + 12), upper = half(page + 14);

    if (word(page) != number || half(page + 10) != (leaf ? PAGE_LEAF : PAGE_BRANCH))
        return damaged(y, number, "is another page than its place says", e);
    if (lower < PAGE_HEADER + 2 || lower % 2 != 0 || upper < lower || upper > y->w->page_size)
        return damaged(y, number, "has impossible bounds", e);
    *ret_n = (lower - PAGE_HEADER) / 2u;
    if (!is_filled(y, page, *ret_n, leaf))
        return damaged(y, number, "has entries that do not fit together", e);
    return WF_OK;
}

static int compare(const way *y, const uint8_t *a, size_t a_n, const uint8_t *b, size_t b_n)
{
    if (y->tree->flags & INTEGER_KEY) {
        uint64_t left = word(a), right = word(b);
        return left < right ? -1 : left > right;
    }
    int c = memcmp(a, b, a_n < b_n ? a_n : b_n);
    return c != 0 ? c : a_n < b_n ? -1 : a_n > b_n;
}

/* Keys ascend through the whole tree; a separator is at most the key after it. */
static wf_rc in_order(way *y, uint64_t page, const uint8_t *key, size_t n, bool separator, wf_err *e)
{
    if ((y->tree->flags & INTEGER_KEY) != 0 && n != sizeof(uint64_t))
        return damaged(y, page, "has a key of an impossible length", e);
    if (y->any) {
        int c = compare(y, y->before, y->before_n, key, n);
        if (c > 0 || (c == 0 && !y->separator))
            return damaged(y, page, "has keys that do not ascend", e);
    }
    memcpy(y->before, key, n);
    y->before_n = n;
    y->any = true;
    y->separator = separator;
    return WF_OK;
}

/* ---- pages ---- */

static wf_rc use(way *y, uint64_t number, uint64_t n, wf_err *e)
{
    wf_walk *w = y->w;

    if (number < 2 || number > w->last || n > w->last - number + 1)
        return damaged(y, number, "is beyond the last page", e);
    if (number + n > w->pages)
        return damaged(y, number, "is in use and not in the file: it was cut off", e);
    if (w->seen != NULL && !claim(w->seen, number, n))
        return damaged(y, number, "has two uses", e);
    y->left = y->left > n ? y->left - n : 0;
    return WF_OK;
}

static wf_rc read_page(way *y, uint64_t number, void *buf, size_t n, wf_err *e)
{
    bool cut;

    WF_TRY(read_at(y->w->fd, buf, n, number * y->w->page_size, &cut, e));
    return cut ? damaged(y, number, "is in use and not in the file: it was cut off", e) : WF_OK;
}

/* A value on pages of its own: *value to where it has been read, if rows are wanted. */
static wf_rc long_value(way *y, uint64_t page, const node *x, MDB_val *value, wf_err *e)
{
    uint8_t head[PAGE_HEADER];
    uint64_t first = word(x->data);

    WF_TRY(use(y, first, 1, e));
    WF_TRY(read_page(y, first, head, sizeof head, e));
    uint64_t n = full(head + 12);
    if (word(head) != first || half(head + 10) != PAGE_OVERFLOW || n == 0)
        return damaged(y, first, "is another page than its place says", e);
    if (n > 1)
        WF_TRY(use(y, first + 1, n - 1, e));
    if (x->data_n > n * y->w->page_size - PAGE_HEADER)
        return damaged(y, page, "names a long value of another length", e);
    y->overflows += n;
    if (y->row == NULL)
        return WF_OK;
    free(y->big);
    WF_ASSERT((y->big = malloc(x->data_n + 1)) != NULL);
    bool cut;
    WF_TRY(read_at(y->w->fd, y->big, x->data_n, first * y->w->page_size + PAGE_HEADER, &cut, e));
    if (cut)
        return damaged(y, first, "is in use and not in the file: it was cut off", e);
    *value = (MDB_val) { x->data_n, y->big };
    return WF_OK;
}

static wf_rc walk_leaf(way *y, const uint8_t *page, uint64_t number, size_t n, wf_err *e)
{
    y->leaves++;
    for (size_t i = y->last_only ? n - 1 : 0; i < n; i++) {
        node x;
        (void) take_node(y, page, i, true, &x);
        MDB_val value = { x.data_n, (void *) (uintptr_t) x.data };
        y->entries++;
        bool old = y->from.n > 0 && compare(y, x.key, x.key_n, (const uint8_t *) y->from.p, y->from.n) <= 0;
        if (old && y->row != NULL)
            continue;
        WF_TRY(in_order(y, number, x.key, x.key_n, false, e));
        if (((x.flags & NODE_TREE) != 0) != (y->tree == &y->w->main))
            return damaged(y, number, "has an entry of another kind", e);
        if (x.flags & NODE_BIG)
            WF_TRY(long_value(y, number, &x, &value, e));
        if (y->row != NULL)
            WF_TRY(y->row(y, (MDB_val) { x.key_n, (void *) (uintptr_t) x.key }, value, e));
    }
    y->stop = y->left == 0;
    return WF_OK;
}

static wf_rc walk_page(way *y, uint64_t number, int level, wf_err *e);

static wf_rc walk_branch(way *y, const uint8_t *page, uint64_t number, size_t n, int level, wf_err *e)
{
    y->branches++;
    for (size_t i = 0; i < n && !y->stop; i++) {
        node x, next;
        (void) take_node(y, page, i, false, &x);
        if (i > 0)
            WF_TRY(in_order(y, number, x.key, x.key_n, true, e));
        if (y->last_only && i + 1 < n)
            continue;
        bool old = y->from.n > 0 && i + 1 < n && take_node(y, page, i + 1, false, &next) &&
                   ((y->tree->flags & INTEGER_KEY) == 0 || next.key_n == sizeof(uint64_t)) &&
                   compare(y, next.key, next.key_n, (const uint8_t *) y->from.p, y->from.n) <= 0;
        if (old && y->row != NULL)
            continue;
        if (!old || level + 1 < y->tree->depth)
            WF_TRY(walk_page(y, x.child, level + 1, e));
        else
            WF_TRY(use(y, x.child, 1, e));
    }
    return WF_OK;
}

static wf_rc walk_page(way *y, uint64_t number, int level, wf_err *e)
{
    bool leaf = level == y->tree->depth;
    size_t n = 0;

    WF_TRY(use(y, number, 1, e));
    if (y->page[level - 1] == NULL)
        WF_ASSERT((y->page[level - 1] = calloc(1, y->w->page_size)) != NULL);
    uint8_t *page = y->page[level - 1];
    WF_TRY(read_page(y, number, page, y->w->page_size, e));
    WF_TRY(check_page(y, page, number, leaf, &n, e));
    return leaf ? walk_leaf(y, page, number, n, e) : walk_branch(y, page, number, n, level, e);
}

static wf_rc walk_tree(way *y, wf_err *e)
{
    const wf_btree *t = y->tree;
    wf_rc rc = WF_OK;

    if (t->root == NO_PAGE)
        return t->entries == 0 && t->branches + t->leaves + t->overflows == 0 ? WF_OK
                   : wf_fail(e, WF_DAMAGED, "data.mdb: tree %s has rows and no root", y->name);
    if (t->depth < 1 || t->depth > DEPTH_MAX)
        return wf_fail(e, WF_DAMAGED, "data.mdb: tree %s has %u levels", y->name, t->depth);
    if (y->left == 0)
        y->left = UINT64_MAX;
    rc = walk_page(y, t->root, 1, e);
    for (int i = 0; i < DEPTH_MAX; i++)
        free(y->page[i]);
    free(y->big);
    return rc;
}

/* What a tree that was walked to its end must come to. */
static wf_rc check_counts(const way *y, wf_err *e)
{
    const wf_btree *t = y->tree;

    if (t->branches != y->branches || t->leaves != y->leaves || t->overflows != y->overflows || t->entries != y->entries)
        return wf_fail(e, WF_DAMAGED, "data.mdb: tree %s has %llu rows, not %llu, or other pages than it says", y->name,
                       (unsigned long long) y->entries, (unsigned long long) t->entries);
    return WF_OK;
}

/* ---- free pages, tables ---- */

static wf_rc free_row(way *y, MDB_val key, MDB_val value, wf_err *e)
{
    const uint8_t *p = value.mv_data;
    uint64_t n = value.mv_size < sizeof n ? 0 : word(p), before = UINT64_MAX;

    (void) key;
    if (value.mv_size < sizeof n || n > value.mv_size / sizeof n - 1)
        return wf_fail(e, WF_DAMAGED, "data.mdb: a list of free pages is impossible");
    for (uint64_t i = 1; i <= n; i++) {
        uint64_t page = word(p + i * sizeof page);
        if (page < 2 || page > y->w->last || page >= before || (y->w->seen != NULL && !claim(y->w->seen, page, 1)))
            return wf_fail(e, WF_DAMAGED, "data.mdb: page %llu is free and in use, or free twice", (unsigned long long) page);
        before = page;
    }
    return WF_OK;
}

static wf_rc table_row(way *y, MDB_val key, MDB_val value, wf_err *e)
{
    for (int t = 0; t < WF_TABLES; t++)
        if (key.mv_size == strlen(wf_table_rows[t].name) && memcmp(key.mv_data, wf_table_rows[t].name, key.mv_size) == 0) {
            wf_btree *tree = &y->w->table[t];
            if (value.mv_size != sizeof *tree)
                break;
            memcpy(tree, value.mv_data, sizeof *tree);
            if (tree->flags != wf_table_rows[t].flags)
                break;
            return WF_OK;
        }
    return wf_fail(e, WF_DAMAGED, "data.mdb: table %.*s is none that this release knows: damaged, or written by a newer one",
                   (int) (key.mv_size < 32 ? key.mv_size : 32), (const char *) key.mv_data);
}

/* ---- snapshots ---- */

static wf_rc read_meta(int fd, unsigned place, uint32_t page_size, meta *ret, wf_err *e)
{
    uint8_t bytes[PAGE_HEADER + sizeof *ret];
    bool cut;

    WF_TRY(read_at(fd, bytes, sizeof bytes, (uint64_t) place * page_size, &cut, e));
    if (cut)
        return file_damaged(e, "ends within its first two pages");
    memcpy(ret, bytes + PAGE_HEADER, sizeof *ret);
    if (half(bytes + 10) != PAGE_META || ret->magic != MAGIC || ret->version != 1)
        return file_damaged(e, "is not a store of this kind");
    uint32_t size = ret->free.page_size;
    if (size < PAGE_MIN || size > PAGE_MAX || (size & (size - 1)) != 0)
        return file_damaged(e, "has an impossible page size");
    if (ret->free.flags != INTEGER_KEY || ret->main.flags != 0 || word(bytes) != place)
        return file_damaged(e, "has a first page that LMDB would not write");
    if (ret->last < 1 || ret->last > (uint64_t) INT64_MAX / PAGE_MAX ||
        (ret->free.root != NO_PAGE && ret->free.root > ret->last) || (ret->main.root != NO_PAGE && ret->main.root > ret->last))
        return file_damaged(e, "has a root beyond its last page");
    return WF_OK;
}

/* Commits take the two pages in turn, so their numbers are neighbours, each with its place's parity; 0: never written. */
static wf_rc read_metas(int fd, meta m[2], wf_err *e)
{
    WF_TRY(read_meta(fd, 0, 0, &m[0], e));
    WF_TRY(read_meta(fd, 1, m[0].free.page_size, &m[1], e));
    if (m[0].free.page_size != m[1].free.page_size)
        return file_damaged(e, "has two page sizes");
    for (unsigned i = 0; i < 2; i++)
        if (m[i].transaction != 0 && m[i].transaction % 2 != i)
            return file_damaged(e, "has a first page with another commit's number");
    uint64_t a = m[0].transaction, b = m[1].transaction;
    if (a != 0 && b != 0 && a + 1 != b && b + 1 != a)
        return file_damaged(e, "has first pages of commits that do not follow each other");
    return WF_OK;
}

wf_rc wf_walk_other(int fd, uint64_t newest, uint64_t *ret, wf_err *e)
{
    meta m[2];

    WF_TRY(read_metas(fd, m, e));
    *ret = m[newest % 2 == 0].transaction;
    return WF_OK;
}

wf_rc wf_walk_open(int fd, uint64_t transaction, wf_walk *ret, wf_err *e)
{
    struct stat st;
    meta m[2];

    if (fstat(fd, &st) != 0)
        return wf_fail(e, WF_SYSTEM, "data.mdb: %s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return file_damaged(e, "is not a file");
    WF_TRY(read_metas(fd, m, e));
    const meta *at = m[0].transaction >= m[1].transaction ? &m[0] : &m[1];
    if (transaction != 0)
        at = m[0].transaction == transaction ? &m[0] : &m[1];
    if (transaction != 0 && at->transaction != transaction)
        return wf_fail(e, WF_ABSENT, "commit %llu is not in the file any more", (unsigned long long) transaction);
    wf_walk w = {
        .fd = fd, .page_size = at->free.page_size, .transaction = at->transaction, .last = at->last,
        .free = at->free, .main = at->main,
        .pages = (uint64_t) st.st_size / at->free.page_size, .empty = at->main.root == NO_PAGE,
    };
    for (int t = 0; t < WF_TABLES; t++)
        w.table[t] = (wf_btree) { .root = NO_PAGE, .flags = (uint16_t) wf_table_rows[t].flags };
    if (w.last >= w.pages && w.last - w.pages >= MISSING_MAX)
        return file_damaged(e, "is shorter than its pages in use: it was cut off");
    way y = { .w = &w, .tree = &w.main, .name = "tables", .row = table_row };
    WF_TRY(walk_tree(&y, e));
    if (!w.empty && y.entries != WF_TABLES)
        return file_damaged(e, "lacks a table");
    *ret = w;
    return WF_OK;
}

void wf_walk_end(wf_walk *w)
{
    free(w->seen);
    w->seen = NULL;
}

/* ---- walks ---- */

/* All trees but the free pages' list; *whole: every leaf was read. */
static wf_rc account(wf_walk *w, const wf_str from[WF_TABLES], bool *whole, wf_err *e)
{
    wf_walk_end(w);
    WF_ASSERT((w->seen = calloc(w->last / 8 + 1, 1)) != NULL);
    way main = { .w = w, .tree = &w->main, .name = "tables" };
    WF_TRY(walk_tree(&main, e));
    WF_TRY(check_counts(&main, e));
    for (int t = 0; t < WF_TABLES; t++) {
        way y = { .w = w, .tree = &w->table[t], .name = wf_table_rows[t].name };
        if (from != NULL)
            y.from = from[t];
        WF_TRY(walk_tree(&y, e));
        if (y.from.n == 0)
            WF_TRY(check_counts(&y, e));
        else
            *whole = false;
    }
    return WF_OK;
}

wf_rc wf_walk_used(wf_walk *w, wf_err *e)
{
    bool whole;
    way y = { .w = w, .tree = &w->free, .name = "free pages" };

    WF_TRY(account(w, NULL, &whole, e));
    return walk_tree(&y, e);
}

static wf_rc trees(wf_walk *w, const wf_str from[WF_TABLES], wf_err *e)
{
    bool whole = true;
    way free_ = { .w = w, .tree = &w->free, .name = "free pages", .row = free_row };

    WF_TRY(account(w, from, &whole, e));
    WF_TRY(walk_tree(&free_, e));
    WF_TRY(check_counts(&free_, e));
    for (uint64_t page = 2; whole && page <= w->last; page++)
        if ((w->seen[page / 8] & 1u << page % 8) == 0)
            return wf_fail(e, WF_DAMAGED, "data.mdb: page %llu is neither in use nor free", (unsigned long long) page);
    return WF_OK;
}

wf_rc wf_walk_trees(wf_walk *w, const wf_str from[WF_TABLES], wf_err *e)
{
    wf_rc rc = trees(w, from, e);

    wf_walk_end(w);
    return rc;
}

static wf_rc visit_row(way *y, MDB_val key, MDB_val value, wf_err *e) { return y->visit(y->ctx, y->table, key, value, e); }

static way way_of(wf_walk *w, wf_table t, wf_walk_row *row, void *ctx)
{
    return (way) { .w = w, .tree = &w->table[t], .name = wf_table_rows[t].name, .row = visit_row, .visit = row, .ctx = ctx,
                   .table = t };
}

wf_rc wf_walk_rows(wf_walk *w, wf_table t, wf_walk_row *row, void *ctx, wf_err *e)
{
    way y = way_of(w, t, row, ctx);

    WF_TRY(walk_tree(&y, e));
    return check_counts(&y, e);
}

wf_rc wf_walk_last(wf_walk *w, wf_table t, wf_walk_row *row, void *ctx, wf_err *e)
{
    way y = way_of(w, t, row, ctx);

    y.last_only = true;
    WF_TRY(walk_tree(&y, e));
    return y.entries > 0 ? WF_OK : wf_fail(e, WF_ABSENT, "table %s is empty", y.name);
}

wf_rc wf_walk_part(wf_walk *w, wf_table t, wf_place *at, uint64_t *pages, bool *done, wf_walk_row *row, void *ctx, wf_err *e)
{
    way y = way_of(w, t, row, ctx);

    y.from = (wf_str) { (const char *) at->key, at->n };
    y.left = *pages;
    WF_TRY(walk_tree(&y, e));
    *done = !y.stop;
    *pages = y.left;
    if (y.any && !y.separator) {
        memcpy(at->key, y.before, y.before_n);
        at->n = y.before_n;
    }
    return WF_OK;
}
