#include "net/query.h"
#include "net/clock.h"
#include "net/route.h"
#include "net/log.h"
#include "net/verbs.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define JOBS 64
#define PATIENCE_MS 10000

/* A question under way. */
typedef struct place {
    bool used;
    wf_route from;
    uint8_t *bytes;                     /* the question, WF_QUESTION_BYTES_MAX: its text is borrowed from here */
    uint8_t *part;                      /* the answer's next part, WF_PART_BYTES */
    size_t ready;                       /* bytes of a part that could not be sent yet */
    bool last;
    uint64_t moved_ms;                  /* when a part last went out */
    wf_job job;
} place;

struct wf_query_room {
    void *socket;
    char bound[WF_ENDPOINT_TEXT];
    wf_shared *house;
    wf_reader *reader;
    int stop_fd;
    bool running;
    pthread_t thread;
    zmq_msg_t message;
    uint8_t *memory;                    /* of all places */
    place place[JOBS];
};

static void end_place(place *p)
{
    wf_verb_end(&p->job);
    *p = (place) { .bytes = p->bytes, .part = p->part };
}

static void refuse(wf_query_room *r, const wf_route *to, uint64_t id, wf_rc rc, const char *text)
{
    uint8_t buf[1024];
    size_t n = wf_frame_failed(id, rc, text, buf, sizeof buf);
    (void) wf_route_send(r->socket, to, buf, n);
}

/* ---- taking questions ------------------------------------------------------------------------------------------ */

static place *free_place(wf_query_room *r)
{
    for (unsigned i = 0; i < JOBS; i++)
        if (!r->place[i].used)
            return &r->place[i];
    return NULL;
}

static void begin_place(wf_query_room *r, place *p, const wf_route *from, const void *bytes, size_t n)
{
    wf_err e;
    *p = (place) { .used = true, .from = *from, .bytes = p->bytes, .part = p->part, .moved_ms = wf_monotonic_ms() };
    memcpy(p->bytes, bytes, n);
    wf_rc rc = wf_frame_read_ask(p->bytes, n, &p->job.q, &e);
    if (rc != WF_OK) {
        refuse(r, from, p->job.q.id, rc, e.text);
        end_place(p);
        return;
    }
    p->job.house = r->house;
    p->job.reader = r->reader;
}

static void take_questions(wf_query_room *r)
{
    wf_route from;
    bool fits;
    for (unsigned i = 0; i < JOBS && wf_route_receive(r->socket, &r->message, &from, &fits); i++) {
        size_t n = zmq_msg_size(&r->message);
        if (!fits || n == 0)
            continue;
        place *p = free_place(r);
        wf_question q = { .id = 0 };
        if (n > WF_QUESTION_BYTES_MAX)
            refuse(r, &from, 0, WF_SIZE, "the question is larger than 16 KiB");
        else if (p)
            begin_place(r, p, &from, zmq_msg_data(&r->message), n);
        else {
            wf_rc rc = wf_frame_read_ask(zmq_msg_data(&r->message), n, &q, NULL);
            refuse(r, &from, q.id, rc == WF_OK ? WF_BUSY : rc, "too many questions at once");
        }
    }
}

/* ---- answering ------------------------------------------------------------------------------------------------- */

static void fill(place *p)
{
    wf_job *j = &p->job;
    wf_answer_begin(&j->answer, j->q.id, p->part, WF_PART_BYTES);
    wf_reader_renew(j->reader);
    p->last = wf_verb_step(j);
    p->ready = j->rc == WF_OK ? wf_answer_end(&j->answer, !p->last)
                              : wf_frame_failed(j->q.id, j->rc, j->e.text, p->part, WF_PART_BYTES);
    WF_ASSERT(p->ready > 0);
}

/* One part of one answer; true: it moved. */
static bool advance(wf_query_room *r, place *p)
{
    if (p->ready == 0)
        fill(p);
    int rc = wf_route_send(r->socket, &p->from, p->part, p->ready);
    uint64_t now = wf_monotonic_ms();
    if (rc == EAGAIN && now - p->moved_ms < PATIENCE_MS)
        return false;
    p->ready = 0;
    p->moved_ms = now;
    if (rc != 0 || p->last)
        end_place(p);
    return true;
}

