/* figure_scale.c - ranges and ticks of axes: round numbers, few of them, written as people do. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "figure_parts.h"
#include "text.h"

void scale_begin(scale *s, const axis *a) {
    *s = (scale){.axis = a, .low = INFINITY, .high = -INFINITY};
}

bool scale_holds(const scale *s, double x) {
    return isfinite(x) && (!s->axis->log || x > 0);
}

void scale_widen(scale *s, double x) {
    if (!scale_holds(s, x))
        return;
    s->low = fmin(s->low, x);
    s->high = fmax(s->high, x);
}

static void add_tick(scale *s, double at, const char *text) {
    if (s->ticks == MOST_TICKS)
        return;
    s->at[s->ticks] = at;
    snprintf(s->text[s->ticks++], TICK_TEXT, "%s", text);
}

/* "250", "0.02", "10k", "2M"; shares as "2 %". */
static const char *short_number(const axis *a, double x) {
    if (a->percent)
        return text_printf("%.6g %%", 100 * x);
    double size = fabs(x);
    if (size > 0 && size < 1e-4 && size >= 1e-6)
        return text_printf(size < 1e-5 ? "%.6f" : "%.5f", x);
    return size >= 1e9   ? text_printf("%.4gG", x / 1e9)
           : size >= 1e6 ? text_printf("%.4gM", x / 1e6)
           : size >= 1e4 ? text_printf("%.4gk", x / 1e3)
                         : text_printf("%.6g", x);
}

/* ---- Linear axes ------------------------------------------------------------------------------ */

/* The smallest of 1, 2, 5 times a power of ten that parts the range into at most `wanted` pieces.
 */
static double round_step(double range, int wanted) {
    double power = pow(10, floor(log10(range / wanted)));
    static const double factor[] = {1, 2, 5, 10};
    for (int i = 0; i < 4; i++)
        if (range / (factor[i] * power) <= wanted)
            return factor[i] * power;
    return 10 * power;
}

static void finish_linear(scale *s, int wanted) {
    const axis *a = s->axis;
    if (a->from_zero && s->low > 0)
        s->low = 0;
    if (s->low == s->high) { /* one value has no range of its own */
        double around = s->low == 0 ? 1 : fabs(s->low) * (a->percent ? 0.01 : 0.1);
        s->low -= a->whole ? 1 : around;
        s->high += a->whole ? 1 : around;
    }
    double room = a->whole ? 0 : 0.05 * (s->high - s->low);
    bool positive = s->smallest >= 0, share = a->percent && s->largest <= 1;
    s->low = positive && s->low - room < 0 ? 0 : s->low - room;
    s->high = share && s->high + room > 1 ? 1 : s->high + room;
    double step = round_step(s->high - s->low, wanted);
    if (a->whole && step < 1)
        step = 1;
    for (double k = ceil(s->low / step - 1e-9); k * step <= s->high + step * 1e-9; k++)
        add_tick(s, k * step, short_number(a, fabs(k) < 0.5 ? 0 : k * step));
}

/* ---- Logarithmic axes ------------------------------------------------------------------------- */

static void finish_log(scale *s) {
    if (s->low == s->high) {
        s->low /= 2;
        s->high *= 2;
    }
    double room = pow(s->high / s->low, 0.04);
    s->low /= room;
    s->high *= room;
    double decades = log10(s->high / s->low);
    const char *digits = decades < 0.9 ? "1234568" : decades < 2.2 ? "125" : "1";
    int each = (int)(decades / 8) + 1;
    for (int power = (int)floor(log10(s->low)); power <= (int)ceil(log10(s->high)); power++)
        for (const char *digit = digits; *digit && power % each == 0; digit++) {
            double at = (*digit - '0') * pow(10, power);
            if (at >= s->low * (1 - 1e-9) && at <= s->high * (1 + 1e-9))
                add_tick(s, at, short_number(s->axis, at));
        }
}

/* ---- Both ------------------------------------------------------------------------------------- */

/* Where not every name has room, the numbers in between stay without. */
static void finish_names(scale *s) {
    int each = (s->axis->name_count - 1) / MOST_TICKS + 1;
    s->low = -0.5;
    s->high = s->axis->name_count - 0.5;
    for (int i = 0; i < s->axis->name_count; i += each)
        add_tick(s, i, text_short(s->axis->names[i], TICK_TEXT / 2));
}

void scale_finish(scale *s, int wanted) {
    if (s->axis->name_count > 0) {
        finish_names(s);
        return;
    }
    if (!(s->low <= s->high)) { /* nothing was seen */
        s->low = s->axis->log ? 0.1 : 0;
        s->high = 1;
    }
    s->smallest = s->low;
    s->largest = s->high;
    if (s->axis->log)
        finish_log(s);
    else
        finish_linear(s, wanted);
}

double scale_pixel(const scale *s, double x) {
    double share =
        s->axis->log ? log(x / s->low) / log(s->high / s->low) : (x - s->low) / (s->high - s->low);
    return s->begin + share * (s->end - s->begin);
}
