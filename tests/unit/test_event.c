#include <workforce/event.h>

#include "vectors.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* A starter that is well formed; tests spoil one thing. */
static wf_event starter(void)
{
    wf_event ev = { .type = WF_STARTER, .id = WF_STR("1"), .source = WF_STR("itrent"), .org = WF_STR("bexley"),
                    .subject = WF_STR("p-17"), .time = { 1709283600000 }, .effective = { 19783 } };
    ev.given = WF_BIT(WF_F_ENGAGEMENT) | WF_BIT(WF_F_TEAM) | WF_BIT(WF_F_FTE);
    ev.v[WF_F_ENGAGEMENT].s = WF_STR("e-1");
    ev.v[WF_F_TEAM].s = WF_STR("asm1");
    ev.v[WF_F_FTE].n = 800000;
    return ev;
}

static void golden_event(const vector *v)
{
    wf_event ev, back;
    wf_err e = { 0 };
    wf_hold *hold = NULL;
    uint8_t buf[WF_EVENT_BYTES_MAX];

    cr_expect(eq(int, wf_event_decode(v->bytes, v->n, &ev, &e), WF_OK), "%s: %s", v->name, e.text);
    char *json = wf_event_to_json(&ev);
    cr_expect(eq(str, json, v->json), "%s", v->name);
    cr_expect(eq(sz, wf_event_encode(&ev, buf, sizeof buf), v->n), "%s", v->name);
    cr_expect(eq(int, memcmp(buf, v->bytes, v->n), 0), "%s", v->name);

    cr_expect(eq(int, wf_event_from_json(v->json, strlen(v->json), &back, &hold, &e), WF_OK), "%s: %s", v->name, e.text);
    memset(buf, 0, sizeof buf);
    cr_expect(eq(sz, wf_event_encode(&back, buf, sizeof buf), v->n), "%s", v->name);
    cr_expect(eq(int, memcmp(buf, v->bytes, v->n), 0), "%s", v->name);
    free(json);
    wf_hold_free(&hold);
}

/* P5.10, P5.11 */
Test(event, golden_messages_read_and_write_the_same_both_ways)
{
    cr_assert(ge(int, vectors_each("event-", golden_event), 24));
}

Test(event, golden_messages_cover_every_event_type)
{
    char want[64];
    for (int t = 0; t < WF_EVENT_TYPE_COUNT; t++) {
        vector v;
        (void) snprintf(want, sizeof want, "event-%s", wf_event_rows[t].name);
        for (char *p = want; *p != '\0'; p++)
            *p = *p == '_' ? '-' : *p;
        cr_expect(eq(int, vector_load(want, &v), 1), "%s", want);
        vector_free(&v);
    }
}

static uint32_t refused_with;

static void golden_refusal(const vector *v)
{
    wf_event ev;
    wf_err e = { 0 };
    wf_rc rc = wf_event_decode(v->bytes, v->n, &ev, &e);
    char want[64];
    (void) snprintf(want, sizeof want, "{\"refused\": \"%s\",", wf_rc_wire(rc));
    cr_expect(eq(int, strncmp(v->json, want, strlen(want)), 0), "%s is refused with %s: %s", v->name, wf_rc_wire(rc), e.text);
    cr_expect(eq(int, e.rc, rc), "%s", v->name);
    cr_expect(ne(str, e.text, ""), "%s", v->name);
    refused_with |= 1u << rc;
}

/* P5.8 */
Test(event, golden_refusals_have_their_documented_reason)
{
    cr_assert(ge(int, vectors_each("refused-", golden_refusal), 30));
    const wf_rc all[] = { WF_MALFORMED, WF_RANGE, WF_TYPE, WF_FIELD, WF_MISSING, WF_SIZE, WF_ORDER };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cr_expect(ne(u32, refused_with & 1u << all[i], 0), "no golden refusal for %s", wf_rc_wire(all[i]));
}

Test(event, every_cut_of_a_message_is_malformed)
{
    vector v;
    cr_assert(eq(int, vector_load("event-absence", &v), 1));
    for (size_t n = 0; n < v.n; n++) {
        wf_event ev;
        uint8_t *exact = malloc(n + 1);          /* the sanitizer sees any byte too far */
        memcpy(exact, v.bytes, n);
        cr_expect(eq(int, wf_event_decode(exact, n, &ev, NULL), WF_MALFORMED), "%zu of %zu bytes", n, v.n);
        free(exact);
    }
    vector_free(&v);
}

