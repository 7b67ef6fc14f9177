/* An event that is taken encodes to bytes that are taken again and encode the same; msgpack-c reads them too.
 * Seeds: the bytes of proto/vectors/event-*.hex and refused-*.hex. */
#include <workforce/event.h>

#include "guard.h"
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static uint8_t first[WF_EVENT_BYTES_MAX], second[WF_EVENT_BYTES_MAX];
    wf_event ev, back;
    wf_err e;
    if (wf_event_decode(bytes, n, &ev, &e) != WF_OK) {
        must(wf_rc_act(e.rc) == WF_REFUSE && e.text[0] != '\0');
        must(ev.id.n <= WF_ID_MAX && ev.source.n <= WF_SOURCE_MAX && ev.subject.n <= WF_ID_MAX && ev.org.n <= WF_CODE_MAX);
        return 0;
    }
    must(wf_guard(bytes, n));
    msgpack_unpacked u;
    size_t off = 0;
    msgpack_unpacked_init(&u);
    must(msgpack_unpack_next(&u, (const char *) bytes, n, &off) == MSGPACK_UNPACK_SUCCESS && off == n);
    must(u.data.type == MSGPACK_OBJECT_MAP && u.data.via.map.size >= 7);
    msgpack_unpacked_destroy(&u);

    size_t a = wf_event_encode(&ev, first, sizeof first);
    must(a > 0 && wf_event_decode(first, a, &back, &e) == WF_OK);
    must(wf_event_encode(&back, second, sizeof second) == a && memcmp(first, second, a) == 0);

    wf_hold *hold = NULL;
    char *json = wf_event_to_json(&ev);
    must(wf_event_from_json(json, strlen(json), &back, &hold, &e) == WF_OK);
    must(wf_event_encode(&back, second, sizeof second) == a && memcmp(first, second, a) == 0);
    wf_hold_free(&hold);
    free(json);
    return 0;
}
