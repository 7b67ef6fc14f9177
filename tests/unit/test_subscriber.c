/* The subscriber and the query client against a stream and a query socket that this file drives. */
#include <workforce/subscriber.h>

#include "frame.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include <zmq.h>

#define STREAM "inproc://stream"
#define QUERY "inproc://query"

typedef struct house {
    void *ctx, *pub, *router, *stop;
    pthread_t thread;
    _Atomic uint64_t alerts;     /* alerts 1..alerts exist; odd ones are on topic alert/a/=r, even ones on alert/b/=r */
    _Atomic uint64_t sequence;   /* of the figure on figure/a/=i */
    _Atomic int asked;
    _Atomic int silent;          /* do not answer so many questions */
    _Atomic int stopping;
    uint64_t number, previous_figure, previous_alert[2];
    uint64_t instance;
} house;

static const char *unit_of(uint64_t alert) { return alert % 2 ? "a" : "b"; }

static wf_alert alert_of(uint64_t n)
{
    return (wf_alert) { .number = n, .alert = n, .rule = WF_STR("r"), .unit = wf_str_of(unit_of(n)), .state = WF_RED };
}

static wf_figure figure_of(uint64_t sequence)
{
    return (wf_figure) { .indicator = WF_STR("i"), .unit = WF_STR("a"), .value = (int64_t) sequence, .sequence = sequence };
}

static bool wanted(const wf_question *q, const char *topic)
{
    for (size_t i = 0; i < q->prefixes.n; i++)
        if (wf_topic_under(wf_str_of(topic), q->prefixes.item[i]))
            return true;
    return q->prefixes.n == 0;
}

/* Answers in parts of two rows, so that parts are tried too. */
static size_t answer_rows(house *h, const wf_question *q, void (*send)(house *, const void *, size_t, zmq_msg_t *), zmq_msg_t *id, uint8_t *buf, size_t cap)
{
    wf_answer a;
    char topic[64];
    uint64_t sent = 0;
    wf_answer_begin(&a, q->id, buf, cap);
    if (q->verb == WF_VERB_LAST && h->sequence > 0 && wanted(q, "figure/a/=i")) {
        wf_figure f = figure_of(h->sequence);
        (void) wf_answer_add(&a, WF_ROW_FIGURE, &f);
    }
    for (uint64_t n = q->since + 1; q->verb == WF_VERB_ALERTS && n <= h->alerts && sent < q->limit; n++) {
        (void) snprintf(topic, sizeof topic, "alert/%s/=r", unit_of(n));
        if (!wanted(q, topic))
            continue;
        wf_alert row = alert_of(n);
        if (a.rows == 2) {
            send(h, buf, wf_answer_end(&a, true), id);
            wf_answer_begin(&a, q->id, buf, cap);
        }
        (void) wf_answer_add(&a, WF_ROW_ALERT, &row);
        sent++;
    }
    return wf_answer_end(&a, false);
}

static void send_part(house *h, const void *bytes, size_t n, zmq_msg_t *id)
{
    zmq_msg_t copy;
    (void) zmq_msg_init(&copy);
    (void) zmq_msg_copy(&copy, id);
    (void) zmq_msg_send(&copy, h->router, ZMQ_SNDMORE);
    (void) zmq_send(h->router, bytes, n, 0);
}

static void *serve(void *arg)
{
    house *h = arg;
    static uint8_t buf[WF_FRAME_BYTES_MAX];
    static wf_question q;
    while (!h->stopping) {
        zmq_pollitem_t item = { h->router, 0, ZMQ_POLLIN, 0 };
        if (zmq_poll(&item, 1, 20) <= 0)
            continue;
        zmq_msg_t id, msg;
        wf_err e = { 0 };
        (void) zmq_msg_init(&id);
        (void) zmq_msg_init(&msg);
        (void) zmq_msg_recv(&id, h->router, 0);
        (void) zmq_msg_recv(&msg, h->router, 0);
        h->asked++;
        if (h->silent > 0)
            h->silent--;
        else {
            wf_rc rc = wf_frame_read_ask(zmq_msg_data(&msg), zmq_msg_size(&msg), &q, &e);
            if (rc == WF_OK && q.verb == WF_VERB_FINDINGS)
                rc = wf_fail(&e, WF_ABSENT, "no findings here");
            size_t n = rc == WF_OK ? answer_rows(h, &q, send_part, &id, buf, sizeof buf) : wf_frame_failed(q.id, rc, e.text, buf, sizeof buf);
            send_part(h, buf, n, &id);
        }
        (void) zmq_msg_close(&id);
        (void) zmq_msg_close(&msg);
    }
    return NULL;
}

