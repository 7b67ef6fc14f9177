/* notify -- tells systemd how the daemon is; silent where there is no systemd. */
#pragma once
#include "net/shared.h"

/* Where the service manager listens: $NOTIFY_SOCKET, or NULL. A manager that does not read never holds the daemon up: what
 * it should know lastingly waits 0.3 s for it, what the next message says anew is left out. */
void wf_notify_open(const char *socket);

/* READY=1, at the start and after a reload, with STATUS. */
void wf_notify_ready(const wf_shared *house);
void wf_notify_reloading(void);
void wf_notify_stopping(void);
/* A derivation goes on: STATUS, and more time for the start. */
void wf_notify_deriving(const char *what, uint64_t done, uint64_t all);
void wf_notify_failed(const char *what);
/* It waits for something outside, and is alive: STATUS, more time for the start, the watchdog. */
void wf_notify_waiting(const char *what);

/* Time between two signs of life that the service manager wants, in ms; 0: it does not watch. */
uint64_t wf_notify_watchdog_ms(void);
void wf_notify_alive(void);
/* STATUS=events a second, lag, last commit: at most every two seconds, and only when it has changed. */
void wf_notify_status(const wf_shared *house, uint64_t now_ms);
