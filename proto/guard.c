#include "guard.h"

bool wf_skip(wf_in *in, int depth)
{
    if (in->p == in->end || depth == 0)
        return false;
    uint8_t t = *in->p;
    uint64_t items = 0, n = 0;
    wf_str bytes;
    size_t count;
    if (t <= 0x7f || t >= 0xe0 || t == 0xc0 || t == 0xc2 || t == 0xc3) {
        in->p++;
        return true;
    }
    if ((t & 0xe0) == 0xa0 || (t >= 0xd9 && t <= 0xdb))
        return wf_take_str(in, &bytes);
    if (t >= 0xc4 && t <= 0xc6)
        return wf_take_bin(in, &bytes);
    if (t >= 0xca && t <= 0xd3) {
        in->p++;
        n = t <= 0xcb ? 4u << (t - 0xca) : 1u << (t & 3);
        return wf_take_bytes(in, n, &bytes);
    }
    if ((t & 0xf0) == 0x80 || t == 0xde || t == 0xdf) {
        if (!wf_take_map(in, &count))
            return false;
        items = 2 * (uint64_t) count;
    } else if ((t & 0xf0) == 0x90 || t == 0xdc || t == 0xdd) {
        if (!wf_take_array(in, &count))
            return false;
        items = count;
    } else
        return false;            /* ext, and 0xc1 which is nothing */
    while (items-- > 0)
        if (!wf_skip(in, depth - 1))
            return false;
    return true;
}

bool wf_guard(const void *bytes, size_t n)
{
    wf_in in = wf_in_from(bytes, n);
    return wf_skip(&in, WF_DEPTH_MAX) && wf_in_done(&in);
}
