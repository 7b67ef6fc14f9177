/* publish -- JSON lines to the intake; says what became of them. */
#include "consumers/common/sockets.h"
#include "consumers/workforcectl/ctl.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SOURCES_MAX 64
#define LINES_KEPT (1u << 18)           /* tickets whose line number is remembered; more than a window */
#define LINE_BYTES_MAX 65536            /* an event in JSON is at most 16 KiB */
#define PATIENCE_MS 60000
#define LISTED_MAX 10                   /* reasons that are shown where no file takes them */

static const char *refused_path;
static uint64_t epoch;
static bool quiet, load;

static const ctl_option options[] = {
    { "refused", CTL_TEXT, &refused_path, "FILE", "write what is refused there, with line number and reason, as JSON lines" },
    { "epoch", CTL_COUNT, &epoch, "NUMBER", "epoch of the message numbers; raise it after a restored or lost store" },
    { "load", CTL_FLAG, &load, NULL, "a first load or large import: one summary an organisation says what stands at its end" },
    { "quiet", CTL_FLAG, &quiet, NULL, "no progress, no summary" },
    { .name = NULL },
};

/* A source has a publisher of its own: message numbers are the source's. */
typedef struct stream {
    char source[WF_SOURCE_MAX + 1];
    wf_publisher *publisher;
    uint64_t *line;                     /* of ticket t, at t % LINES_KEPT */
    uint64_t tickets;
    struct job *job;
} stream;

typedef struct job {
    const char *intake;
    FILE *refused;
    stream streams[SOURCES_MAX];
    size_t n;
    uint64_t lines, bad;                /* lines read; refused here */
    uint64_t listed;                    /* refusals whose reason was given */
    int64_t began, drawn;               /* milliseconds */
    bool progress, drew, said_why;
} job;

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* `event` is a JSON object, or, when it is none, text. */
static void list_refused(job *j, uint64_t line, wf_rc reason, wf_str text, wf_str event, bool object)
{
    if (j->refused == NULL) {
        if (!quiet && j->listed++ < LISTED_MAX)
            fprintf(stderr, "%sline %llu: %s: %.*s\n", j->drew ? "\n" : "", (unsigned long long) line, wf_rc_wire(reason), WF_STR_ARG(text));
        j->drew = false;
        return;
    }
    fprintf(j->refused, "{\"line\":%llu,\"reason\":\"%s\",\"text\":", (unsigned long long) line, wf_rc_wire(reason));
    ctl_json_text(j->refused, text);
    fprintf(j->refused, ",\"%s\":", object ? "event" : "raw");
    if (object)
        fwrite(event.p, 1, event.n, j->refused);
    else
        ctl_json_text(j->refused, event);
    fputs("}\n", j->refused);
}

static void verdict(void *ctx, const wf_verdict *v)
{
    stream *s = ctx;
    if (v->kind != WF_REFUSED)
        return;
    wf_event ev;
    wf_rc rc = wf_event_decode(v->event.p, v->event.n, &ev, NULL);
    char *json = rc == WF_OK ? wf_event_to_json(&ev) : NULL;
    list_refused(s->job, s->line[v->ticket % LINES_KEPT], v->reason, v->text, json != NULL ? wf_str_of(json) : v->event, json != NULL);
    free(json);
}

static void count(const job *j, wf_publisher_counters *all)
{
    *all = (wf_publisher_counters) { .refused = j->bad };
    for (size_t i = 0; i < j->n; i++) {
        wf_publisher_counters c;
        wf_publisher_count(j->streams[i].publisher, &c);
        all->accepted += c.accepted + c.known;
        all->duplicates += c.duplicates;
        all->refused += c.refused;
        all->unsettled += c.unsettled;
        if (c.waits_for[0] != '\0')
            memcpy(all->waits_for, c.waits_for, sizeof all->waits_for);
    }
}

/* Only what takes longer than two seconds needs watching; why it does, everybody is told, once. */
static void draw(job *j)
{
    int64_t now = now_ms();
    if (now - j->began < 2000 || now - j->drawn < 200)
        return;
    wf_publisher_counters c;
    count(j, &c);
    if (c.waits_for[0] != '\0' && !j->said_why) {
        fprintf(stderr, "%sworkforcectl: the daemon takes nothing for now: %s; this waits until it does\n", j->drew ? "\n" : "", c.waits_for);
        j->said_why = true;
    }
    j->drawn = now;
    if (!j->progress)
        return;
    fprintf(stderr, "\r%llu lines, %llu accepted, %llu refused, %lld a second ", (unsigned long long) j->lines,
            (unsigned long long) (c.accepted + c.duplicates), (unsigned long long) c.refused,
            (long long) ((int64_t) (c.accepted + c.duplicates) * 1000 / (now - j->began + 1)));
    j->drew = true;
}

/* ---- a load ---- */

