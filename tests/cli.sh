#!/bin/sh
# cli.sh - the lcnn command from end to end: what it prints, writes, refuses and returns. Uses the built-in data set with few
# epochs.
. "${srcdir:-.}/tests/cli-words.sh"

# A network that trains in a blink.
cat >tiny.yaml <<'YAML'
name: tiny
about: a softmax regression on pooled pixels
input: [1, 28, 28]
nodes:
  - {name: small, op: avg_pool2d, pool_size: 4}
  - {op: flatten}
  - {name: output, op: dense, units: $classes}
loss: {op: softmax_cross_entropy, from: output}
data: {name: glyphs, transforms: [{op: rescale, to: [0, 1]}]}
train: {epochs: 1, batch_size: 64, seed: 1, optimizer: sgd, learning_rate: 0.1}
YAML

# ---- Help, version, usage --------------------------------------------------------------------------------------------

version_is_printed() {
    lcnn --version
    exits 0
    says out '^lcnn [0-9]'
    silent err
}

every_command_has_help() {
    lcnn --help
    exits 0
    for command in run test check show ops data help; do
        says out "^  $command "
        "$LCNN" "$command" --help >help 2>err || wrong "$command --help fails"
        says help "^usage: lcnn $command"
        says help '^  --help'
        "$LCNN" help "$command" >again 2>err || wrong "help $command fails"
        same help again
    done
}

help_names_the_commands() {
    lcnn help
    exits 0
    says out '^  verify '
    refused 2 "there is no command 'rum'; did you mean 'run'" help rum
}

wrong_command_lines_are_refused() {
    refused 2 "no command"
    refused 2 "unknown command 'rnu'" rnu
    refused 2 "did you mean 'show'" shwo tiny.yaml
    refused 2 "did you mean '--threads'" run tiny.yaml --thread 2
    refused 2 "needs a MODEL" run
    refused 2 "one too many" show tiny.yaml tiny.yaml
    refused 2 "N is missing" run tiny.yaml --threads
    refused 2 "DIR is missing" run tiny.yaml --out --quiet
    refused 2 "integer of at least 1" run tiny.yaml --threads 0
    refused 2 "integer of at least 1" run tiny.yaml --threads=2x
    refused 2 "given twice" run tiny.yaml --quiet --quiet
    refused 2 "takes no argument" run tiny.yaml --quiet=yes
    refused 2 "KEY=VALUE" run tiny.yaml --set epochs
    refused 2 "set twice" run tiny.yaml --seed 2 --set train.seed=3
    refused 2 "set twice" run tiny.yaml --set a=1 --set params.a=2
    refused 2 "named twice" run tiny.yaml --data glyphs --set data.name=mnist
    absent runs
}

usage_errors_mark_the_word() {
    lcnn run tiny.yaml --thread 2
    equal "$(sed -n 2p err)" "  lcnn run tiny.yaml --thread 2"
    equal "$(sed -n 3p err)" "                     ^~~~~~~~"
    says err "^try 'lcnn run --help'"
}

names_are_escaped() {
    lcnn check "$(printf 'no\033[31m\nsuch.yaml')"
    if grep -q "$(printf '\033')" err; then wrong "an escape sequence came through"; fi
}

# Marks of direction reorder a line, and bytes that are no letters may do anything to a terminal.
what_is_no_letter_is_escaped() {
    while read -r letter escaped; do
        lcnn report "$(printf "a${letter}b")"
        says err "^a${escaped}b: error: no such folder"
        lcnn check "$(printf "a${letter}b.yaml")"
        never_says err "$(printf "$letter")"
    done <<'LETTERS'
\342\200\216 \\xe2\\x80\\x8e
\342\200\256 \\xe2\\x80\\xae
\342\201\251 \\xe2\\x81\\xa9
\355\240\200 \\xed\\xa0\\x80
\364\220\200\200 \\xf4\\x90\\x80\\x80
\340\200\257 \\xe0\\x80\\xaf
\377 \\xff
\177 \\x7f
LETTERS
    lcnn report é€😀
    says err '^é€😀: error: no such folder'
}

