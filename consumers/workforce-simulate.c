/* workforce-simulate -- streams of events of made-up people, from annual figures or as ordinary load; the same seed gives
 * the same stream. */
#include "consumers/common/sockets.h"
#include "consumers/simulate/load.h"
#include "consumers/simulate/plan.h"
#include "consumers/simulate/random.h"
#include "consumers/simulate/sink.h"
#include "consumers/simulate/table.h"
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 3 };

typedef struct options {
    const char *file, *areas, *source, *sockets;
    bool each_year, publish, clock, quiet;
    uint32_t duplicates;
    sim_load_options load;
} options;

static const char help[] =
    "Usage: workforce-simulate [OPTION...] FIGURES.csv\n"
    "       workforce-simulate --teams N --workers N --years N [OPTION...]\n"
    "\n"
    "Makes the events of people, placements, caseloads and absences whose annual figures come out exactly as the table\n"
    "says (CSV with the DfE's column names), or ordinary life of 25 events a worker-year. JSON lines on standard output,\n"
    "or straight to a daemon. The same seed gives the same events.\n"
    "\n"
    "  --each-year          every row is an organisation of its own (e09000004-2024), with as few events as possible;\n"
    "                       without it each area is one (bexley), its years follow one another, day by day\n"
    "  --areas A,B          only areas with these names or codes: bexley,e06000039\n"
    "  --seed N             1 without it\n"
    "  --source NAME        source of the events: simulate\n"
    "  --publish            to a daemon instead of standard output\n"
    "  --clock              and wind its manual clock to each day on which something is said\n"
    "  --sockets DIR        folder of the daemon's sockets; else $WORKFORCE_SOCKETS, else " WF_SOCKETS_DEFAULT "\n"
    "  --teams N  --workers N  --years N   ordinary life of one organisation, \"load\"\n"
    "  --from DATE          its first day: 2014-10-01\n"
    "  --backdated N        N percent are said up to 90 days late\n"
    "  --far N              N percent are said 91 days to 5 years late\n"
    "  --duplicates N       N percent are said twice\n"
    "  -q, --quiet          no progress, no count at the end\n"
    "  -h, --help           this text            --version\n"
    "\n"
    "Exit status: 0 all was accepted, 1 some was refused, 2 usage or table, 3 the daemon is not there.\n";

static WF_PRINTF(1, 2) int wrong(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fprintf(stderr, "workforce-simulate: ");
    vfprintf(stderr, format, values);
    va_end(values);
    fprintf(stderr, "\nTry workforce-simulate --help.\n");
    return EXIT_USAGE;
}

static int failed(wf_rc rc, const wf_err *e)
{
    fprintf(stderr, "workforce-simulate: %s\n", e->text[0] != '\0' ? e->text : wf_rc_text(rc));
    return rc == WF_BUSY || rc == WF_CONFIG ? EXIT_UNREACHABLE : EXIT_USAGE;
}

static int report(const options *o, sim_sink *s)
{
    sim_sink_counters c;
    sim_sink_count(s, &c);
    if (!o->quiet && o->publish)
        fprintf(stderr, "%llu events: %llu accepted, %llu duplicates, %llu refused; %lld.%lld s, %lld a second%s\n",
                (unsigned long long) c.written, (unsigned long long) c.accepted, (unsigned long long) c.duplicates,
                (unsigned long long) c.refused, (long long) (c.us / 1000000), (long long) (c.us / 100000 % 10),
                (long long) ((int64_t) c.written * 1000000 / (c.us + 1)), o->clock ? "" : " (clock not wound)");
    else if (!o->quiet)
        fprintf(stderr, "%llu events\n", (unsigned long long) c.written);
    return c.refused > 0 ? EXIT_REFUSED : 0;
}

/* ---- from annual figures --------------------------------------------------------------------------------------- */

typedef struct named { char (*name)[SIM_KEY_MAX + 8]; uint32_t n; } named;

static wf_str name_of(void *ctx, uint32_t org)
{
    return wf_str_of(((named *) ctx)->name[org]);
}

