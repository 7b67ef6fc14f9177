/* feed -- events from systems that can only PUB: best effort, no reply.
 *
 * A message is one event, after a topic if the publisher's library insists on one. What is lost on the way shows only
 * where the source numbers its events (`sequence`): holes are counted by source and logged. */
#pragma once
#include "net/access.h"
#include "net/group.h"

#define WF_FEED_TURN 512u

typedef struct wf_feed wf_feed;

WF_NODISCARD wf_rc wf_feed_open(void *context, const wf_endpoint_setting *setting, wf_feed **ret, wf_err *e);
void wf_feed_close(wf_feed **p);
void *wf_feed_socket(wf_feed *f);
/* Offers what waits, at most WF_FEED_TURN messages; each is a frame of its own. A failure is the store's. */
WF_NODISCARD wf_rc wf_feed_take(wf_feed *f, wf_group *g, bool *more, wf_err *e);
/* Logs, seldom, what was refused or is missing. */
void wf_feed_tell(wf_feed *f, uint64_t now_ms);