static house *open_house(void)
{
    house *h = calloc(1, sizeof *h);
    (void) alarm(30);
    h->instance = 1;
    h->ctx = zmq_ctx_new();
    h->pub = zmq_socket(h->ctx, ZMQ_PUB);
    h->router = zmq_socket(h->ctx, ZMQ_ROUTER);
    (void) zmq_bind(h->pub, STREAM);
    (void) zmq_bind(h->router, QUERY);
    (void) pthread_create(&h->thread, NULL, serve, h);
    return h;
}

static void close_house(house **hh)
{
    house *h = *hh;
    int none = 0;
    h->stopping = 1;
    (void) pthread_join(h->thread, NULL);
    (void) zmq_setsockopt(h->router, ZMQ_LINGER, &none, sizeof none);
    (void) zmq_close(h->router);
    (void) zmq_close(h->pub);
    (void) zmq_ctx_term(h->ctx);
    free(h);
    *hh = NULL;
}

static void send_stream(house *h, const char *topic, wf_stream_head head, wf_row_kind kind, const void *row)
{
    uint8_t buf[WF_ROW_BYTES_MAX];
    (void) zmq_send(h->pub, topic, strlen(topic), ZMQ_SNDMORE);
    (void) zmq_send(h->pub, buf, wf_frame_stream(head, kind, row, buf, sizeof buf), 0);
}

static void beat(house *h)
{
    wf_beat b = { .number = h->number, .alert = h->alerts, .instance = h->instance };
    send_stream(h, WF_TOPIC_BEAT, (wf_stream_head) { h->number, 0 }, WF_ROW_BEAT, &b);
}

/* The figure with the next sequence; `lost`: is numbered but never sent. */
static void new_figure(house *h, bool lost)
{
    wf_figure f = figure_of(++h->sequence);
    wf_stream_head head = { ++h->number, h->previous_figure };
    h->previous_figure = h->number;
    if (!lost)
        send_stream(h, "figure/a/=i", head, WF_ROW_FIGURE, &f);
}

static void new_alert(house *h, bool lost)
{
    wf_alert a = alert_of(++h->alerts);
    char topic[64];
    (void) snprintf(topic, sizeof topic, "alert/%s/=r", unit_of(a.number));
    wf_stream_head head = { ++h->number, h->previous_alert[a.number % 2] };
    h->previous_alert[a.number % 2] = h->number;
    if (!lost)
        send_stream(h, topic, head, WF_ROW_ALERT, &a);
}

static wf_subscriber *subscribe(house *h, bool with_query, const char *const *topics, uint64_t since)
{
    wf_subscriber *s = NULL;
    wf_err e = { 0 };
    wf_subscriber_options o = { .endpoint = STREAM, .query = with_query ? QUERY : NULL, .topics = topics, .since = since, .context = h->ctx,
                                .timeout_ms = 300 };
    cr_assert(eq(int, wf_subscriber_open(&o, &s, &e), WF_OK), "%s", e.text);
    return s;
}

