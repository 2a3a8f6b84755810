/* registry.c - the list of formats; readers.inc is generated from reader_files in
 * datasets/local.mk: READER(cifar) READER(csv) ... */
#include "config.h"

#include "readers.h"

#define READER(name) extern const reader reader_##name;
#include "readers.inc"
#undef READER

#define READER(name) &reader_##name,
const reader *const readers[] = {
#include "readers.inc"
    NULL};
#undef READER
