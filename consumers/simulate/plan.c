/* plan -- see plan.h. */
#include "consumers/simulate/plan.h"
#include "consumers/simulate/staff.h"
#include <stdlib.h>

sim_org *sim_org_new(uint32_t org, uint64_t seed, bool plain)
{
    sim_org *o = calloc(1, sizeof *o);
    WF_ASSERT(o != NULL);
    o->org = org;
    o->plain = plain;
    o->random = sim_fork(seed, org);
    return o;
}

void sim_org_free(sim_org **p)
{
    if (*p == NULL)
        return;
    free((*p)->staff.at);
    free((*p)->agency.at);
    free(*p);
    *p = NULL;
}

/* Those who stay are there when the next year begins. */
static void carry_over(sim_crowd *c)
{
    int32_t n = 0;
    for (int32_t i = 0; i < c->n; i++) {
        sim_worker w = c->at[i];
        if (!sim_stays(&w))
            continue;
        w.coming = SIM_WAS_THERE;
        w.fte = w.target;
        w.before = w.cases;
        w.cases = 0;
        c->at[n++] = w;
    }
    c->n = n;
}

/* What was planned is what was printed; anything else would be a mistake of ours. */
static bool staff_adds_up(const sim_org *o)
{
    int64_t heads = 0, fte = 0;
    for (int32_t i = 0; i < o->staff.n; i++)
        if (sim_stays(&o->staff.at[i])) {
            heads++;
            fte += o->staff.at[i].target;
        }
    return heads == sim_in(o, SIM_INPOST_HEADS).v && fte == sim_in(o, SIM_INPOST_FTE).v;
}

wf_rc sim_org_year(sim_org *o, const sim_row *row, sim_records *to, wf_err *e)
{
    o->row = row;
    o->to = to;
    o->last = wf_day_of(row->year - 1, 9, 30).n;
    o->today = wf_day_of(row->year, 9, 30).n;
    if (sim_in(o, SIM_INPOST_HEADS).v > 1000000)
        return wf_fail(e, WF_RANGE, "%s %d: more than a million people", row->name, row->year);

    sim_plan_staff(o);
    if (!staff_adds_up(o))
        return wf_fail(e, WF_RANGE, "%s %d: no staff has these figures", row->name, row->year);
    WF_TRY(sim_plan_cases(o, e));

    sim_say_staff(o);
    sim_say_agency(o);
    sim_say_cases(o);
    sim_say_vacancies(o);
    WF_TRY(sim_say_absences(o, e));
    if (!o->begun)
        sim_say(o, NULL, WF_COMPLETE, o->last, o->last, 0, 0, 0);
    o->begun = true;
    carry_over(&o->staff);
    carry_over(&o->agency);
    return WF_OK;
}
