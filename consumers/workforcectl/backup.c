/* backup -- a copy of a daemon's store while it runs: asked for piece by piece, flushed, named, and read again whole. */
#include "consumers/workforcectl/ctl.h"
#include "consumers/common/sockets.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIECES 16
#define PREFIX "workforced-"
#define SUFFIX ".backup"

static bool unchecked;
static uint64_t keep;

typedef struct copy {
    int fd;
    const char *part;
    uint64_t snapshot, bytes, sequence, at;
} copy;

static wf_rc refused(wf_err *e, const char *path, const char *what)
{
    return wf_fail(e, WF_CONFIG, "%s: %s: %s", path, what, strerror(errno));
}

static wf_rc take_row(void *ctx, const wf_row *row, wf_err *e)
{
    copy *c = ctx;
    const wf_backup *b = &row->as.backup;
    if (row->kind != WF_ROW_BACKUP)
        return WF_OK;
    c->snapshot = b->snapshot;
    c->bytes = b->bytes;
    c->sequence = b->sequence;
    if (b->offset != c->at || b->data.n > c->bytes - c->at)
        return wf_fail(e, WF_MALFORMED, "the daemon gave another piece than the one that was asked for");
    for (size_t done = 0; done < b->data.n;) {
        ssize_t n = write(c->fd, b->data.p + done, b->data.n - done);
        if (n < 0 && errno != EINTR)
            return refused(e, c->part, "cannot be written");
        done += n > 0 ? (size_t) n : 0;
    }
    c->at += b->data.n;
    return WF_OK;
}

/* First what there is, then piece after piece: no more is on its way than what was asked for. */
static wf_rc fetch(copy *c, wf_err *e)
{
    char at[WF_SOCKETS_TEXT];
    WF_AUTO(wf_query_free) wf_query *query = NULL;
    wf_question q = { .verb = WF_VERB_BACKUP };
    WF_TRY(wf_sockets_there(ctl_sockets, "admin", e));
    WF_TRY(wf_sockets_endpoint(ctl_sockets, "admin", at, e));
    WF_TRY(wf_query_open(&(wf_query_options) { .endpoint = at, .timeout_ms = 30000 }, &query, e));
    WF_TRY(wf_query_ask(query, &q, take_row, c, e));
    CTL_GIVE(&q, SNAPSHOT, snapshot, c->snapshot);
    CTL_GIVE(&q, LIMIT, limit, PIECES);
    while (c->at < c->bytes) {
        uint64_t before = c->at;
        CTL_GIVE(&q, SINCE, since, c->at);
        WF_TRY(wf_query_ask(query, &q, take_row, c, e));
        if (c->at == before)
            return wf_fail(e, WF_MALFORMED, "the daemon's backup ends after %llu of %llu bytes", (unsigned long long) before,
                           (unsigned long long) c->bytes);
    }
    return c->bytes > 0 ? WF_OK : wf_fail(e, WF_MALFORMED, "the daemon has no backup to give");
}

static wf_rc flush_folder(const char *file, wf_err *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", file);
    int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    wf_rc rc = fd >= 0 && fsync(fd) == 0 ? WF_OK : refused(e, file, "its folder cannot be flushed");
    if (fd >= 0)
        close(fd);
    return rc;
}

/* Under another name until all of it is on disk: FILE is a whole backup or is not there. */
static wf_rc write_file(const char *file, copy *c, wf_err *e)
{
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s.part", file) >= (int) sizeof part)
        return wf_fail(e, WF_CONFIG, "%s: too long a name", file);
    c->part = part;
    c->fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (c->fd < 0)
        return refused(e, part, "cannot be written");
    wf_rc rc = WF_OK;
    if (flock(c->fd, LOCK_EX | LOCK_NB) != 0)
        rc = wf_fail(e, WF_CONFIG, "%s: another backup is writing it", part);
    else if (fchmod(c->fd, 0600) != 0 || ftruncate(c->fd, 0) != 0)
        rc = refused(e, part, "cannot be written");
    else if ((rc = fetch(c, e)) == WF_OK && (fsync(c->fd) != 0 || rename(part, file) != 0))
        rc = refused(e, part, "cannot be flushed and named");
    else if (rc != WF_OK)
        (void) unlink(part);
    close(c->fd);
    return rc == WF_OK ? flush_folder(file, e) : rc;
}

