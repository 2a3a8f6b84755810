/* resolve.h - from a model file to one plain tree: `extends`, settings, `$names`.
 *
 * Marks keep pointing at the text a value came from, so a fault in a variant or a setting is shown where it was written. */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "document.h"

/* Limits, so that a hostile file is refused at once. */
enum { RESOLVE_MAX_NODES = 4096, RESOLVE_MAX_PARAMS = 1000, RESOLVE_MAX_DEPTH = 32, RESOLVE_MAX_VALUES = 100000 };

/* What is changed in a model when all its files are read: a setting as the command line has it, "key=value", or a key and
 * its value in another file, which messages then point into. */
typedef struct model_change {
    const char *setting; /* NULL: the three below */
    const char *key;
    mark key_at;
    const doc *value; /* copied, never changed */
} model_change;

/* Reads `path` and what it extends (paths relative to the extending file; no circles, at most 8 deep; what they say under
 * `published` is about them alone and left out), merges, and applies the changes: a bare key names a param, or a key of the
 * top level where no param is called so, a dotted path anything ("train.epochs", "nodes.c1.filters"). Maps merge key by key;
 * a list replaces; `nodes` given as a map changes the attributes of named nodes; a changed `op` drops the old operator's
 * other attributes (not `name`, not `from`). In each file, and among the changes, params come first: the nodes get their
 * names after them and before anything else changes. Inherited params that a variant leaves without a use are dropped. */
doc *resolve_changes(arena *a, const char *path, const model_change *changes, int count, lcnn_errors *errors);

/* With settings alone. */
doc *resolve_merge(arena *a, const char *path, const char *const *settings, int count, lcnn_errors *errors);

/* The path of `name`, which the file `path` mentions: relative to that file. NULL when memory is out. */
const char *resolve_beside(arena *a, const char *path, const char *name);

/* Replaces each plain scalar "$name" by the param's value, and "$classes" by the number given. Params may refer to params,
 * not in circles. Reports undefined names and params that nothing uses. Drops `params` and `extends` from the tree. */
bool resolve_names(arena *a, doc *model, int classes, lcnn_errors *errors);

/* What a value of a merged tree will be once names are replaced: follows "$name" through `params`. NULL when it leads
 * nowhere, which resolve_names reports. */
const doc *resolve_peek(const doc *model, const doc *value);

/* The names of the members of `nodes` (a list): their own, or OP_1, OP_2, ... counted per operator among those without.
 * NULL for a member that is no map or has neither. [nodes->count]; NULL when memory is out. */
const char **resolve_node_names(arena *a, const doc *model, const doc *nodes);

/* The names that members of a list of components go by, NULL-ended: their `op` where only one has it, else OP_1, OP_2, ...
 * NULL when memory is out. */
const char **resolve_component_names(arena *a, const doc *model, const doc *list);

#endif
