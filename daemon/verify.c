#include "verify.h"
#include "engine/profile.h"
#include "engine/replay.h"
#include "net/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_MOST 1024
#define CACHE ((size_t) 256 << 20)      /* timelines at hand */
#define CACHE_AGAIN ((size_t) 16 << 20) /* fewer, so that they are read back too */

static volatile sig_atomic_t stop;
static void on_signal(int n) { (void) n; stop = 1; }

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static wf_rc fault(wf_err *e, const char *path, const char *what)
{
    return wf_fail(e, WF_SYSTEM, "%s: %s: %s", path, what, strerror(errno));
}

/* ---- the room it works in ------------------------------------------------------------------------------------------ */

typedef struct room { char top[PATH_MOST], state[PATH_MOST + 8], again[PATH_MOST + 8]; } room;

static wf_rc room_make(room *r, const char *path, const char *work, wf_err *e)
{
    char beside[PATH_MOST];
    snprintf(beside, sizeof beside, "%s", path);
    int n = snprintf(r->top, sizeof r->top, "%s/verify.XXXXXX", work != NULL ? work : dirname(beside));
    if (strlen(path) >= sizeof beside || n < 0 || (size_t) n >= sizeof r->top)
        return wf_fail(e, WF_SYSTEM, "%s: too long a path", path);
    if (mkdtemp(r->top) == NULL) {
        wf_rc rc = fault(e, r->top, "cannot be made (--work DIR says where there is room)");
        r->top[0] = '\0';
        return rc;
    }
    snprintf(r->state, sizeof r->state, "%s/state", r->top);
    snprintf(r->again, sizeof r->again, "%s/again", r->top);
    return mkdir(r->state, 0700) == 0 ? WF_OK : fault(e, r->state, "cannot be made");
}

static void room_end(room *r)
{
    static const char *const names[] = { "data.mdb", "lock.mdb", "workforced.lock" };
    const char *const in[] = { r->state, r->again };
    char file[PATH_MOST + 32];
    if (r->top[0] == '\0')
        return;
    for (size_t d = 0; d < 2; d++) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            snprintf(file, sizeof file, "%s/%s", in[d], names[i]);
            (void) unlink(file);
        }
        (void) rmdir(in[d]);
    }
    (void) rmdir(r->top);
}

static wf_rc copy(int from, int to, const char *path, wf_err *e)
{
    static char buf[1u << 20];
    for (ssize_t n; (n = read(from, buf, sizeof buf)) != 0;) {
        if (n < 0)
            return fault(e, path, "cannot be read");
        for (ssize_t done = 0, k; done < n; done += k)
            if ((k = write(to, buf + done, (size_t) (n - done))) < 0)
                return fault(e, path, "cannot be copied");
    }
    return WF_OK;
}

/* A store's lock is held as long as it is read. */
static wf_rc open_store(const char *path, int *file, int *lock, wf_err *e)
{
    struct stat st;
    *file = open(path, O_RDONLY | O_CLOEXEC);
    if (*file < 0 || fstat(*file, &st) != 0)
        return fault(e, path, "cannot be opened");
    if (!S_ISDIR(st.st_mode))
        return WF_OK;
    WF_AUTO(close_fd) int directory = *file;
    *lock = openat(directory, "workforced.lock", O_RDONLY | O_CLOEXEC);
    *file = -1;
    if (*lock >= 0 && flock(*lock, LOCK_EX | LOCK_NB) != 0)
        return wf_fail(e, WF_BUSY, "%s: a daemon has this store open; `workforcectl backup` makes a copy that can be verified", path);
    *file = openat(directory, "data.mdb", O_RDONLY | O_CLOEXEC);
    return *file >= 0 ? WF_OK : fault(e, path, "there is no store in it");
}

static wf_rc copy_store(const char *path, const room *r, wf_err *e)
{
    char to[PATH_MOST + 32];
    WF_AUTO(close_fd) int lock = -1;
    WF_AUTO(close_fd) int file = -1;
    WF_TRY(open_store(path, &file, &lock, e));
    snprintf(to, sizeof to, "%s/data.mdb", r->state);
    WF_AUTO(close_fd) int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return out < 0 ? fault(e, to, "cannot be made") : copy(file, out, path, e);
}

