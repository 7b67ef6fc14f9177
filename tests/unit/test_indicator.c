#include "book_fixture.h"

static const char rates[] =
    "measures { holidays = { 2024-03-29, 2024-04-01 } }\n"
    "indicator turnover { title = T numerator = \"census_leavers.fte over 12 months\" denominator = \"in_post.fte at end\" }\n"
    "indicator agency { title = A numerator = \"agency.heads at end\" denominator = \"in_post.heads at end + agency.heads at end\" }\n"
    "indicator caseload { title = C numerator = \"cases.count at end\" denominator = \"case_holders.fte at end\" unit = ratio noun = \"children per FTE\" }\n"
    "indicator absence { title = S numerator = \"absence.days where kind = sickness days over 12 months\" denominator = \"dfe_days * in_post.fte at end\" }\n"
    "indicator cover { title = V numerator = \"agency_cover.fte at end\" denominator = \"agency.fte at end\" unreliable_above = 100 }\n"
    "indicator leavers { title = L numerator = \"leavers.heads over 3 months\" }\n"
    "indicator vacant { title = V numerator = \"vacancies.fte at end\" }\n"
    "indicator mean { title = M numerator = \"in_post.fte mean over 10 days\" }\n"
    "indicator mean_rate { title = M numerator = \"leavers.fte over 12 months\" denominator = \"in_post.fte mean over 10 days\" }\n"
    "indicator growth { title = G numerator = \"in_post.heads at end - in_post.heads at end 12 months before\" }\n"
    "indicator census { title = N numerator = \"census_starters.heads over census year to date\" }\n"
    "indicator stock_days { title = D numerator = \"in_post.heads days over 10 days\" }\n";

/* n leavers of one FTE and a stock of `stock` FTE. */
static void staff(house *h, const char *org, int64_t leavers, int64_t stock)
{
    char where[64];

    (void) snprintf(where, sizeof where, "unit=%s", org);
    enter(h, "census_leavers", "", where, WF_BY_LEAVER, "2021-03-01", leavers, leavers * WF_FTE_ONE);
    enter(h, "in_post", "", where, WF_BY_STARTER, "2020-01-01", stock, stock * WF_FTE_ONE);
    all_complete(h, org, "2010-01-01", "2010-01-01");
}

static const struct { const char *why, *org; int64_t leavers, stock; const char *want; } ties[] = {
    { "Isle of Wight 2021: 9/80 is 11.25", "iow", 9, 80, "11.3" },
    { "Portsmouth 2021: 9/144 is 6.25", "portsmouth", 9, 144, "6.3" },
    { "just below the tie", "a", 11249, 100000, "11.2" },
    { "a whole number keeps its place", "b", 3, 30, "10.0" },
    { "above 100", "c", 30, 20, "150.0" },
};

Test(indicator, a_rate_is_rounded_once_half_up)
{
    HOUSE(h, rates);

    for (size_t i = 0; i < sizeof ties / sizeof *ties; i++) {
        staff(&h, ties[i].org, ties[i].leavers, ties[i].stock);
        wf_figure f = figure(&h, "turnover", ties[i].org, "2021-09-30");
        cr_expect(eq(int, f.status, WF_FIGURE_OK), "%s", ties[i].why);
        cr_expect(eq(str, (char *) printed(&f), (char *) ties[i].want), "%s", ties[i].why);
        cr_expect(eq(i64, f.numerator, ties[i].leavers * WF_FTE_ONE));
        cr_expect(eq(i64, f.people, ties[i].stock), "heads in the denominator");
        cr_expect(eq(i32, f.from.n, on("2020-10-01").n), "12 months to 30 September begin on 1 October");
    }
}

