/* rbf.c - LeNet-5's output units: how far a vector is from the code of each class. */
#include "kernels/elementwise.h"
#include "kernels/rbf_codes.h"

#include <string.h>

typedef struct rbf {
    const char *codes;
    double distance_scale;
} rbf;

static const attr rows[] = {
    {.name = "codes",
     .type = ATTR_STRING,
     .offset = offsetof(rbf, codes),
     .initial = "\"0123456789\"",
     .help = "for each class, in order, the character whose code stands for it"},
    {.name = "distance_scale",
     .type = ATTR_REAL,
     .offset = offsetof(rbf, distance_scale),
     .initial = "1",
     .min = 1e-30,
     .max = 1e6,
     .help = "factor of the squared distance; inferred: the paper has none, so 1"},
    {0},
};

static bool check_codes(const char *codes, int classes, op_report *report) {
    const size_t count = strlen(codes);
    for (size_t i = 0; i < count; i++) {
        if (codes[i] < CODE_FIRST || codes[i] > CODE_LAST)
            return op_reject(report, "codes",
                             "character %zu has no code; there are codes of printable ASCII "
                             "characters only",
                             i + 1);
        if (memchr(codes, codes[i], i))
            return op_reject(report, "codes",
                             "'%c' stands there twice: the two classes could not be told apart",
                             codes[i]);
    }
    if (count != (size_t)classes)
        return op_reject(report, "codes",
                         "the data set has %d classes, but there are %zu characters; give one "
                         "for each class, as in codes: \"0123456789\"",
                         classes, count);
    return true;
}

static bool infer(const void *attrs, op_shapes *s, op_report *report) {
    const rbf *a = attrs;
    const shape *in = &s->input[0];
    char text[SHAPE_TEXT];
    if (in->rank != 1 || in->dim[0] != CODE_BITS)
        return op_reject(report, "from",
                         "the input must be a vector of %d units, one for each of the 7x12 pixels "
                         "of a code, not %s",
                         CODE_BITS, shape_text(in, text));
    if (!check_codes(a->codes, s->classes, report))
        return false;
    s->output = (shape){1, {s->classes}};
    s->forward_items = s->classes;
    s->backward_items = CODE_BITS;
    s->single_forward_items = single_vectors(&s->output);
    s->single_backward_items = single_vectors(in);
    s->macs = (int64_t)CODE_BITS * s->classes;
    return true;
}

/* ---- Codes ----------------------------------------------------------------------------------- */

static const unsigned char *code_of(const op_call *call, int class) {
    const rbf *a = call->attrs;
    return codes_of_characters[a->codes[class] - CODE_FIRST];
}

/* 1 where there is ink, -1 elsewhere. */
INLINE real code_sign(const unsigned char *code, int j) {
    return code[j / 8] >> j % 8 & 1 ? 1 : -1;
}

/* Which of the numbers v to v + VW - 1 have their bits set in a byte. */
INLINE ivec bits_set(unsigned byte, int v) {
    static const _Alignas(64) vec_int bit[16] = {1, 2, 4, 8, 16, 32, 64, 128};
    const ivec all = (ivec){0} + (vec_int)(byte >> v);
    return (ivec)((all & *(const ivec *)bit) != 0);
}

INLINE vec code_signs(const unsigned char *code, int byte, int v) {
    return vec_select(bits_set(code[byte], v), vec_set1(1), vec_set1(-1));
}

/* ---- Forward --------------------------------------------------------------------------------- */

/* A distance is summed in eight chains, chain p over the inputs p, p + 8, p + 16, ..., which are
 * then added by the tree of vec_fold: FORM_SINGLE has them side by side. */
enum { CHAINS = 8, WHOLE = CODE_BITS / CHAINS, REST = CODE_BITS % CHAINS };

