#include "engine/holidays.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_day(const void *a, const void *b)
{
    const wf_day *x = a, *y = b;

    return (x->n > y->n) - (x->n < y->n);
}

void wf_holidays_set(wf_profile *p, wf_day *day, size_t n)
{
    size_t kept = 0;

    if (n > 0) qsort(day, n, sizeof *day, by_day);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || day[kept - 1].n != day[i].n) day[kept++] = day[i];
    p->holiday = day;
    p->holiday_count = kept;
}

static wf_rc read_lines(wf_profile *p, const char *path, FILE *f, wf_err *e)
{
    wf_day *day = wf_profile_alloc(p, WF_HOLIDAYS_MAX * sizeof *day);
    char line[256];
    size_t n = 0;
    wf_err why;

    for (int number = 1; fgets(line, sizeof line, f) != NULL; number++) {
        size_t end = strcspn(line, "#\r\n");
        while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\t')) end--;
        if (end == 0) continue;
        if (n == WF_HOLIDAYS_MAX) return wf_fail(e, WF_CONFIG, "%s:%d: more than %d days", path, number, WF_HOLIDAYS_MAX);
        if (wf_day_parse((wf_str) { line, end }, &day[n++], &why) != WF_OK)
            return wf_fail(e, WF_CONFIG, "%s:%d: %s", path, number, why.text);
    }
    wf_holidays_set(p, day, n);
    return WF_OK;
}

wf_rc wf_holidays_read(wf_profile *p, const char *path, wf_err *e)
{
    FILE *f = fopen(path, "re");

    if (f == NULL) return wf_fail(e, WF_CONFIG, "cannot read \"%s\": %s", path, strerror(errno));
    wf_rc rc = read_lines(p, path, f, e);
    (void) fclose(f);
    return rc;
}
