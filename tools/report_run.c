/* report_run.c - the page of one run: opens what it is made of and puts the sections in order (see
 * report.h). What the sections say is in report_run_scores.c, report_run_published.c,
 * report_run_images.c, report_run_inside.c, report_run_origin.c and report_graph.c. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "report_gallery.h"
#include "report_parts.h"
#include "report_run_parts.h"
#include "rundir.h"
#include "text.h"

bool report_chart(run_page *p, const char *name, const char *alt) {
    return !p->no_charts && page_figure(p->page, p->run->folder, name, alt);
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
    lcnn_data *opened = data ? NULL : run_data(r, &p.no_images);
    if (data || opened) {
        p.images = lcnn_data_images(data ? data : opened, LCNN_TEST);
        p.training = lcnn_data_images(data ? data : opened, LCNN_TRAIN);
    }
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
