/* small_set.h - ten images of 3x2 pixels in a folder of the test's own, for tests of reading. */
#ifndef SMALL_SET_H
#define SMALL_SET_H

#include "datasets.h"
#include "suite.h"

/* Made anew for each test by the fixture. */
extern lcnn_errors *errors;
extern arena *memory;
extern char
    folder[512]; /* "./small_set.XXXXXX"; nothing of the machine's own data is found either */

void set_up(void);
void tear_down(void);

enum { COUNT = 10, HEIGHT = 3, WIDTH = 2, PIXELS = HEIGHT * WIDTH };

typedef struct bytes {
    size_t size;
    uint8_t data[1024];
} bytes;

bytes some_images(void);      /* pixel p of image i is 10 i + p */
bytes some_labels(int first); /* i % 5 + first for image i */
bytes zipped(const uint8_t *data, size_t size);
bytes joined(bytes a, const bytes *b);

/* Writing into the folder. */
void put(const char *name, const bytes *b);
void put_text(const char *name, const char *text);
void put_train(void); /* the images and labels above under their usual names: */
extern const char images_name[], labels_name[];

/* Opens a set that must open. */
dataset *opened(const char *name);
/* Opening must fail with one message that holds `part`. */
void refused(const char *name, const char *part);
/* The training part is the images and labels above. */
void check_train(const dataset *d);

#endif
