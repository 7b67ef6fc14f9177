#include "envelope.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* ---- tables ---------------------------------------------------------------------------------------------------- */

const wf_event_row wf_event_rows[WF_EVENT_TYPE_COUNT] = {
#define X(name, wire, subject, effective, text) { wire, WF_##subject, effective, text },
    WF_EVENT_TYPES(X)
#undef X
};

const wf_field_row wf_field_rows[WF_FIELD_COUNT] = {
#define X(name, wire, kind, low, high, text) { wire, WF_K_##kind, low, high, text },
    WF_FIELDS(X)
#undef X
};

#define OPTIONAL 0
#define REQUIRED 1
const wf_envelope_row wf_envelope_rows[WF_ENVELOPE_COUNT] = {
#define X(name, key, kind, must, text) { { key, sizeof key - 1 }, WF_EK_##kind, must },
    WF_ENVELOPE(X)
#undef X
};

static const wf_str type_names[WF_EVENT_TYPE_COUNT] = {
#define X(name, wire, subject, effective, text) { wire, sizeof wire - 1 },
    WF_EVENT_TYPES(X)
#undef X
};

static const wf_str field_names[WF_FIELD_COUNT] = {
#define X(name, wire, kind, low, high, text) { wire, sizeof wire - 1 },
    WF_FIELDS(X)
#undef X
};

static const uint8_t rules[WF_EVENT_TYPE_COUNT][WF_FIELD_COUNT] = {
#define X(type, field, rule) [WF_##type][WF_F_##field] = 1 + rule,
    WF_EVENT_FIELDS(X)
#undef X
};

/* The same as bits; filled before main, then only read. */
static uint64_t may[WF_EVENT_TYPE_COUNT], must[WF_EVENT_TYPE_COUNT];

__attribute__((constructor)) static void fill_bits(void)
{
    for (int t = 0; t < WF_EVENT_TYPE_COUNT; t++)
        for (int f = 0; f < WF_FIELD_COUNT; f++) {
            may[t] |= rules[t][f] != 0 ? WF_BIT(f) : 0;
            must[t] |= rules[t][f] == 1 + REQUIRED ? WF_BIT(f) : 0;
        }
}

uint64_t wf_event_may(wf_event_type type) { return may[type]; }
uint64_t wf_event_must(wf_event_type type) { return must[type]; }

wf_rule_of_field wf_event_takes(wf_event_type type, wf_field field) { return (wf_rule_of_field) rules[type][field]; }

/* What a CODE field may say, where the table's sentence lists it; types without a row take any code. */
#define CENSUS_9 " 1 2 3 4 5 6 7 8 9 "
#define CENSUS_10 CENSUS_9 "10 "
static const struct { wf_event_type type; wf_field field; const char *codes; } choices[] = {
    { WF_STARTER, WF_F_ORIGIN, CENSUS_10 "transfer " },
    { WF_STARTER, WF_F_COVER_REASON, " vacancy absence secondment project extra " },
    { WF_CHANGE, WF_F_COVER_REASON, " vacancy absence secondment project extra " },
    { WF_CHANGE, WF_F_WHY, " move hours reorganisation transfer temporary " },
    { WF_LEAVER, WF_F_KIND, " leaver secondment_out career_break transfer " },
    { WF_LEAVER, WF_F_REASON, CENSUS_10 },
    { WF_LEAVER, WF_F_DESTINATION, CENSUS_9 },
    { WF_PLACEMENT_STARTED, WF_F_KIND, " agency student " },
    { WF_PLACEMENT_STARTED, WF_F_COVER_REASON, " vacancy absence secondment project extra " },
    { WF_CASE_ALLOCATED, WF_F_PART, " allocated co-worker other " },
    { WF_CASE_ALLOCATED, WF_F_HOLDER, " worker duty team manager " },
    { WF_ABSENCE, WF_F_KIND, " sickness family other " },
    { WF_POST_OPENED, WF_F_STATUS, " funded frozen " },
    { WF_POST_CHANGED, WF_F_STATUS, " funded frozen " },
};

/* ---- names ----------------------------------------------------------------------------------------------------- */

static inline bool same(wf_str a, wf_str b) { return a.n == b.n && a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0; }

