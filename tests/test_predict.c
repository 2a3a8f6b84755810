/* test_predict.c - pictures through the public interface: a prediction has the bits of `lcnn test`,
 * and written pictures are read again. */
#include "config.h"

#include "lcnn.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static lcnn_errors *errors;
static char folder[] = "./test_predict.XXXXXX";

static void set_up(void) {
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    errors = lcnn_errors_new();
}

static void tear_down(void) {
    static const char *const made[] = {"model.yaml", "weights", "picture.png", "picture.pgm",
                                       "picture.PPM"};
    lcnn_errors_free(errors);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        unlink(made[i]);
    ck_assert_int_eq(chdir(".."), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void no_errors(void) {
    ck_assert_msg(lcnn_errors_count(errors) == 0, "%s", lcnn_errors_text(errors, 0));
}

/* ---- Predicting ------------------------------------------------------------------------------ */

#define NETWORK                                                                                    \
    "name: small\ninput: [1, 32, 32]\nnodes:\n"                                                    \
    "  - {op: conv2d, filters: 6, kernel_size: 5}\n  - {op: tanh}\n"                               \
    "  - {op: max_pool2d, pool_size: 4}\n  - {op: flatten}\n"                                      \
    "  - {name: output, op: dense, units: $classes}\n"                                             \
    "data: {name: \"glyphs:360\", transforms: [{op: pad, by: 2}, {op: rescale, to: [-1, 1]}]}\n"   \
    "train: {epochs: 1}\n"
static const char softmax[] = NETWORK "loss: {op: softmax_cross_entropy, from: output}\n";
static const char squares[] = NETWORK "loss: {op: mean_squared_error, from: output}\n";

static lcnn_model *model_of(const char *yaml) {
    ck_assert(lcnn_write_file("model.yaml", yaml, strlen(yaml), errors));
    lcnn_model *m = lcnn_model_load("model.yaml", NULL, errors);
    no_errors();
    return m;
}

/* A predictor with the weights of a session that was not trained. */
static lcnn_predictor *predictor_of(const lcnn_model *m, const lcnn_data *data,
                                    lcnn_evaluation **result) {
    lcnn_session *session = lcnn_session_new(m, data, NULL, errors);
    ck_assert_ptr_nonnull(session);
    ck_assert(lcnn_session_save(session, "weights", errors));
    if (result)
        *result = lcnn_session_evaluate(session, errors);
    lcnn_session_free(session);
    lcnn_predictor *p =
        lcnn_predictor_new(m, &(lcnn_session_options){.weights = "weights"}, errors);
    no_errors();
    return p;
}

static lcnn_picture picture_of(const lcnn_images *images, uint32_t i) {
    size_t size = (size_t)(images->height * images->width);
    return (lcnn_picture){1, images->height, images->width, (uint8_t *)images->pixels + i * size};
}

START_TEST(a_prediction_has_the_bits_of_the_test) {
    lcnn_model *m = model_of(_i == 0 ? softmax : squares);
    lcnn_data *data = lcnn_data_open("glyphs:360", errors);
    lcnn_evaluation *result;
    lcnn_predictor *p = predictor_of(m, data, &result);
    lcnn_images images = lcnn_data_images(data, LCNN_TEST);
    ck_assert_uint_eq(images.count, 60);
    for (uint32_t i = 0; i < images.count; i++) {
        float probability[10], sum = 0;
        int answer;
        lcnn_picture picture = picture_of(&images, i);
        ck_assert(lcnn_predictor_run(p, "image", &picture, probability, &answer, errors));
        ck_assert_int_eq(answer, result->answer[i]);
        ck_assert_mem_eq(&probability[answer], &result->probability[i], sizeof(float));
        for (int k = 0; k < 10; k++)
            sum += probability[k];
        ck_assert_float_eq_tol(sum, 1, 1e-5f);
    }
    lcnn_evaluation_free(result);
    lcnn_predictor_free(p);
    lcnn_data_free(data);
    lcnn_model_free(m);
}
END_TEST

START_TEST(what_the_network_sees_is_what_a_view_shows) {
    lcnn_model *m = model_of(softmax);
    lcnn_data *data = lcnn_data_open("glyphs:360", errors);
    lcnn_predictor *p = predictor_of(m, data, NULL);
    lcnn_view *view = lcnn_view_new(data, m, 0, errors);
    lcnn_images images = lcnn_data_images(data, LCNN_TRAIN);
    lcnn_picture picture = picture_of(&images, 17);
    float probability[10];
    int answer;
    ck_assert(lcnn_predictor_run(p, "image", &picture, probability, &answer, errors));
    ck_assert_int_eq(lcnn_view_shape(view).height, 32);
    ck_assert_mem_eq(lcnn_predictor_input(p), lcnn_view_image(view, LCNN_TRAIN, 17, -1),
                     32 * 32 * sizeof(float));
    lcnn_view_free(view);
    lcnn_predictor_free(p);
    lcnn_data_free(data);
    lcnn_model_free(m);
}
END_TEST

START_TEST(pictures_that_do_not_fit) {
    lcnn_model *m = model_of(softmax);
    lcnn_data *data = lcnn_data_open("glyphs:360", errors);
    lcnn_predictor *p = predictor_of(m, data, NULL);
    static const struct {
        int channels, height, width;
        const char *message;
    } wrong[] = {
        {1, 30, 40, "me.png: error: this picture is 1x30x40, the model's data are 1x28x28"},
        {1, 28, 27, "--auto"},
        {3, 28, 28, "a picture of 3 channels, and the model's data have 1"},
        {1, 5000, 5000, "too large for the model's transforms"},
    };
    for (int i = 0; i < 4; i++) {
        float probability[10];
        int answer;
        lcnn_picture *q = lcnn_picture_new(wrong[i].channels, wrong[i].height, wrong[i].width);
        ck_assert(!lcnn_predictor_run(p, "me.png", q, probability, &answer, errors));
        ck_assert_int_eq(lcnn_errors_count(errors), i + 1);
        ck_assert_msg(strstr(lcnn_errors_text(errors, i), wrong[i].message) != NULL, "%s",
                      lcnn_errors_text(errors, i));
        lcnn_picture_free(q);
    }
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_DATA);
    lcnn_picture *fits = lcnn_picture_new(1, 28, 28);
    float probability[10];
    int answer;
    ck_assert(lcnn_predictor_run(p, "me.png", fits, probability, &answer, errors));
    lcnn_picture_free(fits);
    lcnn_predictor_free(p);
    lcnn_data_free(data);
    lcnn_model_free(m);
}
END_TEST

/* ---- Looking inside -------------------------------------------------------------------------- */

START_TEST(what_every_layer_gives_can_be_kept) {
    lcnn_model *m = model_of(softmax);
    lcnn_data *data = lcnn_data_open("glyphs:360", errors);
    lcnn_predictor *p = predictor_of(m, data, NULL);
    lcnn_images images = lcnn_data_images(data, LCNN_TEST);
    lcnn_picture picture = picture_of(&images, 3);
    float probability[10], kept[10];
    int answer;
    ck_assert(lcnn_predictor_run(p, "image", &picture, probability, &answer, errors));
    ck_assert_ptr_null(lcnn_predictor_activation(p, 0).values);
    ck_assert(lcnn_predictor_keep(p, errors));
    ck_assert_ptr_null(lcnn_predictor_activation(p, 0).values);
    ck_assert(lcnn_predictor_run(p, "image", &picture, kept, &answer, errors));
    ck_assert_mem_eq(kept, probability, sizeof kept);

    lcnn_tensor conv = lcnn_predictor_activation(p, 0), tanh = lcnn_predictor_activation(p, 1);
    lcnn_tensor pool = lcnn_predictor_activation(p, 2), flat = lcnn_predictor_activation(p, 3);
    ck_assert_int_eq(conv.rank, 3);
    ck_assert_int_eq(conv.size[0], 6);
    ck_assert_int_eq(conv.size[1], 28);
    ck_assert_int_eq(flat.rank, 1);
    ck_assert_int_eq(flat.size[0], 6 * 7 * 7);
    lcnn_tensor weight = lcnn_predictor_parameter(p, 0, "weight", errors);
    lcnn_tensor bias = lcnn_predictor_parameter(p, 0, "bias", errors);
    ck_assert_int_eq(weight.rank, 4);
    ck_assert_int_eq(weight.size[0], 6);
    ck_assert_int_eq(weight.size[3], 5);
    ck_assert_ptr_null(lcnn_predictor_parameter(p, 0, "nothing", errors).values);
    ck_assert_ptr_null(lcnn_predictor_parameter(p, 1, "weight", errors).values);
    for (int c = 0; c < 6; c++)
        for (int y = 0; y < 28; y++)
            for (int x = 0; x < 28; x++) {
                double sum = (double)bias.values[c];
                for (int k = 0; k < 25; k++)
                    sum += (double)weight.values[25 * c + k] *
                           (double)lcnn_predictor_input(p)[(y + k / 5) * 32 + x + k % 5];
                int at = (c * 28 + y) * 28 + x;
                ck_assert_double_eq_tol((double)conv.values[at], sum, 1e-5);
                ck_assert((tanh.values[at] > 0) == (conv.values[at] > 0));
                ck_assert(tanh.values[at] <= pool.values[(c * 7 + y / 4) * 7 + x / 4]);
            }
    ck_assert_mem_eq(pool.values, flat.values, 6 * 49 * sizeof(float));
    lcnn_predictor_free(p);
    lcnn_data_free(data);
    lcnn_model_free(m);
}
END_TEST

/* ---- Pictures -------------------------------------------------------------------------------- */

static lcnn_picture *some_picture(int channels) {
    lcnn_picture *p = lcnn_picture_new(channels, 5, 7);
    for (int i = 0; i < channels * 35; i++)
        p->pixels[i] = (uint8_t)(i * 41);
    return p;
}

START_TEST(what_is_written_is_read_again) {
    static const char *const names[] = {"picture.png", "picture.pgm", "picture.PPM"};
    for (int i = 0; i < 3; i++)
        for (int channels = 1; channels <= 3; channels += 2) {
            lcnn_picture *p = some_picture(channels);
            bool written = lcnn_picture_write(p, names[i], errors);
#ifndef HAVE_PNG
            if (i == 0) {
                ck_assert(!written);
                ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_USAGE);
                lcnn_picture_free(p);
                continue;
            }
#endif
            ck_assert(written);
            lcnn_picture *q = lcnn_picture_read(names[i], 0, errors);
            ck_assert_ptr_nonnull(q);
            ck_assert_int_eq(q->channels, channels);
            ck_assert_int_eq(q->height, 5);
            ck_assert_int_eq(q->width, 7);
            ck_assert_mem_eq(q->pixels, p->pixels, (size_t)channels * 35);
            lcnn_picture_free(p);
            lcnn_picture_free(q);
        }
}
END_TEST

