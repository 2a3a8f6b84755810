/* report_gallery.c - see report_gallery.h. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "report_gallery.h"
#include "text.h"

/* ---- The data set ----------------------------------------------------------------------------- */

static void say(char **why, const char *text) {
    if (!why)
        return;
    *why = memory_text(text);
}

lcnn_data *run_data(const past_run *r, char **why) {
    const char *name =
        r->model ? lcnn_model_data(r->model) : json_member_text(r->record, "data", NULL);
    const char *seen = json_member_text(r->record, "data_sha256", NULL);
    lcnn_errors *errors = messages_begin();
    lcnn_data *data = *name ? lcnn_data_open(name, errors) : NULL;
    messages_forgive(errors);
    if (data && strcmp(seen, lcnn_data_sha256(data)) == 0)
        return data;
    say(why, text_printf(data    ? "The data set %s is another one here than the run saw, so no "
                                   "images are shown."
                         : *name ? "The data set %s is not here, so no images are shown."
                                 : "The data set%s is not known, so no images are shown.",
                         text_plain(name)));
    if (data)
        lcnn_data_free(data);
    return NULL;
}

/* ---- Choosing --------------------------------------------------------------------------------- */

static int compare_order(const run_prediction *a, const run_prediction *b, bool falling) {
    if (a->probability != b->probability)
        return (a->probability < b->probability) == falling ? 1 : -1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static int falling(const void *left, const void *right) {
    return compare_order(*(run_prediction *const *)left, *(run_prediction *const *)right, true);
}

static int rising(const void *left, const void *right) {
    return compare_order(*(run_prediction *const *)left, *(run_prediction *const *)right, false);
}

static const run_prediction **chosen(const past_run *r, bool hits, uint32_t *count) {
    const run_prediction **list = memory_new((size_t)r->prediction_count + 1, sizeof *list);
    *count = 0;
    for (uint32_t i = 0; i < r->prediction_count; i++) {
        const run_prediction *p = &r->prediction[i];
        if ((p->truth == p->answer) == hits && !isnan(p->probability))
            list[(*count)++] = p;
    }
    qsort(list, *count, sizeof *list, hits ? rising : falling);
    return list;
}

const run_prediction **run_mistakes(const past_run *r, uint32_t *count) {
    return chosen(r, false, count);
}

const run_prediction **run_doubtful(const past_run *r, uint32_t *count) {
    return chosen(r, true, count);
}

/* ---- Showing ---------------------------------------------------------------------------------- */

void gallery_image(page *p, const lcnn_images *images, uint32_t index, const char *title,
                   page_tone tone, const char *line, const char *detail) {
    if (index >= images->count)
        return;
    size_t plane = (size_t)images->height * (size_t)images->width;
    int shown = images->channels == 3 ? 3 : 1;
    lcnn_picture *picture = memory_picture(shown, images->height, images->width);
    memcpy(picture->pixels, images->pixels + index * plane * (size_t)images->channels,
           plane * (size_t)shown);
    page_gallery_picture(p, picture, title, tone, line, detail);
    lcnn_picture_free(picture);
}