/* The next members of all chains, or of the first few. */
INLINE void chains_add(const unsigned char *code, int k, const int count, const real *x,
                       vec chain[CHAINS]) {
    UNROLLED (p, count) {
        const int j = k * CHAINS + p;
        vec d = vec_load(x + j * LANES) - vec_set1(code_sign(code, j));
        chain[p] = vec_fma(d, d, chain[p]);
    }
}

static void forward_lanes(const op_call *call) {
    const vec scale = vec_set1((real)((const rbf *)call->attrs)->distance_scale);
    for (int i = call->first; i < call->end; i++) {
        const unsigned char *code = code_of(call, i);
        for (int v = 0; v < LANES; v += VW) {
            const real *x = call->input[0] + v;
            vec c[CHAINS];
            UNROLLED (p, CHAINS)
                c[p] = vec_zero();
            for (int k = 0; k < WHOLE; k++)
                chains_add(code, k, CHAINS, x, c);
            chains_add(code, WHOLE, REST, x, c);
            vec sum = ((c[0] + c[4]) + (c[2] + c[6])) + ((c[1] + c[5]) + (c[3] + c[7]));
            vec_store(call->output + (size_t)i * LANES + v, scale * sum);
        }
    }
}

/* The squared distance of one sample from a code. */
INLINE real distance_single(const unsigned char *code, const real *x) {
    _Alignas(64) vec chains[LANES / VW] = {{0}};
    for (int v = 0; v < SINGLE_VECTOR; v += VW) {
        vec chain = vec_zero();
        for (int k = 0; k < WHOLE; k++) {
            vec d = vec_load(x + k * CHAINS + v) - code_signs(code, k, v);
            chain = vec_fma(d, d, chain);
        }
        vec d = vec_load(x + WHOLE * CHAINS + v) - code_signs(code, WHOLE, v);
        d = vec_select(bits_set((1 << REST) - 1, v), d, vec_zero());
        chains[v / VW] = vec_fma(d, d, chain);
    }
    return vec_fold(chains);
}

static void forward_single(const op_call *call) {
    const real scale = (real)((const rbf *)call->attrs)->distance_scale;
    for (int i = call->first * SINGLE_VECTOR; i < call->end * SINGLE_VECTOR; i++) {
        const bool there = i < call->shapes->classes; /* else padding */
        call->output[i] = there ? scale * distance_single(code_of(call, i), call->input[0]) : 0;
    }
}

static void forward(const op_call *call) {
    if (call->form == FORM_LANES)
        forward_lanes(call);
    else
        forward_single(call);
}

/* ---- Backward -------------------------------------------------------------------------------- */

/* Adds class i's part: dy (x - w), or, for second derivatives, h (x - w)^2. */
INLINE vec part_add(vec dy, vec x, vec sign, vec sum, const bool second) {
    vec d = x - sign;
    return vec_fma(second ? dy * d : dy, d, sum);
}

/* What backward and curvature make of output_grad: `second` says which. From `base` on, the classes
 * are added one by one; `factor` times the sum is the result. */
INLINE void to_inputs_lanes(const op_call *call, vec factor, const bool second, int v, vec base) {
    const int classes = call->shapes->classes;
    for (int j = call->first; j < call->end; j++) {
        const vec x = vec_load(call->input[0] + j * LANES + v);
        vec sum = base;
        for (int i = 0; i < classes; i++)
            sum = part_add(vec_load(call->output_grad + i * LANES + v), x,
                           vec_set1(code_sign(code_of(call, i), j)), sum, second);
        grad_put(call->input_grad[0] + j * LANES + v, factor * sum, call->input_grad_add[0]);
    }
}

INLINE void to_inputs_single(const op_call *call, vec factor) {
    const int classes = call->shapes->classes;
    for (int k = call->first; k < call->end; k++)
        for (int v = 0; v < SINGLE_VECTOR; v += VW) {
            const vec x = vec_load(call->input[0] + k * SINGLE_VECTOR + v);
            vec sum = vec_zero();
            for (int i = 0; i < classes; i++)
                sum = part_add(vec_set1(call->output_grad[i]), x,
                               code_signs(code_of(call, i), k, v), sum, false);
            grad_put(call->input_grad[0] + k * SINGLE_VECTOR + v, factor * sum,
                     call->input_grad_add[0]);
        }
}

