/* lcnn.h - the one public header: what a program that uses lcnn may call.
 *
 * A model is loaded from YAML and checked (lcnn_model_*), bound to a data set (lcnn_data_*), and trained or evaluated
 * (lcnn_session_*). The library never prints, exits or aborts on bad input: a function that can fail returns false or
 * NULL and leaves located messages in an lcnn_errors. Strings that are returned belong to the object they came from
 * unless the function says otherwise. Nothing here is thread-safe between threads sharing one object; the library
 * makes its own threads. */
#ifndef LCNN_H
#define LCNN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Status and messages --------------------------------------------------------------------- */

/* What kind of thing went wrong; also the exit status of the command. */
typedef enum lcnn_status {
    LCNN_OK = 0,
    LCNN_BAD_USAGE = 2,   /* the caller's or the command line's words */
    LCNN_BAD_MODEL = 3,   /* a YAML model */
    LCNN_BAD_DATA = 4,    /* a data set, or a missing one */
    LCNN_BAD_WEIGHTS = 5, /* a weights file or checkpoint */
    LCNN_BAD_IO = 6,      /* reading or writing failed */
    LCNN_NO_MEMORY = 7,   /* memory or a limit exceeded */
    LCNN_NOT_FINITE = 8,  /* the loss became infinite or not a number */
} lcnn_status;

/* A list of messages, in the order in which they were found. */
typedef struct lcnn_errors lcnn_errors;

lcnn_errors *lcnn_errors_new(void); /* NULL when memory is out */
void lcnn_errors_free(lcnn_errors *errors);

/* The status of the first message; LCNN_OK when there is none. */
lcnn_status lcnn_errors_status(const lcnn_errors *errors);
int lcnn_errors_count(const lcnn_errors *errors);

/* One message as printed: "file:line:col: error: what", and, where there is a source line, that line and a caret
 * below it. Without the final newline. */
const char *lcnn_errors_text(const lcnn_errors *errors, int index);

/* Things worth saying that are no errors ("emnist means emnist-balanced"); one line each, without newline. */
int lcnn_notes_count(const lcnn_errors *errors);
const char *lcnn_notes_text(const lcnn_errors *errors, int index);

/* ---- What can be named in a model ------------------------------------------------------------ */

typedef enum lcnn_kind {
    LCNN_OPERATORS,
    LCNN_INITIALIZERS,
    LCNN_OPTIMIZERS,
    LCNN_SCHEDULES,
    LCNN_TRANSFORMS,
    LCNN_SECTIONS, /* the keys of a model file: model, data, train */
    LCNN_KINDS,
} lcnn_kind;

/* One attribute as the manual prints it. */
typedef struct lcnn_attribute {
    const char *name;
    const char *type;    /* "integer, at least 1" */
    const char *initial; /* default as YAML; NULL: must be given; "": none */
    const char *help;
} lcnn_attribute;

/* An input or a parameter of an operator. */
typedef struct lcnn_port {
    const char *name;
    const char *help;
} lcnn_port;

typedef struct lcnn_component {
    const char *name;
    const char *summary;
    const char *doc;
    const char *example; /* YAML to paste, or NULL */
    int attribute_count, input_count, parameter_count;
    const lcnn_attribute *attributes;
    const lcnn_port *inputs;
    const lcnn_port *parameters;
} lcnn_component;

/* The word for a kind: "operators". */
const char *lcnn_kind_name(lcnn_kind kind);

/* Every component of a kind, by name. The result and all it points to belong to the library and stay valid; NULL (and
 * *count 0) when memory is out. */
const lcnn_component *lcnn_components(lcnn_kind kind, int *count);

/* The name among `names` (NULL-ended) that is nearest to a mistyped `word`, or NULL when none is near. */
const char *lcnn_nearest(const char *word, const char *const *names);

/* ---- Data sets ------------------------------------------------------------------------------- */

typedef struct lcnn_data lcnn_data;

