/* profile_text -- the canonical text of a profile, and the versions that are hashes of it. */
#pragma once
#include "core/profile.h"

/* Sets text, hash, fold_hash and the version of every indicator and rule. */
void wf_profile_write(wf_profile *p, wf_indicator *indicator, wf_rule *rule);
