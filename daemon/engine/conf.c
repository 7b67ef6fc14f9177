#include "engine/conf.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct place { const cfg_opt_t *opt; int line; };

#define GIVEN (1 << 24)             /* a flag of ours in libconfuse's options */

struct wf_conf {
    char *name;
    cfg_t *root;
    bool files;                     /* may others be read */
    struct place *place; size_t places, cap;
    cfg_opt_t *option;              /* tables for libconfuse, one behind the other */
    wf_err problem;                 /* the first that libconfuse or we have found while reading */
};

/* libconfuse's callbacks carry no context: the file that is being read. Reading is done by one thread. */
static wf_conf *reading;

/* ---- words that are nearly right ---- */

static size_t distance(wf_str a, wf_str b)
{
    size_t row[48] = { 0 }, most = sizeof row / sizeof *row;

    if (a.n >= most || b.n >= most) return most;
    for (size_t j = 0; j <= b.n; j++) row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t above = row[j], d = corner + (a.p[i - 1] != b.p[j - 1]);
            if (above + 1 < d) d = above + 1;
            if (row[j - 1] + 1 < d) d = row[j - 1] + 1;
            corner = above;
            row[j] = d;
        }
    }
    return row[b.n];
}

void wf_nearest_begin(wf_nearest *n, wf_str word) { *n = (wf_nearest) { .word = word, .distance = SIZE_MAX }; }

void wf_nearest_try(wf_nearest *n, wf_str candidate)
{
    size_t d = distance(n->word, candidate);

    if (d >= n->distance) return;
    n->distance = d;
    n->best = candidate;
}

const char *wf_nearest_hint(wf_nearest *n)
{
    bool near = n->distance <= 2 || n->distance * 3 <= n->word.n;

    n->text[0] = '\0';
    if (near && n->best.n > 0 && n->distance < n->best.n)
        (void) snprintf(n->text, sizeof n->text, " (did you mean \"%.*s\"?)", (int) (n->best.n < 64 ? n->best.n : 64), n->best.p);
    return n->text;
}

/* ---- where things are ---- */

static const char *file_of(const wf_conf *c, const cfg_t *s)
{
    return s->filename == NULL || strcmp(s->filename, "[buf]") == 0 ? c->name : s->filename;
}

/* libconfuse calls this after each value with the line it has reached. */
static int noted(cfg_t *s, cfg_opt_t *opt)
{
    wf_conf *c = reading;

    if ((opt->flags & (CFGF_MULTI | CFGF_LIST)) == 0 && (opt->flags & GIVEN) != 0) {
        cfg_error(s, "\"%s\" is given twice", opt->name);
        return -1;
    }
    opt->flags |= GIVEN;
    if (c->places == c->cap) {
        c->cap = c->cap == 0 ? 64 : c->cap * 2;
        c->place = realloc(c->place, c->cap * sizeof *c->place);
        WF_ASSERT(c->place != NULL);
    }
    c->place[c->places++] = (struct place) { opt, s->line };
    return 0;
}

static int line_of(const wf_conf *c, cfg_t *s, const char *key)
{
    cfg_opt_t *opt = key == NULL ? NULL : cfg_getopt(s, key);

    for (size_t i = c->places; opt != NULL && i-- > 0;)
        if (c->place[i].opt == opt) return c->place[i].line;
    return s->line;
}

wf_rc wf_conf_fail(const wf_conf *c, cfg_t *section, const char *key, wf_err *e, const char *format, ...)
{
    char text[200];
    va_list ap;

    va_start(ap, format);
    (void) vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    return wf_fail(e, WF_CONFIG, "%s:%d: %s", file_of(c, section), line_of(c, section, key), text);
}

