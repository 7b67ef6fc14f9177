#include "engine/config.h"
#include "engine/conf.h"
#include <stdlib.h>
#include <string.h>

#define CONFIG_BYTES_MAX (1u << 20)

typedef enum kind { TEXT, ENDPOINT, NUMBER, LIST } kind;

struct row { kind kind; const char *key, *standard; int64_t low, high; size_t at; const char *text; };
static const struct row rows[] = {
#define X(kind, member, key, standard, low, high, text) { kind, key, standard, low, high, offsetof(wf_config, member), text },
    WF_CONFIG_KEYS(X)
#undef X
};
#define ROWS (sizeof rows / sizeof *rows)

static const wf_conf_key keys[] = {
#define X(kind, member, key, standard, low, high, text) { key, kind == LIST, NULL },
    WF_CONFIG_KEYS(X)
#undef X
    { NULL, false, NULL },
};

/* ---- texts of the configuration live in one list ---- */

struct kept { struct kept *next; char text[]; };

static const char *keep(wf_config *c, const char *text, size_t n)
{
    struct kept *k = calloc(1, sizeof *k + n + 1);

    WF_ASSERT(k != NULL);
    memcpy(k->text, text, n);
    k->next = c->hold;
    c->hold = k;
    return k->text;
}

void wf_config_free(wf_config **p)
{
    if (*p == NULL) return;
    for (struct kept *k = (*p)->hold, *next; k != NULL; k = next) {
        next = k->next;
        free(k);
    }
    free(*p);
    *p = NULL;
}

/* ---- endpoints ---- */

static bool port(const char *p)
{
    int64_t n;

    return strcmp(p, "*") == 0 || (wf_number_of(wf_str_of(p), &n) && n >= 1 && n <= 65535);
}

static bool loopback(const char *host, size_t n)
{
    int part[4];
    char text[16], tail;

    if (n == 5 && memcmp(host, "[::1]", 5) == 0) return true;      /* no names: something else could resolve them */
    if (n == 0 || n >= sizeof text || host[0] < '0' || host[0] > '9') return false;
    memcpy(text, host, n);
    text[n] = '\0';
    if (sscanf(text, "%3d.%3d.%3d.%3d%c", &part[0], &part[1], &part[2], &part[3], &tail) != 4) return false;
    for (int i = 0; i < 4; i++)
        if (part[i] < 0 || part[i] > 255) return false;
    return part[0] == 127;
}

bool wf_config_endpoint_allowed(const char *endpoint, const char **why)
{
    const char *reason = NULL, *colon = strrchr(endpoint, ':');

    if (strncmp(endpoint, "ipc://", 6) == 0) {
        if (endpoint[6] == '\0' || strlen(endpoint + 6) > 107) reason = "an ipc path has 1 to 107 bytes";
        else if (endpoint[6] == '@' || endpoint[6] == '*') reason = "a socket without a file: no mode could guard it";
    } else if (strncmp(endpoint, "tcp://", 6) != 0) {
        reason = "an endpoint is ipc://PATH or tcp://LOOPBACK:PORT";
    } else if (!port(colon + 1)) {
        reason = "the port is not from 1 to 65535";
    } else if (!loopback(endpoint + 6, (size_t) (colon - endpoint) < 6 ? 0 : (size_t) (colon - endpoint) - 6)) {
        reason = "not a loopback address (127.x.x.x or [::1]): other hosts could reach it, and this release has neither keys nor a client list";
    }
    if (why != NULL) *why = reason;
    return reason == NULL;
}

/* ---- reading ---- */

static wf_rc read_text(const wf_conf *file, cfg_t *s, const struct row *r, wf_config *c, wf_err *e)
{
    wf_str text = file == NULL ? (wf_str) { 0 } : wf_conf_text(s, r->key);
    const char *why;

    if (text.p == NULL) text = wf_str_of(r->standard);
    else if (text.n > 1024) return wf_conf_fail(file, s, r->key, e, "%s is longer than 1024 bytes", r->key);
    const char *kept = keep(c, text.p, text.n);
    if (r->kind == ENDPOINT && *kept != '\0' && !wf_config_endpoint_allowed(kept, &why))
        return wf_conf_fail(file, s, r->key, e, "%s = \"%s\" is refused: %s", r->key, kept, why);
    if (r->kind == ENDPOINT && strcmp(r->key, "admin") == 0 && strncmp(kept, "tcp://", 6) == 0)
        return wf_conf_fail(file, s, r->key, e, "admin = \"%s\" is refused: admin is on ipc:// only", kept);
    memcpy((char *) c + r->at, &kept, sizeof kept);
    return WF_OK;
}

