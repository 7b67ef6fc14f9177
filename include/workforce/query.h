/* query -- questions to the daemon and the rows that answer them; the same rows travel on the stream.
 *
 *     question:  verb + arguments          answer:  row, row, row ...      row:  (kind, struct of that kind)
 *
 * Every verb, argument, kind of row and field is a line of a table below. The structs, the encoder and decoder, the JSON
 * text and PROTOCOL.md's lists are made from these lines. Text in a row is borrowed from the message it came in. */
#pragma once
#include <workforce/figure.h>
#include <workforce/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- rows ------------------------------------------------------------------------------------------------------ */

/* X(KIND, number on the wire, wire name, struct, sentence) */
#define WF_ROWS(X)                                                                                                  \
    X(FIGURE,    1,  "figure",    wf_figure,        "a published value, workforce/figure.h")                      \
    X(ALERT,     2,  "alert",     wf_alert,         "a message about a rule and a unit")                           \
    X(BEAT,      3,  "beat",      wf_beat,          "sent on the stream every second, so that a loss at its end shows") \
    X(RUN,       4,  "run",       wf_run,           "days in a row on which a rule stood in one state")            \
    X(FINDING,   5,  "finding",   wf_finding,       "a fact that has no effect, or not yet")                       \
    X(REFUSED,   6,  "refused",   wf_refused,       "an event that was refused, and why")                          \
    X(STATUS,    7,  "status",    wf_status,        "the daemon as a whole")                                       \
    X(SOURCE,    8,  "source",    wf_source,        "what one source has sent")                                    \
    X(TOPIC,     9,  "topic",     wf_topic,         "a topic of the stream")                                       \
    X(INDICATOR, 10, "indicator", wf_indicator_row, "a definition in force")                                       \
    X(RULE,      11, "rule",      wf_rule_row,      "a rule in force")                                             \
    X(CLOCK,     12, "clock",     wf_clock_row,     "the calendar of the daemon")                                  \
    X(LINE,      13, "line",      wf_line,          "one line of text")                                            \
    X(SPAN,      14, "span",      wf_span_row,      "days of which a source has told everything of one type")      \
    X(GAP,       15, "gap",       wf_gap,           "numbers that are missing in a source's own sequence")         \
    X(MOVE,      16, "move",      wf_move,          "people and FTE that crossed a unit's border, of one cause")    \
    X(BACKUP,    17, "backup",    wf_backup,        "a piece of a snapshot of the store")                          \
    X(EVIDENCE,  18, "evidence",  wf_evidence,      "an event behind a figure, or behind its change")

typedef enum wf_row_kind {
    WF_ROW_NONE,
#define X(name, number, wire, type, text) WF_ROW_##name = number,
    WF_ROWS(X)
#undef X
    WF_ROW_KINDS
} wf_row_kind;

/* X(kind of field, member and key, sentence). The kinds, in C / in MessagePack / in JSON:
 *   TEXT        wf_str      str                                  string
 *   BYTES       wf_str      bin                                  string of hex digits
 *   DAY         wf_day      int days; nil for WF_DAY_OPEN        "2024-03-01" or null
 *   INSTANT     wf_instant  int milliseconds UTC                 RFC 3339
 *   DATA        wf_str      bin of at most 15,360 bytes          string of hex digits
 *   COUNT       uint64_t    int                                  number
 *   NUMBER      int64_t     int                                  number
 *   MILLIONTHS  int64_t     int; nil for INT64_MIN ("none")      decimal string or null
 *   YES         bool        bool                                 bool
 *   LEVEL       wf_level    str: unknown, ok, amber, red         string */
#define WF_BEAT_FIELDS(X)                                                                                           \
    X(COUNT,   number,   "number of the last message on this stream socket, beats not counted")                    \
    X(COUNT,   alert,    "number of the last alert message")                                                       \
    X(COUNT,   sequence, "the last journal sequence")                                                              \
    X(DAY,     today,    "the civil day that is open")                                                             \
    X(INSTANT, time,     "the daemon's clock")                                                                     \
    X(COUNT,   instance, "differs after each start of the daemon")

