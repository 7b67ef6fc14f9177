/* text -- what an alert says to people: at most three lines of 160 characters, no person, no id (A6).
 *
 *   RED Turnover, North: 27.3 % - 3 of 11 people left in the 12 months to 31 March 2024 (limit 20 %); amber since 12 February.
 *   Since 12 February: +1 leavers; of 11: -1 leavers. Known to come: 30 April 4 of 10, 40.0 %.
 *   Data complete to 31 March 2024. Next: agree cover. Explain: A-1042
 *
 * or, of an erratum:
 *
 *   CORRECTED Turnover, North: alert 12 was red 3 March to 8 April, not amber 10 March to 8 April; alert 15 (amber on 2 May) is withdrawn.
 *   Now ok: 11.1 % - 1 of 9 people left in the 12 months to 31 May 2024.
 *   Data complete to 31 May 2024. Explain: A-1050 */
#pragma once
#include "core/profile.h"

/* Writes a->text from the alert's own members and the rule's and indicator's words. What is not known is left out.
 * `since`: the day from which a->change counts. */
void wf_text_alert(const wf_profile *p, uint32_t rule, wf_day since, wf_alert *a);

/* The text of a load's summary: so many pairs at each level, and so many alerts that ended; what stands is in its entries.
 *
 *   LOADED London Borough of Bexley: of 57 rules in its units 2 red, 3 amber, 40 ok, 12 unknown; 1 alert ended.
 *   red small in bexley/children/asm1 since 3 March 2024; amber turnover in bexley since 1 March 2024; 3 more. */
void wf_text_load(const uint32_t level[WF_RED + 1], uint32_t ended, wf_alert *a);

/* "11.3", "0.8", "40": millionths at `decimals` places, half up away from zero. */
#define WF_TEXT_NUMBER 40
const char *wf_text_number(int64_t millionths, int decimals, char buf[WF_TEXT_NUMBER]);
/* An exact sum in the words of what it counts: "3", "7.0". */
const char *wf_text_sum(int64_t sum, wf_measured what, char buf[WF_TEXT_NUMBER]);
