/* explain -- a figure and the events behind it; a figure as it was known and as it is, and the events between. */
#include "consumers/workforcectl/explain.h"
#include <stdlib.h>
#include <string.h>

static wf_day on = { INT32_MAX };
static const char *known_by, *since_by, *until_by;
static bool all, check;

/* ---- what is asked ----------------------------------------------------------------------------------------------- */

static void give_on(wf_question *q)
{
    if (on.n != INT32_MAX)
        CTL_GIVE(q, ON, on, on);
}

int ctl_give_known(wf_question *q, const char *option, const char *text)
{
    wf_err e = { .text = "" };
    if (text == NULL)
        return CTL_OK;
    if (ctl_count(text, &q->known)) {
        q->given |= 1u << WF_ARG_KNOWN;
    } else if (wf_day_parse(wf_str_of(text), &q->known_by, &e) == WF_OK) {
        q->given |= 1u << WF_ARG_KNOWN_BY;
    } else {
        return ctl_wrong("--%s takes a date like 2024-09-30 or a journal sequence, not %s", option, text);
    }
    return CTL_OK;
}

/* ---- what is behind a figure --------------------------------------------------------------------------------------- */

static const char *const headings[] = { "EFFECTIVE", "TYPE", "ADDS", "CAUSE", "SOURCE", "EVENT", "ENTRY" };

static int latest_first(const void *a, const void *b)
{
    const wf_evidence *x = a, *y = b;
    if (x->effective.n != y->effective.n)
        return x->effective.n > y->effective.n ? -1 : 1;
    return x->sequence > y->sequence ? -1 : x->sequence < y->sequence;
}

static void event_cells(ctl_table *t, const wf_evidence *v)
{
    char day[WF_DAY_TEXT];
    ctl_table_cell(t, CTL_PLAIN, "%s", wf_day_text(v->effective, day));
    ctl_table_cell(t, CTL_PLAIN, "%.*s", WF_STR_ARG(v->type));
}

static void origin_cells(ctl_table *t, const wf_evidence *v)
{
    ctl_table_cell(t, CTL_PLAIN, "%.*s", WF_STR_ARG(v->cause));
    ctl_table_cell(t, CTL_DIM, "%.*s", WF_STR_ARG(v->source));
    ctl_table_cell(t, CTL_DIM, "%.*s", WF_STR_ARG(v->event));
    ctl_table_cell(t, CTL_DIM, "%llu", (unsigned long long) v->sequence);
}

/* One side of the fraction: its events, the sum, and how much of it lies in rows that are left out. */
static int64_t print_side(const ctl_behind *b, bool denominator, bool whole)
{
    const wf_figure *f = &b->figure[0];
    wf_measured of = denominator ? f->denominator_of : f->numerator_of;
    char text[CTL_VALUE_TEXT];
    int64_t sum = 0, left_out = 0;
    size_t events = 0;
    ctl_table *t = ctl_table_new(7, headings, 1u << 2 | 1u << 6);
    for (size_t i = 0; i < b->n; i++) {
        const wf_evidence *v = &b->evidence[i];
        int64_t adds = denominator ? v->denominator : v->numerator;
        if (adds == 0)
            continue;
        sum += adds;
        if (events++ >= CTL_ROWS && !whole) {
            left_out += adds;
            continue;
        }
        event_cells(t, v);
        ctl_table_cell(t, CTL_PLAIN, "%s", ctl_exact(of, adds, true, text));
        origin_cells(t, v);
    }
    printf("\n%s%s: %s%s, by %zu event%s\n", ctl_in(CTL_BOLD), denominator ? "Denominator" : "Numerator", ctl_amount(of, sum, false, text),
           ctl_in(CTL_PLAIN), events, events == 1 ? "" : "s");
    if (events > 0)
        ctl_table_print(t, stdout);
    if (events > CTL_ROWS && !whole)
        printf("and %zu earlier, which add %s (--all lists them)\n", events - CTL_ROWS, ctl_amount(of, left_out, true, text));
    ctl_table_free(&t);
    return sum;
}

static bool is_sum(const char *what, wf_measured of, int64_t sum, int64_t figure)
{
    char a[CTL_VALUE_TEXT], b[CTL_VALUE_TEXT];
    if (sum == figure)
        return true;
    printf("%sThe events add up to %s, and the %s is %s.%s\n", ctl_in(CTL_RED), ctl_amount(of, sum, false, a), what, ctl_amount(of, figure, false, b),
           ctl_in(CTL_PLAIN));
    return false;
}

