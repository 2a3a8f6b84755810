#!/bin/sh
# cli-pictures.sh - the commands that look at images: data show, data stats, predict. Works with the built-in data and sets
# made by hand.
. "${srcdir:-.}/tests/cli-words.sh"

# ---- Things to look at -------------------------------------------------------------------------------------------------

cat >tiny.yaml <<'YAML'
name: tiny
input: [1, 28, 28]
nodes:
  - {name: small, op: avg_pool2d, pool_size: 4}
  - {op: flatten}
  - {name: output, op: dense, units: $classes}
loss: {op: softmax_cross_entropy, from: output}
data: {name: glyphs, transforms: [{op: rescale, to: [-1, 1]}]}
train: {epochs: 2, batch_size: 32, seed: 1, optimizer: adam, learning_rate: 0.01}
YAML

# Images of 2x3 pixels, all six equal: 0, 255, 0 again, 10, and 0 under another label; then 255, 20, 20 to test.
mkdir hand
{
    printf '\0\0\010\003\0\0\0\005\0\0\0\002\0\0\0\003'
    printf '\0\0\0\0\0\0\377\377\377\377\377\377\0\0\0\0\0\0\012\012\012\012\012\012\0\0\0\0\0\0'
} >hand/train-images-idx3-ubyte
printf '\0\0\010\001\0\0\0\005\0\001\0\0\001' >hand/train-labels-idx1-ubyte
{
    printf '\0\0\010\003\0\0\0\003\0\0\0\002\0\0\0\003'
    printf '\377\377\377\377\377\377\024\024\024\024\024\024\024\024\024\024\024\024'
} >hand/t10k-images-idx3-ubyte
printf '\0\0\010\001\0\0\0\003\001\0\0' >hand/t10k-labels-idx1-ubyte

# A one, drawn dark on paper that is lit from the side, at the left of a picture of 300x200.
awk 'BEGIN {
    print "P2\n300 200\n255"
    for (y = 0; y < 200; y++)
        for (x = 0; x < 300; x++) {
            paper = 150 + x / 4
            print int(x >= 70 && x < 84 && y >= 30 && y < 150 ? paper / 5 : paper)
        }
}' >one.pgm
# 28x28: bright everywhere, and an empty sheet.
awk 'BEGIN { print "P2\n28 28\n255"; for (i = 0; i < 784; i++) print 200 + i % 7 }' >bright.pgm
awk 'BEGIN { print "P2\n90 60\n255"; for (i = 0; i < 5400; i++) print 220 }' >empty.pgm

# ---- data show ---------------------------------------------------------------------------------------------------------

a_sheet_is_written() {
    lcnn data show glyphs -o sheet.pgm
    exits 0
    silent err
    says out '^sheet.pgm: 100 images of glyphs, 936 x [0-9]* pixels$'
    size=$(sed 's/.* \([0-9]*\) x \([0-9]*\) pixels/\1 \2/' out)
    equal "$(head -n 2 sheet.pgm | tail -n 1)" "$size"
}

png_is_the_default_and_can_be_read() {
    lcnn data show glyphs --count 2
    exits 0
    [ -e glyphs.png ] || { skip='built without libpng'; return; }
    says out '^glyphs.png: 20 images'
    lcnn predict run glyphs.png
    exits 4
    says err 'this picture is 1x[0-9]*x[0-9]*'
}

the_same_sheet_twice() {
    lcnn data show glyphs --out again.pgm
    exits 0
    same sheet.pgm again.pgm
}

sheets_are_not_overwritten() {
    cp sheet.pgm before.pgm
    refused 6 'exists already' data show glyphs --count 3 -o sheet.pgm
    same sheet.pgm before.pgm
    lcnn data show glyphs --count 3 -o sheet.pgm --force
    exits 0
    differ sheet.pgm before.pgm
}

