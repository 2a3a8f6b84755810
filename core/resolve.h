/* resolve.h - from a model file to one plain tree: `extends`, settings, `$names`.
 *
 * Marks keep pointing at the text a value came from, so a fault in a variant or a setting is shown where it was written. */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "document.h"

/* Reads `path` and what it extends (paths relative to the extending file; no circles, at most 8 deep), merges, and applies
 * "key=value" settings in order: a bare key names a param, a dotted path anything ("train.epochs", "nodes.c1.filters").
 * Maps merge key by key; a list replaces; `nodes` given as a map changes the attributes of named nodes; a changed `op`
 * drops the old operator's other attributes (not `name`, not `from`). */
doc *resolve_merge(arena *a, const char *path, const char *const *settings, int count, lcnn_errors *errors);

/* Replaces each plain scalar "$name" by the param's value, and "$classes" by the number given. Params may refer to params,
 * not in circles. Reports undefined names and params that nothing uses. Drops `params` and `extends` from the tree. */
bool resolve_names(arena *a, doc *model, int classes, lcnn_errors *errors);

#endif
