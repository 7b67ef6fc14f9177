/* engine -- core and store as one line: events in, verdicts, figures and alerts out. No sockets and no clock, so tests,
 * benchmarks and previews run it whole.
 *
 *   offer -> check -> journal -> timeline -> ledger -> book -> judge        one writing thread
 *                                              '------ questions ------'    one reading thread
 *
 * The writing thread works in groups: wf_engine_begin, any number of frames (wf_engine_offer ..., wf_engine_frame_end)
 * and ticks, wf_engine_commit. Only after commit may anything be acknowledged or told. Questions may come from one
 * other thread; they take the state's lock for at most about a millisecond a call and go on by a cursor. */
#pragma once
#include <workforce/event.h>
#include <workforce/figure.h>
#include "store/store.h"

typedef struct wf_engine wf_engine;
typedef struct wf_profile wf_profile;               /* core/profile.h; read with engine/profile.h */

/* Of what the fold makes of facts: a release that counts otherwise raises it, and stores are derived anew. */
#define WF_MEASURES_VERSION 1u

typedef struct wf_engine_options {
    wf_store *store;                                /* borrowed; ends after the engine */
    const wf_profile *profile;                      /* borrowed until wf_engine_reprofile or the end */
    wf_day today;                                   /* first day of a fresh store; a later start goes on from the last tick */
    size_t timeline_bytes;                          /* bound of the timelines' cache; 0: no bound */
    void (*progress)(void *ctx, const char *what, uint64_t done, uint64_t all);    /* a derivation that takes long; may be NULL */
    void *progress_ctx;
} wf_engine_options;

/* Opens: image and postings are loaded; a profile other than the last in force becomes a journal entry; when what the
 * ledger depends on has changed (measures' version or settings) everything is derived anew from the journal.
 * Cost: about 100 ns a posting since the image's floor. Errors: those of the store; WF_DAMAGED. */
WF_NODISCARD wf_rc wf_engine_open(const wf_engine_options *o, wf_engine **ret, wf_err *e);
void wf_engine_close(wf_engine **p);

/* ---- the writing thread ---- */
typedef enum wf_verdict_code { WF_ACCEPTED, WF_DUPLICATE, WF_REFUSED } wf_verdict_code;
typedef struct wf_verdict {
    wf_verdict_code code;
    uint64_t sequence;                              /* accepted, refused: its own entry; duplicate: the first one's */
    wf_rc reason;                                   /* refused: a REFUSE row of WF_RESULTS */
    char text[160];                                 /* refused: which field, which value; no person's id */
} wf_verdict;

WF_NODISCARD wf_rc wf_engine_begin(wf_engine *en, wf_instant arrival, wf_err *e);
/* One event as MessagePack bytes. Refusals are verdicts, not failures; a failure is the store's and ends the group. */
WF_NODISCARD wf_rc wf_engine_offer(wf_engine *en, const void *bytes, size_t n, wf_verdict *ret, wf_err *e);
/* Says which event will be offered some events later: it is decoded, and memory is asked for its timeline meanwhile.
 * `bytes` must stay where they are until then. May be left out; the verdicts are the same. */
void wf_engine_expect(wf_engine *en, const void *bytes, size_t n);
#define WF_EXPECT_AHEAD 5u
/* The publisher's frame is over: today's state of the touched rules is judged (A3). */
WF_NODISCARD wf_rc wf_engine_frame_end(wf_engine *en, wf_err *e);
/* Between the two what frames of a source touch is not told rule by rule, but at the end of the last open load, in one summary
 * an organisation; a tick ends all loads. Both are journalled; what is so already changes nothing. WF_RANGE: not a source. */
WF_NODISCARD wf_rc wf_engine_load_begin(wf_engine *en, wf_str source, wf_err *e);
WF_NODISCARD wf_rc wf_engine_load_end(wf_engine *en, wf_str source, wf_err *e);
unsigned wf_engine_loads(const wf_engine *en);      /* open now */
/* Ends today: a tick is journalled, the day is closed, rules are judged, today is the next day. */
WF_NODISCARD wf_rc wf_engine_tick(wf_engine *en, wf_err *e);
WF_NODISCARD wf_rc wf_engine_commit(wf_engine *en, wf_err *e);
/* Leaves the group without commit. State in memory is then unknown: only wf_engine_close may follow. */
void wf_engine_abandon(wf_engine *en);

/* Publisher sessions, inside a group; 0 when there is none. */
WF_NODISCARD wf_rc wf_engine_watermark(wf_engine *en, wf_str source, uint64_t epoch, uint64_t *ret, wf_err *e);
WF_NODISCARD wf_rc wf_engine_watermark_set(wf_engine *en, wf_str source, uint64_t epoch, uint64_t number, wf_err *e);

wf_day wf_engine_today(const wf_engine *en);

/* Another profile: journalled, book and judge made anew from the ledger, told states carried over (A5). Outside a group. */
WF_NODISCARD wf_rc wf_engine_reprofile(wf_engine *en, const wf_profile *profile, wf_instant arrival, wf_err *e);

