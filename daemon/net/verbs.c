#include "net/verbs.h"
#include "net/clock.h"
#include "net/intake.h"
#include "core/calendar.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROW_ROOM 8000u                  /* no row takes more */
#define SLICE 8u                        /* figures a call of the engine */
#define STEP_US 20000u                  /* a part goes out after this time, full or not: others wait too */
#define ALL UINT64_MAX

/* Space for n more rows in this part. */
static bool room_for(const wf_job *j, size_t n)
{
    return (size_t) (j->answer.out.end - j->answer.out.p) > n * ROW_ROOM + 64;
}

static void add(wf_job *j, wf_row_kind kind, const void *row)
{
    bool fits = wf_answer_add(&j->answer, kind, row);
    WF_ASSERT(fits);
    j->rows++;
}

void wf_job_add(wf_job *j, wf_row_kind kind, const void *row) { add(j, kind, row); }
bool wf_job_room(const wf_job *j) { return room_for(j, 1); }

static bool failed(wf_job *j, wf_rc rc)
{
    j->rc = rc;
    return true;
}

static uint64_t limit(const wf_job *j)
{
    return WF_GIVES(&j->q, LIMIT) ? j->q.limit : ALL;
}

static bool in_list(const wf_list *l, wf_str text)
{
    for (size_t i = 0; i < l->n; i++)
        if (wf_str_eq(l->item[i], text))
            return true;
    return false;
}

static bool of_org(const wf_job *j, wf_str org)
{
    return !WF_GIVES(&j->q, ORG) || wf_str_eq(org, j->q.org);
}

/* ---- figures, last --------------------------------------------------------------------------------------------- */

static void add_figure(void *ctx, const wf_figure *f)
{
    wf_job *j = ctx;
    const wf_list *units = &j->q.units;
    if (WF_GIVES(&j->q, INDICATORS) && !in_list(&j->q.indicators, f->indicator))
        return;
    if (WF_GIVES(&j->q, UNITS)) {
        if (!wf_unit_matches(f->unit, units->item[j->item]))
            return;
        for (unsigned i = 0; i < j->item; i++)          /* an earlier item gave it already */
            if (wf_unit_matches(f->unit, units->item[i]))
                return;
    }
    add(j, WF_ROW_FIGURE, f);
}

/* The engine's question for one item of `units`, or for all. */
static void select_units(wf_job *j)
{
    j->figures = (wf_figure_query) { .on = WF_GIVES(&j->q, ON) ? j->q.on : WF_DAY_OPEN, .org = j->q.org, .known = j->known };
    if (WF_GIVES(&j->q, UNITS)) {
        wf_str unit = j->q.units.item[j->item];
        j->figures.below = unit.n > 0 && unit.p[unit.n - 1] == '/';
        unit.n -= j->figures.below;
        j->figures.unit = unit;
    }
    if (WF_GIVES(&j->q, INDICATORS) && j->q.indicators.n == 1)
        j->figures.indicator = j->q.indicators.item[0];
}

/* Goes through items, each by the engine's cursor, until the part is full. */
static bool each_figure(wf_job *j, size_t items, void (*select)(wf_job *), wf_engine_figure_visit *visit)
{
    uint64_t until = wf_monotonic_us() + STEP_US;
    while (j->item < items && room_for(j, SLICE) && wf_monotonic_us() < until) {
        if (!j->begun) {
            select(j);
            j->begun = true;
        }
        if (j->figures.cursor != ALL)
            j->rc = wf_engine_figures(j->house->engine, &j->figures, SLICE, visit, j, &j->e);
        if (j->rc != WF_OK)
            return true;
        if (j->figures.cursor == ALL) {
            j->item++;
            j->begun = false;
        }
    }
    return j->item == items;
}

/* `known` or `known_by`, once. */
static bool resolve_known(wf_job *j)
{
    if (j->resolved)
        return true;
    j->resolved = true;
    j->known = j->q.known;
    if (WF_GIVES(&j->q, KNOWN))
        j->rc = wf_engine_known_at(j->house->engine, j->known, &j->e);
    if (j->rc == WF_OK && WF_GIVES(&j->q, KNOWN_BY))
        j->rc = wf_engine_known_by(j->house->engine, j->q.known_by, &j->known, &j->e);
    return j->rc == WF_OK;
}

