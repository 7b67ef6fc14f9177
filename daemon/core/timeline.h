/* timeline -- the facts of one subject, sorted, with all that the fold asks of them. Only the set matters, never the order
 * of arrival (SEMANTICS F).
 *
 *   chain ENGAGEMENT   [starter e1 2019-04-01] [change e1 2020-01-06] [leaver e1 2023-08-31] ...
 *   chain CASELOAD     [16 on 2023-05-02] [17 on 2023-06-01] ...
 *   place              2019-04-01 asm1/5 1.0 | 2020-01-06 asm2/5 0.8 | 2023-08-31 none
 *
 * The chains hold the facts that stand. What is corrected or withdrawn, and what corrects or withdraws it without standing,
 * lies aside (F6), so nobody who reads a chain need know of corrections:
 *
 *   chain ENGAGEMENT   [leaver e1 2023-09-30]                       the correction, which stands
 *   aside              [leaver e1 2023-08-31] [void of a change]    what was said first; a void
 *
 * A fact is 32 bytes; what is more than a number lies in a side table of its chain. Ids and keys lie in one arena. Pure. */
#pragma once
#include "core/ledger.h"
#include "core/profile.h"

typedef enum wf_chain {
    WF_CHAIN_ENGAGEMENT, WF_CHAIN_PLACEMENT, WF_CHAIN_CASELOAD, WF_CHAIN_ALLOCATION, WF_CHAIN_ABSENCE, WF_CHAIN_TRAINING,
    WF_CHAIN_SUPERVISION, WF_CHAIN_POST, WF_CHAIN_VACANCIES, WF_CHAIN_COMPLETE, WF_CHAIN_COUNT
} wf_chain;

typedef struct wf_fact {
    int64_t time;                   /* recorded, ms */
    uint64_t sequence : 48;         /* journal */
    uint64_t source : 16;           /* number of the source */
    int32_t day;                    /* effective */
    uint32_t id;                    /* arena: the event's id */
    int32_t value;                  /* caseload: cases; supervision: code of the kind; else index in the side table */
    uint8_t type;                   /* wf_event_type */
    uint8_t flags;
    uint16_t key_print;             /* of the key's text: tells most keys apart without looking at them */
} wf_fact;
/* As the case's number: the allocation stands here for its identity only and is folded under the worker it names. */
#define WF_CASE_ELSEWHERE UINT32_MAX
#define WF_FACT_ADJUSTMENT 1u
#define WF_FACT_INFERRED 2u
#define WF_FACT_VOID 4u             /* lies aside; has no key and no row in a side table */

/* Fields of an engagement, placement, post or declaration that a fact may name. */
typedef enum wf_detail_bit {
    WF_HAS_UNIT = 1, WF_HAS_ROLE = 2, WF_HAS_CONTRACT = 4, WF_HAS_FTE = 8, WF_HAS_REGISTERED = 16, WF_HAS_POST = 32, WF_HAS_COVERS = 64,
    WF_HAS_SINCE = 128, WF_HAS_STATUS = 256, WF_HAS_COVER_REASON = 512
} wf_detail_bit;

typedef struct wf_detail {
    int64_t fte, agency_fte;        /* agency_fte: of a declaration */
    uint32_t key;                   /* arena */
    int32_t registered, since;
    uint16_t given, nil;            /* wf_detail_bit: named; named as nil */
    uint16_t unit, role, contract, kind, origin, reason, destination, status;
    uint8_t why;                    /* wf_cause of a change: WF_BY_REORGANISATION, _TRANSFER, _TEMPORARY, else WF_BY_MOVE */
    bool transfer, leaver_kind, reason_7, cover_vacancy;   /* what the fold asks of kind, origin, reason, cover_reason */
} wf_detail;

typedef struct wf_absence_detail { uint32_t key; int32_t last, share, first_share, last_share; uint16_t kind; } wf_absence_detail;
typedef struct wf_training_detail { uint32_t key; uint16_t course; } wf_training_detail;
typedef struct wf_allocation_detail { uint32_t key; uint16_t work; bool counted, elsewhere; } wf_allocation_detail;  /* elsewhere: folded under the worker */
typedef struct wf_complete_detail { int32_t until; uint32_t types; } wf_complete_detail;

