/* figures -- figures of a day as a table, CSV or JSON; the line of one over time; what is defined. */
#include "consumers/workforcectl/ctl.h"
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 512

static wf_day on = { INT32_MAX }, from = { INT32_MAX }, until = { INT32_MAX };
static const char *format, *org, *unit, *indicator, *known_by;
static bool below, known_only, by_day;

/* ---- question ---------------------------------------------------------------------------------------------------- */

static void ask_units(wf_question *q, const char *path, bool with_below)
{
    static char under[WF_ARGUMENT_TEXT_MAX];
    if (path == NULL)
        return;
    q->given |= 1u << WF_ARG_UNITS;
    q->units.item[q->units.n++] = wf_str_of(path);
    if (with_below && snprintf(under, sizeof under, "%s/", path) < (int) sizeof under)
        q->units.item[q->units.n++] = wf_str_of(under);
}

/* ---- a table of figures ------------------------------------------------------------------------------------------ */

static const char *const headings[] = { "UNIT", "INDICATOR", "VALUE", "OF", "PEOPLE", "STATE" };
#define TO_THE_RIGHT (1u << 2 | 1u << 3 | 1u << 4)

/* How far a source is complete for some of the figures that are listed. */
#define SPANS_MAX 64
typedef struct span { char source[64], of[72]; wf_day from, until; } span;

typedef struct listing {
    ctl_table *table;
    char last[WF_ARGUMENT_TEXT_MAX];
    wf_day day;
    bool provisional;
    span span[SPANS_MAX];
    size_t spans;
} listing;

static span *span_of(listing *l, const wf_figure_source *s)
{
    for (size_t i = 0; i < l->spans; i++)
        if (wf_str_eq(wf_str_of(l->span[i].source), s->source) && l->span[i].from.n == s->from.n && l->span[i].until.n == s->until.n)
            return &l->span[i];
    if (l->spans == SPANS_MAX)
        return NULL;
    span *x = &l->span[l->spans++];
    *x = (span) { .from = s->from, .until = s->until };
    snprintf(x->source, sizeof x->source, "%.*s", WF_STR_ARG(s->source));
    return x;
}

/* Whether the list names it already, or is too long to name more. */
static bool names(const char *list, wf_str name)
{
    for (const char *at = list; (at = memmem(at, strlen(at), name.p, name.n)) != NULL; at += name.n)
        if ((at == list || at[-1] == ' ') && (at[name.n] == '\0' || at[name.n] == ','))
            return true;
    return strstr(list, "...") != NULL;
}

static void note_sources(listing *l, const wf_figure *f)
{
    for (int32_t i = 0; i < f->source_count; i++) {
        span *x = span_of(l, &f->source[i]);
        if (x == NULL || names(x->of, f->indicator))
            continue;
        size_t n = strlen(x->of);
        const char *comma = n > 0 ? ", " : "";
        if (n + f->indicator.n + 8 < sizeof x->of)
            snprintf(x->of + n, sizeof x->of - n, "%s%.*s", comma, WF_STR_ARG(f->indicator));
        else
            snprintf(x->of + n, sizeof x->of - n, "%s...", comma);
    }
}

/* F8: how far each source that the figures above rest on is complete. */
static void print_sources(const listing *l)
{
    static const char *const titles[] = { "SOURCE", "COMPLETE FROM", "UNTIL", "FIGURES" };
    ctl_table *t = ctl_table_new(4, titles, 0);
    for (size_t i = 0; i < l->spans; i++) {
        const span *x = &l->span[i];
        char day[WF_DAY_TEXT];
        ctl_table_cell(t, CTL_PLAIN, "%s", x->source);
        ctl_table_cell(t, CTL_PLAIN, "%s", x->from.n == WF_DAY_OPEN.n ? "never said" : wf_day_text(x->from, day));
        ctl_table_cell(t, CTL_PLAIN, "%s", x->until.n != WF_DAY_OPEN.n ? wf_day_text(x->until, day) : x->from.n == WF_DAY_OPEN.n ? "" : "open");
        ctl_table_cell(t, CTL_DIM, "%s", x->of);
    }
    if (l->spans > 0) {
        putchar('\n');
        ctl_table_print(t, stdout);
    }
    ctl_table_free(&t);
}

static bool is_known(const wf_figure *f) { return f->status != WF_FIGURE_X; }

