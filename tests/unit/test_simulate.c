/* simulate -- sums that come out to the last millionth, whatever the figures; the same seed, the same records. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "consumers/simulate/exact.h"
#include "consumers/simulate/load.h"
#include "consumers/simulate/plan.h"

#define TENTH (WF_FTE_ONE / 10)

/* ---- exact ---- */

static const struct { int64_t total; int32_t heads; } spreads[] = {
    { 0, 1 }, { 0, 7 }, { 40000, 1 }, { 40000, 3 }, { 7 * WF_FTE_ONE, 7 }, { 34 * TENTH, 4 }, { 1 * TENTH, 9 },
    { 1880 * TENTH, 187 }, { 3682 * TENTH, 321 }, { 9 * WF_FTE_ONE, 2 }, { 123456789, 200 },
};

Test(simulate, fte_spread_over_heads_adds_up)
{
    for (size_t i = 0; i < sizeof spreads / sizeof *spreads; i++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            int64_t fte[400], sum = 0;
            sim_random r = { seed };
            sim_spread(&r, spreads[i].total, spreads[i].heads, fte);
            for (int32_t k = 0; k < spreads[i].heads; k++) {
                cr_expect(ge(i64, fte[k], 0), "row %zu", i);
                sum += fte[k];
            }
            cr_expect(eq(i64, sum, spreads[i].total), "row %zu", i);
        }
}

Test(simulate, heads_within_their_number_have_at_most_one_fte)
{
    int64_t fte[200];
    sim_random r = { 5 };
    sim_spread(&r, 1706 * TENTH, 200, fte);
    for (int k = 0; k < 200; k++)
        cr_expect(le(i64, fte[k], WF_FTE_ONE));
}

Test(simulate, a_choice_reaches_its_sum_or_says_how_far_it_is)
{
    enum { N = 120 };
    int64_t fte[N];
    uint8_t chosen[N];
    sim_random r = { 3 };
    sim_spread(&r, 1003 * TENTH, N, fte);
    for (int64_t target = 200 * TENTH; target < 260 * TENTH; target += TENTH) {
        int64_t sum = 0, heads = 0;
        int64_t rest = sim_choose(&r, fte, N, 27, target, NULL, chosen);
        for (int i = 0; i < N; i++) {
            sum += chosen[i] ? fte[i] : 0;
            heads += chosen[i];
        }
        cr_expect(eq(i64, heads, 27));
        cr_expect(eq(i64, sum + rest, target));
        cr_expect(eq(i64, rest, 0));
    }
    cr_expect(eq(i64, sim_choose(&r, fte, N, 2, 5 * WF_FTE_ONE, NULL, chosen), 3 * WF_FTE_ONE), "two people have two FTE at most");
}

Test(simulate, who_may_not_be_chosen_is_not)
{
    int64_t fte[] = { WF_FTE_ONE, -1, WF_FTE_ONE, WF_FTE_ONE };
    uint8_t prefer[] = { 0, 0, 0, 1 }, chosen[4];
    for (uint64_t seed = 0; seed < 30; seed++) {
        sim_random r = { seed };
        cr_expect(eq(i64, sim_choose(&r, fte, 4, 2, 2 * WF_FTE_ONE, prefer, chosen), 0));
        cr_expect(eq(int, chosen[1], 0));
        cr_expect(eq(int, chosen[3], 1), "who is preferred comes first");
    }
}

/* ---- table ---- */

static wf_rc read_text(const char *text, sim_table *ret, wf_err *e)
{
    char path[] = "/tmp/test-simulate-XXXXXX";
    int fd = mkstemp(path);
    cr_assert(ge(int, fd, 0));
    cr_assert(eq(int, (int) write(fd, text, strlen(text)), (int) strlen(text)));
    close(fd);
    wf_rc rc = sim_table_read(path, ret, e);
    unlink(path);
    return rc;
}

#define HEAD "time_period,la_name,new_la_code,inpost_fte,inpost_headcount,agency_fte,cases\n"

