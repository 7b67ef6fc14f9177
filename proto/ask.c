/* ask -- questions: their tables, and their bytes. */
#include "frame.h"

#include <string.h>

const wf_verb_row wf_verb_rows[WF_VERB_COUNT] = {
#define QUERY false
#define ADMIN true
#define X(name, wire, socket, rows, text) { wire, socket, rows, text },
    WF_VERBS(X)
#undef X
#undef ADMIN
#undef QUERY
};

typedef enum argument_kind { TEXT, TEXTS, DAY, COUNT } argument_kind;
static const struct { const char *name; argument_kind kind; } arguments[WF_ARGUMENT_COUNT] = {
#define X(name, wire, kind, text) { wire, kind },
    WF_ARGUMENTS(X)
#undef X
};

#define OPTIONAL 1
#define REQUIRED 2
static const uint8_t takes[WF_VERB_COUNT][WF_ARGUMENT_COUNT] = {
#define X(verb, argument, rule) [WF_VERB_##verb][WF_ARG_##argument] = rule,
    WF_VERB_ARGUMENTS(X)
#undef X
};

const char *wf_argument_name(wf_argument a) { return (unsigned) a < WF_ARGUMENT_COUNT ? arguments[a].name : ""; }
int wf_verb_takes(wf_verb verb, wf_argument argument) { return takes[verb][argument]; }

bool wf_verb_named(wf_str name, wf_verb *ret)
{
    for (int v = 0; v < WF_VERB_COUNT; v++)
        if (wf_str_eq(name, wf_str_of(wf_verb_rows[v].name))) {
            *ret = (wf_verb) v;
            return true;
        }
    return false;
}

bool wf_unit_matches(wf_str path, wf_str item)
{
    if (item.n > 0 && item.p[item.n - 1] == '/')
        return path.n > item.n && memcmp(path.p, item.p, item.n) == 0;
    return wf_str_eq(path, item);
}

/* Where an argument stands. */
static void *slot(wf_question *q, wf_argument a)
{
    switch (a) {
    case WF_ARG_ORG: return &q->org;
    case WF_ARG_UNIT: return &q->unit;
    case WF_ARG_UNITS: return &q->units;
    case WF_ARG_INDICATOR: return &q->indicator;
    case WF_ARG_INDICATORS: return &q->indicators;
    case WF_ARG_PREFIXES: return &q->prefixes;
    case WF_ARG_ON: return &q->on;
    case WF_ARG_KNOWN_BY: return &q->known_by;
    case WF_ARG_SINCE_BY: return &q->since_by;
    case WF_ARG_KNOWN: return &q->known;
    case WF_ARG_FROM: return &q->from;
    case WF_ARG_UNTIL: return &q->until;
    case WF_ARG_DAY: return &q->day;
    case WF_ARG_SINCE: return &q->since;
    case WF_ARG_LIMIT: return &q->limit;
    case WF_ARG_SNAPSHOT: return &q->snapshot;
    case WF_ARG_SOURCE: return &q->source;
    case WF_ARGUMENT_COUNT: break;
    }
    return NULL;
}

size_t wf_frame_ask(const wf_question *question, void *buf, size_t cap)
{
    wf_question q = *question;
    wf_out o = wf_out_to(buf, cap);
    wf_put_array(&o, 4);
    wf_put_uint(&o, WF_MSG_ASK);
    wf_put_uint(&o, q.id);
    wf_put_str(&o, wf_str_of(wf_verb_rows[q.verb].name));
    wf_put_map(&o, (size_t) __builtin_popcount(q.given));
    for (uint32_t bits = q.given; bits != 0; bits &= bits - 1) {
        wf_argument a = (wf_argument) __builtin_ctz(bits);
        const wf_list *list = slot(&q, a);
        wf_put_str(&o, wf_str_of(arguments[a].name));
        switch (arguments[a].kind) {
        case TEXT: wf_put_str(&o, *(wf_str *) slot(&q, a)); break;
        case DAY: wf_put_int(&o, ((wf_day *) slot(&q, a))->n); break;
        case COUNT: wf_put_uint(&o, *(uint64_t *) slot(&q, a)); break;
        case TEXTS:
            wf_put_array(&o, list->n);
            for (size_t i = 0; i < list->n; i++)
                wf_put_str(&o, list->item[i]);
            break;
        }
    }
    return wf_out_length(&o);
}

