#include "guard.h"
#include "pack.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <msgpack.h>

#define BYTES(s) s, sizeof(s) - 1

/* P2.1, P2.2, P2.4 */
Test(guard, what_it_lets_in)
{
    static const struct { const char *why, *bytes; size_t n; int ok; } rows[] = {
        { "nothing", BYTES(""), 0 },
        { "an integer", BYTES("\x07"), 1 },
        { "two values", BYTES("\x07\x07"), 0 },
        { "a cut str", BYTES("\xa3" "ab"), 0 },
        { "a map", BYTES("\x81\xa1k\xc0"), 1 },
        { "a map with half a pair", BYTES("\x81\xa1k"), 0 },
        { "gigabytes announced as array", BYTES("\xdd\x7f\xff\xff\xff"), 0 },
        { "gigabytes announced as map", BYTES("\xdf\xff\xff\xff\xff"), 0 },
        { "gigabytes announced as str", BYTES("\xdb\xff\xff\xff\xff"), 0 },
        { "gigabytes announced as bin", BYTES("\xc6\xff\xff\xff\xff"), 0 },
        { "ext", BYTES("\xd4\x01\x00"), 0 },
        { "ext 8", BYTES("\xc7\x01\x01\x00"), 0 },
        { "the byte that means nothing", BYTES("\xc1"), 0 },
        { "a double", BYTES("\xcb\x00\x00\x00\x00\x00\x00\x00\x00"), 1 },
        { "a cut double", BYTES("\xcb\x00\x00\x00\x00\x00\x00\x00"), 0 },
        { "eight deep", BYTES("\x91\x91\x91\x91\x91\x91\x91\xc0"), 1 },
        { "nine deep", BYTES("\x91\x91\x91\x91\x91\x91\x91\x91\xc0"), 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(eq(int, wf_guard(rows[i].bytes, rows[i].n), rows[i].ok), "row: %s", rows[i].why);
}

static const int64_t edges[] = { 0, 1, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, INT64_MAX, -1, -32, -33, -128, -129,
                                 -32768, -32769, INT32_MIN, (int64_t) INT32_MIN - 1, INT64_MIN };

Test(guard, integers_of_every_width_come_back_and_are_written_as_msgpack_does)
{
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        uint8_t buf[16];
        wf_out o = wf_out_to(buf, sizeof buf);
        wf_put_int(&o, edges[i]);
        wf_in in = wf_in_from(buf, wf_out_length(&o));
        int64_t v = 0;
        cr_expect(eq(int, wf_take_int(&in, &v) && wf_in_done(&in), 1));
        cr_expect(eq(i64, v, edges[i]));
        msgpack_sbuffer sb;
        msgpack_packer pk;
        msgpack_sbuffer_init(&sb);
        msgpack_packer_init(&pk, &sb, msgpack_sbuffer_write);
        msgpack_pack_int64(&pk, edges[i]);
        cr_expect(eq(sz, sb.size, wf_out_length(&o)));
        cr_expect(eq(int, memcmp(sb.data, buf, sb.size), 0));
        msgpack_sbuffer_destroy(&sb);
    }
}

Test(guard, a_number_above_int64_is_refused_where_it_is_signed)
{
    wf_in in = wf_in_from(BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"));
    int64_t v;
    uint64_t u;
    cr_assert(eq(int, wf_take_int(&in, &v), 0));
    in = wf_in_from(BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"));
    cr_assert(eq(int, wf_take_uint(&in, &u), 1));
    cr_assert(eq(u64, u, UINT64_MAX));
    in = wf_in_from(BYTES("\xff"));
    cr_assert(eq(int, wf_take_uint(&in, &u), 0));
}

Test(guard, texts_of_every_width_are_written_as_msgpack_does)
{
    static const size_t lengths[] = { 0, 1, 31, 32, 255, 256, 65535, 65536 };
    char *text = malloc(65536);
    uint8_t *buf = malloc(65600);
    memset(text, 'x', 65536);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (int bin = 0; bin < 2; bin++) {
            wf_out o = wf_out_to(buf, 65600);
            wf_str back = { 0 };
            msgpack_sbuffer sb;
            msgpack_packer pk;
            msgpack_sbuffer_init(&sb);
            msgpack_packer_init(&pk, &sb, msgpack_sbuffer_write);
            if (bin) {
                wf_put_bin(&o, text, lengths[i]);
                msgpack_pack_bin_with_body(&pk, text, lengths[i]);
            } else {
                wf_put_str(&o, (wf_str) { text, lengths[i] });
                msgpack_pack_str_with_body(&pk, text, lengths[i]);
            }
            cr_expect(eq(sz, sb.size, wf_out_length(&o)));
            cr_expect(eq(int, memcmp(sb.data, buf, sb.size), 0));
            wf_in in = wf_in_from(buf, wf_out_length(&o));
            cr_expect(eq(int, bin ? wf_take_bin(&in, &back) : wf_take_str(&in, &back), 1));
            cr_expect(eq(sz, back.n, lengths[i]));
            msgpack_sbuffer_destroy(&sb);
        }
    free(buf);
    free(text);
}

Test(guard, a_writer_without_room_says_so_and_stays_inside)
{
    uint8_t buf[8] = { 0 };
    for (size_t cap = 0; cap < 7; cap++) {
        memset(buf, 0xee, sizeof buf);
        wf_out o = wf_out_to(buf, cap);
        wf_put_map(&o, 1);
        wf_put_str(&o, WF_STR("key"));
        wf_put_uint(&o, 300);
        cr_expect(eq(sz, wf_out_length(&o), 0), "%zu bytes", cap);
        for (size_t i = cap; i < sizeof buf; i++)
            cr_expect(eq(int, buf[i], 0xee), "byte %zu of %zu", i, cap);
    }
}

/* The oracle is msgpack-c: what the guard lets in it unpacks whole; what it takes the guard may refuse only for ext or depth. */
static bool has_ext(const msgpack_object *o, int depth)
{
    if (o->type == MSGPACK_OBJECT_EXT || depth == 0)
        return true;
    if (o->type == MSGPACK_OBJECT_ARRAY)
        for (uint32_t i = 0; i < o->via.array.size; i++)
            if (has_ext(&o->via.array.ptr[i], depth - 1)) return true;
    if (o->type == MSGPACK_OBJECT_MAP)
        for (uint32_t i = 0; i < o->via.map.size; i++)
            if (has_ext(&o->via.map.ptr[i].key, depth - 1) || has_ext(&o->via.map.ptr[i].val, depth - 1)) return true;
    return false;
}

Test(guard, agrees_with_msgpack_c_on_random_bytes)
{
    uint64_t seed = 0x9e3779b97f4a7c15;
    static const uint8_t likely[] = { 0x81, 0x82, 0x91, 0x92, 0xa1, 0xa3, 0xc0, 0xc2, 0xcc, 0xcd, 0xd0, 0xd9, 0xc4, 0xdc, 0xde, 0x05, 0xe0, 0xcb };
    int let_in = 0;
    for (int round = 0; round < 300000; round++) {
        uint8_t bytes[24];
        seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17;
        uint64_t r = seed;
        size_t n = 1 + r % 23;
        for (size_t i = 0; i < n; i++) {
            r = r * 6364136223846793005u + 1442695040888963407u;
            bytes[i] = (r >> 60) < 12 ? likely[(r >> 33) % sizeof likely] : (uint8_t) (r >> 33) & 7;
        }
        if (!wf_guard(bytes, n)) {
            if (bytes[0] >= 0xdd && bytes[0] <= 0xdf) continue;      /* msgpack-c would ask for memory first */
            msgpack_unpacked u;
            size_t off = 0;
            msgpack_unpacked_init(&u);
            if (msgpack_unpack_next(&u, (const char *) bytes, n, &off) == MSGPACK_UNPACK_SUCCESS && off == n && !has_ext(&u.data, WF_DEPTH_MAX))
                cr_fatal("round %d: msgpack-c takes what the guard refuses", round);
            msgpack_unpacked_destroy(&u);
            continue;
        }
        msgpack_unpacked u;
        size_t off = 0;
        let_in++;
        msgpack_unpacked_init(&u);
        if (msgpack_unpack_next(&u, (const char *) bytes, n, &off) != MSGPACK_UNPACK_SUCCESS || off != n)
            cr_fatal("round %d: the guard lets in what msgpack-c refuses", round);
        msgpack_unpacked_destroy(&u);
    }
    cr_assert(gt(int, let_in, 1000), "the generator makes sound messages too");
}