bool wf_event_type_named(wf_str name, wf_event_type *ret)
{
    if (name.n == 0)
        return false;
    for (int t = 0; t < WF_EVENT_TYPE_COUNT; t++)
        if (same(name, type_names[t])) {
            *ret = (wf_event_type) t;
            return true;
        }
    return false;
}

bool wf_envelope_find(wf_str name, wf_envelope_key *ret)
{
    if (name.n == 0)
        return false;
    for (int k = 0; k < WF_ENVELOPE_COUNT; k++)
        if (same(name, wf_envelope_rows[k].key)) {
            *ret = (wf_envelope_key) k;
            return true;
        }
    return false;
}

static bool find_in(uint64_t bits, wf_str name, wf_field *ret)
{
    for (; bits != 0; bits &= bits - 1) {
        int f = __builtin_ctzll(bits);
        if (same(name, field_names[f])) {
            *ret = (wf_field) f;
            return true;
        }
    }
    return false;
}

wf_rc wf_field_find(wf_event_type type, wf_str name, wf_field hint, wf_field *ret, wf_err *e)
{
    if (name.n > 0) {
        uint64_t ahead = may[type] & ~(WF_BIT(hint) - 1);      /* canonical order: it is the next one or soon after */
        if (find_in(ahead, name, ret) || find_in(may[type] & ~ahead, name, ret))
            return WF_OK;
    }
    return wf_fail(e, WF_FIELD, "%s has no field \"%s\"", type_names[type].p, wf_show(name).text);
}

wf_shown wf_show(wf_str s)
{
    wf_shown r = { "" };
    size_t n = s.n <= 40 ? s.n : 40;
    for (size_t i = 0; i < n; i++)
        r.text[i] = s.p[i] < ' ' || s.p[i] > '~' ? '?' : s.p[i];
    if (s.n > 40)
        memcpy(r.text + 37, "...", 3);
    return r;
}

wf_str *wf_envelope_text(wf_event *ev, wf_envelope_key key)
{
    switch (key) {
    case WF_E_ID: return &ev->id;
    case WF_E_SOURCE: return &ev->source;
    case WF_E_SUBJECT: return &ev->subject;
    case WF_E_ORG: return &ev->org;
    case WF_E_CORRECTS: return &ev->corrects;
    case WF_E_VOIDS: return &ev->voids;
    case WF_E_TARGETSOURCE: return &ev->targetsource;
    case WF_E_TYPE: case WF_E_TIME: case WF_E_EFFECTIVE: case WF_E_SEQUENCE: case WF_E_ADJUSTMENT: case WF_E_INFERRED:
    case WF_E_DATA: case WF_ENVELOPE_COUNT: break;
    }
    return NULL;
}

void wf_event_clear(wf_event *ev) { memset(ev, 0, offsetof(wf_event, v)); }

wf_rc wf_envelope_complete(uint32_t seen, wf_err *e)
{
    for (int k = 0; k < WF_ENVELOPE_COUNT; k++)
        if (wf_envelope_rows[k].required && !(seen >> k & 1))
            return wf_fail(e, WF_MISSING, "%s is missing", wf_envelope_rows[k].key.p);
    return WF_OK;
}

/* ---- checks ---------------------------------------------------------------------------------------------------- */

enum { IN_ID = 1, IN_CODE = 2 };
static const uint8_t alphabet[256] = {
    ['!' ... ','] = IN_ID, ['-'] = IN_ID | IN_CODE, ['.' ... '/'] = IN_ID, ['0' ... '9'] = IN_ID | IN_CODE, [':' ... '^'] = IN_ID,
    ['_'] = IN_ID | IN_CODE, ['`'] = IN_ID, ['a' ... 'z'] = IN_ID | IN_CODE, ['{' ... '~'] = IN_ID,
};

static inline bool all_in(wf_str s, uint8_t set)
{
    uint8_t r = set;
    for (size_t i = 0; i < s.n; i++)
        r &= alphabet[(uint8_t) s.p[i]];
    return r == set;
}

static bool well_formed(wf_str s, uint8_t set, size_t max) { return s.n > 0 && s.n <= max && all_in(s, set); }

