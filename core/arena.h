/* arena.h - memory that is taken piece by piece and given back all at once.
 *
 * Everything that lives as long as a model does (parsed YAML, attributes, graph, plan) comes from one arena, so nothing
 * is freed singly and no error path leaks. Pieces are 64-byte aligned where asked, zeroed always. */
#ifndef ARENA_H
#define ARENA_H

#include <stdarg.h>
#include <stddef.h>

typedef struct arena arena;

arena *arena_new(void); /* NULL when memory is out */
void arena_free(arena *a);

/* `size` zeroed bytes, aligned for any type; NULL when memory is out or size is absurd. */
void *arena_alloc(arena *a, size_t size);

/* `count` zeroed elements; NULL also when count * size overflows. */
void *arena_array(arena *a, size_t count, size_t size);

char *arena_copy(arena *a, const char *text, size_t length); /* NUL-terminated copy */
char *arena_format(arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* snprintf and vsnprintf with a decimal point whatever the program's locale says; arena_format and messages use them. */
int text_format(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int text_vformat(char *buffer, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* Buffers for numbers: 64-byte aligned and zeroed; plain free() gives them back. NULL when memory is out or the size
 * overflows. Large ones ask for huge pages: kernels step from channel to channel, on small pages a miss of the TLB each,
 * which costs layers of many channels up to a quarter of their speed. */
void *aligned_array(size_t count, size_t size);

#endif
