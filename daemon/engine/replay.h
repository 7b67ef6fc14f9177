/* replay -- a journal told once more to an engine of its own, and what that one says held beside what the first says (J2).
 *
 *   journal of the store      profile  event  event ...  frame end  tick ...        in its order, frames and days as they were
 *        |                       commits and restarts elsewhere, few timelines at hand, nothing that was derived
 *        v
 *   another store and engine  ---- compared: journal, alert messages, told states, ledger, postings, findings, figures, lines
 *                                  of states, counts of sources
 *
 * For `workforced verify`, and for tests: what differs after that is damage, or a fault of the daemon. */
#pragma once
#include "engine/engine.h"

typedef struct wf_replay wf_replay;

typedef struct wf_replay_options {
    wf_engine *engine;              /* borrowed; it must not move on before the end, and have taken in its whole store */
    wf_store *store;                /* its own */
    const char *path;               /* directory of the other store; it must not be there yet, and is left there */
    uint64_t seed;                  /* draws commits, restarts and days */
    unsigned restarts;              /* about so many */
    size_t timeline_bytes;          /* as of an engine */
    bool (*progress)(void *ctx, const char *what, uint64_t done, uint64_t all);     /* false: end now; may be NULL */
    void *ctx;
} wf_replay_options;

/* What differs, one sentence each; at most WF_REPLAY_DIFFERENCES a replay are told. */
typedef void wf_replay_differs(void *ctx, const char *text);
#define WF_REPLAY_DIFFERENCES 20u

typedef struct wf_replay_report { uint64_t entries, commits, restarts, alerts, figures, ledger_lines, different; } wf_replay_report;

/* The profile in force last, from the journal. WF_ABSENT: the journal is empty. WF_DAMAGED. */
WF_NODISCARD wf_rc wf_replay_profile(wf_store *s, wf_profile **ret, wf_err *e);

/* Replays and compares; WF_OK also when something differs: report->different says so. WF_ABSENT: `progress` asked to end.
 * WF_DAMAGED: the journal cannot be replayed. Other errors are those of the other store. */
WF_NODISCARD wf_rc wf_replay_run(const wf_replay_options *o, wf_replay_differs *differs, void *ctx, wf_replay_report *report, wf_err *e);
