#include "core/alert_parts.h"
#include "core/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *wf_mark_reason(const wf_mark *m, char buf[48])
{
    static const char *const text[] = { "", "no data", "too few people", "nobody to compare with", "unreliable by its definition" };
    char day[WF_DAY_TEXT];

    (void) snprintf(buf, 48, "%s", text[m->why]);
    if (m->why == WF_NO_SPAN && m->until != INT32_MAX) (void) snprintf(buf, 48, "no data until %s", wf_day_text((wf_day) { m->until }, day));
    return buf;
}

/* ---- what changed ---- */

static void add(wf_fraction *a, int64_t numerator, int64_t denominator)
{
    a->numerator += numerator;
    a->denominator += denominator;
}

static bool same_text(const char digits[16], wf_str version) { return version.n == 16 && memcmp(digits, version.p, 16) == 0; }

/* Changes since the last message. What was entered since on days that had been closed is `corrected since`; on the day
 * that was open then, entries are told by their cause. They add up to now less then. */
static void since_said(const wf_message *m, const wf_said *s, uint32_t indicator, wf_fraction by[WF_CAUSE_COUNT])
{
    wf_day then = { s->day };
    wf_fraction now_known, corrected, entered[WF_CAUSE_COUNT];

    wf_figure_causes(m->book, indicator, m->unit, then, m->day, m->today, by);
    (void) wf_figure_sums(m->book, indicator, m->unit, then, m->today, &now_known);
    corrected = (wf_fraction) { now_known.numerator - s->sums.numerator, now_known.denominator - s->sums.denominator };
    if (s->open) {
        wf_figure_entered(m->book, indicator, m->unit, then, then, then, m->today, entered);
        for (int32_t i = 0; i < s->count; i++)
            add(&entered[s->entered[i].cause], -s->entered[i].numerator, -s->entered[i].denominator);
        for (int c = 0; c < WF_CAUSE_COUNT; c++) {
            add(&by[c], entered[c].numerator, entered[c].denominator);
            add(&corrected, -entered[c].numerator, -entered[c].denominator);
        }
    }
    add(&by[WF_BY_CORRECTED], corrected.numerator, corrected.denominator);
}

static int32_t list(const wf_fraction by[WF_CAUSE_COUNT], wf_alert_change out[WF_CAUSE_COUNT])
{
    int32_t n = 0;

    for (int c = 0; c < WF_CAUSE_COUNT; c++)
        if (by[c].numerator != 0 || by[c].denominator != 0) out[n++] = (wf_alert_change) { (wf_cause) c, by[c].numerator, by[c].denominator };
    return n;
}

/* Fills a->change; returns the day from which it counts. The first message of a pair counts from the day before its run; where
 * none stands, from the day before `since`, not the mark's: where judging began is no matter of the journal. */
static wf_day changes(const wf_message *m, const wf_said *s, const wf_rule *r, const wf_indicator *i, wf_alert *a)
{
    wf_fraction by[WF_CAUSE_COUNT] = { { 0, 0 } };
    wf_day then = { s->numbers ? s->day : m->since.n - 1 };
    bool redefined = s->numbers && !same_text(s->indicator_version, i->version);

    if (redefined) {
        add(&by[WF_BY_PROFILE], a->figure.numerator - s->sums.numerator, a->figure.denominator - s->sums.denominator);
    } else if (s->numbers) {
        since_said(m, s, r->indicator, by);
    } else {
        wf_figure f;
        if (m->since.n <= WF_DAY_FIRST.n) return then;
        wf_figure_read(m->book, m->complete, r->indicator, m->unit, then, m->today, &f);
        if (f.status == WF_FIGURE_X) return then;
        wf_figure_causes(m->book, r->indicator, m->unit, then, m->day, m->today, by);
    }
    a->change_count = list(by, a->change);
    bool told = redefined && (by[WF_BY_PROFILE].numerator != 0 || by[WF_BY_PROFILE].denominator != 0);
    if (!told && s->any && (redefined || !same_text(s->rule_version, r->version)) && a->change_count < WF_CAUSE_COUNT)
        a->change[a->change_count++] = (wf_alert_change) { WF_BY_PROFILE, 0, 0 };
    return then;
}

