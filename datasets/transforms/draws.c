/* draws.c - see draws.h. */
#include "draws.h"

#include "rng_lanes.h"

#include <string.h>

_Static_assert((int)DRAWS_BLOCK == 4 * (int)LANES, "four words of each lane");

/* Block `first` / DRAWS_BLOCK of the image's words. */
static void draw_block(const transform_call *call, size_t first, uint32_t word[4][LANES]) {
    uint32_t index[LANES], position[LANES];
    for (uint32_t l = 0; l < LANES; l++) {
        index[l] = call->sample;
        position[l] = DRAWS_POSITIONS + (uint32_t)(first / 4) + l;
    }
    rng_words_lanes(call->key, index, position, word);
}

void draw_many(const transform_call *call, size_t count, uint32_t *word) {
    for (size_t first = 0; first < count; first += DRAWS_BLOCK) {
        uint32_t block[4][LANES];
        draw_block(call, first, block);
        memcpy(word + first, block, sizeof block);
    }
}

/* ---- Normal numbers -------------------------------------------------------------------------- */

typedef union bits {
    float number;
    uint32_t word;
} bits;

/* -2 ln x for 0 < x < 1, as scalar_log does it but for floats: x = 2^n m, and ln m from the series
 * of artanh. Within 3e-7 of the larger of itself and 1. */
static inline float minus_two_log(float x) {
    const bits all = {.number = x};
    /* Moving the border between exponents to the bits of sqrt(1/2) puts m between it and sqrt(2).
     */
    const uint32_t root = UINT32_C(0x3f3504f3);
    const int32_t n = (int32_t)(all.word - root) >> 23;
    const bits m = {.word = all.word - ((uint32_t)n << 23)};
    const float s = (m.number - 1) / (m.number + 1), z = s * s;
    const float series = 1 + z * (1.0f / 3 + z * (1.0f / 5 + z * (1.0f / 7 + z * (1.0f / 9))));
    return -4 * s * series - 2 * 0x1.62e430p-1f * (float)n;
}

/* Box and Muller: with r^2 exponential and an even angle, r cos and r sin are normal and
 * independent. The top two bits of a word choose the quadrant, and the others an angle within pi/4
 * of its middle, where the Taylor series to the ninth power leave out less than 1e-7. */
static inline void normal_pair(uint32_t radius, uint32_t angle, float *a, float *b) {
    const float u = ((float)(radius >> 8) + 0.5f) * 0x1p-24f;
    const float r = __builtin_sqrtf(minus_two_log(u));
    const float half_pi = 0x1.921fb6p0f;
    const float y = ((float)((angle >> 6) & 0xffffff) * 0x1p-24f - 0.5f) * half_pi, z = y * y;
    const float sine = y * (1 - z / 6 * (1 - z / 20 * (1 - z / 42 * (1 - z / 72))));
    const float cosine = 1 - z / 2 * (1 - z / 12 * (1 - z / 30 * (1 - z / 56)));
    /* Turning by a quarter makes (c, s) into (-s, c). */
    const uint32_t turned = 0 - (angle >> 30 & 1), opposite = angle & UINT32_C(0x80000000);
    const bits c = {.number = cosine}, s = {.number = sine}, minus_s = {.number = -sine};
    const bits x = {.word = ((c.word & ~turned) | (minus_s.word & turned)) ^ opposite};
    const bits w = {.word = ((s.word & ~turned) | (c.word & turned)) ^ opposite};
    *a = r * x.number;
    *b = r * w.number;
}

void draw_normal(const transform_call *call, size_t count, float *number) {
    for (size_t first = 0; first < count; first += DRAWS_BLOCK) {
        uint32_t word[4][LANES];
        draw_block(call, first, word);
        for (size_t k = 0; k < 4; k += 2)
            for (size_t l = 0; l < LANES; l++)
                normal_pair(word[k][l], word[k + 1][l], &number[first + k * LANES + l],
                            &number[first + (k + 1) * LANES + l]);
    }
}
