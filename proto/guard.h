/* guard -- the doorman: reads MessagePack from outside by a cursor that never looks beyond the bytes, never allocates,
 * and takes no announced size on trust. No ext types, no floats where a number is asked for.
 *
 * Each take answers false when the next value is not of that kind; the cursor is then of no more use. Numbers need not
 * be in their shortest form. Text is borrowed from the bytes. */
#pragma once
#include <workforce/types.h>
#include <string.h>

#define WF_DEPTH_MAX 8

typedef struct wf_in { const uint8_t *p, *end; } wf_in;

static inline wf_in wf_in_from(const void *bytes, size_t n)
{
    return (wf_in) { bytes, (const uint8_t *) bytes + n };
}
static inline bool wf_in_done(const wf_in *in) { return in->p == in->end; }
static inline size_t wf_in_left(const wf_in *in) { return (size_t) (in->end - in->p); }

/* k big-endian bytes. */
static inline bool wf_in_big(wf_in *in, unsigned k, uint64_t *v)
{
    if (wf_in_left(in) < k)
        return false;
    uint64_t r = 0;
    for (unsigned i = 0; i < k; i++)
        r = r << 8 | in->p[i];
    in->p += k;
    *v = r;
    return true;
}

static inline bool wf_take_bytes(wf_in *in, uint64_t n, wf_str *ret)
{
    if (n > wf_in_left(in))
        return false;
    *ret = (wf_str) { (const char *) in->p, (size_t) n };
    in->p += n;
    return true;
}

static inline bool wf_take_str(wf_in *in, wf_str *ret)
{
    if (in->p == in->end)
        return false;
    uint8_t t = *in->p++;
    uint64_t n;
    if (__builtin_expect((t & 0xe0) == 0xa0, 1)) n = t & 31;
    else if (t < 0xd9 || t > 0xdb || !wf_in_big(in, 1u << (t - 0xd9), &n)) return false;
    return wf_take_bytes(in, n, ret);
}

static inline bool wf_take_bin(wf_in *in, wf_str *ret)
{
    if (in->p == in->end)
        return false;
    uint8_t t = *in->p++;
    uint64_t n;
    return t >= 0xc4 && t <= 0xc6 && wf_in_big(in, 1u << (t - 0xc4), &n) && wf_take_bytes(in, n, ret);
}

/* Any integer; one that is above INT64_MAX answers false. */
static inline bool wf_take_int(wf_in *in, int64_t *ret)
{
    if (in->p == in->end)
        return false;
    uint8_t t = *in->p++;
    uint64_t v = 0;
    if (t < 0x80) *ret = t;
    else if (t >= 0xe0) *ret = (int8_t) t;
    else if (t >= 0xcc && t <= 0xcf) {
        if (!wf_in_big(in, 1u << (t - 0xcc), &v) || v > INT64_MAX) return false;
        *ret = (int64_t) v;
    } else if (t >= 0xd0 && t <= 0xd3) {
        unsigned k = 1u << (t - 0xd0), spare = 64 - 8 * k;
        if (!wf_in_big(in, k, &v)) return false;
        *ret = (int64_t) (v << spare) >> spare;
    } else return false;
    return true;
}

/* An integer that is not negative, up to UINT64_MAX. */
static inline bool wf_take_uint(wf_in *in, uint64_t *ret)
{
    if (in->p != in->end && *in->p == 0xcf) {
        in->p++;
        return wf_in_big(in, 8, ret);
    }
    int64_t v;
    if (!wf_take_int(in, &v) || v < 0)
        return false;
    *ret = (uint64_t) v;
    return true;
}

static inline bool wf_take_bool(wf_in *in, bool *ret)
{
    if (in->p == in->end || (*in->p & 0xfe) != 0xc2)
        return false;
    *ret = *in->p++ & 1;
    return true;
}

/* nil is next; takes it. */
static inline bool wf_take_nil(wf_in *in)
{
    if (in->p == in->end || *in->p != 0xc0)
        return false;
    in->p++;
    return true;
}

/* Number of items (of an array) or of pairs (of a map); never more than there are bytes left. */
static inline bool wf_take_array(wf_in *in, size_t *ret)
{
    if (in->p == in->end)
        return false;
    uint8_t t = *in->p++;
    uint64_t n;
    if ((t & 0xf0) == 0x90) n = t & 15;
    else if (t < 0xdc || t > 0xdd || !wf_in_big(in, 2u << (t - 0xdc), &n)) return false;
    *ret = (size_t) n;
    return n <= wf_in_left(in);
}

static inline bool wf_take_map(wf_in *in, size_t *ret)
{
    if (in->p == in->end)
        return false;
    uint8_t t = *in->p++;
    uint64_t n;
    if ((t & 0xf0) == 0x80) n = t & 15;
    else if (t < 0xde || t > 0xdf || !wf_in_big(in, 2u << (t - 0xde), &n)) return false;
    *ret = (size_t) n;
    return n <= wf_in_left(in) / 2;
}

/* Steps over one value of any kind but ext, at most `depth` levels deep. */
bool wf_skip(wf_in *in, int depth);

/* The bytes are exactly one value, at most WF_DEPTH_MAX deep, without ext; all announced sizes are there. Cost: a few
 * ns a value. What this lets in, msgpack_unpack_next() unpacks without asking for more than 24 bytes a byte. */
bool wf_guard(const void *bytes, size_t n);