/* What to tell since the last call: alerts of committed groups, in order, by number. Text is borrowed until the next call. */
typedef void wf_engine_alert_visit(void *ctx, const wf_alert *a, const void *bytes, size_t n);  /* bytes: as in the outbox */
void wf_engine_take_alerts(wf_engine *en, wf_engine_alert_visit *visit, void *ctx);
/* Figures that may have changed since they were last taken, with history_from; at most `most` a call; true: more wait. */
typedef void wf_engine_figure_visit(void *ctx, const wf_figure *f);
bool wf_engine_take_figures(wf_engine *en, unsigned most, wf_engine_figure_visit *visit, void *ctx);

/* ---- questions, from any one thread besides the writer ---- */
typedef struct wf_figure_query {
    wf_str org, unit, indicator;                    /* n == 0: all. unit: any path it had; `below`: of that day, and all under it */
    bool below;
    wf_day on;                                      /* figures at the close of this day; WF_DAY_OPEN: today */
    uint64_t known;                                 /* as it was known when the journal ended with this entry; 0: now */
    uint64_t cursor;                                /* 0 to begin; moved on by each call; UINT64_MAX at the end */
} wf_figure_query;
/* At most `most` figures a call, sorted by unit path, then by the profile's order of indicators.
 *
 * What was known then is worked out by today's profile: in some milliseconds for one unit, in up to a second for all of
 * a large store. It is kept until another entry is asked of. Errors: of the store. */
WF_NODISCARD wf_rc wf_engine_figures(wf_engine *en, wf_figure_query *q, unsigned most, wf_engine_figure_visit *visit, void *ctx, wf_err *e);
/* Is this an entry of the journal? WF_RANGE. */
WF_NODISCARD wf_rc wf_engine_known_at(wf_engine *en, uint64_t sequence, wf_err *e);
/* The last entry before the tick that ended `day`: what was known by that day (T2). 0: the day is open. WF_NO_DATA:
 * nothing was known by then; WF_RANGE: a day to come. */
WF_NODISCARD wf_rc wf_engine_known_by(wf_engine *en, wf_day day, uint64_t *ret, wf_err *e);

/* Days from..until (at most 36,600) of one indicator in one unit, with the state of the first rule on it: at most `most` a call;
 * `known` as in a figure query.
 * WF_ABSENT: no such indicator or unit. */
typedef void wf_engine_history_visit(void *ctx, const wf_figure *f, wf_level level);
WF_NODISCARD wf_rc wf_engine_history(wf_engine *en, wf_str indicator, wf_str unit, wf_day *from, wf_day until, uint64_t known, unsigned most,
                                     wf_engine_history_visit *visit, void *ctx, wf_err *e);

/* The runs of one rule in one unit over days from..until, as now known; text borrowed during the call. WF_ABSENT: no such
 * rule or unit, or the rule does not watch it. */
typedef struct wf_engine_run { wf_day from, until, since; wf_level state, carried, pending; wf_str reason; } wf_engine_run;
typedef void wf_engine_run_visit(void *ctx, const wf_engine_run *r);
WF_NODISCARD wf_rc wf_engine_runs(wf_engine *en, wf_str rule, wf_str unit, wf_day from, wf_day until, uint64_t known,
                                  wf_engine_run_visit *visit, void *ctx, wf_err *e);

/* The events behind a figure, with what each adds to its sums: numerator and denominator add up to the figure's own. */
typedef struct wf_explain_query {
    wf_str indicator, unit;
    wf_day on;                                      /* WF_DAY_OPEN: the open day */
    uint64_t known;                                 /* as in a figure query */
    uint64_t cursor;                                /* 0 to begin; moved on by each call; UINT64_MAX at the end */
} wf_explain_query;
typedef struct wf_engine_evidence {
    uint64_t sequence;
    wf_event_type type;
    wf_day effective;
    wf_str source, id;                              /* id: the event's; for those allowed */
    wf_cause cause;                                 /* of its first entry that counts */
    int64_t numerator, denominator;                 /* what it adds */
} wf_engine_evidence;
typedef void wf_engine_evidence_visit(void *ctx, const wf_engine_evidence *v);
/* At most `most` subjects a call, in no order: a subject costs about 50 us if it can count, else 20 ns. WF_ABSENT. */
WF_NODISCARD wf_rc wf_engine_explain(wf_engine *en, wf_explain_query *q, unsigned most, wf_engine_evidence_visit *visit, void *ctx, wf_err *e);
/* The events after the entry `since` (up to q->known) by what they changed in the figure of q->on, in order. They add up to
 * the difference, but where another tree is applied. WF_NO_DATA: all was derived anew since. */
WF_NODISCARD wf_rc wf_engine_diff(wf_engine *en, const wf_explain_query *q, uint64_t since, wf_engine_evidence_visit *visit, void *ctx, wf_err *e);

