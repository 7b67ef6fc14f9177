/* sources -- what each source has told in full, and which of its own numbers are missing; how people came and went. */
#include "consumers/workforcectl/ctl.h"
#include <string.h>

static const char *org;
static wf_day from = { INT32_MAX }, until = { INT32_MAX };

static const char *day_or(wf_day d, const char *none, char buf[WF_DAY_TEXT])
{
    return d.n == WF_DAY_OPEN.n ? none : wf_day_text(d, buf);
}

/* ---- complete ------------------------------------------------------------------------------------------------------- */

typedef struct both { ctl_table *spans, *gaps; } both;

static wf_rc list_complete(void *ctx, const wf_row *row, wf_err *e)
{
    both *b = ctx;
    char day[WF_DAY_TEXT];
    (void) e;
    if (row->kind == WF_ROW_SPAN) {
        const wf_span_row *s = &row->as.span;
        bool open = wf_str_eq(s->complete, WF_STR("open")), never = wf_str_eq(s->complete, WF_STR("never said"));
        ctl_table_cell(b->spans, CTL_PLAIN, "%.*s", WF_STR_ARG(s->org));
        ctl_table_cell(b->spans, CTL_PLAIN, "%.*s", WF_STR_ARG(s->type));
        ctl_table_cell(b->spans, s->source.n > 0 ? CTL_PLAIN : CTL_DIM, "%.*s", WF_STR_ARG(s->source.n > 0 ? s->source : WF_STR("nobody")));
        ctl_table_cell(b->spans, never ? CTL_YELLOW : CTL_PLAIN, "%s", day_or(s->from, "never said", day));
        ctl_table_cell(b->spans, CTL_PLAIN, "%s", open ? "open" : day_or(s->until, "", day));
        ctl_table_cell(b->spans, CTL_DIM, s->late_promised > 0 ? "%llu days" : "%.0llu", (unsigned long long) s->late_promised);
    } else if (row->kind == WF_ROW_GAP) {
        const wf_gap *g = &row->as.gap;
        ctl_table_cell(b->gaps, CTL_PLAIN, "%.*s", WF_STR_ARG(g->source));
        ctl_table_cell(b->gaps, CTL_PLAIN, "%llu", (unsigned long long) g->missing);
        if (g->from == 0) ctl_table_cell(b->gaps, CTL_DIM, "%s", "older ones");
        else if (g->missing == 1) ctl_table_cell(b->gaps, CTL_PLAIN, "%llu", (unsigned long long) g->from);
        else ctl_table_cell(b->gaps, CTL_PLAIN, "%llu to %llu", (unsigned long long) g->from, (unsigned long long) g->until);
    }
    return WF_OK;
}

static int run_complete(int argc, char **argv)
{
    static const char *const spans[] = { "ORG", "TYPE", "SOURCE", "COMPLETE FROM", "UNTIL", "MAY BE LATE" };
    static const char *const gaps[] = { "SOURCE", "MISSING", "ITS NUMBERS" };
    wf_question q = { .verb = WF_VERB_COMPLETE };
    (void) argc;
    (void) argv;
    if (org != NULL)
        CTL_GIVE(&q, ORG, org, wf_str_of(org));
    if (ctl_json)
        return ctl_ask(&q, ctl_row_as_json, NULL);
    both b = { ctl_table_new(6, spans, 0), ctl_table_new(3, gaps, 1u << 1) };
    int status = ctl_ask(&q, list_complete, &b);
    if (status == CTL_OK && ctl_table_rows(b.spans) > 0)
        ctl_table_print(b.spans, stdout);
    else if (status == CTL_OK)
        puts("Nothing is complete.");
    if (status == CTL_OK && ctl_table_rows(b.gaps) > 0) {
        putchar('\n');
        ctl_table_print(b.gaps, stdout);
    }
    ctl_table_free(&b.spans);
    ctl_table_free(&b.gaps);
    return status;
}

static const ctl_option complete_options[] = {
    { "org", CTL_TEXT, &org, "ORG", "of this organisation only" },
    { "json", CTL_FLAG, &ctl_json, NULL, "one JSON object a line" },
    { .name = NULL },
};
const ctl_command ctl_complete = {
    "complete", "", "Shows what each source has told in full, by kind of fact, and which of its numbers are missing",
    "A figure is no data while a kind of fact that it rests on is not complete on every day that it reads. What figures rest on\n"
    "and nobody has told is listed as never said. UNTIL holds the days that the profile lets a source be late.\n",
    0, 0, complete_options, run_complete,
};

/* ---- moves ---------------------------------------------------------------------------------------------------------- */

static void fte(ctl_table *t, int64_t millionths)
{
    char text[WF_MILLIONTHS_TEXT];
    ctl_table_cell(t, CTL_PLAIN, "%s", millionths == 0 ? "" : wf_millionths_text(millionths, text));
}

static void heads(ctl_table *t, int64_t n)
{
    if (n == 0) ctl_table_cell(t, CTL_PLAIN, "%s", "");
    else ctl_table_cell(t, CTL_PLAIN, "%lld", (long long) n);
}

static wf_rc list_move(void *ctx, const wf_row *row, wf_err *e)
{
    ctl_table *t = ctx;
    const wf_move *m = &row->as.move;
    (void) e;
    if (row->kind != WF_ROW_MOVE)
        return WF_OK;
    if (ctl_table_rows(t) == 0) {
        char a[WF_DAY_TEXT], b[WF_DAY_TEXT];
        printf("%.*s from %s to %s\n\n", WF_STR_ARG(m->unit), wf_day_text(m->from, a), wf_day_text(m->until, b));
    }
    ctl_table_cell(t, CTL_PLAIN, "%.*s", WF_STR_ARG(m->what));
    heads(t, m->heads_in);
    fte(t, m->fte_in);
    heads(t, m->heads_out);
    fte(t, m->fte_out);
    ctl_table_cell(t, CTL_DIM, "%.*s", WF_STR_ARG(m->counted_in));
    return WF_OK;
}

static int run_moves(int argc, char **argv)
{
    static const char *const titles[] = { "", "HEADS IN", "FTE IN", "HEADS OUT", "FTE OUT", "COUNTED IN" };
    wf_question q = { .verb = WF_VERB_MOVES };
    (void) argc;
    CTL_GIVE(&q, UNIT, unit, wf_str_of(argv[0]));
    if (from.n != INT32_MAX)
        CTL_GIVE(&q, FROM, from, from);
    if (until.n != INT32_MAX)
        CTL_GIVE(&q, UNTIL, until, until);
    if (ctl_json)
        return ctl_ask(&q, ctl_row_as_json, NULL);
    ctl_table *t = ctl_table_new(6, titles, 0xfu << 1);
    int status = ctl_ask(&q, list_move, t);
    if (status == CTL_OK)
        ctl_table_print(t, stdout);
    ctl_table_free(&t);
    return status;
}

static const ctl_option moves_options[] = {
    { "from", CTL_DAY, &from, "DATE", "first day; without it 12 months to the last" },
    { "until", CTL_DAY, &until, "DATE", "last day; without it the open day" },
    { "json", CTL_FLAG, &ctl_json, NULL, "one JSON object a line" },
    { .name = NULL },
};
const ctl_command ctl_moves = {
    "moves", " UNIT", "Shows who came into a unit and who went, by cause, and what was counted where",
    "Those in post before, what crossed the unit's border, those in post after: it adds up. Reorganisations, transfers of\n"
    "employer and temporary moves are no leavers, starters, inflow or outflow, and stand here beside them; a cut in hours is FTE\n"
    "that went without a person.\n",
    1, 1, moves_options, run_moves,
};
