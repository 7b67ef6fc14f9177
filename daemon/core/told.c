#include "core/told.h"
#include <stdlib.h>
#include <string.h>

static void *grown(void *p, uint32_t *cap, uint32_t need, size_t size)
{
    if (need <= *cap) return p;
    *cap = need + *cap / 2 + 1;
    p = realloc(p, *cap * size);
    WF_ASSERT(p != NULL);
    return p;
}

/* ---- a line ---- */

void wf_line_free(wf_line *l)
{
    free(l->mark);
    *l = (wf_line) { 0 };
}

static void cut(wf_line *l, int32_t day)
{
    while (l->n > 0 && l->mark[l->n - 1].day >= day) l->n--;
}

void wf_line_set(wf_line *l, int32_t day, wf_level level)
{
    cut(l, day);
    if (level == (l->n == 0 ? WF_OKAY : l->mark[l->n - 1].level)) return;
    l->mark = grown(l->mark, &l->cap, l->n + 1, sizeof *l->mark);
    l->mark[l->n++] = (wf_line_mark) { day, level };
}

wf_level wf_line_at(const wf_line *l, int32_t day)
{
    uint32_t i = l->n;

    while (i > 0 && l->mark[i - 1].day > day) i--;
    return i == 0 ? WF_OKAY : l->mark[i - 1].level;
}

/* ---- told runs ---- */

bool wf_alert_id_eq(wf_alert_id a, wf_alert_id b) { return a.number == b.number && a.part == b.part; }

void wf_told_free(wf_told_runs *t)
{
    for (uint32_t i = 0; i < t->n; i++) wf_line_free(&t->run[i].line);
    free(t->run);
    *t = (wf_told_runs) { 0 };
}

wf_told_run *wf_told_find(const wf_told_runs *t, wf_alert_id id)
{
    for (uint32_t i = t->n; i-- > 0;)
        if (wf_alert_id_eq(t->run[i].id, id)) return &t->run[i];
    return NULL;
}

wf_told_run *wf_told_add(wf_told_runs *t, wf_alert_id id)
{
    t->run = grown(t->run, &t->cap, t->n + 1, sizeof *t->run);
    t->run[t->n] = (wf_told_run) { .id = id };
    return &t->run[t->n++];
}

static void drop(wf_told_runs *t, uint32_t i)
{
    wf_line_free(&t->run[i].line);
    memmove(&t->run[i], &t->run[i + 1], (--t->n - i) * sizeof *t->run);
}

void wf_told_drop(wf_told_runs *t, wf_alert_id id)
{
    wf_told_run *r = wf_told_find(t, id);

    if (r != NULL) drop(t, (uint32_t) (r - t->run));
}

void wf_told_days(const wf_told_run *r, int32_t *first, int32_t *last)
{
    const wf_line *l = &r->line;

    *first = l->n == 0 ? INT32_MAX : l->mark[0].day;
    *last = l->n == 0 || l->mark[l->n - 1].level > WF_OKAY ? INT32_MAX : l->mark[l->n - 1].day - 1;
}

/* ---- runs as they are paired ---- */

/* Days one after the other at amber or red: marks [at, at + n) of a line. */
struct stretch { uint32_t at, n; int32_t first, last; wf_level level; };

/* The stretch that begins at mark *i or later, up to `until`; false: none. *i moves behind it. */
static bool next_stretch(const wf_line *l, uint32_t *i, int32_t until, struct stretch *s)
{
    while (*i < l->n && l->mark[*i].level <= WF_OKAY) ++*i;
    if (*i == l->n || l->mark[*i].day > until) return false;
    *s = (struct stretch) { *i, 0, l->mark[*i].day, until, WF_OKAY };
    for (; *i < l->n && l->mark[*i].day <= until && l->mark[*i].level > WF_OKAY; ++*i, s->n++)
        if (l->mark[*i].level > s->level) s->level = l->mark[*i].level;
    if (*i < l->n && l->mark[*i].day <= until) s->last = l->mark[*i].day - 1;
    return true;
}

