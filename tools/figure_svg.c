/* figure_svg.c - what gnuplot writes as SVG, made fit to stand in a page.
 *
 * Reads tag by tag and writes anew the few elements that draw something: ids, definitions and
 * titles go, and with them all that could meet its like in another figure; points are written out
 * in place of references; empty groups vanish, which are most. Each colour of a chart has a role
 * (figure_parts.h), and in the dark another value. */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "figure_parts.h"
#include "text.h"

/* In the light and in the dark. */
static const struct tint {
    const char *light, *dark;
} tints[] = {
    {INK, "#dfe4ea"},       {FAINT, "#98a2ad"},     {RULE, "#2d333a"},      {REFERENCE, "#aab3bd"},
    {WASH, "#1c2127"},      {ON_DEEP, "#10141a"},   {"#2a5bb8", "#7aa7f2"}, {"#d9730d", "#f0a35e"},
    {"#1d8a52", "#5fc48d"}, {"#8a4fb0", "#bf93e6"}, {"#c5364a", "#f2808e"}, {"#0d8a96", "#50c5cf"},
    {"#8a6140", "#caa37d"}, {"#b84f90", "#e892c5"}, {"#e6effa", "#1b2735"}, {"#cfe0f4", "#213349"},
    {"#b0cceb", "#284462"}, {"#8bb2df", "#315880"}, {"#6696d0", "#4f86bd"}, {"#477abd", "#6a9fd2"},
    {"#2f5fa3", "#86b6e4"}, {"#1f4780", "#a5cdf4"}, {"#fdeee0", "#33261c"}, {"#fbdcc0", "#47311f"},
    {"#f8c497", "#633f22"}, {"#f3a66a", "#854f24"}, {"#ea8743", "#c27433"}, {"#d96a28", "#dd8a42"},
    {"#b9521a", "#f0a15c"}, {"#943f12", "#fdbe85"},
};
enum { TINTS = sizeof tints / sizeof *tints, MOST_DEPTH = 32, ATTRIBUTE = 160 };

typedef struct part {
    const char *at;
    size_t length;
} part;

typedef struct rewriting {
    const char *at, *end;
    FILE *out;
    bool used[TINTS];
    char view[ATTRIBUTE];   /* of the root */
    part group[MOST_DEPTH]; /* the open ones */
    int depth, written;     /* of these, so many are in the output */
    char fill[8];           /* of the path that takes up polygons; "": none is open */
} rewriting;

/* ---- Reading ---------------------------------------------------------------------------------- */

static bool is_tag(part tag, const char *name) {
    size_t length = strlen(name);
    return tag.length > length && memcmp(tag.at, name, length) == 0 &&
           strchr(" \n\t/>", tag.at[length]);
}

/* The next "<...", up to and with its ">"; text before it is skipped. */
static bool next_tag(rewriting *r, part *tag) {
    const char *begin = memchr(r->at, '<', (size_t)(r->end - r->at));
    const char *close = begin ? memchr(begin, '>', (size_t)(r->end - begin)) : NULL;
    if (!close)
        return false;
    *tag = (part){begin + 1, (size_t)(close - begin)};
    r->at = close + 1;
    return true;
}

/* The value of an attribute, wherever blanks are; of no length where it is missing. */
static part find_attribute(part tag, const char *name) {
    size_t length = strlen(name);
    const char *end = tag.at + tag.length;
    for (const char *s = tag.at + 1; s + length < end; s++) {
        if (!strchr(" \t\n", s[-1]) || memcmp(s, name, length) != 0)
            continue;
        const char *value = s + length;
        value += strspn(value, " ");
        if (*value != '=')
            continue;
        value += 1 + strspn(value + 1, " ");
        const char *close =
            value < end ? memchr(value + 1, *value, (size_t)(end - value - 1)) : NULL;
        return close ? (part){value + 1, (size_t)(close - value - 1)} : (part){"", 0};
    }
    return (part){"", 0};
}

/* The same for short ones, as text; cut when long. */
static bool attribute(part tag, const char *name, char value[ATTRIBUTE]) {
    part found = find_attribute(tag, name);
    snprintf(value, ATTRIBUTE, "%.*s", (int)found.length, found.at);
    return found.length > 0;
}

/* "#rrggbb" of the forms that gnuplot writes. */
static void colour_attribute(rewriting *r, part tag, const char *name, char colour[8]) {
    char value[ATTRIBUTE];
    unsigned red, green, blue;
    colour[0] = '\0';
    if (!attribute(tag, name, value))
        return;
    if (sscanf(value, "rgb(%u,%u,%u)", &red, &green, &blue) == 3)
        snprintf(colour, 8, "#%02x%02x%02x", red & 255, green & 255, blue & 255);
    else if (strcmp(value, "none") == 0)
        memcpy(colour, "none", 5);
    else
        memcpy(colour, INK, 8); /* "black", which nothing here asks for */
    for (int i = 0; i < TINTS; i++)
        r->used[i] |= strcmp(colour, tints[i].light) == 0;
}

/* ---- Writing ---------------------------------------------------------------------------------- */

static void copy_attribute(const rewriting *r, part tag, const char *name) {
    char value[ATTRIBUTE];
    if (attribute(tag, name, value))
        fprintf(r->out, " %s=\"%s\"", name, value);
}

static void end_polygons(rewriting *r) {
    if (r->fill[0])
        fputs("\"/>\n", r->out);
    r->fill[0] = '\0';
}