#define WF_RUN_FIELDS(X)                                                                                            \
    X(TEXT,  rule,    "rule")                                                                                      \
    X(TEXT,  unit,    "path of unit ids")                                                                          \
    X(DAY,   from,    "first day of the run")                                                                      \
    X(DAY,   until,   "last day of the run, inclusive")                                                            \
    X(LEVEL, state,   "state on all of these days")                                                                \
    X(LEVEL, pending, "level whose edge is broken but not yet for long enough, on the last of these days")         \
    X(TEXT,  reason,  "state unknown: why")                                                                        \
    X(LEVEL, carried, "level that stands, through unknown days too; else the state")                               \
    X(DAY,   since,   "carried amber or red: first day of it; else null")

#define WF_FINDING_FIELDS(X)                                                                                        \
    X(TEXT,  kind,      "waiting, contradiction, unlinked or unassigned")                                          \
    X(TEXT,  org,       "organisation")                                                                            \
    X(TEXT,  unit,      "unit id, where the finding is about one")                                                 \
    X(TEXT,  source,    "source of the event")                                                                     \
    X(TEXT,  event,     "id of the event")                                                                         \
    X(TEXT,  type,      "event type")                                                                              \
    X(DAY,   effective, "effective day of the event")                                                              \
    X(COUNT, sequence,  "journal sequence of the event")                                                           \
    X(TEXT,  text,      "one sentence")

#define WF_REFUSED_FIELDS(X)                                                                                        \
    X(COUNT,   sequence, "journal sequence of the refusal")                                                        \
    X(INSTANT, arrived,  "when it came")                                                                           \
    X(TEXT,    source,   "source, as the frame or the event says")                                                 \
    X(TEXT,    org,      "organisation, as far as it could be read")                                               \
    X(TEXT,    id,       "event id, as far as it could be read")                                                   \
    X(TEXT,    type,     "event type, as far as it could be read")                                                 \
    X(TEXT,    reason,   "wire code of the reason: \"range\"")                                                     \
    X(TEXT,    text,     "the reason with the field and value")                                                    \
    X(BYTES,   head,     "the first 256 bytes of the event")

#define WF_STATUS_FIELDS(X)                                                                                         \
    X(TEXT,    version,     "release of the daemon")                                                               \
    X(TEXT,    state,       "starting, deriving, ready, paused or stopping")                                       \
    X(TEXT,    trouble,     "what is wrong; empty when nothing is")                                                \
    X(TEXT,    store,       "store id, for ever")                                                                  \
    X(COUNT,   instance,    "differs after each start")                                                            \
    X(TEXT,    profile,     "name of the profile in force")                                                        \
    X(TEXT,    profile_version, "16 hex digits over its text")                                                     \
    X(TEXT,    clock,       "system or manual")                                                                    \
    X(DAY,     today,       "the civil day that is open")                                                          \
    X(COUNT,   sequence,    "the last journal sequence")                                                           \
    X(COUNT,   accepted,    "events accepted, for ever")                                                           \
    X(COUNT,   duplicates,  "duplicates answered since the start")                                                 \
    X(COUNT,   refused,     "events refused, for ever")                                                            \
    X(COUNT,   findings,    "findings now")                                                                        \
    X(COUNT,   subjects,    "subjects that have a timeline")                                                       \
    X(COUNT,   alerts,      "number of the last alert message")                                                    \
    X(COUNT,   per_second,  "events a second over the last ten seconds")                                           \
    X(COUNT,   lag_ms,      "age of the oldest frame that waits")                                                  \
    X(INSTANT, committed,   "time of the last commit")                                                             \
    X(COUNT,   store_limit, "most that it may come to, in bytes; intake pauses 5 % before")                        \
    X(COUNT,   disk_free,   "free on its disk, in bytes")                                                          \
    X(INSTANT, scrubbed,    "when the whole store was last read again since the start; 0: not yet")                \
    X(COUNT,   scrub_faults, "faults that this has found since the start")                                         \
    X(INSTANT, restored,    "when the store was restored from a backup; 0: never")                                 \
    X(COUNT,   store_bytes, "used pages of the store, in bytes")                                                   \
    X(COUNT,   memory_bytes, "resident memory")                                                                    \
    X(COUNT,   uptime_ms,   "since the start")