/* A correction or void: what it names, and whether that has effect. */
typedef enum wf_tie_state { WF_TIE_HOLDS, WF_TIE_WAITS, WF_TIE_CONTRADICTS } wf_tie_state;
typedef struct wf_tie {
    int64_t time;
    uint32_t self, target;          /* prints of the identities of both */
    uint32_t id, target_id;         /* arena; id: its fact's own */
    uint32_t up, first, next;       /* the tie that it names; of those that name it, one, and from each the next; WF_NO_FACT: none */
    uint16_t source, target_source;
    uint8_t type, state;            /* wf_event_type, wf_tie_state */
    bool voids, stands;
} wf_tie;

/* From `from` on, until the next: the cell in which the person's work stands; 0: no place. */
typedef struct wf_place { int32_t from; uint32_t cell; int64_t fte; uint8_t worker; } wf_place;
typedef enum wf_worker { WF_NOBODY, WF_EMPLOYEE, WF_AGENCY_WORKER, WF_STUDENT } wf_worker;

typedef struct wf_timeline {
    uint32_t subject;
    uint16_t org;                   /* UNIT code of the organisation */
    uint8_t kind;                   /* wf_subject_kind */
    struct { wf_fact *fact; uint32_t n, cap; } chain[WF_CHAIN_COUNT];
    wf_detail *detail;              /* ENGAGEMENT, PLACEMENT, POST, VACANCIES */
    uint32_t details, detail_cap;
    struct { void *p; uint32_t n, cap; } table[4];
    char *arena;
    uint32_t arena_n, arena_cap;
    uint64_t *sieve;                /* a Bloom filter of the identities in it, in blocks of one cache line */
    uint32_t facts, blocks;         /* facts: with those aside */
    wf_fact *aside;
    wf_tie *tie;
    uint32_t asides, aside_cap, ties, tie_cap, idle;    /* idle: ties that have no effect */
    wf_place *place;
    uint32_t places;
    int32_t first_place;            /* first day with a place; INT32_MAX: never */
} wf_timeline;

wf_chain wf_chain_of(wf_event_type type);

wf_timeline *wf_timeline_new(uint32_t subject, wf_subject_kind kind, uint16_t org);
void wf_timeline_free(wf_timeline **p);
size_t wf_timeline_bytes(const wf_timeline *t);

/* Texts of the arena. */
wf_str wf_timeline_text(const wf_timeline *t, uint32_t at);

/* The fact of this identity, or NULL. Cost: one look for one that is not there; a scan of the facts for one that is. */
const wf_fact *wf_timeline_find(const wf_timeline *t, uint16_t source, wf_str id);

/* Asks memory for what putting a fact of this identity and chain will touch: first the timeline, then what it points to. */
void wf_timeline_prefetch(const wf_timeline *t);
void wf_timeline_prefetch_chain(const wf_timeline *t, wf_chain c, uint16_t source, wf_str id);

/* The texts that order facts, and who succeeds whom; profile may be NULL: nobody. */
typedef struct wf_sources { const wf_str *name; uint32_t n; const wf_profile *profile; } wf_sources;      /* name[number - 1] */

/* An event with the numbers that stand for its texts. case_number: the case's subject number, for allocations. */
typedef struct wf_entry { const wf_event *ev; uint64_t sequence; uint32_t case_number; uint16_t source, target_source; } wf_entry;

/* Neither names a target nor is named as one by what is here: it stands, and nothing else is concerned. An allocation always
 * is plain in its worker's timeline: who corrects it is its case's affair. */
bool wf_timeline_unconcerned(const wf_timeline *t, const wf_entry *x);
static inline bool wf_timeline_plain(const wf_timeline *t, const wf_entry *x)
{
    return (t->ties == 0 && !wf_event_is_link(x->ev)) || wf_timeline_unconcerned(t, x);
}
/* Puts a plain event among the facts (its identity is not there yet). Codes are interned in `l`. Returns the fact's place in
 * its chain. */
