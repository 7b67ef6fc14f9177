/* sample -- what the benchmarks share: a clock, samples and their quantiles, one way to print a line.
 *
 *   ledger.post                        n=100000   median=3.0 ns     p10=3.0 p90=3.3
 *
 * BENCH=quick in the environment makes every benchmark small, to try it out: its figures say little. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int64_t bench_ns(void);                     /* monotonic */
bool bench_quick(void);

typedef struct bench_samples { double *at; size_t n, cap; bool sorted; } bench_samples;
void bench_add(bench_samples *s, double v);
double bench_quantile(bench_samples *s, int percent);       /* 50: the median; 0 without samples */
void bench_samples_free(bench_samples *s);

/* One line; ns are printed as ns, us or ms. */
void bench_times(const char *name, size_t n, bench_samples *ns, int low, int high);
void bench_line(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What one of n operations takes: fixed work, once to warm up, then 31 rounds. `work` keeps what it works out, so that
 * nothing is left out by the compiler. */
void bench(const char *name, void (*work)(void *ctx, unsigned n), void *ctx, unsigned n);