static bool answer_figures(wf_job *j)
{
    if (!resolve_known(j))
        return true;
    return each_figure(j, WF_GIVES(&j->q, UNITS) ? j->q.units.n : 1, select_units, add_figure);
}

static wf_str prefix_at(const wf_job *j, unsigned i)
{
    return i < j->q.prefixes.n ? j->q.prefixes.item[i] : (wf_str) { "", 0 };
}

static void add_last_figure(void *ctx, const wf_figure *f)
{
    wf_job *j = ctx;
    char name[WF_TOPIC_BYTES_MAX + 1];
    wf_str topic = { name, wf_topic_figure(f->unit, f->indicator, name) };
    if (topic.n == 0 || !wf_topic_under(topic, prefix_at(j, j->item)))
        return;
    for (unsigned i = 0; i < j->item; i++)
        if (wf_topic_under(topic, prefix_at(j, i)))
            return;
    add(j, WF_ROW_FIGURE, f);
}

/* "figure/bexley/chil" asks the engine for bexley and all below; what does not begin so is left out by the topic. */
static void select_prefix(wf_job *j)
{
    static const char head[] = "figure/";
    const size_t n = sizeof head - 1;
    wf_str prefix = prefix_at(j, j->item), path = { NULL, 0 };
    j->figures = (wf_figure_query) { .on = WF_DAY_OPEN };
    if (memcmp(prefix.p, head, prefix.n < n ? prefix.n : n) != 0) {
        j->figures.cursor = ALL;
        return;
    }
    if (prefix.n <= n)
        return;
    path = (wf_str) { prefix.p + n, prefix.n - n };
    while (path.n > 0 && path.p[path.n - 1] != '/')
        path.n--;
    if (path.n > 0)
        path.n--;
    j->figures.unit = path;
    j->figures.below = path.n > 0;
}

static bool add_alert(wf_job *j, uint64_t number, bool by_prefix)
{
    wf_str bytes;
    wf_alert a;
    j->rc = wf_reader_alert(j->reader, number, &bytes, &j->e);
    if (j->rc == WF_OK)
        j->rc = wf_engine_alert_read(bytes.p, bytes.n, &a, &j->e);
    if (j->rc != WF_OK)
        return false;
    char name[WF_TOPIC_BYTES_MAX + 1];
    wf_str topic = { name, wf_topic_alert(a.unit, a.rule, name) };
    bool wanted = !by_prefix || j->q.prefixes.n == 0;
    for (size_t i = 0; i < j->q.prefixes.n && !wanted; i++)
        wanted = wf_topic_under(topic, j->q.prefixes.item[i]);
    if (wanted)
        add(j, WF_ROW_ALERT, &a);
    return true;
}

static bool answer_last(wf_job *j)
{
    size_t items = j->q.prefixes.n > 0 ? j->q.prefixes.n : 1;
    if (!each_figure(j, items, select_prefix, add_last_figure))
        return false;
    if (!j->list)
        j->list = wf_stream_last_alerts(j->house->stream, j->q.prefixes.item, j->q.prefixes.n, &j->list_n);
    for (const uint64_t *number = j->list; j->cursor < j->list_n; j->cursor++) {
        if (!room_for(j, 1))
            return false;
        /* A number of a group that was committed after this reader's snapshot comes on the stream. */
        if (number[j->cursor] <= wf_reader_alerts(j->reader) && !add_alert(j, number[j->cursor], false))
            return true;
    }
    return true;
}

static bool answer_alerts(wf_job *j)
{
    uint64_t until = wf_monotonic_us() + STEP_US;
    if (!j->begun) {
        j->cursor = (WF_GIVES(&j->q, SINCE) ? j->q.since : 0);
        j->begun = true;
    }
    while (j->cursor < wf_reader_alerts(j->reader) && j->rows < limit(j)) {
        if (!room_for(j, 1) || wf_monotonic_us() >= until)
            return false;
        if (!add_alert(j, ++j->cursor, true))
            return true;
    }
    return true;
}

/* ---- history --------------------------------------------------------------------------------------------------- */

typedef struct run { wf_run row; uint32_t rule; char reason[96]; } run;

static void add_day(void *ctx, const wf_figure *f, wf_level level)
{
    (void) level;
    add(ctx, WF_ROW_FIGURE, f);
}

