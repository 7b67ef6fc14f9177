#include <workforce/publisher.h>

#include "frame.h"
#include "socket.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A batch, then a frame on its way, until its reply. Events stand behind WF_EVENTS_HEAD_MAX free bytes, into which the
 * head is written when the frame is sent. */
typedef struct frame {
    struct frame *next;
    uint8_t *buf;
    size_t cap, size;            /* size: bytes of the events */
    uint32_t count;
    uint64_t ticket;             /* of the first event */
    int64_t sent_us;             /* 0: not on its way */
    bool again;                  /* was sent more than once: no measure of the reply time */
} frame;

struct wf_publisher {
    wf_link link;
    char source[WF_SOURCE_MAX + 1];
    uint64_t epoch;
    uint32_t batch_events, batch_bytes, window;
    bool nonblocking, all_verdicts;
    int wait_ms;
    void (*verdict)(void *ctx, const wf_verdict *v);
    void *ctx;

    frame *batch, *spare;
    frame *first, **end;         /* sealed and unsettled, in order */
    frame *unsent;               /* the first of them that is to be sent */
    uint64_t ticket;             /* of the last event that was published */
    uint64_t base;               /* message number = base + ticket */
    bool based;
    bool welcome;                /* the session stands; without it nothing but HELLO is sent */
    int64_t hello_us, pause_us;  /* next HELLO; nothing is sent before */
    int hellos;                  /* without an answer */
    uint64_t gap;                /* the gap that was mended last */
    int64_t gap_us;
    uint64_t credit_events, credit_bytes, way_events, way_bytes;
    wf_err ended;                /* rc != WF_OK: a NACK that ends the session */
    wf_publisher_counters n;
};

#define FIRST_HELLO_US 200000
#define RESEND_US 1000000

/* ---- frames ---------------------------------------------------------------------------------------------------- */

static frame *take_frame(wf_publisher *p)
{
    frame *f = p->spare;
    if (f != NULL) {
        p->spare = f->next;
        *f = (frame) { .buf = f->buf, .cap = f->cap };
        return f;
    }
    f = calloc(1, sizeof *f);
    WF_ASSERT(f != NULL);
    f->cap = WF_EVENTS_HEAD_MAX + 512;
    f->buf = malloc(f->cap);
    WF_ASSERT(f->buf != NULL);
    return f;
}

static void free_frames(frame **list)
{
    for (frame *f = *list, *next; f != NULL; f = next) {
        next = f->next;
        free(f->buf);
        free(f);
    }
    *list = NULL;
}

static void append(wf_publisher *p, const void *event, size_t n)
{
    if (p->batch == NULL)
        p->batch = take_frame(p);
    frame *f = p->batch;
    size_t need = WF_EVENTS_HEAD_MAX + f->size + n + 5;
    if (need > f->cap) {
        f->cap = need * 2;
        f->buf = realloc(f->buf, f->cap);
        WF_ASSERT(f->buf != NULL);
    }
    wf_out o = wf_out_to(f->buf + WF_EVENTS_HEAD_MAX + f->size, f->cap - WF_EVENTS_HEAD_MAX - f->size);
    wf_put_event(&o, event, n);
    f->size += wf_out_length(&o);
    if (f->count++ == 0)
        f->ticket = p->ticket + 1;
    p->ticket++;
    p->n.published++;
    p->n.unsettled++;
}

static void seal(wf_publisher *p)
{
    if (p->batch == NULL)
        return;
    *p->end = p->batch;
    p->end = &p->batch->next;
    if (p->unsent == NULL)
        p->unsent = p->batch;
    p->batch = NULL;
}

static uint64_t number_of(const wf_publisher *p, const frame *f) { return p->base + f->ticket; }

/* Everything unsettled is to be sent again, from the oldest. */
static void rewind_all(wf_publisher *p)
{
    p->unsent = p->first;
    p->way_events = p->way_bytes = 0;
    for (frame *f = p->first; f != NULL; f = f->next)
        if (f->sent_us != 0) {
            f->sent_us = 0;
            f->again = true;
        }
}

/* ---- verdicts -------------------------------------------------------------------------------------------------- */

/* One event of a frame whose reply has come. */
static void tell(wf_publisher *p, wf_verdict v)
{
    switch (v.kind) {
    case WF_ACCEPTED: p->n.accepted++; break;
    case WF_DUPLICATE: p->n.duplicates++; break;
    case WF_REFUSED: p->n.refused++; break;
    case WF_KNOWN: p->n.known++; break;
    }
    if (v.kind != WF_DUPLICATE && v.sequence > p->n.last_sequence)
        p->n.last_sequence = v.sequence;
    bool wanted = p->all_verdicts || v.kind == WF_REFUSED || v.kind == WF_DUPLICATE;
    if (wanted && p->verdict != NULL)
        p->verdict(p->ctx, &v);
}