static void write_group(rewriting *r, part tag) {
    char fill[8];
    fputs("<g", r->out);
    copy_attribute(r, tag, "transform");
    colour_attribute(r, tag, "fill", fill);
    if (fill[0])
        fprintf(r->out, " fill=\"%s\"", fill);
    copy_attribute(r, tag, "stroke-width");
    copy_attribute(r, tag, "font-size");
    copy_attribute(r, tag, "font-weight");
    copy_attribute(r, tag, "text-anchor");
    fputs(">", r->out);
}

/* Something is drawn: the groups around it are wanted. */
static void begin_drawn(rewriting *r) {
    end_polygons(r);
    while (r->written < r->depth)
        write_group(r, r->group[r->written++]);
}

static void write_path(rewriting *r, part tag) {
    char stroke[8];
    part data = find_attribute(tag, "d");
    begin_drawn(r);
    colour_attribute(r, tag, "stroke", stroke);
    fprintf(r->out, "<path fill=\"none\" stroke=\"%s\"", stroke[0] ? stroke : INK);
    copy_attribute(r, tag, "stroke-dasharray");
    fprintf(r->out, " d=\"%.*s\"/>\n", (int)data.length, data.at);
}

/* Neighbours of one colour become one path. */
static void write_polygon(rewriting *r, part tag) {
    char fill[8];
    part points = find_attribute(tag, "points");
    colour_attribute(r, tag, "fill", fill);
    if (strcmp(fill, r->fill) != 0 || !fill[0]) {
        begin_drawn(r);
        fprintf(r->out, "<path fill=\"%s\" d=\"", fill[0] ? fill : INK);
        memcpy(r->fill, fill[0] ? fill : INK, sizeof fill);
    }
    fprintf(r->out, "M%.*sz", (int)points.length, points.at);
}

static void write_point(rewriting *r, part tag) {
    char colour[8], place[ATTRIBUTE], which[ATTRIBUTE];
    if (!attribute(tag, "transform", place) || !attribute(tag, "xlink:href", which) ||
        strcmp(which, "#gpDot") == 0)
        return;
    begin_drawn(r);
    colour_attribute(r, tag, "color", colour);
    bool hollow = strcmp(which, "#gpPt5") == 0;
    fprintf(r->out, strcmp(which, "#gpPt4") == 0 ? "<path d=\"M-1-1H1V1H-1z\"" : "<circle r=\"1\"");
    fprintf(r->out, " transform=\"%s\" fill=\"%s\"", place, hollow ? "none" : colour);
    if (hollow)
        fprintf(r->out, " stroke=\"%s\" stroke-width=\".35\"", colour);
    else
        fputs(" stroke=\"none\"", r->out);
    fputs("/>\n", r->out);
}

/* Text has no "<" but as "&lt;", so it ends at the next tag. */
static void write_text(rewriting *r) {
    const char *end = memchr(r->at, '<', (size_t)(r->end - r->at));
    size_t length = (size_t)((end ? end : r->end) - r->at);
    if (length > 0) {
        begin_drawn(r);
        fprintf(r->out, "<text>%.*s</text>\n", (int)length, r->at);
    }
    r->at += length;
}

static void close_group(rewriting *r) {
    if (r->depth == 0)
        return;
    if (r->written == r->depth) {
        end_polygons(r);
        fputs("</g>\n", r->out);
        r->written--;
    }
    r->depth--;
}

static void rewrite(rewriting *r) {
    part tag;
    bool defining = false;
    while (next_tag(r, &tag)) {
        if (is_tag(tag, "defs") || is_tag(tag, "/defs"))
            defining = tag.at[0] != '/';
        else if (defining)
            continue;
        else if (is_tag(tag, "svg"))
            attribute(tag, "viewBox", r->view);
        else if (is_tag(tag, "g") && r->depth < MOST_DEPTH)
            r->group[r->depth++] = tag;
        else if (is_tag(tag, "/g"))
            close_group(r);
        else if (is_tag(tag, "path"))
            write_path(r, tag);
        else if (is_tag(tag, "polygon"))
            write_polygon(r, tag);
        else if (is_tag(tag, "use"))
            write_point(r, tag);
        else if (is_tag(tag, "text"))
            write_text(r);
    }
    end_polygons(r);
}

/* By the attribute, so that programs without style sheets draw the figure in the light colours. */
static void write_style(const rewriting *r, FILE *out) {
    static const char in[] = ".lcnn-figure [";
    fputs("<style>svg.lcnn-figure:root{background:#fff}"
          "@media screen and (prefers-color-scheme:dark){svg.lcnn-figure:root{background:#14171b}",
          out);
    for (int i = 0; i < TINTS; i++)
        if (r->used[i])
            fprintf(out, "%sstroke=\"%s\"]{stroke:%s}%sfill=\"%s\"]{fill:%s}", in, tints[i].light,
                    tints[i].dark, in, tints[i].light, tints[i].dark);
    fputs("}</style>\n", out);
}

char *figure_svg(const char *text, size_t length, size_t *size) {
    char *body, *whole;
    size_t body_size;
    rewriting r = {.at = text, .end = text + length, .view = "0 0 1 1"};
    r.out = text_begin(&body, &body_size);
    FILE *out = text_begin(&whole, size);
    rewrite(&r);
    fclose(r.out);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lcnn-figure\" viewBox=\"%s\" "
            "role=\"img\" "
            "font-family=\"sans-serif\" stroke-linejoin=\"round\">\n",
            r.view);
    write_style(&r, out);
    fputs(body, out);
    fputs("</svg>\n", out);
    free(body);
    fclose(out);
    return whole;
}
