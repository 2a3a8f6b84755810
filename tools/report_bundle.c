/* report_bundle.c - growing the series of a chart. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "report_bundle.h"

int bundle_series(bundle *b, const char *label, series_style style) {
    for (int i = 0; i < b->count; i++)
        if (strcmp(b->s[i].label, label) == 0 && b->s[i].style == style)
            return i;
    if (b->count == MOST_SERIES)
        return -1;
    series *s = &b->s[b->count];
    *s = (series){.label = memory_text(label),
                  .style = style,
                  .x = memory_new((size_t)b->room, sizeof(double)),
                  .y = memory_new((size_t)b->room, sizeof(double)),
                  .low = memory_new((size_t)b->room, sizeof(double)),
                  .high = memory_new((size_t)b->room, sizeof(double))};
    return b->count++;
}

void bundle_put(bundle *b, int index, double x, estimate at, const char *name) {
    series *s = index < 0 ? NULL : &b->s[index];
    if (!s || s->count == b->room)
        return;
    double *const row[] = {(double *)s->x, (double *)s->y, (double *)s->low, (double *)s->high};
    if (name && !s->names)
        s->names = memory_new((size_t)b->room, sizeof *s->names);
    const char **names = (const char **)s->names;
    int i = s->count++;
    for (; i > 0 && s->x[i - 1] > x; i--) {
        for (int k = 0; k < 4; k++)
            row[k][i] = row[k][i - 1];
        if (names)
            names[i] = names[i - 1];
    }
    row[0][i] = x;
    row[1][i] = at.mean;
    row[2][i] = at.low;
    row[3][i] = at.high;
    if (names)
        names[i] = name;
}

void bundle_drop_label(bundle *b) {
    free((char *)b->s[0].label);
    b->s[0].label = NULL;
}

void bundle_free(bundle *b) {
    for (int i = 0; i < b->count; i++) {
        const series *s = &b->s[i];
        free((char *)s->label);
        free((double *)s->x);
        free((double *)s->y);
        free((double *)s->low);
        free((double *)s->high);
        free((const char **)s->names);
    }
}
