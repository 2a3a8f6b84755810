#!/usr/bin/env python3
"""lcnn's convolutions beside oneDNN's primitives: one layer at a time, one thread, in turn on the same machine.

Prints GFLOP/s and the share of the FMA peak of forward, input gradient and weight gradient. oneDNN runs without a framework,
in the layouts it likes best (onednn.c, which this script builds; without libdnnl-dev lcnn is measured alone). Depthwise
layers have too few operations to come near the peak: theirs is the memory's, so GB/s (each value in and out once) stand beside.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PASSES = ["forward", "input_gradient", "weight_gradient"]
DEFAULTS = {"border": 14, "side": 56, "before_kernel": 1, "before_stride": 1, "channels": 64, "filters": 64, "kernel": 3,
            "stride": 1, "dilation": 1, "groups": 1, "padding": "same"}

# What differs from models/layer.yaml. The image has side 28 + 2 border; `before` makes of it what the layer reads.
LAYERS = {
    "LeNet-5 c1, 5x5 1->6 @32": {"border": 2, "channels": 1, "filters": 6, "kernel": 5, "padding": "valid"},
    "LeNet-5 c3, 5x5 6->16 @14": {"border": 0, "before_stride": 2, "channels": 6, "filters": 16, "kernel": 5,
                                  "padding": "valid"},
    "3x3 64->64 @56": {},
    "3x3 128->128 @28": {"border": 0, "channels": 128, "filters": 128},
    "3x3 256->256 @14": {"border": 0, "before_stride": 2, "channels": 256, "filters": 256},
    "7x7/2 3->64 @224": {"border": 98, "channels": 3, "kernel": 7, "stride": 2},
    "1x1 64->64 @56": {"kernel": 1},
    "1x1 256->64 @14": {"border": 0, "before_stride": 2, "channels": 256, "kernel": 1},
    "3x3/2 64->64 @56": {"stride": 2},
    "1x1/2 64->128 @56": {"stride": 2, "kernel": 1, "filters": 128},
    "3x3 dilated 64->64 @28": {"border": 0, "dilation": 2},
    "4x4 64->64 @28": {"border": 0, "kernel": 4},
    "3x3 64->64 @27": {"border": 0, "before_kernel": 2},
    "3x3 grouped 64->64 @28": {"border": 0, "groups": 4},
    "depthwise 3x3 64 @56": {"groups": 64},
    "depthwise 3x3/2 64 @56": {"groups": 64, "stride": 2},
    "depthwise 3x3 256 @14": {"border": 0, "before_stride": 2, "channels": 256, "filters": 256, "groups": 256},
}


def side_before(p):
    """Side of what the layer reads."""
    return (28 + 2 * p["border"] - p["before_kernel"]) // p["before_stride"] + 1


def shapes(p):
    """Side of the output, and the padding before and after."""
    side, reach = side_before(p), p["dilation"] * (p["kernel"] - 1) + 1
    if p["padding"] == "valid":
        return (side - reach) // p["stride"] + 1, 0, 0
    out = -(-side // p["stride"])
    total = max((out - 1) * p["stride"] + reach - side, 0)
    return out, total // 2, total - total // 2


def run(words, **environment):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode != 0:
        sys.exit(f"{' '.join(done.args)} failed:\n{done.stderr}")
    return done.stdout


def measure_lcnn(lcnn, p, batch):
    """Seconds per image of each pass, and the peak meanwhile in GFLOP/s."""
    settings = {**{name: value for name, value in p.items() if value != DEFAULTS[name]}, "side": 28 + 2 * p["border"]}
    sets = [word for name, value in settings.items() if value != DEFAULTS[name] for word in ("--set", f"{name}={value}")]
    out = run([lcnn, "bench", HERE / "models/layer.yaml", "--mode", "training", "--threads", 1, "--batch", batch,
               "--layers", batch, "--repeat", 1, "--json", *sets])
    (found,) = json.loads(out)["layers"]
    (layer,) = [row for row in found["layers"] if row["name"] == "layer"]
    return [layer[name]["seconds"] for name in PASSES], found["peak_gflops"], layer["forward"]["multiply_adds"]


def measure_onednn(program, p, batch):
    side, (_, before, after) = side_before(p), shapes(p)
    out = run([program, batch, p["channels"], side, side, p["filters"], p["kernel"], p["stride"], p["dilation"], before,
               after, p["groups"]], OMP_NUM_THREADS="1")
    return [float(line.split()[0]) / batch for line in out.splitlines()]


def build_onednn(folder):
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    program = pathlib.Path(folder) / "onednn"
    words = [compiler, "-std=c11", "-O2", "-D_POSIX_C_SOURCE=200809L", HERE / "onednn.c", "-o", program, "-ldnnl"]
    built = compiler and subprocess.run(list(map(str, words)), capture_output=True).returncode == 0
    if not built:
        print("oneDNN skipped: onednn.c does not build here; Debian has it in libdnnl-dev 2")
    return program if built else None


def compare(options, program, name, p):
    mine, theirs, peaks = [], [], []
    for _ in range(options.rounds):
        seconds, peak, macs = measure_lcnn(options.lcnn, p, options.batch)
        mine.append(seconds)
        peaks.append(peak)
        if program:
            theirs.append(measure_onednn(program, p, options.batch))
    peak = max(peaks)
    out = shapes(p)[0]
    values = 4 * (p["channels"] * side_before(p) ** 2 + p["filters"] * out ** 2)  # bytes in and out of an image
    depthwise = p["groups"] == p["channels"] > 1
    for i, what in enumerate(PASSES):
        best = min(row[i] for row in mine)
        gflops = 2e-9 * macs / best
        line = f"  {name if i == 0 else '':26} {what:15} {gflops:7.1f} {100 * gflops / peak:4.0f} %"
        if program:
            other = 2e-9 * macs / min(row[i] for row in theirs)
            line += f"  {other:7.1f} {100 * other / peak:4.0f} %  {gflops / other:6.2f}"
        if depthwise:
            line += f"   {1e-9 * values / best:5.1f} GB/s"
        print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lcnn", help="the lcnn command to measure")
    parser.add_argument("--only", default="", metavar="TEXT", help="layers with this in their name")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each, in turn, of which the best counts (3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        program = build_onednn(folder)
        if program:
            print(f"copying memory: {run([program]).split()[0]} GB/s, in and out")
        print(f"batch {options.batch}, one thread, GFLOP/s and share of the FMA peak; best of {options.rounds}\n"
              f"  {'layer':26} {'pass':15} {'lcnn':>14}  {'oneDNN' if program else '':>14}  {'ratio' if program else ''}")
        for name, differing in LAYERS.items():
            if options.only in name:
                compare(options, program, name, {**DEFAULTS, **differing})


if __name__ == "__main__":
    main()
