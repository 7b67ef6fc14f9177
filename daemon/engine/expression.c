#include "engine/expression.h"
#include "engine/conf.h"
#include <string.h>

#define WORD_MAX 64
#define VALUES_MAX 32
#define WINDOW_MONTHS_MAX 600
#define WINDOW_DAYS_MAX 36600

static const char *const field_names[] = {
    [WF_NONE] = "", [WF_HEADS] = "heads", [WF_COUNT] = "count", [WF_FTE] = "fte", [WF_DAYS] = "days", [WF_PENCE] = "pence",
};
static const char *const to_date[] = {
    [WF_MONTH_TO_DATE] = "month", [WF_QUARTER_TO_DATE] = "quarter", [WF_FINANCIAL_YEAR_TO_DATE] = "financial",
    [WF_CENSUS_YEAR_TO_DATE] = "census",
};

/* Dimensions that the entries of a measure carry (MEASURES.md); a condition on another could never match. */
#define D(x) (1u << WF_D_##x)
#define PLACE (D(UNIT) | D(ROLE) | D(WORKER))
static const uint32_t dimensions[WF_MEASURE_COUNT] = {
    [WF_M_IN_POST] = D(UNIT) | D(ROLE) | D(CONTRACT), [WF_M_OUTFLOW] = D(UNIT) | D(ROLE) | D(CONTRACT), [WF_M_INFLOW] = D(UNIT) | D(ROLE) | D(CONTRACT),
    [WF_M_STARTERS] = D(UNIT) | D(ROLE) | D(CONTRACT) | D(ORIGIN), [WF_M_CENSUS_STARTERS] = D(UNIT) | D(ROLE) | D(CONTRACT) | D(ORIGIN),
    [WF_M_LEAVERS] = D(UNIT) | D(ROLE) | D(CONTRACT) | D(REASON) | D(DESTINATION),
    [WF_M_CENSUS_LEAVERS] = D(UNIT) | D(ROLE) | D(CONTRACT) | D(REASON) | D(DESTINATION),
    [WF_M_AGENCY] = D(UNIT) | D(ROLE), [WF_M_STUDENTS] = D(UNIT) | D(ROLE),
    [WF_M_CASES] = PLACE | D(WORK), [WF_M_CASE_HOLDERS] = PLACE, [WF_M_CASES_UNKNOWN] = PLACE, [WF_M_CASES_WORKER_LEFT] = PLACE | D(WORK),
    [WF_M_ABSENCE_] = PLACE | D(KIND), [WF_M_LONG_TERM_ABSENCE] = PLACE | D(KIND),
    [WF_M_TRAINING_DUE_] = PLACE | D(COURSE), [WF_M_TRAINING_IN_TIME] = PLACE | D(COURSE), [WF_M_TRAINING_LATE] = PLACE | D(COURSE),
    [WF_M_TRAINING_OVERDUE] = PLACE | D(COURSE), [WF_M_TRAINING_COMPLETED_] = PLACE | D(COURSE),
    [WF_M_SUPERVISION_DUE] = PLACE, [WF_M_SUPERVISION_IN_TIME] = PLACE, [WF_M_SUPERVISION_LATE] = PLACE, [WF_M_SUPERVISION_OVERDUE] = PLACE,
    [WF_M_SUPERVISION_HELD_] = PLACE | D(KIND),
    [WF_M_VACANCIES] = D(UNIT) | D(ROLE), [WF_M_AGENCY_COVER] = D(UNIT) | D(ROLE), [WF_M_POSTS] = D(UNIT) | D(ROLE) | D(STATUS),
};
#undef PLACE
#undef D

/* ---- words ---- */

struct scan { wf_profile *p; wf_str text; size_t at; wf_str word; wf_err *e; };     /* word: the one that is next; empty at the end */

static bool in_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

static void next(struct scan *s)
{
    while (s->at < s->text.n && (s->text.p[s->at] == ' ' || s->text.p[s->at] == '\t' || s->text.p[s->at] == '\n')) s->at++;
    size_t from = s->at;
    if (s->at < s->text.n) {
        bool symbol = !in_word(s->text.p[s->at]) || s->text.p[s->at] == '-';
        s->at++;
        while (!symbol && s->at < s->text.n && in_word(s->text.p[s->at])) s->at++;
    }
    s->word = (wf_str) { s->text.p + from, s->at - from };
}

static bool is(const struct scan *s, const char *word) { return wf_str_eq(s->word, wf_str_of(word)); }

static bool skip(struct scan *s, const char *word)
{
    if (!is(s, word)) return false;
    next(s);
    return true;
}

