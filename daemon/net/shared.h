/* shared -- what the writer's thread lets the reader's thread know. Each part has its lock; none is held for long. */
#pragma once
#include "core/profile.h"
#include "net/stream.h"
#include <pthread.h>
#include <stdatomic.h>

struct wf_intake;

typedef struct wf_health {
    const char *state;                  /* starting, deriving, ready, paused, stopping */
    char trouble[240];                  /* what is wrong; empty when nothing is */
    uint64_t per_second, lag_ms;        /* events over the last ten seconds; time from frame to reply of the last turn */
    wf_instant now;                     /* the host's clock at the last turn */
    wf_space space;                     /* at the last turn */
    wf_instant scrubbed;                /* when the scrub last came to the store's end; 0: not since the start */
    uint64_t scrub_faults;
    char damage[200];                   /* the last of them; empty: none */
    wf_day jump;                        /* the day an operator must accept; WF_DAY_OPEN: none */
} wf_health;

typedef struct wf_shared {
    wf_engine *engine;
    wf_store *store;
    wf_stream *stream;
    struct wf_intake *intake;
    uint64_t started_ms;                /* monotonic */
    bool manual_clock;

    pthread_mutex_t profile_lock;       /* held while the profile, or text that the engine borrows from it, is in use */
    const wf_profile *profile;
    char profile_name[128], profile_version[17];

    pthread_mutex_t health_lock;
    wf_health health;

    atomic_bool damaged;                /* the scrub has found what the journal cannot mend */
    atomic_uint_fast64_t reader_seen_ms;    /* when the reader last went round: the watchdog looks at it */
} wf_shared;