Test(indicator, minus_is_rounded_away_from_zero)
{
    HOUSE(h, rates);
    char buf[WF_TEXT_NUMBER];

    cr_expect(eq(i64, wf_figure_value(h.profile, indicator(&h, "turnover"), -9, 80), -11250000));
    cr_expect(eq(i64, wf_figure_value(h.profile, indicator(&h, "turnover"), -1, 3), -33333333));
    cr_expect(eq(i64, wf_figure_value(h.profile, indicator(&h, "turnover"), 2, 3), 66666667));
    cr_expect(eq(str, (char *) wf_text_number(-11250000, 1, buf), (char *) "-11.3"));
    cr_expect(eq(str, (char *) wf_text_number(-40000, 1, buf), (char *) "0.0"));
}

Test(indicator, a_window_holds_its_last_day_and_not_the_day_it_begins_after)
{
    HOUSE(h, rates);

    staff(&h, "x", 1, 10);
    cr_expect(eq(i64, figure(&h, "turnover", "x", "2021-02-28").numerator, 0));
    cr_expect(eq(i64, figure(&h, "turnover", "x", "2021-03-01").numerator, 1000000));
    cr_expect(eq(i64, figure(&h, "turnover", "x", "2022-02-28").numerator, 1000000));
    cr_expect(eq(i64, figure(&h, "turnover", "x", "2022-03-01").numerator, 0));
}

Test(indicator, nothing_below_the_line_is_z_and_too_much_above_it_is_u)
{
    HOUSE(h, rates);

    enter(&h, "agency_cover", "", "unit=bham", WF_BY_REPORT, "2023-09-01", 0, 105300000);
    enter(&h, "agency", "", "unit=bham", WF_BY_STARTER, "2023-09-01", 100, 103400000);
    all_complete(&h, "bham", "2010-01-01", "2010-01-01");
    wf_figure f = figure(&h, "cover", "bham", "2023-09-30");
    cr_expect(eq(int, f.status, WF_FIGURE_U), "Birmingham 2023: 105.3 of 103.4");
    cr_expect(eq(str, (char *) printed(&f), (char *) "101.8"));
    enter(&h, "agency", "", "unit=bham", WF_BY_STARTER, "2023-09-10", 2, 1900000);
    cr_expect(eq(int, figure(&h, "cover", "bham", "2023-09-30").status, WF_FIGURE_OK), "100 % itself is a figure");
    cr_expect(eq(int, figure(&h, "cover", "bham", "2023-08-30").status, WF_FIGURE_Z));
}

Test(indicator, what_rounds_to_nothing_and_is_not_is_low)
{
    HOUSE(h, rates);

    enter(&h, "vacancies", "", "unit=x", WF_BY_REPORT, "2023-01-01", 0, 40000);
    all_complete(&h, "x", "2010-01-01", "2010-01-01");
    cr_expect(eq(int, figure(&h, "vacant", "x", "2023-01-01").status, WF_FIGURE_LOW));
    cr_expect(eq(int, figure(&h, "vacant", "x", "2022-12-31").status, WF_FIGURE_OK), "0 is a figure");
    enter(&h, "vacancies", "", "unit=x", WF_BY_REPORT, "2023-01-02", 0, 10000);
    cr_expect(eq(int, figure(&h, "vacant", "x", "2023-01-02").status, WF_FIGURE_OK), "0.05 is printed as 0.1");
}

Test(indicator, a_year_with_a_29_february_has_254_days)
{
    HOUSE(h, rates);

    enter(&h, "in_post", "", "unit=x", WF_BY_STARTER, "2015-01-01", 1, 1000000);
    enter(&h, "absence", "", "unit=x,kind=sickness", WF_BY_REPORT, "2015-01-01", 1, 1000000);
    all_complete(&h, "x", "2010-01-01", "2010-01-01");
    cr_expect(eq(i64, figure(&h, "absence", "x", "2019-09-30").denominator, 253000000));
    cr_expect(eq(i64, figure(&h, "absence", "x", "2020-09-30").denominator, 254000000));
    cr_expect(eq(i64, figure(&h, "absence", "x", "2021-02-28").denominator, 254000000), "(28 February 2020, 28 February 2021] holds the 29th");
    cr_expect(eq(i64, figure(&h, "absence", "x", "2021-03-01").denominator, 253000000));
}

