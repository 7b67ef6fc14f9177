/* house -- see house.h. */
#include "bench/house.h"
#include "bench/sample.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 60000
#define START_NS 30000000000

static house *in_use;               /* what is to be removed when the program ends early */

void house_dies(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fflush(stdout);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
    if (in_use != NULL)
        house_remove(in_use);
    exit(2);
}

static void must(wf_rc rc, const wf_err *e, const char *what)
{
    if (rc != WF_OK)
        house_dies("%s: %s", what, e->text[0] != '\0' ? e->text : wf_rc_text(rc));
}

/* ---- its place ---- */

static void free_port(char at[40])
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *) &a, sizeof a) != 0 || getsockname(fd, (struct sockaddr *) &a, &n) != 0)
        house_dies("no port: %s", strerror(errno));
    close(fd);
    snprintf(at, 40, "tcp://127.0.0.1:%d", ntohs(a.sin_port));
}

static void write_file(const house *h, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void write_file(const house *h, const char *name, const char *format, ...)
{
    char path[192];
    va_list values;
    snprintf(path, sizeof path, "%s/%s", h->dir, name);
    FILE *f = fopen(path, "we");
    if (f == NULL)
        house_dies("%s: %s", path, strerror(errno));
    va_start(values, format);
    vfprintf(f, format, values);
    va_end(values);
    fclose(f);
}

void house_make(house *h, const char *profile, wf_day today, uint32_t cache_mib)
{
    const char *tmp = getenv("TMPDIR");
    *h = (house) { .profile = profile, .today = today, .cache_mib = cache_mib, .day = INT32_MIN };
    snprintf(h->dir, sizeof h->dir, "%s/workforced_bench.XXXXXX", tmp != NULL ? tmp : "/var/tmp");
    if (mkdtemp(h->dir) == NULL)
        house_dies("%s: %s", h->dir, strerror(errno));
    in_use = h;
    free_port(h->intake);
    free_port(h->stream);
    free_port(h->query);
    snprintf(h->admin, sizeof h->admin, "ipc://%s/admin", h->dir);
    bool text = strchr(profile, '\n') != NULL;
    if (text)
        write_file(h, "own.conf", "%s", profile);
    write_file(h, "workforced.conf",
               "profiles = { \"%s%s\" }\ngroup_publish = \"\"\ngroup_read = \"\"\ngroup_ops = \"\"\n"
               "intake = \"%s\"\nstream = \"%s\"\nquery = \"%s\"\nadmin = \"%s\"\nfeed = \"\"\nstore = \"%s/store\"\nmap_gib = 16\n",
               text ? h->dir : profile, text ? "/own.conf" : "", h->intake, h->stream, h->query, h->admin, h->dir);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
    (void) st, (void) flag, (void) f;
    return remove(path);
}

void house_remove(house *h)
{
    in_use = NULL;
    house_kill(h);
    nftw(h->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- the daemon ---- */

static void become_daemon(const house *h)
{
    char program[512], config[160], today[WF_DAY_TEXT], cache[16];
    const char *built = getenv("WF_BUILD");
    snprintf(program, sizeof program, "%s/workforced", built != NULL ? built : "build");
    snprintf(config, sizeof config, "%s/workforced.conf", h->dir);
    snprintf(cache, sizeof cache, "%u", h->cache_mib);
    wf_day_text(h->today, today);
    int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (log < 0 || dup2(log, STDERR_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0)
        _exit(127);
    if (h->cache_mib > 0)
        execl(program, program, "--config", config, "--clock", "manual", "--today", today, "--timeline-cache", cache, (char *) NULL);
    else
        execl(program, program, "--config", config, "--clock", "manual", "--today", today, (char *) NULL);
    fprintf(stderr, "%s: %s\n", program, strerror(errno));
    _exit(127);
}

static void show_log(const house *h)
{
    char path[160], line[512];
    snprintf(path, sizeof path, "%s/log", h->dir);
    FILE *f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        fputs(line, stderr);
    if (f != NULL)
        fclose(f);
}

/* Somebody listens on the port: asked for without a library's patience between two tries. */
static bool listens(const char *endpoint)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    a.sin_port = htons((uint16_t) strtoul(strrchr(endpoint, ':') + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool yes = fd >= 0 && connect(fd, (struct sockaddr *) &a, sizeof a) == 0;
    if (fd >= 0)
        close(fd);
    return yes;
}

int64_t house_start(house *h)
{
    int64_t from = bench_ns();
    h->pid = fork();
    if (h->pid == 0) {
        if (chdir(h->dir) != 0)
            _exit(127);
        become_daemon(h);
    }
    if (h->pid < 0)
        house_dies("fork: %s", strerror(errno));
    while (!listens(h->query)) {
        if (waitpid(h->pid, NULL, WNOHANG) == h->pid || bench_ns() - from > START_NS) {
            show_log(h);
            house_dies("the daemon does not start");
        }
        usleep(500);
    }
    (void) house_status(h);
    return bench_ns() - from;
}

void house_kill(house *h)
{
    wf_publisher_free(&h->publisher);
    wf_query_free(&h->clock);
    if (h->pid > 0 && kill(h->pid, SIGKILL) == 0)
        waitpid(h->pid, NULL, 0);
    h->pid = 0;
}

double house_memory(const house *h, const char *row)
{
    char path[64], line[256];
    long kb = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int) h->pid);
    FILE *f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, row, strlen(row)) == 0 && line[strlen(row)] == ':')
            kb = strtol(line + strlen(row) + 1, NULL, 10);
    if (f != NULL)
        fclose(f);
    if (kb < 0)
        house_dies("%s says no %s", path, row);
    return (double) kb * 1024 / 1e6;
}

double house_cpu_ns(const house *h)
{
    char path[64], line[1024] = "";
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int) h->pid);
    FILE *f = fopen(path, "re");
    const char *after = f != NULL && fgets(line, sizeof line, f) != NULL ? strrchr(line, ')') : NULL;
    if (f != NULL)
        fclose(f);
    if (after == NULL || sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        house_dies("%s cannot be read", path);
    return (double) (user + system) * 1e9 / (double) sysconf(_SC_CLK_TCK);
}

