/* findings -- facts that do not hold now (F2), by subject. In memory with their texts; the store keeps which subjects
 * have any, so that a start finds them again. */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

struct collect { wf_engine *en; const wf_timeline *t; struct findings *f; };

static char *copy(wf_str s)
{
    char *p = wf_engine_grow(NULL, s.n + 1);
    memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return p;
}

static void add(void *ctx, wf_finding_kind kind, const wf_fact *fact)
{
    struct collect *c = ctx;
    struct findings *f = c->f;
    f->item = wf_engine_grow(f->item, (f->n + 1) * sizeof *f->item);
    f->item[f->n++] = (struct finding) {
        .kind = kind, .source = copy(c->en->source_name[fact->source - 1]), .id = copy(wf_timeline_text(c->t, fact->id)),
        .type = (wf_event_type) fact->type, .sequence = fact->sequence, .effective = { fact->day },
    };
}

static void empty(struct findings *f)
{
    for (uint32_t i = 0; i < f->n; i++) {
        free(f->item[i].source);
        free(f->item[i].id);
    }
    free(f->item);
    f->item = NULL;
    f->n = 0;
}

bool wf_engine_has_findings(const wf_engine *en, uint32_t subject)
{
    struct findings *f;
    HASH_FIND(hh, en->findings, &subject, sizeof subject, f);
    return f != NULL;
}

wf_rc wf_engine_findings_of(wf_engine *en, const wf_timeline *t, wf_err *e)
{
    struct findings *f, fresh = { .subject = t->subject, .org = t->org, .subject_kind = t->kind };
    struct collect c = { en, t, &fresh };
    wf_fold_findings(en->fold, t, add, &c);
    HASH_FIND(hh, en->findings, &t->subject, sizeof t->subject, f);
    if (f != NULL) {
        en->finding_count -= f->n;
        empty(f);
    }
    en->finding_count += fresh.n;
    if (fresh.n > 0 && f == NULL) {
        f = wf_engine_grow(NULL, sizeof *f);
        *f = fresh;
        HASH_ADD(hh, en->findings, subject, sizeof f->subject, f);
        return wf_store_small_put(en->store, SMALL_FINDINGS, t->subject, "", 1, e);
    }
    if (fresh.n > 0) {
        f->item = fresh.item;
        f->n = fresh.n;
        return WF_OK;
    }
    if (f == NULL)
        return WF_OK;
    HASH_DEL(en->findings, f);
    free(f);
    return wf_store_small_put(en->store, SMALL_FINDINGS, t->subject, NULL, 0, e);
}

struct marks { uint32_t *subject; size_t n, cap; };

static wf_rc keep_mark(void *ctx, uint8_t kind, uint64_t number, const void *bytes, size_t n, wf_err *e)
{
    struct marks *m = ctx;
    (void) kind, (void) bytes, (void) n, (void) e;
    if (m->n == m->cap)
        m->subject = wf_engine_grow(m->subject, (m->cap = m->cap == 0 ? 256 : m->cap * 2) * sizeof *m->subject);
    m->subject[m->n++] = (uint32_t) number;
    return WF_OK;
}

wf_rc wf_engine_findings_load(wf_engine *en, wf_err *e)
{
    struct marks m = { 0 };
    wf_rc rc = wf_store_smalls(en->store, SMALL_FINDINGS, keep_mark, &m, e);
    if (rc == WF_OK && m.n > 0)
        rc = wf_store_begin(en->store, e);
    for (size_t i = 0; i < m.n && rc == WF_OK; i++) {
        uint8_t kind;
        uint16_t org;
        wf_str id;
        wf_timeline *t;
        rc = wf_store_subject_id(en->store, m.subject[i], &kind, &org, &id, e);
        if (rc == WF_OK)
            rc = wf_engine_timeline(en, m.subject[i], (wf_subject_kind) kind, org, &t, e);
        if (rc == WF_OK)
            rc = wf_engine_findings_of(en, t, e);
    }
    wf_store_abort(en->store);      /* nothing new was said: the marks stand already */
    free(m.subject);
    return rc;
}

void wf_engine_findings_end(wf_engine *en)
{
    struct findings *f, *next;
    HASH_ITER(hh, en->findings, f, next) {
        HASH_DEL(en->findings, f);
        empty(f);
        free(f);
    }
}
