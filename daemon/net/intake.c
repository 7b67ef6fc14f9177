#include "net/intake.h"
#include "net/log.h"
#include "frame.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define SOURCES 8192u                   /* places; at most half are taken, then the table starts anew */
#define OUTCOMES (WF_TURN_EVENTS + 1)
#define EXCEPTIONS (WF_TURN_EVENTS + WF_FRAME_EVENTS_MAX)
#define REPLY_BYTES (64 + 300 * WF_FRAME_EVENTS_MAX)
#define ALL_EVENTS (8u << 20)      /* unacknowledged, of all sources together */
#define BUSY_MS 1000                    /* a publisher that is told to wait asks again then */
#define TELL_MS 10000                   /* one log line a source in this time */

/* What is known of a source's sessions: a cache of the store's watermarks. */
typedef struct source {
    char name[WF_SOURCE_MAX + 1];
    uint8_t length;
    bool touched;                       /* `taken` is to be written with this group */
    uint64_t epoch;                     /* newest that has been heard */
    uint64_t taken;                     /* highest message number taken in it, this group's included */
    uint64_t durable;                   /* the same on disk */
    uint64_t beyond;                    /* acknowledged to it, as its HELLO says, and not here */
    uint64_t refused, told_ms;          /* not yet logged; when it was last */
    wf_rc why;
} source;

typedef enum outcome_kind { A_WELCOME, A_REPLY, A_NACK } outcome_kind;

typedef struct outcome {
    outcome_kind kind;
    bool delimiter;                     /* an empty frame stood before the payload and goes back */
    uint8_t id_length, id[255];
    source *from;
    uint64_t epoch, first, count, known, sequence;
    uint32_t exception, exceptions;
    wf_nack_code code;
    uint64_t expected;
    char text[sizeof ((wf_err *) NULL)->text];
} outcome;

struct wf_intake {
    void *socket;
    char bound[WF_ENDPOINT_TEXT];
    wf_store *store;
    uint64_t credit;
    const char *paused;                 /* why, or NULL */
    zmq_msg_t id, payload;
    source *sources;
    unsigned source_count;
    pthread_mutex_t lock;               /* epoch and durable of sources, for other threads */
    outcome *outcomes;
    unsigned outcome_count;
    wf_exception *exceptions;
    char (*texts)[160];                 /* one for each exception */
    uint32_t exception_count;
    uint64_t refused, told_ms;          /* frames not yet logged; when it was last */
    uint8_t *buf;
};

wf_rc wf_intake_open(void *context, const wf_endpoint_setting *setting, wf_store *store, uint32_t credit, wf_intake **ret, wf_err *e)
{
    wf_intake *in = calloc(1, sizeof *in);
    WF_ASSERT(in);
    in->store = store;
    in->credit = credit > 0 && credit < WF_WINDOW_EVENTS_MAX ? credit : WF_WINDOW_EVENTS_MAX;
    in->sources = calloc(SOURCES, sizeof *in->sources);
    in->outcomes = calloc(OUTCOMES, sizeof *in->outcomes);
    in->exceptions = calloc(EXCEPTIONS, sizeof *in->exceptions);
    in->texts = calloc(EXCEPTIONS, sizeof *in->texts);
    in->buf = malloc(REPLY_BYTES);
    WF_ASSERT(in->sources && in->outcomes && in->exceptions && in->texts && in->buf);
    pthread_mutex_init(&in->lock, NULL);
    zmq_msg_init(&in->id);
    zmq_msg_init(&in->payload);
    wf_rc rc = wf_access_bind(context, ZMQ_ROUTER, WF_EP_INTAKE, setting, &in->socket, in->bound, e);
    if (rc != WF_OK)
        wf_intake_close(&in);
    else
        *ret = in;
    return rc;
}

