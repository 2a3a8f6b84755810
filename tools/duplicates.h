/* duplicates.h - images of a data set that are equal byte for byte, in one part or in both. */
#ifndef DUPLICATES_H
#define DUPLICATES_H

#include "command.h"

/* An image by its part and its index there. */
typedef struct image_place {
    lcnn_part part;
    uint32_t index;
} image_place;

/* Equal images, training before test, by index. */
typedef struct image_group {
    uint32_t count;
    const image_place *image; /* [count], at least 2 */
    bool conflict;            /* they have different labels */
} image_group;

typedef struct duplicates {
    uint32_t count;
    image_group *group; /* [count], by their first images */
    image_place *places;
    /* Images that are equal to an earlier one of their part; test images that are in the training part; groups with
     * different labels. */
    uint32_t in_train, in_test, between, conflicts;
} duplicates;

/* `parts` are training and test images of one size. */
void duplicates_find(const lcnn_images parts[2], duplicates *out);
void duplicates_free(duplicates *d);

#endif
