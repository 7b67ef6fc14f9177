/* What the store holds comes back as it was, and what was given up leaves nothing. */
#include "store_fixture.h"

#include <sys/resource.h>
#include <signal.h>

#include "store/record.h"
#include "store/subjects.h"

TestSuite(store, .init = make_dir, .fini = remove_dir, .timeout = 60);

/* ---------------------------------------------------------------------------------------------- checksums */

Test(store, the_checksum_is_crc32c_by_instruction_and_by_table)
{
    uint8_t bytes[300], zero[32] = { 0 };

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t) (i * 37);
    for (int table = 0; table < 2; table++) {
        wf_crc32c_select(table);
        cr_expect(eq(u32, wf_crc32c(0, "123456789", 9), 0xe3069283u), "table %d", table);
        cr_expect(eq(u32, wf_crc32c(0, zero, 32), 0x8a9136aau), "table %d", table);
        for (size_t cut = 0; cut <= sizeof bytes; cut++)
            cr_assert(eq(u32, wf_crc32c(wf_crc32c(0, bytes, cut), bytes + cut, sizeof bytes - cut),
                         wf_crc32c(0, bytes, sizeof bytes)));
    }
}

/* ------------------------------------------------------------------------------------------------ records */

static void check_reads(wf_store *s, const wf_record *want)
{
    WF_AUTO(wf_reader_free) wf_reader *reader = NULL;
    wf_record got;

    OK(wf_store_read(s, want->sequence, &got, &err));
    cr_assert(same(&got, want));
    if (want->sequence > wf_store_last(s))
        return;
    OK(wf_reader_new(s, &reader, &err));
    OK(wf_reader_record(reader, want->sequence, &got, &err));
    cr_assert(same(&got, want));
}

Test(store, every_field_of_a_record_comes_back)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    static char big[WF_RECORD_BODY_MAX + 1], id[WF_RECORD_ID_MAX + 1];
    memset(big, 'b', sizeof big);
    memset(id, 'i', sizeof id);
    begin(s);
    uint32_t a = person(s, 1), b = person(s, 2), c = person(s, 3);
    wf_record r[] = {
        { .kind = WF_RECORD_EVENT, .type = 255, .flags = 255, .subject_count = 3, .source = 65535, .org = 65534,
          .effective = INT32_MIN, .time = INT64_MIN, .arrival = INT64_MAX, .source_sequence = UINT64_MAX,
          .subject = { c, a, b }, .id = { id, WF_RECORD_ID_MAX }, .target_source = 65533, .target = { id, WF_RECORD_ID_MAX },
          .body = { big, WF_RECORD_BODY_MAX } },
        { .kind = WF_RECORD_TICK, .effective = 19000 },
        { .kind = WF_RECORD_REFUSED, .type = WF_RANGE, .subject_count = 1, .subject = { a }, .body = WF_STR("x") },
        { .kind = WF_RECORD_PROFILE, .body = WF_STR("indicator x { }") },
        { .kind = WF_RECORD_ERASED, .subject_count = 2, .subject = { b, c }, .id = WF_STR("y") },
    };
    for (size_t i = 0; i < sizeof r / sizeof r[0]; i++) {
        OK(wf_store_append(s, &r[i], &err));
        cr_assert(eq(u64, r[i].sequence, i + 1));
        check_reads(s, &r[i]);
    }
    wf_record too_big = { .kind = WF_RECORD_EVENT, .body = { big, sizeof big } };
    GIVES(wf_store_append(s, &too_big, &err), WF_SIZE);
    too_big = (wf_record) { .kind = WF_RECORD_EVENT, .id = { id, sizeof id } };
    GIVES(wf_store_append(s, &too_big, &err), WF_SIZE);
    commit(s);
    for (size_t i = 0; i < sizeof r / sizeof r[0]; i++)
        check_reads(s, &r[i]);
    reopen(&s);
    for (size_t i = 0; i < sizeof r / sizeof r[0]; i++)
        check_reads(s, &r[i]);
    wf_record none;
    GIVES(wf_store_read(s, 6, &none, &err), WF_ABSENT);
    GIVES(wf_store_read(s, 0, &none, &err), WF_ABSENT);
}

