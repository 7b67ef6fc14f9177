/* file -- looks at LMDB's file by read(), before anything maps it: a page of the map beyond the file's end is SIGBUS.
 *
 *   page 0, 1: meta (the one with the higher transaction number holds)     ... pages of trees ...     last page
 *
 * A store may rightly end before its last page: pages that a transaction took and gave back are never written. So when
 * the file is shorter, the missing pages must be among the free ones, which are read from their own tree:
 *
 *   free: transaction -> count, page ...          values that do not fit lie on overflow pages */
#include "store/inside.h"

#include <errno.h>
#include <fcntl.h>
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
#define DEPTH_MAX 32
#define MISSING_MAX (1u << 20)
enum { PAGE_BRANCH = 1, PAGE_LEAF = 2, PAGE_OVERFLOW = 4, PAGE_META = 8, NODE_BIG = 1 };

typedef struct tree { uint32_t page_size; uint16_t flags, depth; uint64_t branches, leaves, overflows, entries, root; } tree;
typedef struct meta {
    uint32_t magic, version;
    uint64_t address, map;
    tree free, main;
    uint64_t last, transaction;
} meta;
_Static_assert(sizeof(meta) == 136, "as LMDB 0.9 lays it out");

typedef struct file {
    int fd;
    uint32_t page_size;
    uint64_t pages;                     /* whole ones that are there */
    uint64_t missing;                   /* pages pages .. pages + missing - 1 are in use or free */
    uint8_t *free;                      /* of the missing ones */
} file;

static wf_rc damaged(wf_err *e, const char *what) { return wf_fail(e, WF_DAMAGED, "data.mdb %s", what); }

static void close_file(file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    free(f->free);
}

static bool whole(int fd, void *buf, size_t n, uint64_t at) { return pread(fd, buf, n, (off_t) at) == (ssize_t) n; }

static wf_rc read_meta(int fd, uint64_t at, meta *ret, wf_err *e)
{
    uint8_t bytes[PAGE_HEADER + sizeof *ret];
    uint16_t flags;

    if (!whole(fd, bytes, sizeof bytes, at))
        return damaged(e, "ends within its first two pages");
    memcpy(&flags, bytes + 10, sizeof flags);
    memcpy(ret, bytes + PAGE_HEADER, sizeof *ret);
    if ((flags & PAGE_META) == 0 || ret->magic != MAGIC || ret->version != 1)
        return damaged(e, "is not a store of this kind");
    uint32_t size = ret->free.page_size;
    if (size < PAGE_MIN || size > PAGE_MAX || (size & (size - 1)) != 0)
        return damaged(e, "has an impossible page size");
    if (ret->last < 1 || ret->last > (uint64_t) INT64_MAX / PAGE_MAX ||
        (ret->free.root != NO_PAGE && ret->free.root > ret->last) || (ret->main.root != NO_PAGE && ret->main.root > ret->last))
        return damaged(e, "has a root beyond its last page");
    return WF_OK;
}

static uint16_t half(const uint8_t *p) { uint16_t v; memcpy(&v, p, sizeof v); return v; }
static uint64_t word(const uint8_t *p) { uint64_t v; memcpy(&v, p, sizeof v); return v; }

static void mark_free(file *f, const uint8_t *list, size_t n)
{
    for (size_t i = 8; i + 8 <= n && i / 8 <= word(list); i += 8) {
        uint64_t page = word(list + i);
        if (page >= f->pages && page - f->pages < f->missing)
            f->free[page - f->pages] = 1;
    }
}

static wf_rc big_list(file *f, uint64_t page, size_t n, wf_err *e)
{
    uint8_t *list = NULL;

    if (page >= f->pages || n > (f->pages - page) * f->page_size - PAGE_HEADER || (list = malloc(n)) == NULL ||
        !whole(f->fd, list, n, page * f->page_size + PAGE_HEADER)) {
        free(list);
        return damaged(e, "lacks pages that are in use");
    }
    mark_free(f, list, n);
    free(list);
    return WF_OK;
}

static wf_rc walk(file *f, uint64_t number, int depth, wf_err *e);

static wf_rc walk_nodes(file *f, const uint8_t *page, int depth, wf_err *e)
{
    uint16_t flags = half(page + 10), lower = half(page + 12);

    if (lower < PAGE_HEADER || lower > f->page_size)
        return damaged(e, "has a page that is none");
    for (size_t i = PAGE_HEADER; i + 2 <= lower; i += 2) {
        size_t at = half(page + i);
        if (at + NODE_HEADER > f->page_size)
            return damaged(e, "has a page that is none");
        const uint8_t *node = page + at;
        uint64_t low = half(node) | (uint64_t) half(node + 2) << 16;
        size_t data = at + NODE_HEADER + half(node + 6);
        if (flags & PAGE_BRANCH) {
            WF_TRY(walk(f, low | (uint64_t) half(node + 4) << 32, depth + 1, e));
        } else if (half(node + 4) & NODE_BIG) {
            if (data + 8 > f->page_size || low < 8)
                return damaged(e, "has a page that is none");
            WF_TRY(big_list(f, word(page + data), low, e));
        } else {
            if (data + low > f->page_size || low < 8)
                return damaged(e, "has a page that is none");
            mark_free(f, page + data, low);
        }
    }
    return WF_OK;
}

static wf_rc walk(file *f, uint64_t number, int depth, wf_err *e)
{
    uint8_t *page = NULL;
    wf_rc rc;

    if (depth > DEPTH_MAX || number >= f->pages || (page = malloc(f->page_size)) == NULL ||
        !whole(f->fd, page, f->page_size, number * f->page_size))
        rc = damaged(e, "lacks pages that are in use");
    else if ((half(page + 10) & (PAGE_BRANCH | PAGE_LEAF)) == 0)
        rc = damaged(e, "has a page that is none");
    else
        rc = walk_nodes(f, page, depth, e);
    free(page);
    return rc;
}

static wf_rc check_end(file *f, const meta *m, uint64_t size, wf_err *e)
{
    f->page_size = m->free.page_size;
    f->pages = size / f->page_size;
    if (m->last < f->pages)
        return WF_OK;
    f->missing = m->last + 1 - f->pages;
    if (f->missing > MISSING_MAX || m->free.root == NO_PAGE)
        return damaged(e, "is shorter than its pages in use: it was cut off");
    WF_ASSERT((f->free = calloc(f->missing, 1)) != NULL);
    WF_TRY(walk(f, m->free.root, 1, e));
    if (memchr(f->free, 0, f->missing) != NULL)
        return damaged(e, "is shorter than its pages in use: it was cut off");
    return WF_OK;
}

wf_rc wf_file_check(int directory, const char *name, bool *ret_empty, wf_err *e)
{
    WF_AUTO(close_file) file f = { .fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) };
    struct stat st;
    meta one = { 0 }, two = { 0 };

    if (f.fd < 0 && errno == ENOENT) {
        *ret_empty = true;
        return WF_OK;
    }
    if (f.fd < 0 || fstat(f.fd, &st) != 0)
        return wf_fail(e, WF_SYSTEM, "%s: %s", name, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return damaged(e, "is not a file");
    if (st.st_size == 0) {
        *ret_empty = true;
        return WF_OK;
    }
    WF_TRY(read_meta(f.fd, 0, &one, e));
    WF_TRY(read_meta(f.fd, one.free.page_size, &two, e));
    if (one.free.page_size != two.free.page_size)
        return damaged(e, "has two page sizes");
    WF_TRY(check_end(&f, two.transaction > one.transaction ? &two : &one, (uint64_t) st.st_size, e));
    *ret_empty = false;
    return WF_OK;
}
