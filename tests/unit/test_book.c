#include "book_fixture.h"

#define IN(text) "indicator " text " at end\" }\n"
static const char two_levels[] =
    "tree bexley {\n unit children { title = \"Children's Services\" }\n unit mash {}\n"
    " unit asm1 { under = { \"children from 2018-01-01\", \"mash from 2021-04-01\" } }\n unit asm2 { under = { children } }\n}\n"
    "indicator heads { title = H numerator = \"in_post.heads at end\" }\n"
    "indicator out { title = O numerator = \"outflow.heads over 12 months\" }\n"
    "indicator in { title = I numerator = \"inflow.heads over 12 months\" }\n"
    "indicator seniors { title = S numerator = \"in_post.heads where role = 1|2 at end\" }\n";

static int64_t of(house *h, const char *name, const char *path, const char *day)
{
    all_complete(h, "bexley", "2000-01-01", "2000-01-01");
    wf_figure f = figure(h, name, path, day);
    return f.numerator;
}

Test(unit, a_unit_lies_where_the_tree_of_the_day_puts_it)
{
    HOUSE(h, two_levels);
    const wf_units *u = wf_book_units(h.book);
    uint32_t asm1 = unit(&h, "bexley/children/asm1");

    cr_expect(wf_str_eq(wf_units_path(u, asm1, on("2017-01-01")), WF_STR("bexley/children/asm1")), "the earliest later link holds before it");
    cr_expect(wf_str_eq(wf_units_path(u, asm1, on("2021-03-31")), WF_STR("bexley/children/asm1")));
    cr_expect(wf_str_eq(wf_units_path(u, asm1, on("2021-04-01")), WF_STR("bexley/mash/asm1")));
    cr_expect(eq(u32, unit(&h, "bexley/mash/asm1"), asm1));
    cr_expect(eq(u32, wf_units_find(u, WF_STR("bexley/asm2/asm1")), WF_NO_UNIT));
    cr_expect(eq(int, wf_units_level(u, asm1, on("2021-04-01")), 2));
    cr_expect(eq(i32, wf_units_next_version(u, asm1, on("2021-03-31")).n, on("2021-04-01").n));
    cr_expect(ne(u32, wf_units_node(u, unit(&h, "bexley/mash"), on("2021-03-31")), wf_units_node(u, unit(&h, "bexley/mash"), on("2021-04-01"))));
    cr_expect(eq(u32, wf_units_node(u, asm1, on("2021-03-31")), wf_units_node(u, asm1, on("2021-04-01"))), "a team holds itself in every version");
    cr_expect(wf_str_eq(wf_units_title(u, unit(&h, "bexley/children")), WF_STR("Children's Services")));
}

static void note(void *ctx, uint32_t u) { *(uint32_t *) ctx = u; }

Test(unit, a_team_that_no_link_names_is_unassigned_and_under_its_organisation)
{
    HOUSE(h, two_levels);
    uint32_t found = WF_NO_UNIT;

    enter(&h, "in_post", "", "unit=bexley/stray,role=5", WF_BY_STARTER, "2020-01-01", 1, 1000000);
    enter(&h, "in_post", "", "unit=slough/team,role=5", WF_BY_STARTER, "2020-01-01", 1, 1000000);
    wf_units_unassigned(wf_book_units(h.book), note, &found);
    cr_expect(eq(u32, found, unit(&h, "bexley/stray")), "an organisation without a tree has none");
    cr_expect(eq(i64, of(&h, "heads", "bexley", "2020-01-01"), 1));
}

Test(book, an_entry_counts_in_every_unit_that_holds_it_on_the_day)
{
    HOUSE(h, two_levels);

    enter(&h, "in_post", "", "unit=bexley/asm1,role=5", WF_BY_STARTER, "2020-06-01", 1, 1000000);
    enter(&h, "in_post", "", "unit=bexley/asm2,role=1", WF_BY_STARTER, "2020-06-02", 1, 1000000);
    enter(&h, "in_post", "", "unit=bexley,role=1", WF_BY_STARTER, "2020-06-03", 1, 1000000);

    cr_expect(eq(i64, of(&h, "heads", "bexley", "2020-05-31"), 0));
    cr_expect(eq(i64, of(&h, "heads", "bexley", "2020-06-03"), 3), "what names no team stands in the organisation");
    cr_expect(eq(i64, of(&h, "heads", "bexley/children", "2021-03-31"), 2));
    cr_expect(eq(i64, of(&h, "heads", "bexley/children", "2021-04-01"), 1), "asm1 has gone to mash");
    cr_expect(eq(i64, of(&h, "heads", "bexley/mash", "2021-03-31"), 0));
    cr_expect(eq(i64, of(&h, "heads", "bexley/mash", "2021-04-01"), 1));
    cr_expect(eq(i64, of(&h, "seniors", "bexley", "2020-06-03"), 2));
}