/* A set of the catalogue. */
typedef struct lcnn_data_info {
    const char *name;
    const char *title;
    const char *where; /* folder it was found in, "built in", or NULL when its files are not here */
    int channels, height, width, classes;
    const char *const *also;         /* other names; NULL-ended */
    const char *citation, *licence;  /* "" when nothing is said */
    uint32_t train_count, test_count; /* of its official files; 0: no such part, or not known */
    bool train_here, test_here;
    bool fetchable;                  /* something is missing and can be fetched */
    uint64_t download;               /* bytes that this would take */
} lcnn_data_info;

/* The whole catalogue as it was when first asked for, the user's own sets included. Belongs to the library, as above; NULL
 * with messages. */
const lcnn_data_info *lcnn_data_catalogue(int *count, lcnn_errors *errors);

/* A form of folders and files that lcnn_data_open reads. */
typedef struct lcnn_data_format {
    const char *name;  /* "CSV" */
    const char *looks; /* one line on what it looks like */
} lcnn_data_format;

/* The format of this index, from 0 on; both members NULL behind the last. */
lcnn_data_format lcnn_data_format_at(int index);

/* What it would take to have a whole set. */
typedef struct lcnn_fetch_plan {
    const char *name;           /* as the catalogue has it */
    bool train_here, test_here; /* parts that are here already */
    int files;                  /* missing; 0: nothing has to be done */
    uint64_t bytes;             /* to download */
    uint64_t kept;              /* of an interrupted download, not counted in `bytes` */
    const char *from;           /* the first address */
    const char *archive;        /* they come in this file, with other sets; it is kept. NULL: one by one */
    const char *folder;         /* into which */
    const char *why_not;        /* it cannot be fetched; NULL: it can, or need not be */
} lcnn_fetch_plan;

/* The plan for a name. A folder and a built-in set have nothing missing. NULL with messages; freed by the caller. */
lcnn_fetch_plan *lcnn_data_plan(const char *name, lcnn_errors *errors);
void lcnn_fetch_plan_free(lcnn_fetch_plan *plan);

typedef enum lcnn_fetch_step {
    LCNN_FETCH_WAITING,     /* for another run that fetches the same */
    LCNN_FETCH_DOWNLOADING,
    LCNN_FETCH_CHECKING,
    LCNN_FETCH_UNPACKING,
    LCNN_FETCH_READY,       /* the file is in its place */
} lcnn_fetch_step;

typedef struct lcnn_fetch_progress {
    lcnn_fetch_step step;
    const char *file; /* NULL while waiting */
    const char *from; /* host that it comes from, or NULL */
    uint64_t done, total;
} lcnn_fetch_progress;

typedef struct lcnn_fetch_options {
    int timeout; /* seconds without data after which an address is given up; 0: 30 */
    void *user;
    bool (*progress)(void *user, const lcnn_fetch_progress *now); /* several times a second; false stops; may be NULL */
} lcnn_fetch_options;

/* Fetches what is missing of a set of the catalogue. False with messages; or, when it was stopped, without: then a note
 * says what is kept. `options` may be NULL. */
bool lcnn_data_fetch(const char *name, const lcnn_fetch_options *options, lcnn_errors *errors);

/* What is known of a file by its checksums. */
typedef enum lcnn_verdict {
    LCNN_FILE_OFFICIAL,
    LCNN_FILE_REPACKED, /* the official data, compressed otherwise */
    LCNN_FILE_DIFFERS,
    LCNN_FILE_MISSING,
    LCNN_FILE_UNKNOWN,  /* no checksum is known */
} lcnn_verdict;

typedef struct lcnn_file_check {
    const char *path;
    const char *set;  /* whose file it should be, or is by its checksum; "" when nobody knows */
    const char *role; /* "train images", or "" */
    lcnn_verdict verdict;
    const char *note; /* more about it, or "" */
} lcnn_file_check;

typedef struct lcnn_verification {
    const char *name; /* of the set, or the folder as given */
    int count;
    const lcnn_file_check *file; /* [count] */
} lcnn_verification;

/* Holds every file of a set, or of a folder, against size and checksum. What is wrong with a file is no error here. NULL
 * with messages; freed by the caller. */
lcnn_verification *lcnn_data_verify(const char *name, lcnn_errors *errors);
void lcnn_verification_free(lcnn_verification *verification);

/* Opens a set by name ("mnist", "glyphs") or a folder (any name with a '/' in it). When the set is not here, the message
 * lists the places looked in and what to do. */
