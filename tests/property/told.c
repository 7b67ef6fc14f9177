/* told -- feeds a history as publishers would, over some days, and writes down what happened and what was told.
 *
 *   told --profile P --today DATE [--days N] [--seed S] [--store DIR] FILE
 *
 * Its output is what the naive judge is given, in order:
 *   open DAY          today at first; the profile is in force from it
 *   event N           line N of FILE was accepted (doubles have no line)
 *   frame             a frame ended
 *   tick DAY          the day was over
 *   alert number|id|rule|unit path|kind|state|before|day|closed|since|status|numerator|denominator|people|entries
 * Frames, ticks, groups and restarts are drawn by the seed; --days (default 9) lie between the first day and DATE.
 * At the end its journal is told again with other groups and restarts, and must give the same messages byte by byte:
 * otherwise its exit status is 1. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/calendar.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include "history.h"
#include "replayed.h"

static const wf_profile *profile;
static wf_store *store;
static wf_engine *engine;
static wf_day today;
static char store_path[256] = "";

static void house_open(wf_day first)
{
    wf_store_options so = { .path = store_path, .map_bytes = 1u << 28, .manual_clock = true, .measures_version = 1 };
    need(wf_store_open(&so, &store, &err), "open store");
    wf_engine_options eo = { .store = store, .profile = profile, .today = first, .timeline_bytes = 4000 };
    need(wf_engine_open(&eo, &engine, &err), "open engine");
}

static void house_close(void)
{
    wf_engine_close(&engine);
    wf_store_close(&store);
}

static void wipe(void)
{
    char command[320];
    snprintf(command, sizeof command, "rm -rf '%s'", store_path);
    if (system(command) != 0)
        exit(2);
}

/* ---- what was told ---- */

static const char *level_text(wf_level level)
{
    static const char *const text[] = { "unknown", "ok", "amber", "red" };
    return text[level];
}

static void say_figure(const wf_figure *f)
{
    static const char *const status[] = { "ok", "z", "x", "u", "c", "low" };
    if (f->status == WF_FIGURE_X) {
        printf("x|||");
        return;
    }
    printf("%s|%lld|", status[f->status], (long long) f->numerator);
    if (f->has_denominator)
        printf("%lld", (long long) f->denominator);
    printf("|%lld", (long long) f->people);
}

static const char *id_text(uint64_t number, int32_t part, char buf[40])
{
    snprintf(buf, 40, number == 0 ? "-" : part == 0 ? "%llu" : "%llu.%d", (unsigned long long) number, (int) part);
    return buf;
}

static void say_outline(wf_level level, wf_day first, wf_day last)
{
    char a[WF_DAY_TEXT], b[WF_DAY_TEXT];
    if (level == WF_UNKNOWN)
        printf(" - - -");
    else
        printf(" %s %s %s", wf_day_text(first, a), last.n == WF_DAY_OPEN.n ? "-" : wf_day_text(last, b), level_text(level));
}

static void say_alert(void *ctx, const wf_alert *a, const void *bytes, size_t n)
{
    char day[WF_DAY_TEXT], since[WF_DAY_TEXT], id[40], other[40];
    (void) ctx, (void) bytes, (void) n;
    printf("alert %llu|%s|%.*s|%.*s|%s|%s|%s|%s|%d|%s|", (unsigned long long) a->number, id_text(a->alert, a->part, id), WF_STR_ARG(a->rule),
           WF_STR_ARG(a->unit), wf_alert_kind_name(a->kind), level_text(a->state), level_text(a->before), wf_day_text(a->day, day), a->closed,
           wf_day_text(a->since, since));
    say_figure(&a->figure);
    printf("|");
    for (int32_t i = 0; i < a->entry_count; i++) {
        const wf_alert_entry *e = &a->entry[i];
        printf("%s%s %s %s", i > 0 ? ";" : "", id_text(e->alert, e->part, id), wf_erratum_name(e->what), id_text(e->other, e->other_part, other));
        say_outline(e->level, e->first, e->last);
        say_outline(e->was_level, e->was_first, e->was_last);
    }
    printf("\n");
}

