"""lcnn's networks in PyTorch, timed in whichever of PyTorch's ways is fastest.

Run as a program it is the peer of `lcnn run`: reads MNIST, trains one epoch, tests, saves, ends. Everything that
compare.py needs of PyTorch is here, so that a peer is one file.
"""

import argparse
import logging
import pathlib
import shutil
import statistics
import time
import warnings

import torch
import torch.nn.functional as F
from torch import nn

import files

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
torch.set_flush_denormal(True)  # before there are threads: it never costs anything

# ---- Networks: their parameters are called as in lcnn's files -----------------------------------


class ScaledTanh(nn.Module):
    def forward(self, x):
        return 1.7159 * torch.tanh(x * (2 / 3))


class LeNet5(nn.Module):
    """models/lenet5.yaml"""

    image = (1, 32, 32)

    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.c3 = nn.Conv2d(6, 16, 5)
        self.c5 = nn.Linear(400, 120)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, 10)
        self.tanh = ScaledTanh()

    def forward(self, x):
        x = F.avg_pool2d(self.tanh(self.c1(x)), 2)
        x = F.avg_pool2d(self.tanh(self.c3(x)), 2)
        x = self.tanh(self.c5(x.flatten(1)))
        return self.output(self.tanh(self.f6(x)))


class ResNetMini(nn.Module):
    """models/resnet-mini.yaml on 3x32x32. Keras's `same` at stride 2 pads at the end alone, which PyTorch needs
    another operator for: it is spared that (`keras` false) except where results are compared."""

    image = (3, 32, 32)

    def __init__(self, keras=False):
        super().__init__()
        self.keras = keras
        self.stem, self.stem_norm = nn.Conv2d(3, 16, 3, padding=1, bias=False), self.norm(16)
        self.a1, self.a1_norm = nn.Conv2d(16, 16, 3, padding=1, bias=False), self.norm(16)
        self.a2, self.a2_norm = nn.Conv2d(16, 16, 3, padding=1, bias=False), self.norm(16)
        self.b1, self.b1_norm = nn.Conv2d(16, 32, 3, 2, padding=0 if keras else 1, bias=False), self.norm(32)
        self.b2, self.b2_norm = nn.Conv2d(32, 32, 3, padding=1, bias=False), self.norm(32)
        self.b_short, self.b_short_norm = nn.Conv2d(16, 32, 1, 2, bias=False), self.norm(32)
        self.output = nn.Linear(32, 10)

    @staticmethod
    def norm(channels):
        return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)

    def forward(self, x):
        stem = F.relu(self.stem_norm(self.stem(x)))
        a = F.relu(self.a1_norm(self.a1(stem)))
        a = F.relu(self.a2_norm(self.a2(a)) + stem)
        b = F.relu(self.b1_norm(self.b1(F.pad(a, (0, 1, 0, 1)) if self.keras else a)))
        b = F.relu(self.b2_norm(self.b2(b)) + self.b_short_norm(self.b_short(a)))
        return self.output(b.mean((2, 3)))


RENAMED = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}


def load(network, path):
    """The weights of an lcnn file."""
    state = {}
    for name, tensor in files.read_safetensors(path).items():
        node, param = name.rsplit(".", 1)
        state[f"{node}.{RENAMED.get(param, param)}"] = tensor
    missing, unexpected = network.load_state_dict(state, strict=False)
    if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
        raise SystemExit(f"weights of {path} do not fit: {missing} {unexpected}")


# ---- Ways to run a step --------------------------------------------------------------------------

# Every choice, the first one to begin with. Choices are tried one after the other, in this order.
TRAINING = {
    "form": ["eager", "traced", "compiled"],
    "threads": [1, 2],
    "update": ["fused", "foreach", "loop", "by hand", "compiled"],
    "layout": ["contiguous", "channels_last"],
    "backend": ["oneDNN", "native"],
}
INFERENCE = {
    "form": ["eager", "traced", "compiled"],
    "threads": [1, 2],
    "layout": ["contiguous", "channels_last"],
    "backend": ["oneDNN", "native"],
}