/* The area is one of those asked for; all are without a list. */
static bool wanted(const options *o, const sim_row *row)
{
    if (o->areas == NULL)
        return true;
    for (const char *p = o->areas; *p != '\0';) {
        size_t n = strcspn(p, ",");
        if ((strlen(row->area) == n && memcmp(row->area, p, n) == 0) || (strlen(row->name) == n && memcmp(row->name, p, n) == 0))
            return true;
        p += n + (p[n] == ',');
    }
    return false;
}

static wf_rc say_all(sim_sink *sink, sim_writer *w, const sim_records *r, wf_err *e)
{
    for (size_t i = 0; i < r->n; i++) {
        WF_TRY(sim_sink_day(sink, r->at[i].said, e));
        WF_TRY(sim_sink_put(sink, sim_write(w, &r->at[i]), e));
    }
    return WF_OK;
}

static wf_rc each_year(const options *o, const sim_table *t, sim_sink *sink, sim_writer *w, named *names, wf_err *e)
{
    sim_records records = { NULL, 0, 0 };
    wf_rc rc = WF_OK;
    for (size_t i = 0; rc == WF_OK && i < t->n; i++) {
        if (!wanted(o, &t->row[i]))
            continue;
        int n = snprintf(names->name[names->n], sizeof *names->name, "%s-%d", t->row[i].area, t->row[i].year);
        if (n > 32)
            return wf_fail(e, WF_SIZE, "%s %d: too long a name for an organisation", t->row[i].area, t->row[i].year);
        sim_org *org = sim_org_new(names->n++, o->load.seed, true);
        records.n = 0;
        rc = sim_org_year(org, &t->row[i], &records, e);
        sim_org_free(&org);
        for (size_t k = 0; rc == WF_OK && k < records.n; k++)
            rc = sim_sink_put(sink, sim_write(w, &records.at[k]), e);
    }
    sim_records_free(&records);
    return rc;
}

static wf_rc continuous(const options *o, const sim_table *t, sim_sink *sink, sim_writer *w, named *names, wf_err *e)
{
    sim_records records = { NULL, 0, 0 };
    sim_org *org = NULL;
    wf_rc rc = WF_OK;
    for (size_t i = 0; rc == WF_OK && i < t->n; i++) {
        if (!wanted(o, &t->row[i]))
            continue;
        if (org == NULL || strcmp(names->name[names->n - 1], t->row[i].name) != 0) {
            sim_org_free(&org);
            snprintf(names->name[names->n], sizeof *names->name, "%.32s", t->row[i].name);
            org = sim_org_new(names->n++, o->load.seed, false);
        }
        rc = sim_org_year(org, &t->row[i], &records, e);
    }
    sim_org_free(&org);
    if (rc == WF_OK) {
        sim_records_sort(&records);
        rc = say_all(sink, w, &records, e);
    }
    if (rc == WF_OK && records.n > 0)
        rc = sim_sink_day(sink, records.at[records.n - 1].said + 1, e);
    sim_records_free(&records);
    return rc;
}

static int from_figures(const options *o, sim_sink_options *to)
{
    wf_err e = { .text = "" };
    sim_table t = { NULL, 0 };
    wf_rc rc = sim_table_read(o->file, &t, &e);
    if (rc != WF_OK)
        return failed(WF_MALFORMED, &e);
    uint64_t heads = 0;
    int first = INT32_MAX, last = 0;
    for (size_t i = 0; i < t.n; i++)
        if (wanted(o, &t.row[i])) {
            heads += (uint64_t) t.row[i].in[SIM_INPOST_HEADS].v;
            first = t.row[i].year < first ? t.row[i].year : first;
            last = t.row[i].year > last ? t.row[i].year : last;
        }
    if (heads == 0) {
        sim_table_free(&t);
        return wrong("%s: no such area in it", o->file);
    }
    to->expected = heads * 7 / 3;
    if (!o->each_year) {
        to->first = wf_day_of(first - 1, 9, 30).n;
        to->last = wf_day_of(last, 9, 30).n;
    }
    named names = { calloc(t.n, sizeof *names.name), 0 };
    WF_ASSERT(names.name != NULL);
    sim_writer w = { .source = wf_str_of(o->source), .org = name_of, .ctx = &names };
    sim_sink *sink = NULL;
    rc = sim_sink_open(to, &sink, &e);
    if (rc == WF_OK)
        rc = (o->each_year ? each_year : continuous)(o, &t, sink, &w, &names, &e);
    if (rc == WF_OK)
        rc = sim_sink_end(sink, &e);
    int status = rc == WF_OK ? report(o, sink) : failed(rc, &e);
    sim_sink_free(&sink);
    free(names.name);
    sim_table_free(&t);
    return status;
}

