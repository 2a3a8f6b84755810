/* ink.c - finding the character on a picture; see ink.h. The light is ink_light.c's. */
#include "config.h"

#include "ink.h"
#include "ink_parts.h"

#include <stdlib.h>
#include <string.h>

/* ---- Grey and small -------------------------------------------------------------------------- */

/* Rec. 601, as picture.h. */
static float grey_at(const picture *p, size_t i) {
    size_t pixels = (size_t)p->height * (size_t)p->width;
    if (p->channels == 1)
        return p->pixels[i];
    return (19595.0f * p->pixels[i] + 38470.0f * p->pixels[pixels + i] +
            7471.0f * p->pixels[2 * pixels + i]) /
           65536;
}

/* Each value is the mean of a square, smaller at the right and lower edges: enough pixels are left
 * for any stroke, and noise is averaged away. */
static bool reduce(const picture *p, grey *g) {
    enum { LONGEST = 512 };
    int longer = p->height > p->width ? p->height : p->width;
    int size = (longer + LONGEST - 1) / LONGEST;
    g->height = (p->height + size - 1) / size;
    g->width = (p->width + size - 1) / size;
    g->value = malloc((size_t)g->height * (size_t)g->width * sizeof *g->value);
    for (int i = 0; g->value && i < g->height * g->width; i++) {
        int top = i / g->width * size, left = i % g->width * size, count = 0;
        float sum = 0;
        for (int y = top; y < top + size && y < p->height; y++)
            for (int x = left; x < left + size && x < p->width; x++, count++)
                sum += grey_at(p, (size_t)y * (size_t)p->width + (size_t)x);
        g->value[i] = sum / (float)count;
    }
    return g->value != NULL;
}

/* ---- How much is ink ------------------------------------------------------------------------- */

enum { LEVELS = 256 };

static int level_of(float x) {
    return (int)(x * (LEVELS - 1) + 0.5f);
}

/* Otsu, "A threshold selection method from gray-level histograms", 1979: the level that parts the
 * histogram into two classes as far apart as can be. */
static int otsu(const double count[LEVELS]) {
    double all = 0, sum = 0, below = 0, sum_below = 0, best = -1;
    int threshold = 0;
    for (int i = 0; i < LEVELS; i++) {
        all += count[i];
        sum += i * count[i];
    }
    for (int i = 0; i < LEVELS - 1; i++) {
        below += count[i];
        sum_below += i * count[i];
        double above = all - below;
        if (below == 0 || above == 0)
            continue;
        double apart = sum_below / below - (sum - sum_below) / above;
        double between = below * above * apart * apart;
        if (between > best) {
            best = between;
            threshold = i;
        }
    }
    return threshold;
}

/* The middle of those above a threshold: the pen where it is not at an edge. */
static int median_above(const double count[LEVELS], int threshold) {
    double all = 0, below = 0;
    for (int i = threshold + 1; i < LEVELS; i++)
        all += count[i];
    int i = threshold;
    while (i < LEVELS - 1 && below * 2 < all)
        below += count[++i];
    return i;
}

/* From how much on something is ink: half of what the pen leaves, whose edges are soft. What Otsu
 * finds is the beginning, since it depends on how much paper there is around. 0 when nothing stands
 * out from the noise. */
static float threshold_of(const grey *g, float deviation) {
    enum { ROUNDS = 8 };
    const float least = 0.08f, noise = 6 * deviation;
    double count[LEVELS] = {0};
    for (int i = 0; i < g->height * g->width; i++)
        count[level_of(g->value[i])]++;
    int pen = median_above(count, otsu(count));
    for (int round = 0; round < ROUNDS; round++)
        pen = median_above(count, pen / 2);
    float dark = (float)pen / (LEVELS - 1), threshold = dark / 2;
    if (dark < 2 * least || dark < noise)
        return 0;
    threshold = threshold > noise ? threshold : noise;
    return threshold < 0.8f * dark ? threshold : 0.8f * dark;
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

/* Pixels that hang together, corners included. */
typedef struct piece {
    int area, top, left, bottom, right;
} piece;

typedef struct pieces {
    const grey *g;
    float threshold;
    int *label; /* [height][width]: number of the piece, from 1; 0: none */
    int *queue; /* [height * width] */
    int count, capacity;
    piece *piece; /* [count]; piece k is piece[k - 1] */
} pieces;

static void widen(piece *p, int x, int y) {
    p->area++;
    p->left = x < p->left ? x : p->left;
    p->right = x + 1 > p->right ? x + 1 : p->right;
    p->top = y < p->top ? y : p->top;
    p->bottom = y + 1 > p->bottom ? y + 1 : p->bottom;
}

/* Gives every pixel that hangs together with pixel `start` the next number. */
static bool take_piece(pieces *all, int start) {
    const grey *g = all->g;
    if (all->count == all->capacity) {
        int capacity = 2 * all->capacity + 64;
        piece *grown = realloc(all->piece, (size_t)capacity * sizeof *grown);
        if (!grown)
            return false;
        all->piece = grown;
        all->capacity = capacity;
    }
    piece *p = &all->piece[all->count++];
    *p = (piece){.top = g->height, .left = g->width};
    int first = 0, end = 0;
    all->queue[end++] = start;
    all->label[start] = all->count;
    while (first < end) {
        int at = all->queue[first++], x = at % g->width, y = at / g->width;
        widen(p, x, y);
        for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < g->height; v++)
            for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < g->width; u++) {
                int next = v * g->width + u;
                if (all->label[next] == 0 && g->value[next] > all->threshold) {
                    all->label[next] = all->count;
                    all->queue[end++] = next;
                }
            }
    }
    return true;
}

