/* cmd_predict.c - `lcnn predict`: what a trained network takes pictures for. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "preview.h"
#include "result.h"
#include "rundir.h"
#include "text.h"

static const option options[] = {
    {"auto", NULL, OPTION_FLAG, offsetof(arguments, automatic), 0,
     "find the character in each picture first: take off uneven light, make it light on black, cut "
     "it out, fit it and centre it as MNIST's makers did"},
    {"top", "N", OPTION_NUMBER, offsetof(arguments, top), 1, "answers to print (default: 3)"},
    {"show", NULL, OPTION_FLAG, offsetof(arguments, show), 0, "print what the network saw"},
    {"save-input", "FILE", OPTION_TEXT, offsetof(arguments, save_input), 0,
     "write what the network saw, as PNG, PGM or PPM by the ending of the name; for one picture at "
     "a time"},
    {"force", NULL, OPTION_FLAG, offsetof(arguments, force), 0,
     "replace the file of --save-input if it is there"},
    {"threads", "N", OPTION_NUMBER, offsetof(arguments, threads), 1,
     "threads to compute with (default: all that the machine grants)"},
    {"isa", "NAME", OPTION_TEXT, offsetof(arguments, isa), 0,
     "instruction set: avx512, avx2 or generic (default: the widest here)"},
    {"json", NULL, OPTION_FLAG, offsetof(arguments, json), 0,
     "print the answers as one JSON object"},
    {0},
};

typedef struct prediction {
    const arguments *args;
    lcnn_model *model;
    lcnn_predictor *predictor;
    float *probability; /* [classes] */
    int *order;         /* [classes]: likeliest first */
    int shown;          /* how many of them are printed */
    json_t *list;       /* with --json */
} prediction;

/* ---- Pictures -------------------------------------------------------------------------------- */

/* Mean along the edges, where there is background for the most part. */
static double border_mean(const lcnn_picture *p) {
    double sum = 0, count = 0;
    for (int i = 0; i < p->channels * p->height * p->width; i++) {
        int x = i % p->width, y = i / p->width % p->height;
        if (x == 0 || y == 0 || x == p->width - 1 || y == p->height - 1) {
            sum += p->pixels[i];
            count++;
        }
    }
    return sum / count;
}

/* The sets of the catalogue are light on black; what a user's own look like is not known here. */
static void remark_if_inverted(const prediction *p, const char *path, const lcnn_picture *picture) {
    const char *data = lcnn_model_data(p->model);
    if (!strchr(data, '/') && border_mean(picture) > 127)
        remark("%s: the background is bright, and %s is light on black; --auto inverts and fits it",
               text_plain(path), text_plain(data));
}

/* The picture as the model's data are; NULL after printing what is wrong, with its status. */
static lcnn_picture *open_picture(const prediction *p, const char *path, int *status) {
    lcnn_shape stored = lcnn_model_image_shape(p->model);
    lcnn_errors *errors = messages_begin();
    lcnn_picture *picture = lcnn_picture_read(path, stored.channels, errors);
    if (picture && p->args->automatic) {
        lcnn_picture *character = lcnn_picture_character(path, picture, stored, errors);
        lcnn_picture_free(picture);
        picture = character;
    }
    *status = messages_end(errors);
    return picture;
}

/* The network's input in grey levels, from its smallest value to its largest. */
static lcnn_picture *seen_picture(const prediction *p) {
    lcnn_shape s = lcnn_model_input_shape(p->model);
    lcnn_picture *seen = memory_picture(s.channels == 3 ? 3 : 1, s.height, s.width);
    picture_from_values(lcnn_predictor_input(p->predictor), seen, NULL);
    return seen;
}

/* ---- Answers --------------------------------------------------------------------------------- */

static void sort_answers(prediction *p, int answer) {
    int classes = lcnn_model_classes(p->model);
    for (int i = 0; i < classes; i++)
        p->order[i] = i;
    for (int i = 0; i < p->shown; i++) {
        int best = i;
        for (int k = i + 1; k < classes; k++) {
            float a = p->probability[p->order[k]], b = p->probability[p->order[best]];
            if (a > b || (a >= b && p->order[k] == answer)) /* probabilities may be equal at 1 */
                best = k;
        }
        int moved = p->order[best];
        memmove(p->order + i + 1, p->order + i, (size_t)(best - i) * sizeof *p->order);
        p->order[i] = moved;
    }
}

static const char *class_name(const prediction *p, int i) {
    return text_plain(lcnn_model_class_name(p->model, p->order[i]));
}

static void print_answers(const prediction *p, const char *path) {
    printf("%s:", text_plain(path));
    for (int i = 0; i < p->shown; i++)
        printf("%s %s%s%s %s", i > 0 ? "," : "", i > 0 ? "" : style_bold(stdout), class_name(p, i),
               i > 0 ? "" : style_end(stdout), text_percent((double)p->probability[p->order[i]]));
    putchar('\n');
}

static void add_answers(prediction *p, const char *path) {
    json_t *answers = json_array();
    for (int i = 0; i < p->shown; i++)
        json_array_append_new(
            answers, json_pack("{s:o, s:o}", "class",
                               json_text(lcnn_model_class_name(p->model, p->order[i])),
                               "probability", json_number((double)p->probability[p->order[i]])));
    json_array_append_new(p->list,
                          json_pack("{s:o, s:o}", "picture", json_text(path), "answers", answers));
}

