/* table -- see table.h. */
#include "consumers/simulate/table.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 16384
#define COLUMNS_MAX 128
#define ROWS_MAX 1000000
#define LOW 40000

enum { COLUMN_YEAR = SIM_INPUT_COUNT, COLUMN_LEVEL, COLUMN_REGION, COLUMN_REGION_NAME, COLUMN_AREA, COLUMN_NAME, COLUMN_COUNT };

static const struct { const char *name; bool count; } columns[COLUMN_COUNT] = {
#define MILLIONTHS false
#define COUNT true
#define X(name, column, kind) [SIM_##name] = { column, kind },
    SIM_INPUTS(X)
#undef X
#undef COUNT
#undef MILLIONTHS
    [COLUMN_YEAR] = { "time_period", true },       [COLUMN_LEVEL] = { "geographic_level", false },
    [COLUMN_REGION] = { "region_code", false },    [COLUMN_REGION_NAME] = { "region_name", false },
    [COLUMN_AREA] = { "new_la_code", false },      [COLUMN_NAME] = { "la_name", false },
};

typedef struct reader {
    const char *path;
    int line;
    int place[COLUMN_COUNT];            /* which field of a line it is; -1 none */
    size_t cap;
    char text[LINE_MAX_BYTES];
    char *field[COLUMNS_MAX];
    int fields;
} reader;

void sim_slug(const char *text, char out[SIM_KEY_MAX])
{
    size_t n = 0;
    for (; *text != '\0' && n < SIM_KEY_MAX - 1; text++) {
        unsigned char c = (unsigned char) *text;
        if (isascii(c) && isalnum(c))
            out[n++] = (char) tolower(c);
        else if (n > 0 && out[n - 1] != '-')
            out[n++] = '-';
    }
    while (n > 0 && out[n - 1] == '-')
        n--;
    out[n] = '\0';
}

/* Splits the line in place; quoted fields lose their quotes. */
static wf_rc split(reader *r, wf_err *e)
{
    char *in = r->text;
    for (r->fields = 0; r->fields < COLUMNS_MAX;) {
        char *out = in;
        r->field[r->fields++] = in;
        bool quoted = *in == '"';
        if (quoted)
            in++;
        while (*in != '\0' && (quoted || *in != ',')) {
            if (quoted && *in == '"') {
                if (in[1] != '"') {
                    in++;
                    quoted = false;
                    continue;
                }
                in++;
            }
            *out++ = *in++;
        }
        if (quoted)
            return wf_fail(e, WF_MALFORMED, "%s:%d: a quote is not closed", r->path, r->line);
        bool last = *in == '\0';
        in++;
        *out = '\0';
        if (last)
            return WF_OK;
    }
    return wf_fail(e, WF_SIZE, "%s:%d: more than %d columns", r->path, r->line, COLUMNS_MAX);
}

/* The next line that says something; false at the end. */
static wf_rc next_line(reader *r, FILE *f, bool *more, wf_err *e)
{
    while (fgets(r->text, sizeof r->text, f) != NULL) {
        size_t n = strlen(r->text);
        r->line++;
        if (n + 1 == sizeof r->text)
            return wf_fail(e, WF_SIZE, "%s:%d: longer than %d bytes", r->path, r->line, LINE_MAX_BYTES - 2);
        while (n > 0 && (r->text[n - 1] == '\n' || r->text[n - 1] == '\r'))
            r->text[--n] = '\0';
        if (r->line == 1 && strncmp(r->text, "\xef\xbb\xbf", 3) == 0)
            memmove(r->text, r->text + 3, n - 2);
        if (r->text[0] == '\0' || r->text[0] == '#')
            continue;
        *more = true;
        return split(r, e);
    }
    *more = false;
    return ferror(f) ? wf_fail(e, WF_SYSTEM, "%s: %s", r->path, strerror(errno)) : WF_OK;
}

static wf_rc heading(reader *r, wf_err *e)
{
    for (int c = 0; c < COLUMN_COUNT; c++) {
        r->place[c] = -1;
        for (int i = 0; i < r->fields; i++) {
            if (strcmp(r->field[i], columns[c].name) != 0)
                continue;
            if (r->place[c] >= 0)
                return wf_fail(e, WF_MALFORMED, "%s:%d: column %s is there twice", r->path, r->line, columns[c].name);
            r->place[c] = i;
        }
    }
    static const int needed[] = { COLUMN_YEAR, SIM_INPOST_FTE, SIM_INPOST_HEADS };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (r->place[needed[i]] < 0)
            return wf_fail(e, WF_MISSING, "%s:%d: there is no column %s", r->path, r->line, columns[needed[i]].name);
    if (r->place[COLUMN_AREA] < 0 && r->place[COLUMN_NAME] < 0 && r->place[COLUMN_REGION] < 0 && r->place[COLUMN_LEVEL] < 0)
        return wf_fail(e, WF_MISSING, "%s:%d: no column names the area (new_la_code, la_name)", r->path, r->line);
    return WF_OK;
}

static const char *field(const reader *r, int column)
{
    int i = r->place[column];
    return i < 0 || i >= r->fields ? "" : r->field[i];
}

