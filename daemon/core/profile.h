/* profile -- what is counted, what is watched and how units hang together: pure data, made by engine/profile.c.
 *
 *   indicator  numerator  = +1 x census_leavers.fte where ... over 12 months        rule  indicator + edges + units
 *              denominator = +1 x in_post.fte at end                                tree  unit under unit, with dates
 *
 * All text is NUL-terminated and lives as long as the profile. Lists keep the order of the files. */
#pragma once
#include "core/ledger.h"

typedef enum wf_reading { WF_AT_END, WF_OVER, WF_MEAN_OVER, WF_DAYS_OVER } wf_reading;
typedef enum wf_window_kind {
    WF_NO_WINDOW, WF_MONTHS_WINDOW, WF_DAYS_WINDOW,
    WF_MONTH_TO_DATE, WF_QUARTER_TO_DATE, WF_FINANCIAL_YEAR_TO_DATE, WF_CENSUS_YEAR_TO_DATE
} wf_window_kind;
typedef struct wf_window { wf_window_kind kind; int32_t n; } wf_window;
/* The day before the window's first day: a window to `end` is (after, end]. T4. */
wf_day wf_window_after(wf_window w, wf_day end);

#define WF_CONDITIONS_MAX 4
typedef struct wf_condition { wf_dimension dimension; const wf_str *value; size_t n; } wf_condition; /* one of the values; the empty text is "not stated" */
typedef struct wf_filter { wf_condition cond[WF_CONDITIONS_MAX]; size_t n; } wf_filter;             /* all of them */

typedef struct wf_term {
    int64_t factor;                 /* with its sign */
    bool dfe_days;                  /* times 253, or 254 when the 12 months to the day hold a 29 February */
    wf_measure measure;
    wf_measure_field field;
    wf_filter filter;
    wf_reading reading;
    wf_window window;
    int32_t months_before;          /* the whole reading at this earlier day */
} wf_term;

#define WF_TERMS_MAX 8
typedef struct wf_expression { wf_term term[WF_TERMS_MAX]; size_t n; } wf_expression;

typedef enum wf_unit_of_value { WF_UNIT_PERCENT, WF_UNIT_COUNT, WF_UNIT_FTE, WF_UNIT_DAYS, WF_UNIT_RATIO } wf_unit_of_value;

#define WF_NO_EDGE INT64_MIN
typedef struct wf_indicator {
    wf_str name, title, noun, column;       /* noun: "children per full-time worker"; column: in CSV; both may be empty */
    wf_str version;                         /* 16 hex digits over its definition and the settings it rests on */
    wf_expression numerator, denominator;   /* denominator.n == 0: a count */
    wf_str numerator_text, denominator_text;    /* the same in words */
    wf_unit_of_value unit;
    int32_t decimals;
    int64_t unreliable_above;               /* millionths of its unit; WF_NO_EDGE */
} wf_indicator;

typedef struct wf_rule {
    wf_str name, version;
    uint32_t indicator;                     /* index */
    const wf_str *units; size_t unit_count; /* patterns over paths: '*' one segment, '**' any number, also none */
    bool above;                             /* broken when value >= edge; else when value <= edge */
    int64_t amber, amber_clear, red, red_clear;     /* millionths of the indicator's unit; WF_NO_EDGE */
    int32_t for_days;
    int64_t least_people;
    wf_str noun_numerator, next;            /* may be empty */
} wf_rule;

typedef struct wf_link { uint32_t parent; wf_day from; } wf_link;       /* parent: index in the tree + 1, 0 the organisation; INT32_MIN: always */
typedef struct wf_tree_unit { wf_str id, title; const wf_link *link; size_t n; } wf_tree_unit;  /* links by day; none: under the organisation */
typedef struct wf_tree { wf_str org, title; bool today; const wf_tree_unit *unit; size_t n; } wf_tree;

typedef struct wf_source_rule {
    wf_str name, succeeds;
    const wf_str *orgs; size_t org_count;   /* none: every organisation */
    uint32_t types;                         /* bits 1 << wf_event_type; 0: every type */
    wf_day from;                            /* entitled from this day of arrival; INT32_MIN: always */
    wf_day complete_from;                   /* complete from this day on without saying so; WF_DAY_OPEN: it says so itself */
    int32_t late_days;
} wf_source_rule;

typedef struct wf_profile {
    const wf_str *role; size_t role_count;          /* in the workforce, most senior first */
    int32_t caseload_days, supervision_every;
    bool allocations, posts;                        /* cases = allocations; vacancies = posts */
    const wf_day *holiday; size_t holiday_count;    /* sorted, no doubles */
    const wf_indicator *indicator; size_t indicator_count;
    const wf_rule *rule; size_t rule_count;
    const wf_tree *tree; size_t tree_count;
    const wf_source_rule *source; size_t source_count;
    wf_str text;                    /* the whole profile in one canonical, self-contained text that reads back to the same profile (J1) */
    uint64_t hash;                  /* of that text */
    uint64_t fold_hash;             /* of the settings that the entries of the ledger depend on: another one, derive again */
    void *hold;                     /* what holds the texts and lists */
} wf_profile;

void wf_profile_free(wf_profile **p);
bool wf_profile_indicator(const wf_profile *p, wf_str name, uint32_t *ret);
bool wf_profile_rule(const wf_profile *p, wf_str name, uint32_t *ret);
/* Bits of the event types that a measure rests on under the profile's settings (F8). */
uint32_t wf_profile_rests_on(const wf_profile *p, wf_measure m);
/* F4: may this source say this type of this organisation, arriving on this day? Without any source section: yes. */
bool wf_profile_entitled(const wf_profile *p, wf_str source, wf_str org, wf_event_type type, wf_day arrival);
/* May it correct or void what `other` said? Its own words also after another has succeeded it. */
bool wf_profile_may_correct(const wf_profile *p, wf_str source, wf_str other, wf_str org, wf_event_type type, wf_day arrival);
/* Does the source succeed the other, by itself or over others? */
bool wf_profile_succeeds(const wf_profile *p, wf_str source, wf_str other);
/* Does a path of unit ids match a pattern? A star stands for one segment, two for any number, also none. */
bool wf_profile_matches(wf_str pattern, wf_str path);

/* Memory of a profile while it is made; calloc'd, ends with wf_profile_free. */
typedef struct wf_hold_block { struct wf_hold_block *next; max_align_t bytes[]; } wf_hold_block;
void *wf_profile_alloc(wf_profile *p, size_t n);
wf_str wf_profile_keep(wf_profile *p, wf_str text);
