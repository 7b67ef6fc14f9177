/* What a store says when it is opened wrongly, cut off, or not what was written. */
#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "store/record.h"

TestSuite(store_damage, .init = make_dir, .fini = remove_dir, .timeout = 60);

static char copy[80];

/* ------------------------------------------------------------------------------------------------ opening */

Test(store_damage, openings_are_counted_and_a_new_store_is_fresh)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);

    cr_assert(wf_store_fresh(s));
    cr_assert(eq(u64, wf_store_instance(s), 1));
    cr_assert(eq(sz, strspn(wf_store_id(s), "0123456789abcdef"), 32));
    reopen(&s);
    cr_assert(wf_store_fresh(s));
    cr_assert(eq(u64, wf_store_instance(s), 2));
    begin(s);
    append(s, 0);
    cr_assert(wf_store_fresh(s));
    commit(s);
    cr_assert(not(wf_store_fresh(s)));
    reopen(&s);
    cr_assert(not(wf_store_fresh(s)));
    cr_assert(eq(u64, wf_store_instance(s), 3));
    cr_assert(gt(u64, wf_store_used_bytes(s), 8192));
}

Test(store_damage, the_other_kind_of_clock_is_refused)
{
    wf_store *s = open_at(path), *other = NULL;
    wf_store_options o = { .path = path, .manual_clock = false, .measures_version = 1 };

    wf_store_close(&s);
    GIVES(wf_store_open(&o, &other, &err), WF_CONFIG);
    cr_assert(eq(ptr, other, NULL));
    s = open_at(path);
    wf_store_close(&s);
}

Test(store_damage, a_second_opening_is_refused_in_this_process_and_in_another)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    wf_store_options o = { .path = path, .manual_clock = true, .measures_version = 1 };
    wf_store *second = NULL;
    int status;

    GIVES(wf_store_open(&o, &second, &err), WF_BUSY);
    pid_t child = fork();
    if (child == 0) {
        for (int fd = 3; fd < 64; fd++)         /* the lock is inherited: only another process's own opening counts */
            close(fd);
        _exit(wf_store_open(&o, &second, NULL) == WF_BUSY ? 0 : 1);
    }
    cr_assert(eq(int, waitpid(child, &status, 0), child));
    cr_assert(eq(int, status, 0));
    begin(s);
    append(s, 0);
    commit(s);
    reopen(&s);
    cr_assert(eq(u64, wf_store_last(s), 1));
}

Test(store_damage, only_the_owner_can_read_it_whatever_the_umask)
{
    static const mode_t masks[] = { 0, 0777, 0022 };
    static const char *const names[] = { "", "/data.mdb", "/lock.mdb", "/workforced.lock" };
    char file[96];
    struct stat st;

    for (size_t i = 0; i < 3; i++) {
        if (i == 1 && geteuid() != 0)
            continue;
        mode_t was = umask(masks[i]);
        wf_store *s = open_at(path);
        umask(was);
        for (size_t k = 0; k < 4; k++) {
            snprintf(file, sizeof file, "%s%s", path, names[k]);
            cr_assert(eq(int, stat(file, &st), 0));
            cr_assert(eq(uint, st.st_mode & 07777, k == 0 ? 0700 : 0600), "%s", names[k]);
        }
        wf_store_close(&s);
        remove_tree(path);
    }
}

Test(store_damage, a_place_that_cannot_hold_a_store_is_refused_with_its_path)
{
    wf_store *s = NULL;
    char file[96];
    wf_store_options o = { .path = file };

    snprintf(file, sizeof file, "%s/none/below", dir);
    GIVES(wf_store_open(&o, &s, &err), WF_SYSTEM);
    cr_assert(ne(ptr, strstr(err.text, file), NULL));
    snprintf(file, sizeof file, "%s/file", dir);
    close(open(file, O_CREAT | O_WRONLY, 0600));
    GIVES(wf_store_open(&o, &s, &err), WF_SYSTEM);
}

/* ------------------------------------------------------------------------------------------------ damage */

typedef struct image { uint8_t *p; size_t n; } image;

