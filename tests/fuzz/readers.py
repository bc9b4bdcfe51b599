"""Every reader of files and texts from strangers, with inputs to begin from."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
import zipfile
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
import torch
from foreign_readers import Reader, foreign_readers
from mutations import (
    NUMBERS,
    Mutation,
    of_gzip,
    of_json,
    of_lines,
    of_npy,
    of_safetensors,
    of_svg,
    of_zip,
)

from sketch_rnn.dataset.dataset import load_dataset, save_dataset
from sketch_rnn.dataset.store import KINDS, open_store
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.hparams import parse_hparams, settings_from_hparams
from sketch_rnn.preparation.writing import StoreWriter
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketches import Sketches
from sketch_rnn.sources.formats import pieces_of, read_piece
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.sources.splits import SPLITS
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.presets import load_preset
from sketch_rnn.training.run.checkpoints import RunCheckpoints
from sketch_rnn.training.run.report import read_report
from sketch_rnn.training.run.resume import RunSettings, saved_profile, saved_settings
from sketch_rnn.training.run.state import Progress
from sketch_rnn.training.step import TrainingState
from tiny import TINY_MODEL, TINY_TRAINING, zigzags

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="10mm"><style>.a{stroke:'
    b'red}</style><defs><g id="a"><rect rx="2" width="9" height="5"/></g><clipPath id="b"><circle '
    b'r="9"/></clipPath></defs><use href="#a" transform="rotate(30)" class="a"/><svg x="1" '
    b'viewBox="0 0 2 2"><ellipse rx="1" ry="2"/><polygon points="1,2 3,4 5,6"/></svg><path '
    b'd="M0 0L5 5c1 1 2 2 3 1z" style="fill:none;stroke:blue" clip-path="url(#b)"/></svg>'
)
QUICKDRAW = b'{"word":"a","recognized":true,"drawing":[[[0,9,9],[0,0,9]],[[1,2],[3,4]]]}'
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
    report = json.dumps({"data": ["x"], "starts": [{"time": "2026"}], "best": {"step": 1}})

    def contents(*names: str) -> tuple[bytes, ...]:
        return tuple((folder / name).read_bytes() for name in names)

    return {
        **_drawing_readers(folder),
        "npz": Reader(contents("data.npz", "float.npz"), lambda path: load_dataset([path]), of_zip),
        "store": Reader((_packed_store(folder),), _read_store, of_store),
        "checkpoint": Reader(
            contents("model.safetensors"), SketchRNN.from_pretrained, of_safetensors
        ),
        "run state": Reader(contents("last.safetensors"), _read_state, of_safetensors),
        "run.json": Reader((report.encode(),), _read_report, of_json),
        "hparams": Reader(
            (hparams.encode(), objects.encode()),
            lambda path: settings_from_hparams(
                parse_hparams([path.read_bytes().decode(errors="replace")])
            ),
            of_lines,
        ),
        "preset": Reader((preset.encode(),), load_preset, of_lines),
        **foreign_readers(folder),
    }


def _drawing_readers(folder: Path) -> dict[str, Reader]:
    """The readers of drawings, each with its suffix."""
    lines = json.dumps([[[[0, 0], [80, 0], [80, 60]], [[20, 20], [60, 20]]]]).encode()
    rows = json.dumps({"polylines": [[[0, 0], [9, 1]]], "label": "a"}).encode()
    records = b"\n".join([QUICKDRAW] * 3)
    points = b"x,y,stroke,drawing,label\n1,2,0,a,b\n3,4,0,a,b\n5,6,1,b,c\n7,8,1,b,c\n"
    np.save(folder / "plain.npy", np.ones((4, 3)))
    several = np.empty(2, object)
    several[:] = zigzags(2, 3)
    np.save(folder / "several.npy", several, allow_pickle=True)
    arrays = tuple((folder / f"{name}.npy").read_bytes() for name in ("plain", "several"))
    seeds: dict[str, tuple[tuple[bytes, ...], Mutation]] = {
        "svg": ((SVG,), of_svg),
        "json": ((lines, rows), of_json),
        "ndjson": ((records,), of_lines),
        "ndjson.gz": ((gzip.compress(records),), of_gzip(of_lines)),
        "csv": ((points, b'drawing,word\n"[[[0,9],[0,9]]]",w\n'), of_lines),
        "npy": (arrays, of_npy),
    }
    return {
        name: Reader(given, partial(_read_drawings, name), mutate)
        for name, (given, mutate) in seeds.items()
    }


def _read_drawings(suffix: str, path: Path) -> None:
    faults: list[str] = []
    for piece in pieces_of([path.replace(path.with_name(f"input.{suffix}"))]):
        for chunk in read_piece(piece, ReadingOptions()):
            faults += chunk.faults[:1]
            assert np.isfinite(chunk.lines.points).all()
            "".join(chunk.labels).encode()
    if faults:
        raise SketchRNNError(faults[0])


def _packed_store(folder: Path) -> bytes:
    """A store as an archive of its files."""
    made = folder / "store"
    writer = StoreWriter(made, "move")
    for seed, split in enumerate(SPLITS):
        writer.add(split, Sketches.from_arrays(list(map(np.rint, zigzags(4, seed)))))
    writer.close(("a",), ("made",))
    writer.abandon()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(made.iterdir()):
            archive.write(file, file.name)
    return packed.getvalue()


def _read_store(path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as place:
        try:
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    (Path(place) / Path(name).name).write_bytes(archive.read(name))
        except Exception as error:  # of the archive, which is not what is tried
            raise SketchRNNError(str(error)) from error
        splits, _ = open_store(Path(place))
        for store in splits.values():
            store.select(np.arange(len(store)))


def of_store(rng: Random, data: bytes) -> bytes:
    """Numbers of a store's files replaced, or values of its manifest."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(rng.randint(1, 3)):
        name = rng.choice(sorted(files))
        kind = KINDS.get(name.rpartition(".")[2])
        if kind is None:
            files[name] = of_json(rng, files[name])
        elif files[name]:
            array = np.frombuffer(files[name], kind).copy()
            limits = np.iinfo(kind)
            number = rng.choice([n for n in NUMBERS if limits.min <= n <= limits.max])
            array[rng.randrange(len(array))] = number
            files[name] = array.tobytes()[: rng.choice((None, None, None, -2))]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


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
