/* admin -- what operators may ask: end days of a manual clock, show or accept the calendar, read the configuration again,
 * take a snapshot of the store.
 *
 * On ipc only; who may enter is the socket file's group. Belongs to the writer's thread: what it changes, it changes
 * between two groups. */
#pragma once
#include "net/access.h"
#include "net/days.h"
#include "net/stream.h"

typedef struct wf_admin wf_admin;

typedef struct wf_admin_house {
    wf_days *days;
    wf_store *store;
    wf_rc (*reload)(void *ctx, wf_err *e);      /* WF_CONFIG: the old configuration stays */
    wf_rc (*load)(void *ctx, wf_str source, bool begins, wf_err *e);
    void *ctx;
} wf_admin_house;

WF_NODISCARD wf_rc wf_admin_open(void *context, const wf_endpoint_setting *setting, const wf_admin_house *house, wf_admin **ret, wf_err *e);
void wf_admin_close(wf_admin **p);
void *wf_admin_socket(wf_admin *a);

/* Answers what waits. `advance` is answered when its last day has ended: see wf_admin_days. */
void wf_admin_take(wf_admin *a, wf_instant now, uint64_t now_ms);
/* Each turn: gives up a snapshot that nobody asks for any more. */
void wf_admin_look(wf_admin *a, uint64_t now_ms, bool short_of_room);
/* After days have ended: answers the `advance` or `accept` that asked for them, or says that it goes on. */
void wf_admin_days(wf_admin *a, wf_instant now, uint64_t now_ms);