static image read_file(const char *from)
{
    char file[96];
    struct stat st;
    snprintf(file, sizeof file, "%s/data.mdb", from);
    int fd = open(file, O_RDONLY);

    cr_assert(ge(int, fd, 0));
    cr_assert(eq(int, fstat(fd, &st), 0));
    image i = { malloc((size_t) st.st_size), (size_t) st.st_size };
    cr_assert(eq(sz, (size_t) read(fd, i.p, i.n), i.n));
    close(fd);
    return i;
}
static void write_copy(const void *bytes, size_t n)
{
    char file[96];

    snprintf(copy, sizeof copy, "%s/c", dir);
    remove_tree(copy);
    cr_assert(eq(int, mkdir(copy, 0700), 0));
    snprintf(file, sizeof file, "%s/data.mdb", copy);
    int fd = open(file, O_CREAT | O_WRONLY, 0600);
    cr_assert(eq(sz, (size_t) write(fd, bytes, n), n));
    close(fd);
}
static wf_rc open_copy(wf_store **s)
{
    wf_store_options o = { .path = copy, .manual_clock = true, .measures_version = 1 };

    return wf_store_open(&o, s, &err);
}
/* Finds the next occurrence of an event's bytes; the page may lie in the file more than once. */
static uint8_t *find_event(const image *i, uint64_t sequence, const uint8_t *from)
{
    wf_record r = event(sequence, 1);
    uint8_t *at = memmem(from, (size_t) (i->p + i->n - from), r.id.p, r.id.n);

    return at == NULL ? NULL : at - WF_RECORD_HEADER - 12;
}
Test(store_damage, a_hundred_flipped_bits_in_records_are_each_found)
{
    enum { LAST = 9000 };
    wf_store *s = open_at(path);
    unsigned at_open = 0, at_read = 0;

    many_events(s, 18, LAST / 18);
    wf_store_close(&s);
    image i = read_file(path);
    seed = 3;
    for (int flip = 0; flip < 100; flip++) {
        uint64_t sequence = 1 + draw(LAST);
        wf_record r = event(sequence, 1);
        size_t bit = draw((unsigned) (wf_record_size(&r) * 8));
        unsigned found = 0;
        for (uint8_t *at = i.p; (at = find_event(&i, sequence, at)) != NULL; at += WF_RECORD_HEADER + 13, found++)
            at[bit / 8] ^= (uint8_t) (1u << bit % 8);
        if (bit / 8 >= WF_RECORD_HEADER + 12 && bit / 8 < WF_RECORD_HEADER + 12 + r.id.n)
            cr_assert(ge(uint, found, 1));
        write_copy(i.p, i.n);
        wf_rc rc = open_copy(&s);
        if (rc != WF_OK) {
            cr_assert(eq(int, rc, WF_DAMAGED), "%s", err.text);
            at_open++;
        } else {
            unsigned damaged = 0;
            for (uint64_t n = 1; n <= LAST; n++) {
                rc = wf_store_read(s, n, &r, &err);
                if (rc != WF_OK) {
                    cr_assert(eq(int, rc, WF_DAMAGED));
                    cr_assert(eq(u64, n, sequence));
                    damaged++;
                } else {
                    cr_assert(is_event(&r));
                }
            }
            cr_assert(eq(uint, damaged, 1));
            wf_store_close(&s);
            at_read++;
        }
        free(i.p);
        i = read_file(path);
    }
    free(i.p);
    cr_assert(eq(uint, at_open + at_read, 100));
    cr_assert(gt(uint, at_open, 0));
}

/* The floor of heads is far behind the tail here, so the record is not read when the store is opened. */
Test(store_damage, a_flipped_bit_far_back_does_not_stop_the_start_and_is_found_when_read)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    wf_record r;

    many_events(s, 40, 1000);
    wf_store_close(&s);
    image i = read_file(path);
    for (uint8_t *at = i.p; (at = find_event(&i, 77, at)) != NULL; at += WF_RECORD_HEADER + 13)
        at[20] ^= 4;
    write_copy(i.p, i.n);
    free(i.p);
    OK(open_copy(&s));
    GIVES(wf_store_read(s, 77, &r, &err), WF_DAMAGED);
    OK(wf_store_read(s, 78, &r, &err));
    WF_AUTO(wf_reader_free) wf_reader *reader = NULL;
    OK(wf_reader_new(s, &reader, &err));
    GIVES(wf_reader_record(reader, 77, &r, &err), WF_DAMAGED);
    GIVES(wf_reader_next(reader, 77, 2, &r, &err), WF_DAMAGED);
    OK(wf_reader_next(reader, 78, 2, &r, &err));
}

Test(store_damage, a_record_changed_with_its_checksum_breaks_the_commits_hash)
{
    wf_store *s = open_at(path);

    many_events(s, 5, 20);
    wf_store_close(&s);
    image i = read_file(path);
    for (uint64_t sequence = 1; sequence <= 100; sequence += 33) {
        wf_record r = event(sequence, 1);
        size_t n = wf_record_size(&r);
        for (uint8_t *at = i.p; (at = find_event(&i, sequence, at)) != NULL; at += n) {
            at[n - 1] ^= 1;
            uint32_t crc = wf_crc32c(wf_crc32c(0, &sequence, 8), at + 4, n - 4);
            memcpy(at, &crc, 4);
        }
        write_copy(i.p, i.n);
        GIVES(open_copy(&s), WF_DAMAGED);
        cr_assert(ne(ptr, strstr(err.text, "hash"), NULL), "%s", err.text);
        free(i.p);
        i = read_file(path);
    }
    free(i.p);
}

static bool all_there(wf_store *s, uint64_t last)
{
    wf_record r;

    for (uint64_t n = 1; n <= last; n++)
        if (wf_store_read(s, n, &r, NULL) != WF_OK || !is_event(&r))
            return false;
    return wf_store_last(s) == last;
}

