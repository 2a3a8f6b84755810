/* statistics.h - how sure a figure is: intervals of shares and of means, and what two models' mistakes on the same images
 * say about which is better. All intervals are of 95 % confidence. Numbers in, numbers out; nothing is printed. */
#ifndef STATISTICS_H
#define STATISTICS_H

#include <stdint.h>

typedef struct interval {
    double low, high;
} interval;

/* Of the share behind `hits` in `trials` (Wilson's score interval, which holds at 0 and 1 too and for few trials). NaN where
 * there are no trials. */
interval binomial_interval(uint32_t hits, uint32_t trials);

/* A mean of figures that scatter, as one for each seed. */
typedef struct estimate {
    double mean;
    double deviation; /* of the sample (n - 1); NaN below two */
    double low, high; /* Student's t interval of the mean; NaN below two */
} estimate;

/* NaN throughout where n is 0. */
estimate mean_estimate(const double *x, int n);

/* Of first[i] - second[i], as of two models with the same seeds. */
estimate paired_difference(const double *first, const double *second, int n);

/* Student's t with so many degrees of freedom, at least 1: the value that |t| exceeds with a probability of 5 %. */
double t_quantile(double degrees);

/* McNemar's exact test of two models on the same images: the two-sided probability that images which one alone gets wrong
 * fall this unevenly, or more so, on two models that are equally good. 1 where there are none. */
double mcnemar(uint32_t only_first_wrong, uint32_t only_second_wrong);

#endif
