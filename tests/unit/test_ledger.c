/* The ledger: interning, sums that vanish, the dump, and that image and later postings make the same ledger (L1, L7). */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ledger.h"

static uint32_t cell(wf_ledger *l, const char *unit, const char *role)
{
    wf_cell c = { { 0 } };
    c.code[WF_D_UNIT] = wf_ledger_code(l, WF_D_UNIT, wf_str_of(unit));
    c.code[WF_D_ROLE] = wf_ledger_code(l, WF_D_ROLE, wf_str_of(role));
    return wf_ledger_cell(l, &c);
}

static void post(wf_ledger *l, uint32_t flow, wf_day day, int64_t count, int64_t amount, uint64_t sequence)
{
    wf_ledger_post(l, &(wf_posting) { flow, day, count, amount }, sequence);
}

Test(ledger, numbers_count_up_from_one_and_stay)
{
    WF_AUTO(wf_ledger_free) wf_ledger *l = wf_ledger_new();
    cr_assert(eq(u16, wf_ledger_code(l, WF_D_ROLE, WF_STR("")), 0));
    cr_assert(eq(u16, wf_ledger_code(l, WF_D_ROLE, WF_STR("5")), 1));
    cr_assert(eq(u16, wf_ledger_code(l, WF_D_ROLE, WF_STR("4")), 2));
    cr_assert(eq(u16, wf_ledger_code(l, WF_D_ROLE, WF_STR("5")), 1));
    cr_assert(eq(u16, wf_ledger_code_find(l, WF_D_UNIT, WF_STR("5")), 0), "each dimension has its own");
    char text[16];
    for (int i = 0; i < 5000; i++)
        wf_ledger_code(l, WF_D_COURSE, (wf_str) { text, (size_t) snprintf(text, sizeof text, "c%d", i) });
    cr_assert(eq(u16, wf_ledger_code(l, WF_D_COURSE, WF_STR("c4321")), 4322));
    wf_str back = wf_ledger_code_text(l, WF_D_COURSE, 4322);
    cr_assert(eq(int, wf_str_eq(back, WF_STR("c4321")), true));
}

Test(ledger, a_day_that_sums_to_nothing_is_not_there)
{
    WF_AUTO(wf_ledger_free) wf_ledger *l = wf_ledger_new();
    uint32_t f = wf_ledger_flow(l, WF_M_IN_POST, WF_OUTSIDE, cell(l, "org/t1", "5"), WF_BY_STARTER);
    post(l, f, wf_day_of(2024, 2, 29), 1, 800000, 1);
    post(l, f, wf_day_of(2024, 12, 31), 1, 1000000, 2);
    post(l, f, wf_day_of(2024, 2, 29), -1, -800000, 3);
    char *dump = wf_ledger_dump(l);
    cr_assert(eq(str, dump, "in_post|unit=org/t1,role=5|2024-12-31|1|1000000\n"));
    free(dump);
}

Test(ledger, what_goes_from_cell_to_cell_is_in_both)
{
    WF_AUTO(wf_ledger_free) wf_ledger *l = wf_ledger_new();
    uint32_t a = cell(l, "org/t1", "5"), b = cell(l, "org/t2", "5");
    post(l, wf_ledger_flow(l, WF_M_IN_POST, a, b, WF_BY_MOVE), wf_day_of(2023, 4, 1), 1, 600000, 1);
    char *dump = wf_ledger_dump(l);
    cr_assert(eq(str, dump, "in_post|unit=org/t1,role=5|2023-04-01|-1|-600000\nin_post|unit=org/t2,role=5|2023-04-01|1|600000\n"));
    free(dump);
}

#define FLOWS 40
#define POSTINGS 4000

static uint64_t seed;
static uint32_t below(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) ((seed >> 33) % n);
}

static void prepare(wf_ledger *l)
{
    char unit[24];
    for (int i = 0; i < FLOWS; i++) {
        snprintf(unit, sizeof unit, "org/t%d", i);
        wf_ledger_flow(l, i % 3 == 0 ? WF_M_CASES : WF_M_IN_POST, WF_OUTSIDE, cell(l, unit, "5"), WF_BY_STARTER);
    }
}

struct sheet { wf_page_key key; size_t n; uint64_t sequence; uint8_t *bytes; };

