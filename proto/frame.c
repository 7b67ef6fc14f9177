#include "frame.h"

#include <stdio.h>
#include <string.h>

static const char *const message_names[WF_MSG_KINDS] = {
#define X(name, number, socket, direction, fields) [number] = #name,
    WF_MESSAGES(X)
#undef X
};

static const char *const nack_names[WF_NACK_CODES] = {
#define X(name, number, wire, does, text) [number] = wire,
    WF_NACKS(X)
#undef X
};

const char *wf_message_name(wf_message_kind kind)
{
    return (unsigned) kind < WF_MSG_KINDS && message_names[kind] != NULL ? message_names[kind] : "";
}

const char *wf_nack_name(wf_nack_code code)
{
    return (unsigned) code < WF_NACK_CODES && nack_names[code] != NULL ? nack_names[code] : "";
}

/* The array header and the number of the message. */
static bool open_frame(wf_in *in, size_t *items, wf_message_kind *kind)
{
    int64_t n;
    if (!wf_take_array(in, items) || *items < 1 || !wf_take_int(in, &n) || n < 1 || n >= WF_MSG_KINDS)
        return false;
    *kind = (wf_message_kind) n;
    return true;
}

wf_message_kind wf_frame_kind(const void *bytes, size_t n)
{
    wf_in in = wf_in_from(bytes, n);
    size_t items;
    wf_message_kind kind;
    return open_frame(&in, &items, &kind) ? kind : WF_MSG_NONE;
}

static bool is(wf_in *in, wf_message_kind wanted, size_t items)
{
    size_t n;
    wf_message_kind kind;
    return open_frame(in, &n, &kind) && kind == wanted && n == items;
}

static void begin(wf_out *o, wf_message_kind kind, size_t items)
{
    wf_put_array(o, items);
    wf_put_uint(o, kind);
}

static wf_rc broken(wf_message_kind kind, wf_err *e)
{
    return wf_fail(e, WF_MALFORMED, "not a sound %s message", wf_message_name(kind));
}

static bool code_text(wf_str s, size_t max)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return s.n > 0 && s.n <= max;
}

static wf_str cut_text(wf_str s) { return (wf_str) { s.p, s.n < WF_REASON_BYTES_MAX ? s.n : WF_REASON_BYTES_MAX }; }

/* ---- intake: HELLO and WELCOME --------------------------------------------------------------------------------- */

size_t wf_frame_hello(const wf_hello *m, void *buf, size_t cap)
{
    wf_out o = wf_out_to(buf, cap);
    begin(&o, WF_MSG_HELLO, 5);
    wf_put_str(&o, m->source);
    wf_put_uint(&o, m->epoch);
    wf_put_uint(&o, m->version);
    wf_put_uint(&o, m->next);
    return wf_out_length(&o);
}

static wf_rc check_session(wf_str source, uint64_t epoch, wf_err *e)
{
    if (!code_text(source, WF_SOURCE_MAX))
        return wf_fail(e, WF_RANGE, "the source is not 1 to %d of a-z 0-9 _ -", WF_SOURCE_MAX);
    if (epoch < 1 || epoch > INT64_MAX)
        return wf_fail(e, WF_RANGE, "the epoch is not 1 to 2^63 - 1");
    return WF_OK;
}

wf_rc wf_frame_read_hello(const void *bytes, size_t n, wf_hello *ret, wf_err *e)
{
    wf_in in = wf_in_from(bytes, n);
    wf_hello m;
    if (!is(&in, WF_MSG_HELLO, 5) || !wf_take_str(&in, &m.source) || !wf_take_uint(&in, &m.epoch)
        || !wf_take_uint(&in, &m.version) || !wf_take_uint(&in, &m.next) || !wf_in_done(&in))
        return broken(WF_MSG_HELLO, e);
    WF_TRY(check_session(m.source, m.epoch, e));
    *ret = m;
    return WF_OK;
}

size_t wf_frame_welcome(const wf_welcome *m, void *buf, size_t cap)
{
    wf_out o = wf_out_to(buf, cap);
    begin(&o, WF_MSG_WELCOME, 10);
    wf_put_uint(&o, m->version);
    wf_put_uint(&o, m->durable);
    wf_put_uint(&o, m->credit_events);
    wf_put_uint(&o, m->credit_bytes);
    wf_put_uint(&o, m->max_event);
    wf_put_uint(&o, m->max_frame);
    wf_put_uint(&o, m->max_events);
    wf_put_str(&o, m->store);
    wf_put_uint(&o, m->instance);
    return wf_out_length(&o);
}

