/* catalogue.c - reading the catalogue that is built into the program, and the user's own; see
 * catalogue.h. */
#include "config.h"

#include "catalogue.h"
#include "places.h"
#include <stdlib.h>
#include <string.h>

/* catalogue.yaml as one string literal, made by local.mk. */
static const char catalogue_text[] =
#include "catalogue.inc"
    ;

/* ---- Names ----------------------------------------------------------------------------------- */

static bool is(const char *name, size_t length, const char *known) {
    return strlen(known) == length && memcmp(name, known, length) == 0;
}

const description *catalogue_find(const catalogue *c, const char *name, size_t length) {
    if (length == 0)
        return NULL;
    for (int i = 0; i < c->count; i++) {
        if (is(name, length, c->set[i]->info.name))
            return c->set[i];
        for (const char *const *also = c->set[i]->find.also; *also; also++)
            if (is(name, length, *also))
                return c->set[i];
    }
    return NULL;
}

const char *catalogue_nearest(const catalogue *c, const char *name, arena *a) {
    size_t count = 0;
    for (int i = 0; i < c->count; i++) {
        count++;
        for (const char *const *also = c->set[i]->find.also; *also; also++)
            count++;
    }
    const char **names = arena_array(a, count + 1, sizeof *names);
    if (!names)
        return NULL;
    count = 0;
    for (int i = 0; i < c->count; i++) {
        names[count++] = c->set[i]->info.name;
        for (const char *const *also = c->set[i]->find.also; *also; also++)
            names[count++] = *also;
    }
    return error_nearest(name, names);
}

const file_facts *catalogue_file(const description *set, int index) {
    const part_facts *part = index < 2 ? &set->train_facts : &set->test_facts;
    return index % 2 ? &part->labels : &part->images;
}

const char *catalogue_file_role(int index) {
    static const char *const role[SET_FILES] = {"train images", "train labels", "test images",
                                                "test labels"};
    return role[index];
}

/* ---- Entries --------------------------------------------------------------------------------- */

/* Refuses a name that another set has, or that could not be typed. */
static bool name_is_free(const catalogue *c, const description *set, const char *name,
                         lcnn_errors *errors) {
    if (strpbrk(name, "/: ")) {
        error_add(errors, LCNN_BAD_DATA, set->at,
                  "data set '%s': a name may not hold '/', ':' or blanks", name);
        return false;
    }
    const description *other = catalogue_find(c, name, strlen(name));
    if (!other)
        return true;
    error_add(errors, LCNN_BAD_DATA, set->at,
              "the name '%s' is taken: %s, line %d, has a data set '%s'; choose another", name,
              other->at.source ? other->at.source->name : "", other->at.line, other->info.name);
    return false;
}

static bool find_archive(const catalogue *c, description *set, arena *a, lcnn_errors *errors) {
    const char *name = set->find.archive_name;
    for (int i = 0; i < c->archive_count && !set->find.archive; i++)
        if (strcmp(c->archive[i]->name, name) == 0)
            set->find.archive = c->archive[i];
    if (!*name || set->find.archive)
        return true;
    const char **names = arena_array(a, (size_t)c->archive_count + 1, sizeof *names);
    for (int i = 0; names && i < c->archive_count; i++)
        names[i] = c->archive[i]->name;
    const char *near = names ? error_nearest(name, names) : NULL;
    error_add(errors, LCNN_BAD_DATA, set->at, "data set '%s': no archive is called '%s'%s%s%s",
              set->info.name, name, near ? "; did you mean '" : "", near ? near : "",
              near ? "'?" : "");
    return false;
}

static bool add_set(catalogue *c, const doc *d, bool own, arena *a, lcnn_errors *errors) {
    description *set = describe(d, true, a, errors);
    if (!set || !name_is_free(c, set, set->info.name, errors) || !find_archive(c, set, a, errors))
        return false;
    for (const char *const *also = set->find.also; *also; also++)
        if (!name_is_free(c, set, *also, errors))
            return false;
    if (own && set->find.built_in) {
        error_add(errors, LCNN_BAD_DATA, set->at, "data set '%s': lcnn draws its own sets only",
                  set->info.name);
        return false;
    }
    c->set[c->count++] = set;
    return true;
}

