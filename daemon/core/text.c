#include "core/text.h"
#include "core/calendar.h"
#include "core/indicator.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 160

/* ---- numbers and days ---- */

const char *wf_text_number(int64_t millionths, int decimals, char buf[WF_TEXT_NUMBER])
{
    int64_t step = 1, scale = 1;

    for (int i = decimals; i < 6; i++) step *= 10;
    for (int i = 0; i < decimals; i++) scale *= 10;
    uint64_t v = millionths < 0 ? -(uint64_t) millionths : (uint64_t) millionths;
    v = v / (uint64_t) step + (v % (uint64_t) step * 2 >= (uint64_t) step);
    const char *sign = millionths < 0 && v > 0 ? "-" : "";
    if (decimals == 0) (void) snprintf(buf, WF_TEXT_NUMBER, "%s%llu", sign, (unsigned long long) v);
    else
        (void) snprintf(buf, WF_TEXT_NUMBER, "%s%llu.%0*llu", sign, (unsigned long long) (v / (uint64_t) scale), decimals,
                        (unsigned long long) (v % (uint64_t) scale));
    return buf;
}

const char *wf_text_sum(int64_t sum, wf_measured what, char buf[WF_TEXT_NUMBER])
{
    if (what == WF_FTE_MILLIONTHS || what == WF_POSTS_FTE || what == WF_DAYS_MILLIONTHS) return wf_text_number(sum, 1, buf);
    (void) snprintf(buf, WF_TEXT_NUMBER, "%lld", (long long) sum);
    return buf;
}

/* "31 March 2024", without the year where it is the same as another date's. */
static const char *date(wf_day d, int known_year, char buf[32])
{
    static const char *const month[] = { "January", "February", "March", "April", "May", "June", "July", "August", "September",
                                         "October", "November", "December" };
    int y, m, n;

    wf_day_civil(d, &y, &m, &n);
    if (y == known_year) (void) snprintf(buf, 32, "%d %s", n, month[m - 1]);
    else (void) snprintf(buf, 32, "%d %s %d", n, month[m - 1], y);
    return buf;
}

/* ---- a line that is being written ---- */

typedef struct line { char p[640]; size_t n; } line;

static void say(line *l, const char *format, ...) WF_PRINTF(2, 3);
static void say(line *l, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(l->p + l->n, sizeof l->p - l->n, format, ap);
    va_end(ap);
    l->n += n < 0 ? 0 : (size_t) n < sizeof l->p - l->n ? (size_t) n : sizeof l->p - l->n - 1;
}

/* ---- words ---- */

static const char *level_word(wf_level l)
{
    static const char *const word[] = { "UNKNOWN", "OK", "AMBER", "RED" };

    return word[l];
}

static const char *lower_level(wf_level l)
{
    static const char *const word[] = { "unknown", "ok", "amber", "red" };

    return word[l];
}

static const char *counted(wf_measured what)
{
    static const char *const noun[WF_MEASURED_COUNT] = { "people", "FTE", "children", "FTE posts", "days", "" };

    return noun[what];
}

static const char *by_cause(wf_cause c)
{
    static const char *const word[WF_CAUSE_COUNT] = {
        "by starters", "by leavers", "by moves", "by hours", "by main posts", "by contracts", "by reorganisation", "by transfers",
        "by temporary posts", "by adjustments", "as time passed", "as reported", "left the window", "corrected", "by the definition",
    };

    return word[c];
}

/* "in the 12 months to", "on" */
static void window_words(const wf_term *t, line *l)
{
    static const char *const to_date[] = { "", "", "", "month", "quarter", "financial year", "census year" };

    if (t->reading == WF_AT_END) say(l, "on ");
    else if (t->window.kind == WF_MONTHS_WINDOW) say(l, "in the %d month%s to ", (int) t->window.n, t->window.n == 1 ? "" : "s");
    else if (t->window.kind == WF_DAYS_WINDOW) say(l, "in the %d day%s to ", (int) t->window.n, t->window.n == 1 ? "" : "s");
    else say(l, "in the %s to ", to_date[t->window.kind]);
}

/* "15 %", "16", "12.5 %" */
static void edge(line *l, const wf_indicator *i, int64_t v)
{
    char number[WF_MILLIONTHS_TEXT];

    say(l, "%s%s", wf_millionths_text(v, number), i->unit == WF_UNIT_PERCENT ? " %" : "");
}

