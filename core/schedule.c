/* schedule.c - the five schedules, and the warm-up and factor they share. */
#include "schedule.h"

#include "scalar_math.h"

#define MAX_RATE 1e6
#define MAX_EPOCHS 1e6

/* The first member of every schedule's attributes. */
typedef struct common {
    double warmup, factor;
} common;

/* clang-format off */
#define COMMON_ROWS \
    {"warmup", ATTR_REAL, offsetof(common, warmup), .initial = "0", .min = 0, .max = MAX_EPOCHS, \
     .help = "epochs in which the rate grows linearly from 0; fractions count"}, \
    {"factor", ATTR_REAL, offsetof(common, factor), .initial = "1", .min = 0, .max = MAX_RATE, \
     .above_min = true, .help = "multiplies the whole schedule"}, \
    {0}
/* clang-format on */

/* ---- constant -------------------------------------------------------------------------------- */

typedef struct constant {
    common common;
    double value;
} constant;

static const attr constant_attrs[] = {{"value", ATTR_REAL, offsetof(constant, value), .min = 0,
                                       .max = MAX_RATE, .help = "the learning rate"},
                                      COMMON_ROWS};

static double constant_rate(const void *attrs, const schedule_time *now) {
    const constant *c = attrs;
    (void)now;
    return c->value;
}

static const schedule schedule_constant = {
    .component = {.name = "constant",
                  .summary = "the same learning rate throughout",
                  .doc = "rate = value. A bare number in place of a schedule means this one.",
                  .primary = "value",
                  .size = sizeof(constant),
                  .attrs = constant_attrs},
    .rate = constant_rate};

/* ---- piecewise ------------------------------------------------------------------------------- */

typedef struct piecewise {
    common common;
    attr_ints epochs;
    attr_reals values;
} piecewise;

static const attr piecewise_attrs[] = {
    {"epochs", ATTR_INTS, offsetof(piecewise, epochs), .min = 1, .max = MAX_EPOCHS,
     .help = "how many epochs are over when the rate changes; each larger than the one before"},
    {"values", ATTR_REALS, offsetof(piecewise, values), .min = 0, .max = MAX_RATE,
     .help = "the learning rates, one more than epochs"},
    COMMON_ROWS};

static double piecewise_rate(const void *attrs, const schedule_time *now) {
    const piecewise *p = attrs;
    int piece = 0;
    while (piece < p->epochs.count && now->epoch >= p->epochs.value[piece])
        piece++;
    return p->values.value[piece];
}

static bool piecewise_check(const void *attrs, mark at, const char *what, lcnn_errors *errors) {
    const piecewise *p = attrs;
    bool good = true;
    if (p->values.count != p->epochs.count + 1) {
        error_add(errors, LCNN_BAD_MODEL, at,
                  "%s: piecewise with %d epochs needs %d values, one more, but has %d", what,
                  p->epochs.count, p->epochs.count + 1, p->values.count);
        good = false;
    }
    for (int i = 1; i < p->epochs.count; i++)
        if (p->epochs.value[i] <= p->epochs.value[i - 1]) {
            error_add(errors, LCNN_BAD_MODEL, at,
                      "%s: epochs of piecewise must increase, but %d follows %d", what,
                      p->epochs.value[i], p->epochs.value[i - 1]);
            good = false;
        }
    return good;
}

static const schedule schedule_piecewise = {
    .component = {.name = "piecewise",
                  .summary = "a list of learning rates, each for some epochs",
                  .doc = "rate = values[i] while fewer than epochs[i] epochs are over, then the\n"
                         "next; the last one to the end. {op: piecewise, epochs: [2, 5],\n"
                         "values: [0.0005, 0.0002, 0.0001]} trains two epochs at 0.0005, three at\n"
                         "0.0002 and all others at 0.0001.",
                  .size = sizeof(piecewise),
                  .attrs = piecewise_attrs},
    .rate = piecewise_rate,
    .check = piecewise_check};

/* ---- step ------------------------------------------------------------------------------------ */

typedef struct step {
    common common;
    double initial, gamma;
    int every;
} step;

static const attr step_attrs[] = {{"initial", ATTR_REAL, offsetof(step, initial), .min = 0,
                                   .max = MAX_RATE, .help = "learning rate of the first epochs"},
                                  {"every", ATTR_INT, offsetof(step, every), .min = 1,
                                   .max = MAX_EPOCHS, .help = "epochs between changes"},
                                  {"gamma", ATTR_REAL, offsetof(step, gamma), .initial = "0.1",
                                   .min = 0, .max = 1, .above_min = true,
                                   .help = "what each change multiplies the rate by"},
                                  COMMON_ROWS};

