/* engagement -- starters, changes, leavers and placements of one person: who is in post where, who came and who left, and
 * the place in which the person's work stands (MEASURES.md 2 to 4). */
#include "core/fold.h"

#include <stdlib.h>
#include <string.h>

/* What an engagement is from a day on. */
struct state {
    int32_t day;
    int64_t fte;
    int32_t registered;
    uint16_t unit, role, contract;
    bool post, covers, cover_vacancy;
};

struct engagement {
    wf_spell spell;
    struct state *state;            /* by day; the first is that of the first day */
    uint32_t states;
    int32_t end;                    /* spell.until, or the day of the start that it is joined to */
    int joined_from, joined_to;     /* index, or -1 */
    bool paired;                    /* its end has been looked at */
};

struct person {
    wf_fold *f;
    const wf_timeline *t;
    struct engagement *e;
    int n;
    struct state *pool;
    int32_t *day;                   /* days on which something changes, sorted */
    uint32_t days;
};

static int rank_of(const wf_fold *f, uint16_t role)
{
    int r = role < f->settings.ranks ? f->settings.rank[role] : 0;
    return r == 0 ? INT32_MAX : r;  /* unknown, or not in the list: last */
}

static bool workforce_role(const wf_fold *f, uint16_t role) { return role != 0 && rank_of(f, role) != INT32_MAX; }

/* ---- states of one engagement ---- */

static void apply(struct state *s, const wf_detail *d, uint16_t org)
{
    if (d->given & WF_HAS_UNIT)
        s->unit = d->nil & WF_HAS_UNIT ? org : d->unit;
    if (d->given & WF_HAS_ROLE)
        s->role = d->role;
    if (d->given & WF_HAS_CONTRACT)
        s->contract = d->contract;
    if (d->given & WF_HAS_FTE)
        s->fte = d->fte;
    if (d->given & WF_HAS_REGISTERED)
        s->registered = d->registered;
    if (d->given & WF_HAS_POST)
        s->post = !(d->nil & WF_HAS_POST);
    if (d->given & WF_HAS_COVERS)
        s->covers = !(d->nil & WF_HAS_COVERS);
    if (d->given & WF_HAS_COVER_REASON)
        s->cover_vacancy = d->cover_vacancy;
}

/* The facts of a spell that say what it is: its start and the changes inside it, in order. */
static bool says(const wf_timeline *t, const wf_spell *s, const wf_fact *f)
{
    if (f == s->start)
        return true;
    return f->type == WF_CHANGE && f->day >= s->first && f->day < s->until && wf_timeline_same(t, wf_timeline_key(t, f), s->key);
}

static void states_of(struct person *p, struct engagement *e, struct state *room)
{
    const wf_timeline *t = p->t;
    struct state now = { .unit = t->org, .registered = INT32_MIN };
    e->state = room;
    for (uint32_t i = wf_timeline_lower(t, WF_CHAIN_ENGAGEMENT, e->spell.first); i < t->chain[WF_CHAIN_ENGAGEMENT].n; i++) {
        const wf_fact *f = &t->chain[WF_CHAIN_ENGAGEMENT].fact[i];
        if (f->day > e->spell.until)
            break;
        if (!says(t, &e->spell, f))
            continue;
        apply(&now, wf_detail_of(t, f), t->org);
        now.day = f->day;
        if (e->states > 0 && e->state[e->states - 1].day == f->day)
            e->states--;
        e->state[e->states++] = now;
    }
}

static const struct state *state_at(const struct engagement *e, int32_t day)
{
    uint32_t lo = 0, hi = e->states;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (e->state[mid].day > day)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo == 0 ? NULL : &e->state[lo - 1];
}

static bool counts(const struct person *p, const struct state *s, int32_t day)
{
    return (s->role == 0 || workforce_role(p->f, s->role)) && s->registered <= day;
}

/* The state on a day on which the engagement stands (joined ends moved) and is in the workforce, else NULL. */
static const struct state *in_workforce(const struct person *p, int i, int32_t day)
{
    const struct engagement *e = &p->e[i];
    if (day < e->spell.first || day >= e->end)
        return NULL;
    const struct state *s = state_at(e, day);
    return s != NULL && counts(p, s, day) ? s : NULL;
}

