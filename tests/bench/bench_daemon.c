/* bench_daemon -- the daemon as its users meet it: over loopback TCP, on a disk, publisher and daemon on the same cores.
 * Ends with the targets, each beside its figure; the exit status is 1 if one is missed. BENCH=quick: small, says little.
 *
 *   load      20,000 workers, 500 teams, 10 years (5 million events), in order, batched, as a first load: at once
 *   life      20 such years (10 million events), the clock wound day by day and all rules judged
 *   restart   kill -9 after it, then from exec to the first answer
 *   cache     its first years again with 64 MB for timelines: the same ledger, the same figures
 *   single    one event, its reply, the next one
 *   alert     10,000 events a second; a tenth of them make a rule change its state
 *   late      the load, and a life, with 25 % backdated, 5 % far back, 1 % twice */
#include "bench/life.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <workforce/subscriber.h>

#define ALL_RESIDENT_MIB 4096
#define SMALL_CACHE_MIB (bench_quick() ? 4 : 64)
#define FIRST wf_day_of(2014, 10, 1)

static char dfe[512];                       /* profiles/dfe.conf */

/* ---- targets --------------------------------------------------------------------------------------------------- */

typedef enum target_id {
    LOAD_RATE, LOAD_YEARS, LATE_RATE, SINGLE_RATE, ALERT_P50, ALERT_P99, READY_FIVE, READY, WORKER_YEAR, SAME_ANSWERS, TARGETS
} target_id;

static struct target { const char *what, *unit; bool at_least; double limit, is; int digits; bool measured; } targets[TARGETS] = {
    [LOAD_RATE]    = { "durable, folded, acknowledged",         "events/s",  true,  500000, 0, 0, false },
    [LOAD_YEARS]   = { "rate in the last year to the first",    "",          true,  0.8,    0, 2, false },
    [SINGLE_RATE]  = { "one at a time",                         "events/s",  true,  2000,   0, 0, false },
    [LATE_RATE]    = { "the same, a third of it late or twice",  "events/s",  true,  300000, 0, 0, false },
    [ALERT_P50]    = { "event in to alert out at 10,000/s",     "ms",        false, 1,      0, 2, false },
    [ALERT_P99]    = { "event in to alert out, p99",            "ms",        false, 5,      0, 2, false },
    [READY_FIVE]   = { "ready after kill -9, 5 million events", "ms",        false, 500,    0, 0, false },
    [READY]        = { "ready after kill -9, 10 million events", "ms",        false, 300,    0, 0, false },
    [WORKER_YEAR]  = { "a worker-year, all timelines resident", "KB",        false, 2.5,    0, 2, false },
    [SAME_ANSWERS] = { "same answers with 64 MB for timelines", "of 2",      true,  2,      0, 0, false },
};

static void measured(target_id id, double is)
{
    targets[id].is = is;
    targets[id].measured = true;
}

static bool met(const struct target *t) { return t->measured && (t->at_least ? t->is >= t->limit : t->is <= t->limit); }

static int show_targets(void)
{
    int missed = 0;
    printf("\n%-42s %14s %16s\n", bench_quick() ? "target (BENCH=quick: a small load, figures say little)" : "target", "measured", "wanted");
    for (int i = 0; i < TARGETS; i++) {
        const struct target *t = &targets[i];
        char wanted[40];
        snprintf(wanted, sizeof wanted, "%s %.*f %s", t->at_least ? ">=" : "<=", t->limit != (double) (long) t->limit, t->limit, t->unit);
        printf("%-42s %14.*f %16s  %s\n", t->what, t->digits, t->is, wanted, met(t) ? "met" : "MISSED");
        missed += !met(t);
    }
    for (int i = 0; i < TARGETS; i++)
        if (!met(&targets[i]))
            printf("missed: %s\n", targets[i].what);
    fflush(stdout);
    return missed;
}

/* ---- the disk -------------------------------------------------------------------------------------------------- */

