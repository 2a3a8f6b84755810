/* dropout.c - numbers left out at random while training.
 *
 * What is left out is a function of seed, node, epoch, sample and the number's place in the sample,
 * so backward draws it again and nothing is kept. */
#include "kernels/elementwise.h"
#include "rng.h"
#include <string.h>

typedef struct dropout {
    double rate;
} dropout;

static bool infer(const void *attrs, op_shapes *s, op_report *report) {
    const dropout *a = attrs;
    if (a->rate >= 1)
        return op_reject(report, "rate", "must be below 1: a rate of 1 leaves nothing");
    s->output = s->input[0];
    s->forward_items = s->backward_items = s->output.dim[0];
    return true;
}

/* One draw of rng.h serves this many numbers that follow each other in a sample. */
enum { GROUP = 4 };

/* The factors of a group's numbers: 1 / (1 - rate), or 0 where left out and in lanes without a
 * sample. */
typedef struct mask {
    _Alignas(64) real factor[GROUP][LANES];
} mask;

static void draw(const op_call *call, size_t group, mask *m) {
    const dropout *a = call->attrs;
    rng_key key = {call->seed, RNG_DROPOUT, call->stream, call->epoch};
    uint32_t limit = (uint32_t)(a->rate * 0x1p32); /* words below it leave out */
    real scale = (real)(1 / (1 - a->rate));
    memset(m, 0, sizeof *m);
    for (int l = 0; l < call->count; l++) {
        uint32_t word[GROUP];
        rng_words(&key, call->sample[l], (uint32_t)group, word);
        for (int k = 0; k < GROUP; k++)
            m->factor[k][l] = word[k] < limit ? 0 : scale;
    }
}

/* to = from * mask, or that added to `to`. */
static void apply(const op_call *call, const real *from, real *to, bool add) {
    const shape *s = &call->shapes->output;
    size_t pixels = shape_pixels(s), gap = shape_stride(s) - pixels * LANES;
    size_t number = (size_t)call->first * pixels;
    size_t at = (size_t)call->first * shape_stride(s);
    mask m;
    draw(call, number / GROUP, &m);
    for (int c = call->first; c < call->end; c++, at += gap)
        for (size_t i = 0; i < pixels; i++, number++) {
            if (number % GROUP == 0)
                draw(call, number / GROUP, &m);
            for (int v = 0; v < LANES; v += VW, at += VW) {
                vec kept = vec_load(from + at) * vec_load(&m.factor[number % GROUP][v]);
                grad_put(to + at, kept, add);
            }
        }
}

static void copy(const op_call *call) {
    runs r = channel_runs(&call->shapes->output, call->first, call->end);
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
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .samples = samples,
    .refusals = refusals,
};
