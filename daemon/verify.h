/* verify -- `workforced verify`: a store's journal told again beside what the store says. */
#pragma once
#include <workforce/types.h>

/* `path`: directory of a store that no daemon has open, or a backup. Works on a copy below a directory of its own in `work`
 * (NULL: beside `path`), which needs some two and a half times the store's room and is removed at the end; the store is
 * only read. `seed` draws where the second telling commits and restarts, and which days are looked at.
 * *same: whether all was equal; what differs is printed. WF_BUSY, WF_DAMAGED, WF_SYSTEM, WF_ABSENT: a signal ended it. */
WF_NODISCARD wf_rc wf_verify(const char *path, const char *work, uint64_t seed, bool *same, wf_err *e);
