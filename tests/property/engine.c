/* engine -- laws of the whole line over histories, and its figures and states against those of the oracle.
 *
 *   engine --profile P --today DATE [--orders N] [--seed S] [--ledger ORACLE.ledger] [--figures ORACLE.csv] [--states ORACLE.states] [--store DIR] FILE...
 *
 * Laws, for each history and N other orders of it with doubles, other frames, other groups and restarts in between:
 *   any order gives the same ledger, the same figures and the same line of alert states;
 *   a reopened store gives what it gave before it was closed.
 * Exit status 0, 1 when a law or a comparison fails (with the seed), 2 for wrong use. */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/calendar.h"
#include "engine/engine.h"
#include "engine/profile.h"

#define EVENTS_MAX 20000

struct bytes { uint8_t *p; size_t n; };
static struct bytes event[EVENTS_MAX];
static int events;
static const wf_profile *profile;
static wf_day today;
static char store_path[256] = "";
static wf_err err;

static uint64_t random_state;
static uint32_t below(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) ((random_state >> 33) % n);
}

static void need(wf_rc rc, const char *what)
{
    if (rc == WF_OK)
        return;
    fprintf(stderr, "engine: %s: %s\n", what, err.text);
    exit(1);
}

static void load(const char *path)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    if (f == NULL) {
        perror(path);
        exit(2);
    }
    for (int i = 0; i < events; i++)
        free(event[i].p);
    events = 0;
    while ((n = getline(&line, &cap, f)) > 0 && events < EVENTS_MAX) {
        wf_event ev;
        wf_hold *hold = NULL;
        uint8_t buf[WF_EVENT_BYTES_MAX];
        need(wf_event_from_json(line, (size_t) n, &ev, &hold, &err), path);
        event[events].n = wf_event_encode(&ev, buf, sizeof buf);
        event[events].p = malloc(event[events].n);
        memcpy(event[events].p, buf, event[events].n);
        events++;
        wf_hold_free(&hold);
    }
    free(line);
    fclose(f);
}

struct house { wf_store *store; wf_engine *engine; };

static void house_open(struct house *h)
{
    wf_store_options so = { .path = store_path, .map_bytes = 1u << 28, .manual_clock = true, .measures_version = 1 };
    need(wf_store_open(&so, &h->store, &err), "open store");
    wf_engine_options eo = { .store = h->store, .profile = profile, .today = today, .timeline_bytes = 20000 };
    need(wf_engine_open(&eo, &h->engine, &err), "open engine");
}

static void house_close(struct house *h)
{
    wf_engine_close(&h->engine);
    wf_store_close(&h->store);
}

static void wipe(void)
{
    char command[320];
    snprintf(command, sizeof command, "rm -rf '%s'", store_path);
    if (system(command) != 0)
        exit(2);
}

static wf_instant arrival(void) { return (wf_instant) { wf_day_end_london(today).ms - 1 }; }

static void begin(struct house *h) { need(wf_engine_begin(h->engine, arrival(), &err), "begin"); }

/* Offers the events in this order; frames, groups and restarts by the seed (seed 0: one frame an event, one group). */
static void feed(struct house *h, const int *order, int n, bool plain)
{
    begin(h);
    for (int i = 0; i < n; i++) {
        wf_verdict v;
        need(wf_engine_offer(h->engine, event[order[i]].p, event[order[i]].n, &v, &err), "offer");
        if (v.code == WF_REFUSED && v.reason != WF_REUSED) {
            fprintf(stderr, "engine: event %d refused: %s\n", order[i], v.text);
            exit(1);
        }
        if (plain || below(4) == 0)
            need(wf_engine_frame_end(h->engine, &err), "frame end");
        if (plain || below(12) != 0)
            continue;
        need(wf_engine_frame_end(h->engine, &err), "frame end");
        need(wf_engine_commit(h->engine, &err), "commit");
        if (below(10) == 0) {
            house_close(h);
            house_open(h);
        }
        begin(h);
    }
    need(wf_engine_frame_end(h->engine, &err), "frame end");
    need(wf_engine_commit(h->engine, &err), "commit");
}

/* ---- what a house says, as one text ---- */

struct text { char *p; size_t n, cap; };

