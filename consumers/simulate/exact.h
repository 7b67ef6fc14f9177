/* exact -- sums that come out exactly: FTE spread over heads, and heads chosen so that their FTE is a given sum. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "consumers/simulate/random.h"
#include <workforce/types.h>

/* Spreads `total` millionths over `heads` people with the mixture of hours that is usual, most of them full-time:
 *     total 3.4 over 4:   1.0  0.6  1.0  0.8
 * More than one FTE a head (the official figures have it: one person, two engagements) puts up to 2.0 on some, and
 * beyond that on the last. heads 0: nothing is written. */
void sim_spread(sim_random *r, int64_t total, int32_t heads, int64_t *out);

/* Marks k of the n values (chosen[i] = 1) so that their sum is `target`, at random as far as that leaves room.
 * Returns target less the sum that was reached: 0 is success, else it is as near as exchanges one for one could bring it.
 * Those marked in `prefer` (may be NULL) are taken before others where that leaves the sum alone. Values below 0 are never
 * chosen. k is at most the number of the others. Cost: n + k x (different values)^2. */
int64_t sim_choose(sim_random *r, const int64_t *value, int32_t n, int32_t k, int64_t target,
                   const uint8_t *prefer, uint8_t *chosen);

/* A permutation of 0 .. n - 1. */
void sim_shuffle(sim_random *r, uint32_t *order, uint32_t n);
