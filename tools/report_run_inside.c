/* report_run_inside.c - what a trained network has learnt, as pictures on the page of a run: the
 * filters of its first layer, and what its layers make of a few test images.
 *
 * Numbers become colours on one scale a picture: zero is pale, positive numbers are warm, negative
 * ones blue. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "report_gallery.h"
#include "report_run_parts.h"
#include "text.h"

enum {
    MOST_FILTERS = 64,
    MOST_UNITS = 256,    /* of a vector */
    MOST_SIDE = 32,      /* of a map; larger ones are shown with fewer pixels */
    TILE = 44,           /* pixels of a shown map, about */
    SHEET = 320,         /* pixels in width that maps side by side take at most: a phone's */
    MOST_PIXELS = 900000 /* of all maps of a page */
};

/* ---- Colours ---------------------------------------------------------------------------------- */

/* `share` from -1 to 1. */
static void colour(double share, uint8_t rgb[3]) {
    static const double pale[3] = {244, 243, 240}, warm[3] = {164, 64, 12}, blue[3] = {28, 72, 160};
    double part = isnan(share) ? 0 : fmin(fabs(share), 1);
    for (int c = 0; c < 3; c++)
        rgb[c] = (uint8_t)(pale[c] + part * ((share < 0 ? blue : warm)[c] - pale[c]) + .5);
}

static double largest(const float *values, size_t count) {
    double most = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite((double)values[i]))
            most = fmax(most, fabs((double)values[i]));
    return most > 0 ? most : 1;
}

/* A square of `scale` pixels. */
static void fill(lcnn_picture *to, int x, int y, int scale, const uint8_t rgb[3]) {
    size_t plane = (size_t)to->width * (size_t)to->height;
    for (int v = y; v < y + scale; v++)
        for (int c = 0; c < 3; c++)
            memset(to->pixels + (size_t)c * plane + (size_t)v * (size_t)to->width + (size_t)x,
                   rgb[c], (size_t)scale);
}

/* ---- Filters ---------------------------------------------------------------------------------- */

/* Images of weights: [count][channels][height][width]. */
typedef struct filters {
    const char *layer;
    int count, all_channels, channels, height, width;
    size_t step; /* from one to the next */
    const float *values;
} filters;

/* The weights of the first layer that has any which are images: kernels, or rows of a dense layer
 * that reads the input. */
static bool find_filters(const lcnn_model *m, lcnn_predictor *predictor, filters *found) {
    lcnn_shape input = lcnn_model_input_shape(m);
    lcnn_errors *errors = messages_begin();
    bool any = false;
    for (int i = 0; i < lcnn_model_layer_count(m) && !any; i++) {
        lcnn_tensor t = lcnn_predictor_parameter(predictor, i, "weight", errors);
        lcnn_layer layer = lcnn_model_layer(m, i);
        if (!t.values || t.rank < 2)
            continue;
        bool dense = t.rank == 2 && t.size[1] == input.channels * input.height * input.width;
        *found = t.rank == 4 ? (filters){layer.name, t.size[0], t.size[1], 0,
                                         t.size[2],  t.size[3], 0,         t.values}
                             : (filters){layer.name,  t.size[0], input.channels, 0, input.height,
                                         input.width, 0,         t.values};
        found->step = (size_t)found->all_channels * (size_t)found->height * (size_t)found->width;
        found->channels = found->all_channels == 3 ? 3 : 1;
        any = true;
        if ((t.rank != 4 && !dense) || found->height * found->width < 2 ||
            found->height > 2 * MOST_SIDE || found->width > 2 * MOST_SIDE) {
            messages_forgive(errors);
            return false;
        }
    }
    messages_forgive(errors);
    return any;
}

static lcnn_picture *draw_filter(const filters *f, int index) {
    const float *from = f->values + (size_t)index * f->step;
    size_t plane = (size_t)f->height * (size_t)f->width;
    double most = largest(from, plane * (size_t)f->channels);
    lcnn_picture *made = memory_picture(3, f->height, f->width);
    for (size_t i = 0; i < plane; i++) {
        uint8_t rgb[3];
        colour((double)from[i] / most, rgb);
        for (size_t c = 0; c < 3; c++) {
            double share = f->channels == 3 ? (double)from[c * plane + i] / most : 0;
            made->pixels[c * plane + i] =
                f->channels == 3 && isfinite(share) ? (uint8_t)(127.5 + 127.5 * share) : rgb[c];
        }
    }
    return made;
}