/* Sums over days move every day, and a count that grows too old is no news: neither is known to come. */
static bool foretells(const wf_profile *p, const wf_expression *x)
{
    for (size_t i = 0; i < x->n; i++) {
        const wf_term *t = &x->term[i];
        if (t->reading == WF_MEAN_OVER || t->reading == WF_DAYS_OVER) return false;
        if (!p->allocations && (t->measure == WF_M_CASES || t->measure == WF_M_CASE_HOLDERS || t->measure == WF_M_CASES_UNKNOWN)) return false;
    }
    return true;
}

#define COMING_DAYS 92
static void coming(const wf_message *m, const wf_rule *r, const wf_indicator *i, wf_alert *a)
{
    const wf_profile *p = wf_book_profile(m->book);
    wf_fraction last = { a->figure.numerator, a->figure.denominator }, f;

    if (!foretells(p, &i->numerator) || !foretells(p, &i->denominator)) return;
    for (wf_day d = m->day; a->coming_count < 8; last = f) {
        d = wf_figure_moves(m->book, r->indicator, m->unit, d, m->today);
        if (d.n > m->day.n + COMING_DAYS) return;
        (void) wf_figure_sums(m->book, r->indicator, m->unit, d, m->today, &f);
        if (i->denominator.n > 0 && f.denominator == 0) continue;                   /* a period that begins anew */
        if (f.numerator != last.numerator || f.denominator != last.denominator)
            a->coming[a->coming_count++] = (wf_alert_coming) { d, f.numerator, f.denominator };
    }
}

/* ---- the message ---- */

static int64_t clear_of(const wf_rule *r, wf_level level)
{
    return level == WF_RED || r->amber == WF_NO_EDGE ? r->red_clear : r->amber_clear;
}

static void remember(const wf_message *m, const wf_rule *r, const wf_indicator *i, const wf_alert *a, wf_said *s)
{
    s->any = true;
    s->state = m->state;
    s->level = m->level;
    s->number = a->number;
    s->alert = m->stands.number != 0 ? m->stands : m->alert;
    memcpy(s->rule_version, r->version.p, sizeof s->rule_version);
    if (a->figure.status == WF_FIGURE_X || a->state == WF_UNKNOWN) return;
    memcpy(s->indicator_version, i->version.p, sizeof s->indicator_version);
    s->numbers = true;
    s->open = m->day.n >= m->today.n;
    s->day = m->day.n;
    s->sums = (wf_fraction) { a->figure.numerator, a->figure.denominator };
    s->count = 0;
    if (!s->open) return;
    wf_fraction by[WF_CAUSE_COUNT];
    wf_figure_entered(m->book, r->indicator, m->unit, m->day, m->day, m->day, m->today, by);
    s->count = list(by, s->entered);
}

static void put_entries(const wf_message *m, wf_alert *a)
{
    uint32_t n = m->entries < WF_ALERT_ENTRIES_MAX ? m->entries : WF_ALERT_ENTRIES_MAX;

    for (uint32_t k = 0; k < n; k++) a->entry[k] = m->entry[k];
    a->entry_count = (int32_t) n;
    a->entries_more = m->entries - n;
}

