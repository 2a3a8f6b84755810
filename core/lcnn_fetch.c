/* lcnn_fetch.c - the public interface of fetching and verifying data sets. */
#include "config.h"

#include "datasets.h"
#include "fetch.h"
#include "lcnn_parts.h"
#include "verify.h"

#include <stdlib.h>
#include <string.h>

/* What a call reads lives in an arena of its own, and as long as the result that it was made for.
 */
typedef struct opened_catalogue {
    arena *memory;
    const catalogue *known;
} opened_catalogue;

static bool open_catalogue(opened_catalogue *c, lcnn_errors *errors) {
    c->memory = arena_new();
    if (!c->memory)
        error_no_memory(errors);
    c->known = c->memory ? catalogue_read(c->memory, errors) : NULL;
    if (!c->known)
        arena_free(c->memory);
    return c->known != NULL;
}

static bool is_folder(const char *name) {
    return strchr(name, '/') != NULL;
}

/* ---- Fetching -------------------------------------------------------------------------------- */

typedef struct plan_with_memory {
    lcnn_fetch_plan plan; /* first, so that its address is that of the whole */
    arena *memory;
} plan_with_memory;

static bool make_plan(const opened_catalogue *c, const char *name, lcnn_fetch_plan *out,
                      lcnn_errors *errors) {
    fetch_plan plan;
    *out = (lcnn_fetch_plan){
        .name = arena_copy(c->memory, name, strlen(name)), .train_here = true, .test_here = true};
    if (is_folder(name))
        return true;
    const description *set =
        datasets_known(c->known, name, strcspn(name, ":"), (mark){0}, c->memory, errors);
    if (!set || !fetch_make_plan(c->known, set, &plan, c->memory, errors))
        return false;
    *out = (lcnn_fetch_plan){.name = set->info.name,
                             .train_here = plan.train_here,
                             .test_here = plan.test_here,
                             .files = plan.files,
                             .bytes = plan.bytes,
                             .kept = plan.kept,
                             .from = plan.addresses && *plan.addresses ? *plan.addresses : NULL,
                             .archive = plan.archive ? plan.archive->file.name : NULL,
                             .folder = plan.folder,
                             .why_not = plan.why_not};
    return true;
}

lcnn_fetch_plan *lcnn_data_plan(const char *name, lcnn_errors *errors) {
    opened_catalogue c;
    if (!open_catalogue(&c, errors))
        return NULL;
    plan_with_memory *p = arena_alloc(c.memory, sizeof *p);
    if (!p)
        error_no_memory(errors);
    if (!p || !make_plan(&c, name, &p->plan, errors)) {
        arena_free(c.memory);
        return NULL;
    }
    p->memory = c.memory;
    return &p->plan;
}

void lcnn_fetch_plan_free(lcnn_fetch_plan *plan) {
    if (plan)
        arena_free(((plan_with_memory *)plan)->memory);
}

bool lcnn_data_fetch(const char *name, const lcnn_fetch_options *options, lcnn_errors *errors) {
    static const lcnn_fetch_options defaults;
    opened_catalogue c;
    if (is_folder(name)) {
        error_add(errors, LCNN_BAD_USAGE, (mark){0},
                  "'%s' is a folder; what can be fetched has a name that 'lcnn data' lists", name);
        return false;
    }
    if (!open_catalogue(&c, errors))
        return false;
    const description *set =
        datasets_known(c.known, name, strcspn(name, ":"), (mark){0}, c.memory, errors);
    bool fine = set && fetch_set(c.known, set, options ? options : &defaults, c.memory, errors);
    arena_free(c.memory);
    return fine;
}

/* ---- Verifying ------------------------------------------------------------------------------- */

typedef struct verification_with_memory {
    lcnn_verification verification; /* first, as above */
    arena *memory;
} verification_with_memory;

static const lcnn_verification *verify(const opened_catalogue *c, const char *name,
                                       lcnn_errors *errors) {
    name = arena_copy(c->memory, name, strlen(name));
    if (!name) {
        error_no_memory(errors);
        return NULL;
    }
    if (is_folder(name))
        return verify_folder(c->known, name, c->memory, errors);
    const description *set =
        datasets_known(c->known, name, strcspn(name, ":"), (mark){0}, c->memory, errors);
    return set ? verify_set(c->known, set, c->memory, errors) : NULL;
}

lcnn_verification *lcnn_data_verify(const char *name, lcnn_errors *errors) {
    opened_catalogue c;
    if (!open_catalogue(&c, errors))
        return NULL;
    verification_with_memory *v = arena_alloc(c.memory, sizeof *v);
    const lcnn_verification *found = v ? verify(&c, name, errors) : NULL;
    if (!v)
        error_no_memory(errors);
    if (!found) {
        arena_free(c.memory);
        return NULL;
    }
    *v = (verification_with_memory){*found, c.memory};
    return &v->verification;
}

void lcnn_verification_free(lcnn_verification *verification) {
    if (verification)
        arena_free(((verification_with_memory *)verification)->memory);
}
