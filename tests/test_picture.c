/* test_picture.c - image files: what is in them is read to the bit, and damaged ones are refused.
 */
#include "config.h"

#include "image_files.h"
#include "picture.h"
#include "picture_write.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static picture parsed(const void *data, size_t size, int channels) {
    picture p;
    bool fine = picture_parse("picture", data, size, channels, &p, errors);
    ck_assert_msg(fine, "%s", fine ? "" : lcnn_errors_text(errors, 0));
    return p;
}

static void expect(const void *data, size_t size, int channels, picture wanted) {
    picture p = parsed(data, size, channels);
    ck_assert_int_eq(p.channels, wanted.channels);
    ck_assert_int_eq(p.height, wanted.height);
    ck_assert_int_eq(p.width, wanted.width);
    ck_assert_mem_eq(p.pixels, wanted.pixels, (size_t)(p.channels * p.height * p.width));
    free(p.pixels);
}

/* Refused with one message that holds `part`, or, when that is NULL, any. */
static void refused_bytes(const void *data, size_t size, const char *part) {
    picture p;
    lcnn_errors *e = lcnn_errors_new();
    ck_assert_msg(!picture_parse("picture", data, size, 0, &p, e), "accepted; expected: %s",
                  part ? part : "a message");
    ck_assert_ptr_null(p.pixels);
    ck_assert_int_eq(lcnn_errors_count(e), 1);
    ck_assert_int_eq(lcnn_errors_status(e), LCNN_BAD_DATA);
    ck_assert_msg(!part || strstr(lcnn_errors_text(e, 0), part), "'%s' not in '%s'", part,
                  lcnn_errors_text(e, 0));
    lcnn_errors_free(e);
}

/* Between the two what is printed goes to a file, which must stay empty. */
static int usual_stderr, printed;

static void redirect_stderr(void) {
    usual_stderr = dup(2);
    printed = open(arena_format(memory, "%s/stderr", folder), O_CREAT | O_WRONLY, 0600);
    ck_assert_int_eq(dup2(printed, 2), 2);
}

static void nothing_was_printed(void) {
    struct stat info;
    dup2(usual_stderr, 2);
    ck_assert_int_eq(fstat(printed, &info), 0);
    ck_assert_int_eq(info.st_size, 0);
    close(printed);
    close(usual_stderr);
}

/* ---- PNM ------------------------------------------------------------------------------------- */

