/* evidence -- explain and diff: a figure, or two, and the events behind. They are collected first, so that the engine is
 * not held while they are sent. */
#include <stdlib.h>
#include <string.h>

#include "net/clock.h"
#include "net/verbs.h"

#define SUBJECTS 64u                    /* a call of the engine: at most about 3 ms */
#define STEP_US 20000u
#define KEPT_MOST 100000u

typedef struct kept { wf_evidence row; char source[WF_SOURCE_MAX], event[WF_ID_MAX]; } kept;

static wf_str copied(char *to, size_t cap, wf_str s)
{
    s.n = s.n < cap ? s.n : cap;
    if (s.n > 0)
        memcpy(to, s.p, s.n);
    return (wf_str) { NULL, s.n };      /* where it lies is known when nothing is added any more */
}

static void keep(void *ctx, const wf_engine_evidence *v)
{
    wf_job *j = ctx;
    if (j->list_n == KEPT_MOST)
        return;
    if ((j->list_n & (j->list_n - 1)) == 0) {
        j->list = realloc(j->list, (j->list_n ? j->list_n * 2 : 1) * sizeof(kept));
        WF_ASSERT(j->list);
    }
    kept *k = (kept *) j->list + j->list_n++;
    k->row = (wf_evidence) {
        .sequence = v->sequence, .type = wf_str_of(wf_event_rows[v->type].name), .effective = v->effective,
        .source = copied(k->source, sizeof k->source, v->source), .event = copied(k->event, sizeof k->event, v->id),
        .cause = wf_str_of(wf_cause_name(v->cause)), .numerator = v->numerator, .denominator = v->denominator,
    };
}

static int by_sequence(const void *a, const void *b)
{
    const kept *x = a, *y = b;
    return x->row.sequence < y->row.sequence ? -1 : x->row.sequence > y->row.sequence;
}

static void add_figure(void *ctx, const wf_figure *f) { wf_job_add(ctx, WF_ROW_FIGURE, f); }

/* The figure itself, as known then. */
static bool figure(wf_job *j, uint64_t known, wf_day on)
{
    wf_figure_query q = { .unit = j->q.unit, .indicator = j->q.indicator, .on = on, .known = known };
    uint64_t before = j->rows;
    while (j->rc == WF_OK && q.cursor != UINT64_MAX)
        j->rc = wf_engine_figures(j->house->engine, &q, 1, add_figure, j, &j->e);
    if (j->rc == WF_OK && j->rows == before)
        j->rc = wf_fail(&j->e, WF_ABSENT, "there is no figure %.*s of %.*s", WF_STR_ARG(j->q.indicator), WF_STR_ARG(j->q.unit));
    return j->rc == WF_OK;
}

/* An entry, or the last one before a day's tick; neither given: 0, what is known now. */
static wf_rc known_at(wf_job *j, bool by_entry, bool by_day, wf_day day, uint64_t *sequence)
{
    if (by_entry)
        WF_TRY(wf_engine_known_at(j->house->engine, *sequence, &j->e));
    return by_day ? wf_engine_known_by(j->house->engine, day, sequence, &j->e) : WF_OK;
}

static bool collect_explain(wf_job *j)
{
    uint64_t until = wf_monotonic_us() + STEP_US;
    wf_explain_query q = { j->q.indicator, j->q.unit, j->from, j->figures.known, j->figures.cursor };
    while (j->rc == WF_OK && q.cursor != UINT64_MAX && wf_monotonic_us() < until)
        j->rc = wf_engine_explain(j->house->engine, &q, SUBJECTS, keep, j, &j->e);
    j->figures.cursor = q.cursor;
    return q.cursor == UINT64_MAX;
}

static bool send_kept(wf_job *j)
{
    kept *k = j->list;
    if (j->item++ == 0 && j->list_n > 1)
        qsort(k, j->list_n, sizeof *k, by_sequence);
    for (; j->cursor < j->list_n; j->cursor++) {
        if (!wf_job_room(j))
            return false;
        wf_evidence row = k[j->cursor].row;
        row.source.p = k[j->cursor].source;
        row.event.p = k[j->cursor].event;
        wf_job_add(j, WF_ROW_EVIDENCE, &row);
    }
    return true;
}

bool wf_verb_explain(wf_job *j)
{
    if (!j->begun) {
        j->figures.known = j->q.known;
        j->rc = known_at(j, WF_GIVES(&j->q, KNOWN), WF_GIVES(&j->q, KNOWN_BY), j->q.known_by, &j->figures.known);
        j->from = WF_GIVES(&j->q, ON) ? j->q.on : WF_DAY_OPEN;
        j->begun = true;
        if (j->rc != WF_OK || !figure(j, j->figures.known, j->from))
            return true;
    }
    if (j->figures.cursor != UINT64_MAX && !collect_explain(j))
        return j->rc != WF_OK;
    return send_kept(j);
}

bool wf_verb_diff(wf_job *j)
{
    if (!j->begun) {
        uint64_t known = j->q.known, since = j->q.since;
        wf_day on = WF_GIVES(&j->q, ON) ? j->q.on : wf_engine_today(j->house->engine);
        j->begun = true;
        j->rc = known_at(j, WF_GIVES(&j->q, KNOWN), WF_GIVES(&j->q, KNOWN_BY), j->q.known_by, &known);
        if (j->rc == WF_OK)
            j->rc = known_at(j, WF_GIVES(&j->q, SINCE), WF_GIVES(&j->q, SINCE_BY), j->q.since_by, &since);
        if (j->rc == WF_OK && since == 0)
            j->rc = wf_fail(&j->e, WF_MISSING, "since or since_by is missing, or is now: the state of knowledge to begin with");
        if (j->rc == WF_OK && known != 0 && known < since)
            j->rc = wf_fail(&j->e, WF_RANGE, "what was known at entry %llu comes before entry %llu: ask the other way round",
                            (unsigned long long) known, (unsigned long long) since);
        const wf_explain_query q = { j->q.indicator, j->q.unit, on, known, 0 };
        if (j->rc != WF_OK || !figure(j, since, on) || !figure(j, known, on))
            return true;
        j->rc = wf_engine_diff(j->house->engine, &q, since, keep, j, &j->e);
        if (j->rc != WF_OK)
            return true;
    }
    return send_kept(j);
}
