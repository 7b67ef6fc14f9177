#include "frame.h"

#include "vectors.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static wf_figure turnover(void)
{
    return (wf_figure) {
        .indicator = WF_STR("turnover_rate"), .version = WF_STR("0123456789abcdef"), .unit = WF_STR("bexley/children"),
        .day = { 19783 }, .from = { 19418 }, .status = WF_FIGURE_OK, .numerator = 18500000, .denominator = 126000000,
        .has_denominator = true, .numerator_of = WF_FTE_MILLIONTHS, .denominator_of = WF_FTE_MILLIONTHS, .people = 131,
        .value = 14682540, .decimals = 1, .unit_of_value = WF_STR("percent"), .complete_until = WF_DAY_OPEN, .no_data_until = WF_DAY_OPEN,
        .provisional = true, .rating = WF_AMBER, .sequence = 5120, .history_from = { 19000 },
        .source_count = 2, .source = { { WF_STR("cases"), { 18000 }, { 19100 } }, { WF_STR("hr"), WF_DAY_OPEN, WF_DAY_OPEN } } };
}

static wf_alert alert(void)
{
    wf_alert a = { .number = 12, .alert = 9, .rule = WF_STR("turnover-high"), .rule_version = WF_STR("fedcba9876543210"),
                   .title = WF_STR("Turnover"), .unit = WF_STR("bexley/children"), .unit_title = WF_STR("Children\xe2\x80\x99s"),
                   .state = WF_RED, .before = WF_AMBER, .day = { 19783 }, .since = { 19780 }, .closed = true,
                   .unknown_reason = WF_STR(""), .figure = turnover(), .amber = 12000000, .red = 14000000, .clear = INT64_MIN,
                   .change_count = 2, .coming_count = 1, .sequence = 5121 };
    a.change[0] = (wf_alert_change) { WF_BY_LEAVER, 1000000, -1000000 };
    a.change[1] = (wf_alert_change) { WF_BY_LEFT_WINDOW, -500000, 0 };
    a.coming[0] = (wf_alert_coming) { { 19800 }, 19500000, 125000000 };
    (void) snprintf(a.text, sizeof a.text, "Turnover is red\nsince 28 February");
    return a;
}

static wf_rc through(wf_row_kind kind, const void *row, wf_row *ret, uint8_t *buf, size_t cap, wf_err *e)
{
    wf_out o = wf_out_to(buf, cap);
    wf_put_row(&o, kind, row);
    wf_in in = wf_in_from(buf, wf_out_length(&o));
    wf_rc rc = wf_take_row(&in, ret, e);
    return rc == WF_OK && !wf_in_done(&in) ? WF_DAMAGED : rc;
}

Test(figure, a_figure_comes_back_with_every_number)
{
    uint8_t buf[WF_ROW_BYTES_MAX];
    wf_row row;
    wf_err e;
    wf_figure f = turnover();
    cr_assert(eq(int, through(WF_ROW_FIGURE, &f, &row, buf, sizeof buf, &e), WF_OK));
    const wf_figure *b = &row.as.figure;
    cr_assert(eq(int, row.kind, WF_ROW_FIGURE));
    cr_assert(eq(int, wf_str_eq(b->indicator, f.indicator) && wf_str_eq(b->version, f.version) && wf_str_eq(b->unit, f.unit)
                      && wf_str_eq(b->unit_of_value, f.unit_of_value), 1));
    cr_assert(eq(int, b->day.n, f.day.n));
    cr_assert(eq(int, b->from.n, f.from.n));
    cr_assert(eq(i64, b->numerator, f.numerator));
    cr_assert(eq(i64, b->denominator, f.denominator));
    cr_assert(eq(int, b->has_denominator, 1));
    cr_assert(eq(int, b->numerator_of, WF_FTE_MILLIONTHS));
    cr_assert(eq(i64, b->people, 131));
    cr_assert(eq(i64, b->value, f.value));
    cr_assert(eq(int, b->decimals, 1));
    cr_assert(eq(int, b->complete_until.n, WF_DAY_OPEN.n));
    cr_assert(eq(int, b->provisional, 1));
    cr_assert(eq(int, b->rating, WF_AMBER));
    cr_assert(eq(u64, b->sequence, 5120));
    cr_assert(eq(int, b->history_from.n, 19000));
    cr_assert(eq(int, b->source_count, 2));
    cr_assert(wf_str_eq(b->source[0].source, WF_STR("cases")));
    cr_assert(eq(int, b->source[0].from.n, 18000));
    cr_assert(eq(int, b->source[0].until.n, 19100));
    cr_assert(eq(int, b->source[1].from.n, WF_DAY_OPEN.n));
}

