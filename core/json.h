/* json.h - reading JSON such that want of memory is told from text that is wrong, which Jansson mixes up. */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>
#include <stdbool.h>

/* The value that the text holds, without duplicate keys; NULL when it is wrong, as *error says, or *no_memory. */
json_t *json_read(const char *text, size_t length, json_error_t *error, bool *no_memory);

#endif
