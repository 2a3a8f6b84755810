#!/bin/sh
# faults.sh - one call after the other goes wrong (tests/faults/faults.c): allocations, writes, flushes, renames, reads; or the power
# is cut there. Whatever happens, the program says what, ends with the status for it, leaves no half file, and --resume comes to
# the same bits.
#
#   FULL=1 sh tests/faults.sh     every call (hours), FULL=10 every tenth where there are thousands; `make check` takes the first
#                                 call from each place in the program, and a few others
. "${srcdir:-.}/tests/cli-words.sh"
FULL=${FULL:-}

cat >tiny.yaml <<'YAML'
name: tiny
input: [1, 28, 28]
nodes:
  - {name: c1, op: conv2d, filters: 2, kernel_size: 5, strides: 3}
  - {op: relu}
  - {op: flatten}
  - {name: output, op: dense, units: $classes}
loss: {op: softmax_cross_entropy, from: output}
data: {name: "glyphs:60", validation: 0.2, transforms: [{op: rescale, to: [0, 1]}]}
train: {epochs: 2, batch_size: 25, seed: 1, optimizer: adam, learning_rate: 0.01}
published: {source: nobody, results: [{metric: error, data: "glyphs:60", value: 0.9, uncertainty: 0.1}]}
YAML
cat >small.yaml <<'YAML'
name: small
seeds: 1
experiments:
  - name: models
    models: [tiny.yaml]
    data: ["glyphs:60"]
    grid: {train.epochs: [1, 2]}
    claims: [{says: more is better, better: {train.epochs: 2}, than: {train.epochs: 1}}]
YAML

# ---- A call that goes wrong --------------------------------------------------------------------------------------------

# faulty KIND AT HOW COMMAND...: runs the command with that fault; its status goes to $status.
faulty() {
    kind=$1 at=$2 how=$3
    shift 3
    {
        (LCNN_FAULT=$kind LCNN_FAULT_AT=$at LCNN_FAULT_HOW=$how LCNN_FAULT_COUNT=$work/calls LCNN_FAULT_KEEP=$work/kept \
            LD_PRELOAD=$work/faults.so exec "$@" >out 2>err </dev/null)
        status=$?
    } 2>/dev/null # the shell says when one was killed
}

# The commands, by the name of a scene; each leaves what it makes in the folder "made".
scene() {
    rm -rf made .made.new trials pages sheet.png
    case $1 in
        resume) cp -R killed made ;;
        study) cp -R studied trials && rm -r trials/trials/tiny-glyphs-60-epochs-1-1 ;;
    esac
}
words() {
    case $1 in
        check) echo check tiny.yaml small.yaml ;;
        run) echo run tiny.yaml --out made --checkpoint 1 --quiet --no-report --threads 2 ;;
        trace) echo run tiny.yaml --out made --trace --quiet --no-report --threads 1 ;;
        resume) echo run --resume made --quiet --no-report --threads 1 --checkpoint 1 ;;
        test) echo test whole --json --threads 1 ;;
        verify) echo verify whole --quiet --threads 1 ;;
        show) echo show tiny.yaml ;;
        study) echo study small.yaml --out trials --quiet --threads 1 ;;
        report) echo report whole ;;
        compare) echo report whole traced --out pages ;;
        bench) echo bench tiny.yaml --batch 1 --threads 1 --repeat 1 --mode inference ;;
        data) echo data glyphs:60 ;;
        stats) echo data stats glyphs:60 ;;
        sheet) echo data show glyphs:60 --out sheet.png ;;
    esac
}

# What a scene is for, on standard output: the same whenever it ends well.
product() {
    case $1 in
        run | trace | resume)
            [ "$1" != trace ] || cat made/trace.csv
            (cd made && cat weights.safetensors best.safetensors model.yaml hashes.csv result.json published.json confusion.csv predictions.csv)
            ;;
        study) cut -d, -f 1-15,17- trials/results.csv ;; # without the seconds
        report) cat whole/report.html ;;
        compare) cat pages/report.html ;;
        sheet) cat sheet.png ;;
        bench) ;;
        *) cat out ;;
    esac
}

