/* workforced -- options, start-up, and the way out. */
#include "keep.h"
#include "verify.h"
#include "core/calendar.h"
#include "engine/config.h"
#include "engine/profile.h"
#include "net/clock.h"
#include "net/log.h"
#include "net/loop.h"
#include "net/notify.h"
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OK = 0, FAILED = 1, USAGE = 2, DAMAGED = 65, CONFIG = 78 };

#define CONFIG_FILE "/etc/workforced/workforced.conf"
#define OVERRIDES_MAX 16
#define STARTED_OVER "WORKFORCED_STARTED_OVER"

typedef struct options {
    const char *command, *argument, *config, *store, *work, *profile[WF_CONFIG_LIST_MAX], *endpoint[OVERRIDES_MAX];
    size_t profiles, endpoints;
    bool manual, given_today, check, print;
    wf_day today;
    int64_t timeline_mib;               /* -1: the configuration's */
    char name[128];                     /* of the profile, as status shows it */
} options;

static const char usage_text[] =
    "usage: workforced [options]\n"
    "       workforced check [options]\n"
    "       workforced scrub [DIR|FILE] [options]\n"
    "       workforced derive [DIR] [options]\n"
    "       workforced restore FILE [options]\n"
    "       workforced verify [DIR|FILE] [options]\n"
    "\n"
    "  --config FILE            settings (default " CONFIG_FILE ")\n"
    "  --profile FILE           a profile in place of the configured ones; may be repeated\n"
    "  --store DIR              directory of the store in place of the configured one\n"
    "  --endpoint NAME=WHERE    endpoint of intake, feed, stream, query or admin; empty: none; may be repeated\n"
    "  --clock system|manual    system: days end at midnight in London; manual: when `advance` asks for it\n"
    "  --today DATE             first day of a new store with a manual clock, 2024-03-01\n"
    "  --timeline-cache MB      memory for timelines that are kept at hand\n"
    "  --work DIR               where verify works on a copy (default: beside the store)\n"
    "  --check                  reads everything, prints what it understood, starts nothing\n"
    "  --print-config           prints the settings in force as a file that reads back to the same\n"
    "  --lines                  lists every log line: name, message id, sentence\n"
    "  --version, --help\n"
    "\n"
    "check reads settings and profiles; scrub reads every byte of a store that no daemon has open, or of a backup;\n"
    "derive keeps a store's journal and lets the next start derive the rest; restore makes a store of a backup in an empty directory.\n"
    "verify tells the journal of such a store or backup once more, on a copy, and compares: figures, ledger, findings, alert messages.\n"
    "\n"
    "Exit status: 0 ended as asked, or the check found nothing wrong; 1 the system or the store failed;\n"
    "2 wrong options; 65 the store is damaged; 78 the configuration is wrong (the reason names file and line).\n";

/* ---- options --------------------------------------------------------------------------------------------------- */

static int misuse(const char *what, const char *value)
{
    fprintf(stderr, "workforced: %s%s%s\nTry workforced --help.\n", what, value ? ": " : "", value ? value : "");
    return USAGE;
}

static int list_lines(void)
{
    char id[WF_MESSAGE_ID_TEXT];
    for (int i = 0; i < WF_LINE_COUNT; i++)
        printf("%s %s %s\n", wf_log_name((wf_line_id) i), wf_log_message_id((wf_line_id) i, id), wf_log_format((wf_line_id) i));
    return OK;
}

static bool number(const char *text, int64_t most, int64_t *ret)
{
    int64_t v = 0;
    if (!*text)
        return false;
    for (; *text >= '0' && *text <= '9' && v <= most; text++)
        v = v * 10 + (*text - '0');
    *ret = v;
    return *text == '\0' && v <= most;
}

static int take_clock(options *o, const char *text)
{
    o->manual = strcmp(text, "manual") == 0;
    return o->manual || strcmp(text, "system") == 0 ? -1 : misuse("--clock is system or manual, not", text);
}

static int take_today(options *o, const char *text)
{
    wf_err e;
    o->given_today = wf_day_parse(wf_str_of(text), &o->today, &e) == WF_OK;
    return o->given_today ? -1 : misuse("--today", e.text);
}

