#include "core/alert_inside.h"
#include <stdlib.h>
#include <string.h>

void *wf_judge_grown(void *p, uint32_t *cap, uint32_t need, size_t size)
{
    if (need <= *cap) return p;
    uint32_t more = *cap + *cap / 2 + 16;
    *cap = more > need ? more : need;
    p = realloc(p, *cap * size);
    WF_ASSERT(p != NULL);
    return p;
}

static uint32_t rules(const wf_judge *j) { return (uint32_t) j->profile->rule_count; }

/* ---- pairs ---- */

static bool watches(const wf_judge *j, uint32_t rule, uint32_t unit)
{
    const wf_rule *r = &j->profile->rule[rule];

    for (size_t i = 0; i < r->unit_count; i++)
        if (wf_units_matches(j->units, unit, r->units[i])) return true;
    return false;
}

static _Thread_local const wf_judge *sorted;        /* qsort takes no context */

static int speaks_before(const void *a, const void *b)
{
    const struct pair *x = &sorted->pair[*(const uint32_t *) a], *y = &sorted->pair[*(const uint32_t *) b];
    const wf_units *u = sorted->units;
    uint32_t org[2] = { wf_units_org(u, x->unit), wf_units_org(u, y->unit) };

    if (org[0] != org[1]) return wf_str_cmp(wf_units_org_id(u, x->unit), wf_units_org_id(u, y->unit));
    if (x->unit == y->unit) return x->rule < y->rule ? -1 : x->rule > y->rule;
    if (x->unit == org[0] || y->unit == org[0]) return x->unit == org[0] ? -1 : 1;
    return wf_str_cmp(wf_units_id(u, x->unit), wf_units_id(u, y->unit));
}

static void put_in_order(wf_judge *j)
{
    j->order = wf_judge_grown(j->order, &j->order_cap, j->pairs, sizeof *j->order);
    j->rank = wf_judge_grown(j->rank, &j->rank_cap, j->pairs, sizeof *j->rank);
    for (uint32_t i = 0; i < j->pairs; i++) j->order[i] = i;
    sorted = j;
    qsort(j->order, j->pairs, sizeof *j->order, speaks_before);
    for (uint32_t i = 0; i < j->pairs; i++) j->rank[j->order[i]] = i;
}

/* Takes up units that have appeared. A pair that was never judged is due at once. */
void wf_judge_follow(wf_judge *j)
{
    uint32_t units = wf_units_count(j->units), pairs = j->pairs;

    if (units == j->known) return;
    j->of = wf_judge_grown(j->of, &j->of_cap, units * rules(j), sizeof *j->of);
    j->in_org = wf_judge_grown(j->in_org, &j->org_cap, units, sizeof *j->in_org);
    memset(j->in_org + j->known, 0, (units - j->known) * sizeof *j->in_org);
    for (uint32_t u = j->known; u < units; u++)
        for (uint32_t r = 0; r < rules(j); r++) {
            uint32_t *in_org = &j->in_org[wf_units_org(j->units, u)];
            j->of[u * rules(j) + r] = 0;
            if (!watches(j, r, u)) continue;
            j->pair = wf_judge_grown(j->pair, &j->cap, j->pairs + 1, sizeof *j->pair);
            j->pair[j->pairs] = (struct pair) { .rule = r, .unit = u, .next = INT32_MIN, .changed = INT32_MIN, .path_until = INT32_MIN, .sibling = *in_org };
            *in_org = j->of[u * rules(j) + r] = ++j->pairs;
        }
    j->known = units;
    if (j->pairs > pairs) put_in_order(j);
}

static struct pair *pair_of(const wf_judge *j, uint32_t rule, uint32_t unit)
{
    if (unit >= j->known || j->of[unit * rules(j) + rule] == 0) return NULL;
    return &j->pair[j->of[unit * rules(j) + rule] - 1];
}

wf_judge *wf_judge_new(const wf_book *b, const wf_complete *c, wf_day in_force, uint64_t number)
{
    wf_judge *j = calloc(1, sizeof *j);

    WF_ASSERT(j != NULL);
    *j = (wf_judge) { .book = b, .complete = c, .profile = wf_book_profile(b), .units = wf_book_units(b), .in_force = in_force, .number = number };
    wf_judge_follow(j);
    return j;
}

