/* bench_past -- the engine asked about the past, without sockets: a year of daily figures, and
 * a rule that is new over ten years and all teams.
 *
 * 500 teams, 5,000 workers, 10 years, 25 events a worker-year (BENCH=quick: a tenth). The targets stand beside the figures. */
#include "bench/sample.h"
#include "consumers/simulate/load.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST wf_day_of(2014, 10, 1)
#define GROUP 512
#define YEARS 10

static const char rules[] = "rule \"new\" { indicator = \"turnover_rate_fte\" units = { \"*/*\" } "
                            "direction = \"above\" amber = \"15\" red = \"20\" }\n";
static const char definitions[] =
    "measures { roles = { \"1\", \"2\", \"3\", \"4\", \"5\", \"6\" } caseload_days = 35 cases = \"counts\" }\n"
    "indicator \"in_post_fte\" { title = \"In post\" numerator = \"in_post.fte at end\" unit = \"fte\" }\n"
    "indicator \"turnover_rate_fte\" { title = \"Turnover\" numerator = \"leavers.fte over 12 months\" "
    "denominator = \"in_post.fte at end\" unit = \"percent\" }\n"
    "indicator \"caseload\" { title = \"Caseload\" numerator = \"cases.count at end\" denominator = \"in_post.fte at end\" "
    "unit = \"ratio\" }\n"
    "indicator \"in_post_mean\" { title = \"Mean\" numerator = \"in_post.fte mean over 12 months\" unit = \"fte\" }\n";
static const char *const indicators[] = { "in_post_fte", "turnover_rate_fte", "caseload", "in_post_mean" };

static wf_err err;
static wf_store *store;
static wf_engine *engine;
static wf_profile *profile;
static char path[256];
static uint32_t teams;
static uint64_t seen;

_Noreturn static void dies(const char *what, const char *why)
{
    fprintf(stderr, "bench_past: %s: %s\n", what, why);
    exit(2);
}

static void must(wf_rc rc, const char *what)
{
    if (rc != WF_OK)
        dies(what, err.text);
}

static wf_str org_name(void *ctx, uint32_t org)
{
    (void) ctx, (void) org;
    return WF_STR("load");
}

static wf_profile *profile_of(const char *more)
{
    char text[4096];
    wf_profile *p;
    snprintf(text, sizeof text, "%s%s", definitions, more);
    must(wf_profile_parse("bench", (wf_str) { text, strlen(text) }, &p, &err), "profile");
    return p;
}

static void offer(sim_writer *w, const sim_record *r)
{
    uint8_t bytes[512];
    wf_verdict v;
    size_t n = wf_event_encode(sim_write(w, r), bytes, sizeof bytes);
    must(wf_engine_offer(engine, bytes, n, &v, &err), "offer");
    if (v.code != WF_ACCEPTED)
        dies("refused", v.text);
}

static void fill(const sim_load_options *o)
{
    const char *tmp = getenv("TMPDIR");
    sim_load *load = sim_load_new(o);
    sim_writer w = { .source = WF_STR("simulate"), .org = org_name, .team = "team-" };
    const sim_records *records;
    wf_day today = { o->first.n + (int32_t) o->years * 365 };
    wf_instant now = { (int64_t) today.n * 86400000 };
    sim_record all = { .said = o->first.n, .effective = o->first.n, .type = WF_COMPLETE };
    snprintf(path, sizeof path, "%s/past.XXXXXX", tmp != NULL ? tmp : "/var/tmp");
    if (mkdtemp(path) == NULL)
        dies(path, "cannot be made");
    profile = profile_of("");
    wf_store_options so = { .path = path, .manual_clock = true, .measures_version = WF_MEASURES_VERSION };
    must(wf_store_open(&so, &store, &err), "store");
    must(wf_engine_open(&(wf_engine_options) { .store = store, .profile = profile, .today = today }, &engine, &err), "engine");
    must(wf_engine_begin(engine, now, &err), "begin");
    offer(&w, &all);
    while ((records = sim_load_year(load)) != NULL)
        for (size_t i = 0; i < records->n; i++) {
            offer(&w, &records->at[i]);
            if (i % GROUP != GROUP - 1 && i + 1 < records->n)
                continue;
            must(wf_engine_frame_end(engine, &err), "frame");
            must(wf_engine_commit(engine, &err), "commit");
            must(wf_engine_begin(engine, now, &err), "begin");
        }
    must(wf_engine_commit(engine, &err), "commit");
    sim_load_free(&load);
}

