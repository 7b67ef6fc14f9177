/* correction -- which facts of a timeline stand (F6): corrections and voids, of each other too, in any order of arrival.
 *
 *   o ◄─corrects─ a ◄─voids─ b          b voids a, so o stands until c, said last, corrects it
 *   └◄─corrects─ c
 *
 * An event that comes concerns the tree that it joins and nothing else; of a tree at most one fact stands, before and after. */
#include <stdlib.h>
#include <string.h>

#include "core/timeline.h"

/* ---- ties ---- */

static bool is_self(const wf_timeline *t, const wf_tie *x, uint32_t print, uint16_t source, wf_str id)
{
    return x->self == print && x->source == source && wf_str_eq(wf_timeline_text(t, x->id), id);
}

static bool names(const wf_timeline *t, const wf_tie *x, uint32_t print, uint16_t source, wf_str id)
{
    return x->target == print && x->target_source == source && wf_str_eq(wf_timeline_text(t, x->target_id), id);
}

/* The tie that this one names, or NULL: an original, or nothing that is here. */
static wf_tie *target_of(const wf_timeline *t, const wf_tie *x) { return x->up != WF_NO_FACT ? &t->tie[x->up] : NULL; }

static void tie_to(wf_timeline *t, uint32_t lower, uint32_t upper)
{
    t->tie[lower].up = upper;
    t->tie[lower].next = t->tie[upper].first;
    t->tie[upper].first = lower;
}

/* A new tie among the others: under the one that it names, over those that name it. */
static void tie_in(wf_timeline *t, uint32_t new)
{
    const wf_tie *x = &t->tie[new];
    wf_str id = wf_timeline_text(t, x->id), target = wf_timeline_text(t, x->target_id);
    for (uint32_t i = 0; i < t->ties; i++) {
        if (is_self(t, &t->tie[i], x->target, x->target_source, target))
            tie_to(t, new, i);
        if (i != new && names(t, &t->tie[i], x->self, x->source, id))
            tie_to(t, i, new);
    }
}

static bool in_its_case(const wf_timeline *t, const wf_event *ev)
{
    return t->kind == WF_PERSON && wf_chain_of(ev->type) == WF_CHAIN_ALLOCATION;
}

bool wf_timeline_unconcerned(const wf_timeline *t, const wf_entry *x)
{
    if (in_its_case(t, x->ev))
        return true;
    if (wf_event_is_link(x->ev))
        return false;
    uint32_t print = wf_timeline_identity(x->source, x->ev->id);
    for (uint32_t i = 0; i < t->ties; i++)
        if (names(t, &t->tie[i], print, x->source, x->ev->id))
            return false;
    return true;
}

const wf_fact *wf_timeline_tied(const wf_timeline *t, const wf_tie *tie)
{
    const wf_fact *f = tie->stands ? t->chain[wf_chain_of((wf_event_type) tie->type)].fact : t->aside;
    uint32_t n = tie->stands ? t->chain[wf_chain_of((wf_event_type) tie->type)].n : t->asides;
    for (uint32_t i = 0; i < n; i++)
        if (f[i].id == tie->id)
            return &f[i];
    WF_ASSERT(false);
    return NULL;
}

/* ---- which have effect ---- */

/* What a tie names, as far as it is told from others. */
struct named { bool there, holds; uint8_t type; int64_t time; };

static struct named named_tie(const wf_tie *x) { return (struct named) { true, x->state == WF_TIE_HOLDS, x->type, x->time }; }

static bool may_correct(const wf_sources *s, const wf_tie *x)
{
    return x->source == x->target_source ||
           (s->profile != NULL && wf_profile_succeeds(s->profile, s->name[x->source - 1], s->name[x->target_source - 1]));
}

static wf_tie_state state_of(const wf_sources *s, const wf_tie *x, struct named target, bool in_loop)
{
    if (in_loop || !may_correct(s, x))
        return WF_TIE_CONTRADICTS;
    if (target.there && (target.type != x->type || x->time < target.time))
        return WF_TIE_CONTRADICTS;
    return target.holds ? WF_TIE_HOLDS : WF_TIE_WAITS;
}

