/* json.c - see json.h. */
#include "json.h"

#include <stdlib.h>

static _Thread_local bool lacking;

static void *watched_malloc(size_t size) {
    void *memory = malloc(size);
    lacking |= memory == NULL;
    return memory;
}

json_t *json_read(const char *text, size_t length, json_error_t *error, bool *no_memory) {
    lacking = false;
    json_set_alloc_funcs(watched_malloc, free);
    json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES, error);
    json_set_alloc_funcs(malloc, free);
    *no_memory = !value && lacking;
    return value;
}
