/* question -- answers for the reading thread: each call takes the state's lock for a short time only. */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

void wf_engine_ask(wf_engine *en)
{
    atomic_fetch_add(&en->waiting, 1);
    pthread_mutex_lock(&en->lock);
    atomic_fetch_sub(&en->waiting, 1);
}

void wf_engine_done(wf_engine *en) { pthread_mutex_unlock(&en->lock); }

/* ---- units in the order of their paths ---- */

struct by_path { const wf_units *units; wf_day day; };

static int path_cmp(const void *a, const void *b, void *ctx)
{
    const struct by_path *by = ctx;
    return wf_str_cmp(wf_units_path(by->units, *(const uint32_t *) a, by->day), wf_units_path(by->units, *(const uint32_t *) b, by->day));
}

static void sort_units(wf_engine *en, wf_day day)
{
    const wf_units *u = wf_book_units(en->book);
    uint32_t n = wf_units_count(u);
    if (en->order_day == day.n && en->order_n == n)
        return;
    en->order = wf_engine_grow(en->order, (n + 1) * sizeof *en->order);
    for (uint32_t i = 0; i < n; i++)
        en->order[i] = i;
    struct by_path by = { u, day };
    if (n > 1)
        qsort_r(en->order, n, sizeof *en->order, path_cmp, &by);
    en->order_n = n;
    en->order_day = day.n;
}

static bool below(wf_str path, wf_str top)
{
    return path.n > top.n && path.p[top.n] == '/' && memcmp(path.p, top.p, top.n) == 0;
}

/* A unit is found by whatever path it ever had: an alert names the one of its day. */
static bool wanted(const wf_engine *en, const wf_figure_query *q, uint32_t one, uint32_t unit, wf_day on)
{
    const wf_units *u = wf_book_units(en->book);
    if (q->org.n > 0 && !wf_str_eq(q->org, wf_units_org_id(u, unit)))
        return false;
    if (q->unit.n == 0 || !q->below)
        return q->unit.n == 0 || unit == one;
    wf_str path = wf_units_path(u, unit, on);
    return wf_str_eq(path, q->unit) || below(path, q->unit);
}

static void give_figure(wf_engine *en, const struct view *v, uint32_t indicator, uint32_t unit, wf_day on, wf_engine_figure_visit *visit, void *ctx)
{
    wf_figure f;
    wf_figure_read(v->book, v->complete, indicator, unit, on, v->today, &f);
    wf_complete_sources(v->complete, wf_units_org(wf_book_units(v->book), unit), wf_figure_rests_on(en->profile, indicator), &f);
    if (on.n == v->today.n)
        f.rating = wf_judge_rating(v->judge, indicator, unit, v->today);
    f.sequence = v->sequence;
    f.history_from = WF_DAY_FIRST;
    visit(ctx, &f);
}

static wf_rc give_figures(wf_engine *en, wf_figure_query *q, unsigned most, wf_engine_figure_visit *visit, void *ctx, wf_err *e)
{
    struct view v;
    uint32_t one = q->unit.n > 0 && !q->below ? wf_units_find(wf_book_units(en->book), q->unit) : WF_NO_UNIT;
    WF_TRY(wf_engine_view(en, q->known, one, &v, e));
    wf_day on = q->on.n == WF_DAY_OPEN.n ? v.today : q->on;
    sort_units(en, on);
    uint64_t indicators = en->profile->indicator_count, all = en->order_n * indicators;
    unsigned looked = 0;
    while (q->cursor < all && most > 0 && looked++ < 4096) {
        uint32_t unit = en->order[q->cursor / indicators], indicator = (uint32_t) (q->cursor % indicators);
        if (!wanted(en, q, one, unit, on)) {
            q->cursor += indicators - indicator;
            continue;
        }
        q->cursor++;
        if (q->indicator.n > 0 && !wf_str_eq(q->indicator, en->profile->indicator[indicator].name))
            continue;
        give_figure(en, &v, indicator, unit, on, visit, ctx);
        most--;
    }
    if (q->cursor >= all)
        q->cursor = UINT64_MAX;
    return WF_OK;
}

wf_rc wf_engine_figures(wf_engine *en, wf_figure_query *q, unsigned most, wf_engine_figure_visit *visit, void *ctx, wf_err *e)
{
    wf_engine_ask(en);
    wf_rc rc = give_figures(en, q, most, visit, ctx, e);
    wf_engine_done(en);
    return rc;
}

/* ---- history ---- */