Test(simulate, a_table_has_numbers_symbols_and_low)
{
    sim_table t;
    cr_assert(eq(int, read_text("# a remark\n" HEAD "2024,\"Bournemouth, Christchurch and Poole\",E06000058,10.5,11,low,x\n"
                                "2023,A / B,E1 / E2,1,1,,12\n", &t, NULL), WF_OK));
    cr_assert(eq(sz, t.n, 2));
    cr_expect(eq(str, t.row[0].area, "e06000058"));
    cr_expect(eq(str, t.row[0].name, "bournemouth-christchurch-and-poo"));
    cr_expect(eq(str, t.row[1].area, "e1-e2"));
    cr_expect(eq(i64, t.row[0].in[SIM_INPOST_FTE].v, 10500000));
    cr_expect(eq(i64, t.row[0].in[SIM_INPOST_HEADS].v, 11));
    cr_expect(eq(i64, t.row[0].in[SIM_AGENCY_FTE].v, 40000));
    cr_expect(not(t.row[0].in[SIM_CASES].known));
    cr_expect(not(t.row[1].in[SIM_AGENCY_FTE].known));
    cr_expect(eq(i64, t.row[1].in[SIM_CASES].v, 12));
    cr_expect(not(t.row[1].in[SIM_VACANCY_FTE].known), "a column that is not there");
    sim_table_free(&t);
}

static const struct { const char *why, *text; wf_rc rc; } bad_tables[] = {
    { "nothing in it",     "",                                          WF_MALFORMED },
    { "no column",         "time_period,la_name,inpost_fte\n",          WF_MISSING },
    { "a column twice",    "time_period,time_period,la_name,inpost_fte,inpost_headcount\n", WF_MALFORMED },
    { "half a head",       HEAD "2024,A,E1,1,1.5,0,0\n",                WF_RANGE },
    { "below zero",        HEAD "2024,A,E1,-1,1,0,0\n",                 WF_RANGE },
    { "no number",         HEAD "2024,A,E1,many,1,0,0\n",               WF_MALFORMED },
    { "nobody in post",    HEAD "2024,A,E1,x,1,0,0\n",                  WF_MISSING },
    { "an open quote",     HEAD "2024,\"A,E1,1,1,0,0\n",                WF_MALFORMED },
    { "the same twice",    HEAD "2024,A,E1,1,1,0,0\n2024,A,E1,1,1,0,0\n", WF_MALFORMED },
    { "no year",           HEAD "24,A,E1,1,1,0,0\n",                    WF_RANGE },
};

Test(simulate, a_bad_table_is_refused_with_its_line)
{
    for (size_t i = 0; i < sizeof bad_tables / sizeof *bad_tables; i++) {
        sim_table t;
        wf_err e = { .text = "" };
        cr_expect(eq(int, read_text(bad_tables[i].text, &t, &e), bad_tables[i].rc), "%s", bad_tables[i].why);
        cr_expect(ne(int, e.text[0], '\0'), "%s", bad_tables[i].why);
    }
}

/* ---- plan: the records are folded here, simply and anew ---- */

#define PEOPLE 4096
typedef struct person { int64_t fte[2], then, agency; bool in, was, agency_in; int32_t cases, since; } person;
typedef struct year_sums { int64_t in[SIM_INPUT_COUNT]; } year_sums;

static bool weekday(int32_t day) { return ((day % 7) + 10) % 7 < 5; }

static int by_effective(const void *a, const void *b)
{
    const sim_record *x = a, *y = b;
    return x->effective != y->effective ? (x->effective > y->effective) - (x->effective < y->effective) : (x->id > y->id) - (x->id < y->id);
}

