#include "book_fixture.h"

/* One organisation whose rate is what `rate` says, by whole percents of 100 people. */
#define RULE(more) "indicator rate { title = \"Turnover\" numerator = \"leavers.heads over 1 day\" denominator = \"in_post.heads at end\" }\n" \
                   "rule r { indicator = rate amber = 15 amber_clear = 13 red = 20 red_clear = 18 noun_numerator = \"people left\" " more " }\n"

static const wf_day first = { 19000 };
static void rate(house *h, int day, int64_t percent)
{
    char text[WF_DAY_TEXT];

    enter(h, "leavers", "", "unit=x", WF_BY_LEAVER, wf_day_text((wf_day) { first.n + day }, text), percent, 0);
}

static void start(house *h)
{
    char text[WF_DAY_TEXT], before[WF_DAY_TEXT];

    enter(h, "in_post", "", "unit=x", WF_BY_STARTER, wf_day_text((wf_day) { first.n - 30 }, text), 100, 0);
    all_complete(h, "x", wf_day_text((wf_day) { first.n - 10 }, before), before);
}

/* The line as letters: . ok, A amber, R red, ? unknown; small letters: unknown while that level is carried. */
struct letters { char p[200]; size_t n; int pending; };
static void spell(void *ctx, const wf_judged *run)
{
    struct letters *l = ctx;

    for (int32_t d = run->from.n; d <= run->until.n; d++)
        l->p[l->n++] = run->state == WF_UNKNOWN ? "??ar"[run->carried] : "?.AR"[run->state];
    l->pending += run->pending != WF_OKAY;
}

static const char *line(house *h, int days, int today)
{
    static struct letters l;

    l = (struct letters) { 0 };
    cr_assert(wf_judge_history(h->judge, 0, unit(h, "x"), first, (wf_day) { first.n + days - 1 }, (wf_day) { first.n + today }, spell, &l));
    return l.p;
}

static const struct { const char *why, *rule; int percent[16]; const char *want; } walks[] = {
    { "each edge has its clear", "", { 14, 15, 14, 13, 12, 20, 18, 17, 13, 12 }, ".AAA.RRAA." },
    { "13 itself is not past the clear of 13", "", { 15, 13, 13, 12, 13, 14 }, "AAA..." },
    { "straight to red and straight back", "", { 0, 25, 0 }, ".R." },
    { "for two days", "for = 2", { 15, 15, 12, 15, 20, 20, 19, 18, 17, 12 }, ".A..ARRRA." },
    { "for three: a day between begins anew", "for = 3", { 20, 20, 0, 20, 20, 20, 12 }, ".....R." },
    { "red held for three days while amber stood", "for = 3", { 16, 16, 16, 20, 20, 20, 16, 12 }, "..AAARA." },
};

Test(alert, states_follow_edges_clears_and_for)
{
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        char text[1024];
        int n = (int) strlen(walks[i].want);
        (void) snprintf(text, sizeof text, RULE("%s"), walks[i].rule);
        HOUSE(h, text);
        start(&h);
        for (int d = n; d-- > 0;) rate(&h, d, walks[i].percent[d]);      /* backwards: the order of arrival is nothing */
        cr_expect(eq(str, (char *) line(&h, n, n), (char *) walks[i].want), "%s", walks[i].why);
    }
}

