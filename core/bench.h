/* bench.h - how fast a model runs here, beside what the processor could do at most.
 *
 * Owns the measuring: images to measure on, repetitions, the peak. Says nothing about results. */
#ifndef BENCH_H
#define BENCH_H

#include "backend.h"
#include "model.h"

/* See lcnn_bench_run and lcnn_bench_layers_run. `threads` of the options is the number to use; its `data` is not read, but
 * `d` is: a data set that fits the model, or NULL for synthetic images. */
lcnn_bench *bench_run(const model *m, const backend *b, const lcnn_bench_options *options, const dataset *d,
                      lcnn_errors *errors);
lcnn_bench_layers *bench_layers(const model *m, const backend *b, const lcnn_bench_options *options, const dataset *d,
                                lcnn_errors *errors);

/* See lcnn_isa_peak. */
double bench_peak(const backend *b);

#endif
