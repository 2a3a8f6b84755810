#!/bin/sh
# includes.sh - the layers stay layers: who may include whom. tools sees the public header only; operators and kernels know
# no graph; graph, plan and executor know no data set and no operator; one module knows libyaml.
set -u
cd "$srcdir" || exit 1
passed=0 failed=0

# allow NAME FILES PATTERN...: project headers that FILES include must match one of the shell patterns.
allow() {
    name=$1 files=$2
    shift 2
    bad=
    for file in $files; do
        for header in $(sed -n 's/^ *# *include "\([^"]*\)".*/\1/p' "$file"); do
            ok=no
            for pattern in "$@"; do
                # shellcheck disable=SC2254 # the pattern is meant to be one
                case $header in $pattern) ok=yes ;; esac
            done
            [ $ok = yes ] || bad="$bad $file:$header"
        done
    done
    verdict "$name" "$bad"
}

# forbid NAME REGEX FILES: no line of FILES may match.
forbid() {
    name=$1 regex=$2
    shift 2
    verdict "$name" "$(grep -nE "$regex" "$@" /dev/null | tr '\n' ' ')"
}

verdict() {
    if [ -z "$2" ]; then
        echo "ok $1"
        passed=$((passed + 1))
    else
        echo "FAIL $1: $2"
        failed=$((failed + 1))
    fi
}

allow tools-see-the-public-header-only "$(ls tools/*.[ch])" config.h lcnn.h \
    $(cd tools && ls ./*.h | sed 's,^\./,,')
allow kernels-know-no-operators "$(ls ops/kernels/conv*.[ch] ops/kernels/dense*.[ch])" \
    simd.h 'conv*.h' dense.h
allow operators-know-no-graph "$(ls ops/*.c ops/kernels/*.h)" op.h init.h rng.h rng_lanes.h simd.h simd_math.h tensor.h backend.h \
    registry.inc 'kernels/*.h' 'elementwise.h' 'window.h' 'conv.h' 'conv_taps.h' 'conv_gradient.h' 'dense.h' 'pool.h' 'reshape.h' 'softmax.h' 'loss.h' 'logistic.h'
forbid one-module-knows-libyaml '#include <yaml\.h>' $(ls core/*.[ch] ops/*.c datasets/*.[ch] tools/*.[ch] | grep -v '^core/document')
# The files behind lcnn.h hand the data sets down; they have names that begin with lcnn, but for the manual.
forbid the-core-knows-no-data-sets '#include "(datasets|catalogue|glyphs|idx|picture|fetch|verify)\.h"' \
    $(ls core/*.[ch] | grep -v -e '^core/lcnn' -e '^core/manual.c')
forbid graph-plan-and-executor-name-no-operator '"(conv2d|dense|softmax|batch_norm|avg_pool2d|flatten)' \
    core/graph*.c core/plan.c core/exec*.c core/network.c core/train.c
forbid the-library-never-prints-or-exits '\b(printf|puts|perror|exit|abort|assert) ?\(' \
    $(ls core/*.c ops/*.c ops/kernels/*.c datasets/*.c datasets/*/*.c)
forbid sums-have-one-order 'pragma omp.*(reduction|atomic)' $(ls core/*.[ch] ops/*.c ops/kernels/*)
forbid no-flag-breaks-the-arithmetic 'ffast-math|march=native|Ofast' configure.ac Makefile.am $(ls ./*/local.mk)

echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
