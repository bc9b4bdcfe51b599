"""The judge: a small convolutional network that names what a drawing shows."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.evaluation.raster import RASTER_VERSION, rasterise
from sketch_rnn.io.atomic import write_atomically
from sketch_rnn.io.budget import opened
from sketch_rnn.io.header import read_metadata
from sketch_rnn.sketch import Sketch

Array = npt.NDArray[np.float32]

FEATURE_SIZE: Final = 128

_FILE: Final = "judge.safetensors"
_HEADER: Final = "sketch_rnn.judge"
# With larger batches the layers' results no longer fit into a core's cache.
_BATCH_SIZE: Final = 64
_CHANNELS: Final = (32, 64, 128, 192)
_BLOCKS: Final = (0, 1, 1, 0)


class JudgeNetwork(nn.Module):
    """Scores of every label, and features, of `rasterise`d drawings.

    Four stages, each a convolution of stride 2 and residual blocks (He et al. 2016); then the mean
    over the picture, `features` as a linear map of it, and `scores` as a linear map of those. The
    batch normalisation of the training has been folded into the convolutions.

    Args:
        num_labels: how many labels there are to tell apart.
    """

    def __init__(self, num_labels: int) -> None:
        super().__init__()
        self.halving = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride=2, padding=1)
            for before, after in pairwise(_CHANNELS)
        )
        self.halving.insert(0, nn.Conv2d(1, _CHANNELS[0], 5, stride=2, padding=2))
        self.blocks = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))
            for channels, count in zip(_CHANNELS, _BLOCKS, strict=True)
        )
        self.dropout = nn.Dropout(0.0)
        self.features = nn.Linear(_CHANNELS[-1], FEATURE_SIZE)
        self.scores = nn.Linear(FEATURE_SIZE, num_labels)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The features `(B, F)` and scores `(B, K)`, the logits of the labels.

        Args:
            pictures: `(B, 48, 48)`, any number type, 0 for paper and 255 for ink.
        """
        hidden = pictures[:, None].float() / 255
        for halve, blocks in zip(self.halving, self.blocks, strict=True):
            hidden = torch.relu(halve(hidden))
            hidden = blocks(hidden)
        features = self.features(self.dropout(hidden.mean(dim=(2, 3))))
        return features, self.scores(features)


class ResidualBlock(nn.Module):
    """Two convolutions whose result is added to their input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, hidden: Tensor) -> Tensor:
        """The result `(B, C, H, W)`, of the shape of `hidden`."""
        return torch.relu(hidden + self.second(torch.relu(self.first(hidden))))


@dataclass(frozen=True, eq=False)
class Impressions:
    """How the judge sees drawings.

    Attributes:
        features: `(S, 128)` float32.
        probabilities: `(S, K)` float32, of each label.
        digests: of each drawing's picture 16 bytes, the same only for equal pictures.
    """

    features: Array
    probabilities: Array
    digests: list[bytes]

    def __len__(self) -> int:
        return len(self.features)

    def select(self, rows: npt.NDArray[np.int64]) -> Impressions:
        """The impressions of some drawings."""
        digests = [self.digests[row] for row in rows]
        return Impressions(self.features[rows], self.probabilities[rows], digests)


@dataclass(frozen=True, eq=False)
class Judge:
    """A trained network and the labels that it tells apart.

    Attributes:
        network: the network, on the CPU.
        labels: names of the labels, in the order of the scores.
        version: of the weights; figures of different versions cannot be compared.
    """

    network: JudgeNetwork
    labels: tuple[str, ...]
    version: int

    @torch.no_grad()
    def look(self, sketches: Sequence[Sketch]) -> Impressions:
        """The features of drawings and what the judge takes them for; an empty sketch is a blank.

        A drawing and its mirror image are seen alike: both are looked at, and the mean counts.
        """
        starts = range(0, len(sketches), _BATCH_SIZE)
        parts = [self._look(sketches[start : start + _BATCH_SIZE]) for start in starts]
        return Impressions(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.probabilities for part in parts]),
            [digest for part in parts for digest in part.digests],
        )

    def _look(self, sketches: Sequence[Sketch]) -> Impressions:
        pictures = rasterise(sketches)
        given = torch.from_numpy(pictures)
        both = self.network(torch.cat([given, given.flip(2)]))
        features, scores = (values.reshape(2, len(sketches), -1).mean(0) for values in both)
        digests = [blake2b(picture.tobytes(), digest_size=16).digest() for picture in pictures]
        return Impressions(features.numpy(), scores.softmax(1).numpy(), digests)


def load_judge(path: str | os.PathLike[str] | None = None) -> Judge:
    """The judge that comes with the package, or one that `models/train_judge.py` wrote.

    Raises:
        SketchRNNError: if the file is missing or not a judge for this version's pictures.
    """
    file = Path(path) if path is not None else Path(__file__).with_name(_FILE)
    with opened(file, "judge") as (content, _):
        data = content.read()
        header = json.loads(read_metadata(data)[_HEADER])
        weights = {name: value.float() for name, value in load(data).items()}
        labels, version = tuple(header["labels"]), int(header["version"])
        if not all(isinstance(label, str) for label in labels):
            raise ValueError("labels that are not text")
        if len(labels) != len(weights["scores.weight"]):
            raise ValueError(f"{len(labels)} labels, {len(weights['scores.weight'])} scores")
        network = JudgeNetwork(len(labels))
        network.load_state_dict(weights)
        rasteriser = header["rasteriser"]
    if rasteriser != RASTER_VERSION:
        raise SketchRNNError(
            f"{file}: made for version {rasteriser} of the pictures, not {RASTER_VERSION}"
        )
    return Judge(network.eval(), labels, version)


def save_judge(judge: Judge, path: str | os.PathLike[str]) -> None:
    """Writes a judge for `load_judge`, its weights as 16-bit numbers."""
    header = {"labels": judge.labels, "version": judge.version, "rasteriser": RASTER_VERSION}
    weights = {name: value.half() for name, value in judge.network.state_dict().items()}
    write_atomically(Path(path), save(weights, {_HEADER: json.dumps(header)}))
