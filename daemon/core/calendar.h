/* calendar -- civil days in Europe/London: months, census years, working days, and the day an instant falls on.
 *
 * Pure arithmetic but for the bank holidays, which are given as a sorted list (profiles/bank-holidays-england). */
#pragma once
#include <workforce/types.h>

wf_day wf_day_london(wf_instant t);                     /* BST: last Sundays of March and October, 01:00 UTC, as since 1996 */
wf_instant wf_day_end_london(wf_day d);                 /* first instant after the day */
wf_day wf_day_months_back(wf_day d, int months);        /* T4: same day of the month, or that month's last; may be negative for forward */
wf_day wf_day_years_on(wf_day d, int years);            /* T4: a 29 February anniversary falls on 1 March */
int wf_day_year(wf_day d);
wf_day wf_day_last_30_september_before(wf_day d);       /* strictly before d */
wf_day wf_day_census_year_start(wf_day d);              /* the 1 October at or before d */
bool wf_day_has_29_february(wf_day after, wf_day until);/* one lies in (after, until] */

typedef struct wf_calendar wf_calendar;
/* holidays: sorted, no doubles; copied. Covers 1950-01-01 to 2134; queries outside are clamped. */
wf_calendar *wf_calendar_new(const wf_day *holidays, size_t n);
void wf_calendar_free(wf_calendar **p);
bool wf_calendar_working(const wf_calendar *c, wf_day d);
int32_t wf_calendar_index(const wf_calendar *c, wf_day d);          /* number of working days from 1950-01-01 to d inclusive */
wf_day wf_calendar_next_working(const wf_calendar *c, wf_day d);    /* first working day after d */
