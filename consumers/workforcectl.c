/* workforcectl -- asks a workforced, publishes to it, listens to it. Each command is a room of workforcectl/. */
#include "consumers/workforcectl/ctl.h"
#include "consumers/common/sockets.h"
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const ctl_command *const commands[] = {
    &ctl_publish, &ctl_tail, &ctl_show, &ctl_figures, &ctl_history, &ctl_explain, &ctl_diff, &ctl_why_not,
    &ctl_indicators, &ctl_findings, &ctl_refused, &ctl_moves, &ctl_complete, &ctl_status,
    &ctl_clock, &ctl_reload, &ctl_dump, &ctl_backup,
};
#define COMMANDS (sizeof commands / sizeof *commands)

const char *ctl_sockets;
bool ctl_json;

static const char *sockets_option;
static const ctl_option common[] = {
    { "sockets", CTL_TEXT, &sockets_option, "DIR", "folder of the daemon's sockets; else $WORKFORCE_SOCKETS, else " WF_SOCKETS_DEFAULT },
    { "endpoint", CTL_TEXT, &sockets_option, "PLACE", "the same, or one socket on loopback: tcp://127.0.0.1:7103" },
    { .name = NULL },
};

/* ---- saying so -------------------------------------------------------------------------------------------------- */

static const ctl_command *current;

int ctl_wrong(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fputs("workforcectl: ", stderr);
    vfprintf(stderr, format, values);
    va_end(values);
    fprintf(stderr, "\nTry workforcectl %s%s--help.\n", current != NULL ? current->name : "", current != NULL ? " " : "");
    return CTL_USAGE;
}

int ctl_failed(wf_rc rc, const wf_err *e)
{
    fprintf(stderr, "workforcectl: %s\n", e->text[0] != '\0' ? e->text : wf_rc_text(rc));
    return rc == WF_BUSY || rc == WF_SYSTEM ? CTL_UNREACHABLE : CTL_SOME;
}

/* ---- help ------------------------------------------------------------------------------------------------------- */

static void help_options(const ctl_option *o)
{
    for (; o != NULL && o->name != NULL; o++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", o->name, o->argument != NULL ? " " : "", o->argument != NULL ? o->argument : "");
        printf("  %-24s %s\n", left, o->text);
    }
}

static void help_command(const ctl_command *c)
{
    printf("Usage: workforcectl %s%s [OPTION...]\n\n%s.\n", c->name, c->arguments, c->summary);
    if (*c->details != '\0')
        printf("\n%s", c->details);
    puts("\nOptions:");
    help_options(c->options);
    help_options(common);
    puts("  --help                   this text");
}

static void help_all(void)
{
    puts("Usage: workforcectl COMMAND [ARGUMENT...] [OPTION...]\n\nAsks a workforced, publishes to it and listens to it.\n\nCommands:");
    for (size_t i = 0; i < COMMANDS; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s", commands[i]->name, commands[i]->arguments);
        printf("  %-27s %s\n", left, commands[i]->summary);
    }
    puts("  help [COMMAND|events]       more about a command, or every event type with its fields");
    puts("\nOptions:");
    help_options(common);
    puts("  --help                   this text, or with a command more about it\n"
         "  --version                release\n"
         "\nExit status: 0 done, 1 not (or not all), 2 usage, 3 the daemon cannot be reached.");
}

/* The tables of which intake, PROTOCOL.md and this are made. */
static void help_events(void)
{
    for (int t = 0; t < WF_EVENT_TYPE_COUNT; t++) {
        const wf_event_row *row = &wf_event_rows[t];
        printf("%s%s%s  %s; effective: %s\n", ctl_in(CTL_BOLD), row->name, ctl_in(CTL_PLAIN), row->text, row->effective);
        for (int f = 0; f < WF_FIELD_COUNT; f++) {
            wf_rule_of_field rule = wf_event_takes((wf_event_type) t, (wf_field) f);
            if (rule != WF_NOT_A_FIELD)
                printf("  %-16s %s%s\n", wf_field_rows[f].name, rule == WF_REQUIRED_FIELD ? "(required) " : "", wf_field_rows[f].text);
        }
    }
}

/* ---- options ---------------------------------------------------------------------------------------------------- */

bool ctl_count(const char *text, uint64_t *ret)
{
    uint64_t v = 0;
    if (*text == '\0' || strlen(text) > 18)
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        v = 10 * v + (uint64_t) (*text - '0');
    }
    *ret = v;
    return true;
}

