/* stream -- figures and alerts out to whoever listens, numbered so that a loss shows.
 *
 *   alerts    each, at once after its commit, in order
 *   figures   the newest of each topic, in rounds at least a second apart; the first change after a quiet second at once
 *   beat      every second: the number of the last message, so that a loss at the end shows too
 *
 * The socket belongs to the writer's thread; what was last said on a topic may be asked from any thread. */
#pragma once
#include "net/access.h"
#include "engine/engine.h"

typedef struct wf_stream wf_stream;

/* Without an endpoint it counts and remembers, and sends nothing. */
WF_NODISCARD wf_rc wf_stream_open(void *context, const wf_endpoint_setting *setting, wf_stream **ret, wf_err *e);
void wf_stream_close(wf_stream **p);

/* Sends the alerts of committed groups; returns how many. */
unsigned wf_stream_alerts(wf_stream *s, wf_engine *en);
/* Goes on with the round of figures, or begins one when it is time, for at most about `budget_us`; true: more wait. */
bool wf_stream_figures(wf_stream *s, wf_engine *en, uint64_t now_ms, uint64_t budget_us);
/* Sends a beat when the last is a second old. */
void wf_stream_beat(wf_stream *s, wf_engine *en, uint64_t instance, wf_instant now, uint64_t now_ms);

/* How long nothing of this is due: until the next beat or round. */
uint64_t wf_stream_wait_ms(const wf_stream *s, uint64_t now_ms);

/* ---- any thread ---- */
uint64_t wf_stream_number(wf_stream *s, wf_str topic);  /* of the last message on it since the start; 0: none */
/* An alert of the outbox was on this topic: known before the stream says another. */
void wf_stream_told(wf_stream *s, wf_str path, wf_str rule, uint64_t alert);
/* The last alert of every topic under one of the prefixes (none: all), ascending; caller frees. */
uint64_t *wf_stream_last_alerts(wf_stream *s, const wf_str *prefix, size_t prefixes, size_t *n);
