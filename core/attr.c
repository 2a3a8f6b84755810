/* attr.c - tables of attributes: from maps of YAML to structs, and components by name. Single
 * values are read in attr_value.c; the reverse and the descriptions are in attr_write.c. */
#include "config.h"

#include "attr_parts.h"

#include <string.h>

/* ---- Rows ------------------------------------------------------------------------------------ */

/* Defaults go through the same code as values. Plain words need no YAML parser: there are thousands
 * in a big model. */
static bool parse_default(const parse *p, const attr *row, void *out) {
    if (row->initial[0] == '\0' && row->type == ATTR_STRING) {
        *(const char **)((char *)out + row->offset) = "";
        return true;
    }
    if (row->initial[0] == '\0' && row->type == ATTR_COMPONENT) {
        *(attr_component *)((char *)out + row->offset) = (attr_component){0};
        return true;
    }
    if (row->initial[0] == '\0' && row->type == ATTR_REALS) {
        *(attr_reals *)((char *)out + row->offset) = (attr_reals){0};
        return true;
    }
    if (row->initial[0] == '\0' && row->type == ATTR_INT_LISTS) {
        *(attr_int_lists *)((char *)out + row->offset) = (attr_int_lists){0};
        return true;
    }
    const doc *value;
    if (strpbrk(row->initial, "[]{}\"'")) {
        value = document_parse(p->a, row->name, row->initial, strlen(row->initial), p->errors);
        return value && attr_parse_value(p, row, value, out);
    }
    value = doc_scalar(p->a, (mark){0}, row->initial, false);
    return value ? attr_parse_value(p, row, value, out) : attr_out_of_memory(p);
}