/* Facts that do not hold now (F2). subject is a person's or other id: for those allowed. */
typedef struct wf_engine_finding {
    const char *kind, *subject_kind;
    wf_str org, subject, source, id;
    wf_event_type type;
    uint64_t sequence;
    wf_day effective;
} wf_engine_finding;
typedef void wf_engine_finding_visit(void *ctx, const wf_engine_finding *f);
WF_NODISCARD wf_rc wf_engine_findings(wf_engine *en, uint64_t *cursor, unsigned most, wf_engine_finding_visit *visit, void *ctx, wf_err *e);

typedef enum wf_said_complete { WF_SAID_NEVER, WF_SAID_UNTIL, WF_SAID_OPEN } wf_said_complete;
typedef struct wf_engine_source {
    wf_str source;
    uint64_t accepted, duplicate, refused, gaps;    /* gaps: its own numbers that have not come */
    wf_instant last;
    wf_said_complete complete;                      /* of what it tells, the type that ends first */
    wf_day complete_until;                          /* WF_SAID_UNTIL */
    int32_t late_promised, late_median, late_worst; /* days between an event's effective day and its arrival */
    uint64_t late_beyond;                           /* events that came later than promised */
} wf_engine_source;
typedef struct wf_engine_totals {
    uint64_t sequence, events, refused, duplicates, findings, alerts, subjects, flows, timelines, timeline_bytes, ledger_bytes, used_bytes;
    wf_day today;
    bool manual_clock;
    wf_instant last_commit;
    unsigned last_commit_us, red, amber, unknown;
} wf_engine_totals;
void wf_engine_status(wf_engine *en, wf_engine_totals *ret);
typedef void wf_engine_source_visit(void *ctx, const wf_engine_source *s);
void wf_engine_sources(wf_engine *en, wf_engine_source_visit *visit, void *ctx);
/* What each source has told in full of one organisation, type by type, and what nobody has told although figures rest on it
 * (source empty where none is named for it): of the organisations from *cursor on, one a call; UINT64_MAX at the end. */
typedef struct wf_engine_span { wf_str org, source; wf_event_type type; wf_said_complete complete; wf_day from, until; int32_t late_promised; } wf_engine_span;
typedef void wf_engine_span_visit(void *ctx, const wf_engine_span *s);
void wf_engine_spans(wf_engine *en, uint64_t *cursor, wf_engine_span_visit *visit, void *ctx);
/* What crossed a unit's border from day `from` to day `until`, by cause; the unit as it is on `until`, or on today where the
 * tree is read so. To be called until `cursor`, 0 to begin, is UINT64_MAX. WF_ABSENT: no such unit, or staff has not been
 * told in full on all of these days. WF_RANGE: `until` is before `from`. */
typedef struct wf_engine_crossing { int64_t heads_in, fte_in, heads_out, fte_out; } wf_engine_crossing;
typedef struct wf_engine_moves {
    wf_day from, until;
    uint64_t cursor;
    int64_t heads_before, fte_before;               /* in post at the close of the day before `from` */
    wf_engine_crossing by[WF_CAUSE_COUNT];
} wf_engine_moves;
WF_NODISCARD wf_rc wf_engine_moved(wf_engine *en, wf_str unit, wf_engine_moves *m, wf_err *e);
/* Numbers of their own that sources have left out, one source a call. `listed` false: so many more, older than those listed. */
typedef struct wf_engine_gap { wf_str source; uint64_t from, until; bool listed; } wf_engine_gap;
typedef void wf_engine_gap_visit(void *ctx, const wf_engine_gap *g);
void wf_engine_gaps(wf_engine *en, uint64_t *cursor, wf_engine_gap_visit *visit, void *ctx);
/* Definitions and units, by index; false beyond the end. Text is borrowed until the next reprofile. */
typedef struct wf_indicator_text { wf_str name, version, title, numerator, denominator, unit, column; int decimals; } wf_indicator_text;
bool wf_engine_indicator(wf_engine *en, unsigned index, wf_indicator_text *ret);
typedef struct wf_unit_text { wf_str path, title; bool org; } wf_unit_text;
bool wf_engine_unit(wf_engine *en, unsigned index, wf_unit_text *ret);
/* What the store's own bytes say, for answers: an alert of the outbox (wf_reader_alert), a refusal of the journal
 * (WF_RECORD_REFUSED). Text is borrowed from the bytes and the record, source and org until the engine's end. WF_DAMAGED. */
WF_NODISCARD wf_rc wf_engine_alert_read(const void *bytes, size_t n, wf_alert *ret, wf_err *e);
typedef struct wf_engine_refusal { wf_str source, org, id, type, text, head; wf_rc reason; wf_instant arrival; uint64_t sequence; } wf_engine_refusal;
WF_NODISCARD wf_rc wf_engine_refusal_read(wf_engine *en, const wf_record *r, wf_engine_refusal *ret, wf_err *e);
/* The canonical ledger dump (wf_ledger_dump) under the lock: for tests and audits. Caller frees. */
char *wf_engine_dump(wf_engine *en);
