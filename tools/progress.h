/* progress.h - how training is shown: one row per epoch, and on a terminal a live line below the
 * rows. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdio.h>

#include "lcnn.h"

/* ---- A live line ----------------------------------------------------------------------------- */

/* A line that is drawn over and over, on a terminal only. */
typedef struct progress_line {
    FILE *out;
    bool live;    /* `out` is a terminal */
    bool stands;  /* a line stands on it */
    double drawn; /* clock when it was last drawn */
} progress_line;

progress_line progress_line_begin(FILE *out);
/* A head, a bar that shows `share`, and the pieces that still fit; all ASCII. Drawn ten times a second at most, unless
 * `now`. */
void progress_draw(progress_line *line, const char *head, double share, const char *const *piece, int count, bool now);
void progress_wipe(progress_line *line);

/* ---- Training -------------------------------------------------------------------------------- */

typedef struct progress {
    FILE *out;       /* NULL: silent */
    progress_line line; /* while an epoch runs */
    bool validation; /* columns that there are */
    bool test;
    double started; /* clock when training began */
    double before;  /* epochs done then */
} progress;

/* `before`: epochs that were done already, with the share of the one that training goes on in. */
void progress_begin(progress *p, FILE *out, bool validation, bool test, double before);
void progress_step(progress *p, const lcnn_progress *now);
void progress_epoch(progress *p, const lcnn_epoch *epoch);
void progress_end(progress *p); /* clears the live line */

/* Seconds on a clock that never jumps. */
double clock_seconds(void);

/* The time of day, as "2024-05-01T12:00:00Z". */
void clock_utc(char text[32]);

#endif
