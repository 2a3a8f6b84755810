#!/bin/sh
# report.sh - the pages that runs end with and `lcnn report` makes: what is on them, when they are left out, what happens with
# folders that are damaged, and with names that mean harm. What charts look like is test_figure.c's business.
. "${srcdir:-.}/tests/cli-words.sh"

cat >tiny.yaml <<'YAML'
name: tiny
about: a convolution that is soon trained
input: [1, 28, 28]
nodes:
  - {name: small, op: avg_pool2d, pool_size: 2}
  - {name: eyes, op: conv2d, filters: 3, kernel_size: 5}
  - {op: relu}
  - {op: flatten}
  - {name: output, op: dense, units: $classes}
loss: {op: softmax_cross_entropy, from: output}
data: {name: "glyphs:200", transforms: [{op: rescale, to: [0, 1]}]}
train: {epochs: 2, batch_size: 20, seed: 1, optimizer: adam, learning_rate: {op: cosine, initial: 0.01}}
YAML
with_gnuplot=$(command -v gnuplot)
"$LCNN" run tiny.yaml --out first --quiet >/dev/null || exit 1
"$LCNN" run tiny.yaml --out second --seed 2 --quiet >/dev/null || exit 1

# copy NAME: a folder of a run to spoil.
copy() {
    rm -rf "$1"
    cp -r first "$1"
}

# ---- The page of a run -------------------------------------------------------------------------------------------------

a_run_ends_with_its_page() {
    for section in Learning Confusions Mistakes Classes Network 'How to repeat it'; do
        says first/report.html "<h2[^>]*>$section</h2>"
    done
    says first/report.html 'a convolution that is soon trained'
    says first/report.html "$(sed -n 's/.*"weights_sha256": "\([0-9a-f]*\)".*/\1/p' first/run.json)"
    if [ -n "$with_gnuplot" ]; then
        for name in error loss learning-rate confusion classes rejection; do
            there "first/figures/$name.svg"
            there "first/figures/$name.png"
        done
    fi
}

pictures_are_on_it() {
    grep -q 'built without libpng' first/report.html && skip="built without libpng" && return
    says first/report.html 'src="data:image/png;base64,'
    says first/report.html 'First-layer filters'
    says first/report.html 'Through the layers'
}

nothing_is_fetched_from_elsewhere() {
    if grep -o -E '(src|href|url)[=(]"?[^"#) ]*' first/report.html | grep -v -E '^(src|href)="(data:|)$|^(src|href)="data:'; then
        wrong "the page asks for more than it holds"
    fi
    never_says first/report.html '<script'
    never_says first/report.html '@import'
}

it_can_be_left_out() {
    lcnn run tiny.yaml --out bare --no-report
    exits 0
    absent bare/report.html
    absent bare/figures
    never_says out 'report.html'
}

json_stands_alone() {
    lcnn run tiny.yaml --out json --json
    exits 0
    equal "$(head -c 1 out)" '{'
    never_says out 'report'
    there json/report.html
}

it_is_made_anew_from_the_folder() {
    copy again
    rm -r again/report.html again/figures 2>/dev/null
    lcnn report again/
    exits 0
    says out '^written to again/report.html$'
    same again/report.html first/report.html
}

# few NAME CHANNELS HEIGHT WIDTH: a set of twenty images in two classes, a table of numbers.
few() {
    mkdir -p "$1"
    echo "shape: [$2, $3, $4]" >"$1/dataset.yaml"
    for part in train test; do
        awk -v n=$(($2 * $3 * $4)) 'BEGIN {
            for (i = 0; i < 20; i++) {
                printf "%d", i % 2
                for (k = 0; k < n; k++) printf ",%d", (k * (i + 3)) % 256
                print ""
            }
        }' >"$1/a-$part.csv"
    done
}
few colours 3 8 8

