/* The store over a longer life: killed at random, held against a plain model, read while it is written. */
#include "store_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "store/heads.h"

TestSuite(store_life, .init = make_dir, .fini = remove_dir, .timeout = 60);

/* ----------------------------------------------------------------------------------------------- kill -9 */

typedef struct said { uint64_t last, watermark; } said;

static void stream_until_killed(int out, unsigned luck)
{
    wf_store *s = NULL;
    wf_store_options o = { .path = path, .manual_clock = true, .measures_version = 1 };

    if (wf_store_open(&o, &s, NULL) != WF_OK)
        _exit(3);
    for (uint64_t mark = wf_store_last(s) + 1;; mark++) {
        if (wf_store_begin(s, NULL) != WF_OK)
            _exit(4);
        unsigned records = 1 + (unsigned) rand_r(&luck) % 40;
        for (unsigned i = 0; i < records; i++) {
            char id[32];
            uint32_t n;
            size_t length = (size_t) snprintf(id, sizeof id, "person-%u", (unsigned) rand_r(&luck) % 2000);
            if (wf_store_subject(s, 0, 1, (wf_str) { id, length }, true, &n, NULL) != WF_OK)
                _exit(5);
            wf_record r = event(wf_store_next(s), n);
            if (wf_store_append(s, &r, NULL) != WF_OK)
                _exit(6);
        }
        if (wf_store_watermark_set(s, WF_STR("oracle"), 1, mark, NULL) != WF_OK ||
            wf_store_image_put(s, (uint32_t) (mark % 50), 2020, &mark, sizeof mark, wf_store_next(s) - 1, NULL) != WF_OK ||
            wf_store_alert_put(s, wf_store_alerts(s) + 1, &mark, sizeof mark, NULL) != WF_OK ||
            wf_store_commit(s, &mark, sizeof mark, NULL) != WF_OK)
            _exit(7);
        said a = { wf_store_last(s), mark };
        if (write(out, &a, sizeof a) != sizeof a)
            _exit(8);
    }
}

static wf_rc last_mark(void *ctx, uint64_t last, const void *bytes, size_t n, wf_err *e)
{
    (void) e;
    cr_assert(eq(sz, n, sizeof(uint64_t)));
    cr_assert(gt(u64, last, ((said *) ctx)->last));
    ((said *) ctx)->last = last;
    memcpy(&((said *) ctx)->watermark, bytes, n);
    return WF_OK;
}

/* Heads, ids and chains follow from the journal; the watermark, the postings and the seal are of one commit. */
static void check_after_kill(const said *acked)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    uint64_t last = wf_store_last(s), mark;
    uint64_t *head = calloc(wf_store_subjects(s) + 1, sizeof *head);
    said posted = { 0 };

    cr_assert(ge(u64, last, acked->last), "an acknowledged commit is lost");
    for (uint64_t n = 1; n <= last; n++) {
        wf_record r;
        OK(wf_store_read(s, n, &r, &err));
        cr_assert(is_event(&r));
        cr_assert(eq(u64, r.previous[0], head[r.subject[0]]));
        head[r.subject[0]] = n;
    }
    for (uint32_t i = 1; i <= wf_store_subjects(s); i++)
        cr_assert(eq(u64, wf_store_head(s, i), head[i]));
    free(head);
    OK(wf_store_watermark(s, WF_STR("oracle"), 1, &mark, &err));
    cr_assert(ge(u64, mark, acked->watermark));
    OK(wf_store_postings(s, 0, last_mark, &posted, &err));
    cr_assert(eq(u64, posted.last, last));
    cr_assert(eq(u64, posted.watermark, mark));
}

