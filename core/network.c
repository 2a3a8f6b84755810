/* network.c - see network.h. */
#include "network.h"

#include "hash.h"
#include "init.h"
#include "memory.h"

#include <stdlib.h>

static size_t round_up(size_t n) {
    return (n + LANES - 1) / LANES * LANES;
}

static size_t stored_size(const op_param_shape *p) {
    if (p->transposed)
        return (size_t)p->shape.dim[1] * param_columns(p->shape.dim[0]);
    return round_up(shape_size(&p->shape));
}

/* Where element i of the file's order lies in memory. */
static size_t stored_index(const op_param_shape *p, size_t i) {
    if (!p->transposed)
        return i;
    size_t inputs = (size_t)p->shape.dim[1];
    return i % inputs * param_columns(p->shape.dim[0]) + i / inputs;
}

/* Appends the tensors that are state, or those that are not. */
static bool append_tensors(network *n, bool state, arena *a) {
    for (int i = 0; i < n->graph->count; i++) {
        const node *owner = &n->graph->node[i];
        for (int k = 0; owner->op->params && owner->op->params[k].name; k++) {
            const op_param *param = &owner->op->params[k];
            const op_param_shape *p = &owner->shapes.param[k];
            if (param->state != state || p->shape.rank == 0)
                continue;
            network_tensor *t = &n->tensor[n->count++];
            *t = (network_tensor){
                .node = i, .param = k, .shape = *p, .offset = n->size, .decay = param->decay};
            t->name = arena_format(a, "%s.%s", owner->name, param->name);
            t->size = stored_size(p);
            n->size += t->size;
            if (!t->name)
                return false;
        }
    }
    return true;
}

network *network_new(const graph *g, arena *a, lcnn_errors *errors) {
    network *n = arena_alloc(a, sizeof *n);
    if (n) {
        n->graph = g;
        n->tensor = arena_array(a, (size_t)g->count * OP_MAX_PARAMS, sizeof *n->tensor);
    }
    bool laid_out = n && n->tensor && append_tensors(n, false, a);
    if (laid_out) {
        n->trained = n->size;
        n->trained_count = n->count;
        laid_out = append_tensors(n, true, a);
    }
    if (laid_out && !memory_there((double)n->size * sizeof *n->values, "the network", errors))
        return NULL;
    if (laid_out)
        n->values = aligned_array(n->size ? n->size : LANES, sizeof *n->values);
    if (!laid_out || !n->values) {
        error_no_memory(errors);
        return NULL;
    }
    return n;
}

void network_free(network *n) {
    if (n)
        free(n->values);
}

/* All numbers of a tensor, in the order of its file. */
static void make_values(const network *n, const network_tensor *t, uint64_t seed, size_t size,
                        float *out) {
    const node *owner = &n->graph->node[t->node];
    size_t offset = owner->op->params[t->param].initializer;
    const attr_component *init = (const attr_component *)((const char *)owner->attrs + offset);
    if (!t->shape.uneven) {
        init_fill(init, seed, t->name, t->shape.fan_in, t->shape.fan_out, 0, size, out);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        op_fan fan = owner->op->fan(owner->attrs, &owner->shapes, t->param, i);
        out[i] = 0;
        if (fan.in > 0)
            init_fill(init, seed, t->name, fan.in, fan.out, i, 1, out + i);
    }
}

bool network_initialize(network *n, uint64_t seed, lcnn_errors *errors) {
    for (int i = 0; i < n->count; i++) {
        const network_tensor *t = &n->tensor[i];
        size_t size = shape_size(&t->shape.shape);
        float *file_order = malloc(size * sizeof *file_order);
        if (!file_order) {
            error_no_memory(errors);
            return false;
        }
        make_values(n, t, seed, size, file_order);
        for (size_t k = 0; k < size; k++)
            n->values[t->offset + stored_index(&t->shape, k)] = (real)file_order[k];
        free(file_order);
    }
    return true;
}

