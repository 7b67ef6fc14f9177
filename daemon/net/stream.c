#include "net/stream.h"
#include "net/clock.h"
#include "frame.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define ROUND_MS 1000
#define SLICE 16                        /* figures between two looks at the budget */
#define ROW_BYTES 16384

typedef struct topic {
    uint64_t number;                    /* of the last message on it; 0: none since the start */
    uint64_t alert;                     /* of the last alert on it, from the outbox too; 0: none */
    uint8_t length;                     /* 0: the place is free */
    char name[WF_TOPIC_BYTES_MAX + 1];
} topic;

struct wf_stream {
    void *socket;
    char bound[WF_ENDPOINT_TEXT];
    uint64_t number, alerts;            /* of the last message; alerts sent */
    bool in_round;
    unsigned sent;                      /* figures of this round */
    uint64_t round_ended_ms, beat_ms;
    pthread_mutex_t lock;               /* the topics */
    topic *topics;
    size_t topic_count, places;         /* places: a power of two, at most three quarters taken */
    uint8_t buf[ROW_BYTES];
};

wf_rc wf_stream_open(void *context, const wf_endpoint_setting *setting, wf_stream **ret, wf_err *e)
{
    wf_stream *s = calloc(1, sizeof *s);
    WF_ASSERT(s);
    pthread_mutex_init(&s->lock, NULL);
    s->places = 1024;
    s->topics = calloc(s->places, sizeof *s->topics);
    WF_ASSERT(s->topics);
    wf_rc rc = !setting->at || !setting->at[0] ? WF_OK : wf_access_bind(context, ZMQ_PUB, WF_EP_STREAM, setting, &s->socket, s->bound, e);
    if (rc != WF_OK)
        wf_stream_close(&s);
    else
        *ret = s;
    return rc;
}

void wf_stream_close(wf_stream **p)
{
    wf_stream *s = *p;
    if (!s)
        return;
    *p = NULL;
    wf_access_close(&s->socket, s->bound);
    pthread_mutex_destroy(&s->lock);
    free(s->topics);
    free(s);
}

/* ---- topics ---------------------------------------------------------------------------------------------------- */

static topic *place(const wf_stream *s, const char *name, size_t length)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < length; i++)
        h = (h ^ (uint8_t) name[i]) * 16777619u;
    size_t at = h & (s->places - 1);
    while (s->topics[at].length > 0 && (s->topics[at].length != length || memcmp(s->topics[at].name, name, length) != 0))
        at = (at + 1) & (s->places - 1);
    return &s->topics[at];
}

static void grow(wf_stream *s)
{
    wf_stream next = { .places = s->places * 2 };
    next.topics = calloc(next.places, sizeof *next.topics);
    WF_ASSERT(next.topics);
    for (size_t i = 0; i < s->places; i++)
        if (s->topics[i].length > 0)
            *place(&next, s->topics[i].name, s->topics[i].length) = s->topics[i];
    free(s->topics);
    s->topics = next.topics;
    s->places = next.places;
}

/* Found or made; the lock is held. Topics are as many as units and definitions, which the configuration bounds. */
static topic *topic_of(wf_stream *s, const char *name, size_t length)
{
    topic *t = place(s, name, length);
    if (t->length > 0)
        return t;
    if ((s->topic_count + 1) * 4 > s->places * 3) {
        grow(s);
        t = place(s, name, length);
    }
    memcpy(t->name, name, length);
    t->length = (uint8_t) length;
    s->topic_count++;
    return t;
}

uint64_t wf_stream_number(wf_stream *s, wf_str name)
{
    if (name.n == 0 || name.n > WF_TOPIC_BYTES_MAX)
        return 0;
    pthread_mutex_lock(&s->lock);
    uint64_t number = place(s, name.p, name.n)->number;
    pthread_mutex_unlock(&s->lock);
    return number;
}

