/* publisher -- sends events to a daemon's intake and tells what became of each.
 *
 *     publish()  ->  batch  ->  frame 1..512  ->  wire  ->  reply: frame is on disk  ->  verdicts
 *                               `------ kept here until the reply; sent again when none comes ------'
 *
 * An event is safe when its verdict has come, not before. Frames live in memory: what is unsettled when the program dies
 * must be published again (events that were already taken come back as duplicates and change nothing).
 *
 * A publisher and its verdicts belong to one thread. Nothing happens between calls: who has nothing to publish calls
 * wf_publisher_poll() now and then. Cost: about 0.2 us an event. */
#pragma once
#include <workforce/event.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wf_publisher wf_publisher;

typedef enum wf_verdict_kind {
    WF_ACCEPTED,                 /* on disk; sequence is its place in the journal */
    WF_DUPLICATE,                /* was there already; sequence is the first one's */
    WF_REFUSED,                  /* kept as refused under `sequence`; reason and text say why */
    WF_KNOWN                     /* was settled in an earlier session whose reply was lost; sequence is 0 */
} wf_verdict_kind;

typedef struct wf_verdict {
    wf_verdict_kind kind;
    uint64_t ticket;             /* which publish() call of this publisher: 1, 2, 3 ... */
    uint64_t sequence;
    wf_rc reason;                /* REFUSED: why */
    wf_str text;                 /* REFUSED: one sentence with the field and value */
    wf_str event;                /* the encoded event; during the call only */
} wf_verdict;

typedef struct wf_publisher_options {
    const char *endpoint;        /* tcp://, ipc:// (or inproc:// with `context`) of `intake` */
    const char *source;          /* [a-z0-9_-], at most WF_SOURCE_MAX: whose session it is */
    uint64_t epoch;              /* 0: the clock in milliseconds, so that each publisher begins an epoch of its own and
                                    what an earlier one still has on the way cannot be taken for its events */
    void *context;               /* a libzmq context to share; NULL: the publisher makes and ends its own */
    uint32_t batch_events;       /* events a frame, at most 2,048; 0: 512; 1: each at once */
    uint32_t batch_bytes;        /* bytes a frame, at most 262,144; 0: 131,072 */
    uint32_t window_events;      /* most that may be unsettled; 0: 65,536, less if the daemon gives less credit */
    bool nonblocking;            /* publish() answers WF_BUSY when the window is full instead of waiting */
    int wait_ms;                 /* blocking publish(): longest wait for the window; 0: for ever */
    bool all_verdicts;           /* false: `verdict` is not called for ACCEPTED and KNOWN, only counted */
    void (*verdict)(void *ctx, const wf_verdict *v);      /* NULL: counters only. Must not call the publisher */
    void *ctx;
} wf_publisher_options;

typedef struct wf_publisher_counters {
    uint64_t published, accepted, duplicates, refused, known;     /* events */
    uint64_t frames, resent, nacks, welcomes;
    uint64_t forgotten;          /* settled once, and not known any more: the store was replaced or restored */
    uint64_t unsettled;          /* published - accepted - duplicates - refused - known */
    uint64_t last_sequence;      /* highest journal sequence seen in a reply */
    int64_t reply_us;            /* smoothed time from frame to reply */
    char waits_for[120];         /* why the daemon takes nothing for now, in its own words; empty: it does */
    bool connected;              /* a WELCOME has come since the connection was last in doubt */
} wf_publisher_counters;

/* Connects and says HELLO; does not wait. Events may be published at once.
 * WF_CONFIG: endpoint, source or a size. WF_SYSTEM: libzmq's reason. */
WF_NODISCARD wf_rc wf_publisher_open(const wf_publisher_options *o, wf_publisher **ret, wf_err *e);

/* Ends at once; what is unsettled is forgotten (call wf_publisher_flush first). Sets *p to NULL. */
void wf_publisher_free(wf_publisher **p);

/* Puts an event into the current batch; a full batch goes out. The event is copied. It is not checked here: the
 * daemon's verdict counts (wf_event_check tells beforehand).
 * WF_SIZE  larger than WF_EVENT_BYTES_MAX.  WF_BUSY  the window is full (and nonblocking, or wait_ms has passed).
 * After a NACK that ends the session every call gives its reason: WF_CONFIG (protocol version), WF_REUSED (epoch is
 * stale), WF_ENTITLED (denied), WF_MALFORMED, WF_SIZE (frame). */
WF_NODISCARD wf_rc wf_publisher_publish(wf_publisher *p, const wf_event *ev, wf_err *e);

/* The same for an event that is encoded already (MessagePack map). */
WF_NODISCARD wf_rc wf_publisher_publish_encoded(wf_publisher *p, const void *bytes, size_t n, wf_err *e);

/* Sends the current batch, takes replies, sends again what is overdue; waits up to timeout_ms for something to do
 * (0: not at all), a second at the most. WF_BUSY: a signal came. */
WF_NODISCARD wf_rc wf_publisher_poll(wf_publisher *p, int timeout_ms, wf_err *e);

/* Polls until all that was published has its verdict. WF_BUSY: timeout_ms passed before (-1: never). */
WF_NODISCARD wf_rc wf_publisher_flush(wf_publisher *p, int timeout_ms, wf_err *e);

void wf_publisher_count(const wf_publisher *p, wf_publisher_counters *ret);

#ifdef __cplusplus
}
#endif
