#include "frame.h"

#include "vectors.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static uint8_t buf[WF_FRAME_BYTES_MAX + 1024];
static vector v;

static void load(const char *name) { cr_assert(eq(int, vector_load(name, &v), 1), "%s", name); }

static void same(size_t n)
{
    cr_expect(eq(sz, n, v.n), "%s", v.name);
    cr_expect(eq(int, memcmp(buf, v.bytes, v.n), 0), "%s", v.name);
    vector_free(&v);
}

Test(frame, hello_and_welcome_are_golden)
{
    wf_hello h;
    wf_welcome w;
    load("frame-hello");
    cr_assert(eq(int, wf_frame_kind(v.bytes, v.n), WF_MSG_HELLO));
    cr_assert(eq(int, wf_frame_read_hello(v.bytes, v.n, &h, NULL), WF_OK));
    cr_assert(eq(u64, h.version, 1));
    same(wf_frame_hello(&h, buf, sizeof buf));
    load("frame-welcome");
    cr_assert(eq(int, wf_frame_read_welcome(v.bytes, v.n, &w, NULL), WF_OK));
    cr_assert(eq(u64, w.durable, 512));
    cr_assert(eq(u64, w.instance, 1700000000000));
    same(wf_frame_welcome(&w, buf, sizeof buf));
}

/* P4.5 */
Test(frame, events_are_golden)
{
    wf_events m;
    wf_str event;
    load("frame-events");
    cr_assert(eq(int, wf_frame_read_events(v.bytes, v.n, &m, NULL), WF_OK));
    cr_assert(eq(sz, m.count, 2));
    cr_assert(eq(u64, m.first, 513));
    wf_out o = wf_out_to(buf + WF_EVENTS_HEAD_MAX, 4096);
    for (int i = 0; i < 2; i++) {
        cr_assert(eq(int, wf_events_next(&m, &event), 1));
        wf_event ev;
        cr_assert(eq(int, wf_event_decode(event.p, event.n, &ev, NULL), WF_OK));
        cr_assert(eq(int, ev.type, i == 0 ? WF_CASELOAD : WF_POST_CLOSED));
        wf_put_event(&o, event.p, event.n);
    }
    cr_assert(eq(int, wf_events_next(&m, &event), 0));
    size_t head = wf_frame_events_head(WF_STR("itrent"), 1, 513, 2, buf + WF_EVENTS_HEAD_MAX);
    memmove(buf, buf + WF_EVENTS_HEAD_MAX - head, head + wf_out_length(&o));
    same(head + wf_out_length(&o));
}

/* P4.6 to P4.9 */
Test(frame, a_reply_is_golden)
{
    wf_reply r;
    wf_exception ex[2], none;
    load("frame-reply");
    cr_assert(eq(int, wf_frame_read_reply(v.bytes, v.n, &r, NULL), WF_OK));
    cr_assert(eq(sz, r.exceptions, 2));
    cr_assert(eq(u64, r.known, 2));
    wf_reply whole = r;
    cr_assert(eq(int, wf_reply_next(&r, &ex[0]) && wf_reply_next(&r, &ex[1]) && !wf_reply_next(&r, &none), 1));
    cr_assert(eq(int, ex[0].kind, WF_EX_DUPLICATE));
    cr_assert(eq(u64, ex[0].sequence, 17));
    cr_assert(eq(int, ex[1].reason, WF_RANGE));
    same(wf_frame_reply(&whole, ex, buf, sizeof buf));
}

Test(frame, nacks_are_golden)
{
    static const char *const names[] = { "frame-nack-gap", "frame-nack-busy" };
    for (int i = 0; i < 2; i++) {
        wf_nack m;
        load(names[i]);
        cr_assert(eq(int, wf_frame_read_nack(v.bytes, v.n, &m, NULL), WF_OK));
        cr_assert(eq(int, m.code, i == 0 ? WF_NACK_GAP : WF_NACK_BUSY));
        same(wf_frame_nack(&m, buf, sizeof buf));
    }
}

