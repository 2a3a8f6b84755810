/* test_transforms.c - transforms of images: what holds for all of them, and each against a plain
 * reference or a property. */
#include "config.h"

#include "datasets.h"
#include "feed.h"
#include "scalar_math.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static lcnn_errors *errors;
static arena *memory;

static void set_up(void) {
    errors = lcnn_errors_new();
    memory = arena_new();
}

static void tear_down(void) {
    arena_free(memory);
    lcnn_errors_free(errors);
}

/* ---- One transform and what goes through it -------------------------------------------------- */

static const transform *type_of(const attr_component *t) {
    return (const transform *)t->type;
}

static attr_component parsed(const char *yaml) {
    attr_component t = {0};
    const doc *d = document_parse(memory, "test", yaml, strlen(yaml), errors);
    bool fine = d && component_parse(&transforms, d, "transforms", &t, memory, errors);
    ck_assert_msg(fine, "%s: %s", yaml, fine ? "" : lcnn_errors_text(errors, 0));
    return t;
}

static shape inferred(const attr_component *t, const shape *in) {
    shape out;
    bool fine = type_of(t)->infer(t->attrs, in, &out, (mark){0}, errors);
    ck_assert_msg(fine, "%s", fine ? "" : lcnn_errors_text(errors, 0));
    return out;
}

static float *floats(size_t count) {
    float *made = aligned_array(count, sizeof *made);
    ck_assert_ptr_nonnull(made);
    return made;
}

/* Bytes of no meaning. */
static float *picture(const shape *s) {
    float *image = floats(shape_size(s));
    for (size_t i = 0; i < shape_size(s); i++)
        image[i] = (float)((i * 37 + i * i / 5) % 256);
    return image;
}

/* The image after the transform; `key` may be NULL. Scratch and output hold `before` first, and
 * what lies behind them must be left alone. */
static float *applied_over(float before, const attr_component *t, const shape *in_shape,
                           const float *in, const rng_key *key, uint32_t sample) {
    enum { GUARD = 16 };
    const shape out_shape = inferred(t, in_shape);
    const size_t size = shape_size(&out_shape);
    const size_t needed = type_of(t)->scratch ? type_of(t)->scratch(t->attrs, in_shape) : 0;
    float *scratch = floats(needed + GUARD), *out = floats(size + GUARD);
    for (size_t i = 0; i < needed + GUARD; i++)
        scratch[i] = i < needed ? before : -77;
    for (size_t i = 0; i < size + GUARD; i++)
        out[i] = i < size ? before : -77;
    type_of(t)->apply(&(transform_call){.attrs = t->attrs,
                                        .in_shape = in_shape,
                                        .out_shape = &out_shape,
                                        .in = in,
                                        .out = out,
                                        .scratch = scratch,
                                        .key = key,
                                        .sample = sample});
    for (size_t i = 0; i < GUARD; i++) {
        ck_assert_msg(scratch[needed + i] == -77, "%s: scratch overrun", t->type->name);
        ck_assert_msg(out[size + i] == -77, "%s: output overrun", t->type->name);
    }
    free(scratch);
    return out;
}

static float *applied(const char *yaml, const shape *s, const float *in, const rng_key *key,
                      uint32_t sample) {
    const attr_component t = parsed(yaml);
    return applied_over(0, &t, s, in, key, sample);
}

/* Compares shape and values of what becomes of an image. */
static void becomes(const char *yaml, shape in, const float *values, shape out,
                    const float *expected) {
    const attr_component t = parsed(yaml);
    const shape s = inferred(&t, &in);
    ck_assert(shape_equal(&s, &out));
    float *result = applied_over(0, &t, &in, values, NULL, 0);
    for (size_t i = 0; i < shape_size(&out); i++)
        ck_assert_msg(fabsf(result[i] - expected[i]) <= 1e-6f * (1 + fabsf(expected[i])),
                      "%s: number %zu is %g, not %g", yaml, i, (double)result[i],
                      (double)expected[i]);
    free(result);
}

static bool same(const float *a, const float *b, size_t count) {
    return memcmp(a, b, count * sizeof *a) == 0;
}

static rng_key key_of(uint64_t seed, uint32_t epoch, uint32_t stream) {
    rng_key key = feed_key(seed, epoch);
    key.stream = stream;
    return key;
}

/* Every sample of every transform. */
#define EACH_SAMPLE(f, sample)                                                                     \
    for (const component *const *member = transforms.members; *member; member++)                   \
        for (const transform *f = (const transform *)*member; f; f = NULL)                         \
            for (const transform_sample *sample = f->samples; sample->yaml; sample++)

/* ---- All of them ----------------------------------------------------------------------------- */

static bool is_random(const transform *f) {
    return strncmp(f->component.name, "random_", 7) == 0;
}