/* ---- load ------------------------------------------------------------------------------------------------------ */

static wf_str name_of_load(void *ctx, uint32_t org)
{
    (void) ctx;
    (void) org;
    return WF_STR("load");
}

#define ECHOES 64

/* Says a year; of `duplicates` percent something that was said shortly before is said again, byte for byte. */
static wf_rc say_year(const options *o, const sim_records *r, sim_sink *sink, sim_writer *w, sim_random *luck, wf_err *e)
{
    for (size_t i = 0; i < r->n; i++) {
        WF_TRY(sim_sink_day(sink, r->at[i].said, e));
        WF_TRY(sim_sink_put(sink, sim_write(w, &r->at[i]), e));
        if (o->duplicates > 0 && sim_below(luck, 100) < o->duplicates) {
            uint32_t back = sim_below(luck, ECHOES);
            WF_TRY(sim_sink_put(sink, sim_write(w, &r->at[i < back ? 0 : i - back]), e));
        }
    }
    return WF_OK;
}

static wf_rc say_complete(const options *o, sim_sink *sink, sim_writer *w, int32_t said, wf_err *e)
{
    sim_record all = { .said = said, .effective = o->load.first.n, .type = WF_COMPLETE };
    WF_TRY(sim_sink_day(sink, all.said, e));
    return sim_sink_put(sink, sim_write(w, &all), e);
}

/* Who lives day by day says from the first day on that nothing is left out; who loads years at once says so at the end. */
static wf_rc say_load(const options *o, sim_sink *sink, wf_err *e)
{
    sim_writer w = { .source = wf_str_of(o->source), .org = name_of_load, .team = "team-" };
    sim_random luck = sim_fork(o->load.seed, 1);
    int32_t last = o->load.first.n + (int32_t) o->load.years * 365;
    sim_load *l = sim_load_new(&o->load);
    wf_rc rc = o->clock ? say_complete(o, sink, &w, o->load.first.n, e) : WF_OK;
    for (const sim_records *r; rc == WF_OK && (r = sim_load_year(l)) != NULL;)
        rc = say_year(o, r, sink, &w, &luck, e);
    sim_load_free(&l);
    if (rc == WF_OK)
        rc = o->clock ? sim_sink_day(sink, last, e) : say_complete(o, sink, &w, last, e);
    return rc == WF_OK ? sim_sink_end(sink, e) : rc;
}

static int from_load(const options *o, sim_sink_options *to)
{
    wf_err e = { .text = "" };
    to->first = o->load.first.n;
    to->last = to->first + (int32_t) o->load.years * 365;
    sim_sink *sink = NULL;
    wf_rc rc = sim_sink_open(to, &sink, &e);
    if (rc == WF_OK)
        rc = say_load(o, sink, &e);
    int status = rc == WF_OK ? report(o, sink) : failed(rc, &e);
    sim_sink_free(&sink);
    return status;
}

/* ---- options --------------------------------------------------------------------------------------------------- */

static bool whole(const char *text, uint64_t low, uint64_t high, uint64_t *ret)
{
    uint64_t v = 0;
    size_t n = strlen(text);
    if (n == 0 || n > 18)
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        v = 10 * v + (uint64_t) (*text - '0');
    }
    *ret = v;
    return v >= low && v <= high;
}

enum { O_EACH_YEAR = 256, O_AREAS, O_SEED, O_SOURCE, O_PUBLISH, O_CLOCK, O_SOCKETS, O_FROM, O_VERSION,
       O_TEAMS, O_WORKERS, O_YEARS, O_BACKDATED, O_FAR, O_DUPLICATES };