bool ctl_print_behind(const ctl_behind *b, bool whole)
{
    const wf_figure *f = &b->figure[0];
    if (b->n > 0)
        qsort(b->evidence, b->n, sizeof *b->evidence, latest_first);
    int64_t numerator = print_side(b, false, whole), denominator = f->has_denominator ? print_side(b, true, whole) : 0;
    if (!ctl_has_sums(f)) {
        puts("Not all of it is known, so no figure is made of it.");
        return true;
    }
    bool same = is_sum("numerator", f->numerator_of, numerator, f->numerator);
    return (!f->has_denominator || is_sum("denominator", f->denominator_of, denominator, f->denominator)) && same;
}

static int explain_figure(const char *indicator, const char *unit)
{
    wf_question q = { .verb = WF_VERB_EXPLAIN };
    ctl_definitions d;
    ctl_behind b = { .figures = 0 };
    CTL_GIVE(&q, INDICATOR, indicator, wf_str_of(indicator));
    CTL_GIVE(&q, UNIT, unit, wf_str_of(unit));
    give_on(&q);
    int status = ctl_give_known(&q, "known-by", known_by);
    if (status == CTL_OK)
        status = ctl_ask_behind(&q, &b);
    if (status == CTL_OK && b.figures == 1 && !ctl_json && (status = ctl_define(&d)) == CTL_OK) {
        const wf_figure *f = &b.figure[0];
        ctl_line line = { .figures = 0 };
        ctl_print_figure(f, &d);
        ctl_print_edges(f, &d, (wf_str) { 0 });
        if (!ctl_print_behind(&b, all))
            status = CTL_SOME;
        if (ctl_ask_line(f->indicator, f->unit, (wf_day) { f->day.n - 364 }, f->day, f->sequence, &line) == CTL_OK)
            ctl_print_runs(&line, all);
        ctl_line_free(&line);
    }
    ctl_behind_free(&b);
    return status;
}

static int run_explain(int argc, char **argv)
{
    if (check)
        return argc == 0 && !all ? ctl_check_alerts() : ctl_wrong("--check takes no argument: it is of all alerts");
    if (argc == 0)
        return ctl_wrong("explain takes ALERT or INDICATOR UNIT");
    if (argc == 2)
        return explain_figure(argv[0], argv[1]);
    if (on.n != INT32_MAX || known_by != NULL)
        return ctl_wrong("an alert is explained as it was known on its own day");
    return ctl_explain_alert(argv[0], all);
}

static const ctl_option explain_options[] = {
    { "on", CTL_DAY, &on, "DATE", "at the close of this day; without it the open day" },
    { "known-by", CTL_TEXT, &known_by, "WHEN", "as known before this DATE ended, or at a journal sequence" },
    { "all", CTL_FLAG, &all, NULL, "every event, however many" },
    { "check", CTL_FLAG, &check, NULL, "derives every alert ever told again; lists those that are not equal" },
    { "json", CTL_FLAG, &ctl_json, NULL, "one JSON object a line" },
    { .name = NULL },
};
const ctl_command ctl_explain = {
    "explain", " ALERT | INDICATOR UNIT", "Shows what a figure or an alert rests on, event by event",
    "ALERT is a number, also as A-82. What it told is derived again from the journal, as it was known then; exit status 1 when\n"
    "that is not equal. Numerator and denominator each stand with the events that make them, and add up.\n",
    0, 2, explain_options, run_explain,
};

/* ---- diff --------------------------------------------------------------------------------------------------------- */

static void print_known(const char *when, const wf_figure *f)
{
    char value[CTL_VALUE_TEXT], a[CTL_VALUE_TEXT], b[CTL_VALUE_TEXT];
    printf("%-4s known at entry %llu: %s", when, (unsigned long long) f->sequence, ctl_value(f, value));
    if (ctl_has_sums(f) && f->has_denominator)
        printf(", %s of %s", ctl_amount(f->numerator_of, f->numerator, false, a), ctl_amount(f->denominator_of, f->denominator, false, b));
    putchar('\n');
}

static void diff_row(ctl_table *t, const wf_figure *f, const char *name, ctl_sums s, ctl_colour colour)
{
    char text[CTL_VALUE_TEXT];
    ctl_table_cell(t, colour, "%s", name);
    ctl_table_cell(t, CTL_PLAIN, "%s", "");
    ctl_table_cell(t, colour, "%s", ctl_exact(f->numerator_of, s.numerator, true, text));
    ctl_table_cell(t, colour, "%s", f->has_denominator ? ctl_exact(f->denominator_of, s.denominator, true, text) : "");
    for (int i = 0; i < 4; i++)
        ctl_table_cell(t, CTL_PLAIN, "%s", "");
}

