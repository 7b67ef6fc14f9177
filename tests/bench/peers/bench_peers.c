/* bench_peers -- the same events, each of them durable, into workforced and into PostgreSQL by turns in one run; PGHOST names
 * the server (peers.sh starts one). BENCH=quick: small, says little. The exit status is 1 if a target is missed.
 *
 *   batches   two years of events in their order, into a store whose day lies after them: workforced by its publisher's frames,
 *             PostgreSQL in transactions of 5,000: each event by a prepared INSERT in pipeline mode, then all of
 *             them by COPY and one INSERT of the whole set, which its trigger folds at once
 *   single    one event, its answer, the next one, over one connection; turn by turn, for the disk is not always the same
 *   flushes   what each of the two has to wait for: LMDB flushes its pages and then its meta page, PostgreSQL its log once
 *
 * Both keep the teams' sums, the turnover of twelve months, and an alert above 15 and 20 %. At the end the teams' leavers and
 * staff must be the same in both. workforced also journals what it is told with both dates and can answer for every
 * earlier day and state of knowledge; PostgreSQL here keeps the events, today's sums and nothing else. */
#include "bench/life.h"
#include "bench/peers/postgres.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 3
#define FIRST wf_day_of(2014, 10, 1)
#define WANTED_BATCHES 50
#define WANTED_SINGLE 0.75
#define A_BATCH 5000                            /* of PostgreSQL: larger ones are no faster */
#define TURNS 16
#define TURN_NS 500000000

static const char watching[] =
    "indicator \"turnover\" {\n    title = \"Turnover\"\n    numerator = \"leavers.fte over 12 months\"\n"
    "    denominator = \"in_post.fte at end\"\n    unit = \"percent\"\n}\n"
    "rule \"turnover\" {\n    indicator = \"turnover\"\n    units = { \"*/*\" }\n    direction = \"above\"\n"
    "    amber = \"15\"\n    red = \"20\"\n"
    "    least_people = 0\n}\n";

static char schema[512];

typedef struct sums { int64_t leavers, stock, teams, alerts; } sums;
typedef struct run { bench_samples rate, ns; sums sums; } run;

static sim_load_options whole(void)
{
    bool quick = bench_quick();
    return (sim_load_options) {
        .teams = quick ? 50 : 500, .workers = quick ? 2000 : 20000, .years = 2, .seed = 1, .first = FIRST,
    };
}

/* ---- workforced ------------------------------------------------------------------------------------------------ */

static wf_rc add_figure(void *ctx, const wf_row *row, wf_err *e)
{
    sums *s = ctx;
    (void) e;
    if (row->kind != WF_ROW_FIGURE || memchr(row->as.figure.unit.p, '/', row->as.figure.unit.n) == NULL)
        return WF_OK;
    if (row->as.figure.status != WF_FIGURE_OK && row->as.figure.denominator != 0)
        house_dies("a team's figure is not known");
    s->leavers += row->as.figure.numerator;
    s->stock += row->as.figure.denominator;
    s->teams++;
    return WF_OK;
}

static wf_day end_of(const sim_load_options *o) { return (wf_day) { o->first.n + (int32_t) o->years * 365 }; }

static void open_house(house *h, wf_day today, uint32_t batch, uint32_t window)
{
    sim_writer w = life_writer();
    sim_record all = { .said = FIRST.n, .effective = FIRST.n, .type = WF_COMPLETE };
    house_make(h, watching, today, 0);
    house_start(h);
    house_connect(h, "simulate", batch, window);
    house_publish(h, sim_write(&w, &all));
    house_flush(h);
}

static void workforced_batches(run *r)
{
    sim_load_options o = whole();
    sim_load *load = sim_load_new(&o);
    sim_writer w = life_writer();
    const sim_records *records;
    int64_t ns = 0;
    size_t events = 0;
    house h;
    open_house(&h, end_of(&o), 0, 0);
    while ((records = sim_load_year(load)) != NULL) {
        int64_t began = bench_ns();
        for (size_t i = 0; i < records->n; i++)
            house_publish(&h, sim_write(&w, &records->at[i]));
        house_flush(&h);
        ns += bench_ns() - began;
        events += records->n;
    }
    bench_add(&r->rate, (double) events * 1e9 / (double) ns);
    r->sums = (sums) { .alerts = (int64_t) house_status(&h).alerts };
    house_ask(&h, &(wf_question) { .verb = WF_VERB_FIGURES }, add_figure, &r->sums);
    sim_load_free(&load);
    house_remove(&h);
}

