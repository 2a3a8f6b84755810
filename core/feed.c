/* feed.c - bytes to tiles; see feed.h.
 *
 * Each image is converted and transformed on its own, in a few kilobytes that stay in the first
 * cache; then sixteen finished images are turned, pixel by pixel, into lanes, or the channels of
 * one are put side by side. */
#include "feed.h"
#include <string.h>

/* Distance between finished images: an odd number of cache lines, so that pixel p of the sixteen,
 * which are read together, does not fall on one cache set. */
static size_t image_stride(const shape *s) {
    size_t lines = (shape_size(s) * sizeof(float) + 63) / 64;
    return (lines | 1) * (64 / sizeof(float));
}

static size_t whole_lines(size_t floats) {
    return (floats + 15) & ~(size_t)15;
}

/* Room for an image on its way. */
static size_t widest(const feed *f) {
    size_t most = 0;
    for (int i = 0; i <= f->transform_count; i++) {
        size_t size = shape_size(&f->transform_shape[i]);
        most = size > most ? size : most;
    }
    return whole_lines(most);
}

/* Room for what transforms need besides. */
static size_t greediest(const feed *f) {
    size_t most = 0;
    for (int i = 0; i < f->transform_count; i++) {
        const transform *t = (const transform *)f->transform[i].type;
        size_t size = t->scratch ? t->scratch(f->transform[i].attrs, &f->transform_shape[i]) : 0;
        most = size > most ? size : most;
    }
    return whole_lines(most);
}

static const shape *final_shape(const feed *f) {
    return &f->transform_shape[f->transform_count];
}

/* Two images on their way, what transforms need, finished images: in this order. */
size_t feed_scratch(const feed *f) {
    return 2 * widest(f) + greediest(f) + LANES * image_stride(final_shape(f));
}

rng_key feed_key(uint64_t seed, uint32_t epoch) {
    return (rng_key){.seed = seed, .purpose = RNG_TRANSFORM, .epoch = epoch};
}

static void bytes_to_floats(const uint8_t *bytes, size_t size, float *out) {
    for (size_t i = 0; i < size; i++)
        out[i] = (float)bytes[i];
}

/* Shuffled samples lie anywhere in memory: asked for one image ahead, they are there in time. */
static void prefetch_image(const feed *f, uint32_t sample) {
    const size_t size = shape_size(&f->image);
    const uint8_t *bytes = f->split->images + sample * size;
    for (size_t i = 0; i < size; i += 64)
        __builtin_prefetch(bytes + i);
}

/* The next transform from `i` on that an image goes through; the count when there is none. */
static int next_transform(const feed *f, int i, bool training) {
    while (i < f->transform_count && !training &&
           ((const transform *)f->transform[i].type)->training_only)
        i++;
    return i;
}

/* Transforms take turns between the two halves of `scratch`; the last one writes to `out`. */
void feed_image(const feed *f, const rng_key *key, uint32_t sample, float *scratch, float *out) {
    const size_t size = shape_size(&f->image), half = widest(f);
    const int count = f->transform_count;
    rng_key keyed = key ? *key : (rng_key){0};
    int i = next_transform(f, 0, key != NULL);
    float *in = i < count ? scratch : out, *spare = scratch + half;
    bytes_to_floats(f->split->images + sample * size, size, in);
    while (i < count) {
        const int next = next_transform(f, i + 1, key != NULL);
        keyed.stream = (uint32_t)i;
        const transform_call call = {
            .attrs = f->transform[i].attrs,
            .in_shape = &f->transform_shape[i],
            .out_shape = &f->transform_shape[i + 1],
            .in = in,
            .out = next < count ? spare : out,
            .scratch = scratch + 2 * half,
            .key = key ? &keyed : NULL,
            .sample = sample,
        };
        ((const transform *)f->transform[i].type)->apply(&call);
        spare = in;
        in = call.out;
        i = next;
    }
}

