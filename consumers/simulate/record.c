/* record -- see record.h. */
#include "consumers/simulate/record.h"
#include <stdlib.h>
#include <string.h>

#define DAY_MS 86400000

void sim_records_add(sim_records *to, const sim_record *r)
{
    if (to->n == to->cap) {
        to->cap = to->cap == 0 ? 1024 : 2 * to->cap;
        to->at = realloc(to->at, to->cap * sizeof *to->at);
        WF_ASSERT(to->at != NULL);
    }
    to->at[to->n++] = *r;
}

void sim_records_free(sim_records *p)
{
    free(p->at);
    *p = (sim_records) { NULL, 0, 0 };
}

void sim_records_sort(sim_records *p)
{
    if (p->n == 0)
        return;
    int32_t low = p->at[0].said, high = low;
    for (size_t i = 1; i < p->n; i++) {
        low = p->at[i].said < low ? p->at[i].said : low;
        high = p->at[i].said > high ? p->at[i].said : high;
    }
    /* Counting: one place a day, days are few. */
    size_t days = (size_t) (high - low) + 2;
    size_t *from = calloc(days, sizeof *from);
    sim_record *sorted = malloc(p->n * sizeof *sorted);
    WF_ASSERT(from != NULL && sorted != NULL);
    for (size_t i = 0; i < p->n; i++)
        from[p->at[i].said - low + 1]++;
    for (size_t d = 1; d < days; d++)
        from[d] += from[d - 1];
    for (size_t i = 0; i < p->n; i++)
        sorted[from[p->at[i].said - low]++] = p->at[i];
    free(from);
    free(p->at);
    p->at = sorted;
    p->cap = p->n;
}

/* A letter, a number and perhaps a mark: "e1207", "e1207-2". */
static wf_str named(char buf[24], const char *prefix, uint32_t number, const char *mark)
{
    char digits[10];
    size_t n = 0, k = 0;
    for (; *prefix != '\0' && n < 12; prefix++)
        buf[n++] = *prefix;
    do
        digits[k++] = (char) ('0' + number % 10);
    while ((number /= 10) > 0);
    while (k > 0)
        buf[n++] = digits[--k];
    for (; *mark != '\0' && n < 24; mark++)
        buf[n++] = *mark;
    return (wf_str) { buf, n };
}

static void give_text(wf_event *ev, wf_field f, wf_str s)
{
    ev->given |= WF_BIT(f);
    ev->v[f].s = s;
}

static void give_number(wf_event *ev, wf_field f, int64_t n)
{
    ev->given |= WF_BIT(f);
    ev->v[f].n = n;
}

static void give_team(sim_writer *w, int64_t team)
{
    if (team > 0 && w->team != NULL)
        give_text(&w->event, WF_F_TEAM, named(w->unit, w->team, (uint32_t) (team - 1), ""));
}

static void give_engagement(sim_writer *w, const sim_record *r)
{
    wf_event *ev = &w->event;
    give_text(ev, WF_F_ENGAGEMENT, named(w->key, "e", r->who, r->flags & SIM_SECOND ? "-2" : ""));
    if (r->type == WF_LEAVER) {
        give_text(ev, WF_F_KIND, WF_STR("leaver"));
        if (r->n != 0)
            give_number(ev, WF_F_NOTIFIED_ON, r->n);
    } else if (r->flags & SIM_MOVED) {
        give_team(w, r->n);
    } else {
        if (!(r->flags & SIM_NO_FTE))
            give_number(ev, WF_F_FTE, r->n);
        give_team(w, r->m);
    }
}

static void give_placement(sim_writer *w, const sim_record *r)
{
    wf_event *ev = &w->event;
    give_text(ev, WF_F_PLACEMENT, named(w->key, "l", r->who, ""));
    if (r->type == WF_PLACEMENT_ENDED)
        return;
    give_text(ev, WF_F_KIND, WF_STR("agency"));
    if (!(r->flags & SIM_NO_FTE))
        give_number(ev, WF_F_FTE, r->n);
    give_team(w, r->m);
}

static void give_absence(sim_writer *w, const sim_record *r)
{
    give_text(&w->event, WF_F_ABSENCE, named(w->key, "s", r->id, ""));
    give_text(&w->event, WF_F_KIND, WF_STR("sickness"));
    give_number(&w->event, WF_F_LAST, r->n);
    if (r->m != WF_FTE_ONE)
        give_number(&w->event, WF_F_SHARE, r->m);
}

/* All that is said here is said wholly, from the record's day on. */
static void give_types(wf_event *ev)
{
    give_number(ev, WF_F_TYPES, ((int64_t) 1 << WF_EVENT_TYPE_COUNT) - 1 - ((int64_t) 1 << WF_COMPLETE));
}

static void give_vacancies(wf_event *ev, const sim_record *r)
{
    give_number(ev, WF_F_FTE, r->n);
    if (r->m >= 0)
        give_number(ev, WF_F_AGENCY_FTE, r->m);
}

const wf_event *sim_write(sim_writer *w, const sim_record *r)
{
    wf_event *ev = &w->event;
    ev->type = (wf_event_type) r->type;
    ev->given = ev->nil = 0;
    ev->id = named(w->id, "", r->id, "");
    ev->source = w->source;
    ev->org = w->org(w->ctx, r->org);
    ev->subject = named(w->subject, "p", r->who, "");
    /* Nine in the morning, some milliseconds apart, so that what is said later has a later time. */
    ev->time.ms = (int64_t) r->said * DAY_MS + 9 * 3600000 + r->id % 3600000;
    ev->effective.n = r->effective;
    ev->adjustment = (r->flags & SIM_ADJUSTMENT) != 0;
    switch (ev->type) {
    case WF_STARTER: case WF_CHANGE: case WF_LEAVER:    give_engagement(w, r); break;
    case WF_PLACEMENT_STARTED: case WF_PLACEMENT_ENDED: give_placement(w, r); break;
    case WF_CASELOAD:                                   give_number(ev, WF_F_CASES, r->n); break;
    case WF_ABSENCE:                                    give_absence(w, r); break;
    case WF_TRAINING_DUE: case WF_TRAINING_COMPLETED:
        give_text(ev, WF_F_TRAINING, named(w->key, "t", (uint32_t) r->n, ""));
        give_text(ev, WF_F_COURSE, WF_STR("safeguarding"));
        break;
    case WF_VACANCIES_DECLARED:                         ev->subject = ev->org; give_vacancies(ev, r); break;
    case WF_COMPLETE:                                   ev->subject = ev->source; give_types(ev); break;
    case WF_SUPERVISION_HELD: case WF_CASE_ALLOCATED: case WF_CASE_DEALLOCATED: case WF_POST_OPENED:
    case WF_POST_CHANGED: case WF_POST_CLOSED: case WF_EVENT_TYPE_COUNT: break;
    }
    return ev;
}