START_TEST(every_transform_is_described) {
    int count = 0;
    for (; transforms.members[count]; count++) {
        const component *c = transforms.members[count];
        const transform *f = (const transform *)c;
        ck_assert(c->summary && c->doc && f->infer && f->apply && f->samples);
        ck_assert_msg(f->samples[0].yaml, "%s has no sample", c->name);
        for (const attr *row = c->attrs; row && row->name; row++)
            ck_assert_ptr_nonnull(row->help);
        ck_assert_ptr_eq(component_find(&transforms, c->name), c);
        ck_assert_msg(is_random(f) || !f->training_only, "%s is for training but not named random_",
                      c->name);
        ck_assert_int_eq(f->wants_moments != NULL, f->set_moments != NULL);
    }
    ck_assert_int_eq(count, 16);
}
END_TEST

START_TEST(samples_infer_and_refusals_are_refused) {
    EACH_SAMPLE(f, sample) {
        const attr_component t = parsed(sample->yaml);
        ck_assert_ptr_eq(t.type, &f->component);
        const shape out = inferred(&t, &sample->image);
        ck_assert_int_eq(out.rank, 3);
        ck_assert(!f->training_only || shape_equal(&sample->image, &out));
    }
    for (const component *const *member = transforms.members; *member; member++)
        for (const transform_refusal *r = ((const transform *)*member)->refusals; r && r->yaml;
             r++) {
            const attr_component t = parsed(r->yaml);
            const int before = lcnn_errors_count(errors);
            shape out;
            ck_assert_msg(!type_of(&t)->infer(t.attrs, &r->image, &out, (mark){0}, errors), "%s",
                          r->yaml);
            ck_assert_int_eq(lcnn_errors_count(errors), before + 1);
            const char *said = lcnn_errors_text(errors, before);
            ck_assert_msg(strstr(said, r->message) && strstr(said, t.type->name), "%s: %s", r->yaml,
                          said);
        }
}
END_TEST

START_TEST(attributes_out_of_range_are_refused) {
    static const char *const wrong[] = {"{op: pad, by: -1}",
                                        "pad",
                                        "{op: pad, by: 99999}",
                                        "{op: normalize, mean: 0, deviation: 0}",
                                        "{op: normalize, moments: mesured}",
                                        "{op: resize, size: 0}",
                                        "{op: random_affine, squeeze: 0.9}",
                                        "{op: random_affine, scale: [0, 1]}",
                                        "{op: random_flip, probability: 1.1}",
                                        "{op: random_elastic, sigma: 0}",
                                        "random_noise",
                                        "{op: random_noise, deviation: -1}",
                                        "{op: resacle}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        attr_component t;
        const doc *d = document_parse(memory, "test", wrong[i], strlen(wrong[i]), errors);
        ck_assert_msg(!component_parse(&transforms, d, "transforms", &t, memory, errors), "%s",
                      wrong[i]);
    }
}
END_TEST

START_TEST(results_depend_on_the_call_alone) {
    const rng_key key = key_of(3, 1, 2);
    EACH_SAMPLE(f, sample) {
        const attr_component t = parsed(sample->yaml);
        const shape out = inferred(&t, &sample->image);
        float *in = picture(&sample->image);
        for (int training = f->training_only; training < 2; training++) {
            const rng_key *k = training ? &key : NULL;
            float *first = applied_over(NAN, &t, &sample->image, in, k, 7);
            float *second = applied_over(1e30f, &t, &sample->image, in, k, 7);
            ck_assert_msg(same(first, second, shape_size(&out)), "%s reads what it was not given",
                          sample->yaml);
            for (size_t i = 0; i < shape_size(&out); i++)
                ck_assert_msg(isfinite(first[i]), "%s leaves number %zu out", sample->yaml, i);
            free(first);
            free(second);
        }
        free(in);
    }
}
END_TEST

/* Differs at least once in a dozen samples. */
static bool differs(const attr_component *t, const shape *s, const float *in, const rng_key *a,
                    const rng_key *b, uint32_t shift) {
    const shape out = inferred(t, s);
    bool found = false;
    for (uint32_t i = 0; i < 12 && !found; i++) {
        float *first = applied_over(0, t, s, in, a, i);
        float *second = applied_over(0, t, s, in, b, i + shift);
        found = !same(first, second, shape_size(&out));
        free(first);
        free(second);
    }
    return found;
}

START_TEST(random_ones_are_keyed_by_seed_epoch_place_and_sample) {
    const rng_key key = key_of(3, 1, 2), seed = key_of(4, 1, 2), epoch = key_of(3, 2, 2),
                  place = key_of(3, 1, 3);
    EACH_SAMPLE(f, sample) {
        const attr_component t = parsed(sample->yaml);
        const shape *s = &sample->image;
        float *in = picture(s);
        const bool random = is_random(f);
        ck_assert_msg(differs(&t, s, in, &key, &seed, 0) == random, "%s: seed", sample->yaml);
        ck_assert_msg(differs(&t, s, in, &key, &epoch, 0) == random, "%s: epoch", sample->yaml);
        ck_assert_msg(differs(&t, s, in, &key, &place, 0) == random, "%s: place", sample->yaml);
        ck_assert_msg(differs(&t, s, in, &key, &key, 1) == random, "%s: sample", sample->yaml);
        if (!f->training_only)
            ck_assert_msg(differs(&t, s, in, &key, NULL, 0) == random, "%s: training",
                          sample->yaml);
        free(in);
    }
}
END_TEST

