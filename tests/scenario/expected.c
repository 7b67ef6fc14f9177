/* expected -- what must hold, asked of the engine. */
#include <stdio.h>

#include "play.h"

static const char *const levels[] = { "unknown", "ok", "amber", "red" };

static wf_level level_of(const char *text)
{
    for (int i = 0; i < 4; i++)
        if (strcmp(levels[i], text) == 0)
            return (wf_level) i;
    die("%s is no state", text);
}

static void keep_figure(void *ctx, const wf_figure *f, wf_level level)
{
    (void) level;
    *(wf_figure *) ctx = *f;
}

static wf_figure figure(const char *indicator, const char *unit, wf_day day)
{
    wf_figure f = { 0 };
    if (wf_engine_history(engine, wf_str_of(indicator), wf_str_of(unit), &day, day, 0, 1, keep_figure, &f, &err) != WF_OK)
        die("%s", err.text);
    return f;
}

/* A sum as people write it: heads, children and events whole, the rest in millionths. */
static bool sum_is(const char *text, int64_t sum, wf_measured of)
{
    int64_t want;
    need(wf_millionths_parse(wf_str_of(text), &want, &err), "a number");
    bool millionths = of == WF_FTE_MILLIONTHS || of == WF_POSTS_FTE || of == WF_DAYS_MILLIONTHS;
    return millionths ? sum == want : sum * 1000000 == want;
}

static void expect_figure(void)
{
    static const char *const status[] = { "", "z", "x", "u", "c", "low" };
    const char *indicator = take("an indicator"), *unit = take("a unit");
    wf_day day = took("on") ? day_of(take("a day")) : wf_engine_today(engine);
    if (!took("="))
        die("= is missing");
    char *want = take("a value"), *sums = at < words ? take("sums") : NULL;
    wf_figure f = figure(indicator, unit, day);
    char got[WF_MILLIONTHS_TEXT];
    bool good = strcmp(status[f.status], want) == 0;
    const char *point = strchr(want, '.');
    int64_t value, step = 1000000;
    if (f.status == WF_FIGURE_OK && wf_millionths_parse(wf_str_of(want + (*want == '-')), &value, &err) == WF_OK) {
        for (size_t i = point != NULL ? strlen(point + 1) : 0; i > 0; i--)
            step /= 10;
        int64_t found = f.value < 0 ? -f.value : f.value, rounded = (found + step / 2) / step * step;
        good = rounded == value && ((f.value < 0) == (*want == '-') || rounded == 0);
    }
    if (!good)
        in_vain("%s %s: expected %s, found %s%s (%lld/%lld)", indicator, unit, want, status[f.status],
                f.status == WF_FIGURE_OK ? wf_millionths_text(f.value, got) : "", (long long) f.numerator, (long long) f.denominator);
    if (sums == NULL)
        return;
    char *slash = strchr(sums, '/');
    if (slash == NULL)
        die("sums are N/D");
    *slash = 0;
    bool minus = *sums == '-';
    if (!sum_is(sums + minus, minus ? -f.numerator : f.numerator, f.numerator_of) || !sum_is(slash + 1, f.denominator, f.denominator_of))
        in_vain("%s %s: expected %s/%s, found %lld/%lld", indicator, unit, sums, slash + 1, (long long) f.numerator, (long long) f.denominator);
}

static void expect_no_data(void)
{
    char buf[WF_DAY_TEXT];
    const char *indicator = take("an indicator"), *unit = take("a unit");
    if (!took("until"))
        die("until is missing");
    const char *until = take("a day");
    wf_figure f = figure(indicator, unit, wf_engine_today(engine));
    wf_day want = strcmp(until, "never") == 0 ? WF_DAY_OPEN : day_of(until);
    if (f.status != WF_FIGURE_X || f.no_data_until.n != want.n)
        in_vain("%s %s: expected no data until %s, found status %d, until %s", indicator, unit, until, f.status,
                f.no_data_until.n == WF_DAY_OPEN.n ? "never" : wf_day_text(f.no_data_until, buf));
}

