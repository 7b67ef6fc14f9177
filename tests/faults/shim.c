/* shim -- loaded before a daemon (LD_PRELOAD), makes calls fail as a test says while it runs.
 *
 * WF_FAULT names a file of eight numbers of 4 bytes that both sides map:
 *
 *   0 which calls (bits below)      1 errno      2 calls that still go through      3 calls that were counted
 *   4 how many fail (0: all from then on)        5 calls that failed
 *
 * Writes and flushes are those of the store's data.mdb; allocations are those that the daemon's own code or LMDB asks for. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, FLUSH = 2, ALLOCATE = 4 };

static volatile int *control;
static struct { const char *from, *to; } own[8];
static int owns;

static int note_own(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void) size, (void) ctx;
    if (info->dlpi_name[0] != '\0' && strstr(info->dlpi_name, "liblmdb") == NULL)
        return 0;
    for (int i = 0; i < info->dlpi_phnum && owns < 8; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X) != 0) {
            const char *from = (const char *) info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            own[owns].from = from;
            own[owns++].to = from + info->dlpi_phdr[i].p_memsz;
        }
    return 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("WF_FAULT");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    dl_iterate_phdr(note_own, NULL);
    void *p = mmap(NULL, 32, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    control = p == MAP_FAILED ? NULL : p;
}

/* Does this call fail? */
static int fails(int kind)
{
    if (control == NULL || (control[0] & kind) == 0)
        return 0;
    if (__atomic_fetch_add(&control[3], 1, __ATOMIC_RELAXED) < control[2])
        return 0;
    int failed = __atomic_fetch_add(&control[5], 1, __ATOMIC_RELAXED);
    if (control[4] != 0 && failed >= control[4])
        return 0;
    errno = control[1];
    return 1;
}

static int is_store(int fd)
{
    char link[64], path[512];
    if (control == NULL || control[0] == 0)
        return 0;
    int was = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path);
    errno = was;
    return n > 8 && memcmp(path + n - 8, "data.mdb", 8) == 0;
}

#define REAL(name) ((__typeof__(&name)) real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    static ssize_t (*next)(int, const void *, size_t, off_t);
    if (next == NULL)
        next = REAL(pwrite);
    return is_store(fd) && fails(WRITE) ? -1 : next(fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off_t at) { return pwrite(fd, p, n, at); }

ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at)
{
    static ssize_t (*next)(int, const struct iovec *, int, off_t);
    if (next == NULL)
        next = REAL(pwritev);
    return is_store(fd) && fails(WRITE) ? -1 : next(fd, v, n, at);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
    static ssize_t (*next)(int, const struct iovec *, int);
    if (next == NULL)
        next = REAL(writev);
    return is_store(fd) && fails(WRITE) ? -1 : next(fd, v, n);
}

ssize_t write(int fd, const void *p, size_t n)
{
    static ssize_t (*next)(int, const void *, size_t);
    if (next == NULL)
        next = REAL(write);
    return is_store(fd) && fails(WRITE) ? -1 : next(fd, p, n);
}

int fdatasync(int fd)
{
    static int (*next)(int);
    if (next == NULL)
        next = REAL(fdatasync);
    return is_store(fd) && fails(FLUSH) ? -1 : next(fd);
}

int fsync(int fd)
{
    static int (*next)(int);
    if (next == NULL)
        next = REAL(fsync);
    return is_store(fd) && fails(FLUSH) ? -1 : next(fd);
}

/* glibc's own, so that nothing here needs what it stands for. */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t each);
extern void *__libc_realloc(void *p, size_t n);

static int refused(const char *caller)
{
    if (control == NULL || (control[0] & ALLOCATE) == 0)
        return 0;
    for (int i = 0; i < owns; i++)
        if (caller >= own[i].from && caller < own[i].to)
            return fails(ALLOCATE);
    return 0;
}

void *malloc(size_t n) { return refused(__builtin_return_address(0)) ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t each) { return refused(__builtin_return_address(0)) ? NULL : __libc_calloc(n, each); }
void *realloc(void *p, size_t n) { return refused(__builtin_return_address(0)) ? NULL : __libc_realloc(p, n); }