static void keep_run(void *ctx, const wf_engine_run *r)
{
    wf_job *j = ctx;
    if ((j->list_n & (j->list_n - 1)) == 0) {
        j->list = realloc(j->list, (j->list_n ? j->list_n * 2 : 1) * sizeof(run));
        WF_ASSERT(j->list);
    }
    run *kept = (run *) j->list + j->list_n++;
    *kept = (run) { .row = { .from = r->from, .until = r->until, .state = r->state, .pending = r->pending, .carried = r->carried, .since = r->since },
                    .rule = j->inner };
    snprintf(kept->reason, sizeof kept->reason, "%.*s", WF_STR_ARG(r->reason));
}

static bool begin_history(wf_job *j)
{
    j->until = WF_GIVES(&j->q, UNTIL) ? j->q.until : wf_engine_today(j->house->engine);
    j->from = WF_GIVES(&j->q, FROM) ? j->q.from : (wf_day) { j->until.n - 364 };
    j->figures.on = j->from;
    j->begun = true;
    if (j->from.n <= j->until.n && j->until.n - j->from.n < 36600)
        return true;
    j->rc = wf_fail(&j->e, WF_RANGE, "from is not 0 to 36,599 days before until");
    return false;
}

/* Runs of each rule that watches the indicator here, kept so that the lock is not held while they are sent. */
static void collect_runs(wf_job *j)
{
    const wf_profile *p = j->house->profile;
    uint32_t indicator;
    if (!wf_profile_indicator(p, j->q.indicator, &indicator))
        return;
    for (j->inner = 0; j->inner < p->rule_count; j->inner++) {
        if (p->rule[j->inner].indicator != indicator)
            continue;
        wf_rc rc = wf_engine_runs(j->house->engine, p->rule[j->inner].name, j->q.unit, j->from, j->until, j->known, keep_run, j, NULL);
        (void) rc;                      /* WF_ABSENT: the rule does not watch this unit */
    }
}

static bool answer_history(wf_job *j)
{
    uint64_t until = wf_monotonic_us() + STEP_US;
    if (!resolve_known(j) || (!j->begun && !begin_history(j)))
        return true;
    while (j->figures.on.n <= j->until.n) {
        if (!room_for(j, SLICE) || wf_monotonic_us() >= until)
            return false;
        j->rc = wf_engine_history(j->house->engine, j->q.indicator, j->q.unit, &j->figures.on, j->until, j->known, SLICE, add_day, j, &j->e);
        if (j->rc != WF_OK)
            return true;
    }
    pthread_mutex_lock(&j->house->profile_lock);
    if (j->item++ == 0)
        collect_runs(j);
    const wf_profile *p = j->house->profile;
    bool done = true;
    for (run *r = j->list; j->cursor < j->list_n && (done = room_for(j, 1)); j->cursor++) {
        if (r[j->cursor].rule >= p->rule_count)         /* the profile has changed since */
            continue;
        wf_run row = r[j->cursor].row;
        row.rule = p->rule[r[j->cursor].rule].name;
        row.unit = j->q.unit;
        row.reason = wf_str_of(r[j->cursor].reason);
        add(j, WF_ROW_RUN, &row);
    }
    pthread_mutex_unlock(&j->house->profile_lock);
    return done;
}

/* ---- findings, refused ----------------------------------------------------------------------------------------- */

static const struct { const char *kind, *text; } finding_texts[] = {
    { "waiting", "it waits for the fact that it rests on" },
    { "contradiction", "it contradicts other facts of the same subject and has no effect" },
    { "unlinked", "cases of a person who has had neither an engagement nor a placement by that day" },
    { "unassigned", "no link of the tree names this unit" },
};

static void add_finding(void *ctx, const wf_engine_finding *f)
{
    wf_job *j = ctx;
    if (!of_org(j, f->org) || j->rows >= limit(j))
        return;
    bool unit = f->subject_kind && strcmp(f->subject_kind, "unit") == 0;
    wf_finding row = {
        .kind = wf_str_of(f->kind), .org = f->org, .unit = unit ? f->subject : (wf_str) { NULL, 0 }, .source = f->source,
        .event = f->id, .type = f->sequence > 0 ? wf_str_of(wf_event_rows[f->type].name) : (wf_str) { NULL, 0 },
        .effective = f->effective, .sequence = f->sequence,
    };
    for (size_t i = 0; i < sizeof finding_texts / sizeof finding_texts[0]; i++)
        if (strcmp(finding_texts[i].kind, f->kind) == 0)
            row.text = wf_str_of(finding_texts[i].text);
    add(j, WF_ROW_FINDING, &row);
}

