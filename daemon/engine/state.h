/* state -- what the engine's own files share; nobody else includes it.
 *
 *   offer.c      an event: check, identity, journal record, fold       timelines.c  the cache of timelines
 *   image.c      names, postings, pages: to the store and back         findings.c   facts that do not hold
 *   engine.c     opening, groups, ticks, telling                       question.c   answers
 *   counts.c     what became of each source's events       known.c      what was known then
 *   explain.c    the events behind a figure */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "core/alert.h"
#include "core/complete.h"
#include "core/fold.h"
#include "engine/engine.h"

#include <uthash.h>

/* Kinds of names and small values in the store; from WF_KIND_DERIVED on they are forgotten when all is derived anew. */
enum { NAME_SOURCE = 1, NAME_CODE = 16, NAME_CELL = WF_KIND_DERIVED, NAME_FLOW };
enum { SMALL_TOLD = 1, SMALL_SAID = 3, SMALL_COUNTS, SMALL_TICK, SMALL_LOAD, SMALL_FINDINGS = WF_KIND_DERIVED, SMALL_ASIDE };

/* How many days after the day that it is about each event came; `first`: the day on which the source first sent. */
#define LATE_BUCKETS 48u
struct late { int32_t first, worst; uint32_t count[LATE_BUCKETS]; };
struct range { uint64_t from, until; };
struct numbers { struct range *range; uint32_t n, cap; uint64_t lost; };    /* a source's own; lost: missing and not listed */

struct source {
    wf_str name;
    uint64_t accepted, duplicate, refused;
    struct late late;
    struct numbers numbers;
    bool loads;                 /* a load of it is open */
    uint64_t kept;              /* accepted + refused when they were last kept */
    wf_instant last;
    uint16_t number;
    UT_hash_handle hh;
};

struct cached { wf_timeline *t; uint32_t before, after, bytes; };      /* by subject; before/after: in the order of use */

/* An allocation that names a worker and does not stand (F6), by journal sequence: its worker's timeline is read back without it. */
struct aside { uint64_t sequence; UT_hash_handle hh; };

struct finding { wf_finding_kind kind; char *source, *id; wf_event_type type; uint64_t sequence; wf_day effective; };
struct findings { uint32_t subject, n; uint16_t org; uint8_t subject_kind; struct finding *item; UT_hash_handle hh; };

/* An event that will be offered soon. */
struct ahead { const void *bytes; size_t n; wf_rc rc; uint32_t subject; uint16_t source; wf_err why; wf_event ev; };
#define AHEAD 8u                            /* more than WF_EXPECT_AHEAD */

/* What questions read: the present, or what was known when the journal ended with an entry. */
struct view { const wf_book *book; const wf_complete *complete; wf_judge *judge; wf_day today; uint64_t sequence; };
struct past { uint64_t sequence; uint32_t unit; struct view view; wf_book *book; wf_complete *complete; wf_posting *less; };
struct tick { int32_t day; uint64_t sequence; };

struct told_alert { void *bytes; size_t n; };

struct wf_engine {
    pthread_mutex_t lock;                   /* recursive; the writer holds it from begin to commit */
    atomic_int waiting;                     /* questions that want it */
    bool grouped;
    wf_store *store;
    const wf_profile *profile;
    wf_calendar *calendar;
    wf_ledger *ledger;
    wf_fold *fold;
    uint8_t *rank;                          /* by ROLE code, for the fold */
    wf_book *book;
    wf_complete *complete;
    wf_judge *judge;
    uint32_t units_known;                   /* those beyond have appeared in this frame */
    wf_day today, profile_day;
    wf_instant arrival;
    void (*progress)(void *, const char *, uint64_t, uint64_t);
    void *progress_ctx;

    struct source **source;                 /* by number - 1 */
    struct source *by_name;
    wf_str *source_name;                    /* what the fold orders facts by */
    uint32_t sources, source_cap;

    struct cached *cache;                   /* by subject */
    uint32_t cached, newest, oldest, timelines;
    size_t timeline_bytes, timeline_limit;

    wf_record pending;                      /* the record that may be the last of its frame */
    uint8_t pending_body[WF_EVENT_BYTES_MAX + 512];
    char pending_id[WF_ID_MAX], pending_target[WF_ID_MAX];
    bool has_pending, frame_wrote;
    uint32_t loads;                         /* sources with an open load */

    struct ahead ahead[AHEAD];
    uint32_t ahead_at;

    uint8_t *blob;                          /* postings of this group */
    size_t blob_n, blob_cap;
    uint64_t blob_sequence;
    size_t image_debt;
    uint32_t codes_kept[WF_DIMENSION_COUNT], cells_kept, flows_kept, sources_kept;

    struct aside *aside;
    struct findings *findings;
    uint64_t finding_count;

    int32_t *changed;                       /* [unit * indicators + indicator]: earliest day, INT32_MAX none */
    uint64_t changed_cap, changed_at, changed_count;

    struct told_alert *out;                 /* of this group, then of committed groups until taken */
    size_t outs, out_cap, out_committed;

    uint64_t events, refused, duplicates, frame_sequence;
    uint64_t counted;                       /* counts are kept up to this sequence */
    wf_instant last_commit;
    unsigned last_commit_us;
    struct tick *tick;                      /* the days that have ended, in order */
    uint32_t ticks, tick_cap;
    struct past *past;                      /* what was asked of last */
    uint32_t *order;                        /* units sorted by path, for answers */
    uint32_t order_n;
    int32_t order_day;
};

void *wf_engine_grow(void *p, size_t n);