void wf_intake_close(wf_intake **p)
{
    wf_intake *in = *p;
    if (!in)
        return;
    *p = NULL;
    wf_access_close(&in->socket, in->bound);
    zmq_msg_close(&in->id);
    zmq_msg_close(&in->payload);
    pthread_mutex_destroy(&in->lock);
    free(in->sources);
    free(in->outcomes);
    free(in->exceptions);
    free(in->texts);
    free(in->buf);
    free(in);
}

void *wf_intake_socket(wf_intake *in) { return in->socket; }
void wf_intake_pause(wf_intake *in, const char *why) { in->paused = why; }

/* ---- sessions -------------------------------------------------------------------------------------------------- */

static source *place(wf_intake *in, wf_str name)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (uint8_t) name.p[i]) * 16777619u;
    source *s = &in->sources[h & (SOURCES - 1)];
    while (s->length > 0 && (s->length != name.n || memcmp(s->name, name.p, name.n) != 0))
        s = s == &in->sources[SOURCES - 1] ? in->sources : s + 1;
    return s;
}

/* The source's sessions as the store knows them; read once, then kept. */
static wf_rc find(wf_intake *in, wf_group *g, wf_str name, source **ret, wf_err *e)
{
    source *s = place(in, name);
    if (s->length == 0) {
        uint64_t epoch, taken = 0;
        WF_TRY(wf_group_need(g, e));
        WF_TRY(wf_store_epoch(in->store, name, &epoch, e));
        if (epoch > 0)
            WF_TRY(wf_engine_watermark(g->engine, name, epoch, &taken, e));
        pthread_mutex_lock(&in->lock);
        memcpy(s->name, name.p, name.n);
        s->length = (uint8_t) name.n;
        s->epoch = epoch;
        s->taken = s->durable = taken;
        pthread_mutex_unlock(&in->lock);
        in->source_count++;
    }
    *ret = s;
    return WF_OK;
}

bool wf_intake_session(wf_intake *in, wf_str name, uint64_t *epoch, uint64_t *durable, uint64_t *beyond)
{
    if (name.n == 0 || name.n > WF_SOURCE_MAX)
        return false;
    pthread_mutex_lock(&in->lock);
    const source *s = place(in, name);
    bool known = s->length > 0;
    if (known) {
        *epoch = s->epoch;
        *durable = s->durable;
        *beyond = s->beyond;
    }
    pthread_mutex_unlock(&in->lock);
    return known;
}

/* Only between groups: outcomes point into the table. */
static void forget_sources_if_many(wf_intake *in)
{
    if (in->source_count < SOURCES / 2)
        return;
    pthread_mutex_lock(&in->lock);
    memset(in->sources, 0, SOURCES * sizeof *in->sources);
    in->source_count = 0;
    pthread_mutex_unlock(&in->lock);
}

static wf_rc write_watermark(wf_group *g, source *s, wf_err *e)
{
    if (!s->touched)
        return WF_OK;
    s->touched = false;
    return wf_engine_watermark_set(g->engine, (wf_str) { s->name, s->length }, s->epoch, s->taken, e);
}

/* A later epoch ends the earlier ones: their numbers mean nothing any more. */
static wf_rc enter(wf_intake *in, wf_group *g, source *s, uint64_t epoch, wf_err *e)
{
    if (epoch <= s->epoch)
        return WF_OK;
    WF_TRY(write_watermark(g, s, e));
    pthread_mutex_lock(&in->lock);
    s->epoch = epoch;
    s->taken = s->durable = 0;
    pthread_mutex_unlock(&in->lock);
    s->touched = true;                  /* kept from now on, though nothing has been sent in it yet */
    return wf_group_need(g, e);
}

/* ---- taking ---------------------------------------------------------------------------------------------------- */

static void nack(outcome *o, wf_nack_code code, uint64_t expected, const char *text)
{
    o->kind = A_NACK;
    o->code = code;
    o->expected = expected;
    snprintf(o->text, sizeof o->text, "%s", text);
}

static bool stale(outcome *o, const source *s, uint64_t epoch)
{
    if (epoch >= s->epoch)
        return false;
    nack(o, WF_NACK_STALE_EPOCH, s->epoch, "the source has been heard in a later epoch");
    return true;
}

