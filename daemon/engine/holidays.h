/* holidays -- the days that are no working days, from a file of one day a line. */
#pragma once
#include "core/profile.h"

#define WF_HOLIDAYS_MAX 4096
/* Sorts, takes doubles out and gives them to the profile; `day` is kept by it already. */
void wf_holidays_set(wf_profile *p, wf_day *day, size_t n);
/* '#' begins a comment. WF_CONFIG: "FILE:LINE: reason", or why the file cannot be read. */
WF_NODISCARD wf_rc wf_holidays_read(wf_profile *p, const char *path, wf_err *e);
