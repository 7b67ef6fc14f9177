/* writes -- preloaded into a daemon: each write to its store's files is noted before it happens, each flush after it has
 * ended, in one file in their order. What was acknowledged is known to lie behind some length of that file; crash.c makes
 * of it the files that a power cut could have left.
 *
 *   WF_WRITES=log   the file; records are a struct wf_write, then the bytes of a write */
#include "system/preload/writes.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int log_fd = -1;
static uint64_t length;                             /* of the log */
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("WF_WRITES");
    struct stat st;

    if (path == NULL || (log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0 || fstat(log_fd, &st) != 0)
        abort();
    length = (uint64_t) st.st_size;
}

/* Which of the store's files; -1: none of them. */
static int file_of(int fd)
{
    char link[32], path[512];
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return -1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0)
        return -1;
    path[n] = '\0';
    const char *name = strrchr(path, '/');
    for (int i = 0; name != NULL && i < WF_WRITES_FILES; i++)
        if (strcmp(name + 1, wf_writes_file[i]) == 0)
            return i;
    return -1;
}

static void note(wf_write w, const struct iovec *iov, int parts)
{
    struct iovec all[66] = { { &w, sizeof w } };
    uint64_t n = sizeof w;

    if (parts > 65)
        abort();
    for (int i = 0; i < parts; i++) {
        all[i + 1] = iov[i];
        n += iov[i].iov_len;
    }
    if (syscall(SYS_writev, log_fd, all, parts + 1) != (long) n)
        abort();
    length += n;
}

/* Notes the write, does it, and notes its end where it is on disk by then. */
static ssize_t written(int fd, const struct iovec *iov, int parts, off_t at, bool seek)
{
    int file = file_of(fd);
    size_t n = 0;

    if (file < 0)
        return at >= 0 ? syscall(SYS_pwritev, fd, iov, parts, at, 0) : syscall(SYS_writev, fd, iov, parts);
    for (int i = 0; i < parts; i++)
        n += iov[i].iov_len;
    pthread_mutex_lock(&order);
    bool durable = (fcntl(fd, F_GETFL) & O_DSYNC) != 0;
    wf_write w = { .kind = durable ? WF_WRITE_THROUGH : WF_WRITE, .file = (uint8_t) file, .n = n,
                   .offset = (uint64_t) (seek ? lseek(fd, 0, SEEK_CUR) : at) };
    note(w, iov, parts);
    ssize_t did = seek ? syscall(SYS_writev, fd, iov, parts) : syscall(SYS_pwritev, fd, iov, parts, at, 0);
    if (did != (ssize_t) n)
        abort();
    if (durable)
        note((wf_write) { .kind = WF_WRITE_ENDED, .file = (uint8_t) file }, NULL, 0);
    pthread_mutex_unlock(&order);
    return did;
}

static int flushed(int fd, long call)
{
    int file = file_of(fd);

    pthread_mutex_lock(&order);
    uint64_t from = length;
    int rc = (int) syscall(call, fd);
    if (rc == 0 && file >= 0)
        note((wf_write) { .kind = WF_WRITE_FLUSHED, .file = (uint8_t) file, .offset = from }, NULL, 0);
    pthread_mutex_unlock(&order);
    return rc;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    return written(fd, &(struct iovec) { (void *) (uintptr_t) p, n }, 1, at, false);
}
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at) { return pwrite(fd, p, n, at); }
ssize_t write(int fd, const void *p, size_t n) { return written(fd, &(struct iovec) { (void *) (uintptr_t) p, n }, 1, -1, true); }
ssize_t writev(int fd, const struct iovec *iov, int parts) { return written(fd, iov, parts, -1, true); }
ssize_t pwritev(int fd, const struct iovec *iov, int parts, off_t at) { return written(fd, iov, parts, at, false); }
int fdatasync(int fd) { return flushed(fd, SYS_fdatasync); }
int fsync(int fd) { return flushed(fd, SYS_fsync); }
