/* conf -- a file in libconfuse's syntax, with the line of every value, so that an error can name file, line and value.
 *
 * Every value is read as text and parsed by us: bounds, decimals and dates have one set of messages. */
#pragma once
#include <confuse.h>
#include <workforce/types.h>

typedef struct wf_conf wf_conf;

/* One key of a section. `sub` with its own keys makes it a section with a title; a list holds several texts. */
typedef struct wf_conf_key { const char *key; bool list; const struct wf_conf_key *sub; } wf_conf_key;      /* ends with key NULL */

/* Reads a file (text NULL), or a text that stands for one; then nothing else is read. `include("file")` works at the top
 * level of files. WF_CONFIG with "FILE:LINE: reason" and, for an unknown key, the nearest that there is. */
WF_NODISCARD wf_rc wf_conf_read(const char *name, const wf_str *text, const wf_conf_key *keys, size_t most, wf_conf **ret, wf_err *e);
void wf_conf_free(wf_conf **p);
cfg_t *wf_conf_root(const wf_conf *c);

/* WF_CONFIG "FILE:LINE: ...", the line of `key` in `section`; without key, where the section ends. */
wf_rc wf_conf_fail(const wf_conf *c, cfg_t *section, const char *key, wf_err *e, const char *format, ...) WF_PRINTF(5, 6);

bool wf_conf_given(cfg_t *section, const char *key);        /* a value or a section */
/* The value of a key; p is NULL if it is not given. */
wf_str wf_conf_text(cfg_t *section, const char *key);
/* low to high, or `standard` if it is not given. */
WF_NODISCARD wf_rc wf_conf_number(const wf_conf *c, cfg_t *section, const char *key, int64_t standard, int64_t low, int64_t high,
                                  int64_t *ret, wf_err *e);
bool wf_number_of(wf_str text, int64_t *ret);       /* digits with an optional sign, at most 18 */

/* `name` beside the file that the section stands in; "/..." as it is. Caller frees. */
char *wf_conf_beside(const wf_conf *c, cfg_t *section, wf_str name);

/* Of several words: the nearest to what was written, if it is near: " (did you mean \"x\"?)", else "". */
typedef struct wf_nearest { wf_str word, best; size_t distance; char text[96]; } wf_nearest;
void wf_nearest_begin(wf_nearest *n, wf_str word);
void wf_nearest_try(wf_nearest *n, wf_str candidate);
const char *wf_nearest_hint(wf_nearest *n);