/* -1: go on; else the status to end with. */
static int take_option(options *o, int c, const char *value)
{
    switch (c) {
    case 'c': o->config = value; return -1;
    case 's': o->store = value; return -1;
    case 'w': o->work = value; return -1;
    case 'k': return take_clock(o, value);
    case 't': return take_today(o, value);
    case 'C': o->check = true; return -1;
    case 'P': o->print = true; return -1;
    case 'L': return list_lines();
    case 'V': puts("workforced " WF_VERSION); return OK;
    case 'h': fputs(usage_text, stdout); return OK;
    case 'm': return number(value, 1048576, &o->timeline_mib) ? -1 : misuse("--timeline-cache takes MB", value);
    case 'p':
        if (o->profiles == WF_CONFIG_LIST_MAX)
            return misuse("too many profiles", NULL);
        o->profile[o->profiles++] = value;
        return -1;
    case 'e':
        if (o->endpoints == OVERRIDES_MAX || !strchr(value, '='))
            return misuse("--endpoint takes NAME=WHERE", value);
        o->endpoint[o->endpoints++] = value;
        return -1;
    default:
        fputs("Try workforced --help.\n", stderr);
        return USAGE;
    }
}

static int parse(options *o, int argc, char **argv)
{
    static const struct option table[] = {
        { "config", required_argument, NULL, 'c' }, { "profile", required_argument, NULL, 'p' },
        { "store", required_argument, NULL, 's' }, { "endpoint", required_argument, NULL, 'e' },
        { "clock", required_argument, NULL, 'k' }, { "today", required_argument, NULL, 't' },
        { "timeline-cache", required_argument, NULL, 'm' }, { "work", required_argument, NULL, 'w' },
        { "check", no_argument, NULL, 'C' },
        { "print-config", no_argument, NULL, 'P' }, { "lines", no_argument, NULL, 'L' },
        { "version", no_argument, NULL, 'V' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
    };
    for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        int status = take_option(o, c, optarg);
        if (status >= 0)
            return status;
    }
    if (optind < argc && strcmp(argv[optind], "check") == 0) {
        o->check = true;
        optind++;
    }
    if (optind < argc && (strcmp(argv[optind], "scrub") == 0 || strcmp(argv[optind], "derive") == 0 || strcmp(argv[optind], "restore") == 0 ||
                          strcmp(argv[optind], "verify") == 0)) {
        o->command = argv[optind++];
        o->argument = optind < argc ? argv[optind++] : NULL;
    }
    if (optind < argc)
        return misuse("what is this", argv[optind]);
    if (o->command && strcmp(o->command, "restore") == 0 && !o->argument)
        return misuse("restore takes the FILE of a backup", NULL);
    if (o->given_today && !o->manual)
        return misuse("--today goes with --clock manual", NULL);
    return -1;
}

/* ---- configuration --------------------------------------------------------------------------------------------- */

static void endpoints_of(const wf_config *c, wf_endpoint_setting at[WF_EP_COUNT])
{
    at[WF_EP_INTAKE] = (wf_endpoint_setting) { c->intake, c->group_publish, 1024 };
    at[WF_EP_FEED] = (wf_endpoint_setting) { c->feed, c->group_publish, 20000 };
    at[WF_EP_STREAM] = (wf_endpoint_setting) { c->stream, c->group_read, (int) c->stream_queue };
    at[WF_EP_QUERY] = (wf_endpoint_setting) { c->query, c->group_read, 64 };
    at[WF_EP_ADMIN] = (wf_endpoint_setting) { c->admin, c->group_ops, 64 };
}

static wf_rc override_endpoint(wf_config *c, const char *text, wf_err *e)
{
    const char **const slot[WF_EP_COUNT] = { &c->intake, &c->feed, &c->stream, &c->query, &c->admin };
    const char *where = strchr(text, '=') + 1;
    char name[16];
    wf_endpoint which;
    snprintf(name, sizeof name, "%.*s", (int) (where - 1 - text < 15 ? where - 1 - text : 15), text);
    if (!wf_endpoint_named(name, &which))
        return wf_fail(e, WF_CONFIG, "--endpoint %s: there is no endpoint %s", text, name);
    *slot[which] = where;
    return WF_OK;
}

