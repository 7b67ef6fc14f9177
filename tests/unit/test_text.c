#include "book_fixture.h"

/* Each text is compared byte for byte with tests/unit/golden/NAME.txt; lines are at most 160 bytes, at most three. */
static void golden(const char *name, const char *text)
{
    const char *top = getenv("WF_TOP");
    char path[512], want[WF_ALERT_TEXT_MAX + 2] = "", got[WF_ALERT_TEXT_MAX + 2];

    (void) snprintf(path, sizeof path, "%s/tests/unit/golden/%s.txt", top == NULL ? "." : top, name);
    (void) snprintf(got, sizeof got, "%s\n", text);
    FILE *f = fopen(path, "r");
    cr_assert(ne(ptr, f, NULL), "%s is missing; the text is\n%s", path, text);
    size_t n = fread(want, 1, sizeof want - 1, f);
    (void) fclose(f);
    cr_expect(eq(str, got, want), "%s (%zu bytes)", name, n);
    size_t lines = 0;
    for (const char *at = got; *at != '\0'; lines++) {
        size_t width = strcspn(at, "\n");
        cr_expect(le(sz, width, 160), "%s line %zu has %zu bytes", name, lines + 1, width);
        at += width + 1;
    }
    cr_expect(le(sz, lines, 3));
}

struct heard { int n; char text[8][WF_ALERT_TEXT_MAX]; };
static wf_rc hear(void *ctx, const wf_alert *a, const wf_told *t, wf_err *e)
{
    struct heard *h = ctx;

    (void) t; (void) e;
    cr_assert(lt(int, h->n, 8));
    memcpy(h->text[h->n++], a->text, sizeof a->text);
    return WF_OK;
}

static void pass(void *ctx, uint32_t i, uint32_t u, wf_day from) { wf_judge_touch(((house *) ctx)->judge, i, u, from, ((house *) ctx)->today); }

static void frame(house *h, const char *today, struct heard *heard)
{
    h->today = on(today);
    wf_book_take_touched(h->book, pass, h);
    cr_assert(eq(int, wf_judge_frame(h->judge, h->today, h->sequence, hear, heard, NULL), WF_OK));
}

static void ticks(house *h, const char *from, const char *until, struct heard *heard)
{
    for (wf_day d = on(from); d.n <= on(until).n; d.n++) cr_assert(eq(int, wf_judge_tick(h->judge, d, h->sequence, hear, heard, NULL), WF_OK));
}

static const char watched[] =
    "tree camden { title = \"Camden\" unit north { title = \"Family Social Work North\" } unit asm2 { title = \"Assessment 2\" }\n"
    " unit safeguarding { title = \"Safeguarding\" } unit lac1 { title = \"Looked After 1\" } unit ref { title = \"Referral and Assessment\" }\n"
    " unit long { title = \"Multi-Agency Safeguarding and Early Intervention Hub, North\" } }\n"
    "measures { supervision_every = 30 }\n"
    "indicator turnover { title = Turnover numerator = \"leavers.heads over 12 months\" denominator = \"in_post.heads at end\" }\n"
    "rule turnover { indicator = turnover units = {\"*/north\"} amber = 15 amber_clear = 12 red = 20 red_clear = 18 least_people = 5\n"
    "  noun_numerator = \"people left\" next = \"agree cover for 30 April\" }\n"
    "indicator caseload { title = Caseload numerator = \"cases.count at end\" denominator = \"case_holders.fte at end\" unit = ratio noun = \"children per full-time worker\" }\n"
    "rule caseload { indicator = caseload units = {\"*/asm2\"} amber = 16 red = 20 for = 9 least_people = 5 next = \"share out new cases\" }\n"
    "indicator vacancy { title = Vacancies numerator = \"vacancies.fte at end\" denominator = \"in_post.fte at end + vacancies.fte at end\" }\n"
    "rule vacancy { indicator = vacancy units = {\"*/safeguarding\"} amber = 10 red = 12 noun_numerator = \"FTE posts without a permanent holder\" next = \"advertise or cover the 7.5\" }\n"
    "indicator overdue { title = Supervision numerator = \"supervision_overdue.heads at end\" noun = \"people overdue\" }\n"
    "rule overdue { indicator = overdue units = {\"*/lac1\"} amber = 1 red = 4 }\n"
    "indicator agency { title = Agency numerator = \"agency.heads at end\" denominator = \"in_post.heads at end + agency.heads at end\" }\n"
    "rule agency { indicator = agency units = {\"*/ref\"} red = 25 noun_numerator = \"social workers\" next = \"decide on the 2 extra\" }\n"
    "indicator in_time { title = \"Supervision in time\" numerator = \"supervision_in_time.count over quarter to date\" denominator = \"supervision_due.count over quarter to date\" }\n"
    "rule in_time { indicator = in_time units = {\"*/lac1\"} direction = below amber = 90 red = 75 least_people = 10 noun_numerator = \"sessions held in time\" }\n"
    "rule long { indicator = turnover units = {\"*/long\"} amber = 15 amber_clear = 12 red = 20 least_people = 5\n"
    "  noun_numerator = \"social workers who left the organisation\" next = \"agree with finance, recruitment and the trade unions on what is to be done until September\" }\n";

