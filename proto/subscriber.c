#include <workforce/subscriber.h>

#include "frame.h"
#include "socket.h"

#include <stdlib.h>
#include <string.h>

#define ASK_ALERTS 4096          /* at a time */
#define SEEN_MAX 262144          /* topics whose losses are watched */

/* What was last delivered on a topic. */
typedef struct seen {
    uint64_t number;             /* of the stream; 0: only asked for so far */
    uint64_t sequence;           /* figures */
    uint8_t length;              /* 0: the place is free */
    char topic[WF_TOPIC_BYTES_MAX];
} seen;

/* A row that was asked for and waits to be delivered, as bytes. */
typedef struct waiting { struct waiting *next; size_t n; uint8_t bytes[]; } waiting;

struct wf_subscriber {
    wf_link link;
    wf_query *query;
    char **topics;
    size_t topic_count;
    bool figures_first, only_new;
    int timeout_ms;

    bool current;                /* caught up; always so without `query` */
    bool more_alerts;            /* the last answer was cut at ASK_ALERTS */
    bool lost;                   /* tell it with the next message */
    bool beaten;                 /* a beat has come in this subscription */
    wf_beat beat;                /* the first one, later the last one */
    uint64_t started;            /* stream number at the first beat: what is later on our topics must arrive */
    uint64_t cursor;             /* every alert up to here was delivered, waits here, or is on other topics */
    uint64_t told;               /* highest alert number that we have heard of */
    seen *seen;                  /* open addressing: `places` of them, a power of two, at most half taken */
    size_t places, taken;
    waiting *first, **end;
    uint64_t asked;              /* rows of the answer that is being read */

    zmq_msg_t topic_msg, msg;    /* hold the text of what was delivered last */
    waiting *held;
    char topic[WF_TOPIC_BYTES_MAX + 1];
};

/* ---- opening and ending ---------------------------------------------------------------------------------------- */

static wf_rc copy_topics(wf_subscriber *s, const char *const *topics, wf_err *e)
{
    while (topics != NULL && topics[s->topic_count] != NULL)
        if (strlen(topics[s->topic_count++]) > WF_TOPIC_MAX)
            return wf_fail(e, WF_CONFIG, "a topic is longer than %d bytes", WF_TOPIC_MAX);
    if (s->topic_count > WF_LIST_MAX)
        return wf_fail(e, WF_CONFIG, "more than %d topics", WF_LIST_MAX);
    s->topics = calloc(s->topic_count + 1, sizeof *s->topics);
    WF_ASSERT(s->topics != NULL);
    for (size_t i = 0; i < s->topic_count; i++) {
        s->topics[i] = strdup(topics[i]);
        WF_ASSERT(s->topics[i] != NULL);
    }
    return WF_OK;
}

/* The beat comes last: when one arrives, the subscriptions before it are in force. */
static wf_rc subscribe(wf_subscriber *s, wf_err *e)
{
    bool ok = true;
    for (size_t i = 0; i < s->topic_count; i++)
        ok = ok && zmq_setsockopt(s->link.socket, ZMQ_SUBSCRIBE, s->topics[i], strlen(s->topics[i])) == 0;
    if (s->topic_count == 0)
        ok = zmq_setsockopt(s->link.socket, ZMQ_SUBSCRIBE, "", 0) == 0;
    ok = ok && zmq_setsockopt(s->link.socket, ZMQ_SUBSCRIBE, WF_TOPIC_BEAT, strlen(WF_TOPIC_BEAT)) == 0;
    return ok ? WF_OK : wf_fail(e, WF_SYSTEM, "zmq_setsockopt: %s", zmq_strerror(zmq_errno()));
}

wf_rc wf_subscriber_open(const wf_subscriber_options *o, wf_subscriber **ret, wf_err *e)
{
    wf_subscriber *s = calloc(1, sizeof *s);
    WF_ASSERT(s != NULL);
    (void) zmq_msg_init(&s->topic_msg);
    (void) zmq_msg_init(&s->msg);
    s->end = &s->first;
    s->figures_first = !o->no_figures_first;
    s->only_new = o->since == UINT64_MAX;
    s->cursor = s->only_new ? 0 : o->since;
    s->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : 5000;
    s->current = o->query == NULL;
    wf_rc rc = copy_topics(s, o->topics, e);
    if (rc == WF_OK)
        rc = wf_link_open(o->context, ZMQ_SUB, o->endpoint, 100000, &s->link, e);
    if (rc == WF_OK)
        rc = subscribe(s, e);
    if (rc == WF_OK && o->query != NULL)
        rc = wf_query_open(&(wf_query_options) { .endpoint = o->query, .context = o->context, .timeout_ms = s->timeout_ms }, &s->query, e);
    if (rc != WF_OK) {
        wf_subscriber_free(&s);
        return rc;
    }
    *ret = s;
    return WF_OK;
}

