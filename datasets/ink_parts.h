/* ink_parts.h - what ink.c and ink_light.c share. Not for others. */
#ifndef INK_PARTS_H
#define INK_PARTS_H

#include <stdbool.h>
#include <stdint.h>

/* A picture in grey, 0 .. 255, reduced where it was large. */
typedef struct grey {
    int height, width;
    float *value; /* [height][width] */
} grey;

/* Replaces the values by how far each stands out from its background, 0 .. 1, on the side on which
 * more does; returns the deviation of what is background. */
float light_remove(grey *g);

#endif
