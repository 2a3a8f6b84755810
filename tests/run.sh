#!/bin/sh
# run.sh - `make check`: runs the tests it is given one after the other and adds up their closing lines.
#
# A test is a program or a shell script whose last line is "N passed, N failed, N skipped". Its whole output is kept in
# tests/NAME.log; what failed or was skipped is shown. One after the other, since each test uses all threads itself.
set -u
passed=0 failed=0 skipped=0
mkdir -p tests
# For builds with sanitizers; see that file.
export LSAN_OPTIONS="${LSAN_OPTIONS-suppressions='$(cd "${srcdir:-.}" && pwd)/tests/lsan.supp':print_suppressions=0}"

# closing_line LOG: "12 0 3" for "12 passed, 0 failed, 3 skipped", or nothing.
closing_line() {
    tail -n 1 "$1" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p'
}

# report NAME LOG STATUS PASSED FAILED SKIPPED SECONDS: shows one test and adds it up. A test that crashed counts as one failure.
report() {
    failures=$5
    if [ "$3" -ne 0 ] && [ "$failures" -eq 0 ]; then
        echo "$1 ended with status $3, which its last line does not explain" >>"$2"
        failures=1
    fi
    passed=$((passed + $4)) failed=$((failed + failures)) skipped=$((skipped + $6))
    if [ "$failures" -ne 0 ]; then
        echo "FAIL $1"
        tail -n 60 "$2" | sed 's/^/     /'
    else
        echo "ok   $1 ($4)$([ "$7" -gt 1 ] && echo ", $7 s")"
        sed -n 's/^SKIP /     skipped /p' "$2"
    fi
}

for test in "$@"; do
    name=$(basename "$test" .sh)
    log=tests/$name.log
    began=$(date +%s)
    case $test in
        *.sh) sh "$test" >"$log" 2>&1 </dev/null ;;
        *) "./$test" >"$log" 2>&1 </dev/null ;;
    esac
    status=$?
    counts=$(closing_line "$log")
    if [ -z "$counts" ]; then
        echo "$name ended with status $status and without a closing line" >>"$log"
        counts="0 1 0"
    fi
    # shellcheck disable=SC2086 # three words
    report "$name" "$log" "$status" $counts $(($(date +%s) - began))
done

[ "$failed" -eq 0 ] || echo "whole outputs: tests/*.log"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
