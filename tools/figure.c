/* figure.c - charts as gnuplot commands: where the title, the legend, the axes and the values lie.
 * See figure.h. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "figure_parts.h"
#include "memory.h"
#include "rundir.h"
#include "text.h"

enum {
    WIDTH = 560,
    PLOT_HEIGHT = 260,
    ROW = 21, /* of a chart that lies on its side */
    MARGIN = 12,
    TITLE = 15,
    LETTERS = 13,
    LINE = 20, /* from one line of text to the next */
    LONGEST_NAME = 28,
};

const char *const series_colour[SERIES_COLOURS] = {"#2a5bb8", "#d9730d", "#1d8a52", "#8a4fb0",
                                                   "#c5364a", "#0d8a96", "#8a6140", "#b84f90"};

/* Everything known of a chart while it is laid out. */
typedef struct layout {
    const chart *chart;
    drawing *d;
    FILE *out;
    scale x, y;
    double left, right, top, bottom; /* of the plot, in pixels from the upper left */
    bool sideways, turned;           /* turned: names below the x axis stand upright */
} layout;

/* ---- Text ------------------------------------------------------------------------------------- */

static void quote(FILE *out, const char *text, bool tick) {
    fputc('\'', out);
    for (; *text; text += strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n')) {
        const char *line = text_printf("%.*s", (int)strcspn(text, "\n"), text);
        for (const char *s = text_plain(line); *s; s++) {
            if (*s == '\'' || (tick && *s == '%'))
                fputc(*s, out);
            fputc(*s, out);
        }
        if (text[strcspn(text, "\n")])
            fputc(' ', out);
    }
    fputc('\'', out);
}

void gp_text(FILE *out, const char *text) {
    quote(out, text, false);
}

void gp_tick_text(FILE *out, const char *text) {
    quote(out, text, true);
}

void gp_words(FILE *out, const drawing *d, const words *w) {
    static const char *const word[] = {"left", "centre", "right"};
    fputs("set label ", out);
    gp_text(out, w->text);
    fprintf(out, " at screen %.5f,%.5f %s font ',%d' textcolor rgb '%s' front\n", w->x / d->width,
            1 - w->y / d->height, word[w->align], w->size, w->colour);
}

double text_pixels(const char *text, int size) {
    double width = 0;
    for (; *text; text++) {
        if (((unsigned char)*text & 0xc0) == 0x80)
            continue;
        width += strchr("iljtf.,:;'|!()[] ", *text) ? 0.33
                 : strchr("mwMW@%", *text)          ? 0.9
                 : *text >= 'A' && *text <= 'Z'     ? 0.7
                                                    : 0.58;
    }
    return width * size;
}

/* ---- Layout ----------------------------------------------------------------------------------- */

static const char *colour_of(const chart *c, int index) {
    const series *s = &c->series[index];
    if (s->style == SERIES_REFERENCE && s->colour == 0)
        return REFERENCE;
    int place = 0;
    for (int i = 0; i < index; i++)
        place += c->series[i].style != SERIES_REFERENCE && c->series[i].colour == 0;
    return series_colour[(s->colour > 0 ? s->colour - 1 : place) % SERIES_COLOURS];
}

/* The axis that values and their intervals lie along. */
static scale *value_scale(layout *l) {
    return l->sideways ? &l->x : &l->y;
}

static void see_values(layout *l) {
    for (int i = 0; i < l->chart->series_count; i++) {
        const series *s = &l->chart->series[i];
        for (int k = 0; k < s->count; k++) {
            if (!scale_holds(&l->x, s->x[k]) || !scale_holds(&l->y, s->y[k]))
                continue;
            scale_widen(&l->x, s->x[k]);
            scale_widen(&l->y, s->y[k]);
            if (s->low && s->high) {
                scale_widen(value_scale(l), s->low[k]);
                scale_widen(value_scale(l), s->high[k]);
            }
        }
    }
}

static double widest_tick(const scale *s) {
    double widest = 0;
    for (int i = 0; i < s->ticks; i++)
        widest = fmax(widest, text_pixels(s->text[i], LETTERS));
    return widest;
}