# Before the data are looked for: neither ./nowhere nor the model is there.
sheets_are_png_or_pnm() {
    refused 2 'sheet.jpg: error: .* \.pgm, \.ppm' data show ./nowhere -o sheet.jpg
    refused 2 'sheet: error: .* \.pgm, \.ppm' data show glyphs -o sheet --model nowhere.yaml
    [ ! -e sheet.jpg ] && [ ! -e sheet ] || wrong 'a file was written'
}

one_class_and_one_part() {
    lcnn data show glyphs --class 7 -o seven.pgm
    says out ': 50 images'
    lcnn data show glyphs --class 7 --part test --count 12 -o seven-test.pgm
    says out ': 12 images'
    refused 2 "no class '77'" data show glyphs --class 77
    refused 2 "train or test" data show glyphs --part validation
    refused 4 'no image\|no such\|not' data show ./nowhere
    refused 2 "unknown option '-x'" data show glyphs -x sheet.pgm
}

what_a_model_sees() {
    lcnn data show glyphs --count 1 --model tiny.yaml -o seen.pgm
    exits 0
    lcnn data show glyphs --count 1 -o stored.pgm
    # rescaled to -1 .. 1 and back; only the titles differ
    equal "$(tail -c 100000 seen.pgm | cksum)" "$(tail -c 100000 stored.pgm | cksum)"
}

distortions_depend_on_the_seed_alone() {
    lcnn data show glyphs --augmented -o draws.pgm
    exits 0
    says out ': 100 images'
    lcnn data show glyphs --augmented --seed 1 -o draws-1.pgm
    lcnn data show glyphs --augmented --seed 2 -o draws-2.pgm
    same draws.pgm draws-1.pgm
    differ draws.pgm draws-2.pgm
}

# table NAME CLASSES CHANNELS HEIGHT WIDTH LABEL...: a set of an image for each label, those behind --test being for testing.
table() {
    mkdir -p "$1"
    printf 'classes: [%s]\nshape: [%s, %s, %s]\n' "$2" "$3" "$4" "$5" >"$1/dataset.yaml"
    file=$1/a-train.csv size=$(($3 * $4 * $5)) place=0
    shift 5
    for label; do
        if [ "$label" = --test ]; then
            file=${file%train.csv}test.csv
            continue
        fi
        place=$((place + 1))
        awk -v label="$label" -v n=$size -v i=$place 'BEGIN {
            printf "%s", label
            for (k = 0; k < n; k++) printf ",%d", (k * i + i) % 251
            print ""
        }' >>"$file"
    done
}

parts_that_are_not_there_are_said() {
    table trains 'lamb, lion' 1 3 3 0 1 0 1
    lcnn data show ./trains --part train -o trains.pgm
    exits 0
    says out '^trains.pgm: 4 images of trains,' # all that there are
    refused 4 'trains: error: this data set has no test part' data show ./trains --part test -o none.pgm
    table tests 'lamb, lion' 1 3 3 --test 0 1
    lcnn data show ./tests -o tests.pgm
    exits 0
    says out '^tests.pgm: 2 images'
    refused 4 'tests: error: this data set has no training part' data show ./tests --part train -o none.pgm
    table halves 'lamb, lion' 1 3 3 0 1 --test 0
    refused 4 "halves: error: no image of 'lion' in this part" data show ./halves --part test --class lion -o none.pgm
    absent none.pgm
}

a_class_that_was_nearly_meant_is_named() {
    refused 2 "trains: error: no class 'lamp'; did you mean 'lamb'?" data show ./trains --class lamp -o none.pgm
    refused 2 "trains: error: no class 'elephant'; 'lcnn data ./trains' lists them" data show ./trains --class elephant -o none.pgm
}

colours_are_shown_as_colours() {
    table paints 'red, blue' 3 4 4 0 0 1
    lcnn data show ./paints -o paints.ppm
    exits 0
    equal "$(head -c 2 paints.ppm)" P6
    says out '^paints.ppm: 3 images'
}

