/* subjects -- (kind, org, id) to number and back, in memory.
 *
 *   slots:  [number | tag] ...            open addressing by a keyed hash, at most two thirds full
 *   places: number -> where the id lies
 *   blocks: kind org length id ...        never moved, so ids may be borrowed
 *
 * Some 27 bytes a subject and its id. Numbers are given in order and taken back in reverse. */
#pragma once
#include "store/store.h"

#define WF_SUBJECT_ID_MAX 255u
#define WF_SUBJECT_BLOCKS 4096u          /* of 4 MiB */

typedef struct wf_subjects {
    uint64_t *slot;
    uint32_t mask;                      /* slots - 1 */
    uint32_t count;
    uint32_t *place, place_room;
    char *block[WF_SUBJECT_BLOCKS];
    uint32_t blocks, used;              /* used: 4-byte units of the last block */
    uint8_t key[16];                    /* of the hash, random, so that ids from outside cannot be made to collide */
} wf_subjects;

void wf_subjects_init(wf_subjects *t);
void wf_subjects_free(wf_subjects *t);
/* Makes room at once for so many in all. */
void wf_subjects_expect(wf_subjects *t, uint32_t count);
uint32_t wf_subjects_find(const wf_subjects *t, uint8_t kind, uint16_t org, wf_str id);     /* 0: unknown */
/* Asks memory for the place where that question will look first. */
void wf_subjects_prefetch(const wf_subjects *t, uint8_t kind, uint16_t org, wf_str id);
/* The next number; the subject is not there yet. An empty id takes a number for one whose row is gone. */
uint32_t wf_subjects_add(wf_subjects *t, uint8_t kind, uint16_t org, wf_str id);
/* Takes back all numbers above `count`. */
void wf_subjects_cut(wf_subjects *t, uint32_t count);
/* false: no such number, or its row is gone. */
bool wf_subjects_id(const wf_subjects *t, uint32_t number, uint8_t *kind, uint16_t *org, wf_str *id);