Test(alert, unknown_carries_the_level_and_ends_every_run_of_for)
{
    HOUSE(h, RULE("for = 2"));
    wf_complete_fact gap[] = { { (1u << WF_EVENT_TYPE_COUNT) - 1, { first.n - 40 }, { first.n + 3 } }, { (1u << WF_EVENT_TYPE_COUNT) - 1, { first.n + 6 }, WF_DAY_OPEN } };
    static const int percent[] = { 20, 20, 19, 19, 0, 0, 19, 20, 17, 12, 20, 20 };

    start(&h);
    for (int d = 0; d < 12; d++) rate(&h, d, percent[d]);
    (void) wf_complete_put(h.complete, unit(&h, "x"), WF_STR("hr"), gap, 2);
    cr_expect(eq(str, (char *) line(&h, 12, 12), (char *) ".RRRrrRRA..R"), "the first known day decides by its clear");
    gap[0].until.n = first.n;
    gap[1].from.n = first.n + 2;
    (void) wf_complete_put(h.complete, unit(&h, "x"), WF_STR("hr"), gap, 2);
    cr_expect(eq(str, (char *) line(&h, 4, 12), (char *) ".?.A"), "the run of two days begins again after the unknown day");
}

Test(alert, too_few_people_are_unknown_and_keep_what_stands)
{
    HOUSE(h, RULE("least_people = 90"));
    char text[WF_DAY_TEXT];

    start(&h);
    rate(&h, 0, 20);
    rate(&h, 1, 10);
    enter(&h, "in_post", "unit=x", "", WF_BY_LEAVER, wf_day_text((wf_day) { first.n + 1 }, text), 20, 0);
    enter(&h, "in_post", "", "unit=x", WF_BY_STARTER, wf_day_text((wf_day) { first.n + 2 }, text), 20, 0);
    cr_expect(eq(str, (char *) line(&h, 4, 10), (char *) "Rr..") , "80 people are too few to say that it is over");
}

/* ---- messages ---- */

struct heard { int n; wf_alert a[32]; struct { size_t n; uint8_t bytes[4096]; } told; char reason[64]; };
static wf_rc hear(void *ctx, const wf_alert *a, const wf_told *t, wf_err *e)
{
    struct heard *h = ctx;

    (void) e;
    cr_assert(lt(int, h->n, 32));
    if (t != NULL) cr_assert(le(sz, t->n, sizeof h->told.bytes));
    if (t != NULL) memcpy(h->told.bytes, t->bytes, h->told.n = t->n);
    if (a == NULL) return WF_OK;
    h->a[h->n++] = *a;
    (void) snprintf(h->reason, sizeof h->reason, "%.*s", WF_STR_ARG(a->unknown_reason));
    return WF_OK;
}

static void pass(void *ctx, uint32_t i, uint32_t u, wf_day from) { wf_judge_touch(((house *) ctx)->judge, i, u, from, ((house *) ctx)->today); }

static void frame(house *h, int today, struct heard *heard)
{
    h->today = (wf_day) { first.n + today };
    wf_book_take_touched(h->book, pass, h);
    cr_assert(eq(int, wf_judge_frame(h->judge, h->today, h->sequence, hear, heard, NULL), WF_OK));
}

static void tick(house *h, int ended, struct heard *heard)
{
    cr_assert(eq(int, wf_judge_tick(h->judge, (wf_day) { first.n + ended }, h->sequence, hear, heard, NULL), WF_OK));
}

