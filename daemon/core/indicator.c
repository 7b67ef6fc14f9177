#include "core/indicator.h"
#include <string.h>

typedef __int128 wide;

/* One reading of a term: what it takes, of which days, in which node. */
struct reading { const wf_term *term; uint32_t population, node; wf_day after, end; };

/* A fraction on a day: the readings of its numerator, r[0], and of its denominator, r[1]. */
struct fraction { size_t n[2]; struct reading r[2][WF_TERMS_MAX]; };

static const wf_expression *side_of(const wf_book *b, uint32_t indicator, bool denominator)
{
    const wf_indicator *i = &wf_book_profile(b)->indicator[indicator];

    return denominator ? &i->denominator : &i->numerator;
}

static wf_day end_of(const wf_term *t, wf_day day) { return t->months_before == 0 ? day : wf_day_months_back(day, t->months_before); }

static wf_day after_of(const wf_term *t, wf_day day)
{
    wf_day end = end_of(t, day);

    return t->reading == WF_AT_END ? (wf_day) { end.n - 1 } : wf_window_after(t->window, end);
}

static uint32_t node_of(const wf_book *b, uint32_t unit, wf_day day, wf_day today)
{
    const wf_units *u = wf_book_units(b);

    return wf_units_node(u, unit, wf_units_reads_today(u, unit) ? today : day);
}

static void read_on(const wf_book *b, uint32_t indicator, uint32_t node, wf_day day, struct fraction *x)
{
    for (int s = 0; s < 2; s++) {
        const wf_expression *side = side_of(b, indicator, s);
        const uint32_t *population = wf_book_terms(b, indicator, s);
        x->n[s] = side->n;
        for (size_t i = 0; i < side->n; i++) {
            const wf_term *t = &side->term[i];
            x->r[s][i] = (struct reading) { t, population[i], node, after_of(t, day), end_of(t, day) };
        }
    }
}

static bool is_amount(const wf_term *t)
{
    const wf_measure_row *row = &wf_measure_rows[t->measure];

    return t->field == row->amount && t->field != row->count;
}

static bool sums_days(const wf_term *t) { return t->reading == WF_MEAN_OVER || t->reading == WF_DAYS_OVER; }

/* `days over` a share of a day counts working days; everything else counts days as they come. */
static bool of_working_days(const wf_term *t) { return t->reading == WF_DAYS_OVER && wf_measure_rows[t->measure].amount == WF_DAYS; }

static int64_t factor_of(const wf_term *t, wf_day end)
{
    if (!t->dfe_days) return t->factor;
    return t->factor * (wf_day_has_29_february(wf_day_months_back(end, 12), end) ? 254 : 253);
}

static wf_sums minus(wf_sums a, wf_sums b) { return (wf_sums) { a.count - b.count, a.amount - b.amount }; }

static wf_sums sums_of(const wf_book *b, const struct reading *r)
{
    bool working = of_working_days(r->term);

    switch (r->term->reading) {
    case WF_AT_END: return wf_book_at(b, r->population, r->node, r->end);
    case WF_OVER: return minus(wf_book_at(b, r->population, r->node, r->end), wf_book_at(b, r->population, r->node, r->after));
    case WF_MEAN_OVER: case WF_DAYS_OVER: break;
    }
    return minus(wf_book_days(b, r->population, r->node, r->end, working), wf_book_days(b, r->population, r->node, r->after, working));
}

static int64_t sum_side(const wf_book *b, const struct reading *r, size_t n)
{
    int64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        wf_sums got = sums_of(b, &r[i]);
        sum += factor_of(r[i].term, r[i].end) * (is_amount(r[i].term) ? got.amount : got.count);
    }
    return sum;
}

static bool is_mean(const wf_expression *x) { return x->n > 0 && x->term[0].reading == WF_MEAN_OVER; }

/* Days of a side that is a mean, else 1. Terms of a mean share their window. */
static int64_t mean_days(const struct fraction *x, int side)
{
    const struct reading *r = &x->r[side][0];

    return x->n[side] > 0 && r->term->reading == WF_MEAN_OVER ? r->end.n - r->after.n : 1;
}