static void forget_topics(wf_subscriber *s)
{
    free(s->seen);
    s->seen = NULL;
    s->places = s->taken = 0;
}

void wf_subscriber_free(wf_subscriber **p)
{
    wf_subscriber *s = *p;
    if (s == NULL)
        return;
    forget_topics(s);
    for (waiting *w = s->first, *next; w != NULL; w = next) {
        next = w->next;
        free(w);
    }
    free(s->held);
    (void) zmq_msg_close(&s->topic_msg);
    (void) zmq_msg_close(&s->msg);
    for (size_t i = 0; s->topics != NULL && i < s->topic_count; i++)
        free(s->topics[i]);
    free(s->topics);
    wf_query_free(&s->query);
    wf_link_close(&s->link);
    free(s);
    *p = NULL;
}

uint64_t wf_subscriber_cursor(const wf_subscriber *s) { return s->cursor; }

/* ---- what was seen --------------------------------------------------------------------------------------------- */

static seen *place(const wf_subscriber *s, const char *topic, size_t n)
{
    uint32_t h = 2166136261u;                                    /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint8_t) topic[i]) * 16777619u;
    size_t at = h & (s->places - 1);
    while (s->seen[at].length != 0 && (s->seen[at].length != n || memcmp(s->seen[at].topic, topic, n) != 0))
        at = (at + 1) & (s->places - 1);
    return &s->seen[at];
}

static void grow(wf_subscriber *s)
{
    seen *old = s->seen;
    size_t places = s->places;
    s->places = places == 0 ? 256 : places * 2;
    s->seen = calloc(s->places, sizeof *s->seen);
    WF_ASSERT(s->seen != NULL);
    for (size_t i = 0; i < places; i++)
        if (old[i].length != 0)
            *place(s, old[i].topic, old[i].length) = old[i];
    free(old);
}

