#include "book_fixture.h"
#include <unistd.h>
#include "engine/config.h"

#define HEADS "indicator t {\n title = T\n numerator = \"in_post.heads at end\"\n}\n"

/* What is wrong, the text, the line, and a piece of the reason. */
static const struct { const char *why, *text; int line; const char *reason; } wrong[] = {
    { "unknown key",              "indicator t {\n titel = T\n}\n", 2, "no such option 'titel' (did you mean \"title\"?)" },
    { "unknown section",          "indicatr t {\n}\n", 1, "no such option 'indicatr' (did you mean \"indicator\"?)" },
    { "unknown measure",          "indicator t {\n title = T\n numerator = \"in_pots.heads at end\"\n}\n", 3, "there is no measure \"in_pots\" (did you mean \"in_post\"?)" },
    { "not its field",            "indicator t {\n title = T\n numerator = \"vacancies.heads at end\"\n}\n", 3, "vacancies has fte, not \"heads\"" },
    { "a stock over a window",    "indicator t {\n title = T\n numerator = \"in_post.heads over 12 months\"\n}\n", 3, "in_post is a stock" },
    { "a flow at a day",          "indicator t {\n title = T\n numerator = \"leavers.heads at end\"\n}\n", 3, "leavers is a flow" },
    { "an impossible window",     "indicator t {\n title = T\n numerator = \"leavers.heads over 0 days\"\n}\n", 3, "0 is not from 1 to 36600" },
    { "a window without unit",    "indicator t {\n title = T\n numerator = \"leavers.heads over 12\"\n}\n", 3, "\"months\" or \"days\" is missing at the end" },
    { "census starters",          "indicator t {\n title = T\n numerator = \"census_starters.heads over 12 months\"\n}\n", 3, "over census year to date only" },
    { "dimension it has not",     "indicator t {\n title = T\n numerator = \"in_post.heads where course = a at end\"\n}\n", 3, "in_post has no course, so this can never match" },
    { "role outside workforce",   "indicator t {\n title = T\n numerator = \"in_post.heads where role = 9 at end\"\n}\n", 3, "in_post never has role = 9" },
    { "worker that is none",      "indicator t {\n title = T\n numerator = \"absence.days where worker = temp days over 1 month\"\n}\n", 3, "absence never has worker = temp" },
    { "always 0",                 "indicator t {\n title = T\n numerator = \"supervision_due.count over 1 month\"\n}\n", 3, "supervision_every } is 0" },
    { "heads and FTE added",      "indicator t {\n title = T\n numerator = \"in_post.heads at end + agency.fte at end\"\n}\n", 3, "heads and fte cannot be added up" },
    { "two means",                "indicator t {\n title = T\n numerator = \"in_post.heads mean over 1 month + agency.heads mean over 2 months\"\n}\n", 3, "the same window only" },
    { "something after the end",  "indicator t {\n title = T\n numerator = \"in_post.heads at end in_post\"\n}\n", 3, "+ or - is expected where \"in_post\" stands" },
    { "percent of two kinds",     "indicator t {\n title = T\n numerator = \"in_post.heads at end\"\n denominator = \"in_post.fte at end\"\n unit = percent\n}\n", 5, "two different things" },
    { "percent of nothing",       "indicator t {\n title = T\n numerator = \"in_post.heads at end\"\n unit = percent\n}\n", 4, "percent needs a denominator" },
    { "a unit that is none",      "indicator t {\n title = T\n numerator = \"in_post.heads at end\"\n unit = persent\n}\n", 4, "(did you mean \"percent\"?)" },
    { "no title",                 "indicator t {\n numerator = \"in_post.heads at end\"\n}\n", 3, "has no title" },
    { "twice",                    HEADS HEADS, 5, "found duplicate title 't'" },
    { "a key twice",              "indicator t {\n title = T\n title = U\n}\n", 3, "\"title\" is given twice" },
    { "red inside amber",         HEADS "rule r {\n indicator = t\n amber = 20\n red = 10\n}\n", 8, "red is on the wrong side: it must lie above amber" },
    { "red above amber, below",   HEADS "rule r {\n indicator = t\n direction = below\n amber = 10\n red = 20\n}\n", 9, "red is on the wrong side: it must lie below amber" },
    { "clear on the wrong side",  HEADS "rule r {\n indicator = t\n amber = 10\n amber_clear = 11\n}\n", 8, "amber_clear is on the wrong side" },
    { "red outlasts amber",       HEADS "rule r {\n indicator = t\n amber = 10\n amber_clear = 9\n red = 20\n red_clear = 8\n}\n", 10, "red would outlast amber" },
    { "no edge",                  HEADS "rule r {\n indicator = t\n}\n", 7, "it can never match" },
    { "broken for ever",          HEADS "rule r {\n indicator = t\n red = 0\n}\n", 7, "broken on every day" },
    { "below 0",                  HEADS "rule r {\n indicator = t\n direction = below\n red = -1\n}\n", 8, "can never match" },
    { "above unreliable",         "indicator u {\n title = U\n numerator = \"agency_cover.fte at end\"\n denominator = \"agency.fte at end\"\n unreliable_above = 100\n}\nrule r {\n indicator = u\n red = 120\n}\n", 9, "can never match" },
    { "nobody behind it",         "indicator u {\n title = U\n numerator = \"vacancies.fte at end\"\n}\nrule r {\n indicator = u\n red = 1\n least_people = 5\n}\n", 8, "no people stand behind vacancies" },
    { "edge that is no number",   HEADS "rule r {\n indicator = t\n red = ten\n}\n", 7, "red = \"ten\" is not a number" },
    { "rule of nothing",          HEADS "rule r {\n indicator = turnover\n red = 1\n}\n", 6, "there is no indicator \"turnover\"" },
    { "pattern",                  HEADS "rule r {\n indicator = t\n units = { \"a//b\" }\n red = 1\n}\n", 7, "is not a name" },
    { "loop in a tree",           HEADS "tree a {\n unit x {\n under = { y }\n }\n unit y {\n under = { \"a\", \"x from 2020-01-01\" }\n }\n}\n", 10, "comes to lie under itself" },
    { "unit that is none",        HEADS "tree a {\n unit mash {}\n unit y {\n under = { mahs }\n }\n}\n", 8, "there is no unit \"mahs\" in this tree (did you mean \"mash\"?)" },
    { "links out of order",       HEADS "tree a {\n unit x {}\n unit y {\n under = { \"x from 2021-01-01\", \"a from 2020-01-01\" }\n }\n}\n", 8, "in the order of their days" },
    { "type that is none",        HEADS "source s {\n types = { leavre }\n}\n", 6, "(did you mean \"leaver\"?)" },
    { "a day that is none",       HEADS "source s {\n from = 2023-02-29\n}\n", 6, "there is no day 2023-02-29" },
    { "succeeds nobody",          HEADS "source s {\n succeeds = t\n}\n", 6, "there is no other source \"t\"" },
    { "setting out of bounds",    HEADS "measures {\n caseload_days = 0\n}\n", 6, "caseload_days = \"0\" is not a whole number from 1 to 3660" },
    { "a file from a text",       HEADS "measures {\n bank_holidays = x\n}\n", 6, "no file can be read here" },
    { "include from a text",      "include(\"x\")\n", 1, "no other file can be included here" },
    { "nothing",                  "", 1, "there is no indicator" },
    { "an open brace",            "indicator t {\n title = T\n", 3, "" },
};

