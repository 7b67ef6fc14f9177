/* replayed -- an engine's journal told again beside it, as `workforced verify` does (J2). */
#pragma once
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/replay.h"

static void replayed_differs(void *ctx, const char *text) { fprintf(stderr, "%s: %s\n", (const char *) ctx, text); }

static void replayed_wipe(const char *path)
{
    char command[400];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    if (system(command) != 0)
        exit(2);
}

/* Outside a group. `beside`: path of the store; the other one lies beside it meanwhile. What differs is said on standard error. */
static bool replayed(wf_engine *engine, wf_store *store, const char *beside, uint64_t seed, char *who)
{
    wf_err e = { .text = "" };
    wf_replay_report report;
    char path[300];
    snprintf(path, sizeof path, "%s.again", beside);
    wf_replay_options o = { .engine = engine, .store = store, .path = path, .seed = seed, .restarts = 3, .timeline_bytes = 4000 };
    replayed_wipe(path);
    wf_rc rc = wf_replay_run(&o, replayed_differs, who, &report, &e);
    replayed_wipe(path);
    if (rc != WF_OK)
        fprintf(stderr, "%s: replaying: %s\n", who, e.text);
    else if (report.different != 0)
        fprintf(stderr, "%s: %" PRIu64 " differences between a store and its journal told again, seed %" PRIu64 "\n", who, report.different, seed);
    return rc == WF_OK && report.different == 0;
}
