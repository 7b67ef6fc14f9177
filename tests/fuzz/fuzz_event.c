/* An event that is taken encodes to bytes that are taken again and encode the same; msgpack-c reads the same values.
 * Seeds: the bytes of proto/vectors/event-*.hex and refused-*.hex. */
#include <workforce/event.h>

#include "guard.h"
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static const msgpack_object *value_of(const msgpack_object *map, const char *key)
{
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object *k = &map->via.map.ptr[i].key;
        if (k->type == MSGPACK_OBJECT_STR && k->via.str.size == strlen(key) && memcmp(k->via.str.ptr, key, strlen(key)) == 0)
            return &map->via.map.ptr[i].val;
    }
    return NULL;
}

static bool same_text(const msgpack_object *o, wf_str s)
{
    return o != NULL && o->type == MSGPACK_OBJECT_STR && wf_str_eq((wf_str) { o->via.str.ptr, o->via.str.size }, s);
}

static bool same_number(const msgpack_object *o, int64_t n)
{
    if (o == NULL)
        return false;
    return n >= 0 ? o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 == (uint64_t) n
                  : o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER && o->via.i64 == n;
}

/* The oracle reads the same values. */
static void compare(const msgpack_object *o, const wf_event *ev)
{
    must(o->type == MSGPACK_OBJECT_MAP);
    must(same_text(value_of(o, "id"), ev->id) && same_text(value_of(o, "source"), ev->source));
    must(same_text(value_of(o, "org"), ev->org) && same_text(value_of(o, "subject"), ev->subject));
    must(same_text(value_of(o, "type"), wf_str_of(wf_event_rows[ev->type].name)));
    must(same_number(value_of(o, "time"), ev->time.ms) && same_number(value_of(o, "effective"), ev->effective.n));
    const msgpack_object *data = value_of(o, "data");
    must((data == NULL ? 0 : data->via.map.size) == (uint32_t) __builtin_popcountll(ev->given));
    for (int f = 0; f < WF_FIELD_COUNT; f++) {
        if (!(ev->given & WF_BIT(f)))
            continue;
        const msgpack_object *v = value_of(data, wf_field_rows[f].name);
        wf_field_kind kind = wf_field_rows[f].kind;
        must(v != NULL && (v->type == MSGPACK_OBJECT_NIL) == ((ev->nil & WF_BIT(f)) != 0));
        if (v->type == MSGPACK_OBJECT_NIL)
            continue;
        if (kind == WF_K_TEXT || kind == WF_K_CODE) must(same_text(v, ev->v[f].s));
        else if (kind == WF_K_TYPES) must(v->type == MSGPACK_OBJECT_ARRAY && v->via.array.size == (uint32_t) __builtin_popcountll((uint64_t) ev->v[f].n));
        else must(same_number(v, ev->v[f].n));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static uint8_t first[WF_EVENT_BYTES_MAX], second[WF_EVENT_BYTES_MAX];
    wf_event ev, back;
    wf_err e;
    if (wf_event_decode(bytes, n, &ev, &e) != WF_OK) {
        must(wf_rc_act(e.rc) == WF_REFUSE && e.text[0] != '\0');
        must(ev.id.n <= WF_ID_MAX && ev.source.n <= WF_SOURCE_MAX && ev.subject.n <= WF_ID_MAX && ev.org.n <= WF_CODE_MAX);
        return 0;
    }
    must(wf_guard(bytes, n));
    msgpack_unpacked u;
    size_t off = 0;
    msgpack_unpacked_init(&u);
    must(msgpack_unpack_next(&u, (const char *) bytes, n, &off) == MSGPACK_UNPACK_SUCCESS && off == n);
    compare(&u.data, &ev);
    msgpack_unpacked_destroy(&u);

    size_t a = wf_event_encode(&ev, first, sizeof first);
    must(a > 0 && wf_event_decode(first, a, &back, &e) == WF_OK);
    must(wf_event_encode(&back, second, sizeof second) == a && memcmp(first, second, a) == 0);

    wf_hold *hold = NULL;
    char *json = wf_event_to_json(&ev);
    must(wf_event_from_json(json, strlen(json), &back, &hold, &e) == WF_OK);
    must(wf_event_encode(&back, second, sizeof second) == a && memcmp(first, second, a) == 0);
    wf_hold_free(&hold);
    free(json);
    return 0;
}
