/* ctl -- what the commands of workforcectl share: options, questions, and how things look. */
#pragma once
#include <stdio.h>
#include <workforce/workforce.h>

enum { CTL_OK = 0, CTL_SOME = 1, CTL_USAGE = 2, CTL_UNREACHABLE = 3 };

/* ---- commands and their options -------------------------------------------------------------------------------- */

typedef enum ctl_kind { CTL_FLAG, CTL_TEXT, CTL_COUNT, CTL_DAY } ctl_kind;  /* to: bool, const char *, uint64_t, wf_day */

typedef struct ctl_option {
    const char *name;               /* "since": --since; NULL ends a table */
    ctl_kind kind;
    void *to;
    const char *argument;           /* "NUMBER" */
    const char *text;
} ctl_option;

typedef struct ctl_command {
    const char *name, *arguments;   /* "history", "INDICATOR UNIT" */
    const char *summary;            /* one line */
    const char *details;            /* more, for --help; ends with a newline, or empty */
    int least, most;                /* arguments; most -1: any number */
    const ctl_option *options;
    int (*run)(int argc, char **argv);      /* arguments without options; the exit status */
} ctl_command;

extern const ctl_command ctl_publish, ctl_tail, ctl_show, ctl_figures, ctl_history, ctl_indicators, ctl_findings, ctl_refused,
    ctl_explain, ctl_diff, ctl_why_not, ctl_status, ctl_complete, ctl_moves, ctl_dump, ctl_clock, ctl_reload, ctl_backup;

/* Set before a command runs. */
extern const char *ctl_sockets;     /* folder of the daemon's sockets */
extern bool ctl_json;               /* --json: one object a line, for machines */

bool ctl_count(const char *text, uint64_t *ret);
/* Says what is wrong with the call, on standard error; returns CTL_USAGE. */
int ctl_wrong(const char *format, ...) WF_PRINTF(1, 2);
/* Says why it failed and returns CTL_UNREACHABLE where nobody answers, else CTL_SOME. */
int ctl_failed(wf_rc rc, const wf_err *e);

/* ---- questions -------------------------------------------------------------------------------------------------- */

/* Opens the query or admin socket, asks, hands over each row. Returns an exit status; what failed has been said. */
int ctl_ask(const wf_question *q, wf_row_fn *fn, void *ctx);
/* The same for callers that want the reason themselves. */
WF_NODISCARD wf_rc ctl_ask_quietly(const wf_question *q, int timeout_ms, wf_row_fn *fn, void *ctx, wf_err *e);
/* "as known": puts `known` or `known_by` into the question as the text is a sequence or a date; NULL leaves it out. An exit
 * status; what is wrong with --option has been said. */
int ctl_give_known(wf_question *q, const char *option, const char *text);
/* Prints every row as one line of JSON. */
wf_rc ctl_row_as_json(void *ctx, const wf_row *row, wf_err *e);
#define CTL_GIVE(question, argument, member, value) ((question)->member = (value), (question)->given |= 1u << WF_ARG_##argument)

/* ---- looks ------------------------------------------------------------------------------------------------------ */

typedef enum ctl_colour { CTL_PLAIN, CTL_BOLD, CTL_DIM, CTL_GREEN, CTL_YELLOW, CTL_RED } ctl_colour;
/* The sequence that begins (or, PLAIN, ends) a colour; "" unless standard output is a terminal and NO_COLOR is not set. */
const char *ctl_in(ctl_colour c);
ctl_colour ctl_colour_of(wf_level level);
bool ctl_utf8(void);                /* the locale's characters are UTF-8 */
int ctl_width(void);                /* columns of the terminal; 80 where there is none */

#define CTL_VALUE_TEXT 64
/* The figure to its printed digit, worked out from its exact fraction; where there is none its symbol: "13.4", "x". */
const char *ctl_digits(const wf_figure *f, char buf[CTL_VALUE_TEXT]);
/* "13.4 %", "14.2 children per FTE", "12", "no data until 2025-09-30". */
const char *ctl_value(const wf_figure *f, char buf[CTL_VALUE_TEXT]);
/* "3 of 11", "129 of 7"; empty for a count. */
const char *ctl_fraction(const wf_figure *f, char buf[CTL_VALUE_TEXT]);

/* A table that is laid out when it is complete: cells are copied; columns that hold numbers stand to the right. */
typedef struct ctl_table ctl_table;
ctl_table *ctl_table_new(int columns, const char *const *headings, uint32_t to_the_right);
void ctl_table_cell(ctl_table *t, ctl_colour colour, const char *format, ...) WF_PRINTF(3, 4);
size_t ctl_table_rows(const ctl_table *t);
void ctl_table_print(const ctl_table *t, FILE *to);
void ctl_table_free(ctl_table **p);

/* A line of `width` marks, the higher the greater; values[i] INT64_MIN leaves a gap. Several values share a mark where there
 * are more than marks: the last that is known. out holds 4 x width + 1 bytes. */
void ctl_spark(const int64_t *values, size_t n, int width, bool utf8, char *out);
/* Appends JSON text of s with its quotes; for bytes that are no UTF-8 a '?'. */
void ctl_json_text(FILE *to, wf_str s);
