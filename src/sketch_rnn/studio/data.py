"""The dataset that the page offers drawings of, and the map of its latent vectors."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch

from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.fitting import fit_drawing
from sketch_rnn.generate.latent import encode, encoder_of
from sketch_rnn.generate.plane import principal_plane
from sketch_rnn.sketch import Sketch
from sketch_rnn.studio.limits import DRAWINGS_ON_MAP, MOST_MODELS
from sketch_rnn.studio.requests import DataRequest, MapRequest
from sketch_rnn.text import in_words, listed
from sketch_rnn.trained import SketchRNN

_LEAST_ON_MAP: Final = 3
_DECIMALS: Final = 4


@dataclass(eq=False)
class OfferedData:
    """The training drawings of a dataset, or of none.

    Attributes:
        dataset: given on the command line.
    """

    dataset: Dataset | None = None
    _maps: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)

    def info(self) -> dict[str, Any]:
        """What the page must know of it: `DataInfo` of `page/js/backend.js`."""
        if self.dataset is None:
            return {"name": "", "count": 0}
        name = listed(self.dataset.profile.sources)
        return {"name": name, "count": len(self.dataset.train)}

    def drawings(self, request: DataRequest) -> list[dict[str, Any]]:
        """Some drawings, by their numbers or picked by a seed."""
        train = self._dataset().train
        numbers = list(request.numbers) or _picked(len(train), request.count, request.seed)
        if max(numbers) >= len(train):
            raise SketchRNNError(f"there is no drawing {max(numbers)}: {len(train):,} are given")
        labels = self._labels(numbers)
        drawings = []
        for number, label in zip(numbers, labels, strict=True):
            lines = [line.round(2).tolist() for line in self._sketch(number).polylines()]
            drawings.append({"number": number, "label": label, "lines": lines})
        return drawings

    def map(self, model: SketchRNN, request: MapRequest) -> dict[str, Any]:
        """The latent vectors of drawings in two dimensions: `LatentMap` of `page/js/backend.js`."""
        made = self._maps.get(request.model) or self._made_map(model)
        self._maps[request.model] = made
        while len(self._maps) > MOST_MODELS:
            self._maps.popitem(last=False)
        return made

    def _made_map(self, model: SketchRNN) -> dict[str, Any]:
        encoder_of(model)
        dataset, profile = self._dataset(), model.profile
        is_foreign = not set(dataset.profile.sources) <= set(profile.sources)
        fitted, numbers = [], []
        picked = _picked(len(dataset.train), DRAWINGS_ON_MAP, seed=0)
        for number in picked:
            try:
                fitted.append(fit_drawing(self._sketch(number), profile, fit=is_foreign).sketch)
                numbers.append(number)
            except SketchRNNError:  # longer than the model can take; the note counts them
                continue
        if len(numbers) < _LEAST_ON_MAP:
            found = in_words(len(numbers), "drawing")
            raise SketchRNNError(
                f"a map needs {_LEAST_ON_MAP} drawings; this model can take {found}"
            )
        with torch.inference_mode():
            plane = principal_plane(encode(model, fitted, fit=False))
        left_out = len(picked) - len(numbers)
        return {
            "numbers": numbers,
            "labels": self._labels(numbers),
            "places": _rounded(plane.places),
            "mean": _rounded(plane.mean),
            "axes": _rounded(plane.axes),
            "share": round(plane.share, _DECIMALS),
            "note": f"{left_out} drawings are too long for this model" if left_out else "",
        }

    def _dataset(self) -> Dataset:
        if self.dataset is None:
            raise SketchRNNError("no dataset is open; start the studio with --data DATA")
        return self.dataset

    def _sketch(self, number: int) -> Sketch:
        return self._dataset().sketch("train", number)

    def _labels(self, numbers: Sequence[int]) -> list[str]:
        """The label of each drawing, empty where the dataset has none."""
        dataset = self._dataset()
        names = dataset.profile.labels
        if not names:
            return [""] * len(numbers)
        return [names[n] for n in dataset.train.select(np.array(numbers)).labels]


def _picked(total: int, count: int, seed: int) -> list[int]:
    """Numbers of different drawings at random, rising."""
    chosen = np.random.default_rng(seed).choice(total, min(count, total), replace=False)
    numbers: list[int] = np.sort(chosen).tolist()
    return numbers


def _rounded(values: torch.Tensor) -> Any:
    return np.round(values.double().numpy(), _DECIMALS).tolist()
