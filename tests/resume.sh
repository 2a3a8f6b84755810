#!/bin/sh
# resume.sh - runs that are interrupted, killed, or meet a damaged checkpoint come to the same bits as one that is left alone.
# KILLS=500 sh tests/resume.sh kills that often; `make check` does it a few times.
. "${srcdir:-.}/tests/cli-words.sh"
KILLS=${KILLS:-12}

# What every run here trains: some seconds' work, in epochs of several steps, and with all that training remembers.
on_images() { options="--data glyphs:$1 --set data.validation=0.1 --set train.optimizer=adam --no-report --quiet"; }
on_images 3000
epochs=30
train() {
    # shellcheck disable=SC2086 # the options are words
    lcnn run "$source/models/lenet5.yaml" $options --set train.epochs=$epochs "$@"
}

# begin FOLDER OPTION...: the same in the background, its process in $pid.
begin() {
    folder=$1
    shift
    # shellcheck disable=SC2086
    "$LCNN" run "$source/models/lenet5.yaml" $options --set train.epochs=$epochs --out "$folder" "$@" >out 2>err </dev/null &
    pid=$!
}

# ends STATUS: waits for that process.
ends() {
    wait $pid 2>/dev/null
    equal $? "$1"
}

# The same results to the last byte; the records alone know when and how often.
same_run() {
    for file in model.yaml weights.safetensors best.safetensors result.json predictions.csv confusion.csv; do
        same whole/$file "$1/$file"
    done
    absent "$1/checkpoint-1.safetensors"
    absent "$1/checkpoint-2.safetensors"
    equal "$(ls -A "$1" | grep -c tmp)" 0
    says "$1/run.json" '"state": "done"'
}

interrupted_part_way() {
    rm -rf part
    begin part --threads 1
    until_there part/metrics.csv
    kill -"$1" $pid
    ends "$2"
    says err "lcnn run --resume part' goes on"
    says part/run.json '"state": "interrupted"'
    there part/checkpoint-1.safetensors
}

an_interrupted_run_goes_on_to_the_same_bits() {
    interrupted_part_way TERM 143
    lcnn test part --quiet
    exits 0
    lcnn run --resume part --no-report
    exits 0
    says out 'going on after'
    says out '^ *1/30 ' # the table is whole
    same_run part
    says part/run.json '"epoch": [0-9]*, "step": [0-9]*}'
}

a_done_run_says_so() {
    lcnn run --resume part
    exits 0
    says out 'part is done: 30 epochs, weights sha256 [0-9a-f]*...; nothing is left to do'
    lcnn run --resume part --json
    exits 0
    says out '"weights_sha256"'
    cp -r part robbed-of-results
    rm robbed-of-results/result.json
    lcnn run --resume robbed-of-results --json
    exits 0
    silent out
    says err 'robbed-of-results is done: 30 epochs'
    rm -r robbed-of-results
}

a_second_signal_ends_at_once() {
    rm -rf twice
    begin twice
    until_there twice/run.json
    kill -STOP $pid # so that both are there when it looks
    kill -TERM $pid
    kill -PIPE $pid # not HUP, which nohup makes everyone ignore
    kill -CONT $pid
    wait $pid 2>/dev/null
    [ $? -gt 128 ] || wrong "it went on"
    says twice/run.json '"state": "running"'
    lcnn run --resume twice --no-report --quiet
    exits 0
    same_run twice
}

# Whatever is there when it is killed, --resume (or, when there is nothing yet, the same command) comes to the same end.
killed_runs_go_on_to_the_same_bits() {
    kills=0 round=0
    while [ $kills -lt "$KILLS" ] && [ -z "$why" ]; do
        rm -rf killed
        lives=0
        round=$((round + 1))
        while :; do
            threads=$((kills % 3 + 1))
            case $((round % 2)) in 0) every=1 ;; *) every=1s ;; esac
            if [ -d killed ]; then
                "$LCNN" run --resume killed --no-report --quiet --threads $threads --checkpoint $every >out 2>err </dev/null &
                pid=$!
            else
                begin killed --threads $threads --checkpoint $every
            fi
            # longer and longer, so that a slow build gets on, too
            sleep "$((lives / 3)).$(od -An -N1 -tu1 /dev/urandom | tr -d ' ')"
            lives=$((lives + 1))
            kill -KILL $pid 2>/dev/null
            wait $pid 2>/dev/null
            status=$?
            [ $status -eq 0 ] && break
            [ $status -eq 137 ] || wrong "status $status: $(cat err)"
            [ -z "$why" ] || return
            kills=$((kills + 1))
            if [ -d killed ] && { [ ! -s killed/model.yaml ] || [ ! -s killed/run.json ]; }; then
                wrong "a folder that is no run"
            fi
        done
        same_run killed
    done
    absent .killed.new
    echo "   $kills kills in $round runs"
}

before_the_first_checkpoint_it_begins_anew() {
    rm -rf early
    begin early --checkpoint never
    until_there early/metrics.csv
    kill -KILL $pid
    wait $pid 2>/dev/null
    absent early/checkpoint-1.safetensors
    lcnn run --resume early --no-report
    exits 0
    says out 'from the beginning, since nothing was saved'
    same_run early
}

