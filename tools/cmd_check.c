/* cmd_check.c - `lcnn check`: say whether models are right, and everything that is wrong with them.
 */
#include "config.h"

#include "job.h"
#include "text.h"

static const option options[] = {
    {"data", "NAME", OPTION_TEXT, offsetof(arguments, data), 0,
     "data set in place of the model's; its files are not needed"},
    {"set", "KEY=VALUE", OPTION_LIST, offsetof(arguments, settings), 0,
     "change the model, as in 'lcnn run'"},
    {0},
};

static int check_main(const arguments *args) {
    int worst = LCNN_OK;
    for (int i = 0; i < args->operand_count; i++) {
        int status;
        lcnn_model *model = job_model(args, args->operand[i], &status);
        worst = status > worst ? status : worst;
        if (!model)
            continue;
        printf("%s: ok (%s weights, %d classes)\n", text_plain(args->operand[i]),
               text_count(model_parameters(model)), lcnn_model_classes(model));
        lcnn_model_free(model);
    }
    return worst;
}

const command cmd_check = {
    .name = "check",
    .summary = "Check model files without running them",
    .operands = "FILE...",
    .min_operands = 1,
    .max_operands = 1 << 20,
    .about = "Each FILE is read and checked as 'lcnn run' would; every fault is shown where it "
             "stands. The exit status is "
             "the highest of all files.",
    .options = options,
    .examples = "lcnn check models/*.yaml\n"
                "lcnn check lenet5 --set kernel=9 --data emnist",
    .run = check_main,
};
