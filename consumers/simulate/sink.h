/* sink -- where events go: JSON lines on standard output, or a daemon whose manual clock goes along. */
#pragma once
#include <stdio.h>
#include <workforce/publisher.h>

typedef struct sim_sink sim_sink;

typedef struct sim_sink_options {
    const char *sockets;            /* folder of a daemon's sockets; NULL: JSON lines to `out` */
    const char *source;
    bool clock;                     /* wind the daemon's manual clock to the day on which a thing is said */
    bool progress;                  /* draw a bar on standard error */
    int32_t first, last;            /* days between which things are said, for the bar; equal: by `expected` */
    uint64_t expected;
    FILE *out;
} sim_sink_options;

typedef struct sim_sink_counters { uint64_t written, accepted, duplicates, refused, alerts; int64_t us; } sim_sink_counters;

/* WF_CONFIG, WF_SYSTEM: no daemon there. */
WF_NODISCARD wf_rc sim_sink_open(const sim_sink_options *o, sim_sink **ret, wf_err *e);
void sim_sink_free(sim_sink **p);

/* The day is `day` from now on; days never go back. Waits until all before it is on disk. */
WF_NODISCARD wf_rc sim_sink_day(sim_sink *s, int32_t day, wf_err *e);
WF_NODISCARD wf_rc sim_sink_put(sim_sink *s, const wf_event *ev, wf_err *e);
/* Nothing more comes: waits until all is on disk. */
WF_NODISCARD wf_rc sim_sink_end(sim_sink *s, wf_err *e);
void sim_sink_count(const sim_sink *s, sim_sink_counters *ret);
