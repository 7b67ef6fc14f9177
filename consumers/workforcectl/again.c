/* again -- explain ALERT: what a message told, and the same derived again from what was known then. */
#include "consumers/workforcectl/explain.h"
#include <stdlib.h>
#include <string.h>

#define PAGE 500
#define DIFFERS_MAX 16

/* The last numbers that were told of a rule in a unit: what the next message's changes count from. Without rule and unit:
 * the last load of an organisation, from which those that it settled count. */
typedef struct last {
    wf_str rule, org, unit;
    uint64_t number, sequence;
    wf_day day;
    ctl_sums sums;
} last;

typedef struct differing { const char *what; char told[CTL_VALUE_TEXT], derived[CTL_VALUE_TEXT]; } differing;

typedef struct again {
    const wf_alert *a;
    ctl_line line;                  /* the day's figure and run, as known then */
    bool redefined;                 /* rule or indicator have another version today */
    bool counts;                    /* it is known what the changes count from */
    last from;                      /* number 0: the day before the run, not a message */
    differing differs[DIFFERS_MAX];
    size_t n;
} again;

/* ---- the last numbers ---------------------------------------------------------------------------------------------- */

static last *lasts;
static size_t last_count;

/* A unit keeps its id wherever the tree puts it; the organisation comes first. */
static wf_str org_of(wf_str path)
{
    const char *slash = path.n > 0 ? memchr(path.p, '/', path.n) : NULL;
    return (wf_str) { path.p, slash != NULL ? (size_t) (slash - path.p) : path.n };
}

static wf_str unit_of(wf_str path)
{
    const char *slash = path.n > 0 ? memrchr(path.p, '/', path.n) : NULL;
    return slash == NULL ? path : (wf_str) { slash + 1, (size_t) (path.p + path.n - slash - 1) };
}

static last *last_of(wf_str rule, wf_str path)
{
    wf_str unit = rule.n > 0 ? unit_of(path) : (wf_str) { 0 };
    for (size_t i = 0; i < last_count; i++)
        if (wf_str_eq(lasts[i].unit, unit) && wf_str_eq(lasts[i].rule, rule) && wf_str_eq(lasts[i].org, org_of(path)))
            return &lasts[i];
    return NULL;
}

static void note(const wf_alert *a)
{
    if (a->kind != WF_ALERT_LOAD && (a->state == WF_UNKNOWN || a->figure.status == WF_FIGURE_X))
        return;
    last *l = last_of(a->rule, a->unit);
    if (l == NULL) {
        lasts = ctl_more(lasts, last_count, sizeof *lasts);
        l = &lasts[last_count++];
        *l = (last) { .rule = ctl_keep(a->rule), .org = ctl_keep(org_of(a->unit)),
                     .unit = ctl_keep(a->rule.n > 0 ? unit_of(a->unit) : (wf_str) { 0 }) };
    }
    l->number = a->number;
    l->day = a->day;
    l->sequence = a->sequence;
    l->sums = (ctl_sums) { a->figure.numerator, a->figure.denominator };
}

/* ---- derived again, and held against what was told -------------------------------------------------------------------- */

static differing *differ(again *g, const char *what)
{
    differing *d = &g->differs[g->n < DIFFERS_MAX ? g->n++ : DIFFERS_MAX - 1];
    *d = (differing) { .what = what };
    return d;
}

static void hold_number(again *g, const char *what, int64_t told, int64_t derived)
{
    if (told == derived)
        return;
    differing *d = differ(g, what);
    snprintf(d->told, sizeof d->told, "%lld", (long long) told);
    snprintf(d->derived, sizeof d->derived, "%lld", (long long) derived);
}

static void hold_text(again *g, const char *what, const char *told, const char *derived)
{
    if (strcmp(told, derived) == 0)
        return;
    differing *d = differ(g, what);
    snprintf(d->told, sizeof d->told, "%s", told);
    snprintf(d->derived, sizeof d->derived, "%s", derived);
}