/* ---- feeding ---- */

static void begin(void)
{
    need(wf_engine_begin(engine, (wf_instant) { wf_day_end_london(wf_engine_today(engine)).ms - 1 }, &err), "begin");
}

static void commit(void)
{
    need(wf_engine_commit(engine, &err), "commit");
    wf_engine_take_alerts(engine, say_alert, NULL);
}

/* A group has one time of arrival, so it ends with the day; now and then it ends with a frame, and the daemon with it. */
static void perhaps_commit(bool must)
{
    if (!must && below(3) != 0)
        return;
    commit();
    if (below(6) == 0) {
        house_close();
        house_open(today);
    }
    begin();
}

static void frame_end(void)
{
    need(wf_engine_frame_end(engine, &err), "frame end");
    printf("frame\n");
    perhaps_commit(false);
}

static void tick(void)
{
    char day[WF_DAY_TEXT];
    printf("tick %s\n", wf_day_text(wf_engine_today(engine), day));
    need(wf_engine_tick(engine, &err), "tick");
    perhaps_commit(true);
}

/* false: it says it was recorded after today, so it is for a later day. */
static bool offer(int i)
{
    wf_verdict v;
    need(wf_engine_offer(engine, event[i].p, event[i].n, &v, &err), "offer");
    if (v.code == WF_REFUSED && v.reason == WF_RANGE && wf_engine_today(engine).n < today.n)
        return false;
    if (v.code == WF_REFUSED) {
        fprintf(stderr, "told: event %d refused: %s\n", i + 1, v.text);
        exit(1);
    }
    if (v.code == WF_ACCEPTED)
        printf("event %d\n", i + 1);
    return true;
}

/* Every frame ends before a day does. */
static void feed(int days)
{
    static int late[EVENTS_MAX];
    int lates = 0, frames_of = 1 + (int) below(4);
    for (int i = 0; i < events; i++) {
        if (!offer(i))
            late[lates++] = i;
        if (below((uint32_t) frames_of) != 0 && i + 1 < events)
            continue;
        frame_end();
        while (wf_engine_today(engine).n < today.n - days + days * (i + 1) / events && below(8) != 0)
            tick();
    }
    while (wf_engine_today(engine).n < today.n)
        tick();
    for (int i = 0; i < lates; i++) {
        (void) offer(late[i]);
        if (i + 1 == lates || below(3) == 0)
            frame_end();
    }
    frame_end();
    tick();                         /* so that what the last day found out about the past is told */
    commit();
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "profile", required_argument, NULL, 'p' }, { "today", required_argument, NULL, 't' }, { "days", required_argument, NULL, 'n' },
        { "seed", required_argument, NULL, 's' }, { "store", required_argument, NULL, 'd' }, { NULL, 0, NULL, 0 },
    };
    const char *path = NULL;
    char day[WF_DAY_TEXT];
    int c, days = 9;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
        switch (c) {
        case 'p': path = optarg; break;
        case 't': need(wf_day_parse(wf_str_of(optarg), &today, &err), "--today"); break;
        case 'n': days = atoi(optarg); break;
        case 's': random_state = strtoull(optarg, NULL, 10) * 1000003u + 1; break;
        case 'd': snprintf(store_path, sizeof store_path, "%s", optarg); break;
        default: return 2;
        }
    if (optind + 1 != argc || path == NULL || days < 1)
        return 2;
    if (store_path[0] == 0)
        snprintf(store_path, sizeof store_path, "/tmp/told.%d", (int) getpid());
    wf_profile *p = NULL;
    need(wf_profile_read(&path, 1, &p, &err), path);
    profile = p;
    load(argv[optind]);
    wipe();
    wf_day first = { today.n - days };
    printf("open %s\n", wf_day_text(first, day));
    house_open(first);
    begin();
    feed(days);
    static char who[] = "told";
    bool good = replayed(engine, store, store_path, random_state, who);
    house_close();
    wipe();
    unload();
    wf_profile_free(&p);
    return !good;
}