START_TEST(pnm_of_every_kind) {
    static const struct {
        const char *text;
        size_t size;
        int channels;
        uint8_t pixels[6]; /* of 3x2; grey */
    } known[] = {
        {"P1 # bits\n3 2\n101\n0 1 0\n", 23, 1, {0, 255, 0, 255, 0, 255}},
        {"P2\n3 2 # size\n5\n0 1 2\n3 4 5", 27, 1, {0, 51, 102, 153, 204, 255}},
        {"P4\n3 2\n\xa0\x5f", 9, 1, {0, 255, 0, 255, 0, 255}},
        {"P5\n3 2\n255\n\0\1\2\n #", 17, 1, {0, 1, 2, '\n', ' ', '#'}},
        {"P5 3 2 1000 \0\0\0\1\0\2\1\xf4\3\xe7\3\xe8", 24, 1, {0, 0, 1, 128, 255, 255}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint8_t *pixels = (uint8_t *)(uintptr_t)known[i].pixels;
        expect(known[i].text, known[i].size, 0, (picture){1, 2, 3, pixels});
    }
    uint8_t planes[] = {1, 4, 2, 5, 3, 6};
    expect("P3 2 1 255 1 2 3 4 5 6", 22, 0, (picture){3, 1, 2, planes});
    expect("P6 2 1 255 \1\2\3\4\5\6", 17, 0, (picture){3, 1, 2, planes});
}
END_TEST

START_TEST(pnm_that_is_wrong) {
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"P5", "neither PNG, JPEG nor PNM"},
        {"P5 ", "picture:@0x3: error: PNM image: the file ends early"},
        {"P5 3 2", "the file ends early"},
        {"P5 3 2 255", "the file ends early"},
        {"P5 3 2 255 12345", "@0x10: error: PNM image: the file ends early"},
        {"P5 3 2 255 1234567", "@0x11: error: PNM image: the image should end here"},
        {"P2 3 2 9 1 2 3 4 5 6 7", "@0x15: error: PNM image: the image should end here"},
        {"P2 3 2 9 1 2 3 4 5 10", "@0x12: error: PNM image: a value above the greatest"},
        {"P2 3 2 9 1 2 3 4 5 -6", "a number was expected here"},
        {"P2 3 2 0 1 2 3 4 5 6", "the greatest value must be 1 to 65535"},
        {"P2 3 2 65536 1 2 3 4 5 6", "the greatest value must be 1 to 65535"},
        {"P1 3 2 101 012", "0 or 1 was expected here"},
        {"P1 3 2 101 01", "@0xd: error: PNM image: the file ends early"},
        {"P4 3 2 a", "@0x8: error: PNM image: the file ends early"},
        {"P5 3 2 255X123456", "white space was expected here"},
        {"P5 0 2 255 ", "an image of 0x2 pixels"},
        {"P5 65536 1 255 ", "an image of 65536x1 pixels; at most 65535 a side"},
        {"P5 60000 60000 255 ", "make it smaller"},
        {"P5 6000 6000 255 ", "6000x6000 pixels; a file of 17 bytes cannot hold them"},
        {"P5 99999999999999999999 1 255 ", "a number that is too large"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        refused_bytes(wrong[i].text, strlen(wrong[i].text), wrong[i].message);
}
END_TEST

START_TEST(other_formats_are_named) {
    refused_bytes("GIF89a....", 10, "this is a GIF image");
    refused_bytes("RIFF....WEBPVP8 ", 16, "this is a WebP image");
    refused_bytes("....ftypheic", 12, "this is a HEIF or AVIF image");
    refused_bytes("<!DOCTYPE html>", 15, "this is a web page");
    refused_bytes("", 0, "an empty file");
    refused_bytes("hello", 5, "neither PNG, JPEG nor PNM");
    ck_assert_str_eq(picture_format("P5\n", 3), "PNM");
    ck_assert_str_eq(picture_format("\xff\xd8\xff\xe0", 4), "JPEG");
    ck_assert_str_eq(picture_format("\x89PNG\r\n\x1a\n", 8), "PNG");
    ck_assert_ptr_null(picture_format("PK", 2));
}
END_TEST

START_TEST(grey_and_colour) {
    uint8_t greys[] = {76, 150, 29, 255}, planes[] = {7, 9, 7, 9, 7, 9};
    expect("P6 4 1 255 \xff\0\0\0\xff\0\0\0\xff\xff\xff\xff", 23, 1, (picture){1, 1, 4, greys});
    expect("P2 2 1 255 7 9", 14, 3, (picture){3, 1, 2, planes});
}
END_TEST

/* ---- PNG ------------------------------------------------------------------------------------- */

enum { PALETTE = 3, GREY = 0, RGB = 2, GREY_ALPHA = 4, RGBA = 6 };

START_TEST(png_of_every_kind) {
    static const struct {
        png_kind kind;
        uint8_t rows[16]; /* of 2x2, or 4x1 below eight bits */
        int channels, height, width;
        uint8_t pixels[12];
    } known[] = {
        {{GREY, 8, 0, 0, 0}, {1, 2, 3, 4}, 1, 2, 2, {1, 2, 3, 4}},
        {{GREY, 1, 0, 0, 0}, {0xa0}, 1, 1, 4, {255, 0, 255, 0}},
        {{GREY, 2, 0, 0, 0}, {0x1b}, 1, 1, 4, {0, 85, 170, 255}},
        {{GREY, 4, 0, 0, 0}, {0x0f, 0x37}, 1, 1, 4, {0, 255, 51, 119}},
        {{GREY, 16, 0, 0, 0}, {0, 127, 0, 129, 255, 0, 255, 255}, 1, 2, 2, {0, 1, 254, 255}},
        {{RGB, 8, 0, 0, 0},
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
         3,
         2,
         2,
         {1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12}},
        {{PALETTE, 8, 0, 5, 0},
         {0, 1, 2, 4},
         3,
         2,
         2,
         {0, 1, 2, 4, 0, 2, 4, 8, 255, 254, 253, 251}},
        {{PALETTE, 2, 0, 4, 0}, {0x1b}, 3, 1, 4, {0, 1, 2, 3, 0, 2, 4, 6, 255, 254, 253, 252}},
        /* over white: c * alpha + 255 * (1 - alpha) */
        {{PALETTE, 8, 0, 4, 2},
         {0, 1, 2, 3},
         3,
         2,
         2,
         {0, 51, 2, 3, 0, 52, 4, 6, 255, 254, 253, 252}},
        {{GREY_ALPHA, 8, 0, 0, 0}, {0, 255, 0, 0, 10, 51, 200, 128}, 1, 2, 2, {0, 255, 206, 227}},
        {{RGBA, 8, 0, 0, 0},
         {1, 2, 3, 255, 1, 2, 3, 0, 0, 0, 0, 127, 255, 0, 0, 51},
         3,
         2,
         2,
         {1, 255, 128, 255, 2, 255, 128, 204, 3, 255, 128, 204}},
    };
    if (make_png(known[0].kind, 2, 2, known[0].rows).size == 0)
        suite_skip("built without libpng");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        int height = known[i].height, width = known[i].width;
        picture wanted = {known[i].channels, height, width, (uint8_t *)(uintptr_t)known[i].pixels};
        image_bytes image = make_png(known[i].kind, width, height, known[i].rows);
        expect(image.data, image.size, 0, wanted);
    }
}
END_TEST

