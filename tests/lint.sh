#!/bin/sh
# lint.sh - clang-tidy and cppcheck over the whole tree, with the settings that are kept here and in .clang-tidy. Not part of
# `make check`, since it takes minutes; run in a folder that was configured:
#
#   srcdir=.. sh ../tests/lint.sh
set -u
source=${srcdir:-.}
passed=0 failed=0 skipped=0

# verdict NAME LOG: what was found is in LOG.
verdict() {
    if [ -s "$2" ]; then
        failed=$((failed + 1))
        echo "FAIL $1"
        cut -c 1-300 "$2"
    else
        passed=$((passed + 1))
        echo "ok $1"
    fi
    rm -f "$2"
}

skip() {
    skipped=$((skipped + 1))
    echo "SKIP $1: it is not installed"
}

includes="-I. -I$source/core -I$source/ops -I$source/datasets -I$source/tools -Iops -Idatasets"

# What cppcheck 2.10 gets wrong here: that no_memory() never returns (nullPointer..., memleakOnRealloc), vectors set element by
# element (uninitvar), bytes as any type (invalidPointerCast), a name of a member taken for a variable (unknownEvaluationOrder),
# memory that is handed over (memleak). NULL is a pointer in every C library here; readdir and strtok are called by one thread; a
# lock on a folder is held until the program ends; a line is written to itself to own it (selfAssignment).
if command -v cppcheck >/dev/null; then
    # shellcheck disable=SC2086 # options are words
    cppcheck --quiet --enable=warning,performance,portability --std=c11 --library=posix -j2 $includes -DHAVE_CONFIG_H \
        -DLCNN_ISA=generic --suppress=missingIncludeSystem --suppress=unknownMacro --suppress=nullPointerRedundantCheck \
        --suppress=nullPointerArithmeticRedundantCheck --suppress=ctunullpointer --suppress=varFuncNullUB \
        --suppress=readdirCalled --suppress=uninitvar --suppress=invalidPointerCast --suppress=selfAssignment \
        --suppress=memleak --suppress=memleakOnRealloc --suppress=strtokCalled --suppress=unknownEvaluationOrder \
        --suppress=preprocessorErrorDirective --suppress=resourceLeak:*/rundir.c --suppress=resourceLeak:*/study_folder.c \
        --error-exitcode=0 --template='{file}:{line}: {severity}: {message} [{id}]' \
        "$source/core" "$source/ops" "$source/datasets" "$source/tools" 2>lint.log
    grep -v '^ *$' lint.log >lint.found
    rm lint.log
    verdict cppcheck lint.found
else
    skip cppcheck
fi

if command -v clang-tidy >/dev/null; then
    libraries=$(pkg-config --cflags yaml-0.1 zlib jansson nettle libcurl libarchive libpng 2>/dev/null)
    # shellcheck disable=SC2086
    ls "$source"/core/*.c "$source"/ops/*.c "$source"/datasets/*.c "$source"/tools/*.c |
        xargs -P2 -n8 sh -c 'clang-tidy --quiet "$@" -- '"$includes $libraries"' -DHAVE_CONFIG_H -DPKGDATADIR=\"/x\" \
            -DLCNN_ISA=generic -std=c11 -fopenmp 2>/dev/null' sh | grep -E '(warning|error):' | grep -v '/usr/include/' | sort -u >lint.found
    verdict clang-tidy lint.found
else
    skip clang-tidy
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
