/* picture_write.h - pictures as bytes of a file: PNG, or PGM and PPM, which need no library.
 *
 * Reading is picture.h's. Writing the file is the caller's. */
#ifndef PICTURE_WRITE_H
#define PICTURE_WRITE_H

#include "picture.h"

/* Whether the name ends in .pgm, .ppm, .pnm or, where lcnn was built with libpng, .png; else false with a message
 * (LCNN_BAD_USAGE). */
bool picture_path_fits(const char *path, lcnn_errors *errors);

/* The bytes of a file called `path`, in memory of malloc, in the form that its ending says. NULL with a message, as where the
 * path does not fit. The same picture gives the same bytes. */
uint8_t *picture_encode(const char *path, const picture *p, size_t *size, lcnn_errors *errors);

#endif