Test(store_life, thirty_kills_in_mid_commit_lose_nothing_acknowledged, .timeout = 120)
{
    said acked = { 0 };
    uint64_t before = 0;
    unsigned grew = 0;

    for (unsigned round = 0; round < 30; round++) {
        int p[2], status;
        cr_assert(eq(int, pipe(p), 0));
        pid_t child = fork();
        if (child == 0) {
            close(p[0]);
            stream_until_killed(p[1], round * 7919 + 1);
        }
        close(p[1]);
        said a;
        cr_assert(eq(sz, (size_t) read(p[0], &a, sizeof a), sizeof a), "the child stopped by itself");
        acked = a;
        struct timespec wait = { 0, (long) (round * 733 % 29) * 1000000 + 137000 };
        nanosleep(&wait, NULL);
        kill(child, SIGKILL);
        while (read(p[0], &a, sizeof a) == sizeof a)
            acked = a;
        close(p[0]);
        cr_assert(eq(int, waitpid(child, &status, 0), child));
        cr_assert(ne(int, WIFSIGNALED(status), 0), "the child stopped by itself, with %d", WEXITSTATUS(status));
        check_after_kill(&acked);
        grew += acked.last > before;
        before = acked.last;
    }
    cr_assert(eq(uint, grew, 30));
}

/* ------------------------------------------------------------------------------------------ a model of it all */

enum { PEOPLE = 1500, PAGES = 40, SMALLS = 30, ENTRIES = 60000, COMMITS = 4000 };
typedef struct model {
    uint64_t next, head[PEOPLE + 1], page_sequence[PAGES], page[PAGES], mark, epoch, floor, alerts;
    uint32_t people, names;
    uint8_t small[SMALLS];
    struct { uint64_t last, value; } posted[COMMITS];
    unsigned posteds;
} model;
static model now, then;
static uint32_t subject_of[ENTRIES];

static void do_one(wf_store *s)
{
    switch (draw(8)) {
    case 0:
        if (now.people < PEOPLE) {
            now.people++;
            cr_assert(eq(u32, person(s, now.people), now.people));
        }
        break;
    case 1: {
        unsigned i = draw(PAGES);
        now.page[i] = draw(1000000);
        now.page_sequence[i] = now.next - 1;
        OK(wf_store_image_put(s, i / 8, (int) (i % 8) - 4, &now.page[i], 8, now.page_sequence[i], &err));
        break;
    }
    case 2: {
        unsigned i = draw(SMALLS);
        now.small[i] = (uint8_t) draw(4);
        OK(wf_store_small_put(s, 9, i, &now.small[i], now.small[i] != 0, &err));
        break;
    }
    case 3:
        now.epoch += draw(10) == 0;
        now.mark = draw(1000) + 1;
        OK(wf_store_watermark_set(s, WF_STR("hr"), now.epoch, now.mark, &err));
        break;
    case 4:
        now.names++;
        OK(wf_store_name_put(s, 3, now.names, &now.names, sizeof now.names, &err));
        break;
    case 5:
        now.alerts++;
        OK(wf_store_alert_put(s, now.alerts, &now.alerts, sizeof now.alerts, &err));
        break;
    default:
        for (unsigned i = draw(20); i > 0 && now.people > 0 && now.next < ENTRIES; i--) {
            uint32_t who = 1 + draw(now.people);
            subject_of[now.next] = who;
            cr_assert(eq(u64, append(s, who), now.next));
            now.head[who] = now.next++;
        }
    }
}

static wf_rc see_page(void *ctx, uint32_t a, int32_t b, const void *bytes, size_t n, uint64_t sequence, wf_err *e)
{
    unsigned i = a * 8 + (unsigned) (b + 4);
    (void) e;
    cr_assert(gt(i64, (int64_t) i, *(int64_t *) ctx), "pages come in order");
    *(int64_t *) ctx = i;
    cr_assert(eq(sz, n, 8));
    cr_assert(eq(int, memcmp(bytes, &now.page[i], 8), 0));
    cr_assert(eq(u64, sequence, now.page_sequence[i]));
    return WF_OK;
}
static wf_rc see_small(void *ctx, uint8_t kind, uint64_t number, const void *bytes, size_t n, wf_err *e)
{
    (void) e;
    cr_assert(eq(int, kind, 9));
    cr_assert(eq(sz, n, 1));
    cr_assert(eq(int, *(const uint8_t *) bytes, now.small[number]));
    ++*(unsigned *) ctx;
    return WF_OK;
}
static wf_rc see_name(void *ctx, uint8_t kind, uint32_t number, const void *bytes, size_t n, wf_err *e)
{
    (void) kind, (void) n, (void) e;
    cr_assert(eq(u32, number, ++*(uint32_t *) ctx));
    cr_assert(eq(int, memcmp(bytes, &number, 4), 0));
    return WF_OK;
}
static wf_rc see_posted(void *ctx, uint64_t last, const void *bytes, size_t n, wf_err *e)
{
    unsigned *at = ctx;
    (void) e;
    cr_assert(lt(uint, *at, now.posteds));
    cr_assert(eq(u64, last, now.posted[*at].last));
    cr_assert(eq(sz, n, 8));
    cr_assert(eq(int, memcmp(bytes, &now.posted[*at].value, 8), 0));
    ++*at;
    return WF_OK;
}