void wf_judge_free(wf_judge **p)
{
    wf_judge *j = *p;

    if (j == NULL) return;
    for (uint32_t i = 0; i < j->pairs; i++) {
        free(j->pair[i].mark);
        wf_said_free(&j->pair[i].said);
    }
    free(j->pair);
    free(j->of);
    free(j->in_org);
    free(j->queue);
    free(j->held);
    free(j->order);
    free(j->rank);
    free(j->bytes);
    free(j);
    *p = NULL;
}

uint64_t wf_judge_number(const wf_judge *j) { return j->number; }

/* ---- telling ---- */

wf_day wf_pair_first_live(const wf_judge *j, const struct pair *p)
{
    uint32_t types = wf_figure_rests_on(j->profile, rule_of(j, p)->indicator);
    wf_day said = wf_complete_first_said(j->complete, wf_units_org(j->units, p->unit), types);

    return said.n > j->in_force.n ? said : j->in_force;
}

/* Runs that ended before this day are history (A5). */
static int32_t history_until(const wf_judge *j, const struct pair *p)
{
    int32_t live = wf_pair_first_live(j, p).n - closed_only(j, p);

    return p->said != NULL && p->said->settled > live ? p->said->settled : live;
}

/* Nothing is said of ok and unknown as long as no alert stands. */
static bool differs(const wf_said *s, const wf_mark *m)
{
    wf_level stood = s == NULL ? WF_OKAY : s->level, level = wf_mark_level(m);

    if (stood == WF_OKAY && level == WF_OKAY) return false;
    return s == NULL || level != stood || wf_mark_state(m) != s->state;
}

/* Does the rule watch the unit where it is in today's tree? */
bool wf_pair_watched(const wf_judge *j, struct pair *p, wf_day today)
{
    const wf_rule *r = rule_of(j, p);

    if (today.n < p->path_until) return p->watched;
    p->watched = false;
    for (size_t i = 0; i < r->unit_count; i++) p->watched |= wf_profile_matches(r->units[i], wf_units_path(j->units, p->unit, today));
    p->path_until = wf_units_next_version(j->units, p->unit, today).n;
    return p->watched;
}

wf_said *wf_pair_said(struct pair *p)
{
    if (p->said == NULL) {
        p->said = calloc(1, sizeof *p->said);
        WF_ASSERT(p->said != NULL);
        p->said->settled = INT32_MIN;
        p->said->state = p->said->level = WF_OKAY;
    }
    return p->said;
}

/* So many runs are kept in mind; older ones are settled. */
#define RUNS_MAX 500u

static void settle_oldest(wf_said *s)
{
    while (s->told.n > RUNS_MAX) {
        int32_t first, last;
        wf_told_days(&s->told.run[0], &first, &last);
        if (last == WF_NEVER) return;
        if (last + 1 > s->settled) s->settled = last + 1;
        wf_told_drop(&s->told, s->told.run[0].id);
    }
}

void wf_pair_pack(wf_judge *j, const struct pair *p, wf_told *t)
{
    wf_str org = wf_units_org_id(j->units, p->unit);

    wf_said_pack(p->said, rule_of(j, p)->name, org, wf_units_org(j->units, p->unit) == p->unit ? (wf_str) { 0 } : wf_units_id(j->units, p->unit),
                 &j->bytes, t);
}

static wf_rc tell(wf_judge *j, struct pair *p, wf_message *m, const struct moment *at, wf_err *e)
{
    wf_alert *a = calloc(1, sizeof *a);
    wf_told told;
    char reason[48];

    WF_ASSERT(a != NULL);
    m->book = j->book;
    m->complete = j->complete;
    m->rule = p->rule;
    m->unit = p->unit;
    m->today = at->today;
    m->sequence = at->sequence;
    m->number = ++j->number;
    wf_message_write(m, wf_pair_said(p), a, reason);
    settle_oldest(p->said);
    wf_pair_pack(j, p, &told);
    wf_rc rc = at->emit(at->ctx, a, &told, e);
    free(a);
    return rc;
}

/* ---- errata: closed days turned out otherwise (ALERTS.md 3, 4) ---- */

