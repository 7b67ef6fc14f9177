/* cases -- placements of the year, who holds cases at its end, and how many. */
#include "consumers/simulate/staff.h"
#include "consumers/simulate/exact.h"
#include <stdlib.h>
#include <string.h>

#define CASES_MOST 9999

static int64_t up(int64_t fte) { return (fte + WF_FTE_ONE - 1) / WF_FTE_ONE; }

static void end_placement(sim_org *o, sim_worker *w)
{
    w->until = sim_some_day(o, o->last + 1, o->today);
}

/* Keeps about two of three placements, ends the others, and begins as many as make heads and FTE come out. Those that
 * begin come in two parts, `first` FTE on `first_heads`, so that the first part can hold cases alone. */
static void plan_agency(sim_org *o, int32_t heads, int64_t first, int32_t first_heads, bool keep)
{
    sim_input fte = sim_in(o, SIM_AGENCY_FTE);
    int32_t kept = 0;
    int64_t sum = 0;
    for (int32_t i = 0; i < o->agency.n; i++) {
        sim_worker *w = &o->agency.at[i];
        int64_t rest = fte.v - sum - w->fte;
        bool fits = kept < heads && w->no_fte == !fte.known && rest >= 0 && rest <= (int64_t) (heads - kept - 1) * WF_FTE_ONE;
        if (!keep || !fits || sim_below(&o->random, 3) == 0) {
            end_placement(o, w);
        } else {
            kept++;
            sum += w->fte;
        }
    }
    /* Ending at random can leave more FTE than the heads that are left can have; then nobody is kept. */
    if (fte.known && kept > 0 && fte.v - sum > (int64_t) (heads - kept) * WF_FTE_ONE) {
        for (int32_t i = 0; i < o->agency.n; i++)
            if (sim_stays(&o->agency.at[i]))
                end_placement(o, &o->agency.at[i]);
        kept = 0;
        sum = 0;
    }
    if (keep) {
        sim_crowd_spread(o, &o->agency, SIM_STARTER, heads - kept, (sim_input) { fte.known, fte.v - sum });
    } else {
        sim_crowd_spread(o, &o->agency, SIM_STARTER, first_heads, (sim_input) { true, first });
        sim_crowd_spread(o, &o->agency, SIM_ADDED, heads - first_heads, (sim_input) { true, fte.v - first });
    }
}

/* The part of the agency workers that holds cases where not all of them can: some FTE, at most `most`, that heads can
 * have while the rest of the heads can have the rest of the FTE. */
static bool part_of_agency(int64_t fte, int32_t heads, int64_t most, int64_t least, int64_t *part, int32_t *part_heads)
{
    for (int64_t p = most; p >= least && p >= 0; p = p % WF_FTE_ONE != 0 ? p - p % WF_FTE_ONE : p - WF_FTE_ONE) {
        int64_t h = up(p), others = up(fte - p);
        if (h + others <= heads) {
            int64_t share = fte > 0 ? heads * p / fte : 0;
            h = share < h ? h : share > heads - others ? heads - others : share;
            *part = p;
            *part_heads = (int32_t) h;
            return true;
        }
    }
    return false;
}

/* Marks those of the staff who hold cases: `fte` in sum, exactly, by choice where it can be had and by a change of
 * somebody's hours where not. */
static wf_rc choose_holders(sim_org *o, int64_t fte, int32_t most, uint8_t *holds, wf_err *e)
{
    int32_t n = o->staff.n, can = 0;
    int64_t *v = calloc((size_t) n + 1, sizeof *v), sum = 0;
    uint8_t *had = calloc((size_t) n + 1, 1);
    WF_ASSERT(v != NULL && had != NULL);
    for (int32_t i = 0; i < n; i++) {
        const sim_worker *w = &o->staff.at[i];
        bool may = sim_stays(w) && w->target > 0;
        v[i] = may ? w->target : -1;
        had[i] = w->before > 0;
        can += may;
        sum += may ? w->target : 0;
    }
    uint8_t *tried = calloc((size_t) n + 1, 1);
    WF_ASSERT(tried != NULL);
    int64_t left = fte > 0 ? INT64_MAX : 0;
    int32_t about = sum > 0 ? (int32_t) ((fte * can + sum / 2) / sum) : 0;
    /* As many as is usual, else one less, one more, two less ... */
    for (int32_t step = 0; left != 0 && step < 40; step++) {
        int32_t k = about + (step % 2 == 0 ? step / 2 : -(step + 1) / 2);
        if (k < 1 || k > can || k > most)
            continue;
        int64_t rest = sim_choose(&o->random, v, n, k, fte, had, tried);
        if (llabs(rest) < llabs(left)) {
            left = rest;
            memcpy(holds, tried, (size_t) n);
        }
    }
    free(tried);
    free(had);
    free(v);
    if (left == 0)
        return WF_OK;
    if (left == INT64_MAX || sim_adjust(o, left, holds, true) != 0 || sim_adjust(o, -left, holds, false) != 0)
        return wf_fail(e, WF_RANGE, "%s %d: case_holders_fte cannot be reached", o->row->name, o->row->year);
    return WF_OK;
}