Test(indicator, absence_is_summed_over_working_days)
{
    HOUSE(h, rates);

    enter(&h, "in_post", "", "unit=x", WF_BY_STARTER, "2023-01-01", 1, 1000000);
    enter(&h, "absence", "", "unit=x,kind=sickness", WF_BY_REPORT, "2024-03-28", 1, 1000000);       /* Thursday */
    enter(&h, "absence", "unit=x,kind=sickness", "", WF_BY_REPORT, "2024-04-03", 1, 1000000);       /* back on Wednesday */
    enter(&h, "absence", "", "unit=x,kind=family", WF_BY_REPORT, "2024-03-28", 1, 1000000);
    all_complete(&h, "x", "2010-01-01", "2010-01-01");
    cr_expect(eq(i64, figure(&h, "absence", "x", "2024-04-30").numerator, 2000000), "Thursday and Tuesday; Good Friday, weekend and Easter Monday are none");
    cr_expect(eq(i64, figure(&h, "absence", "x", "2024-04-01").numerator, 1000000));
    cr_expect(eq(i64, figure(&h, "absence", "x", "2025-03-28").numerator, 1000000), "the Thursday has left the window");
    cr_expect(eq(i64, figure(&h, "absence", "x", "2025-04-02").numerator, 0));
}

Test(indicator, a_mean_is_exact_and_so_are_days)
{
    HOUSE(h, rates);

    enter(&h, "in_post", "", "unit=x", WF_BY_STARTER, "2024-01-01", 2, 2000000);
    enter(&h, "in_post", "", "unit=x", WF_BY_STARTER, "2024-02-08", 1, 1000000);
    enter(&h, "leavers", "", "unit=x", WF_BY_LEAVER, "2024-02-01", 1, 700000);
    all_complete(&h, "x", "2010-01-01", "2010-01-01");
    wf_figure f = figure(&h, "mean", "x", "2024-02-10");        /* 1 to 10 February: 2 for seven days, 3 for three */
    cr_expect(eq(i64, f.value, 2300000));
    cr_expect(eq(i64, f.numerator, 23000000));
    cr_expect(f.has_denominator);
    cr_expect(eq(i64, figure(&h, "mean_rate", "x", "2024-02-10").value, 30434783), "100 x 0.7 / 2.3");
    cr_expect(eq(i64, figure(&h, "stock_days", "x", "2024-02-10").numerator, 23));
    cr_expect(eq(i64, figure(&h, "growth", "x", "2024-12-31").numerator, 3));
    cr_expect(eq(i64, figure(&h, "growth", "x", "2025-02-07").numerator, 1));
}

Test(indicator, a_count_per_fte_is_in_units_of_people)
{
    HOUSE(h, rates);

    enter(&h, "cases", "", "unit=x", WF_BY_REPORT, "2024-01-01", 129, 0);
    enter(&h, "case_holders", "", "unit=x", WF_BY_REPORT, "2024-01-01", 8, 7000000);
    all_complete(&h, "x", "2010-01-01", "2010-01-01");
    wf_figure f = figure(&h, "caseload", "x", "2024-01-31");
    cr_expect(eq(str, (char *) printed(&f), (char *) "18.4"));
    cr_expect(eq(i64, f.people, 8));
    cr_expect(eq(int, f.numerator_of, WF_CHILDREN));
    cr_expect(wf_str_eq(f.unit_of_value, WF_STR("children per FTE")));
    cr_expect(eq(int, wf_figure_compare(h.profile, indicator(&h, "caseload"), &f, 18428571), 1), "129/7 is a little more");
    cr_expect(eq(int, wf_figure_compare(h.profile, indicator(&h, "caseload"), &f, 18428572), -1));
}

/* ---- completeness ---- */