/* What everything durable rests on: one small write and its flush. */
static double flush_of_disk(void)
{
    const char *tmp = getenv("TMPDIR");
    char path[128], page[4096] = { 1 };
    bench_samples ns = { NULL, 0, 0, false };
    snprintf(path, sizeof path, "%s/workforced_flush.XXXXXX", tmp != NULL ? tmp : "/var/tmp");
    int fd = mkstemp(path);
    if (fd < 0 || unlink(path) != 0)
        house_dies("%s: %s", path, strerror(errno));
    for (int i = 0; i < 200; i++) {
        int64_t from = bench_ns();
        if (pwrite(fd, page, sizeof page, i % 16 * 4096) != sizeof page || fdatasync(fd) != 0)
            house_dies("%s: %s", path, strerror(errno));
        bench_add(&ns, (double) (bench_ns() - from));
    }
    close(fd);
    bench_times("disk.write and flush of 4 KiB", ns.n, &ns, 10, 99);
    double median = bench_quantile(&ns, 50);
    bench_samples_free(&ns);
    return median;
}

/* ---- load, restart, cache -------------------------------------------------------------------------------------- */

static double publisher_ns;                 /* processor time of this program, told already */

static void say_year(const life *l, uint32_t year)
{
    char name[32];
    bench_samples months = { NULL, 0, 0, false };
    for (int m = 0; m < 12; m++)
        bench_add(&months, l->month[year][m]);
    snprintf(name, sizeof name, "%s.year %u", l->lived ? "life" : "load", year + 1);
    bench_line(name, "%.0f events/s; its months: median=%.0f low=%.0f high=%.0f", l->rate[year], bench_quantile(&months, 50),
               bench_quantile(&months, 0), bench_quantile(&months, 100));
    bench_samples_free(&months);
}

static double years_ratio(const life *l)
{
    bench_samples first = { NULL, 0, 0, false }, last = { NULL, 0, 0, false };
    for (int m = 0; m < 12; m++) {
        bench_add(&first, l->month[0][m]);
        bench_add(&last, l->month[l->year - 1][m]);
    }
    double ratio = bench_quantile(&last, 50) / bench_quantile(&first, 50);
    bench_samples_free(&first);
    bench_samples_free(&last);
    return ratio;
}

static void say_load(const life *l)
{
    const char *name = l->lived ? "life" : "load";
    char processor[32];
    double all = (double) l->events * 1e9 / (double) l->ns, ratio = years_ratio(l);
    if (!l->lived) {
        measured(LOAD_RATE, all);
        measured(LOAD_YEARS, ratio);
    }
    bench_line(name, "%llu events in %.1f s, %.0f events/s; last year to first %.2f (medians of months)", (unsigned long long) l->events,
               (double) l->ns / 1e9, all, ratio);
    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    double here = (double) (own.ru_utime.tv_sec + own.ru_stime.tv_sec) * 1e9 + (double) (own.ru_utime.tv_usec + own.ru_stime.tv_usec) * 1e3 - publisher_ns;
    publisher_ns += here;
    snprintf(processor, sizeof processor, "%s.processor", name);
    bench_line(processor, "%.2f us an event by the daemon, %.2f us by the publisher, which makes the events", house_cpu_ns(l->h) / 1e3 / (double) l->events,
               here / 1e3 / (double) l->events);
}

static void say_size(const house *h, const sim_load_options *o)
{
    wf_status s = house_status(h);
    double anonymous = house_memory(h, "RssAnon");
    measured(WORKER_YEAR, anonymous * 1e3 / ((double) o->workers * o->years));
    bench_line("life.memory", "%.0f MB of its own (RssAnon), all timelines of %llu subjects resident; %.0f MB with what is mapped of the store's file",
               anonymous, (unsigned long long) s.subjects, house_memory(h, "VmRSS"));
    bench_line("life.store", "%.0f MB, %.0f bytes an event; %llu alerts told", (double) s.store_bytes / 1e6,
               (double) s.store_bytes / (double) s.accepted, (unsigned long long) s.alerts);
}

static void restart(house *h, uint64_t events, target_id id)
{
    bench_samples ns = { NULL, 0, 0, false };
    house_digest before = house_read(h, false);
    for (int i = 0; i < 3; i++) {
        house_kill(h);
        bench_add(&ns, (double) house_start(h));
        uint64_t there = house_status(h).accepted;
        if (there != events)
            house_dies("%llu events were acknowledged, %llu are there after kill -9", (unsigned long long) events, (unsigned long long) there);
        if (house_read(h, false).figures != before.figures)
            house_dies("figures differ after kill -9");
    }
    bench_times("restart.kill -9 to first answer", events, &ns, 0, 100);
    measured(id, bench_quantile(&ns, 50) / 1e6);
    bench_samples_free(&ns);
}