lcnn_data *lcnn_data_open(const char *name, lcnn_errors *errors);
void lcnn_data_free(lcnn_data *data);

const char *lcnn_data_name(const lcnn_data *data);   /* "emnist-balanced", whatever short name was given */
const char *lcnn_data_title(const lcnn_data *data);
const char *lcnn_data_sha256(const lcnn_data *data); /* of the decoded images and labels */
int lcnn_data_classes(const lcnn_data *data);
const char *lcnn_data_class_name(const lcnn_data *data, int index);
uint32_t lcnn_data_train_count(const lcnn_data *data); /* 0: it has no such part */
uint32_t lcnn_data_test_count(const lcnn_data *data);

typedef enum lcnn_part { LCNN_TRAIN, LCNN_TEST } lcnn_part;

/* The images of a part as they are stored, with their classes; they belong to the data. */
typedef struct lcnn_images {
    uint32_t count; /* 0: it has no such part */
    int channels, height, width;
    const uint8_t *pixels; /* [count][channels][height][width], upright */
    const uint8_t *labels; /* [count] */
} lcnn_images;

lcnn_images lcnn_data_images(const lcnn_data *data, lcnn_part part);

/* ---- Models ---------------------------------------------------------------------------------- */

typedef struct lcnn_model lcnn_model;

typedef struct lcnn_model_options {
    const char *data;            /* in place of the model's data.name; NULL: as the model says */
    const char *const *settings; /* "train.epochs=3", "kernel=7", ...: applied last */
    int setting_count;
} lcnn_model_options;

/* Reads, resolves and checks a model: a path, or the name of an installed model ("lenet5"). All faults that can be told
 * apart are reported in one go. `options` may be NULL. */
lcnn_model *lcnn_model_load(const char *path, const lcnn_model_options *options, lcnn_errors *errors);
void lcnn_model_free(lcnn_model *model);

/* Finds what the model's transforms want to know of the training images, as `normalize` with `moments: measured` does, and
 * writes the numbers into the model, whose yaml and sha256 change. Does nothing where nothing is wanted; where something is,
 * sessions and predictors refuse the model until this was called. */
bool lcnn_model_measure(lcnn_model *model, const lcnn_data *data, lcnn_errors *errors);

/* One row of the layer table. */
typedef struct lcnn_layer {
    const char *name;
    const char *op;
    const char *output;  /* "6x28x28" */
    const char *inputs;  /* names of the nodes it reads, separated by ", " */
    int64_t parameters;  /* trained numbers */
    int64_t macs;        /* multiply-adds of one image, forward */
    int64_t connections; /* as LeCun et al. 1998 count: inputs of all units, biases included */
} lcnn_layer;

const char *lcnn_model_path(const lcnn_model *model); /* the file it came from */
const char *lcnn_model_name(const lcnn_model *model);
const char *lcnn_model_about(const lcnn_model *model); /* "" when it says nothing */
const char *lcnn_model_data(const lcnn_model *model);  /* name of its data set or folder */
const char *lcnn_model_input(const lcnn_model *model); /* "1x32x32" */
int lcnn_model_classes(const lcnn_model *model);       /* that it tells apart: of its data set, or chosen from them */
const char *lcnn_model_class_name(const lcnn_model *model, int index);
int lcnn_model_epochs(const lcnn_model *model);
int lcnn_model_batch_size(const lcnn_model *model);
uint64_t lcnn_model_seed(const lcnn_model *model);
int lcnn_model_layer_count(const lcnn_model *model);   /* the loss is the last */
lcnn_layer lcnn_model_layer(const lcnn_model *model, int index);
const char *lcnn_model_yaml(const lcnn_model *model);   /* resolved: everything spelt out, defaults included */
const char *lcnn_model_sha256(const lcnn_model *model); /* of that text */

/* Sizes of an image. */
typedef struct lcnn_shape {
    int channels, height, width;
} lcnn_shape;

lcnn_shape lcnn_model_image_shape(const lcnn_model *model); /* of its data set's images */
lcnn_shape lcnn_model_input_shape(const lcnn_model *model); /* of what the network sees */