wf_rc wf_frame_read_welcome(const void *bytes, size_t n, wf_welcome *ret, wf_err *e)
{
    wf_in in = wf_in_from(bytes, n);
    wf_welcome m;
    if (!is(&in, WF_MSG_WELCOME, 10) || !wf_take_uint(&in, &m.version) || !wf_take_uint(&in, &m.durable)
        || !wf_take_uint(&in, &m.credit_events) || !wf_take_uint(&in, &m.credit_bytes) || !wf_take_uint(&in, &m.max_event)
        || !wf_take_uint(&in, &m.max_frame) || !wf_take_uint(&in, &m.max_events) || !wf_take_str(&in, &m.store)
        || !wf_take_uint(&in, &m.instance) || !wf_in_done(&in))
        return broken(WF_MSG_WELCOME, e);
    *ret = m;
    return WF_OK;
}

/* ---- intake: EVENTS -------------------------------------------------------------------------------------------- */

size_t wf_frame_events_head(wf_str source, uint64_t epoch, uint64_t first, size_t count, uint8_t *body)
{
    uint8_t head[WF_EVENTS_HEAD_MAX];
    wf_out o = wf_out_to(head, sizeof head);
    begin(&o, WF_MSG_EVENTS, 5);
    wf_put_str(&o, source);
    wf_put_uint(&o, epoch);
    wf_put_uint(&o, first);
    wf_put_array(&o, count);
    size_t n = wf_out_length(&o);
    WF_ASSERT(n > 0);
    memcpy(body - n, head, n);
    return n;
}

wf_rc wf_frame_read_events(const void *bytes, size_t n, wf_events *ret, wf_err *e)
{
    wf_in in = wf_in_from(bytes, n);
    wf_events m;
    if (n > WF_FRAME_BYTES_MAX)
        return wf_fail(e, WF_SIZE, "a frame of %zu bytes, more than %d", n, WF_FRAME_BYTES_MAX);
    if (!is(&in, WF_MSG_EVENTS, 5) || !wf_take_str(&in, &m.source) || !wf_take_uint(&in, &m.epoch) || !wf_take_uint(&in, &m.first)
        || !wf_take_array(&in, &m.count))
        return broken(WF_MSG_EVENTS, e);
    WF_TRY(check_session(m.source, m.epoch, e));
    if (m.count > WF_FRAME_EVENTS_MAX)
        return wf_fail(e, WF_SIZE, "a frame of %zu events, more than %d", m.count, WF_FRAME_EVENTS_MAX);
    if (m.count < 1 || m.first < 1 || m.first > INT64_MAX)
        return wf_fail(e, WF_RANGE, m.count < 1 ? "a frame without events" : "message numbers are 1 to 2^63 - 1");
    m.rest = in;
    for (size_t i = 0; i < m.count; i++) {
        wf_str event;
        if (!wf_take_bin(&in, &event))
            return broken(WF_MSG_EVENTS, e);
    }
    if (!wf_in_done(&in))
        return broken(WF_MSG_EVENTS, e);
    *ret = m;
    return WF_OK;
}

bool wf_events_next(wf_events *m, wf_str *event) { return wf_take_bin(&m->rest, event); }

/* ---- intake: REPLY and NACK ------------------------------------------------------------------------------------ */

size_t wf_frame_reply(const wf_reply *m, const wf_exception *ex, void *buf, size_t cap)
{
    wf_out o = wf_out_to(buf, cap);
    begin(&o, WF_MSG_REPLY, 9);
    wf_put_str(&o, m->source);
    wf_put_uint(&o, m->epoch);
    wf_put_uint(&o, m->first);
    wf_put_uint(&o, m->count);
    wf_put_uint(&o, m->known);
    wf_put_uint(&o, m->sequence);
    wf_put_array(&o, m->exceptions);
    for (size_t i = 0; i < m->exceptions; i++) {
        bool refused = ex[i].kind == WF_EX_REFUSED;
        wf_put_array(&o, refused ? 5 : 3);
        wf_put_uint(&o, ex[i].index);
        wf_put_uint(&o, ex[i].kind);
        wf_put_uint(&o, ex[i].sequence);
        if (refused) {
            wf_put_str(&o, wf_str_of(wf_rc_wire(ex[i].reason)));
            wf_put_str(&o, cut_text(ex[i].text));
        }
    }
    wf_put_uint(&o, m->credit_events);
    return wf_out_length(&o);
}

static wf_rc reason_of(wf_str wire)
{
    for (int rc = 1; rc < WF_RESULT_COUNT; rc++)
        if (wf_str_eq(wire, wf_str_of(wf_rc_wire((wf_rc) rc))))
            return (wf_rc) rc;
    return WF_MALFORMED;
}