static bool add_archive(catalogue *c, const doc *d, arena *a, lcnn_errors *errors) {
    const archive_facts *archive = describe_archive(d, a, errors);
    if (!archive)
        return false;
    for (int i = 0; i < c->archive_count; i++)
        if (strcmp(c->archive[i]->name, archive->name) == 0) {
            error_add(errors, LCNN_BAD_DATA, d->at, "there is an archive '%s' already",
                      archive->name);
            return false;
        }
    c->archive[c->archive_count++] = archive;
    return true;
}

/* The list under a key of the catalogue, which may be absent: `out` is then NULL. */
static bool get_list(const doc *map, const char *key, const doc **out, lcnn_errors *errors) {
    *out = doc_get(map, key);
    if (!*out || (*out)->kind == DOC_LIST)
        return true;
    error_add(errors, LCNN_BAD_DATA, (*out)->at, "%s must be a list", key);
    return false;
}

static bool known_keys(const doc *map, lcnn_errors *errors) {
    static const char *const keys[] = {"archives", "sets", NULL};
    for (const doc *d = map->first; d; d = d->next)
        if (strcmp(d->key, keys[0]) != 0 && strcmp(d->key, keys[1]) != 0) {
            const char *near = error_nearest(d->key, keys);
            error_add(errors, LCNN_BAD_DATA, d->key_at,
                      "unknown key '%s'; a catalogue has archives and sets%s%s%s", d->key,
                      near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
            return false;
        }
    return true;
}

static bool grow(catalogue *c, const doc *sets, const doc *archives, arena *a,
                 lcnn_errors *errors) {
    size_t set_count = (size_t)c->count + (size_t)(sets ? sets->count : 0);
    size_t archive_count = (size_t)c->archive_count + (size_t)(archives ? archives->count : 0);
    description **set = arena_array(a, set_count + 1, sizeof *set);
    const archive_facts **archive = arena_array(a, archive_count + 1, sizeof *archive);
    if (!set || !archive) {
        error_no_memory(errors);
        return false;
    }
    for (int i = 0; i < c->count; i++)
        set[i] = c->set[i];
    for (int i = 0; i < c->archive_count; i++)
        archive[i] = c->archive[i];
    c->set = set;
    c->archive = archive;
    return true;
}

/* All sets are read, so that every fault is reported in one go. */
static bool add_all(catalogue *c, const doc *map, bool own, arena *a, lcnn_errors *errors) {
    const doc *sets, *archives;
    if (!known_keys(map, errors) || !get_list(map, "sets", &sets, errors) ||
        !get_list(map, "archives", &archives, errors) || !grow(c, sets, archives, a, errors))
        return false;
    bool fine = true;
    for (const doc *d = archives ? archives->first : NULL; d; d = d->next)
        fine &= add_archive(c, d, a, errors);
    for (const doc *d = fine && sets ? sets->first : NULL; d; d = d->next)
        fine &= add_set(c, d, own, a, errors);
    return fine;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Where it would be; "" when there is no home, NULL when memory is out. */
static const char *own_path(arena *a) {
    const char *folder = places_xdg("XDG_CONFIG_HOME", ".config", a);
    return folder && *folder ? arena_format(a, "%s/catalogue.yaml", folder) : folder;
}

static bool add_own(catalogue *c, arena *a, lcnn_errors *errors) {
    const char *path = own_path(a);
    if (!path) {
        error_no_memory(errors);
        return false;
    }
    if (*path == '\0' || !places_there(path))
        return true;
    const doc *map = document_read(a, path, errors);
    return map && add_all(c, map, true, a, errors);
}

const catalogue *catalogue_read(arena *a, lcnn_errors *errors) {
    catalogue *c = arena_alloc(a, sizeof *c);
    if (!c) {
        error_no_memory(errors);
        return NULL;
    }
    error_blame(errors, LCNN_BAD_DATA);
    const doc *map = document_parse(a, "datasets/catalogue.yaml", catalogue_text,
                                    sizeof catalogue_text - 1, errors);
    bool fine = map && add_all(c, map, false, a, errors) && add_own(c, a, errors);
    error_blame(errors, LCNN_BAD_MODEL);
    return fine ? c : NULL;
}
