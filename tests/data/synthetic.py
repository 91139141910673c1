"""Small stand-ins for published files, and published sums that fit them."""

import gzip
import hashlib
import pickle
from pathlib import Path

import numpy as np

from whysgd.data import cifar, mnist
from whysgd.data.idx import encode_idx

IDX_SHAPES = {
    "train-images-idx3-ubyte": (6, 4, 4),
    "train-labels-idx1-ubyte": (6,),
    "t10k-images-idx3-ubyte": (3, 4, 4),
    "t10k-labels-idx1-ubyte": (3,),
}


def idx_contents(seed: int = 0) -> dict[str, bytes]:
    """Four idx files with random bytes; labels below 10."""
    rng = np.random.default_rng(seed)
    return {
        name: encode_idx(rng.integers(0, 10 if "labels" in name else 256, shape, np.uint8))
        for name, shape in IDX_SHAPES.items()
    }


def write_idx(folder: Path, contents: dict[str, bytes], compressed: bool = True) -> None:
    """Writes idx files as distributors do."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        if compressed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)


def publish_idx(monkeypatch, contents: dict[str, bytes]) -> None:
    """Makes these files the published ones of both idx data sets."""
    md5s = tuple(hashlib.md5(content).hexdigest() for content in contents.values())
    monkeypatch.setattr(mnist, "_SHAPES", IDX_SHAPES)
    monkeypatch.setattr(mnist, "_MD5", {"mnist": md5s, "fashion_mnist": md5s})


def keras_arrays(contents: dict[str, bytes]) -> tuple:
    """What a Keras loader would return of these files."""
    arrays = [
        np.frombuffer(content[-int(np.prod(shape)) :], np.uint8).reshape(shape)
        for content, shape in zip(contents.values(), IDX_SHAPES.values(), strict=True)
    ]
    return tuple(arrays[:2]), tuple(arrays[2:])


def publish_batches(monkeypatch) -> dict[str, bytes]:
    """Makes six pickles with two images each the published CIFAR-10 batches, and returns them."""
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    contents = {}
    for number, name in enumerate(names):
        pixels = np.arange(2 * 3072, dtype=np.uint32).reshape(2, 3072) + number
        labels = [number, 9 - number]
        batch = {b"data": (pixels % 251).astype(np.uint8), b"labels": labels}
        contents[name] = pickle.dumps(batch, protocol=2)
    md5s = {name: hashlib.md5(content).hexdigest() for name, content in contents.items()}
    monkeypatch.setattr(cifar, "_MD5", md5s)
    return contents
