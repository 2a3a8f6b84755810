/* picture_parts.h - what picture.c and the decoders of the formats share. Not for others. */
#ifndef PICTURE_PARTS_H
#define PICTURE_PARTS_H

#include "picture.h"

/* A file in memory, and what it is called in messages. */
typedef struct picture_file {
    const char *name;
    const uint8_t *bytes;
    size_t size;
    lcnn_errors *errors;
} picture_file;

/* What a header says. */
typedef struct picture_facts {
    int channels;      /* 1 or 3, without alpha */
    int height, width; /* as stored */
    int orientation;   /* EXIF's: 1 is upright, 5 to 8 are transposed */
} picture_facts;

/* A format. `facts` takes hardly any memory, and refuses sizes that a file this short cannot hold;
 * `pixels` fills [height][width][channels] of the same file. Both false with a message. */
typedef struct picture_codec {
    const char *name;
    bool (*begins)(const uint8_t *bytes, size_t size);
    bool (*facts)(const picture_file *f, picture_facts *out);
    bool (*pixels)(const picture_file *f, const picture_facts *facts, uint8_t *out);
} picture_codec;

extern const picture_codec picture_png, picture_jpeg, picture_pnm;

/* False with a message when an image is larger than is believed, or `holds`, the most pixels that
 * the file has bytes for. */
bool picture_size_fits(const picture_file *f, uint64_t width, uint64_t height, uint64_t holds);

/* Adds a message and returns false. */
bool picture_refuse(const picture_file *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
