/* The publisher against a daemon of few lines that can be told to lose things. */
#include <workforce/publisher.h>

#include "frame.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <unistd.h>
#include <zmq.h>

#define ENDPOINT "inproc://intake"

/* What the daemon does wrong; each counts down. */
typedef struct faults {
    int lose_hello, lose_frames, lose_replies, busy;
    uint64_t durable;            /* at the start */
    uint64_t credit;
    wf_nack_code end_with;
} faults;

typedef struct daemon {
    void *ctx, *socket, *stop;
    pthread_t thread;
    faults f;
    uint64_t durable, sequence, frames, hellos;
    uint64_t seen[4096];         /* how often each message number was taken */
} daemon_;

static void answer(daemon_ *d, zmq_msg_t *id, const void *bytes, size_t n)
{
    zmq_msg_t copy;
    (void) zmq_msg_init(&copy);
    (void) zmq_msg_copy(&copy, id);
    (void) zmq_msg_send(&copy, d->socket, ZMQ_SNDMORE);
    (void) zmq_send(d->socket, bytes, n, 0);
}

static void nack(daemon_ *d, zmq_msg_t *id, wf_nack m)
{
    uint8_t buf[512];
    answer(d, id, buf, wf_frame_nack(&m, buf, sizeof buf));
}

static void on_hello(daemon_ *d, zmq_msg_t *id)
{
    uint8_t buf[512];
    d->hellos++;
    if (d->f.lose_hello-- > 0)
        return;
    wf_welcome w = { 1, d->durable, d->f.credit, WF_WINDOW_BYTES_MAX, WF_EVENT_BYTES_MAX, WF_FRAME_BYTES_MAX, WF_FRAME_EVENTS_MAX,
                     WF_STR("store"), 1 };
    answer(d, id, buf, wf_frame_welcome(&w, buf, sizeof buf));
}

/* Events with "dup" as id are duplicates of 7, those that do not decode are refused. */
static void on_events(daemon_ *d, zmq_msg_t *id, wf_events *m)
{
    static wf_exception ex[WF_FRAME_EVENTS_MAX];
    static char text[WF_FRAME_EVENTS_MAX][240];
    static uint8_t buf[WF_FRAME_BYTES_MAX * 4];
    wf_reply r = { .source = m->source, .epoch = m->epoch, .first = m->first, .count = m->count, .credit_events = d->f.credit,
                   .sequence = d->sequence + 1 };
    wf_str bytes;
    for (uint32_t i = 0; wf_events_next(m, &bytes); i++) {
        wf_event ev;
        wf_err e = { 0 };
        uint64_t number = m->first + i;
        if (number <= d->durable) {
            r.known++;
            continue;
        }
        d->durable = number;
        if (number < 4096)
            d->seen[number]++;
        wf_rc rc = wf_event_decode(bytes.p, bytes.n, &ev, &e);
        if (rc != WF_OK) {
            (void) snprintf(text[r.exceptions], 240, "%s", e.text);
            ex[r.exceptions] = (wf_exception) { i, WF_EX_REFUSED, ++d->sequence, rc, wf_str_of(text[r.exceptions]) };
            r.exceptions++;
        } else if (wf_str_eq(ev.id, WF_STR("dup")))
            ex[r.exceptions++] = (wf_exception) { i, WF_EX_DUPLICATE, 7, WF_OK, { 0 } };
        else
            d->sequence++;
    }
    if (d->f.lose_replies-- > 0)
        return;
    answer(d, id, buf, wf_frame_reply(&r, ex, buf, sizeof buf));
}

static void on_message(daemon_ *d, zmq_msg_t *id, zmq_msg_t *msg)
{
    wf_events m;
    if (wf_frame_kind(zmq_msg_data(msg), zmq_msg_size(msg)) == WF_MSG_HELLO) {
        on_hello(d, id);
        return;
    }
    d->frames++;
    if (d->f.lose_frames-- > 0)
        return;
    if (d->f.busy-- > 0)
        nack(d, id, (wf_nack) { WF_NACK_BUSY, 0, 30, WF_STR("full") });
    else if (d->f.end_with != WF_NACK_NONE)
        nack(d, id, (wf_nack) { d->f.end_with, 0, 0, WF_STR("no") });
    else if (wf_frame_read_events(zmq_msg_data(msg), zmq_msg_size(msg), &m, NULL) != WF_OK)
        nack(d, id, (wf_nack) { WF_NACK_BAD_FRAME, 0, 0, WF_STR("bad") });
    else if (m.first > d->durable + 1)
        nack(d, id, (wf_nack) { WF_NACK_GAP, d->durable + 1, 0, WF_STR("gap") });
    else
        on_events(d, id, &m);
}

