/* Corrections and voids in a timeline: which fact stands, which link has a finding, in any order of arrival (F6). */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/calendar.h"
#include "core/fold.h"

/* What is said of one person: by source o, or n, which succeeds it, or x, which does not. */
typedef struct say { const char *id, *source; wf_event_type type; const char *day; int time; const char *corrects, *voids, *of; } say;
enum { SAID_MAX = 40 };

static const wf_str source_name[] = { { "n", 1 }, { "o", 1 }, { "x", 1 } };
static const wf_source_rule rule[] = { { .name = { "o", 1 } }, { .name = { "n", 1 }, .succeeds = { "o", 1 } }, { .name = { "x", 1 } } };
static const wf_profile profile = { .source = rule, .source_count = 3 };

typedef struct world { wf_ledger *ledger; wf_calendar *calendar; wf_fold *fold; wf_timeline *t; uint64_t sequence; } world;

static void world_end(world *w)
{
    wf_timeline_free(&w->t);
    wf_fold_free(&w->fold);
    wf_ledger_free(&w->ledger);
    wf_calendar_free(&w->calendar);
}

static world world_new(void)
{
    static uint8_t rank[8];
    const wf_day holiday = wf_day_of(2024, 12, 25);
    world w = { .ledger = wf_ledger_new(), .calendar = wf_calendar_new(&holiday, 1) };
    rank[wf_ledger_code(w.ledger, WF_D_ROLE, WF_STR("5"))] = 1;
    const wf_fold_settings s = { .rank = rank, .ranks = 2, .caseload_days = 35 };
    w.fold = wf_fold_new(w.ledger, w.calendar, &s);
    w.fold->sources = (wf_sources) { source_name, 3, &profile };
    w.t = wf_timeline_new(1, WF_PERSON, wf_ledger_code(w.ledger, WF_D_UNIT, WF_STR("bexley")));
    return w;
}

static uint16_t number_of(const char *source) { return (uint16_t) (source[0] == 'n' ? 1 : source[0] == 'o' ? 2 : 3); }
static const char *of(const say *s) { return s->of != NULL ? s->of : s->source; }
static const char *target(const say *s) { return s->voids != NULL ? s->voids : s->corrects; }

/* The FTE is told by the time, so that two facts of one day differ. */
static void hear(world *w, const say *s)
{
    wf_event ev;
    memset(&ev, 0, sizeof ev);
    ev.type = s->type;
    ev.id = wf_str_of(s->id);
    ev.source = wf_str_of(s->source);
    ev.org = WF_STR("bexley");
    ev.subject = WF_STR("p1");
    ev.time.ms = s->time;
    cr_assert(eq(int, wf_day_parse(wf_str_of(s->day), &ev.effective, NULL), WF_OK));
    if (s->corrects != NULL) ev.corrects = wf_str_of(s->corrects);
    if (s->voids != NULL) ev.voids = wf_str_of(s->voids);
    if (s->of != NULL) ev.targetsource = wf_str_of(s->of);
    if (s->voids == NULL && s->type == WF_CASELOAD) {
        ev.given = WF_BIT(WF_F_CASES);
        ev.v[WF_F_CASES].n = s->time;
    } else if (s->voids == NULL) {
        ev.given = WF_BIT(WF_F_ENGAGEMENT) | (s->type == WF_LEAVER ? 0 : WF_BIT(WF_F_FTE) | WF_BIT(WF_F_ROLE));
        ev.v[WF_F_ENGAGEMENT].s = WF_STR("e1");
        ev.v[WF_F_FTE].n = s->time;
        ev.v[WF_F_ROLE].s = WF_STR("5");
    }
    const wf_entry x = { &ev, ++w->sequence, 0, number_of(s->source), target(s) != NULL ? number_of(of(s)) : 0 };
    wf_fold_put(w->fold, w->t, &x);
    for (uint32_t i = 0; i < w->fold->outs; i++)
        wf_ledger_post(w->ledger, &w->fold->out[i], w->sequence);
}

/* ---- what a timeline says: ids in order, then findings ---- */

typedef struct text { char s[2048]; size_t n; } text;

