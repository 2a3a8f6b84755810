#!/bin/sh
# fuzz.sh - builds the fuzz targets with clang and libFuzzer, the address and undefined-behaviour sanitizers, or with AFL++, and lets
# them search:
#
#   sh tests/fuzz/fuzz.sh [--afl] SECONDS [TARGET...]
#
# two targets at a time, so on both cores of a small machine. Builds and keeps what is found in ./fuzzing, where inputs that make the
# program fail are fuzzing/found/TARGET/crash-*. Ends with a table.
set -u
source=$(cd "$(dirname "$0")/../.." && pwd)
driver=libfuzzer
[ "${1:-}" != --afl ] || { driver=afl && shift; }
[ $# -ge 1 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
seconds=$1
shift
targets=${*:-$(cd "$source/tests/fuzz/corpus" && echo *)}
mkdir -p "fuzzing/$driver" && cd fuzzing || exit 1

case $driver in
    libfuzzer)
        CC=clang CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all'
        LINK='-g -fsanitize=fuzzer,address,undefined'
        ;;
    afl) CC=afl-clang-fast CFLAGS='-O1 -g' LINK='-g -fsanitize=fuzzer' ;;
esac
libraries=$(pkg-config --libs yaml-0.1 zlib jansson nettle libcurl libarchive libpng)' -ljpeg -lm'

build() {
    cd "$driver" || exit 1
    [ -f Makefile ] || "$source/configure" --quiet CC=$CC CFLAGS="$CFLAGS" || exit 1
    # The library and the tools are enough; kernels of the generic instruction set will do.
    make -j2 core/commit.inc ops/registry.inc datasets/readers.inc datasets/transforms.inc datasets/catalogue.inc &&
        make -j2 liblcnn.a libtools.a libgeneric.a libavx2.a libavx512.a || exit 1
    for target in $targets; do
        wrap=
        [ "$target" != arguments ] || wrap=-Wl,--wrap=exit
        # shellcheck disable=SC2086 # options are words
        $CC $LINK -fopenmp -DHAVE_CONFIG_H -I. -I"$source/core" -I"$source/ops" -I"$source/datasets" -I"$source/tools" \
            "$source/tests/fuzz/fuzz.c" "$source/tests/fuzz/fuzz_$target.c" $wrap \
            libtools.a liblcnn.a libgeneric.a libavx512.a libavx2.a liblcnn.a $libraries -o "fuzz_$target" || exit 1
    done
}
(build >build.log 2>&1) || { tail build.log; exit 1; }

# Words for all that is YAML.
dictionary() {
    case $1 in
        model | study | dataset_yaml | catalogue) echo "$source/tests/fuzz/yaml.dict" ;;
        arguments) echo "$source/tests/fuzz/arguments.dict" ;;
    esac
}

search() {
    mkdir -p "found/$1" "inputs/$1"
    words=$(dictionary "$1")
    if [ $driver = afl ]; then
        # shellcheck disable=SC2086
        AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 timeout $((seconds + 60)) afl-fuzz -V "$seconds" -t 5000 \
            -m none -i "$source/tests/fuzz/corpus/$1" -o "afl-$1" ${words:+-x "$words"} -- "./$driver/fuzz_$1" >"$1.log" 2>&1
    else
        # shellcheck disable=SC2086
        "./$driver/fuzz_$1" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=512 -max_len=8192 \
            -close_fd_mask=3 -print_final_stats=1 ${words:+-dict="$words"} -artifact_prefix="found/$1/" \
            "inputs/$1" "$source/tests/fuzz/corpus/$1" >"$1.log" 2>&1
    fi
}

row() {
    if [ $driver = afl ]; then
        stats=afl-$1/default/fuzzer_stats
        value() { sed -n "s/^$1 *: //p" "$stats"; }
        printf '%-14s %12s %9s %8s %7s %7s\n' "$1" "$(value execs_done)" "$(value execs_per_sec)" "$(value edges_found)" \
            "$(value corpus_count)" "$(($(value saved_crashes) + $(value saved_hangs)))"
    else
        last=$(grep -o 'cov: [0-9]*' "$1.log" | tail -n 1)
        count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$1.log" | tail -n 1)
        rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$1.log" | tail -n 1)
        found=$(find "found/$1" -type f | wc -l)
        printf '%-14s %12s %9s %8s %7s %7s\n' "$1" "${count:--}" "${rate:--}" "${last#cov: }" "$(ls "inputs/$1" | wc -l)" "$found"
    fi
}

running=0
for target in $targets; do
    search "$target" &
    running=$((running + 1))
    [ $((running % 2)) -ne 0 ] || wait
done
wait
printf '%-14s %12s %9s %8s %7s %7s\n' target executions a-second edges inputs finds
for target in $targets; do row "$target"; done
