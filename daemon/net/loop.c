#include "net/loop.h"
#include "net/admin.h"
#include "net/clock.h"
#include "net/days.h"
#include "net/feed.h"
#include "net/intake.h"
#include "net/log.h"
#include "net/notify.h"
#include "net/query.h"
#include "net/scrub.h"
#include "net/shared.h"
#include "core/calendar.h"
#include "core/profile.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#define DAYS_US 20000                   /* ending days, between two looks at intake */
#define FIGURES_BUSY_US 300             /* figures, while events wait */
#define FIGURES_IDLE_US 5000
#define SLOW_MS 2000
#define RATE_SECONDS 10

typedef enum item_kind { I_INTAKE, I_FEED, I_ADMIN, I_SIGNAL, ITEMS } item_kind;

typedef struct loop {
    const wf_loop_options *o;
    void *context;
    wf_shared house;
    wf_intake *intake;
    wf_feed *feed;
    wf_stream *stream;
    wf_query_room *query;
    wf_scrub_room *scrub;
    wf_space space;
    wf_admin *admin;
    wf_days days;
    zmq_pollitem_t item[ITEMS];
    int signal_fd;
    int stop;                           /* the signal that ends the loop */
    wf_rc failed;                       /* a reload that the store did not survive */
    bool more, figures_wait;            /* events, figures were left over */
    char reload_trouble[160];
    uint64_t watchdog_ms, alive_ms;
    unsigned rate[RATE_SECONDS];        /* events of each of the last seconds */
    uint64_t rate_second;
} loop;

/* ---- how it goes ----------------------------------------------------------------------------------------------- */

static void count_rate(loop *l, unsigned events, uint64_t now_ms)
{
    uint64_t second = now_ms / 1000;
    if (second - l->rate_second >= RATE_SECONDS)
        memset(l->rate, 0, sizeof l->rate);
    else
        for (uint64_t s = l->rate_second + 1; s <= second; s++)
            l->rate[s % RATE_SECONDS] = 0;
    l->rate_second = second;
    l->rate[second % RATE_SECONDS] += events;
}

static void describe_trouble(const loop *l, char *text, size_t n)
{
    char day[WF_DAY_TEXT];
    text[0] = '\0';
    if (l->space.full)
        snprintf(text, n, "%s", l->space.why);
    else if (l->house.health.damage[0])
        snprintf(text, n, "the scrub found damage: %s", l->house.health.damage);
    else if (l->days.jump.n != WF_DAY_OPEN.n)
        snprintf(text, n, "the host's clock shows %s: the calendar waits for `workforcectl clock accept`", wf_day_text(l->days.jump, day));
    else if (l->days.back.n != WF_DAY_OPEN.n)
        snprintf(text, n, "the host's clock shows %s, before today: the calendar waits", wf_day_text(l->days.back, day));
    else if (wf_engine_loads(l->o->engine) > 0)
        snprintf(text, n, "a load is open: rules say nothing of what it touches before it or the day ends");
    else if (l->reload_trouble[0])
        snprintf(text, n, "the new configuration is wrong, the old one stays: %s", l->reload_trouble);
}

static void describe(loop *l, unsigned events, uint64_t took_us, wf_instant now, uint64_t now_ms)
{
    wf_health *h = &l->house.health;
    uint64_t sum = 0, uptime = (now_ms - l->house.started_ms) / 1000 + 1;
    count_rate(l, events, now_ms);
    for (int i = 0; i < RATE_SECONDS; i++)
        sum += l->rate[i];
    pthread_mutex_lock(&l->house.health_lock);
    h->per_second = sum / (uptime < RATE_SECONDS ? uptime : RATE_SECONDS);
    if (events > 0)
        h->lag_ms = took_us / 1000;
    h->now = now;
    h->jump = l->days.jump;
    h->space = l->space;
    h->state = l->space.full ? "paused" : "ready";
    describe_trouble(l, h->trouble, sizeof h->trouble);
    pthread_mutex_unlock(&l->house.health_lock);
    if (took_us / 1000 > SLOW_MS)
        wf_log(TURN_SLOW, (unsigned) (took_us / 1000), events);
}

/* Only a finished turn is a sign of life, and only while the reader goes round as well. */
static void tell_service_manager(loop *l, uint64_t now_ms)
{
    wf_notify_status(&l->house, now_ms);
    if (l->watchdog_ms == 0 || now_ms - l->alive_ms < l->watchdog_ms / 4)
        return;
    if (now_ms - atomic_load(&l->house.reader_seen_ms) > l->watchdog_ms)
        return;
    l->alive_ms = now_ms;
    wf_notify_alive();
}

/* ---- configuration --------------------------------------------------------------------------------------------- */