Test(complete, on_the_day_after_installation_turnover_is_unknown_not_0)
{
    HOUSE(h, rates);

    enter(&h, "in_post", "", "unit=x", WF_BY_ADJUSTMENT, "2026-10-01", 80, 80000000);
    wf_figure f = figure(&h, "turnover", "x", "2026-10-02");
    cr_expect(eq(int, f.status, WF_FIGURE_X));
    cr_expect(eq(i32, f.no_data_until.n, INT32_MAX), "no source has said anything");
    all_complete(&h, "x", "2026-10-01", "2026-10-01");
    f = figure(&h, "turnover", "x", "2026-10-02");
    cr_expect(eq(int, f.status, WF_FIGURE_X));
    cr_expect(eq(i32, f.no_data_until.n, on("2027-09-30").n), "the first day whose 12 months lie inside");
    cr_expect(eq(int, figure(&h, "turnover", "x", "2027-09-29").status, WF_FIGURE_X));
    cr_expect(eq(int, figure(&h, "turnover", "x", "2027-09-30").status, WF_FIGURE_OK));
    cr_expect(eq(int, figure(&h, "agency", "x", "2026-10-02").status, WF_FIGURE_OK), "a stock reads its day alone");
    cr_expect(eq(int, figure(&h, "agency", "x", "2026-09-30").status, WF_FIGURE_X));
}

Test(complete, spans_of_one_type_are_united_and_all_types_must_be_inside)
{
    HOUSE(h, rates);
    wf_complete_fact engaged = { 1u << WF_STARTER | 1u << WF_CHANGE | 1u << WF_LEAVER, on("2020-01-01"), on("2020-06-30") };
    wf_complete_fact more[] = { engaged, { 1u << WF_LEAVER | 1u << WF_STARTER | 1u << WF_CHANGE, on("2020-07-01"), on("2020-12-31") } };
    (void) wf_ledger_code(h.ledger, WF_D_UNIT, WF_STR("x"));
    uint32_t x = unit(&h, "x"), types = engaged.types;

    cr_expect(eq(i32, wf_complete_put(h.complete, x, WF_STR("old"), &engaged, 1).n, on("2020-01-01").n));
    cr_expect(not(wf_complete_inside(h.complete, x, types, on("2020-06-01"), on("2020-07-01"), NULL)));
    cr_expect(eq(i32, wf_complete_put(h.complete, x, WF_STR("new"), &more[1], 1).n, on("2020-07-01").n));
    wf_day until;
    cr_expect(wf_complete_inside(h.complete, x, types, on("2020-06-01"), on("2020-07-01"), &until), "a successor's span continues it");
    cr_expect(eq(i32, until.n, on("2020-12-31").n));
    cr_expect(not(wf_complete_inside(h.complete, x, types | 1u << WF_ABSENCE, on("2020-06-01"), on("2020-06-01"), NULL)));
    cr_expect(eq(i32, wf_complete_put(h.complete, x, WF_STR("new"), NULL, 0).n, on("2020-07-01").n), "taken back");
    cr_expect(eq(i32, wf_complete_put(h.complete, x, WF_STR("old"), more, 2).n, on("2020-07-01").n));
    cr_expect(eq(i32, wf_complete_first_said(h.complete, x, types).n, INT32_MAX));
    wf_complete_said(h.complete, x, types, on("2021-02-01"));
    wf_complete_said(h.complete, x, types, on("2021-03-01"));
    cr_expect(eq(i32, wf_complete_first_said(h.complete, x, types).n, on("2021-02-01").n));
}