/* ---- What others published ------------------------------------------------------------------- */

typedef enum lcnn_metric {
    LCNN_ACCURACY,
    LCNN_ERROR, /* 1 - accuracy */
    LCNN_LOSS,
    LCNN_PRECISION, /* this and the next two: micro averages */
    LCNN_RECALL,
    LCNN_F1,
    LCNN_TRAIN_ERROR, /* of the last epoch, counted while training */
    LCNN_REJECTED,    /* share of the test images to reject, the least probable answers first, for 0.5 % error among the others */
    LCNN_METRICS,
} lcnn_metric;

const char *lcnn_metric_name(lcnn_metric metric); /* "train_error" */

/* A figure; shares lie between 0 and 1. */
typedef struct lcnn_claim {
    lcnn_metric metric;
    const char *data;   /* name of the set, as lcnn_data_name has it */
    double value;
    double uncertainty; /* 0: none is known */
    uint32_t images;    /* test images behind it, where the uncertainty is binomial for want of a published one; else 0 */
    bool graded;        /* false: to be shown only */
    const char *source;
    const char *note;   /* "" when there is nothing to say */
} lcnn_claim;

/* What came of training epoch by epoch; NaN where nothing is known. */
typedef struct lcnn_published_curve {
    const char *data, *title;
    int count;
    const double *epoch, *train_error, *test_error; /* [count] */
} lcnn_published_curve;

/* Test images that were answered wrongly. */
typedef struct lcnn_published_errors {
    const char *data, *title;
    int count;
    const uint32_t *index;             /* [count]: in the test part */
    const char *const *truth, *const *answer; /* [count]: names of classes */
} lcnn_published_errors;

typedef struct lcnn_published {
    const char *source;
    int count;
    const lcnn_claim *claim; /* [count] */
    const lcnn_published_curve *curve;   /* or NULL */
    const lcnn_published_errors *errors; /* or NULL */
    bool changed; /* settings changed more of the model than its data, seed and name: the figures are of the unchanged one */
} lcnn_published;

/* The section `published` of the model's own file, not of those that it extends; NULL when there is none. */
const lcnn_published *lcnn_model_published(const lcnn_model *model);

/* ---- Pictures -------------------------------------------------------------------------------- */

/* Any image, grey or in colour: what files hold. */
typedef struct lcnn_picture {
    int channels, height, width;
    uint8_t *pixels; /* [channels][height][width] */
} lcnn_picture;

/* A black one; NULL when memory is out. */
lcnn_picture *lcnn_picture_new(int channels, int height, int width);
void lcnn_picture_free(lcnn_picture *picture);

/* Reads a PNG, JPEG or PNM file, upright, in so many channels (1 or 3; 0: as it is). NULL with a message. */
lcnn_picture *lcnn_picture_read(const char *path, int channels, lcnn_errors *errors);

/* Whether a picture can be written under this name: it must end in .pgm, .ppm, .pnm or, where lcnn was built with libpng,
 * .png; else false with a message. */
bool lcnn_picture_path_fits(const char *path, lcnn_errors *errors);

/* Writes PNG, PGM or PPM, as the ending of the name says, of 1 or 3 channels. A file that is there is replaced. */
bool lcnn_picture_write(const lcnn_picture *picture, const char *path, lcnn_errors *errors);

/* The bytes that would be written under this name, in memory of malloc; NULL with a message. */
uint8_t *lcnn_picture_bytes(const lcnn_picture *picture, const char *path, size_t *size, lcnn_errors *errors);

/* The character on a picture as MNIST's makers gave theirs: cut out, light on black, fitted and centred in `shape`. `name`
 * begins messages. NULL where nothing is written on it. */
lcnn_picture *lcnn_picture_character(const char *name, const lcnn_picture *picture, lcnn_shape shape, lcnn_errors *errors);

/* ---- Images after transforms ----------------------------------------------------------------- */

/* How the images of a data set reach a network. */
typedef struct lcnn_view lcnn_view;

/* Through the transforms of a model that fits the data; `model` NULL: through the distortions of LeCun et al. (1998), with random
 * numbers from `seed`. Both must outlive the view. NULL with messages. */
