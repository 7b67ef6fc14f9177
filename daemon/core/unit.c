#include "core/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a unit stands in one version of its organisation's tree. */
struct place { char *path; uint32_t parent, node; int32_t level; };

struct unit {
    wf_str key, org, id, title;     /* key: "org" or "org/id" */
    uint32_t org_unit, tree;        /* tree: WF_NO_UNIT without */
    uint16_t code;
    bool named;                     /* by its tree, or it is an organisation */
    uint32_t first;                 /* its places, one a version */
};

struct tree {
    const wf_tree *row;
    int32_t *from; int versions;    /* first days, ascending; from[0] is INT32_MIN */
    uint32_t org;
    uint32_t *unit;                 /* of row->unit[i] */
};

struct wf_units {
    const wf_profile *profile;
    struct unit *unit; uint32_t count, cap;
    struct place *place; uint32_t places, place_cap;
    struct tree *tree; uint32_t trees;
    uint32_t *node_unit; uint32_t nodes, node_cap;
    uint32_t *of_code; uint32_t followed, code_cap;
    uint32_t *slot, mask;           /* open addressing over keys; WF_NO_UNIT is free */
};

static void *grown(void *p, uint32_t *cap, uint32_t need, size_t size)
{
    if (need <= *cap) return p;
    while (*cap < need) *cap = *cap == 0 ? 64 : *cap * 2;
    p = realloc(p, *cap * size);
    WF_ASSERT(p != NULL);
    return p;
}

static void *made(size_t n, size_t size)
{
    void *p = calloc(n == 0 ? 1 : n, size);

    WF_ASSERT(p != NULL);
    return p;
}

/* ---- keys ---- */

static uint32_t hash_text(wf_str a, wf_str b)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < a.n; i++) h = (h ^ (uint8_t) a.p[i]) * 16777619u;
    if (b.n > 0) h = (h ^ '/') * 16777619u;
    for (size_t i = 0; i < b.n; i++) h = (h ^ (uint8_t) b.p[i]) * 16777619u;
    return h ^ h >> 15;
}

static bool is(const struct unit *x, wf_str org, wf_str id)
{
    return wf_str_eq(x->org, org) && (x->key.n == org.n ? id.n == 0 : wf_str_eq(x->id, id));
}

uint32_t wf_units_find_id(const wf_units *u, wf_str org, wf_str id)
{
    for (uint32_t i = hash_text(org, id) & u->mask;; i = (i + 1) & u->mask)
        if (u->slot[i] == WF_NO_UNIT || is(&u->unit[u->slot[i]], org, id)) return u->slot[i];
}

static void index_unit(wf_units *u, uint32_t unit)
{
    const struct unit *x = &u->unit[unit];
    uint32_t i = hash_text(x->org, x->key.n == x->org.n ? (wf_str) { 0 } : x->id) & u->mask;

    while (u->slot[i] != WF_NO_UNIT) i = (i + 1) & u->mask;
    u->slot[i] = unit;
}

static void make_room(wf_units *u)
{
    if (u->slot != NULL && u->count * 2 < u->mask) return;
    u->mask = u->slot == NULL ? 127 : u->mask * 2 + 1;
    free(u->slot);
    u->slot = made(u->mask + 1, sizeof *u->slot);
    memset(u->slot, 0xff, (u->mask + 1) * sizeof *u->slot);
    for (uint32_t i = 0; i < u->count; i++) index_unit(u, i);
}

/* ---- making units ---- */

static uint32_t new_node(wf_units *u, uint32_t unit)
{
    u->node_unit = grown(u->node_unit, &u->node_cap, u->nodes + 1, sizeof *u->node_unit);
    u->node_unit[u->nodes] = unit;
    return u->nodes++;
}

static int versions(const wf_units *u, const struct unit *x)
{
    return x->tree == WF_NO_UNIT ? 1 : u->tree[x->tree].versions;
}

static struct place *place_at(const wf_units *u, uint32_t unit, int version) { return &u->place[u->unit[unit].first + (uint32_t) version]; }