static void value(line *l, const wf_indicator *i, int64_t v)
{
    char number[WF_TEXT_NUMBER];

    say(l, "%s%s", wf_text_number(v, i->decimals, number), i->unit == WF_UNIT_PERCENT ? " %" : "");
}

/* ---- line 1: what, where, how much, since when ---- */

static void arithmetic(line *l, const wf_indicator *i, const wf_rule *r, const wf_alert *a, bool nouns)
{
    char n[WF_TEXT_NUMBER], d[WF_TEXT_NUMBER];
    const wf_figure *f = &a->figure;

    value(l, i, f->value);
    (void) wf_text_sum(f->numerator, f->numerator_of, n);
    (void) wf_text_sum(f->denominator, f->denominator_of, d);
    if (!f->has_denominator) {
        wf_str noun = r->noun_numerator.n > 0 ? r->noun_numerator : i->noun.n > 0 ? i->noun : wf_str_of(counted(f->numerator_of));
        say(l, noun.n > 0 ? " %.*s " : " ", WF_STR_ARG(noun));
    } else if (i->unit == WF_UNIT_RATIO) {
        if (i->noun.n > 0) say(l, " %.*s", WF_STR_ARG(i->noun));
        say(l, " - %s %s, %s %s ", n, counted(f->numerator_of), d, counted(f->denominator_of));
    } else if (!nouns) {
        say(l, " - %s of %s ", n, d);
    } else if (r->noun_numerator.n > 0) {
        say(l, " - %s of %s %.*s ", n, d, WF_STR_ARG(r->noun_numerator));
    } else {
        say(l, " - %s of %s %s ", n, d, counted(f->denominator_of));
    }
}

static void limits(line *l, const wf_indicator *i, const wf_rule *r, const wf_alert *a, int detail)
{
    bool red = a->state == WF_RED || a->amber == WF_NO_EDGE;
    int64_t limit = red ? a->red : a->amber;
    bool broken = r->above ? a->figure.value >= limit : a->figure.value <= limit;

    say(l, " (limit ");
    edge(l, i, limit);
    if (detail > 2 && broken && a->state == WF_AMBER && a->red != WF_NO_EDGE) {
        say(l, ", red at ");
        edge(l, i, a->red);
    }
    if (detail > 2 && a->state == WF_OKAY && a->clear != a->amber && a->clear != WF_NO_EDGE) {
        say(l, r->above ? ", ended below " : ", ended above ");
        edge(l, i, a->clear);
    }
    if (detail > 0 && a->state > WF_OKAY && !broken && a->clear != WF_NO_EDGE) {      /* why it stands although its edge is not broken */
        say(l, r->above ? ", ends below " : ", ends above ");
        edge(l, i, a->clear);
    }
    say(l, ")");
}

static void history(line *l, const wf_rule *r, const wf_alert *a)
{
    char day[32];

    if (a->state == WF_OKAY) {
        if (a->before > WF_OKAY) say(l, "; was %s", lower_level(a->before));
    } else if (a->since.n == a->day.n && r->for_days > 1) {         /* an alert begins when its edge has held for so long */
        say(l, "; %s the limit for %d days", r->above ? "above" : "below", (int) r->for_days);
    } else if (a->since.n < a->day.n && a->since.n > WF_DAY_FIRST.n) {
        /* `since` is the first day of the run, whatever its levels were: red that eases to amber was not red since then. */
        if (a->before > a->state) say(l, "; was red, %s the limit", r->above ? "above" : "below");
        else if (a->before > WF_OKAY && a->before < a->state) say(l, "; amber");
        else say(l, ";");
        say(l, " since %s", date(a->since, wf_day_year(a->day), day));
    }
}

/* detail 3: everything; 2: without the second edge; 1: without since when; 0: without what is counted and where it ends. */
static void first_line(line *l, const wf_indicator *i, const wf_rule *r, const wf_alert *a, int detail)
{
    char day[32];

    say(l, "%s %.*s, %.*s: ", level_word(a->state), WF_STR_ARG(a->title), WF_STR_ARG(a->unit_title));
    if (a->state == WF_UNKNOWN) {
        say(l, "%.*s", WF_STR_ARG(a->unknown_reason));
        if (a->since.n > WF_DAY_FIRST.n && a->before > WF_OKAY)
            say(l, "; %s since %s stands until it is known", lower_level(a->before), date(a->since, 0, day));
        say(l, ".");
        return;
    }
    arithmetic(l, i, r, a, detail > 0);
    window_words(&i->numerator.term[0], l);
    say(l, "%s", date(a->day, 0, day));
    limits(l, i, r, a, detail);
    if (detail > 1) history(l, r, a);
    else if (a->before > a->state) say(l, "; was %s", lower_level(a->before));
    say(l, ".");
}

