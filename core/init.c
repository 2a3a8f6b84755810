/* init.c - the initialisers, Keras's names and formulas.
 *
 * Value i of a tensor comes from the random words of index i, so a tensor can grow or be filled in
 * any order. Normal numbers come from the inverse of the distribution function, which needs one
 * uniform number each and nothing but exactly rounded operations. */
#include "init.h"

#include "scalar_math.h"

/* ---- Random numbers -------------------------------------------------------------------------- */

static double uniform_number(const rng_key *key, size_t index) {
    uint32_t word[4];
    rng_words(key, (uint32_t)index, (uint32_t)((uint64_t)index >> 32), word);
    return rng_open_unit(word[0], word[1]);
}

/* (c[0] + c[1] x + ...) / (c[8] + c[9] x + ...), eight coefficients each. */
static double ratio(const double c[16], double x) {
    double above = c[7], below = c[15];
    for (int i = 6; i >= 0; i--) {
        above = above * x + c[i];
        below = below * x + c[8 + i];
    }
    return above / below;
}

/* The z that a standard normal number stays below with probability p, 0 < p < 1, within 1e-15 of
 * itself. Source: Wichura, "Algorithm AS 241: the percentage points of the normal distribution",
 * Applied Statistics 37(3), 1988, routine PPND16. */
static double normal_quantile(double p) {
    static const double centre[16] = {
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
        1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
        3.3430575583588128105e4, 2.5090809287301226727e3, 1.0,
        4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
        5.2264952788528545610e3};
    static const double tail[16] = {
        1.42343711074968357734e0,  4.63033784615654529590e0,  5.76949722146069140550e0,
        3.64784832476320460504e0,  1.27045825245236838258e0,  2.41780725177450611770e-1,
        2.27238449892691845833e-2, 7.74545014278341407640e-4, 1.0,
        2.05319162663775882187e0,  1.67638483018380384940e0,  6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
        1.05075007164441684324e-9};
    static const double far_tail[16] = {
        6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
        2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
        2.71155556874348757815e-5, 2.01033439929228813265e-7, 1.0,
        5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
        2.04426310338993978564e-15};
    double q = p - 0.5;
    if (q >= -0.425 && q <= 0.425)
        return q * ratio(centre, 0.180625 - q * q);
    double r = __builtin_sqrt(-scalar_log(q < 0 ? p : 1 - p));
    double z = r <= 5 ? ratio(tail, r - 1.6) : ratio(far_tail, r - 5);
    return q < 0 ? -z : z;
}

static void fill_uniform(const rng_key *key, double low, double high, size_t first, size_t n,
                         float *out) {
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(low + (high - low) * uniform_number(key, first + i));
}

/* Normal numbers that never leave two deviations, whose deviation after cutting is the one given:
 * 0.8796... is that of a standard normal number cut at 2. Keras's variance scaling does the same.
 */
static void fill_truncated(const rng_key *key, double deviation, size_t first, size_t n,
                           float *out) {
    const double below_minus_2 = 0.022750131948179207; /* of the standard normal distribution */
    double sigma = deviation / 0.87962566103423978;
    for (size_t i = 0; i < n; i++) {
        double p = below_minus_2 + (1 - 2 * below_minus_2) * uniform_number(key, first + i);
        out[i] = (float)(sigma * normal_quantile(p));
    }
}

/* ---- Plain ones ------------------------------------------------------------------------------ */

static void zeros_fill(const void *attrs, const rng_key *key, int fan_in, int fan_out, size_t first,
                       size_t n, float *out) {
    (void)attrs, (void)key, (void)fan_in, (void)fan_out, (void)first;
    for (size_t i = 0; i < n; i++)
        out[i] = 0;
}

static const initializer zeros = {
    .component = {.name = "zeros", .summary = "all values 0", .doc = "w = 0"}, .fill = zeros_fill};

typedef struct constant {
    double value;
} constant;

static const attr constant_attrs[] = {
    {"value", ATTR_REAL, offsetof(constant, value), .min = -1e30, .max = 1e30, .help = "the value"},
    {0}};

static void constant_fill(const void *attrs, const rng_key *key, int fan_in, int fan_out,
                          size_t first, size_t n, float *out) {
    const constant *c = attrs;
    (void)key, (void)fan_in, (void)fan_out, (void)first;
    for (size_t i = 0; i < n; i++)
        out[i] = (float)c->value;
}