/* ---- Deterministic ones ---------------------------------------------------------------------- */

START_TEST(pad_puts_a_border_around) {
    becomes("{op: pad, by: 1, value: 9}", (shape){3, {1, 2, 2}}, (float[]){1, 2, 3, 4},
            (shape){3, {1, 4, 4}}, (float[]){9, 9, 9, 9, 9, 1, 2, 9, 9, 3, 4, 9, 9, 9, 9, 9});
    becomes("{op: pad, by: [0, 2]}", (shape){3, {2, 1, 1}}, (float[]){5, 6}, (shape){3, {2, 1, 5}},
            (float[]){0, 0, 5, 0, 0, 0, 0, 6, 0, 0});
    becomes("{op: pad, by: [1, 0]}", (shape){3, {1, 1, 5}}, (float[]){1, 2, 3, 4, 5},
            (shape){3, {1, 3, 5}}, (float[]){0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0});
}
END_TEST

START_TEST(crop_takes_the_middle_or_beside_it) {
    const shape in = {3, {1, 3, 4}};
    const float image[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    becomes("{op: crop, size: [1, 2]}", in, image, (shape){3, {1, 1, 2}}, (float[]){6, 7});
    becomes("{op: crop, size: [2, 3]}", in, image, (shape){3, {1, 2, 3}},
            (float[]){1, 2, 3, 5, 6, 7});
    becomes("{op: crop, size: [1, 2], shift: [-1, 1]}", in, image, (shape){3, {1, 1, 2}},
            (float[]){3, 4});
    becomes("{op: crop, size: 1}", (shape){3, {2, 1, 3}}, (float[]){1, 2, 3, 4, 5, 6},
            (shape){3, {2, 1, 1}}, (float[]){2, 5});
}
END_TEST

START_TEST(rescale_maps_bytes) {
    const shape s = {3, {1, 1, 3}};
    becomes("rescale", s, (float[]){0, 51, 255}, s, (float[]){0, 0.2f, 1});
    becomes("{op: rescale, to: [-1, 1]}", s, (float[]){0, 127.5f, 255}, s, (float[]){-1, 0, 1});
    becomes("{op: rescale, to: [1, 0]}", s, (float[]){0, 51, 255}, s, (float[]){1, 0.8f, 0});
}
END_TEST

START_TEST(rescale_meets_its_ends_exactly) {
    static const char *const yaml[] = {"rescale", "{op: rescale, to: [-1, 1]}",
                                       "{op: rescale, to: [1, 0]}"};
    static const float low[] = {0, -1, 1}, high[] = {1, 1, 0};
    const shape s = {3, {1, 1, 2}};
    for (int i = 0; i < 3; i++) {
        float *ends = applied(yaml[i], &s, (float[]){0, 255}, NULL, 0);
        ck_assert_float_eq(ends[0], low[i]);
        ck_assert_float_eq(ends[1], high[i]);
        free(ends);
    }
}
END_TEST

START_TEST(normalize_takes_one_number_or_one_per_channel) {
    const shape s = {3, {2, 1, 2}};
    becomes("{op: normalize, mean: 3, deviation: 2}", s, (float[]){1, 3, 5, 7}, s,
            (float[]){-1, 0, 1, 2});
    becomes("{op: normalize, mean: [1, 5], deviation: [2, 4]}", s, (float[]){1, 3, 5, 13}, s,
            (float[]){0, 1, 0, 2});
    becomes("{op: normalize, moments: lecun1998}", s, (float[]){0, 255, 20, 220}, s,
            (float[]){-0.1f, 1.175f, 0, 1});
}
END_TEST

START_TEST(colours_become_brightness) {
    const float image[] = {100, 0, 0, 10, 0, 100, 0, 20, 0, 0, 100, 30};
    becomes("grayscale", (shape){3, {3, 2, 2}}, image, (shape){3, {1, 2, 2}},
            (float[]){29.9f, 58.7f, 11.4f, 2.99f + 11.74f + 3.42f});
    becomes("{op: grayscale, channels: 3}", (shape){3, {1, 1, 2}}, (float[]){7, 9},
            (shape){3, {3, 1, 2}}, (float[]){7, 9, 7, 9, 7, 9});
}
END_TEST

START_TEST(invert_and_threshold_and_transpose) {
    const shape s = {3, {1, 2, 3}}, turned = {3, {1, 3, 2}};
    becomes("invert", s, (float[]){0, 1, 100, 128, 254, 255}, s,
            (float[]){255, 254, 155, 127, 1, 0});
    becomes("{op: invert, range: [0, 1]}", s, (float[]){0, 0.25f, 1, 1, 1, 1}, s,
            (float[]){1, 0.75f, 0, 0, 0, 0});
    becomes("threshold", s, (float[]){0, 127, 128, 129, 255, 1}, s,
            (float[]){0, 0, 255, 255, 255, 0});
    becomes("{op: threshold, at: 2, to: [-1, 1]}", s, (float[]){1, 2, 3, 0, 4, 1}, s,
            (float[]){-1, 1, 1, -1, 1, -1});
    becomes("transpose", s, (float[]){1, 2, 3, 4, 5, 6}, turned, (float[]){1, 4, 2, 5, 3, 6});
}
END_TEST

/* ---- Resize ---------------------------------------------------------------------------------- */

/* Known values: torchvision's and PIL's, worked out by hand. */
START_TEST(resize_weighs_by_distance) {
    becomes("{op: resize, size: [1, 4]}", (shape){3, {1, 1, 2}}, (float[]){0, 8},
            (shape){3, {1, 1, 4}}, (float[]){0, 2, 6, 8});
    becomes("{op: resize, size: [1, 2]}", (shape){3, {1, 1, 4}}, (float[]){0, 7, 14, 70},
            (shape){3, {1, 1, 2}},
            (float[]){(0 * 3 + 7 * 3 + 14) / 7.0f, (7 + 14 * 3 + 70 * 3) / 7.0f});
    becomes("{op: resize, size: [1, 2], interpolation: area}", (shape){3, {1, 1, 5}},
            (float[]){0, 10, 20, 30, 40}, (shape){3, {1, 1, 2}}, (float[]){8, 32});
    becomes("{op: resize, size: [3, 1], interpolation: nearest}", (shape){3, {1, 5, 1}},
            (float[]){0, 10, 20, 30, 40}, (shape){3, {1, 3, 1}}, (float[]){0, 20, 40});
    becomes("{op: resize, size: [1, 5], interpolation: nearest}", (shape){3, {1, 1, 2}},
            (float[]){3, 9}, (shape){3, {1, 1, 5}}, (float[]){3, 3, 9, 9, 9});
}
END_TEST

static const char *const interpolations[] = {"bilinear", "area", "nearest"};

static const char *resizing(int height, int width, int i) {
    return arena_format(memory, "{op: resize, size: [%d, %d], interpolation: %s}", height, width,
                        interpolations[i]);
}

START_TEST(resize_keeps_what_has_one_value_and_what_has_its_size) {
    static const int sizes[] = {1, 2, 3, 7, 10, 31, 64};
    const shape s = {3, {2, 10, 7}};
    float *image = picture(&s), *even = floats(shape_size(&s));
    for (size_t i = 0; i < shape_size(&s); i++)
        even[i] = 200;
    for (int i = 0; i < 3; i++) {
        float *kept = applied(resizing(10, 7, i), &s, image, NULL, 0);
        ck_assert_msg(same(kept, image, shape_size(&s)), "%s", interpolations[i]);
        free(kept);
        for (size_t y = 0; y < sizeof sizes / sizeof *sizes; y++)
            for (size_t x = 0; x < sizeof sizes / sizeof *sizes; x++) {
                float *out = applied(resizing(sizes[y], sizes[x], i), &s, even, NULL, 0);
                for (int k = 0; k < 2 * sizes[y] * sizes[x]; k++)
                    ck_assert_float_eq_tol(out[k], 200, 1e-4f);
                free(out);
            }
    }
    free(image);
    free(even);
}
END_TEST

START_TEST(area_keeps_the_mean) {
    const shape s = {3, {1, 12, 15}};
    float *image = picture(&s), *out = applied(resizing(4, 5, 1), &s, image, NULL, 0);
    double before = 0, after = 0;
    for (int i = 0; i < 180; i++)
        before += (double)image[i];
    for (int i = 0; i < 20; i++)
        after += (double)out[i];
    ck_assert_double_eq_tol(after / 20, before / 180, 1e-4);
    double corner = 0;
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 3; x++)
            corner += (double)image[y * 15 + x];
    ck_assert_double_eq_tol((double)out[0], corner / 9, 1e-4);
    free(image);
    free(out);
}
END_TEST

