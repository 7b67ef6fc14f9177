#include "net/notify.h"
#include "net/clock.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#define STATUS_MS 2000

static void status_text(const wf_shared *h, char *buf, size_t n)
{
    char committed[WF_INSTANT_TEXT] = "none yet", day[WF_DAY_TEXT];
    wf_engine_totals t;
    wf_engine_status(h->engine, &t);
    if (t.last_commit.ms > 0)
        wf_instant_text(t.last_commit, committed);
    snprintf(buf, n, "%" PRIu64 " events/s, lag %" PRIu64 " ms, last commit %s, sequence %" PRIu64 ", today %s%s%s",
             h->health.per_second, h->health.lag_ms, committed, t.sequence, wf_day_text(t.today, day),
             h->health.trouble[0] ? "; " : "", h->health.trouble);
}

void wf_notify_ready(const wf_shared *house)
{
    char text[512];
    status_text(house, text, sizeof text);
    sd_notifyf(0, "READY=1\nSTATUS=%s", text);
}

void wf_notify_reloading(void)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=reading the configuration", wf_monotonic_us());
}

void wf_notify_stopping(void)
{
    sd_notify(0, "STOPPING=1\nSTATUS=stopping");
}

void wf_notify_deriving(const char *what, uint64_t done, uint64_t all)
{
    sd_notifyf(0, "STATUS=%s: %" PRIu64 " of %" PRIu64 "\nEXTEND_TIMEOUT_USEC=60000000", what, done, all);
}

void wf_notify_failed(const char *what)
{
    sd_notifyf(0, "STATUS=%s", what);
}

uint64_t wf_notify_watchdog_ms(void)
{
    uint64_t us = 0;
    return sd_watchdog_enabled(0, &us) > 0 ? us / 1000 : 0;
}

void wf_notify_alive(void)
{
    sd_notify(0, "WATCHDOG=1");
}

void wf_notify_status(const wf_shared *house, uint64_t now_ms)
{
    static char last[512];
    static uint64_t last_ms;
    char text[sizeof last];
    if (last_ms > 0 && now_ms - last_ms < STATUS_MS)
        return;
    last_ms = now_ms;
    status_text(house, text, sizeof text);
    if (strcmp(text, last) == 0)
        return;
    memcpy(last, text, sizeof last);
    sd_notifyf(0, "STATUS=%s", text);
}
