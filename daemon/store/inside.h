/* inside -- what the store's own files share. Values lie in the store as crc32c | bytes, the CRC over key and bytes. */
#pragma once
#include <lmdb.h>
#include <sodium.h>
#include "store/heads.h"
#include "store/record.h"
#include "store/store.h"
#include "store/subjects.h"

typedef enum wf_table {
    WF_TABLE_JOURNAL, WF_TABLE_POSTINGS, WF_TABLE_IMAGE, WF_TABLE_HEADS, WF_TABLE_NAMES, WF_TABLE_SUBJECTS,
    WF_TABLE_WATERMARKS, WF_TABLE_OUTBOX, WF_TABLE_SMALL, WF_TABLE_META, WF_TABLES
} wf_table;
extern const struct wf_table_row { const char *name; unsigned flags; } wf_table_rows[WF_TABLES];

/* A journal key is twice the sequence; the seal of the commit that ends with it is the odd one after. */
#define WF_KEY_OF(sequence) ((uint64_t) (sequence) << 1)
#define WF_SEAL_OF(sequence) (WF_KEY_OF(sequence) | 1u)
#define WF_CHAIN_BYTES 32u
#define WF_DATA_FILE "data.mdb"
#define WF_LOCK_FILE "workforced.lock"
#define WF_STORE_FORMAT 2u             /* 1: seals did not name their transaction */

/* What a commit settles; lies in the store as its seal. */
typedef struct wf_seal {
    uint64_t first;                     /* sequence of the commit's first record; above its last if it had none */
    uint64_t floor, heads_floor, derive_to, alerts;
    uint32_t subjects, format;
    uint8_t chain[WF_CHAIN_BYTES];
    uint64_t transaction;               /* LMDB's number of the commit; 0: a seal of format 1 */
} wf_seal;
#define WF_SEAL_BYTES_1 offsetof(wf_seal, transaction)
typedef struct wf_sealed { uint64_t last; wf_seal seal; } wf_sealed;     /* last: sequence */

typedef struct wf_state {
    uint64_t next;                      /* sequence of the next record */
    uint64_t posted;                    /* key of the last postings row: sequence and part */
    uint32_t posted_part;
    wf_seal seal;
} wf_state;

typedef struct wf_mark wf_mark;         /* a watermark that the open transaction has set */

struct wf_store {
    crypto_generichash_state hash;      /* over the open transaction's records */
    MDB_env *env;
    MDB_dbi table[WF_TABLES];
    MDB_txn *txn, *reading;             /* reading: of the writing thread, for use outside a transaction */
    bool reading_live;
    MDB_cursor *tail;                   /* of the journal, in txn */
    bool wrote;                         /* the open transaction holds something */
    wf_rc failed;                       /* first failure of the open transaction: it cannot be committed any more */
    wf_state now, then;                 /* then: as committed */
    wf_heads heads;
    wf_subjects subjects;
    wf_mark *marks, *mark_last;
    uint64_t instance;
    uint32_t measures_version, format;  /* as the store was found */
    uint8_t id_bytes[16];
    char id[33];
    struct { int64_t ms; uint64_t sequence; } restored;
    uint64_t limit, disk_reserve;
    bool full;
    int directory, lock;
    char path[1024];
};

/* What LMDB said, as a result: WF_FULL, WF_DAMAGED, WF_SYSTEM. */
wf_rc wf_store_fault(wf_err *e, int rc, const char *what);

/* The first failure of the open transaction again, if there was one. */
static inline wf_rc wf_store_sound(const wf_store *s, wf_err *e)
{
    return s->failed == WF_OK ? WF_OK : wf_fail(e, s->failed, "the transaction has failed before");
}

/* Notes what failed in the open transaction: it cannot be committed any more. */
static inline wf_rc wf_store_failed(wf_store *s, wf_rc rc)
{
    if (rc != WF_OK && s->failed == WF_OK)
        s->failed = rc;
    return rc;
}

/* Reads and checks the file before it is mapped: its first pages, every inner page, and the leaves that a start reads.
 * `*ret_empty`: there is no store in it yet. WF_DAMAGED, WF_SYSTEM. */