#define WF_SOURCE_FIELDS(X)                                                                                         \
    X(TEXT,    source,     "source")                                                                               \
    X(TEXT,    org,        "organisation; empty for a source that has sent nothing yet")                           \
    X(COUNT,   epoch,      "epoch of its last session")                                                            \
    X(COUNT,   durable,    "highest message number on disk in that epoch")                                         \
    X(COUNT,   accepted,   "events accepted, for ever")                                                            \
    X(COUNT,   duplicates, "duplicates answered since the start")                                                  \
    X(COUNT,   refused,    "events refused, for ever")                                                             \
    X(COUNT,   beyond,     "events acknowledged to it that the store does not hold, as it says since the start")   \
    X(COUNT,   gaps,       "numbers of the source's own sequence that have not come")                              \
    X(INSTANT, arrived,    "when it last sent")                                                                    \
    X(TEXT,    complete,   "open, until or never said: of what it tells, the type that ends first")                \
    X(DAY,     complete_until, "until: the last day that it has told in full")                                     \
    X(COUNT,   late_promised, "days that an event may come after the day that it is about, by the profile")        \
    X(COUNT,   late_median, "days that half of its events came after that day, or fewer; loads and corrections left out") \
    X(COUNT,   late_worst,  "the most days")                                                                       \
    X(COUNT,   late_beyond, "events that came later than promised")

#define WF_SPAN_FIELDS(X)                                                                                  \
    X(TEXT,    org,        "organisation")                                                                         \
    X(TEXT,    source,     "source; empty where nobody is named for the type")                                     \
    X(TEXT,    type,       "event type")                                                                           \
    X(TEXT,    complete,   "open, until or never said")                                                            \
    X(DAY,     from,       "first day that it has told in full; null: never said")                                 \
    X(DAY,     until,      "last such day; null: open or never said")                                              \
    X(COUNT,   late_promised, "days that are in `until` by the lateness that the profile promises")

#define WF_MOVE_FIELDS(X)                                                                                           \
    X(TEXT,    unit,       "path of unit ids")                                                                     \
    X(DAY,     from,       "first day")                                                                            \
    X(DAY,     until,      "last day, inclusive")                                                                  \
    X(TEXT,    what,       "in post before, a cause of P6.10, in post after")                                      \
    X(NUMBER,  heads_in,   "people that came into the unit; of in post before and after, those who were there")    \
    X(MILLIONTHS, fte_in,  "the same in FTE")                                                                      \
    X(NUMBER,  heads_out,  "people that went out of it")                                                           \
    X(MILLIONTHS, fte_out, "the same in FTE")                                                                      \
    X(TEXT,    counted_in, "measures that count it")

#define WF_EVIDENCE_FIELDS(X)                                                                                       \
    X(COUNT,  sequence,    "journal sequence of the event")                                                        \
    X(TEXT,   type,        "event type")                                                                           \
    X(DAY,    effective,   "the day that it is about")                                                             \
    X(TEXT,   source,      "who said it")                                                                          \
    X(TEXT,   event,       "the source's id of it")                                                                \
    X(TEXT,   cause,       "of P6.10; the first of several")                                                       \
    X(NUMBER, numerator,   "what it adds to the figure's numerator, in numerator_of")                              \
    X(NUMBER, denominator, "the same of the denominator")

#define WF_GAP_FIELDS(X)                                                                                            \
    X(TEXT,    source,     "source")                                                                               \
    X(COUNT,   from,       "first missing number; 0: of older holes, how many is said alone")                      \
    X(COUNT,   until,      "last missing number")                                                                  \
    X(COUNT,   missing,    "how many")

#define WF_TOPIC_FIELDS(X)                                                                                          \
    X(TEXT,  topic,      "topic")                                                                                  \
    X(TEXT,  unit,       "path of unit ids")                                                                       \
    X(TEXT,  unit_title, "title of the unit")                                                                      \
    X(TEXT,  title,      "title of the indicator or rule")                                                         \
    X(COUNT, number,     "stream number of the last message on it since the start, 0: none")

#define WF_INDICATOR_FIELDS(X)                                                                                      \
    X(TEXT,   indicator,   "name")                                                                                 \
    X(TEXT,   version,     "16 hex digits over the definition's text")                                             \
    X(TEXT,   title,       "title")                                                                                \
    X(TEXT,   unit,        "percent, children per FTE, count, FTE, days")                                          \
    X(NUMBER, decimals,    "places that are printed")                                                              \
    X(TEXT,   numerator,   "definition")                                                                           \
    X(TEXT,   denominator, "definition; empty for a count")                                                        \
    X(TEXT,   column,     "name of its column in CSV; empty: the name")

