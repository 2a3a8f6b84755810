/* cmd_data.c - `lcnn data`: the data sets that are known, and where they were found; and the table
 * of the commands that work with them, which are files of their own: data_NAME.c. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "result.h"
#include "text.h"

/* ---- The list -------------------------------------------------------------------------------- */

static const char *shape_text(int channels, int height, int width) {
    return text_printf("%dx%dx%d", channels, height, width);
}

/* Built-in sets have as many images as are asked for. */
static const char *count_text(uint32_t count) {
    return count > 0 ? text_count(count) : "";
}

static const char *state_text(const lcnn_data_info *set) {
    if (set->where && strcmp(set->where, "built in") == 0)
        return set->where;
    if (set->train_here && set->test_here)
        return "here";
    const char *part = set->train_here  ? "training part here"
                       : set->test_here ? "testing part here"
                                        : "not here";
    bool first = !set->train_here && !set->test_here && set->fetchable;
    return first ? text_printf("%s to fetch", text_bytes((size_t)set->download)) : part;
}

/* The first words of a title say what is in a set; counts, which follow, have columns. Then the
 * folder. */
static void print_subject(const lcnn_data_info *set, int indent) {
    bool folder = set->where && strcmp(set->where, "built in") != 0;
    printf("%*s%s", indent, "", style_faint(stdout));
    text_wrap(stdout,
              text_printf("%.*s%s%s", (int)strcspn(set->title, ";"), text_plain(set->title),
                          folder ? "; " : "", folder ? text_plain(set->where) : ""),
              indent, indent);
    fputs(style_end(stdout), stdout);
}

static void print_list(const lcnn_data_info *all, int count) {
    int name = text_width("data set");
    for (int i = 0; i < count; i++) {
        int width = text_width(text_plain(all[i].name));
        name = width > name ? width : name;
    }
    printf("%s%-*s  classes  image    training  testing%s\n", style_faint(stdout), name, "data set",
           style_end(stdout));
    for (int i = 0; i < count; i++) {
        const lcnn_data_info *set = &all[i];
        const char *label = text_plain(set->name);
        printf("%s%s%s%*s  %7d  %-7s  %8s  %7s  %s\n", style_bold(stdout), label, style_end(stdout),
               name - text_width(label), "", set->classes,
               shape_text(set->channels, set->height, set->width), count_text(set->train_count),
               count_text(set->test_count), state_text(set));
        print_subject(set, name + 2);
    }
    putchar('\n');
    text_wrap(stdout,
              "'lcnn data NAME' tells more of one, 'lcnn data fetch NAME' gets one. A folder of "
              "your own: give a path with a '/' in it.",
              0, 0);
}

static json_t *set_json(const lcnn_data_info *set) {
    json_t *also = json_array();
    for (const char *const *name = set->also; also && *name; name++)
        json_array_append_new(also, json_text(*name));
    return json_pack("{s:o, s:o, s:o, s:i, s:[i,i,i], s:I, s:I, s:o, s:b, s:b, s:b, s:I, s:o, s:o}",
                     "name", json_text(set->name), "also", also, "title", json_text(set->title),
                     "classes", set->classes, "shape", set->channels, set->height, set->width,
                     "train", (json_int_t)set->train_count, "test", (json_int_t)set->test_count,
                     "where", set->where ? json_text(set->where) : json_null(), "train_here",
                     set->train_here, "test_here", set->test_here, "fetchable", set->fetchable,
                     "download_bytes", (json_int_t)set->download, "citation",
                     json_text(set->citation), "licence", json_text(set->licence));
}

