/* attr.c - from nodes of YAML to checked C values, by table. The reverse and the descriptions are
 * in attr_write.c. */
#include "config.h"

#include "attr.h"

#include "number.h"

#include <float.h>
#include <limits.h>
#include <string.h>

/* What every step of reading one map needs. */
typedef struct parse {
    const char *what; /* begins messages */
    arena *a;
    lcnn_errors *errors;
} parse;

static bool out_of_memory(const parse *p) {
    error_no_memory(p->errors);
    return false;
}

/* ---- Refusing -------------------------------------------------------------------------------- */

static bool is_null(const doc *d) {
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    for (int i = 0; nulls[i] && d->kind == DOC_SCALAR && !d->quoted; i++)
        if (strcmp(d->text, nulls[i]) == 0)
            return true;
    return false;
}

/* A value as messages show it. */
static const char *shown(const doc *d, arena *a) {
    const char *text = NULL;
    if (d->kind == DOC_MAP)
        return "a map";
    if (d->kind == DOC_LIST)
        text = arena_format(a, "a list of %d", d->count);
    else if (strlen(d->text) > 40)
        text = arena_format(a, "'%.40s...'", d->text);
    else
        text = arena_format(a, d->quoted ? "the text '%s'" : "'%s'", d->text);
    return text ? text : "";
}

/* "conv2d 'c1': 'filters' is '0x10'; expected integer, at least 1 (numbers are decimal)" */
static bool reject(const parse *p, const attr *row, const doc *value, const char *why) {
    const char *expected = attr_describe(row, p->a);
    if (!expected)
        return out_of_memory(p);
    if (is_null(value))
        error_add(p->errors, LCNN_BAD_MODEL, value->at, "%s: '%s' has no value; expected %s",
                  p->what, row->name, expected);
    else
        error_add(p->errors, LCNN_BAD_MODEL, value->at, "%s: '%s' is %s; expected %s%s%s%s",
                  p->what, row->name, shown(value, p->a), expected, why ? " (" : "", why ? why : "",
                  why ? ")" : "");
    return false;
}

/* "did you mean 'x'?", or all the names there are. */
static const char *suggest(const parse *p, const char *word, const char *const *names) {
    const char *nearest = error_nearest(word, names);
    const char *text = NULL;
    if (nearest)
        text = arena_format(p->a, "did you mean '%s'?", nearest);
    else {
        text = "known:";
        for (int i = 0; names[i] && text; i++)
            text = arena_format(p->a, "%s%s %s", text, i ? "," : "", names[i]);
    }
    return text ? text : "";
}

/* ---- Numbers --------------------------------------------------------------------------------- */

/* The meaning of min and max; attr_describe says it in words. */
static bool in_range(const attr *row, double x) {
    if (row->min == 0 && row->max == 0 && !row->above_min)
        return row->type != ATTR_PADDING || (x >= 0 && x <= ATTR_PADDING_MAX);
    if (x < row->min || (row->above_min && x <= row->min))
        return false;
    return row->max <= row->min || x <= row->max;
}

static bool parse_int(const parse *p, const attr *row, const doc *value, int *out) {
    int64_t number = 0;
    const char *why = NULL;
    if (row->word && value->kind == DOC_SCALAR && !value->quoted &&
        strcmp(value->text, row->word) == 0) {
        *out = 0;
        return true;
    }
    if (value->kind != DOC_SCALAR || value->quoted || !number_integer(value->text, &number, &why) ||
        number < INT_MIN || number > INT_MAX || !in_range(row, (double)number))
        return reject(p, row, value, why);
    *out = (int)number;
    return true;
}

static bool parse_real(const parse *p, const attr *row, const doc *value, double *out) {
    const char *why = NULL;
    bool number = value->kind == DOC_SCALAR && !value->quoted;
    if (!number || !number_real(value->text, out, &why) || !in_range(row, *out))
        return reject(p, row, value, why);
    if (*out > FLT_MAX || *out < -FLT_MAX)
        return reject(p, row, value, "too large");
    return true;
}

