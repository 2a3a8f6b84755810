/* test_rng.c - Philox against its authors' known answers, and what is drawn from it. */
#include "config.h"

#include "rng.h"
#include "rng_lanes.h"
#include "suite.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The known-answer vectors that come with the authors' Random123. A purpose of 0, which nothing
 * uses, leaves the key as it is. */
static const struct {
    uint32_t counter[4], key[2], answer[4];
} known[] = {
    {{0}, {0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

START_TEST(words_are_philox) {
    uint32_t word[4];
    rng_key key = {.seed = (uint64_t)known[_i].key[1] << 32 | known[_i].key[0],
                   .epoch = known[_i].counter[2],
                   .stream = known[_i].counter[3]};
    rng_words(&key, known[_i].counter[1], known[_i].counter[0], word);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(word[i], known[_i].answer[i]);
}
END_TEST

START_TEST(every_part_of_the_key_matters) {
    const rng_key keys[] = {
        {1, RNG_INIT, 2, 3},    {2, RNG_INIT, 2, 3}, {1 | 1ull << 40, RNG_INIT, 2, 3},
        {1, RNG_DROPOUT, 2, 3}, {1, RNG_INIT, 3, 3}, {1, RNG_INIT, 2, 4},
        {1, RNG_INIT, 3, 2},
    };
    enum { KEYS = sizeof keys / sizeof *keys };
    uint32_t word[KEYS + 2][4];
    for (int i = 0; i < KEYS; i++)
        rng_words(&keys[i], 5, 6, word[i]);
    rng_words(&keys[0], 6, 5, word[KEYS]);
    rng_words(&keys[0], 5, 7, word[KEYS + 1]);
    for (int i = 0; i < KEYS + 2; i++)
        for (int j = 0; j < i; j++)
            ck_assert_mem_ne(word[i], word[j], sizeof word[i]);
}
END_TEST

START_TEST(sixteen_at_once_are_the_same) {
    const rng_key key = {UINT64_C(0xfedcba9876543), RNG_DROPOUT, 0x80000001, 0xffffffff};
    uint32_t index[LANES], position[LANES], word[4][LANES], alone[4];
    for (uint32_t l = 0; l < LANES; l++) {
        index[l] = l * UINT32_C(0x9abcdef1);
        position[l] = UINT32_C(0xffffffff) - l * l;
    }
    rng_words_lanes(&key, index, position, word);
    for (int l = 0; l < LANES; l++) {
        rng_words(&key, index[l], position[l], alone);
        for (int k = 0; k < 4; k++)
            ck_assert_uint_eq(word[k][l], alone[k]);
    }
}
END_TEST

START_TEST(names_hash_as_published) {
    ck_assert_uint_eq(rng_hash(""), 0x811c9dc5);
    ck_assert_uint_eq(rng_hash("a"), 0xe40c292c);
    ck_assert_uint_eq(rng_hash("foobar"), 0xbf9cf968);
}
END_TEST

START_TEST(numbers_stay_in_range) {
    ck_assert(rng_unit(0) == 0);
    ck_assert(rng_unit(UINT32_MAX) < 1);
    ck_assert(rng_open_unit(0, 0) > 0);
    ck_assert(rng_open_unit(UINT32_MAX, UINT32_MAX) < 1);
    ck_assert_uint_eq(rng_below(UINT32_MAX, 10), 9);
    ck_assert_uint_eq(rng_below(0, 10), 0);
}
END_TEST

START_TEST(a_permutation_holds_every_number_once) {
    enum { N = 60000 };
    const rng_key key = {.seed = 1, .purpose = RNG_SHUFFLE};
    uint32_t *order = malloc(N * sizeof *order);
    bool *seen = calloc(N, sizeof *seen);
    rng_permutation(&key, N, order);
    int in_place = 0;
    for (uint32_t i = 0; i < N; i++) {
        ck_assert_uint_lt(order[i], N);
        ck_assert(!seen[order[i]]);
        seen[order[i]] = true;
        in_place += order[i] == i;
    }
    ck_assert_int_lt(in_place, 10); /* one is expected */
    free(order);
    free(seen);
}
END_TEST

START_TEST(few_numbers_permute_too) {
    const rng_key key = {.seed = 1, .purpose = RNG_SHUFFLE};
    uint32_t order[1] = {7};
    rng_permutation(&key, 0, order);
    ck_assert_uint_eq(order[0], 7);
    rng_permutation(&key, 1, order);
    ck_assert_uint_eq(order[0], 0);
}
END_TEST

/* Chi-square over the 24 orders of four numbers: 23 degrees of freedom, beyond 65 once in 10^5. */
START_TEST(all_orders_are_as_likely) {
    enum { EPOCHS = 24000 };
    int count[256] = {0};
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        uint32_t order[4];
        const rng_key key = {.seed = 1, .purpose = RNG_SHUFFLE, .epoch = epoch};
        rng_permutation(&key, 4, order);
        count[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]]++;
    }
    double chi_square = 0;
    int orders = 0;
    for (int i = 0; i < 256; i++)
        if (count[i]) {
            orders++;
            chi_square += (count[i] - 1000) * (count[i] - 1000) / 1000.0;
        }
    ck_assert_int_eq(orders, 24);
    ck_assert_double_lt(chi_square, 65);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("rng");
    TCase *tcase = tcase_create("rng");
    tcase_add_loop_test(tcase, words_are_philox, 0, sizeof known / sizeof *known);
    tcase_add_test(tcase, every_part_of_the_key_matters);
    tcase_add_test(tcase, sixteen_at_once_are_the_same);
    tcase_add_test(tcase, names_hash_as_published);
    tcase_add_test(tcase, numbers_stay_in_range);
    tcase_add_test(tcase, a_permutation_holds_every_number_once);
    tcase_add_test(tcase, few_numbers_permute_too);
    tcase_add_test(tcase, all_orders_are_as_likely);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
