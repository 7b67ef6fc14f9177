#include "net/backup.h"

#define IDLE_MS 30000                   /* nobody has asked for a piece */
#define TAKEN_OVER_MS 5000              /* another one may take its place */
#define MOST_MS 900000
#define PIECES 16u                      /* an answer */

void wf_backup_look(wf_backup_room *b, uint64_t now_ms, bool short_of_room)
{
    if (b->snapshot && (short_of_room || now_ms - b->asked_ms > IDLE_MS || now_ms - b->began_ms > MOST_MS))
        wf_snapshot_free(&b->snapshot);
}

static wf_backup row_of(const wf_backup_room *b, uint64_t offset, const uint8_t *data, size_t n)
{
    return (wf_backup) { .snapshot = b->number, .bytes = wf_snapshot_bytes(b->snapshot), .sequence = wf_snapshot_last(b->snapshot),
                         .offset = offset, .data = { (const char *) data, n } };
}

static wf_rc take(wf_backup_room *b, uint64_t now_ms, wf_answer *answer, wf_err *e)
{
    if (b->snapshot && now_ms - b->asked_ms < TAKEN_OVER_MS)
        return wf_fail(e, WF_BUSY, "another backup is being made");
    wf_snapshot_free(&b->snapshot);
    WF_TRY(wf_snapshot_new(b->store, &b->snapshot, e));
    b->number++;
    b->began_ms = b->asked_ms = now_ms;
    wf_backup row = row_of(b, 0, NULL, 0);
    (void) wf_answer_add(answer, WF_ROW_BACKUP, &row);
    return WF_OK;
}

static wf_rc give(wf_backup_room *b, uint64_t offset, uint64_t most, wf_answer *answer, wf_err *e)
{
    uint8_t piece[WF_DATA_MAX];
    uint64_t all = wf_snapshot_bytes(b->snapshot);
    for (uint64_t i = 0; i < most && i < PIECES && offset < all; i++) {
        size_t n = all - offset < sizeof piece ? (size_t) (all - offset) : sizeof piece;
        WF_TRY(wf_snapshot_read(b->snapshot, offset, piece, n, e));
        wf_backup row = row_of(b, offset, piece, n);
        if (!wf_answer_add(answer, WF_ROW_BACKUP, &row))
            break;
        offset += n;
    }
    if (offset == all)
        wf_snapshot_free(&b->snapshot);
    return WF_OK;
}

wf_rc wf_backup_answer(wf_backup_room *b, const wf_question *q, uint64_t now_ms, wf_answer *answer, wf_err *e)
{
    if (!WF_GIVES(q, SNAPSHOT))
        return take(b, now_ms, answer, e);
    if (!b->snapshot || q->snapshot != b->number)
        return wf_fail(e, WF_ABSENT, "that snapshot is not held any more: it took too long, or the store ran short of room");
    uint64_t from = WF_GIVES(q, SINCE) ? q->since : 0;
    if (from >= wf_snapshot_bytes(b->snapshot))
        return wf_fail(e, WF_RANGE, "the snapshot has %llu bytes", (unsigned long long) wf_snapshot_bytes(b->snapshot));
    b->asked_ms = now_ms;
    return give(b, from, WF_GIVES(q, LIMIT) ? q->limit : PIECES, answer, e);
}