/* The events, what they add up to, and the rest that another tree explains. */
static void print_diff(const ctl_behind *b)
{
    static const char *const columns[] = { "EFFECTIVE", "TYPE", "NUMERATOR", "DENOMINATOR", "CAUSE", "SOURCE", "EVENT", "ENTRY" };
    const wf_figure *was = &b->figure[0], *is = &b->figure[1];
    char text[CTL_VALUE_TEXT];
    ctl_table *t = ctl_table_new(8, columns, 1u << 2 | 1u << 3 | 1u << 7);
    for (size_t i = 0; i < b->n && (all || i < CTL_ROWS); i++) {
        const wf_evidence *v = &b->evidence[i];
        event_cells(t, v);
        ctl_table_cell(t, CTL_PLAIN, "%s", v->numerator != 0 ? ctl_exact(is->numerator_of, v->numerator, true, text) : "");
        ctl_table_cell(t, CTL_PLAIN, "%s", v->denominator != 0 ? ctl_exact(is->denominator_of, v->denominator, true, text) : "");
        origin_cells(t, v);
    }
    ctl_sums sum = ctl_add_up(b), rest = sum;
    if (b->n > CTL_ROWS && !all) {
        for (size_t i = 0; i < CTL_ROWS; i++)
            rest = (ctl_sums) { rest.numerator - b->evidence[i].numerator, rest.denominator - b->evidence[i].denominator };
        diff_row(t, is, "later", rest, CTL_DIM);
    }
    diff_row(t, is, "sum", sum, CTL_BOLD);
    if (b->n > 0 || sum.numerator != 0)
        ctl_table_print(t, stdout);
    else
        puts("No event between changes it.");
    ctl_table_free(&t);
    if (b->n > CTL_ROWS && !all)
        printf("later: %zu more events (--all lists them)\n", b->n - CTL_ROWS);
    if (!ctl_has_sums(was) || !ctl_has_sums(is)) {
        puts("Where there is no figure there is no difference; the events are those between.");
        return;
    }
    rest = (ctl_sums) { is->numerator - was->numerator - sum.numerator, is->denominator - was->denominator - sum.denominator };
    if (rest.numerator == 0 && rest.denominator == 0) {
        puts("The sum is the difference.");
        return;
    }
    printf("The difference is another: by %s", ctl_amount(is->numerator_of, rest.numerator, true, text));
    if (is->has_denominator)
        printf(" of the numerator, %s of the denominator", ctl_amount(is->denominator_of, rest.denominator, true, text));
    puts(". Another tree of units is read; no event made this.");
}

static int run_diff(int argc, char **argv)
{
    wf_question q = { .verb = WF_VERB_DIFF };
    wf_err e = { .text = "" };
    ctl_behind b = { .figures = 0 };
    (void) argc;
    CTL_GIVE(&q, INDICATOR, indicator, wf_str_of(argv[0]));
    CTL_GIVE(&q, UNIT, unit, wf_str_of(argv[1]));
    give_on(&q);
    if (since_by == NULL)
        return ctl_wrong("diff needs --since");
    if (ctl_count(since_by, &q.since))
        q.given |= 1u << WF_ARG_SINCE;
    else if (wf_day_parse(wf_str_of(since_by), &q.since_by, &e) == WF_OK)
        q.given |= 1u << WF_ARG_SINCE_BY;
    else
        return ctl_wrong("--since takes a date like 2024-09-30 or a journal sequence, not %s", since_by);
    int status = ctl_give_known(&q, "until", until_by);
    if (status == CTL_OK)
        status = ctl_ask_behind(&q, &b);
    if (status == CTL_OK && b.figures == 2 && !ctl_json) {
        char day[WF_DAY_TEXT];
        printf("%s%s%s of %s at the close of %s\n", ctl_in(CTL_BOLD), argv[0], ctl_in(CTL_PLAIN), argv[1], wf_day_text(b.figure[1].day, day));
        print_known("was,", &b.figure[0]);
        print_known("is,", &b.figure[1]);
        putchar('\n');
        print_diff(&b);
    }
    ctl_behind_free(&b);
    return status;
}

static const ctl_option diff_options[] = {
    { "on", CTL_DAY, &on, "DATE", "of the figure at the close of this day; without it the open day" },
    { "since", CTL_TEXT, &since_by, "WHEN", "as known before this DATE ended, or at a journal sequence" },
    { "until", CTL_TEXT, &until_by, "WHEN", "the same of what it is held against; without it what is known now" },
    { "all", CTL_FLAG, &all, NULL, "every event, however many" },
    { "json", CTL_FLAG, &ctl_json, NULL, "one JSON object a line" },
    { .name = NULL },
};
const ctl_command ctl_diff = {
    "diff", " INDICATOR UNIT", "Shows what a figure was known to be, what it is, and the events between",
    "The events are those that came between the two states of knowledge; what they add is the difference.\n",
    2, 2, diff_options, run_diff,
};
