/* post -- posts, and the vacancies that a unit declares (MEASURES.md 8). */
#include "core/fold.h"

#include <stdlib.h>

struct post { int64_t fte; uint16_t unit, role, status; bool stands; };

static void apply(struct post *p, const wf_detail *d, uint16_t org)
{
    if (d->given & WF_HAS_UNIT)
        p->unit = d->nil & WF_HAS_UNIT ? org : d->unit;
    if (d->given & WF_HAS_ROLE)
        p->role = d->role;
    if (d->given & WF_HAS_FTE)
        p->fte = d->fte;
    if (d->given & WF_HAS_STATUS)
        p->status = d->status;
}

static void emit(wf_fold *f, const struct post *p, int32_t day, int sign)
{
    if (!p->stands)
        return;
    wf_cell c = { { 0 } };
    c.code[WF_D_UNIT] = p->unit;
    c.code[WF_D_ROLE] = p->role;
    if (f->settings.posts)
        wf_fold_emit(f, WF_M_VACANCIES, WF_OUTSIDE, wf_ledger_cell(f->ledger, &c), WF_BY_REPORT, day, 0, sign * p->fte);
    c.code[WF_D_STATUS] = p->status != 0 ? p->status : wf_ledger_code(f->ledger, WF_D_STATUS, WF_STR("funded"));
    wf_fold_emit(f, WF_M_POSTS, WF_OUTSIDE, wf_ledger_cell(f->ledger, &c), WF_BY_REPORT, day, sign, sign * p->fte);
}

void wf_post_emit(wf_fold *f, const wf_timeline *t)
{
    wf_spell *all, s;
    if (t->chain[WF_CHAIN_POST].n == 0)
        return;
    WF_ASSERT(wf_fold_spells(f, t, WF_CHAIN_POST, &all) == 1);      /* a post is one key */
    s = all[0];
    free(all);
    if (s.start == NULL || s.first == s.until)
        return;
    struct post now = { .unit = t->org }, told = { 0 };
    for (uint32_t i = 0; i < t->chain[WF_CHAIN_POST].n; i++) {
        const wf_fact *x = &t->chain[WF_CHAIN_POST].fact[i];
        bool inside = x == s.start || (x->type == WF_POST_CHANGED && x->day >= s.first && x->day < s.until);
        if (!inside)
            continue;
        apply(&now, wf_detail_of(t, x), t->org);
        emit(f, &told, x->day, -1);
        now.stands = true;
        emit(f, &now, x->day, 1);
        told = now;
    }
    if (s.until != INT32_MAX)
        emit(f, &told, s.until, -1);
}

void wf_vacancies_emit(wf_fold *f, const wf_timeline *t)
{
    const wf_fact *x = t->chain[WF_CHAIN_VACANCIES].fact;
    uint32_t n = t->chain[WF_CHAIN_VACANCIES].n, i = wf_timeline_lower(t, WF_CHAIN_VACANCIES, f->from);
    if (f->settings.posts)
        return;
    for (i = i > 0 ? i - 1 : 0; i < n && x[i].day <= f->until; i++) {
        if (i + 1 < n && x[i + 1].day == x[i].day)
            continue;               /* said again for the same day */
        const wf_detail *d = wf_detail_of(t, &x[i]);
        uint32_t cell = wf_fold_cell(f, d->unit, 0, 0);
        wf_fold_emit(f, WF_M_VACANCIES, WF_OUTSIDE, cell, WF_BY_REPORT, x[i].day, 0, d->fte);
        wf_fold_emit(f, WF_M_AGENCY_COVER, WF_OUTSIDE, cell, WF_BY_REPORT, x[i].day, 0, d->agency_fte);
        if (i + 1 == n)
            continue;
        wf_fold_emit(f, WF_M_VACANCIES, WF_OUTSIDE, cell, WF_BY_REPORT, x[i + 1].day, 0, -d->fte);
        wf_fold_emit(f, WF_M_AGENCY_COVER, WF_OUTSIDE, cell, WF_BY_REPORT, x[i + 1].day, 0, -d->agency_fte);
    }
}