# A sum of what lies far apart, inside another one.
a_network_is_drawn_with_its_branches() {
    cat >branches.yaml <<'YAML'
name: branches
input: [3, 8, 8]
nodes:
  - {name: first, op: conv2d, filters: 3, kernel_size: 3, padding: same}
  - {name: second, op: conv2d, filters: 3, kernel_size: 3, padding: same}
  - {name: inner, op: add, from: [second, first]}
  - {name: third, op: conv2d, filters: 3, kernel_size: 3, padding: same}
  - {name: outer, op: add, from: [third, input]}
  - {name: smaller, op: subsample2d}
  - {op: flatten}
  - {name: output, op: dense, units: $classes}
loss: {op: softmax_cross_entropy, from: output}
data: {name: ./colours, transforms: [{op: rescale, to: [0, 1]}]}
train: {epochs: 1, batch_size: 10, seed: 1}
YAML
    lcnn run branches.yaml --out branches --quiet
    exits 0
    equal "$(grep -o '<path class="skip"' branches/report.html | wc -l)" 2
    # the long one passes on the left of the short one
    equal "$(grep -o '<path class="skip" d="M44 [0-9]*H[0-9]*' branches/report.html | sed 's/.*H//' | tr '\n' ' ')" '31 18 '
    says branches/report.html '<rect class="mark merge"[^>]*/><text[^>]*>inner</text>'
    says branches/report.html '<rect class="mark pool"[^>]*/><text[^>]*>smaller</text>'
    says branches/report.html '<rect class="mark weights"[^>]*/><text[^>]*>third</text>'
}

# Sums one after the other need no more room than one.
branches_that_do_not_overlap_share_a_lane() {
    cat >blocks.yaml <<'YAML'
name: blocks
input: [1, 28, 28]
nodes:
  - {name: small, op: avg_pool2d, pool_size: 4}
  - {name: one, op: tanh}
  - {name: two, op: add, from: [one, small]}
  - {name: three, op: tanh}
  - {name: four, op: add, from: [three, two]}
  - {op: flatten}
  - {name: output, op: dense, units: $classes}
loss: {op: softmax_cross_entropy, from: output}
data: {name: "glyphs:200"}
train: {epochs: 1, batch_size: 100, seed: 1}
YAML
    lcnn run blocks.yaml --out blocks --quiet
    exits 0
    equal "$(grep -o '<path class="skip" d="M[0-9]* [0-9]*H[0-9]*' blocks/report.html | sed 's/.*H//' | tr '\n' ' ')" '18 18 '
}

filters_of_colours_are_colours() {
    grep -q 'built without libpng' first/report.html && skip="built without libpng" && return
    says branches/report.html 'The 3 filters of first, 3×3, as colours of the image they answer to\.'
    says first/report.html 'The 3 filters of eyes, 5×5: positive weights warm, negative ones blue\.'
}

what_is_many_is_shown_in_part() {
    grep -q 'built without libpng' first/report.html && skip="built without libpng" && return
    cat >wide.yaml <<'YAML'
name: wide
input: [3, 8, 8]
nodes:
  - {name: eyes, op: conv2d, filters: 70, kernel_size: 3}
  - {name: points, op: conv2d, filters: 20, kernel_size: 6}
  - {op: flatten}
  - {name: many, op: dense, units: 300}
  - {name: output, op: dense, units: $classes}
loss: {op: softmax_cross_entropy, from: output}
data: {name: ./colours, transforms: [{op: rescale, to: [0, 1]}]}
train: {epochs: 1, batch_size: 10, seed: 1}
YAML
    lcnn run wide.yaml --out wide --quiet
    exits 0
    says wide/report.html '64 of the 70 filters of eyes, '
    says wide/report.html 'eyes · conv2d · 70x6x6, first 64<'
    says wide/report.html 'points · conv2d · 20x1x1<' # all of them
    says wide/report.html 'many · dense · 300, first 256<'
}

# Twice as many pixels as are shown, and higher than wide.
maps_keep_their_proportions() {
    grep -q 'built without libpng' first/report.html && skip="built without libpng" && return
    few tall 1 70 6
    cat >tall.yaml <<'YAML'
name: tall
input: [1, 70, 6]
nodes: [{name: squash, op: tanh}, {op: flatten}, {name: output, op: dense, units: $classes}]
loss: {op: softmax_cross_entropy, from: output}
data: {name: ./tall, transforms: [{op: rescale, to: [0, 1]}]}
train: {epochs: 1, batch_size: 10, seed: 1}
YAML
    lcnn run tall.yaml --out tall-run --quiet
    exits 0
    says tall-run/report.html 'alt="Values of squash" src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAQAAAAw' # 4 by 48 pixels
    never_says tall-run/report.html 'First-layer filters' # too large to be shown
}

