/* whynot -- why a rule fires nothing in a unit, or what stands: the figure, how far it is from each edge, and what is missing. */
#include "consumers/workforcectl/explain.h"
#include <stdlib.h>
#include <string.h>

static const ctl_option options[] = {
    { .name = NULL },
};

typedef struct asked {
    const wf_rule_row *rule;
    wf_str unit;
    wf_figure figure;               /* today's */
    bool any;
    wf_alert told;                  /* the last message; number 0: none */
} asked;

static wf_rc take_figure(void *ctx, const wf_row *row, wf_err *e)
{
    asked *a = ctx;
    (void) e;
    if (row->kind != WF_ROW_FIGURE)
        return WF_OK;
    a->figure = row->as.figure;
    ctl_keep_figure(&a->figure);
    a->any = true;
    return WF_OK;
}

static wf_rc take_told(void *ctx, const wf_row *row, wf_err *e)
{
    asked *a = ctx;
    (void) e;
    if (row->kind == WF_ROW_ALERT && row->as.alert.number > a->told.number) {
        a->told = row->as.alert;
        ctl_keep_alert(&a->told);
    }
    return WF_OK;
}

static int ask_all(asked *a)
{
    char topic[WF_ARGUMENT_TEXT_MAX];
    wf_question figures = { .verb = WF_VERB_FIGURES }, last = { .verb = WF_VERB_LAST };
    figures.given = 1u << WF_ARG_UNITS | 1u << WF_ARG_INDICATORS;
    figures.units = (wf_list) { .item = { a->unit }, .n = 1 };
    figures.indicators = (wf_list) { .item = { a->rule->indicator }, .n = 1 };
    if (snprintf(topic, sizeof topic, "alert/%.*s/=%.*s", WF_STR_ARG(a->unit), WF_STR_ARG(a->rule->rule)) >= (int) sizeof topic)
        return ctl_wrong("%.*s is no unit", WF_STR_ARG(a->unit));
    last.given = 1u << WF_ARG_PREFIXES;
    last.prefixes = (wf_list) { .item = { wf_str_of(topic) }, .n = 1 };
    int status = ctl_ask(&figures, take_figure, a);
    if (status == CTL_OK)
        status = ctl_ask(&last, take_told, a);
    if (status == CTL_OK && !a->any) {
        fprintf(stderr, "workforcectl: there is no unit %.*s; see workforcectl show\n", WF_STR_ARG(a->unit));
        status = CTL_SOME;
    }
    return status;
}

/* ---- from the edges -------------------------------------------------------------------------------------------------- */

/* Rounded down: the least whole step of the numerator that reaches the edge, the denominator staying as it is. */
static int64_t needed(const wf_figure *f, int64_t edge, bool above)
{
    __int128 d = f->has_denominator ? f->denominator : 1, scale = wf_str_eq(f->unit_of_value, WF_STR("percent")) ? 100 : 1;
    __int128 top = d * edge * (wf_measured_in_millionths(f->numerator_of) ? WF_FTE_ONE : 1);
    __int128 below = scale * WF_FTE_ONE * (f->has_denominator && wf_measured_in_millionths(f->denominator_of) ? WF_FTE_ONE : 1);
    __int128 q = top / below;
    if (above && q * below < top)
        q++;
    return (int64_t) q;
}

/* To the printed digit. */
static const char *away(const wf_figure *f, int64_t edge, char buf[WF_MILLIONTHS_TEXT])
{
    int64_t by = f->value > edge ? f->value - edge : edge - f->value, digit = 1;
    for (int i = f->decimals; i < 6; i++)
        digit *= 10;
    return wf_millionths_text((by + digit / 2) / digit * digit, buf);
}

static void print_edge(const wf_figure *f, const wf_rule_row *r, const char *name, int64_t edge)
{
    char at[WF_MILLIONTHS_TEXT], by[WF_MILLIONTHS_TEXT], step[CTL_VALUE_TEXT];
    int side = ctl_against(f, edge);
    bool broken = r->high_is_bad ? side >= 0 : side <= 0;
    away(f, edge, by);
    printf("  %s%s%s at %s: ", ctl_in(CTL_BOLD), name, ctl_in(CTL_PLAIN), wf_millionths_text(edge, at));
    if (broken) {
        printf("the figure is %s it%s%s\n", side == 0 ? "on" : r->high_is_bad ? "above" : "below", side != 0 ? ", by " : "", side != 0 ? by : "");
        return;
    }
    int64_t steps = needed(f, edge, r->high_is_bad) - f->numerator;
    printf("%s away; ", by);
    if (f->has_denominator)
        printf("%s in the numerator would reach it, the denominator staying as it is\n", ctl_amount(f->numerator_of, steps, true, step));
    else
        printf("%s would reach it\n", ctl_amount(f->numerator_of, steps, true, step));
}

