/* types -- the plain values, results and ownership rules that every room and every client shares.
 *
 * Numbers are integers: FTE in millionths, money in pence, days as civil day numbers, instants in
 * milliseconds UTC. One-member structs keep a headcount from becoming an FTE by accident.
 *
 * Failure: a function that can fail returns wf_rc and says why in *e (which may be NULL). Outputs are
 * untouched on failure. What a caller does with a result is part of the result: wf_rc_act(). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WF_NODISCARD __attribute__((warn_unused_result))
#define WF_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define WF_AUTO(destroy) __attribute__((cleanup(destroy)))

/* What the loop does with a result. */
typedef enum wf_act { WF_PROCEED, WF_REFUSE, WF_RETRY, WF_STOP } wf_act;

/* name, action, code on the wire, text. The wire codes of REFUSE rows are the documented reasons of PROTOCOL.md. */
#define WF_RESULTS(X)                                                                                     \
    X(WF_OK,        WF_PROCEED, "ok",           "ok")                                                     \
    X(WF_MALFORMED, WF_REFUSE,  "malformed",    "the message does not follow its schema")                 \
    X(WF_RANGE,     WF_REFUSE,  "range",        "a value is outside its documented range")                \
    X(WF_TYPE,      WF_REFUSE,  "unknown-type", "no such event type")                                     \
    X(WF_FIELD,     WF_REFUSE,  "unknown-field","the event type has no such field")                       \
    X(WF_MISSING,   WF_REFUSE,  "missing-field","a required field is missing")                            \
    X(WF_SIZE,      WF_REFUSE,  "oversized",    "larger than its documented limit")                       \
    X(WF_ORDER,     WF_REFUSE,  "end-before-start", "the event ends before it starts")                    \
    X(WF_ENTITLED,  WF_REFUSE,  "not-entitled", "the source is not entitled to this organisation or type")\
    X(WF_REUSED,    WF_REFUSE,  "id-reused",    "the id was used before with other content")              \
    X(WF_KEEP,      WF_REFUSE,  "not-kept",     "a personal field that the configuration does not keep")  \
    X(WF_NO_DATA,   WF_PROCEED, "no-data",      "there is no figure to give")                             \
    X(WF_ABSENT,    WF_PROCEED, "absent",       "there is no such thing")                                 \
    X(WF_BUSY,      WF_RETRY,   "busy",         "temporarily unavailable")                                \
    X(WF_CONFIG,    WF_STOP,    "config",       "the configuration is wrong")                             \
    X(WF_FULL,      WF_STOP,    "full",         "the store is full")                                      \
    X(WF_DAMAGED,   WF_STOP,    "damaged",      "the store does not hold what was written")               \
    X(WF_SYSTEM,    WF_STOP,    "system",       "the operating system refused")

typedef enum wf_rc {
#define X(name, act, wire, text) name,
    WF_RESULTS(X)
#undef X
    WF_RESULT_COUNT
} wf_rc;

wf_act wf_rc_act(wf_rc rc);
const char *wf_rc_wire(wf_rc rc);             /* "range": the code that travels and that --reasons lists */
const char *wf_rc_text(wf_rc rc);             /* one plain sentence */

typedef struct wf_err { wf_rc rc; char text[240]; } wf_err;

/* Writes the reason into *e (if e is not NULL) and returns rc: `return wf_fail(e, WF_RANGE, "FTE %s is above 1", t);` */
wf_rc wf_fail(wf_err *e, wf_rc rc, const char *format, ...) WF_PRINTF(3, 4);

/* Passes both code and text up. */
#define WF_TRY(expr) do { wf_rc wf_try_ = (expr); if (wf_try_ != WF_OK) return wf_try_; } while (0)

/* For our own bugs only, never for input; stays in release builds. */
#define WF_ASSERT(cond) ((cond) ? (void) 0 : wf_assert_failed(#cond, __FILE__, __LINE__))
void wf_assert_failed(const char *cond, const char *file, int line) __attribute__((noreturn));

/* Borrowed text without NUL; n == 0 with p == NULL is "not given". */
typedef struct wf_str { const char *p; size_t n; } wf_str;
#define WF_STR(literal) ((wf_str) { (literal), sizeof(literal) - 1 })
#define WF_STR_ARG(s) ((int) (s).n), ((s).p ? (s).p : "")     /* for "%.*s" */
wf_str wf_str_of(const char *nul_terminated);
bool wf_str_eq(wf_str a, wf_str b);
int wf_str_cmp(wf_str a, wf_str b);           /* by bytes, then length */

typedef struct wf_instant { int64_t ms; } wf_instant;   /* UTC, milliseconds since 1970: when something was said */
typedef struct wf_day { int32_t n; } wf_day;            /* Europe/London civil day: when it is true; 0 = 1970-01-01 */
typedef struct wf_span { wf_day from, until; } wf_span; /* half-open: until is the first day not counted */
typedef struct wf_fte { int64_t millionths; } wf_fte;   /* 1.0 FTE is {1000000} */

#define WF_DAY_OPEN ((wf_day) { INT32_MAX })            /* no end */
#define WF_DAY_FIRST ((wf_day) { -7305 })               /* 1950-01-01, the earliest effective day (T7) */
#define WF_FTE_ONE 1000000

/* Civil dates (proleptic Gregorian), pure arithmetic. */
wf_day wf_day_of(int year, int month, int day);         /* month 1-12; day must exist */
void wf_day_civil(wf_day day, int *year, int *month, int *mday);
WF_NODISCARD wf_rc wf_day_parse(wf_str text, wf_day *ret, wf_err *e);       /* "2024-02-29" only */
WF_NODISCARD wf_rc wf_instant_parse(wf_str text, wf_instant *ret, wf_err *e); /* RFC 3339, any offset, at most milliseconds */
/* Fixed-point decimal with at most six places and no exponent: "0.8" is 800000. */
WF_NODISCARD wf_rc wf_millionths_parse(wf_str text, int64_t *ret, wf_err *e);

#define WF_DAY_TEXT 12
#define WF_INSTANT_TEXT 32
#define WF_MILLIONTHS_TEXT 32
const char *wf_day_text(wf_day day, char buf[WF_DAY_TEXT]);                 /* "2024-02-29" */
const char *wf_instant_text(wf_instant t, char buf[WF_INSTANT_TEXT]);       /* "2024-02-29T09:00:00.000Z", no fraction when 0 */
const char *wf_millionths_text(int64_t v, char buf[WF_MILLIONTHS_TEXT]);    /* "0.8", "1", shortest exact */

#ifdef __cplusplus
}
#endif
