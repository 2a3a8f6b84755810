/* preview.h - numbers as grey levels, and pictures as characters, two pixels high each. */
#ifndef PREVIEW_H
#define PREVIEW_H

#include <stdio.h>

#include "lcnn.h"

/* The range of what is shown side by side. */
typedef struct value_range {
    float low, high;
} value_range;

void range_widen(value_range *range, const float *values, size_t count);

/* Values of the picture's shape as 0 .. 255; `range` NULL: their own. A picture in grey gets the first channel. */
void picture_from_values(const float *values, lcnn_picture *picture, const value_range *range);

/* Prints the picture after `indent` blanks; every second pixel and so on where it is wider than the
 * terminal. Upper half blocks in grey on a terminal, else letters of growing weight. */
void preview_print(const lcnn_picture *picture, int indent, FILE *out);

/* LCNN_OK, or the status of a message: a picture cannot be written under this name. */
int picture_path_check(const char *path);

#endif