/* A session that goes on at `next` has been acknowledged all before it. If that is not here, the store is an older one:
 * it was restored. The publisher numbers on from what is here, so it is told of once. */
static void note_beyond(wf_intake *in, source *s, uint64_t next)
{
    if (next <= s->taken + 1)
        return;
    pthread_mutex_lock(&in->lock);
    s->beyond += next - 1 - s->taken;
    pthread_mutex_unlock(&in->lock);
    wf_log(SOURCE_BEYOND, s->length, s->name, next - 1 - s->taken);
}

static wf_rc take_hello(wf_intake *in, wf_group *g, const void *bytes, size_t n, outcome *o, wf_err *e)
{
    wf_hello m;
    wf_err why;
    if (wf_frame_read_hello(bytes, n, &m, &why) != WF_OK) {
        nack(o, WF_NACK_BAD_FRAME, 0, why.text);
        return WF_OK;
    }
    if (m.version != WF_PROTOCOL_VERSION) {
        nack(o, WF_NACK_VERSION, WF_PROTOCOL_VERSION, "this protocol version is not spoken here");
        return WF_OK;
    }
    WF_TRY(find(in, g, m.source, &o->from, e));
    if (stale(o, o->from, m.epoch))
        return WF_OK;
    WF_TRY(enter(in, g, o->from, m.epoch, e));
    note_beyond(in, o->from, m.next);
    o->kind = A_WELCOME;
    return WF_OK;
}

/* Refusals and duplicates are named in the reply, one by one. */
static void note_exception(wf_intake *in, outcome *o, uint32_t index, const wf_verdict *v)
{
    uint32_t at = in->exception_count++;
    wf_exception *x = &in->exceptions[at];
    *x = (wf_exception) { .index = index, .kind = v->code == WF_DUPLICATE ? WF_EX_DUPLICATE : WF_EX_REFUSED, .sequence = v->sequence };
    if (v->code == WF_REFUSED) {
        size_t length = strnlen(v->text, sizeof in->texts[at]);
        memcpy(in->texts[at], v->text, length);
        x->reason = v->reason;
        x->text = (wf_str) { in->texts[at], length };
        o->from->refused++;
        o->from->why = v->reason;       /* not the sentence: it may show what somebody put where an id belongs */
    }
    o->exceptions++;
}

static wf_rc offer_each(wf_intake *in, wf_group *g, wf_events *m, outcome *o, wf_err *e)
{
    wf_verdict v;
    wf_str event, coming;
    wf_events ahead = *m;
    for (uint32_t i = 0; i < o->known; i++)
        (void) wf_events_next(&ahead, &coming);
    for (uint32_t i = 0; i < WF_EXPECT_AHEAD && wf_events_next(&ahead, &coming); i++)
        wf_engine_expect(g->engine, coming.p, coming.n);
    for (uint32_t index = 0; wf_events_next(m, &event); index++) {
        if (index < o->known)
            continue;
        if (wf_events_next(&ahead, &coming))
            wf_engine_expect(g->engine, coming.p, coming.n);
        WF_TRY(wf_engine_offer(g->engine, event.p, event.n, &v, e));
        if (__builtin_expect(v.code != WF_DUPLICATE, 1) && o->sequence == 0)
            o->sequence = v.sequence;
        if (__builtin_expect(v.code != WF_ACCEPTED, 0))
            note_exception(in, o, index, &v);
    }
    g->events += (unsigned) (o->count - o->known);
    return wf_engine_frame_end(g->engine, e);
}