Test(profile, what_is_wrong_is_refused_with_line_and_reason)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        wf_profile *p = NULL;
        wf_err e = { 0 };
        char place[32];

        cr_expect(eq(int, wf_profile_parse("dfe.conf", wf_str_of(wrong[i].text), &p, &e), WF_CONFIG), "%s", wrong[i].why);
        (void) snprintf(place, sizeof place, "dfe.conf:%d: ", wrong[i].line);
        cr_expect(eq(int, strncmp(e.text, place, strlen(place)), 0), "%s: %s", wrong[i].why, e.text);
        cr_expect(ne(ptr, strstr(e.text, wrong[i].reason), NULL), "%s: %s", wrong[i].why, e.text);
        wf_profile_free(&p);
    }
}

static const char *const shipped[] = { "profiles/dfe.conf", "profiles/supervision.conf", "profiles/flows.conf" };

static wf_profile *ship(size_t n)
{
    char path[2][512];
    const char *list[2] = { path[0], path[1] };
    wf_profile *p = NULL;
    wf_err e = { 0 };

    for (size_t i = 0; i < 2; i++) (void) snprintf(path[i], sizeof path[i], "%s/%s", getenv("WF_TOP") == NULL ? "." : getenv("WF_TOP"), shipped[i]);
    cr_assert(eq(int, wf_profile_read(n == 3 ? list + 1 : list, n == 3 ? 1 : n, &p, &e), WF_OK), "%s", e.text);
    return p;
}

