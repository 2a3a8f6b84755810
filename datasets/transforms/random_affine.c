/* random_affine.c - each training image moved, scaled, squeezed, sheared and turned at random. */
#include "draws.h"
#include "sampling.h"
#include "scalar_math.h"

typedef struct affine {
    attr_reals translate, scale;
    double squeeze, shear, rotate, fill;
} affine;

static const attr affine_table[] = {
    {.name = "translate",
     .type = ATTR_REALS,
     .offset = offsetof(affine, translate),
     .initial = "0",
     .min = 0,
     .max = 65536,
     .help = "pixels moved at most: [down or up, right or left]; one number is both"},
    {.name = "scale",
     .type = ATTR_REALS,
     .offset = offsetof(affine, scale),
     .initial = "[1, 1]",
     .min = 0.01,
     .max = 100,
     .help = "how many times larger: [least, most]"},
    {.name = "squeeze",
     .type = ATTR_REAL,
     .offset = offsetof(affine, squeeze),
     .initial = "1",
     .min = 1,
     .max = 100,
     .help = "how many times higher and narrower, or wider and lower, at most"},
    {.name = "shear",
     .type = ATTR_REAL,
     .offset = offsetof(affine, shear),
     .initial = "0",
     .min = 0,
     .max = 10,
     .help = "columns that a row is moved sideways per row of distance from the middle, at most"},
    {.name = "rotate",
     .type = ATTR_REAL,
     .offset = offsetof(affine, rotate),
     .initial = "0",
     .min = 0,
     .max = 180,
     .help = "degrees turned at most, either way"},
    {.name = "fill",
     .type = ATTR_REAL,
     .offset = offsetof(affine, fill),
     .initial = "0",
     .help = "value of what lies outside, on the scale of what comes in"},
    {.name = NULL},
};

/* Whether it leaves every image as it is, which nobody means who writes it down. */
static bool does_nothing(const affine *a) {
    bool moves = false;
    for (int i = 0; i < a->translate.count; i++)
        moves = moves || a->translate.value[i] > 0;
    return !moves && a->scale.value[0] >= 1 && a->scale.value[1] <= 1 && a->squeeze <= 1 &&
           a->shear <= 0 && a->rotate <= 0;
}

static bool affine_infer(const void *attrs, const shape *in, shape *out, mark at,
                         lcnn_errors *errors) {
    const affine *a = attrs;
    const char *fault = NULL;
    *out = *in;
    if (a->translate.count > 2)
        fault = "`translate` has more than two numbers; it must be one, or [y, x]";
    else if (a->scale.count != 2)
        fault = "`scale` must be two numbers, [least, most]";
    else if (a->scale.value[0] > a->scale.value[1])
        fault = "`scale` has its larger number first; it must be [least, most]";
    else if (does_nothing(a))
        fault = "this changes no image; give it one or more of `translate`, `scale`, `squeeze`, "
                "`shear` and `rotate`";
    if (fault)
        error_add(errors, LCNN_BAD_MODEL, at, "random_affine: %s", fault);
    return !fault;
}

static size_t affine_scratch(const void *attrs, const shape *in) {
    (void)attrs;
    return sampler_scratch(in);
}

/* Where a pixel comes from: x' = xx x + xy y + x0, and y' alike. */
typedef struct plane {
    double xx, xy, x0, yx, yy, y0;
} plane;

