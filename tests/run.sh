#!/bin/sh
# run.sh - `make check`: runs the tests it is given, as many at a time as there are processors, and adds up their closing lines.
#
# A test is a program or a shell script whose last line is "N passed, N failed, N skipped". Its whole output is kept in
# tests/NAME.log; what failed or was skipped is shown.
set -u
# For builds with sanitizers; see that file.
export LSAN_OPTIONS="${LSAN_OPTIONS-suppressions='$(cd "${srcdir:-.}" && pwd)/tests/lsan.supp':print_suppressions=0}"
# Each test may use all processors, so a thread that waits leaves its own to others.
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY-passive}"

# closing_line LOG: "12 0 3" for "12 passed, 0 failed, 3 skipped", or nothing.
closing_line() {
    tail -n 1 "$1" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p'
}

# report NAME LOG STATUS SECONDS PASSED FAILED SKIPPED: shows one test and counts it. A test that crashed counts as one failure.
report() {
    failures=$6
    if [ "$3" -ne 0 ] && [ "$failures" -eq 0 ]; then
        echo "$1 ended with status $3, which its last line does not explain" >>"$2"
        failures=1
    fi
    if [ "$failures" -ne 0 ]; then
        echo "FAIL $1"
        tail -n 60 "$2" | sed 's/^/     /'
    else
        echo "ok   $1 ($5)$([ "$4" -gt 1 ] && echo ", $4 s")"
        sed -n 's/^SKIP /     skipped /p' "$2"
    fi
    echo "$5 $failures $7" >>"$LCNN_TEST_COUNTS"
}

run_one() {
    name=$(basename "$1" .sh)
    log=tests/$name.log
    began=$(date +%s)
    case $1 in
        *.sh) sh "$1" >"$log" 2>&1 </dev/null ;;
        *) "./$1" >"$log" 2>&1 </dev/null ;;
    esac
    status=$?
    counts=$(closing_line "$log")
    if [ -z "$counts" ]; then
        echo "$name ended with status $status and without a closing line" >>"$log"
        counts="0 1 0"
    fi
    # shellcheck disable=SC2086 # three words
    shown=$(report "$name" "$log" "$status" $(($(date +%s) - began)) $counts)
    printf '%s\n' "$shown"
}

if [ "${1:-}" = --one ]; then
    run_one "$2"
    exit 0
fi

mkdir -p tests
LCNN_TEST_COUNTS=$(mktemp) && export LCNN_TEST_COUNTS || exit 1
trap 'rm -f "$LCNN_TEST_COUNTS"' EXIT
printf '%s\n' "$@" | xargs -n 1 -P "$(nproc)" sh "$0" --one
awk -v tests=$# '
    { passed += $1; failed += $2; skipped += $3 }
    END {
        failed += tests - NR # those that left no count
        if (failed)
            print "whole outputs: tests/*.log"
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed != 0
    }' "$LCNN_TEST_COUNTS"
