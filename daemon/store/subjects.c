/* subjects -- see subjects.h. */
#include "store/subjects.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_UNITS (1u << 20)          /* of 4 bytes: 4 MiB */
#define UNIT 4u
#define SLOTS_FIRST 1024u

/* What stands before an id in its block. */
typedef struct entry { uint16_t org; uint8_t kind, n; } entry;
_Static_assert(sizeof(entry) == UNIT, "an entry's head is one unit");

void wf_subjects_init(wf_subjects *t)
{
    *t = (wf_subjects) { .mask = SLOTS_FIRST - 1 };
    WF_ASSERT((t->slot = calloc(SLOTS_FIRST, sizeof *t->slot)) != NULL);
    randombytes_buf(t->key, sizeof t->key);
}

void wf_subjects_free(wf_subjects *t)
{
    for (uint32_t i = 0; i < t->blocks; i++)
        free(t->block[i]);
    free(t->place);
    free(t->slot);
    *t = (wf_subjects) { 0 };
}

static uint64_t hash(const wf_subjects *t, entry head, const char *id)
{
    uint8_t bytes[sizeof head + WF_SUBJECT_ID_MAX], out[8];
    uint64_t h;

    memcpy(bytes, &head, sizeof head);
    memcpy(bytes + sizeof head, id, head.n);
    crypto_shorthash(out, bytes, sizeof head + head.n, t->key);
    memcpy(&h, out, sizeof h);
    return h;
}

/* A slot holds the number below and a tag of the hash above; 0 is empty, as no number is 0. */
static uint64_t filled(uint32_t number, uint64_t h) { return (h & 0xffffffff00000000u) | number; }
static uint32_t number_in(uint64_t slot) { return (uint32_t) slot; }

static const char *at(const wf_subjects *t, uint32_t number)
{
    uint32_t place = t->place[number - 1];

    return t->block[place / BLOCK_UNITS] + (size_t) (place % BLOCK_UNITS) * UNIT;
}

static bool is(const wf_subjects *t, uint32_t number, entry head, const char *id)
{
    const char *p = at(t, number);

    return memcmp(p, &head, sizeof head) == 0 && memcmp(p + sizeof head, id, head.n) == 0;
}

uint32_t wf_subjects_find(const wf_subjects *t, uint8_t kind, uint16_t org, wf_str id)
{
    entry head = { org, kind, (uint8_t) id.n };
    uint64_t h = hash(t, head, id.p), wanted = filled(0, h);

    for (uint32_t i = (uint32_t) h & t->mask; t->slot[i] != 0; i = (i + 1) & t->mask)
        if (filled(0, t->slot[i]) == wanted && is(t, number_in(t->slot[i]), head, id.p))
            return number_in(t->slot[i]);
    return 0;
}

void wf_subjects_prefetch(const wf_subjects *t, uint8_t kind, uint16_t org, wf_str id)
{
    entry head = { org, kind, (uint8_t) id.n };

    __builtin_prefetch(&t->slot[(uint32_t) hash(t, head, id.p) & t->mask]);
}

static void place(wf_subjects *t, uint32_t number, uint64_t h)
{
    uint32_t i = (uint32_t) h & t->mask;

    while (t->slot[i] != 0)
        i = (i + 1) & t->mask;
    t->slot[i] = filled(number, h);
}

/* An erased subject has a number and no id. */
static bool is_there(const wf_subjects *t, uint32_t number)
{
    entry head;

    memcpy(&head, at(t, number), sizeof head);
    return head.n > 0;
}

static uint64_t hash_of(const wf_subjects *t, uint32_t number)
{
    const char *p = at(t, number);
    entry head;

    memcpy(&head, p, sizeof head);
    return hash(t, head, p + sizeof head);
}

/* In the order of numbers, so that taking back the newest first leaves no hole in another's way. */
static void widen(wf_subjects *t, uint32_t slots)
{
    free(t->slot);
    WF_ASSERT((t->slot = calloc(slots, sizeof *t->slot)) != NULL);
    t->mask = slots - 1;
    for (uint32_t n = 1; n <= t->count; n++)
        if (is_there(t, n))
            place(t, n, hash_of(t, n));
}

void wf_subjects_expect(wf_subjects *t, uint32_t count)
{
    uint32_t slots = t->mask + 1;

    while ((uint64_t) count * 3 > (uint64_t) slots * 2 && slots < 1u << 31)
        slots *= 2;
    if (slots != t->mask + 1)
        widen(t, slots);
    if (count > t->place_room) {
        t->place_room = count;
        WF_ASSERT((t->place = realloc(t->place, t->place_room * sizeof *t->place)) != NULL);
    }
}

static uint32_t lay(wf_subjects *t, entry head, const char *id)
{
    uint32_t units = (uint32_t) (sizeof head + head.n + UNIT - 1) / UNIT, where;

    if (t->blocks == 0 || t->used + units > BLOCK_UNITS) {
        WF_ASSERT(t->blocks < WF_SUBJECT_BLOCKS);
        WF_ASSERT((t->block[t->blocks] = malloc((size_t) BLOCK_UNITS * UNIT)) != NULL);
        t->blocks++;
        t->used = 0;
    }
    where = (t->blocks - 1) * BLOCK_UNITS + t->used;
    char *p = t->block[t->blocks - 1] + (size_t) t->used * UNIT;
    memcpy(p, &head, sizeof head);
    memcpy(p + sizeof head, id, head.n);
    t->used += units;
    return where;
}

uint32_t wf_subjects_add(wf_subjects *t, uint8_t kind, uint16_t org, wf_str id)
{
    entry head = { org, kind, (uint8_t) id.n };

    if ((uint64_t) (t->count + 1) * 3 > (uint64_t) (t->mask + 1) * 2)
        widen(t, (t->mask + 1) * 2);
    if (t->count == t->place_room) {
        t->place_room = t->place_room == 0 ? SLOTS_FIRST : t->place_room + t->place_room / 2 + 1;
        WF_ASSERT((t->place = realloc(t->place, t->place_room * sizeof *t->place)) != NULL);
    }
    t->place[t->count++] = lay(t, head, id.p);
    if (id.n > 0)
        place(t, t->count, hash(t, head, id.p));
    return t->count;
}

void wf_subjects_cut(wf_subjects *t, uint32_t count)
{
    for (; t->count > count; t->count--) {
        if (!is_there(t, t->count))
            continue;
        uint64_t h = hash_of(t, t->count);
        uint32_t i = (uint32_t) h & t->mask;
        while (number_in(t->slot[i]) != t->count)
            i = (i + 1) & t->mask;
        t->slot[i] = 0;     /* the id's bytes stay in their block: a cut is rare */
    }
}

bool wf_subjects_id(const wf_subjects *t, uint32_t number, uint8_t *kind, uint16_t *org, wf_str *id)
{
    entry head;

    if (number == 0 || number > t->count)
        return false;
    const char *p = at(t, number);
    memcpy(&head, p, sizeof head);
    if (head.n == 0)
        return false;
    *kind = head.kind;
    *org = head.org;
    *id = (wf_str) { p + sizeof head, head.n };
    return true;
}