static const attr *find_row(const attr *table, const char *name) {
    for (const attr *row = table; row && row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

static bool has_name(const char *const *names, const char *name) {
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* The keys that a map may have; NULL when memory is out. */
static const char **known_keys(const parse *p, const attr *table, const char *const *skip) {
    size_t count = 0;
    for (const attr *row = table; row && row->name; row++)
        count++;
    for (const char *const *s = skip; s && *s; s++)
        count++;
    const char **names = arena_array(p->a, count + 1, sizeof *names);
    if (!names) {
        attr_out_of_memory(p);
        return NULL;
    }
    count = 0;
    for (const attr *row = table; row && row->name; row++)
        names[count++] = row->name;
    for (const char *const *s = skip; s && *s; s++)
        names[count++] = *s;
    return names;
}

static void reject_missing(const parse *p, const attr *row, mark at) {
    const char *expected = attr_describe(row, p->a);
    error_add(p->errors, LCNN_BAD_MODEL, at, "%s: '%s' is missing: %s; expected %s", p->what,
              row->name, row->help, expected ? expected : "");
}

/* Reports the keys that are not known. One that a missing key was meant by is enough said of both:
 * such rows are told by meant [rows of the table]. */
static bool check_keys(const parse *p, const attr *table, const doc *map, const char *const *skip,
                       bool *meant) {
    const char **names = NULL;
    for (const doc *d = map ? map->first : NULL; d; d = d->next) {
        if (find_row(table, d->key) || has_name(skip, d->key))
            continue;
        if (!names && !(names = known_keys(p, table, skip)))
            return false;
        error_add(p->errors, LCNN_BAD_MODEL, d->key_at, "%s: unknown attribute '%.64s'; %s",
                  p->what, d->key, attr_suggest(p, d->key, names));
        const char *nearest = error_nearest(d->key, names);
        const attr *row = nearest ? find_row(table, nearest) : NULL;
        if (row)
            meant[row - table] = true;
    }
    return !names;
}

static void copy_pair(const attr *row, const attr *from, void *out) {
    *(attr_pair *)((char *)out + row->offset) =
        *(const attr_pair *)((const char *)out + from->offset);
}

/* `at` is the place of what the table describes, for attributes that are missing. `map` and `table`
 * may be NULL. */
static bool parse_table(const parse *p, const attr *table, const doc *map, mark at,
                        const char *const *skip, void *out) {
    size_t rows = 0;
    while (table && table[rows].name)
        rows++;
    bool *meant = arena_array(p->a, rows + 1, sizeof *meant);
    if (!meant)
        return attr_out_of_memory(p);
    bool ok = check_keys(p, table, map, skip, meant);
    for (const attr *row = table; row && row->name; row++) {
        const doc *value = map ? doc_get(map, row->name) : NULL;
        if (value)
            ok = attr_parse_value(p, row, value, out) && ok;
        else if (row->initial)
            ok = parse_default(p, row, out) && ok;
        else if (row->like)
            copy_pair(row, find_row(table, row->like), out);
        else {
            ok = false;
            if (!meant[row - table])
                reject_missing(p, row, at);
        }
    }
    return ok;
}

bool attr_parse(const attr *table, const doc *map, const char *const *skip, const char *what,
                void *out, arena *a, lcnn_errors *errors) {
    const parse p = {.what = what, .a = a, .errors = errors};
    if (map && map->kind != DOC_MAP) {
        error_add(errors, LCNN_BAD_MODEL, map->at, "%s: expected a map of attributes, not %s", what,
                  attr_is_null(map) ? "nothing" : attr_shown(map, a));
        return false;
    }
    return parse_table(&p, table, map, map ? map->at : (mark){0}, skip, out);
}

/* ---- Components ------------------------------------------------------------------------------ */

const component *component_find(const component_set *set, const char *name) {
    for (const component *const *c = set->members; *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

/* The member whose primary attribute takes a bare number, or a bare list. */
static const component *find_primary(const component_set *set, doc_kind kind) {
    for (const component *const *c = set->members; *c; c++) {
        const attr *row = (*c)->primary ? find_row((*c)->attrs, (*c)->primary) : NULL;
        if (!row)
            continue;
        bool number = row->type == ATTR_INT || row->type == ATTR_REAL;
        bool list = row->type == ATTR_INTS;
        bool both = row->type == ATTR_REALS || row->type == ATTR_PAIR || row->type == ATTR_PADDING;
        if (both || (kind == DOC_LIST ? list : number))
            return *c;
    }
    return NULL;
}

static const component *find_named(const parse *p, const component_set *set, const doc *name) {
    const component *found = component_find(set, name->text);
    if (found)
        return found;
    size_t count = 0;
    while (set->members[count])
        count++;
    const char **names = arena_array(p->a, count + 1, sizeof *names);
    if (!names) {
        attr_out_of_memory(p);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        names[i] = set->members[i]->name;
    error_add(p->errors, LCNN_BAD_MODEL, name->at, "%s: unknown %s '%.64s'; %s", p->what, set->kind,
              name->text, attr_suggest(p, name->text, names));
    return NULL;
}

/* What a value names: *map gets the attributes given with it, or NULL. NULL with a message when it
 * names nothing. */
static const component *find_type(const parse *p, const component_set *set, const doc *value,
                                  const doc **map) {
    const doc *name = value->kind == DOC_MAP ? doc_get(value, "op") : value;
    bool word = name && name->kind == DOC_SCALAR && !attr_is_null(name);
    bool bare = value->kind == DOC_LIST || (value == name && word && !value->quoted &&
                                            strpbrk(value->text, "-+.0123456789") == value->text);
    const component *primary = bare ? find_primary(set, value->kind) : NULL;
    *map = value->kind == DOC_MAP ? value : NULL;
    if (primary) { /* 0.1 stands for {op: constant, value: 0.1} */
        doc *attribute = doc_copy(p->a, value);
        doc *attributes = doc_new(p->a, DOC_MAP, value->at);
        if (!attribute || !attributes) {
            attr_out_of_memory(p);
            return NULL;
        }
        attribute->key_at = value->at;
        doc_append(attributes, primary->primary, attribute);
        *map = attributes;
        return primary;
    }
    if (word && !bare)
        return find_named(p, set, name);
    error_add(p->errors, LCNN_BAD_MODEL, name ? name->at : value->at,
              "%s: expected the name of %s %s, or a map that names it with 'op'", p->what,
              strchr("aeiou", set->kind[0]) ? "an" : "a", set->kind);
    return NULL;
}

bool component_parse(const component_set *set, const doc *value, const char *what,
                     attr_component *out, arena *a, lcnn_errors *errors) {
    static const char *const skip[] = {"op", NULL};
    const parse p = {.what = what, .a = a, .errors = errors};
    const doc *map;
    *out = (attr_component){.type = find_type(&p, set, value, &map)};
    if (!out->type)
        return false;
    const parse inner = {arena_format(a, "%s: %s", what, out->type->name), a, errors};
    out->attrs = arena_alloc(a, out->type->size);
    if (!inner.what || !out->attrs)
        return attr_out_of_memory(&p);
    return parse_table(&inner, out->type->attrs, map, value->at, skip, out->attrs);
}
