/* places.c - searching for the files of a data set; see places.h. */
#include "config.h"

#include "places.h"

#include "digest.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char system_place[] = "/usr/share/datasets";

enum { MAX_PLACES = 4 };

/* ---- Files in a folder ----------------------------------------------------------------------- */

bool places_there(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 || (errno != ENOENT && errno != ENOTDIR && errno != EACCES);
}

const char *places_file(const char *folder, const char *name, bool *found, arena *a) {
    const char *path = arena_format(a, "%s/%s", folder, name);
    if (!path)
        return NULL;
    *found = places_there(path);
    if (*found)
        return path;
    size_t length = strlen(path);
    bool gz = length > 3 && strcmp(path + length - 3, ".gz") == 0;
    const char *other = gz ? arena_copy(a, path, length - 3) : arena_format(a, "%s.gz", path);
    if (!other)
        return NULL;
    *found = places_there(other);
    return *found ? other : path;
}

/* Number of files found of one part, or -1. */
static int look_for_part(const char *folder, const part_files *names, part_files *out, arena *a) {
    *out = (part_files){0};
    if (!names->images)
        return 0;
    bool images, labels;
    part_files paths = {.images = places_file(folder, names->images, &images, a),
                        .labels = places_file(folder, names->labels, &labels, a)};
    if (!paths.images || !paths.labels)
        return -1;
    if (images || labels)
        *out = paths;
    return images + labels;
}

int places_look(const char *folder, const description *set, located *out, arena *a) {
    *out = (located){.folder = folder};
    int train = look_for_part(folder, &set->train, &out->train, a);
    int test = look_for_part(folder, &set->test, &out->test, a);
    return train < 0 || test < 0 ? -1 : train + test;
}

const char *places_base_name(const char *path, arena *a) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t first = end;
    while (first > 0 && path[first - 1] != '/')
        first--;
    return arena_copy(a, path + first, end - first);
}

/* ---- Search ---------------------------------------------------------------------------------- */

/* The XDG base directory specification has relative paths ignored. */
const char *places_xdg(const char *variable, const char *initial, arena *a) {
    const char *base = getenv(variable), *home = getenv("HOME");
    if (base && base[0] == '/')
        return arena_format(a, "%s/lcnn", base);
    return home && *home ? arena_format(a, "%s/%s/lcnn", home, initial) : "";
}

const char *places_own(const description *set, arena *a) {
    const char *own = getenv("LCNN_DATA");
    const char *place = own && *own ? own : places_xdg("XDG_DATA_HOME", ".local/share", a);
    return place && *place ? arena_format(a, "%s/%s", place, set->find.folder) : NULL;
}

/* How many; -1 when memory is out. */
static int list_places(const char *place[MAX_PLACES], arena *a) {
    const char *own = getenv("LCNN_DATA");
    const char *data = places_xdg("XDG_DATA_HOME", ".local/share", a);
    const char *cache = places_xdg("XDG_CACHE_HOME", ".cache", a);
    int count = 0;
    if (!data || !cache)
        return -1;
    if (own && *own)
        place[count++] = own;
    if (*data)
        place[count++] = data;
    if (*cache)
        place[count++] = cache;
    place[count++] = system_place;
    return count;
}

/* A folder that is called like another set's is not taken for this one's. */
static bool is_of_another(const catalogue *c, const description *set, const char *folder,
                          arena *a) {
    const char *base = places_base_name(folder, a);
    if (!base || strcmp(base, set->find.folder) == 0)
        return false;
    for (int i = 0; i < c->count; i++)
        if (strcmp(base, c->set[i]->find.folder) == 0)
            return true;
    return false;
}

/* Whether a file is the one that is known: the very same, or the same data. */
static bool is_file(const file_digest *d, const file_facts *known) {
    digest_fit fit = digest_compare(d, known);
    return fit == FIT_FILE || fit == FIT_DATA;
}

/* The other set of the catalogue whose file this is, although it has the name of one of this set;
 * NULL when there is none, or the file cannot be read. `index` as in catalogue_file. */