Test(store, each_record_names_its_subjects_record_before_it)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    uint32_t a, b;
    wf_record r;

    begin(s);
    a = person(s, 1), b = person(s, 2);
    cr_assert(eq(u64, wf_store_head(s, a), 0));
    r = (wf_record) { .kind = WF_RECORD_EVENT, .subject_count = 2, .subject = { a, b } };
    OK(wf_store_append(s, &r, &err));                                           /* 1: a b */
    append(s, a);                                                               /* 2: a */
    commit(s);
    begin(s);
    append(s, 0);                                                               /* 3 */
    r = (wf_record) { .kind = WF_RECORD_EVENT, .subject_count = 2, .subject = { b, a } };
    OK(wf_store_append(s, &r, &err));                                           /* 4: b a */
    cr_assert(eq(u64, r.previous[0], 1));
    cr_assert(eq(u64, r.previous[1], 2));
    cr_assert(eq(u64, wf_store_head(s, a), 4));
    commit(s);
    reopen(&s);
    uint64_t at = wf_store_head(s, a), seen[4] = { 0 };
    for (int i = 0; at != 0 && i < 4; i++) {
        OK(wf_store_read(s, at, &r, &err));
        seen[i] = at;
        at = r.subject[0] == a ? r.previous[0] : r.previous[1];
    }
    cr_assert(eq(u64, seen[0], 4));
    cr_assert(eq(u64, seen[1], 2));
    cr_assert(eq(u64, seen[2], 1));
    cr_assert(eq(u64, seen[3], 0));
}

/* ------------------------------------------------------------------------------------- one writing at a time */

Test(store, a_transaction_given_up_leaves_nothing)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    uint64_t n;
    uint32_t number;
    wf_record r;
    char buf[8];
    size_t length;

    begin(s);
    uint32_t a = person(s, 1);
    append(s, a);
    OK(wf_store_watermark_set(s, WF_STR("oracle"), 1, 5, &err));
    OK(wf_store_commit(s, "p", 1, &err));
    for (int round = 0; round < 3; round++) {
        begin(s);
        for (unsigned i = 0; i < 3000; i++)     /* more than the table of ids begins with */
            append(s, person(s, 100 + i));
        append(s, a);
        OK(wf_store_watermark_set(s, WF_STR("oracle"), 1, 9, &err));
        OK(wf_store_watermark_set(s, WF_STR("oracle"), 2, 9, &err));
        OK(wf_store_name_put(s, 1, 1, "n", 1, &err));
        OK(wf_store_meta_put(s, "m", "n", 1, &err));
        OK(wf_store_small_put(s, 1, 1, "n", 1, &err));
        OK(wf_store_alert_put(s, 1, "n", 1, &err));
        wf_store_floor_set(s, 1);
        cr_assert(eq(u32, wf_store_subjects(s), 3001));
        OK(wf_store_watermark(s, WF_STR("oracle"), 1, &n, &err));
        cr_assert(eq(u64, n, 9));
        OK(wf_store_epoch(s, WF_STR("oracle"), &n, &err));
        cr_assert(eq(u64, n, 2));
        wf_store_abort(s);
        wf_store_abort(s);
        for (int opened = 0; opened < 2; opened++) {
            cr_assert(eq(u64, wf_store_next(s), 2));
            cr_assert(eq(u64, wf_store_last(s), 1));
            cr_assert(eq(u64, wf_store_alerts(s), 0));
            cr_assert(eq(u64, wf_store_floor(s), 0));
            cr_assert(eq(u64, wf_store_head(s, a), 1));
            cr_assert(eq(u32, wf_store_subjects(s), 1));
            OK(wf_store_subject(s, 0, 1, WF_STR("person-100"), false, &number, &err));
            cr_assert(eq(u32, number, 0));
            OK(wf_store_subject(s, 0, 1, WF_STR("person-1"), false, &number, &err));
            cr_assert(eq(u32, number, 1));
            OK(wf_store_watermark(s, WF_STR("oracle"), 1, &n, &err));
            cr_assert(eq(u64, n, 5));
            OK(wf_store_epoch(s, WF_STR("oracle"), &n, &err));
            cr_assert(eq(u64, n, 1));
            GIVES(wf_store_read(s, 2, &r, &err), WF_ABSENT);
            GIVES(wf_store_meta_get(s, "m", buf, sizeof buf, &length, &err), WF_ABSENT);
            if (round == 1)
                reopen(&s);
        }
    }
    begin(s);
    cr_assert(eq(u32, person(s, 7), 2));
    cr_assert(eq(u64, append(s, 2), 2));
    commit(s);
    reopen(&s);
    cr_assert(eq(u64, wf_store_head(s, 2), 2));
}