static void say(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct text *t, const char *format, ...)
{
    va_list ap;
    if (t->cap - t->n < 512)
        t->p = realloc(t->p, t->cap = t->cap * 2 + 65536);
    va_start(ap, format);
    t->n += (size_t) vsnprintf(t->p + t->n, t->cap - t->n, format, ap);
    va_end(ap);
}

static void say_figure(void *ctx, const wf_figure *f)
{
    say(ctx, "%.*s %.*s %d %d %lld/%lld %lld\n", WF_STR_ARG(f->unit), WF_STR_ARG(f->indicator), f->day.n, f->status,
        (long long) f->numerator, (long long) f->denominator, (long long) f->people);
}

struct run_text { struct text *t; wf_str rule, unit; };

static void say_run(void *ctx, const wf_engine_run *r)
{
    struct run_text *x = ctx;
    say(x->t, "%.*s %.*s %d..%d %d %d %.*s\n", WF_STR_ARG(x->rule), WF_STR_ARG(x->unit), r->from.n, r->until.n, r->state, r->pending,
        WF_STR_ARG(r->reason));
}

static void say_finding(void *ctx, const wf_engine_finding *f)
{
    char **line = ctx;
    size_t n = (size_t) (*line != NULL ? strlen(*line) : 0);
    *line = realloc(*line, n + 300);
    snprintf(*line + n, 300, "%s %.*s %.*s %.*s\n", f->kind, WF_STR_ARG(f->org), WF_STR_ARG(f->source), WF_STR_ARG(f->id));
}

static int line_cmp(const void *a, const void *b) { return strcmp(*(char *const *) a, *(char *const *) b); }

static void say_findings(struct house *h, struct text *t)
{
    char *all = NULL, *line[4096];
    size_t n = 0;
    for (uint64_t cursor = 0; cursor != UINT64_MAX;)
        need(wf_engine_findings(h->engine, &cursor, 7, say_finding, &all, &err), "findings");
    for (char *p = all != NULL ? strtok(all, "\n") : NULL; p != NULL && n < 4096; p = strtok(NULL, "\n"))
        line[n++] = p;
    qsort(line, n, sizeof *line, line_cmp);
    for (size_t i = 0; i < n; i++)
        say(t, "%s\n", line[i]);
    free(all);
}

static char *says(struct house *h)
{
    struct text t = { 0 };
    char *dump = wf_engine_dump(h->engine);
    t.p = dump;
    t.n = strlen(dump);
    t.cap = t.n + 1;
    say_findings(h, &t);
    for (int back = 0; back < 4; back++) {
        wf_figure_query q = { .on = { today.n - 400 * back } };
        while (q.cursor != UINT64_MAX)
            wf_engine_figures(h->engine, &q, 100, say_figure, &t);
    }
    wf_unit_text u;
    for (unsigned i = 0; wf_engine_unit(h->engine, i, &u); i++) {
        char path[200];
        snprintf(path, sizeof path, "%.*s", WF_STR_ARG(u.path));
        for (size_t r = 0; r < profile->rule_count; r++) {
            struct run_text x = { &t, profile->rule[r].name, wf_str_of(path) };
            (void) wf_engine_runs(h->engine, x.rule, x.unit, (wf_day) { today.n - 1500 }, today, say_run, &x, NULL);
        }
    }
    return t.p;
}

/* Units appear in order of arrival, so lines are compared sorted. */
static bool same(char *a, char *b)
{
    static char *line[2][1 << 20];
    size_t n[2] = { 0, 0 };
    char *text[2] = { strdup(a), strdup(b) }, *save;
    for (int k = 0; k < 2; k++) {
        for (char *p = strtok_r(text[k], "\n", &save); p != NULL && n[k] < 1 << 20; p = strtok_r(NULL, "\n", &save))
            line[k][n[k]++] = p;
        qsort(line[k], n[k], sizeof **line, line_cmp);
    }
    bool equal = n[0] == n[1];
    for (size_t i = 0; i < n[0] && i < n[1]; i++)
        if (strcmp(line[0][i], line[1][i]) != 0) {
            fprintf(stderr, "engine: < %s\nengine: > %s\n", line[0][i], line[1][i]);
            equal = false;
            break;
        }
    free(text[0]);
    free(text[1]);
    return equal;
}