static const initializer constant_value = {.component = {.name = "constant",
                                                         .summary = "all values the same",
                                                         .doc = "w = value",
                                                         .primary = "value",
                                                         .size = sizeof(constant),
                                                         .attrs = constant_attrs},
                                           .fill = constant_fill};

typedef struct uniform {
    double min, max;
} uniform;

static const attr uniform_attrs[] = {{"min", ATTR_REAL, offsetof(uniform, min), .initial = "-0.05",
                                      .min = -1e30, .max = 1e30, .help = "one end of the range"},
                                     {"max", ATTR_REAL, offsetof(uniform, max), .initial = "0.05",
                                      .min = -1e30, .max = 1e30, .help = "the other end"},
                                     {0}};

static void uniform_fill(const void *attrs, const rng_key *key, int fan_in, int fan_out,
                         size_t first, size_t n, float *out) {
    const uniform *u = attrs;
    (void)fan_in, (void)fan_out;
    fill_uniform(key, u->min, u->max, first, n, out);
}

static const initializer uniform_range = {.component = {.name = "uniform",
                                                        .summary = "evenly spread over a range",
                                                        .doc = "w ~ U(min, max)",
                                                        .size = sizeof(uniform),
                                                        .attrs = uniform_attrs},
                                          .fill = uniform_fill};

typedef struct normal {
    double mean, deviation;
} normal;

static const attr normal_attrs[] = {
    {"mean", ATTR_REAL, offsetof(normal, mean), .initial = "0", .min = -1e30, .max = 1e30,
     .help = "centre of the distribution"},
    {"deviation", ATTR_REAL, offsetof(normal, deviation), .initial = "0.05", .min = 0, .max = 1e30,
     .help = "its standard deviation"},
    {0}};

static void normal_fill(const void *attrs, const rng_key *key, int fan_in, int fan_out,
                        size_t first, size_t n, float *out) {
    const normal *c = attrs;
    (void)fan_in, (void)fan_out;
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(c->mean + c->deviation * normal_quantile(uniform_number(key, first + i)));
}

static const initializer normal_spread = {.component = {.name = "normal",
                                                        .summary = "normally distributed",
                                                        .doc = "w ~ N(mean, deviation^2)",
                                                        .size = sizeof(normal),
                                                        .attrs = normal_attrs},
                                          .fill = normal_fill};

/* ---- Scaled by fan --------------------------------------------------------------------------- */

/* A uniform number on (-l, l) has variance l^2 / 3. */
static double limit(double variance) {
    return __builtin_sqrt(3 * variance);
}

static void glorot_uniform_fill(const void *attrs, const rng_key *key, int fan_in, int fan_out,
                                size_t first, size_t n, float *out) {
    double l = limit(2 / ((double)fan_in + fan_out));
    (void)attrs;
    fill_uniform(key, -l, l, first, n, out);
}

static const initializer glorot_uniform = {
    .component = {.name = "glorot_uniform",
                  .summary = "uniform, variance by fan-in and fan-out; for tanh and sigmoid",
                  .doc = "w ~ U(-l, l), l = sqrt(6 / (fan_in + fan_out)). Source: Glorot and\n"
                         "Bengio, \"Understanding the difficulty of training deep feedforward\n"
                         "neural networks\" (AISTATS 2010)."},
    .fill = glorot_uniform_fill};

static void glorot_normal_fill(const void *attrs, const rng_key *key, int fan_in, int fan_out,
                               size_t first, size_t n, float *out) {
    (void)attrs;
    fill_truncated(key, __builtin_sqrt(2 / ((double)fan_in + fan_out)), first, n, out);
}

static const initializer glorot_normal = {
    .component = {.name = "glorot_normal",
                  .summary = "truncated normal, variance by fan-in and fan-out",
                  .doc = "Normal with deviation sqrt(2 / (fan_in + fan_out)), cut at two\n"
                         "deviations and widened to make up for it. Source: see glorot_uniform."},
    .fill = glorot_normal_fill};

static void he_uniform_fill(const void *attrs, const rng_key *key, int fan_in, int fan_out,
                            size_t first, size_t n, float *out) {
    double l = limit(2.0 / fan_in);
    (void)attrs, (void)fan_out;
    fill_uniform(key, -l, l, first, n, out);
}

