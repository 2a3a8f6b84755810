#!/bin/sh
# coverage.sh - which lines and branches of the program `make check` runs, as clang counts them in the source. Builds it anew in a
# folder of its own:
#
#   sh tests/coverage.sh [FOLDER]
#
# and prints a row for each part. Wants clang and llvm; LCNN_TEST_DATA as for `make check`. With a FOLDER, it and the counts stay:
#
#   cd FOLDER && llvm-cov show ./lcnn -instr-profile=counts SOURCE
#
# What is compiled several times, as for each instruction set, counts once. Counts live in mapped files, so that they outlast
# kills; but a limit on the size of files is one on them, too, so the case of cli.sh about it fails here. So do the two of faults.sh
# about allocations: LLVM's OpenMP aborts where a thread finds no memory.
set -u
source=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$(mktemp -d)}
[ $# -gt 0 ] || trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder" && cd "$folder" || exit 1
{ command -v llvm-cov && command -v clang; } >/dev/null || { echo "coverage.sh wants clang and llvm"; exit 1; }

export LLVM_PROFILE_FILE="$PWD/raw/%m%c.profraw"
flags='-O1 -g -fprofile-instr-generate -fcoverage-mapping -mllvm -runtime-counter-relocation -Wno-unused-command-line-argument'
[ -f Makefile ] || "$source/configure" --quiet CC=clang CFLAGS="$flags" >configure.log 2>&1 || { tail configure.log; exit 1; }
make -j"$(nproc)" >make.log 2>&1 || { tail make.log; exit 1; }
rm -rf raw
CK_DEFAULT_TIMEOUT=3000 make check >check.log 2>&1
grep -h " passed, " check.log | tail -n 1

llvm-profdata merge -o counts raw/*.profraw || exit 1
objects=$(find tests -type f -perm -u+x | sed 's/^/-object /')
# shellcheck disable=SC2086 # words
llvm-cov report ./lcnn $objects -instr-profile=counts -ignore-filename-regex='/tests/' >report.txt 2>report.err || { cat report.err; exit 1; }

# row PART REGEX: sums over the files whose path matches.
row() {
    awk -v part="$1" -v of="$2" '
        "/" $1 ~ of { lines += $8; missed += $9; branches += $11; untaken += $12 }
        function share(all, less) { return all ? 100 * (all - less) / all : 0 }
        END { printf "%-14s %7d %8.1f %% %9d %8.1f %%\n", part, lines, share(lines, missed), branches, share(branches, untaken) }' report.txt
}
printf '%-14s %7s %10s %9s %10s\n' part lines run branches taken
row document '/core/document[^/]*$'
row attr '/core/attr[^/]*$'
row readers '/datasets/(readers/|idx|picture)[^/]*$'
row checkpoint '/(core/(checkpoint[^/]*|train_state|file)|tools/checkpoints)[.]c$'
row core '/core/'
row ops '/ops/'
row datasets '/datasets/'
row tools '/tools/'
row all '/(core|ops|datasets|tools)/'
