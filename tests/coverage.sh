#!/bin/sh
# coverage.sh - which lines and branches of the program `make check` runs. Builds it anew in a folder of its own:
#
#   sh tests/coverage.sh [FOLDER]
#
# and prints a row for each part. Wants gcc and gcovr; LCNN_TEST_DATA as for `make check`. Operators count as compiled for the
# generic instruction set, since the others are the same lines. With a FOLDER, it and the counts stay.
set -uf # no file names out of regular expressions
source=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$(mktemp -d)}
[ $# -gt 0 ] || trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder" && cd "$folder" || exit 1
command -v gcovr >/dev/null || { echo "coverage.sh wants gcovr"; exit 1; }

# Counts are written when a program ends; a signal that ends the program then, or a limit on the size of files, would leave half of
# them. Hence no kills at random moments, either.
cat >unbroken.c <<'C'
#include <signal.h>
#include <sys/resource.h>
__attribute__((destructor)) static void end_unbroken(void) {
    struct rlimit size;
    sigset_t all;
    getrlimit(RLIMIT_FSIZE, &size);
    size.rlim_cur = size.rlim_max;
    setrlimit(RLIMIT_FSIZE, &size);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, 0);
}
C
gcc -c unbroken.c -o unbroken.o || exit 1
[ -f Makefile ] || "$source/configure" --quiet CC=gcc CFLAGS='-O1 -g --coverage' LIBS="$PWD/unbroken.o" >configure.log 2>&1 ||
    { tail configure.log; exit 1; }
make -j"$(nproc)" >make.log 2>&1 || { tail make.log; exit 1; }
find . -name '*.gcda' -delete
CK_DEFAULT_TIMEOUT=3000 KILLS=0 make check >check.log 2>&1
tail -n 1 check.log

# row PART REGEX...
row() {
    part=$1
    shift
    filters=
    for regex; do filters="$filters --filter $source/$regex"; done
    # shellcheck disable=SC2086 # filters are words
    gcovr --root "$source" $filters --json-summary-pretty \
        --gcov-ignore-parse-errors . 2>/dev/null | awk -v part="$part" '
        # The sums over all files are the largest of their name.
        match($1, /(line|branch)_(covered|total)/) {
            key = substr($1, RSTART, RLENGTH)
            value = $2 + 0
            if (value > most[key]) most[key] = value
        }
        function share(key) { return most[key "_total"] ? 100 * most[key "_covered"] / most[key "_total"] : 0 }
        END { printf "%-14s %7d %8.1f %% %9d %8.1f %%\n", part, most["line_total"], share("line"), most["branch_total"], share("branch") }'
}
printf '%-14s %7s %10s %9s %10s\n' part lines run branches taken
row document 'core/document.*'
row attr 'core/attr.*'
row readers 'datasets/readers/' 'datasets/idx' 'datasets/picture'
row checkpoint 'core/checkpoint.*' 'core/train_state.c' 'tools/checkpoints.c' 'core/file.c'
row core 'core/'
row ops 'ops/'
row datasets 'datasets/'
row tools 'tools/[a-z_]*\.[ch]'
row all 'core/' 'ops/' 'datasets/' 'tools/[a-z_]*\.[ch]'