static void add_filters(run_page *p, const lcnn_model *m, lcnn_predictor *predictor) {
    filters f;
    if (!find_filters(m, predictor, &f))
        return;
    int shown = f.count < MOST_FILTERS ? f.count : MOST_FILTERS;
    page_heading(p->page, "First-layer filters");
    page_paragraph(p->page, "%s %s of %s, %d×%d%s%s.",
                   f.count > shown ? text_printf("%d of the", shown) : "The",
                   text_plural(f.count, "filter"), f.layer, f.height, f.width,
                   f.channels == 3      ? ", as colours of the image they answer to"
                   : f.all_channels > 1 ? ", each as it lies on its first channel"
                                        : "",
                   f.channels == 3 ? "" : ": positive weights warm, negative ones blue");
    page_gallery_begin(p->page, 62);
    for (int i = 0; i < shown; i++) {
        lcnn_picture *picture = draw_filter(&f, i);
        page_gallery_picture(p->page, picture, NULL, PAGE_FAINT, text_printf("%d", i + 1), NULL);
        lcnn_picture_free(picture);
    }
    page_gallery_end(p->page);
}

/* ---- Feature maps ----------------------------------------------------------------------------- */

/* How the values of a layer lie on a sheet: tiles of `height` by `width` values. */
typedef struct sheet_form {
    int tiles, columns, rows;
    int height, width, step; /* of a tile; every step-th value is shown in each direction */
    int scale, gap;
} sheet_form;

/* As many in a row as fit: rather a few less, where all rows are then full. */
static void arrange(sheet_form *f, int tile_width) {
    int fit = SHEET / tile_width < 1 ? 1 : SHEET / tile_width;
    for (int columns = fit; 2 * columns > fit; columns--)
        if (f->tiles % columns == 0) {
            f->columns = columns;
            f->rows = f->tiles / columns;
            return;
        }
    f->rows = (f->tiles + fit - 1) / fit;
    f->columns = (f->tiles + f->rows - 1) / f->rows;
    f->rows = (f->tiles + f->columns - 1) / f->columns;
}

static sheet_form form_of(const lcnn_tensor *t, int most_maps) {
    sheet_form f = {.step = 1, .gap = 2};
    bool vector = t->rank == 1 || (t->rank == 3 && t->size[1] * t->size[2] == 1);
    f.height = vector ? 1 : t->size[1];
    f.width = vector ? 1 : t->size[2];
    int most = vector ? MOST_UNITS : most_maps, side = f.height > f.width ? f.height : f.width;
    f.step = (side + MOST_SIDE - 1) / MOST_SIDE;
    f.height = (f.height + f.step - 1) / f.step;
    f.width = (f.width + f.step - 1) / f.step;
    f.tiles = t->size[0] < most ? t->size[0] : most;
    side = f.height > f.width ? f.height : f.width;
    f.scale = vector ? (f.tiles <= 16 ? 18 : 13) : (TILE + side / 2) / side;
    arrange(&f, f.width * f.scale + f.gap);
    return f;
}

static int sheet_width(const sheet_form *f) {
    return f->columns * (f->width * f->scale + f->gap) - f->gap;
}

static int sheet_height(const sheet_form *f) {
    return f->rows * (f->height * f->scale + f->gap) - f->gap;
}

static void draw_tile(lcnn_picture *to, const lcnn_tensor *t, const sheet_form *f, int tile,
                      double most) {
    int all_width = t->rank == 3 ? t->size[2] : 1, all_height = t->rank == 3 ? t->size[1] : 1;
    const float *from = t->values + (size_t)tile * (size_t)all_height * (size_t)all_width;
    int x = tile % f->columns * (f->width * f->scale + f->gap);
    int y = tile / f->columns * (f->height * f->scale + f->gap);
    for (int v = 0; v < f->height; v++)
        for (int u = 0; u < f->width; u++) {
            uint8_t rgb[3];
            colour((double)from[v * f->step * all_width + u * f->step] / most, rgb);
            fill(to, x + u * f->scale, y + v * f->scale, f->scale, rgb);
        }
}

