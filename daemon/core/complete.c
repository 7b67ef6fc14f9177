#include "core/complete.h"
#include <stdlib.h>
#include <string.h>

struct days { int32_t from, until; };                       /* both inclusive; INT32_MAX: open */
struct spans { struct days *span; size_t n; };              /* ascending, apart by a day at least */
struct told { wf_str source; wf_complete_fact *fact; size_t n; bool named; struct spans type[WF_EVENT_TYPE_COUNT]; };

struct org {
    struct told *told; size_t sources;                      /* `named`: by the profile, as one that speaks of it */
    struct spans type[WF_EVENT_TYPE_COUNT];                 /* of all of them */
    int32_t said[WF_EVENT_TYPE_COUNT];                      /* INT32_MAX: not yet */
    uint32_t heard;                                         /* types said by an event, not by the profile alone */
};

struct table { struct org **org; uint32_t cap; };           /* by unit number of the organisation, made when first asked for */

struct wf_complete {
    const wf_profile *profile;
    const wf_units *units;
    wf_day in_force;
    struct table *table;
    uint64_t generation;
};

static void *made(size_t n, size_t size)
{
    void *p = calloc(n == 0 ? 1 : n, size);

    WF_ASSERT(p != NULL);
    return p;
}

/* ---- one organisation ---- */

static bool speaks_of(const wf_source_rule *s, wf_str org)
{
    for (size_t i = 0; i < s->org_count; i++)
        if (wf_str_eq(s->orgs[i], org)) return true;
    return s->org_count == 0;
}

static const wf_source_rule *rule_of(const wf_profile *p, wf_str source)
{
    for (size_t i = 0; i < p->source_count; i++)
        if (wf_str_eq(p->source[i].name, source)) return &p->source[i];
    return NULL;
}

static int by_from(const void *a, const void *b)
{
    const struct days *x = a, *y = b;

    return x->from != y->from ? (x->from > y->from) - (x->from < y->from) : (x->until > y->until) - (x->until < y->until);
}

static void unite(struct spans *s)
{
    size_t n = 0;

    if (s->n > 0) qsort(s->span, s->n, sizeof *s->span, by_from);
    for (size_t i = 0; i < s->n; i++) {
        struct days *last = n == 0 ? NULL : &s->span[n - 1];
        if (last != NULL && (last->until == INT32_MAX || s->span[i].from <= last->until + 1)) {
            if (s->span[i].until > last->until) last->until = s->span[i].until;
        } else {
            s->span[n++] = s->span[i];
        }
    }
    s->n = n;
}

/* What a source has told of a type, and the profile for it. F8: a span reaches its `until` plus the lateness that the source
 * has promised; without `until` it is open. */
static struct spans spans_of(const wf_source_rule *r, const struct told *told, int t)
{
    struct spans s = { made(told->n + 1, sizeof *s.span), 0 };
    bool of_type = r != NULL && told->named && (r->types == 0 || (r->types >> t & 1u) != 0);

    if (of_type && r->complete_from.n != INT32_MAX) s.span[s.n++] = (struct days) { r->complete_from.n, INT32_MAX };
    for (size_t k = 0; k < told->n; k++) {
        const wf_complete_fact *f = &told->fact[k];
        if ((f->types >> t & 1u) == 0) continue;
        int32_t until = f->until.n == INT32_MAX ? INT32_MAX : f->until.n + (r == NULL ? 0 : r->late_days);
        s.span[s.n++] = (struct days) { f->from.n, until };
    }
    unite(&s);
    return s;
}

static void derive_source(const wf_complete *c, struct told *told)
{
    const wf_source_rule *r = rule_of(c->profile, told->source);

    for (int t = 0; t < WF_EVENT_TYPE_COUNT; t++) {
        free(told->type[t].span);
        told->type[t] = spans_of(r, told, t);
    }
}

static struct spans united(const struct org *o, int t)
{
    size_t n = 0;

    for (size_t i = 0; i < o->sources; i++) n += o->told[i].type[t].n;
    struct spans s = { made(n, sizeof *s.span), 0 };
    for (size_t i = 0; i < o->sources; i++)
        for (size_t k = 0; k < o->told[i].type[t].n; k++) s.span[s.n++] = o->told[i].type[t].span[k];
    unite(&s);
    return s;
}

static struct told *told_by(struct org *o, wf_str source)
{
    for (size_t i = 0; i < o->sources; i++)
        if (wf_str_eq(o->told[i].source, source)) return &o->told[i];
    o->told = realloc(o->told, (o->sources + 1) * sizeof *o->told);
    char *name = made(source.n + 1, 1);
    WF_ASSERT(o->told != NULL);
    if (source.n > 0) memcpy(name, source.p, source.n);
    o->told[o->sources] = (struct told) { .source = { name, source.n } };
    return &o->told[o->sources++];
}

static struct org *org_at(const wf_complete *c, uint32_t org)
{
    struct table *t = c->table;

