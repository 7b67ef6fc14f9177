#include "core/alert_parts.h"
#include <stdlib.h>
#include <string.h>

/* A rule in a unit. Marks stand where the state changes; the line is judged from the first mark to `until`. */
struct pair {
    uint32_t rule, unit;
    wf_mark *mark; uint16_t marks, cap;
    int32_t until;                  /* judged up to this closed day; means nothing without marks */
    int32_t next;                   /* first later day on which anything can change by time alone */
    bool queued;
    uint32_t sibling;               /* another pair of the same organisation + 1 */
    wf_said *said;                  /* NULL: nothing yet */
};

struct wf_judge {
    const wf_book *book;
    const wf_complete *complete;
    const wf_profile *profile;
    const wf_units *units;
    wf_day in_force;
    uint64_t number;
    struct pair *pair; uint32_t pairs, cap;
    uint32_t *of; uint32_t known, of_cap;       /* of[unit * rules + rule]: pair + 1 */
    uint32_t *in_org; uint32_t org_cap;         /* in_org[unit of an organisation]: its last pair + 1 */
    uint32_t *queue, queued, queue_cap;
};

static void *grown(void *p, uint32_t *cap, uint32_t need, size_t size)
{
    if (need <= *cap) return p;
    uint32_t more = *cap + *cap / 2 + 16;
    *cap = more > need ? more : need;
    p = realloc(p, *cap * size);
    WF_ASSERT(p != NULL);
    return p;
}

static uint32_t rules(const wf_judge *j) { return (uint32_t) j->profile->rule_count; }
static const wf_rule *rule_of(const wf_judge *j, const struct pair *p) { return &j->profile->rule[p->rule]; }

/* ---- pairs ---- */

static bool watches(const wf_judge *j, uint32_t rule, uint32_t unit)
{
    const wf_rule *r = &j->profile->rule[rule];

    for (size_t i = 0; i < r->unit_count; i++)
        if (wf_units_matches(j->units, unit, r->units[i])) return true;
    return false;
}

/* Takes up units that have appeared. A pair that was never judged is due at once. */
static void follow(wf_judge *j)
{
    uint32_t units = wf_units_count(j->units);

    if (units == j->known) return;
    j->of = grown(j->of, &j->of_cap, units * rules(j), sizeof *j->of);
    j->in_org = grown(j->in_org, &j->org_cap, units, sizeof *j->in_org);
    memset(j->in_org + j->known, 0, (units - j->known) * sizeof *j->in_org);
    for (uint32_t u = j->known; u < units; u++)
        for (uint32_t r = 0; r < rules(j); r++) {
            uint32_t *in_org = &j->in_org[wf_units_org(j->units, u)];
            j->of[u * rules(j) + r] = 0;
            if (!watches(j, r, u)) continue;
            j->pair = grown(j->pair, &j->cap, j->pairs + 1, sizeof *j->pair);
            j->pair[j->pairs] = (struct pair) { .rule = r, .unit = u, .next = INT32_MIN, .sibling = *in_org };
            *in_org = j->of[u * rules(j) + r] = ++j->pairs;
        }
    j->known = units;
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
    follow(j);
    return j;
}

void wf_judge_free(wf_judge **p)
{
    wf_judge *j = *p;

    if (j == NULL) return;
    for (uint32_t i = 0; i < j->pairs; i++) {
        free(j->pair[i].mark);
        free(j->pair[i].said);
    }
    free(j->pair);
    free(j->of);
    free(j->in_org);
    free(j->queue);
    free(j);
    *p = NULL;
}

uint64_t wf_judge_number(const wf_judge *j) { return j->number; }

/* ---- one day against a rule ---- */

/* Edges broken, clears passed, and the first later day on which that can be otherwise. */
struct seen { wf_why why; wf_day until, next; bool amber, red, amber_past, red_past; };

