#!/bin/sh
# one-hash.sh - the same weights, to the last bit, wherever they are trained. `make check` runs it on the program that was built:
# every instruction set here, several numbers of threads. By hand,
#
#   sh tests/one-hash.sh --all
#
# builds the program anew with gcc and clang at -O0, -O2 and -O3, and for other processors, and prints one row for each with
# every number of threads: about half an hour on two cores. As root on Debian it fetches what building for ARM (aarch64) and
# for IBM mainframes (s390x, big-endian) takes, into a folder of its own, and runs those under qemu-user, like an x86-64 without
# AVX and FMA.
. "${srcdir:-.}/tests/cli-words.sh"

# Of weights after two epochs of each model below. It changes when what is computed does: then every result of before is lost, so
# it is worth a new version.
expected=485d19b1ced804403ed3afee29feca3c93de42dd7db6e5a5139f88825333a3ce
images=40

# hash_of COMMAND...: trains a little of everything by "COMMAND run ..." and prints one hash for it all.
hash_of() {
    rm -rf trained all
    for model in "lenet5" "lenet5 --set train.batch_size=1" "lenet5-batchnorm" "lenet5-1998" "lenet5-best"; do
        # shellcheck disable=SC2086 # options are words
        set_model $model
        # shellcheck disable=SC2086
        "$@" run "$source/models/$name.yaml" $rest --data glyphs:$images --set train.epochs=2 $options --quiet --no-report \
            --checkpoint never --out trained >out 2>err </dev/null || { head -n 2 err; return; }
        cat trained/weights.safetensors >>all
        rm -r trained
    done
    sha256sum <all | cut -c 1-64
}
set_model() {
    name=$1
    shift
    rest=$*
}

# ---- The program that was built ----------------------------------------------------------------------------------------

# Instruction sets that both program and machine know.
instruction_sets() {
    "$@" run "$source/models/lenet5.yaml" --isa none --data glyphs:10 --out none 2>&1 >/dev/null </dev/null |
        sed -n 's/.*there is //p' | tr -d ,
}

any_number_of_threads_comes_to_one_hash() {
    for threads in 1 2 3 7 16 64; do
        options="--threads $threads"
        equal "$threads threads: $(hash_of "$LCNN")" "$threads threads: $expected"
    done
}

any_instruction_set_comes_to_one_hash() {
    for isa in $(instruction_sets "$LCNN"); do
        options="--isa $isa"
        equal "$isa: $(hash_of "$LCNN")" "$isa: $expected"
    done
}

# preload: makes ./unkind.so, a library that, loaded first, leaves the processor and the C library as an unkind one might; false
# when that cannot be made or loaded here.
preload() {
    cat >unkind.c <<'C'
#include <locale.h>
#include <stdlib.h>
#ifdef __SSE__
#include <immintrin.h>
#endif
__attribute__((constructor)) static void leave_unkind(void) {
#ifdef __SSE__
    if (getenv("UNKIND_FLOATS")) /* denormals are zero, and all is rounded towards zero */
        _mm_setcsr(_mm_getcsr() | 0x8040 | 0x6000);
#endif
    if (getenv("UNKIND_LOCALE"))
        setlocale(LC_ALL, getenv("UNKIND_LOCALE"));
}
C
    ${CC:-cc} -shared -fPIC -o unkind.so unkind.c 2>err && LD_PRELOAD=$PWD/unkind.so "$LCNN" --version >out 2>err && [ ! -s err ]
}

processor_settings_of_others_change_no_bit() {
    preload || { skip="no library can be loaded first here: $(head -n 1 err)" && return; }
    options='--threads 2'
    equal "$(LD_PRELOAD=$PWD/unkind.so UNKIND_FLOATS=1 hash_of "$LCNN")" "$expected"
}

a_decimal_comma_changes_no_bit() {
    preload || { skip="no library can be loaded first here: $(head -n 1 err)" && return; }
    localedef -i de_DE -f UTF-8 ./de_DE.UTF-8 2>err || { skip="no German locale can be made here" && return; }
    options='--threads 2'
    equal "$(LD_PRELOAD=$PWD/unkind.so LOCPATH=$PWD UNKIND_LOCALE=de_DE.UTF-8 hash_of "$LCNN")" "$expected"
    quick="$source/models/softmax-regression.yaml --data glyphs:50 --quiet --no-report --set train.learning_rate=0.25"
    # shellcheck disable=SC2086
    lcnn run $quick --out plain
    # shellcheck disable=SC2086
    LD_PRELOAD=$PWD/unkind.so LOCPATH=$PWD UNKIND_LOCALE=de_DE.UTF-8 lcnn run $quick --out comma
    for file in result.json predictions.csv model.yaml; do same plain/$file comma/$file; done
    equal "$(head -n 2 comma/metrics.csv | tr -dc ',\n' | uniq | wc -l)" 1
}