static void see(void *ctx, const wf_figure *f, wf_level level)
{
    (void) ctx;
    seen += (uint64_t) f->numerator + (uint64_t) level;
}

/* A year of days of each indicator, in teams by turns and in the organisation. */
static void history(const char *name, int32_t last, double wanted_us, unsigned rounds)
{
    bench_samples ns = { NULL, 0, 0, false };
    for (unsigned i = 0; i < rounds; i++) {
        char unit[32] = "load";
        const char *indicator = indicators[i % (sizeof indicators / sizeof *indicators)];
        if (i % 5 != 0)
            snprintf(unit, sizeof unit, "load/team-%u", i * 7 % teams);
        wf_day from = { last - 364 };
        int64_t began = bench_ns();
        while (from.n <= last)
            must(wf_engine_history(engine, (wf_str) { indicator, strlen(indicator) }, (wf_str) { unit, strlen(unit) }, &from,
                                   (wf_day) { last }, 0, 400, see, NULL, &err), "history");
        bench_add(&ns, (double) (bench_ns() - began));
    }
    bench_times(name, ns.n, &ns, 10, 99);
    double nine = bench_quantile(&ns, 90) / 1e3;        /* of ten; the rest is what else the machine does */
    printf("%-34s p90 %.0f us, wanted < %.0f  %s\n", name, nine, wanted_us, nine < wanted_us ? "met" : "MISSED");
    bench_samples_free(&ns);
}

static void see_run(void *ctx, const wf_engine_run *r)
{
    (void) ctx;
    seen += (uint64_t) r->state;
}

/* The rule comes with a profile; then its line of states over all years and teams. */
static void new_rule(int32_t first, int32_t last)
{
    bench_samples ns = { NULL, 0, 0, false };
    for (int i = 0; i < 5; i++) {
        wf_profile *with = profile_of(rules), *without = profile_of("");
        wf_instant now = { (int64_t) (last + 1) * 86400000 };
        int64_t began = bench_ns();
        must(wf_engine_reprofile(engine, with, now, &err), "reprofile");
        int64_t judged = bench_ns();
        for (uint32_t t = 0; t < teams; t++) {
            char unit[32];
            snprintf(unit, sizeof unit, "load/team-%u", t);
            must(wf_engine_runs(engine, WF_STR("new"), (wf_str) { unit, strlen(unit) }, (wf_day) { first }, (wf_day) { last },
                                0, see_run, NULL, &err), "runs");
        }
        bench_add(&ns, (double) (bench_ns() - began));
        bench_line("past.new rule", "%.1f ms for the profile, %.1f ms for the states of %u teams over %d days",
                   (double) (judged - began) / 1e6, (double) (bench_ns() - judged) / 1e6, teams, last - first + 1);
        must(wf_engine_reprofile(engine, without, now, &err), "reprofile");
        wf_profile_free(&with);
        wf_profile_free(&profile);
        profile = without;
    }
    double ms = bench_quantile(&ns, 50) / 1e6;
    printf("%-34s %.1f ms, wanted < 100  %s\n", "past.new rule", ms, ms < 100 ? "met" : "MISSED");
    bench_samples_free(&ns);
}

int main(void)
{
    bool quick = bench_quick();
    sim_load_options o = { .teams = quick ? 50 : 500, .workers = quick ? 500 : 5000, .years = YEARS, .seed = 1, .first = FIRST };
    int32_t last = FIRST.n + YEARS * 365 - 1;
    char command[300];
    teams = o.teams;
    fill(&o);
    history("past.a year of days", last, 1000, 500);
    new_rule(FIRST.n, last);
    wf_engine_close(&engine);
    wf_store_close(&store);
    wf_profile_free(&profile);
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    return system(command) != 0 || seen == 0;
}
