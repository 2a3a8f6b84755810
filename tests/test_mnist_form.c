/* test_mnist_form.c - a character, however it was photographed, comes out as MNIST's makers would
 * have given it. */
#include "config.h"

#include "image_files.h"
#include "mnist_form.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 28, SIZE = SIDE * SIDE };

/* ---- Photos ---------------------------------------------------------------------------------- */

/* How a character is photographed. */
typedef struct photo {
    int width, height; /* of the picture */
    int left, top;     /* of the character's 28x28 */
    int scale;
    float paper, pen; /* grey levels in the middle */
    float uneven;     /* how much brighter the right side is than the left, in levels */
    int noise;        /* levels at most */
} photo;

static const photo plain = {280, 280, 0, 0, 10, 0, 255, 0, 0};

/* Amount of ink at a place of a 28x28 image, between its pixels. */
static float ink_at(const uint8_t *image, float x, float y) {
    int left = (int)floorf(x), top = (int)floorf(y);
    float sum = 0;
    for (int v = top; v <= top + 1; v++)
        for (int u = left; u <= left + 1; u++)
            if (u >= 0 && v >= 0 && u < SIDE && v < SIDE)
                sum += (1 - fabsf(x - (float)u)) * (1 - fabsf(y - (float)v)) * image[v * SIDE + u];
    return sum / 255;
}

/* The same numbers each time, as noise of no importance. */
static int noise_of(int i, int most) {
    uint32_t word = (uint32_t)i * 2654435761u;
    word ^= word >> 15;
    return most > 0 ? (int)(word % (uint32_t)(2 * most + 1)) - most : 0;
}

