/* dropout.c - numbers left out at random while training.
 *
 * What is left out is a function of seed, node, epoch, sample and the number's place in the sample,
 * so backward draws it again and nothing is kept. Drawing takes most of the time: 16 draws are made
 * at once, for the lanes of a tile or, in FORM_SINGLE, for numbers that follow each other in the
 * sample. */
#include "kernels/elementwise.h"
#include "rng_lanes.h"

typedef struct dropout {
    double rate;
} dropout;

static bool infer(const void *attrs, op_shapes *s, op_report *report) {
    const dropout *a = attrs;
    if (a->rate >= 1)
        return op_reject(report, "rate", "must be below 1: a rate of 1 leaves nothing");
    elementwise_infer(s);
    return true;
}

/* One draw of rng.h serves this many numbers that follow each other in a sample. */
enum { GROUP = 4 };

/* Factors of numbers: 1 / (1 - rate), or 0 where left out. factor[k][l] is that of number k of the
 * group that draw l serves. */
typedef struct mask {
    _Alignas(64) real factor[GROUP][LANES];
} mask;

static void draw(const op_call *call, const uint32_t sample[LANES], const uint32_t group[LANES],
                 mask *m) {
    const dropout *a = call->attrs;
    rng_key key = {call->seed, RNG_DROPOUT, call->stream, call->epoch};
    uint32_t limit = (uint32_t)(a->rate * 0x1p32); /* words below it leave out */
    real scale = (real)(1 / (1 - a->rate));
    uint32_t word[GROUP][LANES];
    rng_words_lanes(&key, sample, group, word);
    for (int k = 0; k < GROUP; k++)
        for (int l = 0; l < LANES; l++)
            m->factor[k][l] = word[k][l] < limit ? 0 : scale;
}

/* A group's numbers in every lane, with factors 0 in lanes without a sample. */
static void draw_lanes(const op_call *call, size_t number, mask *m) {
    uint32_t group[LANES];
    for (int l = 0; l < LANES; l++)
        group[l] = (uint32_t)(number / GROUP);
    draw(call, call->sample, group, m);
    for (int k = 0; k < GROUP; k++)
        for (int l = call->count; l < LANES; l++)
            m->factor[k][l] = 0;
}

/* to = from * mask, or that added to `to`. */
static void apply_lanes(const op_call *call, const real *from, real *to, bool add) {
    const shape *s = &call->shapes->output;
    size_t pixels = shape_pixels(s), gap = shape_stride(s) - pixels * LANES;
    size_t number = (size_t)call->first * pixels;
    size_t at = (size_t)call->first * shape_stride(s);
    mask m;
    draw_lanes(call, number, &m);
    for (int c = call->first; c < call->end; c++, at += gap)
        for (size_t i = 0; i < pixels; i++, number++) {
            if (number % GROUP == 0)
                draw_lanes(call, number, &m);
            for (int v = 0; v < LANES; v += VW, at += VW) {
                vec kept = vec_load(from + at) * vec_load(&m.factor[number % GROUP][v]);
                grad_put(to + at, kept, add);
            }
        }
}

/* The groups of LANES * GROUP numbers of one sample. */
static void draw_single(const op_call *call, size_t number, mask *m) {
    uint32_t sample[LANES], group[LANES];
    for (int l = 0; l < LANES; l++) {
        sample[l] = call->sample[0];
        group[l] = (uint32_t)(number / GROUP) + (uint32_t)l;
    }
    draw(call, sample, group, m);
}

/* The same in FORM_SINGLE, where numbers that follow each other in the sample lie pixels apart. */
static void apply_single(const op_call *call, const real *from, real *to, bool add) {
    enum { DRAWN = LANES * GROUP };
    const shape *s = &call->shapes->output;
    size_t pixels = shape_pixels(s), width = shape_width(s), channels = (size_t)s->dim[0];
    size_t c = (size_t)call->first * SINGLE_VECTOR, end = (size_t)call->end * SINGLE_VECTOR;
    size_t number = c * pixels;
    mask m;
    draw_single(call, number / DRAWN * DRAWN, &m);
    for (; c < end && c < channels; c++)
        for (size_t p = 0; p < pixels; p++, number++) {
            if (number % DRAWN == 0)
                draw_single(call, number, &m);
            size_t at = p * width + c;
            real kept = from[at] * m.factor[number % GROUP][number % DRAWN / GROUP];
            to[at] = add ? to[at] + kept : kept;
        }
    for (; c < end; c++) /* padding */
        for (size_t p = 0; p < pixels; p++)
            to[p * width + c] = 0;
}

static void apply(const op_call *call, const real *from, real *to, bool add) {
    if (call->form == FORM_SINGLE)
        apply_single(call, from, to, add);
    else
        apply_lanes(call, from, to, add);
}

static void copy(const op_call *call) {
    runs r = item_runs(call, &call->shapes->output);
    for (int c = 0; c < r.count; c++) {
        size_t offset = r.start + (size_t)c * r.step;
        run_copy(call->output + offset, call->input[0] + offset, r.length, false);
    }
}

static void forward(const op_call *call) {
    if (call->training)
        apply(call, call->input[0], call->output, false);
    else if (call->output != call->input[0])
        copy(call);
}

static void backward(const op_call *call) {
    if (call->input_grad[0] != NULL)
        apply(call, call->output_grad, call->input_grad[0], call->input_grad_add[0]);
}

static const attr rows[] = {
    {.name = "rate",
     .type = ATTR_REAL,
     .offset = offsetof(dropout, rate),
     .max = 1,
     .help = "share of the numbers left out, below 1"},
    {0},
};

static const op_input inputs[] = {
    {.name = "input", .help = "any value"},
    {0},
};

static const op_sample samples[] = {
    {.yaml = "{op: dropout, rate: 0.5}", .inputs = "3x5x3"},
    {.yaml = "{op: dropout, rate: 0.2}", .inputs = "17"},
    {.yaml = "{op: dropout, rate: 0}", .inputs = "2x2x2"},
    {0},
};

static const op_refusal refusals[] = {
    {"{op: dropout, rate: 1}", "10", "below 1"},
    {0},
};

LCNN_OP(dropout) = {
    .component =
        {.name = "dropout",
         .summary = "leaves numbers out at random while training",
         .doc =
             "While training each number is left out with probability `rate`, and the others are "
             "scaled up so that\n"
             "the expected value stays; at inference nothing happens.\n"
             "\n"
             "  y = x m, with m = 0 where left out and 1 / (1 - rate) elsewhere; any shape\n"
             "  dx = dy m\n"
             "\n"
             "What is left out depends on the seed, the node, the epoch and the sample, not on "
             "batches "
             "or threads.\n"
             "Srivastava et al.: \"Dropout\", JMLR 15 (2014); scaled while training as Dropout in "
             "Keras.",
         .primary = "rate",
         .size = sizeof(dropout),
         .attrs = rows},
    .inputs = inputs,
    .in_place = true,
    .passes_on = true,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_TWICE,
    .samples = samples,
    .refusals = refusals,
};
