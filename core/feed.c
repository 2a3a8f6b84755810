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

/* Room for an image on its way, whole cache lines. */
static size_t widest(const feed *f) {
    size_t most = 0;
    for (int i = 0; i <= f->transform_count; i++) {
        size_t size = shape_size(&f->transform_shape[i]);
        most = size > most ? size : most;
    }
    return (most + 15) & ~(size_t)15;
}

static const shape *final_shape(const feed *f) {
    return &f->transform_shape[f->transform_count];
}

size_t feed_scratch(const feed *f) {
    return LANES * image_stride(final_shape(f)) + 2 * widest(f);
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

/* One image through all transforms into `out`; they take turns between the two halves of `work`. */
static void finish_image(const feed *f, uint32_t sample, float *work, float *out) {
    const size_t size = shape_size(&f->image), half = widest(f);
    const uint8_t *bytes = f->split->images + sample * size;
    const int count = f->transform_count;
    const float *in = count ? work : out;
    bytes_to_floats(bytes, size, count ? work : out);
    for (int i = 0; i < count; i++) {
        const transform *t = (const transform *)f->transform[i].type;
        float *to = i == count - 1 ? out : work + (i % 2 ? 0 : half);
        t->apply(f->transform[i].attrs, &f->transform_shape[i], in, &f->transform_shape[i + 1], to);
        in = to;
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

void feed_tile(const feed *f, const uint32_t *sample, int count, float *scratch, real *tile,
               int32_t labels[LANES]) {
    const shape *s = final_shape(f);
    const size_t stride = image_stride(s), pixels = shape_pixels(s);
    float *work = scratch + LANES * stride;
    for (int lane = 0; lane < LANES; lane++) {
        float *image = scratch + (size_t)lane * stride;
        labels[lane] = lane < count ? f->split->labels[sample[lane]] : 0;
        if (lane + 1 < count)
            prefetch_image(f, sample[lane + 1]);
        if (lane < count)
            finish_image(f, sample[lane], work, image);
        else
            memset(image, 0, shape_size(s) * sizeof *image);
    }
    for (int c = 0; c < s->dim[0]; c++)
        interleave(scratch + (size_t)c * pixels, stride, pixels,
                   tile + (size_t)c * shape_stride(s));
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

void feed_single(const feed *f, uint32_t sample, float *scratch, real *tile,
                 int32_t labels[LANES]) {
    const shape *s = final_shape(f);
    memset(labels, 0, LANES * sizeof *labels);
    labels[0] = f->split->labels[sample];
    finish_image(f, sample, scratch + LANES * image_stride(s), scratch);
    interleave_channels(scratch, s, tile);
}
