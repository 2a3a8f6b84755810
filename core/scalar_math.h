/* scalar_math.h - power, log and sine of one double, by + - * / in a fixed order.
 *
 * For what ends up in weights: learning rates, bias corrections, initial values. libm's last bits
 * differ between machines, these do not. Errors are a few units in the last place. */
#ifndef SCALAR_MATH_H
#define SCALAR_MATH_H

#include <stdint.h>

/* x^n for n >= 0, by repeated squaring. */
static inline double scalar_power(double x, int64_t n) {
    double product = 1;
    for (; n > 0; n /= 2) {
        if (n % 2 != 0)
            product *= x;
        x *= x;
    }
    return product;
}

/* sin y for |y| <= pi / 2: the Taylor series to y^21; what it leaves out is below 2^-59. */
static inline double scalar_sin(double y) {
    double sum = 1;
    for (int k = 20; k > 0; k -= 2)
        sum = 1 - y * y / (k * (k + 1)) * sum;
    return y * sum;
}

/* ln x for normal x > 0: x = 2^n m, m from sqrt(1/2) to sqrt(2), and ln m = 2 artanh s with
 * s = (m - 1) / (m + 1), |s| < 0.172: its series to s^23; what it leaves out is below 2^-60. */
static inline double scalar_log(double x) {
    union {
        double number;
        uint64_t bits;
    } m = {.number = x};
    int n = (int)(m.bits >> 52) - 1023;
    m.bits = (m.bits & UINT64_C(0x000fffffffffffff)) | UINT64_C(0x3ff0000000000000);
    if (m.number > 0x1.6a09e667f3bcdp0) {
        m.number /= 2;
        n++;
    }
    double s = (m.number - 1) / (m.number + 1);
    double sum = 0;
    for (int k = 23; k > 0; k -= 2)
        sum = s * s * sum + 1.0 / k;
    return 2 * s * sum + n * 0x1.62e42fefa39efp-1;
}

#endif