static picture taken(const uint8_t *image, photo how) {
    picture p = {1, how.height, how.width, NULL};
    p.pixels = arena_array(memory, (size_t)(how.height * how.width), 1);
    for (int i = 0; i < how.height * how.width; i++) {
        float x = (float)(i % how.width), y = (float)i / (float)how.width;
        float ink = ink_at(image, (x + 0.5f - (float)how.left) / (float)how.scale - 0.5f,
                           (floorf(y) + 0.5f - (float)how.top) / (float)how.scale - 0.5f);
        float light = 1 + how.uneven / how.paper * (x / (float)how.width - 0.5f);
        float level = how.paper + (how.pen - how.paper) * ink;
        level = how.uneven > 0 ? level * light : level;
        level += (float)noise_of(i, how.noise);
        p.pixels[i] = (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
    }
    return p;
}

static const uint8_t *glyph(uint32_t i) {
    static dataset *set;
    if (!set)
        set = datasets_open("glyphs:200", errors);
    ck_assert_ptr_nonnull(set);
    return set->train.images + i * SIZE;
}

/* ---- Forms ----------------------------------------------------------------------------------- */

static void form_of(const picture *p, uint8_t out[SIZE]) {
    picture to = {1, SIDE, SIDE, out};
    bool made = mnist_form("photo", p, &to, errors);
    ck_assert_msg(made, "%s", made ? "" : lcnn_errors_text(errors, 0));
}

static float difference_at(const uint8_t *a, const uint8_t *b, int right, int down) {
    float sum = 0;
    for (int y = 1; y < SIDE - 1; y++)
        for (int x = 1; x < SIDE - 1; x++)
            sum += fabsf((float)a[y * SIDE + x] - (float)b[(y + down) * SIDE + x + right]);
    return sum / SIZE;
}

/* On average, in levels. A centre of mass between two pixels may be rounded to either: one pixel of
 * distance counts as none. */
static float difference(const uint8_t *a, const uint8_t *b) {
    float least = 255;
    for (int i = 0; i < 9; i++) {
        float here = difference_at(a, b, i % 3 - 1, i / 3 - 1);
        least = here < least ? here : least;
    }
    return least;
}

/* The photo gives what the plain picture does, on average within `bound` grey levels. For
 * comparison: one pixel further to the side makes 15 to 25. */
static void gives_the_same(photo how, float bound) {
    for (uint32_t i = 0; i < 10; i++) {
        uint8_t expected[SIZE], found[SIZE];
        picture ideal = taken(glyph(i), plain), photographed = taken(glyph(i), how);
        form_of(&ideal, expected);
        form_of(&photographed, found);
        ck_assert_msg(difference(expected, found) <= bound, "glyph %u: %g levels", i,
                      (double)difference(expected, found));
    }
}

START_TEST(a_character_may_be_anywhere) {
    photo how = plain;
    how.width = 700;
    how.height = 500;
    how.left = 390;
    how.top = 40;
    gives_the_same(how, 5);
}
END_TEST

START_TEST(it_may_be_dark_on_light) {
    photo how = plain;
    how.paper = 240;
    how.pen = 30;
    gives_the_same(how, 5);
}
END_TEST

START_TEST(it_may_be_of_any_size) {
    gives_the_same((photo){2000, 1600, 300, 200, 40, 0, 255, 0, 0}, 2);
    gives_the_same((photo){150, 140, 12, 9, 4, 0, 255, 0, 0}, 9);
}
END_TEST

START_TEST(light_may_be_uneven_and_noisy) {
    gives_the_same((photo){600, 500, 90, 70, 10, 160, 50, 100, 0}, 5);
    gives_the_same((photo){600, 500, 90, 70, 10, 160, 50, 100, 12}, 8);
    gives_the_same((photo){600, 500, 90, 70, 10, 60, 200, 0, 12}, 8);
}
END_TEST

/* EXIF 6: the camera was held upright, so that the first stored row is the right side. */
START_TEST(it_may_be_turned_by_exif) {
    photo how = {400, 300, 60, 10, 10, 230, 30, 0, 0};
    uint8_t expected[SIZE], found[SIZE];
    picture upright = taken(glyph(7), how), read;
    uint8_t *stored = arena_array(memory, 400 * 300, 1);
    for (int y = 0; y < 300; y++)
        for (int x = 0; x < 400; x++)
            stored[(399 - x) * 300 + y] = upright.pixels[y * 400 + x];
    image_bytes jpeg = make_jpeg((jpeg_kind){.channels = 1, .orientation = 6}, 300, 400, stored);
    ck_assert(picture_read(put_image("turned.jpg", jpeg), 1, &read, errors));
    ck_assert_int_eq(read.width, 400);
    form_of(&upright, expected);
    form_of(&read, found);
    ck_assert_float_le(difference(expected, found), 2);
    free(read.pixels);
}
END_TEST

START_TEST(what_has_the_form_keeps_it) {
    for (uint32_t i = 0; i < 40; i++) {
        uint8_t once[SIZE], twice[SIZE];
        picture p = taken(glyph(i), plain), again = {1, SIDE, SIDE, once};
        form_of(&p, once);
        form_of(&again, twice);
        ck_assert_msg(difference(once, twice) < 25, "glyph %u: %g levels", i,
                      (double)difference(once, twice));
    }
}
END_TEST

START_TEST(the_longer_side_is_twenty_and_the_mass_in_the_middle) {
    for (uint32_t i = 0; i < 40; i++) {
        uint8_t form[SIZE];
        picture p = taken(glyph(i), (photo){500, 400, 20, 30, 11, 220, 20, 0, 0});
        form_of(&p, form);
        float sum = 0, x_sum = 0, y_sum = 0;
        int top = SIDE, left = SIDE, bottom = 0, right = 0;
        for (int k = 0; k < SIZE; k++) {
            int x = k % SIDE, y = k / SIDE;
            sum += form[k];
            x_sum += (float)(form[k] * x);
            y_sum += (float)(form[k] * y);
            if (form[k] == 0)
                continue;
            top = y < top ? y : top;
            left = x < left ? x : left;
            bottom = y + 1 > bottom ? y + 1 : bottom;
            right = x + 1 > right ? x + 1 : right;
        }
        int longer = bottom - top > right - left ? bottom - top : right - left;
        ck_assert_int_eq(longer, 20);
        ck_assert_float_eq_tol(x_sum / sum, 14, 0.51f);
        ck_assert_float_eq_tol(y_sum / sum, 14, 0.51f);
    }
}
END_TEST

static void blot(picture *p, int left, int top, int right, int bottom, uint8_t level) {
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            p->pixels[y * p->width + x] = level;
}

START_TEST(specks_and_edges_of_the_paper_are_left_out) {
    uint8_t expected[SIZE], found[SIZE];
    picture clean = taken(glyph(3), (photo){600, 500, 150, 100, 10, 220, 30, 0, 0});
    picture dirty = taken(glyph(3), (photo){600, 500, 150, 100, 10, 220, 30, 0, 0});
    blot(&dirty, 570, 0, 600, 500, 40); /* the table beside the paper */
    blot(&dirty, 20, 470, 24, 474, 60); /* a crumb */
    blot(&dirty, 180, 20, 183, 23, 60); /* another */
    form_of(&clean, expected);
    form_of(&dirty, found);
    ck_assert_float_le(difference(expected, found), 10);
}
END_TEST

START_TEST(a_fine_pen_leaves_strokes) {
    uint8_t form[SIZE];
    picture p = taken(glyph(0), (photo){400, 400, 0, 0, 1, 230, 230, 0, 0});
    blot(&p, 200, 50, 202, 350, 20); /* a stroke 300 pixels long and two wide */
    form_of(&p, form);
    int row = 0;
    for (int x = 0; x < SIDE; x++)
        row += form[14 * SIDE + x];
    ck_assert_int_ge(row, 400);
    ck_assert_int_le(row, 3 * 255);
}
END_TEST

START_TEST(shares_of_another_size_and_all_channels) {
    enum { WIDER = 56, CHANNELS = 3 };
    uint8_t form[CHANNELS * WIDER * WIDER];
    picture p = taken(glyph(5), plain), to = {CHANNELS, WIDER, WIDER, form};
    ck_assert(mnist_form("photo", &p, &to, errors));
    int top = WIDER, bottom = 0;
    for (int i = 0; i < WIDER * WIDER; i++) {
        ck_assert_int_eq(form[i], form[i + WIDER * WIDER]);
        ck_assert_int_eq(form[i], form[i + 2 * WIDER * WIDER]);
        if (form[i] > 0) {
            top = i / WIDER < top ? i / WIDER : top;
            bottom = i / WIDER + 1;
        }
    }
    ck_assert_int_eq(bottom - top, 40);
}
END_TEST

START_TEST(nothing_written_is_an_error) {
    uint8_t form[SIZE];
    picture to = {1, SIDE, SIDE, form};
    static const photo empty[] = {{1, 1, 0, 0, 1, 200, 200, 0, 0},
                                  {3, 90, 0, 0, 1, 0, 0, 0, 0},
                                  {300, 200, 0, 0, 1, 128, 128, 0, 0},
                                  {300, 200, 0, 0, 1, 180, 180, 120, 10}};
    for (int i = 0; i < 4; i++) {
        picture p = taken(glyph(0), empty[i]);
        ck_assert_msg(!mnist_form("empty.png", &p, &to, errors), "photo %d", i);
        ck_assert_int_eq(lcnn_errors_count(errors), i + 1);
        ck_assert_ptr_nonnull(
            strstr(lcnn_errors_text(errors, i), "empty.png: error: no character found"));
    }
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_DATA);
}
END_TEST