static wf_rc say_line(void *ctx, const wf_row *row, wf_err *e)
{
    (void) ctx, (void) e;
    if (row->kind == WF_ROW_LINE && !quiet)
        fprintf(stderr, "%.*s\n", WF_STR_ARG(row->as.line.text));
    return WF_OK;
}

static wf_rc say_nothing(void *ctx, const wf_row *row, wf_err *e)
{
    (void) ctx, (void) row, (void) e;
    return WF_OK;
}

static wf_rc say_summary(void *ctx, const wf_row *row, wf_err *e)
{
    (void) ctx, (void) e;
    if (row->kind == WF_ROW_ALERT && row->as.alert.kind == WF_ALERT_LOAD)
        printf("%s\n", row->as.alert.text);
    return WF_OK;
}

static wf_rc load_begins(const char *source, wf_err *e)
{
    wf_question q = { .verb = WF_VERB_LOAD };
    CTL_GIVE(&q, SOURCE, source, wf_str_of(source));
    return ctl_ask_quietly(&q, PATIENCE_MS, say_nothing, NULL, e);
}

static wf_rc take_alerts(void *ctx, const wf_row *row, wf_err *e)
{
    (void) e;
    if (row->kind == WF_ROW_STATUS)
        *(uint64_t *) ctx = row->as.status.alerts;
    return WF_OK;
}

/* Of all that were begun; the last one's end is the load's, and the summaries come with it. */
static wf_rc load_ends(job *j, wf_err *e)
{
    wf_question status = { .verb = WF_VERB_STATUS }, alerts = { .verb = WF_VERB_ALERTS };
    uint64_t before = 0;
    WF_TRY(ctl_ask_quietly(&status, PATIENCE_MS, take_alerts, &before, e));
    for (size_t i = 0; i < j->n; i++) {
        wf_question q = { .verb = WF_VERB_LOADED };
        CTL_GIVE(&q, SOURCE, source, wf_str_of(j->streams[i].source));
        WF_TRY(ctl_ask_quietly(&q, PATIENCE_MS, i + 1 == j->n ? say_line : say_nothing, NULL, e));
    }
    CTL_GIVE(&alerts, SINCE, since, before);
    return quiet ? WF_OK : ctl_ask_quietly(&alerts, PATIENCE_MS, say_summary, NULL, e);
}

static wf_rc stream_of(job *j, wf_str source, stream **ret, wf_err *e)
{
    for (size_t i = 0; i < j->n; i++)
        if (wf_str_eq(wf_str_of(j->streams[i].source), source)) {
            *ret = &j->streams[i];
            return WF_OK;
        }
    if (j->n == SOURCES_MAX)
        return wf_fail(e, WF_CONFIG, "more than %d sources in one call", SOURCES_MAX);
    stream *s = &j->streams[j->n];
    memcpy(s->source, source.p, source.n);
    s->source[source.n] = '\0';
    if (load)
        WF_TRY(load_begins(s->source, e));
    s->job = j;
    s->line = calloc(LINES_KEPT, sizeof *s->line);
    WF_ASSERT(s->line != NULL);
    j->n++;
    WF_TRY(wf_publisher_open(&(wf_publisher_options) {
        .endpoint = j->intake, .source = s->source, .epoch = epoch, .wait_ms = PATIENCE_MS, .verdict = verdict, .ctx = s,
    }, &s->publisher, e));
    *ret = s;
    return WF_OK;
}

static wf_rc publish_line(job *j, const char *text, size_t n, wf_err *e)
{
    WF_AUTO(wf_hold_free) wf_hold *hold = NULL;
    wf_err why = { .text = "" };
    wf_event ev;
    wf_rc rc = wf_event_from_json(text, n, &ev, &hold, &why);
    if (rc == WF_OK && (ev.source.n == 0 || ev.source.n > WF_SOURCE_MAX))
        rc = wf_fail(&why, WF_MISSING, "source is missing");
    if (rc != WF_OK) {
        if (wf_rc_act(rc) != WF_REFUSE)
            return wf_fail(e, rc, "%s", why.text);
        j->bad++;
        list_refused(j, j->lines, rc, wf_str_of(why.text), (wf_str) { text, n < 4096 ? n : 4096 }, false);
        return WF_OK;
    }
    stream *s = NULL;
    WF_TRY(stream_of(j, ev.source, &s, e));
    s->line[++s->tickets % LINES_KEPT] = j->lines;
    return wf_publisher_publish(s->publisher, &ev, e);
}

static bool blank(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
            return false;
    return true;
}

/* The next line without its end; of one that is too long only the first part, and *whole is false. */
static bool next_line(FILE *in, char *text, size_t *n, bool *whole)
{
    int c;
    *n = 0;
    *whole = true;
    while ((c = getc_unlocked(in)) != EOF && c != '\n') {
        if (*n < LINE_BYTES_MAX)
            text[(*n)++] = (char) c;
        else
            *whole = false;
    }
    return c != EOF || *n > 0;
}

