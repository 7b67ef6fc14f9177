#include <workforce/types.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct { wf_act act; const char *wire, *text; } results[WF_RESULT_COUNT] = {
#define X(name, act, wire, text) [name] = { act, wire, text },
    WF_RESULTS(X)
#undef X
};

wf_act wf_rc_act(wf_rc rc) { return results[rc].act; }
const char *wf_rc_wire(wf_rc rc) { return results[rc].wire; }
const char *wf_rc_text(wf_rc rc) { return results[rc].text; }

wf_rc wf_fail(wf_err *e, wf_rc rc, const char *format, ...)
{
    if (e == NULL)
        return rc;
    e->rc = rc;
    va_list ap;
    va_start(ap, format);
    (void) vsnprintf(e->text, sizeof e->text, format, ap);
    va_end(ap);
    return rc;
}

void wf_assert_failed(const char *cond, const char *file, int line)
{
    /* Small allocations are asserted, so that their failure ends the process here: with a reason, and by no signal. */
    if (errno == ENOMEM) {
        (void) fprintf(stderr, "%s:%d: out of memory; ending\n", file, line);
        _exit(1);
    }
    (void) fprintf(stderr, "%s:%d: this cannot be: %s\n", file, line, cond);
    abort();
}

wf_str wf_str_of(const char *s) { return s == NULL ? (wf_str) { 0 } : (wf_str) { s, strlen(s) }; }

bool wf_str_eq(wf_str a, wf_str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }

int wf_str_cmp(wf_str a, wf_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n == 0 ? 0 : memcmp(a.p, b.p, n);
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

/* ---- civil dates: years run from March, so that the leap day is the last of its year ---- */

#define ERA_DAYS 146097          /* 400 years */
#define ERA_TO_1970 719468       /* 0000-03-01 to 1970-01-01 */

wf_day wf_day_of(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int of_era = y - era * 400;
    int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int n = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return (wf_day) { era * ERA_DAYS + n - ERA_TO_1970 };
}

void wf_day_civil(wf_day day, int *year, int *month, int *mday)
{
    int64_t z = (int64_t) day.n + ERA_TO_1970;
    int64_t era = (z >= 0 ? z : z - (ERA_DAYS - 1)) / ERA_DAYS;
    int n = (int) (z - era * ERA_DAYS);
    int of_era = (n - n / 1460 + n / 36524 - n / 146096) / 365;
    int of_year = n - (365 * of_era + of_era / 4 - of_era / 100);
    int m = (5 * of_year + 2) / 153;
    *mday = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (int) (of_era + era * 400) + (*month <= 2);
}

static int month_days(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Exactly n digits. */
static bool digits(const char *p, size_t n, int *ret)
{
    int v = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        v = v * 10 + (p[i] - '0');
    }
    *ret = v;
    return true;
}

wf_rc wf_day_parse(wf_str text, wf_day *ret, wf_err *e)
{
    int y, m, d;
    if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-' || !digits(text.p, 4, &y) || !digits(text.p + 5, 2, &m)
        || !digits(text.p + 8, 2, &d))
        return wf_fail(e, WF_MALFORMED, "\"%.*s\" is not a date such as 2024-02-29", (int) (text.n < 40 ? text.n : 40),
                       text.n == 0 ? "" : text.p);
    if (y < 1 || m < 1 || m > 12 || d < 1 || d > month_days(y, m))
        return wf_fail(e, WF_RANGE, "there is no day %.*s", WF_STR_ARG(text));
    *ret = wf_day_of(y, m, d);
    return WF_OK;
}

/* "+01:00", "Z": minutes east of UTC. */
static bool offset_minutes(const char *p, size_t n, int *ret)
{
    int h, m;
    if (n == 1 && (*p == 'Z' || *p == 'z')) {
        *ret = 0;
        return true;
    }
    if (n != 6 || (*p != '+' && *p != '-') || p[3] != ':' || !digits(p + 1, 2, &h) || !digits(p + 4, 2, &m) || h > 23 || m > 59)
        return false;
    *ret = (*p == '-' ? -1 : 1) * (h * 60 + m);
    return true;
}

static wf_rc no_instant(wf_str text, wf_err *e)
{
    return wf_fail(e, WF_MALFORMED, "\"%.*s\" is not a time such as 2024-02-29T09:00:00.000Z", (int) (text.n < 40 ? text.n : 40),
                   text.n == 0 ? "" : text.p);
}

