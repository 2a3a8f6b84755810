/* duplicates.c - finding equal images: hashed, sorted, and compared where hashes meet. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "duplicates.h"
#include "memory.h"

typedef struct entry {
    uint64_t hash;
    image_place at;
} entry;

static const uint8_t *pixels_at(const lcnn_images parts[2], image_place at) {
    const lcnn_images *p = &parts[at.part];
    size_t size = (size_t)p->channels * (size_t)p->height * (size_t)p->width;
    return p->pixels + at.index * size;
}

static uint8_t label_at(const lcnn_images parts[2], image_place at) {
    return parts[at.part].labels[at.index];
}

/* Eight bytes at a time: multiplied by an odd number and folded. Equal hashes are looked at again,
 * so it need not be strong. */
static uint64_t hash_of(const uint8_t *bytes, size_t size) {
    uint64_t hash = size;
    while (size > 0) {
        uint64_t word = 0;
        size_t taken = size < sizeof word ? size : sizeof word;
        memcpy(&word, bytes, taken);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
        bytes += taken;
        size -= taken;
    }
    return hash;
}

static int compare_places(const image_place *a, const image_place *b) {
    if (a->part != b->part)
        return a->part == LCNN_TRAIN ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static int compare_entries(const void *left, const void *right) {
    const entry *a = left, *b = right;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return compare_places(&a->at, &b->at);
}

static int compare_groups(const void *left, const void *right) {
    const image_group *a = left, *b = right;
    return compare_places(&a->image[0], &b->image[0]);
}

/* Every image, equal hashes side by side. */
static entry *sorted_entries(const lcnn_images parts[2], size_t *count) {
    size_t size = (size_t)parts[0].channels * (size_t)parts[0].height * (size_t)parts[0].width;
    *count = (size_t)parts[0].count + parts[1].count;
    entry *all = memory_new(*count + 1, sizeof *all);
    for (size_t i = 0; i < *count; i++) {
        bool test = i >= parts[0].count;
        image_place at = {test ? LCNN_TEST : LCNN_TRAIN, (uint32_t)(test ? i - parts[0].count : i)};
        all[i] = (entry){hash_of(pixels_at(parts, at), size), at};
    }
    qsort(all, *count, sizeof *all, compare_entries);
    return all;
}

/* Counts a finished group. */
static void count_group(const lcnn_images parts[2], image_group *g, duplicates *out) {
    uint32_t train = 0, test;
    for (uint32_t i = 0; i < g->count; i++) {
        train += g->image[i].part == LCNN_TRAIN;
        g->conflict |= label_at(parts, g->image[i]) != label_at(parts, g->image[0]);
    }
    test = g->count - train;
    out->in_train += train > 0 ? train - 1 : 0;
    out->in_test += test > 0 ? test - 1 : 0;
    out->between += train > 0 ? test : 0;
    out->conflicts += g->conflict;
}

/* Takes those equal to the first of a run of equal hashes out of it, into a group if there are any;
 * the others move up. Returns how many are left. */
static size_t take_group(const lcnn_images parts[2], entry *run, size_t length, size_t *used,
                         duplicates *out) {
    size_t size = (size_t)parts[0].channels * (size_t)parts[0].height * (size_t)parts[0].width;
    image_place *place = out->places + *used;
    const uint8_t *first = pixels_at(parts, run[0].at);
    size_t left = 0;
    uint32_t count = 0;
    place[count++] = run[0].at;
    for (size_t i = 1; i < length; i++) {
        if (memcmp(pixels_at(parts, run[i].at), first, size) == 0)
            place[count++] = run[i].at;
        else
            run[left++] = run[i];
    }
    if (count > 1) {
        image_group *g = &out->group[out->count++];
        *g = (image_group){count, place, false};
        count_group(parts, g, out);
        *used += count;
    }
    return left;
}

void duplicates_find(const lcnn_images parts[2], duplicates *out) {
    size_t count, used = 0;
    entry *all = sorted_entries(parts, &count);
    *out = (duplicates){.group = memory_new(count / 2, sizeof *out->group),
                        .places = memory_new(count, sizeof *out->places)};
    for (size_t first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && all[end].hash == all[first].hash)
            end++;
        for (size_t left = end - first; left > 1;)
            left = take_group(parts, all + first, left, &used, out);
    }
    free(all);
    qsort(out->group, out->count, sizeof *out->group, compare_groups);
}

void duplicates_free(duplicates *d) {
    free(d->group);
    free(d->places);
}
