/* plan -- a year of one organisation, person by person, so that its annual figures come out exactly.
 *
 *     30 September                    1 October to 30 September                         30 September
 *     staff of the year before   - leavers + starters (+ or - adjustments)   =   staff, as printed
 *
 * The printed stocks and flows do not reconcile: what is missing or too much comes and goes as adjustments, which are
 * neither starters nor leavers. The staff before the first year are loaded as adjustments, so many that it adds up.
 * Every sum of the records is equal to the row's figure to the last millionth; an input that is not known is left out. */
#pragma once
#include "consumers/simulate/record.h"
#include "consumers/simulate/table.h"

typedef struct sim_org sim_org;

/* org    number that records carry
 * plain  as few records as possible: no counts between the Septembers, no notices, placements that only begin */
sim_org *sim_org_new(uint32_t org, uint64_t seed, bool plain);
void sim_org_free(sim_org **p);

/* Adds the records of the year to `to`, in no order. Years of one organisation are given ascending.
 * WF_RANGE: figures that no people could have (cases without holders, more days lost than there were). */
WF_NODISCARD wf_rc sim_org_year(sim_org *o, const sim_row *row, sim_records *to, wf_err *e);