/* A mean is its sum by its days; of two means the days cancel where they are as many. `raw`: the sums of both sides. */
static wf_fraction fraction_of(const struct fraction *x, const int64_t raw[2])
{
    int64_t n_days = mean_days(x, 0), d_days = mean_days(x, 1);
    wf_fraction f = { raw[0], raw[1] };

    if (x->n[1] == 0) {
        f.denominator = x->r[0][0].term->reading == WF_MEAN_OVER ? n_days * WF_FTE_ONE : 0;
        return f;
    }
    if (n_days == d_days || f.denominator == 0) return f;
    f.numerator *= d_days;
    f.denominator *= n_days;
    return f;
}

static wf_fraction sums_at(const wf_book *b, const struct fraction *x)
{
    const int64_t raw[2] = { sum_side(b, x->r[0], x->n[0]), sum_side(b, x->r[1], x->n[1]) };

    return fraction_of(x, raw);
}

bool wf_figure_sums(const wf_book *b, uint32_t indicator, uint32_t unit, wf_day day, wf_day today, wf_fraction *ret)
{
    const wf_indicator *i = &wf_book_profile(b)->indicator[indicator];
    struct fraction x;

    read_on(b, indicator, node_of(b, unit, day, today), day, &x);
    *ret = sums_at(b, &x);
    return (i->denominator.n == 0 && !is_mean(&i->numerator)) || ret->denominator != 0;
}

/* ---- value ---- */

static int64_t unit_of(wf_measure_field f) { return f == WF_FTE || f == WF_DAYS ? WF_FTE_ONE : 1; }

/* value in millionths = numerator x scale / denominator */
static int64_t scale_of(const wf_indicator *i)
{
    int64_t percent = i->unit == WF_UNIT_PERCENT ? 100 : 1, n = unit_of(i->numerator.term[0].field);
    int64_t d = i->denominator.n > 0 ? unit_of(i->denominator.term[0].field) : is_mean(&i->numerator) ? WF_FTE_ONE : 1;

    return percent * (1000000 / n) * d;
}

/* Half up means away from zero (I1). */
static int64_t divide(wide n, wide d)
{
    bool negative = (n < 0) != (d < 0);

    if (n < 0) n = -n;
    if (d < 0) d = -d;
    wide q = (2 * n + d) / (2 * d);
    if (q > INT64_MAX) q = INT64_MAX;
    return (int64_t) (negative ? -q : q);
}

int64_t wf_figure_value(const wf_profile *p, uint32_t indicator, int64_t numerator, int64_t denominator)
{
    const wf_indicator *i = &p->indicator[indicator];

    if (i->denominator.n == 0 && !is_mean(&i->numerator)) denominator = 1;
    return denominator == 0 ? 0 : divide((wide) numerator * scale_of(i), denominator);
}

static int compare(const wf_indicator *i, int64_t numerator, int64_t denominator, int64_t limit)
{
    wide d = denominator, n = (wide) numerator * scale_of(i);

    if (d < 0) { d = -d; n = -n; }
    return (n > limit * d) - (n < limit * d);
}

int wf_figure_compare(const wf_profile *p, uint32_t indicator, const wf_figure *f, int64_t limit)
{
    return compare(&p->indicator[indicator], f->numerator, f->has_denominator ? f->denominator : 1, limit);
}

static int64_t places(int64_t value, int decimals)
{
    int64_t step = 1;

    for (int k = decimals; k < 6; k++) step *= 10;
    return divide(value, step);
}

wf_str wf_figure_unit_text(const wf_indicator *i)
{
    static const char *const text[] = { "percent", "count", "FTE", "days", "per FTE" };

    return i->noun.n > 0 && i->unit == WF_UNIT_RATIO ? i->noun : wf_str_of(text[i->unit]);
}