/* What stands ends on the other side of its clear. */
static void print_clear(const wf_figure *f, const wf_rule_row *r, wf_level stands)
{
    char at[WF_MILLIONTHS_TEXT], by[WF_MILLIONTHS_TEXT];
    int64_t clear = stands == WF_RED ? r->red_clear : r->amber_clear;
    if (clear != INT64_MIN)
        printf("  %s ends %s %s: %s away\n", wf_level_name(stands), r->high_is_bad ? "below" : "above", wf_millionths_text(clear, at), away(f, clear, by));
}

static bool beyond(const wf_figure *f, const wf_rule_row *r, int64_t edge)
{
    bool usable = f->status == WF_FIGURE_OK || f->status == WF_FIGURE_LOW;
    int side = usable && f->people >= r->people && edge != INT64_MIN ? ctl_against(f, edge) : 0;
    return usable && f->people >= r->people && edge != INT64_MIN && (r->high_is_bad ? side >= 0 : side <= 0);
}

/* Closed days in a row, up to the last, on which the edge was broken. */
static size_t days_beyond(const ctl_line *l, const wf_rule_row *r, int64_t edge)
{
    size_t n = 0, end = l->figures;
    while (end > 0 && l->figure[end - 1].provisional)
        end--;
    while (n < end && beyond(&l->figure[end - 1 - n], r, edge))
        n++;
    return n;
}

/* ---- why ---------------------------------------------------------------------------------------------------------------- */

static void print_sources(const wf_figure *f)
{
    char from[WF_DAY_TEXT], until[WF_DAY_TEXT];
    bool said = false;
    for (int32_t i = 0; i < f->source_count; i++) {
        const wf_figure_source *s = &f->source[i];
        bool never = s->from.n == WF_DAY_OPEN.n, ends = s->until.n != WF_DAY_OPEN.n;
        if (!never && s->from.n <= f->from.n && (!ends || s->until.n >= f->day.n))
            continue;
        said = true;
        if (never)
            printf("  source %.*s has never said that it is complete: the rule is not live here until it has\n", WF_STR_ARG(s->source));
        else
            printf("  source %.*s is complete from %s to %s only\n", WF_STR_ARG(s->source), wf_day_text(s->from, from),
                   ends ? wf_day_text(s->until, until) : "now");
    }
    if (!said)
        puts("  nobody has said that all it rests on is complete; workforcectl complete lists what is missing");
}

static void print_unknown(const asked *a)
{
    const wf_figure *f = &a->figure;
    char day[WF_DAY_TEXT];
    if (f->status == WF_FIGURE_X) {
        if (f->no_data_until.n == WF_DAY_OPEN.n)
            puts("Nothing fires: there is no data, and nobody has said from when there will be.");
        else
            printf("Nothing fires: there is no data until %s.\n", wf_day_text(f->no_data_until, day));
        print_sources(f);
    } else if (f->people < a->rule->people) {
        printf("Nothing fires: too few people are behind the figure: %lld of at least %lld.\n", (long long) f->people, (long long) a->rule->people);
    } else if (f->status == WF_FIGURE_Z) {
        puts("Nothing fires: the denominator is 0, there is nothing to compare with.");
    } else {
        puts("Nothing fires: the figure is unreliable by its definition.");
    }
}

static bool unknown(const asked *a)
{
    const wf_figure *f = &a->figure;
    return (f->status != WF_FIGURE_OK && f->status != WF_FIGURE_LOW) || f->people < a->rule->people;
}

