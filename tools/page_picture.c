/* page_picture.c - charts and pictures of a page (see page.h), held in the page itself as data:
 * addresses.
 *
 * A chart is embedded as markup: figure.h's SVGs have no names that could meet those of another,
 * take the letters of the page, and follow its light or dark. */
#include "config.h"

#include <stdlib.h>

#include "command.h"
#include "memory.h"
#include "page_parts.h"

static const char as_png[] = "picture.png";

static void write_base64(FILE *out, const uint8_t *bytes, size_t size) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t three = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? (uint32_t)bytes[i + 2] : 0);
        char four[4] = {letters[three >> 18], letters[three >> 12 & 63],
                        left > 1 ? letters[three >> 6 & 63] : '=',
                        left > 2 ? letters[three & 63] : '='};
        fwrite(four, 1, 4, out);
    }
}

/* ---- Charts ----------------------------------------------------------------------------------- */

/* The whole file, or NULL. */
static uint8_t *read_whole(const char *path, size_t *size) {
    enum { MOST = 16 << 20 };
    FILE *in = memory_open(path, "rb");
    uint8_t *bytes = NULL;
    size_t room = 0;
    *size = 0;
    while (in && !feof(in) && !ferror(in) && *size < MOST) {
        if (*size == room) {
            room = room ? 2 * room : 1 << 16;
            bytes = memory_grow(bytes, room, 1);
        }
        *size += fread(bytes + *size, 1, room - *size, in);
    }
    bool whole = in && feof(in) && !ferror(in) && *size > 0;
    if (in)
        fclose(in);
    if (whole)
        return bytes;
    free(bytes);
    return NULL;
}

bool page_chart(page *p, const char *path, const char *alt, const char *caption) {
    size_t size;
    uint8_t *bytes = read_whole(path, &size);
    if (!bytes)
        return false;
    fputs("<figure class=\"chart\"><div role=\"img\" aria-label=\"", p->body);
    page_text(p->body, alt);
    fputs("\">", p->body);
    fwrite(bytes, 1, size, p->body);
    fputs("</div>", p->body);
    free(bytes);
    if (caption) {
        fputs("<figcaption>", p->body);
        page_text(p->body, caption);
        fputs("</figcaption>", p->body);
    }
    fputs("</figure>\n", p->body);
    return true;
}

/* ---- Pictures --------------------------------------------------------------------------------- */

bool page_has_pictures(void) {
    lcnn_errors *errors = messages_begin();
    bool fits = lcnn_picture_path_fits(as_png, errors);
    messages_forgive(errors);
    return fits;
}

/* An img element. False where it cannot be made: then there is none. */
static bool write_picture(page *p, const lcnn_picture *picture, int width, const char *alt) {
    size_t size;
    lcnn_errors *errors = messages_begin();
    uint8_t *bytes =
        page_has_pictures() ? lcnn_picture_bytes(picture, as_png, &size, errors) : NULL;
    messages_forgive(errors);
    if (!bytes)
        return false;
    fputs("<img", p->body);
    if (width > 0)
        fprintf(p->body, " style=\"width:%dpx\"", width);
    fputs(" alt=\"", p->body);
    page_text(p->body, alt);
    fputs("\" src=\"data:image/png;base64,", p->body);
    write_base64(p->body, bytes, size);
    fputs("\"/>", p->body);
    free(bytes);
    return true;
}

static void write_line(page *p, const char *element, page_tone tone, const char *text) {
    fprintf(p->body, "<%s%s>", element, page_tone_class(tone));
    page_text(p->body, text);
    fprintf(p->body, "</%s>", element);
}

void page_gallery_begin(page *p, int width) {
    fprintf(p->body, "<div class=\"gallery\" style=\"--w:%dpx\">\n", width);
}

void page_gallery_picture(page *p, const lcnn_picture *picture, const char *title, page_tone tone,
                          const char *line, const char *detail) {
    fputs("<figure>", p->body);
    write_picture(p, picture, 0, title ? title : line);
    fputs("<figcaption>", p->body);
    if (title)
        write_line(p, "b", PAGE_PLAIN, title);
    write_line(p, "span", tone, line);
    if (detail)
        write_line(p, "span", PAGE_FAINT, detail);
    fputs("</figcaption></figure>\n", p->body);
}

void page_gallery_end(page *p) {
    fputs("</div>\n", p->body);
}

void page_flow_begin(page *p) {
    fputs("<div class=\"flow\">\n", p->body);
}

void page_flow_picture(page *p, const lcnn_picture *picture, int width, const char *alt,
                       const char *caption) {
    fputs("<figure>", p->body);
    write_picture(p, picture, width, alt);
    if (caption)
        write_line(p, "figcaption", PAGE_PLAIN, caption);
    fputs("</figure>\n", p->body);
}

void page_flow_end(page *p) {
    fputs("</div>\n", p->body);
}