/* Takes the oldest frame off the list. */
static void drop_first(wf_publisher *p)
{
    frame *f = p->first;
    if (f->sent_us != 0) {
        p->way_events -= f->count;
        p->way_bytes -= f->size;
    }
    if (p->unsent == f)
        p->unsent = f->next;
    p->first = f->next;
    if (p->first == NULL)
        p->end = &p->first;
    p->n.unsettled -= f->count;
    f->next = p->spare;
    p->spare = f;
}

/* `reply` NULL: all of the frame is known. */
static void settle_first(wf_publisher *p, wf_reply *reply)
{
    const frame *f = p->first;
    wf_in events = wf_in_from(f->buf + WF_EVENTS_HEAD_MAX, f->size);
    wf_exception ex = { 0 };
    uint64_t known = reply == NULL ? f->count : reply->known, sequence = reply == NULL ? 0 : reply->sequence;
    bool more = reply != NULL && wf_reply_next(reply, &ex);
    if (!more && !p->all_verdicts) {                             /* the usual case: nothing to tell one by one */
        p->n.known += known;
        p->n.accepted += f->count - known;
        if (f->count > known && sequence + (f->count - known) - 1 > p->n.last_sequence)
            p->n.last_sequence = sequence + (f->count - known) - 1;
        drop_first(p);
        return;
    }
    for (uint32_t i = 0; i < f->count; i++) {
        wf_verdict v = { .ticket = f->ticket + i };
        WF_ASSERT(wf_take_bin(&events, &v.event));
        if (i < known)
            v.kind = WF_KNOWN;
        else if (!more || ex.index != i) {
            v.kind = WF_ACCEPTED;
            v.sequence = sequence++;
        } else {
            v.kind = ex.kind == WF_EX_DUPLICATE ? WF_DUPLICATE : WF_REFUSED;
            v.sequence = ex.sequence;
            v.reason = ex.reason;
            v.text = ex.text;
            sequence += ex.kind == WF_EX_REFUSED;
            more = wf_reply_next(reply, &ex);
        }
        tell(p, v);
    }
    drop_first(p);
}

/* ---- what comes ------------------------------------------------------------------------------------------------ */

static void say_hello_soon(wf_publisher *p)
{
    p->welcome = false;
    p->n.connected = false;
    p->hello_us = 0;
    p->hellos = 0;
}

static void on_welcome(wf_publisher *p, const void *bytes, size_t n)
{
    wf_welcome w;
    if (wf_frame_read_welcome(bytes, n, &w, NULL) != WF_OK)
        return;
    uint64_t settled = p->first != NULL ? p->first->ticket - 1 : p->batch != NULL ? p->batch->ticket - 1 : p->ticket;
    if (!p->based) {
        p->base = w.durable;
        p->based = true;
    }
    while (p->first != NULL && number_of(p, p->first) + p->first->count - 1 <= w.durable)
        settle_first(p, NULL);
    if (w.durable < p->base + settled) {                         /* what was settled is gone: number on from there */
        p->n.forgotten += p->base + settled - w.durable;
        p->base = w.durable - settled;
    }
    rewind_all(p);
    p->credit_events = w.credit_events;
    p->credit_bytes = w.credit_bytes;
    p->hello_us = wf_now_us() + RESEND_US;
    p->welcome = p->n.connected = true;
    p->gap = 0;
    p->n.welcomes++;
}

static void on_reply(wf_publisher *p, const void *bytes, size_t n)
{
    wf_reply r;
    if (wf_frame_read_reply(bytes, n, &r, NULL) != WF_OK || !wf_str_eq(r.source, wf_str_of(p->source)) || r.epoch != p->epoch)
        return;
    p->credit_events = r.credit_events;
    p->hello_us = wf_now_us() + RESEND_US;
    while (p->first != NULL && p->first->sent_us != 0 && number_of(p, p->first) < r.first)
        settle_first(p, NULL);   /* its own reply was lost; a later frame is on disk, so it is */
    frame *f = p->first;
    if (f == NULL || number_of(p, f) != r.first || f->count != r.count)
        return;                  /* the answer to a frame that was sent twice */
    if (!f->again && f->sent_us != 0) {
        int64_t took = wf_now_us() - f->sent_us;
        p->n.reply_us += p->n.reply_us == 0 ? took : (took - p->n.reply_us) / 8;
    }
    p->gap = 0;
    p->n.waits_for[0] = '\0';
    settle_first(p, &r);
}