static void backward(const op_call *call) {
    const vec factor = vec_set1((real)(2 * ((const rbf *)call->attrs)->distance_scale));
    if (call->input_grad[0] == NULL)
        return;
    if (call->form == FORM_SINGLE)
        to_inputs_single(call, factor);
    else
        for (int v = 0; v < LANES; v += VW)
            to_inputs_lanes(call, factor, false, v, vec_zero());
}

/* h_x = sum_i (dy_i/dx)^2 h_i + sum_i d2y_i/dx2 dL/dy_i, with dy/dx = 2 s (x - w) and d2y/dx2 = 2
 * s. The second sum is what the mean of distances alone consists of; it is left out where it is
 * negative, which rates cannot be made of. */
static void curvature(const op_call *call) {
    const double s = ((const rbf *)call->attrs)->distance_scale;
    const vec factor = vec_set1((real)(4 * s * s)), bend = vec_set1((real)(1 / (2 * s)));
    const int classes = call->shapes->classes;
    if (call->input_grad[0] == NULL)
        return;
    for (int v = 0; v < LANES; v += VW) {
        vec slope = vec_zero();
        for (int i = 0; i < classes; i++)
            slope += vec_load(call->output_slope + i * LANES + v);
        to_inputs_lanes(call, factor, true, v, vec_max(vec_zero(), slope) * bend);
    }
}

static const op_sample samples[] = {
    {.yaml = "{op: rbf, distance_scale: 0.05}", .inputs = "84"},
    {.yaml = "{op: rbf, codes: 'aB3~ {}!?.'}", .inputs = "84"},
    {0},
};

static const op_refusal refusals[] = {
    {"{op: rbf}", "120", "a vector of 84 units"},
    {"{op: rbf}", "84x1x1", "a vector of 84 units"},
    {"{op: rbf, codes: abc}", "84", "the data set has 10 classes, but there are 3 characters"},
    {"{op: rbf, codes: '0123456788'}", "84", "'8' stands there twice"},
    {"{op: rbf, codes: '012345678ä'}", "84", "character 10 has no code"},
    {"{op: rbf, distance_scale: 0}", "84", "'distance_scale' is '0'"},
    {"{op: rbf, distance_scale: 1e-300}", "84", "'distance_scale' is '1e-300'"},
    {0},
};

LCNN_OP(rbf) = {
    .component =
        {.name = "rbf",
         .summary = "squared distance to a fixed code of each class, LeNet-5's output units",
         .doc =
             "y_i = distance_scale sum_j (x_j - w_ij)^2, for 84 inputs x_j and each class i; the "
             "smallest wins.\n"
             "w_i is the class's code: a picture of 7x12 pixels of the character that `codes` "
             "names, row by\n"
             "row, 1 for ink and -1 elsewhere. It is no parameter and never trained.\n"
             "Gradient: dx_j = 2 distance_scale sum_i (x_j - w_ij) dy_i.\n"
             "Source: LeCun, Bottou, Bengio, Haffner, \"Gradient-based learning applied to "
             "document\n"
             "recognition\" (1998), section II-B and figure 3. As printed there, with a scale of "
             "1, training\n"
             "diverges in the first pass; the scale is inferred from its figure 5.",
         .primary = "codes",
         .size = sizeof(rbf),
         .attrs = rows},
    .inputs = (const op_input[]){{.name = "x", .help = "a vector of 84 units"}, {0}},
    .saves = OP_SAVES_INPUT,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_OWN,
    .curvature = curvature,
    .samples = samples,
    .refusals = refusals,
};
