/* attr_write.c - from checked C values back to YAML, and rows in words. */
#include "config.h"

#include "attr.h"

#include "number.h"

#include <float.h>
#include <limits.h>
#include <string.h>

static const mark nowhere = {0};

/* ---- Values ---------------------------------------------------------------------------------- */

static doc *write_real(arena *a, double value) {
    char text[NUMBER_TEXT];
    return doc_scalar(a, nowhere, number_text(value, text), false);
}

/* Quoted where the plain text would be read as something else, here or by another program. */
static doc *write_string(arena *a, const char *text) {
    static const char *const special[] = {"", "~", "null", "Null", "NULL", "true", "false", NULL};
    double number;
    const char *why;
    bool quoted = text[0] == '$' || number_real(text, &number, &why);
    for (int i = 0; special[i]; i++)
        quoted = quoted || strcmp(text, special[i]) == 0;
    return doc_scalar(a, nowhere, text, quoted);
}

static doc *write_reals(arena *a, const double *value, int count) {
    doc *list = doc_new(a, DOC_LIST, nowhere);
    for (int i = 0; i < count && list; i++) {
        doc *number = write_real(a, value[i]);
        if (!number)
            return NULL;
        doc_append(list, NULL, number);
    }
    return list;
}

static doc *write_ints(arena *a, const int *value, int count) {
    doc *list = doc_new(a, DOC_LIST, nowhere);
    for (int i = 0; i < count && list; i++) {
        doc *number = write_real(a, value[i]);
        if (!number)
            return NULL;
        doc_append(list, NULL, number);
    }
    return list;
}

static doc *write_int_lists(arena *a, const attr_int_lists *lists) {
    doc *all = doc_new(a, DOC_LIST, nowhere);
    for (int i = 0; i < lists->count && all; i++) {
        doc *list = write_ints(a, lists->list[i].value, lists->list[i].count);
        if (!list)
            return NULL;
        doc_append(all, NULL, list);
    }
    return all;
}

static doc *write_padding(arena *a, const attr_padding *padding) {
    if (padding->mode != PADDING_EXPLICIT)
        return doc_scalar(a, nowhere, padding->mode == PADDING_SAME ? "same" : "valid", false);
    int sides[] = {padding->top, padding->bottom, padding->left, padding->right};
    return write_ints(a, sides, 4);
}

static doc *write_value(arena *a, const attr *row, const void *place) {
    switch (row->type) {
    case ATTR_INT:
        if (row->word && *(const int *)place == 0)
            return doc_scalar(a, nowhere, row->word, false);
        return write_real(a, *(const int *)place);
    case ATTR_REAL:
        return write_real(a, *(const double *)place);
    case ATTR_BOOL:
        return doc_scalar(a, nowhere, *(const bool *)place ? "true" : "false", false);
    case ATTR_STRING:
        return write_string(a, *(const char *const *)place);
    case ATTR_CHOICE:
        return doc_scalar(a, nowhere, row->choices[*(const int *)place], false);
    case ATTR_PAIR: {
        const attr_pair *pair = place;
        int yx[] = {pair->y, pair->x};
        return write_ints(a, yx, 2);
    }
    case ATTR_INTS: {
        const attr_ints *list = place;
        return write_ints(a, list->value, list->count);
    }
    case ATTR_REALS: {
        const attr_reals *list = place;
        return write_reals(a, list->value, list->count);
    }
    case ATTR_INT_LISTS:
        return write_int_lists(a, place);
    case ATTR_PADDING:
        return write_padding(a, place);
    case ATTR_COMPONENT:
        break;
    }
    return component_write(place, a);
}

/* "" as a default means that the attribute may be absent; then there is nothing to write. */
static bool absent(const attr *row, const void *place) {
    if (!row->initial || row->initial[0] != '\0')
        return false;
    if (row->type == ATTR_COMPONENT)
        return !((const attr_component *)place)->type;
    if (row->type == ATTR_REALS)
        return ((const attr_reals *)place)->count == 0;
    if (row->type == ATTR_INT_LISTS)
        return ((const attr_int_lists *)place)->count == 0;
    return (*(const char *const *)place)[0] == '\0';
}

bool attr_write(const attr *table, const void *in, doc *map, arena *a) {
    for (const attr *row = table; row && row->name; row++) {
        const void *place = (const char *)in + row->offset;
        if (absent(row, place))
            continue;
        doc *value = write_value(a, row, place);
        if (!value)
            return false;
        doc_append(map, row->name, value);
    }
    return true;
}

doc *component_write(const attr_component *value, arena *a) {
    doc *name = doc_scalar(a, nowhere, value->type->name, false);
    if (!name || !value->type->attrs || !value->type->attrs[0].name)
        return name;
    doc *map = doc_new(a, DOC_MAP, nowhere);
    if (!map)
        return NULL;
    doc_append(map, "op", name);
    return attr_write(value->type->attrs, value->attrs, map, a) ? map : NULL;
}

/* ---- Rows in words --------------------------------------------------------------------------- */

static const char *describe_type(const attr *row, arena *a) {
    switch (row->type) {
    case ATTR_INT:
        return row->word ? arena_format(a, "%s or integer", row->word) : "integer";
    case ATTR_REAL:
        return "number";
    case ATTR_BOOL:
        return "true or false";
    case ATTR_STRING:
        return "text";
    case ATTR_PAIR:
        return "integer or [height, width]";
    case ATTR_INTS:
        return "list of integers";
    case ATTR_REALS:
        return "number or list of numbers";
    case ATTR_INT_LISTS:
        return "list of lists of integers";
    case ATTR_PADDING:
        return "valid, same, integer, [y, x] or [top, bottom, left, right]";
    case ATTR_COMPONENT:
        return arena_format(a, "%s: name, or map with 'op'", row->components->kind);
    case ATTR_CHOICE:
        break;
    }
    const char *text = "one of";
    for (int i = 0; row->choices[i] && text; i++)
        text = arena_format(a, "%s%s %s", text, i ? "," : "", row->choices[i]);
    return text;
}

/* The range that attr.c checks. Limits that say no more than the C type does are left out. */
static const char *describe_range(const attr *row, arena *a) {
    bool numbers = row->type == ATTR_INT || row->type == ATTR_REAL || row->type == ATTR_PAIR ||
                   row->type == ATTR_INTS || row->type == ATTR_INT_LISTS || row->type == ATTR_REALS;
    if ((!numbers && row->type != ATTR_PADDING) ||
        (row->min == 0 && row->max == 0 && !row->above_min))
        return "";
    bool real = row->type == ATTR_REAL || row->type == ATTR_REALS;
    bool lower = row->min > (real ? -DBL_MAX : INT_MIN);
    bool upper = row->max > row->min && row->max < (real ? DBL_MAX : INT_MAX);
    const char *each = row->type == ATTR_INT || row->type == ATTR_REAL ? "" : "each ";
    char min[NUMBER_TEXT], max[NUMBER_TEXT];
    number_text(row->min, min);
    number_text(row->max, max);
    if (lower && upper && row->above_min)
        return arena_format(a, ", %sabove %s and at most %s", each, min, max);
    if (lower && upper)
        return arena_format(a, ", %s%s to %s", each, min, max);
    if (lower)
        return arena_format(a, ", %s%s %s", each, row->above_min ? "above" : "at least", min);
    return upper ? arena_format(a, ", %sat most %s", each, max) : "";
}

const char *attr_describe(const attr *row, arena *a) {
    const char *type = describe_type(row, a), *range = describe_range(row, a);
    return type && range ? arena_format(a, "%s%s", type, range) : NULL;
}
