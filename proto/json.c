/* json -- events as CloudEvents 1.0 JSON, one to one with the MessagePack map. */
#include "envelope.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define JSON_BYTES_MAX (4 * WF_EVENT_BYTES_MAX)

struct wf_hold { json_t *root; };

void wf_hold_free(wf_hold **p)
{
    if (*p != NULL) {
        json_decref((*p)->root);
        free(*p);
        *p = NULL;
    }
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static wf_str text_of(const json_t *v) { return (wf_str) { json_string_value(v), json_string_length(v) }; }

static wf_rc read_text(const char *name, const json_t *v, wf_str *ret, wf_err *e)
{
    if (!json_is_string(v))
        return wf_fail(e, WF_MALFORMED, "%s is not a string", name);
    *ret = text_of(v);
    return WF_OK;
}

/* The reason of a parser, with the key in front. */
static wf_rc named(const char *name, wf_rc rc, const wf_err *why, wf_err *e)
{
    return rc == WF_OK ? WF_OK : wf_fail(e, rc, "%s: %.200s", name, why->text);
}

static wf_rc read_day(const char *name, const json_t *v, wf_day *ret, wf_err *e)
{
    wf_err why = { 0 };
    wf_str s = { 0 };
    WF_TRY(read_text(name, v, &s, e));
    return named(name, wf_day_parse(s, ret, &why), &why, e);
}

static wf_rc read_millionths(const char *name, const json_t *v, int64_t *ret, wf_err *e)
{
    wf_err why = { 0 };
    if (json_is_integer(v) && (json_integer_value(v) == 0 || json_integer_value(v) == 1)) {
        *ret = json_integer_value(v) * WF_FTE_ONE;
        return WF_OK;
    }
    if (!json_is_string(v))
        return wf_fail(e, WF_MALFORMED, "%s is not a decimal in a string, such as \"0.8\"", name);
    return named(name, wf_millionths_parse(text_of(v), ret, &why), &why, e);
}

static wf_rc read_types(const json_t *v, int64_t *ret, wf_err *e)
{
    int64_t bits = 0;
    if (!json_is_array(v))
        return wf_fail(e, WF_MALFORMED, "types is not an array");
    if (json_array_size(v) < 1 || json_array_size(v) > WF_EVENT_TYPE_COUNT)
        return wf_fail(e, WF_RANGE, "types has %zu items, not 1 to %d", json_array_size(v), WF_EVENT_TYPE_COUNT);
    for (size_t i = 0; i < json_array_size(v); i++) {
        wf_str s = { 0 };
        wf_event_type type;
        WF_TRY(read_text("an item of types", json_array_get(v, i), &s, e));
        if (!wf_event_type_named(s, &type))
            return wf_fail(e, WF_TYPE, "types: there is no event type \"%s\"", wf_show(s).text);
        if (bits >> type & 1)
            return wf_fail(e, WF_MALFORMED, "types names %s twice", wf_event_rows[type].name);
        bits |= (int64_t) 1 << type;
    }
    *ret = bits;
    return WF_OK;
}

static wf_rc read_field(wf_field f, const json_t *v, wf_value *ret, wf_err *e)
{
    const char *name = wf_field_rows[f].name;
    wf_day day;
    switch (wf_field_rows[f].kind) {
    case WF_K_TEXT:
    case WF_K_CODE:
        return read_text(name, v, &ret->s, e);
    case WF_K_DAY:
        WF_TRY(read_day(name, v, &day, e));
        ret->n = day.n;
        return WF_OK;
    case WF_K_MILLIONTHS:
        return read_millionths(name, v, &ret->n, e);
    case WF_K_COUNT:
        if (!json_is_integer(v))
            return wf_fail(e, WF_MALFORMED, "%s is not a whole number", name);
        ret->n = json_integer_value(v);
        return WF_OK;
    case WF_K_TYPES:
        return read_types(v, &ret->n, e);
    }
    return WF_OK;
}

static wf_rc read_data(json_t *data, wf_event *ev, wf_err *e)
{
    const char *key;
    json_t *v;
    wf_field f = 0;
    if (!json_is_object(data))
        return wf_fail(e, WF_MALFORMED, "data is not an object");
    json_object_foreach(data, key, v) {
        WF_TRY(wf_field_find(ev->type, wf_str_of(key), f, &f, e));
        if (json_is_null(v))
            ev->nil |= WF_BIT(f);
        else
            WF_TRY(read_field(f, v, &ev->v[f], e));
        ev->given |= WF_BIT(f);
    }
    return WF_OK;
}

static wf_rc read_key(wf_envelope_key key, const json_t *v, wf_event *ev, wf_err *e)
{
    const wf_envelope_row *row = &wf_envelope_rows[key];
    const char *name = row->key.p;
    wf_err why = { 0 };
    wf_str s = { 0 };
    switch (row->kind) {
    case WF_EK_ID:
    case WF_EK_CODE:
        WF_TRY(read_text(name, v, &s, e));
        if (s.n == 0)
            return wf_fail(e, WF_RANGE, "%s is empty", name);
        *wf_envelope_text(ev, key) = s;
        return WF_OK;
    case WF_EK_TYPE:
        WF_TRY(read_text(name, v, &s, e));
        return wf_event_type_named(s, &ev->type) ? WF_OK : wf_fail(e, WF_TYPE, "there is no event type \"%s\"", wf_show(s).text);
    case WF_EK_TIME:
        WF_TRY(read_text(name, v, &s, e));
        return named(name, wf_instant_parse(s, &ev->time, &why), &why, e);
    case WF_EK_DAY:
        return read_day(name, v, &ev->effective, e);
    case WF_EK_COUNT:
        if (!json_is_integer(v))
            return wf_fail(e, WF_MALFORMED, "%s is not a whole number", name);
        if (json_integer_value(v) < 1)
            return wf_fail(e, WF_RANGE, "%s begins at 1", name);
        ev->sequence = (uint64_t) json_integer_value(v);
        return WF_OK;
    case WF_EK_FLAG:
        if (!json_is_boolean(v))
            return wf_fail(e, WF_MALFORMED, "%s is not true or false", name);
        *(key == WF_E_ADJUSTMENT ? &ev->adjustment : &ev->inferred) = json_is_true(v);
        return WF_OK;
    case WF_EK_DATA:
        return WF_OK;            /* after the type is known */
    }
    return WF_OK;
}

/* What CloudEvents has beside the envelope: said by any sender, of no meaning here. */
static bool tolerated(const char *key, const json_t *v)
{
    return (strcmp(key, "datacontenttype") == 0 || strcmp(key, "dataschema") == 0) && json_is_string(v);
}

static wf_rc read_object(json_t *root, wf_event *ev, wf_err *e)
{
    uint32_t seen = 0;
    const char *name;
    json_t *v, *version = json_object_get(root, "specversion");
    wf_rc rc = WF_OK;
    if (version == NULL)
        return wf_fail(e, WF_MISSING, "specversion is missing");
    if (!json_is_string(version) || strcmp(json_string_value(version), "1.0") != 0)
        return wf_fail(e, WF_MALFORMED, "specversion is not \"1.0\"");
    json_object_foreach(root, name, v) {
        wf_envelope_key key;
        if (v == version || tolerated(name, v))
            continue;
        wf_rc one;
        if (wf_envelope_find(wf_str_of(name), &key)) {
            seen |= 1u << key;
            one = read_key(key, v, ev, rc == WF_OK ? e : NULL);
        } else
            one = wf_fail(rc == WF_OK ? e : NULL, WF_FIELD, "an event has no \"%s\"", wf_show(wf_str_of(name)).text);
        if (rc == WF_OK)
            rc = one;            /* goes on, so that source and id are there for the list of refusals */
    }
    if (rc != WF_OK)
        return rc;
    WF_TRY(wf_envelope_complete(seen, e));
    json_t *data = json_object_get(root, "data");
    return data == NULL ? WF_OK : read_data(data, ev, e);
}

wf_rc wf_event_from_json(const char *text, size_t n, wf_event *ret, wf_hold **hold, wf_err *e)
{
    json_error_t why;
    wf_event_clear(ret);
    if (n > JSON_BYTES_MAX)
        return wf_fail(e, WF_SIZE, "%zu bytes of JSON, more than %d", n, JSON_BYTES_MAX);
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    if (root == NULL)
        return wf_fail(e, WF_MALFORMED, "column %d: %.150s", why.column, why.text);
    wf_hold *h = malloc(sizeof *h);
    WF_ASSERT(h != NULL);
    h->root = root;
    *hold = h;
    wf_rc rc = json_is_object(root) ? read_object(root, ret, e) : wf_fail(e, WF_MALFORMED, "not a JSON object");
    if (rc == WF_OK)
        rc = wf_event_check(ret, e);
    uint8_t buf[WF_EVENT_BYTES_MAX];
    if (rc == WF_OK && wf_event_encode(ret, buf, sizeof buf) == 0)
        rc = wf_fail(e, WF_SIZE, "more than %d bytes as MessagePack", WF_EVENT_BYTES_MAX);
    if (rc != WF_OK)
        wf_event_clean(ret);
    return rc;
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

static json_t *json_text(wf_str s)
{
    json_t *v = json_stringn(s.p == NULL ? "" : s.p, s.n);
    return v != NULL ? v : json_string("?");     /* not UTF-8: no event that was checked */
}

static void set(json_t *o, const char *key, json_t *v) { WF_ASSERT(json_object_set_new_nocheck(o, key, v) == 0); }

static json_t *json_types(int64_t bits)
{
    json_t *a = json_array();
    for (int t = 0; t < WF_EVENT_TYPE_COUNT; t++)
        if (bits >> t & 1)
            WF_ASSERT(json_array_append_new(a, json_string(wf_event_rows[t].name)) == 0);
    return a;
}

static json_t *json_value(const wf_event *ev, wf_field f)
{
    char day[WF_DAY_TEXT], number[WF_MILLIONTHS_TEXT];
    if (ev->nil & WF_BIT(f))
        return json_null();
    switch (wf_field_rows[f].kind) {
    case WF_K_TEXT: case WF_K_CODE: return json_text(ev->v[f].s);
    case WF_K_DAY: return json_string(wf_day_text((wf_day) { (int32_t) ev->v[f].n }, day));
    case WF_K_MILLIONTHS: return json_string(wf_millionths_text(ev->v[f].n, number));
    case WF_K_COUNT: return json_integer(ev->v[f].n);
    case WF_K_TYPES: return json_types(ev->v[f].n);
    }
    return json_null();
}

char *wf_event_to_json(const wf_event *ev)
{
    char day[WF_DAY_TEXT], time[WF_INSTANT_TEXT];
    json_t *o = json_object(), *data = json_object();
    set(o, "specversion", json_string("1.0"));
    set(o, "id", json_text(ev->id));
    set(o, "source", json_text(ev->source));
    set(o, "type", json_string(wf_event_rows[ev->type].name));
    set(o, "time", json_string(wf_instant_text(ev->time, time)));
    set(o, "subject", json_text(ev->subject));
    set(o, "org", json_text(ev->org));
    set(o, "effective", json_string(wf_day_text(ev->effective, day)));
    if (ev->sequence != 0) set(o, "sequence", json_integer((json_int_t) ev->sequence));
    if (ev->corrects.n != 0) set(o, "corrects", json_text(ev->corrects));
    if (ev->voids.n != 0) set(o, "voids", json_text(ev->voids));
    if (ev->targetsource.n != 0) set(o, "targetsource", json_text(ev->targetsource));
    if (ev->adjustment) set(o, "adjustment", json_true());
    if (ev->inferred) set(o, "inferred", json_true());
    for (uint64_t bits = ev->given; bits != 0; bits &= bits - 1) {
        wf_field f = (wf_field) __builtin_ctzll(bits);
        set(data, wf_field_rows[f].name, json_value(ev, f));
    }
    set(o, "data", data);
    char *text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(o);
    WF_ASSERT(text != NULL);
    return text;
}
