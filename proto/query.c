#include <workforce/query.h>

#include "frame.h"
#include "socket.h"

#include <stdlib.h>

struct wf_query {
    wf_link link;
    int timeout_ms;
    uint64_t id;
};

wf_rc wf_query_open(const wf_query_options *o, wf_query **ret, wf_err *e)
{
    wf_link link;
    WF_TRY(wf_link_open(o->context, ZMQ_DEALER, o->endpoint, 1000, &link, e));
    wf_query *q = calloc(1, sizeof *q);
    WF_ASSERT(q != NULL);
    q->link = link;
    q->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : 5000;
    *ret = q;
    return WF_OK;
}

void wf_query_free(wf_query **p)
{
    if (*p != NULL) {
        wf_link_close(&(*p)->link);
        free(*p);
        *p = NULL;
    }
}

static wf_rc wait_for(wf_query *q, short events, wf_err *e)
{
    wf_rc rc = wf_link_wait(&q->link, events, q->timeout_ms, e);
    return rc == WF_ABSENT ? wf_fail(e, WF_BUSY, "the daemon did not answer within %d ms", q->timeout_ms) : rc;
}

static wf_rc send_question(wf_query *q, const wf_question *question, wf_err *e)
{
    uint8_t buf[WF_QUESTION_BYTES_MAX];
    wf_question mine = *question;
    mine.id = ++q->id;
    size_t n = wf_frame_ask(&mine, buf, sizeof buf);
    if (n == 0)
        return wf_fail(e, WF_SIZE, "a question of more than %d bytes", WF_QUESTION_BYTES_MAX);
    wf_rc rc;
    while ((rc = wf_link_send(&q->link, buf, n, e)) == WF_BUSY)
        WF_TRY(wait_for(q, ZMQ_POLLOUT, e));
    return rc;
}

/* One message. *more: this answer has another part; a message for an earlier question says nothing. */
static wf_rc read_part(wf_query *q, const void *bytes, size_t n, wf_row_fn *fn, void *ctx, bool *more, wf_err *e)
{
    uint64_t id;
    wf_rc why, rc;
    wf_str text;
    wf_rows rows;
    wf_row row;
    if (wf_frame_kind(bytes, n) == WF_MSG_FAILED) {
        WF_TRY(wf_frame_read_failed(bytes, n, &id, &why, &text, e));
        return id == q->id || id == 0 ? wf_fail(e, why, "%.*s", WF_STR_ARG(text)) : WF_OK;
    }
    WF_TRY(wf_frame_read_answer(bytes, n, &rows, e));
    if (rows.id != q->id)
        return WF_OK;
    *more = rows.more;
    while ((rc = wf_rows_next(&rows, &row, e)) == WF_OK)
        WF_TRY(fn(ctx, &row, e));
    return rc == WF_ABSENT ? WF_OK : rc;
}

wf_rc wf_query_ask(wf_query *q, const wf_question *question, wf_row_fn *fn, void *ctx, wf_err *e)
{
    bool more = true;
    WF_TRY(send_question(q, question, e));
    while (more) {
        zmq_msg_t msg;
        WF_TRY(wait_for(q, ZMQ_POLLIN, e));
        (void) zmq_msg_init(&msg);
        wf_rc came = wf_link_receive(&q->link, NULL, &msg, e);
        wf_rc rc = came == WF_ABSENT ? WF_OK : came;             /* the daemon may say WF_ABSENT too: that is an answer */
        if (came == WF_OK)
            rc = read_part(q, zmq_msg_data(&msg), zmq_msg_size(&msg), fn, ctx, &more, e);
        (void) zmq_msg_close(&msg);
        WF_TRY(rc);
    }
    return WF_OK;
}
