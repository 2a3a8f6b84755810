/* data_show.c - `lcnn data show`: a contact sheet of a data set, as it is stored, as a model sees
 * it, or as training distorts it. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "preview.h"
#include "rundir.h"
#include "sheet.h"
#include "text.h"

#ifdef HAVE_PNG
#define SUFFIX "png"
#else
#define SUFFIX "ppm"
#endif

enum { COLUMNS = 10, STORED = -2, EVALUATED = -1 }; /* an epoch from 0 on is a draw */

static const option options[] = {
    {"class", "NAME", OPTION_TEXT, offsetof(arguments, class_name), 0, "this class alone"},
    {"part", "PART", OPTION_TEXT, offsetof(arguments, part), 0,
     "train or test (default: train, or what there is)"},
    {"count", "N", OPTION_NUMBER, offsetof(arguments, count), 1,
     "images of each class, spread over the part (default: 10, or 50 of one class; with "
     "--augmented 1, or 5)"},
    {"model", "MODEL", OPTION_TEXT, offsetof(arguments, model), 0,
     "show the images as they reach this model's network, after its transforms"},
    {"augmented", NULL, OPTION_FLAG, offsetof(arguments, augmented), 0,
     "each image in a row of its own, first without and then with random transforms: the model's, "
     "or the distortions of LeCun et al. (1998)"},
    {"seed", "N", OPTION_NUMBER, offsetof(arguments, seed), 0,
     "where the random transforms come from (default: the model's seed, or 1)"},
    {"out", "FILE", OPTION_TEXT, offsetof(arguments, out), 0,
     "file to write: PNG, PGM or PPM by the ending of the name (default: NAME." SUFFIX ")"},
    {"force", NULL, OPTION_FLAG, offsetof(arguments, force), 0, "replace the file if it is there"},
    {0},
};

/* One place on the sheet. */
typedef struct cell {
    int column, row;
    uint32_t index; /* of the image in its part */
    int epoch;      /* STORED, EVALUATED, or of the draw */
} cell;

typedef struct show {
    const arguments *args;
    lcnn_model *model; /* NULL without --model */
    lcnn_data *data;
    lcnn_view *view; /* NULL where images are shown as they are stored */
    lcnn_part part;
    lcnn_images images;
    int only; /* the class of --class; -1: all */
    int count, columns, rows;
    size_t cells, capacity;
    cell *cell;
} show;

/* ---- What is asked for ----------------------------------------------------------------------- */

static int choose_part(show *s) {
    const char *part = s->args->part;
    if (part && strcmp(part, "train") != 0 && strcmp(part, "test") != 0)
        usage_error(s->args->command, s->args->argc, s->args->argv, -1,
                    "--part is train or test, not '%s'", text_plain(part));
    bool test = part ? strcmp(part, "test") == 0 : lcnn_data_train_count(s->data) == 0;
    s->part = test ? LCNN_TEST : LCNN_TRAIN;
    s->images = lcnn_data_images(s->data, s->part);
    if (s->images.count > 0)
        return LCNN_OK;
    return complain(LCNN_BAD_DATA, lcnn_data_name(s->data), "this data set has no %s part",
                    test ? "test" : "training");
}

static int choose_class(show *s) {
    int classes = lcnn_data_classes(s->data);
    s->only = -1;
    if (!s->args->class_name)
        return LCNN_OK;
    const char **names = memory_new((size_t)classes + 1, sizeof *names);
    for (int i = 0; i < classes; i++) {
        names[i] = lcnn_data_class_name(s->data, i);
        if (strcmp(names[i], s->args->class_name) == 0)
            s->only = i;
    }
    const char *near = s->only < 0 ? lcnn_nearest(s->args->class_name, names) : NULL;
    free(names);
    if (s->only >= 0)
        return LCNN_OK;
    return complain(
        LCNN_BAD_USAGE, lcnn_data_name(s->data), "no class '%s'%s%s%s; 'lcnn data %s' lists them",
        text_plain(s->args->class_name), near ? "; did you mean '" : "",
        near ? text_plain(near) : "", near ? "'?" : "", text_plain(s->args->operand[0]));
}

