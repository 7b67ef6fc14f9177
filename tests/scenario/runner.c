/* runner -- plays scenarios: the engine with a wound clock and no sockets.
 *
 *   scenario FILE.wfs...
 *
 *   # comment
 *   profile FILE...                      profiles, found beside the scenario or from the top; later again: another one
 *     | LINE                             more of the profile, as it stands
 *   at DATE                              a fresh store, today is DATE
 *   event TYPE subject=S effective=D field=value...   org=alpha source=s1 unless said; an id and a time of its own unless said;
 *                                        adjustment and inferred alone; value nil: nil; value -: the key is left out
 *   complete TYPES|all from DATE [until=DATE] [org=O] [source=S]
 *   frame ... end                        the events between are one frame of a publisher; else each is one
 *   advance to DATE, advance Nd          the clock moves only here: each day that ends is ticked
 *   times N LINE                         the line N times, % in it replaced by 1, 2, ... N
 *   restart                              closes the store and opens it again
 *   expect figure INDICATOR UNIT [on DATE] = VALUE|x|z|u|low [N/D]
 *   expect no data INDICATOR UNIT until DATE|never
 *   expect state RULE UNIT = LEVEL [on DATE] [pending=LEVEL]
 *   expect alert RULE UNIT LEVEL count N [since=DATE] [before=LEVEL]     told so far; since and before: of the last
 *   expect moves UNIT CAUSE = HEADS-IN/HEADS-OUT [FTE-IN/FTE-OUT] [from=DATE] [until=DATE]     also: before, after = HEADS/0
 *   expect no moves UNIT [from=DATE] [until=DATE]     no data on some of these days
 *   expect alerts N                      told so far, all rules
 *   expect finding KIND ID, expect findings N
 *   expect accepted, expect duplicate, expect refused REASON, expect refusals N
 *
 * UNIT is a path. Exit status 0, 1 when something was expected in vain (each with its line), 2 for wrong use. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "play.h"

#define PROFILES_MAX 8

const char *file;
int line, failures, events, expectations, tolds;
wf_engine *engine;
wf_profile *profile;
bool in_frame;
wf_verdict verdict;
struct told told[ALERTS_MAX];
wf_err err;
static wf_store *store;
static char store_path[128], more_path[160];

void die(const char *format, ...)
{
    va_list ap;
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(2);
}

void need(wf_rc rc, const char *what)
{
    if (rc != WF_OK)
        die("%s: %s", what, err.text);
}

void in_vain(const char *format, ...)
{
    va_list ap;
    failures++;
    printf("%s:%d: ", file, line);
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    putchar('\n');
}

/* ---- words of a line ---- */

char *word[WORDS_MAX];
int words, at;

static void split(char *text)
{
    words = at = 0;
    for (char *save = NULL, *p = strtok_r(text, " \t\n", &save); p != NULL && *p != '#'; p = strtok_r(NULL, " \t\n", &save)) {
        if (words == WORDS_MAX)
            die("more than %d words", WORDS_MAX);
        word[words++] = p;
    }
}

char *take(const char *what)
{
    if (at == words)
        die("%s is missing", what);
    return word[at++];
}

bool took(const char *text)
{
    bool yes = at < words && strcmp(word[at], text) == 0;
    at += yes;
    return yes;
}

const char *named(const char *name)
{
    size_t n = strlen(name);
    for (int i = at; i < words; i++)
        if (strncmp(word[i], name, n) == 0 && word[i][n] == '=')
            return word[i] + n + 1;
    return NULL;
}

wf_day day_of(const char *text)
{
    wf_day d;
    need(wf_day_parse(wf_str_of(text), &d, &err), "a day");
    return d;
}

int number_of(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (*end != 0 || end == text || n < 0 || n > 1000000)
        die("%s is no number", text);
    return (int) n;
}

/* ---- the house ---- */

static void open_house(wf_day first)
{
    wf_store_options so = { .path = store_path, .map_bytes = 1u << 28, .manual_clock = true, .measures_version = WF_MEASURES_VERSION };
    if (profile == NULL)
        die("a profile comes first");
    need(wf_store_open(&so, &store, &err), "store");
    wf_engine_options eo = { .store = store, .profile = profile, .today = first };
    need(wf_engine_open(&eo, &engine, &err), "engine");
}

static void close_house(void)
{
    wf_engine_close(&engine);
    wf_store_close(&store);
}

static void remove_store(void)
{
    char command[400];
    snprintf(command, sizeof command, "rm -rf '%s' '%s'", store_path, more_path);
    if (system(command) != 0)
        die("cannot remove %s", store_path);
}

static wf_instant arrival(void) { return (wf_instant) { wf_day_end_london(wf_engine_today(engine)).ms - 1 }; }

static void hear(void *ctx, const wf_alert *a, const void *bytes, size_t n)
{
    (void) ctx, (void) bytes, (void) n;
    if (tolds == ALERTS_MAX)
        die("more than %d alerts", ALERTS_MAX);
    struct told *t = &told[tolds++];
    *t = (struct told) { .state = a->state, .before = a->before, .since = a->since };
    snprintf(t->rule, sizeof t->rule, "%.*s", WF_STR_ARG(a->rule));
    snprintf(t->unit, sizeof t->unit, "%.*s", WF_STR_ARG(a->unit));
    static const char *const levels[] = { "unknown", "ok", "amber", "red" };
    if (getenv("SCENARIO_SAYS") != NULL)
        printf("%s:%d: alert %s %s %s -> %s\n%s\n", file, line, t->rule, t->unit, levels[t->before], levels[t->state], a->text);
}

