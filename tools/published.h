/* published.h - figures that others published beside ours: what holds of each ("within the uncertainty"), and the same for a
 * published learning curve and a list of errors.
 *
 * Published figures come from the section `published` of a model (lcnn_model_published) or from a study; statistics.h has
 * the intervals. */
#ifndef PUBLISHED_H
#define PUBLISHED_H

#include <jansson.h>
#include <stdio.h>

#include "lcnn.h"
#include "statistics.h"

/* How our figure stands to a published one. A range of ours (95 %: binomial_interval of a share of test images, mean_estimate
 * of losses or over seeds; both ends NaN where there is none, then `ours` alone) and the published value +- its uncertainty
 * (0: none) either overlap, then it is "within the uncertainty"; or ours lies wholly to one side, "better" or "worse" as the
 * metric has it. NULL where ours is not a number. */
const char *published_verdict(lcnn_metric metric, double value, double uncertainty, double ours, interval range);

/* ---- Beside a run ---------------------------------------------------------------------------- */

/* What a run found. */
typedef struct beside_run {
    const lcnn_published *published; /* NULL: nothing was */
    const lcnn_model *model;
    const lcnn_data *data;
    const lcnn_evaluation *test; /* NULL: there was nothing to test on */
    double train_accuracy;       /* of the last epoch */
    uint32_t train_count;
    bool from_weights; /* it did not begin with those that the model draws */
} beside_run;

/* What was published of this model on these data, with ours. It must not outlive what it was made of. */
typedef struct beside beside;

/* NULL where nothing was published. */
beside *beside_new(const beside_run *run);
void beside_free(beside *b);

void beside_print(const beside *b, FILE *out);

/* The figures alone, as result.json has them, and everything, as published.json has it; new references. */
json_t *beside_results(const beside *b);
json_t *beside_json(const beside *b);

#endif