/* Beats until the subscription is in force; then what is received: "f5 a1 a2" with '!' for a gap. */
static const char *hear(house *h, wf_subscriber *s, int beats)
{
    static char said[1024];
    static wf_message m;
    wf_err e = { 0 };
    said[0] = '\0';
    for (int i = 0; i < 60; i++) {
        if (i < beats) beat(h);
        wf_rc rc = wf_subscriber_receive(s, 50, &m, &e);
        if (rc == WF_ABSENT && i >= beats) break;
        if (rc != WF_OK) continue;
        size_t at = strlen(said);
        bool figure = m.row.kind == WF_ROW_FIGURE;
        (void) snprintf(said + at, sizeof said - at, "%s%s%c%d", at > 0 ? " " : "", m.gap ? "!" : "", figure ? 'f' : 'a',
                        (int) (figure ? m.row.as.figure.sequence : m.row.as.alert.number));
    }
    return said;
}

/* P7.5 */
Test(subscriber, begins_with_what_was_and_goes_on_live)
{
    WF_AUTO(close_house) house *h = open_house();
    h->alerts = 5;
    h->sequence = 9;
    WF_AUTO(wf_subscriber_free) wf_subscriber *s = subscribe(h, true, NULL, 2);
    cr_assert(eq(str, (char *) hear(h, s, 2), "f9 a3 a4 a5"));
    new_alert(h, false);
    new_figure(h, false);
    cr_assert(eq(str, (char *) hear(h, s, 1), "a6 f10"));
    cr_assert(eq(u64, wf_subscriber_cursor(s), 6));
}

Test(subscriber, only_new_alerts_when_asked_for)
{
    WF_AUTO(close_house) house *h = open_house();
    h->alerts = 5;
    WF_AUTO(wf_subscriber_free) wf_subscriber *s = subscribe(h, true, NULL, UINT64_MAX);
    cr_assert(eq(str, (char *) hear(h, s, 2), ""));
    new_alert(h, false);
    cr_assert(eq(str, (char *) hear(h, s, 0), "a6"));
}

/* P7.5 */
Test(subscriber, lost_alerts_are_asked_for_in_order)
{
    WF_AUTO(close_house) house *h = open_house();
    WF_AUTO(wf_subscriber_free) wf_subscriber *s = subscribe(h, true, NULL, 0);
    (void) hear(h, s, 2);
    new_alert(h, false);
    new_alert(h, true);
    new_alert(h, true);
    new_alert(h, false);
    cr_assert(eq(str, (char *) hear(h, s, 0), "a1 a2 a3 a4"));
}

/* P7.3 */
Test(subscriber, a_loss_at_the_end_shows_with_the_beat)
{
    WF_AUTO(close_house) house *h = open_house();
    WF_AUTO(wf_subscriber_free) wf_subscriber *s = subscribe(h, true, NULL, 0);
    (void) hear(h, s, 2);
    new_alert(h, true);
    cr_assert(eq(str, (char *) hear(h, s, 0), ""));
    cr_assert(eq(str, (char *) hear(h, s, 1), "a1"));
}

Test(subscriber, alerts_of_other_topics_are_no_loss_and_are_not_delivered)
{
    WF_AUTO(close_house) house *h = open_house();
    static const char *const topics[] = { "alert/a/", NULL };
    h->alerts = 4;
    WF_AUTO(wf_subscriber_free) wf_subscriber *s = subscribe(h, true, topics, 0);
    cr_assert(eq(str, (char *) hear(h, s, 2), "a1 a3"));
    for (int i = 0; i < 4; i++)
        new_alert(h, false);
    cr_assert(eq(str, (char *) hear(h, s, 0), "a5 a7"));
    new_alert(h, true);
    cr_assert(eq(str, (char *) hear(h, s, 1), "a9"));
    cr_assert(eq(u64, wf_subscriber_cursor(s), 9));
}

/* P7.3, P7.5 */
Test(subscriber, a_lost_figure_brings_the_last_value_and_says_so)
{
    WF_AUTO(close_house) house *h = open_house();
    WF_AUTO(wf_subscriber_free) wf_subscriber *s = subscribe(h, true, NULL, 0);
    (void) hear(h, s, 2);
    new_figure(h, false);
    cr_assert(eq(str, (char *) hear(h, s, 0), "f1"));
    new_figure(h, true);
    new_figure(h, false);
    cr_assert(eq(str, (char *) hear(h, s, 0), "!f3"));
    new_figure(h, false);
    cr_assert(eq(str, (char *) hear(h, s, 0), "f4"));
}

