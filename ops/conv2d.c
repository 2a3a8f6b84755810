/* conv2d.c - two-dimensional convolution (a cross-correlation, as everywhere in the field), with
 * groups, dilation, and a table of which channels an output reads.
 *
 * With such a table the kernels stay whole, zero where there is no connection, so that everything
 * below computes as without one: leaving out taps would save less than it disturbs. Weights that
 * begin at zero and never have a gradient stay zero, whatever the optimiser. */
#include "init.h"
#include "kernels/connections.h"
#include "kernels/conv.h"
#include "kernels/conv_gradient.h"
#include "kernels/window.h"
#include "op.h"

typedef struct conv2d {
    int filters;
    window_attrs window;
    int groups;
    attr_int_lists connections;
    bool use_bias;
    attr_component kernel_initializer, bias_initializer;
} conv2d;

static const attr attrs[] = {
    {"filters", ATTR_INT, offsetof(conv2d, filters), .min = 1, .max = 1 << 20,
     .help = "number of output channels"},
    {"kernel_size", ATTR_PAIR, offsetof(conv2d, window.size), .min = 1, .max = WINDOW_MAX,
     .help = "height and width of the kernel"},
    {"strides", ATTR_PAIR, offsetof(conv2d, window.stride), .initial = "1", .min = 1,
     .max = WINDOW_MAX, .help = "distance between outputs, in pixels of the input"},
    {"padding", ATTR_PADDING, offsetof(conv2d, window.padding), .initial = "valid", .min = 0,
     .max = WINDOW_MAX,
     .help = "zeros around the input: valid is none, same keeps the size at stride 1, or numbers"},
    {"dilation_rate", ATTR_PAIR, offsetof(conv2d, window.dilation), .initial = "1", .min = 1,
     .max = WINDOW_MAX, .help = "distance between the taps of the kernel"},
    {"groups", ATTR_INT, offsetof(conv2d, groups), .initial = "1", .min = 1, .max = 1 << 20,
     .help = "parts that the channels fall into; an output reads its own part only"},
    {"connections", ATTR_INT_LISTS, offsetof(conv2d, connections), .initial = "", .min = 0,
     .max = 1 << 20,
     .help = "for each filter the input channels that it reads, from 0 on; left out: all"},
    {"use_bias", ATTR_BOOL, offsetof(conv2d, use_bias), .initial = "true",
     .help = "whether to add a trained number to each output channel"},
    {"kernel_initializer", ATTR_COMPONENT, offsetof(conv2d, kernel_initializer),
     .initial = "glorot_uniform", .components = &initializers, .help = "how the weights begin"},
    {"bias_initializer", ATTR_COMPONENT, offsetof(conv2d, bias_initializer), .initial = "zeros",
     .components = &initializers, .help = "how the biases begin"},
    {0},
};

/* Pixels of one axis that the taps of all outputs really reach: what the layer table counts as
 * work. */
static int64_t taps_inside(const window *w) {
    int64_t taps = 0;
    for (int o = 0; o < w->out; o++) {
        window_taps t = window_inside(w, o);
        taps += t.end - t.first;
    }
    return taps;
}

/* Every filter reads one channel, every channel is read by one filter. */
static bool is_depthwise(const conv2d *a, const shape *in) {
    return a->groups > 1 && a->groups == in->dim[0] && a->groups == a->filters;
}

/* ---- Connections ----------------------------------------------------------------------------- */

/* Pairs of a filter and a channel that it reads. */
static int64_t connected_pairs(const conv2d *a, const shape *in) {
    return a->connections.count > 0 ? connections_pairs(&a->connections)
                                    : (int64_t)(in->dim[0] / a->groups) * a->filters;
}

/* A filter's fan-in; the mean fan-out of the channels. Asked of networks with a table alone. */
static op_fan fan(const void *attributes, const op_shapes *s, int param, size_t index) {
    const conv2d *a = attributes;
    const shape *weight = &s->param[0].shape;
    const int taps = weight->dim[2] * weight->dim[3], channels = weight->dim[1];
    const size_t pair = index / (size_t)taps; /* of a weight */
    const int filter = (int)(param == 0 ? pair / (size_t)channels : index);
    const attr_ints *read = &a->connections.list[filter];
    if (param == 0 && !connections_hold(read, (int)(pair % (size_t)channels)))
        return (op_fan){0};
    return (op_fan){.in = taps * read->count, .out = s->param[0].fan_out};
}

/* ---- Shapes ---------------------------------------------------------------------------------- */

