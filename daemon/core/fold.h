/* fold -- from the standing facts of one timeline to ledger entries: MEASURES.md as code.
 *
 * Putting a fact takes back the entries that it can reach and posts them anew (L4):
 *
 *     emit what stands now, negative -> put the fact -> emit what stands then, positive -> drop what cancels
 *
 * What can be reached: an engagement or placement reaches the person's engagements (few) and, from the first day on which
 * the person's place differs, the work that stands in it; any other fact reaches its own chain between its neighbours.
 * Pure: reads a timeline, interns cells and flows, returns postings. */
#pragma once
#include "core/calendar.h"
#include "core/timeline.h"

/* The settings that entries depend on (the profile's measures section). */
typedef struct wf_fold_settings {
    const uint8_t *rank;            /* by ROLE code: 1 most senior; 0 not a workforce role; codes from `ranks` on: 0 */
    uint32_t ranks;
    int32_t caseload_days;
    int32_t supervision_every;      /* days; 0: no obligation */
    bool allocations;               /* cases from allocations, not counts */
    bool posts;                     /* vacancies from posts, not declarations */
} wf_fold_settings;

#define WF_RECENT 16384u
struct wf_recent { uint32_t from, to, number; uint8_t measure, cause; };
struct wf_recent_cell { uint32_t place, cell; uint16_t code; uint8_t dimension; };

typedef struct wf_fold {
    struct wf_recent recent[WF_RECENT];
    struct wf_recent_cell recent_cell[WF_RECENT / 4];
    wf_ledger *ledger;
    const wf_calendar *calendar;
    wf_fold_settings settings;
    wf_sources sources;
    wf_posting *out;                /* the result of the last put */
    uint32_t outs, out_cap;
    int sign;
    int32_t from, until;            /* emit only entries on these days, inclusive */
    uint16_t worker_code[4];        /* WORKER codes by wf_worker */
    int32_t *mark;                  /* scratch: days on which something may change */
    uint32_t marks, mark_cap;
} wf_fold;

wf_fold *wf_fold_new(wf_ledger *l, const wf_calendar *c, const wf_fold_settings *s);
void wf_fold_free(wf_fold **p);

/* Puts the event into the timeline, where it stands, corrects, voids or waits (F6); the difference is in f->out[0 .. f->outs). */
void wf_fold_put(wf_fold *f, wf_timeline *t, const wf_entry *x);

/* Takes the allocation of this journal sequence out of its worker's timeline: it no longer stands in its case. */
void wf_fold_drop(wf_fold *f, wf_timeline *t, uint64_t sequence);

/* After facts were put without folding (a timeline read back): works out what is kept beside them. */
void wf_fold_refresh(wf_fold *f, wf_timeline *t);

/* All entries of a timeline, derived anew. */
void wf_fold_all(wf_fold *f, wf_timeline *t);

/* Facts that do not hold now (F2). */
typedef enum wf_finding_kind { WF_WAITING, WF_CONTRADICTION, WF_UNLINKED, WF_UNASSIGNED, WF_FINDING_KINDS } wf_finding_kind;
extern const char *const wf_finding_names[WF_FINDING_KINDS];
typedef void wf_finding_visit(void *ctx, wf_finding_kind kind, const wf_fact *fact);
void wf_fold_findings(wf_fold *f, const wf_timeline *t, wf_finding_visit *visit, void *ctx);

/* ---- between the rooms of the fold ---- */
void wf_fold_emit(wf_fold *f, wf_measure m, uint32_t from, uint32_t to, wf_cause cause, int32_t day, int64_t count, int64_t amount);
void wf_fold_mark(wf_fold *f, int32_t day);
void wf_fold_marks_sort(wf_fold *f);            /* sorted, without doubles */

/* One key's resolved spell: [start, end), INT32_MAX open. */
typedef struct wf_spell {
    uint32_t key;
    const wf_fact *start, *end;     /* the facts that hold; start NULL: nothing stands */
    int32_t first, until;
} wf_spell;
/* Spells of an engagement-like chain by key, in order of first appearance; caller frees. */
uint32_t wf_fold_spells(wf_fold *f, const wf_timeline *t, wf_chain c, wf_spell **ret);

void wf_engagement_emit(wf_fold *f, wf_timeline *t);                /* engagements and placements, all days */
wf_place *wf_engagement_places(wf_fold *f, const wf_timeline *t, uint32_t *n);     /* caller frees */
void wf_work_emit(wf_fold *f, const wf_timeline *t);                /* every chain that stands in a place, days f->from .. f->until */
#define WF_NO_KEY UINT32_MAX        /* as a key: one that no fact has */
void wf_work_emit_chain(wf_fold *f, const wf_timeline *t, wf_chain c, const uint32_t *key);     /* one chain; key: only this one */
/* The days that a supervision on `day` can reach. */
void wf_work_supervision_reach(const wf_fold *f, const wf_timeline *t, int32_t day, int32_t *from, int32_t *until);
void wf_post_emit(wf_fold *f, const wf_timeline *t);
void wf_vacancies_emit(wf_fold *f, const wf_timeline *t);
uint32_t wf_fold_cell(wf_fold *f, uint16_t unit, uint16_t role, uint16_t contract);
