/* alert_load -- what the frames of a load touch is held back, and at its end one message says what stands (ALERTS.md 8). */
#include "core/alert_inside.h"
#include "core/text.h"
#include <stdlib.h>

void wf_pair_hold(wf_judge *j, struct pair *p)
{
    j->held = wf_judge_grown(j->held, &j->held_cap, j->holds + 1, sizeof *j->held);
    j->held[j->holds++] = (uint32_t) (p - j->pair);
}

wf_rc wf_judge_hold(wf_judge *j, wf_judge_emit *emit, void *ctx, wf_err *e)
{
    wf_told told;

    wf_judge_follow(j);
    for (uint32_t i = 0; i < j->queued; i++) {
        struct pair *p = &j->pair[j->queue[i]];
        p->queued = false;
        if (wf_pair_said(p)->held) continue;
        p->said->held = true;
        wf_pair_hold(j, p);
        wf_pair_pack(j, p, &told);
        WF_TRY(emit(ctx, NULL, &told, e));
    }
    j->queued = 0;
    return WF_OK;
}

/* What the summary of one organisation counts and lists. */
struct summary { wf_alert a; uint32_t level[WF_RED + 1], ended, rules; int32_t part; };

/* What stands is told as a whole, under the id that it had or a part of the summary's. */
static void list_standing(wf_judge *j, struct pair *p, const wf_mark *m, wf_alert_id stood, wf_day today, struct summary *s, wf_alert_id *id)
{
    wf_alert *a = &s->a;

    *id = stood;
    if (stood.number == 0) *id = (wf_alert_id) { j->number, s->part };
    if (stood.number == 0) s->part += s->part == 0 ? 2 : 1;
    wf_pair_tell_run(j, p, *id, m, judged_day(j, p, today), today);
    if (a->entry_count == WF_ALERT_ENTRIES_MAX) {
        a->entries_more++;
        return;
    }
    a->entry[a->entry_count++] = (wf_alert_entry) {
        .what = WF_ERRATUM_STANDS, .alert = id->number, .part = id->part, .first = { m->since }, .last = WF_DAY_OPEN, .level = wf_mark_level(m),
        .was_first = WF_DAY_OPEN, .was_last = WF_DAY_OPEN, .rule = rule_of(j, p)->name, .unit = wf_units_path(j->units, p->unit, today),
    };
}

/* One pair comes to its true state. As after a change of profile nothing of before is spoken of again. */
static wf_rc settle(wf_judge *j, struct pair *p, const struct moment *at, struct summary *s, wf_err *e)
{
    wf_said *said = p->said;
    wf_told told;
    char reason[48];

    said->held = false;
    wf_pair_seal(j, p, at->today);
    if (wf_pair_watched(j, p, at->today)) {
        s->rules++;
        if (at->today.n < wf_pair_first_live(j, p).n) {
            s->level[WF_UNKNOWN]++;
        } else {
            wf_mark m = wf_pair_now(j, p, at->today);
            wf_level level = wf_mark_level(&m);
            wf_alert_id id = said->level > WF_OKAY ? said->alert : (wf_alert_id) { 0, 0 };
            if (level > WF_OKAY) list_standing(j, p, &m, id, at->today, s, &id);
            else if (id.number != 0) wf_told_drop(&said->told, id), s->ended++;
            s->level[level > WF_OKAY ? level : wf_mark_state(&m)]++;
            wf_alert *unsaid = calloc(1, sizeof *unsaid);
            WF_ASSERT(unsaid != NULL);
            wf_message w = {
                .book = j->book, .complete = j->complete, .rule = p->rule, .unit = p->unit, .today = at->today, .sequence = at->sequence, .number = j->number,
                .kind = WF_ALERT_LOAD, .mark = m, .day = { judged_day(j, p, at->today) }, .state = wf_mark_state(&m), .level = level, .alert = id,
                .before = WF_UNKNOWN, .since = at->today,
            };
            wf_message_write(&w, said, unsaid, reason);     /* for what is kept of it: changes count from here */
            free(unsaid);
        }
    }
    wf_pair_pack(j, p, &told);
    return at->emit(at->ctx, NULL, &told, e);
}

static wf_rc summarise(wf_judge *j, uint32_t org, const struct moment *at, struct summary *s, wf_err *e)
{
    wf_alert *a = &s->a;
    wf_level worst = WF_RED;

    while (worst > WF_UNKNOWN && s->level[worst] == 0) worst--;
    a->number = a->alert = j->number;
    a->kind = WF_ALERT_LOAD;
    a->title = WF_STR("What stands after a load");
    a->unit = wf_units_path(j->units, org, at->today);
    a->unit_title = wf_units_title(j->units, org);
    a->state = worst;
    a->day = a->since = a->figure.day = a->figure.from = at->today;
    a->amber = a->red = a->clear = WF_NO_EDGE;
    a->figure.status = WF_FIGURE_X;
    a->figure.unit = a->unit;
    a->figure.complete_until = a->figure.no_data_until = WF_DAY_OPEN;
    a->figure.history_from = at->today;
    a->sequence = a->figure.sequence = at->sequence;
    wf_text_load(s->level, s->ended, a);
    return at->emit(at->ctx, a, NULL, e);
}

wf_rc wf_judge_loaded(wf_judge *j, wf_day today, uint64_t sequence, wf_judge_emit *emit, void *ctx, wf_err *e)
{
    const struct moment at = { today, WF_ALERT_LOAD, false, sequence, emit, ctx };

    wf_judge_follow(j);
    wf_judge_sort(j, j->held, j->holds);
    for (uint32_t i = 0; i < j->holds;) {
        uint32_t org = wf_units_org(j->units, j->pair[j->held[i]].unit);
        struct summary *s = calloc(1, sizeof *s);
        WF_ASSERT(s != NULL);
        j->number++;
        wf_rc rc = WF_OK;
        for (; rc == WF_OK && i < j->holds && wf_units_org(j->units, j->pair[j->held[i]].unit) == org; i++)
            rc = settle(j, &j->pair[j->held[i]], &at, s, e);
        if (rc == WF_OK && s->rules > 0) rc = summarise(j, org, &at, s, e);
        else if (rc == WF_OK) j->number--;
        free(s);
        WF_TRY(rc);
    }
    j->holds = 0;
    return WF_OK;
}
