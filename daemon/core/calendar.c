#include "core/calendar.h"
#include <stdlib.h>
#include <string.h>

#define DAY_MS 86400000
#define HOUR_MS 3600000

static int weekday(wf_day d) { return (int) ((((int64_t) d.n + 3) % 7 + 7) % 7); }      /* 0 Monday; 1970-01-01 was a Thursday */

static int days_in_month(int year, int month)
{
    static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

static wf_day last_sunday(int year, int month)          /* of a month with 31 days */
{
    wf_day last = wf_day_of(year, month, 31);

    return (wf_day) { last.n - (weekday(last) + 1) % 7 };
}

static wf_day utc_day(wf_instant t)
{
    int64_t n = t.ms / DAY_MS - (t.ms % DAY_MS < 0);

    return (wf_day) { (int32_t) (n < -1000000 ? -1000000 : n > 10000000 ? 10000000 : n) };
}

static bool summer(wf_instant t)
{
    int year = wf_day_year(utc_day(t));
    int64_t from = last_sunday(year, 3).n * (int64_t) DAY_MS + HOUR_MS;
    int64_t until = last_sunday(year, 10).n * (int64_t) DAY_MS + HOUR_MS;

    return t.ms >= from && t.ms < until;
}

wf_day wf_day_london(wf_instant t)
{
    return utc_day((wf_instant) { t.ms + (summer(t) ? HOUR_MS : 0) });
}

wf_instant wf_day_end_london(wf_day d)
{
    wf_instant winter = { (d.n + (int64_t) 1) * DAY_MS };

    return summer((wf_instant) { winter.ms - HOUR_MS }) ? (wf_instant) { winter.ms - HOUR_MS } : winter;
}

wf_day wf_day_months_back(wf_day d, int months)
{
    int year, month, mday;

    wf_day_civil(d, &year, &month, &mday);
    int at = year * 12 + month - 1 - months;
    year = at / 12 - (at % 12 < 0);
    month = at - year * 12 + 1;
    int last = days_in_month(year, month);
    return wf_day_of(year, month, mday < last ? mday : last);
}

wf_day wf_day_years_on(wf_day d, int years)
{
    int year, month, mday;

    wf_day_civil(d, &year, &month, &mday);
    if (month == 2 && mday == 29 && days_in_month(year + years, 2) == 28) return wf_day_of(year + years, 3, 1);
    return wf_day_of(year + years, month, mday);
}

int wf_day_year(wf_day d)
{
    int year, month, mday;

    wf_day_civil(d, &year, &month, &mday);
    return year;
}

wf_day wf_day_last_30_september_before(wf_day d)
{
    wf_day this_year = wf_day_of(wf_day_year(d), 9, 30);

    return this_year.n < d.n ? this_year : wf_day_of(wf_day_year(d) - 1, 9, 30);
}

wf_day wf_day_census_year_start(wf_day d)
{
    wf_day this_year = wf_day_of(wf_day_year(d), 10, 1);

    return this_year.n <= d.n ? this_year : wf_day_of(wf_day_year(d) - 1, 10, 1);
}

bool wf_day_has_29_february(wf_day after, wf_day until)
{
    for (int year = wf_day_year(after); year <= wf_day_year(until); year++) {
        if (days_in_month(year, 2) == 28) continue;
        wf_day d = wf_day_of(year, 2, 29);
        if (d.n > after.n && d.n <= until.n) return true;
    }
    return false;
}

/* Working days are looked up in one sum for each day: index[i] is the number of them from the first day to day i. */
struct wf_calendar {
    int32_t days;
    int32_t index[];
};

wf_calendar *wf_calendar_new(const wf_day *holidays, size_t n)
{
    int32_t days = wf_day_of(2134, 12, 31).n - WF_DAY_FIRST.n + 1, sum = 0;
    wf_calendar *c = calloc(1, sizeof *c + (size_t) days * sizeof *c->index);

    WF_ASSERT(c != NULL);
    c->days = days;
    for (int32_t i = 0; i < days; i++) c->index[i] = weekday((wf_day) { WF_DAY_FIRST.n + i }) < 5;
    for (size_t h = 0; h < n; h++) {
        int32_t i = holidays[h].n - WF_DAY_FIRST.n;
        if (i >= 0 && i < days) c->index[i] = 0;
    }
    for (int32_t i = 0; i < days; i++) c->index[i] = sum += c->index[i];
    return c;
}

void wf_calendar_free(wf_calendar **p)
{
    free(*p);
    *p = NULL;
}

int32_t wf_calendar_index(const wf_calendar *c, wf_day d)
{
    if (d.n < WF_DAY_FIRST.n) return 0;
    int32_t i = d.n - WF_DAY_FIRST.n;
    return c->index[i < c->days ? i : c->days - 1];
}

bool wf_calendar_working(const wf_calendar *c, wf_day d)
{
    return wf_calendar_index(c, d) > wf_calendar_index(c, (wf_day) { d.n - 1 });
}

wf_day wf_calendar_next_working(const wf_calendar *c, wf_day d)
{
    int32_t last = WF_DAY_FIRST.n + c->days - 1;

    if (d.n < WF_DAY_FIRST.n - 1) d.n = WF_DAY_FIRST.n - 1;
    do d.n++; while (d.n <= last && !wf_calendar_working(c, d));
    return d;
}