/* P6.7 */
Test(figure, no_data_has_no_numbers_on_the_wire)
{
    uint8_t buf[WF_ROW_BYTES_MAX];
    wf_row row;
    wf_err e;
    wf_figure f = turnover();
    f.status = WF_FIGURE_X;
    f.no_data_until = (wf_day) { 20000 };
    cr_assert(eq(int, through(WF_ROW_FIGURE, &f, &row, buf, sizeof buf, &e), WF_OK));
    cr_assert(eq(int, row.as.figure.status, WF_FIGURE_X));
    cr_assert(eq(i64, row.as.figure.numerator, 0));
    cr_assert(eq(i64, row.as.figure.value, 0));
    cr_assert(eq(int, row.as.figure.has_denominator, 1), "what it would be is still said");
    char *json = wf_row_to_json(WF_ROW_FIGURE, &f);
    cr_assert(ne(ptr, strstr(json, "\"numerator\":null"), NULL));
    cr_assert(ne(ptr, strstr(json, "\"value\":null"), NULL));
    cr_assert(ne(ptr, strstr(json, "\"no_data_until\":\"2024-10-04\""), NULL));
    free(json);
}

Test(figure, a_count_has_no_denominator)
{
    uint8_t buf[WF_ROW_BYTES_MAX];
    wf_row row;
    wf_err e;
    wf_figure f = turnover();
    f.has_denominator = false;
    f.denominator = 0;
    f.numerator_of = WF_PEOPLE;
    f.numerator = 7;
    cr_assert(eq(int, through(WF_ROW_FIGURE, &f, &row, buf, sizeof buf, &e), WF_OK));
    cr_assert(eq(int, row.as.figure.has_denominator, 0));
    char *json = wf_row_to_json(WF_ROW_FIGURE, &f);
    cr_assert(ne(ptr, strstr(json, "\"numerator\":7,\"denominator_of\":null,\"denominator\":null"), NULL), "%s", json);
    free(json);
}