/* timelines.c */
WF_NODISCARD wf_rc wf_engine_timeline(wf_engine *en, uint32_t subject, wf_subject_kind kind, uint16_t org, wf_timeline **ret, wf_err *e);
/* The same as of the entry `last`; not in the cache: the caller frees it. */
WF_NODISCARD wf_rc wf_engine_timeline_known(wf_engine *en, uint32_t subject, wf_subject_kind kind, uint16_t org, uint64_t last, wf_timeline **ret, wf_err *e);
void wf_engine_timeline_grown(wf_engine *en, uint32_t subject);     /* counts its bytes anew; lets others go when over the bound */
void wf_engine_timelines_end(wf_engine *en);
WF_NODISCARD wf_rc wf_engine_aside(wf_engine *en, uint64_t sequence, bool aside, wf_err *e);   /* in a transaction */
WF_NODISCARD wf_rc wf_engine_aside_load(wf_engine *en, wf_err *e);
WF_NODISCARD wf_rc wf_engine_aside_derive(wf_engine *en, wf_err *e);
WF_NODISCARD wf_rc wf_engine_record_event(wf_engine *en, const wf_record *r, wf_event *ret, wf_err *e);
/* Which subject of an event its fact is folded under, and which other keeps its identity. */
typedef struct wf_filing { unsigned folded; bool also_first; uint32_t case_number; } wf_filing;
wf_filing wf_engine_filing(const wf_record *r);
wf_entry wf_engine_entry(const wf_record *r, const wf_event *ev, uint32_t case_number);

/* offer.c */
WF_NODISCARD wf_rc wf_engine_flush_pending(wf_engine *en, uint8_t flags, wf_err *e);
WF_NODISCARD wf_rc wf_engine_hold_refusal(wf_engine *en, const wf_record *r, wf_err *e);       /* a refusal's record, counted */
/* What this source's timeline says of completeness, into `c`; from: the first day that it changes, WF_DAY_OPEN none. */
WF_NODISCARD wf_rc wf_engine_put_complete(wf_engine *en, wf_complete *c, const wf_timeline *t, wf_day *from, wf_err *e);
WF_NODISCARD wf_rc wf_engine_complete_changed(wf_engine *en, uint32_t subject, uint16_t org, wf_err *e);
uint16_t wf_engine_source_number(wf_engine *en, wf_str name, bool make);
WF_NODISCARD wf_rc wf_engine_read(wf_engine *en, uint64_t sequence, wf_record *ret, wf_err *e);     /* also the newest, which may not be in the journal yet */
/* When types were said to be complete for the first time: of an organisation (its unit code) and a type, the open day. */
static inline uint64_t wf_engine_said_key(uint16_t org, unsigned type) { return (uint64_t) org << 8 | type; }

/* image.c */
void wf_engine_blob_postings(wf_engine *en, uint64_t sequence, const wf_posting *p, uint32_t n);
WF_NODISCARD wf_rc wf_engine_keep_names(wf_engine *en, wf_err *e);
WF_NODISCARD wf_rc wf_engine_keep_pages(wf_engine *en, size_t budget, uint64_t sequence, wf_err *e);
WF_NODISCARD wf_rc wf_engine_load(wf_engine *en, wf_err *e);
/* The book touches again what the commits that end after this entry have posted. */
WF_NODISCARD wf_rc wf_engine_touch_since(wf_engine *en, uint64_t sequence, wf_err *e);

typedef void wf_engine_posting_visit(void *ctx, const wf_posting *p, uint64_t sequence);
/* Every posting of an entry after this one. */
WF_NODISCARD wf_rc wf_engine_postings(wf_engine *en, uint64_t after, wf_engine_posting_visit *visit, void *ctx, wf_err *e);

/* question.c: the state's lock for a question; a busy writer lets who waits in. */
void wf_engine_ask(wf_engine *en);
void wf_engine_done(wf_engine *en);

/* known.c */
WF_NODISCARD wf_rc wf_engine_ended(wf_engine *en, wf_day day, uint64_t sequence, wf_err *e);      /* in the tick's transaction */
WF_NODISCARD wf_rc wf_engine_ticks_load(wf_engine *en, wf_err *e);
/* `known` 0: the present. Else what a question about this unit (WF_NO_UNIT: any) reads, as it was known when the journal
 * ended with that entry; until the next call or change of profile. WF_NO_DATA: it can no longer be told. */
WF_NODISCARD wf_rc wf_engine_view(wf_engine *en, uint64_t known, uint32_t unit, struct view *ret, wf_err *e);
void wf_engine_past_end(wf_engine *en);

/* counts.c */
void wf_engine_count(wf_engine *en, const wf_record *r, wf_day open);   /* every entry, live and at a start */
int32_t wf_engine_late_median(const struct late *l);
uint64_t wf_engine_late_beyond(const struct late *l, int32_t days);     /* events that came later than that */
uint64_t wf_engine_missing(const struct numbers *x);
WF_NODISCARD wf_rc wf_engine_keep_counts(wf_engine *en, uint64_t sequence, wf_err *e);    /* in the group's transaction */
WF_NODISCARD wf_rc wf_engine_load_counts(wf_engine *en, wf_err *e);

/* findings.c */
WF_NODISCARD wf_rc wf_engine_findings_of(wf_engine *en, const wf_timeline *t, wf_err *e);
bool wf_engine_has_findings(const wf_engine *en, uint32_t subject);
WF_NODISCARD wf_rc wf_engine_findings_load(wf_engine *en, wf_err *e);
void wf_engine_findings_end(wf_engine *en);

/* engine.c */
void wf_engine_fold_settings(wf_engine *en);
void wf_engine_mark_changed(wf_engine *en, uint32_t indicator, uint32_t unit, wf_day from);
void wf_engine_mark_org(wf_engine *en, uint32_t org, wf_day from);