/* ---- line 1 of an erratum: what became of which alerts ---- */

static const char *id_text(uint64_t number, int32_t part, char buf[32])
{
    (void) snprintf(buf, 32, part == 0 ? "%llu" : "%llu.%d", (unsigned long long) number, (int) part);
    return buf;
}

/* "red 3 March to 8 April", "amber from 2 May" */
static void run_words(line *l, wf_level level, wf_day first, wf_day last, int year)
{
    char a[32], b[32];

    if (last.n == WF_DAY_OPEN.n) say(l, "%s from %s", lower_level(level), date(first, year, a));
    else if (first.n == last.n) say(l, "%s on %s", lower_level(level), date(first, year, a));
    else say(l, "%s %s to %s", lower_level(level), date(first, year, a), date(last, year, b));
}

static void entry_words(line *l, const wf_alert_entry *e, int year)
{
    char id[32], other[32];

    say(l, "alert %s ", id_text(e->alert, e->part, id));
    (void) id_text(e->other, e->other_part, other);
    switch (e->what) {
    case WF_ERRATUM_AMENDED:
        if (e->first.n == e->was_first.n && e->last.n == e->was_last.n && e->level == e->was_level) {
            say(l, "(");
            run_words(l, e->level, e->first, e->last, year);
            say(l, ") had other days at red than told");
            break;
        }
        say(l, "was ");
        run_words(l, e->level, e->first, e->last, year);
        say(l, ", not ");
        run_words(l, e->was_level, e->was_first, e->was_last, year);
        break;
    case WF_ERRATUM_WITHDRAWN:
        say(l, "(");
        run_words(l, e->was_level, e->was_first, e->was_last, year);
        say(l, ") is withdrawn");
        break;
    case WF_ERRATUM_MERGED: say(l, "is part of alert %s", other); break;
    case WF_ERRATUM_SPLIT:
        say(l, "(");
        run_words(l, e->level, e->first, e->last, year);
        say(l, ") was told as part of %s", other);
        break;
    case WF_ERRATUM_LATE:
        say(l, "is found late: ");
        run_words(l, e->level, e->first, e->last, year);
        break;
    case WF_ERRATUM_STANDS: case WF_ERRATUM_COUNT: break;
    }
}

/* `most`: so many entries in words. */
static void erratum_line(line *l, const wf_alert *a, int32_t most)
{
    int32_t n = a->entry_count < most ? a->entry_count : most;
    uint64_t more = a->entries_more + (uint64_t) (a->entry_count - n);

    say(l, "CORRECTED %.*s, %.*s: ", WF_STR_ARG(a->title), WF_STR_ARG(a->unit_title));
    for (int32_t k = 0; k < n; k++) {
        if (k > 0) say(l, "; ");
        entry_words(l, &a->entry[k], wf_day_year(a->day));
    }
    if (more > 0) say(l, "%s%llu%s changed", n > 0 ? "; " : "", (unsigned long long) more, n > 0 ? " more" : " alerts");
    say(l, ".");
}

/* Line 2 of an erratum: how it is now. */
static void now_line(line *l, const wf_indicator *i, const wf_rule *r, const wf_alert *a, int detail)
{
    char day[32];

    say(l, "Now %s", lower_level(a->state));
    if (a->figure.status != WF_FIGURE_X && a->figure.status != WF_FIGURE_Z) {
        say(l, ": ");
        arithmetic(l, i, r, a, detail > 0);
        window_words(&i->numerator.term[0], l);
        say(l, "%s", date(a->day, 0, day));
    }
    say(l, ".");
}

/* ---- line 2: what is new, what is known to come ---- */

static int64_t part(const wf_alert_change *c, bool denominator) { return denominator ? c->denominator : c->numerator; }

static bool changed(const wf_alert *a, bool denominator)
{
    for (int32_t k = 0; k < a->change_count; k++)
        if (part(&a->change[k], denominator) != 0) return true;
    return false;
}