static wf_measured measured(const wf_expression *x)
{
    for (size_t i = 0; i < x->n; i++) {
        wf_measure m = x->term[i].measure;
        if (x->term[i].field == WF_FTE && (m == WF_M_VACANCIES || m == WF_M_AGENCY_COVER || m == WF_M_POSTS)) return WF_POSTS_FTE;
    }
    const wf_term *t = &x->term[0];
    switch (t->field) {
    case WF_HEADS: return WF_PEOPLE;
    case WF_FTE: return t->dfe_days ? WF_DAYS_MILLIONTHS : WF_FTE_MILLIONTHS;
    case WF_DAYS: return WF_DAYS_MILLIONTHS;
    case WF_COUNT: return t->measure == WF_M_CASES || t->measure == WF_M_CASES_WORKER_LEFT ? WF_CHILDREN : WF_EVENTS;
    case WF_NONE: case WF_PENCE: break;
    }
    return WF_EVENTS;
}

/* I5, MEASURES.md 10: the first term of the denominator (of a count: the numerator) whose measure counts somebody. */
static int64_t people(const wf_book *b, const struct fraction *x, wf_day day)
{
    int side = x->n[1] > 0;

    for (size_t i = 0; i < x->n[side]; i++) {
        const struct reading *r = &x->r[side][i];
        const wf_measure_row *row = &wf_measure_rows[r->term->measure];
        if (row->count == WF_NONE) continue;
        return row->kind == WF_STOCK ? wf_book_at(b, r->population, r->node, day).count : sums_of(b, r).count;
    }
    return 0;
}

/* ---- completeness ---- */

uint32_t wf_figure_rests_on(const wf_profile *p, uint32_t indicator)
{
    const wf_expression *x[2] = { &p->indicator[indicator].numerator, &p->indicator[indicator].denominator };
    uint32_t types = 0;

    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < x[s]->n; i++) types |= wf_profile_rests_on(p, x[s]->term[i].measure);
    return types;
}

typedef wf_day day_fn(const wf_term *t, wf_day day);

/* The first day from `day` on for which `of` (which never falls) reaches `least`. */
static wf_day first_reaching(const wf_term *t, day_fn *of, wf_day day, wf_day least)
{
    wf_day at = of(t, day);

    if (at.n >= least.n) return day;
    if (least.n > day.n + 100 * 366) return WF_DAY_OPEN;
    wf_day low = day, high = { day.n + (least.n - at.n) };
    if (of(t, high).n >= least.n) low.n = high.n - 4 > day.n ? high.n - 4 : day.n;      /* as good as always */
    if (of(t, low).n >= least.n) low = day;
    while (of(t, high).n < least.n) {
        low = high;
        high.n += 31;
    }
    while (high.n - low.n > 1) {
        wf_day mid = { low.n + (high.n - low.n) / 2 };
        if (of(t, mid).n >= least.n) high = mid;
        else low = mid;
    }
    return high;
}

/* One step towards the first day on which every day that is read is inside: the same day once it is. */
static wf_day nearer(const wf_book *b, const wf_complete *c, uint32_t indicator, uint32_t org, wf_day day)
{
    for (int s = 0; s < 2; s++) {
        const wf_expression *side = side_of(b, indicator, s);
        for (size_t i = 0; i < side->n; i++) {
            const wf_term *t = &side->term[i];
            uint32_t types = wf_profile_rests_on(wf_book_profile(b), t->measure);
            wf_day first = { after_of(t, day).n + 1 }, last = end_of(t, day), from, until;
            if (wf_complete_inside(c, org, types, first, last, NULL)) continue;
            if (!wf_complete_span(c, org, types, last, &from, &until)) return WF_DAY_OPEN;
            return first_reaching(t, after_of, day, (wf_day) { from.n - 1 });
        }
    }
    return day;
}

static wf_day known_from(const wf_book *b, const wf_complete *c, uint32_t indicator, uint32_t org, wf_day day)
{
    for (int step = 0; step < 10000; step++) {
        wf_day next = nearer(b, c, indicator, org, day);
        if (next.n == day.n || next.n == INT32_MAX) return next;
        day = next;
    }
    return WF_DAY_OPEN;
}