#define NONE UINT32_MAX
struct known { struct stretch s; uint32_t of; wf_alert_id id; };                /* of: the told one that it takes */
struct told { wf_told_run *run; int32_t first, last; wf_level level; uint32_t stretches, of; };

struct pairing {
    const wf_line *line;
    struct known *known; uint32_t knowns, known_cap;
    struct told *told; uint32_t tolds, told_cap;                                /* by first day */
    int32_t until;
};

static void list_known(struct pairing *p, int32_t live)
{
    struct stretch s;

    for (uint32_t i = 0; next_stretch(p->line, &i, p->until, &s);) {
        if (s.last < live) continue;
        p->known = grown(p->known, &p->known_cap, p->knowns + 1, sizeof *p->known);
        p->known[p->knowns++] = (struct known) { s, NONE, { 0, 0 } };
    }
}

static void list_told(struct pairing *p, const wf_told_runs *t, int32_t from)
{
    for (uint32_t i = 0; i < t->n; i++) {
        struct told x = { &t->run[i], INT32_MAX, INT32_MIN, WF_OKAY, 0, NONE };
        struct stretch s;
        for (uint32_t at = 0; next_stretch(&t->run[i].line, &at, p->until, &s); x.stretches++) {
            x.first = s.first < x.first ? s.first : x.first;
            x.last = s.last;
            x.level = s.level > x.level ? s.level : x.level;
        }
        if (x.stretches == 0 || x.last < from) continue;
        p->told = grown(p->told, &p->told_cap, p->tolds + 1, sizeof *p->told);
        uint32_t at = p->tolds++;
        for (; at > 0 && p->told[at - 1].first > x.first; at--) p->told[at] = p->told[at - 1];
        p->told[at] = x;
    }
}

static bool shares_a_day(const struct pairing *p, const struct told *t, const struct known *k)
{
    struct stretch s;

    for (uint32_t i = 0; next_stretch(&t->run->line, &i, p->until, &s);)
        if (s.first <= k->s.last && k->s.first <= s.last) return true;
    return false;
}

static struct pairing pair_up(const wf_told_runs *t, const wf_line *known, int32_t from, int32_t until, int32_t live)
{
    struct pairing p = { .line = known, .until = until };

    list_known(&p, live);
    list_told(&p, t, from);
    for (uint32_t k = 0; k < p.knowns; k++)
        for (uint32_t i = 0; i < p.tolds && p.known[k].of == NONE; i++)
            if (p.told[i].of == NONE && shares_a_day(&p, &p.told[i], &p.known[k])) {
                p.known[k].of = i;
                p.known[k].id = p.told[i].run->id;
                p.told[i].of = k;
            }
    return p;
}

static void end_pairing(struct pairing *p)
{
    free(p->known);
    free(p->told);
}

/* ---- entries ---- */

struct list { wf_alert_entry *entry; uint32_t n, most; };

static void put(struct list *l, const wf_alert_entry *e)
{
    if (l->n < l->most) l->entry[l->n] = *e;
    l->n++;
}

/* Days that stand at `until` have no end. */
static wf_day end_of(int32_t last, int32_t until) { return last == until ? WF_DAY_OPEN : (wf_day) { last }; }

static void set_now(wf_alert_entry *e, const struct known *k, int32_t until)
{
    e->first = (wf_day) { k->s.first };
    e->last = end_of(k->s.last, until);
    e->level = k->s.level;
}

static bool equal(const struct pairing *p, const struct told *t, const struct known *k)
{
    const wf_line *l = &t->run->line;
    struct stretch s = { 0 };
    uint32_t i = 0;

    if (t->stretches != 1 || t->first != k->s.first || t->last != k->s.last) return false;
    if (!next_stretch(l, &i, p->until, &s) || s.n != k->s.n) return false;
    for (i = 0; i < s.n; i++) {
        wf_line_mark a = l->mark[s.at + i], b = p->line->mark[k->s.at + i];
        if (a.day != b.day || a.level != b.level) return false;
    }
    return true;
}