static void load_at_once(const sim_load_options *o)
{
    static life l;
    house h;
    house_make(&h, dfe, life_after(o), ALL_RESIDENT_MIB);
    house_start(&h);
    house_connect(&h, "simulate", 0, 0);
    life_begin(&l, &h, o, 0, false);
    while (life_year(&l))
        say_year(&l, l.year - 1);
    life_end(&l);
    say_load(&l);
    restart(&h, l.events, READY_FIVE);
    house_remove(&h);
}

static house_digest load_and_restart(const sim_load_options *o, uint32_t compared)
{
    static life l;
    house h;
    house_digest d = { .lines = 0 };
    house_make(&h, dfe, o->first, ALL_RESIDENT_MIB);
    house_start(&h);
    house_connect(&h, "simulate", 0, 0);
    life_begin(&l, &h, o, 0, true);
    while (life_year(&l)) {
        say_year(&l, l.year - 1);
        if (l.year == compared)
            d = house_read(&h, true);
    }
    life_end(&l);
    say_load(&l);
    say_size(&h, o);
    restart(&h, l.events, READY);
    house_remove(&h);
    return d;
}

static void load_with_small_cache(const sim_load_options *o, uint32_t years, const house_digest *want)
{
    static life l;
    char name[40];
    house h;
    house_make(&h, dfe, o->first, (uint32_t) SMALL_CACHE_MIB);
    house_start(&h);
    house_connect(&h, "simulate", 0, 0);
    life_begin(&l, &h, o, 0, true);
    while (l.year < years && life_year(&l))
        ;
    life_end(&l);
    house_digest d = house_read(&h, true);
    bool ledger = d.ledger == want->ledger && d.lines == want->lines && d.lines > 0;
    bool figures = d.figures == want->figures && d.rows == want->rows && d.rows > 0;
    snprintf(name, sizeof name, "cache.%d MB for timelines", SMALL_CACHE_MIB);
    bench_line(name, "%.0f events/s over %u years, %.0f in the last; %.0f MB of its own; %zu lines of the ledger %s, %zu figures %s",
               (double) l.events * 1e9 / (double) l.ns, l.year, l.rate[l.year - 1], house_memory(&h, "RssAnon"),
               d.lines, ledger ? "the same" : "DIFFER", d.rows, figures ? "the same" : "DIFFER");
    measured(SAME_ANSWERS, ledger + figures);
    house_remove(&h);
}

/* ---- one at a time --------------------------------------------------------------------------------------------- */

#define SINGLE_NS 10000000000                   /* it ends after so long, however few */

static void one_at_a_time(void)
{
    double flush_ns = flush_of_disk();
    sim_load_options o = { .teams = 20, .workers = 400, .years = 1, .seed = 1, .first = FIRST };
    size_t most = bench_quick() ? 1000 : 10000;
    bench_samples ns = { NULL, 0, 0, false };
    house h;
    house_make(&h, dfe, (wf_day) { o.first.n + 365 }, 0);
    house_start(&h);
    house_connect(&h, "simulate", 1, 1);
    sim_load *load = sim_load_new(&o);
    sim_writer w = life_writer();
    const sim_records *r = sim_load_year(load);
    int64_t began = bench_ns(), now = began;
    for (size_t i = 0; i < r->n && i < most && now - began < SINGLE_NS; i++) {
        int64_t from = now;
        house_publish(&h, sim_write(&w, &r->at[i]));
        house_flush(&h);
        now = bench_ns();
        bench_add(&ns, (double) (now - from));
    }
    double rate = (double) ns.n * 1e9 / (double) (now - began);
    bench_times("single.event to its reply", ns.n, &ns, 50, 99);
    bench_line("single", "%.0f events/s, each takes %.1f flushes of the disk", rate, bench_quantile(&ns, 50) / flush_ns);
    measured(SINGLE_RATE, rate);
    bench_samples_free(&ns);
    sim_load_free(&load);
    house_remove(&h);
}

