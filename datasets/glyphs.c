/* glyphs.c - drawing the built-in data set; see glyphs.h. The shapes of the characters are in
 * strokes.c; here they are distorted as hands distort them, and inked.
 *
 * Everything that varies is drawn from a sample's own random numbers: which way of writing, where
 * the points of the path lie, slant, rotation, proportions, bend, width of the pen and its
 * pressure. The result is brought to MNIST's form: within about 20x20 pixels, its centre of mass in
 * the middle. */
#include "config.h"

#include "glyphs.h"
#include "rng.h"
#include "strokes.h"
#include <string.h>

/* ---- Chance ---------------------------------------------------------------------------------- */

/* The random numbers of one sample. */
typedef struct dice {
    rng_key key;
    uint32_t sample;
    uint32_t position;
} dice;

/* Positions below are for the points of the grid: see move_point. */
enum { DICE_START = 1 << 16 };

static dice dice_of(glyphs_part part, uint32_t sample) {
    return (dice){.key = {.purpose = RNG_GLYPHS, .stream = (uint32_t)part},
                  .sample = sample,
                  .position = DICE_START};
}

static uint32_t below(dice *d, uint32_t n) {
    uint32_t word[4];
    rng_words(&d->key, d->sample, d->position++, word);
    return rng_below(word[0], n);
}

/* Between low and high, all equally likely. */
static float even(dice *d, float low, float high) {
    uint32_t word[4];
    rng_words(&d->key, d->sample, d->position++, word);
    return low + (high - low) * rng_unit(word[0]);
}

/* Four words as a number with mean 0 and deviation 1, bell-shaped and never beyond 3.5. */
static float bell_of(const uint32_t word[4]) {
    float sum = rng_unit(word[0]) + rng_unit(word[1]) + rng_unit(word[2]) + rng_unit(word[3]);
    return (sum - 2) * 1.7320508f; /* a sum of four has variance 4 / 12 */
}

static float bell(dice *d, float deviation) {
    uint32_t word[4];
    rng_words(&d->key, d->sample, d->position++, word);
    return deviation * bell_of(word);
}

/* ---- The pen's way --------------------------------------------------------------------------- */

typedef struct point {
    float x, y;
} point;

/* The lines that the pen draws. */
enum { STEPS = 5, MAX_LINES = STEPS * STROKE_POINTS };

typedef struct line {
    point from, to;
    float radius; /* half the width of the pen here, in pixels */
} line;

typedef struct drawing {
    int count;
    line line[MAX_LINES];
} drawing;

/* A point of the path where this hand puts it, in units of a capital's height. The chance depends
 * on the place, so that strokes which meet there still do, and closed loops stay closed. */
static point move_point(const dice *d, const stroke_point *p, float wobble) {
    uint32_t word[4], place = 2 * ((uint32_t)p->x * 256 + (uint32_t)p->y) % DICE_START;
    point moved = {(float)p->x * 0.01f, (float)p->y * 0.01f};
    rng_words(&d->key, d->sample, place, word);
    moved.x += wobble * bell_of(word);
    rng_words(&d->key, d->sample, place + 1, word);
    moved.y += wobble * bell_of(word);
    return moved;
}

/* A point of the curve between b and c whose neighbours are a and e: Catmull and Rom, "A class of
 * local interpolating splines", 1974. */
static float spline(float a, float b, float c, float e, float t) {
    float slope = c - a, bend = 2 * a - 5 * b + 4 * c - e, rest = 3 * b - a - 3 * c + e;
    return b + 0.5f * t * (slope + t * (bend + t * rest));
}

/* Where the curve comes from or goes to beyond its end: straight on. */
static point beyond(point end, point inner) {
    return (point){2 * end.x - inner.x, 2 * end.y - inner.y};
}

/* A smooth run through points[first .. last]; a run that ends where it begins is a loop. */
static void draw_run(drawing *to, const point *p, int first, int last) {
    bool loop = last - first > 2 && p[first].x == p[last].x && p[first].y == p[last].y;
    for (int i = first; i < last; i++) {
        point b = p[i], c = p[i + 1];
        point a = i > first ? p[i - 1] : loop ? p[last - 1] : beyond(b, c);
        point e = i + 1 < last ? p[i + 2] : loop ? p[first + 1] : beyond(c, b);
        point from = b;
        for (int k = 1; k <= STEPS; k++) {
            float t = (float)k * (1.0f / STEPS);
            point at = {spline(a.x, b.x, c.x, e.x, t), spline(a.y, b.y, c.y, e.y, t)};
            to->line[to->count++] = (line){.from = from, .to = at};
            from = at;
        }
    }
}

