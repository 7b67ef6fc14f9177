/* backup -- gives a snapshot of the store to an operator's program, piece by piece, as it asks for them.
 *
 * One snapshot at a time. It keeps the store's pages from being used again, so its time is bounded, and it is given up
 * when the store runs short of room. A piece costs the writer's thread some 50 us; who asks slowly costs nothing else. */
#pragma once
#include "net/group.h"
#include "frame.h"

typedef struct wf_backup_room {
    wf_store *store;
    wf_snapshot *snapshot;
    uint64_t number, began_ms, asked_ms;
} wf_backup_room;

/* Fills `answer` with a first row that says what there is, or with pieces. WF_BUSY: another snapshot is being given away;
 * WF_ABSENT: no such snapshot (any more); WF_RANGE; WF_SYSTEM. */
WF_NODISCARD wf_rc wf_backup_answer(wf_backup_room *b, const wf_question *q, uint64_t now_ms, wf_answer *answer, wf_err *e);
/* Each turn. */
void wf_backup_look(wf_backup_room *b, uint64_t now_ms, bool short_of_room);
