/* tensor.c - shapes as text. */
#include "tensor.h"

#include <stdio.h>

char *shape_text(const shape *s, char text[SHAPE_TEXT]) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < s->rank; i++)
        used += (size_t)snprintf(text + used, SHAPE_TEXT - used, "%s%d", i ? "x" : "", s->dim[i]);
    return text;
}