Test(book, a_move_inside_a_unit_is_no_outflow_of_it)
{
    HOUSE(h, two_levels);

    enter(&h, "in_post", "", "unit=bexley/asm1", WF_BY_STARTER, "2020-01-01", 1, 0);
    enter(&h, "in_post", "unit=bexley/asm1", "unit=bexley/asm2", WF_BY_MOVE, "2020-02-01", 1, 0);
    enter(&h, "in_post", "unit=bexley/asm2", "", WF_BY_LEAVER, "2020-03-01", 1, 0);
    enter(&h, "in_post", "unit=bexley/asm2", "unit=bexley/asm1", WF_BY_REORGANISATION, "2020-04-01", 1, 0);

    cr_expect(eq(i64, of(&h, "heads", "bexley/children", "2020-02-15"), 1), "whoever moves inside stays inside");
    cr_expect(eq(i64, of(&h, "heads", "bexley/children/asm1", "2020-02-15"), 0));
    cr_expect(eq(i64, of(&h, "heads", "bexley/children/asm2", "2020-02-15"), 1));
    cr_expect(eq(i64, of(&h, "out", "bexley/children/asm1", "2020-12-31"), 1));
    cr_expect(eq(i64, of(&h, "in", "bexley/children/asm2", "2020-12-31"), 1));
    cr_expect(eq(i64, of(&h, "out", "bexley/children/asm2", "2020-12-31"), 1), "the leaver; a reorganisation is no flow");
    cr_expect(eq(i64, of(&h, "out", "bexley/children", "2020-12-31"), 1));
    cr_expect(eq(i64, of(&h, "in", "bexley/children", "2020-12-31"), 1));
    cr_expect(eq(i64, of(&h, "in", "bexley", "2020-12-31"), 1));
}

Test(book, todays_tree_may_be_applied_to_the_whole_past)
{
    HOUSE(h, "tree bexley { reading = today unit a {} unit b {} unit t { under = { a, \"b from 2021-01-01\" } } }\n"
             "indicator heads { title = H numerator = \"in_post.heads at end\" }\n");
    wf_figure f;

    enter(&h, "in_post", "", "unit=bexley/t", WF_BY_STARTER, "2020-01-01", 1, 0);
    all_complete(&h, "bexley", "2000-01-01", "2000-01-01");
    wf_figure_read(h.book, h.complete, 0, unit(&h, "bexley/b"), on("2020-06-01"), on("2021-01-01"), &f);
    cr_expect(eq(i64, f.numerator, 1), "b has it today, so it had it then");
    wf_figure_read(h.book, h.complete, 0, unit(&h, "bexley/b"), on("2020-06-01"), on("2020-12-31"), &f);
    cr_expect(eq(i64, f.numerator, 0));
    wf_figure_read(h.book, h.complete, 0, unit(&h, "bexley/a"), on("2020-06-01"), on("2020-12-31"), &f);
    cr_expect(eq(i64, f.numerator, 1));
}

struct naive { const char *unit; int32_t day; int64_t count; };

Test(book, any_order_of_postings_and_takings_back_gives_the_sums_of_what_stands)
{
    uint32_t seed = 20240930;
    HOUSE(h, two_levels);
    static struct naive all[600];
    static const char *const team[] = { "unit=bexley/asm1", "unit=bexley/asm2", "unit=bexley" };

    for (int i = 0; i < 600; i++) {
        char day[WF_DAY_TEXT];
        seed = seed * 1664525 + 1013904223;
        bool back = i > 50 && seed % 3 == 0;
        all[i] = back ? all[seed / 7 % (uint32_t) i] : (struct naive) { team[seed / 11 % 3], on("2019-01-01").n + (int32_t) (seed / 64 % 900), 1 + seed / 5 % 3 };
        if (back) all[i].count = -all[i].count;
        enter(&h, "in_post", "", all[i].unit, WF_BY_STARTER, wf_day_text((wf_day) { all[i].day }, day), all[i].count, all[i].count * 250000);
    }
    all_complete(&h, "bexley", "2000-01-01", "2000-01-01");
    for (int32_t d = on("2018-12-25").n; d < on("2021-07-01").n; d += 3) {
        int64_t sum = 0;
        for (int i = 0; i < 600; i++) sum += all[i].day <= d ? all[i].count : 0;
        wf_figure f;
        wf_figure_read(h.book, h.complete, indicator(&h, "heads"), unit(&h, "bexley"), (wf_day) { d }, on("2030-01-01"), &f);
        cr_assert(eq(i64, f.numerator, sum), "seed 20240930, day %d", d);
    }
    int64_t before = of(&h, "heads", "bexley/children", "2020-03-01");
    wf_book_rebuild(h.book);
    cr_expect(eq(i64, of(&h, "heads", "bexley/children", "2020-03-01"), before), "built anew from the ledger it is the same");
}