/* Members of a list into `out`, which has room for them. */
static bool parse_int_members(const parse *p, const attr *row, const doc *list, int *out) {
    bool ok = true;
    for (const doc *d = list->first; d; d = d->next)
        ok = parse_int(p, row, d, out++) && ok;
    return ok;
}

static bool parse_pair(const parse *p, const attr *row, const doc *value, attr_pair *out) {
    int yx[2];
    if (value->kind == DOC_SCALAR) {
        if (!parse_int(p, row, value, &yx[0]))
            return false;
        yx[1] = yx[0];
    } else if (value->kind == DOC_MAP || value->count != 2)
        return reject(p, row, value, NULL);
    else if (!parse_int_members(p, row, value, yx))
        return false;
    *out = (attr_pair){.y = yx[0], .x = yx[1]};
    return true;
}

static bool parse_padding(const parse *p, const attr *row, const doc *value, attr_padding *out) {
    int n[4];
    *out = (attr_padding){.mode = PADDING_EXPLICIT};
    if (value->kind == DOC_SCALAR) {
        bool valid = strcmp(value->text, "valid") == 0, same = strcmp(value->text, "same") == 0;
        if (valid || same) {
            out->mode = valid ? PADDING_VALID : PADDING_SAME;
            return true;
        }
        if (!parse_int(p, row, value, &n[0]))
            return false;
        n[1] = n[2] = n[3] = n[0];
    } else if (value->kind == DOC_MAP || (value->count != 2 && value->count != 4))
        return reject(p, row, value, NULL);
    else if (!parse_int_members(p, row, value, n))
        return false;
    else if (value->count == 2) { /* [y, x]: the same on both sides */
        n[2] = n[3] = n[1];
        n[1] = n[0];
    }
    out->top = n[0];
    out->bottom = n[1];
    out->left = n[2];
    out->right = n[3];
    return true;
}

static bool parse_ints(const parse *p, const attr *row, const doc *value, attr_ints *out) {
    if (value->kind != DOC_LIST || value->count == 0)
        return reject(p, row, value, NULL);
    int *numbers = arena_array(p->a, (size_t)value->count, sizeof *numbers);
    if (!numbers)
        return out_of_memory(p);
    *out = (attr_ints){.count = value->count, .value = numbers};
    return parse_int_members(p, row, value, numbers);
}

static bool parse_reals(const parse *p, const attr *row, const doc *value, attr_reals *out) {
    if (value->kind == DOC_MAP || (value->kind == DOC_LIST && value->count == 0))
        return reject(p, row, value, NULL);
    int count = value->kind == DOC_LIST ? value->count : 1;
    double *numbers = arena_array(p->a, (size_t)count, sizeof *numbers);
    if (!numbers)
        return out_of_memory(p);
    *out = (attr_reals){.count = count, .value = numbers};
    if (value->kind == DOC_SCALAR)
        return parse_real(p, row, value, numbers);
    bool ok = true;
    for (const doc *d = value->first; d; d = d->next)
        ok = parse_real(p, row, d, numbers++) && ok;
    return ok;
}

/* ---- Words ----------------------------------------------------------------------------------- */

static bool parse_bool(const parse *p, const attr *row, const doc *value, bool *out) {
    bool scalar = value->kind == DOC_SCALAR && !value->quoted;
    *out = scalar && strcmp(value->text, "true") == 0;
    if (!*out && !(scalar && strcmp(value->text, "false") == 0))
        return reject(p, row, value, NULL);
    return true;
}

static bool parse_string(const parse *p, const attr *row, const doc *value, const char **out) {
    if (value->kind != DOC_SCALAR || is_null(value))
        return reject(p, row, value, NULL);
    bool may_be_empty = row->initial && row->initial[0] == '\0';
    if (value->text[0] == '\0' && !may_be_empty)
        return reject(p, row, value, "it may not be empty");
    *out = value->text;
    return true;
}

