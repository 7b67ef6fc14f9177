/* rows -- rows to MessagePack and back, and to JSON text, by their tables. */
#include "rows.h"
#include "frame.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define AT(type, row, f) ((type *) ((char *) (row) + (f)->offset))
#define OF(type, row, f) (*(const type *) ((const char *) (row) + (f)->offset))

/* z, x, u, c, low: which of a figure's numbers mean something. */
static bool has_sums(const wf_figure *f) { return f->status != WF_FIGURE_X && f->status != WF_FIGURE_C; }
static bool has_value(const wf_figure *f) { return has_sums(f) && f->status != WF_FIGURE_Z; }

static wf_str cut(wf_str s, size_t max)
{
    if (s.n > max)
        for (s.n = max; s.n > 0 && ((uint8_t) s.p[s.n] & 0xc0) == 0x80;)       /* not inside a character */
            s.n--;
    return s;
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

static void put_table(wf_out *o, const wf_row_table *t, const void *row);

static void put_day(wf_out *o, wf_day d)
{
    if (d.n == WF_DAY_OPEN.n) wf_put_nil(o);
    else wf_put_int(o, d.n);
}

static void put_int_if(wf_out *o, bool there, int64_t v)
{
    if (there) wf_put_int(o, v);
    else wf_put_nil(o);
}

static void put_name(wf_out *o, const char *name) { wf_put_str(o, wf_str_of(name)); }

static void put_changes(wf_out *o, const wf_alert *a)
{
    wf_put_array(o, (size_t) a->change_count);
    for (int32_t i = 0; i < a->change_count; i++) {
        wf_put_array(o, 3);
        put_name(o, wf_cause_name(a->change[i].cause));
        wf_put_int(o, a->change[i].numerator);
        wf_put_int(o, a->change[i].denominator);
    }
}

static void put_coming(wf_out *o, const wf_alert *a)
{
    wf_put_array(o, (size_t) a->coming_count);
    for (int32_t i = 0; i < a->coming_count; i++) {
        wf_put_array(o, 3);
        put_day(o, a->coming[i].day);
        wf_put_int(o, a->coming[i].numerator);
        wf_put_int(o, a->coming[i].denominator);
    }
}

static void put_sources(wf_out *o, const wf_figure *f)
{
    wf_put_array(o, (size_t) f->source_count);
    for (int32_t i = 0; i < f->source_count; i++) {
        wf_put_array(o, 3);
        wf_put_str(o, f->source[i].source);
        put_day(o, f->source[i].from);
        put_day(o, f->source[i].until);
    }
}

#define WF_ENTRY_TEXT_MAX 96u            /* a path of unit ids */

static void put_entries(wf_out *o, const wf_alert *a)
{
    wf_put_array(o, (size_t) a->entry_count);
    for (int32_t i = 0; i < a->entry_count; i++) {
        const wf_alert_entry *e = &a->entry[i];
        wf_put_array(o, e->what == WF_ERRATUM_STANDS ? 13 : 11);
        put_name(o, wf_erratum_name(e->what));
        wf_put_uint(o, e->alert);
        wf_put_int(o, e->part);
        wf_put_uint(o, e->other);
        wf_put_int(o, e->other_part);
        put_day(o, e->first);
        put_day(o, e->last);
        put_name(o, wf_level_name(e->level));
        put_day(o, e->was_first);
        put_day(o, e->was_last);
        put_name(o, wf_level_name(e->was_level));
        if (e->what != WF_ERRATUM_STANDS)
            continue;
        wf_put_str(o, cut(e->rule, WF_ENTRY_TEXT_MAX));
        wf_put_str(o, cut(e->unit, WF_ENTRY_TEXT_MAX));
    }
}

/* `row` is a wf_figure where the kind is one of a figure's, a wf_alert where it is one of an alert's. */
static void put_field(wf_out *o, const wf_row_field *f, const void *row)
{
    const wf_figure *figure = row;
    wf_str s;
    switch (f->kind) {
    case WF_R_TEXT: wf_put_str(o, cut(OF(wf_str, row, f), WF_ROW_TEXT_MAX)); break;
    case WF_R_DATA: s = OF(wf_str, row, f); wf_put_bin(o, s.p, s.n < WF_DATA_MAX ? s.n : WF_DATA_MAX); break;
    case WF_R_BYTES: s = OF(wf_str, row, f); wf_put_bin(o, s.p, s.n < 256 ? s.n : 256); break;
    case WF_R_DAY: put_day(o, OF(wf_day, row, f)); break;
    case WF_R_INSTANT: wf_put_int(o, OF(wf_instant, row, f).ms); break;
    case WF_R_COUNT: wf_put_uint(o, OF(uint64_t, row, f)); break;
    case WF_R_NUMBER: wf_put_int(o, OF(int64_t, row, f)); break;
    case WF_R_MILLIONTHS: put_int_if(o, OF(int64_t, row, f) != INT64_MIN, OF(int64_t, row, f)); break;
    case WF_R_YES: wf_put_bool(o, OF(bool, row, f)); break;
    case WF_R_LEVEL: put_name(o, wf_level_name(OF(wf_level, row, f))); break;
    case WF_R_SMALL: wf_put_int(o, OF(int32_t, row, f)); break;
    case WF_R_STATUS: put_name(o, wf_figure_status_name(OF(wf_figure_status, row, f))); break;
    case WF_R_MEASURED: put_name(o, wf_measured_name(OF(wf_measured, row, f))); break;
    case WF_R_TOP: put_int_if(o, has_sums(figure), figure->numerator); break;
    case WF_R_BOTTOM: put_int_if(o, has_sums(figure) && figure->has_denominator, figure->denominator); break;
    case WF_R_BELOW:
        if (figure->has_denominator) put_name(o, wf_measured_name(figure->denominator_of));
        else wf_put_nil(o);
        break;
    case WF_R_VALUE: put_int_if(o, has_value(figure), figure->value); break;
    case WF_R_FIGURE: put_table(o, wf_row_table_of(WF_ROW_FIGURE), &OF(wf_figure, row, f)); break;
    case WF_R_CHANGES: put_changes(o, row); break;
    case WF_R_COMING: put_coming(o, row); break;
    case WF_R_SOURCES: put_sources(o, figure); break;
    case WF_R_KIND: put_name(o, wf_alert_kind_name(OF(wf_alert_kind, row, f))); break;
    case WF_R_ENTRIES: put_entries(o, row); break;
    case WF_R_CHARS: wf_put_str(o, (wf_str) { &OF(char, row, f), strnlen(&OF(char, row, f), WF_ALERT_TEXT_MAX - 1) }); break;
    }
}

static void put_table(wf_out *o, const wf_row_table *t, const void *row)
{
    wf_put_map(o, t->count);
    for (size_t i = 0; i < t->count; i++) {
        put_name(o, t->field[i].key);
        put_field(o, &t->field[i], row);
    }
}

void wf_put_row(wf_out *o, wf_row_kind kind, const void *row)
{
    const wf_row_table *t = wf_row_table_of(kind);
    WF_ASSERT(t != NULL);
    wf_put_uint(o, kind);
    put_table(o, t, row);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static bool take_table(wf_in *in, const wf_row_table *t, void *row);

static bool take_day(wf_in *in, wf_day *ret)
{
    int64_t n;
    if (wf_take_nil(in)) {
        *ret = WF_DAY_OPEN;
        return true;
    }
    if (!wf_take_int(in, &n) || n < INT32_MIN || n >= INT32_MAX)
        return false;
    ret->n = (int32_t) n;
    return true;
}

static bool take_int_or(wf_in *in, int64_t none, int64_t *ret)
{
    if (!wf_take_nil(in))
        return wf_take_int(in, ret);
    *ret = none;
    return true;
}

/* A name that one of the first n values has. */
static bool take_name(wf_in *in, const char *(*name_of)(unsigned), unsigned n, unsigned *ret)
{
    wf_str s;
    if (!wf_take_str(in, &s))
        return false;
    for (unsigned i = 0; i < n; i++)
        if (wf_str_eq(s, wf_str_of(name_of(i)))) {
            *ret = i;
            return true;
        }
    return false;
}

static const char *level_at(unsigned i) { return wf_level_name((wf_level) i); }
static const char *kind_at(unsigned i) { return wf_alert_kind_name((wf_alert_kind) i); }
static const char *erratum_at(unsigned i) { return wf_erratum_name((wf_erratum) i); }
static const char *status_at(unsigned i) { return wf_figure_status_name((wf_figure_status) i); }
static const char *measured_at(unsigned i) { return wf_measured_name((wf_measured) i); }

static bool take_changes(wf_in *in, wf_alert *a)
{
    size_t n, three;
    if (!wf_take_array(in, &n) || n > WF_CAUSE_COUNT)
        return false;
    a->change_count = (int32_t) n;
    for (size_t i = 0; i < n; i++) {
        wf_str name;
        if (!wf_take_array(in, &three) || three != 3 || !wf_take_str(in, &name) || !wf_cause_named(name, &a->change[i].cause)
            || !wf_take_int(in, &a->change[i].numerator) || !wf_take_int(in, &a->change[i].denominator))
            return false;
    }
    return true;
}

static bool take_coming(wf_in *in, wf_alert *a)
{
    size_t n, three;
    if (!wf_take_array(in, &n) || n > sizeof a->coming / sizeof *a->coming)
        return false;
    a->coming_count = (int32_t) n;
    for (size_t i = 0; i < n; i++)
        if (!wf_take_array(in, &three) || three != 3 || !take_day(in, &a->coming[i].day)
            || !wf_take_int(in, &a->coming[i].numerator) || !wf_take_int(in, &a->coming[i].denominator))
            return false;
    return true;
}

static bool take_sources(wf_in *in, wf_figure *f)
{
    size_t n, three;
    if (!wf_take_array(in, &n) || n > WF_FIGURE_SOURCES_MAX)
        return false;
    f->source_count = (int32_t) n;
    for (size_t i = 0; i < n; i++)
        if (!wf_take_array(in, &three) || three != 3 || !wf_take_str(in, &f->source[i].source)
            || !take_day(in, &f->source[i].from) || !take_day(in, &f->source[i].until))
            return false;
    return true;
}

static bool take_part(wf_in *in, int32_t *ret)
{
    int64_t n;
    if (!wf_take_int(in, &n) || n < 0 || n > INT32_MAX)
        return false;
    *ret = (int32_t) n;
    return true;
}

static bool take_level(wf_in *in, wf_level *ret)
{
    unsigned k;
    if (!take_name(in, level_at, WF_RED + 1, &k))
        return false;
    *ret = (wf_level) k;
    return true;
}

static bool take_entry(wf_in *in, wf_alert_entry *e)
{
    unsigned k;
    size_t n;
    if (!wf_take_array(in, &n) || !take_name(in, erratum_at, WF_ERRATUM_COUNT, &k) || n != (k == WF_ERRATUM_STANDS ? 13 : 11))
        return false;
    e->what = (wf_erratum) k;
    bool whole = wf_take_uint(in, &e->alert) && take_part(in, &e->part) && wf_take_uint(in, &e->other) && take_part(in, &e->other_part)
        && take_day(in, &e->first) && take_day(in, &e->last) && take_level(in, &e->level) && take_day(in, &e->was_first)
        && take_day(in, &e->was_last) && take_level(in, &e->was_level);
    if (whole && e->what == WF_ERRATUM_STANDS)
        whole = wf_take_str(in, &e->rule) && wf_take_str(in, &e->unit) && e->rule.n <= WF_ENTRY_TEXT_MAX && e->unit.n <= WF_ENTRY_TEXT_MAX;
    return whole;
}

static bool take_entries(wf_in *in, wf_alert *a)
{
    size_t n;
    if (!wf_take_array(in, &n) || n > WF_ALERT_ENTRIES_MAX)
        return false;
    a->entry_count = (int32_t) n;
    for (size_t i = 0; i < n; i++)
        if (!take_entry(in, &a->entry[i]))
            return false;
    return true;
}

static bool take_chars(wf_in *in, char *to)
{
    wf_str s;
    if (!wf_take_str(in, &s) || s.n >= WF_ALERT_TEXT_MAX || memchr(s.p, '\0', s.n) != NULL)
        return false;
    memcpy(to, s.p, s.n);
    to[s.n] = '\0';
    return true;
}

static bool take_below(wf_in *in, wf_figure *figure)
{
    unsigned k = 0;
    figure->has_denominator = !wf_take_nil(in);
    if (figure->has_denominator && !take_name(in, measured_at, WF_MEASURED_COUNT, &k))
        return false;
    figure->denominator_of = (wf_measured) k;
    return true;
}

static bool take_field(wf_in *in, const wf_row_field *f, void *row)
{
    wf_figure *figure = row;
    int64_t n;
    unsigned k;
    switch (f->kind) {
    case WF_R_TEXT: return wf_take_str(in, AT(wf_str, row, f));
    case WF_R_DATA: case WF_R_BYTES: return wf_take_bin(in, AT(wf_str, row, f));
    case WF_R_DAY: return take_day(in, AT(wf_day, row, f));
    case WF_R_INSTANT: return wf_take_int(in, &AT(wf_instant, row, f)->ms);
    case WF_R_COUNT: return wf_take_uint(in, AT(uint64_t, row, f));
    case WF_R_NUMBER: return wf_take_int(in, AT(int64_t, row, f));
    case WF_R_MILLIONTHS: return take_int_or(in, INT64_MIN, AT(int64_t, row, f));
    case WF_R_YES: return wf_take_bool(in, AT(bool, row, f));
    case WF_R_SMALL:
        if (!wf_take_int(in, &n) || n < INT32_MIN || n > INT32_MAX) return false;
        *AT(int32_t, row, f) = (int32_t) n;
        return true;
    case WF_R_LEVEL: return take_level(in, AT(wf_level, row, f));
    case WF_R_KIND:
        if (!take_name(in, kind_at, WF_ALERT_KIND_COUNT, &k)) return false;
        *AT(wf_alert_kind, row, f) = (wf_alert_kind) k;
        return true;
    case WF_R_STATUS:
        if (!take_name(in, status_at, WF_FIGURE_STATUS_COUNT, &k)) return false;
        *AT(wf_figure_status, row, f) = (wf_figure_status) k;
        return true;
    case WF_R_MEASURED:
        if (!take_name(in, measured_at, WF_MEASURED_COUNT, &k)) return false;
        *AT(wf_measured, row, f) = (wf_measured) k;
        return true;
    case WF_R_TOP: return take_int_or(in, 0, &figure->numerator);
    case WF_R_BOTTOM: return take_int_or(in, 0, &figure->denominator);
    case WF_R_BELOW: return take_below(in, figure);
    case WF_R_VALUE: return take_int_or(in, 0, &figure->value);
    case WF_R_FIGURE: return take_table(in, wf_row_table_of(WF_ROW_FIGURE), AT(wf_figure, row, f));
    case WF_R_CHANGES: return take_changes(in, row);
    case WF_R_COMING: return take_coming(in, row);
    case WF_R_SOURCES: return take_sources(in, figure);
    case WF_R_ENTRIES: return take_entries(in, row);
    case WF_R_CHARS: return take_chars(in, AT(char, row, f));
    }
    return false;
}

/* Keys in any order; unknown ones are passed over, a key twice is refused, what is not said is zero. */
static bool take_table(wf_in *in, const wf_row_table *t, void *row)
{
    size_t n, expected = 0;
    uint64_t seen = 0;
    memset(row, 0, t->size);
    if (!wf_take_map(in, &n))
        return false;
    for (; n > 0; n--, expected++) {
        wf_str key;
        if (!wf_take_str(in, &key))
            return false;
        size_t i = expected;
        if (i >= t->count || !wf_str_eq(key, wf_str_of(t->field[i].key)))
            for (i = 0; i < t->count && !wf_str_eq(key, wf_str_of(t->field[i].key)); i++) { }
        if (i == t->count) {
            if (!wf_skip(in, WF_DEPTH_MAX)) return false;
            continue;
        }
        if (seen >> i & 1 || !take_field(in, &t->field[i], row))
            return false;
        seen |= (uint64_t) 1 << i;
        expected = i;
    }
    return true;
}

wf_rc wf_take_row(wf_in *in, wf_row *ret, wf_err *e)
{
    int64_t kind;
    if (!wf_take_int(in, &kind))
        return wf_fail(e, WF_MALFORMED, "a row does not begin with its kind");
    const wf_row_table *t = kind > 0 && kind < WF_ROW_KINDS ? wf_row_table_of((wf_row_kind) kind) : NULL;
    ret->kind = t == NULL ? WF_ROW_NONE : (wf_row_kind) kind;
    if (t == NULL ? !wf_skip(in, WF_DEPTH_MAX) : !take_table(in, t, &ret->as))
        return wf_fail(e, WF_MALFORMED, "a row of kind %lld does not follow its schema", (long long) kind);
    return WF_OK;
}

/* ---- JSON ------------------------------------------------------------------------------------------------------ */

static json_t *json_table(const wf_row_table *t, const void *row);

static json_t *text(wf_str s)
{
    json_t *v = json_stringn(s.p == NULL ? "" : s.p, s.n);
    return v != NULL ? v : json_string("?");                 /* not UTF-8 */
}

static json_t *hex(wf_str s)
{
    static const char digit[] = "0123456789abcdef";
    char buf[2 * 256];
    size_t n = s.n < 256 ? s.n : 256;
    for (size_t i = 0; i < n; i++) {
        buf[2 * i] = digit[(uint8_t) s.p[i] >> 4];
        buf[2 * i + 1] = digit[(uint8_t) s.p[i] & 15];
    }
    return json_stringn(buf, 2 * n);
}

static json_t *day(wf_day d)
{
    char buf[WF_DAY_TEXT];
    return d.n == WF_DAY_OPEN.n ? json_null() : json_string(wf_day_text(d, buf));
}

static json_t *millionths(int64_t v)
{
    char buf[WF_MILLIONTHS_TEXT];
    return json_string(wf_millionths_text(v, buf));
}

static json_t *amount(wf_measured of, int64_t v) { return wf_measured_in_millionths(of) ? millionths(v) : json_integer(v); }

static json_t *bottom(const wf_figure *f, int64_t v) { return f->has_denominator ? amount(f->denominator_of, v) : json_null(); }

static json_t *changes(const wf_alert *a)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < a->change_count; i++)
        (void) json_array_append_new(list, json_pack("[s,o,o]", wf_cause_name(a->change[i].cause),
            amount(a->figure.numerator_of, a->change[i].numerator), bottom(&a->figure, a->change[i].denominator)));
    return list;
}