Test(alert, a_change_of_todays_state_is_told_once)
{
    static struct heard heard;
    HOUSE(h, RULE(""));

    start(&h);
    frame(&h, 0, &heard);
    cr_expect(eq(int, heard.n, 0), "ok is not news");
    rate(&h, 0, 16);
    frame(&h, 0, &heard);
    frame(&h, 0, &heard);
    cr_assert(eq(int, heard.n, 1));
    cr_expect(eq(int, heard.a[0].state, WF_AMBER));
    cr_expect(eq(int, heard.a[0].before, WF_OKAY));
    cr_expect(eq(u64, heard.a[0].number, 1));
    cr_expect(eq(u64, heard.a[0].alert, 1));
    cr_expect(not(heard.a[0].closed));
    rate(&h, 0, 1);
    frame(&h, 0, &heard);
    cr_expect(eq(int, heard.n, 1), "17 is amber as before");
    rate(&h, 0, 4);
    frame(&h, 0, &heard);
    cr_assert(eq(int, heard.n, 2));
    cr_expect(eq(int, heard.a[1].state, WF_RED));
    cr_expect(eq(int, heard.a[1].before, WF_AMBER));
    cr_expect(eq(u64, heard.a[1].alert, 1), "the same run");
    cr_expect(eq(int, heard.a[1].change_count, 1));
    cr_expect(eq(int, heard.a[1].change[0].cause, WF_BY_LEAVER), "entered today, so not a correction");
    cr_expect(eq(i64, heard.a[1].change[0].numerator, 5));
    tick(&h, 0, &heard);
    cr_assert(eq(int, heard.n, 3), "the next day has no leaver: told at once, with no event");
    cr_expect(eq(int, heard.a[2].state, WF_OKAY));
    cr_expect(eq(i32, heard.a[2].day.n, first.n + 1));
    cr_expect(eq(int, heard.a[2].change[0].cause, WF_BY_LEFT_WINDOW));
    cr_expect(eq(i64, heard.a[2].change[0].numerator, -21));
    for (int d = 1; d < 40; d++) tick(&h, d, &heard);
    cr_expect(eq(int, heard.n, 3));
}

Test(alert, with_for_only_closed_days_are_judged_and_told_at_the_tick)
{
    static struct heard heard;
    HOUSE(h, RULE("for = 2"));

    start(&h);
    for (int d = 0; d < 4; d++) rate(&h, d, 20);
    frame(&h, 0, &heard);
    tick(&h, 0, &heard);
    frame(&h, 1, &heard);
    cr_expect(eq(int, heard.n, 0));
    tick(&h, 1, &heard);
    cr_assert(eq(int, heard.n, 1));
    cr_expect(heard.a[0].closed);
    cr_expect(eq(i32, heard.a[0].day.n, first.n + 1));
    cr_expect(eq(i32, heard.a[0].since.n, first.n + 1));
    tick(&h, 2, &heard);
    tick(&h, 3, &heard);
    cr_expect(eq(int, heard.n, 1));
    tick(&h, 4, &heard);
    cr_assert(eq(int, heard.n, 2), "one closed day past the clear ends it");
    cr_expect(eq(int, heard.a[1].state, WF_OKAY));
    cr_expect(eq(u64, heard.a[1].alert, 1));
}

Test(alert, what_was_corrected_in_closed_days_is_told_as_corrected_and_all_adds_up)
{
    static struct heard heard;
    HOUSE(h, "indicator rate { title = T numerator = \"leavers.heads over 12 months\" denominator = \"in_post.heads at end\" }\n"
             "rule r { indicator = rate amber = 15 red = 20 }\n");
    char text[WF_DAY_TEXT];

    start(&h);
    all_complete(&h, "x", "2010-01-01", "2010-01-01");
    enter(&h, "leavers", "", "unit=x", WF_BY_LEAVER, wf_day_text((wf_day) { first.n - 360 }, text), 1, 0);
    rate(&h, 0, 15);
    frame(&h, 0, &heard);
    cr_assert(eq(int, heard.n, 1));
    for (int d = 0; d < 12; d++) tick(&h, d, &heard);
    rate(&h, -1, 3);                                                    /* late, of a day that was closed then */
    rate(&h, 12, 4);
    enter(&h, "in_post", "unit=x", "", WF_BY_LEAVER, wf_day_text((wf_day) { first.n + 12 }, text), 4, 0);
    frame(&h, 12, &heard);
    cr_assert(eq(int, heard.n, 2));
    const wf_alert *a = &heard.a[1];
    int64_t n = 16, d = 100;                                            /* what was told */
    cr_expect(eq(i64, heard.a[0].figure.numerator, 16));
    for (int i = 0; i < a->change_count; i++) {
        n += a->change[i].numerator;
        d += a->change[i].denominator;
        if (a->change[i].cause == WF_BY_CORRECTED) cr_expect(eq(i64, a->change[i].numerator, 3));
        if (a->change[i].cause == WF_BY_LEFT_WINDOW) cr_expect(eq(i64, a->change[i].numerator, -1));
        if (a->change[i].cause == WF_BY_LEAVER) cr_expect(eq(i64, a->change[i].numerator, 4));
    }
    cr_expect(eq(int, a->change_count, 3));
    cr_expect(eq(i64, n, a->figure.numerator));
    cr_expect(eq(i64, d, a->figure.denominator));
    cr_expect(eq(i64, n, 22));
}