curves_of_many_epochs_have_no_points() {
    [ -n "$with_gnuplot" ] || { skip='no gnuplot' && return; }
    lcnn run branches.yaml --out patient --quiet --set train.epochs=31
    exits 0
    never_says patient/figures/loss.svg '<circle'
    says first/figures/loss.svg '<circle'
    lcnn report patient branches --out pace
    exits 0
    there pace/figures/test-loss.svg
    # one point of the other run, and its sample in the legend
    equal "$(grep -o '<circle' pace/figures/test-loss.svg | wc -l)" 2
}

what_is_never_tested_has_a_page() {
    mkdir untested-set
    cp colours/dataset.yaml colours/a-train.csv untested-set
    sed 's|./colours|./untested-set|' branches.yaml >untested.yaml
    lcnn run untested.yaml --out untested
    exits 0
    says out '^untested-set has no test part: nothing to test$'
    never_says out 'confusion.csv'
    says untested/report.html 'no test images: these are figures of training alone'
    never_says untested/report.html '<h2[^>]*>Mistakes</h2>'
}

# ---- What was published ------------------------------------------------------------------------------------------------

# published NAME [SETTING]: a run of a model that has something published of it.
published() {
    cat tiny.yaml >others.yaml
    cat >>others.yaml <<'YAML'
published:
  source: somebody
  results:
    - {metric: accuracy, data: "glyphs:200", value: 0.01, uncertainty: 0.001, note: of another time}
    - {metric: loss, data: "glyphs:200", value: 9, source: somebody else}
  errors: {data: "glyphs:200", file: others.csv}
YAML
    lcnn run others.yaml --out "$@"
    exits 0
}

what_was_published_stands_beside_ours() {
    printf 'index,truth,answer\n%s\n' "$(awk -F, 'NR == 2 { print $1 "," ($2 == 1 ? 2 : 1) "," $2 }' first/predictions.csv)" >others.csv
    published beside
    says beside/report.html 'Published figures</h2>'
    says beside/report.html '<td class="good">better</td>'
    says beside/report.html 'of another time'
    says beside/report.html 'loss: somebody else'
    says beside/report.html 'Mistakes are not compared: the published errors are of other images'
    never_says beside/report.html 'Nothing is graded'
}

why_nothing_is_graded_is_said() {
    published changed --set train.epochs=1
    says changed/report.html 'Nothing is graded: settings changed the model'
    says changed/report.html '<td class="faint">not graded</td>'
    never_says changed/report.html '>better<'
}

mistakes_in_common_are_counted() {
    awk -F, 'NR > 1 && $2 != $3 { print $1 "," $2 "," $3 }' first/predictions.csv | head -n 2 >some
    { echo index,truth,answer && cat some; } >others.csv
    published common
    says common/report.html 'Of 2 mistakes published, 2 are among the [0-9]* made here'
}

# A network that has learnt nothing, and mistakes of an image that is not there.
other_figures_stand_beside_ours() {
    sed 's/initial: 0.01/initial: 0.0000001/' tiny.yaml >hopeless.yaml
    cat >>hopeless.yaml <<'YAML'
published:
  source: somebody
  results:
    - {metric: rejected, data: "glyphs:200", value: 0.03, graded: false, note: of a figure}
    - {metric: loss, data: "glyphs:200", value: 0.001, uncertainty: 0.0005}
    - {metric: accuracy, data: "glyphs:200", value: 0.9999, uncertainty: 0.0001}
  errors: {data: "glyphs:200", file: far.csv}
YAML
    printf 'index,truth,answer\n30000,0,1\n' >far.csv
    lcnn run hopeless.yaml --out hopeless
    exits 0
    says out '^  rejected  *3.00 %  *-  *not graded$'
    says out '^  loss  *0.0010 +- 0.0005 .* worse$'
    says out '^  accuracy  *99.99 % +- 0.01 .* worse$'
    says out '^  of a figure$'
    says out '^  the published errors are of other images: test image 30000 is not among those$'
}

# ---- Several runs ------------------------------------------------------------------------------------------------------

runs_stand_side_by_side() {
    lcnn report first second --out both
    exits 0
    says out '^written to both/report.html$'
    says both/report.html 'href="../first/report.html"'
    says both/report.html 'McNemar'
    says both/report.html 'train.seed'
    lcnn report first second --out both # its own page is replaced
    exits 0
}