# Half of a folder that a killed run never showed.
what_was_never_shown_is_taken_over() {
    mkdir .again.new
    echo half >.again.new/model.yaml
    echo half >.again.new/.lcnn-0123456789abcdef.tmp
    train --out again
    exits 0
    absent .again.new
    same_run again
}

a_run_from_weights_goes_on_without_them() {
    epochs=1
    train --out first
    epochs=5
    train --out from --weights first/weights.safetensors
    begin again-from --weights first/weights.safetensors --checkpoint never
    epochs=30
    until_there again-from/run.json
    kill -KILL $pid
    wait $pid 2>/dev/null
    mv first gone
    lcnn run --resume again-from --no-report --quiet
    exits 0
    same from/weights.safetensors again-from/weights.safetensors
    says again-from/run.json '"weights_from": "first/weights.safetensors"'
}

# killed_and_resumed OPTION...: a run of claimed.yaml that is killed and resumed tells of published figures what one that is not does.
killed_and_resumed() {
    rm -rf claimed cut
    lcnn run claimed.yaml --out claimed --no-report --quiet "$@"
    "$LCNN" run claimed.yaml --out cut --no-report --quiet "$@" >out 2>err </dev/null &
    pid=$!
    until_there cut/metrics.csv
    kill -KILL $pid
    wait $pid 2>/dev/null
    lcnn run --resume cut --no-report --quiet
    exits 0
    for file in model.yaml published.json result.json; do same claimed/$file cut/$file; done
}
what_was_published_stays_beside_it() {
    cat >claimed.yaml <<YAML
extends: $source/models/lenet5.yaml
data: {name: "glyphs:600"}
train: {epochs: 10}
published:
  source: "somebody: a paper"
  results: [{metric: error, data: "glyphs:600", value: 0.5, uncertainty: 0.5, note: "yes"}]
  errors: {data: "glyphs:600", file: errors.csv}
  curve: {data: "glyphs:600", file: curve.csv}
YAML
    printf 'index,truth,answer\n0,0,1\n' >errors.csv
    printf 'epoch,train_error,test_error\n1,0.5,\n2,0.25,0.3\n' >curve.csv
    killed_and_resumed
    says cut/result.json '"verdict": "within the uncertainty"'
    killed_and_resumed --set train.learning_rate=0.001
    says cut/published.json '"why_not_graded": "settings changed the model'
    killed_and_resumed --weights whole/weights.safetensors
    says cut/published.json '"why_not_graded": "training began with weights'
}

# A small network, whose run ends after the first epochs since nobody reads what it prints.
cat >quick.yaml <<'YAML'
name: quick
input: [1, 28, 28]
nodes: [{op: avg_pool2d, pool_size: 4}, {op: flatten}, {name: output, op: dense, units: $classes}]
loss: {op: softmax_cross_entropy, from: output}
data: {name: "glyphs:200"}
train: {epochs: 30, batch_size: 20, seed: 1, optimizer: adam, learning_rate: 0.01}
YAML
cut_short() {
    rm -rf "$1"
    "$LCNN" run quick.yaml --no-report --out "$@" 2>err </dev/null | head -n 1 >out
    says "$1/run.json" '"state": "interrupted"'
}

# What a killed run had written of later steps, and a row of which it had written half, are written anew.
a_trace_goes_on_where_training_does() {
    lcnn run quick.yaml --no-report --quiet --trace --out traced
    cut_short short-trace --trace
    equal "$(cmp short-trace/trace.csv traced/trace.csv 2>&1 | grep -c EOF)" 1 # a beginning of it
    head -n 250 traced/trace.csv | sed '$s/[0-9a-f]*$/0000000000000000/' >short-trace/trace.csv
    head -n 251 traced/trace.csv | tail -n 1 | head -c 20 >>short-trace/trace.csv
    lcnn run --resume short-trace --no-report
    exits 0
    says out '; going on after [0-9]* epochs*$'
    same short-trace/trace.csv traced/trace.csv
    cut_short short-trace --trace
    echo 'no row' >>short-trace/trace.csv
    lcnn run --resume short-trace --no-report --quiet
    exits 0
    same short-trace/trace.csv traced/trace.csv
    same short-trace/weights.safetensors traced/weights.safetensors
}

a_trace_that_cannot_be_written_is_said() {
    cut_short no-trace
    mkdir no-trace/trace.csv
    lcnn run --resume no-trace --no-report
    exits 6
    says err '^no-trace/trace.csv: error: cannot write: Is a directory$'
    rmdir no-trace/trace.csv
    lcnn run --resume no-trace --no-report --quiet
    exits 0
    absent no-trace/trace.csv
    same no-trace/weights.safetensors traced/weights.safetensors
}

# Files that lcnn has begun go; what only looks like them stays.
scraps_are_swept_away() {
    cut_short littered
    for name in .lcnn-0123456789abcdef.tmp .lcnn-notes .lcnn.tmp; do echo mine >littered/$name; done
    lcnn run --resume littered --no-report --quiet
    exits 0
    absent littered/.lcnn-0123456789abcdef.tmp
    there littered/.lcnn-notes
    there littered/.lcnn.tmp
}

