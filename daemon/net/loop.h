/* loop -- the writer's thread: one wait for sockets, signals and midnight; one commit a turn; replies after it.
 *
 *   turn:  days that have ended -> intake, feed -> commit -> replies -> alerts -> admin -> figures -> beat, status, watchdog
 *
 * SIGTERM and SIGINT end it after the turn; SIGHUP reads the configuration again. Both must be blocked in every thread
 * before any is started. */
#pragma once
#include "engine/engine.h"
#include "net/access.h"

typedef struct wf_loop_options {
    wf_store *store;
    wf_engine *engine;
    wf_profile **profile;               /* in force; replaced by a reload */
    const char *profile_name;
    wf_endpoint_setting at[WF_EP_COUNT];
    bool manual_clock;
    uint64_t scrub_ms;                  /* in which the whole store is read again; 0: never */
    uint32_t credit_events;             /* a publisher's window; 0: 65,536 */
    /* Reads the configuration again. WF_CONFIG with the reason; *name: of the profile, at most 127 bytes, kept by the callee. */
    wf_rc (*read)(void *ctx, wf_profile **ret, const char **name, wf_err *e);
    void *ctx;
    bool *ran;                          /* set when it has come to run: what fails from then on has been logged */
} wf_loop_options;

/* Binds all, says READY, runs until a signal. WF_OK: it was asked to end, all that was acknowledged is on disk.
 * WF_CONFIG, WF_BUSY, WF_SYSTEM: it did not come to run. WF_FULL: a commit found no room; the process is to start over.
 * Anything else: the store failed. */
WF_NODISCARD wf_rc wf_loop_run(const wf_loop_options *o, wf_err *e);
