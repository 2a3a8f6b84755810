#!/usr/bin/env python3
"""Makes lenet5_step.safetensors: what LeNet-5 computes for one batch, by PyTorch.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch==2.13.0 numpy safetensors
    /tmp/venv/bin/python lenet5_step.py

tests/test_golden.c compares lcnn with the file; this script is not run by `make check`. Images, labels and initial weights
are not in the file: they follow from the integer formula `mixed`, which the test repeats exactly.

The file holds, from a run in float64, rounded to float32:
    logits [20, 10], loss [1] (mean over the batch), grad.NODE.PARAM of that loss,
    adam.NODE.PARAM: the weights after three Adam steps, each on the same batch.
A second run in float32 shows how far apart equally right results are; the tolerances of the test come from there.
"""

import os

import numpy as np
import safetensors.numpy
import torch
import torch.nn.functional as F

BATCH = 20  # one whole tile of 16 samples and a part of one
SIDE, BORDER = 28, 2
STEPS, RATE, BETA1, BETA2, EPSILON = 3, 0.001, 0.9, 0.999, 1e-7

# Name, shape, and the range of the initial values in 64ths: +-12/64 and so on, close to what Glorot's rule gives.
PARAMS = [
    ("c1.weight", (6, 1, 5, 5), 12), ("c1.bias", (6,), 4),
    ("c3.weight", (16, 6, 5, 5), 7), ("c3.bias", (16,), 4),
    ("c5.weight", (120, 400), 7), ("c5.bias", (120,), 4),
    ("f6.weight", (84, 120), 11), ("f6.bias", (84,), 4),
    ("output.weight", (10, 84), 16), ("output.bias", (10,), 4),
]


def mixed(stream, count):
    """Integers 0 .. 2^32 - 1 that look random: a function of (stream, index) in 32-bit arithmetic."""
    x = np.arange(count, dtype=np.uint64) + np.uint64(stream * 1000003)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x &= np.uint64(0xFFFFFFFF)
        x ^= x >> np.uint64(shift)
        x *= np.uint64(factor)
    x &= np.uint64(0xFFFFFFFF)
    return x ^ (x >> np.uint64(16))


def initial(index):
    """16-bit fractions of the range: exact in float32, whoever computes them."""
    name, shape, range64 = PARAMS[index]
    count = int(np.prod(shape))
    fraction = ((mixed(index + 1, count) >> np.uint64(16)).astype(np.float64) - 32768) / 32768
    return (fraction * range64 / 64).reshape(shape)


def images():
    """Bytes / 255 in a border of zeros. Squares of random bytes: mostly dark, as drawn characters are."""
    level = (mixed(0, BATCH * SIDE * SIDE) >> np.uint64(24)).astype(np.int64)
    pixels = (level * level // 255).reshape(BATCH, 1, SIDE, SIDE) / 255
    return np.pad(pixels, ((0, 0), (0, 0), (BORDER, BORDER), (BORDER, BORDER)))


def labels():
    return [(7 * i + 3) % 10 for i in range(BATCH)]


def squash(x):
    return 1.7159 * torch.tanh(x * (2 / 3))


def lenet5(x, w):
    x = squash(F.conv2d(x, w["c1.weight"], w["c1.bias"]))
    x = F.avg_pool2d(x, 2)
    x = squash(F.conv2d(x, w["c3.weight"], w["c3.bias"]))
    x = F.avg_pool2d(x, 2).flatten(1)
    x = squash(F.linear(x, w["c5.weight"], w["c5.bias"]))
    x = squash(F.linear(x, w["f6.weight"], w["f6.bias"]))
    return F.linear(x, w["output.weight"], w["output.bias"])


def gradients(x, y, w):
    for tensor in w.values():
        tensor.grad = None
    logits = lenet5(x, w)
    loss = F.cross_entropy(logits, y)
    loss.backward()
    return logits.detach(), loss.detach().reshape(1)


def adam_step(w, m, v, t):
    """Keras's form, where epsilon is added to the root of the uncorrected second moment."""
    alpha = RATE * np.sqrt(1 - BETA2**t) / (1 - BETA1**t)
    with torch.no_grad():
        for name, tensor in w.items():
            m[name] += (tensor.grad - m[name]) * (1 - BETA1)
            v[name] += (tensor.grad**2 - v[name]) * (1 - BETA2)
            tensor -= alpha * m[name] / (v[name].sqrt() + EPSILON)


def weights(dtype):
    return {p[0]: torch.tensor(initial(i), dtype=dtype, requires_grad=True) for i, p in enumerate(PARAMS)}


def run(dtype):
    x = torch.tensor(images(), dtype=dtype)
    y = torch.tensor(labels())
    w = weights(dtype)
    m = {name: torch.zeros_like(tensor) for name, tensor in w.items()}
    v = {name: torch.zeros_like(tensor) for name, tensor in w.items()}
    result = {}
    for t in range(1, STEPS + 1):
        logits, loss = gradients(x, y, w)
        if t == 1:
            result = {"logits": logits, "loss": loss}
            result |= {f"grad.{name}": tensor.grad.clone() for name, tensor in w.items()}
        adam_step(w, m, v, t)
    return result | {f"adam.{name}": tensor.detach() for name, tensor in w.items()}


def torch_adam():
    """The same steps by torch.optim.Adam: its epsilon stands elsewhere, and without any the two agree."""
    x, y, w = torch.tensor(images()), torch.tensor(labels()), weights(torch.float64)
    optimizer = torch.optim.Adam(w.values(), lr=RATE, betas=(BETA1, BETA2), eps=1e-30)
    for _ in range(STEPS):
        gradients(x, y, w)
        optimizer.step()
    return w


def main():
    global EPSILON
    exact, rough = run(torch.float64), run(torch.float32)
    print("torch", torch.__version__, " loss", exact["loss"].item())
    for name, tensor in exact.items():
        apart = (rough[name].double() - tensor).abs().max().item()
        print(f"{name:20} largest {tensor.abs().max().item():.3e}  float32 off by {apart:.1e}")

    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lenet5_step.safetensors")
    arrays = {name: np.ascontiguousarray(tensor.to(torch.float32).numpy()) for name, tensor in exact.items()}
    safetensors.numpy.save_file(arrays, path)

    EPSILON = 1e-30
    ours, theirs = run(torch.float64), torch_adam()
    apart = max((ours[f"adam.{n}"] - t.detach()).abs().max().item() for n, t in theirs.items())
    print(f"without epsilon, torch.optim.Adam is off by {apart:.1e}")
    assert apart < 1e-12


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