static size_t most_scratch(const conv2d *a, const op_shapes *s);

static bool infer(const void *attributes, op_shapes *s, op_report *report) {
    const conv2d *a = attributes;
    const shape *in = &s->input[0];
    window y, x;
    if (!window_infer(&a->window, in, "kernel", "kernel_size", &y, &x, report))
        return false;
    if (in->dim[0] % a->groups != 0)
        return op_reject(report, "groups", "%d input channels cannot be divided into %d groups",
                         in->dim[0], a->groups);
    if (a->filters % a->groups != 0)
        return op_reject(report, "groups", "%d filters cannot be divided into %d groups",
                         a->filters, a->groups);
    if (a->connections.count > 0 && a->groups > 1)
        return op_reject(report, "connections",
                         "it cannot stand beside groups, which connect channels, too");
    if (a->connections.count > 0 &&
        !connections_check(&a->connections, a->filters, in->dim[0], report))
        return false;
    const int64_t taps = (int64_t)y.size * x.size, pairs = connected_pairs(a, in);
    const int channels = in->dim[0] / a->groups;
    const int64_t fan_in = taps * channels, fan_out = taps * pairs / in->dim[0];
    if (fan_in > INT32_MAX || fan_out > INT32_MAX)
        return op_reject(report, "kernel_size", "a kernel of %dx%d over %d channels is too large",
                         y.size, x.size, channels);
    s->output = (shape){3, {a->filters, y.out, x.out}};
    op_param_shape param = {
        .uneven = a->connections.count > 0, .fan_in = (int)fan_in, .fan_out = (int)fan_out};
    param.shape = (shape){1, {a->filters}};
    if (a->use_bias)
        s->param[1] = param;
    param.shape = (shape){4, {a->filters, channels, y.size, x.size}};
    param.absent = taps * ((int64_t)channels * a->filters - pairs);
    s->param[0] = param;
    s->forward_items = a->filters;
    s->backward_items = in->dim[0];
    s->param_items = a->filters;
    if (a->groups == 1 || is_depthwise(a, in)) {
        s->single_forward_items = y.out;
        s->single_backward_items = y.in;
    }
    s->macs = taps_inside(&y) * taps_inside(&x) * pairs;
    s->connections = s->macs + (a->use_bias ? (int64_t)shape_size(&s->output) : 0);
    s->scratch = most_scratch(a, s);
    return true;
}

/* A correlation's view: forward reads the input, the input gradient reads the output
 * gradient. */
static correlation forward_view(const op_call *call) {
    const conv2d *a = call->attrs;
    const op_shapes *s = call->shapes;
    window y, x;
    window_both(&a->window, &s->input[0], &y, &x);
    int channels = s->input[0].dim[0] / a->groups;
    size_t taps = (size_t)y.size * (size_t)x.size;
    const bool lanes = call->form == FORM_LANES;
    return (correlation){
        .y = {y.size, y.stride, -y.pad, y.dilation, 1, y.out, y.in},
        .x = {x.size, x.stride, -x.pad, x.dilation, 1, x.out, x.in},
        .channels = channels,
        .outputs = a->filters / a->groups,
        .output_stride = lanes ? shape_stride(&s->output) : shape_width(&s->output),
        .source_stride = lanes ? shape_stride(&s->input[0]) : shape_width(&s->input[0]),
        .weight_output = taps * (size_t)channels,
        .weight_channel = taps,
        .weight_group = (size_t)(a->filters / a->groups) * (size_t)channels * taps,
    };
}

static correlation backward_view(const op_call *call) {
    const correlation f = forward_view(call);
    return (correlation){
        .y = {f.y.taps, 1, -f.y.offset, -f.y.dilation, f.y.stride, f.y.source, f.y.output},
        .x = {f.x.taps, 1, -f.x.offset, -f.x.dilation, f.x.stride, f.x.source, f.x.output},
        .channels = f.outputs,
        .outputs = f.channels,
        .output_stride = f.source_stride,
        .source_stride = f.output_stride,
        .weight_output = f.weight_channel,
        .weight_channel = f.weight_output,
        .weight_group = f.weight_group,
    };
}

/* What the weights' gradient of one group is given; in FORM_SINGLE all channels of a depthwise
 * convolution are one. */