/* The file, then what the command line says instead. Without --config a file that is not there means the defaults. */
static wf_rc read_settings(const options *o, wf_config **ret, wf_err *e)
{
    const char *file = o->config ? o->config : access(CONFIG_FILE, F_OK) == 0 ? CONFIG_FILE : NULL;
    wf_config *c = NULL;
    WF_TRY(wf_config_read(file, &c, e));
    if (o->store)
        c->store = o->store;
    if (o->profiles > 0)
        c->profiles = (wf_config_list) { .n = 0 };
    for (size_t i = 0; i < o->profiles; i++)
        c->profiles.item[c->profiles.n++] = o->profile[i];
    if (o->timeline_mib >= 0)
        c->timeline_mib = o->timeline_mib;
    wf_rc rc = WF_OK;
    for (size_t i = 0; i < o->endpoints && rc == WF_OK; i++)
        rc = override_endpoint(c, o->endpoint[i], e);
    wf_endpoint_setting at[WF_EP_COUNT];
    endpoints_of(c, at);
    for (int i = 0; i < WF_EP_COUNT && rc == WF_OK; i++)
        if (at[i].at && at[i].at[0])
            rc = wf_access_check((wf_endpoint) i, at[i].at, e);
    if (rc == WF_OK)
        *ret = c;
    else
        wf_config_free(&c);
    return rc;
}

/* "dfe.conf+local.conf" */
static void name_of_profiles(const wf_config *c, char *buf, size_t n)
{
    size_t at = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < c->profiles.n && at < n; i++) {
        const char *slash = strrchr(c->profiles.item[i], '/');
        int k = snprintf(buf + at, n - at, "%s%s", i ? "+" : "", slash ? slash + 1 : c->profiles.item[i]);
        at += k > 0 ? (size_t) k : 0;
    }
}

static wf_rc read_all(options *o, wf_config **settings, wf_profile **profile, wf_err *e)
{
    wf_config *c = NULL;
    WF_TRY(read_settings(o, &c, e));
    wf_rc rc = wf_profile_read(c->profiles.item, c->profiles.n, profile, e);
    if (rc != WF_OK) {
        wf_config_free(&c);
        return rc;
    }
    name_of_profiles(c, o->name, sizeof o->name);
    *settings = c;
    return WF_OK;
}

typedef struct house { options *o; wf_config *settings; bool ran; } house;

/* SIGHUP, `reload`: profiles change at once; what is opened at the start waits for the next one. */
static wf_rc read_again(void *ctx, wf_profile **profile, const char **name, wf_err *e)
{
    house *h = ctx;
    wf_config *next = NULL;
    WF_TRY(read_all(h->o, &next, profile, e));
    const struct { const char *what, *before, *now; } kept[] = {
        { "store", h->settings->store, next->store }, { "intake", h->settings->intake, next->intake },
        { "feed", h->settings->feed, next->feed }, { "stream", h->settings->stream, next->stream },
        { "query", h->settings->query, next->query }, { "admin", h->settings->admin, next->admin },
    };
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (strcmp(kept[i].before, kept[i].now) != 0)
            wf_log(RELOAD_RESTART, kept[i].what);
    wf_config_free(&next);
    *name = h->o->name;
    return WF_OK;
}

static int level_of(const char *name)
{
    static const struct { const char *name; int level; } levels[] = {
        { "error", LOG_ERR }, { "warning", LOG_WARNING }, { "notice", LOG_NOTICE }, { "info", LOG_INFO }, { "debug", LOG_DEBUG },
    };
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (strcmp(name, levels[i].name) == 0)
            return levels[i].level;
    return LOG_INFO;
}

static wf_log_sink sink(void)
{
    struct stat st;
    char here[64];
    const char *stream = getenv("JOURNAL_STREAM");
    if (stream && fstat(STDERR_FILENO, &st) == 0) {
        snprintf(here, sizeof here, "%ju:%ju", (uintmax_t) st.st_dev, (uintmax_t) st.st_ino);
        if (strcmp(here, stream) == 0 && access("/run/systemd/journal/socket", W_OK) == 0)
            return WF_LOG_JOURNAL;
    }
    if (isatty(STDERR_FILENO))
        return WF_LOG_PLAIN;
    return getenv("INVOCATION_ID") || getenv("NOTIFY_SOCKET") ? WF_LOG_PREFIXED : WF_LOG_PLAIN;
}

