/* registry.c - the list of transforms; transforms.inc is generated from transform_files in
 * datasets/local.mk: TRANSFORM(normalize) TRANSFORM(pad) ... */
#include "datasets.h"

#define TRANSFORM(name) extern const transform transform_##name;
#include "transforms.inc"
#undef TRANSFORM

#define TRANSFORM(name) &transform_##name.component,
static const component *const members[] = {
#include "transforms.inc"
    NULL};
#undef TRANSFORM

const component_set transforms = {.kind = "transform", .members = members};