uint32_t wf_timeline_put(wf_timeline *t, wf_ledger *l, const wf_sources *sources, const wf_entry *x);

/* What must change places so that F6 holds: one out of its chain, one of those aside into the same chain. */
#define WF_NO_FACT UINT32_MAX
typedef struct wf_shift { wf_chain chain; uint32_t out, in; } wf_shift;     /* place in the chain; place among those aside */
/* Puts any other event aside and works out what must shift (at most one fact each way, of the tree that it belongs to).
 * Cost: the subject's facts are scanned for the original, its corrections and voids twice; the rest is the tree's size. */
wf_shift wf_timeline_put_aside(wf_timeline *t, wf_ledger *l, const wf_sources *sources, const wf_entry *x);
/* Shifts. Returns the place in the chain of the one that came in, or WF_NO_FACT. */
uint32_t wf_timeline_shift(wf_timeline *t, const wf_sources *sources, const wf_shift *shift);
/* All of it at once, where nothing is folded. *moved (may be NULL): what stood and does not, and the other way. */
typedef struct wf_moved { wf_fact out, in; bool has_out, has_in; } wf_moved;
void wf_timeline_take(wf_timeline *t, wf_ledger *l, const wf_sources *sources, const wf_entry *x, wf_moved *moved);
/* Takes a fact out for good: an allocation that no longer stands in its case. */
void wf_timeline_drop(wf_timeline *t, wf_chain c, uint32_t at);
/* The fact of a correction or void: standing or aside. */
const wf_fact *wf_timeline_tied(const wf_timeline *t, const wf_tie *tie);

static inline const wf_detail *wf_detail_of(const wf_timeline *t, const wf_fact *f) { return &t->detail[f->value]; }
const wf_absence_detail *wf_absence_of(const wf_timeline *t, const wf_fact *f);
const wf_training_detail *wf_training_of(const wf_timeline *t, const wf_fact *f);
const wf_allocation_detail *wf_allocation_of(const wf_timeline *t, const wf_fact *f);
const wf_complete_detail *wf_complete_of(const wf_timeline *t, const wf_fact *f);
/* The key of a fact (engagement, placement, absence, training, allocation id), to be compared with wf_timeline_same. */
uint32_t wf_timeline_key(const wf_timeline *t, const wf_fact *f);
/* What key_print is of a key. */
uint16_t wf_timeline_print(const wf_timeline *t, uint32_t key);
/* The newest fact of the chain (by day) whose key has this text, or NULL. Cost: a scan of the chain's facts alone. */
const wf_fact *wf_timeline_keyed(const wf_timeline *t, wf_chain c, const void *key, size_t n);
bool wf_timeline_same(const wf_timeline *t, uint32_t a, uint32_t b);

/* F6. said: by (time, source, id); order: by day first. */
int wf_fact_said_cmp(const wf_timeline *t, const wf_sources *s, const wf_fact *a, const wf_fact *b);
/* Of two starts (ends) of one key: the one that holds; NULL counts as none. */
const wf_fact *wf_fact_holds(const wf_timeline *t, const wf_sources *s, const wf_fact *a, const wf_fact *b);
/* First fact of the chain on or after the day. */
uint32_t wf_timeline_lower(const wf_timeline *t, wf_chain c, int32_t day);

/* Place on a day (index of the segment that holds it, or -1) and the last cell before it. */
int32_t wf_place_at(const wf_timeline *t, int32_t day);
uint32_t wf_place_last(const wf_timeline *t, int32_t day);

/* ---- between the files of the timeline ---- */
uint32_t wf_timeline_keep(wf_timeline *t, wf_str s);                /* in the arena */
uint32_t wf_timeline_identity(uint16_t source, wf_str id);          /* print of an identity */
wf_fact wf_timeline_make(wf_timeline *t, wf_ledger *l, const wf_entry *x);      /* a fact that is counted and known, but nowhere yet */
uint32_t wf_timeline_insert(wf_timeline *t, const wf_sources *s, wf_chain c, const wf_fact *f);