static struct seen look(const wf_judge *j, const struct pair *p, wf_day day, wf_day today)
{
    const wf_rule *r = rule_of(j, p);
    const int64_t edge[WF_EDGES] = { r->amber, r->red, r->amber_clear, r->red_clear };
    struct seen s = { WF_KNOWN, day, day, false, false, false, false };
    bool beyond[WF_EDGES];
    wf_stand f;

    wf_figure_stand(j->book, j->complete, r->indicator, p->unit, day, today, edge, &f);
    s.next = f.rests_until;
    if (f.status == WF_FIGURE_X) s.why = WF_NO_SPAN, s.until = f.no_data_until;
    else if (f.people < r->least_people) s.why = WF_FEW_PEOPLE;
    else if (f.status == WF_FIGURE_Z) s.why = WF_NO_DENOMINATOR;
    else if (f.status == WF_FIGURE_U) s.why = WF_UNRELIABLE;
    if (s.why != WF_KNOWN) return s;
    for (size_t k = 0; k < WF_EDGES; k++) beyond[k] = edge[k] != WF_NO_EDGE && (r->above ? f.side[k] >= 0 : f.side[k] <= 0);
    s.amber = beyond[0];
    s.red = beyond[1];
    s.amber_past = !beyond[2];
    s.red_past = !beyond[3];
    return s;
}

wf_level wf_mark_level(const wf_mark *m) { return m->red ? WF_RED : m->amber ? WF_AMBER : WF_OKAY; }
wf_level wf_mark_state(const wf_mark *m) { return m->why != WF_KNOWN ? WF_UNKNOWN : wf_mark_level(m); }

static wf_level pending(const wf_mark *m)
{
    if (m->red_from != WF_NEVER && !m->red) return WF_RED;
    return m->amber_from != WF_NEVER && !m->amber && !m->red ? WF_AMBER : WF_OKAY;
}

static void set_levels(wf_mark *m, bool amber, bool red, int32_t day)
{
    bool stood = m->amber || m->red;

    m->amber = amber;
    m->red = red;
    if (stood != (amber || red)) m->since = day;
}

static int32_t needed(const wf_rule *r) { return r->for_days > 1 ? r->for_days : 1; }

/* A2: one day. The figure of an unknown day ends every run of `for` and leaves the level. */
static wf_mark step(const wf_rule *r, wf_mark m, const struct seen *s, int32_t day)
{
    m.day = day;
    m.why = (uint8_t) s->why;
    m.until = s->why == WF_NO_SPAN ? s->until.n : 0;
    if (s->why != WF_KNOWN) {
        m.amber_from = m.red_from = WF_NEVER;
        return m;
    }
    m.amber_from = !s->amber ? WF_NEVER : m.amber_from == WF_NEVER ? day : m.amber_from;
    m.red_from = !s->red ? WF_NEVER : m.red_from == WF_NEVER ? day : m.red_from;
    bool amber_held = s->amber && day - m.amber_from + 1 >= needed(r), red_held = s->red && day - m.red_from + 1 >= needed(r);
    set_levels(&m, (m.amber && !s->amber_past) || amber_held, (m.red && !s->red_past) || red_held, day);
    return m;
}

/* ---- the line of a pair ---- */

static const wf_mark *last_mark(const struct pair *p) { return &p->mark[p->marks - 1]; }

static bool same(const wf_mark *a, const wf_mark *b)
{
    return a->amber == b->amber && a->red == b->red && a->why == b->why && a->until == b->until && a->amber_from == b->amber_from
        && a->red_from == b->red_from && a->since == b->since;
}

static void push(struct pair *p, const wf_mark *m)
{
    if (p->marks > 0 && same(last_mark(p), m)) return;
    if (p->marks == p->cap) {
        if (p->cap >= 256) {                        /* the line may begin anywhere: the older half is worked out again if asked for */
            memmove(p->mark, p->mark + p->marks / 2, (p->marks - p->marks / 2) * sizeof *p->mark);
            p->marks = (uint16_t) (p->marks - p->marks / 2);
        } else {
            p->cap = (uint16_t) (p->cap == 0 ? 2 : p->cap * 2);
            p->mark = realloc(p->mark, p->cap * sizeof *p->mark);
            WF_ASSERT(p->mark != NULL);
        }
    }
    p->mark[p->marks++] = *m;
}

