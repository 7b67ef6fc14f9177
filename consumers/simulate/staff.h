/* staff -- the people of one organisation while a year is planned; the rooms of plan share it. */
#pragma once
#include "consumers/simulate/plan.h"
#include "consumers/simulate/random.h"

#define SIM_STAYS INT32_MAX

typedef enum sim_coming { SIM_WAS_THERE, SIM_OPENING, SIM_STARTER, SIM_ADDED } sim_coming;

typedef struct sim_worker {
    uint32_t id;
    sim_coming coming;              /* how they come into this year's staff */
    bool leaver;                    /* `until` is a leaving, not an adjustment */
    bool second;                    /* has had a second engagement */
    bool no_fte;
    int32_t from, until;            /* [from, until): SIM_STAYS beyond the year */
    int64_t fte, target;            /* when they come or the year begins; at its end */
    int32_t before, cases;          /* cases at the last 30 September and at this one */
    int32_t busy;                   /* absent up to this day */
} sim_worker;

typedef struct sim_crowd { sim_worker *at; int32_t n, cap; } sim_crowd;

struct sim_org {
    uint32_t org, people, ids;
    bool plain, begun;
    sim_random random;
    sim_crowd staff, agency;
    int64_t vacancy, cover;         /* as last declared */
    int32_t last, today;            /* 30 September before, and of the year that is planned */
    const sim_row *row;
    sim_records *to;
};

sim_worker *sim_crowd_add(sim_org *o, sim_crowd *c, sim_coming coming, int32_t from, int64_t fte);
/* Adds `heads` people with `total` FTE together. */
void sim_crowd_spread(sim_org *o, sim_crowd *c, sim_coming coming, int32_t heads, sim_input total);
/* In post at the close of the year. */
static inline bool sim_stays(const sim_worker *w) { return w->until == SIM_STAYS; }
int32_t sim_some_day(sim_org *o, int32_t low, int32_t high);
static inline sim_input sim_in(const sim_org *o, sim_input_name name) { return o->row->in[name]; }

/* Who is there, leaves, starts, is added: sums of `staff` then equal the row's. */
void sim_plan_staff(sim_org *o);
/* Changes FTE of people who stay, of all (NULL) or of those marked (or, with `marked` false, not marked), by `delta` in
 * sum. Returns what could not be placed. */
int64_t sim_adjust(sim_org *o, int64_t delta, const uint8_t *mark, bool marked);
/* Placements, who holds cases, how many. */
WF_NODISCARD wf_rc sim_plan_cases(sim_org *o, wf_err *e);

/* Says something. */
void sim_say(sim_org *o, const sim_worker *w, wf_event_type type, int32_t said, int32_t effective, int flags, int64_t n, int64_t m);
void sim_say_staff(sim_org *o);
void sim_say_agency(sim_org *o);
void sim_say_cases(sim_org *o);
void sim_say_vacancies(sim_org *o);
WF_NODISCARD wf_rc sim_say_absences(sim_org *o, wf_err *e);
