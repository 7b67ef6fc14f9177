/* record -- an entry of the journal as bytes.
 *
 *   crc32c | format kind type flags | subjects id-length source | org target-source | effective | body-length (24 bits)
 *   target-length (8) | time | arrival | source sequence | (subject, previous) each | id | target | body
 *
 * Little-endian, 48 bytes before the subjects, 12 for each. The CRC is over the sequence and all that follows it, so an
 * entry in another's place fails too. Format 1 keeps the id as it came; another number is for ids that are sealed. */
#pragma once
#include "store/store.h"

#define WF_RECORD_FORMAT 1u
#define WF_RECORD_HEADER 48u
#define WF_RECORD_BYTES_MAX (WF_RECORD_HEADER + WF_RECORD_SUBJECTS * 12u + 2 * WF_RECORD_ID_MAX + WF_RECORD_BODY_MAX)

/* How many bytes wf_record_encode writes; the record is within its limits. */
size_t wf_record_size(const wf_record *r);
void wf_record_encode(const wf_record *r, void *bytes);
/* Text in *ret is borrowed from `bytes`. WF_DAMAGED: any bytes that encode would not have written. */
WF_NODISCARD wf_rc wf_record_decode(uint64_t sequence, const void *bytes, size_t n, wf_record *ret, wf_err *e);

/* Chooses the way of computing wf_crc32c: the processor's instruction unless there is none or `table_only`. Done by
 * itself at the first use. */
void wf_crc32c_select(bool table_only);
