"""Compares SVG files of published packages, as they are read, with an independent renderer.

    python benchmarks/svg_packages.py FOLDER [--count 25] [--picture WORST.png] [NAME ...]

The packages are fetched from the npm registry into FOLDER (`npm pack`), unless they are there.
Of each, `--count` files are taken at random. The renderer shows what has paint; those shapes are
then rendered as outlines of one width, and so are the polylines that the reader returns. Printed
are the shares of ink of each near ink of the other, by package, and every file below 0.95 with what
the reader reports about it; a file that is below without a report is a failure. In files with clip
paths, masks or nested documents, a filled shape should have the outline of what shows of it: the
edges of the renderer's picture of it alone. Files without a size are left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from svg_outlines import outlined, redrawn, shades

from ink import Agreement, shares
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.sources.svg import read_svg_file

PACKAGES = (
    *("feather-icons", "@tabler/icons", "bootstrap-icons", "@fortawesome/fontawesome-free"),
    *("@mdi/svg", "ionicons", "remixicon", "@primer/octicons", "flag-icons", "simple-icons"),
    *("@phosphor-icons/core", "openmoji", "@svg-maps/world", "eva-icons", "@carbon/icons"),
    *("devicon", "cryptocurrency-icons", "@mapbox/maki", "heroicons", "iconoir"),
    *("@discordapp/twemoji", "@fluentui/svg-icons", "circle-flags", "cm-chessboard", "comicgen"),
    *("file-icon-vectors", "netlistsvg", "@rapideditor/temaki", "@svg-maps/france.regions"),
    *("typicons.font", "@vscode/codicons"),
)
LIMIT = 0.95


class Result(NamedTuple):
    """A file, how well it agrees, and what the reader says of it."""

    name: str
    agreement: Agreement
    report: list[str]
    pictures: np.ndarray


def main() -> None:
    arguments = parsed()
    worst: list[Result] = []
    below = unexplained = total = 0
    print("package | version | licence | files | ink read | ink of the file | below 0.95")
    for package in arguments.names or PACKAGES:
        archive = fetched(package, arguments.folder)
        results = [compared(name, svg) for name, svg in files(archive, arguments.count)]
        results = [result for result in results if result is not None]
        under = sorted((r for r in results if r.agreement.worse < LIMIT), key=by_agreement)
        read, original = (np.mean([r.agreement[i] for r in results] or [1]) for i in (0, 1))
        details = f"{len(results)} | {read:.4f} | {original:.4f} | {len(under)}"
        print(f"{package} | {' | '.join(described(archive))} | {details}", flush=True)
        for result in under:
            why = "; ".join(result.report) or "NOTHING REPORTED"
            read, original = result.agreement
            print(f"    {result.name}: {read:.3f} {original:.3f}: {why}", flush=True)
        total, below = total + len(results), below + len(under)
        unexplained += sum(not result.report for result in under)
        worst = sorted([*worst, *under], key=by_agreement)[:16]
    print(f"{total:,} files, {below} below {LIMIT}, {unexplained} of them without a report")
    if arguments.picture and worst:
        columns = np.concatenate([result.pictures for result in worst], axis=1)
        Image.fromarray(columns).save(arguments.picture)
    sys.exit(bool(unexplained))


def by_agreement(result: Result) -> float:
    return result.agreement.worse


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--count", type=int, default=25)
    parser.add_argument("--picture", type=Path)
    return parser.parse_intermixed_args()


def fetched(package: str, folder: Path) -> Path:
    """Returns the package's archive, fetched if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = package.removeprefix("@").replace("/", "-")
    found = [p for p in folder.glob(f"{stem}-*.tgz") if p.name[len(stem) + 1].isdigit()]
    if not found:
        command = ["npm", "pack", "--silent", package]
        name = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        found = [folder / name.stdout.strip().splitlines()[-1]]
    return sorted(found)[-1]


def described(archive: Path) -> tuple[str, str]:
    """Returns the version and the licence."""
    with tarfile.open(archive) as tar:
        member = next(m for m in tar if m.name.count("/") == 1 and m.name.endswith("/package.json"))
        values = json.load(tar.extractfile(member))
    return values["version"], str(values.get("license"))


def files(archive: Path, count: int) -> Iterator[tuple[str, str]]:
    """Yields names and texts of some of the package's SVG files."""
    with tarfile.open(archive) as tar:
        members = {m.name: m for m in tar if m.isfile() and m.name.endswith((".svg", ".svgz"))}
        names = sorted(members)
        for name in sorted(random.Random(0).sample(names, min(count, len(names)))):
            content = tar.extractfile(members[name]).read()
            content = gzip.decompress(content) if name.endswith(".svgz") else content
            yield name.removeprefix("package/"), content.decode(errors="replace")


def compared(name: str, svg: str) -> Result | None:
    """Returns how well the polylines of a file agree with it; None if the file shows no shape."""
    try:
        root = ElementTree.fromstring(svg)
        theirs, allowed, page = outlined(root)
    except (ElementTree.ParseError, ValueError) as error:
        print(f"    {name}: left out: {error}")
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drawing.svg"
        path.write_text(svg)
        try:
            chunk = next(read_svg_file(path, ReadingOptions()))
        except SketchRNNError as error:
            if not (theirs < 128).any():
                return None
            report = [str(error).partition(": ")[2]]
            return Result(name, Agreement(0, 0), report, theirs)
    if not len(chunk.lines) and not (theirs < 128).any():
        return None
    ours = shades(redrawn(chunk.lines.drawing(0) if len(chunk.lines) else [], page))
    report = [note.text for note in chunk.notes]
    report += [f"{count} {kind}" for kind, count in chunk.left_out.items()]
    pictures = np.concatenate([shades(svg), theirs, ours])
    ours, theirs, allowed = (picture < 128 for picture in (ours, theirs, allowed))
    agreement = Agreement(shares(ours, allowed).read, shares(ours, theirs).original)
    return Result(name, agreement, report, pictures)


if __name__ == "__main__":
    main()
