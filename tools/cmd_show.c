/* cmd_show.c - `lcnn show`: a model's layers, or its text with everything spelt out. */
#include "config.h"

#include "job.h"
#include "text.h"

static const option options[] = {
    {"yaml", NULL, OPTION_FLAG, offsetof(arguments, yaml), 0,
     "print the resolved model instead: 'extends', params and defaults spelt out"},
    {"data", "NAME", OPTION_TEXT, offsetof(arguments, data), 0,
     "data set in place of the model's; its files are not needed"},
    {"set", "KEY=VALUE", OPTION_LIST, offsetof(arguments, settings), 0,
     "change the model, as in 'lcnn run'"},
    {0},
};

static int show_main(const arguments *args) {
    int status;
    lcnn_model *model = job_model(args, args->operand[0], &status);
    if (!model)
        return status;
    if (args->yaml) {
        fputs(lcnn_model_yaml(model), stdout);
    } else {
        model_print_title(model, stdout);
        printf("  data        %s (%d classes)\n", text_plain(lcnn_model_data(model)),
               lcnn_model_classes(model));
        const lcnn_layer total = model_total(model);
        printf("  size        %s parameters, %s connections\n", text_count(total.parameters),
               text_count(total.connections));
        printf("  training    %s in batches of %d, seed %llu\n\n",
               text_plural(lcnn_model_epochs(model), "epoch"), lcnn_model_batch_size(model),
               (unsigned long long)lcnn_model_seed(model));
        model_print_layers(model, stdout);
    }
    lcnn_model_free(model);
    return LCNN_OK;
}

const command cmd_show = {
    .name = "show",
    .summary = "Show a model's layers, shapes and sizes",
    .operands = "FILE",
    .min_operands = 1,
    .max_operands = 1,
    .about =
        "FILE is a YAML file or the name of an installed model. Parameters are trained "
        "numbers; multiply-adds are "
        "those of one image on its way forward. Connections are counted as in LeCun et al. "
        "1998: inputs of all units, biases included; the table has them where it fits 80 columns.",
    .options = options,
    .examples = "lcnn show lenet5\n"
                "lcnn show lenet5 --yaml > mine.yaml",
    .run = show_main,
};
