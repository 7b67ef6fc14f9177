/* lists -- findings, refused events, status, the ledger; clock and reload. */
#include "consumers/workforcectl/ctl.h"
#include <stdlib.h>
#include <string.h>

static const char *org;
static uint64_t since, limit;
static bool check;

/* ---- findings ------------------------------------------------------------------------------------------------------ */

static wf_rc list_finding(void *ctx, const wf_row *row, wf_err *e)
{
    ctl_table *t = ctx;
    const wf_finding *f = &row->as.finding;
    char day[WF_DAY_TEXT];
    (void) e;
    if (row->kind != WF_ROW_FINDING)
        return WF_OK;
    ctl_table_cell(t, CTL_YELLOW, "%.*s", WF_STR_ARG(f->kind));
    ctl_table_cell(t, CTL_PLAIN, "%.*s%s%.*s", WF_STR_ARG(f->org), f->unit.n > 0 ? "/" : "", WF_STR_ARG(f->unit));
    ctl_table_cell(t, CTL_PLAIN, "%.*s", WF_STR_ARG(f->type));
    ctl_table_cell(t, CTL_PLAIN, "%s", f->sequence > 0 ? wf_day_text(f->effective, day) : "");
    ctl_table_cell(t, CTL_DIM, "%.*s", WF_STR_ARG(f->source));
    ctl_table_cell(t, CTL_DIM, "%.*s", WF_STR_ARG(f->event));
    ctl_table_cell(t, CTL_PLAIN, "%.*s", WF_STR_ARG(f->text));
    return WF_OK;
}

/* Asks, and prints what came as a table, or `nothing` where nothing came. */
static int print_list(const wf_question *q, wf_row_fn *fn, int columns, const char *const *headings, uint32_t right, const char *nothing)
{
    if (ctl_json)
        return ctl_ask(q, ctl_row_as_json, NULL);
    ctl_table *t = ctl_table_new(columns, headings, right);
    int status = ctl_ask(q, fn, t);
    if (status == CTL_OK && ctl_table_rows(t) > 0)
        ctl_table_print(t, stdout);
    else if (status == CTL_OK)
        puts(nothing);
    ctl_table_free(&t);
    return status;
}

static int run_findings(int argc, char **argv)
{
    static const char *const headings[] = { "KIND", "WHERE", "TYPE", "EFFECTIVE", "SOURCE", "EVENT", "WHY" };
    wf_question q = { .verb = WF_VERB_FINDINGS };
    (void) argc;
    (void) argv;
    if (org != NULL)
        CTL_GIVE(&q, ORG, org, wf_str_of(org));
    if (limit > 0)
        CTL_GIVE(&q, LIMIT, limit, limit);
    return print_list(&q, list_finding, 7, headings, 0, "No findings.");
}

static const ctl_option findings_options[] = {
    { "org", CTL_TEXT, &org, "ORG", "of this organisation only" },
    { "limit", CTL_COUNT, &limit, "NUMBER", "at most so many" },
    { "json", CTL_FLAG, &ctl_json, NULL, "one JSON object a line" },
    { .name = NULL },
};
const ctl_command ctl_findings = {
    "findings", "", "Lists facts that have no effect, or not yet",
    "waiting: what it rests on has not been said. contradiction: another fact stands before it. unlinked: cases of somebody\n"
    "who has never been there. unassigned: a unit that no link of its tree names. They vanish when the facts come to hold.\n",
    0, 0, findings_options, run_findings,
};

/* ---- refused ------------------------------------------------------------------------------------------------------- */

static wf_rc list_refused(void *ctx, const wf_row *row, wf_err *e)
{
    ctl_table *t = ctx;
    const wf_refused *r = &row->as.refused;
    char at[WF_INSTANT_TEXT];
    (void) e;
    if (row->kind != WF_ROW_REFUSED)
        return WF_OK;
    ctl_table_cell(t, CTL_PLAIN, "%llu", (unsigned long long) r->sequence);
    ctl_table_cell(t, CTL_DIM, "%.19s", wf_instant_text(r->arrived, at));
    ctl_table_cell(t, CTL_PLAIN, "%.*s", WF_STR_ARG(r->source));
    ctl_table_cell(t, CTL_PLAIN, "%.*s", WF_STR_ARG(r->org));
    ctl_table_cell(t, CTL_PLAIN, "%.*s", WF_STR_ARG(r->type));
    ctl_table_cell(t, CTL_DIM, "%.*s", WF_STR_ARG(r->id));
    ctl_table_cell(t, CTL_YELLOW, "%.*s", WF_STR_ARG(r->reason));
    ctl_table_cell(t, CTL_PLAIN, "%.*s", WF_STR_ARG(r->text));
    return WF_OK;
}

