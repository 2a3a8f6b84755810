/* cmd_ops.c - `lcnn ops`: the words of the model language, from the tables that the library parses
 * with. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "text.h"

static void print_list(void) {
    int width = 0, count;
    for (int kind = 0; kind < LCNN_KINDS; kind++) {
        const lcnn_component *all = lcnn_components((lcnn_kind)kind, &count);
        for (int i = 0; i < count; i++) {
            int length = text_width(all[i].name);
            width = length > width ? length : width;
        }
    }
    for (int kind = 0; kind < LCNN_KINDS; kind++) {
        const lcnn_component *all = lcnn_components((lcnn_kind)kind, &count);
        printf("%s%s%s%s\n", kind > 0 ? "\n" : "", style_bold(stdout),
               lcnn_kind_name((lcnn_kind)kind), style_end(stdout));
        for (int i = 0; i < count; i++) {
            printf("  %-*s  ", width, all[i].name);
            text_wrap(stdout, all[i].summary, width + 4, width + 4);
        }
    }
    puts("\n'lcnn ops NAME' tells more of each.");
}

static void print_ports(const char *title, const lcnn_port *ports, int count) {
    if (count == 0)
        return;
    printf("\n%s%s%s\n", style_bold(stdout), title, style_end(stdout));
    int width = 0;
    for (int i = 0; i < count; i++) {
        int length = text_width(ports[i].name);
        width = length > width ? length : width;
    }
    for (int i = 0; i < count; i++) {
        printf("  %-*s  ", width, ports[i].name);
        text_wrap(stdout, ports[i].help, width + 4, width + 4);
    }
}

static const char *default_text(const lcnn_attribute *a) {
    if (!a->initial)
        return "must be given";
    return *a->initial ? text_printf("default %s", a->initial) : "optional";
}

static void print_attributes(const lcnn_component *c) {
    if (c->attribute_count == 0)
        return;
    printf("\n%sattributes%s\n", style_bold(stdout), style_end(stdout));
    int width = 0;
    for (int i = 0; i < c->attribute_count; i++) {
        int length = text_width(c->attributes[i].name);
        width = length > width ? length : width;
    }
    for (int i = 0; i < c->attribute_count; i++) {
        const lcnn_attribute *a = &c->attributes[i];
        printf("  %-*s  ", width, a->name);
        text_wrap(stdout, a->help, width + 4, width + 4);
        printf("%*s", width + 4, "");
        text_wrap(stdout, text_printf("%s; %s", a->type, default_text(a)), width + 4, width + 4);
    }
}

static void print_component(lcnn_kind kind, const lcnn_component *c) {
    printf("%s%s%s (%s): %s\n", style_bold(stdout), c->name, style_end(stdout),
           lcnn_kind_name(kind), c->summary);
    if (c->doc && *c->doc) {
        putchar('\n');
        text_indent(stdout, c->doc, 2);
    }
    print_ports("inputs", c->inputs, c->input_count);
    print_ports("parameters", c->parameters, c->parameter_count);
    print_attributes(c);
    if (c->example && *c->example) {
        printf("\n%sexample%s\n", style_bold(stdout), style_end(stdout));
        text_indent(stdout, c->example, 2);
    }
}

/* Prints every component of this name, since a word can mean two things (a constant initialiser, a
 * constant schedule). */
static int print_named(const char *name) {
    int printed = 0, count;
    for (int kind = 0; kind < LCNN_KINDS; kind++) {
        const lcnn_component *all = lcnn_components((lcnn_kind)kind, &count);
        for (int i = 0; i < count; i++)
            if (strcmp(all[i].name, name) == 0) {
                if (printed++ > 0)
                    putchar('\n');
                print_component((lcnn_kind)kind, &all[i]);
            }
    }
    return printed;
}

static const char *nearest_name(const char *word) {
    int total = 0, count;
    for (int kind = 0; kind < LCNN_KINDS; kind++) {
        lcnn_components((lcnn_kind)kind, &count);
        total += count;
    }
    const char **names = memory_new((size_t)total + 1, sizeof *names);
    total = 0;
    for (int kind = 0; kind < LCNN_KINDS; kind++) {
        const lcnn_component *all = lcnn_components((lcnn_kind)kind, &count);
        for (int i = 0; i < count; i++)
            names[total++] = all[i].name;
    }
    const char *nearest = lcnn_nearest(word, names);
    free(names);
    return nearest;
}

static int ops_main(const arguments *args) {
    if (args->operand_count == 0) {
        print_list();
        return LCNN_OK;
    }
    const char *word = args->operand[0];
    if (print_named(word) > 0)
        return LCNN_OK;
    const char *nearest = nearest_name(word);
    if (nearest)
        usage_error(args->command, args->argc, args->argv, -1,
                    "there is no '%s'; did you mean '%s'?", text_plain(word), nearest);
    usage_error(args->command, args->argc, args->argv, -1,
                "there is no '%s'; 'lcnn ops' lists what there is", text_plain(word));
}

const command cmd_ops = {
    .name = "ops",
    .summary = "List the words of the model language, or explain one",
    .operands = "[NAME]",
    .min_operands = 0,
    .max_operands = 1,
    .about =
        "Without NAME: every operator, initialiser, optimiser, schedule, transform and section of "
        "a model file. With "
        "NAME: what it computes, its inputs, parameters and attributes, and an example to paste.",
    .examples = "lcnn ops\nlcnn ops conv2d\nlcnn ops train",
    .run = ops_main,
};
