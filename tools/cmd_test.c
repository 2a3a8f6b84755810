/* cmd_test.c - `lcnn test`: evaluate the weights of a run, on its own data set or on another. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "result.h"
#include "rundir.h"
#include "text.h"

static const option options[] = {
    {"data", "NAME", OPTION_TEXT, offsetof(arguments, data), 0,
     "data set in place of the run's; it needs a test part only, and the same number of classes"},
    {"set", "KEY=VALUE", OPTION_LIST, offsetof(arguments, settings), 0,
     "change the model that the run has left, such as its data.transforms; may be repeated"},
    {"threads", "N", OPTION_NUMBER, offsetof(arguments, threads), 1,
     "threads to compute with (default: all that the machine grants)"},
    {"isa", "NAME", OPTION_TEXT, offsetof(arguments, isa), 0,
     "instruction set: avx512, avx2 or generic (default: the widest here)"},
    {"yes", NULL, OPTION_FLAG, offsetof(arguments, yes), 0,
     "fetch the data set without asking when it is not here"},
    {"offline", NULL, OPTION_FLAG, offsetof(arguments, offline), 0, "never fetch anything"},
    {"quiet", NULL, OPTION_FLAG, offsetof(arguments, quiet), 0, "print only one line"},
    {"json", NULL, OPTION_FLAG, offsetof(arguments, json), 0,
     "print the result as one JSON object"},
    {0},
};

static void print_json(const job *j, const char *folder, const lcnn_evaluation *e) {
    json_t *all = json_pack(
        "{s:o, s:o, s:s, s:s, s:s?, s:o, s:o}", "model", json_text(lcnn_model_name(j->model)),
        "data", json_text(lcnn_data_name(j->data)), "model_sha256", lcnn_model_sha256(j->model),
        "data_sha256", lcnn_data_sha256(j->data), "weights_sha256", job_weights_sha256(j),
        "test", result_json(e, j->model), "folder", json_text(folder));
    if (!all)
        no_memory();
    json_dumpf(all, stdout, JSON_REAL_PRECISION(15));
    putchar('\n');
    json_decref(all);
}

static int evaluate(const arguments *args, const job *j, const char *weights) {
    bool human = !args->json && !args->quiet;
    if (human)
        job_print(j, weights, false, stdout);
    fflush(stdout);
    lcnn_errors *errors = messages_begin();
    lcnn_evaluation *e = lcnn_session_evaluate(j->session, errors);
    int status = messages_end(errors);
    if (!e)
        return status;
    if (human) {
        putchar('\n');
        result_print(e, j->model, j->data, NULL, stdout);
    } else if (args->json) {
        print_json(j, args->operand[0], e);
    } else {
        printf("%s on %s: accuracy %s, loss %s\n", text_plain(lcnn_model_name(j->model)),
               text_plain(lcnn_data_name(j->data)), text_percent(e->accuracy),
               text_decimal(e->loss));
    }
    lcnn_evaluation_free(e);
    return LCNN_OK;
}

static int test_main(const arguments *args) {
    const char *folder = args->operand[0];
    int status = run_check_folder(folder, "test");
    if (status != LCNN_OK)
        return status;
    char *model = run_path(folder, "model.yaml"),
         *weights = run_path(folder, "weights.safetensors");
    job j;
    status = job_open(&j, args, model, weights, false);
    if (status == LCNN_OK)
        status = evaluate(args, &j, weights);
    job_close(&j);
    free(model);
    free(weights);
    return status;
}

const command cmd_test = {
    .name = "test",
    .summary = "Evaluate the weights of a run",
    .operands = "RUN",
    .min_operands = 1,
    .max_operands = 1,
    .about = "RUN is a folder that 'lcnn run' has written. Its model and weights are tested on the "
             "test part of its data "
             "set, or of another one; nothing is written.",
    .options = options,
    .examples = "lcnn test runs/lenet5-mnist-1\n"
                "lcnn test runs/lenet5-mnist-1 --data emnist-mnist",
    .run = test_main,
};