/* ---- Affine and elastic ---------------------------------------------------------------------- */

/* random_affine, which refuses to do nothing at all, moves less than a number can tell. */
START_TEST(distortions_of_no_strength_change_nothing) {
    static const char *const yaml[] = {
        "{op: random_affine, translate: 1e-30}", "{op: random_elastic, alpha: 0}",
        "{op: random_noise, deviation: 0}", "{op: random_flip, mode: both, probability: 0}",
        "{op: random_cutout, size: 3, probability: 0}"};
    const shape s = {3, {2, 9, 14}};
    const rng_key key = key_of(1, 0, 0);
    float *image = picture(&s);
    for (size_t i = 0; i < sizeof yaml / sizeof *yaml; i++) {
        float *out = applied(yaml[i], &s, image, &key, 3);
        ck_assert_msg(same(out, image, shape_size(&s)), "%s", yaml[i]);
        free(out);
    }
    free(image);
}
END_TEST

/* The mean place of an image's brightness, and its sum. */
typedef struct weight {
    double x, y, sum;
} weight;

static weight weigh(const float *image, int height, int width) {
    weight w = {0};
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const double v = (double)image[y * width + x];
            w.x += v * x;
            w.y += v * y;
            w.sum += v;
        }
    w.x /= w.sum;
    w.y /= w.sum;
    return w;
}