static double step_rate(const void *attrs, const schedule_time *now) {
    const step *s = attrs;
    return s->initial * scalar_power(s->gamma, now->epoch / s->every);
}

static const schedule schedule_step = {
    .component = {.name = "step",
                  .summary = "a learning rate that falls by a factor every few epochs",
                  .doc = "rate = initial gamma^floor(epoch / every), epochs counted from 0.",
                  .size = sizeof(step),
                  .attrs = step_attrs},
    .rate = step_rate};

/* ---- exponential ----------------------------------------------------------------------------- */

typedef struct exponential {
    common common;
    double initial, decay;
} exponential;

static const attr exponential_attrs[] = {
    {"initial", ATTR_REAL, offsetof(exponential, initial), .min = 0, .max = MAX_RATE,
     .help = "learning rate of the first epoch"},
    {"decay", ATTR_REAL, offsetof(exponential, decay), .min = 0, .max = 1, .above_min = true,
     .help = "what each epoch multiplies the rate by"},
    COMMON_ROWS};

static double exponential_rate(const void *attrs, const schedule_time *now) {
    const exponential *e = attrs;
    return e->initial * scalar_power(e->decay, now->epoch);
}

static const schedule schedule_exponential = {
    .component = {.name = "exponential",
                  .summary = "a learning rate that falls by a factor every epoch",
                  .doc = "rate = initial decay^epoch, epochs counted from 0.",
                  .size = sizeof(exponential),
                  .attrs = exponential_attrs},
    .rate = exponential_rate};

/* ---- cosine ---------------------------------------------------------------------------------- */

typedef struct cosine {
    common common;
    double initial, final;
} cosine;

static const attr cosine_attrs[] = {{"initial", ATTR_REAL, offsetof(cosine, initial), .min = 0,
                                     .max = MAX_RATE, .help = "learning rate of the first step"},
                                    {"final", ATTR_REAL, offsetof(cosine, final), .initial = "0",
                                     .min = 0, .max = MAX_RATE,
                                     .help = "learning rate that the last step comes close to"},
                                    COMMON_ROWS};

/* Updates made before this one. */
static double updates(const schedule_time *now) {
    return (double)(now->epoch * now->steps + now->step);
}

static double cosine_rate(const void *attrs, const schedule_time *now) {
    const double pi = 0x1.921fb54442d18p1;
    const cosine *c = attrs;
    double done = updates(now) / (double)(now->epochs * now->steps);
    double wave = scalar_sin(pi * (0.5 - done)); /* cos(pi done), as a sine of at most pi / 2 */
    return c->final + (c->initial - c->final) * (1 + wave) / 2;
}

static const schedule schedule_cosine = {
    .component = {.name = "cosine",
                  .summary = "half a cosine wave over the whole training, step by step",
                  .doc = "rate = final + (initial - final) (1 + cos(pi t)) / 2, where t is the\n"
                         "share of all steps that are over. Source: Loshchilov and Hutter,\n"
                         "\"SGDR: stochastic gradient descent with warm restarts\" (ICLR 2017),\n"
                         "without restarts.",
                  .size = sizeof(cosine),
                  .attrs = cosine_attrs},
    .rate = cosine_rate};

/* ---- All of them ----------------------------------------------------------------------------- */

const component_set schedules = {.kind = "schedule",
                                 .members = (const component *const[]){
                                     &schedule_constant.component, &schedule_cosine.component,
                                     &schedule_exponential.component, &schedule_piecewise.component,
                                     &schedule_step.component, NULL}};

bool schedule_check(const attr_component *chosen, mark at, const char *what, lcnn_errors *errors) {
    const schedule *s = (const schedule *)chosen->type;
    return s->check == NULL || s->check(chosen->attrs, at, what, errors);
}

/* The first update of a warm-up of k steps gets 1/k of the rate, as a rate of 0 would waste it; the
 * k-th gets all of it. Time is counted from the start of training, warm-up or not. */
double schedule_rate(const attr_component *chosen, const schedule_time *now) {
    const schedule *s = (const schedule *)chosen->type;
    const common *c = chosen->attrs;
    double rate = s->rate(chosen->attrs, now) * c->factor;
    double warmup = c->warmup * (double)now->steps;
    double next = updates(now) + 1;
    return next < warmup ? rate * (next / warmup) : rate;
}
