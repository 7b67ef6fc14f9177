/* sample -- see sample.h. */
#include "bench/sample.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 31
#define ROUNDS_QUICK 7

int64_t bench_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
}

bool bench_quick(void)
{
    const char *how = getenv("BENCH");
    return how != NULL && strcmp(how, "quick") == 0;
}

void bench_add(bench_samples *s, double v)
{
    if (s->n == s->cap) {
        s->cap = s->cap * 2 + 64;
        s->at = realloc(s->at, s->cap * sizeof *s->at);
        if (s->at == NULL)
            abort();
    }
    s->at[s->n++] = v;
    s->sorted = false;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

double bench_quantile(bench_samples *s, int percent)
{
    if (s->n == 0)
        return 0;
    if (!s->sorted)
        qsort(s->at, s->n, sizeof *s->at, ascending);
    s->sorted = true;
    size_t i = s->n * (size_t) percent / 100;
    return s->at[i < s->n ? i : s->n - 1];
}

void bench_samples_free(bench_samples *s)
{
    free(s->at);
    *s = (bench_samples) { NULL, 0, 0, false };
}

void bench_line(const char *name, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    printf("%-36s ", name);
    vprintf(format, values);
    putchar('\n');
    va_end(values);
    fflush(stdout);
}

void bench_times(const char *name, size_t n, bench_samples *ns, int low, int high)
{
    double median = bench_quantile(ns, 50);
    const char *unit = median < 1e4 ? "ns" : median < 1e7 ? "us" : "ms";
    double scale = median < 1e4 ? 1 : median < 1e7 ? 1e3 : 1e6;
    bench_line(name, "n=%-8zu median=%.1f %s  p%d=%.1f p%d=%.1f  %.0f/s", n, median / scale, unit, low, bench_quantile(ns, low) / scale,
               high, bench_quantile(ns, high) / scale, median > 0 ? 1e9 / median : 0);
}

void bench(const char *name, void (*work)(void *ctx, unsigned n), void *ctx, unsigned n)
{
    bench_samples ns = { NULL, 0, 0, false };
    work(ctx, n);
    for (int i = 0; i < (bench_quick() ? ROUNDS_QUICK : ROUNDS); i++) {
        int64_t from = bench_ns();
        work(ctx, n);
        bench_add(&ns, (double) (bench_ns() - from) / n);
    }
    bench_times(name, n, &ns, 10, 90);
    bench_samples_free(&ns);
}
