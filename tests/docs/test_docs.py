"""End to end: every command and every piece of Python in the documentation runs as it stands.

Commands run in a folder that holds the files they name. Trainings are made small by options
appended to them; what a test cannot run is listed with its reason.
"""

from __future__ import annotations

import glob
import re
import shlex
import shutil
import socket
from functools import partial

import pytest

from reference_folder import CHECKOUT
from sketch_rnn import load_dataset
from sketch_rnn.cli import app
from sketch_rnn.cli.commands import sketch_rnn_train
from sketch_rnn.dataset import dataset
from sketch_rnn.dataset.published import published_address
from sketch_rnn.io import downloads
from sketch_rnn.io.downloads import cached_path
from sketch_rnn.sources.doodles import make_doodles
from sketch_rnn.zoo.table import load_table

PAGES = [
    "README.md",
    *sorted(path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "docs").glob("*.md")),
]
NOT_RUN = {
    "pip ": "installs",
    "python3 -m venv": "installs",
    ". .venv": "installs",
    "hf ": "uploads",
    "sketch-rnn draw USER/NAME": "downloads from the hub; tests/zoo/test_hub.py",
    "sketch-rnn import theirs/": "needs a checkpoint of the original; tests/cli/test_import.py",
    "sketch-rnn import sketch_rnn.zip": "needs an archive of the original; tests/cli",
    "sketch-rnn demo": "tests/demo",
    "sketch-rnn studio": "a server; tests/studio",
    "torchrun": "several processes; tests/training/test_distributed.py",
    "tensorboard": "a server",
    "vpype": "another program",
    "mkdocs": ".ci/run",
    "jupyter": "a server; tests/test_notebooks.py",
    "pytest": "this",
    "python publish.py": "tests/test_publish.py",
    "python examples/": "tests/interop/test_onnx.py; Optuna",
    "python models/": "tests/zoo/test_card_script.py",
    "python docs/": "draws pictures",
    "python benchmarks/": "measures for minutes",
}
SIZES = ["--enc-rnn-size", "8", "--dec-rnn-size", "16", "--z-size", "4"]
STEPS = ["--num-steps", "4", "--save-every", "2", "--batch-size", "8"]
HPARAMS = "num_steps=2,save_every=1,batch_size=8,enc_rnn_size=8,dec_rnn_size=16"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 99 99"><path stroke="red" d="{}"/></svg>'
)
KINDS = ("cat", "bus")


def blocks(page, language):
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)


def commands(page):
    """The commands of a page, without continuation lines and comments."""
    lines = "".join(blocks(page, "bash")).replace("\\\n", " ").splitlines()
    lines = [re.sub(r"(^|\s)#.*", "", line).strip() for line in lines]
    return [part for line in lines for part in line.split(" && ") if part]


def reason_not_to_run(command):
    return next((why for start, why in NOT_RUN.items() if command.startswith(start)), None)


def write_drawings(folder, kinds=KINDS, count=40):
    """Writes SVG files, in a folder for each kind."""
    for kind in kinds:
        (folder / kind).mkdir(parents=True)
        drawings = load_dataset(f"doodles/{kind}")
        for number in range(count):
            lines = drawings.sketch("train", number).polylines()
            path = " ".join(
                "M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in line + 50) for line in lines
            )
            (folder / kind / f"{number}.svg").write_text(SVG.format(path))


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """A folder with all that the documentation's commands name."""
    folder = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset, "make_doodles", partial(make_doodles, counts=(40, 12, 12)))
        patch.chdir(folder)
        for name in ("drawings", "icons", "zoo"):
            write_drawings(folder / name)
        (folder / "more.json").write_text("[[[[0, 0], [9, 4], [5, 30]]]]")
        (folder / "quickdraw").mkdir()
        records = [
            f'{{"word": "{kind}", "recognized": true, "key_id": "{number}", "drawing": '
            f"[[[0, 50, {number + 20}], [0, {3 * number}, 90]], [[5, 200], [40, 255]]]}}\n"
            for kind in KINDS
            for number in range(12)
        ]
        for name in ("theirs.ndjson", "cats.ndjson", "quickdraw/some.ndjson"):
            (folder / name).write_text("".join(records))
        for name in ("mine", "zoo", "quickdraw345"):
            run(f"data prepare zoo/ --split-labels --valid 0.2 --test 0.2 --out {name}.npz")
        (folder / "data").mkdir()
        shutil.copy("mine.npz", "data/cat.npz")
        shutil.copy("zoo/cat/1.svg", "drawing.svg")
        run("data prepare zoo/ --valid 0.2 --test 0.2 --out everything")
        small = [*SIZES, *STEPS]
        for name in ("mine", "tuned", "web"):
            run("train mine.npz --out", f"runs/{name}", *small)
        shutil.copytree("runs/tuned", "sweeps/mine/trial-0")
        run("train zoo.npz --class-conditional --out runs/zoo", *small)
        run("train doodles/cat doodles/bus --out demo/run", *small)
    return folder


