/* picture_write.h - pictures as bytes of a file: PNG, or PGM and PPM, which need no library.
 *
 * Reading is picture.h's. Writing the file is the caller's. */
#ifndef PICTURE_WRITE_H
#define PICTURE_WRITE_H

#include "picture.h"

/* The bytes of a file called `path`, in memory of malloc: PNM where the name ends in .pgm, .ppm or .pnm, else PNG. NULL with
 * a message, as where lcnn was built without libpng (LCNN_BAD_USAGE). The same picture gives the same bytes. */
uint8_t *picture_encode(const char *path, const picture *p, size_t *size, lcnn_errors *errors);

#endif
