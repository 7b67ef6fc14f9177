/* The engine over a real store: verdicts, identity, frames, restarts, another profile (F2, F3, A3, J1). */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/calendar.h"
#include "engine/engine.h"
#include "engine/profile.h"

static const char plain[] =
    "indicator heads { title = H numerator = \"in_post.heads at end\" }\n"
    "indicator leavers { title = L numerator = \"leavers.heads over 12 months\" }\n"
    "indicator overdue { title = O numerator = \"training_overdue.count at end\" }\n"
    "rule few { indicator = heads direction = below amber = 1 least_people = 0 }\n";
static const char supervised[] =
    "measures { supervision_every = 28 }\n"
    "indicator heads { title = H numerator = \"in_post.heads at end\" }\n"
    "indicator late { title = S numerator = \"supervision_overdue.heads at end\" }\n";

struct house { char path[64]; wf_store *store; wf_engine *engine; wf_profile *profile; wf_err e; };

static void enter(struct house *h, const char *profile, const char *today)
{
    wf_day day;
    wf_store_options so = { .path = h->path, .map_bytes = 1u << 28, .manual_clock = true };
    cr_assert(eq(int, wf_day_parse(wf_str_of(today), &day, &h->e), WF_OK));
    cr_assert(eq(int, wf_profile_parse("test", wf_str_of(profile), &h->profile, &h->e), WF_OK), "%s", h->e.text);
    cr_assert(eq(int, wf_store_open(&so, &h->store, &h->e), WF_OK), "%s", h->e.text);
    wf_engine_options eo = { .store = h->store, .profile = h->profile, .today = day };
    cr_assert(eq(int, wf_engine_open(&eo, &h->engine, &h->e), WF_OK), "%s", h->e.text);
}

static void leave(struct house *h)
{
    wf_engine_close(&h->engine);
    wf_store_close(&h->store);
    wf_profile_free(&h->profile);
}

static void house_new(struct house *h)
{
    memset(h, 0, sizeof *h);
    snprintf(h->path, sizeof h->path, "/tmp/engine-XXXXXX");
    cr_assert(mkdtemp(h->path) != NULL);
}

static void house_end(struct house *h)
{
    char command[96];
    leave(h);
    snprintf(command, sizeof command, "rm -rf '%s'", h->path);
    cr_assert(eq(int, system(command), 0));
}

#define HOUSE(h, profile, today) WF_AUTO(house_end) struct house h; house_new(&h); enter(&h, profile, today)

static void begin(struct house *h)
{
    cr_assert(eq(int, wf_engine_begin(h->engine, (wf_instant) { wf_day_end_london(wf_engine_today(h->engine)).ms - 1 }, &h->e), WF_OK));
}

static wf_verdict offer_bytes(struct house *h, const void *bytes, size_t n)
{
    wf_verdict v;
    cr_assert(eq(int, wf_engine_offer(h->engine, bytes, n, &v, &h->e), WF_OK), "%s", h->e.text);
    return v;
}

static wf_verdict offer(struct house *h, const char *json)
{
    wf_event ev;
    wf_hold *hold = NULL;
    uint8_t buf[WF_EVENT_BYTES_MAX];
    char line[1024];
    snprintf(line, sizeof line, "{\"specversion\":\"1.0\",\"source\":\"hr\",\"org\":\"bexley\",\"time\":\"2023-01-01T09:00:00Z\",%s}", json);
    cr_assert(eq(int, wf_event_from_json(line, strlen(line), &ev, &hold, &h->e), WF_OK), "%s", h->e.text);
    size_t n = wf_event_encode(&ev, buf, sizeof buf);
    wf_hold_free(&hold);
    return offer_bytes(h, buf, n);
}

static void commit(struct house *h)
{
    cr_assert(eq(int, wf_engine_frame_end(h->engine, &h->e), WF_OK), "%s", h->e.text);
    cr_assert(eq(int, wf_engine_commit(h->engine, &h->e), WF_OK), "%s", h->e.text);
}