/* ---- event in to alert out ------------------------------------------------------------------------------------- */

#define WATCHED 1000                            /* teams of one worker each, whose count of cases goes up and down */
#define QUIET 1000                              /* workers in teams where nothing happens to the rule */
#define QUIET_TEAMS 50
#define EVERY 10                                /* each so many-th event is one of a watched team */
#define RATE_A_SECOND 10000

static const char watching[] =
    "indicator \"cases\" {\n    title = \"Children held\"\n    numerator = \"cases.count at end\"\n    unit = \"count\"\n    noun = \"children\"\n}\n"
    "rule \"cases\" {\n    indicator = \"cases\"\n    units = { \"*/*\" }\n    direction = \"above\"\n    amber = \"1000\"\n    next = \"look\"\n}\n";

typedef struct listener {
    const char *stream;
    _Atomic int64_t sent[WATCHED];              /* when the event left that will make the team's rule speak; 0: none has */
    atomic_bool end;
    atomic_size_t heard;
    bench_samples ns;
} listener;

static void hear(listener *l, const wf_message *m)
{
    static const char head[] = "load/team-";
    const size_t n = sizeof head - 1;
    wf_str unit = m->row.as.alert.unit;
    uint32_t team = 0;
    if (m->row.kind != WF_ROW_ALERT || unit.n <= n || memcmp(unit.p, head, n) != 0)
        return;
    for (size_t i = n; i < unit.n; i++)
        team = team * 10 + (uint32_t) (unit.p[i] - '0');
    int64_t now = bench_ns(), sent = team < WATCHED ? atomic_exchange(&l->sent[team], 0) : 0;
    if (sent == 0)
        return;
    bench_add(&l->ns, (double) (now - sent));
    atomic_fetch_add(&l->heard, 1);
}

static void *listen_on(void *ctx)
{
    listener *l = ctx;
    wf_err e = { .text = "" };
    wf_subscriber *s = NULL;
    const char *const topics[] = { "alert/", NULL };
    if (wf_subscriber_open(&(wf_subscriber_options) { .endpoint = l->stream, .topics = topics }, &s, &e) != WF_OK)
        house_dies("stream: %s", e.text);
    while (!atomic_load(&l->end)) {
        wf_message m;
        wf_rc rc = wf_subscriber_receive(s, 100, &m, &e);
        if (rc == WF_OK)
            hear(l, &m);
        else if (rc != WF_ABSENT)
            house_dies("stream: %s", e.text);
    }
    wf_subscriber_free(&s);
    return NULL;
}

typedef struct speaker { house *h; sim_writer w; uint32_t ids; wf_day today; } speaker;

static void count_cases(speaker *s, uint32_t who, int64_t cases)
{
    sim_record r = { .said = s->today.n, .effective = s->today.n, .who = who, .id = ++s->ids, .type = WF_CASELOAD, .n = cases };
    house_publish(s->h, sim_write(&s->w, &r));
}

/* Everybody starts, holds few cases, and the source says that it is complete: the rule knows all teams, and is quiet. */
static void people_of_alerts(speaker *s)
{
    sim_record r = { .said = s->today.n, .effective = s->today.n, .id = ++s->ids, .type = WF_COMPLETE };
    house_publish(s->h, sim_write(&s->w, &r));
    for (uint32_t i = 0; i < WATCHED + QUIET; i++) {
        uint32_t team = i < WATCHED ? i : WATCHED + i % QUIET_TEAMS;
        r = (sim_record) { .said = s->today.n, .effective = s->today.n, .who = i + 1, .id = ++s->ids, .type = WF_STARTER,
                           .flags = SIM_ADJUSTMENT, .n = WF_FTE_ONE, .m = team + 1 };
        house_publish(s->h, sim_write(&s->w, &r));
        count_cases(s, i + 1, 10);
    }
    house_flush(s->h);
}