/* ---- check ----------------------------------------------------------------------------------------------------- */

static void print_understood(const wf_config *c, const wf_profile *p)
{
    wf_endpoint_setting at[WF_EP_COUNT];
    endpoints_of(c, at);
    printf("store      %s\n", c->store);
    for (int i = 0; i < WF_EP_COUNT; i++)
        printf("%-10s %s\n", wf_endpoint_name((wf_endpoint) i), at[i].at && at[i].at[0] ? at[i].at : "not opened");
    for (size_t i = 0; i < c->profiles.n; i++)
        printf("profile    %s\n", c->profiles.item[i]);
    printf("version    %016" PRIx64 "\n", p->hash);
    for (size_t i = 0; i < p->indicator_count; i++)
        printf("indicator  %-32.*s %.*s\n", WF_STR_ARG(p->indicator[i].name), WF_STR_ARG(p->indicator[i].title));
    for (size_t i = 0; i < p->rule_count; i++)
        printf("rule       %-32.*s on %.*s\n", WF_STR_ARG(p->rule[i].name), WF_STR_ARG(p->indicator[p->rule[i].indicator].name));
    for (size_t i = 0; i < p->tree_count; i++)
        printf("tree       %-32.*s %zu units\n", WF_STR_ARG(p->tree[i].org), p->tree[i].n);
    for (size_t i = 0; i < p->source_count; i++)
        printf("source     %.*s\n", WF_STR_ARG(p->source[i].name));
    printf("%zu indicators, %zu rules, %zu trees, %zu sources, %zu bank holidays: nothing wrong\n", p->indicator_count,
           p->rule_count, p->tree_count, p->source_count, p->holiday_count);
}

/* ---- run ------------------------------------------------------------------------------------------------------- */

static void progress(void *ctx, const char *what, uint64_t done, uint64_t all)
{
    uint64_t *told = ctx, now = wf_monotonic_ms();
    if (now - *told < 2000 && done < all)
        return;
    *told = now;
    wf_notify_deriving(what, done, all);
    wf_log(DERIVING, what, done, all);
}

static sigset_t own_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

static void block_signals(void)
{
    sigset_t set = own_signals();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);           /* a file-size limit is an error of the write, and handled as one */
}

/* Store and engine, once; both write a little, so a full disk may refuse. */
static wf_rc open_both(house *h, const wf_profile *profile, uint64_t *told, wf_store **store, wf_engine **engine, wf_err *e)
{
    const wf_config *c = h->settings;
    wf_store_options s = {
        .path = c->store, .map_bytes = (uint64_t) c->map_gib << 30, .limit_bytes = (uint64_t) c->store_mib << 20,
        .disk_reserve = (uint64_t) c->disk_reserve_mib << 20, .manual_clock = h->o->manual, .measures_version = WF_MEASURES_VERSION,
    };
    WF_TRY(wf_store_open(&s, store, e));
    if (h->o->manual && !h->o->given_today && wf_store_fresh(*store))
        return wf_fail(e, WF_CONFIG, "a new store with a manual clock needs --today DATE");
    wf_engine_options o = {
        .store = *store, .profile = profile, .today = h->o->manual ? h->o->today : wf_day_london(wf_host_now()),
        .timeline_bytes = (size_t) c->timeline_mib << 20, .progress = progress, .progress_ctx = told,
    };
    return wf_engine_open(&o, engine, e);
}

/* A second, or a signal that asks to end. */
static bool asked_to_end(void)
{
    sigset_t set = own_signals();
    int signal = sigtimedwait(&set, NULL, &(struct timespec) { .tv_sec = 1 });
    return signal == SIGTERM || signal == SIGINT;
}