Test(store, a_full_map_says_so_and_the_store_goes_on)
{
    wf_store *s = NULL;
    wf_store_options o = { .path = path, .map_bytes = 1 << 20, .manual_clock = true, .measures_version = 1 };
    static char body[4000];
    wf_rc rc = WF_OK;
    uint64_t last = 0;

    OK(wf_store_open(&o, &s, &err));
    begin(s);
    uint32_t a = person(s, 1);
    append(s, a);
    commit(s);
    for (int i = 0; rc == WF_OK && i < 200; i++) {
        begin(s);
        for (int j = 0; rc == WF_OK && j < 10; j++) {
            wf_record r = { .kind = WF_RECORD_EVENT, .subject_count = 1, .subject = { a }, .body = { body, sizeof body } };
            rc = wf_store_append(s, &r, &err);
        }
        if (rc != WF_OK) {      /* whatever follows in the transaction fails for the same reason */
            GIVES(wf_store_meta_put(s, "x", "y", 1, &err), WF_FULL);
            GIVES(wf_store_append(s, &(wf_record) { .kind = WF_RECORD_TICK }, &err), WF_FULL);
        }
        wf_rc end = wf_store_commit(s, NULL, 0, &err);
        if (rc != WF_OK)
            cr_assert(eq(int, end, WF_FULL), "a transaction that failed cannot be committed");
        rc = end;
        if (rc == WF_OK)
            last = wf_store_last(s);
    }
    cr_assert(eq(int, rc, WF_FULL));
    cr_assert(gt(u64, last, 50));
    cr_assert(eq(u64, wf_store_last(s), last));
    cr_assert(eq(u64, wf_store_next(s), last + 1));
    cr_assert(eq(u64, wf_store_head(s, a), last));
    wf_record r;
    OK(wf_store_read(s, last, &r, &err));
    wf_store_close(&s);

    o.map_bytes = 8 << 20;
    OK(wf_store_open(&o, &s, &err));
    cr_assert(eq(u64, wf_store_last(s), last));
    begin(s);
    cr_assert(eq(u64, append(s, a), last + 1));
    commit(s);
    wf_store_close(&s);
}

Test(store, a_disk_that_takes_no_more_loses_nothing_that_was_acknowledged)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    struct rlimit was, limit;
    struct stat st;
    char file[96];

    signal(SIGXFSZ, SIG_IGN);
    snprintf(file, sizeof file, "%s/data.mdb", path);
    begin(s);
    uint32_t a = person(s, 1);
    append(s, a);
    commit(s);
    cr_assert(eq(int, getrlimit(RLIMIT_FSIZE, &was), 0));
    for (int round = 0; round < 5; round++) {
        uint64_t last = wf_store_last(s);
        cr_assert(eq(int, stat(file, &st), 0));
        limit = (struct rlimit) { (rlim_t) st.st_size + 20000, was.rlim_max };
        cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &limit), 0));
        begin(s);
        for (int i = 0; i < 3000; i++)
            append(s, i % 3 == 0 ? person(s, (unsigned) (10000 * (round + 1) + i)) : a);
        wf_rc rc = wf_store_commit(s, NULL, 0, &err);
        cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &was), 0));
        cr_assert(ne(int, rc, WF_OK));
        cr_assert(eq(u64, wf_store_last(s), last));
        cr_assert(eq(u64, wf_store_head(s, a), last));
        begin(s);
        for (int i = 0; i < 300; i++)
            append(s, a);
        commit(s);
        if (round % 2 == 1)
            reopen(&s);
        cr_assert(eq(u64, wf_store_last(s), last + 300));
    }
    for (uint64_t n = 1; n <= wf_store_last(s); n++) {
        wf_record r;
        OK(wf_store_read(s, n, &r, &err));
        cr_assert(is_event(&r));
    }
}

