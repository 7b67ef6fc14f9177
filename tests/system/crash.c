/* crash -- what a power cut could have left of a store, many times, and whether it is still that store.
 *
 *   system_crash LOG ACKS PROFILE REFERENCE IMAGES SEED [flushes|metas|all]
 *
 * LOG is what preload/writes.c noted; ACKS, line by line, how long it was when a client had heard of something, and the last
 * entry, alert and open day it had heard of by then; REFERENCE the store as it was in the end. Each image is made of the
 * records before a cut: what a flush or a write-through had put on disk is there; every later write is there, or not, or
 * some sectors of it are. A child opens the image and holds it to
 *
 *   it opens, and every page, checksum and hash is good, before and after;
 *   its journal and its alerts are the reference's up to a commit's end, at or after all that was acknowledged;
 *   what the publishers' sessions have is what the journal has of them;
 *   its ledger is the one that the journal gives when it is derived anew;
 *   days can be ended on it, and then all is still good.
 *
 * With a word at the end, these are taken as not having happened: flushes of the file, ends of write-throughs, or both; for
 * the last SOON records, as if the system had written older ones back by itself. That must fail, or this sees nothing.
 * Exit status 0: all held; 1: some did not; 2: wrong use. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/profile.h"
#include "store/inside.h"
#include "system/preload/writes.h"

#define SOON 200u
#define AT_ONCE 2
#define SECONDS 30

struct record { wf_write w; const uint8_t *bytes; uint64_t at, end; bool durable; };     /* at, end: in the log */
struct ack { uint64_t length, sequence, alerts; int32_t today; };
struct entry { uint64_t digest; bool sealed; wf_seal seal; };

static struct record *record;
static size_t records, metas;
static size_t *meta;                                /* records that are write-throughs */
static struct ack *ack;
static size_t acks;
static struct entry *entry;                         /* of the reference's journal, by sequence */
static uint64_t *alert, entries, alerts;            /* of its outbox, by number */
static wf_profile *profile;
static bool lose_flushes, lose_metas;
static wf_err err;

_Noreturn __attribute__((format(printf, 1, 2))) static void fails(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
    _exit(1);
}

static void need(wf_rc rc, const char *what)
{
    if (rc != WF_OK)
        fails("%s: %s", what, err.text);
}

static uint64_t random_state;
static uint64_t below(uint64_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    uint64_t x = random_state ^ random_state >> 31;
    return (x * 0x9e3779b97f4a7c15u >> 20) % n;
}

/* ---- what was noted -------------------------------------------------------------------------------------------- */

static uint8_t *read_whole(const char *path, size_t *n)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t *p = NULL;

    if (fd < 0 || fstat(fd, &st) != 0 || (p = malloc((size_t) st.st_size + 1)) == NULL) {
        perror(path);
        exit(2);
    }
    for (*n = 0; *n < (size_t) st.st_size;) {
        ssize_t got = read(fd, p + *n, (size_t) st.st_size - *n);
        if (got <= 0)
            exit(2);
        *n += (size_t) got;
    }
    close(fd);
    return p;
}

static void load_log(const char *path)
{
    size_t n, cap = 0;
    const uint8_t *p = read_whole(path, &n);

    for (size_t at = 0; at + sizeof(wf_write) <= n;) {
        struct record r = { .at = at, .bytes = p + at + sizeof r.w };
        memcpy(&r.w, p + at, sizeof r.w);
        r.end = at += sizeof r.w + r.w.n;
        if (records == cap) {
            cap = cap * 2 + 1024;
            record = realloc(record, cap * sizeof *record);
            meta = realloc(meta, cap * sizeof *meta);
            WF_ASSERT(record != NULL && meta != NULL);
        }
        if (r.end > n)                              /* the daemon was killed while it noted this */
            break;
        if (r.w.kind == WF_WRITE_THROUGH)
            meta[metas++] = records;
        record[records++] = r;
    }
}

static void load_acks(const char *path)
{
    FILE *f = fopen(path, "re");
    unsigned long long length, sequence, told;
    int today;

    while (f != NULL && fscanf(f, "%llu %llu %llu %d", &length, &sequence, &told, &today) == 4) {
        ack = realloc(ack, (acks + 1) * sizeof *ack);
        WF_ASSERT(ack != NULL);
        ack[acks++] = (struct ack) { length, sequence, told, today };
    }
    if (acks == 0 || records == 0 || metas == 0) {
        fprintf(stderr, "crash: nothing was noted\n");
        exit(2);
    }
    fclose(f);
}

static uint64_t mixed(uint64_t hash, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * UINT64_C(1099511628211);             /* FNV-1a */
    return (hash ^ n) * UINT64_C(1099511628211);
}