/* P2.1, P5.2 */
Test(event, keys_in_any_order_and_long_numbers_mean_the_same)
{
    /* data before type, time as 64 bits */
    static const uint8_t mixed[] = "\x88\xa4" "data\x81\xa5" "cases\xcd\x00\x11\xa4" "type\xa8" "caseload\xa3" "org\xa6" "bexley\xa2"
        "id\xa1" "1\xa6" "source\xa6" "itrent\xa4" "time\xcf\x00\x00\x01\x8d\xf9\x0d\x40\x00\xa9" "effective\xd2\x00\x00\x4d\x47\xa7" "subject\xa1" "p";
    wf_event ev;
    wf_err e;
    cr_assert(eq(int, wf_event_decode(mixed, sizeof mixed - 1, &ev, &e), WF_OK));
    cr_assert(eq(int, ev.type, WF_CASELOAD));
    cr_assert(eq(i64, ev.v[WF_F_CASES].n, 17));
    cr_assert(eq(int, ev.effective.n, 19783));
    cr_assert(eq(i64, ev.time.ms, 0x18df90d4000));
}

Test(event, a_refused_event_can_still_be_listed)
{
    vector v;
    wf_event ev;
    cr_assert(eq(int, vector_load("refused-unknown-envelope", &v), 1));
    cr_assert(eq(int, wf_event_decode(v.bytes, v.n, &ev, NULL), WF_FIELD));
    cr_assert(eq(int, wf_str_eq(ev.id, WF_STR("itrent-starter")), 1));
    cr_assert(eq(int, wf_str_eq(ev.source, WF_STR("itrent")), 1));
    vector_free(&v);
    cr_assert(eq(int, vector_load("refused-malformed-space", &v), 1));
    cr_assert(eq(int, wf_event_decode(v.bytes, v.n, &ev, NULL), WF_MALFORMED));
    cr_assert(eq(sz, ev.subject.n, 0), "what is not well formed is not shown");
    cr_assert(eq(sz, ev.id.n, 14));
    vector_free(&v);
}

static wf_rc spoiled(void (*spoil)(wf_event *ev))
{
    wf_event ev = starter();
    wf_err e = { 0 };
    spoil(&ev);
    return wf_event_check(&ev, &e);
}
static void nothing(wf_event *ev) { (void) ev; }
static void fte_one(wf_event *ev) { ev->v[WF_F_FTE].n = 1000000; }
static void fte_above(wf_event *ev) { ev->v[WF_F_FTE].n = 1000001; }
static void fte_below(wf_event *ev) { ev->v[WF_F_FTE].n = -1; }
static void nil_team(wf_event *ev) { ev->nil |= WF_BIT(WF_F_TEAM); }
static void change_nil_team(wf_event *ev) { ev->type = WF_CHANGE; ev->nil |= WF_BIT(WF_F_TEAM); }
static void change_nil_engagement(wf_event *ev) { ev->type = WF_CHANGE; ev->nil |= WF_BIT(WF_F_ENGAGEMENT); }
static void capital_team(wf_event *ev) { ev->v[WF_F_TEAM].s = WF_STR("Asm1"); }
static void long_id(wf_event *ev) { static char id[65]; memset(id, 'i', 65); ev->id = (wf_str) { id, 65 }; }
static void del_in_id(wf_event *ev) { ev->id = WF_STR("a\x7f"); }
static void no_org(wf_event *ev) { ev->org = (wf_str) { 0 }; }
static void half_hours(wf_event *ev) { ev->given = WF_BIT(WF_F_ENGAGEMENT) | WF_BIT(WF_F_HOURS); ev->v[WF_F_HOURS].n = 1; }
static void leaver_adjusted(wf_event *ev) { ev->type = WF_LEAVER; ev->given = WF_BIT(WF_F_ENGAGEMENT); ev->adjustment = true; }
static void since_later(wf_event *ev)
{
    ev->adjustment = true;
    ev->given |= WF_BIT(WF_F_SINCE);
    ev->v[WF_F_SINCE].n = ev->effective.n + 1;
}
static void post_many(wf_event *ev) { ev->type = WF_POST_OPENED; ev->given = WF_BIT(WF_F_FTE); ev->v[WF_F_FTE].n = 10000000000; }
static void post_too_many(wf_event *ev) { post_many(ev); ev->v[WF_F_FTE].n++; }
static void odd_kind(wf_event *ev)
{
    ev->type = WF_LEAVER;
    ev->given = WF_BIT(WF_F_ENGAGEMENT) | WF_BIT(WF_F_KIND);
    ev->v[WF_F_KIND].s = WF_STR("left");
}
static void any_supervision(wf_event *ev) { ev->type = WF_SUPERVISION_HELD; ev->given = WF_BIT(WF_F_KIND); ev->v[WF_F_KIND].s = WF_STR("left"); }
static void corrects(wf_event *ev) { ev->corrects = WF_STR("0"); }
static void corrects_bare(wf_event *ev) { corrects(ev); ev->given = 0; }
static void voids(wf_event *ev) { ev->voids = WF_STR("0"); ev->given = 0; }
static void voids_above(wf_event *ev) { fte_above(ev); ev->voids = WF_STR("0"); }
static void corrects_and_voids(wf_event *ev) { corrects(ev); voids(ev); }
static void targetsource(wf_event *ev) { ev->targetsource = WF_STR("itrent"); }
static void bad_utf8(wf_event *ev) { ev->id = WF_STR("\xc3\x28"); }

