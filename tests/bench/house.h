/* house -- a daemon of one's own for the benchmarks: on a temporary store below $TMPDIR (/var/tmp: a disk, not memory),
 * its intake, stream and query on loopback TCP, its clock wound by hand. Whatever fails ends the program with the reason;
 * the daemon dies with it. */
#pragma once
#include "consumers/simulate/load.h"
#include <workforce/publisher.h>
#include <workforce/query.h>
#include <sys/types.h>

typedef struct house {
    char dir[128];
    char intake[40], stream[40], query[40], admin[160];     /* endpoints */
    const char *profile;                                    /* a path, or the text of one */
    wf_day today;                                           /* of a new store */
    uint32_t cache_mib;                                     /* for timelines; 0: the daemon's default */
    pid_t pid;
    wf_publisher *publisher;
    wf_query *clock;
    int32_t day;
    uint64_t refused;
} house;

_Noreturn void house_dies(const char *format, ...) __attribute__((format(printf, 1, 2)));

void house_make(house *h, const char *profile, wf_day today, uint32_t cache_mib);
int64_t house_start(house *h);              /* ns from fork to the first answer */
void house_kill(house *h);                  /* SIGKILL */
void house_remove(house *h);                /* and everything that was written */

void house_ask(const house *h, const wf_question *q, wf_row_fn *fn, void *ctx);
wf_status house_status(const house *h);     /* its texts are gone */

/* 0 for batch or window: the publisher's own. */
void house_connect(house *h, const char *source, uint32_t batch, uint32_t window);
void house_publish(house *h, const wf_event *ev);
void house_flush(house *h);                 /* all has its verdict; a refused event ends the program */
void house_day(house *h, wf_day day);       /* flush, then wind the clock */

/* MB (10^6 bytes) of a row of /proc/PID/status. */
double house_memory(const house *h, const char *row);
double house_cpu_ns(const house *h);        /* what the daemon's threads have used since its start, to 10 ms */

/* A digest over every figure of the open day, and, if asked for, over every line of the ledger's dump. */
typedef struct house_digest { uint64_t ledger, figures; size_t lines, rows; } house_digest;
house_digest house_read(const house *h, bool ledger);