static void change_list(line *l, const wf_alert *a, bool denominator)
{
    wf_measured what = denominator ? a->figure.denominator_of : a->figure.numerator_of;
    const char *between = "";

    for (int32_t k = 0; k < a->change_count; k++) {
        char n[WF_TEXT_NUMBER];
        int64_t v = part(&a->change[k], denominator);
        if (v == 0) continue;
        say(l, "%s%s%s %s", between, v > 0 ? "+" : "", wf_text_sum(v, what, n), by_cause(a->change[k].cause));
        between = ", ";
    }
}

static bool new_facts(const wf_alert *a)
{
    for (int32_t k = 0; k < a->change_count; k++)
        if (a->change[k].cause != WF_BY_LEFT_WINDOW && a->change[k].cause != WF_BY_TIME) return true;
    return false;
}

static void change_words(line *l, const wf_alert *a, wf_day since, bool both)
{
    char day[32], d[WF_TEXT_NUMBER];

    if (a->kind == WF_ALERT_AT_START && a->since.n < a->day.n) say(l, "It stood so when watching began. ");
    for (int32_t k = 0; k < a->change_count; k++)
        if (a->change[k].cause == WF_BY_PROFILE) say(l, "The definition or its limits changed. ");
    if (!changed(a, false) && !changed(a, true)) return;
    say(l, "%s %s: ", new_facts(a) ? "Since" : "No new fact since", date(since, wf_day_year(a->day), day));
    change_list(l, a, false);
    if (a->figure.has_denominator && changed(a, true) && (both || !changed(a, false))) {
        say(l, "%sof %s: ", changed(a, false) ? "; " : "", wf_text_sum(a->figure.denominator, a->figure.denominator_of, d));
        change_list(l, a, true);
    }
    say(l, ". ");
}

static void coming_words(line *l, const wf_profile *p, uint32_t indicator, const wf_alert *a, int most)
{
    char day[32], n[WF_TEXT_NUMBER], d[WF_TEXT_NUMBER];
    const wf_indicator *i = &p->indicator[indicator];

    if (a->coming_count == 0 || most == 0) return;
    say(l, "Known to come: ");
    for (int32_t k = 0; k < a->coming_count && k < most; k++) {
        const wf_alert_coming *c = &a->coming[k];
        say(l, "%s%s %s", k > 0 ? "; " : "", date(c->day, wf_day_year(a->day), day), wf_text_sum(c->numerator, a->figure.numerator_of, n));
        if (!a->figure.has_denominator || c->denominator == 0) continue;
        say(l, " of %s, ", wf_text_sum(c->denominator, a->figure.denominator_of, d));
        value(l, i, wf_figure_value(p, indicator, c->numerator, c->denominator));
    }
    say(l, ".");
}

/* detail 2, 1: so many days that are known to come; 0: none; -1: without the denominator's changes. */
static void second_line(line *l, const wf_profile *p, uint32_t indicator, const wf_alert *a, wf_day since, int detail)
{
    if (a->state == WF_UNKNOWN) return;
    change_words(l, a, since, detail >= 0);
    coming_words(l, p, indicator, a, detail > 0 ? detail : 0);
}

/* ---- line 3: how fresh, what next, where to ask ---- */

/* Which source holds the others up. */
static void behind(line *l, const wf_alert *a)
{
    const wf_figure_source *s = a->figure.source, *last = s;
    bool others = false;

    for (int32_t k = 1; k < a->figure.source_count; k++) {
        others |= s[k].until.n != s[0].until.n;
        if (s[k].until.n < last->until.n) last = &s[k];
    }
    if (others && last->until.n < a->day.n) say(l, " (%.*s)", WF_STR_ARG(last->source));
}

static void third_line(line *l, const wf_rule *r, const wf_alert *a, int detail)
{
    char day[32];
    wf_day until = a->figure.complete_until.n < a->day.n ? a->figure.complete_until : a->day;

    if (until.n >= WF_DAY_FIRST.n) {
        say(l, "Data complete to %s", date(until, 0, day));
        if (detail > 0) behind(l, a);
        say(l, ". ");
    }
    if (r->next.n > 0 && detail > 0 && a->state > WF_OKAY) say(l, "Next: %.*s. ", WF_STR_ARG(r->next));
    say(l, "Explain: A-%llu", (unsigned long long) a->number);
}

