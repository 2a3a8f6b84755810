/* op.h - the contract between an operator and everything else.
 *
 * An operator is one file that defines one descriptor, LCNN_OP(name) = {...}; its line in ops/local.mk puts it into the
 * registry. The descriptor says what the operator is called, takes and owns (rows), how shapes follow (infer), and what
 * to compute (callbacks over one tile). Graph, plan and executor know operators through this file only.
 *
 * Operator files are compiled once per instruction set, so their loops use core/simd.h and need no dispatch. */
#ifndef OP_H
#define OP_H

#include "attr.h"
#include "simd.h"
#include "tensor.h"

enum { OP_MAX_PARAMS = 4 };

/* ---- Inputs and parameters ------------------------------------------------------------------- */

typedef struct op_input {
    const char *name;
    const char *help;
    bool labels;   /* the class numbers that come with the images, not a value of the graph */
    bool variadic; /* one or more values; the last row only */
} op_input;

/* A tensor that the operator owns. Its shape comes from infer. */
typedef struct op_param {
    const char *name;   /* "weight": the tensor is called NODE.weight in files */
    const char *help;
    size_t initializer; /* offset in the attributes of the attr_component that initialises it */
    bool decay;         /* weight decay applies */
    bool state;         /* saved but not trained: running means */
} op_param;

typedef struct op_param_shape {
    shape shape;       /* as in files, the output dimension first; rank 0: this node does without it */
    bool transposed;   /* rank 2 only: kept in memory as [dim 1][param_columns(dim 0)], padding zero */
    int fan_in, fan_out; /* for initialisers */
    bool uneven;         /* they differ from number to number: op.fan has them */
    int64_t absent;      /* numbers that op.fan says are not there: they are zero in memory and in files */
} op_param_shape;

/* Of one number of a parameter. */
typedef struct op_fan {
    int in, out; /* in 0: there is no such connection */
} op_fan;

/* Distance between the rows of a transposed parameter: rounded up to LANES, and to an odd number of 64-byte lines where
 * there are many, since an even one makes the rows of a column share cache sets. */
static inline size_t param_columns(int units) {
    enum { MANY = 16 };
    size_t lines = ((size_t)units + LANES - 1) / LANES;
    return (lines >= MANY ? lines | 1 : lines) * LANES;
}

/* ---- Shapes ---------------------------------------------------------------------------------- */

/* What infer is given (inputs) and fills in (the rest, all zero before). */
typedef struct op_shapes {
    int inputs;                             /* values only, labels not counted */
    const shape *input;                     /* [inputs] */
    int classes;                            /* of the data set; labels are below it */
    shape output;                           /* of one sample; losses: rank 1, one number */
    op_param_shape param[OP_MAX_PARAMS];
    size_t saved;    /* reals per tile that forward leaves for backward */
    size_t scratch;  /* reals that a call may use freely; contents undefined on entry */
    size_t partial;  /* doubles per tile that the gather callbacks leave for the reduce callbacks */
    size_t shared;   /* reals per step that the reduce callbacks leave for forward and backward */
    int forward_items;  /* independent parts of the work of forward on one tile; 0 counts as 1 */
    int backward_items; /* the same of backward */
    int param_items;    /* the same of backward_params, in both forms */
    /* The same in FORM_SINGLE. 0: the operator, with these shapes, knows FORM_LANES only; then a single sample is carried
     * to lane 0 and back for it, which is right but slow. */
    int single_forward_items;
    int single_backward_items;
    int64_t macs;       /* multiply-adds of forward for one sample, for the layer table */
    int64_t connections; /* as LeCun et al. 1998 count them: inputs of all outputs, biases included; 0: as many as macs */
    bool not_in_place;  /* these shapes cannot work in place, though the operator can: the layouts differ */
} op_shapes;

/* Where infer's refusals go: the graph turns them into messages at the attribute's place in the YAML. */
typedef struct op_report op_report;