static const struct option long_options[] = {
    { "each-year", no_argument, NULL, O_EACH_YEAR }, { "areas", required_argument, NULL, O_AREAS },
    { "seed", required_argument, NULL, O_SEED },     { "source", required_argument, NULL, O_SOURCE },
    { "publish", no_argument, NULL, O_PUBLISH },     { "clock", no_argument, NULL, O_CLOCK },
    { "sockets", required_argument, NULL, O_SOCKETS }, { "endpoint", required_argument, NULL, O_SOCKETS },
    { "teams", required_argument, NULL, O_TEAMS },   { "workers", required_argument, NULL, O_WORKERS },
    { "years", required_argument, NULL, O_YEARS },   { "from", required_argument, NULL, O_FROM },
    { "backdated", required_argument, NULL, O_BACKDATED }, { "far", required_argument, NULL, O_FAR },
    { "duplicates", required_argument, NULL, O_DUPLICATES }, { "quiet", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },              { "version", no_argument, NULL, O_VERSION },
    { NULL, 0, NULL, 0 },
};

static bool number_option(int c, options *o)
{
    uint64_t v;
    static const struct { uint64_t low, high; } bounds[] = {
        [O_TEAMS - O_TEAMS] = { 1, 10000 },  [O_WORKERS - O_TEAMS] = { 1, 1000000 }, [O_YEARS - O_TEAMS] = { 1, 50 },
        [O_BACKDATED - O_TEAMS] = { 0, 100 }, [O_FAR - O_TEAMS] = { 0, 100 },        [O_DUPLICATES - O_TEAMS] = { 0, 100 },
    };
    uint32_t *places[] = { &o->load.teams, &o->load.workers, &o->load.years, &o->load.backdated, &o->load.far, &o->duplicates };
    if (!whole(optarg, bounds[c - O_TEAMS].low, bounds[c - O_TEAMS].high, &v))
        return false;
    *places[c - O_TEAMS] = (uint32_t) v;
    return true;
}

static int read_options(int argc, char **argv, options *o)
{
    for (int c; (c = getopt_long(argc, argv, "qh", long_options, NULL)) != -1;) {
        switch (c) {
        case O_EACH_YEAR: o->each_year = true; break;
        case O_AREAS:     o->areas = optarg; break;
        case O_SOURCE:    o->source = optarg; break;
        case O_PUBLISH:   o->publish = true; break;
        case O_CLOCK:     o->clock = o->publish = true; break;
        case O_SOCKETS:   o->sockets = optarg; break;
        case 'q':         o->quiet = true; break;
        case 'h':         fputs(help, stdout); exit(0);
        case O_VERSION:   puts("workforce-simulate " WF_VERSION); exit(0);
        case O_SEED:
            if (!whole(optarg, 0, UINT64_MAX, &o->load.seed))
                return wrong("--seed %s is no whole number", optarg);
            break;
        case O_FROM:
            if (wf_day_parse(wf_str_of(optarg), &o->load.first, NULL) != WF_OK)
                return wrong("--from %s is no date like 2014-10-01", optarg);
            break;
        case O_TEAMS: case O_WORKERS: case O_YEARS: case O_BACKDATED: case O_FAR: case O_DUPLICATES:
            if (!number_option(c, o))
                return wrong("%s is out of range for this option", optarg);
            break;
        default: return wrong("what was given %s", "is not understood");
        }
    }
    bool load = o->load.teams > 0 || o->load.workers > 0 || o->load.years > 0;
    if (load && (o->load.teams == 0 || o->load.workers == 0 || o->load.years == 0))
        return wrong("%s go together", "--teams, --workers and --years");
    if (load != (optind == argc) || optind + 1 < argc)
        return wrong("give either %s", "one table of figures or --teams, --workers and --years");
    if (o->load.backdated + o->load.far > 100)
        return wrong("%s are more than 100 percent", "--backdated and --far");
    if (o->each_year && o->clock)
        return wrong("%s do not go together: rows of one year follow those of another", "--each-year and --clock");
    o->file = load ? NULL : argv[optind];
    return 0;
}

int main(int argc, char **argv)
{
    options o = { .source = "simulate", .load = { .seed = 1 } };
    o.load.first = wf_day_of(2014, 10, 1);
    int status = read_options(argc, argv, &o);
    if (status != 0)
        return status;
    sim_sink_options to = {
        .sockets = o.publish ? wf_sockets_folder(o.sockets) : NULL, .source = o.source, .clock = o.clock,
        .progress = !o.quiet && o.publish && isatty(STDERR_FILENO), .out = stdout,
    };
    return o.file == NULL ? from_load(&o, &to) : from_figures(&o, &to);
}
