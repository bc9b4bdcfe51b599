"""Readers of models and tables of models that other people made, with inputs to begin from."""

from __future__ import annotations

import base64
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mutations import Mutation, of_bytes, of_json, of_lines, of_zip

from bundle_files import (
    block_content,
    bundle,
    sealed,
    table_of_blocks,
    variables_from_parameters,
    write_checkpoint,
)
from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.interop.hparams import original_hparams
from sketch_rnn.interop.javascript import javascript_text
from sketch_rnn.interop.reading import read_foreign
from sketch_rnn.model.vae import SketchVAE
from sketch_rnn.profile import DataProfile
from sketch_rnn.trained import SketchRNN
from sketch_rnn.zoo.listing import family_texts, model_rows
from sketch_rnn.zoo.table import TABLE_VARIABLE, load_table

SMALL = ModelConfig(enc_model="layer_norm", enc_rnn_size=3, dec_rnn_size=4, z_size=2, num_mixture=2)
PROFILE = DataProfile(scale=40.0, max_seq_len=20, sources=("sheep",))
PREFIX = "vector-7"
TABLE = """
collection = "models"
[model.sheep]
about = "sheep"
address = "https://example.org/sheep.zip"
member = "sheep/lstm"
scale = 18.5
[model.mine]
address = "mine.safetensors"
[family.many]
name = "many/{}"
about = "{} drawings"
address = "https://example.org/{}.gen.json"
names = ["two_birds", "cat"]
[alias]
best = "mine"
"""


@dataclass(frozen=True)
class Reader:
    """One way in.

    Attributes:
        seeds: inputs that are read without a fault, as bytes.
        read: takes a file with the input; raises SketchRNNError alone.
        mutate: changes what the format is made of; bytes are changed in any case.
    """

    seeds: tuple[bytes, ...]
    read: Callable[[Path], object]
    mutate: Mutation = of_bytes


def foreign_readers(folder: Path) -> dict[str, Reader]:
    """Returns the readers by name, their seeds written in `folder` for once."""
    theirs = folder / "theirs"
    network = SketchVAE(SMALL)
    bundled = bundle(variables_from_parameters(network.state_dict(), SMALL))
    write_checkpoint(
        theirs, bundled, original_hparams(SMALL, TrainConfig(), ["sheep.npz"], 48), PREFIX
    )
    entries = [(name.encode(), message) for name, message in sorted(bundled[0].items())]
    archives = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(folder / "models.zip", "w", method) as archive:
            for file in theirs.iterdir():
                archive.write(file, f"sheep/{file.name}")
        archives.append((folder / "models.zip").read_bytes())

    def part(name: str, made: Callable[[bytes], bytes] = bytes) -> Callable[[Path], None]:
        """Returns what reads the checkpoint with one of its files replaced."""
        whole = (theirs / name).read_bytes()

        def read(path: Path) -> None:
            (theirs / name).write_bytes(made(path.read_bytes()))
            try:
                _load(theirs)
            finally:
                (theirs / name).write_bytes(whole)

        return read

    index, config = f"{PREFIX}.index", "model_config.json"
    return {
        "TF index": Reader(((theirs / index).read_bytes(),), part(index)),
        # The same behind its checksums, which let nothing else of a damaged file pass.
        "TF variables": Reader(
            (block_content(entries),),
            part(index, lambda content: table_of_blocks([(b"z", sealed(content))])),
        ),
        "TF config": Reader(((theirs / config).read_bytes(),), part(config), of_json),
        "TF zip": Reader(tuple(archives), lambda path: _load_as(path, "models.zip"), of_zip),
        "JavaScript": Reader(_javascript_seeds(), lambda path: _load_as(path, "cat.json"), of_json),
        "models.toml": Reader((TABLE.encode(),), _read_table, of_lines),
    }


def _load(path: Path) -> None:
    foreign = read_foreign(path)
    SketchRNN.from_foreign(foreign, foreign.profile(None if foreign.scale else 20.0))


def _load_as(path: Path, name: str) -> None:
    target = path.with_name(name)
    path.replace(target)
    try:
        _load(target)
    finally:
        target.unlink()


def _javascript_seeds() -> tuple[bytes, ...]:
    seeds = []
    for config in (
        ModelConfig(dec_rnn_size=3, conditional=False),
        ModelConfig(dec_rnn_size=3, enc_rnn_size=2, z_size=2),
    ):
        text = javascript_text(SketchVAE(config), PROFILE)
        info, dimensions, weights = json.loads(text)
        full = [np.frombuffer(base64.b64decode(array), "<i2").tolist() for array in weights]
        seeds += [text.encode(), json.dumps([info, dimensions, full]).encode()]
    return tuple(seeds)


def _read_table(path: Path) -> None:
    before = os.environ.get(TABLE_VARIABLE)
    os.environ[TABLE_VARIABLE] = str(path)
    try:
        table = load_table()
        list(model_rows(table)), list(family_texts(table))
    finally:
        del os.environ[TABLE_VARIABLE]
        if before is not None:
            os.environ[TABLE_VARIABLE] = before
