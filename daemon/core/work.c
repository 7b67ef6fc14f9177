/* work -- what stands in a person's place and moves with it: cases, absence, training, supervision (MEASURES.md 5 to 7). */
#include "core/fold.h"

#include <stdlib.h>
#include <string.h>

/* ---- standing in the place ---- */

static uint32_t in_cell(wf_fold *f, uint32_t cell, wf_dimension d, uint16_t code)
{
    if (code == 0)
        return cell;
    uint32_t h = (cell * 0x9e3779b1u ^ (uint32_t) code * 0x85ebca6bu ^ (uint32_t) d * 0xc2b2ae35u) >> 20;
    struct wf_recent_cell *r = &f->recent_cell[h % (WF_RECENT / 4)];
    if (r->place == cell && r->code == code && r->dimension == d)
        return r->cell;
    wf_cell c = *wf_ledger_cell_at(f->ledger, cell);
    c.code[d] = code;
    *r = (struct wf_recent_cell) { cell, wf_ledger_cell(f->ledger, &c), code, (uint8_t) d };
    return r->cell;
}

static int32_t segment_end(const wf_timeline *t, uint32_t i) { return i + 1 < t->places ? t->place[i + 1].from : INT32_MAX; }

static int32_t later(int32_t a, int32_t b) { return a > b ? a : b; }
static int32_t earlier(int32_t a, int32_t b) { return a < b ? a : b; }

/* What a measure takes of a place. */
struct share { wf_measure m; int64_t count, amount; wf_dimension d; uint16_t code; bool holder; };

static void emit_span(wf_fold *f, const struct share *x, uint32_t cell, int64_t fte, int32_t a, int32_t b)
{
    if (a >= b || (x->holder && fte <= 0))
        return;
    uint32_t to = in_cell(f, cell, x->d, x->code);
    int64_t amount = x->holder ? fte : x->amount;
    wf_fold_emit(f, x->m, WF_OUTSIDE, to, WF_BY_REPORT, a, x->count, amount);
    if (b != INT32_MAX)
        wf_fold_emit(f, x->m, WF_OUTSIDE, to, WF_BY_REPORT, b, -x->count, -amount);
}

/* On the days of [a, b) on which the person has a place. */
static void emit_standing(wf_fold *f, const wf_timeline *t, const struct share *x, int32_t a, int32_t b)
{
    for (int32_t i = (int32_t) t->places - 1; i >= 0; i--) {
        int32_t from = t->place[i].from, end = segment_end(t, (uint32_t) i);
        if (end <= a)
            break;
        if (t->place[i].cell != WF_OUTSIDE)
            emit_span(f, x, t->place[i].cell, t->place[i].fte, later(a, from), earlier(b, end));
    }
}

/* On the days of [a, b) on which the person has none any more: in the last place's cell. */
static void emit_left(wf_fold *f, const wf_timeline *t, const struct share *x, int32_t a, int32_t b)
{
    for (int32_t i = (int32_t) t->places - 1; i > 0; i--) {
        int32_t from = t->place[i].from, end = segment_end(t, (uint32_t) i);
        if (end <= a)
            break;
        if (t->place[i].cell == WF_OUTSIDE)
            emit_span(f, x, wf_place_last(t, from), 0, later(a, from), earlier(b, end));
    }
}

static bool placed(const wf_timeline *t, int32_t day)
{
    int32_t i = wf_place_at(t, day);
    return i >= 0 && t->place[i].cell != WF_OUTSIDE;
}

/* One on a day, if the person has a place on it. */
static void emit_point(wf_fold *f, const wf_timeline *t, wf_measure m, int32_t day, wf_dimension d, uint16_t code)
{
    int32_t i = wf_place_at(t, day);
    if (i >= 0 && t->place[i].cell != WF_OUTSIDE)
        wf_fold_emit(f, m, WF_OUTSIDE, in_cell(f, t->place[i].cell, d, code), WF_BY_REPORT, day, 1, 0);
}

/* First day after `day` without a place. */
static int32_t placed_until(const wf_timeline *t, int32_t day)
{
    for (uint32_t i = (uint32_t) wf_place_at(t, day); i < t->places; i++)
        if (t->place[i].cell == WF_OUTSIDE)
            return t->place[i].from;
    return INT32_MAX;
}

