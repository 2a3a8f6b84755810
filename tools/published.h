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

#endif
