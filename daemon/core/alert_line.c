/* alert_line -- the line of a pair: figures held against edges day by day, from one change to the next. */
#include "core/alert_inside.h"
#include <stdlib.h>
#include <string.h>

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

wf_level wf_mark_pending(const wf_mark *m)
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

const wf_mark *wf_pair_last_mark(const struct pair *p) { return &p->mark[p->marks - 1]; }

static bool same(const wf_mark *a, const wf_mark *b)
{
    return a->amber == b->amber && a->red == b->red && a->why == b->why && a->until == b->until && a->amber_from == b->amber_from
        && a->red_from == b->red_from && a->since == b->since;
}

static void push(struct pair *p, const wf_mark *m)
{
    if (p->marks > 0 && same(wf_pair_last_mark(p), m)) return;
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
        wf_mark m = step(r, *wf_pair_last_mark(p), &s, d.n);
        push(p, &m);
        int32_t stop = change.n - 1 < to ? change.n - 1 : to;
        for (int32_t held; (held = next_held(r, wf_pair_last_mark(p))) <= stop;) {
            m = step(r, *wf_pair_last_mark(p), &s, held);
            push(p, &m);
        }
        p->until = stop;
        p->next = next_held(r, wf_pair_last_mark(p)) < change.n ? next_held(r, wf_pair_last_mark(p)) : change.n;
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
void wf_pair_until(const wf_judge *j, struct pair *p, int32_t to, wf_day today)
{
    if (p->marks == 0 || p->mark[0].day > to) find_beginning(j, p, to, today);
    walk(j, p, to, today);
}

/* Forgets what was judged of `from` and later. */
void wf_pair_cut(struct pair *p, int32_t from)
{
    while (p->marks > 0 && wf_pair_last_mark(p)->day >= from) p->marks--;
    if (p->marks > 0 && p->until >= from) p->until = from - 1;
    if (from < p->next) p->next = from;
    if (from < p->changed) p->changed = from;
}

/* Today's state: of the closed days, and with `for = 0` of the open day too. */
wf_mark wf_pair_now(const wf_judge *j, struct pair *p, wf_day today)
{
    wf_pair_until(j, p, today.n - 1, today);
    wf_mark m = *wf_pair_last_mark(p);
    if (closed_only(j, p)) return m;
    struct seen s = look(j, p, today, today);
    return step(rule_of(j, p), m, &s, today.n);
}

/* ---- the line of a pair on some days ---- */

/* Levels of [from, last], as marks; `from` must not be inside a run. `open`: today's mark, of rules that judge it; or NULL. */
void wf_pair_line(const wf_judge *j, struct pair *p, int32_t from, int32_t last, wf_day today, const wf_mark *open, wf_line *ret)
{
    struct pair own = { .rule = p->rule, .unit = p->unit, .changed = WF_NEVER }, *of = p;

    wf_pair_until(j, p, last < today.n ? last : today.n - 1, today);
    if (p->mark[0].day > from) {                    /* the line began later, or its older half was let go */
        of = &own;
        wf_pair_until(j, of, from, today);
        walk(j, of, last < today.n ? last : today.n - 1, today);
    }
    for (uint32_t i = 0; i < of->marks && of->mark[i].day <= last; i++)
        wf_line_set(ret, of->mark[i].day < from ? from : of->mark[i].day, wf_mark_level(&of->mark[i]));
    if (open != NULL && open->day <= last) wf_line_set(ret, open->day, wf_mark_level(open));
    free(own.mark);
}

/* The mark that holds on a closed day. */
wf_mark wf_pair_mark_on(const wf_judge *j, struct pair *p, int32_t day, wf_day today)
{
    struct pair own = { .rule = p->rule, .unit = p->unit, .changed = WF_NEVER }, *of = p;

    if (p->marks == 0 || p->mark[0].day > day || p->until < day) wf_pair_until(j, of = &own, day, today);
    uint32_t i = of->marks;
    while (i > 1 && of->mark[i - 1].day > day) i--;
    wf_mark m = of->mark[i - 1];
    free(own.mark);
    return m;
}

/* The first day of the runs, known or told, that reach `from` or the day before. */
int32_t wf_pair_reaches_back(const wf_judge *j, struct pair *p, int32_t from, wf_day today)
{
    wf_mark m = wf_pair_mark_on(j, p, from - 1, today);
    int32_t back = wf_mark_level(&m) > WF_OKAY && m.since < from ? m.since : from;

    for (uint32_t i = 0; p->said != NULL && i < p->said->told.n; i++) {
        int32_t first, last;
        wf_told_days(&p->said->told.run[i], &first, &last);
        if (first < back && last >= from - 1) back = first;
    }
    return back;
}
