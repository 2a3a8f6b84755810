/* report_run_parts.h - what the files that make the page of one run share; nobody else includes it. */
#ifndef REPORT_RUN_PARTS_H
#define REPORT_RUN_PARTS_H

#include "page.h"
#include "past_run.h"

/* A page of a run while it is made. */
typedef struct run_page {
    page *page;
    const past_run *run;
    char *no_charts;       /* why there are none; NULL: they are in the folder's figures */
    lcnn_images images;    /* the test part; count 0: not here */
    lcnn_images training;
    char *no_images;       /* why there are none; NULL: they are here */
    const char *weights;   /* their file, or NULL */
} run_page;

/* Each writes its sections, or nothing where the run has nothing of the kind. */
void report_run_head(run_page *p);
void report_run_published(run_page *p);
void report_run_curves(run_page *p);
void report_run_confusions(run_page *p);
void report_run_classes(run_page *p);
void report_run_galleries(run_page *p);
void report_run_inside(run_page *p);
void report_run_network(run_page *p);
void report_run_origin(run_page *p);

/* The graph of a model's layers, drawn into the page. */
void report_graph(page *p, const lcnn_model *model);

/* Puts a chart of the run on the page. False where there is none. */
bool report_chart(run_page *p, const char *name, const char *alt);

#endif