static size_t value_count(const lcnn_tensor *t) {
    size_t count = 1;
    for (int i = 0; i < t->rank; i++)
        count *= (size_t)t->size[i];
    return count;
}

/* Grey between the maps, so that they can be told apart on any ground. */
static lcnn_picture *draw_sheet(const lcnn_tensor *t, const sheet_form *f) {
    lcnn_picture *made = memory_picture(3, sheet_height(f), sheet_width(f));
    double most = largest(t->values, value_count(t));
    memset(made->pixels, 150, 3 * (size_t)made->height * (size_t)made->width);
    for (int i = 0; i < f->tiles; i++)
        draw_tile(made, t, f, i, most);
    return made;
}

/* The loss has no maps, and what only lays values out anew shows nothing new. */
static bool is_shown(const lcnn_model *m, int layer) {
    static const char *const dull[] = {"flatten", "reshape", "dropout"};
    for (size_t i = 0; i < sizeof dull / sizeof *dull; i++)
        if (strcmp(lcnn_model_layer(m, layer).op, dull[i]) == 0)
            return false;
    return layer < lcnn_model_layer_count(m) - 1;
}

/* Maps of a layer at most, such that the page stays small. */
static int choose_most_maps(const lcnn_model *m, const lcnn_predictor *predictor, int images) {
    int most = 64;
    for (; most > 4; most /= 2) {
        int64_t pixels = 0;
        for (int i = 0; i < lcnn_model_layer_count(m); i++) {
            lcnn_tensor t = lcnn_predictor_activation(predictor, i);
            sheet_form f = is_shown(m, i) ? form_of(&t, most) : (sheet_form){.tiles = 0};
            if (f.tiles > 0)
                pixels += (int64_t)sheet_width(&f) * sheet_height(&f);
        }
        if (pixels * images <= MOST_PIXELS)
            break;
    }
    return most;
}

static void add_layer(run_page *p, const lcnn_model *m, const lcnn_predictor *predictor, int layer,
                      int most_maps) {
    lcnn_layer l = lcnn_model_layer(m, layer);
    lcnn_tensor t = lcnn_predictor_activation(predictor, layer);
    if (!is_shown(m, layer) || (t.rank != 1 && t.rank != 3))
        return;
    sheet_form f = form_of(&t, most_maps);
    lcnn_picture *sheet = draw_sheet(&t, &f);
    const char *part = f.tiles < t.size[0] ? text_printf(", first %d", f.tiles) : "";
    page_flow_picture(p->page, sheet, sheet->width, text_printf("Values of %s", l.name),
                      text_printf("%s · %s · %s%s", l.name, l.op, l.output, part));
    lcnn_picture_free(sheet);
}

/* What goes in: as the network sees it, after the transforms. */
static void add_input(run_page *p, const lcnn_model *m, const lcnn_predictor *predictor) {
    lcnn_shape s = lcnn_model_input_shape(m);
    size_t plane = (size_t)s.height * (size_t)s.width;
    int channels = s.channels == 3 ? 3 : 1;
    const float *from = lcnn_predictor_input(predictor);
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < plane * (size_t)channels; i++) {
        low = (double)from[i] < low ? (double)from[i] : low;
        high = (double)from[i] > high ? (double)from[i] : high;
    }
    lcnn_picture *made = memory_picture(channels, s.height, s.width);
    for (size_t i = 0; i < plane * (size_t)channels; i++)
        made->pixels[i] =
            high > low ? (uint8_t)(255 * ((double)from[i] - low) / (high - low) + .5) : 0;
    page_flow_picture(p->page, made, 96, "The image as the network sees it",
                      text_printf("input · %s", lcnn_model_input(m)));
    lcnn_picture_free(made);
}