static wf_rc find(const wf_engine *en, wf_str indicator, wf_str unit, uint32_t *i, uint32_t *u, wf_err *e)
{
    if (!wf_profile_indicator(en->profile, indicator, i))
        return wf_fail(e, WF_ABSENT, "there is no indicator %.*s; see `workforcectl indicators`", WF_STR_ARG(indicator));
    *u = wf_units_find(wf_book_units(en->book), unit);
    return *u == WF_NO_UNIT ? wf_fail(e, WF_ABSENT, "there is no unit %.*s", WF_STR_ARG(unit)) : WF_OK;
}

#define HISTORY_SLICE 400u

struct levels { int32_t first; uint8_t of[HISTORY_SLICE]; };

static void take_levels(void *ctx, const wf_judged *run)
{
    struct levels *l = ctx;
    for (int32_t d = run->from.n; d <= run->until.n; d++)
        if (d >= l->first && d < l->first + (int32_t) HISTORY_SLICE)
            l->of[d - l->first] = (uint8_t) run->state;
}

static uint32_t rule_on(const wf_engine *en, uint32_t indicator, uint32_t unit)
{
    for (uint32_t r = 0; r < en->profile->rule_count; r++)
        for (size_t k = 0; en->profile->rule[r].indicator == indicator && k < en->profile->rule[r].unit_count; k++)
            if (wf_units_matches(wf_book_units(en->book), unit, en->profile->rule[r].units[k]))
                return r;
    return UINT32_MAX;
}

wf_rc wf_engine_history(wf_engine *en, wf_str indicator, wf_str unit, wf_day *from, wf_day until, uint64_t known, unsigned most,
                        wf_engine_history_visit *visit, void *ctx, wf_err *e)
{
    uint32_t i, u;
    wf_engine_ask(en);
    wf_rc rc = find(en, indicator, unit, &i, &u, e);
    if (rc == WF_OK && (until.n < from->n || until.n - from->n >= 36600))
        rc = wf_fail(e, WF_RANGE, "a history has at least one day and at most 36,600");
    struct view v;
    if (rc == WF_OK)
        rc = wf_engine_view(en, known, u, &v, e);
    uint32_t rule = rc == WF_OK ? rule_on(en, i, u) : UINT32_MAX;
    struct levels l = { .first = from->n };
    wf_day last = { from->n + (int32_t) HISTORY_SLICE - 1 };
    if (rule != UINT32_MAX)
        (void) wf_judge_history(v.judge, rule, u, *from, last.n < until.n ? last : until, v.today, take_levels, &l);
    for (unsigned n = 0; rc == WF_OK && from->n <= until.n && n < most && n < HISTORY_SLICE; n++) {
        wf_figure f;
        wf_figure_read(v.book, v.complete, i, u, *from, v.today, &f);
        f.sequence = v.sequence;
        f.history_from = WF_DAY_FIRST;
        visit(ctx, &f, (wf_level) l.of[n]);
        from->n++;
    }
    wf_engine_done(en);
    return rc;
}

struct runs { wf_engine_run_visit *visit; void *ctx; };

static void give_run(void *ctx, const wf_judged *j)
{
    struct runs *r = ctx;
    wf_day since = j->carried >= WF_AMBER ? j->since : WF_DAY_OPEN;
    wf_engine_run run = { j->from, j->until, since, j->state, j->carried, j->pending, wf_str_of(j->reason) };
    r->visit(r->ctx, &run);
}

wf_rc wf_engine_runs(wf_engine *en, wf_str rule, wf_str unit, wf_day from, wf_day until, uint64_t known, wf_engine_run_visit *visit, void *ctx,
                     wf_err *e)
{
    uint32_t r;
    wf_engine_ask(en);
    struct runs runs = { visit, ctx };
    uint32_t u = wf_units_find(wf_book_units(en->book), unit);
    struct view v;
    wf_rc rc = wf_engine_view(en, known, u, &v, e);
    if (rc == WF_OK && (!wf_profile_rule(en->profile, rule, &r) || u == WF_NO_UNIT))
        rc = wf_fail(e, WF_ABSENT, "there is no rule %.*s in unit %.*s", WF_STR_ARG(rule), WF_STR_ARG(unit));
    else if (rc == WF_OK && !wf_judge_history(v.judge, r, u, from, until, v.today, give_run, &runs))
        rc = wf_fail(e, WF_ABSENT, "rule %.*s does not watch unit %.*s", WF_STR_ARG(rule), WF_STR_ARG(unit));
    wf_engine_done(en);
    return rc;
}

/* ---- findings ---- */

struct unassigned { wf_engine *en; uint64_t skip, left, given; wf_engine_finding_visit *visit; void *ctx; };

