/* protocol_tables -- prints the tables of PROTOCOL.md as the code has them, between the marks that stand there. */
#include "envelope.h"
#include "frame.h"
#include "rows.h"

#include <stdio.h>

static void open_block(const char *name, const char *head)
{
    int columns = 0;
    printf("<!-- table %s -->\n%s\n|", name, head);
    for (const char *p = head + 1; *p != '\0'; p++)
        columns += *p == '|';
    for (int i = 0; i < columns; i++)
        printf(" --- |");
    printf("\n");
}

static void close_block(void) { printf("<!-- end -->\n"); }

/* "kinds, one line" of "PERSON" in small letters. */
static const char *small(const char *s)
{
    static char buf[4][64];
    static int at;
    char *to = buf[at = (at + 1) % 4];
    size_t i = 0;
    for (; s[i] != '\0' && i < sizeof buf[0] - 1; i++)
        to[i] = (char) (s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]);
    to[i] = '\0';
    return to;
}

static void messages(void)
{
    open_block("messages", "| n | name | socket | direction | items after n |");
#define X(name, number, socket, direction, fields) printf("| %d | %s | %s | %s | %s |\n", number, #name, socket, direction, fields);
    WF_MESSAGES(X)
#undef X
    close_block();
    open_block("nacks", "| code | name | the publisher | means |");
#define X(name, number, wire, does, text) printf("| %d | `%s` | %s | %s |\n", number, wire, does, text);
    WF_NACKS(X)
#undef X
    close_block();
}

static void reasons(void)
{
    open_block("reasons", "| code | means |");
#define X(name, act, wire, text) if (act == WF_REFUSE) printf("| `%s` | %s |\n", wire, text);
    WF_RESULTS(X)
#undef X
    close_block();
    open_block("limits", "| what | at most |");
    printf("| an event | %d bytes |\n| an EVENTS frame | %d bytes, %d events |\n", WF_EVENT_BYTES_MAX, WF_FRAME_BYTES_MAX, WF_FRAME_EVENTS_MAX);
    printf("| any message (the socket closes the connection beyond it) | %d bytes |\n", WF_MESSAGE_BYTES_MAX);
    printf("| unacknowledged events and bytes of a source | %d, %d |\n", WF_WINDOW_EVENTS_MAX, WF_WINDOW_BYTES_MAX);
    printf("| an id or subject | %d bytes |\n| an organisation, a code | %d bytes |\n| a source | %d bytes |\n", WF_ID_MAX, WF_CODE_MAX, WF_SOURCE_MAX);
    printf("| nesting of an event | %d levels |\n| a question | %d bytes |\n", WF_DEPTH_MAX, WF_QUESTION_BYTES_MAX);
    printf("| items of a list argument, bytes of each | %d, %d |\n", WF_LIST_MAX, WF_ARGUMENT_TEXT_MAX);
    printf("| a topic, a path of unit ids | %d, %d bytes |\n", WF_TOPIC_BYTES_MAX, WF_PATH_BYTES_MAX);
    printf("| a row, a text in it | %d, %d bytes |\n| the text of a reason | %d bytes |\n", WF_ROW_BYTES_MAX, WF_ROW_TEXT_MAX, WF_REASON_BYTES_MAX);
    close_block();
}

static void events(void)
{
    open_block("envelope", "| key | kind | | what it says |");
#define X(name, key, kind, must, text) printf("| `%s` | %s | %s | %s |\n", key, #kind, small(#must), text);
    WF_ENVELOPE(X)
#undef X
    close_block();
    open_block("types", "| type | subject | `effective` is | says | fields, required ones bold |");
    for (int t = 0; t < WF_EVENT_TYPE_COUNT; t++) {
        static const char *const subjects[WF_SUBJECT_KINDS] = { "person", "post", "case", "unit", "source" };
        const wf_event_row *row = &wf_event_rows[t];
        printf("| `%s` | %s | %s | %s |", row->name, subjects[row->subject], row->effective, row->text);
        for (int f = 0; f < WF_FIELD_COUNT; f++) {
            wf_rule_of_field rule = wf_event_takes((wf_event_type) t, (wf_field) f);
            if (rule != WF_NOT_A_FIELD)
                printf(rule == WF_REQUIRED_FIELD ? " **%s**" : " %s", wf_field_rows[f].name);
        }
        printf(" |\n");
    }
    close_block();
    open_block("fields", "| field | kind | least | most | what it says |");
#define X(name, wire, kind, low, high, text) printf("| `%s` | %s | %lld | %lld | %s |\n", wire, #kind, (long long) low, (long long) high, text);
    WF_FIELDS(X)
#undef X
    close_block();
}

