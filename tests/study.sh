#!/bin/sh
# study.sh - `lcnn study`: which trials there are, what is done again and what is not, what survives an end in the middle, a trial
# that fails, data that is missing, and what is said of several seeds. Faults in study files are in tests/bad/.
. "${srcdir:-.}/tests/cli-words.sh"

cat >tiny.yaml <<'YAML'
name: tiny
params: {pool: 4}
input: [1, 28, 28]
nodes:
  - {name: small, op: avg_pool2d, pool_size: $pool}
  - {op: flatten}
  - {name: output, op: dense, units: $classes}
loss: {op: softmax_cross_entropy, from: output}
data: {name: "glyphs:200", transforms: [{op: rescale, to: [0, 1]}]}
train: {epochs: 1, batch_size: 20, seed: 1, optimizer: sgd, learning_rate: 0.1}
YAML
cat >fine.yaml <<'YAML'
extends: tiny.yaml
name: fine
params: {pool: 2}
train: {epochs: 4}
YAML
cat >two.yaml <<'YAML'
name: two
about: two models, three seeds
seeds: 3
experiments:
  - name: models
    title: Coarse and fine
    models: [tiny.yaml, fine.yaml]
    data: ["glyphs:200"]
    published:
      - {model: tiny, value: 0.01, uncertainty: 0.001, source: nobody}
      - {model: fine, value: 0.5, graded: false, source: nobody}
    claims:
      - {says: fine is better, better: {model: fine}, than: {model: tiny}}
      - {says: coarse is better, better: {model: tiny}, than: {model: fine}}
  - name: rates
    models: [tiny.yaml]
    data: ["glyphs:200"]
    seeds: 1
    grid: {train.learning_rate: [0.1, 0.01], train.epochs: [1, 2]}
YAML

# trials FOLDER: how many have been run there.
trials() { ls -d "$1"/trials/*/ | wc -l | tr -d ' '; }
# figure FILE COLUMN ID: what results.csv has of a trial.
figure() { awk -F, -v column="$2" -v id="$3" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } $at["id"] == id { print $at[column]; exit }' "$1"; }

# ---- What there is to do -----------------------------------------------------------------------------------------------

trials_are_listed() {
    lcnn study two.yaml --dry-run --out dry
    exits 0
    says out 'tiny-glyphs-200-1 '
    says out '^9 trials, about '
    absent dry
}

each_trial_is_a_run() {
    lcnn study two.yaml --out two
    exits 0
    silent err
    says out 'two: 9 of 9 trials done'
    equal "$(trials two)" 9 # tiny at its own rate with seed 1 stands in both experiments
    for file in study.yaml results.csv results.json report.html; do
        there two/$file
    done
    lcnn run fine.yaml --seed 2 --out alone --quiet
    sum=$(sed -n 's/.*"weights_sha256": "\([0-9a-f]*\)".*/\1/p' alone/run.json)
    equal "$(figure two/results.csv weights_sha256 fine-glyphs-200-2)" "$sum"
    equal "$(figure two/results.csv state fine-glyphs-200-2)" done
}

what_is_done_is_kept() {
    ls -li two/trials/*/weights.safetensors >before
    lcnn study two.yaml --out two
    exits 0
    says out '9 done before'
    ls -li two/trials/*/weights.safetensors >after
    same before after
}

what_changed_is_done_again() {
    sed 's/epochs: 4/epochs: 5/' fine.yaml >new && cp fine.yaml old && mv new fine.yaml
    lcnn study two.yaml --out two
    mv old fine.yaml
    exits 0
    says out '6 done before'
}

parts_can_be_chosen() {
    lcnn study two.yaml --only rates --seeds 2 --out part
    exits 0
    says out '8 of 8 trials done'
    refused 2 "did you mean 'rates'" study two.yaml --only rate --out part2
    absent part2
}