Test(text, the_source_that_holds_the_others_up_is_named)
{
    HOUSE(h, watched);
    uint32_t rule;
    wf_alert a = {
        .number = 7, .title = WF_STR("Caseload"), .unit_title = WF_STR("Assessment 2"), .state = WF_UNKNOWN, .before = WF_OKAY, .day = on("2024-03-01"),
        .since = on("2024-03-01"), .unknown_reason = WF_STR("no data"), .amber = WF_NO_EDGE, .red = WF_NO_EDGE, .clear = WF_NO_EDGE,
        .figure = { .status = WF_FIGURE_X, .day = on("2024-03-01"), .complete_until = on("2024-02-20"), .source_count = 2,
                    .source = { { WF_STR("cases"), on("2020-01-01"), on("2024-02-20") }, { WF_STR("hr"), on("2020-01-01"), WF_DAY_OPEN } } } };
    cr_assert(wf_profile_rule(h.profile, WF_STR("caseload"), &rule));
    wf_text_alert(h.profile, rule, a.day, &a);
    cr_expect(ne(ptr, strstr(a.text, "Data complete to 20 February 2024 (cases). "), NULL), "%s", a.text);
    a.figure.source[1].until = a.figure.source[0].until;
    wf_text_alert(h.profile, rule, a.day, &a);
    cr_expect(ne(ptr, strstr(a.text, "Data complete to 20 February 2024. "), NULL), "no source is behind the others: %s", a.text);
}

Test(text, turnover)
{
    static struct heard heard;
    HOUSE(h, watched);

    all_complete(&h, "camden", "2010-01-01", "2010-01-01");
    enter(&h, "in_post", "", "unit=camden/north", WF_BY_STARTER, "2023-01-01", 14, 14000000);
    enter(&h, "leavers", "", "unit=camden/north", WF_BY_LEAVER, "2024-02-12", 2, 2000000);
    enter(&h, "in_post", "unit=camden/north", "", WF_BY_LEAVER, "2024-02-12", 2, 2000000);
    frame(&h, "2024-02-12", &heard);
    ticks(&h, "2024-02-12", "2024-03-30", &heard);
    enter(&h, "leavers", "", "unit=camden/north", WF_BY_LEAVER, "2024-03-28", 1, 1000000);
    enter(&h, "in_post", "unit=camden/north", "", WF_BY_LEAVER, "2024-03-28", 1, 1000000);
    enter(&h, "leavers", "", "unit=camden/north", WF_BY_LEAVER, "2024-04-30", 1, 1000000);
    enter(&h, "in_post", "unit=camden/north", "", WF_BY_LEAVER, "2024-04-30", 1, 1000000);
    frame(&h, "2024-03-31", &heard);
    cr_assert(eq(int, heard.n, 2));
    golden("turnover_amber", heard.text[0]);
    golden("turnover_red", heard.text[1]);
    ticks(&h, "2024-03-31", "2025-05-01", &heard);
    cr_assert(eq(int, heard.n, 4));
    golden("turnover_amended", heard.text[2]);          /* the leaver of the 28th was entered on the 31st */
    golden("turnover_ok", heard.text[3]);
}

