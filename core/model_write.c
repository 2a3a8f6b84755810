/* model_write.c - the text of a resolved model: every key spelt out, defaults included, and nothing
 * that tells one machine from another. */
#include "hash.h"
#include "model_parts.h"

#include <string.h>

/* Appends an empty map; NULL when memory is out. */
static doc *append_map(doc *parent, const char *key, arena *a) {
    doc *map = doc_new(a, DOC_MAP, (mark){0});
    if (map != NULL)
        doc_append(parent, key, map);
    return map;
}

static bool write_data(const loader *l, doc *parent) {
    const model_data *d = &l->m->data;
    arena *a = l->a;
    doc *map = append_map(parent, "data", a);
    doc *list = doc_new(a, DOC_LIST, (mark){0});
    doc *classes = model_write_classes(l);
    if (map == NULL || list == NULL || classes == NULL || !attr_write(model_data_rows, d, map, a))
        return false;
    for (int i = 0; i < d->transform_count; i++) {
        doc *item = component_write(&d->transform[i], a);
        if (item == NULL)
            return false;
        doc_append(list, NULL, item);
    }
    doc_append(map, "classes", classes);
    doc_append(map, "transforms", list);
    return true;
}

bool model_write(loader *l, const attr *model_rows) {
    model *m = l->m;
    attr rows[MODEL_TRAIN_ROWS];
    model_train_rows(l->parts, rows);
    doc *root = doc_new(l->a, DOC_MAP, (mark){0});
    if (root == NULL || !attr_write(model_rows, m, root, l->a) ||
        !graph_write(m->graph, root, l->a) || !write_data(l, root))
        return false;
    doc *train = append_map(root, "train", l->a);
    if (train == NULL || !attr_write(rows, &m->train, train, l->a))
        return false;
    m->yaml = document_write(l->a, root);
    if (m->yaml != NULL)
        hash_sha256(m->yaml, strlen(m->yaml), m->sha256);
    return m->yaml != NULL;
}
