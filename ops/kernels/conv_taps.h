/* conv_taps.h - what both forms of a correlation share: which taps reach which source positions, the table of taps that a
 * kernel runs through, and weights packed in the order in which it reads them. */
#ifndef KERNELS_CONV_TAPS_H
#define KERNELS_CONV_TAPS_H

#include "conv.h"

/* a / b for b > 0, rounded up; quick where b is 1, as it mostly is. */
static inline int divide_up(int a, int b) {
    return b == 1 ? a : (a + b - 1) / b;
}

/* Which taps of an axis an output position has: tap, tap + tap_step, ... (count of them), the first reading `source`. */
typedef struct reach {
    int tap, count, source;
} reach;

/* Positions at, at + divisor, ... (count of them) that have the same taps; each reads `stride` source positions after the one
 * before. Those in between fall on other taps. */
typedef struct run {
    int at, count;
    reach reach; /* of the first */
    bool leads;  /* no run before it has as many taps */
    int next;    /* the next run with as many taps; -1: none */
} run;

/* The part of a run that lies in positions [first, end); its count may be 0. */
static inline run run_within(const axis *a, const run *r, int first, int end) {
    run part = *r;
    int before = first > r->at ? divide_up(first - r->at, a->divisor) : 0;
    int until = end > r->at ? divide_up(end - r->at, a->divisor) : 0;
    part.at += before * a->divisor;
    part.reach.source += before * a->stride;
    part.count = (until < r->count ? until : r->count) - before;
    return part;
}

/* Distance between taps that hit the source grid exactly. */
#define axis_tap_step ISA_NAME(axis_tap_step)
int axis_tap_step(const axis *a);

/* A tap, relative to the first one that an output has: distances in reals. */
typedef struct tap_place {
    ptrdiff_t source, weight;
} tap_place;

/* Lists the taps of outputs that have `columns` of them in a row, and as many rows as any output has: those with fewer rows
 * use the first part. Source columns lie `pixel` reals apart, packed weights of neighbouring taps `width`. */
#define list_taps ISA_NAME(list_taps)
void list_taps(const correlation *c, int columns, size_t pixel, size_t width, tap_place *taps);

/* What a call lays out in its scratch. */
typedef struct conv_plan {
    run *y, *x;
    int y_runs, x_runs;
    tap_place *taps;
    real *packed; /* weights */
} conv_plan;

/* Lists the runs of rows [first, end) and of all columns; taps and weights are for the caller to fill in. */
#define conv_plan_new ISA_NAME(conv_plan_new)
conv_plan conv_plan_new(const correlation *c, int first, int end, real *scratch);

/* Reals that a plan takes, packed weights not counted. */
#define conv_plan_room ISA_NAME(conv_plan_room)
size_t conv_plan_room(const correlation *c);

/* Weights of `outputs` (at most `width`) outputs from channel `first` to `end`, as [channel][tap][width]. Writes up to
 * SINGLE_VECTOR reals more; what lies beyond `outputs` is zero if the width is SINGLE_VECTOR, undefined otherwise. */
#define pack_weights ISA_NAME(pack_weights)
void pack_weights(const correlation *c, const real *weight, int outputs, int first, int end, size_t width, real *packed);

#endif