/* A smooth spot of deviation 2 around (x, y). */
static float *spot(const shape *s, double x, double y) {
    float *image = floats(shape_size(s));
    for (int i = 0; i < s->dim[1]; i++)
        for (int j = 0; j < s->dim[2]; j++)
            image[i * s->dim[2] + j] =
                (float)(100 * exp(-((i - y) * (i - y) + (j - x) * (j - x)) / 8));
    return image;
}

START_TEST(translation_moves_evenly_within_its_limits) {
    enum { MANY = 400 };
    const shape s = {3, {1, 32, 32}};
    const rng_key key = key_of(1, 0, 0);
    float *image = spot(&s, 15, 16);
    double least = 9, most = -9, sum = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        float *out = applied("{op: random_affine, translate: [0, 3]}", &s, image, &key, i);
        const weight w = weigh(out, 32, 32);
        const double moved = w.x - 15;
        ck_assert_double_eq_tol(w.y, 16, 1e-3);
        least = moved < least ? moved : least;
        most = moved > most ? moved : most;
        sum += moved;
        free(out);
    }
    ck_assert_msg(least > -3.01 && least < -2.9, "least %g", least);
    ck_assert_msg(most < 3.01 && most > 2.9, "most %g", most);
    ck_assert_double_eq_tol(sum / MANY, 0, 0.3);
    free(image);
}
END_TEST

START_TEST(turning_and_scaling_are_around_the_middle) {
    enum { MANY = 300 };
    const shape s = {3, {1, 41, 41}};
    const rng_key key = key_of(1, 0, 0);
    float *image = spot(&s, 28, 20); /* 8 right of the middle */
    double steepest = 0, farthest = 0, nearest = 99;
    for (uint32_t i = 0; i < MANY; i++) {
        float *out = applied("{op: random_affine, rotate: 30}", &s, image, &key, i);
        weight w = weigh(out, 41, 41);
        ck_assert_double_eq_tol(hypot(w.x - 20, w.y - 20), 8, 0.02);
        steepest = fmax(steepest, fabs(atan2(w.y - 20, w.x - 20)));
        free(out);
        out = applied("{op: random_affine, scale: [0.5, 1.5]}", &s, image, &key, i);
        w = weigh(out, 41, 41);
        ck_assert_double_eq_tol(w.y, 20, 1e-3);
        farthest = fmax(farthest, w.x - 20);
        nearest = fmin(nearest, w.x - 20);
        free(out);
    }
    ck_assert_double_eq_tol(steepest * 180 / 3.14159265, 30, 0.5);
    ck_assert_double_eq_tol(farthest, 12, 0.2);
    ck_assert_double_eq_tol(nearest, 4, 0.2);
    free(image);
}
END_TEST

/* What a squeeze widens it lowers; a shear moves rows sideways, the farther from the middle the
 * more. */
START_TEST(squeeze_and_shear_do_what_they_say) {
    enum { MANY = 300 };
    const shape s = {3, {1, 41, 41}};
    const rng_key key = key_of(1, 0, 0);
    float *image = spot(&s, 28, 26); /* 8 right, 6 down */
    double widest = 0, narrowest = 99, most = -99, least = 99;
    for (uint32_t i = 0; i < MANY; i++) {
        float *out = applied("{op: random_affine, squeeze: 1.5}", &s, image, &key, i);
        weight w = weigh(out, 41, 41);
        ck_assert_double_eq_tol((w.x - 20) / 8 * ((w.y - 20) / 6), 1, 0.01);
        widest = fmax(widest, (w.x - 20) / 8);
        narrowest = fmin(narrowest, (w.x - 20) / 8);
        free(out);
        out = applied("{op: random_affine, shear: 0.5}", &s, image, &key, i);
        w = weigh(out, 41, 41);
        ck_assert_double_eq_tol(w.y, 26, 0.01);
        most = fmax(most, (w.x - 28) / 6);
        least = fmin(least, (w.x - 28) / 6);
        free(out);
    }
    ck_assert_double_eq_tol(widest, 1.5, 0.02);
    ck_assert_double_eq_tol(narrowest, 1 / 1.5, 0.02);
    ck_assert_double_eq_tol(most, 0.5, 0.02);
    ck_assert_double_eq_tol(least, -0.5, 0.02);
    free(image);
}
END_TEST

START_TEST(what_comes_from_outside_is_fill) {
    const shape s = {3, {2, 5, 6}};
    const rng_key key = key_of(1, 0, 0);
    float *image = floats(shape_size(&s));
    for (size_t i = 0; i < shape_size(&s); i++)
        image[i] = 7;
    float *kept =
        applied("{op: random_affine, rotate: 180, translate: 50, scale: [0.1, 9], fill: 7}", &s,
                image, &key, 1);
    for (size_t i = 0; i < shape_size(&s); i++)
        ck_assert_float_eq(kept[i], 7);
    free(kept);
    int moved_out = 0;
    for (uint32_t sample = 0; sample < 50; sample++) {
        float *out =
            applied("{op: random_affine, translate: 60000, fill: -3}", &s, image, &key, sample);
        moved_out += out[0] == -3 && out[59] == -3;
        free(out);
    }
    ck_assert_int_eq(moved_out, 50);
    free(image);
}
END_TEST

