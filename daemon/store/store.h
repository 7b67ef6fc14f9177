/* store -- LMDB: the journal and all that is derived from it, in one environment. The only place with lmdb.h.
 *
 *   journal    sequence -> record          every accepted event, refusal, tick, profile; J1. Append only
 *              and after each commit its seal: chained hash (J5), floors, counts
 *   postings   last sequence of a commit -> the commit's postings (derived)
 *   image      (a, b) -> bytes             pages of the ledger, taken a few with each commit
 *   heads      page -> last entries        of 504 subjects a page; taken a few with a commit, only when they lag behind
 *   names      (kind, number) -> bytes     codes, cells, flows, sources, by number; append only
 *   subjects   number -> (kind, org, id)   apart from the journal, which holds numbers only (J4)
 *   watermarks (source, epoch) -> message number
 *   outbox     alert number -> bytes       alerts told, dense
 *   small      (kind, number) -> bytes     told states, findings, counters
 *   meta       name -> bytes               format, store id, clock kind, instance, version of the measures
 *
 * Each value carries a CRC32C over key and bytes, each commit a hash over the one before it and its records.
 *
 * In memory: the subjects' ids and last entries, some 35 bytes and the id for each (1,000,000 subjects with ids of 20
 * bytes: about 55 MB), filled at the start; nothing else grows with the store.
 *
 * Default durability (two flushes a commit), no WRITEMAP, NOSYNC, NOMETASYNC or DUPSORT; opened once in a process;
 * a lock file inside keeps a second daemon out. One writing transaction at a time, of one thread; readers have their
 * own. Bytes given by a reader are borrowed until its end; the writer's from the journal until the next write. */
#pragma once
#include <workforce/types.h>

typedef struct wf_store wf_store;

typedef struct wf_store_options {
    const char *path;                   /* directory, made 0700 if absent */
    uint64_t map_bytes;                 /* address space; 0: 64 GiB */
    uint64_t limit_bytes, disk_reserve; /* see wf_store_space; limit 0: the map */
    bool manual_clock;                  /* the store remembers and refuses the other kind (T6) */
    int64_t restored_ms;                /* not 0: it has just been restored from a backup, at this instant; takes either clock */
    uint32_t measures_version;          /* another one in the store: it forgets what is derived, see wf_store_derive_to() */
} wf_store_options;

/* WF_SYSTEM with path and cause; WF_BUSY another process has it; WF_CONFIG it was made with the other kind of clock;
 * WF_DAMAGED not a store, a newer format, or a checksum that fails. */
WF_NODISCARD wf_rc wf_store_open(const wf_store_options *o, wf_store **ret, wf_err *e);
void wf_store_close(wf_store **p);

/* From now on a page that the disk does not give, or that LMDB itself finds damaged, ends the process with `status` and a
 * sentence on standard error, not by a signal. For the process that owns the store; before it is opened. */
void wf_store_guard(int status);

const char *wf_store_id(const wf_store *s);         /* 32 hex digits, random, for ever */
uint64_t wf_store_instance(const wf_store *s);      /* counts openings; goes on from the clock after a restore, so none comes twice */
/* When it was last restored from a backup, ms, and the last entry that the backup held; false: never. */
bool wf_store_restored(const wf_store *s, int64_t *ms, uint64_t *sequence);
bool wf_store_fresh(const wf_store *s);             /* the journal is empty */
uint64_t wf_store_last(const wf_store *s);          /* sequence of the last committed entry; 0: none */
uint64_t wf_store_used_bytes(const wf_store *s);

/* How much room is left, in bytes. `full`: less than the reserve (5 % of the limit, and what is to stay free on the disk); a
 * commit would still go through, and is for tidying up: nothing new is to be taken in. Of the writing thread, outside a
 * transaction; some microseconds, more where the store is nearly full. */
typedef struct wf_space {
    uint64_t used, limit, reserve, disk_free, disk_reserve;
    bool full, was_full;                /* was_full: the last time it was asked */
    char why[120];                      /* full: a sentence */
} wf_space;
void wf_store_space(wf_store *s, wf_space *ret);