/* A picture in which every pixel differs from its neighbours. */
static const uint8_t *pattern(int channels) {
    uint8_t *rows = arena_alloc(memory, 16 * 16 * 4);
    for (int i = 0; i < 16 * 16 * channels; i++)
        rows[i] = (uint8_t)(i * 37 + i / 16 * 11);
    return rows;
}

START_TEST(interlaced_png) {
    image_bytes plain = make_png((png_kind){RGBA, 8, 0, 0, 0}, 8, 8, pattern(4));
    image_bytes interlaced = make_png((png_kind){RGBA, 8, 1, 0, 0}, 8, 8, pattern(4));
    if (plain.size == 0)
        suite_skip("built without libpng");
    picture p = parsed(plain.data, plain.size, 3);
    expect(interlaced.data, interlaced.size, 3, p);
    free(p.pixels);
}
END_TEST

/* Each chunk has a checksum, so no change stays unseen. */
START_TEST(damaged_png) {
    image_bytes image = make_png((png_kind){PALETTE, 8, 1, 256, 3}, 5, 5, pattern(1));
    if (image.size == 0)
        suite_skip("built without libpng");
    for (size_t size = 0; size < image.size; size++)
        refused_bytes(image.data, size, NULL);
    for (size_t bit = 0; bit < 8 * image.size; bit++) {
        image.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        refused_bytes(image.data, image.size, NULL);
        image.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    refused_bytes(image.data, image.size - 1, "damaged PNG image: the file ends early");
}
END_TEST

/* What libpng warns of it does not print, and refuses in the end. */
START_TEST(png_of_an_impossible_depth) {
    image_bytes image = make_png((png_kind){GREY, 8, 0, 0, 0}, 1, 1, pattern(1));
    if (image.size == 0)
        suite_skip("built without libpng");
    image.data[24] = 3; /* bits a sample, and the checksum of the header with them */
    uLong sum = crc32(0, image.data + 12, 17);
    for (int i = 0; i < 4; i++)
        image.data[29 + i] = (uint8_t)(sum >> (24 - 8 * i));
    redirect_stderr();
    refused_bytes(image.data, image.size, "damaged PNG image: Invalid IHDR data");
    nothing_was_printed();
}
END_TEST

/* libpng would make such pixels black. */
START_TEST(colours_beyond_the_palette) {
    static const uint8_t eight[] = {0, 1, 2, 4}, four[] = {0x01, 0x30, 0x21, 0x00};
    static const png_kind kinds[] = {{PALETTE, 8, 0, 4, 0}, {PALETTE, 8, 1, 4, 2}};
    for (int i = 0; i < 2; i++) {
        image_bytes image = make_png(kinds[i], 2, 2, eight);
        if (image.size == 0)
            suite_skip("built without libpng");
        refused_bytes(image.data, image.size,
                      "picture: error: damaged PNG image: the pixel in row 1, column 1 has colour "
                      "4, and the palette has 4, from 0 on");
    }
    image_bytes image = make_png((png_kind){PALETTE, 4, 0, 3, 0}, 3, 2, four);
    refused_bytes(image.data, image.size, "row 0, column 2 has colour 3, and the palette has 3");
    image = make_png((png_kind){PALETTE, 4, 0, 4, 0}, 3, 2, four);
    free(parsed(image.data, image.size, 3).pixels);
}
END_TEST

/* The header of a PNG of 11585x11585 grey pixels, and none of them. */
START_TEST(a_png_bomb_is_not_unpacked) {
    static const uint8_t bomb[] =
        "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x2d\x41\0\0\x2d\x41\x08\0\0\0\0"
        "\x48\xfe\x0c\x15\0\0\0\0IDAT\x35\xaf\x06\x1e";
    if (make_png((png_kind){GREY, 8, 0, 0, 0}, 1, 1, pattern(1)).size == 0)
        suite_skip("built without libpng");
    refused_bytes(bomb, sizeof bomb - 1, "11585x11585 pixels; a file of 45 bytes cannot hold them");
}
END_TEST

/* ---- JPEG ------------------------------------------------------------------------------------ */

/* Four flat quarters of 8x8 pixels: top left, top right, bottom left, bottom right. */
static const uint8_t *quarters(int channels, const uint8_t value[4][3]) {
    uint8_t *rows = arena_alloc(memory, 16 * 16 * 4);
    for (int i = 0; i < 16 * 16 * channels; i++) {
        int pixel = i / channels;
        rows[i] = value[pixel / 128 * 2 + pixel % 16 / 8][i % channels];
    }
    return rows;
}

static void near(const picture *p, int c, int y, int x, int value) {
    int found = p->pixels[(c * p->height + y) * p->width + x];
    ck_assert_msg(abs(found - value) <= 2, "%d at %d,%d,%d, not %d", found, c, y, x, value);
}

START_TEST(jpeg_in_grey_and_colour) {
    static const uint8_t value[4][3] = {{250, 20, 30}, {10, 240, 40}, {5, 6, 200}, {90, 91, 92}};
    for (int kind = 0; kind < 4; kind++) {
        int channels = kind % 2 ? 3 : 1;
        image_bytes image = make_jpeg((jpeg_kind){.channels = channels, .progressive = kind / 2},
                                      16, 16, quarters(channels, value));
        if (image.size == 0)
            suite_skip("built without libjpeg");
        picture p = parsed(image.data, image.size, 0);
        ck_assert_int_eq(p.channels, channels);
        for (int quarter = 0; quarter < 4; quarter++)
            for (int c = 0; c < channels; c++)
                near(&p, c, quarter / 2 * 8 + 4, quarter % 2 * 8 + 4, value[quarter][c]);
        free(p.pixels);
    }
}
END_TEST

/* EXIF says on which side of the picture the first row and the first column lie as stored. */
START_TEST(jpeg_turned_as_exif_says) {
    static const char sides[9][3] = {"", "tl", "tr", "br", "bl", "lt", "rt", "rb", "lb"};
    static const uint8_t shown[2][2] = {{250, 170}, {90, 10}}; /* upright: [bottom][right] */
    for (int kind = 2; kind < 18; kind++) {
        int orientation = kind / 2;
        uint8_t stored[4][3] = {0};
        for (int quarter = 0; quarter < 4; quarter++) {
            bool bottom = false, right = false;
            for (int way = 0; way < 2; way++) { /* the row's side, then the column's */
                char side = sides[orientation][way];
                bool far = way ? quarter % 2 : quarter / 2;
                if (side == 't' || side == 'b')
                    bottom = (side == 'b') != far;
                else
                    right = (side == 'r') != far;
            }
            stored[quarter][0] = shown[bottom][right];
        }
        jpeg_kind made = {.channels = 1, .orientation = orientation, .big_endian = kind % 2};
        image_bytes image = make_jpeg(made, 16, 8, quarters(1, (const uint8_t(*)[3])stored));
        if (image.size == 0)
            suite_skip("built without libjpeg");
        picture wide = parsed(image.data, image.size, 1);
        ck_assert_int_eq(wide.width, orientation >= 5 ? 8 : 16);
        free(wide.pixels);
        image = make_jpeg(made, 16, 16, quarters(1, (const uint8_t(*)[3])stored));
        picture p = parsed(image.data, image.size, 1);
        for (int corner = 0; corner < 4; corner++)
            near(&p, 0, corner / 2 * 15, corner % 2 * 15, shown[corner / 2][corner % 2]);
        free(p.pixels);
    }
}
END_TEST

/* libjpeg would fill in what is missing and print a warning. */
START_TEST(damaged_jpeg) {
    image_bytes image = make_jpeg((jpeg_kind){.channels = 3, .progressive = 1, .orientation = 6},
                                  16, 16, pattern(3));
    if (image.size == 0)
        suite_skip("built without libjpeg");
    redirect_stderr();
    for (size_t size = 0; size < image.size; size++)
        refused_bytes(image.data, size, NULL);
    for (size_t bit = 0; bit < 8 * image.size; bit++) {
        picture p;
        image.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        lcnn_errors *e = lcnn_errors_new();
        if (picture_parse("picture", image.data, image.size, 1, &p, e))
            free(p.pixels);
        lcnn_errors_free(e);
        image.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    nothing_was_printed();
    refused_bytes(image.data, image.size - 20, "damaged JPEG image: ");
}
END_TEST

/* Each scan costs another pass over the image: a small file could keep the reader for hours. */
START_TEST(a_jpeg_of_very_many_scans) {
    image_bytes image =
        make_jpeg((jpeg_kind){.channels = 1, .progressive = 1, .many_scans = 1}, 8, 8, pattern(1));
    if (image.size == 0)
        suite_skip("built without libjpeg");
    refused_bytes(image.data, image.size, "picture: error: a JPEG image of more than 100 scans");
}
END_TEST

/* ---- Files ----------------------------------------------------------------------------------- */

START_TEST(files) {
    picture p;
    put_text("a.jpg", "P6 2 1 255 abcdef"); /* the name says JPEG, the bytes do not */
    const char *path = arena_format(memory, "%s/a.jpg", folder);
    ck_assert(picture_read(path, 1, &p, errors));
    ck_assert_int_eq(p.pixels[0], 'b');
    free(p.pixels);
    ck_assert(picture_header(path, &p, errors));
    ck_assert_int_eq(p.channels, 3);
    ck_assert_int_eq(p.width, 2);
    ck_assert_ptr_null(p.pixels);
    ck_assert(!picture_read(folder, 1, &p, errors));
    ck_assert(!picture_read("/dev/zero", 1, &p, errors));
    ck_assert(!picture_read("./none.png", 1, &p, errors));
    path = arena_format(memory, "%s/fifo", folder);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!picture_header(path, &p, errors));
    ck_assert_int_eq(lcnn_errors_count(errors), 4);
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_DATA);
}
END_TEST