settings_of_models_are_refused() {
    refused 2 'two.yaml: error: --data and --set are for models' check two.yaml --set pool=2
    refused 2 'for models' check two.yaml --data glyphs
}

# ---- What is said of it ------------------------------------------------------------------------------------------------

seeds_are_summed_up() {
    mean=$(awk -F, '$4 == "fine" && $1 == "models" { sum += $8; n++ } END { printf "%.6f", sum / n }' two/results.csv)
    says two/results.json "\"mean\": $(echo "$mean" | cut -c 1-6)"
    says two/results.json '"p": '
    says two/results.json '"verdict": "within the uncertainty"'
}

claims_are_judged_from_all_seeds() {
    lcnn study two.yaml --out two
    tr '\n' ' ' <out | tr -s ' ' >tidy
    says tidy '"fine is better" on glyphs:200: held'
    says tidy '"coarse is better" on glyphs:200: contradicted'
    lcnn study two.yaml --seeds 1 --out one
    tr '\n' ' ' <out | tr -s ' ' >tidy
    says tidy '"fine is better" on glyphs:200: not decided'
    says tidy 'McNemar'
}

json_stands_alone() {
    lcnn study two.yaml --out two --json
    exits 0
    equal "$(head -c 1 out)" '{'
    says err '9 of 9 trials done'
}

the_best_of_a_search_alone_is_tested() {
    cat >search.yaml <<'YAML'
name: search
experiments:
  - name: search
    models: [tiny.yaml]
    data: ["glyphs:200"]
    seeds: 1
    settings: {data.validation: 50}
    random: {draws: 4, choose: {train.batch_size: [10, 20], train.learning_rate: {from: 0.001, to: 1, scale: log}}}
    best_by: validation
YAML
    lcnn study search.yaml --out search
    exits 0
    equal "$(trials search)" 4
    equal "$(awk -F, 'NR > 1 && $8 != ""' search/results.csv | wc -l | tr -d ' ')" 1
    lcnn study search.yaml --out again # the same draws
    equal "$(cut -d , -f 18 again/results.csv)" "$(cut -d , -f 18 search/results.csv)"
}

probes_test_what_is_trained() {
    cat >probes.yaml <<'YAML'
name: probes
experiments:
  - name: contrast
    models: [tiny.yaml]
    data: ["glyphs:200"]
    probes: {title: Contrast, label: brightest, key: data.transforms.rescale.to, values: {0: [0, 0.001], 1: [0, 1]}}
YAML
    lcnn study probes.yaml --out probes
    exits 0
    equal "$(trials probes)" 1
    accuracy=$(figure probes/results.csv accuracy tiny-glyphs-200-1)
    says probes/results.json '"label": "brightest"'
    [ "$(grep -c "\"accuracy\": $accuracy" probes/results.json)" -ge 2 ] || wrong "the probe at 1 is not the trial itself"
}

# ---- What goes wrong ---------------------------------------------------------------------------------------------------

a_failing_trial_does_not_end_it() {
    cat >fails.yaml <<'YAML'
name: fails
experiments:
  - name: rates
    models: [tiny.yaml]
    data: ["glyphs:200"]
    settings: {loss.op: mean_squared_error}
    grid: {train.learning_rate: [1000000, 0.001]}
YAML
    lcnn study fails.yaml --out fails
    exits 8
    says out '1 of 2 trials done, 1 failed'
    says fails/results.json 'the loss'
    says fails/results.csv ',tiny,glyphs:200,1,failed,'
    says fails/results.csv ',tiny,glyphs:200,1,done,'
    there fails/report.html
    says fails/report.html 'the loss'
    rm -rf fails
    lcnn study fails.yaml --out fails --quiet
    exits 8
    says err 'tiny-glyphs-200-learning_rate-1000000-1: error: this trial failed: .*the loss'
}

