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

trials_of_one_name_are_told_apart() {
    cat >names.yaml <<'YAML'
name: names
experiments:
  - {name: fast, models: [tiny.yaml], settings: {train.learning_rate: 0.2}}
  - {name: slow, models: [tiny.yaml]}
  - {name: grey, models: [tiny.yaml], grid: {data.transforms.rescale.to: [[0, 1], [0, 0.5]]}}
YAML
    lcnn study names.yaml --dry-run
    exits 0
    says out '^  tiny-glyphs-200-1 '
    says out '^  tiny-glyphs-200-1-[0-9a-f]\{6\} '
    says out '^  tiny-glyphs-200-to-0-0.5-1 '
    says out '^3 trials, about ' # from 0 to 1 is what the model says itself
}

too_many_trials_are_refused() {
    cat >many.yaml <<'YAML'
name: many
seeds: 1000
experiments:
  - {name: rates, models: [tiny.yaml], grid: {train.batch_size: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}}
YAML
    refused 7 "many.yaml:4:5: error: experiment 'rates': more than 10000 trials" check many.yaml
}

options_that_name_nothing_are_refused() {
    for text in glyphs:200 =glyphs:100 glyphs:200=; do
        refused 2 "error: --data $text: a study takes NAME=OTHER, such as mnist=./my-images" study two.yaml --data $text --out none
    done
    refused 2 'the study names no such data set; there is glyphs:200$' study two.yaml --data mnist=glyphs --out none
    refused 2 'the study has no such experiment; there is models, rates$' study two.yaml --only kernels --out none
    absent none
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

claims_compare_values() {
    cat >batches.yaml <<'YAML'
name: batches
seeds: 3
experiments:
  - name: batches
    title: Batches and optimizers
    about: Small steps, and many of them.
    models: [tiny.yaml]
    data: ["glyphs:200"]
    grid: {train.optimizer: [sgd, adam], train.batch_size: [5, 50]}
    labels: {train.optimizer: optimizer}
    published:
      - {metric: loss, settings: {train.optimizer: adam}, value: 9, source: somebody, note: of old}
      - {metric: f1, settings: {train.optimizer: adam, train.batch_size: 5}, value: 0.01, source: somebody}
    claims:
      - {says: small batches learn faster, metric: loss, better: {train.batch_size: 5}, than: {train.batch_size: 50}}
      - {says: plain descent does best, metric: loss, better: {train.optimizer: sgd}}
      - {says: both help, better: {train.optimizer: adam, train.batch_size: 5}, than: {train.optimizer: sgd, train.batch_size: 50}}
      - {says: the model is better, better: {model: tiny}}
YAML
    lcnn study batches.yaml --out batches
    exits 0
    tr '\n' ' ' <out | tr -s ' ' >tidy
    says tidy '"small batches learn faster" on glyphs:200: held'
    says tidy '"plain descent does best" on glyphs:200: contradicted'
    says tidy '"both help" on glyphs:200: held against sgd, 50 +[0-9.]* points (95 %: +[0-9.]* points to +[0-9.]* points, 3 seeds)'
    never_says tidy 'the model is better' # than what?
    mean=$(awk -F, '$2 == "train.optimizer=sgd; train.batch_size=5" { sum += $9 } $2 == "train.optimizer=sgd; train.batch_size=50" { sum -= $9 }
        END { printf "%+.4f", sum / 3 }' batches/results.csv)
    says tidy "against 50 at optimizer sgd $mean (95 %: "
    says tidy 'against adam at train.batch_size 5 +.*; against adam at train.batch_size 50 +'
}

only_like_is_held_against_like() {
    cat >like.yaml <<'YAML'
name: like
experiments:
  - name: like
    models: [fine.yaml, tiny.yaml]
    data: ["glyphs:120", "glyphs:100"]
    grid: {train.batch_size: [5, 20]}
    reject_to: 0.1
    published:
      - {metric: error, data: "glyphs:100", value: 0.25, source: somebody}
    claims:
      - {says: small batches do better, better: {train.batch_size: 5}}
YAML
    lcnn study like.yaml --out like
    exits 0
    equal "$(grep -c '"claim": ' like/results.json)" 2 # one of each data set, of each model with itself
    equal "$(grep '"evidence": ' like/results.json | grep -o 'with one seed (McNemar' | wc -l | tr -d ' ')" 4
    equal "$(grep -c '"only_a_wrong": ' like/results.json)" 4 # models with each other
    equal "$(grep -c ' glyphs:100 .* error 25.00 %: ' out)" 4
    if command -v gnuplot >/dev/null; then
        says like/figures/e1-accuracy-2.svg '>published<'
        never_says like/figures/e1-accuracy-1.svg '>published<'
        says like/figures/e1-accuracy-1.svg '>fine<'
        says like/figures/e1-rejection-1.svg '>tiny, batch_size 20<'
    fi
}

figures_stand_beside_their_settings() {
    lcnn study batches.yaml --out batches
    equal "$(grep -c 'loss 9.0000: better' out)" 2
    says out ' adam  *50 .* loss 9.0000: better$'
    says out ' adam  *5 .* loss 9.0000: better; f1 1.00 %: better$'
    says batches/report.html '<td>tiny on glyphs:200</td><td>optimizer adam, batch_size 50</td><td>loss</td><td align="right">9.0000 .1.</td>'
    says batches/report.html '<td class="bad">contradicted</td>'
    says batches/report.html 'somebody; of old'
    says batches/report.html 'Small steps, and many of them'
    if command -v gnuplot >/dev/null; then
        for word in sgd adam 'batch_size 5' 'batch_size 50' published; do
            says batches/figures/e1-loss-1.svg ">$word<" # names on the axis, a series for each size
        done
    fi
}

# rejected RUN ERROR: the share of answers that must go, the least sure first, until no more of the others are wrong.
rejected() {
    awk -F, 'NR > 1 { print $4, $2 != $3 }' "$1/predictions.csv" | sort -s -k 1,1gr |
        awk -v error="$2" '{ wrong += $2; if (wrong <= error * NR) kept = NR } END { printf "%.6f", (NR - kept) / NR }'
}

the_least_sure_are_rejected() {
    cat >reject.yaml <<'YAML'
name: reject
seeds: 2
experiments:
  - name: reject
    models: [fine.yaml, tiny.yaml]
    data: ["glyphs:200"]
    settings: {train.batch_size: 5}
    reject_to: 0.1
    published:
      - {metric: rejected, model: fine, value: 0.9, source: somebody}
      - {metric: precision, model: tiny, value: 0.9, source: somebody}
      - {metric: recall, value: 0.5, graded: false, source: somebody}
    claims:
      - {says: fine rejects fewer, metric: rejected, better: {model: fine}}
      - {says: coarse errs less, metric: error, better: {model: tiny}}
YAML
    lcnn study reject.yaml --out reject
    exits 0
    tr '\n' ' ' <out | tr -s ' ' >tidy
    says tidy '"fine rejects fewer" on glyphs:200: held against tiny -'
    says tidy '"coarse errs less" on glyphs:200: contradicted against fine +'
    says out ' fine .* rejected 90.00 %: better; recall 50.00 % (not graded)$'
    says out ' tiny .* precision 90.00 %: worse; recall 50.00 % (not graded)$'
    share=$(rejected reject/trials/fine-glyphs-200-1 0.1)
    says reject/results.json "\"share\": $(echo "$share" | cut -c 1-7)"
    says reject/report.html '<th[^>]*>rejected to reach 10.00 %</th>'
    says reject/report.html '<td[^>]*>fine is better</td>'
    ! command -v gnuplot >/dev/null || there reject/figures/e1-rejection-1.svg
    lcnn study reject.yaml --seeds 1 --out reject
    says out ' tiny .* precision 90.00 %: worse; recall'
}

names_are_drawn() {
    cat >draws.yaml <<'YAML'
name: draws
experiments:
  - name: draws
    models: [tiny.yaml]
    data: ["glyphs:200"]
    settings: {data.validation: 50}
    random:
      draws: 5
      seed: 3
      choose:
        train.optimizer: {plain: sgd, quick: {op: adam, beta_1: 0.8}}
        nodes.output.kernel_initializer: [zeros, he_normal]
        train.batch_size: {from: 5, to: 50, whole: true}
        train.learning_rate: {from: 0.01, to: 0.1}
    best_by: validation
    published:
      - {settings: {train.optimizer: quick}, value: 0.01, source: somebody}
      - {settings: {train.optimizer: plain}, value: 0.02, source: somebody}
YAML
    lcnn study draws.yaml --out draws
    exits 0
    form='train.optimizer=(plain|quick); nodes.output.kernel_initializer=(zeros|he_normal); train.batch_size=[0-9]+; train.learning_rate=0\.0[0-9]+'
    equal "$(grep -c -E "^draws,$form,tiny-glyphs-200-draws-0[1-5]-1," draws/results.csv)" 5
    best=$(awk -F, 'NR > 1 { print $13, $3 }' draws/results.csv | sort -k 1,1gr | sed -n '1s/.* //p')
    equal "$(awk -F, 'NR > 1 && $8 != "" { print $3 }' draws/results.csv)" "$best"
    equal "$(grep -c -o 'accuracy [12].00 %: ' out)" 1 # the optimizer of the best one
    says draws/report.html '>tiny (chosen)<'
    if command -v gnuplot >/dev/null; then
        says draws/figures/e1-search-1.svg '>quick<'
        says draws/figures/e1-search-2.svg '>he_normal<'
        there draws/figures/e1-search-4.svg
    fi
}

what_a_model_says_of_itself_stands_beside() {
    cat - tiny.yaml >own.yaml <<'YAML'
published:
  source: its maker
  results:
    - {metric: accuracy, data: "glyphs:200", value: 0.01, note: at night}
    - {metric: loss, data: "glyphs:200", value: 9, source: another}
    - {metric: train_error, data: "glyphs:200", value: 0.9}
YAML
    cat >own-study.yaml <<'YAML'
name: own
experiments:
  - {name: own, models: [own.yaml], data: ["glyphs:200", "glyphs:100"]}
  - {name: changed, models: [own.yaml], data: ["glyphs:200"], settings: {train.batch_size: 50}}
YAML
    lcnn study own-study.yaml --out own
    exits 0
    equal "$(grep -c 'accuracy 1.00 %' out)" 1
    says out ' glyphs:200 .* accuracy 1.00 %: [a-z ]*; loss 9.0000: better$'
    says own/report.html 'its maker; at night'
    says own/report.html '>another<'
}

a_stand_in_is_not_graded() {
    sed 's/^seeds: 3/seeds: 1/; /- name: rates/,$d; s/graded: false, //; s/{model: fine, value/{model: fine, data: "glyphs:200", value/' two.yaml >stand.yaml
    lcnn study stand.yaml --data glyphs:200=glyphs:100 --out stand
    exits 0
    says out ' tiny .* glyphs:100 .* accuracy 1.00 % (not graded)$'
    says out ' fine .* glyphs:100 .* accuracy 50.00 % (not graded)$'
}

long_tables_are_folded() {
    sizes=$(seq -s ', ' 1 31)
    cat >long.yaml <<YAML
name: long
experiments:
  - name: sizes
    models: [tiny.yaml]
    data: [emnist-byclass]
    grid: {train.batch_size: [$sizes]}
    claims: [{says: two is best, better: {train.batch_size: 2}}]
YAML
    lcnn study long.yaml --out long
    exits 4
    says err 'none of the data sets of this study is here'
    says out '0 of 31 trials done, 31 without data'
    says out 'claim: "two is best" on emnist-byclass: not decided'
    says out 'against 1 nothing: trials are missing'
    says long/report.html '<summary>All figures (31 rows)</summary>'
    says long/report.html 'without their data set'
}

the_first_of_each_model_and_data_set_are_shown_in_detail() {
    sed 's/data: .*/data: ["glyphs:70", "glyphs:71", "glyphs:72", "glyphs:73", "glyphs:74", "glyphs:75", "glyphs:76"]/; /probes: {/d' probes.yaml >seven.yaml
    lcnn study seven.yaml --out seven
    exits 0
    equal "$(grep -c 'on glyphs:7[0-9], seed 1: ' seven/report.html)" 6
    says seven/report.html '1 trial more: see trials/ in the folder of the study'
    says seven/report.html 'trials/tiny-glyphs-75-1/report.html'
}

pages_are_of_trials_in_the_folder_alone() {
    cp -r one elsewhere
    sed 's|"trials/tiny|"trials/../../one/trials/tiny|; s|"trials/fine|"../one/trials/fine|' one/results.json >elsewhere/results.json
    lcnn report elsewhere
    exits 0
    never_says elsewhere/report.html 'Runs in detail'
    says one/report.html 'Runs in detail'
    echo '[1]' >elsewhere/results.json
    refused 6 'elsewhere/results.json: error: no results of a study: not an object' report elsewhere
    echo '{' >elsewhere/results.json
    refused 6 'no results of a study: ' report elsewhere
}

a_probe_of_two_experiments_is_made_once() {
    sed 's/^name: probes/name: both/' probes.yaml >both.yaml
    sed -n '/- name/,$s/contrast/again/p; /models/p; /data:/p; /probes:/p' probes.yaml >>both.yaml
    lcnn study both.yaml --out both --isa generic
    exits 0
    says out '^testing trained models on changed data: 2 tests$'
    says both/trials/tiny-glyphs-200-1/run.json '"isa": "generic"'
    equal "$(figure both/results.csv weights_sha256 tiny-glyphs-200-1)" "$(figure probes/results.csv weights_sha256 tiny-glyphs-200-1)"
    equal "$(grep -c '"label": "brightest"' both/results.json)" 2
    lcnn study both.yaml --out both
    never_says out 'testing trained models'
}

evidence_says_which_model() {
    lcnn study like.yaml --out like
    says like/results.json '"evidence": "against fine, 20 .*; against tiny, 20 '
}

settings_are_the_same_everywhere() {
    says like/results.json '"train.batch_size": 5'
    never_says like/results.json '"train.batch_size": "5"' # as comparisons have them
}

what_is_not_chosen_is_not_shown() {
    cat >choice.yaml <<'YAML'
name: choice
experiments:
  - name: choice
    models: [tiny.yaml, fine.yaml]
    data: ["glyphs:200"]
    settings: {data.validation: 50}
    best_by: validation
    probes: {title: Contrast, label: brightest, key: data.transforms.rescale.to, values: {0: [0, 0.001], 1: [0, 1]}}
YAML
    lcnn study choice.yaml --out choice
    exits 0
    equal "$(awk -F, 'NR > 1 && $8 != "" { print $4 }' choice/results.csv)" fine
    equal "$(grep -c '"value": [01],' choice/results.json)" 2 # probes are tests, too
    never_says choice/report.html 'tiny on glyphs:200, seed 1'
    printf '    claims: [{says: fine is better, better: {model: fine}}]\n' >>choice.yaml
    lcnn study choice.yaml --out choice
    never_says out ' points' # how much better than what was not chosen, in testing
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

a_network_that_is_damaged_cannot_be_tested() {
    rm both/trials/*/probe-*.json
    : >both/trials/tiny-glyphs-200-1/weights.safetensors
    lcnn study both.yaml --out both
    exits 5
    says err 'tiny-glyphs-200-1 with data.transforms.rescale.to=\[0, 1\] could not be tested; see both/trials/tiny-glyphs-200-1/probe-.*log$'
    cat both/trials/tiny-glyphs-200-1/probe-*.log >logs
    says logs 'weights.safetensors: error: shorter than any weights file'
    says out '1 of 1 trial done'
}

a_trial_that_is_killed_is_said() {
    cat >killed.yaml <<'YAML'
name: killed
experiments:
  - {name: epochs, models: [tiny.yaml], grid: {train.epochs: [1, 1000000]}}
YAML
    ps -A -o pid= -o ppid= -o args= >out 2>err || { skip="needs a ps that knows parents" && return; }
    "$LCNN" study killed.yaml --out killed --threads 2 >out 2>err </dev/null &
    study=$!
    until_there killed/trials/tiny-glyphs-200-epochs-1000000-1/metrics.csv
    child=$(ps -A -o pid= -o ppid= -o args= | awk -v study=$study '$2 == study && /epochs=1000000/ { print $1 }')
    kill -KILL "${child:-$study}"
    wait $study
    status=$?
    exits 6
    says out '1 of 2 trials done, 1 failed'
    says out '  tiny-glyphs-200-epochs-1000000-1, failed: ended by signal 9$'
    says killed/report.html 'What is missing'
}

how_far_it_is_stands_on_the_terminal() {
    script --version 2>&1 | grep -q util-linux || { skip="needs the script of util-linux" && return; }
    sed 's/name: killed/name: seen/' killed.yaml >seen.yaml
    export LCNN
    # shellcheck disable=SC2016 # the inner shell's
    script -qefc 'echo $$ >pid && exec "$LCNN" study seen.yaml --out seen' screen >/dev/null 2>&1 </dev/null &
    until_said screen '1/2 trials .* epochs [1-9][0-9,]*/1,000,001 .* left'
    kill -TERM "$(cat pid)"
    wait $!
    says screen 'interrupted; the same command goes on where it was'
}

# until_said FILE PATTERN: waits for a line, a minute at most.
until_said() {
    for _ in $(seq 600); do
        grep -q -e "$2" "$1" 2>/dev/null && return
        sleep 0.1
    done
    wrong "$1 never said '$2'"
}

folders_of_others_are_refused() {
    echo mine >file
    mkdir -p others empty
    echo mine >others/file
    lcnn study probes.yaml --out empty --quiet
    exits 0
    lcnn study probes.yaml --out file
    exits 6
    says err 'file: error: this is no folder; give another name with --out'
    lcnn study probes.yaml --out others
    exits 6
    says err 'others: error: this folder holds something else than a study'
    equal "$(ls others)" file
    lcnn study probes.yaml --out two
    exits 6
    says err "two: error: this folder belongs to the study 'two'"
}

# known FILE: results.csv without what differs from run to run.
known() { cut -d , -f 1-15 "$1"; }

what_is_damaged_is_done_again() {
    lcnn study two.yaml --only rates --seeds 2 --out part
    known part/results.csv >before
    echo '{' >part/trials/tiny-glyphs-200-learning_rate-0.1-epochs-1-1/result.json
    lcnn study two.yaml --only rates --seeds 2 --out part
    exits 0
    says out '7 done before'
    sed 's/"version": "[^"]*"/"version": "0.0.1"/' part/trials/tiny-glyphs-200-learning_rate-0.1-epochs-2-1/run.json >new
    mv new part/trials/tiny-glyphs-200-learning_rate-0.1-epochs-2-1/run.json
    lcnn study two.yaml --only rates --seeds 2 --out part
    says out '7 done before'
    known part/results.csv >after
    same before after
    says part/results.json '"kept": 7'
}

what_is_lost_is_left_out() {
    says one/report.html "McNemar's test between models"
    printf 'index,truth,answer,probability\n1,2\n\n' >one/trials/fine-glyphs-200-1/predictions.csv
    rm one/trials/fine-glyphs-200-1/metrics.csv
    echo '[]' >one/results.json
    lcnn study two.yaml --seeds 1 --out one
    exits 0
    tr '\n' ' ' <out | tr -s ' ' >tidy
    says tidy 'against tiny +[0-9.]* points with one seed '
    never_says tidy McNemar
    never_says one/report.html McNemar
    equal "$(figure one/results.csv train_seconds fine-glyphs-200-1)" ''
    equal "$(figure one/results.csv state fine-glyphs-200-1)" "done"
}

a_trial_goes_on_where_it_was() {
    sed 's/name: killed/name: resumed/; s/\[1, 1000000\]/[1000]/' killed.yaml >resumed.yaml
    "$LCNN" study resumed.yaml --out resumed --threads 1 >out 2>err </dev/null &
    trial=resumed/trials/tiny-glyphs-200-epochs-1000-1
    until_there $trial/metrics.csv
    kill -TERM $!
    wait $! 2>/dev/null
    equal $? 143
    says $trial/run.json '"state": "interrupted"'
    lcnn study resumed.yaml --out resumed
    exits 0
    says out '1 of 1 trial done'
    says $trial/run.json '"epoch": [0-9]*, "step": [0-9]*}' # where it went on
    equal "$(wc -l <$trial/metrics.csv | tr -d ' ')" 1001
}

rejected_wants_a_share() {
    sed '/reject_to/d' reject.yaml >none.yaml
    refused 3 'reject_to' check none.yaml
}

a_file_in_place_of_trials_is_said() {
    mkdir odd
    echo '{"study": "probes"}' >odd/study.json
    echo mine >odd/trials
    lcnn study probes.yaml --out odd
    exits 6
    says err 'odd/trials: error: '
    never_says out 'ended with status'
}

a_fault_of_options_is_said_alone() {
    lcnn study two.yaml --data glyphs:200= --out none
    exits 2
    equal "$(grep -c error: err)" 1
}

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

for name in \
    trials_are_listed trials_of_one_name_are_told_apart too_many_trials_are_refused options_that_name_nothing_are_refused \
    each_trial_is_a_run what_is_done_is_kept what_changed_is_done_again parts_can_be_chosen settings_of_models_are_refused \
    seeds_are_summed_up claims_are_judged_from_all_seeds claims_compare_values only_like_is_held_against_like \
    figures_stand_beside_their_settings the_least_sure_are_rejected names_are_drawn \
    what_a_model_says_of_itself_stands_beside a_stand_in_is_not_graded json_stands_alone \
    the_best_of_a_search_alone_is_tested probes_test_what_is_trained a_probe_of_two_experiments_is_made_once \
    long_tables_are_folded the_first_of_each_model_and_data_set_are_shown_in_detail \
    pages_are_of_trials_in_the_folder_alone evidence_says_which_model settings_are_the_same_everywhere \
    what_is_not_chosen_is_not_shown a_failing_trial_does_not_end_it missing_data_leaves_trials_out \
    a_network_that_is_damaged_cannot_be_tested a_trial_that_is_killed_is_said how_far_it_is_stands_on_the_terminal \
    folders_of_others_are_refused what_is_damaged_is_done_again what_is_lost_is_left_out it_goes_on_after_an_interruption \
    it_goes_on_after_being_killed a_trial_goes_on_where_it_was rejected_wants_a_share a_file_in_place_of_trials_is_said \
    a_fault_of_options_is_said_alone scraps_of_a_killed_trial_are_swept what_is_nobody_s_stays two_at_once_are_refused; do
    test_case $name
done
closing_line