#define FIELD(kind, name, text) printf("| `%s` | %s | %s |\n", name, #kind, text);
static void rows(void)
{
    open_block("rows", "| kind | name | what it is |");
#define X(name, number, wire, type, text) printf("| %d | `%s` | %s |\n", number, wire, text);
    WF_ROWS(X)
#undef X
    close_block();
#define X(kind, member, key, text) FIELD(kind, key, text)
    open_block("figure", "| key | kind | what it says |"); WF_FIGURE_FIELDS(X) close_block();
    open_block("alert", "| key | kind | what it says |"); WF_ALERT_FIELDS(X) close_block();
#undef X
#define X(kind, member, text) FIELD(kind, #member, text)
    open_block("beat", "| key | kind | what it says |"); WF_BEAT_FIELDS(X) close_block();
    open_block("run", "| key | kind | what it says |"); WF_RUN_FIELDS(X) close_block();
    open_block("finding", "| key | kind | what it says |"); WF_FINDING_FIELDS(X) close_block();
    open_block("refused", "| key | kind | what it says |"); WF_REFUSED_FIELDS(X) close_block();
    open_block("status", "| key | kind | what it says |"); WF_STATUS_FIELDS(X) close_block();
    open_block("source", "| key | kind | what it says |"); WF_SOURCE_FIELDS(X) close_block();
    open_block("span", "| key | kind | what it says |"); WF_SPAN_FIELDS(X) close_block();
    open_block("evidence", "| key | kind | what it says |"); WF_EVIDENCE_FIELDS(X) close_block();
    open_block("gap", "| key | kind | what it says |"); WF_GAP_FIELDS(X) close_block();
    open_block("move", "| key | kind | what it says |"); WF_MOVE_FIELDS(X) close_block();
    open_block("topic", "| key | kind | what it says |"); WF_TOPIC_FIELDS(X) close_block();
    open_block("indicator", "| key | kind | what it says |"); WF_INDICATOR_FIELDS(X) close_block();
    open_block("rule", "| key | kind | what it says |"); WF_RULE_FIELDS(X) close_block();
    open_block("clock", "| key | kind | what it says |"); WF_CLOCK_FIELDS(X) close_block();
    open_block("line", "| key | kind | what it says |"); WF_LINE_FIELDS(X) close_block();
    open_block("backup", "| key | kind | what it says |"); WF_BACKUP_FIELDS(X) close_block();
#undef X
    open_block("statuses", "| status | printed as | means |");
#define X(name, wire, symbol, text) printf("| `%s` | %s | %s |\n", wire, symbol[0] != '\0' ? symbol : "the figure", text);
    WF_FIGURE_STATUSES(X)
#undef X
    close_block();
    open_block("measured", "| measured | numbers are |");
    for (int m = 0; m < WF_MEASURED_COUNT; m++)
        printf("| `%s` | %s |\n", wf_measured_name((wf_measured) m), wf_measured_in_millionths((wf_measured) m) ? "millionths" : "whole");
    close_block();
    open_block("causes", "| cause |");
    for (int c = 0; c < WF_CAUSE_COUNT; c++)
        printf("| `%s` |\n", wf_cause_name((wf_cause) c));
    close_block();
}

static void verbs(void)
{
    open_block("verbs", "| verb | socket | arguments, required ones bold | rows | gives |");
    for (int v = 0; v < WF_VERB_COUNT; v++) {
        const wf_verb_row *row = &wf_verb_rows[v];
        printf("| `%s` | %s |", row->name, row->admin ? "admin" : "query");
        for (int a = 0; a < WF_ARGUMENT_COUNT; a++) {
            int rule = wf_verb_takes((wf_verb) v, (wf_argument) a);
            if (rule != 0)
                printf(rule == 2 ? " **%s**" : " %s", wf_argument_name((wf_argument) a));
        }
        printf(" | %s | %s |\n", row->rows, row->text);
    }
    close_block();
    open_block("arguments", "| argument | kind | what it says |");
#define X(name, wire, kind, text) printf("| `%s` | %s | %s |\n", wire, #kind, text);
    WF_ARGUMENTS(X)
#undef X
    close_block();
}

int main(void)
{
    messages();
    reasons();
    events();
    rows();
    verbs();
    return 0;
}
