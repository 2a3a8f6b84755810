/* figure.h - charts and heat maps as FOLDER/figures/NAME.svg and NAME.png, drawn by gnuplot.
 *
 * Plain structs go in, one after the other; figures_end has them all drawn at once, by one gnuplot for the SVGs and one beside
 * it for the PNGs, found through PATH. Whatever is wrong with gnuplot (missing, too old, failing, hanging) or with the folder
 * ends in a sentence for the page and is no failure. What the charts mean is the caller's business; names and texts may hold
 * anything.
 *
 * An SVG stands alone and inside a page alike: it begins with "<svg" (no XML head), has no ids, scales to the width it is
 * given, and changes its colours where the reader prefers the dark; nothing around it has to. PNGs are light. */
#ifndef FIGURE_H
#define FIGURE_H

#include <stdbool.h>

typedef struct figures figures;

/* Charts for this folder; nothing is made before figures_end. */
figures *figures_begin(const char *folder);

/* Draws what was added, writes the files, and frees the set. NULL, or a sentence on what is missing and why, for the page; the
 * caller frees it. Figures that could not be drawn have no files then: what an earlier call has left under their names is
 * removed. */
char *figures_end(figures *f);

/* "FOLDER/figures/NAME.svg"; the caller frees it. */
char *figure_path(const char *folder, const char *name);

/* ---- Charts ----------------------------------------------------------------------------------- */

typedef enum series_style {
    SERIES_LINE,
    SERIES_LINE_POINTS,
    SERIES_POINTS,
    SERIES_REFERENCE, /* somebody else's figures, to compare with: hollow points, joined by dashes */
    SERIES_BARS,      /* from the bottom of the axis */
} series_style;

/* Arrays may be NULL but for x and y. Points that are no finite numbers (or not positive on a log axis) are left out, and a
 * line is broken there. */
typedef struct series {
    const char *label; /* in the legend; NULL: not there */
    series_style style;
    int count;
    const double *x, *y;
    const double *low, *high;  /* an interval around each value */
    const char *const *names;  /* written beside the points; single ones may be NULL */
    int colour;                /* 1 to 8; 0: by its place among the series */
    bool faint;                /* drawn thinly, for what belongs to a bolder one of the same colour */
} series;

typedef struct axis {
    const char *label; /* NULL: none */
    bool log;
    bool percent;     /* values are shares; shown times 100, with % */
    bool whole;       /* ticks at whole numbers only, as for epochs */
    bool from_zero;   /* the range begins at zero, whatever the values */
    int name_count;   /* categories at 0, 1, ...: their names stand at the ticks */
    const char *const *names;
} axis;

typedef struct chart {
    const char *name;  /* of the file; plain characters, made of what it shows ("error") */
    const char *title; /* above the chart; NULL: none */
    axis x, y;         /* where y has names, the chart lies on its side: first row on top, intervals along x */
    int series_count;
    const series *series;
} chart;

/* Nothing given need outlive the call. */
void figures_chart(figures *f, const chart *c);

/* ---- Heat maps -------------------------------------------------------------------------------- */

/* A confusion matrix: hits on the diagonal in one colour, the rest in another, darker with the logarithm of the share of its
 * row; numbers in the cells where there is room. */
typedef struct heat_map {
    const char *name, *title;
    const char *row_label, *column_label;
    int size;
    const char *const *names; /* [size] */
    const double *value;      /* [size][size]; zero stays empty */
} heat_map;

void figures_heat_map(figures *f, const heat_map *h);

#endif
