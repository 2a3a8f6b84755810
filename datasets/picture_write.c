/* picture_write.c - encoding pictures; see picture_write.h. */
#include "config.h"

#include "picture_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#ifdef HAVE_PNG
#include <png.h>
#endif

/* [height][width][channels], as files want it, after `header` bytes of room. */
static uint8_t *interleaved(const picture *p, size_t header, lcnn_errors *errors) {
    size_t pixels = (size_t)p->height * (size_t)p->width, channels = (size_t)p->channels;
    uint8_t *bytes = malloc(header + pixels * channels);
    if (!bytes) {
        error_no_memory(errors);
        return NULL;
    }
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < pixels; i++)
            bytes[header + i * channels + c] = p->pixels[c * pixels + i];
    return bytes;
}

static uint8_t *encode_pnm(const char *path, const picture *p, size_t *size, lcnn_errors *errors) {
    (void)path;
    char header[64];
    int length = snprintf(header, sizeof header, "P%d\n%d %d\n255\n", p->channels == 1 ? 5 : 6,
                          p->width, p->height);
    uint8_t *bytes = interleaved(p, (size_t)length, errors);
    if (!bytes)
        return NULL;
    memcpy(bytes, header, (size_t)length);
    *size = (size_t)length + (size_t)p->height * (size_t)p->width * (size_t)p->channels;
    return bytes;
}

#ifdef HAVE_PNG
static uint8_t *encode_png(const char *path, const picture *p, size_t *size, lcnn_errors *errors) {
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)p->width,
                       .height = (png_uint_32)p->height,
                       .format = p->channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB};
    uint8_t *pixels = interleaved(p, 0, errors);
    png_alloc_size_t room = PNG_IMAGE_PNG_SIZE_MAX(image);
    uint8_t *bytes = pixels ? malloc(room) : NULL;
    bool made = bytes && png_image_write_to_memory(&image, bytes, &room, 0, pixels, 0, NULL);
    if (pixels && (!bytes || strstr(image.message, "memory")))
        error_no_memory(errors);
    else if (bytes && !made) /* too large for it */
        error_add(errors, LCNN_NO_MEMORY, error_file(errors, path), "libpng: %s", image.message);
    png_image_free(&image);
    free(pixels);
    if (!made) {
        free(bytes);
        return NULL;
    }
    *size = room;
    return bytes;
}
#endif

static bool ends_in(const char *path, const char *end) {
    size_t length = strlen(path), tail = strlen(end);
    return length > tail && strcasecmp(path + length - tail, end) == 0;
}

typedef uint8_t *encoder(const char *path, const picture *p, size_t *size, lcnn_errors *errors);

#ifdef HAVE_PNG
#define ENDINGS ".png, .pgm, .ppm and .pnm"
#else
#define ENDINGS ".pgm, .ppm and .pnm, and .png where lcnn is built with libpng"
#endif

static encoder *encoder_of(const char *path, lcnn_errors *errors) {
    if (ends_in(path, ".pgm") || ends_in(path, ".ppm") || ends_in(path, ".pnm"))
        return encode_pnm;
#ifdef HAVE_PNG
    if (ends_in(path, ".png"))
        return encode_png;
#endif
    error_add(errors, LCNN_BAD_USAGE, error_file(errors, path),
              "the ending of the name says how a picture is written; there are " ENDINGS);
    return NULL;
}

bool picture_path_fits(const char *path, lcnn_errors *errors) {
    return encoder_of(path, errors) != NULL;
}

uint8_t *picture_encode(const char *path, const picture *p, size_t *size, lcnn_errors *errors) {
    encoder *encode = encoder_of(path, errors);
    if (encode && p->channels != 1 && p->channels != 3) {
        error_add(
            errors, LCNN_BAD_USAGE, error_file(errors, path),
            "a picture of %d channels cannot be written: files are grey or in colour, of 1 or 3",
            p->channels);
        return NULL;
    }
    return encode ? encode(path, p, size, errors) : NULL;
}
