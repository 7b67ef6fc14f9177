/* heads -- see heads.h. */
#include "store/heads.h"

#include <stdlib.h>
#include <string.h>

void wf_heads_init(wf_heads *h) { *h = (wf_heads) { .first = WF_HEADS_NONE, .last = WF_HEADS_NONE }; }

void wf_heads_free(wf_heads *h)
{
    free(h->page);
    free(h->undo);
    wf_heads_init(h);
}

void wf_heads_grow(wf_heads *h, uint32_t subjects)
{
    uint32_t want = (uint32_t) (((uint64_t) subjects + WF_HEADS_PAGE - 1) / WF_HEADS_PAGE);

    if (want > h->room) {
        h->room = want > 64 + h->room + h->room / 2 ? want : 64 + h->room + h->room / 2;
        WF_ASSERT((h->page = realloc(h->page, h->room * sizeof *h->page)) != NULL);
    }
    for (; h->pages < want; h->pages++)
        h->page[h->pages] = (wf_heads_page) { .before = WF_HEADS_NONE, .after = WF_HEADS_NONE };
}

uint64_t wf_heads_get(const wf_heads *h, uint32_t subject)
{
    uint32_t page = (subject - 1) / WF_HEADS_PAGE;

    return subject == 0 || page >= h->pages ? 0 : h->page[page].head[(subject - 1) % WF_HEADS_PAGE];
}

static void enqueue(wf_heads *h, uint32_t page, uint64_t sequence)
{
    wf_heads_page *p = &h->page[page];

    p->since = sequence;
    p->before = h->last;
    p->after = WF_HEADS_NONE;
    if (h->last == WF_HEADS_NONE)
        h->first = page;
    else
        h->page[h->last].after = page;
    h->last = page;
}

static void remember(wf_heads *h, uint32_t subject, uint64_t was)
{
    if (h->undos == h->undo_room) {
        h->undo_room = h->undo_room == 0 ? 1024 : h->undo_room * 2;
        WF_ASSERT((h->undo = realloc(h->undo, h->undo_room * sizeof *h->undo)) != NULL);
    }
    h->undo[h->undos++] = (wf_heads_undo) { subject, was };
}

void wf_heads_set(wf_heads *h, uint32_t subject, uint64_t sequence)
{
    uint32_t page = (subject - 1) / WF_HEADS_PAGE;
    wf_heads_page *p = &h->page[page];
    uint64_t *head = &p->head[(subject - 1) % WF_HEADS_PAGE];

    remember(h, subject, *head);
    *head = sequence;
    if (p->since == 0)
        enqueue(h, page, sequence);
}

void wf_heads_keep(wf_heads *h) { h->undos = 0; }

void wf_heads_undo_after(wf_heads *h, uint64_t last)
{
    while (h->undos > 0) {
        const wf_heads_undo *u = &h->undo[--h->undos];
        h->page[(u->subject - 1) / WF_HEADS_PAGE].head[(u->subject - 1) % WF_HEADS_PAGE] = u->was;
    }
    /* The line is in the order of `since`: what joined it in this transaction stands at its end. */
    while (h->last != WF_HEADS_NONE && h->page[h->last].since > last) {
        wf_heads_page *p = &h->page[h->last];
        p->since = 0;
        h->last = p->before;
        if (h->last == WF_HEADS_NONE)
            h->first = WF_HEADS_NONE;
        else
            h->page[h->last].after = WF_HEADS_NONE;
    }
}

void wf_heads_taken(wf_heads *h)
{
    wf_heads_page *p = &h->page[h->first];

    p->since = 0;
    h->first = p->after;
    if (h->first == WF_HEADS_NONE)
        h->last = WF_HEADS_NONE;
    else
        h->page[h->first].before = WF_HEADS_NONE;
}

uint64_t wf_heads_floor(const wf_heads *h, uint64_t last)
{
    return h->first == WF_HEADS_NONE ? last : h->page[h->first].since - 1;
}