#define STARTER(id, who, day) "\"id\":\"" id "\",\"type\":\"starter\",\"subject\":\"" who "\",\"effective\":\"" day "\",\"data\":{\"engagement\":\"e" who "\",\"role\":\"5\",\"fte\":\"0.8\"}"
#define LEAVER(id, who, day) "\"id\":\"" id "\",\"type\":\"leaver\",\"subject\":\"" who "\",\"effective\":\"" day "\",\"data\":{\"engagement\":\"e" who "\"}"
#define COMPLETE "\"id\":\"c1\",\"type\":\"complete\",\"subject\":\"hr\",\"effective\":\"2020-01-01\",\"data\":{\"types\":[\"starter\",\"change\",\"leaver\",\"training_due\",\"training_completed\"]}"

Test(engine, the_same_identity_is_a_duplicate_or_refused_by_content)
{
    HOUSE(h, plain, "2023-06-01");
    begin(&h);
    wf_verdict first = offer(&h, STARTER("x1", "p1", "2022-04-01"));
    cr_assert(eq(int, first.code, WF_ACCEPTED));
    wf_verdict again = offer(&h, STARTER("x1", "p1", "2022-04-01"));
    cr_assert(eq(int, again.code, WF_DUPLICATE));
    cr_assert(eq(u64, again.sequence, first.sequence));
    wf_verdict other = offer(&h, STARTER("x1", "p1", "2022-04-02"));
    cr_assert(eq(int, other.code, WF_REFUSED));
    cr_assert(eq(int, other.reason, WF_REUSED));
    cr_assert(eq(int, offer(&h, STARTER("x1", "p2", "2022-04-02")).code, WF_ACCEPTED), "another subject, another identity");
    commit(&h);
    begin(&h);
    cr_assert(eq(int, offer(&h, STARTER("x1", "p1", "2022-04-01")).code, WF_DUPLICATE), "for all time");
    commit(&h);
}

Test(engine, an_allocation_id_is_not_the_workers_own)
{
    HOUSE(h, plain, "2023-06-01");
    begin(&h);
    offer(&h, STARTER("s1", "p1", "2022-04-01"));
    const char *allocated = "\"id\":\"n7\",\"type\":\"case_allocated\",\"subject\":\"c1\",\"effective\":\"2022-05-01\",\"data\":{\"allocation\":\"a1\",\"worker\":\"p1\"}";
    cr_assert(eq(int, offer(&h, allocated).code, WF_ACCEPTED));
    cr_assert(eq(int, offer(&h, allocated).code, WF_DUPLICATE));
    cr_assert(eq(int, offer(&h, "\"id\":\"n7\",\"type\":\"caseload\",\"subject\":\"p1\",\"effective\":\"2022-05-01\",\"data\":{\"cases\":3}").code, WF_ACCEPTED));
    commit(&h);
}

static void take_refusal(struct house *h, uint64_t sequence, wf_engine_refusal *ret, wf_reader *r)
{
    wf_record rec;
    wf_reader_renew(r);
    cr_assert(eq(int, wf_reader_record(r, sequence, &rec, &h->e), WF_OK), "%s", h->e.text);
    cr_assert(eq(int, wf_engine_refusal_read(h->engine, &rec, ret, &h->e), WF_OK), "%s", h->e.text);
}