static void *serve(void *arg)
{
    daemon_ *d = arg;
    for (;;) {
        zmq_pollitem_t items[] = { { d->socket, 0, ZMQ_POLLIN, 0 }, { d->stop, 0, ZMQ_POLLIN, 0 } };
        (void) zmq_poll(items, 2, -1);
        if (items[1].revents != 0)
            return NULL;
        zmq_msg_t id, msg;
        (void) zmq_msg_init(&id);
        (void) zmq_msg_init(&msg);
        (void) zmq_msg_recv(&id, d->socket, 0);
        (void) zmq_msg_recv(&msg, d->socket, 0);
        on_message(d, &id, &msg);
        (void) zmq_msg_close(&id);
        (void) zmq_msg_close(&msg);
    }
}

static daemon_ *start(faults f)
{
    daemon_ *d = calloc(1, sizeof *d);
    (void) alarm(30);            /* Criterion's own .timeout leaks in its runner when tests run beside each other */
    d->f = f;
    d->durable = f.durable;
    d->sequence = 100;
    if (d->f.credit == 0)
        d->f.credit = 65536;
    d->ctx = zmq_ctx_new();
    d->socket = zmq_socket(d->ctx, ZMQ_ROUTER);
    d->stop = zmq_socket(d->ctx, ZMQ_PAIR);
    int hwm = 0;
    (void) zmq_setsockopt(d->socket, ZMQ_SNDHWM, &hwm, sizeof hwm);
    (void) zmq_setsockopt(d->socket, ZMQ_RCVHWM, &hwm, sizeof hwm);
    (void) zmq_bind(d->socket, ENDPOINT);
    (void) zmq_bind(d->stop, "inproc://stop");
    (void) pthread_create(&d->thread, NULL, serve, d);
    return d;
}

static void stop(daemon_ **dd)
{
    daemon_ *d = *dd;
    int none = 0;
    void *s = zmq_socket(d->ctx, ZMQ_PAIR);
    (void) zmq_connect(s, "inproc://stop");
    (void) zmq_send(s, "", 0, 0);
    (void) pthread_join(d->thread, NULL);
    (void) zmq_setsockopt(d->socket, ZMQ_LINGER, &none, sizeof none);
    (void) zmq_close(s);
    (void) zmq_close(d->stop);
    (void) zmq_close(d->socket);
    (void) zmq_ctx_term(d->ctx);
    free(d);
    *dd = NULL;
}

/* ---- */

typedef struct told { wf_verdict v[4096]; char text[4096][64]; size_t n; } told;

static void hear(void *ctx, const wf_verdict *v)
{
    told *t = ctx;
    t->v[t->n] = *v;
    (void) snprintf(t->text[t->n], sizeof t->text[0], "%.*s", WF_STR_ARG(v->text));
    t->n++;
}

static wf_event caseload(const char *id, int64_t cases)
{
    wf_event ev = { .type = WF_CASELOAD, .id = wf_str_of(id), .source = WF_STR("itrent"), .org = WF_STR("bexley"), .subject = WF_STR("p"),
                    .time = { 1709283600000 }, .effective = { 19783 }, .given = WF_BIT(WF_F_CASES) };
    ev.v[WF_F_CASES].n = cases;
    return ev;
}

static wf_publisher *open_publisher(daemon_ *d, told *t, uint32_t batch, uint32_t window)
{
    wf_publisher *p = NULL;
    wf_err e = { 0 };
    wf_publisher_options o = { .endpoint = ENDPOINT, .source = "itrent", .epoch = 1, .context = d->ctx, .batch_events = batch,
                               .window_events = window, .all_verdicts = true, .verdict = hear, .ctx = t };
    cr_assert(eq(int, wf_publisher_open(&o, &p, &e), WF_OK), "%s", e.text);
    return p;
}

