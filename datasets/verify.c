/* verify.c - recognising files by their checksums; see verify.h. */
#include "config.h"

#include "digest.h"
#include "places.h"
#include "verify.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- One file -------------------------------------------------------------------------------- */

/* A file that something is known of, as a set's. */
typedef struct known_file {
    const description *set;
    int index; /* as in catalogue_file */
} known_file;

/* Whatever its name, the file of the catalogue with these checksums; `set` is NULL when there is
 * none. */
static known_file recognise(const catalogue *c, const file_digest *d) {
    for (int i = 0; i < c->count; i++)
        for (int k = 0; k < SET_FILES; k++) {
            const file_facts *known = catalogue_file(c->set[i], k);
            digest_fit fit = known->name ? digest_compare(d, known) : FIT_NOT;
            if (fit == FIT_FILE || fit == FIT_DATA)
                return (known_file){c->set[i], k};
        }
    return (known_file){0};
}

/* Reading fails quietly here: a damaged file is a file that differs, and the reason becomes its
 * note. *fine: the file could be read as it is. False when memory is out, which says nothing of the
 * file. */
static bool read_digest(const char *path, file_digest *d, bool *fine, const char **why, arena *a) {
    lcnn_errors *errors = lcnn_errors_new();
    if (!errors)
        return false;
    *fine = digest_file(path, d, errors);
    if (*fine)
        digest_unpack(path, d, errors);
    const char *text = lcnn_errors_count(errors) ? lcnn_errors_text(errors, 0) : "";
    const char *found = strstr(text, "error: ");
    found = found ? found + strlen("error: ") : text;
    *why = arena_copy(a, found, strlen(found));
    bool known = *why && lcnn_errors_status(errors) != LCNN_NO_MEMORY;
    lcnn_errors_free(errors);
    return known;
}

static const char *note_size(const file_digest *d, const file_facts *known, arena *a) {
    if (known->size > 0 && d->gzip && d->size != (uint64_t)known->size && !d->unpacked)
        return arena_format(a, "%llu bytes, not %d", (unsigned long long)d->size, known->size);
    if (known->unpacked_size > 0 && d->unpacked &&
        d->unpacked_size != (uint64_t)known->unpacked_size)
        return arena_format(a, "%llu bytes unpacked, not %d", (unsigned long long)d->unpacked_size,
                            known->unpacked_size);
    return "same size, another checksum";
}

/* What a file that is not the expected one is. */
static const char *note_difference(const catalogue *c, const file_digest *d,
                                   const file_facts *known, const char *why, arena *a) {
    known_file other = recognise(c, d);
    if (other.set)
        return arena_format(a, "this is %s's (%s)", other.set->info.name,
                            catalogue_file_role(other.index));
    return *why ? why : note_size(d, known, a);
}

/* False when memory is out. */
static bool judge(const catalogue *c, const file_facts *known, lcnn_file_check *out, arena *a) {
    file_digest d;
    const char *why;
    bool fine;
    out->verdict = LCNN_FILE_DIFFERS;
    if (!read_digest(out->path, &d, &fine, &why, a))
        return false;
    if (!fine) {
        out->note = why;
        return true;
    }
    digest_fit fit = digest_compare(&d, known);
    if (fit == FIT_FILE)
        out->verdict = LCNN_FILE_OFFICIAL;
    else if (fit == FIT_DATA) {
        out->verdict = LCNN_FILE_REPACKED;
        out->note =
            d.gzip ? "the same data, compressed otherwise" : "the same data, not compressed";
    } else if (fit == FIT_UNKNOWN && !*why && !recognise(c, &d).set) {
        out->verdict = LCNN_FILE_UNKNOWN;
        out->note = *known->md5 || *known->sha256
                        ? "compressed otherwise, and no checksum of the data in it is known"
                        : "no checksum is known";
    } else
        out->note = note_difference(c, &d, known, why, a);
    return out->note != NULL;
}

/* ---- A set ----------------------------------------------------------------------------------- */

static lcnn_verification *begin(const char *name, int most, lcnn_file_check **file, arena *a,
                                lcnn_errors *errors) {
    lcnn_verification *v = arena_alloc(a, sizeof *v);
    *file = arena_array(a, (size_t)most + 1, sizeof **file);
    if (!v || !*file) {
        error_no_memory(errors);
        return NULL;
    }
    v->name = name;
    v->file = *file;
    return v;
}

