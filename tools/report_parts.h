/* report_parts.h - what pages of several runs share: settings of models as pairs, figures in words, paths between folders. */
#ifndef REPORT_PARTS_H
#define REPORT_PARTS_H

#include "page.h"
#include "past_run.h"

/* ---- Settings --------------------------------------------------------------------------------- */

/* One value of a resolved model: "nodes.c1.filters" and "6". */
typedef struct setting {
    char *key, *value;
} setting;

typedef struct setting_list {
    int count;
    setting *row;
} setting_list;

/* From the text of lcnn_model_yaml, in its order. Nodes are called by name, transforms by their operator. */
void settings_read(setting_list *list, const char *yaml);
void settings_free(setting_list *list);
/* NULL where there is no such key. */
const char *settings_value(const setting_list *list, const char *key);

/* ---- Figures ---------------------------------------------------------------------------------- */

/* "98.88 %", "97.49 to 98.07 %", "98.88 % ± 0.11"; losses with four decimals. "-" and "" where there is none. */
const char *metric_text(const char *metric, double value);
const char *range_text(const char *metric, double low, double high);
const char *claim_text(const char *metric, double value, double uncertainty);

/* ---- Paths ------------------------------------------------------------------------------------ */

/* The way from one folder to another, for links; the caller frees it. */
char *relative_path(const char *from, const char *to);

/* Puts a chart of FOLDER/figures on the page; false where it could not be drawn. */
bool page_figure(page *p, const char *folder, const char *name, const char *alt);

/* Puts the page into FOLDER/report.html; prints what is wrong and returns the status. */
int page_save(page *p, const char *folder);

#endif