static void hold_day(again *g, const char *what, wf_day told, wf_day derived)
{
    char a[WF_DAY_TEXT], b[WF_DAY_TEXT];
    hold_text(g, what, wf_day_text(told, a), wf_day_text(derived, b));
}

static void hold_amount(again *g, const char *what, wf_measured of, int64_t told, int64_t derived)
{
    char a[CTL_VALUE_TEXT], b[CTL_VALUE_TEXT];
    hold_text(g, what, ctl_amount(of, told, false, a), ctl_amount(of, derived, false, b));
}

static void hold_figure(again *g, const wf_figure *told, const wf_figure *derived)
{
    char a[CTL_VALUE_TEXT], b[CTL_VALUE_TEXT];
    hold_text(g, "status", wf_figure_status_name(told->status), wf_figure_status_name(derived->status));
    hold_text(g, "figure", ctl_value(told, a), ctl_value(derived, b));
    hold_day(g, "first day read", told->from, derived->from);
    if (!ctl_has_sums(told) || !ctl_has_sums(derived))
        return;
    hold_amount(g, "numerator", told->numerator_of, told->numerator, derived->numerator);
    hold_amount(g, "denominator", told->denominator_of, told->denominator, derived->denominator);
    hold_number(g, "people", told->people, derived->people);
    hold_number(g, "value in millionths", told->value, derived->value);
}

/* `since` of what has ended is that of the run that was told (it may have begun later than the days without). */
static void hold_state(again *g, const wf_run *r)
{
    char reason[CTL_VALUE_TEXT], derived[CTL_VALUE_TEXT];
    hold_text(g, "state", wf_level_name(g->a->state), wf_level_name(r->state));
    if (r->carried >= WF_AMBER)
        hold_day(g, "since", g->a->since, r->since);
    snprintf(reason, sizeof reason, "%.*s", WF_STR_ARG(g->a->unknown_reason));
    snprintf(derived, sizeof derived, "%.*s", WF_STR_ARG(r->reason));
    hold_text(g, "reason", reason, derived);
}

static ctl_sums changed(const wf_alert *a)
{
    ctl_sums s = { 0, 0 };
    for (int32_t i = 0; i < a->change_count; i++)
        s = (ctl_sums) { s.numerator + a->change[i].numerator, s.denominator + a->change[i].denominator };
    return s;
}

/* Its changes count from the figure of some day, as known at an entry. */
static int count_from(again *g, wf_day day, uint64_t known, uint64_t number)
{
    ctl_line before = { .only = g->a->rule };
    int status = ctl_ask_line(g->a->figure.indicator, g->a->unit, day, day, known, &before);
    if (status == CTL_OK && before.figures == 1 && ctl_has_sums(&before.figure[0])) {
        g->from = (last) { .number = number, .day = day, .sums = { before.figure[0].numerator, before.figure[0].denominator } };
        g->counts = true;
    }
    ctl_line_free(&before);
    return status;
}

static bool adds_up(const again *g)
{
    ctl_sums by = changed(g->a);
    return g->counts && g->from.sums.numerator + by.numerator == g->a->figure.numerator
        && g->from.sums.denominator + by.denominator == g->a->figure.denominator;
}

/* What was told last, else the figure of the day before the run, as known then: told now less that is what has changed. A
 * load in between told of those that it settled, which its message does not list all. */
static int hold_changes(again *g, const wf_rule_row *r)
{
    const wf_alert *a = g->a;
    const last *l = last_of(a->rule, a->unit), *load = last_of((wf_str) { 0 }, a->unit);
    int status = CTL_OK;
    if (a->state == WF_UNKNOWN || !ctl_has_sums(&a->figure))
        return CTL_OK;
    if (load != NULL && r != NULL && (l == NULL || l->number < load->number))
        status = count_from(g, (wf_day) { load->day.n - (r->for_days > 0) }, load->sequence, load->number);
    if (adds_up(g))
        return status;
    g->counts = l != NULL;
    if (l != NULL)
        g->from = *l;
    else if (status == CTL_OK && g->line.run[0].carried >= WF_AMBER)
        status = count_from(g, (wf_day) { g->line.run[0].since.n - 1 }, a->sequence, 0);
    if (g->counts) {
        ctl_sums by = changed(a);
        hold_amount(g, "numerator by its changes", a->figure.numerator_of, a->figure.numerator, g->from.sums.numerator + by.numerator);
        hold_amount(g, "denominator by its changes", a->figure.denominator_of, a->figure.denominator, g->from.sums.denominator + by.denominator);
    }
    return status;
}