static bool parse_choice(const parse *p, const attr *row, const doc *value, int *out) {
    if (value->kind != DOC_SCALAR || is_null(value))
        return reject(p, row, value, NULL);
    for (int i = 0; row->choices[i]; i++)
        if (strcmp(row->choices[i], value->text) == 0) {
            *out = i;
            return true;
        }
    const char *nearest = error_nearest(value->text, row->choices);
    return reject(p, row, value, nearest ? suggest(p, value->text, row->choices) : NULL);
}

/* ---- Rows and tables ------------------------------------------------------------------------- */

static bool parse_value(const parse *p, const attr *row, const doc *value, void *out) {
    void *place = (char *)out + row->offset;
    switch (row->type) {
    case ATTR_INT:
        return parse_int(p, row, value, place);
    case ATTR_REAL:
        return parse_real(p, row, value, place);
    case ATTR_BOOL:
        return parse_bool(p, row, value, place);
    case ATTR_STRING:
        return parse_string(p, row, value, place);
    case ATTR_CHOICE:
        return parse_choice(p, row, value, place);
    case ATTR_PAIR:
        return parse_pair(p, row, value, place);
    case ATTR_INTS:
        return parse_ints(p, row, value, place);
    case ATTR_REALS:
        return parse_reals(p, row, value, place);
    case ATTR_PADDING:
        return parse_padding(p, row, value, place);
    case ATTR_COMPONENT: {
        const char *what = arena_format(p->a, "%s: %s", p->what, row->name);
        return what ? component_parse(row->components, value, what, place, p->a, p->errors)
                    : out_of_memory(p);
    }
    }
    return false;
}

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
    const doc *value;
    if (strpbrk(row->initial, "[]{}\"'")) {
        value = document_parse(p->a, row->name, row->initial, strlen(row->initial), p->errors);
        return value && parse_value(p, row, value, out);
    }
    value = doc_scalar(p->a, (mark){0}, row->initial, false);
    return value ? parse_value(p, row, value, out) : out_of_memory(p);
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
        out_of_memory(p);
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
                  p->what, d->key, *names ? suggest(p, d->key, names) : "it takes none");
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
        return out_of_memory(p);
    bool ok = check_keys(p, table, map, skip, meant);
    for (const attr *row = table; row && row->name; row++) {
        const doc *value = map ? doc_get(map, row->name) : NULL;
        if (value)
            ok = parse_value(p, row, value, out) && ok;
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
                  is_null(map) ? "nothing" : shown(map, a));
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
        out_of_memory(p);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        names[i] = set->members[i]->name;
    error_add(p->errors, LCNN_BAD_MODEL, name->at, "%s: unknown %s '%.64s'; %s", p->what, set->kind,
              name->text, suggest(p, name->text, names));
    return NULL;
}

/* What a value names: *map gets the attributes given with it, or NULL. NULL with a message when it
 * names nothing. */
static const component *find_type(const parse *p, const component_set *set, const doc *value,
                                  const doc **map) {
    const doc *name = value->kind == DOC_MAP ? doc_get(value, "op") : value;
    bool word = name && name->kind == DOC_SCALAR && !is_null(name);
    bool bare = value->kind == DOC_LIST || (value == name && word && !value->quoted &&
                                            strpbrk(value->text, "-+.0123456789") == value->text);
    const component *primary = bare ? find_primary(set, value->kind) : NULL;
    *map = value->kind == DOC_MAP ? value : NULL;
    if (primary) { /* 0.1 stands for {op: constant, value: 0.1} */
        doc *attribute = doc_copy(p->a, value);
        doc *attributes = doc_new(p->a, DOC_MAP, value->at);
        if (!attribute || !attributes) {
            out_of_memory(p);
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
        return out_of_memory(&p);
    return parse_table(&inner, out->type->attrs, map, value->at, skip, out->attrs);
}
