/* sheet.c - the layout of contact sheets; see sheet.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "font.h"
#include "memory.h"
#include "sheet.h"
#include "text.h"

enum {
    MARGIN = 12,
    GAP = 8,
    READABLE = 84,  /* an image is enlarged to about so many pixels, for eyes and for its label */
    NARROWEST = 64, /* a cell, so that its label has room */
    LINE = FONT_HEIGHT + 2, /* from one line of text to the next */
    TITLE_SCALE = 2,
    TITLE = TITLE_SCALE * FONT_HEIGHT + GAP,
    MOST_PIXELS = 1 << 27,
};

enum { PAPER = 255, INK = 24, FRAME = 200 };

static int cell_width(const sheet *s) {
    int image = s->image_width * s->scale;
    return image > NARROWEST ? image : NARROWEST;
}

static int cell_height(const sheet *s) {
    return s->image_height * s->scale + 3 + SHEET_LINES * LINE;
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static void set_pixel(lcnn_picture *p, int x, int y, const uint8_t *value, size_t step) {
    size_t pixels = (size_t)p->height * (size_t)p->width;
    for (int c = 0; c < p->channels; c++)
        p->pixels[(size_t)c * pixels + (size_t)y * (size_t)p->width + (size_t)x] =
            value[(size_t)c * step];
}

/* A square of one colour; `value` has a byte for each channel, `step` apart. */
static void fill(lcnn_picture *p, int x, int y, int size, const uint8_t *value, size_t step) {
    for (int i = 0; i < size * size; i++)
        set_pixel(p, x + i % size, y + i / size, value, step);
}

static void draw_character(lcnn_picture *p, int x, int y, const char *text, int scale) {
    static const uint8_t ink = INK;
    for (int i = 0; i < FONT_WIDTH * FONT_HEIGHT; i++)
        if (font_dot(text, i % FONT_WIDTH, i / FONT_WIDTH))
            fill(p, x + i % FONT_WIDTH * scale, y + i / FONT_WIDTH * scale, scale, &ink, 0);
}

/* As much of the text as goes into `width` pixels; what is cut off shows as "~". */
static void draw_text(lcnn_picture *p, int x, int y, int width, const char *text, int scale) {
    int advance = (FONT_WIDTH + 1) * scale, room = (width + scale) / advance;
    bool cut = font_length(text) > room;
    for (int i = 0; *text && i < room; i++, text = font_next(text))
        draw_character(p, x + i * advance, y, cut && i == room - 1 ? "~" : text, scale);
}

/* ---- Sheets ---------------------------------------------------------------------------------- */

static int scale_for(int width, int height) {
    int longer = width > height ? width : height;
    return longer >= READABLE ? 1 : (READABLE + longer / 2) / longer;
}

bool sheet_begin(sheet *s, int columns, int rows, int channels, int height, int width,
                 const char *title) {
    *s = (sheet){.scale = scale_for(width, height),
                 .image_height = height,
                 .image_width = width,
                 .columns = columns,
                 .rows = rows};
    double sheet_width = 2.0 * MARGIN - GAP + (double)columns * (cell_width(s) + GAP);
    double sheet_height = 2.0 * MARGIN - GAP + TITLE + (double)rows * (cell_height(s) + GAP);
    if (sheet_width * sheet_height > MOST_PIXELS)
        return false;
    s->picture = memory_picture(channels, (int)sheet_height, (int)sheet_width);
    memset(s->picture->pixels, PAPER,
           (size_t)channels * (size_t)s->picture->height * (size_t)s->picture->width);
    draw_text(s->picture, MARGIN, MARGIN, s->picture->width - 2 * MARGIN, title, TITLE_SCALE);
    return true;
}

void sheet_free(sheet *s) {
    lcnn_picture_free(s->picture);
}

/* A line around the image, so that one with a white background has an edge. */
static void draw_frame(lcnn_picture *p, int x, int y, int width, int height) {
    static const uint8_t frame = FRAME;
    for (int i = -1; i <= width; i++) {
        set_pixel(p, x + i, y - 1, &frame, 0);
        set_pixel(p, x + i, y + height, &frame, 0);
    }
    for (int i = 0; i < height; i++) {
        set_pixel(p, x - 1, y + i, &frame, 0);
        set_pixel(p, x + width, y + i, &frame, 0);
    }
}

void sheet_put(sheet *s, int column, int row, const uint8_t *image,
               const char *const line[SHEET_LINES]) {
    int x = MARGIN + column * (cell_width(s) + GAP);
    int y = MARGIN + TITLE + row * (cell_height(s) + GAP);
    int width = s->image_width, height = s->image_height, scale = s->scale;
    size_t pixels = (size_t)width * (size_t)height;
    for (int v = 0; v < height; v++)
        for (int u = 0; u < width; u++)
            fill(s->picture, x + u * scale, y + v * scale, scale, image + v * width + u, pixels);
    draw_frame(s->picture, x, y, width * scale, height * scale);
    for (int i = 0; i < SHEET_LINES; i++)
        draw_text(s->picture, x, y + height * scale + 3 + i * LINE, cell_width(s), line[i], 1);
}
