/* json.c - see json.h. */
#include "json.h"

#include <setjmp.h>
#include <stdlib.h>

/* What Jansson calls in threads that neither read nor watch, and when watching. */
static json_malloc_t usual_malloc;
static json_free_t usual_free;

/* ---- Reading --------------------------------------------------------------------------------- */

static _Thread_local struct {
    arena *arena; /* NULL: this thread does not read */
    jmp_buf *out; /* Jansson must not see that memory is out */
} reading;

static void *read_malloc(size_t size) {
    if (!reading.arena)
        return usual_malloc(size);
    void *memory = arena_alloc(reading.arena, size);
    if (!memory)
        longjmp(*reading.out, 1);
    return memory;
}

static void read_free(void *memory) {
    if (!reading.arena)
        usual_free(memory);
}

json_t *json_read(arena *a, const char *text, size_t length, json_error_t *error, bool *no_memory) {
    jmp_buf out;
    json_t *volatile value = NULL;
    json_get_alloc_funcs(&usual_malloc, &usual_free);
    reading.arena = a;
    reading.out = &out;
    json_set_alloc_funcs(read_malloc, read_free);
    *no_memory = true;
    if (setjmp(out) == 0) {
        value = json_loadb(text, length, JSON_REJECT_DUPLICATES, error);
        *no_memory = false;
    }
    reading.arena = NULL;
    json_set_alloc_funcs(usual_malloc, usual_free);
    return value;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static _Thread_local bool lacking;

static void *watched_malloc(size_t size) {
    void *memory = usual_malloc(size);
    lacking |= memory == NULL;
    return memory;
}

void json_watch_begin(json_watch *w) {
    json_get_alloc_funcs(&w->usual_malloc, &w->usual_free);
    usual_malloc = w->usual_malloc;
    lacking = false;
    json_set_alloc_funcs(watched_malloc, w->usual_free);
}

bool json_watch_end(const json_watch *w) {
    json_set_alloc_funcs(w->usual_malloc, w->usual_free);
    return !lacking;
}