static wf_rc expected(struct scan *s, const char *what)
{
    int n = (int) (s->word.n < WORD_MAX ? s->word.n : WORD_MAX);

    if (n == 0) return wf_fail(s->e, WF_CONFIG, "%s is missing at the end", what);
    return wf_fail(s->e, WF_CONFIG, "%s is expected where \"%.*s\" stands", what, n, s->word.p);
}

static wf_rc need(struct scan *s, const char *word)
{
    char what[40];

    if (skip(s, word)) return WF_OK;
    (void) snprintf(what, sizeof what, "\"%s\"", word);
    return expected(s, what);
}

static wf_rc number(struct scan *s, int64_t high, const char *what, int64_t *ret)
{
    int64_t v;

    if (!wf_number_of(s->word, &v)) return expected(s, what);
    if (v < 1 || v > high) return wf_fail(s->e, WF_CONFIG, "%s %.*s is not from 1 to %lld", what, WF_STR_ARG(s->word), (long long) high);
    *ret = v;
    next(s);
    return WF_OK;
}

/* ---- conditions ---- */

static bool possible(const struct scan *s, wf_measure m, wf_dimension d, wf_str v)
{
    static const char *const worker[] = { "employee", "agency", "student", NULL }, *const status[] = { "funded", "frozen", NULL };
    const char *const *list = d == WF_D_WORKER ? worker : d == WF_D_STATUS ? status : NULL;
    bool of_workforce = d == WF_D_ROLE && (dimensions[m] & 1u << WF_D_CONTRACT) != 0;

    if (v.n == 0) return list == NULL;
    for (size_t i = 0; of_workforce && i < s->p->role_count; i++)
        if (wf_str_eq(s->p->role[i], v)) return true;
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        if (wf_str_eq(v, wf_str_of(list[i]))) return true;
    return list == NULL && !of_workforce;
}

static wf_rc read_dimension(struct scan *s, wf_measure m, wf_condition *c)
{
    wf_nearest n;

    if (!wf_dimension_named(s->word, &c->dimension)) {
        wf_nearest_begin(&n, s->word);
        for (int d = 0; d < WF_DIMENSION_COUNT; d++) wf_nearest_try(&n, wf_str_of(wf_dimension_names[d]));
        return s->word.n == 0 ? expected(s, "a dimension")
                              : wf_fail(s->e, WF_CONFIG, "there is no dimension \"%.*s\"%s", WF_STR_ARG(s->word), wf_nearest_hint(&n));
    }
    if ((dimensions[m] >> c->dimension & 1u) == 0)
        return wf_fail(s->e, WF_CONFIG, "%s has no %.*s, so this can never match", wf_measure_rows[m].name, WF_STR_ARG(s->word));
    next(s);
    return WF_OK;
}

static wf_rc read_condition(struct scan *s, wf_measure m, wf_condition *c)
{
    wf_str value[VALUES_MAX];

    WF_TRY(read_dimension(s, m, c));
    WF_TRY(need(s, "="));
    do {
        wf_str v = is(s, "none") ? (wf_str) { 0 } : s->word;
        if (s->word.n == 0 || !in_word(s->word.p[0]) || s->word.n > WF_CODE_MAX) return expected(s, "a value");
        if (!possible(s, m, c->dimension, v))
            return wf_fail(s->e, WF_CONFIG, "%s never has %s = %.*s", wf_measure_rows[m].name, wf_dimension_names[c->dimension], WF_STR_ARG(s->word));
        if (c->n == VALUES_MAX) return wf_fail(s->e, WF_CONFIG, "more than %d values in one condition", VALUES_MAX);
        value[c->n++] = wf_profile_keep(s->p, v);
        next(s);
    } while (skip(s, "|"));
    wf_str *kept = wf_profile_alloc(s->p, c->n * sizeof *kept);
    memcpy(kept, value, c->n * sizeof *kept);
    c->value = kept;
    return WF_OK;
}

static wf_rc read_filter(struct scan *s, wf_measure m, wf_filter *f)
{
    if (!skip(s, "where")) return WF_OK;
    do {
        if (f->n == WF_CONDITIONS_MAX) return wf_fail(s->e, WF_CONFIG, "more than %d conditions in one term", WF_CONDITIONS_MAX);
        WF_TRY(read_condition(s, m, &f->cond[f->n]));
        for (size_t i = 0; i < f->n; i++)
            if (f->cond[i].dimension == f->cond[f->n].dimension)
                return wf_fail(s->e, WF_CONFIG, "two conditions on %s; write its values with |", wf_dimension_names[f->cond[i].dimension]);
        f->n++;
    } while (skip(s, ","));
    return WF_OK;
}

/* ---- readings ---- */

