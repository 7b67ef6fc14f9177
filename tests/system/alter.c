/* alter -- changes one derived value of a store, checksum and all, as a fault of the daemon would: for verify.py.
 *
 *   system_alter STORE outbox|ledger|told|postings */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/inside.h"

static wf_err err;

static void need(wf_rc rc, const char *what)
{
    if (rc == WF_OK)
        return;
    fprintf(stderr, "alter: %s: %s\n", what, err.text);
    exit(1);
}

/* The row to change: the last but one third of the table, its byte that lies two thirds in. */
struct pick { unsigned rows, at; uint8_t key[64], *bytes; size_t key_n, n; };

static wf_rc count(void *ctx, wf_str key, wf_str bytes, wf_err *e)
{
    struct pick *p = ctx;
    (void) key, (void) bytes, (void) e;
    p->rows++;
    return WF_OK;
}

static wf_rc take(void *ctx, wf_str key, wf_str bytes, wf_err *e)
{
    struct pick *p = ctx;
    (void) e;
    if (p->at++ != p->rows * 2 / 3 || key.n > sizeof p->key)
        return WF_OK;
    p->bytes = malloc(bytes.n);
    p->key_n = key.n;
    p->n = bytes.n;
    memcpy(p->key, key.p, key.n);
    memcpy(p->bytes, bytes.p, bytes.n);
    return WF_OK;
}

/* A letter of a text, so that the message still reads. */
static void alter_text(struct pick *p)
{
    for (size_t i = p->n - 1; i > 8; i--)
        if (p->bytes[i] == 'e') {
            p->bytes[i] = 'o';
            return;
        }
    exit(1);
}

int main(int argc, char **argv)
{
    static const struct { const char *name; wf_table table; uint8_t kind; } what[] = {
        { "outbox", WF_TABLE_OUTBOX, 0 }, { "ledger", WF_TABLE_IMAGE, 0 }, { "told", WF_TABLE_SMALL, 1 }, { "postings", WF_TABLE_POSTINGS, 0 },
    };
    wf_store *s = NULL;
    size_t w = 0;
    while (argc == 3 && w < sizeof what / sizeof *what && strcmp(argv[2], what[w].name) != 0)
        w++;
    if (argc != 3 || w == sizeof what / sizeof *what)
        return 2;
    wf_store_options o = { .path = argv[1], .manual_clock = true, .measures_version = 1 };
    need(wf_store_open(&o, &s, &err), "open");
    need(wf_store_begin(s, &err), "begin");
    struct pick p = { 0 };
    wf_str from = { (const char *) &what[w].kind, what[w].kind != 0 };
    need(wf_rows(s->txn, s->table[what[w].table], from, from.n, count, &p, &err), "count");
    need(wf_rows(s->txn, s->table[what[w].table], from, from.n, take, &p, &err), "take");
    if (p.bytes == NULL)
        return 1;
    if (what[w].table == WF_TABLE_OUTBOX)
        alter_text(&p);
    else
        p.bytes[p.n - 1] ^= 2;              /* the last amount; of what was told, the level of the last run */
    wf_str none = { NULL, 0 }, bytes = { (const char *) p.bytes, p.n };
    need(wf_value_put(s->txn, s->table[what[w].table], wf_val(p.key, p.key_n), none, bytes, 0, &err), "put");
    s->wrote = true;
    need(wf_store_commit(s, NULL, 0, &err), "commit");
    wf_store_close(&s);
    free(p.bytes);
    return 0;
}