Test(alert, what_is_known_to_come_is_told)
{
    static struct heard heard;
    HOUSE(h, "indicator rate { title = T numerator = \"leavers.heads over 12 months\" denominator = \"in_post.heads at end\" }\nrule r { indicator = rate amber = 15 }\n");
    char text[WF_DAY_TEXT];

    start(&h);
    all_complete(&h, "x", "2010-01-01", "2010-01-01");
    rate(&h, 30, 2);
    enter(&h, "in_post", "unit=x", "", WF_BY_LEAVER, wf_day_text((wf_day) { first.n + 30 }, text), 2, 0);
    rate(&h, 0, 15);
    rate(&h, 120, 5);                                                   /* further than three months */
    frame(&h, 0, &heard);
    cr_assert(eq(int, heard.n, 1));
    cr_expect(eq(int, heard.a[0].coming_count, 1));
    cr_expect(eq(i32, heard.a[0].coming[0].day.n, first.n + 30));
    cr_expect(eq(i64, heard.a[0].coming[0].numerator, 17));
    cr_expect(eq(i64, heard.a[0].coming[0].denominator, 98));
}

Test(alert, nothing_is_told_and_nothing_is_green_before_complete_was_said)
{
    static struct heard heard;
    HOUSE(h, RULE(""));
    char text[WF_DAY_TEXT];

    enter(&h, "in_post", "", "unit=x", WF_BY_STARTER, wf_day_text((wf_day) { first.n - 30 }, text), 100, 0);
    for (int d = -20; d < 3; d++) rate(&h, d, d < -10 || d == 2 ? 25 : 0);
    frame(&h, 0, &heard);
    tick(&h, 0, &heard);
    cr_expect(eq(int, heard.n, 0));
    cr_expect(eq(int, wf_judge_rating(h.judge, 0, unit(&h, "x"), (wf_day) { first.n + 1 }), WF_UNKNOWN));
    all_complete(&h, "x", "2010-01-01", wf_day_text((wf_day) { first.n + 1 }, text));
    frame(&h, 1, &heard);
    cr_expect(eq(int, heard.n, 0), "runs that ended before are history, never sent");
    cr_expect(eq(int, wf_judge_rating(h.judge, 0, unit(&h, "x"), (wf_day) { first.n + 1 }), WF_OKAY));
    tick(&h, 1, &heard);
    cr_assert(eq(int, heard.n, 1));
    cr_expect(eq(int, heard.a[0].state, WF_RED));
    cr_expect(eq(int, wf_judge_rating(h.judge, 0, unit(&h, "x"), (wf_day) { first.n + 2 }), WF_RED));
}

Test(alert, a_standing_alert_that_becomes_unknown_is_kept_and_said)
{
    static struct heard heard;
    HOUSE(h, RULE(""));
    wf_complete_fact to = { (1u << WF_EVENT_TYPE_COUNT) - 1, { first.n - 40 }, { first.n } };

    start(&h);
    rate(&h, 0, 25);
    rate(&h, 2, 18);
    (void) wf_complete_put(h.complete, unit(&h, "x"), WF_STR("hr"), &to, 1);
    frame(&h, 0, &heard);
    tick(&h, 0, &heard);
    cr_assert(eq(int, heard.n, 2));
    cr_expect(eq(int, heard.a[1].state, WF_UNKNOWN));
    cr_expect(eq(str, heard.reason, (char *) "no data"));
    cr_expect(eq(u64, heard.a[1].alert, 1));
    tick(&h, 1, &heard);
    cr_expect(eq(int, heard.n, 2));
    to.until = WF_DAY_OPEN;
    wf_judge_touch_org(h.judge, unit(&h, "x"), wf_complete_put(h.complete, unit(&h, "x"), WF_STR("hr"), &to, 1));
    frame(&h, 2, &heard);
    cr_assert(eq(int, heard.n, 3));
    cr_expect(eq(int, heard.a[2].state, WF_AMBER), "day 1 turned out to be without a leaver: red has ended, and today is 18");
    cr_expect(eq(int, heard.a[2].before, WF_UNKNOWN));
}

