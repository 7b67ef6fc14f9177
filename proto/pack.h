/* pack -- writes MessagePack into a bounded buffer, always in the shortest form.
 *
 * A writer that runs out of room sets `over` and stays harmless; look at it once, at the end. */
#pragma once
#include <workforce/types.h>
#include <string.h>

typedef struct wf_out { uint8_t *p, *begin, *end; bool over; } wf_out;

static inline wf_out wf_out_to(void *buf, size_t cap)
{
    return (wf_out) { .p = buf, .begin = buf, .end = (uint8_t *) buf + cap };
}
/* Length written, 0 when it did not fit. */
static inline size_t wf_out_length(const wf_out *o) { return o->over ? 0 : (size_t) (o->p - o->begin); }

static inline bool wf_out_room(wf_out *o, size_t n)
{
    if (__builtin_expect((size_t) (o->end - o->p) >= n && !o->over, 1))
        return true;
    o->over = true;
    return false;
}

static inline void wf_put_byte(wf_out *o, uint8_t b) { if (wf_out_room(o, 1)) *o->p++ = b; }

/* A tag byte and k big-endian bytes of v. */
static inline void wf_put_tagged(wf_out *o, uint8_t tag, uint64_t v, unsigned k)
{
    if (!wf_out_room(o, 1 + k))
        return;
    *o->p++ = tag;
    for (unsigned i = k; i-- > 0;)
        *o->p++ = (uint8_t) (v >> (8 * i));
}

static inline void wf_put_nil(wf_out *o) { wf_put_byte(o, 0xc0); }
static inline void wf_put_bool(wf_out *o, bool v) { wf_put_byte(o, v ? 0xc3 : 0xc2); }

static inline void wf_put_uint(wf_out *o, uint64_t v)
{
    if (v < 0x80) wf_put_byte(o, (uint8_t) v);
    else if (v <= 0xff) wf_put_tagged(o, 0xcc, v, 1);
    else if (v <= 0xffff) wf_put_tagged(o, 0xcd, v, 2);
    else if (v <= 0xffffffff) wf_put_tagged(o, 0xce, v, 4);
    else wf_put_tagged(o, 0xcf, v, 8);
}

static inline void wf_put_int(wf_out *o, int64_t v)
{
    if (v >= 0) wf_put_uint(o, (uint64_t) v);
    else if (v >= -32) wf_put_byte(o, (uint8_t) v);
    else if (v >= INT8_MIN) wf_put_tagged(o, 0xd0, (uint64_t) v, 1);
    else if (v >= INT16_MIN) wf_put_tagged(o, 0xd1, (uint64_t) v, 2);
    else if (v >= INT32_MIN) wf_put_tagged(o, 0xd2, (uint64_t) v, 4);
    else wf_put_tagged(o, 0xd3, (uint64_t) v, 8);
}

static inline void wf_put_raw(wf_out *o, const void *p, size_t n)
{
    if (n > 0 && wf_out_room(o, n)) {
        memcpy(o->p, p, n);
        o->p += n;
    }
}

static inline void wf_put_str(wf_out *o, wf_str s)
{
    if (s.n < 32) wf_put_byte(o, (uint8_t) (0xa0 | s.n));
    else if (s.n <= 0xff) wf_put_tagged(o, 0xd9, s.n, 1);
    else if (s.n <= 0xffff) wf_put_tagged(o, 0xda, s.n, 2);
    else wf_put_tagged(o, 0xdb, s.n, 4);
    wf_put_raw(o, s.p, s.n);
}

static inline void wf_put_bin(wf_out *o, const void *p, size_t n)
{
    if (n <= 0xff) wf_put_tagged(o, 0xc4, n, 1);
    else if (n <= 0xffff) wf_put_tagged(o, 0xc5, n, 2);
    else wf_put_tagged(o, 0xc6, n, 4);
    wf_put_raw(o, p, n);
}

static inline void wf_put_array(wf_out *o, size_t n)
{
    if (n < 16) wf_put_byte(o, (uint8_t) (0x90 | n));
    else if (n <= 0xffff) wf_put_tagged(o, 0xdc, n, 2);
    else wf_put_tagged(o, 0xdd, n, 4);
}

static inline void wf_put_map(wf_out *o, size_t n)
{
    if (n < 16) wf_put_byte(o, (uint8_t) (0x80 | n));
    else if (n <= 0xffff) wf_put_tagged(o, 0xde, n, 2);
    else wf_put_tagged(o, 0xdf, n, 4);
}
