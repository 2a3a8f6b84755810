/* report_study.h - what the files behind the page of a study share. */
#ifndef REPORT_STUDY_H
#define REPORT_STUDY_H

#include <jansson.h>

#include "figure.h"
#include "page.h"

typedef struct study_page {
    page *p;
    const char *folder;
    json_t *results; /* results.json, an object */
} study_page;

/* Charts of an experiment are named "eINDEX-..." ; figures_add puts them into the set, figures_put onto the page. */
void study_charts_add(figures *f, int index, const json_t *experiment);
void study_charts_put(page *p, const char *folder, int index, const json_t *experiment);

/* Curves, matrices and mistakes of the trials that stand for their model and data set. */
void study_trials_put(study_page *s);

/* A number or a text of JSON as people write it; "" for anything else. */
const char *value_text(const json_t *value);
/* "kernel 5, factor 0.1": the settings of a trial or a summary by the labels of the axes. */
const char *settings_text(const json_t *experiment, const json_t *settings);

#endif