/* L3: most senior role, larger FTE, earlier start, smaller id. Negative: a goes first. */
static int senior_cmp(const struct person *p, int a, const struct state *sa, int b, const struct state *sb)
{
    int ra = rank_of(p->f, sa->role), rb = rank_of(p->f, sb->role);
    if (ra != rb)
        return ra < rb ? -1 : 1;
    if (sa->fte != sb->fte)
        return sa->fte > sb->fte ? -1 : 1;
    if (p->e[a].spell.first != p->e[b].spell.first)
        return p->e[a].spell.first < p->e[b].spell.first ? -1 : 1;
    return wf_str_cmp(wf_timeline_text(p->t, p->e[a].spell.key), wf_timeline_text(p->t, p->e[b].spell.key));
}

/* ---- joining (T3) ---- */

static bool may_end(const struct person *p, int i)
{
    const struct engagement *e = &p->e[i];
    if (e->spell.end == NULL || e->spell.first == e->spell.until || (e->spell.end->flags & WF_FACT_ADJUSTMENT))
        return false;
    const wf_detail *d = wf_detail_of(p->t, e->spell.end);
    return d->leaver_kind && !d->reason_7 && workforce_role(p->f, state_at(e, e->spell.until - 1)->role);
}

static bool may_start(const struct person *p, int i)
{
    const struct engagement *e = &p->e[i];
    if (e->spell.first == e->spell.until || (e->spell.start->flags & WF_FACT_ADJUSTMENT) || wf_detail_of(p->t, e->spell.start)->transfer)
        return false;
    return workforce_role(p->f, state_at(e, e->spell.first)->role);
}

static int end_before(const struct person *p, int a, int b)
{
    return senior_cmp(p, a, state_at(&p->e[a], p->e[a].spell.until - 1), b, state_at(&p->e[b], p->e[b].spell.until - 1));
}

static int start_before(const struct person *p, int a, int b)
{
    return senior_cmp(p, a, state_at(&p->e[a], p->e[a].spell.first), b, state_at(&p->e[b], p->e[b].spell.first));
}

static int best_start(const struct person *p, int end)
{
    wf_day x = { p->e[end].spell.until };
    int32_t latest = wf_calendar_next_working(p->f->calendar, x).n;
    int best = -1;
    for (int i = 0; i < p->n; i++) {
        int32_t y = p->e[i].spell.first;
        if (p->e[i].joined_from >= 0 || y <= x.n || y > latest || !may_start(p, i))
            continue;
        if (best < 0 || start_before(p, i, best) < 0)
            best = i;
    }
    return best;
}

static void join(struct person *p)
{
    for (int i = 0; i < p->n; i++)
        p->e[i].paired = !may_end(p, i);
    for (;;) {
        int end = -1;
        for (int i = 0; i < p->n; i++)
            if (!p->e[i].paired && (end < 0 || end_before(p, i, end) < 0))
                end = i;
        if (end < 0)
            return;
        p->e[end].paired = true;
        int start = best_start(p, end);
        if (start >= 0) {
            p->e[end].joined_to = start;
            p->e[start].joined_from = end;
            p->e[end].end = p->e[start].spell.first;
        }
    }
}

/* ---- loading a person ---- */

static void person_end(struct person *p)
{
    free(p->e);
    free(p->pool);
    free(p->day);
}

static void mark_days(struct person *p)
{
    wf_fold *f = p->f;
    f->marks = 0;
    for (int i = 0; i < p->n; i++) {
        struct engagement *e = &p->e[i];
        for (uint32_t k = 0; k < e->states; k++) {
            wf_fold_mark(f, e->state[k].day);
            if (e->state[k].registered > e->state[k].day)
                wf_fold_mark(f, e->state[k].registered);
        }
        wf_fold_mark(f, e->end);
    }
}

static void person_load(struct person *p, wf_fold *f, const wf_timeline *t)
{
    wf_spell *s;
    uint32_t n = wf_fold_spells(f, t, WF_CHAIN_ENGAGEMENT, &s);
    *p = (struct person) { .f = f, .t = t };
    p->e = calloc(n + 1, sizeof *p->e);
    p->pool = calloc(t->chain[WF_CHAIN_ENGAGEMENT].n + 1, sizeof *p->pool);
    WF_ASSERT(p->e != NULL && p->pool != NULL);
    uint32_t used = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (s[i].start == NULL)
            continue;
        struct engagement *e = &p->e[p->n++];
        *e = (struct engagement) { .spell = s[i], .end = s[i].until, .joined_from = -1, .joined_to = -1 };
        states_of(p, e, p->pool + used);
        used += e->states;
    }
    free(s);
    join(p);
    mark_days(p);
}