# count_calls KIND SCENE: how many there are, in $all, and the first from each place in the file places.
count_calls() {
    scene "$2"
    # shellcheck disable=SC2046 # words
    LCNN_FAULT_PLACES=$work/places faulty "$1" 0 none "$LCNN" $(words "$2")
    [ "$status" -eq 0 ] || wrong "$2 fails without a fault: $(head -n 2 err)"
    all=$(cat calls)
    product "$2" >wanted
}

# comes_to_the_same_bits WHAT SCENE: --resume makes of what is left, when a run is, what comes of one without faults. What never
# came to have the name of the folder begins anew.
comes_to_the_same_bits() {
    [ -d made ] || return
    lcnn run --resume made --quiet --no-report
    [ "$status" -eq 0 ] || wrong "$1: --resume ends with $status: $(head -n 2 err)"
    product "$2" | cmp -s wanted - || wrong "$1: something else came of it after --resume"
    case $1 in
        resume*) ! grep -q '"epoch": 0' made/run.json || wrong "$1: it went on from the beginning, not from a checkpoint" ;;
    esac
}

# By hand, all that goes wrong is told, not the first alone.
wrong() {
    [ -n "$why" ] || why=$1
    [ -z "$FULL" ] || echo "   WRONG $1"
}

# judge WHAT STATUSES SCENE: of the faulty command before.
judge() {
    case " $2 " in
        *" $status "*) ;;
        *) wrong "$1: status $status: $(head -n 2 err)" ;;
    esac
    if [ "$status" -ne 0 ] && [ "$status" -lt 128 ]; then
        [ "$(grep -c 'error: ' err)" -ge 1 ] || wrong "$1: no message"
        [ "$(grep -c 'error: ' err)" -le 3 ] || wrong "$1: too many messages: $(cut -c 1-80 err | head -n 4)"
        [ -z "$(find made -name '*.tmp' 2>/dev/null)" ] || wrong "$1: a temporary file is left"
        # Without memory none can be found to look for files: the next run takes such a folder over.
        [ "$status" -eq 7 ] || [ ! -d .made.new ] || wrong "$1: a folder in the making is left"
    fi
    if [ "$status" -eq 0 ]; then
        product "$3" | cmp -s wanted - || wrong "$1: something else came of it"
    fi
    [ "$status" -eq 0 ] || comes_to_the_same_bits "$1" "$3"
}

# chosen MOST: which of $all calls are to go wrong: so many in even steps, and the first from each place that none came from yet.
chosen() {
    step=$((all / $1 + 1))
    [ -z "$FULL" ] || step=$((all > 1000 ? FULL : 1))
    {
        seq $((all % step + 1)) $step "$all"
        awk 'FILENAME == "tried" { tried[$2]; next } !($2 in tried) { print $1 }' tried places
    } | sort -nu
    cat places >>tried
}

# each KIND HOW STATUSES MOST SCENE...: the chosen calls in each scene.
each() {
    kind_of=$1 how_of=$2 statuses=$3 most=$4
    shift 4
    : >tried
    for name; do
        count_calls "$kind_of" "$name"
        points=0
        for k in $(chosen "$most"); do
            scene "$name"
            # shellcheck disable=SC2046
            faulty "$kind_of" $k "$how_of" "$LCNN" $(words "$name")
            judge "$name, $kind_of $k of $all, $how_of" "$statuses" "$name"
            points=$((points + 1))
        done
        echo "   $name: $points of $all calls of $kind_of, $how_of${LCNN_FAULT_STAYS+, from then on}"
    done
}

# ---- Cases -------------------------------------------------------------------------------------------------------------

scenes='check show data stats sheet run resume trace test verify'
more_scenes='study report compare bench' # they take longer