Test(engine, a_refusal_is_a_journal_entry_that_says_why)
{
    HOUSE(h, plain, "2023-06-01");
    WF_AUTO(wf_reader_free) wf_reader *r = NULL;
    wf_engine_refusal f;
    begin(&h);
    wf_verdict junk = offer_bytes(&h, "\xdd\xff\xff\xff\xff", 5), late = offer(&h, STARTER("s9", "p9", "2029-01-01"));
    cr_assert(eq(int, offer(&h, STARTER("s1", "p1", "2022-04-01")).code, WF_ACCEPTED), "nothing else suffers");
    commit(&h);
    cr_assert(eq(int, wf_reader_new(h.store, &r, &h.e), WF_OK));
    cr_assert(eq(int, junk.reason, WF_MALFORMED));
    take_refusal(&h, junk.sequence, &f, r);
    cr_assert(eq(sz, f.head.n, 5));
    cr_assert(eq(int, late.reason, WF_RANGE), "T7: today + 5 years");
    take_refusal(&h, late.sequence, &f, r);
    cr_assert(eq(int, wf_str_eq(f.id, WF_STR("s9")), true));
    cr_assert(eq(int, wf_str_eq(f.source, WF_STR("hr")), true));
    cr_assert(eq(int, wf_str_eq(f.type, WF_STR("starter")), true));
}

static void count(void *ctx, const wf_engine_finding *f)
{
    (void) f;
    ++*(int *) ctx;
}

static int findings(struct house *h)
{
    int n = 0;
    for (uint64_t cursor = 0; cursor != UINT64_MAX;)
        cr_assert(eq(int, wf_engine_findings(h->engine, &cursor, 1, count, &n, &h->e), WF_OK));
    return n;
}

Test(engine, a_leaver_waits_for_its_starter_over_a_restart)
{
    HOUSE(h, plain, "2023-06-01");
    begin(&h);
    offer(&h, LEAVER("l1", "p1", "2023-01-31"));
    commit(&h);
    cr_assert(eq(int, findings(&h), 1));
    leave(&h);
    enter(&h, plain, "2023-06-01");
    cr_assert(eq(int, findings(&h), 1));
    begin(&h);
    offer(&h, STARTER("s1", "p1", "2022-04-01"));
    commit(&h);
    cr_assert(eq(int, findings(&h), 0));
    char *dump = wf_engine_dump(h.engine);
    cr_assert(ne(ptr, strstr(dump, "leavers|unit=bexley,role=5|2023-01-31|1|800000\n"), NULL), "%s", dump);
    free(dump);
}

static char *dump_of(const char *profile, const char *then)
{
    struct house h;
    house_new(&h);
    enter(&h, profile, "2023-06-01");
    begin(&h);
    offer(&h, STARTER("s1", "p1", "2022-04-01"));
    offer(&h, "\"id\":\"v1\",\"type\":\"supervision_held\",\"subject\":\"p1\",\"effective\":\"2022-06-15\"");
    offer(&h, LEAVER("l1", "p1", "2023-01-31"));
    commit(&h);
    if (then != NULL) {
        leave(&h);
        enter(&h, then, "2023-06-01");
    }
    char *dump = wf_engine_dump(h.engine);
    house_end(&h);
    return dump;
}

Test(engine, another_setting_derives_the_ledger_anew)
{
    char *at_once = dump_of(supervised, NULL), *later = dump_of(plain, supervised), *never = dump_of(plain, NULL);
    cr_assert(eq(str, at_once, later));
    cr_assert(ne(str, at_once, never), "28 days make obligations");
    free(at_once);
    free(later);
    free(never);
}

static void last_alert(void *ctx, const wf_alert *a, const void *bytes, size_t n)
{
    (void) bytes, (void) n;
    *(wf_alert *) ctx = *a;
}

static wf_alert told(struct house *h)
{
    wf_alert a = { 0 };
    wf_engine_take_alerts(h->engine, last_alert, &a);
    return a;
}