Test(complete, a_profile_may_say_it_for_a_source_and_promise_lateness)
{
    HOUSE(h, "source itrent { orgs = {x} types = {starter, change, leaver} complete_from = 2017-10-01 }\n"
             "source late { types = {absence} late_days = 14 }\nindicator i { title = I numerator = \"leavers.heads over 1 month\" }\n");
    (void) wf_ledger_code(h.ledger, WF_D_UNIT, WF_STR("x"));
    (void) wf_ledger_code(h.ledger, WF_D_UNIT, WF_STR("y"));
    wf_complete_fact f = { 1u << WF_ABSENCE, on("2024-01-01"), on("2024-01-31") };

    cr_expect(eq(int, figure(&h, "i", "x", "2017-10-29").status, WF_FIGURE_X));
    cr_expect(eq(i32, figure(&h, "i", "x", "2016-01-01").no_data_until.n, on("2017-10-30").n), "1 to 30 October");
    cr_expect(eq(int, figure(&h, "i", "x", "2017-10-30").status, WF_FIGURE_OK));
    cr_expect(eq(int, figure(&h, "i", "y", "2020-01-01").status, WF_FIGURE_X), "not of another organisation");
    (void) wf_complete_put(h.complete, unit(&h, "y"), WF_STR("late"), &f, 1);
    cr_expect(wf_complete_inside(h.complete, unit(&h, "y"), f.types, on("2024-02-14"), on("2024-02-14"), NULL));
    cr_expect(not(wf_complete_inside(h.complete, unit(&h, "y"), f.types, on("2024-02-15"), on("2024-02-15"), NULL)));
}

static wf_figure with_sources(house *h, const char *org, uint32_t types, const char *from, const char *day)
{
    wf_figure f = { .from = on(from), .day = on(day) };

    (void) wf_ledger_code(h->ledger, WF_D_UNIT, wf_str_of(org));
    wf_complete_sources(h->complete, unit(h, org), types, &f);
    return f;
}

static void expect_source(const wf_figure *f, int at, const char *name, const char *from, const char *until)
{
    const wf_figure_source *s = &f->source[at];

    cr_expect(wf_str_eq(s->source, wf_str_of(name)), "%.*s for %s", WF_STR_ARG(s->source), name);
    cr_expect(eq(i32, s->from.n, *from == '\0' ? INT32_MAX : on(from).n), "%s", name);
    cr_expect(eq(i32, s->until.n, *until == '\0' ? INT32_MAX : on(until).n), "%s", name);
}

Test(complete, each_source_that_a_figure_rests_on_says_how_far)
{
    HOUSE(h, "source old { types = {starter, change, leaver} complete_from = 2017-10-01 }\n"
             "source new { types = {starter, change, leaver} from = 2022-01-01 succeeds = old }\n"
             "source cases { types = {caseload} late_days = 3 }\nsource sick { orgs = {y} types = {absence} }\n"
             "indicator i { title = I numerator = \"leavers.heads over 1 month\" }\n");
    const uint32_t engaged = 1u << WF_STARTER | 1u << WF_CHANGE | 1u << WF_LEAVER, counts = 1u << WF_CASELOAD, sick = 1u << WF_ABSENCE;
    wf_figure f = with_sources(&h, "x", engaged | counts | sick, "2024-01-01", "2024-02-01");
    cr_assert(eq(int, f.source_count, 2), "the new one owes nothing while the old one speaks, the one for sickness is another organisation's");
    expect_source(&f, 0, "cases", "", "");
    expect_source(&f, 1, "old", "2017-10-01", "");
    wf_complete_fact told[] = { { counts, on("2024-01-01"), on("2024-01-10") }, { counts, on("2024-01-05"), on("2024-01-20") },
                                { counts, on("2024-02-20"), on("2024-02-28") } };
    (void) wf_complete_put(h.complete, unit(&h, "x"), WF_STR("cases"), told, 3);
    f = with_sources(&h, "x", engaged | counts, "2024-01-01", "2024-02-01");
    expect_source(&f, 0, "cases", "2024-01-01", "2024-01-23");      /* with the lateness that it promises; not the span to come */
    f = with_sources(&h, "x", counts, "2024-02-01", "2024-02-25");
    cr_assert(eq(int, f.source_count, 1), "what others have no part in");
    expect_source(&f, 0, "cases", "2024-02-20", "2024-03-02");
}

