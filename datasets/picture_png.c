/* picture_png.c - PNG images through libpng.
 *
 * libpng leaves its calls by longjmp when something is wrong, so everything that must be given back
 * lives in a png_reader, and work that may be left is done below guarded(). */
#include "config.h"

#include "picture_parts.h"
#include <string.h>

static bool png_begins(const uint8_t *bytes, size_t size) {
    return size >= 8 && !memcmp(bytes, "\x89PNG\r\n\x1a\n", 8);
}

#ifdef HAVE_PNG

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>

typedef struct png_reader {
    const picture_file *file;
    size_t at; /* next byte of the file */
    png_structp png;
    png_infop info;
    jmp_buf escape;
    picture_facts *facts;
    uint8_t *rows;  /* [height][width][stored], `out` itself without alpha and palette */
    uint8_t *out;   /* [height][width][channels] */
    char text[160]; /* what libpng complained about */
} png_reader;

static void on_error(png_structp png, png_const_charp message) {
    png_reader *r = png_get_error_ptr(png);
    strncpy(r->text, message, sizeof r->text - 1);
    longjmp(r->escape, 1);
}

/* Only what is harmless is left to warnings: see prepare. */
static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void on_read(png_structp png, png_bytep to, size_t size) {
    png_reader *r = png_get_io_ptr(png);
    if (size > r->file->size - r->at)
        png_error(png, "the file ends early");
    memcpy(to, r->file->bytes + r->at, size);
    r->at += size;
}

static bool guarded(png_reader *r, bool (*work)(png_reader *)) {
    if (!setjmp(r->escape))
        return work(r);
    if (strcmp(r->text, "Out of memory") != 0)
        return picture_refuse(r->file, "damaged PNG image: %s", r->text);
    error_no_memory(r->file->errors);
    return false;
}

/* Reads up to the pixels. Chunks that change no pixel are skipped unread, so that none can unpack
 * to something large; the checksum of every chunk must be right. */
static bool prepare(png_reader *r) {
    r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, on_error, on_warning);
    r->info = r->png ? png_create_info_struct(r->png) : NULL;
    if (!r->info) {
        error_no_memory(r->file->errors);
        return false;
    }
    png_set_read_fn(r->png, r, on_read);
    png_set_user_limits(r->png, 0x7fffffff, 0x7fffffff); /* the limits are our own, below */
    png_set_crc_action(r->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_benign_errors(r->png, 0);
    png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(r->png, r->info);
    return true;
}

static bool work_facts(png_reader *r) {
    if (!prepare(r))
        return false;
    png_uint_32 width = png_get_image_width(r->png, r->info);
    png_uint_32 height = png_get_image_height(r->png, r->info);
    unsigned bits = png_get_bit_depth(r->png, r->info) * png_get_channels(r->png, r->info);
    /* Deflate makes at most 1032 bytes of one. */
    if (!picture_size_fits(r->file, width, height, (uint64_t)r->file->size * 1032 * 8 / bits))
        return false;
    /* A palette, too, is colour. */
    r->facts->channels = png_get_color_type(r->png, r->info) & PNG_COLOR_MASK_COLOR ? 3 : 1;
    r->facts->width = (int)width;
    r->facts->height = (int)height;
    return true;
}

