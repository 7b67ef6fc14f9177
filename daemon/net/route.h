/* route -- the frames before a message's payload (a ROUTER's routing id, a REQ's empty delimiter): kept, and sent back. */
#pragma once
#include <workforce/types.h>
#include <string.h>
#include <zmq.h>

#define WF_ROUTE_FRAMES 4
#define WF_ROUTE_BYTES 300

typedef struct wf_route {
    unsigned frames, bytes;
    uint16_t length[WF_ROUTE_FRAMES];
    uint8_t text[WF_ROUTE_BYTES];
} wf_route;

/* Takes one message: its frames but the last into *ret, the last into *payload (which is initialised already).
 * false: none waits. *fits: the route had room; otherwise the message cannot be answered. */
static inline bool wf_route_receive(void *socket, zmq_msg_t *payload, wf_route *ret, bool *fits)
{
    ret->frames = ret->bytes = 0;
    *fits = true;
    if (zmq_msg_recv(payload, socket, ZMQ_DONTWAIT) < 0)
        return false;
    while (zmq_msg_more(payload)) {
        size_t n = zmq_msg_size(payload);
        if (ret->frames == WF_ROUTE_FRAMES || n > WF_ROUTE_BYTES - ret->bytes) {
            *fits = false;
        } else {
            memcpy(ret->text + ret->bytes, zmq_msg_data(payload), n);
            ret->length[ret->frames++] = (uint16_t) n;
            ret->bytes += (unsigned) n;
        }
        if (zmq_msg_recv(payload, socket, 0) < 0)
            return false;
    }
    return true;
}

/* 0, or the error of the first frame: EAGAIN the peer does not read, EHOSTUNREACH it has gone. */
static inline int wf_route_send(void *socket, const wf_route *to, const void *bytes, size_t n)
{
    const uint8_t *at = to->text;
    for (unsigned i = 0; i < to->frames; at += to->length[i++])
        if (zmq_send(socket, at, to->length[i], ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
            return zmq_errno();
    return zmq_send(socket, bytes, n, ZMQ_DONTWAIT) < 0 ? zmq_errno() : 0;
}