static void print_json(const lcnn_data_info *all, int count) {
    json_t *list = json_array();
    for (int i = 0; list && i < count; i++)
        if (json_array_append_new(list, set_json(&all[i])) != 0)
            no_memory();
    json_t *whole = json_pack("{s:o}", "sets", list);
    if (!whole)
        no_memory();
    json_dumpf(whole, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(whole);
}

static int list_main(const arguments *args) {
    int count;
    lcnn_errors *errors = messages_begin();
    const lcnn_data_info *all = lcnn_data_catalogue(&count, errors);
    int status = messages_end(errors);
    if (!all)
        return status;
    if (args->json)
        print_json(all, count);
    else
        print_list(all, count);
    return LCNN_OK;
}

/* ---- One set --------------------------------------------------------------------------------- */

static void print_row(const char *label, const char *text) {
    if (!*text)
        return;
    printf("  %-8s  ", label);
    text_wrap(stdout, text, 12, 12);
}

static void print_classes(const lcnn_data *data) {
    char *names;
    size_t size;
    FILE *out = text_begin(&names, &size);
    int classes = lcnn_data_classes(data);
    fprintf(out, "%d: ", classes);
    for (int i = 0; i < classes; i++)
        fprintf(out, "%s%s", text_plain(lcnn_data_class_name(data, i)),
                i + 1 < classes ? ", " : "");
    fclose(out);
    print_row("classes", names);
    free(names);
}

static const char *image_text(const lcnn_data *data) {
    lcnn_images all = lcnn_data_images(data, LCNN_TRAIN); /* every part has images of this shape */
    return shape_text(all.channels, all.height, all.width);
}

/* What the catalogue knows besides, of a set that was named. */
static void print_origin(const char *given, const lcnn_data *data) {
    int count;
    lcnn_errors *errors = messages_begin();
    const lcnn_data_info *all = strchr(given, '/') ? NULL : lcnn_data_catalogue(&count, errors);
    messages_end(errors);
    for (int i = 0; all && i < count; i++)
        if (strcmp(all[i].name, lcnn_data_name(data)) == 0) {
            print_row("folder", all[i].where ? text_plain(all[i].where) : "");
            print_row("licence", text_plain(all[i].licence));
            print_row("citation", text_plain(all[i].citation));
        }
}

static int print_set(const char *name) {
    lcnn_errors *errors = messages_begin();
    lcnn_data *data = lcnn_data_open(name, errors);
    int status = messages_end(errors);
    if (!data)
        return status;
    printf("%s%s%s: %s\n", style_bold(stdout), text_plain(lcnn_data_name(data)), style_end(stdout),
           text_plain(lcnn_data_title(data)));
    print_row("training", text_printf("%s images", text_count(lcnn_data_train_count(data))));
    print_row("testing", text_printf("%s images", text_count(lcnn_data_test_count(data))));
    print_row("images", image_text(data));
    print_row("sha256", lcnn_data_sha256(data));
    print_classes(data);
    print_origin(name, data);
    lcnn_data_free(data);
    return LCNN_OK;
}

/* ---- Commands -------------------------------------------------------------------------------- */

static const option options[] = {
    {"json", NULL, OPTION_FLAG, offsetof(arguments, json), 0, "print the list as one JSON object"},
    {0},
};

static const command data_list = {
    .name = "data list",
    .summary = "List the data sets that are known",
    .operands = "",
    .about = "Every set that is known: where it was found, or what it would take to fetch it. Sets "
             "of your own are added by a catalogue of the same form as lcnn's, "
             "~/.config/lcnn/catalogue.yaml ($XDG_CONFIG_HOME).",
    .options = options,
    .run = list_main,
};

static const command *const words[] = {&data_list,  &data_fetch,  &data_show,
                                       &data_stats, &data_verify, NULL};

static int data_main(const arguments *args) {
    if (args->operand_count == 0)
        return list_main(args);
    if (args->json)
        usage_error(&cmd_data, args->argc, args->argv, -1, "--json is for the list of all sets");
    return print_set(args->operand[0]);
}

static void print_formats(void) {
    puts("\nwhat is read, in a folder or file of your own:");
    for (int i = 0; lcnn_data_format_at(i).name; i++) {
        const lcnn_data_format format = lcnn_data_format_at(i);
        printf("  %-12s  ", format.name);
        text_wrap(stdout, format.looks, 16, 16);
    }
}

const command cmd_data = {
    .name = "data",
    .summary = "List the data sets, describe one, or work with them",
    .operands = "[NAME]",
    .min_operands = 0,
    .max_operands = 1,
    .about = "Without NAME: every set that is known and where it was found. With NAME, which may "
             "be a folder: how many images it has and of what shape, its classes and checksum, or "
             "the places where it was looked for. "
             "A folder that is called like one of the commands below is named ./list and so on.",
    .about_more = print_formats,
    .options = options,
    .examples = "lcnn data\nlcnn data emnist-letters\nlcnn data ./my-images",
    .run = data_main,
    .words = words,
};