static void give_unassigned(void *ctx, uint32_t unit)
{
    struct unassigned *x = ctx;
    if (x->skip > 0) {
        x->skip--;
        return;
    }
    if (x->left == 0)
        return;
    const wf_units *u = wf_book_units(x->en->book);
    wf_engine_finding f = {
        .kind = wf_finding_names[WF_UNASSIGNED], .org = wf_units_org_id(u, unit), .subject = wf_units_id(u, unit), .subject_kind = "unit",
        .source = { "", 0 }, .id = { "", 0 }, .type = WF_EVENT_TYPE_COUNT, .effective = WF_DAY_OPEN,
    };
    x->visit(x->ctx, &f);
    x->left--;
    x->given++;
}

static const char *const subject_kinds[WF_SUBJECT_KINDS] = { "person", "post", "case", "unit", "source" };

static void give_finding(wf_engine *en, const struct findings *f, const struct finding *x, wf_engine_finding_visit *visit, void *ctx)
{
    wf_engine_finding out = {
        .kind = wf_finding_names[x->kind], .org = wf_ledger_code_text(en->ledger, WF_D_UNIT, f->org), .subject = { "", 0 },
        .subject_kind = subject_kinds[f->subject_kind], .source = wf_str_of(x->source), .id = wf_str_of(x->id), .type = x->type,
        .sequence = x->sequence, .effective = x->effective,
    };
    visit(ctx, &out);
}

wf_rc wf_engine_findings(wf_engine *en, uint64_t *cursor, unsigned most, wf_engine_finding_visit *visit, void *ctx, wf_err *e)
{
    uint64_t at = 0, first = *cursor;
    struct findings *f, *next;
    (void) e;
    wf_engine_ask(en);
    HASH_ITER(hh, en->findings, f, next) {
        for (uint32_t i = 0; i < f->n && most > 0; i++, at++) {
            if (at < first)
                continue;
            give_finding(en, f, &f->item[i], visit, ctx);
            (*cursor)++;
            most--;
        }
        if (most == 0)
            break;
    }
    if (most > 0) {
        struct unassigned x = { en, first > at ? first - at : 0, most, 0, visit, ctx };
        wf_units_unassigned(wf_book_units(en->book), give_unassigned, &x);
        *cursor = x.left > 0 ? UINT64_MAX : *cursor + x.given;
    }
    wf_engine_done(en);
    return WF_OK;
}

/* ---- the rest ---- */

void wf_engine_status(wf_engine *en, wf_engine_totals *ret)
{
    wf_engine_ask(en);
    *ret = (wf_engine_totals) {
        .sequence = wf_store_last(en->store), .events = en->events, .refused = en->refused, .duplicates = en->duplicates,
        .findings = en->finding_count, .alerts = wf_store_alerts(en->store), .subjects = wf_store_subjects(en->store),
        .flows = wf_ledger_flows(en->ledger), .timelines = en->timelines, .timeline_bytes = en->timeline_bytes,
        .ledger_bytes = wf_ledger_bytes(en->ledger), .used_bytes = wf_store_used_bytes(en->store), .today = en->today,
        .last_commit = en->last_commit, .last_commit_us = en->last_commit_us,
    };
    wf_engine_done(en);
}

static const wf_source_rule *rule_of(const wf_profile *p, wf_str source)
{
    for (size_t i = 0; i < p->source_count; i++)
        if (wf_str_eq(p->source[i].name, source))
            return &p->source[i];
    return NULL;
}

static int32_t promised(const wf_profile *p, wf_str source)
{
    const wf_source_rule *r = rule_of(p, source);
    return r != NULL ? r->late_days : 0;
}

/* Of each type the furthest that the source has told, of these the nearest. */
struct said { wf_str source; int32_t until[WF_EVENT_TYPE_COUNT], least; };

static void take_span(void *ctx, wf_str source, wf_event_type type, wf_day from, wf_day until)
{
    struct said *s = ctx;
    (void) from;
    if (wf_str_eq(source, s->source) && until.n > s->until[type])
        s->until[type] = until.n;
}

static void said_complete(const wf_engine *en, wf_engine_source *x)
{
    const wf_units *u = wf_book_units(en->book);
    int32_t least = INT32_MAX;
    bool any = false;
    for (uint32_t unit = 0; unit < wf_units_count(u); unit++) {
        if (wf_units_org(u, unit) != unit)
            continue;
        struct said s = { .source = x->source };
        for (int t = 0; t < WF_EVENT_TYPE_COUNT; t++)
            s.until[t] = INT32_MIN;
        wf_complete_each(en->complete, unit, take_span, &s);
        for (int t = 0; t < WF_EVENT_TYPE_COUNT; t++) {
            any |= s.until[t] != INT32_MIN;
            if (s.until[t] != INT32_MIN && s.until[t] < least)
                least = s.until[t];
        }
    }
    x->complete = !any ? WF_SAID_NEVER : least == INT32_MAX ? WF_SAID_OPEN : WF_SAID_UNTIL;
    x->complete_until.n = any ? least : INT32_MAX;
}

