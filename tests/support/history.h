/* history -- what the property programs share: a history's events as a publisher's bytes, and chance by a seed. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <workforce/event.h>

#define EVENTS_MAX 20000

static struct { uint8_t *p; size_t n; char source[WF_SOURCE_MAX + 1]; } event[EVENTS_MAX];
static int events;
static wf_err err;

static uint64_t random_state;
static uint32_t below(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) ((random_state >> 33) % n);
}

static void need(wf_rc rc, const char *what)
{
    if (rc == WF_OK)
        return;
    fprintf(stderr, "%s: %s\n", what, err.text);
    exit(1);
}

static void unload(void)
{
    while (events > 0)
        free(event[--events].p);
}

/* The events of a file of JSON lines, in place of those before. */
static void load(const char *path)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    if (f == NULL) {
        perror(path);
        exit(2);
    }
    unload();
    while ((n = getline(&line, &cap, f)) > 0 && events < EVENTS_MAX) {
        wf_event ev;
        wf_hold *hold = NULL;
        uint8_t buf[WF_EVENT_BYTES_MAX];
        need(wf_event_from_json(line, (size_t) n, &ev, &hold, &err), path);
        event[events].n = wf_event_encode(&ev, buf, sizeof buf);
        event[events].p = malloc(event[events].n);
        memcpy(event[events].p, buf, event[events].n);
        snprintf(event[events].source, sizeof event[events].source, "%.*s", WF_STR_ARG(ev.source));
        events++;
        wf_hold_free(&hold);
    }
    free(line);
    fclose(f);
}