checkpoint_tensor *network_export(const network *n, const char *prefix, const real *values,
                                  int count, arena *a, lcnn_errors *errors) {
    checkpoint_tensor *list = arena_array(a, (size_t)count + 1, sizeof *list);
    for (int i = 0; list && i < count; i++) {
        const network_tensor *t = &n->tensor[i];
        size_t size = shape_size(&t->shape.shape);
        list[i] = (checkpoint_tensor){arena_format(a, "%s%s", prefix, t->name), t->shape.shape,
                                      arena_array(a, size, sizeof(float))};
        if (!list[i].name || !list[i].data) {
            list = NULL;
            break;
        }
        for (size_t k = 0; k < size; k++)
            list[i].data[k] = (float)values[t->offset + stored_index(&t->shape, k)];
    }
    if (!list)
        error_no_memory(errors);
    return list;
}

void network_import(const network *n, const checkpoint_tensor *list, int count, real *values) {
    for (int i = 0; i < count; i++) {
        const network_tensor *t = &n->tensor[i];
        for (size_t k = 0; k < shape_size(&t->shape.shape); k++)
            values[t->offset + stored_index(&t->shape, k)] = (real)list[i].data[k];
    }
}

/* Whether a file's tensor is zero where the model has no connection. */
static bool fits_connections(const network *n, const network_tensor *t, const float *value,
                             const char *path, lcnn_errors *errors) {
    const node *owner = &n->graph->node[t->node];
    for (size_t i = 0; t->shape.absent > 0 && i < shape_size(&t->shape.shape); i++)
        if (value[i] != 0 && owner->op->fan(owner->attrs, &owner->shapes, t->param, i).in == 0) {
            error_add(errors, LCNN_BAD_WEIGHTS,
                      (mark){.source = error_source(errors, path, NULL, 0)},
                      "tensor '%s': number %zu is not zero, but the model has no such "
                      "connection; the weights are those of a network with others",
                      t->name, i);
            return false;
        }
    return true;
}

bool network_accepts(const network *n, const checkpoint_tensor *list, const char *path,
                     lcnn_errors *errors) {
    for (int i = 0; i < n->count; i++)
        if (!fits_connections(n, &n->tensor[i], list[i].data, path, errors))
            return false;
    return true;
}

bool network_load(network *n, const char *path, lcnn_errors *errors) {
    arena *a = arena_new();
    if (!a) {
        error_no_memory(errors);
        return false;
    }
    checkpoint_tensor *list = network_export(n, "", n->values, n->count, a, errors);
    bool read = list && checkpoint_read(path, list, n->count, NULL, errors) &&
                network_accepts(n, list, path, errors);
    if (read)
        network_import(n, list, n->count, n->values);
    arena_free(a);
    return read;
}

char *network_bytes(const network *n, size_t *size, lcnn_errors *errors) {
    arena *a = arena_new();
    char *bytes = NULL;
    if (a) {
        const checkpoint_tensor *list = network_export(n, "", n->values, n->count, a, errors);
        bytes = list ? checkpoint_bytes(list, n->count, NULL, size, errors) : NULL;
    } else {
        error_no_memory(errors);
    }
    arena_free(a);
    return bytes;
}

/* The numbers lie at the end of the file, tensor by tensor. */
bool network_hash(const network *n, char sha256[65], lcnn_fingerprint *tensor,
                  lcnn_errors *errors) {
    size_t size;
    char *bytes = network_bytes(n, &size, errors);
    if (!bytes)
        return false;
    hash_sha256(bytes, size, sha256);
    for (int i = n->count - 1; i >= 0; i--) {
        char all[HASH_TEXT];
        size_t length = shape_size(&n->tensor[i].shape.shape) * CHECKPOINT_FLOAT;
        size -= length;
        hash_sha256(bytes + size, length, all);
        text_format(tensor[i], sizeof tensor[i], "%.16s", all);
    }
    free(bytes);
    return true;
}
