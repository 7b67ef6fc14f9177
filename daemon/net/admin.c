#include "net/admin.h"
#include "net/backup.h"
#include "net/route.h"
#include "frame.h"
#include <stdio.h>
#include <stdlib.h>

#define TURN 16                         /* requests between two looks at intake */
#define GOES_ON_MS 1000                 /* an empty part, so that who waits knows that it goes on */

struct wf_admin {
    void *socket;
    char bound[WF_ENDPOINT_TEXT];
    wf_admin_house house;
    zmq_msg_t message;
    bool waits;                         /* somebody waits for days to end */
    wf_route who;
    uint64_t id, ticks, alerts;         /* of that request; counts when it came */
    uint64_t said_ms;
    wf_backup_room backup;
    uint8_t buf[WF_FRAME_BYTES_MAX];
};

wf_rc wf_admin_open(void *context, const wf_endpoint_setting *setting, const wf_admin_house *house, wf_admin **ret, wf_err *e)
{
    wf_admin *a = calloc(1, sizeof *a);
    WF_ASSERT(a);
    a->house = *house;
    a->backup.store = house->store;
    zmq_msg_init(&a->message);
    wf_rc rc = wf_access_bind(context, ZMQ_ROUTER, WF_EP_ADMIN, setting, &a->socket, a->bound, e);
    if (rc != WF_OK)
        wf_admin_close(&a);
    else
        *ret = a;
    return rc;
}

void wf_admin_close(wf_admin **p)
{
    wf_admin *a = *p;
    if (!a)
        return;
    *p = NULL;
    wf_access_close(&a->socket, a->bound);
    zmq_msg_close(&a->message);
    wf_snapshot_free(&a->backup.snapshot);
    free(a);
}

void *wf_admin_socket(wf_admin *a) { return a->socket; }

static void fail(wf_admin *a, const wf_route *to, uint64_t id, wf_rc rc, const char *text)
{
    size_t n = wf_frame_failed(id, rc, text, a->buf, sizeof a->buf);
    (void) wf_route_send(a->socket, to, a->buf, n);
}

static void answer(wf_admin *a, const wf_route *to, uint64_t id, bool more, wf_row_kind kind, const void *row)
{
    wf_answer w;
    wf_answer_begin(&w, id, a->buf, sizeof a->buf);
    if (row)
        WF_ASSERT(wf_answer_add(&w, kind, row));
    (void) wf_route_send(a->socket, to, a->buf, wf_answer_end(&w, more));
}

static void answer_clock(wf_admin *a, const wf_route *to, uint64_t id, wf_instant now, uint64_t ticks, uint64_t alerts)
{
    const wf_days *d = a->house.days;
    wf_engine_totals t;
    wf_engine_status(d->engine, &t);
    wf_clock_row row = {
        .clock = wf_str_of(d->manual ? "manual" : "system"), .today = t.today, .jump = d->jump, .time = wf_days_arrival(d, now),
        .ticks = ticks, .alerts = alerts, .sequence = t.sequence,
    };
    answer(a, to, id, false, WF_ROW_CLOCK, &row);
}

static uint64_t alerts_told(const wf_admin *a)
{
    wf_engine_totals t;
    wf_engine_status(a->house.days->engine, &t);
    return t.alerts;
}

/* The answer comes when the days have ended; one request at a time may wait for that. */
static void ask_for_days(wf_admin *a, const wf_route *from, const wf_question *q, wf_instant now, uint64_t now_ms)
{
    wf_err e;
    if (a->waits) {
        fail(a, from, q->id, WF_BUSY, "days are being ended for another request");
        return;
    }
    wf_rc rc = q->verb == WF_VERB_ADVANCE ? wf_days_advance(a->house.days, q->day, &e) : wf_days_accept(a->house.days, &e);
    if (rc != WF_OK) {
        fail(a, from, q->id, rc, e.text);
        return;
    }
    a->waits = true;
    a->who = *from;
    a->id = q->id;
    a->ticks = a->house.days->ticks;
    a->alerts = alerts_told(a);
    a->said_ms = now_ms;
    wf_admin_days(a, now, now_ms);
}