void wf_engine_sources(wf_engine *en, wf_engine_source_visit *visit, void *ctx)
{
    wf_engine_ask(en);
    for (uint32_t i = 0; i < en->sources; i++) {
        const struct source *s = en->source[i];
        wf_engine_source x = {
            .source = s->name, .accepted = s->accepted, .duplicate = s->duplicate, .refused = s->refused,
            .gaps = wf_engine_missing(&s->numbers), .last = s->last, .late_promised = promised(en->profile, s->name),
            .late_median = wf_engine_late_median(&s->late), .late_worst = s->late.worst,
        };
        x.late_beyond = wf_engine_late_beyond(&s->late, x.late_promised);
        said_complete(en, &x);
        visit(ctx, &x);
    }
    wf_engine_done(en);
}

/* ---- moves ---- */

#define MOVES_SLICE 512u                /* flows a call */

struct crossing { wf_engine_moves *m; wf_cause cause; int sign; };

static void cross(void *ctx, uint32_t flow, wf_day day, int64_t count, int64_t amount)
{
    struct crossing *x = ctx;
    wf_engine_crossing *by = &x->m->by[x->cause];
    (void) flow;
    if (day.n < x->m->from.n) {
        x->m->heads_before += x->sign * count;
        x->m->fte_before += x->sign * amount;
    } else {
        *(x->sign > 0 ? &by->heads_in : &by->heads_out) += count;
        *(x->sign > 0 ? &by->fte_in : &by->fte_out) += amount;
    }
}

static bool inside(const wf_engine *en, uint32_t cell, uint32_t top, wf_day tree)
{
    const wf_units *u = wf_book_units(en->book);
    if (cell == WF_OUTSIDE)
        return false;
    uint32_t unit = wf_units_of_code(u, wf_ledger_cell_at(en->ledger, cell)->code[WF_D_UNIT]);
    while (unit != WF_NO_UNIT && unit != top)
        unit = wf_units_parent(u, unit, tree);
    return unit == top;
}

static wf_rc check_moves(const wf_engine *en, uint32_t unit, const wf_engine_moves *m, wf_err *e)
{
    char a[WF_DAY_TEXT], b[WF_DAY_TEXT];
    uint32_t org = wf_units_org(wf_book_units(en->book), unit);
    wf_day from, until;
    if (m->until.n < m->from.n)
        return wf_fail(e, WF_RANGE, "%s is before %s", wf_day_text(m->until, a), wf_day_text(m->from, b));
    if (wf_complete_inside(en->complete, org, WF_REST_ENGAGEMENT, m->from, m->until, NULL))
        return WF_OK;
    if (!wf_complete_span(en->complete, org, WF_REST_ENGAGEMENT, m->from, &from, &until))
        return wf_fail(e, WF_ABSENT, "no data: who started, changed and left has not been told in full");
    return wf_fail(e, WF_ABSENT, "no data: who started, changed and left is told in full from %s %s%s", wf_day_text(from, a),
                   until.n == INT32_MAX ? "on" : "to ", until.n == INT32_MAX ? "" : wf_day_text(until, b));
}

wf_rc wf_engine_moved(wf_engine *en, wf_str unit, wf_engine_moves *m, wf_err *e)
{
    wf_engine_ask(en);
    const wf_units *u = wf_book_units(en->book);
    uint32_t at = wf_units_find(u, unit), flows = wf_ledger_flows(en->ledger), last = (uint32_t) m->cursor + MOVES_SLICE;
    wf_rc rc = at == WF_NO_UNIT ? wf_fail(e, WF_ABSENT, "there is no unit %.*s", WF_STR_ARG(unit)) : check_moves(en, at, m, e);
    if (rc != WF_OK) {
        wf_engine_done(en);
        return rc;
    }
    wf_day tree = wf_units_reads_today(u, at) ? en->today : m->until;
    for (uint32_t flow = (uint32_t) m->cursor + 1; flow <= flows && flow <= last; flow++) {
        const wf_flow *f = wf_ledger_flow_at(en->ledger, flow);
        if (f->measure != WF_M_IN_POST)
            continue;
        bool out = inside(en, f->from, at, tree), in = inside(en, f->to, at, tree);
        struct crossing x = { m, (wf_cause) f->cause, in ? 1 : -1 };
        if (in != out)
            wf_ledger_each_in(en->ledger, flow, WF_DAY_FIRST, m->until, cross, &x);
    }
    m->cursor = last >= flows ? UINT64_MAX : last;
    wf_engine_done(en);
    return WF_OK;
}

