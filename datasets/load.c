/* load.c - reading a part of a data set and putting it right; see load.h.
 *
 * EMNIST's raw images have rows and columns exchanged, and the labels of some sets begin at 1. Both
 * are put right here, once, so that nothing behind this file ever hears of it. */
#include "config.h"

#include "idx.h"
#include "load.h"
#include "stream.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool right_size(const idx *images, const description *set, const char *path,
                       lcnn_errors *errors) {
    const int *dim = set->info.image.dim;
    int height = set->transposed ? dim[2] : dim[1], width = set->transposed ? dim[1] : dim[2];
    if (images->channels == dim[0] && images->height == height && images->width == width)
        return true;
    error_add(errors, LCNN_BAD_DATA, stream_mark(path, 4, errors),
              "images of %dx%dx%d; %s has images of %dx%dx%d", images->channels, images->height,
              images->width, set->info.name, dim[0], height, width);
    return false;
}

/* [width][height] as stored becomes [height][width], in every channel of every image. */
bool load_upright(const description *set, part_bytes *part, lcnn_errors *errors) {
    size_t height = (size_t)set->info.image.dim[1], width = (size_t)set->info.image.dim[2];
    if (!set->transposed)
        return true;
    uint8_t *copy = malloc(height * width);
    if (!copy) {
        error_no_memory(errors);
        return false;
    }
    size_t planes = (size_t)part->count * (size_t)set->info.image.dim[0];
    for (size_t p = 0; p < planes; p++) {
        uint8_t *plane = part->images + p * height * width;
        memcpy(copy, plane, height * width);
        for (size_t y = 0; y < height; y++)
            for (size_t x = 0; x < width; x++)
                plane[y * width + x] = copy[x * height + y];
    }
    free(copy);
    return true;
}

bool load_label(const description *set, int64_t label, uint8_t *out) {
    int64_t from_zero = label - set->first_label;
    *out = (uint8_t)from_zero;
    return from_zero >= 0 && from_zero < set->info.classes;
}

bool load_bad_label(const description *set, uint64_t sample, int64_t label, mark at,
                    lcnn_errors *errors) {
    error_add(errors, LCNN_BAD_DATA, at,
              "label %" PRIu64 " is %" PRId64 "; the labels of %s are %d to %d", sample, label,
              set->info.name, set->first_label, set->first_label + set->info.classes - 1);
    return false;
}

/* Makes the first class 0. */
static bool shift_labels(const idx *labels, const description *set, const char *path,
                         lcnn_errors *errors) {
    for (uint32_t i = 0; i < labels->count; i++) {
        int label = labels->bytes[i];
        if (!load_label(set, label, &labels->bytes[i]))
            return load_bad_label(set, i, label, stream_mark(path, labels->data_at + i, errors),
                                  errors);
    }
    return true;
}

static bool images_fit(const idx *images, const idx *labels, const description *set,
                       const part_files *paths, lcnn_errors *errors) {
    if (images->count == labels->count)
        return right_size(images, set, paths->images, errors);
    error_add(errors, LCNN_BAD_DATA, stream_mark(paths->images, 4, errors),
              "%" PRIu32 " images, but %" PRIu32 " labels in %s", images->count, labels->count,
              paths->labels);
    return false;
}

bool load_part(const description *set, const part_files *paths, part_bytes *out,
               lcnn_errors *errors) {
    *out = (part_bytes){0};
    if (!paths->images)
        return true;
    idx labels, images;
    bool fine = idx_read(paths->labels, IDX_LABELS, &labels, errors);
    out->labels = labels.bytes;
    /* The header first: what the images claim to be may be far too large to be read for nothing. */
    if (!fine || !shift_labels(&labels, set, paths->labels, errors) ||
        !idx_header(paths->images, IDX_IMAGES, &images, errors) ||
        !images_fit(&images, &labels, set, paths, errors))
        return false;
    fine = idx_read(paths->images, IDX_IMAGES, &images, errors);
    out->images = images.bytes;
    out->count = images.count;
    /* Asked again, since another file may stand there by now. */
    return fine && images_fit(&images, &labels, set, paths, errors);
}
