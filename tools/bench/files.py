"""Files that lcnn and a peer both read: IDX data sets and safetensors. Knows neither networks nor clocks."""

import gzip
import json
import random
import struct

import torch

DTYPES = {"F32": torch.float32}


def read_idx(path):
    """An IDX file of bytes, gzipped or not, as a tensor of uint8."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4:4 + 4 * rank])
    return torch.frombuffer(bytearray(data[4 + 4 * rank:]), dtype=torch.uint8).reshape(shape)


def write_idx(path, shape, data):
    with open(path, "wb") as file:
        file.write(struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape) + data)


def write_noise(folder, channels, side, count, classes=10):
    """A data set of `count` random images, the same to train and to test, as a folder that lcnn reads."""
    noise = random.Random(1)
    folder.mkdir(parents=True)
    for part in ("train", "test"):
        noise.seed(1)
        write_idx(folder / f"{part}-images", (count, channels, side, side),
                  noise.randbytes(count * channels * side * side))
        write_idx(folder / f"{part}-labels", (count,), bytes(i % classes for i in range(count)))
    parts = ", ".join(f"{part}: {{images: {part}-images, labels: {part}-labels}}" for part in ("train", "test"))
    names = ", ".join(f'"{i}"' for i in range(classes))
    (folder / "dataset.yaml").write_text(
        f"name: noise\ntitle: random bytes\nshape: [{channels}, {side}, {side}]\nclasses: [{names}]\n"
        f"files: {{{parts}}}\n")


def read_safetensors(path):
    """All tensors of a file, by name."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    tensors = {}
    for name, row in header.items():
        if name == "__metadata__":
            continue
        begin, end = row["data_offsets"]
        numbers = bytearray(data[8 + length + begin:8 + length + end])
        tensors[name] = torch.frombuffer(numbers, dtype=DTYPES[row["dtype"]]).reshape(row["shape"])
    return tensors
