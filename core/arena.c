/* arena.c - memory by pieces, given back as a whole; and printing that does not depend on the
 * locale.
 *
 * An arena is a list of blocks; pieces are cut from the newest one. Blocks double in size so that a
 * big model costs few calls of malloc, and a piece too big for a block gets one of its own. */
#include "config.h"

#include "arena.h"

#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The address sanitizer sees a step beyond the end of a piece only when each has a block of its
 * own. gcc and clang have different words for that it is there. */
#ifdef __SANITIZE_ADDRESS__
#define PIECES_APART
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define PIECES_APART
#endif
#endif
#ifdef PIECES_APART
enum { BLOCK_SMALLEST = 1, BLOCK_LARGEST = 1 };
#else
enum { BLOCK_SMALLEST = 4096, BLOCK_LARGEST = 1 << 20 };
#endif
enum { LINE = 64, HUGE_PAGE = 2 << 20 };

typedef struct block block;
struct block {
    block *next;
    size_t size, used;
    max_align_t bytes[];
};

struct arena {
    block *newest;
    size_t next_size;
};

arena *arena_new(void) {
    arena *a = calloc(1, sizeof *a);
    if (a)
        a->next_size = BLOCK_SMALLEST;
    return a;
}

void arena_free(arena *a) {
    if (!a)
        return;
    for (block *b = a->newest, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
}

/* calloc, because pieces are promised to be zero and fresh pages already are. */
static block *add_block(arena *a, size_t size) {
    block *b = calloc(1, sizeof *b + size);
    if (!b)
        return NULL;
    b->size = size;
    b->next = a->newest;
    a->newest = b;
    return b;
}

void *arena_alloc(arena *a, size_t size) {
    const size_t unit = sizeof(max_align_t);
    if (size > PTRDIFF_MAX / 2)
        return NULL;
    size = size ? (size + unit - 1) / unit * unit : unit;

    block *b = a->newest;
    if (!b || b->size - b->used < size) {
        size_t block_size = size > a->next_size ? size : a->next_size;
        b = add_block(a, block_size);
        if (!b)
            return NULL;
        if (a->next_size < BLOCK_LARGEST)
            a->next_size *= 2;
    }
    void *piece = (char *)b->bytes + b->used;
    b->used += size;
    return piece;
}

void *arena_array(arena *a, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return arena_alloc(a, bytes);
}

char *arena_copy(arena *a, const char *text, size_t length) {
    char *copy = length < SIZE_MAX ? arena_alloc(a, length + 1) : NULL;
    if (copy && length > 0)
        memcpy(copy, text, length);
    return copy;
}

int text_vformat(char *buffer, size_t size, const char *format, va_list arguments) {
    /* A program that uses the library may have chosen a decimal comma. */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t callers = uselocale(plain);
    int length = vsnprintf(buffer, size, format, arguments);
    uselocale(callers);
    if (plain)
        freelocale(plain);
    return length;
}

int text_format(char *buffer, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = text_vformat(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}

char *arena_format(arena *a, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = text_vformat(NULL, 0, format, arguments);
    char *text = length >= 0 ? arena_alloc(a, (size_t)length + 1) : NULL;
    if (text)
        text_vformat(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

void *aligned_array(size_t count, size_t size) {
    size_t bytes, padded;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, (size_t)LINE, &padded) || padded > PTRDIFF_MAX)
        return NULL;
    /* Whole lines; never none, so that NULL always means failure. */
    padded = padded / LINE * LINE;
    size_t alignment = padded < HUGE_PAGE ? LINE : HUGE_PAGE;
    void *array = NULL;
    if (posix_memalign(&array, alignment, padded) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (alignment == HUGE_PAGE)
        madvise(array, padded, MADV_HUGEPAGE); /* no loss where the system has none */
#endif
    memset(array, 0, padded);
    return array;
}
