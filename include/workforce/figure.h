/* figure -- what a published indicator value carries, and what an alert message carries (DESIGN 6, 7; SEMANTICS A6).
 *
 * Text is borrowed from the message it was decoded from (client side) or from the daemon's tables (daemon side). */
#pragma once
#include <workforce/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* I3. The symbol column is what the DfE prints in place of a figure. */
#define WF_FIGURE_STATUSES(X)                                                                             \
    X(WF_FIGURE_OK,         "ok",  "",    "a figure")                                                     \
    X(WF_FIGURE_Z,          "z",   "z",   "not applicable: the denominator is 0")                         \
    X(WF_FIGURE_X,          "x",   "x",   "no data: a source is not complete for the days that are read") \
    X(WF_FIGURE_U,          "u",   "u",   "unreliable by its definition")                                 \
    X(WF_FIGURE_C,          "c",   "c",   "suppressed")                                                   \
    X(WF_FIGURE_LOW,        "low", "low", "rounds to 0 and is not 0")

typedef enum wf_figure_status {
#define X(name, wire, symbol, text) name,
    WF_FIGURE_STATUSES(X)
#undef X
    WF_FIGURE_STATUS_COUNT
} wf_figure_status;

typedef enum wf_measured { WF_PEOPLE, WF_FTE_MILLIONTHS, WF_CHILDREN, WF_POSTS_FTE, WF_DAYS_MILLIONTHS, WF_EVENTS, WF_MEASURED_COUNT } wf_measured;

typedef enum wf_level { WF_UNKNOWN, WF_OKAY, WF_AMBER, WF_RED } wf_level;

/* How far a source that a figure rests on has told everything. `until` WF_DAY_OPEN: without end; `from` too: it has never
 * said so. */
#define WF_FIGURE_SOURCES_MAX 8
typedef struct wf_figure_source { wf_str source; wf_day from, until; } wf_figure_source;

typedef struct wf_figure {
    wf_str indicator, version;      /* version: 16 hex digits over the definition's text */
    wf_str unit;                    /* path of unit ids from the organisation: "bexley/children/asm1" */
    wf_day day;                     /* figure at the close of this day */
    wf_day from;                    /* first day of the longest window it reads; day itself for a stock */
    wf_figure_status status;
    int64_t numerator, denominator; /* exact, in the units named below; a count has denominator 0 and has_denominator false */
    bool has_denominator;
    wf_measured numerator_of, denominator_of;
    int64_t people;                 /* people behind it (I5) */
    int64_t value;                  /* numerator x scale / denominator in millionths of the indicator's unit, half up; for people only */
    int32_t decimals;               /* places that are printed */
    wf_str unit_of_value;           /* "percent", "children per FTE", "count", "FTE", "days" */
    wf_day complete_until;          /* the last day on which all that it rests on is complete; WF_DAY_OPEN if open */
    wf_day no_data_until;           /* status x: first day on which it can be known; WF_DAY_OPEN if no source has said */
    bool provisional;               /* the day is still open */
    wf_level rating;                /* of the first rule that watches it here; WF_UNKNOWN without one */
    uint64_t sequence;              /* the journal sequence it stands for */
    wf_day history_from;            /* stream: earliest day that changed since the last message on its topic */
    int32_t source_count;           /* by name; of the days of a history they are not given */
    wf_figure_source source[WF_FIGURE_SOURCES_MAX];
} wf_figure;

typedef enum wf_cause {             /* SEMANTICS L2; order is the order in texts */
    WF_BY_STARTER, WF_BY_LEAVER, WF_BY_MOVE, WF_BY_HOURS, WF_BY_MAIN, WF_BY_BAND, WF_BY_REORGANISATION, WF_BY_TRANSFER,
    WF_BY_TEMPORARY, WF_BY_ADJUSTMENT, WF_BY_TIME, WF_BY_REPORT,
    WF_BY_LEFT_WINDOW, WF_BY_CORRECTED, WF_BY_PROFILE, WF_CAUSE_COUNT
} wf_cause;                         /* REPORT: a source said so (caseload, allocation, absence, declaration, obligation) */
const char *wf_cause_name(wf_cause cause);          /* "left the window" */

