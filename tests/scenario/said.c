/* said -- events, made into bytes here: what is wrong on purpose must get through to intake. */
#include <stdio.h>

#include "pack.h"
#include "play.h"

static const char *const envelope[] = { "id", "source", "type", "time", "subject", "org", "effective", "sequence", "corrects", "voids", "targetsource" };

static void put_types(wf_out *o, const char *list)
{
    char text[600];
    wf_str name[WF_EVENT_TYPE_COUNT];
    size_t n = 0;
    snprintf(text, sizeof text, "%s", list);
    if (strcmp(list, "all") == 0)
        for (n = 0; n < WF_COMPLETE; n++)
            name[n] = wf_str_of(wf_event_rows[n].name);
    else
        for (char *save = NULL, *p = strtok_r(text, ",", &save); p != NULL && n < WF_EVENT_TYPE_COUNT; p = strtok_r(NULL, ",", &save))
            name[n++] = wf_str_of(p);
    wf_put_array(o, n);
    for (size_t i = 0; i < n; i++)
        wf_put_str(o, name[i]);
}

/* A value of its field's kind; what does not read as that goes as text. */
static void put_value(wf_out *o, const char *name, const char *value)
{
    wf_str text = wf_str_of(value);
    int64_t n;
    wf_day d;
    if (strcmp(value, "nil") == 0) {
        wf_put_nil(o);
        return;
    }
    for (int f = 0; f < WF_FIELD_COUNT; f++) {
        if (strcmp(wf_field_rows[f].name, name) != 0)
            continue;
        switch (wf_field_rows[f].kind) {
        case WF_K_DAY:        if (wf_day_parse(text, &d, NULL) == WF_OK) { wf_put_int(o, d.n); return; } break;
        case WF_K_MILLIONTHS: if (wf_millionths_parse(text, &n, NULL) == WF_OK) { wf_put_int(o, n); return; } break;
        case WF_K_COUNT:      if (wf_millionths_parse(text, &n, NULL) == WF_OK) { wf_put_int(o, n / 1000000); return; } break;
        case WF_K_TYPES:      put_types(o, value); return;
        case WF_K_TEXT: case WF_K_CODE: break;
        }
    }
    wf_put_str(o, text);
}

static void put_envelope(wf_out *o, const char *key, const char *value)
{
    wf_instant t;
    wf_day d;
    wf_put_str(o, wf_str_of(key));
    if (strcmp(key, "time") == 0 && wf_instant_parse(wf_str_of(value), &t, NULL) == WF_OK)
        wf_put_int(o, t.ms);
    else if (strcmp(key, "effective") == 0 && wf_day_parse(wf_str_of(value), &d, NULL) == WF_OK)
        wf_put_int(o, d.n);
    else if (strcmp(key, "sequence") == 0)
        wf_put_int(o, number_of(value));
    else
        wf_put_str(o, wf_str_of(value));
}

static bool is_envelope(const char *w)
{
    for (size_t i = 0; i < sizeof envelope / sizeof *envelope; i++)
        if (strncmp(w, envelope[i], strlen(envelope[i])) == 0 && w[strlen(envelope[i])] == '=')
            return true;
    return strcmp(w, "adjustment") == 0 || strcmp(w, "inferred") == 0;
}

/* What the line does not say of the envelope; each event is said a second after the one before. */
static const char *usual(const char *key, const char *type, char buf[WF_INSTANT_TEXT])
{
    if (strcmp(key, "type") == 0)
        return type;
    if (strcmp(key, "id") == 0) {
        snprintf(buf, WF_INSTANT_TEXT, "event%d", events);
        return buf;
    }
    if (strcmp(key, "time") == 0)
        return wf_instant_text((wf_instant) { wf_day_end_london(wf_engine_today(engine)).ms - 43200000 + 1000 * events }, buf);
    return strcmp(key, "org") == 0 ? "alpha" : strcmp(key, "source") == 0 ? "s1" : NULL;
}

void event(const char *type)
{
    uint8_t bytes[8192], data[4096];
    const char *value[sizeof envelope / sizeof *envelope];
    char buf[sizeof envelope / sizeof *envelope][WF_INSTANT_TEXT];
    size_t keys = 1, fields = 0;
    wf_out o = wf_out_to(data, sizeof data);
    events++;
    for (size_t i = 0; i < sizeof envelope / sizeof *envelope; i++) {
        const char *said = named(envelope[i]);
        value[i] = said != NULL ? said : usual(envelope[i], type, buf[i]);
        if (value[i] != NULL && strcmp(value[i], "-") == 0)
            value[i] = NULL;
        keys += value[i] != NULL;
    }
    for (int i = at; i < words; i++) {
        char *equals = strchr(word[i], '=');
        if (is_envelope(word[i])) {
            keys += equals == NULL;
            continue;
        }
        if (equals == NULL)
            die("%s: a field is name=value", word[i]);
        *equals = 0;
        wf_put_str(&o, wf_str_of(word[i]));
        put_value(&o, word[i], equals + 1);
        fields++;
    }
    wf_out e = wf_out_to(bytes, sizeof bytes);
    wf_put_map(&e, keys);
    for (size_t i = 0; i < sizeof envelope / sizeof *envelope; i++)
        if (value[i] != NULL)
            put_envelope(&e, envelope[i], value[i]);
    for (int i = at; i < words; i++)
        if (is_envelope(word[i]) && strchr(word[i], '=') == NULL) {
            wf_put_str(&e, wf_str_of(word[i]));
            wf_put_bool(&e, true);
        }
    wf_put_str(&e, WF_STR("data"));
    wf_put_map(&e, fields);
    wf_put_raw(&e, data, wf_out_length(&o));
    if (!in_frame)
        frame_begin();
    need(wf_engine_offer(engine, bytes, wf_out_length(&e), &verdict, &err), "offer");
    if (!in_frame)
        frame_end();
}

void complete(void)
{
    static char types[700], from[64], subject[64];
    const char *source = named("source");
    snprintf(types, sizeof types, "types=%s", take("types"));
    if (!took("from"))
        die("complete TYPES from DATE");
    snprintf(from, sizeof from, "effective=%s", take("a day"));
    snprintf(subject, sizeof subject, "subject=%s", source != NULL ? source : "s1");
    word[words++] = types;
    word[words++] = from;
    word[words++] = subject;
    event("complete");
    if (verdict.code == WF_REFUSED)
        in_vain("refused: %s", verdict.text);
}

