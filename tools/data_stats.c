/* data_stats.c - `lcnn data stats`: how a data set's images are spread over its classes, how bright
 * they are, and which of them are there more than once. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "duplicates.h"
#include "memory.h"
#include "result.h"
#include "text.h"

static const option options[] = {
    {"json", NULL, OPTION_FLAG, offsetof(arguments, json), 0,
     "print everything as one JSON object, with all groups of equal images"},
    {0},
};

enum { VALUES = 256, PARTS = 2 };

/* How bright the pixels of a part are. */
typedef struct brightness {
    double *mean, *deviation; /* [channels], of 0 .. 255 */
    int background;           /* the most frequent value */
    double share;             /* of all values */
} brightness;

typedef struct stats {
    lcnn_data *data;
    lcnn_images part[PARTS];
    uint32_t *count[PARTS]; /* [classes] */
    brightness bright[PARTS];
    duplicates equal;
} stats;

static const char *const part_names[PARTS] = {"train", "test"};

/* ---- Measuring ------------------------------------------------------------------------------- */

/* Two tables in turn: background comes in long runs, and adding to one place over and over would
 * wait for itself. */
static void count_values(const lcnn_images *p, int channel, uint64_t value[VALUES]) {
    uint64_t other[VALUES] = {0};
    size_t pixels = (size_t)p->height * (size_t)p->width, size = pixels * (size_t)p->channels;
    memset(value, 0, VALUES * sizeof *value);
    for (uint32_t i = 0; i < p->count; i++) {
        const uint8_t *image = p->pixels + i * size + (size_t)channel * pixels;
        size_t k = 0;
        for (; k + 2 <= pixels; k += 2) {
            value[image[k]]++;
            other[image[k + 1]]++;
        }
        if (k < pixels)
            value[image[k]]++;
    }
    for (int v = 0; v < VALUES; v++)
        value[v] += other[v];
}

/* Sums of whole numbers: exact in 64 bits for any set that fits into memory. */
static void measure_channel(const uint64_t value[VALUES], double *mean, double *deviation) {
    uint64_t count = 0, sum = 0, squares = 0;
    for (unsigned v = 0; v < VALUES; v++) {
        count += value[v];
        sum += value[v] * v;
        squares += value[v] * v * v;
    }
    *mean = count > 0 ? (double)sum / (double)count : (double)NAN;
    *deviation = count > 0 ? sqrt((double)squares / (double)count - *mean * *mean) : (double)NAN;
}

static void measure_brightness(const lcnn_images *p, brightness *out) {
    uint64_t all[VALUES] = {0}, value[VALUES], count = 0;
    out->mean = memory_new((size_t)p->channels, sizeof *out->mean);
    out->deviation = memory_new((size_t)p->channels, sizeof *out->deviation);
    for (int c = 0; c < p->channels; c++) {
        count_values(p, c, value);
        measure_channel(value, &out->mean[c], &out->deviation[c]);
        for (int v = 0; v < VALUES; v++)
            all[v] += value[v];
    }
    for (int v = 0; v < VALUES; v++) {
        count += all[v];
        out->background = all[v] > all[out->background] ? v : out->background;
    }
    out->share = count > 0 ? (double)all[out->background] / (double)count : (double)NAN;
}

static void measure(stats *s) {
    for (int i = 0; i < PARTS; i++) {
        s->part[i] = lcnn_data_images(s->data, i == 0 ? LCNN_TRAIN : LCNN_TEST);
        s->count[i] = memory_new((size_t)lcnn_data_classes(s->data), sizeof *s->count[i]);
        for (uint32_t k = 0; k < s->part[i].count; k++)
            s->count[i][s->part[i].labels[k]]++;
        measure_brightness(&s->part[i], &s->bright[i]);
    }
    duplicates_find(s->part, &s->equal);
}

static void release(stats *s) {
    for (int i = 0; i < PARTS; i++) {
        free(s->count[i]);
        free(s->bright[i].mean);
        free(s->bright[i].deviation);
    }
    duplicates_free(&s->equal);
}

/* ---- Text ------------------------------------------------------------------------------------ */

