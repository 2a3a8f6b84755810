/* sampling.c - see sampling.h.
 *
 * A border of one pixel before and two after each row and column makes every look valid, once
 * places far outside are moved to its edge. The arithmetic of places is left to loops that
 * compilers vectorise; the looks are taken in pairs of neighbouring pixels, two pairs to a vector.
 */
#include "sampling.h"

#include <string.h>

enum { BEFORE = 1, BORDER = 3 };

static size_t whole_lines(size_t floats) {
    return (floats + 15) & ~(size_t)15;
}

static size_t bordered_width(const shape *s) {
    return (size_t)s->dim[2] + BORDER;
}

static size_t bordered_size(const shape *s) {
    return (size_t)s->dim[0] * ((size_t)s->dim[1] + BORDER) * bordered_width(s);
}

size_t sampler_scratch(const shape *s) {
    return whole_lines(bordered_size(s)) + 3 * whole_lines((size_t)s->dim[2]);
}

static float *fill_run(float *to, float value, size_t count) {
    for (size_t i = 0; i < count; i++)
        to[i] = value;
    return to + count;
}

sampler sampler_new(const transform_call *call, float fill, float *scratch) {
    const shape *s = call->in_shape;
    const size_t width = (size_t)s->dim[2], row = whole_lines(width);
    float *x = scratch + whole_lines(bordered_size(s)), *to = scratch;
    const float *in = call->in;
    for (int c = 0; c < s->dim[0]; c++) {
        to = fill_run(to, fill, bordered_width(s));
        for (int y = 0; y < s->dim[1]; y++, in += width) {
            to[0] = fill;
            memcpy(to + BEFORE, in, width * sizeof *to);
            to = fill_run(to + BEFORE + width, fill, BORDER - BEFORE);
        }
        to = fill_run(to, fill, (BORDER - BEFORE) * bordered_width(s));
    }
    return (sampler){s, scratch, x, x + row, (uint32_t *)(x + 2 * row)};
}

/* Places become the pixel above and to the left, and how far the place lies from it. */
static void find_corners(const sampler *s) {
    const float most_x = (float)(s->shape->dim[2] + BEFORE),
                most_y = (float)(s->shape->dim[1] + BEFORE);
    const int width = s->shape->dim[2], step = width + BORDER;
    float *restrict x = s->x, *restrict y = s->y;
    uint32_t *restrict corner = s->corner;
    for (int i = 0; i < width; i++) {
        float right = x[i] + BEFORE, down = y[i] + BEFORE;
        right = right > 0 ? right : 0;
        down = down > 0 ? down : 0;
        right = right < most_x ? right : most_x;
        down = down < most_y ? down : most_y;
        const int column = (int)right, row = (int)down;
        x[i] = right - (float)column;
        y[i] = down - (float)row;
        corner[i] = (uint32_t)(row * step + column);
    }
}

typedef float quad __attribute__((vector_size(16)));
typedef float loose_quad __attribute__((vector_size(16), aligned(4), may_alias));
typedef double couple __attribute__((vector_size(16)));
typedef double loose_double __attribute__((aligned(4), may_alias));

/* Two pixels each at p and q. */
static inline quad load_pairs(const float *p, const float *q) {
    return (quad)(couple){*(const loose_double *)p, *(const loose_double *)q};
}

/* The pairs below p and q, mixed into those at p and q. */
static inline quad mix_rows(const float *p, const float *q, size_t step, float p_share,
                            float q_share) {
    const quad above = load_pairs(p, q), below = load_pairs(p + step, q + step);
    return above + (quad){p_share, p_share, q_share, q_share} * (below - above);
}

static void look(const float *image, const sampler *s, size_t width, float *out) {
    const size_t step = width + BORDER;
    const uint32_t *at = s->corner;
    size_t i = 0;
    for (; i + 4 <= width; i += 4) {
        const quad y = *(const quad *)(s->y + i), x = *(const quad *)(s->x + i);
        const quad a = mix_rows(image + at[i], image + at[i + 1], step, y[0], y[1]);
        const quad b = mix_rows(image + at[i + 2], image + at[i + 3], step, y[2], y[3]);
        const quad left = {a[0], a[2], b[0], b[2]}, right = {a[1], a[3], b[1], b[3]};
        *(loose_quad *)(out + i) = left + x * (right - left);
    }
    for (; i < width; i++) {
        const quad a = mix_rows(image + at[i], image + at[i], step, s->y[i], s->y[i]);
        out[i] = a[0] + s->x[i] * (a[1] - a[0]);
    }
}

void sampler_row(const sampler *s, int row, float *out) {
    const size_t width = (size_t)s->shape->dim[2], height = (size_t)s->shape->dim[1];
    find_corners(s);
    for (int c = 0; c < s->shape->dim[0]; c++)
        look(s->image + (size_t)c * (height + BORDER) * (width + BORDER), s, width,
             out + ((size_t)c * height + (size_t)row) * width);
}
