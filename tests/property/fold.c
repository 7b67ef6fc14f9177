/* fold -- laws of the fold over histories in JSON lines, and the ledgers and findings that they yield.
 *
 *   fold [--permute N] [--seed S] [--supervision DAYS] [--allocations] [--posts] [--roles 123456] [--caseload DAYS] [--holidays FILE]
 *        [--ledger | --findings] FILE...
 *
 * Laws, for the order of the file and for N shuffled orders with doubles:
 *   any order gives the same ledger, byte for byte;
 *   the ledger kept step by step equals that of all timelines derived anew.
 * Exit status 0, 1 when a law is broken (with the seed), 2 for wrong use. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <workforce/event.h>

#include "core/fold.h"

#define EVENTS_MAX 20000

static wf_event *event[EVENTS_MAX];
static wf_hold *hold[EVENTS_MAX];
static int events;
static const wf_event *said[2 * EVENTS_MAX + 1];       /* by sequence */
static wf_str source[64];
static int sources;
static uint64_t seed = 1;
static wf_calendar *calendar;
static const char *roles = "123456";        /* each a letter, most senior first */
static wf_fold_settings settings = { .caseload_days = 35 };

struct one { wf_timeline *t; wf_str id; wf_subject_kind kind; uint16_t org; };
struct world { wf_ledger *ledger; wf_fold *fold; struct one one[EVENTS_MAX]; uint32_t n; uint8_t rank[64]; };

static uint64_t random_state;
static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) ((random_state >> 33) % n);
}

static wf_timeline *timeline(struct world *w, wf_subject_kind kind, wf_str org, wf_str id, uint32_t *number)
{
    uint16_t o = wf_ledger_code(w->ledger, WF_D_UNIT, org);
    for (uint32_t i = 0; i < w->n; i++)
        if (w->one[i].kind == kind && w->one[i].org == o && wf_str_eq(w->one[i].id, id)) {
            *number = i + 1;
            return w->one[i].t;
        }
    w->one[w->n] = (struct one) { wf_timeline_new(w->n + 1, kind, o), id, kind, o };
    *number = ++w->n;
    return w->one[w->n - 1].t;
}

static uint16_t source_number(wf_str name)
{
    for (int i = 0; i < sources; i++)
        if (wf_str_eq(source[i], name))
            return (uint16_t) (i + 1);
    source[sources++] = name;
    return (uint16_t) sources;
}

static struct world *begin(void)
{
    struct world *w = calloc(1, sizeof *w);
    w->ledger = wf_ledger_new();
    for (size_t i = 0; roles[i] != 0; i++)
        w->rank[wf_ledger_code(w->ledger, WF_D_ROLE, (wf_str) { roles + i, 1 })] = (uint8_t) (i + 1);
    settings.rank = w->rank;
    settings.ranks = wf_ledger_codes(w->ledger, WF_D_ROLE) + 1;
    w->fold = wf_fold_new(w->ledger, calendar, &settings);
    return w;
}

static void end(struct world *w)
{
    for (uint32_t i = 0; i < w->n; i++)
        wf_timeline_free(&w->one[i].t);
    wf_fold_free(&w->fold);
    wf_ledger_free(&w->ledger);
    free(w);
}

static void post(struct world *w, uint64_t sequence)
{
    for (uint32_t i = 0; i < w->fold->outs; i++)
        wf_ledger_post(w->ledger, &w->fold->out[i], sequence);
}

/* An allocation that has come to stand in its case, or no longer does, in its worker's timeline. */
static void follow(struct world *w, uint64_t fact, uint32_t number, bool stands, uint64_t sequence)
{
    const wf_event *ev = said[fact];
    uint32_t person;
    if (!wf_event_has(ev, WF_F_WORKER))
        return;
    const wf_entry x = { ev, fact, number, source_number(ev->source), 0 };
    wf_timeline *t = timeline(w, WF_PERSON, ev->org, ev->v[WF_F_WORKER].s, &person);
    if (stands)
        wf_fold_put(w->fold, t, &x);
    else
        wf_fold_drop(w->fold, t, fact);
    post(w, sequence);
}

static void put(struct world *w, const wf_event *ev, uint64_t sequence)
{
    uint32_t number;
    uint16_t s = source_number(ev->source), of = wf_event_is_link(ev) ? source_number(wf_event_target_source(ev)) : 0;
    w->fold->sources = (wf_sources) { source, (uint32_t) sources, NULL };
    wf_timeline *t = timeline(w, wf_event_rows[ev->type].subject, ev->org, ev->subject, &number);
    if (wf_timeline_find(t, s, ev->id) != NULL)
        return;
    said[sequence] = ev;
    wf_entry x = { ev, sequence, 0, s, of };
    if (t->kind != WF_CASE) {
        wf_fold_put(w->fold, t, &x);
        post(w, sequence);
        return;
    }
    wf_moved moved;
    x.case_number = wf_event_has(ev, WF_F_WORKER) && ev->voids.n == 0 ? WF_CASE_ELSEWHERE : number;
    wf_timeline_take(t, w->ledger, &w->fold->sources, &x, &moved);
    if (moved.has_out)
        follow(w, moved.out.sequence, number, false, sequence);
    if (moved.has_in)
        follow(w, moved.in.sequence, number, true, sequence);
}

/* What is left when everything derived anew is taken out of the ledger: nothing, if the law holds. */
static char *derived_anew(struct world *w)
{
    for (uint32_t i = 0; i < w->n; i++) {
        wf_fold_all(w->fold, w->one[i].t);
        for (uint32_t k = 0; k < w->fold->outs; k++) {
            wf_posting p = w->fold->out[k];
            p.count = -p.count;
            p.amount = -p.amount;
            wf_ledger_post(w->ledger, &p, 1);
        }
    }
    return wf_ledger_dump(w->ledger);
}

