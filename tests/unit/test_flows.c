/* Leavers and moves (L1, F7) over random histories: teams' leavers add up to the council's, what crossed a border is what
 * outflow and inflow say, and before, what came and what went make after. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/calendar.h"
#include "engine/engine.h"
#include "engine/profile.h"

static const char text[] =
    "tree \"x\" { unit s1 { } unit s2 { } unit a { under = {s1} } unit b { under = {\"s1\", \"s2 from 2022-06-01\"} } unit c { under = {s2} } }\n"
    "source hr { complete_from = 2015-01-01 }\n"
    "indicator heads   { title = H numerator = \"in_post.heads at end\" }\n"
    "indicator fte     { title = F numerator = \"in_post.fte at end\" unit = fte }\n"
    "indicator left    { title = L numerator = \"leavers.heads over 12 months\" }\n"
    "indicator leftfte { title = L numerator = \"leavers.fte over 12 months\" unit = fte }\n"
    "indicator out     { title = O numerator = \"outflow.heads over 12 months\" }\n"
    "indicator in      { title = I numerator = \"inflow.heads over 12 months\" }\n"
    "indicator infte   { title = I numerator = \"inflow.fte over 12 months\" unit = fte }\n";
static const char *const units[] = { "x", "x/s1", "x/s2", "x/s1/a", "x/s2/b", "x/s2/c" };

static wf_store *store;
static wf_engine *engine;
static wf_profile *profile;
static char dir[64];
static wf_err err;
static uint32_t seed;

static uint32_t any(uint32_t n) { return (seed = seed * 1664525 + 1013904223) / 65536 % n; }

static void offer(const char *type, int id, int person, int engagement, const char *fields)
{
    char line[600], day[WF_DAY_TEXT];
    uint8_t buf[WF_EVENT_BYTES_MAX];
    wf_event ev;
    wf_hold *hold = NULL;
    wf_verdict v;
    wf_day d = { wf_day_of(2020, 1, 1).n + (int32_t) any(1700) };
    snprintf(line, sizeof line, "{\"specversion\":\"1.0\",\"source\":\"hr\",\"org\":\"x\",\"time\":\"2020-01-01T09:%02d:%02dZ\",\"id\":\"e%d\",\"type\":\"%s\","
             "\"subject\":\"p%d\",\"effective\":\"%s\",\"data\":{\"engagement\":\"%d-%d\"%s}}", id / 60 % 60, id % 60, id, type, person,
             wf_day_text(d, day), person, engagement, fields);
    cr_assert(eq(int, wf_event_from_json(line, strlen(line), &ev, &hold, &err), WF_OK), "%s: %s", line, err.text);
    size_t n = wf_event_encode(&ev, buf, sizeof buf);
    wf_hold_free(&hold);
    cr_assert(eq(int, wf_engine_offer(engine, buf, n, &v, &err), WF_OK), "%s", err.text);
    cr_assert(eq(int, v.code, WF_ACCEPTED), "%s", v.text);
}

static void history(int events)
{
    static const char *const team[] = { "a", "b", "c" };
    static const char *const why[] = { "", "", ",\"why\":\"reorganisation\"", ",\"why\":\"temporary\"" };
    static const char *const kind[] = { "", "", ",\"kind\":\"transfer\"", ",\"kind\":\"career_break\"" };
    static const char *const origin[] = { "", "", ",\"origin\":\"transfer\"" };
    char fields[200];
    for (int i = 0; i < events; i++) {
        int person = (int) any(12), engagement = (int) any(3);
        uint32_t what = any(5);
        if (what < 2) snprintf(fields, sizeof fields, ",\"team\":\"%s\",\"role\":\"5\",\"fte\":\"0.%u\"%s", team[any(3)], 1 + any(9), origin[any(3)]);
        else if (what == 2) snprintf(fields, sizeof fields, "%s", kind[any(4)]);
        else if (what == 3) snprintf(fields, sizeof fields, ",\"team\":\"%s\"%s", team[any(3)], why[any(4)]);
        else snprintf(fields, sizeof fields, ",\"fte\":\"0.%u\"", 1 + any(9));
        offer(what < 2 ? "starter" : what == 2 ? "leaver" : "change", i, person, engagement, fields);
    }
}

static void take(void *ctx, const wf_figure *f, wf_level level)
{
    (void) level;
    *(int64_t *) ctx = f->numerator;
}

static int64_t figure(const char *indicator, const char *unit, wf_day day)
{
    int64_t n = 0;
    cr_assert(eq(int, wf_engine_history(engine, wf_str_of(indicator), wf_str_of(unit), &day, day, 0, 1, take, &n, &err), WF_OK), "%s", err.text);
    return n;
}

static void one_day(wf_day day)
{
    int64_t left = 0, leftfte = 0;
    for (int k = 3; k < 6; k++) {
        left += figure("left", units[k], day);
        leftfte += figure("leftfte", units[k], day);
    }
    cr_assert(eq(i64, left, figure("left", "x", day)), "seed %u: the teams' leavers add up to the council's", seed);
    cr_assert(eq(i64, leftfte, figure("leftfte", "x", day)), "seed %u", seed);
    for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
        wf_engine_moves m = { .from = { wf_day_months_back(day, 12).n + 1 }, .until = day };
        while (m.cursor != UINT64_MAX)
            cr_assert(eq(int, wf_engine_moved(engine, wf_str_of(units[k]), &m, &err), WF_OK), "%s", err.text);
        int64_t heads = m.heads_before, fte = m.fte_before;
        for (int c = 0; c < WF_CAUSE_COUNT; c++) {
            heads += m.by[c].heads_in - m.by[c].heads_out;
            fte += m.by[c].fte_in - m.by[c].fte_out;
        }
        const wf_engine_crossing *s = &m.by[WF_BY_STARTER], *l = &m.by[WF_BY_LEAVER], *v = &m.by[WF_BY_MOVE];
        cr_assert(eq(i64, heads, figure("heads", units[k], day)), "seed %u, %s: it adds up", seed, units[k]);
        cr_assert(eq(i64, fte, figure("fte", units[k], day)), "seed %u, %s", seed, units[k]);
        cr_assert(eq(i64, l->heads_out, figure("left", units[k], day)), "seed %u, %s: leavers", seed, units[k]);
        cr_assert(eq(i64, l->heads_out + v->heads_out, figure("out", units[k], day)), "seed %u, %s: outflow", seed, units[k]);
        cr_assert(eq(i64, s->heads_in + v->heads_in, figure("in", units[k], day)), "seed %u, %s: inflow", seed, units[k]);
        cr_assert(eq(i64, s->fte_in + v->fte_in, figure("infte", units[k], day)), "seed %u, %s: inflow", seed, units[k]);
    }
}

Test(flows, leavers_add_up_and_what_crossed_a_border_is_what_was_counted)
{
    (void) snprintf(dir, sizeof dir, "/tmp/wf-flows-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(dir), NULL));
    cr_assert(eq(int, wf_profile_parse("test", wf_str_of(text), &profile, &err), WF_OK), "%s", err.text);
    for (uint32_t k = 1; k <= 12; k++) {
        char path[96], command[160];
        snprintf(path, sizeof path, "%s/%u", dir, k);
        const wf_store_options s = { .path = path, .map_bytes = 64u << 20, .manual_clock = true, .measures_version = WF_MEASURES_VERSION };
        cr_assert(eq(int, wf_store_open(&s, &store, &err), WF_OK), "%s", err.text);
        const wf_engine_options o = { .store = store, .profile = profile, .today = wf_day_of(2024, 9, 30) };
        cr_assert(eq(int, wf_engine_open(&o, &engine, &err), WF_OK), "%s", err.text);
        seed = k;
        cr_assert(eq(int, wf_engine_begin(engine, wf_day_end_london(wf_day_of(2024, 9, 30)), &err), WF_OK));
        history(60);
        cr_assert(eq(int, wf_engine_frame_end(engine, &err), WF_OK), "%s", err.text);
        cr_assert(eq(int, wf_engine_commit(engine, &err), WF_OK), "%s", err.text);
        for (int32_t d = wf_day_of(2022, 6, 1).n; d < wf_day_of(2024, 9, 1).n; d += 23)
            one_day((wf_day) { d });
        wf_engine_close(&engine);
        wf_store_close(&store);
        snprintf(command, sizeof command, "rm -rf '%s'", path);
        cr_expect(eq(int, system(command), 0));
    }
    wf_profile_free(&profile);
    (void) remove(dir);
}