static void compare(wf_store *s)
{
    int64_t page = -1;
    unsigned smalls = 0, want = 0, posted = 0;
    uint32_t names = 0;
    uint64_t n;

    cr_assert(eq(u64, wf_store_next(s), now.next));
    cr_assert(eq(u32, wf_store_subjects(s), now.people));
    cr_assert(eq(u64, wf_store_floor(s), now.floor));
    for (uint32_t i = 1; i <= now.people; i++)
        cr_assert(eq(u64, wf_store_head(s, i), now.head[i]));
    for (unsigned i = 0; i < SMALLS; i++)
        want += now.small[i] != 0;
    OK(wf_store_smalls(s, 9, see_small, &smalls, &err));
    cr_assert(eq(uint, smalls, want));
    OK(wf_store_smalls(s, 8, see_small, &smalls, &err));
    cr_assert(eq(uint, smalls, want));
    OK(wf_store_image(s, see_page, &page, &err));
    OK(wf_store_names(s, see_name, &names, &err));
    cr_assert(eq(u32, names, now.names));
    OK(wf_store_watermark(s, WF_STR("hr"), now.epoch, &n, &err));
    cr_assert(eq(u64, n, now.mark));
    OK(wf_store_epoch(s, WF_STR("hr"), &n, &err));
    cr_assert(eq(u64, n, now.mark != 0 ? now.epoch : 0));
    OK(wf_store_postings(s, 0, see_posted, &posted, &err));
    cr_assert(eq(uint, posted, now.posteds));
    if (now.posteds > 2) {              /* those after one in the middle, whatever else has the same last sequence */
        uint64_t after = now.posted[now.posteds / 2].last;
        for (posted = 0; posted < now.posteds && now.posted[posted].last <= after;)
            posted++;
        OK(wf_store_postings(s, after, see_posted, &posted, &err));
        cr_assert(eq(uint, posted, now.posteds));
    }
    for (int i = 0; i < 50 && now.next > 1; i++) {
        wf_record r;
        OK(wf_store_read(s, 1 + draw((unsigned) now.next - 1), &r, &err));
        cr_assert(is_event(&r));
        cr_assert(eq(u32, r.subject[0], subject_of[r.sequence]));
    }
}

static void check_model(unsigned from)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);

    seed = from;
    now = then = (model) { .next = 1, .epoch = 1 };
    for (int t = 0; t < 500; t++) {
        begin(s);
        for (unsigned i = draw(12); i > 0; i--)
            do_one(s);
        if (draw(3) == 0 && now.next > 1) {
            now.floor = draw((unsigned) now.next);
            wf_store_floor_set(s, now.floor);
        }
        if (draw(10) == 0)
            compare(s);
        if (draw(5) == 0) {
            wf_store_abort(s);
            now = then;
        } else {
            bool posts = draw(2) && now.posteds < COMMITS && now.next > 1;
            uint64_t value = draw(1000000);
            if (posts) {
                now.posted[now.posteds].last = now.next - 1;
                now.posted[now.posteds++].value = value;
            }
            OK(wf_store_commit(s, &value, posts ? sizeof value : 0, &err));
            then = now;
        }
        if (draw(20) == 0)
            reopen(&s);
        if (draw(10) == 0)
            compare(s);
    }
    cr_assert(eq(u64, wf_store_alerts(s), now.alerts));
    cr_assert(gt(u64, now.next, 1000));
}

Test(store_life, random_work_leaves_what_a_plain_model_says)
{
    for (unsigned i = 1; i <= 6; i++) {
        check_model(i);
        remove_tree(path);
    }
}

