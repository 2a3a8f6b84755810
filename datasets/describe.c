/* describe.c - the attribute tables of dataset.yaml and of the catalogue; see describe.h. */
#include "config.h"

#include "describe.h"
#include "idx.h"
#include <limits.h>
#include <string.h>

/* The keys with plain values. Lists of texts and maps of maps, which attributes do not have, are
 * read by hand. */
typedef struct plain {
    const char *name, *title, *about, *citation, *licence;
    attr_ints shape;
    bool transposed;
    int first_label;
} plain;

static const attr plain_table[] = {
    {.name = "name",
     .type = ATTR_STRING,
     .offset = offsetof(plain, name),
     .help = "what the set is called in reports and in the names of runs"},
    {.name = "title",
     .type = ATTR_STRING,
     .offset = offsetof(plain, title),
     .initial = "",
     .help = "one line that says what is in it"},
    {.name = "about",
     .type = ATTR_STRING,
     .offset = offsetof(plain, about),
     .initial = "",
     .help = "more about it"},
    {.name = "citation",
     .type = ATTR_STRING,
     .offset = offsetof(plain, citation),
     .initial = "",
     .help = "where it was published"},
    {.name = "licence",
     .type = ATTR_STRING,
     .offset = offsetof(plain, licence),
     .initial = "",
     .help = "on what terms it may be used"},
    {.name = "shape",
     .type = ATTR_INTS,
     .offset = offsetof(plain, shape),
     .min = 1,
     .max = IDX_MAX_SIDE,
     .help = "channels, height and width of an image, upright"},
    {.name = "transposed",
     .type = ATTR_BOOL,
     .offset = offsetof(plain, transposed),
     .initial = "false",
     .help = "whether images are stored with rows and columns exchanged, as EMNIST's are"},
    {.name = "first_label",
     .type = ATTR_INT,
     .offset = offsetof(plain, first_label),
     .initial = "0",
     .min = 0,
     .max = MAX_CLASSES - 1,
     .help = "label in the files that means the first class"},
    {.name = NULL},
};

static const attr file_table[] = {
    {.name = "name",
     .type = ATTR_STRING,
     .offset = offsetof(file_facts, name),
     .help = "name of the file; it may be there with or without .gz"},
    {.name = "size",
     .type = ATTR_INT,
     .offset = offsetof(file_facts, size),
     .initial = "0",
     .min = 0,
     .max = INT_MAX,
     .help = "its bytes; 0: not known"},
    {.name = "md5",
     .type = ATTR_STRING,
     .offset = offsetof(file_facts, md5),
     .initial = "",
     .help = "its checksum, 32 hexadecimal digits"},
    {.name = "sha256",
     .type = ATTR_STRING,
     .offset = offsetof(file_facts, sha256),
     .initial = "",
     .help = "its checksum, 64 hexadecimal digits"},
    {.name = "unpacked_size",
     .type = ATTR_INT,
     .offset = offsetof(file_facts, unpacked_size),
     .initial = "0",
     .min = 0,
     .max = INT_MAX,
     .help = "bytes of what is in a .gz; 0: not known"},
    {.name = "unpacked_sha256",
     .type = ATTR_STRING,
     .offset = offsetof(file_facts, unpacked_sha256),
     .initial = "",
     .help = "checksum of what is in a .gz, which stays the same when that is packed anew"},
    {.name = NULL},
};

static const attr find_table[] = {
    {.name = "folder",
     .type = ATTR_STRING,
     .offset = offsetof(find_hints, folder),
     .initial = "",
     .help = "sub-folder of the search places"},
    {.name = "archive",
     .type = ATTR_STRING,
     .offset = offsetof(find_hints, archive_name),
     .initial = "",
     .help = "the archive that its files are in, one of those that the catalogue lists"},
    {.name = "get",
     .type = ATTR_STRING,
     .offset = offsetof(find_hints, get),
     .initial = "",
     .help = "another way to get the files"},
    {.name = "built_in",
     .type = ATTR_BOOL,
     .offset = offsetof(find_hints, built_in),
     .initial = "false",
     .help = "whether the set is drawn by lcnn itself"},
    {.name = NULL},
};