static bool answer_findings(wf_job *j)
{
    uint64_t until = wf_monotonic_us() + STEP_US;
    while (j->cursor != ALL && j->rows < limit(j)) {
        if (!room_for(j, SLICE) || wf_monotonic_us() >= until)
            return false;
        wf_rc rc = wf_engine_findings(j->house->engine, &j->cursor, SLICE, add_finding, j, &j->e);
        if (rc != WF_OK)
            return failed(j, rc);
    }
    return true;
}

static bool answer_refused(wf_job *j)
{
    uint64_t until = wf_monotonic_us() + STEP_US;
    if (!j->begun) {
        j->cursor = WF_GIVES(&j->q, SINCE) ? j->q.since : 0;
        j->begun = true;
    }
    while (j->rows < limit(j) && j->cursor < ALL) {
        if (!room_for(j, 1) || wf_monotonic_us() >= until)
            return false;
        wf_record r;
        wf_engine_refusal f;
        wf_rc rc = wf_reader_next(j->reader, j->cursor + 1, 1u << WF_RECORD_REFUSED, &r, &j->e);
        if (rc == WF_ABSENT)
            return true;
        if (rc == WF_OK)
            rc = wf_engine_refusal_read(j->house->engine, &r, &f, &j->e);
        if (rc != WF_OK)
            return failed(j, rc);
        j->cursor = r.sequence;
        wf_refused row = {
            .sequence = f.sequence, .arrived = f.arrival, .source = f.source, .org = f.org, .id = f.id, .type = f.type,
            .reason = wf_str_of(wf_rc_wire(f.reason)), .text = f.text, .head = f.head,
        };
        add(j, WF_ROW_REFUSED, &row);
    }
    return true;
}

/* ---- status ---------------------------------------------------------------------------------------------------- */

static uint64_t resident_bytes(void)
{
    char text[128] = "";
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f)
        return 0;
    unsigned long all = 0, resident = 0;
    if (fgets(text, sizeof text, f) && sscanf(text, "%lu %lu", &all, &resident) != 2)
        resident = 0;
    fclose(f);
    return (uint64_t) resident * (uint64_t) sysconf(_SC_PAGESIZE);
}

static wf_instant restored_at(const wf_store *s)
{
    wf_instant at;
    uint64_t sequence;
    (void) wf_store_restored(s, &at.ms, &sequence);
    return at;
}

static void add_status(wf_job *j)
{
    wf_shared *h = j->house;
    wf_engine_totals t;
    wf_engine_status(h->engine, &t);
    pthread_mutex_lock(&h->health_lock);
    wf_health health = h->health;
    pthread_mutex_unlock(&h->health_lock);
    pthread_mutex_lock(&h->profile_lock);
    wf_status row = {
        .version = wf_str_of(WF_VERSION), .state = wf_str_of(health.state), .trouble = wf_str_of(health.trouble),
        .store = wf_str_of(wf_store_id(h->store)), .instance = wf_store_instance(h->store),
        .profile = wf_str_of(h->profile_name), .profile_version = wf_str_of(h->profile_version),
        .clock = wf_str_of(h->manual_clock ? "manual" : "system"), .today = t.today, .sequence = t.sequence,
        .accepted = t.events, .duplicates = t.duplicates, .refused = t.refused, .findings = t.findings, .subjects = t.subjects,
        .alerts = t.alerts, .per_second = health.per_second, .lag_ms = health.lag_ms, .committed = t.last_commit,
        .scrubbed = health.scrubbed, .scrub_faults = health.scrub_faults, .restored = restored_at(h->store),
        .store_limit = health.space.limit, .disk_free = health.space.disk_free, .store_bytes = t.used_bytes, .memory_bytes = resident_bytes(),
        .uptime_ms = wf_monotonic_ms() - h->started_ms,
    };
    add(j, WF_ROW_STATUS, &row);
    pthread_mutex_unlock(&h->profile_lock);
}

typedef struct kept_source { wf_engine_source s; char name[WF_SOURCE_MAX]; } kept_source;

