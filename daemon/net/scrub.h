/* scrub -- a thread that reads the whole store again, slowly, and says when something is not what was written. */
#pragma once
#include "net/shared.h"

typedef struct wf_scrub_room wf_scrub_room;

/* One turn takes `turn_ms`, or as long as some pages each second take; the next begins when that time is over. What can be
 * derived anew is told of in status; anything else sets house->damaged. */
WF_NODISCARD wf_rc wf_scrub_room_open(wf_shared *house, uint64_t turn_ms, wf_scrub_room **ret, wf_err *e);
void wf_scrub_room_close(wf_scrub_room **p);