static uint64_t digest_of(const wf_record *r)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    int64_t values[] = { r->kind, r->type, r->flags, r->source, r->org, r->effective, r->time, r->arrival,
                         (int64_t) r->source_sequence };

    hash = mixed(mixed(hash, values, sizeof values), r->id.p, r->id.n);
    hash = mixed(hash, r->subject, r->subject_count * sizeof *r->subject);
    return mixed(mixed(hash, r->previous, r->subject_count * sizeof *r->previous), r->body.p, r->body.n);
}

/* Reads the journal and the outbox of an open store to its end, as entries of the reference or beside them. */
static void read_store(wf_store *s, void (*each_entry)(wf_store *s, const wf_record *r),
                       void (*each_alert)(uint64_t n, uint64_t digest))
{
    WF_AUTO(wf_reader_free) wf_reader *r = NULL;
    wf_record one;
    wf_str bytes;

    need(wf_reader_new(s, &r, &err), "reading");
    for (uint64_t i = 1; i <= wf_store_last(s); i++) {
        need(wf_reader_record(r, i, &one, &err), "journal");
        each_entry(s, &one);
    }
    for (uint64_t i = 1; i <= wf_store_alerts(s); i++) {
        need(wf_reader_alert(r, i, &bytes, &err), "outbox");
        each_alert(i, mixed(UINT64_C(14695981039346656037), bytes.p, bytes.n));
    }
}

static bool sealed(wf_store *s, uint64_t sequence, wf_seal *ret)
{
    MDB_txn *txn;
    return wf_store_reading(s, &txn, &err) == WF_OK && wf_seal_get(txn, s->table[WF_TABLE_JOURNAL], sequence, ret, &err) == WF_OK;
}

static void keep_entry(wf_store *s, const wf_record *r)
{
    struct entry *e = &entry[r->sequence];
    e->digest = digest_of(r);
    e->sealed = sealed(s, r->sequence, &e->seal);
}

static void keep_alert(uint64_t number, uint64_t digest) { alert[number] = digest; }

static void open_store(const char *path, uint32_t measures, wf_store **ret)
{
    wf_store_options o = { .path = path, .map_bytes = 1u << 28, .manual_clock = true, .measures_version = measures };
    need(wf_store_open(&o, ret, &err), "opening");
}

static void load_reference(const char *path)
{
    WF_AUTO(wf_store_close) wf_store *s = NULL;

    open_store(path, WF_MEASURES_VERSION, &s);
    entries = wf_store_last(s);
    alerts = wf_store_alerts(s);
    entry = calloc(entries + 1, sizeof *entry);
    alert = calloc(alerts + 1, sizeof *alert);
    WF_ASSERT(entry != NULL && alert != NULL);
    read_store(s, keep_entry, keep_alert);
    entry[0].sealed = true;
}

/* ---- an image -------------------------------------------------------------------------------------------------- */

static void put(int fd, const uint8_t *p, size_t n, uint64_t at)
{
    if (pwrite(fd, p, n, (off_t) at) != (ssize_t) n)
        fails("writing an image: %s", strerror(errno));
}

/* Of a write that nothing has flushed: all, nothing, or the sectors that luck takes. */
static void put_some(int fd, const struct record *r, size_t sector)
{
    uint64_t luck = below(3);

    if (luck == 0)
        return;
    if (luck == 1) {
        put(fd, r->bytes, r->w.n, r->w.offset);
        return;
    }
    for (uint64_t at = 0; at < r->w.n;) {
        uint64_t n = sector - (r->w.offset + at) % sector;
        n = n < r->w.n - at ? n : r->w.n - at;
        if (below(2) == 0)
            put(fd, r->bytes + at, n, r->w.offset + at);
        at += n;
    }
}

/* Which of the first `cut` records are on disk for certain. */
static void mark_durable(size_t cut)
{
    for (size_t i = 0; i < cut; i++)
        record[i].durable = i + SOON < cut && (lose_flushes || lose_metas);
    for (size_t i = 0; i < cut; i++) {
        const wf_write *w = &record[i].w;
        if (w->kind == WF_WRITE_ENDED && !lose_metas)
            for (size_t k = i; k-- > 0;)
                if (record[k].w.kind == WF_WRITE_THROUGH && record[k].w.file == w->file) {
                    record[k].durable = true;
                    break;
                }
        if (w->kind == WF_WRITE_FLUSHED && !lose_flushes)
            for (size_t k = i; k-- > 0 && !(record[k].w.kind == WF_WRITE_FLUSHED && record[k].w.file == w->file);)
                if (record[k].w.file == w->file && record[k].at < w->offset)
                    record[k].durable = true;
    }
}