def has_compiler():
    return shutil.which("g++") is not None or shutil.which("clang++") is not None


def memory_format(layout):
    return torch.channels_last if layout == "channels_last" else torch.contiguous_format


def make_optimizer(name, parameters, way, rate=1e-12):
    """The update of the step. The rate leads the weights nowhere, as in lcnn bench; the work is the same."""
    extra = {"fused": {"fused": True}, "foreach": {"foreach": True}, "loop": {"foreach": False, "fused": False},
             "compiled": {"foreach": True}}.get(way)
    if name == "adam":
        return torch.optim.Adam(parameters, lr=rate, eps=1e-7, **extra)
    if name == "momentum":
        return torch.optim.SGD(parameters, lr=rate, momentum=0.9, weight_decay=5e-4, **extra)
    return torch.optim.SGD(parameters, lr=rate, **extra)


class HandSGD:
    """Plain gradient descent without the bookkeeping of torch.optim, which counts at batch 1."""

    def __init__(self, parameters, rate=1e-12):
        self.parameters, self.rate = list(parameters), rate

    def step(self):
        with torch.no_grad():
            torch._foreach_add_(self.parameters, [p.grad for p in self.parameters], alpha=-self.rate)

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None


class Subject:
    """A network at one batch size, training or answering, with images that are there already."""

    def __init__(self, network, optimizer, batch, training):
        self.network, self.optimizer, self.batch, self.training = network, optimizer, batch, training
        self.choices = {k: list(v) for k, v in (TRAINING if training else INFERENCE).items()}
        if not has_compiler():
            self.drop("compiled")
        if training and optimizer != "sgd":
            self.choices["update"].remove("by hand")

    def drop(self, value):
        for values in self.choices.values():
            if value in values:
                values.remove(value)

    def settings(self):
        return {name: values[0] for name, values in self.choices.items()}

    def step(self, way):
        """A function that does one step in this way."""
        torch.manual_seed(1)
        torch._dynamo.reset()
        torch.set_num_threads(way["threads"])
        torch.backends.mkldnn.enabled = way["backend"] == "oneDNN"
        layout = memory_format(way["layout"])
        network = self.network().to(memory_format=layout).train(self.training)
        x = torch.rand(self.batch, *network.image).to(memory_format=layout)
        y = torch.arange(self.batch) % 10
        return self.training_step(network, x, y, way) if self.training else self.inference_step(network, x, way)

    def training_step(self, network, x, y, way):
        parameters = list(network.parameters())
        optimizer = (HandSGD(parameters) if way["update"] == "by hand"
                     else make_optimizer(self.optimizer, parameters, way["update"]))
        run, update = network, optimizer.step
        if way["form"] == "traced":
            run = torch.jit.trace(network, x)
        elif way["form"] == "compiled":
            run = torch.compile(lambda x, y: F.cross_entropy(network(x), y), dynamic=False)
        if way["update"] == "compiled":
            update = torch.compile(optimizer.step, dynamic=False)

        def step():
            optimizer.zero_grad()
            loss = run(x, y) if way["form"] == "compiled" else F.cross_entropy(run(x), y)
            loss.backward()
            update()
        return step

    @staticmethod
    def inference_step(network, x, way):
        guard, run = torch.inference_mode, network
        with torch.no_grad():
            if way["form"] == "traced":
                run = torch.jit.optimize_for_inference(torch.jit.trace(network, x))
            elif way["form"] == "compiled":
                torch._inductor.config.freezing = True
                guard, run = torch.no_grad, torch.compile(network, dynamic=False)

        def step():
            with guard():
                run(x)
        return step


def measure(step, batch, seconds):
    """Images per second over about so many seconds."""
    steps, began = 0, time.perf_counter()
    while True:
        step()
        steps += 1
        passed = time.perf_counter() - began
        if passed >= seconds:
            return steps * batch / passed