static void publish_many(wf_publisher *p, int n)
{
    wf_err e = { 0 };
    for (int i = 0; i < n; i++) {
        char id[16];
        (void) snprintf(id, sizeof id, "%d", i);
        wf_event ev = caseload(id, 3);
        cr_assert(eq(int, wf_publisher_publish(p, &ev, &e), WF_OK), "%s", e.text);
    }
}

/* Each event was taken once, each ticket told once and in order. */
static void all_is_well(const daemon_ *d, const told *t, uint64_t first, size_t n)
{
    cr_expect(eq(sz, t->n, n));
    for (size_t i = 0; i < n; i++) {
        cr_expect(eq(u64, d->seen[first + i], 1), "number %zu", first + i);
        cr_expect(eq(u64, t->v[i].ticket, i + 1));
    }
}

/* P4.5, P4.6, P4.8 */
Test(publisher, every_event_has_its_verdict_in_order)
{
    WF_AUTO(stop) daemon_ *d = start((faults) { 0 });
    told *t = calloc(1, sizeof *t);
    WF_AUTO(wf_publisher_free) wf_publisher *p = open_publisher(d, t, 7, 0);
    wf_err e = { 0 };
    publish_many(p, 100);
    cr_assert(eq(int, wf_publisher_flush(p, 10000, &e), WF_OK), "%s", e.text);
    all_is_well(d, t, 1, 100);
    for (size_t i = 0; i < 100; i++) {
        cr_expect(eq(int, t->v[i].kind, WF_ACCEPTED));
        cr_expect(eq(u64, t->v[i].sequence, 101 + i));
    }
    wf_publisher_counters c;
    wf_publisher_count(p, &c);
    cr_assert(eq(u64, c.accepted, 100));
    cr_assert(eq(u64, c.unsettled, 0));
    cr_assert(eq(u64, c.frames, 15));
    cr_assert(eq(u64, c.last_sequence, 200));
    free(t);
}

/* P4.8 to P4.10 */
Test(publisher, a_bad_event_hurts_no_other_in_its_frame)
{
    WF_AUTO(stop) daemon_ *d = start((faults) { 0 });
    told *t = calloc(1, sizeof *t);
    WF_AUTO(wf_publisher_free) wf_publisher *p = open_publisher(d, t, 100, 0);
    wf_err e = { 0 };
    wf_event good = caseload("a", 3), bad = caseload("b", 10000), twice = caseload("dup", 3);
    cr_assert(eq(int, wf_publisher_publish(p, &good, &e), WF_OK));
    cr_assert(eq(int, wf_publisher_publish(p, &bad, &e), WF_OK));
    cr_assert(eq(int, wf_publisher_publish(p, &twice, &e), WF_OK));
    cr_assert(eq(int, wf_publisher_publish_encoded(p, "\xff", 1, &e), WF_OK));
    cr_assert(eq(int, wf_publisher_publish(p, &good, &e), WF_OK));
    cr_assert(eq(int, wf_publisher_flush(p, 10000, &e), WF_OK), "%s", e.text);
    static const struct { wf_verdict_kind kind; uint64_t sequence; wf_rc reason; } want[] = {
        { WF_ACCEPTED, 101, WF_OK }, { WF_REFUSED, 102, WF_RANGE }, { WF_DUPLICATE, 7, WF_OK }, { WF_REFUSED, 103, WF_MALFORMED },
        { WF_ACCEPTED, 104, WF_OK } };
    cr_assert(eq(sz, t->n, 5));
    for (size_t i = 0; i < 5; i++) {
        cr_expect(eq(int, t->v[i].kind, want[i].kind), "event %zu", i);
        cr_expect(eq(u64, t->v[i].sequence, want[i].sequence), "event %zu", i);
        cr_expect(eq(int, t->v[i].reason, want[i].reason), "event %zu", i);
    }
    cr_assert(eq(str, t->text[1], "cases 10000 is not 0 to 9999"));
    free(t);
}

