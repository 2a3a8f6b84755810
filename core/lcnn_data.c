/* lcnn_data.c - the public interface of data sets: the part of lcnn.h behind `lcnn data`. */
#include "config.h"

#include "datasets.h"
#include "lcnn_parts.h"
#include "threads.h"

#include <stdlib.h>

const lcnn_data_info *lcnn_data_catalogue(int *count) {
    static lcnn_data_info *made; /* once, and kept until the program ends */
    static int made_count;
    static arena *a;
    a = a ? a : arena_new();
    lcnn_errors *errors = lcnn_errors_new();
    if (!made && a && errors) {
        int n = 0;
        const datasets_entry *entries = datasets_list(&n, a, errors);
        lcnn_data_info *list = entries ? arena_array(a, (size_t)n + 1, sizeof *list) : NULL;
        for (int i = 0; list && i < n; i++) {
            const dataset_info *info = entries[i].info;
            list[i] = (lcnn_data_info){info->name,         info->title,        entries[i].where,
                                       info->image.dim[0], info->image.dim[1], info->image.dim[2],
                                       info->classes};
        }
        made = list;
        made_count = list ? n : 0;
    }
    lcnn_errors_free(errors);
    *count = made_count;
    return made;
}

lcnn_data *lcnn_data_open(const char *name, lcnn_errors *errors) {
    lcnn_data *data = calloc(1, sizeof *data);
    if (!data) {
        error_no_memory(errors);
        return NULL;
    }
    arithmetic before = arithmetic_standard();
    data->set = datasets_open(name, errors);
    arithmetic_restore(before);
    if (!data->set) {
        free(data);
        return NULL;
    }
    return data;
}

void lcnn_data_free(lcnn_data *data) {
    if (data)
        datasets_close(data->set);
    free(data);
}

const char *lcnn_data_name(const lcnn_data *data) {
    return data->set->info.name;
}

const char *lcnn_data_title(const lcnn_data *data) {
    return data->set->info.title;
}

const char *lcnn_data_sha256(const lcnn_data *data) {
    return data->set->sha256;
}

int lcnn_data_classes(const lcnn_data *data) {
    return data->set->info.classes;
}

const char *lcnn_data_class_name(const lcnn_data *data, int index) {
    return data->set->info.class_names[index];
}

uint32_t lcnn_data_train_count(const lcnn_data *data) {
    return data->set->train.count;
}

uint32_t lcnn_data_test_count(const lcnn_data *data) {
    return data->set->test.count;
}