lcnn_view *lcnn_view_new(const lcnn_data *data, const lcnn_model *model, uint64_t seed, lcnn_errors *errors);
void lcnn_view_free(lcnn_view *view);

lcnn_shape lcnn_view_shape(const lcnn_view *view);

/* One image, [channels][height][width] of that shape; it is the view's and lasts until the next one. `epoch` from 0 on draws
 * what is random as training does in that epoch; -1: as in evaluating, where nothing is. */
const float *lcnn_view_image(lcnn_view *view, lcnn_part part, uint32_t index, int epoch);

/* ---- Sessions: training and evaluating ------------------------------------------------------- */

typedef struct lcnn_session lcnn_session;

typedef struct lcnn_session_options {
    int threads;         /* 0: as many as the machine grants */
    const char *isa;     /* "avx512", "avx2", "generic"; NULL: the widest this machine has */
    const char *weights; /* safetensors file to start from; NULL: initialise from the seed */
    bool test_only;      /* nothing is made ready for training, and lcnn_session_train refuses */
} lcnn_session_options;

/* Binds a model to data that fit it. Both must outlive the session. `options` may be NULL. */
lcnn_session *lcnn_session_new(const lcnn_model *model, const lcnn_data *data, const lcnn_session_options *options,
                               lcnn_errors *errors);
void lcnn_session_free(lcnn_session *session);

int lcnn_session_threads(const lcnn_session *session);     /* that it will really use */
const char *lcnn_session_isa(const lcnn_session *session);
uint32_t lcnn_session_train_count(const lcnn_session *session);      /* images chosen, without those held out */
uint32_t lcnn_session_validation_count(const lcnn_session *session); /* held out */
uint32_t lcnn_session_test_count(const lcnn_session *session);       /* of the model's classes */
size_t lcnn_session_memory(const lcnn_session *session);  /* bytes of weights, gradients and activations */

/* Where a running epoch stands. */
typedef struct lcnn_progress {
    int epoch, epochs;     /* 1 .. epochs */
    uint32_t done, total;  /* images of this epoch */
    double loss, accuracy; /* means over the images done so far */
    double learning_rate;
    double seconds;        /* of this epoch */
} lcnn_progress;

/* The first half of a SHA-256 in hexadecimal, 64 bits: enough to tell accidents. */
typedef char lcnn_fingerprint[17];

/* A finished epoch. Where there is no such part, its figures are NaN. */
typedef struct lcnn_epoch {
    int epoch, epochs;
    double learning_rate; /* of the epoch's last step */
    double train_loss, train_accuracy; /* running means while training; the loss with class weights */
    double validation_loss, validation_accuracy;
    double test_loss, test_accuracy;
    double seconds;           /* training only */
    double images_per_second; /* training only */
    char sha256[65];          /* of the weights file as lcnn_session_save would have written it */
    const lcnn_fingerprint *tensor; /* [lcnn_session_tensor_count]: of each tensor's bytes; belongs to the session */
} lcnn_epoch;

/* What a step came to: 64 bits for everything in it. */
typedef struct lcnn_trace {
    int epoch;
    uint32_t step;          /* both from 1 */
    const uint64_t *layer;  /* [lcnn_model_layer_count]: of what each layer gave for the step's images */
    const uint64_t *tensor; /* [lcnn_session_tensor_count]: of each tensor after the step */
} lcnn_trace;

typedef struct lcnn_callbacks {
    void *user;
    /* After every step, and now and then while the epoch's figures are worked out; may be NULL. False stops training
     * there, without an error. */
    bool (*progress)(void *user, const lcnn_progress *progress);
    /* After every epoch; may be NULL. False stops as above. */
    bool (*epoch)(void *user, const lcnn_epoch *epoch);
    /* After every step, before `progress`; NULL: no trace is made, which takes longer than the step itself. False stops as
     * above. */
    bool (*trace)(void *user, const lcnn_trace *trace);
} lcnn_callbacks;

/* Trains for those epochs of the model that are left. False on a loss that is not finite, of a step or of an epoch, with the
 * message saying where it began; the session is then again where the epoch began (or where it was resumed). */
bool lcnn_session_train(lcnn_session *session, const lcnn_callbacks *callbacks, lcnn_errors *errors);