# ---- check, show, ops, data ------------------------------------------------------------------------------------------

shipped_models_are_right() {
    lcnn check "$source"/models/*.yaml
    exits 0
    says out 'lenet5.yaml: ok (61,706 weights, 10 classes)'
    equal "$(grep -c ': ok' out)" "$(ls "$source"/models/*.yaml | wc -l | tr -d ' ')"
}

classes_come_from_the_data() {
    lcnn check "$source/models/lenet5.yaml" --data emnist-balanced
    exits 0
    says out '47 classes'
}

faulty_models_are_located() {
    sed 's/pool_size/pol_size/; s/units:/unit:/' tiny.yaml >bad.yaml
    lcnn check bad.yaml tiny.yaml
    exits 3
    says err '^bad.yaml:5:[0-9]*: error: .*pool_size'
    says err '^bad.yaml:7:[0-9]*: error: .*units'
    says err '\^'
    says out '^tiny.yaml: ok'
    lcnn run bad.yaml
    exits 3
    absent runs
}

paths_of_data_are_located_in_the_model() {
    sed 's|^data:.*|data: {name: ./nix}|' tiny.yaml >nix.yaml
    grep -q nix nix.yaml || wrong "tiny.yaml has no line data:"
    lcnn check nix.yaml
    exits 4
    says err "^nix.yaml:[0-9]*:14: error: './nix': this path cannot be read: No such file"
    lcnn check tiny.yaml --data ./nix
    exits 4
    says err '^./nix: error: this path cannot be read'
}

show_prints_layers_and_totals() {
    lcnn show "$source/models/lenet5.yaml"
    exits 0
    says out 'c1 *conv2d *6x28x28 *156 *117,600'
    says out 'total *61,706'
}

resolved_model_is_a_model() {
    "$LCNN" show tiny.yaml --yaml >resolved.yaml || wrong "show --yaml fails"
    "$LCNN" show resolved.yaml --yaml >again.yaml || wrong "the resolved model is refused"
    same resolved.yaml again.yaml
}

settings_change_the_model() {
    lcnn check "$source/models/lenet5.yaml" --set kernel=3 --set nodes.c1.filters=8
    exits 0
    lcnn check tiny.yaml --set train.epoch=3
    [ "$status" -ne 0 ] || wrong "an unknown key was accepted"
    says err 'epochs'
}

ops_lists_and_explains() {
    lcnn ops
    exits 0
    for word in operators conv2d optimizers adam glorot_uniform cosine rescale train; do
        says out "$word"
    done
    lcnn ops conv2d
    exits 0
    says out 'kernel_size'
    says out '{op: conv2d'
    refused 2 "did you mean 'conv2d'" ops conv2
}

data_lists_the_catalogue() {
    lcnn data
    exits 0
    says out '^glyphs .*built in'
    says out '^emnist-byclass  *62 '
    lcnn data glyphs
    exits 0
    says out 'sha256 *[0-9a-f]\{64\}$'
    refused 2 "did you mean 'mnist'" data mnits
    lcnn data --json
    exits 0
    equal "$(tr -d ' \n' <out | grep -o '"name":"glyphs","also":\[\],"title":"[^"]*","classes":10,"shape":\[1,28,28\]' | wc -l)" 1
}

studies_are_checked() {
    cat >study.yaml <<'YAML'
name: small
experiments:
  - {name: sizes, models: [tiny.yaml], data: [glyphs], seeds: 2, grid: {train.batch_size: [16, 32]}}
YAML
    lcnn check study.yaml
    exits 0
    equal "$(cat out)" 'study.yaml: ok (1 experiment, 4 trials)'
    refused 2 'study.yaml: error: --data and --set are for models' check study.yaml --set train.epochs=2
    sed 's/grid: .*/gird: {}}/' study.yaml >misspelt.yaml
    refused 3 "did you mean 'grid'" check misspelt.yaml
}

# ---- run -------------------------------------------------------------------------------------------------------------