Test(complete, a_source_whose_part_ended_before_is_not_named)
{
    HOUSE(h, "indicator i { title = I numerator = \"leavers.heads over 1 month\" }\n");
    const uint32_t engaged = 1u << WF_STARTER | 1u << WF_CHANGE | 1u << WF_LEAVER;
    wf_complete_fact first = { engaged, on("2020-01-01"), on("2022-12-31") }, then[] = { { engaged & ~(1u << WF_LEAVER), on("2023-01-01"), WF_DAY_OPEN },
                             { 1u << WF_LEAVER, on("2023-01-01"), on("2024-05-01") } };
    (void) wf_ledger_code(h.ledger, WF_D_UNIT, WF_STR("x"));
    (void) wf_complete_put(h.complete, unit(&h, "x"), WF_STR("old"), &first, 1);
    (void) wf_complete_put(h.complete, unit(&h, "x"), WF_STR("new"), then, 2);
    wf_figure f = with_sources(&h, "x", engaged, "2022-06-01", "2023-05-31");
    cr_assert(eq(int, f.source_count, 2), "the window reaches into its part");
    expect_source(&f, 0, "new", "2023-01-01", "2024-05-01");        /* of its types the one that ends first */
    expect_source(&f, 1, "old", "2020-01-01", "2022-12-31");
    f = with_sources(&h, "x", engaged, "2023-06-01", "2024-05-31");
    cr_assert(eq(int, f.source_count, 1));
    expect_source(&f, 0, "new", "2023-01-01", "2024-05-01");
    f = with_sources(&h, "x", engaged, "2025-06-01", "2026-05-31");
    cr_assert(eq(int, f.source_count, 1), "nobody has taken over from the last one");
}

/* ---- when a figure can change ---- */

Test(indicator, until_it_can_stand_otherwise_to_an_edge_it_does_not)
{
    static const char *const name[] = { "turnover", "agency", "caseload", "leavers", "growth", "absence", "census", "mean" };
    HOUSE(h, rates);
    uint32_t seed = 7;

    for (int i = 0; i < 60; i++) {
        static const char *const measure[] = { "in_post", "agency", "census_leavers", "leavers", "cases", "case_holders", "census_starters" };
        char day[WF_DAY_TEXT];
        seed = seed * 1664525 + 1013904223;
        wf_day d = { on("2022-01-01").n + (int32_t) (seed / 64 % 1000) };
        const char *m = measure[seed / 8 % 7];
        enter(&h, m, "", "unit=x", WF_BY_STARTER, wf_day_text(d, day), 1, strcmp(m, "cases") == 0 ? 0 : 600000);
    }
    wf_complete_fact all = { (1u << WF_EVENT_TYPE_COUNT) - 1, on("2022-03-01"), on("2025-06-30") };
    (void) wf_complete_put(h.complete, unit(&h, "x"), WF_STR("hr"), &all, 1);
    for (size_t k = 0; k < sizeof name / sizeof *name; k++) {
        uint32_t i = indicator(&h, name[k]), x = unit(&h, "x");
        const wf_day today = on("2030-01-01");
        int64_t edge[WF_EDGES];
        wf_stand told = { 0 }, now;
        int calls = 0;
        for (int e = 0; e < WF_EDGES; e++) {        /* values that it has: they are passed to and fro */
            wf_figure f;
            wf_figure_read(h.book, h.complete, i, x, (wf_day) { on("2023-04-11").n + 140 * e }, today, &f);
            edge[e] = f.value + e;
        }
        for (int32_t d = on("2022-01-01").n; d < on("2026-01-01").n; d++) {
            wf_figure_stand(h.book, h.complete, i, x, (wf_day) { d }, today, edge, &now);
            wf_figure f;
            wf_figure_read(h.book, h.complete, i, x, (wf_day) { d }, today, &f);
            for (int e = 0; e < WF_EDGES && now.status != WF_FIGURE_X && now.status != WF_FIGURE_Z; e++)
                cr_assert(eq(int, now.side[e], wf_figure_compare(h.profile, i, &f, edge[e])), "%s, day %d", name[k], d);
            if (d < told.rests_until.n) {
                cr_assert(now.status == told.status && now.people == told.people && memcmp(now.side, told.side, sizeof now.side) == 0,
                          "seed 7, %s, day %d, told %d", name[k], d, told.rests_until.n);
            } else {
                told = now;
                calls++;
            }
        }
        cr_expect(strcmp(name[k], "mean") == 0 || calls < 400, "%s is not asked daily: %d", name[k], calls);
    }
}

