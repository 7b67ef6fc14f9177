/* crc -- CRC32C (Castagnoli): by the processor's own instruction where it has one, else by table. */
#include "store/record.h"

#include <string.h>

#define POLYNOMIAL 0x82f63b78u      /* reflected */

static uint32_t by_table(uint32_t crc, const uint8_t *p, size_t n);
static uint32_t choose(uint32_t crc, const uint8_t *p, size_t n);

static uint32_t table[256];
static uint32_t (*update)(uint32_t crc, const uint8_t *p, size_t n) = choose;

static uint32_t by_table(uint32_t crc, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        crc = table[(crc ^ p[i]) & 0xffu] ^ (crc >> 8);
    return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2")))
static uint32_t by_instruction(uint32_t crc, const uint8_t *p, size_t n)
{
    uint64_t wide = crc, word;

    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&word, p, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t) wide;
    for (; n > 0; p++, n--)
        crc = __builtin_ia32_crc32qi(crc, *p);
    return crc;
}
#endif

/* Both ways give the same value, so that two threads which choose at once do no harm: the table is whole before it is used. */
static uint32_t choose(uint32_t crc, const uint8_t *p, size_t n)
{
    wf_crc32c_select(false);
    return __atomic_load_n(&update, __ATOMIC_ACQUIRE)(crc, p, n);
}

void wf_crc32c_select(bool table_only)
{
    uint32_t (*chosen)(uint32_t, const uint8_t *, size_t) = by_table;

    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++)
            c = c & 1u ? c >> 1 ^ POLYNOMIAL : c >> 1;
        table[i] = c;
    }
#ifdef __x86_64__
    if (!table_only && __builtin_cpu_supports("sse4.2"))
        chosen = by_instruction;
#else
    (void) table_only;
#endif
    __atomic_store_n(&update, chosen, __ATOMIC_RELEASE);
}

uint32_t wf_crc32c(uint32_t crc, const void *bytes, size_t n)
{
    return ~__atomic_load_n(&update, __ATOMIC_ACQUIRE)(~crc, bytes, n);
}