one_class_distorted_has_five_rows() {
    lcnn data show glyphs --augmented --class 3 -o threes.pgm
    exits 0
    says out ': 50 images' # each with nine draws beside it
}

models_that_do_not_fit_show_nothing() {
    refused 3 'tiny.yaml:.*the images of .trains. arrive as 1x3x3' data show ./trains --model tiny.yaml -o none.pgm
    refused 2 'nowhere.yaml is no file here' data show ./trains --model nowhere.yaml -o none.pgm
    absent none.pgm
}

# ---- data stats --------------------------------------------------------------------------------------------------------

duplicates_are_found() {
    lcnn data stats ./hand --json
    exits 0
    says out '"in_train": 2, "in_test": 1, "test_in_train": 1, "conflicts": 1'
    says out '{"part": "train", "index": 0, [^}]*}, {"part": "train", "index": 2, [^}]*}, {"part": "train", "index": 4,'
    says out '{"part": "train", "index": 1, [^}]*}, {"part": "test", "index": 0,'
    says out '{"part": "test", "index": 1, [^}]*}, {"part": "test", "index": 2,'
    lcnn data stats ./hand
    exits 0
    says out '3 groups of equal images'
    says out 'train 0 (0), train 2 (0), train 4 (1)'
}

classes_and_pixels_are_measured() {
    lcnn data stats ./hand --json
    says out '"train": {"images": 5, "mean": \[53.0\], "deviation": \[101.074'
    says out '"background": 0, "background_share": 0.6}'
    says out '{"name": "0", "train": 3, "test": 2}, {"name": "1", "train": 2, "test": 1}'
    lcnn data stats glyphs
    exits 0
    says out '^  all    6,000 '
    says out 'no two images are equal'
}

# A rare class has a bar of one sign, a part that is not there has no figures.
rare_classes_and_missing_parts_are_shown() {
    # shellcheck disable=SC2046 # words
    table rare 'often, seldom' 1 3 3 $(yes 0 | head -n 60) 1
    lcnn data stats ./rare
    exits 0
    says out '^  often  *60  #\{24\}  *0 *$'
    says out '^  seldom  *1  #  *0 *$'
    says out '^  train  *1  *[0-9.]* '
    never_says out '^  test '
    lcnn data stats ./rare --json
    exits 0
    says out '"test": null'
}

colours_are_measured_one_by_one() {
    lcnn data stats ./paints
    exits 0
    equal "$(grep -c '^  train  *1 \|^  *2  *[0-9]\|^  *3  *[0-9]' out)" 3
}

# Seven alike, and nine pairs: the first of them, and how many more.
many_duplicates_are_counted() {
    table alike 'a, b' 1 3 3 0 1 0 1 0 1 0 1 0 1 --test 0
    for i in 1 2 3 4 5 6; do head -n 1 alike/a-train.csv >>alike/a-test.csv; done
    sed 1d alike/a-train.csv >>alike/a-test.csv
    lcnn data stats ./alike
    exits 0
    says out '^  10 groups of equal images$'
    says out '^    train 0 (a), test 1 (a), test 2 (a), test 3 (a), test 4 (a), test 5 (a), and 1 more$'
    says out '^    and 2 groups more; --json lists all$'
}

a_folder_is_described() {
    lcnn data ./hand
    exits 0
    says out '^  testing   3 images$'
    says out '^  images    1x2x3$'
}

# ---- predict -----------------------------------------------------------------------------------------------------------

a_drawing_is_recognised() {
    lcnn predict run one.pgm --auto
    exits 0
    silent err
    says out '^one.pgm: 1 [0-9.]* %, . [0-9.]* %, . [0-9.]* %$'
    lcnn predict run one.pgm --auto --top 1
    says out '^one.pgm: 1 [0-9.]* %$'
}