static wf_rc take_text(wf_in *in, const char *name, wf_str *ret, wf_err *e)
{
    if (!wf_take_str(in, ret))
        return wf_fail(e, WF_MALFORMED, "%s is not text", name);
    for (size_t i = 0; i < ret->n; i++)
        if (ret->p[i] < '!' || ret->p[i] > '~')
            return wf_fail(e, WF_MALFORMED, "%s has a character outside ! to ~", name);
    return ret->n <= WF_ARGUMENT_TEXT_MAX ? WF_OK : wf_fail(e, WF_SIZE, "%s is longer than %d bytes", name, WF_ARGUMENT_TEXT_MAX);
}

static wf_rc take_list(wf_in *in, const char *name, wf_list *ret, wf_err *e)
{
    if (!wf_take_array(in, &ret->n))
        return wf_fail(e, WF_MALFORMED, "%s is not an array", name);
    if (ret->n > WF_LIST_MAX)
        return wf_fail(e, WF_SIZE, "%s has more than %d items", name, WF_LIST_MAX);
    for (size_t i = 0; i < ret->n; i++)
        WF_TRY(take_text(in, name, &ret->item[i], e));
    return WF_OK;
}

static wf_rc take_argument(wf_in *in, wf_argument a, wf_question *q, wf_err *e)
{
    const char *name = arguments[a].name;
    int64_t n;
    switch (arguments[a].kind) {
    case TEXT:
        return take_text(in, name, slot(q, a), e);
    case TEXTS:
        return take_list(in, name, slot(q, a), e);
    case DAY:
        if (!wf_take_int(in, &n))
            return wf_fail(e, WF_MALFORMED, "%s is not a day number", name);
        if (n < WF_DAY_FIRST.n || n > wf_field_rows[WF_F_LAST].high)
            return wf_fail(e, WF_RANGE, "%s is outside 1950-01-01 to 2134-04-11", name);
        ((wf_day *) slot(q, a))->n = (int32_t) n;
        return WF_OK;
    case COUNT:
        return wf_take_uint(in, slot(q, a)) ? WF_OK : wf_fail(e, WF_MALFORMED, "%s is not a whole number", name);
    }
    return WF_OK;
}

static bool argument_named(wf_str name, wf_argument *ret)
{
    for (int a = 0; a < WF_ARGUMENT_COUNT; a++)
        if (wf_str_eq(name, wf_str_of(arguments[a].name))) {
            *ret = (wf_argument) a;
            return true;
        }
    return false;
}

static wf_rc take_arguments(wf_in *in, wf_question *q, wf_err *e)
{
    const char *verb = wf_verb_rows[q->verb].name;
    size_t n;
    if (!wf_take_map(in, &n))
        return wf_fail(e, WF_MALFORMED, "the arguments are not a map");
    while (n-- > 0) {
        wf_str name;
        wf_argument a;
        if (!wf_take_str(in, &name))
            return wf_fail(e, WF_MALFORMED, "the name of an argument is not text");
        if (!argument_named(name, &a) || takes[q->verb][a] == 0)
            return wf_fail(e, WF_FIELD, "%s takes no argument of this name", verb);
        if (q->given >> a & 1)
            return wf_fail(e, WF_MALFORMED, "%s is there twice", arguments[a].name);
        WF_TRY(take_argument(in, a, q, e));
        q->given |= 1u << a;
    }
    for (int a = 0; a < WF_ARGUMENT_COUNT; a++)
        if (takes[q->verb][a] == REQUIRED && !(q->given >> a & 1))
            return wf_fail(e, WF_MISSING, "%s needs %s", verb, arguments[a].name);
    if (WF_GIVES(q, FROM) && WF_GIVES(q, UNTIL) && q->until.n < q->from.n)
        return wf_fail(e, WF_ORDER, "until is before from");
    return WF_OK;
}

wf_rc wf_frame_read_ask(const void *bytes, size_t n, wf_question *ret, wf_err *e)
{
    wf_in in = wf_in_from(bytes, n);
    size_t items;
    int64_t kind;
    wf_str verb;
    *ret = (wf_question) { 0 };
    if (n > WF_QUESTION_BYTES_MAX)
        return wf_fail(e, WF_SIZE, "a question of %zu bytes, more than %d", n, WF_QUESTION_BYTES_MAX);
    if (!wf_take_array(&in, &items) || items != 4 || !wf_take_int(&in, &kind) || kind != WF_MSG_ASK || !wf_take_uint(&in, &ret->id)
        || !wf_take_str(&in, &verb))
        return wf_fail(e, WF_MALFORMED, "not a sound ASK message");
    if (!wf_verb_named(verb, &ret->verb))
        return wf_fail(e, WF_TYPE, "there is no such verb");
    WF_TRY(take_arguments(&in, ret, e));
    return wf_in_done(&in) ? WF_OK : wf_fail(e, WF_MALFORMED, "bytes after the question");
}