Test(alert, what_was_told_outlives_a_restart_and_nothing_is_told_twice)
{
    static struct heard heard, after;
    HOUSE(h, RULE(""));

    start(&h);
    rate(&h, 0, 25);
    rate(&h, 1, 25);
    frame(&h, 0, &heard);
    cr_assert(eq(int, heard.n, 1));
    wf_judge *again = wf_judge_new(h.book, h.complete, WF_DAY_FIRST, wf_judge_number(h.judge));
    wf_judge_free(&h.judge);
    h.judge = again;
    cr_assert(wf_judge_import(again, heard.told.bytes, heard.told.n));
    for (size_t n = 0; n < heard.told.n; n++) cr_assert(not(wf_judge_import(again, heard.told.bytes, n)), "cut at %zu", n);
    tick(&h, 0, &after);
    cr_expect(eq(int, after.n, 0));
    tick(&h, 1, &after);
    cr_assert(eq(int, after.n, 1));
    cr_expect(eq(u64, after.a[0].number, 2));
    cr_expect(eq(u64, after.a[0].alert, 1));
    cr_expect(eq(int, after.a[0].state, WF_OKAY));
}

Test(alert, any_order_of_arrival_gives_one_line_and_a_touched_judge_knows_it)
{
    static struct heard heard;
    HOUSE(h, RULE("for = 2"));
    HOUSE(k, RULE("for = 2"));
    uint32_t seed = 99;
    int day[120], percent[120];

    start(&h);
    start(&k);
    for (int i = 0; i < 120; i++) {
        seed = seed * 1664525 + 1013904223;
        day[i] = (int) (seed / 64 % 60);
        percent[i] = (int) (seed / 8 % 12);
    }
    for (int i = 0; i < 120; i++) {
        rate(&h, day[i], percent[i]);
        if (i % 7 == 0 && heard.n < 20) frame(&h, 60, &heard);
    }
    for (int i = 120; i-- > 0;) rate(&k, day[i], percent[i]);
    char copy[200];
    (void) snprintf(copy, sizeof copy, "%s", line(&h, 60, 60));
    cr_expect(eq(str, copy, (char *) line(&k, 60, 60)), "seed 99");
    frame(&h, 60, &heard);
    wf_level now = wf_judge_rating(h.judge, 0, unit(&h, "x"), (wf_day) { first.n + 60 });
    cr_expect(eq(int, "?.AR"[now], copy[59]));
}

/* A2 said again, a day at a time and without any of the judge's short cuts. */
static char plain_step(const house *h, int day, int for_days, int runs[2], bool level[2])
{
    static const int64_t edge[2] = { 15000000, 20000000 }, clear[2] = { 13000000, 18000000 };
    wf_figure f;

    wf_figure_read(h->book, h->complete, 0, 0, (wf_day) { first.n + day }, on("2030-01-01"), &f);
    if (f.status == WF_FIGURE_X || f.status == WF_FIGURE_Z || f.people < 80) {
        runs[0] = runs[1] = 0;
        return "?ar"[level[1] ? 2 : level[0]];
    }
    for (int i = 0; i < 2; i++) {
        bool broken = wf_figure_compare(h->profile, 0, &f, edge[i]) >= 0;
        runs[i] = broken ? runs[i] + 1 : 0;
        if (wf_figure_compare(h->profile, 0, &f, clear[i]) < 0) level[i] = false;
        if (broken && runs[i] >= (for_days > 1 ? for_days : 1)) level[i] = true;
    }
    return ".AR"[level[1] ? 2 : level[0]];
}

