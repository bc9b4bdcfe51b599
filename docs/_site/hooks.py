"""What MkDocs builds beside the pages in `docs`.

- Pages that belong to the repository and not to `docs` (model cards, CHANGELOG, ...) join the site.
- Links between all of them are written for the repository; here they become links of the site.
- The page of commands is generated from the command line itself.
"""

from __future__ import annotations

import os
import posixpath
import re
from functools import cache
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
LINK = re.compile(r"(?P<open>!?\[(?P<text>[^\]]*)\]\()(?P<target>[^)\s]+)(?P<close>[^)]*\))")
CODE = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
COMMANDS = "<!-- commands -->"


@cache
def places() -> dict[str, str]:
    """The place in the site of each file of the repository that is outside `docs`."""
    cards = [*ROOT.glob("models/**/*.md"), *ROOT.glob("models/**/*.png")]
    names = (path.relative_to(ROOT).as_posix() for path in cards)
    return PAGES | {name: "cards/" + name.removeprefix("models/") for name in names}


def on_files(files, config):
    for source, place in places().items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown, page, config, files):
    if COMMANDS in markdown:
        markdown = markdown.replace(COMMANDS, commands())
    parts = CODE.split(markdown)
    texts = [
        part if number % 2 else LINK.sub(lambda found: moved(found, page, config), part)
        for number, part in enumerate(parts)
    ]
    return "".join(texts)


def moved(found: re.Match[str], page, config) -> str:
    """A link of the repository as a link of the site."""
    path, mark, anchor = found["target"].partition("#")
    if not path or ":" in path:
        return found[0]
    known = places()
    place = page.file.src_uri
    source = {new: old for old, new in known.items()}.get(place, f"docs/{place}")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    if target in known:
        target = known[target]
    elif target.startswith("docs/"):
        target = target.removeprefix("docs/")
    elif (ROOT / target).exists():
        # It is in the repository and not in the site.
        if not config.repo_url:
            return found["text"]
        return f"{found['open']}{config.repo_url.rstrip('/')}/blob/main/{target}{found['close']}"
    else:
        return found[0]  # MkDocs says that it leads nowhere
    target = posixpath.relpath(target, posixpath.dirname(place) or ".")
    return f"{found['open']}{target}{mark}{anchor}{found['close']}"


def commands() -> str:
    """Every command of `sketch-rnn` with its arguments and options, as Markdown."""
    os.environ.setdefault("COLUMNS", "100")
    from typer.main import get_command

    from sketch_rnn.cli.app import PROGRAM, app

    parts = []
    for name, command in get_command(app).commands.items():
        within = getattr(command, "commands", {"": command})
        parts += [section(f"{PROGRAM} {name} {sub}".strip(), each) for sub, each in within.items()]
    return "\n\n".join(parts)


def section(name: str, command) -> str:
    """One command: what it does, and a table of what it takes."""
    rows = []
    for parameter in command.params:
        if parameter.name == "help":
            continue
        is_option = parameter.param_type_name == "option"
        names = [*parameter.opts, *parameter.secondary_opts]
        words = ", ".join(f"`{each}`" for each in names) if is_option else f"`{parameter.metavar}`"
        rows.append(f"| {words} | {cell(parameter.help)} | {default(parameter)} |")
    head = "| | | default |\n|---|---|---|\n" if rows else ""
    return f"## {name}\n\n{cell(command.help)}\n\n{head}" + "\n".join(rows)


def default(parameter) -> str:
    shown = parameter.show_default if isinstance(parameter.show_default, str) else None
    value = shown or parameter.default
    if parameter.required:
        return "required"
    is_shown = value not in (None, (), []) and not isinstance(value, bool) and not callable(value)
    return f"`{value}`" if is_shown else ""


def cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")