static void judge(wf_timeline *t, wf_tie *x, wf_tie_state state)
{
    t->idle += (state != WF_TIE_HOLDS);
    t->idle -= (x->state != WF_TIE_HOLDS);
    x->state = (uint8_t) state;
}

/* The ties that name an original; those that name a tie. ret: room for all ties. */
static uint32_t followers_of_fact(const wf_timeline *t, const wf_fact *fact, uint32_t *ret)
{
    wf_str id = wf_timeline_text(t, fact->id);
    uint32_t n = 0, print = wf_timeline_identity(fact->source, id);
    for (uint32_t i = 0; i < t->ties; i++)
        if (names(t, &t->tie[i], print, fact->source, id))
            ret[n++] = i;
    return n;
}

static uint32_t followers(const wf_timeline *t, uint32_t tie, uint32_t *ret)
{
    uint32_t n = 0;
    for (uint32_t i = t->tie[tie].first; i != WF_NO_FACT; i = t->tie[i].next)
        ret[n++] = i;
    return n;
}

/* A new tie closes a loop if its targets lead back to it; then all on the way are in it. */
static void find_loop(const wf_timeline *t, const wf_tie *new, bool *in_loop)
{
    const wf_tie *x = new;
    for (uint32_t steps = 0; x != NULL && steps <= t->ties; steps++) {
        x = target_of(t, x);
        if (x != new)
            continue;
        in_loop[new - t->tie] = true;
        for (x = target_of(t, new); x != NULL && x != new; x = target_of(t, x))
            in_loop[x - t->tie] = true;
        return;
    }
}

/* The states of the tie `new` (if it is one: place below t->ties) and of all whose targets lead to the event. Returns the
 * original that the new tie names, if it names one and that is here. */
static const wf_fact *judge_all(wf_timeline *t, const wf_sources *s, uint32_t new, const wf_fact *fact)
{
    const wf_fact *o = NULL;
    uint32_t *queue = calloc(t->ties + 1, sizeof *queue), n = 0;
    bool *in_loop = calloc(t->ties + 1, sizeof *in_loop), *seen = calloc(t->ties + 1, sizeof *seen);
    WF_ASSERT(queue != NULL && in_loop != NULL && seen != NULL);
    if (new < t->ties) {
        wf_tie *x = &t->tie[new], *y = target_of(t, x);
        o = y == NULL ? wf_timeline_find(t, x->target_source, wf_timeline_text(t, x->target_id)) : NULL;
        find_loop(t, x, in_loop);
        judge(t, x, state_of(s, x, y != NULL ? named_tie(y) : (struct named) { o != NULL, o != NULL, o != NULL ? o->type : 0, o != NULL ? o->time : 0 },
                             in_loop[new]));
        seen[new] = true;
    }
    struct named target = new < t->ties ? named_tie(&t->tie[new]) : (struct named) { true, true, fact->type, fact->time };
    n = new < t->ties ? followers(t, new, queue) : followers_of_fact(t, fact, queue);
    uint32_t first = n;
    for (uint32_t i = 0; i < n; i++) {
        wf_tie *x = &t->tie[queue[i]], *y = i < first ? NULL : target_of(t, x);
        if (seen[queue[i]])
            continue;
        seen[queue[i]] = true;
        judge(t, x, state_of(s, x, y != NULL ? named_tie(y) : target, in_loop[queue[i]]));
        n += followers(t, queue[i], queue + n);
    }
    free(queue);
    free(in_loop);
    free(seen);
    return o;
}

/* ---- which stands ---- */

static int said_cmp(const wf_timeline *t, const wf_sources *s, const wf_tie *a, const wf_tie *b)
{
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    if (a->source != b->source)
        return wf_str_cmp(s->name[a->source - 1], s->name[b->source - 1]);
    return wf_str_cmp(wf_timeline_text(t, a->id), wf_timeline_text(t, b->id));
}

