#include "net/scrub.h"
#include "net/clock.h"
#include "net/log.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STEP_MS 500
#define PAGES_LEAST 32u                 /* a step: a small store is done with in a minute */
#define PAGES_MOST 6400u                /* 50 MB a second of pages of 4 KiB */

struct wf_scrub_room {
    wf_shared *house;
    wf_scrub *scrub;
    uint64_t turn_ms, began_ms;         /* began: this turn */
    int stop_fd;
    bool running;
    pthread_t thread;
};

static void tell_fault(wf_scrub_room *r, bool derived, const wf_err *e)
{
    wf_health *h = &r->house->health;
    pthread_mutex_lock(&r->house->health_lock);
    h->scrub_faults++;
    snprintf(h->damage, sizeof h->damage, "%.*s", (int) sizeof h->damage - 1, e->text);
    pthread_mutex_unlock(&r->house->health_lock);
    if (derived)
        wf_log(STORE_DAMAGED, e->text, "it can be derived anew from the journal: stop, then `workforced derive`");
    else
        wf_log(STORE_DAMAGED, e->text, "ending: keep a copy of the store, look at the disk, restore the last backup");
    if (!derived)
        atomic_store(&r->house->damaged, true);
}

static void tell_turn(wf_scrub_room *r)
{
    wf_scrub_state s = wf_scrub_at(r->scrub);
    pthread_mutex_lock(&r->house->health_lock);
    r->house->health.scrubbed = wf_host_now();
    uint64_t faults = r->house->health.scrub_faults;
    pthread_mutex_unlock(&r->house->health_lock);
    wf_log(STORE_SCRUBBED, s.all, faults);
}

static unsigned pages_a_step(const wf_scrub_room *r)
{
    uint64_t want = wf_scrub_at(r->scrub).all * STEP_MS / (r->turn_ms > STEP_MS ? r->turn_ms : STEP_MS);
    return want < PAGES_LEAST ? PAGES_LEAST : want > PAGES_MOST ? PAGES_MOST : (unsigned) want;
}

/* Milliseconds until the next part. */
static int step(wf_scrub_room *r)
{
    wf_err e = { .rc = WF_OK };
    bool derived = false;
    uint64_t turns = wf_scrub_at(r->scrub).turns;
    wf_rc rc = wf_scrub_part(r->scrub, pages_a_step(r), &derived, &e);
    if (rc == WF_DAMAGED || rc == WF_SYSTEM)
        tell_fault(r, derived, &e);
    if (wf_scrub_at(r->scrub).turns == turns)
        return STEP_MS;
    tell_turn(r);
    uint64_t now = wf_monotonic_ms(), due = r->began_ms + r->turn_ms;
    r->began_ms = now > due ? now : due;
    return due > now + STEP_MS ? (int) (due - now) : STEP_MS;
}

static void *read_again(void *arg)
{
    wf_scrub_room *r = arg;
    struct pollfd stop = { r->stop_fd, POLLIN, 0 };
    for (int wait = STEP_MS; poll(&stop, 1, wait) <= 0;)
        wait = step(r);
    return NULL;
}

wf_rc wf_scrub_room_open(wf_shared *house, uint64_t turn_ms, wf_scrub_room **ret, wf_err *e)
{
    wf_scrub_room *r = calloc(1, sizeof *r);
    WF_ASSERT(r);
    r->house = house;
    r->turn_ms = turn_ms;
    r->began_ms = wf_monotonic_ms();
    r->stop_fd = eventfd(0, EFD_CLOEXEC);
    wf_rc rc = r->stop_fd < 0 ? wf_fail(e, WF_SYSTEM, "eventfd failed") : wf_scrub_new(house->store, &r->scrub, e);
    if (rc == WF_OK && pthread_create(&r->thread, NULL, read_again, r) != 0)
        rc = wf_fail(e, WF_SYSTEM, "no thread for the scrub");
    r->running = rc == WF_OK;
    if (rc == WF_OK)
        *ret = r;
    else
        wf_scrub_room_close(&r);
    return rc;
}

void wf_scrub_room_close(wf_scrub_room **p)
{
    wf_scrub_room *r = *p;
    if (!r)
        return;
    *p = NULL;
    if (r->running) {
        uint64_t one = 1;
        ssize_t n = write(r->stop_fd, &one, sizeof one);
        (void) n;
        pthread_join(r->thread, NULL);
    }
    if (r->stop_fd >= 0)
        close(r->stop_fd);
    wf_scrub_free(&r->scrub);
    free(r);
}