static int show_input(const prediction *p) {
    lcnn_picture *seen = seen_picture(p);
    if (p->args->show)
        preview_print(seen, 2, p->args->json ? stderr : stdout);
    lcnn_errors *errors = messages_begin();
    if (p->args->save_input)
        lcnn_picture_write(seen, p->args->save_input, errors);
    lcnn_picture_free(seen);
    return messages_end(errors);
}

static int predict_one(prediction *p, const char *path) {
    int status, answer;
    lcnn_picture *picture = open_picture(p, path, &status);
    if (!picture)
        return status;
    lcnn_errors *errors = messages_begin();
    bool done = lcnn_predictor_run(p->predictor, path, picture, p->probability, &answer, errors);
    status = messages_end(errors);
    if (done && !p->args->automatic)
        remark_if_inverted(p, path, picture);
    lcnn_picture_free(picture);
    if (!done)
        return status;
    sort_answers(p, answer);
    if (p->args->json)
        add_answers(p, path);
    else
        print_answers(p, path);
    return p->args->show || p->args->save_input ? show_input(p) : LCNN_OK;
}

/* ---- The command ----------------------------------------------------------------------------- */

static int open_run(prediction *p, const char *folder) {
    int status = run_check_folder(folder, "predict");
    if (status != LCNN_OK)
        return status;
    char *model = run_path(folder, "model.yaml"),
         *weights = run_path(folder, "weights.safetensors");
    p->model = job_model(p->args, model, &status);
    if (p->model) {
        lcnn_session_options how = {
            .threads = p->args->threads.value, .isa = p->args->isa, .weights = weights};
        lcnn_errors *errors = messages_begin();
        p->predictor = lcnn_predictor_new(p->model, &how, errors);
        status = messages_end(errors);
    }
    free(model);
    free(weights);
    return status;
}

static void print_json(const prediction *p) {
    json_t *all = json_pack("{s:o, s:o, s:s, s:O}", "model", json_text(lcnn_model_name(p->model)),
                            "data", json_text(lcnn_model_data(p->model)), "model_sha256",
                            lcnn_model_sha256(p->model), "pictures", p->list);
    if (!all)
        no_memory();
    json_dumpf(all, stdout, JSON_REAL_PRECISION(15));
    putchar('\n');
    json_decref(all);
}

/* Each picture for itself: what is wrong with one is said, and the others get their answers. */
static int predict_all(prediction *p) {
    int classes = lcnn_model_classes(p->model), worst = LCNN_OK;
    int wanted = p->args->top.given ? p->args->top.value : 3;
    p->shown = wanted < classes ? wanted : classes;
    p->probability = memory_new((size_t)classes, sizeof *p->probability);
    p->order = memory_new((size_t)classes, sizeof *p->order);
    p->list = json_array();
    if (!p->list)
        no_memory();
    for (int i = 1; i < p->args->operand_count; i++) {
        int status = predict_one(p, p->args->operand[i]);
        worst = status > worst ? status : worst;
    }
    if (p->args->json)
        print_json(p);
    json_decref(p->list);
    free(p->probability);
    free(p->order);
    return worst;
}

static int predict_main(const arguments *args) {
    prediction p = {.args = args};
    if (args->save_input && args->operand_count > 2)
        usage_error(args->command, args->argc, args->argv, -1,
                    "--save-input takes one picture, not %d", args->operand_count - 1);
    if (args->force && !args->save_input)
        usage_error(args->command, args->argc, args->argv, -1, "--force is for --save-input");
    int status = args->save_input ? picture_path_check(args->save_input) : LCNN_OK;
    if (status == LCNN_OK && args->save_input)
        status = file_is_new(args->save_input, args->force);
    if (status == LCNN_OK)
        status = open_run(&p, args->operand[0]);
    if (status == LCNN_OK)
        status = predict_all(&p);
    if (p.predictor)
        lcnn_predictor_free(p.predictor);
    if (p.model)
        lcnn_model_free(p.model);
    return status;
}

const command cmd_predict = {
    .name = "predict",
    .summary = "Say what a trained network takes pictures for",
    .operands = "RUN PICTURE...",
    .min_operands = 2,
    .max_operands = 1 << 20,
    .about =
        "RUN is a folder that 'lcnn run' has written. Each PICTURE, a PNG, JPEG (turned as its "
        "EXIF data say) or PNM file, goes through the transforms of the run's model as it is, "
        "which suits images like those of the data set; one of another size needs a transform "
        "that makes it fit.\n\n"
        "With --auto it may be a photo or scan of one character, of any size, dark on light, off "
        "the centre, in uneven light. The probabilities are the network's own, which is often "
        "surer than right. A picture that cannot be used does not stop the others; the exit "
        "status is the highest of all.",
    .options = options,
    .examples = "lcnn predict runs/lenet5-mnist-1 photo.jpg --auto\n"
                "lcnn predict runs/lenet5-mnist-1 scan.png --auto --show --top 5\n"
                "lcnn predict runs/lenet5-mnist-1 *.png --json",
    .run = predict_main,
};