static wf_rc check_text(const char *name, wf_str s, uint8_t set, size_t low, size_t high, wf_err *e)
{
    if (s.n < low || s.n > high)
        return wf_fail(e, WF_RANGE, "%s has %zu characters, not %zu to %zu", name, s.n, low, high);
    if (!all_in(s, set))
        return wf_fail(e, WF_MALFORMED, "%s \"%s\" has a character outside %s", name, wf_show(s).text,
                       set == IN_ID ? "! to ~" : "a-z 0-9 _ -");
    return WF_OK;
}

void wf_event_clean(wf_event *ev)
{
    if (!well_formed(ev->id, IN_ID, WF_ID_MAX)) ev->id = (wf_str) { 0 };
    if (!well_formed(ev->subject, IN_ID, WF_ID_MAX)) ev->subject = (wf_str) { 0 };
    if (!well_formed(ev->source, IN_CODE, WF_SOURCE_MAX)) ev->source = (wf_str) { 0 };
    if (!well_formed(ev->org, IN_CODE, WF_CODE_MAX)) ev->org = (wf_str) { 0 };
}

/* F6: which event it corrects or voids. */
static wf_rc check_target(const wf_event *ev, wf_err *e)
{
    if (ev->corrects.n != 0 && ev->voids.n != 0)
        return wf_fail(e, WF_MALFORMED, "corrects and voids are both given");
    if (!wf_event_is_link(ev))
        return wf_fail(e, WF_FIELD, "targetsource is taken with corrects or voids only");
    WF_TRY(check_text(ev->voids.n != 0 ? "voids" : "corrects", wf_event_target(ev), IN_ID, 1, WF_ID_MAX, e));
    return ev->targetsource.n == 0 ? WF_OK : check_text("targetsource", ev->targetsource, IN_CODE, 1, WF_SOURCE_MAX, e);
}

static wf_rc check_envelope(const wf_event *ev, wf_err *e)
{
    const struct { wf_envelope_key key; wf_str s; } text[] = {
        { WF_E_ID, ev->id }, { WF_E_SOURCE, ev->source }, { WF_E_SUBJECT, ev->subject }, { WF_E_ORG, ev->org } };
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        const wf_envelope_row *row = &wf_envelope_rows[text[i].key];
        if (text[i].s.n == 0)
            return wf_fail(e, WF_MISSING, "%s is missing", row->key.p);
        bool id = row->kind == WF_EK_ID;
        WF_TRY(check_text(row->key.p, text[i].s, id ? IN_ID : IN_CODE, 1, id ? WF_ID_MAX : WF_CODE_MAX, e));
    }
    wf_subject_kind who = wf_event_rows[ev->type].subject;
    if (who == WF_UNIT)
        WF_TRY(check_text("subject", ev->subject, IN_CODE, 1, WF_CODE_MAX, e));
    if (who == WF_SOURCE && !wf_str_eq(ev->subject, ev->source))
        return wf_fail(e, WF_RANGE, "the subject of %s is not its source", type_names[ev->type].p);
    if (ev->corrects.n + ev->voids.n + ev->targetsource.n != 0)
        WF_TRY(check_target(ev, e));
    if (ev->time.ms < -631152000000 || ev->time.ms > 253402300799999)
        return wf_fail(e, WF_RANGE, "time is outside 1950 to 9999");
    if (ev->effective.n < WF_DAY_FIRST.n || ev->effective.n > wf_field_rows[WF_F_LAST].high)
        return wf_fail(e, WF_RANGE, "effective is outside 1950-01-01 to 2134-04-11");
    if (ev->sequence > INT64_MAX)
        return wf_fail(e, WF_RANGE, "sequence is above 2^63 - 1");
    if (ev->adjustment && ev->type != WF_STARTER && ev->type != WF_CHANGE && ev->type != WF_LEAVER)
        return wf_fail(e, WF_FIELD, "%s takes no adjustment", type_names[ev->type].p);
    return WF_OK;
}

