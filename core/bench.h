/* bench.h - how fast a model runs here, beside what the processor could do at most.
 *
 * Owns the measuring: synthetic images, repetitions, the peak. Says nothing about results. */
#ifndef BENCH_H
#define BENCH_H

#include "backend.h"
#include "model.h"

/* See lcnn_bench_run. `threads` of the options is the number to use. */
lcnn_bench *bench_run(const model *m, const backend *b, const lcnn_bench_options *options,
                      lcnn_errors *errors);

#endif