static void tell_told(const struct pairing *p, struct list *out)
{
    for (uint32_t i = 0; i < p->tolds; i++) {
        const struct told *t = &p->told[i];
        wf_alert_entry e = { .alert = t->run->id.number, .part = t->run->id.part, .what = WF_ERRATUM_WITHDRAWN, .first = WF_DAY_OPEN, .last = WF_DAY_OPEN,
                             .was_first = { t->first }, .was_last = end_of(t->last, p->until), .was_level = t->level };
        if (t->of != NONE) {
            if (equal(p, t, &p->known[t->of])) continue;
            e.what = WF_ERRATUM_AMENDED;
            set_now(&e, &p->known[t->of], p->until);
        }
        for (uint32_t k = 0; k < p->knowns && e.what == WF_ERRATUM_WITHDRAWN; k++)
            if (p->known[k].of != NONE && shares_a_day(p, t, &p->known[k])) {
                e.what = WF_ERRATUM_MERGED;
                e.other = p->known[k].id.number;
                e.other_part = p->known[k].id.part;
            }
        put(out, &e);
    }
}

static void tell_new(struct pairing *p, uint64_t number, struct list *out)
{
    int32_t part = 0;

    for (uint32_t k = 0; k < p->knowns; k++) {
        struct known *x = &p->known[k];
        if (x->of != NONE) continue;
        wf_alert_entry e = { .alert = number, .part = part, .what = WF_ERRATUM_LATE, .was_first = WF_DAY_OPEN, .was_last = WF_DAY_OPEN };
        x->id = (wf_alert_id) { number, part };
        part = part == 0 ? 2 : part + 1;
        set_now(&e, x, p->until);
        for (uint32_t i = 0; i < p->tolds && e.what == WF_ERRATUM_LATE; i++)
            if (shares_a_day(p, &p->told[i], x)) {
                e.what = WF_ERRATUM_SPLIT;
                e.other = p->told[i].run->id.number;
                e.other_part = p->told[i].run->id.part;
            }
        put(out, &e);
    }
}

/* What was told of these runs is now what is known. */
static void retell(const struct pairing *p, wf_told_runs *t)
{
    for (uint32_t i = 0; i < p->tolds; i++)
        if (p->told[i].of == NONE) p->told[i].run->line.n = 0;
    for (uint32_t k = 0; k < p->knowns; k++) {
        const struct stretch *s = &p->known[k].s;
        wf_told_run *r = wf_told_find(t, p->known[k].id);
        if (r == NULL) r = wf_told_add(t, p->known[k].id);
        r->line.n = 0;
        for (uint32_t m = s->at; m < s->at + s->n; m++) wf_line_set(&r->line, p->line->mark[m].day, p->line->mark[m].level);
        if (s->last != p->until) wf_line_set(&r->line, s->last + 1, WF_OKAY);
    }
    for (uint32_t i = t->n; i-- > 0;)
        if (t->run[i].line.n == 0) drop(t, i);
}

uint32_t wf_told_pair(wf_told_runs *t, const wf_line *known, int32_t from, int32_t until, int32_t live, uint64_t number,
                      wf_alert_entry *entry, uint32_t most)
{
    struct pairing p = pair_up(t, known, from, until, live);
    struct list out = { entry, 0, most };

    tell_told(&p, &out);
    tell_new(&p, number, &out);
    retell(&p, t);
    end_pairing(&p);
    return out.n;
}

wf_alert_id wf_told_taken(const wf_told_runs *t, const wf_line *known, int32_t from, int32_t until, int32_t live)
{
    struct pairing p = pair_up(t, known, from, until, live);
    wf_alert_id id = { 0, 0 };

    if (p.knowns > 0 && p.known[p.knowns - 1].s.last == until) id = p.known[p.knowns - 1].id;
    end_pairing(&p);
    return id;
}