/* The topic's place, made if need be; NULL: no topic, or more than are watched. */
static seen *remember(wf_subscriber *s, wf_str topic)
{
    if (topic.n == 0 || topic.n > WF_TOPIC_BYTES_MAX)
        return NULL;
    if (2 * (s->taken + 1) > s->places && s->taken < SEEN_MAX)
        grow(s);
    seen *t = place(s, topic.p, topic.n);
    if (t->length == 0) {
        if (s->taken == SEEN_MAX)
            return NULL;
        memcpy(t->topic, topic.p, topic.n);
        t->length = (uint8_t) topic.n;
        s->taken++;
    }
    return t;
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

static wf_rc keep_row(void *ctx, const wf_row *row, wf_err *e)
{
    wf_subscriber *s = ctx;
    uint8_t buf[WF_ROW_BYTES_MAX + 16];
    wf_out o = wf_out_to(buf, sizeof buf);
    wf_put_row(&o, row->kind, &row->as);
    size_t n = wf_out_length(&o);
    if (n == 0)
        return wf_fail(e, WF_SIZE, "a row of more than %d bytes", WF_ROW_BYTES_MAX);
    waiting *w = malloc(sizeof *w + n);
    WF_ASSERT(w != NULL);
    w->next = NULL;
    w->n = n;
    memcpy(w->bytes, buf, n);
    *s->end = w;
    s->end = &w->next;
    return WF_OK;
}

static wf_rc keep_alert(void *ctx, const wf_row *row, wf_err *e)
{
    wf_subscriber *s = ctx;
    if (row->kind != WF_ROW_ALERT || row->as.alert.number <= s->cursor)
        return WF_OK;
    s->asked++;
    WF_TRY(keep_row(ctx, row, e));
    s->cursor = row->as.alert.number;
    return WF_OK;
}

static wf_rc keep_figure(void *ctx, const wf_row *row, wf_err *e)
{
    return row->kind == WF_ROW_FIGURE ? keep_row(ctx, row, e) : WF_OK;
}

/* Alerts after the cursor; all of them are there when fewer than ASK_ALERTS come. */
static wf_rc ask_alerts(wf_subscriber *s, wf_err *e)
{
    wf_question q = { .verb = WF_VERB_ALERTS, .given = 1u << WF_ARG_SINCE | 1u << WF_ARG_LIMIT, .since = s->cursor, .limit = ASK_ALERTS };
    for (size_t i = 0; i < s->topic_count; i++)
        q.prefixes.item[q.prefixes.n++] = wf_str_of(s->topics[i]);
    q.given |= s->topic_count > 0 ? 1u << WF_ARG_PREFIXES : 0;
    s->asked = 0;
    WF_TRY(wf_query_ask(s->query, &q, keep_alert, s, e));
    s->more_alerts = s->asked >= ASK_ALERTS;
    if (!s->more_alerts && s->told > s->cursor)
        s->cursor = s->told;     /* those between are on other topics */
    return WF_OK;
}

static wf_rc ask_figures(wf_subscriber *s, wf_err *e)
{
    wf_question q = { .verb = WF_VERB_LAST, .given = 1u << WF_ARG_PREFIXES };
    for (size_t i = 0; i < s->topic_count; i++)
        if (strncmp(s->topics[i], "alert", 5) != 0)
            q.prefixes.item[q.prefixes.n++] = wf_str_of(s->topics[i]);
    if (s->topic_count == 0)
        q.prefixes.item[q.prefixes.n++] = WF_STR("figure/");
    return q.prefixes.n == 0 ? WF_OK : wf_query_ask(s->query, &q, keep_figure, s, e);
}

/* ---- what comes live ------------------------------------------------------------------------------------------- */

/* Takes a beat; decides whether anything must be asked for. */
static void on_beat(wf_subscriber *s, const wf_beat *b)
{
    bool first = !s->beaten;
    if (!first && b->instance != s->beat.instance) {             /* the daemon began anew, and so did its numbers */
        forget_topics(s);
        s->started = 0;
        s->lost = true;
        s->current = s->query == NULL;
    }
    if (first)
        s->started = b->number;
    if (first && s->only_new)
        s->cursor = b->alert;
    if (b->alert > s->told)
        s->told = b->alert;
    s->beat = *b;
    s->beaten = true;
}

/* The message on this topic that the publisher sent before was not seen here. */
static bool is_gap(const wf_subscriber *s, const seen *t, wf_stream_head head)
{
    if (t != NULL && t->number != 0)
        return head.previous != t->number;
    return s->beaten && head.previous > s->started;
}

/* An alert whose number is not the next one: those between are lost or on other topics. Asking brings it again. */
static bool take_alert(wf_subscriber *s, uint64_t number)
{
    if (number <= s->cursor)
        return false;
    if (s->query != NULL && number != s->cursor + 1) {
        s->told = number > s->told ? number : s->told;
        return false;
    }
    s->cursor = number;
    return true;
}

/* A figure that is not older than what was asked for. After a loss all last values are asked for again. */
static bool take_figure(wf_subscriber *s, seen *t, const wf_figure *figure, bool first_live, bool lost)
{
    if (lost && s->query != NULL) {
        s->lost = true;
        s->current = false;
        return false;
    }
    if (t == NULL)
        return true;
    if (first_live && t->sequence != 0 && figure->sequence <= t->sequence)
        return false;
    t->sequence = figure->sequence;
    return true;
}

/* The message is to be delivered. */
static bool take_live(wf_subscriber *s, wf_stream_head head, wf_message *m)
{
    seen *t = remember(s, m->topic);
    bool lost = is_gap(s, t, head), first_live = t != NULL && t->number == 0;
    if (t != NULL)
        t->number = head.number;
    if (m->row.kind == WF_ROW_ALERT ? !take_alert(s, m->row.as.alert.number)
                                    : !take_figure(s, t, &m->row.as.figure, first_live, lost))
        return false;
    m->gap = s->lost || (lost && s->query == NULL);
    s->lost = false;
    return true;
}

/* One message from the stream. WF_ABSENT: nothing came, or nothing that is to be delivered. */
static wf_rc receive_live(wf_subscriber *s, int timeout_ms, wf_message *ret, wf_err *e)
{
    wf_stream_head head;
    WF_TRY(wf_link_wait(&s->link, ZMQ_POLLIN, timeout_ms, e));
    WF_TRY(wf_link_receive(&s->link, &s->topic_msg, &s->msg, e));
    WF_TRY(wf_frame_read_stream(zmq_msg_data(&s->msg), zmq_msg_size(&s->msg), &head, &ret->row, e));
    if (ret->row.kind == WF_ROW_BEAT)
        on_beat(s, &ret->row.as.beat);
    if (ret->row.kind != WF_ROW_FIGURE && ret->row.kind != WF_ROW_ALERT)
        return WF_ABSENT;
    if (s->query != NULL && !s->beaten)
        return WF_ABSENT;        /* before the beat: the answer will have it */
    ret->topic = (wf_str) { zmq_msg_data(&s->topic_msg), zmq_msg_size(&s->topic_msg) };
    ret->number = head.number;
    return take_live(s, head, ret) ? WF_OK : WF_ABSENT;
}

/* ---- catching up ----------------------------------------------------------------------------------------------- */

static int left_ms(int64_t until_us)
{
    int64_t left = until_us - wf_now_us();
    return left <= 0 ? 0 : left / 1000 > 1000 ? 1000 : (int) (left / 1000) + 1;
}

static wf_rc await_beat(wf_subscriber *s, wf_message *scratch, wf_err *e)
{
    int64_t until = wf_now_us() + (int64_t) s->timeout_ms * 1000;
    while (!s->beaten) {
        wf_rc rc = receive_live(s, left_ms(until), scratch, e);
        if (rc != WF_OK && rc != WF_ABSENT && rc != WF_MALFORMED)
            return rc;
        if (!s->beaten && wf_now_us() >= until)
            return wf_fail(e, WF_BUSY, "no beat of the stream within %d ms", s->timeout_ms);
    }
    return WF_OK;
}

static wf_rc catch_up(wf_subscriber *s, wf_message *scratch, wf_err *e)
{
    WF_TRY(await_beat(s, scratch, e));
    if (s->figures_first)
        WF_TRY(ask_figures(s, e));
    WF_TRY(ask_alerts(s, e));
    s->current = true;
    return WF_OK;
}

/* The oldest row that was asked for; WF_ABSENT when it is older than what was delivered on its topic. */
static wf_rc deliver_waiting(wf_subscriber *s, wf_message *ret, wf_err *e)
{
    waiting *w = s->first;
    s->first = w->next;
    if (s->first == NULL)
        s->end = &s->first;
    free(s->held);
    s->held = w;
    wf_in in = wf_in_from(w->bytes, w->n);
    WF_TRY(wf_take_row(&in, &ret->row, e));
    const wf_row *row = &ret->row;
    bool figure = row->kind == WF_ROW_FIGURE;
    size_t n = figure ? wf_topic_figure(row->as.figure.unit, row->as.figure.indicator, s->topic)
                      : wf_topic_alert(row->as.alert.unit, row->as.alert.rule, s->topic);
    ret->topic = (wf_str) { s->topic, n };
    ret->number = 0;
    seen *t = remember(s, ret->topic);
    if (figure && t != NULL) {
        if (t->sequence != 0 && row->as.figure.sequence <= t->sequence)
            return WF_ABSENT;
        t->sequence = row->as.figure.sequence;
    }
    ret->gap = s->lost;
    s->lost = false;
    return WF_OK;
}

wf_rc wf_subscriber_receive(wf_subscriber *s, int timeout_ms, wf_message *ret, wf_err *e)
{
    int64_t until = timeout_ms < 0 ? INT64_MAX : wf_now_us() + (int64_t) timeout_ms * 1000;
    for (;;) {
        wf_rc rc;
        if (!s->current)
            WF_TRY(catch_up(s, ret, e));
        if (s->first != NULL)
            rc = deliver_waiting(s, ret, e);
        else if (s->query != NULL && (s->more_alerts || s->told > s->cursor)) {
            WF_TRY(ask_alerts(s, e));
            continue;
        } else {
            int wait = until == INT64_MAX ? 1000 : left_ms(until);
            rc = receive_live(s, wait, ret, e);
        }
        if (rc != WF_ABSENT)
            return rc;
        if (s->current && s->first == NULL && wf_now_us() >= until)
            return WF_ABSENT;
    }
}
