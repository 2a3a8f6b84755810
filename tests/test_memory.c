/* test_memory.c - blocks in use at the same time never overlap, and memory is reused. */
#include "memory.h"
#include "rng.h"
#include "suite.h"

#include <string.h>
#include <unistd.h>

enum { BLOCKS = 60, TIMES = 40 };

static void make_blocks(uint32_t seed, memory_block block[BLOCKS], memory_block *list[BLOCKS]) {
    const rng_key key = {.seed = seed, .purpose = RNG_INIT};
    for (uint32_t i = 0; i < BLOCKS; i++) {
        uint32_t word[4];
        rng_words(&key, i, 0, word);
        int first = (int)rng_below(word[0], TIMES);
        block[i] =
            (memory_block){.size = 16 * (1 + rng_below(word[1], 50)),
                           .first = first,
                           .last = first + (int)rng_below(word[2], (uint32_t)(TIMES - first))};
        list[i] = &block[i];
    }
}

START_TEST(blocks_in_use_together_do_not_overlap) {
    memory_block block[BLOCKS], *list[BLOCKS];
    make_blocks((uint32_t)_i, block, list);
    size_t total = memory_pack(list, BLOCKS);
    for (int i = 0; i < BLOCKS; i++) {
        const memory_block *a = &block[i];
        ck_assert_uint_le(a->offset + a->size, total);
        for (int j = 0; j < i; j++) {
            const memory_block *b = &block[j];
            bool together = a->first <= b->last && b->first <= a->last;
            bool overlap = a->offset < b->offset + b->size && b->offset < a->offset + a->size;
            ck_assert_msg(!(together && overlap), "blocks %d and %d share memory at the same time",
                          i, j);
        }
    }
}
END_TEST

START_TEST(memory_is_reused_as_soon_as_a_block_is_dead) {
    memory_block a = {.size = 64, .first = 0, .last = 1}, b = {.size = 64, .first = 1, .last = 2},
                 c = {.size = 64, .first = 2, .last = 3};
    memory_block *list[] = {&a, &b, &c};
    ck_assert_uint_eq(memory_pack(list, 3), 128);
    ck_assert_uint_eq(a.offset, c.offset);
}
END_TEST

START_TEST(more_than_the_machine_has_is_refused) {
    if (access("/proc/meminfo", R_OK) != 0)
        return; /* the system does not tell */
    lcnn_errors *errors = lcnn_errors_new();
    ck_assert(memory_there(1e6, "training", errors));
    ck_assert(!memory_there(1e18, "training", errors));
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_NO_MEMORY);
    ck_assert_ptr_nonnull(
        strstr(lcnn_errors_text(errors, 0), "training takes 1000000000.0 GB of memory, and "));
    lcnn_errors_free(errors);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");
    tcase_add_loop_test(tests, blocks_in_use_together_do_not_overlap, 0, 50);
    tcase_add_test(tests, memory_is_reused_as_soon_as_a_block_is_dead);
    tcase_add_test(tests, more_than_the_machine_has_is_refused);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