def run(*words):
    """Runs `sketch-rnn` as a shell would, and expects that it succeeds."""
    arguments = [part for word in words for part in shlex.split(word)]
    found = [sorted(glob.glob(part)) if "*" in part else [part] for part in arguments]
    assert app.run([part for parts in found for part in parts]) == 0, arguments


def made_small(command):
    """The words of a command, with options that make it quick."""
    words = shlex.split(command)[1:]
    if words[0] == "train":
        words += STEPS
        if not {"--resume", "--init"} & set(words):
            words += SIZES
    if words[:2] == ["data", "prepare"]:
        words += ["--valid", "0.2", "--test", "0.2"]
    if words[0] == "evaluate" and "--drawings" in words and "--of" not in words:
        words += ["--count", "10"]
    return words


def prepare_place(words):
    """Removes the folder of the run or the store that a command makes anew."""
    if words[0] in ("train", "data") and "--resume" not in words and "--out" in words:
        shutil.rmtree(words[words.index("--out") + 1], ignore_errors=True)


@pytest.fixture
def workplace(world, tmp_path, monkeypatch):
    """A copy of the world, its published data in the cache, and no network."""

    def refuse(*arguments):
        raise OSError("the documentation's commands need no network here")

    shutil.copytree(world, tmp_path, dirs_exist_ok=True)
    cache = tmp_path / "cache"
    monkeypatch.setattr(downloads, "cache_folder", lambda: cache)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(dataset, "make_doodles", partial(make_doodles, counts=(40, 12, 12)))
    monkeypatch.chdir(tmp_path)
    for name in ("aaron_sheep", "quickdraw/cat", "quickdraw/bus"):
        place = cached_path(published_address(name))
        place.parent.mkdir(parents=True)
        shutil.copy("mine.npz", place)
    run("export runs/web --to js --out bear.vae.json")
    place = cached_path(load_table().entries["js/bear"].address)
    place.parent.mkdir(parents=True)
    shutil.copy("bear.vae.json", place)
    shutil.copy("bear.vae.json", "bear.gen.json")
    return tmp_path


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_commands(page, workplace, capsys):
    for shown in commands(page):
        if reason_not_to_run(shown):
            continue
        command = re.sub(r"\b(MODEL|RUN)\b", "runs/tuned", shown).replace(" DATA ", " mine.npz ")
        program = command.split()[0]
        if program == "sketch_rnn_train":
            words = [*shlex.split(command)[1:], f"--hparams={HPARAMS}"]
            assert sketch_rnn_train.run(words) == 0, command
            continue
        assert program == "sketch-rnn", f"{page}: neither run nor excused: {command}"
        words = made_small(command)
        prepare_place(words)
        run(*(shlex.quote(word) if "*" not in word else word for word in words))


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")])
def test_python(page, workplace):
    names = {"__name__": "__main__"}
    for block in blocks(page, "python"):
        if "USER/NAME" in block:
            continue  # of the Hugging Face hub
        given = "[[[[0, 0], [50, i]], [[9, 9], [i, 80]]] for i in range(20, 60)]"
        exec(block.replace("drawings = [...]", f"drawings = {given}"), names)


def test_every_public_name_is_on_the_page_of_names():
    import sketch_rnn

    page = (CHECKOUT / "docs" / "api.md").read_text()
    shown = set(re.findall(r"^::: sketch_rnn\.(\w+)$", page, re.M))
    assert shown == set(sketch_rnn.__all__) - {"__version__"}


def test_every_page_is_in_the_navigation():
    navigation = (CHECKOUT / "mkdocs.yml").read_text().partition("\nnav:")[2]
    pages = {path.name for path in (CHECKOUT / "docs").glob("*.md")}
    assert {page for page in pages if page not in navigation} == set()
    cards = (
        path.parent.relative_to(CHECKOUT / "models") for path in CHECKOUT.glob("models/**/*.md")
    )
    missing = [
        card for card in cards if f"cards/{card.as_posix()}/".replace("/./", "/") not in navigation
    ]
    assert missing == []
