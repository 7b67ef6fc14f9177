/* sink -- see sink.h. */
#include "consumers/simulate/sink.h"
#include "consumers/common/sockets.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <workforce/query.h>

#define PATIENCE_MS 60000
#define BAR 30

struct sim_sink {
    sim_sink_options o;
    wf_publisher *publisher;
    wf_query *admin;
    int32_t day;
    uint64_t written, alerts, said_refused;
    int64_t began, drawn;           /* microseconds */
};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void draw(sim_sink *s, bool last)
{
    int64_t now = now_us();
    if (!s->o.progress || (!last && now - s->drawn < 100000))
        return;
    s->drawn = now;
    char day[WF_DAY_TEXT];
    bool by_day = s->o.last > s->o.first;
    int64_t done = by_day ? s->day - s->o.first : (int64_t) s->written, all = by_day ? s->o.last - s->o.first : (int64_t) s->o.expected;
    int percent = all <= 0 || last ? 100 : done <= 0 ? 0 : done >= all ? 100 : (int) (100 * done / all), n = percent * BAR / 100;
    int64_t us = now - s->began + 1;
    fprintf(stderr, "\r%s [%.*s%*s] %3d %%  %llu events, %lld a second ", s->day > 0 ? wf_day_text((wf_day) { s->day }, day) : "", n,
            "##############################", BAR - n, "", percent, (unsigned long long) s->written,
            (long long) ((int64_t) s->written * 1000000 / us));
    if (last)
        fputc('\n', stderr);
}

/* What a daemon refuses of a simulation is a mistake of ours: the first ones are shown. */
static void refused(void *ctx, const wf_verdict *v)
{
    sim_sink *s = ctx;
    if (v->kind == WF_REFUSED && s->said_refused++ < 5)
        fprintf(stderr, "%srefused: %s: %.*s\n", s->o.progress ? "\n" : "", wf_rc_wire(v->reason), WF_STR_ARG(v->text));
}

static wf_rc take_clock(void *ctx, const wf_row *row, wf_err *e)
{
    sim_sink *s = ctx;
    if (row->kind != WF_ROW_CLOCK)
        return WF_OK;
    if (!wf_str_eq(row->as.clock.clock, WF_STR("manual")))
        return wf_fail(e, WF_CONFIG, "the daemon's clock is the host's: only a daemon with --clock manual can be wound");
    s->day = row->as.clock.today.n;
    return WF_OK;
}

static wf_rc connect_daemon(sim_sink *s, wf_err *e)
{
    char at[WF_SOCKETS_TEXT];
    WF_TRY(wf_sockets_there(s->o.sockets, "intake", e));
    WF_TRY(wf_sockets_endpoint(s->o.sockets, "intake", at, e));
    WF_TRY(wf_publisher_open(&(wf_publisher_options) {
        .endpoint = at, .source = s->o.source, .wait_ms = PATIENCE_MS, .verdict = refused, .ctx = s,
    }, &s->publisher, e));
    if (!s->o.clock)
        return WF_OK;
    WF_TRY(wf_sockets_there(s->o.sockets, "admin", e));
    WF_TRY(wf_sockets_endpoint(s->o.sockets, "admin", at, e));
    WF_TRY(wf_query_open(&(wf_query_options) { .endpoint = at, .timeout_ms = PATIENCE_MS }, &s->admin, e));
    wf_question q = { .verb = WF_VERB_CLOCK };
    return wf_query_ask(s->admin, &q, take_clock, s, e);
}

wf_rc sim_sink_open(const sim_sink_options *o, sim_sink **ret, wf_err *e)
{
    sim_sink *s = calloc(1, sizeof *s);
    WF_ASSERT(s != NULL);
    s->o = *o;
    s->day = INT32_MIN;
    s->began = now_us();
    wf_rc rc = o->sockets != NULL ? connect_daemon(s, e) : WF_OK;
    if (rc != WF_OK) {
        sim_sink_free(&s);
        return rc;
    }
    *ret = s;
    return WF_OK;
}

void sim_sink_free(sim_sink **p)
{
    if (*p == NULL)
        return;
    wf_query_free(&(*p)->admin);
    wf_publisher_free(&(*p)->publisher);
    free(*p);
    *p = NULL;
}

static wf_rc count_alerts(void *ctx, const wf_row *row, wf_err *e)
{
    (void) e;
    if (row->kind == WF_ROW_CLOCK)
        *(uint64_t *) ctx += row->as.clock.alerts;
    return WF_OK;
}

wf_rc sim_sink_day(sim_sink *s, int32_t day, wf_err *e)
{
    if (day <= s->day)
        return WF_OK;
    s->day = day;
    draw(s, false);
    if (s->admin == NULL)
        return WF_OK;
    WF_TRY(wf_publisher_flush(s->publisher, PATIENCE_MS, e));
    wf_question q = { .verb = WF_VERB_ADVANCE, .given = 1u << WF_ARG_DAY, .day = { day } };
    return wf_query_ask(s->admin, &q, count_alerts, &s->alerts, e);
}

wf_rc sim_sink_put(sim_sink *s, const wf_event *ev, wf_err *e)
{
    s->written++;
    if (s->publisher != NULL) {
        if ((s->written & 0x3ff) == 0)
            draw(s, false);
        return wf_publisher_publish(s->publisher, ev, e);
    }
    char *line = wf_event_to_json(ev);
    bool good = fputs(line, s->o.out) >= 0 && fputc('\n', s->o.out) != EOF;
    free(line);
    return good ? WF_OK : wf_fail(e, WF_SYSTEM, "standard output: %s", strerror(errno));
}

wf_rc sim_sink_end(sim_sink *s, wf_err *e)
{
    if (s->publisher != NULL)
        WF_TRY(wf_publisher_flush(s->publisher, PATIENCE_MS, e));
    else if (fflush(s->o.out) != 0)
        return wf_fail(e, WF_SYSTEM, "standard output: %s", strerror(errno));
    draw(s, true);
    return WF_OK;
}

void sim_sink_count(const sim_sink *s, sim_sink_counters *ret)
{
    *ret = (sim_sink_counters) { .written = s->written, .alerts = s->alerts, .us = now_us() - s->began };
    if (s->publisher != NULL) {
        wf_publisher_counters c;
        wf_publisher_count(s->publisher, &c);
        ret->accepted = c.accepted + c.known;
        ret->duplicates = c.duplicates;
        ret->refused = c.refused;
    }
}
