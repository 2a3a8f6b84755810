/* preview.c - pictures in the terminal; see preview.h. */
#include "config.h"

#include "command.h"
#include "preview.h"
#include "text.h"

void range_widen(value_range *range, const float *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        range->low = values[i] < range->low ? values[i] : range->low;
        range->high = values[i] > range->high ? values[i] : range->high;
    }
}

void picture_from_values(const float *values, lcnn_picture *picture, const value_range *range) {
    size_t count = (size_t)picture->channels * (size_t)picture->height * (size_t)picture->width;
    value_range own = {values[0], values[0]};
    if (!range)
        range_widen(&own, values, count);
    const value_range *r = range ? range : &own;
    float scale = r->high > r->low ? 255 / (r->high - r->low) : 0;
    for (size_t i = 0; i < count; i++) {
        float level = (values[i] - r->low) * scale;
        picture->pixels[i] = (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level + 0.5f);
    }
}

/* Mean of the pixels of a square and over the channels; 0 beyond the picture. */
static int mean_at(const lcnn_picture *p, int x, int y, int size) {
    long sum = 0, count = 0;
    for (int c = 0; c < p->channels; c++)
        for (int v = y; v < y + size && v < p->height; v++)
            for (int u = x; u < x + size && u < p->width; u++, count++)
                sum += p->pixels[((size_t)c * (size_t)p->height + (size_t)v) * (size_t)p->width +
                                 (size_t)u];
    return count > 0 ? (int)(sum / count) : 0;
}

/* The ramp of greys among the 256 colours of terminals. */
static int grey(int value) {
    return 232 + value * 23 / 255;
}

static void print_cell(int upper, int lower, bool colours, FILE *out) {
    static const char weight[] = " .:-=+*#%@";
    if (colours)
        fprintf(out, "\033[38;5;%d;48;5;%dm\xe2\x96\x80", grey(upper), grey(lower));
    else
        fputc(weight[(upper + lower) / 2 * 9 / 255], out);
}

void preview_print(const lcnn_picture *p, int indent, FILE *out) {
    int room = terminal_width(out) - indent, size = 1;
    bool colours = *style_end(out) != '\0';
    while ((p->width + size - 1) / size > room && size < p->width)
        size++;
    for (int y = 0; y < p->height; y += 2 * size) {
        fprintf(out, "%*s", indent, "");
        for (int x = 0; x < p->width; x += size)
            print_cell(mean_at(p, x, y, size), mean_at(p, x, y + size, size), colours, out);
        fprintf(out, "%s\n", style_end(out));
    }
}

int picture_path_check(const char *path) {
    lcnn_errors *errors = messages_begin();
    lcnn_picture_path_fits(path, errors);
    return messages_end(errors);
}