/* ---- PostgreSQL ------------------------------------------------------------------------------------------------ */

static void postgres_batches(run *r, bool by_copy)
{
    sim_load_options o = whole();
    sim_load *load = sim_load_new(&o);
    const sim_records *records;
    int64_t ns = 0;
    postgres p;
    postgres_connect(&p, schema);
    postgres_day(&p, end_of(&o));
    while ((records = sim_load_year(load)) != NULL) {
        int64_t began = bench_ns();
        for (size_t i = 0; i < records->n; i += A_BATCH) {
            size_t n = records->n - i < A_BATCH ? records->n - i : A_BATCH;
            for (size_t k = 0; k < n && by_copy; k++)
                postgres_say(&p, &records->at[i + k]);
            if (by_copy)
                postgres_batch(&p);
            else
                postgres_pipelined(&p, &records->at[i], n);
        }
        ns += bench_ns() - began;
    }
    bench_add(&r->rate, (double) p.events * 1e9 / (double) ns);
    if (postgres_number(&p, "select count(*) from event") != (int64_t) p.events)
        house_dies("postgres: events are missing");
    r->sums = (sums) {
        .leavers = postgres_number(&p, "select coalesce(sum(leavers), 0) from day_sum, clock "
                                   "where day > year_before and day <= today"),
        .stock = postgres_number(&p, "select sum(stock) from team_now"),
        .teams = postgres_number(&p, "select count(*) from team_now"),
        .alerts = postgres_number(&p, "select count(*) from alert"),
    };
    sim_load_free(&load);
    postgres_end(&p);
}

/* ---- one at a time, by turns ------------------------------------------------------------------------------------ */

static void one(house *h, sim_writer *w, postgres *p, const sim_record *r)
{
    if (h != NULL) {
        house_publish(h, sim_write(w, r));
        house_flush(h);
    } else {
        postgres_one(p, r);
    }
}

static void singles(run *workforced, run *other)
{
    sim_load_options o = { .teams = 20, .workers = 400, .years = 1, .seed = 1, .first = FIRST };
    sim_load *load = sim_load_new(&o);
    const sim_records *records = sim_load_year(load);
    sim_writer w = life_writer();
    size_t at[2] = { 0, 0 };
    postgres p;
    house h;
    open_house(&h, end_of(&o), 1, 1);
    postgres_connect(&p, schema);
    postgres_day(&p, end_of(&o));
    for (int turn = 0; turn < 2 * (bench_quick() ? 4 : TURNS); turn++) {
        run *r = turn % 2 == 0 ? workforced : other;
        int64_t began = bench_ns(), now = began;
        size_t from = at[turn % 2], i = from;
        for (; i < records->n && now - began < TURN_NS; i++) {
            int64_t before = now;
            one(turn % 2 == 0 ? &h : NULL, &w, &p, &records->at[i]);
            now = bench_ns();
            bench_add(&r->ns, (double) (now - before));
        }
        at[turn % 2] = i;
        if (i > from)
            bench_add(&r->rate, (double) (i - from) * 1e9 / (double) (now - began));
    }
    sim_load_free(&load);
    postgres_end(&p);
    house_remove(&h);
}

/* ---- what a commit waits for ----------------------------------------------------------------------------------- */

