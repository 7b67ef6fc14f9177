/* behind -- the questions of explain, diff and why-not, and how definitions, figures, edges and runs look in them. */
#include "consumers/workforcectl/explain.h"
#include <stdlib.h>
#include <string.h>

#define EVIDENCE_MOST 200000

/* ---- what outlives its answer -------------------------------------------------------------------------------------- */

typedef struct piece { struct piece *next; char text[]; } piece;
static piece *kept;

wf_str ctl_keep(wf_str s)
{
    piece *p = malloc(sizeof *p + s.n + 1);
    WF_ASSERT(p != NULL);
    if (s.n > 0)
        memcpy(p->text, s.p, s.n);
    p->text[s.n] = '\0';
    p->next = kept;
    kept = p;
    return (wf_str) { p->text, s.n };
}

void ctl_keep_figure(wf_figure *f)
{
    f->indicator = ctl_keep(f->indicator);
    f->version = ctl_keep(f->version);
    f->unit = ctl_keep(f->unit);
    f->unit_of_value = ctl_keep(f->unit_of_value);
    for (int32_t i = 0; i < f->source_count; i++)
        f->source[i].source = ctl_keep(f->source[i].source);
}

void ctl_keep_alert(wf_alert *a)
{
    wf_str *const text[] = { &a->rule, &a->rule_version, &a->title, &a->unit, &a->unit_title, &a->unknown_reason };
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        *text[i] = ctl_keep(*text[i]);
    for (int32_t i = 0; i < a->entry_count; i++) {
        a->entry[i].rule = ctl_keep(a->entry[i].rule);
        a->entry[i].unit = ctl_keep(a->entry[i].unit);
    }
    ctl_keep_figure(&a->figure);
}

/* A row's texts, by the table of its fields. */
#define KEEP_TEXT(row, name) (row)->name = ctl_keep((row)->name);
#define KEEP_COUNT(row, name)
#define KEEP_NUMBER(row, name)
#define KEEP_DAY(row, name)
#define KEEP_LEVEL(row, name)
#define KEEP_YES(row, name)
#define KEEP_MILLIONTHS(row, name)
#define KEEP(kind, name, text) KEEP_##kind(row, name)
static void keep_indicator(wf_indicator_row *row) { WF_INDICATOR_FIELDS(KEEP) }
static void keep_rule(wf_rule_row *row) { WF_RULE_FIELDS(KEEP) }
static void keep_run(wf_run *row) { WF_RUN_FIELDS(KEEP) }
static void keep_evidence(wf_evidence *row) { WF_EVIDENCE_FIELDS(KEEP) }

void *ctl_more(void *items, size_t n, size_t size)
{
    if (n > 0 && (n & (n - 1)) != 0)
        return items;
    items = realloc(items, (n == 0 ? 1 : 2 * n) * size);
    WF_ASSERT(items != NULL);
    return items;
}

/* ---- definitions ---------------------------------------------------------------------------------------------------- */

static wf_rc take_definition(void *ctx, const wf_row *row, wf_err *e)
{
    ctl_definitions *d = ctx;
    (void) e;
    if (row->kind == WF_ROW_INDICATOR) {
        d->indicator = ctl_more(d->indicator, d->indicators, sizeof *d->indicator);
        d->indicator[d->indicators] = row->as.indicator;
        keep_indicator(&d->indicator[d->indicators++]);
    } else if (row->kind == WF_ROW_RULE) {
        d->rule = ctl_more(d->rule, d->rules, sizeof *d->rule);
        d->rule[d->rules] = row->as.rule;
        keep_rule(&d->rule[d->rules++]);
    }
    return WF_OK;
}

int ctl_define(ctl_definitions *ret)
{
    static ctl_definitions once;
    int status = CTL_OK;
    if (once.indicators == 0)
        status = ctl_ask(&(wf_question) { .verb = WF_VERB_INDICATORS }, take_definition, &once);
    *ret = once;
    return status;
}

const wf_indicator_row *ctl_indicator_named(const ctl_definitions *d, wf_str name)
{
    for (size_t i = 0; i < d->indicators; i++)
        if (wf_str_eq(d->indicator[i].indicator, name))
            return &d->indicator[i];
    return NULL;
}

const wf_rule_row *ctl_rule_named(const ctl_definitions *d, wf_str name)
{
    for (size_t i = 0; i < d->rules; i++)
        if (wf_str_eq(d->rule[i].rule, name))
            return &d->rule[i];
    return NULL;
}

/* ---- questions ------------------------------------------------------------------------------------------------------ */

static wf_rc take_behind(void *ctx, const wf_row *row, wf_err *e)
{
    ctl_behind *b = ctx;
    if (ctl_json)
        (void) ctl_row_as_json(NULL, row, NULL);
    if (row->kind == WF_ROW_FIGURE && b->figures < 2) {
        b->figure[b->figures] = row->as.figure;
        ctl_keep_figure(&b->figure[b->figures++]);
    } else if (row->kind == WF_ROW_EVIDENCE) {
        if (b->n == EVIDENCE_MOST)
            return wf_fail(e, WF_SIZE, "more than %d events", EVIDENCE_MOST);
        b->evidence = ctl_more(b->evidence, b->n, sizeof *b->evidence);
        b->evidence[b->n] = row->as.evidence;
        keep_evidence(&b->evidence[b->n++]);
    }
    return WF_OK;
}