static uint8_t over_white(unsigned value, unsigned alpha) {
    return (uint8_t)((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

static void drop_alpha(const png_reader *r) {
    size_t count = (size_t)r->facts->height * (size_t)r->facts->width;
    size_t colours = (size_t)r->facts->channels;
    const uint8_t *from = r->rows;
    uint8_t *to = r->out;
    for (size_t i = 0; i < count; i++, from += colours + 1, to += colours)
        for (size_t c = 0; c < colours; c++)
            to[c] = over_white(from[c], from[colours]);
}

/* The colours of a palette over white; their number. */
static int palette_over_white(const png_reader *r, uint8_t colour[PNG_MAX_PALETTE_LENGTH][3]) {
    png_colorp given = NULL;
    png_bytep alpha = NULL;
    int count = 0, alphas = 0;
    png_get_PLTE(r->png, r->info, &given, &count);
    png_get_tRNS(r->png, r->info, &alpha, &alphas, NULL);
    for (int i = 0; i < count; i++) {
        unsigned a = i < alphas ? alpha[i] : 255;
        colour[i][0] = over_white(given[i].red, a);
        colour[i][1] = over_white(given[i].green, a);
        colour[i][2] = over_white(given[i].blue, a);
    }
    return count;
}

/* libpng would make black of a colour that the palette does not have. */
static bool look_up(const png_reader *r) {
    size_t width = (size_t)r->facts->width, pixels = width * (size_t)r->facts->height;
    uint8_t colour[PNG_MAX_PALETTE_LENGTH][3];
    int count = palette_over_white(r, colour);
    for (size_t i = 0; i < pixels; i++) {
        if (r->rows[i] >= count)
            return picture_refuse(r->file,
                                  "damaged PNG image: the pixel in row %zu, column %zu has colour "
                                  "%d, and the palette has %d, from 0 on",
                                  i / width, i % width, r->rows[i], count);
        memcpy(r->out + 3 * i, colour[r->rows[i]], 3);
    }
    return true;
}

static bool work_pixels(png_reader *r) {
    if (!prepare(r))
        return false;
    bool palette = png_get_color_type(r->png, r->info) == PNG_COLOR_TYPE_PALETTE;
    if (palette)
        png_set_packing(r->png); /* a byte each */
    else
        png_set_expand(r->png); /* fewer than 8 bits, a transparent colour */
    png_set_scale_16(r->png);
    int passes = png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    size_t stored = png_get_channels(r->png, r->info), row = png_get_rowbytes(r->png, r->info);
    size_t width = (size_t)r->facts->width, height = (size_t)r->facts->height;
    size_t channels = (size_t)r->facts->channels;
    /* Eight bits each by now: an index, or the colours and perhaps alpha. Rows are written into what
     * was made for that, so libpng is not taken at its word. */
    bool alpha = !palette && stored == channels + 1;
    if ((!alpha && stored != (palette ? 1 : channels)) || row != width * stored)
        return picture_refuse(r->file, "a PNG image of a kind that is not read");
    r->rows = alpha || palette ? malloc(height * row) : r->out;
    if (!r->rows) {
        error_no_memory(r->file->errors);
        return false;
    }
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < height; y++)
            png_read_row(r->png, r->rows + y * row, NULL);
    png_read_end(r->png, NULL);
    if (alpha)
        drop_alpha(r);
    return palette ? look_up(r) : true;
}

static void finish(png_reader *r) {
    if (r->rows != r->out)
        free(r->rows);
    png_destroy_read_struct(&r->png, &r->info, NULL);
}

static bool png_facts(const picture_file *f, picture_facts *out) {
    png_reader r = {.file = f, .facts = out};
    bool fine = guarded(&r, work_facts);
    finish(&r);
    return fine;
}

static bool png_pixels(const picture_file *f, const picture_facts *facts, uint8_t *out) {
    picture_facts copy = *facts;
    png_reader r = {.file = f, .facts = &copy, .out = out};
    bool fine = guarded(&r, work_pixels);
    finish(&r);
    return fine;
}

#else

static bool png_facts(const picture_file *f, picture_facts *out) {
    (void)out;
    return picture_refuse(f,
                          "this is a PNG image, and this lcnn was built without libpng; build it "
                          "with libpng, or convert the image to PNM");
}

static bool png_pixels(const picture_file *f, const picture_facts *facts, uint8_t *out) {
    (void)facts;
    (void)out;
    return png_facts(f, NULL);
}

#endif

const picture_codec picture_png = {"PNG", png_begins, png_facts, png_pixels};
