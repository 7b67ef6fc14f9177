/* codec -- events in MessagePack. */
#include "envelope.h"
#include "guard.h"
#include "pack.h"

#include <string.h>

/* ---- writing --------------------------------------------------------------------------------------------------- */

static void put_types(wf_out *o, int64_t bits)
{
    wf_put_array(o, (size_t) __builtin_popcountll((uint64_t) bits));
    for (int t = 0; t < WF_EVENT_TYPE_COUNT; t++)
        if (bits >> t & 1)
            wf_put_str(o, wf_str_of(wf_event_rows[t].name));
}

/* Names with their MessagePack header in front, as they are written. */
typedef struct wf_key { uint8_t n; char text[23]; } wf_key;
#define KEY(wire) { sizeof wire, "\xa0" wire }
static wf_key field_keys[WF_FIELD_COUNT] = {
#define X(name, wire, kind, low, high, text) KEY(wire),
    WF_FIELDS(X)
#undef X
};
static wf_key envelope_keys[WF_ENVELOPE_COUNT] = {
#define X(name, key, kind, must, text) KEY(key),
    WF_ENVELOPE(X)
#undef X
};
static wf_key type_keys[WF_EVENT_TYPE_COUNT] = {
#define X(name, wire, subject, effective, text) KEY(wire),
    WF_EVENT_TYPES(X)
#undef X
};

/* The header byte says the length: set before main, then only read. */
__attribute__((constructor)) static void set_headers(void)
{
    wf_key *tables[] = { field_keys, envelope_keys, type_keys };
    const int counts[] = { WF_FIELD_COUNT, WF_ENVELOPE_COUNT, WF_EVENT_TYPE_COUNT };
    for (int t = 0; t < 3; t++)
        for (int i = 0; i < counts[t]; i++)
            tables[t][i].text[0] = (char) (0xa0 | (tables[t][i].n - 1));
}

static inline void put_key(wf_out *o, const wf_key *k) { wf_put_raw(o, k->text, k->n); }

static void put_data(wf_out *o, const wf_event *ev)
{
    uint64_t bits = ev->given;
    wf_put_map(o, (size_t) __builtin_popcountll(bits));
    for (; bits != 0; bits &= bits - 1) {
        int f = __builtin_ctzll(bits);
        put_key(o, &field_keys[f]);
        if (ev->nil & WF_BIT(f)) {
            wf_put_nil(o);
            continue;
        }
        switch (wf_field_rows[f].kind) {
        case WF_K_TEXT: case WF_K_CODE: wf_put_str(o, ev->v[f].s); break;
        case WF_K_DAY: case WF_K_MILLIONTHS: case WF_K_COUNT: wf_put_int(o, ev->v[f].n); break;
        case WF_K_TYPES: put_types(o, ev->v[f].n); break;
        }
    }
}

size_t wf_event_encode_data(const wf_event *ev, void *buf, size_t cap)
{
    wf_out o = wf_out_to(buf, cap);
    put_data(&o, ev);
    return wf_out_length(&o);
}

static void put_text(wf_out *o, wf_envelope_key key, wf_str s)
{
    put_key(o, &envelope_keys[key]);
    wf_put_str(o, s);
}

