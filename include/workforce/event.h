/* event -- one event as it travels and as the daemon sees it: an envelope and the fields of its type.
 *
 * All text in a wf_event is borrowed: from the frame it was decoded from, or from whoever filled it in. */
#pragma once
#include <workforce/types.h>
#include <workforce/events.def>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum wf_subject_kind { WF_PERSON, WF_POST, WF_CASE, WF_UNIT, WF_SOURCE, WF_SUBJECT_KINDS } wf_subject_kind;

typedef enum wf_event_type {
#define X(name, wire, subject, effective, text) WF_##name,
    WF_EVENT_TYPES(X)
#undef X
    WF_EVENT_TYPE_COUNT
} wf_event_type;

typedef enum wf_field {
#define X(name, wire, kind, low, high, text) WF_F_##name,
    WF_FIELDS(X)
#undef X
    WF_FIELD_COUNT
} wf_field;

typedef enum wf_field_kind { WF_K_TEXT, WF_K_CODE, WF_K_DAY, WF_K_MILLIONTHS, WF_K_COUNT, WF_K_TYPES } wf_field_kind;

typedef union wf_value {
    wf_str s;               /* TEXT, CODE */
    int64_t n;              /* DAY, MILLIONTHS, COUNT; TYPES as a set of bits 1 << wf_event_type */
} wf_value;

typedef struct wf_event {
    wf_event_type type;
    wf_str id, source, org, subject;
    wf_instant time;                        /* recorded: when the source says it */
    wf_day effective;                       /* see the type's row */
    uint64_t sequence;                      /* the source's own numbering; 0 = not given */
    bool adjustment, inferred;
    wf_str corrects, voids, targetsource;   /* n == 0: not given; at most one of the first two (F6) */
    uint64_t given;                         /* bit per wf_field: the field is there, with a value or nil */
    uint64_t nil;                           /* bit per wf_field: the field is there and is nil */
    wf_value v[WF_FIELD_COUNT];             /* valid where given and not nil */
} wf_event;

#define WF_BIT(field) ((uint64_t) 1 << (field))
/* The field is there with a value. */
static inline bool wf_event_has(const wf_event *ev, wf_field f) { return (ev->given & ~ev->nil & WF_BIT(f)) != 0; }

/* A correction or void, and the id of the event that it names; of wf_event_target_source: targetsource, else its own. */
static inline bool wf_event_is_link(const wf_event *ev) { return (ev->corrects.n | ev->voids.n) != 0; }
static inline wf_str wf_event_target(const wf_event *ev) { return ev->voids.n != 0 ? ev->voids : ev->corrects; }
static inline wf_str wf_event_target_source(const wf_event *ev) { return ev->targetsource.n != 0 ? ev->targetsource : ev->source; }

typedef enum wf_rule_of_field { WF_NOT_A_FIELD = 0, WF_OPTIONAL_FIELD, WF_REQUIRED_FIELD } wf_rule_of_field;

typedef struct wf_event_row { const char *name; wf_subject_kind subject; const char *effective, *text; } wf_event_row;
typedef struct wf_field_row { const char *name; wf_field_kind kind; int64_t low, high; const char *text; } wf_field_row;
extern const wf_event_row wf_event_rows[WF_EVENT_TYPE_COUNT];
extern const wf_field_row wf_field_rows[WF_FIELD_COUNT];
wf_rule_of_field wf_event_takes(wf_event_type type, wf_field field);
bool wf_event_type_named(wf_str name, wf_event_type *ret);

/* Limits of one event (PROTOCOL.md). */
#define WF_EVENT_BYTES_MAX 4096
#define WF_ID_MAX 64
#define WF_CODE_MAX 32
#define WF_SOURCE_MAX 32

/* Checks what the event alone can show: required and known fields, kinds, ranges, alphabet, end before start, that
 * fte and hours are not both given, that hours come with full_time_hours and do not exceed them. Does not look at the
 * clock (see wf_event_check_dates) or at other events.
 * WF_MISSING, WF_FIELD, WF_MALFORMED, WF_RANGE, WF_ORDER with the field and value in *e. */
WF_NODISCARD wf_rc wf_event_check(const wf_event *ev, wf_err *e);

/* T7: effective within 1950-01-01 and today + 5 years; recorded not later than arrival + 1 day. WF_RANGE. */
WF_NODISCARD wf_rc wf_event_check_dates(const wf_event *ev, wf_day today, wf_instant arrival, wf_err *e);

/* FTE in millionths from fte, or from hours / full_time_hours rounded half up; false: unknown. */
bool wf_event_fte(const wf_event *ev, int64_t *millionths);

/* Decodes one event from MessagePack (or one JSON CloudEvent object) and checks it (wf_event_check). Text in *ret is
 * borrowed from `bytes` (JSON: from *hold, which the caller ends with wf_hold_free). `*ret` is meaningful as far as it
 * was read even on refusal, so that the refusal can be listed under its source and id.
 * Cost: about 0.2 us (MessagePack). Errors: every REFUSE row of WF_RESULTS but WF_ENTITLED, WF_REUSED, WF_KEEP. */
WF_NODISCARD wf_rc wf_event_decode(const void *bytes, size_t n, wf_event *ret, wf_err *e);

typedef struct wf_hold wf_hold;
void wf_hold_free(wf_hold **p);
WF_NODISCARD wf_rc wf_event_from_json(const char *text, size_t n, wf_event *ret, wf_hold **hold, wf_err *e);

/* Encodes canonically: envelope keys in the order of PROTOCOL.md, data fields in the order of WF_FIELDS, shortest
 * integers; equal events give equal bytes. Returns the length, or 0 if cap is too small (WF_EVENT_BYTES_MAX is enough
 * for any event that wf_event_check lets pass). */
size_t wf_event_encode(const wf_event *ev, void *buf, size_t cap);
/* The data map alone (what the journal keeps beside its own header). */
size_t wf_event_encode_data(const wf_event *ev, void *buf, size_t cap);
WF_NODISCARD wf_rc wf_event_decode_data(const void *bytes, size_t n, wf_event *into, wf_err *e);
/* One line of CloudEvents 1.0 JSON, NUL-terminated, without newline; caller frees. */
char *wf_event_to_json(const wf_event *ev);

#ifdef __cplusplus
}
#endif
