/* log -- every line that the daemon writes, once: the priority, the sentence and the key of its catalogue entry.
 *
 * systemd/workforced.catalog says for each line what to do; a test holds it to this table. No person's id is in a line.
 *
 *     wf_log(EVENTS_REFUSED, n, WF_STR_ARG(source));         journald: MESSAGE, PRIORITY, WF_LINE=EVENTS_REFUSED, MESSAGE_ID
 *
 * The message id of a line is the 16 bytes "wf" "line" and its name hashed (wf_log_message_id); `workforced --lines`
 * lists them for the catalogue. */
#pragma once
#include <workforce/types.h>
#include <syslog.h>

/* X(NAME, priority, sentence as a printf format) */
#define WF_LINES(X)                                                                                                          \
    X(STARTED,         LOG_INFO,    "workforced %s is ready: store %s, sequence %" PRIu64 ", today %s, %s clock")            \
    X(LISTENING,       LOG_INFO,    "%s listens on %s")                                                                      \
    X(DERIVING,        LOG_NOTICE,  "%s: %" PRIu64 " of %" PRIu64)                                                           \
    X(STOPPING,        LOG_INFO,    "stopping on signal %d: everything acknowledged is on disk, sequence %" PRIu64)          \
    X(CONFIG_WRONG,    LOG_ERR,     "%s")                                                                                    \
    X(START_FAILED,    LOG_ERR,     "cannot start: %s")                                                                      \
    X(RELOADED,        LOG_NOTICE,  "the configuration was read again and is in force")                                      \
    X(RELOAD_REFUSED,  LOG_ERR,     "the new configuration is wrong, the old one stays in force: %s")                        \
    X(RELOAD_RESTART,  LOG_WARNING, "a change of %s takes effect at the next start")                                         \
    X(STORE_FAILED,    LOG_CRIT,    "%s failed, nothing of this group was acknowledged; ending: %s")                         \
    X(STORE_FULL,      LOG_CRIT,    "%s; nothing more is acknowledged until there is room")                                  \
    X(STORE_ROOM,      LOG_NOTICE,  "there is room again, intake goes on: %" PRIu64 " of %" PRIu64 " MiB are used, %" PRIu64 " MiB of disk are free") \
    X(STORE_WAITS,     LOG_CRIT,    "the store cannot be opened for lack of space; trying again each second: %s")            \
    X(STORE_DAMAGED,   LOG_CRIT,    "the scrub found damage: %s; %s")                                                        \
    X(STORE_SCRUBBED,  LOG_INFO,    "the scrub read the whole store, %" PRIu64 " pages: %" PRIu64 " faults")                 \
    X(SOURCE_BEYOND,   LOG_WARNING, "source %.*s was acknowledged %" PRIu64 " events beyond what this store holds: it was " \
      "restored, or is another store; the source sends again what it still has") \
    X(SOCKET_FAILED,   LOG_CRIT,    "socket %s: %s")                                                                         \
    X(GROUP_UNKNOWN,   LOG_WARNING, "socket %s: cannot give it to group %s (%s); only this user can reach it")               \
    X(EVENTS_REFUSED,  LOG_NOTICE,  "%" PRIu64 " events of source %.*s were refused, the last because %s (see workforcectl refused)") \
    X(FRAME_REFUSED,   LOG_WARNING, "%" PRIu64 " frames on %s were refused, the last because: %s")                           \
    X(STALE_EPOCH,     LOG_WARNING, "source %.*s sends in an epoch before %" PRIu64 ", in which it has been heard")          \
    X(FEED_GAP,        LOG_WARNING, "source %.*s: %" PRIu64 " events are missing before its number %" PRIu64)                \
    X(DAY_ENDED,       LOG_INFO,    "days ended: %" PRIu64 "; today is %s")                                                  \
    X(CLOCK_JUMP,      LOG_ERR,     "the host's clock shows %s, %d days after today (%s): the calendar waits for `workforcectl clock accept`") \
    X(CLOCK_BACK,      LOG_WARNING, "the host's clock shows %s, before today (%s): nothing is taken back, the calendar waits") \
    X(CLOCK_ACCEPTED,  LOG_NOTICE,  "an operator accepted the host's clock: the calendar goes on to %s")                     \
    X(TURN_SLOW,       LOG_WARNING, "a turn took %u ms for %u events")

typedef enum wf_line_id {
#define X(name, priority, text) WF_LINE_##name,
    WF_LINES(X)
#undef X
    WF_LINE_COUNT
} wf_line_id;

/* Where lines go, decided once at the start. */
typedef enum wf_log_sink {
    WF_LOG_PLAIN,               /* a terminal or a file: "workforced: text" on stderr */
    WF_LOG_PREFIXED,            /* a service manager reads stderr: "<6>text" */
    WF_LOG_JOURNAL              /* journald, with fields */
} wf_log_sink;
/* `least`: lines of a lower priority (LOG_WARNING, LOG_INFO ...) are not written. */
void wf_log_open(wf_log_sink sink, int least);

/* Writes one line; any thread. The format is the line's own, so the compiler checks the arguments. */
#define wf_log(line, ...) wf_log_at(WF_LINE_##line, wf_line_text_##line, ##__VA_ARGS__)
void wf_log_at(wf_line_id line, const char *format, ...) WF_PRINTF(2, 3);

const char *wf_log_name(wf_line_id line);           /* "STARTED" */
const char *wf_log_format(wf_line_id line);
/* 32 hex digits, the same in every build: what MESSAGE_ID and the catalogue carry. */
#define WF_MESSAGE_ID_TEXT 33
const char *wf_log_message_id(wf_line_id line, char buf[WF_MESSAGE_ID_TEXT]);

#include <inttypes.h>
#define X(name, priority, text) static const char wf_line_text_##name[] __attribute__((unused)) = text;
WF_LINES(X)
#undef X
