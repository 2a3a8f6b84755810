#!/usr/bin/env python3
"""Fits the polynomials of core/simd_math.h and prints them as C.

Needs mpmath. Nothing runs this during a build: the coefficients are kept in the header.

Each function is approximated by a linear combination of basis functions whose weighted error has
the least maximum (Remez exchange). Coefficients are rounded to float one after the other, lowest
power first, and the rest is fitted anew each time, so that the later ones make up for the rounding.
"""
import struct

from mpmath import cos, exp, expm1, floor, log, log1p, lu_solve, matrix, mp, mpf, pi, sqrt, tanh

mp.dps = 40
GRID = 2000


def to_float(x):
    return mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def ulps_on(x, steps):
    """The float so many steps beyond x > 0."""
    bits = struct.unpack("i", struct.pack("f", float(x)))[0] + steps
    return mpf(struct.unpack("f", struct.pack("i", bits))[0])


def remez(target, weight, basis, low, high, rounds=20):
    """Coefficients c for which max |weight * (target - sum c * basis)| is least, and it."""
    points = [low + (high - low) * (1 - cos(pi * i / GRID)) / 2 for i in range(GRID + 1)]
    values = [(weight(x), target(x), [b(x) for b in basis]) for x in points]
    size = len(basis) + 1
    chosen = [round(GRID * i / (size - 1)) for i in range(size)]
    for _ in range(rounds):
        system, right = matrix(size, size), matrix(size, 1)
        for row, index in enumerate(chosen):
            w, t, b = values[index]
            for column, value in enumerate(b):
                system[row, column] = w * value
            system[row, size - 1] = (-1) ** row
            right[row] = w * t
        solution = lu_solve(system, right)
        c = list(solution)[:-1]
        error = [w * (t - sum(p * q for p, q in zip(c, b))) for w, t, b in values]
        peaks = []  # the extreme of each run of equal sign
        for i, e in enumerate(error):
            if peaks and (error[peaks[-1]] > 0) == (e > 0):
                if abs(e) > abs(error[peaks[-1]]):
                    peaks[-1] = i
            else:
                peaks.append(i)
        while len(peaks) > size:
            peaks.pop(0 if abs(error[peaks[0]]) < abs(error[peaks[-1]]) else -1)
        if len(peaks) < size or peaks == chosen:
            break
        chosen = peaks
    return c, max(abs(e) for e in error)


def in_floats(target, weight, basis, low, high):
    """The same with every coefficient a float."""
    fixed = []
    while len(fixed) < len(basis):
        rest = basis[len(fixed):]
        known = list(zip(fixed, basis))
        c, _ = remez(lambda x: target(x) - sum(k * b(x) for k, b in known), weight, rest, low, high)
        fixed.append(to_float(c[0]))
    points = [low + (high - low) * mpf(i) / GRID for i in range(1, GRID + 1)]
    worst = max(abs(weight(x) * (target(x) - sum(k * b(x) for k, b in zip(fixed, basis))))
                for x in points if weight(x))
    return fixed, worst


def power(n):
    return lambda x: x ** n


def show(name, coefficients, worst):
    print("/* %s: relative error %s, lowest power first */" % (name, mp.nstr(worst, 3)))
    print("   " + ", ".join("%sf" % float(c).hex() for c in coefficients))


def fit_exp():
    """exp(r) = 1 + r + r^2 q(r) for |r| <= ln(2) / 2, a little more for the rounding of n."""
    edge = log(2) / 2 * mpf("1.0001")
    return in_floats(lambda r: (expm1(r) - r) / r ** 2 if abs(r) > mpf("1e-12") else mpf(1) / 2,
                     lambda r: r ** 2 / exp(r), [power(i) for i in range(5)], -edge, edge)


def fit_log():
    """log(1 + f) = f - f^2 / 2 + f^3 q(f) for sqrt(1/2) <= 1 + f <= sqrt(2)."""
    def target(f):
        if abs(f) < mpf("1e-9"):
            return mpf(1) / 3 - f / 4
        return (log1p(f) - f + f ** 2 / 2) / f ** 3
    return in_floats(target, lambda f: f ** 3 / log1p(f) if abs(f) > mpf("1e-9") else f ** 2,
                     [power(i) for i in range(9)], sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1)


def fit_tanh(above, below, edge):
    """tanh(x) / x = P(z) / Q(z), z = x^2 <= edge^2, P(0) = Q(0) = 1. The error of the quotient is
    made linear in the coefficients by dividing by the denominator of the round before."""
    def ratio(z):
        return tanh(sqrt(z)) / sqrt(z) if z > mpf("1e-20") else mpf(1)
    basis = [power(i) for i in range(1, above + 1)]
    basis += [lambda z, i=i: -ratio(z) * z ** i for i in range(1, below + 1)]
    denominator = [mpf(0)] * below

    def quotient(coefficients, first):
        return 1 + sum(c * first ** (i + 1) for i, c in enumerate(coefficients))
    for _ in range(8):
        weight = lambda z: 1 / (ratio(z) * quotient(denominator, z))
        c, worst = remez(lambda z: ratio(z) - 1, weight, basis, mpf(0), edge ** 2)
        denominator = c[above:]
    # Round from the lowest powers on, of both polynomials by turns, to floats.
    order = sorted(range(above + below), key=lambda k: k if k < above else k - above + mpf("0.5"))
    turned, worst = in_floats(lambda z: ratio(z) - 1, weight, [basis[k] for k in order],
                              mpf(0), edge ** 2)
    rounded = [None] * (above + below)
    for k, value in zip(order, turned):
        rounded[k] = value
    return rounded[:above], rounded[above:], worst


if __name__ == "__main__":
    high = floor(log(2) * 2 ** 15) / 2 ** 15  # 15 bits: n times this is exact for every exponent n
    low = to_float(log(2) - high)
    print("/* ln(2) in two parts */\n   %sf, %sf" % (float(high).hex(), float(low).hex()))
    show("exp", *fit_exp())
    show("log", *fit_log())
    numerator, denominator, worst = fit_tanh(4, 4, mpf("7.95"))
    # Most of tanh's error is rounding, which is least after these steps in the last place: 4.81
    # instead of 5.08 over all floats. Found by trying 10,000 neighbours.
    numerator = [ulps_on(c, n) for c, n in zip(numerator, (0, 2, -18, 70))]
    denominator = [ulps_on(c, n) for c, n in zip(denominator, (0, 0, 0, -42))]
    show("tanh, P without its 1", numerator, worst)
    show("tanh, Q without its 1", denominator, worst)