/* The first day, not before `first`, from which on the level is ok up to `day`. */
static int32_t ok_since(const wf_judge *j, struct pair *p, int32_t first, int32_t day, const wf_mark *m, wf_day today)
{
    wf_line known = { 0 };

    wf_pair_line(j, p, wf_pair_reaches_back(j, p, first, today), day, today, day >= today.n ? m : NULL, &known);
    if (known.n > 0 && known.mark[known.n - 1].day > first) first = known.mark[known.n - 1].day;
    wf_line_free(&known);
    return first;
}

static wf_rc correct(wf_judge *j, struct pair *p, const struct moment *at, wf_err *e)
{
    int32_t until = judged_day(j, p, at->today) - 1, from = p->changed;
    wf_alert_entry entry[WF_ALERT_ENTRIES_MAX];
    wf_line known = { 0 };

    p->changed = WF_NEVER;
    if (from >= until) return WF_OK;                        /* the last judged day was told as it is by its frames */
    int32_t live = history_until(j, p);
    if (from < live) from = live;
    if (from > until) return WF_OK;
    wf_pair_until(j, p, until, at->today);
    from = wf_pair_reaches_back(j, p, from, at->today);
    wf_pair_line(j, p, from, until, at->today, NULL, &known);
    if (known.n == 0 && (p->said == NULL || p->said->told.n == 0)) {
        wf_line_free(&known);                               /* it was set to ok, so it has its room */
        return WF_OK;
    }
    uint32_t n = wf_told_pair(&wf_pair_said(p)->told, &known, from, until, live, j->number + 1, entry, WF_ALERT_ENTRIES_MAX);
    wf_line_free(&known);
    if (n == 0) return WF_OK;
    wf_said *s = p->said;
    wf_mark mark = wf_pair_mark_on(j, p, until, at->today);
    bool told = entry[0].was_level > WF_UNKNOWN, stands = wf_mark_level(&mark) > WF_OKAY;
    wf_day after = told ? entry[0].was_first : entry[(n < WF_ALERT_ENTRIES_MAX ? n : WF_ALERT_ENTRIES_MAX) - 1].first;
    wf_message m = {
        .kind = WF_ALERT_ERRATUM, .mark = mark, .day = { until }, .closed = true, .state = wf_mark_state(&mark), .level = wf_mark_level(&mark),
        .before = s->any ? s->state : WF_UNKNOWN, .alert = { told ? entry[0].alert : j->number + 1, told ? entry[0].part : 0 },
        .since = { stands ? mark.since : ok_since(j, p, after.n, until, &mark, at->today) },
        .entry = entry, .entries = n,
    };
    for (uint32_t i = 0; i < s->told.n; i++)
        if (wf_line_at(&s->told.run[i].line, until) > WF_OKAY) m.stands = s->told.run[i].id;
    return tell(j, p, &m, at, e);
}

/* ---- the state of the judged day (ALERTS.md 2) ---- */

/* The id of the run that stands now: of the told run that it takes, else a new one. */
static wf_alert_id id_of_run(wf_judge *j, struct pair *p, const wf_mark *m, int32_t day, wf_day today)
{
    wf_alert_id id = { 0, 0 };

    if (p->said != NULL && p->said->told.n > 0 && m->since < day) {
        int32_t from = p->changed < m->since ? p->changed : m->since, live = history_until(j, p);
        wf_line known = { 0 };
        from = wf_pair_reaches_back(j, p, from > live ? from : live, today);
        if (from > m->since) from = m->since;
        wf_pair_line(j, p, from, day, today, day >= today.n ? m : NULL, &known);
        id = wf_told_taken(&p->said->told, &known, from, day, live);
        wf_line_free(&known);
    }
    return id.number != 0 ? id : (wf_alert_id) { j->number + 1, 0 };
}

/* The whole run that stands, as known now, is told under this id. */
void wf_pair_tell_run(const wf_judge *j, struct pair *p, wf_alert_id id, const wf_mark *m, int32_t day, wf_day today)
{
    wf_told_runs *t = &wf_pair_said(p)->told;
    wf_told_run *r = wf_told_find(t, id);

    if (r == NULL) r = wf_told_add(t, id);
    r->line.n = 0;
    if (m->since >= day) wf_line_set(&r->line, day, wf_mark_level(m));
    else wf_pair_line(j, p, m->since, day, today, day >= today.n ? m : NULL, &r->line);
}

