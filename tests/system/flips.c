/* flips -- what a store's answers come to when single bits of it are flipped.
 *
 *   system_flips STORE PROFILE FLIPS SEED
 *   system_flips --leaf TABLE STORE       prints the offset of a byte in the first row of a table
 *
 * STORE is a directory that no daemon has open. Its answers (every journal entry, subject and alert, the ledger's dump, each
 * figure of the last days, findings, sources) make one digest. Then, FLIPS times, one bit of a page in use is flipped in a
 * copy, and a child opens the copy and answers: it must refuse with a reason, or give the same digest. The scrub must
 * find what the child does not tell. A signal, another digest or a refusal without a reason fails, with the bit's place. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/profile.h"
#include "store/walk.h"

enum { SAME = 0, REFUSED = 10, OTHER = 11, GUARDED = 12 };

static char copy[] = "/dev/shm/wf-flips.XXXXXX";
static uint8_t *intact;
static size_t size;

_Noreturn static void die(const char *what)
{
    fprintf(stderr, "flips: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* ---- answers --------------------------------------------------------------------------------------------------- */

typedef struct digest { crypto_generichash_state hash; uint64_t things; } digest;

static void add(digest *d, const void *p, size_t n)
{
    uint64_t length = n;
    crypto_generichash_update(&d->hash, (const uint8_t *) &length, sizeof length);
    crypto_generichash_update(&d->hash, p, n);
    d->things++;
}

static void add_figure(void *ctx, const wf_figure *f)
{
    char text[512];
    int n = snprintf(text, sizeof text, "%.*s %.*s %d %d %lld %lld %lld %d", WF_STR_ARG(f->unit), WF_STR_ARG(f->indicator), f->day.n,
                     f->status, (long long) f->numerator, (long long) f->denominator, (long long) f->people, f->rating);
    add(ctx, text, (size_t) n);
}

static void add_finding(void *ctx, const wf_engine_finding *f)
{
    add(ctx, f->kind, strlen(f->kind));
    add(ctx, f->id.p, f->id.n);
    add(ctx, &f->sequence, sizeof f->sequence);
}

static void add_source(void *ctx, const wf_engine_source *s)
{
    add(ctx, s->source.p, s->source.n);
    add(ctx, &s->accepted, sizeof s->accepted);
    add(ctx, &s->refused, sizeof s->refused);
    add(ctx, &s->complete_until, sizeof s->complete_until);
}

static wf_rc add_postings(void *ctx, uint64_t last, const void *bytes, size_t n, wf_err *e)
{
    (void) e;
    add(ctx, &last, sizeof last);
    add(ctx, bytes, n);
    return WF_OK;
}

static wf_rc add_engine(digest *d, wf_engine *en, wf_err *e)
{
    uint64_t at = 0;
    for (int back = 0; back < 3; back++) {
        wf_figure_query q = { .on = { wf_engine_today(en).n - 30 * back } };
        while (q.cursor != UINT64_MAX)
            WF_TRY(wf_engine_figures(en, &q, 64, add_figure, d, e));
    }
    char *dump = wf_engine_dump(en);
    add(d, dump, strlen(dump));
    free(dump);
    wf_engine_sources(en, add_source, d);
    while (at != UINT64_MAX)
        WF_TRY(wf_engine_findings(en, &at, 64, add_finding, d, e));
    return WF_OK;
}

static wf_rc add_store(digest *d, wf_store *s, wf_err *e)
{
    wf_reader *r = NULL;
    WF_TRY(wf_reader_new(s, &r, e));
    for (uint64_t i = 1; i <= wf_reader_last(r); i++) {
        wf_record x;
        WF_TRY(wf_reader_record(r, i, &x, e));
        add(d, &x.effective, sizeof x.effective);
        add(d, x.id.p, x.id.n);
        add(d, x.body.p, x.body.n);
    }
    for (uint64_t i = 1; i <= wf_reader_alerts(r); i++) {
        wf_str bytes;
        WF_TRY(wf_reader_alert(r, i, &bytes, e));
        add(d, bytes.p, bytes.n);
    }
    for (uint32_t i = 1; i <= wf_store_subjects(s); i++) {
        uint8_t kind;
        uint16_t org;
        wf_str id;
        uint64_t head = wf_store_head(s, i);
        WF_TRY(wf_store_subject_id(s, i, &kind, &org, &id, e));
        add(d, id.p, id.n);
        add(d, &head, sizeof head);
    }
    wf_reader_free(&r);
    return wf_store_postings(s, 0, add_postings, d, e);
}

