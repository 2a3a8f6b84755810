/* bench_report.h - what `lcnn bench` found: tables that grow while it measures, or one JSON object
 * at the end. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "lcnn.h"

typedef struct bench_report bench_report;

/* `data` is NULL for synthetic images. Both must outlive the report. */
bench_report *bench_report_begin(const lcnn_model *model, const lcnn_data *data, bool json);

/* Measures the peak of every instruction set. */
void bench_report_peaks(bench_report *r);

/* `mode` is "training" or "inference". */
void bench_report_steps(bench_report *r, const char *mode, int batch, const lcnn_bench *b);
void bench_report_layers(bench_report *r, const char *mode, int batch, const lcnn_bench_layers *l);

/* Frees it; a JSON object is printed when all was measured. */
void bench_report_end(bench_report *r, bool complete);

#endif