/* ---- what is complete, and what is missing ---- */

struct spans { const wf_engine *en; wf_str org; uint32_t told; wf_engine_span_visit *visit; void *ctx; };

static void give_span(void *ctx, wf_str source, wf_event_type type, wf_day from, wf_day until)
{
    struct spans *x = ctx;
    x->told |= 1u << type;
    wf_engine_span s = { x->org, source, type, until.n == INT32_MAX ? WF_SAID_OPEN : WF_SAID_UNTIL, from, until, promised(x->en->profile, source) };
    x->visit(x->ctx, &s);
}

/* Figures rest on it and nobody has told it: by each source that should have, else without a name. */
static void give_unsaid(struct spans *x, uint32_t unit)
{
    const wf_profile *p = x->en->profile;
    uint32_t wanted = 0;
    for (uint32_t i = 0; i < p->indicator_count; i++)
        wanted |= wf_figure_rests_on(p, i);
    for (uint32_t rest = wanted & ~x->told; rest != 0; rest &= rest - 1) {
        wf_event_type type = (wf_event_type) __builtin_ctz(rest);
        wf_engine_span s = { x->org, { "", 0 }, type, WF_SAID_NEVER, WF_DAY_OPEN, WF_DAY_OPEN, 0 };
        bool named = false;
        for (size_t i = 0; i < p->source_count; i++) {
            if (!wf_complete_named(x->en->complete, unit, p->source[i].name, type))
                continue;
            s.source = p->source[i].name;
            s.late_promised = p->source[i].late_days;
            named = true;
            x->visit(x->ctx, &s);
        }
        if (!named)
            x->visit(x->ctx, &s);
    }
}

void wf_engine_spans(wf_engine *en, uint64_t *cursor, wf_engine_span_visit *visit, void *ctx)
{
    wf_engine_ask(en);
    const wf_units *u = wf_book_units(en->book);
    while (*cursor < wf_units_count(u) && wf_units_org(u, (uint32_t) *cursor) != *cursor)
        (*cursor)++;
    if (*cursor < wf_units_count(u)) {
        uint32_t unit = (uint32_t) (*cursor)++;
        struct spans x = { en, wf_units_org_id(u, unit), 0, visit, ctx };
        wf_complete_each(en->complete, unit, give_span, &x);
        give_unsaid(&x, unit);
    } else {
        *cursor = UINT64_MAX;
    }
    wf_engine_done(en);
}

void wf_engine_gaps(wf_engine *en, uint64_t *cursor, wf_engine_gap_visit *visit, void *ctx)
{
    wf_engine_ask(en);
    if (*cursor < en->sources) {
        const struct source *s = en->source[(*cursor)++];
        const struct numbers *x = &s->numbers;
        if (x->lost > 0)
            visit(ctx, &(wf_engine_gap) { s->name, 1, x->lost, false });
        for (uint32_t i = 1; i < x->n; i++)
            visit(ctx, &(wf_engine_gap) { s->name, x->range[i - 1].until + 1, x->range[i].from - 1, true });
    } else {
        *cursor = UINT64_MAX;
    }
    wf_engine_done(en);
}

bool wf_engine_indicator(wf_engine *en, unsigned index, wf_indicator_text *ret)
{
    wf_engine_ask(en);
    bool there = index < en->profile->indicator_count;
    if (there) {
        const wf_indicator *i = &en->profile->indicator[index];
        *ret = (wf_indicator_text) { .name = i->name, .version = i->version, .title = i->title, .unit = wf_figure_unit_text(i),
                                     .column = i->column, .decimals = i->decimals,
                                     .numerator = i->numerator_text, .denominator = i->denominator_text };
    }
    wf_engine_done(en);
    return there;
}

bool wf_engine_unit(wf_engine *en, unsigned index, wf_unit_text *ret)
{
    wf_engine_ask(en);
    const wf_units *u = wf_book_units(en->book);
    bool there = index < wf_units_count(u);
    if (there)
        *ret = (wf_unit_text) { wf_units_path(u, index, en->today), wf_units_title(u, index), wf_units_org(u, index) == index };
    wf_engine_done(en);
    return there;
}

char *wf_engine_dump(wf_engine *en)
{
    wf_engine_ask(en);
    char *text = wf_ledger_dump(en->ledger);
    wf_engine_done(en);
    return text;
}