Test(store_damage, a_file_cut_off_anywhere_is_refused_without_a_signal)
{
    wf_store *s = open_at(path);
    unsigned refused = 0, tried = 0;

    many_events(s, 30, 100);
    wf_store_close(&s);
    image i = read_file(path);
    for (size_t n = 1; n < i.n; n += n < 20000 ? 1021 : 4096 * 3 + 512, tried++) {
        write_copy(i.p, n);
        wf_rc rc = open_copy(&s);
        if (rc == WF_OK) {          /* only pages that nothing uses may be missing */
            cr_assert(all_there(s, 3000));
            wf_store_close(&s);
        } else {
            cr_assert(eq(int, rc, WF_DAMAGED), "cut at %zu: %s", n, err.text);
            refused++;
        }
    }
    cr_assert(gt(uint, tried, 30));
    cr_assert(ge(uint, refused, tried - 3));
    free(i.p);
}

Test(store_damage, a_file_that_ends_before_pages_which_nothing_uses_is_whole)
{
    WF_AUTO(wf_store_close) wf_store *s = open_at(path);
    static char page[8000];
    size_t shortest;

    many_events(s, 3, 10);
    begin(s);
    for (uint32_t i = 0; i < 500; i++)
        OK(wf_store_image_put(s, i, 1, page, sizeof page, 1, &err));
    commit(s);
    begin(s);
    OK(wf_store_derived_reset(s, &err));
    commit(s);
    for (int n = 0; n < 10; n++) {      /* the list of free pages itself moves down from the end */
        begin(s);
        append(s, 1);
        commit(s);
    }
    wf_store_close(&s);
    image i = read_file(path);
    for (shortest = i.n; shortest > 8192; shortest -= 4096) {
        write_copy(i.p, shortest - 4096);
        if (open_copy(&s) != WF_OK)
            break;
        cr_assert(all_there(s, 40));
        wf_store_close(&s);
    }
    cr_assert(eq(int, err.rc, WF_DAMAGED));
    cr_assert(lt(sz, shortest, i.n), "the free pages at the end can be missing");
    free(i.p);
}

Test(store_damage, a_lost_or_emptied_file_is_no_new_store)
{
    wf_store *s = open_at(path);
    wf_store_options o = { .path = path, .manual_clock = true, .measures_version = 1 };
    char file[96];

    wf_store_close(&s);
    snprintf(file, sizeof file, "%s/data.mdb", path);
    cr_assert(eq(int, truncate(file, 0), 0));
    GIVES(wf_store_open(&o, &s, &err), WF_DAMAGED);
    cr_assert(eq(int, unlink(file), 0));
    GIVES(wf_store_open(&o, &s, &err), WF_DAMAGED);
}

Test(store_damage, a_file_of_another_kind_or_a_newer_format_is_refused)
{
    static uint8_t noise[40000];
    wf_store *s = NULL;

    seed = 9;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t) draw(256);
    write_copy(noise, sizeof noise);
    GIVES(open_copy(&s), WF_DAMAGED);
    memset(noise, 0, sizeof noise);
    write_copy(noise, sizeof noise);
    GIVES(open_copy(&s), WF_DAMAGED);

    s = open_at(path);
    wf_store_close(&s);
    image i = read_file(path);
    uint8_t *row = memmem(i.p, i.n, "format", 6);
    cr_assert(ne(ptr, row, NULL));
    for (; row != NULL; row = memmem(row + 6, (size_t) (i.p + i.n - row - 6), "format", 6)) {
        uint32_t newer = 3, crc = wf_crc32c(wf_crc32c(0, "format", 6), &newer, sizeof newer);
        memcpy(row + 6, &crc, sizeof crc);
        memcpy(row + 6 + sizeof crc, &newer, sizeof newer);
    }
    write_copy(i.p, i.n);
    free(i.p);
    GIVES(open_copy(&s), WF_DAMAGED);
    cr_assert(ne(ptr, strstr(err.text, "format 3"), NULL), "%s", err.text);
}

/* Bits of the two pages that say where everything is: refused, or without effect; never a crash. */
Test(store_damage, flipped_bits_in_the_files_head_are_refused_or_without_effect)
{
    wf_store *s = open_at(path);
    unsigned refused = 0;

    many_events(s, 5, 20);
    wf_store_close(&s);
    image i = read_file(path);
    for (size_t bit = 0; bit < 2 * 152 * 8; bit += 7) {
        size_t at = bit / 8 < 152 ? bit / 8 : 4096 + bit / 8 - 152;
        i.p[at] ^= (uint8_t) (1u << bit % 8);
        write_copy(i.p, i.n);
        i.p[at] ^= (uint8_t) (1u << bit % 8);
        if (open_copy(&s) == WF_OK)
            wf_store_close(&s);
        else
            refused++;
    }
    cr_assert(gt(uint, refused, 10));
    free(i.p);
}