static wf_rc list_figure(void *ctx, const wf_row *row, wf_err *e)
{
    listing *l = ctx;
    const wf_figure *f = &row->as.figure;
    char value[CTL_VALUE_TEXT], fraction[CTL_VALUE_TEXT];
    (void) e;
    if (row->kind != WF_ROW_FIGURE || (known_only && !is_known(f)))
        return WF_OK;
    bool same = wf_str_eq(wf_str_of(l->last), f->unit);
    snprintf(l->last, sizeof l->last, "%.*s", WF_STR_ARG(f->unit));
    l->day = f->day;
    l->provisional = f->provisional;
    note_sources(l, f);
    ctl_table_cell(l->table, CTL_BOLD, "%s", same ? "" : l->last);
    ctl_table_cell(l->table, CTL_PLAIN, "%.*s", WF_STR_ARG(f->indicator));
    ctl_table_cell(l->table, f->status == WF_FIGURE_OK ? CTL_PLAIN : CTL_DIM, "%s", ctl_value(f, value));
    ctl_table_cell(l->table, CTL_DIM, "%s", ctl_fraction(f, fraction));
    if (is_known(f))
        ctl_table_cell(l->table, CTL_DIM, "%lld", (long long) f->people);
    else
        ctl_table_cell(l->table, CTL_PLAIN, "%s", "");
    ctl_table_cell(l->table, ctl_colour_of(f->rating), "%s", f->rating == WF_UNKNOWN ? "" : wf_level_name(f->rating));
    return WF_OK;
}

static int print_table(const wf_question *q)
{
    listing l = { .table = ctl_table_new(6, headings, TO_THE_RIGHT) };
    char day[WF_DAY_TEXT];
    int status = ctl_ask(q, list_figure, &l);
    if (status == CTL_OK && ctl_table_rows(l.table) > 0) {
        printf("At the close of %s%s\n\n", wf_day_text(l.day, day), l.provisional ? " (provisional: the day has not ended)" : "");
        ctl_table_print(l.table, stdout);
        print_sources(&l);
    } else if (status == CTL_OK) {
        fputs("workforcectl: there is no figure for this\n", stderr);
        status = CTL_SOME;
    }
    ctl_table_free(&l.table);
    return status;
}

/* ---- CSV: a row a unit, the columns of the official tables -------------------------------------------------------- */

typedef struct sheet {
    char *name[COLUMNS_MAX], *column[COLUMNS_MAX];
    char value[COLUMNS_MAX][CTL_VALUE_TEXT];
    size_t n;
    char unit[WF_ARGUMENT_TEXT_MAX];
    int year;
    bool any, known;
} sheet;

static char *copy(wf_str s)
{
    char *p = strndup(s.p != NULL ? s.p : "", s.n);
    WF_ASSERT(p != NULL);
    return p;
}

static wf_rc take_column(void *ctx, const wf_row *row, wf_err *e)
{
    sheet *s = ctx;
    const wf_indicator_row *i = &row->as.indicator;
    if (row->kind != WF_ROW_INDICATOR || (indicator != NULL && !wf_str_eq(i->indicator, wf_str_of(indicator))))
        return WF_OK;
    if (s->n == COLUMNS_MAX)
        return wf_fail(e, WF_SIZE, "more than %d indicators", COLUMNS_MAX);
    s->name[s->n] = copy(i->indicator);
    s->column[s->n++] = copy(i->column.n > 0 ? i->column : i->indicator);
    return WF_OK;
}

static void end_row(sheet *s)
{
    if (!s->any || (known_only && !s->known))
        return;
    printf("%d,%s", s->year, s->unit);
    for (size_t i = 0; i < s->n; i++)
        printf(",%s", s->value[i]);
    putchar('\n');
}

static wf_rc fill_cell(void *ctx, const wf_row *row, wf_err *e)
{
    sheet *s = ctx;
    const wf_figure *f = &row->as.figure;
    int month, day;
    (void) e;
    if (row->kind != WF_ROW_FIGURE)
        return WF_OK;
    if (!s->any || !wf_str_eq(wf_str_of(s->unit), f->unit)) {
        end_row(s);
        memset(s->value, 0, sizeof s->value);
        snprintf(s->unit, sizeof s->unit, "%.*s", WF_STR_ARG(f->unit));
        s->any = true;
        s->known = false;
        wf_day_civil(f->day, &s->year, &month, &day);
    }
    s->known |= is_known(f);
    for (size_t i = 0; i < s->n; i++)
        if (wf_str_eq(wf_str_of(s->name[i]), f->indicator))
            ctl_digits(f, s->value[i]);
    return WF_OK;
}