static void add(text *t, const char *mark, wf_str source, wf_str id)
{
    t->n += (size_t) snprintf(t->s + t->n, sizeof t->s - t->n, "%s%s%.*s.%.*s", t->n > 0 ? " " : "", mark, WF_STR_ARG(source), WF_STR_ARG(id));
}

static int word_cmp(const void *a, const void *b) { return strcmp(*(char *const *) a, *(char *const *) b); }

static void sorted(text *t)
{
    char copy[sizeof t->s], *word[2 * SAID_MAX], *save;
    size_t n = 0;
    snprintf(copy, sizeof copy, "%s", t->s);
    for (char *p = strtok_r(copy, " ", &save); p != NULL; p = strtok_r(NULL, " ", &save))
        word[n++] = p;
    qsort(word, n, sizeof *word, word_cmp);
    t->n = 0;
    for (size_t i = 0; i < n; i++)
        t->n += (size_t) snprintf(t->s + t->n, sizeof t->s - t->n, "%s%s", i > 0 ? " " : "", word[i]);
}

static text stands(const world *w)
{
    text t = { "", 0 };
    for (int c = 0; c < WF_CHAIN_COUNT; c++)
        for (uint32_t i = 0; i < w->t->chain[c].n; i++)
            add(&t, "", source_name[w->t->chain[c].fact[i].source - 1], wf_timeline_text(w->t, w->t->chain[c].fact[i].id));
    sorted(&t);
    return t;
}

/* `?`: waits; `!`: contradicts. Of links alone. */
static text idle(const world *w)
{
    text t = { "", 0 };
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->t->ties; i++) {
        const wf_tie *x = &w->t->tie[i];
        n += x->state != WF_TIE_HOLDS;
        if (x->state != WF_TIE_HOLDS)
            add(&t, x->state == WF_TIE_WAITS ? "?" : "!", source_name[x->source - 1], wf_timeline_text(w->t, x->id));
    }
    cr_assert(eq(u32, w->t->idle, n));
    sorted(&t);
    return t;
}

static void says(const say *s, size_t n, const char *standing, const char *findings, const char *ledger)
{
    size_t order[SAID_MAX];
    for (int reverse = 0; reverse < 2; reverse++) {
        world w = world_new();
        for (size_t i = 0; i < n; i++)
            order[i] = reverse ? n - 1 - i : i;
        for (size_t i = 0; i < n; i++)
            hear(&w, &s[order[i]]);
        text st = stands(&w), fi = idle(&w);
        char *dump = wf_ledger_dump(w.ledger);
        cr_expect(eq(str, st.s, (char *) standing), "reverse %d", reverse);
        cr_expect(eq(str, fi.s, (char *) findings), "reverse %d", reverse);
        if (ledger != NULL)
            cr_expect(eq(str, dump, (char *) ledger), "reverse %d", reverse);
        free(dump);
        world_end(&w);
    }
}
#define SAYS(standing, findings, ledger, ...) \
    do { const say row_[] = { __VA_ARGS__ }; says(row_, sizeof row_ / sizeof *row_, standing, findings, ledger); } while (0)

#define JOINS { "s", "o", WF_STARTER, "2020-01-06", 1, NULL, NULL, NULL }
#define LEAVES { "l", "o", WF_LEAVER, "2023-08-31", 2, NULL, NULL, NULL }

Test(correction, of_several_the_last_said_holds)
{
    SAYS("o.b", "", NULL, JOINS, { "b", "o", WF_STARTER, "2020-02-03", 6, "s", NULL, NULL }, { "a", "o", WF_STARTER, "2020-03-02", 5, "s", NULL, NULL });
    SAYS("o.b", "", NULL, JOINS, { "b", "o", WF_STARTER, "2020-02-03", 6, "s", NULL, NULL }, { "a", "o", WF_STARTER, "2020-03-02", 6, "s", NULL, NULL });
    SAYS("o.b", "", NULL, JOINS, { "a", "o", WF_STARTER, "2020-02-03", 6, "s", NULL, NULL }, { "b", "o", WF_STARTER, "2020-03-02", 6, "s", NULL, NULL });
}