static wf_rc read_number(const wf_conf *file, cfg_t *s, const struct row *r, wf_config *c, wf_err *e)
{
    int64_t standard = 0, n;

    WF_ASSERT(wf_number_of(wf_str_of(r->standard), &standard));
    n = standard;
    if (file != NULL) WF_TRY(wf_conf_number(file, s, r->key, standard, r->low, r->high, &n, e));
    memcpy((char *) c + r->at, &n, sizeof n);
    return WF_OK;
}

static wf_rc read_list(const wf_conf *file, cfg_t *s, const struct row *r, wf_config *c, wf_err *e)
{
    wf_config_list list = { .n = 0 };
    size_t given = file == NULL ? 0 : cfg_size(s, r->key);
    bool paths = r->at == offsetof(wf_config, profiles);

    if (given > WF_CONFIG_LIST_MAX) return wf_conf_fail(file, s, r->key, e, "%s holds more than %d", r->key, WF_CONFIG_LIST_MAX);
    if (given == 0 && *r->standard != '\0') list.item[list.n++] = keep(c, r->standard, strlen(r->standard));
    for (size_t i = 0; i < given; i++) {
        wf_str item = wf_str_of(cfg_getnstr(s, r->key, (unsigned) i));
        if (item.n == 0 || item.n > 1024) return wf_conf_fail(file, s, r->key, e, "%s: an item has 1 to 1024 bytes", r->key);
        char *beside = paths ? wf_conf_beside(file, s, item) : NULL;
        list.item[list.n++] = beside != NULL ? keep(c, beside, strlen(beside)) : keep(c, item.p, item.n);
        free(beside);
    }
    memcpy((char *) c + r->at, &list, sizeof list);
    return WF_OK;
}

static wf_rc check_log(const wf_conf *file, cfg_t *s, const wf_config *c, wf_err *e)
{
    static const char *const level[] = { "error", "warning", "notice", "info", "debug" };
    wf_nearest near;

    WF_ASSERT(c->log != NULL);
    wf_nearest_begin(&near, wf_str_of(c->log));
    for (size_t i = 0; i < sizeof level / sizeof *level; i++) {
        if (strcmp(c->log, level[i]) == 0) return WF_OK;
        wf_nearest_try(&near, wf_str_of(level[i]));
    }
    return wf_conf_fail(file, s, "log", e, "log = \"%s\" is not error, warning, notice, info or debug%s", c->log, wf_nearest_hint(&near));
}

wf_rc wf_config_read(const char *path, wf_config **ret, wf_err *e)
{
    WF_AUTO(wf_config_free) wf_config *c = calloc(1, sizeof *c);
    WF_AUTO(wf_conf_free) wf_conf *file = NULL;
    cfg_t *s = NULL;

    WF_ASSERT(c != NULL);
    if (path != NULL) {
        WF_TRY(wf_conf_read(path, NULL, keys, CONFIG_BYTES_MAX, &file, e));
        s = wf_conf_root(file);
    }
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        if (r->kind == NUMBER) WF_TRY(read_number(file, s, r, c, e));
        else if (r->kind == LIST) WF_TRY(read_list(file, s, r, c, e));
        else WF_TRY(read_text(file, s, r, c, e));
    }
    if (file != NULL) WF_TRY(check_log(file, s, c, e));
    *ret = c;
    c = NULL;
    return WF_OK;
}

/* ---- printing ---- */

static void print_text(const char *text, FILE *out)
{
    (void) fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') (void) fputc('\\', out);
        (void) fputc(*text, out);
    }
    (void) fputc('"', out);
}

void wf_config_print(const wf_config *c, FILE *out)
{
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        const char *at = (const char *) c + r->at;
        (void) fprintf(out, "# %s\n%s = ", r->text, r->key);
        if (r->kind == NUMBER) {
            int64_t n;
            memcpy(&n, at, sizeof n);
            (void) fprintf(out, "%lld", (long long) n);
        } else if (r->kind == LIST) {
            wf_config_list list;
            memcpy(&list, at, sizeof list);
            (void) fputs("{", out);
            for (size_t k = 0; k < list.n; k++) {
                (void) fputs(k == 0 ? " " : ", ", out);
                print_text(list.item[k], out);
            }
            (void) fputs(list.n > 0 ? " }" : "}", out);
        } else {
            const char *text;
            memcpy(&text, at, sizeof text);
            print_text(text, out);
        }
        (void) fputs("\n", out);
    }
}
