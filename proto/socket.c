#include "socket.h"
#include "frame.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static bool begins(const char *s, const char *with) { return strncmp(s, with, strlen(with)) == 0; }

static wf_rc failed(wf_err *e, const char *what) { return wf_fail(e, WF_SYSTEM, "%s: %s", what, zmq_strerror(zmq_errno())); }

static wf_rc set_options(void *socket, int hwm, wf_err *e)
{
    const struct { int option, value; } table[] = {
        { ZMQ_LINGER, 0 }, { ZMQ_SNDHWM, hwm }, { ZMQ_RCVHWM, hwm }, { ZMQ_IMMEDIATE, 1 },
        { ZMQ_HANDSHAKE_IVL, 2000 }, { ZMQ_HEARTBEAT_IVL, 2000 }, { ZMQ_HEARTBEAT_TIMEOUT, 6000 }, { ZMQ_HEARTBEAT_TTL, 6000 },
        { ZMQ_RECONNECT_IVL, 50 }, { ZMQ_RECONNECT_IVL_MAX, 2000 }, { ZMQ_TCP_KEEPALIVE, 1 },
    };
    int64_t max = WF_MESSAGE_BYTES_MAX;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (zmq_setsockopt(socket, table[i].option, &table[i].value, sizeof table[i].value) != 0)
            return failed(e, "zmq_setsockopt");
    return zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &max, sizeof max) == 0 ? WF_OK : failed(e, "zmq_setsockopt");
}

wf_rc wf_link_open(void *context, int type, const char *endpoint, int hwm, wf_link *ret, wf_err *e)
{
    if (endpoint == NULL || !(begins(endpoint, "tcp://") || begins(endpoint, "ipc://") || (context != NULL && begins(endpoint, "inproc://"))))
        return wf_fail(e, WF_CONFIG, "\"%s\" is no tcp:// or ipc:// endpoint", endpoint == NULL ? "" : endpoint);
    wf_link l = { .context = context != NULL ? context : zmq_ctx_new(), .own_context = context == NULL };
    if (l.context == NULL)
        return failed(e, "zmq_ctx_new");
    l.socket = zmq_socket(l.context, type);
    wf_rc rc = l.socket != NULL ? set_options(l.socket, hwm, e) : failed(e, "zmq_socket");
    if (rc == WF_OK && zmq_connect(l.socket, endpoint) != 0)
        rc = wf_fail(e, WF_CONFIG, "%s: %s", endpoint, zmq_strerror(zmq_errno()));
    if (rc != WF_OK) {
        wf_link_close(&l);
        return rc;
    }
    *ret = l;
    return WF_OK;
}

void wf_link_close(wf_link *l)
{
    if (l->socket != NULL)
        (void) zmq_close(l->socket);
    if (l->own_context && l->context != NULL)
        while (zmq_ctx_term(l->context) != 0 && zmq_errno() == EINTR) { }
    *l = (wf_link) { 0 };
}

int64_t wf_now_us(void)
{
    struct timespec t;
    (void) clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

wf_rc wf_link_receive(wf_link *l, zmq_msg_t *before, zmq_msg_t *msg, wf_err *e)
{
    int parts = 0;
    do {
        if (parts++ > 0 && before != NULL)
            (void) zmq_msg_move(before, msg);
        if (zmq_msg_recv(msg, l->socket, ZMQ_DONTWAIT) < 0)
            return zmq_errno() == EAGAIN || zmq_errno() == EINTR ? WF_ABSENT : failed(e, "zmq_msg_recv");
    } while (zmq_msg_more(msg));
    return WF_OK;
}

wf_rc wf_link_wait(wf_link *l, short events, int timeout_ms, wf_err *e)
{
    zmq_pollitem_t item = { l->socket, 0, events, 0 };
    int n = zmq_poll(&item, 1, timeout_ms);
    if (n < 0)
        return zmq_errno() == EINTR ? wf_fail(e, WF_BUSY, "interrupted by a signal") : failed(e, "zmq_poll");
    return n > 0 ? WF_OK : WF_ABSENT;
}

wf_rc wf_link_send(wf_link *l, const void *bytes, size_t n, wf_err *e)
{
    if (zmq_send(l->socket, bytes, n, ZMQ_DONTWAIT) >= 0)
        return WF_OK;
    return zmq_errno() == EAGAIN || zmq_errno() == EINTR ? wf_fail(e, WF_BUSY, "the daemon is not connected, or does not read")
                                                         : failed(e, "zmq_send");
}