static wf_rc take_events(wf_intake *in, wf_group *g, const void *bytes, size_t n, outcome *o, wf_err *e)
{
    wf_events m;
    wf_err why;
    wf_rc rc = wf_frame_read_events(bytes, n, &m, &why);
    if (rc != WF_OK) {
        nack(o, rc == WF_SIZE ? WF_NACK_OVERSIZE : WF_NACK_BAD_FRAME, 0, why.text);
        return WF_OK;
    }
    WF_TRY(find(in, g, m.source, &o->from, e));
    source *s = o->from;
    if (stale(o, s, m.epoch))
        return WF_OK;
    WF_TRY(enter(in, g, s, m.epoch, e));
    if (m.first > s->taken + 1) {
        nack(o, WF_NACK_GAP, s->taken + 1, "message numbers are missing before this frame");
        return WF_OK;
    }
    uint64_t end = m.first + m.count - 1;
    o->kind = A_REPLY;
    o->epoch = m.epoch;
    o->first = m.first;
    o->count = m.count;
    o->known = end <= s->taken ? m.count : s->taken + 1 - m.first;
    o->exception = in->exception_count;
    if (o->known == o->count)
        return WF_OK;
    WF_TRY(wf_group_need(g, e));
    WF_TRY(offer_each(in, g, &m, o, e));
    s->taken = end;
    s->touched = true;
    return WF_OK;
}

/* One message: [routing id] ([empty]) [payload]. False: none waits. */
static bool receive(wf_intake *in, outcome *o, bool *whole)
{
    if (zmq_msg_recv(&in->id, in->socket, ZMQ_DONTWAIT) < 0)
        return false;
    unsigned parts = 1;
    o->delimiter = false;
    while (zmq_msg_more(parts == 1 ? &in->id : &in->payload)) {
        if (zmq_msg_recv(&in->payload, in->socket, 0) < 0)
            return false;
        if (++parts == 2 && zmq_msg_size(&in->payload) == 0 && zmq_msg_more(&in->payload)) {
            o->delimiter = true;
            parts--;
        }
    }
    *whole = parts == 2;
    o->id_length = (uint8_t) zmq_msg_size(&in->id);
    memcpy(o->id, zmq_msg_data(&in->id), o->id_length);
    return true;
}

static wf_rc take_one(wf_intake *in, wf_group *g, outcome *o, bool whole, wf_err *e)
{
    const void *bytes = zmq_msg_data(&in->payload);
    size_t n = zmq_msg_size(&in->payload);
    wf_message_kind kind = whole ? wf_frame_kind(bytes, n) : WF_MSG_NONE;
    if (in->paused && (kind == WF_MSG_EVENTS || kind == WF_MSG_HELLO))
        nack(o, WF_NACK_BUSY, 0, in->paused);
    else if (kind == WF_MSG_EVENTS)
        WF_TRY(take_events(in, g, bytes, n, o, e));
    else if (kind == WF_MSG_HELLO)
        WF_TRY(take_hello(in, g, bytes, n, o, e));
    else
        nack(o, WF_NACK_BAD_FRAME, 0, whole ? "neither HELLO nor EVENTS" : "a message is one frame");
    return WF_OK;
}

static wf_rc write_watermarks(wf_intake *in, wf_group *g, wf_err *e)
{
    for (unsigned i = 0; i < in->outcome_count; i++) {
        if (in->outcomes[i].from)
            WF_TRY(write_watermark(g, in->outcomes[i].from, e));
    }
    return WF_OK;
}

wf_rc wf_intake_take(wf_intake *in, wf_group *g, bool *more, wf_err *e)
{
    size_t bytes = 0;
    unsigned before = g->events;
    in->outcome_count = 0;
    in->exception_count = 0;
    forget_sources_if_many(in);
    *more = true;
    while (in->outcome_count < OUTCOMES && g->events - before < WF_TURN_EVENTS && bytes < WF_TURN_BYTES) {
        outcome *o = &in->outcomes[in->outcome_count];
        bool whole = false;
        if (!receive(in, o, &whole)) {
            *more = false;
            break;
        }
        o->from = NULL;
        o->sequence = 0;
        o->exceptions = 0;
        bytes += zmq_msg_size(&in->payload);
        WF_TRY(take_one(in, g, o, whole, e));
        in->outcome_count++;
    }
    return write_watermarks(in, g, e);
}