/* Of a load: each that it lists as standing, on the day that its rule judged last. */
static int derive_load(again *g, const ctl_definitions *d)
{
    int status = CTL_OK;
    for (int32_t i = 0; i < g->a->entry_count && status == CTL_OK; i++) {
        const wf_alert_entry *x = &g->a->entry[i];
        const wf_rule_row *r = ctl_rule_named(d, x->rule);
        ctl_line line = { .only = x->rule };
        if (r != NULL) {
            wf_day day = { g->a->day.n - (r->for_days > 0) };
            status = ctl_ask_line(r->indicator, x->unit, day, day, g->a->sequence, &line);
        }
        hold_text(g, "level", wf_level_name(x->level), line.runs == 1 ? wf_level_name(line.run[0].carried) : "not judged");
        if (line.runs == 1)
            hold_day(g, "since", x->first, line.run[0].since);
        ctl_line_free(&line);
    }
    return status;
}

static int derive(again *g, const wf_alert *a)
{
    ctl_definitions d;
    int status = ctl_define(&d);
    *g = (again) { .a = a, .line = { .only = a->rule } };
    if (status == CTL_OK && a->kind == WF_ALERT_LOAD)
        return derive_load(g, &d);
    if (status == CTL_OK)
        status = ctl_ask_line(a->figure.indicator, a->unit, a->day, a->day, a->sequence, &g->line);
    if (status != CTL_OK)
        return status;
    const wf_rule_row *r = ctl_rule_named(&d, a->rule);
    const wf_indicator_row *i = ctl_indicator_named(&d, a->figure.indicator);
    g->redefined = r == NULL || i == NULL || !wf_str_eq(r->version, a->rule_version) || !wf_str_eq(i->version, a->figure.version);
    if (g->line.figures != 1 || g->line.runs != 1) {
        hold_text(g, "judged", "yes", "no");
        return CTL_OK;
    }
    hold_figure(g, &a->figure, &g->line.figure[0]);
    hold_state(g, &g->line.run[0]);
    return hold_changes(g, r);
}

static void print_differing(const again *g)
{
    for (size_t i = 0; i < g->n; i++)
        printf("  %s%s%s: told %s, derived %s\n", ctl_in(CTL_RED), g->differs[i].what, ctl_in(CTL_PLAIN), g->differs[i].told, g->differs[i].derived);
}

static void json_differing(const again *g)
{
    printf("{\"row\":\"derived\",\"number\":%llu,\"equal\":%s,\"by_todays_definition\":%s,\"differs\":[", (unsigned long long) g->a->number,
           g->n == 0 ? "true" : "false", g->redefined ? "true" : "false");
    for (size_t i = 0; i < g->n; i++) {
        printf("%s{\"what\":\"%s\",\"told\":", i > 0 ? "," : "", g->differs[i].what);
        ctl_json_text(stdout, wf_str_of(g->differs[i].told));
        fputs(",\"derived\":", stdout);
        ctl_json_text(stdout, wf_str_of(g->differs[i].derived));
        putchar('}');
    }
    puts("]}");
}

/* ---- alerts, page by page ----------------------------------------------------------------------------------------------- */

typedef struct page { wf_alert *alert; size_t n; } page;

static wf_rc take_alert(void *ctx, const wf_row *row, wf_err *e)
{
    page *p = ctx;
    (void) e;
    if (row->kind == WF_ROW_ALERT && p->n < PAGE) {
        p->alert[p->n] = row->as.alert;
        ctl_keep_alert(&p->alert[p->n++]);
    }
    return WF_OK;
}