static int print_csv(const wf_question *q)
{
    static sheet s;
    int status = ctl_ask(&(wf_question) { .verb = WF_VERB_INDICATORS }, take_column, &s);
    if (status == CTL_OK) {
        fputs("time_period,unit", stdout);
        for (size_t i = 0; i < s.n; i++)
            printf(",%s", s.column[i]);
        putchar('\n');
        status = ctl_ask(q, fill_cell, &s);
    }
    if (status == CTL_OK)
        end_row(&s);
    for (size_t i = 0; i < s.n; i++) {
        free(s.name[i]);
        free(s.column[i]);
    }
    return status;
}

/* ---- show, figures ------------------------------------------------------------------------------------------------ */

static int run_show(int argc, char **argv)
{
    wf_question q = { .verb = WF_VERB_FIGURES };
    ask_units(&q, argc > 0 ? argv[0] : NULL, true);
    int status = ctl_give_known(&q, "known-by", known_by);
    if (status != CTL_OK)
        return status;
    return ctl_json ? ctl_ask(&q, ctl_row_as_json, NULL) : print_table(&q);
}

static const ctl_option show_options[] = {
    { "known-by", CTL_TEXT, &known_by, "WHEN", "as known before this DATE ended, or at a journal sequence" },
    { "known", CTL_FLAG, &known_only, NULL, "leave out what has no data" },
    { "json", CTL_FLAG, &ctl_json, NULL, "one JSON object a line" },
    { .name = NULL },
};
const ctl_command ctl_show = {
    "show", " [UNIT]", "Shows the current figures by unit",
    "UNIT is a path of unit ids such as bexley/children; it and all below it are shown, without it all units.\n",
    0, 1, show_options, run_show,
};

static int run_figures(int argc, char **argv)
{
    wf_question q = { .verb = WF_VERB_FIGURES };
    (void) argc;
    (void) argv;
    if (on.n != INT32_MAX)
        CTL_GIVE(&q, ON, on, on);
    if (org != NULL)
        CTL_GIVE(&q, ORG, org, wf_str_of(org));
    if (indicator != NULL) {
        q.given |= 1u << WF_ARG_INDICATORS;
        q.indicators.item[q.indicators.n++] = wf_str_of(indicator);
    }
    ask_units(&q, unit, below);
    int status = ctl_give_known(&q, "known-by", known_by);
    if (status != CTL_OK)
        return status;
    if (ctl_json || (format != NULL && strcmp(format, "json") == 0))
        return ctl_ask(&q, ctl_row_as_json, NULL);
    if (format == NULL || strcmp(format, "table") == 0)
        return print_table(&q);
    return strcmp(format, "csv") == 0 ? print_csv(&q) : ctl_wrong("--format is table, csv or json, not %s", format);
}

static const ctl_option figures_options[] = {
    { "on", CTL_DAY, &on, "DATE", "at the close of this day; without it the open day" },
    { "known-by", CTL_TEXT, &known_by, "WHEN", "as known before this DATE ended, or at a journal sequence" },
    { "format", CTL_TEXT, &format, "FORMAT", "table, csv or json" },
    { "org", CTL_TEXT, &org, "ORG", "of this organisation only" },
    { "unit", CTL_TEXT, &unit, "UNIT", "of this unit only: a path of unit ids" },
    { "below", CTL_FLAG, &below, NULL, "with --unit: and of all units below it" },
    { "indicator", CTL_TEXT, &indicator, "NAME", "this indicator only" },
    { "known", CTL_FLAG, &known_only, NULL, "leave out what has no data (csv: units that have none at all)" },
    { "json", CTL_FLAG, &ctl_json, NULL, "as --format json" },
    { .name = NULL },
};
const ctl_command ctl_figures = {
    "figures", "", "Shows the figures of any day as a table, CSV or JSON",
    "CSV has a row a unit: time_period (the year of the day), unit, then a column for each indicator with the name that its\n"
    "profile gives it (dfe.conf: the DfE's). Where there is no figure its symbol stands: z, x, u, c, low.\n",
    0, 0, figures_options, run_figures,
};

/* ---- history ------------------------------------------------------------------------------------------------------ */