/* ---- replying -------------------------------------------------------------------------------------------------- */

/* The sum over all sources stays within the memory that frames on their way may take. */
static uint64_t credit_now(const wf_intake *in)
{
    uint64_t each = (uint64_t) ALL_EVENTS / (in->source_count > 0 ? in->source_count : 1);
    return each < in->credit ? each : in->credit;
}

static size_t build(wf_intake *in, const outcome *o)
{
    if (o->kind == A_WELCOME) {
        wf_welcome m = {
            .version = WF_PROTOCOL_VERSION, .durable = o->from->durable, .credit_events = credit_now(in),
            .credit_bytes = WF_WINDOW_BYTES_MAX, .max_event = WF_EVENT_BYTES_MAX, .max_frame = WF_FRAME_BYTES_MAX,
            .max_events = WF_FRAME_EVENTS_MAX, .store = wf_str_of(wf_store_id(in->store)),
            .instance = wf_store_instance(in->store),
        };
        return wf_frame_welcome(&m, in->buf, REPLY_BYTES);
    }
    if (o->kind == A_NACK) {
        wf_nack m = { o->code, o->expected, o->code == WF_NACK_BUSY ? BUSY_MS : 0, wf_str_of(o->text) };
        return wf_frame_nack(&m, in->buf, REPLY_BYTES);
    }
    wf_reply m = {
        .source = { o->from->name, o->from->length }, .epoch = o->epoch, .first = o->first, .count = o->count,
        .known = o->known, .sequence = o->sequence, .exceptions = o->exceptions, .credit_events = credit_now(in),
    };
    return wf_frame_reply(&m, &in->exceptions[o->exception], in->buf, REPLY_BYTES);
}

/* A publisher that has gone, or does not read, asks again when it comes back; nothing waits for it. */
static void send_one(wf_intake *in, const outcome *o)
{
    size_t n = build(in, o);
    WF_ASSERT(n > 0);
    if (zmq_send(in->socket, o->id, o->id_length, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return;
    if (o->delimiter)
        (void) zmq_send(in->socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    (void) zmq_send(in->socket, in->buf, n, ZMQ_DONTWAIT);
}

static void tell_refusals(source *s, uint64_t now_ms)
{
    if (s->refused == 0 || (s->told_ms > 0 && now_ms - s->told_ms < TELL_MS))
        return;
    wf_log(EVENTS_REFUSED, s->refused, s->length, s->name, wf_rc_text(s->why));
    s->refused = 0;
    s->told_ms = now_ms;
}

/* A publisher that resends is ordinary; one that speaks otherwise than agreed is told, seldom. */
static void tell_nacks(wf_intake *in, const outcome *o, uint64_t now_ms)
{
    if (o->kind != A_NACK || o->code == WF_NACK_GAP || o->code == WF_NACK_BUSY)
        return;
    in->refused++;
    if (in->told_ms > 0 && now_ms - in->told_ms < TELL_MS)
        return;
    if (o->code == WF_NACK_STALE_EPOCH)
        wf_log(STALE_EPOCH, o->from->length, o->from->name, o->expected);
    else
        wf_log(FRAME_REFUSED, in->refused, "intake", o->text);
    in->refused = 0;
    in->told_ms = now_ms;
}

void wf_intake_reply(wf_intake *in, uint64_t now_ms)
{
    pthread_mutex_lock(&in->lock);
    for (unsigned i = 0; i < in->outcome_count; i++)
        if (in->outcomes[i].from)
            in->outcomes[i].from->durable = in->outcomes[i].from->taken;
    pthread_mutex_unlock(&in->lock);
    for (unsigned i = 0; i < in->outcome_count; i++) {
        send_one(in, &in->outcomes[i]);
        tell_nacks(in, &in->outcomes[i], now_ms);
        if (in->outcomes[i].from)
            tell_refusals(in->outcomes[i].from, now_ms);
    }
    in->outcome_count = 0;
}