static json_t *coming(const wf_alert *a)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < a->coming_count; i++)
        (void) json_array_append_new(list, json_pack("[o,o,o]", day(a->coming[i].day),
            amount(a->figure.numerator_of, a->coming[i].numerator), bottom(&a->figure, a->coming[i].denominator)));
    return list;
}

static json_t *sources(const wf_figure *f)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < f->source_count; i++)
        (void) json_array_append_new(list, json_pack("[o,o,o]", text(f->source[i].source), day(f->source[i].from), day(f->source[i].until)));
    return list;
}

static json_t *run_id(uint64_t number, int32_t part)
{
    char buf[40];
    if (number == 0)
        return json_null();
    (void) snprintf(buf, sizeof buf, part == 0 ? "%llu" : "%llu.%d", (unsigned long long) number, (int) part);
    return json_string(buf);
}

static json_t *run(wf_level level, wf_day first, wf_day last)
{
    return level == WF_UNKNOWN ? json_null() : json_pack("{s:o,s:o,s:s}", "first", day(first), "last", day(last), "level", wf_level_name(level));
}

static json_t *entries(const wf_alert *a)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < a->entry_count; i++) {
        const wf_alert_entry *e = &a->entry[i];
        json_t *one = json_pack("{s:s,s:o,s:o,s:o,s:o}", "what", wf_erratum_name(e->what), "alert", run_id(e->alert, e->part),
            "other", run_id(e->other, e->other_part), "now", run(e->level, e->first, e->last), "told", run(e->was_level, e->was_first, e->was_last));
        if (e->what == WF_ERRATUM_STANDS) {
            (void) json_object_set_new(one, "rule", text(e->rule));
            (void) json_object_set_new(one, "unit", text(e->unit));
        }
        (void) json_array_append_new(list, one);
    }
    return list;
}

