/* verbs -- answers a question part by part: each step fills one part and takes the state's lock for short times only. */
#pragma once
#include "net/shared.h"
#include "frame.h"
#include "store/store.h"

#define WF_PART_BYTES (128u * 1024)


typedef struct wf_job {
    wf_shared *house;
    wf_reader *reader;
    wf_question q;
    wf_answer answer;                   /* the part that is being filled */
    wf_rc rc;                           /* not WF_OK: the question fails with `e` */
    wf_err e;
    uint64_t cursor, rows;
    unsigned item, inner;               /* which of a list is being answered */
    bool begun;
    wf_figure_query figures;
    uint64_t known;                     /* as known when the journal ended with this entry; 0: now */
    bool resolved;
    wf_str prefix;
    wf_day from, until;
    void *list;                         /* made at the first step, freed with the job */
    size_t list_n;
} wf_job;

/* Fills the part j->answer (which has been begun); true: it is the last one, or the question failed. */
bool wf_verb_step(wf_job *j);
void wf_verb_end(wf_job *j);

/* For the verbs that lie in files of their own. */
void wf_job_add(wf_job *j, wf_row_kind kind, const void *row);
bool wf_job_room(const wf_job *j);                  /* for one more row in this part */
bool wf_verb_explain(wf_job *j);
bool wf_verb_diff(wf_job *j);
bool wf_verb_complete(wf_job *j);
bool wf_verb_moves(wf_job *j);
wf_str wf_said_text(wf_said_complete said);         /* "open", "never" */