START_TEST(a_picture_that_cannot_be_written) {
    lcnn_picture *p = some_picture(1);
    ck_assert(!lcnn_picture_write(p, "nowhere/picture.pgm", errors));
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_IO);
    lcnn_picture_free(p);
}
END_TEST

/* Images of a data set may have any number of channels; files are grey or in colour. */
START_TEST(a_picture_of_other_channels_is_refused) {
    static const char *const names[] = {"picture.png", "picture.pgm"};
    for (int i = 0; i < 2; i++)
        for (int channels = 2; channels <= 4; channels += 2) {
            size_t size;
            lcnn_picture *p = lcnn_picture_new(channels, 5, 7);
            ck_assert_ptr_nonnull(p);
            ck_assert_ptr_null(lcnn_picture_bytes(p, names[i], &size, errors));
            ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_USAGE);
            lcnn_picture_free(p);
        }
}
END_TEST

START_TEST(the_ending_of_the_name_says_the_form) {
    static const char *const names[] = {"picture.jpg", "picture", "picture.png.gz", ".pgm"};
    for (int i = 0; i < 4; i++) {
        lcnn_picture *p = some_picture(1);
        ck_assert(!lcnn_picture_path_fits(names[i], errors));
        ck_assert(!lcnn_picture_write(p, names[i], errors));
        ck_assert_int_ne(access(names[i], F_OK), 0);
        lcnn_picture_free(p);
    }
    ck_assert_int_eq(lcnn_errors_count(errors), 8);
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_USAGE);
    ck_assert_str_eq(lcnn_errors_text(errors, 0),
                     "picture.jpg: error: the ending of the name says how a picture is written; "
#ifdef HAVE_PNG
                     "there are .png, .pgm, .ppm and .pnm");
#else
                     "there are .pgm, .ppm and .pnm, and .png where lcnn is built with libpng");
#endif
    ck_assert(lcnn_picture_path_fits("a.pgm", errors));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("predict");
    TCase *cases = tcase_create("predict");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, a_prediction_has_the_bits_of_the_test, 0, 2);
    tcase_add_test(cases, what_the_network_sees_is_what_a_view_shows);
    tcase_add_test(cases, pictures_that_do_not_fit);
    tcase_add_test(cases, what_every_layer_gives_can_be_kept);
    tcase_add_test(cases, what_is_written_is_read_again);
    tcase_add_test(cases, the_ending_of_the_name_says_the_form);
    tcase_add_test(cases, a_picture_that_cannot_be_written);
    tcase_add_test(cases, a_picture_of_other_channels_is_refused);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
