/* attr_value.c - one value of a map, by its row: from a node of YAML to a checked C value. */
#include "config.h"

#include "attr_parts.h"

#include "number.h"

#include <float.h>
#include <limits.h>
#include <string.h>

bool attr_out_of_memory(const parse *p) {
    error_no_memory(p->errors);
    return false;
}

/* ---- Refusing -------------------------------------------------------------------------------- */

bool attr_is_null(const doc *d) {
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    for (int i = 0; nulls[i] && d->kind == DOC_SCALAR && !d->quoted; i++)
        if (strcmp(d->text, nulls[i]) == 0)
            return true;
    return false;
}

const char *attr_shown(const doc *d, arena *a) {
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
        return attr_out_of_memory(p);
    if (attr_is_null(value))
        error_add(p->errors, LCNN_BAD_MODEL, value->at, "%s: '%s' has no value; expected %s",
                  p->what, row->name, expected);
    else
        error_add(p->errors, LCNN_BAD_MODEL, value->at, "%s: '%s' is %s; expected %s%s%s%s",
                  p->what, row->name, attr_shown(value, p->a), expected, why ? " (" : "",
                  why ? why : "", why ? ")" : "");
    return false;
}

const char *attr_suggest(const parse *p, const char *word, const char *const *names) {
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
    int yx[2] = {0};
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
    int n[4] = {0};
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
        return attr_out_of_memory(p);
    *out = (attr_ints){.count = value->count, .value = numbers};
    return parse_int_members(p, row, value, numbers);
}

/* Each fault is reported at the list that it is in. */
static bool parse_int_lists(const parse *p, const attr *row, const doc *value,
                            attr_int_lists *out) {
    if (value->kind != DOC_LIST || value->count == 0)
        return reject(p, row, value, NULL);
    attr_ints *lists = arena_array(p->a, (size_t)value->count, sizeof *lists);
    if (!lists)
        return attr_out_of_memory(p);
    *out = (attr_int_lists){.count = value->count, .list = lists};
    bool ok = true;
    for (const doc *d = value->first; d; d = d->next, lists++)
        if (d->kind == DOC_LIST && d->count == 0)
            ok = reject(p, row, d, "none of them may be empty");
        else
            ok = parse_ints(p, row, d, lists) && ok;
    return ok;
}

static bool parse_reals(const parse *p, const attr *row, const doc *value, attr_reals *out) {
    if (value->kind == DOC_MAP || (value->kind == DOC_LIST && value->count == 0))
        return reject(p, row, value, NULL);
    int count = value->kind == DOC_LIST ? value->count : 1;
    double *numbers = arena_array(p->a, (size_t)count, sizeof *numbers);
    if (!numbers)
        return attr_out_of_memory(p);
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
    if (value->kind != DOC_SCALAR || attr_is_null(value))
        return reject(p, row, value, NULL);
    bool may_be_empty = row->initial && row->initial[0] == '\0';
    if (value->text[0] == '\0' && !may_be_empty)
        return reject(p, row, value, "it may not be empty");
    *out = value->text;
    return true;
}

static bool parse_choice(const parse *p, const attr *row, const doc *value, int *out) {
    if (value->kind != DOC_SCALAR || attr_is_null(value))
        return reject(p, row, value, NULL);
    for (int i = 0; row->choices[i]; i++)
        if (strcmp(row->choices[i], value->text) == 0) {
            *out = i;
            return true;
        }
    const char *nearest = error_nearest(value->text, row->choices);
    return reject(p, row, value, nearest ? attr_suggest(p, value->text, row->choices) : NULL);
}

/* ---- Any type -------------------------------------------------------------------------------- */

bool attr_parse_value(const parse *p, const attr *row, const doc *value, void *out) {
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
    case ATTR_INT_LISTS:
        return parse_int_lists(p, row, value, place);
    case ATTR_PADDING:
        return parse_padding(p, row, value, place);
    case ATTR_COMPONENT:
        break;
    }
    const char *what = arena_format(p->a, "%s: %s", p->what, row->name);
    return what ? component_parse(row->components, value, what, place, p->a, p->errors)
                : attr_out_of_memory(p);
}