static bool is_known(const wf_book *b, const wf_complete *c, const struct fraction *x, uint32_t org, wf_day *until)
{
    *until = WF_DAY_OPEN;
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < x->n[s]; i++) {
            const struct reading *r = &x->r[s][i];
            wf_day to;
            if (!wf_complete_inside(c, org, wf_profile_rests_on(wf_book_profile(b), r->term->measure), (wf_day) { r->after.n + 1 }, r->end, &to)) return false;
            if (to.n < until->n) *until = to;
        }
    return true;
}

/* The last day up to `day` on which all types are complete; the day before the first of days if there is none. */
static wf_day complete_before(const wf_complete *c, uint32_t org, uint32_t types, wf_day day)
{
    wf_day best = { WF_DAY_FIRST.n - 1 }, from, until;

    for (wf_day at = WF_DAY_FIRST; wf_complete_span(c, org, types, at, &from, &until) && from.n <= day.n; at.n = until.n + 1) {
        best = until;
        if (until.n >= day.n) break;
    }
    return best;
}

/* ---- the figure ---- */

static wf_day first_read(const struct fraction *x, wf_day day)
{
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < x->n[s]; i++)
            if (x->r[s][i].after.n + 1 < day.n) day.n = x->r[s][i].after.n + 1;
    return day;
}

static wf_figure_status status_of(const wf_profile *p, uint32_t indicator, const wf_figure *f)
{
    const wf_indicator *i = &p->indicator[indicator];

    if (f->has_denominator && f->denominator == 0) return WF_FIGURE_Z;
    if (i->unreliable_above != WF_NO_EDGE && wf_figure_compare(p, indicator, f, i->unreliable_above) > 0) return WF_FIGURE_U;
    if (f->numerator != 0 && places(f->value, i->decimals) == 0) return WF_FIGURE_LOW;
    return WF_FIGURE_OK;
}

void wf_figure_read(const wf_book *b, const wf_complete *c, uint32_t indicator, uint32_t unit, wf_day day, wf_day today, wf_figure *f)
{
    const wf_profile *p = wf_book_profile(b);
    const wf_units *u = wf_book_units(b);
    const wf_indicator *i = &p->indicator[indicator];
    wf_day tree_day = wf_units_reads_today(u, unit) ? today : day;
    uint32_t org = wf_units_org(u, unit);
    struct fraction x;

    read_on(b, indicator, wf_units_node(u, unit, tree_day), day, &x);
    wf_fraction sums = sums_at(b, &x);

    *f = (wf_figure) {
        .indicator = i->name, .version = i->version, .unit = wf_units_path(u, unit, tree_day), .day = day, .from = first_read(&x, day),
        .numerator = sums.numerator, .denominator = sums.denominator,
        .has_denominator = i->denominator.n > 0 || is_mean(&i->numerator),
        .numerator_of = measured(&i->numerator),
        .denominator_of = i->denominator.n > 0 ? measured(&i->denominator) : WF_DAYS_MILLIONTHS,
        .people = people(b, &x, day), .value = wf_figure_value(p, indicator, sums.numerator, sums.denominator),
        .decimals = i->decimals, .unit_of_value = wf_figure_unit_text(i), .no_data_until = day, .provisional = day.n >= today.n,
        .rating = WF_UNKNOWN, .history_from = day,
    };
    if (!is_known(b, c, &x, org, &f->complete_until)) {
        f->status = WF_FIGURE_X;
        f->no_data_until = known_from(b, c, indicator, org, day);
        f->complete_until = complete_before(c, org, wf_figure_rests_on(p, indicator), day);
        return;
    }
    f->status = status_of(p, indicator, f);
}

/* ---- when it can change ---- */

static wf_day sooner(wf_day a, wf_day b) { return a.n < b.n ? a : b; }