/* The next day after `day` on which a run of `for` makes a level, the figure staying as it is. */
static int32_t next_held(const wf_rule *r, const wf_mark *m)
{
    int32_t next = WF_NEVER;

    if (m->amber_from != WF_NEVER && !m->amber) next = m->amber_from + needed(r) - 1;
    if (m->red_from != WF_NEVER && !m->red && m->red_from + needed(r) - 1 < next) next = m->red_from + needed(r) - 1;
    return next;
}

/* Judges closed days up to `to`, from one change of the figure to the next. */
static void walk(const wf_judge *j, struct pair *p, int32_t to, wf_day today)
{
    const wf_rule *r = rule_of(j, p);

    while (p->until < to) {
        wf_day d = { p->until + 1 };
        struct seen s = look(j, p, d, today);
        wf_day change = s.next;
        wf_mark m = step(r, *last_mark(p), &s, d.n);
        push(p, &m);
        int32_t stop = change.n - 1 < to ? change.n - 1 : to;
        for (int32_t held; (held = next_held(r, last_mark(p))) <= stop;) {
            m = step(r, *last_mark(p), &s, held);
            push(p, &m);
        }
        p->until = stop;
        p->next = next_held(r, last_mark(p)) < change.n ? next_held(r, last_mark(p)) : change.n;
    }
}

static void begin(struct pair *p, wf_mark m, int32_t until)
{
    p->marks = 0;
    push(p, &m);
    p->until = until;
}

/* Where judging may begin for the state of `day`: a day past every clear is ok whatever came before; before the first
 * day that is known nothing was. */
static void find_beginning(const wf_judge *j, struct pair *p, int32_t day, wf_day today)
{
    wf_mark plain = { .amber_from = WF_NEVER, .red_from = WF_NEVER };
    wf_day first = WF_DAY_FIRST;

    struct seen earliest = look(j, p, first, today);
    if (earliest.why == WF_NO_SPAN) first = earliest.next;
    for (int32_t back = 0; day - back >= first.n; back = back * 2 + 1) {
        struct seen s = look(j, p, (wf_day) { day - back }, today);
        if (s.why != WF_KNOWN || !s.amber_past || !s.red_past) continue;
        plain.day = plain.since = day - back;
        begin(p, plain, day - back);
        p->next = INT32_MIN;
        return;
    }
    plain.day = plain.since = INT32_MIN;
    plain.why = WF_NO_SPAN;
    plain.until = first.n;
    begin(p, plain, first.n - 1 < day ? first.n - 1 : day);
    p->next = first.n;
}

/* Brings the line up to the closed day `to`. */
static void judge_until(const wf_judge *j, struct pair *p, int32_t to, wf_day today)
{
    if (p->marks == 0 || p->mark[0].day > to) find_beginning(j, p, to, today);
    walk(j, p, to, today);
}

/* Forgets what was judged of `from` and later. */
static void cut(struct pair *p, int32_t from)
{
    while (p->marks > 0 && last_mark(p)->day >= from) p->marks--;
    if (p->marks > 0 && p->until >= from) p->until = from - 1;
    if (from < p->next) p->next = from;
}

/* Today's state: of the closed days, and with `for = 0` of the open day too. */
static wf_mark state_now(const wf_judge *j, struct pair *p, wf_day today)
{
    judge_until(j, p, today.n - 1, today);
    wf_mark m = *last_mark(p);
    if (rule_of(j, p)->for_days > 0) return m;
    struct seen s = look(j, p, today, today);
    return step(rule_of(j, p), m, &s, today.n);
}

/* ---- telling ---- */