/* A ramp shows where each pixel came from. */
START_TEST(elastic_moves_pixels_as_far_as_the_formula_says) {
    enum { SIDE = 64, MANY = 20, EDGE = 16 };
    const shape s = {3, {1, SIDE, SIDE}};
    const rng_key key = key_of(1, 0, 0);
    float *ramp = floats(SIDE * SIDE);
    for (int i = 0; i < SIDE * SIDE; i++)
        ramp[i] = (float)(i % SIDE);
    double sum = 0, squares = 0, rough = 0;
    int count = 0;
    for (uint32_t sample = 0; sample < MANY; sample++) {
        float *out = applied("{op: random_elastic, alpha: 34, sigma: 4}", &s, ramp, &key, sample);
        for (int y = EDGE; y < SIDE - EDGE; y++)
            for (int x = EDGE; x < SIDE - EDGE; x++, count++) {
                const double moved = (double)out[y * SIDE + x] - x;
                const double below = (double)out[(y + 1) * SIDE + x] - x;
                sum += moved;
                squares += moved * moved;
                rough += (below - moved) * (below - moved);
            }
        free(out);
    }
    /* Of evenly drawn numbers 1/3, of a Gaussian's squared weights 1 / (4 pi sigma^2); two numbers
     * a pixel apart correlate as exp(-1 / (4 sigma^2)). */
    const double variance = 34 * 34 / 3.0 / (4 * 3.14159265 * 16);
    ck_assert_double_eq_tol(sum / count, 0, 0.15);
    ck_assert_double_eq_tol(squares / count / variance, 1, 0.15);
    ck_assert_double_eq_tol(rough / count / variance, 2 * (1 - exp(-1.0 / 64)), 0.01);
    free(ramp);
}
END_TEST

/* ---- Crop, flip, cutout, noise --------------------------------------------------------------- */

START_TEST(random_crop_takes_every_window_and_the_middle_one_without_training) {
    const shape s = {3, {1, 2, 3}};
    const float image[] = {1, 2, 3, 4, 5, 6};
    becomes("{op: random_crop, size: 2, padding: [1, 2], fill: 9}", s, image, (shape){3, {1, 2, 2}},
            (float[]){1, 2, 4, 5});
    /* Top left corners of windows in
     *   9 9 9 9 9 9 9
     *   9 9 1 2 3 9 9
     *   9 9 4 5 6 9 9
     *   9 9 9 9 9 9 9 : three times six. */
    enum { MANY = 3600 };
    const rng_key key = key_of(1, 0, 0);
    int seen[3][6] = {{0}};
    for (uint32_t i = 0; i < MANY; i++) {
        float *out =
            applied("{op: random_crop, size: 2, padding: [1, 2], fill: 9}", &s, image, &key, i);
        int found = 0;
        for (int y = 0; y < 3; y++)
            for (int x = 0; x < 6; x++) {
                static const float all[4][7] = {{9, 9, 9, 9, 9, 9, 9},
                                                {9, 9, 1, 2, 3, 9, 9},
                                                {9, 9, 4, 5, 6, 9, 9},
                                                {9, 9, 9, 9, 9, 9, 9}};
                if (same(out, &all[y][x], 2) && same(out + 2, &all[y + 1][x], 2)) {
                    seen[y][x]++;
                    found++;
                }
            }
        ck_assert_int_ge(found, 1);
        free(out);
    }
    for (int y = 0; y < 3; y++)
        for (int x = 1; x < 5; x++)
            ck_assert_msg(abs(seen[y][x] - MANY / 18) < 60, "[%d, %d]: %d times", y, x, seen[y][x]);
}
END_TEST

/* Share of `yaml`'s results that equal `expected`. */
static double share_of(const char *yaml, const shape *s, const float *image,
                       const float *expected) {
    enum { MANY = 2000 };
    const rng_key key = key_of(5, 0, 0);
    int found = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        float *out = applied(yaml, s, image, &key, i);
        found += same(out, expected, shape_size(s));
        free(out);
    }
    return (double)found / MANY;
}

START_TEST(flips_come_as_often_as_they_should) {
    const shape s = {3, {1, 2, 3}};
    const float image[] = {1, 2, 3, 4, 5, 6}, sideways[] = {3, 2, 1, 6, 5, 4},
                over[] = {4, 5, 6, 1, 2, 3}, both[] = {6, 5, 4, 3, 2, 1};
    ck_assert_double_eq_tol(share_of("random_flip", &s, image, sideways), 0.5, 0.04);
    ck_assert_double_eq_tol(share_of("random_flip", &s, image, image), 0.5, 0.04);
    ck_assert_double_eq_tol(
        share_of("{op: random_flip, mode: vertical, probability: 0.2}", &s, image, over), 0.2,
        0.04);
    ck_assert_double_eq_tol(share_of("{op: random_flip, mode: both}", &s, image, both), 0.25, 0.04);
    ck_assert_double_eq(share_of("{op: random_flip, probability: 1}", &s, image, sideways), 1);
    ck_assert_double_eq(share_of("{op: random_flip, probability: 1, mode: both}", &s, image, both),
                        1);
}
END_TEST

