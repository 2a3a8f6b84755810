/* image_files.c - see image_files.h. Without one of the libraries its images are empty: tests of
 * them skip. */
#include "config.h"

#include "image_files.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(image_bytes *b, const void *data, size_t size) {
    uint8_t *more = arena_alloc(memory, b->size + size);
    ck_assert_ptr_nonnull(more);
    memcpy(more, b->data ? b->data : more, b->size);
    memcpy(more + b->size, data, size);
    b->data = more;
    b->size += size;
}

const char *put_image(const char *name, image_bytes image) {
    const char *path = arena_format(memory, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(image.data, 1, image.size, f), image.size);
    fclose(f);
    return path;
}

#ifdef HAVE_PNG
#include <png.h>

static void write_png(png_structp png, png_bytep data, size_t size) {
    append(png_get_io_ptr(png), data, size);
}

static void flush_png(png_structp png) {
    (void)png;
}

image_bytes make_png(png_kind kind, int width, int height, const uint8_t *rows) {
    image_bytes out = {0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_color colour[256];
    png_byte alpha[256];
    png_set_check_for_invalid_index(png, 0); /* tests want wrong ones as well */
    png_set_write_fn(png, &out, write_png, flush_png);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, kind.bits, kind.colour_type,
                 kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
    for (int i = 0; i < kind.palette; i++) {
        colour[i] = (png_color){(png_byte)i, (png_byte)(2 * i), (png_byte)(255 - i)};
        alpha[i] = (png_byte)(255 - 50 * i);
    }
    if (kind.palette)
        png_set_PLTE(png, info, colour, kind.palette);
    if (kind.alpha)
        png_set_tRNS(png, info, alpha, kind.alpha, NULL);
    png_write_info(png, info);
    size_t row = png_get_rowbytes(png, info);
    png_bytep row_at[64];
    for (int y = 0; y < height; y++)
        row_at[y] = (png_bytep)(uintptr_t)rows + (size_t)y * row;
    png_write_image(png, row_at);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return out;
}
#else
image_bytes make_png(png_kind kind, int width, int height, const uint8_t *rows) {
    (void)kind, (void)width, (void)height, (void)rows;
    return (image_bytes){0};
}
#endif

#ifdef HAVE_JPEG
#include <jpeglib.h>

/* An EXIF segment with an orientation and nothing else. */
static void write_exif(struct jpeg_compress_struct *jpeg, int orientation, bool big) {
    uint8_t little_form[] = {'E',  'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0,
                             0x12, 1,   3,   0,   1, 0, 0,   0,   0,  0, 0, 0, 0, 0, 0, 0};
    uint8_t big_form[] = {'E', 'x',  'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
                          1,   0x12, 0,   3,   0, 0, 0,   1,   0, 0,  0, 0, 0, 0, 0, 0};
    little_form[24] = (uint8_t)orientation;
    big_form[25] = (uint8_t)orientation;
    jpeg_write_marker(jpeg, JPEG_APP0 + 1, big ? big_form : little_form, sizeof big_form);
}

/* One scan for all means, then two for each wave: their upper bits, and the last. */
static void write_many_scans(struct jpeg_compress_struct *jpeg) {
    static jpeg_scan_info scan[1 + 2 * 63];
    int count = 0;
    scan[count++] = (jpeg_scan_info){.comps_in_scan = 1};
    for (int wave = 1; wave < 64; wave++) {
        scan[count++] = (jpeg_scan_info){.comps_in_scan = 1, .Ss = wave, .Se = wave, .Al = 1};
        scan[count++] = (jpeg_scan_info){.comps_in_scan = 1, .Ss = wave, .Se = wave, .Ah = 1};
    }
    jpeg->scan_info = scan;
    jpeg->num_scans = count;
}

image_bytes make_jpeg(jpeg_kind kind, int width, int height, const uint8_t *rows) {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr error;
    unsigned char *data = NULL;
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&error);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &size);
    jpeg.image_width = (JDIMENSION)width;
    jpeg.image_height = (JDIMENSION)height;
    jpeg.input_components = kind.channels;
    jpeg.in_color_space = kind.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;
    if (kind.progressive)
        jpeg_simple_progression(&jpeg);
    if (kind.many_scans)
        write_many_scans(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    if (kind.orientation)
        write_exif(&jpeg, kind.orientation, kind.big_endian);
    while (jpeg.next_scanline < jpeg.image_height) {
        JSAMPROW row = (JSAMPROW)(uintptr_t)rows +
                       (size_t)jpeg.next_scanline * (size_t)width * (size_t)kind.channels;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    image_bytes out = {0};
    append(&out, data, size);
    free(data);
    return out;
}
#else
image_bytes make_jpeg(jpeg_kind kind, int width, int height, const uint8_t *rows) {
    (void)kind, (void)width, (void)height, (void)rows;
    return (image_bytes){0};
}
#endif