static void on_gap(wf_publisher *p, uint64_t expected)
{
    int64_t now = wf_now_us();
    if (p->gap == expected && now - p->gap_us < RESEND_US)
        return;                  /* one gap brings as many NACKs as frames were behind it */
    p->gap = expected;
    p->gap_us = now;
    if (p->first == NULL || number_of(p, p->first) != expected)
        say_hello_soon(p);
    else
        rewind_all(p);
}

static void on_nack(wf_publisher *p, const void *bytes, size_t n)
{
    static const wf_rc ends[WF_NACK_CODES] = {
        [WF_NACK_BAD_FRAME] = WF_MALFORMED, [WF_NACK_OVERSIZE] = WF_SIZE, [WF_NACK_VERSION] = WF_CONFIG,
        [WF_NACK_STALE_EPOCH] = WF_REUSED, [WF_NACK_DENIED] = WF_ENTITLED,
    };
    wf_nack m;
    if (wf_frame_read_nack(bytes, n, &m, NULL) != WF_OK)
        return;
    p->n.nacks++;
    if (m.code == WF_NACK_GAP)
        on_gap(p, m.expected);
    else if (m.code == WF_NACK_BUSY) {
        uint64_t ms = m.retry_ms < 10 ? 10 : m.retry_ms > 60000 ? 60000 : m.retry_ms;
        p->pause_us = wf_now_us() + (int64_t) ms * 1000;
        (void) snprintf(p->n.waits_for, sizeof p->n.waits_for, "%.*s", WF_STR_ARG(m.text));
        rewind_all(p);
    } else
        (void) wf_fail(&p->ended, ends[m.code], "the daemon ends the session, %s: %.*s", wf_nack_name(m.code), WF_STR_ARG(m.text));
}

static wf_rc take_all(wf_publisher *p, wf_err *e)
{
    wf_rc rc;
    do {
        zmq_msg_t msg;
        (void) zmq_msg_init(&msg);
        rc = wf_link_receive(&p->link, NULL, &msg, e);
        if (rc == WF_OK) {
            const void *bytes = zmq_msg_data(&msg);
            size_t n = zmq_msg_size(&msg);
            wf_message_kind kind = wf_frame_kind(bytes, n);
            if (kind == WF_MSG_REPLY) on_reply(p, bytes, n);
            else if (kind == WF_MSG_WELCOME) on_welcome(p, bytes, n);
            else if (kind == WF_MSG_NACK) on_nack(p, bytes, n);
        }
        (void) zmq_msg_close(&msg);
    } while (rc == WF_OK);
    return rc == WF_ABSENT ? WF_OK : rc;
}

/* ---- what goes ------------------------------------------------------------------------------------------------- */

static int64_t resend_after(const wf_publisher *p) { return 4 * p->n.reply_us > RESEND_US ? 4 * p->n.reply_us : RESEND_US; }

/* A frame that waits too long puts the session in doubt: HELLO first, then what the WELCOME leaves. Without any credit
 * a HELLO a second asks for some. */
static wf_rc say_hello(wf_publisher *p, int64_t now, wf_err *e)
{
    bool overdue = p->first != NULL && p->first->sent_us != 0 && now - p->first->sent_us > resend_after(p);
    bool starved = p->first != NULL && p->credit_events == 0 && p->way_events == 0 && now >= p->hello_us;
    if (p->welcome && (overdue || starved))
        say_hello_soon(p);
    if (p->welcome || now < p->hello_us)
        return WF_OK;
    uint64_t next = p->first != NULL ? p->first->ticket : p->batch != NULL ? p->batch->ticket : p->ticket + 1;
    wf_hello m = { wf_str_of(p->source), p->epoch, WF_PROTOCOL_VERSION, p->based ? p->base + next : 0 };
    uint8_t buf[WF_EVENTS_HEAD_MAX + WF_SOURCE_MAX];
    wf_rc rc = wf_link_send(&p->link, buf, wf_frame_hello(&m, buf, sizeof buf), e);
    if (rc == WF_BUSY) {
        p->hello_us = now + 20000;                               /* not connected yet */
        return WF_OK;
    }
    p->hello_us = now + ((int64_t) FIRST_HELLO_US << (p->hellos < 4 ? p->hellos : 4));
    p->hellos++;
    return rc;
}