    if (org >= t->cap) {
        uint32_t cap = org + org / 2 + 16;
        t->org = realloc(t->org, cap * sizeof *t->org);
        WF_ASSERT(t->org != NULL);
        memset(t->org + t->cap, 0, (cap - t->cap) * sizeof *t->org);
        t->cap = cap;
    }
    if (t->org[org] != NULL) return t->org[org];
    struct org *o = t->org[org] = made(1, sizeof *o);
    for (size_t i = 0; i < c->profile->source_count; i++)
        if (speaks_of(&c->profile->source[i], wf_units_org_id(c->units, org))) {
            struct told *told = told_by(o, c->profile->source[i].name);
            told->named = true;
            derive_source(c, told);
        }
    for (int i = 0; i < WF_EVENT_TYPE_COUNT; i++) {
        o->type[i] = united(o, i);
        o->said[i] = o->type[i].n > 0 ? c->in_force.n : INT32_MAX;
    }
    return o;
}

/* ---- whole ---- */

wf_complete *wf_complete_new(const wf_profile *p, const wf_units *units, wf_day in_force)
{
    wf_complete *c = made(1, sizeof *c);

    *c = (wf_complete) { p, units, in_force, made(1, sizeof *c->table), 1 };
    return c;
}

void wf_complete_free(wf_complete **p)
{
    if (*p == NULL) return;
    struct table *t = (*p)->table;
    for (uint32_t i = 0; i < t->cap; i++) {
        struct org *o = t->org[i];
        if (o == NULL) continue;
        for (size_t k = 0; k < o->sources; k++) {
            free((char *) (uintptr_t) o->told[k].source.p);
            free(o->told[k].fact);
            for (int t2 = 0; t2 < WF_EVENT_TYPE_COUNT; t2++) free(o->told[k].type[t2].span);
        }
        for (int k = 0; k < WF_EVENT_TYPE_COUNT; k++) free(o->type[k].span);
        free(o->told);
        free(o);
    }
    free(t->org);
    free(t);
    free(*p);
    *p = NULL;
}

static int32_t first_difference(const struct spans *a, const struct spans *b)
{
    for (size_t i = 0; i < a->n || i < b->n; i++) {
        struct days x = i < a->n ? a->span[i] : (struct days) { INT32_MAX, INT32_MAX };
        struct days y = i < b->n ? b->span[i] : (struct days) { INT32_MAX, INT32_MAX };
        if (x.from != y.from) return x.from < y.from ? x.from : y.from;
        if (x.until != y.until) return (x.until < y.until ? x.until : y.until) + 1;
    }
    return INT32_MAX;
}

wf_day wf_complete_put(wf_complete *c, uint32_t org, wf_str source, const wf_complete_fact *fact, size_t n)
{
    struct org *o = org_at(c, org);
    struct told *t = told_by(o, source);
    int32_t changed = INT32_MAX;

    free(t->fact);
    t->fact = made(n, sizeof *fact);
    t->n = n;
    if (n > 0) memcpy(t->fact, fact, n * sizeof *fact);
    derive_source(c, t);
    for (int i = 0; i < WF_EVENT_TYPE_COUNT; i++) {
        struct spans now = united(o, i);
        int32_t d = first_difference(&o->type[i], &now);
        if (d < changed) changed = d;
        free(o->type[i].span);
        o->type[i] = now;
    }
    c->generation++;
    return (wf_day) { changed };
}

uint32_t wf_complete_unsaid(const wf_complete *c, uint32_t org, uint32_t types) { return types & ~org_at(c, org)->heard; }

uint32_t wf_complete_said(wf_complete *c, uint32_t org, uint32_t types, wf_day open)
{
    struct org *o = org_at(c, org);
    uint32_t first = types & ~o->heard;

    o->heard |= types;
    for (uint32_t rest = types; rest != 0; rest &= rest - 1) {
        int32_t *said = &o->said[__builtin_ctz(rest)];
        if (*said <= open.n) continue;
        *said = open.n;
        c->generation++;
    }
    return first;
}

bool wf_complete_inside(const wf_complete *c, uint32_t org, uint32_t types, wf_day first, wf_day last, wf_day *until)
{
    const struct org *o = org_at(c, org);
    int32_t least = INT32_MAX;

    for (uint32_t rest = types; rest != 0; rest &= rest - 1) {
        const struct spans *s = &o->type[__builtin_ctz(rest)];
        size_t i = 0;
        while (i < s->n && s->span[i].until < last.n) i++;
        if (i == s->n || s->span[i].from > first.n) return false;
        if (s->span[i].until < least) least = s->span[i].until;
    }
    if (until != NULL) *until = (wf_day) { least };
    return true;
}