/* P4.13, P4.14 */
Test(publisher, lost_frames_are_sent_again_and_taken_once)
{
    WF_AUTO(stop) daemon_ *d = start((faults) { .lose_frames = 3 });
    told *t = calloc(1, sizeof *t);
    WF_AUTO(wf_publisher_free) wf_publisher *p = open_publisher(d, t, 10, 0);
    wf_err e = { 0 };
    publish_many(p, 200);
    cr_assert(eq(int, wf_publisher_flush(p, 20000, &e), WF_OK), "%s", e.text);
    all_is_well(d, t, 1, 200);
    wf_publisher_counters c;
    wf_publisher_count(p, &c);
    cr_assert(ge(u64, c.resent, 3));
    cr_assert(le(u64, c.resent, 200), "a gap is mended once, not once a NACK");
    free(t);
}

/* P4.4, P4.7 */
Test(publisher, lost_replies_end_as_known)
{
    WF_AUTO(stop) daemon_ *d = start((faults) { .lose_replies = 100 });
    told *t = calloc(1, sizeof *t);
    WF_AUTO(wf_publisher_free) wf_publisher *p = open_publisher(d, t, 10, 0);
    wf_err e = { 0 };
    publish_many(p, 50);
    cr_assert(eq(int, wf_publisher_flush(p, 20000, &e), WF_OK), "%s", e.text);
    all_is_well(d, t, 1, 50);
    wf_publisher_counters c;
    wf_publisher_count(p, &c);
    cr_assert(eq(u64, c.known, 50));
    cr_assert(eq(u64, c.resent, 0), "the WELCOME says that they are on disk");
    free(t);
}

/* P4.15 */
Test(publisher, a_later_reply_settles_what_went_before)
{
    WF_AUTO(stop) daemon_ *d = start((faults) { .lose_replies = 1 });
    told *t = calloc(1, sizeof *t);
    WF_AUTO(wf_publisher_free) wf_publisher *p = open_publisher(d, t, 10, 0);
    wf_err e = { 0 };
    publish_many(p, 50);
    cr_assert(eq(int, wf_publisher_flush(p, 20000, &e), WF_OK), "%s", e.text);
    all_is_well(d, t, 1, 50);
    cr_assert(eq(int, t->v[0].kind, WF_KNOWN));
    cr_assert(eq(int, t->v[10].kind, WF_ACCEPTED));
    free(t);
}

/* P4.4 */
Test(publisher, numbers_go_on_where_the_daemon_stands)
{
    WF_AUTO(stop) daemon_ *d = start((faults) { .durable = 500, .lose_hello = 2 });
    told *t = calloc(1, sizeof *t);
    WF_AUTO(wf_publisher_free) wf_publisher *p = open_publisher(d, t, 10, 0);
    wf_err e = { 0 };
    publish_many(p, 30);
    cr_assert(eq(int, wf_publisher_flush(p, 20000, &e), WF_OK), "%s", e.text);
    all_is_well(d, t, 501, 30);
    cr_assert(ge(u64, d->hellos, 3));
    free(t);
}

/* P4.12 */
Test(publisher, busy_means_later)
{
    WF_AUTO(stop) daemon_ *d = start((faults) { .busy = 5 });
    told *t = calloc(1, sizeof *t);
    WF_AUTO(wf_publisher_free) wf_publisher *p = open_publisher(d, t, 10, 0);
    wf_err e = { 0 };
    publish_many(p, 100);
    cr_assert(eq(int, wf_publisher_flush(p, 20000, &e), WF_OK), "%s", e.text);
    all_is_well(d, t, 1, 100);
    free(t);
}

/* P4.4, P4.11 */
Test(publisher, credit_bounds_what_is_on_its_way)
{
    WF_AUTO(stop) daemon_ *d = start((faults) { .credit = 20 });
    told *t = calloc(1, sizeof *t);
    WF_AUTO(wf_publisher_free) wf_publisher *p = open_publisher(d, t, 10, 0);
    wf_err e = { 0 };
    publish_many(p, 500);
    cr_assert(eq(int, wf_publisher_flush(p, 20000, &e), WF_OK), "%s", e.text);
    all_is_well(d, t, 1, 500);
    free(t);
}

