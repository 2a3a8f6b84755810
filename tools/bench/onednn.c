/* onednn.c - the three convolutions of a training step as oneDNN's primitives alone: no framework,
 * no copying between layouts, each with the layouts that oneDNN likes best. One thread is
 * OMP_NUM_THREADS=1. layers.py runs it beside lcnn.
 *
 *   cc -std=c11 -O2 -D_POSIX_C_SOURCE=200809L tools/bench/onednn.c -o /tmp/onednn -ldnnl
 *   OMP_NUM_THREADS=1 /tmp/onednn 16 64 56 56 64 3 1 1 1 1 1
 *
 * Arguments: batch, channels, height, width, filters, kernel, stride, dilation, padding before and
 * after, groups. Prints seconds of forward, backward-data and backward-weights: the fastest of
 * many. Without arguments: GB/s of copying memory. */
#include <dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if DNNL_VERSION_MAJOR != 2
#error "written for oneDNN 2, whose way to describe a primitive oneDNN 3 changed"
#endif

enum { ARGUMENTS = 11 };

typedef struct layer {
    long batch, channels, height, width, filters, kernel, stride, dilation, before, after, groups;
} layer;

/* A primitive with the memory that it works on. */
typedef struct work {
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t arg[3];
} work;

static dnnl_engine_t engine;
static dnnl_stream_t stream;

