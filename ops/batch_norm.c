/* batch_norm.c - every channel brought to mean 0 and variance 1 over the batch, then scaled and
 * shifted.
 *
 * Samples depend on each other while training, hence the gather and reduce callbacks:
 *
 * - partial, per tile, is [C][2] doubles. Forward: sums of x and x^2. Backward: sums of dy and of
 *   dy * xhat, which are also the tile's gradients of beta and gamma.
 * - shared, per step, is [C][4] reals. Forward: mean and 1 / sqrt(variance + epsilon). Backward:
 *   the means of dy and of dy * xhat over the batch.
 *
 * Sums are in double: per lane over pixels, then over the lanes in use in ascending order, then
 * over tiles in ascending order. No vector width and no sharing of work changes a bit.
 */
#include "init.h"
#include "kernels/columns.h"
#include "kernels/elementwise.h"

enum { GAMMA, BETA, MOVING_MEAN, MOVING_VARIANCE };

typedef struct batch_norm {
    double epsilon, momentum;
    bool center, scale;
    attr_component beta_initializer, gamma_initializer;
    attr_component moving_mean_initializer, moving_variance_initializer;
} batch_norm;

/* Where the numbers of a channel stand in `partial` and `shared`. */
enum { SUM, SQUARES, SUM_DY = SUM, SUM_DY_XHAT = SQUARES, PARTIALS };
enum { MEAN, INVERSE, MEAN_DY, MEAN_DY_XHAT, SHARED };

static bool infer(const void *attrs, op_shapes *s, op_report *report) {
    (void)report;
    const batch_norm *a = attrs;
    int channels = s->input[0].dim[0];
    op_param_shape per_channel = {
        .shape = {1, {channels}}, .fan_in = channels, .fan_out = channels};
    s->output = s->input[0];
    if (a->scale)
        s->param[GAMMA] = per_channel;
    if (a->center)
        s->param[BETA] = per_channel;
    s->param[MOVING_MEAN] = s->param[MOVING_VARIANCE] = per_channel;
    s->partial = (size_t)channels * PARTIALS;
    s->shared = (size_t)channels * SHARED;
    channel_items(s);
    s->param_items = channels;
    return true;
}

/* ---- Statistics ------------------------------------------------------------------------------ */

static double sum_lanes(const double lane[LANES], int count) {
    double sum = 0;
    for (int l = 0; l < count; l++)
        sum += lane[l];
    return sum;
}

/* Leaves the sums of an item's channels in `partial`. */
INLINE void leave_sums(const op_call *call, const columns *c, const column_sums *s) {
    double *partial = call->partial + (size_t)c->channel * PARTIALS;
    if (!c->single) {
        partial[SUM] = sum_lanes(s->plain, call->count);
        partial[SQUARES] = sum_lanes(s->products, call->count);
        return;
    }
    for (int i = 0; i < c->channels; i++) {
        partial[i * PARTIALS + SUM] = s->plain[i];
        partial[i * PARTIALS + SQUARES] = s->products[i];
    }
}

INLINE void forward_gather_in(const op_call *call, bool single) {
    for (int item = call->first; item < call->end; item++) {
        columns c = columns_of(&call->shapes->output, item, single);
        column_sums s;
        columns_sum_squares(&c, call->input[0] + c.start, &s);
        leave_sums(call, &c, &s);
    }
}

static void forward_gather(const op_call *call) {
    if (call->form == FORM_SINGLE)
        forward_gather_in(call, true);
    else
        forward_gather_in(call, false);
}

INLINE void backward_gather_in(const op_call *call, bool single) {
    for (int item = call->first; item < call->end; item++) {
        columns c = columns_of(&call->shapes->output, item, single);
        const real *shared = call->shared + (size_t)c.channel * SHARED;
        column_sums s;
        column_numbers mean = {{0}};
        for (int i = 0; i < c.channels; i++)
            mean.of[i] = shared[i * SHARED + MEAN];
        columns_sum_products(&c, call->output_grad + c.start, call->input[0] + c.start, &mean, &s);
        leave_sums(call, &c, &s);
        for (int i = 0; i < c.channels; i++)
            call->partial[(c.channel + i) * PARTIALS + SUM_DY_XHAT] *=
                (double)shared[i * SHARED + INVERSE];
    }
}

static void backward_gather(const op_call *call) {
    if (call->form == FORM_SINGLE)
        backward_gather_in(call, true);
    else
        backward_gather_in(call, false);
}

/* Adds up number `k` of channel c over all tiles. */
static double sum_tiles(const op_call *call, int c, int k) {
    double sum = 0;
    for (int t = 0; t < call->tiles; t++)
        sum += call->partials[(size_t)t * call->shapes->partial + (size_t)c * PARTIALS + (size_t)k];
    return sum;
}

