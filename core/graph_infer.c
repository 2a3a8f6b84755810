/* graph_infer.c - the shapes of one node: the operator's own word on them, and the limits that hold
 * for all. */
#include "config.h"

#include "graph.h"

#include <stdarg.h>

struct op_report {
    const op *type;
    const char *name;
    const doc *map;
    lcnn_errors *errors;
};

/* Says what is wrong at `value`, or at the node where that is NULL. */
static bool reject_at(op_report *report, const doc *value, const char *format, va_list list) {
    char text[512];
    text_vformat(text, sizeof text, format, list);
    error_add(report->errors, LCNN_BAD_MODEL, value == NULL ? report->map->at : value->at,
              "%s '%s': %s", report->type->component.name, report->name, text);
    return false;
}

bool op_reject(op_report *report, const char *attribute, const char *format, ...) {
    va_list list;
    va_start(list, format);
    reject_at(report, attribute == NULL ? NULL : doc_get(report->map, attribute), format, list);
    va_end(list);
    return false;
}

bool op_reject_member(op_report *report, const char *attribute, int index, const char *format,
                      ...) {
    const doc *value = doc_get(report->map, attribute);
    const doc *member = value == NULL ? NULL : value->first;
    while (member != NULL && index-- > 0)
        member = member->next;
    va_list list;
    va_start(list, format);
    reject_at(report, member == NULL ? value : member, format, list);
    va_end(list);
    return false;
}

/* Whether a tensor of this shape is within what the program can count and hold. */
static bool shape_allowed(const shape *s) {
    int64_t elements = 1;
    for (int i = 0; i < s->rank; i++)
        if (s->dim[i] < 1 || s->dim[i] > GRAPH_MAX_DIM ||
            __builtin_mul_overflow(elements, (int64_t)s->dim[i], &elements) ||
            elements > GRAPH_MAX_ELEMENTS)
            return false;
    return s->rank >= 1 && s->rank <= MAX_RANK;
}

static bool check_shape(const shape *s, const char *what, op_report *report) {
    if (shape_allowed(s))
        return true;
    char text[SHAPE_TEXT];
    error_add(report->errors, LCNN_NO_MEMORY, report->map->at,
              "%s '%s': its %s would be %s; the limits are %d for a side and %lld numbers in all",
              report->type->component.name, report->name, what, shape_text(s, text), GRAPH_MAX_DIM,
              (long long)GRAPH_MAX_ELEMENTS);
    return false;
}

bool graph_infer(const op *type, const char *name, const doc *map, const void *attrs,
                 op_shapes *shapes, lcnn_errors *errors) {
    op_report report = {.type = type, .name = name, .map = map, .errors = errors};
    if (!type->infer(attrs, shapes, &report) || !check_shape(&shapes->output, "output", &report))
        return false;
    for (int i = 0; type->params != NULL && type->params[i].name != NULL; i++)
        if (shapes->param[i].shape.rank > 0 &&
            !check_shape(&shapes->param[i].shape, type->params[i].name, &report))
            return false;
    return true;
}
