/* subscriber -- listens to a daemon's stream: figures and alerts by topic.
 *
 * Topics:  figure/<path of unit ids>/=<indicator>     figure/bexley/children/=turnover_rate
 *          alert/<path of unit ids>/=<rule>           alert/bexley/       (a prefix takes the whole branch)
 *
 * The stream alone may lose messages (a slow reader, a broken line): `gap` says so. With a `query` endpoint the
 * subscriber begins with the last value of every topic and all alerts after a number, then goes on live, each alert
 * exactly once and in order; after a gap it asks again by itself.
 *
 *     live:        b=7   a12   b=9   a13   a14                  (beat first: the subscription is in force)
 *     asked:       last b=9, alerts 11 12 13
 *     delivered:   b=9   a11 a12 a13   then live   a14          (older figures and told alerts are left out)
 *
 * A subscriber belongs to one thread. */
#pragma once
#include <workforce/query.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WF_TOPIC_MAX 128

typedef struct wf_subscriber wf_subscriber;

typedef struct wf_subscriber_options {
    const char *endpoint;        /* tcp://, ipc:// (or inproc:// with `context`) of `stream` */
    const char *query;           /* the same of `query`; NULL: live only, no catching up */
    const char *const *topics;   /* prefixes, ended by NULL; NULL: everything */
    uint64_t since;              /* alerts after this number are wanted; UINT64_MAX: only new ones */
    bool no_figures_first;       /* true: do not begin with last values */
    void *context;               /* a libzmq context to share; NULL: the subscriber makes and ends its own */
    int timeout_ms;              /* longest wait for the first beat and for each answer; 0: 5,000 */
} wf_subscriber_options;

typedef struct wf_message {
    wf_str topic;
    uint64_t number;             /* of the stream socket; 0 when it was asked for */
    bool gap;                    /* before this message at least one on these topics was lost on the stream */
    wf_row row;                  /* WF_ROW_FIGURE or WF_ROW_ALERT */
} wf_message;

/* Connects. Does not wait for the daemon. WF_CONFIG: endpoint or a topic longer than WF_TOPIC_MAX. */
WF_NODISCARD wf_rc wf_subscriber_open(const wf_subscriber_options *o, wf_subscriber **ret, wf_err *e);
void wf_subscriber_free(wf_subscriber **p);

/* Waits up to timeout_ms (-1: for ever) for the next message. Text in *ret holds until the next call.
 * WF_ABSENT nothing came.  WF_BUSY the daemon did not answer while catching up: call again.
 * WF_MALFORMED a message that is not to be understood; it is skipped, call again. */
WF_NODISCARD wf_rc wf_subscriber_receive(wf_subscriber *s, int timeout_ms, wf_message *ret, wf_err *e);

/* Highest alert number below which nothing is missing: keep it, give it as `since` next time. */
uint64_t wf_subscriber_cursor(const wf_subscriber *s);

#ifdef __cplusplus
}
#endif