static void take_marks(struct person *p)
{
    wf_fold_marks_sort(p->f);
    p->days = p->f->marks;
    p->day = calloc(p->days + 1, sizeof *p->day);
    WF_ASSERT(p->day != NULL);
    if (p->days > 0)
        memcpy(p->day, p->f->mark, p->days * sizeof *p->day);
}

static int main_at(const struct person *p, int32_t day)
{
    int best = -1;
    const struct state *sb = NULL;
    for (int i = 0; i < p->n; i++) {
        const struct state *s = in_workforce(p, i, day);
        if (s != NULL && (best < 0 || senior_cmp(p, i, s, best, sb) < 0)) {
            best = i;
            sb = s;
        }
    }
    return best;
}

/* ---- one day's comparison ---- */

struct turn {                       /* of one engagement between two days */
    const struct state *before, *after;
    int from;                       /* the engagement that `before` is of: itself, or the one joined to it */
};

static uint32_t cell_of(wf_fold *f, const struct state *s) { return wf_fold_cell(f, s->unit, s->role, s->contract); }

static uint32_t cell_with(wf_fold *f, const struct state *s, wf_dimension d, uint16_t code, wf_dimension d2, uint16_t code2)
{
    wf_cell c = { { 0 } };
    c.code[WF_D_UNIT] = s->unit;
    c.code[WF_D_ROLE] = s->role;
    c.code[WF_D_CONTRACT] = s->contract;
    c.code[d] = code;
    c.code[d2] = code2;
    return wf_ledger_cell(f->ledger, &c);
}

/* The last change of the day that changes role or registration (roles), or team, role or contract. */
static const wf_fact *changer(const struct person *p, int i, int32_t day, bool role_or_registration)
{
    const struct engagement *e = &p->e[i];
    const struct state *old = state_at(e, day - 1);
    struct state now = old != NULL ? *old : (struct state) { .unit = p->t->org, .registered = INT32_MIN };
    const wf_fact *last = NULL;
    for (uint32_t k = wf_timeline_lower(p->t, WF_CHAIN_ENGAGEMENT, day); k < p->t->chain[WF_CHAIN_ENGAGEMENT].n; k++) {
        const wf_fact *f = &p->t->chain[WF_CHAIN_ENGAGEMENT].fact[k];
        if (f->day != day)
            break;
        if (!says(p->t, &e->spell, f))
            continue;
        struct state was = now;
        apply(&now, wf_detail_of(p->t, f), p->t->org);
        bool differs = role_or_registration ? now.role != was.role || now.registered != was.registered
                                            : now.unit != was.unit || now.role != was.role || now.contract != was.contract;
        if (differs && f != e->spell.start)
            last = f;
    }
    return last;
}

/* Cause that a change gives: adjustment, its why, else `otherwise`. */
static wf_cause cause_of(const struct person *p, const wf_fact *f, wf_cause otherwise)
{
    if (f == NULL)
        return otherwise;
    if (f->flags & WF_FACT_ADJUSTMENT)
        return WF_BY_ADJUSTMENT;
    wf_cause why = (wf_cause) wf_detail_of(p->t, f)->why;
    return why == WF_BY_MOVE ? otherwise : why;
}

static wf_cause start_cause(const struct person *p, int i, int32_t day, wf_cause otherwise)
{
    const struct engagement *e = &p->e[i];
    if (e->spell.first != day)
        return cause_of(p, changer(p, i, day, true), otherwise);
    if (e->spell.start->flags & WF_FACT_ADJUSTMENT)
        return WF_BY_ADJUSTMENT;
    return wf_detail_of(p->t, e->spell.start)->transfer ? WF_BY_TRANSFER : otherwise;
}