/* What an archive says besides its addresses. */
typedef struct archive_words {
    file_facts file;
    const char *name, *members;
} archive_words;

static const attr archive_table[] = {
    {.name = "name",
     .type = ATTR_STRING,
     .offset = offsetof(archive_words, name),
     .help = "what the sets that are in it call it"},
    {.name = "file",
     .type = ATTR_STRING,
     .offset = offsetof(archive_words, file.name),
     .help = "name of the archive's file, a zip"},
    {.name = "members",
     .type = ATTR_STRING,
     .offset = offsetof(archive_words, members),
     .initial = "",
     .help = "what stands before the names of files in it: folder/"},
    {.name = "size",
     .type = ATTR_INT,
     .offset = offsetof(archive_words, file.size),
     .min = 1,
     .max = INT_MAX,
     .help = "its bytes"},
    {.name = "md5",
     .type = ATTR_STRING,
     .offset = offsetof(archive_words, file.md5),
     .initial = "",
     .help = "its checksum, 32 hexadecimal digits"},
    {.name = "sha256",
     .type = ATTR_STRING,
     .offset = offsetof(archive_words, file.sha256),
     .initial = "",
     .help = "its checksum, 64 hexadecimal digits"},
    {.name = NULL},
};

static bool wrong(const doc *d, lcnn_errors *errors, const char *what) {
    error_add(errors, LCNN_BAD_DATA, d->at, "%s", what);
    return false;
}

static bool read_shape(const plain *p, const doc *map, shape *out, lcnn_errors *errors) {
    const doc *where = doc_get(map, "shape");
    if (p->shape.count != 3)
        return wrong(where, errors, "shape must be [channels, height, width]");
    if (p->shape.value[0] > IDX_MAX_CHANNELS) {
        error_add(errors, LCNN_BAD_DATA, where->at, "%d channels; at most %d are read",
                  p->shape.value[0], IDX_MAX_CHANNELS);
        return false;
    }
    out->rank = 3;
    for (int i = 0; i < 3; i++)
        out->dim[i] = p->shape.value[i];
    return true;
}

bool describe_classes(const doc *map, dataset_info *info, arena *a, lcnn_errors *errors) {
    const doc *list = doc_get(map, "classes");
    if (!list)
        return wrong(map, errors, "classes is missing: the list of the names of the classes");
    if (list->kind != DOC_LIST || list->count < 1 || list->count > MAX_CLASSES)
        return wrong(list, errors, "classes must be a list of 1 to 256 names");
    const char **name = arena_array(a, (size_t)list->count + 1, sizeof *name);
    if (!name) {
        error_no_memory(errors);
        return false;
    }
    int count = 0;
    for (const doc *d = list->first; d; d = d->next) {
        if (d->kind != DOC_SCALAR || !*d->text)
            return wrong(d, errors, "the name of a class must be a text");
        for (int i = 0; i < count; i++)
            if (strcmp(name[i], d->text) == 0) {
                error_add(errors, LCNN_BAD_DATA, d->at, "class '%s' is there twice", d->text);
                return false;
            }
        name[count++] = d->text;
    }
    info->class_names = name;
    info->classes = count;
    return true;
}

/* ---- Texts ----------------------------------------------------------------------------------- */

/* A list of texts, or one text; an absent one is empty. NULL with a message. */
static const char *const *read_texts(const doc *map, const char *key, arena *a,
                                     lcnn_errors *errors) {
    const doc *value = map ? doc_get(map, key) : NULL;
    int count = !value ? 0 : value->kind == DOC_LIST ? value->count : 1;
    const char **text = arena_array(a, (size_t)count + 1, sizeof *text);
    if (!text)
        error_no_memory(errors);
    const doc *d = value && value->kind == DOC_LIST ? value->first : value;
    for (int i = 0; text && i < count; i++, d = d->next) {
        if (d->kind != DOC_SCALAR || !*d->text) {
            error_add(errors, LCNN_BAD_DATA, d->at, "%s must be a text or a list of texts", key);
            return NULL;
        }
        text[i] = d->text;
    }
    return text;
}

