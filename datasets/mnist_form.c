/* mnist_form.c - cropping, scaling and centring a character; see mnist_form.h. What is ink and
 * where the character is, is ink.c's. */
#include "config.h"

#include "ink.h"
#include "mnist_form.h"

#include <stdlib.h>
#include <string.h>

/* Amounts of ink, 0 to 1. */
typedef struct patch {
    int height, width;
    float *amount; /* [height][width] */
} patch;

static bool patch_new(patch *p, int height, int width) {
    *p = (patch){height, width, calloc((size_t)height * (size_t)width, sizeof *p->amount)};
    return p->amount != NULL;
}

/* ---- Another size ---------------------------------------------------------------------------- */

/* One side of an image in cells of `size` pixels each, of which the first begins at `first`. */
typedef struct cells {
    int count;
    float size, first;
} cells;

/* As many cells as hold the pixels, at most `most`. Those that are not all needed lie so that the
 * centre of mass is the middle of one: then nothing depends on how a width happens to be rounded.
 */
static cells cells_over(int pixels, float size, float centre, int most) {
    float before = centre / size - 0.5f;
    int whole = (int)before;
    whole += (float)whole < before;
    cells c = {.size = size, .first = centre - ((float)whole + 0.5f) * size};
    float needed = ((float)pixels - c.first) / size;
    c.count = (int)needed;
    c.count += (float)c.count < needed;
    if (c.count <= most && (float)pixels < (float)most * size)
        return c;
    return (cells){most, size, ((float)pixels - (float)most * size) / 2};
}

/* What a cell takes from a pixel. Where cells are larger: how much of it the pixel fills. Where
 * they are smaller: linear between the middles of pixels. */
static float share(const cells *c, int cell, int pixel) {
    float first = c->first + (float)cell * c->size, k = (float)pixel;
    if (c->size >= 1) {
        float low = first > k ? first : k;
        float high = first + c->size < k + 1 ? first + c->size : k + 1;
        return high > low ? (high - low) / c->size : 0;
    }
    float at = first + 0.5f * c->size - 0.5f;
    float off = at > k ? at - k : k - at;
    return off < 1 ? 1 - off : 0;
}

/* What a cell holds of a row or column of pixels, `stride` apart. There is nothing beyond its ends.
 */
static float amount_in(const cells *c, int cell, const float *from, size_t stride, int pixels) {
    int first = (int)(c->first + (float)cell * c->size) - 2;
    int end = (int)(c->first + (float)(cell + 1) * c->size) + 3;
    float sum = 0;
    for (int k = first > 0 ? first : 0; k < end && k < pixels; k++)
        sum += share(c, cell, k) * from[(size_t)k * stride];
    return sum;
}

/* The centre of mass, from the left and upper edges. */
static void centre_of(const patch *p, float *x, float *y) {
    float sum = 0;
    *x = *y = 0;
    for (int i = 0; i < p->height * p->width; i++) {
        sum += p->amount[i];
        *x += p->amount[i] * ((float)(i % p->width) + 0.5f);
        *y += p->amount[i] * ((float)(i / p->width) + 0.5f);
    }
    *x /= sum;
    *y /= sum;
}

/* The patch with its longer side `side` pixels long, the other in proportion: first along the rows,
 * then along the columns. */
static bool fitted(const patch *from, int side, patch *out) {
    int longer = from->height > from->width ? from->height : from->width;
    float size = (float)longer / (float)side, x, y;
    centre_of(from, &x, &y);
    const cells across = cells_over(from->width, size, x, side);
    const cells down = cells_over(from->height, size, y, side);
    patch wide;
    if (!patch_new(&wide, from->height, across.count))
        return false;
    for (int i = 0; i < wide.height * wide.width; i++)
        wide.amount[i] = amount_in(&across, i % wide.width,
                                   from->amount + (size_t)(i / wide.width) * (size_t)from->width, 1,
                                   from->width);
    bool made = patch_new(out, down.count, across.count);
    for (int i = 0; made && i < out->height * out->width; i++)
        out->amount[i] = amount_in(&down, i / wide.width, wide.amount + i % wide.width,
                                   (size_t)wide.width, wide.height);
    free(wide.amount);
    return made;
}

/* ---- Thin strokes ---------------------------------------------------------------------------- */

/* Lowers the distance of pixel (x, y) to what its neighbours on one side allow: those of the row
 * before (down = 1) or after (-1), and the one before in the row. */
static void spread_distance(const patch *p, float *distance, int x, int y, int down) {
    float *here = distance + y * p->width + x;
    for (int u = -1; u <= 1; u++) {
        bool inside = y - down >= 0 && y - down < p->height && x + u >= 0 && x + u < p->width;
        float there = inside ? here[-down * p->width + u] : 0;
        float step = u == 0 ? 1 : 1.4142135f;
        *here = there + step < *here ? there + step : *here;
    }
    bool inside = x - down >= 0 && x - down < p->width;
    float beside = inside ? here[-down] : 0;
    *here = beside + 1 < *here ? beside + 1 : *here;
}

/* How wide a pen draws. Across a stroke of so many pixels their distances from the paper, 1 at its
 * edges, are on average a quarter of the width and a half; rough edges hardly matter to that. 0
 * where there is no ink. False when memory is out. */