static uint32_t new_unit(wf_units *u, wf_str org, wf_str id, wf_str title, uint32_t tree)
{
    char *key = made(org.n + id.n + 2, 1);

    (void) snprintf(key, org.n + id.n + 2, id.n > 0 ? "%.*s/%.*s" : "%.*s%.*s", WF_STR_ARG(org), WF_STR_ARG(id));
    struct unit x = { .key = wf_str_of(key), .org = { key, org.n }, .tree = tree, .org_unit = u->count };
    x.id = id.n > 0 ? (wf_str) { key + org.n + 1, id.n } : x.org;
    x.title = title.n > 0 ? title : x.id;
    u->unit = grown(u->unit, &u->cap, u->count + 1, sizeof *u->unit);
    uint32_t stands = (uint32_t) versions(u, &x);
    x.first = u->places;
    u->place = grown(u->place, &u->place_cap, u->places + stands, sizeof *u->place);
    memset(u->place + x.first, 0, stands * sizeof *u->place);
    u->places += stands;
    u->unit[u->count++] = x;
    make_room(u);
    if (wf_units_find_id(u, org, id) == WF_NO_UNIT) index_unit(u, u->count - 1);
    return u->count - 1;
}

static void set_path(wf_units *u, uint32_t unit, int v, const char *above)
{
    const struct unit *x = &u->unit[unit];
    size_t n = strlen(above) + x->id.n + 2;
    char *path = made(n, 1);

    (void) snprintf(path, n, "%s%s%.*s", above, *above ? "/" : "", WF_STR_ARG(x->id));
    place_at(u, unit, v)->path = path;
}

/* An organisation, or a unit straight under one, in every version. */
static void place_plainly(wf_units *u, uint32_t unit, uint32_t org)
{
    uint32_t node = new_node(u, unit);

    u->unit[unit].org_unit = org;
    for (int v = 0; v < versions(u, &u->unit[unit]); v++) {
        *place_at(u, unit, v) = (struct place) { NULL, unit == org ? WF_NO_UNIT : org, node, unit != org };
        set_path(u, unit, v, unit == org ? "" : place_at(u, org, 0)->path);
    }
}

static uint32_t tree_of(const wf_units *u, wf_str org)
{
    for (uint32_t t = 0; t < u->trees; t++)
        if (wf_str_eq(u->tree[t].row->org, org)) return t;
    return WF_NO_UNIT;
}

static uint32_t organisation(wf_units *u, wf_str org)
{
    uint32_t unit = wf_units_find_id(u, org, (wf_str) { 0 });

    if (unit != WF_NO_UNIT) return unit;
    uint32_t tree = tree_of(u, org);
    unit = new_unit(u, org, (wf_str) { 0 }, tree == WF_NO_UNIT ? (wf_str) { 0 } : u->tree[tree].row->title, tree);
    place_plainly(u, unit, unit);
    u->unit[unit].named = true;
    return unit;
}

/* ---- trees ---- */

static int by_day(const void *a, const void *b)
{
    int32_t x = *(const int32_t *) a, y = *(const int32_t *) b;

    return (x > y) - (x < y);
}

static void find_versions(struct tree *t)
{
    size_t links = 0, n = 1;

    for (size_t i = 0; i < t->row->n; i++) links += t->row->unit[i].n;
    t->from = made(links + 1, sizeof *t->from);
    t->from[0] = INT32_MIN;
    for (size_t i = 0; i < t->row->n; i++)
        for (size_t k = 0; k < t->row->unit[i].n; k++)
            if (k > 0) t->from[n++] = t->row->unit[i].link[k].from.n;   /* the first link reaches back for ever */
    qsort(t->from, n, sizeof *t->from, by_day);
    t->versions = 1;
    for (size_t i = 1; i < n; i++)
        if (t->from[i] != t->from[t->versions - 1]) t->from[t->versions++] = t->from[i];
}

/* I4: the latest link at or before the day, else the earliest later one. */
static uint32_t parent_in(const struct tree *t, size_t i, int v)
{
    const wf_tree_unit *x = &t->row->unit[i];
    size_t k = 0;

    if (x->n == 0) return t->org;
    while (k + 1 < x->n && x->link[k + 1].from.n <= t->from[v]) k++;
    return x->link[k].parent == 0 ? t->org : t->unit[x->link[k].parent - 1];
}

