#include <workforce/types.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <string.h>
#include <time.h>

Test(types, day_numbers_agree_with_the_c_library_for_six_hundred_years)
{
    int y, m, d;
    for (int32_t n = wf_day_of(1600, 1, 1).n; n <= wf_day_of(2200, 12, 31).n; n++) {
        time_t t = (time_t) n * 86400;
        struct tm tm;
        gmtime_r(&t, &tm);
        wf_day_civil((wf_day) { n }, &y, &m, &d);
        if (y != tm.tm_year + 1900 || m != tm.tm_mon + 1 || d != tm.tm_mday || wf_day_of(y, m, d).n != n)
            cr_fatal("day %d is %d-%d-%d", n, y, m, d);
    }
    cr_assert(eq(int, wf_day_of(1970, 1, 1).n, 0));
    cr_assert(eq(int, wf_day_of(1950, 1, 1).n, WF_DAY_FIRST.n));
}

static const struct { const char *why, *in; wf_rc rc; int want; } days[] = {
    { "a leap day", "2024-02-29", WF_OK, 19782 },
    { "no leap day in 2023", "2023-02-29", WF_RANGE, 0 },
    { "nor in 1900", "1900-02-29", WF_RANGE, 0 },
    { "but in 2000", "2000-02-29", WF_OK, 11016 },
    { "the epoch", "1970-01-01", WF_OK, 0 },
    { "before it", "1969-12-31", WF_OK, -1 },
    { "the 31st of June", "2024-06-31", WF_RANGE, 0 },
    { "month 0", "2024-00-10", WF_RANGE, 0 },
    { "month 13", "2024-13-10", WF_RANGE, 0 },
    { "day 0", "2024-01-00", WF_RANGE, 0 },
    { "year 0", "0000-01-01", WF_RANGE, 0 },
    { "short", "2024-1-1", WF_MALFORMED, 0 },
    { "long", "2024-01-011", WF_MALFORMED, 0 },
    { "slashes", "2024/01/01", WF_MALFORMED, 0 },
    { "a sign", "+024-01-01", WF_MALFORMED, 0 },
    { "a space", " 2024-01-1", WF_MALFORMED, 0 },
    { "nothing", "", WF_MALFORMED, 0 },
};

Test(types, a_date_is_read_in_one_form_only)
{
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        wf_day d = { 123456 };
        wf_err e;
        cr_expect(eq(int, wf_day_parse(wf_str_of(days[i].in), &d, &e), days[i].rc), "row: %s", days[i].why);
        cr_expect(eq(int, d.n, days[i].rc == WF_OK ? days[i].want : 123456), "untouched on failure: %s", days[i].why);
    }
}

static const struct { const char *why, *in; wf_rc rc; int64_t want; const char *text; } instants[] = {
    { "the epoch", "1970-01-01T00:00:00Z", WF_OK, 0, "1970-01-01T00:00:00Z" },
    { "a fraction", "2024-02-29T09:00:00.5Z", WF_OK, 1709197200500, "2024-02-29T09:00:00.500Z" },
    { "an offset east", "2024-06-01T10:00:00+01:00", WF_OK, 1717232400000, "2024-06-01T09:00:00Z" },
    { "an offset west over midnight", "2024-05-31T23:30:00-05:30", WF_OK, 1717218000000, "2024-06-01T05:00:00Z" },
    { "before 1970", "1969-12-31T23:59:59.999Z", WF_OK, -1, "1969-12-31T23:59:59.999Z" },
    { "small letters", "1970-01-01t00:00:00z", WF_OK, 0, "1970-01-01T00:00:00Z" },
    { "microseconds", "2024-02-29T09:00:00.000001Z", WF_MALFORMED, 0, "" },
    { "a point without digits", "2024-02-29T09:00:00.Z", WF_MALFORMED, 0, "" },
    { "no zone", "2024-02-29T09:00:00", WF_MALFORMED, 0, "" },
    { "a zone without colon", "2024-02-29T09:00:00+0100", WF_MALFORMED, 0, "" },
    { "a space for the T", "2024-02-29 09:00:00Z", WF_MALFORMED, 0, "" },
    { "no such day", "2023-02-29T09:00:00Z", WF_RANGE, 0, "" },
    { "hour 24", "2024-02-29T24:00:00Z", WF_RANGE, 0, "" },
    { "second 60", "2024-02-29T23:59:60Z", WF_RANGE, 0, "" },
    { "something behind", "2024-02-29T09:00:00Z ", WF_MALFORMED, 0, "" },
};

Test(types, an_instant_is_rfc_3339_to_the_millisecond)
{
    char text[WF_INSTANT_TEXT];
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
        wf_instant t = { 77 };
        wf_err e;
        cr_expect(eq(int, wf_instant_parse(wf_str_of(instants[i].in), &t, &e), instants[i].rc), "row: %s", instants[i].why);
        cr_expect(eq(i64, t.ms, instants[i].rc == WF_OK ? instants[i].want : 77), "row: %s", instants[i].why);
        if (instants[i].rc == WF_OK)
            cr_expect(eq(str, (char *) wf_instant_text(t, text), (char *) instants[i].text), "row: %s", instants[i].why);
    }
}

