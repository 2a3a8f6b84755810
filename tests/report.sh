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

for name in a_run_ends_with_its_page pictures_are_on_it nothing_is_fetched_from_elsewhere it_can_be_left_out json_stands_alone \
    it_is_made_anew_from_the_folder what_was_published_stands_beside_ours why_nothing_is_graded_is_said \
    mistakes_in_common_are_counted runs_stand_side_by_side settings_that_differ_are_listed wrong_operands_are_refused missing_files_are_said \
    what_is_no_run_has_no_page an_unfinished_run_says_so a_data_set_that_is_gone_is_said \
    images_of_any_number_of_channels_are_shown a_full_disk_leaves_the_page_that_was_there other_images_are_not_shown a_page_that_cannot_be_put_in_place_is_an_error \
    no_gnuplot_is_said_on_the_page a_gnuplot_that_fails_is_said_on_the_page hostile_names_are_texts \
    very_long_names_are_cut; do
    test_case $name
done
closing_line
