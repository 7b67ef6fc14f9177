/* tail -- figures and alerts as they come. */
#include "consumers/common/sockets.h"
#include "consumers/workforcectl/ctl.h"
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOPICS_MAX 64

static const char *program;
static bool alerts_only, figures_first;
static uint64_t since = UINT64_MAX, most;

static const ctl_option options[] = {
    { "alerts", CTL_FLAG, &alerts_only, NULL, "alerts only" },
    { "since", CTL_COUNT, &since, "NUMBER", "begin with the alerts after this number: 0 for all" },
    { "figures-first", CTL_FLAG, &figures_first, NULL, "begin with the last value of each figure" },
    { "exec", CTL_TEXT, &program, "PROGRAM", "run it for each alert, which it reads as JSON on standard input" },
    { "count", CTL_COUNT, &most, "NUMBER", "end after so many messages" },
    { "json", CTL_FLAG, &ctl_json, NULL, "one JSON object a line" },
    { .name = NULL },
};

static volatile sig_atomic_t stop;
static void on_signal(int n) { (void) n; stop = 1; }

/* The program reads the alert, ends, and only then comes the next: so alerts are handled one by one, in order. */
static void hand_over(const char *json)
{
    extern char **environ;
    int ends[2], status;
    pid_t pid;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *argv[] = { (char *) (uintptr_t) "sh", (char *) (uintptr_t) "-c", (char *) (uintptr_t) program, NULL };
    if (pipe(ends) != 0) {
        fprintf(stderr, "workforcectl: %s: %s\n", program, strerror(errno));
        return;
    }
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    fflush(stdout);
    int rc = posix_spawn(&pid, "/bin/sh", &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[0]);
    FILE *to = fdopen(ends[1], "w");
    if (rc == 0 && to != NULL)
        fprintf(to, "%s\n", json);
    if (to != NULL)
        fclose(to);
    else
        close(ends[1]);
    if (rc != 0) {
        fprintf(stderr, "workforcectl: %s: %s\n", program, strerror(rc));
        return;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fprintf(stderr, "workforcectl: %s ended with %d\n", program, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void print_figure(const wf_figure *f)
{
    char day[WF_DAY_TEXT], value[CTL_VALUE_TEXT], fraction[CTL_VALUE_TEXT];
    ctl_fraction(f, fraction);
    printf("%s  %s%.*s  %.*s  %s%s%s%s%s\n", wf_day_text(f->day, day), ctl_in(ctl_colour_of(f->rating)), WF_STR_ARG(f->unit),
           WF_STR_ARG(f->indicator), ctl_value(f, value), ctl_in(CTL_PLAIN), *fraction != '\0' ? " (" : "", fraction,
           *fraction != '\0' ? ")" : "");
}

/* Messages of one unit from one frame or tick come one after another and are one block: only the first shows the day. */
static bool same_block(const wf_alert *a)
{
    static char unit[256];
    static uint64_t sequence;
    bool same = a->sequence == sequence && a->unit.n < sizeof unit && wf_str_eq(a->unit, wf_str_of(unit));
    sequence = a->sequence;
    snprintf(unit, sizeof unit, "%.*s", WF_STR_ARG(a->unit));
    return same;
}

static void print_alert(const wf_alert *a)
{
    char day[WF_DAY_TEXT];
    const char *from = a->text, *end;
    const char *when = same_block(a) ? "          " : wf_day_text(a->day, day);
    printf("%s  %s#%llu%s  ", when, ctl_in(ctl_colour_of(a->state)), (unsigned long long) a->number, ctl_in(CTL_PLAIN));
    for (bool first = true; *from != '\0'; from = *end == '\n' ? end + 1 : end, first = false) {
        end = from + strcspn(from, "\n");
        printf("%s%s%.*s%s\n", first ? "" : "            ", first ? ctl_in(ctl_colour_of(a->state)) : "", (int) (end - from), from,
               first ? ctl_in(CTL_PLAIN) : "");
    }
}

static void show(const wf_message *m)
{
    if (m->gap)
        fputs("workforcectl: messages were lost on the stream before this one\n", stderr);
    char *json = ctl_json || program != NULL ? wf_row_to_json(m->row.kind, &m->row.as) : NULL;
    if (ctl_json && json != NULL)
        puts(json);
    else if (m->row.kind == WF_ROW_FIGURE)
        print_figure(&m->row.as.figure);
    else if (m->row.kind == WF_ROW_ALERT)
        print_alert(&m->row.as.alert);
    fflush(stdout);
    if (program != NULL && json != NULL && m->row.kind == WF_ROW_ALERT)
        hand_over(json);
    free(json);
}

/* "bexley" means figure/bexley and alert/bexley; what names a kind of topic is taken as it stands. */
static int topics_of(int argc, char **argv, char (*text)[WF_TOPIC_MAX + 1], const char **topics)
{
    static const char *const kinds[] = { "alert/", "figure/" };
    int n = 0, kinds_n = alerts_only ? 1 : 2;
    if (argc == 0 && !alerts_only)
        return 0;
    for (int i = 0; i < argc || (argc == 0 && i == 0); i++) {
        const char *arg = argc == 0 ? "" : argv[i];
        bool whole = strncmp(arg, "alert/", 6) == 0 || strncmp(arg, "figure/", 7) == 0;
        for (int k = 0; k < (whole ? 1 : kinds_n); k++, n++) {
            if (n >= TOPICS_MAX || strlen(arg) + 8 > WF_TOPIC_MAX)
                return -1;
            snprintf(text[n], WF_TOPIC_MAX + 1, "%s%s%s", whole ? "" : kinds[k], arg,
                     whole || *arg == '\0' || arg[strlen(arg) - 1] == '/' ? "" : "/");
            topics[n] = text[n];
        }
    }
    return n;
}

static wf_rc listen(const char *const *topics, wf_err *e)
{
    char stream[WF_SOCKETS_TEXT], query[WF_SOCKETS_TEXT];
    WF_AUTO(wf_subscriber_free) wf_subscriber *s = NULL;
    WF_TRY(wf_sockets_there(ctl_sockets, "stream", e));
    WF_TRY(wf_sockets_endpoint(ctl_sockets, "stream", stream, e));
    WF_TRY(wf_sockets_endpoint(ctl_sockets, "query", query, e));
    WF_TRY(wf_subscriber_open(&(wf_subscriber_options) {
        .endpoint = stream, .query = query, .topics = topics[0] != NULL ? topics : NULL, .since = since, .no_figures_first = !figures_first,
    }, &s, e));
    bool told = false;
    for (uint64_t n = 0; !stop && (most == 0 || n < most);) {
        wf_message m;
        wf_rc rc = wf_subscriber_receive(s, 500, &m, e);
        if (rc == WF_OK) {
            told = false;
            n++;
            show(&m);
        } else if (rc == WF_BUSY || rc == WF_MALFORMED) {
            /* The daemon may be starting anew: what it says then is caught up with. */
            if (!told && !stop)
                fprintf(stderr, "workforcectl: %s; still trying\n", e->text);
            told = true;
        } else if (rc != WF_ABSENT && !stop) {
            return rc;
        }
    }
    return WF_OK;
}

static int run(int argc, char **argv)
{
    static char text[TOPICS_MAX][WF_TOPIC_MAX + 1];
    const char *topics[TOPICS_MAX + 1] = { NULL };
    wf_err e = { .text = "" };
    if (topics_of(argc, argv, text, topics) < 0)
        return ctl_wrong("too many topics, or one too long");
    struct sigaction on = { .sa_handler = on_signal };
    sigaction(SIGINT, &on, NULL);
    sigaction(SIGTERM, &on, NULL);
    if (program != NULL)
        signal(SIGPIPE, SIG_IGN);
    wf_rc rc = listen(topics, &e);
    return rc == WF_OK ? CTL_OK : ctl_failed(rc, &e);
}

const ctl_command ctl_tail = {
    "tail", " [TOPIC...]", "Shows figures and alerts as they come",
    "TOPIC is a path of units (bexley/children: it and all below) or a prefix of topics (alert/bexley/,\n"
    "figure/bexley/=turnover_rate); without one everything. Ends with status 0 on interrupt.\n"
    "--exec hands each alert over once, in order, and waits until PROGRAM (a line for the shell) ends; begin with --since and\n"
    "the number of the last alert that was handled, so that none is left out.\n",
    0, -1, options, run,
};