/* ---- telling ------------------------------------------------------------------------------------------------------- */

typedef struct telling { uint64_t began, told; bool drew; } telling;

static bool progress(void *ctx, const char *what, uint64_t done, uint64_t all)
{
    telling *t = ctx;
    uint64_t now = wf_monotonic_ms();
    if (now - t->began >= 2000 && now - t->told >= 1000) {
        fprintf(stderr, "%s%s: %" PRIu64 " of %" PRIu64 "%s", isatty(STDERR_FILENO) ? "\r\033[K" : "", what, done, all,
                isatty(STDERR_FILENO) ? "" : "\n");
        t->told = now;
        t->drew = isatty(STDERR_FILENO);
    }
    return stop == 0;
}

static void deriving(void *ctx, const char *what, uint64_t done, uint64_t all) { (void) progress(ctx, what, done, all); }

static void differs(void *ctx, const char *text)
{
    telling *t = ctx;
    if (t->drew)
        fputs("\r\033[K", stderr);
    t->drew = false;
    puts(text);
}

static void say(const char *path, const wf_replay_report *r, const telling *t)
{
    uint64_t ms = wf_monotonic_ms() - t->began;
    if (r->different > WF_REPLAY_DIFFERENCES)
        printf("and %" PRIu64 " more\n", r->different - WF_REPLAY_DIFFERENCES);
    printf("%s: %" PRIu64 " journal entries told again in %" PRIu64 ".%" PRIu64 " s, with %" PRIu64 " commits and %" PRIu64 " restarts of its own\n", path,
           r->entries, ms / 1000, ms / 100 % 10, r->commits, r->restarts);
    printf("%" PRIu64 " alert messages, %" PRIu64 " lines of the ledger and %" PRIu64 " figures compared: ", r->alerts, r->ledger_lines, r->figures);
    if (r->different == 0)
        puts("all the same");
    else
        printf("%" PRIu64 " different\n", r->different);
}

/* ---- the whole ----------------------------------------------------------------------------------------------------- */

static wf_rc beside(const room *r, const char *path, uint64_t seed, uint64_t sequence, bool *same, telling *t, wf_err *e)
{
    WF_AUTO(wf_profile_free) wf_profile *profile = NULL;
    WF_AUTO(wf_store_close) wf_store *store = NULL;
    WF_AUTO(wf_engine_close) wf_engine *engine = NULL;
    wf_store_options s = { .path = r->state, .restored_ms = 1, .measures_version = WF_MEASURES_VERSION };
    WF_TRY(wf_store_open(&s, &store, e));
    WF_TRY(wf_replay_profile(store, &profile, e));
    wf_engine_options o = { .store = store, .profile = profile, .timeline_bytes = CACHE, .progress = deriving, .progress_ctx = t };
    WF_TRY(wf_engine_open(&o, &engine, e));
    if (wf_store_last(store) != sequence)
        return wf_fail(e, WF_DAMAGED, "%s: the profile in force is not the journal's last", path);
    wf_replay_options x = {
        .engine = engine, .store = store, .path = r->again, .seed = seed, .restarts = 3, .timeline_bytes = CACHE_AGAIN, .progress = progress, .ctx = t,
    };
    wf_replay_report report;
    WF_TRY(wf_replay_run(&x, differs, t, &report, e));
    if (t->drew)
        fputs("\r\033[K", stderr);
    say(path, &report, t);
    *same = report.different == 0;
    return WF_OK;
}

wf_rc wf_verify(const char *path, const char *work, uint64_t seed, bool *same, wf_err *e)
{
    WF_AUTO(room_end) room r = { .top = "" };
    telling t = { .began = wf_monotonic_ms() };
    struct sigaction on = { .sa_handler = on_signal };
    wf_store_report report;
    sigaction(SIGINT, &on, NULL);
    sigaction(SIGTERM, &on, NULL);
    WF_TRY(room_make(&r, path, work, e));
    WF_TRY(copy_store(path, &r, e));
    WF_TRY(wf_store_scrub(r.state, &report, e));
    return beside(&r, path, seed, report.sequence, same, &t, e);
}
