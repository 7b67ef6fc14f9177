/* postgres -- see postgres.h. */
#include "bench/peers/postgres.h"
#include "bench/house.h"
#include "core/calendar.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW_MAX 256
#define COLUMNS 10
#define PIPELINED 256                   /* answers to so many fit into the socket while nobody reads them */

static PGresult *took(postgres *p, PGresult *r, ExecStatusType want)
{
    if (PQresultStatus(r) != want)
        house_dies("postgres: %s", PQerrorMessage(p->connection));
    return r;
}

static void does(postgres *p, const char *command)
{
    PGresult *r = PQexec(p->connection, command);
    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        house_dies("postgres: %.200s: %s", command, PQerrorMessage(p->connection));
    PQclear(r);
}

void postgres_connect(postgres *p, const char *schema)
{
    static char sql[32768];
    FILE *f = fopen(schema, "re");
    size_t n = f != NULL ? fread(sql, 1, sizeof sql - 1, f) : 0;

    if (n == 0)
        house_dies("%s cannot be read", schema);
    fclose(f);
    sql[n] = '\0';
    *p = (postgres) { .connection = PQconnectdb("dbname=postgres") };
    if (PQstatus(p->connection) != CONNECTION_OK)
        house_dies("postgres: %s", PQerrorMessage(p->connection));
    does(p, sql);
    does(p, "checkpoint");
    PQclear(took(p, PQprepare(p->connection, "one", "insert into event values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
                              "on conflict do nothing", COLUMNS, NULL), PGRES_COMMAND_OK));
    PQclear(took(p, PQprepare(p->connection, "day", "select tick($1, $2)", 2, NULL), PGRES_COMMAND_OK));
}

void postgres_end(postgres *p)
{
    PQfinish(p->connection);
    free(p->text);
    *p = (postgres) { .connection = NULL };
}

const char *postgres_version(const postgres *p) { return PQparameterStatus(p->connection, "server_version"); }

static char kind_of(const sim_record *r)
{
    switch ((int) r->type) {
    case WF_STARTER: return 's';
    case WF_CHANGE: return r->flags & SIM_MOVED ? 'm' : 'f';
    case WF_LEAVER: return 'l';
    case WF_CASELOAD: return 'k';
    case WF_SUPERVISION_HELD: return 'v';
    case WF_TRAINING_DUE: return 't';
    case WF_TRAINING_COMPLETED: return 'd';
    default: return 'a';
    }
}

/* The columns as texts of one row: team where the event names one, n where its kind has one; "": null. */
static void columns(const sim_record *r, uint64_t number, char to[COLUMNS][24])
{
    char kind = kind_of(r);
    int64_t team = kind == 's' ? r->m - 1 : kind == 'm' ? r->n - 1 : -1;

    snprintf(to[0], sizeof *to, "%llu", (unsigned long long) number);
    snprintf(to[1], sizeof *to, "simulate");
    snprintf(to[2], sizeof *to, "load");
    snprintf(to[3], sizeof *to, "p%u", r->who);
    snprintf(to[4], sizeof *to, "e%u", r->id);
    snprintf(to[5], sizeof *to, "%c", kind);
    snprintf(to[6], sizeof *to, "%d", r->said);
    snprintf(to[7], sizeof *to, "%d", r->effective);
    to[8][0] = '\0';
    if (team >= 0)
        snprintf(to[8], sizeof *to, "%lld", (long long) team);
    snprintf(to[9], sizeof *to, "%lld", (long long) r->n);
}

void postgres_say(postgres *p, const sim_record *r)
{
    char c[COLUMNS][24];

    if (p->n + ROW_MAX > p->cap) {
        p->cap = p->cap * 2 + 65536;
        p->text = realloc(p->text, p->cap);
        WF_ASSERT(p->text != NULL);
    }
    columns(r, ++p->events, c);
    for (int i = 0; i < COLUMNS; i++) {
        const char *text = c[i][0] == '\0' ? "\\N" : c[i];
        size_t n = strlen(text);
        memcpy(p->text + p->n, text, n);
        p->n += n;
        p->text[p->n++] = i + 1 < COLUMNS ? '\t' : '\n';
    }
}

/* What stands in one transaction is one round trip but for the COPY. */
void postgres_batch(postgres *p)
{
    if (p->n == 0)
        return;
    does(p, "begin");
    PQclear(took(p, PQexec(p->connection, "copy staging from stdin"), PGRES_COPY_IN));
    if (PQputCopyData(p->connection, p->text, (int) p->n) != 1 || PQputCopyEnd(p->connection, NULL) != 1)
        house_dies("postgres: %s", PQerrorMessage(p->connection));
    PQclear(took(p, PQgetResult(p->connection), PGRES_COMMAND_OK));
    PQclear(PQgetResult(p->connection));
    does(p, "insert into event select * from staging on conflict do nothing; commit");
    p->n = 0;
}

void postgres_one(postgres *p, const sim_record *r)
{
    char c[COLUMNS][24];
    const char *values[COLUMNS];

    columns(r, ++p->events, c);
    for (int i = 0; i < COLUMNS; i++)
        values[i] = c[i][0] == '\0' ? NULL : c[i];
    PQclear(took(p, PQexecPrepared(p->connection, "one", COLUMNS, values, NULL, NULL, 0), PGRES_COMMAND_OK));
}

/* Answers up to the last statement that was sent. */
static void drain(postgres *p, size_t sent)
{
    if (PQpipelineSync(p->connection) != 1)
        house_dies("postgres: %s", PQerrorMessage(p->connection));
    for (; sent > 0; sent--) {
        PQclear(took(p, PQgetResult(p->connection), PGRES_COMMAND_OK));
        PQclear(PQgetResult(p->connection));
    }
    PQclear(took(p, PQgetResult(p->connection), PGRES_PIPELINE_SYNC));
}

void postgres_pipelined(postgres *p, const sim_record *r, size_t n)
{
    char c[COLUMNS][24];
    const char *values[COLUMNS];

    does(p, "begin");
    if (PQenterPipelineMode(p->connection) != 1)
        house_dies("postgres: %s", PQerrorMessage(p->connection));
    for (size_t i = 0; i < n; i++) {
        columns(&r[i], ++p->events, c);
        for (int k = 0; k < COLUMNS; k++)
            values[k] = c[k][0] == '\0' ? NULL : c[k];
        if (PQsendQueryPrepared(p->connection, "one", COLUMNS, values, NULL, NULL, 0) != 1)
            house_dies("postgres: %s", PQerrorMessage(p->connection));
        if (i % PIPELINED == PIPELINED - 1 || i + 1 == n)
            drain(p, i % PIPELINED + 1);
    }
    if (PQexitPipelineMode(p->connection) != 1)
        house_dies("postgres: %s", PQerrorMessage(p->connection));
    does(p, "commit");
}

void postgres_day(postgres *p, wf_day day)
{
    char today[16], before[16];
    const char *values[] = { today, before };

    postgres_batch(p);
    snprintf(today, sizeof today, "%d", day.n);
    snprintf(before, sizeof before, "%d", wf_day_months_back(day, 12).n);
    PQclear(took(p, PQexecPrepared(p->connection, "day", 2, values, NULL, NULL, 0), PGRES_TUPLES_OK));
}

int64_t postgres_number(postgres *p, const char *query)
{
    PGresult *r = took(p, PQexec(p->connection, query), PGRES_TUPLES_OK);
    int64_t n = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
    PQclear(r);
    return n;
}
