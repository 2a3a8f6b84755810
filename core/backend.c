/* backend.c - which backends were compiled in, and which of them this machine can run. */
#include "config.h"

#include "backend.h"

#include <string.h>

extern const backend backend_generic;
#if defined(LCNN_X86_64) && !defined(LCNN_DOUBLE)
extern const backend backend_avx2, backend_avx512;
#endif

const backend *const *backend_list(void) {
    static const backend *list[4];
    const backend *found[4] = {NULL};
    int count = 0;
#if defined(LCNN_X86_64) && !defined(LCNN_DOUBLE)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("fma"))
        found[count++] = &backend_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        found[count++] = &backend_avx2;
#endif
    found[count] = &backend_generic;
    memcpy(list, found, sizeof list);
    return list;
}

const backend *backend_choose(const char *name) {
    const backend *const *list = backend_list();
    if (!name || !*name)
        return list[0];
    for (; *list; list++)
        if (strcmp((*list)->name, name) == 0)
            return *list;
    return NULL;
}
