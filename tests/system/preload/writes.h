/* writes -- the log of what a daemon wrote to its store and flushed: made by writes.c, read by crash.c. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define WF_WRITES_FILES 2
static const char *const wf_writes_file[WF_WRITES_FILES] = { "data.mdb", "workforced.lock" };

enum {
    WF_WRITE = 1,           /* bytes were given to the system: noted before */
    WF_WRITE_THROUGH,       /* the same, by a descriptor with O_DSYNC */
    WF_WRITE_ENDED,         /* the last write-through has ended: its bytes are on disk */
    WF_WRITE_FLUSHED,       /* a flush has ended: what was written before `offset` of this log is on disk */
};

typedef struct wf_write {
    uint8_t kind, file, pad[6];
    uint64_t offset, n;
} wf_write;
