/* init.h - initialisers: how weights begin, as components that a model names.
 *
 * A value depends on the seed, the tensor's name and its place in the tensor only, and comes about by + - * / and sqrt in
 * double, rounded once to float: the same weights on every machine. */
#ifndef INIT_H
#define INIT_H

#include "attr.h"
#include "rng.h"

typedef struct initializer {
    component component;
    /* Writes n values, from number `first` of the tensor on. fan_in and fan_out: numbers that one output reads, and outputs that one input reaches. */
    void (*fill)(const void *attrs, const rng_key *key, int fan_in, int fan_out, size_t first, size_t n,
                 float *out);
} initializer;

/* Members are initializer. */
extern const component_set initializers;

/* Makes n values of the tensor called `tensor_name` ("c1.weight"), from number `first` of its file's order on. */
void init_fill(const attr_component *init, uint64_t seed, const char *tensor_name, int fan_in, int fan_out, size_t first,
               size_t n, float *out);

#endif
