/* curvature.c - see curvature.h. */
#include "curvature.h"

static const optimizer *type_of(const attr_component *method) {
    return (const optimizer *)method->type;
}

bool curvature_check(const graph *g, const attr_component *method, mark at, lcnn_errors *errors) {
    bool ok = true;
    for (int i = 0; type_of(method)->adapt && i < g->count; i++) {
        const node *n = &g->node[i];
        if (n->op->curvature_rule != CURVATURE_NONE)
            continue;
        error_add(errors, LCNN_BAD_MODEL, at,
                  "train: optimizer: %s needs second derivatives, and %s '%s' has no curvature "
                  "rule; take another optimizer, or do without that node",
                  method->type->name, n->op->component.name, n->name);
        ok = false;
    }
    return ok;
}

bool curvature_new(curvature *c, const backend *b, network *n, const feed *f, uint32_t count,
                   int threads, const attr_component *method, lcnn_errors *errors) {
    *c = (curvature){.method = method};
    if (!type_of(method)->adapt)
        return true;
    uint32_t wanted = (uint32_t)type_of(method)->curvature_samples(method->attrs);
    c->samples = wanted < count ? wanted : count;
    c->exec = exec_new_curvature(b, n, f, (int)c->samples, threads, errors);
    return c->exec != NULL;
}

void curvature_free(curvature *c) {
    exec_free(c->exec);
}

void curvature_estimate(const curvature *c, exec *x, const exec_batch *batch) {
    exec_run(c->exec, batch, NULL, &(exec_answers){0});
    exec_adapt(x, c->method, exec_gradient(c->exec));
}
