/* replay_compare -- what two engines over one journal say, held beside each other. Numbers of subjects, sources, cells and
 * flows may differ, as a duplicate or a refusal may have made one; so what they stand for is compared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/replay_parts.h"
#include "frame.h"

/* ---- the journal itself: what was told again is what was told ---- */

static bool same_record(const wf_record *a, const wf_record *b)
{
    return a->kind == b->kind && a->type == b->type && a->flags == b->flags && a->subject_count == b->subject_count &&
           a->effective == b->effective && a->time == b->time && a->arrival == b->arrival && a->source_sequence == b->source_sequence &&
           wf_str_eq(a->id, b->id) && wf_str_eq(a->target, b->target) && wf_str_eq(a->body, b->body);
}

static wf_rc compare_journal(wf_replay *r, wf_err *e)
{
    uint64_t last = wf_store_last(r->first_store);
    for (uint64_t n = 1; n <= last; n++) {
        wf_record a, b;
        WF_TRY(wf_store_read(r->first_store, n, &a, e));
        WF_TRY(wf_store_read(r->again_store, n, &b, e));
        if (!same_record(&a, &b))
            wf_replay_differ(r, "journal entry %llu reads otherwise when it is told again", (unsigned long long) n);
        if (n % 65536 == 0)
            WF_TRY(wf_replay_progress(r, "entries compared", n, last, e));
    }
    return WF_OK;
}

/* ---- alert messages ---- */

static wf_str alert_text(const void *bytes, size_t n, char *buf, size_t cap)
{
    static const char *const level[] = { "unknown", "ok", "amber", "red" };
    wf_alert a;
    char day[WF_DAY_TEXT];
    if (wf_engine_alert_read(bytes, n, &a, NULL) != WF_OK)
        snprintf(buf, cap, "bytes that are no alert");
    else
        snprintf(buf, cap, "%.*s in %.*s, %s %s after %s on %s, alert %llu, entry %llu", WF_STR_ARG(a.rule), WF_STR_ARG(a.unit),
                 wf_alert_kind_name(a.kind), level[a.state], level[a.before], wf_day_text(a.day, day), (unsigned long long) a.alert,
                 (unsigned long long) a.sequence);
    return wf_str_of(buf);
}

/* Where the two differ first, as people read them. */
static void differ_alert(wf_replay *r, uint64_t number, wf_str a, wf_str b)
{
    char was[200], is[200];
    wf_alert x, y;
    (void) alert_text(a.p, a.n, was, sizeof was);
    (void) alert_text(b.p, b.n, is, sizeof is);
    char *told = wf_engine_alert_read(a.p, a.n, &x, NULL) == WF_OK ? wf_row_to_json(WF_ROW_ALERT, &x) : NULL;
    char *again = wf_engine_alert_read(b.p, b.n, &y, NULL) == WF_OK ? wf_row_to_json(WF_ROW_ALERT, &y) : NULL;
    size_t at = 0;
    while (told != NULL && again != NULL && told[at] != 0 && told[at] == again[at])
        at++;
    size_t from = at < 40 ? 0 : at - 40;
    if (strcmp(was, is) != 0)
        wf_replay_differ(r, "alert message %llu: told %s; again %s", (unsigned long long) number, was, is);
    else
        wf_replay_differ(r, "alert message %llu, %s: told ...%.90s...; again ...%.90s...", (unsigned long long) number, was,
                         told != NULL ? told + from : "", again != NULL ? again + from : "");
    free(told);
    free(again);
}

static void free_reader(wf_reader **p) { wf_reader_free(p); }

static wf_rc compare_alerts(wf_replay *r, wf_err *e)
{
    WF_AUTO(free_reader) wf_reader *a = NULL;
    WF_AUTO(free_reader) wf_reader *b = NULL;
    uint64_t n[2] = { wf_store_alerts(r->first_store), wf_store_alerts(r->again_store) };
    WF_TRY(wf_reader_new(r->first_store, &a, e));
    WF_TRY(wf_reader_new(r->again_store, &b, e));
    wf_reader_renew(a);
    wf_reader_renew(b);
    r->report->alerts = n[0];
    for (uint64_t i = 1; i <= n[0] && i <= n[1]; i++) {
        wf_str x, y;
        WF_TRY(wf_reader_alert(a, i, &x, e));
        WF_TRY(wf_reader_alert(b, i, &y, e));
        if (!wf_str_eq(x, y))
            differ_alert(r, i, x, y);
    }
    if (n[0] != n[1])
        wf_replay_differ(r, "%llu alert messages were told; again %llu", (unsigned long long) n[0], (unsigned long long) n[1]);
    return WF_OK;
}

/* ---- small values: what is kept of each rule in a unit ---- */

struct small { uint64_t number; size_t n; uint8_t *bytes; };
struct smalls { struct small *item; size_t n, cap; };