typedef struct wf_alert_change { wf_cause cause; int64_t numerator, denominator; } wf_alert_change;
typedef struct wf_alert_coming { wf_day day; int64_t numerator, denominator; } wf_alert_coming;

/* Why an alert message is told (A3, A5). */
typedef enum wf_alert_kind {
    WF_ALERT_STATE,                 /* the state is another than was told */
    WF_ALERT_AT_START,              /* so on the first day of watching: it began then or before */
    WF_ALERT_ERRATUM,               /* closed days turned out otherwise: see its entries */
    WF_ALERT_PROFILE,               /* the state is another by a changed profile */
    WF_ALERT_LOAD,                  /* of an organisation: what stands after a load, see its entries; it has no rule */
    WF_ALERT_KIND_COUNT
} wf_alert_kind;
const char *wf_alert_kind_name(wf_alert_kind kind);         /* "at_start" */

/* What became of an alert (A4). */
typedef enum wf_erratum {
    WF_ERRATUM_AMENDED,             /* it has other days or levels */
    WF_ERRATUM_WITHDRAWN,           /* it never was */
    WF_ERRATUM_MERGED,              /* its days belong to `other` */
    WF_ERRATUM_SPLIT,               /* its days had been told as part of `other` */
    WF_ERRATUM_LATE,                /* it was and is over, and was not told */
    WF_ERRATUM_STANDS,              /* no erratum: it stands after a load, by `rule` in `unit` */
    WF_ERRATUM_COUNT
} wf_erratum;
const char *wf_erratum_name(wf_erratum what);               /* "withdrawn" */

/* An alert is known by the number of its first message, and, where one message tells of several, by its part of it:
 * 0 the first, then 2, 3, ... */
typedef struct wf_alert_entry {
    wf_erratum what;
    uint64_t alert, other;          /* other: of merged and split; 0 none */
    int32_t part, other_part;
    wf_day first, last;             /* as known now; last WF_DAY_OPEN: it stands. level WF_UNKNOWN: not there */
    wf_level level;                 /* the highest */
    wf_day was_first, was_last;     /* as told before; was_level WF_UNKNOWN: not told */
    wf_level was_level;
    wf_str rule, unit;              /* of STANDS alone */
} wf_alert_entry;
#define WF_ALERT_ENTRIES_MAX 32

#define WF_ALERT_TEXT_MAX 512
typedef struct wf_alert {
    uint64_t number;                /* dense, for ever */
    wf_alert_kind kind;
    uint64_t alert;                 /* id of the run: the number of its first message */
    int32_t part;
    wf_str rule, rule_version, title;
    wf_str unit, unit_title;        /* unit is a path */
    wf_level state, before;
    wf_day day;                     /* the civil day that was judged */
    wf_day since;                   /* first day of the run at amber or red; of the state when it is ok */
    bool closed;                    /* told as a day that closed, by a tick; else today's state */
    wf_str unknown_reason;          /* state unknown: "too few people", "no data until 2026-10-01", ... */
    wf_figure figure;
    int64_t amber, red, clear;      /* edges in force, millionths of the indicator's unit; INT64_MIN: none */
    int32_t change_count, coming_count;
    wf_alert_change change[WF_CAUSE_COUNT];   /* since the last message of this rule and unit; they add up */
    int32_t entry_count;            /* of an erratum; those beyond WF_ALERT_ENTRIES_MAX are counted in entries_more */
    uint64_t entries_more;
    wf_alert_entry entry[WF_ALERT_ENTRIES_MAX];
    wf_alert_coming coming[8];      /* what is already known: figure's sums at the next days on which they change */
    uint64_t sequence;              /* journal sequence of the frame or tick that raised it */
    char text[WF_ALERT_TEXT_MAX];   /* at most three lines of 160 characters, '\n' between, NUL-terminated */
} wf_alert;

#ifdef __cplusplus
}
#endif