/* How far training has come. */
typedef struct lcnn_position {
    int epoch;            /* finished ones */
    uint32_t step, steps; /* done in the next, of so many */
} lcnn_position;

lcnn_position lcnn_session_position(const lcnn_session *session);
/* The finished epochs; they belong to the session and move when another one ends. */
const lcnn_epoch *lcnn_session_history(const lcnn_session *session, int *count);

/* Writes all that training needs to go on to the same bits as if it had never been interrupted: weights, the optimiser's
 * memory, the place in the epoch, the history, the resolved model, in a safetensors file with a checksum. May be called from
 * the callbacks. False with messages: of LCNN_NOT_FINITE, with nothing written, when a weight is infinite or not a number. */
bool lcnn_session_checkpoint(const lcnn_session *session, const char *path, lcnn_errors *errors);
/* Goes to where the session that wrote the file stood, which was of the same model and data. False with messages of
 * LCNN_BAD_WEIGHTS, and the session stays where it was. */
bool lcnn_session_resume(lcnn_session *session, const char *path, lcnn_errors *errors);

/* The tensors of weights files, in order: "c1.weight". */
int lcnn_session_tensor_count(const lcnn_session *session);
const char *lcnn_session_tensor_name(const lcnn_session *session, int index);

typedef struct lcnn_scores {
    double precision, recall, f1;
} lcnn_scores;

typedef struct lcnn_evaluation {
    uint32_t count;
    int classes;
    double loss, accuracy;
    lcnn_scores micro, macro;
    const lcnn_scores *per_class; /* [classes]; a class without answers or without images scores 0 */
    const uint32_t *confusion;    /* [classes][classes]: truth, answer */
    const uint32_t *sample;       /* [count]: index of the image in the test part of its data set */
    const uint8_t *truth;         /* [count] */
    const uint8_t *answer;        /* [count] */
    const float *probability;     /* [count]: of the answer */
    const double *loss_of;        /* [count]: the loss of each image */
} lcnn_evaluation;

/* The test part, or NULL with a message. The caller frees it. */
lcnn_evaluation *lcnn_session_evaluate(lcnn_session *session, lcnn_errors *errors);
void lcnn_evaluation_free(lcnn_evaluation *evaluation);

/* Weights as a safetensors file: names NODE.PARAM, shapes [out, in, height, width] and [out, in]. Nothing in the bytes
 * depends on time, path or threads. */
bool lcnn_session_save(lcnn_session *session, const char *path, lcnn_errors *errors);
/* SHA-256 in hexadecimal of the bytes that lcnn_session_save writes; NULL when memory is out. */
const char *lcnn_session_sha256(lcnn_session *session);

/* ---- Predicting ------------------------------------------------------------------------------ */

/* A model with trained weights, which needs no data set. */
typedef struct lcnn_predictor lcnn_predictor;

/* options->weights must be given. The model must outlive the predictor. NULL with messages. */
lcnn_predictor *lcnn_predictor_new(const lcnn_model *model, const lcnn_session_options *options, lcnn_errors *errors);
void lcnn_predictor_free(lcnn_predictor *predictor);

/* Takes a picture through the model's transforms and the network. Its probability of each class goes to probability
 * [lcnn_model_classes], the number of the likeliest to *answer: the same bits as in evaluating. False with a message that
 * begins with `name`, as when the transforms do not make the picture fit the network. */
bool lcnn_predictor_run(lcnn_predictor *predictor, const char *name, const lcnn_picture *picture, float *probability, int *answer,
                        lcnn_errors *errors);

/* What the network saw in the last run, of lcnn_model_input_shape. */
const float *lcnn_predictor_input(const lcnn_predictor *predictor);

/* Numbers in rows: the last dimension is the fastest. They belong to what gave them. */
typedef struct lcnn_tensor {
    int rank;
    int size[4];
    const float *values; /* NULL: there is none */
} lcnn_tensor;

/* From now on runs keep what every layer gives. False with a message when memory is out. */
bool lcnn_predictor_keep(lcnn_predictor *predictor, lcnn_errors *errors);