settings_that_differ_are_listed() {
    sed 's/^name: tiny/name: flat/; /avg_pool2d/d; /conv2d/d' tiny.yaml >flat.yaml
    lcnn run flat.yaml --out flat --quiet
    lcnn report first flat --out unlike
    exits 0
    says unlike/report.html '<td>nodes.eyes.op</td><td>conv2d</td><td class="faint">–</td>'
    never_says unlike/report.html 'nodes.eyes.kernel_size' # the operator says enough
    never_says unlike/report.html '<td>train.seed</td>'
}

# As in tables of several learning rates: the last parts of their folders are the same.
runs_called_alike_are_told_apart() {
    mkdir -p low high
    cp -r first low/run
    cp -r second high/run
    lcnn report low/run/ high/run first --out alike
    exits 0
    says alike/report.html 'href="../low/run/report.html">low/run</a>'
    says alike/report.html 'href="../high/run/report.html">high/run</a>'
    says alike/report.html 'href="../first/report.html">first</a>'
}

links_lead_from_the_page_to_the_runs() {
    mkdir -p shelf
    cp -r first shelf/one
    cp -r second shelf/two
    for place in shelf:one shelf/pages//deep/:../../one shelf/on:../one; do
        lcnn report shelf/one shelf/two --out "${place%:*}"
        exits 0
        says "${place%:*}/report.html" "href=\"${place#*:}/report.html\""
    done
}

the_better_of_two_is_named() {
    lcnn run tiny.yaml --out poor --quiet --no-report --set train.learning_rate.initial=0.0000001
    lcnn report first poor second --out contest
    exits 0
    # of 34 images the one has learnt, the other guesses; two that have learnt show no difference
    says contest/report.html '<td>first</td><td>poor</td>.*>[0-9]\.[0-9]e-0[0-9]</td><td class="good">first is better</td>'
    says contest/report.html '<td>poor</td><td>second</td>.*<td class="good">second is better</td>'
    says contest/report.html '<td>first</td><td>second</td>.*<td class="faint">no difference shown</td>'
    grep -q 'built without libpng' first/report.html || says contest/report.html 'Right: first, wrong: poor (10 of [0-9]* images)'
}

# Eleven of them: more than there are colours, and 55 pairs.
many_runs_are_shown_in_part() {
    mkdir -p crowd-of
    for i in 1 2 3 4 5 6 7 8 9 10; do cp -r poor crowd-of/no$i; done
    lcnn report first crowd-of/* --out crowd
    exits 0
    says crowd/report.html 'The curves are those of the first 8 runs\.'
    says crowd/report.html 'The first 45 of 55 pairs\.'
    equal "$(grep -o '<td>no[0-9]*</td><td>no[0-9]*</td>\|<td>first</td><td>no[0-9]*</td>' crowd/report.html | wc -l)" 45
    # images of three of them beside the first
    grep -q 'built without libpng' first/report.html ||
        equal "$(grep -o 'Right: first, wrong: no[0-9]* ' crowd/report.html | sort -u | wc -l)" 3
    [ -n "$with_gnuplot" ] || return
    equal "$(grep -c '<text>no[0-9]*</text>' crowd/figures/test-error.svg)" 7
}

# The same data set, but other images of it, as many; or the same ones in other classes.
runs_of_other_images_are_not_held_against_each_other() {
    some() { lcnn run tiny.yaml --out "$1" --quiet --no-report --set "data.classes=$2" && exits 0; }
    some of-01 '["0", "1"]'
    some of-23 '["2", "3"]'
    some evens '[{even: ["0", "2"]}, {odd: ["1", "3"]}]'
    some halves '[{low: ["0", "1"]}, {high: ["2", "3"]}]'
    lcnn run tiny.yaml --data glyphs:300 --out larger --quiet --no-report
    lcnn report first of-01 of-23 evens halves larger --out unlike
    exits 0
    says unlike/report.html 'No two of the runs were tested on the same images\.'
    never_says unlike/report.html 'Images they disagree on'
    copy other-pixels # as many images and the same labels of data with other pixels
    sed 's/"data_sha256": "[0-9a-f]*"/"data_sha256": "00"/' first/run.json >other-pixels/run.json
    lcnn report first other-pixels --out unlike
    exits 0
    says unlike/report.html 'No two of the runs'
    lcnn report first other-pixels second --out unlike
    exits 0
    never_says unlike/report.html 'No two of the runs'
    equal "$(grep -c 'no difference shown' unlike/report.html)" 1
}

classes_made_of_others_differ_by_their_names() {
    lcnn report evens halves --out classes
    exits 0
    says classes/report.html "<td>data.classes.even</td><td>\['0', '2'\]</td><td class=\"faint\">–</td>"
    says classes/report.html "<td>data.classes.high</td><td class=\"faint\">–</td><td>\['2', '3'\]</td>"
}

# Of a node that both have, every setting counts; a text about a model is none.
settings_of_one_node_are_compared() {
    sed 's/^about: .*/about: another text/; s/filters: 3/filters: 4/' tiny.yaml >more.yaml
    lcnn run more.yaml --out more --quiet --no-report
    lcnn report first more --out filters
    exits 0
    says filters/report.html '<td>nodes.eyes.filters</td><td>3</td><td>4</td>'
    never_says filters/report.html '<td>about</td>'
    never_says filters/report.html '<td>nodes.eyes.op</td>'
    copy twin
    lcnn report first twin --out twins
    exits 0
    says twins/report.html 'The settings of the models are the same, key by key\.'
}

