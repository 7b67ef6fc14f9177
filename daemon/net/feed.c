#include "net/feed.h"
#include "net/log.h"
#include "frame.h"
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define SOURCES 4096u                   /* whose numbering is followed; beyond that the table starts anew */
#define TELL_MS 10000

typedef struct numbering {
    char name[WF_SOURCE_MAX];
    uint8_t length;
    uint64_t last;
} numbering;

struct wf_feed {
    void *socket;
    char bound[WF_ENDPOINT_TEXT];
    zmq_msg_t message;
    numbering *sources;
    unsigned source_count;
    uint64_t refused, missing, before, told_ms;     /* not yet logged; `before`: the number at the last hole */
    char missing_of[WF_SOURCE_MAX];
    uint8_t missing_length;
    wf_rc why;
};

wf_rc wf_feed_open(void *context, const wf_endpoint_setting *setting, wf_feed **ret, wf_err *e)
{
    wf_feed *f = calloc(1, sizeof *f);
    WF_ASSERT(f);
    f->sources = calloc(SOURCES, sizeof *f->sources);
    WF_ASSERT(f->sources);
    zmq_msg_init(&f->message);
    wf_rc rc = wf_access_bind(context, ZMQ_SUB, WF_EP_FEED, setting, &f->socket, f->bound, e);
    if (rc != WF_OK)
        wf_feed_close(&f);
    else
        *ret = f;
    return rc;
}

void wf_feed_close(wf_feed **p)
{
    wf_feed *f = *p;
    if (!f)
        return;
    *p = NULL;
    wf_access_close(&f->socket, f->bound);
    zmq_msg_close(&f->message);
    free(f->sources);
    free(f);
}

void *wf_feed_socket(wf_feed *f) { return f->socket; }

static numbering *numbering_of(wf_feed *f, wf_str name)
{
    if (f->source_count >= SOURCES / 2) {
        memset(f->sources, 0, SOURCES * sizeof *f->sources);
        f->source_count = 0;
    }
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (uint8_t) name.p[i]) * 16777619u;
    numbering *s = &f->sources[h & (SOURCES - 1)];
    while (s->length > 0 && (s->length != name.n || memcmp(s->name, name.p, name.n) != 0))
        s = s == &f->sources[SOURCES - 1] ? f->sources : s + 1;
    if (s->length == 0) {
        memcpy(s->name, name.p, name.n);
        s->length = (uint8_t) name.n;
        f->source_count++;
    }
    return s;
}

/* A number that is not above the last may be a late or repeated one: no hole, no alarm. */
static void look_for_gap(wf_feed *f, const void *bytes, size_t n)
{
    wf_event ev;
    if (wf_event_decode(bytes, n, &ev, NULL) != WF_OK || ev.sequence == 0)
        return;
    numbering *s = numbering_of(f, ev.source);
    if (s->last > 0 && ev.sequence > s->last + 1) {
        f->missing += ev.sequence - s->last - 1;
        f->before = ev.sequence;
        memcpy(f->missing_of, s->name, s->length);
        f->missing_length = s->length;
    }
    if (ev.sequence > s->last)
        s->last = ev.sequence;
}

/* The last frame of one message; false: none waits. */
static bool receive(wf_feed *f)
{
    if (zmq_msg_recv(&f->message, f->socket, ZMQ_DONTWAIT) < 0)
        return false;
    while (zmq_msg_more(&f->message))
        if (zmq_msg_recv(&f->message, f->socket, 0) < 0)
            return false;
    return true;
}

wf_rc wf_feed_take(wf_feed *f, wf_group *g, bool *more, wf_err *e)
{
    wf_verdict v;
    *more = true;
    for (unsigned i = 0; i < WF_FEED_TURN; i++) {
        if (!receive(f)) {
            *more = false;
            break;
        }
        const void *bytes = zmq_msg_data(&f->message);
        size_t n = zmq_msg_size(&f->message);
        WF_TRY(wf_group_need(g, e));
        look_for_gap(f, bytes, n);
        WF_TRY(wf_engine_offer(g->engine, bytes, n, &v, e));
        WF_TRY(wf_engine_frame_end(g->engine, e));
        g->events++;
        if (v.code == WF_REFUSED) {
            f->refused++;
            f->why = v.reason;              /* not the sentence: it may show what somebody put where an id belongs */
        }
    }
    return WF_OK;
}

void wf_feed_tell(wf_feed *f, uint64_t now_ms)
{
    if ((f->refused == 0 && f->missing == 0) || (f->told_ms > 0 && now_ms - f->told_ms < TELL_MS))
        return;
    if (f->refused > 0)
        wf_log(FRAME_REFUSED, f->refused, "feed", wf_rc_text(f->why));
    if (f->missing > 0)
        wf_log(FEED_GAP, (int) f->missing_length, f->missing_of, f->missing, f->before);
    f->refused = f->missing = 0;
    f->told_ms = now_ms;
}