/* Enough entries that pages of heads are written, some by each commit, and the rest comes from the journal. */
Test(store_life, heads_come_back_from_their_pages_and_the_journal_after_them)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    enum { N = 6000 };
    static uint64_t head[N + 1];

    seed = 11;
    begin(s);
    for (unsigned i = 1; i <= N; i++)
        cr_assert(eq(u32, person(s, i), i));
    commit(s);
    for (unsigned t = 0; t < 160; t++) {
        begin(s);
        for (unsigned i = t % 7 == 0 ? 2000 : draw(300); i > 0; i--) {
            uint32_t who = 1 + draw(t % 2 ? N : 700);
            if (t % 11 == 5)
                append(s, who);
            else
                head[who] = append(s, who);
        }
        if (t % 11 == 5)
            wf_store_abort(s);
        else
            commit(s);
        if (t % 20 == 19) {
            reopen(&s);
            for (uint32_t i = 1; i <= N; i++)
                cr_assert(eq(u64, wf_store_head(s, i), head[i]));
        }
    }
    cr_assert(gt(u64, wf_store_last(s), 40000));
}

Test(store_life, the_floor_of_heads_is_before_the_oldest_change_not_taken)
{
    wf_heads h;
    uint64_t sequence = 0, last = 0;
    static uint64_t on_disk[10 * WF_HEADS_PAGE], memory[10 * WF_HEADS_PAGE], was[10 * WF_HEADS_PAGE];
    static uint32_t who[200000];

    seed = 5;
    wf_heads_init(&h);
    wf_heads_grow(&h, 10 * WF_HEADS_PAGE);
    for (int t = 0; t < 3000; t++) {
        memcpy(was, memory, sizeof was);
        for (unsigned i = draw(20); i > 0; i--) {
            who[++sequence] = draw(10 * WF_HEADS_PAGE);
            memory[who[sequence]] = sequence;
            wf_heads_set(&h, who[sequence] + 1, sequence);
        }
        if (draw(4) == 0) {
            wf_heads_undo_after(&h, last);
            sequence = last;
            memcpy(memory, was, sizeof was);
        } else {
            last = sequence;
            wf_heads_keep(&h);
        }
        for (unsigned i = draw(3); i > 0 && h.first != WF_HEADS_NONE; i--) {
            memcpy(on_disk + h.first * WF_HEADS_PAGE, h.page[h.first].head, sizeof h.page[0].head);
            wf_heads_taken(&h);
        }
        if (t % 50 == 0) {
            static uint64_t again[10 * WF_HEADS_PAGE];
            memcpy(again, on_disk, sizeof again);
            for (uint64_t n = wf_heads_floor(&h, last) + 1; n <= last; n++)
                again[who[n]] = n;
            cr_assert(eq(int, memcmp(again, memory, sizeof again), 0));
            for (uint32_t i = 0; i < 10 * WF_HEADS_PAGE; i++)
                cr_assert(eq(u64, wf_heads_get(&h, i + 1), memory[i]));
        }
    }
    cr_assert(gt(u64, last, 10000));
    wf_heads_free(&h);
}

/* ------------------------------------------------------------------------------------------------ readers */

Test(store_life, a_reader_sees_one_state_until_it_is_renewed)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    WF_AUTO(wf_reader_free) wf_reader *r = NULL;
    wf_record got;

    many_events(s, 2, 10);
    OK(wf_reader_new(s, &r, &err));
    begin(s);
    append(s, 1);
    OK(wf_store_alert_put(s, 1, "x", 1, &err));
    cr_assert(eq(u64, wf_reader_last(r), 20));
    commit(s);
    cr_assert(eq(u64, wf_reader_last(r), 20));
    cr_assert(eq(u64, wf_reader_alerts(r), 0));
    GIVES(wf_reader_record(r, 21, &got, &err), WF_ABSENT);
    GIVES(wf_reader_next(r, 21, 2, &got, &err), WF_ABSENT);
    wf_reader_renew(r);
    cr_assert(eq(u64, wf_reader_last(r), 21));
    cr_assert(eq(u64, wf_reader_alerts(r), 1));
    OK(wf_reader_record(r, 21, &got, &err));
}