/* When an entry comes in, one leaves the window, or the number of days of the year changes. */
static wf_day reading_changes(const wf_book *b, const struct reading *r, wf_day day)
{
    wf_day next = WF_DAY_OPEN, entry = wf_book_next(b, r->population, r->node, r->end), tomorrow = { day.n + 1 };

    if (sums_days(r->term)) {
        wf_sums stock = wf_book_at(b, r->population, r->node, r->end), sum = sums_of(b, r);
        if (stock.count != 0 || stock.amount != 0 || sum.count != 0 || sum.amount != 0) return tomorrow;
    }
    if (entry.n != INT32_MAX) next = first_reaching(r->term, end_of, tomorrow, entry);
    if (r->term->reading == WF_OVER) {
        wf_day leaves = wf_book_next(b, r->population, r->node, r->after);
        if (leaves.n <= r->end.n) next = sooner(next, first_reaching(r->term, after_of, tomorrow, leaves));
    }
    if (r->term->dfe_days) {
        for (int year = wf_day_year(day); year <= wf_day_year(day) + 1; year++) {      /* it comes in on the 29th, and leaves a year later on 1 March */
            wf_day march = wf_day_of(year, 3, 1), leap = { march.n - 1 };
            if (leap.n > day.n) next = sooner(next, leap);
            if (march.n > day.n) next = sooner(next, march);
        }
        if (r->term->months_before != 0) next = tomorrow;
    }
    return next;
}

static wf_day moves(const wf_book *b, const struct fraction *x, uint32_t unit, wf_day day)
{
    const wf_units *u = wf_book_units(b);
    wf_day next = wf_units_reads_today(u, unit) ? WF_DAY_OPEN : wf_units_next_version(u, unit, day);

    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < x->n[s]; i++) next = sooner(next, reading_changes(b, &x->r[s][i], day));
    return next.n <= day.n ? (wf_day) { day.n + 1 } : next;
}

wf_day wf_figure_moves(const wf_book *b, uint32_t indicator, uint32_t unit, wf_day day, wf_day today)
{
    struct fraction x;

    read_on(b, indicator, node_of(b, unit, day, today), day, &x);
    return moves(b, &x, unit, day);
}

/* ---- when it can pass an edge ---- */

/* What a side can have become k days on, while nothing but sums over days moves: value, and at most fixed + k x a_day away. */
struct drift { wide value, fixed, a_day; };

/* A window's first day moves with its last one; over the ends of months it takes up to three days more. */
static int64_t slip_of(const wf_term *t) { return t->window.kind == WF_DAYS_WINDOW ? 0 : 3; }

/* So many days are looked ahead. */
#define FORESIGHT 32

static wide larger(wide a, wide b) { return a > b ? a : b; }

/* What a day can add to, or take from, a sum over days. */
static wf_range days_range(const wf_book *b, const struct reading *r, wf_day first, int64_t days)
{
    wf_range x = wf_book_range(b, r->population, r->node, first, (wf_day) { first.n + (int32_t) days }, is_amount(r->term));

    if (of_working_days(r->term)) {             /* or nothing: it is no working day */
        x.low = x.low < 0 ? x.low : 0;
        x.high = x.high > 0 ? x.high : 0;
    }
    return x;
}

/* false: cannot be foreseen. `until`: days on which another term moves. */
static bool side_drifts(const wf_book *b, const struct reading *r, size_t n, wf_day day, struct drift *d, wf_day *until)
{
    for (size_t i = 0; i < n; i++) {
        const wf_term *t = r[i].term;
        if (!sums_days(t)) {
            *until = sooner(*until, reading_changes(b, &r[i], day));
            continue;
        }
        if ((t->window.kind != WF_MONTHS_WINDOW && t->window.kind != WF_DAYS_WINDOW) || t->months_before != 0 || t->dfe_days) return false;
        wf_range in = days_range(b, &r[i], (wf_day) { r[i].end.n + 1 }, FORESIGHT);
        wf_range out = days_range(b, &r[i], (wf_day) { r[i].after.n + 1 }, FORESIGHT + slip_of(t));
        wide factor = t->factor < 0 ? -t->factor : t->factor;
        d->a_day += factor * larger((wide) in.high - out.low, (wide) out.high - in.low);
        d->fixed += factor * slip_of(t) * larger(out.high, -(wide) out.low);
    }
    return true;
}

