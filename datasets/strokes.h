/* strokes.h - how digits and letters are written: the paths of a pen.
 *
 * A path is a text of points "x,y" on a grid on which a capital is 100 high and about 70 wide, x to
 * the right and y down; small letters without ascender begin at 40 and descenders reach 140. The
 * pen goes smoothly through the points; '!' behind a point makes a corner of it, ';' lifts the pen.
 */
#ifndef STROKES_H
#define STROKES_H

#include <stdbool.h>

/* Ways to write a digit or letter: how many there are, and the one of this number (from 0). A
 * symbol that nobody writes has none. */
int strokes_count(char symbol);
const char *strokes_path(char symbol, int way);

/* One point of a path. */
typedef struct stroke_point {
    int x, y;
    bool corner; /* the pen turns sharply here */
    bool lift;   /* the stroke ends here */
} stroke_point;

/* No path is longer. */
enum { STROKE_POINTS = 48 };

/* Reads a path; returns the number of points. The last one lifts the pen. */
int strokes_points(const char *path, stroke_point point[STROKE_POINTS]);

#endif