# ---- All of them -------------------------------------------------------------------------------------------------------

# row NAME COMMAND...: a row of the table, and a case of its own.
row() {
    label=$1
    shift
    why=''
    line=$(printf '%-34s' "$label")
    for threads in $thread_list; do
        options="--threads $threads $isa_option"
        found=$(hash_of "$@")
        if [ "$found" = "$expected" ]; then
            line="$line $(printf '%6s' same)"
        else
            line="$line $(printf '%6s' DIFFER)"
            wrong "$threads threads: $found"
        fi
    done
    echo "$line"
    if [ -n "$why" ]; then
        failed=$((failed + 1))
        echo "FAIL $label: $why"
    else
        passed=$((passed + 1))
    fi
}

# build FOLDER OPTION...: the program into FOLDER/lcnn, or a line that says why not.
build() {
    folder=$1
    shift
    mkdir -p "$folder"
    (cd "$folder" && "$source/configure" --quiet --without-curl --without-archive --without-png --without-jpeg "$@" &&
        make -j"$(nproc)") >"$folder.log" 2>&1 && return
    skipped=$((skipped + 1))
    echo "SKIP $folder: it cannot be built here: $(tail -n 1 "$folder.log")"
    return 1
}

native() {
    for compiler in gcc clang; do
        for level in -O0 -O2 -O3; do
            build "$compiler$level" CC=$compiler CFLAGS="$level" || continue
            for isa in $(instruction_sets "$compiler$level/lcnn"); do
                isa_option="--isa $isa"
                row "$compiler $level x86-64 $isa" "$compiler$level/lcnn"
            done
        done
    done
}

# A processor of 2008: no AVX, no FMA.
without_fma() {
    command -v qemu-x86_64 >/dev/null || { echo "SKIP x86-64 without FMA: no qemu-x86_64 here"; return; }
    isa_option=
    row "gcc -O2 x86-64 Nehalem (qemu)" qemu-x86_64 -cpu Nehalem gcc-O2/lcnn
}

# cross ARCHITECTURE PREFIX QEMU: builds with Debian's cross compiler against its packages for that architecture, unpacked here,
# and without shared libraries, so that qemu needs none.
cross() {
    command -v "$2-gcc" >/dev/null && command -v "$3" >/dev/null ||
        { skipped=$((skipped + 1)); echo "SKIP $1: needs $2-gcc and $3 (gcc-$2, qemu-user)"; return; }
    mkdir -p "packages-$1" "root-$1"
    (cd "packages-$1" && dpkg --add-architecture "$1" && apt-get -q update &&
        apt-get -q download libyaml-dev:"$1" zlib1g-dev:"$1" libjansson-dev:"$1" nettle-dev:"$1") >"packages-$1.log" 2>&1 ||
        { skipped=$((skipped + 1)); echo "SKIP $1: no packages: $(tail -n 1 "packages-$1.log")"; return; }
    for package in "packages-$1"/*.deb; do
        dpkg-deb -x "$package" "root-$1"
    done
    root=$work/root-$1
    build "$1" --host="$2" LDFLAGS="-static -L$root/usr/lib/$2" CPPFLAGS="-I$root/usr/include -I$root/usr/include/$2" \
        PKG_CONFIG_LIBDIR="$root/usr/lib/$2/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$root" || return
    isa_option=
    row "gcc -O2 $1 (qemu)" "$3" "$1/lcnn"
}

if [ "${1:-}" = --all ]; then
    [ -x "$source/configure" ] || (cd "$source" && ./bootstrap >/dev/null)
    thread_list='1 2 3 7 16 64'
    printf '%-34s' threads
    for threads in $thread_list; do printf ' %6s' "$threads"; done
    echo
    native
    thread_list='1 3'
    without_fma
    cross arm64 aarch64-linux-gnu qemu-aarch64
    cross s390x s390x-linux-gnu qemu-s390x
else
    test_case any_number_of_threads_comes_to_one_hash
    test_case any_instruction_set_comes_to_one_hash
    test_case processor_settings_of_others_change_no_bit
    test_case a_decimal_comma_changes_no_bit
fi
closing_line
