/* op_harness.h - an operator on its own: one of its samples brought to life without graph, plan or
 * executor.
 *
 * A trial owns every buffer of one or two tiles, fills them with repeatable numbers, and runs the
 * operator's callbacks as an executor would, or as badly as an executor may: items shared out in
 * any way, rubbish in scratch, everything overwritten that backward did not ask to keep. What to
 * make of the results is for op_checks.h and the tests. */
#ifndef OP_HARNESS_H
#define OP_HARNESS_H

#include "op.h"

enum { TRIAL_TILES = 2, TRIAL_INPUTS = 4 };

typedef struct trial_tile {
    int count; /* samples in use */
    real *input[TRIAL_INPUTS], *input_grad[TRIAL_INPUTS];
    real *output, *output_grad;
    real *saved;
    int32_t labels[LANES];
    uint32_t sample[LANES];
} trial_tile;

/* How items are shared out. */
typedef enum trial_split { ITEMS_TOGETHER, ITEMS_SINGLY_BACKWARDS, ITEMS_IN_TWO_PARTS } trial_split;

typedef struct trial {
    const op *op;
    const op_sample *sample;
    const void *attrs;
    op_shapes shapes;
    shape input_shape[TRIAL_INPUTS];

    int tiles; /* two where samples are coupled, else one */
    trial_tile tile[TRIAL_TILES];
    size_t param_numbers[OP_MAX_PARAMS]; /* reals in memory; 0: this node does without it */
    real *param[OP_MAX_PARAMS];          /* all */
    real *param_grad[OP_MAX_PARAMS];     /* of those that are trained */
    real *state[OP_MAX_PARAMS];          /* the others */
    real *scratch, *shared;
    double *partials;

    /* How to run; trial_fill sets the plain way: lanes, training, items together, gradients stored
     * for every input. */
    tile_form form;
    bool training;
    trial_split split;
    bool add;             /* gradients are added to what is there */
    bool output_in_place; /* the output is computed in input 0 */
    bool grad_in_place;   /* input 0's gradient is computed in the output's */
    bool forget;          /* overwrite all that backward did not ask to keep */
    bool twice;           /* all inputs of input 0's shape are input 0 itself, read once more */
    int unwanted;         /* input that nobody needs the gradient of; -1: none */

    void *block[64]; /* to be freed */
    int blocks;
} trial;

/* The sample's operator, looked for in `ops`, with shapes inferred and buffers allocated. NULL with
 * messages. */
trial *trial_new(const component_set *ops, const op_sample *sample, arena *a, lcnn_errors *errors);
void trial_free(trial *t);

/* Attributes and shapes only; what is refused here is what the operator refuses. */
bool trial_infer(trial *t, const component_set *ops, const char *yaml, const char *inputs, arena *a,
                 lcnn_errors *errors);

/* Numbers for inputs, parameters and the output's gradient; NaN for results. The last tile has
 * `count` samples, the one before is full. The numbers of the first samples do not depend on count.
 */
void trial_fill(trial *t, int count);

/* The same with one sample in every tile, in either form. In FORM_SINGLE the rest of a pixel's last
 * vector holds other numbers than zero, and vectors beyond are NaN. */
void trial_fill_sample(trial *t, tile_form form);

/* Puts a number into every gradient that backward gives. */
void trial_fill_gradients(trial *t, real number);

void trial_forward(trial *t);
void trial_backward(trial *t);

/* Where number `i` of a parameter lies; the padding of a transposed one is left out. */
size_t trial_param_place(const trial *t, int param, size_t i);

/* Whether there is no connection that it would be the weight of. */
bool trial_is_absent(const trial *t, int param, size_t i);

/* Where number `i` of a sample lies in a tile: its lanes begin there, or, in FORM_SINGLE, it does. */
size_t trial_place(const shape *s, size_t i);
size_t trial_place_single(const shape *s, size_t i);

/* What fills results before they are computed, and padding lines for ever. */
extern const real trial_poison;

#endif