Test(correction, voiding_a_correction_brings_back_what_was_before)
{
    SAYS("o.s", "", NULL, JOINS, { "a", "o", WF_STARTER, "2020-02-03", 5, "s", NULL, NULL }, { "v", "o", WF_STARTER, "2020-02-03", 6, NULL, "a", NULL });
    SAYS("o.a", "", NULL, JOINS, { "a", "o", WF_STARTER, "2020-02-03", 5, "s", NULL, NULL }, { "b", "o", WF_STARTER, "2020-03-02", 6, "s", NULL, NULL },
         { "v", "o", WF_STARTER, "2020-02-03", 7, NULL, "b", NULL });
}

Test(correction, voiding_an_original_takes_its_earlier_corrections_with_it_and_a_later_one_brings_it_back)
{
    SAYS("", "", "", JOINS, { "a", "o", WF_STARTER, "2020-02-03", 5, "s", NULL, NULL }, { "v", "o", WF_STARTER, "2020-02-03", 6, NULL, "s", NULL });
    SAYS("o.b", "", NULL, JOINS, { "a", "o", WF_STARTER, "2020-02-03", 5, "s", NULL, NULL }, { "v", "o", WF_STARTER, "2020-02-03", 6, NULL, "s", NULL },
         { "b", "o", WF_STARTER, "2020-03-02", 7, "s", NULL, NULL });
    SAYS("", "", "", JOINS, { "a", "o", WF_STARTER, "2020-02-03", 5, "s", NULL, NULL }, { "b", "o", WF_STARTER, "2020-04-06", 9, "a", NULL, NULL },
         { "v", "o", WF_STARTER, "2020-02-03", 6, NULL, "s", NULL });
}

Test(correction, a_withdrawn_leaver_is_reinstated_and_a_withdrawn_withdrawal_is_not)
{
    static const char there[] = "in_post|unit=bexley,role=5|2020-01-06|1|1\n";
    world w = world_new();
    hear(&w, &(say) JOINS);
    char *before = wf_ledger_dump(w.ledger);
    hear(&w, &(say) LEAVES);
    char *left = wf_ledger_dump(w.ledger);
    cr_assert(ne(ptr, strstr(left, "leavers|unit=bexley,role=5|2023-08-31|1|1\n"), NULL), "%s", left);
    cr_assert(ne(ptr, strstr(before, there), NULL), "%s", before);
    hear(&w, &(say) { "v", "o", WF_LEAVER, "2023-08-31", 3, NULL, "l", NULL });
    char *back = wf_ledger_dump(w.ledger);
    cr_assert(eq(str, back, before));
    hear(&w, &(say) { "vv", "o", WF_LEAVER, "2023-08-31", 4, NULL, "v", NULL });
    char *again = wf_ledger_dump(w.ledger);
    cr_assert(eq(str, again, left));
    free(before), free(left), free(back), free(again);
    world_end(&w);
}

Test(correction, a_correction_of_a_void_says_it_again)
{
    SAYS("", "", "", JOINS, { "v", "o", WF_STARTER, "2020-02-03", 4, NULL, "s", NULL }, { "vv", "o", WF_STARTER, "2020-02-03", 5, NULL, "v", NULL },
         { "c", "o", WF_STARTER, "2020-02-03", 6, "v", NULL, NULL });
    SAYS("o.s", "", NULL, JOINS, { "v", "o", WF_STARTER, "2020-02-03", 4, NULL, "s", NULL }, { "c", "o", WF_STARTER, "2020-02-03", 5, "v", NULL, NULL },
         { "vv", "o", WF_STARTER, "2020-02-03", 6, NULL, "v", NULL });
}

