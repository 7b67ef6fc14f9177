/* say -- turns what was planned into records. */
#include "consumers/simulate/staff.h"
#include <stdlib.h>

static int64_t first_of(int64_t fte) { return fte < WF_FTE_ONE ? fte : WF_FTE_ONE; }
static int64_t second_of(int64_t fte) { return fte - first_of(fte); }
static int32_t later(int32_t a, int32_t b) { return a > b ? a : b; }

void sim_say(sim_org *o, const sim_worker *w, wf_event_type type, int32_t said, int32_t effective, int flags, int64_t n, int64_t m)
{
    sim_records_add(o->to, &(sim_record) {
        .said = said, .effective = effective, .org = o->org, .who = w != NULL ? w->id : 0, .id = ++o->ids, .type = (uint8_t) type,
        .flags = (uint8_t) (flags | (w != NULL && w->no_fte ? SIM_NO_FTE : 0)), .n = n, .m = m,
    });
}

static void say_start(sim_org *o, sim_worker *w)
{
    int flags = w->coming == SIM_STARTER ? 0 : SIM_ADJUSTMENT;
    /* Of those who come by adjustment only the end of the year is known: they come with it. */
    if (flags != 0 && sim_stays(w))
        w->fte = w->target;
    sim_say(o, w, WF_STARTER, w->from, w->from, flags, first_of(w->fte), 0);
    if (second_of(w->fte) > 0) {
        sim_say(o, w, WF_STARTER, w->from, w->from, flags | SIM_SECOND, second_of(w->fte), 0);
        w->second = true;
    }
}

static void say_change(sim_org *o, sim_worker *w)
{
    int32_t day = sim_some_day(o, later(w->from, o->last) + 1, o->today);
    if (first_of(w->fte) != first_of(w->target))
        sim_say(o, w, WF_CHANGE, day, day, SIM_ADJUSTMENT, first_of(w->target), 0);
    if (second_of(w->fte) == second_of(w->target))
        return;
    sim_say(o, w, w->second ? WF_CHANGE : WF_STARTER, day, day, SIM_ADJUSTMENT | SIM_SECOND, second_of(w->target), 0);
    w->second = true;
}

static void say_end(sim_org *o, const sim_worker *w)
{
    int32_t said = w->until, first = later(w->from, o->last + 1);
    if (!o->plain && w->leaver)
        said = later(first, w->until - sim_between(&o->random, 28, 84));
    int64_t notice = said < w->until ? said : 0;
    int flags = w->leaver ? 0 : SIM_ADJUSTMENT;
    sim_say(o, w, WF_LEAVER, said, w->until, flags, notice, 0);
    if (w->second)
        sim_say(o, w, WF_LEAVER, said, w->until, flags | SIM_SECOND, notice, 0);
}

void sim_say_staff(sim_org *o)
{
    for (int32_t i = 0; i < o->staff.n; i++) {
        sim_worker *w = &o->staff.at[i];
        if (w->coming != SIM_WAS_THERE)
            say_start(o, w);
        if (!sim_stays(w))
            say_end(o, w);
        else if (w->fte != w->target)
            say_change(o, w);
    }
}

void sim_say_agency(sim_org *o)
{
    for (int32_t i = 0; i < o->agency.n; i++) {
        const sim_worker *w = &o->agency.at[i];
        if (w->coming != SIM_WAS_THERE)
            sim_say(o, w, WF_PLACEMENT_STARTED, w->from, w->from, 0, w->fte, 0);
        if (!sim_stays(w))
            sim_say(o, w, WF_PLACEMENT_ENDED, w->until, w->until, 0, 0, 0);
    }
}

/* The case system counts at the end of each month; what a leaver held is handed over on the last day. */
static void say_counts(sim_org *o, const sim_worker *w)
{
    int year, month, day;
    wf_day_civil((wf_day) { o->last }, &year, &month, &day);
    for (int m = 1; m <= 11; m++) {
        int next = month + m + 1;
        int32_t at = wf_day_of(year + (next - 1) / 12, (next - 1) % 12 + 1, 1).n - 1;
        if (at < w->from || at >= w->until - 1)
            continue;
        int32_t goal = sim_stays(w) ? w->cases : w->before;
        int32_t n = w->before + (goal - w->before) * m / 12 + sim_between(&o->random, -1, 1);
        sim_say(o, w, WF_CASELOAD, at, at, 0, n < 0 ? 0 : n, 0);
    }
    if (!sim_stays(w) && w->until - 1 > o->last && w->until - 1 >= w->from)
        sim_say(o, w, WF_CASELOAD, w->until - 1, w->until - 1, 0, 0, 0);
}

void sim_say_cases(sim_org *o)
{
    const sim_crowd *crowds[] = { &o->staff, &o->agency };
    for (size_t c = 0; c < 2; c++)
        for (int32_t i = 0; i < crowds[c]->n; i++) {
            const sim_worker *w = &crowds[c]->at[i];
            if (!o->plain && (w->before > 0 || w->cases > 0))
                say_counts(o, w);
            if (sim_stays(w) && (w->cases > 0 || w->before > 0))
                sim_say(o, w, WF_CASELOAD, o->today, o->today, 0, w->cases, 0);
        }
}