wf_rc wf_instant_parse(wf_str text, wf_instant *ret, wf_err *e)
{
    const char *p = text.p;
    int h, m, s, east, fraction = 0;
    wf_day day;
    if (text.n < 20 || (p[10] != 'T' && p[10] != 't') || p[13] != ':' || p[16] != ':' || !digits(p + 11, 2, &h)
        || !digits(p + 14, 2, &m) || !digits(p + 17, 2, &s))
        return no_instant(text, e);
    WF_TRY(wf_day_parse((wf_str) { p, 10 }, &day, e));
    size_t at = 19;
    if (p[at] == '.') {
        size_t k = 0;
        while (at + 1 + k < text.n && p[at + 1 + k] >= '0' && p[at + 1 + k] <= '9')
            k++;
        if (k < 1 || k > 3 || !digits(p + at + 1, k, &fraction))
            return no_instant(text, e);
        for (size_t i = k; i < 3; i++)
            fraction *= 10;
        at += 1 + k;
    }
    if (!offset_minutes(p + at, text.n - at, &east))
        return no_instant(text, e);
    if (h > 23 || m > 59 || s > 59)
        return wf_fail(e, WF_RANGE, "there is no time %.*s", WF_STR_ARG(text));
    ret->ms = (((int64_t) day.n * 24 + h) * 60 + m - east) * 60000 + s * 1000 + fraction;
    return WF_OK;
}

/* Digits at p as one number; how many they are is the result, at most `max`. */
static size_t take_digits(const char *p, const char *end, size_t max, int64_t *v)
{
    size_t n = 0;
    for (; p + n < end && p[n] >= '0' && p[n] <= '9' && n < max; n++)
        *v = *v * 10 + (p[n] - '0');
    return n;
}

wf_rc wf_millionths_parse(wf_str text, int64_t *ret, wf_err *e)
{
    const char *p = text.p, *end = text.p + text.n;
    bool negative = text.n > 0 && *p == '-';
    int64_t v = 0;
    p += negative;
    size_t whole = take_digits(p, end, 12, &v), places = 0;
    bool sound = whole > 0 && (whole == 1 || *p != '0');
    p += whole;
    if (sound && p < end && *p == '.') {
        places = take_digits(p + 1, end, 6, &v);
        sound = places > 0;
        p += 1 + places;
    }
    if (!sound || p != end)
        return wf_fail(e, WF_MALFORMED, "\"%.*s\" is not a decimal number with at most six places",
                       (int) (text.n < 40 ? text.n : 40), text.n == 0 ? "" : text.p);
    for (; places < 6; places++)
        v *= 10;
    *ret = negative ? -v : v;
    return WF_OK;
}

const char *wf_day_text(wf_day day, char buf[WF_DAY_TEXT])
{
    if (day.n == WF_DAY_OPEN.n) {
        (void) snprintf(buf, WF_DAY_TEXT, "open");
        return buf;
    }
    int y, m, d;
    wf_day_civil(day, &y, &m, &d);
    if (y < 0 || y > 9999)
        (void) snprintf(buf, WF_DAY_TEXT, "day?");
    else
        (void) snprintf(buf, WF_DAY_TEXT, "%04u-%02u-%02u", (unsigned) y % 10000u, (unsigned) m % 100u, (unsigned) d % 100u);
    return buf;
}

const char *wf_instant_text(wf_instant t, char buf[WF_INSTANT_TEXT])
{
    int64_t days = t.ms / 86400000, ms = t.ms % 86400000;
    if (ms < 0) {
        ms += 86400000;
        days--;
    }
    if (days > 2932896 || days < -719528) {      /* 9999-12-31, 0000-01-01 */
        (void) snprintf(buf, WF_INSTANT_TEXT, "time?");
        return buf;
    }
    char day[WF_DAY_TEXT];
    unsigned s = (unsigned) (ms / 1000), fraction = (unsigned) (ms % 1000);
    (void) snprintf(buf, WF_INSTANT_TEXT, fraction != 0 ? "%sT%02u:%02u:%02u.%03uZ" : "%sT%02u:%02u:%02uZ",
                    wf_day_text((wf_day) { (int32_t) days }, day), s / 3600 % 24, s / 60 % 60, s % 60, fraction);
    return buf;
}

const char *wf_millionths_text(int64_t v, char buf[WF_MILLIONTHS_TEXT])
{
    uint64_t a = v < 0 ? 0 - (uint64_t) v : (uint64_t) v;
    int n = snprintf(buf, WF_MILLIONTHS_TEXT, "%s%llu.%06llu", v < 0 ? "-" : "", (unsigned long long) (a / 1000000),
                     (unsigned long long) (a % 1000000));
    while (n > 0 && buf[n - 1] == '0')
        buf[--n] = '\0';
    if (n > 0 && buf[n - 1] == '.')
        buf[--n] = '\0';
    return buf;
}