int ctl_ask_behind(const wf_question *q, ctl_behind *ret)
{
    *ret = (ctl_behind) { .figures = 0 };
    return ctl_ask(q, take_behind, ret);
}

void ctl_behind_free(ctl_behind *b)
{
    free(b->evidence);
    *b = (ctl_behind) { .figures = 0 };
}

ctl_sums ctl_add_up(const ctl_behind *b)
{
    ctl_sums s = { 0, 0 };
    for (size_t i = 0; i < b->n; i++)
        s = (ctl_sums) { s.numerator + b->evidence[i].numerator, s.denominator + b->evidence[i].denominator };
    return s;
}

static wf_rc take_line(void *ctx, const wf_row *row, wf_err *e)
{
    ctl_line *l = ctx;
    (void) e;
    if (row->kind == WF_ROW_FIGURE) {
        l->figure = ctl_more(l->figure, l->figures, sizeof *l->figure);
        l->figure[l->figures] = row->as.figure;
        ctl_keep_figure(&l->figure[l->figures++]);
    } else if (row->kind == WF_ROW_RUN && (l->only.n == 0 || wf_str_eq(l->only, row->as.run.rule))) {
        l->run = ctl_more(l->run, l->runs, sizeof *l->run);
        l->run[l->runs] = row->as.run;
        keep_run(&l->run[l->runs++]);
    }
    return WF_OK;
}

int ctl_ask_line(wf_str indicator, wf_str unit, wf_day from, wf_day until, uint64_t known, ctl_line *ret)
{
    wf_question q = { .verb = WF_VERB_HISTORY };
    *ret = (ctl_line) { .only = ret->only };
    CTL_GIVE(&q, INDICATOR, indicator, indicator);
    CTL_GIVE(&q, UNIT, unit, unit);
    CTL_GIVE(&q, FROM, from, from);
    CTL_GIVE(&q, UNTIL, until, until);
    if (known != 0)
        CTL_GIVE(&q, KNOWN, known, known);
    return ctl_ask(&q, take_line, ret);
}

void ctl_line_free(ctl_line *l)
{
    free(l->figure);
    free(l->run);
    *l = (ctl_line) { .only = l->only };
}

/* ---- looks ---------------------------------------------------------------------------------------------------------- */

bool ctl_has_sums(const wf_figure *f) { return f->status != WF_FIGURE_X && f->status != WF_FIGURE_C; }

const char *ctl_exact(wf_measured of, int64_t v, bool sign, char buf[CTL_VALUE_TEXT])
{
    char number[WF_MILLIONTHS_TEXT];
    if (wf_measured_in_millionths(of))
        wf_millionths_text(v, number);
    else
        snprintf(number, sizeof number, "%lld", (long long) v);
    snprintf(buf, CTL_VALUE_TEXT, "%s%s", sign && v > 0 ? "+" : "", number);
    return buf;
}

const char *ctl_amount(wf_measured of, int64_t v, bool sign, char buf[CTL_VALUE_TEXT])
{
    static const char *const noun[WF_MEASURED_COUNT] = {
        [WF_PEOPLE] = "people", [WF_FTE_MILLIONTHS] = "FTE", [WF_CHILDREN] = "children", [WF_POSTS_FTE] = "FTE posts",
        [WF_DAYS_MILLIONTHS] = "days", [WF_EVENTS] = "",
    };
    char number[CTL_VALUE_TEXT];
    ctl_exact(of, v, sign, number);
    const char *name = (unsigned) of < WF_MEASURED_COUNT ? noun[of] : "";
    if (of == WF_PEOPLE && (v == 1 || v == -1))
        name = "person";
    snprintf(buf, CTL_VALUE_TEXT, "%.40s%s%s", number, *name != '\0' ? " " : "", name);
    return buf;
}

/* numerator x scale / denominator, in millionths, as a fraction of whole numbers. */
static void millionths_of(const wf_figure *f, __int128 *n, __int128 *d)
{
    *n = (__int128) f->numerator * (wf_str_eq(f->unit_of_value, WF_STR("percent")) ? 100 : 1) * WF_FTE_ONE;
    *d = f->has_denominator ? f->denominator : 1;
    if (f->has_denominator && wf_measured_in_millionths(f->denominator_of))
        *n *= WF_FTE_ONE;
    if (wf_measured_in_millionths(f->numerator_of))
        *d *= WF_FTE_ONE;
    if (*d < 0)
        *n = -*n, *d = -*d;
}

int ctl_against(const wf_figure *f, int64_t edge)
{
    __int128 n, d;
    millionths_of(f, &n, &d);
    __int128 beyond = n - d * edge;
    return beyond > 0 ? 1 : beyond < 0 ? -1 : 0;
}

