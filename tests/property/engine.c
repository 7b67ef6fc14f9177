/* engine -- laws of the whole line over histories, and what it says against what the oracle says.
 *
 *   engine --profile P --today DATE [--orders N] [--seed S] [--store DIR] FILE...
 *          [--ledger O] [--findings O] [--figures O] [--states O]        O: the oracle's answer for the one FILE
 *
 * Laws, for each history and N other orders of it with doubles, other frames, groups and days of arrival, restarts in
 * between and a small cache of timelines:
 *   any order gives the same ledger, byte for byte, the same findings, figures and line of alert states;
 *   a reopened store gives what it gave before it was closed;
 *   with loads that begin and end, or do not, the ledger, findings, figures and states are the same;
 *   its journal told again, with other commits and restarts, gives the same bytes: ledger, figures, alert messages;
 *   what was last told of a figure or an alert is what holds.
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
#include "history.h"
#include "replayed.h"

#include <uthash.h>

static const wf_profile *profile;
static wf_day today;
static char store_path[256] = "";
static char who[] = "engine";

/* What was last told of a figure or of a rule in a unit. */
struct told { char key[256], value[128]; wf_level level; UT_hash_handle hh; };
struct house { wf_store *store; wf_engine *engine; size_t cache; struct told *told; uint64_t alerts; bool loads; };

static struct told *told_of(struct house *h, const char *key, bool make)
{
    struct told *t;
    HASH_FIND_STR(h->told, key, t);
    if (t == NULL && make) {
        t = calloc(1, sizeof *t);
        snprintf(t->key, sizeof t->key, "%s", key);
        HASH_ADD_STR(h->told, key, t);
    }
    return t;
}

static void house_open(struct house *h, wf_day first)
{
    wf_store_options so = { .path = store_path, .map_bytes = 1u << 28, .manual_clock = true, .measures_version = 1 };
    need(wf_store_open(&so, &h->store, &err), "open store");
    wf_engine_options eo = { .store = h->store, .profile = profile, .today = first, .timeline_bytes = h->cache };
    need(wf_engine_open(&eo, &h->engine, &err), "open engine");
}

static void house_close(struct house *h)
{
    wf_engine_close(&h->engine);
    wf_store_close(&h->store);
}

static void forget(struct house *h)
{
    struct told *t, *next;
    HASH_ITER(hh, h->told, t, next) {
        HASH_DEL(h->told, t);
        free(t);
    }
}

static void wipe(void)
{
    char command[320];
    snprintf(command, sizeof command, "rm -rf '%s'", store_path);
    if (system(command) != 0)
        exit(2);
}

/* ---- feeding ---- */

static void figure_text(const wf_figure *f, char *text, size_t cap)
{
    snprintf(text, cap, "%d %lld/%lld people %lld rating %d", f->status, (long long) f->numerator, (long long) f->denominator,
             (long long) f->people, f->rating);
}

static void take_told_figure(void *ctx, const wf_figure *f)
{
    char key[256];
    snprintf(key, sizeof key, "figure %.*s %.*s", WF_STR_ARG(f->indicator), WF_STR_ARG(f->unit));
    figure_text(f, told_of(ctx, key, true)->value, sizeof ((struct told *) 0)->value);
}

static void take_told_alert(void *ctx, const wf_alert *a, const void *bytes, size_t n)
{
    struct house *h = ctx;
    char key[256];
    (void) bytes, (void) n;
    if (a->number != ++h->alerts) {
        fprintf(stderr, "engine: alert %llu came as the %lluth\n", (unsigned long long) a->number, (unsigned long long) h->alerts);
        exit(1);
    }
    snprintf(key, sizeof key, "alert %.*s %.*s", WF_STR_ARG(a->rule), WF_STR_ARG(a->unit));
    struct told *t = told_of(h, key, true);
    if (a->kind == WF_ALERT_STATE && !h->loads && t->value[0] != 0 && t->level == a->state && a->state != WF_UNKNOWN) {   /* what stands through unknown may differ */
        fprintf(stderr, "engine: %s was told state %d twice\n", key, a->state);
        exit(1);
    }
    t->level = a->state;
    snprintf(t->value, sizeof t->value, "%d", a->state);
}

static void begin(struct house *h)
{
    need(wf_engine_begin(h->engine, (wf_instant) { wf_day_end_london(wf_engine_today(h->engine)).ms - 1 }, &err), "begin");
}