Test(store_life, a_resting_reader_lets_pages_be_used_again)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    WF_AUTO(wf_reader_free) wf_reader *r = NULL;
    wf_record got;
    uint64_t used[2];

    many_events(s, 2, 10);
    OK(wf_reader_new(s, &r, &err));
    for (int resting = 0; resting < 2; resting++) {
        if (resting) {
            wf_reader_rest(r);
            wf_reader_rest(r);
            GIVES(wf_reader_record(r, 1, &got, &err), WF_SYSTEM);
        }
        many_events(s, 200, 1);         /* uses up what was free */
        uint64_t before = wf_store_used_bytes(s);
        many_events(s, 400, 1);
        used[resting] = wf_store_used_bytes(s) - before;
    }
    cr_assert(lt(u64, used[1] * 5, used[0]));
    wf_reader_renew(r);
    OK(wf_reader_record(r, wf_store_last(s), &got, &err));
    cr_assert(is_event(&got));
}

Test(store_life, a_reader_finds_the_next_record_of_the_kinds_asked_for)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    WF_AUTO(wf_reader_free) wf_reader *r = NULL;
    enum { LAST = 2000 };
    static uint8_t kind[LAST + 2];
    wf_record got;

    seed = 21;
    for (uint64_t n = 1; n <= LAST;) {
        begin(s);
        for (unsigned i = draw(5); i > 0 && n <= LAST; i--, n++) {
            wf_record e = event(n, 0);
            e.kind = kind[n] = (uint8_t) (draw(10) ? WF_RECORD_EVENT : WF_RECORD_REFUSED + draw(3));
            OK(wf_store_append(s, &e, &err));
        }
        commit(s);
    }
    OK(wf_reader_new(s, &r, &err));
    for (int t = 0; t < 300; t++) {
        unsigned kinds = draw(32) << 1;
        uint64_t at = t % 3 ? 1 : 1 + draw(LAST);
        for (uint64_t n = at; n <= LAST + 1; n++) {
            if (n <= LAST && !(kinds >> kind[n] & 1))
                continue;
            wf_rc rc = wf_reader_next(r, at, kinds, &got, &err);
            cr_assert(eq(int, rc, n <= LAST ? WF_OK : WF_ABSENT));
            if (rc == WF_OK)
                cr_assert(eq(u64, got.sequence, n));
            at = n + 1;
        }
    }
}

typedef struct scan { wf_store *s; volatile bool stop; uint64_t scans, wrong; } scan;

static void *scan_on(void *arg)
{
    scan *c = arg;
    wf_reader *r = NULL;
    wf_record got;
    uint8_t kind;
    uint16_t org;
    wf_str id;
    char want[32];

    if (wf_reader_new(c->s, &r, NULL) != WF_OK)
        return c;
    while (!c->stop) {
        wf_reader_renew(r);
        uint64_t last = wf_reader_last(r), n = last > 500 ? last - 500 : 1;
        for (; n <= last; n++) {
            bool good = wf_reader_next(r, n, 1u << WF_RECORD_EVENT, &got, NULL) == WF_OK && got.sequence == n && got.time == (int64_t) n * 1000 &&
                wf_reader_subject_id(r, got.subject[0], &kind, &org, &id, NULL) == WF_OK;
            int length = good ? snprintf(want, sizeof want, "person-%u", got.subject[0]) : 0;
            c->wrong += !good || !wf_str_eq(id, (wf_str) { want, (size_t) length });
        }
        c->wrong += wf_reader_next(r, last + 1, ~0u, &got, NULL) != WF_ABSENT;
        c->scans++;
    }
    wf_reader_free(&r);
    return NULL;
}

Test(store_life, another_thread_reads_whole_states_while_one_writes)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    scan c = { .s = s };
    pthread_t thread;
    void *failed;

    cr_assert(eq(int, pthread_create(&thread, NULL, scan_on, &c), 0));
    for (unsigned t = 0; t < 600; t++) {
        begin(s);
        for (unsigned i = 0; i < 1 + t % 60; i++)
            append(s, person(s, 1 + (t * 61 + i) % 5000 % (wf_store_subjects(s) + 1)));
        commit(s);
    }
    c.stop = true;
    pthread_join(thread, &failed);
    cr_assert(eq(ptr, failed, NULL));
    cr_assert(eq(u64, c.wrong, 0));
    cr_assert(gt(u64, c.scans, 1));
}
