/* report_run.c - the page of one run: opens what it is made of and puts the sections in order (see
 * report.h). What the sections say is in report_run_scores.c, report_run_images.c,
 * report_run_inside.c, report_run_origin.c and report_graph.c. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "report_parts.h"
#include "report_run_parts.h"
#include "rundir.h"
#include "text.h"

void *report_array(size_t count, size_t size) {
    void *made = calloc(count ? count : 1, size);
    if (!made)
        no_memory();
    return made;
}

static char *copy(const char *text) {
    char *made = strdup(text);
    if (!made)
        no_memory();
    return made;
}

bool report_chart(run_page *p, const char *name, const char *alt) {
    return !p->no_charts && page_figure(p->page, p->run->folder, name, alt);
}

/* ---- Images ----------------------------------------------------------------------------------- */

/* Takes the images of a set that is the one which the run saw. */
static void take_images(run_page *p, const lcnn_data *data) {
    const char *seen = json_member_text(p->run->record, "data_sha256", NULL);
    if (strcmp(seen, lcnn_data_sha256(data)) != 0) {
        p->no_images = copy(text_printf("The data set %s is another one here than the run saw, so "
                                        "no images are shown.",
                                        text_plain(lcnn_data_name(data))));
        return;
    }
    p->images = lcnn_data_images(data, LCNN_TEST);
    p->training = lcnn_data_images(data, LCNN_TRAIN);
}

/* The run's data set where it is here; it is never fetched. */
static lcnn_data *open_images(run_page *p) {
    if (!p->run->model) {
        p->no_images = copy("Without the model its data set is not known, so no images are shown.");
        return NULL;
    }
    lcnn_errors *errors = messages_begin();
    lcnn_data *data = lcnn_data_open(lcnn_model_data(p->run->model), errors);
    lcnn_errors_free(errors);
    if (data)
        take_images(p, data);
    else
        p->no_images = copy(text_printf("The data set %s is not here, so no images are shown.",
                                        text_plain(lcnn_model_data(p->run->model))));
    return data;
}

/* ---- The page --------------------------------------------------------------------------------- */

static void add_sections(run_page *p) {
    report_run_head(p);
    report_run_published(p);
    report_run_curves(p);
    report_run_confusions(p);
    report_run_galleries(p);
    report_run_classes(p);
    report_run_inside(p);
    report_run_network(p);
    report_run_origin(p);
}

static char *draw_charts(const past_run *r) {
    figures *f = figures_begin(r->folder);
    report_charts(f, r);
    return figures_end(f);
}

static int write_page(const past_run *r, const lcnn_data *data) {
    run_page p = {.run = r, .no_charts = draw_charts(r)};
    p.page =
        page_begin(text_printf("%s on %s", text_plain(json_member_text(r->record, "model", NULL)),
                               text_plain(json_member_text(r->record, "data", NULL))));
    lcnn_data *opened = NULL;
    if (data)
        take_images(&p, data);
    else
        opened = open_images(&p);
    char *weights = run_path(r->folder, "weights.safetensors");
    p.weights = run_has(r->folder, "weights.safetensors") ? weights : NULL;
    add_sections(&p);
    int status = page_save(p.page, r->folder);
    if (opened)
        lcnn_data_free(opened);
    free(weights);
    free(p.no_charts);
    free(p.no_images);
    return status;
}

int report_run(const char *folder, const lcnn_data *data) {
    past_run *r = past_run_read(folder);
    if (!r)
        return LCNN_BAD_IO;
    int status = write_page(r, data);
    past_run_free(r);
    return status;
}
