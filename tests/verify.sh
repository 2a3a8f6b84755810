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

# changed_model: a copy of the traced run whose model is another one, so that each step comes out differently.
changed_model() {
    again traced
    sed 's/value: 0.01/value: 0.02/' traced/model.yaml >copy/model.yaml
}

# A trace tells of the steps that are in it; what it lacks, or was never of this model, tells nothing.
a_trace_with_gaps_tells_what_it_has() {
    changed_model
    sed '2,3d' traced/trace.csv >copy/trace.csv
    lcnn verify copy --quiet
    exits 5
    says out "first    in step 3: what dense 'hidden' gave"
    sed '8,$d; 2,7s/^1,/0,/' traced/trace.csv >copy/trace.csv # those of an earlier epoch alone
    lcnn verify copy --quiet
    exits 5
    never_says out 'first  '
    sed '2,7d' traced/trace.csv >copy/trace.csv # those of later epochs alone
    lcnn verify copy --quiet
    exits 5
    never_says out 'first  '
    sed '2s/.*/no row/; 3s/,.*//; 4s/,.*/,x/' traced/trace.csv >copy/trace.csv
    lcnn verify copy --quiet
    exits 5
    says out "first    in step 4: what dense 'hidden' gave"
    sed '2,$s/,[0-9a-f]*$//' traced/trace.csv >copy/trace.csv
    cp traced/model.yaml copy # rows that are cut off are no difference of the weights
    lcnn verify copy --quiet
    exits 0
}

a_trace_of_other_columns_is_left_aside() {
    for change in '1s/hidden/other/' '1s/,[^,]*$//' 1d 1q; do
        changed_model
        sed "$change" traced/trace.csv >copy/trace.csv
        lcnn verify copy --quiet
        exits 5
        says out 'tensors  hidden.weight, hidden.bias, output.weight, output.bias (4 of 4)'
        never_says out 'first  '
    done
}

# Without the fingerprints of tensors the epoch is still told.
hashes_that_are_missing_name_no_tensors() {
    changed_model
    sed '2,$d' traced/hashes.csv >copy/hashes.csv
    lcnn verify copy --quiet
    exits 5
    says out '^different: epoch 1 of copy'
    never_says out 'tensors  '
    rm copy/hashes.csv
    lcnn verify copy --quiet --json
    exits 5
    says out '"tensors": \[\]'
    cut -d , -f 1-4 traced/hashes.csv >copy/hashes.csv # the last two tensors have none
    lcnn verify copy --quiet
    exits 5
    says out 'tensors  hidden.weight, hidden.bias, '
}

# A dozen of them are named, and all are counted.
many_tensors_are_counted() {
    {
        echo 'name: deep'
        echo 'input: [1, 2, 2]'
        echo 'nodes:'
        echo '  - {op: flatten}'
        for i in 1 2 3 4 5 6; do echo "  - {name: d$i, op: dense, units: 4}"; done
        echo '  - {name: output, op: dense, units: $classes}'
        sed -n '/^loss/,$p' small.yaml
    } >deep.yaml
    lcnn run deep.yaml --no-report --quiet --out deep --set train.epochs=1
    again deep
    sed 's/value: 0.01/value: 0.02/' deep/model.yaml >copy/model.yaml
    lcnn verify copy --quiet
    exits 5
    equal "$(tr -s ' \n' ' ' <out | grep -o 'd1.weight, .*(14 of 14)')" \
        'd1.weight, d1.bias, d2.weight, d2.bias, d3.weight, d3.bias, d4.weight, d4.bias, d5.weight, d5.bias, d6.weight, d6.bias, ... (14 of 14)'
}

# Who computed it must not matter, so that lcnn itself is at fault.
another_compiler_is_a_fault() {
    again plain
    sed 's/"compiler": "[^"]*"/"compiler": "another"/; s/"weights_after_epoch": \["./"weights_after_epoch": ["x/' plain/run.json >copy/run.json
    lcnn verify copy --quiet
    exits 5
    says out '  because  another compiler: another then, .* now$'
    says out '^           which must not matter: this is a fault of lcnn, please report it$'
}

json_stands_alone() {
    lcnn verify plain --json
    exits 0
    equal "$(wc -l <out)" 1
    says out '^{.*"identical": true'
    says err '3 epochs of small on corners'
    says err '3/3'
}

a_weights_file_that_cannot_be_read_is_no_success() {
    again plain
    rm copy/weights.safetensors
    mkdir copy/weights.safetensors
    lcnn verify copy --quiet
    says err 'copy/weights.safetensors: error: cannot read'
    [ "$status" -ne 0 ] || wrong 'exit status 0 after an error'
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
    the_first_epoch_that_differs_is_named a_trace_with_gaps_tells_what_it_has a_trace_of_other_columns_is_left_aside \
    hashes_that_are_missing_name_no_tensors many_tensors_are_counted another_compiler_is_a_fault json_stands_alone \
    a_weights_file_that_cannot_be_read_is_no_success another_version_is_named a_changed_weights_file_is_told \
    weights_to_begin_with_are_needed records_without_hashes_are_refused run_json_says_what_made_it; do
    test_case $name
done
closing_line