missing_data_leaves_trials_out() {
    sed 's/data: \["glyphs:200"\]/data: ["glyphs:200", emnist-byclass]/' probes.yaml >absent.yaml
    lcnn study absent.yaml --out absent
    exits 0
    tr '\n' ' ' <out | tr -s ' ' >tidy
    says tidy "absent: the data set emnist-byclass is not here: 'lcnn data fetch emnist-byclass'"
    says out '1 of 2 trials done, 1 without data'
    lcnn study absent.yaml --data emnist-byclass=glyphs:100 --out other
    exits 0
    says out '2 of 2 trials done'
    refused 2 'emnist' study absent.yaml --data emnist=glyphs --out none
}

# until_trials N: waits until so many are done, at most 20 s.
until_trials() {
    for _ in $(seq 200); do
        [ "$(ls slow/trials/*/result.json 2>/dev/null | wc -l)" -ge "$1" ] && return
        sleep 0.1
    done
}

# ended_by SIGNAL: a study is ended after its first trials, and goes on.
ended_by() {
    rm -rf slow
    sed 's/^seeds: 3/seeds: 6/; /- name: rates/,$d' two.yaml >slow.yaml
    "$LCNN" study slow.yaml --out slow --threads 1 >out 2>err &
    study=$!
    until_trials 2
    kill -"$1" $study
    wait $study 2>/dev/null
    status=$?
    kept=$(ls slow/trials/*/result.json | wc -l)
    [ "$kept" -lt 12 ] || wrong "it was done before it could be ended"
    for _ in $(seq 50); do # a trial that outlives a killed parent ends by itself
        lcnn study slow.yaml --out slow
        [ $status -eq 0 ] && break
        sleep 0.2
    done
    exits 0
    says out '12 of 12 trials done'
    says out 'done before'
    lcnn study slow.yaml --out whole
    sed 's/,[^,]*,[^,]*,\([^,]*\),[^,]*$/,\1/' slow/results.csv >slow.csv # without times
    sed 's/,[^,]*,[^,]*,\([^,]*\),[^,]*$/,\1/' whole/results.csv >whole.csv
    same slow.csv whole.csv
}

it_goes_on_after_an_interruption() { ended_by TERM; }
it_goes_on_after_being_killed() { ended_by KILL; }

scraps_of_a_killed_trial_are_swept() {
    rm two/trials/fine-glyphs-200-2/run.json
    echo half >two/trials/fine-glyphs-200-2/.lcnn-0123456789abcdef.tmp
    lcnn study two.yaml --out two
    exits 0
    says out '8 done before'
    absent two/trials/fine-glyphs-200-2/.lcnn-0123456789abcdef.tmp
}

what_is_nobody_s_stays() {
    rm two/trials/fine-glyphs-200-2/run.json
    echo mine >two/trials/fine-glyphs-200-2/notes.txt
    lcnn study two.yaml --out two
    exits 6
    there two/trials/fine-glyphs-200-2/notes.txt
    says out 'its folder holds what no run has written'
}

two_at_once_are_refused() {
    rm -rf slow
    "$LCNN" study slow.yaml --out slow --threads 1 >out1 2>err1 &
    study=$!
    until_trials 1
    lcnn study slow.yaml --out slow
    kill -TERM $study
    wait $study
    equal $? 143
    exits 6
    says err 'is at work in this folder'
    says err1 'interrupted; the same command goes on where it was$'
}

for name in trials_are_listed each_trial_is_a_run what_is_done_is_kept what_changed_is_done_again parts_can_be_chosen \
    settings_of_models_are_refused seeds_are_summed_up claims_are_judged_from_all_seeds json_stands_alone the_best_of_a_search_alone_is_tested \
    probes_test_what_is_trained a_failing_trial_does_not_end_it missing_data_leaves_trials_out \
    it_goes_on_after_an_interruption it_goes_on_after_being_killed scraps_of_a_killed_trial_are_swept \
    what_is_nobody_s_stays two_at_once_are_refused; do
    test_case $name
done
closing_line
