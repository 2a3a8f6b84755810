# cli-words.sh - the words that tests of the command are written in; cli.sh and its like source it with `.`.
#
# Wants $LCNN, the program, and $srcdir, the source tree. Goes into an empty folder of its own, which vanishes at the end. Each
# case prints "ok NAME", "FAIL NAME: why" or "SKIP NAME: why"; `closing_line` ends the script.
set -u
LCNN=${LCNN:-./lcnn}
case $LCNN in /*) ;; *) LCNN=$PWD/$LCNN ;; esac
source=$(cd "${srcdir:-.}" && pwd)
unset NO_COLOR LCNN_DATA XDG_DATA_HOME XDG_CACHE_HOME XDG_CONFIG_HOME
work=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
export HOME="$work" # where no data set was fetched to
passed=0 failed=0 skipped=0

# lcnn ARGUMENT...: runs the program; its output goes to ./out, its errors to ./err, its exit status to $status.
lcnn() {
    "$LCNN" "$@" >out 2>err </dev/null
    status=$?
}

# Expectations note the first thing that is not as it should be in $why.
exits() { [ "$status" -eq "$1" ] || wrong "exit status $status, not $1; stderr: $(head -n 2 err)"; }
says() { grep -q -e "$2" "$1" || wrong "no '$2' in $1: $(head -n 3 "$1" | cut -c 1-200)"; }
never_says() { ! grep -q -e "$2" "$1" || wrong "'$2' in $1: $(grep -m 1 -o -e ".\{0,60\}$2.\{0,60\}" "$1")"; }
silent() { [ ! -s "$1" ] || wrong "$1 should be empty: $(head -n 2 "$1")"; }
there() { [ -s "$1" ] || wrong "$1 is missing or empty"; }
absent() { [ ! -e "$1" ] || wrong "$1 should not be there"; }
same() { cmp -s "$1" "$2" || wrong "$1 and $2 differ"; }
differ() { ! cmp -s "$1" "$2" || wrong "$1 and $2 are the same"; }
equal() { [ "$1" = "$2" ] || wrong "'$1' is not '$2'"; }
wrong() { [ -n "$why" ] || why=$1; }

# until_there FILE: waits for what a command in the background writes, a minute at most.
until_there() {
    for _ in $(seq 1200); do
        [ -s "$1" ] && return
        sleep 0.05
    done
    wrong "$1 never came"
}

# refused STATUS MESSAGE ARGUMENT...
refused() {
    expected=$1 message=$2
    shift 2
    lcnn "$@"
    exits "$expected"
    says err "$message"
    silent out
}

# test_case NAME: runs the function NAME and counts it; a case that sets $skip to a reason is skipped.
test_case() {
    why='' skip=''
    "$1"
    if [ -n "$skip" ]; then
        skipped=$((skipped + 1))
        echo "SKIP $1: $skip"
    elif [ -n "$why" ]; then
        failed=$((failed + 1))
        echo "FAIL $1: $why"
    else
        passed=$((passed + 1))
        echo "ok $1"
    fi
}

closing_line() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}