static wf_rc number(const reader *r, int column, sim_input *ret, wf_err *e)
{
    static const char *const symbols[] = { "", "x", "u", "c", "z", ":", "." };
    const char *text = field(r, column);
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if (strcmp(text, symbols[i]) == 0) {
            *ret = (sim_input) { false, 0 };
            return WF_OK;
        }
    if (strcmp(text, "low") == 0 && !columns[column].count) {
        *ret = (sim_input) { true, LOW };
        return WF_OK;
    }
    int64_t v;
    if (wf_millionths_parse(wf_str_of(text), &v, NULL) != WF_OK)
        return wf_fail(e, WF_MALFORMED, "%s:%d: %s is neither a number nor a symbol: %.40s", r->path, r->line, columns[column].name, text);
    if (v < 0 || v > (int64_t) 10000000 * WF_FTE_ONE || (columns[column].count && v % WF_FTE_ONE != 0))
        return wf_fail(e, WF_RANGE, "%s:%d: %s cannot be %.40s", r->path, r->line, columns[column].name, text);
    *ret = (sim_input) { true, columns[column].count ? v / WF_FTE_ONE : v };
    return WF_OK;
}

static wf_rc read_row(const reader *r, sim_row *ret, wf_err *e)
{
    sim_input year = { false, 0 };
    WF_TRY(number(r, COLUMN_YEAR, &year, e));
    if (!year.known || year.v < 1955 || year.v > 2130)
        return wf_fail(e, WF_RANGE, "%s:%d: time_period must be a year", r->path, r->line);
    ret->year = (int) year.v;
    for (int i = 0; i < SIM_INPUT_COUNT; i++)
        WF_TRY(number(r, i, &ret->in[i], e));
    if (!ret->in[SIM_INPOST_FTE].known || !ret->in[SIM_INPOST_HEADS].known)
        return wf_fail(e, WF_MISSING, "%s:%d: without people in post nothing can be simulated", r->path, r->line);
    const char *code = field(r, COLUMN_AREA), *name = field(r, COLUMN_NAME);
    if (*code == '\0')
        code = *field(r, COLUMN_REGION) != '\0' ? field(r, COLUMN_REGION) : *name != '\0' ? name : field(r, COLUMN_LEVEL);
    if (*name == '\0')
        name = *field(r, COLUMN_REGION_NAME) != '\0' ? field(r, COLUMN_REGION_NAME) : code;
    sim_slug(code, ret->area);
    sim_slug(name, ret->name);
    if (ret->area[0] == '\0')
        return wf_fail(e, WF_MISSING, "%s:%d: no area is named", r->path, r->line);
    return WF_OK;
}

static int by_area_and_year(const void *a, const void *b)
{
    const sim_row *x = a, *y = b;
    int c = strcmp(x->area, y->area);
    return c != 0 ? c : (x->year > y->year) - (x->year < y->year);
}

static wf_rc append(const reader *r, sim_table *t, size_t *cap, const sim_row *row, wf_err *e)
{
    if (t->n == ROWS_MAX)
        return wf_fail(e, WF_SIZE, "%s:%d: more than %d rows", r->path, r->line, ROWS_MAX);
    if (t->n == *cap) {
        *cap = *cap == 0 ? 256 : 2 * *cap;
        t->row = realloc(t->row, *cap * sizeof *t->row);
        WF_ASSERT(t->row != NULL);
    }
    t->row[t->n++] = *row;
    return WF_OK;
}

static wf_rc read_all(reader *r, FILE *f, sim_table *t, wf_err *e)
{
    bool more = false;
    size_t cap = 0;
    WF_TRY(next_line(r, f, &more, e));
    if (!more)
        return wf_fail(e, WF_MALFORMED, "%s: is empty", r->path);
    WF_TRY(heading(r, e));
    for (;;) {
        sim_row row;
        WF_TRY(next_line(r, f, &more, e));
        if (!more)
            break;
        WF_TRY(read_row(r, &row, e));
        WF_TRY(append(r, t, &cap, &row, e));
    }
    if (t->n > 0)
        qsort(t->row, t->n, sizeof *t->row, by_area_and_year);
    for (size_t i = 1; i < t->n; i++)
        if (by_area_and_year(&t->row[i - 1], &t->row[i]) == 0)
            return wf_fail(e, WF_MALFORMED, "%s: %s is there twice for %d", r->path, t->row[i].area, t->row[i].year);
    return WF_OK;
}

wf_rc sim_table_read(const char *path, sim_table *ret, wf_err *e)
{
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return wf_fail(e, WF_SYSTEM, "%s: %s", path, strerror(errno));
    reader *r = calloc(1, sizeof *r);
    WF_ASSERT(r != NULL);
    r->path = path;
    sim_table t = { NULL, 0 };
    wf_rc rc = read_all(r, f, &t, e);
    free(r);
    fclose(f);
    if (rc != WF_OK) {
        sim_table_free(&t);
        return rc;
    }
    *ret = t;
    return WF_OK;
}

void sim_table_free(sim_table *t)
{
    free(t->row);
    *t = (sim_table) { NULL, 0 };
}
