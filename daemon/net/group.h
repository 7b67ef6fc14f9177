/* group -- what one turn of the writer puts into one commit; begun when something needs it. */
#pragma once
#include "engine/engine.h"

typedef struct wf_group {
    wf_engine *engine;
    wf_instant arrival;         /* of all that this group takes in */
    bool open;
    unsigned events;
    uint64_t sequence;          /* of the last entry that it made */
} wf_group;

WF_NODISCARD static inline wf_rc wf_group_need(wf_group *g, wf_err *e)
{
    if (g->open)
        return WF_OK;
    WF_TRY(wf_engine_begin(g->engine, g->arrival, e));
    g->open = true;
    return WF_OK;
}

WF_NODISCARD static inline wf_rc wf_group_commit(wf_group *g, wf_err *e)
{
    if (!g->open)
        return WF_OK;
    g->open = false;
    return wf_engine_commit(g->engine, e);
}
