/* json.c - see json.h. */
#include "json.h"

#include <setjmp.h>
#include <stdlib.h>

/* What Jansson calls but for here. */
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

/* ---- Writing --------------------------------------------------------------------------------- */

static _Thread_local bool lacking;

static void *watched_malloc(size_t size) {
    void *memory = usual_malloc(size);
    lacking |= memory == NULL;
    return memory;
}

/* ---- Both ------------------------------------------------------------------------------------ */

/* Another thread may be at it. */
static void learn_usual(void) {
    json_malloc_t now;
    json_free_t free_now;
    json_get_alloc_funcs(&now, &free_now);
    if (now == read_malloc || now == watched_malloc)
        return;
    usual_malloc = now;
    usual_free = free_now;
}

json_t *json_read(arena *a, const char *text, size_t length, json_error_t *error, bool *no_memory) {
    jmp_buf out;
    json_t *volatile value = NULL;
    learn_usual();
    reading.arena = a;
    reading.out = &out;
    json_set_alloc_funcs(read_malloc, read_free);
    *no_memory = true;
    if (setjmp(out) == 0) {
        value = json_loadb(text, length, JSON_REJECT_DUPLICATES, error);
        *no_memory = false;
    }
    reading.arena = NULL;
    reading.out = NULL;
    json_set_alloc_funcs(usual_malloc, usual_free);
    return value;
}

void json_watch_begin(void) {
    learn_usual();
    lacking = false;
    json_set_alloc_funcs(watched_malloc, usual_free);
}

bool json_watch_end(void) {
    json_set_alloc_funcs(usual_malloc, usual_free);
    return !lacking;
}
