/* staff -- who is there, leaves, starts and is added. */
#include "consumers/simulate/staff.h"
#include "consumers/simulate/exact.h"
#include <stdlib.h>

#define TENTH (WF_FTE_ONE / 10)

sim_worker *sim_crowd_add(sim_org *o, sim_crowd *c, sim_coming coming, int32_t from, int64_t fte)
{
    if (c->n == c->cap) {
        c->cap = c->cap == 0 ? 64 : 2 * c->cap;
        c->at = realloc(c->at, (size_t) c->cap * sizeof *c->at);
        WF_ASSERT(c->at != NULL);
    }
    c->at[c->n] = (sim_worker) {
        .id = ++o->people, .coming = coming, .from = from, .until = SIM_STAYS, .fte = fte, .target = fte, .busy = INT32_MIN,
    };
    return &c->at[c->n++];
}

int32_t sim_some_day(sim_org *o, int32_t low, int32_t high)
{
    return sim_between(&o->random, low, high);
}

void sim_crowd_spread(sim_org *o, sim_crowd *c, sim_coming coming, int32_t heads, sim_input total)
{
    int64_t *fte = calloc((size_t) heads + 1, sizeof *fte);
    WF_ASSERT(fte != NULL);
    if (total.known)
        sim_spread(&o->random, total.v, heads, fte);
    for (int32_t i = 0; i < heads; i++) {
        int32_t from = coming == SIM_OPENING ? o->last
                     : coming == SIM_STARTER || !o->plain ? sim_some_day(o, o->last + 1, o->today - 1) : o->last + 1;
        sim_crowd_add(o, c, coming, from, fte[i])->no_fte = !total.known;
    }
    free(fte);
}

/* Heads that go with an FTE: where only one of the two was printed the other follows. */
static int32_t heads_of(const sim_org *o, sim_input_name heads, sim_input_name fte)
{
    sim_input h = sim_in(o, heads), f = sim_in(o, fte);
    return h.known ? (int32_t) h.v : f.known ? (int32_t) ((f.v + WF_FTE_ONE - 1) / WF_FTE_ONE) : 0;
}

static void leaves(sim_org *o, sim_worker *w, bool leaver)
{
    int32_t first = w->from > o->last ? w->from + 1 : o->last + 1;
    w->leaver = leaver;
    w->until = sim_some_day(o, first, o->today);
}

/* Before the first year: so many that with starters and leavers the year's end comes out. */
static void open_first(sim_org *o, int32_t starters, int32_t leavers)
{
    sim_input before = sim_in(o, SIM_INPOST_FTE), gone = sim_in(o, SIM_LEAVERS_FTE);
    int32_t stay = (int32_t) sim_in(o, SIM_INPOST_HEADS).v - starters;
    before.v -= sim_in(o, SIM_STARTERS_FTE).v;
    sim_crowd_spread(o, &o->staff, SIM_OPENING, stay > 0 ? stay : 0, (sim_input) { true, before.v > 0 ? before.v : 0 });
    int32_t from = o->staff.n;
    sim_crowd_spread(o, &o->staff, SIM_OPENING, leavers, gone);
    for (int32_t i = from; i < o->staff.n; i++)
        leaves(o, &o->staff.at[i], true);
}

/* FTE of those who were there on the last 30 September and stay, -1 for the others. */
static int64_t *values(const sim_org *o)
{
    int64_t *v = calloc((size_t) o->staff.n + 1, sizeof *v);
    WF_ASSERT(v != NULL);
    for (int32_t i = 0; i < o->staff.n; i++)
        v[i] = sim_stays(&o->staff.at[i]) && o->staff.at[i].from <= o->last ? o->staff.at[i].target : -1;
    return v;
}

/* Leavers of a later year have the FTE of the last 30 September, so they must be found among those who are there. What
 * cannot be found was missing from the figures before: it is added on 1 October and leaves in the year. */