/* ------------------------------------------------------------------------------------ subjects, names, marks */

Test(store, a_subject_is_its_kind_its_organisation_and_its_id)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    static char id[WF_SUBJECT_ID_MAX + 1];
    uint32_t n;
    uint8_t kind;
    uint16_t org;
    wf_str text;

    memset(id, 'x', sizeof id);
    begin(s);
    for (uint32_t i = 0; i < 12; i++) {
        OK(wf_store_subject(s, (uint8_t) (i % 2), (uint16_t) (i / 2 % 2), (wf_str) { id, 1 + i / 4 }, true, &n, &err));
        cr_assert(eq(u32, n, i + 1));
        OK(wf_store_subject(s, (uint8_t) (i % 2), (uint16_t) (i / 2 % 2), (wf_str) { id, 1 + i / 4 }, true, &n, &err));
        cr_assert(eq(u32, n, i + 1));
    }
    OK(wf_store_subject(s, 4, 65535, (wf_str) { id, WF_SUBJECT_ID_MAX }, true, &n, &err));
    cr_assert(eq(u32, n, 13));
    GIVES(wf_store_subject(s, 4, 65535, (wf_str) { id, WF_SUBJECT_ID_MAX + 1 }, true, &n, &err), WF_SIZE);
    GIVES(wf_store_subject(s, 4, 65535, (wf_str) { id, 0 }, true, &n, &err), WF_SIZE);
    commit(s);
    reopen(&s);
    OK(wf_store_subject(s, 4, 65535, (wf_str) { id, WF_SUBJECT_ID_MAX }, false, &n, &err));
    cr_assert(eq(u32, n, 13));
    WF_AUTO(wf_reader_free) wf_reader *r = NULL;
    OK(wf_reader_new(s, &r, &err));
    for (uint32_t i = 0; i < 12; i++)
        for (int reader = 0; reader < 2; reader++) {
            OK(reader ? wf_reader_subject_id(r, i + 1, &kind, &org, &text, &err) : wf_store_subject_id(s, i + 1, &kind, &org, &text, &err));
            cr_assert(eq(int, kind, i % 2));
            cr_assert(eq(int, org, i / 2 % 2));
            cr_assert(wf_str_eq(text, (wf_str) { id, 1 + i / 4 }));
        }
    GIVES(wf_store_subject_id(s, 14, &kind, &org, &text, &err), WF_ABSENT);
    GIVES(wf_store_subject_id(s, 0, &kind, &org, &text, &err), WF_ABSENT);
    GIVES(wf_reader_subject_id(r, 14, &kind, &org, &text, &err), WF_ABSENT);
}

Test(store, numbers_taken_back_are_given_again_and_find_only_their_own)
{
    wf_subjects t;
    char id[16];

    wf_subjects_init(&t);
    for (unsigned round = 0; round < 20; round++) {
        uint32_t kept = t.count;
        for (unsigned i = 0; i < 3000; i++) {
            int n = snprintf(id, sizeof id, "%u-%u", round, i);
            cr_assert(eq(u32, wf_subjects_add(&t, 1, 2, (wf_str) { id, (size_t) n }), kept + i + 1));
        }
        wf_subjects_cut(&t, kept + 500);
        cr_assert(eq(u32, t.count, kept + 500));
    }
    for (unsigned round = 0; round < 20; round++)
        for (unsigned i = 0; i < 3000; i++) {
            int n = snprintf(id, sizeof id, "%u-%u", round, i);
            cr_assert(eq(u32, wf_subjects_find(&t, 1, 2, (wf_str) { id, (size_t) n }), i < 500 ? round * 500 + i + 1 : 0));
            cr_assert(eq(u32, wf_subjects_find(&t, 1, 3, (wf_str) { id, (size_t) n }), 0));
        }
    wf_subjects_free(&t);
}

