/* attr_parts.h - what attr.c, which reads tables, and attr_value.c, which reads values, share; nobody
 * else includes it. */
#ifndef ATTR_PARTS_H
#define ATTR_PARTS_H

#include "attr.h"

/* What every step of reading one map needs. */
typedef struct parse {
    const char *what; /* begins messages */
    arena *a;
    lcnn_errors *errors;
} parse;

/* Reads a value of the row's type to its place in `out`; false with messages. */
bool attr_parse_value(const parse *p, const attr *row, const doc *value, void *out);

/* Always false. */
bool attr_out_of_memory(const parse *p);

/* Whether nothing is written, or one of the words for it. */
bool attr_is_null(const doc *d);

/* A value as messages show it. */
const char *attr_shown(const doc *d, arena *a);

/* "did you mean 'x'?", or all the names there are. */
const char *attr_suggest(const parse *p, const char *word, const char *const *names);

#endif