static void name_profile(loop *l, const wf_profile *p, const char *name)
{
    snprintf(l->house.profile_name, sizeof l->house.profile_name, "%s", name);
    snprintf(l->house.profile_version, sizeof l->house.profile_version, "%016" PRIx64, p->hash);
    l->house.profile = p;
}

/* Texts of the old profile are not in use while its lock is held. */
static wf_rc put_in_force(loop *l, wf_profile *next, const char *name, wf_err *e)
{
    pthread_mutex_lock(&l->house.profile_lock);
    wf_rc rc = wf_engine_reprofile(l->o->engine, next, wf_days_arrival(&l->days, wf_host_now()), e);
    if (rc == WF_OK) {
        wf_profile *old = *l->o->profile;
        *l->o->profile = next;
        name_profile(l, next, name);
        wf_profile_free(&old);
    }
    pthread_mutex_unlock(&l->house.profile_lock);
    return rc;
}

static wf_rc reload(void *ctx, wf_err *e)
{
    loop *l = ctx;
    wf_profile *next = NULL;
    const char *name = "";
    wf_notify_reloading();
    wf_rc rc = l->o->read(l->o->ctx, &next, &name, e);
    if (rc == WF_OK) {
        rc = put_in_force(l, next, name, e);
        l->failed = rc;                 /* half a profile in force is no state to go on in */
    }
    if (rc == WF_OK) {
        l->reload_trouble[0] = '\0';
        wf_log(RELOADED);
    } else {
        snprintf(l->reload_trouble, sizeof l->reload_trouble, "%.*s", (int) sizeof l->reload_trouble - 1, e->text);
        wf_log(RELOAD_REFUSED, e->text);
    }
    describe(l, 0, 0, wf_host_now(), wf_monotonic_ms());
    wf_notify_ready(&l->house);
    return rc;
}

static wf_rc load(void *ctx, wf_str source, bool begins, wf_err *e)
{
    loop *l = ctx;
    if (l->space.full)
        return wf_fail(e, WF_BUSY, "%s", l->space.why);
    wf_group g = { .engine = l->o->engine, .arrival = wf_days_arrival(&l->days, wf_host_now()) };
    wf_rc rc = wf_group_need(&g, e);
    if (rc != WF_OK) {
        snprintf(l->reload_trouble, sizeof l->reload_trouble, "%.*s", (int) sizeof l->reload_trouble - 1, e->text);
        return l->failed = rc;
    }
    rc = begins ? wf_engine_load_begin(l->o->engine, source, e) : wf_engine_load_end(l->o->engine, source, e);
    if (rc == WF_OK || rc == WF_RANGE) {
        wf_err why;
        wf_rc kept = wf_group_commit(&g, rc == WF_OK ? e : &why);
        rc = rc == WF_OK ? kept : rc;
        l->failed = kept;
        if (kept == WF_OK)
            (void) wf_stream_alerts(l->stream, l->o->engine);
    } else {
        wf_engine_abandon(l->o->engine);
        l->failed = rc;                 /* nobody knows what is in memory */
    }
    if (l->failed != WF_OK)
        snprintf(l->reload_trouble, sizeof l->reload_trouble, "%.*s", (int) sizeof l->reload_trouble - 1, e->text);
    return rc;
}

/* ---- the turn -------------------------------------------------------------------------------------------------- */

static void take_signals(loop *l)
{
    struct signalfd_siginfo s;
    while (read(l->signal_fd, &s, sizeof s) == (ssize_t) sizeof s) {
        wf_err e;
        if (s.ssi_signo != SIGHUP)
            l->stop = (int) s.ssi_signo;
        else if (reload(l, &e) != WF_OK)
            continue;                   /* it has been logged, the old configuration stays */
    }
}

/* A host that is at most a month ahead is caught up with before anything else; longer ways go beside intake. */
static wf_rc end_days(loop *l, wf_instant now, uint64_t now_ms, wf_err *e)
{
    while (wf_days_behind(&l->days)) {
        WF_TRY(wf_days_step(&l->days, now, DAYS_US, e));
        wf_stream_alerts(l->stream, l->o->engine);
        if (l->admin)
            wf_admin_days(l->admin, now, now_ms);
        if (l->days.manual || l->days.target.n - wf_engine_today(l->o->engine).n > WF_DAYS_JUMP)
            break;
    }
    return WF_OK;
}

/* Short of room, what comes is answered `busy` and the feed is left alone; days go on, in the reserve. */
static void look_at_space(loop *l)
{
    wf_store_space(l->o->store, &l->space);
    if (l->space.full == l->space.was_full)
        return;
    if (l->space.full)
        wf_log(STORE_FULL, l->space.why);
    else
        wf_log(STORE_ROOM, l->space.used >> 20, l->space.limit >> 20, l->space.disk_free >> 20);
    if (l->intake)
        wf_intake_pause(l->intake, l->space.full ? l->space.why : NULL);
    l->item[I_FEED].events = l->feed && !l->space.full ? ZMQ_POLLIN : 0;
    l->more = !l->space.full;           /* what has waited meanwhile */
}

