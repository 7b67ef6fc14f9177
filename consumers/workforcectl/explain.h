/* explain -- what explain, diff and why-not share: definitions, figures and evidence that outlive the answer they came in. */
#pragma once
#include "consumers/workforcectl/ctl.h"

/* A copy of borrowed text, or of a row's; it lasts until the program ends. */
wf_str ctl_keep(wf_str s);
void ctl_keep_figure(wf_figure *f);
void ctl_keep_alert(wf_alert *a);
/* Room for one more item than n, in an array that doubles. */
void *ctl_more(void *items, size_t n, size_t size);

/* ---- definitions in force ---------------------------------------------------------------------------------------- */

typedef struct ctl_definitions {
    wf_indicator_row *indicator;
    wf_rule_row *rule;
    size_t indicators, rules;
} ctl_definitions;

int ctl_define(ctl_definitions *ret);               /* asks for them; an exit status */
const wf_indicator_row *ctl_indicator_named(const ctl_definitions *d, wf_str name);        /* NULL: there is none */
const wf_rule_row *ctl_rule_named(const ctl_definitions *d, wf_str name);

/* ---- a figure with what is behind it ------------------------------------------------------------------------------- */

typedef struct ctl_behind {
    wf_figure figure[2];            /* of diff: as known before and now; of explain one */
    int figures;
    wf_evidence *evidence;
    size_t n, cap;
} ctl_behind;

/* Asks an explain or diff; the rows are kept, and with --json printed too. */
int ctl_ask_behind(const wf_question *q, ctl_behind *ret);
void ctl_behind_free(ctl_behind *b);

typedef struct ctl_sums { int64_t numerator, denominator; } ctl_sums;
ctl_sums ctl_add_up(const ctl_behind *b);
bool ctl_has_sums(const wf_figure *f);              /* not where there is no data, or it is suppressed */

/* The figures of some days and the runs of its rules, or of one. */
typedef struct ctl_line {
    wf_str only;                    /* this rule's; empty: of all */
    wf_figure *figure;
    wf_run *run;
    size_t figures, runs;
} ctl_line;
int ctl_ask_line(wf_str indicator, wf_str unit, wf_day from, wf_day until, uint64_t known, ctl_line *ret);
void ctl_line_free(ctl_line *l);

/* ---- how they look ------------------------------------------------------------------------------------------------- */

#define CTL_ROWS 20                 /* of a list, unless all are wanted */
/* "21.2", "+3"; exact. */
const char *ctl_exact(wf_measured of, int64_t v, bool sign, char buf[CTL_VALUE_TEXT]);
/* "21.2 FTE", "+3 people". */
const char *ctl_amount(wf_measured of, int64_t v, bool sign, char buf[CTL_VALUE_TEXT]);
/* Above the edge (or below it, or on it): 1, -1, 0. From the exact fraction. */
int ctl_against(const wf_figure *f, int64_t edge);
/* The definition in words, the window and the figure. */
void ctl_print_figure(const wf_figure *f, const ctl_definitions *d);
/* The events behind it, the numerator's and the denominator's, with their sums. Returns whether these are the figure's. */
bool ctl_print_behind(const ctl_behind *b, bool all);
/* Where the edges of its rules lie, and on which side of them it is. */
void ctl_print_edges(const wf_figure *f, const ctl_definitions *d, wf_str rule);
void ctl_print_runs(const ctl_line *l, bool all);

/* explain ALERT: derived again. */
int ctl_explain_alert(const char *name, bool all);
/* Of every alert ever told: which are not equal. */
int ctl_check_alerts(void);