/* What a layer (of lcnn_model_layer) gave in the last run: [channels][height][width] or [units]; until the next run. Without
 * values where no run kept any. */
lcnn_tensor lcnn_predictor_activation(const lcnn_predictor *predictor, int layer);

/* The parameter of a layer called `name` ("weight"), in the shape and order of lcnn_session_save. Without values where it has
 * none such, or, with a message, when memory is out. */
lcnn_tensor lcnn_predictor_parameter(lcnn_predictor *predictor, int layer, const char *name, lcnn_errors *errors);

/* Threads that this machine grants. */
int lcnn_threads_available(void);

/* ---- Benchmarks ------------------------------------------------------------------------------ */

/* Instruction sets that this machine can run, widest first, NULL-ended: "avx512", "avx2", "generic". */
const char *const *lcnn_isas(void);

/* Peak of one thread: median GFLOP/s of independent fused multiply-adds. `isa` is one of lcnn_isas. */
double lcnn_isa_peak(const char *isa);

typedef struct lcnn_bench_options {
    bool training;   /* whole steps: data, forward, backward, update; else forward only */
    int batch_size;  /* images of a step */
    int threads;     /* 0: as many as the machine grants */
    const char *isa; /* as in lcnn_session_options */
    int repetitions; /* at least 1; each takes about a fifth of a second */
    const lcnn_data *data; /* images to take in turn, those to train on where there are any; NULL: synthetic ones */
} lcnn_bench_options;

typedef struct lcnn_bench {
    const char *isa;
    int threads;
    double images_per_second, slowest, fastest; /* median and extremes of the repetitions */
    double average; /* images per second in all: less, where others use the machine and interrupt */
    double gflops; /* at the median: two operations per multiply-add of convolutions and dense layers, nothing else counted */
    double peak;   /* the machine's: median GFLOP/s of fused multiply-adds on as many threads, measured in between */
    size_t memory; /* bytes of activations, gradients and optimiser states */
} lcnn_bench;

/* Times a model on images of its shape. NULL with messages; the caller frees the result. */
lcnn_bench *lcnn_bench_run(const lcnn_model *model, const lcnn_bench_options *options, lcnn_errors *errors);
void lcnn_bench_free(lcnn_bench *bench);

/* What a layer does in a step. */
typedef enum lcnn_pass {
    LCNN_FORWARD,
    LCNN_INPUT_GRADIENT,
    LCNN_WEIGHT_GRADIENT,
    LCNN_PASSES,
} lcnn_pass;

/* Of one layer; a pass that is not needed takes 0, such as the input gradient of the first layer. */
typedef struct lcnn_layer_times {
    double seconds[LCNN_PASSES]; /* per image: medians over short pieces of the repetitions */
    int64_t macs[LCNN_PASSES];   /* multiply-adds per image */
} lcnn_layer_times;

typedef struct lcnn_bench_layers {
    const char *isa;
    double peak; /* as above, of one thread */
    double step; /* seconds per image of the whole step */
    double rest; /* of these, what no layer takes: data, update, and taking the times */
    const lcnn_layer_times *layer; /* [lcnn_model_layer_count] */
} lcnn_bench_layers;

/* Times each layer of a model in steps of one thread; `threads` of the options is not read. NULL with messages; the caller
 * frees the result. */
lcnn_bench_layers *lcnn_bench_layers_run(const lcnn_model *model, const lcnn_bench_options *options, lcnn_errors *errors);
void lcnn_bench_layers_free(lcnn_bench_layers *layers);

/* ---- Studies --------------------------------------------------------------------------------- */

/* Many runs that belong together: experiments over models, data sets, seeds and values of any key. */
typedef struct lcnn_study lcnn_study;

typedef struct lcnn_study_options {
    const char *const *data; /* "NAME=OTHER": another set or folder in place of one that the study names */
    int data_count;
    const char *const *only; /* names of experiments; none: all */
    int only_count;
    int seeds; /* 1, 2, ... up to this in place of the study's; 0: as it says */
} lcnn_study_options;

/* Whether a file looks like a study: it has `experiments`. Takes paths and names as lcnn_study_load does, and says nothing of what
 * is wrong with them; a message where there is no memory to tell. */