static const char *plain_line(const house *h, int days, int for_days)
{
    static char line_of[200];
    int runs[2] = { 0, 0 };
    bool level[2] = { false, false };

    for (int d = -60; d < days; d++) {
        char c = plain_step(h, d, for_days, runs, level);
        if (d >= 0) line_of[d] = c;
    }
    line_of[days] = '\0';
    return line_of;
}

static uint32_t seed;
static uint32_t chance(uint32_t n) { seed = seed * 1664525 + 1013904223; return (seed >> 10) % n; }

/* Random histories with late, future and withdrawn entries, staff that come and go, and gaps in what is complete. */
Test(alert, the_judge_says_what_judging_each_day_says)
{
    static const char *const rule[] = { "for = 0", "for = 2", "for = 5" };
    static const int for_days[] = { 0, 2, 5 };

    for (uint32_t k = 0; k < 24; k++) {
        char text[900];
        static struct heard heard;
        (void) snprintf(text, sizeof text, "indicator rate { title = T numerator = \"leavers.heads over %s\" denominator = \"in_post.heads at end\" }\n"
                        "rule r { indicator = rate amber = 15 amber_clear = 13 red = 20 red_clear = 18 least_people = 80 %s }\n",
                        k % 2 ? "1 day" : "7 days", rule[k % 3]);
        HOUSE(h, text);
        seed = 1000 + k;
        start(&h);
        for (int today = 0; today < 60; today++) {
            for (uint32_t i = chance(4); i > 0; i--) rate(&h, (int) chance(70) - 5, (int64_t) chance(15) - 3);
            if (chance(9) == 0) {
                char day[WF_DAY_TEXT];
                enter(&h, "in_post", "", "unit=x", WF_BY_STARTER, wf_day_text((wf_day) { first.n + (int) chance(60) }, day), chance(2) ? 25 : -25, 0);
            }
            if (chance(12) == 0) {
                int32_t cut = first.n + (int32_t) chance(60), on_again = cut + (int32_t) chance(5);
                wf_complete_fact gap[] = { { (1u << WF_EVENT_TYPE_COUNT) - 1, { first.n - 40 }, { cut } }, { (1u << WF_EVENT_TYPE_COUNT) - 1, { on_again }, WF_DAY_OPEN } };
                wf_judge_touch_org(h.judge, unit(&h, "x"), wf_complete_put(h.complete, unit(&h, "x"), WF_STR("hr"), gap, 2));
            }
            heard.n = 0;
            frame(&h, today, &heard);
            bool closed_only = for_days[k % 3] > 0;
            const char *want = plain_line(&h, today + !closed_only, for_days[k % 3]);
            char last = today + !closed_only > 0 ? want[today - closed_only] : '.';
            char got = "?.AR"[wf_judge_rating(h.judge, 0, 0, (wf_day) { first.n + today })];
            cr_assert(eq(chr, got, last == 'a' || last == 'r' ? '?' : last), "seed %u, today %d, %s", 1000 + k, today, want);
            heard.n = 0;
            tick(&h, today, &heard);
        }
        const char *want = plain_line(&h, 60, for_days[k % 3]);
        cr_assert(eq(str, (char *) line(&h, 60, 60), (char *) want), "seed %u", 1000 + k);
    }
}

/* ---- loads ---- */

static void load_frame(house *h, int today, struct heard *heard)
{
    h->today = (wf_day) { first.n + today };
    wf_book_take_touched(h->book, pass, h);
    cr_assert(eq(int, wf_judge_hold(h->judge, hear, heard, NULL), WF_OK));
}

