/* load -- ordinary life of many workers, day after day: 25 events a worker-year.
 *
 *     12 counts of cases, 6 supervisions, 2 courses due and 2 completed, 2 absences, 1 of engagements (start, change, leave)
 *
 * Workers who leave are replaced in the year after. Everything follows from the seed. */
#pragma once
#include "consumers/simulate/record.h"

#define SIM_EVENTS_A_WORKER_YEAR 25

typedef struct sim_load_options {
    uint32_t teams, workers, years;     /* 1 to 10,000; 1 to 1,000,000; 1 to 50 */
    uint32_t backdated;                 /* percent that are said up to 90 days late */
    uint32_t far;                       /* percent that are said 91 days to 5 years late */
    uint64_t seed;
    wf_day first;                       /* first day; years have 365 days */
} sim_load_options;

typedef struct sim_load sim_load;
sim_load *sim_load_new(const sim_load_options *o);
void sim_load_free(sim_load **p);

/* What is said in the next year, by day; NULL after the last. Good until the next call. Records said late stand in the
 * year in which they are said, at the latest on the last day of all. Cost: 50 ns a record, 40 bytes a record of a year. */
const sim_records *sim_load_year(sim_load *l);
