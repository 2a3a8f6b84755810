/* image_files.h - image files for tests, written through libpng and libjpeg. */
#ifndef IMAGE_FILES_H
#define IMAGE_FILES_H

#include "small_set.h"

/* Bytes of any number, in the arena of the test. */
typedef struct image_bytes {
    size_t size;
    uint8_t *data;
} image_bytes;

/* What a PNG file is to be. Samples are in rows of whole bytes, as PNG has them before filtering. */
typedef struct png_kind {
    int colour_type, bits, interlaced;
    int palette; /* colours of the palette: number i is (i, 2 i, 255 - i) */
    int alpha;   /* entries of the palette that have an alpha: number i has 255 - 50 i */
} png_kind;

image_bytes make_png(png_kind kind, int width, int height, const uint8_t *rows);

/* Best quality, no smaller chroma. `channels` is 1 or 3; an orientation of 0 writes no EXIF; with
 * `many_scans` a grey image is progressive in 127 of them. */
typedef struct jpeg_kind {
    int channels, progressive, orientation, big_endian, many_scans;
} jpeg_kind;

image_bytes make_jpeg(jpeg_kind kind, int width, int height, const uint8_t *rows);

/* Into a file of the test's folder; the result is its path. */
const char *put_image(const char *name, image_bytes image);

#endif
