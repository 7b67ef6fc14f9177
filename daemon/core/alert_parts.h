/* alert_parts -- what alert.c (judging) and alert_message.c (what a message says and what was told) share; nobody else's. */
#pragma once
#include "core/alert.h"
#include "core/told.h"

#define WF_NEVER INT32_MAX

typedef enum wf_why { WF_KNOWN, WF_NO_SPAN, WF_FEW_PEOPLE, WF_NO_DENOMINATOR, WF_UNRELIABLE } wf_why;

/* State from `day` on, until the next mark. */
typedef struct wf_mark {
    int32_t day;
    int32_t amber_from, red_from;   /* the edge has been broken without a break since; WF_NEVER: it is not */
    int32_t since;                  /* first day of the run at amber or red, or of the days without */
    int32_t until;                  /* WF_NO_SPAN: first day that can be known */
    bool amber, red;                /* level latched */
    uint8_t why;                    /* unknown: wf_why */
} wf_mark;

/* What was told last, and what the figure was when its numbers were given last. */
typedef struct wf_said {
    bool any, held;                 /* held: a load has touched it; it is judged at the load's end */
    wf_level state, level;          /* level: the one that stands, through unknown */
    uint64_t number;
    wf_alert_id alert;              /* of the last message: the one that stands as told if the level is above ok */
    wf_told_runs told;
    int32_t settled;                /* runs that ended before this day are no longer looked at */
    char rule_version[16], indicator_version[16];       /* of then */
    bool numbers, open;             /* open: that day was not closed, so its entries are kept by cause */
    int32_t day;
    wf_fraction sums;
    int32_t count;
    wf_alert_change entered[WF_CAUSE_COUNT];
} wf_said;

typedef struct wf_message {         /* what a message is made from */
    const wf_book *book;
    const wf_complete *complete;
    uint32_t rule, unit;
    wf_day day, today, since;
    bool closed;
    wf_alert_kind kind;
    wf_mark mark;
    wf_level state, level, before;  /* level: told with it, the one that stands through unknown */
    wf_alert_id alert, stands;      /* stands: from now on, if it is another (number 0: it is not) */
    uint64_t number, sequence;
    const wf_alert_entry *entry;
    uint32_t entries;
} wf_message;

wf_level wf_mark_level(const wf_mark *m);
wf_level wf_mark_state(const wf_mark *m);
const char *wf_mark_reason(const wf_mark *m, char buf[48]);

/* Fills *a, and *s (but its runs) with what was told by it. `reason`: room for a->unknown_reason. */
void wf_message_write(const wf_message *m, wf_said *s, wf_alert *a, char reason[48]);
void wf_said_free(wf_said **p);
/* t->bytes is `*buf`, grown as needed. */
void wf_said_pack(const wf_said *s, wf_str rule, wf_str org, wf_str unit, uint8_t **buf, wf_told *t);
/* NULL: not such bytes. */
wf_said *wf_said_unpack(const void *bytes, size_t n, wf_str *rule, wf_str *org, wf_str *unit);