/* As many signs as the share of `width`, at least one for anything at all. */
static const char *bar(uint32_t count, uint32_t most, int width) {
    static const char signs[] = "########################################";
    int length = most > 0 ? (int)((uint64_t)count * (uint64_t)width / most) : 0;
    return text_printf("%.*s", count > 0 && length == 0 ? 1 : length, signs);
}

static void print_classes(const stats *s) {
    enum { BAR = 24 };
    int classes = lcnn_data_classes(s->data);
    uint32_t most[PARTS] = {0};
    for (int i = 0; i < PARTS; i++)
        for (int k = 0; k < classes; k++)
            most[i] = s->count[i][k] > most[i] ? s->count[i][k] : most[i];
    table *t = table_new("lrlrl");
    static const char *const heads[] = {"class", "train", "", "test", ""};
    for (int i = 0; i < 5; i++)
        table_cell(t, heads[i]);
    table_rule(t);
    for (int k = 0; k < classes; k++) {
        table_cell(t, text_plain(lcnn_data_class_name(s->data, k)));
        for (int i = 0; i < PARTS; i++) {
            table_cell(t, text_count(s->count[i][k]));
            table_cell(t, bar(s->count[i][k], most[i], BAR));
        }
    }
    table_rule(t);
    table_cell(t, "all");
    for (int i = 0; i < PARTS; i++) {
        table_cell(t, text_count(s->part[i].count));
        table_cell(t, "");
    }
    table_print(t, stdout, 2);
    table_free(t);
}

static void print_brightness(const stats *s) {
    table *t = table_new("llrrrr");
    static const char *const heads[] = {"pixels",    "channel",   "mean",
                                        "deviation", "of 0 to 1", "deviation"};
    for (int i = 0; i < 6; i++)
        table_cell(t, heads[i]);
    for (int i = 0; i < PARTS; i++)
        for (int c = 0; c < s->part[i].channels && s->part[i].count > 0; c++) {
            const brightness *b = &s->bright[i];
            table_cell(t, c == 0 ? part_names[i] : "");
            table_cell(t, text_printf("%d", c + 1));
            table_cell(t, text_decimal(b->mean[c]));
            table_cell(t, text_decimal(b->deviation[c]));
            table_cell(t, text_decimal(b->mean[c] / 255));
            table_cell(t, text_decimal(b->deviation[c] / 255));
        }
    table_print(t, stdout, 2);
    table_free(t);
    for (int i = 0; i < PARTS; i++)
        if (s->part[i].count > 0)
            printf("  %-5s  %s of all values are %d\n", part_names[i],
                   text_percent(s->bright[i].share), s->bright[i].background);
}

static const char *label_name(const stats *s, image_place at) {
    return text_plain(lcnn_data_class_name(s->data, s->part[at.part].labels[at.index]));
}

/* "train 12 (a), test 7 (b)", the first few. */
static void print_group(const stats *s, const image_group *g) {
    enum { SHOWN = 6 };
    for (uint32_t i = 0; i < g->count && i < SHOWN; i++)
        printf("%s%s %u (%s)", i > 0 ? ", " : "    ", part_names[g->image[i].part],
               g->image[i].index, label_name(s, g->image[i]));
    printf(g->count > SHOWN ? ", and %s more\n" : "\n", text_count(g->count - SHOWN));
}

/* Those whose labels differ before the others. */
static void print_groups(const stats *s) {
    enum { SHOWN = 8 };
    uint32_t shown = 0;
    for (int conflict = 1; conflict >= 0; conflict--)
        for (uint32_t i = 0; i < s->equal.count && shown < SHOWN; i++)
            if (s->equal.group[i].conflict == (conflict != 0)) {
                print_group(s, &s->equal.group[i]);
                shown++;
            }
    if (s->equal.count > shown)
        printf("    and %s more; --json lists all\n", text_plural(s->equal.count - shown, "group"));
}

static void print_duplicates(const stats *s) {
    const duplicates *d = &s->equal;
    if (d->count == 0) {
        puts("  no two images are equal");
        return;
    }
    printf("  %s of equal images\n", text_plural(d->count, "group"));
    printf("  %9s in train are equal to an earlier one of train\n", text_count(d->in_train));
    printf("  %9s in test are equal to an earlier one of test\n", text_count(d->in_test));
    printf("  %9s in test are in train, too\n", text_count(d->between));
    printf("  %9s of the groups have labels that differ\n", text_count(d->conflicts));
    print_groups(s);
}