static int take(const ctl_option *o, const char *value)
{
    wf_err e = { .text = "" };
    switch (o->kind) {
    case CTL_FLAG:  *(bool *) o->to = true; break;
    case CTL_TEXT:  *(const char **) o->to = value; break;
    case CTL_COUNT:
        if (!ctl_count(value, o->to))
            return ctl_wrong("--%s: %s is no whole number", o->name, value);
        break;
    case CTL_DAY:
        if (wf_day_parse(wf_str_of(value), o->to, &e) != WF_OK)
            return ctl_wrong("--%s: %s is no date like 2024-09-30", o->name, value);
        break;
    }
    return 0;
}

#define OPTIONS_MAX 24
enum { O_HELP = 1000 };

/* Reads the command's and the common options, in any place; arguments come to stand last, from optind on. */
static int read_options(const ctl_command *c, int argc, char **argv)
{
    struct option longs[OPTIONS_MAX + 1] = { { "help", no_argument, NULL, O_HELP } };
    const ctl_option *rows[OPTIONS_MAX + 1] = { NULL };
    const ctl_option *tables[] = { c->options, common };
    int n = 1, found, status;
    for (int t = 0; t < 2; t++)
        for (const ctl_option *o = tables[t]; o != NULL && o->name != NULL; o++, n++) {
            WF_ASSERT(n < OPTIONS_MAX);
            longs[n] = (struct option) { o->name, o->kind == CTL_FLAG ? no_argument : required_argument, NULL, n };
            rows[n] = o;
        }
    optind = 1;
    while ((found = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (found == O_HELP || found == 'h') {
            help_command(c);
            exit(CTL_OK);
        }
        if (found < 1 || found >= n || rows[found] == NULL)
            return ctl_wrong("that is no option of %s", c->name);
        if ((status = take(rows[found], optarg)) != 0)
            return status;
    }
    return 0;
}

/* ---- questions -------------------------------------------------------------------------------------------------- */

wf_rc ctl_ask_quietly(const wf_question *q, int timeout_ms, wf_row_fn *fn, void *ctx, wf_err *e)
{
    const char *name = wf_verb_rows[q->verb].admin ? "admin" : "query";
    char at[WF_SOCKETS_TEXT];
    WF_AUTO(wf_query_free) wf_query *query = NULL;
    WF_TRY(wf_sockets_there(ctl_sockets, name, e));
    WF_TRY(wf_sockets_endpoint(ctl_sockets, name, at, e));
    WF_TRY(wf_query_open(&(wf_query_options) { .endpoint = at, .timeout_ms = timeout_ms }, &query, e));
    return wf_query_ask(query, q, fn, ctx, e);
}

int ctl_ask(const wf_question *q, wf_row_fn *fn, void *ctx)
{
    wf_err e = { .text = "" };
    wf_rc rc = ctl_ask_quietly(q, 60000, fn, ctx, &e);
    return rc == WF_OK ? CTL_OK : ctl_failed(rc, &e);
}

wf_rc ctl_row_as_json(void *ctx, const wf_row *row, wf_err *e)
{
    (void) ctx;
    (void) e;
    char *line = wf_row_to_json(row->kind, &row->as);
    puts(line);
    free(line);
    return WF_OK;
}

/* ---- main ------------------------------------------------------------------------------------------------------- */

static const ctl_command *named(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int give_help(int argc, char **argv)
{
    if (argc < 3 || strcmp(argv[2], "--help") == 0) {
        help_all();
    } else if (strcmp(argv[2], "events") == 0) {
        help_events();
    } else {
        const ctl_command *c = named(argv[2]);
        if (c == NULL)
            return ctl_wrong("there is no command %s", argv[2]);
        help_command(c);
    }
    return CTL_OK;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    /* A reader that has seen enough (head) ends us quietly. */
    signal(SIGPIPE, SIG_DFL);
    if (argc < 2) {
        ctl_wrong("a command is wanted");
        return CTL_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("workforcectl " WF_VERSION);
        return CTL_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help_all();
        return CTL_OK;
    }
    if (strcmp(argv[1], "help") == 0)
        return give_help(argc, argv);

    /* Common options may stand before the command too. */
    int at = 1;
    while (at + 1 < argc && (strcmp(argv[at], "--sockets") == 0 || strcmp(argv[at], "--endpoint") == 0)) {
        sockets_option = argv[at + 1];
        at += 2;
    }
    current = at < argc ? named(argv[at]) : NULL;
    if (current == NULL)
        return ctl_wrong("there is no command %s", at < argc ? argv[at] : "there");
    int status = read_options(current, argc - at, argv + at);
    if (status != 0)
        return status;
    argc -= at + optind;
    argv += at + optind;
    if (argc < current->least || (current->most >= 0 && argc > current->most))
        return ctl_wrong("%s takes %s", current->name, *current->arguments != '\0' ? current->arguments + 1 : "no argument");
    ctl_sockets = wf_sockets_folder(sockets_option);
    status = current->run(argc, argv);
    if (fflush(stdout) != 0 && status == CTL_OK)
        status = CTL_SOME;
    return status;
}
