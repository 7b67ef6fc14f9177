/* bench_fold -- what one event costs from decoded struct to ledger, year by year, and what memory the timelines take.
 *
 *   bench_fold [workers [teams [years]]]        25 events a worker-year, in order of days
 *
 * A year's figure is the median of its twelve months. Then one more year as it comes from people: of 100 events 10 are late, by
 * up to all the years, 8 correct and 2 void something of any year. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/sample.h"
#include "core/fold.h"

static uint64_t state = 42;
static uint32_t below(uint32_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) ((state >> 33) % n);
}

static void field(wf_event *ev, wf_field f, wf_str s)
{
    ev->given |= WF_BIT(f);
    ev->v[f].s = s;
}

static void number(wf_event *ev, wf_field f, int64_t n)
{
    ev->given |= WF_BIT(f);
    ev->v[f].n = n;
}

static const wf_str source = { "hr", 2 };
static uint64_t sequence;

/* What may be corrected later: some of each worker's events. */
#define KEPT 8u
struct said { uint64_t sequence; uint32_t kind; int32_t day; };

static void put(wf_fold *f, wf_ledger *l, wf_timeline *t, wf_event *ev, int32_t today)
{
    char id[24];
    ev->id = (wf_str) { id, (size_t) snprintf(id, sizeof id, "e%llu", (unsigned long long) ++sequence) };
    ev->time.ms = (int64_t) today * 86400000 + (int64_t) (sequence % 86400000);
    if (wf_timeline_find(t, 1, ev->id) != NULL)
        abort();
    const wf_entry x = { .ev = ev, .sequence = sequence, .source = 1, .target_source = wf_event_is_link(ev) ? 1 : 0 };
    wf_fold_put(f, t, &x);
    for (uint32_t i = 0; i < f->outs; i++)
        wf_ledger_post(l, &f->out[i], sequence);
}

/* of: the event that it corrects or voids, or NULL. */
static void one(wf_fold *f, wf_ledger *l, wf_timeline *t, uint32_t worker, uint32_t kind, int32_t day, int32_t today, const struct said *of, bool voids)
{
    char key[24], target[24];
    wf_event ev;
    memset(&ev, 0, offsetof(wf_event, v));
    ev.effective.n = day;
    if (of != NULL)
        *(voids ? &ev.voids : &ev.corrects) = (wf_str) { target, (size_t) snprintf(target, sizeof target, "e%llu", (unsigned long long) of->sequence) };
    if (kind < 12) {
        ev.type = WF_CASELOAD;
        number(&ev, WF_F_CASES, 8 + below(16));
    } else if (kind < 18) {
        ev.type = WF_SUPERVISION_HELD;
        field(&ev, WF_F_KIND, WF_STR("line"));
    } else if (kind < 22) {
        ev.type = kind < 20 ? WF_TRAINING_DUE : WF_TRAINING_COMPLETED;
        field(&ev, WF_F_TRAINING, (wf_str) { key, (size_t) snprintf(key, sizeof key, "t%u-%u-%u", worker, (uint32_t) day / 365, kind & 1) });
    } else if (kind < 24) {
        ev.type = WF_ABSENCE;
        field(&ev, WF_F_ABSENCE, (wf_str) { key, (size_t) snprintf(key, sizeof key, "a%u-%d", worker, day) });
        field(&ev, WF_F_KIND, WF_STR("sickness"));
        number(&ev, WF_F_LAST, day + below(6));
    } else {
        ev.type = WF_CHANGE;
        field(&ev, WF_F_ENGAGEMENT, WF_STR("e1"));
        number(&ev, WF_F_FTE, 500000 + 100000 * below(6));
    }
    put(f, l, t, &ev, today);
}

static void mixed(wf_fold *f, wf_ledger *l, wf_timeline **t, uint32_t workers, struct said *said, int32_t start, int32_t days)
{
    uint64_t slots = (uint64_t) workers * 25;
    bench_samples part = { NULL, 0, 0, false };
    int64_t from = bench_ns();
    for (uint64_t i = 0, begun = 0; i < slots; i++) {
        uint32_t w = (uint32_t) ((i * 7919) % workers), luck = below(100);
        const struct said *of = &said[w * KEPT + below(KEPT)];
        int32_t today = start + days + (int32_t) (i * 365 / slots);
        if (luck < 10 && of->sequence != 0)
            one(f, l, t[w], w, of->kind, of->day, today, of, luck < 2);
        else
            one(f, l, t[w], w, below(25), luck < 20 ? start + (int32_t) below((uint32_t) days) : today, today, NULL, false);
        if ((i + 1) * 12 / slots != i * 12 / slots) {
            bench_add(&part, (double) (bench_ns() - from) / (double) (i + 1 - begun));
            from = bench_ns();
            begun = i + 1;
        }
    }
    bench_times("fold.event, late and corrected", slots, &part, 0, 100);
    bench_samples_free(&part);
}