static wf_rc answer(const wf_profile *profile, uint8_t ret[32], uint64_t *things, wf_err *e)
{
    wf_store *s = NULL;
    wf_engine *en = NULL;
    digest *d = aligned_alloc(64, (sizeof *d + 63) / 64 * 64);
    crypto_generichash_init(&d->hash, NULL, 0, 32);
    d->things = 0;
    WF_TRY(wf_store_open(&(wf_store_options) { .path = copy, .manual_clock = true, .map_bytes = UINT64_C(1) << 30,
                                               .measures_version = WF_MEASURES_VERSION }, &s, e));
    WF_TRY(wf_engine_open(&(wf_engine_options) { .store = s, .profile = profile }, &en, e));
    WF_TRY(add_engine(d, en, e));
    WF_TRY(add_store(d, s, e));
    crypto_generichash_final(&d->hash, ret, 32);
    *things = d->things;
    wf_engine_close(&en);
    wf_store_close(&s);
    return WF_OK;
}

/* ---- flips ----------------------------------------------------------------------------------------------------- */

/* A store of its own for each: the intact bytes, but one bit. */
static void lay(size_t at, unsigned bit)
{
    char path[128];
    const char *rest[] = { "lock.mdb", "workforced.lock" };
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", copy, rest[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/data.mdb", copy);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, intact, size) != (ssize_t) size)
        die(path);
    if (at < size) {
        uint8_t flipped = (uint8_t) (intact[at] ^ (1u << bit));
        if (pwrite(fd, &flipped, 1, (off_t) at) != 1)
            die(path);
    }
    close(fd);
}

/* What a child comes to; its reason, if any, in `text`. */
static int judge(const wf_profile *profile, const uint8_t want[32], char *text)
{
    int status;
    text[0] = '\0';
    pid_t child = fork();
    if (child == 0) {
        uint8_t got[32];
        uint64_t things;
        wf_err e = { .text = "" };
        alarm(20);
        wf_store_guard(GUARDED);
        if (answer(profile, got, &things, &e) == WF_OK)
            _exit(memcmp(got, want, 32) == 0 ? SAME : OTHER);
        memcpy(text, e.text, sizeof e.text);
        _exit(REFUSED);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        die("fork");
    if (WIFEXITED(status) && WEXITSTATUS(status) == GUARDED) {
        snprintf(text, sizeof ((wf_err *) 0)->text, "as standard error says");
        return REFUSED;
    }
    return WIFSIGNALED(status) ? 100 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A bit a page: in use by the snapshot that holds. */
static uint8_t *pages_in_use(uint64_t *pages)
{
    char path[128];
    wf_err e;
    wf_walk w;
    snprintf(path, sizeof path, "%s/data.mdb", copy);
    int fd = open(path, O_RDONLY);
    if (fd < 0 || wf_walk_open(fd, 0, &w, &e) != WF_OK || wf_walk_used(&w, &e) != WF_OK) {
        fprintf(stderr, "flips: %s\n", e.text);
        exit(2);
    }
    close(fd);
    *pages = w.last + 1;
    return w.seen;
}

static uint64_t random_state;
static uint64_t below(uint64_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 20) % n;
}

static void load(const char *store)
{
    char path[512];
    struct stat st;
    snprintf(path, sizeof path, "%s/data.mdb", store);
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0)
        die(path);
    size = (size_t) st.st_size;
    intact = malloc(size);
    if (read(fd, intact, size) != (ssize_t) size)
        die(path);
    close(fd);
    if (mkdtemp(copy) == NULL)
        die(copy);
}

static void remove_copy(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", copy);
    if (system(command) != 0)
        fprintf(stderr, "flips: %s stays\n", copy);
}

