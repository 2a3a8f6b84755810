/* page_table.c - tables of a page (see page.h): cells in rows, each table in a box that scrolls
 * where it is too wide. */
#include "config.h"

#include <string.h>

#include "page_parts.h"

void page_table_begin(page *p, const char *columns, const char *caption) {
    p->columns = columns;
    p->column = 0;
    p->in_head = false;
    fputs("<div class=\"scroll\" tabindex=\"0\">\n<table>\n", p->body);
    if (!caption)
        return;
    fputs("<caption>", p->body);
    page_text(p->body, caption);
    fputs("</caption>\n", p->body);
}

/* Everything of a cell before its text: begins rows, and the table's head or body where a row of
 * the other kind begins. */
static void open_cell(page *p, bool head, const char *attributes) {
    if (p->column == 0) {
        if (head && !p->in_head)
            fputs("<thead>\n", p->body);
        if (!head && p->in_head)
            fputs("</thead>\n", p->body);
        p->in_head = head;
        fputs("<tr>", p->body);
    }
    bool right = p->columns[p->column] == 'r';
    bool wraps = !head && p->columns[p->column] == 'w';
    fprintf(p->body, head ? "<th scope=\"col\"%s%s>" : "<td%s%s>",
            right   ? " align=\"right\""
            : wraps ? " style=\"white-space:normal;min-width:16rem\""
                    : "",
            attributes);
}

static void close_cell(page *p, bool head) {
    fputs(head ? "</th>" : "</td>", p->body);
    if (p->columns[++p->column])
        return;
    fputs("</tr>\n", p->body);
    p->column = 0;
}

void page_head(page *p, const char *text) {
    open_cell(p, true, "");
    page_text(p->body, text);
    close_cell(p, true);
}

void page_cell_tone(page *p, page_tone tone, const char *text) {
    open_cell(p, false, page_tone_class(tone));
    page_text(p->body, text);
    close_cell(p, false);
}

void page_cell(page *p, const char *text) {
    page_cell_tone(p, PAGE_PLAIN, text);
}

/* A path as an address: what has a meaning there, or is no letter of plain ASCII, as %XX. */
static void write_address(FILE *out, const char *address) {
    for (const unsigned char *s = (const unsigned char *)address; *s; s++) {
        bool plain = *s < 0x7f && *s > ' ' && !strchr("\"<>%\\^`{|}&'?:", *s);
        if (*s == '#' && s > (const unsigned char *)address)
            plain = false;
        fprintf(out, plain ? "%c" : "%%%02X", *s);
    }
}

void page_cell_link(page *p, const char *address, const char *text) {
    open_cell(p, false, "");
    fputs("<a href=\"", p->body);
    write_address(p->body, address);
    fputs("\">", p->body);
    page_text(p->body, text);
    fputs("</a>", p->body);
    close_cell(p, false);
}

void page_cell_shade(page *p, page_tone tone, double share, const char *text) {
    static const char *const grounds[] = {"ink", "accent", "good", "bad", "faint"};
    char attributes[96];
    int percent = share >= 1 ? 100 : share > 0 ? (int)(100 * share) : 0; /* NaN: 0 */
    snprintf(attributes, sizeof attributes, " class=\"shade%s\" style=\"--c:var(--%s);--s:%d%%\"",
             percent >= 55 ? " deep" : "", grounds[tone], percent);
    open_cell(p, false, percent > 0 ? attributes : "");
    page_text(p->body, text);
    close_cell(p, false);
}

void page_table_end(page *p) {
    if (p->in_head)
        fputs("</thead>\n", p->body);
    fputs("</table>\n</div>\n", p->body);
}