/* Columns of the DfE's files and the unit they are printed in. */
static const struct { const char *column; wf_unit_of_value unit; } published[] = {
    { "inpost_fte", WF_UNIT_FTE }, { "inpost_headcount", WF_UNIT_COUNT }, { "starters_fte", WF_UNIT_FTE }, { "starters_headcount", WF_UNIT_COUNT },
    { "leavers_fte", WF_UNIT_FTE }, { "leavers_headcount", WF_UNIT_COUNT }, { "turnover_rate_fte", WF_UNIT_PERCENT },
    { "turnover_rate_headcount", WF_UNIT_PERCENT }, { "agency_fte", WF_UNIT_FTE }, { "agency_headcount", WF_UNIT_COUNT },
    { "agency_rate_fte", WF_UNIT_PERCENT }, { "agency_rate_headcount", WF_UNIT_PERCENT }, { "agency_cover_fte", WF_UNIT_FTE },
    { "agency_cover_rate_fte", WF_UNIT_PERCENT }, { "vacancy_fte", WF_UNIT_FTE }, { "vacancy_rate_fte", WF_UNIT_PERCENT },
    { "vacancy_agency_cover_rate_fte", WF_UNIT_PERCENT }, { "case_holders_fte", WF_UNIT_FTE }, { "cases", WF_UNIT_COUNT },
    { "caseload_fte", WF_UNIT_RATIO }, { "working_days_lost_fte", WF_UNIT_DAYS }, { "absence_rate_fte", WF_UNIT_PERCENT },
};

Test(profile, the_official_profile_has_every_published_column)
{
    WF_AUTO(wf_profile_free) wf_profile *p = ship(1);

    cr_assert(eq(sz, p->indicator_count, sizeof published / sizeof *published));
    for (size_t i = 0; i < p->indicator_count; i++) {
        size_t k = 0;
        while (k < p->indicator_count && !wf_str_eq(wf_str_of(published[k].column), p->indicator[i].column)) k++;
        cr_assert(lt(sz, k, p->indicator_count), "%.*s", WF_STR_ARG(p->indicator[i].column));
        cr_expect(eq(int, p->indicator[i].unit, published[k].unit), "%s", published[k].column);
        cr_expect(eq(int, p->indicator[i].decimals, published[k].unit == WF_UNIT_COUNT ? 0 : 1), "%s", published[k].column);
        bool cover = strstr(published[k].column, "cover_rate") != NULL;
        cr_expect(eq(i64, p->indicator[i].unreliable_above, cover ? 100000000 : WF_NO_EDGE), "%s", published[k].column);
    }
    cr_expect(gt(sz, p->holiday_count, 80));
}