static json_t *json_field(const wf_row_field *f, const void *row)
{
    const wf_figure *figure = row;
    char buf[WF_INSTANT_TEXT];
    switch (f->kind) {
    case WF_R_TEXT: return text(OF(wf_str, row, f));
    case WF_R_DATA: case WF_R_BYTES: return hex(OF(wf_str, row, f));
    case WF_R_DAY: return day(OF(wf_day, row, f));
    case WF_R_INSTANT: return json_string(wf_instant_text(OF(wf_instant, row, f), buf));
    case WF_R_COUNT: return json_integer((json_int_t) OF(uint64_t, row, f));
    case WF_R_NUMBER: return json_integer(OF(int64_t, row, f));
    case WF_R_MILLIONTHS: return OF(int64_t, row, f) == INT64_MIN ? json_null() : millionths(OF(int64_t, row, f));
    case WF_R_YES: return json_boolean(OF(bool, row, f));
    case WF_R_LEVEL: return json_string(wf_level_name(OF(wf_level, row, f)));
    case WF_R_SMALL: return json_integer(OF(int32_t, row, f));
    case WF_R_STATUS: return json_string(wf_figure_status_name(OF(wf_figure_status, row, f)));
    case WF_R_MEASURED: return json_string(wf_measured_name(OF(wf_measured, row, f)));
    case WF_R_TOP: return has_sums(figure) ? amount(figure->numerator_of, figure->numerator) : json_null();
    case WF_R_BOTTOM: return has_sums(figure) ? bottom(figure, figure->denominator) : json_null();
    case WF_R_BELOW: return figure->has_denominator ? json_string(wf_measured_name(figure->denominator_of)) : json_null();
    case WF_R_VALUE: return has_value(figure) ? millionths(figure->value) : json_null();
    case WF_R_FIGURE: return json_table(wf_row_table_of(WF_ROW_FIGURE), &OF(wf_figure, row, f));
    case WF_R_CHANGES: return changes(row);
    case WF_R_COMING: return coming(row);
    case WF_R_SOURCES: return sources(figure);
    case WF_R_KIND: return json_string(wf_alert_kind_name(OF(wf_alert_kind, row, f)));
    case WF_R_ENTRIES: return entries(row);
    case WF_R_CHARS: return text(wf_str_of(&OF(char, row, f)));
    }
    return json_null();
}

static json_t *json_table(const wf_row_table *t, const void *row)
{
    json_t *o = json_object();
    for (size_t i = 0; i < t->count; i++)
        WF_ASSERT(json_object_set_new_nocheck(o, t->field[i].key, json_field(&t->field[i], row)) == 0);
    return o;
}

char *wf_row_to_json(wf_row_kind kind, const void *row)
{
    const wf_row_table *t = wf_row_table_of(kind);
    WF_ASSERT(t != NULL);
    json_t *o = json_table(t, row);
    char *line = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(o);
    WF_ASSERT(line != NULL);
    return line;
}