static wf_cause end_cause(const struct person *p, int i, int32_t day, wf_cause otherwise)
{
    const struct engagement *e = &p->e[i];
    if (e->end != day)
        return cause_of(p, changer(p, i, day, true), otherwise);
    if (e->spell.end->flags & WF_FACT_ADJUSTMENT)
        return WF_BY_ADJUSTMENT;
    return wf_detail_of(p->t, e->spell.end)->transfer ? WF_BY_TRANSFER : otherwise;
}

static wf_cause move_cause(const struct person *p, int i, const struct turn *u, int32_t day)
{
    bool moved = u->before->unit != u->after->unit || u->before->role != u->after->role;
    wf_cause otherwise = moved ? WF_BY_MOVE : WF_BY_BAND;
    return u->from != i ? otherwise : cause_of(p, changer(p, i, day, false), otherwise);
}

static wf_cause hours_cause(const struct person *p, int i, int32_t day)
{
    const struct engagement *e = &p->e[i];
    wf_cause cause = WF_BY_HOURS;
    for (uint32_t k = wf_timeline_lower(p->t, WF_CHAIN_ENGAGEMENT, day); k < p->t->chain[WF_CHAIN_ENGAGEMENT].n; k++) {
        const wf_fact *f = &p->t->chain[WF_CHAIN_ENGAGEMENT].fact[k];
        if (f->day != day)
            break;
        if (says(p->t, &e->spell, f) && (wf_detail_of(p->t, f)->given & WF_HAS_FTE))
            cause = f->flags & WF_FACT_ADJUSTMENT ? WF_BY_ADJUSTMENT : WF_BY_HOURS;
    }
    return cause;
}

/* The entries of those who begin on `first`, posted to a measure of starters on `day`. */
static void emit_starters(struct person *p, wf_measure m, int32_t first, int32_t day, int sign)
{
    int main = main_at(p, first);
    for (int i = 0; i < p->n; i++) {
        const struct state *s = in_workforce(p, i, first);
        if (s == NULL || start_cause(p, i, first, WF_BY_STARTER) != WF_BY_STARTER)
            continue;
        uint16_t origin = wf_detail_of(p->t, p->e[i].spell.start)->origin;
        uint32_t cell = cell_with(p->f, s, WF_D_ORIGIN, origin, WF_D_REASON, 0);
        wf_fold_emit(p->f, m, WF_OUTSIDE, cell, WF_BY_STARTER, day, sign * (i == main), sign * s->fte);
    }
}

static void come(struct person *p, int32_t day)
{
    int main = main_at(p, day);
    for (int i = 0; i < p->n; i++) {
        const struct state *s = in_workforce(p, i, day);
        if (s != NULL)
            wf_fold_emit(p->f, WF_M_IN_POST, WF_OUTSIDE, cell_of(p->f, s), start_cause(p, i, day, WF_BY_STARTER), day, i == main, s->fte);
    }
    emit_starters(p, WF_M_STARTERS, day, day, 1);
    emit_starters(p, WF_M_CENSUS_STARTERS, day, day, 1);
}

/* L6: heads and FTE that the ending spell had on the last 30 September before x. */
static bool census_stock(const struct person *p, int32_t first, int32_t x, int64_t *fte)
{
    int32_t on = wf_day_last_30_september_before((wf_day) { x }).n;
    bool any = false;
    *fte = 0;
    for (int i = 0; i < p->n; i++) {
        const struct engagement *e = &p->e[i];
        const struct state *s = on >= first ? in_workforce(p, i, on) : NULL;
        bool adjusted = e->spell.first > on && e->spell.first >= first && e->spell.first < x && (e->spell.start->flags & WF_FACT_ADJUSTMENT);
        if (s == NULL && adjusted) {
            const wf_detail *d = wf_detail_of(p->t, e->spell.start);
            bool since = (d->given & ~d->nil & WF_HAS_SINCE) != 0;
            s = since && d->since > on ? NULL : in_workforce(p, i, e->spell.first);
        }
        if (s != NULL) {
            any = true;
            *fte += s->fte;
        }
    }
    return any;
}

static uint32_t leaver_cell(struct person *p, int i, const struct state *s, int32_t day)
{
    const struct engagement *e = &p->e[i];
    const wf_detail *d = e->end == day && e->spell.end != NULL ? wf_detail_of(p->t, e->spell.end) : NULL;
    return cell_with(p->f, s, WF_D_REASON, d != NULL ? d->reason : 0, WF_D_DESTINATION, d != NULL ? d->destination : 0);
}