struct sum { uint64_t a, b; };      /* stands for a set of units: 128 bits over its members */

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Versions in which a unit holds the same units share a node. */
static void find_nodes(wf_units *u, struct tree *t)
{
    uint32_t first = t->org, n = u->count - first;
    struct sum *sum = made((size_t) n * (size_t) t->versions, sizeof *sum);

    for (int v = 0; v < t->versions; v++)
        for (uint32_t i = first; i < u->count; i++)
            for (uint32_t at = i; at != WF_NO_UNIT; at = place_at(u, at, v)->parent) {
                struct sum *s = &sum[(size_t) (at - first) * (size_t) t->versions + (size_t) v];
                s->a += mix(i + 1);
                s->b += mix(i + UINT64_C(0x9e3779b97f4a7c15));
            }
    for (uint32_t i = first + 1; i < u->count; i++) {
        const struct sum *s = &sum[(size_t) (i - first) * (size_t) t->versions];
        for (int v = 0; v < t->versions; v++) {
            int w = 0;
            while (s[w].a != s[v].a || s[w].b != s[v].b) w++;
            place_at(u, i, v)->node = w < v ? place_at(u, i, w)->node : new_node(u, i);
        }
    }
    free(sum);
}

static void place_in(wf_units *u, uint32_t unit, int v)
{
    uint32_t above = place_at(u, unit, v)->parent;

    if (place_at(u, unit, v)->path != NULL) return;
    place_in(u, above, v);
    place_at(u, unit, v)->level = place_at(u, above, v)->level + 1;
    set_path(u, unit, v, place_at(u, above, v)->path);
}

static void plant(wf_units *u, uint32_t index)
{
    struct tree *t = &u->tree[index];

    find_versions(t);
    t->org = organisation(u, t->row->org);
    t->unit = made(t->row->n, sizeof *t->unit);
    for (size_t i = 0; i < t->row->n; i++) {
        t->unit[i] = new_unit(u, t->row->org, t->row->unit[i].id, t->row->unit[i].title, index);
        u->unit[t->unit[i]].named = true;
        u->unit[t->unit[i]].org_unit = t->org;
    }
    for (size_t i = 0; i < t->row->n; i++)
        for (int v = 0; v < t->versions; v++) place_at(u, t->unit[i], v)->parent = parent_in(t, i, v);
    for (size_t i = 0; i < t->row->n; i++)
        for (int v = 0; v < t->versions; v++) place_in(u, t->unit[i], v);
    find_nodes(u, t);
}

wf_units *wf_units_new(const wf_profile *p)
{
    wf_units *u = made(1, sizeof *u);

    u->profile = p;
    make_room(u);
    u->tree = made(p->tree_count, sizeof *u->tree);
    for (size_t i = 0; i < p->tree_count; i++) {
        u->tree[i].row = &p->tree[i];
        u->trees++;
        plant(u, (uint32_t) i);
    }
    return u;
}

void wf_units_free(wf_units **p)
{
    wf_units *u = *p;

    if (u == NULL) return;
    for (uint32_t i = 0; i < u->places; i++) free(u->place[i].path);
    for (uint32_t i = 0; i < u->count; i++) free((char *) (uintptr_t) u->unit[i].key.p);
    free(u->place);
    for (uint32_t t = 0; t < u->trees; t++) {
        free(u->tree[t].from);
        free(u->tree[t].unit);
    }
    free(u->unit);
    free(u->tree);
    free(u->node_unit);
    free(u->of_code);
    free(u->slot);
    free(u);
    *p = NULL;
}

void wf_units_follow(wf_units *u, const wf_ledger *l)
{
    uint32_t codes = wf_ledger_codes(l, WF_D_UNIT);

    if (codes <= u->followed) return;
    u->of_code = grown(u->of_code, &u->code_cap, codes + 1, sizeof *u->of_code);
    for (uint32_t code = u->followed + 1; code <= codes; code++) {
        wf_str text = wf_ledger_code_text(l, WF_D_UNIT, (uint16_t) code), org = text, id = { 0 };
        const char *slash = memchr(text.p, '/', text.n);
        if (slash != NULL) {
            org.n = (size_t) (slash - text.p);
            id = (wf_str) { slash + 1, text.n - org.n - 1 };
        }
        uint32_t o = organisation(u, org), unit = o;
        if (id.n > 0 && (unit = wf_units_find_id(u, org, id)) == WF_NO_UNIT) {
            unit = new_unit(u, org, id, (wf_str) { 0 }, u->unit[o].tree);
            place_plainly(u, unit, o);
        }
        u->of_code[code] = unit;
        u->unit[unit].code = (uint16_t) code;
    }
    u->followed = codes;
}

/* ---- answers ---- */

