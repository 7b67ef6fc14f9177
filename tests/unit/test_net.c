/* net -- what may be opened, when the calendar moves, and the lines that are logged. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/calendar.h"
#include "engine/profile.h"
#include "net/access.h"
#include "net/days.h"
#include "net/log.h"

/* ---- access ---- */

static const struct { wf_endpoint which; const char *at; bool allowed; const char *why; } endpoints[] = {
    { WF_EP_INTAKE, "ipc:///run/workforced/intake", true, "" },
    { WF_EP_INTAKE, "tcp://127.0.0.1:7101", true, "" },
    { WF_EP_INTAKE, "tcp://127.255.0.9:65535", true, "" },
    { WF_EP_INTAKE, "tcp://[::1]:7101", true, "" },
    { WF_EP_INTAKE, "tcp://127.0.0.1:*", true, "" },
    { WF_EP_ADMIN,  "ipc://relative/path", true, "" },
    { WF_EP_ADMIN,  "tcp://127.0.0.1:7101", false, "ipc:// only" },
    { WF_EP_QUERY,  "tcp://0.0.0.0:7101", false, "loopback" },
    { WF_EP_QUERY,  "tcp://*:7101", false, "loopback" },
    { WF_EP_QUERY,  "tcp://localhost:7101", false, "loopback" },
    { WF_EP_QUERY,  "tcp://127.0.0.1.example.org:7101", false, "no port" },
    { WF_EP_QUERY,  "tcp://127.0.0.256:7101", false, "loopback" },
    { WF_EP_QUERY,  "tcp://127.0.0:7101", false, "loopback" },
    { WF_EP_QUERY,  "tcp://1270.0.0.1:7101", false, "loopback" },
    { WF_EP_QUERY,  "tcp://127.0.0.1:0", false, "no port" },
    { WF_EP_QUERY,  "tcp://127.0.0.1:65536", false, "no port" },
    { WF_EP_QUERY,  "tcp://127.0.0.1:71x", false, "no port" },
    { WF_EP_QUERY,  "tcp://127.0.0.1", false, "no port" },
    { WF_EP_QUERY,  "tcp://[::2]:7101", false, "loopback" },
    { WF_EP_QUERY,  "tcp://192.0.2.1;127.0.0.1:7101", false, "loopback" },
    { WF_EP_QUERY,  "ipc://@hidden", false, "no file" },
    { WF_EP_QUERY,  "ipc://", false, "path" },
    { WF_EP_QUERY,  "ipc://*", false, "path" },
    { WF_EP_STREAM, "pgm://127.0.0.1:7101", false, "neither" },
    { WF_EP_STREAM, "inproc://stream", false, "neither" },
    { WF_EP_STREAM, "udp://127.0.0.1:1", false, "neither" },
};

Test(access, only_loopback_and_files_are_opened)
{
    char longest[200] = "ipc:///";
    memset(longest + 7, 'x', 107);
    wf_err e;
    cr_expect(eq(int, wf_access_check(WF_EP_QUERY, longest, &e), WF_CONFIG));
    longest[6 + 107] = '\0';
    cr_expect(eq(int, wf_access_check(WF_EP_QUERY, longest, &e), WF_OK), "%s", e.text);
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        wf_rc rc = wf_access_check(endpoints[i].which, endpoints[i].at, &e);
        cr_expect(eq(int, rc, endpoints[i].allowed ? WF_OK : WF_CONFIG), "%s", endpoints[i].at);
        if (rc != WF_OK)
            cr_expect(ne(ptr, strstr(e.text, endpoints[i].why), NULL), "%s: %s", endpoints[i].at, e.text);
    }
}

/* ---- the log ---- */