static void census_leave(struct person *p, int32_t first, int32_t day, int main)
{
    int64_t all, sum = 0, given = 0;
    if (!census_stock(p, first, day, &all))
        return;
    int top = -1;
    const struct state *st = NULL;
    for (int i = 0; i < p->n; i++) {
        const struct state *s = in_workforce(p, i, day - 1);
        if (s == NULL || end_cause(p, i, day, WF_BY_LEAVER) != WF_BY_LEAVER)
            continue;
        sum += s->fte;
        if (top < 0 || senior_cmp(p, i, s, top, st) < 0) {
            top = i;
            st = s;
        }
    }
    for (int i = 0; sum > 0 && i < p->n; i++) {
        const struct state *s = in_workforce(p, i, day - 1);
        if (s == NULL || i == top || end_cause(p, i, day, WF_BY_LEAVER) != WF_BY_LEAVER)
            continue;
        int64_t part = (int64_t) ((__int128) all * s->fte / sum);
        given += part;
        wf_fold_emit(p->f, WF_M_CENSUS_LEAVERS, WF_OUTSIDE, leaver_cell(p, i, s, day), WF_BY_LEAVER, day, 0, part);
    }
    const struct state *sm = in_workforce(p, main, day - 1);
    int rest = sum > 0 ? top : main;
    wf_fold_emit(p->f, WF_M_CENSUS_LEAVERS, WF_OUTSIDE, leaver_cell(p, main, sm, day), WF_BY_LEAVER, day, 1, 0);
    wf_fold_emit(p->f, WF_M_CENSUS_LEAVERS, WF_OUTSIDE, leaver_cell(p, rest, in_workforce(p, rest, day - 1), day), WF_BY_LEAVER, day, 0, all - given);
}

/* `first`: of the run of days in the workforce that is over. */
static void go(struct person *p, int32_t first, int32_t day)
{
    wf_fold *f = p->f;
    int main = main_at(p, day - 1);
    for (int i = 0; i < p->n; i++) {
        const struct state *s = in_workforce(p, i, day - 1);
        if (s == NULL)
            continue;
        wf_cause cause = end_cause(p, i, day, WF_BY_LEAVER);
        int64_t head = i == main ? 1 : 0;
        wf_fold_emit(f, WF_M_IN_POST, cell_of(f, s), WF_OUTSIDE, cause, day, head, s->fte);
        if (cause == WF_BY_LEAVER)
            wf_fold_emit(f, WF_M_LEAVERS, WF_OUTSIDE, leaver_cell(p, i, s, day), cause, day, head, s->fte);
    }
    if (end_cause(p, main, day, WF_BY_LEAVER) != WF_BY_LEAVER)
        return;
    census_leave(p, first, day, main);
    if (wf_day_census_year_start((wf_day) { first }).n == wf_day_census_year_start((wf_day) { day }).n)
        emit_starters(p, WF_M_CENSUS_STARTERS, first, day, -1);
}

static void head_turn(struct person *p, int32_t day)
{
    int b = main_at(p, day - 1), a = main_at(p, day);
    const struct state *sb = in_workforce(p, b, day - 1), *sa = in_workforce(p, a, day);
    uint32_t from = cell_of(p->f, sb), to = cell_of(p->f, sa);
    if (from == to)
        return;
    bool joined = p->e[a].joined_from == b && p->e[a].spell.first == day;
    wf_cause cause = WF_BY_MAIN;
    if (a == b || joined) {
        struct turn u = { sb, sa, b };
        cause = move_cause(p, a, &u, day);
    }
    wf_fold_emit(p->f, WF_M_IN_POST, from, to, cause, day, 1, 0);
}

