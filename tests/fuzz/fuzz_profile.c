/* Any text as a profile: refused with a reason, or read, written canonically and read back to the same. */
#include <stdlib.h>
#include "core/book.h"
#include "engine/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    wf_profile *p = NULL, *q = NULL;
    wf_err e = { 0 };

    if (n > 8192) return 0;
    if (wf_profile_parse("fuzz", (wf_str) { (const char *) bytes, n }, &p, &e) != WF_OK) {
        WF_ASSERT(e.rc == WF_CONFIG && e.text[0] != '\0');
        return 0;
    }
    WF_ASSERT(wf_profile_parse("again", p->text, &q, &e) == WF_OK);
    WF_ASSERT(wf_str_eq(p->text, q->text) && p->hash == q->hash);
    wf_ledger *l = wf_ledger_new();
    wf_calendar *c = wf_calendar_new(p->holiday, p->holiday_count);
    wf_book *b = wf_book_new(p, c, l);
    wf_book_free(&b);
    wf_calendar_free(&c);
    wf_ledger_free(&l);
    wf_profile_free(&q);
    wf_profile_free(&p);
    return 0;
}