/* An alert stood and ends; if this day was all of it, it never was. */
static void end_run(const wf_judge *j, struct pair *p, wf_message *m, wf_alert_entry *entry, wf_day today)
{
    wf_told_run *r = wf_told_find(&p->said->told, m->alert);
    int32_t first = m->day.n, last;

    if (r != NULL) wf_told_days(r, &first, &last);
    m->since.n = ok_since(j, p, first, m->day.n, &m->mark, today);
    if (r == NULL) return;
    if (m->kind == WF_ALERT_PROFILE) {
        wf_told_drop(&p->said->told, m->alert);
    } else if (first >= m->day.n) {
        *entry = (wf_alert_entry) { .what = WF_ERRATUM_WITHDRAWN, .alert = m->alert.number, .part = m->alert.part, .first = WF_DAY_OPEN, .last = WF_DAY_OPEN,
                                    .was_first = { first }, .was_last = WF_DAY_OPEN, .was_level = p->said->level };
        m->kind = WF_ALERT_ERRATUM;
        m->entry = entry;
        m->entries = 1;
        wf_told_drop(&p->said->told, m->alert);
    } else {
        wf_line_set(&r->line, m->day.n, WF_OKAY);
    }
}

static wf_rc tell_state(wf_judge *j, struct pair *p, const wf_mark *mark, const struct moment *at, wf_err *e)
{
    int32_t day = judged_day(j, p, at->today);
    wf_level stood = p->said == NULL ? WF_OKAY : p->said->level, level = wf_mark_level(mark);
    wf_alert_entry entry;
    wf_message m = {
        .kind = at->kind, .mark = *mark, .day = { day }, .since = { mark->since }, .closed = at->tick && day < at->today.n,
        .state = wf_mark_state(mark), .level = level, .before = stood > WF_OKAY ? p->said->state : WF_OKAY,
    };
    m.alert = stood > WF_OKAY ? p->said->alert : id_of_run(j, p, mark, day, at->today);
    if (m.alert.number > j->number) {
        if (at->kind == WF_ALERT_STATE && at->today.n == wf_pair_first_live(j, p).n) m.kind = WF_ALERT_AT_START;
        wf_mark before = wf_pair_mark_on(j, p, mark->since - 1, at->today);
        m.before = wf_mark_state(&before);
    } else if (stood == WF_OKAY) {
        m.before = p->said->state;
    }
    if (level == WF_OKAY) {
        end_run(j, p, &m, &entry, at->today);
    } else {
        wf_told_run *r = m.alert.number > j->number ? NULL : wf_told_find(&p->said->told, m.alert);
        if (r == NULL) wf_pair_tell_run(j, p, m.alert, mark, day, at->today);
        else wf_line_set(&r->line, day, level);
    }
    return tell(j, p, &m, at, e);
}

static wf_rc consider(wf_judge *j, struct pair *p, const struct moment *at, wf_err *e)
{
    if (!wf_pair_watched(j, p, at->today) || at->today.n < wf_pair_first_live(j, p).n) return WF_OK;
    if (at->tick) WF_TRY(correct(j, p, at, e));
    wf_mark m = wf_pair_now(j, p, at->today);
    return differs(p->said, &m) ? tell_state(j, p, &m, at, e) : WF_OK;
}

/* ---- touching ---- */

static void touch(wf_judge *j, struct pair *p, int32_t from)
{
    wf_pair_cut(p, from);
    if (p->queued) return;
    p->queued = true;
    j->queue = wf_judge_grown(j->queue, &j->queue_cap, j->queued + 1, sizeof *j->queue);
    j->queue[j->queued++] = (uint32_t) (p - j->pair);
}

void wf_judge_touch(wf_judge *j, uint32_t indicator, uint32_t unit, wf_day from, wf_day today)
{
    if (unit >= j->known) wf_judge_follow(j);
    for (uint32_t r = 0; r < rules(j); r++) {
        struct pair *p = j->profile->rule[r].indicator == indicator ? pair_of(j, r, unit) : NULL;
        if (p == NULL) continue;
        if (closed_only(j, p) && from.n >= today.n) wf_pair_cut(p, from.n);
        else touch(j, p, from.n);
    }
}