a_transform_after_one_of_its_kind_is_compared() {
    for factor in 2 3; do
        lcnn run tiny.yaml --out times$factor --quiet --no-report --set "data.transforms+={op: rescale, to: [0, $factor]}"
        exits 0
    done
    lcnn report times2 times3 --out times
    exits 0
    never_says times/report.html 'key by key'
    says times/report.html '<td>\[0, 2\]</td><td>\[0, 3\]</td>'
}

wrong_operands_are_refused() {
    mkdir study && echo '{}' >study/results.json
    refused 2 'needs a RUN' report
    refused 6 'no such folder' report none
    refused 6 'no such folder' report tiny.yaml
    refused 2 'a single one.s goes into its own folder' report first --out elsewhere
    refused 2 'a study has a page of its own' report first study --out elsewhere
    refused 6 'own page would be lost' report first second --out second
    absent elsewhere
}

# ---- Folders that are not as they were ---------------------------------------------------------------------------------

# What is left of a run makes a page, which says what is missing.
missing_files_are_said() {
    for file in metrics.csv predictions.csv confusion.csv result.json weights.safetensors model.yaml; do
        copy half
        rm half/$file
        lcnn report half
        exits 0
        there half/report.html
        differ half/report.html first/report.html
        rm -f half/report.html
        : >half/$file
        lcnn report half
        exits 0
        there half/report.html
        [ -z "$why" ] || why="$file: $why"
    done
}

# The page of several says which of them lacks what, and shows the rest.
missing_files_are_said_of_each_run() {
    copy bare-bones
    rm bare-bones/metrics.csv bare-bones/predictions.csv
    echo 'nodes: [' >bare-bones/model.yaml
    echo '{' >bare-bones/result.json
    lcnn report first bare-bones second --out remains
    exits 0
    says remains/report.html 'The model of bare-bones cannot be read here\.'
    says remains/report.html 'bare-bones: result.json cannot be read: line 2'
    says remains/report.html '>bare-bones</a></td>.*>-</td><td[^>]*>-</td><td[^>]*>0</td>'
    says remains/report.html '<td>first</td><td>second</td>'
    never_says remains/report.html '<td>first</td><td>bare-bones</td>'
}

damaged_tables_are_said() {
    copy torn
    while read -r file change said; do
        cp first/*.csv torn
        sed "$change" "first/$file" | tr '@' '\0' >"torn/$file"
        lcnn report torn
        exits 0
        says torn/report.html "$file cannot be read: $said"
        [ -z "$why" ] || why="$file: $why"
    done <<'DAMAGES'
metrics.csv $s/,[^,]*$// its rows are not of one length
metrics.csv 2s/,/,@/ there are NUL bytes in it
predictions.csv 3s/,/,"/ a field in quotes does not end
predictions.csv 3s/,/,"a"a/ a field in quotes goes on behind them
confusion.csv 2s/,/\r,/ a line ends in a carriage return alone
DAMAGES
}

# What a network is not sure of is shown, too, where the runs kept no probabilities.
mistakes_without_probabilities_are_shown() {
    grep -q 'built without libpng' first/report.html && skip="built without libpng" && return
    rm -rf unsure
    cp -r poor unsure
    sed '2,$s/,[^,]*$/,/' poor/predictions.csv >unsure/predictions.csv
    lcnn report first unsure --out doubt
    exits 0
    says doubt/report.html 'Right: first, wrong: unsure (10 of [0-9]* images)'
    equal "$(sed -n '/Right: first, wrong: unsure/,/<h[23]/p' doubt/report.html | grep -o '<figure' | wc -l)" 10
}

# Rows that were changed are left out and counted.
predictions_of_no_image_are_said() {
    copy strange
    sed '2s/.*/-1,0,0,0.5/; 3s/.*/1,nought,1,0.5/; 4s/.*/2,2,nought,0.5/; 5s/.*/x,3,3,0.5/; 6s/.*/5000000000,4,4,0.5/' \
        first/predictions.csv >strange/predictions.csv
    lcnn report strange
    exits 0
    says strange/report.html 'predictions.csv: 5 rows not of this run'
    copy strange
    sed '3d' first/confusion.csv >strange/confusion.csv
    lcnn report strange
    exits 0
    says strange/report.html 'confusion.csv is no square table'
    never_says strange/report.html '<h2[^>]*>Confusions</h2>'
}