static void commit(struct house *h)
{
    need(wf_engine_frame_end(h->engine, &err), "frame end");
    need(wf_engine_commit(h->engine, &err), "commit");
    wf_engine_take_alerts(h->engine, take_told_alert, h);
    while (wf_engine_take_figures(h->engine, 100, take_told_figure, h))
        ;
}

static uint64_t reached[EVENTS_MAX + 1];            /* by line of a plain history: the last entry after it */

/* false: it says it was recorded after today, so it is for a later day. */
static bool offer(struct house *h, int i)
{
    wf_verdict v;
    need(wf_engine_offer(h->engine, event[i].p, event[i].n, &v, &err), "offer");
    if (v.code == WF_REFUSED && v.reason == WF_RANGE && wf_engine_today(h->engine).n < today.n)
        return false;
    if (v.code == WF_REFUSED) {
        fprintf(stderr, "engine: event %d refused: %s\n", i, v.text);
        exit(1);
    }
    reached[i + 1] = v.code == WF_ACCEPTED ? v.sequence : reached[i];
    return true;
}

static void begin_or_end_load(struct house *h, const char *of)
{
    need(wf_engine_frame_end(h->engine, &err), "frame end");
    need(below(3) > 0 ? wf_engine_load_begin(h->engine, wf_str_of(of), &err) : wf_engine_load_end(h->engine, wf_str_of(of), &err), "load");
}

