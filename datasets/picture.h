/* picture.h - image files: PNG, JPEG and PNM, told apart by their bytes, never by their names.
 *
 * What comes out is what a viewer shows: turned as EXIF says, transparent parts over white, 16 bits
 * rounded to 8. Colour profiles and gamma are not applied. A damaged file is refused, even where
 * most of it could be read. Knows no data set. */
#ifndef PICTURE_H
#define PICTURE_H

#include "error.h"

typedef struct picture {
    int channels, height, width;
    uint8_t *pixels; /* [channels][height][width] from malloc; NULL when only the header was read */
} picture;

enum { PICTURE_MAX_PIXELS = 1 << 27, PICTURE_MAX_SIDE = 65535, PICTURE_MAX_FILE = 1 << 28 };

/* Reads a file. `channels` is 1 or 3, to which the image is converted: grey is
 * (19595 R + 38470 G + 7471 B + 32768) / 65536, the weights of Rec. 601; or 0: as it is stored.
 * False with a message; the caller frees out->pixels. */
bool picture_read(const char *path, int channels, picture *out, lcnn_errors *errors);

/* The same of bytes in memory; `name` is for messages. */
bool picture_parse(const char *name, const void *bytes, size_t size, int channels, picture *out,
                   lcnn_errors *errors);

/* Size and number of channels alone. */
bool picture_header(const char *path, picture *out, lcnn_errors *errors);

/* Brings an image to another size, stretched where the proportions differ; each pixel is the mean of
 * the area it covers. False with a message. */
bool picture_resize(picture *p, int height, int width, lcnn_errors *errors);

/* "PNG", "JPEG" or "PNM" from the first bytes of a file (8 suffice); NULL when it is none of them. */
const char *picture_format(const void *bytes, size_t size);

#endif