/* Real working days, which the fixed 253 and 254 of the absence rate are not. */
Test(profile, the_bank_holidays_of_england_give_the_working_days_of_its_years)
{
    WF_AUTO(wf_profile_free) wf_profile *p = ship(1);
    WF_AUTO(wf_calendar_free) wf_calendar *c = wf_calendar_new(p->holiday, p->holiday_count);
    static const struct { const char *after, *until; int days; } year[] = {
        { "2017-09-30", "2018-09-30", 252 }, { "2021-09-30", "2022-09-30", 251 }, { "2022-09-30", "2023-09-30", 251 },
    };

    for (size_t i = 0; i < sizeof year / sizeof *year; i++)
        cr_expect(eq(i32, wf_calendar_index(c, on(year[i].until)) - wf_calendar_index(c, on(year[i].after)), year[i].days), "%s", year[i].until);
}

Test(profile, its_own_text_reads_back_to_the_same)
{
    for (size_t n = 1; n <= 3; n++) {
        WF_AUTO(wf_profile_free) wf_profile *p = ship(n);
        WF_AUTO(wf_profile_free) wf_profile *q = NULL;
        wf_err e = { 0 };

        cr_assert(eq(int, wf_profile_parse("journal", p->text, &q, &e), WF_OK), "%s", e.text);
        cr_expect(wf_str_eq(p->text, q->text));
        cr_expect(eq(u64, p->hash, q->hash));
        cr_expect(eq(u64, p->fold_hash, q->fold_hash));
        for (size_t i = 0; i < p->rule_count; i++) cr_expect(wf_str_eq(p->rule[i].version, q->rule[i].version));
    }
}

static wf_profile *parsed(const char *text)
{
    wf_profile *p = NULL;
    wf_err e = { 0 };

    cr_assert(eq(int, wf_profile_parse("p", wf_str_of(text), &p, &e), WF_OK), "%s", e.text);
    return p;
}

Test(profile, a_version_changes_with_what_it_stands_for_and_with_nothing_else)
{
    WF_AUTO(wf_profile_free) wf_profile *a = parsed(HEADS "rule r { indicator = t red = 5 }\n");
    WF_AUTO(wf_profile_free) wf_profile *b = parsed("# a comment\n" HEADS "indicator u { title = U numerator = 'agency.heads at end' }\nrule r { indicator = t red = \"5.0\" }\n");
    WF_AUTO(wf_profile_free) wf_profile *c = parsed(HEADS "rule r { indicator = t red = 6 }\n");
    WF_AUTO(wf_profile_free) wf_profile *d = parsed(HEADS "measures { caseload_days = 28 }\nrule r { indicator = t red = 5 }\n");

    cr_expect(wf_str_eq(a->indicator[0].version, b->indicator[0].version));
    cr_expect(wf_str_eq(a->rule[0].version, b->rule[0].version));
    cr_expect(ne(u64, a->hash, b->hash));
    cr_expect(wf_str_eq(a->indicator[0].version, c->indicator[0].version));
    cr_expect(not(wf_str_eq(a->rule[0].version, c->rule[0].version)));
    cr_expect(eq(u64, a->fold_hash, c->fold_hash));
    cr_expect(ne(u64, a->fold_hash, d->fold_hash));
    cr_expect(not(wf_str_eq(a->indicator[0].version, d->indicator[0].version)));
    cr_expect(eq(sz, a->rule[0].version.n, 16));
}

static const struct { const char *pattern, *path; bool want; } patterns[] = {
    { "**", "bexley", true }, { "**", "bexley/children/asm1", true }, { "*", "bexley", true }, { "*", "bexley/asm1", false },
    { "*/*", "bexley/asm1", true }, { "*/*", "bexley", false }, { "bexley/**", "bexley", true }, { "bexley/**", "bexley/a/b", true },
    { "bexley/**", "slough/a", false }, { "**/asm1", "bexley/children/asm1", true }, { "**/asm1", "asm1", true }, { "**/asm1", "bexley/asm10", false },
    { "a/**/z", "a/z", true }, { "a/**/z", "a/b/c/z", true }, { "a/**/z", "a/b/c", false }, { "a", "ab", false },
};