void wf_admin_days(wf_admin *a, wf_instant now, uint64_t now_ms)
{
    if (!a->waits)
        return;
    if (!wf_days_behind(a->house.days)) {
        a->waits = false;
        answer_clock(a, &a->who, a->id, now, a->house.days->ticks - a->ticks, alerts_told(a) - a->alerts);
    } else if (now_ms - a->said_ms >= GOES_ON_MS) {
        a->said_ms = now_ms;
        answer(a, &a->who, a->id, true, WF_ROW_NONE, NULL);
    }
}

static void reload(wf_admin *a, const wf_route *from, uint64_t id)
{
    wf_err e;
    wf_rc rc = a->house.reload(a->house.ctx, &e);
    if (rc != WF_OK) {
        fail(a, from, id, rc, e.text);
        return;
    }
    wf_line row = { wf_str_of("the configuration was read again and is in force") };
    answer(a, from, id, false, WF_ROW_LINE, &row);
}

static void load(wf_admin *a, const wf_route *from, const wf_question *q)
{
    char text[120] = "the load begins: it ends with `loaded`, or with the day";
    wf_err e;
    uint64_t before = alerts_told(a);
    wf_rc rc = a->house.load(a->house.ctx, q->source, q->verb == WF_VERB_LOAD, &e);
    if (rc != WF_OK) {
        fail(a, from, q->id, rc, e.text);
        return;
    }
    uint64_t told = alerts_told(a) - before;
    if (q->verb == WF_VERB_LOADED && told > 0)
        snprintf(text, sizeof text, "the load is over: alert messages %llu to %llu say what stands", (unsigned long long) before + 1,
                 (unsigned long long) (before + told));
    else if (q->verb == WF_VERB_LOADED)
        snprintf(text, sizeof text, "the load is over, and nothing is to be said of it");
    wf_line row = { wf_str_of(text) };
    answer(a, from, q->id, false, WF_ROW_LINE, &row);
}

static void give_backup(wf_admin *a, const wf_route *from, const wf_question *q, uint64_t now_ms)
{
    wf_answer w;
    wf_err e;
    wf_answer_begin(&w, q->id, a->buf, sizeof a->buf);
    wf_rc rc = wf_backup_answer(&a->backup, q, now_ms, &w, &e);
    if (rc != WF_OK)
        fail(a, from, q->id, rc, e.text);
    else
        (void) wf_route_send(a->socket, from, a->buf, wf_answer_end(&w, false));
}

void wf_admin_look(wf_admin *a, uint64_t now_ms, bool short_of_room) { wf_backup_look(&a->backup, now_ms, short_of_room); }

static void take_one(wf_admin *a, const wf_route *from, wf_instant now, uint64_t now_ms)
{
    wf_question q = { .id = 0 };
    wf_err e;
    wf_rc rc = zmq_msg_size(&a->message) > WF_QUESTION_BYTES_MAX
                   ? wf_fail(&e, WF_SIZE, "the question is larger than 16 KiB")
                   : wf_frame_read_ask(zmq_msg_data(&a->message), zmq_msg_size(&a->message), &q, &e);
    if (rc != WF_OK)
        fail(a, from, q.id, rc, e.text);
    else if (q.verb == WF_VERB_ADVANCE || q.verb == WF_VERB_ACCEPT)
        ask_for_days(a, from, &q, now, now_ms);
    else if (q.verb == WF_VERB_CLOCK)
        answer_clock(a, from, q.id, now, 0, 0);
    else if (q.verb == WF_VERB_BACKUP)
        give_backup(a, from, &q, now_ms);
    else if (q.verb == WF_VERB_LOAD || q.verb == WF_VERB_LOADED)
        load(a, from, &q);
    else if (q.verb == WF_VERB_RELOAD)
        reload(a, from, q.id);
    else {
        snprintf(e.text, sizeof e.text, "%s is asked on the query socket", wf_verb_rows[q.verb].name);
        fail(a, from, q.id, WF_TYPE, e.text);
    }
}

void wf_admin_take(wf_admin *a, wf_instant now, uint64_t now_ms)
{
    wf_route from;
    bool fits;
    for (int i = 0; i < TURN && wf_route_receive(a->socket, &a->message, &from, &fits); i++)
        if (fits)
            take_one(a, &from, now, now_ms);
}