/* The side times the days of the other one's window, which vary by no more than its slip. */
static void times_days(struct drift *d, const struct fraction *x, int mean)
{
    int64_t days = mean_days(x, mean), slip = slip_of(x->r[mean][0].term);
    wide size = d->value < 0 ? -d->value : d->value;

    d->value *= days;
    d->fixed = d->fixed * (days + slip) + size * slip;
    d->a_day *= days + slip;
}

static bool drifts(const wf_book *b, const struct fraction *x, const int64_t raw[2], wf_day day, struct drift side[2], wf_day *until)
{
    bool mean[2] = { mean_days(x, 0) > 1, mean_days(x, 1) > 1 };

    if (mean[0] && mean[1]) return false;
    for (int s = 0; s < 2; s++) {
        side[s] = (struct drift) { raw[s], 0, 0 };
        if (!side_drifts(b, x->r[s], x->n[s], day, &side[s], until)) return false;
    }
    if (x->n[1] == 0) side[1] = (struct drift) { mean[0] ? WF_FTE_ONE : 1, 0, 0 };
    if (mean[1]) times_days(&side[0], x, 1);
    if (mean[0]) times_days(&side[1], x, 0);
    return true;
}

/* Days for which what is `size` away from its edge cannot pass it. */
static wide days_of_rest(wide size, wide fixed, wide a_day)
{
    wide left = (size < 0 ? -size : size) - fixed - 1;

    if (fixed == 0 && a_day == 0) return INT32_MAX;
    return left < 0 ? 0 : a_day == 0 ? INT32_MAX : left / a_day;
}

/* The first term that counts somebody reads a stock on the day even where the figure sums it over days. */
static wf_day people_change(const wf_book *b, const struct fraction *x, wf_day day)
{
    int side = x->n[1] > 0;

    for (size_t i = 0; i < x->n[side]; i++) {
        const struct reading *r = &x->r[side][i];
        const wf_measure_row *row = &wf_measure_rows[r->term->measure];
        if (row->count == WF_NONE) continue;
        if (row->kind != WF_STOCK) return sums_days(r->term) ? (wf_day) { day.n + 1 } : WF_DAY_OPEN;
        return wf_book_next(b, r->population, r->node, day);
    }
    return WF_DAY_OPEN;
}

static bool any_sums_days(const struct fraction *x)
{
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < x->n[s]; i++)
            if (sums_days(x->r[s][i].term)) return true;
    return false;
}

/* The first later day on which the value can stand otherwise to an edge. */
static wf_day rests_until(const wf_book *b, const struct fraction *x, const int64_t raw[2], const wf_indicator *i, wf_day day,
                          const int64_t edge[WF_EDGES])
{
    wf_day until = people_change(b, x, day), tomorrow = { day.n + 1 };
    struct drift side[2];
    wide scale = scale_of(i), days = FORESIGHT - 1;

    if (!drifts(b, x, raw, day, side, &until)) return tomorrow;
    if (!any_sums_days(x)) return until;
    for (size_t k = 0; k <= WF_EDGES; k++) {
        int64_t limit = k == WF_EDGES ? i->unreliable_above : edge[k];
        if (limit == WF_NO_EDGE) continue;
        wide l = limit < 0 ? -limit : limit;
        wide rest = days_of_rest(side[0].value * scale - side[1].value * limit, side[0].fixed * scale + side[1].fixed * l,
                                 side[0].a_day * scale + side[1].a_day * l);
        if (rest < days) days = rest;
    }
    if (side[1].a_day != 0 || side[1].fixed != 0) {
        wide rest = days_of_rest(side[1].value, side[1].fixed, side[1].a_day);
        if (rest < days) days = rest;
    }
    return days >= until.n - (wide) day.n ? until : (wf_day) { day.n + 1 + (int32_t) days };
}

