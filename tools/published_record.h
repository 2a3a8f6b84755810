/* published_record.h - what was published of a model as run.json keeps it from the beginning, so that a run that is resumed tells of
 * it what an uninterrupted one does, even where the model's own file is gone.
 *
 * The resolved model in the folder of a run has no such section (lcnn_model_published). */
#ifndef PUBLISHED_RECORD_H
#define PUBLISHED_RECORD_H

#include <jansson.h>

#include "lcnn.h"

/* A new reference; null where nothing was published. */
json_t *published_record(const lcnn_published *all);

/* From such a record, of which it uses the texts; NULL where there is none, or it is damaged. To be freed. */
lcnn_published *published_recall(const json_t *record);
void published_free(lcnn_published *all);

#endif
