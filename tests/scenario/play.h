/* play -- what the parts of the scenario runner share: the line that is read, the engine that plays.
 *
 *   runner.c   files, lines, the clock       said.c   events, as bytes       expected.c   what must hold */
#pragma once
#include <stdlib.h>
#include <string.h>

#include "core/calendar.h"
#include "engine/engine.h"
#include "engine/profile.h"

#define WORDS_MAX 48
#define ALERTS_MAX 4096

struct told { char rule[64], unit[128]; wf_level state, before; wf_day since; };

extern const char *file;                    /* and line: where we are */
extern int line, failures, events, expectations, tolds;
extern char *word[WORDS_MAX];               /* of the line; `at`: the next one to take */
extern int words, at;
extern wf_engine *engine;
extern wf_profile *profile;
extern bool in_frame;
extern wf_verdict verdict;                  /* of the last event */
extern struct told told[ALERTS_MAX];
extern wf_err err;

void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void need(wf_rc rc, const char *what);
void in_vain(const char *format, ...) __attribute__((format(printf, 1, 2)));     /* an expectation that does not hold */
char *take(const char *what);
bool took(const char *text);
const char *named(const char *name);        /* the value of `name=value` in the rest of the line; NULL without one */
wf_day day_of(const char *text);
int number_of(const char *text);

void frame_begin(void);
void frame_end(void);

void event(const char *type);
void complete(void);
void expect(void);