/* One record, in the order of their days: stocks in `people`, flows of the year up to `today` in `sums`. */
static void fold_record(person *people, const sim_record *r, int32_t last, year_sums *sums)
{
    person *p = &people[r->who];
    bool flow = r->effective > last, own = (r->flags & SIM_ADJUSTMENT) == 0;
    int second = (r->flags & SIM_SECOND) != 0;
    cr_assert(lt(u32, r->who, PEOPLE));
    switch ((int) r->type) {
    case WF_STARTER:
        p->in = true;
        p->fte[second] = r->n;
        if (own && flow) {
            sums->in[SIM_STARTERS_HEADS] += second ? 0 : 1;
            sums->in[SIM_STARTERS_FTE] += r->n;
        }
        if (!own && flow && !p->was && !second)
            p->then = r->n, p->was = true;
        break;
    case WF_CHANGE: p->fte[second] = r->n; break;
    case WF_LEAVER:
        if (own && flow && p->in) {
            sums->in[SIM_LEAVERS_HEADS] += 1;
            sums->in[SIM_LEAVERS_FTE] += p->then;
        }
        p->in = false;
        p->fte[0] = p->fte[1] = 0;
        break;
    case WF_PLACEMENT_STARTED: p->agency_in = true; p->agency = r->n; break;
    case WF_PLACEMENT_ENDED:   p->agency_in = false; p->agency = 0; break;
    case WF_CASELOAD:          p->cases = (int32_t) r->n; break;
    case WF_ABSENCE:
        for (int32_t d = r->effective; flow && d <= r->n; d++)
            sums->in[SIM_DAYS_LOST] += weekday(d) ? r->m : 0;
        break;
    case WF_VACANCIES_DECLARED:
        sums->in[SIM_VACANCY_FTE] = r->n;
        sums->in[SIM_AGENCY_COVER_FTE] = r->m;
        break;
    default: break;
    }
}

static void fold_year(person *people, sim_records *records, int year, year_sums *sums)
{
    int32_t last = wf_day_of(year - 1, 9, 30).n, today = wf_day_of(year, 9, 30).n;
    qsort(records->at, records->n, sizeof *records->at, by_effective);
    *sums = (year_sums) { .in = { 0 } };
    size_t i = 0;
    for (; i < records->n && records->at[i].effective <= last; i++)
        fold_record(people, &records->at[i], last, sums);
    for (int k = 0; k < PEOPLE; k++) {
        people[k].then = people[k].fte[0] + people[k].fte[1];
        people[k].was = people[k].in;
    }
    for (; i < records->n; i++) {
        cr_assert(le(i32, records->at[i].effective, today));
        cr_assert(le(i32, records->at[i].said, today));
        fold_record(people, &records->at[i], last, sums);
    }
    for (int k = 0; k < PEOPLE; k++) {
        const person *p = &people[k];
        int64_t fte = p->fte[0] + p->fte[1] + p->agency;
        sums->in[SIM_INPOST_HEADS] += p->in;
        sums->in[SIM_INPOST_FTE] += p->fte[0] + p->fte[1];
        sums->in[SIM_AGENCY_HEADS] += p->agency_in;
        sums->in[SIM_AGENCY_FTE] += p->agency;
        sums->in[SIM_CASES] += p->in || p->agency_in ? p->cases : 0;
        sums->in[SIM_HOLDERS_FTE] += p->cases > 0 ? fte : 0;
    }
}

static void expect_year(const sim_row *row, const year_sums *sums)
{
    static const char *const name[] = {
#define X(n, column, kind) column,
        SIM_INPUTS(X)
#undef X
    };
    for (int i = 0; i < SIM_INPUT_COUNT; i++)
        if (row->in[i].known)
            cr_expect(eq(i64, sums->in[i], row->in[i].v), "%s %d: %s", row->name, row->year, name[i]);
}