Test(subscriber, without_query_a_loss_is_told_and_nothing_more)
{
    WF_AUTO(close_house) house *h = open_house();
    WF_AUTO(wf_subscriber_free) wf_subscriber *s = subscribe(h, false, NULL, 0);
    (void) hear(h, s, 2);
    new_figure(h, false);
    new_figure(h, true);
    new_figure(h, false);
    new_alert(h, false);
    cr_assert(eq(str, (char *) hear(h, s, 0), "f1 !f3 a1"));
    cr_assert(eq(int, h->asked, 0));
}

/* P7.3 */
Test(subscriber, a_daemon_that_began_anew_is_asked_again)
{
    WF_AUTO(close_house) house *h = open_house();
    h->sequence = 3;
    WF_AUTO(wf_subscriber_free) wf_subscriber *s = subscribe(h, true, NULL, 0);
    cr_assert(eq(str, (char *) hear(h, s, 2), "f3"));
    h->instance = 2;
    h->number = 0;
    h->previous_figure = 0;
    h->sequence = 8;
    h->alerts = 2;
    cr_assert(eq(str, (char *) hear(h, s, 1), "!f8 a1 a2"));
    new_figure(h, false);
    cr_assert(eq(str, (char *) hear(h, s, 0), "f9"));
}

Test(subscriber, a_silent_query_socket_is_tried_again)
{
    WF_AUTO(close_house) house *h = open_house();
    h->silent = 1;
    h->alerts = 2;
    WF_AUTO(wf_subscriber_free) wf_subscriber *s = subscribe(h, true, NULL, 0);
    static wf_message m;
    wf_err e;
    int busy = 0, got = 0;
    for (int i = 0; i < 40 && got == 0; i++) {
        beat(h);
        wf_rc rc = wf_subscriber_receive(s, 20, &m, &e);
        busy += rc == WF_BUSY;
        got += rc == WF_OK;
    }
    cr_assert(gt(int, busy, 0));
    cr_assert(eq(int, got, 1));
    cr_assert(eq(u64, m.row.as.alert.number, 1));
}

static wf_rc count_rows(void *ctx, const wf_row *row, wf_err *e)
{
    int *n = ctx;
    if (++*n == 7 && row->kind == WF_ROW_ALERT)
        return wf_fail(e, WF_FULL, "enough");
    return WF_OK;
}

Test(query, answers_in_parts_and_refusals_come_back)
{
    WF_AUTO(close_house) house *h = open_house();
    h->alerts = 9;
    WF_AUTO(wf_query_free) wf_query *q = NULL;
    wf_err e = { 0 };
    int n = 0;
    wf_query_options o = { .endpoint = QUERY, .context = h->ctx, .timeout_ms = 300 };
    cr_assert(eq(int, wf_query_open(&o, &q, &e), WF_OK));
    static wf_question question = { .verb = WF_VERB_ALERTS, .given = 1u << WF_ARG_SINCE | 1u << WF_ARG_LIMIT, .since = 3, .limit = 100 };
    cr_assert(eq(int, wf_query_ask(q, &question, count_rows, &n, &e), WF_OK), "%s", e.text);
    cr_assert(eq(int, n, 6));
    n = 0;
    question.since = 0;
    cr_assert(eq(int, wf_query_ask(q, &question, count_rows, &n, &e), WF_FULL), "the caller may stop");
    n = 0;
    question.since = 8;
    cr_assert(eq(int, wf_query_ask(q, &question, count_rows, &n, &e), WF_OK), "what was left of the answer before is passed over");
    cr_assert(eq(int, n, 1));
    static wf_question findings = { .verb = WF_VERB_FINDINGS };
    cr_assert(eq(int, wf_query_ask(q, &findings, count_rows, &n, &e), WF_ABSENT));
    cr_assert(eq(str, e.text, "no findings here"));
    h->silent = 1;
    cr_assert(eq(int, wf_query_ask(q, &question, count_rows, &n, &e), WF_BUSY));
}
