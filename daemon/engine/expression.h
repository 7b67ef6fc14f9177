/* expression -- the text of a numerator or denominator, read into terms and printed again (SEMANTICS I2).
 *
 *   [+|-] [n|dfe_days *] measure.field [where dimension = value|value, ...] reading [N months before] */
#pragma once
#include <stdio.h>
#include "core/profile.h"

/* Reads and checks one side: the field is the measure's, the reading fits a stock or a flow, conditions can match, windows
 * are possible, terms are of one unit. Lists are kept by the profile. WF_CONFIG: what, and at which word. */
WF_NODISCARD wf_rc wf_expression_read(wf_profile *p, wf_str text, wf_expression *ret, wf_err *e);
/* Prints what reads back to the same. */
void wf_expression_print(const wf_expression *x, FILE *out);
/* What a side is counted in: WF_HEADS, WF_COUNT, WF_FTE, WF_DAYS (FTE times dfe_days is days). */
wf_measure_field wf_expression_unit(const wf_expression *x);