void wf_stream_told(wf_stream *s, wf_str path, wf_str rule, uint64_t alert)
{
    char name[WF_TOPIC_BYTES_MAX + 1];
    size_t length = wf_topic_alert(path, rule, name);
    if (length == 0)
        return;
    pthread_mutex_lock(&s->lock);
    topic *t = topic_of(s, name, length);
    if (alert > t->alert)
        t->alert = alert;
    pthread_mutex_unlock(&s->lock);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

uint64_t *wf_stream_last_alerts(wf_stream *s, const wf_str *prefix, size_t prefixes, size_t *n)
{
    pthread_mutex_lock(&s->lock);
    uint64_t *list = malloc((s->topic_count + 1) * sizeof *list);
    WF_ASSERT(list);
    *n = 0;
    for (size_t i = 0; i < s->places; i++) {
        const topic *t = &s->topics[i];
        bool wanted = t->length > 0 && t->alert > 0 && prefixes == 0;
        for (size_t j = 0; j < prefixes && t->length > 0 && t->alert > 0 && !wanted; j++)
            wanted = wf_topic_under((wf_str) { t->name, t->length }, prefix[j]);
        if (wanted)
            list[(*n)++] = t->alert;
    }
    pthread_mutex_unlock(&s->lock);
    qsort(list, *n, sizeof *list, by_number);
    return list;
}

/* ---- sending --------------------------------------------------------------------------------------------------- */

/* PUB never waits: who does not keep up loses messages and sees it by the numbers. */
static void send_row(wf_stream *s, const char *name, size_t length, wf_stream_head head, wf_row_kind kind, const void *row)
{
    if (!s->socket)
        return;
    size_t n = wf_frame_stream(head, kind, row, s->buf, sizeof s->buf);
    WF_ASSERT(n > 0);
    if (zmq_send(s->socket, name, length, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        (void) zmq_send(s->socket, s->buf, n, ZMQ_DONTWAIT);
}

static wf_stream_head next_on(wf_stream *s, const char *name, size_t length, uint64_t alert)
{
    pthread_mutex_lock(&s->lock);
    topic *t = topic_of(s, name, length);
    wf_stream_head head = { ++s->number, t->number };
    t->number = head.number;
    if (alert > 0)
        t->alert = alert;
    pthread_mutex_unlock(&s->lock);
    return head;
}

static void send_alert(void *ctx, const wf_alert *a, const void *bytes, size_t n)
{
    wf_stream *s = ctx;
    char name[WF_TOPIC_BYTES_MAX + 1];
    size_t length = wf_topic_alert(a->unit, a->rule, name);
    (void) bytes;
    (void) n;
    if (length > 0)
        send_row(s, name, length, next_on(s, name, length, a->number), WF_ROW_ALERT, a);
    s->alerts++;
}

unsigned wf_stream_alerts(wf_stream *s, wf_engine *en)
{
    uint64_t before = s->alerts;
    wf_engine_take_alerts(en, send_alert, s);
    return (unsigned) (s->alerts - before);
}

static void send_figure(void *ctx, const wf_figure *f)
{
    wf_stream *s = ctx;
    char name[WF_TOPIC_BYTES_MAX + 1];
    size_t length = wf_topic_figure(f->unit, f->indicator, name);
    if (length > 0)
        send_row(s, name, length, next_on(s, name, length, 0), WF_ROW_FIGURE, f);
    s->sent++;
}

bool wf_stream_figures(wf_stream *s, wf_engine *en, uint64_t now_ms, uint64_t budget_us)
{
    if (!s->in_round && s->round_ended_ms > 0 && now_ms - s->round_ended_ms < ROUND_MS)
        return false;
    uint64_t until = wf_monotonic_us() + budget_us;
    bool more = true;
    s->in_round = true;
    while (more && wf_monotonic_us() < until)
        more = wf_engine_take_figures(en, SLICE, send_figure, s);
    if (!more) {
        s->in_round = false;
        if (s->sent > 0)
            s->round_ended_ms = now_ms;
        s->sent = 0;
    }
    return more;
}

static uint64_t left(uint64_t since, uint64_t now_ms)
{
    return now_ms - since < ROUND_MS ? ROUND_MS - (now_ms - since) : 0;
}

uint64_t wf_stream_wait_ms(const wf_stream *s, uint64_t now_ms)
{
    uint64_t beat = left(s->beat_ms, now_ms), round = left(s->round_ended_ms, now_ms);
    return round > 0 && round < beat ? round : beat;
}

void wf_stream_beat(wf_stream *s, wf_engine *en, uint64_t instance, wf_instant now, uint64_t now_ms)
{
    if (s->beat_ms > 0 && now_ms - s->beat_ms < ROUND_MS)
        return;
    s->beat_ms = now_ms;
    wf_engine_totals t;
    wf_engine_status(en, &t);
    wf_beat beat = {
        .number = s->number, .alert = t.alerts, .sequence = t.sequence, .today = t.today, .time = now, .instance = instance,
    };
    send_row(s, WF_TOPIC_BEAT, sizeof WF_TOPIC_BEAT - 1, (wf_stream_head) { s->number, 0 }, WF_ROW_BEAT, &beat);
}