/* Whatever the picture, there is a form or a message. */
START_TEST(any_picture_is_survived) {
    for (int round = 0; round < 2000; round++) {
        uint8_t pixels[40 * 40], form[SIZE];
        picture p = {1, 1 + round % 40, 1 + round / 40 % 40, pixels}, to = {1, SIDE, SIDE, form};
        lcnn_errors *messages = lcnn_errors_new();
        for (int i = 0; i < p.height * p.width; i++) {
            int level = noise_of(i * 7919 + round, 127) + 128;
            pixels[i] = (uint8_t)(round % 3 ? level : level > 200 ? 255 : 0);
        }
        bool made = mnist_form("noise", &p, &to, messages);
        ck_assert_int_eq(lcnn_errors_count(messages), made ? 0 : 1);
        lcnn_errors_free(messages);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("mnist_form");
    TCase *cases = tcase_create("mnist_form");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_character_may_be_anywhere);
    tcase_add_test(cases, it_may_be_dark_on_light);
    tcase_add_test(cases, it_may_be_of_any_size);
    tcase_add_test(cases, light_may_be_uneven_and_noisy);
    tcase_add_test(cases, it_may_be_turned_by_exif);
    tcase_add_test(cases, what_has_the_form_keeps_it);
    tcase_add_test(cases, the_longer_side_is_twenty_and_the_mass_in_the_middle);
    tcase_add_test(cases, specks_and_edges_of_the_paper_are_left_out);
    tcase_add_test(cases, a_fine_pen_leaves_strokes);
    tcase_add_test(cases, shares_of_another_size_and_all_channels);
    tcase_add_test(cases, nothing_written_is_an_error);
    tcase_add_test(cases, any_picture_is_survived);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
