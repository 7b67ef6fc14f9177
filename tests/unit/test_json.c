#include <workforce/event.h>

#include "vectors.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>

static wf_rc read_text(const char *text, wf_event *ev, wf_err *e)
{
    wf_hold *hold = NULL;
    wf_rc rc = wf_event_from_json(text, strlen(text), ev, &hold, e);
    wf_hold_free(&hold);
    return rc;
}

#define HEAD "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"time\":\"2024-03-01T09:00:00Z\",\"subject\":\"p\",\"org\":\"o\","

/* P5.11 */
Test(json, a_cloudevent_is_read_strictly)
{
    static const struct { const char *why, *in; wf_rc rc; } rows[] = {
        { "a good one", HEAD "\"type\":\"caseload\",\"effective\":\"2024-03-01\",\"data\":{\"cases\":3}}", WF_OK },
        { "what CloudEvents adds", HEAD "\"datacontenttype\":\"application/json\",\"dataschema\":\"x:y\",\"type\":\"caseload\","
          "\"effective\":\"2024-03-01\",\"data\":{\"cases\":3}}", WF_OK },
        { "no data where none is needed", HEAD "\"type\":\"post_closed\",\"effective\":\"2024-03-01\"}", WF_OK },
        { "0 and 1 as FTE", HEAD "\"type\":\"starter\",\"effective\":\"2024-03-01\",\"data\":{\"engagement\":\"e\",\"fte\":1}}", WF_OK },
        { "2 as FTE", HEAD "\"type\":\"starter\",\"effective\":\"2024-03-01\",\"data\":{\"engagement\":\"e\",\"fte\":2}}", WF_MALFORMED },
        { "a number with a point", HEAD "\"type\":\"starter\",\"effective\":\"2024-03-01\",\"data\":{\"engagement\":\"e\",\"fte\":0.8}}", WF_MALFORMED },
        { "a count with a point", HEAD "\"type\":\"caseload\",\"effective\":\"2024-03-01\",\"data\":{\"cases\":3.0}}", WF_MALFORMED },
        { "a count as text", HEAD "\"type\":\"caseload\",\"effective\":\"2024-03-01\",\"data\":{\"cases\":\"3\"}}", WF_MALFORMED },
        { "a count too long for any integer", HEAD "\"type\":\"caseload\",\"effective\":\"2024-03-01\","
          "\"data\":{\"cases\":99999999999999999999}}", WF_MALFORMED },
        { "specversion 1.1", "{\"specversion\":\"1.1\"}", WF_MALFORMED },
        { "no specversion", "{\"id\":\"1\"}", WF_MISSING },
        { "no object", "[1]", WF_MALFORMED },
        { "two objects", "{} {}", WF_MALFORMED },
        { "not JSON", "hello", WF_MALFORMED },
        { "nothing", "", WF_MALFORMED },
        { "a NUL in a text", HEAD "\"type\":\"cas\\u0000eload\"}", WF_MALFORMED },
        { "a key twice", HEAD "\"type\":\"caseload\",\"type\":\"caseload\",\"effective\":\"2024-03-01\",\"data\":{\"cases\":3}}", WF_MALFORMED },
        { "a field twice", HEAD "\"type\":\"caseload\",\"effective\":\"2024-03-01\",\"data\":{\"cases\":3,\"cases\":3}}", WF_MALFORMED },
        { "data_base64", HEAD "\"type\":\"caseload\",\"effective\":\"2024-03-01\",\"data_base64\":\"AA==\"}", WF_FIELD },
        { "data as array", HEAD "\"type\":\"caseload\",\"effective\":\"2024-03-01\",\"data\":[3]}", WF_MALFORMED },
        { "an instant for a day", HEAD "\"type\":\"caseload\",\"effective\":\"2024-03-01T00:00:00Z\",\"data\":{\"cases\":3}}", WF_MALFORMED },
        { "a day that is not", HEAD "\"type\":\"caseload\",\"effective\":\"2024-02-30\",\"data\":{\"cases\":3}}", WF_RANGE },
        { "no effective", HEAD "\"type\":\"caseload\",\"data\":{\"cases\":3}}", WF_MISSING },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wf_event ev;
        wf_err e = { 0 };
        cr_expect(eq(int, read_text(rows[i].in, &ev, &e), rows[i].rc), "row: %s (%s)", rows[i].why, e.text);
    }
}

Test(json, too_much_is_refused_before_it_is_read)
{
    size_t n = 1 << 20;
    char *text = malloc(n + 1);
    memset(text, '[', n);
    text[n] = '\0';
    wf_event ev;
    wf_err e;
    cr_assert(eq(int, read_text(text, &ev, &e), WF_SIZE));
    text[9000] = '\0';           /* within the limit: the parser's own depth */
    cr_assert(eq(int, read_text(text, &ev, &e), WF_MALFORMED));
    free(text);
}

static void same_refusal(const vector *v)
{
    json_t *said = json_loads(v->json, 0, NULL);
    const char *text = json_string_value(json_object_get(said, "json"));
    if (text != NULL) {
        wf_event ev;
        wf_err e = { 0 };
        cr_expect(eq(str, (char *) wf_rc_wire(read_text(text, &ev, &e)), (char *) json_string_value(json_object_get(said, "refused"))),
                  "%s: %s", v->name, e.text);
    }
    json_decref(said);
}

Test(json, the_same_event_is_refused_for_the_same_reason_in_both_forms)
{
    cr_assert(ge(int, vectors_each("refused-", same_refusal), 30));
}

Test(json, a_refused_event_can_still_be_listed)
{
    wf_event ev;
    wf_hold *hold = NULL;
    const char *text = HEAD "\"type\":\"joiner\",\"effective\":\"2024-03-01\",\"data\":{}}";
    cr_assert(eq(int, wf_event_from_json(text, strlen(text), &ev, &hold, NULL), WF_TYPE));
    cr_assert(eq(int, wf_str_eq(ev.id, WF_STR("1")), 1));
    cr_assert(eq(int, wf_str_eq(ev.org, WF_STR("o")), 1));
    wf_hold_free(&hold);
    cr_assert(eq(ptr, hold, NULL));
    wf_hold_free(&hold);
}