/* The last alert on each topic, once, so that `last` can give it. */
static void read_outbox(wf_query_room *r)
{
    wf_reader_renew(r->reader);
    uint64_t last = wf_reader_alerts(r->reader);
    for (uint64_t i = 1; i <= last; i++) {
        wf_str bytes;
        wf_alert a;
        if (i % 1000 == 0)
            wf_reader_renew(r->reader);
        if (wf_reader_alert(r->reader, i, &bytes, NULL) == WF_OK && wf_engine_alert_read(bytes.p, bytes.n, &a, NULL) == WF_OK)
            wf_stream_told(r->house->stream, a.unit, a.rule, i);
    }
}

static void *serve(void *arg)
{
    wf_query_room *r = arg;
    zmq_pollitem_t item[] = { { r->socket, 0, ZMQ_POLLIN, 0 }, { NULL, r->stop_fd, ZMQ_POLLIN, 0 } };
    long timeout = 1000;
    read_outbox(r);
    wf_reader_rest(r->reader);
    for (;;) {
        atomic_store(&r->house->reader_seen_ms, wf_monotonic_ms());
        if (zmq_poll(item, 2, timeout) < 0 && errno != EINTR)
            break;
        if (item[1].revents)
            break;
        take_questions(r);
        bool moved = false, waiting = false;
        for (unsigned i = 0; i < JOBS; i++)
            if (r->place[i].used) {
                moved |= advance(r, &r->place[i]);
                waiting |= r->place[i].used;
            }
        if (!waiting)
            wf_reader_rest(r->reader);
        timeout = !waiting ? 1000 : moved ? 0 : 5;
    }
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

wf_rc wf_query_room_open(void *context, const wf_endpoint_setting *setting, wf_shared *house, wf_query_room **ret, wf_err *e)
{
    wf_query_room *r = calloc(1, sizeof *r);
    WF_ASSERT(r);
    r->house = house;
    r->memory = malloc(JOBS * (size_t) (WF_QUESTION_BYTES_MAX + WF_PART_BYTES));
    WF_ASSERT(r->memory);
    for (size_t i = 0; i < JOBS; i++) {
        r->place[i].bytes = r->memory + i * (WF_QUESTION_BYTES_MAX + WF_PART_BYTES);
        r->place[i].part = r->place[i].bytes + WF_QUESTION_BYTES_MAX;
    }
    zmq_msg_init(&r->message);
    r->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    wf_rc rc = r->stop_fd >= 0 ? WF_OK : wf_fail(e, WF_SYSTEM, "eventfd: %s", strerror(errno));
    if (rc == WF_OK)
        rc = wf_reader_new(house->store, &r->reader, e);
    if (rc == WF_OK)
        rc = wf_access_bind(context, ZMQ_ROUTER, WF_EP_QUERY, setting, &r->socket, r->bound, e);
    if (rc == WF_OK) {
        int why = pthread_create(&r->thread, NULL, serve, r);
        r->running = why == 0;
        rc = why == 0 ? WF_OK : wf_fail(e, WF_SYSTEM, "thread: %s", strerror(why));
    }
    if (rc != WF_OK)
        wf_query_room_close(&r);
    else
        *ret = r;
    return rc;
}

void wf_query_room_close(wf_query_room **p)
{
    wf_query_room *r = *p;
    if (!r)
        return;
    *p = NULL;
    if (r->running) {
        uint64_t one = 1;
        ssize_t n = write(r->stop_fd, &one, sizeof one);
        WF_ASSERT(n == sizeof one);
        pthread_join(r->thread, NULL);
    }
    for (unsigned i = 0; i < JOBS; i++)
        if (r->place[i].used)
            end_place(&r->place[i]);
    wf_access_close(&r->socket, r->bound);
    zmq_msg_close(&r->message);
    wf_reader_free(&r->reader);
    if (r->stop_fd >= 0)
        close(r->stop_fd);
    free(r->memory);
    free(r);
}