/* Gives n cases to those who hold some: at least one each, the others by hours and a little luck. */
static wf_rc give_cases(sim_org *o, sim_worker **holder, int32_t heads, int64_t n, wf_err *e)
{
    int64_t *weight = calloc((size_t) heads + 1, sizeof *weight), all = 0, rest = n - heads;
    WF_ASSERT(weight != NULL);
    for (int32_t i = 0; i < heads; i++)
        all += weight[i] = 1 + (holder[i]->target / 1000) * sim_between(&o->random, 75, 125);
    for (int32_t i = 0; i < heads; i++)
        holder[i]->cases = 1 + (int32_t) ((__int128) (n - heads) * weight[i] / all);
    for (int32_t i = 0; i < heads; i++)
        rest -= holder[i]->cases - 1;
    for (int32_t i = 0; rest > 0; i = (i + 1) % heads, rest--)
        holder[i]->cases++;
    free(weight);
    for (int32_t i = 0; i < heads; i++)
        if (holder[i]->cases > CASES_MOST)
            return wf_fail(e, WF_RANGE, "%s %d: more cases than the holders can have", o->row->name, o->row->year);
    return WF_OK;
}

static wf_rc hold_cases(sim_org *o, int64_t by_staff, int32_t agency_heads, bool all_agency, wf_err *e)
{
    int64_t cases = sim_in(o, SIM_CASES).v;
    int32_t heads = 0;
    uint8_t *holds = calloc((size_t) o->staff.n + 1, 1);
    sim_worker **holder = calloc((size_t) (o->staff.n + o->agency.n) + 1, sizeof *holder);
    WF_ASSERT(holds != NULL && holder != NULL);
    wf_rc rc = choose_holders(o, by_staff, (int32_t) (cases - agency_heads > INT32_MAX ? INT32_MAX : cases - agency_heads), holds, e);
    for (int32_t i = 0; i < o->staff.n; i++)
        if (holds[i])
            holder[heads++] = &o->staff.at[i];
    for (int32_t i = 0; i < o->agency.n; i++)
        if (sim_stays(&o->agency.at[i]) && (all_agency || o->agency.at[i].coming == SIM_STARTER) && o->agency.at[i].fte > 0)
            holder[heads++] = &o->agency.at[i];
    if (rc == WF_OK && (cases < heads || (heads == 0 && cases > 0)))
        rc = wf_fail(e, WF_RANGE, "%s %d: %lld cases for %d holders", o->row->name, o->row->year, (long long) cases, (int) heads);
    if (rc == WF_OK && heads > 0)
        rc = give_cases(o, holder, heads, cases, e);
    free(holder);
    free(holds);
    return rc;
}

wf_rc sim_plan_cases(sim_org *o, wf_err *e)
{
    sim_input fte = sim_in(o, SIM_AGENCY_FTE), number = sim_in(o, SIM_AGENCY_HEADS), holders = sim_in(o, SIM_HOLDERS_FTE);
    int32_t heads = number.known ? (int32_t) number.v : fte.known ? (int32_t) up(fte.v) : 0;
    bool cases = holders.known && sim_in(o, SIM_CASES).known;
    if (!cases || !fte.known || fte.v <= holders.v) {
        plan_agency(o, heads, 0, 0, true);
        return cases ? hold_cases(o, holders.v - (fte.known ? fte.v : 0), fte.known ? heads : 0, fte.known, e) : WF_OK;
    }
    int64_t part, least = holders.v - sim_in(o, SIM_INPOST_FTE).v;
    int32_t part_heads;
    if (!part_of_agency(fte.v, heads, holders.v, least, &part, &part_heads))
        return wf_fail(e, WF_RANGE, "%s %d: case_holders_fte cannot be reached", o->row->name, o->row->year);
    plan_agency(o, heads, part, part_heads, false);
    return hold_cases(o, holders.v - part, part_heads, false, e);
}
