/* Every reader of a frame, and what it gives is written and read again. Seeds: proto/vectors/frame-*.hex. */
#include "frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static uint8_t buf[WF_FRAME_BYTES_MAX], again[WF_FRAME_BYTES_MAX];

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void try_events(const uint8_t *bytes, size_t n)
{
    wf_events m;
    wf_str event;
    if (wf_frame_read_events(bytes, n, &m, NULL) != WF_OK)
        return;
    for (size_t i = 0; i < m.count; i++) {
        wf_event ev;
        must(wf_events_next(&m, &event));
        (void) !wf_event_decode(event.p, event.n, &ev, NULL);
    }
    must(wf_in_done(&m.rest));
}

static void try_reply(const uint8_t *bytes, size_t n)
{
    static wf_exception ex[WF_FRAME_EVENTS_MAX];
    wf_reply m, whole, back;
    size_t count = 0;
    if (wf_frame_read_reply(bytes, n, &m, NULL) != WF_OK)
        return;
    whole = m;
    while (wf_reply_next(&m, &ex[count]))
        count++;
    must(count == whole.exceptions);
    size_t k = wf_frame_reply(&whole, ex, buf, sizeof buf);
    must(k == 0 || wf_frame_read_reply(buf, k, &back, NULL) == WF_OK);
}

static void try_ask(const uint8_t *bytes, size_t n)
{
    static wf_question q, back;
    if (wf_frame_read_ask(bytes, n, &q, NULL) != WF_OK)
        return;
    size_t k = wf_frame_ask(&q, buf, sizeof buf);
    must(k > 0 && wf_frame_read_ask(buf, k, &back, NULL) == WF_OK && back.given == q.given);
    must(wf_frame_ask(&back, again, sizeof again) == k && memcmp(buf, again, k) == 0);
}

static void try_row(const wf_row *row)
{
    static wf_row back;
    wf_out o = wf_out_to(buf, WF_ROW_BYTES_MAX), two = wf_out_to(again, WF_ROW_BYTES_MAX);
    wf_put_row(&o, row->kind, &row->as);
    must(!o.over);
    wf_in in = wf_in_from(buf, wf_out_length(&o));
    must(wf_take_row(&in, &back, NULL) == WF_OK && wf_in_done(&in));
    wf_put_row(&two, back.kind, &back.as);
    must(wf_out_length(&o) == wf_out_length(&two) && memcmp(buf, again, wf_out_length(&o)) == 0);
    free(wf_row_to_json(row->kind, &row->as));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static wf_row row;
    wf_hello hello;
    wf_welcome welcome;
    wf_nack nack;
    wf_rows rows;
    wf_stream_head head;
    uint64_t id;
    wf_rc rc;
    wf_str text;
    (void) wf_guard(bytes, n);
    if (wf_frame_read_hello(bytes, n, &hello, NULL) == WF_OK)
        must(wf_frame_hello(&hello, buf, sizeof buf) > 0);
    if (wf_frame_read_welcome(bytes, n, &welcome, NULL) == WF_OK)
        must(wf_frame_welcome(&welcome, buf, sizeof buf) > 0);
    if (wf_frame_read_nack(bytes, n, &nack, NULL) == WF_OK)
        must(wf_frame_nack(&nack, buf, sizeof buf) > 0);
    (void) !wf_frame_read_failed(bytes, n, &id, &rc, &text, NULL);
    try_events(bytes, n);
    try_reply(bytes, n);
    try_ask(bytes, n);
    if (wf_frame_read_answer(bytes, n, &rows, NULL) == WF_OK)
        while (wf_rows_next(&rows, &row, NULL) == WF_OK)
            try_row(&row);
    if (wf_frame_read_stream(bytes, n, &head, &row, NULL) == WF_OK && row.kind != WF_ROW_NONE)
        try_row(&row);
    return 0;
}
