/* model_published.c - the section `published` of a model: what others reported of this very
 * network.
 *
 * It belongs to the file that it stands in: a variant does not inherit it (resolve.c), and it is no
 * part of the resolved model or its sha256. */
#include "model_parts.h"

#include "claims.h"

#include <string.h>

typedef struct section {
    const char *source;
} section;

static const attr section_rows[] = {
    {"source", ATTR_STRING, offsetof(section, source),
     .help = "the publication: authors, title or journal, year"},
    {0},
};

const component model_published_section = {
    .name = "published",
    .summary = "what others reported of this network, to stand beside ours",
    .doc =
        "May be left out. It is a claim about the file that it stands in: models that extend it\n"
        "do not inherit it, and where settings change more than data, seed and name, nothing is\n"
        "graded. Beside this key:\n"
        "results  list of figures: 'lcnn ops published.results'\n"
        "curve    what came of training, epoch by epoch: 'lcnn ops published.curve'\n"
        "errors   the test images that were answered wrongly: 'lcnn ops published.errors'",
    .size = sizeof(section),
    .attrs = section_rows,
};

/* The three lists, each where it is there. */
static bool read_lists(const claims_reader *r, const doc *map, lcnn_published *out) {
    const doc *results = doc_get(map, "results"), *curve = doc_get(map, "curve"),
              *errors = doc_get(map, "errors");
    bool ok = true;
    if (results) {
        out->claim = claims_read_results(r, results, "published: results", &out->count);
        ok = out->claim != NULL;
    }
    if (curve) {
        out->curve = claims_read_curve(r, curve, "published: curve");
        ok = ok && out->curve;
    }
    if (errors) {
        out->errors = claims_read_errors(r, errors, "published: errors");
        ok = ok && out->errors;
    }
    if (!results && !curve && !errors)
        error_add(r->errors, LCNN_BAD_MODEL, map->at,
                  "published: there is nothing in it; expected results, a curve or errors");
    return ok && (results || curve || errors);
}

/* What of the section does not stand in the model's file: settings have no say in it. */
static const doc *find_foreign(const doc *d, const source *own) {
    if (d->at.source != own)
        return d;
    for (const doc *member = d->first; member; member = member->next) {
        const doc *found = find_foreign(member, own);
        if (found)
            return found;
    }
    return NULL;
}

void model_read_published(loader *l) {
    static const char *const others[] = {"results", "curve", "errors", NULL};
    const doc *map = doc_get(l->tree, "published");
    if (!map)
        return;
    const doc *foreign = find_foreign(map, l->tree->at.source);
    if (foreign) {
        model_fault(
            l, foreign->at,
            "published: what was published cannot be set, only written in the model's file");
        return;
    }
    section in = {.source = ""};
    lcnn_published *out = arena_alloc(l->a, sizeof *out);
    if (!out) {
        model_out_of_memory(l);
        return;
    }
    if (!attr_parse(section_rows, map, others, "published", &in, l->a, l->errors))
        l->ok = false;
    const claims_reader r = {l->a, l->errors, l->m->path, in.source, l->parts->data_info};
    if (map->kind == DOC_MAP && !read_lists(&r, map, out))
        l->ok = false;
    out->source = in.source;
    l->m->published = out;
}

/* ---- Whether it is still the model of its file ----------------------------------------------- */

bool model_is_changed(const model *m, const model_parts *parts, bool *changed) {
    arena *a = arena_new();
    lcnn_errors *said = lcnn_errors_new(); /* alone, the file may be no model at all */
    const char *settings[] = {a ? arena_format(a, "name=%s", m->name) : NULL,
                              a ? arena_format(a, "train.seed=%d", m->train.seed) : NULL};
    const bool ready = said && settings[0] && settings[1];
    const model *plain =
        ready ? model_load(m->path, m->data.name, settings, 2, parts, a, said) : NULL;
    *changed = !plain || strcmp(plain->sha256, m->sha256) != 0;
    const bool told = ready && lcnn_errors_status(said) != LCNN_NO_MEMORY;
    lcnn_errors_free(said);
    arena_free(a);
    return told;
}
