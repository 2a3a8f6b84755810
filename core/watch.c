/* watch.c - see watch.h. */
#include "watch.h"

#include <math.h>
#include <string.h>

bool watch_begin(watch *w, const graph *g, int most, lcnn_errors *errors) {
    *w = (watch){.graph = g, .arena = arena_new()};
    bool made = w->arena && (w->values = arena_array(w->arena, (size_t)g->count, sizeof(float *)));
    for (int i = 0; made && i < g->count; i++) {
        size_t size = shape_size(&g->node[i].shapes.output);
        w->values[i] = arena_array(w->arena, (size_t)most * size, sizeof(float));
        made = w->values[i] != NULL;
    }
    if (made)
        return true;
    error_no_memory(errors);
    watch_end(w);
    return false;
}

void watch_end(watch *w) {
    arena_free(w->arena);
    *w = (watch){0};
}

int watch_unfinite(const watch *w, int count) {
    for (int i = 0; i < w->graph->count; i++) {
        size_t size = (size_t)count * shape_size(&w->graph->node[i].shapes.output);
        for (size_t k = 0; k < size; k++)
            if (!isfinite(w->values[i][k]))
                return i;
    }
    return -1;
}

int watch_unfinite_tensor(const network *n) {
    int found = -1;
    for (int i = 0; i < n->count; i++)
        for (size_t k = 0; k < n->tensor[i].size; k++)
            if (!isfinite(n->values[n->tensor[i].offset + k]) &&
                (found < 0 || n->tensor[i].node > n->tensor[found].node))
                found = i;
    return found;
}

/* FNV-1a (Fowler, Noll, Vo) over words in place of bytes: for equal beginnings, each step is one to
 * one, and the same whatever the order of bytes. */
static const uint64_t HASH_START = UINT64_C(0xCBF29CE484222325),
                      HASH_PRIME = UINT64_C(0x100000001B3);

static uint64_t hash_word(uint64_t hash, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (hash ^ bits) * HASH_PRIME;
}

void watch_nodes(const watch *w, int count, uint64_t *hash) {
    for (int i = 0; i < w->graph->count; i++) {
        size_t size = (size_t)count * shape_size(&w->graph->node[i].shapes.output);
        hash[i] = HASH_START;
        for (size_t k = 0; k < size; k++)
            hash[i] = hash_word(hash[i], w->values[i][k]);
    }
}

void watch_tensors(const network *n, uint64_t *hash) {
    for (int i = 0; i < n->count; i++) {
        hash[i] = HASH_START;
        for (size_t k = 0; k < n->tensor[i].size; k++)
            hash[i] = hash_word(hash[i], (float)n->values[n->tensor[i].offset + k]);
    }
}