#define NOTHING UINT32_MAX
/* One of a tree in the order in which it is reached: 0 the original. best: the live one that names it and was said last. */
struct node { uint32_t tie, parent, best, result; };

/* The original's fact is where its identity is found; the ties with effect that lead to it follow, each after what it names. */
static uint32_t tree_of(const wf_timeline *t, const wf_fact *original, struct node *node, uint32_t *scratch)
{
    uint32_t n = 1;
    node[0] = (struct node) { NOTHING, NOTHING, NOTHING, NOTHING };
    for (uint32_t i = 0; i < n; i++) {
        uint32_t found = i == 0 ? followers_of_fact(t, original, scratch) : followers(t, node[i].tie, scratch);
        for (uint32_t k = 0; k < found; k++)
            if (t->tie[scratch[k]].state == WF_TIE_HOLDS)
                node[n++] = (struct node) { scratch[k], i, NOTHING, NOTHING };
    }
    return n;
}

/* The walk of F6 from each, the farthest first: what it ends with. */
static uint32_t walk(const wf_timeline *t, const wf_sources *s, struct node *node, uint32_t n)
{
    for (uint32_t i = n; i-- > 0;) {
        struct node *x = &node[i];
        if (x->best == NOTHING)
            x->result = i;
        else
            x->result = t->tie[node[x->best].tie].voids ? NOTHING : node[x->best].result;
        if (i == 0 || x->result == NOTHING)
            continue;               /* not live */
        struct node *up = &node[x->parent];
        if (up->best == NOTHING || said_cmp(t, s, &t->tie[node[up->best].tie], &t->tie[x->tie]) < 0)
            up->best = i;
    }
    return node[0].result;
}

static uint32_t place_in(const wf_fact *fact, uint32_t n, uint32_t id)
{
    for (uint32_t i = n; i-- > 0;)
        if (fact[i].id == id)
            return i;
    return WF_NO_FACT;
}

static const wf_fact *original_of(const wf_timeline *t, const wf_tie *x)
{
    for (const wf_tie *y = target_of(t, x); y != NULL; y = target_of(t, x))
        x = y;
    const wf_fact *f = wf_timeline_find(t, x->target_source, wf_timeline_text(t, x->target_id));
    WF_ASSERT(f != NULL);           /* it has effect, so there is one */
    return f;
}

/* What must shift in the tree of this original. */
static wf_shift shift_of(const wf_timeline *t, const wf_sources *s, const wf_fact *original)
{
    struct node *node = calloc(t->ties + 1, sizeof *node);
    uint32_t *scratch = calloc(t->ties + 1, sizeof *scratch);
    WF_ASSERT(node != NULL && scratch != NULL);
    uint32_t n = tree_of(t, original, node, scratch), end = walk(t, s, node, n);
    wf_shift r = { wf_chain_of((wf_event_type) original->type), WF_NO_FACT, WF_NO_FACT };
    uint32_t was = original->id, is = end == NOTHING ? UINT32_MAX : end == 0 ? original->id : t->tie[node[end].tie].id;
    for (uint32_t i = 1; i < n; i++)
        if (t->tie[node[i].tie].stands)
            was = t->tie[node[i].tie].id;
    r.out = place_in(t->chain[r.chain].fact, t->chain[r.chain].n, was);
    if (r.out != WF_NO_FACT && was == is)
        r.out = WF_NO_FACT;         /* it stands already */
    else if (is != UINT32_MAX)
        r.in = place_in(t->aside, t->asides, is);
    free(node);
    free(scratch);
    return r;
}

/* ---- putting aside and shifting ---- */

static void lay_aside(wf_timeline *t, const wf_fact *f)
{
    if (t->asides == t->aside_cap) {
        t->aside_cap += t->aside_cap / 4 + 2;
        t->aside = realloc(t->aside, t->aside_cap * sizeof *t->aside);
        WF_ASSERT(t->aside != NULL);
    }
    t->aside[t->asides++] = *f;
}