static bool laws(const char *path, int orders, uint64_t seed)
{
    static int order[2 * EVENTS_MAX];
    struct house h;
    for (int i = 0; i < events; i++)
        order[i] = i;
    wipe();
    house_open(&h);
    feed(&h, order, events, true);
    char *first = says(&h);
    house_close(&h);
    house_open(&h);
    char *again = says(&h);
    house_close(&h);
    bool good = same(first, again);
    if (!good)
        fprintf(stderr, "engine: %s: a reopened store says something else\n", path);
    free(again);
    for (int round = 0; good && round < orders; round++) {
        int n = 0;
        random_state = seed * 1000003u + (uint64_t) round + 1;
        for (int i = 0; i < events; i++) {
            order[n++] = i;
            if (below(10) < 3)
                order[n++] = i;
        }
        for (int i = n - 1; i > 0; i--) {
            int k = (int) below((uint32_t) i + 1), x = order[i];
            order[i] = order[k];
            order[k] = x;
        }
        wipe();
        house_open(&h);
        feed(&h, order, n, false);
        char *other = says(&h);
        house_close(&h);
        good = same(first, other);
        if (!good)
            fprintf(stderr, "engine: %s: seed %llu, order %d: it says something else\n", path, (unsigned long long) seed, round);
        free(other);
    }
    free(first);
    return good;
}

/* ---- against the oracle ---- */

static void take_figure(void *ctx, const wf_figure *f, wf_level level)
{
    (void) level;
    *(wf_figure *) ctx = *f;
}

static __int128 parse(const char *s, __int128 *below_line)
{
    __int128 v = 0;
    bool minus = *s == '-';
    for (s += minus; *s >= '0' && *s <= '9'; s++)
        v = v * 10 + (*s - '0');
    *below_line = 1;
    if (*s == '/')
        *below_line = parse(s + 1, &(__int128) { 0 });
    return minus ? -v : v;
}

static const char *const statuses[] = { "ok", "z", "x", "u", "c", "low" };

/* org,path,indicator,day,status,numerator,denominator,people */
static bool figure_agrees(struct house *h, char *line)
{
    char *f[8] = { 0 }, *p = line;
    for (int i = 0; i < 8; i++)
        f[i] = strsep(&p, ",\n");
    wf_day day;
    wf_figure got;
    need(wf_day_parse(wf_str_of(f[3]), &day, &err), "oracle's day");
    wf_day from = day;
    need(wf_engine_history(h->engine, wf_str_of(f[2]), wf_str_of(f[1]), &from, day, 1, take_figure, &got, &err), f[1]);
    bool good = strcmp(statuses[got.status], f[4]) == 0;
    if (good && got.status != WF_FIGURE_X) {
        __int128 nb, db, n = parse(f[5], &nb), d = *f[6] != 0 ? parse(f[6], &db) : (db = 1, 1);
        __int128 gd = got.has_denominator ? got.denominator : 1;
        bool fraction = nb != 1 || db != 1, bare = *f[6] == 0;
        good = got.people == atoll(f[7]);
        if (good && bare && got.has_denominator)            /* a mean by itself: the daemon gives sum and days */
            good = n * gd == (__int128) got.numerator * 1000000 * nb;
        else if (good)                                      /* means are cancelled in the daemon: the fraction is the same */
            good = got.numerator * d * nb == n * gd * db && (fraction || gd != d || got.numerator == n);
    }
    if (!good)
        fprintf(stderr, "engine: %s %s %s: oracle %s %s/%s people %s, daemon %s %lld/%lld people %lld value %lld\n", f[1], f[2], f[3], f[4], f[5], f[6], f[7],
                statuses[got.status], (long long) got.numerator, (long long) got.denominator, (long long) got.people, (long long) got.value);
    return good;
}

struct state { wf_day day; int level; };
static void take_state(void *ctx, const wf_engine_run *r)
{
    struct state *s = ctx;
    if (r->from.n <= s->day.n && s->day.n <= r->until.n)
        s->level = r->state;
}

