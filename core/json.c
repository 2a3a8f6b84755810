/* json.c - see json.h. */
#include "json.h"

#include <stdlib.h>

static _Thread_local bool lacking;
static json_malloc_t watched; /* what is called when watching */

static void *watched_malloc(size_t size) {
    void *memory = watched(size);
    lacking |= memory == NULL;
    return memory;
}

void json_watch_begin(json_watch *w) {
    json_get_alloc_funcs(&w->usual_malloc, &w->usual_free);
    watched = w->usual_malloc;
    lacking = false;
    json_set_alloc_funcs(watched_malloc, w->usual_free);
}

bool json_watch_end(const json_watch *w) {
    json_set_alloc_funcs(w->usual_malloc, w->usual_free);
    return !lacking;
}

json_t *json_read(const char *text, size_t length, json_error_t *error, bool *no_memory) {
    json_watch w;
    json_watch_begin(&w);
    json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES, error);
    *no_memory = !json_watch_end(&w);
    if (!*no_memory)
        return value;
    json_decref(value);
    return NULL;
}