static wf_rc read_window(struct scan *s, wf_window *w)
{
    for (wf_window_kind k = WF_MONTH_TO_DATE; k <= WF_CENSUS_YEAR_TO_DATE; k++) {
        if (!skip(s, to_date[k])) continue;
        if (k >= WF_FINANCIAL_YEAR_TO_DATE) WF_TRY(need(s, "year"));
        WF_TRY(need(s, "to"));
        WF_TRY(need(s, "date"));
        w->kind = k;
        return WF_OK;
    }
    int64_t n;
    struct scan ahead = *s;
    next(&ahead);
    bool days = is(&ahead, "days") || is(&ahead, "day");
    WF_TRY(number(s, days ? WINDOW_DAYS_MAX : WINDOW_MONTHS_MAX, "a window (12 months, 90 days, month to date ...)", &n));
    if (!days && !is(s, "months") && !is(s, "month")) return expected(s, "\"months\" or \"days\"");
    next(s);
    *w = (wf_window) { days ? WF_DAYS_WINDOW : WF_MONTHS_WINDOW, (int32_t) n };
    return WF_OK;
}

static wf_rc read_reading(struct scan *s, wf_term *t)
{
    if (skip(s, "at")) {
        t->reading = WF_AT_END;
        return need(s, "end");
    }
    if (skip(s, "mean")) t->reading = WF_MEAN_OVER;
    else if (skip(s, "days")) t->reading = WF_DAYS_OVER;
    else t->reading = WF_OVER;
    if (!is(s, "over")) return expected(s, "a reading (at end, over, mean over, days over)");
    next(s);
    return read_window(s, &t->window);
}

static wf_rc fits(const struct scan *s, const wf_term *t)
{
    const wf_measure_row *row = &wf_measure_rows[t->measure];

    if (row->kind == WF_STOCK && t->reading == WF_OVER)
        return wf_fail(s->e, WF_CONFIG, "%s is a stock: read it at end, mean over or days over", row->name);
    if (row->kind != WF_STOCK && t->reading != WF_OVER) return wf_fail(s->e, WF_CONFIG, "%s is a flow: read it over a window", row->name);
    if (t->measure == WF_M_CENSUS_STARTERS && t->window.kind != WF_CENSUS_YEAR_TO_DATE)
        return wf_fail(s->e, WF_CONFIG, "census_starters is read over census year to date only; for other windows use starters");
    bool supervised = t->measure >= WF_M_SUPERVISION_DUE && t->measure <= WF_M_SUPERVISION_OVERDUE;
    if (supervised && s->p->supervision_every == 0)
        return wf_fail(s->e, WF_CONFIG, "%s is always 0 as long as measures { supervision_every } is 0", row->name);
    if (t->measure == WF_M_CASES_UNKNOWN && s->p->allocations)
        return wf_fail(s->e, WF_CONFIG, "cases_unknown is always 0 with cases = allocations");
    return WF_OK;
}

/* ---- terms ---- */

static wf_rc read_measure(struct scan *s, wf_term *t)
{
    wf_nearest n;

    if (!wf_measure_named(s->word, &t->measure)) {
        wf_nearest_begin(&n, s->word);
        for (int m = 0; m < WF_MEASURE_COUNT; m++) wf_nearest_try(&n, wf_str_of(wf_measure_rows[m].name));
        return s->word.n == 0 || s->word.n > WORD_MAX ? expected(s, "a measure")
                              : wf_fail(s->e, WF_CONFIG, "there is no measure \"%.*s\"%s", WF_STR_ARG(s->word), wf_nearest_hint(&n));
    }
    const wf_measure_row *row = &wf_measure_rows[t->measure];
    next(s);
    WF_TRY(need(s, "."));
    for (int f = WF_HEADS; f <= WF_PENCE; f++)
        if (is(s, field_names[f]) && (row->count == (wf_measure_field) f || row->amount == (wf_measure_field) f)) t->field = (wf_measure_field) f;
    if (t->field == WF_NONE)
        return wf_fail(s->e, WF_CONFIG, "%s has %s%s%s, not \"%.*s\"", row->name, field_names[row->count],
                       row->count != WF_NONE && row->amount != WF_NONE ? " and " : "", field_names[row->amount],
                       (int) (s->word.n < WORD_MAX ? s->word.n : WORD_MAX), s->word.p);
    next(s);
    return WF_OK;
}

static wf_rc read_factor(struct scan *s, wf_term *t)
{
    int64_t n = 1;

    if (skip(s, "dfe_days")) {
        t->dfe_days = true;
        return need(s, "*");
    }
    if (s->word.n == 0 || s->word.p[0] < '0' || s->word.p[0] > '9') return WF_OK;
    WF_TRY(number(s, 1000000, "a factor", &n));
    t->factor *= n;
    return need(s, "*");
}

