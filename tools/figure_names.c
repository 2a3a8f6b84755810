/* figure_names.c - room for names beside points: each takes the place, of a few around its point,
 * that covers least of what is there already. */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "command.h"
#include "figure_parts.h"
#include "memory.h"

void placement_add(placement *p, box b) {
    box *grown = memory_grow(p->taken, (size_t)(p->boxes + 1), sizeof *grown);
    p->taken = grown;
    p->taken[p->boxes++] = b;
}

static double overlap(const box *a, const box *b) {
    double width = fmin(a->right, b->right) - fmax(a->left, b->left);
    double height = fmin(a->bottom, b->bottom) - fmax(a->top, b->top);
    return width > 0 && height > 0 ? width * height : 0;
}

/* What a name there would cover; being cut off by the edge is as bad as covering. */
static double cost(const placement *p, const box *b) {
    double sum = 0, all = (b->right - b->left) * (b->bottom - b->top);
    for (int i = 0; i < p->boxes; i++)
        sum += overlap(&p->taken[i], b);
    return sum + 4 * (all - overlap(&p->area, b));
}

void placement_find(placement *p, double x, double y, words *w) {
    static const struct place {
        alignment align;
        double right, down;
    } places[] = {{ALIGN_LEFT, 8, 0},     {ALIGN_RIGHT, -8, 0},   {ALIGN_CENTRE, 0, -13},
                  {ALIGN_CENTRE, 0, 13},  {ALIGN_LEFT, 6, -11},   {ALIGN_LEFT, 6, 11},
                  {ALIGN_RIGHT, -6, -11}, {ALIGN_RIGHT, -6, 11},  {ALIGN_LEFT, 8, -22},
                  {ALIGN_LEFT, 8, 22},    {ALIGN_RIGHT, -8, -22}, {ALIGN_RIGHT, -8, 22}};
    double width = text_pixels(w->text, w->size), height = w->size, least = INFINITY;
    box best = {0};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const struct place *at = &places[i];
        double left = x + at->right -
                      width * (at->align == ALIGN_LEFT     ? 0
                               : at->align == ALIGN_CENTRE ? 0.5
                                                           : 1);
        double middle = y + at->down;
        box b = {left, middle - height / 2, left + width, middle + height / 2};
        double worth = cost(p, &b) + 1e-3 * (double)i; /* the first, where several are free */
        if (worth < least) {
            least = worth;
            best = b;
            w->x = x + at->right;
            w->y = middle;
            w->align = at->align;
        }
    }
    placement_add(p, best);
}
