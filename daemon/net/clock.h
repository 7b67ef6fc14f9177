/* clock -- the host's clocks, read here and nowhere else: the loop asks once a turn and hands the answer down. */
#pragma once
#include <time.h>
#include <workforce/types.h>

static inline uint64_t wf_monotonic_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * 1000000 + (uint64_t) t.tv_nsec / 1000;
}

static inline uint64_t wf_monotonic_ms(void) { return wf_monotonic_us() / 1000; }

static inline wf_instant wf_host_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (wf_instant) { (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000 };
}
