/* datasets.c - from a name to a data set in memory; see datasets.h.
 *
 * Owns what a name means and what makes a set whole: parts that fit each other and the description,
 * images upright, labels from 0. Reading a file, finding it and drawing glyphs are done elsewhere.
 */
#include "config.h"

#include "datasets.h"
#include "glyphs.h"
#include "hash.h"
#include "readers.h"
#include <stdlib.h>
#include <string.h>

/* ---- Names ----------------------------------------------------------------------------------- */

/* Samples of a built-in set; one in seven is for testing. */
enum { SAMPLES_PER_CLASS = 600, TRAIN_PER_TEST = 6, MAX_SAMPLES = 1000000 };

/* A set that was named. */
typedef struct choice {
    dataset_info info;
    const description *set;
    const catalogue *known;
    const read_set *files; /* a path; else NULL */
    uint32_t samples;      /* built-in sets: for training */
} choice;

/* In a model it is the model that is wrong, elsewhere the command. */
static lcnn_status name_status(mark at) {
    return at.source && at.source->text ? LCNN_BAD_MODEL : LCNN_BAD_USAGE;
}

/* The number behind "glyphs:"; 0 when it is none in range. */
static uint32_t read_samples(const char *text) {
    uint32_t n = 0;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9')
            return 0;
        n = n * 10 + (uint32_t)(*p - '0');
        if (n > MAX_SAMPLES)
            return 0;
    }
    return n;
}

static bool choose_samples(const char *name, const char *colon, mark at, choice *out,
                           lcnn_errors *errors) {
    if (!colon) {
        out->samples = SAMPLES_PER_CLASS * (uint32_t)out->set->info.classes;
        return true;
    }
    if (!out->set->find.built_in) {
        error_add(errors, name_status(at), at,
                  "'%s': only the built-in sets (glyphs, glyphs-47, glyphs-62) take a number of "
                  "samples",
                  name);
        return false;
    }
    out->samples = read_samples(colon + 1);
    if (out->samples > 0) {
        out->info.name = name;
        return true;
    }
    error_add(errors, name_status(at), at,
              "'%s': the number of training samples after ':' must be 1 to %d", name, MAX_SAMPLES);
    return false;
}