/* P5.2, P5.5 to P5.7 */
Test(event, what_one_event_must_be)
{
    static const struct { const char *why; void (*spoil)(wf_event *); wf_rc rc; } rows[] = {
        { "a good one", nothing, WF_OK }, { "the ceiling", fte_one, WF_OK }, { "above it", fte_above, WF_RANGE },
        { "below 0", fte_below, WF_RANGE }, { "nil in a starter", nil_team, WF_MALFORMED },
        { "nil in a change", change_nil_team, WF_OK }, { "nil where it is required", change_nil_engagement, WF_MALFORMED },
        { "capitals in a code", capital_team, WF_MALFORMED }, { "an id of 65 bytes", long_id, WF_RANGE },
        { "DEL in an id", del_in_id, WF_MALFORMED }, { "no organisation", no_org, WF_MISSING },
        { "hours alone", half_hours, WF_MISSING }, { "an adjusting leaver", leaver_adjusted, WF_OK },
        { "since after the start", since_later, WF_ORDER }, { "10,000 posts", post_many, WF_OK },
        { "more than 10,000", post_too_many, WF_RANGE }, { "an unknown kind of leaving", odd_kind, WF_RANGE },
        { "any kind of supervision", any_supervision, WF_OK }, { "a correction", corrects, WF_OK },
        { "a void without data", voids, WF_OK }, { "a correction without data", corrects_bare, WF_MISSING }, { "both", corrects_and_voids, WF_MALFORMED },
        { "the source of nothing", targetsource, WF_FIELD }, { "a void with a field out of range", voids_above, WF_RANGE },
        { "no ASCII", bad_utf8, WF_MALFORMED },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(eq(int, spoiled(rows[i].spoil), rows[i].rc), "row: %s", rows[i].why);
}

/* P5.3 */
Test(event, dates_are_bounded_by_the_clock)
{
    wf_event ev = starter();
    wf_day today = wf_day_of(2024, 2, 29);
    wf_instant arrival = { (int64_t) today.n * 86400000 };
    ev.time = arrival;
    ev.effective = wf_day_of(2029, 3, 1);
    cr_assert(eq(int, wf_event_check_dates(&ev, today, arrival, NULL), WF_OK), "five years from a leap day is 1 March");
    ev.effective = wf_day_of(2029, 3, 2);
    cr_assert(eq(int, wf_event_check_dates(&ev, today, arrival, NULL), WF_RANGE));
    ev.effective = WF_DAY_FIRST;
    cr_assert(eq(int, wf_event_check_dates(&ev, today, arrival, NULL), WF_OK));
    ev.effective.n--;
    cr_assert(eq(int, wf_event_check_dates(&ev, today, arrival, NULL), WF_RANGE));
    ev.effective = today;
    ev.time.ms = arrival.ms + 86400000;
    cr_assert(eq(int, wf_event_check_dates(&ev, today, arrival, NULL), WF_OK));
    ev.time.ms++;
    cr_assert(eq(int, wf_event_check_dates(&ev, today, arrival, NULL), WF_RANGE));
}

/* P5.7 */
Test(event, fte_comes_from_hours_rounded_half_up)
{
    wf_event ev = starter();
    int64_t fte = 0;
    ev.given = WF_BIT(WF_F_HOURS) | WF_BIT(WF_F_FULL_TIME_HOURS);
    ev.v[WF_F_HOURS].n = 18500000;
    ev.v[WF_F_FULL_TIME_HOURS].n = 37000000;
    cr_assert(eq(int, wf_event_fte(&ev, &fte), 1));
    cr_assert(eq(i64, fte, 500000));
    ev.v[WF_F_HOURS].n = 1;                      /* 1 in 3: 333333.3 */
    ev.v[WF_F_FULL_TIME_HOURS].n = 3;
    cr_assert(eq(int, wf_event_fte(&ev, &fte), 1));
    cr_assert(eq(i64, fte, 333333));
    ev.v[WF_F_HOURS].n = 2;
    cr_assert(eq(int, wf_event_fte(&ev, &fte), 1));
    cr_assert(eq(i64, fte, 666667));
    ev.v[WF_F_FULL_TIME_HOURS].n = 4000000;      /* exactly half of a millionth */
    cr_assert(eq(int, wf_event_fte(&ev, &fte), 1));
    cr_assert(eq(i64, fte, 1));
    ev.given = 0;
    cr_assert(eq(int, wf_event_fte(&ev, &fte), 0));
    ev.given = ev.nil = WF_BIT(WF_F_FTE);
    cr_assert(eq(int, wf_event_fte(&ev, &fte), 0), "nil is unknown");
}

Test(event, the_data_alone_comes_back)
{
    wf_event ev = starter(), back = { .type = WF_STARTER };
    uint8_t buf[512];
    size_t n = wf_event_encode_data(&ev, buf, sizeof buf);
    cr_assert(gt(sz, n, 0));
    cr_assert(eq(int, wf_event_decode_data(buf, n, &back, NULL), WF_OK));
    cr_assert(eq(u64, back.given, ev.given));
    cr_assert(eq(i64, back.v[WF_F_FTE].n, 800000));
    cr_assert(eq(int, wf_event_decode_data(buf, n - 1, &back, NULL), WF_MALFORMED));
    cr_assert(eq(sz, wf_event_encode_data(&ev, buf, n - 1), 0), "no room is 0, not a cut map");
    cr_assert(eq(sz, wf_event_encode(&ev, buf, 20), 0));
}

Test(event, the_largest_event_that_passes_fits_its_limit)
{
    static char id[WF_ID_MAX], code[WF_CODE_MAX];
    memset(id, 'i', sizeof id);
    memset(code, 'c', sizeof code);
    size_t most = 0;
    for (int t = 0; t < WF_EVENT_TYPE_COUNT; t++) {
        wf_event ev = { .type = (wf_event_type) t, .id = { id, sizeof id }, .subject = { id, sizeof id }, .source = { code, WF_SOURCE_MAX },
                        .org = { code, sizeof code }, .time = { 253402300799999 }, .sequence = INT64_MAX, .adjustment = true, .inferred = true };
        for (int f = 0; f < WF_FIELD_COUNT; f++)
            if (wf_event_takes((wf_event_type) t, (wf_field) f) != WF_NOT_A_FIELD) {
                const wf_field_row *row = &wf_field_rows[f];
                ev.given |= WF_BIT(f);
                if (row->kind == WF_K_TEXT) ev.v[f].s = (wf_str) { id, (size_t) row->high };
                else if (row->kind == WF_K_CODE) ev.v[f].s = (wf_str) { code, (size_t) row->high };
                else ev.v[f].n = row->kind == WF_K_TYPES ? (1 << WF_EVENT_TYPE_COUNT) - 1 : 10000000000;
            }
        uint8_t buf[WF_EVENT_BYTES_MAX];
        size_t n = wf_event_encode(&ev, buf, sizeof buf);
        cr_expect(gt(sz, n, 0), "%s", wf_event_rows[t].name);
        most = n > most ? n : most;
    }
    cr_assert(le(sz, most, WF_EVENT_BYTES_MAX));
}
