/* document.h - YAML texts as trees of marked nodes, and back.
 *
 * The only module that knows libyaml. It refuses what YAML allows and a model should not hold: aliases and anchors, tags,
 * duplicate keys, keys that are no plain text, several documents, depth beyond 32, texts beyond 1 MiB, bytes that are no
 * UTF-8. What a key means is not its business. */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include "arena.h"
#include "error.h"

typedef enum doc_kind { DOC_SCALAR, DOC_LIST, DOC_MAP } doc_kind;

typedef struct doc doc;
struct doc {
    doc_kind kind;
    mark at;          /* where the value begins */
    mark key_at;      /* members of a map: where the key begins */
    const char *key;  /* members of a map: the key; else NULL */
    const char *text; /* scalars: the text; else NULL */
    bool quoted;      /* scalars: in quotes, so never a number, a bool, null or a $name */
    int count;        /* lists and maps: number of members */
    doc *first;       /* lists and maps: members in order, linked by `next` */
    doc *next;
};

/* Reads a whole file. NULL with messages on any fault; the root is always a map. */
doc *document_read(arena *a, const char *path, lcnn_errors *errors);

/* Parses a text that is called `name` in messages; the root may be of any kind. */
doc *document_parse(arena *a, const char *name, const char *text, size_t length, lcnn_errors *errors);

/* The member of a map with this key, or NULL. */
doc *doc_get(const doc *map, const char *key);

/* Making trees: members are appended; the given text is copied. All return NULL when memory is out. */
doc *doc_new(arena *a, doc_kind kind, mark at);
doc *doc_scalar(arena *a, mark at, const char *text, bool quoted);
void doc_append(doc *parent, const char *key, doc *child); /* key is NULL for lists and must outlive the tree */

/* Copies a tree (marks are kept, `next` of the root is cleared). */
doc *doc_copy(arena *a, const doc *d);

/* The tree as YAML text: block style for maps, flow style for lists of scalars and for maps within lists when they are
 * short. Reading it back gives the same tree, but that a plain text gets quotes where it would not be plain any more
 * (which no number, bool or $name does), and an empty value becomes ~. */
const char *document_write(arena *a, const doc *root);

/* The same on one line, without its end: a value of --set. */
const char *document_line(arena *a, const doc *root);

#endif