static int32_t plus(int32_t day, int32_t days) { return day > INT32_MAX - days ? INT32_MAX : day + days; }

/* ---- cases ---- */

static void emit_cases(wf_fold *f, const wf_timeline *t, int64_t n, uint16_t work, int32_t a, int32_t b)
{
    struct share cases = { WF_M_CASES, n, 0, WF_D_WORK, work, false }, left = { WF_M_CASES_WORKER_LEFT, n, 0, WF_D_WORK, work, false };
    emit_standing(f, t, &cases, a, b);
    emit_left(f, t, &left, a, b);
}

static void emit_holder(wf_fold *f, const wf_timeline *t, int32_t a, int32_t b)
{
    struct share x = { WF_M_CASE_HOLDERS, 1, 0, WF_D_WORK, 0, true };
    emit_standing(f, t, &x, a, b);
}

static void emit_counts(wf_fold *f, const wf_timeline *t)
{
    const wf_fact *x = t->chain[WF_CHAIN_CASELOAD].fact;
    uint32_t n = t->chain[WF_CHAIN_CASELOAD].n, i = wf_timeline_lower(t, WF_CHAIN_CASELOAD, f->from);
    struct share unknown = { WF_M_CASES_UNKNOWN, 1, 0, WF_D_WORK, 0, false };
    for (i = i > 0 ? i - 1 : 0; i < n && x[i].day <= f->until; i++) {
        if (i + 1 < n && x[i + 1].day == x[i].day)
            continue;               /* said again for the same day */
        if (x[i].day < t->first_place)
            continue;               /* unlinked */
        int32_t next = i + 1 < n ? x[i + 1].day : INT32_MAX, stale = plus(x[i].day, f->settings.caseload_days + 1);
        if (x[i].value > 0) {
            emit_cases(f, t, x[i].value, 0, x[i].day, earlier(next, stale));
            emit_holder(f, t, x[i].day, earlier(next, stale));
        }
        emit_standing(f, t, &unknown, stale, next);
    }
}

static bool allocation_counts(const wf_timeline *t, const wf_spell *s)
{
    return s->start != NULL && s->first < s->until && wf_allocation_of(t, s->start)->counted && s->first >= t->first_place;
}