static bool within_credit(const wf_publisher *p, const frame *f)
{
    if (p->credit_events == 0)
        return false;
    return p->way_events == 0
           || (p->way_events + f->count <= p->credit_events && p->way_bytes + f->size <= p->credit_bytes);
}

/* *full: the socket takes no more now. */
static wf_rc send_all(wf_publisher *p, int64_t now, bool *full, wf_err *e)
{
    while (p->welcome && now >= p->pause_us && p->unsent != NULL && within_credit(p, p->unsent)) {
        frame *f = p->unsent;
        uint8_t *body = f->buf + WF_EVENTS_HEAD_MAX;
        size_t head = wf_frame_events_head(wf_str_of(p->source), p->epoch, number_of(p, f), f->count, body);
        wf_rc rc = wf_link_send(&p->link, body - head, head + f->size, e);
        if (rc == WF_BUSY) {
            *full = true;
            return WF_OK;
        }
        WF_TRY(rc);
        f->sent_us = now;
        p->n.frames++;
        p->n.resent += f->again;
        p->way_events += f->count;
        p->way_bytes += f->size;
        p->unsent = f->next;
    }
    return WF_OK;
}

static wf_rc turn(wf_publisher *p, bool *full, wf_err *e)
{
    WF_TRY(take_all(p, e));
    if (p->ended.rc != WF_OK)
        return wf_fail(e, p->ended.rc, "%s", p->ended.text);
    int64_t now = wf_now_us();
    WF_TRY(say_hello(p, now, e));
    return send_all(p, now, full, e);
}

/* Milliseconds until something is due that no message announces. */
static int due_ms(const wf_publisher *p, int64_t now)
{
    int64_t at = INT64_MAX;
    if (!p->welcome)
        at = p->hello_us;
    else if (p->first != NULL && p->first->sent_us != 0)
        at = p->first->sent_us + resend_after(p);
    if (p->unsent != NULL && p->pause_us > now && p->pause_us < at)
        at = p->pause_us;
    if (at == INT64_MAX)
        return 1000;
    return at <= now ? 1 : at - now > 1000000 ? 1000 : (int) ((at - now) / 1000) + 1;
}

/* One turn, and if it brought nothing one wait of at most timeout_ms (-1: none given) and another turn. */
static wf_rc pump(wf_publisher *p, int timeout_ms, wf_err *e)
{
    bool full = false;
    uint64_t before = p->n.unsettled, welcomes = p->n.welcomes;
    WF_TRY(turn(p, &full, e));
    if (timeout_ms == 0 || p->n.unsettled != before || p->n.welcomes != welcomes)
        return WF_OK;
    int due = due_ms(p, wf_now_us());
    if (timeout_ms > 0 && timeout_ms < due)
        due = timeout_ms;
    wf_rc rc = wf_link_wait(&p->link, (short) (ZMQ_POLLIN | (full ? ZMQ_POLLOUT : 0)), due, e);
    if (rc != WF_OK)
        return rc == WF_ABSENT ? turn(p, &full, e) : rc;
    return turn(p, &full, e);
}

static int left_ms(int64_t until_us)
{
    int64_t left = until_us - wf_now_us();
    return left <= 0 ? 0 : left > 1000000 ? 1000 : (int) (left / 1000) + 1;
}

/* ---- the door -------------------------------------------------------------------------------------------------- */

static bool source_is_sound(const char *s)
{
    size_t n = s == NULL ? 0 : strlen(s);
    return n > 0 && n <= WF_SOURCE_MAX && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

static uint64_t clock_ms(void)
{
    struct timespec t;
    (void) clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t) t.tv_sec * 1000 + (uint64_t) t.tv_nsec / 1000000;
}

