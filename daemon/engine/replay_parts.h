/* replay_parts -- what replay.c (telling the journal again) and replay_compare.c (holding both beside each other) share. */
#pragma once
#include "engine/replay.h"
#include "engine/state.h"

struct wf_replay {
    const wf_replay_options *o;
    wf_engine *first, *again;
    wf_store *first_store, *again_store;
    wf_profile *profile;            /* in force in `again` */
    uint64_t random;
    wf_replay_differs *differs;
    void *ctx;
    wf_replay_report *report;
};

uint32_t wf_replay_below(wf_replay *r, uint32_t n);
void wf_replay_differ(wf_replay *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
WF_NODISCARD wf_rc wf_replay_progress(wf_replay *r, const char *what, uint64_t done, uint64_t all, wf_err *e);
WF_NODISCARD wf_rc wf_replay_compare(wf_replay *r, wf_err *e);