static void need(dnnl_status_t status, const char *what) {
    if (status == dnnl_success)
        return;
    fprintf(stderr, "onednn: %s failed with status %d\n", what, (int)status);
    exit(1);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- Describing ------------------------------------------------------------------------------ */

static long output_side(const layer *l, long side) {
    return (side + l->before + l->after - l->dilation * (l->kernel - 1) - 1) / l->stride + 1;
}

/* Input, weights and output, in whatever layout. */
static void describe(const layer *l, dnnl_memory_desc_t md[3]) {
    dnnl_dims_t in = {l->batch, l->channels, l->height, l->width};
    dnnl_dims_t out = {l->batch, l->filters, output_side(l, l->height), output_side(l, l->width)};
    dnnl_dims_t plain = {l->filters, l->channels, l->kernel, l->kernel};
    dnnl_dims_t grouped = {l->groups, l->filters / l->groups, l->channels / l->groups, l->kernel,
                           l->kernel};
    int grouping = l->groups > 1;
    need(dnnl_memory_desc_init_by_tag(&md[0], 4, in, dnnl_f32, dnnl_format_tag_any), "input");
    need(dnnl_memory_desc_init_by_tag(&md[1], 4 + grouping, grouping ? grouped : plain, dnnl_f32,
                                      dnnl_format_tag_any),
         "weights");
    need(dnnl_memory_desc_init_by_tag(&md[2], 4, out, dnnl_f32, dnnl_format_tag_any), "output");
}

/* The forward one is the hint that the others want. */
static dnnl_primitive_desc_t choose(const layer *l, dnnl_prop_kind_t kind,
                                    const_dnnl_primitive_desc_t forward) {
    dnnl_dims_t strides = {l->stride, l->stride}, dilates = {l->dilation - 1, l->dilation - 1};
    dnnl_dims_t before = {l->before, l->before}, after = {l->after, l->after};
    dnnl_memory_desc_t md[3];
    dnnl_convolution_desc_t wanted;
    dnnl_primitive_desc_t found;
    describe(l, md);
    if (kind == dnnl_backward_data)
        need(dnnl_dilated_convolution_backward_data_desc_init(&wanted, dnnl_convolution_direct,
                                                              &md[0], &md[1], &md[2], strides,
                                                              dilates, before, after),
             "description");
    else if (kind == dnnl_backward_weights)
        need(dnnl_dilated_convolution_backward_weights_desc_init(&wanted, dnnl_convolution_direct,
                                                                 &md[0], &md[1], NULL, &md[2],
                                                                 strides, dilates, before, after),
             "description");
    else
        need(dnnl_dilated_convolution_forward_desc_init(&wanted, kind, dnnl_convolution_direct,
                                                        &md[0], &md[1], NULL, &md[2], strides,
                                                        dilates, before, after),
             "description");
    need(dnnl_primitive_desc_create(&found, &wanted, NULL, engine, forward), "primitive");
    return found;
}

static dnnl_memory_t filled(const_dnnl_primitive_desc_t chosen, dnnl_query_t what) {
    const dnnl_memory_desc_t *md = dnnl_primitive_desc_query_md(chosen, what, 0);
    dnnl_memory_t memory;
    void *data;
    need(dnnl_memory_create(&memory, md, engine, DNNL_MEMORY_ALLOCATE), "memory");
    need(dnnl_memory_get_data_handle(memory, &data), "memory");
    float *number = data;
    for (size_t i = 0; i < dnnl_memory_desc_get_size(md) / sizeof *number; i++)
        number[i] = (float)(i % 17) / 17 - 0.5f;
    return memory;
}

static work prepare(const_dnnl_primitive_desc_t chosen, dnnl_prop_kind_t kind) {
    int data = kind == dnnl_backward_data, weights = kind == dnnl_backward_weights,
        back = data || weights;
    work w = {.arg = {
                  {data ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC,
                   filled(chosen, data ? dnnl_query_diff_src_md : dnnl_query_src_md)},
                  {weights ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS,
                   filled(chosen, weights ? dnnl_query_diff_weights_md : dnnl_query_weights_md)},
                  {back ? DNNL_ARG_DIFF_DST : DNNL_ARG_DST,
                   filled(chosen, back ? dnnl_query_diff_dst_md : dnnl_query_dst_md)},
              }};
    need(dnnl_primitive_create(&w.primitive, chosen), "primitive");
    return w;
}

/* ---- Timing ---------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median of many short runs, as lcnn's layers are timed. */
static double measure(const work *w) {
    enum { MOST = 2000 };
    static double took[MOST];
    double end = seconds() + 0.25;
    size_t count = 0;
    for (; count < 3 || (count < MOST && seconds() < end); count++) {
        double began = seconds();
        need(dnnl_primitive_execute(w->primitive, stream, 3, w->arg), "execution");
        need(dnnl_stream_wait(stream), "execution");
        took[count] = seconds() - began;
    }
    qsort(took, count, sizeof *took, ascending);
    return took[count / 2];
}

static void copy_memory(void) {
    size_t size = (size_t)64 << 20;
    char *from = malloc(size), *to = malloc(size);
    double best = 1e9;
    if (!from || !to)
        exit(1);
    memset(from, 1, size);
    for (int i = 0; i < 10; i++) {
        double began = seconds();
        memcpy(to, from, size);
        double took = seconds() - began;
        best = took < best ? took : best;
    }
    printf("%.3g %d\n", 2e-9 * (double)size / best, to[size / 2]);
}

int main(int argc, char **argv) {
    long value[ARGUMENTS];
    if (argc != 1 + ARGUMENTS) {
        copy_memory();
        return 0;
    }
    for (int i = 0; i < ARGUMENTS; i++)
        value[i] = strtol(argv[i + 1], NULL, 10);
    layer l = {value[0], value[1], value[2], value[3], value[4], value[5],
               value[6], value[7], value[8], value[9], value[10]};
    static const dnnl_prop_kind_t kinds[] = {dnnl_forward_training, dnnl_backward_data,
                                             dnnl_backward_weights};
    need(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine");
    need(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "stream");
    dnnl_primitive_desc_t forward = NULL;
    for (int i = 0; i < 3; i++) {
        dnnl_primitive_desc_t chosen = choose(&l, kinds[i], forward);
        const char *name;
        forward = i == 0 ? chosen : forward;
        work w = prepare(chosen, kinds[i]);
        need(dnnl_primitive_desc_query(chosen, dnnl_query_impl_info_str, 0, &name), "name");
        printf("%.9f %s\n", measure(&w), name);
    }
    return 0;
}