Test(publisher, a_full_window_blocks_or_says_so)
{
    WF_AUTO(stop) daemon_ *d = start((faults) { .lose_hello = 1000 });
    wf_err e = { 0 };
    WF_AUTO(wf_publisher_free) wf_publisher *p = NULL;
    wf_publisher_options o = { .endpoint = ENDPOINT, .source = "itrent", .epoch = 1, .context = d->ctx, .window_events = 5, .nonblocking = true };
    cr_assert(eq(int, wf_publisher_open(&o, &p, &e), WF_OK));
    publish_many(p, 5);
    wf_event ev = caseload("x", 1);
    cr_assert(eq(int, wf_publisher_publish(p, &ev, &e), WF_BUSY));
    cr_assert(eq(int, wf_publisher_flush(p, 50, &e), WF_BUSY));
    wf_publisher_free(&p);
    o.nonblocking = false;
    o.wait_ms = 100;
    cr_assert(eq(int, wf_publisher_open(&o, &p, &e), WF_OK));
    publish_many(p, 5);
    cr_assert(eq(int, wf_publisher_publish(p, &ev, &e), WF_BUSY));
    wf_publisher_counters c;
    wf_publisher_count(p, &c);
    cr_assert(eq(u64, c.published, 5), "what was not taken is not counted");
}

/* P4.12 */
Test(publisher, a_nack_that_ends_the_session_is_told_by_every_call)
{
    static const struct { wf_nack_code code; wf_rc rc; } rows[] = {
        { WF_NACK_DENIED, WF_ENTITLED }, { WF_NACK_STALE_EPOCH, WF_REUSED }, { WF_NACK_VERSION, WF_CONFIG },
        { WF_NACK_OVERSIZE, WF_SIZE }, { WF_NACK_BAD_FRAME, WF_MALFORMED } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        WF_AUTO(stop) daemon_ *d = start((faults) { .end_with = rows[i].code });
        told *t = calloc(1, sizeof *t);
        wf_err e = { 0 };
        WF_AUTO(wf_publisher_free) wf_publisher *p = open_publisher(d, t, 10, 0);
        publish_many(p, 3);
        cr_expect(eq(int, wf_publisher_flush(p, 5000, &e), rows[i].rc), "%s", wf_nack_name(rows[i].code));
        wf_event ev = caseload("x", 1);
        cr_expect(eq(int, wf_publisher_publish(p, &ev, &e), rows[i].rc));
        cr_expect(eq(int, wf_publisher_poll(p, 0, &e), rows[i].rc));
        free(t);
    }
}

Test(publisher, opening_checks_what_it_is_given)
{
    wf_publisher *p = NULL;
    wf_err e;
    wf_publisher_options o = { .endpoint = "pgm://x", .source = "itrent" };
    cr_assert(eq(int, wf_publisher_open(&o, &p, &e), WF_CONFIG));
    o = (wf_publisher_options) { .endpoint = "ipc:///tmp/x", .source = "iTrent" };
    cr_assert(eq(int, wf_publisher_open(&o, &p, &e), WF_CONFIG));
    o = (wf_publisher_options) { .endpoint = "ipc:///tmp/x", .source = "itrent", .batch_events = 2049 };
    cr_assert(eq(int, wf_publisher_open(&o, &p, &e), WF_CONFIG));
    o = (wf_publisher_options) { .endpoint = "inproc://nobody", .source = "itrent" };
    cr_assert(eq(int, wf_publisher_open(&o, &p, &e), WF_CONFIG), "inproc needs a shared context");
    cr_assert(eq(ptr, p, NULL));
}

Test(publisher, an_event_too_large_is_not_taken)
{
    WF_AUTO(stop) daemon_ *d = start((faults) { 0 });
    told *t = calloc(1, sizeof *t);
    wf_err e = { 0 };
    WF_AUTO(wf_publisher_free) wf_publisher *p = open_publisher(d, t, 10, 0);
    static char big[WF_EVENT_BYTES_MAX + 1];
    cr_assert(eq(int, wf_publisher_publish_encoded(p, big, sizeof big, &e), WF_SIZE));
    wf_event ev = caseload("x", 1);
    ev.id = (wf_str) { big, sizeof big };
    cr_assert(eq(int, wf_publisher_publish(p, &ev, &e), WF_SIZE));
    cr_assert(eq(int, wf_publisher_flush(p, 1000, &e), WF_OK));
    free(t);
}
