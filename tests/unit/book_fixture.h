/* book_fixture -- a profile from text, a ledger, a book and what is complete, for tests of figures and alerts. */
#pragma once
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/alert.h"
#include "core/text.h"
#include "engine/profile.h"

typedef struct house {
    wf_profile *profile;
    wf_calendar *calendar;
    wf_ledger *ledger;
    wf_book *book;
    wf_complete *complete;
    wf_judge *judge;
    uint64_t sequence;
    wf_day today;               /* of the frame that is judged */
} house;

__attribute__((unused)) static void end_house(house *h)
{
    wf_judge_free(&h->judge);
    wf_complete_free(&h->complete);
    wf_book_free(&h->book);
    wf_ledger_free(&h->ledger);
    wf_calendar_free(&h->calendar);
    wf_profile_free(&h->profile);
}
#define HOUSE(name, text) WF_AUTO(end_house) house name = { 0 }; build(&name, text)

__attribute__((unused)) static void build(house *h, const char *text)
{
    wf_err e = { 0 };

    cr_assert(eq(int, wf_profile_parse("profile", wf_str_of(text), &h->profile, &e), WF_OK), "%s", e.text);
    h->calendar = wf_calendar_new(h->profile->holiday, h->profile->holiday_count);
    h->ledger = wf_ledger_new();
    h->book = wf_book_new(h->profile, h->calendar, h->ledger);
    h->complete = wf_complete_new(h->profile, wf_book_units(h->book), WF_DAY_FIRST);
    h->judge = wf_judge_new(h->book, h->complete, WF_DAY_FIRST, 0);
}

__attribute__((unused)) static wf_day on(const char *text)
{
    wf_day d = { 0 };

    cr_assert(eq(int, wf_day_parse(wf_str_of(text), &d, NULL), WF_OK), "%s", text);
    return d;
}

/* "unit=bexley/asm1,role=5" or "" for outside. */
__attribute__((unused)) static uint32_t cell(house *h, const char *text)
{
    wf_cell c = { { 0 } };

    if (*text == '\0') return WF_OUTSIDE;
    while (*text != '\0') {
        size_t key = strcspn(text, "="), value = strcspn(text + key + 1, ",");
        wf_dimension d;
        cr_assert(wf_dimension_named((wf_str) { text, key }, &d), "%s", text);
        c.code[d] = wf_ledger_code(h->ledger, d, (wf_str) { text + key + 1, value });
        text += key + 1 + value;
        if (*text == ',') text++;
    }
    return wf_ledger_cell(h->ledger, &c);
}

__attribute__((unused)) static void enter(house *h, const char *measure, const char *from, const char *to, wf_cause cause, const char *day, int64_t count, int64_t amount)
{
    wf_measure m;

    cr_assert(wf_measure_named(wf_str_of(measure), &m), "%s", measure);
    wf_posting p = { wf_ledger_flow(h->ledger, m, cell(h, from), cell(h, to), cause), on(day), count, amount };
    wf_ledger_post(h->ledger, &p, ++h->sequence);
    wf_book_apply(h->book, &p);
}

__attribute__((unused)) static uint32_t unit(house *h, const char *path)
{
    wf_book_follow(h->book);
    uint32_t u = wf_units_find(wf_book_units(h->book), wf_str_of(path));
    cr_assert(ne(u32, u, WF_NO_UNIT), "%s", path);
    return u;
}

__attribute__((unused)) static uint32_t indicator(const house *h, const char *name)
{
    uint32_t i = 0;

    cr_assert(wf_profile_indicator(h->profile, wf_str_of(name), &i), "%s", name);
    return i;
}

/* Everything of an organisation is complete from this day on, and was said so on `said`. */
__attribute__((unused)) static void all_complete(house *h, const char *org, const char *from, const char *said)
{
    wf_complete_fact all = { (1u << WF_EVENT_TYPE_COUNT) - 1, on(from), WF_DAY_OPEN };
    uint32_t o;

    (void) wf_ledger_code(h->ledger, WF_D_UNIT, wf_str_of(org));
    o = unit(h, org);
    wf_day changed = wf_complete_put(h->complete, o, WF_STR("hr"), &all, 1);
    wf_complete_said(h->complete, o, all.types, on(said));
    wf_judge_touch_org(h->judge, o, changed);
}

__attribute__((unused)) static wf_figure figure(house *h, const char *name, const char *path, const char *day)
{
    wf_figure f;

    wf_figure_read(h->book, h->complete, indicator(h, name), unit(h, path), on(day), on("2030-01-01"), &f);
    return f;
}

__attribute__((unused)) static const char *printed(const wf_figure *f)
{
    static char buf[WF_TEXT_NUMBER];

    return wf_text_number(f->value, f->decimals, buf);
}
