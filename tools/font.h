/* font.h - a small bitmap font for the labels of contact sheets: printable ASCII, five dots wide.
 *
 * Owns the shapes alone; where text goes and in which colour is the caller's business. */
#ifndef FONT_H
#define FONT_H

#include <stdbool.h>

/* Dots of a character; texts leave one empty column between two. */
enum { FONT_WIDTH = 5, FONT_HEIGHT = 8 };

/* Whether dot (x, y) of the character at `text` is ink, y down. Whatever is not printable ASCII is an
 * empty box. */
bool font_dot(const char *text, int x, int y);

/* The character after the one at `text`, whole in UTF-8. */
const char *font_next(const char *text);

/* Characters of `text`. */
int font_length(const char *text);

#endif