static bool find_pieces(pieces *all) {
    size_t pixels = (size_t)all->g->height * (size_t)all->g->width;
    all->label = calloc(pixels, sizeof *all->label);
    all->queue = malloc(pixels * sizeof *all->queue);
    if (!all->label || !all->queue)
        return false;
    for (int i = 0; i < (int)pixels; i++)
        if (all->label[i] == 0 && all->g->value[i] > all->threshold && !take_piece(all, i))
            return false;
    return true;
}

static void pieces_free(pieces *all) {
    free(all->label);
    free(all->queue);
    free(all->piece);
}

static bool is_free(const pieces *all, const piece *p) {
    return p->top > 0 && p->left > 0 && p->bottom < all->g->height && p->right < all->g->width;
}

static int longer_side(const piece *p) {
    int height = p->bottom - p->top, width = p->right - p->left;
    return height > width ? height : width;
}

/* The largest piece that does not touch the edge of the picture: what touches it is mostly a shadow
 * or where the paper ends. Where there is no such piece of any size, the largest of all. */
static const piece *main_piece(const pieces *all, bool *edges) {
    int shorter = all->g->height < all->g->width ? all->g->height : all->g->width;
    const piece *best[2] = {NULL, NULL}; /* of all, of those that are free */
    for (int i = 0; i < all->count; i++) {
        const piece *p = &all->piece[i];
        if (!best[0] || p->area > best[0]->area)
            best[0] = p;
        if (is_free(all, p) && (!best[1] || p->area > best[1]->area))
            best[1] = p;
    }
    bool large = best[1] && best[1]->area >= 8 && longer_side(best[1]) * 12 >= shorter;
    *edges = !large;
    return large ? best[1] : best[0];
}

/* Dots and parts of broken strokes belong to the character: not far from its largest piece, and no
 * mere specks. */
static bool belongs(const pieces *all, const piece *p, const piece *to, bool edges) {
    int reach = longer_side(to) / 2;
    if (p == to)
        return true;
    return (edges || is_free(all, p)) && p->area * 50 >= to->area && p->right + reach > to->left &&
           p->left < to->right + reach && p->bottom + reach > to->top &&
           p->top < to->bottom + reach;
}

/* ---- Ink ------------------------------------------------------------------------------------- */

/* Whether a piece that was kept lies within two pixels: the edge of a stroke is soft. */
static bool near_kept(const pieces *all, const bool *kept, int x, int y) {
    enum { EDGE = 2 };
    const grey *g = all->g;
    for (int v = y > EDGE ? y - EDGE : 0; v <= y + EDGE && v < g->height; v++)
        for (int u = x > EDGE ? x - EDGE : 0; u <= x + EDGE && u < g->width; u++) {
            int label = all->label[v * g->width + u];
            if (label > 0 && kept[label - 1])
                return true;
        }
    return false;
}

static float amount_of(float value, float threshold) {
    float amount = (value - 0.5f * threshold) / threshold;
    return amount < 0 ? 0 : amount > 1 ? 1 : amount;
}

/* Turns values into amounts of ink, and finds the box of what is left. */
static void keep_ink(pieces *all, const bool *kept, ink *out) {
    piece box = {.top = out->height, .left = out->width};
    for (int i = 0; i < out->height * out->width; i++) {
        int x = i % out->width, y = i / out->width;
        float amount = amount_of(out->amount[i], all->threshold);
        out->amount[i] = amount > 0 && near_kept(all, kept, x, y) ? amount : 0;
        if (out->amount[i] >= 0.25f)
            widen(&box, x, y);
    }
    out->top = box.top;
    out->left = box.left;
    out->bottom = box.bottom;
    out->right = box.right;
}

static bool choose_pieces(pieces *all, ink *out) {
    if (!find_pieces(all))
        return false;
    bool edges, *kept = calloc((size_t)all->count + 1, sizeof *kept);
    if (!kept)
        return false;
    const piece *largest = main_piece(all, &edges);
    for (int i = 0; i < all->count; i++)
        kept[i] = belongs(all, &all->piece[i], largest, edges);
    keep_ink(all, kept, out);
    free(kept);
    return true;
}

bool ink_find(const char *name, const picture *p, ink *out, lcnn_errors *errors) {
    grey g;
    if (!reduce(p, &g)) {
        error_no_memory(errors);
        return false;
    }
    *out = (ink){.height = g.height, .width = g.width, .amount = g.value};
    float deviation = light_remove(&g);
    pieces all = {.g = &g, .threshold = threshold_of(&g, deviation)};
    bool found = all.threshold > 0;
    if (!found)
        error_add(errors, LCNN_BAD_DATA, error_file(errors, name),
                  "no character found: nothing stands out from the background");
    else if (!(found = choose_pieces(&all, out)))
        error_no_memory(errors);
    pieces_free(&all);
    if (!found)
        free(out->amount);
    return found;
}
