/* statistics.c - confidence intervals and McNemar's test. The special functions are written here;
 * libm has the logarithm of the gamma function alone. */
#include "config.h"

#include <math.h>
#include <stddef.h>

#include "statistics.h"

/* What a normal variable exceeds in size with a probability of 5 %. */
static const double normal_quantile = 1.959963984540054;

interval binomial_interval(uint32_t hits, uint32_t trials) {
    if (trials == 0)
        return (interval){NAN, NAN};
    double n = trials, p = hits / n, z2 = normal_quantile * normal_quantile;
    double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = normal_quantile * sqrt((p * (1 - p) + z2 / (4 * n)) / n) / (1 + z2 / n);
    /* At the ends the formula gives 0 and 1, but for rounding. */
    return (interval){hits == 0 ? 0 : middle - half, hits == trials ? 1 : middle + half};
}

/* ---- Student's t ----------------------------------------------------------------------------- */

/* The continued fraction of the incomplete beta function, from its front (Lentz); it converges fast
 * where x is below (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x) {
    enum { TERMS = 10000 };
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m < TERMS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double change = 1;
        for (int k = 0; k < 2; k++) {
            double term = k == 0 ? even : odd;
            d = 1 + term * d;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = 1 + term / c;
            c = fabs(c) < tiny ? tiny : c;
            change = c * d;
            value *= change;
        }
        if (fabs(change - 1) < 1e-15)
            break;
    }
    return value;
}

/* The regularised incomplete beta function; `y` is 1 - x, given apart since it may be tiny. */
static double incomplete_beta(double a, double b, double x, double y) {
    if (x <= 0 || y <= 0)
        return x <= 0 ? 0 : 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(y));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, y) / b;
}

/* The probability that |t| stays below this. */
static double t_within(double t, double degrees) {
    double square = t * t, sum = degrees + square;
    return incomplete_beta(0.5, degrees / 2, square / sum, degrees / sum);
}

double t_quantile(double degrees) {
    double low = 1, high = 16; /* 12.7 at one degree, 1.96 at infinitely many */
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (t_within(middle, degrees) < 0.95)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* ---- Means ----------------------------------------------------------------------------------- */

/* Of x[i] - y[i]; `y` NULL: of x[i]. */
static estimate difference_estimate(const double *x, const double *y, int n) {
    estimate e = {NAN, NAN, NAN, NAN};
    if (n < 1)
        return e;
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++)
        sum += x[i] - (y ? y[i] : 0);
    e.mean = sum / n;
    if (n < 2)
        return e;
    for (int i = 0; i < n; i++) {
        double apart = x[i] - (y ? y[i] : 0) - e.mean;
        squares += apart * apart;
    }
    e.deviation = sqrt(squares / (n - 1));
    double half = t_quantile(n - 1) * e.deviation / sqrt(n);
    e.low = e.mean - half;
    e.high = e.mean + half;
    return e;
}

estimate mean_estimate(const double *x, int n) {
    return difference_estimate(x, NULL, n);
}

estimate paired_difference(const double *first, const double *second, int n) {
    return difference_estimate(first, second, n);
}

/* ---- McNemar's test -------------------------------------------------------------------------- */

double mcnemar(uint32_t only_first_wrong, uint32_t only_second_wrong) {
    if (only_first_wrong == only_second_wrong)
        return 1;
    double fewer = only_first_wrong < only_second_wrong ? only_first_wrong : only_second_wrong;
    double n = (double)only_first_wrong + only_second_wrong;
    /* Both tails of a fair coin thrown n times, from the likeliest term outwards; terms fall at
     * least as fast as a geometric series, so the sum is done where they no longer count. */
    double term = exp(lgamma(n + 1) - lgamma(fewer + 1) - lgamma(n - fewer + 1) - n * log(2));
    double sum = 0;
    for (double k = fewer; k >= 0 && term > sum * 1e-17; k--) {
        sum += term;
        term *= k / (n - k + 1);
    }
    return fmin(1, 2 * sum);
}