what_is_no_run_has_no_page() {
    mkdir -p empty
    lcnn report empty
    exits 6
    says err 'run.json'
    absent empty/report.html
    copy damaged
    echo '{"version": ' >damaged/run.json
    lcnn report damaged
    exits 6
    says err '^damaged: error: run.json cannot be read: line 2'
}

an_unfinished_run_says_so() {
    copy unfinished
    while read -r state said; do
        sed 's/"state": "done"/"state": "'"$state"'"/' first/run.json >unfinished/run.json
        lcnn report unfinished
        exits 0
        says unfinished/report.html "$said"
    done <<'STATES'
interrupted was interrupted after 2 epochs
failed run failed after 2 epochs
running had not ended when this page was made
STATES
}

a_data_set_that_is_gone_is_said() {
    mkdir -p gone/a gone/b
    for i in 1 2 3 4 5 6; do
        for class in gone/a gone/b; do
            awk -v i="$i" 'BEGIN { print "P2\n28 28\n255"; for (k = 0; k < 784; k++) print (k * i) % 256 }' >$class/$i.pgm
        done
    done
    sed 's|glyphs:200|./gone|' tiny.yaml >gone.yaml
    lcnn run gone.yaml --out lonely --quiet
    exits 0
    rm -r gone
    lcnn report lonely
    exits 0
    says lonely/report.html 'The model cannot be read here: lonely/model.yaml:[0-9:]* error: .*No such file or directory</p>'
    says lonely/report.html 'The data set gone is not here, so no images are shown'
    says lonely/report.html '<h2[^>]*>Mistakes</h2>'
    never_says lonely/report.html 'Through the layers'
    cp -r lonely only
    sed '2s/.*/0,a,b,0.5/' lonely/predictions.csv >only/predictions.csv
    lcnn report lonely only --out loneliness
    exits 0
    says loneliness/report.html '<h2[^>]*>Images they disagree on</h2>'
    says loneliness/report.html '<p class="note">The data set gone is not here, so no images are shown'
    never_says loneliness/report.html 'Right: '
}

# Whatever has no colours is shown by its first channel.
images_of_any_number_of_channels_are_shown() {
    grep -q 'built without libpng' first/report.html && skip="built without libpng" && return
    for channels in 2 4; do
        mkdir -p "layers$channels"
        echo "shape: [$channels, 28, 28]" >"layers$channels/dataset.yaml"
        for part in train test; do
            awk -v n="$channels" 'BEGIN {
                for (i = 0; i < 20; i++) {
                    printf "%d", i % 2
                    for (k = 0; k < n * 784; k++) printf ",%d", (k * (i + 3)) % 256
                    print ""
                }
            }' >"layers$channels/a-$part.csv"
        done
        sed "s|glyphs:200|./layers$channels|; s/input: .1/input: [$channels/" tiny.yaml >layers.yaml
        lcnn run layers.yaml --out "deep$channels" --quiet
        exits 0
        says "deep$channels/report.html" '<figure><img alt="[01]" src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABwAAAAcCAAAAA' # 28x28, grey
    done
}

a_full_disk_leaves_the_page_that_was_there() {
    copy crowded
    echo before >crowded/report.html
    cp crowded/report.html before
    (ulimit -S -f 4 && "$LCNN" report crowded) >out 2>err </dev/null
    status=$?
    exits 6
    says err 'crowded/report.html: error: cannot write: File too large'
    same crowded/report.html before
}