static const description *file_of_another(const catalogue *c, const description *set, int index,
                                          const char *path) {
    const file_facts *mine = catalogue_file(set, index);
    const description *found = NULL;
    lcnn_errors *unheard = NULL; /* who reads the file later will say what is wrong with it */
    file_digest digest;
    for (int i = 0; i < c->count && !found; i++) {
        const file_facts *other = catalogue_file(c->set[i], index);
        if (c->set[i] == set || !other->name || strcmp(other->name, mine->name) != 0)
            continue;
        if (!unheard) {
            unheard = lcnn_errors_new();
            if (!unheard || !digest_file(path, &digest, unheard) ||
                !digest_unpack(path, &digest, unheard) || is_file(&digest, mine))
                break;
        }
        if (is_file(&digest, other))
            found = c->set[i];
    }
    lcnn_errors_free(unheard);
    return found;
}

/* Labels are small, so asking them costs next to nothing. */
static const description *labels_of_another(const catalogue *c, const description *set,
                                            const located *at) {
    const description *found = NULL;
    if (at->train.labels)
        found = file_of_another(c, set, 1, at->train.labels);
    return !found && at->test.labels ? file_of_another(c, set, 3, at->test.labels) : found;
}

static int files_of(const description *set) {
    return 2 * (set->train.images != NULL) + 2 * (set->test.images != NULL);
}

/* Files that have the right names, and are another set's. */
typedef struct mistaken {
    const description *set;
    const char *folder;
} mistaken;

static void report_missing(const description *set, const char *const *place, int count,
                           const mistaken *other, arena *a, lcnn_errors *errors) {
    const char *looked = "";
    for (int i = 0; looked && i < count; i++)
        looked = arena_format(a, "%s%s%s", looked, i ? ", " : "", place[i]);
    const char *first = set->train.images ? set->train.images : set->test.images;
    const char *own = getenv("LCNN_DATA");
    bool web = set->find.archive || *set->find.addresses;
    const char *found = "";
    if (other->set)
        found = arena_format(a, "; what is in %s is %s, although the names are the same",
                             other->folder, other->set->info.name);
    if (!looked || !found) {
        error_no_memory(errors);
        return;
    }
    error_add(errors, LCNN_BAD_DATA, (mark){0},
              "the files of data set '%s' are not here (%s and so on, with or without .gz); "
              "looked in %s, and in the folder %s in each%s%s. %s%s%s%s%sPut the files into one of "
              "these folders, or set LCNN_DATA to the folder that holds them; the built-in set "
              "needs no files: --data glyphs",
              set->info.name, first, looked, set->find.folder,
              own && *own ? "" : " (LCNN_DATA is not set)", found, web ? "'lcnn data fetch " : "",
              web ? set->info.name : "", web ? "' fetches them. " : "", set->find.get,
              *set->find.get ? ". " : "");
}

bool places_search(const catalogue *c, const description *set, located *out, arena *a,
                   lcnn_errors *errors) {
    const char *place[MAX_PLACES];
    int count = list_places(place, a);
    if (count < 0) {
        error_no_memory(errors);
        return false;
    }
    bool found = false;
    mistaken other = {0};
    for (int i = 0; i < 2 * count; i++) {
        const char *folder =
            i % 2 ? place[i / 2] : arena_format(a, "%s/%s", place[i / 2], set->find.folder);
        located here;
        if (!folder || is_of_another(c, set, folder, a))
            continue;
        int files = places_look(folder, set, &here, a);
        const description *another = files > 0 ? labels_of_another(c, set, &here) : NULL;
        if (another) {
            other = (mistaken){another, folder};
            continue;
        }
        if (files == files_of(set)) {
            *out = here;
            return true;
        }
        if (files > 0 && !found) {
            *out = here;
            found = true;
        }
    }
    if (!found && errors)
        report_missing(set, place, count, &other, a, errors);
    return found;
}