static void loaded(house *h, struct heard *heard)
{
    cr_assert(eq(int, wf_judge_loaded(h->judge, h->today, h->sequence, hear, heard, NULL), WF_OK));
}

Test(alert, a_load_says_nothing_until_its_end_and_then_what_stands)
{
    static struct heard heard;
    HOUSE(h, RULE(""));

    start(&h);
    frame(&h, 3, &heard);
    rate(&h, 0, 25);                                    /* over */
    rate(&h, 2, 16);
    rate(&h, 3, 16);
    load_frame(&h, 3, &heard);
    rate(&h, 3, 2);
    frame(&h, 3, &heard);                               /* another publisher's frame says nothing of it either */
    cr_expect(eq(int, heard.n, 0));
    loaded(&h, &heard);
    cr_assert(eq(int, heard.n, 1));
    const wf_alert *a = &heard.a[0];
    cr_expect(eq(int, a->kind, WF_ALERT_LOAD));
    cr_expect(eq(int, a->state, WF_AMBER));
    cr_expect(eq(u64, a->number, 1));
    cr_expect(eq(sz, a->rule.n, 0));
    cr_assert(eq(int, a->entry_count, 1));
    cr_expect(eq(int, a->entry[0].what, WF_ERRATUM_STANDS));
    cr_expect(eq(u64, a->entry[0].alert, 1));
    cr_expect(eq(int, a->entry[0].first.n, first.n + 2), "its true first day");
    cr_expect(eq(str, (char *) a->text, "LOADED x: of 1 rule in its units 0 red, 1 amber, 0 ok, 0 unknown.\namber r in x since 10 January."));
    loaded(&h, &heard);
    tick(&h, 3, &heard);
    cr_expect(eq(int, heard.n, 2), "the tick says only that it is over on the new day");
    cr_expect(eq(int, heard.a[1].kind, WF_ALERT_STATE));
    cr_expect(eq(u64, heard.a[1].alert, 1), "under the number that the load gave it");
    cr_expect(eq(int, heard.a[1].before, WF_AMBER));
}

Test(alert, a_load_ends_what_stood_and_corrects_nothing)
{
    static struct heard heard;
    HOUSE(h, RULE(""));

    start(&h);
    for (int d = 0; d < 5; d++) rate(&h, d, 25);
    frame(&h, 4, &heard);
    cr_assert(eq(int, heard.n, 1));
    for (int d = 0; d < 5; d++) rate(&h, d, -25);
    load_frame(&h, 4, &heard);
    loaded(&h, &heard);
    cr_assert(eq(int, heard.n, 2));
    cr_expect(eq(int, heard.a[1].kind, WF_ALERT_LOAD));
    cr_expect(eq(int, heard.a[1].state, WF_OKAY));
    cr_expect(eq(int, heard.a[1].entry_count, 0));
    cr_expect(ne(ptr, strstr(heard.a[1].text, "1 alert ended"), NULL), "%s", heard.a[1].text);
    tick(&h, 4, &heard);
    cr_expect(eq(int, heard.n, 2), "no erratum: the load has said it");
}

Test(alert, a_load_goes_on_over_a_restart)
{
    static struct heard heard;
    HOUSE(h, RULE(""));

    start(&h);
    rate(&h, 0, 25);
    load_frame(&h, 0, &heard);
    wf_judge_free(&h.judge);
    h.judge = wf_judge_new(h.book, h.complete, h.today, 0);
    cr_assert(wf_judge_import(h.judge, heard.told.bytes, heard.told.n));
    rate(&h, 0, 1);
    frame(&h, 0, &heard);
    cr_expect(eq(int, heard.n, 0));
    loaded(&h, &heard);
    cr_assert(eq(int, heard.n, 1));
    cr_expect(eq(int, heard.a[0].entry_count, 1));
}