Test(log, every_line_has_a_name_and_an_id_of_its_own)
{
    char a[WF_MESSAGE_ID_TEXT], b[WF_MESSAGE_ID_TEXT];
    for (int i = 0; i < WF_LINE_COUNT; i++) {
        wf_log_message_id((wf_line_id) i, a);
        cr_expect(eq(sz, strspn(a, "0123456789abcdef"), 32));
        for (int j = 0; j < i; j++)
            cr_expect(ne(str, a, (char *) wf_log_message_id((wf_line_id) j, b)), "%s, %s", wf_log_name((wf_line_id) i), wf_log_name((wf_line_id) j));
    }
    cr_expect(eq(str, (char *) wf_log_message_id(WF_LINE_STARTED, a), (char *) "d098997e0cf4a68cd802f318813f1210"), "it never changes");
}

/* ---- days ---- */

static const char profile_text[] = "indicator \"in_post\" { title = \"In post\" numerator = \"in_post.heads at end\" unit = \"count\" }\n";

static char dir[64];
static wf_store *store;
static wf_engine *engine;
static wf_profile *profile;

static void open_house(bool manual, wf_day today)
{
    wf_err e;
    (void) snprintf(dir, sizeof dir, "/tmp/wf-days-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(dir), NULL));
    cr_assert(eq(int, wf_profile_parse("test", wf_str_of(profile_text), &profile, &e), WF_OK), "%s", e.text);
    const wf_store_options s = { .path = dir, .map_bytes = 64u << 20, .manual_clock = manual, .measures_version = WF_MEASURES_VERSION };
    cr_assert(eq(int, wf_store_open(&s, &store, &e), WF_OK), "%s", e.text);
    const wf_engine_options o = { .store = store, .profile = profile, .today = today };
    cr_assert(eq(int, wf_engine_open(&o, &engine, &e), WF_OK), "%s", e.text);
}

static void close_house(void)
{
    char command[128];
    wf_engine_close(&engine);
    wf_store_close(&store);
    wf_profile_free(&profile);
    (void) snprintf(command, sizeof command, "rm -rf '%s'", dir);
    cr_expect(eq(int, system(command), 0));
}

/* An hour after midnight in London. */
static wf_instant in_day(wf_day d) { return (wf_instant) { wf_day_end_london((wf_day) { d.n - 1 }).ms + 3600000 }; }
static void end_all(wf_days *d, wf_instant now)
{
    wf_err e;
    while (wf_days_behind(d))
        cr_assert(eq(int, wf_days_step(d, now, 1000, &e), WF_OK), "%s", e.text);
}

Test(days, missed_days_are_ended_in_order_up_to_a_month)
{
    wf_day first = wf_day_of(2024, 3, 1);
    wf_days d;
    open_house(false, first);
    wf_days_open(&d, engine, false);
    wf_days_look(&d, in_day(first));
    cr_expect(not(wf_days_behind(&d)));
    wf_days_look(&d, in_day((wf_day) { first.n + WF_DAYS_JUMP }));
    end_all(&d, in_day((wf_day) { first.n + WF_DAYS_JUMP }));
    cr_expect(eq(int, wf_engine_today(engine).n, first.n + WF_DAYS_JUMP));
    cr_expect(eq(u64, d.ticks, WF_DAYS_JUMP));
    cr_expect(eq(u64, wf_store_last(store), 1 + WF_DAYS_JUMP), "the profile and the ticks");
    close_house();
}

Test(days, a_jump_waits_for_an_operator)
{
    wf_day first = wf_day_of(2024, 3, 1), far = { first.n + WF_DAYS_JUMP + 1 };
    wf_days d;
    wf_err e;
    open_house(false, first);
    wf_days_open(&d, engine, false);
    cr_expect(eq(int, wf_days_accept(&d, &e), WF_ABSENT));
    wf_days_look(&d, in_day(far));
    cr_expect(not(wf_days_behind(&d)), "nothing is ended");
    cr_expect(eq(int, d.jump.n, far.n));
    cr_expect(eq(i64, wf_days_arrival(&d, in_day(far)).ms, in_day(far).ms), "intake goes on");
    wf_days_look(&d, in_day(first));
    cr_expect(eq(int, d.jump.n, WF_DAY_OPEN.n), "the host's clock was mended");
    wf_days_look(&d, in_day(far));
    cr_expect(eq(int, wf_days_accept(&d, &e), WF_OK));
    end_all(&d, in_day(far));
    cr_expect(eq(int, wf_engine_today(engine).n, far.n));
    wf_days_look(&d, in_day(far));
    cr_expect(eq(int, d.jump.n, WF_DAY_OPEN.n));
    close_house();
}

Test(days, a_clock_that_is_put_back_takes_nothing_back)
{
    wf_day first = wf_day_of(2024, 3, 1);
    wf_days d;
    open_house(false, first);
    wf_days_open(&d, engine, false);
    wf_days_look(&d, in_day((wf_day) { first.n - 40 }));
    cr_expect(not(wf_days_behind(&d)));
    cr_expect(eq(int, d.back.n, first.n - 40));
    cr_expect(eq(int, wf_engine_today(engine).n, first.n));
    cr_expect(eq(i64, wf_days_arrival(&d, in_day((wf_day) { first.n - 40 })).ms, wf_day_end_london((wf_day) { first.n - 1 }).ms),
              "what sources say today is not of the future");
    cr_expect(eq(i64, wf_days_arrival(&d, in_day(first)).ms, in_day(first).ms));
    wf_days_look(&d, in_day((wf_day) { first.n + 1 }));
    end_all(&d, in_day((wf_day) { first.n + 1 }));
    cr_expect(eq(int, d.back.n, WF_DAY_OPEN.n));
    cr_expect(eq(int, wf_engine_today(engine).n, first.n + 1));
    close_house();
}

Test(days, the_loop_waits_no_longer_than_midnight_in_london)
{
    wf_day summer = wf_day_of(2024, 7, 15);
    wf_days d;
    open_house(false, summer);
    wf_days_open(&d, engine, false);
    wf_instant midnight = wf_day_end_london(summer);
    cr_expect(eq(i64, midnight.ms, INT64_C(1721084400000)), "23:00 UTC");
    cr_expect(eq(u64, wf_days_wait_ms(&d, (wf_instant) { midnight.ms - 250 }, 1000), 250));
    cr_expect(eq(u64, wf_days_wait_ms(&d, (wf_instant) { midnight.ms - 5000 }, 1000), 1000));
    cr_expect(eq(u64, wf_days_wait_ms(&d, midnight, 1000), 1000));
    close_house();
}

Test(days, a_manual_clock_moves_when_it_is_asked)
{
    wf_day first = wf_day_of(2024, 3, 1), later = wf_day_of(2034, 2, 27);      /* 3,650 days */
    wf_days d;
    wf_err e;
    open_house(true, first);
    wf_days_open(&d, engine, true);
    wf_days_look(&d, in_day((wf_day) { first.n + 5 }));
    cr_expect(not(wf_days_behind(&d)), "the host's clock is not looked at");
    cr_expect(eq(i64, wf_days_arrival(&d, (wf_instant) { 0 }).ms, wf_day_end_london(first).ms));
    cr_expect(eq(int, wf_days_advance(&d, (wf_day) { first.n - 1 }, &e), WF_RANGE));
    cr_expect(eq(int, wf_days_advance(&d, (wf_day) { WF_DAYS_LAST.n + 1 }, &e), WF_RANGE));
    cr_expect(eq(int, wf_days_advance(&d, later, &e), WF_OK));
    end_all(&d, in_day(first));
    cr_expect(eq(int, wf_engine_today(engine).n, later.n));
    cr_expect(eq(u64, d.ticks, 3650));
    wf_days_open(&d, engine, false);
    cr_expect(eq(int, wf_days_advance(&d, later, &e), WF_CONFIG), "days of the host's clock end at midnight");
    close_house();
}
