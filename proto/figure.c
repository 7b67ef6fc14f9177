/* figure -- the tables of rows and the names that stand in them. */
#include "rows.h"

#include <stdio.h>
#include <string.h>

#define FIELD(type, kind, member, key) { key, WF_R_##kind, offsetof(type, member) }

#define X(kind, member, key, text) FIELD(wf_figure, kind, member, key),
static const wf_row_field figure_fields[] = { WF_FIGURE_FIELDS(X) };
#undef X
#define X(kind, member, key, text) FIELD(wf_alert, kind, member, key),
static const wf_row_field alert_fields[] = { WF_ALERT_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_beat, kind, member, #member),
static const wf_row_field beat_fields[] = { WF_BEAT_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_run, kind, member, #member),
static const wf_row_field run_fields[] = { WF_RUN_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_finding, kind, member, #member),
static const wf_row_field finding_fields[] = { WF_FINDING_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_refused, kind, member, #member),
static const wf_row_field refused_fields[] = { WF_REFUSED_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_status, kind, member, #member),
static const wf_row_field status_fields[] = { WF_STATUS_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_source, kind, member, #member),
static const wf_row_field source_fields[] = { WF_SOURCE_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_span_row, kind, member, #member),
static const wf_row_field span_fields[] = { WF_SPAN_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_move, kind, member, #member),
static const wf_row_field move_fields[] = { WF_MOVE_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_evidence, kind, member, #member),
static const wf_row_field evidence_fields[] = { WF_EVIDENCE_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_gap, kind, member, #member),
static const wf_row_field gap_fields[] = { WF_GAP_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_topic, kind, member, #member),
static const wf_row_field topic_fields[] = { WF_TOPIC_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_indicator_row, kind, member, #member),
static const wf_row_field indicator_fields[] = { WF_INDICATOR_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_rule_row, kind, member, #member),
static const wf_row_field rule_fields[] = { WF_RULE_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_clock_row, kind, member, #member),
static const wf_row_field clock_fields[] = { WF_CLOCK_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_line, kind, member, #member),
static const wf_row_field line_fields[] = { WF_LINE_FIELDS(X) };
#undef X
#define X(kind, member, text) FIELD(wf_backup, kind, member, #member),
static const wf_row_field backup_fields[] = { WF_BACKUP_FIELDS(X) };
#undef X

#define TABLE(name, fields, type) { name, fields, sizeof fields / sizeof *fields, sizeof(type) }
static const wf_row_table tables[WF_ROW_KINDS] = {
    [WF_ROW_FIGURE] = TABLE("figure", figure_fields, wf_figure),
    [WF_ROW_ALERT] = TABLE("alert", alert_fields, wf_alert),
    [WF_ROW_BEAT] = TABLE("beat", beat_fields, wf_beat),
    [WF_ROW_RUN] = TABLE("run", run_fields, wf_run),
    [WF_ROW_FINDING] = TABLE("finding", finding_fields, wf_finding),
    [WF_ROW_REFUSED] = TABLE("refused", refused_fields, wf_refused),
    [WF_ROW_STATUS] = TABLE("status", status_fields, wf_status),
    [WF_ROW_SOURCE] = TABLE("source", source_fields, wf_source),
    [WF_ROW_TOPIC] = TABLE("topic", topic_fields, wf_topic),
    [WF_ROW_INDICATOR] = TABLE("indicator", indicator_fields, wf_indicator_row),
    [WF_ROW_RULE] = TABLE("rule", rule_fields, wf_rule_row),
    [WF_ROW_CLOCK] = TABLE("clock", clock_fields, wf_clock_row),
    [WF_ROW_SPAN] = TABLE("span", span_fields, wf_span_row),
    [WF_ROW_MOVE] = TABLE("move", move_fields, wf_move),
    [WF_ROW_EVIDENCE] = TABLE("evidence", evidence_fields, wf_evidence),
    [WF_ROW_GAP] = TABLE("gap", gap_fields, wf_gap),
    [WF_ROW_LINE] = TABLE("line", line_fields, wf_line),
    [WF_ROW_BACKUP] = TABLE("backup", backup_fields, wf_backup),
};

const wf_row_table *wf_row_table_of(wf_row_kind kind)
{
    return (unsigned) kind < WF_ROW_KINDS && tables[kind].name != NULL ? &tables[kind] : NULL;
}

const char *wf_row_name(wf_row_kind kind)
{
    const wf_row_table *t = wf_row_table_of(kind);
    return t == NULL ? "" : t->name;
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

static const struct { const char *name, *symbol; } statuses[WF_FIGURE_STATUS_COUNT] = {
#define X(name, wire, symbol, text) [name] = { wire, symbol },
    WF_FIGURE_STATUSES(X)
#undef X
};

static const char *const measured_names[WF_MEASURED_COUNT] = {
    [WF_PEOPLE] = "people", [WF_FTE_MILLIONTHS] = "fte", [WF_CHILDREN] = "children", [WF_POSTS_FTE] = "posts_fte",
    [WF_DAYS_MILLIONTHS] = "days", [WF_EVENTS] = "events",
};

static const char *const level_names[] = { [WF_UNKNOWN] = "unknown", [WF_OKAY] = "ok", [WF_AMBER] = "amber", [WF_RED] = "red" };

static const char *const cause_names[WF_CAUSE_COUNT] = {
    [WF_BY_STARTER] = "starter", [WF_BY_LEAVER] = "leaver", [WF_BY_MOVE] = "move", [WF_BY_HOURS] = "hours", [WF_BY_MAIN] = "main",
    [WF_BY_BAND] = "band", [WF_BY_REORGANISATION] = "reorganisation", [WF_BY_TRANSFER] = "transfer",
    [WF_BY_TEMPORARY] = "temporary", [WF_BY_ADJUSTMENT] = "adjustment", [WF_BY_TIME] = "time", [WF_BY_REPORT] = "report",
    [WF_BY_LEFT_WINDOW] = "left the window", [WF_BY_CORRECTED] = "corrected since", [WF_BY_PROFILE] = "profile",
};

static const char *const kind_names[WF_ALERT_KIND_COUNT] = { "state", "at_start", "erratum", "profile", "load" };
static const char *const erratum_names[WF_ERRATUM_COUNT] = { "amended", "withdrawn", "merged", "split", "late", "stands" };

const char *wf_alert_kind_name(wf_alert_kind k) { return (unsigned) k < WF_ALERT_KIND_COUNT ? kind_names[k] : ""; }
const char *wf_erratum_name(wf_erratum e) { return (unsigned) e < WF_ERRATUM_COUNT ? erratum_names[e] : ""; }
const char *wf_figure_status_name(wf_figure_status s) { return (unsigned) s < WF_FIGURE_STATUS_COUNT ? statuses[s].name : ""; }
const char *wf_figure_status_symbol(wf_figure_status s) { return (unsigned) s < WF_FIGURE_STATUS_COUNT ? statuses[s].symbol : ""; }
const char *wf_measured_name(wf_measured m) { return (unsigned) m < WF_MEASURED_COUNT ? measured_names[m] : ""; }
const char *wf_level_name(wf_level l) { return (unsigned) l <= WF_RED ? level_names[l] : ""; }
const char *wf_cause_name(wf_cause c) { return (unsigned) c < WF_CAUSE_COUNT ? cause_names[c] : ""; }

bool wf_cause_named(wf_str name, wf_cause *ret)
{
    for (int c = 0; c < WF_CAUSE_COUNT; c++)
        if (wf_str_eq(name, wf_str_of(cause_names[c]))) {
            *ret = (wf_cause) c;
            return true;
        }
    return false;
}

bool wf_measured_in_millionths(wf_measured m) { return m == WF_FTE_MILLIONTHS || m == WF_POSTS_FTE || m == WF_DAYS_MILLIONTHS; }

/* ---- a figure for people --------------------------------------------------------------------------------------- */

static const uint64_t tens[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };

const char *wf_figure_text(const wf_figure *f, char buf[WF_FIGURE_TEXT])
{
    const char *symbol = wf_figure_status_symbol(f->status);
    if (*symbol != '\0') {
        (void) snprintf(buf, WF_FIGURE_TEXT, "%s", symbol);
        return buf;
    }
    unsigned places = f->decimals < 0 ? 0 : f->decimals > 6 ? 6 : (unsigned) f->decimals;
    uint64_t step = tens[6 - places], size = f->value < 0 ? 0 - (uint64_t) f->value : (uint64_t) f->value;
    uint64_t rounded = (size + step / 2) / step, whole = rounded / tens[places];
    char digits[24], *to = buf;
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long) whole);
    if (f->value < 0 && rounded != 0)
        *to++ = '-';
    for (int i = 0; i < n; i++) {
        *to++ = digits[i];
        if ((n - i) % 3 == 1 && i != n - 1)
            *to++ = ',';
    }
    *to = '\0';
    if (places > 0)
        (void) snprintf(to, WF_FIGURE_TEXT - (size_t) (to - buf), ".%0*llu", (int) places,
                        (unsigned long long) (rounded % tens[places]));
    return buf;
}
