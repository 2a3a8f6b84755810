/* cmd_data.c - `lcnn data`: the data sets that are known, and where they were found. */
#include "config.h"

#include <stdlib.h>

#include "command.h"
#include "text.h"

static int print_catalogue(void) {
    int count;
    const lcnn_data_info *all = lcnn_data_catalogue(&count);
    if (!all)
        no_memory();
    int width = 0;
    for (int i = 0; i < count; i++) {
        int length = text_width(all[i].name);
        width = length > width ? length : width;
    }
    for (int i = 0; i < count; i++) {
        const lcnn_data_info *set = &all[i];
        printf("%s%-*s%s  %2d classes, %dx%dx%d, %s\n%*s", style_bold(stdout), width, set->name,
               style_end(stdout), set->classes, set->channels, set->height, set->width,
               set->where ? text_plain(set->where) : "not here", width + 2, "");
        text_wrap(stdout, set->title, width + 2, width + 2);
    }
    puts("\n'lcnn data NAME' reads one and tells more, or where it was looked for. A folder\n"
         "of your own: give a path with a '/' in it.");
    return LCNN_OK;
}

static void print_classes(const lcnn_data *data) {
    char *names;
    size_t size;
    FILE *out = open_memstream(&names, &size);
    if (!out)
        no_memory();
    int classes = lcnn_data_classes(data);
    fprintf(out, "%d: ", classes);
    for (int i = 0; i < classes; i++)
        fprintf(out, "%s%s", text_plain(lcnn_data_class_name(data, i)),
                i + 1 < classes ? ", " : "");
    if (fclose(out) != 0)
        no_memory();
    fputs("  classes   ", stdout);
    text_wrap(stdout, names, 12, 12);
    free(names);
}

static int print_set(const char *name) {
    lcnn_errors *errors = messages_begin();
    lcnn_data *data = lcnn_data_open(name, errors);
    int status = messages_end(errors);
    if (!data)
        return status;
    printf("%s%s%s: %s\n", style_bold(stdout), text_plain(lcnn_data_name(data)), style_end(stdout),
           text_plain(lcnn_data_title(data)));
    printf("  training  %s images\n", text_count(lcnn_data_train_count(data)));
    printf("  testing   %s images\n", text_count(lcnn_data_test_count(data)));
    printf("  sha256    %s\n", lcnn_data_sha256(data));
    print_classes(data);
    lcnn_data_free(data);
    return LCNN_OK;
}

static int list_main(const arguments *args) {
    (void)args;
    return print_catalogue();
}

static const command data_list = {
    .name = "data list",
    .summary = "List the data sets that are known",
    .operands = "",
    .about = "Every set that is known and where it was found.",
    .run = list_main,
};

/* Those of more than one line are files of their own: data_NAME.c. */
static const command *const words[] = {&data_list, NULL};

static int data_main(const arguments *args) {
    return args->operand_count == 0 ? print_catalogue() : print_set(args->operand[0]);
}

const command cmd_data = {
    .name = "data",
    .summary = "List the data sets, describe one, or work with them",
    .operands = "[NAME]",
    .min_operands = 0,
    .max_operands = 1,
    .about = "Without NAME: every set that is known and where it was found. With NAME, which may "
             "be a folder: its sizes, "
             "classes and checksum, or the places where it was looked for. A folder that is called "
             "like one of the "
             "commands below is named ./list and so on.",
    .examples = "lcnn data\nlcnn data emnist-letters\nlcnn data ./my-images",
    .run = data_main,
    .words = words,
};