size_t wf_event_encode(const wf_event *ev, void *buf, size_t cap)
{
    WF_ASSERT((unsigned) ev->type < WF_EVENT_TYPE_COUNT);
    wf_out o = wf_out_to(buf, cap);
    wf_put_map(&o, 8u + (ev->sequence != 0) + (ev->corrects.n != 0) + (ev->voids.n != 0) + (ev->targetsource.n != 0)
                   + ev->adjustment + ev->inferred);
    put_text(&o, WF_E_ID, ev->id);
    put_text(&o, WF_E_SOURCE, ev->source);
    put_key(&o, &envelope_keys[WF_E_TYPE]);
    put_key(&o, &type_keys[ev->type]);
    put_key(&o, &envelope_keys[WF_E_TIME]);
    wf_put_int(&o, ev->time.ms);
    put_text(&o, WF_E_SUBJECT, ev->subject);
    put_text(&o, WF_E_ORG, ev->org);
    put_key(&o, &envelope_keys[WF_E_EFFECTIVE]);
    wf_put_int(&o, ev->effective.n);
    if (ev->sequence != 0) {
        put_key(&o, &envelope_keys[WF_E_SEQUENCE]);
        wf_put_uint(&o, ev->sequence);
    }
    if (ev->corrects.n != 0) put_text(&o, WF_E_CORRECTS, ev->corrects);
    if (ev->voids.n != 0) put_text(&o, WF_E_VOIDS, ev->voids);
    if (ev->targetsource.n != 0) put_text(&o, WF_E_TARGETSOURCE, ev->targetsource);
    if (ev->adjustment) {
        put_key(&o, &envelope_keys[WF_E_ADJUSTMENT]);
        wf_put_bool(&o, true);
    }
    if (ev->inferred) {
        put_key(&o, &envelope_keys[WF_E_INFERRED]);
        wf_put_bool(&o, true);
    }
    put_key(&o, &envelope_keys[WF_E_DATA]);
    put_data(&o, ev);
    return wf_out_length(&o);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static wf_rc broken(wf_err *e) { return wf_fail(e, WF_MALFORMED, "not a sound MessagePack map of an event"); }

static wf_rc take_types(wf_in *in, int64_t *ret, wf_err *e)
{
    size_t n;
    int64_t bits = 0;
    if (!wf_take_array(in, &n))
        return wf_fail(e, WF_MALFORMED, "types is not an array");
    if (n < 1 || n > WF_EVENT_TYPE_COUNT)
        return wf_fail(e, WF_RANGE, "types has %zu items, not 1 to %d", n, WF_EVENT_TYPE_COUNT);
    while (n-- > 0) {
        wf_str name;
        wf_event_type type;
        if (!wf_take_str(in, &name))
            return wf_fail(e, WF_MALFORMED, "types holds something else than names");
        if (!wf_event_type_named(name, &type))
            return wf_fail(e, WF_TYPE, "types: there is no event type \"%s\"", wf_show(name).text);
        if (bits >> type & 1)
            return wf_fail(e, WF_MALFORMED, "types names %s twice", wf_event_rows[type].name);
        bits |= (int64_t) 1 << type;
    }
    *ret = bits;
    return WF_OK;
}

static wf_rc take_value(wf_in *in, wf_field f, wf_value *v, wf_err *e)
{
    switch (wf_field_rows[f].kind) {
    case WF_K_TEXT:
    case WF_K_CODE:
        return wf_take_str(in, &v->s) ? WF_OK : wf_fail(e, WF_MALFORMED, "%s is not a str", wf_field_rows[f].name);
    case WF_K_DAY:
    case WF_K_MILLIONTHS:
    case WF_K_COUNT:
        return wf_take_int(in, &v->n) ? WF_OK : wf_fail(e, WF_MALFORMED, "%s is not an integer", wf_field_rows[f].name);
    case WF_K_TYPES:
        return take_types(in, &v->n, e);
    }
    return WF_OK;
}

static wf_rc take_data(wf_in *in, wf_event *ev, wf_err *e)
{
    size_t n;
    wf_field f = 0;
    if (!wf_take_map(in, &n))
        return wf_fail(e, WF_MALFORMED, "data is not a map");
    while (n-- > 0) {
        wf_str name;
        if (!wf_take_str(in, &name))
            return wf_fail(e, WF_MALFORMED, "data has a key that is not a str");
        WF_TRY(wf_field_find(ev->type, name, f, &f, e));
        if (ev->given & WF_BIT(f))
            return wf_fail(e, WF_MALFORMED, "data has %s twice", wf_field_rows[f].name);
        if (wf_take_nil(in))
            ev->nil |= WF_BIT(f);
        else
            WF_TRY(take_value(in, f, &ev->v[f], e));
        ev->given |= WF_BIT(f);
    }
    return WF_OK;
}

wf_rc wf_event_decode_data(const void *bytes, size_t n, wf_event *into, wf_err *e)
{
    wf_in in = wf_in_from(bytes, n);
    into->given = into->nil = 0;
    WF_TRY(take_data(&in, into, e));
    return wf_in_done(&in) ? WF_OK : wf_fail(e, WF_MALFORMED, "bytes after the data");
}

static wf_rc take_day(wf_in *in, const char *name, wf_day *ret, wf_err *e)
{
    int64_t n;
    if (!wf_take_int(in, &n))
        return wf_fail(e, WF_MALFORMED, "%s is not an integer", name);
    if (n < INT32_MIN || n >= INT32_MAX)
        return wf_fail(e, WF_RANGE, "%s is no day", name);
    ret->n = (int32_t) n;
    return WF_OK;
}

/* The value of one key. DATA is only marked: it can be read when the type is known. */
static wf_rc take_envelope(wf_in *in, wf_envelope_key key, wf_event *ev, wf_in *data, wf_err *e)
{
    const wf_envelope_row *row = &wf_envelope_rows[key];
    wf_str s;
    switch (row->kind) {
    case WF_EK_ID:
    case WF_EK_CODE:
        if (!wf_take_str(in, &s))
            return wf_fail(e, WF_MALFORMED, "%s is not a str", row->key.p);
        if (s.n == 0)
            return wf_fail(e, WF_RANGE, "%s is empty", row->key.p);
        *wf_envelope_text(ev, key) = s;
        return WF_OK;
    case WF_EK_TYPE:
        if (!wf_take_str(in, &s))
            return wf_fail(e, WF_MALFORMED, "type is not a str");
        return wf_event_type_named(s, &ev->type) ? WF_OK : wf_fail(e, WF_TYPE, "there is no event type \"%s\"", wf_show(s).text);
    case WF_EK_TIME:
        return wf_take_int(in, &ev->time.ms) ? WF_OK : wf_fail(e, WF_MALFORMED, "time is not an integer");
    case WF_EK_DAY:
        return take_day(in, row->key.p, &ev->effective, e);
    case WF_EK_COUNT:
        if (!wf_take_uint(in, &ev->sequence))
            return wf_fail(e, WF_MALFORMED, "sequence is not a positive integer");
        return ev->sequence != 0 ? WF_OK : wf_fail(e, WF_RANGE, "sequence begins at 1");
    case WF_EK_FLAG:
        if (!wf_take_bool(in, key == WF_E_ADJUSTMENT ? &ev->adjustment : &ev->inferred))
            return wf_fail(e, WF_MALFORMED, "%s is not a bool", row->key.p);
        return WF_OK;
    case WF_EK_DATA:
        *data = *in;
        return wf_skip(in, WF_DEPTH_MAX - 1) ? WF_OK : broken(e);
    }
    return WF_OK;
}

/* Reads on after a key or value that cannot be taken, so that a refusal can be listed under its source and id; the
 * first reason is the one that counts. */
static wf_rc read_event(wf_in *in, wf_event *ev, wf_err *e)
{
    size_t n;
    uint32_t seen = 0;
    wf_rc rc = WF_OK;
    wf_in data = { 0 };
    if (!wf_take_map(in, &n))
        return broken(e);
    for (int expected = 0; n-- > 0; expected++) {
        wf_str name;
        wf_envelope_key key = 0;
        if (!wf_take_str(in, &name))
            return rc != WF_OK ? rc : broken(e);
        if (expected < WF_ENVELOPE_COUNT && wf_str_eq(name, wf_envelope_rows[expected].key))
            key = (wf_envelope_key) expected;                    /* canonical order */
        else if (!wf_envelope_find(name, &key)) {
            if (rc == WF_OK)
                rc = wf_fail(e, WF_FIELD, "an event has no \"%s\"", wf_show(name).text);
            if (!wf_skip(in, WF_DEPTH_MAX - 1))
                return rc;
            continue;
        } else
            expected = (int) key;
        if (seen >> key & 1)
            return rc != WF_OK ? rc : wf_fail(e, WF_MALFORMED, "%s is there twice", wf_envelope_rows[key].key.p);
        seen |= 1u << key;
        wf_in value = *in;
        wf_rc one = take_envelope(&value, key, ev, &data, rc == WF_OK ? e : NULL);
        if (rc == WF_OK)
            rc = one;
        if (one == WF_OK)
            in->p = value.p;
        else if (!wf_skip(in, WF_DEPTH_MAX - 1))
            return rc;
    }
    if (rc != WF_OK)
        return rc;
    if (!wf_in_done(in))
        return wf_fail(e, WF_MALFORMED, "bytes after the event");
    WF_TRY(wf_envelope_complete(seen, e));
    return data.p == NULL ? WF_OK : take_data(&data, ev, e);
}

wf_rc wf_event_decode(const void *bytes, size_t n, wf_event *ret, wf_err *e)
{
    wf_in in = wf_in_from(bytes, n);
    wf_event_clear(ret);
    wf_rc rc = read_event(&in, ret, e);
    if (n > WF_EVENT_BYTES_MAX)
        rc = wf_fail(e, WF_SIZE, "%zu bytes, more than %d", n, WF_EVENT_BYTES_MAX);
    if (rc == WF_OK)
        rc = wf_event_check(ret, e);
    if (rc != WF_OK)
        wf_event_clean(ret);
    return rc;
}