static void expect_table(const sim_table *t, uint64_t seed, bool each_year)
{
    sim_org *o = NULL;
    person *people = calloc(PEOPLE, sizeof *people);
    for (size_t i = 0; i < t->n; i++) {
        if (o == NULL || each_year || strcmp(t->row[i - 1].area, t->row[i].area) != 0) {
            sim_org_free(&o);
            o = sim_org_new((uint32_t) i, seed, each_year);
            memset(people, 0, PEOPLE * sizeof *people);
        }
        sim_records records = { NULL, 0, 0 };
        wf_err e = { .text = "" };
        year_sums sums;
        cr_assert(eq(int, sim_org_year(o, &t->row[i], &records, &e), WF_OK), "%s", e.text);
        fold_year(people, &records, t->row[i].year, &sums);
        expect_year(&t->row[i], &sums);
        sim_records_free(&records);
    }
    sim_org_free(&o);
    free(people);
}

static void table_of_councils(sim_table *t)
{
    const char *top = getenv("WF_TOP");
    char path[512];
    wf_err e = { .text = "" };
    snprintf(path, sizeof path, "%s/profiles/figures-five-councils.csv", top != NULL ? top : ".");
    cr_assert(eq(int, sim_table_read(path, t, &e), WF_OK), "%s", e.text);
    cr_assert(eq(sz, t->n, 40));
}

Test(simulate, the_councils_years_follow_one_another_and_each_comes_out, .timeout = 30)
{
    sim_table t;
    table_of_councils(&t);
    for (uint64_t seed = 1; seed <= 3; seed++)
        expect_table(&t, seed, false);
    sim_table_free(&t);
}

Test(simulate, each_year_alone_comes_out, .timeout = 30)
{
    sim_table t;
    table_of_councils(&t);
    for (uint64_t seed = 1; seed <= 3; seed++)
        expect_table(&t, seed, true);
    sim_table_free(&t);
}

/* More FTE than heads, nobody but agency workers, more agency than cases need, everybody new, symbols, no day left whole,
 * and years that nothing joins. */
static const char odd[] = "time_period,la_name,inpost_fte,inpost_headcount,starters_fte,starters_headcount,leavers_fte,leavers_headcount,"
    "agency_fte,agency_headcount,agency_cover_fte,vacancy_fte,case_holders_fte,cases,working_days_lost_fte\n"
    "2020,A,368.2,321,60.5,62,91.3,91,40.1,44,12,30.3,210.7,3000,4321.7\n2021,A,188,187,13.4,13,25,24,0,0,0,0,150.2,2400,low\n"
    "2022,A,40,45,1,1,200.3,205,99.9,120,x,9.9,12.3,20,0.5\n2023,A,100,100,100,100,0,0,low,1,0,0,50.5,801,80\n"
    "2020,B,0,0,0,0,0,0,3.5,4,2,5,1.5,16,z\n2021,B,1,1,1,1,0,0,u,24,u,0,1,9,0\n2022,B,20.9,22,6,6,7.5,8,5,5,5,5,10.2,133,148\n"
    "2024,B,12,13,x,x,u,4,0,0,0,0,x,x,c\n";

Test(simulate, odd_figures_come_out_too)
{
    sim_table t;
    wf_err e = { .text = "" };
    cr_assert(eq(int, read_text(odd, &t, &e), WF_OK), "%s", e.text);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        expect_table(&t, seed, false);
        expect_table(&t, seed, true);
    }
    sim_table_free(&t);
}

static const struct { const char *why, *row; } impossible[] = {
    { "cases without a holder",     "2020,A,10,10,0,0,0,0,0,0,0,0,0,5,0\n" },
    { "more holders than workers",  "2020,A,10,10,0,0,0,0,0,0,0,0,11,50,0\n" },
    { "more days than there were",  "2020,A,1,1,0,0,0,0,0,0,0,0,0,0,300\n" },
    { "more starters than staff",   "2020,A,10,10,12,12,0,0,0,0,0,0,0,0,0\n" },
    { "FTE of nobody",              "2020,A,10,0,0,0,0,0,0,0,0,0,0,0,0\n" },
};

