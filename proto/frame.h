/* frame -- every message between a daemon and its peers, both sides. PROTOCOL.md is the text to this table.
 *
 * A message is one ZeroMQ frame that holds one MessagePack array, its first item the number of the message. On the
 * stream a frame with the topic goes before it. Writers return the length, or 0 if cap is too small; readers check all
 * sizes first, take nothing on trust and borrow text from the bytes. */
#pragma once
#include <workforce/event.h>
#include <workforce/query.h>
#include "pack.h"
#include "guard.h"

#define WF_PROTOCOL_VERSION 1

/* X(NAME, number, socket, direction, fields) */
#define WF_MESSAGES(X)                                                                                                       \
    X(HELLO,   1, "intake", "to the daemon",   "source, epoch, version, next")                                               \
    X(WELCOME, 2, "intake", "from the daemon", "version, durable, credit_events, credit_bytes, max_event, max_frame, max_events, store, instance") \
    X(EVENTS,  3, "intake", "to the daemon",   "source, epoch, first, [event ...]")                                          \
    X(REPLY,   4, "intake", "from the daemon", "source, epoch, first, count, known, sequence, [exception ...], credit_events") \
    X(NACK,    5, "intake", "from the daemon", "code, expected, retry_ms, text")                                             \
    X(ASK,     6, "query, admin", "to the daemon",   "id, verb, {arguments}")                                                \
    X(ANSWER,  7, "query, admin", "from the daemon", "id, more, [row ...]")                                                  \
    X(FAILED,  8, "query, admin", "from the daemon", "id, code, text")                                                       \
    X(STREAM,  9, "stream", "from the daemon", "number, previous, row kind, {row}")

typedef enum wf_message_kind {
    WF_MSG_NONE,
#define X(name, number, socket, direction, fields) WF_MSG_##name = number,
    WF_MESSAGES(X)
#undef X
    WF_MSG_KINDS
} wf_message_kind;

/* X(NAME, number, wire name, what the publisher does, sentence) */
#define WF_NACKS(X)                                                                                                          \
    X(GAP,         1, "gap",         "sends again from `expected`", "message numbers are missing before this frame")         \
    X(BAD_FRAME,   2, "bad-frame",   "ends",                        "the frame does not follow its schema")                  \
    X(OVERSIZE,    3, "oversize",    "ends",                        "the frame is larger than WELCOME allows")               \
    X(VERSION,     4, "version",     "ends",                        "this protocol version is not spoken here")              \
    X(STALE_EPOCH, 5, "stale-epoch", "ends",                        "the source has been heard in a later epoch")            \
    X(BUSY,        6, "busy",        "sends again after `retry_ms`","more than the credit, or the daemon is paused")         \
    X(DENIED,      7, "denied",      "ends",                        "no such source is configured")

typedef enum wf_nack_code {
    WF_NACK_NONE,
#define X(name, number, wire, does, text) WF_NACK_##name = number,
    WF_NACKS(X)
#undef X
    WF_NACK_CODES
} wf_nack_code;

/* Limits (PROTOCOL.md section 2). */
#define WF_FRAME_BYTES_MAX (256 * 1024)
#define WF_FRAME_EVENTS_MAX 2048
#define WF_WINDOW_EVENTS_MAX 65536
#define WF_WINDOW_BYTES_MAX (8 * 1024 * 1024)
#define WF_MESSAGE_BYTES_MAX (1024 * 1024)      /* ZMQ_MAXMSGSIZE of every socket: the wall behind the limits */
#define WF_TOPIC_BYTES_MAX 128
#define WF_PATH_BYTES_MAX 96                    /* path of unit ids */
#define WF_REASON_BYTES_MAX 240
#define WF_ROW_TEXT_MAX 1024
#define WF_ROW_BYTES_MAX 16384

const char *wf_message_name(wf_message_kind kind);      /* "HELLO" */
const char *wf_nack_name(wf_nack_code code);            /* "gap" */

/* Which message it is; WF_MSG_NONE for anything that is no array with a known number first. */
wf_message_kind wf_frame_kind(const void *bytes, size_t n);

/* ---- intake ---------------------------------------------------------------------------------------------------- */

typedef struct wf_hello {
    wf_str source;               /* [a-z0-9_-], 1 to WF_SOURCE_MAX */
    uint64_t epoch;              /* from 1 */
    uint64_t version;            /* WF_PROTOCOL_VERSION */
    uint64_t next;               /* number of the next event that will be sent; 0: whatever follows the durable one */
} wf_hello;

