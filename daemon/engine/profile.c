#include "engine/profile.h"
#include "engine/conf.h"
#include "engine/expression.h"
#include "engine/holidays.h"
#include "engine/profile_text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 32
#define UNITS_MAX 20000
#define LINKS_MAX 64
#define LIST_MAX 4096

static const wf_conf_key measures_keys[] = {
    { "roles", true, NULL }, { "caseload_days", false, NULL }, { "cases", false, NULL }, { "vacancies", false, NULL },
    { "supervision_every", false, NULL }, { "bank_holidays", false, NULL }, { "holidays", true, NULL }, { NULL, false, NULL },
};
static const wf_conf_key source_keys[] = {
    { "orgs", true, NULL }, { "types", true, NULL }, { "from", false, NULL }, { "succeeds", false, NULL },
    { "complete_from", false, NULL }, { "late_days", false, NULL }, { NULL, false, NULL },
};
static const wf_conf_key unit_keys[] = { { "title", false, NULL }, { "under", true, NULL }, { NULL, false, NULL } };
static const wf_conf_key tree_keys[] = { { "title", false, NULL }, { "reading", false, NULL }, { "unit", false, unit_keys }, { NULL, false, NULL } };
static const wf_conf_key indicator_keys[] = {
    { "title", false, NULL }, { "numerator", false, NULL }, { "denominator", false, NULL }, { "unit", false, NULL }, { "decimals", false, NULL },
    { "unreliable_above", false, NULL }, { "column", false, NULL }, { "noun", false, NULL }, { NULL, false, NULL },
};
static const wf_conf_key rule_keys[] = {
    { "indicator", false, NULL }, { "units", true, NULL }, { "direction", false, NULL }, { "amber", false, NULL }, { "amber_clear", false, NULL },
    { "red", false, NULL }, { "red_clear", false, NULL }, { "for", false, NULL }, { "least_people", false, NULL }, { "noun_numerator", false, NULL },
    { "next", false, NULL }, { NULL, false, NULL },
};
static const wf_conf_key file_keys[] = {
    { "measures", true, measures_keys }, { "source", false, source_keys }, { "tree", false, tree_keys },
    { "indicator", false, indicator_keys }, { "rule", false, rule_keys }, { NULL, false, NULL },
};

/* What is being made. The lists of *p are const; these are the same, to write to. */
struct work {
    wf_profile *p;
    wf_conf *file[FILES_MAX]; size_t files;
    const wf_conf *c;               /* the file that is being looked at */
    bool may_read;
    wf_err *e;
    wf_indicator *indicator; wf_rule *rule; wf_tree *tree; wf_source_rule *source;
};

#define FAIL(w, s, key, ...) wf_conf_fail((w)->c, (s), (key), (w)->e, __VA_ARGS__)

/* ---- values ---- */

