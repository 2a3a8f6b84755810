/* document_write.c - from trees of nodes to YAML text that reads back as the same tree.
 *
 * Maps are written in blocks. A list goes on one line when it holds scalars only; a map or list
 * within a list goes on one line when that is short. */
#include "config.h"

#include "document.h"

#include <stdio.h>
#include <string.h>

enum { LINE_WIDTH = 120, INDENT = 2 };

/* A text that grows: measured first with bytes NULL, then written, so that it is allocated once. */
typedef struct writer {
    char *bytes;
    size_t used;
} writer;

static void put(writer *w, const char *text, size_t length) {
    if (w->bytes)
        memcpy(w->bytes + w->used, text, length);
    w->used += length;
}

static void put_text(writer *w, const char *text) {
    put(w, text, strlen(text));
}

static void new_line(writer *w, int indent) {
    put_text(w, "\n");
    for (int i = 0; i < indent; i++)
        put_text(w, " ");
}

/* ---- Scalars --------------------------------------------------------------------------------- */

/* Line breaks, controls, and what document.c refuses in a text: these need double quotes and
 * escapes. */
static bool has_controls(const char *text) {
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p < 0x20 || *p == 0x7F || (*p == 0xC2 && p[1] < 0xA0) ||
            (*p == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9)) || *p == 0xEF)
            return true;
    return false;
}

/* Stricter than YAML: such a text is a plain scalar in every place, also as a key and between
 * brackets. */
static bool plain(const char *text) {
    const char *p = text + strspn(text, "-+.");
    bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p & 0x80);
    if (*p == '\0' || !(letter || strchr("0123456789$_/", *p)) || strncmp(text, "---", 3) == 0 ||
        strncmp(text, "...", 3) == 0 || has_controls(text))
        return false;
    for (; *p; p++)
        if (strchr(",[]{}", *p) || (*p == ':' && (p[1] == ' ' || p[1] == '\0')) ||
            (*p == '#' && p[-1] == ' '))
            return false;
    return p[-1] != ' ';
}

static void put_escaped(writer *w, const char *text) {
    char escape[16];
    put_text(w, "\"");
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            snprintf(escape, sizeof escape, "\\%c", *p);
        else if (*p == '\n' || *p == '\t' || *p == '\r')
            snprintf(escape, sizeof escape, "\\%c", *p == '\n' ? 'n' : *p == '\t' ? 't' : 'r');
        else if (*p < 0x20 || *p == 0x7F)
            snprintf(escape, sizeof escape, "\\x%02X", *p);
        else if (*p == 0xC2 && p[1] < 0xA0) {
            snprintf(escape, sizeof escape, "\\x%02X", p[1]);
            p++;
        } else if (*p == 0xE2 || *p == 0xEF) { /* U+2xxx and U+Fxxx: line separators and the like */
            snprintf(escape, sizeof escape, "\\u%04X",
                     (unsigned)((*p & 0xF) << 12 | (p[1] & 0x3F) << 6 | (p[2] & 0x3F)));
            p += 2;
        } else
            snprintf(escape, sizeof escape, "%c", *p);
        put_text(w, escape);
    }
    put_text(w, "\"");
}

static void put_scalar(writer *w, const char *text, bool quoted) {
    if (!quoted && text[0] == '\0')
        put_text(w, "~");
    else if (!quoted && (plain(text) || strcmp(text, "~") == 0))
        put_text(w, text);
    else if (has_controls(text))
        put_escaped(w, text);
    else {
        put_text(w, "'");
        for (const char *p = text; *p; p++)
            put(w, *p == '\'' ? "''" : p, *p == '\'' ? 2 : 1);
        put_text(w, "'");
    }
}

/* ---- Lists and maps -------------------------------------------------------------------------- */

static void put_flow(writer *w, const doc *d) {
    if (d->kind == DOC_SCALAR) {
        put_scalar(w, d->text, d->quoted);
        return;
    }
    put_text(w, d->kind == DOC_LIST ? "[" : "{");
    for (const doc *member = d->first; member; member = member->next) {
        if (member != d->first)
            put_text(w, ", ");
        if (d->kind == DOC_MAP) {
            put_scalar(w, member->key, false);
            put_text(w, ": ");
        }
        put_flow(w, member);
    }
    put_text(w, d->kind == DOC_LIST ? "]" : "}");
}

static bool scalars_only(const doc *d) {
    for (const doc *member = d->first; member; member = member->next)
        if (member->kind != DOC_SCALAR)
            return false;
    return true;
}

static bool fits_one_line(const doc *d, int indent) {
    writer measure = {0};
    put_flow(&measure, d);
    return measure.used + (size_t)indent <= LINE_WIDTH;
}

/* Writes from where the line stands; further lines begin at `indent`. */
static void put_block(writer *w, const doc *d, int indent) {
    for (const doc *member = d->first; member; member = member->next) {
        if (member != d->first)
            new_line(w, indent);
        bool list = d->kind == DOC_LIST;
        bool inner_list = member->kind == DOC_LIST;
        bool flow = member->count == 0 || (inner_list && scalars_only(member)) ||
                    (list && fits_one_line(member, indent + INDENT));
        if (list)
            put_text(w, "- ");
        else {
            put_scalar(w, member->key, false);
            put_text(w, flow ? ": " : ":");
            if (!flow)
                new_line(w, indent + INDENT);
        }
        if (flow)
            put_flow(w, member);
        else
            put_block(w, member, indent + INDENT);
    }
}

static void put_document(writer *w, const doc *root) {
    if (root->count == 0 || (root->kind == DOC_LIST && scalars_only(root)))
        put_flow(w, root);
    else
        put_block(w, root, 0);
    put_text(w, "\n");
}

/* What `pass` writes, which runs twice: the first time only counts. */
static const char *write_text(arena *a, const doc *root, void (*pass)(writer *, const doc *)) {
    writer w = {0};
    pass(&w, root);
    w.bytes = arena_alloc(a, w.used + 1);
    if (!w.bytes)
        return NULL;
    w.used = 0;
    pass(&w, root);
    return w.bytes;
}

const char *document_line(arena *a, const doc *root) {
    return write_text(a, root, put_flow);
}

const char *document_write(arena *a, const doc *root) {
    return write_text(a, root, put_document);
}
