/* select.c - see select.h. Classes first, then limits, then validation. */
#include "select.h"

#include "rng.h"

#include <stdlib.h>
#include <string.h>

/* A selection in the making. */
typedef struct selector {
    const model *model;
    const dataset *data;
    selection *out;
    arena *arena;
    lcnn_errors *errors;
} selector;

/* Which classes a note is about: how many, and the first of them. */
typedef struct some_classes {
    int count;
    const char *first;
    uint32_t images; /* of the first */
} some_classes;

static bool out_of_memory(const selector *s) {
    error_no_memory(s->errors);
    return false;
}

/* ---- Classes --------------------------------------------------------------------------------- */

/* The class of the model that a label of the data set stands for; -1: none. */
static int class_of(const selector *s, uint8_t label) {
    const int *map = s->model->data.class_of;
    return map ? map[label] : label;
}

/* Writes the indices of the chosen images, and counts them. */
static bool choose_classes(const selector *s, const split *part, samples *out) {
    uint32_t *index = arena_array(s->arena, (size_t)part->count + 1, sizeof *index);
    if (!index)
        return out_of_memory(s);
    *out = (samples){0, index};
    for (uint32_t i = 0; i < part->count; i++)
        if (class_of(s, part->labels[i]) >= 0)
            index[out->count++] = i;
    return true;
}

/* The part with the model's classes as labels. */
static bool relabel(const selector *s, const split *part, split *out) {
    *out = *part;
    if (!s->model->data.class_of)
        return true;
    uint8_t *label = arena_array(s->arena, (size_t)part->count + 1, sizeof *label);
    if (!label)
        return out_of_memory(s);
    for (uint32_t i = 0; i < part->count; i++) {
        int class = class_of(s, part->labels[i]);
        label[i] = class < 0 ? 0 : (uint8_t) class;
    }
    out->labels = label;
    return true;
}

/* images [classes]: how many of the samples there are of each class. */
static uint32_t *count_classes(const selector *s, const samples *list) {
    uint32_t *images = arena_array(s->arena, (size_t)s->model->graph->classes, sizeof *images);
    for (uint32_t i = 0; images && i < list->count; i++)
        images[s->out->train.labels[list->index[i]]]++;
    if (!images)
        out_of_memory(s);
    return images;
}

/* The classes with fewer images than `wanted`. */
static some_classes fewer_than(const selector *s, const uint32_t *images, uint32_t wanted) {
    some_classes found = {0};
    for (int c = 0; c < s->model->graph->classes; c++)
        if (images[c] < wanted && found.count++ == 0) {
            found.first = s->model->class_names[c];
            found.images = images[c];
        }
    return found;
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static void limit_all(const selector *s, samples *list) {
    uint32_t limit = (uint32_t)s->model->data.limit;
    if (limit <= list->count)
        list->count = limit;
    else
        error_note(s->errors,
                   "data.limit is %u, and there are only %u images to train on: all "
                   "are taken",
                   limit, list->count);
}

static bool limit_each(const selector *s, samples *list) {
    const uint32_t limit = (uint32_t)s->model->data.limit_per_class;
    uint32_t *images = count_classes(s, list);
    uint32_t *taken = arena_array(s->arena, (size_t)s->model->graph->classes, sizeof *taken);
    uint32_t *index = arena_array(s->arena, (size_t)list->count + 1, sizeof *index);
    if (!images || !taken || !index)
        return out_of_memory(s);
    some_classes few = fewer_than(s, images, limit);
    if (few.count > 0)
        error_note(s->errors,
                   "data.limit_per_class is %u, and %d of %d classes have fewer images, such as "
                   "'%s' with %u: all of theirs are taken",
                   limit, few.count, s->model->graph->classes, few.first, few.images);
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->count; i++)
        if (taken[s->out->train.labels[list->index[i]]]++ < limit)
            index[count++] = list->index[i];
    *list = (samples){count, index};
    return true;
}

/* ---- Validation ------------------------------------------------------------------------------ */

/* How many of the samples are held out; false with a message. */
static bool count_validation(const selector *s, uint32_t all, uint32_t *held) {
    double wanted = s->model->data.validation;
    double count = wanted;
    if (wanted < 1) {
        count = (double)(uint32_t)(wanted * all + 0.5);
        count = count < all ? count : all - 1;
    }
    if (count >= all) {
        error_add(s->errors, LCNN_BAD_DATA, (mark){0},
                  "data.validation is to hold out %.0f images, but there are %u to train on; at "
                  "least one must be left",
                  count, all);
        return false;
    }
    *held = (uint32_t)count;
    if (wanted > 0 && *held == 0)
        error_note(s->errors, "data.validation is less than one of %u images: none is held out",
                   all);
    return true;
}