static wf_rc take_events(loop *l, wf_instant now, unsigned *events, wf_err *e)
{
    wf_group g = { .engine = l->o->engine, .arrival = wf_days_arrival(&l->days, now) };
    bool feed_more = false, took = false;
    wf_rc rc = WF_OK;
    if (l->intake && (l->more || l->item[I_INTAKE].revents)) {
        rc = wf_intake_take(l->intake, &g, &l->more, e);
        took = true;
    }
    if (rc == WF_OK && l->feed && !l->space.full && (l->item[I_FEED].revents || l->more))
        rc = wf_feed_take(l->feed, &g, &feed_more, e);
    if (rc == WF_OK)
        rc = wf_group_commit(&g, e);
    if (rc != WF_OK) {
        if (g.open)
            wf_engine_abandon(l->o->engine);
        return rc;
    }
    if (took)
        wf_intake_reply(l->intake, wf_monotonic_ms());
    if (l->feed)
        wf_feed_tell(l->feed, wf_monotonic_ms());
    wf_stream_alerts(l->stream, l->o->engine);
    l->more |= feed_more;
    *events = g.events;
    return WF_OK;
}

static wf_rc turn(loop *l, wf_err *e)
{
    uint64_t began = wf_monotonic_us();
    wf_instant now = wf_host_now();
    unsigned events = 0;
    if (l->item[I_SIGNAL].revents)
        take_signals(l);
    if (l->stop)
        return WF_OK;
    if (atomic_load(&l->house.damaged))
        return wf_fail(e, WF_DAMAGED, "%s", l->house.health.damage);
    look_at_space(l);
    wf_days_look(&l->days, now);
    WF_TRY(end_days(l, now, began / 1000, e));
    WF_TRY(take_events(l, now, &events, e));
    uint64_t took = wf_monotonic_us() - began, now_ms = (began + took) / 1000;
    if (l->admin && l->item[I_ADMIN].revents)
        wf_admin_take(l->admin, now, now_ms);
    if (l->admin)
        wf_admin_look(l->admin, now_ms, l->space.full);
    l->figures_wait = wf_stream_figures(l->stream, l->o->engine, now_ms, l->more ? FIGURES_BUSY_US : FIGURES_IDLE_US);
    wf_stream_beat(l->stream, l->o->engine, wf_store_instance(l->o->store), wf_days_arrival(&l->days, now), now_ms);
    describe(l, events, took, now, now_ms);
    tell_service_manager(l, now_ms);
    return WF_OK;
}

static wf_rc poll_failed(wf_err *e)
{
    wf_log(SOCKET_FAILED, "zmq_poll", zmq_strerror(errno));
    return wf_fail(e, WF_SYSTEM, "zmq_poll: %s", zmq_strerror(errno));
}

static wf_rc go_round(loop *l, wf_err *e)
{
    while (!l->stop) {
        bool busy = l->more || l->figures_wait || wf_days_behind(&l->days);
        /* At most a second, so a host's clock that is set and the end of a suspend are seen soon; midnight at once. */
        long wait = busy ? 0 : (long) wf_days_wait_ms(&l->days, wf_host_now(), wf_stream_wait_ms(l->stream, wf_monotonic_ms()));
        if (l->watchdog_ms > 0 && wait > (long) (l->watchdog_ms / 4))
            wait = (long) (l->watchdog_ms / 4);
        if (zmq_poll(l->item, ITEMS, wait) < 0 && errno != EINTR)
            return poll_failed(e);
        wf_rc rc = turn(l, e);
        if (rc == WF_OK && l->failed != WF_OK)
            rc = wf_fail(e, l->failed, "what an operator asked for could not be put in force: %s", l->reload_trouble);
        if (rc != WF_OK) {
            if (rc == WF_FULL)
                wf_log(STORE_FULL, e->text);
            else
                wf_log(STORE_FAILED, "the store", e->text);
            wf_notify_failed(e->text);
            return rc;
        }
    }
    return WF_OK;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static bool wanted(const loop *l, wf_endpoint which)
{
    return l->o->at[which].at && l->o->at[which].at[0];
}

static wf_rc open_descriptors(loop *l, wf_err *e)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    l->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return l->signal_fd < 0 ? wf_fail(e, WF_SYSTEM, "signalfd: %s", strerror(errno)) : WF_OK;
}

