/* vectors -- the golden messages of proto/vectors, for unit tests. */
#pragma once
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct vector { char name[256]; uint8_t *bytes; size_t n; char *json; } vector;

static inline char *vector_file(const char *name, const char *suffix)
{
    const char *top = getenv("WF_TOP");
    char path[512];
    (void) snprintf(path, sizeof path, "%s/proto/vectors/%s%s", top == NULL ? "." : top, name, suffix);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return NULL;
    char *text = calloc(1, 65536);
    size_t n = fread(text, 1, 65535, f);
    (void) fclose(f);
    while (n > 0 && text[n - 1] == '\n')
        text[--n] = '\0';
    return text;
}

static inline bool vector_load(const char *name, vector *v)
{
    char *hex = vector_file(name, ".hex");
    *v = (vector) { .json = vector_file(name, ".json") };
    (void) snprintf(v->name, sizeof v->name, "%s", name);
    if (hex == NULL || v->json == NULL) {
        free(hex);
        return false;
    }
    v->n = strlen(hex) / 2;
    v->bytes = malloc(v->n + 1);
    for (size_t i = 0; i < v->n; i++) {
        unsigned byte;
        (void) sscanf(hex + 2 * i, "%2x", &byte);
        v->bytes[i] = (uint8_t) byte;
    }
    free(hex);
    return true;
}

static inline void vector_free(vector *v)
{
    free(v->bytes);
    free(v->json);
}

/* Calls fn for every vector whose name begins with `prefix`; how many there were. */
static inline int vectors_each(const char *prefix, void (*fn)(const vector *v))
{
    const char *top = getenv("WF_TOP");
    char path[512];
    int count = 0;
    (void) snprintf(path, sizeof path, "%s/proto/vectors", top == NULL ? "." : top);
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        char *dot = strstr(entry->d_name, ".hex");
        if (dot == NULL || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        *dot = '\0';
        vector v;
        if (vector_load(entry->d_name, &v)) {
            fn(&v);
            count++;
            vector_free(&v);
        }
    }
    if (dir != NULL)
        (void) closedir(dir);
    return count;
}