# Nothing was saved, not even the weights that it had begun with: the file is read again.
without_checkpoints_weights_are_read_again() {
    lcnn run quick.yaml --no-report --quiet --set train.epochs=2 --out before
    lcnn run quick.yaml --no-report --quiet --weights before/weights.safetensors --out onwards
    cut_short robbed --weights before/weights.safetensors
    rm robbed/checkpoint-*
    lcnn run --resume robbed --no-report
    exits 0
    says out '; from the beginning, since nothing was saved'
    same robbed/weights.safetensors onwards/weights.safetensors
    cut_short robbed --weights before/weights.safetensors
    rm -r robbed/checkpoint-* before
    lcnn run --resume robbed
    exits 5
    says err 'before/weights.safetensors: error: cannot read: there is no such file'
}

# Both checkpoints of a run that has not ended.
two_checkpoints() {
    rm -rf part
    begin part --checkpoint 1
    until_there part/checkpoint-2.safetensors
    kill -KILL $pid 2>/dev/null
    wait $pid 2>/dev/null
    there part/checkpoint-2.safetensors
}

spoil() {
    printf 'X' | dd of="$1" bs=1 seek=5000 conv=notrunc 2>/dev/null
}

a_damaged_checkpoint_gives_way_to_the_other() {
    for file in 1 2; do
        two_checkpoints
        spoil part/checkpoint-$file.safetensors
        lcnn run --resume part --no-report --quiet
        exits 0
        says err "note: .*checkpoint-$file.safetensors.*going on from the other file"
        same_run part
    done
}

damaged_checkpoints_are_status_5() {
    two_checkpoints
    cp part/run.json before.json
    spoil part/checkpoint-1.safetensors
    spoil part/checkpoint-2.safetensors
    lcnn run --resume part
    exits 5
    says err 'checkpoint-1.safetensors: error: .*checksum'
    says err 'checkpoint-2.safetensors: error: .*checksum'
    same part/run.json before.json
}

a_changed_model_is_status_5() {
    two_checkpoints
    sed 's/^  seed: .*/  seed: 2/' part/model.yaml >changed.yaml
    cp changed.yaml part/model.yaml
    lcnn run --resume part
    exits 5
    says err 'the state of a training of another model'
}

two_runs_in_one_folder_are_refused() {
    rm -rf part
    begin part
    until_there part/run.json
    lcnn run --resume part
    status_of_second=$status
    says err "part: error: another 'lcnn run' is at work in this folder"
    ends 0
    equal $status_of_second 6
    same_run part
}

folders_without_a_run_are_refused() {
    mkdir empty
    refused 6 'there is no run in this folder' run --resume empty
    refused 6 'there is no run in this folder' run --resume absent
    mkdir broken
    cp whole/model.yaml broken
    echo '{' >broken/run.json
    refused 6 'broken/run.json: error: cannot be read' run --resume broken
    echo '[]' >broken/run.json
    refused 6 'broken/run.json: error: cannot be read: it is no object' run --resume broken
    rm broken/model.yaml
    refused 6 'there is no run in this folder' run --resume broken
}

checkpoints_come_by_the_clock_too() {
    epochs=1
    for every in 1s 5m 2h; do
        rm -rf timed
        train --out timed --checkpoint $every
        exits 0
        absent timed/checkpoint-1.safetensors # since it is done
    done
    epochs=30
}

other_words_beside_resume_are_refused() {
    refused 2 "leave out 'lenet5'" run lenet5 --resume part
    refused 2 "leave out '--data'" run --resume part --data glyphs
    refused 2 "leave out '--set'" run --resume part --set train.epochs=3
    refused 2 "leave out '--seed'" run --resume part --seed 2
    refused 2 "leave out '--weights'" run --resume part --weights whole/weights.safetensors
    refused 2 "leave out '--out'" run --resume part --out other
    for every in 0 -1 x 5d 1.5h ''; do
        refused 2 '--checkpoint' run lenet5 --checkpoint "$every"
    done
}

began=$(date +%s)
train --out whole
if [ $(($(date +%s) - began)) -gt 10 ]; then # the sanitizers are watching
    on_images 600
    rm -r whole
    train --out whole
fi
for name in an_interrupted_run_goes_on_to_the_same_bits a_done_run_says_so a_second_signal_ends_at_once \
    killed_runs_go_on_to_the_same_bits before_the_first_checkpoint_it_begins_anew what_was_never_shown_is_taken_over \
    a_run_from_weights_goes_on_without_them what_was_published_stays_beside_it a_trace_goes_on_where_training_does \
    a_trace_that_cannot_be_written_is_said scraps_are_swept_away without_checkpoints_weights_are_read_again \
    a_damaged_checkpoint_gives_way_to_the_other damaged_checkpoints_are_status_5 a_changed_model_is_status_5 \
    two_runs_in_one_folder_are_refused folders_without_a_run_are_refused checkpoints_come_by_the_clock_too \
    other_words_beside_resume_are_refused; do
    test_case $name
done
closing_line