void wf_message_write(const wf_message *m, wf_said *s, wf_alert *a, char reason[48])
{
    const wf_profile *p = wf_book_profile(m->book);
    const wf_rule *r = &p->rule[m->rule];
    const wf_indicator *i = &p->indicator[r->indicator];
    wf_day from = m->day;

    *a = (wf_alert) {
        .number = m->number, .kind = m->kind, .alert = m->alert.number, .part = m->alert.part, .rule = r->name, .rule_version = r->version,
        .title = i->title, .unit_title = wf_units_title(wf_book_units(m->book), m->unit), .state = m->state,
        .before = m->before, .day = m->day, .since = m->since, .closed = m->closed,
        .amber = r->amber, .red = r->red, .clear = clear_of(r, m->level), .sequence = m->sequence,
    };
    put_entries(m, a);
    wf_figure_read(m->book, m->complete, r->indicator, m->unit, m->day, m->today, &a->figure);
    wf_complete_sources(m->complete, wf_units_org(wf_book_units(m->book), m->unit), wf_figure_rests_on(p, r->indicator), &a->figure);
    a->figure.rating = a->state;
    a->figure.sequence = m->sequence;
    a->unit = wf_units_path(wf_book_units(m->book), m->unit, m->today);
    if (a->state == WF_UNKNOWN) {
        a->unknown_reason = wf_str_of(wf_mark_reason(&m->mark, reason));
    } else if (a->figure.status != WF_FIGURE_X) {
        from = changes(m, s, r, i, a);
        coming(m, r, i, a);
    }
    wf_text_alert(p, m->rule, from, a);
    remember(m, r, i, a, s);
}

/* ---- told, as bytes: 'T' 3, rule, org, unit (each a length and text), then fixed little-endian fields, then the runs ---- */

#define SAID_FORMAT 3

void wf_said_free(wf_said **p)
{
    if (*p == NULL) return;
    wf_told_free(&(*p)->told);
    free(*p);
    *p = NULL;
}

static uint8_t *put_text(uint8_t *w, wf_str s)
{
    *w++ = (uint8_t) s.n;
    if (s.n > 0) memcpy(w, s.p, s.n);
    return w + s.n;
}

static uint8_t *put_number(uint8_t *w, uint64_t v)
{
    for (int i = 0; i < 8; i++) *w++ = (uint8_t) (v >> 8 * i);
    return w;
}

static uint64_t mixed(uint64_t h, wf_str s)
{
    for (size_t i = 0; i < s.n; i++) h = (h ^ (uint8_t) s.p[i]) * 0x100000001b3u;
    return (h ^ 0xff) * 0x100000001b3u;
}

static uint8_t *put_runs(uint8_t *w, const wf_told_runs *t)
{
    w = put_number(w, t->n);
    for (uint32_t i = 0; i < t->n; i++) {
        const wf_line *l = &t->run[i].line;
        w = put_number(put_number(put_number(w, t->run[i].id.number), (uint64_t) t->run[i].id.part), l->n);
        for (uint32_t k = 0; k < l->n; k++) {
            w = put_number(w, (uint64_t) (int64_t) l->mark[k].day);
            *w++ = (uint8_t) l->mark[k].level;
        }
    }
    return w;
}

static size_t packed_max(const wf_said *s)
{
    size_t n = 2 + 3 * 65 + 32 + 1 + 7 * 8 + 1 + WF_CAUSE_COUNT * 17 + 8;

    for (uint32_t i = 0; i < s->told.n; i++) n += 24 + 9 * (size_t) s->told.run[i].line.n;
    return n;
}

void wf_said_pack(const wf_said *s, wf_str rule, wf_str org, wf_str unit, uint8_t **buf, wf_told *t)
{
    uint8_t *w = *buf = realloc(*buf, packed_max(s));

    WF_ASSERT(w != NULL && rule.n <= 64 && org.n <= 64 && unit.n <= 64);
    *w++ = 'T';
    *w++ = SAID_FORMAT;
    w = put_text(put_text(put_text(w, rule), org), unit);
    memcpy(w, s->rule_version, 16);
    memcpy(w + 16, s->indicator_version, 16);
    w += 32;
    *w++ = (uint8_t) ((unsigned) s->state | (unsigned) s->level << 2 | (unsigned) s->numbers << 4 | (unsigned) s->open << 5 |
                     (unsigned) s->held << 6 | (unsigned) !s->any << 7);
    w = put_number(put_number(w, s->number), s->alert.number);
    w = put_number(put_number(w, (uint64_t) s->alert.part), (uint64_t) (int64_t) s->settled);
    w = put_number(w, (uint64_t) (int64_t) s->day);
    w = put_number(put_number(w, (uint64_t) s->sums.numerator), (uint64_t) s->sums.denominator);
    *w++ = (uint8_t) s->count;
    for (int32_t i = 0; i < s->count; i++) {
        *w++ = (uint8_t) s->entered[i].cause;
        w = put_number(put_number(w, (uint64_t) s->entered[i].numerator), (uint64_t) s->entered[i].denominator);
    }
    w = put_runs(w, &s->told);
    *t = (wf_told) { mixed(mixed(mixed(0xcbf29ce484222325u, rule), org), unit), (size_t) (w - *buf), *buf };
}

