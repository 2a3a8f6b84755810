/* cmd_check.c - `lcnn check`: say whether models and studies are right, and everything that is
 * wrong with them. */
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

static int check_study(const arguments *args, const char *path) {
    if (args->data || args->settings.count > 0)
        return complain(LCNN_BAD_USAGE, path,
                        "--data and --set are for models, and this is a study; it says itself what "
                        "its trials change");
    lcnn_errors *errors = messages_begin();
    lcnn_study *study = lcnn_study_load(path, NULL, errors);
    int status = messages_end(errors);
    if (!study)
        return status;
    printf("%s: ok (%s, %s)\n", text_plain(path),
           text_plural(lcnn_study_experiment_count(study), "experiment"),
           text_plural(lcnn_study_trial_count(study), "trial"));
    lcnn_study_free(study);
    return status;
}

static int check_main(const arguments *args) {
    int worst = LCNN_OK;
    for (int i = 0; i < args->operand_count; i++) {
        lcnn_errors *errors = messages_begin();
        bool study = lcnn_study_is(args->operand[i], errors);
        messages_forgive(errors);
        int status = study ? check_study(args, args->operand[i]) : LCNN_OK;
        lcnn_model *model = study ? NULL : job_model(args, args->operand[i], &status);
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
    .summary = "Check model and study files without running them",
    .operands = "FILE...",
    .min_operands = 1,
    .max_operands = 1 << 20,
    .about = "Each FILE is read and checked as 'lcnn run' would; every fault is shown where it "
             "stands. A study is checked with all the models it makes; --data and --set are for "
             "models. The exit status is "
             "the highest of all files.",
    .options = options,
    .examples = "lcnn check models/*.yaml\n"
                "lcnn check lenet5 --set kernel=9 --data emnist",
    .run = check_main,
};