/* Numbers of a channel in the whole batch. */
static double batch_numbers(const op_call *call) {
    return (double)call->batch * (double)shape_pixels(&call->shapes->input[0]);
}

static real moved(real old, double momentum, double now) {
    return (real)((double)old * momentum + now * (1 - momentum));
}

static void forward_reduce(const op_call *call) {
    const batch_norm *a = call->attrs;
    double n = batch_numbers(call);
    for (int c = 0; c < call->shapes->input[0].dim[0]; c++) {
        double mean = sum_tiles(call, c, SUM) / n;
        double variance = sum_tiles(call, c, SQUARES) / n - mean * mean;
        if (variance < 0) /* rounding, where all numbers are equal */
            variance = 0;
        real *shared = call->shared + (size_t)c * SHARED;
        shared[MEAN] = (real)mean;
        shared[INVERSE] = (real)(1 / __builtin_sqrt(variance + a->epsilon));
        real *moving_mean = call->state[MOVING_MEAN] + c;
        real *moving_variance = call->state[MOVING_VARIANCE] + c;
        *moving_mean = moved(*moving_mean, a->momentum, mean);
        *moving_variance = moved(*moving_variance, a->momentum, variance);
    }
}

static void backward_reduce(const op_call *call) {
    double n = batch_numbers(call);
    for (int c = 0; c < call->shapes->input[0].dim[0]; c++) {
        real *shared = call->shared + (size_t)c * SHARED;
        shared[MEAN_DY] = (real)(sum_tiles(call, c, SUM_DY) / n);
        shared[MEAN_DY_XHAT] = (real)(sum_tiles(call, c, SUM_DY_XHAT) / n);
    }
}

/* ---- Outputs and gradients ------------------------------------------------------------------- */

static real gamma_of(const op_call *call, int c) {
    return call->param[GAMMA] ? call->param[GAMMA][c] : 1;
}

static real inverse_of(const op_call *call, int c) {
    const batch_norm *a = call->attrs;
    return call->training
               ? call->shared[(size_t)c * SHARED + INVERSE]
               : (real)(1 / __builtin_sqrt((double)call->param[MOVING_VARIANCE][c] + a->epsilon));
}

INLINE void forward_in(const op_call *call, bool single) {
    for (int item = call->first; item < call->end; item++) {
        columns c = columns_of(&call->shapes->output, item, single);
        column_numbers mean = {{0}}, factor = {{0}}, beta = {{0}};
        for (int i = 0; i < c.channels; i++) {
            int channel = c.channel + i;
            mean.of[i] = call->training ? call->shared[(size_t)channel * SHARED + MEAN]
                                        : call->param[MOVING_MEAN][channel];
            factor.of[i] = inverse_of(call, channel) * gamma_of(call, channel);
            beta.of[i] = call->param[BETA] ? call->param[BETA][channel] : 0;
        }
        columns_scale(&c, call->input[0] + c.start, call->output + c.start, &mean, &factor, &beta);
    }
}

static void forward(const op_call *call) {
    if (call->form == FORM_SINGLE)
        forward_in(call, true);
    else
        forward_in(call, false);
}

/* Lanes without a sample have no part in the batch, and operators below rely on their gradient
 * being 0. */
static void clear_unused_lanes(real *dx, size_t pixels, int count) {
    for (size_t i = 0; i < pixels; i++, dx += LANES)
        for (int l = count; l < LANES; l++)
            dx[l] = 0;
}

INLINE void backward_in(const op_call *call, bool single) {
    for (int item = call->first; item < call->end; item++) {
        columns c = columns_of(&call->shapes->output, item, single);
        column_slope k = {0};
        for (int i = 0; i < c.channels; i++) {
            const real *shared = call->shared + (size_t)(c.channel + i) * SHARED;
            k.mean.of[i] = shared[MEAN];
            k.mean_dy.of[i] = shared[MEAN_DY];
            k.slope.of[i] = shared[INVERSE] * shared[MEAN_DY_XHAT];
            k.factor.of[i] = shared[INVERSE] * gamma_of(call, c.channel + i);
        }
        real *dx = call->input_grad[0] + c.start;
        columns_gradient(&c, call->output_grad + c.start, call->input[0] + c.start, dx,
                         call->input_grad_add[0], &k);
        if (!single && call->count < LANES)
            clear_unused_lanes(dx, c.rows, call->count);
    }
}

static void backward(const op_call *call) {
    if (call->input_grad[0] == NULL)
        return;
    if (call->form == FORM_SINGLE)
        backward_in(call, true);
    else
        backward_in(call, false);
}

static void give(const op_call *call, int param, int c, double grad) {
    real *to = call->param_grad[param];
    if (to)
        to[c] = call->param_grad_add ? to[c] + (real)grad : (real)grad;
}