/* Takes some sheets now and then; keeps of each the newest. */
static size_t take(wf_ledger *l, struct sheet *kept, size_t n, uint64_t now, int most)
{
    static uint8_t buf[WF_LEDGER_PAGE_MAX];
    wf_page_key key;
    size_t bytes;
    while (most-- > 0 && wf_ledger_take(l, &key, buf, &bytes)) {
        size_t i = 0;
        while (i < n && (kept[i].key.sheet != key.sheet || kept[i].key.year != key.year))
            i++;
        if (i == n)
            kept[n++] = (struct sheet) { .key = key };
        kept[i].bytes = realloc(kept[i].bytes, bytes + 1);
        memcpy(kept[i].bytes, buf, bytes);
        kept[i].n = bytes;
        kept[i].sequence = now;
    }
    return n;
}

Test(ledger, sheets_and_the_postings_after_the_floor_make_the_same_ledger)
{
    for (uint64_t round = 1; round <= 20; round++) {
        WF_AUTO(wf_ledger_free) wf_ledger *l = wf_ledger_new();
        WF_AUTO(wf_ledger_free) wf_ledger *again = wf_ledger_new();
        static wf_posting p[POSTINGS];
        static struct sheet kept[4096];
        size_t n = 0;
        wf_err e;
        seed = round;
        prepare(l);
        for (uint32_t i = 0; i < POSTINGS; i++) {
            uint32_t flow = 1 + below(FLOWS);
            p[i] = (wf_posting) { flow, { 15000 + (int32_t) below(4000) }, (int64_t) below(5) - 2, flow % 3 == 1 ? 0 : (int64_t) below(9) - 4 };
            wf_ledger_post(l, &p[i], i + 1);
            if (below(20) == 0)
                n = take(l, kept, n, i + 1, 8);
        }
        uint64_t floor = wf_ledger_floor(l, POSTINGS);
        cr_assert(lt(u64, floor, (uint64_t) POSTINGS), "something waits, or this shows nothing");
        prepare(again);
        for (size_t i = 0; i < n; i++)
            cr_assert(eq(int, wf_ledger_put_page(again, kept[i].key, kept[i].bytes, kept[i].n, kept[i].sequence, &e), WF_OK), "%s", e.text);
        for (uint32_t i = (uint32_t) floor; i < POSTINGS; i++)
            wf_ledger_post_after(again, &p[i], i + 1);
        char *one = wf_ledger_dump(l), *two = wf_ledger_dump(again);
        cr_assert(eq(str, one, two), "seed %d", (int) round);
        free(one);
        free(two);
        for (size_t i = 0; i < n; i++)
            free(kept[i].bytes);
        memset(kept, 0, sizeof kept);
    }
}

Test(ledger, a_sheet_that_is_damaged_is_refused)
{
    WF_AUTO(wf_ledger_free) wf_ledger *l = wf_ledger_new();
    static uint8_t buf[WF_LEDGER_PAGE_MAX];
    wf_page_key key;
    size_t n;
    prepare(l);
    for (int i = 0; i < 10; i++)
        post(l, 2, wf_day_of(2020, 1, 1 + i), 1, 5, 1);
    cr_assert(eq(int, wf_ledger_take(l, &key, buf, &n), true));
    cr_assert(eq(sz, n, 3 + 10 * 14));
    WF_AUTO(wf_ledger_free) wf_ledger *other = wf_ledger_new();
    prepare(other);
    cr_assert(eq(int, wf_ledger_put_page(other, key, buf, n - 1, 1, NULL), WF_DAMAGED), "cut off");
    cr_assert(eq(int, wf_ledger_put_page(other, (wf_page_key) { 99, 2020 }, buf, n, 1, NULL), WF_DAMAGED), "no such sheet");
    cr_assert(eq(int, wf_ledger_put_page(other, (wf_page_key) { key.sheet, 1400 }, buf, n, 1, NULL), WF_DAMAGED), "no such year");
    memcpy(buf + 3 + 14, buf + 3, 2);
    cr_assert(eq(int, wf_ledger_put_page(other, key, buf, n, 1, NULL), WF_DAMAGED), "a day twice");
}

static void add(void *ctx, uint32_t flow, wf_day day, int64_t count, int64_t amount)
{
    (void) flow, (void) day, (void) amount;
    *(int64_t *) ctx += count;
}

Test(ledger, a_range_of_days_is_what_lies_in_it)
{
    WF_AUTO(wf_ledger_free) wf_ledger *l = wf_ledger_new();
    uint32_t f = wf_ledger_flow(l, WF_M_LEAVERS, WF_OUTSIDE, cell(l, "org", ""), WF_BY_LEAVER);
    for (int y = 2018; y < 2024; y++)
        post(l, f, wf_day_of(y, 12, 31), 1, 10, 1);
    int64_t sum = 0;
    wf_ledger_each_in(l, f, wf_day_of(2019, 12, 31), wf_day_of(2022, 12, 30), add, &sum);
    cr_assert(eq(i64, sum, 3));
}