Test(correction, what_has_no_effect_is_a_finding)
{
    SAYS("", "?o.a", NULL, { "a", "o", WF_STARTER, "2020-02-03", 5, "s", NULL, NULL });
    SAYS("o.s", "!o.a", NULL, JOINS, { "a", "o", WF_CHANGE, "2020-02-03", 5, "s", NULL, NULL });
    SAYS("o.s", "!o.a", NULL, JOINS, { "a", "o", WF_STARTER, "2020-02-03", 0, "s", NULL, NULL });
    SAYS("o.a", "", NULL, JOINS, { "a", "o", WF_STARTER, "2020-02-03", 1, "s", NULL, NULL });
    SAYS("o.s", "!o.a", NULL, JOINS, { "a", "o", WF_STARTER, "2020-02-03", 5, "a", NULL, NULL });
    SAYS("o.s", "!o.a !o.b !o.c ?o.d", NULL, JOINS, { "a", "o", WF_STARTER, "2020-02-03", 5, "b", NULL, NULL },
         { "b", "o", WF_STARTER, "2020-02-03", 5, NULL, "c", NULL }, { "c", "o", WF_STARTER, "2020-02-03", 5, "a", NULL, NULL },
         { "d", "o", WF_STARTER, "2020-02-03", 6, NULL, "a", NULL });
    SAYS("o.s", "!o.a ?o.b", NULL, JOINS, { "a", "o", WF_STARTER, "2020-02-03", 0, "s", NULL, NULL }, { "b", "o", WF_STARTER, "2020-02-03", 6, "a", NULL, NULL });
}

/* F4 */
Test(correction, a_source_and_its_successor_may_and_nobody_else)
{
    SAYS("n.a", "", NULL, JOINS, { "a", "n", WF_STARTER, "2020-02-03", 5, "s", NULL, "o" });
    SAYS("o.s", "?n.a", NULL, JOINS, { "a", "n", WF_STARTER, "2020-02-03", 5, "s", NULL, NULL });
    SAYS("o.s", "!x.a", NULL, JOINS, { "a", "x", WF_STARTER, "2020-02-03", 5, NULL, "s", "o" });
    SAYS("", "!o.a", NULL, { "a", "o", WF_STARTER, "2020-02-03", 5, "s", NULL, "n" });
}

Test(correction, an_original_that_comes_last_is_corrected_at_once)
{
    world w = world_new();
    hear(&w, &(say) { "a", "o", WF_STARTER, "2020-02-03", 5, "s", NULL, NULL });
    text first = idle(&w);
    cr_assert(eq(str, first.s, "?o.a"));
    hear(&w, &(say) JOINS);
    text st = stands(&w), then = idle(&w);
    cr_assert(eq(str, st.s, "o.a"));
    cr_assert(eq(str, then.s, ""));
    cr_assert(eq(int, wf_timeline_find(w.t, 2, WF_STR("s")) != NULL, true), "its identity is kept for all time");
    world_end(&w);
}

/* ---- the rule as it is written, against any order ---- */

static const say *named(const say *all, const size_t *there, size_t n, const say *s)
{
    for (size_t i = 0; i < n && target(s) != NULL; i++)
        if (strcmp(all[there[i]].id, target(s)) == 0 && strcmp(all[there[i]].source, of(s)) == 0)
            return &all[there[i]];
    return NULL;
}

typedef struct known { const say *all; const size_t *there; size_t n; } known;

static bool contradicts(const known *k, const say *s)
{
    const say *t = named(k->all, k->there, k->n, s), *x = s;
    if (target(s) == NULL)
        return false;
    if (strcmp(s->source, of(s)) != 0 && !(s->source[0] == 'n' && of(s)[0] == 'o'))
        return true;
    if (t != NULL && (t->type != s->type || s->time < t->time))
        return true;
    for (size_t i = 0; i <= k->n && x != NULL; i++)
        if ((x = named(k->all, k->there, k->n, x)) == s)
            return true;
    return false;
}

static bool effect(const known *k, const say *s)
{
    if (target(s) == NULL)
        return true;
    const say *t = named(k->all, k->there, k->n, s);
    return !contradicts(k, s) && t != NULL && effect(k, t);
}

static bool said_before(const say *a, const say *b)
{
    int c = a->time != b->time ? a->time - b->time : strcmp(a->source, b->source);
    return (c != 0 ? c : strcmp(a->id, b->id)) < 0;
}

static const say *walked(const known *k, const say *s)
{
    const say *best = NULL;
    for (size_t i = 0; i < k->n; i++) {
        const say *c = &k->all[k->there[i]];
        if (target(c) == NULL || !effect(k, c) || named(k->all, k->there, k->n, c) != s || walked(k, c) == NULL)
            continue;
        if (best == NULL || said_before(best, c))
            best = c;
    }
    return best == NULL ? s : best->voids != NULL ? NULL : walked(k, best);
}