other_images_are_not_shown() {
    copy moved
    sed 's/"data_sha256": "[0-9a-f]*"/"data_sha256": "00"/' first/run.json >moved/run.json
    lcnn report moved
    exits 0
    says moved/report.html 'is another one here than the run saw, so no images are shown'
}

a_page_that_cannot_be_put_in_place_is_an_error() {
    copy locked
    rm locked/report.html
    mkdir -p locked/report.html/in-the-way
    lcnn report locked
    exits 6
    says err 'locked/report.html'
}

# ---- gnuplot -----------------------------------------------------------------------------------------------------------

no_gnuplot_is_said_on_the_page() {
    copy plain
    PATH=/nowhere lcnn report plain
    exits 0
    says plain/report.html 'gnuplot'
    says plain/report.html '<h2[^>]*>Classes</h2>'
    never_says plain/report.html 'figures/'
    PATH=/nowhere lcnn report first second --out plainer
    exits 0
    says plainer/report.html 'Charts are missing: .*gnuplot'
    never_says plainer/report.html 'figures/'
}

a_gnuplot_that_fails_is_said_on_the_page() {
    copy failing
    mkdir -p bin
    printf '#!/bin/sh\necho "line 0: no such terminal" >&2\nexit 1\n' >bin/gnuplot
    chmod +x bin/gnuplot
    PATH=$PWD/bin:$PATH lcnn report failing
    exits 0
    says failing/report.html 'no such terminal'
}

# ---- Names that mean harm ----------------------------------------------------------------------------------------------

hostile_names_are_texts() {
    evil='<script>alert(1)</script>"&'
    mkdir -p "evil/$(printf 'a%.0s' $(seq 100))" 'evil/<b>"&'
    for i in 1 2 3 4 5 6; do
        for class in evil/*; do
            awk -v i="$i" 'BEGIN { print "P2\n28 28\n255"; for (k = 0; k < 784; k++) print (k * i) % 256 }' >"$class/$i.pgm"
        done
    done
    { sed '/^about/d; s|glyphs:200|./evil|' tiny.yaml && printf "about: '%s'\n" "$evil"; } >evil.yaml
    lcnn run evil.yaml --out hostile --quiet
    exits 0
    never_says hostile/report.html '<script>alert'
    never_says hostile/report.html '<b>"'
    says hostile/report.html '&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;'
    says hostile/report.html '&lt;b&gt;&quot;&amp;'
}

very_long_names_are_cut() {
    long=$(printf 'node%.0s' $(seq 15))
    sed "s/name: eyes/name: $long/" tiny.yaml >long.yaml
    lcnn run long.yaml --out long --quiet
    exits 0
    says long/report.html '<text[^>]*class="name">nodenodenode[enod]*…</text>'
}

for name in \
    a_run_ends_with_its_page pictures_are_on_it nothing_is_fetched_from_elsewhere it_can_be_left_out json_stands_alone \
    it_is_made_anew_from_the_folder a_network_is_drawn_with_its_branches branches_that_do_not_overlap_share_a_lane \
    filters_of_colours_are_colours what_is_many_is_shown_in_part maps_keep_their_proportions \
    curves_of_many_epochs_have_no_points what_is_never_tested_has_a_page what_was_published_stands_beside_ours \
    why_nothing_is_graded_is_said mistakes_in_common_are_counted other_figures_stand_beside_ours runs_stand_side_by_side \
    settings_that_differ_are_listed runs_called_alike_are_told_apart links_lead_from_the_page_to_the_runs \
    the_better_of_two_is_named many_runs_are_shown_in_part runs_of_other_images_are_not_held_against_each_other \
    classes_made_of_others_differ_by_their_names settings_of_one_node_are_compared \
    a_transform_after_one_of_its_kind_is_compared wrong_operands_are_refused missing_files_are_said \
    missing_files_are_said_of_each_run damaged_tables_are_said mistakes_without_probabilities_are_shown \
    predictions_of_no_image_are_said what_is_no_run_has_no_page an_unfinished_run_says_so a_data_set_that_is_gone_is_said \
    images_of_any_number_of_channels_are_shown a_full_disk_leaves_the_page_that_was_there other_images_are_not_shown \
    a_page_that_cannot_be_put_in_place_is_an_error no_gnuplot_is_said_on_the_page a_gnuplot_that_fails_is_said_on_the_page \
    hostile_names_are_texts very_long_names_are_cut; do
    test_case $name
done
closing_line
