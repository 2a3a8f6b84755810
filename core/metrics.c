/* metrics.c - evaluating answers. */
#include "metrics.h"

#include <math.h>
#include <stdlib.h>

/* The public struct points into the rest of its own memory. */
typedef struct metrics {
    lcnn_evaluation public; /* first: one is cast into the other */
    lcnn_scores *per_class; /* [classes] */
    double *loss;           /* [count] */
    uint32_t *confusion;    /* [classes][classes]: truth, answer */
    uint32_t *sample;       /* [count] */
    float *probability;     /* [count] */
    uint8_t *truth;         /* [count] */
    uint8_t *answer;        /* [count] */
} metrics;

lcnn_evaluation *metrics_new(uint32_t count, int classes) {
    const size_t n = count, k = (size_t)classes;
    const size_t per_image =
        sizeof(double) + sizeof(uint32_t) + sizeof(float) + 2 * sizeof(uint8_t);
    const size_t fixed = sizeof(metrics) + k * sizeof(lcnn_scores) + k * k * sizeof(uint32_t);
    if (n > (SIZE_MAX - fixed) / per_image)
        return NULL;
    metrics *m = calloc(1, fixed + n * per_image);
    if (!m)
        return NULL;
    /* From the strictest alignment to the loosest, so that no gaps are needed. */
    m->per_class = (lcnn_scores *)(m + 1);
    m->loss = (double *)(m->per_class + k);
    m->confusion = (uint32_t *)(m->loss + n);
    m->sample = m->confusion + k * k;
    m->probability = (float *)(m->sample + n);
    m->truth = (uint8_t *)(m->probability + n);
    m->answer = m->truth + n;
    m->public = (lcnn_evaluation){
        .count = count,
        .classes = classes,
        .per_class = m->per_class,
        .confusion = m->confusion,
        .sample = m->sample,
        .truth = m->truth,
        .answer = m->answer,
        .probability = m->probability,
        .loss_of = m->loss,
    };
    return &m->public;
}

void lcnn_evaluation_free(lcnn_evaluation *evaluation) {
    free(evaluation);
}

void metrics_set(lcnn_evaluation *evaluation, uint32_t index, uint32_t sample, int truth,
                 int answer, float probability, double loss) {
    metrics *m = (metrics *)evaluation;
    m->sample[index] = sample;
    m->truth[index] = (uint8_t)truth;
    m->answer[index] = (uint8_t)answer;
    m->probability[index] = probability;
    m->loss[index] = loss;
}

static double ratio(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

static lcnn_scores scores(double right, double answers, double images) {
    return (lcnn_scores){
        .precision = ratio(right, answers),
        .recall = ratio(right, images),
        .f1 = ratio(2 * right, answers + images),
    };
}

static void score_classes(metrics *m) {
    const size_t k = (size_t)m->public.classes;
    lcnn_scores sum = {0};
    for (size_t c = 0; c < k; c++) {
        double images = 0, answers = 0;
        for (size_t other = 0; other < k; other++) {
            images += m->confusion[c * k + other];
            answers += m->confusion[other * k + c];
        }
        const lcnn_scores s = scores(m->confusion[c * k + c], answers, images);
        m->per_class[c] = s;
        sum.precision += s.precision;
        sum.recall += s.recall;
        sum.f1 += s.f1;
    }
    m->public.macro = (lcnn_scores){
        .precision = sum.precision / (double)k,
        .recall = sum.recall / (double)k,
        .f1 = sum.f1 / (double)k,
    };
}

void metrics_finish(lcnn_evaluation *evaluation) {
    metrics *m = (metrics *)evaluation;
    const size_t k = (size_t)evaluation->classes;
    const double count = evaluation->count;
    double loss = 0, right = 0;
    for (uint32_t i = 0; i < evaluation->count; i++) {
        loss += m->loss[i];
        right += m->truth[i] == m->answer[i];
        m->confusion[m->truth[i] * k + m->answer[i]]++;
    }
    evaluation->loss = count > 0 ? loss / count : (double)NAN;
    evaluation->accuracy = count > 0 ? right / count : (double)NAN;
    evaluation->micro = scores(right, count, count);
    score_classes(m);
}