an_allocation_fails() { each alloc ENOMEM '0 7' 3 $scenes $more_scenes; }
all_allocations_fail_from_then_on() {
    export LCNN_FAULT_STAYS=1
    # shellcheck disable=SC2086 # names
    each alloc ENOMEM '0 7' 3 $scenes ${FULL:+$more_scenes}
    unset LCNN_FAULT_STAYS
}
the_disk_is_full() {
    for kind in write fsync open mkdir rename close truncate; do
        each $kind ENOSPC '0 3 4 5 6' 6 run resume
    done
}
the_disk_stays_full() {
    export LCNN_FAULT_STAYS=1
    for kind in write fsync open mkdir rename; do
        each $kind ENOSPC '0 3 4 5 6' 6 run resume trace
    done
    unset LCNN_FAULT_STAYS
}
the_disk_breaks() {
    for kind in write fsync rename close fopen fclose; do
        each $kind EIO '0 3 4 5 6' 5 run resume trace
    done
    each read EIO '0 3 4 5 6' 5 check run resume test verify
    each open EIO '0 3 4 5 6' 5 check run resume test verify
}
interrupted_calls_are_made_again() {
    each write EINTR 0 6 run resume
    each read EINTR 0 6 check run resume test verify
}
short_transfers_are_completed() {
    each write short 0 6 run resume
    each read short 0 6 check run resume test verify
}
killed_at_any_call_it_goes_on() {
    for kind in write fsync open rename close mkdir; do
        each $kind kill '0 137' 8 run resume
    done
}

# A power cut takes away what was not flushed, and with it every trace of a run that had not begun.
the_power_is_cut_at_any_call() {
    mkdir -p kept
    for kind in write fsync open rename close mkdir unlink; do
        each $kind power '0 137' 5 run resume trace
    done
}

# What a done run has left is there for good when it ends; but a checkpoint may come back.
a_done_run_survives_a_power_cut() {
    mkdir -p kept
    for name in run resume trace; do
        scene $name
        # shellcheck disable=SC2046
        faulty end 1 power "$LCNN" $(words $name)
        [ $status -eq 137 ] || wrong "$name: status $status"
        for file in model.yaml metrics.csv weights.safetensors best.safetensors result.json confusion.csv predictions.csv run.json \
            hashes.csv; do
            there made/$file
        done
        [ $name != trace ] || same made/trace.csv traced/trace.csv
        same made/weights.safetensors whole/weights.safetensors
        lcnn run --resume made
        says out 'nothing is left to do'
    done
}

# ---- The real thing ----------------------------------------------------------------------------------------------------

a_full_device_is_no_success() {
    [ -c /dev/full ] || { skip="no /dev/full here" && return; }
    for command in 'show tiny.yaml' 'check tiny.yaml' 'ops' 'data' 'help' '--version' 'test whole' 'verify whole' 'run tiny.yaml --out full'; do
        # shellcheck disable=SC2086
        "$LCNN" $command >/dev/full 2>err </dev/null
        equal "$command: $?" "$command: 6"
    done
}

# A file system of 200 kB, which fills up while a run is saved.
a_small_file_system_fills_up() {
    mkdir -p small
    mount -t tmpfs -o size=200k tmpfs small 2>/dev/null || { skip="no file system can be mounted here" && return; }
    head -c 150000 /dev/zero >small/ballast
    sed 's/filters: 2/filters: 40/' tiny.yaml >large.yaml
    lcnn run large.yaml --out small/run --quiet --no-report --checkpoint 1
    exits 6
    says err 'No space left on device; free some space'
    equal "$(find small -name '*.tmp' | wc -l)" 0
    rm small/ballast
    mount -o remount,size=4m small
    lcnn run --resume small/run --quiet --no-report
    exits 0
    lcnn run large.yaml --out roomy --quiet --no-report
    same roomy/weights.safetensors small/run/weights.safetensors
    umount small
}

a_read_only_place_is_told_before_training() {
    mkdir -p readonly
    mount -t tmpfs -o ro tmpfs readonly 2>/dev/null || { skip="no file system can be mounted here" && return; }
    lcnn run tiny.yaml --out readonly/run
    exits 6
    says err 'Read-only file system'
    silent out
    umount readonly
}