static void stay(struct person *p, int32_t day)
{
    wf_fold *f = p->f;
    for (int i = 0; i < p->n; i++) {
        struct turn u = { in_workforce(p, i, day - 1), in_workforce(p, i, day), i };
        int j = p->e[i].joined_to, k = p->e[i].joined_from;
        if (j >= 0 && p->e[i].end == day && u.before != NULL && in_workforce(p, j, day) != NULL)
            continue;               /* told with the engagement that it is joined to */
        if (k >= 0 && p->e[i].spell.first == day && u.after != NULL) {
            u.before = in_workforce(p, k, day - 1);
            u.from = k;
        }
        if (u.before == NULL && u.after != NULL)
            wf_fold_emit(f, WF_M_IN_POST, WF_OUTSIDE, cell_of(f, u.after), start_cause(p, i, day, WF_BY_HOURS), day, 0, u.after->fte);
        if (u.before != NULL && u.after == NULL)
            wf_fold_emit(f, WF_M_IN_POST, cell_of(f, u.before), WF_OUTSIDE, end_cause(p, i, day, WF_BY_HOURS), day, 0, u.before->fte);
        if (u.before == NULL || u.after == NULL)
            continue;
        uint32_t from = cell_of(f, u.before), to = cell_of(f, u.after);
        int64_t more = u.after->fte - u.before->fte;
        if (from != to)
            wf_fold_emit(f, WF_M_IN_POST, from, to, move_cause(p, i, &u, day), day, 0, u.before->fte);
        if (more > 0)
            wf_fold_emit(f, WF_M_IN_POST, WF_OUTSIDE, to, hours_cause(p, i, day), day, 0, more);
        if (more < 0)
            wf_fold_emit(f, WF_M_IN_POST, to, WF_OUTSIDE, hours_cause(p, i, day), day, 0, -more);
    }
    head_turn(p, day);
}

/* Posts' vacancies are less by who holds one (MEASURES.md 8). */
static void fill_posts(struct person *p, int32_t day)
{
    for (int i = 0; i < p->n; i++) {
        const struct state *b = in_workforce(p, i, day - 1), *a = in_workforce(p, i, day);
        if (b != NULL && b->post && !b->covers)
            wf_fold_emit(p->f, WF_M_VACANCIES, WF_OUTSIDE, wf_fold_cell(p->f, b->unit, b->role, 0), WF_BY_REPORT, day, 0, b->fte);
        if (a != NULL && a->post && !a->covers)
            wf_fold_emit(p->f, WF_M_VACANCIES, WF_OUTSIDE, wf_fold_cell(p->f, a->unit, a->role, 0), WF_BY_REPORT, day, 0, -a->fte);
    }
}

/* ---- placements ---- */

static void emit_placements(wf_fold *f, const wf_timeline *t, const wf_spell *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (s[i].start == NULL || s[i].first == s[i].until)
            continue;
        const wf_detail *d = wf_detail_of(t, s[i].start);
        bool agency = wf_str_eq(wf_ledger_code_text(f->ledger, WF_D_KIND, d->kind), WF_STR("agency"));
        uint32_t cell = wf_fold_cell(f, d->unit, d->role, 0);
        wf_measure m = agency ? WF_M_AGENCY : WF_M_STUDENTS;
        bool cover = agency && f->settings.posts && (d->given & ~d->nil & WF_HAS_COVERS) && d->cover_vacancy;
        wf_fold_emit(f, m, WF_OUTSIDE, cell, WF_BY_STARTER, s[i].first, 1, d->fte);
        if (cover)
            wf_fold_emit(f, WF_M_AGENCY_COVER, WF_OUTSIDE, cell, WF_BY_REPORT, s[i].first, 0, d->fte);
        if (s[i].until == INT32_MAX)
            continue;
        wf_fold_emit(f, m, cell, WF_OUTSIDE, WF_BY_LEAVER, s[i].until, 1, d->fte);
        if (cover)
            wf_fold_emit(f, WF_M_AGENCY_COVER, WF_OUTSIDE, cell, WF_BY_REPORT, s[i].until, 0, -d->fte);
    }
}

void wf_engagement_emit(wf_fold *f, wf_timeline *t)
{
    struct person p;
    int32_t first = 0;
    if (t->chain[WF_CHAIN_ENGAGEMENT].n > 0) {
        person_load(&p, f, t);
        take_marks(&p);
        for (uint32_t i = 0; i < p.days; i++) {
            int32_t day = p.day[i];
            int before = main_at(&p, day - 1), after = main_at(&p, day);
            if (before < 0 && after >= 0)
                come(&p, first = day);
            else if (before >= 0 && after < 0)
                go(&p, first, day);
            else if (before >= 0)
                stay(&p, day);
            if (f->settings.posts)
                fill_posts(&p, day);
        }
        person_end(&p);
    }
    if (t->chain[WF_CHAIN_PLACEMENT].n > 0) {
        wf_spell *s;
        uint32_t n = wf_fold_spells(f, t, WF_CHAIN_PLACEMENT, &s);
        emit_placements(f, t, s, n);
        free(s);
    }
}