static int spell_cmp(const void *a, const void *b)
{
    const wf_spell *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

static void emit_allocations(wf_fold *f, const wf_timeline *t, const uint32_t *key)
{
    wf_spell *s;
    uint32_t n = wf_fold_spells(f, t, WF_CHAIN_ALLOCATION, &s);
    if (n > 1)
        qsort(s, n, sizeof *s, spell_cmp);
    int32_t from = INT32_MAX, until = INT32_MIN;        /* days on which some case is held, so far as they run on */
    for (uint32_t i = 0; i < n; i++) {
        if (!allocation_counts(t, &s[i]))
            continue;
        if (key == NULL || (*key != WF_NO_KEY && wf_timeline_same(t, s[i].key, *key)))
            emit_cases(f, t, 1, wf_allocation_of(t, s[i].start)->work, s[i].first, s[i].until);
        if (until != INT32_MIN && s[i].first > until) {
            emit_holder(f, t, from, until);
            from = INT32_MAX;
        }
        from = earlier(from, s[i].first);
        until = later(until, s[i].until);
    }
    if (from != INT32_MAX)
        emit_holder(f, t, from, until);
    free(s);
}

/* ---- absence ---- */

static void emit_absent(wf_fold *f, const wf_timeline *t, const wf_absence_detail *d, int32_t share, int32_t since, int32_t a, int32_t b)
{
    struct share x = { WF_M_ABSENCE_, 1, share, WF_D_KIND, d->kind, false };
    emit_standing(f, t, &x, a, b);
    x.m = WF_M_LONG_TERM_ABSENCE;
    emit_standing(f, t, &x, later(a, plus(since, 27)), b);
}

static void emit_absence(wf_fold *f, const wf_timeline *t, const wf_fact *x)
{
    const wf_absence_detail *d = wf_absence_of(t, x);
    int32_t last_share = d->last_share >= 0 ? d->last_share : d->share;
    int32_t first_share = d->first_share >= 0 ? d->first_share : d->last == x->day ? last_share : d->share;
    int32_t rest = x->day + 1;
    emit_absent(f, t, d, first_share, x->day, x->day, rest);
    if (d->last == INT32_MAX) {
        emit_absent(f, t, d, d->share, x->day, rest, INT32_MAX);
    } else if (d->last > x->day) {
        emit_absent(f, t, d, d->share, x->day, rest, d->last);
        emit_absent(f, t, d, last_share, x->day, d->last, d->last + 1);
    }
}

/* Of the facts of one type and key: the last said. */
static const wf_fact *last_said(const wf_fold *f, const wf_timeline *t, wf_chain c, uint8_t type, uint32_t key)
{
    const wf_fact *best = NULL;
    uint16_t print = wf_timeline_print(t, key);
    for (uint32_t i = 0; i < t->chain[c].n; i++) {
        const wf_fact *x = &t->chain[c].fact[i];
        if (x->type == type && x->key_print == print && wf_timeline_same(t, wf_timeline_key(t, x), key) &&
            (best == NULL || wf_fact_said_cmp(t, &f->sources, best, x) < 0))
            best = x;
    }
    return best;
}

/* ---- training ---- */

static void emit_training(wf_fold *f, const wf_timeline *t, uint32_t key)
{
    const wf_fact *due = last_said(f, t, WF_CHAIN_TRAINING, WF_TRAINING_DUE, key);
    const wf_fact *met = last_said(f, t, WF_CHAIN_TRAINING, WF_TRAINING_COMPLETED, key);
    uint16_t course = due != NULL ? wf_training_of(t, due)->course : 0;
    if (course == 0 && met != NULL)
        course = wf_training_of(t, met)->course;
    if (met != NULL)
        emit_point(f, t, WF_M_TRAINING_COMPLETED_, met->day, WF_D_COURSE, course);
    if (due == NULL || !placed(t, due->day))
        return;
    emit_point(f, t, WF_M_TRAINING_DUE_, due->day, WF_D_COURSE, course);
    int32_t end = placed_until(t, due->day), on = met != NULL ? met->day : INT32_MAX;
    if (on <= due->day) {
        emit_point(f, t, WF_M_TRAINING_IN_TIME, due->day, WF_D_COURSE, course);
        return;
    }
    if (on < end)
        emit_point(f, t, WF_M_TRAINING_LATE, on, WF_D_COURSE, course);
    struct share x = { WF_M_TRAINING_OVERDUE, 1, 0, WF_D_COURSE, course, false };
    emit_standing(f, t, &x, due->day + 1, earlier(on, end));
}

/* ---- supervision ---- */

void wf_work_supervision_reach(const wf_fold *f, const wf_timeline *t, int32_t day, int32_t *from, int32_t *until)
{
    uint32_t i = wf_timeline_lower(t, WF_CHAIN_SUPERVISION, day + 1);
    *from = day;
    *until = i < t->chain[WF_CHAIN_SUPERVISION].n
             ? later(t->chain[WF_CHAIN_SUPERVISION].fact[i].day, plus(day, f->settings.supervision_every + 1)) : INT32_MAX;
}

/* The obligation of one base in a run that ends before `end`; met INT32_MAX: not yet. */
static void emit_obligation(wf_fold *f, const wf_timeline *t, int32_t base, int32_t met, int32_t end)
{
    int32_t due = plus(base, f->settings.supervision_every);
    if (due >= end)
        return;
    emit_point(f, t, WF_M_SUPERVISION_DUE, due, WF_D_KIND, 0);
    if (met <= due) {
        emit_point(f, t, WF_M_SUPERVISION_IN_TIME, due, WF_D_KIND, 0);
        return;
    }
    if (met < end)
        emit_point(f, t, WF_M_SUPERVISION_LATE, met, WF_D_KIND, 0);
    struct share x = { WF_M_SUPERVISION_OVERDUE, 1, 0, WF_D_KIND, 0, false };
    emit_standing(f, t, &x, due + 1, earlier(met, end));
}

/* The obligations of the run [s, end) that can post on or after f->from. */
static void emit_run(wf_fold *f, const wf_timeline *t, int32_t s, int32_t end)
{
    const wf_fact *x = t->chain[WF_CHAIN_SUPERVISION].fact;
    uint32_t n = t->chain[WF_CHAIN_SUPERVISION].n, i = wf_timeline_lower(t, WF_CHAIN_SUPERVISION, s);
    int32_t base = s;
    if (f->from > s) {
        uint32_t k = wf_timeline_lower(t, WF_CHAIN_SUPERVISION, later(s, f->from - f->settings.supervision_every - 1));
        if (k > i) {
            base = x[k - 1].day;
            i = k;
        }
    }
    while (base < end && base <= f->until) {
        while (i < n && x[i].day <= base)
            i++;
        int32_t met = i < n && x[i].day < end ? x[i].day : INT32_MAX;
        emit_obligation(f, t, base, met, end);
        base = met;
    }
}

static void emit_supervision(wf_fold *f, const wf_timeline *t)
{
    const wf_fact *x = t->chain[WF_CHAIN_SUPERVISION].fact;
    for (uint32_t i = wf_timeline_lower(t, WF_CHAIN_SUPERVISION, f->from); i < t->chain[WF_CHAIN_SUPERVISION].n && x[i].day <= f->until; i++)
        emit_point(f, t, WF_M_SUPERVISION_HELD_, x[i].day, WF_D_KIND, (uint16_t) x[i].value);
    if (f->settings.supervision_every == 0)
        return;
    for (uint32_t i = 0; i < t->places; i++) {
        if (t->place[i].cell == WF_OUTSIDE || t->place[i].worker == WF_STUDENT)
            continue;
        int32_t s = t->place[i].from;
        while (i + 1 < t->places && t->place[i + 1].cell != WF_OUTSIDE && t->place[i + 1].worker != WF_STUDENT)
            i++;
        if (segment_end(t, i) >= f->from)
            emit_run(f, t, s, segment_end(t, i));
    }
}

/* ---- chains ---- */

/* Each key of the chain once. */
static void each_key(wf_fold *f, const wf_timeline *t, wf_chain c, void (*emit)(wf_fold *, const wf_timeline *, uint32_t key))
{
    for (uint32_t i = 0; i < t->chain[c].n; i++) {
        const wf_fact *all = t->chain[c].fact;
        uint32_t key = wf_timeline_key(t, &all[i]), k = 0;
        while (k < i && (all[k].key_print != all[i].key_print || !wf_timeline_same(t, wf_timeline_key(t, &all[k]), key)))
            k++;
        if (k == i)
            emit(f, t, key);
    }
}

static void emit_absence_key(wf_fold *f, const wf_timeline *t, uint32_t key)
{
    const wf_fact *x = last_said(f, t, WF_CHAIN_ABSENCE, WF_ABSENCE, key);
    if (x != NULL)
        emit_absence(f, t, x);
}

void wf_work_emit_chain(wf_fold *f, const wf_timeline *t, wf_chain c, const uint32_t *key)
{
    if (c == WF_CHAIN_CASELOAD && !f->settings.allocations)
        emit_counts(f, t);
    else if (c == WF_CHAIN_ALLOCATION && f->settings.allocations)
        emit_allocations(f, t, key);
    else if (c == WF_CHAIN_ABSENCE && key != NULL)
        emit_absence_key(f, t, *key);
    else if (c == WF_CHAIN_ABSENCE)
        each_key(f, t, c, emit_absence_key);
    else if (c == WF_CHAIN_TRAINING && key != NULL)
        emit_training(f, t, *key);
    else if (c == WF_CHAIN_TRAINING)
        each_key(f, t, c, emit_training);
    else if (c == WF_CHAIN_SUPERVISION)
        emit_supervision(f, t);
}

void wf_work_emit(wf_fold *f, const wf_timeline *t)
{
    static const wf_chain work[] = { WF_CHAIN_CASELOAD, WF_CHAIN_ALLOCATION, WF_CHAIN_ABSENCE, WF_CHAIN_TRAINING, WF_CHAIN_SUPERVISION };
    for (size_t i = 0; i < sizeof work / sizeof *work; i++)
        wf_work_emit_chain(f, t, work[i], NULL);
}