/* ---- asking ---- */

void house_ask(const house *h, const wf_question *q, wf_row_fn *fn, void *ctx)
{
    wf_err e = { .text = "" };
    wf_query *query = NULL;
    must(wf_query_open(&(wf_query_options) { .endpoint = h->query, .timeout_ms = PATIENCE_MS }, &query, &e), &e, "query");
    must(wf_query_ask(query, q, fn, ctx, &e), &e, wf_verb_rows[q->verb].name);
    wf_query_free(&query);
}

static wf_rc take_status(void *ctx, const wf_row *row, wf_err *e)
{
    (void) e;
    if (row->kind == WF_ROW_STATUS)
        *(wf_status *) ctx = row->as.status;
    return WF_OK;
}

wf_status house_status(const house *h)
{
    wf_status s = { .uptime_ms = 0 };
    house_ask(h, &(wf_question) { .verb = WF_VERB_STATUS }, take_status, &s);
    return s;
}

static uint64_t mixed(uint64_t hash, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * UINT64_C(1099511628211);             /* FNV-1a */
    return (hash ^ n) * UINT64_C(1099511628211);
}

static wf_rc digest_row(void *ctx, const wf_row *row, wf_err *e)
{
    house_digest *d = ctx;
    (void) e;
    if (row->kind == WF_ROW_LINE) {
        d->ledger = mixed(d->ledger, row->as.line.text.p, row->as.line.text.n);
        d->lines++;
    } else if (row->kind == WF_ROW_FIGURE) {
        const wf_figure *f = &row->as.figure;
        const int64_t values[] = { f->day.n, f->from.n, f->status, f->numerator, f->denominator, f->people, f->value, f->rating };
        d->figures = mixed(mixed(d->figures, f->unit.p, f->unit.n), f->indicator.p, f->indicator.n);
        d->figures = mixed(d->figures, values, sizeof values);
        d->rows++;
    }
    return WF_OK;
}

house_digest house_read(const house *h, bool ledger)
{
    house_digest d = { .ledger = UINT64_C(14695981039346656037), .figures = UINT64_C(14695981039346656037) };
    if (ledger)
        house_ask(h, &(wf_question) { .verb = WF_VERB_DUMP }, digest_row, &d);
    house_ask(h, &(wf_question) { .verb = WF_VERB_FIGURES }, digest_row, &d);
    return d;
}

/* ---- publishing ---- */

static void take_verdict(void *ctx, const wf_verdict *v)
{
    house *h = ctx;
    if (v->kind == WF_REFUSED && h->refused++ == 0)
        fprintf(stderr, "bench: refused: %s: %.*s\n", wf_rc_wire(v->reason), WF_STR_ARG(v->text));
}

void house_connect(house *h, const char *source, uint32_t batch, uint32_t window)
{
    wf_err e = { .text = "" };
    must(wf_publisher_open(&(wf_publisher_options) {
        .endpoint = h->intake, .source = source, .batch_events = batch, .window_events = window, .wait_ms = PATIENCE_MS,
        .verdict = take_verdict, .ctx = h,
    }, &h->publisher, &e), &e, "intake");
    must(wf_query_open(&(wf_query_options) { .endpoint = h->admin, .timeout_ms = PATIENCE_MS }, &h->clock, &e), &e, "admin");
}

void house_publish(house *h, const wf_event *ev)
{
    wf_err e = { .text = "" };
    must(wf_publisher_publish(h->publisher, ev, &e), &e, "publish");
}

void house_flush(house *h)
{
    wf_err e = { .text = "" };
    must(wf_publisher_flush(h->publisher, PATIENCE_MS, &e), &e, "flush");
    if (h->refused > 0)
        house_dies("%llu events were refused", (unsigned long long) h->refused);
}

static wf_rc pass_over(void *ctx, const wf_row *row, wf_err *e)
{
    (void) ctx, (void) row, (void) e;
    return WF_OK;
}

void house_day(house *h, wf_day day)
{
    wf_err e = { .text = "" };
    if (day.n <= h->day)
        return;
    h->day = day.n;
    house_flush(h);
    wf_question q = { .verb = WF_VERB_ADVANCE, .given = 1u << WF_ARG_DAY, .day = day };
    must(wf_query_ask(h->clock, &q, pass_over, NULL, &e), &e, "advance");
}
