/* complete -- which days each organisation's sources have told in full, by event type (F8), and since when they say so (A5).
 *
 *   starter  |-----------------------> open          inside: every day that a figure reads lies in one span of each type
 *   absence        |--------|                        DAY: the first day whose figure reads only days inside */
#pragma once
#include "core/unit.h"

typedef struct wf_complete wf_complete;
/* `in_force`: the day on which the profile came into force; what it says itself (complete_from) counts as said then. */
wf_complete *wf_complete_new(const wf_profile *p, const wf_units *units, wf_day in_force);
void wf_complete_free(wf_complete **p);

/* One standing `complete` fact; until WF_DAY_OPEN when it names none. */
typedef struct wf_complete_fact { uint32_t types; wf_day from, until; } wf_complete_fact;
/* The standing facts of one source about one organisation (its unit number), in place of those given before.
 * Returns the first day that is inside now and was not, or the other way; WF_DAY_OPEN if there is none. */
wf_day wf_complete_put(wf_complete *c, uint32_t org, wf_str source, const wf_complete_fact *fact, size_t n);
/* `complete` of these types was accepted while `open` was the open day (T5: the day after the last tick before it; not the
 * day that the host's clock showed). The earliest stays. Returns the types that had not been said before. */
uint32_t wf_complete_said(wf_complete *c, uint32_t org, uint32_t types, wf_day open);
/* Of these types, those that have never been said by an event, whatever the profile says. */
uint32_t wf_complete_unsaid(const wf_complete *c, uint32_t org, uint32_t types);

/* Is every day of [first, last] inside for all types? *until (may be NULL): the last day of the span that holds `last`. */
bool wf_complete_inside(const wf_complete *c, uint32_t org, uint32_t types, wf_day first, wf_day last, wf_day *until);
/* The first span of days inside for all types that ends on or after `day`; false: none. */
bool wf_complete_span(const wf_complete *c, uint32_t org, uint32_t types, wf_day day, wf_day *from, wf_day *until);
/* The day on which all of these types had been said complete for the first time; WF_DAY_OPEN: not yet. */
wf_day wf_complete_first_said(const wf_complete *c, uint32_t org, uint32_t types);
/* Fills the sources of a figure that rests on these types, by its days `from` and `day`: how far each has told all that it
 * tells of, by name; those that should have and never did; not those whose part ended before. */
void wf_complete_sources(const wf_complete *c, uint32_t org, uint32_t types, wf_figure *f);
/* Every span that a source has told, by source and type. */
typedef void wf_complete_visit(void *ctx, wf_str source, wf_event_type type, wf_day from, wf_day until);
void wf_complete_each(const wf_complete *c, uint32_t org, wf_complete_visit *visit, void *ctx);
/* Has the profile named this source for this type of the organisation? */
bool wf_complete_named(const wf_complete *c, uint32_t org, wf_str source, wf_event_type type);
/* Changes whenever an answer above may have changed. */
uint64_t wf_complete_generation(const wf_complete *c);