typedef struct wf_welcome {
    uint64_t version;
    uint64_t durable;            /* highest message number on disk for (source, epoch); 0: none */
    uint64_t credit_events, credit_bytes;       /* most that may be sent and not yet replied to */
    uint64_t max_event, max_frame, max_events;  /* bytes, bytes, events a frame */
    wf_str store;                /* id of the store, for ever */
    uint64_t instance;           /* differs after each start */
} wf_welcome;

typedef struct wf_events {
    wf_str source;
    uint64_t epoch;
    uint64_t first;              /* message number of the first event, from 1 */
    size_t count;                /* 1 to WF_FRAME_EVENTS_MAX */
    wf_in rest;                  /* the events, for wf_events_next() */
} wf_events;

typedef enum wf_exception_kind { WF_EX_DUPLICATE = 1, WF_EX_REFUSED = 2 } wf_exception_kind;

typedef struct wf_exception {
    uint32_t index;              /* place in the frame, from 0; ascending */
    wf_exception_kind kind;
    uint64_t sequence;           /* DUPLICATE: the first one's; REFUSED: its own */
    wf_rc reason;                /* REFUSED: a REFUSE row of WF_RESULTS; travels as its wire code */
    wf_str text;                 /* REFUSED: the sentence */
} wf_exception;

/* After the commit, one for each EVENTS frame.
 *
 *   index:      0      1      2          3          4        5
 *               known  known  accepted   duplicate  refused  accepted       known = 2, sequence = 101
 *   sequence:   -      -      101        17 (old)   102      103
 *
 * The first `known` events were on disk before this frame came; they say nothing more. Each later event that is not a
 * duplicate is a journal entry, accepted or refused, numbered consecutively from `sequence`. */
typedef struct wf_reply {
    wf_str source;
    uint64_t epoch, first, count, known, sequence;
    size_t exceptions;
    wf_in rest;                  /* reader: the exceptions, for wf_reply_next() */
    uint64_t credit_events;      /* replaces the credit given before */
} wf_reply;

typedef struct wf_nack { wf_nack_code code; uint64_t expected, retry_ms; wf_str text; } wf_nack;

size_t wf_frame_hello(const wf_hello *m, void *buf, size_t cap);
size_t wf_frame_welcome(const wf_welcome *m, void *buf, size_t cap);
size_t wf_frame_nack(const wf_nack *m, void *buf, size_t cap);
/* `ex` holds m->exceptions rows. 64 + 300 an exception bytes are always enough. */
size_t wf_frame_reply(const wf_reply *m, const wf_exception *ex, void *buf, size_t cap);

/* WF_MALFORMED; HELLO and EVENTS also WF_RANGE (source, epoch or number out of range), EVENTS WF_SIZE (too many events
 * or too many bytes). wf_frame_read_events makes sure that every event's bytes are there, not what they say: each is
 * decoded, and refused, alone. */
WF_NODISCARD wf_rc wf_frame_read_hello(const void *bytes, size_t n, wf_hello *ret, wf_err *e);
WF_NODISCARD wf_rc wf_frame_read_welcome(const void *bytes, size_t n, wf_welcome *ret, wf_err *e);
WF_NODISCARD wf_rc wf_frame_read_events(const void *bytes, size_t n, wf_events *ret, wf_err *e);
WF_NODISCARD wf_rc wf_frame_read_reply(const void *bytes, size_t n, wf_reply *ret, wf_err *e);
WF_NODISCARD wf_rc wf_frame_read_nack(const void *bytes, size_t n, wf_nack *ret, wf_err *e);

/* The next event's bytes, for wf_event_decode(); false after the last. */
bool wf_events_next(wf_events *m, wf_str *event);
/* The next exception; false after the last. An unknown reason code reads as WF_MALFORMED. */
bool wf_reply_next(wf_reply *m, wf_exception *ret);

/* An EVENTS frame is written from the back: events first, the head in front of them when the first number is known. */
#define WF_EVENTS_HEAD_MAX 80
/* Appends one event (bin). */
static inline void wf_put_event(wf_out *o, const void *event, size_t n) { wf_put_bin(o, event, n); }
/* Writes the head so that it ends just before `body`, of which WF_EVENTS_HEAD_MAX bytes in front must be free; returns
 * the length of the head. */
