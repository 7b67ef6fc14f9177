/* postgres -- the same work in PostgreSQL (postgres.sql), over one connection to the server that PGHOST names. Whatever
 * fails ends the program with the reason. */
#pragma once
#include "consumers/simulate/record.h"
#include <libpq-fe.h>

typedef struct postgres {
    PGconn *connection;
    char *text;                     /* of a COPY */
    size_t n, cap;
    uint64_t events;
} postgres;

void postgres_connect(postgres *p, const char *schema);     /* path of postgres.sql: all tables are made anew */
void postgres_end(postgres *p);
const char *postgres_version(const postgres *p);

/* Adds an event to the batch. */
void postgres_say(postgres *p, const sim_record *r);
/* The batch in one transaction: COPY into a table of the session's, from there INSERT ... ON CONFLICT DO NOTHING. */
void postgres_batch(postgres *p);
/* Events of one transaction, each by the prepared statement, sent in pipeline mode without waiting for the answers. */
void postgres_pipelined(postgres *p, const sim_record *r, size_t n);
/* One event by a prepared statement, a transaction of its own. */
void postgres_one(postgres *p, const sim_record *r);
/* A day begins, in a transaction of its own or with the next batch. */
void postgres_day(postgres *p, wf_day day);

/* What one query gives: its first column as a number. */
int64_t postgres_number(postgres *p, const char *query);