static wf_rc take_small(void *ctx, uint8_t kind, uint64_t number, const void *bytes, size_t n, wf_err *e)
{
    struct smalls *s = ctx;
    (void) kind, (void) e;
    if (s->n == s->cap)
        s->item = wf_engine_grow(s->item, (s->cap = s->cap * 2 + 64) * sizeof *s->item);
    s->item[s->n] = (struct small) { number, n, wf_engine_grow(NULL, n + 1) };
    memcpy(s->item[s->n++].bytes, bytes, n);
    return WF_OK;
}

static void end_smalls(struct smalls *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->item[i].bytes);
    free(s->item);
}

static wf_rc compare_told(wf_replay *r, wf_err *e)
{
    struct smalls a = { 0 }, b = { 0 };
    wf_rc rc = wf_store_smalls(r->first_store, SMALL_TOLD, take_small, &a, e);
    if (rc == WF_OK)
        rc = wf_store_smalls(r->again_store, SMALL_TOLD, take_small, &b, e);
    for (size_t i = 0, k = 0; rc == WF_OK && (i < a.n || k < b.n);) {
        const struct small *x = i < a.n ? &a.item[i] : NULL, *y = k < b.n ? &b.item[k] : NULL;
        if (y == NULL || (x != NULL && x->number < y->number))
            wf_replay_differ(r, "what was told of a pair is kept, and again nothing was told of it (%016llx)", (unsigned long long) a.item[i++].number);
        else if (x == NULL || y->number < x->number)
            wf_replay_differ(r, "what was told of a pair is not kept (%016llx)", (unsigned long long) b.item[k++].number);
        else {
            if (x->n != y->n || memcmp(x->bytes, y->bytes, x->n) != 0)
                wf_replay_differ(r, "what is kept of what was told of %.*s differs", (int) (x->n > 2 ? x->bytes[2] : 0), (const char *) x->bytes + 3);
            i++;
            k++;
        }
    }
    end_smalls(&a);
    end_smalls(&b);
    return rc;
}

/* ---- texts, line by line ---- */

static int line_cmp(const void *a, const void *b) { return strcmp(*(char *const *) a, *(char *const *) b); }

static char **lines_of(char *text, size_t *n, bool sort)
{
    size_t cap = 0, k = 0;
    char **line = NULL, *save = NULL;
    for (char *p = strtok_r(text, "\n", &save); p != NULL; p = strtok_r(NULL, "\n", &save)) {
        if (k == cap)
            line = wf_engine_grow(line, (cap = cap * 2 + 256) * sizeof *line);
        line[k++] = p;
    }
    if (sort && k > 1)
        qsort(line, k, sizeof *line, line_cmp);
    *n = k;
    return line;
}

/* Both sorted: tells what only one of them has. Consumes the texts. */
static size_t compare_lines(wf_replay *r, const char *what, char *a, char *b, bool sort)
{
    size_t n[2], i = 0, k = 0;
    char **x = lines_of(a, &n[0], sort), **y = lines_of(b, &n[1], sort);
    while (i < n[0] || k < n[1]) {
        int c = i == n[0] ? 1 : k == n[1] ? -1 : strcmp(x[i], y[k]);
        if (c < 0)
            wf_replay_differ(r, "%s: only here: %s", what, x[i]);
        else if (c > 0)
            wf_replay_differ(r, "%s: only again: %s", what, y[k]);
        i += c <= 0;
        k += c >= 0;
    }
    free(x);
    free(y);
    free(a);
    free(b);
    return n[0];
}

static void say_finding(void *ctx, const wf_engine_finding *f)
{
    FILE *out = ctx;
    fprintf(out, "%s of %.*s, source %.*s, id %.*s, entry %llu\n", f->kind, WF_STR_ARG(f->org), WF_STR_ARG(f->source), WF_STR_ARG(f->id),
            (unsigned long long) f->sequence);
}

static void say_source(void *ctx, const wf_engine_source *s)
{
    FILE *out = ctx;
    fprintf(out, "%.*s: %llu accepted, %llu refused, %llu numbers missing, late %d and at worst %d days, last %lld, complete %d until %d\n",
            WF_STR_ARG(s->source), (unsigned long long) s->accepted, (unsigned long long) s->refused, (unsigned long long) s->gaps,
            s->late_median, s->late_worst, (long long) s->last.ms, s->complete, s->complete_until.n);
}

static wf_rc said(wf_engine *en, bool findings, char **ret, wf_err *e)
{
    size_t n;
    FILE *out = open_memstream(ret, &n);
    wf_rc rc = WF_OK;
    WF_ASSERT(out != NULL);
    if (!findings)
        wf_engine_sources(en, say_source, out);
    for (uint64_t cursor = findings ? 0 : UINT64_MAX; cursor != UINT64_MAX && rc == WF_OK;)
        rc = wf_engine_findings(en, &cursor, 1000, say_finding, out, e);
    (void) fclose(out);
    return rc;
}

