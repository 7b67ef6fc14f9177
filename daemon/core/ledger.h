/* ledger -- signed amounts by day, moved from cell to cell: the one store of everything that is counted (SEMANTICS L).
 *
 *   entry = (measure, from cell, to cell, cause) + day + (count, amount)
 *           '------------- flow --------------'
 *
 * A flow is interned once and has a number; a posting names it. The sums of a flow's days lie in pages, one a calendar
 * year, each sorted by day, a day that sums to nothing left out (L7):
 *
 *   flow 17   in_post: outside -> asm1/5, starter     page 2023: [03-01 +1 +800000] [09-04 +2 +2000000]   page 2024: ...
 *
 * Sheets of pages that changed since they were last taken for the image stand in a queue, oldest change first; so the
 * image on disk is always whole up to the sequence before the queue's head. Pure: no file, clock or log. */
#pragma once
#include <workforce/event.h>
#include <workforce/figure.h>
#include "core/measures.def"

typedef enum wf_measure {
#define X(name, wire, kind, count, amount, rests) WF_M_##name,
    WF_MEASURES(X)
#undef X
    WF_MEASURE_COUNT
} wf_measure;

typedef enum wf_dimension {
#define X(name, wire) WF_D_##name,
    WF_DIMENSIONS(X)
#undef X
    WF_DIMENSION_COUNT
} wf_dimension;

typedef enum wf_measure_kind { WF_STOCK, WF_FLOW, WF_OUT, WF_IN } wf_measure_kind;
typedef enum wf_measure_field { WF_NONE, WF_HEADS, WF_COUNT, WF_FTE, WF_DAYS, WF_PENCE } wf_measure_field;

typedef struct wf_measure_row {
    const char *name;
    wf_measure_kind kind;
    wf_measure_field count, amount;
    uint32_t rests_on;                      /* bits 1 << wf_event_type */
} wf_measure_row;
extern const wf_measure_row wf_measure_rows[WF_MEASURE_COUNT];
extern const char *const wf_dimension_names[WF_DIMENSION_COUNT];
bool wf_measure_named(wf_str name, wf_measure *ret);
bool wf_dimension_named(wf_str name, wf_dimension *ret);

/* A code is the number of a text within its dimension; 0 is "not stated". Unit texts are "org" or "org/unit". */
typedef struct wf_cell { uint16_t code[WF_DIMENSION_COUNT]; } wf_cell;
#define WF_OUTSIDE 0u                       /* the number of the cell that is no cell */

typedef struct wf_flow { uint32_t from, to; uint8_t measure, cause; } wf_flow;      /* cells by number; wf_measure, wf_cause */
typedef struct wf_posting { uint32_t flow; wf_day day; int64_t count, amount; } wf_posting;

typedef struct wf_ledger wf_ledger;
wf_ledger *wf_ledger_new(void);
void wf_ledger_free(wf_ledger **p);

/* Interning: the same text (cell, flow) gives the same number for ever; numbers count up from 1 without holes.
 * wf_ledger_code answers 0 for the empty text and for the 65,536th of a dimension (never for one that it knows). */
uint16_t wf_ledger_code(wf_ledger *l, wf_dimension d, wf_str text);
uint16_t wf_ledger_code_find(const wf_ledger *l, wf_dimension d, wf_str text);      /* 0 if it was never interned */
uint32_t wf_ledger_cell(wf_ledger *l, const wf_cell *c);
uint32_t wf_ledger_flow(wf_ledger *l, wf_measure m, uint32_t from, uint32_t to, wf_cause cause);

wf_str wf_ledger_code_text(const wf_ledger *l, wf_dimension d, uint16_t code);
uint32_t wf_ledger_codes(const wf_ledger *l, wf_dimension d);       /* how many; the largest number */
const wf_cell *wf_ledger_cell_at(const wf_ledger *l, uint32_t cell);
uint32_t wf_ledger_cells(const wf_ledger *l);
const wf_flow *wf_ledger_flow_at(const wf_ledger *l, uint32_t flow);
uint32_t wf_ledger_flows(const wf_ledger *l);

/* Adds a posting (a negative one takes back). `sequence`: of the event or tick that made it. Cost: O(log) to find the
 * day, at most 366 places to shift. */
void wf_ledger_post(wf_ledger *l, const wf_posting *p, uint64_t sequence);

/* Asks memory for what posting these will touch, so that it comes at the same time and not one after the other. */
void wf_ledger_prefetch(wf_ledger *l, const wf_posting *p, uint32_t n);

/* Every day of a flow, in order. */
typedef void wf_ledger_visit(void *ctx, uint32_t flow, wf_day day, int64_t count, int64_t amount);
void wf_ledger_each(const wf_ledger *l, uint32_t flow, wf_ledger_visit *visit, void *ctx);
/* The same of the days [first, last] only. */
void wf_ledger_each_in(const wf_ledger *l, uint32_t flow, wf_day first, wf_day last, wf_ledger_visit *visit, void *ctx);

/* The canonical dump: lines "measure|cell|day|count|amount\n" of the net sum of each (measure, cell, day), cells as
 * "unit=bexley/asm1,role=5", sorted by bytes: it does not depend on any number. Caller frees. */
char *wf_ledger_dump(const wf_ledger *l);

/* The image is taken sheet by sheet: a year of WF_SHEET_FLOWS neighbouring flows. wf_ledger_take gives the sheet that has
 * waited longest, as bytes in *buf (at least WF_LEDGER_PAGE_MAX), and its key; false: all are taken. wf_ledger_floor: every
 * change up to this sequence has been taken. */
#define WF_SHEET_FLOWS 16u
#define WF_LEDGER_PAGE_MAX (WF_SHEET_FLOWS * (3u + 366u * 14u))
typedef struct wf_page_key { uint32_t sheet; int32_t year; } wf_page_key;
bool wf_ledger_take(wf_ledger *l, wf_page_key *key, void *buf, size_t *n);
uint64_t wf_ledger_floor(const wf_ledger *l, uint64_t now);         /* `now` when nothing waits */
WF_NODISCARD wf_rc wf_ledger_put_page(wf_ledger *l, wf_page_key key, const void *bytes, size_t n, uint64_t sequence, wf_err *e);
/* The sequence up to which a page that was put is current: later postings apply, earlier ones are in it already. */
void wf_ledger_post_after(wf_ledger *l, const wf_posting *p, uint64_t sequence);    /* skips what a put page already holds */

size_t wf_ledger_bytes(const wf_ledger *l);