static void keep_run(void *ctx, const wf_engine_run *r) { *(wf_engine_run *) ctx = *r; }

static void expect_state(void)
{
    const char *rule = take("a rule"), *unit = take("a unit");
    if (!took("="))
        die("= is missing");
    wf_level want = level_of(take("a state"));
    uint32_t number;
    if (!wf_profile_rule(profile, wf_str_of(rule), &number))
        die("no rule %s", rule);
    wf_day day = { wf_engine_today(engine).n - (profile->rule[number].for_days > 0) };
    if (took("on"))
        day = day_of(take("a day"));
    const char *pending = named("pending");
    wf_engine_run r = { .state = WF_UNKNOWN };
    if (wf_engine_runs(engine, wf_str_of(rule), wf_str_of(unit), day, day, 0, keep_run, &r, &err) != WF_OK)
        die("%s", err.text);
    if (r.state != want)
        in_vain("%s %s: expected %s, found %s", rule, unit, levels[want], levels[r.state]);
    if (pending != NULL && r.pending != level_of(pending))
        in_vain("%s %s: expected pending %s, found %s", rule, unit, pending, levels[r.pending]);
}

static void expect_alert(void)
{
    const char *rule = take("a rule"), *unit = take("a unit");
    wf_level state = level_of(take("a state"));
    const struct told *last = NULL;
    int n = 0;
    char buf[WF_DAY_TEXT];
    if (!took("count"))
        die("count is missing");
    int want = number_of(take("a number"));
    for (int i = 0; i < tolds; i++)
        if (strcmp(told[i].rule, rule) == 0 && strcmp(told[i].unit, unit) == 0 && told[i].state == state) {
            n++;
            last = &told[i];
        }
    if (n != want)
        in_vain("%s %s %s: expected %d messages, found %d", rule, unit, levels[state], want, n);
    const char *since = named("since"), *before = named("before");
    if (last != NULL && since != NULL && last->since.n != day_of(since).n)
        in_vain("%s %s: expected since %s, found %s", rule, unit, since, wf_day_text(last->since, buf));
    if (last != NULL && before != NULL && last->before != level_of(before))
        in_vain("%s %s: expected before %s, found %s", rule, unit, before, levels[last->before]);
}

static wf_engine_moves moved(const char *unit, wf_rc *rc)
{
    const char *from = named("from"), *until = named("until");
    wf_engine_moves m = { .until = until != NULL ? day_of(until) : wf_engine_today(engine) };
    m.from = from != NULL ? day_of(from) : (wf_day) { wf_day_months_back(m.until, 12).n + 1 };
    do *rc = wf_engine_moved(engine, wf_str_of(unit), &m, &err);
    while (*rc == WF_OK && m.cursor != UINT64_MAX);
    return m;
}

static void expect_pair(const char *what, const char *text, int64_t a, int64_t b, bool millionths)
{
    char in[32], got_a[WF_MILLIONTHS_TEXT], got_b[WF_MILLIONTHS_TEXT];
    const char *slash = strchr(text, '/');
    if (slash == NULL || slash - text >= (ptrdiff_t) sizeof in)
        die("in and out are IN/OUT");
    snprintf(in, sizeof in, "%.*s", (int) (slash - text), text);
    wf_measured of = millionths ? WF_FTE_MILLIONTHS : WF_PEOPLE;
    if (!sum_is(in, a, of) || !sum_is(slash + 1, b, of))
        in_vain("moves, %s: expected %s, found %s/%s", what, text, wf_millionths_text(millionths ? a : a * 1000000, got_a),
                wf_millionths_text(millionths ? b : b * 1000000, got_b));
}