bool wf_complete_span(const wf_complete *c, uint32_t org, uint32_t types, wf_day day, wf_day *from, wf_day *until)
{
    const struct org *o = org_at(c, org);

    for (int32_t d = day.n;;) {
        struct days both = { INT32_MIN, INT32_MAX };
        for (uint32_t rest = types; rest != 0; rest &= rest - 1) {
            const struct spans *s = &o->type[__builtin_ctz(rest)];
            size_t i = 0;
            while (i < s->n && s->span[i].until < d) i++;
            if (i == s->n) return false;
            if (s->span[i].from > both.from) both.from = s->span[i].from;
            if (s->span[i].until < both.until) both.until = s->span[i].until;
        }
        if (both.from <= both.until) {
            *from = (wf_day) { both.from };
            *until = (wf_day) { both.until };
            return true;
        }
        d = both.from;
    }
}

wf_day wf_complete_first_said(const wf_complete *c, uint32_t org, uint32_t types)
{
    const struct org *o = org_at(c, org);
    int32_t last = INT32_MIN;

    for (uint32_t rest = types; rest != 0; rest &= rest - 1)
        if (o->said[__builtin_ctz(rest)] > last) last = o->said[__builtin_ctz(rest)];
    return (wf_day) { last };
}

/* ---- source by source ---- */

/* The last of a source's spans that begins by `day`, without one its first. */
static struct days latest(const struct spans *s, wf_day day)
{
    size_t i = s->n;

    while (i > 1 && s->span[i - 1].from > day.n) i--;
    return s->span[i - 1];
}

/* The days on which a source has told all of the types that it tells; from INT32_MAX: it tells none of them. */
static struct days reach(const struct told *told, uint32_t types, wf_day day)
{
    struct days all = { INT32_MAX, INT32_MAX };

    for (uint32_t rest = types; rest != 0; rest &= rest - 1) {
        const struct spans *s = &told->type[__builtin_ctz(rest)];
        if (s->n == 0) continue;
        struct days one = latest(s, day);
        if (all.from == INT32_MAX || one.from > all.from) all.from = one.from;
        if (one.until < all.until) all.until = one.until;
    }
    return all;
}

/* Of these types, those that nobody has told anything of. */
static uint32_t untold(const struct org *o, uint32_t types)
{
    uint32_t none = 0;

    for (uint32_t rest = types; rest != 0; rest &= rest - 1)
        if (o->type[__builtin_ctz(rest)].n == 0) none |= rest & -rest;
    return none;
}

/* Whether somebody else goes on with everything of these types that it has told. */
static bool succeeded(const struct org *o, const struct told *told, uint32_t types, wf_day day)
{
    for (uint32_t rest = types; rest != 0; rest &= rest - 1) {
        int t = __builtin_ctz(rest);
        if (told->type[t].n > 0 && latest(&o->type[t], day).until <= latest(&told->type[t], day).until) return false;
    }
    return true;
}

static void insert(wf_figure *f, wf_figure_source s)
{
    int32_t at = 0;

    while (at < f->source_count && wf_str_cmp(f->source[at].source, s.source) < 0) at++;
    if (at == WF_FIGURE_SOURCES_MAX) return;
    if (f->source_count < WF_FIGURE_SOURCES_MAX) f->source_count++;
    memmove(&f->source[at + 1], &f->source[at], (size_t) (f->source_count - 1 - at) * sizeof *f->source);
    f->source[at] = s;
}

void wf_complete_sources(const wf_complete *c, uint32_t org, uint32_t types, wf_figure *f)
{
    const struct org *o = org_at(c, org);
    uint32_t nobody = untold(o, types);

    f->source_count = 0;
    for (size_t i = 0; i < o->sources; i++) {
        struct days d = reach(&o->told[i], types, f->day);
        const wf_source_rule *r = rule_of(c->profile, o->told[i].source);
        bool owes = r != NULL && o->told[i].named && ((r->types == 0 ? UINT32_MAX : r->types) & nobody) != 0;
        bool over = d.until < f->from.n && succeeded(o, &o->told[i], types, f->day);
        if (d.from == INT32_MAX ? owes : !over) insert(f, (wf_figure_source) { o->told[i].source, { d.from }, { d.until } });
    }
}

void wf_complete_each(const wf_complete *c, uint32_t org, wf_complete_visit *visit, void *ctx)
{
    const struct org *o = org_at(c, org);

    for (size_t i = 0; i < o->sources; i++)
        for (int t = 0; t < WF_EVENT_TYPE_COUNT; t++)
            for (size_t k = 0; k < o->told[i].type[t].n; k++) {
                const struct days *d = &o->told[i].type[t].span[k];
                visit(ctx, o->told[i].source, (wf_event_type) t, (wf_day) { d->from }, (wf_day) { d->until });
            }
}

bool wf_complete_named(const wf_complete *c, uint32_t org, wf_str source, wf_event_type type)
{
    const struct org *o = org_at(c, org);

    for (size_t i = 0; i < o->sources; i++)
        if (o->told[i].named && wf_str_eq(o->told[i].source, source)) {
            const wf_source_rule *r = rule_of(c->profile, source);
            return r != NULL && (r->types == 0 || (r->types >> type & 1u) != 0);
        }
    return false;
}

uint64_t wf_complete_generation(const wf_complete *c) { return c->generation; }