void wf_figure_stand(const wf_book *b, const wf_complete *c, uint32_t indicator, uint32_t unit, wf_day day, wf_day today,
                     const int64_t edge[WF_EDGES], wf_stand *ret)
{
    const wf_units *u = wf_book_units(b);
    const wf_indicator *i = &wf_book_profile(b)->indicator[indicator];
    uint32_t org = wf_units_org(u, unit);
    wf_day until, tomorrow = { day.n + 1 };
    struct fraction x;

    *ret = (wf_stand) { .status = WF_FIGURE_OK };
    read_on(b, indicator, node_of(b, unit, day, today), day, &x);
    if (!is_known(b, c, &x, org, &until)) {
        ret->status = WF_FIGURE_X;
        ret->no_data_until = known_from(b, c, indicator, org, day);
        ret->rests_until = ret->no_data_until;
        return;
    }
    const int64_t raw[2] = { sum_side(b, x.r[0], x.n[0]), sum_side(b, x.r[1], x.n[1]) };
    wf_fraction f = fraction_of(&x, raw);
    bool has_denominator = i->denominator.n > 0 || is_mean(&i->numerator);
    int64_t denominator = has_denominator ? f.denominator : 1;
    ret->people = people(b, &x, day);
    if (denominator == 0) ret->status = WF_FIGURE_Z;
    else if (i->unreliable_above != WF_NO_EDGE && compare(i, f.numerator, denominator, i->unreliable_above) > 0) ret->status = WF_FIGURE_U;
    for (size_t k = 0; k < WF_EDGES && ret->status != WF_FIGURE_Z; k++)
        ret->side[k] = edge[k] == WF_NO_EDGE ? 0 : (int8_t) compare(i, f.numerator, denominator, edge[k]);
    wf_day next = rests_until(b, &x, raw, i, day, edge);
    if (!wf_units_reads_today(u, unit)) next = sooner(next, wf_units_next_version(u, unit, day));
    for (int s = 0; s < 2 && until.n != INT32_MAX; s++)
        for (size_t k = 0; k < x.n[s]; k++)
            next = sooner(next, first_reaching(x.r[s][k].term, end_of, tomorrow, (wf_day) { until.n + 1 }));
    ret->rests_until = next.n <= day.n ? tomorrow : next;
}

/* ---- causes ---- */

static void put(wf_fraction *f, bool denominator, int64_t v)
{
    if (denominator) f->denominator += v;
    else f->numerator += v;
}

static int64_t field_of(const wf_term *t, wf_sums s) { return is_amount(t) ? s.amount : s.count; }

/* Entries of the term's own days (first, last] by cause. */
static void term_entered(const wf_book *b, const struct reading *r, wf_day first, wf_day last, bool denominator, wf_fraction by[WF_CAUSE_COUNT])
{
    wf_sums sum[WF_CAUSE_COUNT] = { { 0, 0 } };

    if (first.n > last.n) return;
    wf_book_causes(b, r->population, r->node, first, last, sum);
    for (int c = 0; c < WF_CAUSE_COUNT; c++) put(&by[c], denominator, factor_of(r->term, r->end) * field_of(r->term, sum[c]));
}

void wf_figure_entered(const wf_book *b, uint32_t indicator, uint32_t unit, wf_day first, wf_day last, wf_day day, wf_day today,
                       wf_fraction by[WF_CAUSE_COUNT])
{
    struct fraction x;

    memset(by, 0, WF_CAUSE_COUNT * sizeof *by);
    read_on(b, indicator, node_of(b, unit, day, today), day, &x);
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < x.n[s]; i++) {
            const struct reading *r = &x.r[s][i];
            if (!sums_days(r->term)) term_entered(b, r, end_of(r->term, first), end_of(r->term, last), s, by);
        }
}