static void expect_moves(void)
{
    const char *unit = take("a unit"), *what = take("a cause");
    if (!took("="))
        die("= is missing");
    const char *heads = take("heads"), *fte = at < words && strchr(word[at], '/') != NULL ? take("FTE") : NULL;
    wf_rc rc;
    wf_engine_moves m = moved(unit, &rc);
    need(rc, "moves");
    wf_engine_crossing all = { .heads_in = m.heads_before, .fte_in = m.fte_before }, x = all;
    for (int c = 0; c < WF_CAUSE_COUNT; c++) {
        all.heads_in += m.by[c].heads_in - m.by[c].heads_out;
        all.fte_in += m.by[c].fte_in - m.by[c].fte_out;
        if (strcmp(wf_cause_name((wf_cause) c), what) == 0)
            x = m.by[c];
    }
    if (strcmp(what, "after") == 0)
        x = all;
    expect_pair(what, heads, x.heads_in, x.heads_out, false);
    if (fte != NULL)
        expect_pair(what, fte, x.fte_in, x.fte_out, true);
}

static void expect_no_moves(void)
{
    const char *unit = take("a unit");
    wf_rc rc;
    (void) moved(unit, &rc);
    if (rc != WF_ABSENT)
        in_vain("moves of %s: expected no data", unit);
}

struct findings { const char *kind, *id; int n, hits; };
static void count_finding(void *ctx, const wf_engine_finding *f)
{
    struct findings *x = ctx;
    x->n++;
    if (x->kind != NULL)
        x->hits += strcmp(f->kind, x->kind) == 0 && (wf_str_eq(f->id, wf_str_of(x->id)) || wf_str_eq(f->subject, wf_str_of(x->id)));
}

static struct findings findings(const char *kind, const char *id)
{
    struct findings x = { kind, id, 0, 0 };
    for (uint64_t cursor = 0; cursor != UINT64_MAX;)
        need(wf_engine_findings(engine, &cursor, 10, count_finding, &x, &err), "findings");
    return x;
}

static void expect_verdict(wf_verdict_code code, const char *reason)
{
    static const char *const names[] = { "accepted", "a duplicate", "refused" };
    if (verdict.code != code)
        in_vain("expected %s, found %s %s", names[code], names[verdict.code], verdict.code == WF_REFUSED ? verdict.text : "");
    else if (reason != NULL && strcmp(wf_rc_wire(verdict.reason), reason) != 0)
        in_vain("expected %s, found %s: %s", reason, wf_rc_wire(verdict.reason), verdict.text);
}

static void expect_number(const char *what, int found, const char *text)
{
    if (found != number_of(text))
        in_vain("expected %s %s, found %d", text, what, found);
}

void expect(void)
{
    wf_engine_totals t;
    const char *what = take("what to expect");
    expectations++;
    if (strcmp(what, "figure") == 0) expect_figure();
    else if (strcmp(what, "no") == 0 && took("data")) expect_no_data();
    else if (strcmp(what, "no") == 0 && took("moves")) expect_no_moves();
    else if (strcmp(what, "moves") == 0) expect_moves();
    else if (strcmp(what, "state") == 0) expect_state();
    else if (strcmp(what, "alert") == 0) expect_alert();
    else if (strcmp(what, "alerts") == 0) expect_number(what, tolds, take("a number"));
    else if (strcmp(what, "findings") == 0) expect_number(what, findings(NULL, NULL).n, take("a number"));
    else if (strcmp(what, "refused") == 0) expect_verdict(WF_REFUSED, take("a reason"));
    else if (strcmp(what, "accepted") == 0) expect_verdict(WF_ACCEPTED, NULL);
    else if (strcmp(what, "duplicate") == 0) expect_verdict(WF_DUPLICATE, NULL);
    else if (strcmp(what, "finding") == 0) {
        const char *kind = take("a kind"), *id = take("an id");
        if (findings(kind, id).hits != 1)
            in_vain("expected one finding %s %s, found %d", kind, id, findings(kind, id).hits);
    } else if (strcmp(what, "refusals") == 0) {
        wf_engine_status(engine, &t);
        expect_number(what, (int) t.refused, take("a number"));
    } else die("%s cannot be expected", what);
}

