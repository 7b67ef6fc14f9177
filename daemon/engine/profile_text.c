#include "engine/profile_text.h"
#include "engine/expression.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(uint64_t h, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) h = (h ^ (uint8_t) p[i]) * 0x100000001b3u;
    h ^= h >> 33;
    return h * 0xff51afd7ed558ccdu;
}

#define HASH_BEGIN 0xcbf29ce484222325u

/* ---- one value ---- */

static void text(FILE *out, const char *key, wf_str s)
{
    (void) fprintf(out, "    %s = '", key);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'' || s.p[i] == '\\') (void) fputc('\\', out);
        (void) fputc(s.p[i], out);
    }
    (void) fputs("'\n", out);
}

static void optional(FILE *out, const char *key, wf_str s)
{
    if (s.n > 0) text(out, key, s);
}

static void edge(FILE *out, const char *key, int64_t v)
{
    char buf[WF_MILLIONTHS_TEXT];

    if (v != WF_NO_EDGE) (void) fprintf(out, "    %s = '%s'\n", key, wf_millionths_text(v, buf));
}

static void list(FILE *out, const char *key, const wf_str *s, size_t n)
{
    (void) fprintf(out, "    %s = {", key);
    for (size_t i = 0; i < n; i++) (void) fprintf(out, "%s'%.*s'", i == 0 ? "" : ", ", WF_STR_ARG(s[i]));
    (void) fputs("}\n", out);
}

/* ---- sections ---- */

static void write_measures(FILE *out, const wf_profile *p)
{
    char day[WF_DAY_TEXT];

    (void) fputs("measures {\n", out);
    list(out, "roles", p->role, p->role_count);
    (void) fprintf(out, "    caseload_days = %d\n    cases = %s\n    vacancies = %s\n    supervision_every = %d\n", (int) p->caseload_days,
                   p->allocations ? "allocations" : "counts", p->posts ? "posts" : "declared", (int) p->supervision_every);
    (void) fputs("    holidays = {", out);
    for (size_t i = 0; i < p->holiday_count; i++) (void) fprintf(out, "%s%s", i == 0 ? "" : ", ", wf_day_text(p->holiday[i], day));
    (void) fputs("}\n}\n", out);
}

static void write_source(FILE *out, const wf_source_rule *s)
{
    char day[WF_DAY_TEXT];

    (void) fprintf(out, "source '%.*s' {\n", WF_STR_ARG(s->name));
    if (s->org_count > 0) list(out, "orgs", s->orgs, s->org_count);
    if (s->types != 0) {
        const char *between = "";
        (void) fputs("    types = {", out);
        for (int t = 0; t < WF_EVENT_TYPE_COUNT; t++) {
            if ((s->types >> t & 1u) == 0) continue;
            (void) fprintf(out, "%s%s", between, wf_event_rows[t].name);
            between = ", ";
        }
        (void) fputs("}\n", out);
    }
    if (s->from.n != INT32_MIN) (void) fprintf(out, "    from = %s\n", wf_day_text(s->from, day));
    optional(out, "succeeds", s->succeeds);
    if (s->complete_from.n != INT32_MAX) (void) fprintf(out, "    complete_from = %s\n", wf_day_text(s->complete_from, day));
    (void) fprintf(out, "    late_days = %d\n}\n", (int) s->late_days);
}

static void write_tree(FILE *out, const wf_tree *t)
{
    char day[WF_DAY_TEXT];

    (void) fprintf(out, "tree '%.*s' {\n", WF_STR_ARG(t->org));
    text(out, "title", t->title);
    (void) fprintf(out, "    reading = %s\n", t->today ? "today" : "then");
    for (size_t i = 0; i < t->n; i++) {
        const wf_tree_unit *u = &t->unit[i];
        (void) fprintf(out, "    unit '%.*s' {\n    ", WF_STR_ARG(u->id));
        text(out, "title", u->title);
        if (u->n > 0) (void) fputs("        under = {", out);
        for (size_t k = 0; k < u->n; k++) {
            wf_str parent = u->link[k].parent == 0 ? t->org : t->unit[u->link[k].parent - 1].id;
            (void) fprintf(out, "%s'%.*s", k == 0 ? "" : ", ", WF_STR_ARG(parent));
            if (u->link[k].from.n != INT32_MIN) (void) fprintf(out, " from %s", wf_day_text(u->link[k].from, day));
            (void) fputs("'", out);
        }
        (void) fputs(u->n > 0 ? "}\n    }\n" : "    }\n", out);
    }
    (void) fputs("}\n", out);
}

static void write_side(FILE *out, const char *key, const wf_expression *x)
{
    if (x->n == 0) return;
    (void) fprintf(out, "    %s = '", key);
    wf_expression_print(x, out);
    (void) fputs("'\n", out);
}