static void draw_path(drawing *to, const dice *d, const char *path, float wobble) {
    stroke_point raw[STROKE_POINTS];
    point moved[STROKE_POINTS];
    int count = strokes_points(path, raw), first = 0;
    to->count = 0;
    for (int i = 0; i < count; i++)
        moved[i] = move_point(d, &raw[i], wobble);
    for (int i = 0; i < count; i++)
        if (raw[i].lift || raw[i].corner) {
            draw_run(to, moved, first, i);
            first = raw[i].lift ? i + 1 : i;
        }
}

/* ---- The hand -------------------------------------------------------------------------------- */

/* A linear map with a bend, around the middle of a capital. */
typedef struct hand {
    float xx, xy, yx, yy; /* x' = xx x + xy y; y' = yx x + yy y */
    float bend_x, bend_y; /* x' += bend_x y^2; y' += bend_y x^2 */
} hand;

static hand choose_hand(dice *d) {
    /* A rotation without sine and cosine: t is the tangent of half the angle. */
    float t = bell(d, 0.06f);
    float cosine = (1 - t * t) / (1 + t * t), sine = 2 * t / (1 + t * t);
    float width = 1 + bell(d, 0.16f), slant = 0.08f + bell(d, 0.18f);
    hand h;
    h.bend_x = bell(d, 0.12f);
    h.bend_y = bell(d, 0.12f);
    /* First wider or narrower, then slanted, then turned. */
    h.xx = cosine * width;
    h.xy = -cosine * slant - sine;
    h.yx = sine * width;
    h.yy = cosine - sine * slant;
    return h;
}

static point by_hand(const hand *h, point p) {
    float x = p.x - 0.35f, y = p.y - 0.5f;
    return (point){h->xx * x + h->xy * y + h->bend_x * y * y,
                   h->yx * x + h->yy * y + h->bend_y * x * x};
}

/* ---- Onto the grid of pixels ----------------------------------------------------------------- */

static float least(float a, float b) {
    return a < b ? a : b;
}

static float most(float a, float b) {
    return a > b ? a : b;
}

/* Lines weigh as long as they are, as ink does. */
static point middle(const drawing *g) {
    float weight = 1e-6f, x = 0, y = 0;
    for (int i = 0; i < g->count; i++) {
        point a = g->line[i].from, b = g->line[i].to;
        float dx = b.x - a.x, dy = b.y - a.y;
        float length = __builtin_sqrtf(dx * dx + dy * dy);
        weight += length;
        x += length * 0.5f * (a.x + b.x);
        y += length * 0.5f * (a.y + b.y);
    }
    return (point){x / weight, y / weight};
}

typedef struct bounds {
    point low, high;
} bounds;

static bounds bounds_of(const drawing *g) {
    bounds b = {g->line[0].from, g->line[0].from};
    for (int i = 0; i < g->count; i++) {
        point p = g->line[i].from, q = g->line[i].to;
        b.low = (point){least(b.low.x, least(p.x, q.x)), least(b.low.y, least(p.y, q.y))};
        b.high = (point){most(b.high.x, most(p.x, q.x)), most(b.high.y, most(p.y, q.y))};
    }
    return b;
}

/* How far to move so that [low, high] lies within [first, last]. */
static float inwards(float low, float high, float first, float last) {
    return most(0, first - low) - most(0, high - last);
}

static point placed(point p, point centre, float scale, point at) {
    return (point){(p.x - centre.x) * scale + at.x, (p.y - centre.y) * scale + at.y};
}

/* Sizes the drawing to `box` pixels and puts its middle near the middle of the image, no nearer to
 * the edges than `margin`. */