Test(profile, a_star_is_one_unit_and_two_are_any_number)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        cr_expect(eq(int, wf_profile_matches(wf_str_of(patterns[i].pattern), wf_str_of(patterns[i].path)), patterns[i].want), "%s %s", patterns[i].pattern, patterns[i].path);
}

Test(profile, a_source_may_say_what_its_section_gives_it)
{
    WF_AUTO(wf_profile_free) wf_profile *p = parsed(HEADS "source old { orgs = {x} types = {starter, leaver} }\nsource new { from = 2024-01-01 succeeds = old }\n");
    WF_AUTO(wf_profile_free) wf_profile *none = parsed(HEADS);
    wf_str old = WF_STR("old"), new = WF_STR("new"), x = WF_STR("x"), y = WF_STR("y");

    cr_expect(wf_profile_entitled(p, old, x, WF_LEAVER, on("2020-01-01")));
    cr_expect(wf_profile_entitled(p, old, x, WF_COMPLETE, on("2020-01-01")));
    cr_expect(not(wf_profile_entitled(p, old, x, WF_ABSENCE, on("2020-01-01"))));
    cr_expect(not(wf_profile_entitled(p, old, y, WF_LEAVER, on("2020-01-01"))));
    cr_expect(not(wf_profile_entitled(p, new, y, WF_LEAVER, on("2023-12-31"))));
    cr_expect(wf_profile_entitled(p, new, y, WF_LEAVER, on("2024-01-01")));
    cr_expect(wf_profile_entitled(p, old, x, WF_LEAVER, on("2023-12-31")));
    cr_expect(not(wf_profile_entitled(p, old, x, WF_LEAVER, on("2024-01-01"))), "one source at a time: its successor speaks now");
    cr_expect(wf_profile_entitled(p, old, x, WF_COMPLETE, on("2024-01-01")));
    cr_expect(not(wf_profile_entitled(p, WF_STR("other"), x, WF_LEAVER, on("2024-01-01"))));
    cr_expect(wf_profile_entitled(none, old, y, WF_ABSENCE, on("2020-01-01")), "without any section every source may");
}

Test(profile, an_included_file_lies_beside_the_one_that_names_it)
{
    char dir[] = "/tmp/wf_profile_XXXXXX", a[64], b[64];
    wf_profile *p = NULL;
    wf_err e = { 0 };

    cr_assert(ne(ptr, mkdtemp(dir), NULL));
    (void) snprintf(a, sizeof a, "%s/a.conf", dir);
    (void) snprintf(b, sizeof b, "%s/b.conf", dir);
    FILE *f = fopen(a, "w");
    (void) fputs("include(\"b.conf\")\nrule r { indicator = t red = 5 }\n", f);
    (void) fclose(f);
    f = fopen(b, "w");
    (void) fputs(HEADS "indicator u {\n titel = U }\n", f);
    (void) fclose(f);
    const char *list[] = { a };
    cr_expect(eq(int, wf_profile_read(list, 1, &p, &e), WF_CONFIG));
    cr_expect(eq(int, strncmp(e.text + strlen(dir), "/b.conf:6: ", 11), 0), "%s", e.text);
    f = fopen(b, "w");
    (void) fputs(HEADS, f);
    (void) fclose(f);
    cr_expect(eq(int, wf_profile_read(list, 1, &p, &e), WF_OK), "%s", e.text);
    (void) unlink(a);
    (void) unlink(b);
    (void) rmdir(dir);
    cr_assert(ne(ptr, p, NULL));
    cr_expect(eq(sz, p->rule_count, 1));
    wf_profile_free(&p);
}

/* ---- workforced.conf ---- */

