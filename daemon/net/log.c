#define SD_JOURNAL_SUPPRESS_LOCATION
#include "net/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

static const struct { const char *name, *format; int priority; } rows[WF_LINE_COUNT] = {
#define X(line, level, text) { #line, wf_line_text_##line, level },
    WF_LINES(X)
#undef X
};

static wf_log_sink where = WF_LOG_PLAIN;
static int most = LOG_INFO;

void wf_log_open(wf_log_sink sink, int least)
{
    where = sink;
    most = least;
}

const char *wf_log_name(wf_line_id line) { return rows[line].name; }
const char *wf_log_format(wf_line_id line) { return rows[line].format; }

/* FNV-1a, twice with two beginnings: a name for a name, nothing secret. */
static uint64_t hash(uint64_t h, const char *text)
{
    for (; *text; text++)
        h = (h ^ (uint8_t) *text) * UINT64_C(0x100000001b3);
    return h;
}

const char *wf_log_message_id(wf_line_id line, char buf[WF_MESSAGE_ID_TEXT])
{
    uint64_t a = hash(UINT64_C(0xcbf29ce484222325), "workforced.line."), b = hash(a, "second.");
    snprintf(buf, WF_MESSAGE_ID_TEXT, "%016" PRIx64 "%016" PRIx64, hash(a, rows[line].name), hash(b, rows[line].name));
    return buf;
}

/* One write, so that lines of two threads do not mix. */
static void to_stderr(const char *prefix, const char *text)
{
    char line[1200];
    int n = snprintf(line, sizeof line, "%s%s\n", prefix, text);
    if (n <= 0)
        return;
    size_t size = (size_t) n < sizeof line ? (size_t) n : sizeof line - 1;
    line[size - 1] = '\n';
    ssize_t done = write(STDERR_FILENO, line, size);
    (void) done;                /* there is nowhere left to say it */
}

void wf_log_at(wf_line_id line, const char *format, ...)
{
    char text[1024], prefix[16], id[WF_MESSAGE_ID_TEXT];
    va_list args;

    if (rows[line].priority > most)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);

    switch (where) {
    case WF_LOG_JOURNAL:
        sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", rows[line].priority, "WF_LINE=%s", rows[line].name,
                        "MESSAGE_ID=%s", wf_log_message_id(line, id), "SYSLOG_IDENTIFIER=workforced", NULL);
        break;
    case WF_LOG_PREFIXED:
        snprintf(prefix, sizeof prefix, "<%d>", rows[line].priority);
        to_stderr(prefix, text);
        break;
    case WF_LOG_PLAIN:
        to_stderr("workforced: ", text);
        break;
    }
}