static bool stroke_width(const patch *p, float *width) {
    size_t pixels = (size_t)p->height * (size_t)p->width;
    float *distance = malloc(pixels * sizeof *distance), sum = 0, count = 0;
    if (!distance)
        return false;
    for (size_t i = 0; i < pixels; i++)
        distance[i] = p->amount[i] >= 0.5f ? (float)pixels : 0;
    for (int i = 0; i < (int)pixels; i++)
        spread_distance(p, distance, i % p->width, i / p->width, 1);
    for (int i = (int)pixels - 1; i >= 0; i--)
        spread_distance(p, distance, i % p->width, i / p->width, -1);
    for (size_t i = 0; i < pixels; i++) {
        sum += distance[i];
        count += distance[i] > 0;
    }
    free(distance);
    *width = count > 0 ? 4 * (sum / count - 0.5f) : 0;
    return true;
}

/* The patch with a border all around into which every stroke grows by `radius` on each side. */
static bool thickened(const patch *from, float radius, patch *out) {
    int reach = (int)radius + 1;
    if (!patch_new(out, from->height + 2 * reach, from->width + 2 * reach))
        return false;
    for (int i = 0; i < from->height * from->width; i++) {
        float amount = from->amount[i];
        if (amount == 0)
            continue;
        float *centre =
            out->amount + (i / from->width + reach) * out->width + (i % from->width + reach);
        for (int v = -reach; v <= reach; v++)
            for (int u = -reach; u <= reach; u++) {
                /* soft at the rim */
                float away = __builtin_sqrtf((float)(u * u + v * v));
                float inside = away > 0 ? radius + 0.5f - away : 1;
                float grown = amount * (inside > 1 ? 1 : inside);
                float *to = centre + v * out->width + u;
                *to = grown > *to ? grown : *to;
            }
    }
    return true;
}

/* By how much strokes of a width must grow on each side, in pixels of the patch, to be `wanted`
 * wide after it is fitted to `side`. */
static float growth(const patch *p, float width, int side, float wanted) {
    int longer = p->height > p->width ? p->height : p->width;
    float grow = (wanted * (float)longer - width * (float)side) / (2 * ((float)side - wanted));
    return grow > 0 ? grow : 0;
}

/* ---- The form -------------------------------------------------------------------------------- */

/* The character alone. */
static bool cropped(const ink *from, patch *out) {
    if (!patch_new(out, from->bottom - from->top, from->right - from->left))
        return false;
    for (int y = 0; y < out->height; y++)
        memcpy(out->amount + y * out->width,
               from->amount + (from->top + y) * from->width + from->left,
               (size_t)out->width * sizeof *out->amount);
    return true;
}

/* Replaces a patch by what was made of it. */
static bool step(patch *p, bool made, const patch *next) {
    free(p->amount);
    p->amount = NULL;
    if (made)
        *p = *next;
    return made;
}

/* The character with strokes that can be seen, its longer side `side` pixels long. */
static bool shaped(patch *p, int side) {
    const float thinnest = 0.11f * (float)side; /* 2.2 of 20; a quarter of MNIST is thinner */
    patch next;
    float width;
    if (!stroke_width(p, &width))
        return false;
    float radius = growth(p, width, side, thinnest);
    if (radius > 0 && !step(p, thickened(p, radius, &next), &next))
        return false;
    return step(p, fitted(p, side, &next), &next);
}

/* First row or column of `size` that puts the centre of mass, `centre` from there, into the middle,
 * as far as the whole then lies within `room`. MNIST rounds the pixel of the middle to 14 of 28. */
static int placed(float centre, int size, int room) {
    int first = (int)((float)(room / 2) - centre + 0.5f);
    first = first < 0 ? 0 : first;
    return first + size > room ? room - size : first;
}

static void put(const patch *p, picture *out) {
    float x_centre, y_centre;
    centre_of(p, &x_centre, &y_centre);
    int left = placed(x_centre - 0.5f, p->width, out->width);
    int top = placed(y_centre - 0.5f, p->height, out->height);
    size_t pixels = (size_t)out->height * (size_t)out->width;
    memset(out->pixels, 0, (size_t)out->channels * pixels);
    for (int c = 0; c < out->channels; c++)
        for (int y = 0; y < p->height; y++)
            for (int x = 0; x < p->width; x++)
                out->pixels[(size_t)c * pixels + (size_t)(top + y) * (size_t)out->width +
                            (size_t)(left + x)] =
                    (uint8_t)(p->amount[y * p->width + x] * 255 + 0.5f);
}

bool mnist_form(const char *name, const picture *p, picture *out, lcnn_errors *errors) {
    int shorter = out->height < out->width ? out->height : out->width;
    int side = (shorter * 20 + 14) / 28;
    ink found;
    patch character;
    if (!ink_find(name, p, &found, errors))
        return false;
    bool made = cropped(&found, &character) && shaped(&character, side > 0 ? side : 1);
    if (made)
        put(&character, out);
    else
        error_no_memory(errors);
    free(character.amount);
    free(found.amount);
    return made;
}