Test(engine, a_state_is_told_once_after_the_frame_and_not_again_after_a_restart)
{
    HOUSE(h, plain, "2023-06-01");
    begin(&h);
    offer(&h, COMPLETE);
    offer(&h, STARTER("s1", "p1", "2022-04-01"));
    commit(&h);
    wf_alert first = told(&h);
    cr_assert(eq(u64, first.number, 1), "1 head is at the edge on the first day that is known");
    cr_assert(eq(int, first.state, WF_AMBER));
    leave(&h);
    enter(&h, plain, "2023-06-01");
    cr_assert(eq(u64, told(&h).number, 0), "restarts cause nothing (A3)");
    begin(&h);
    offer(&h, STARTER("s2", "p2", "2022-04-01"));
    cr_assert(eq(u64, told(&h).number, 0), "not before the commit");
    commit(&h);
    wf_alert ended = told(&h);
    cr_assert(eq(u64, ended.number, 2));
    cr_assert(eq(int, ended.state, WF_OKAY));
    cr_assert(eq(u64, ended.alert, first.alert));
    begin(&h);
    offer(&h, LEAVER("l2", "p2", "2023-06-01"));
    commit(&h);
    cr_assert(eq(u64, told(&h).number, 3), "numbers have no holes");
}

Test(engine, the_facts_of_one_person_are_bounded)
{
    HOUSE(h, plain, "2023-06-01");
    char json[300];
    begin(&h);
    for (int i = 0; i < 500; i++) {
        snprintf(json, sizeof json, "\"id\":\"x%d\",\"type\":\"starter\",\"subject\":\"p1\",\"effective\":\"2022-04-01\",\"data\":{\"engagement\":\"e%d\"}", i, i);
        cr_assert(eq(int, offer(&h, json).code, WF_ACCEPTED));
    }
    wf_verdict v = offer(&h, STARTER("y", "p1", "2022-04-01"));
    cr_assert(eq(int, v.code, WF_REFUSED));
    cr_assert(eq(int, v.reason, WF_RANGE));
    cr_assert(eq(int, offer(&h, "\"id\":\"x7\",\"type\":\"starter\",\"subject\":\"p1\",\"effective\":\"2022-04-01\",\"data\":{\"engagement\":\"e7\"}").code, WF_DUPLICATE));
    cr_assert(eq(int, offer(&h, STARTER("y", "p2", "2022-04-01")).code, WF_ACCEPTED), "nobody else suffers");
    commit(&h);
}

/* The host's clock shows three months later, which nobody has accepted (T5): the rule is live from the open day on. */
static uint64_t alerts_after_a_jump(bool restart)
{
    HOUSE(h, plain, "2024-03-01");
    wf_engine_totals t;
    cr_assert(eq(int, wf_engine_begin(h.engine, wf_day_end_london((wf_day) { wf_day_of(2024, 6, 9).n }), &h.e), WF_OK));
    offer(&h, STARTER("s1", "p1", "2022-04-01"));
    offer(&h, COMPLETE);
    commit(&h);
    if (restart) {
        leave(&h);
        enter(&h, plain, "2024-03-01");
    }
    begin(&h);
    offer(&h, LEAVER("l1", "p1", "2024-03-01"));
    commit(&h);
    wf_engine_status(h.engine, &t);
    return t.alerts;
}

Test(engine, the_first_complete_counts_from_the_open_day_over_a_restart_too)
{
    uint64_t live = alerts_after_a_jump(false);
    cr_assert(gt(u64, live, 0));
    cr_assert(eq(u64, alerts_after_a_jump(true), live));
}

/* F6: a subject's corrections are bounded, and so is what one more of them can cost. */
Test(engine, the_corrections_of_one_person_are_bounded)
{
    HOUSE(h, plain, "2023-06-01");
    char json[300];
    begin(&h);
    offer(&h, STARTER("s1", "p1", "2022-04-01"));
    for (int i = 0; i < 2000; i++) {
        snprintf(json, sizeof json, "\"id\":\"v%d\",\"type\":\"starter\",\"subject\":\"p1\",\"effective\":\"2022-04-01\",\"voids\":\"%c%d\"", i, i > 0 ? 'v' : 's', i > 0 ? i - 1 : 1);
        cr_assert(eq(int, offer(&h, json).code, WF_ACCEPTED));
    }
    commit(&h);
    char *dump = wf_engine_dump(h.engine);
    cr_expect(ne(ptr, strstr(dump, "in_post|"), NULL), "an even number of voids: it stands\n%s", dump);
    free(dump);
    begin(&h);
    wf_verdict v = offer(&h, "\"id\":\"w\",\"type\":\"starter\",\"subject\":\"p1\",\"effective\":\"2022-04-01\",\"voids\":\"v0\"");
    cr_assert(eq(int, v.code, WF_REFUSED));
    cr_assert(eq(int, v.reason, WF_RANGE));
    cr_assert(eq(int, offer(&h, LEAVER("l1", "p1", "2023-01-31")).code, WF_ACCEPTED), "what corrects nothing is taken");
    commit(&h);
}

