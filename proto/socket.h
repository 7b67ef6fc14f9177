/* socket -- client sockets with every option that matters set, and nothing left to libzmq's defaults. */
#pragma once
#include <workforce/types.h>
#include <zmq.h>

typedef struct wf_link {
    void *context, *socket;
    bool own_context;
} wf_link;

/* A connected socket of `type`. WF_CONFIG: the endpoint is no tcp://, ipc:// or (with a shared context) inproc:// address.
 * `hwm` is the number of messages that may wait each way. */
WF_NODISCARD wf_rc wf_link_open(void *context, int type, const char *endpoint, int hwm, wf_link *ret, wf_err *e);
void wf_link_close(wf_link *l);

int64_t wf_now_us(void);         /* monotonic */

/* The next message's last frame into *msg (initialised by the caller); the frame before it, if there is one and `before`
 * is not NULL, into *before. WF_ABSENT nothing waits. */
WF_NODISCARD wf_rc wf_link_receive(wf_link *l, zmq_msg_t *before, zmq_msg_t *msg, wf_err *e);

/* Waits for any of ZMQ_POLLIN, ZMQ_POLLOUT. WF_ABSENT: the time passed. WF_BUSY: a signal came. */
WF_NODISCARD wf_rc wf_link_wait(wf_link *l, short events, int timeout_ms, wf_err *e);
/* WF_BUSY: no peer, or the queue is full. */
WF_NODISCARD wf_rc wf_link_send(wf_link *l, const void *bytes, size_t n, wf_err *e);