/* Where an event can come in last: whoever is let in finds everything there. */
static wf_rc open_rooms(loop *l, wf_err *e)
{
    const wf_endpoint_setting *at = l->o->at;
    const wf_admin_house admin = { &l->days, l->o->store, reload, load, l };
    for (int i = 0; i < WF_EP_COUNT; i++)
        if (wanted(l, (wf_endpoint) i))
            WF_TRY(wf_access_check((wf_endpoint) i, at[i].at, e));
    l->context = zmq_ctx_new();
    if (!l->context)
        return wf_fail(e, WF_SYSTEM, "libzmq: %s", zmq_strerror(errno));
    zmq_ctx_set(l->context, ZMQ_MAX_SOCKETS, 64);
    WF_TRY(wf_stream_open(l->context, &at[WF_EP_STREAM], &l->stream, e));
    l->house.stream = l->stream;
    if (wanted(l, WF_EP_INTAKE))
        WF_TRY(wf_intake_open(l->context, &at[WF_EP_INTAKE], l->o->store, l->o->credit_events, &l->intake, e));
    l->house.intake = l->intake;
    if (wanted(l, WF_EP_FEED))
        WF_TRY(wf_feed_open(l->context, &at[WF_EP_FEED], &l->feed, e));
    if (wanted(l, WF_EP_ADMIN))
        WF_TRY(wf_admin_open(l->context, &at[WF_EP_ADMIN], &admin, &l->admin, e));
    if (wanted(l, WF_EP_QUERY))
        WF_TRY(wf_query_room_open(l->context, &at[WF_EP_QUERY], &l->house, &l->query, e));
    return l->o->scrub_ms > 0 ? wf_scrub_room_open(&l->house, l->o->scrub_ms, &l->scrub, e) : WF_OK;
}

static void close_rooms(loop *l)
{
    wf_scrub_room_close(&l->scrub);
    wf_query_room_close(&l->query);
    wf_intake_close(&l->intake);
    wf_feed_close(&l->feed);
    wf_admin_close(&l->admin);
    wf_stream_close(&l->stream);
    if (l->signal_fd >= 0)
        close(l->signal_fd);
}

static void say_started(loop *l)
{
    char day[WF_DAY_TEXT];
    wf_log(STARTED, WF_VERSION, wf_store_id(l->o->store), wf_store_last(l->o->store),
           wf_day_text(wf_engine_today(l->o->engine), day), l->o->manual_clock ? "manual" : "system");
    describe(l, 0, 0, wf_host_now(), wf_monotonic_ms());
    wf_notify_ready(&l->house);
}

/* The context is left to the end of the process: libzmq 4.3.4 may fall over its own pipes when it is torn down under load,
 * and all that matters is on disk. A moment is given for the last replies to leave. */
static void say_stopping(loop *l)
{
    wf_notify_stopping();
    pthread_mutex_lock(&l->house.health_lock);
    l->house.health.state = "stopping";
    pthread_mutex_unlock(&l->house.health_lock);
    wf_log(STOPPING, l->stop, wf_store_last(l->o->store));
}

wf_rc wf_loop_run(const wf_loop_options *o, wf_err *e)
{
    loop l = { .o = o, .signal_fd = -1, .more = true };
    l.house = (wf_shared) {
        .engine = o->engine, .store = o->store, .started_ms = wf_monotonic_ms(), .manual_clock = o->manual_clock,
        .health = { .state = "ready", .jump = WF_DAY_OPEN },
    };
    pthread_mutex_init(&l.house.profile_lock, NULL);
    pthread_mutex_init(&l.house.health_lock, NULL);
    atomic_init(&l.house.reader_seen_ms, wf_monotonic_ms());
    name_profile(&l, *o->profile, o->profile_name);
    l.watchdog_ms = wf_notify_watchdog_ms();
    wf_days_open(&l.days, o->engine, o->manual_clock);

    wf_rc rc = open_descriptors(&l, e);
    if (rc == WF_OK)
        rc = open_rooms(&l, e);
    if (rc == WF_OK) {
        l.item[I_INTAKE] = (zmq_pollitem_t) { l.intake ? wf_intake_socket(l.intake) : NULL, -1, l.intake ? ZMQ_POLLIN : 0, 0 };
        l.item[I_FEED] = (zmq_pollitem_t) { l.feed ? wf_feed_socket(l.feed) : NULL, -1, l.feed ? ZMQ_POLLIN : 0, 0 };
        l.item[I_ADMIN] = (zmq_pollitem_t) { l.admin ? wf_admin_socket(l.admin) : NULL, -1, l.admin ? ZMQ_POLLIN : 0, 0 };
        l.item[I_SIGNAL] = (zmq_pollitem_t) { NULL, l.signal_fd, ZMQ_POLLIN, 0 };
        *o->ran = true;
        wf_days_look(&l.days, wf_host_now());
        say_started(&l);
        rc = go_round(&l, e);
        say_stopping(&l);
    }
    close_rooms(&l);
    if (rc == WF_OK)
        (void) poll(NULL, 0, 30);
    return rc;
}