#define WF_RULE_FIELDS(X)                                                                                           \
    X(TEXT,       rule,        "name")                                                                             \
    X(TEXT,       version,     "16 hex digits over the rule's text")                                               \
    X(TEXT,       title,       "title")                                                                            \
    X(TEXT,       indicator,   "indicator that it watches")                                                        \
    X(TEXT,       units,       "units on which it is judged, as configured")                                       \
    X(YES,        high_is_bad, "true: edges are broken from below")                                                \
    X(MILLIONTHS, amber,       "edge, in the indicator's unit")                                                    \
    X(MILLIONTHS, amber_clear, "where amber ends")                                                                 \
    X(MILLIONTHS, red,         "edge")                                                                             \
    X(MILLIONTHS, red_clear,   "where red ends")                                                                   \
    X(NUMBER,     for_days,    "days in a row that the edge must be broken")                                       \
    X(NUMBER,     people,      "least number of people behind the figure")                                         \
    X(TEXT,       next_step,   "what to do, from the profile")

#define WF_CLOCK_FIELDS(X)                                                                                          \
    X(TEXT,    clock,   "system or manual")                                                                        \
    X(DAY,     today,   "the civil day that is open")                                                              \
    X(DAY,     jump,    "day that the host's clock shows and an operator must accept; null: none")                 \
    X(INSTANT, time,    "the daemon's clock")                                                                      \
    X(COUNT,   ticks,   "days ended by this request")                                                              \
    X(COUNT,   alerts,  "alert messages that these ticks made")                                                    \
    X(COUNT,   sequence, "the last journal sequence")

#define WF_BACKUP_FIELDS(X)                                                                                         \
    X(COUNT, snapshot, "its number; it is held until all of it was asked for, or nobody has asked for 30 s, or 15 min are over") \
    X(COUNT, bytes,    "of the whole")                                                                             \
    X(COUNT, sequence, "the last journal sequence in it")                                                          \
    X(COUNT, offset,   "where the piece lies")                                                                     \
    X(DATA,  data,     "the piece")

#define WF_LINE_FIELDS(X)                                                                                           \
    X(TEXT, text, "without line end")

typedef wf_str wf_row_TEXT;
typedef wf_str wf_row_BYTES;
typedef wf_str wf_row_DATA;
typedef wf_day wf_row_DAY;
typedef wf_instant wf_row_INSTANT;
typedef uint64_t wf_row_COUNT;
typedef int64_t wf_row_NUMBER;
typedef int64_t wf_row_MILLIONTHS;
typedef bool wf_row_YES;
typedef wf_level wf_row_LEVEL;

#define WF_ROW_MEMBER(kind, name, text) wf_row_##kind name;
typedef struct wf_beat { WF_BEAT_FIELDS(WF_ROW_MEMBER) } wf_beat;
typedef struct wf_run { WF_RUN_FIELDS(WF_ROW_MEMBER) } wf_run;
typedef struct wf_finding { WF_FINDING_FIELDS(WF_ROW_MEMBER) } wf_finding;
typedef struct wf_refused { WF_REFUSED_FIELDS(WF_ROW_MEMBER) } wf_refused;
typedef struct wf_status { WF_STATUS_FIELDS(WF_ROW_MEMBER) } wf_status;
typedef struct wf_source { WF_SOURCE_FIELDS(WF_ROW_MEMBER) } wf_source;
typedef struct wf_span_row { WF_SPAN_FIELDS(WF_ROW_MEMBER) } wf_span_row;
typedef struct wf_move { WF_MOVE_FIELDS(WF_ROW_MEMBER) } wf_move;
typedef struct wf_evidence { WF_EVIDENCE_FIELDS(WF_ROW_MEMBER) } wf_evidence;
typedef struct wf_gap { WF_GAP_FIELDS(WF_ROW_MEMBER) } wf_gap;
typedef struct wf_topic { WF_TOPIC_FIELDS(WF_ROW_MEMBER) } wf_topic;
typedef struct wf_indicator_row { WF_INDICATOR_FIELDS(WF_ROW_MEMBER) } wf_indicator_row;
typedef struct wf_rule_row { WF_RULE_FIELDS(WF_ROW_MEMBER) } wf_rule_row;
typedef struct wf_clock_row { WF_CLOCK_FIELDS(WF_ROW_MEMBER) } wf_clock_row;
typedef struct wf_line { WF_LINE_FIELDS(WF_ROW_MEMBER) } wf_line;
typedef struct wf_backup { WF_BACKUP_FIELDS(WF_ROW_MEMBER) } wf_backup;
#undef WF_ROW_MEMBER

