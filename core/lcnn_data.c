/* lcnn_data.c - the public interface of data sets: the part of lcnn.h behind `lcnn data`. Fetching
 * and verifying them is in lcnn_fetch.c. */
#include "config.h"

#include "datasets.h"
#include "fetch.h"
#include "lcnn_parts.h"
#include "readers.h"
#include "threads.h"

#include <stdlib.h>

/* The number of samples that a labels file holds by its size: a byte each behind a header of eight.
 */
static uint32_t official_count(const part_facts *part) {
    int size = part->labels.unpacked_size;
    return size > 8 ? (uint32_t)(size - 8) : 0;
}

static bool describe_entry(const catalogue *c, const datasets_entry *entry, lcnn_data_info *out,
                           arena *a, lcnn_errors *errors) {
    const description *set = entry->set;
    fetch_plan plan;
    if (!fetch_make_plan(c, set, &plan, a, errors))
        return false;
    *out = (lcnn_data_info){.name = set->info.name,
                            .title = set->info.title,
                            .where = entry->where,
                            .channels = set->info.image.dim[0],
                            .height = set->info.image.dim[1],
                            .width = set->info.image.dim[2],
                            .classes = set->info.classes,
                            .also = set->find.also,
                            .citation = set->citation,
                            .licence = set->licence,
                            .train_count = official_count(&set->train_facts),
                            .test_count = official_count(&set->test_facts),
                            .train_here = plan.train_here,
                            .test_here = plan.test_here,
                            .fetchable = plan.files > 0 && !plan.why_not,
                            .download = plan.bytes};
    return true;
}

const lcnn_data_info *lcnn_data_catalogue(int *count, lcnn_errors *errors) {
    static lcnn_data_info *made; /* once, and kept until the program ends */
    static int made_count;
    static arena *a;
    *count = made_count;
    if (made)
        return made;
    a = a ? a : arena_new();
    if (!a) {
        error_no_memory(errors);
        return NULL;
    }
    int n = 0;
    const catalogue *known = catalogue_read(a, errors);
    const datasets_entry *entries = known ? datasets_list(&n, a, errors) : NULL;
    lcnn_data_info *list = entries ? arena_array(a, (size_t)n + 1, sizeof *list) : NULL;
    if (entries && !list)
        error_no_memory(errors);
    for (int i = 0; list && i < n; i++)
        if (!describe_entry(known, &entries[i], &list[i], a, errors))
            return NULL;
    made = list;
    *count = made_count = list ? n : 0;
    return made;
}

lcnn_data_format lcnn_data_format_at(int index) {
    for (int i = 0; i <= index; i++)
        if (!readers[i])
            return (lcnn_data_format){0};
    return (lcnn_data_format){readers[index]->name, readers[index]->looks};
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