/* On how many of the days that are read does an entry of this day stand? */
static int64_t days_read(const wf_book *b, const struct reading *r, wf_day day)
{
    wf_day before = { day.n - 1 > r->after.n ? day.n - 1 : r->after.n };

    switch (r->term->reading) {
    case WF_AT_END: return day.n <= r->end.n;
    case WF_OVER: return day.n > r->after.n && day.n <= r->end.n;
    case WF_MEAN_OVER: case WF_DAYS_OVER: break;
    }
    if (before.n >= r->end.n) return 0;
    return of_working_days(r->term) ? wf_book_working_days(b, r->end) - wf_book_working_days(b, before) : r->end.n - before.n;
}

wf_fraction wf_figure_weigh(const wf_book *b, uint32_t indicator, uint32_t unit, wf_day day, wf_day today, const wf_posting *p)
{
    wf_fraction f = { 0, 0 };
    struct fraction x;

    read_on(b, indicator, node_of(b, unit, day, today), day, &x);
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < x.n[s]; i++) {
            const struct reading *r = &x.r[s][i];
            int sign = wf_book_sign(b, p->flow, r->population, r->node);
            if (sign == 0) continue;
            put(&f, s, sign * factor_of(r->term, r->end) * days_read(b, r, p->day) * (is_amount(r->term) ? p->amount : p->count));
        }
    int64_t n_days = mean_days(&x, 0), d_days = mean_days(&x, 1);
    if (x.n[1] == 0 || n_days == d_days) return f;
    return (wf_fraction) { f.numerator * d_days, f.denominator * n_days };
}

/* From (then's window] to (now's window]: what came in by cause, what left. */
static void term_causes(const wf_book *b, const struct reading *was, const struct reading *is, bool denominator, wf_fraction by[WF_CAUSE_COUNT])
{
    int64_t k = factor_of(is->term, is->end);
    const struct reading in = { is->term, is->population, is->node, was->end, is->end }, out = { is->term, is->population, is->node, was->after, is->after };

    if (sums_days(is->term)) {
        put(&by[WF_BY_REPORT], denominator, k * field_of(is->term, sums_of(b, &in)));
        put(&by[WF_BY_LEFT_WINDOW], denominator, -k * field_of(is->term, sums_of(b, &out)));
        return;
    }
    term_entered(b, is, (wf_day) { was->end.n + 1 }, is->end, denominator, by);
    if (is->term->reading != WF_OVER) return;
    wf_sums left = minus(wf_book_at(b, is->population, is->node, is->after), wf_book_at(b, is->population, is->node, was->after));
    put(&by[WF_BY_LEFT_WINDOW], denominator, -k * field_of(is->term, left));
}

void wf_figure_causes(const wf_book *b, uint32_t indicator, uint32_t unit, wf_day then, wf_day now, wf_day today, wf_fraction by[WF_CAUSE_COUNT])
{
    const wf_indicator *x = &wf_book_profile(b)->indicator[indicator];
    uint32_t node = node_of(b, unit, now, today);
    struct fraction a, z;
    wf_fraction was, is, sum = { 0, 0 };

    read_on(b, indicator, node, then, &a);
    read_on(b, indicator, node, now, &z);
    memset(by, 0, WF_CAUSE_COUNT * sizeof *by);
    (void) wf_figure_sums(b, indicator, unit, then, today, &was);
    (void) wf_figure_sums(b, indicator, unit, now, today, &is);
    for (int s = 0; s < 2 && !is_mean(&x->numerator) && !is_mean(&x->denominator); s++)
        for (size_t i = 0; i < z.n[s]; i++) term_causes(b, &a.r[s][i], &z.r[s][i], s, by);
    for (int c = 0; c < WF_CAUSE_COUNT; c++) {
        sum.numerator += by[c].numerator;
        sum.denominator += by[c].denominator;
    }
    /* What no entry explains: the unit held other teams then, or the year has another number of days, or it is a mean. */
    wf_cause rest = node != node_of(b, unit, then, today) ? WF_BY_REORGANISATION : WF_BY_TIME;
    by[rest].numerator += is.numerator - was.numerator - sum.numerator;
    by[rest].denominator += is.denominator - was.denominator - sum.denominator;
}