static const struct { const char *endpoint; bool want; } endpoints[] = {
    { "ipc:///run/workforced/intake", true }, { "tcp://127.0.0.1:7101", true }, { "tcp://127.0.0.1:*", true }, { "tcp://[::1]:7101", true },
    { "tcp://localhost:7101", false }, { "ipc://@abstract", false }, { "tcp://127.4.5.6:1", true }, { "tcp://0.0.0.0:7101", false }, { "tcp://*:7101", false },
    { "tcp://10.0.0.1:7101", false }, { "tcp://127.0.0.1:0", false }, { "tcp://127.0.0.1:65536", false }, { "tcp://127.0.0.1.evil.example:7101", false },
    { "tcp://127.0.0.1", false }, { "udp://127.0.0.1:7101", false }, { "inproc://x", false }, { "ipc://", false }, { "", false }, { "tcp://eth0:7101", false },
    { "tcp://", false }, { "tcp://127.0.0.1:71:01", false }, { "tcp://127.300.0.1:7101", false },
};

Test(config, only_what_no_other_host_can_reach_is_allowed)
{
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        const char *why = NULL;
        cr_expect(eq(int, wf_config_endpoint_allowed(endpoints[i].endpoint, &why), endpoints[i].want), "%s", endpoints[i].endpoint);
        cr_expect(eq(int, why == NULL, endpoints[i].want), "%s", endpoints[i].endpoint);
    }
}

static wf_rc configured(const char *text, wf_config **c, wf_err *e)
{
    char path[] = "/tmp/wf_config_XXXXXX";
    int fd = mkstemp(path);
    FILE *f = fdopen(fd, "w");

    (void) fputs(text, f);
    (void) fclose(f);
    wf_rc rc = wf_config_read(path, c, e);
    (void) unlink(path);
    return rc;
}

static const struct { const char *text; int line; const char *reason; } unfit[] = {
    { "intake = \"tcp://0.0.0.0:7101\"\n", 1, "not a loopback address" },
    { "\nmap_gib = 0\n", 2, "from 1 to 16384" },
    { "profile = x\n", 1, "(did you mean \"profiles\"?)" },
    { "log = verbose\n", 1, "is not error, warning" },
    { "map_gib = 1e3\n", 1, "is not a whole number" },
    { "store = a\nstore = b\n", 2, "\"store\" is given twice" },
};

Test(config, what_is_wrong_is_refused_with_line_and_reason)
{
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) {
        wf_config *c = NULL;
        wf_err e = { 0 };
        char place[16];
        cr_expect(eq(int, configured(unfit[i].text, &c, &e), WF_CONFIG), "%s", unfit[i].text);
        (void) snprintf(place, sizeof place, ":%d: ", unfit[i].line);
        cr_expect(ne(ptr, strstr(e.text, place), NULL), "%s", e.text);
        cr_expect(ne(ptr, strstr(e.text, unfit[i].reason), NULL), "%s", e.text);
        wf_config_free(&c);
    }
}

Test(config, what_is_printed_reads_back_to_the_same)
{
    WF_AUTO(wf_config_free) wf_config *c = NULL;
    WF_AUTO(wf_config_free) wf_config *d = NULL;
    char *first = NULL, *second = NULL;
    size_t n;
    wf_err e = { 0 };

    cr_assert(eq(int, configured("store = \"/tmp/a \\\"b\\\"\"\nprofiles = { \"x.conf\", \"/y.conf\" }\nquery = \"\"\nmap_gib = 2\n", &c, &e), WF_OK), "%s", e.text);
    FILE *f = open_memstream(&first, &n);
    wf_config_print(c, f);
    (void) fclose(f);
    cr_assert(eq(int, configured(first, &d, &e), WF_OK), "%s", e.text);
    f = open_memstream(&second, &n);
    wf_config_print(d, f);
    (void) fclose(f);
    cr_expect(eq(str, first, second));
    cr_expect(eq(str, (char *) c->profiles.item[0], (char *) "/tmp/x.conf"), "beside the file");
    cr_expect(eq(str, (char *) c->profiles.item[1], (char *) "/y.conf"));
    cr_expect(eq(str, (char *) c->query, (char *) ""));
    cr_expect(eq(i64, c->map_gib, 2));
    cr_expect(eq(i64, c->window, 32768));
    free(first);
    free(second);
}