def warm(step, seconds=0.15):
    """Past compilers, caches and the first steps that traced code takes to settle."""
    for _ in range(4):
        step()
    measure(step, 1, seconds)


def tune(subject, say, seconds=0.1):
    """The fastest way and all that were tried: [(images per second, way)], best first. One choice after the other,
    keeping what won."""
    tried = []

    def attempt(way):
        say(", ".join(str(v) for v in way.values()))
        try:
            step = subject.step(way)
            warm(step)
            tried.append((statistics.median(measure(step, subject.batch, seconds) for _ in range(3)), way))
        except Exception as error:  # some ways do not exist for some networks
            say(f"not {way}: {type(error).__name__}")

    attempt(subject.settings())
    for _ in range(2):  # the second time because the first choices were made beside other later ones
        for name, values in subject.choices.items():
            best = max(tried, key=lambda t: t[0])[1]
            for value in values:
                way = {**best, name: value}
                if all(way != old for _, old in tried):
                    attempt(way)
    return sorted(tried, key=lambda t: -t[0])


def describe(way):
    words = [way["form"]]
    if "update" in way:
        words.append(f"{way['update']} update")
    if way["layout"] != "contiguous":
        words.append(way["layout"])
    if way["backend"] != "oneDNN":
        words.append("without oneDNN")
    words.append(f"{way['threads']} thread{'s' if way['threads'] > 1 else ''}")
    return ", ".join(words)


# ---- The same results ----------------------------------------------------------------------------


def losses(network, optimizer, weights, images, labels, rate, steps):
    """The loss of each of so many steps on one and the same batch, from weights that lcnn wrote."""
    torch._dynamo.reset()
    torch.set_num_threads(1)
    load(network, weights)
    network.train()
    update = make_optimizer(optimizer, network.parameters(), "loop", rate)
    found = []
    for _ in range(steps):
        update.zero_grad()
        loss = F.cross_entropy(network(images), labels)
        loss.backward()
        update.step()
        found.append(loss.item())
    return found


# ---- A whole process -----------------------------------------------------------------------------


def epoch_images(folder, part, layout):
    images = files.read_idx(folder / f"{part}-images-idx3-ubyte.gz")
    labels = files.read_idx(folder / f"{part}-labels-idx1-ubyte.gz")
    padded = F.pad(images.unsqueeze(1).float() / 255, (2, 2, 2, 2))
    return padded.to(memory_format=memory_format(layout)), labels.long()


def epoch(options):
    """What `lcnn run lenet5.yaml --set train.epochs=1` does, without its printing."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    batch = options.batch
    folder = pathlib.Path(options.folder)
    x, y = epoch_images(folder, "train", options.layout)
    network = LeNet5().to(memory_format=memory_format(options.layout))
    for p in network.parameters():
        nn.init.xavier_uniform_(p) if p.dim() > 1 else nn.init.zeros_(p)
    run = torch.jit.trace(network, x[:batch]) if options.form == "traced" else network
    optimizer = make_optimizer("adam", network.parameters(), options.update, 0.0005)
    order = torch.randperm(len(x))
    for begin in range(0, len(x), batch):
        chosen = order[begin:begin + batch]
        optimizer.zero_grad()
        F.cross_entropy(run(x[chosen]), y[chosen]).backward()
        optimizer.step()
    x, y = epoch_images(folder, "t10k", options.layout)
    right = 0
    with torch.inference_mode():
        for begin in range(0, len(x), 1000):
            answers = network(x[begin:begin + 1000]).argmax(1)
            right += (answers == y[begin:begin + 1000]).sum().item()
    torch.save(network.state_dict(), options.out)
    print(right / len(x))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="one epoch of LeNet-5 on a folder of IDX files, start to exit")
    parser.add_argument("folder")
    parser.add_argument("out", help="file for the weights")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--form", choices=["eager", "traced"], default="eager")
    parser.add_argument("--layout", choices=["contiguous", "channels_last"], default="contiguous")
    parser.add_argument("--update", choices=["fused", "foreach", "loop"], default="fused")
    epoch(parser.parse_args())