/* A row that was received. `as` holds the member of its kind. */
typedef struct wf_row {
    wf_row_kind kind;
    union {
        wf_figure figure;
        wf_alert alert;
        wf_beat beat;
        wf_run run;
        wf_finding finding;
        wf_refused refused;
        wf_status status;
        wf_source source;
        wf_topic topic;
        wf_span_row span;
        wf_gap gap;
        wf_evidence evidence;
        wf_move move;
        wf_indicator_row indicator;
        wf_rule_row rule;
        wf_clock_row clock;
        wf_line line;
        wf_backup backup;
    } as;
} wf_row;

const char *wf_row_name(wf_row_kind kind);             /* "figure"; "" for a kind that does not exist */

/* One line of JSON, NUL-terminated, without newline; `row` points to the struct of `kind`. Caller frees. */
char *wf_row_to_json(wf_row_kind kind, const void *row);

/* Names as they travel; "" for a value that does not exist. */
const char *wf_level_name(wf_level level);                      /* "amber" */
const char *wf_measured_name(wf_measured measured);             /* "people", "fte", "children", "posts_fte", "days", "events" */
const char *wf_figure_status_name(wf_figure_status status);     /* "low" */
const char *wf_figure_status_symbol(wf_figure_status status);   /* "z": what is printed in place of a figure; "" for ok */
/* Numbers of this kind are millionths (FTE, days), not whole things. */
bool wf_measured_in_millionths(wf_measured measured);

/* What is printed for a figure: "14.7", "1,234", or its symbol. Rounded half away from zero from `value`. */
#define WF_FIGURE_TEXT 40
const char *wf_figure_text(const wf_figure *figure, char buf[WF_FIGURE_TEXT]);

/* ---- questions ------------------------------------------------------------------------------------------------- */

/* X(NAME, wire name, socket, rows that answer, sentence) */
#define WF_VERBS(X)                                                                                                 \
    X(FIGURES,    "figures",    QUERY, "figure",            "figures at the close of `on` (default: the open day)") \
    X(LAST,       "last",       QUERY, "figure, alert",     "the last value of each topic under the prefixes")      \
    X(ALERTS,     "alerts",     QUERY, "alert",             "alert messages with a number above `since`, ascending") \
    X(HISTORY,    "history",    QUERY, "figure, run",       "one figure a day, then the runs of each rule that watches it") \
    X(FINDINGS,   "findings",   QUERY, "finding",           "findings now, oldest event first")                     \
    X(REFUSED,    "refused",    QUERY, "refused",           "refused events with a sequence above `since`, ascending") \
    X(STATUS,     "status",     QUERY, "status, source",    "the daemon, then each source")                         \
    X(MOVES,      "moves",      QUERY, "move",              "who came into a unit and went, from `from` to `until`, by cause; it adds up") \
    X(EXPLAIN,    "explain",    QUERY, "figure, evidence",  "a figure at the close of `on`, and the events that make it; they add up") \
    X(DIFF,       "diff",       QUERY, "figure, evidence",  "a figure as known at `since` and now (or at `known`), and the events between; they add up") \
    X(COMPLETE,   "complete",   QUERY, "span, gap",         "what sources have told in full, by type, and their missing numbers") \
    X(TOPICS,     "topics",     QUERY, "topic",             "every topic under the prefixes")                       \
    X(INDICATORS, "indicators", QUERY, "indicator, rule",   "every definition in force, then every rule")           \
    X(DUMP,       "dump",       QUERY, "line",              "the ledger as sorted lines: cell, day, measure, amount") \
    X(ADVANCE,    "advance",    ADMIN, "clock",             "manual clock: ends every day before `day`")            \
    X(CLOCK,      "clock",      ADMIN, "clock",             "shows the calendar")                                   \
    X(RELOAD,     "reload",     ADMIN, "line",              "reads the configuration again; an error keeps the old one") \
    X(ACCEPT,     "accept",     ADMIN, "clock",             "lets the calendar go on after a jump of more than 31 days") \
    X(LOAD,       "load",       ADMIN, "line",              "begins a load: what `source` sends is not told rule by rule") \
    X(LOADED,     "loaded",     ADMIN, "line",              "ends it: one summary an organisation says what stands")    \
    X(BACKUP,     "backup",     ADMIN, "backup",            \
      "a snapshot of the store: takes one, or with `snapshot` gives the pieces from `since` on, at most `limit`")

