#!/bin/sh
# verify.sh - `lcnn verify`: a run made again is identical, and where something was changed it is told what, from which epoch on,
# and with a trace from which step and layer on.
. "${srcdir:-.}/tests/cli-words.sh"

# Images of 2x2 pixels whose brightest pixel tells the class.
images() {
    awk -v seed="$1" 'BEGIN { for (i = 0; i < 60; i++) { c = (i + seed) % 4; printf "%d", c
        for (p = 0; p < 4; p++) printf ",%d", p == c ? 200 + i % 50 : i % 40
        print "" } }'
}
mkdir corners
images 0 >corners/train.csv
images 1 >corners/test.csv
cat >small.yaml <<'YAML'
name: small
input: [1, 2, 2]
nodes:
  - {op: flatten}
  - {name: hidden, op: dense, units: 8}
  - {op: tanh}
  - {name: output, op: dense, units: $classes}
loss: {op: softmax_cross_entropy, from: output}
data: {name: ./corners, transforms: [{op: rescale, to: [0, 1]}]}
train: {epochs: 3, batch_size: 10, seed: 1, optimizer: adam, learning_rate: 0.01}
YAML
run() { lcnn run small.yaml --no-report --quiet "$@"; }
again() { rm -rf copy && cp -R "$1" copy; }

a_run_made_again_is_identical() {
    run --out plain --threads 1
    lcnn verify plain --threads 3
    exits 0
    says out 'plain.*: 3 epochs of small on'
    says out 'recorded by lcnn [0-9.]*.* 1 threads, '
    says out '^identical: the weights after each of 3 epochs of plain are those of the record, to the last bit$'
    says out "sha256 $(sha256sum plain/weights.safetensors | cut -c 1-64)"
    lcnn verify plain --quiet --epochs 1 --isa generic
    exits 0
    says out '^identical: the weights after the epoch of plain'
    lcnn verify plain --json --quiet
    says out '"identical": true, "epochs": 3, "weights_sha256": "[0-9a-f]*"'
}

a_trace_changes_no_bit() {
    run --out traced --trace
    same plain/weights.safetensors traced/weights.safetensors
    equal "$(wc -l <traced/trace.csv)" 19
    says traced/trace.csv '^epoch,step,flatten_1,hidden,tanh_1,output,loss,hidden.weight,hidden.bias,output.weight,output.bias$'
    lcnn verify traced --quiet
    exits 0
}

another_model_is_named() {
    again traced
    sed 's/value: 0.01/value: 0.02/' traced/model.yaml >copy/model.yaml
    differ traced/model.yaml copy/model.yaml
    lcnn verify copy --quiet
    exits 5
    says out '^different: epoch 1 of copy comes to other weights$'
    says out "first    in step 1: tensor 'hidden.weight' after it"
    says out 'tensors  hidden.weight, hidden.bias, output.weight, output.bias (4 of 4)'
    says out 'another model (sha256): '
}

other_data_are_named() {
    sed '1s/,[0-9]*$/,99/' corners/train.csv >changed.csv
    differ corners/train.csv changed.csv
    mv corners/train.csv kept.csv
    mv changed.csv corners/train.csv
    lcnn verify traced --quiet
    exits 5
    says out "first    in step [0-9]*: what flatten 'flatten_1' gave"
    says out 'because  other data (sha256)'
    mv kept.csv corners/train.csv
}

# The record says that epochs 1 and 2 were as they are, and the third was not.
the_first_epoch_that_differs_is_named() {
    again traced
    last=$(tail -n 1 traced/hashes.csv | cut -d , -f 2)
    zeros=$(echo "$last" | tr '0-9a-f' 0)
    sed "s/\"$last\"]/\"$zeros\"]/" traced/run.json >copy/run.json
    sed '$s/[0-9a-f]*$/0000000000000000/' traced/hashes.csv >copy/hashes.csv
    sed '16,$s/,[0-9a-f]*$/,0000000000000000/' traced/trace.csv >copy/trace.csv
    lcnn verify copy --quiet
    exits 5
    says out '^different: epoch 3 of copy comes to other weights, those before it are identical$'
    says out "first    in step 3: tensor 'output.bias' after it"
    says out 'tensors  output.bias (1 of 4)'
    says out 'the record was changed'
    lcnn verify copy --json --quiet
    exits 5
    says out '"identical": false, "epochs": 2, "tensors": \["output.bias"\]'
    says out '"step": 3, "first": "output.bias"'
    lcnn verify copy --quiet --epochs 2
    exits 0
}

another_version_is_named() {
    again plain
    sed 's/"version": "[^"]*"/"version": "0.0.9"/; s/"weights_after_epoch": \["./"weights_after_epoch": ["x/' plain/run.json >copy/run.json
    lcnn verify copy --quiet
    exits 5
    says out 'because  another version of lcnn: 0.0.9 then'
}

a_changed_weights_file_is_told() {
    again plain
    cp copy/hashes.csv copy/weights.safetensors
    lcnn verify copy --quiet
    exits 5
    says err 'weights.safetensors is not the file that the run has recorded'
}

weights_to_begin_with_are_needed() {
    run --out from --weights plain/weights.safetensors
    lcnn verify from --quiet
    exits 0
    mv plain/weights.safetensors kept
    cp traced/../from/weights.safetensors plain/weights.safetensors
    lcnn verify from --quiet
    exits 5
    says out 'other weights to begin with (sha256)'
    rm plain/weights.safetensors
    lcnn verify from --quiet
    exits 5
    says err 'plain/weights.safetensors: error: cannot read: there is no such file'
    mv kept plain/weights.safetensors
}

records_without_hashes_are_refused() {
    again plain
    echo '{}' >copy/run.json
    lcnn verify copy
    exits 5
    says err 'no hashes of weights after epochs'
    refused 6 'no such folder' verify nowhere
    refused 2 'the run has finished 3 epochs' verify plain --epochs 4
}

run_json_says_what_made_it() {
    for key in version commit compiler isa threads seed model_sha256 data_sha256 weights_sha256 weights_after_epoch; do
        says plain/run.json "\"$key\": "
    done
    equal "$(grep -o '"weights_after_epoch": \[.*\]' plain/run.json | grep -o '"[0-9a-f]\{64\}"' | wc -l)" 3
}

for name in a_run_made_again_is_identical a_trace_changes_no_bit another_model_is_named other_data_are_named \
    the_first_epoch_that_differs_is_named another_version_is_named a_changed_weights_file_is_told \
    weights_to_begin_with_are_needed records_without_hashes_are_refused run_json_says_what_made_it; do
    test_case $name
done
closing_line