/* An image is scaled, squeezed and sheared around its middle, turned there, and then moved. */
static plane draw_plane(const transform_call *call) {
    const affine *a = call->attrs;
    const double pi = 0x1.921fb54442d18p1;
    uint32_t word[2][4];
    draw_words(call, 0, word[0]);
    draw_words(call, 1, word[1]);
    const double most_y = a->translate.value[0],
                 most_x = a->translate.value[a->translate.count - 1];
    const double down = draw_between(word[0][0], -most_y, most_y);
    const double right = draw_between(word[0][1], -most_x, most_x);
    const double scale = draw_between(word[0][2], a->scale.value[0], a->scale.value[1]);
    /* As likely to be x as 1 / x. */
    const double drawn = draw_between(word[0][3], 1 - a->squeeze, a->squeeze - 1);
    const double squeeze = drawn < 0 ? 1 / (1 - drawn) : 1 + drawn;
    const double shear = draw_between(word[1][0], -a->shear, a->shear);
    /* Half the angle is within what scalar_sin takes. */
    const double half = draw_between(word[1][1], -a->rotate, a->rotate) * (pi / 360);
    const double s = scalar_sin(half), c = scalar_cos(half);
    const double cosine = 1 - 2 * s * s, sine = 2 * s * c;

    /* Undone in the opposite order: moved and turned back, sheared back, made narrower by w and
     * lower by h. */
    const double w = scale / squeeze, h = scale * squeeze;
    plane p = {.xx = (cosine + shear * sine) / w,
               .xy = (sine - shear * cosine) / w,
               .yx = -sine / h,
               .yy = cosine / h};
    const double middle_x = (call->in_shape->dim[2] - 1) / 2.0,
                 middle_y = (call->in_shape->dim[1] - 1) / 2.0;
    p.x0 = middle_x - p.xx * (middle_x + right) - p.xy * (middle_y + down);
    p.y0 = middle_y - p.yx * (middle_x + right) - p.yy * (middle_y + down);
    return p;
}

static void affine_apply(const transform_call *call) {
    const affine *a = call->attrs;
    const plane p = draw_plane(call);
    const int width = call->in_shape->dim[2];
    const float xx = (float)p.xx, yx = (float)p.yx;
    sampler s = sampler_new(call, (float)a->fill, call->scratch);
    for (int row = 0; row < call->in_shape->dim[1]; row++) {
        const float x0 = (float)(p.xy * row + p.x0), y0 = (float)(p.yy * row + p.y0);
        for (int i = 0; i < width; i++) {
            s.x[i] = x0 + xx * (float)i;
            s.y[i] = y0 + yx * (float)i;
        }
        sampler_row(&s, row, call->out);
    }
}

const transform transform_random_affine = {
    .component =
        {
            .name = "random_affine",
            .summary = "while training: moved, scaled, squeezed, sheared and turned at random",
            .doc =
                "Each image, in each epoch, is scaled and squeezed, then sheared, all around its "
                "middle, turned\n"
                "there and moved. Every number is drawn evenly up to the limits given, in both "
                "directions; a\n"
                "squeeze by q makes the image q times higher and 1/q as wide, or the other way "
                "round. New pixels\n"
                "are bilinear means of old ones. With all five this has the planar distortions of "
                "LeCun,\n"
                "Bottou, Bengio and Haffner (1998), who moved, scaled, squeezed and sheared "
                "sideways; their\n"
                "ranges are not published. Left out where images are evaluated.",
            .size = sizeof(affine),
            .attrs = affine_table,
        },
    .training_only = true,
    .infer = affine_infer,
    .scratch = affine_scratch,
    .apply = affine_apply,
    .samples =
        (const transform_sample[]){
            {"{op: random_affine, translate: 2, scale: [0.9, 1.1], squeeze: 1.1, shear: 0.15}",
             {3, {1, 28, 28}}},
            {"{op: random_affine, rotate: 15, translate: [0, 3], fill: -1}", {3, {3, 9, 14}}},
            {0}},
    .refusals = (const transform_refusal[]){{"{op: random_affine, translate: [1, 2, 3]}",
                                             {3, {1, 28, 28}},
                                             "`translate` has more than two numbers"},
                                            {"{op: random_affine, scale: 2}",
                                             {3, {1, 28, 28}},
                                             "`scale` must be two numbers, [least, most]"},
                                            {"{op: random_affine, scale: [2, 1]}",
                                             {3, {1, 28, 28}},
                                             "`scale` has its larger number first"},
                                            {"random_affine",
                                             {3, {1, 28, 28}},
                                             "this changes no image; give it one or more of "
                                             "`translate`, `scale`, `squeeze`, `shear` and "
                                             "`rotate`"},
                                            {"{op: random_affine, translate: [0, 0], fill: 1}",
                                             {3, {1, 28, 28}},
                                             "this changes no image"},
                                            {0}},
};
