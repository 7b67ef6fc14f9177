/* life -- the load of `workforce-simulate --teams N --workers N --years N --publish [--clock]`, said year by year to a house,
 * with the rate of each month and year. Lived: the clock is wound day by day, each day acknowledged before it ends, all rules
 * live from the first. Loaded: years at once in their order, on the day after them, and `complete` is said last. Making the records of a year is not counted, encoding them is. */
#pragma once
#include "bench/house.h"
#include "bench/sample.h"
#include "consumers/simulate/random.h"

#define LIFE_YEARS_MAX 50

typedef struct life {
    house *h;
    sim_load_options o;
    bool lived;
    uint32_t duplicates;                            /* percent that are said twice */
    sim_load *load;
    sim_writer writer;
    sim_random luck;
    uint32_t year;
    uint64_t events;
    int64_t ns;
    double month[LIFE_YEARS_MAX][12], rate[LIFE_YEARS_MAX];     /* events a second */
} life;

void life_begin(life *l, house *h, const sim_load_options *o, uint32_t duplicates, bool lived);
wf_day life_after(const sim_load_options *o);       /* the day after the last */
bool life_year(life *l);                            /* false: there is none any more */
void life_end(life *l);

/* Of events by source "simulate" in the organisation "load"; its teams are team-0, team-1 ... */
sim_writer life_writer(void);
