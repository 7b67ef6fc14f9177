/* load -- see load.h. */
#include "consumers/simulate/load.h"
#include "consumers/simulate/random.h"
#include <stdlib.h>

#define YEAR 365
#define TENTH (WF_FTE_ONE / 10)

/* Days of the year between which all but spells happen, so that leaving (after) and starting (before) never cut them. */
#define QUIET_FIRST 14
#define QUIET_LAST 350

typedef struct slot { uint16_t generation, team; uint8_t left; } slot;

struct sim_load {
    sim_load_options o;
    sim_random random;
    uint32_t year, ids;
    slot *slots;
    sim_records *years;                 /* what is to be said in each year */
};

sim_load *sim_load_new(const sim_load_options *o)
{
    sim_load *l = calloc(1, sizeof *l);
    WF_ASSERT(l != NULL);
    l->o = *o;
    l->random = sim_fork(o->seed, 0);
    l->slots = calloc(o->workers, sizeof *l->slots);
    l->years = calloc(o->years, sizeof *l->years);
    WF_ASSERT(l->slots != NULL && l->years != NULL);
    for (uint32_t i = 0; i < o->workers; i++)
        l->slots[i].team = (uint16_t) (i % o->teams);
    return l;
}

void sim_load_free(sim_load **p)
{
    sim_load *l = *p;
    if (l == NULL)
        return;
    for (uint32_t y = 0; y < l->o.years; y++)
        sim_records_free(&l->years[y]);
    free(l->years);
    free(l->slots);
    free(l);
    *p = NULL;
}

/* Says it on its day, or late. */
static void say(sim_load *l, uint32_t worker, wf_event_type type, int32_t day, int flags, int64_t n, int64_t m)
{
    int32_t effective = l->o.first.n + (int32_t) l->year * YEAR + day, said = effective;
    int32_t end = l->o.first.n + (int32_t) l->o.years * YEAR - 1;
    uint32_t luck = l->o.backdated + l->o.far > 0 ? sim_below(&l->random, 100) : 100;
    if (luck < l->o.backdated)
        said += sim_between(&l->random, 1, 90);
    else if (luck < l->o.backdated + l->o.far)
        said += sim_between(&l->random, 91, 5 * YEAR);
    said = said > end ? end : said;
    uint32_t year = (uint32_t) (said - l->o.first.n) / YEAR;
    uint32_t who = type == WF_COMPLETE ? 0 : 1 + worker + l->slots[worker].generation * l->o.workers;
    sim_records_add(&l->years[year], &(sim_record) {
        .said = said, .effective = effective, .who = who, .id = ++l->ids, .type = (uint8_t) type, .flags = (uint8_t) flags, .n = n, .m = m,
    });
}

/* One of engagements a year: the first starts them all, later ones change most, end some, and begin anew where one ended. */
static void spell(sim_load *l, uint32_t worker)
{
    slot *s = &l->slots[worker];
    uint32_t luck = sim_below(&l->random, 100);
    int32_t early = (int32_t) sim_below(&l->random, QUIET_FIRST), late = sim_between(&l->random, QUIET_LAST + 2, YEAR - 1);
    int64_t fte = luck < 70 ? WF_FTE_ONE : luck < 85 ? 8 * TENTH : luck < 95 ? 6 * TENTH : 5 * TENTH;
    if (l->year == 0) {
        say(l, worker, WF_STARTER, early, SIM_ADJUSTMENT, fte, s->team + 1);
    } else if (s->left) {
        s->left = 0;
        s->generation++;
        say(l, worker, WF_STARTER, early, 0, fte, s->team + 1);
    } else if (luck < 14) {
        s->left = 1;
        say(l, worker, WF_LEAVER, late, 0, 0, 0);
    } else if (luck < 50) {
        s->team = (uint16_t) sim_below(&l->random, l->o.teams);
        say(l, worker, WF_CHANGE, sim_between(&l->random, QUIET_FIRST, QUIET_LAST), SIM_MOVED, s->team + 1, 0);
    } else {
        say(l, worker, WF_CHANGE, sim_between(&l->random, QUIET_FIRST, QUIET_LAST), 0, luck < 75 ? WF_FTE_ONE : 6 * TENTH, 0);
    }
}

static void worker_year(sim_load *l, uint32_t worker)
{
    spell(l, worker);
    for (int i = 0; i < 12; i++)
        say(l, worker, WF_CASELOAD, QUIET_FIRST + i * 28 + (int32_t) (worker % 28), 0, sim_between(&l->random, 8, 24), 0);
    for (int i = 0; i < 6; i++)
        say(l, worker, WF_SUPERVISION_HELD, QUIET_FIRST + i * 56 + (int32_t) (worker % 50) + sim_between(&l->random, 0, 6), 0, 0, 0);
    for (int i = 0; i < 2; i++) {
        int32_t due = sim_between(&l->random, 60 + 150 * i, 160 + 150 * i);
        int64_t course = 1 + 2 * (int64_t) l->year + i;
        say(l, worker, WF_TRAINING_DUE, due, 0, course, 0);
        say(l, worker, WF_TRAINING_COMPLETED, due + sim_between(&l->random, -40, 20), 0, course, 0);
    }
    for (int i = 0; i < 2; i++) {
        int32_t from = sim_between(&l->random, QUIET_FIRST + 160 * i, QUIET_FIRST + 140 + 160 * i);
        int32_t last = l->o.first.n + (int32_t) l->year * YEAR + from + sim_between(&l->random, 0, 9);
        say(l, worker, WF_ABSENCE, from, 0, last, WF_FTE_ONE);
    }
}

const sim_records *sim_load_year(sim_load *l)
{
    if (l->year > 0)
        sim_records_free(&l->years[l->year - 1]);
    if (l->year == l->o.years)
        return NULL;
    for (uint32_t w = 0; w < l->o.workers; w++)
        worker_year(l, w);
    sim_records *now = &l->years[l->year++];
    sim_records_sort(now);
    return now;
}
