/* keep -- what is done to a store that no daemon has open: `workforced scrub`, `derive`, `restore`. */
#pragma once
#include <workforce/types.h>

/* Reads every byte of a store's directory or of a backup and says what it found. WF_DAMAGED, WF_BUSY, WF_SYSTEM. */
WF_NODISCARD wf_rc wf_keep_scrub(const char *path, wf_err *e);

/* Throws away what can be derived; the next start derives it. */
WF_NODISCARD wf_rc wf_keep_derive(const char *path, wf_err *e);

/* Makes a store of a backup in a directory that is empty or not there yet. The backup is scrubbed before, the store after.
 * WF_BUSY: there is something in the directory. WF_DAMAGED, WF_SYSTEM: the directory is left as it was. */
WF_NODISCARD wf_rc wf_keep_restore(const char *file, const char *directory, wf_instant now, wf_err *e);