typedef enum wf_verb {
#define X(name, wire, socket, rows, text) WF_VERB_##name,
    WF_VERBS(X)
#undef X
    WF_VERB_COUNT
} wf_verb;

/* X(NAME, wire name, kind, sentence). TEXTS is an array of at most WF_LIST_MAX str. */
#define WF_ARGUMENTS(X)                                                                                             \
    X(ORG,        "org",        TEXT,  "organisation; without it, all")                                             \
    X(UNIT,       "unit",       TEXT,  "path of unit ids: bexley/children")                                         \
    X(UNITS,      "units",      TEXTS, "paths of unit ids; one that ends in / takes everything below it")           \
    X(INDICATOR,  "indicator",  TEXT,  "name of an indicator")                                                      \
    X(INDICATORS, "indicators", TEXTS, "names of indicators; without it, all")                                      \
    X(PREFIXES,   "prefixes",   TEXTS, "prefixes of topics; without it, all")                                       \
    X(ON,         "on",         DAY,   "civil day")                                                                 \
    X(FROM,       "from",       DAY,   "first civil day")                                                           \
    X(UNTIL,      "until",      DAY,   "last civil day, inclusive")                                                 \
    X(DAY,        "day",        DAY,   "the civil day that is to be open afterwards")                               \
    X(KNOWN,      "known",      COUNT, "as known when the journal ended with this entry")                           \
    X(KNOWN_BY,   "known_by",   DAY,   "as known before the tick that ended this day")                              \
    X(SINCE,      "since",      COUNT, "a number or sequence that is known already")                                \
    X(LIMIT,      "limit",      COUNT, "at most so many rows")                                                      \
    X(SINCE_BY,   "since_by",   DAY,   "as `since`, before the tick that ended this day")                            \
    X(SNAPSHOT,   "snapshot",   COUNT, "number of a snapshot")                                                      \
    X(SOURCE,     "source",     TEXT,  "source")

typedef enum wf_argument {
#define X(name, wire, kind, text) WF_ARG_##name,
    WF_ARGUMENTS(X)
#undef X
    WF_ARGUMENT_COUNT
} wf_argument;

/* X(VERB, ARGUMENT, REQUIRED | OPTIONAL) */
#define WF_VERB_ARGUMENTS(X)                                                                                        \
    X(FIGURES, ORG, OPTIONAL) X(FIGURES, UNITS, OPTIONAL) X(FIGURES, INDICATORS, OPTIONAL) X(FIGURES, ON, OPTIONAL) \
    X(FIGURES, KNOWN, OPTIONAL) X(FIGURES, KNOWN_BY, OPTIONAL)                                                      \
    X(LAST, PREFIXES, OPTIONAL)                                                                                     \
    X(ALERTS, SINCE, OPTIONAL) X(ALERTS, LIMIT, OPTIONAL) X(ALERTS, PREFIXES, OPTIONAL)                             \
    X(HISTORY, INDICATOR, REQUIRED) X(HISTORY, UNIT, REQUIRED) X(HISTORY, FROM, OPTIONAL) X(HISTORY, UNTIL, OPTIONAL) \
    X(HISTORY, KNOWN, OPTIONAL) X(HISTORY, KNOWN_BY, OPTIONAL)                                                      \
    X(FINDINGS, ORG, OPTIONAL) X(FINDINGS, LIMIT, OPTIONAL)                                                         \
    X(REFUSED, SINCE, OPTIONAL) X(REFUSED, LIMIT, OPTIONAL)                                                         \
    X(MOVES, UNIT, REQUIRED) X(MOVES, FROM, OPTIONAL) X(MOVES, UNTIL, OPTIONAL)                                      \
    X(EXPLAIN, INDICATOR, REQUIRED) X(EXPLAIN, UNIT, REQUIRED) X(EXPLAIN, ON, OPTIONAL) X(EXPLAIN, KNOWN, OPTIONAL) \
    X(EXPLAIN, KNOWN_BY, OPTIONAL)                                                                                  \
    X(DIFF, INDICATOR, REQUIRED) X(DIFF, UNIT, REQUIRED) X(DIFF, ON, OPTIONAL) X(DIFF, SINCE, OPTIONAL)             \
    X(DIFF, SINCE_BY, OPTIONAL) X(DIFF, KNOWN, OPTIONAL) X(DIFF, KNOWN_BY, OPTIONAL)                                \
    X(COMPLETE, ORG, OPTIONAL)                                                                                      \
    X(TOPICS, PREFIXES, OPTIONAL)                                                                                   \
    X(DUMP, ORG, OPTIONAL)                                                                                          \
    X(LOAD, SOURCE, REQUIRED) X(LOADED, SOURCE, REQUIRED)                                                           \
    X(ADVANCE, DAY, REQUIRED)                                                                                       \
    X(BACKUP, SNAPSHOT, OPTIONAL) X(BACKUP, SINCE, OPTIONAL) X(BACKUP, LIMIT, OPTIONAL)