void sim_say_vacancies(sim_org *o)
{
    sim_input fte = sim_in(o, SIM_VACANCY_FTE), cover = sim_in(o, SIM_AGENCY_COVER_FTE);
    if (!fte.known)
        return;
    for (int quarter = 1; !o->plain && o->begun && quarter <= 3; quarter++) {
        int32_t at = o->last + 91 * quarter;
        int64_t n = o->vacancy + (fte.v - o->vacancy) * quarter / 4;
        int64_t covered = cover.known ? o->cover + (cover.v - o->cover) * quarter / 4 : -1;
        sim_say(o, NULL, WF_VACANCIES_DECLARED, at, at, 0, n - n % 100000, covered < 0 ? covered : covered - covered % 100000);
    }
    if (!o->plain && !o->begun)
        sim_say(o, NULL, WF_VACANCIES_DECLARED, o->last, o->last, 0, fte.v, cover.known ? cover.v : -1);
    sim_say(o, NULL, WF_VACANCIES_DECLARED, o->today, o->today, 0, fte.v, cover.known ? cover.v : -1);
    o->vacancy = fte.v;
    o->cover = cover.v;
}

/* ---- absence ---- */

/* Parts of a year that no bank holiday of England falls into, as weekdays; so days lost are weekdays, whatever holidays
 * were moved or granted. Month and day of the first and last day; a year is counted from its October. */
static const struct { int year, month, day, last_month, last_day; } seasons[] = {
    { 0, 10, 1, 12, 24 }, { 1, 1, 5, 3, 16 }, { 1, 6, 8, 8, 22 },
};
#define SEASONS (sizeof seasons / sizeof *seasons)

static bool weekday(int32_t day) { return ((day % 7) + 7 + 3) % 7 < 5; }    /* 1970-01-01 was a Thursday */

/* The day by which `n` weekdays from `day` on are over, and how many there really are up to `last`. */
static int32_t after_weekdays(int32_t day, int32_t last, int32_t n, int32_t *got)
{
    int32_t end = day - 1;
    *got = 0;
    for (int32_t d = day; d <= last && *got < n; d++)
        if (weekday(d)) {
            ++*got;
            end = d;
        }
    return end;
}

/* One spell of at most `n` working days in a season, not before `earliest`; how many days it took. */
static int32_t say_spell(sim_org *o, sim_worker *w, size_t s, int32_t earliest, int32_t n, int64_t share)
{
    int year, month, mday;
    wf_day_civil((wf_day) { o->last }, &year, &month, &mday);
    int32_t from = wf_day_of(year + seasons[s].year, seasons[s].month, seasons[s].day).n;
    int32_t last = wf_day_of(year + seasons[s].year, seasons[s].last_month, seasons[s].last_day).n;
    from = later(later(from, earliest), later(w->from, later(w->busy + 1, o->last + 1)));
    last = last >= w->until ? w->until - 1 : last;
    while (from <= last && !weekday(from))
        from++;
    int32_t got, end = after_weekdays(from, last, n, &got);
    if (got == 0)
        return 0;
    /* It is said on the day after, when it is over. */
    int32_t said = o->plain || end + 1 > o->today ? from : end + 1;
    sim_say(o, w, WF_ABSENCE, said, from, 0, end, share);
    w->busy = end;
    return got;
}

/* As absences are: most are of days, some of weeks, few of months; with room left between them. */
static int64_t say_ordinary(sim_org *o, int64_t days)
{
    int64_t tries = days + 100;
    while (days > 0 && tries-- > 0 && o->staff.n > 0) {
        sim_worker *w = &o->staff.at[sim_below(&o->random, (uint32_t) o->staff.n)];
        uint32_t kind = sim_below(&o->random, 10);
        int32_t n = kind < 6 ? sim_between(&o->random, 1, 5) : kind < 9 ? sim_between(&o->random, 6, 20) : sim_between(&o->random, 21, 45);
        int32_t earliest = sim_some_day(o, o->last + 1, o->today);
        for (size_t s = 0; s < SEASONS; s++) {
            int32_t got = say_spell(o, w, s, earliest, (int32_t) (n < days ? n : days), WF_FTE_ONE);
            days -= got;
            if (got > 0)
                break;
        }
    }
    return days;
}

wf_rc sim_say_absences(sim_org *o, wf_err *e)
{
    sim_input lost = sim_in(o, SIM_DAYS_LOST);
    if (!lost.known)
        return WF_OK;
    int64_t days = lost.v / WF_FTE_ONE, share = lost.v % WF_FTE_ONE;
    for (int32_t i = 0; i < o->staff.n; i++)
        o->staff.at[i].busy = INT32_MIN / 2;
    /* The part of a day first, while there is room. */
    for (int32_t i = 0; share > 0 && i < o->staff.n; i++)
        for (size_t s = 0; share > 0 && s < SEASONS; s++)
            if (say_spell(o, &o->staff.at[i], s, o->last, 1, share) > 0)
                share = 0;
    if (!o->plain)
        days = say_ordinary(o, days);
    for (int32_t i = 0; days > 0 && i < o->staff.n; i++)
        for (size_t s = 0; days > 0 && s < SEASONS; s++)
            days -= say_spell(o, &o->staff.at[i], s, o->last, days < 1000 ? (int32_t) days : 1000, WF_FTE_ONE);
    if (days > 0 || share > 0)
        return wf_fail(e, WF_RANGE, "%s %d: more working days lost than there were people", o->row->name, o->row->year);
    return WF_OK;
}