typedef struct history {
    int64_t *value;
    size_t n, cap;
    wf_day first, last, low_on, high_on;
    char low[CTL_VALUE_TEXT], high[CTL_VALUE_TEXT], now[CTL_VALUE_TEXT], told[CTL_VALUE_TEXT];
    int64_t least, most;
    ctl_table *days, *runs;
} history;

static void take_day(history *h, const wf_figure *f)
{
    char text[CTL_VALUE_TEXT], day[WF_DAY_TEXT], fraction[CTL_VALUE_TEXT];
    bool is = f->status == WF_FIGURE_OK || f->status == WF_FIGURE_LOW;
    if (h->n == h->cap) {
        h->cap = h->cap == 0 ? 512 : 2 * h->cap;
        h->value = realloc(h->value, h->cap * sizeof *h->value);
        WF_ASSERT(h->value != NULL);
    }
    if (h->n == 0)
        h->first = f->day;
    h->last = f->day;
    h->value[h->n++] = is ? f->value : INT64_MIN;
    ctl_value(f, text);
    if (strcmp(text, h->told) != 0) {
        ctl_table_cell(h->days, CTL_PLAIN, "%s", wf_day_text(f->day, day));
        ctl_table_cell(h->days, CTL_PLAIN, "%s", text);
        ctl_table_cell(h->days, CTL_DIM, "%s", ctl_fraction(f, fraction));
    }
    memcpy(h->told, text, sizeof text);
    memcpy(h->now, text, sizeof text);
    if (is && (h->low[0] == '\0' || f->value < h->least)) {
        h->least = f->value;
        h->low_on = f->day;
        memcpy(h->low, text, sizeof text);
    }
    if (is && (h->high[0] == '\0' || f->value > h->most)) {
        h->most = f->value;
        h->high_on = f->day;
        memcpy(h->high, text, sizeof text);
    }
}

static wf_rc take_history(void *ctx, const wf_row *row, wf_err *e)
{
    history *h = ctx;
    char a[WF_DAY_TEXT], b[WF_DAY_TEXT];
    (void) e;
    if (row->kind == WF_ROW_FIGURE) {
        take_day(h, &row->as.figure);
    } else if (row->kind == WF_ROW_RUN) {
        const wf_run *r = &row->as.run;
        ctl_table_cell(h->runs, CTL_PLAIN, "%.*s", WF_STR_ARG(r->rule));
        ctl_table_cell(h->runs, CTL_PLAIN, "%s", wf_day_text(r->from, a));
        ctl_table_cell(h->runs, CTL_PLAIN, "%s", wf_day_text(r->until, b));
        ctl_table_cell(h->runs, CTL_DIM, "%d", r->until.n - r->from.n + 1);
        ctl_table_cell(h->runs, ctl_colour_of(r->state), "%s", wf_level_name(r->state));
        bool soon = r->pending > r->state && r->pending >= WF_AMBER;
        ctl_table_cell(h->runs, CTL_DIM, "%.*s%s%s", WF_STR_ARG(r->reason), soon && r->reason.n > 0 ? "; " : "",
                       soon ? r->pending == WF_RED ? "red if it lasts" : "amber if it lasts" : "");
    }
    return WF_OK;
}

static void print_history(const history *h, char **argv)
{
    char a[WF_DAY_TEXT], b[WF_DAY_TEXT], c[WF_DAY_TEXT], d[WF_DAY_TEXT], line[4 * 400 + 1];
    int width = ctl_width() - 4;
    printf("%s%s%s of %s, %s to %s\n\n", ctl_in(CTL_BOLD), argv[0], ctl_in(CTL_PLAIN), argv[1], wf_day_text(h->first, a), wf_day_text(h->last, b));
    ctl_spark(h->value, h->n, width > 400 ? 400 : width, ctl_utf8(), line);
    if (h->low[0] != '\0')
        printf("  %s\n  lowest %s on %s, highest %s on %s, last %s\n", line, h->low, wf_day_text(h->low_on, c), h->high,
               wf_day_text(h->high_on, d), h->now);
    else
        printf("  %s\n", h->now);
    if (by_day) {
        putchar('\n');
        ctl_table_print(h->days, stdout);
    }
    if (ctl_table_rows(h->runs) > 0) {
        putchar('\n');
        ctl_table_print(h->runs, stdout);
    }
}

