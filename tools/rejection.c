/* rejection.c - how many answers to reject. */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "command.h"
#include "memory.h"
#include "rejection.h"

typedef struct judged {
    float probability;
    bool wrong;
} judged;

/* Surest first. */
static int compare(const void *left, const void *right) {
    const judged *a = left, *b = right;
    return a->probability > b->probability ? -1 : a->probability < b->probability;
}

double rejected_share(const lcnn_evaluation *e, double error) {
    judged *all = memory_new((size_t)e->count + 1, sizeof *all);
    for (uint32_t i = 0; i < e->count; i++)
        all[i] = (judged){e->probability[i], e->truth[i] != e->answer[i]};
    qsort(all, e->count, sizeof *all, compare);
    uint32_t kept = 0, wrong = 0;
    for (uint32_t i = 0; i < e->count; i++) {
        wrong += all[i].wrong;
        bool bound = i + 1 == e->count || all[i + 1].probability < all[i].probability;
        if (bound && wrong <= error * (i + 1))
            kept = i + 1;
    }
    free(all);
    return kept > 0 ? (double)(e->count - kept) / e->count : NAN;
}