# Little memory: what is needed is asked for before it is taken, so it ends with a message or as it should.
little_memory_is_told() {
    (ulimit -v 500000 && "$LCNN" --version) >out 2>err || { skip="runs in no limited memory" && return; }
    for limit in 20000 30000 40000 60000 80000 120000 200000 400000; do
        rm -rf made
        (ulimit -v $limit && exec "$LCNN" run tiny.yaml --out made --quiet --no-report --threads 1) >out 2>err </dev/null
        status=$?
        case $status in
            0) same made/weights.safetensors whole/weights.safetensors ;;
            7) says err 'memory' ;;
            127) ;; # the loader
            *) wrong "$limit kB: status $status: $(head -n 2 err)" ;;
        esac
    done
}

threads_asked_for_in_the_environment_do_no_harm() {
    for threads in 0 -3 abc 100000 2147483648; do
        rm -rf made
        OMP_NUM_THREADS=$threads lcnn run tiny.yaml --out made --quiet --no-report
        case $status in
            0) same made/weights.safetensors whole/weights.safetensors ;;
            7) says err 'threads' ;;
            *) wrong "OMP_NUM_THREADS=$threads: status $status: $(head -n 2 err)" ;;
        esac
    done
}

# Limits on processes hold for ordinary users only; this one has a home that is not its own, as with sudo or cron.
few_processes_are_told() {
    [ "$(id -u)" -eq 0 ] && command -v setpriv >where && command -v prlimit >where || { skip="wants root, setpriv and prlimit" && return; }
    mkdir -p -m 700 private
    mkdir -p -m 777 open
    cp "$LCNN" tiny.yaml open
    chmod 755 .
    for most in 2 200; do
        (cd open && HOME=$work/private ASAN_OPTIONS=detect_leaks=0 setpriv --reuid 65534 --regid 65534 --clear-groups \
            prlimit --nproc=$most ./lcnn run tiny.yaml --out made --threads 4 --quiet --no-report) >out 2>err
        status=$?
        if [ $most -eq 2 ]; then
            exits 7
            says err 'the system does not start 4 threads'
            absent open/made
        else
            exits 0
            same open/made/weights.safetensors whole/weights.safetensors
        fi
    done
}

closed_streams_do_no_harm() {
    rm -rf made
    "$LCNN" run tiny.yaml --out made --no-report >&- 2>&- <&-
    status=$?
    [ $status -eq 6 ] || [ $status -eq 0 ] || wrong "status $status"
    there made/weights.safetensors
    same made/weights.safetensors whole/weights.safetensors
    for file in made/*; do
        [ "$(head -c 6 "$file")" != 'tiny: ' ] || wrong "$file holds what should have been printed"
    done
}

lcnn run tiny.yaml --out whole --quiet --no-report --threads 2
lcnn run tiny.yaml --out traced --trace --quiet --no-report
lcnn study small.yaml --out studied --quiet
${CC:-cc} -shared -fPIC -O1 -o faults.so "$source/tests/faults/faults.c" "$source/tests/faults/power.c" -ldl 2>err &&
    LD_PRELOAD=$work/faults.so "$LCNN" --version >out 2>err && [ ! -s err ]
can_fault=$?
for name in an_allocation_fails all_allocations_fail_from_then_on the_disk_is_full the_disk_stays_full the_disk_breaks \
    interrupted_calls_are_made_again short_transfers_are_completed killed_at_any_call_it_goes_on the_power_is_cut_at_any_call \
    a_done_run_survives_a_power_cut; do
    if [ $can_fault -ne 0 ]; then
        skipped=$((skipped + 1))
        echo "SKIP $name: no library can be loaded before others here"
        continue
    fi
    # What a run leaves that is killed in its second epoch, behind the first checkpoint.
    if [ ! -d killed ]; then
        scene run
        # shellcheck disable=SC2046
        faulty rename 7 kill "$LCNN" $(words run)
        cp -R made killed
        find killed -name '*.tmp' -exec rm {} +
    fi
    test_case $name
done
for name in a_full_device_is_no_success a_small_file_system_fills_up a_read_only_place_is_told_before_training \
    little_memory_is_told threads_asked_for_in_the_environment_do_no_harm few_processes_are_told closed_streams_do_no_harm; do
    test_case $name
done
closing_line
