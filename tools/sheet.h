/* sheet.h - contact sheets: images in a grid, enlarged by a whole factor, with text below each.
 *
 * Owns the layout and the drawing; which images are shown, and what is written to a file, is the
 * caller's business. */
#ifndef SHEET_H
#define SHEET_H

#include "command.h"

/* Lines of text below an image. */
enum { SHEET_LINES = 2 };

typedef struct sheet {
    lcnn_picture *picture; /* what has been drawn so far */
    int scale;             /* of the images */
    int image_height, image_width;
    int columns, rows;
} sheet;

/* An empty sheet for images of one size. False when it would be absurdly large. */
bool sheet_begin(sheet *s, int columns, int rows, int channels, int height, int width, const char *title);
void sheet_free(sheet *s);

/* Puts an image, [channels][height][width], into a cell. Lines that are too long for the cell are
 * cut; they may be empty. */
void sheet_put(sheet *s, int column, int row, const uint8_t *image, const char *const line[SHEET_LINES]);

#endif
