/* connections.h - a convolution's table of which input channels each filter reads, as C3 of LeNet-5
 * has one. */
#ifndef CONNECTIONS_H
#define CONNECTIONS_H

#include "op.h"

/* One filter's list, in ascending order, so that there is one way to say a thing. */
static inline bool connections_check_list(const attr_ints *list, int filter, int channels,
                                          op_report *report) {
    for (int i = 0; i < list->count; i++) {
        if (list->value[i] >= channels)
            return op_reject_member(report, "connections", filter,
                                    "filter %d cannot read channel %d: the input has %d, from 0 "
                                    "to %d",
                                    filter, list->value[i], channels, channels - 1);
        if (i > 0 && list->value[i] == list->value[i - 1])
            return op_reject_member(report, "connections", filter,
                                    "filter %d reads channel %d twice", filter, list->value[i]);
        if (i > 0 && list->value[i] < list->value[i - 1])
            return op_reject_member(report, "connections", filter,
                                    "filter %d: channel %d stands after %d; list them in "
                                    "ascending order",
                                    filter, list->value[i], list->value[i - 1]);
    }
    return true;
}

static inline bool connections_check(const attr_int_lists *table, int filters, int channels,
                                     op_report *report) {
    if (table->count != filters)
        return op_reject(report, "connections",
                         "%d lists, but there are %d filters; each needs one", table->count,
                         filters);
    for (int o = 0; o < filters; o++)
        if (!connections_check_list(&table->list[o], o, channels, report))
            return false;
    return true;
}

static inline bool connections_hold(const attr_ints *list, int channel) {
    int i = 0;
    while (i < list->count && list->value[i] < channel)
        i++;
    return i < list->count && list->value[i] == channel;
}

/* Pairs of a filter and a channel that it reads. */
static inline int64_t connections_pairs(const attr_int_lists *table) {
    int64_t pairs = 0;
    for (int o = 0; o < table->count; o++)
        pairs += table->list[o].count;
    return pairs;
}

/* Makes the gradients of weights that are not there zero, for filters [first, end); `weight` is
 * [filters][channels][y][x]. */
static inline void connections_clear(const attr_int_lists *table, const shape *weight, real *grad,
                                     int first, int end) {
    const size_t taps = (size_t)weight->dim[2] * (size_t)weight->dim[3];
    grad += (size_t)first * (size_t)weight->dim[1] * taps;
    for (int o = first; o < end; o++) {
        const attr_ints *list = &table->list[o];
        for (int c = 0, next = 0; c < weight->dim[1]; c++, grad += taps)
            if (next < list->count && list->value[next] == c)
                next++;
            else
                for (size_t t = 0; t < taps; t++)
                    grad[t] = 0;
    }
}

#endif
