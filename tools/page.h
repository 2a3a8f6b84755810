/* page.h - one self-contained HTML page: text, tables, charts, galleries of pictures, and how they look.
 *
 * A page is gathered in memory piece by piece and written at the end, with a navigation made of its sections. It asks for
 * nothing from outside (pictures and charts are inside), needs no script, and reads well in light and dark, on a phone and on
 * paper. All text given here is plain text: it is escaped in one place, page_text. Wide things scroll in a box of their own.
 * Knows nothing of runs and studies. Like the rest of tools/, it exits when memory is out. */
#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "lcnn.h"

typedef struct page page;

/* What a piece says, as a colour: an accent, within expectation, not so, a matter of no weight. */
typedef enum page_tone { PAGE_PLAIN, PAGE_ACCENT, PAGE_GOOD, PAGE_BAD, PAGE_FAINT } page_tone;

page *page_begin(const char *title);
/* The line under the title. */
void page_lead(page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes the whole page and frees it. */
void page_end(page *p, FILE *out);

/* ---- Text ------------------------------------------------------------------------------------- */

/* A new section, also an entry of the navigation; it lasts until the next one. */
void page_section(page *p, const char *title);
/* A heading within a section. */
void page_heading(page *p, const char *title);
void page_paragraph(page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A paragraph that says what is missing, or must be known of what is shown. */
void page_note(page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Lines as they are, in a box. */
void page_code(page *p, const char *text);
/* What is in between is folded away until it is wanted. */
void page_fold_begin(page *p, const char *summary);
void page_fold_end(page *p);

/* Figures that stand out: a large value, what it is, and a line more (NULL: none). */
void page_facts_begin(page *p);
void page_fact(page *p, page_tone tone, const char *label, const char *value, const char *detail);
void page_facts_end(page *p);

/* Pairs of a word and a text. */
void page_list_begin(page *p);
void page_list_row(page *p, const char *label, const char *text);
void page_list_row_code(page *p, const char *label, const char *text); /* for hashes and paths */
void page_list_end(page *p);

/* ---- Tables ----------------------------------------------------------------------------------- */

/* `columns` has a letter a column: l for left, r for right alignment, w for texts of several lines. A row is full when it has a
 * cell for each. `caption` may be NULL. Rows made of page_head stand first. */
void page_table_begin(page *p, const char *columns, const char *caption);
void page_head(page *p, const char *text);
void page_cell(page *p, const char *text);
void page_cell_tone(page *p, page_tone tone, const char *text);
void page_cell_link(page *p, const char *address, const char *text); /* a path relative to the page, or an anchor */
/* On a ground as dark as `share` (0 to 1) says, in a tone; as in a confusion matrix. */
void page_cell_shade(page *p, page_tone tone, double share, const char *text);
void page_table_end(page *p);

/* ---- Charts and pictures ---------------------------------------------------------------------- */

/* What is in between stands side by side where there is room. */
void page_columns_begin(page *p);
void page_columns_end(page *p);
/* Charts in between keep letters that can be read on any screen: they are larger, and scroll where there is no room. What
 * is folded away in between is not printed. */
void page_wide_begin(page *p);
void page_wide_end(page *p);

/* The SVG file `path` of a chart (figure.h), which becomes part of the page. `alt` says what it shows where it cannot be seen;
 * `caption` may be NULL. False, with nothing on the page, where the file cannot be read. */
bool page_chart(page *p, const char *path, const char *alt, const char *caption);

/* Whether pictures can be on a page: not without libpng. The functions below then put nothing there. */
bool page_has_pictures(void);

/* Pictures in rows, each `width` CSS pixels wide at least. */
void page_gallery_begin(page *p, int width);
/* With a title (NULL: none), a line in a tone, and a faint one (NULL: none) below. */
void page_gallery_picture(page *p, const lcnn_picture *picture, const char *title, page_tone tone, const char *line,
                          const char *detail);
void page_gallery_end(page *p);

/* One picture, `width` CSS pixels wide, with a caption (NULL: none): within a flow, in which pictures of any width follow one
 * another like words. */
void page_flow_begin(page *p);
void page_flow_picture(page *p, const lcnn_picture *picture, int width, const char *alt, const char *caption);
void page_flow_end(page *p);

/* ---- For pieces that are nobody else's -------------------------------------------------------- */

/* Where markup goes; what is no markup goes through page_text. */
FILE *page_out(page *p);
/* Text as HTML: markup characters as entities, what is not fit to print as \xNN. */
void page_text(FILE *out, const char *text);

#endif