wf_rc wf_publisher_open(const wf_publisher_options *o, wf_publisher **ret, wf_err *e)
{
    const uint32_t most = WF_FRAME_BYTES_MAX - WF_EVENTS_HEAD_MAX;
    if (!source_is_sound(o->source))
        return wf_fail(e, WF_CONFIG, "a source is 1 to %d of a-z 0-9 _ -", WF_SOURCE_MAX);
    if (o->batch_events > WF_FRAME_EVENTS_MAX || o->batch_bytes > WF_FRAME_BYTES_MAX || o->epoch > INT64_MAX)
        return wf_fail(e, WF_CONFIG, "at most %d events and %d bytes a batch", WF_FRAME_EVENTS_MAX, WF_FRAME_BYTES_MAX);
    wf_link link;
    WF_TRY(wf_link_open(o->context, ZMQ_DEALER, o->endpoint, WF_WINDOW_EVENTS_MAX, &link, e));
    wf_publisher *p = calloc(1, sizeof *p);
    WF_ASSERT(p != NULL);
    p->link = link;
    memcpy(p->source, o->source, strlen(o->source));
    p->epoch = o->epoch != 0 ? o->epoch : clock_ms();
    p->batch_events = o->batch_events != 0 ? o->batch_events : 512;
    p->batch_bytes = o->batch_bytes != 0 ? o->batch_bytes : 131072;
    p->batch_bytes = p->batch_bytes > most ? most : p->batch_bytes;
    p->window = o->window_events != 0 && o->window_events < WF_WINDOW_EVENTS_MAX ? o->window_events : WF_WINDOW_EVENTS_MAX;
    p->nonblocking = o->nonblocking;
    p->wait_ms = o->wait_ms;
    p->all_verdicts = o->all_verdicts;
    p->verdict = o->verdict;
    p->ctx = o->ctx;
    p->end = &p->first;
    *ret = p;
    return WF_OK;
}

void wf_publisher_free(wf_publisher **pp)
{
    wf_publisher *p = *pp;
    if (p == NULL)
        return;
    wf_link_close(&p->link);
    free_frames(&p->batch);
    free_frames(&p->first);
    free_frames(&p->spare);
    free(p);
    *pp = NULL;
}

/* Room for one event more in the window. */
static wf_rc make_room(wf_publisher *p, wf_err *e)
{
    bool full = false;
    if (p->n.unsettled < p->window)
        return WF_OK;
    seal(p);
    WF_TRY(turn(p, &full, e));
    int64_t until = p->wait_ms > 0 ? wf_now_us() + (int64_t) p->wait_ms * 1000 : INT64_MAX;
    while (p->n.unsettled >= p->window) {
        if (p->nonblocking || wf_now_us() >= until)
            return wf_fail(e, WF_BUSY, "%llu events wait for their reply", (unsigned long long) p->n.unsettled);
        WF_TRY(pump(p, until == INT64_MAX ? 1000 : left_ms(until), e));
    }
    return WF_OK;
}

wf_rc wf_publisher_publish_encoded(wf_publisher *p, const void *bytes, size_t n, wf_err *e)
{
    if (p->ended.rc != WF_OK)
        return wf_fail(e, p->ended.rc, "%s", p->ended.text);
    if (n == 0 || n > WF_EVENT_BYTES_MAX)
        return wf_fail(e, WF_SIZE, "an event of %zu bytes, not 1 to %d", n, WF_EVENT_BYTES_MAX);
    WF_TRY(make_room(p, e));
    if (p->batch != NULL && p->batch->size + n + 5 > p->batch_bytes)
        seal(p);
    append(p, bytes, n);
    if (p->batch->count >= p->batch_events || p->batch->size + 64 > p->batch_bytes) {
        bool full = false;
        seal(p);
        /* the event is taken: what goes wrong now is told by the next call */
        wf_err later;
        wf_rc rc = turn(p, &full, &later);
        if (rc != WF_OK && p->ended.rc == WF_OK)
            p->ended = later;
    }
    return WF_OK;
}

wf_rc wf_publisher_publish(wf_publisher *p, const wf_event *ev, wf_err *e)
{
    uint8_t buf[WF_EVENT_BYTES_MAX];
    size_t n = wf_event_encode(ev, buf, sizeof buf);
    if (n == 0)
        return wf_fail(e, WF_SIZE, "an event of more than %d bytes", WF_EVENT_BYTES_MAX);
    return wf_publisher_publish_encoded(p, buf, n, e);
}

wf_rc wf_publisher_poll(wf_publisher *p, int timeout_ms, wf_err *e)
{
    seal(p);
    return pump(p, timeout_ms, e);
}

wf_rc wf_publisher_flush(wf_publisher *p, int timeout_ms, wf_err *e)
{
    int64_t until = timeout_ms >= 0 ? wf_now_us() + (int64_t) timeout_ms * 1000 : INT64_MAX;
    seal(p);
    while (p->n.unsettled > 0) {
        int wait = until == INT64_MAX ? 1000 : left_ms(until);
        WF_TRY(pump(p, wait, e));
        if (p->n.unsettled > 0 && wf_now_us() >= until)
            return wf_fail(e, WF_BUSY, "%llu events have no reply yet", (unsigned long long) p->n.unsettled);
    }
    return WF_OK;
}

void wf_publisher_count(const wf_publisher *p, wf_publisher_counters *ret) { *ret = p->n; }
