/* rejection.h - what rejecting the least sure answers buys: the fewest images to reject so that of the others no more than a
 * given share is wrong, as LeCun et al. 1998 compare methods in figure 10. */
#ifndef REJECTION_H
#define REJECTION_H

#include "lcnn.h"

/* Share of the images to reject: those whose answer is less probable than some bound, images with equal probabilities together.
 * 0: none need be; NaN: even the surest answers are wrong more often. */
double rejected_share(const lcnn_evaluation *e, double error);

#endif