static wf_rc compare_said(wf_replay *r, bool findings, wf_err *e)
{
    char *a = NULL, *b = NULL;
    wf_rc rc = said(r->first, findings, &a, e);
    if (rc == WF_OK)
        rc = said(r->again, findings, &b, e);
    if (rc == WF_OK) {
        (void) compare_lines(r, findings ? "findings" : "sources", a, b, true);
        return WF_OK;
    }
    free(a);
    free(b);
    return rc;
}

/* ---- figures and lines of states ---- */

static uint32_t its_unit(const wf_engine *en, const wf_engine *of, uint32_t unit)
{
    const wf_units *u = wf_book_units(of->book);
    bool org = wf_units_org(u, unit) == unit;
    return wf_units_find_id(wf_book_units(en->book), wf_units_org_id(u, unit), org ? (wf_str) { "", 0 } : wf_units_id(u, unit));
}

static size_t figure_bytes(wf_engine *en, uint32_t indicator, uint32_t unit, wf_day day, uint8_t *buf, size_t cap)
{
    wf_figure f;
    wf_figure_read(en->book, en->complete, indicator, unit, day, en->today, &f);
    wf_complete_sources(en->complete, wf_units_org(wf_book_units(en->book), unit), wf_figure_rests_on(en->profile, indicator), &f);
    if (day.n == en->today.n)
        f.rating = wf_judge_rating(en->judge, indicator, unit, en->today);
    wf_out o = wf_out_to(buf, cap);
    wf_put_row(&o, WF_ROW_FIGURE, &f);
    return wf_out_length(&o);
}

static void compare_figure(wf_replay *r, uint32_t indicator, uint32_t unit, uint32_t other, wf_day day)
{
    uint8_t a[8192], b[8192];
    char text[WF_DAY_TEXT];
    wf_figure f, g;
    size_t n = figure_bytes(r->first, indicator, unit, day, a, sizeof a), k = figure_bytes(r->again, indicator, other, day, b, sizeof b);
    r->report->figures++;
    if (n == k && memcmp(a, b, n) == 0)
        return;
    wf_figure_read(r->first->book, r->first->complete, indicator, unit, day, r->first->today, &f);
    wf_figure_read(r->again->book, r->again->complete, indicator, other, day, r->again->today, &g);
    wf_replay_differ(r, "%.*s of %.*s on %s: %lld/%lld (%s); again %lld/%lld (%s)", WF_STR_ARG(f.indicator), WF_STR_ARG(f.unit),
                     wf_day_text(day, text), (long long) f.numerator, (long long) f.denominator, wf_figure_status_name(f.status),
                     (long long) g.numerator, (long long) g.denominator, wf_figure_status_name(g.status));
}

static void say_run(void *ctx, const wf_judged *j)
{
    fprintf(ctx, "%d to %d: %d %d %d since %d %s\n", j->from.n, j->until.n, j->state, j->carried, j->pending, j->since.n, j->reason);
}

#define LINE_DAYS 3660

static char *line_of(wf_engine *en, uint32_t rule, uint32_t unit)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    WF_ASSERT(out != NULL);
    (void) wf_judge_history(en->judge, rule, unit, (wf_day) { en->today.n - LINE_DAYS }, en->today, en->today, say_run, out);
    (void) fclose(out);
    return text;
}

static void compare_line(wf_replay *r, uint32_t rule, uint32_t unit, uint32_t other)
{
    char *a = line_of(r->first, rule, unit), *b = line_of(r->again, rule, other);
    if (strcmp(a, b) != 0)
        wf_replay_differ(r, "the line of states of %.*s in %.*s differs", WF_STR_ARG(r->first->profile->rule[rule].name),
                         WF_STR_ARG(wf_units_path(wf_book_units(r->first->book), unit, r->first->today)));
    free(a);
    free(b);
}

#define DAYS 12

/* Today, its neighbours, and days of the last ten years as the seed draws them. */
static void draw_days(wf_replay *r, wf_day day[DAYS])
{
    for (int i = 0; i < DAYS; i++)
        day[i].n = r->first->today.n + (i < 3 ? 1 - i : i == 3 ? 200 : -(int32_t) wf_replay_below(r, i < 8 ? 400 : 3650));
}

