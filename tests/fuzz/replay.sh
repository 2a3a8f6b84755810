#!/bin/sh
# replay.sh - every fuzz target over the inputs of its corpus: once as it is, and again with each allocation and each call for a
# file failing (replay.c). FULL=1 leaves none of these out.
set -u
passed=0 failed=0
for folder in "$srcdir"/tests/fuzz/corpus/*/; do
    name=$(basename "$folder")
    if said=$("$top_builddir/tests/fuzz/fuzz_$name" --faults "$folder" 2>&1); then
        echo "ok $name: $(echo "$said" | tail -n 1)"
        passed=$((passed + 1))
    else
        echo "FAIL $name: $said"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