run_leaves_a_folder() {
    lcnn run tiny.yaml
    exits 0
    silent err
    says out 'accuracy  [0-9]'
    says out 'macro average'
    says out 'confusion matrix'
    says out '1/1'
    if grep -q "$(printf '[\r\033]')" out; then wrong "a redrawn line or a colour in a file"; fi
    for file in model.yaml metrics.csv result.json confusion.csv predictions.csv weights.safetensors run.json report.html; do
        there runs/tiny-glyphs-1/$file
    done
    equal "$(ls runs/tiny-glyphs-1 | grep -v '^figures$' | wc -l | tr -d ' ')" 9 # figures: where gnuplot is
    equal "$(wc -l <runs/tiny-glyphs-1/metrics.csv | tr -d ' ')" 2
    says runs/tiny-glyphs-1/run.json '"state": "done"'
    sum=$(sha256sum runs/tiny-glyphs-1/weights.safetensors | cut -d ' ' -f 1)
    says runs/tiny-glyphs-1/run.json "\"weights_sha256\": \"$sum\""
}

# The folder is called after the model and the data; what is no letter of a name becomes a hyphen.
the_folder_is_named_after_what_was_run() {
    sed 's/^name: .*/name: My.Model_2-b/' tiny.yaml >named.yaml
    mkdir -p '.some set/0' '.some set/1'
    for i in 1 2 3 4 5 6 7 8 9 10; do
        awk -v i="$i" 'BEGIN { print "P2\n28 28\n255"; for (k = 0; k < 784; k++) print i }' >".some set/0/$i.pgm"
        cp ".some set/0/$i.pgm" '.some set/1'
    done
    lcnn run named.yaml --data './.some set' --seed 77 --quiet --no-report
    exits 0
    there runs/My.Model_2-b--some-set-77/run.json
    says out 'My.Model_2-b on .some set: .*; runs/My.Model_2-b--some-set-77$'
    lcnn run named.yaml --data glyphs:100 --quiet --no-report
    there runs/My.Model_2-b-glyphs-100-1/run.json
}

folders_are_made_down_to_the_last() {
    for place in over/here/ over//there///; do
        lcnn run tiny.yaml --data glyphs:100 --quiet --no-report --out $place
        exits 0
        there $place/run.json
        equal "$(ls -A over | grep -c new)" 0
    done
    refused 6 'this exists already' run tiny.yaml --out over/here/
    refused 6 'cannot make this folder: Not a directory; give another one with --out' run tiny.yaml --out tiny.yaml/run
    refused 6 'tiny.yaml/a: error: cannot make this folder: Not a directory' run tiny.yaml --out tiny.yaml/a/run
    refused 6 'tiny.yaml/a: error: cannot make this folder: Not a directory' report over/here over/there --out tiny.yaml/a/b
}

# The folder in which a run is prepared may be there, with things in it that no run has left.
what_is_in_the_way_is_named() {
    mkdir .hindered.new
    echo mine >.hindered.new/notes
    refused 6 '^.hindered.new: error: this exists already' run tiny.yaml --out hindered
    says .hindered.new/notes mine
    absent hindered
}

# Another one that is making the same folder holds a lock on it meanwhile.
one_run_alone_makes_a_folder() {
    [ "$(command -v flock)" ] || { skip='no flock' && return; }
    mkdir .busy.new
    flock .busy.new "$LCNN" run tiny.yaml --out busy >out 2>err </dev/null
    status=$?
    exits 6
    says err "^busy: error: another 'lcnn run' is making this folder"
    absent busy
    lcnn run tiny.yaml --data glyphs:100 --out busy --quiet --no-report
    exits 0
    absent .busy.new
}

