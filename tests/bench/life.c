/* life -- see life.h. */
#include "bench/life.h"
#include <string.h>

#define ECHOES 64
#define YEAR 365

static wf_str name_of(void *ctx, uint32_t org)
{
    (void) ctx, (void) org;
    return WF_STR("load");
}

sim_writer life_writer(void)
{
    return (sim_writer) { .source = WF_STR("simulate"), .org = name_of, .team = "team-" };
}

wf_day life_after(const sim_load_options *o) { return (wf_day) { o->first.n + (int32_t) o->years * YEAR + 1 }; }

static void say_complete(life *l, int32_t said)
{
    sim_record all = { .said = said, .effective = l->o.first.n, .type = WF_COMPLETE };
    house_publish(l->h, sim_write(&l->writer, &all));
    house_flush(l->h);
    l->events++;
}

void life_begin(life *l, house *h, const sim_load_options *o, uint32_t duplicates, bool lived)
{
    memset(l, 0, sizeof *l);
    l->h = h;
    l->o = *o;
    l->duplicates = duplicates;
    l->load = sim_load_new(o);
    l->luck = sim_fork(o->seed, 1);
    l->writer = life_writer();
    l->lived = lived;
    if (!lived)
        return;
    house_day(h, o->first);
    say_complete(l, o->first.n);
}

static void say(life *l, const sim_record *r)
{
    house_publish(l->h, sim_write(&l->writer, r));
    l->events++;
}

struct slice { int64_t ns; uint64_t events; };

static double rate_since(const life *l, struct slice from) { return (double) (l->events - from.events) * 1e9 / (double) (bench_ns() - from.ns + 1); }

bool life_year(life *l)
{
    const sim_records *r = sim_load_year(l->load);
    if (r == NULL)
        return false;
    int32_t first = l->o.first.n + (int32_t) l->year * YEAR;
    struct slice year = { bench_ns(), l->events }, month = year;
    int m = 0;
    for (size_t i = 0; i < r->n; i++) {
        int now = (r->at[i].said - first) * 12 / YEAR;
        if (l->lived)
            house_day(l->h, (wf_day) { r->at[i].said });
        if (now != m && now < 12) {
            l->month[l->year][m] = rate_since(l, month);
            month = (struct slice) { bench_ns(), l->events };
            m = now;
        }
        say(l, &r->at[i]);
        if (l->duplicates > 0 && sim_below(&l->luck, 100) < l->duplicates) {
            uint32_t back = sim_below(&l->luck, ECHOES);
            say(l, &r->at[i < back ? 0 : i - back]);
        }
    }
    if (l->lived)
        house_day(l->h, (wf_day) { first + YEAR });
    else
        house_flush(l->h);
    l->month[l->year][m] = rate_since(l, month);
    l->rate[l->year] = rate_since(l, year);
    l->ns += bench_ns() - year.ns;
    l->year++;
    return true;
}

void life_end(life *l)
{
    if (!l->lived)
        say_complete(l, life_after(&l->o).n - 1);
    house_flush(l->h);
    sim_load_free(&l->load);
}