/* ---- writing ---- */
WF_NODISCARD wf_rc wf_store_begin(wf_store *s, wf_err *e);
/* Ends with two flushes. On failure nothing of the transaction is there and the caller must not acknowledge: WF_FULL
 * when map or disk is full (the store stays usable), else WF_SYSTEM or what an earlier call of the transaction gave.
 * `postings`: the commit's postings as the engine encodes them (may be empty). A commit without records keeps its
 * postings under the last sequence, beside those already there. */
WF_NODISCARD wf_rc wf_store_commit(wf_store *s, const void *postings, size_t n, wf_err *e);
void wf_store_abort(wf_store *s);                   /* also accepts that none is open */

typedef enum wf_record_kind { WF_RECORD_EVENT = 1, WF_RECORD_REFUSED, WF_RECORD_TICK, WF_RECORD_PROFILE, WF_RECORD_ERASED, WF_RECORD_LOAD } wf_record_kind;

#define WF_RECORD_SUBJECTS 3
#define WF_RECORD_ID_MAX 255u
#define WF_RECORD_BODY_MAX (1u << 20)
typedef struct wf_record {
    uint64_t sequence;                  /* given by wf_store_append */
    uint8_t kind;                       /* wf_record_kind */
    uint8_t type;                       /* wf_event_type; of a refusal the wf_rc; of a load 1 where it begins, 0 where it ends */
    uint8_t flags;                      /* WF_RECORD_* below */
    uint8_t subject_count;
    uint16_t source;                    /* number in names */
    uint16_t org;                       /* number in names (the unit code of the organisation) */
    int32_t effective;                  /* day; of a tick the day that ended */
    int64_t time, arrival;              /* ms */
    uint64_t source_sequence;
    uint32_t subject[WF_RECORD_SUBJECTS];
    uint64_t previous[WF_RECORD_SUBJECTS];  /* the subject's entry before this one; filled in by wf_store_append */
    uint16_t target_source;             /* of a correction or void: number of the source of what it names; else 0 */
    wf_str id;                          /* event id (issue D seals it) */
    wf_str target;                      /* of a correction or void: the id that it names */
    wf_str body;                        /* canonical data map without subject ids; refusal: reason and up to 256 bytes; profile: its text */
} wf_record;
#define WF_RECORD_ADJUSTMENT 1u
#define WF_RECORD_INFERRED 2u
#define WF_RECORD_CORRECTS 8u           /* names a target, as does the next */
#define WF_RECORD_VOIDS 16u
#define WF_RECORD_FRAME_END 4u          /* the last event of its publisher's frame: alerts are judged after it (A3) */

/* Appends with the next sequence, a CRC32C, and the subjects' chains. WF_SIZE: id or body above its limit. */
WF_NODISCARD wf_rc wf_store_append(wf_store *s, wf_record *r, wf_err *e);
/* Reads an entry (in the open writing transaction if the calling thread has one). Text is borrowed. WF_ABSENT, WF_DAMAGED. */
WF_NODISCARD wf_rc wf_store_read(wf_store *s, uint64_t sequence, wf_record *ret, wf_err *e);
uint64_t wf_store_next(const wf_store *s);          /* the sequence that the next append will get */

/* Subjects. Numbers are dense from 1. find: 0 if unknown. `head`: last journal entry of a subject, 0 none. */
WF_NODISCARD wf_rc wf_store_subject(wf_store *s, uint8_t kind, uint16_t org, wf_str id, bool make, uint32_t *ret, wf_err *e);
/* Asks memory for what wf_store_subject will look at; of the writer's thread. */
void wf_store_subject_prefetch(const wf_store *s, uint8_t kind, uint16_t org, wf_str id);
/* The subject's id, for answers to those allowed; borrowed. WF_ABSENT when erased. */
WF_NODISCARD wf_rc wf_store_subject_id(wf_store *s, uint32_t subject, uint8_t *kind, uint16_t *org, wf_str *id, wf_err *e);
uint32_t wf_store_subjects(const wf_store *s);
uint64_t wf_store_head(const wf_store *s, uint32_t subject);

/* Kinds of names and of small values from here on are derived: wf_store_derived_reset() forgets them. */
#define WF_KIND_DERIVED 128u