static uint32_t add_tie(wf_timeline *t, const wf_entry *x, const wf_fact *f)
{
    if (!wf_event_is_link(x->ev))
        return WF_NO_FACT;
    if (t->ties == t->tie_cap) {
        t->tie_cap += t->tie_cap / 4 + 2;
        t->tie = realloc(t->tie, t->tie_cap * sizeof *t->tie);
        WF_ASSERT(t->tie != NULL);
    }
    wf_str target = wf_event_target(x->ev);
    t->tie[t->ties] = (wf_tie) {
        .time = f->time, .self = wf_timeline_identity(x->source, x->ev->id), .target = wf_timeline_identity(x->target_source, target),
        .id = f->id, .target_id = wf_timeline_keep(t, target), .source = x->source, .target_source = x->target_source, .type = f->type,
        .state = WF_TIE_HOLDS, .voids = x->ev->voids.n != 0, .up = WF_NO_FACT, .first = WF_NO_FACT, .next = WF_NO_FACT,
    };
    tie_in(t, t->ties++);
    return t->ties - 1;
}

wf_shift wf_timeline_put_aside(wf_timeline *t, wf_ledger *l, const wf_sources *s, const wf_entry *x)
{
    wf_fact f = wf_timeline_make(t, l, x);
    lay_aside(t, &f);
    uint32_t tie = add_tie(t, x, &f);
    const wf_fact *o = judge_all(t, s, tie, &f);
    if (tie == WF_NO_FACT)
        return shift_of(t, s, &f);
    if (t->tie[tie].state != WF_TIE_HOLDS)
        return (wf_shift) { wf_chain_of(x->ev->type), WF_NO_FACT, WF_NO_FACT };
    return shift_of(t, s, o != NULL ? o : original_of(t, &t->tie[tie]));
}

static void say_stands(wf_timeline *t, uint32_t id, bool stands)
{
    for (uint32_t i = 0; i < t->ties; i++)
        if (t->tie[i].id == id)
            t->tie[i].stands = stands;
}

static void take_out(wf_timeline *t, wf_chain c, uint32_t at)
{
    t->chain[c].n--;
    memmove(t->chain[c].fact + at, t->chain[c].fact + at + 1, (t->chain[c].n - at) * sizeof(wf_fact));
}

uint32_t wf_timeline_shift(wf_timeline *t, const wf_sources *s, const wf_shift *x)
{
    wf_fact in = { 0 };
    if (x->in != WF_NO_FACT) {
        in = t->aside[x->in];
        t->aside[x->in] = t->aside[--t->asides];
        say_stands(t, in.id, true);
    }
    if (x->out != WF_NO_FACT) {
        wf_fact out = t->chain[x->chain].fact[x->out];
        take_out(t, x->chain, x->out);
        lay_aside(t, &out);
        say_stands(t, out.id, false);
    }
    return x->in != WF_NO_FACT ? wf_timeline_insert(t, s, x->chain, &in) : WF_NO_FACT;
}

void wf_timeline_drop(wf_timeline *t, wf_chain c, uint32_t at)
{
    take_out(t, c, at);
    t->facts--;
}

void wf_timeline_take(wf_timeline *t, wf_ledger *l, const wf_sources *s, const wf_entry *x, wf_moved *moved)
{
    wf_moved m = { 0 };
    if (wf_timeline_plain(t, x)) {
        uint32_t at = wf_timeline_put(t, l, s, x);
        m.in = t->chain[wf_chain_of(x->ev->type)].fact[at];
        m.has_in = true;
    } else {
        wf_shift shift = wf_timeline_put_aside(t, l, s, x);
        m.has_out = shift.out != WF_NO_FACT;
        m.has_in = shift.in != WF_NO_FACT;
        if (m.has_out)
            m.out = t->chain[shift.chain].fact[shift.out];
        if (m.has_in)
            m.in = t->aside[shift.in];
        (void) wf_timeline_shift(t, s, &shift);
    }
    if (moved != NULL)
        *moved = m;
}
