/* fuzz_record -- any bytes as an entry of the journal: refused, or the same bytes again when encoded. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void try(uint64_t sequence, const uint8_t *bytes, size_t n)
{
    wf_record r;

    if (wf_record_decode(sequence, bytes, n, &r, NULL) != WF_OK)
        return;
    uint8_t *again = malloc(n);
    if (again == NULL || wf_record_size(&r) != n)
        abort();
    wf_record_encode(&r, again);
    if (memcmp(again, bytes, n) != 0)
        abort();
    free(again);
}

/* The first byte chooses the sequence. Once as it is, once with the checksum made right, so that what lies behind it is reached. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0)
        return 0;
    uint64_t sequence = (uint64_t) data[0] << (data[0] & 31);
    try(sequence, data + 1, n - 1);
    if (n - 1 < sizeof(uint32_t))
        return 0;
    uint8_t *bytes = malloc(n - 1);
    if (bytes == NULL)
        abort();
    memcpy(bytes, data + 1, n - 1);
    uint32_t crc = wf_crc32c(wf_crc32c(0, &sequence, sizeof sequence), bytes + sizeof crc, n - 1 - sizeof crc);
    memcpy(bytes, &crc, sizeof crc);
    try(sequence, bytes, n - 1);
    free(bytes);
    return 0;
}