static void listen_up(void) { wf_engine_take_alerts(engine, hear, NULL); }

void frame_begin(void) { need(wf_engine_begin(engine, arrival(), &err), "begin"); }

void frame_end(void)
{
    need(wf_engine_frame_end(engine, &err), "frame end");
    need(wf_engine_commit(engine, &err), "commit");
    listen_up();
}

static void advance(wf_day to)
{
    if (to.n <= wf_engine_today(engine).n)
        die("the clock goes forward only");
    frame_begin();
    while (wf_engine_today(engine).n < to.n)
        need(wf_engine_tick(engine, &err), "tick");
    need(wf_engine_commit(engine, &err), "commit");
    listen_up();
}

/* Reads the named files and the `|` lines that follow; puts back the line after them. */
static void read_profile(FILE *f)
{
    const char *path[PROFILES_MAX + 1];
    char found[PROFILES_MAX][512], text[1024];
    size_t n = 0;
    for (; at < words; n++) {
        const char *name = take("a profile"), *slash = strrchr(file, '/');
        if (n == PROFILES_MAX)
            die("more than %d profiles", PROFILES_MAX);
        snprintf(found[n], sizeof found[n], "%.*s/%s", slash != NULL ? (int) (slash - file) : 1, slash != NULL ? file : ".", name);
        path[n] = access(found[n], R_OK) == 0 ? found[n] : name;
    }
    FILE *more = fopen(more_path, "w");
    if (more == NULL)
        die("cannot write %s", more_path);
    for (long back = ftell(f); fgets(text, sizeof text, f) != NULL; back = ftell(f)) {
        const char *p = text + strspn(text, " \t");
        if (*p != '|') {
            if (fseek(f, back, SEEK_SET) != 0)
                die("cannot read again");
            break;
        }
        fputs(p + 1, more);
        line++;
    }
    fclose(more);
    path[n++] = more_path;
    wf_profile *now = NULL;
    need(wf_profile_read(path, n, &now, &err), "profile");
    if (engine != NULL) {
        need(wf_engine_reprofile(engine, now, arrival(), &err), "reprofile");
        listen_up();
    }
    wf_profile_free(&profile);
    profile = now;
}

static void step(FILE *f)
{
    const char *verb = take("a verb");
    if (strcmp(verb, "profile") == 0) { read_profile(f); return; }
    if (strcmp(verb, "at") == 0) {
        if (engine != NULL)
            die("the clock is set once");
        open_house(day_of(take("a day")));
        return;
    }
    if (engine == NULL)
        die("at DATE comes first");
    if (strcmp(verb, "event") == 0) event(take("a type"));
    else if (strcmp(verb, "complete") == 0) complete();
    else if (strcmp(verb, "expect") == 0) expect();
    else if (strcmp(verb, "frame") == 0 && !in_frame) {
        in_frame = true;
        frame_begin();
    } else if (strcmp(verb, "end") == 0 && in_frame) {
        in_frame = false;
        frame_end();
    } else if (strcmp(verb, "advance") == 0) {
        bool to = took("to");
        char *by = take("a day");
        if (!to && by[strlen(by) - 1] == 'd')
            by[strlen(by) - 1] = 0;
        advance(to ? day_of(by) : (wf_day) { wf_engine_today(engine).n + number_of(by) });
    } else if (strcmp(verb, "restart") == 0) {
        wf_day today = wf_engine_today(engine);
        close_house();
        open_house(today);
    } else die("%s is not understood", verb);
}

/* A line once, or with % for the number as often as `times` says. */
static void steps(FILE *f, const char *text)
{
    char copy[1024], one[2048];
    snprintf(copy, sizeof copy, "%s", text);
    split(copy);
    if (words == 0)
        return;
    if (strcmp(word[0], "times") != 0) {
        step(f);
        return;
    }
    at = 1;
    int n = number_of(take("a number"));
    const char *rest = text + (take("a line") - copy);
    for (int i = 1; i <= n; i++) {
        size_t to = 0;
        for (const char *p = rest; *p != 0 && to < sizeof one - 12; p++)
            if (*p == '%') to += (size_t) snprintf(one + to, sizeof one - to, "%d", i);
            else one[to++] = *p;
        one[to] = 0;
        split(one);
        step(f);
    }
}

static void play(const char *path)
{
    char text[1024];
    FILE *f = fopen(path, "r");
    file = path;
    line = tolds = events = expectations = 0;
    if (f == NULL)
        die("cannot be read");
    remove_store();
    while (fgets(text, sizeof text, f) != NULL) {
        line++;
        steps(f, text);
    }
    fclose(f);
    if (in_frame || expectations == 0)
        die("%s", in_frame ? "a frame without end" : "nothing is expected");
    close_house();
    wf_profile_free(&profile);
    remove_store();
}

int main(int argc, char **argv)
{
    const char *memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    if (argc < 2)
        return 2;
    snprintf(store_path, sizeof store_path, "%s/scenario.%d", memory, (int) getpid());
    snprintf(more_path, sizeof more_path, "%s.conf", store_path);
    for (int i = 1; i < argc; i++)
        play(argv[i]);
    return failures != 0;
}
