"""Every reader of files and texts from strangers, with inputs to begin from.

Those of drawings in other forms (SVG, QuickDraw records, CSV, NumPy arrays) are tried in
`tests/sources/test_damaged_files.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from foreign_readers import Reader, foreign_readers

from sketch_rnn.dataset.dataset import load_dataset, save_dataset
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.hparams import parse_hparams, settings_from_hparams
from sketch_rnn.profile import DataProfile
from sketch_rnn.sources.formats import Piece, read_piece
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.presets import load_preset
from sketch_rnn.training.run.checkpoints import RunCheckpoints
from sketch_rnn.training.run.report import read_report
from sketch_rnn.training.run.resume import RunSettings, saved_profile, saved_settings
from sketch_rnn.training.run.state import Progress
from sketch_rnn.training.step import TrainingState
from tiny import TINY_MODEL, TINY_TRAINING, zigzags

PROFILE = DataProfile(scale=40.0, max_seq_len=20, labels=("sheep",), sources=("sheep",))


def make_readers(folder: Path) -> dict[str, Reader]:
    """Returns the readers by name, their seeds written in `folder` for once."""
    model = SketchRNN.new(TINY_MODEL, PROFILE)
    model.save_pretrained(folder / "model.safetensors")
    run = RunCheckpoints(folder)
    settings = RunSettings(TINY_MODEL, TINY_TRAINING, PROFILE, 3, "full")
    run.write(TrainingState.start(model.network), settings, Progress())
    save_dataset(folder / "data.npz", *(zigzags(2, seed) for seed in range(3)))
    save_dataset(folder / "float.npz", *(zigzags(2, seed) for seed in range(3)), dtype=np.float32)
    hparams = "data_set=[a.npz,b.npz],dec_model=hyper,use_recurrent_dropout=0,learning_rate=1e-3"
    objects = json.dumps({"data_set": "a.npz", "dec_model": "hyper", "num_steps": 3})
    preset = 'dec_model = "hyper"\nnum_steps = 30\nlearning_rate = 1e-3\nconditional = true\n'
    lines = json.dumps([[[[0, 0], [80, 0], [80, 60]], [[20, 20], [60, 20]]]])
    report = json.dumps({"data": ["x"], "starts": [{"time": "2026"}], "best": {"step": 1}})

    def contents(*names: str) -> tuple[bytes, ...]:
        return tuple((folder / name).read_bytes() for name in names)

    return {
        "npz": Reader(contents("data.npz", "float.npz"), lambda path: load_dataset([path])),
        "checkpoint": Reader(contents("model.safetensors"), SketchRNN.from_pretrained),
        "run state": Reader(contents("last.safetensors"), _read_state),
        "JSON drawings": Reader((lines.encode(),), _read_json),
        "run.json": Reader((report.encode(),), _read_report),
        "hparams": Reader(
            (hparams.encode(), objects.encode()),
            lambda path: settings_from_hparams(
                parse_hparams([path.read_bytes().decode(errors="replace")])
            ),
        ),
        "preset": Reader((preset.encode(),), load_preset),
        **foreign_readers(folder),
    }


def _read_json(path: Path) -> None:
    piece = Piece((path.replace(path.with_name("input.json")),))
    for chunk in read_piece(piece, ReadingOptions()):
        if chunk.faults:
            raise SketchRNNError(chunk.faults[0])


def _read_state(path: Path) -> None:
    target = path.with_name("last.safetensors")
    path.replace(target)
    try:
        saved_settings(target.parent)
        saved_profile(target.parent)
        settings = RunSettings(TINY_MODEL, TINY_TRAINING, PROFILE, 3, "full")
        RunCheckpoints(target.parent).read(settings, torch.device("cpu"))
    finally:
        target.unlink()


def _read_report(path: Path) -> None:
    target = path.with_name("run.json")
    path.replace(target)
    try:
        read_report(target.parent)
    finally:
        target.unlink()