Test(text, caseload)
{
    static struct heard heard;
    HOUSE(h, watched);

    all_complete(&h, "camden", "2010-01-01", "2010-01-01");
    enter(&h, "cases", "", "unit=camden/asm2,worker=employee", WF_BY_REPORT, "2024-02-01", 111, 0);
    enter(&h, "case_holders", "", "unit=camden/asm2,worker=employee", WF_BY_REPORT, "2024-02-01", 8, 7000000);
    enter(&h, "cases", "", "unit=camden/asm2,worker=employee", WF_BY_REPORT, "2024-03-01", 11, 0);
    enter(&h, "cases", "", "unit=camden/asm2,worker=employee", WF_BY_REPORT, "2024-03-04", 7, 0);
    frame(&h, "2024-03-04", &heard);
    ticks(&h, "2024-03-04", "2024-03-09", &heard);
    cr_assert(eq(int, heard.n, 1), "above the limit of 16 from 1 March, told when nine days have closed");
    golden("caseload_amber", heard.text[0]);
}

Test(text, vacancies)
{
    static struct heard heard;
    HOUSE(h, watched);

    all_complete(&h, "camden", "2010-01-01", "2010-01-01");
    enter(&h, "in_post", "", "unit=camden/safeguarding", WF_BY_STARTER, "2023-01-01", 170, 159300000);
    enter(&h, "vacancies", "", "unit=camden/safeguarding", WF_BY_REPORT, "2023-01-01", 0, 15100000);
    enter(&h, "vacancies", "", "unit=camden/safeguarding", WF_BY_REPORT, "2024-03-03", 0, 3400000);
    frame(&h, "2024-03-03", &heard);
    ticks(&h, "2024-03-03", "2024-05-30", &heard);
    enter(&h, "vacancies", "", "unit=camden/safeguarding", WF_BY_REPORT, "2024-05-31", 0, 8000000);
    enter(&h, "vacancies", "unit=camden/safeguarding", "", WF_BY_REPORT, "2024-08-26", 0, 4000000);
    frame(&h, "2024-05-31", &heard);
    cr_assert(eq(int, heard.n, 2));
    golden("vacancy_red", heard.text[1]);
}

Test(text, supervision)
{
    static struct heard heard;
    HOUSE(h, watched);

    all_complete(&h, "camden", "2010-01-01", "2010-01-01");
    enter(&h, "supervision_overdue", "", "unit=camden/lac1", WF_BY_TIME, "2024-05-03", 1, 0);
    enter(&h, "supervision_overdue", "", "unit=camden/lac1", WF_BY_TIME, "2024-05-14", 1, 0);
    frame(&h, "2024-05-14", &heard);
    cr_assert(eq(int, heard.n, 1));
    golden("supervision_overdue", heard.text[0]);
    enter(&h, "supervision_due", "", "unit=camden/lac1", WF_BY_TIME, "2024-05-02", 28, 0);
    enter(&h, "supervision_in_time", "", "unit=camden/lac1", WF_BY_REPORT, "2024-05-02", 23, 0);
    frame(&h, "2024-05-14", &heard);
    cr_assert(eq(int, heard.n, 2));
    golden("supervision_in_time", heard.text[1]);
}

Test(text, agency)
{
    static struct heard heard;
    HOUSE(h, watched);

    all_complete(&h, "camden", "2010-01-01", "2010-01-01");
    enter(&h, "in_post", "", "unit=camden/ref", WF_BY_STARTER, "2023-01-01", 33, 33000000);
    enter(&h, "agency", "", "unit=camden/ref", WF_BY_STARTER, "2024-04-01", 13, 13000000);
    enter(&h, "in_post", "", "unit=camden/ref", WF_BY_STARTER, "2024-09-01", 2, 2000000);
    frame(&h, "2024-06-30", &heard);
    cr_assert(eq(int, heard.n, 1));
    golden("agency_red", heard.text[0]);
}