static wf_rc run(house *h, wf_profile **profile, wf_err *e)
{
    WF_AUTO(wf_store_close) wf_store *store = NULL;
    WF_AUTO(wf_engine_close) wf_engine *engine = NULL;
    const wf_config *c = h->settings;
    uint64_t told = wf_monotonic_ms();
    wf_rc rc;
    if (getenv(STARTED_OVER) && unsetenv(STARTED_OVER) == 0) {      /* at most once a second */
        wf_notify_waiting("the last commit found no room");
        if (asked_to_end())
            return WF_OK;
    }
    for (bool said = false; (rc = open_both(h, *profile, &told, &store, &engine, e)) == WF_FULL; said = true) {
        wf_engine_close(&engine);
        wf_store_close(&store);
        if (!said)
            wf_log(STORE_WAITS, e->text);
        wf_notify_waiting(e->text);
        if (asked_to_end())
            return WF_OK;
    }
    WF_TRY(rc);
    wf_loop_options l = {
        .store = store, .engine = engine, .profile = profile, .profile_name = h->o->name, .manual_clock = h->o->manual,
        .credit_events = (uint32_t) c->window, .scrub_ms = (uint64_t) c->scrub_minutes * 60000, .read = read_again, .ctx = h, .ran = &h->ran,
    };
    endpoints_of(c, l.at);
    return wf_loop_run(&l, e);
}

/* The way out is short: what matters is on disk, and libzmq's threads may still be sending the last replies. */
static void leave(int status) __attribute__((noreturn));
static void leave(int status)
{
    fflush(NULL);
    _exit(status);
}

/* What is in memory after a commit that found no room is nothing to go on with: the same process begins anew from the
 * store, which holds all that was acknowledged, and waits there until there is room. Its sockets close with the exec. */
static void start_over(char **argv)
{
    fflush(NULL);
    (void) setenv(STARTED_OVER, "1", 1);
    (void) execv("/proc/self/exe", argv);
    wf_log(START_FAILED, strerror(errno));
}

static int fail(const wf_err *e)
{
    if (e->rc == WF_CONFIG)
        wf_log(CONFIG_WRONG, e->text);
    else
        wf_log(START_FAILED, e->text);
    wf_notify_failed(e->text);
    return e->rc == WF_CONFIG ? CONFIG : e->rc == WF_DAMAGED ? DAMAGED : FAILED;
}

/* scrub, derive, restore and verify: without --store, the configured directory. */
static int keep(const options *o)
{
    wf_config *c = NULL;
    wf_err e;
    wf_rc rc = WF_OK;
    bool restore = strcmp(o->command, "restore") == 0, same = true;
    const char *store = !restore && o->argument ? o->argument : o->store;
    if (!store && (rc = read_settings(o, &c, &e)) == WF_OK)
        store = c->store;
    if (rc == WF_OK)
        rc = restore ? wf_keep_restore(o->argument, store, wf_host_now(), &e)
             : strcmp(o->command, "derive") == 0 ? wf_keep_derive(store, &e)
             : strcmp(o->command, "verify") == 0 ? wf_verify(store, o->work, (uint64_t) wf_host_now().ms, &same, &e) : wf_keep_scrub(store, &e);
    wf_config_free(&c);
    if (rc != WF_OK)
        fprintf(stderr, "workforced: %s\n", e.text);
    return rc == WF_OK ? same ? OK : FAILED : rc == WF_CONFIG ? CONFIG : rc == WF_DAMAGED ? DAMAGED : FAILED;
}

int main(int argc, char **argv)
{
    options o = { .timeline_mib = -1 };
    house h = { .o = &o };
    wf_profile *profile = NULL;
    wf_err e = { .rc = WF_OK };
    int status = parse(&o, argc, argv);
    if (status >= 0)
        return status;

    wf_log_open(sink(), LOG_INFO);
    wf_notify_open(getenv("NOTIFY_SOCKET"));
    umask(0077);
    if (o.command)
        return keep(&o);
    if (read_all(&o, &h.settings, &profile, &e) != WF_OK)
        return fail(&e);
    wf_log_open(sink(), level_of(h.settings->log));
    if (o.print)
        wf_config_print(h.settings, stdout);
    if (o.check)
        print_understood(h.settings, profile);
    if (!o.print && !o.check) {
        block_signals();
        wf_store_guard(DAMAGED);
        wf_rc rc = run(&h, &profile, &e);
        if (rc == WF_FULL && h.ran)
            start_over(argv);
        status = rc == WF_OK ? OK : !h.ran ? fail(&e) : rc == WF_DAMAGED ? DAMAGED : FAILED;
        leave(status);
    }
    wf_profile_free(&profile);
    wf_config_free(&h.settings);
    return OK;
}