static wf_rc check_choice(wf_event_type type, wf_field f, wf_str s, wf_err *e)
{
    char word[WF_CODE_MAX + 3];
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (choices[i].field == f && choices[i].type == type) {
            (void) snprintf(word, sizeof word, " %.*s ", WF_STR_ARG(s));
            if (strstr(choices[i].codes, word) == NULL)
                return wf_fail(e, WF_RANGE, "%s \"%.*s\" is not one of%s", field_names[f].p, WF_STR_ARG(s), choices[i].codes);
        }
    return WF_OK;
}

/* Fields that take part in some choice, so that the others need not search. */
#define CHOSEN (WF_BIT(WF_F_ORIGIN) | WF_BIT(WF_F_COVER_REASON) | WF_BIT(WF_F_WHY) | WF_BIT(WF_F_KIND) | WF_BIT(WF_F_REASON) \
                | WF_BIT(WF_F_DESTINATION) | WF_BIT(WF_F_PART) | WF_BIT(WF_F_HOLDER) | WF_BIT(WF_F_STATUS))

static wf_rc check_number(const wf_event *ev, wf_field f, wf_err *e)
{
    int64_t n = ev->v[f].n, high = wf_field_rows[f].high, low = wf_field_rows[f].low;
    bool many = f == WF_F_FTE && (wf_event_rows[ev->type].subject == WF_POST || wf_event_rows[ev->type].subject == WF_UNIT);
    char a[WF_MILLIONTHS_TEXT], b[WF_MILLIONTHS_TEXT], c[WF_MILLIONTHS_TEXT];
    if (many)
        high = wf_field_rows[WF_F_AGENCY_FTE].high;
    if (n >= low && n <= high)
        return WF_OK;
    if (wf_field_rows[f].kind == WF_K_MILLIONTHS)
        return wf_fail(e, WF_RANGE, "%s %s is not %s to %s", field_names[f].p, wf_millionths_text(n, a), wf_millionths_text(low, b),
                       wf_millionths_text(high, c));
    if (wf_field_rows[f].kind == WF_K_DAY)
        return wf_fail(e, WF_RANGE, "%s is outside 1950-01-01 to 2134-04-11", field_names[f].p);
    return wf_fail(e, WF_RANGE, "%s %lld is not %lld to %lld", field_names[f].p, (long long) n, (long long) low, (long long) high);
}

static wf_rc check_field(const wf_event *ev, wf_field f, wf_err *e)
{
    const wf_field_row *row = &wf_field_rows[f];
    switch (row->kind) {
    case WF_K_TEXT:
    case WF_K_CODE:
        WF_TRY(check_text(row->name, ev->v[f].s, row->kind == WF_K_TEXT ? IN_ID : IN_CODE, (size_t) row->low, (size_t) row->high, e));
        return WF_BIT(f) & CHOSEN ? check_choice(ev->type, f, ev->v[f].s, e) : WF_OK;
    case WF_K_TYPES:
        if (ev->v[f].n <= 0 || ev->v[f].n >> WF_EVENT_TYPE_COUNT != 0)
            return wf_fail(e, WF_RANGE, "%s names no event type", row->name);
        return WF_OK;
    case WF_K_DAY:
    case WF_K_MILLIONTHS:
    case WF_K_COUNT:
        return check_number(ev, f, e);
    }
    return WF_OK;
}

#define GIVEN(ev, f) (((ev)->given & WF_BIT(WF_F_##f)) != 0)

/* What two fields must be to each other. */
static wf_rc check_together(const wf_event *ev, wf_err *e)
{
    char a[WF_DAY_TEXT], b[WF_DAY_TEXT];
    if (GIVEN(ev, FTE) && GIVEN(ev, HOURS))
        return wf_fail(e, WF_MALFORMED, "fte and hours are both given");
    if (wf_event_has(ev, WF_F_HOURS) != wf_event_has(ev, WF_F_FULL_TIME_HOURS))
        return wf_fail(e, WF_MISSING, "%s", wf_event_has(ev, WF_F_HOURS) ? "hours without full_time_hours" : "full_time_hours without hours");
    if (wf_event_has(ev, WF_F_HOURS) && ev->v[WF_F_HOURS].n > ev->v[WF_F_FULL_TIME_HOURS].n)
        return wf_fail(e, WF_RANGE, "hours are above full_time_hours");
    for (int i = 0; i < 2; i++) {
        wf_field f = i == 0 ? WF_F_LAST : WF_F_UNTIL;
        if (wf_event_has(ev, f) && ev->v[f].n < ev->effective.n)
            return wf_fail(e, WF_ORDER, "%s %s is before effective %s", field_names[f].p,
                           wf_day_text((wf_day) { (int32_t) ev->v[f].n }, a), wf_day_text(ev->effective, b));
    }
    if (GIVEN(ev, SINCE) && !ev->adjustment)
        return wf_fail(e, WF_FIELD, "since is taken with adjustment only");
    if (wf_event_has(ev, WF_F_SINCE) && ev->v[WF_F_SINCE].n > ev->effective.n)
        return wf_fail(e, WF_ORDER, "since %s is after effective %s", wf_day_text((wf_day) { (int32_t) ev->v[WF_F_SINCE].n }, a),
                       wf_day_text(ev->effective, b));
    return WF_OK;
}