static int run_refused(int argc, char **argv)
{
    static const char *const headings[] = { "NUMBER", "CAME", "SOURCE", "ORG", "TYPE", "EVENT", "REASON", "WHY" };
    wf_question q = { .verb = WF_VERB_REFUSED };
    (void) argc;
    (void) argv;
    if (since > 0)
        CTL_GIVE(&q, SINCE, since, since);
    if (limit > 0)
        CTL_GIVE(&q, LIMIT, limit, limit);
    return print_list(&q, list_refused, 8, headings, 1u, "Nothing was refused.");
}

static const ctl_option refused_options[] = {
    { "since", CTL_COUNT, &since, "NUMBER", "only what was refused after this number" },
    { "limit", CTL_COUNT, &limit, "NUMBER", "at most so many" },
    { "json", CTL_FLAG, &ctl_json, NULL, "one JSON object a line, with the first bytes of the event" },
    { .name = NULL },
};
const ctl_command ctl_refused = {
    "refused", "", "Lists the events that were refused, with the reason", "", 0, 0, refused_options, run_refused,
};

/* ---- status -------------------------------------------------------------------------------------------------------- */

static const char *bytes_text(uint64_t n, char buf[24])
{
    static const char *const unit[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    size_t u = 0;
    uint64_t tenths = n * 10;
    while (n >= (uint64_t) 1 << 54 && u < 2) {       /* far beyond any store; keeps the product in range */
        n /= 1024;
        tenths = n * 10;
        u++;
    }
    for (; tenths >= 10240 && u < 4; u++)
        tenths /= 1024;
    snprintf(buf, 24, "%llu.%llu %s", (unsigned long long) (tenths / 10), (unsigned long long) (tenths % 10), unit[u]);
    return buf;
}

static void print_status(const wf_status *s)
{
    char day[WF_DAY_TEXT], at[WF_INSTANT_TEXT], store[24], memory[24], disk[24];
    bool well = s->trouble.n == 0 && wf_str_eq(s->state, WF_STR("ready"));
    printf("state      %s%.*s%s%s%.*s\n", ctl_in(well ? CTL_GREEN : CTL_RED), WF_STR_ARG(s->state), ctl_in(CTL_PLAIN),
           s->trouble.n > 0 ? ": " : "", WF_STR_ARG(s->trouble));
    printf("today      %s (%.*s clock)\n", wf_day_text(s->today, day), WF_STR_ARG(s->clock));
    printf("profile    %.*s %.*s\n", WF_STR_ARG(s->profile), WF_STR_ARG(s->profile_version));
    printf("events     %llu accepted, %llu duplicates, %llu refused, %llu findings; %llu subjects\n", (unsigned long long) s->accepted,
           (unsigned long long) s->duplicates, (unsigned long long) s->refused, (unsigned long long) s->findings, (unsigned long long) s->subjects);
    printf("alerts     %llu told\n", (unsigned long long) s->alerts);
    printf("now        %llu events a second, %llu ms behind, last commit %s\n", (unsigned long long) s->per_second,
           (unsigned long long) s->lag_ms, s->committed.ms > 0 ? wf_instant_text(s->committed, at) : "none");
    printf("store      %.*s, %s, sequence %llu\n", WF_STR_ARG(s->store), bytes_text(s->store_bytes, store), (unsigned long long) s->sequence);
    printf("room       %s of %s used, %s of disk free\n", bytes_text(s->store_bytes, store), bytes_text(s->store_limit, memory),
           bytes_text(s->disk_free, disk));
    printf("scrub      %llu faults, store last read whole %s\n", (unsigned long long) s->scrub_faults,
           s->scrubbed.ms > 0 ? wf_instant_text(s->scrubbed, at) : "not since the start");
    if (s->restored.ms > 0)
        printf("restored   from a backup at %s\n", wf_instant_text(s->restored, at));
    printf("release    %.*s, %s of memory, up %llu s\n", WF_STR_ARG(s->version), bytes_text(s->memory_bytes, memory),
           (unsigned long long) (s->uptime_ms / 1000));
}

static wf_rc take_status(void *ctx, const wf_row *row, wf_err *e)
{
    ctl_table *t = ctx;
    char at[WF_INSTANT_TEXT], day[WF_DAY_TEXT];
    (void) e;
    if (row->kind == WF_ROW_STATUS)
        print_status(&row->as.status);
    if (row->kind != WF_ROW_SOURCE)
        return WF_OK;
    const wf_source *s = &row->as.source;
    ctl_table_cell(t, CTL_PLAIN, "%.*s", WF_STR_ARG(s->source));
    ctl_table_cell(t, CTL_PLAIN, "%.*s", WF_STR_ARG(s->org));
    ctl_table_cell(t, CTL_PLAIN, "%llu", (unsigned long long) s->accepted);
    ctl_table_cell(t, CTL_PLAIN, "%llu", (unsigned long long) s->duplicates);
    ctl_table_cell(t, s->refused > 0 ? CTL_YELLOW : CTL_PLAIN, "%llu", (unsigned long long) s->refused);
    ctl_table_cell(t, s->gaps > 0 ? CTL_YELLOW : CTL_PLAIN, "%llu", (unsigned long long) s->gaps);
    ctl_table_cell(t, CTL_DIM, "%.19s", s->arrived.ms > 0 ? wf_instant_text(s->arrived, at) : "");
    bool never = wf_str_eq(s->complete, WF_STR("never said"));
    if (s->complete_until.n != WF_DAY_OPEN.n) ctl_table_cell(t, CTL_PLAIN, "%s", wf_day_text(s->complete_until, day));
    else ctl_table_cell(t, never ? CTL_YELLOW : CTL_PLAIN, "%.*s", WF_STR_ARG(s->complete));
    ctl_table_cell(t, CTL_PLAIN, "%llu, %llu", (unsigned long long) s->late_median, (unsigned long long) s->late_worst);
    if (s->late_beyond > 0) ctl_table_cell(t, CTL_YELLOW, "%llu over %llu", (unsigned long long) s->late_beyond, (unsigned long long) s->late_promised);
    else ctl_table_cell(t, CTL_DIM, "%llu", (unsigned long long) s->late_promised);
    return WF_OK;
}

/* What a monitoring plug-in says: one line, and 0, 1, 2 or 3. */
typedef struct verdict { int status; char text[512]; bool seen; } verdict;

static wf_rc judge_status(void *ctx, const wf_row *row, wf_err *e)
{
    verdict *v = ctx;
    (void) e;
    if (row->kind != WF_ROW_STATUS)
        return WF_OK;
    const wf_status *s = &row->as.status;
    bool ready = wf_str_eq(s->state, WF_STR("ready"));
    char day[WF_DAY_TEXT];
    v->seen = true;
    v->status = s->trouble.n > 0 || s->lag_ms > 60000 ? 2 : !ready || s->lag_ms > 5000 ? 1 : 0;
    snprintf(v->text, sizeof v->text, "%.*s%s%.*s; %s, %llu events a second, %llu ms behind | accepted=%lluc refused=%lluc findings=%llu "
             "lag=%llums store=%lluB memory=%lluB", WF_STR_ARG(s->state), s->trouble.n > 0 ? ": " : "",
             s->trouble.n < 200 ? (int) s->trouble.n : 200, s->trouble.p != NULL ? s->trouble.p : "", wf_day_text(s->today, day),
             (unsigned long long) s->per_second, (unsigned long long) s->lag_ms, (unsigned long long) s->accepted,
             (unsigned long long) s->refused, (unsigned long long) s->findings, (unsigned long long) s->lag_ms,
             (unsigned long long) s->store_bytes, (unsigned long long) s->memory_bytes);
    return WF_OK;
}

static int check_status(void)
{
    static const char *const word[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
    verdict v = { .status = 3, .text = "the daemon's answer is not to be understood" };
    wf_err e = { .text = "" };
    wf_rc rc = ctl_ask_quietly(&(wf_question) { .verb = WF_VERB_STATUS }, 5000, judge_status, &v, &e);
    if (rc != WF_OK && rc != WF_MALFORMED) {
        v.status = 2;
        snprintf(v.text, sizeof v.text, "%.200s", e.text);
    }
    printf("WORKFORCED %s - %s\n", word[v.status], v.text);
    return v.status;
}

static int run_status(int argc, char **argv)
{
    static const char *const headings[] = { "SOURCE", "ORG", "ACCEPTED", "DUPLICATES", "REFUSED", "GAPS", "LAST SENT", "COMPLETE UNTIL",
                                            "DAYS LATE", "PROMISED" };
    wf_question q = { .verb = WF_VERB_STATUS };
    (void) argc;
    (void) argv;
    if (check)
        return check_status();
    if (ctl_json)
        return ctl_ask(&q, ctl_row_as_json, NULL);
    ctl_table *t = ctl_table_new(10, headings, 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5);
    int status = ctl_ask(&q, take_status, t);
    if (status == CTL_OK && ctl_table_rows(t) > 0) {
        putchar('\n');
        ctl_table_print(t, stdout);
    }
    ctl_table_free(&t);
    return status;
}

static const ctl_option status_options[] = {
    { "check", CTL_FLAG, &check, NULL, "one line and exit status 0, 1, 2 or 3, as monitoring plug-ins give them" },
    { "json", CTL_FLAG, &ctl_json, NULL, "one JSON object a line" },
    { .name = NULL },
};
const ctl_command ctl_status = {
    "status", "", "Shows how the daemon and its sources are",
    "DAYS LATE: how many days after the day that it is about half of a source's events came, and the latest; PROMISED: how\n"
    "many the profile allows, and how many events were later.\n"
    "--check: 0 ready and at most 5 s behind; 1 starting, deriving, paused, or further behind; 2 trouble, over 60 s behind, or\n"
    "it does not answer; 3 its answer is not to be understood.\n",
    0, 0, status_options, run_status,
};

/* ---- dump, reload, clock --------------------------------------------------------------------------------------------- */

static wf_rc print_line(void *ctx, const wf_row *row, wf_err *e)
{
    (void) ctx;
    (void) e;
    if (row->kind == WF_ROW_LINE)
        printf("%.*s\n", WF_STR_ARG(row->as.line.text));
    return WF_OK;
}

static int run_dump(int argc, char **argv)
{
    wf_question q = { .verb = WF_VERB_DUMP };
    (void) argc;
    (void) argv;
    if (org != NULL)
        CTL_GIVE(&q, ORG, org, wf_str_of(org));
    return ctl_ask(&q, print_line, NULL);
}

static const ctl_option dump_options[] = {
    { "org", CTL_TEXT, &org, "ORG", "of this organisation only" },
    { .name = NULL },
};
const ctl_command ctl_dump = {
    "dump", "", "Prints the ledger as sorted lines: cell, day, measure, amount",
    "Two stores with the same standing facts print the same bytes, whatever the order in which the facts came.\n",
    0, 0, dump_options, run_dump,
};

static int run_reload(int argc, char **argv)
{
    (void) argc;
    (void) argv;
    return ctl_ask(&(wf_question) { .verb = WF_VERB_RELOAD }, print_line, NULL);
}

static const ctl_option no_options[] = { { .name = NULL } };
const ctl_command ctl_reload = {
    "reload", "", "Makes the daemon read its configuration again", "A configuration with a mistake changes nothing; the mistake is shown.\n",
    0, 0, no_options, run_reload,
};

static wf_rc print_clock(void *ctx, const wf_row *row, wf_err *e)
{
    const wf_clock_row *c = &row->as.clock;
    char today[WF_DAY_TEXT], jump[WF_DAY_TEXT];
    (void) ctx;
    (void) e;
    if (row->kind != WF_ROW_CLOCK)
        return WF_OK;
    if (ctl_json)
        return ctl_row_as_json(NULL, row, NULL);
    printf("%s (%.*s clock)", wf_day_text(c->today, today), WF_STR_ARG(c->clock));
    if (c->ticks > 0)
        printf(", %llu day%s ended, %llu alert%s", (unsigned long long) c->ticks, c->ticks == 1 ? "" : "s", (unsigned long long) c->alerts,
               c->alerts == 1 ? "" : "s");
    if (c->jump.n != WF_DAY_OPEN.n && c->jump.n != 0)
        printf("; the host's clock shows %s: workforcectl clock accept lets the calendar go there", wf_day_text(c->jump, jump));
    putchar('\n');
    return WF_OK;
}

static int run_clock(int argc, char **argv)
{
    wf_question q = { .verb = WF_VERB_CLOCK };
    const char *what = argc > 0 ? argv[0] : "show";
    wf_err e = { .text = "" };
    if (strcmp(what, "advance") == 0) {
        q.verb = WF_VERB_ADVANCE;
        q.given = 1u << WF_ARG_DAY;
        if (argc != 2 || wf_day_parse(wf_str_of(argv[1]), &q.day, &e) != WF_OK)
            return ctl_wrong("advance takes a date like 2024-10-01");
        return ctl_ask(&q, print_clock, NULL);
    }
    if (argc > 1 || (strcmp(what, "show") != 0 && strcmp(what, "accept") != 0))
        return ctl_wrong("clock takes show, advance DATE or accept");
    q.verb = strcmp(what, "accept") == 0 ? WF_VERB_ACCEPT : WF_VERB_CLOCK;
    return ctl_ask(&q, print_clock, NULL);
}

static const ctl_option clock_options[] = {
    { "json", CTL_FLAG, &ctl_json, NULL, "one JSON object a line" },
    { .name = NULL },
};
const ctl_command ctl_clock = {
    "clock", " [show|advance|accept]", "Shows the calendar, winds a manual one, accepts a jump",
    "advance: a daemon with --clock manual ends every day before DATE. accept: lets the calendar go on after the host's clock\n"
    "has jumped by more than 31 days.\n",
    0, 2, clock_options, run_clock,
};
