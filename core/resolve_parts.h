/* resolve_parts.h - what the files that merge models share: resolve.c reads a file and what it extends, resolve_tree.c merges
 * one tree into another, resolve_settings.c makes trees of settings. Nobody else includes it. */
#ifndef RESOLVE_PARTS_H
#define RESOLVE_PARTS_H

#include "resolve.h"

typedef struct merger {
    arena *a;
    lcnn_errors *errors;
    doc *model;         /* what is merged into */
    const char **names; /* of its nodes, as they were when this file or the settings began */
} merger;

/* ---- resolve_tree.c: false with a message ---------------------------------------------------- */

/* Takes `old` out of `map` and puts `new` in its place, or nothing when `new` is NULL. */
void swap_member(doc *map, const doc *old, doc *new);

/* In a file and among changes params come first, then the nodes get their names, then all the rest is merged. */
bool merge_params(merger *m, doc *over);
bool name_nodes(merger *m);
bool merge_rest(merger *m, doc *over);

/* Says that there is no such name, and which is near; false. */
bool unknown_name(merger *m, mark at, const char *what, const char *name, const char *const *known);

/* ---- resolve_settings.c ---------------------------------------------------------------------- */

/* A change as a tree to merge; NULL with a message. */
doc *read_change(merger *m, const model_change *c);

/* A setting may change a param but not make one: nothing in the file would use it. */
bool check_param(merger *m, const doc *setting);

#endif
