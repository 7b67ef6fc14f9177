/* heads -- the last journal entry of each subject, in memory, with the pages of it that the store does not hold yet.
 *
 *   page 0: [1 .. 504]   page 1: [505 .. 1008]   ...        subject n is number n - 1 of the line
 *   waiting:  page 1 (since 17) -> page 0 (since 23)        oldest change first
 *
 * So everything up to the entry before the first page's `since` is in the store. A page's 504 entries and its header fill
 * one page of the file. */
#pragma once
#include "store/store.h"

#define WF_HEADS_PAGE 504u

typedef struct wf_heads_page {
    uint64_t since;                     /* sequence of the oldest change that the store does not hold; 0: none */
    uint32_t before, after;             /* in the line of those that wait */
    uint64_t head[WF_HEADS_PAGE];
} wf_heads_page;

typedef struct wf_heads_undo { uint32_t subject; uint64_t was; } wf_heads_undo;

typedef struct wf_heads {
    wf_heads_page *page;
    uint32_t pages, room;
    uint32_t first, last;               /* that wait; WF_HEADS_NONE */
    wf_heads_undo *undo;                /* of the open transaction */
    size_t undos, undo_room;
} wf_heads;
#define WF_HEADS_NONE UINT32_MAX

void wf_heads_init(wf_heads *h);
void wf_heads_free(wf_heads *h);
/* Makes room for subjects up to this number. */
void wf_heads_grow(wf_heads *h, uint32_t subjects);
uint64_t wf_heads_get(const wf_heads *h, uint32_t subject);
/* An entry of the open transaction; sequences only rise. */
void wf_heads_set(wf_heads *h, uint32_t subject, uint64_t sequence);
/* The transaction is in the store, or is not: then everything after `last` is taken back. */
void wf_heads_keep(wf_heads *h);
void wf_heads_undo_after(wf_heads *h, uint64_t last);
/* The first page of the line is in the store as it is now. */
void wf_heads_taken(wf_heads *h);
/* Every change up to this sequence is in the store; `last` when no page waits. */
uint64_t wf_heads_floor(const wf_heads *h, uint64_t last);
