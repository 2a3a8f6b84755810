/* class_weights.c - the three ways of weighing classes; see class_weights.h. */
#include "class_weights.h"

#define MAX_WEIGHT 1e6

typedef struct weighting {
    component component;
    /* NULL: every image counts 1. */
    void (*fill)(const void *attrs, const uint32_t *images, int classes, real *weight);
} weighting;

/* ---- none ------------------------------------------------------------------------------------ */

static const weighting weighting_none = {.component = {
                                             .name = "none",
                                             .summary = "every image counts the same",
                                             .doc = "weight = 1.",
                                         }};

/* ---- balanced -------------------------------------------------------------------------------- */

/* Classes without images do not count as classes: the mean weight of an image is then always 1. */
static void balance(const void *attrs, const uint32_t *images, int classes, real *weight) {
    (void)attrs;
    double all = 0;
    int present = 0;
    for (int c = 0; c < classes; c++) {
        all += images[c];
        present += images[c] > 0;
    }
    for (int c = 0; c < classes; c++)
        weight[c] = images[c] > 0 ? (real)(all / ((double)present * images[c])) : 1;
}

static const weighting weighting_balanced = {
    .component =
        {
            .name = "balanced",
            .summary = "every class counts the same, however many images it has",
            .doc = "weight_c = n / (classes n_c), where n_c of the n images to train on are of "
                   "class c; classes\nwithout any are not counted. The mean weight of an image is "
                   "1. As scikit-learn's\nclass_weight=\"balanced\", after King and Zeng, "
                   "\"Logistic regression in rare events data\" (2001).",
        },
    .fill = balance};

/* ---- given ----------------------------------------------------------------------------------- */

typedef struct given {
    attr_reals weights;
} given;

static const attr given_attrs[] = {{"weights", ATTR_REALS, offsetof(given, weights), .min = 0,
                                    .max = MAX_WEIGHT,
                                    .help = "one for each class, in the order of the classes"},
                                   {0}};

static void copy_given(const void *attrs, const uint32_t *images, int classes, real *weight) {
    const given *g = attrs;
    (void)images;
    for (int c = 0; c < classes; c++)
        weight[c] = (real)g->weights.value[c];
}

static const weighting weighting_given = {
    .component = {.name = "given",
                  .summary = "a weight for each class",
                  .doc = "A bare list in place of a weighting means this one. 0 leaves a class "
                         "out of the training.",
                  .primary = "weights",
                  .size = sizeof(given),
                  .attrs = given_attrs},
    .fill = copy_given};

/* ---- All of them ----------------------------------------------------------------------------- */

const component_set class_weightings = {
    .kind = "class weighting",
    .members = (const component *const[]){&weighting_balanced.component, &weighting_given.component,
                                          &weighting_none.component, NULL}};

bool class_weights_check(const attr_component *chosen, int classes, mark at, const char *what,
                         lcnn_errors *errors) {
    if (chosen->type != &weighting_given.component)
        return true;
    const given *g = chosen->attrs;
    double sum = 0;
    for (int i = 0; i < g->weights.count; i++)
        sum += g->weights.value[i];
    if (g->weights.count != classes)
        error_add(errors, LCNN_BAD_MODEL, at, "%s: %d weights for %d classes", what,
                  g->weights.count, classes);
    else if (sum <= 0)
        error_add(errors, LCNN_BAD_MODEL, at, "%s: at least one weight must be above 0", what);
    return g->weights.count == classes && sum > 0;
}

bool class_weights_fill(const attr_component *chosen, const uint32_t *images, int classes,
                        real *weight) {
    const weighting *w = (const weighting *)chosen->type;
    if (w->fill == NULL)
        return false;
    w->fill(chosen->attrs, images, classes, weight);
    return true;
}