char *wf_conf_beside(const wf_conf *c, cfg_t *section, wf_str name)
{
    const char *file = file_of(c, section), *slash = strrchr(file, '/');
    int dir = name.n > 0 && name.p[0] == '/' ? 0 : slash == NULL ? 0 : (int) (slash - file + 1);
    char *path = NULL;

    WF_ASSERT(asprintf(&path, "%.*s%.*s", dir, file, WF_STR_ARG(name)) >= 0);
    return path;
}

/* ---- reading ---- */

static void hint_key(cfg_t *s, const char *text, wf_nearest *n)
{
    const char *from = strchr(text, '\''), *to = from == NULL ? NULL : strrchr(text, '\'');

    wf_nearest_begin(n, from == NULL || to == from ? (wf_str) { 0 } : (wf_str) { from + 1, (size_t) (to - from - 1) });
    for (cfg_opt_t *o = s->opts; o != NULL && o->name != NULL; o++) wf_nearest_try(n, wf_str_of(o->name));
}

static void complain(cfg_t *s, const char *format, va_list ap) WF_PRINTF(2, 0);
static void complain(cfg_t *s, const char *format, va_list ap)
{
    char text[160];
    wf_nearest n;

    (void) vsnprintf(text, sizeof text, format, ap);
    if (reading->problem.rc != WF_OK) return;
    hint_key(s, text, &n);
    const char *hint = strncmp(text, "no such option", 14) == 0 ? wf_nearest_hint(&n) : "";
    (void) wf_fail(&reading->problem, WF_CONFIG, "%s:%d: %s%s", file_of(reading, s), s->line, text, hint);
}

static int include(cfg_t *s, cfg_opt_t *opt, int argc, const char **argv)
{
    wf_conf *c = reading;

    if (!c->files || argc != 1) {
        cfg_error(s, c->files ? "include takes the name of one file" : "no other file can be included here");
        return -1;
    }
    char *path = wf_conf_beside(c, s, wf_str_of(argv[0]));
    const char *one[] = { path };
    struct stat st;
    int rc = -1;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) cfg_error(s, "cannot read \"%s\"", path);
    else rc = cfg_include(s, opt, 1, one);
    free(path);
    return rc;
}

/* Each table ends with an empty option; the first also has `include`. */
static size_t options(const wf_conf_key *keys)
{
    size_t n = 2;

    for (; keys->key != NULL; keys++) n += 1 + (keys->sub != NULL ? options(keys->sub) : 0);
    return n;
}

