/* alert_inside -- what the rooms of the judge share: alert.c (pairs, telling, judging), alert_line.c (the line of a pair) and
 * alert_load.c (what a load holds back); nobody else's. */
#pragma once
#include "core/alert_parts.h"

/* A rule in a unit. Marks stand where the state changes; the line is judged from the first mark to `until`. */
struct pair {
    uint32_t rule, unit;
    wf_mark *mark; uint16_t marks, cap;
    int32_t until;                  /* judged up to this closed day; means nothing without marks */
    int32_t next;                   /* first later day on which anything can change by time alone */
    int32_t changed;                /* first day whose state may be another than at the last tick; WF_NEVER */
    int32_t path_until;             /* the unit's path is that of `watched` until the day before */
    bool queued, watched;
    uint32_t sibling;               /* another pair of the same organisation + 1 */
    wf_said *said;                  /* NULL: nothing yet */
};

struct wf_judge {
    const wf_book *book;
    const wf_complete *complete;
    const wf_profile *profile;
    const wf_units *units;
    wf_day in_force;
    uint64_t number;
    struct pair *pair; uint32_t pairs, cap;
    uint32_t *of; uint32_t known, of_cap;       /* of[unit * rules + rule]: pair + 1 */
    uint32_t *in_org; uint32_t org_cap;         /* in_org[unit of an organisation]: its last pair + 1 */
    uint32_t *queue, queued, queue_cap;
    uint32_t *held, holds, held_cap;            /* pairs that a load has touched */
    uint32_t *order, *rank, order_cap, rank_cap;    /* pairs as they speak, and the other way round */
    uint8_t *bytes;                             /* room for what is kept of a pair */
};

struct moment { wf_day today; wf_alert_kind kind; bool tick; uint64_t sequence; wf_judge_emit *emit; void *ctx; };

static inline const wf_rule *rule_of(const wf_judge *j, const struct pair *p) { return &j->profile->rule[p->rule]; }
static inline bool closed_only(const wf_judge *j, const struct pair *p) { return rule_of(j, p)->for_days > 0; }
/* The last day that is judged while `today` is open. */
static inline int32_t judged_day(const wf_judge *j, const struct pair *p, wf_day today) { return today.n - closed_only(j, p); }

void *wf_judge_grown(void *p, uint32_t *cap, uint32_t need, size_t size);
/* Takes up units that have appeared. */
void wf_judge_follow(wf_judge *j);
/* Pairs, by their places, in the order in which they speak. */
void wf_judge_sort(const wf_judge *j, uint32_t *pair, uint32_t n);

/* ---- the line of a pair ---- */
wf_level wf_mark_pending(const wf_mark *m);
const wf_mark *wf_pair_last_mark(const struct pair *p);
/* Brings it up to the closed day `to`. */
void wf_pair_until(const wf_judge *j, struct pair *p, int32_t to, wf_day today);
/* Forgets what was judged of `from` and later. */
void wf_pair_cut(struct pair *p, int32_t from);
/* Today's state: of the closed days, and with `for = 0` of the open day too. */
wf_mark wf_pair_now(const wf_judge *j, struct pair *p, wf_day today);
/* Levels of [from, last], as marks; `from` must not be inside a run. `open`: today's mark, of rules that judge it; or NULL. */
void wf_pair_line(const wf_judge *j, struct pair *p, int32_t from, int32_t last, wf_day today, const wf_mark *open, wf_line *ret);
/* The mark that holds on a closed day. */
wf_mark wf_pair_mark_on(const wf_judge *j, struct pair *p, int32_t day, wf_day today);
/* The first day of the runs, known or told, that reach `from` or the day before. */
int32_t wf_pair_reaches_back(const wf_judge *j, struct pair *p, int32_t from, wf_day today);

/* ---- telling ---- */
wf_day wf_pair_first_live(const wf_judge *j, const struct pair *p);
/* Does the rule watch the unit where it is in today's tree? */
bool wf_pair_watched(const wf_judge *j, struct pair *p, wf_day today);
wf_said *wf_pair_said(struct pair *p);
void wf_pair_pack(wf_judge *j, const struct pair *p, wf_told *t);
/* The whole run that stands, as known now, is told under this id. */
void wf_pair_tell_run(const wf_judge *j, struct pair *p, wf_alert_id id, const wf_mark *m, int32_t day, wf_day today);
/* What was told is history; only the run that stands as told goes on. */
void wf_pair_seal(const wf_judge *j, struct pair *p, wf_day today);
void wf_pair_hold(wf_judge *j, struct pair *p);