/* Folders on the web: the name of a file is put behind them as it is. */
static const char *const *read_addresses(const doc *map, arena *a, lcnn_errors *errors) {
    const char *const *address = read_texts(map, "addresses", a, errors);
    for (int i = 0; address && address[i]; i++) {
        bool web =
            strncmp(address[i], "https://", 8) == 0 || strncmp(address[i], "http://", 7) == 0;
        if (web && address[i][strlen(address[i]) - 1] == '/')
            continue;
        error_add(errors, LCNN_BAD_DATA, doc_get(map, "addresses")->at,
                  "address '%s' must begin with https:// or http:// and end with a '/': the names "
                  "of the files are put behind it",
                  address[i]);
        return NULL;
    }
    return address;
}

/* A name that files are written under must not lead anywhere else. */
static bool plain_name(const doc *at, const char *key, const char *name, lcnn_errors *errors) {
    if (*name && *name != '.' && !strchr(name, '/'))
        return true;
    error_add(errors, LCNN_BAD_DATA, at->at,
              "%s '%s' must be a plain name: without '/', and not beginning with '.'", key, name);
    return false;
}

static bool digest(const doc *map, const char *key, const char *text, size_t digits,
                   lcnn_errors *errors) {
    if (!*text || (strlen(text) == digits && strspn(text, "0123456789abcdef") == digits))
        return true;
    error_add(errors, LCNN_BAD_DATA, doc_get(map, key)->at,
              "%s must have %zu hexadecimal digits, in lower case", key, digits);
    return false;
}

