/* record -- see record.h. */
#include "store/record.h"

#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the store's bytes are little-endian and copied as they are"
#endif

#define ENTRY 12u       /* subject and previous */

/* The fixed part as it lies in the store. */
typedef struct header {
    uint32_t crc;
    uint8_t format, kind, type, flags, subjects, id;
    uint16_t source, org, target_source;
    int32_t effective;
    uint32_t body : 24, target : 8;
    int64_t time, arrival;
    uint64_t source_sequence;
} header;
_Static_assert(sizeof(header) == WF_RECORD_HEADER, "the fixed part has no holes");

static uint32_t checksum(uint64_t sequence, const uint8_t *bytes, size_t n)
{
    return wf_crc32c(wf_crc32c(0, &sequence, sizeof sequence), bytes + sizeof(uint32_t), n - sizeof(uint32_t));
}

size_t wf_record_size(const wf_record *r)
{
    return sizeof(header) + r->subject_count * ENTRY + r->id.n + r->target.n + r->body.n;
}

void wf_record_encode(const wf_record *r, void *bytes)
{
    header h = {
        .format = WF_RECORD_FORMAT, .kind = r->kind, .type = r->type, .flags = r->flags, .subjects = r->subject_count,
        .id = (uint8_t) r->id.n, .source = r->source, .org = r->org, .effective = r->effective,
        .target_source = r->target_source, .body = (uint32_t) r->body.n & 0xffffffu, .target = (uint8_t) r->target.n,
        .time = r->time, .arrival = r->arrival, .source_sequence = r->source_sequence,
    };
    uint8_t *p = bytes;

    memcpy(p, &h, sizeof h);
    p += sizeof h;
    for (unsigned i = 0; i < r->subject_count; i++, p += ENTRY) {
        memcpy(p, &r->subject[i], 4);
        memcpy(p + 4, &r->previous[i], 8);
    }
    if (r->id.n > 0)
        memcpy(p, r->id.p, r->id.n);
    p += r->id.n;
    if (r->target.n > 0)
        memcpy(p, r->target.p, r->target.n);
    p += r->target.n;
    if (r->body.n > 0)
        memcpy(p, r->body.p, r->body.n);
    h.crc = checksum(r->sequence, bytes, wf_record_size(r));
    memcpy(bytes, &h.crc, sizeof h.crc);
}

static wf_rc damaged(wf_err *e, uint64_t sequence, const char *what)
{
    return wf_fail(e, WF_DAMAGED, "journal entry %llu: %s", (unsigned long long) sequence, what);
}

wf_rc wf_record_decode(uint64_t sequence, const void *bytes, size_t n, wf_record *ret, wf_err *e)
{
    const uint8_t *p = bytes;
    header h;

    if (n < sizeof h || n > WF_RECORD_BYTES_MAX)
        return damaged(e, sequence, "its length is impossible");
    memcpy(&h, p, sizeof h);
    if (h.crc != checksum(sequence, p, n))
        return damaged(e, sequence, "the checksum fails");
    if (h.format != WF_RECORD_FORMAT)
        return damaged(e, sequence, "of a format that this release does not know");
    if (h.kind < WF_RECORD_EVENT || h.kind > WF_RECORD_LOAD || h.subjects > WF_RECORD_SUBJECTS ||
        h.body > WF_RECORD_BODY_MAX || n != sizeof h + h.subjects * ENTRY + h.id + h.target + h.body ||
        (h.target == 0) != (h.target_source == 0))
        return damaged(e, sequence, "its parts do not fit together");

    wf_record r = {
        .sequence = sequence, .kind = h.kind, .type = h.type, .flags = h.flags, .subject_count = h.subjects,
        .source = h.source, .org = h.org, .effective = h.effective, .time = h.time, .arrival = h.arrival,
        .source_sequence = h.source_sequence, .target_source = h.target_source,
    };
    p += sizeof h;
    for (unsigned i = 0; i < h.subjects; i++, p += ENTRY) {
        memcpy(&r.subject[i], p, 4);
        memcpy(&r.previous[i], p + 4, 8);
        if (r.subject[i] == 0 || r.previous[i] >= sequence)
            return damaged(e, sequence, "its chain leads nowhere");
    }
    r.id = (wf_str) { (const char *) p, h.id };
    r.target = (wf_str) { (const char *) p + h.id, h.target };
    r.body = (wf_str) { (const char *) p + h.id + h.target, h.body };
    *ret = r;
    return WF_OK;
}
