#!/usr/bin/env python3
"""lcnn beside PyTorch: the same networks, in turn, on the same machine; prints by how much lcnn is faster.

Both may use one thread or two and take what is faster for them; PyTorch's other settings are chosen by measurement for
each batch size, too (peer_torch.py). Then the two are measured alternately, so that both see the same machine. See
README.md beside this file.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

# PyTorch allocates every result anew, and glibc gives large blocks back to the system at once: keeping them makes it up
# to three times faster. Read when a program starts, hence this second start.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "8000000000", "MALLOC_TOP_PAD_": "64000000"}
if not MALLOC.keys() <= os.environ.keys():
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **MALLOC})

HERE = pathlib.Path(__file__).resolve().parent
MODELS = HERE.parent.parent / "models"

try:
    import files
    import peer_torch as peer
except ImportError as error:
    sys.exit(f"skipped: no PyTorch here ({error}); README.md in {HERE} says how to get it")

# Name, model, settings, network and optimizer of the peer, and batch sizes per mode.
WORKLOADS = [
    ("lenet5", MODELS / "lenet5.yaml", [], peer.LeNet5, "adam",
     {"training": [32, 128, 1024], "inference": [1, 64, 1024]}),
    ("lenet5-sgd", MODELS / "lenet5.yaml", ["train.optimizer=sgd"], peer.LeNet5, "sgd", {"training": [1]}),
    ("resnet", HERE / "models/resnet-mini-rgb.yaml", [], peer.ResNetMini, "momentum", {"training": [64]}),
]


def say(text):
    """A passing line of progress; nothing where nobody watches."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text[:100]}\033[K")
        sys.stderr.flush()


def sets(settings):
    return [word for setting in settings for word in ("--set", setting)]


class Lcnn:
    def __init__(self, command, folder):
        self.command, self.folder = command, folder
        self.environment = {name: value for name, value in os.environ.items() if name not in MALLOC}

    def call(self, *words):
        run = subprocess.run([self.command, *map(str, words)], capture_output=True, text=True, env=self.environment)
        if run.returncode != 0:
            say("")
            sys.exit(f"{' '.join(run.args)} failed:\n{run.stderr}")
        return run.stdout

    def bench(self, model, settings, mode, batch, threads):
        """One short measurement for each number of threads; images of noise where no known data have that shape."""
        noise = [f"data.name={self.folder / 'noise-rgb'}"] if "rgb" in model.name else []
        out = self.call("bench", model, *sets([*settings, *noise]), "--mode", mode, "--batch", batch, "--threads",
                        ",".join(map(str, threads)), "--repeat", 1, "--layers", 0, "--json")
        return json.loads(out)["steps"]

    def losses(self, name, model, settings, data, epochs, rate):
        """The mean loss of each epoch, and the initial weights: those of a run whose rate is 0."""
        runs = []
        for number, r in enumerate((0, rate)):
            folder = self.folder / f"{name}-{number}"
            self.call("run", model, "--data", data, "--out", folder, "--quiet",
                      *sets([*settings, f"train.learning_rate={r}", f"train.epochs={epochs}"]))
            runs.append(folder)
        rows = [line.split(",") for line in (runs[1] / "metrics.csv").read_text().splitlines()]
        column = rows[0].index("train_loss")
        return [float(row[column]) for row in rows[1:]], runs[0] / "weights.safetensors"


# ---- The same results ----------------------------------------------------------------------------


def check(lcnn, name, model, settings, network, optimizer):
    """From the same weights, on the same images, both find the same losses. An epoch is one step of one batch."""
    batch, steps, rate = 32, 4, 0.01 if optimizer != "adam" else 0.001
    lenet = network is peer.LeNet5
    data = lcnn.folder / ("noise" if lenet else "noise-rgb")
    mine, weights = lcnn.losses(name, model, [*settings, f"train.batch_size={batch}"], data, steps, rate)
    images = files.read_idx(data / "train-images").float() / 255
    images = peer.F.pad(images, (2, 2, 2, 2)) if lenet else images
    labels = files.read_idx(data / "train-labels").long()
    theirs = peer.losses(network() if lenet else network(keras=True), optimizer, weights, images, labels, rate, steps)
    worst = max(abs(a - b) / b for a, b in zip(mine, theirs))
    print(f"  {name:11} lcnn {mine[0]:.7f} .. {mine[-1]:.7f}   PyTorch {theirs[0]:.7f} .. {theirs[-1]:.7f}   "
          f"apart by {worst:.1e} at most")
    if worst > (1e-3 if optimizer == "adam" else 1e-4):  # Keras and PyTorch add Adam's epsilon in different places
        sys.exit("lcnn and PyTorch do not compute the same: nothing to compare")


# ---- Speed ---------------------------------------------------------------------------------------


def middle(values):
    return f"{statistics.median(values):,.0f}", f"{min(values):,.0f} .. {max(values):,.0f}"


