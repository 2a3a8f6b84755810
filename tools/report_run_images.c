/* report_run_images.c - galleries of test images on the page of a run: the most confident mistakes,
 * and the hits that were nearest to being none. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "report_gallery.h"
#include "report_run_parts.h"
#include "text.h"

enum { SHOWN = 30 }; /* full rows, five or six or ten images in each */

/* Pictures are enlarged so far that single pixels can be told apart, where that leaves room for
 * several in a row. */
static int shown_width(const lcnn_images *images) {
    int width = 3 * images->width;
    return width < 84 ? 84 : width > 132 ? 132 : width;
}

static void add_gallery(run_page *p, const run_prediction **list, uint32_t count, bool hits) {
    const past_run *r = p->run;
    page_gallery_begin(p->page, shown_width(&p->images));
    for (uint32_t i = 0, shown = 0; i < count && shown < SHOWN; i++) {
        if (list[i]->index >= p->images.count)
            continue;
        const char *answer = r->class_name[list[i]->answer];
        const char *sure = text_percent(list[i]->probability);
        const char *line =
            hits ? sure : text_printf("read as %.200s, %s", text_plain(answer), sure);
        gallery_image(p->page, &p->images, list[i]->index, r->class_name[list[i]->truth],
                      hits ? PAGE_FAINT : PAGE_BAD, line, text_printf("no. %u", list[i]->index));
        shown++;
    }
    page_gallery_end(p->page);
}

/* In place of a gallery, where there are no images. */
static void add_list(run_page *p, const run_prediction **list, uint32_t count) {
    static const char *const heads[] = {"image", "truth", "answer", "probability"};
    page_table_begin(p->page, "rllr", NULL);
    for (int i = 0; i < 4; i++)
        page_head(p->page, heads[i]);
    for (uint32_t i = 0; i < count && i < SHOWN; i++) {
        page_cell(p->page, text_printf("%u", list[i]->index));
        page_cell(p->page, p->run->class_name[list[i]->truth]);
        page_cell(p->page, p->run->class_name[list[i]->answer]);
        page_cell(p->page, text_percent(list[i]->probability));
    }
    page_table_end(p->page);
}

static void add_part(run_page *p, const run_prediction **list, uint32_t count, bool hits) {
    if (p->images.count == 0 || !page_has_pictures())
        add_list(p, list, count);
    else
        add_gallery(p, list, count, hits);
}

void report_run_galleries(run_page *p) {
    uint32_t mistakes, hits;
    if (p->run->prediction_count == 0)
        return;
    const run_prediction **wrong = run_mistakes(p->run, &mistakes);
    const run_prediction **doubtful = run_doubtful(p->run, &hits);
    page_section(p->page, "Mistakes");
    if (p->no_images)
        page_note(p->page, "%s", p->no_images);
    if (!page_has_pictures())
        page_note(p->page, "lcnn was built without libpng, so no images are shown.");
    if (mistakes == 0)
        page_paragraph(p->page, "Every test image was read rightly.");
    else
        page_paragraph(p->page,
                       mistakes > SHOWN ? "The most confident of %s: the class it is, what it was "
                                          "read as, and how sure the network was."
                                        : "All of %s, the most confident first: the class it is, "
                                          "what it was read as, and how sure the network was.",
                       text_plural(mistakes, "mistake"));
    if (mistakes > 0)
        add_part(p, wrong, mistakes, false);
    if (hits > 0) {
        page_heading(p->page, "The most doubtful hits");
        page_paragraph(p->page, "Read rightly, with the lowest probability.");
        add_part(p, doubtful, hits, true);
    }
    report_chart(p, "rejection", "Error against the share of answers rejected as doubtful");
    free(wrong);
    free(doubtful);
}
