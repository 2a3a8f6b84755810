/* page.c - the frame of a page, its navigation, and text (see page.h). Tables are in page_table.c,
 * charts and pictures in page_picture.c, all looks in page_style.c. */
#include "config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "page_parts.h"
#include "text.h"

void page_text(FILE *out, const char *text) {
    while (*text) {
        int length = text_character(text);
        const char *entity = *text == '<'   ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '&' ? "&amp;"
                             : *text == '"' ? "&quot;"
                                            : NULL;
        if (entity)
            fputs(entity, out);
        else if (length > 0)
            fwrite(text, 1, (size_t)length, out);
        else if (*text == '\n')
            fputc('\n', out);
        else
            fprintf(out, "\\x%02x", (unsigned char)*text);
        text += length > 0 ? length : 1;
    }
}

static char *formatted(const char *format, va_list list) {
    char *text;
    size_t size;
    FILE *out = text_begin(&text, &size);
    vfprintf(out, format, list);
    fclose(out);
    return text;
}

const char *page_tone_class(page_tone tone) {
    static const char *const classes[] = {"", " class=\"accent\"", " class=\"good\"",
                                          " class=\"bad\"", " class=\"faint\""};
    return classes[tone];
}

FILE *page_out(page *p) {
    return p->body;
}

/* ---- The frame -------------------------------------------------------------------------------- */

page *page_begin(const char *title) {
    page *p = memory_new(1, sizeof *p);
    p->title = memory_text(title);
    p->body = text_begin(&p->bytes, &p->size);
    return p;
}

void page_lead(page *p, const char *format, ...) {
    va_list list;
    va_start(list, format);
    free(p->lead);
    p->lead = formatted(format, list);
    va_end(list);
}

static void write_navigation(const page *p, FILE *out) {
    fputs("<nav><div><a class=\"top\" href=\"#top\">", out);
    page_text(out, p->title);
    fputs("</a>", out);
    for (int i = 0; i < p->sections; i++) {
        fprintf(out, "<a href=\"#%s\">", p->section[i].anchor);
        page_text(out, p->section[i].title);
        fputs("</a>", out);
    }
    fputs("</div></nav>\n", out);
}

static void write_frame(const page *p, FILE *out) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>",
          out);
    page_text(out, p->title);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body id=\"top\">\n", page_style);
    write_navigation(p, out);
    fputs("<main>\n<header>\n<h1>", out);
    page_text(out, p->title);
    fputs("</h1>\n", out);
    if (p->lead) {
        fputs("<p class=\"lead\">", out);
        page_text(out, p->lead);
        fputs("</p>\n", out);
    }
    fputs("</header>\n", out);
    fwrite(p->bytes, 1, p->size, out);
    fprintf(out, "</main>\n<footer>Made by lcnn %s. This page holds all that it shows.</footer>\n",
            lcnn_version());
    fputs("</body>\n</html>\n", out);
}

void page_end(page *p, FILE *out) {
    if (p->sections > 0)
        fputs("</section>\n", p->body);
    fclose(p->body);
    write_frame(p, out);
    for (int i = 0; i < p->sections; i++) {
        free(p->section[i].title);
        free(p->section[i].anchor);
    }
    free(p->section);
    free(p->bytes);
    free(p->title);
    free(p->lead);
    free(p);
}

/* ---- Text ------------------------------------------------------------------------------------- */

/* Letters and digits of the title, and a number where that is taken. */
static char *anchor_of(const page *p, const char *title) {
    size_t length = 0;
    char *anchor = memory_new(strlen(title) + 16, 1);
    for (const char *s = title; *s; s++) {
        char c = *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            anchor[length++] = c;
        else if (length > 0 && anchor[length - 1] != '-')
            anchor[length++] = '-';
    }
    while (length > 0 && anchor[length - 1] == '-')
        length--;
    anchor[length] = '\0';
    bool taken = length == 0 || strcmp(anchor, "top") == 0;
    for (int i = 0; i < p->sections; i++)
        taken = taken || strcmp(anchor, p->section[i].anchor) == 0;
    if (taken)
        snprintf(anchor + length, 16, "-%d", p->sections + 1);
    return anchor;
}

void page_section(page *p, const char *title) {
    if (p->sections > 0)
        fputs("</section>\n", p->body);
    char *anchor = anchor_of(p, title);
    p->section = memory_grow(p->section, (size_t)(p->sections + 1), sizeof *p->section);
    p->section[p->sections++] = (struct page_entry){memory_text(title), anchor};
    fprintf(p->body, "<section id=\"%s\">\n<h2>", anchor);
    page_text(p->body, title);
    fputs("</h2>\n", p->body);
}

static void write_element(page *p, const char *before, const char *text, const char *after) {
    fputs(before, p->body);
    page_text(p->body, text);
    fputs(after, p->body);
}

void page_heading(page *p, const char *title) {
    write_element(p, "<h3>", title, "</h3>\n");
}

void page_paragraph(page *p, const char *format, ...) {
    va_list list;
    va_start(list, format);
    char *text = formatted(format, list);
    va_end(list);
    write_element(p, "<p>", text, "</p>\n");
    free(text);
}

void page_note(page *p, const char *format, ...) {
    va_list list;
    va_start(list, format);
    char *text = formatted(format, list);
    va_end(list);
    write_element(p, "<p class=\"note\">", text, "</p>\n");
    free(text);
}

void page_code(page *p, const char *text) {
    write_element(p, "<pre tabindex=\"0\">", text, "</pre>\n");
}

void page_fold_begin(page *p, const char *summary) {
    write_element(p, "<details>\n<summary>", summary, "</summary>\n");
}

void page_fold_end(page *p) {
    fputs("</details>\n", p->body);
}

void page_facts_begin(page *p) {
    fputs("<dl class=\"facts\">\n", p->body);
}

void page_fact(page *p, page_tone tone, const char *label, const char *value, const char *detail) {
    write_element(p, "<div><dt>", label, "</dt>");
    fprintf(p->body, "<dd%s>", page_tone_class(tone));
    write_element(p, "", value, "</dd>");
    if (detail)
        write_element(p, "<dd class=\"detail\">", detail, "</dd>");
    fputs("</div>\n", p->body);
}

void page_facts_end(page *p) {
    fputs("</dl>\n", p->body);
}

void page_list_begin(page *p) {
    fputs("<dl class=\"list\">\n", p->body);
}

void page_list_row(page *p, const char *label, const char *text) {
    write_element(p, "<div><dt>", label, "</dt>");
    write_element(p, "<dd>", text, "</dd></div>\n");
}

void page_list_row_code(page *p, const char *label, const char *text) {
    write_element(p, "<div><dt>", label, "</dt>");
    write_element(p, "<dd><code>", text, "</code></dd></div>\n");
}

void page_list_end(page *p) {
    fputs("</dl>\n", p->body);
}

void page_columns_begin(page *p) {
    fputs("<div class=\"columns\">\n", p->body);
}

void page_columns_end(page *p) {
    fputs("</div>\n", p->body);
}

void page_wide_begin(page *p) {
    fputs("<div class=\"wide\" tabindex=\"0\">\n", p->body);
}

void page_wide_end(page *p) {
    fputs("</div>\n", p->body);
}