static void backward_params(const op_call *call) {
    for (int c = call->first; c < call->end; c++) {
        const double *partial = call->partial + (size_t)c * PARTIALS;
        give(call, GAMMA, c, partial[SUM_DY_XHAT]);
        give(call, BETA, c, partial[SUM_DY]);
    }
}

/* ---- The operator ---------------------------------------------------------------------------- */

static const attr rows[] = {
    {.name = "momentum",
     .type = ATTR_REAL,
     .offset = offsetof(batch_norm, momentum),
     .initial = "0.99",
     .max = 1,
     .help = "share of the moving mean and variance that a step keeps"},
    {.name = "epsilon",
     .type = ATTR_REAL,
     .offset = offsetof(batch_norm, epsilon),
     .initial = "0.001",
     .max = 1,
     .above_min = true,
     .help = "added to the variance"},
    {.name = "center",
     .type = ATTR_BOOL,
     .offset = offsetof(batch_norm, center),
     .initial = "true",
     .help = "whether beta is added"},
    {.name = "scale",
     .type = ATTR_BOOL,
     .offset = offsetof(batch_norm, scale),
     .initial = "true",
     .help = "whether there is a factor gamma"},
    {.name = "beta_initializer",
     .type = ATTR_COMPONENT,
     .offset = offsetof(batch_norm, beta_initializer),
     .initial = "zeros",
     .components = &initializers,
     .help = "how beta begins"},
    {.name = "gamma_initializer",
     .type = ATTR_COMPONENT,
     .offset = offsetof(batch_norm, gamma_initializer),
     .initial = "1",
     .components = &initializers,
     .help = "how gamma begins"},
    {.name = "moving_mean_initializer",
     .type = ATTR_COMPONENT,
     .offset = offsetof(batch_norm, moving_mean_initializer),
     .initial = "zeros",
     .components = &initializers,
     .help = "how the moving mean begins"},
    {.name = "moving_variance_initializer",
     .type = ATTR_COMPONENT,
     .offset = offsetof(batch_norm, moving_variance_initializer),
     .initial = "1",
     .components = &initializers,
     .help = "how the moving variance begins"},
    {0},
};

static const op_input inputs[] = {
    {.name = "input", .help = "any value; its first dimension is the channel"},
    {0},
};

static const op_param params[] = {
    [GAMMA] = {.name = "gamma",
               .help = "factor of each channel",
               .initializer = offsetof(batch_norm, gamma_initializer)},
    [BETA] = {.name = "beta",
              .help = "added to each channel",
              .initializer = offsetof(batch_norm, beta_initializer)},
    [MOVING_MEAN] = {.name = "moving_mean",
                     .help = "mean of each channel, for inference",
                     .initializer = offsetof(batch_norm, moving_mean_initializer),
                     .state = true},
    [MOVING_VARIANCE] = {.name = "moving_variance",
                         .help = "variance of each channel, for inference",
                         .initializer = offsetof(batch_norm, moving_variance_initializer),
                         .state = true},
    [MOVING_VARIANCE + 1] = {0},
};

static const op_sample samples[] = {
    {.yaml = "{op: batch_norm}", .inputs = "3x4x5"},
    {.yaml = "{op: batch_norm, epsilon: 0.1, scale: false}", .inputs = "2x3x3"},
    {.yaml = "{op: batch_norm, center: false}", .inputs = "17"},
    {0},
};

LCNN_OP(batch_norm) = {
    .component =
        {.name = "batch_norm",
         .summary = "normalisation of each channel over the batch",
         .doc = "While training, with mean m and variance v of the channel over all samples and "
                "pixels of "
                "the batch:\n"
                "\n"
                "  xhat = (x - m) / sqrt(v + epsilon)\n"
                "  y = gamma xhat + beta; any shape, which stays as it is\n"
                "  dbeta = sum of dy; dgamma = sum of dy xhat\n"
                "  dx = gamma / sqrt(v + epsilon) (dy - mean of dy - xhat mean of dy xhat)\n"
                "\n"
                "v is the population variance. Each step moves the moving mean and variance:\n"
                "moving = moving momentum + batch (1 - momentum). At inference they stand for m "
                "and v.\n"
                "\n"
                "Ioffe, Szegedy: \"Batch normalization\", ICML 2015; defaults as "
                "BatchNormalization in "
                "Keras.",
         .size = sizeof(batch_norm),
         .attrs = rows},
    .inputs = inputs,
    .params = params,
    .saves = OP_SAVES_INPUT,
    .in_place = true,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .backward_params = backward_params,
    .forward_gather = forward_gather,
    .forward_reduce = forward_reduce,
    .backward_gather = backward_gather,
    .backward_reduce = backward_reduce,
    .samples = samples,
};