static void make_image(const char *path, size_t cut)
{
    size_t sector = below(2) == 0 ? 512 : 4096;
    int fd[WF_WRITES_FILES];

    mark_durable(cut);
    for (int i = 0; i < WF_WRITES_FILES; i++) {
        char name[320];
        snprintf(name, sizeof name, "%s/%s", path, wf_writes_file[i]);
        if ((fd[i] = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0)
            fails("%s: %s", name, strerror(errno));
    }
    for (size_t i = 0; i < cut; i++) {
        const struct record *r = &record[i];
        if (r->w.n > 0 && r->durable)
            put(fd[r->w.file], r->bytes, r->w.n, r->w.offset);
        else if (r->w.n > 0)
            put_some(fd[r->w.file], r, sector);
    }
    for (int i = 0; i < WF_WRITES_FILES; i++)
        close(fd[i]);
}

/* Anywhere, while a meta page is being written, right after, or while the store is being made. */
static size_t choose_cut(void)
{
    size_t m = meta[below(metas)];

    switch (below(8)) {
    case 0: return 1 + below(records < 12 ? records : 12);
    case 1: case 2: return m + 1;
    case 3: case 4: return m + 2 < records ? m + 2 : records;
    default: return 1 + below(records);
    }
}

/* ---- what must hold of it -------------------------------------------------------------------------------------- */

static void same_entry(wf_store *s, const wf_record *r)
{
    (void) s;
    if (r->sequence > entries || digest_of(r) != entry[r->sequence].digest)
        fails("entry %llu is not what was written", (unsigned long long) r->sequence);
}

static void same_alert(uint64_t number, uint64_t digest)
{
    if (number > alerts || digest != alert[number])
        fails("alert %llu is not what was told", (unsigned long long) number);
}

static void scrub(const char *path, const char *when)
{
    wf_store_report r;
    need(wf_store_scrub(path, &r, &err), when);
}

static wf_rc add_mark(void *ctx, wf_str key, wf_str bytes, wf_err *e)
{
    uint64_t number;
    (void) key, (void) e;
    if (bytes.n != sizeof number)
        return wf_fail(e, WF_DAMAGED, "a watermark of %zu bytes", bytes.n);
    memcpy(&number, bytes.p, sizeof number);
    *(uint64_t *) ctx += number;
    return WF_OK;
}

/* Each publisher has one session, whose events are all in the journal, each once. */
static void sessions(wf_store *s)
{
    WF_AUTO(wf_reader_free) wf_reader *reader = NULL;
    uint64_t marked = 0, there = 0, from = 1;
    MDB_txn *txn;
    wf_record r;

    need(wf_store_reading(s, &txn, &err), "reading");
    need(wf_rows(txn, s->table[WF_TABLE_WATERMARKS], (wf_str) { 0 }, 0, add_mark, &marked, &err), "watermarks");
    need(wf_reader_new(s, &reader, &err), "reading");
    while (wf_reader_next(reader, from, 1u << WF_RECORD_EVENT | 1u << WF_RECORD_REFUSED, &r, &err) == WF_OK) {
        there++;
        from = r.sequence + 1;
    }
    if (marked != there)
        fails("the sessions have %llu events, the journal %llu", (unsigned long long) marked, (unsigned long long) there);
}

static void all_acknowledged(wf_store *s, const struct ack *a)
{
    uint64_t last = wf_store_last(s), told = wf_store_alerts(s);
    wf_seal seal;

    if (last < a->sequence)
        fails("entry %llu was acknowledged, the last one is %llu", (unsigned long long) a->sequence, (unsigned long long) last);
    if (told < a->alerts)
        fails("alert %llu was heard, the last one is %llu", (unsigned long long) a->alerts, (unsigned long long) told);
    if (last > entries || !entry[last].sealed)
        fails("entry %llu is the last one, and ended no commit", (unsigned long long) last);
    if (last > 0 && (!sealed(s, last, &seal) || memcmp(seal.chain, entry[last].seal.chain, sizeof seal.chain) != 0))
        fails("the hash up to entry %llu is another one", (unsigned long long) last);
    read_store(s, same_entry, same_alert);
    sessions(s);
}

static char *ledger_of(const char *path, uint32_t measures, const struct ack *a, int days)
{
    WF_AUTO(wf_store_close) wf_store *s = NULL;
    WF_AUTO(wf_engine_close) wf_engine *en = NULL;
    wf_engine_totals t;

    open_store(path, measures, &s);
    if (a != NULL)
        all_acknowledged(s, a);
    wf_engine_options o = { .store = s, .profile = profile, .today = { ack[0].today } };
    need(wf_engine_open(&o, &en, &err), "the engine");
    wf_engine_status(en, &t);
    if (a != NULL && t.today.n < a->today)
        fails("day %d was open, day %d is", a->today, t.today.n);
    char *dump = wf_engine_dump(en);
    for (int i = 0; i < days; i++) {
        need(wf_engine_begin(en, (wf_instant) { (int64_t) (wf_engine_today(en).n + 1) * 86400000 }, &err), "beginning");
        need(wf_engine_tick(en, &err), "ending a day");
        need(wf_engine_commit(en, &err), "committing");
    }
    return dump;
}

static void judge(const char *path, size_t cut)
{
    const struct ack *a = &(struct ack) { .today = INT32_MIN };

    for (size_t i = 0; i < acks && ack[i].length <= record[cut - 1].end; i++)
        a = &ack[i];
    if (a->length > 0)                              /* before that, a store that was being made may not be there yet */
        scrub(path, "before it is opened");
    char *was = ledger_of(path, WF_MEASURES_VERSION, a, 0);
    char *anew = ledger_of(path, WF_MEASURES_VERSION + 1, NULL, 2);
    if (strcmp(was, anew) != 0)
        fails("the ledger is another one when it is derived anew");
    scrub(path, "after it was used");
    free(was);
    free(anew);
}

/* ---- many ------------------------------------------------------------------------------------------------------ */

static const char *root(void)
{
    static char path[] = "/dev/shm/wf-crash.XXXXXX", other[256];
    const char *tmp = getenv("TMPDIR");

    if (mkdtemp(path) != NULL)
        return path;
    snprintf(other, sizeof other, "%s/wf-crash.XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(other) == NULL)
        exit(2);
    return other;
}

static void forget(const char *path)
{
    static const char *const names[] = { "data.mdb", "lock.mdb", "workforced.lock" };
    char name[320];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "%s/%s", path, names[i]);
        unlink(name);
    }
    rmdir(path);
}