void ctl_print_figure(const wf_figure *f, const ctl_definitions *d)
{
    const wf_indicator_row *i = ctl_indicator_named(d, f->indicator);
    char day[WF_DAY_TEXT], from[WF_DAY_TEXT], value[CTL_VALUE_TEXT], a[CTL_VALUE_TEXT], b[CTL_VALUE_TEXT];
    wf_day_text(f->day, day);
    printf("%s%.*s%s of %.*s at the close of %s, as known at entry %llu%s\n", ctl_in(CTL_BOLD), WF_STR_ARG(f->indicator), ctl_in(CTL_PLAIN),
           WF_STR_ARG(f->unit), day, (unsigned long long) f->sequence, f->provisional ? " (provisional: the day has not ended)" : "");
    if (i != NULL) {
        printf("  %.*s; definition %.*s:\n", WF_STR_ARG(i->title), WF_STR_ARG(i->version));
        printf("    %.*s\n", WF_STR_ARG(i->numerator));
        if (i->denominator.n > 0)
            printf("    per %.*s\n", WF_STR_ARG(i->denominator));
    }
    if (f->from.n < f->day.n)
        printf("  days read: %s to %s\n", wf_day_text(f->from, from), day);
    printf("  %s%s%s", ctl_in(CTL_BOLD), ctl_value(f, value), ctl_in(CTL_PLAIN));
    if (ctl_has_sums(f) && f->has_denominator)
        printf(" = %s of %s", ctl_amount(f->numerator_of, f->numerator, false, a), ctl_amount(f->denominator_of, f->denominator, false, b));
    if (ctl_has_sums(f))
        printf(", %lld people behind it", (long long) f->people);
    putchar('\n');
}

void ctl_print_edges(const wf_figure *f, const ctl_definitions *d, wf_str rule)
{
    for (size_t i = 0; i < d->rules; i++) {
        const wf_rule_row *r = &d->rule[i];
        const struct { const char *name; int64_t edge, clear; } edge[] = { { "amber", r->amber, r->amber_clear }, { "red", r->red, r->red_clear } };
        char at[WF_MILLIONTHS_TEXT], clear[WF_MILLIONTHS_TEXT];
        if (!wf_str_eq(r->indicator, f->indicator) || (rule.n > 0 && !wf_str_eq(rule, r->rule)))
            continue;
        printf("  rule %.*s:", WF_STR_ARG(r->rule));
        for (size_t k = 0; k < 2; k++) {
            if (edge[k].edge == INT64_MIN)
                continue;
            printf(" %s %s %s, ends %s %s;", edge[k].name, r->high_is_bad ? "from" : "down from", wf_millionths_text(edge[k].edge, at),
                   r->high_is_bad ? "below" : "above", wf_millionths_text(edge[k].clear, clear));
        }
        if (r->for_days > 0)
            printf(" for %lld days in a row;", (long long) r->for_days);
        printf(" at least %lld people; version %.*s\n", (long long) r->people, WF_STR_ARG(r->version));
    }
}

void ctl_print_runs(const ctl_line *l, bool all)
{
    static const char *const headings[] = { "RULE", "FROM", "TO", "DAYS", "STATE", "WHY" };
    ctl_table *t = ctl_table_new(6, headings, 1u << 3);
    size_t first = !all && l->runs > CTL_ROWS ? l->runs - CTL_ROWS : 0;
    for (size_t i = first; i < l->runs; i++) {
        const wf_run *r = &l->run[i];
        char a[WF_DAY_TEXT];
        ctl_table_cell(t, CTL_PLAIN, "%.*s", WF_STR_ARG(r->rule));
        ctl_table_cell(t, CTL_PLAIN, "%s", wf_day_text(r->from, a));
        ctl_table_cell(t, CTL_PLAIN, "%s", wf_day_text(r->until, a));
        ctl_table_cell(t, CTL_DIM, "%d", r->until.n - r->from.n + 1);
        ctl_table_cell(t, ctl_colour_of(r->state), "%s", wf_level_name(r->state));
        bool soon = r->pending > r->carried && r->pending >= WF_AMBER, carried = r->state == WF_UNKNOWN && r->carried >= WF_AMBER;
        ctl_table_cell(t, CTL_DIM, "%.*s%s%s%s%s", WF_STR_ARG(r->reason), carried ? "; what stands is carried through: " : "",
                       carried ? wf_level_name(r->carried) : "", soon && (r->reason.n > 0 || carried) ? "; " : "",
                       soon ? r->pending == WF_RED ? "red if it lasts" : "amber if it lasts" : "");
    }
    if (l->runs > 0) {
        printf("\n%sStates%s, of the 365 days up to it\n", ctl_in(CTL_BOLD), ctl_in(CTL_PLAIN));
        if (first > 0)
            printf("%zu earlier runs (--all lists them)\n", first);
        ctl_table_print(t, stdout);
    }
    ctl_table_free(&t);
}