static void say_memory(const wf_ledger *l, wf_timeline *const *t, uint32_t workers, int years)
{
    size_t bytes = 0;
    for (uint32_t w = 0; w < workers; w++)
        bytes += wf_timeline_bytes(t[w]);
    struct mallinfo2 m = mallinfo2();
    bench_line("fold.memory", "timelines=%zu MiB  ledger=%zu MiB  heap=%zu MiB  a worker-year=%zu B", bytes >> 20, wf_ledger_bytes(l) >> 20,
               (m.uordblks + m.hblkhd) >> 20, (m.uordblks + m.hblkhd) / (workers * (unsigned) years));
}

int main(int argc, char **argv)
{
    bool quick = bench_quick();
    uint32_t workers = argc > 1 ? (uint32_t) atoi(argv[1]) : quick ? 4000 : 20000, teams = argc > 2 ? (uint32_t) atoi(argv[2]) : 500;
    int years = argc > 3 ? atoi(argv[3]) : quick ? 4 : 10;
    wf_ledger *l = wf_ledger_new();
    uint8_t rank[8] = { 0 };
    for (int i = 1; i <= 6; i++)
        rank[wf_ledger_code(l, WF_D_ROLE, (wf_str) { &"0123456"[i], 1 })] = (uint8_t) i;
    wf_fold_settings s = { rank, 7, 35, 0, false, false };
    wf_calendar *c = wf_calendar_new(NULL, 0);
    wf_fold *f = wf_fold_new(l, c, &s);
    f->sources = (wf_sources) { &source, 1, NULL };
    uint16_t org = wf_ledger_code(l, WF_D_UNIT, WF_STR("org"));
    wf_timeline **t = calloc(workers, sizeof *t);
    wf_day start = wf_day_of(2015, 1, 1);
    for (uint32_t w = 0; w < workers; w++) {
        char team[16];
        wf_event ev;
        memset(&ev, 0, offsetof(wf_event, v));
        t[w] = wf_timeline_new(w + 1, WF_PERSON, org);
        ev.type = WF_STARTER;
        ev.effective.n = start.n - 1;
        field(&ev, WF_F_ENGAGEMENT, WF_STR("e1"));
        field(&ev, WF_F_TEAM, (wf_str) { team, (size_t) snprintf(team, sizeof team, "team%u", w % teams) });
        field(&ev, WF_F_ROLE, (wf_str) { &"456"[w % 3], 1 });
        number(&ev, WF_F_FTE, 1000000);
        put(f, l, t[w], &ev, ev.effective.n);
    }
    struct said *said = calloc((size_t) workers * KEPT, sizeof *said);
    if (said == NULL)
        return 1;
    uint64_t slots = (uint64_t) workers * 25;
    double first = 0, last = 0;
    for (int y = 0; y < years; y++) {
        bench_samples months = { NULL, 0, 0, false };
        char name[40];
        int64_t from = bench_ns();
        for (uint64_t i = 0, begun = 0; i < slots; i++) {
            uint32_t w = (uint32_t) ((i * 7919) % workers);
            uint32_t kind = below(25);
            int32_t day = start.n + y * 365 + (int32_t) (i * 365 / slots);
            one(f, l, t[w], w, kind, day, day, NULL, false);
            if (below(5) == 0)
                said[w * KEPT + below(KEPT)] = (struct said) { sequence, kind, day };
            if ((i + 1) * 12 / slots != i * 12 / slots) {
                bench_add(&months, (double) (bench_ns() - from) / (double) (i + 1 - begun));
                from = bench_ns();
                begun = i + 1;
            }
        }
        snprintf(name, sizeof name, "fold.event, year %d", y + 1);
        bench_times(name, slots, &months, 0, 100);
        last = bench_quantile(&months, 50);
        first = y == 0 ? last : first;
        bench_samples_free(&months);
    }
    mixed(f, l, t, workers, said, start.n, years * 365);
    free(said);
    bench_line("fold.rate, last year to first", "%.2f", first / last);
    say_memory(l, t, workers, years);
    for (uint32_t w = 0; w < workers; w++)
        wf_timeline_free(&t[w]);
    free(t);
    wf_fold_free(&f);
    wf_calendar_free(&c);
    wf_ledger_free(&l);
    return 0;
}
