/* picture.c - from an image file to planes of bytes; see picture.h.
 *
 * Owns the choice of the decoder, the limits, and what is common to all formats: the turn that EXIF
 * asks for, grey from colour and colour from grey. Decoding is done in picture_NAME.c. */
#include "config.h"

#include "file.h"
#include "picture_parts.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const picture_codec *const codecs[] = {&picture_png, &picture_jpeg, &picture_pnm};

enum { CODECS = sizeof codecs / sizeof codecs[0] };

/* ---- Messages -------------------------------------------------------------------------------- */

bool picture_refuse(const picture_file *f, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    error_add(f->errors, LCNN_BAD_DATA, error_file(f->errors, f->name), "%s", text);
    return false;
}

bool picture_size_fits(const picture_file *f, uint64_t width, uint64_t height, uint64_t holds) {
    if (width < 1 || height < 1)
        return picture_refuse(f, "an image of %" PRIu64 "x%" PRIu64 " pixels", width, height);
    if (width > PICTURE_MAX_SIDE || height > PICTURE_MAX_SIDE ||
        width * height > PICTURE_MAX_PIXELS)
        return picture_refuse(f,
                              "an image of %" PRIu64 "x%" PRIu64
                              " pixels; at most %d a side and %d in all are read: make it smaller",
                              width, height, PICTURE_MAX_SIDE, PICTURE_MAX_PIXELS);
    if (width * height > holds)
        return picture_refuse(f,
                              "the header tells of %" PRIu64 "x%" PRIu64
                              " pixels; a file of %zu bytes cannot hold them",
                              width, height, f->size);
    return true;
}

/* What a file that is not read may be, from how it begins. */
static const char *looks_like(const uint8_t *b, size_t size) {
    static const struct {
        size_t at;
        const char *begin, *is;
    } known[] = {
        {0, "GIF8", "a GIF image"},    {0, "BM", "a BMP image"},
        {8, "WEBP", "a WebP image"},   {0, "II*", "a TIFF image"},
        {0, "MM\0*", "a TIFF image"},  {4, "ftyp", "a HEIF or AVIF image"},
        {0, "P7\n", "a PAM image"},    {0, "<", "a web page or SVG drawing"},
        {0, "\x1f\x8b", "gzip data"},  {0, "PK\003\004", "a zip archive"},
        {0, "%PDF", "a PDF document"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t length = strlen(known[i].begin);
        if (size >= known[i].at + length && !memcmp(b + known[i].at, known[i].begin, length))
            return known[i].is;
    }
    return NULL;
}

static const picture_codec *find_codec(const uint8_t *bytes, size_t size) {
    for (int i = 0; i < CODECS; i++)
        if (codecs[i]->begins(bytes, size))
            return codecs[i];
    return NULL;
}

const char *picture_format(const void *bytes, size_t size) {
    const picture_codec *codec = find_codec(bytes, size);
    return codec ? codec->name : NULL;
}

static const picture_codec *choose_codec(const picture_file *f) {
    const picture_codec *codec = find_codec(f->bytes, f->size);
    const char *is = looks_like(f->bytes, f->size);
    if (codec)
        return codec;
    if (f->size == 0)
        picture_refuse(f, "an empty file, not an image");
    else if (is)
        picture_refuse(f, "this is %s; images are read as PNG, JPEG or PNM: save it as PNG", is);
    else
        picture_refuse(f, "not an image that is read: neither PNG, JPEG nor PNM (PGM, PPM, PBM)");
    return NULL;
}

/* ---- Pixels ---------------------------------------------------------------------------------- */

static uint8_t grey(const uint8_t *rgb) {
    return (uint8_t)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 32768u) >> 16);
}

static void put_pixel(const uint8_t *from, int from_channels, const picture *out, size_t at) {
    size_t plane = (size_t)out->height * (size_t)out->width;
    if (out->channels == 1 && from_channels == 3)
        out->pixels[at] = grey(from);
    else
        for (int c = 0; c < out->channels; c++)
            out->pixels[(size_t)c * plane + at] = from[from_channels == 1 ? 0 : c];
}

/* [height][width][channels] as stored becomes planes, turned. */
static void turn(const picture_facts *facts, const uint8_t *stored, const picture *out) {
    int o = facts->orientation;
    bool swap = o >= 5, up = o == 3 || o == 4 || o == 6 || o == 7;
    bool left = o == 2 || o == 3 || o == 7 || o == 8;
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            int row = swap ? x : y, column = swap ? y : x;
            row = up ? facts->height - 1 - row : row;
            column = left ? facts->width - 1 - column : column;
            size_t from = (size_t)row * (size_t)facts->width + (size_t)column;
            put_pixel(stored + from * (size_t)facts->channels, facts->channels, out,
                      (size_t)y * (size_t)out->width + (size_t)x);
        }
}

static bool read_facts(const picture_file *f, const picture_codec *codec, int channels,
                       picture_facts *facts, picture *out) {
    *facts = (picture_facts){.orientation = 1};
    if (!codec->facts(f, facts))
        return false;
    bool swap = facts->orientation >= 5;
    *out = (picture){.channels = channels ? channels : facts->channels,
                     .height = swap ? facts->width : facts->height,
                     .width = swap ? facts->height : facts->width};
    return true;
}

static bool parse(const picture_file *f, int channels, picture *out) {
    picture_facts facts;
    const picture_codec *codec = choose_codec(f);
    *out = (picture){0};
    if (!codec || !read_facts(f, codec, channels, &facts, out))
        return false;
    /* At most 3 * 2^27. */
    size_t count = (size_t)out->height * (size_t)out->width;
    uint8_t *stored = malloc(count * (size_t)facts.channels);
    out->pixels = malloc(count * (size_t)out->channels);
    bool fine = stored && out->pixels;
    if (!fine)
        error_no_memory(f->errors);
    fine = fine && codec->pixels(f, &facts, stored);
    if (fine) {
        turn(&facts, stored, out);
    } else {
        free(out->pixels);
        out->pixels = NULL;
    }
    free(stored);
    return fine;
}

bool picture_parse(const char *name, const void *bytes, size_t size, int channels, picture *out,
                   lcnn_errors *errors) {
    picture_file f = {.name = name, .bytes = bytes, .size = size, .errors = errors};
    return parse(&f, channels, out);
}

bool picture_read(const char *path, int channels, picture *out, lcnn_errors *errors) {
    size_t size;
    *out = (picture){0};
    char *bytes = file_read(path, PICTURE_MAX_FILE, &size, LCNN_BAD_DATA, errors);
    bool fine = bytes && picture_parse(path, bytes, size, channels, out, errors);
    free(bytes);
    return fine;
}

bool picture_header(const char *path, picture *out, lcnn_errors *errors) {
    picture_file f = {.name = path, .errors = errors};
    picture_facts facts;
    *out = (picture){0};
    char *bytes = file_read(path, PICTURE_MAX_FILE, &f.size, LCNN_BAD_DATA, errors);
    f.bytes = (const uint8_t *)bytes;
    const picture_codec *codec = bytes ? choose_codec(&f) : NULL;
    bool fine = codec && read_facts(&f, codec, 0, &facts, out);
    free(bytes);
    return fine;
}