json_names_every_answer() {
    lcnn predict run one.pgm --auto --json --top 99
    exits 0
    says out '"picture": "one.pgm", "answers": \[{"class": "1", "probability": 0'
    equal "$(grep -o '"class"' out | wc -l | tr -d ' ')" 10
}

what_the_network_saw() {
    lcnn predict run one.pgm --auto --show --save-input saw.pgm
    exits 0
    equal "$(wc -l <out | tr -d ' ')" 15
    equal "$(head -n 2 saw.pgm | tail -n 1)" '28 28'
    refused 6 'exists already' predict run one.pgm --auto --save-input saw.pgm
    lcnn predict run one.pgm --auto --save-input saw.pgm --force
    exits 0
    # the network's input is a picture of its own data: the same answer without --auto
    "$LCNN" predict run one.pgm --auto | sed 's/^[^:]*//' >with
    "$LCNN" predict run saw.pgm 2>err | sed 's/^[^:]*//' >without
    same with without
}

input_is_saved_as_png_or_pnm() {
    refused 2 'saw.jpg: error: .* \.pgm, \.ppm' predict run one.pgm --auto --save-input saw.jpg
    refused 2 'saw: error: .* \.pgm, \.ppm' predict nowhere one.pgm --save-input saw
    [ ! -e saw.jpg ] && [ ! -e saw ] || wrong 'a file was written'
}

pictures_that_do_not_fit() {
    refused 4 'this picture is 1x200x300, .* 1x28x28.*--auto.*resize' predict run one.pgm
    refused 4 'empty.pgm: error: no character found' predict run empty.pgm --auto
    refused 4 'missing.png' predict run missing.png
    lcnn predict run bright.pgm
    exits 0
    says err 'note: bright.pgm: the background is bright.*--auto'
}

others_get_their_answers() {
    lcnn predict run missing.png one.pgm --auto
    exits 4
    says out '^one.pgm: 1 '
    says err 'missing.png'
}

wrong_command_lines() {
    refused 2 'needs a RUN' predict
    refused 2 'one picture, not 2' predict run one.pgm empty.pgm --save-input x.pgm
    refused 6 'no such folder' predict nowhere one.pgm
    refused 6 "no model.yaml in it; 'lcnn predict' wants" predict hand one.pgm
}

what_is_no_file_or_folder_is_refused() {
    refused 4 'this is a device or pipe, not a folder or file' data stats /dev/zero
    refused 4 'this path cannot be read: No such file' data stats ./nowhere
}

verifying_nothing_is_said() {
    mkdir -p own/a
    cp one.pgm own/a/
    lcnn data verify ./own
    exits 0
    says out "nothing to verify: no file here could be one of a set that 'lcnn data' lists"
}