#define TOGETHER (WF_BIT(WF_F_FTE) | WF_BIT(WF_F_HOURS) | WF_BIT(WF_F_FULL_TIME_HOURS) | WF_BIT(WF_F_LAST) | WF_BIT(WF_F_UNTIL) \
                  | WF_BIT(WF_F_SINCE))

wf_rc wf_event_check(const wf_event *ev, wf_err *e)
{
    WF_ASSERT((unsigned) ev->type < WF_EVENT_TYPE_COUNT);
    WF_TRY(check_envelope(ev, e));
    uint64_t wrong = ev->given & ~may[ev->type];
    if (wrong != 0)
        return wf_fail(e, WF_FIELD, "%s has no field \"%s\"", type_names[ev->type].p, field_names[__builtin_ctzll(wrong)].p);
    uint64_t missing = ev->voids.n != 0 ? 0 : must[ev->type] & ~ev->given;
    if (missing != 0)
        return wf_fail(e, WF_MISSING, "%s needs %s", type_names[ev->type].p, field_names[__builtin_ctzll(missing)].p);
    uint64_t nil = ev->nil & ev->given;
    if (nil != 0 && (nil & must[ev->type] || (ev->type != WF_CHANGE && ev->type != WF_POST_CHANGED)))
        return wf_fail(e, WF_MALFORMED, "%s cannot be nil in %s", field_names[__builtin_ctzll(nil)].p, type_names[ev->type].p);
    for (uint64_t bits = ev->given & ~nil; bits != 0; bits &= bits - 1)
        WF_TRY(check_field(ev, (wf_field) __builtin_ctzll(bits), e));
    return ev->given & TOGETHER ? check_together(ev, e) : WF_OK;
}

wf_rc wf_event_check_dates(const wf_event *ev, wf_day today, wf_instant arrival, wf_err *e)
{
    char a[WF_DAY_TEXT], b[WF_DAY_TEXT], t[WF_INSTANT_TEXT];
    int y, m, d;
    wf_day_civil(today, &y, &m, &d);
    /* 29 February has no such day five years on: 1 March */
    wf_day latest = m == 2 && d == 29 ? wf_day_of(y + 5, 3, 1) : wf_day_of(y + 5, m, d);
    if (ev->effective.n < WF_DAY_FIRST.n || ev->effective.n > latest.n)
        return wf_fail(e, WF_RANGE, "effective %s is not 1950-01-01 to %s", wf_day_text(ev->effective, a), wf_day_text(latest, b));
    if (ev->time.ms > arrival.ms + 86400000)
        return wf_fail(e, WF_RANGE, "time %s is more than a day ahead", wf_instant_text(ev->time, t));
    return WF_OK;
}

bool wf_event_fte(const wf_event *ev, int64_t *millionths)
{
    if (wf_event_has(ev, WF_F_FTE)) {
        *millionths = ev->v[WF_F_FTE].n;
        return true;
    }
    if (!wf_event_has(ev, WF_F_HOURS) || !wf_event_has(ev, WF_F_FULL_TIME_HOURS))
        return false;
    int64_t full = ev->v[WF_F_FULL_TIME_HOURS].n;
    *millionths = (2 * ev->v[WF_F_HOURS].n * WF_FTE_ONE + full) / (2 * full);
    return true;
}
