/* ink.h - what is written on a picture: pen on paper or chalk on a board, in whatever light.
 *
 * Owns the way from pixels to ink: the light is taken off, it is decided whether ink is darker or
 * lighter than what it is written on, and specks, shadows and the edges of the paper are left out.
 * One character is expected. What becomes of the ink is the caller's (mnist_form.c). */
#ifndef INK_H
#define INK_H

#include "picture.h"

typedef struct ink {
    int height, width; /* of the picture, reduced where it was large */
    float *amount;     /* [height][width]: 0 nothing .. 1 ink; from malloc */
    int top, left, bottom, right; /* the character: rows [top, bottom), columns [left, right) */
} ink;

/* False with a message that begins with `name`, LCNN_BAD_DATA when nothing is written there; else the caller frees
 * out->amount. */
bool ink_find(const char *name, const picture *p, ink *out, lcnn_errors *errors);

#endif