/* Always returns false, so that infer can `return op_reject(...)`. `attribute` names the key at fault ("from" for an
 * input); NULL means the node as a whole. */
bool op_reject(op_report *report, const char *attribute, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for member `index` of a list. */
bool op_reject_member(op_report *report, const char *attribute, int index, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- Computing ------------------------------------------------------------------------------- */

/* Everything a callback sees of one tile. Tiles are laid out as tensor.h says. In FORM_LANES, lanes from `count` on hold
 * zeros in the network's input and in every gradient, finite numbers elsewhere: sums over lanes rely on it, so an operator
 * whose formula gives such a lane a gradient clears it. An operator gives a sample the same bits in both forms. */
typedef struct op_call {
    const void *attrs;
    const op_shapes *shapes;
    tile_form form;              /* how the values of this tile lie; FORM_SINGLE only where infer gave it items */
    bool training;
    int count;              /* samples in this tile, 1 to LANES */
    int batch;              /* samples in the whole step */
    int first, end;         /* the items to do: [first, end) */

    const real *const *input; /* [inputs] */
    real *output;
    const int32_t *labels;  /* [LANES]; operators with a labels input only */
    const real *const *param; /* [OP_MAX_PARAMS]; NULL where absent */
    real *saved;            /* [shapes->saved] */
    real *scratch;          /* [shapes->scratch], this thread's own */

    /* Backward. A gradient is stored, or added to what is there, as the flag says; all inputs in ascending order. */
    const real *output_grad;
    real *const *input_grad;     /* [inputs]; NULL where nobody needs it */
    const bool *input_grad_add;  /* [inputs] */
    real *const *param_grad;     /* [OP_MAX_PARAMS]; same layout as param */
    bool param_grad_add;
    const real *output_slope;    /* `curvature` only: first derivatives, where output_grad holds second ones */

    /* backward_apply only: moves numbers [begin, begin + rows * n) of a parameter along their gradient, which is
     * fma(x[row], dy[i], 0) for number i of a row; begin and n are multiples of LANES, dy is 64-byte aligned. */
    void (*apply)(const struct op_call *call, int param, size_t begin, const real *x, int rows, const real *dy, size_t n);
    const void *applier;

    /* Coupled operators. */
    double *partial;         /* gather: this tile's [shapes->partial] */
    const double *partials;  /* reduce: all tiles' [tiles][shapes->partial], in order */
    int tiles;
    real *shared;            /* [shapes->shared] */
    real *const *state;      /* reduce: params that are state, writable; NULL elsewhere */

    /* Random operators: the key of rng.h, so that nothing depends on the order of work. */
    uint64_t seed;
    uint32_t stream;         /* differs from node to node */
    uint32_t epoch;
    const uint32_t *sample;  /* [LANES]: index of each lane's sample in its data set */
} op_call;

/* What backward reads besides output_grad, the parameters and `saved`; all else may be overwritten before it runs. */
enum { OP_SAVES_INPUT = 1, OP_SAVES_OUTPUT = 2 };

/* How second derivatives h of the loss pass backwards, always in FORM_LANES, as optimisers like sdlm want them: each number's
 * by itself, as the Gauss-Newton approximation has them,
 *   h_x = sum over the outputs y of (dy/dx)^2 h_y,
 * and h_w of a parameter likewise, summed over the connections that share it, a connection being its product with one input
 * (LeCun et al. 1998, appendix C). backward_params and backward are called with h in the place of gradients, and: */
typedef enum op_curvature {
    CURVATURE_NONE,    /* no rule: networks with the operator cannot have such an optimiser */
    CURVATURE_PLAIN,   /* nothing else changed: every dy/dx is 0 or 1 */
    CURVATURE_SQUARES, /* with inputs and parameters squared: dy/dx is a parameter or another input, dy/dw an input or 1 */
    CURVATURE_TWICE,   /* backward a second time, in place: each number of the output depends on one of the input; no
                          parameters */
    CURVATURE_OWN,     /* by the operator's own `curvature` */
} op_curvature;

/* An operator whose output must not be read as input 0, and why: "it applies softmax itself". */
typedef struct op_conflict {
    const char *op;
    const char *why;
} op_conflict;

/* ---- Samples for tests and documentation ----------------------------------------------------- */

/* Classes of the data set that samples and refusals are inferred with. */
enum { OP_SAMPLE_CLASSES = 10 };

typedef struct op_sample {
    const char *yaml;   /* "{op: conv2d, filters: 3, kernel_size: 3}"; the first sample is the example in the manual */
    const char *inputs; /* "2x7x7", several separated by blanks */
    double tolerance;   /* of gradients against central differences, relative; 0: 1e-6 */
    bool kinked;        /* the gradient jumps at `kink`: test inputs stay away from it */
    double kink;
} op_sample;

typedef struct op_refusal {
    const char *yaml;
    const char *inputs;
    const char *message; /* a fragment of the message expected */
} op_refusal;

/* ---- The descriptor -------------------------------------------------------------------------- */

typedef struct op {
    component component;    /* first, so that a component found by name is the operator */
    const op_input *inputs; /* ended by a row without name */
    const op_param *params; /* ended by a row without name; NULL: none */
    const op_conflict *conflicts; /* ended by a row without op; NULL: none */
    unsigned saves;         /* OP_SAVES_... */
    /* Output may be input 0 itself (where backward does not read it), and input_grad[0] output_grad itself. */
    bool in_place;
    /* The output holds the numbers of input 0, in another shape or with some left out: what must not read that input must not
     * read the output, either. */
    bool passes_on;

    /* Pure: shapes and attributes in, shapes out. The only callback that may fail. */
    bool (*infer)(const void *attrs, op_shapes *shapes, op_report *report);

    /* Optional; pure: fan-in and fan-out of a number of an uneven parameter, counted as in files. Where there is no connection,
     * the number begins at zero, and backward_params gives it the gradient zero, so that it stays there. */
    op_fan (*fan)(const void *attrs, const op_shapes *shapes, int param, size_t index);

    /* None of these allocates, fails or prints. */
    void (*forward)(const op_call *call);
    void (*backward)(const op_call *call);        /* input gradients */
    void (*backward_params)(const op_call *call); /* parameter gradients, before backward; NULL: no parameters */

    /* Optional, FORM_SINGLE: backward_params and backward in one, for a sample that is the only one of its step. It gives
     * gradients to call->apply piece by piece, as the products that they are, once the weights that a piece moves have been
     * read for the last time: weights are fetched once, and gradients never stored. Items are backward's. */
    void (*backward_apply)(const op_call *call);

    /* Operators that couple samples while training: gather runs over every tile, then reduce once, then forward over
     * every tile; the same for backward. All four or none. */
    void (*forward_gather)(const op_call *call);
    void (*forward_reduce)(const op_call *call);
    void (*backward_gather)(const op_call *call);
    void (*backward_reduce)(const op_call *call);

    /* How second derivatives pass backwards. `curvature` is for CURVATURE_OWN: it does what backward_params and backward do, on
     * all of backward's items at once, with h in output_grad, input_grad and param_grad; losses give d2L/dx2 times h. */
    op_curvature curvature_rule;
    void (*curvature)(const op_call *call);

    /* Losses only: how input 0 is read as class probabilities, [classes][LANES] as a tile of shape [classes]. */
    void (*probabilities)(const op_call *call, real *probability);
    bool smallest_wins; /* the predicted class is the smallest value of input 0, not the largest */

    const op_sample *samples;   /* ended by a row without yaml; at least one */
    const op_refusal *refusals; /* ended by a row without yaml; at least one where infer can fail */
} op;

/* Names the descriptor for the instruction set that is being compiled. */
#define LCNN_OP(name) const op ISA_NAME(op_##name)

#endif
