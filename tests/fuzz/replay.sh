#!/bin/sh
# replay.sh - every fuzz target, once over the inputs of its corpus.
set -u
passed=0 failed=0
for folder in "$srcdir"/tests/fuzz/corpus/*/; do
    name=$(basename "$folder")
    if said=$("$top_builddir/tests/fuzz/fuzz_$name" "$folder" 2>&1); then
        echo "ok $name: $said"
        passed=$((passed + 1))
    else
        echo "FAIL $name: $said"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