static void unknown(const char *name, const catalogue *known, mark at, arena *a,
                    lcnn_errors *errors) {
    const char *near = catalogue_nearest(known, name, a);
    error_add(errors, name_status(at), at,
              "no data set '%s'%s%s%s ('lcnn data' lists them; a folder is named with a '/' in it, "
              "as in ./%s)",
              name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", name);
}

const description *datasets_known(const catalogue *known, const char *name, size_t length, mark at,
                                  arena *a, lcnn_errors *errors) {
    const description *set = catalogue_find(known, name, length);
    if (!set) {
        unknown(name, known, at, a, errors);
        return NULL;
    }
    const char *full = set->info.name;
    if (strncmp(full, name, length) != 0 || full[length])
        error_note(errors, "%s means %s", name, full);
    return set;
}

static bool choose(const char *name, mark at, choice *out, arena *a, lcnn_errors *errors) {
    *out = (choice){.known = catalogue_read(a, errors)};
    name = arena_copy(a, name, strlen(name));
    if (!out->known)
        return false;
    if (!name) {
        error_no_memory(errors);
        return false;
    }
    if (strchr(name, '/')) {
        out->files = readers_open(name, at, out->known, a, errors);
        if (!out->files)
            return false;
        out->set = out->files->found.set;
        out->info = out->set->info;
        return true;
    }
    const char *colon = strchr(name, ':');
    size_t length = colon ? (size_t)(colon - name) : strlen(name);
    out->set = datasets_known(out->known, name, length, at, a, errors);
    if (!out->set)
        return false;
    out->info = out->set->info;
    return choose_samples(name, colon, at, out, errors);
}

const dataset_info *datasets_info(const char *name, mark at, arena *a, lcnn_errors *errors) {
    choice chosen;
    if (!choose(name, at, &chosen, a, errors))
        return NULL;
    dataset_info *info = arena_alloc(a, sizeof *info);
    if (info)
        *info = chosen.info;
    else
        error_no_memory(errors);
    return info;
}

/* ---- Opening --------------------------------------------------------------------------------- */

/* A dataset, and what it owns. */
typedef struct opened {
    dataset set; /* first, so that its address is that of the whole */
    arena *memory;
    part_bytes train, test;
} opened;

static bool draw_part(const dataset_info *info, glyphs_part part, uint32_t count, part_bytes *out,
                      lcnn_errors *errors) {
    out->count = count;
    out->images = malloc((size_t)count * shape_size(&info->image));
    out->labels = malloc(count);
    if (!out->images || !out->labels) {
        error_no_memory(errors);
        return false;
    }
    glyphs_draw(info, part, count, out->images, out->labels);
    return true;
}

static bool fill(opened *o, choice *from, lcnn_errors *errors) {
    if (from->set->find.built_in) {
        uint32_t test = (from->samples + TRAIN_PER_TEST - 1) / TRAIN_PER_TEST;
        return draw_part(&from->info, GLYPHS_TRAIN, from->samples, &o->train, errors) &&
               draw_part(&from->info, GLYPHS_TEST, test, &o->test, errors);
    }
    if (from->files)
        return readers_load(from->files, PART_TRAIN, &o->train, o->memory, errors) &&
               readers_load(from->files, PART_TEST, &o->test, o->memory, errors);
    located at;
    return places_search(from->known, from->set, &at, o->memory, errors) &&
           load_part(from->set, &at.train, &o->train, errors) &&
           load_upright(from->set, &o->train, errors) &&
           load_part(from->set, &at.test, &o->test, errors) &&
           load_upright(from->set, &o->test, errors);
}

static split as_split(const part_bytes *p) {
    return (split){.count = p->count, .images = p->images, .labels = p->labels};
}

/* Train before test, images before labels: what the trainer sees, whatever the files were. */
static void take_hash(dataset *d) {
    const split *part[] = {&d->train, &d->test};
    hash h;
    hash_begin(&h);
    for (int i = 0; i < 2; i++) {
        hash_add(&h, part[i]->images, part[i]->count * shape_size(&d->info.image));
        hash_add(&h, part[i]->labels, part[i]->count);
    }
    hash_end(&h, d->sha256);
}

dataset *datasets_open(const char *name, lcnn_errors *errors) {
    arena *memory = arena_new();
    opened *o = memory ? arena_alloc(memory, sizeof *o) : NULL;
    if (!o) {
        arena_free(memory);
        error_no_memory(errors);
        return NULL;
    }
    o->memory = memory;
    choice chosen;
    if (!choose(name, (mark){0}, &chosen, memory, errors) || !fill(o, &chosen, errors)) {
        datasets_close(&o->set);
        return NULL;
    }
    o->set.info = chosen.info;
    o->set.train = as_split(&o->train);
    o->set.test = as_split(&o->test);
    take_hash(&o->set);
    return &o->set;
}

void datasets_close(dataset *d) {
    if (!d)
        return;
    opened *o = (opened *)d;
    free(o->train.images);
    free(o->train.labels);
    free(o->test.images);
    free(o->test.labels);
    arena_free(o->memory);
}

/* ---- The catalogue --------------------------------------------------------------------------- */

const datasets_entry *datasets_list(int *count, arena *a, lcnn_errors *errors) {
    const catalogue *known = catalogue_read(a, errors);
    datasets_entry *entry = known ? arena_array(a, (size_t)known->count, sizeof *entry) : NULL;
    *count = 0;
    if (!entry) {
        if (known)
            error_no_memory(errors);
        return NULL;
    }
    for (int i = 0; i < known->count; i++) {
        located at;
        entry[i].set = known->set[i];
        entry[i].info = &known->set[i]->info;
        if (known->set[i]->find.built_in)
            entry[i].where = "built in";
        else if (places_search(known, known->set[i], &at, a, NULL))
            entry[i].where = at.folder;
    }
    *count = known->count;
    return entry;
}