static bool digests(const doc *map, const file_facts *f, lcnn_errors *errors) {
    return digest(map, "md5", f->md5, 32, errors) && digest(map, "sha256", f->sha256, 64, errors) &&
           digest(map, "unpacked_sha256", f->unpacked_sha256, 64, errors);
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* A bare name, or a map with what is known of the file. */
static bool read_file(const doc *part, const char *what, const char *key, bool catalogue,
                      file_facts *out, arena *a, lcnn_errors *errors) {
    const doc *d = doc_get(part, key);
    *out = (file_facts){.md5 = "", .sha256 = "", .unpacked_sha256 = ""};
    if (!d) {
        error_add(errors, LCNN_BAD_DATA, part->at,
                  "%s: %s is missing: the name of an IDX file, plain or gzip", what, key);
        return false;
    }
    if (d->kind == DOC_MAP) {
        if (!attr_parse(file_table, d, NULL, key, out, a, errors) || !digests(d, out, errors))
            return false;
    } else if (d->kind != DOC_SCALAR || !*d->text)
        return wrong(d, errors, "a file must be a name, or a map with its name and checksums");
    else
        out->name = d->text;
    return !catalogue || plain_name(d, key, out->name, errors);
}

static bool read_part(const doc *part, const char *what, bool catalogue, part_facts *facts,
                      part_files *out, arena *a, lcnn_errors *errors) {
    static const char *const keys[] = {"images", "labels", NULL};
    for (const doc *d = part->first; d; d = d->next)
        if (strcmp(d->key, keys[0]) != 0 && strcmp(d->key, keys[1]) != 0) {
            const char *near = error_nearest(d->key, keys);
            error_add(errors, LCNN_BAD_DATA, d->key_at, "%s: unknown key '%s'; %s%s%s", what,
                      d->key, near ? "did you mean '" : "a part has images and labels",
                      near ? near : "", near ? "'?" : "");
            return false;
        }
    if (!read_file(part, what, keys[0], catalogue, &facts->images, a, errors) ||
        !read_file(part, what, keys[1], catalogue, &facts->labels, a, errors))
        return false;
    *out = (part_files){.images = facts->images.name, .labels = facts->labels.name};
    return true;
}

static bool read_files(const doc *map, bool catalogue, description *out, arena *a,
                       lcnn_errors *errors) {
    static const char *const parts[] = {"train", "test", NULL};
    const doc *files = doc_get(map, "files");
    if (!files)
        return wrong(map, errors, "files is missing: a map of train and test");
    if (files->kind != DOC_MAP || files->count == 0)
        return wrong(files, errors, "files must be a map of train, test or both");
    bool fine = true;
    for (const doc *d = files->first; d; d = d->next) {
        bool train = strcmp(d->key, "train") == 0;
        if (!train && strcmp(d->key, "test") != 0) {
            const char *near = error_nearest(d->key, parts);
            error_add(errors, LCNN_BAD_DATA, d->key_at,
                      "unknown part '%s'; a set has the parts train and test%s%s%s", d->key,
                      near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
            fine = false;
        } else if (d->kind != DOC_MAP)
            fine = wrong(d, errors, "a part must be a map {images: FILE, labels: FILE}");
        else
            fine &= read_part(d, train ? "files: train" : "files: test", catalogue,
                              train ? &out->train_facts : &out->test_facts,
                              train ? &out->train : &out->test, a, errors);
    }
    return fine;
}

static bool read_find(const doc *map, description *out, arena *a, lcnn_errors *errors) {
    static const char *const lists[] = {"also", "addresses", NULL};
    const doc *find = doc_get(map, "find");
    if (find && find->kind != DOC_MAP)
        return wrong(find, errors, "find must be a map");
    find_hints *hints = &out->find;
    if (!attr_parse(find_table, find, lists, "find", hints, a, errors))
        return false;
    hints->also = read_texts(find, "also", a, errors);
    hints->addresses = read_addresses(find, a, errors);
    if (!hints->also || !hints->addresses)
        return false;
    if (hints->built_in)
        return true;
    if (find && *hints->folder)
        return plain_name(find, "folder", hints->folder, errors);
    return wrong(find ? find : map, errors,
                 "find: folder is missing: the sub-folder that holds the files");
}

const archive_facts *describe_archive(const doc *map, arena *a, lcnn_errors *errors) {
    static const char *const lists[] = {"addresses", NULL};
    archive_words words = {.file = {.unpacked_sha256 = ""}};
    archive_facts *out = arena_alloc(a, sizeof *out);
    if (!out)
        error_no_memory(errors);
    if (!out || !attr_parse(archive_table, map, lists, "archive", &words, a, errors) ||
        !digests(map, &words.file, errors) || !plain_name(map, "file", words.file.name, errors))
        return NULL;
    if (!*words.file.md5 && !*words.file.sha256) {
        wrong(map, errors, "archive: a checksum is missing: sha256 or md5");
        return NULL;
    }
    *out = (archive_facts){.name = words.name,
                           .file = words.file,
                           .members = words.members,
                           .addresses = read_addresses(map, a, errors)};
    return out->addresses ? out : NULL;
}

description *describe(const doc *map, bool catalogue, arena *a, lcnn_errors *errors) {
    static const char *const folder_keys[] = {"classes", "files", NULL};
    static const char *const catalogue_keys[] = {"classes", "files", "find", NULL};
    plain p = {0};
    description *out = arena_alloc(a, sizeof *out);
    if (!out) {
        error_no_memory(errors);
        return NULL;
    }
    bool fine = attr_parse(plain_table, map, catalogue ? catalogue_keys : folder_keys, "data set",
                           &p, a, errors);
    fine &= describe_classes(map, &out->info, a, errors);
    if (catalogue)
        fine &= read_find(map, out, a, errors);
    if (!out->find.built_in)
        fine &= read_files(map, catalogue, out, a, errors);
    if (!fine || !read_shape(&p, map, &out->info.image, errors))
        return NULL;
    out->info.name = p.name;
    out->info.title = p.title;
    out->about = p.about;
    out->citation = p.citation;
    out->licence = p.licence;
    out->at = map->at;
    out->transposed = p.transposed;
    out->first_label = p.first_label;
    return out;
}
