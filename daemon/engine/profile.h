/* profile -- reads profiles (indicators, rules, trees, sources) and checks them. Errors name file, line, value and, where
 * there is one, what was probably meant; the caller ends with exit status 78. */
#pragma once
#include "core/profile.h"

#define WF_PROFILE_BYTES_MAX (4u << 20)

/* Reads n files into one profile. Names must not repeat over the files; `measures` settings that are given twice must
 * be equal. Relative includes and the bank holidays file are looked for beside the file that names them.
 * WF_CONFIG with "FILE:LINE: reason". */
WF_NODISCARD wf_rc wf_profile_read(const char *const *path, size_t n, wf_profile **ret, wf_err *e);
/* The same from one text, such as a profile's own `text` from the journal; `name` stands for the file in errors. No
 * file is read: includes and a bank holidays file are refused. */
WF_NODISCARD wf_rc wf_profile_parse(const char *name, wf_str text, wf_profile **ret, wf_err *e);