Test(figure, what_is_printed_is_rounded_half_away_from_zero)
{
    static const struct { int64_t value; int32_t decimals; wf_figure_status status; const char *text; } rows[] = {
        { 14682540, 1, WF_FIGURE_OK, "14.7" }, { 14650000, 1, WF_FIGURE_OK, "14.7" }, { 14649999, 1, WF_FIGURE_OK, "14.6" },
        { -14650000, 1, WF_FIGURE_OK, "-14.7" }, { -40000, 1, WF_FIGURE_OK, "0.0" }, { 1234567000000, 0, WF_FIGURE_OK, "1,234,567" },
        { 999950000, 1, WF_FIGURE_OK, "1,000.0" }, { 123, 6, WF_FIGURE_OK, "0.000123" }, { 1000000, 9, WF_FIGURE_OK, "1.000000" },
        { 5, 1, WF_FIGURE_X, "x" }, { 5, 1, WF_FIGURE_Z, "z" }, { 5, 1, WF_FIGURE_LOW, "low" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char buf[WF_FIGURE_TEXT];
        wf_figure f = { .value = rows[i].value, .decimals = rows[i].decimals, .status = rows[i].status };
        cr_expect(eq(str, (char *) wf_figure_text(&f, buf), (char *) rows[i].text));
    }
}

Test(figure, an_alert_comes_back_with_its_causes)
{
    uint8_t buf[WF_ROW_BYTES_MAX];
    wf_row row;
    wf_err e;
    wf_alert a = alert();
    cr_assert(eq(int, through(WF_ROW_ALERT, &a, &row, buf, sizeof buf, &e), WF_OK));
    const wf_alert *b = &row.as.alert;
    cr_assert(eq(u64, b->number, 12));
    cr_assert(eq(u64, b->alert, 9));
    cr_assert(eq(int, b->state, WF_RED));
    cr_assert(eq(int, b->before, WF_AMBER));
    cr_assert(eq(int, b->change_count, 2));
    cr_assert(eq(int, b->change[1].cause, WF_BY_LEFT_WINDOW));
    cr_assert(eq(i64, b->change[0].denominator, -1000000));
    cr_assert(eq(int, b->coming_count, 1));
    cr_assert(eq(int, b->coming[0].day.n, 19800));
    cr_assert(eq(i64, b->clear, INT64_MIN));
    cr_assert(eq(i64, b->figure.numerator, 18500000));
    cr_assert(eq(str, (char *) b->text, "Turnover is red\nsince 28 February"));
}

Test(figure, an_alert_as_json)
{
    wf_alert a = alert();
    char *json = wf_row_to_json(WF_ROW_ALERT, &a);
    cr_assert(ne(ptr, strstr(json, "\"changes\":[[\"leaver\",\"1\",\"-1\"],[\"left the window\",\"-0.5\",\"0\"]]"), NULL), "%s", json);
    cr_assert(ne(ptr, strstr(json, "\"coming\":[[\"2024-03-18\",\"19.5\",\"125\"]]"), NULL), "%s", json);
    cr_assert(ne(ptr, strstr(json, "\"clear\":null"), NULL));
    cr_assert(ne(ptr, strstr(json, "\"figure\":{\"indicator\":\"turnover_rate\""), NULL));
    free(json);
}

Test(figure, every_cut_of_an_alert_is_refused)
{
    uint8_t buf[WF_ROW_BYTES_MAX];
    wf_alert a = alert();
    wf_out o = wf_out_to(buf, sizeof buf);
    wf_put_row(&o, WF_ROW_ALERT, &a);
    size_t whole = wf_out_length(&o);
    for (size_t n = 0; n < whole; n++) {
        uint8_t *exact = malloc(n + 1);
        memcpy(exact, buf, n);
        wf_in in = wf_in_from(exact, n);
        wf_row row;
        cr_expect(eq(int, wf_take_row(&in, &row, NULL), WF_MALFORMED), "%zu of %zu bytes", n, whole);
        free(exact);
    }
}

/* P6.5 */
Test(figure, a_newer_daemon_may_say_more)
{
    /* kind 13 (line) with an unknown key before and after; kind 99 */
    static const uint8_t more[] = "\x0d\x83\xa1?\x93\x01\x02\x03\xa4" "text\xa2" "hi\xa1!\xc0";
    static const uint8_t unknown[] = "\x63\x81\xa1?\x01";
    static const uint8_t twice[] = "\x0d\x82\xa4" "text\xa2" "hi\xa4" "text\xa2" "ho";
    wf_row row;
    wf_in in = wf_in_from(more, sizeof more - 1);
    cr_assert(eq(int, wf_take_row(&in, &row, NULL), WF_OK));
    cr_assert(eq(int, wf_str_eq(row.as.line.text, WF_STR("hi")), 1));
    cr_assert(eq(int, wf_in_done(&in), 1));
    in = wf_in_from(unknown, sizeof unknown - 1);
    cr_assert(eq(int, wf_take_row(&in, &row, NULL), WF_OK));
    cr_assert(eq(int, row.kind, WF_ROW_NONE));
    in = wf_in_from(twice, sizeof twice - 1);
    cr_assert(eq(int, wf_take_row(&in, &row, NULL), WF_MALFORMED));
}

Test(figure, a_row_with_the_longest_texts_fits_its_limit)
{
    static char text[4000];
    static uint8_t buf[WF_ROW_BYTES_MAX];
    memset(text, 't', sizeof text);
    wf_str s = { text, sizeof text };
    wf_alert a = alert();
    a.rule = a.rule_version = a.title = a.unit = a.unit_title = a.unknown_reason = s;
    a.figure.indicator = a.figure.version = a.figure.unit = a.figure.unit_of_value = s;
    a.change_count = WF_CAUSE_COUNT;
    a.coming_count = 8;
    for (int i = 0; i < WF_CAUSE_COUNT; i++)
        a.change[i] = (wf_alert_change) { WF_BY_REORGANISATION, INT64_MIN, INT64_MIN };
    for (int i = 0; i < 8; i++)
        a.coming[i] = (wf_alert_coming) { { INT32_MIN }, INT64_MIN, INT64_MIN };
    wf_out o = wf_out_to(buf, sizeof buf);
    wf_put_row(&o, WF_ROW_ALERT, &a);
    cr_assert(gt(sz, wf_out_length(&o), 10 * WF_ROW_TEXT_MAX));
}

Test(figure, a_text_is_not_cut_inside_a_character)
{
    static char text[1026];
    uint8_t buf[2048];
    memset(text, 'a', 1023);
    memcpy(text + 1023, "\xc3\xa9", 2);
    wf_line l = { { text, 1025 } };
    wf_row row;
    cr_assert(eq(int, through(WF_ROW_LINE, &l, &row, buf, sizeof buf, NULL), WF_OK));
    cr_assert(eq(sz, row.as.line.text.n, 1023));
}

/* Every kind of row with made-up contents: written, read, written again. */
Test(figure, every_kind_of_row_survives_the_wire)
{
    static uint8_t first[WF_ROW_BYTES_MAX], second[WF_ROW_BYTES_MAX];
    static wf_row zero, back;
    for (int k = 1; k < WF_ROW_KINDS; k++) {
        wf_out a = wf_out_to(first, sizeof first), b = wf_out_to(second, sizeof second);
        wf_put_row(&a, (wf_row_kind) k, &zero.as);
        wf_in in = wf_in_from(first, wf_out_length(&a));
        cr_expect(eq(int, wf_take_row(&in, &back, NULL), WF_OK), "%s", wf_row_name((wf_row_kind) k));
        wf_put_row(&b, back.kind, &back.as);
        cr_expect(eq(sz, wf_out_length(&a), wf_out_length(&b)), "%s", wf_row_name((wf_row_kind) k));
        cr_expect(eq(int, memcmp(first, second, wf_out_length(&a)), 0), "%s", wf_row_name((wf_row_kind) k));
        char *json = wf_row_to_json((wf_row_kind) k, &zero.as);
        cr_expect(eq(int, json[0], '{'));
        free(json);
    }
}

/* P7.1 */
Test(figure, topics)
{
    char buf[WF_TOPIC_BYTES_MAX + 1];
    cr_assert(gt(sz, wf_topic_figure(WF_STR("bexley/children"), WF_STR("turnover_rate"), buf), 0));
    cr_assert(eq(str, buf, "figure/bexley/children/=turnover_rate"));
    cr_assert(gt(sz, wf_topic_alert(WF_STR("bexley"), WF_STR("x"), buf), 0));
    cr_assert(eq(str, buf, "alert/bexley/=x"));
    char path[WF_TOPIC_BYTES_MAX];
    memset(path, 'p', sizeof path);
    cr_assert(eq(sz, wf_topic_alert((wf_str) { path, sizeof path }, WF_STR("x"), buf), 0));
    cr_assert(eq(int, wf_unit_matches(WF_STR("bexley/children"), WF_STR("bexley/")), 1));
    cr_assert(eq(int, wf_unit_matches(WF_STR("bexley"), WF_STR("bexley/")), 0));
    cr_assert(eq(int, wf_unit_matches(WF_STR("bexleyheath/x"), WF_STR("bexley/")), 0));
    cr_assert(eq(int, wf_unit_matches(WF_STR("bexley"), WF_STR("bexley")), 1));
}
