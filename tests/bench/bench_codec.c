/* bench_codec -- what an event and a frame cost on the wire: encoding, decoding, JSON; the load's mixture of events. */
#include "bench/life.h"
#include "bench/sample.h"
#include "frame.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS 2000
#define FRAME 512

typedef struct bed {
    wf_event event[EVENTS];
    uint8_t bytes[EVENTS][256];
    size_t n[EVENTS];
    char *json[EVENTS];
    uint8_t frame[WF_FRAME_BYTES_MAX];
    uint64_t sum;                           /* what was worked out, so that it is worked out */
} bed;

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench_codec: %s\n", what);
    exit(1);
}

/* Events of a year, one of many, so that each type comes as often as in the load. Their texts are those of `bytes`. */
static void make_events(bed *b)
{
    sim_load *l = sim_load_new(&(sim_load_options) { .teams = 10, .workers = 400, .years = 1, .seed = 1, .first = wf_day_of(2014, 10, 1) });
    const sim_records *r = sim_load_year(l);
    sim_writer w = life_writer();
    wf_err e;
    must(r != NULL && r->n >= EVENTS, "the load is too small");
    for (size_t i = 0; i < EVENTS; i++) {
        const wf_event *ev = sim_write(&w, &r->at[i * (r->n / EVENTS)]);
        b->n[i] = wf_event_encode(ev, b->bytes[i], sizeof b->bytes[i]);
        b->json[i] = wf_event_to_json(ev);
        must(b->n[i] > 0 && wf_event_decode(b->bytes[i], b->n[i], &b->event[i], &e) == WF_OK, "an event does not come back");
        b->sum += b->n[i];
    }
    bench_line("codec.size", "%.0f bytes an event, %zu in JSON", (double) b->sum / EVENTS, strlen(b->json[0]));
    sim_load_free(&l);
}

static void encode(void *ctx, unsigned n)
{
    bed *b = ctx;
    uint8_t to[256];
    for (unsigned i = 0; i < n; i++)
        b->sum += wf_event_encode(&b->event[i % EVENTS], to, sizeof to);
}

static void decode(void *ctx, unsigned n)
{
    bed *b = ctx;
    wf_event ev;
    for (unsigned i = 0; i < n; i++)
        b->sum += wf_event_decode(b->bytes[i % EVENTS], b->n[i % EVENTS], &ev, NULL) == WF_OK ? ev.given : 0;
}

static void to_json(void *ctx, unsigned n)
{
    bed *b = ctx;
    for (unsigned i = 0; i < n; i++) {
        char *line = wf_event_to_json(&b->event[i % EVENTS]);
        b->sum += (uint8_t) line[1];
        free(line);
    }
}

static void from_json(void *ctx, unsigned n)
{
    bed *b = ctx;
    wf_event ev;
    for (unsigned i = 0; i < n; i++) {
        wf_hold *hold = NULL;
        const char *line = b->json[i % EVENTS];
        must(wf_event_from_json(line, strlen(line), &ev, &hold, NULL) == WF_OK, "JSON does not come back");
        b->sum += ev.given;
        wf_hold_free(&hold);
    }
}

/* Frames of 512: written as a publisher does, read as intake does, each event decoded. n counts events. */
static void frames(void *ctx, unsigned n)
{
    bed *b = ctx;
    for (unsigned done = 0; done < n; done += FRAME) {
        wf_out o = wf_out_to(b->frame + WF_EVENTS_HEAD_MAX, sizeof b->frame - WF_EVENTS_HEAD_MAX);
        for (unsigned i = done; i < done + FRAME; i++)
            wf_put_event(&o, b->bytes[i % EVENTS], b->n[i % EVENTS]);
        size_t body = wf_out_length(&o), head = wf_frame_events_head(WF_STR("simulate"), 1, done + 1, FRAME, b->frame + WF_EVENTS_HEAD_MAX);
        wf_events m;
        wf_event ev;
        wf_str bytes;
        must(body > 0 && wf_frame_read_events(b->frame + WF_EVENTS_HEAD_MAX - head, head + body, &m, NULL) == WF_OK, "a frame does not come back");
        while (wf_events_next(&m, &bytes))
            b->sum += wf_event_decode(bytes.p, bytes.n, &ev, NULL) == WF_OK ? ev.given : 0;
    }
}

int main(void)
{
    static bed b;
    make_events(&b);
    bench("codec.encode", encode, &b, 100000);
    bench("codec.decode", decode, &b, 100000);
    bench("codec.frames of 512, there and back", frames, &b, FRAME * 200);
    bench("codec.to JSON", to_json, &b, 10000);
    bench("codec.from JSON", from_json, &b, 10000);
    for (size_t i = 0; i < EVENTS; i++)
        free(b.json[i]);
    return b.sum == 0;
}