static const initializer he_uniform = {
    .component = {.name = "he_uniform",
                  .summary = "uniform, variance by fan-in; for relu",
                  .doc = "w ~ U(-l, l), l = sqrt(6 / fan_in). Source: He, Zhang, Ren, Sun,\n"
                         "\"Delving deep into rectifiers: surpassing human-level performance on\n"
                         "ImageNet classification\" (ICCV 2015)."},
    .fill = he_uniform_fill};

static void he_normal_fill(const void *attrs, const rng_key *key, int fan_in, int fan_out,
                           size_t first, size_t n, float *out) {
    (void)attrs, (void)fan_out;
    fill_truncated(key, __builtin_sqrt(2.0 / fan_in), first, n, out);
}

static const initializer he_normal = {
    .component = {.name = "he_normal",
                  .summary = "truncated normal, variance by fan-in; for relu",
                  .doc = "Normal with deviation sqrt(2 / fan_in), cut at two deviations and\n"
                         "widened to make up for it. Source: see he_uniform."},
    .fill = he_normal_fill};

static void lecun_uniform_fill(const void *attrs, const rng_key *key, int fan_in, int fan_out,
                               size_t first, size_t n, float *out) {
    double l = limit(1.0 / fan_in);
    (void)attrs, (void)fan_out;
    fill_uniform(key, -l, l, first, n, out);
}

static const initializer lecun_uniform = {
    .component = {.name = "lecun_uniform",
                  .summary = "uniform, variance 1 / fan-in; for scaled_tanh",
                  .doc = "w ~ U(-l, l), l = sqrt(3 / fan_in). Source: LeCun, Bottou, Orr,\n"
                         "Mueller, \"Efficient backprop\" (1998), section 4.6."},
    .fill = lecun_uniform_fill};

static void lecun_normal_fill(const void *attrs, const rng_key *key, int fan_in, int fan_out,
                              size_t first, size_t n, float *out) {
    (void)attrs, (void)fan_out;
    fill_truncated(key, __builtin_sqrt(1.0 / fan_in), first, n, out);
}

static const initializer lecun_normal = {
    .component = {.name = "lecun_normal",
                  .summary = "truncated normal, variance 1 / fan-in; for scaled_tanh",
                  .doc = "Normal with deviation sqrt(1 / fan_in), cut at two deviations and\n"
                         "widened to make up for it. Source: see lecun_uniform."},
    .fill = lecun_normal_fill};

static void lecun1998_uniform_fill(const void *attrs, const rng_key *key, int fan_in, int fan_out,
                                   size_t first, size_t n, float *out) {
    double l = 2.4 / fan_in;
    (void)attrs, (void)fan_out;
    fill_uniform(key, -l, l, first, n, out);
}

static const initializer lecun1998_uniform = {
    .component = {.name = "lecun1998_uniform",
                  .summary = "uniform, range 2.4 / fan-in; LeNet-5's own, weights and biases alike",
                  .doc =
                      "w ~ U(-l, l), l = 2.4 / fan_in, where fan_in is that of the unit that the\n"
                      "weight or bias belongs to. Source: LeCun, Bottou, Bengio, Haffner,\n"
                      "\"Gradient-based learning applied to document recognition\" (1998),\n"
                      "appendix A."},
    .fill = lecun1998_uniform_fill};

/* ---- All of them ----------------------------------------------------------------------------- */

const component_set initializers = {
    .kind = "initializer",
    .members = (const component *const[]){
        &constant_value.component, &glorot_normal.component, &glorot_uniform.component,
        &he_normal.component, &he_uniform.component, &lecun1998_uniform.component,
        &lecun_normal.component, &lecun_uniform.component, &normal_spread.component,
        &uniform_range.component, &zeros.component, NULL}};

void init_fill(const attr_component *init, uint64_t seed, const char *tensor_name, int fan_in,
               int fan_out, size_t first, size_t n, float *out) {
    const initializer *chosen = (const initializer *)init->type;
    rng_key key = {.seed = seed, .purpose = RNG_INIT, .stream = rng_hash(tensor_name)};
    chosen->fill(init->attrs, &key, fan_in, fan_out, first, n, out);
}