static conv_gradient gradient_of(const op_call *call) {
    const conv2d *a = call->attrs;
    const op_shapes *s = call->shapes;
    const correlation f = forward_view(call);
    const bool lanes = call->form == FORM_LANES;
    return (conv_gradient){
        .y = f.y,
        .x = f.x,
        .channels = s->input[0].dim[0] / a->groups,
        .outputs = lanes ? a->filters / a->groups : a->filters,
        .output_step = lanes ? shape_stride(&s->output) : shape_width(&s->output),
        .source_step = lanes ? shape_stride(&s->input[0]) : shape_width(&s->input[0]),
        .form = call->form,
        .depthwise = a->groups > 1,
    };
}

/* Enough for the gradients in either form. */
static size_t gradient_scratch(const conv2d *a, const op_shapes *s) {
    size_t most = 0;
    for (int form = 0; form < FORMS; form++) {
        const conv_gradient g =
            gradient_of(&(op_call){.attrs = a, .shapes = s, .form = (tile_form)form});
        size_t needed = conv_gradient_scratch(&g);
        most = needed > most ? needed : most;
    }
    return most;
}

/* What a call needs at most: all outputs of a group forward or backward, or the gradients. */
static size_t most_scratch(const conv2d *a, const op_shapes *s) {
    const op_call call = {.attrs = a, .shapes = s};
    const correlation f = forward_view(&call), b = backward_view(&call);
    const bool depthwise = is_depthwise(a, &s->input[0]);
    const size_t needed[] = {
        gradient_scratch(a, s),
        correlate_scratch(&f, a->groups),
        correlate_scratch(&b, a->groups),
        correlate_single_scratch(&f, a->filters, depthwise),
        correlate_single_scratch(&b, s->input[0].dim[0], depthwise),
    };
    size_t most = 0;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        most = needed[i] > most ? needed[i] : most;
    return most;
}

/* The next piece of [first, end) that lies within one group of `size` channels. */
static int group_end(int first, int end, int size) {
    int limit = (first / size + 1) * size;
    return limit < end ? limit : end;
}

static void forward(const op_call *call) {
    const conv2d *a = call->attrs;
    const correlation c = forward_view(call);
    if (call->form == FORM_SINGLE)
        correlate_single(&c, a->filters, a->groups > 1, call->first, call->end, call->output,
                         call->input[0], call->param[0], call->param[1], false, call->scratch);
    else
        correlate(&c, call->first, call->end, call->output, call->input[0], call->param[0],
                  call->param[1], false, call->scratch);
}

static void backward(const op_call *call) {
    if (!call->input_grad[0])
        return;
    const conv2d *a = call->attrs;
    const correlation c = backward_view(call);
    if (call->form == FORM_SINGLE)
        correlate_single(&c, call->shapes->input[0].dim[0], a->groups > 1, call->first, call->end,
                         call->input_grad[0], call->output_grad, call->param[0], NULL,
                         call->input_grad_add[0], call->scratch);
    else
        correlate(&c, call->first, call->end, call->input_grad[0], call->output_grad,
                  call->param[0], NULL, call->input_grad_add[0], call->scratch);
}

static void sum_gradients(const op_call *call) {
    conv_gradient g = gradient_of(call);
    const size_t weights = (size_t)g.channels * (size_t)g.y.taps * (size_t)g.x.taps;
    for (int o = call->first, end; o < call->end; o = end) {
        end = group_end(o, call->end, g.outputs);
        const int group = o / g.outputs, first = group * g.outputs;
        const real *dy = call->output_grad, *x = call->input[0];
        if (call->form == FORM_LANES) { /* FORM_SINGLE knows one group only */
            dy += (size_t)first * g.output_step;
            x += (size_t)(group * g.channels) * g.source_step;
        }
        conv_weight_gradient(&g, o - first, end - first, dy, x,
                             call->param_grad[0] + (size_t)first * weights, call->param_grad_add,
                             call->scratch);
        if (call->param_grad[1])
            conv_bias_gradient(&g, o - first, end - first, dy, call->param_grad[1] + first,
                               call->param_grad_add);
    }
}

static void backward_params(const op_call *call) {
    const conv2d *a = call->attrs;
    sum_gradients(call);
    if (a->connections.count > 0)
        connections_clear(&a->connections, &call->shapes->param[0].shape, call->param_grad[0],
                          call->first, call->end);
}

static const op_input inputs[] = {{.name = "input", .help = "channels x height x width"}, {0}};

static const op_param params[] = {
    {.name = "weight",
     .help = "[filters, channels / groups, height, width]",
     .initializer = offsetof(conv2d, kernel_initializer),
     .decay = true},
    {.name = "bias", .help = "[filters]", .initializer = offsetof(conv2d, bias_initializer)},
    {0},
};