/* What is known to come lies further ahead than a stand looks: it must not be promised away. Nothing else moves meanwhile. */
Test(indicator, what_comes_beyond_the_days_that_are_looked_ahead_is_not_passed_over)
{
    HOUSE(h, rates);
    const int64_t edge[WF_EDGES] = { 1000, WF_NO_EDGE, WF_NO_EDGE, WF_NO_EDGE };
    const wf_day first = on("2024-02-12"), today = on("2030-01-01");
    wf_stand told = { 0 }, now;

    all_complete(&h, "x", "2010-01-01", "2010-01-01");
    enter(&h, "in_post", "", "unit=x", WF_BY_STARTER, "2020-01-01", 1, 1000000);
    enter(&h, "absence", "", "unit=x,worker=employee,kind=sickness", WF_BY_REPORT, "2024-04-25", 1, 1000000);
    uint32_t i = indicator(&h, "absence"), x = unit(&h, "x");
    for (wf_day d = first; d.n < first.n + 100; d.n++) {
        wf_figure_stand(h.book, h.complete, i, x, d, today, edge, &now);
        if (d.n < told.rests_until.n) cr_assert(eq(int, now.side[0], told.side[0]), "day %d, told %d", d.n - first.n, told.rests_until.n - first.n);
        else told = now;
    }
    cr_assert(eq(int, now.side[0], 1), "there was absence in the end");
}

Test(indicator, changes_by_cause_add_up_exactly_for_every_kind_of_reading)
{
    static const char *const name[] = { "turnover", "agency", "caseload", "leavers", "growth", "absence", "mean", "mean_rate" };
    HOUSE(h, rates);
    uint32_t seed = 11;

    for (int i = 0; i < 80; i++) {
        static const char *const measure[] = { "in_post", "agency", "census_leavers", "leavers", "cases", "case_holders" };
        char day[WF_DAY_TEXT];
        seed = seed * 1664525 + 1013904223;
        wf_day d = { on("2023-01-01").n + (int32_t) (seed / 64 % 700) };
        const char *m = measure[seed / 8 % 6];
        enter(&h, m, "", "unit=x", (wf_cause) (seed / 4 % 3), wf_day_text(d, day), 1, strcmp(m, "cases") == 0 ? 0 : 600000);
    }
    all_complete(&h, "x", "2010-01-01", "2010-01-01");
    for (size_t k = 0; k < sizeof name / sizeof *name; k++)
        for (int32_t d = on("2023-02-01").n; d < on("2025-06-01").n; d += 37) {
            wf_fraction by[WF_CAUSE_COUNT], then, now;
            uint32_t i = indicator(&h, name[k]), x = unit(&h, "x");
            wf_figure_causes(h.book, i, x, (wf_day) { d }, (wf_day) { d + 61 }, on("2030-01-01"), by);
            (void) wf_figure_sums(h.book, i, x, (wf_day) { d }, on("2030-01-01"), &then);
            (void) wf_figure_sums(h.book, i, x, (wf_day) { d + 61 }, on("2030-01-01"), &now);
            for (int c = 0; c < WF_CAUSE_COUNT; c++) {
                then.numerator += by[c].numerator;
                then.denominator += by[c].denominator;
            }
            cr_assert(eq(i64, then.numerator, now.numerator), "%s", name[k]);
            cr_assert(eq(i64, then.denominator, now.denominator), "%s", name[k]);
        }
}