/* Four neighbouring pixels of one image, or one pixel of four images; as read from any address, and
 * as stored in a tile. */
typedef float quad __attribute__((vector_size(16)));
typedef quad loose_quad __attribute__((aligned(4), may_alias));
typedef real tile_quad __attribute__((vector_size(4 * sizeof(real)), may_alias));

static inline quad load_quad(const float *p) {
    return *(const loose_quad *)p;
}

static inline void store_quad(real *p, quad q) {
    *(tile_quad *)p = __builtin_convertvector(q, tile_quad);
}

/* A 4x4 transposition. Written with two operands at a time, which compilers turn into shuffles. */
static inline void turn_quads(quad a, quad b, quad c, quad d, real *tile) {
    quad ab = {a[0], b[0], a[1], b[1]}, ab_high = {a[2], b[2], a[3], b[3]};
    quad cd = {c[0], d[0], c[1], d[1]}, cd_high = {c[2], d[2], c[3], d[3]};
    store_quad(tile, (quad){ab[0], ab[1], cd[0], cd[1]});
    store_quad(tile + LANES, (quad){ab[2], ab[3], cd[2], cd[3]});
    store_quad(tile + 2 * LANES, (quad){ab_high[0], ab_high[1], cd_high[0], cd_high[1]});
    store_quad(tile + 3 * LANES, (quad){ab_high[2], ab_high[3], cd_high[2], cd_high[3]});
}

/* `pixels` pixels of sixteen images, `stride` apart, side by side. */
static void interleave(const float *restrict images, size_t stride, size_t pixels,
                       real *restrict tile) {
    size_t p = 0;
    for (; p + 4 <= pixels; p += 4)
        for (size_t lane = 0; lane < LANES; lane += 4) {
            const float *from = images + lane * stride + p;
            turn_quads(load_quad(from), load_quad(from + stride), load_quad(from + 2 * stride),
                       load_quad(from + 3 * stride), tile + p * LANES + lane);
        }
    for (; p < pixels; p++)
        for (size_t lane = 0; lane < LANES; lane++)
            tile[p * LANES + lane] = images[lane * stride + p];
}

void feed_tile(const feed *f, const rng_key *key, const uint32_t *sample, int count, float *scratch,
               real *tile, int32_t labels[LANES]) {
    const shape *s = final_shape(f);
    const size_t stride = image_stride(s), pixels = shape_pixels(s);
    float *images = scratch + 2 * widest(f) + greediest(f);
    for (int lane = 0; lane < LANES; lane++) {
        float *image = images + (size_t)lane * stride;
        labels[lane] = lane < count ? f->split->labels[sample[lane]] : 0;
        if (lane + 1 < count)
            prefetch_image(f, sample[lane + 1]);
        if (lane < count)
            feed_image(f, key, sample[lane], scratch, image);
        else
            memset(image, 0, shape_size(s) * sizeof *image);
    }
    for (int c = 0; c < s->dim[0]; c++)
        interleave(images + (size_t)c * pixels, stride, pixels, tile + (size_t)c * shape_stride(s));
}

/* Channels of one image side by side. */
static void interleave_channels(const float *restrict image, const shape *s, real *restrict tile) {
    const size_t pixels = shape_pixels(s), width = shape_width(s), channels = (size_t)s->dim[0];
    if (channels < width)
        memset(tile, 0, pixels * width * sizeof *tile);
    for (size_t c = 0; c < channels; c++)
        for (size_t p = 0; p < pixels; p++)
            tile[p * width + c] = image[c * pixels + p];
}

void feed_single(const feed *f, const rng_key *key, uint32_t sample, float *scratch, real *tile,
                 int32_t labels[LANES]) {
    float *image = scratch + 2 * widest(f) + greediest(f);
    memset(labels, 0, LANES * sizeof *labels);
    labels[0] = f->split->labels[sample];
    feed_image(f, key, sample, scratch, image);
    interleave_channels(image, final_shape(f), tile);
}