static void load(const char *path)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    wf_err e;
    if (f == NULL) {
        fprintf(stderr, "fold: %s: %s\n", path, strerror(errno));
        exit(2);
    }
    while ((n = getline(&line, &cap, f)) > 0 && events < EVENTS_MAX) {
        wf_event *ev = calloc(1, sizeof *ev);
        if (wf_event_from_json(line, (size_t) n, ev, &hold[events], &e) != WF_OK) {
            fprintf(stderr, "fold: %s:%d: %s\n", path, events + 1, e.text);
            exit(2);
        }
        event[events++] = ev;
    }
    free(line);
    fclose(f);
}

static void show_finding(void *ctx, wf_finding_kind kind, const wf_fact *fact)
{
    static const char *const kinds[] = { "person", "post", "case", "unit", "source" };
    struct world *w = ((void **) ctx)[0];
    struct one *o = ((void **) ctx)[1];
    wf_str org = wf_ledger_code_text(w->ledger, WF_D_UNIT, o->org), s = source[fact->source - 1], id = wf_timeline_text(o->t, fact->id);
    printf("%s|%.*s|%s|%.*s|%.*s|%.*s\n", wf_finding_names[kind], WF_STR_ARG(org), kinds[o->kind], WF_STR_ARG(o->id), WF_STR_ARG(s), WF_STR_ARG(id));
}

static void unload(void)
{
    for (int i = 0; i < events; i++) {
        free(event[i]);
        wf_hold_free(&hold[i]);
    }
    events = sources = 0;
}

/* Another order, with doubles: the same ledger? */
static bool other_order(const char *path, int round, const char *first)
{
    int order[2 * EVENTS_MAX], n = 0;
    random_state = seed * 1000003u + (uint64_t) round;
    for (int i = 0; i < events; i++) {
        order[n++] = i;
        if (random_below(10) < 3)
            order[n++] = i;
    }
    for (int i = n - 1; i > 0; i--) {
        int k = (int) random_below((uint32_t) i + 1), x = order[i];
        order[i] = order[k];
        order[k] = x;
    }
    struct world *w = begin();
    for (int i = 0; i < n; i++)
        put(w, event[order[i]], (uint64_t) i + 1);
    char *other = wf_ledger_dump(w->ledger), *left = derived_anew(w);
    bool good = strcmp(first, other) == 0 && *left == 0;
    if (!good)
        fprintf(stderr, "fold: %s: seed %llu, order %d: %s\n", path, (unsigned long long) seed, round, *left != 0 ? "step by step and anew differ" : "another ledger");
    free(other);
    free(left);
    end(w);
    return good;
}

static bool laws(const char *path, int permute, bool ledger, bool findings)
{
    struct world *w = begin();
    for (int i = 0; i < events; i++)
        put(w, event[i], (uint64_t) i + 1);
    char *first = wf_ledger_dump(w->ledger);
    if (ledger)
        fputs(first, stdout);
    for (uint32_t i = 0; findings && i < w->n; i++) {
        void *ctx[2] = { w, &w->one[i] };
        wf_fold_findings(w->fold, w->one[i].t, show_finding, ctx);
    }
    char *left = derived_anew(w);
    bool good = *left == 0;
    if (!good)
        fprintf(stderr, "fold: %s: kept step by step and derived anew differ by\n%s", path, left);
    free(left);
    end(w);
    for (int round = 0; round < permute && good; round++)
        good = other_order(path, round, first);
    free(first);
    return good;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "permute", required_argument, NULL, 'p' }, { "seed", required_argument, NULL, 's' }, { "supervision", required_argument, NULL, 'n' },
        { "allocations", no_argument, NULL, 'a' }, { "posts", no_argument, NULL, 'o' }, { "ledger", no_argument, NULL, 'l' },
        { "findings", no_argument, NULL, 'f' }, { "holidays", required_argument, NULL, 'h' },
        { "roles", required_argument, NULL, 'r' }, { "caseload", required_argument, NULL, 'c' }, { NULL, 0, NULL, 0 },
    };
    int c, permute = 0, bad = 0;
    bool ledger = false, findings = false;
    const char *holidays = "profiles/bank-holidays-england";
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
        switch (c) {
        case 'p': permute = atoi(optarg); break;
        case 's': seed = strtoull(optarg, NULL, 10); break;
        case 'n': settings.supervision_every = atoi(optarg); break;
        case 'a': settings.allocations = true; break;
        case 'o': settings.posts = true; break;
        case 'l': ledger = true; break;
        case 'f': findings = true; break;
        case 'h': holidays = optarg; break;
        case 'r': roles = optarg; break;
        case 'c': settings.caseload_days = atoi(optarg); break;
        default: return 2;
        }
    if (optind >= argc)
        return 2;
    wf_day day[2000];
    size_t days = 0;
    char text[256];
    FILE *h = fopen(holidays, "r");
    while (h != NULL && fgets(text, sizeof text, h) != NULL && days < 2000)
        if (text[0] >= '0' && text[0] <= '9')
            days += wf_day_parse((wf_str) { text, 10 }, &day[days], NULL) == WF_OK;
    if (h == NULL || days == 0)
        return 2;
    fclose(h);
    calendar = wf_calendar_new(day, days);
    for (; optind < argc; optind++) {
        load(argv[optind]);
        bad += !laws(argv[optind], permute, ledger, findings);
        unload();
    }
    wf_calendar_free(&calendar);
    return bad != 0;
}
