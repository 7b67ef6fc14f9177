/* random -- a seeded generator (splitmix64): the same seed gives the same stream on every machine. */
#pragma once
#include <stdint.h>

typedef struct sim_random { uint64_t state; } sim_random;

static inline uint64_t sim_next(sim_random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 to n - 1; n > 0. */
static inline uint32_t sim_below(sim_random *r, uint32_t n)
{
    return (uint32_t) (((sim_next(r) >> 32) * n) >> 32);
}

/* low to high, both included; the span is below 2^32. */
static inline int32_t sim_between(sim_random *r, int32_t low, int32_t high)
{
    return high <= low ? low : low + (int32_t) sim_below(r, (uint32_t) (high - low) + 1);
}

/* A generator of its own for something that has a name or number. */
static inline sim_random sim_fork(uint64_t seed, uint64_t name)
{
    sim_random r = { seed ^ (name * 0xd1342543de82ef95u + 0x632be59bd9b4e019u) };
    (void) sim_next(&r);
    return r;
}