/* A5: on which day a type was first said complete is a matter of arrival, whatever becomes of the words. */
Test(engine, what_was_said_complete_first_stays_said)
{
    HOUSE(h, plain, "2023-06-01");
    begin(&h);
    offer(&h, "\"id\":\"c0\",\"type\":\"complete\",\"subject\":\"hr\",\"effective\":\"2020-01-01\",\"voids\":\"c1\"");
    offer(&h, COMPLETE);
    offer(&h, "\"id\":\"c2\",\"type\":\"complete\",\"subject\":\"hr\",\"effective\":\"2021-01-01\",\"corrects\":\"c1\","
              "\"data\":{\"types\":[\"starter\",\"change\",\"leaver\"]}");
    offer(&h, STARTER("s1", "p1", "2022-04-01"));
    commit(&h);
    cr_assert(eq(int, told(&h).state, WF_AMBER), "the correction stands, said last");
    leave(&h);
    enter(&h, plain, "2023-06-01");
    cr_assert(eq(u64, told(&h).number, 0), "restarts cause nothing (A3)");
    begin(&h);
    offer(&h, STARTER("s2", "p2", "2022-04-01"));
    commit(&h);
    cr_assert(eq(int, told(&h).state, WF_OKAY));
}

Test(engine, ticks_go_on_where_they_ended)
{
    HOUSE(h, plain, "2024-02-28");
    leave(&h);
    enter(&h, plain, "1999-01-01");
    cr_assert(eq(i32, wf_engine_today(h.engine).n, wf_day_of(2024, 2, 28).n), "the first day of a store is its own");
    begin(&h);
    cr_assert(eq(int, wf_engine_tick(h.engine, &h.e), WF_OK));
    cr_assert(eq(int, wf_engine_tick(h.engine, &h.e), WF_OK));
    cr_assert(eq(int, wf_engine_commit(h.engine, &h.e), WF_OK));
    leave(&h);
    enter(&h, plain, "2024-02-28");
    cr_assert(eq(i32, wf_engine_today(h.engine).n, wf_day_of(2024, 3, 1).n));
}

/* An end before all of them takes the moves out of effect: fewer places than before. */
Test(engine, a_timeline_that_grows_smaller_is_counted_so)
{
    wf_engine_totals before, after;
    HOUSE(h, plain, "2023-06-01");
    begin(&h);
    offer(&h, STARTER("x1", "p1", "2022-04-01"));
    for (int i = 0; i < 40; i++) {
        char json[320];
        snprintf(json, sizeof json, "\"id\":\"m%d\",\"type\":\"change\",\"subject\":\"p1\",\"effective\":\"2022-%02d-%02d\","
                 "\"data\":{\"engagement\":\"ep1\",\"team\":\"t%d\"}", i, 5 + i / 10, 1 + i % 10, i % 2);
        cr_assert(eq(int, offer(&h, json).code, WF_ACCEPTED));
    }
    commit(&h);
    wf_engine_status(h.engine, &before);
    begin(&h);
    cr_assert(eq(int, offer(&h, LEAVER("x2", "p1", "2022-04-02")).code, WF_ACCEPTED));
    commit(&h);
    wf_engine_status(h.engine, &after);
    cr_assert(lt(u64, after.timeline_bytes, before.timeline_bytes + 4096));
    cr_assert(lt(u64, after.timeline_bytes, 1u << 20));
}
