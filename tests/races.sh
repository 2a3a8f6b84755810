#!/bin/sh
# races.sh - no two threads touch the same memory without an order: builds the program with clang's thread sanitizer and trains a
# little of every kind of network, on two and three threads. Not part of `make check`, since it takes a build of its own:
#
#   sh tests/races.sh
#
# Wants clang with libomp and libarcher.so (Debian: libomp-dev), which tells the sanitizer what OpenMP orders; without it every
# barrier would look like a race.
. "${srcdir:-.}/tests/cli-words.sh"
archer=$(ls /usr/lib/llvm-*/lib/libarcher.so 2>/dev/null | tail -n 1)

build() {
    "$source/configure" --quiet --without-curl --without-archive CC=clang CFLAGS='-O1 -g -fsanitize=thread' LDFLAGS=-fsanitize=thread &&
        make -j"$(nproc)"
}

no_races_in() {
    for threads in 2 3; do
        rm -rf trained
        # shellcheck disable=SC2086 # options are words
        OMP_TOOL_LIBRARIES=$archer ARCHER_OPTIONS=verbose=1 TSAN_OPTIONS='ignore_noninstrumented_modules=1 exitcode=66' \
            ./lcnn run "$source/models/$1.yaml" --data glyphs:100 --set train.epochs=1 $2 --threads $threads --checkpoint 1 --trace \
            --quiet --no-report --out trained >out 2>err </dev/null
        status=$?
        exits 0
        says out 'Archer detected OpenMP application with TSan'
        never_says err 'WARNING: ThreadSanitizer'
    done
}

batches() { no_races_in lenet5 '--set train.batch_size=48'; }
single_images() { no_races_in lenet5 '--set train.batch_size=1'; }
few_images() { no_races_in lenet5-relu '--set train.batch_size=7 --set data.validation=0.2'; }
coupled_images() { no_races_in lenet5-batchnorm ''; }
branches() { no_races_in resnet-mini ''; }
distortions() { no_races_in lenet5-distorted ''; }
second_derivatives() { no_races_in lenet5-1998 ''; }

[ -n "$archer" ] || { echo "races.sh wants libarcher.so"; exit 1; }
build >build.log 2>&1 || { tail build.log; exit 1; }
for name in batches single_images few_images coupled_images branches distortions second_derivatives; do
    test_case $name
done
closing_line