Test(frame, questions_and_answers_are_golden)
{
    static wf_question q;
    static wf_row row;
    wf_rows rows;
    wf_answer a;
    uint64_t id;
    wf_rc rc;
    wf_str text;
    load("frame-ask-status");
    cr_assert(eq(int, wf_frame_read_ask(v.bytes, v.n, &q, NULL), WF_OK));
    same(wf_frame_ask(&q, buf, sizeof buf));
    load("frame-ask-history");
    cr_assert(eq(int, wf_frame_read_ask(v.bytes, v.n, &q, NULL), WF_OK));
    cr_assert(eq(int, q.verb, WF_VERB_HISTORY));
    cr_assert(eq(int, q.until.n, 19030));
    same(wf_frame_ask(&q, buf, sizeof buf));
    load("frame-answer-line");
    cr_assert(eq(int, wf_frame_read_answer(v.bytes, v.n, &rows, NULL), WF_OK));
    cr_assert(eq(int, wf_rows_next(&rows, &row, NULL), WF_OK));
    wf_answer_begin(&a, rows.id, buf, sizeof buf);
    cr_assert(eq(int, wf_answer_add(&a, row.kind, &row.as), 1));
    cr_assert(eq(int, wf_rows_next(&rows, &row, NULL), WF_ABSENT));
    same(wf_answer_end(&a, false));
    load("frame-answer-empty");
    wf_answer_begin(&a, 4, buf, sizeof buf);
    same(wf_answer_end(&a, true));
    load("frame-failed");
    cr_assert(eq(int, wf_frame_read_failed(v.bytes, v.n, &id, &rc, &text, NULL), WF_OK));
    cr_assert(eq(int, rc, WF_ABSENT));
    same(wf_frame_failed(id, rc, "there is no unit bexley/adults", buf, sizeof buf));
    load("frame-stream-beat");
    wf_stream_head head;
    cr_assert(eq(int, wf_frame_read_stream(v.bytes, v.n, &head, &row, NULL), WF_OK));
    cr_assert(eq(int, row.kind, WF_ROW_BEAT));
    cr_assert(eq(u64, row.as.beat.alert, 7));
    same(wf_frame_stream(head, row.kind, &row.as, buf, sizeof buf));
}

/* Whatever reads a frame refuses each cut of it, and what has a byte too many. */
static wf_rc read_any(const void *bytes, size_t n)
{
    static wf_row row;
    static wf_question q;
    wf_hello h; wf_welcome w; wf_events ev; wf_reply r; wf_nack k; wf_rows rows; wf_stream_head head; uint64_t id; wf_rc rc, why; wf_str s;
    switch (wf_frame_kind(bytes, n)) {
    case WF_MSG_HELLO: return wf_frame_read_hello(bytes, n, &h, NULL);
    case WF_MSG_WELCOME: return wf_frame_read_welcome(bytes, n, &w, NULL);
    case WF_MSG_EVENTS: return wf_frame_read_events(bytes, n, &ev, NULL);
    case WF_MSG_REPLY: return wf_frame_read_reply(bytes, n, &r, NULL);
    case WF_MSG_NACK: return wf_frame_read_nack(bytes, n, &k, NULL);
    case WF_MSG_ASK: return wf_frame_read_ask(bytes, n, &q, NULL);
    case WF_MSG_FAILED: return wf_frame_read_failed(bytes, n, &id, &why, &s, NULL);
    case WF_MSG_STREAM: return wf_frame_read_stream(bytes, n, &head, &row, NULL);
    case WF_MSG_ANSWER:
        rc = wf_frame_read_answer(bytes, n, &rows, NULL);
        while (rc == WF_OK)
            rc = wf_rows_next(&rows, &row, NULL);
        return rc == WF_ABSENT ? WF_OK : rc;
    case WF_MSG_NONE: case WF_MSG_KINDS: break;
    }
    return WF_MALFORMED;
}

