/* A CloudEvent that is taken comes back from its MessagePack form, and as the same text from then on.
 * Seeds: proto/vectors/event-*.json. */
#include <workforce/event.h>

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
    static uint8_t buf[WF_EVENT_BYTES_MAX];
    wf_event ev, back;
    wf_err e;
    wf_hold *hold = NULL;
    if (wf_event_from_json((const char *) bytes, n, &ev, &hold, &e) == WF_OK) {
        size_t a = wf_event_encode(&ev, buf, sizeof buf);
        must(a > 0 && wf_event_decode(buf, a, &back, &e) == WF_OK);
        char *one = wf_event_to_json(&ev), *two = wf_event_to_json(&back);
        must(strcmp(one, two) == 0);
        free(one);
        free(two);
    } else
        must(wf_rc_act(e.rc) == WF_REFUSE && e.text[0] != '\0');
    wf_hold_free(&hold);
    return 0;
}