static wf_rc compare_units(wf_replay *r, wf_err *e)
{
    const wf_units *u = wf_book_units(r->first->book);
    uint32_t units = wf_units_count(u);
    wf_day day[DAYS];
    draw_days(r, day);
    if (units != wf_units_count(wf_book_units(r->again->book)))
        wf_replay_differ(r, "%u units; again %u", units, wf_units_count(wf_book_units(r->again->book)));
    for (uint32_t unit = 0; unit < units; unit++) {
        uint32_t other = its_unit(r->again, r->first, unit);
        if (other == WF_NO_UNIT) {
            wf_replay_differ(r, "unit %.*s is not there again", WF_STR_ARG(wf_units_id(u, unit)));
            continue;
        }
        for (uint32_t i = 0; i < r->first->profile->indicator_count; i++)
            for (int d = 0; d < DAYS; d++)
                compare_figure(r, i, unit, other, day[d]);
        for (uint32_t k = 0; k < r->first->profile->rule_count; k++)
            compare_line(r, k, unit, other);
        WF_TRY(wf_replay_progress(r, "units compared", unit + 1, units, e));
    }
    return WF_OK;
}

/* ---- postings: what each entry took back and posted ---- */

/* Of each entry one sum over its postings, in which what is taken back and posted again cancels out. */
struct sums { const wf_engine *en; uint64_t *of, last, sign, *flow; uint32_t flows; };

static uint64_t mixed(uint64_t h, wf_str s)
{
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (uint8_t) s.p[i]) * 0x100000001b3u;
    return (h ^ 0xff) * 0xff51afd7ed558ccdu;
}

static uint64_t cell_hash(const wf_ledger *l, uint32_t cell, uint64_t h)
{
    for (int d = 0; cell != 0 && d < WF_DIMENSION_COUNT; d++) {
        uint16_t code = wf_ledger_cell_at(l, cell)->code[d];
        h = mixed(h, code != 0 ? wf_ledger_code_text(l, (wf_dimension) d, code) : (wf_str) { "", 0 });
    }
    return (h ^ h >> 31) * 0x9e3779b97f4a7c15u;
}

static void hash_flows(struct sums *s)
{
    const wf_ledger *l = s->en->ledger;
    s->flows = wf_ledger_flows(l);
    s->flow = wf_engine_grow(NULL, (s->flows + 1) * sizeof *s->flow);
    for (uint32_t f = 1; f <= s->flows; f++) {
        const wf_flow *x = wf_ledger_flow_at(l, f);
        s->flow[f] = cell_hash(l, x->to, cell_hash(l, x->from, 1 + (uint64_t) x->measure * 64 + (uint64_t) x->cause));
    }
}

static void add_posting(void *ctx, const wf_posting *p, uint64_t sequence)
{
    struct sums *s = ctx;
    uint64_t h = (s->flow[p->flow] ^ (uint64_t) (int64_t) p->day.n * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
    if (sequence <= s->last)
        s->of[sequence] += s->sign * (h * (uint64_t) p->amount + (h >> 7 | h << 57) * (uint64_t) p->count);
}

static wf_rc compare_postings(wf_replay *r, wf_err *e)
{
    struct sums s = { .en = r->first, .last = wf_store_last(r->first_store), .sign = 1 };
    uint64_t from = 0;                  /* what was derived anew has none of its own */
    size_t n;
    wf_rc rc = wf_store_meta_get(r->first_store, "postings", &from, sizeof from, &n, NULL);
    if (rc != WF_OK && rc != WF_ABSENT)
        return wf_fail(e, rc, "from which entry on postings are kept");
    s.of = calloc(s.last + 1, sizeof *s.of);
    WF_ASSERT(s.of != NULL);
    hash_flows(&s);
    rc = wf_engine_postings(r->first, from, add_posting, &s, e);
    free(s.flow);
    s.en = r->again;
    s.sign = UINT64_MAX;
    hash_flows(&s);
    if (rc == WF_OK)
        rc = wf_engine_postings(r->again, from, add_posting, &s, e);
    for (uint64_t i = from + 1; i <= s.last && rc == WF_OK; i++)
        if (s.of[i] != 0)
            wf_replay_differ(r, "postings of journal entry %llu differ", (unsigned long long) i);
    free(s.flow);
    free(s.of);
    return rc;
}

wf_rc wf_replay_compare(wf_replay *r, wf_err *e)
{
    uint64_t at = 0;
    WF_TRY(compare_journal(r, e));
    WF_TRY(compare_alerts(r, e));
    WF_TRY(compare_told(r, e));
    WF_TRY(wf_replay_progress(r, "ledgers written out", at, 2, e));
    char *dump[2] = { wf_engine_dump(r->first), wf_engine_dump(r->again) };
    r->report->ledger_lines = compare_lines(r, "ledger", dump[0], dump[1], false);
    WF_TRY(compare_postings(r, e));
    WF_TRY(compare_said(r, true, e));
    WF_TRY(compare_said(r, false, e));
    if (r->first->profile->hash != r->again->profile->hash) {
        wf_replay_differ(r, "another profile is in force than the journal's last");
        return WF_OK;
    }
    return compare_units(r, e);
}
