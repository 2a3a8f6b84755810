/* report.h - the pages that `lcnn report` and `lcnn run` make: of a run, of several runs side by side, of a study.
 *
 * A page is made of files alone (and of the data set's images where they are here): the same files give the same page. It
 * replaces an older one. Each function prints what is wrong and returns the status. */
#ifndef REPORT_H
#define REPORT_H

#include "figure.h"
#include "past_run.h"

/* FOLDER/report.html and FOLDER/figures of one run. `data` is its data set where it is open already; NULL: it is opened if it
 * is here. */
int report_run(const char *folder, const lcnn_data *data);

/* OUT/report.html and OUT/figures of two runs or more; the folder `out` is there. */
int report_compare(const char *out, int count, past_run *const *run);

/* FOLDER/report.html and FOLDER/figures of a study, from its results.json. */
int report_study(const char *folder);

/* The charts of one run, as far as there is something to draw: "error", "loss" and "learning-rate" by epoch,
 * "confusion", "classes" (error of each), "rejection". */
void report_charts(figures *f, const past_run *r);

#endif
