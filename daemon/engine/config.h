/* config -- workforced.conf: where the store and the profiles are, which endpoints are bound, and how much of anything.
 *
 * One table makes the defaults, the bounds, --print-config and the list in workforced.conf(5). */
#pragma once
#include <stdio.h>
#include <workforce/types.h>

/* X(KIND, member, key, default, low, high, sentence)
 *   TEXT      const char *          ENDPOINT  const char *, ipc:// or loopback tcp:// only, "" for none
 *   NUMBER    int64_t, low..high    LIST      wf_config_list of texts */
#define WF_CONFIG_KEYS(X)                                                                                               \
    X(TEXT,     store,        "store",        "/var/lib/workforced",              0, 0, "directory of the store")       \
    X(LIST,     profiles,     "profiles",     "/usr/share/workforced/profiles/dfe.conf", 0, 0, "profiles in force, read in this order") \
    X(ENDPOINT, intake,       "intake",       "ipc:///run/workforced/intake",     0, 0, "events in, acknowledged")      \
    X(ENDPOINT, feed,         "feed",         "ipc:///run/workforced/feed",       0, 0, "events in from systems that can only PUB; best effort") \
    X(ENDPOINT, stream,       "stream",       "ipc:///run/workforced/stream",     0, 0, "figures and alerts out")       \
    X(ENDPOINT, query,        "query",        "ipc:///run/workforced/query",      0, 0, "questions")                    \
    X(ENDPOINT, admin,        "admin",        "ipc:///run/workforced/admin",      0, 0, "reload and clock, for operators") \
    X(TEXT,     group_ops,    "group_ops",    "workforced-ops",                   0, 0, "group that may use admin; empty: whoever may enter the directory") \
    X(TEXT,     group_publish,"group_publish","workforced-publish",               0, 0, "group that may use intake and feed") \
    X(TEXT,     group_read,   "group_read",   "workforced-read",                  0, 0, "group that may use stream and query") \
    X(NUMBER,   map_gib,      "map_gib",      "64",                               1, 16384, "address space of the store in GiB; a ceiling, not disk") \
    X(NUMBER,   store_mib,    "store_mib",    "0",       0, 16777216, "most that the store may hold, in MiB; 0: as map_gib. Intake pauses 5 % before") \
    X(NUMBER,   disk_reserve_mib, "disk_reserve_mib", "64", 0, 16777216, "what stays free on the store's disk, in MiB; intake pauses there") \
    X(NUMBER,   scrub_minutes, "scrub_minutes", "1440",  0, 525600, "time in which the whole store is read again and its checksums held to; 0: never") \
    X(NUMBER,   timeline_mib, "timeline_mib", "512",                              1, 1048576, "memory for timelines that are kept at hand, in MiB") \
    X(NUMBER,   window,       "window",       "32768",                            2048, 65536, "events that one publisher may have unacknowledged") \
    X(NUMBER,   stream_queue, "stream_queue", "100000",                           1000, 10000000, "messages that wait for one slow subscriber") \
    X(LIST,     keep,         "keep",         "",                                 0, 0, "personal fields that are kept; those not named here are refused") \
    X(TEXT,     log,          "log",          "info",                             0, 0, "least level that is logged: error, warning, notice, info, debug")

#define WF_CONFIG_LIST_MAX 32
typedef struct wf_config_list { const char *item[WF_CONFIG_LIST_MAX]; size_t n; } wf_config_list;
typedef const char *wf_config_TEXT;
typedef const char *wf_config_ENDPOINT;
typedef int64_t wf_config_NUMBER;
typedef wf_config_list wf_config_LIST;

typedef struct wf_config {
#define X(kind, member, key, standard, low, high, text) wf_config_##kind member;
    WF_CONFIG_KEYS(X)
#undef X
    void *hold;
} wf_config;

/* WF_CONFIG with "FILE:LINE: reason". path NULL: the defaults. Relative profile paths are beside the file. */
WF_NODISCARD wf_rc wf_config_read(const char *path, wf_config **ret, wf_err *e);
void wf_config_free(wf_config **p);
/* What is in force, as a file that reads back to the same. */
void wf_config_print(const wf_config *c, FILE *out);
/* Is this an endpoint that is allowed without CURVE: ipc, or tcp on a loopback address? *why (may be NULL) says why not. */
bool wf_config_endpoint_allowed(const char *endpoint, const char **why);
