/* json.h - JSON such that want of memory is told. Jansson mixes it up with text that is wrong, leaves out what it has no memory
 * for and goes on, or aborts (2.14, when a string that it reads is cut short within an escape). */
#ifndef JSON_H
#define JSON_H

#include "arena.h"

#include <jansson.h>
#include <stdbool.h>

/* The value that the text holds, without duplicate keys; NULL when it is wrong, as *error says, or *no_memory. It belongs to the
 * arena: there is nothing to give back, and json_decref is not for it. */
json_t *json_read(arena *a, const char *text, size_t length, json_error_t *error, bool *no_memory);

/* Between the two what Jansson asks for in this thread is watched, for writing. The second tells whether it got it all: else
 * nothing that was made meanwhile is to be trusted. */
void json_watch_begin(void);
bool json_watch_end(void);

#endif
