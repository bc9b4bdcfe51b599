from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from package_files import FILES, PACKAGE, SOURCE, module_of

# The room of a module is the first part of its path inside the package. A new room needs a layer
# here: what it may import follows from that.
LAYERS = {
    "errors": 0,
    "text": 0,
    "io": 0,
    "threads": 0,
    "lines": 0,
    "sketches": 0,
    "options": 0,
    "config": 0,
    "sketch": 0,
    "profile": 0,
    "sources": 1,
    "dataset": 1,
    "model": 1,
    "render": 1,
    "kernels": 2,
    "checkpoint": 1,
    "trained": 2,
    "preparation": 2,
    "generate": 2,
    "evaluation": 2,
    "interop": 2,
    "zoo": 2,
    "contents": 3,
    "training": 3,
    "__init__": 4,
    "demo": 4,
    "studio": 4,
    "cli": 5,
    "__main__": 5,
}


# A room beside that may be imported: everything above the tensors is about a trained model, and a
# trained model may be called by a name or lie in another library's file.
BESIDE = {
    ("dataset", "sources"),
    *(("generate", "trained"), ("evaluation", "trained"), ("__main__", "cli")),
    *(("trained", "interop"), ("trained", "zoo"), ("trained", "kernels")),
    ("evaluation", "generate"),
}


WITHOUT_TORCH = (
    "errors",
    "text",
    "io",
    "threads",
    "lines",
    "sketches",
    "options",
    "config",
    "sketch",
    "profile",
    "sources",
    "render",
)


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_modules(tree: ast.AST, file: Path) -> Iterator[tuple[int, str]]:
    """Yields the line and dotted name of each import; `from a import b` is `a.b`."""
    package = file.relative_to(SOURCE).parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def target_room(module: str) -> str | None:
    """The room that a dotted name leads to, or None outside the package."""
    parts = module.split(".")
    if parts[0] != "sketch_rnn":
        return None
    is_room = len(parts) > 1 and (parts[1] in LAYERS or (PACKAGE / parts[1]).is_dir())
    return parts[1] if is_room else "__init__"


def may_import(room: str, target: str) -> bool:
    if room == target or (room, target) in BESIDE or LAYERS[room] == LAYERS[target] == 0:
        return True
    return LAYERS[target] < LAYERS[room]


def forbidden_imports(file: Path, source: str) -> list[str]:
    room = room_of(file)
    return [
        f"{file.relative_to(SOURCE)}:{line}: {room} imports {module}"
        for line, module in imported_modules(ast.parse(source), file)
        if (target := target_room(module)) and not may_import(room, target)
    ]


def test_there_is_something_to_check():
    assert PACKAGE / "sketch.py" in FILES


def test_every_room_has_a_layer():
    assert {room_of(file) for file in FILES} - set(LAYERS) == set()


def test_imports_go_down_only():
    found = [line for file in FILES for line in forbidden_imports(file, file.read_text())]
    assert found == []


@pytest.mark.parametrize(
    ("file", "source", "allowed"),
    [
        ("dataset/store.py", "from sketch_rnn.sketch import Sketch", True),
        ("dataset/store.py", "from sketch_rnn.sources import npz", True),
        ("dataset/store.py", "from ..sources import npz", True),
        ("dataset/store.py", "import torch", True),
        ("dataset/store.py", "from sketch_rnn.model import vae", False),
        ("dataset/store.py", "from sketch_rnn import render", False),
        ("dataset/store.py", "import sketch_rnn.model.vae", False),
        ("sources/npz.py", "from ..model import vae", False),
        ("dataset/store.py", "def f():\n    from sketch_rnn.training import loop", False),
        ("sketch.py", "from sketch_rnn.errors import SketchRNNError", True),
        ("sketch.py", "from sketch_rnn.render import figure", False),
        ("generate/sampling.py", "from sketch_rnn.trained import SketchRNN", True),
        ("trained.py", "from sketch_rnn.generate import sample", False),
        ("trained.py", "from sketch_rnn.kernels import choice", True),
        ("model/vae.py", "from sketch_rnn.kernels import choice", False),
        ("model/unroll.py", "import sketch_rnn.kernels", False),
        ("render/gif.py", "from sketch_rnn.model.vae import SketchVAE", False),
        ("kernels/choice.py", "from sketch_rnn.trained import SketchRNN", False),
        ("zoo/locate.py", "from sketch_rnn.interop import reading", False),
        ("preparation/run.py", "from sketch_rnn.generate import sampling", False),
        ("evaluation/drawings.py", "from sketch_rnn.generate import sampling", True),
        ("generate/sampling.py", "from sketch_rnn.evaluation import losses", False),
        ("training/loop.py", "from sketch_rnn import Sketch", False),
        ("interop/original.py", "from sketch_rnn.trained import SketchRNN", False),
        ("training/loop.py", "from sketch_rnn.demo import run", False),
        ("cli/commands/draw.py", "from sketch_rnn import __version__", True),
        ("cli/commands/draw.py", "from sketch_rnn.training import loop", True),
        ("__init__.py", "from sketch_rnn.generate import sample", True),
        ("__init__.py", "from .cli import app", False),
    ],
)
def test_the_rule_itself(file, source, allowed):
    assert (forbidden_imports(PACKAGE / file, source) == []) is allowed


