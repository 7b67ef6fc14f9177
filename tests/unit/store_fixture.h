/* store_fixture -- a fresh directory for each test of the store, and events that can be checked wherever they are read. */
#pragma once
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"

static char dir[] = "/tmp/wf_store_XXXXXX";
static char path[64];
static wf_err err;

#define OK(expr) do { wf_rc rc_ = (expr); cr_assert(eq(int, rc_, WF_OK), "%s: %s", #expr, err.text); } while (0)
#define GIVES(expr, want) do { wf_rc rc_ = (expr); cr_assert(eq(int, rc_, want), "%s: %s", #expr, err.text); } while (0)

static inline void make_dir(void)
{
    cr_assert(ne(ptr, mkdtemp(dir), NULL));
    snprintf(path, sizeof path, "%s/s", dir);
}
static inline int unlink_one(const char *p, const struct stat *st, int flag, struct FTW *f)
{
    (void) st, (void) flag, (void) f;
    return remove(p);
}
static inline void remove_tree(const char *p) { nftw(p, unlink_one, 16, FTW_DEPTH | FTW_PHYS); }
static inline void remove_dir(void) { remove_tree(dir); }

static inline wf_store *open_at(const char *p)
{
    wf_store *s = NULL;
    wf_store_options o = { .path = p, .manual_clock = true, .measures_version = 1 };

    OK(wf_store_open(&o, &s, &err));
    return s;
}
static inline void reopen(wf_store **s)
{
    wf_store_close(s);
    *s = open_at(path);
}
static inline void begin(wf_store *s) { OK(wf_store_begin(s, &err)); }
static inline void commit(wf_store *s) { OK(wf_store_commit(s, NULL, 0, &err)); }
static inline uint32_t person(wf_store *s, unsigned i)
{
    char id[32];
    uint32_t n = 0;

    OK(wf_store_subject(s, 0, 1, (wf_str) { id, (size_t) snprintf(id, sizeof id, "person-%u", i) }, true, &n, &err));
    return n;
}

/* An event whose every field follows from its sequence, so that it can be checked wherever it is read. */
static char text_of[64], id_of[32];
static inline wf_record event(uint64_t n, uint32_t subject)
{
    return (wf_record) {
        .kind = WF_RECORD_EVENT, .type = (uint8_t) (n % 17), .flags = (uint8_t) (n % 8), .subject_count = subject != 0,
        .source = (uint16_t) (n % 5), .org = 1, .effective = (int32_t) (n % 20000) - 7000, .time = (int64_t) n * 1000,
        .arrival = (int64_t) n * 1001, .source_sequence = n * 7, .subject = { subject },
        .id = { id_of, (size_t) snprintf(id_of, sizeof id_of, "evt-%08llu-x", (unsigned long long) n) },
        .body = { text_of, (size_t) snprintf(text_of, sizeof text_of, "body of %llu", (unsigned long long) n * n) },
    };
}
static inline uint64_t append(wf_store *s, uint32_t subject)
{
    wf_record r = event(wf_store_next(s), subject);

    OK(wf_store_append(s, &r, &err));
    return r.sequence;
}
static inline bool same(const wf_record *a, const wf_record *b)
{
    return a->sequence == b->sequence && a->kind == b->kind && a->type == b->type && a->flags == b->flags &&
        a->subject_count == b->subject_count && a->source == b->source && a->org == b->org && a->effective == b->effective &&
        a->time == b->time && a->arrival == b->arrival && a->source_sequence == b->source_sequence &&
        memcmp(a->subject, b->subject, a->subject_count * sizeof a->subject[0]) == 0 &&
        memcmp(a->previous, b->previous, a->subject_count * sizeof a->previous[0]) == 0 &&
        a->target_source == b->target_source && wf_str_eq(a->id, b->id) && wf_str_eq(a->target, b->target) && wf_str_eq(a->body, b->body);
}
static inline bool is_event(const wf_record *r)
{
    wf_record want = event(r->sequence, r->subject_count != 0 ? r->subject[0] : 0);

    want.sequence = r->sequence;
    memcpy(want.previous, r->previous, sizeof want.previous);
    return same(r, &want);
}

static inline void many_events(wf_store *s, unsigned commits, unsigned records)
{
    begin(s);
    person(s, 1);
    commit(s);
    for (unsigned i = 0; i < commits; i++) {
        begin(s);
        for (unsigned k = 0; k < records; k++)
            append(s, 1);
        OK(wf_store_commit(s, "some postings", 13, &err));
    }
}

static unsigned seed;
static inline unsigned draw(unsigned below) { return (unsigned) rand_r(&seed) % below; }
