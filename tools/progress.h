/* progress.h - how training is shown: one row per epoch, and on a terminal a live line below the
 * rows. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdio.h>

#include "lcnn.h"

typedef struct progress {
    FILE *out;       /* NULL: silent */
    bool live;       /* redraw a line while an epoch runs */
    bool validation; /* columns that there are */
    bool test;
    double started; /* clock when training began */
    double drawn;   /* clock when the live line was last drawn */
    bool line;      /* a live line stands on the terminal */
} progress;

void progress_begin(progress *p, FILE *out, bool validation, bool test);
void progress_step(progress *p, const lcnn_progress *now);
void progress_epoch(progress *p, const lcnn_epoch *epoch);
void progress_end(progress *p); /* clears the live line */

/* Seconds on a clock that never jumps. */
double clock_seconds(void);

#endif