static int open_view(show *s) {
    const arguments *args = s->args;
    if (!s->model && !args->augmented)
        return LCNN_OK;
    lcnn_errors *errors = messages_begin();
    uint64_t seed = args->seed.given ? (uint64_t)args->seed.value : 1;
    s->view = lcnn_view_new(s->data, s->model, seed, errors);
    return messages_end(errors);
}

static int open_all(show *s) {
    arguments with = *s->args; /* the model on this data set */
    int status = LCNN_OK;
    with.data = s->args->operand[0];
    if (s->args->model)
        s->model = job_model(&with, s->args->model, &status);
    if (status != LCNN_OK)
        return status;
    lcnn_errors *errors = messages_begin();
    s->data = lcnn_data_open(with.data, errors);
    if (s->data && s->model)
        lcnn_model_measure(s->model, s->data, errors);
    status = messages_end(errors);
    if (status == LCNN_OK)
        status = choose_part(s);
    if (status == LCNN_OK)
        status = choose_class(s);
    return status == LCNN_OK ? open_view(s) : status;
}

/* ---- Which images go where ------------------------------------------------------------------- */

static void add_cell(show *s, int column, uint32_t index, int epoch) {
    if (s->cells == s->capacity) {
        s->capacity = 2 * s->capacity + 64;
        s->cell = memory_grow(s->cell, s->capacity, sizeof *s->cell);
    }
    s->cell[s->cells++] = (cell){column, s->rows - 1, index, epoch};
    s->columns = column + 1 > s->columns ? column + 1 : s->columns;
}

/* An image: a place in the row, or a row of its own with draws behind it. */
static void add_image(show *s, int place, uint32_t index) {
    bool row = s->args->augmented || place % COLUMNS == 0;
    s->rows += row;
    if (!s->args->augmented) {
        add_cell(s, place % COLUMNS, index, s->view ? EVALUATED : STORED);
        return;
    }
    add_cell(s, 0, index, EVALUATED);
    for (int draw = 1; draw < COLUMNS; draw++)
        add_cell(s, draw, index, draw - 1);
}

/* Images of a class, spread evenly from its first to its last. */
static void add_class(show *s, int class, uint32_t members) {
    uint32_t wanted = members < (uint32_t)s->count ? members : (uint32_t)s->count;
    uint32_t seen = 0, taken = 0;
    for (uint32_t i = 0; i < s->images.count && taken < wanted; i++) {
        if (s->images.labels[i] != class)
            continue;
        uint64_t next = wanted > 1 ? (uint64_t)taken * (members - 1) / (wanted - 1) : 0;
        if (seen++ == next)
            add_image(s, (int)taken++, i);
    }
}

static int choose_images(show *s) {
    int classes = lcnn_data_classes(s->data);
    uint32_t *members = memory_new((size_t)classes, sizeof *members);
    for (uint32_t i = 0; i < s->images.count; i++)
        members[s->images.labels[i]]++;
    int usual = s->args->augmented ? (s->only < 0 ? 1 : 5) : s->only < 0 ? COLUMNS : 50;
    s->count = s->args->count.given ? s->args->count.value : usual;
    for (int k = 0; k < classes; k++)
        if (s->only < 0 || s->only == k)
            add_class(s, k, members[k]);
    free(members);
    if (s->cells > 0)
        return LCNN_OK;
    return complain(LCNN_BAD_DATA, lcnn_data_name(s->data), "no image of '%s' in this part",
                    text_plain(s->args->class_name));
}

/* ---- The sheet ------------------------------------------------------------------------------- */

static lcnn_shape shape_shown(const show *s) {
    return s->view ? lcnn_view_shape(s->view)
                   : (lcnn_shape){s->images.channels, s->images.height, s->images.width};
}

/* Black and white are the least and the most of all images of the sheet; where the numbers still
 * are pixels, those of pixels. */