START_TEST(cutout_paints_one_rectangle) {
    enum { MANY = 500, H = 8, W = 10 };
    const shape s = {3, {2, H, W}};
    const rng_key key = key_of(1, 0, 0);
    float *image = picture(&s);
    int hit[H][W] = {{0}}, whole = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        float *out = applied("{op: random_cutout, size: [3, 4], fill: -5}", &s, image, &key, i);
        int painted = 0;
        for (int p = 0; p < H * W; p++) {
            ck_assert(out[p] == -5 || out[p] == image[p]);
            ck_assert_int_eq(out[p] == -5, out[p + H * W] == -5);
            hit[p / W][p % W] += out[p] == -5;
            painted += out[p] == -5;
        }
        ck_assert_msg(painted >= 2 * 2 && painted <= 12, "%d pixels", painted);
        whole += painted == 12;
        free(out);
    }
    ck_assert_int_gt(whole, MANY / 3);
    ck_assert_int_gt(hit[0][0], 0);
    ck_assert_int_gt(hit[H - 1][W - 1], 0);
    free(image);
}
END_TEST

START_TEST(noise_is_normal) {
    enum { SIDE = 100, MANY = 30 };
    const shape s = {3, {1, SIDE, SIDE}};
    const rng_key key = key_of(1, 0, 0);
    const double count = (double)MANY * SIDE * SIDE;
    float *image = floats(SIDE * SIDE);
    double power[5] = {0}, beside = 0, largest = 0;
    int within = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        float *out = applied("{op: random_noise, deviation: 2}", &s, image, &key, i);
        for (int p = 0; p < SIDE * SIDE; p++) {
            const double z = (double)out[p] / 2;
            for (int k = 1; k < 5; k++)
                power[k] += pow(z, k);
            within += fabs(z) < 1;
            largest = fmax(largest, fabs(z));
            beside += p ? z * (double)out[p - 1] / 2 : 0;
        }
        free(out);
    }
    ck_assert_double_eq_tol(power[1] / count, 0, 0.008);
    ck_assert_double_eq_tol(power[2] / count, 1, 0.01);
    ck_assert_double_eq_tol(power[3] / count, 0, 0.03);
    ck_assert_double_eq_tol(power[4] / count, 3, 0.06);
    ck_assert_double_eq_tol(beside / count, 0, 0.008);
    ck_assert_double_eq_tol(within / count, 0.6827, 0.004);
    ck_assert_msg(largest > 4 && largest < 5.9, "%g", largest);
    free(image);
}
END_TEST

START_TEST(scalar_functions_agree_with_libm) {
    for (double x = -1.5707963; x < 1.5707964; x += 0.001) {
        ck_assert_double_eq_tol(scalar_cos(x), cos(x), 3e-16);
        ck_assert_double_eq_tol(scalar_sin(x), sin(x), 3e-16);
    }
    for (double x = -690; x < 690; x += 0.37)
        ck_assert_double_eq_tol(scalar_exp(x) / exp(x), 1, 1e-15);
    ck_assert_double_eq(scalar_exp(0), 1);
    ck_assert_double_eq(scalar_cos(0), 1);
}
END_TEST

/* ---- On the way into the network ------------------------------------------------------------- */

enum { SAMPLES = 40, SIDE = 9, PIXELS = SIDE * SIDE };

static uint8_t bytes[SAMPLES * PIXELS], classes[SAMPLES];

/* A feed of all that can follow each other, random ones among them. */
static feed feed_of_many(const split *part, attr_component *t, shape *s) {
    static const char *const yaml[] = {"{op: pad, by: 2}",
                                       "{op: random_elastic, alpha: 5, sigma: 1}",
                                       "{op: random_affine, translate: 1, rotate: 20}",
                                       "{op: random_crop, size: 11, padding: 1}",
                                       "random_flip",
                                       "rescale",
                                       "{op: random_noise, deviation: 0.1}",
                                       "{op: random_cutout, size: 3}"};
    int count = sizeof yaml / sizeof *yaml;
    for (int i = 0; i < count; i++) {
        t[i] = parsed(yaml[i]);
        s[i + 1] = inferred(&t[i], &s[i]);
    }
    return (feed){part, s[0], count, t, s};
}

static split some_part(void) {
    for (int i = 0; i < SAMPLES * PIXELS; i++)
        bytes[i] = (uint8_t)(i * 37 + i / PIXELS);
    return (split){SAMPLES, bytes, classes};
}