typedef int visit_alert(void *ctx, const wf_alert *a);

/* From the first on, until one is not CTL_OK or there are no more. */
static int each_alert(visit_alert *visit, void *ctx)
{
    page p = { .alert = calloc(PAGE, sizeof *p.alert) };
    WF_ASSERT(p.alert != NULL);
    uint64_t since = 0;
    int status = CTL_OK;
    do {
        wf_question q = { .verb = WF_VERB_ALERTS };
        CTL_GIVE(&q, SINCE, since, since);
        CTL_GIVE(&q, LIMIT, limit, PAGE);
        p.n = 0;
        status = ctl_ask(&q, take_alert, &p);
        for (size_t i = 0; i < p.n && status == CTL_OK; i++) {
            status = visit(ctx, &p.alert[i]);
            since = p.alert[i].number;
        }
    } while (status == CTL_OK && p.n == PAGE);
    free(p.alert);
    return status;
}

/* ---- one alert ------------------------------------------------------------------------------------------------------------ */

static void print_told(const wf_alert *a)
{
    char day[WF_DAY_TEXT], since[WF_DAY_TEXT];
    printf("%sAlert message %llu%s, %s, of alert %llu", ctl_in(CTL_BOLD), (unsigned long long) a->number, ctl_in(CTL_PLAIN),
           wf_alert_kind_name(a->kind), (unsigned long long) a->alert);
    if (a->part > 0)
        printf(".%d", a->part);
    if (a->rule.n > 0)
        printf(": rule %.*s in %.*s\n", WF_STR_ARG(a->rule), WF_STR_ARG(a->unit));
    else
        printf(": of %.*s\n", WF_STR_ARG(a->unit));
    printf("  %s%s%s since %s, before %s; judged %s%s, told at entry %llu\n", ctl_in(ctl_colour_of(a->state)), wf_level_name(a->state),
           ctl_in(CTL_PLAIN), wf_day_text(a->since, since), wf_level_name(a->before), wf_day_text(a->day, day), a->closed ? "" : " (still open)",
           (unsigned long long) a->sequence);
    for (const char *line = a->text; *line != '\0';) {
        size_t n = strcspn(line, "\n");
        printf("    %.*s\n", (int) n, line);
        line += n + (line[n] == '\n');
    }
}

static void run_cell(ctl_table *t, wf_level level, wf_day first, wf_day until)
{
    char a[WF_DAY_TEXT], b[WF_DAY_TEXT];
    if (level == WF_UNKNOWN)
        ctl_table_cell(t, CTL_DIM, "%s", "none");
    else
        ctl_table_cell(t, ctl_colour_of(level), "%s %s to %s", wf_level_name(level), wf_day_text(first, a), wf_day_text(until, b));
}

static void part_cell(ctl_table *t, uint64_t number, int32_t part)
{
    if (number == 0)
        ctl_table_cell(t, CTL_PLAIN, "%s", "");
    else if (part > 0)
        ctl_table_cell(t, CTL_PLAIN, "%llu.%d", (unsigned long long) number, part);
    else
        ctl_table_cell(t, CTL_PLAIN, "%llu", (unsigned long long) number);
}

static void print_entries(const wf_alert *a)
{
    static const char *const headings[] = { "ALERT", "WHAT", "OTHER", "IS", "WAS TOLD", "RULE" };
    if (a->entry_count == 0)
        return;
    ctl_table *t = ctl_table_new(6, headings, 0);
    for (int32_t i = 0; i < a->entry_count; i++) {
        const wf_alert_entry *x = &a->entry[i];
        part_cell(t, x->alert, x->part);
        ctl_table_cell(t, CTL_PLAIN, "%s", wf_erratum_name(x->what));
        part_cell(t, x->other, x->other_part);
        run_cell(t, x->level, x->first, x->last);
        run_cell(t, x->was_level, x->was_first, x->was_last);
        ctl_table_cell(t, CTL_DIM, "%.*s%s%.*s", WF_STR_ARG(x->rule), x->rule.n > 0 ? " in " : "", WF_STR_ARG(x->unit));
    }
    printf("\n%sWhat became of which alerts%s\n", ctl_in(CTL_BOLD), ctl_in(CTL_PLAIN));
    ctl_table_print(t, stdout);
    if (a->entries_more > 0)
        printf("and %llu more\n", (unsigned long long) a->entries_more);
    ctl_table_free(&t);
}

