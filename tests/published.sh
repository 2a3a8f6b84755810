#!/bin/sh
# published.sh - what a model says of published figures: graded beside a run, in what is printed and in what is written, and
# no part of the model.
set -u
LCNN=${LCNN:-./lcnn}
case $LCNN in /*) ;; *) LCNN=$PWD/$LCNN ;; esac
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
unset LCNN_DATA
passed=0 failed=0

# holds NAME COMMAND...: the command must succeed.
holds() {
    name=$1
    shift
    if "$@" >/dev/null 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name: $*"
    fi
}

# says NAME FILE TEXT: a line of the file must hold the text.
says() {
    holds "$1" grep -qF -- "$3" "$2"
}

# model NAME: a small network, without what was published of it.
model() {
    cat <<YAML
name: $1
input: [1, 28, 28]
nodes: [{op: flatten}, {op: dense, units: \$classes}]
loss: {op: softmax_cross_entropy}
data: {name: "glyphs:200", transforms: [{op: rescale, to: [0, 1]}]}
train: {epochs: 2}
YAML
}

# ---- Verdicts ------------------------------------------------------------------------------------

model plain >plain.yaml
"$LCNN" run plain.yaml --out plain --quiet >/dev/null || exit 1
holds nothing-published-nothing-written test ! -e plain/published.json
ours=$(sed -n 's/.*"accuracy": \([0-9.]*\),*$/\1/p' plain/result.json | head -1)

{
    model claims
    cat <<YAML
published:
  source: a paper
  results:
    - {metric: accuracy, data: "glyphs:200", value: $ours, uncertainty: 0.001}
    - {metric: accuracy, data: "glyphs:200", value: 0.01, images: 10000}
    - {metric: error, data: "glyphs:200", value: 0.0001, uncertainty: 0.0001, source: another paper}
    - {metric: loss, data: "glyphs:200", value: 100, note: a high loss}
    - {metric: f1, data: "glyphs:200", value: 0.5, graded: false}
    - {metric: train_error, data: "glyphs:200", value: 1}
    - {metric: accuracy, data: mnist, value: 0.99}
  curve: {data: "glyphs:200", file: curve.csv, title: the curve}
  errors: {data: "glyphs:200", file: errors.csv}
YAML
} >claims.yaml
printf '# from a paper\r\ntest_error,epoch,train_error\r\n0.5,1,\r\n\r\n,3,0.4\r\n0.25,7,\r\n' >curve.csv
# Our own mistakes without the first two, as somebody else's.
awk -F, 'BEGIN { print "answer,index,truth" } NR > 1 && $2 != $3 && ++n > 2 { print $3 "," $1 "," $2 }' \
    plain/predictions.csv >errors.csv
theirs=$(($(wc -l <errors.csv) - 1))

"$LCNN" run claims.yaml --out claims >said || exit 1
says the-source-is-named said 'published: a paper'
says the-curve-is-told-of said 'a learning curve of 3 points: published.json'
holds equal-is-within grep -q 'accuracy .* +- 0.10 .*within the uncertainty$' said
holds above-is-better grep -q 'accuracy  *1.00 % +- 0.10 .* better$' said
holds more-errors-are-worse grep -q 'error  *0.01 % +- 0.01 .* worse$' said
holds less-loss-is-better grep -q 'loss  *100.0000 .* better$' said
holds shown-only grep -q 'f1 .* not graded$' said
holds a-share-of-the-training-images grep -q 'train_error  *100.00 % .* better$' said
says notes-are-said said '  a high loss'
says other-sources-are-named said '  error: another paper'
says common-mistakes said "$theirs of the $theirs published errors are among our $((theirs + 2))"
says the-file-is-listed said published.json
holds other-data-are-left-out sh -c '! grep -q mnist claims/published.json'
says verdicts-in-json claims/published.json '"verdict": "within the uncertainty"'
says ungraded-is-null claims/published.json '"verdict": null'
says a-share-of-images-has-its-deviation claims/published.json '"uncertainty": 0.000994987437'
says curve-in-json claims/published.json '"curve"'
holds curve-values grep -q '"epoch": \[1.0, 3.0, 7.0\]' claims/published.json
holds curve-gaps grep -q '"test_error": \[0.5, null, 0.25\]' claims/published.json
says common-in-json claims/published.json "\"both\": $theirs"
says figures-in-the-result claims/result.json '"published"'

# ---- What it is no part of -----------------------------------------------------------------------

holds no-part-of-the-model sh -c '! grep -q published claims/model.yaml'
sed 's/^name: claims/name: plain/' claims.yaml >same.yaml
"$LCNN" run same.yaml --out same --threads 2 --json >same.json 2>/dev/null
for key in model_sha256 weights_sha256; do
    sed -n "s/.*\"$key\": \"\([0-9a-f]*\)\".*/\1/p" plain/result.json >expected
    sed -n "s/.*\"$key\": \"\([0-9a-f]*\)\".*/\1/p" same/result.json >seen
    holds "same-$key" cmp expected seen
done
holds printed-as-json grep -q '"published": \[{"metric": "accuracy"' same.json
cp -r same/result.json first.json && rm -r same
"$LCNN" run same.yaml --out same --threads 1 --quiet >/dev/null
holds no-thread-and-no-time cmp first.json same/result.json

printf 'extends: claims.yaml\nname: variant\n' >variant.yaml
"$LCNN" run variant.yaml --out variant --quiet >/dev/null
holds not-inherited test ! -e variant/published.json

# ---- What is still the model ---------------------------------------------------------------------

"$LCNN" run claims.yaml --seed 5 --set name=mine --out seeds >said
holds a-seed-changes-no-model grep -q 'loss .* better$' said
"$LCNN" run claims.yaml --set train.epochs=1 --out changed >said
says a-changed-model-is-not-graded said 'nothing is graded: settings changed the model'
holds nothing-graded sh -c '! grep -q "\"graded\": true" changed/published.json'
"$LCNN" run claims.yaml --weights plain/weights.safetensors --out weights >said
says other-weights-are-not-graded said 'nothing is graded: training began with weights from a file'
"$LCNN" check claims.yaml --set published.source=mine 2>said
says settings-have-no-say said 'what was published cannot be set'

cat >rates.yaml <<'YAML'
name: rates
experiments:
  - {name: rates, models: [claims.yaml], seeds: 2, grid: {train.epochs: [1, 2]}}
YAML
"$LCNN" study rates.yaml --out rates --quiet >/dev/null
holds only-what-a-study-leaves-as-it-is-is-graded \
    test "$(grep -o '"value": 0.01,' rates/results.json | wc -l)" -eq 1

# ---- A list of other images ----------------------------------------------------------------------

truth=$(awk -F, 'NR == 2 { print $2 }' plain/predictions.csv)
other=$(awk -F, -v truth="$truth" 'NR > 1 && $2 != truth { print $2; exit }' plain/predictions.csv)
printf 'index,truth,answer\n0,%s,%s\n' "$other" "$truth" >errors.csv
"$LCNN" run claims.yaml --out other >said
tr '\n' ' ' <said | tr -s ' ' >tidy
says other-images-are-told tidy "test image 0 is '$truth' here and '$other' there"
says no-overlap-then other/published.json '"errors": null'

echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