#define WF_LIST_MAX 64
#define WF_DATA_MAX 15360           /* bytes of one DATA */
#define WF_ARGUMENT_TEXT_MAX 128
#define WF_QUESTION_BYTES_MAX 16384

typedef struct wf_list { wf_str item[WF_LIST_MAX]; size_t n; } wf_list;

typedef struct wf_question {
    wf_verb verb;
    uint64_t id;                                   /* chosen by who asks, comes back with the answer */
    uint32_t given;                                /* bit 1 << wf_argument */
    wf_str org, unit, indicator, source;
    wf_list units, indicators, prefixes;
    wf_day on, from, until, day, known_by, since_by;
    uint64_t since, limit, snapshot, known;
} wf_question;

#define WF_GIVES(question, argument) (((question)->given >> WF_ARG_##argument & 1u) != 0)

typedef struct wf_verb_row { const char *name; bool admin; const char *rows, *text; } wf_verb_row;
extern const wf_verb_row wf_verb_rows[WF_VERB_COUNT];
const char *wf_argument_name(wf_argument a);
/* 0 the verb does not take it, 1 it may, 2 it must. */
int wf_verb_takes(wf_verb verb, wf_argument argument);
bool wf_verb_named(wf_str name, wf_verb *ret);
/* Path of unit against one item of `units`: equal, or below an item that ends in '/'. */
bool wf_unit_matches(wf_str path, wf_str item);

/* ---- asking ---------------------------------------------------------------------------------------------------- */

typedef struct wf_query wf_query;

typedef struct wf_query_options {
    const char *endpoint;        /* tcp://, ipc:// (or inproc:// with `context`) of `query` or `admin` */
    void *context;               /* a libzmq context to share; NULL: the query makes and ends its own */
    int timeout_ms;              /* longest silence while an answer is awaited; 0: 5,000 */
} wf_query_options;

/* Connects. Does not wait for the daemon. WF_CONFIG: endpoint. WF_SYSTEM: libzmq's reason. */
WF_NODISCARD wf_rc wf_query_open(const wf_query_options *o, wf_query **ret, wf_err *e);
void wf_query_free(wf_query **p);

/* Called once a row, in the daemon's order; the row and its text are the caller's only during the call.
 * Returning anything but WF_OK ends the answer there and is what wf_query_ask returns. */
typedef wf_rc wf_row_fn(void *ctx, const wf_row *row, wf_err *e);

/* Asks and hands over every row. `question->id` is ignored.
 * WF_BUSY the daemon does not answer (ask again later); WF_MALFORMED the answer is not to be understood;
 * any other code and text are the daemon's own refusal: WF_ABSENT no such unit, WF_RANGE ... */
WF_NODISCARD wf_rc wf_query_ask(wf_query *q, const wf_question *question, wf_row_fn *fn, void *ctx, wf_err *e);

#ifdef __cplusplus
}
#endif