static const op_sample samples[] = {
    {.yaml = "{op: conv2d, filters: 3, kernel_size: 3}", .inputs = "2x7x6"},
    {.yaml = "{op: conv2d, filters: 7, kernel_size: 5, padding: same, use_bias: false}",
     .inputs = "1x6x9"},
    {.yaml =
         "{op: conv2d, filters: 4, kernel_size: [3, 2], strides: [2, 3], padding: [1, 0, 2, 1]}",
     .inputs = "3x8x7"},
    {.yaml = "{op: conv2d, filters: 4, kernel_size: 3, dilation_rate: 2, padding: same, groups: 2}",
     .inputs = "2x7x8"},
    {.yaml = "{op: conv2d, filters: 2, kernel_size: 3, strides: 2, dilation_rate: 3, padding: 3}",
     .inputs = "1x9x9"},
    {.yaml = "{op: conv2d, filters: 2, kernel_size: 7, padding: same}", .inputs = "1x3x3"},
    {.yaml = "{op: conv2d, filters: 6, kernel_size: 1}", .inputs = "3x1x1"},
    {.yaml = "{op: conv2d, filters: 3, kernel_size: 2, connections: [[0, 2], [1], [0, 2, 3]]}",
     .inputs = "4x5x6"},
    {0},
};

static const op_refusal refusals[] = {
    {.yaml = "{op: conv2d, filters: 3, kernel_size: 7}",
     .inputs = "1x5x5",
     .message = "kernel 7 exceeds the input 5x5"},
    {.yaml = "{op: conv2d, filters: 3, kernel_size: 3, groups: 2}",
     .inputs = "2x5x5",
     .message = "3 filters cannot be divided into 2 groups"},
    {.yaml = "{op: conv2d, filters: 4, kernel_size: 3, groups: 2}",
     .inputs = "3x5x5",
     .message = "3 input channels cannot be divided into 2 groups"},
    {.yaml = "{op: conv2d, filters: 3, kernel_size: 3, connections: [[0, 1], [1]]}",
     .inputs = "2x5x5",
     .message = "2 lists, but there are 3 filters"},
    {.yaml = "{op: conv2d, filters: 2, kernel_size: 3, connections: [[0, 1], [2]]}",
     .inputs = "2x5x5",
     .message = "filter 1 cannot read channel 2"},
    {.yaml = "{op: conv2d, filters: 2, kernel_size: 3, connections: [[0, 1], [1, 1]]}",
     .inputs = "2x5x5",
     .message = "filter 1 reads channel 1 twice"},
    {.yaml = "{op: conv2d, filters: 1, kernel_size: 3, connections: [[1, 0]]}",
     .inputs = "2x5x5",
     .message = "in ascending order"},
    {.yaml = "{op: conv2d, filters: 2, kernel_size: 3, connections: [[0, 1], []]}",
     .inputs = "2x5x5",
     .message = "none of them may be empty"},
    {.yaml = "{op: conv2d, filters: 2, kernel_size: 3, connections: [[0], [0]], groups: 2}",
     .inputs = "2x5x5",
     .message = "cannot stand beside groups"},
    {.yaml = "{op: conv2d, filters: 4, kernel_size: 3}",
     .inputs = "25",
     .message = "must be channels x height x width"},
    {0},
};

LCNN_OP(conv2d) = {
    .component =
        {
            .name = "conv2d",
            .summary = "two-dimensional convolution",
            .doc =
                "y[o, i, j] = b[o] + sum over c, u, v of W[o, c, u, v] x[c, i s - p + u d, j s - p "
                "+ v d]\n"
                "with strides s, padding p and dilation d; pixels outside the input count as zero. "
                "No flip of the\n"
                "kernel, as in LeCun et al. 1998 and Keras. Output height: (height + padding - "
                "(size - 1) d - 1) / s + 1.\n"
                "Gradient: dx correlates dy with the kernel, dW correlates x with dy, db sums dy.\n"
                "`connections` limits filter o to the input channels in list o, as in C3 of "
                "LeNet-5; the weights of\n"
                "the other channels are zero, also in files, and no parameters.",
            .size = sizeof(conv2d),
            .attrs = attrs,
        },
    .inputs = inputs,
    .params = params,
    .saves = OP_SAVES_INPUT,
    .infer = infer,
    .fan = fan,
    .forward = forward,
    .backward = backward,
    .backward_params = backward_params,
    .curvature_rule = CURVATURE_SQUARES,
    .samples = samples,
    .refusals = refusals,
};