what_is_not_tested_says_so() {
    mkdir twos
    awk 'BEGIN { for (i = 0; i < 12; i++) { printf "%d", i % 3; for (k = 0; k < 784; k++) printf ",%d", k * i % 256; print "" } }' \
        >twos/a-train.csv
    lcnn run tiny.yaml --data ./twos --set train.epochs=2 --quiet --out untested
    exits 0
    says out '^tiny on twos: train loss [0-9.]*; untested$'
    absent untested/predictions.csv
    refused 4 'twos: error: this data set has no test part' test untested --json
    grep '^2' twos/a-train.csv >twos/a-test.csv
    lcnn run tiny.yaml --data ./twos --set 'data.classes=["0", "1"]' --out other-classes
    exits 0
    says out '^twos has no test images of these classes: nothing to test$'
    refused 4 'no test images of the classes that data.classes names' test other-classes --json
}

run_never_overwrites() {
    before=$(ls -l --time-style=full-iso runs/tiny-glyphs-1 2>/dev/null || ls -l runs/tiny-glyphs-1)
    refused 6 'never overwritten' run tiny.yaml
    says err '\-\-out'
    equal "$(ls -l --time-style=full-iso runs/tiny-glyphs-1 2>/dev/null || ls -l runs/tiny-glyphs-1)" "$before"
}

same_bits_for_any_threads() {
    for threads in 1 2 3 7; do
        lcnn run tiny.yaml --quiet --threads $threads --out threads/$threads
        exits 0
        same runs/tiny-glyphs-1/weights.safetensors threads/$threads/weights.safetensors
        same runs/tiny-glyphs-1/result.json threads/$threads/result.json
    done
}

# Everything random about images, too, depends on the seed, the epoch and the image alone.
same_bits_of_distorted_images() {
    for threads in 1 2 3; do
        lcnn run tiny.yaml --quiet --threads $threads --out distorted/$threads \
            --set 'data.transforms+={op: random_affine, translate: 2, rotate: 10, shear: 0.1}' \
            --set 'data.transforms+=[random_elastic, random_flip, {op: random_crop, size: 28, padding: 2}]' \
            --set 'data.transforms+=[{op: random_cutout, size: 4}, {op: random_noise, deviation: 0.1}]' \
            --set 'data.transforms+={op: normalize, moments: measured}'
        exits 0
        same distorted/1/weights.safetensors distorted/$threads/weights.safetensors
        same distorted/1/result.json distorted/$threads/result.json
    done
    lcnn run distorted/1/model.yaml --quiet --out distorted/again
    same distorted/1/weights.safetensors distorted/again/weights.safetensors
    same distorted/1/model.yaml distorted/again/model.yaml
    cmp -s distorted/1/weights.safetensors runs/tiny-glyphs-1/weights.safetensors && wrong "nothing was distorted"
}

threads_are_as_many_as_it_says() {
    lcnn run tiny.yaml --threads 2 --out threads/said
    exits 0
    if grep -q 'built without OpenMP' err; then
        says out 'computing *1 thread,'
        says err 'one thread, not 2'
    else
        says out 'computing *2 threads,'
    fi
}

same_bits_for_any_instruction_set() {
    lcnn run tiny.yaml --quiet --isa generic --out isa/generic
    exits 0
    same runs/tiny-glyphs-1/weights.safetensors isa/generic/weights.safetensors
    refused 2 'mmx' run tiny.yaml --isa mmx --out isa/mmx
    absent isa/mmx
}

seed_changes_the_weights() {
    lcnn run tiny.yaml --quiet --seed 2
    exits 0
    there runs/tiny-glyphs-2/weights.safetensors
    if cmp -s runs/tiny-glyphs-1/weights.safetensors runs/tiny-glyphs-2/weights.safetensors; then
        wrong "two seeds, the same weights"
    fi
}

quiet_prints_one_line() {
    lcnn run tiny.yaml --quiet --out quiet
    exits 0
    equal "$(wc -l <out | tr -d ' ')" 1
    says out '^tiny on glyphs: test accuracy .*; quiet$'
    silent err
}

json_prints_one_object() {
    lcnn run tiny.yaml --json --out json
    exits 0
    equal "$(wc -l <out | tr -d ' ')" 1
    says out '^{"model": "tiny", .*"accuracy": .*"folder": "json"}$'
    says err '1/1'
}