void wf_judge_touch_org(wf_judge *j, uint32_t org, wf_day from)
{
    wf_judge_follow(j);
    for (uint32_t i = org < j->known ? j->in_org[org] : 0; i != 0; i = j->pair[i - 1].sibling) touch(j, &j->pair[i - 1], from.n);
}

void wf_judge_judged(wf_judge *j)
{
    for (uint32_t i = 0; i < j->queued; i++) j->pair[j->queue[i]].queued = false;
    j->queued = 0;
}

/* ---- judging ---- */

static int by_rank(const void *a, const void *b)
{
    uint32_t x = sorted->rank[*(const uint32_t *) a], y = sorted->rank[*(const uint32_t *) b];

    return x < y ? -1 : x > y;
}

void wf_judge_sort(const wf_judge *j, uint32_t *pair, uint32_t n)
{
    sorted = j;
    if (n > 1) qsort(pair, n, sizeof *pair, by_rank);
}

wf_rc wf_judge_frame(wf_judge *j, wf_day today, uint64_t sequence, wf_judge_emit *emit, void *ctx, wf_err *e)
{
    const struct moment at = { today, WF_ALERT_STATE, false, sequence, emit, ctx };

    wf_judge_follow(j);
    wf_judge_sort(j, j->queue, j->queued);
    for (uint32_t i = 0; i < j->queued; i++) {
        struct pair *p = &j->pair[j->queue[i]];
        p->queued = false;
        if (p->said == NULL || !p->said->held) WF_TRY(consider(j, p, &at, e));
    }
    j->queued = 0;
    return WF_OK;
}

/* Where today's tree is applied to the whole past, another tree today is another past; and of a unit that comes under a
 * rule nothing has been told yet. */
static void turn_trees(wf_judge *j, wf_day ended)
{
    for (uint32_t i = 0; i < j->pairs; i++) {
        struct pair *p = &j->pair[i];
        if (wf_units_next_version(j->units, p->unit, ended).n != ended.n + 1) continue;
        bool before = wf_pair_watched(j, p, ended);
        if (wf_units_reads_today(j->units, p->unit)) wf_pair_cut(p, INT32_MIN);
        else if (!before && wf_pair_watched(j, p, (wf_day) { ended.n + 1 })) p->changed = INT32_MIN;
    }
}

/* What is queued has been touched, and is due by that. */
wf_rc wf_judge_tick(wf_judge *j, wf_day ended, uint64_t sequence, wf_judge_emit *emit, void *ctx, wf_err *e)
{
    const struct moment at = { { ended.n + 1 }, WF_ALERT_STATE, true, sequence, emit, ctx };

    wf_judge_follow(j);
    turn_trees(j, ended);
    wf_judge_judged(j);
    for (uint32_t i = 0; i < j->pairs; i++) {
        struct pair *p = &j->pair[j->order[i]];
        if (p->next <= ended.n + !closed_only(j, p) || p->changed <= ended.n) WF_TRY(consider(j, p, &at, e));
    }
    return WF_OK;
}

/* What was told is history; only the run that stands as told goes on. */
void wf_pair_seal(const wf_judge *j, struct pair *p, wf_day today)
{
    wf_said *s = p->said;

    p->changed = WF_NEVER;
    if (s == NULL) return;
    for (uint32_t i = s->told.n; i-- > 0;)
        if (s->level <= WF_OKAY || !wf_alert_id_eq(s->told.run[i].id, s->alert)) wf_told_drop(&s->told, s->told.run[i].id);
    if (judged_day(j, p, today) > s->settled) s->settled = judged_day(j, p, today);
}

/* What was told is sealed; what stands now is told as a whole, in words or not (ALERTS.md 7). */
static wf_rc anew(wf_judge *j, struct pair *p, const struct moment *at, wf_err *e)
{
    wf_said *s = p->said;
    wf_told told;

    if (s != NULL && s->held) return WF_OK;         /* a load goes on: it is judged at its end */
    wf_pair_seal(j, p, at->today);
    if (!wf_pair_watched(j, p, at->today) || at->today.n < wf_pair_first_live(j, p).n) return WF_OK;
    wf_mark m = wf_pair_now(j, p, at->today);
    wf_alert_id stood = s != NULL && s->level > WF_OKAY ? s->alert : (wf_alert_id) { 0, 0 };
    if (wf_mark_level(&m) > WF_OKAY && stood.number != 0) wf_pair_tell_run(j, p, stood, &m, judged_day(j, p, at->today), at->today);
    if (differs(s, &m)) return tell_state(j, p, &m, at, e);
    if (s == NULL) return WF_OK;
    wf_pair_pack(j, p, &told);
    return at->emit(at->ctx, NULL, &told, e);
}

