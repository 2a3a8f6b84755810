/* registry.c - the backend of one instruction set: every operator and optimiser as compiled for it.
 *
 * The list of operators, registry.inc, is generated from op_files in ops/local.mk. */
#include "backend.h"

#define OP(name) extern LCNN_OP(name);
#include "registry.inc"
#undef OP

extern LCNN_OPTIMIZER(sgd);
extern LCNN_OPTIMIZER(adam);
extern LCNN_OPTIMIZER(adamw);
extern LCNN_OPTIMIZER(rmsprop);
extern LCNN_OPTIMIZER(sdlm);

/* In core/loops.c. */
void ISA_NAME(sum_slots)(real *slot, size_t stride, int slots, size_t n);
int64_t ISA_NAME(peak)(int64_t rounds, real *sink);

#define OP(name) &ISA_NAME(op_##name).component,
static const component *const ops[] = {
#include "registry.inc"
    NULL,
};
#undef OP

static const component *const optimizers[] = {
    &ISA_NAME(optimizer_sgd).component,
    &ISA_NAME(optimizer_adam).component,
    &ISA_NAME(optimizer_adamw).component,
    &ISA_NAME(optimizer_rmsprop).component,
    &ISA_NAME(optimizer_sdlm).component,
    NULL,
};

#define TEXT_(word) #word
#define TEXT(word) TEXT_(word)

#if VW <= 8 /* SINGLE_VECTOR */
#define SINGLE_BACKEND ISA_NAME(backend)
#else
#define SINGLE_BACKEND backend_avx2
#endif

extern const backend ISA_NAME(backend), SINGLE_BACKEND;
const backend ISA_NAME(backend) = {
    .name = TEXT(LCNN_ISA),
    .ops = {.kind = "operator", .members = ops},
    .single = &SINGLE_BACKEND,
    .optimizers = {.kind = "optimizer", .members = optimizers},
    .sum_slots = ISA_NAME(sum_slots),
    .peak = ISA_NAME(peak),
};