Test(simulate, figures_that_nobody_could_have_are_refused)
{
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        char text[1024];
        sim_table t;
        sim_records records = { NULL, 0, 0 };
        wf_err e = { .text = "" };
        snprintf(text, sizeof text, "%.*s%s", (int) (strchr(odd, '\n') - odd + 1), odd, impossible[i].row);
        cr_assert(eq(int, read_text(text, &t, &e), WF_OK), "%s", e.text);
        sim_org *o = sim_org_new(0, 1, true);
        cr_expect(eq(int, sim_org_year(o, &t.row[0], &records, &e), WF_RANGE), "%s", impossible[i].why);
        sim_org_free(&o);
        sim_records_free(&records);
        sim_table_free(&t);
    }
}

/* ---- records and load ---- */

static wf_str one_org(void *ctx, uint32_t org)
{
    (void) ctx;
    (void) org;
    return WF_STR("load");
}

Test(simulate, load_has_25_events_a_worker_year_in_order_and_each_is_good)
{
    sim_load_options o = { .teams = 7, .workers = 300, .years = 3, .seed = 9, .first = wf_day_of(2014, 10, 1) };
    sim_load *l = sim_load_new(&o);
    sim_writer w = { .source = WF_STR("simulate"), .org = one_org, .team = "team-" };
    size_t n = 0;
    int32_t day = o.first.n;
    for (const sim_records *r; (r = sim_load_year(l)) != NULL; n += r->n)
        for (size_t i = 0; i < r->n; i++) {
            wf_err e = { .text = "" };
            cr_assert(ge(i32, r->at[i].said, day));
            cr_assert(eq(i32, r->at[i].said, r->at[i].effective));
            day = r->at[i].said;
            cr_expect(eq(int, wf_event_check(sim_write(&w, &r->at[i]), &e), WF_OK), "%s", e.text);
        }
    cr_expect(eq(sz, n, (size_t) 25 * 300 * 3));
    sim_load_free(&l);
}

Test(simulate, late_records_are_said_late_and_none_is_lost)
{
    sim_load_options o = { .teams = 7, .workers = 400, .years = 8, .backdated = 25, .far = 5, .seed = 4, .first = wf_day_of(2014, 10, 1) };
    sim_load *l = sim_load_new(&o);
    size_t n = 0, near = 0, far = 0;
    for (const sim_records *r; (r = sim_load_year(l)) != NULL; n += r->n)
        for (size_t i = 0; i < r->n; i++) {
            int32_t late = r->at[i].said - r->at[i].effective;
            cr_assert(ge(i32, late, 0));
            near += late > 0 && late <= 90;
            far += late > 90;
        }
    cr_expect(eq(sz, n, (size_t) 25 * 400 * 8));
    cr_expect(ge(sz, near, n * 23 / 100));
    cr_expect(le(sz, near, n * 28 / 100));
    cr_expect(ge(sz, far, n * 3 / 100));
    cr_expect(le(sz, far, n * 6 / 100));
    sim_load_free(&l);
}

Test(simulate, the_same_seed_says_the_same)
{
    sim_load_options o = { .teams = 3, .workers = 50, .years = 2, .backdated = 25, .far = 5, .seed = 4, .first = wf_day_of(2014, 10, 1) };
    sim_load *a = sim_load_new(&o), *b = sim_load_new(&o);
    o.seed++;
    sim_load *c = sim_load_new(&o);
    const sim_records *x = sim_load_year(a), *y = sim_load_year(b), *z = sim_load_year(c);
    cr_assert(eq(sz, x->n, y->n));
    bool same = true, differs = x->n != z->n;
    for (size_t i = 0; i < x->n; i++) {
        same = same && by_effective(&x->at[i], &y->at[i]) == 0 && x->at[i].n == y->at[i].n;
        differs = differs || by_effective(&x->at[i], &z->at[i]) != 0;
    }
    cr_expect(same);
    cr_expect(differs);
    sim_load_free(&a);
    sim_load_free(&b);
    sim_load_free(&c);
}