static int run_history(int argc, char **argv)
{
    static const char *const day_headings[] = { "FROM", "VALUE", "OF" };
    static const char *const run_headings[] = { "RULE", "FROM", "TO", "DAYS", "STATE", "WHY" };
    wf_question q = { .verb = WF_VERB_HISTORY };
    (void) argc;
    CTL_GIVE(&q, INDICATOR, indicator, wf_str_of(argv[0]));
    CTL_GIVE(&q, UNIT, unit, wf_str_of(argv[1]));
    if (from.n != INT32_MAX)
        CTL_GIVE(&q, FROM, from, from);
    if (until.n != INT32_MAX)
        CTL_GIVE(&q, UNTIL, until, until);
    int status = ctl_give_known(&q, "known-by", known_by);
    if (status != CTL_OK)
        return status;
    if (ctl_json)
        return ctl_ask(&q, ctl_row_as_json, NULL);
    history h = { .days = ctl_table_new(3, day_headings, 1u << 1 | 1u << 2), .runs = ctl_table_new(6, run_headings, 1u << 3) };
    status = ctl_ask(&q, take_history, &h);
    if (status == CTL_OK && h.n > 0)
        print_history(&h, argv);
    ctl_table_free(&h.days);
    ctl_table_free(&h.runs);
    free(h.value);
    return status;
}

static const ctl_option history_options[] = {
    { "from", CTL_DAY, &from, "DATE", "first day; without it 365 days" },
    { "until", CTL_DAY, &until, "DATE", "last day; without it the open day" },
    { "known-by", CTL_TEXT, &known_by, "WHEN", "as known before this DATE ended, or at a journal sequence" },
    { "days", CTL_FLAG, &by_day, NULL, "list each day on which the printed value changes" },
    { "json", CTL_FLAG, &ctl_json, NULL, "one JSON object a line: each day's figure, then the runs" },
    { .name = NULL },
};
const ctl_command ctl_history = {
    "history", " INDICATOR UNIT", "Shows how a figure went, as a line of blocks, and the states of its rules",
    "The states are those of the past as it is known now, corrections and late events included.\n",
    2, 2, history_options, run_history,
};

/* ---- indicators ---------------------------------------------------------------------------------------------------- */

static wf_rc list_definition(void *ctx, const wf_row *row, wf_err *e)
{
    (void) ctx;
    (void) e;
    if (row->kind == WF_ROW_INDICATOR) {
        const wf_indicator_row *i = &row->as.indicator;
        printf("%s%.*s%s  %.*s, in %.*s\n    %.*s\n", ctl_in(CTL_BOLD), WF_STR_ARG(i->indicator), ctl_in(CTL_PLAIN), WF_STR_ARG(i->title),
               WF_STR_ARG(i->unit), WF_STR_ARG(i->numerator));
        if (i->denominator.n > 0)
            printf("    per %.*s\n", WF_STR_ARG(i->denominator));
    } else if (row->kind == WF_ROW_RULE) {
        const wf_rule_row *r = &row->as.rule;
        char amber[WF_MILLIONTHS_TEXT] = "none", red[WF_MILLIONTHS_TEXT] = "none";
        if (r->amber != INT64_MIN)
            wf_millionths_text(r->amber, amber);
        if (r->red != INT64_MIN)
            wf_millionths_text(r->red, red);
        printf("%srule %.*s%s  on %.*s in %.*s: amber %s, red %s%s, for %lld days, at least %lld people\n", ctl_in(CTL_BOLD),
               WF_STR_ARG(r->rule), ctl_in(CTL_PLAIN), WF_STR_ARG(r->indicator), WF_STR_ARG(r->units), amber, red,
               r->high_is_bad ? " and above" : " and below", (long long) r->for_days, (long long) r->people);
    }
    return WF_OK;
}

static int run_indicators(int argc, char **argv)
{
    (void) argc;
    (void) argv;
    return ctl_ask(&(wf_question) { .verb = WF_VERB_INDICATORS }, ctl_json ? ctl_row_as_json : list_definition, NULL);
}

static const ctl_option indicators_options[] = {
    { "json", CTL_FLAG, &ctl_json, NULL, "one JSON object a line" },
    { .name = NULL },
};
const ctl_command ctl_indicators = {
    "indicators", "", "Lists the indicators and rules in force, with their definitions", "", 0, 0, indicators_options, run_indicators,
};
