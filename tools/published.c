/* published.c - what holds of a published figure. */
#include "config.h"

#include <math.h>
#include <stddef.h>

#include "published.h"

const char *published_verdict(lcnn_metric metric, double value, double uncertainty, double ours,
                              interval range) {
    if (isnan(ours))
        return NULL;
    double low = isnan(range.low) ? ours : range.low, high = isnan(range.high) ? ours : range.high;
    bool less_is_better = metric == LCNN_ERROR || metric == LCNN_LOSS || metric == LCNN_TRAIN_ERROR;
    if (high < value - uncertainty)
        return less_is_better ? "better" : "worse";
    if (low > value + uncertainty)
        return less_is_better ? "worse" : "better";
    return "within the uncertainty";
}