def imported_files(file: Path, source: str) -> set[str]:
    """The modules of the package that a file imports, wherever in it."""
    found = set()
    for _, name in imported_modules(ast.parse(source), file):
        parts = name.split(".")
        # `from a import b`: b is a module or something in one.
        prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        found.add(next((prefix for prefix in prefixes if prefix in MODULES), ""))
    return found & MODULES - {"sketch_rnn", module_of(file)}


MODULES = {module_of(file) for file in FILES}


def foreign_private_files(file: Path, source: str) -> list[str]:
    """Returns imports of another folder's files that begin with an underscore."""
    own = ".".join(file.relative_to(SOURCE).parts[:-1])
    return [
        f"{file.relative_to(SOURCE)}: {module}"
        for module in sorted(imported_files(file, source))
        if module.rpartition(".")[2].startswith("_")
        and module.rpartition(".")[0] != own
        and not module.endswith("__main__")
    ]


def test_private_files_are_for_their_own_room():
    assert [line for file in FILES for line in foreign_private_files(file, file.read_text())] == []
    source = "from sketch_rnn.sources._archive import Archive"
    assert foreign_private_files(PACKAGE / "sources/npz.py", source) == []
    assert len(foreign_private_files(PACKAGE / "dataset/dataset.py", source)) == 1


def circle(imports: dict[str, set[str]]) -> set[str]:
    """Returns modules that import each other, directly or not; none if there are none."""
    left = dict(imports)
    while left:
        free = [name for name, needed in left.items() if not needed & left.keys()]
        if not free:
            return set(left)
        for name in free:
            del left[name]
    return set()


def test_no_modules_import_each_other():
    imports = {module_of(file): imported_files(file, file.read_text()) for file in FILES}
    assert circle(imports) == set()
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == {"a", "b", "c"}
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == set()


def test_rooms_without_torch():
    modules = [
        ".".join(file.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        for file in FILES
        if room_of(file) in WITHOUT_TORCH
    ]
    code = (
        "import importlib, sys\n"
        f"for name in {modules}:\n"
        "    importlib.import_module(name)\n"
        "    if 'torch' in sys.modules: sys.exit(name + ' imports torch')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# Packages that are not installed with this one, and the folders that need them as a whole and are
# imported only where they are used.
OPTIONAL = {"huggingface_hub", "matplotlib", "onnx", "onnxruntime", "optuna", "resvg_py"}


OPTIONAL |= {"starlette", "triton", "uvicorn"}


NEED_THEM = ("kernels/triton/", "studio/")


def optional_imports(file: Path, source: str) -> list[str]:
    """The optional packages that a file imports when it is imported itself."""
    statements = [
        node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    modules = imported_modules(ast.Module(statements, []), file)
    return [name for _, name in modules if name.split(".")[0] in OPTIONAL]


def test_optional_packages_are_imported_where_they_are_used():
    found = {
        str(file.relative_to(PACKAGE)) for file in FILES if optional_imports(file, file.read_text())
    }
    assert [name for name in found if not name.startswith(NEED_THEM)] == []
    late = "def f():\n    import onnx\n"
    assert optional_imports(PACKAGE / "zoo/hub.py", late) == []
    assert optional_imports(PACKAGE / "zoo/hub.py", "from onnx import helper") == ["onnx.helper"]
