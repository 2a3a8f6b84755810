/* figure_heat.c - confusion matrices as heat maps. */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "figure_parts.h"
#include "text.h"

enum {
    NUMBERED = 16, /* up to so many classes, cells have room for numbers */
    MARGIN = 12,
    LETTERS = 13,
    LINE = 20,
    LONGEST_NAME = 16,
};

const char *const heat_hit[HEAT_STEPS] = {"#e6effa", "#cfe0f4", "#b0cceb", "#8bb2df",
                                          "#6696d0", "#477abd", "#2f5fa3", "#1f4780"};
const char *const heat_miss[HEAT_STEPS] = {"#fdeee0", "#fbdcc0", "#f8c497", "#f3a66a",
                                           "#ea8743", "#d96a28", "#b9521a", "#943f12"};

typedef struct map {
    const heat_map *h;
    drawing *d;
    FILE *out;
    double cell, left, top; /* pixels */
    int letters;            /* size of the names */
    bool turned;            /* names of columns stand upright */
} map;

static double value_at(const map *m, int row, int column) {
    return m->h->value[row * m->h->size + column];
}

static double row_sum(const map *m, int row) {
    double sum = 0;
    for (int k = 0; k < m->h->size; k++)
        sum += value_at(m, row, k);
    return sum;
}

/* 0 to HEAT_STEPS - 1. Hits by their share of the row; misses are few, so by its logarithm: from
 * one in 2,000 to one in ten. */
static int step_of(double share, bool hit) {
    double step = hit ? share * HEAT_STEPS
                      : HEAT_STEPS * (log10(share) - log10(5e-4)) / (log10(0.1) - log10(5e-4));
    return step < 0 ? 0 : step >= HEAT_STEPS ? HEAT_STEPS - 1 : (int)step;
}

/* ---- Layout ----------------------------------------------------------------------------------- */

static void lay_out(map *m) {
    const heat_map *h = m->h;
    double widest = 0;
    m->cell = h->size <= NUMBERED ? fmin(46, 520.0 / h->size) : fmax(10.5, 640.0 / h->size);
    m->letters = m->cell >= 14 ? LETTERS : (int)fmin(LETTERS, m->cell - 1);
    for (int i = 0; i < h->size; i++)
        widest = fmax(widest, text_pixels(text_short(h->names[i], LONGEST_NAME), m->letters));
    m->turned = widest > m->cell;
    m->left = MARGIN + widest + 8;
    m->top =
        MARGIN + (h->title ? 26 : 0) + (h->row_label ? LINE : 0) + (m->turned ? widest : LINE) + 4;
    m->d->width = (int)(m->left + m->cell * h->size + MARGIN);
    m->d->height = (int)(m->top + m->cell * h->size + MARGIN);
}

static void draw_head(const map *m) {
    const heat_map *h = m->h;
    double y = MARGIN;
    if (h->title) {
        gp_words(m->out, m->d, &(words){MARGIN, y + 9, ALIGN_LEFT, 15, INK, h->title});
        y += 26;
    }
    if (h->row_label)
        gp_words(m->out, m->d,
                 &(words){MARGIN, y + 8, ALIGN_LEFT, LETTERS, FAINT,
                          text_printf("rows: %s, columns: %s", h->row_label, h->column_label)});
}