static wf_rc check_name(const struct work *w, cfg_t *s, const char *key, wf_str name, size_t most)
{
    bool good = name.n > 0 && name.n <= most;

    for (size_t i = 0; i < name.n && good; i++)
        good = (name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9') || name.p[i] == '_' || name.p[i] == '-';
    if (good) return WF_OK;
    return FAIL(w, s, key, "\"%.*s\" is not a name: 1 to %zu of a-z, 0-9, _ and -", (int) (name.n < 70 ? name.n : 70), name.n > 0 ? name.p : "", most);
}

static wf_rc title_of(const struct work *w, cfg_t *s, size_t most, wf_str *ret)
{
    wf_str name = wf_str_of(cfg_title(s));

    WF_TRY(check_name(w, s, NULL, name, most));
    *ret = wf_profile_keep(w->p, name);
    return WF_OK;
}

/* Words for people: no control characters, at most so many bytes. */
static wf_rc words(const struct work *w, cfg_t *s, const char *key, size_t most, wf_str *ret)
{
    wf_str text = wf_conf_text(s, key);

    if (text.n > most) return FAIL(w, s, key, "%s is longer than %zu bytes", key, most);
    for (size_t i = 0; i < text.n; i++)
        if ((uint8_t) text.p[i] < ' ' || text.p[i] == 0x7f) return FAIL(w, s, key, "%s holds a control character", key);
    *ret = wf_profile_keep(w->p, text);
    return WF_OK;
}

/* One of some words; `standard` if it is not given. */
static wf_rc choice(const struct work *w, cfg_t *s, const char *key, const char *const *word, size_t n, size_t standard, size_t *ret)
{
    wf_str text = wf_conf_text(s, key);
    wf_nearest near;

    *ret = standard;
    if (text.p == NULL) return WF_OK;
    wf_nearest_begin(&near, text);
    for (size_t i = 0; i < n; i++) {
        wf_nearest_try(&near, wf_str_of(word[i]));
        if (wf_str_eq(text, wf_str_of(word[i]))) { *ret = i; return WF_OK; }
    }
    char all[120] = "";
    for (size_t i = 0, at = 0; i < n; i++) at += (size_t) snprintf(all + at, sizeof all - at, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", word[i]);
    return FAIL(w, s, key, "%s = \"%.*s\" is not %s%s", key, (int) (text.n < 60 ? text.n : 60), text.p, all, wf_nearest_hint(&near));
}

static wf_rc day_of(const struct work *w, cfg_t *s, const char *key, wf_str text, wf_day *ret)
{
    wf_err why;

    if (wf_day_parse(text, ret, &why) != WF_OK) return FAIL(w, s, key, "%s: %s", key, why.text);
    return WF_OK;
}

static wf_rc optional_day(const struct work *w, cfg_t *s, const char *key, wf_day standard, wf_day *ret)
{
    wf_str text = wf_conf_text(s, key);

    *ret = standard;
    return text.p == NULL ? WF_OK : day_of(w, s, key, text, ret);
}

static wf_rc millionths(const struct work *w, cfg_t *s, const char *key, int64_t standard, int64_t *ret)
{
    wf_str text = wf_conf_text(s, key);
    wf_err why;

    *ret = standard;
    if (text.p == NULL) return WF_OK;
    if (text.n > 16 || wf_millionths_parse(text, ret, &why) != WF_OK)
        return FAIL(w, s, key, "%s = \"%.*s\" is not a number with at most six places", key, (int) (text.n < 40 ? text.n : 40), text.p);
    return WF_OK;
}

static wf_rc names(const struct work *w, cfg_t *s, const char *key, size_t most, const wf_str **ret, size_t *n)
{
    *n = cfg_size(s, key);
    if (*n > LIST_MAX) return FAIL(w, s, key, "%s holds more than %d", key, LIST_MAX);
    wf_str *list = wf_profile_alloc(w->p, (*n + 1) * sizeof *list);
    for (size_t i = 0; i < *n; i++) {
        wf_str name = wf_str_of(cfg_getnstr(s, key, (unsigned) i));
        WF_TRY(check_name(w, s, key, name, most));
        for (size_t k = 0; k < i; k++)
            if (wf_str_eq(list[k], name)) return FAIL(w, s, key, "%s holds \"%.*s\" twice", key, WF_STR_ARG(name));
        list[i] = wf_profile_keep(w->p, name);
    }
    *ret = list;
    return WF_OK;
}

/* ---- measures ---- */

static wf_rc listed_holidays(const struct work *w, cfg_t *s)
{
    size_t n = cfg_size(s, "holidays");

    if (n > WF_HOLIDAYS_MAX) return FAIL(w, s, "holidays", "holidays holds more than %d", WF_HOLIDAYS_MAX);
    wf_day *day = wf_profile_alloc(w->p, (n + 1) * sizeof *day);
    for (size_t i = 0; i < n; i++) WF_TRY(day_of(w, s, "holidays", wf_str_of(cfg_getnstr(s, "holidays", (unsigned) i)), &day[i]));
    wf_holidays_set(w->p, day, n);
    return WF_OK;
}

static wf_rc holiday_file(const struct work *w, cfg_t *s, wf_str name)
{
    wf_err why;

    if (!w->may_read) return FAIL(w, s, "bank_holidays", "no file can be read here; give the days as holidays = { ... }");
    char *path = wf_conf_beside(w->c, s, name);
    wf_rc rc = wf_holidays_read(w->p, path, &why);
    free(path);
    return rc == WF_OK ? WF_OK : FAIL(w, s, "bank_holidays", "%s", why.text);
}

static wf_rc measures_of(const struct work *w, cfg_t *s)
{
    static const char *const cases[] = { "counts", "allocations" }, *const vacancies[] = { "declared", "posts" };
    wf_profile *p = w->p;
    size_t which;
    int64_t n;

    if (cfg_size(s, "roles") > 0) WF_TRY(names(w, s, "roles", WF_CODE_MAX, &p->role, &p->role_count));
    WF_TRY(wf_conf_number(w->c, s, "caseload_days", p->caseload_days, 1, 3660, &n, w->e));
    p->caseload_days = (int32_t) n;
    WF_TRY(wf_conf_number(w->c, s, "supervision_every", p->supervision_every, 0, 3660, &n, w->e));
    p->supervision_every = (int32_t) n;
    WF_TRY(choice(w, s, "cases", cases, 2, p->allocations, &which));
    p->allocations = which == 1;
    WF_TRY(choice(w, s, "vacancies", vacancies, 2, p->posts, &which));
    p->posts = which == 1;
    wf_str file = wf_conf_text(s, "bank_holidays");
    if (file.p != NULL && cfg_size(s, "holidays") > 0) return FAIL(w, s, "holidays", "give bank_holidays or holidays, not both");
    if (file.p != NULL) return holiday_file(w, s, file);
    return cfg_size(s, "holidays") > 0 ? listed_holidays(w, s) : WF_OK;
}

/* A setting that two files give must be the same in both. */
static wf_rc agree(const struct work *w, const wf_profile *before, bool first)
{
    cfg_t *s = cfg_getsec(wf_conf_root(w->c), "measures");
    const wf_profile *p = w->p;
    const char *key = NULL;

    if (first) return WF_OK;
    if (p->caseload_days != before->caseload_days) key = "caseload_days";
    if (p->supervision_every != before->supervision_every && before->supervision_every != 0) key = "supervision_every";
    if (p->allocations != before->allocations) key = "cases";
    if (p->posts != before->posts) key = "vacancies";
    bool roles = p->role_count == before->role_count;
    for (size_t i = 0; roles && i < p->role_count; i++) roles = wf_str_eq(p->role[i], before->role[i]);
    if (!roles) key = "roles";
    bool days = before->holiday_count == 0 || (p->holiday_count == before->holiday_count
                                               && memcmp(p->holiday, before->holiday, p->holiday_count * sizeof *p->holiday) == 0);
    if (!days) key = "bank_holidays";
    return key == NULL ? WF_OK : FAIL(w, s, key, "measures { %s } differs from that of an earlier file", key);
}

static wf_rc read_measures(struct work *w)
{
    static const wf_str standard[] = { { "1", 1 }, { "2", 1 }, { "3", 1 }, { "4", 1 }, { "5", 1 }, { "6", 1 } };
    bool first = true;

    w->p->role = standard;
    w->p->role_count = sizeof standard / sizeof *standard;
    w->p->caseload_days = 35;
    w->p->holiday = wf_profile_alloc(w->p, sizeof *w->p->holiday);
    for (size_t i = 0; i < w->files; i++) {
        cfg_t *s = cfg_getsec(wf_conf_root(w->file[i]), "measures");
        wf_profile before = *w->p;
        w->c = w->file[i];
        if (!wf_conf_given(wf_conf_root(w->c), "measures")) continue;
        WF_TRY(measures_of(w, s));
        WF_TRY(agree(w, &before, first));
        first = false;
    }
    return WF_OK;
}

/* ---- sources ---- */

static wf_rc types_of(const struct work *w, cfg_t *s, uint32_t *ret)
{
    wf_event_type t;
    wf_nearest near;

    for (unsigned i = 0; i < cfg_size(s, "types"); i++) {
        wf_str name = wf_str_of(cfg_getnstr(s, "types", i));
        if (!wf_event_type_named(name, &t)) {
            wf_nearest_begin(&near, name);
            for (int k = 0; k < WF_EVENT_TYPE_COUNT; k++) wf_nearest_try(&near, wf_str_of(wf_event_rows[k].name));
            return FAIL(w, s, "types", "there is no event type \"%.*s\"%s", (int) (name.n < 60 ? name.n : 60), name.p, wf_nearest_hint(&near));
        }
        *ret |= 1u << t;
    }
    return WF_OK;
}

static wf_rc read_source(struct work *w, cfg_t *s, size_t index)
{
    wf_source_rule *r = &w->source[index];
    int64_t n;

    WF_TRY(title_of(w, s, WF_SOURCE_MAX, &r->name));
    for (size_t i = 0; i < index; i++)
        if (wf_str_eq(w->source[i].name, r->name)) return FAIL(w, s, NULL, "source \"%.*s\" stands twice", WF_STR_ARG(r->name));
    WF_TRY(names(w, s, "orgs", WF_CODE_MAX, &r->orgs, &r->org_count));
    WF_TRY(types_of(w, s, &r->types));
    WF_TRY(optional_day(w, s, "from", (wf_day) { INT32_MIN }, &r->from));
    WF_TRY(optional_day(w, s, "complete_from", WF_DAY_OPEN, &r->complete_from));
    WF_TRY(wf_conf_number(w->c, s, "late_days", 0, 0, 366, &n, w->e));
    r->late_days = (int32_t) n;
    return words(w, s, "succeeds", WF_SOURCE_MAX, &r->succeeds);
}

static wf_rc check_succession(struct work *w, cfg_t *s, size_t index)
{
    const wf_source_rule *r = &w->source[index];
    wf_nearest near;

    wf_nearest_begin(&near, r->succeeds);
    for (size_t k = 0; r->succeeds.n > 0 && k < w->p->source_count; k++) {
        if (k == index) continue;
        if (wf_str_eq(w->source[k].name, r->succeeds)) return WF_OK;
        wf_nearest_try(&near, w->source[k].name);
    }
    if (r->succeeds.n == 0) return WF_OK;
    return FAIL(w, s, "succeeds", "there is no other source \"%.*s\"%s", WF_STR_ARG(r->succeeds), wf_nearest_hint(&near));
}

/* ---- trees ---- */

static wf_rc read_link(const struct work *w, cfg_t *s, const wf_tree *t, wf_str text, wf_link *ret)
{
    const char *from = text.n == 0 ? NULL : memmem(text.p, text.n, " from ", 6);
    wf_str parent = { text.p, from == NULL ? text.n : (size_t) (from - text.p) };
    wf_nearest near;

    ret->from = (wf_day) { INT32_MIN };
    if (from != NULL) WF_TRY(day_of(w, s, "under", (wf_str) { from + 6, text.n - parent.n - 6 }, &ret->from));
    ret->parent = 0;
    if (wf_str_eq(parent, t->org)) return WF_OK;
    wf_nearest_begin(&near, parent);
    for (size_t i = 0; i < t->n; i++) {
        wf_nearest_try(&near, t->unit[i].id);
        ret->parent = (uint32_t) i + 1;
        if (wf_str_eq(t->unit[i].id, parent)) return WF_OK;
    }
    parent.n = parent.n < 60 ? parent.n : 60;
    return FAIL(w, s, "under", "there is no unit \"%.*s\" in this tree%s", WF_STR_ARG(parent), wf_nearest_hint(&near));
}

static wf_rc read_links(const struct work *w, cfg_t *s, const wf_tree *t, wf_tree_unit *u)
{
    u->n = cfg_size(s, "under");
    if (u->n > LINKS_MAX) return FAIL(w, s, "under", "more than %d links", LINKS_MAX);
    wf_link *link = wf_profile_alloc(w->p, (u->n + 1) * sizeof *link);
    u->link = link;
    for (size_t i = 0; i < u->n; i++) {
        WF_TRY(read_link(w, s, t, wf_str_of(cfg_getnstr(s, "under", (unsigned) i)), &link[i]));
        if (i > 0 && link[i].from.n <= link[i - 1].from.n) return FAIL(w, s, "under", "the links must be in the order of their days, one a day");
    }
    return WF_OK;
}

/* On the day of every link, following links upwards must end. */
static wf_rc check_loops(const struct work *w, cfg_t *s, const wf_tree *t, size_t unit, int32_t day)
{
    size_t at = unit, steps = 0;

    while (t->unit[at].n > 0 && steps++ <= t->n) {
        const wf_tree_unit *u = &t->unit[at];
        size_t k = 0;
        while (k + 1 < u->n && u->link[k + 1].from.n <= day) k++;
        if (u->link[k].parent == 0) return WF_OK;
        at = u->link[k].parent - 1;
    }
    return steps <= t->n ? WF_OK : FAIL(w, s, "under", "unit \"%.*s\" comes to lie under itself", WF_STR_ARG(t->unit[unit].id));
}

static wf_rc read_tree(struct work *w, cfg_t *s, size_t index)
{
    static const char *const reading[] = { "then", "today" };
    wf_tree *t = &w->tree[index];
    size_t which, versions = 1;

    WF_TRY(title_of(w, s, WF_CODE_MAX, &t->org));
    for (size_t i = 0; i < index; i++)
        if (wf_str_eq(w->tree[i].org, t->org)) return FAIL(w, s, NULL, "tree \"%.*s\" stands twice", WF_STR_ARG(t->org));
    WF_TRY(words(w, s, "title", 60, &t->title));
    WF_TRY(choice(w, s, "reading", reading, 2, 0, &which));
    t->today = which == 1;
    t->n = cfg_size(s, "unit");
    if (t->n > UNITS_MAX) return FAIL(w, s, NULL, "more than %d units", UNITS_MAX);
    wf_tree_unit *unit = wf_profile_alloc(w->p, (t->n + 1) * sizeof *unit);
    t->unit = unit;
    for (size_t i = 0; i < t->n; i++) {
        cfg_t *u = cfg_getnsec(s, "unit", (unsigned) i);
        WF_TRY(title_of(w, u, WF_CODE_MAX, &unit[i].id));
        WF_TRY(words(w, u, "title", 60, &unit[i].title));
    }
    for (size_t i = 0; i < t->n; i++) {
        WF_TRY(read_links(w, cfg_getnsec(s, "unit", (unsigned) i), t, &unit[i]));
        versions += unit[i].n > 0 ? unit[i].n - 1 : 0;
    }
    if (versions * t->n > 4000000) return FAIL(w, s, NULL, "%zu units with %zu changes of links are too many", t->n, versions);
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->n; k++)
            for (size_t l = 0; l < (k == i ? unit[k].n : 0); l++)
                WF_TRY(check_loops(w, cfg_getnsec(s, "unit", (unsigned) i), t, i, unit[k].link[l].from.n));
    return WF_OK;
}

/* ---- indicators ---- */

static wf_rc side(const struct work *w, cfg_t *s, const char *key, wf_expression *ret)
{
    wf_str text = wf_conf_text(s, key);
    wf_err why;

    if (text.p == NULL) return WF_OK;
    if (wf_expression_read(w->p, text, ret, &why) != WF_OK) return FAIL(w, s, key, "%s: %s", key, why.text);
    return WF_OK;
}

static bool counted(wf_measure_field f) { return f == WF_HEADS || f == WF_COUNT; }

static wf_rc check_unit(const struct work *w, cfg_t *s, const wf_indicator *i)
{
    bool fraction = i->denominator.n > 0;
    wf_measure_field n = wf_expression_unit(&i->numerator), d = fraction ? wf_expression_unit(&i->denominator) : WF_NONE;

    if (i->unit == WF_UNIT_PERCENT && !fraction) return FAIL(w, s, "unit", "percent needs a denominator");
    if (i->unit == WF_UNIT_PERCENT && n != d && !(counted(n) && counted(d)))
        return FAIL(w, s, "unit", "percent of two different things; use ratio, or count both sides in the same");
    if (i->unit == WF_UNIT_RATIO && !fraction) return FAIL(w, s, "unit", "ratio needs a denominator");
    if (i->unit == WF_UNIT_COUNT && (fraction || !counted(n))) return FAIL(w, s, "unit", "count is for heads or counts without a denominator");
    if (i->unit == WF_UNIT_FTE && (fraction || n != WF_FTE)) return FAIL(w, s, "unit", "fte is for FTE without a denominator");
    if (i->unit == WF_UNIT_DAYS && n != WF_DAYS) return FAIL(w, s, "unit", "days is for a numerator in days");
    return WF_OK;
}

static wf_rc read_indicator(struct work *w, cfg_t *s, size_t index)
{
    static const char *const unit[] = { "percent", "count", "fte", "days", "ratio" };
    wf_indicator *i = &w->indicator[index];
    size_t which;
    int64_t n;

    WF_TRY(title_of(w, s, WF_ID_MAX, &i->name));
    for (size_t k = 0; k < index; k++)
        if (wf_str_eq(w->indicator[k].name, i->name)) return FAIL(w, s, NULL, "indicator \"%.*s\" stands twice", WF_STR_ARG(i->name));
    WF_TRY(words(w, s, "title", 60, &i->title));
    if (i->title.n == 0) return FAIL(w, s, "title", "indicator \"%.*s\" has no title", WF_STR_ARG(i->name));
    WF_TRY(side(w, s, "numerator", &i->numerator));
    if (i->numerator.n == 0) return FAIL(w, s, "numerator", "indicator \"%.*s\" has no numerator", WF_STR_ARG(i->name));
    WF_TRY(side(w, s, "denominator", &i->denominator));
    size_t standard = i->denominator.n > 0 ? WF_UNIT_PERCENT : wf_expression_unit(&i->numerator) == WF_FTE ? WF_UNIT_FTE
                    : wf_expression_unit(&i->numerator) == WF_DAYS ? WF_UNIT_DAYS : WF_UNIT_COUNT;
    WF_TRY(choice(w, s, "unit", unit, 5, standard, &which));
    i->unit = (wf_unit_of_value) which;
    WF_TRY(check_unit(w, s, i));
    bool whole = i->unit == WF_UNIT_COUNT && i->numerator.term[0].reading != WF_MEAN_OVER;
    WF_TRY(wf_conf_number(w->c, s, "decimals", whole ? 0 : 1, 0, 6, &n, w->e));
    i->decimals = (int32_t) n;
    WF_TRY(millionths(w, s, "unreliable_above", WF_NO_EDGE, &i->unreliable_above));
    WF_TRY(words(w, s, "noun", 40, &i->noun));
    WF_TRY(words(w, s, "column", 64, &i->column));
    return i->column.n == 0 ? WF_OK : check_name(w, s, "column", i->column, 64);
}

/* ---- rules ---- */

static bool may_be_negative(const wf_indicator *i)
{
    for (size_t k = 0; k < i->numerator.n; k++)
        if (i->numerator.term[k].factor < 0) return true;
    for (size_t k = 0; k < i->denominator.n; k++)
        if (i->denominator.term[k].factor < 0) return true;
    return i->numerator.term[0].measure == WF_M_VACANCIES || i->numerator.term[0].measure == WF_M_CENSUS_STARTERS;
}

/* Is `a` on the worse side of `b`, or as bad? */
static bool as_bad(const wf_rule *r, int64_t a, int64_t b) { return r->above ? a >= b : a <= b; }

static wf_rc check_edge(const struct work *w, cfg_t *s, const wf_rule *r, const wf_indicator *i, const char *key, int64_t v)
{
    if (v == WF_NO_EDGE) return WF_OK;
    if (r->above && i->unreliable_above != WF_NO_EDGE && v > i->unreliable_above)
        return FAIL(w, s, key, "this can never match: above %s the figure is unreliable and not judged", "unreliable_above");
    if (r->above && v <= 0 && !may_be_negative(i)) return FAIL(w, s, key, "%s is broken on every day: the figure is never below 0", key);
    if (!r->above && v < 0 && !may_be_negative(i)) return FAIL(w, s, key, "this can never match: the figure is never below 0");
    return WF_OK;
}

static wf_rc read_edges(const struct work *w, cfg_t *s, wf_rule *r, const wf_indicator *i)
{
    WF_TRY(millionths(w, s, "amber", WF_NO_EDGE, &r->amber));
    WF_TRY(millionths(w, s, "red", WF_NO_EDGE, &r->red));
    WF_TRY(millionths(w, s, "amber_clear", r->amber, &r->amber_clear));
    WF_TRY(millionths(w, s, "red_clear", r->red, &r->red_clear));
    if (r->amber == WF_NO_EDGE && r->red == WF_NO_EDGE)
        return FAIL(w, s, NULL, "rule \"%.*s\" has neither amber nor red: it can never match", WF_STR_ARG(r->name));
    if (r->amber == WF_NO_EDGE && r->amber_clear != WF_NO_EDGE) return FAIL(w, s, "amber_clear", "amber_clear without amber");
    if (r->red == WF_NO_EDGE && r->red_clear != WF_NO_EDGE) return FAIL(w, s, "red_clear", "red_clear without red");
    WF_TRY(check_edge(w, s, r, i, "amber", r->amber));
    WF_TRY(check_edge(w, s, r, i, "red", r->red));
    const char *worse = r->above ? "above" : "below";
    if (r->amber != WF_NO_EDGE && r->red != WF_NO_EDGE && (r->amber == r->red || !as_bad(r, r->red, r->amber)))
        return FAIL(w, s, "red", "red is on the wrong side: it must lie %s amber", worse);
    if (r->amber != WF_NO_EDGE && !as_bad(r, r->amber, r->amber_clear))
        return FAIL(w, s, "amber_clear", "amber_clear is on the wrong side of amber: it must not lie %s it", worse);
    if (r->red != WF_NO_EDGE && !as_bad(r, r->red, r->red_clear))
        return FAIL(w, s, "red_clear", "red_clear is on the wrong side of red: it must not lie %s it", worse);
    if (r->amber != WF_NO_EDGE && r->red != WF_NO_EDGE && !as_bad(r, r->red_clear, r->amber_clear))
        return FAIL(w, s, "red_clear", "red would outlast amber: red_clear must not lie on the good side of amber_clear");
    return WF_OK;
}

static wf_rc read_patterns(const struct work *w, cfg_t *s, wf_rule *r)
{
    static const wf_str everything[] = { { "**", 2 } };

    r->unit_count = cfg_size(s, "units");
    if (r->unit_count > LIST_MAX) return FAIL(w, s, "units", "units holds more than %d", LIST_MAX);
    if (r->unit_count == 0) {
        r->units = everything;
        r->unit_count = 1;
        return WF_OK;
    }
    wf_str *list = wf_profile_alloc(w->p, r->unit_count * sizeof *list);
    r->units = list;
    for (size_t i = 0; i < r->unit_count; i++) {
        list[i] = wf_profile_keep(w->p, wf_str_of(cfg_getnstr(s, "units", (unsigned) i)));
        const char *at = list[i].p, *end = at + list[i].n;
        int stars = 0;
        if (list[i].n == 0 || list[i].n > 512) return FAIL(w, s, "units", "a pattern has 1 to 512 bytes");
        for (const char *to; at <= end; at = to + 1) {
            to = memchr(at, '/', (size_t) (end - at));
            if (to == NULL) to = end;
            wf_str part = { at, (size_t) (to - at) };
            bool two = wf_str_eq(part, WF_STR("**"));
            if ((stars += two) > 4) return FAIL(w, s, "units", "\"%.*s\" has more than four **", WF_STR_ARG(list[i]));
            if (!two && !wf_str_eq(part, WF_STR("*"))) WF_TRY(check_name(w, s, "units", part, WF_CODE_MAX));
        }
    }
    return WF_OK;
}

static wf_rc read_watched(const struct work *w, cfg_t *s, wf_rule *r)
{
    wf_str name = wf_conf_text(s, "indicator");
    wf_nearest near;

    if (name.p == NULL) return FAIL(w, s, NULL, "rule \"%.*s\" names no indicator", WF_STR_ARG(r->name));
    if (wf_profile_indicator(w->p, name, &r->indicator)) return WF_OK;
    wf_nearest_begin(&near, name);
    for (size_t i = 0; i < w->p->indicator_count; i++) wf_nearest_try(&near, w->indicator[i].name);
    return FAIL(w, s, "indicator", "there is no indicator \"%.*s\"%s", (int) (name.n < 70 ? name.n : 70), name.p, wf_nearest_hint(&near));
}

static wf_rc read_rule(struct work *w, cfg_t *s, size_t index)
{
    static const char *const direction[] = { "below", "above" };
    wf_rule *r = &w->rule[index];
    size_t which;
    int64_t n;

    WF_TRY(title_of(w, s, WF_ID_MAX, &r->name));
    for (size_t k = 0; k < index; k++)
        if (wf_str_eq(w->rule[k].name, r->name)) return FAIL(w, s, NULL, "rule \"%.*s\" stands twice", WF_STR_ARG(r->name));
    WF_TRY(read_watched(w, s, r));
    const wf_indicator *i = &w->indicator[r->indicator];
    const wf_expression *x = i->denominator.n > 0 ? &i->denominator : &i->numerator;
    bool people = false;                /* I5: the first term whose measure counts somebody */
    for (size_t k = 0; k < x->n; k++) people = people || wf_measure_rows[x->term[k].measure].count != WF_NONE;
    WF_TRY(choice(w, s, "direction", direction, 2, 1, &which));
    r->above = which == 1;
    WF_TRY(read_patterns(w, s, r));
    WF_TRY(read_edges(w, s, r, i));
    WF_TRY(wf_conf_number(w->c, s, "for", 0, 0, 366, &n, w->e));
    r->for_days = (int32_t) n;
    WF_TRY(wf_conf_number(w->c, s, "least_people", i->denominator.n > 0 && people ? 20 : 0, 0, 1000000, &r->least_people, w->e));
    if (r->least_people > 0 && !people)
        return FAIL(w, s, "least_people", "this can never match: no people stand behind %s; set least_people = 0", wf_measure_rows[x->term[0].measure].name);
    WF_TRY(words(w, s, "noun_numerator", 40, &r->noun_numerator));
    return words(w, s, "next", 90, &r->next);
}

/* ---- whole ---- */

typedef wf_rc section_fn(struct work *w, cfg_t *s, size_t index);

static wf_rc each(struct work *w, const char *key, section_fn *read, size_t *count)
{
    *count = 0;
    for (size_t f = 0; f < w->files; f++) {
        w->c = w->file[f];
        cfg_t *root = wf_conf_root(w->c);
        for (unsigned i = 0; i < cfg_size(root, key); i++) {
            WF_TRY(read(w, cfg_getnsec(root, key, i), *count));
            ++*count;
        }
    }
    return WF_OK;
}

static size_t sections(const struct work *w, const char *key)
{
    size_t n = 1;

    for (size_t f = 0; f < w->files; f++) n += cfg_size(wf_conf_root(w->file[f]), key);
    return n;
}

static wf_rc make(struct work *w)
{
    wf_profile *p = w->p;
    size_t checked;

    p->source = w->source = wf_profile_alloc(p, sections(w, "source") * sizeof *w->source);
    p->tree = w->tree = wf_profile_alloc(p, sections(w, "tree") * sizeof *w->tree);
    p->indicator = w->indicator = wf_profile_alloc(p, sections(w, "indicator") * sizeof *w->indicator);
    p->rule = w->rule = wf_profile_alloc(p, sections(w, "rule") * sizeof *w->rule);
    WF_TRY(read_measures(w));
    WF_TRY(each(w, "source", read_source, &p->source_count));
    WF_TRY(each(w, "source", check_succession, &checked));
    WF_TRY(each(w, "tree", read_tree, &p->tree_count));
    WF_TRY(each(w, "indicator", read_indicator, &p->indicator_count));
    WF_TRY(each(w, "rule", read_rule, &p->rule_count));
    if (w->files == 0) return wf_fail(w->e, WF_CONFIG, "no profile is named");
    if (p->indicator_count == 0) return FAIL(w, wf_conf_root(w->c), NULL, "there is no indicator");
    wf_profile_write(p, w->indicator, w->rule);
    return WF_OK;
}

static void end(struct work *w)
{
    for (size_t i = 0; i < w->files; i++) wf_conf_free(&w->file[i]);
    wf_profile_free(&w->p);
}

static wf_profile *empty(void)
{
    wf_profile *p = calloc(1, sizeof *p);

    WF_ASSERT(p != NULL);
    return p;
}

wf_rc wf_profile_read(const char *const *path, size_t n, wf_profile **ret, wf_err *e)
{
    WF_AUTO(end) struct work w = { .p = empty(), .may_read = true, .e = e };

    if (n > FILES_MAX) return wf_fail(e, WF_CONFIG, "more than %d profiles", FILES_MAX);
    for (; w.files < n; w.files++) WF_TRY(wf_conf_read(path[w.files], NULL, file_keys, WF_PROFILE_BYTES_MAX, &w.file[w.files], e));
    WF_TRY(make(&w));
    *ret = w.p;
    w.p = NULL;
    return WF_OK;
}

wf_rc wf_profile_parse(const char *name, wf_str text, wf_profile **ret, wf_err *e)
{
    WF_AUTO(end) struct work w = { .p = empty(), .may_read = false, .e = e };

    WF_TRY(wf_conf_read(name, &text, file_keys, WF_PROFILE_BYTES_MAX, &w.file[0], e));
    w.files = 1;
    WF_TRY(make(&w));
    *ret = w.p;
    w.p = NULL;
    return WF_OK;
}