static void change_row(ctl_table *t, const wf_figure *f, const char *name, ctl_sums s, bool sign, ctl_colour colour)
{
    char text[CTL_VALUE_TEXT];
    ctl_table_cell(t, colour, "%s", name);
    ctl_table_cell(t, colour, "%s", ctl_exact(f->numerator_of, s.numerator, sign, text));
    ctl_table_cell(t, colour, "%s", f->has_denominator ? ctl_exact(f->denominator_of, s.denominator, sign, text) : "");
}

static void print_changes(const again *g)
{
    static const char *const headings[] = { "CHANGE", "NUMERATOR", "DENOMINATOR" };
    const wf_alert *a = g->a;
    char day[WF_DAY_TEXT], first[64];
    if (a->change_count == 0 && !g->counts)
        return;
    ctl_table *t = ctl_table_new(3, headings, 1u << 1 | 1u << 2);
    if (g->counts) {
        wf_day_text(g->from.day, day);
        if (g->from.number > 0)
            snprintf(first, sizeof first, "%s, as told by %llu", day, (unsigned long long) g->from.number);
        else
            snprintf(first, sizeof first, "%s, the day before", day);
        change_row(t, &a->figure, first, g->from.sums, false, CTL_DIM);
    }
    for (int32_t i = 0; i < a->change_count; i++)
        change_row(t, &a->figure, wf_cause_name(a->change[i].cause), (ctl_sums) { a->change[i].numerator, a->change[i].denominator }, true, CTL_PLAIN);
    change_row(t, &a->figure, "told here", (ctl_sums) { a->figure.numerator, a->figure.denominator }, false, CTL_BOLD);
    printf("\n%sWhat changed%s\n", ctl_in(CTL_BOLD), ctl_in(CTL_PLAIN));
    ctl_table_print(t, stdout);
    ctl_table_free(&t);
}

typedef struct wanted { uint64_t number; bool found, all; } wanted;

/* The figure as known then, with what is behind it and the states up to its day. */
static int print_then(again *g, bool all)
{
    const wf_alert *a = g->a;
    wf_question q = { .verb = WF_VERB_EXPLAIN };
    ctl_behind b = { .figures = 0 };
    ctl_definitions d;
    ctl_line line = { .only = a->rule };
    CTL_GIVE(&q, INDICATOR, indicator, a->figure.indicator);
    CTL_GIVE(&q, UNIT, unit, a->unit);
    CTL_GIVE(&q, ON, on, a->day);
    CTL_GIVE(&q, KNOWN, known, a->sequence);
    int status = ctl_define(&d);
    if (status == CTL_OK)
        status = ctl_ask_behind(&q, &b);
    if (status == CTL_OK && b.figures == 1 && !ctl_json) {
        ctl_print_figure(&b.figure[0], &d);
        ctl_print_edges(&b.figure[0], &d, a->rule);
        if (!ctl_print_behind(&b, all))
            hold_text(g, "events", "add up", "do not");
        status = ctl_ask_line(a->figure.indicator, a->unit, (wf_day) { a->day.n - 364 }, a->day, a->sequence, &line);
        ctl_print_runs(&line, all);
        ctl_line_free(&line);
        putchar('\n');
    }
    ctl_behind_free(&b);
    return status;
}

static void print_verdict(const again *g)
{
    if (g->redefined)
        puts("The rule or its indicator has another version today: this is by today's.");
    if (g->n == 0)
        puts("Equal to what was told.");
    else
        printf("%sNot equal to what was told.%s\n", ctl_in(CTL_RED), ctl_in(CTL_PLAIN));
    print_differing(g);
}