START_TEST(an_image_is_the_same_in_every_tile_and_form) {
    const split part = some_part();
    attr_component t[8];
    shape s[9] = {{3, {1, SIDE, SIDE}}};
    const feed f = feed_of_many(&part, t, s);
    const shape *last = &s[8];
    const size_t size = shape_size(last);
    float *scratch = floats(feed_scratch(&f)), *image = floats(size);
    real *tile = aligned_array(shape_tile(last), sizeof *tile);
    const rng_key training = feed_key(1, 3);
    int32_t label[LANES];
    for (int trains = 0; trains < 2; trains++)
        for (uint32_t first = 0; first < SAMPLES; first += 5) {
            const rng_key *key = trains ? &training : NULL;
            uint32_t sample[LANES];
            for (uint32_t lane = 0; lane < LANES; lane++)
                sample[lane] = (first + lane * 3) % SAMPLES;
            const int count = 1 + (int)first % LANES;
            feed_tile(&f, key, sample, count, scratch, tile, label);
            for (int lane = 0; lane < count; lane++) {
                feed_image(&f, key, sample[lane], scratch, image);
                for (size_t p = 0; p < size; p++)
                    ck_assert(tile[p * LANES + (size_t)lane] == image[p]);
            }
            feed_single(&f, key, sample[0], scratch, tile, label);
            feed_image(&f, key, sample[0], scratch, image);
            for (size_t p = 0; p < size; p++)
                ck_assert(tile[p * shape_width(last)] == image[p]);
        }
    free(scratch);
    free(image);
    free(tile);
}
END_TEST

START_TEST(evaluating_leaves_the_random_ones_out) {
    const split part = some_part();
    attr_component t[8];
    shape s[9] = {{3, {1, SIDE, SIDE}}};
    const feed f = feed_of_many(&part, t, s);
    float *scratch = floats(feed_scratch(&f)), *image = floats(shape_size(&s[8]));
    for (uint32_t sample = 0; sample < SAMPLES; sample++) {
        feed_image(&f, NULL, sample, scratch, image);
        /* Padded by 2 and, since the crop keeps the middle of 13x13 padded to 15x15, cut by 1. */
        for (int y = 0; y < 11; y++)
            for (int x = 0; x < 11; x++) {
                const int i = y - 1, j = x - 1;
                const bool inside = i >= 0 && i < SIDE && j >= 0 && j < SIDE;
                const float byte = inside ? bytes[(int)sample * PIXELS + i * SIDE + j] : 0;
                ck_assert_float_eq_tol(image[y * 11 + x], byte / 255, 1e-6f);
            }
    }
    free(scratch);
    free(image);
}
END_TEST

START_TEST(nothing_is_left_of_a_list_of_random_ones) {
    const split part = some_part();
    attr_component t[2] = {parsed("random_flip"), parsed("random_affine")};
    shape s[3] = {{3, {1, SIDE, SIDE}}, {3, {1, SIDE, SIDE}}, {3, {1, SIDE, SIDE}}};
    const feed f = {&part, s[0], 2, t, s};
    float *scratch = floats(feed_scratch(&f)), *image = floats(PIXELS);
    feed_image(&f, NULL, 4, scratch, image);
    for (int p = 0; p < PIXELS; p++)
        ck_assert_float_eq(image[p], bytes[4 * PIXELS + p]);
    free(scratch);
    free(image);
}
END_TEST

static void add_all(TCase *cases) {
    tcase_add_test(cases, every_transform_is_described);
    tcase_add_test(cases, samples_infer_and_refusals_are_refused);
    tcase_add_test(cases, attributes_out_of_range_are_refused);
    tcase_add_test(cases, results_depend_on_the_call_alone);
    tcase_add_test(cases, random_ones_are_keyed_by_seed_epoch_place_and_sample);
}

static void add_deterministic(TCase *cases) {
    tcase_add_test(cases, pad_puts_a_border_around);
    tcase_add_test(cases, crop_takes_the_middle_or_beside_it);
    tcase_add_test(cases, rescale_maps_bytes);
    tcase_add_test(cases, rescale_meets_its_ends_exactly);
    tcase_add_test(cases, normalize_takes_one_number_or_one_per_channel);
    tcase_add_test(cases, colours_become_brightness);
    tcase_add_test(cases, invert_and_threshold_and_transpose);
    tcase_add_test(cases, resize_weighs_by_distance);
    tcase_add_test(cases, resize_keeps_what_has_one_value_and_what_has_its_size);
    tcase_add_test(cases, area_keeps_the_mean);
}

static void add_random(TCase *cases) {
    tcase_add_test(cases, distortions_of_no_strength_change_nothing);
    tcase_add_test(cases, translation_moves_evenly_within_its_limits);
    tcase_add_test(cases, turning_and_scaling_are_around_the_middle);
    tcase_add_test(cases, squeeze_and_shear_do_what_they_say);
    tcase_add_test(cases, what_comes_from_outside_is_fill);
    tcase_add_test(cases, elastic_moves_pixels_as_far_as_the_formula_says);
    tcase_add_test(cases, random_crop_takes_every_window_and_the_middle_one_without_training);
    tcase_add_test(cases, flips_come_as_often_as_they_should);
    tcase_add_test(cases, cutout_paints_one_rectangle);
    tcase_add_test(cases, noise_is_normal);
    tcase_add_test(cases, scalar_functions_agree_with_libm);
    tcase_add_test(cases, an_image_is_the_same_in_every_tile_and_form);
    tcase_add_test(cases, evaluating_leaves_the_random_ones_out);
    tcase_add_test(cases, nothing_is_left_of_a_list_of_random_ones);
}

int main(void) {
    Suite *suite = suite_create("transforms");
    TCase *cases = tcase_create("transforms");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    add_all(cases);
    add_deterministic(cases);
    add_random(cases);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
