/* report_gallery.h - test images of a run on a page: where they come from, which are worth showing, how one is shown. */
#ifndef REPORT_GALLERY_H
#define REPORT_GALLERY_H

#include "page.h"
#include "past_run.h"

/* The data set that the run saw, the very same, where it is here; it is never fetched. Else NULL, and *why (to be freed) a
 * sentence that says so; `why` may be NULL. */
lcnn_data *run_data(const past_run *r, char **why);

/* Predictions in order: mistakes by falling, hits by rising probability, those without one left out. Sets *count; the caller
 * frees the list. */
const run_prediction **run_mistakes(const past_run *r, uint32_t *count);
const run_prediction **run_doubtful(const past_run *r, uint32_t *count);

/* Adds an image to an open gallery; nothing where there is none of this number. Of images that are neither grey nor in colour
 * it is the first channel. */
void gallery_image(page *p, const lcnn_images *images, uint32_t index, const char *title, page_tone tone, const char *line,
                   const char *detail);

#endif
