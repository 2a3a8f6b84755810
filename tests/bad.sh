#!/bin/sh
# bad.sh - bad models and studies: `lcnn check` must say what NAME.err holds, word for word, and return the status of a bad model.
#
# A case is two files in tests/bad/, NAME.yaml and NAME.err; names that begin with limit- ask for too much and return 7.
# To make the second one, and then to read it with care: cd tests/bad && lcnn check NAME.yaml 2>NAME.err
set -u
LCNN=${LCNN:-./lcnn}
case $LCNN in /*) ;; *) LCNN=$PWD/$LCNN ;; esac
cd "${srcdir:-.}/tests/bad" || exit 1
unset NO_COLOR LCNN_DATA
said=$(mktemp) || exit 1
trap 'rm -f "$said"' EXIT
passed=0 failed=0

for model in *.yaml; do
    name=${model%.yaml}
    case $name in limit-*) expected=7 ;; *) expected=3 ;; esac
    "$LCNN" check "$model" 2>"$said" >/dev/null </dev/null
    status=$?
    if [ $status -eq $expected ] && cmp -s "$said" "$name.err"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name: status $status, expected $expected; what was said (+) against what should be (-):"
        diff -u "$name.err" "$said"
    fi
done

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