Test(book, a_day_that_sums_to_nothing_is_no_day)
{
    HOUSE(h, two_levels);
    const wf_term *t = &h.profile->indicator[indicator(&h, "heads")].numerator.term[0];
    uint32_t population = wf_book_population(h.book, t->measure, &t->filter);

    enter(&h, "in_post", "", "unit=bexley/asm1", WF_BY_STARTER, "2020-03-01", 2, 0);
    enter(&h, "in_post", "", "unit=bexley/asm1", WF_BY_STARTER, "2020-05-01", 1, 0);
    enter(&h, "in_post", "", "unit=bexley/asm1", WF_BY_HOURS, "2020-03-01", -2, 0);
    uint32_t node = wf_units_node(wf_book_units(h.book), unit(&h, "bexley"), on("2020-01-01"));
    cr_expect(eq(i32, wf_book_next(h.book, population, node, on("2020-01-01")).n, on("2020-05-01").n));
    cr_expect(eq(i32, wf_book_next(h.book, population, node, on("2020-05-01")).n, INT32_MAX));
}

struct touched { int n; wf_day first[8]; uint32_t unit[8]; };
static void remember(void *ctx, uint32_t i, uint32_t u, wf_day from)
{
    struct touched *t = ctx;

    if (i != 0 || t->n == 8) return;
    t->unit[t->n] = u;
    t->first[t->n++] = from;
}

Test(book, what_changed_is_told_once_with_the_earliest_day)
{
    HOUSE(h, two_levels);
    struct touched t = { 0 };

    enter(&h, "in_post", "", "unit=bexley/asm2", WF_BY_STARTER, "2020-03-01", 1, 0);
    enter(&h, "in_post", "", "unit=bexley/asm2", WF_BY_STARTER, "2020-02-01", 1, 0);
    enter(&h, "in_post", "", "unit=bexley/asm2", WF_BY_STARTER, "2020-04-01", 1, 0);
    wf_book_take_touched(h.book, remember, &t);
    cr_assert(ge(int, t.n, 3), "the team, its service, the organisation");
    for (int i = 0; i < t.n; i++) cr_expect(eq(i32, t.first[i].n, on("2020-02-01").n));
    t.n = 0;
    wf_book_take_touched(h.book, remember, &t);
    cr_expect(eq(int, t.n, 0));
}

Test(book, changes_are_told_by_cause_and_add_up)
{
    HOUSE(h, two_levels);
    wf_fraction by[WF_CAUSE_COUNT], sum = { 0, 0 };

    enter(&h, "in_post", "", "unit=bexley/asm1", WF_BY_STARTER, "2020-01-01", 3, 0);
    enter(&h, "in_post", "unit=bexley/asm1", "", WF_BY_LEAVER, "2020-02-01", 1, 0);
    enter(&h, "in_post", "unit=bexley/asm1", "unit=bexley/asm2", WF_BY_MOVE, "2020-02-02", 1, 0);
    uint32_t team = unit(&h, "bexley/children/asm1");
    wf_figure_causes(h.book, indicator(&h, "heads"), team, on("2020-01-31"), on("2020-02-28"), on("2020-02-28"), by);
    cr_expect(eq(i64, by[WF_BY_LEAVER].numerator, -1));
    cr_expect(eq(i64, by[WF_BY_MOVE].numerator, -1));
    cr_expect(eq(i64, by[WF_BY_STARTER].numerator, 0));
    wf_figure_causes(h.book, indicator(&h, "out"), team, on("2020-02-10"), on("2021-02-01"), on("2021-02-01"), by);
    cr_expect(eq(i64, by[WF_BY_LEFT_WINDOW].numerator, -1), "the leaver of 1 February 2020 has left the 12 months");
    for (int c = 0; c < WF_CAUSE_COUNT; c++) sum.numerator += by[c].numerator;
    cr_expect(eq(i64, sum.numerator, -1));
}