/* Into a file whose space is there already. pages: written and flushed; meta: then 136 bytes more through O_DSYNC. */
static double flushes(const char *name, int pages, bool meta)
{
    enum { FILE_PAGES = 4096 };
    const char *tmp = getenv("TMPDIR");
    char path[256], page[16 * 4096];
    bench_samples ns = { NULL, 0, 0, false };
    memset(page, 1, sizeof page);
    snprintf(path, sizeof path, "%s/flushes.XXXXXX", tmp != NULL ? tmp : "/var/tmp");
    int fd = mkstemp(path), through = open(path, O_WRONLY | O_DSYNC | O_CLOEXEC);
    if (fd < 0 || through < 0 || unlink(path) != 0)
        house_dies("%s: %s", path, strerror(errno));
    for (int i = 0; i < FILE_PAGES; i++)
        if (pwrite(fd, page, 4096, (off_t) i * 4096) != 4096)
            house_dies("%s: %s", path, strerror(errno));
    fsync(fd);
    for (int i = 0; i < (bench_quick() ? 100 : 1000); i++) {
        int64_t from = bench_ns();
        off_t at = (off_t) (2 + i * pages % (FILE_PAGES - 64)) * 4096;
        if (pwrite(fd, page, (size_t) pages * 4096, at) != pages * 4096 || fdatasync(fd) != 0 ||
            (meta && pwrite(through, page, 136, i % 2 * 4096) != 136))
            house_dies("%s: %s", path, strerror(errno));
        bench_add(&ns, (double) (bench_ns() - from));
    }
    close(fd);
    close(through);
    bench_times(name, ns.n, &ns, 10, 99);
    double median = bench_quantile(&ns, 50);
    bench_samples_free(&ns);
    return median;
}

/* ---- what it comes to ------------------------------------------------------------------------------------------ */

static void same(const sums *a, const sums *b)
{
    if (a->leavers != b->leavers || a->stock != b->stock || a->teams != b->teams || a->leavers == 0)
        house_dies("leavers %lld and %lld, staff %lld and %lld, teams %lld and %lld: not the same work",
                   (long long) a->leavers, (long long) b->leavers, (long long) a->stock, (long long) b->stock,
                   (long long) a->teams, (long long) b->teams);
    bench_line("both", "%lld teams, %.1f FTE of leavers in twelve months of %.1f FTE in post; %lld alerts, PostgreSQL %lld",
               (long long) a->teams, (double) a->leavers / 1e6, (double) a->stock / 1e6, (long long) a->alerts,
               (long long) b->alerts);
}

static bool beside(const char *name, run *a, run *b, double wanted)
{
    double x = bench_quantile(&a->rate, 50), y = bench_quantile(&b->rate, 50);
    bench_line(name, "workforced %.0f events/s (%.0f to %.0f), PostgreSQL %.0f (%.0f to %.0f), median of %zu turns", x,
               bench_quantile(&a->rate, 0), bench_quantile(&a->rate, 100), y, bench_quantile(&b->rate, 0),
               bench_quantile(&b->rate, 100), a->rate.n);
    printf("%-34s %8.2f times, wanted >= %.2f  %s\n", name, x / y, wanted, x / y >= wanted ? "met" : "MISSED");
    fflush(stdout);
    return x / y >= wanted;
}

int main(void)
{
    static run batches[3], single[2];
    const char *top = getenv("WF_TOP");
    postgres p;
    snprintf(schema, sizeof schema, "%s/tests/bench/peers/postgres.sql", top != NULL ? top : ".");
    postgres_connect(&p, schema);
    bench_line("peer", "PostgreSQL %s, synchronous_commit = on, fsync = on, jit = off (it would compile for 250 ms), "
               "else as initdb leaves it", postgres_version(&p));
    postgres_end(&p);
    for (int i = 0; i < ROUNDS; i++) {
        workforced_batches(&batches[0]);
        postgres_batches(&batches[1], false);
        postgres_batches(&batches[2], true);
    }
    double two = flushes("disk.LMDB: 8 pages, flush, meta page", 8, true);
    double once = flushes("disk.WAL: 1 page, flush", 1, false);
    singles(&single[0], &single[1]);
    same(&batches[0].sums, &batches[1].sums);
    same(&batches[0].sums, &batches[2].sums);
    bench_times("single.workforced", single[0].ns.n, &single[0].ns, 10, 99);
    bench_times("single.PostgreSQL", single[1].ns.n, &single[1].ns, 10, 99);
    bench_line("single.where it goes", "workforced: %.0f us for the two flushes, %.0f us for all else; "
               "PostgreSQL: %.0f us for its one, %.0f us for all else",
               two / 1e3, (bench_quantile(&single[0].ns, 50) - two) / 1e3, once / 1e3,
               (bench_quantile(&single[1].ns, 50) - once) / 1e3);
    bool good = beside("batches, inserts pipelined", &batches[0], &batches[1], WANTED_BATCHES);
    good &= beside("batches, COPY and sets", &batches[0], &batches[2], WANTED_BATCHES);
    good &= beside("one at a time", &single[0], &single[1], WANTED_SINGLE);
    return good ? 0 : 1;
}
