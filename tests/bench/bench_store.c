/* bench_store -- what the store costs: commits, appends, look-ups, reads, starts. On the disk below $TMPDIR (default /var/tmp).
 *
 * Each line: rounds after one to warm up, fixed seed; a round's figure is its mean. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/sample.h"
#include "store/record.h"
#include "store/store.h"

#define CHECK(expr) do { if ((expr) != WF_OK) { fprintf(stderr, "%s: %s\n", #expr, err.text); exit(1); } } while (0)

typedef struct bed {
    wf_store *s;
    wf_reader *reader;
    unsigned seed, subjects, per_commit, turn;
    uint64_t sum;                       /* what was read, so that reading is not left out */
    char path[256];
} bed;

static wf_err err;

static unsigned draw(bed *b) { return b->seed = b->seed * 1664525u + 1013904223u, b->seed >> 4; }

static void open_store(bed *b)
{
    wf_store_options o = { .path = b->path, .manual_clock = true, .measures_version = 1 };

    CHECK(wf_store_open(&o, &b->s, &err));
}

static wf_str person(char buf[32], unsigned i)
{
    return (wf_str) { buf, (size_t) snprintf(buf, 32, "person-%08u-abcd", i) };
}

static void make_subjects(void *ctx, unsigned n)
{
    bed *b = ctx;
    char id[32];
    uint32_t number;

    CHECK(wf_store_begin(b->s, &err));
    for (unsigned i = 0; i < n; i++)
        CHECK(wf_store_subject(b->s, 0, 1, person(id, b->subjects++), true, &number, &err));
    CHECK(wf_store_commit(b->s, NULL, 0, &err));
}

static void find_subjects(void *ctx, unsigned n)
{
    bed *b = ctx;
    char id[32];
    uint32_t number;

    for (unsigned i = 0; i < n; i++) {
        CHECK(wf_store_subject(b->s, 0, 1, person(id, draw(b) % b->subjects), false, &number, &err));
        b->sum += number;
    }
}

/* n records of about 120 bytes in commits of b->per_commit, with a watermark and 40 bytes of postings each. */
static void append(void *ctx, unsigned n)
{
    bed *b = ctx;
    static char postings[40 * 2048];
    static const char body[] = "0123456789012345678901234567890123456789";

    for (unsigned done = 0; done < n; done += b->per_commit) {
        CHECK(wf_store_begin(b->s, &err));
        for (unsigned i = 0; i < b->per_commit; i++) {
            wf_record r = {
                .kind = WF_RECORD_EVENT, .subject_count = 1, .source = 1, .org = 1, .effective = 19000, .time = 1, .arrival = 2,
                .subject = { draw(b) % b->subjects + 1 }, .id = WF_STR("evt-0123456789ab"), .body = WF_STR(body),
            };
            CHECK(wf_store_append(b->s, &r, &err));
        }
        CHECK(wf_store_watermark_set(b->s, WF_STR("oracle"), 1, wf_store_next(b->s), &err));
        CHECK(wf_store_commit(b->s, postings, 40 * (size_t) b->per_commit, &err));
    }
}

/* The same with one page of the ledger's image a commit. */
static void append_with_image(void *ctx, unsigned n)
{
    bed *b = ctx;
    static char page[1200];

    for (unsigned done = 0; done < n; done++) {
        CHECK(wf_store_begin(b->s, &err));
        wf_record r = { .kind = WF_RECORD_EVENT, .subject_count = 1, .subject = { draw(b) % b->subjects + 1 },
                        .id = WF_STR("evt-0123456789ab"), .body = WF_STR("0123456789012345678901234567890123456789") };
        CHECK(wf_store_append(b->s, &r, &err));
        CHECK(wf_store_watermark_set(b->s, WF_STR("oracle"), 1, wf_store_next(b->s), &err));
        CHECK(wf_store_image_put(b->s, b->turn++ % 3000, 2024, page, sizeof page, r.sequence, &err));
        CHECK(wf_store_commit(b->s, page, 40, &err));
    }
}

static void read_chain(void *ctx, unsigned n)
{
    bed *b = ctx;
    wf_record r;
    uint64_t at = 0;

    for (unsigned i = 0; i < n; i++) {
        while (at == 0)
            at = wf_store_head(b->s, draw(b) % b->subjects + 1);
        CHECK(wf_store_read(b->s, at, &r, &err));
        b->sum += r.body.n;
        at = r.previous[0];
    }
}

static void scan(void *ctx, unsigned n)
{
    bed *b = ctx;
    wf_record r;

    wf_reader_renew(b->reader);
    for (uint64_t at = 1; at <= n; at = r.sequence + 1) {
        CHECK(wf_reader_next(b->reader, at, 1u << WF_RECORD_EVENT, &r, &err));
        b->sum += r.body.n;
    }
}

static void start(void *ctx, unsigned n)
{
    bed *b = ctx;
    for (unsigned i = 0; i < n; i++) {
        wf_store_close(&b->s);
        open_store(b);
    }
}

static void checksum(void *ctx, unsigned n)
{
    bed *b = ctx;
    static uint8_t bytes[120];

    for (unsigned i = 0; i < n; i++)
        b->sum += bytes[i % 120] = (uint8_t) wf_crc32c((uint32_t) i, bytes, sizeof bytes);
}

static int unlink_one(const char *p, const struct stat *st, int flag, struct FTW *f)
{
    (void) st, (void) flag, (void) f;
    return remove(p);
}

int main(void)
{
    bed b = { .seed = 1 };
    const char *tmp = getenv("TMPDIR");
    char dir[128];

    snprintf(dir, sizeof dir, "%s/wf_bench_XXXXXX", tmp != NULL ? tmp : "/var/tmp");
    if (mkdtemp(dir) == NULL) {
        perror(dir);
        return 1;
    }
    snprintf(b.path, sizeof b.path, "%s/store", dir);
    open_store(&b);
    bench("store.checksum of 120 bytes", checksum, &b, 100000);
    bench("store.subject new, by 2048", make_subjects, &b, 2048);
    bench("store.subject known", find_subjects, &b, 20000);
    b.per_commit = 1;
    bench("store.commit 1 record", append, &b, 64);
    bench("store.commit 1 record and a page", append_with_image, &b, 64);
    b.per_commit = 64;
    bench("store.append by 64", append, &b, 64 * 32);
    b.per_commit = 2048;
    bench("store.append by 2048", append, &b, 2048 * 16);
    CHECK(wf_reader_new(b.s, &b.reader, &err));
    bench("store.scan", scan, &b, (unsigned) wf_store_last(b.s) / 2);
    wf_reader_free(&b.reader);
    bench("store.read along a chain", read_chain, &b, 20000);
    bench_line("store.size", "%llu records, %u subjects, %.0f bytes a record with postings", (unsigned long long) wf_store_last(b.s),
               wf_store_subjects(b.s), (double) wf_store_used_bytes(b.s) / (double) wf_store_last(b.s));
    bench("store.start", start, &b, 1);
    if (!bench_quick()) {
        make_subjects(&b, 1000000 - b.subjects);
        bench("store.append by 2048, 1e6 subjects", append, &b, 2048 * 16);
        bench("store.start, 1e6 subjects", start, &b, 1);
    }
    wf_store_close(&b.s);
    nftw(dir, unlink_one, 16, FTW_DEPTH | FTW_PHYS);
    return b.sum == 0;
}