static bool live(const wf_judge *j, const struct pair *p, wf_day today)
{
    uint32_t types = wf_figure_rests_on(j->profile, rule_of(j, p)->indicator);
    wf_day said = wf_complete_first_said(j->complete, wf_units_org(j->units, p->unit), types);

    return today.n >= j->in_force.n && today.n >= said.n;
}

/* Nothing is said of ok and unknown as long as no alert stands. */
static bool differs(const wf_said *s, const wf_mark *m)
{
    wf_level stood = s == NULL ? WF_OKAY : s->level, level = wf_mark_level(m);

    if (stood == WF_OKAY && level == WF_OKAY) return false;
    return s == NULL || level != stood || wf_mark_state(m) != s->state;
}

static void pack(const wf_judge *j, const struct pair *p, wf_told *t)
{
    wf_str org = wf_units_org_id(j->units, p->unit);

    wf_said_pack(p->said, rule_of(j, p)->name, org, wf_units_org(j->units, p->unit) == p->unit ? (wf_str) { 0 } : wf_units_id(j->units, p->unit), t);
}

struct moment { wf_day today; bool tick; uint64_t sequence; wf_judge_emit *emit; void *ctx; };

static wf_rc consider(wf_judge *j, struct pair *p, const struct moment *at, wf_err *e)
{
    bool for_closed = rule_of(j, p)->for_days > 0;

    if (!live(j, p, at->today)) return WF_OK;
    wf_mark m = state_now(j, p, at->today);
    if (!differs(p->said, &m)) return WF_OK;
    wf_message say = {
        .book = j->book, .complete = j->complete, .rule = p->rule, .unit = p->unit, .today = at->today, .mark = m,
        .day = for_closed ? (wf_day) { at->today.n - 1 } : at->today, .closed = for_closed && at->tick,
        .before = WF_OKAY, .number = ++j->number, .sequence = at->sequence,
    };
    for (size_t i = p->marks; i-- > 0;)
        if (p->mark[i].day < m.since) { say.before = wf_mark_state(&p->mark[i]); break; }
    if (p->said == NULL) p->said = calloc(1, sizeof *p->said);
    WF_ASSERT(p->said != NULL);
    wf_alert *a = calloc(1, sizeof *a);
    wf_told told;
    char reason[48];
    WF_ASSERT(a != NULL);
    wf_message_write(&say, p->said, a, reason);
    pack(j, p, &told);
    wf_rc rc = at->emit(at->ctx, a, &told, e);
    free(a);
    return rc;
}

/* ---- touching ---- */

static void touch(wf_judge *j, struct pair *p, int32_t from)
{
    cut(p, from);
    if (p->queued) return;
    p->queued = true;
    j->queue = grown(j->queue, &j->queue_cap, j->queued + 1, sizeof *j->queue);
    j->queue[j->queued++] = (uint32_t) (p - j->pair);
}

void wf_judge_touch(wf_judge *j, uint32_t indicator, uint32_t unit, wf_day from, wf_day today)
{
    if (unit >= j->known) follow(j);
    for (uint32_t r = 0; r < rules(j); r++) {
        struct pair *p = j->profile->rule[r].indicator == indicator ? pair_of(j, r, unit) : NULL;
        if (p == NULL) continue;
        if (rule_of(j, p)->for_days > 0 && from.n >= today.n) cut(p, from.n);
        else touch(j, p, from.n);
    }
}

void wf_judge_touch_org(wf_judge *j, uint32_t org, wf_day from)
{
    follow(j);
    for (uint32_t i = org < j->known ? j->in_org[org] : 0; i != 0; i = j->pair[i - 1].sibling) touch(j, &j->pair[i - 1], from.n);
}

/* ---- judging ---- */

static wf_rc judge_queue(wf_judge *j, const struct moment *at, wf_err *e)
{
    for (uint32_t i = 0; i < j->queued; i++) {
        struct pair *p = &j->pair[j->queue[i]];
        p->queued = false;
        WF_TRY(consider(j, p, at, e));
    }
    j->queued = 0;
    return WF_OK;
}

