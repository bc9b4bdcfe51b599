"""Rules of the house besides imports: sizes, docstrings, one file for each command."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from package_files import FILES, PACKAGE, module_of

MAX_FILE_LINES = 300


MAX_FUNCTION_LINES = 50


LONG_FILES: frozenset[str] = frozenset()


LONG_FUNCTIONS: frozenset[str] = frozenset()


def function_lengths(source: str) -> Iterator[tuple[str, int]]:
    """Yields each function's name and its lines, without those of its docstring."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            has_docstring = ast.get_docstring(node, clean=False) is not None
            docstring = first.end_lineno - first.lineno + 1 if has_docstring else 0
            yield node.name, node.end_lineno - node.lineno + 1 - docstring


ROOMS = [folder for folder in sorted(PACKAGE.iterdir()) if (folder / "__init__.py").exists()]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_says_what_it_is_for_and_what_is_stable(room):
    text = ast.get_docstring(ast.parse((room / "__init__.py").read_text()))
    assert len([line for line in text.splitlines() if line]) >= 3
    assert "stable" in text.lower()


def test_a_command_is_a_file():
    from sketch_rnn.cli.app import COMMANDS, DATA_COMMANDS

    commands = [*COMMANDS.values(), *DATA_COMMANDS.values()]
    modules = [command.__module__ for command in commands]
    files = [module_of(file) for file in FILES if file.parent.name == "commands"]
    files.remove("sketch_rnn.cli.commands")
    assert sorted([*modules, "sketch_rnn.cli.commands.sketch_rnn_train"]) == sorted(files)


def test_files_are_short():
    lengths = {str(file.relative_to(PACKAGE)): len(file.read_text().splitlines()) for file in FILES}
    too_long = {file: lines for file, lines in lengths.items() if lines > MAX_FILE_LINES}
    assert too_long.keys() == LONG_FILES, too_long


def test_functions_are_short():
    too_long = {
        f"{file.relative_to(PACKAGE)}:{name}": lines
        for file in FILES
        for name, lines in function_lengths(file.read_text())
        if lines > MAX_FUNCTION_LINES
    }
    assert too_long.keys() == LONG_FUNCTIONS, too_long


def test_a_docstring_does_not_make_a_function_long():
    source = 'def f():\n    """One.\n\n    Two.\n    """\n    return 1\n'
    assert list(function_lengths(source)) == [("f", 2)]


def test_no_module_is_called_utils():
    assert [file for file in FILES if file.stem in ("util", "utils", "helpers", "misc")] == []
