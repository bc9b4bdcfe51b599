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
from form_mutations import of_forms, of_records, of_style, of_table
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
from sketch_rnn.evaluation.judge import Judge, JudgeNetwork, load_judge, save_judge
from sketch_rnn.interop.hparams import parse_hparams, settings_from_hparams
from sketch_rnn.preparation.writing import StoreWriter
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketches import Sketches
from sketch_rnn.sources.formats import pieces_of, read_piece
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.sources.splits import SPLITS
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.judging import read_figures
from sketch_rnn.training.presets import load_preset
from sketch_rnn.training.run.checkpoints import RunCheckpoints
from sketch_rnn.training.run.metrics import COLUMNS, repair_metrics
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
STYLED = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><style>
:root{--ink:#123456;--none:none} g > .a, #b ~ path[d^="M"]{stroke:var(--ink,red) !important}
@media screen and (min-width:10px){rect:nth-child(2n+1):not(.c){fill:var(--none);rx:3px}}
@layer base, top; @layer top{.c{transform:rotate(10deg) scale(1.5);transform-box:fill-box}}
@supports (d:none){.d{d:path("M0 0L5 5c1 1 2 2 3 1z");stroke-width:2mm;&amp; + &amp;{opacity:.5}}}
line{marker:url(#m);stroke:rgba(1,2,3,.5)} .e{clip-path:url(#clip);mask:url(#mask)}
</style><defs><marker id="m"><path d="M0 0L3 1z"/></marker><clipPath id="clip"><circle r="9"/>
</clipPath><mask id="mask"><rect width="20" height="20" fill="white"/></mask></defs>
<g id="b"><rect class="a c" width="9" height="5"/><path class="d" d="M1 1L9 9"/></g>
<path class="d e" style="fill:none;stroke:blue" d="M0 0L20 20"/><line x2="5" y2="8"/></svg>"""
QUICKDRAW = b'{"word":"a","recognized":true,"drawing":[[[0,9,9],[0,0,9]],[[1,2],[3,4]]]}'
JSON_FORMS = tuple(
    text.encode()
    for text in (
        "[[[[0, 0], [80, 0], [80, 60]], [[20, 20], [60, 20]]]]",
        '{"polylines": [[[0, 0], [9, 1]]], "label": "a"}',
        '{"strokes": [{"points": [{"x": 1, "y": 2, "time": 3}, {"x": 4, "y": 6, "time": 9}]}]}',
        '[{"penColor": "black", "points": [{"x": 1, "y": 2, "pressure": 0.5}, {"x": 4, "y": 6}]}]',
        "[[[1, 2, 0.5], [3, 4, 0.25], [9, 1, 0.5]], [[0, 1, 0.1], [5, 5, 0.2]]]",
        '[{"dx": 1, "dy": 2, "pen": "down"}, {"dx": 3, "dy": 1, "pen": "up"}]',
        "[[[5, 5, 0], [4, -2, 1]], [[3, 1, 0], [-2, 2, 1]]]",
        "[[5, 5, 1, 0, 0], [4, -2, 0, 1, 0], [0, 0, 0, 0, 1]]",
        '[{"word": "cat", "drawing": [[[0, 9, 9, 4], [0, 0, 9, 2]], [[1, 2], [3, 4]]]}]',
        "[[[[0, 9, 9, 4], [0, 0, 9, 2], [1, 5, 7, 9]], [[1, 2], [3, 4], [5, 6]]]]",
    )
)
RECORDS = (
    QUICKDRAW,
    b"[[[0, 0], [80, 0], [80, 60]], [[20, 20], [60, 20]]]",
    b'{"strokes": [[[0, 0, 0.5], [9, 1, 0.7]], []], "label": "a"}',
    b'{"key_id": "1", "countrycode": "DE", "recognized": false, "drawing": [[[1, 2], [3, 4]]]}',
)
CSV_FORMS = (
    b"x,y,stroke,drawing,label\n1,2,0,a,b\n3,4,0,a,b\n5,6,1,b,c\n7,8,1,b,c\n",
    b'drawing,word\n"[[[0,9],[0,9]]]",w\n',
    b"x,y,pen_up,drawing\n1,2,0,a\n3,4,1,a\n5,6,0,b\n7,8,0,b\n9,9,1,b\n",
    b"t,x,y,pen_down,drawing,pressure\n0,1,2,0,a,1\n1,3,4,1,a,1\n2,5,6,1,b,2\n3,1,2,1,a,1\n",
    b"1,2,0\n3,4,0\n5,6,1\n7,8,1\n",
    b'word,key_id,recognized,drawing\ncat,5,True,"[[[0,9],[0,9]],[[1,2],[3,4]]]"\n',
)
FIGURES = b"step,top1,frechet\n2,0.5,9.25\n4,0.625,1e-3\n"
METRICS = (",".join(COLUMNS) + "\r\n2,train,1,1,0,0.1,0.5,9\r\n2,valid,1,1,0,,,\r\n").encode()
PROFILE = DataProfile(scale=40.0, max_seq_len=20, labels=("sheep",), sources=("sheep",))


def make_readers(folder: Path) -> dict[str, Reader]:
    """Returns the readers by name, their seeds written in `folder` for once."""
    model = SketchRNN.new(TINY_MODEL, PROFILE)
    model.save_pretrained(folder / "model.safetensors")
    run = RunCheckpoints(folder)
    settings = RunSettings(TINY_MODEL, TINY_TRAINING, PROFILE, 3, "full")
    run.write(TrainingState.start(model.network), settings, Progress())
    judge = Judge(JudgeNetwork(2).eval(), ("cat", "dog"), 1)
    save_judge(judge, folder / "judge.safetensors")
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
        "judge": Reader(contents("judge.safetensors"), load_judge, of_safetensors),
        "judge.csv": Reader((FIGURES,), read_figures, of_lines),
        "metrics.csv": Reader((METRICS,), _repair_metrics, of_lines),
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
    records = b"\n".join([QUICKDRAW] * 3)
    np.save(folder / "plain.npy", np.ones((4, 3)))
    several = np.empty(2, object)
    several[:] = zigzags(2, 3)
    np.save(folder / "several.npy", several, allow_pickle=True)
    arrays = tuple((folder / f"{name}.npy").read_bytes() for name in ("plain", "several"))
    whole, groups = ReadingOptions(), ReadingOptions(groups=True, labels="group")
    packed = (gzip.compress(SVG), gzip.compress(STYLED))
    readers: dict[str, tuple[str, tuple[bytes, ...], Mutation, ReadingOptions]] = {
        "svg": ("svg", (SVG,), of_svg, whole),
        "svg style": ("svg", (STYLED,), of_style, whole),
        "svgz": ("svgz", packed, of_gzip(of_svg), groups),
        "json": ("json", JSON_FORMS[:2], of_json, whole),
        "json forms": ("json", JSON_FORMS, of_forms, whole),
        "ndjson": ("ndjson", (records,), of_lines, whole),
        "ndjson forms": ("ndjson", (b"\n".join(RECORDS),), of_records, whole),
        "ndjson.gz": ("ndjson.gz", (gzip.compress(records),), of_gzip(of_lines), whole),
        "csv": ("csv", CSV_FORMS[:2], of_lines, whole),
        "csv forms": ("csv", CSV_FORMS, of_table, whole),
        "npy": ("npy", arrays, of_npy, whole),
    }
    return {
        name: Reader(seeds, partial(_read_drawings, suffix, options), mutate)
        for name, (suffix, seeds, mutate, options) in readers.items()
    }


def _read_drawings(suffix: str, options: ReadingOptions, path: Path) -> None:
    faults: list[str] = []
    for piece in pieces_of([path.replace(path.with_name(f"input.{suffix}"))]):
        for chunk in read_piece(piece, options):
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
        elif count := len(files[name]) // np.dtype(kind).itemsize:
            array = np.frombuffer(files[name], kind, count).copy()
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


def _repair_metrics(path: Path) -> None:
    repair_metrics(path, 4, [])
    assert repair_metrics(path, 4, []) == []


def _read_report(path: Path) -> None:
    target = path.with_name("run.json")
    path.replace(target)
    try:
        read_report(target.parent)
    finally:
        target.unlink()