/* rule,path,day,state */
static bool state_agrees(struct house *h, char *line)
{
    static const char *const levels[] = { "unknown", "ok", "amber", "red" };
    char *f[4] = { 0 }, *p = line;
    for (int i = 0; i < 4; i++)
        f[i] = strsep(&p, ",\n");
    struct state s = { .level = -1 };
    need(wf_day_parse(wf_str_of(f[2]), &s.day, &err), "oracle's day");
    need(wf_engine_runs(h->engine, wf_str_of(f[0]), wf_str_of(f[1]), s.day, s.day, take_state, &s, &err), f[1]);
    if (s.level < 0 && s.day.n == today.n)
        return true;                /* a rule with `for` judges closed days only */
    bool good = s.level >= 0 && strcmp(levels[s.level], f[3]) == 0;
    if (!good)
        fprintf(stderr, "engine: %s %s %s: oracle %s, daemon %s\n", f[0], f[1], f[2], f[3], s.level < 0 ? "nothing" : levels[s.level]);
    return good;
}

static bool agree(const char *path, bool (*agrees)(struct house *, char *), int sample)
{
    static int order[EVENTS_MAX];
    struct house h;
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0, lines = 0, bad = 0;
    if (f == NULL) {
        perror(path);
        exit(2);
    }
    for (int i = 0; i < events; i++)
        order[i] = i;
    wipe();
    house_open(&h);
    feed(&h, order, events, true);
    while (getline(&line, &cap, f) > 0 && bad < 10)
        if (lines++ % (size_t) sample == 0 && strncmp(line, "org,", 4) != 0 && strncmp(line, "rule,", 5) != 0)
            bad += !agrees(&h, line);
    house_close(&h);
    free(line);
    fclose(f);
    if (lines == 0 && agrees == figure_agrees) {
        fprintf(stderr, "engine: %s: the oracle says nothing\n", path);
        return false;
    }
    return bad == 0;
}

static bool ledger_agrees(const char *path)
{
    static int order[EVENTS_MAX];
    struct house h;
    FILE *f = fopen(path, "r");
    char *want = NULL;
    size_t cap = 0;
    if (f == NULL || getdelim(&want, &cap, 0, f) <= 0) {
        perror(path);
        exit(2);
    }
    fclose(f);
    for (int i = 0; i < events; i++)
        order[i] = i;
    wipe();
    house_open(&h);
    feed(&h, order, events, true);
    char *dump = wf_engine_dump(h.engine);
    bool good = same(want, dump);
    free(dump);
    free(want);
    house_close(&h);
    return good;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "profile", required_argument, NULL, 'p' }, { "today", required_argument, NULL, 't' }, { "orders", required_argument, NULL, 'o' },
        { "seed", required_argument, NULL, 's' }, { "figures", required_argument, NULL, 'f' }, { "states", required_argument, NULL, 'a' },
        { "store", required_argument, NULL, 'd' }, { "sample", required_argument, NULL, 'n' }, { "ledger", required_argument, NULL, 'l' }, { NULL, 0, NULL, 0 },
    };
    const char *paths = NULL, *figures = NULL, *states = NULL, *ledger = NULL;
    int c, orders = 0, bad = 0, sample = 1;
    uint64_t seed = 1;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
        switch (c) {
        case 'p': paths = optarg; break;
        case 't': need(wf_day_parse(wf_str_of(optarg), &today, &err), "--today"); break;
        case 'o': orders = atoi(optarg); break;
        case 's': seed = strtoull(optarg, NULL, 10); break;
        case 'f': figures = optarg; break;
        case 'a': states = optarg; break;
        case 'd': snprintf(store_path, sizeof store_path, "%s", optarg); break;
        case 'n': sample = atoi(optarg); break;
        case 'l': ledger = optarg; break;
        default: return 2;
        }
    if (optind >= argc || paths == NULL)
        return 2;
    if (store_path[0] == 0)
        snprintf(store_path, sizeof store_path, "/tmp/engine.%d", (int) getpid());
    wf_profile *p = NULL;
    need(wf_profile_read(&paths, 1, &p, &err), paths);
    profile = p;
    for (int i = optind; i < argc; i++) {
        load(argv[i]);
        if (orders > 0)
            bad += !laws(argv[i], orders, seed + (uint64_t) i);
        if (ledger != NULL)
            bad += !ledger_agrees(ledger);
        if (figures != NULL)
            bad += !agree(figures, figure_agrees, sample);
        if (states != NULL)
            bad += !agree(states, state_agrees, sample);
    }
    wipe();
    for (int i = 0; i < events; i++)
        free(event[i].p);
    wf_profile_free(&p);
    return bad != 0;
}