/* Writes the table of `keys` at *free_from, and those of its sections behind it. */
static cfg_opt_t *table(const wf_conf_key *keys, bool root, cfg_opt_t **free_from)
{
    cfg_opt_t *o = *free_from;
    size_t n = 0;

    while (keys[n].key != NULL) n++;
    *free_from += n + 2;
    for (size_t i = 0; i < n; i++) {
        if (keys[i].sub != NULL)
            o[i] = (cfg_opt_t) CFG_SEC(keys[i].key, table(keys[i].sub, false, free_from), CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
        else if (keys[i].list)
            o[i] = (cfg_opt_t) CFG_STR_LIST(keys[i].key, 0, CFGF_NODEFAULT);
        else
            o[i] = (cfg_opt_t) CFG_STR(keys[i].key, 0, CFGF_NODEFAULT);
        o[i].validcb = noted;
        if (keys[i].sub != NULL && keys[i].list) o[i].flags = CFGF_NONE;            /* a section that stands once, without a title */
    }
    o[n] = root ? (cfg_opt_t) CFG_FUNC("include", include) : (cfg_opt_t) CFG_END();
    o[n + 1] = (cfg_opt_t) CFG_END();
    return o;
}

static wf_rc parse(wf_conf *c, const wf_str *text, size_t most, wf_err *e)
{
    struct stat st;
    int rc;

    if (text != NULL) {
        if (text->n > most || memchr(text->p, '\0', text->n) != NULL)
            return wf_fail(e, WF_CONFIG, "%s:1: larger than %zu bytes, or not text", c->name, most);
        char *copy = strndup(text->n == 0 ? "" : text->p, text->n);
        WF_ASSERT(copy != NULL);
        rc = cfg_parse_buf(c->root, copy);
        free(copy);
    } else {
        if (stat(c->name, &st) != 0) return wf_fail(e, WF_CONFIG, "%s:1: cannot be read: %s", c->name, strerror(errno));
        if (!S_ISREG(st.st_mode)) return wf_fail(e, WF_CONFIG, "%s:1: not a file", c->name);
        if ((size_t) st.st_size > most) return wf_fail(e, WF_CONFIG, "%s:1: larger than %zu bytes", c->name, most);
        rc = cfg_parse(c->root, c->name);
    }
    if (rc == CFG_FILE_ERROR) return wf_fail(e, WF_CONFIG, "%s:1: cannot be read: %s", c->name, strerror(errno));
    if (c->problem.rc != WF_OK) return wf_fail(e, WF_CONFIG, "%s", c->problem.text);
    if (rc != CFG_SUCCESS) return wf_fail(e, WF_CONFIG, "%s:%d: cannot be understood", c->name, c->root->line);
    return WF_OK;
}

wf_rc wf_conf_read(const char *name, const wf_str *text, const wf_conf_key *keys, size_t most, wf_conf **ret, wf_err *e)
{
    WF_AUTO(wf_conf_free) wf_conf *c = calloc(1, sizeof *c);

    WF_ASSERT(c != NULL);
    c->name = strdup(name);
    c->files = text == NULL;
    c->option = calloc(options(keys), sizeof *c->option);
    WF_ASSERT(c->name != NULL && c->option != NULL);
    cfg_opt_t *end = c->option;
    c->root = cfg_init(table(keys, true, &end), CFGF_NONE);
    WF_ASSERT(c->root != NULL);
    (void) cfg_set_error_function(c->root, complain);
    reading = c;
    wf_rc rc = parse(c, text, most, e);
    reading = NULL;
    if (rc != WF_OK) return rc;
    *ret = c;
    c = NULL;
    return WF_OK;
}

void wf_conf_free(wf_conf **p)
{
    wf_conf *c = *p;

    if (c == NULL) return;
    if (c->root != NULL) (void) cfg_free(c->root);
    free(c->option);
    free(c->place);
    free(c->name);
    free(c);
    *p = NULL;
}

cfg_t *wf_conf_root(const wf_conf *c) { return c->root; }

/* ---- values ---- */

bool wf_conf_given(cfg_t *section, const char *key)
{
    const cfg_opt_t *opt = cfg_getopt(section, key);

    return opt != NULL && (opt->flags & GIVEN) != 0;
}

wf_str wf_conf_text(cfg_t *section, const char *key)
{
    return cfg_size(section, key) == 0 ? (wf_str) { 0 } : wf_str_of(cfg_getstr(section, key));
}

bool wf_number_of(wf_str text, int64_t *ret)
{
    bool negative = text.n > 0 && text.p[0] == '-';
    int64_t v = 0;

    if (text.n == (size_t) negative || text.n > 18u + negative) return false;
    for (size_t i = negative; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') return false;
        v = v * 10 + (text.p[i] - '0');
    }
    *ret = negative ? -v : v;
    return true;
}

wf_rc wf_conf_number(const wf_conf *c, cfg_t *section, const char *key, int64_t standard, int64_t low, int64_t high, int64_t *ret, wf_err *e)
{
    wf_str text = wf_conf_text(section, key);
    int64_t v = standard;

    if (text.p != NULL && (!wf_number_of(text, &v) || v < low || v > high))
        return wf_conf_fail(c, section, key, e, "%s = \"%.*s\" is not a whole number from %lld to %lld", key,
                            (int) (text.n < 40 ? text.n : 40), text.p, (long long) low, (long long) high);
    *ret = v;
    return WF_OK;
}
