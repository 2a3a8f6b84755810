/* page_parts.h - what the files of a page share; nobody else includes it. */
#ifndef PAGE_PARTS_H
#define PAGE_PARTS_H

#include "page.h"

struct page {
    char *title, *lead;
    FILE *body; /* gathered; the navigation before it is made of the sections */
    char *bytes;
    size_t size;
    struct page_entry {
        char *title, *anchor;
    } * section;
    int sections;
    const char *columns; /* of the open table */
    int column;
    bool in_head; /* the rows so far are heads */
};

/* All rules of how a page looks. */
extern const char page_style[];

/* A class attribute for a tone, with the blank before it; "" for PAGE_PLAIN. */
const char *page_tone_class(page_tone tone);

#endif