/* ---- all three ---- */

static void finish(line *l)
{
    while (l->n > 0 && l->p[l->n - 1] == ' ') l->n--;
    if (l->n > LINE_MAX_BYTES) {
        l->n = LINE_MAX_BYTES - 3;
        while (l->n > 0 && ((uint8_t) l->p[l->n] & 0xc0) == 0x80) l->n--;       /* not inside a character */
        for (size_t word = l->n; word > LINE_MAX_BYTES - 30; word--)            /* nor inside a word */
            if (l->p[word] == ' ') {
                l->n = word + 1;
                break;
            }
        memcpy(l->p + l->n, "...", 3);
        l->n += 3;
    }
    l->p[l->n] = '\0';
}

void wf_text_alert(const wf_profile *p, uint32_t rule, wf_day since, wf_alert *a)
{
    const wf_rule *r = &p->rule[rule];
    const wf_indicator *i = &p->indicator[r->indicator];
    line l[3];
    int detail;

    bool erratum = a->kind == WF_ALERT_ERRATUM;
    for (detail = 3; detail >= 0; detail--) {
        l[0].n = 0;
        if (erratum) erratum_line(&l[0], a, detail);
        else first_line(&l[0], i, r, a, detail);
        if (l[0].n <= LINE_MAX_BYTES) break;
    }
    for (detail = 2; detail >= -1; detail--) {
        l[1].n = 0;
        if (erratum) now_line(&l[1], i, r, a, detail);
        else second_line(&l[1], p, r->indicator, a, since, detail);
        if (l[1].n <= LINE_MAX_BYTES + 1) break;
    }
    for (detail = 1; detail >= 0; detail--) {
        l[2].n = 0;
        third_line(&l[2], r, a, detail);
        if (l[2].n <= LINE_MAX_BYTES) break;
    }
    for (int k = 0; k < 3; k++) finish(&l[k]);
    (void) snprintf(a->text, sizeof a->text, "%.160s%s%.160s\n%.160s", l[0].p, l[1].n > 0 ? "\n" : "", l[1].p, l[2].p);
}

/* So many of what stands in words; the red ones first. */
static void standing_line(line *l, const wf_alert *a, int32_t most)
{
    char day[32];
    uint64_t told = 0, all = a->entries_more + (uint64_t) a->entry_count;

    for (int level = WF_RED; level >= WF_AMBER; level--)
        for (int32_t k = 0; k < a->entry_count && told < (uint64_t) most; k++) {
            const wf_alert_entry *e = &a->entry[k];
            if (e->level != (wf_level) level) continue;
            say(l, "%s%s %.*s in %.*s since %s", told++ > 0 ? "; " : "", level == WF_RED ? "red" : "amber", WF_STR_ARG(e->rule), WF_STR_ARG(e->unit),
                date(e->first, wf_day_year(a->day), day));
        }
    if (all > told) say(l, "%s%llu%s", told > 0 ? "; " : "", (unsigned long long) (all - told), told > 0 ? " more" : " stand");
    if (all > 0) say(l, ".");
}

void wf_text_load(const uint32_t level[WF_RED + 1], uint32_t ended, wf_alert *a)
{
    line l[2] = { { .n = 0 }, { .n = 0 } };
    uint32_t all = level[WF_RED] + level[WF_AMBER] + level[WF_OKAY] + level[WF_UNKNOWN];

    say(&l[0], "LOADED %.*s: of %u rule%s in its units %u red, %u amber, %u ok, %u unknown", WF_STR_ARG(a->unit_title),
        all, all == 1 ? "" : "s", level[WF_RED], level[WF_AMBER], level[WF_OKAY], level[WF_UNKNOWN]);
    if (ended > 0) say(&l[0], "; %u alert%s ended", ended, ended == 1 ? "" : "s");
    say(&l[0], ".");
    for (int32_t most = 4; most >= 0; most--) {
        l[1].n = 0;
        standing_line(&l[1], a, most);
        if (l[1].n <= LINE_MAX_BYTES) break;
    }
    finish(&l[0]);
    finish(&l[1]);
    (void) snprintf(a->text, sizeof a->text, "%.160s%s%.160s", l[0].p, l[1].n > 0 ? "\n" : "", l[1].p);
}