/* Names: append-only texts by kind and number (numbers from 1, given by the caller in order). */
WF_NODISCARD wf_rc wf_store_name_put(wf_store *s, uint8_t kind, uint32_t number, const void *bytes, size_t n, wf_err *e);
typedef wf_rc wf_store_name_visit(void *ctx, uint8_t kind, uint32_t number, const void *bytes, size_t n, wf_err *e);
WF_NODISCARD wf_rc wf_store_names(wf_store *s, wf_store_name_visit *visit, void *ctx, wf_err *e);

/* Image pages of the ledger: written with a commit, read at a start; each with the sequence it stands for. */
WF_NODISCARD wf_rc wf_store_image_put(wf_store *s, uint32_t a, int32_t b, const void *bytes, size_t n, uint64_t sequence, wf_err *e);
typedef wf_rc wf_store_image_visit(void *ctx, uint32_t a, int32_t b, const void *bytes, size_t n, uint64_t sequence, wf_err *e);
WF_NODISCARD wf_rc wf_store_image(wf_store *s, wf_store_image_visit *visit, void *ctx, wf_err *e);
/* The floor: all that is derived up to this sequence is in the image. Set before a commit. The subjects' heads have a
 * floor of their own, which the store keeps by itself. */
void wf_store_floor_set(wf_store *s, uint64_t sequence);
uint64_t wf_store_floor(const wf_store *s);
/* Every commit whose last sequence is above `after`, in order. */
typedef wf_rc wf_store_postings_visit(void *ctx, uint64_t last, const void *bytes, size_t n, wf_err *e);
WF_NODISCARD wf_rc wf_store_postings(wf_store *s, uint64_t after, wf_store_postings_visit *visit, void *ctx, wf_err *e);
/* Forgets image, postings and the derived kinds of names and small values (not journal, subjects, outbox), and sets the
 * floor to 0: to derive everything anew. In a transaction. */
WF_NODISCARD wf_rc wf_store_derived_reset(wf_store *s, wf_err *e);
/* After such a reset, also one that wf_store_open made: entries above the floor up to this sequence have no postings
 * and are to be derived from the journal, before the postings after it apply. Until the floor has reached it; 0: none. */
uint64_t wf_store_derive_to(const wf_store *s);

/* Watermarks of publisher sessions; 0 if none. get sees the open transaction. */
WF_NODISCARD wf_rc wf_store_watermark(wf_store *s, wf_str source, uint64_t epoch, uint64_t *ret, wf_err *e);
WF_NODISCARD wf_rc wf_store_watermark_set(wf_store *s, wf_str source, uint64_t epoch, uint64_t number, wf_err *e);
/* The newest epoch that a source has used; 0 none. */
WF_NODISCARD wf_rc wf_store_epoch(wf_store *s, wf_str source, uint64_t *ret, wf_err *e);

/* Outbox: numbers from 1 without holes. */
WF_NODISCARD wf_rc wf_store_alert_put(wf_store *s, uint64_t number, const void *bytes, size_t n, wf_err *e);
uint64_t wf_store_alerts(const wf_store *s);        /* the last committed number */

/* Small state under a name (at most 32 bytes): told states of rules, counters. */
WF_NODISCARD wf_rc wf_store_meta_put(wf_store *s, const char *name, const void *bytes, size_t n, wf_err *e);
WF_NODISCARD wf_rc wf_store_meta_get(wf_store *s, const char *name, void *buf, size_t cap, size_t *n, wf_err *e);   /* WF_ABSENT */
/* The same for values keyed by number (kind, number): told state of a pair, findings of a subject. n == 0 deletes. */
WF_NODISCARD wf_rc wf_store_small_put(wf_store *s, uint8_t kind, uint64_t number, const void *bytes, size_t n, wf_err *e);
typedef wf_rc wf_store_small_visit(void *ctx, uint8_t kind, uint64_t number, const void *bytes, size_t n, wf_err *e);
WF_NODISCARD wf_rc wf_store_smalls(wf_store *s, uint8_t kind, wf_store_small_visit *visit, void *ctx, wf_err *e);