/* A point as the legend and the chart show it. */
static const char *point_of(const series *s) {
    return s->style == SERIES_REFERENCE     ? "pt 6 ps 0.75"
           : s->style == SERIES_BARS        ? "pt 5 ps 1.1"
           : s->faint                       ? "pt 7 ps 0.35"
           : s->style == SERIES_LINE_POINTS ? "pt 7 ps 0.5"
                                            : "pt 7 ps 0.7";
}

static bool has_line(const series *s) {
    return s->style == SERIES_LINE || s->style == SERIES_LINE_POINTS ||
           (s->style == SERIES_REFERENCE && s->count > 1);
}

static const char *line_of(const series *s) {
    return s->style == SERIES_REFERENCE ? "lw 1.2 dt (7,5)" : s->faint ? "lw 0.8" : "lw 2";
}

/* A line of `length` pixels and a point in its middle. */
static void draw_sample(layout *l, int index, double x, double y, double length) {
    const series *s = &l->chart->series[index];
    const drawing *d = l->d;
    const char *colour = colour_of(l->chart, index);
    double height = 1 - y / d->height;
    if (has_line(s))
        fprintf(l->out,
                "set arrow from screen %.5f,%.5f to screen %.5f,%.5f nohead %s lc rgb '%s'\n",
                x / d->width, height, (x + length) / d->width, height, line_of(s), colour);
    if (s->style != SERIES_LINE)
        fprintf(l->out, "set label '' at screen %.5f,%.5f point %s lc rgb '%s'\n",
                (x + length / 2) / d->width, height, point_of(s), colour);
}

/* The entries in rows below `y`, drawn where `draw`; returns the y below them. */
static double lay_legend(layout *l, double y, bool draw) {
    double x = MARGIN;
    int shown = 0;
    for (int i = 0; i < l->chart->series_count; i++) {
        const series *s = &l->chart->series[i];
        if (!s->label)
            continue;
        const char *text = text_short(s->label, 48);
        double sample = has_line(s) ? 26 : 10, width = sample + 6 + text_pixels(text, LETTERS);
        if (x > MARGIN && x + width > l->d->width - MARGIN) {
            x = MARGIN;
            y += LINE;
        }
        if (draw) {
            draw_sample(l, i, x, y + LINE / 2.0, sample);
            gp_words(l->out, l->d,
                     &(words){x + sample + 6, y + LINE / 2.0, ALIGN_LEFT, LETTERS, INK, text});
        }
        x += width + 18;
        shown++;
    }
    return shown > 0 ? y + LINE + 4 : y;
}

/* Title, label of the y axis and legend, from the top down; returns where the plot may begin. */
static double lay_head(layout *l, bool draw) {
    const chart *c = l->chart;
    double y = MARGIN;
    if (c->title) {
        if (draw)
            gp_words(l->out, l->d,
                     &(words){MARGIN, y + 9, ALIGN_LEFT, TITLE, INK, text_short(c->title, 72)});
        y += 26;
    }
    y = lay_legend(l, y, draw);
    if (c->y.label) {
        if (draw)
            gp_words(
                l->out, l->d,
                &(words){MARGIN, y + 8, ALIGN_LEFT, LETTERS, FAINT, text_short(c->y.label, 80)});
        y += LINE;
    }
    return y + 8;
}

static void lay_out(layout *l) {
    const chart *c = l->chart;
    drawing *d = l->d;
    d->width = WIDTH;
    scale_finish(&l->x, 6);
    scale_finish(&l->y, 6);
    l->left = MARGIN + widest_tick(&l->y) + 8;
    l->right = WIDTH - MARGIN -
               (l->x.ticks > 0 && c->x.name_count == 0
                    ? text_pixels(l->x.text[l->x.ticks - 1], LETTERS) / 2
                    : 0);
    l->top = lay_head(l, false);
    l->bottom = l->top + (l->sideways ? ROW * c->y.name_count : PLOT_HEIGHT);
    l->turned = c->x.name_count > 0 && widest_tick(&l->x) + 6 > (l->right - l->left) / l->x.ticks;
    double below = l->turned ? widest_tick(&l->x) + 10 : LINE + 2;
    d->height = (int)(l->bottom + below + (c->x.label ? LINE : 0) + MARGIN / 2);
    l->x.begin = l->left;
    l->x.end = l->right;
    l->y.begin = l->sideways ? l->top : l->bottom; /* rows go down */
    l->y.end = l->sideways ? l->bottom : l->top;
}