static void keep_source(void *ctx, const wf_engine_source *s)
{
    wf_job *j = ctx;
    if ((j->list_n & (j->list_n - 1)) == 0) {
        j->list = realloc(j->list, (j->list_n ? j->list_n * 2 : 1) * sizeof(kept_source));
        WF_ASSERT(j->list);
    }
    kept_source *k = (kept_source *) j->list + j->list_n++;
    k->s = *s;
    k->s.source.n = s->source.n < sizeof k->name ? s->source.n : sizeof k->name;
    memcpy(k->name, s->source.p, k->s.source.n);
}

wf_str wf_said_text(wf_said_complete said)
{
    static const char *const text[] = { "never said", "until", "open" };
    return wf_str_of(text[said]);
}

static bool answer_status(wf_job *j)
{
    if (!j->begun) {
        add_status(j);
        wf_engine_sources(j->house->engine, keep_source, j);
        j->begun = true;
    }
    for (kept_source *k = j->list; j->cursor < j->list_n; j->cursor++) {
        if (!room_for(j, 1))
            return false;
        const wf_engine_source *s = &k[j->cursor].s;
        wf_source row = {
            .source = { k[j->cursor].name, s->source.n }, .accepted = s->accepted, .duplicates = s->duplicate,
            .refused = s->refused, .gaps = s->gaps, .arrived = s->last, .complete = wf_said_text(s->complete), .complete_until = s->complete_until,
            .late_promised = (uint64_t) s->late_promised, .late_median = (uint64_t) s->late_median, .late_worst = (uint64_t) s->late_worst,
            .late_beyond = s->late_beyond,
        };
        if (j->house->intake)
            (void) wf_intake_session(j->house->intake, row.source, &row.epoch, &row.durable, &row.beyond);
        add(j, WF_ROW_SOURCE, &row);
    }
    return true;
}

/* ---- topics, indicators ---------------------------------------------------------------------------------------- */

static void add_topic(wf_job *j, wf_str topic, const wf_unit_text *unit, wf_str title)
{
    bool wanted = j->q.prefixes.n == 0 && topic.n > 0;
    for (size_t i = 0; i < j->q.prefixes.n && topic.n > 0 && !wanted; i++)
        wanted = wf_topic_under(topic, j->q.prefixes.item[i]);
    if (!wanted)
        return;
    wf_topic row = { .topic = topic, .unit = unit->path, .unit_title = unit->title, .title = title,
                     .number = wf_stream_number(j->house->stream, topic) };
    add(j, WF_ROW_TOPIC, &row);
}

static bool watches(const wf_rule *r, wf_str path)
{
    for (size_t i = 0; i < r->unit_count; i++)
        if (wf_profile_matches(r->units[i], path))
            return true;
    return false;
}

/* Unit by unit (cursor), its indicators and then its rules (inner); the profile is locked. */
static bool step_topics(wf_job *j)
{
    const wf_profile *p = j->house->profile;
    char name[WF_TOPIC_BYTES_MAX + 1];
    wf_unit_text unit;
    while (wf_engine_unit(j->house->engine, (unsigned) j->cursor, &unit)) {
        for (; j->inner < p->indicator_count + p->rule_count; j->inner++) {
            if (!room_for(j, 1))
                return false;
            if (j->inner < p->indicator_count) {
                const wf_indicator *i = &p->indicator[j->inner];
                add_topic(j, (wf_str) { name, wf_topic_figure(unit.path, i->name, name) }, &unit, i->title);
            } else {
                const wf_rule *r = &p->rule[j->inner - p->indicator_count];
                if (watches(r, unit.path))
                    add_topic(j, (wf_str) { name, wf_topic_alert(unit.path, r->name, name) }, &unit, p->indicator[r->indicator].title);
            }
        }
        j->inner = 0;
        j->cursor++;
    }
    return true;
}

static bool answer_topics(wf_job *j)
{
    pthread_mutex_lock(&j->house->profile_lock);
    bool done = step_topics(j);
    pthread_mutex_unlock(&j->house->profile_lock);
    return done;
}