Test(store, each_source_and_epoch_has_its_watermark)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    static const struct { const char *source; uint64_t epoch, number; } rows[] = {
        { "a", 1, 10 }, { "a", 300, 11 }, { "a", 255, 12 }, { "ab", 7, 13 }, { "b", UINT64_MAX, 14 }, { "a", 2, 15 },
    };
    uint64_t n;

    OK(wf_store_epoch(s, WF_STR("a"), &n, &err));
    cr_assert(eq(u64, n, 0));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(s);
        for (uint64_t k = 1; k <= rows[i].number; k++)
            OK(wf_store_watermark_set(s, wf_str_of(rows[i].source), rows[i].epoch, k, &err));
        commit(s);
    }
    for (int opened = 0; opened < 2; opened++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            OK(wf_store_watermark(s, wf_str_of(rows[i].source), rows[i].epoch, &n, &err));
            cr_assert(eq(u64, n, rows[i].number));
        }
        OK(wf_store_watermark(s, WF_STR("a"), 3, &n, &err));
        cr_assert(eq(u64, n, 0));
        OK(wf_store_epoch(s, WF_STR("a"), &n, &err));
        cr_assert(eq(u64, n, 300));
        OK(wf_store_epoch(s, WF_STR("b"), &n, &err));
        cr_assert(eq(u64, n, UINT64_MAX));
        OK(wf_store_epoch(s, WF_STR("c"), &n, &err));
        cr_assert(eq(u64, n, 0));
        reopen(&s);
    }
    GIVES(wf_store_watermark(s, WF_STR(""), 3, &n, &err), WF_RANGE);
    GIVES(wf_store_watermark(s, WF_STR("a\0b"), 3, &n, &err), WF_RANGE);
}

Test(store, meta_values_and_alerts_come_back)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    WF_AUTO(wf_reader_free) wf_reader *r = NULL;
    char buf[16];
    size_t n = 99;
    wf_str text;

    begin(s);
    OK(wf_store_meta_put(s, "told", "12345", 5, &err));
    OK(wf_store_meta_put(s, "id", "", 0, &err));        /* a name that the store uses too, for itself */
    GIVES(wf_store_meta_put(s, "a name of more than thirty-two bytes", "", 0, &err), WF_SIZE);
    OK(wf_store_alert_put(s, 1, "red", 3, &err));
    OK(wf_store_alert_put(s, 2, "green", 5, &err));
    cr_assert(eq(u64, wf_store_alerts(s), 0));
    commit(s);
    cr_assert(eq(u64, wf_store_alerts(s), 2));
    char id[33];
    strcpy(id, wf_store_id(s));
    reopen(&s);
    cr_assert(eq(str, id, (char *) wf_store_id(s)));
    cr_assert(eq(u64, wf_store_alerts(s), 2));
    OK(wf_store_meta_get(s, "told", buf, sizeof buf, &n, &err));
    cr_assert(eq(sz, n, 5));
    cr_assert(eq(int, memcmp(buf, "12345", 5), 0));
    GIVES(wf_store_meta_get(s, "told", buf, 4, &n, &err), WF_SIZE);
    OK(wf_store_meta_get(s, "id", buf, sizeof buf, &n, &err));
    cr_assert(eq(sz, n, 0));
    OK(wf_reader_new(s, &r, &err));
    cr_assert(eq(u64, wf_reader_alerts(r), 2));
    OK(wf_reader_alert(r, 2, &text, &err));
    cr_assert(wf_str_eq(text, WF_STR("green")));
    GIVES(wf_reader_alert(r, 3, &text, &err), WF_ABSENT);
}

/* -------------------------------------------------------------------------------------- what is derived */

static wf_rc count_page(void *ctx, uint32_t a, int32_t b, const void *bytes, size_t n, uint64_t sequence, wf_err *e)
{
    (void) a, (void) b, (void) bytes, (void) n, (void) sequence, (void) e;
    ++*(unsigned *) ctx;
    return WF_OK;
}
static wf_rc count_name(void *ctx, uint8_t kind, uint32_t number, const void *bytes, size_t n, wf_err *e)
{
    (void) kind, (void) number, (void) bytes, (void) n, (void) e;
    ++*(unsigned *) ctx;
    return WF_OK;
}
static wf_rc count_small(void *ctx, uint8_t kind, uint64_t number, const void *bytes, size_t n, wf_err *e)
{
    (void) kind, (void) number, (void) bytes, (void) n, (void) e;
    ++*(unsigned *) ctx;
    return WF_OK;
}
static wf_rc count_posted(void *ctx, uint64_t last, const void *bytes, size_t n, wf_err *e)
{
    (void) last, (void) bytes, (void) n, (void) e;
    ++*(unsigned *) ctx;
    return WF_OK;
}
static unsigned count(wf_store *s, char what)
{
    unsigned n = 0;

    switch (what) {
    case 'i': OK(wf_store_image(s, count_page, &n, &err)); break;
    case 'p': OK(wf_store_postings(s, 0, count_posted, &n, &err)); break;
    case 'n': OK(wf_store_names(s, count_name, &n, &err)); break;
    case 's': OK(wf_store_smalls(s, 1, count_small, &n, &err)); break;
    default: OK(wf_store_smalls(s, WF_KIND_DERIVED, count_small, &n, &err)); break;
    }
    return n;
}