size_t wf_frame_events_head(wf_str source, uint64_t epoch, uint64_t first, size_t count, uint8_t *body);

/* ---- query and admin ------------------------------------------------------------------------------------------- */

/* Envelope: the payload is the last frame of a message; frames before it (a ROUTER's routing id, a REQ's empty
 * delimiter) go back unchanged before the answer. */
size_t wf_frame_ask(const wf_question *q, void *buf, size_t cap);

/* Checks verb and arguments: known, of their kind, required ones there. *ret->id is read even when the rest is refused
 * (0 if even that is impossible). WF_MALFORMED, WF_FIELD, WF_MISSING, WF_TYPE (no such verb), WF_SIZE, WF_RANGE. */
WF_NODISCARD wf_rc wf_frame_read_ask(const void *bytes, size_t n, wf_question *ret, wf_err *e);

size_t wf_frame_failed(uint64_t id, wf_rc rc, const char *text, void *buf, size_t cap);
WF_NODISCARD wf_rc wf_frame_read_failed(const void *bytes, size_t n, uint64_t *id, wf_rc *rc, wf_str *text, wf_err *e);

/* Builds an answer part by part:
 *
 *     wf_answer a;
 *     wf_answer_begin(&a, q.id, buf, WF_FRAME_BYTES_MAX);
 *     for each row:  if (!wf_answer_add(&a, WF_ROW_FIGURE, &figure)) {        // this part is full
 *                        send(buf, wf_answer_end(&a, true));
 *                        wf_answer_begin(&a, q.id, buf, WF_FRAME_BYTES_MAX);
 *                        wf_answer_add(&a, WF_ROW_FIGURE, &figure);
 *                    }
 *     send(buf, wf_answer_end(&a, false));
 *
 * A row is at most WF_ROW_BYTES_MAX (each text is cut at WF_ROW_TEXT_MAX), so it fits an empty part. */
typedef struct wf_answer { wf_out out; uint64_t id; size_t rows; uint8_t *more, *count; } wf_answer;
void wf_answer_begin(wf_answer *a, uint64_t id, void *buf, size_t cap);
bool wf_answer_add(wf_answer *a, wf_row_kind kind, const void *row);
size_t wf_answer_end(wf_answer *a, bool more);

typedef struct wf_rows { uint64_t id; bool more; size_t count; wf_in rest; } wf_rows;
WF_NODISCARD wf_rc wf_frame_read_answer(const void *bytes, size_t n, wf_rows *ret, wf_err *e);
/* The next row; WF_ABSENT after the last, WF_MALFORMED. Rows of a kind that this release does not know are passed over,
 * and so are unknown keys of a row: a newer daemon may say more. */
WF_NODISCARD wf_rc wf_rows_next(wf_rows *r, wf_row *ret, wf_err *e);

/* ---- rows (also those of the stream) --------------------------------------------------------------------------- */

/* [kind, {row}] as two values, for answers and the stream. */
void wf_put_row(wf_out *o, wf_row_kind kind, const void *row);
WF_NODISCARD wf_rc wf_take_row(wf_in *in, wf_row *ret, wf_err *e);

/* ---- stream ---------------------------------------------------------------------------------------------------- */

typedef struct wf_stream_head {
    uint64_t number;             /* of this socket since the daemon's start, 1, 2, 3 ...; a beat: that of the last message */
    uint64_t previous;           /* number of the message before on this topic; 0: the first since the start */
} wf_stream_head;

#define WF_TOPIC_BEAT "beat"

/* "figure/bexley/children/=turnover_rate", NUL-terminated; 0 if it would be longer than WF_TOPIC_BYTES_MAX. */
size_t wf_topic_figure(wf_str path, wf_str indicator, char buf[WF_TOPIC_BYTES_MAX + 1]);
size_t wf_topic_alert(wf_str path, wf_str rule, char buf[WF_TOPIC_BYTES_MAX + 1]);
/* topic begins with prefix. */
bool wf_topic_under(wf_str topic, wf_str prefix);

/* The payload frame. WF_ROW_BYTES_MAX + 64 are always enough. */
size_t wf_frame_stream(wf_stream_head head, wf_row_kind kind, const void *row, void *buf, size_t cap);
WF_NODISCARD wf_rc wf_frame_read_stream(const void *bytes, size_t n, wf_stream_head *head, wf_row *ret, wf_err *e);