/* The files of a described set in a folder, missing ones included. False when memory is out. */
static bool judge_all(const catalogue *c, const description *set, const char *folder,
                      lcnn_verification *v, lcnn_file_check *file, arena *a) {
    for (int i = 0; i < SET_FILES; i++) {
        const file_facts *known = catalogue_file(set, i);
        bool found;
        const char *path = known->name ? places_file(folder, known->name, &found, a) : NULL;
        if (!known->name)
            continue;
        if (!path)
            return false;
        lcnn_file_check *out = &file[v->count++];
        *out = (lcnn_file_check){.path = path,
                                 .set = set->info.name,
                                 .role = catalogue_file_role(i),
                                 .verdict = LCNN_FILE_MISSING,
                                 .note = ""};
        if (found && !judge(c, known, out, a))
            return false;
    }
    return true;
}

const lcnn_verification *verify_set(const catalogue *c, const description *set, arena *a,
                                    lcnn_errors *errors) {
    located at;
    lcnn_file_check *file;
    if (set->find.built_in) {
        error_add(errors, LCNN_BAD_USAGE, (mark){0},
                  "'%s' is drawn by lcnn itself: it has no files to verify", set->info.name);
        return NULL;
    }
    if (!places_search(c, set, &at, a, errors))
        return NULL;
    lcnn_verification *v = begin(set->info.name, SET_FILES, &file, a, errors);
    if (!v || judge_all(c, set, at.folder, v, file, a))
        return v;
    error_no_memory(errors);
    return NULL;
}

/* ---- A folder -------------------------------------------------------------------------------- */

/* Paths of the regular files in a folder, in order; those that begin with '.' and dataset.yaml are
 * left out. NULL with a message. */
static const char **list_files(const char *path, int *count, arena *a, lcnn_errors *errors) {
    struct dirent **entry;
    int n = scandir(path, &entry, NULL, alphasort);
    *count = 0;
    if (n < 0) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, path), "this folder cannot be read: %s",
                  strerror(errno));
        return NULL;
    }
    const char **whole = arena_array(a, (size_t)n + 1, sizeof *whole);
    for (int i = 0; i < n; i++) {
        struct stat info;
        const char *name = entry[i]->d_name;
        if (whole && !(whole[*count] = arena_format(a, "%s/%s", path, name)))
            whole = NULL;
        if (whole && *name != '.' && strcmp(name, "dataset.yaml") != 0 &&
            (stat(whole[*count], &info) == 0 ? S_ISREG(info.st_mode) : errno != ENOENT))
            ++*count; /* why one cannot be looked at is said when it is read */
        free(entry[i]);
    }
    free(entry);
    if (!whole)
        error_no_memory(errors);
    return whole;
}

static bool listed(const lcnn_verification *v, const char *path) {
    for (int i = 0; i < v->count; i++)
        if (strcmp(v->file[i].path, path) == 0)
            return true;
    return false;
}

/* A file that nobody described: known by its content, or not at all. False when memory is out. */
static bool judge_stranger(const catalogue *c, lcnn_file_check *out, arena *a) {
    file_digest d;
    const char *why;
    bool fine;
    *out = (lcnn_file_check){.path = out->path, .set = "", .role = ""};
    if (!read_digest(out->path, &d, &fine, &why, a))
        return false;
    known_file known = fine ? recognise(c, &d) : (known_file){0};
    if (!known.set) {
        out->note = *why ? why : "no file of the catalogue";
        out->verdict = *why ? LCNN_FILE_DIFFERS : LCNN_FILE_UNKNOWN;
        return true;
    }
    out->set = known.set->info.name;
    out->role = catalogue_file_role(known.index);
    out->note = "";
    return judge(c, catalogue_file(known.set, known.index), out, a);
}

/* What the folder's own dataset.yaml says of its files; false with messages. */
static bool judge_described(const catalogue *c, const char *path, lcnn_verification *v,
                            lcnn_file_check *file, arena *a, lcnn_errors *errors) {
    const char *yaml = arena_format(a, "%s/dataset.yaml", path);
    if (yaml && !places_there(yaml))
        return true;
    error_blame(errors, LCNN_BAD_DATA);
    const doc *map = yaml ? document_read(a, yaml, errors) : NULL;
    const description *set = map ? describe(map, false, a, errors) : NULL;
    error_blame(errors, LCNN_BAD_MODEL);
    bool done = set && judge_all(c, set, path, v, file, a);
    if (!yaml || (set && !done))
        error_no_memory(errors);
    return done;
}

const lcnn_verification *verify_folder(const catalogue *c, const char *path, arena *a,
                                       lcnn_errors *errors) {
    int count;
    lcnn_file_check *file;
    const char **whole = list_files(path, &count, a, errors);
    lcnn_verification *v = whole ? begin(path, count + SET_FILES, &file, a, errors) : NULL;
    if (!v || !judge_described(c, path, v, file, a, errors))
        return NULL;
    for (int i = 0; i < count; i++) {
        if (listed(v, whole[i]))
            continue;
        file[v->count].path = whole[i];
        if (!judge_stranger(c, &file[v->count++], a)) {
            error_no_memory(errors);
            return NULL;
        }
    }
    return v;
}