static void wait_until(int64_t ns)
{
    struct timespec t = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

/* Each event at its time, alone in its frame, whether or not earlier ones have been replied to. */
static size_t speak(speaker *s, listener *l, size_t events, sim_random *luck)
{
    wf_err e = { .text = "" };
    size_t asked = 0;
    int64_t began = bench_ns();
    for (size_t i = 0; i < events; i++) {
        wait_until(began + (int64_t) i * (1000000000 / RATE_A_SECOND));
        if (i % EVERY == 0) {
            uint32_t team = (uint32_t) (asked % WATCHED);
            atomic_store(&l->sent[team], bench_ns());
            count_cases(s, team + 1, asked++ / WATCHED % 2 == 0 ? 2000 : 10);
        } else {
            count_cases(s, WATCHED + 1 + sim_below(luck, QUIET), sim_between(luck, 5, 15));
        }
        if (wf_publisher_poll(s->h->publisher, 0, &e) != WF_OK)
            house_dies("publish: %s", e.text);
    }
    bench_line("alert.published", "%zu events at %.0f a second, one a frame", events, (double) events * 1e9 / (double) (bench_ns() - began));
    house_flush(s->h);
    return asked;
}

static void event_to_alert(void)
{
    static listener l;
    house h;
    pthread_t thread;
    sim_random luck = { 7 };
    house_make(&h, watching, FIRST, 0);
    house_start(&h);
    house_connect(&h, "simulate", 1, 0);
    speaker s = { .h = &h, .w = life_writer(), .today = FIRST };
    people_of_alerts(&s);
    l.stream = h.stream;
    if (pthread_create(&thread, NULL, listen_on, &l) != 0)
        house_dies("pthread_create: %s", strerror(errno));
    usleep(1500000);                            /* the line is up, a beat has come */
    size_t asked = speak(&s, &l, (bench_quick() ? 4 : 10) * RATE_A_SECOND, &luck);
    for (int i = 0; i < 50 && atomic_load(&l.heard) < asked; i++)
        usleep(100000);
    atomic_store(&l.end, true);
    pthread_join(thread, NULL);
    if (l.ns.n != asked)
        house_dies("%zu events made a rule change its state, %zu alerts came", asked, l.ns.n);
    bench_times("alert.event in to alert out", l.ns.n, &l.ns, 50, 99);
    measured(ALERT_P50, bench_quantile(&l.ns, 50) / 1e6);
    measured(ALERT_P99, bench_quantile(&l.ns, 99) / 1e6);
    bench_samples_free(&l.ns);
    house_remove(&h);
}

/* ---- late and twice -------------------------------------------------------------------------------------------- */

static void late_load(bool lived)
{
    static life l;
    sim_load_options o = { .teams = 500, .workers = bench_quick() ? 1000 : 5000, .years = bench_quick() ? 3 : 10, .backdated = 25, .far = 5,
                           .seed = 1, .first = FIRST };
    char name[64];
    house h;
    house_make(&h, dfe, lived ? o.first : life_after(&o), 0);
    house_start(&h);
    house_connect(&h, "simulate", 0, 0);
    life_begin(&l, &h, &o, 1, lived);
    while (life_year(&l))
        ;
    life_end(&l);
    double rate = (double) l.events * 1e9 / (double) l.ns;
    snprintf(name, sizeof name, "late.%s, 25 %% backdated, 5 %% far, 1 %% twice", lived ? "life" : "load");
    bench_line(name, "%llu events of %u workers, %.0f events/s", (unsigned long long) l.events, o.workers, rate);
    if (!lived)
        measured(LATE_RATE, rate);
    house_remove(&h);
}

int main(void)
{
    bool quick = bench_quick();
    const char *top = getenv("WF_TOP");
    sim_load_options o = { .teams = 500, .workers = quick ? 4000 : 20000, .years = quick ? 4 : 20, .seed = 1, .first = FIRST };
    uint32_t compared = quick ? 2 : 4;
    snprintf(dfe, sizeof dfe, "%s/profiles/dfe.conf", top != NULL ? top : ".");
    (void) flush_of_disk();
    sim_load_options once = o;
    once.years = quick ? 4 : 10;
    load_at_once(&once);
    house_digest d = load_and_restart(&o, compared);
    load_with_small_cache(&o, compared, &d);
    one_at_a_time();
    event_to_alert();
    late_load(false);
    late_load(true);
    return show_targets() > 0;
}
