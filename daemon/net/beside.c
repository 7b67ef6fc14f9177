/* beside -- complete and moves: what stands beside figures. Collected first, so that the engine is not held while they are
 * sent. */
#include <stdlib.h>
#include <string.h>

#include "core/calendar.h"
#include "net/verbs.h"

#define KEPT_MOST 100000u               /* rows of one answer */

/* ---- complete -------------------------------------------------------------------------------------------------- */

typedef struct kept_row {
    wf_row_kind kind;
    struct { union { wf_span_row span; wf_gap gap; } as; } row;
    char org[WF_ID_MAX], source[WF_SOURCE_MAX];
} kept_row;

/* A row of its own for each; its texts are copied. */
static kept_row *one_more(wf_job *j, wf_row_kind kind, wf_str org, wf_str source, wf_str *org_at, wf_str *source_at)
{
    if ((j->list_n & (j->list_n - 1)) == 0) {
        j->list = realloc(j->list, (j->list_n ? j->list_n * 2 : 1) * sizeof(kept_row));
        WF_ASSERT(j->list);
    }
    kept_row *k = (kept_row *) j->list + j->list_n++;
    k->kind = kind;
    *org_at = (wf_str) { NULL, org.n < sizeof k->org ? org.n : sizeof k->org };
    *source_at = (wf_str) { NULL, source.n < sizeof k->source ? source.n : sizeof k->source };
    memcpy(k->org, org.p, org_at->n);
    memcpy(k->source, source.p, source_at->n);
    return k;
}

static void keep_span(void *ctx, const wf_engine_span *s)
{
    wf_job *j = ctx;
    if (WF_GIVES(&j->q, ORG) && !wf_str_eq(s->org, j->q.org))
        return;
    wf_span_row row = {
        .type = wf_str_of(wf_event_rows[s->type].name), .complete = wf_said_text(s->complete), .from = s->from, .until = s->until,
        .late_promised = (uint64_t) s->late_promised,
    };
    kept_row *k = one_more(j, WF_ROW_SPAN, s->org, s->source, &row.org, &row.source);
    k->row.as.span = row;
}

static void keep_gap(void *ctx, const wf_engine_gap *g)
{
    wf_str none = { "", 0 };
    wf_gap row = { .from = g->listed ? g->from : 0, .until = g->listed ? g->until : 0, .missing = g->until - g->from + 1 };
    kept_row *k = one_more(ctx, WF_ROW_GAP, none, g->source, &none, &row.source);
    k->row.as.gap = row;
}

static void keep_complete(wf_job *j)
{
    wf_engine *en = j->house->engine;
    for (uint64_t org = 0; org != UINT64_MAX && j->list_n < KEPT_MOST;)
        wf_engine_spans(en, &org, keep_span, j);
    for (uint64_t source = 0; source != UINT64_MAX && j->list_n < KEPT_MOST;)
        wf_engine_gaps(en, &source, keep_gap, j);
}

bool wf_verb_complete(wf_job *j)
{
    if (!j->begun)
        keep_complete(j);
    j->begun = true;
    for (; j->cursor < j->list_n; j->cursor++) {
        kept_row *k = (kept_row *) j->list + j->cursor;
        if (!wf_job_room(j))
            return false;
        if (k->kind == WF_ROW_SPAN)
            k->row.as.span.org.p = k->org;
        *(k->kind == WF_ROW_SPAN ? &k->row.as.span.source.p : &k->row.as.gap.source.p) = k->source;
        wf_job_add(j, k->kind, &k->row.as);
    }
    return true;
}

/* ---- moves ----------------------------------------------------------------------------------------------------- */

static void add_move(wf_job *j, const wf_engine_moves *m, const char *what, wf_engine_crossing x, const char *counted_in)
{
    wf_move row = {
        .unit = j->q.unit, .from = m->from, .until = m->until, .what = wf_str_of(what), .heads_in = x.heads_in, .fte_in = x.fte_in,
        .heads_out = x.heads_out, .fte_out = x.fte_out, .counted_in = wf_str_of(counted_in),
    };
    wf_job_add(j, WF_ROW_MOVE, &row);
}

bool wf_verb_moves(wf_job *j)
{
    static const char *const counted_in[WF_CAUSE_COUNT] = {
        [WF_BY_STARTER] = "starters, inflow", [WF_BY_LEAVER] = "leavers, outflow", [WF_BY_MOVE] = "inflow, outflow",
    };
    wf_engine_totals t;
    wf_engine_status(j->house->engine, &t);
    wf_engine_moves m = { .until = WF_GIVES(&j->q, UNTIL) ? j->q.until : t.today };
    m.from = WF_GIVES(&j->q, FROM) ? j->q.from : (wf_day) { wf_day_months_back(m.until, 12).n + 1 };
    while (m.cursor != UINT64_MAX) {
        wf_rc rc = wf_engine_moved(j->house->engine, j->q.unit, &m, &j->e);
        if (rc != WF_OK) {
            j->rc = rc;
            return true;
        }
    }
    wf_engine_crossing stock = { .heads_in = m.heads_before, .fte_in = m.fte_before };
    add_move(j, &m, "in post before", stock, "");
    for (int c = 0; c < WF_CAUSE_COUNT; c++) {
        const wf_engine_crossing *x = &m.by[c];
        stock.heads_in += x->heads_in - x->heads_out;
        stock.fte_in += x->fte_in - x->fte_out;
        if (x->heads_in != 0 || x->heads_out != 0 || x->fte_in != 0 || x->fte_out != 0)
            add_move(j, &m, wf_cause_name((wf_cause) c), *x, counted_in[c] != NULL ? counted_in[c] : "");
    }
    add_move(j, &m, "in post after", stock, "");
    return true;
}