WF_NODISCARD wf_rc wf_file_check(int directory, const char *name, bool *ret_empty, wf_err *e);

/* ---- values in a transaction of either kind ---- */
static inline MDB_val wf_val(const void *p, size_t n) { return (MDB_val) { n, (void *) (uintptr_t) p }; }
WF_NODISCARD wf_rc wf_value_put(MDB_txn *txn, MDB_dbi dbi, MDB_val key, wf_str head, wf_str bytes, unsigned flags, wf_err *e);
/* The bytes of a value as it lies in the store. */
WF_NODISCARD wf_rc wf_value_open(MDB_val key, MDB_val value, wf_str *ret, wf_err *e);
WF_NODISCARD wf_rc wf_value_get(MDB_txn *txn, MDB_dbi dbi, MDB_val key, wf_str *ret, wf_err *e);
/* Rows from `from` on whose key begins with its first `prefix` bytes, in order. */
typedef wf_rc wf_row_visit(void *ctx, wf_str key, wf_str bytes, wf_err *e);
WF_NODISCARD wf_rc wf_rows(MDB_txn *txn, MDB_dbi dbi, wf_str from, size_t prefix, wf_row_visit *visit, void *ctx, wf_err *e);

/* A seal's bytes, of this format or an older one. */
WF_NODISCARD wf_rc wf_seal_take(uint64_t sequence, wf_str bytes, wf_seal *ret, wf_err *e);
/* What is numbered without holes and not found though it must be there is damage. */
static inline wf_rc wf_missing(wf_rc rc, uint64_t number, uint64_t last, const char *what, wf_err *e)
{
    return rc == WF_ABSENT && number >= 1 && number <= last
               ? wf_fail(e, WF_DAMAGED, "%s %llu is missing", what, (unsigned long long) number) : rc;
}
WF_NODISCARD wf_rc wf_seal_get(MDB_txn *txn, MDB_dbi journal, uint64_t sequence, wf_seal *ret, wf_err *e);
/* The transaction to read with: the open one, else a snapshot that wf_store_begin lets go. */
WF_NODISCARD wf_rc wf_store_reading(wf_store *s, MDB_txn **ret, wf_err *e);
/* Forgets in the open transaction. */
WF_NODISCARD wf_rc wf_derived_forget(wf_store *s, wf_err *e);
WF_NODISCARD wf_rc wf_subject_row(uint32_t number, wf_str bytes, uint8_t *kind, uint16_t *org, wf_str *id, wf_err *e);
WF_NODISCARD wf_rc wf_smalls(MDB_txn *txn, MDB_dbi dbi, uint8_t kind, wf_store_small_visit *visit, void *ctx, wf_err *e);
/* Reads a record or the first one at or after the cursor's key. */
WF_NODISCARD wf_rc wf_journal_get(MDB_txn *txn, MDB_dbi journal, uint64_t sequence, wf_record *ret, wf_err *e);
/* Part of opening: adds a hash of the records first..last, read from the journal, to *chain. */
WF_NODISCARD wf_rc wf_chain_step(MDB_txn *txn, MDB_dbi journal, uint64_t first, uint64_t last, uint8_t chain[WF_CHAIN_BYTES], wf_err *e);
void wf_marks_forget(wf_store *s);
WF_NODISCARD wf_rc wf_marks_write(wf_store *s, wf_err *e);

static inline void wf_put_be32(uint8_t *p, uint32_t v) { v = __builtin_bswap32(v); __builtin_memcpy(p, &v, 4); }
static inline void wf_put_be64(uint8_t *p, uint64_t v) { v = __builtin_bswap64(v); __builtin_memcpy(p, &v, 8); }
static inline uint32_t wf_get_be32(const void *p) { uint32_t v; __builtin_memcpy(&v, p, 4); return __builtin_bswap32(v); }
static inline uint64_t wf_get_be64(const void *p) { uint64_t v; __builtin_memcpy(&v, p, 8); return __builtin_bswap64(v); }
