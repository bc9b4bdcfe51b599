"""The models that the page offers, and those in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.studio.limits import MOST_MODELS
from sketch_rnn.trained import SketchRNN
from sketch_rnn.zoo.listing import whereabouts
from sketch_rnn.zoo.table import load_table

_AT_HAND = ("shipped", "cached", "here")


@dataclass(eq=False)
class Shelf:
    """Models by name; only names that it lists can be loaded.

    Attributes:
        about: what each model draws, by its name, in the order they are listed.
    """

    about: dict[str, str]
    _loaded: OrderedDict[str, SketchRNN] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, names: Sequence[str]) -> Shelf:
        """These models first, then those of the table that need no download."""
        table = load_table()
        shorts = {name: short for short, name in table.aliases.items()}
        known = {
            shorts.get(entry.name, entry.name): entry.about
            for entry in table.entries.values()
            if whereabouts(entry) in _AT_HAND
        }
        given = {name: known.get(name, "given on the command line") for name in names}
        return cls(given | known)

    def model(self, name: str) -> SketchRNN:
        """The model of this name, loaded if need be; the least recently used ones are dropped.

        Raises:
            SketchRNNError: if it is not on the shelf or cannot be loaded.
        """
        if name not in self.about:
            shown = " ".join(name.split())[:80]
            raise SketchRNNError(f"no model {shown!r} here; start the studio with its name or path")
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = SketchRNN.from_pretrained(name)
            self._loaded.move_to_end(name)
            while len(self._loaded) > MOST_MODELS:
                self._loaded.popitem(last=False)
            return self._loaded[name]

    def info(self, name: str) -> dict[str, Any]:
        """What the page must know of a model: `ModelInfo` of `page/js/backend.js`."""
        model = self.model(name)
        config, profile = model.config, model.profile
        return {
            "name": name,
            "about": self.about[name],
            "labels": list(profile.labels) if config.num_labels else [],
            "latent": config.conditional,
            "encoder": model.network.encoder is not None,
            "cell": config.dec_model,
            "units": config.dec_rnn_size,
            "mixture": config.num_mixture,
            "longest": profile.max_seq_len,
            "size": profile.typical_size,
            "rule": model.habits.temperature_rule,
            "strength": model.habits.label_strength,
        }