def compare(lcnn, options, name, model, settings, network, optimizer, mode, batch):
    subject = peer.Subject(network, optimizer, batch, mode == "training")
    if options.quick:
        subject.drop("compiled")
    label = f"{name}, {mode}, batch {batch}"
    tried = peer.tune(subject, lambda text: say(f"{label}: PyTorch, {text}"))
    way = tried[0][1]
    step = subject.step(way)
    peer.warm(step)
    mine, theirs, ratios, share = [], [], [], []
    both = lcnn.bench(model, settings, mode, batch, options.threads)
    threads = max(both, key=lambda m: m["average"])["threads"]
    for n in range(options.rounds):
        say(f"{label}: round {n + 1} of {options.rounds}")
        (found,) = lcnn.bench(model, settings, mode, batch, [threads])
        # Averages, of both: medians of single steps would favour the shorter steps, which are interrupted less often.
        mine.append(found["average"])
        share.append(found["share_of_peak"])
        peer.measure(step, batch, 0.05)
        theirs.append(peer.measure(step, batch, 0.2))
        ratios.append(mine[-1] / theirs[-1])
    say("")
    print(f"  {name:11} {mode:9} {batch:5}  {middle(mine)[0]:>8} {middle(mine)[1]:20} {threads}  "
          f"{100 * statistics.median(share):3.0f} %  {middle(theirs)[0]:>8} {middle(theirs)[1]:18} "
          f"{statistics.median(ratios):5.1f}  {min(ratios):.1f} .. {max(ratios):.1f}\n"
          f"{'':31}PyTorch: {peer.describe(way)}", flush=True)
    return tried


def seconds(words, environment):
    began = time.perf_counter()
    run = subprocess.run(list(map(str, words)), capture_output=True, text=True, env=environment)
    if run.returncode != 0:
        sys.exit(f"{' '.join(run.args)} failed:\n{run.stderr}")
    return time.perf_counter() - began


def whole_process(lcnn, options, tried):
    """60,000 images, one epoch in batches of 32, cold start to exit, reading and testing included."""
    folder = pathlib.Path(os.environ.get("LCNN_DATA", "/usr/share/datasets")) / "mnist"
    if not (folder / "train-images-idx3-ubyte.gz").exists():
        print(f"  skipped: no MNIST in {folder}; set LCNN_DATA")
        return
    if not tried:
        subject = peer.Subject(peer.LeNet5, "adam", 32, True)
        subject.drop("compiled")
        tried = peer.tune(subject, lambda text: say(f"whole process: PyTorch, {text}"))
    # Compiling takes longer than the whole epoch.
    way = next(w for _, w in tried if w["backend"] == "oneDNN" and "compiled" not in w.values())
    words = [word for name in ("form", "update", "layout", "threads") for word in (f"--{name}", way[name])]
    mine, theirs = [], []
    for n in range(options.processes):
        say(f"whole process, round {n + 1} of {options.processes}")
        mine.append(seconds([lcnn.command, "run", MODELS / "lenet5.yaml", "--data", "mnist", "--quiet", "--set",
                             "train.epochs=1", "--out", lcnn.folder / f"epoch-{n}"], lcnn.environment))
        theirs.append(seconds([sys.executable, HERE / "peer_torch.py", folder, lcnn.folder / "epoch.pt", *words],
                              os.environ))
    say("")
    for name, found in (("lcnn", mine), ("PyTorch", theirs)):
        print(f"  {name:8} {statistics.median(found):6.2f} s   {min(found):.2f} .. {max(found):.2f}")
    ratios = [b / a for a, b in zip(mine, theirs)]
    print(f"  ratio    {statistics.median(ratios):6.1f}     {min(ratios):.1f} .. {max(ratios):.1f}\n"
          f"  PyTorch: {peer.describe(way)}")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lcnn", help="the lcnn command to measure")
    parser.add_argument("--only", default="", metavar="WORDS",
                        help="comma-separated; only what is called so: lenet5, training, 32, resnet, epoch, ...")
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each, in turn (7)")
    parser.add_argument("--processes", type=int, default=3, help="whole processes of each, in turn (3)")
    parser.add_argument("--quick", action="store_true", help="without torch.compile, which takes half a minute a time")
    options = parser.parse_args()
    options.only = set(filter(None, options.only.split(",")))
    options.threads = [1, 2] if len(os.sched_getaffinity(0)) > 1 else [1]
    return options


def main():
    options = read_options()
    wanted = lambda *names: options.only <= set(map(str, names))
    version = subprocess.run([options.lcnn, "--version"], capture_output=True, text=True).stdout.strip()
    print(f"{version} and PyTorch {peer.torch.__version__} ({peer.torch.backends.cpu.get_cpu_capability()}), "
          f"{len(os.sched_getaffinity(0))} processors")
    if os.getloadavg()[0] > 0.5:
        print(f"others use this machine (load {os.getloadavg()[0]:.1f}): these figures mean little")
    with tempfile.TemporaryDirectory() as folder:
        lcnn = Lcnn(options.lcnn, pathlib.Path(folder))
        files.write_noise(lcnn.folder / "noise", 1, 28, 32)
        files.write_noise(lcnn.folder / "noise-rgb", 3, 32, 32)
        print("\nlosses of four steps from the same weights")
        for name, model, settings, network, optimizer, _ in WORKLOADS:
            check(lcnn, name, model, settings, network, optimizer)
        print("\nimages per second, medians and ranges; threads and share of the peak are lcnn's\n"
              f"  {'network':11} {'mode':9} batch      lcnn {'':20}    peak   PyTorch {'':18} ratio")
        tried = None
        for name, model, settings, network, optimizer, modes in WORKLOADS:
            for mode, batches in modes.items():
                for batch in batches:
                    if wanted(name, mode, batch):
                        found = compare(lcnn, options, name, model, settings, network, optimizer, mode, batch)
                        tried = found if (name, mode, batch) == ("lenet5", "training", 32) else tried
        if wanted("lenet5", "epoch"):
            print("\nMNIST, LeNet-5, one epoch in batches of 32 and a test, cold start to exit", flush=True)
            whole_process(lcnn, options, tried)


if __name__ == "__main__":
    main()