static wf_rc read_term(struct scan *s, bool first, wf_term *t)
{
    int64_t months;

    *t = (wf_term) { .factor = 1 };
    if (skip(s, "-")) t->factor = -1;
    else if (!skip(s, "+") && !first) return expected(s, "+ or -");
    WF_TRY(read_factor(s, t));
    WF_TRY(read_measure(s, t));
    WF_TRY(read_filter(s, t->measure, &t->filter));
    WF_TRY(read_reading(s, t));
    if (s->word.n > 0 && s->word.p[0] >= '0' && s->word.p[0] <= '9') {
        WF_TRY(number(s, WINDOW_MONTHS_MAX, "a number of months", &months));
        if (!skip(s, "months") && !skip(s, "month")) return expected(s, "\"months before\"");
        WF_TRY(need(s, "before"));
        t->months_before = (int32_t) months;
    }
    return fits(s, t);
}

static wf_measure_field unit_of(const wf_term *t) { return t->dfe_days && t->field == WF_FTE ? WF_DAYS : t->field; }
wf_measure_field wf_expression_unit(const wf_expression *x) { return unit_of(&x->term[0]); }

static bool same_window(const wf_term *a, const wf_term *b)
{
    return a->window.kind == b->window.kind && a->window.n == b->window.n && a->months_before == b->months_before;
}

static wf_rc goes_with(const struct scan *s, const wf_term *t, const wf_term *first)
{
    if (unit_of(t) != unit_of(first))
        return wf_fail(s->e, WF_CONFIG, "%s and %s cannot be added up", field_names[unit_of(first)], field_names[unit_of(t)]);
    if ((t->reading == WF_MEAN_OVER) != (first->reading == WF_MEAN_OVER) || (t->reading == WF_MEAN_OVER && !same_window(t, first)))
        return wf_fail(s->e, WF_CONFIG, "a mean can be added to means over the same window only");
    return WF_OK;
}

wf_rc wf_expression_read(wf_profile *p, wf_str text, wf_expression *ret, wf_err *e)
{
    struct scan s = { p, text, 0, { 0 }, e };
    wf_expression x = { .n = 0 };

    next(&s);
    do {
        if (x.n == WF_TERMS_MAX) return wf_fail(e, WF_CONFIG, "more than %d terms", WF_TERMS_MAX);
        WF_TRY(read_term(&s, x.n == 0, &x.term[x.n]));
        WF_TRY(goes_with(&s, &x.term[x.n], &x.term[0]));
        x.n++;
    } while (s.word.n > 0);
    *ret = x;
    return WF_OK;
}

/* ---- printing ---- */

static void print_term(const wf_term *t, FILE *out)
{
    int64_t n = t->factor < 0 ? -t->factor : t->factor;

    if (t->dfe_days) (void) fputs("dfe_days * ", out);
    else if (n != 1) (void) fprintf(out, "%lld * ", (long long) n);
    (void) fprintf(out, "%s.%s", wf_measure_rows[t->measure].name, field_names[t->field]);
    for (size_t i = 0; i < t->filter.n; i++) {
        const wf_condition *c = &t->filter.cond[i];
        (void) fprintf(out, "%s %s = ", i == 0 ? " where" : ",", wf_dimension_names[c->dimension]);
        for (size_t k = 0; k < c->n; k++) (void) fprintf(out, "%s%.*s", k == 0 ? "" : "|", WF_STR_ARG(c->value[k].n == 0 ? WF_STR("none") : c->value[k]));
    }
    (void) fputs(t->reading == WF_AT_END ? " at end" : t->reading == WF_OVER ? " over " : t->reading == WF_MEAN_OVER ? " mean over " : " days over ", out);
    if (t->reading != WF_AT_END) {
        if (t->window.kind == WF_MONTHS_WINDOW) (void) fprintf(out, "%d months", (int) t->window.n);
        else if (t->window.kind == WF_DAYS_WINDOW) (void) fprintf(out, "%d days", (int) t->window.n);
        else (void) fprintf(out, "%s%s to date", to_date[t->window.kind], t->window.kind >= WF_FINANCIAL_YEAR_TO_DATE ? " year" : "");
    }
    if (t->months_before > 0) (void) fprintf(out, " %d months before", (int) t->months_before);
}

void wf_expression_print(const wf_expression *x, FILE *out)
{
    for (size_t i = 0; i < x->n; i++) {
        bool minus = x->term[i].factor < 0;
        (void) fputs(i == 0 ? (minus ? "- " : "") : minus ? " - " : " + ", out);
        print_term(&x->term[i], out);
    }
}