/* ---- place ---- */

static bool placement_before(const wf_fold *f, const wf_timeline *t, const wf_spell *a, const wf_spell *b)
{
    const wf_detail *x = wf_detail_of(t, a->start), *y = wf_detail_of(t, b->start);
    int rx = rank_of(f, x->role), ry = rank_of(f, y->role);
    if (rx != ry)
        return rx < ry;
    if (x->fte != y->fte)
        return x->fte > y->fte;
    if (a->first != b->first)
        return a->first < b->first;
    return wf_str_cmp(wf_timeline_text(t, a->key), wf_timeline_text(t, b->key)) < 0;
}

static uint32_t place_cell(wf_fold *f, uint16_t unit, uint16_t role, wf_worker w)
{
    wf_cell c = { { 0 } };
    c.code[WF_D_UNIT] = unit;
    c.code[WF_D_ROLE] = role;
    c.code[WF_D_WORKER] = f->worker_code[w];
    return wf_ledger_cell(f->ledger, &c);
}

static bool placed_by(wf_fold *f, const wf_timeline *t, const wf_spell *s, uint32_t n, int32_t day, wf_worker w, wf_place *ret)
{
    const wf_spell *best = NULL;
    int64_t fte = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (s[i].start == NULL || day < s[i].first || day >= s[i].until)
            continue;
        bool agency = wf_str_eq(wf_ledger_code_text(f->ledger, WF_D_KIND, wf_detail_of(t, s[i].start)->kind), WF_STR("agency"));
        if (agency != (w == WF_AGENCY_WORKER))
            continue;
        fte += wf_detail_of(t, s[i].start)->fte;
        if (best == NULL || placement_before(f, t, &s[i], best))
            best = &s[i];
    }
    if (best == NULL)
        return false;
    const wf_detail *d = wf_detail_of(t, best->start);
    *ret = (wf_place) { day, place_cell(f, d->unit, d->role, w), fte, (uint8_t) w };
    return true;
}

static wf_place place_on(struct person *p, const wf_spell *s, uint32_t n, int32_t day)
{
    wf_place ret = { .from = day };
    int main = main_at(p, day);
    if (main >= 0) {
        const struct state *m = in_workforce(p, main, day);
        for (int i = 0; i < p->n; i++) {
            const struct state *x = in_workforce(p, i, day);
            ret.fte += x != NULL ? x->fte : 0;
        }
        ret.cell = place_cell(p->f, m->unit, m->role, WF_EMPLOYEE);
        ret.worker = WF_EMPLOYEE;
    } else if (!placed_by(p->f, p->t, s, n, day, WF_AGENCY_WORKER, &ret)) {
        (void) placed_by(p->f, p->t, s, n, day, WF_STUDENT, &ret);
    }
    return ret;
}

wf_place *wf_engagement_places(wf_fold *f, const wf_timeline *t, uint32_t *n)
{
    struct person p;
    wf_spell *s;
    uint32_t spells = wf_fold_spells(f, t, WF_CHAIN_PLACEMENT, &s), places = 0;
    person_load(&p, f, t);
    for (uint32_t i = 0; i < spells; i++)
        if (s[i].start != NULL) {
            wf_fold_mark(f, s[i].first);
            wf_fold_mark(f, s[i].until);
        }
    take_marks(&p);
    wf_place *place = calloc(p.days + 1, sizeof *place);
    WF_ASSERT(place != NULL);
    for (uint32_t i = 0; i < p.days; i++) {
        wf_place x = place_on(&p, s, spells, p.day[i]);
        const wf_place *last = places > 0 ? &place[places - 1] : NULL;
        if (last == NULL ? x.cell == WF_OUTSIDE : last->cell == x.cell && last->fte == x.fte)
            continue;
        place[places++] = x;
    }
    free(s);
    person_end(&p);
    *n = places;
    return place;
}