chosen_classes_are_named_everywhere() {
    lcnn run tiny.yaml --set 'data.classes=[{odd: [1, 3, 5]}, "8"]' --set data.limit=500 --set data.validation=100 \
        --set train.class_weights=balanced --out chosen
    exits 0
    silent err
    says out '2 classes made of its 10'
    says out '400 for training, 100 for validation, 400 for testing'
    says out 'odd *[0-9.]* *[0-9.]*$'
    says chosen/confusion.csv '^truth,odd,8$'
    equal "$(sed -n 2,4p chosen/predictions.csv | cut -d , -f 1,2 | tr '\n' ' ')" "1,odd 3,odd 5,odd "
    says chosen/result.json '{"name": "odd", "images": 300'
    lcnn test chosen --json
    says out '"images": 400'
    lcnn test chosen --data glyphs-47
    exits 0
    says out '2 classes made of its 47'
}

validation_of_nothing_is_said() {
    lcnn run tiny.yaml --data glyphs:100 --quiet --set data.validation=0.004 --out unvalidated
    exits 0
    says err 'less than one of 100 images'
}

training_goes_on_from_weights() {
    lcnn run tiny.yaml --quiet --weights runs/tiny-glyphs-1/weights.safetensors --out further
    exits 0
    head -c 100 runs/tiny-glyphs-1/weights.safetensors >cut.safetensors
    refused 5 'cut.safetensors' run tiny.yaml --quiet --weights cut.safetensors --out cut
    absent cut
}

# Nothing is fetched that was not asked for, and no question is put where nobody can answer.
missing_data_are_not_fetched_unasked() {
    export LCNN_DATA="$work/nowhere"
    refused 4 "^lcnn: error: not fetched; 'lcnn data fetch mnist' fetches it, or --yes here" run tiny.yaml --data mnist --out unfetched
    says err "^lcnn: data set 'mnist' is not here$"
    says err '^mnist: 4 files, [0-9.]* MB to download from'
    refused 4 'mnist' run tiny.yaml --data mnist --out unfetched --offline
    never_says err 'fetched'
    unset LCNN_DATA
    absent unfetched
    absent nowhere
}

missing_data_says_where() {
    export LCNN_DATA="$work/nowhere"
    lcnn run tiny.yaml --data ./none --out none
    exits 4
    says err 'none'
    unset LCNN_DATA
    absent none
}

# A path is looked at for the model and for the data: what there is to say of it is said once.
a_note_is_said_once() {
    mkdir -p heap/a heap/b
    for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
        awk -v i="$i" 'BEGIN { print "P2\n28 28\n255"; for (k = 0; k < 784; k++) print i }' >heap/a/$i.pgm
        cp heap/a/$i.pgm heap/b
    done
    lcnn run tiny.yaml --data ./heap --quiet --out from-heap
    exits 0
    equal "$(grep -c 'a share of 0.2 of the images' err)" 1
    equal "$(wc -l <err | tr -d ' ')" 1
}

what_is_no_data_is_said_briefly() {
    mkdir -p odds
    : >odds/foo
    refused 4 "the folder holds an empty 'foo' (read are CIFAR, CSV, IDX, image folder, NumPy; 'lcnn data --help'" data ./odds
    [ "$(wc -c <err)" -lt 200 ] || wrong "a message of $(wc -c <err) bytes"
    lcnn data --help
    for format in CIFAR CSV IDX 'image folder' NumPy; do
        says out "^  $format  "
    done
}

read_only_place_fails_early() {
    mkdir locked && chmod a-w locked
    if (: >locked/probe) 2>/dev/null; then # root may; but not there
        [ -d /proc/self ] || { skip="this user may write anywhere" && return; }
        refused 6 '/proc/lcnn-run' run tiny.yaml --out /proc/lcnn-run
    else
        refused 6 'locked' run tiny.yaml --out locked/run
    fi
}

