/* intake -- takes frames of events from publishers and replies when they are on disk.
 *
 *   wf_intake_take:   frame -> session -> offer each event -> outcome          inside one group
 *   commit
 *   wf_intake_reply:  outcome -> REPLY, WELCOME or NACK                        never before
 *
 * A turn is bounded (4,096 events or 2 MiB: at 2,048 a commit costs a fifth of all, at 8,192 a quiet publisher waits
 * twice as long for its reply); libzmq hands frames over from its connections in turn, so a publisher that
 * floods takes its place in each round and no more. The session is (source, epoch), not the connection: a publisher
 * that comes back on another connection goes on where it was. */
#pragma once
#include "net/access.h"
#include "net/group.h"

#define WF_TURN_EVENTS 4096u
#define WF_TURN_BYTES (2048u * 1024u)

typedef struct wf_intake wf_intake;

/* `credit`: events that one publisher may have unacknowledged at most; 0: WF_WINDOW_EVENTS_MAX. */
WF_NODISCARD wf_rc wf_intake_open(void *context, const wf_endpoint_setting *setting, wf_store *store, uint32_t credit,
                                  wf_intake **ret, wf_err *e);
void wf_intake_close(wf_intake **p);
void *wf_intake_socket(wf_intake *in);

/* While `why` is given, all that comes is answered `busy` with it. NULL: goes on. Borrowed. */
void wf_intake_pause(wf_intake *in, const char *why);

/* Drains what waits, up to the turn's bounds; *more says whether something was left. A failure is the store's. */
WF_NODISCARD wf_rc wf_intake_take(wf_intake *in, wf_group *g, bool *more, wf_err *e);
/* Answers what was taken; the group has been committed. `now_ms`: monotonic. */
void wf_intake_reply(wf_intake *in, uint64_t now_ms);

/* Last epoch of a source and its highest message number on disk, as far as it has spoken since the start; any thread. */
/* *beyond: events that were acknowledged to it, as it says, and are not here. */
bool wf_intake_session(wf_intake *in, wf_str source, uint64_t *epoch, uint64_t *durable, uint64_t *beyond);