/* Shares `held` among the classes in proportion to their images: whole numbers by the method of
 * largest remainders, of equal ones the first. */
static bool apportion(const selector *s, const uint32_t *images, uint32_t all, uint32_t held,
                      uint32_t *quota) {
    int classes = s->model->graph->classes;
    uint64_t *rest = arena_array(s->arena, (size_t)classes, sizeof *rest);
    if (!rest)
        return out_of_memory(s);
    uint32_t given = 0;
    for (int c = 0; c < classes; c++) {
        uint64_t share = (uint64_t)images[c] * held;
        quota[c] = (uint32_t)(share / all);
        rest[c] = share % all;
        given += quota[c];
    }
    for (; given < held; given++) {
        int largest = 0;
        for (int c = 1; c < classes; c++)
            largest = rest[c] > rest[largest] ? c : largest;
        quota[largest]++;
        rest[largest] = 0;
    }
    return true;
}

/* Each image draws a number by its index alone; those with the lowest of their class are held out.
 */
typedef struct draw {
    uint64_t number;
    uint32_t index;
    uint32_t class;
} draw;

static int compare_draws(const void *left, const void *right) {
    const draw *a = left, *b = right;
    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Marks in held [count of the part] the images that are held out, quota[c] of each class. */
static bool draw_validation(const selector *s, const samples *list, uint32_t *quota, bool *held) {
    rng_key key = {.seed = (uint64_t)s->model->train.seed, .purpose = RNG_SPLIT};
    draw *draws = calloc((size_t)list->count + 1, sizeof *draws);
    if (!draws)
        return out_of_memory(s);
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t word[4], index = list->index[i];
        rng_words(&key, index, 0, word);
        draws[i] = (draw){(uint64_t)word[0] << 32 | word[1], index, s->out->train.labels[index]};
    }
    qsort(draws, list->count, sizeof *draws, compare_draws);
    for (uint32_t i = 0; i < list->count; i++)
        if (quota[draws[i].class] > 0) {
            quota[draws[i].class]--;
            held[draws[i].index] = true;
        }
    free(draws);
    return true;
}

/* Divides the list into samples to train on and samples held out. */
static bool hold_out(const selector *s, const samples *list) {
    uint32_t count = 0;
    s->out->training = *list;
    if (!count_validation(s, list->count, &count))
        return false;
    if (count == 0)
        return true;
    uint32_t *images = count_classes(s, list);
    uint32_t *quota = arena_array(s->arena, (size_t)s->model->graph->classes, sizeof *quota);
    uint32_t *index = arena_array(s->arena, list->count, sizeof *index);
    bool *held = arena_array(s->arena, s->data->train.count, sizeof *held);
    if (!images || !quota || !index || !held)
        return out_of_memory(s);
    if (!apportion(s, images, list->count, count, quota) || !draw_validation(s, list, quota, held))
        return false;
    uint32_t train = 0, validation = list->count - count;
    for (uint32_t i = 0; i < list->count; i++)
        index[held[list->index[i]] ? validation++ : train++] = list->index[i];
    s->out->training = (samples){train, index};
    s->out->validation = (samples){count, index + train};
    return true;
}

/* ---- The whole ------------------------------------------------------------------------------- */

static bool select_training(const selector *s) {
    const model_data *d = &s->model->data;
    samples list;
    if (!relabel(s, &s->data->train, &s->out->train) || !choose_classes(s, &s->data->train, &list))
        return false;
    if (s->data->train.count > 0 && list.count == 0) {
        error_add(s->errors, LCNN_BAD_DATA, (mark){0},
                  "none of the %u training images of %s is of the classes that data.classes names",
                  s->data->train.count, s->data->info.name);
        return false;
    }
    if (d->limit > 0)
        limit_all(s, &list);
    if (d->limit_per_class > 0 && !limit_each(s, &list))
        return false;
    if (list.count > 0 && !hold_out(s, &list))
        return false;
    s->out->per_class = count_classes(s, &s->out->training);
    if (!s->out->per_class)
        return false;
    some_classes none = fewer_than(s, s->out->per_class, 1);
    if (none.count > 0 && list.count > 0)
        error_note(s->errors, "%d of %d classes have no images to train on, such as '%s'",
                   none.count, s->model->graph->classes, none.first);
    return true;
}

bool select_images(const model *m, const dataset *d, bool trains, selection *out, arena *a,
                   lcnn_errors *errors) {
    const selector s = {m, d, out, a, errors};
    *out = (selection){0};
    return (!trains || select_training(&s)) && relabel(&s, &d->test, &out->test) &&
           choose_classes(&s, &d->test, &out->testing);
}