static void cut_everywhere(const vector *frame)
{
    cr_expect(eq(int, read_any(frame->bytes, frame->n), WF_OK), "%s", frame->name);
    for (size_t n = 0; n < frame->n; n++) {
        uint8_t *exact = malloc(n + 1);
        memcpy(exact, frame->bytes, n);
        cr_expect(ne(int, read_any(exact, n), WF_OK), "%s: %zu of %zu bytes", frame->name, n, frame->n);
        free(exact);
    }
    uint8_t *longer = calloc(1, frame->n + 1);
    memcpy(longer, frame->bytes, frame->n);
    cr_expect(ne(int, read_any(longer, frame->n + 1), WF_OK), "%s: a byte more", frame->name);
    free(longer);
}

/* P2.1, P2.4 */
Test(frame, a_frame_is_whole_or_refused)
{
    cr_assert(ge(int, vectors_each("frame-", cut_everywhere), 12));
}

/* P2.6, P4.1, P4.2 */
Test(frame, sessions_and_numbers_are_bounded)
{
    static const struct { const char *why, *bytes; size_t n; wf_rc rc; } rows[] = {
#define EVENTS(s) s, sizeof(s) - 1
        { "epoch 0", EVENTS("\x95\x03\xa1s\x00\x01\x91\xc4\x01\xc0"), WF_RANGE },
        { "number 0", EVENTS("\x95\x03\xa1s\x01\x00\x91\xc4\x01\xc0"), WF_RANGE },
        { "capital source", EVENTS("\x95\x03\xa1S\x01\x01\x91\xc4\x01\xc0"), WF_RANGE },
        { "no source", EVENTS("\x95\x03\xa0\x01\x01\x91\xc4\x01\xc0"), WF_RANGE },
        { "no events", EVENTS("\x95\x03\xa1s\x01\x01\x90"), WF_RANGE },
        { "an event that is a map", EVENTS("\x95\x03\xa1s\x01\x01\x91\x80"), WF_MALFORMED },
        { "more events than bytes", EVENTS("\x95\x03\xa1s\x01\x01\xdd\x00\xff\xff\xff"), WF_MALFORMED },
        { "a good one", EVENTS("\x95\x03\xa1s\x01\x01\x91\xc4\x01\xc0"), WF_OK },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wf_events m;
        cr_expect(eq(int, wf_frame_read_events(rows[i].bytes, rows[i].n, &m, NULL), rows[i].rc), "row: %s", rows[i].why);
    }
    wf_events m;
    cr_assert(eq(int, wf_frame_read_events(buf, WF_FRAME_BYTES_MAX + 1, &m, NULL), WF_SIZE));
    wf_out o = wf_out_to(buf + WF_EVENTS_HEAD_MAX, sizeof buf - WF_EVENTS_HEAD_MAX);
    for (int i = 0; i < WF_FRAME_EVENTS_MAX + 1; i++)
        wf_put_event(&o, "\xc0", 1);
    size_t head = wf_frame_events_head(WF_STR("s"), 1, 1, WF_FRAME_EVENTS_MAX + 1, buf + WF_EVENTS_HEAD_MAX);
    cr_assert(eq(int, wf_frame_read_events(buf + WF_EVENTS_HEAD_MAX - head, head + wf_out_length(&o), &m, NULL), WF_SIZE));
}

Test(frame, the_longest_head_fits_its_room)
{
    uint8_t room[WF_EVENTS_HEAD_MAX];
    static const char source[] = "ssssssssssssssssssssssssssssssss";
    cr_assert(le(sz, wf_frame_events_head((wf_str) { source, WF_SOURCE_MAX }, INT64_MAX, INT64_MAX, WF_FRAME_EVENTS_MAX, room + sizeof room),
                 sizeof room));
}

/* P4.7, P4.9 */
Test(frame, replies_do_not_contradict_themselves)
{
    wf_exception ex[] = { { 2, WF_EX_REFUSED, 5, WF_RANGE, WF_STR("x") }, { 1, WF_EX_DUPLICATE, 5, 0, { 0 } } };
    wf_reply m = { .source = WF_STR("s"), .epoch = 1, .first = 1, .count = 3, .sequence = 9, .exceptions = 2, .credit_events = 1 }, back;
    size_t n = wf_frame_reply(&m, ex, buf, sizeof buf);
    cr_assert(eq(int, wf_frame_read_reply(buf, n, &back, NULL), WF_MALFORMED), "indexes ascend");
    m.exceptions = 1;
    m.known = 3;
    n = wf_frame_reply(&m, ex, buf, sizeof buf);
    cr_assert(eq(int, wf_frame_read_reply(buf, n, &back, NULL), WF_MALFORMED), "what is known has no exception");
    m.known = 4;
    m.exceptions = 0;
    n = wf_frame_reply(&m, ex, buf, sizeof buf);
    cr_assert(eq(int, wf_frame_read_reply(buf, n, &back, NULL), WF_MALFORMED), "more known than sent");
}