bool lcnn_study_is(const char *path, lcnn_errors *errors);

/* Reads and checks a study, a path or the name of an installed one, with every model in it under all its settings. All
 * faults that can be told apart are reported in one go. `options` may be NULL. */
lcnn_study *lcnn_study_load(const char *path, const lcnn_study_options *options, lcnn_errors *errors);
void lcnn_study_free(lcnn_study *study);

/* One run of a study; what several experiments ask for is there once. */
typedef struct lcnn_trial {
    const char *id;    /* a name for a folder: model, data, what is set, seed */
    lcnn_model *model; /* with all its settings; belongs to the study */
    const char *path;  /* this and the next three give lcnn_model_load the same model */
    const char *data;  /* name or folder */
    int seed;
    int setting_count;
    const char *const *settings; /* "KEY=VALUE"; neither data set nor seed */
    int limit; /* images to train on at most; 0: all */
} lcnn_trial;

/* What takes several values in turn. */
typedef struct lcnn_axis {
    const char *key, *label;
    int count; /* 0: drawn from a range */
    const char *const *values; /* [count]: as people read them */
} lcnn_axis;

/* A trial in its place in an experiment. */
typedef struct lcnn_cell {
    int trial;
    int model, data; /* of the experiment's lists */
    int group;       /* the same for cells that differ in nothing but the seed */
    const char *const *values; /* [axis_count]: as the axes name them */
} lcnn_cell;

/* A figure that somebody published; NULL and -1 stand for any. */
typedef struct lcnn_figure {
    int model, data;
    const char *const *values; /* [axis_count] */
    const char *metric;
    double value, uncertainty; /* 0: not known */
    const char *source, *note; /* "" when nothing is said */
    bool graded;               /* ours may be held against it */
} lcnn_figure;

/* "This is better than that", to be judged for each data set. */
typedef struct lcnn_study_claim {
    const char *says, *metric;
    int better_model, than_model;     /* -1: the same on both sides */
    const char *const *better, *const *than; /* [axis_count] */
} lcnn_study_claim;

typedef struct lcnn_experiment {
    const char *name, *title, *about;
    int model_count, data_count, axis_count, cell_count, group_count, published_count, claim_count, probe_count;
    const char *const *models; /* names */
    const char *const *data;   /* names as the study has them, or the folders in their place */
    const char *const *asked_data; /* as the study has them */
    const lcnn_axis *axes;
    const lcnn_cell *cells; /* seeds change fastest, then values, data sets, models */
    const lcnn_figure *published;
    const lcnn_study_claim *claims;
    bool best_by_validation; /* only the best of it is tested */
    double reject_to;        /* error that rejecting the least sure answers is to leave; 0: not asked */
    const char *probe_title, *probe_label;
    const char *const *probe_values;   /* [probe_count]: as people read them */
    const char *const *probe_settings; /* [probe_count]: "KEY=VALUE" for testing a trained model on changed data */
} lcnn_experiment;

const char *lcnn_study_path(const lcnn_study *study);
const char *lcnn_study_name(const lcnn_study *study);
const char *lcnn_study_about(const lcnn_study *study);
const char *lcnn_study_text(const lcnn_study *study); /* of its file */
int lcnn_study_trial_count(const lcnn_study *study);
const lcnn_trial *lcnn_study_trial(const lcnn_study *study, int index);
int lcnn_study_experiment_count(const lcnn_study *study);
const lcnn_experiment *lcnn_study_experiment(const lcnn_study *study, int index);

/* ---- Files ----------------------------------------------------------------------------------- */

/* Writes a whole file: to a temporary name in the same folder, flushed, then renamed; the folder is flushed too. */
bool lcnn_write_file(const char *path, const void *bytes, size_t size, lcnn_errors *errors);

/* SHA-256 in hexadecimal of a file; false with a message. */
bool lcnn_file_sha256(const char *path, char sha256[65], lcnn_errors *errors);

/* The library's version, "0.1.0", the commit it was built from ("" where it is not known, with "-dirty" where something was
 * changed since), and the compiler, "gcc 12.2.0". */
const char *lcnn_version(void);
const char *lcnn_commit(void);
const char *lcnn_compiler(void);

#endif
