/* scalar_math.h - power, exponential, log, sine and cosine of one double, by + - * / in a fixed order.
 *
 * For what ends up in weights: learning rates, bias corrections, initial values, images. libm's last bits
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

/* cos y for |y| <= pi / 2: the Taylor series to y^22; what it leaves out is below 2^-64. */
static inline double scalar_cos(double y) {
    double sum = 1;
    for (int k = 21; k > 0; k -= 2)
        sum = 1 - y * y / (k * (k + 1)) * sum;
    return sum;
}

/* e^x for |x| <= 700: e^x = 2^n e^r with |r| <= ln(2) / 2; the Taylor series to r^14 leaves out less
 * than 2^-60 of it. */
static inline double scalar_exp(double x) {
    const double turns = x * 0x1.71547652b82fep0;
    const int n = (int)(turns < 0 ? turns - 0.5 : turns + 0.5);
    /* ln 2 in two parts, of which n times the first is exact. */
    const double r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
    double sum = 1;
    for (int k = 14; k > 0; k--)
        sum = 1 + r / k * sum;
    union {
        double number;
        uint64_t bits;
    } power = {.bits = (uint64_t)(n + 1023) << 52};
    return sum * power.number;
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