/* ---- Axes ------------------------------------------------------------------------------------- */

static void draw_ticks(layout *l, const scale *s, char name, bool grid, const char *more) {
    fprintf(l->out, "set %crange [%.15g:%.15g]\n", name,
            name == 'y' && l->sideways ? s->high : s->low,
            name == 'y' && l->sideways ? s->low : s->high);
    if (s->axis->log && s->axis->name_count == 0)
        fprintf(l->out, "set logscale %c\n", name);
    fprintf(l->out, "set %ctics nomirror %s scale %s font ',%d' textcolor rgb '%s' (", name, more,
            grid ? "0" : "0.4", LETTERS, name == 'y' && l->sideways ? INK : FAINT);
    for (int i = 0; i < s->ticks; i++) {
        fputs(i == 0 ? "" : ", ", l->out);
        gp_tick_text(l->out, s->text[i]);
        fprintf(l->out, " %.15g", s->at[i]);
    }
    fprintf(l->out, ")\nset %s %ctics\n", grid ? "grid" : "grid no", name);
}

static void draw_axes(layout *l) {
    const chart *c = l->chart;
    const drawing *d = l->d;
    fprintf(l->out,
            "set lmargin at screen %.5f\nset rmargin at screen %.5f\nset tmargin at screen %.5f\n"
            "set bmargin at screen %.5f\n",
            l->left / d->width, l->right / d->width, 1 - l->top / d->height,
            1 - l->bottom / d->height);
    fprintf(l->out, "set border %d lw 1 lc rgb '%s'\nset grid lt 1 lw 1 dt 1 lc rgb '%s' back\n",
            l->sideways ? 2 : 1, FAINT, RULE);
    draw_ticks(l, &l->x, 'x', l->sideways || (c->x.name_count == 0 && !c->x.whole),
               l->turned ? "rotate by 90 right" : "norotate");
    draw_ticks(l, &l->y, 'y', !l->sideways, "norotate");
    if (c->x.label)
        gp_words(l->out, d,
                 &(words){l->right, d->height - MARGIN, ALIGN_RIGHT, LETTERS, FAINT,
                          text_short(c->x.label, 80)});
}

/* ---- Values ----------------------------------------------------------------------------------- */

/* A data block; a point that cannot be shown leaves a blank line, at which gnuplot breaks a line.
 */
static void write_values(layout *l, int index) {
    const series *s = &l->chart->series[index];
    fprintf(l->out, "$d%d << EOD\n", index);
    for (int i = 0; i < s->count; i++) {
        if (!scale_holds(&l->x, s->x[i]) || !scale_holds(&l->y, s->y[i])) {
            fputc('\n', l->out);
            continue;
        }
        double value = l->sideways ? s->x[i] : s->y[i];
        double low = s->low ? s->low[i] : value, high = s->high ? s->high[i] : value;
        const scale *along = value_scale(l);
        fprintf(l->out, "%.15g %.15g %.15g %.15g\n", s->x[i], s->y[i],
                isfinite(low) ? (scale_holds(along, low) ? low : along->low) : value,
                isfinite(high) ? high : value);
    }
    fputs("EOD\n", l->out);
}

/* Where bars of several series share a place, each gets its part of it. */
static void plot_bars(layout *l, int index, const char *colour) {
    int bars = 0, place = 0;
    for (int i = 0; i < l->chart->series_count; i++) {
        bars += l->chart->series[i].style == SERIES_BARS;
        place += i < index && l->chart->series[i].style == SERIES_BARS;
    }
    double from = -0.36 + 0.72 * place / bars, to = -0.36 + 0.72 * (place + 1) / bars;
    double from_axis = value_scale(l)->low;
    if (l->sideways)
        fprintf(l->out, "$d%d using 1:2:(%.15g):1:($2%+.3f):($2%+.3f)", index, from_axis, from, to);
    else
        fprintf(l->out, "$d%d using 1:2:($1%+.3f):($1%+.3f):(%.15g):2", index, from, to, from_axis);
    fprintf(l->out, " with boxxyerror fs solid noborder lc rgb '%s'", colour);
}

