/* exact -- see exact.h. */
#include "consumers/simulate/exact.h"
#include <stdlib.h>
#include <string.h>

#define TENTH (WF_FTE_ONE / 10)

/* What part-time people work less than full time, as often as it occurs. */
static const int64_t less[] = { 2 * TENTH, 4 * TENTH, 2 * TENTH, 5 * TENTH, 1 * TENTH, 3 * TENTH, 4 * TENTH, 2 * TENTH };

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

void sim_spread(sim_random *r, int64_t total, int32_t heads, int64_t *out)
{
    int64_t missing = (int64_t) heads * WF_FTE_ONE - total;
    for (int32_t i = 0; i < heads; i++)
        out[i] = WF_FTE_ONE;

    for (int32_t i = 0; missing < 0 && i < heads; i++) {
        int64_t more = i + 1 == heads ? -missing : smaller(-missing, WF_FTE_ONE);
        out[i] += more;
        missing += more;
    }
    /* About as many part-timers as the hours that are missing need; later passes take what the first left over. */
    for (int pass = 0; missing > 0; pass++) {
        int64_t least = pass < 8 ? 2 * TENTH : pass < 10 ? TENTH : 0;
        uint32_t odds = pass > 0 ? 100 : (uint32_t) smaller(100, 1 + 100 * missing / ((int64_t) heads * 3 * TENTH));
        for (int32_t i = 0; missing > 0 && i < heads; i++) {
            if (sim_below(r, 100) >= odds || out[i] <= least)
                continue;
            int64_t cut = smaller(pass < 8 ? less[sim_below(r, sizeof less / sizeof *less)] : out[i], missing);
            cut = smaller(cut, out[i] - least);
            out[i] -= cut;
            missing -= cut;
        }
    }
}

void sim_shuffle(sim_random *r, uint32_t *order, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = sim_below(r, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}

/* Values that are equal are exchanged for one another freely, so only their numbers matter. */
#define KINDS 64
typedef struct tally { int64_t value[KINDS]; int32_t in[KINDS], out[KINDS]; int kinds; } tally;

static int kind_of(tally *t, int64_t value)
{
    for (int i = 0; i < t->kinds; i++)
        if (t->value[i] == value)
            return i;
    if (t->kinds == KINDS)
        return -1;
    t->value[t->kinds] = value;
    t->in[t->kinds] = t->out[t->kinds] = 0;
    return t->kinds++;
}

/* Makes the exchange that brings the sum nearest to its target; false when none brings it nearer. */
static bool exchange(tally *t, int64_t *left)
{
    int64_t best = llabs(*left);
    int go = -1, come = -1;
    for (int i = 0; i < t->kinds; i++) {
        for (int j = 0; t->in[i] > 0 && j < t->kinds; j++) {
            int64_t rest = llabs(*left - (t->value[j] - t->value[i]));
            if (t->out[j] > 0 && rest < best) {
                best = rest;
                go = i;
                come = j;
            }
        }
    }
    if (go < 0)
        return false;
    t->in[go]--, t->out[go]++;
    t->in[come]++, t->out[come]--;
    *left -= t->value[come] - t->value[go];
    return true;
}

/* Those that are marked come first, each part in the order that it has. */
static void put_first(uint32_t *order, int32_t n, const uint8_t *mark)
{
    uint32_t *rest = calloc((size_t) n + 1, sizeof *rest);
    WF_ASSERT(rest != NULL);
    int32_t front = 0, back = 0;
    for (int32_t i = 0; i < n; i++)
        if (mark[order[i]])
            order[front++] = order[i];
        else
            rest[back++] = order[i];
    memcpy(order + front, rest, (size_t) back * sizeof *rest);
    free(rest);
}

int64_t sim_choose(sim_random *r, const int64_t *value, int32_t n, int32_t k, int64_t target, const uint8_t *prefer, uint8_t *chosen)
{
    tally t = { .kinds = 0 };
    int64_t left = target;
    uint32_t *order = calloc((size_t) n + 1, sizeof *order);
    WF_ASSERT(order != NULL && n >= 0);
    sim_shuffle(r, order, (uint32_t) n);
    if (prefer != NULL)
        put_first(order, n, prefer);
    memset(chosen, 0, (size_t) n);

    for (int32_t i = 0, taken = 0; i < n; i++) {
        int64_t v = value[order[i]];
        int kind = v < 0 ? -1 : kind_of(&t, v);
        if (kind < 0)
            continue;
        if (taken < k) {
            taken++;
            t.in[kind]++;
            left -= v;
        } else {
            t.out[kind]++;
        }
    }
    while (left != 0 && exchange(&t, &left))
        ;
    for (int32_t i = 0; i < n; i++) {
        int64_t v = value[order[i]];
        for (int kind = 0; v >= 0 && kind < t.kinds; kind++)
            if (t.value[kind] == v && t.in[kind] > 0) {
                t.in[kind]--;
                chosen[order[i]] = 1;
                break;
            }
    }
    free(order);
    return left;
}
