/* figure_parts.h - what the files behind figure.h share; nobody else includes it but their tests.
 *
 * figure.c lays charts out, figure_scale.c chooses ranges and ticks, figure_names.c finds room for names beside points,
 * figure_heat.c draws heat maps: all of them leave gnuplot commands. figure_draw.c runs gnuplot, and figure_svg.c makes of its
 * SVG what figure.h promises. */
#ifndef FIGURE_PARTS_H
#define FIGURE_PARTS_H

#include <stddef.h>
#include <stdio.h>

#include "figure.h"

/* ---- Drawings --------------------------------------------------------------------------------- */

/* One figure as gnuplot commands, in pixels of an SVG. */
typedef struct drawing {
    char *name;
    int width, height;
    char *commands;
    size_t size;
    FILE *out; /* to write commands to, until drawing_end */
} drawing;

struct figures {
    char *folder;
    int count;
    drawing *drawing;
};

/* Adds one; it lasts until the next. */
drawing *drawing_begin(figures *f, const char *name);
void drawing_end(drawing *d, int width, int height);

/* figures_end, with the seconds that gnuplot has. */
char *figures_draw(figures *f, double limit);

/* gnuplot's SVG `text` as figure.h promises one; of malloc, NUL-ended. */
char *figure_svg(const char *text, size_t length, size_t *size);

/* ---- Commands --------------------------------------------------------------------------------- */

/* The only way from a text to gnuplot: quoted, so that nothing in it means anything. */
void gp_text(FILE *out, const char *text);
/* The same for ticks, where gnuplot reads formats. */
void gp_tick_text(FILE *out, const char *text);

typedef enum alignment { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT } alignment;

/* Text whose middle line is y pixels below the top. */
typedef struct words {
    double x, y;
    alignment align;
    int size; /* of the letters, in pixels */
    const char *colour, *text;
} words;

void gp_words(FILE *out, const drawing *d, const words *w);

/* Pixels that a text takes in width, about. */
double text_pixels(const char *text, int size);

/* ---- Colours ---------------------------------------------------------------------------------- */

/* Each role has a colour of its own, since figure_svg.c tells by it what becomes of it in the dark. */
#define INK "#1c2128"
#define FAINT "#66707c"
#define RULE "#dfe3e8"
#define REFERENCE "#4b5563"
#define WASH "#f5f7f9" /* ground of a heat map */
#define ON_DEEP "#fefefe" /* text on the four deep steps of a heat map */

enum { SERIES_COLOURS = 8, HEAT_STEPS = 8 };
extern const char *const series_colour[SERIES_COLOURS];
extern const char *const heat_hit[HEAT_STEPS], *const heat_miss[HEAT_STEPS];

/* ---- Scales ----------------------------------------------------------------------------------- */

enum { MOST_TICKS = 64, TICK_TEXT = 48 };

typedef struct scale {
    const axis *axis;
    double low, high;  /* range; before scale_finish: of the values seen */
    double smallest, largest; /* of the values seen */
    double begin, end; /* where low and high lie, in pixels */
    int ticks;
    double at[MOST_TICKS];
    char text[MOST_TICKS][TICK_TEXT];
} scale;

void scale_begin(scale *s, const axis *a);
/* Whether a value can be shown. */
bool scale_holds(const scale *s, double x);
void scale_widen(scale *s, double x);
/* Range and about so many ticks. */
void scale_finish(scale *s, int wanted);
double scale_pixel(const scale *s, double x);

/* ---- Names ------------------------------------------------------------------------------------ */

typedef struct box {
    double left, top, right, bottom;
} box;

/* What lies within `area`: names keep clear of one another, and of the points. */
typedef struct placement {
    box area;
    int boxes;
    box *taken;
} placement;

void placement_add(placement *p, box b);
/* Finds the place beside (x, y) that covers least, takes it, and tells it in w->x, y and align. */
void placement_find(placement *p, double x, double y, words *w);

#endif
