/* report_bundle.h - the series of a chart while its points are still being found. */
#ifndef REPORT_BUNDLE_H
#define REPORT_BUNDLE_H

#include "figure.h"
#include "statistics.h"

enum { MOST_SERIES = 8 };

/* Begins as {.room = points of each series at most}; bundle_free() gives back what it grew. */
typedef struct bundle {
    int count, room;
    series s[MOST_SERIES];
} bundle;

/* The series of this label; -1 where there are too many. */
int bundle_series(bundle *b, const char *label, series_style style);

/* Puts a point where its x belongs; nothing where `index` is -1 or the series is full. A series has
 * names where its points have, NULL where none has. */
void bundle_put(bundle *b, int index, double x, estimate at, const char *name);

/* What is alone in its chart needs no label. */
void bundle_drop_label(bundle *b);

void bundle_free(bundle *b);

#endif