static uint64_t random_state;
static uint32_t below(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) ((random_state >> 33) % n);
}

static size_t some(say *s, char id[][4])
{
    static const char *const day[] = { "2020-01-06", "2021-03-01", "2021-03-02", "2022-08-31", "2023-02-28" }, *const by[] = { "o", "o", "o", "n", "x" };
    static const wf_event_type type[] = { WF_STARTER, WF_CHANGE, WF_LEAVER, WF_CASELOAD };
    size_t n = 4 + below(14);
    for (size_t i = 0; i < n; i++) {
        snprintf(id[i], 4, "%c%u", 'a' + (int) (i * 7 % 26), (unsigned) i);
        s[i] = (say) { id[i], by[below(5)], type[below(8) < 5 ? below(2) * 3 : below(4)], day[below(5)], (int) (1 + below(3) * below(8)), NULL, NULL, NULL };
    }
    for (size_t i = 0; i < n; i++) {
        size_t to = below(10) == 0 ? below((uint32_t) n) : below((uint32_t) i + 1);
        if (below(10) < 4)
            continue;
        *(below(2) ? &s[i].corrects : &s[i].voids) = below(20) == 0 ? "nobody" : s[to].id;
        if (below(12) != 0)
            s[i].type = s[to].type;
        if (s[to].source != s[i].source || below(8) == 0)
            s[i].of = below(15) == 0 ? "x" : s[to].source;
        if (below(10) != 0 && s[i].time < s[to].time)
            s[i].time = s[to].time + (int) below(3);
    }
    return n;
}

static void agrees(const world *w, const known *k, uint64_t seed)
{
    text st = { "", 0 }, fi = { "", 0 }, got = stands(w), open = idle(w);
    for (size_t i = 0; i < k->n; i++) {
        const say *s = &k->all[k->there[i]], *end = target(s) == NULL ? walked(k, s) : NULL;
        if (end != NULL)
            add(&st, "", wf_str_of(end->source), wf_str_of(end->id));
        if (!effect(k, s))
            add(&fi, contradicts(k, s) ? "!" : "?", wf_str_of(s->source), wf_str_of(s->id));
    }
    sorted(&st);
    sorted(&fi);
    cr_assert(eq(str, got.s, st.s), "seed %llu after %zu", (unsigned long long) seed, k->n);
    cr_assert(eq(str, open.s, fi.s), "seed %llu after %zu", (unsigned long long) seed, k->n);
}

/* After every event that comes, so what is known of any beginning of the journal stands alone too. */
Test(correction, in_any_order_the_rule_as_it_is_written_holds_and_the_ledger_is_one)
{
    for (uint64_t seed = 1; seed <= 400; seed++) {
        say s[SAID_MAX];
        char id[SAID_MAX][4], *first = NULL;
        random_state = seed * 77777;
        size_t n = some(s, id), order[SAID_MAX];
        for (size_t i = 0; i < n; i++)
            order[i] = i;
        for (int round = 0; round < 4; round++) {
            world w = world_new();
            for (size_t i = n; round > 0 && i-- > 1;) {
                size_t k = below((uint32_t) i + 1), x = order[i];
                order[i] = order[k];
                order[k] = x;
            }
            for (size_t i = 0; i < n; i++) {
                hear(&w, &s[order[i]]);
                agrees(&w, &(known) { s, order, i + 1 }, seed);
            }
            char *dump = wf_ledger_dump(w.ledger);
            if (first == NULL)
                first = strdup(dump);
            cr_assert(eq(str, dump, first), "seed %llu, order %d", (unsigned long long) seed, round);
            wf_fold_all(w.fold, w.t);
            for (uint32_t i = 0; i < w.fold->outs; i++) {
                wf_posting p = w.fold->out[i];
                p.count = -p.count;
                p.amount = -p.amount;
                wf_ledger_post(w.ledger, &p, 1);
            }
            free(dump);
            dump = wf_ledger_dump(w.ledger);
            cr_assert(eq(str, dump, ""), "seed %llu: step by step and derived anew differ", (unsigned long long) seed);
            free(dump);
            world_end(&w);
        }
        free(first);
    }
}