too_many_threads_leave_no_folder() {
    (ulimit -v 500000 && "$LCNN" --version) >out 2>err || { skip="runs in no limited memory" && return; }
    (ulimit -v 500000 && "$LCNN" run tiny.yaml --threads 1000 --out crowd) >out 2>err </dev/null
    status=$?
    if grep -q 'built without OpenMP' err; then
        skip="built without OpenMP"
        return
    fi
    exits 7
    says err 'does not start 1000 threads'
    absent crowd
}

infinite_loss_is_status_8() {
    lcnn run tiny.yaml --quiet --set loss.op=mean_squared_error --set train.learning_rate=1000000 --out nan
    exits 8
    says err "in step [0-9]* of epoch 1: what [a-z_]* '.*' gave was not finite in step [0-9]*; a smaller train.learning_rate"
    absent nan/weights.safetensors
    says nan/run.json '"state": "failed"'
    says err 'the last good weights are in nan/checkpoint-1.safetensors; --weights takes them'
    lcnn run tiny.yaml --quiet --weights nan/checkpoint-1.safetensors --set loss.op=mean_squared_error --out rescued
    exits 0
    # Two steps in all: the second loss is finite, what the second step makes of the weights is not.
    lcnn run tiny.yaml --quiet --set loss.op=mean_squared_error --set train.epochs=2 --set train.batch_size=100000 \
        --set 'train.learning_rate={op: constant, value: 1000000, factor: 1000000}' --out late
    exits 8
    says err "infinite on the test images after epoch 2: what [a-z_]* '.*' gave was not finite on the test images"
    says late/run.json '"state": "failed"'
}

interrupted_run_keeps_weights() {
    "$LCNN" run tiny.yaml --set train.epochs=10000 --out stopped >out 2>err </dev/null &
    pid=$!
    until_there stopped/metrics.csv
    kill -TERM $pid
    wait $pid 2>/dev/null
    equal $? 143
    says err 'interrupted'
    says stopped/run.json '"state": "interrupted"'
    lcnn test stopped --quiet
    exits 0
}

# A pager that is quit, a script that reads one line: what was trained until then is kept.
lost_reader_keeps_weights() {
    { "$LCNN" run tiny.yaml --set train.epochs=10000 --out unread 2>err </dev/null; echo $? >code; } | head -n 1 >out
    equal "$(cat code)" 141
    says unread/run.json '"state": "interrupted"'
    there unread/weights.safetensors
}

interrupted_early_leaves_no_scraps() {
    for delay in 0.02 0.03 0.04 0.05 0.06 0.07 0.08; do
        "$LCNN" run tiny.yaml --data glyphs:100 --quiet --set train.epochs=100 --out scraps >out 2>err </dev/null &
        pid=$!
        sleep $delay
        kill -TERM $pid 2>/dev/null
        wait $pid 2>/dev/null
        if [ -d scraps ]; then
            equal "$(ls -A scraps | grep -c tmp)" 0
            there scraps/run.json
        fi
        rm -rf scraps
    done
}

file_size_limit_is_an_error_of_writing() {
    (ulimit -S -f 1 && "$LCNN" run tiny.yaml --out limited) >out 2>err </dev/null
    equal $? 6
    says err 'raise the limit on file sizes'
}

vanished_folder_is_said_once() {
    "$LCNN" run tiny.yaml --data glyphs:100 --quiet --set train.epochs=300 --out vanished >out 2>err </dev/null &
    pid=$!
    until_there vanished/metrics.csv
    mv vanished gone
    wait $pid
    equal $? 6
    equal "$(grep -c 'error: ' err)" 1
}

lost_output_is_no_success() {
    [ -c /dev/full ] || { skip="no /dev/full" && return; }
    "$LCNN" ops >/dev/full 2>err && wrong "ops > /dev/full succeeds"
    "$LCNN" show tiny.yaml >&- 2>err && wrong "closed output succeeds"
    says err 'standard output'
    "$LCNN" run --help >/dev/full 2>err && wrong "run --help > /dev/full succeeds"
    says err 'standard output'
}

# ---- test ------------------------------------------------------------------------------------------------------------