# A set of the user's own, of which the catalogue knows sizes and checksums.
files_are_held_against_their_checksums() {
    mkdir -p config/lcnn sets
    cp -R hand sets/spots
    fact() { echo "{name: $1, size: $(wc -c <hand/"$1"), sha256: $(sha256sum <hand/"$1" | cut -c 1-64)}"; }
    cat >config/lcnn/catalogue.yaml <<YAML
sets:
  - name: spots
    shape: [1, 2, 3]
    classes: [dark, bright]
    find: {folder: spots}
    files:
      train: {images: $(fact train-images-idx3-ubyte), labels: $(fact train-labels-idx1-ubyte)}
      test: {images: $(fact t10k-images-idx3-ubyte), labels: $(fact t10k-labels-idx1-ubyte)}
YAML
    export XDG_CONFIG_HOME="$PWD/config" LCNN_DATA="$PWD/sets"
    lcnn data verify spots
    exits 0
    says out '^  t10k-labels-idx1-ubyte  *ok (official)$'
    lcnn data verify
    exits 0
    says out '^spots: '
    lcnn data verify ./hand
    says out 'by its content this is spots: test images, test labels, train images, train labels'
    gzip sets/spots/train-images-idx3-ubyte # the same bytes, packed by somebody else
    mv sets/spots/t10k-images-idx3-ubyte t10k
    lcnn data verify spots
    exits 0
    says out '^  train-images-idx3-ubyte.gz  *ok (official data)  the same data, compressed otherwise$'
    says out '^  t10k-images-idx3-ubyte  *missing$'
    mv t10k sets/spots/t10k-images-idx3-ubyte
    cp -R sets/spots found
    mv found/t10k-labels-idx1-ubyte found/some-labels
    printf 'X' >>found/t10k-images-idx3-ubyte
    lcnn data verify ./found
    exits 0
    says out '^  some-labels  *spots, test labels  *ok (official)$'
    says out '^  t10k-images-idx3-ubyte  *cannot be told  *no file of the catalogue$'
    says out 'by its content this is spots: \(.*, \)*test labels'
    lcnn data verify --json ./found
    exits 0
    equal "$(tr -d ' \n' <out | grep -o '"set":null,"role":"","verdict":"unknown"' | wc -l)" 1
    equal "$(tr -d ' \n' <out | grep -o '"set":"spots","role":"trainimages","verdict":"repacked"' | wc -l)" 1
    says out '"ok": true'
    lcnn data verify ./found spots hotch
    exits 2
    says out '^spots: ' # the others are told nevertheless
    says err "no data set 'hotch'"
    printf 'X' >>sets/spots/train-labels-idx1-ubyte
    lcnn data verify
    exits 4
    lcnn data verify ./found spots hotch
    exits 4
    lcnn data verify spots --json
    exits 4
    equal "$(tr -d ' \n' <out | grep -o 'role":"trainlabels","verdict":"differs"' | wc -l)" 1
    says out '"ok": false'
    unset XDG_CONFIG_HOME LCNN_DATA
    XDG_CONFIG_HOME=$PWD/run LCNN_DATA=$PWD/nowhere XDG_DATA_HOME=$PWD/nowhere XDG_CACHE_HOME=$PWD/nowhere lcnn data verify
    [ -d /usr/share/datasets ] || says out "none of the sets that 'lcnn data' lists has its files here"
}

# More than a matrix on a screen has room for.
many_classes_are_summed_up() {
    for class in $(seq 100 139); do
        for part in train test; do
            mkdir -p "many/$part/$class"
            { printf 'P5 28 28 255\n'; head -c 784 /dev/zero; } >"many/$part/$class/1.pgm"
        done
    done
    lcnn run tiny.yaml --data ./many --out wide --no-report
    exits 0
    says out '^most frequent confusions, 12 of 39$'
    says out 'the whole matrix: wide/confusion.csv'
    never_says out '^confusion matrix'
}

"$LCNN" run tiny.yaml --quiet --out run >out 2>err || echo "FAIL training: $(head -n 1 err)"
for name in a_sheet_is_written png_is_the_default_and_can_be_read the_same_sheet_twice sheets_are_not_overwritten \
    sheets_are_png_or_pnm one_class_and_one_part what_a_model_sees distortions_depend_on_the_seed_alone \
    parts_that_are_not_there_are_said a_class_that_was_nearly_meant_is_named colours_are_shown_as_colours \
    one_class_distorted_has_five_rows models_that_do_not_fit_show_nothing \
    duplicates_are_found classes_and_pixels_are_measured rare_classes_and_missing_parts_are_shown \
    colours_are_measured_one_by_one many_duplicates_are_counted a_folder_is_described a_drawing_is_recognised \
    json_names_every_answer what_the_network_saw input_is_saved_as_png_or_pnm pictures_that_do_not_fit \
    others_get_their_answers wrong_command_lines what_is_no_file_or_folder_is_refused verifying_nothing_is_said \
    files_are_held_against_their_checksums many_classes_are_summed_up; do
    test_case $name
done
closing_line