uint32_t wf_units_count(const wf_units *u) { return u->count; }
uint32_t wf_units_nodes(const wf_units *u) { return u->nodes; }
uint32_t wf_units_of_code(const wf_units *u, uint16_t code) { return code == 0 || code > u->followed ? WF_NO_UNIT : u->of_code[code]; }
uint16_t wf_units_code(const wf_units *u, uint32_t unit) { return u->unit[unit].code; }
uint32_t wf_units_org(const wf_units *u, uint32_t unit) { return u->unit[unit].org_unit; }
wf_str wf_units_org_id(const wf_units *u, uint32_t unit) { return u->unit[unit].org; }
wf_str wf_units_id(const wf_units *u, uint32_t unit) { return u->unit[unit].id; }
wf_str wf_units_title(const wf_units *u, uint32_t unit) { return u->unit[unit].title; }
uint32_t wf_units_node_unit(const wf_units *u, uint32_t node) { return u->node_unit[node]; }

int wf_units_version(const wf_units *u, uint32_t unit, wf_day day)
{
    const struct unit *x = &u->unit[unit];

    if (x->tree == WF_NO_UNIT) return 0;
    const struct tree *t = &u->tree[x->tree];
    int v = t->versions - 1;
    while (v > 0 && t->from[v] > day.n) v--;
    return v;
}

wf_day wf_units_next_version(const wf_units *u, uint32_t unit, wf_day day)
{
    const struct unit *x = &u->unit[unit];

    if (x->tree == WF_NO_UNIT) return WF_DAY_OPEN;
    const struct tree *t = &u->tree[x->tree];
    for (int v = 1; v < t->versions; v++)
        if (t->from[v] > day.n) return (wf_day) { t->from[v] };
    return WF_DAY_OPEN;
}

bool wf_units_reads_today(const wf_units *u, uint32_t unit)
{
    return u->unit[unit].tree != WF_NO_UNIT && u->tree[u->unit[unit].tree].row->today;
}

static const struct place *place_on(const wf_units *u, uint32_t unit, wf_day day)
{
    return place_at(u, unit, wf_units_version(u, unit, day));
}

wf_str wf_units_path(const wf_units *u, uint32_t unit, wf_day day) { return wf_str_of(place_on(u, unit, day)->path); }
uint32_t wf_units_parent(const wf_units *u, uint32_t unit, wf_day day) { return place_on(u, unit, day)->parent; }
int wf_units_level(const wf_units *u, uint32_t unit, wf_day day) { return place_on(u, unit, day)->level; }
uint32_t wf_units_node(const wf_units *u, uint32_t unit, wf_day day) { return place_on(u, unit, day)->node; }

bool wf_units_matches(const wf_units *u, uint32_t unit, wf_str pattern)
{
    const struct unit *x = &u->unit[unit];

    for (int v = 0; v < versions(u, x); v++)
        if (wf_profile_matches(pattern, wf_str_of(place_at(u, unit, v)->path))) return true;
    return false;
}

uint32_t wf_units_find(const wf_units *u, wf_str path)
{
    const char *first = path.n == 0 ? NULL : memchr(path.p, '/', path.n), *last = first == NULL ? NULL : memrchr(path.p, '/', path.n);
    wf_str org = { path.p, first == NULL ? path.n : (size_t) (first - path.p) }, id = { 0 };

    if (last != NULL) id = (wf_str) { last + 1, path.n - (size_t) (last + 1 - path.p) };
    if (org.n == 0 || (last != NULL && id.n == 0)) return WF_NO_UNIT;
    uint32_t unit = wf_units_find_id(u, org, id);
    if (unit == WF_NO_UNIT) return WF_NO_UNIT;
    for (int v = 0; v < versions(u, &u->unit[unit]); v++)
        if (wf_str_eq(wf_str_of(place_at(u, unit, v)->path), path)) return unit;
    return WF_NO_UNIT;
}

size_t wf_units_holders(const wf_units *u, uint32_t unit, uint32_t *node, size_t cap)
{
    size_t n = 0;

    for (int v = 0; v < versions(u, &u->unit[unit]); v++)
        for (uint32_t at = unit; at != WF_NO_UNIT; at = place_at(u, at, v)->parent) {
            size_t i = 0;
            while (i < n && i < cap && node[i] != place_at(u, at, v)->node) i++;
            if (i < n && i < cap) continue;
            if (n < cap) node[n] = place_at(u, at, v)->node;
            n++;
        }
    return n;
}

void wf_units_unassigned(const wf_units *u, wf_units_visit *visit, void *ctx)
{
    for (uint32_t i = 0; i < u->count; i++)
        if (u->unit[i].tree != WF_NO_UNIT && !u->unit[i].named) visit(ctx, i);
}