static void plot_series(layout *l, int index, const char **before) {
    const series *s = &l->chart->series[index];
    const char *colour = colour_of(l->chart, index);
    if (s->style == SERIES_BARS) {
        fputs(*before, l->out);
        plot_bars(l, index, colour);
        *before = ", ";
    }
    if (s->low && s->high) {
        fprintf(l->out, "%s$d%d using %s with vectors nohead lw 1.3 lc rgb '%s'", *before, index,
                l->sideways ? "3:2:($4-$3):(0)" : "1:3:(0):($4-$3)",
                s->style == SERIES_BARS ? INK : colour);
        *before = ", ";
    }
    if (has_line(s)) {
        fprintf(l->out, "%s$d%d using 1:2 with lines %s lc rgb '%s'", *before, index, line_of(s),
                colour);
        *before = ", ";
    }
    if (s->style != SERIES_LINE && s->style != SERIES_BARS) {
        fprintf(l->out, "%s$d%d using 1:2 with points %s lw 1.3 lc rgb '%s'", *before, index,
                point_of(s), colour);
        *before = ", ";
    }
}

static bool has_values(layout *l, const series *s) {
    for (int i = 0; i < s->count; i++)
        if (scale_holds(&l->x, s->x[i]) && scale_holds(&l->y, s->y[i]))
            return true;
    return false;
}

/* All points are taken before the first name looks for room. */
static void draw_names(layout *l) {
    const chart *c = l->chart;
    placement p = {.area = {l->left, l->top - 6, WIDTH - 2, l->bottom}};
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < c->series_count; i++) {
            const series *s = &c->series[i];
            for (int k = 0; k < s->count; k++) {
                if (!scale_holds(&l->x, s->x[k]) || !scale_holds(&l->y, s->y[k]))
                    continue;
                double x = scale_pixel(&l->x, s->x[k]), y = scale_pixel(&l->y, s->y[k]);
                if (pass == 0) {
                    placement_add(&p, (box){x - 4, y - 4, x + 4, y + 4});
                } else if (s->names && s->names[k]) {
                    words w = {0,           0,   ALIGN_LEFT,
                               LETTERS - 1, INK, text_short(s->names[k], LONGEST_NAME)};
                    placement_find(&p, x, y, &w);
                    gp_words(l->out, l->d, &w);
                }
            }
        }
    free(p.taken);
}

static bool any_names(const chart *c) {
    for (int i = 0; i < c->series_count; i++)
        if (c->series[i].names)
            return true;
    return false;
}

/* A copy of a text that may lie in a buffer of text.h, which is used again below. */
static char *kept(const char *text) {
    return text ? memory_text(text) : NULL;
}

void figures_chart(figures *f, const chart *given) {
    chart copy = *given, *c = &copy;
    char *title = kept(given->title), *x = kept(given->x.label), *y = kept(given->y.label);
    copy.title = title;
    copy.x.label = x;
    copy.y.label = y;
    layout l = {.chart = c, .d = drawing_begin(f, c->name), .sideways = c->y.name_count > 0};
    l.out = l.d->out;
    scale_begin(&l.x, &c->x);
    scale_begin(&l.y, &c->y);
    see_values(&l);
    lay_out(&l);
    lay_head(&l, true);
    draw_axes(&l);
    if (any_names(c))
        draw_names(&l);
    for (int i = 0; i < c->series_count; i++)
        write_values(&l, i);
    const char *before = "plot ";
    for (int i = 0; i < c->series_count; i++)
        if (has_values(&l, &c->series[i]))
            plot_series(&l, i, &before);
    if (strcmp(before, "plot ") == 0)
        fputs("plot NaN", l.out);
    fputc('\n', l.out);
    drawing_end(l.d, l.d->width, l.d->height);
    free(title);
    free(x);
    free(y);
}
