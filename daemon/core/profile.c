#include "core/profile.h"
#include "core/calendar.h"
#include <stdlib.h>
#include <string.h>

void *wf_profile_alloc(wf_profile *p, size_t n)
{
    wf_hold_block *b = calloc(1, sizeof *b + n);

    WF_ASSERT(b != NULL);
    b->next = p->hold;
    p->hold = b;
    return b->bytes;
}

wf_str wf_profile_keep(wf_profile *p, wf_str text)
{
    char *copy = wf_profile_alloc(p, text.n + 1);

    if (text.n > 0) memcpy(copy, text.p, text.n);
    return (wf_str) { copy, text.n };
}

void wf_profile_free(wf_profile **p)
{
    if (*p == NULL) return;
    for (wf_hold_block *b = (*p)->hold, *next; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
    free(*p);
    *p = NULL;
}

bool wf_profile_indicator(const wf_profile *p, wf_str name, uint32_t *ret)
{
    for (uint32_t i = 0; i < p->indicator_count; i++) {
        if (!wf_str_eq(p->indicator[i].name, name)) continue;
        *ret = i;
        return true;
    }
    return false;
}

bool wf_profile_rule(const wf_profile *p, wf_str name, uint32_t *ret)
{
    for (uint32_t i = 0; i < p->rule_count; i++) {
        if (!wf_str_eq(p->rule[i].name, name)) continue;
        *ret = i;
        return true;
    }
    return false;
}

/* Which measures rest on other events under another setting. */
uint32_t wf_profile_rests_on(const wf_profile *p, wf_measure m)
{
    bool of_cases = m == WF_M_CASES || m == WF_M_CASE_HOLDERS || m == WF_M_CASES_UNKNOWN || m == WF_M_CASES_WORKER_LEFT;

    if (of_cases && p->allocations) return WF_REST_ALLOCATIONS;
    if (m == WF_M_VACANCIES && p->posts) return WF_REST_POSTS | WF_REST_ENGAGEMENT;
    if (m == WF_M_AGENCY_COVER && p->posts) return WF_REST_PLACEMENT;
    return wf_measure_rows[m].rests_on;
}

static const wf_source_rule *source_named(const wf_profile *p, wf_str name)
{
    for (size_t i = 0; i < p->source_count; i++)
        if (wf_str_eq(p->source[i].name, name)) return &p->source[i];
    return NULL;
}

static bool speaks(const wf_source_rule *s, wf_str org, wf_event_type type, wf_day arrival)
{
    if (arrival.n < s->from.n) return false;
    if (s->types != 0 && type != WF_COMPLETE && (s->types >> type & 1u) == 0) return false;
    for (size_t i = 0; i < s->org_count; i++)
        if (wf_str_eq(s->orgs[i], org)) return true;
    return s->org_count == 0;
}

/* Two sources that speak of one thing would double it: once its successor speaks, a source has only to say what it is
 * complete of. */
static bool succeeded(const wf_profile *p, wf_str source, wf_str org, wf_event_type type, wf_day arrival)
{
    for (size_t i = 0; i < p->source_count; i++)
        if (type != WF_COMPLETE && wf_str_eq(p->source[i].succeeds, source) && speaks(&p->source[i], org, type, arrival)) return true;
    return false;
}

bool wf_profile_entitled(const wf_profile *p, wf_str source, wf_str org, wf_event_type type, wf_day arrival)
{
    const wf_source_rule *s = source_named(p, source);

    if (p->source_count == 0) return true;
    return s != NULL && speaks(s, org, type, arrival) && !succeeded(p, source, org, type, arrival);
}

bool wf_profile_succeeds(const wf_profile *p, wf_str source, wf_str other)
{
    const wf_source_rule *s = source_named(p, source);
    for (size_t steps = 0; s != NULL && s->succeeds.n > 0 && steps < p->source_count; steps++) {
        if (wf_str_eq(s->succeeds, other)) return true;
        s = source_named(p, s->succeeds);
    }
    return false;
}

bool wf_profile_may_correct(const wf_profile *p, wf_str source, wf_str other, wf_str org, wf_event_type type, wf_day arrival)
{
    const wf_source_rule *s = source_named(p, source);

    if (!wf_str_eq(source, other) || p->source_count == 0) return wf_profile_entitled(p, source, org, type, arrival);
    return s != NULL && speaks(s, org, type, arrival);
}

/* Segment by segment; "**" takes none, or one and stays. */
static bool matches(const char *pat, const char *pat_end, const char *path, const char *path_end)
{
    if (pat > pat_end) return path > path_end;
    const char *pe = memchr(pat, '/', (size_t) (pat_end - pat));
    const char *se = path > path_end ? NULL : memchr(path, '/', (size_t) (path_end - path));
    if (pe == NULL) pe = pat_end;
    if (se == NULL) se = path_end;
    size_t pn = (size_t) (pe - pat);

    if (pn == 2 && memcmp(pat, "**", 2) == 0)
        return matches(pe + 1, pat_end, path, path_end) || (path <= path_end && matches(pat, pat_end, se + 1, path_end));
    if (path > path_end) return false;
    bool same = (pn == 1 && *pat == '*') || (pn == (size_t) (se - path) && memcmp(pat, path, pn) == 0);
    return same && matches(pe + 1, pat_end, se + 1, path_end);
}

bool wf_profile_matches(wf_str pattern, wf_str path)
{
    return pattern.n > 0 && path.n > 0 && matches(pattern.p, pattern.p + pattern.n, path.p, path.p + path.n);
}

/* First days of periods that run to date: months of one, three or twelve from a month of the year (0 January). */
static wf_day to_date_after(wf_day end, int first_month, int months)
{
    int year, month, mday;

    wf_day_civil(end, &year, &month, &mday);
    int since = ((month - 1 - first_month) % months + months) % months;
    wf_day first = wf_day_months_back(wf_day_of(year, month, 1), since);
    return (wf_day) { first.n - 1 };
}

wf_day wf_window_after(wf_window w, wf_day end)
{
    switch (w.kind) {
    case WF_MONTHS_WINDOW: return wf_day_months_back(end, w.n);
    case WF_DAYS_WINDOW: return (wf_day) { end.n - w.n };
    case WF_MONTH_TO_DATE: return to_date_after(end, 0, 1);
    case WF_QUARTER_TO_DATE: return to_date_after(end, 0, 3);
    case WF_FINANCIAL_YEAR_TO_DATE: return to_date_after(end, 3, 12);
    case WF_CENSUS_YEAR_TO_DATE: return to_date_after(end, 9, 12);
    case WF_NO_WINDOW: break;
    }
    return (wf_day) { end.n - 1 };
}
