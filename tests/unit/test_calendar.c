#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <time.h>
#include "core/calendar.h"

static wf_day day(int y, int m, int d) { return wf_day_of(y, m, d); }

Test(calendar, london_days_are_those_of_tzdata_for_each_half_hour_of_1996_to_2060)
{
    setenv("TZ", "Europe/London", 1);
    tzset();
    time_t from = 820454400, until = 2871763200;        /* 1996-01-01 to 2061-01-01 */
    int wrong = 0;
    for (time_t t = from; t < until; t += 1800) {
        struct tm tm;
        localtime_r(&t, &tm);
        wrong += wf_day_london((wf_instant) { t * INT64_C(1000) }).n != day(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday).n;
    }
    struct tm summer;
    time_t july = 1688169600;
    localtime_r(&july, &summer);
    cr_assert(eq(int, summer.tm_isdst, 1), "there is no tzdata to compare with");
    cr_assert(eq(int, wrong, 0));
}

Test(calendar, the_hosts_time_zone_says_nothing)
{
    static const char *const zones[] = { "UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/St_Johns", "Asia/Kathmandu", "right/Europe/London" };
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        setenv("TZ", zones[i], 1);
        tzset();
        /* 23:30 UTC: in winter still the same day, in summer the next. */
        cr_expect(eq(i32, wf_day_london((wf_instant) { INT64_C(1705361400000) }).n, day(2024, 1, 15).n), "%s", zones[i]);
        cr_expect(eq(i32, wf_day_london((wf_instant) { INT64_C(1721086200000) }).n, day(2024, 7, 16).n), "%s", zones[i]);
    }
}

Test(calendar, the_odd_days_have_23_and_25_hours)
{
    for (int y = 1996; y <= 2060; y++) {
        int short_days = 0, long_days = 0;
        for (int32_t n = day(y, 1, 1).n; n < day(y + 1, 1, 1).n; n++) {
            int64_t hours = (wf_day_end_london((wf_day) { n }).ms - wf_day_end_london((wf_day) { n - 1 }).ms) / 3600000;
            short_days += hours == 23;
            long_days += hours == 25;
            cr_assert(hours >= 23 && hours <= 25);
        }
        cr_expect(eq(int, short_days, 1), "%d", y);
        cr_expect(eq(int, long_days, 1), "%d", y);
    }
}

Test(calendar, a_day_ends_where_the_next_begins)
{
    for (int32_t n = day(2015, 1, 1).n; n < day(2035, 1, 1).n; n++) {
        wf_instant end = wf_day_end_london((wf_day) { n });
        cr_assert(eq(i32, wf_day_london(end).n, n + 1));
        cr_assert(eq(i32, wf_day_london((wf_instant) { end.ms - 1 }).n, n));
    }
}

static const struct { const char *why; int from[3], months, want[3]; } back[] = {
    { "12 months to 30 September begin on 1 October", { 2024, 9, 30 }, 12, { 2023, 9, 30 } },
    { "the month's last where the day is not there",  { 2024, 3, 31 },  1, { 2024, 2, 29 } },
    { "February of a common year",                    { 2023, 3, 30 },  1, { 2023, 2, 28 } },
    { "from 29 February",                             { 2024, 2, 29 }, 12, { 2023, 2, 28 } },
    { "over a new year",                              { 2024, 1, 15 },  2, { 2023, 11, 15 } },
    { "forward",                                      { 2024, 8, 31 }, -6, { 2025, 2, 28 } },
    { "six months",                                   { 2024, 5, 31 },  6, { 2023, 11, 30 } },
};

Test(calendar, months_back_are_the_same_day_or_the_months_last)
{
    for (size_t i = 0; i < sizeof back / sizeof *back; i++) {
        wf_day got = wf_day_months_back(day(back[i].from[0], back[i].from[1], back[i].from[2]), back[i].months);
        cr_expect(eq(i32, got.n, day(back[i].want[0], back[i].want[1], back[i].want[2]).n), "%s", back[i].why);
    }
}

Test(calendar, an_anniversary_of_29_february_falls_on_1_march)
{
    cr_expect(eq(i32, wf_day_years_on(day(2024, 2, 29), 1).n, day(2025, 3, 1).n));
    cr_expect(eq(i32, wf_day_years_on(day(2024, 2, 29), 4).n, day(2028, 2, 29).n));
    cr_expect(eq(i32, wf_day_years_on(day(2023, 5, 31), 1).n, day(2024, 5, 31).n));
}

Test(calendar, census_years_turn_on_1_october)
{
    cr_expect(eq(i32, wf_day_census_year_start(day(2024, 9, 30)).n, day(2023, 10, 1).n));
    cr_expect(eq(i32, wf_day_census_year_start(day(2024, 10, 1)).n, day(2024, 10, 1).n));
    cr_expect(eq(i32, wf_day_last_30_september_before(day(2024, 9, 30)).n, day(2023, 9, 30).n));
    cr_expect(eq(i32, wf_day_last_30_september_before(day(2024, 10, 1)).n, day(2024, 9, 30).n));
}

Test(calendar, the_years_to_september_2020_2024_and_2028_hold_a_29_february)
{
    for (int y = 2017; y <= 2029; y++)
        cr_expect(eq(int, wf_day_has_29_february(day(y - 1, 9, 30), day(y, 9, 30)), y == 2020 || y == 2024 || y == 2028), "%d", y);
    cr_expect(not(wf_day_has_29_february(day(2024, 2, 29), day(2025, 2, 28))));
    cr_expect(wf_day_has_29_february(day(2024, 2, 28), day(2024, 2, 29)));
}

Test(calendar, working_days_are_monday_to_friday_less_the_holidays)
{
    wf_day holiday[] = { day(2024, 3, 29), day(2024, 4, 1) };       /* Good Friday, Easter Monday */
    WF_AUTO(wf_calendar_free) wf_calendar *c = wf_calendar_new(holiday, 2);

    cr_expect(wf_calendar_working(c, day(2024, 3, 28)));
    cr_expect(not(wf_calendar_working(c, day(2024, 3, 29))));
    cr_expect(not(wf_calendar_working(c, day(2024, 3, 30))));
    cr_expect(eq(i32, wf_calendar_next_working(c, day(2024, 3, 28)).n, day(2024, 4, 2).n));
    cr_expect(eq(i32, wf_calendar_index(c, day(2024, 4, 5)) - wf_calendar_index(c, day(2024, 3, 22)), 8));
    cr_expect(eq(i32, wf_calendar_index(c, day(1949, 12, 31)), 0));
    cr_expect(eq(i32, wf_calendar_index(c, day(1950, 1, 2)), 1));
}