static void print_pending(const asked *a, const ctl_line *l, wf_level stands)
{
    const struct { const char *name; wf_level level; int64_t edge; } edge[] = { { "amber", WF_AMBER, a->rule->amber }, { "red", WF_RED, a->rule->red } };
    for (size_t k = 0; k < 2; k++) {
        size_t days = stands < edge[k].level ? days_beyond(l, a->rule, edge[k].edge) : 0;
        if (days > 0 && (int64_t) days < a->rule->for_days)
            printf("%s is pending: its edge was broken on the last %zu closed day%s, and it needs %lld in a row.\n", edge[k].name, days,
                   days == 1 ? "" : "s", (long long) a->rule->for_days);
        else if (days == 0 && a->rule->for_days > 0 && stands < edge[k].level && beyond(&a->figure, a->rule, edge[k].edge))
            printf("%s: the edge is broken today; it needs %lld closed days in a row, and today is not one yet.\n", edge[k].name,
                   (long long) a->rule->for_days);
    }
}

static void print_state(const asked *a, const wf_run *r)
{
    char since[WF_DAY_TEXT], day[WF_DAY_TEXT];
    if (r->carried >= WF_AMBER) {
        printf("%s%s stands%s since %s", ctl_in(ctl_colour_of(r->carried)), wf_level_name(r->carried), ctl_in(CTL_PLAIN), wf_day_text(r->since, since));
        if (r->state == WF_UNKNOWN)
            printf(", carried through days that are unknown (%.*s): the first known day decides", WF_STR_ARG(r->reason));
        puts(".");
    } else if (r->state == WF_OKAY && !unknown(a)) {
        printf("Nothing fires: %sok%s at the close of %s.\n", ctl_in(CTL_GREEN), ctl_in(CTL_PLAIN), wf_day_text(r->until, day));
    } else if (!unknown(a)) {
        printf("Nothing fires: unknown at the close of %s (%.*s); today's figure is not judged before it is closed.\n", wf_day_text(r->until, day),
               WF_STR_ARG(r->reason));
    }
}

static void print_last(const wf_alert *a)
{
    char day[WF_DAY_TEXT];
    if (a->number == 0) {
        puts("Nothing was ever told of it.");
        return;
    }
    printf("Told last: A-%llu, %s on %s: %s.\n", (unsigned long long) a->number, wf_alert_kind_name(a->kind), wf_day_text(a->day, day),
           wf_level_name(a->state));
}

static int print_why(const asked *a, const ctl_definitions *d)
{
    ctl_line l = { .only = a->rule->rule };
    const wf_figure *f = &a->figure;
    int64_t back = a->rule->for_days < 3650 ? a->rule->for_days + 3 : 3650;
    int status = ctl_ask_line(a->rule->indicator, a->unit, (wf_day) { f->day.n - (int32_t) back }, f->day, 0, &l);
    if (status == CTL_OK && l.runs == 0) {
        printf("Rule %.*s does not watch %.*s: its units are %.*s.\n", WF_STR_ARG(a->rule->rule), WF_STR_ARG(a->unit), WF_STR_ARG(a->rule->units));
    } else if (status == CTL_OK) {
        const wf_run *r = &l.run[l.runs - 1];
        print_state(a, r);
        if (unknown(a) && r->carried < WF_AMBER)
            print_unknown(a);
        print_pending(a, &l, r->carried);
        print_last(&a->told);
        putchar('\n');
        ctl_print_figure(f, d);
        ctl_print_edges(f, d, a->rule->rule);
        if (!unknown(a) && a->rule->amber != INT64_MIN)
            print_edge(f, a->rule, "amber", a->rule->amber);
        if (!unknown(a) && a->rule->red != INT64_MIN)
            print_edge(f, a->rule, "red", a->rule->red);
        if (!unknown(a) && r->carried >= WF_AMBER)
            print_clear(f, a->rule, r->carried);
    }
    ctl_line_free(&l);
    return status;
}

static int run_why_not(int argc, char **argv)
{
    ctl_definitions d;
    asked a = { .unit = wf_str_of(argv[1]) };
    (void) argc;
    int status = ctl_define(&d);
    if (status != CTL_OK)
        return status;
    a.rule = ctl_rule_named(&d, wf_str_of(argv[0]));
    if (a.rule == NULL) {
        fprintf(stderr, "workforcectl: there is no rule %s; see workforcectl indicators\n", argv[0]);
        return CTL_SOME;
    }
    status = ask_all(&a);
    return status == CTL_OK ? print_why(&a, &d) : status;
}

const ctl_command ctl_why_not = {
    "why-not", " RULE UNIT", "Shows why a rule fires nothing in a unit, or what stands there",
    "Today's figure and its distance from each edge, days that an edge was broken and days that are needed, too few people, no\n"
    "data and whose, and what was told last.\n",
    2, 2, options, run_why_not,
};