static void fill(wf_store *s)
{
    begin(s);
    for (uint32_t i = 1; i <= 300; i++) {
        append(s, person(s, i));
        OK(wf_store_image_put(s, i, 2020, &i, sizeof i, i, &err));
        OK(wf_store_name_put(s, 1, i, &i, sizeof i, &err));
        OK(wf_store_name_put(s, WF_KIND_DERIVED, i, &i, sizeof i, &err));
        OK(wf_store_name_put(s, 255, i, &i, sizeof i, &err));
        OK(wf_store_small_put(s, 1, i, &i, sizeof i, &err));
        OK(wf_store_small_put(s, WF_KIND_DERIVED, i, &i, sizeof i, &err));
    }
    OK(wf_store_alert_put(s, 1, "x", 1, &err));
    wf_store_floor_set(s, 300);
    OK(wf_store_commit(s, "postings", 8, &err));
}
static void check_forgotten(wf_store *s)
{
    cr_assert(eq(uint, count(s, 'i'), 0));
    cr_assert(eq(uint, count(s, 'p'), 0));
    cr_assert(eq(uint, count(s, 'n'), 300));
    cr_assert(eq(uint, count(s, 's'), 300));
    cr_assert(eq(uint, count(s, 'd'), 0));
    cr_assert(eq(u64, wf_store_floor(s), 0));
    cr_assert(eq(u64, wf_store_derive_to(s), 300));
    cr_assert(eq(u32, wf_store_subjects(s), 300));
    cr_assert(eq(u64, wf_store_head(s, 300), 300));
    cr_assert(eq(u64, wf_store_alerts(s), 1));
}

Test(store, what_is_derived_can_be_forgotten_and_the_rest_stays)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);

    fill(s);
    cr_assert(eq(u64, wf_store_derive_to(s), 0));
    begin(s);
    OK(wf_store_derived_reset(s, &err));
    check_forgotten(s);
    wf_store_abort(s);
    cr_assert(eq(uint, count(s, 'i'), 300));
    cr_assert(eq(uint, count(s, 'p'), 1));
    cr_assert(eq(uint, count(s, 'n'), 900));
    cr_assert(eq(uint, count(s, 'd'), 300));
    cr_assert(eq(u64, wf_store_floor(s), 300));
    cr_assert(eq(u64, wf_store_derive_to(s), 0));
    begin(s);
    OK(wf_store_derived_reset(s, &err));
    commit(s);
    check_forgotten(s);
    reopen(&s);
    check_forgotten(s);
    begin(s);
    append(s, 1);
    wf_store_floor_set(s, 299);
    commit(s);
    reopen(&s);
    cr_assert(eq(u64, wf_store_derive_to(s), 300));
    begin(s);
    wf_store_floor_set(s, 300);
    commit(s);
    reopen(&s);
    cr_assert(eq(u64, wf_store_derive_to(s), 0));
    cr_assert(eq(u64, wf_store_floor(s), 300));
}

Test(store, other_measures_forget_what_the_old_ones_derived)
{
    wf_store *s = open_at(path);
    wf_store_options o = { .path = path, .manual_clock = true, .measures_version = 2 };

    fill(s);
    wf_store_close(&s);
    OK(wf_store_open(&o, &s, &err));
    check_forgotten(s);
    wf_store_close(&s);
    OK(wf_store_open(&o, &s, &err));
    cr_assert(eq(u64, wf_store_derive_to(s), 300));
    wf_store_close(&s);
}