/* P6.1 to P6.4 */
Test(frame, questions_are_checked_against_their_verb)
{
    static wf_question q;
    static const struct { const char *why, *bytes; size_t n; wf_rc rc; } rows[] = {
        { "an unknown verb", EVENTS("\x94\x06\x07\xa4quit\x80"), WF_TYPE },
        { "an argument of another verb", EVENTS("\x94\x06\x07\xa6status\x81\xa3org\xa1o"), WF_FIELD },
        { "an unknown argument", EVENTS("\x94\x06\x07\xa6status\x81\xa1?\xc0"), WF_FIELD },
        { "a required one missing", EVENTS("\x94\x06\x07\xa7" "advance\x80"), WF_MISSING },
        { "a day as text", EVENTS("\x94\x06\x07\xa7" "advance\x81\xa3" "day\xaa" "2024-03-01"), WF_MALFORMED },
        { "a day of another age", EVENTS("\x94\x06\x07\xa7" "advance\x81\xa3" "day\xd2\x7f\xff\xff\xff"), WF_RANGE },
        { "twice", EVENTS("\x94\x06\x07\xa7" "advance\x82\xa3" "day\x01\xa3" "day\x01"), WF_MALFORMED },
        { "a control character", EVENTS("\x94\x06\x07\xa4" "dump\x81\xa3org\xa1\n"), WF_MALFORMED },
        { "a good one", EVENTS("\x94\x06\x07\xa7" "advance\x81\xa3" "day\x01"), WF_OK },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wf_err e = { 0 };
        cr_expect(eq(int, wf_frame_read_ask(rows[i].bytes, rows[i].n, &q, &e), rows[i].rc), "row: %s (%s)", rows[i].why, e.text);
        cr_expect(eq(u64, q.id, 7), "the refusal can name the question: %s", rows[i].why);
    }
    q = (wf_question) { .verb = WF_VERB_HISTORY, .given = 1u << WF_ARG_UNIT | 1u << WF_ARG_INDICATOR | 1u << WF_ARG_FROM | 1u << WF_ARG_UNTIL,
                        .unit = WF_STR("u"), .indicator = WF_STR("i"), .from = { 2 }, .until = { 1 } };
    size_t n = wf_frame_ask(&q, buf, sizeof buf);
    cr_assert(eq(int, wf_frame_read_ask(buf, n, &q, NULL), WF_ORDER));
}

/* P6.2 */
Test(frame, a_long_answer_goes_in_parts)
{
    wf_answer a;
    wf_line line = { WF_STR("in_post|asm1|2024-03-01|800000") };
    static uint8_t part[300];
    static wf_row row;
    int parts = 1, added = 0, read = 0;
    wf_answer_begin(&a, 9, part, sizeof part);
    for (int i = 0; i < 50; i++) {
        if (!wf_answer_add(&a, WF_ROW_LINE, &line)) {
            size_t n = wf_answer_end(&a, true);
            wf_rows rows;
            cr_assert(eq(int, wf_frame_read_answer(part, n, &rows, NULL), WF_OK));
            cr_assert(eq(int, rows.more, 1));
            while (wf_rows_next(&rows, &row, NULL) == WF_OK)
                read++;
            cr_assert(eq(int, read, added), "nothing is cut");
            parts++;
            wf_answer_begin(&a, 9, part, sizeof part);
            cr_assert(eq(int, wf_answer_add(&a, WF_ROW_LINE, &line), 1));
        }
        added++;
    }
    cr_assert(gt(int, parts, 5));
}