static void choose_leavers(sim_org *o, int32_t leavers)
{
    sim_input fte = sim_in(o, SIM_LEAVERS_FTE);
    int64_t *v = values(o);
    uint8_t *chosen = calloc((size_t) o->staff.n + 1, 1);
    WF_ASSERT(chosen != NULL);
    int32_t extra = leavers > o->staff.n ? leavers - o->staff.n : 0;
    int64_t rest;
    for (;; extra = extra == 0 ? 1 : 2 * extra) {
        extra = extra > leavers ? leavers : extra;
        /* Those who are added want room for about their share of the FTE. */
        int64_t theirs = leavers == 0 ? 0 : fte.v / leavers * extra;
        rest = sim_choose(&o->random, v, o->staff.n, leavers - extra, fte.v - theirs, NULL, chosen) + theirs;
        if (!fte.known || (rest >= 0 && rest <= 2 * (int64_t) extra * WF_FTE_ONE) || extra == leavers)
            break;
    }
    for (int32_t i = 0; i < o->staff.n; i++)
        if (chosen[i])
            leaves(o, &o->staff.at[i], true);
    int32_t from = o->staff.n;
    sim_crowd_spread(o, &o->staff, SIM_ADDED, extra, (sim_input) { fte.known, rest });
    for (int32_t i = from; i < o->staff.n; i++) {
        o->staff.at[i].from = o->last + 1;
        leaves(o, &o->staff.at[i], true);
    }
    free(chosen);
    free(v);
}

static void count_staff(const sim_org *o, int32_t *heads, int64_t *fte)
{
    *heads = 0;
    *fte = 0;
    for (int32_t i = 0; i < o->staff.n; i++)
        if (sim_stays(&o->staff.at[i])) {
            ++*heads;
            *fte += o->staff.at[i].target;
        }
}

/* Removes `heads` people so that what they have comes near to `fte`. */
static void remove_some(sim_org *o, int32_t heads, int64_t fte)
{
    int64_t *v = values(o);
    uint8_t *chosen = calloc((size_t) o->staff.n + 1, 1);
    WF_ASSERT(chosen != NULL);
    (void) sim_choose(&o->random, v, o->staff.n, heads, fte, NULL, chosen);
    for (int32_t i = 0; i < o->staff.n; i++)
        if (chosen[i])
            leaves(o, &o->staff.at[i], false);
    free(chosen);
    free(v);
}

/* Moves one person's FTE towards `delta` within [low, high]. */
static void push(sim_worker *w, int64_t *delta, int64_t low, int64_t high)
{
    int64_t want = w->target + *delta;
    want = want < low ? low : want > high ? high : want;
    if ((*delta > 0 && want <= w->target) || (*delta < 0 && want >= w->target))
        return;
    *delta -= want - w->target;
    w->target = want;
}

int64_t sim_adjust(sim_org *o, int64_t delta, const uint8_t *mark, bool marked)
{
    static const struct { int64_t low, high; } bounds[] = {
        { 4 * TENTH, WF_FTE_ONE }, { TENTH, WF_FTE_ONE }, { TENTH / 5, 2 * WF_FTE_ONE },
    };
    uint32_t start = o->staff.n > 0 ? sim_below(&o->random, (uint32_t) o->staff.n) : 0;
    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++)
        for (uint32_t k = 0; delta != 0 && k < (uint32_t) o->staff.n; k++) {
            uint32_t i = (start + k) % (uint32_t) o->staff.n;
            sim_worker *w = &o->staff.at[i];
            if (sim_stays(w) && !w->no_fte && (mark == NULL || (mark[i] != 0) == marked))
                push(w, &delta, bounds[b].low, bounds[b].high);
        }
    for (int32_t i = 0; delta < 0 && i < o->staff.n; i++)
        if (sim_stays(&o->staff.at[i]) && (mark == NULL || (mark[i] != 0) == marked))
            push(&o->staff.at[i], &delta, 0, 2 * WF_FTE_ONE);
    return delta;
}

void sim_plan_staff(sim_org *o)
{
    int32_t starters = heads_of(o, SIM_STARTERS_HEADS, SIM_STARTERS_FTE);
    int32_t leavers = heads_of(o, SIM_LEAVERS_HEADS, SIM_LEAVERS_FTE);
    int32_t wanted = (int32_t) sim_in(o, SIM_INPOST_HEADS).v, heads;
    int64_t fte;
    if (o->begun)
        choose_leavers(o, leavers);
    else
        open_first(o, starters, leavers);
    sim_crowd_spread(o, &o->staff, SIM_STARTER, starters, sim_in(o, SIM_STARTERS_FTE));

    count_staff(o, &heads, &fte);
    int64_t missing = sim_in(o, SIM_INPOST_FTE).v - fte;
    if (heads > wanted) {
        remove_some(o, heads - wanted, -missing);
    } else if (heads < wanted) {
        int64_t most = (int64_t) (wanted - heads) * WF_FTE_ONE, least = most / 5;
        int64_t theirs = missing < least ? least : missing > most ? most : missing;
        sim_crowd_spread(o, &o->staff, SIM_ADDED, wanted - heads, (sim_input) { true, theirs });
    }
    count_staff(o, &heads, &fte);
    (void) sim_adjust(o, sim_in(o, SIM_INPOST_FTE).v - fte, NULL, true);
}