static value_range range_shown(const show *s) {
    value_range range = {0, 255};
    lcnn_shape shape = shape_shown(s);
    for (size_t i = 0; s->model && i < s->cells; i++) {
        const float *values = lcnn_view_image(s->view, s->part, s->cell[i].index, s->cell[i].epoch);
        if (i == 0)
            range = (value_range){values[0], values[0]};
        range_widen(&range, values,
                    (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width);
    }
    return range;
}

static void put_cell(const show *s, sheet *to, const cell *c, lcnn_picture *image,
                     const value_range *range) {
    size_t size = (size_t)s->images.channels * (size_t)s->images.height * (size_t)s->images.width;
    const uint8_t *pixels = s->images.pixels + c->index * size;
    const char *line[SHEET_LINES] = {lcnn_data_class_name(s->data, s->images.labels[c->index]),
                                     c->epoch < 0 ? text_printf("#%u", c->index)
                                                  : text_printf("draw %d", c->epoch + 1)};
    if (c->epoch != STORED) {
        picture_from_values(lcnn_view_image(s->view, s->part, c->index, c->epoch), image, range);
        pixels = image->pixels;
    }
    sheet_put(to, c->column, c->row, pixels, line);
}

static const char *title(const show *s) {
    const char *model = s->model ? text_printf(" as %s sees it", lcnn_model_name(s->model)) : "";
    return text_printf("%s, %s part%s%s", lcnn_data_name(s->data),
                       s->part == LCNN_TEST ? "test" : "training", model,
                       s->args->augmented ? ", distorted" : "");
}

static int write_sheet(const show *s, const char *path) {
    lcnn_shape shape = shape_shown(s);
    int channels = shape.channels == 3 ? 3 : 1;
    sheet made;
    if (!sheet_begin(&made, s->columns, s->rows, channels, shape.height, shape.width, title(s)))
        return complain(LCNN_NO_MEMORY, path,
                        "a sheet of %s would be too large; show fewer with --count or --class",
                        text_plural((int64_t)s->cells, "image"));
    lcnn_picture *image = memory_picture(channels, shape.height, shape.width);
    value_range range = range_shown(s);
    for (size_t i = 0; i < s->cells; i++)
        put_cell(s, &made, &s->cell[i], image, &range);
    lcnn_picture_free(image);
    lcnn_errors *errors = messages_begin();
    if (lcnn_picture_write(made.picture, path, errors))
        printf("%s: %s of %s, %d x %d pixels\n", text_plain(path),
               text_plural((int64_t)s->cells, "image"), text_plain(lcnn_data_name(s->data)),
               made.picture->width, made.picture->height);
    sheet_free(&made);
    return messages_end(errors);
}

/* ---- The command ----------------------------------------------------------------------------- */

static char *default_path(const show *s) {
    char *text;
    size_t size;
    FILE *out = text_begin(&text, &size);
    append_plain(out, lcnn_data_name(s->data));
    fputs("." SUFFIX, out);
    fclose(out);
    return text;
}

static int make_sheet(show *s) {
    char *path = s->args->out ? memory_text(s->args->out) : default_path(s);
    int status = file_is_new(path, s->args->force);
    if (status == LCNN_OK)
        status = choose_images(s);
    if (status == LCNN_OK)
        status = write_sheet(s, path);
    free(path);
    return status;
}

static int show_main(const arguments *args) {
    show s = {.args = args};
    int status = args->out ? picture_path_check(args->out) : LCNN_OK;
    if (status == LCNN_OK)
        status = open_all(&s);
    if (status == LCNN_OK)
        status = make_sheet(&s);
    free(s.cell);
    if (s.view)
        lcnn_view_free(s.view);
    if (s.data)
        lcnn_data_free(s.data);
    if (s.model)
        lcnn_model_free(s.model);
    return status;
}

const command data_show = {
    .name = "data show",
    .summary = "Draw a contact sheet of a data set",
    .operands = "NAME",
    .min_operands = 1,
    .max_operands = 1,
    .about =
        "NAME is a data set or a folder. The sheet has a row for each class, or more, with the "
        "name of the class and the index of each image below it; the same options always "
        "choose the same images.",
    .options = options,
    .examples = "lcnn data show emnist -o sheet.png\n"
                "lcnn data show mnist --class 7 --part test\n"
                "lcnn data show mnist --augmented\n"
                "lcnn data show fashion-mnist --model lenet5 -o seen.png",
    .run = show_main,
};