static void add_rule(wf_job *j, const wf_profile *p, const wf_rule *r)
{
    char units[512] = "";
    size_t n = 0;
    for (size_t i = 0; i < r->unit_count && n + r->units[i].n + 3 < sizeof units; i++)
        n += (size_t) snprintf(units + n, sizeof units - n, "%s%.*s", i ? ", " : "", WF_STR_ARG(r->units[i]));
    wf_rule_row row = {
        .rule = r->name, .version = r->version, .title = p->indicator[r->indicator].title, .indicator = p->indicator[r->indicator].name,
        .units = { units, n }, .high_is_bad = r->above, .amber = r->amber, .amber_clear = r->amber_clear, .red = r->red,
        .red_clear = r->red_clear, .for_days = r->for_days, .people = r->least_people, .next_step = r->next,
    };
    add(j, WF_ROW_RULE, &row);
}

static bool answer_indicators(wf_job *j)
{
    wf_indicator_text i;
    bool done = true;
    pthread_mutex_lock(&j->house->profile_lock);
    const wf_profile *p = j->house->profile;
    for (; j->cursor < p->indicator_count && (done = room_for(j, 1)); j->cursor++) {
        if (!wf_engine_indicator(j->house->engine, (unsigned) j->cursor, &i))
            continue;
        wf_indicator_row row = {
            .indicator = i.name, .version = i.version, .title = i.title, .unit = i.unit, .decimals = i.decimals,
            .numerator = i.numerator, .denominator = i.denominator, .column = i.column,
        };
        add(j, WF_ROW_INDICATOR, &row);
    }
    for (; done && j->inner < p->rule_count && (done = room_for(j, 1)); j->inner++)
        add_rule(j, p, &p->rule[j->inner]);
    pthread_mutex_unlock(&j->house->profile_lock);
    return done;
}

/* ---- dump ------------------------------------------------------------------------------------------------------ */

/* "in_post|unit=bexley/asm1,role=5|...": of this organisation? */
static bool line_of_org(const wf_job *j, wf_str line)
{
    if (!WF_GIVES(&j->q, ORG))
        return true;
    const char *at = memmem(line.p, line.n, "unit=", 5);
    if (!at)
        return false;
    at += 5;
    size_t left = (size_t) (line.p + line.n - at), n = j->q.org.n;
    return left >= n && memcmp(at, j->q.org.p, n) == 0 && (left == n || strchr("/,|", at[n]));
}

static bool answer_dump(wf_job *j)
{
    if (!j->list) {
        j->list = wf_engine_dump(j->house->engine);
        if (!j->list)
            return true;
        j->list_n = strlen(j->list);
    }
    while (j->cursor < j->list_n) {
        if (!room_for(j, 1))
            return false;
        const char *at = (const char *) j->list + j->cursor, *end = memchr(at, '\n', j->list_n - j->cursor);
        wf_line row = { { at, end ? (size_t) (end - at) : j->list_n - j->cursor } };
        if (line_of_org(j, row.text))
            add(j, WF_ROW_LINE, &row);
        j->cursor += row.text.n + 1;
    }
    return true;
}

/* ---- which ----------------------------------------------------------------------------------------------------- */

static bool (*const answers[WF_VERB_COUNT])(wf_job *) = {
    [WF_VERB_FIGURES] = answer_figures, [WF_VERB_LAST] = answer_last, [WF_VERB_ALERTS] = answer_alerts,
    [WF_VERB_HISTORY] = answer_history, [WF_VERB_FINDINGS] = answer_findings, [WF_VERB_REFUSED] = answer_refused,
    [WF_VERB_STATUS] = answer_status, [WF_VERB_TOPICS] = answer_topics, [WF_VERB_INDICATORS] = answer_indicators,
    [WF_VERB_DUMP] = answer_dump, [WF_VERB_MOVES] = wf_verb_moves, [WF_VERB_EXPLAIN] = wf_verb_explain, [WF_VERB_DIFF] = wf_verb_diff,
    [WF_VERB_COMPLETE] = wf_verb_complete,
};

bool wf_verb_step(wf_job *j)
{
    if (!answers[j->q.verb])
        return failed(j, wf_fail(&j->e, WF_TYPE, "%s is asked on the admin socket", wf_verb_rows[j->q.verb].name));
    return answers[j->q.verb](j);
}

/* A dump is made of millions of small pieces: what they leave behind is given back to the system. */
#define LARGE (8u << 20)

void wf_verb_end(wf_job *j)
{
    bool large = j->list_n > LARGE;
    free(j->list);
    if (large)
        malloc_trim(0);
    j->list = NULL;
    j->list_n = 0;
}
