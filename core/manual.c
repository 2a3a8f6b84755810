/* manual.c - what can be named in a model, described from the tables that read it: the part of
 * lcnn.h behind `lcnn ops`. */
#include "config.h"

#include "backend.h"
#include "datasets.h"
#include "init.h"
#include "model.h"
#include "schedule.h"

#include <stdlib.h>
#include <string.h>

/* Descriptions are made once and kept until the program ends. */
static arena *kept(void) {
    static arena *memory;
    if (!memory)
        memory = arena_new();
    return memory;
}

static const component_set *set_of(lcnn_kind kind) {
    const backend *b = backend_choose(NULL);
    switch (kind) {
    case LCNN_OPERATORS:
        return &b->ops;
    case LCNN_INITIALIZERS:
        return &initializers;
    case LCNN_OPTIMIZERS:
        return &b->optimizers;
    case LCNN_SCHEDULES:
        return &schedules;
    case LCNN_TRANSFORMS:
        return &transforms;
    case LCNN_SECTIONS:
    case LCNN_KINDS:
        break;
    }
    return &model_sections;
}

const char *lcnn_kind_name(lcnn_kind kind) {
    static const char *const names[LCNN_KINDS] = {
        [LCNN_OPERATORS] = "operators",   [LCNN_INITIALIZERS] = "initializers",
        [LCNN_OPTIMIZERS] = "optimizers", [LCNN_SCHEDULES] = "schedules",
        [LCNN_TRANSFORMS] = "transforms", [LCNN_SECTIONS] = "sections",
    };
    return names[kind];
}

static bool describe_attributes(const component *from, lcnn_component *to, arena *a) {
    int count = 0;
    while (from->attrs && from->attrs[count].name)
        count++;
    lcnn_attribute *rows = arena_array(a, (size_t)count + 1, sizeof *rows);
    for (int i = 0; rows && i < count; i++) {
        const attr *row = &from->attrs[i];
        rows[i] = (lcnn_attribute){row->name, attr_describe(row, a),
                                   row->initial ? row->initial : row->like, row->help};
        if (!rows[i].type)
            return false;
    }
    to->attributes = rows;
    to->attribute_count = count;
    return rows != NULL;
}

/* Inputs, parameters and the example of an operator. */
static bool describe_operator(const op *from, lcnn_component *to, arena *a) {
    while (from->inputs[to->input_count].name)
        to->input_count++;
    while (from->params && from->params[to->parameter_count].name)
        to->parameter_count++;
    lcnn_port *inputs = arena_array(a, (size_t)to->input_count + 1, sizeof *inputs);
    lcnn_port *params = arena_array(a, (size_t)to->parameter_count + 1, sizeof *params);
    for (int i = 0; inputs && i < to->input_count; i++)
        inputs[i] = (lcnn_port){from->inputs[i].name, from->inputs[i].help};
    for (int i = 0; params && i < to->parameter_count; i++)
        params[i] = (lcnn_port){from->params[i].name, from->params[i].help};
    to->inputs = inputs;
    to->parameters = params;
    to->example = from->samples[0].yaml;
    return inputs && params;
}

static lcnn_component *describe_set(lcnn_kind kind, int *count, arena *a) {
    const component *const *members = set_of(kind)->members;
    int n = 0;
    while (members[n])
        n++;
    lcnn_component *list = arena_array(a, (size_t)n + 1, sizeof *list);
    for (int i = 0; list && i < n; i++) {
        list[i] = (lcnn_component){
            .name = members[i]->name, .summary = members[i]->summary, .doc = members[i]->doc};
        if (!describe_attributes(members[i], &list[i], a) ||
            (kind == LCNN_OPERATORS && !describe_operator((const op *)members[i], &list[i], a)))
            return NULL;
        if (kind == LCNN_TRANSFORMS)
            list[i].example = ((const transform *)members[i])->samples[0].yaml;
    }
    *count = n;
    return list;
}

const lcnn_component *lcnn_components(lcnn_kind kind, int *count) {
    static lcnn_component *made[LCNN_KINDS];
    static int counts[LCNN_KINDS];
    arena *a = kept();
    if (a && !made[kind])
        made[kind] = describe_set(kind, &counts[kind], a);
    *count = made[kind] ? counts[kind] : 0;
    return made[kind];
}
