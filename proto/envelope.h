/* envelope -- the keys of an event map, in canonical order, and what the codecs share about them. */
#pragma once
#include <workforce/event.h>

/* X(NAME, key, kind, REQUIRED | OPTIONAL, sentence)
 *   ID    str, ! to ~, 1 to 64 bytes           CODE  str, [a-z0-9_-], 1 to 32 bytes     TYPE  name of an event type
 *   TIME  int, ms since 1970 UTC; RFC 3339     DAY   int, days since 1970; "2024-03-01" COUNT int from 1
 *   FLAG  bool, left out when false            DATA  map of the type's fields */
#define WF_ENVELOPE(X)                                                                                     \
    X(ID,           "id",           ID,    REQUIRED, "the source's id of the event; with source, org and subject its identity") \
    X(SOURCE,       "source",       CODE,  REQUIRED, "the system that says it")  \
    X(TYPE,         "type",         TYPE,  REQUIRED, "event type")                                         \
    X(TIME,         "time",         TIME,  REQUIRED, "recorded: when the source says it")                  \
    X(SUBJECT,      "subject",      ID,    REQUIRED, "whom or what it is about, an opaque id")             \
    X(ORG,          "org",          CODE,  REQUIRED, "organisation")                                       \
    X(EFFECTIVE,    "effective",    DAY,   REQUIRED, "Europe/London civil day on which it takes effect")   \
    X(SEQUENCE,     "sequence",     COUNT, OPTIONAL, "the source's own numbering, for gap reports only")   \
    X(CORRECTS,     "corrects",     ID,    OPTIONAL, "id of the event in whose place this one stands") \
    X(VOIDS,        "voids",        ID,    OPTIONAL, "id of the event that this one withdraws") \
    X(TARGETSOURCE, "targetsource", CODE,  OPTIONAL, "source of that event, if it is another") \
    X(ADJUSTMENT,   "adjustment",   FLAG,  OPTIONAL, "starter, change, leaver: moves the stock, is no starter or leaver") \
    X(INFERRED,     "inferred",     FLAG,  OPTIONAL, "the publishing side concluded it; what is said without this mark stands before it") \
    X(DATA,         "data",         DATA,  OPTIONAL, "fields of the type; left out: none")

typedef enum wf_envelope_key {
#define X(name, key, kind, must, text) WF_E_##name,
    WF_ENVELOPE(X)
#undef X
    WF_ENVELOPE_COUNT
} wf_envelope_key;

typedef enum wf_envelope_kind { WF_EK_ID, WF_EK_CODE, WF_EK_TYPE, WF_EK_TIME, WF_EK_DAY, WF_EK_COUNT, WF_EK_FLAG, WF_EK_DATA } wf_envelope_kind;

typedef struct wf_envelope_row { wf_str key; wf_envelope_kind kind; bool required; } wf_envelope_row;
extern const wf_envelope_row wf_envelope_rows[WF_ENVELOPE_COUNT];

/* The member that an ID or CODE key fills, NULL for the others. */
wf_str *wf_envelope_text(wf_event *ev, wf_envelope_key key);
bool wf_envelope_find(wf_str name, wf_envelope_key *ret);

/* Everything but v: the fields that are not given are never read. */
void wf_event_clear(wf_event *ev);
/* WF_MISSING for the first required key that is not in `seen` (bit 1 << wf_envelope_key). */
WF_NODISCARD wf_rc wf_envelope_complete(uint32_t seen, wf_err *e);
/* After a refusal: what is not a well-formed id or code is emptied, so that the rest can be listed as it is. */
void wf_event_clean(wf_event *ev);

/* Bits of the fields that a type takes, and must have. */
uint64_t wf_event_may(wf_event_type type);
uint64_t wf_event_must(wf_event_type type);
/* The field of that name that the type takes; WF_FIELD. `hint` is where to look first. */
WF_NODISCARD wf_rc wf_field_find(wf_event_type type, wf_str name, wf_field hint, wf_field *ret, wf_err *e);

/* Text of at most 40 bytes of what came from outside, for reasons: printable, or '?'. */
typedef struct wf_shown { char text[44]; } wf_shown;
wf_shown wf_show(wf_str s);