static bool take_exception(wf_in *in, wf_exception *ret)
{
    size_t items;
    uint64_t index, kind;
    wf_str wire;
    *ret = (wf_exception) { 0 };
    if (!wf_take_array(in, &items) || !wf_take_uint(in, &index) || index >= WF_FRAME_EVENTS_MAX || !wf_take_uint(in, &kind)
        || !wf_take_uint(in, &ret->sequence))
        return false;
    ret->index = (uint32_t) index;
    ret->kind = (wf_exception_kind) kind;
    if (kind == WF_EX_DUPLICATE)
        return items == 3;
    if (kind != WF_EX_REFUSED || items != 5 || !wf_take_str(in, &wire) || !wf_take_str(in, &ret->text))
        return false;
    ret->reason = reason_of(wire);
    return true;
}

wf_rc wf_frame_read_reply(const void *bytes, size_t n, wf_reply *ret, wf_err *e)
{
    wf_in in = wf_in_from(bytes, n);
    wf_reply m;
    if (!is(&in, WF_MSG_REPLY, 9) || !wf_take_str(&in, &m.source) || !wf_take_uint(&in, &m.epoch) || !wf_take_uint(&in, &m.first)
        || !wf_take_uint(&in, &m.count) || !wf_take_uint(&in, &m.known) || !wf_take_uint(&in, &m.sequence)
        || !wf_take_array(&in, &m.exceptions))
        return broken(WF_MSG_REPLY, e);
    if (m.count < 1 || m.count > WF_FRAME_EVENTS_MAX || m.known > m.count || m.exceptions > m.count - m.known)
        return broken(WF_MSG_REPLY, e);
    m.rest = in;
    uint64_t next = m.known;
    for (size_t i = 0; i < m.exceptions; i++) {
        wf_exception ex;
        if (!take_exception(&in, &ex) || ex.index < next || ex.index >= m.count)
            return broken(WF_MSG_REPLY, e);
        next = ex.index + 1u;
    }
    m.rest.end = in.p;
    if (!wf_take_uint(&in, &m.credit_events) || !wf_in_done(&in))
        return broken(WF_MSG_REPLY, e);
    *ret = m;
    return WF_OK;
}

bool wf_reply_next(wf_reply *m, wf_exception *ret) { return !wf_in_done(&m->rest) && take_exception(&m->rest, ret); }

size_t wf_frame_nack(const wf_nack *m, void *buf, size_t cap)
{
    wf_out o = wf_out_to(buf, cap);
    begin(&o, WF_MSG_NACK, 5);
    wf_put_uint(&o, m->code);
    wf_put_uint(&o, m->expected);
    wf_put_uint(&o, m->retry_ms);
    wf_put_str(&o, cut_text(m->text));
    return wf_out_length(&o);
}

wf_rc wf_frame_read_nack(const void *bytes, size_t n, wf_nack *ret, wf_err *e)
{
    wf_in in = wf_in_from(bytes, n);
    wf_nack m;
    uint64_t code;
    if (!is(&in, WF_MSG_NACK, 5) || !wf_take_uint(&in, &code) || code < 1 || code >= WF_NACK_CODES || !wf_take_uint(&in, &m.expected)
        || !wf_take_uint(&in, &m.retry_ms) || !wf_take_str(&in, &m.text) || !wf_in_done(&in))
        return broken(WF_MSG_NACK, e);
    m.code = (wf_nack_code) code;
    *ret = m;
    return WF_OK;
}

/* ---- answers --------------------------------------------------------------------------------------------------- */

/* [7, id, more, [[kind, {row}] ...]]: `more` and the number of rows are written last, in fixed places. */
void wf_answer_begin(wf_answer *a, uint64_t id, void *buf, size_t cap)
{
    a->out = wf_out_to(buf, cap);
    a->id = id;
    a->rows = 0;
    begin(&a->out, WF_MSG_ANSWER, 4);
    wf_put_uint(&a->out, id);
    a->more = a->out.p;
    wf_put_bool(&a->out, false);
    a->count = a->out.p;
    wf_put_tagged(&a->out, 0xdc, 0, 2);
    WF_ASSERT(!a->out.over);
}

bool wf_answer_add(wf_answer *a, wf_row_kind kind, const void *row)
{
    uint8_t *before = a->out.p;
    if (a->rows < UINT16_MAX) {
        wf_put_array(&a->out, 2);
        wf_put_row(&a->out, kind, row);
        if (!a->out.over) {
            a->rows++;
            return true;
        }
    }
    a->out.p = before;
    a->out.over = false;
    return false;
}

