/* rows -- the tables of rows as data, and what figure and alert rows hold beside query.h's kinds. */
#pragma once
#include <workforce/query.h>
#include "guard.h"
#include "pack.h"

/* X(kind, member, key, sentence). Kinds beside those of query.h:
 *   SMALL     int32_t            int                                     number
 *   STATUS    wf_figure_status   str                                     string
 *   MEASURED  wf_measured        str                                     string
 *   TOP       numerator          int in numerator_of; nil for x and c    number, or decimal string of millionths, or null
 *   BOTTOM    denominator        the same in denominator_of; nil also when there is none
 *   BELOW     denominator_of     str; nil: no denominator
 *   VALUE     value              int, millionths of the indicator's unit; nil for z, x and c; decimal string
 *   FIGURE    wf_figure          map
 *   CHANGES   wf_alert_change[]  array of [cause, numerator, denominator]
 *   COMING    wf_alert_coming[]  array of [day, numerator, denominator]
 *   SOURCES   wf_figure_source[] array of [source, from, until]
 *   KIND      wf_alert_kind      str                                     string
 *   ENTRIES   wf_alert_entry[]   array of [what, alert, part, other, other_part, first, last, level, was_first, was_last, was_level]
 *   CHARS     char[]             str */
#define WF_FIGURE_FIELDS(X)                                                                                         \
    X(TEXT,     indicator,      "indicator",      "name of the indicator")                                         \
    X(TEXT,     version,        "version",        "16 hex digits over the definition's text")                      \
    X(TEXT,     unit,           "unit",           "path of unit ids from the organisation")                        \
    X(DAY,      day,            "day",            "the figure is at the close of this day")                        \
    X(DAY,      from,           "from",           "first day of the longest window it reads; the day itself for a stock") \
    X(STATUS,   status,         "status",         "ok, z, x, u, c or low")                                         \
    X(MEASURED, numerator_of,   "numerator_of",   "what the numerator counts")                                     \
    X(TOP,      numerator,      "numerator",      "exact")                                                         \
    X(BELOW,    denominator_of, "denominator_of", "what the denominator counts; nil for a count")                  \
    X(BOTTOM,   denominator,    "denominator",    "exact")                                                         \
    X(NUMBER,   people,         "people",         "people behind it")                                              \
    X(VALUE,    value,          "value",          "in the indicator's unit, rounded half up to millionths, for people only") \
    X(SMALL,    decimals,       "decimals",       "places that are printed")                                       \
    X(TEXT,     unit_of_value,  "unit_of_value",  "percent, children per FTE, count, FTE, days")                   \
    X(DAY,      complete_until, "complete_until", "last day on which all that it rests on is complete; nil: open") \
    X(DAY,      no_data_until,  "no_data_until",  "status x: first day on which it can be known; nil: nobody has said") \
    X(YES,      provisional,    "provisional",    "the day is still open")                                         \
    X(LEVEL,    rating,         "rating",         "of the first rule that watches it here")                        \
    X(COUNT,    sequence,       "sequence",       "journal sequence that it stands for")                           \
    X(DAY,      history_from,   "history_from",   "earliest day that changed since the last message on its topic") \
    X(SOURCES,  source_count,   "sources",        "how far each source that it rests on is complete; empty in a history")

#define WF_ALERT_FIELDS(X)                                                                                          \
    X(COUNT,      number,         "number",         "dense, for ever")                                             \
    X(KIND,       kind,           "kind",           "state, at_start, erratum, profile or load")                       \
    X(COUNT,      alert,          "alert",          "id of the run: the number of its first message")              \
    X(SMALL,      part,           "part",           "of several runs that one erratum told first: 0 the first, then 2, 3, ...") \
    X(TEXT,       rule,           "rule",           "name of the rule")                                            \
    X(TEXT,       rule_version,   "rule_version",   "16 hex digits over the rule's text")                          \
    X(TEXT,       title,          "title",          "of the rule")                                                 \
    X(TEXT,       unit,           "unit",           "path of unit ids")                                            \
    X(TEXT,       unit_title,     "unit_title",     "of the unit")                                                 \
    X(LEVEL,      state,          "state",          "unknown, ok, amber or red")                                   \
    X(LEVEL,      before,         "before",         "state before")                                                \
    X(DAY,        day,            "day",            "civil day that was judged")                                   \
    X(DAY,        since,          "since",          "first day of the run; of the state when it is ok")            \
    X(YES,        closed,         "closed",         "told as a day that closed, by a tick")                        \
    X(TEXT,       unknown_reason, "unknown_reason", "state unknown: why")                                          \
    X(FIGURE,     figure,         "figure",         "the figure that was judged")                                  \
    X(MILLIONTHS, amber,          "amber",          "edge, in the indicator's unit; nil: none")                    \
    X(MILLIONTHS, red,            "red",            "edge; nil: none")                                             \
    X(MILLIONTHS, clear,          "clear",          "where the state ends; nil: none")                             \
    X(CHANGES,    change,         "changes",        "since the last message of this rule and unit, by cause; they add up") \
    X(ENTRIES,    entry,          "entries",        "of an erratum: what became of which alerts; of a load: what stands")\
    X(COUNT,      entries_more,   "entries_more",   "entries that are left out")                                   \
    X(COMING,     coming,         "coming",         "the figure's sums on the next days on which they are known to change") \
    X(COUNT,      sequence,       "sequence",       "journal sequence of the frame or tick that raised it")        \
    X(CHARS,      text,           "text",           "at most three lines of 160 characters")

typedef enum wf_row_field_kind {
    WF_R_TEXT, WF_R_BYTES, WF_R_DATA, WF_R_DAY, WF_R_INSTANT, WF_R_COUNT, WF_R_NUMBER, WF_R_MILLIONTHS, WF_R_YES, WF_R_LEVEL, WF_R_SMALL,
    WF_R_STATUS, WF_R_MEASURED, WF_R_TOP, WF_R_BOTTOM, WF_R_BELOW, WF_R_VALUE, WF_R_FIGURE, WF_R_CHANGES, WF_R_COMING, WF_R_SOURCES,
    WF_R_KIND, WF_R_ENTRIES, WF_R_CHARS
} wf_row_field_kind;

typedef struct wf_row_field { const char *key; wf_row_field_kind kind; size_t offset; } wf_row_field;
typedef struct wf_row_table { const char *name; const wf_row_field *field; size_t count, size; } wf_row_table;

/* NULL for a kind that does not exist. */
const wf_row_table *wf_row_table_of(wf_row_kind kind);

bool wf_cause_named(wf_str name, wf_cause *ret);