struct bytes { const uint8_t *p, *end; bool bad; };

static const uint8_t *take(struct bytes *b, size_t n)
{
    static const uint8_t none[32];

    if ((size_t) (b->end - b->p) < n) b->bad = true;
    if (b->bad) return none;
    b->p += n;
    return b->p - n;
}

static wf_str take_text(struct bytes *b)
{
    size_t n = *take(b, 1);
    const uint8_t *p = n <= 64 ? take(b, n) : NULL;

    if (p == NULL || b->bad) {
        b->bad = true;
        return (wf_str) { 0 };
    }
    return (wf_str) { (const char *) p, n };
}

static int64_t take_number(struct bytes *b)
{
    const uint8_t *p = take(b, 8);
    uint64_t v = 0;

    for (int i = 0; i < 8; i++) v |= (uint64_t) p[i] << 8 * i;
    return (int64_t) v;
}

static void take_runs(struct bytes *b, wf_told_runs *t)
{
    for (int64_t n = take_number(b); n > 0 && !b->bad; n--) {
        wf_alert_id id = { (uint64_t) take_number(b), 0 };
        id.part = (int32_t) take_number(b);
        wf_told_run *r = wf_told_add(t, id);
        for (int64_t k = take_number(b); k > 0 && !b->bad; k--) {
            int32_t day = (int32_t) take_number(b);
            wf_line_set(&r->line, day, (wf_level) (*take(b, 1) & 3u));
        }
    }
}

wf_said *wf_said_unpack(const void *bytes, size_t n, wf_str *rule, wf_str *org, wf_str *unit)
{
    struct bytes b = { bytes, (const uint8_t *) bytes + n, false };
    const uint8_t *head = take(&b, 2);
    wf_said *s = calloc(1, sizeof *s);

    WF_ASSERT(s != NULL);
    b.bad |= head[0] != 'T' || head[1] != SAID_FORMAT;
    *rule = take_text(&b);
    *org = take_text(&b);
    *unit = take_text(&b);
    memcpy(s->rule_version, take(&b, 16), 16);
    memcpy(s->indicator_version, take(&b, 16), 16);
    unsigned flags = *take(&b, 1);
    s->state = (wf_level) (flags & 3u);
    s->level = (wf_level) (flags >> 2 & 3u);
    s->numbers = (flags >> 4 & 1u) != 0;
    s->open = (flags >> 5 & 1u) != 0;
    s->held = (flags >> 6 & 1u) != 0;
    s->any = (flags >> 7 & 1u) == 0;
    s->number = (uint64_t) take_number(&b);
    s->alert.number = (uint64_t) take_number(&b);
    s->alert.part = (int32_t) take_number(&b);
    s->settled = (int32_t) take_number(&b);
    s->day = (int32_t) take_number(&b);
    s->sums.numerator = take_number(&b);
    s->sums.denominator = take_number(&b);
    unsigned count = *take(&b, 1);
    b.bad |= count > WF_CAUSE_COUNT;
    for (unsigned i = 0; i < count && !b.bad; i++) {
        unsigned cause = *take(&b, 1);
        b.bad |= cause >= WF_CAUSE_COUNT;
        s->entered[s->count].cause = (wf_cause) cause;
        s->entered[s->count].numerator = take_number(&b);
        s->entered[s->count++].denominator = take_number(&b);
    }
    take_runs(&b, &s->told);
    if (b.bad || b.p != b.end) wf_said_free(&s);
    return s;
}