test_repeats_the_result() {
    lcnn test runs/tiny-glyphs-1 --json
    exits 0
    accuracy=$(sed -n 's/.*"test": {"images": [0-9]*, "loss": \([^,]*\), "accuracy": \([^,]*\),.*/\1 \2/p' out)
    equal "$accuracy" "$(awk -F '"loss": |"accuracy": |,' '/"test": {/ {t = 1} t && /^    "loss"/ {l = $2}
        t && /^    "accuracy"/ {print l, $2}' runs/tiny-glyphs-1/result.json)"
    lcnn test runs/tiny-glyphs-1
    exits 0
    says out 'confusion matrix'
}

test_wants_a_run() {
    refused 6 'no such folder' test nothing
    mkdir empty
    refused 6 'no model.yaml' test empty
    refused 6 'no such folder' test tiny.yaml
}

bench_measures_what_it_was_asked_for() {
    lcnn bench tiny.yaml --batch 16,40 --threads 1 --repeat 1
    exits 0
    says out 'images      synthetic'
    says out '^  generic  *[0-9.]*$'
    says out '^  training        16        1 '
    says out '^  inference       40        1 '
    says out 'layers, training at batch 40 with one thread'
    lcnn bench tiny.yaml --batch 16 --threads 1 --repeat 1 --mode inference --layers 0 --data glyphs:50 --json
    exits 0
    says out '"data": "glyphs:50"'
    says out '"mode": "inference"'
    says out '"share_of_peak": [0-9.e-]*,'
    says out '"layers": \[\]'
    [ "$(grep -c '"mode"' out)" -eq 1 ] || wrong 'more was measured than one mode'
    lcnn bench tiny.yaml --batch 16 --threads 1 --repeat 1 --mode training --layers 16 --json
    exits 0
    says out '"name": "output"'
}

bench_refuses_what_it_cannot_read() {
    refused 2 "wants up to 16 numbers from 1 separated by commas, not '16,,32'" bench tiny.yaml --batch 16,,32
    refused 2 "not '1048577'" bench tiny.yaml --batch 1048577
    refused 2 "not '0'" bench tiny.yaml --batch 0
    refused 2 "not '16 32'" bench tiny.yaml --threads '16 32'
    refused 2 "up to 16 numbers" bench tiny.yaml --layers 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17
    refused 2 "wants training or inference, not 'both'" bench tiny.yaml --mode both
    refused 4 "nowhere" bench tiny.yaml --data ./nowhere
}

for name in \
    version_is_printed every_command_has_help help_names_the_commands wrong_command_lines_are_refused \
    usage_errors_mark_the_word names_are_escaped what_is_no_letter_is_escaped shipped_models_are_right \
    classes_come_from_the_data faulty_models_are_located paths_of_data_are_located_in_the_model \
    show_prints_layers_and_totals resolved_model_is_a_model settings_change_the_model ops_lists_and_explains \
    data_lists_the_catalogue studies_are_checked run_leaves_a_folder the_folder_is_named_after_what_was_run \
    folders_are_made_down_to_the_last what_is_in_the_way_is_named one_run_alone_makes_a_folder what_is_not_tested_says_so \
    run_never_overwrites same_bits_for_any_threads same_bits_of_distorted_images threads_are_as_many_as_it_says \
    same_bits_for_any_instruction_set seed_changes_the_weights quiet_prints_one_line json_prints_one_object \
    chosen_classes_are_named_everywhere validation_of_nothing_is_said training_goes_on_from_weights \
    missing_data_are_not_fetched_unasked missing_data_says_where a_note_is_said_once what_is_no_data_is_said_briefly \
    read_only_place_fails_early too_many_threads_leave_no_folder infinite_loss_is_status_8 interrupted_run_keeps_weights \
    interrupted_early_leaves_no_scraps lost_reader_keeps_weights file_size_limit_is_an_error_of_writing \
    vanished_folder_is_said_once lost_output_is_no_success test_repeats_the_result test_wants_a_run \
    bench_measures_what_it_was_asked_for bench_refuses_what_it_cannot_read; do
    test_case $name
done

closing_line
