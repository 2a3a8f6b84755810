/* ink_light.c - takes the light off a picture: a surface of second degree through its background,
 * fitted to the border first and then to all that lies near it. See ink.h. */
#include "config.h"

#include "ink_parts.h"

#include <math.h>
#include <string.h>

enum { TERMS = 6 };

/* a + b x + c y + d x^2 + e x y + f y^2, x and y from -1 to 1. */
typedef struct surface {
    double coefficient[TERMS];
} surface;

static void terms(const grey *g, int x, int y, double t[TERMS]) {
    double u = g->width > 1 ? 2.0 * x / (g->width - 1) - 1 : 0;
    double v = g->height > 1 ? 2.0 * y / (g->height - 1) - 1 : 0;
    t[0] = 1;
    t[1] = u;
    t[2] = v;
    t[3] = u * u;
    t[4] = u * v;
    t[5] = v * v;
}

static float height_at(const surface *s, const grey *g, int x, int y) {
    double t[TERMS], sum = 0;
    terms(g, x, y, t);
    for (int i = 0; i < TERMS; i++)
        sum += s->coefficient[i] * t[i];
    return (float)sum;
}

/* Gaussian elimination with pivots; a term that nothing determines becomes 0. */
static void solve(double m[TERMS][TERMS + 1], double out[TERMS]) {
    for (int i = 0; i < TERMS; i++) {
        int best = i;
        for (int r = i + 1; r < TERMS; r++)
            best = fabs(m[r][i]) > fabs(m[best][i]) ? r : best;
        double row[TERMS + 1];
        memcpy(row, m[i], sizeof row);
        memcpy(m[i], m[best], sizeof row);
        memcpy(m[best], row, sizeof row);
        if (fabs(m[i][i]) < 1e-9) {
            memset(m[i], 0, sizeof row);
            m[i][i] = 1;
        }
        for (int r = i + 1; r < TERMS; r++) {
            double factor = m[r][i] / m[i][i];
            for (int c = i; c <= TERMS; c++)
                m[r][c] -= factor * m[i][c];
        }
    }
    for (int i = TERMS - 1; i >= 0; i--) {
        double sum = m[i][TERMS];
        for (int c = i + 1; c < TERMS; c++)
            sum -= m[i][c] * out[c];
        out[i] = sum / m[i][i];
    }
}

/* Which pixels a surface is fitted to. */
typedef struct choice {
    int border; /* those at most so far from the edge; 0: all */
    bool near;  /* only those within `reach` of `from` */
    surface from;
    float reach;
} choice;

static bool at_border(const grey *g, int x, int y, int border) {
    return x < border || y < border || x >= g->width - border || y >= g->height - border;
}

static bool chosen(const choice *c, const grey *g, int x, int y) {
    if (c->border > 0 && !at_border(g, x, y, c->border))
        return false;
    float off = g->value[y * g->width + x] - (c->near ? height_at(&c->from, g, x, y) : 0);
    return !c->near || (off < c->reach && off > -c->reach);
}

/* Least squares; a little is added to the diagonal, so that a few pixels in a row cannot bend the
 * surface wildly elsewhere. */
static surface fit(const grey *g, const choice *c) {
    double m[TERMS][TERMS + 1] = {{0}}, count = 0;
    for (int y = 0; y < g->height; y++)
        for (int x = 0; x < g->width; x++) {
            if (!chosen(c, g, x, y))
                continue;
            double t[TERMS];
            terms(g, x, y, t);
            for (int i = 0; i < TERMS; i++) {
                for (int k = 0; k < TERMS; k++)
                    m[i][k] += t[i] * t[k];
                m[i][TERMS] += t[i] * (double)g->value[y * g->width + x];
            }
            count++;
        }
    for (int i = 1; i < TERMS; i++)
        m[i][i] += 0.001 * count;
    surface s;
    solve(m, s.coefficient);
    return s;
}

/* Median distance of the chosen pixels from a surface, as a deviation. */
static float spread(const grey *g, const surface *s, int border) {
    enum { STEPS = 4, BINS = 256 * STEPS };
    uint32_t bin[BINS] = {0}, count = 0, below = 0;
    for (int y = 0; y < g->height; y++)
        for (int x = 0; x < g->width; x++) {
            if (border > 0 && !at_border(g, x, y, border))
                continue;
            float off = fabsf(g->value[y * g->width + x] - height_at(s, g, x, y)) * STEPS;
            bin[off < BINS - 1 ? (int)off : BINS - 1]++;
            count++;
        }
    int median = 0;
    while (median < BINS - 1 && (below += bin[median]) * 2 < count)
        median++;
    return ((float)median + 0.5f) * (1.4826f / STEPS);
}

/* The border is background for the most part; what lies near the surface through it is, too. */
static surface background(const grey *g, float *deviation) {
    enum { ROUNDS = 4 };
    int shorter = g->height < g->width ? g->height : g->width;
    choice c = {.border = shorter / 20 + 1};
    for (int round = 0; round < 2 * ROUNDS; round++) {
        if (round == ROUNDS)
            c.border = 0;
        c.from = fit(g, &c);
        *deviation = spread(g, &c.from, c.border);
        c.reach = *deviation * 3 > 6 ? *deviation * 3 : 6;
        c.near = true;
    }
    return c.from;
}

static float bounded(float x, float low, float high) {
    return x < low ? low : x > high ? high : x;
}

/* Light multiplies: what stands out is measured by what the background left room for, so that ink
 * in the shadow is as dark as ink in the light. */
float light_remove(grey *g) {
    enum { LEAST_ROOM = 32 };
    float deviation, darker = 0, lighter = 0, middle;
    surface s = background(g, &deviation);
    for (int i = 0; i < g->height * g->width; i++) {
        float off = g->value[i] - height_at(&s, g, i % g->width, i / g->width);
        darker += off < -4 * deviation ? -off : 0;
        lighter += off > 4 * deviation ? off : 0;
    }
    for (int i = 0; i < g->height * g->width; i++) {
        float paper = bounded(height_at(&s, g, i % g->width, i / g->width), 0, 255);
        float off = darker > lighter ? paper - g->value[i] : g->value[i] - paper;
        float room = darker > lighter ? paper : 255 - paper;
        g->value[i] = bounded(off / bounded(room, LEAST_ROOM, 255), 0, 1);
    }
    middle = bounded(height_at(&s, g, g->width / 2, g->height / 2), 0, 255);
    return deviation / bounded(darker > lighter ? middle : 255 - middle, LEAST_ROOM, 255);
}