wf_rc wf_judge_all(wf_judge *j, wf_day today, uint64_t sequence, wf_judge_emit *emit, void *ctx, wf_err *e)
{
    const struct moment at = { today, WF_ALERT_PROFILE, false, sequence, emit, ctx };

    wf_judge_follow(j);
    for (uint32_t i = 0; i < j->pairs; i++) WF_TRY(anew(j, &j->pair[j->order[i]], &at, e));
    return WF_OK;
}

/* ---- what was told ---- */

bool wf_judge_import(wf_judge *j, const void *bytes, size_t n)
{
    wf_str rule, org, id;
    wf_said *s = wf_said_unpack(bytes, n, &rule, &org, &id);
    uint32_t r, unit = WF_NO_UNIT;

    wf_judge_follow(j);
    if (s != NULL && wf_profile_rule(j->profile, rule, &r)) unit = wf_units_find_id(j->units, org, id);
    struct pair *p = unit == WF_NO_UNIT ? NULL : pair_of(j, r, unit);
    if (p == NULL) {
        wf_said_free(&s);
        return false;
    }
    wf_said_free(&p->said);
    p->said = s;
    if (s->held) wf_pair_hold(j, p);
    return true;
}

void wf_judge_ticked(wf_judge *j)
{
    for (uint32_t i = 0; i < j->pairs; i++) j->pair[i].changed = WF_NEVER;
}

/* ---- questions ---- */

wf_level wf_judge_rating(wf_judge *j, uint32_t indicator, uint32_t unit, wf_day today)
{
    wf_judge_follow(j);
    for (uint32_t r = 0; r < rules(j); r++) {
        struct pair *p = j->profile->rule[r].indicator == indicator ? pair_of(j, r, unit) : NULL;
        if (p == NULL) continue;
        if (!wf_pair_watched(j, p, today)) continue;
        if (today.n < wf_pair_first_live(j, p).n) return WF_UNKNOWN;
        wf_mark m = wf_pair_now(j, p, today);
        return wf_mark_state(&m);
    }
    return WF_UNKNOWN;
}

static void judged_of(const wf_mark *m, int32_t from, int32_t until, wf_judged *r)
{
    *r = (wf_judged) {
        .from = { from }, .until = { until }, .state = wf_mark_state(m), .carried = wf_mark_level(m), .pending = wf_mark_pending(m),
        .since = { m->since },
    };
    (void) wf_mark_reason(m, r->reason);
}

static bool alike(const wf_judged *a, const wf_judged *b)
{
    return a->state == b->state && a->carried == b->carried && a->pending == b->pending && a->since.n == b->since.n && strcmp(a->reason, b->reason) == 0;
}

/* Judges [first, last] in a pair of its own, a day's marks at a time, and tells runs. */
bool wf_judge_history(const wf_judge *j, uint32_t rule, uint32_t unit, wf_day first, wf_day last, wf_day today, wf_judge_visit *visit, void *ctx)
{
    struct pair p = { .rule = rule, .unit = unit, .changed = WF_NEVER };
    int32_t closed = judged_day(j, &p, today);
    wf_judged run = { .until = { INT32_MIN } }, next;

    if (!watches(j, rule, unit)) return false;
    if (last.n > closed) last.n = closed;
    for (int32_t d = first.n; d <= last.n;) {
        wf_pair_until(j, &p, d, today);
        int32_t end = p.next <= d ? d : p.next - 1 < last.n ? p.next - 1 : last.n;
        judged_of(wf_pair_last_mark(&p), d, end, &next);
        if (run.until.n != INT32_MIN && alike(&run, &next)) {
            run.until = next.until;
        } else {
            if (run.until.n != INT32_MIN) visit(ctx, &run);
            run = next;
        }
        d = end + 1;
    }
    if (run.until.n != INT32_MIN) visit(ctx, &run);
    free(p.mark);
    return true;
}