static void place(drawing *g, dice *d, float box, float margin) {
    const float last = GLYPHS_SIDE - 1;
    bounds b = bounds_of(g);
    float scale = box / most(most(b.high.x - b.low.x, b.high.y - b.low.y), 1e-3f);
    point centre = middle(g);
    point at;
    at.x = last * 0.5f + even(d, -0.8f, 0.8f);
    at.y = last * 0.5f + even(d, -0.8f, 0.8f);
    point low = placed(b.low, centre, scale, at), high = placed(b.high, centre, scale, at);
    at.x += inwards(low.x, high.x, margin, last - margin);
    at.y += inwards(low.y, high.y, margin, last - margin);
    for (int i = 0; i < g->count; i++) {
        g->line[i].from = placed(g->line[i].from, centre, scale, at);
        g->line[i].to = placed(g->line[i].to, centre, scale, at);
    }
}

/* The pen, half of it `radius` wide, grows thicker or thinner on its way. */
static void press(drawing *g, float radius, float pressure) {
    for (int i = 0; i < g->count; i++)
        g->line[i].radius = radius * (1 + pressure * (2 * (float)i / (float)g->count - 1));
}

/* ---- Ink ------------------------------------------------------------------------------------- */

static int clamped(float pixel) {
    return pixel < 0 ? 0 : pixel > GLYPHS_SIDE - 1 ? GLYPHS_SIDE - 1 : (int)pixel;
}

/* Darkens each pixel near a line by how far the pen covers it; edges are `soft` pixels wide. */
static void ink_line(const line *l, float soft, float ink[GLYPHS_SIDE][GLYPHS_SIDE]) {
    point a = l->from, b = l->to;
    float dx = b.x - a.x, dy = b.y - a.y, reach = l->radius + 0.5f * soft;
    float share = 1 / (dx * dx + dy * dy + 1e-12f), rise = 1 / soft;
    int left = clamped(least(a.x, b.x) - reach), right = clamped(most(a.x, b.x) + reach + 1);
    int top = clamped(least(a.y, b.y) - reach), bottom = clamped(most(a.y, b.y) + reach + 1);
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) {
            float px = (float)x - a.x, py = (float)y - a.y;
            float along = most(0, least(1, (px * dx + py * dy) * share));
            float ex = px - along * dx, ey = py - along * dy;
            float away = ex * ex + ey * ey;
            if (away < reach * reach)
                ink[y][x] = most(ink[y][x], least(1, (reach - __builtin_sqrtf(away)) * rise));
        }
}

static void draw_sample(char symbol, dice *d, uint8_t *image) {
    float ink[GLYPHS_SIDE][GLYPHS_SIDE] = {{0}};
    drawing g;
    int way = (int)below(d, (uint32_t)strokes_count(symbol));
    draw_path(&g, d, strokes_path(symbol, way), even(d, 0.01f, 0.055f));
    hand h = choose_hand(d);
    for (int i = 0; i < g.count; i++) {
        g.line[i].from = by_hand(&h, g.line[i].from);
        g.line[i].to = by_hand(&h, g.line[i].to);
    }
    float radius = even(d, 0.6f, 1.7f), soft = even(d, 1, 1.6f);
    place(&g, d, even(d, 17.5f, 20) - 2 * radius, 1.5f * radius + 0.5f * soft);
    press(&g, radius, bell(d, 0.12f));
    for (int i = 0; i < g.count; i++)
        ink_line(&g.line[i], soft, ink);
    for (int y = 0; y < GLYPHS_SIDE; y++)
        for (int x = 0; x < GLYPHS_SIDE; x++)
            image[y * GLYPHS_SIDE + x] = (uint8_t)(ink[y][x] * 255 + 0.5f);
}

/* ---- Classes --------------------------------------------------------------------------------- */

/* The other form of a merged class: the small letter of a capital, unless it is a class itself. */
static char small_form(const dataset_info *info, int label) {
    char capital = info->class_names[label][0];
    if (capital < 'A' || capital > 'Z')
        return capital;
    char small = (char)(capital - 'A' + 'a');
    for (int i = 0; i < info->classes; i++)
        if (info->class_names[i][0] == small)
            return capital;
    return small;
}

void glyphs_draw(const dataset_info *info, glyphs_part part, uint32_t count, uint8_t *images,
                 uint8_t *labels) {
    for (uint32_t i = 0; i < count; i++) {
        dice d = dice_of(part, i);
        int label = (int)(i % (uint32_t)info->classes);
        char form[2] = {info->class_names[label][0], small_form(info, label)};
        labels[i] = (uint8_t)label;
        draw_sample(form[below(&d, 2)], &d, images + (size_t)i * GLYPHS_SIDE * GLYPHS_SIDE);
    }
}