static void write_indicator(FILE *out, const wf_indicator *i)
{
    static const char *const unit[] = { "percent", "count", "fte", "days", "ratio" };

    (void) fprintf(out, "indicator '%.*s' {\n", WF_STR_ARG(i->name));
    text(out, "title", i->title);
    write_side(out, "numerator", &i->numerator);
    write_side(out, "denominator", &i->denominator);
    (void) fprintf(out, "    unit = %s\n    decimals = %d\n", unit[i->unit], (int) i->decimals);
    edge(out, "unreliable_above", i->unreliable_above);
    optional(out, "column", i->column);
    optional(out, "noun", i->noun);
    (void) fputs("}\n", out);
}

static void write_rule(FILE *out, const wf_rule *r, const wf_indicator *i)
{
    (void) fprintf(out, "rule '%.*s' {\n", WF_STR_ARG(r->name));
    text(out, "indicator", i->name);
    list(out, "units", r->units, r->unit_count);
    (void) fprintf(out, "    direction = %s\n", r->above ? "above" : "below");
    edge(out, "amber", r->amber);
    edge(out, "amber_clear", r->amber_clear);
    edge(out, "red", r->red);
    edge(out, "red_clear", r->red_clear);
    (void) fprintf(out, "    for = %d\n    least_people = %lld\n", (int) r->for_days, (long long) r->least_people);
    optional(out, "noun_numerator", r->noun_numerator);
    optional(out, "next", r->next);
    (void) fputs("}\n", out);
}

/* ---- whole ---- */

/* What was written since, mixed into `h`. */
static uint64_t hash_since(FILE *out, char *const *buf, const size_t *n, size_t *from, uint64_t h)
{
    (void) fflush(out);
    h = hash_of(h, *buf + *from, *n - *from);
    *from = *n;
    return h;
}

/* Who may correct whom (F4, F6): what stands depends on it, and no definition does. */
static uint64_t successions(const wf_profile *p, uint64_t h)
{
    for (size_t i = 0; i < p->source_count; i++) {
        const wf_source_rule *s = &p->source[i];
        if (s->succeeds.n == 0) continue;
        h = hash_of(hash_of(h, s->name.p, s->name.n), " ", 1);
        h = hash_of(hash_of(h, s->succeeds.p, s->succeeds.n), "\n", 1);
    }
    return h;
}

static wf_str version(wf_profile *p, uint64_t h)
{
    char digits[17];

    (void) snprintf(digits, sizeof digits, "%016llx", (unsigned long long) h);
    return wf_profile_keep(p, (wf_str) { digits, 16 });
}

static wf_str side_text(wf_profile *p, const wf_expression *x)
{
    char *buf = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&buf, &n);

    WF_ASSERT(out != NULL);
    if (x->n > 0) wf_expression_print(x, out);
    (void) fclose(out);
    wf_str kept = wf_profile_keep(p, (wf_str) { buf, n });
    free(buf);
    return kept;
}

void wf_profile_write(wf_profile *p, wf_indicator *indicator, wf_rule *rule)
{
    char *buf = NULL;
    size_t n = 0, from = 0;
    FILE *out = open_memstream(&buf, &n);
    uint64_t *of = calloc(p->indicator_count + 1, sizeof *of);

    WF_ASSERT(out != NULL && of != NULL);
    write_measures(out, p);
    const uint64_t measures = hash_since(out, &buf, &n, &from, HASH_BEGIN);
    p->fold_hash = successions(p, measures);
    for (size_t i = 0; i < p->source_count; i++) write_source(out, &p->source[i]);
    for (size_t i = 0; i < p->tree_count; i++) write_tree(out, &p->tree[i]);
    (void) hash_since(out, &buf, &n, &from, 0);
    for (size_t i = 0; i < p->indicator_count; i++) {
        write_indicator(out, &indicator[i]);
        of[i] = hash_since(out, &buf, &n, &from, measures);
        indicator[i].version = version(p, of[i]);
        indicator[i].numerator_text = side_text(p, &indicator[i].numerator);
        indicator[i].denominator_text = side_text(p, &indicator[i].denominator);
    }
    for (size_t i = 0; i < p->rule_count; i++) {
        write_rule(out, &rule[i], &indicator[rule[i].indicator]);
        rule[i].version = version(p, hash_since(out, &buf, &n, &from, of[rule[i].indicator]));
    }
    (void) fclose(out);
    p->text = wf_profile_keep(p, (wf_str) { buf, n });
    p->hash = hash_of(HASH_BEGIN, buf, n);
    free(buf);
    free(of);
}
