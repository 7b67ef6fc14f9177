/* table -- annual figures of areas, read from a CSV file with the column names of the DfE's data files. */
#pragma once
#include <workforce/types.h>

/* X(NAME, column, MILLIONTHS | COUNT) */
#define SIM_INPUTS(X)                                           \
    X(INPOST_FTE,       "inpost_fte",            MILLIONTHS)    \
    X(INPOST_HEADS,     "inpost_headcount",      COUNT)         \
    X(STARTERS_FTE,     "starters_fte",          MILLIONTHS)    \
    X(STARTERS_HEADS,   "starters_headcount",    COUNT)         \
    X(LEAVERS_FTE,      "leavers_fte",           MILLIONTHS)    \
    X(LEAVERS_HEADS,    "leavers_headcount",     COUNT)         \
    X(AGENCY_FTE,       "agency_fte",            MILLIONTHS)    \
    X(AGENCY_HEADS,     "agency_headcount",      COUNT)         \
    X(AGENCY_COVER_FTE, "agency_cover_fte",      MILLIONTHS)    \
    X(VACANCY_FTE,      "vacancy_fte",           MILLIONTHS)    \
    X(HOLDERS_FTE,      "case_holders_fte",      MILLIONTHS)    \
    X(CASES,            "cases",                 COUNT)         \
    X(DAYS_LOST,        "working_days_lost_fte", MILLIONTHS)

typedef enum sim_input_name {
#define X(name, column, kind) SIM_##name,
    SIM_INPUTS(X)
#undef X
    SIM_INPUT_COUNT
} sim_input_name;

/* A symbol (x, u, c, z, :) or an empty field is not known; `low` (rounds to 0 and is not 0) is 0.04. */
typedef struct sim_input { bool known; int64_t v; } sim_input;

#define SIM_KEY_MAX 33
typedef struct sim_row {
    int year;                       /* of its 30 September */
    char area[SIM_KEY_MAX];         /* code in small letters: e09000004, e12000001, national */
    char name[SIM_KEY_MAX];         /* name as a unit id: bexley */
    sim_input in[SIM_INPUT_COUNT];
} sim_row;

typedef struct sim_table { sim_row *row; size_t n; } sim_table;

/* Reads a whole file. The first line that is not empty and does not begin with # names the columns: time_period,
 * inpost_fte, inpost_headcount and one of new_la_code, la_name, region_code or geographic_level are needed, the other
 * inputs may be missing (then unknown), further columns are passed over. Rows come sorted by area, then year.
 * WF_SYSTEM the file cannot be read.  WF_MALFORMED, WF_RANGE, WF_MISSING, WF_SIZE with file and line. */
WF_NODISCARD wf_rc sim_table_read(const char *path, sim_table *ret, wf_err *e);
void sim_table_free(sim_table *t);

/* "E09000021 / E09000027" to "e09000021-e09000027": small letters, digits and single hyphens, cut to fit a unit id. */
void sim_slug(const char *text, char out[SIM_KEY_MAX]);
