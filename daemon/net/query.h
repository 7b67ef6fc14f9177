/* query -- answers questions in a thread of its own, from the engine's state and a snapshot of the store.
 *
 * Large answers go out part by part, the questions in turn, so that none waits for another's end; a client that does not
 * read its answer loses it after ten seconds. Nothing here can hold up intake for more than a short lock. */
#pragma once
#include "net/access.h"
#include "net/shared.h"

typedef struct wf_query_room wf_query_room;

/* Binds, starts the thread. Before the first answer the outbox is read for the last alert of each topic. */
WF_NODISCARD wf_rc wf_query_room_open(void *context, const wf_endpoint_setting *setting, wf_shared *house, wf_query_room **ret, wf_err *e);
/* Ends the thread within about 20 ms, answers under way with it. */
void wf_query_room_close(wf_query_room **p);
