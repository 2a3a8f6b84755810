/* dense.c - a fully connected layer. */
#include "kernels/dense.h"
#include "init.h"
#include "op.h"

typedef struct dense {
    int units;
    bool use_bias;
    attr_component kernel_initializer, bias_initializer;
} dense;

static const attr attrs[] = {
    {"units", ATTR_INT, offsetof(dense, units), .min = 1, .max = 1 << 20,
     .help = "number of outputs"},
    {"use_bias", ATTR_BOOL, offsetof(dense, use_bias), .initial = "true",
     .help = "whether to add a trained number to each output"},
    {"kernel_initializer", ATTR_COMPONENT, offsetof(dense, kernel_initializer),
     .initial = "glorot_uniform", .components = &initializers, .help = "how the weights begin"},
    {"bias_initializer", ATTR_COMPONENT, offsetof(dense, bias_initializer), .initial = "zeros",
     .components = &initializers, .help = "how the biases begin"},
    {0},
};

static bool infer(const void *attributes, op_shapes *s, op_report *report) {
    const dense *a = attributes;
    const shape *in = &s->input[0];
    char text[SHAPE_TEXT];
    if (in->rank != 1)
        return op_reject(report, "from",
                         "the input must be a vector of units, not %s; put a flatten before it",
                         shape_text(in, text));
    int inputs = in->dim[0];
    s->output = (shape){1, {a->units}};
    s->param[0] = (op_param_shape){
        {2, {a->units, inputs}}, .transposed = true, .fan_in = inputs, .fan_out = a->units};
    if (a->use_bias)
        s->param[1] = (op_param_shape){{1, {a->units}}, .fan_in = inputs, .fan_out = a->units};
    s->forward_items = a->units;
    s->backward_items = inputs;
    s->param_items = inputs;
    s->single_forward_items = (a->units + SINGLE_VECTOR - 1) / SINGLE_VECTOR;
    s->single_backward_items = (inputs + SINGLE_VECTOR - 1) / SINGLE_VECTOR;
    s->macs = (int64_t)inputs * a->units;
    s->connections = s->macs + (a->use_bias ? a->units : 0);
    s->scratch = LANES * param_columns(a->units);
    return true;
}

static size_t columns(const op_call *call) {
    return param_columns(call->shapes->output.dim[0]);
}

static void forward(const op_call *call) {
    int size = call->shapes->input[0].dim[0];
    if (call->form == FORM_SINGLE)
        dense_single_forward(call->input[0], call->param[0], call->param[1], call->output,
                             call->first, call->end, size, columns(call));
    else
        dense_forward(call->input[0], call->param[0], call->param[1], call->output, call->first,
                      call->end, size, columns(call));
}

static void backward(const op_call *call) {
    int size = call->shapes->input[0].dim[0], units = call->shapes->output.dim[0];
    if (!call->input_grad[0])
        return;
    if (call->form == FORM_SINGLE)
        dense_single_input_gradient(call->output_grad, call->param[0], call->input_grad[0],
                                    call->input_grad_add[0], call->first, call->end, size, units,
                                    columns(call), call->scratch);
    else
        dense_input_gradient(call->output_grad, call->param[0], call->input_grad[0],
                             call->input_grad_add[0], call->first, call->end, units, columns(call));
}

/* A single sample's dy as a row of the weights: zero after the outputs. */
static void make_row(const op_call *call, real *row) {
    size_t units = (size_t)call->shapes->output.dim[0];
    for (size_t o = 0; o < columns(call); o++)
        row[o] = o < units ? call->output_grad[o] : 0;
}

static void backward_params(const op_call *call) {
    if (call->form == FORM_SINGLE) {
        make_row(call, call->scratch);
        dense_single_weight_gradient(call->input[0], call->scratch, call->param_grad[0],
                                     call->param_grad_add, call->first, call->end, columns(call));
    } else {
        dense_transpose(call->output_grad, call->scratch, call->shapes->output.dim[0],
                        columns(call));
        dense_weight_gradient(call->input[0], call->scratch, call->param_grad[0],
                              call->param_grad_add, call->first, call->end, columns(call),
                              call->count);
    }
    if (call->param_grad[1] && call->first == 0)
        dense_bias_gradient(call->scratch, call->param_grad[1], call->param_grad_add,
                            call->shapes->output.dim[0], columns(call), call->count);
}

/* Some groups of inputs at a time, few enough that their weights are still in the first-level
 * cache when they are moved. */
static void backward_apply(const op_call *call) {
    enum { GROUPS = 4 };
    const int size = call->shapes->input[0].dim[0], units = call->shapes->output.dim[0];
    const size_t width = columns(call);
    real *row = call->scratch + SINGLE_VECTOR * width;
    make_row(call, row);
    if (call->param[1] && call->first == 0) /* as many numbers as there are units, rounded up */
        call->apply(call, 1, 0, (const real[]){1}, 1, row,
                    ((size_t)units + LANES - 1) / LANES * LANES);
    for (int first = call->first, end; first < call->end; first = end) {
        end = first + GROUPS < call->end ? first + GROUPS : call->end;
        const int begin = first * SINGLE_VECTOR, stop = end * SINGLE_VECTOR;
        if (call->input_grad[0])
            dense_single_input_gradient(call->output_grad, call->param[0], call->input_grad[0],
                                        call->input_grad_add[0], first, end, size, units, width,
                                        call->scratch);
        call->apply(call, 0, (size_t)begin * width, call->input[0] + begin,
                    (stop < size ? stop : size) - begin, row, width);
    }
}

static const op_input inputs[] = {{.name = "input", .help = "a vector of units"}, {0}};

static const op_param params[] = {
    {.name = "weight",
     .help = "[units, inputs]",
     .initializer = offsetof(dense, kernel_initializer),
     .decay = true},
    {.name = "bias", .help = "[units]", .initializer = offsetof(dense, bias_initializer)},
    {0},
};

static const op_sample samples[] = {
    {.yaml = "{op: dense, units: 5}", .inputs = "7"},
    {.yaml = "{op: dense, units: 19, use_bias: false}", .inputs = "33"},
    {.yaml = "{op: dense, units: 1}", .inputs = "1"},
    {0},
};

static const op_refusal refusals[] = {
    {.yaml = "{op: dense, units: 10}", .inputs = "16x5x5", .message = "put a flatten before it"},
    {0},
};

LCNN_OP(dense) = {
    .component =
        {
            .name = "dense",
            .summary = "fully connected layer: y = W x + b",
            .doc = "y[o] = b[o] + sum over i of W[o, i] x[i], for a vector of units.\n"
                   "Gradient: dx = W' dy, dW = dy x' summed over the batch, db = dy summed over "
                   "the batch.",
            .primary = NULL,
            .size = sizeof(dense),
            .attrs = attrs,
        },
    .inputs = inputs,
    .params = params,
    .saves = OP_SAVES_INPUT,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .backward_params = backward_params,
    .backward_apply = backward_apply,
    .curvature_rule = CURVATURE_SQUARES,
    .samples = samples,
    .refusals = refusals,
};