static void print_text(const stats *s) {
    printf("%s%s%s: %s\n  images of %dx%dx%d\n\n", style_bold(stdout),
           text_plain(lcnn_data_name(s->data)), style_end(stdout),
           text_plain(lcnn_data_title(s->data)), s->part[0].channels, s->part[0].height,
           s->part[0].width);
    print_classes(s);
    putchar('\n');
    print_brightness(s);
    putchar('\n');
    print_duplicates(s);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *numbers_json(const double *number, int count) {
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_number(number[i]));
    return list;
}

static json_t *part_json(const stats *s, int i) {
    const brightness *b = &s->bright[i];
    int channels = s->part[i].channels;
    if (s->part[i].count == 0)
        return json_null();
    return json_pack("{s:I, s:o, s:o, s:i, s:o}", "images", (json_int_t)s->part[i].count, "mean",
                     numbers_json(b->mean, channels), "deviation",
                     numbers_json(b->deviation, channels), "background", b->background,
                     "background_share", json_number(b->share));
}

static json_t *classes_json(const stats *s) {
    json_t *list = json_array();
    for (int k = 0; k < lcnn_data_classes(s->data); k++)
        json_array_append_new(list, json_pack("{s:o, s:I, s:I}", "name",
                                              json_text(lcnn_data_class_name(s->data, k)), "train",
                                              (json_int_t)s->count[0][k], "test",
                                              (json_int_t)s->count[1][k]));
    return list;
}

static json_t *group_json(const stats *s, const image_group *g) {
    json_t *images = json_array();
    for (uint32_t i = 0; i < g->count; i++) {
        image_place at = g->image[i];
        json_array_append_new(
            images,
            json_pack("{s:s, s:I, s:o}", "part", part_names[at.part], "index", (json_int_t)at.index,
                      "class",
                      json_text(lcnn_data_class_name(s->data, s->part[at.part].labels[at.index]))));
    }
    return images;
}

static json_t *duplicates_json(const stats *s) {
    const duplicates *d = &s->equal;
    json_t *groups = json_array();
    for (uint32_t i = 0; i < d->count; i++)
        json_array_append_new(groups, group_json(s, &d->group[i]));
    return json_pack("{s:I, s:I, s:I, s:I, s:o}", "in_train", (json_int_t)d->in_train, "in_test",
                     (json_int_t)d->in_test, "test_in_train", (json_int_t)d->between, "conflicts",
                     (json_int_t)d->conflicts, "groups", groups);
}

static void print_json(const stats *s) {
    const lcnn_images *p = &s->part[0];
    json_t *all =
        json_pack("{s:o, s:s, s:[iii], s:o, s:o, s:o, s:o}", "data",
                  json_text(lcnn_data_name(s->data)), "data_sha256", lcnn_data_sha256(s->data),
                  "shape", p->channels, p->height, p->width, "train", part_json(s, 0), "test",
                  part_json(s, 1), "classes", classes_json(s), "duplicates", duplicates_json(s));
    if (!all)
        no_memory();
    json_dumpf(all, stdout, JSON_REAL_PRECISION(15));
    putchar('\n');
    json_decref(all);
}

/* ---- The command ----------------------------------------------------------------------------- */

static int stats_main(const arguments *args) {
    stats s = {0};
    lcnn_errors *errors = messages_begin();
    s.data = lcnn_data_open(args->operand[0], errors);
    int status = messages_end(errors);
    if (!s.data)
        return status;
    measure(&s);
    if (args->json)
        print_json(&s);
    else
        print_text(&s);
    release(&s);
    lcnn_data_free(s.data);
    return LCNN_OK;
}

const command data_stats = {
    .name = "data stats",
    .summary = "Count classes, measure pixels and find equal images",
    .operands = "NAME",
    .min_operands = 1,
    .max_operands = 1,
    .about =
        "NAME is a data set or a folder. Images are equal when all their bytes are; those that "
        "are in train and in test make test results look better than they are.",
    .options = options,
    .examples = "lcnn data stats mnist\n"
                "lcnn data stats ./my-images --json",
    .run = stats_main,
};