/* Offers the events in this order; frames, groups, ticks and restarts by the seed. plain: one frame an event, one group. */
static void feed(struct house *h, const int *order, int n, bool plain)
{
    static int late[2 * EVENTS_MAX];
    int lates = 0;
    begin(h);
    for (int i = 0; i < n; i++) {
        if (!offer(h, order[i]))
            late[lates++] = order[i];
        if (plain || below(4) == 0)
            need(wf_engine_frame_end(h->engine, &err), "frame end");
        if (h->loads && below(9) == 0)
            begin_or_end_load(h, event[order[i]].source);
        if (plain || below(12) != 0)
            continue;
        if (wf_engine_today(h->engine).n < today.n && below(3) == 0) {
            need(wf_engine_frame_end(h->engine, &err), "frame end");
            need(wf_engine_tick(h->engine, &err), "tick");
        }
        commit(h);
        if (below(10) == 0) {
            house_close(h);
            house_open(h, today);
        }
        begin(h);
    }
    need(wf_engine_frame_end(h->engine, &err), "frame end");
    while (wf_engine_today(h->engine).n < today.n)
        need(wf_engine_tick(h->engine, &err), "tick");
    commit(h);                      /* a group has one time of arrival */
    begin(h);
    for (int i = 0; i < lates; i++)
        (void) offer(h, late[i]);
    commit(h);
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
    char text[128];
    figure_text(f, text, sizeof text);
    say(ctx, "%.*s %.*s %d %s\n", WF_STR_ARG(f->unit), WF_STR_ARG(f->indicator), f->day.n, text);
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
    snprintf(*line + n, 300, "%s|%.*s|%.*s|%.*s\n", f->kind, WF_STR_ARG(f->org), WF_STR_ARG(f->source), WF_STR_ARG(f->id));
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

static char *says(struct house *h, size_t *ledger)
{
    struct text t = { 0 };
    t.p = wf_engine_dump(h->engine);
    *ledger = t.n = strlen(t.p);
    t.cap = t.n + 1;
    say_findings(h, &t);
    for (int back = 0; back < 4; back++) {
        wf_figure_query q = { .on = { today.n - 400 * back } };
        while (q.cursor != UINT64_MAX)
            need(wf_engine_figures(h->engine, &q, 100, say_figure, &t, &err), "figures");
    }
    wf_unit_text u;
    for (unsigned i = 0; wf_engine_unit(h->engine, i, &u); i++) {
        char path[200];
        snprintf(path, sizeof path, "%.*s", WF_STR_ARG(u.path));
        for (size_t r = 0; r < profile->rule_count; r++) {
            struct run_text x = { &t, profile->rule[r].name, wf_str_of(path) };
            if (wf_engine_runs(h->engine, x.rule, x.unit, (wf_day) { today.n - 1500 }, today, 0, say_run, &x, NULL) != WF_OK)
                continue;           /* it does not watch this unit */
        }
    }
    return t.p;
}

/* ---- what was told is what holds ---- */

static void holds(void *ctx, const wf_figure *f)
{
    struct { struct house *h; int bad; } *x = ctx;
    char key[256], value[128];
    snprintf(key, sizeof key, "figure %.*s %.*s", WF_STR_ARG(f->indicator), WF_STR_ARG(f->unit));
    figure_text(f, value, sizeof value);
    struct told *t = told_of(x->h, key, false);
    if (t != NULL && strcmp(t->value, value) == 0)
        return;
    if (x->bad++ == 0)
        fprintf(stderr, "engine: %s: told %s, it is %s\n", key, t != NULL ? t->value : "nothing", value);
}

static void keep_figure(void *ctx, const wf_figure *f) { *(wf_figure *) ctx = *f; }

static void holds_state(void *ctx, const wf_engine_run *r) { *(wf_level *) ctx = r->state; }

/* Nothing need be told of ok and unknown while no alert stands, also when an alert had ended by what was learnt on a day
 * that was unknown; a rule that is not live yet says nothing (A5), and is rated unknown. */
static bool told_states_hold(struct house *h)
{
    wf_unit_text u;
    for (unsigned i = 0; wf_engine_unit(h->engine, i, &u); i++)
        for (size_t r = 0; r < profile->rule_count; r++) {
            const wf_rule *rule = &profile->rule[r];
            char key[256], path[200];
            wf_level now = WF_UNKNOWN;
            wf_figure f = { .rating = WF_UNKNOWN };
            snprintf(path, sizeof path, "%.*s", WF_STR_ARG(u.path));
            wf_day last = { today.n - (rule->for_days > 0) };
            if (wf_engine_runs(h->engine, rule->name, wf_str_of(path), last, last, 0, holds_state, &now, NULL) != WF_OK)
                continue;
            snprintf(key, sizeof key, "alert %.*s %s", WF_STR_ARG(rule->name), path);
            struct told *t = told_of(h, key, false);
            wf_level level = t != NULL ? t->level : WF_OKAY;
            bool quiet = level <= WF_OKAY && now <= WF_OKAY;
            wf_figure_query q = { .unit = wf_str_of(path), .indicator = profile->indicator[rule->indicator].name, .on = WF_DAY_OPEN };
            while (q.cursor != UINT64_MAX)
                need(wf_engine_figures(h->engine, &q, 1, keep_figure, &f, &err), "figures");
            if (quiet || level == now || (t == NULL && f.rating == WF_UNKNOWN))
                continue;
            fprintf(stderr, "engine: %s: told %d, it is %d\n", key, level, now);
            return false;
        }
    return true;
}

static bool told_holds(struct house *h)
{
    struct { struct house *h; int bad; } x = { h, 0 };
    wf_figure_query q = { .on = WF_DAY_OPEN };
    while (q.cursor != UINT64_MAX)
        need(wf_engine_figures(h->engine, &q, 100, holds, &x, &err), "figures");
    return x.bad == 0 && told_states_hold(h);
}

/* ---- laws ---- */

/* Units appear in order of arrival, so lines are compared sorted. */
static bool same(const char *a, const char *b)
{
    static char *line[2][1 << 20];
    size_t n[2] = { 0, 0 }, i = 0;
    char *text[2] = { strdup(a), strdup(b) }, *save;
    for (int k = 0; k < 2; k++) {
        for (char *p = strtok_r(text[k], "\n", &save); p != NULL && n[k] < 1 << 20; p = strtok_r(NULL, "\n", &save))
            line[k][n[k]++] = p;
        qsort(line[k], n[k], sizeof **line, line_cmp);
    }
    while (i < n[0] && i < n[1] && strcmp(line[0][i], line[1][i]) == 0)
        i++;
    bool equal = i == n[0] && i == n[1];
    if (!equal)
        fprintf(stderr, "engine: < %s\nengine: > %s\n", i < n[0] ? line[0][i] : "nothing more", i < n[1] ? line[1][i] : "nothing more");
    free(text[0]);
    free(text[1]);
    return equal;
}

/* The history as it lies, alone in a house. */
static void feed_plain(struct house *h)
{
    static int order[EVENTS_MAX];
    for (int i = 0; i < events; i++)
        order[i] = i;
    wipe();
    house_open(h, today);
    feed(h, order, events, true);
}

static bool other_order(const char *first, size_t first_ledger, bool loads)
{
    static int order[2 * EVENTS_MAX];
    struct house h = { .cache = 1000 + below(20000), .loads = loads };
    size_t ledger;
    int n = 0;
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
    house_open(&h, (wf_day) { today.n - (int32_t) below(5) });
    feed(&h, order, n, false);
    char *other = says(&h, &ledger);
    bool good = same(first, other);
    if (good && (ledger != first_ledger || memcmp(first, other, ledger) != 0)) {
        fprintf(stderr, "engine: the same ledger in other bytes\n");
        good = false;
    }
    good &= (loads || told_holds(&h)) && replayed(h.engine, h.store, store_path, below(1u << 30), who);
    free(other);
    house_close(&h);
    forget(&h);
    return good;
}

static bool laws(const char *path, int orders, uint64_t seed)
{
    struct house h = { 0 };
    size_t ledger, n;
    feed_plain(&h);
    char *first = says(&h, &ledger);
    bool good = told_holds(&h);
    house_close(&h);
    house_open(&h, today);
    char *again = says(&h, &n);
    house_close(&h);
    forget(&h);
    if (!good || !same(first, again)) {
        fprintf(stderr, "engine: %s: %s\n", path, good ? "a reopened store says something else" : "what was told does not hold");
        good = false;
    }
    free(again);
    for (int round = 0; good && round < orders; round++) {
        random_state = seed * 1000003u + (uint64_t) round + 1;
        good = other_order(first, ledger, false);
        if (good && seed % 3 == 0)
            good = other_order(first, ledger, true);
        if (!good)
            fprintf(stderr, "engine: %s: seed %llu, order %d: it says something else\n", path, (unsigned long long) seed, round);
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
static bool figure_agrees(struct house *h, uint64_t known, char *line)
{
    char *f[8] = { 0 }, *p = line;
    for (int i = 0; i < 8; i++)
        f[i] = strsep(&p, ",\n");
    wf_day day;
    wf_figure got;
    need(wf_day_parse(wf_str_of(f[3]), &day, &err), "oracle's day");
    wf_day from = day;
    need(wf_engine_history(h->engine, wf_str_of(f[2]), wf_str_of(f[1]), &from, day, known, 1, take_figure, &got, &err), f[1]);
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

/* The line of states of one rule in one unit, asked for once. */
struct line { char of[256]; wf_level *level; wf_day from; };
static void take_states(void *ctx, const wf_engine_run *r)
{
    struct line *l = ctx;
    for (int32_t d = r->from.n; d <= r->until.n; d++)
        l->level[d - l->from.n] = r->state;
}

/* rule,path,day,state */
static bool state_agrees(struct house *h, uint64_t known, char *line)
{
    static const char *const levels[] = { "unknown", "ok", "amber", "red" };
    static struct line l;
    char *f[4] = { 0 }, *p = line, of[256];
    wf_day day;
    uint32_t rule;
    for (int i = 0; i < 4; i++)
        f[i] = strsep(&p, ",\n");
    need(wf_day_parse(wf_str_of(f[2]), &day, &err), "oracle's day");
    snprintf(of, sizeof of, "%s %s %llu", f[0], f[1], (unsigned long long) known);
    if (strcmp(of, l.of) != 0) {
        snprintf(l.of, sizeof l.of, "%s", of);
        l.from = day;
        free(l.level);
        l.level = calloc((size_t) (today.n - day.n + 1), sizeof *l.level);
        need(wf_engine_runs(h->engine, wf_str_of(f[0]), wf_str_of(f[1]), day, today, known, take_states, &l, &err), f[1]);
    }
    if (day.n == today.n && wf_profile_rule(profile, wf_str_of(f[0]), &rule) && profile->rule[rule].for_days > 0)
        return true;                /* it judges closed days only */
    bool good = strcmp(levels[l.level[day.n - l.from.n]], f[3]) == 0;
    if (!good)
        fprintf(stderr, "engine: %s %s %s: oracle %s, daemon %s\n", f[0], f[1], f[2], f[3], levels[l.level[day.n - l.from.n]]);
    return good;
}

static FILE *opened(const char *path)
{
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        perror(path);
        exit(2);
    }
    return f;
}

/* N,f,... and N,s,...: the same as known when the first N lines had come. */
static bool known_agrees(struct house *h, uint64_t known, char *line)
{
    char *rest;
    unsigned long n = strtoul(line, &rest, 10);
    (void) known;
    if (n == 0 || n > (unsigned long) events || rest[0] != ',' || rest[1] == 0 || rest[2] != ',') {
        fprintf(stderr, "engine: what is this? %s", line);
        return false;
    }
    return (rest[1] == 'f' ? figure_agrees : state_agrees)(h, reached[n], rest + 3);
}

static bool lines_agree(struct house *h, const char *path, bool (*agrees)(struct house *, uint64_t, char *))
{
    FILE *f = opened(path);
    char *line = NULL;
    size_t cap = 0, bad = 0;
    while (getline(&line, &cap, f) > 0 && bad < 10)
        bad += !agrees(h, 0, line);
    free(line);
    fclose(f);
    return bad == 0;
}

static bool text_agrees(const char *path, const char *text)
{
    FILE *f = opened(path);
    char *want = NULL;
    size_t cap = 0;
    if (getdelim(&want, &cap, 0, f) < 0)
        want[0] = 0;
    fclose(f);
    bool good = same(want, text);
    free(want);
    return good;
}

/* kind|org|subject kind|subject|source|id, without the subject: a case's finding lies in its worker's timeline too. */
static bool findings_agree(struct house *h, const char *path)
{
    FILE *f = opened(path);
    struct text want = { 0 }, got = { 0 };
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, f) > 0) {
        char *at = line, *part[6] = { 0 };
        for (int i = 0; i < 6; i++)
            part[i] = strsep(&at, "|\n");
        say(&want, "%s|%s|%s|%s\n", part[0], part[1], part[4], part[5]);
    }
    fclose(f);
    free(line);
    say_findings(h, &got);
    bool good = same(want.p != NULL ? want.p : "", got.p != NULL ? got.p : "");
    free(want.p);
    free(got.p);
    return good;
}

struct oracle { const char *ledger, *findings, *figures, *states, *known; };

static bool agrees(const struct oracle *o)
{
    struct house h = { 0 };
    bool good = true;
    feed_plain(&h);
    char *dump = wf_engine_dump(h.engine);
    if (o->ledger != NULL)
        good &= text_agrees(o->ledger, dump);
    if (o->findings != NULL)
        good &= findings_agree(&h, o->findings);
    if (o->figures != NULL)
        good &= lines_agree(&h, o->figures, figure_agrees);
    if (o->states != NULL)
        good &= lines_agree(&h, o->states, state_agrees);
    if (o->known != NULL)
        good &= lines_agree(&h, o->known, known_agrees);
    free(dump);
    house_close(&h);
    forget(&h);
    return good;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "profile", required_argument, NULL, 'p' }, { "today", required_argument, NULL, 't' }, { "orders", required_argument, NULL, 'o' },
        { "seed", required_argument, NULL, 's' }, { "store", required_argument, NULL, 'd' }, { "ledger", required_argument, NULL, 'l' },
        { "findings", required_argument, NULL, 'w' }, { "figures", required_argument, NULL, 'f' }, { "states", required_argument, NULL, 'a' },
        { "known", required_argument, NULL, 'k' }, { NULL, 0, NULL, 0 },
    };
    const char *paths = NULL;
    struct oracle oracle = { 0 };
    int c, orders = 0, bad = 0;
    uint64_t seed = 1;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
        switch (c) {
        case 'p': paths = optarg; break;
        case 't': need(wf_day_parse(wf_str_of(optarg), &today, &err), "--today"); break;
        case 'o': orders = atoi(optarg); break;
        case 's': seed = strtoull(optarg, NULL, 10); break;
        case 'd': snprintf(store_path, sizeof store_path, "%s", optarg); break;
        case 'l': oracle.ledger = optarg; break;
        case 'w': oracle.findings = optarg; break;
        case 'f': oracle.figures = optarg; break;
        case 'a': oracle.states = optarg; break;
        case 'k': oracle.known = optarg; break;
        default: return 2;
        }
    bool asked = oracle.ledger != NULL || oracle.findings != NULL || oracle.figures != NULL || oracle.states != NULL || oracle.known != NULL;
    if (optind >= argc || paths == NULL || (asked && optind + 1 != argc))
        return 2;
    if (store_path[0] == 0)
        snprintf(store_path, sizeof store_path, "/tmp/engine.%d", (int) getpid());
    wf_profile *p = NULL;
    need(wf_profile_read(&paths, 1, &p, &err), paths);
    profile = p;
    for (int i = optind; i < argc; i++) {
        load(argv[i]);
        if (orders > 0)
            bad += !laws(argv[i], orders, seed + (uint64_t) (i - optind));
        if (asked)
            bad += !agrees(&oracle);
    }
    wipe();
    unload();
    wf_profile_free(&p);
    return bad != 0;
}