/* ---- reading, from any one other thread: a snapshot ---- */
typedef struct wf_reader wf_reader;
WF_NODISCARD wf_rc wf_reader_new(wf_store *s, wf_reader **ret, wf_err *e);
void wf_reader_free(wf_reader **p);
void wf_reader_renew(wf_reader *r);                 /* sees the newest commit; what was borrowed is gone. Call at most 5 ms or 1,000 rows apart */
/* Gives the snapshot back until the next renewal: an idle reader that keeps one keeps every page from being used again. */
void wf_reader_rest(wf_reader *r);
uint64_t wf_reader_last(wf_reader *r);
WF_NODISCARD wf_rc wf_reader_record(wf_reader *r, uint64_t sequence, wf_record *ret, wf_err *e);
/* The first record at or after `from` of the kinds given as bits 1 << wf_record_kind; WF_ABSENT at the end. */
WF_NODISCARD wf_rc wf_reader_next(wf_reader *r, uint64_t from, unsigned kinds, wf_record *ret, wf_err *e);
WF_NODISCARD wf_rc wf_reader_alert(wf_reader *r, uint64_t number, wf_str *bytes, wf_err *e);
uint64_t wf_reader_alerts(wf_reader *r);
WF_NODISCARD wf_rc wf_reader_subject_id(wf_reader *r, uint32_t subject, uint8_t *kind, uint16_t *org, wf_str *id, wf_err *e);
WF_NODISCARD wf_rc wf_reader_smalls(wf_reader *r, uint8_t kind, wf_store_small_visit *visit, void *ctx, wf_err *e);

/* ---- looking after the bytes ---- */

typedef struct wf_store_report {
    char id[33], chain[65];             /* chain: hash of the last commit, over all before it */
    uint32_t format;
    uint64_t instance, sequence, events, subjects, alerts, rows, pages, bytes;
} wf_store_report;

/* Reads a store that nobody has open, or a backup of one, whole: every page, every row's checksum, every commit's hash.
 * `path`: its directory or its file. Maps nothing, changes nothing. WF_DAMAGED with the first fault; WF_BUSY; WF_SYSTEM. */
WF_NODISCARD wf_rc wf_store_scrub(const char *path, wf_store_report *ret, wf_err *e);

/* Makes the file of a store that nobody has open anew from its journal and what cannot be derived: the next start derives
 * the rest. The old file stays beside it as damaged.mdb. WF_DAMAGED: what cannot be derived is hurt too; nothing changed. */
WF_NODISCARD wf_rc wf_store_rederive(const char *path, wf_err *e);

/* What wf_store_scrub does, of an open store while it is written, by parts, of one other thread: each part reads a snapshot of its own. */
typedef struct wf_scrub wf_scrub;
typedef struct wf_scrub_state { uint64_t turns, pages, all; } wf_scrub_state;     /* whole turns; pages read of this one */
WF_NODISCARD wf_rc wf_scrub_new(wf_store *s, wf_scrub **ret, wf_err *e);
void wf_scrub_free(wf_scrub **p);
/* About so many pages. WF_DAMAGED: *derived says whether all that is hurt can be derived anew from the journal; goes on
 * with the next table. WF_SYSTEM: the disk does not give what it holds. */
WF_NODISCARD wf_rc wf_scrub_part(wf_scrub *c, uint64_t pages, bool *derived, wf_err *e);
wf_scrub_state wf_scrub_at(const wf_scrub *c);

/* One commit's state as the bytes of a file: a backup. Holding it keeps every page of it from being used again, so the
 * store grows meanwhile. Of the writing thread. */
typedef struct wf_snapshot wf_snapshot;
WF_NODISCARD wf_rc wf_snapshot_new(wf_store *s, wf_snapshot **ret, wf_err *e);
void wf_snapshot_free(wf_snapshot **p);
uint64_t wf_snapshot_bytes(const wf_snapshot *s);
uint64_t wf_snapshot_last(const wf_snapshot *s);        /* its last journal sequence */
/* n bytes from `at` on, within its bytes. WF_SYSTEM: the disk does not give them. */
WF_NODISCARD wf_rc wf_snapshot_read(const wf_snapshot *s, uint64_t at, void *buf, size_t n, wf_err *e);

/* CRC32C of bytes, continuing from `crc` (0 to begin). */
uint32_t wf_crc32c(uint32_t crc, const void *bytes, size_t n);
