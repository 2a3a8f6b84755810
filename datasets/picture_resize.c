/* picture_resize.c - an image in another size: each new pixel is the mean of the area that it
 * covers in the old image, in whole numbers, so that it is the same on every machine. */
#include "config.h"

#include "picture.h"
#include <stdlib.h>

/* Length that pixel i of `in` and pixel o of `out` have in common, when both rows of pixels are
 * in * out long. */
static uint64_t overlap(int i, int in, int o, int out) {
    int64_t begin = (int64_t)i * out, end = begin + out;
    int64_t first = (int64_t)o * in, last = first + in;
    begin = begin > first ? begin : first;
    end = end < last ? end : last;
    return end > begin ? (uint64_t)(end - begin) : 0;
}

static uint8_t mean(const uint8_t *plane, const picture *from, const picture *to, int y, int x) {
    int64_t height = from->height, width = from->width;
    int top = (int)(y * height / to->height), left = (int)(x * width / to->width);
    uint64_t sum = 0, area = (uint64_t)(height * width);
    for (int i = top; i < height; i++) {
        uint64_t rows = overlap(i, from->height, y, to->height), line = 0;
        if (rows == 0)
            break;
        for (int j = left; j < width; j++) {
            uint64_t columns = overlap(j, from->width, x, to->width);
            if (columns == 0)
                break;
            line += columns * plane[(int64_t)i * width + j];
        }
        sum += rows * line;
    }
    return (uint8_t)((sum + area / 2) / area);
}

bool picture_resize(picture *p, int height, int width, lcnn_errors *errors) {
    picture to = {.channels = p->channels, .height = height, .width = width};
    size_t from_plane = (size_t)p->height * (size_t)p->width;
    if (p->height == height && p->width == width)
        return true;
    to.pixels = malloc((size_t)p->channels * (size_t)height * (size_t)width);
    if (!to.pixels) {
        error_no_memory(errors);
        return false;
    }
    uint8_t *out = to.pixels;
    for (int c = 0; c < p->channels; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                *out++ = mean(p->pixels + (size_t)c * from_plane, p, &to, y, x);
    free(p->pixels);
    *p = to;
    return true;
}