Test(text, unknown)
{
    static struct heard heard;
    HOUSE(h, watched);
    wf_complete_fact to = { (1u << WF_EVENT_TYPE_COUNT) - 1, on("2010-01-01"), on("2024-06-30") };

    all_complete(&h, "camden", "2010-01-01", "2010-01-01");
    enter(&h, "in_post", "", "unit=camden/north", WF_BY_STARTER, "2023-01-01", 10, 10000000);
    enter(&h, "leavers", "", "unit=camden/north", WF_BY_LEAVER, "2024-05-28", 3, 3000000);
    (void) wf_complete_put(h.complete, unit(&h, "camden"), WF_STR("hr"), &to, 1);
    frame(&h, "2024-06-29", &heard);
    ticks(&h, "2024-06-29", "2024-06-30", &heard);
    cr_assert(eq(int, heard.n, 2));
    golden("turnover_unknown", heard.text[1]);
}

/* Eased below the edge that made it, but not past where that ends: the text says where. */
Test(text, stands_below_its_edge)
{
    static struct heard heard;
    HOUSE(h, watched);

    all_complete(&h, "camden", "2010-01-01", "2010-01-01");
    enter(&h, "in_post", "", "unit=camden/north", WF_BY_STARTER, "2023-01-01", 14, 14000000);
    enter(&h, "leavers", "", "unit=camden/north", WF_BY_LEAVER, "2024-02-12", 3, 3000000);
    frame(&h, "2024-02-12", &heard);
    ticks(&h, "2024-02-12", "2024-03-30", &heard);
    enter(&h, "in_post", "", "unit=camden/north", WF_BY_STARTER, "2024-03-31", 9, 9000000);
    frame(&h, "2024-03-31", &heard);
    cr_assert(eq(int, heard.n, 2));
    golden("turnover_stands", heard.text[1]);
}

Test(text, too_long)
{
    static struct heard heard;
    HOUSE(h, watched);

    all_complete(&h, "camden", "2010-01-01", "2010-01-01");
    enter(&h, "in_post", "", "unit=camden/long", WF_BY_STARTER, "2023-01-01", 1000, 1000000000);
    enter(&h, "leavers", "", "unit=camden/long", WF_BY_LEAVER, "2023-05-28", 160, 1000000);
    enter(&h, "leavers", "", "unit=camden/long", WF_BY_MOVE, "2024-04-28", 1, 1000000);
    enter(&h, "in_post", "", "unit=camden/long", WF_BY_STARTER, "2024-05-28", 20, 20000000);
    enter(&h, "in_post", "", "unit=camden/long", WF_BY_TRANSFER, "2024-05-28", 20, 20000000);
    enter(&h, "in_post", "", "unit=camden/long", WF_BY_TEMPORARY, "2024-05-28", 20, 20000000);
    enter(&h, "in_post", "", "unit=camden/long", WF_BY_REORGANISATION, "2024-05-28", 20, 20000000);
    enter(&h, "in_post", "unit=camden/long", "", WF_BY_ADJUSTMENT, "2024-05-28", 20, 20000000);
    frame(&h, "2024-04-29", &heard);
    cr_assert(eq(int, heard.n, 1));
    golden("too_long", heard.text[0]);
}

Test(text, numbers_are_rounded_away_from_zero_and_keep_their_places)
{
    char b[WF_TEXT_NUMBER];

    cr_expect(eq(str, (char *) wf_text_number(11250000, 1, b), (char *) "11.3"));
    cr_expect(eq(str, (char *) wf_text_number(6249999, 1, b), (char *) "6.2"));
    cr_expect(eq(str, (char *) wf_text_number(40000000, 1, b), (char *) "40.0"));
    cr_expect(eq(str, (char *) wf_text_number(1500000, 0, b), (char *) "2"));
    cr_expect(eq(str, (char *) wf_text_number(1234567, 6, b), (char *) "1.234567"));
    cr_expect(eq(str, (char *) wf_text_sum(7000000, WF_FTE_MILLIONTHS, b), (char *) "7.0"));
    cr_expect(eq(str, (char *) wf_text_sum(129, WF_CHILDREN, b), (char *) "129"));
}