static wf_rc flush(job *j, wf_err *e)
{
    for (size_t i = 0; i < j->n; i++)
        for (int64_t from = now_ms();; draw(j)) {
            wf_rc rc = wf_publisher_flush(j->streams[i].publisher, 200, e);
            if (rc == WF_OK)
                break;
            if (rc != WF_BUSY || now_ms() - from > PATIENCE_MS)
                return rc;
        }
    return WF_OK;
}

static wf_rc publish_all(job *j, FILE *in, const char *path, wf_err *e)
{
    static char text[LINE_BYTES_MAX];
    size_t n;
    bool whole;
    while (next_line(in, text, &n, &whole)) {
        j->lines++;
        if (!whole) {
            j->bad++;
            list_refused(j, j->lines, WF_SIZE, WF_STR("longer than a line may be"), (wf_str) { text, 256 }, false);
        } else if (!blank(text, n)) {
            WF_TRY(publish_line(j, text, n, e));
        }
        if ((j->lines & 0xff) == 0)
            draw(j);
    }
    if (ferror(in))
        return wf_fail(e, WF_ABSENT, "%s: %s", path, strerror(errno));
    WF_TRY(flush(j, e));
    return load ? load_ends(j, e) : WF_OK;
}

static int end(job *j, wf_rc rc, const wf_err *e)
{
    wf_publisher_counters c;
    count(j, &c);
    int64_t ms = now_ms() - j->began;
    if (j->drew)
        fputc('\n', stderr);
    if (j->listed > LISTED_MAX)
        fprintf(stderr, "and %llu more; --refused FILE takes them all\n", (unsigned long long) (j->listed - LISTED_MAX));
    if (!quiet)
        fprintf(stderr, "%llu accepted, %llu duplicates, %llu refused%s in %lld.%lld s, %lld a second\n", (unsigned long long) c.accepted,
                (unsigned long long) c.duplicates, (unsigned long long) c.refused, c.unsettled > 0 ? ", others unsettled," : "",
                (long long) (ms / 1000), (long long) (ms / 100 % 10),
                (long long) ((int64_t) (c.accepted + c.duplicates) * 1000 / (ms + 1)));
    for (size_t i = 0; i < j->n; i++) {
        wf_publisher_free(&j->streams[i].publisher);
        free(j->streams[i].line);
    }
    bool failed = j->refused != NULL && ferror(j->refused);
    if (j->refused != NULL && (fclose(j->refused) != 0 || failed))
        fprintf(stderr, "workforcectl: %s: %s\n", refused_path, strerror(errno));
    if (rc != WF_OK)
        return ctl_failed(rc, e);
    return c.refused > 0 ? CTL_SOME : CTL_OK;
}

static int run(int argc, char **argv)
{
    const char *path = argc > 0 ? argv[0] : "-";
    char intake[WF_SOCKETS_TEXT];
    wf_err e = { .text = "" };
    wf_rc rc = wf_sockets_there(ctl_sockets, "intake", &e);
    if (rc == WF_OK)
        rc = wf_sockets_endpoint(ctl_sockets, "intake", intake, &e);
    if (rc != WF_OK)
        return ctl_failed(rc, &e);
    FILE *file = NULL;
    if (strcmp(path, "-") != 0 && (file = fopen(path, "re")) == NULL)
        return ctl_wrong("%s: %s", path, strerror(errno));
    job *j = calloc(1, sizeof *j);
    WF_ASSERT(j != NULL);
    j->intake = intake;
    j->began = now_ms();
    j->progress = !quiet && isatty(STDERR_FILENO);
    int status = 0;
    if (refused_path != NULL && (j->refused = fopen(refused_path, "we")) == NULL)
        status = ctl_wrong("%s: %s", refused_path, strerror(errno));
    if (status == 0) {
        rc = publish_all(j, file != NULL ? file : stdin, path, &e);
        status = end(j, rc, &e);
    }
    if (file != NULL)
        fclose(file);
    free(j);
    return status;
}

const ctl_command ctl_publish = {
    "publish", " [FILE]", "Sends events, one CloudEvent in JSON a line, and waits until each is on disk",
    "FILE is - or left out for standard input. The daemon takes an event that it has already as a duplicate, which counts\n"
    "as accepted: what was interrupted can be published again. What is refused keeps nothing else from being taken; without\n"
    "--refused the first ten reasons are shown.\n"
    "--load, for operators: until the end no rule speaks of what is sent; then each organisation gets one summary of what\n"
    "stands, and all rules go on from there. What is interrupted ends with the day; published again with --load it goes on.\n"
    "Exit status: 0 all were accepted, 1 some were refused, 2 usage, 3 the daemon cannot be reached.\n",
    0, 1, options, run,
};
