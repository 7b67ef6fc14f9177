/* record -- what will be said, in few bytes, so that years of it can be sorted by day before it becomes events. */
#pragma once
#include <workforce/event.h>

/* X(NAME, event type)   `n` and `m` by type are described beside sim_record. */
typedef enum sim_flag {
    SIM_ADJUSTMENT = 1,             /* reconciliation, first load: moves the stock and is neither starter nor leaver */
    SIM_SECOND = 2,                 /* the person's second engagement */
    SIM_NO_FTE = 4,                 /* FTE is not known */
    SIM_MOVED = 8                   /* change: n is a team, not FTE */
} sim_flag;

/*   type                 who               n                       m
 *   starter, change      person            FTE                     team + 1, 0: none (starter)
 *   leaver               person            day of notice or 0      -
 *   placement_started    person            FTE                     team + 1, 0: none
 *   placement_ended      person            -                       -
 *   caseload             person            cases                   -
 *   absence              person            last day                share of each day in millionths
 *   training_*           person            number of the course    -
 *   supervision_held     person            -                       -
 *   vacancies_declared   the organisation  FTE                     FTE that agency workers cover, -1: not known
 *   complete             the source        -                       - */
typedef struct sim_record {
    int32_t said;                   /* day on which it is said */
    int32_t effective;
    uint32_t org, who;
    uint32_t id;                    /* one of a kind in its organisation: event, absence and course ids are made of it */
    uint8_t type, flags;
    int64_t n, m;
} sim_record;

typedef struct sim_records { sim_record *at; size_t n, cap; } sim_records;
void sim_records_add(sim_records *to, const sim_record *r);
void sim_records_free(sim_records *p);
/* By the day on which they are said; on one day the order in which they were added stays. */
void sim_records_sort(sim_records *p);

/* Fills one wf_event again and again; text in it is good until the next call. Zero it, then set what is above the line. */
typedef struct sim_writer {
    wf_str source;
    wf_str (*org)(void *ctx, uint32_t org);
    void *ctx;
    const char *team;               /* team n is called this and n: "team-" */
    /* ---- */
    wf_event event;
    char id[24], subject[24], key[24], unit[24];
} sim_writer;
const wf_event *sim_write(sim_writer *w, const sim_record *r);