static wf_rc first_row(void *ctx, wf_table t, MDB_val key, MDB_val value, wf_err *e)
{
    const uint8_t *used = ctx, *found = intact;
    (void) t, (void) key;
    while ((found = memmem(found, size - (size_t) (found - intact), value.mv_data, value.mv_size)) != NULL) {
        size_t at = (size_t) (found - intact) + value.mv_size - 1, page = at / 4096;
        if (used[page / 8] & 1u << page % 8) {
            printf("%zu\n", at);
            return wf_fail(e, WF_BUSY, "found");
        }
        found++;
    }
    return WF_OK;
}

/* Free pages may hold the same bytes: only a page in use counts. */
static int print_leaf(const char *table, const char *store)
{
    char path[512];
    wf_err e;
    wf_walk w;
    load(store);
    rmdir(copy);
    snprintf(path, sizeof path, "%s/data.mdb", store);
    int fd = open(path, O_RDONLY);
    if (fd < 0 || wf_walk_open(fd, 0, &w, &e) != WF_OK || wf_walk_used(&w, &e) != WF_OK)
        return 2;
    uint8_t *used = w.seen;
    w.seen = NULL;
    for (int t = 0; t < WF_TABLES; t++)
        if (strcmp(wf_table_rows[t].name, table) == 0)
            return wf_walk_rows(&w, (wf_table) t, first_row, used, &e) == WF_BUSY ? 0 : 2;
    return 2;
}

int main(int argc, char **argv)
{
    wf_err e = { .text = "" };
    wf_profile *profile = NULL;
    uint8_t want[32];
    uint64_t things, pages, counts[3] = { 0 };
    char *text = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int bad = 0;
    if (argc == 4 && strcmp(argv[1], "--leaf") == 0)
        return print_leaf(argv[2], argv[3]);
    if (argc != 5 || text == MAP_FAILED) {
        fputs("usage: flips STORE PROFILE FLIPS SEED\n", stderr);
        return 2;
    }
    const char *files[] = { argv[2] };
    load(argv[1]);
    atexit(remove_copy);
    lay(SIZE_MAX, 0);
    uint8_t *used = pages_in_use(&pages);
    if (wf_profile_read(files, 1, &profile, &e) != WF_OK || answer(profile, want, &things, &e) != WF_OK) {
        fprintf(stderr, "flips: the intact store: %s\n", e.text);
        return 2;
    }
    random_state = strtoull(argv[4], NULL, 10) * 2 + 1;
    for (long i = 0, n = strtol(argv[3], NULL, 10); i < n; i++) {
        uint64_t page;
        do
            page = below(pages);
        while (page > 1 && (used[page / 8] & 1u << page % 8) == 0);
        size_t at = page * 4096 + below(4096);
        unsigned bit = (unsigned) below(8);
        wf_store_report report;
        lay(at, bit);
        wf_rc scrubbed = wf_store_scrub(copy, &report, &e);
        int got = judge(profile, want, text);
        counts[0] += got == SAME;
        counts[1] += got == REFUSED;
        counts[2] += scrubbed != WF_OK;
        if ((got != SAME && got != REFUSED) || (got == REFUSED && text[0] == '\0')) {
            printf("page %llu byte %zu bit %u: %s (%d); the scrub says: %s\n", (unsigned long long) page, at % 4096, bit,
                   got == OTHER ? "other answers" : "ended", got, scrubbed == WF_OK ? "nothing wrong" : e.text);
            bad++;
        } else if (got == REFUSED && scrubbed == WF_OK) {
            printf("page %llu byte %zu bit %u: refused (%s), and the scrub says nothing\n", (unsigned long long) page, at % 4096, bit, text);
            bad++;
        }
    }
    printf("flips: %llu the same answers, %llu refused with a reason, %d wrong; the scrub found %llu (seed %s, %llu pages, %llu answers)\n",
           (unsigned long long) counts[0], (unsigned long long) counts[1], bad, (unsigned long long) counts[2], argv[4],
           (unsigned long long) pages, (unsigned long long) things);
    free(used);
    return bad == 0 ? 0 : 1;
}
