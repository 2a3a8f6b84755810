/* glyphs.h - the built-in data set: digits and letters drawn from strokes.
 *
 * A sample is a function of its part and its index alone, on any machine: counter-based random
 * numbers, and no arithmetic beyond + - * / and square root. So "glyphs:20000" begins with the
 * same images as "glyphs". */
#ifndef GLYPHS_H
#define GLYPHS_H

#include "dataset.h"

enum { GLYPHS_SIDE = 28 }; /* height and width */

typedef enum glyphs_part { GLYPHS_TRAIN, GLYPHS_TEST } glyphs_part;

/* Draws `count` samples: images [count][28][28], white on black; labels [count], each class in
 * turn. The names of the classes say what is drawn; a capital whose small letter is no class of
 * its own is drawn in both forms. */
void glyphs_draw(const dataset_info *info, glyphs_part part, uint32_t count, uint8_t *images,
                 uint8_t *labels);

#endif
