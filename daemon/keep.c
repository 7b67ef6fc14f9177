#include "keep.h"
#include "store/store.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART "restore.part"            /* a folder in the store's: nothing in it is a store that a daemon opens */
#define STEP (1u << 20)

static void say(const char *what, const wf_store_report *r)
{
    printf("%s: store %s, format %u\n", what, r->id, r->format);
    printf("%" PRIu64 " events among %" PRIu64 " journal entries, %" PRIu64 " subjects, %" PRIu64 " alerts\n", r->events, r->sequence,
           r->subjects, r->alerts);
    printf("%" PRIu64 " pages (%" PRIu64 " bytes) and %" PRIu64 " rows read: nothing wrong\n", r->pages, r->bytes, r->rows);
    printf("last commit %s\n", r->chain);
}

wf_rc wf_keep_scrub(const char *path, wf_err *e)
{
    wf_store_report r;
    WF_TRY(wf_store_scrub(path, &r, e));
    say(path, &r);
    return WF_OK;
}

wf_rc wf_keep_derive(const char *path, wf_err *e)
{
    WF_TRY(wf_store_rederive(path, e));
    printf("%s: the journal is whole and stands alone now; the next start derives the rest. The old file is damaged.mdb\n", path);
    return WF_OK;
}

/* ---- restore --------------------------------------------------------------------------------------------------- */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static wf_rc refused(wf_err *e, const char *path, const char *what)
{
    return wf_fail(e, WF_SYSTEM, "%s: %s: %s", path, what, strerror(errno));
}

static wf_rc check_empty(const char *path, wf_err *e)
{
    DIR *d = opendir(path);
    if (!d)
        return refused(e, path, "cannot be read");
    wf_rc rc = WF_OK;
    for (struct dirent *f; rc == WF_OK && (f = readdir(d));)
        if (strcmp(f->d_name, ".") != 0 && strcmp(f->d_name, "..") != 0 && strcmp(f->d_name, PART) != 0)
            rc = wf_fail(e, WF_BUSY, "%s is not empty (%s is in it): a backup is restored into an empty directory; move what is "
                         "there away, do not delete it", path, f->d_name);
    closedir(d);
    return rc;
}

static wf_rc copy(int from, int to, const char *path, wf_err *e)
{
    char *buf = malloc(STEP);
    wf_rc rc = WF_OK;
    WF_ASSERT(buf);
    for (ssize_t n = 1; rc == WF_OK && n > 0;) {
        n = read(from, buf, STEP);
        if (n < 0)
            rc = refused(e, path, "the backup cannot be read");
        for (ssize_t done = 0; rc == WF_OK && done < n;) {
            ssize_t k = write(to, buf + done, (size_t) (n - done));
            if (k < 0 && errno != EINTR)
                rc = refused(e, path, "cannot be written");
            done += k > 0 ? k : 0;
        }
    }
    free(buf);
    if (rc == WF_OK && fsync(to) != 0)
        rc = refused(e, path, "cannot be flushed");
    return rc;
}

static void take_back(int directory)
{
    static const char *const names[] = { PART "/data.mdb", PART "/lock.mdb", PART "/workforced.lock" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void) unlinkat(directory, names[i], 0);
    (void) unlinkat(directory, PART, AT_REMOVEDIR);
}

static wf_rc copy_file(const char *file, int directory, const char *path, wf_err *e)
{
    WF_AUTO(close_fd) int from = open(file, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return refused(e, file, "cannot be opened");
    take_back(directory);               /* what an earlier one that was ended has left */
    if (mkdirat(directory, PART, 0700) != 0)
        return refused(e, path, "cannot be written");
    WF_AUTO(close_fd) int to = openat(directory, PART "/data.mdb", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0)
        return refused(e, path, "cannot be written");
    return copy(from, to, path, e);
}

/* The name comes last: a power cut or a kill leaves a store that knows that it was restored, or none. */
static wf_rc put_in_place(int directory, const char *path, wf_err *e)
{
    if (renameat(directory, PART "/data.mdb", directory, "data.mdb") != 0 || fsync(directory) != 0)
        return refused(e, path, "cannot be flushed");
    return WF_OK;
}

/* Opens it once, so that it knows that it was restored and from then on speaks as another instance. */
static wf_rc begin_epoch(const char *path, wf_instant now, wf_err *e)
{
    wf_store *s = NULL;
    wf_store_options o = { .path = path, .restored_ms = now.ms };
    wf_rc rc = wf_store_open(&o, &s, e);
    wf_store_close(&s);
    return rc;
}

wf_rc wf_keep_restore(const char *file, const char *path, wf_instant now, wf_err *e)
{
    wf_store_report backup, store;
    WF_TRY(wf_store_scrub(file, &backup, e));
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return refused(e, path, "cannot be made");
    WF_TRY(check_empty(path, e));
    WF_AUTO(close_fd) int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return refused(e, path, "cannot be opened");
    char part[4096];
    if ((size_t) snprintf(part, sizeof part, "%s/" PART, path) >= sizeof part)
        return wf_fail(e, WF_RANGE, "%s: the path is too long", path);
    wf_rc rc = copy_file(file, directory, path, e);
    if (rc == WF_OK)
        rc = begin_epoch(part, now, e);
    if (rc == WF_OK)
        rc = wf_store_scrub(part, &store, e);
    if (rc == WF_OK && strcmp(store.chain, backup.chain) != 0)
        rc = wf_fail(e, WF_DAMAGED, "%s: what was restored is not what the backup holds", path);
    if (rc == WF_OK)
        rc = put_in_place(directory, path, e);
    take_back(directory);
    WF_TRY(rc);
    say(path, &store);
    puts("restored. Sources that were acknowledged beyond it send again what they still have: `workforcectl status` lists them.");
    return WF_OK;
}