wf_rc wf_judge_frame(wf_judge *j, wf_day today, uint64_t sequence, wf_judge_emit *emit, void *ctx, wf_err *e)
{
    follow(j);
    return judge_queue(j, &(struct moment) { today, false, sequence, emit, ctx }, e);
}

/* Where today's tree is applied to the whole past, another tree today is another past. */
static void turn_trees(wf_judge *j, wf_day ended)
{
    for (uint32_t i = 0; i < j->pairs; i++) {
        uint32_t u = j->pair[i].unit;
        if (wf_units_reads_today(j->units, u) && wf_units_next_version(j->units, u, ended).n == ended.n + 1) cut(&j->pair[i], INT32_MIN);
    }
}

wf_rc wf_judge_tick(wf_judge *j, wf_day ended, uint64_t sequence, wf_judge_emit *emit, void *ctx, wf_err *e)
{
    const struct moment at = { { ended.n + 1 }, true, sequence, emit, ctx };

    follow(j);
    turn_trees(j, ended);
    WF_TRY(judge_queue(j, &at, e));
    for (uint32_t i = 0; i < j->pairs; i++) {
        struct pair *p = &j->pair[i];
        if (p->next <= ended.n + (rule_of(j, p)->for_days == 0)) WF_TRY(consider(j, p, &at, e));
    }
    return WF_OK;
}

wf_rc wf_judge_all(wf_judge *j, wf_day today, uint64_t sequence, wf_judge_emit *emit, void *ctx, wf_err *e)
{
    const struct moment at = { today, false, sequence, emit, ctx };

    follow(j);
    for (uint32_t i = 0; i < j->pairs; i++) WF_TRY(consider(j, &j->pair[i], &at, e));
    return WF_OK;
}

/* ---- what was told ---- */

bool wf_judge_import(wf_judge *j, const void *bytes, size_t n)
{
    wf_said s;
    wf_str rule, org, id;
    uint32_t r;

    follow(j);
    if (!wf_said_unpack(bytes, n, &s, &rule, &org, &id) || !wf_profile_rule(j->profile, rule, &r)) return false;
    uint32_t unit = wf_units_find_id(j->units, org, id);
    struct pair *p = unit == WF_NO_UNIT ? NULL : pair_of(j, r, unit);
    if (p == NULL) return false;
    if (p->said == NULL) p->said = calloc(1, sizeof *p->said);
    WF_ASSERT(p->said != NULL);
    *p->said = s;
    return true;
}

/* ---- questions ---- */

wf_level wf_judge_rating(wf_judge *j, uint32_t indicator, uint32_t unit, wf_day today)
{
    follow(j);
    for (uint32_t r = 0; r < rules(j); r++) {
        struct pair *p = j->profile->rule[r].indicator == indicator ? pair_of(j, r, unit) : NULL;
        if (p == NULL) continue;
        if (!live(j, p, today)) return WF_UNKNOWN;
        wf_mark m = state_now(j, p, today);
        return wf_mark_state(&m);
    }
    return WF_UNKNOWN;
}

static void judged_of(const wf_mark *m, int32_t from, int32_t until, wf_judged *r)
{
    *r = (wf_judged) {
        .from = { from }, .until = { until }, .state = wf_mark_state(m), .carried = wf_mark_level(m), .pending = pending(m),
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
    struct pair p = { .rule = rule, .unit = unit };
    int32_t closed = today.n - (j->profile->rule[rule].for_days > 0);
    wf_judged run = { .until = { INT32_MIN } }, next;

    if (!watches(j, rule, unit)) return false;
    if (last.n > closed) last.n = closed;
    for (int32_t d = first.n; d <= last.n;) {
        judge_until(j, &p, d, today);
        int32_t end = p.next <= d ? d : p.next - 1 < last.n ? p.next - 1 : last.n;
        judged_of(last_mark(&p), d, end, &next);
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