static void add_answers(run_page *p, const lcnn_model *m, const char *truth,
                        const float *probability) {
    enum { SHOWN = 3 };
    int classes = lcnn_model_classes(m), order[SHOWN] = {-1, -1, -1};
    for (int k = 0; k < SHOWN && k < classes; k++)
        for (int i = 0; i < classes; i++) {
            bool taken = (k > 0 && i == order[0]) || (k > 1 && i == order[1]);
            if (!taken && (order[k] < 0 || probability[i] > probability[order[k]]))
                order[k] = i;
        }
    const char *said = "";
    for (int k = 0; k < SHOWN && order[k] >= 0; k++)
        said = text_printf("%s%s%.80s (%s)", said, k > 0 ? ", " : "",
                           text_plain(lcnn_model_class_name(m, order[k])),
                           text_percent((double)probability[order[k]]));
    page_paragraph(p->page, "It is %s. The network says: %s.", truth, said);
}

/* The layers' maps of one image. */
static void add_image(run_page *p, lcnn_predictor *predictor, const lcnn_images *images,
                      uint32_t index, const char *title, const char *truth, int *most_maps,
                      int count) {
    const lcnn_model *m = p->run->model;
    size_t size = (size_t)images->channels * (size_t)images->height * (size_t)images->width;
    lcnn_picture seen = {images->channels, images->height, images->width,
                         (uint8_t *)images->pixels + index * size};
    float *probability = memory_new((size_t)lcnn_model_classes(m), sizeof *probability);
    int answer;
    lcnn_errors *errors = messages_begin();
    if (lcnn_predictor_run(predictor, "image", &seen, probability, &answer, errors)) {
        if (*most_maps == 0)
            *most_maps = choose_most_maps(m, predictor, count);
        page_heading(p->page, title);
        add_answers(p, m, truth, probability);
        page_flow_begin(p->page);
        add_input(p, m, predictor);
        for (int i = 0; i < lcnn_model_layer_count(m); i++)
            add_layer(p, m, predictor, i, *most_maps);
        page_flow_end(p->page);
    }
    messages_forgive(errors);
    free(probability);
}

/* Two hits of different classes, the first in the set, and the most confident mistake. */
static void add_maps(run_page *p, lcnn_predictor *predictor) {
    const past_run *r = p->run;
    const run_prediction *chosen[3] = {NULL};
    int count = 0, most_maps = 0;
    uint32_t mistakes;
    for (uint32_t i = 0; i < r->prediction_count && count < 2; i++) {
        const run_prediction *one = &r->prediction[i];
        if (one->truth == one->answer && one->index < p->images.count &&
            (count == 0 || one->truth != chosen[0]->truth))
            chosen[count++] = one;
    }
    const run_prediction **wrong = run_mistakes(r, &mistakes);
    if (mistakes > 0 && wrong[0]->index < p->images.count)
        chosen[count++] = wrong[0];
    for (int i = 0; i < count; i++)
        add_image(p, predictor, &p->images, chosen[i]->index,
                  text_printf("Through the layers: test image no. %u", chosen[i]->index),
                  r->class_name[chosen[i]->truth], &most_maps, count);
    if (count == 0 && p->training.count > 0)
        add_image(p, predictor, &p->training, 0, "Through the layers: training image no. 0",
                  "of the training part", &most_maps, 1);
    free(wrong);
}

void report_run_inside(run_page *p) {
    if (!p->weights || !p->run->model)
        return;
    if (!page_has_pictures())
        return; /* said with the mistakes */
    lcnn_errors *errors = messages_begin();
    lcnn_session_options options = {.threads = 1, .weights = p->weights};
    lcnn_predictor *predictor = lcnn_predictor_new(p->run->model, &options, errors);
    page_section(p->page, "Inside");
    if (!predictor || !lcnn_predictor_keep(predictor, errors)) {
        page_note(p->page, "The network cannot be looked into here: %s", messages_first(errors));
    } else {
        add_filters(p, p->run->model, predictor);
        add_maps(p, predictor);
    }
    if (predictor)
        lcnn_predictor_free(predictor);
    messages_forgive(errors);
}