static int explain_found(const wf_alert *a, bool all)
{
    again g;
    int status = derive(&g, a);
    if (status == CTL_OK && ctl_json) {
        (void) ctl_row_as_json(NULL, &(wf_row) { .kind = WF_ROW_ALERT, .as.alert = *a }, NULL);
    } else if (status == CTL_OK) {
        print_told(a);
        print_entries(a);
        print_changes(&g);
        printf("\n%sDerived again%s, as known at entry %llu\n", ctl_in(CTL_BOLD), ctl_in(CTL_PLAIN), (unsigned long long) a->sequence);
    }
    if (status == CTL_OK && a->kind != WF_ALERT_LOAD)
        status = print_then(&g, all);
    if (status == CTL_OK && ctl_json)
        json_differing(&g);
    else if (status == CTL_OK)
        print_verdict(&g);
    ctl_line_free(&g.line);
    return status != CTL_OK ? status : g.n > 0 ? CTL_SOME : CTL_OK;
}

enum { ENOUGH = -1 };

/* Those before it are passed by for the numbers that they told. */
static int look_for(void *ctx, const wf_alert *a)
{
    wanted *w = ctx;
    if (a->number < w->number) {
        note(a);
        return CTL_OK;
    }
    w->found = a->number == w->number;
    int status = w->found ? explain_found(a, w->all) : CTL_OK;
    return status == CTL_OK ? ENOUGH : status;
}

int ctl_explain_alert(const char *name, bool all)
{
    wanted w = { .all = all };
    const char *number = strncmp(name, "A-", 2) == 0 ? name + 2 : name;
    char first[24];
    size_t n = strcspn(number, ".");            /* 12.2 was told by message 12 */
    snprintf(first, sizeof first, "%.*s", n < sizeof first ? (int) n : (int) sizeof first - 1, number);
    if (!ctl_count(first, &w.number) || w.number == 0)
        return ctl_wrong("%s is no number of an alert, like 82 or A-82", name);
    int status = each_alert(look_for, &w);
    if (!w.found && (status == CTL_OK || status == ENOUGH)) {
        fprintf(stderr, "workforcectl: there is no alert %llu\n", (unsigned long long) w.number);
        return CTL_SOME;
    }
    return status == ENOUGH ? CTL_OK : status;
}

/* ---- all of them --------------------------------------------------------------------------------------------------------- */

typedef struct tally { uint64_t all, unequal, redefined, by_kind[WF_ALERT_KIND_COUNT]; } tally;

static int check_one(void *ctx, const wf_alert *a)
{
    tally *t = ctx;
    again g;
    int status = derive(&g, a);
    if (status != CTL_OK)
        return status;
    t->all++;
    t->by_kind[a->kind]++;
    t->unequal += g.n > 0;
    t->redefined += g.n > 0 && g.redefined;
    if (ctl_json) {
        json_differing(&g);
    } else if (g.n > 0) {
        printf("Alert message %llu, rule %.*s of %.*s, is not equal%s:\n", (unsigned long long) a->number, WF_STR_ARG(a->rule), WF_STR_ARG(a->unit),
               g.redefined ? " (by today's definition, which is another)" : "");
        print_differing(&g);
    }
    ctl_line_free(&g.line);
    note(a);
    return CTL_OK;
}

int ctl_check_alerts(void)
{
    tally t = { .all = 0 };
    int status = each_alert(check_one, &t);
    if (status != CTL_OK)
        return status;
    if (!ctl_json) {
        printf("%llu alert messages derived again, %llu not equal", (unsigned long long) t.all, (unsigned long long) t.unequal);
        for (int k = 0; k < WF_ALERT_KIND_COUNT; k++)
            printf("%s%s %llu", k == 0 ? " (" : ", ", wf_alert_kind_name((wf_alert_kind) k), (unsigned long long) t.by_kind[k]);
        puts(")");
    }
    return t.unequal > 0 ? CTL_SOME : CTL_OK;
}
