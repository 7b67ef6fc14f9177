#include "net/notify.h"
#include "net/clock.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#define STATUS_MS 2000
#define PATIENCE_MS 300

static int manager = -1;                /* sd_notify() waits for ever where nobody reads, so this is our own */
static struct sockaddr_un address;
static socklen_t address_length;

void wf_notify_open(const char *socket_path)
{
    size_t n = socket_path ? strlen(socket_path) : 0;
    if (n < 2 || n >= sizeof address.sun_path || (socket_path[0] != '/' && socket_path[0] != '@'))
        return;
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, socket_path, n);
    if (address.sun_path[0] == '@')
        address.sun_path[0] = '\0';
    address_length = (socklen_t) (offsetof(struct sockaddr_un, sun_path) + n);
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static void say(bool wait, const char *format, ...) WF_PRINTF(2, 3);
static void say(bool wait, const char *format, ...)
{
    char text[1024];
    va_list args;
    if (manager < 0)
        return;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t size = n < 0 ? 0 : (size_t) n < sizeof text ? (size_t) n : sizeof text - 1;
    for (int i = 0; i < (wait ? PATIENCE_MS / 10 : 1); i++) {
        ssize_t sent = sendto(manager, text, size, MSG_NOSIGNAL, (struct sockaddr *) &address, address_length);
        if (sent >= 0 || errno != EAGAIN)
            return;
        if (wait)
            (void) poll(NULL, 0, 10);
    }
}

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
    say(true, "READY=1\nSTATUS=%s", text);
}

void wf_notify_reloading(void)
{
    say(true, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=reading the configuration", wf_monotonic_us());
}

void wf_notify_stopping(void)
{
    say(true, "STOPPING=1\nSTATUS=stopping");
}

void wf_notify_deriving(const char *what, uint64_t done, uint64_t all)
{
    say(false, "STATUS=%s: %" PRIu64 " of %" PRIu64 "\nEXTEND_TIMEOUT_USEC=60000000", what, done, all);
}

void wf_notify_failed(const char *what)
{
    say(true, "STATUS=%s", what);
}

void wf_notify_waiting(const char *what)
{
    say(false, "STATUS=waiting: %s\nEXTEND_TIMEOUT_USEC=60000000\nWATCHDOG=1", what);
}

uint64_t wf_notify_watchdog_ms(void)
{
    uint64_t us = 0;
    return sd_watchdog_enabled(0, &us) > 0 ? us / 1000 : 0;
}

void wf_notify_alive(void)
{
    say(false, "WATCHDOG=1");
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
    say(false, "STATUS=%s", text);
}