START_TEST(a_picture_wider_than_png_can_be) {
    enum { WIDE = 1000001 };
    size_t size;
    const picture wide = {1, 1, WIDE, arena_array(memory, WIDE, 1)};
    if (!picture_path_fits("wide.png", errors))
        suite_skip("built without libpng");
    ck_assert_ptr_null(picture_encode("wide.png", &wide, &size, errors));
    ck_assert_int_eq(lcnn_errors_count(errors), 1);
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_NO_MEMORY); /* as of any limit */
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 0), "wide.png: error: libpng: "));
    uint8_t *grey = picture_encode("wide.pgm", &wide, &size, errors);
    ck_assert_uint_eq(size, strlen("P5\n1000001 1\n255\n") + WIDE);
    free(grey);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("picture");
    TCase *cases = tcase_create("picture");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, pnm_of_every_kind);
    tcase_add_test(cases, pnm_that_is_wrong);
    tcase_add_test(cases, other_formats_are_named);
    tcase_add_test(cases, grey_and_colour);
    tcase_add_test(cases, png_of_every_kind);
    tcase_add_test(cases, interlaced_png);
    tcase_add_test(cases, damaged_png);
    tcase_add_test(cases, png_of_an_impossible_depth);
    tcase_add_test(cases, colours_beyond_the_palette);
    tcase_add_test(cases, a_png_bomb_is_not_unpacked);
    tcase_add_test(cases, jpeg_in_grey_and_colour);
    tcase_add_test(cases, jpeg_turned_as_exif_says);
    tcase_add_test(cases, damaged_jpeg);
    tcase_add_test(cases, a_jpeg_of_very_many_scans);
    tcase_add_test(cases, files);
    tcase_add_test(cases, a_picture_wider_than_png_can_be);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