/* ---- reading it again ----------------------------------------------------------------------------------------------- */

/* workforced beside this program, in ../sbin, or wherever the path and the usual places have it. */
static void run_scrub(const char *file)
{
    char self[PATH_MAX], program[PATH_MAX + 32], path[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0) {
        self[n] = '\0';
        const char *folder = dirname(self);
        static const char *const places[] = { "", "/../sbin" };
        for (size_t i = 0; i < 2; i++) {
            snprintf(program, sizeof program, "%s%s/workforced", folder, places[i]);
            execl(program, "workforced", "scrub", file, (char *) NULL);
        }
    }
    const char *was = getenv("PATH");
    snprintf(path, sizeof path, "%s:/usr/local/sbin:/usr/sbin:/sbin", was != NULL ? was : "");
    setenv("PATH", path, 1);
    execlp("workforced", "workforced", "scrub", file, (char *) NULL);
    fprintf(stderr, "workforcectl: workforced is not installed here, so the backup could not be read again: %s\n", strerror(errno));
    _exit(127);
}

static int scrub(const char *file)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        run_scrub(file);
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "workforcectl: %s was written, and is not known to be sound\n", file);
        return CTL_SOME;
    }
    return CTL_OK;
}

/* ---- a folder of backups ---------------------------------------------------------------------------------------------- */

static bool is_ours(const char *name)
{
    size_t n = strlen(name), head = strlen(PREFIX), tail = strlen(SUFFIX);
    return n > head + tail && strncmp(name, PREFIX, head) == 0 && strcmp(name + n - tail, SUFFIX) == 0;
}

static int ours(const struct dirent *d) { return is_ours(d->d_name); }

/* Names carry their instant, so their order is that of time: all but the last `keep` go. */
static void remove_old(const char *folder)
{
    struct dirent **name = NULL;
    int n = scandir(folder, &name, ours, alphasort);
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        bool fits = snprintf(path, sizeof path, "%s/%s", folder, name[i]->d_name) < (int) sizeof path;
        if (fits && (uint64_t) (n - i) > keep && unlink(path) == 0)
            printf("%s removed: the %llu newest are kept\n", path, (unsigned long long) keep);
        free(name[i]);
    }
    free(name);
}

static const char *name_in(const char *folder, char buf[PATH_MAX])
{
    struct tm t;
    time_t now = time(NULL);
    char stamp[32];
    gmtime_r(&now, &t);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H-%M-%SZ", &t);
    return snprintf(buf, PATH_MAX, "%s/" PREFIX "%s" SUFFIX, folder, stamp) < PATH_MAX ? buf : NULL;
}

static int run_backup(int argc, char **argv)
{
    char named[PATH_MAX];
    struct stat st;
    wf_err e = { .text = "" };
    copy c = { .fd = -1 };
    (void) argc;
    bool folder = stat(argv[0], &st) == 0 && S_ISDIR(st.st_mode);
    const char *file = folder ? name_in(argv[0], named) : argv[0];
    if (file == NULL || (keep > 0 && !folder))
        return ctl_wrong(file == NULL ? "too long a name" : "--keep goes with a folder");
    umask(0077);
    wf_rc rc = write_file(file, &c, &e);
    if (rc != WF_OK)
        return ctl_failed(rc, &e);
    printf("%s: %llu bytes, sequence %llu\n", file, (unsigned long long) c.bytes, (unsigned long long) c.sequence);
    int status = unchecked ? CTL_OK : scrub(file);
    if (status == CTL_OK && keep > 0)
        remove_old(argv[0]);
    return status;
}

static const ctl_option backup_options[] = {
    { "keep", CTL_COUNT, &keep, "NUMBER", "of a folder's backups, so many of the newest stay" },
    { "unchecked", CTL_FLAG, &unchecked, NULL, "leaves out reading it again" },
    { .name = NULL },
};
const ctl_command ctl_backup = {
    "backup", " FILE|FOLDER", "Copies the store of a running daemon",
    "The copy is of one commit. It is written with mode 0600 under another name, flushed, named FILE, and read again whole by\n"
    "`workforced scrub`. In a FOLDER it gets a name with the time. `workforced restore FILE` makes a store of it.\n",
    1, 1, backup_options, run_backup,
};