static const struct { const char *why, *in; wf_rc rc; int64_t want; const char *text; } numbers[] = {
    { "a usual one", "0.8", WF_OK, 800000, "0.8" },
    { "one", "1", WF_OK, 1000000, "1" },
    { "zeros behind", "1.500000", WF_OK, 1500000, "1.5" },
    { "six places", "0.000001", WF_OK, 1, "0.000001" },
    { "no rounding, ever", "0.1234567", WF_MALFORMED, 0, "" },
    { "negative", "-0.25", WF_OK, -250000, "-0.25" },
    { "the largest", "999999999999.999999", WF_OK, 999999999999999999, "999999999999.999999" },
    { "one digit too many", "1000000000000", WF_MALFORMED, 0, "" },
    { "an exponent", "1e3", WF_MALFORMED, 0, "" },
    { "a bare point", ".5", WF_MALFORMED, 0, "" },
    { "a point at the end", "5.", WF_MALFORMED, 0, "" },
    { "a zero in front", "05", WF_MALFORMED, 0, "" },
    { "a plus", "+1", WF_MALFORMED, 0, "" },
    { "a minus alone", "-", WF_MALFORMED, 0, "" },
    { "a comma", "0,8", WF_MALFORMED, 0, "" },
    { "nothing", "", WF_MALFORMED, 0, "" },
};

Test(types, a_decimal_is_exact_or_refused)
{
    char text[WF_MILLIONTHS_TEXT];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int64_t v = 5;
        wf_err e;
        cr_expect(eq(int, wf_millionths_parse(wf_str_of(numbers[i].in), &v, &e), numbers[i].rc), "row: %s", numbers[i].why);
        cr_expect(eq(i64, v, numbers[i].rc == WF_OK ? numbers[i].want : 5), "row: %s", numbers[i].why);
        if (numbers[i].rc == WF_OK)
            cr_expect(eq(str, (char *) wf_millionths_text(v, text), (char *) numbers[i].text), "row: %s", numbers[i].why);
    }
}

Test(types, text_buffers_hold_the_extremes)
{
    char number[WF_MILLIONTHS_TEXT], time[WF_INSTANT_TEXT], day[WF_DAY_TEXT];
    cr_assert(eq(str, (char *) wf_millionths_text(INT64_MIN, number), "-9223372036854.775808"));
    cr_assert(eq(str, (char *) wf_millionths_text(0, number), "0"));
    cr_assert(eq(str, (char *) wf_instant_text((wf_instant) { INT64_MAX }, time), "time?"));
    cr_assert(eq(str, (char *) wf_instant_text((wf_instant) { INT64_MIN }, time), "time?"));
    cr_assert(eq(str, (char *) wf_instant_text((wf_instant) { 253402300799999 }, time), "9999-12-31T23:59:59.999Z"));
    cr_assert(eq(str, (char *) wf_day_text(WF_DAY_OPEN, day), "open"));
    cr_assert(eq(str, (char *) wf_day_text((wf_day) { INT32_MIN }, day), "day?"));
}

Test(types, a_failure_carries_its_code_and_reason)
{
    wf_err e = { 0 };
    cr_assert(eq(int, wf_fail(&e, WF_RANGE, "FTE %s is above 1", "1.2"), WF_RANGE));
    cr_assert(eq(int, e.rc, WF_RANGE));
    cr_assert(eq(str, e.text, "FTE 1.2 is above 1"));
    cr_assert(eq(int, wf_fail(NULL, WF_FULL, "nobody asks"), WF_FULL));
    cr_assert(eq(int, wf_rc_act(WF_RANGE), WF_REFUSE));
    cr_assert(eq(int, wf_rc_act(WF_BUSY), WF_RETRY));
    cr_assert(eq(int, wf_rc_act(WF_DAMAGED), WF_STOP));
    cr_assert(eq(str, (char *) wf_rc_wire(WF_ORDER), "end-before-start"));
}

Test(types, wire_codes_are_distinct)
{
    for (int a = 0; a < WF_RESULT_COUNT; a++)
        for (int b = 0; b < a; b++)
            cr_expect(ne(str, (char *) wf_rc_wire((wf_rc) a), (char *) wf_rc_wire((wf_rc) b)));
}

Test(types, text_compares_by_bytes_then_length)
{
    cr_assert(lt(int, wf_str_cmp(WF_STR("ab"), WF_STR("abc")), 0));
    cr_assert(gt(int, wf_str_cmp(WF_STR("b"), WF_STR("abc")), 0));
    cr_assert(eq(int, wf_str_cmp(WF_STR("abc"), WF_STR("abc")), 0));
    cr_assert(eq(int, wf_str_cmp((wf_str) { 0 }, WF_STR("")), 0));
    cr_assert(eq(int, wf_str_eq((wf_str) { 0 }, WF_STR("")), 1));
    cr_assert(eq(int, wf_str_eq(WF_STR("a"), WF_STR("b")), 0));
}

Test(types, our_own_bugs_stop_the_program, .signal = SIGABRT)
{
    WF_ASSERT(1 + 1 == 3);
}