static void draw_axes(const map *m) {
    const drawing *d = m->d;
    int n = m->h->size;
    fprintf(m->out,
            "set lmargin at screen %.5f\nset rmargin at screen %.5f\nset tmargin at screen %.5f\n"
            "set bmargin at screen %.5f\nset border 0\nunset grid\n",
            m->left / d->width, (m->left + n * m->cell) / d->width, 1 - m->top / d->height,
            1 - (m->top + n * m->cell) / d->height);
    fprintf(m->out, "set xrange [-0.5:%d.5]\nset yrange [%d.5:-0.5]\nunset xtics\n", n - 1, n - 1);
    for (int i = 0; i < 2; i++) {
        fprintf(m->out, "set %s scale 0 %s font ',%d' textcolor rgb '%s' (",
                i == 0 ? "x2tics" : "ytics nomirror",
                i == 0 && m->turned ? "rotate by 90 left" : "norotate", m->letters, FAINT);
        for (int k = 0; k < n; k++) {
            fputs(k == 0 ? "" : ", ", m->out);
            gp_tick_text(m->out, text_short(m->h->names[k], LONGEST_NAME));
            fprintf(m->out, " %d", k);
        }
        fputs(")\n", m->out);
    }
    fprintf(m->out, "set x2range [-0.5:%d.5]\n", n - 1);
}

/* ---- Cells ------------------------------------------------------------------------------------ */

/* A data block for the cells of one colour; false where there are none. */
static bool write_cells(const map *m, bool hits, int step) {
    bool any = false;
    for (int i = 0; i < m->h->size; i++)
        for (int k = 0; k < m->h->size; k++) {
            double value = value_at(m, i, k);
            if ((i == k) != hits || !(value > 0) || step_of(value / row_sum(m, i), hits) != step)
                continue;
            if (!any)
                fprintf(m->out, "$c%d%d << EOD\n", hits, step);
            any = true;
            fprintf(m->out, "%d %d\n", k, i);
        }
    if (any)
        fputs("EOD\n", m->out);
    return any;
}

static void draw_numbers(const map *m) {
    for (int i = 0; i < m->h->size; i++)
        for (int k = 0; k < m->h->size; k++) {
            double value = value_at(m, i, k);
            if (!(value > 0))
                continue;
            const char *text = text_printf("%.15g", value);
            double room = (m->cell - 4) / fmax(1, text_pixels(text, 1));
            bool deep = step_of(value / row_sum(m, i), i == k) >= HEAT_STEPS / 2;
            gp_words(m->out, m->d,
                     &(words){m->left + (k + 0.5) * m->cell, m->top + (i + 0.5) * m->cell,
                              ALIGN_CENTRE, (int)fmin(LETTERS, room), deep ? ON_DEEP : INK, text});
        }
}

/* The grid is drawn as the ground of all cells: lines between them are what the cells leave free.
 */
void figures_heat_map(figures *f, const heat_map *h) {
    map m = {.h = h, .d = drawing_begin(f, h->name)};
    m.out = m.d->out;
    lay_out(&m);
    draw_head(&m);
    draw_axes(&m);
    if (h->size <= NUMBERED)
        draw_numbers(&m);
    double half = 0.5 - fmin(0.06, 0.5 / m.cell);
    bool here[2][HEAT_STEPS];
    for (int i = 0; i < 2 * HEAT_STEPS; i++)
        here[i / HEAT_STEPS][i % HEAT_STEPS] = write_cells(&m, i / HEAT_STEPS, i % HEAT_STEPS);
    fprintf(m.out,
            "$ground << EOD\n%g %g\nEOD\nplot $ground using 1:2:(-0.5):(%d.5):(-0.5):(%d.5) with "
            "boxxyerror fs solid noborder lc rgb '" WASH "'",
            0.0, 0.0, h->size - 1, h->size - 1);
    for (int i = 0; i < 2 * HEAT_STEPS; i++)
        if (here[i / HEAT_STEPS][i % HEAT_STEPS])
            fprintf(m.out,
                    ", $c%d%d using 1:2:($1-%.3f):($1+%.3f):($2-%.3f):($2+%.3f) with boxxyerror fs "
                    "solid noborder lc rgb '%s'",
                    i / HEAT_STEPS, i % HEAT_STEPS, half, half, half, half,
                    (i / HEAT_STEPS ? heat_hit : heat_miss)[i % HEAT_STEPS]);
    fputc('\n', m.out);
    drawing_end(m.d, m.d->width, m.d->height);
}
