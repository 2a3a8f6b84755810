/* picture_pnm.c - the portable any-map: PBM, PGM and PPM, as text (P1, P2, P3) and as bytes (P4,
 * P5, P6), as the manual pages of Netpbm describe them. Samples are scaled to 0 .. 255 and rounded.
 */
#include "config.h"

#include "picture_parts.h"
#include "stream.h"
#include <inttypes.h>

static bool pnm_begins(const uint8_t *bytes, size_t size) {
    return size >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' &&
           (bytes[2] == ' ' || bytes[2] == '#' || (bytes[2] >= '\t' && bytes[2] <= '\r'));
}

typedef struct pnm {
    const picture_file *file;
    size_t at;
    bool bits, text;     /* P1, P4; P1, P2, P3 */
    uint64_t max;        /* the value that is white */
    picture_facts facts; /* from the header */
} pnm;

static bool wrong(const pnm *p, const char *what) {
    lcnn_errors *errors = p->file->errors;
    error_add(errors, LCNN_BAD_DATA, stream_mark(p->file->name, p->at, errors), "PNM image: %s",
              what);
    return false;
}

static bool is_space(uint8_t b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
}

/* White space, and comments up to the end of their line. */
static void skip_space(pnm *p) {
    const picture_file *f = p->file;
    for (bool comment = false; p->at < f->size; p->at++) {
        uint8_t b = f->bytes[p->at];
        if (comment)
            comment = b != '\n' && b != '\r';
        else if (b == '#')
            comment = true;
        else if (!is_space(b))
            return;
    }
}

static bool number(pnm *p, uint64_t *out) {
    enum { LIMIT = 1 << 30 };
    const picture_file *f = p->file;
    skip_space(p);
    if (p->at == f->size)
        return wrong(p, "the file ends early");
    size_t first = p->at;
    for (*out = 0; p->at < f->size && f->bytes[p->at] >= '0' && f->bytes[p->at] <= '9'; p->at++) {
        *out = *out * 10 + (uint64_t)(f->bytes[p->at] - '0');
        if (*out > LIMIT)
            return wrong(p, "a number that is too large");
    }
    return p->at > first || wrong(p, "a number was expected here");
}

static bool header(const picture_file *f, pnm *p) {
    *p = (pnm){.file = f, .at = 2, .max = 1, .facts.orientation = 1};
    int kind = f->bytes[1] - '0';
    p->bits = kind == 1 || kind == 4;
    p->text = kind <= 3;
    uint64_t width, height;
    if (!number(p, &width) || !number(p, &height) || (!p->bits && !number(p, &p->max)))
        return false;
    if (p->max < 1 || p->max > 65535)
        return wrong(p, "the greatest value must be 1 to 65535");
    /* One white-space byte ends the header; in a text it is as good as any other. */
    if (!p->text && (p->at == f->size || !is_space(f->bytes[p->at])))
        return wrong(p, p->at == f->size ? "the file ends early" : "white space was expected here");
    p->at += !p->text;
    uint64_t channels = kind == 3 || kind == 6 ? 3 : 1;
    uint64_t holds = (uint64_t)f->size * (kind == 4 ? 8 : 1) / channels;
    if (!picture_size_fits(f, width, height, holds))
        return false;
    p->facts.channels = (int)channels;
    p->facts.width = (int)width;
    p->facts.height = (int)height;
    return true;
}

static bool pnm_facts(const picture_file *f, picture_facts *out) {
    pnm p;
    if (!header(f, &p))
        return false;
    *out = p.facts;
    return true;
}

/* Digits of P1 need no space between them. */
static bool text_bit(pnm *p, uint64_t *out) {
    skip_space(p);
    if (p->at == p->file->size)
        return wrong(p, "the file ends early");
    uint8_t b = p->file->bytes[p->at];
    if (b != '0' && b != '1')
        return wrong(p, "0 or 1 was expected here");
    *out = b == '1';
    p->at++;
    return true;
}

static bool byte_sample(pnm *p, uint64_t *out) {
    size_t width = p->max > 255 ? 2 : 1;
    if (p->file->size - p->at < width)
        return wrong(p, "the file ends early");
    const uint8_t *b = p->file->bytes + p->at;
    *out = width == 2 ? (uint64_t)b[0] << 8 | b[1] : b[0];
    p->at += width;
    return true;
}

static bool read_samples(pnm *p, size_t count, uint8_t *out) {
    for (size_t i = 0; i < count; i++) {
        uint64_t v;
        size_t here = p->at;
        if (!(p->bits ? text_bit(p, &v) : p->text ? number(p, &v) : byte_sample(p, &v)))
            return false;
        if (v > p->max) {
            p->at = here;
            return wrong(p, "a value above the greatest that the header allows");
        }
        out[i] = (uint8_t)((v * 255 + p->max / 2) / p->max);
        if (p->bits) /* 1 is black */
            out[i] = (uint8_t)(255 - out[i]);
    }
    return true;
}

/* P4: eight pixels a byte, each row from a byte of its own. */
static bool read_packed(pnm *p, size_t width, size_t height, uint8_t *out) {
    size_t row = (width + 7) / 8;
    if ((p->file->size - p->at) / row < height) {
        p->at = p->file->size;
        return wrong(p, "the file ends early");
    }
    const uint8_t *from = p->file->bytes + p->at;
    for (size_t y = 0; y < height; y++, from += row)
        for (size_t x = 0; x < width; x++)
            *out++ = from[x / 8] >> (7 - x % 8) & 1 ? 0 : 255;
    p->at += row * height;
    return true;
}

static bool pnm_pixels(const picture_file *f, const picture_facts *facts, uint8_t *out) {
    pnm p;
    size_t width = (size_t)facts->width, height = (size_t)facts->height;
    if (!header(f, &p) ||
        !(p.bits && !p.text ? read_packed(&p, width, height, out)
                            : read_samples(&p, width * height * (size_t)facts->channels, out)))
        return false;
    if (p.text)
        skip_space(&p);
    return p.at == f->size || wrong(&p, "the image should end here; a file of one image is read");
}

const picture_codec picture_pnm = {"PNM", pnm_begins, pnm_facts, pnm_pixels};