size_t wf_answer_end(wf_answer *a, bool more)
{
    *a->more = more ? 0xc3 : 0xc2;
    a->count[1] = (uint8_t) (a->rows >> 8);
    a->count[2] = (uint8_t) a->rows;
    return wf_out_length(&a->out);
}

wf_rc wf_frame_read_answer(const void *bytes, size_t n, wf_rows *ret, wf_err *e)
{
    wf_in in = wf_in_from(bytes, n);
    wf_rows m;
    if (!wf_guard(bytes, n) || !is(&in, WF_MSG_ANSWER, 4) || !wf_take_uint(&in, &m.id) || !wf_take_bool(&in, &m.more)
        || !wf_take_array(&in, &m.count))
        return broken(WF_MSG_ANSWER, e);
    m.rest = in;
    *ret = m;
    return WF_OK;
}

wf_rc wf_rows_next(wf_rows *r, wf_row *ret, wf_err *e)
{
    size_t items;
    for (; r->count > 0; r->count--) {
        if (!wf_take_array(&r->rest, &items) || items != 2)
            return broken(WF_MSG_ANSWER, e);
        WF_TRY(wf_take_row(&r->rest, ret, e));
        if (ret->kind != WF_ROW_NONE) {
            r->count--;
            return WF_OK;
        }
    }
    return WF_ABSENT;
}

size_t wf_frame_failed(uint64_t id, wf_rc rc, const char *text, void *buf, size_t cap)
{
    wf_out o = wf_out_to(buf, cap);
    begin(&o, WF_MSG_FAILED, 4);
    wf_put_uint(&o, id);
    wf_put_str(&o, wf_str_of(wf_rc_wire(rc)));
    wf_put_str(&o, cut_text(wf_str_of(text)));
    return wf_out_length(&o);
}

wf_rc wf_frame_read_failed(const void *bytes, size_t n, uint64_t *id, wf_rc *rc, wf_str *text, wf_err *e)
{
    wf_in in = wf_in_from(bytes, n);
    wf_str wire, why;
    uint64_t number;
    if (!is(&in, WF_MSG_FAILED, 4) || !wf_take_uint(&in, &number) || !wf_take_str(&in, &wire) || !wf_take_str(&in, &why)
        || !wf_in_done(&in))
        return broken(WF_MSG_FAILED, e);
    *id = number;
    *rc = reason_of(wire);
    *text = why;
    return WF_OK;
}

/* ---- stream ---------------------------------------------------------------------------------------------------- */

static size_t topic(const char *kind, wf_str path, wf_str name, char buf[WF_TOPIC_BYTES_MAX + 1])
{
    int n = snprintf(buf, WF_TOPIC_BYTES_MAX + 1, "%s/%.*s/=%.*s", kind, WF_STR_ARG(path), WF_STR_ARG(name));
    return n > WF_TOPIC_BYTES_MAX ? 0 : (size_t) n;
}

size_t wf_topic_figure(wf_str path, wf_str indicator, char buf[WF_TOPIC_BYTES_MAX + 1]) { return topic("figure", path, indicator, buf); }
size_t wf_topic_alert(wf_str path, wf_str rule, char buf[WF_TOPIC_BYTES_MAX + 1]) { return topic("alert", path, rule, buf); }

bool wf_topic_under(wf_str t, wf_str prefix) { return prefix.n == 0 || (t.n >= prefix.n && memcmp(t.p, prefix.p, prefix.n) == 0); }

size_t wf_frame_stream(wf_stream_head head, wf_row_kind kind, const void *row, void *buf, size_t cap)
{
    wf_out o = wf_out_to(buf, cap);
    begin(&o, WF_MSG_STREAM, 5);
    wf_put_uint(&o, head.number);
    wf_put_uint(&o, head.previous);
    wf_put_row(&o, kind, row);
    return wf_out_length(&o);
}

wf_rc wf_frame_read_stream(const void *bytes, size_t n, wf_stream_head *head, wf_row *ret, wf_err *e)
{
    wf_in in = wf_in_from(bytes, n);
    wf_stream_head h;
    if (!wf_guard(bytes, n) || !is(&in, WF_MSG_STREAM, 5) || !wf_take_uint(&in, &h.number) || !wf_take_uint(&in, &h.previous))
        return broken(WF_MSG_STREAM, e);
    WF_TRY(wf_take_row(&in, ret, e));
    if (!wf_in_done(&in))
        return broken(WF_MSG_STREAM, e);
    *head = h;
    return WF_OK;
}