static pid_t image(const char *top, uint64_t seed, uint64_t number)
{
    pid_t pid;
    fflush(stdout);
    if ((pid = fork()) != 0)
        return pid;
    char path[300];
    snprintf(path, sizeof path, "%s/%llu", top, (unsigned long long) number);
    random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + number;
    (void) below(2);
    size_t cut = choose_cut();
    alarm(SECONDS);
    printf("image %llu of seed %llu, %zu of %zu records: ", (unsigned long long) number, (unsigned long long) seed, cut, records);
    if (mkdir(path, 0700) != 0)
        fails("%s: %s", path, strerror(errno));
    make_image(path, cut);
    judge(path, cut);
    _exit(0);
}

static int ended(const char *top, const pid_t *pid, uint64_t first)
{
    int status, which = 0, bad = 0;
    pid_t who = wait(&status);
    char path[300];

    while (pid[which] != who)
        which++;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        bad = 1;
    if (WIFSIGNALED(status))
        printf("image %llu: %s\n", (unsigned long long) first + (unsigned) which, strsignal(WTERMSIG(status)));
    snprintf(path, sizeof path, "%s/%llu", top, (unsigned long long) first + (unsigned) which);
    forget(path);
    return bad;
}

int main(int argc, char **argv)
{
    const char *lose = argc > 7 ? argv[7] : "";
    if (argc < 7)
        return 2;
    load_log(argv[1]);
    load_acks(argv[2]);
    if (wf_profile_read((const char *const *) &argv[3], 1, &profile, &err) != WF_OK) {
        fprintf(stderr, "crash: %s\n", err.text);
        return 2;
    }
    load_reference(argv[4]);
    lose_flushes = strcmp(lose, "flushes") == 0 || strcmp(lose, "all") == 0;
    lose_metas = strcmp(lose, "metas") == 0 || strcmp(lose, "all") == 0;
    uint64_t images = strtoull(argv[5], NULL, 10), seed = strtoull(argv[6], NULL, 10), failed = 0;
    pid_t *pid = calloc(images, sizeof *pid);
    const char *top = root();
    WF_ASSERT(pid != NULL);
    for (uint64_t i = 0, running = 0; i < images || running > 0;) {
        if (i < images && running < AT_ONCE) {
            pid[i] = image(top, seed, i);
            i++;
            running++;
        } else {
            failed += (uint64_t) ended(top, pid, 0);
            running--;
        }
    }
    rmdir(top);
    printf("%llu images of %zu writes and flushes, %zu commits: %llu failed\n", (unsigned long long) images, records, metas,
           (unsigned long long) failed);
    return failed > 0;
}
