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

/* What cell `i` of `cells` takes from pixel `k` of `pixels` along one side. Fewer cells than
 * pixels: how much of the pixel lies within the cell. More: linear in between. */
static float share(int i, int cells, int k, int pixels) {
    float scale = (float)pixels / (float)cells;
    if (cells <= pixels) {
        float first = (float)i * scale, end = first + scale;
        float low = first > (float)k ? first : (float)k;
        float high = end < (float)(k + 1) ? end : (float)(k + 1);
        return high > low ? high - low : 0;
    }
    float at = ((float)i + 0.5f) * scale - 0.5f;
    at = at < 0 ? 0 : at > (float)(pixels - 1) ? (float)(pixels - 1) : at;
    float off = at > (float)k ? at - (float)k : (float)k - at;
    return off < 1 ? 1 - off : 0;
}

/* Mean over a side, `stride` apart. */
static float mean_along(const float *from, size_t stride, int i, int cells, int pixels) {
    int first = (int)((float)i * (float)pixels / (float)cells) - 1;
    int end = (int)((float)(i + 1) * (float)pixels / (float)cells) + 2;
    float sum = 0, weight = 0;
    for (int k = first > 0 ? first : 0; k < end && k < pixels; k++) {
        float part = share(i, cells, k, pixels);
        sum += part * from[(size_t)k * stride];
        weight += part;
    }
    return sum / weight;
}

/* First along the rows, then along the columns. */
static bool resized(const patch *from, int height, int width, patch *out) {
    patch wide;
    if (!patch_new(&wide, from->height, width))
        return false;
    for (int i = 0; i < wide.height * width; i++)
        wide.amount[i] = mean_along(from->amount + (size_t)(i / width) * (size_t)from->width, 1,
                                    i % width, width, from->width);
    bool made = patch_new(out, height, width);
    for (int i = 0; made && i < height * width; i++)
        out->amount[i] =
            mean_along(wide.amount + i % width, (size_t)width, i / width, height, wide.height);
    free(wide.amount);
    return made;
}

/* The same so that the longer side becomes `side`. */
static bool fitted(const patch *from, int side, patch *out) {
    int longer = from->height > from->width ? from->height : from->width;
    int height = (from->height * side + longer / 2) / longer;
    int width = (from->width * side + longer / 2) / longer;
    return resized(from, height > 0 ? height : 1, width > 0 ? width : 1, out);
}

/* ---- Thin strokes ---------------------------------------------------------------------------- */

/* How wide a pen draws: twice its area by the length of its edges, which run along the pixels' and
 * are for strokes in all directions 4 / pi as long as the true ones. */
static float stroke_width(const patch *p) {
    int area = 0, edges = 0;
    for (int i = 0; i < p->height * p->width; i++) {
        int x = i % p->width, y = i / p->width;
        bool here = p->amount[i] >= 0.5f;
        bool left = x > 0 && p->amount[i - 1] >= 0.5f;
        bool above = y > 0 && p->amount[i - p->width] >= 0.5f;
        area += here;
        edges += (here != left) + (here != above);
        edges += (here && x == p->width - 1) + (here && y == p->height - 1);
    }
    return edges > 0 ? 2 * 1.2732395f * (float)area / (float)edges : 0;
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
                float inside = radius + 0.5f - __builtin_sqrtf((float)(u * u + v * v));
                float grown = amount * (inside > 1 ? 1 : inside);
                float *to = centre + v * out->width + u;
                *to = grown > *to ? grown : *to;
            }
    }
    return true;
}

/* By how much strokes must grow on each side, in pixels of the patch, to be `wanted` wide after it
 * is fitted to `side`. */
static float growth(const patch *p, int side, float wanted) {
    int longer = p->height > p->width ? p->height : p->width;
    float grow =
        (wanted * (float)longer - stroke_width(p) * (float)side) / (2 * ((float)side - wanted));
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

/* The character, its longer side `side` pixels long; reduced on the way to what is still fine
 * enough to thicken strokes in. */
static bool shaped(patch *p, int side) {
    enum { FINE = 8 };
    const float thinnest = 0.11f * (float)side; /* 2.2 of 20; a quarter of MNIST is thinner */
    patch next;
    if ((p->height > FINE * side || p->width > FINE * side) &&
        !step(p, fitted(p, FINE * side, &next), &next))
        return false;
    float radius = growth(p, side, thinnest);
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
    float sum = 0, x_sum = 0, y_sum = 0;
    for (int i = 0; i < p->height * p->width; i++) {
        sum += p->amount[i];
        x_sum += p->amount[i] * (float)(i % p->width);
        y_sum += p->amount[i] * (float)(i / p->width);
    }
    int left = placed(x_sum / sum, p->width, out->width);
    int top = placed(y_sum / sum, p->height, out->height);
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
