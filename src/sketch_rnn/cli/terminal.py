"""Terminal output of commands: results, notes, progress bars, and errors in one line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import typer

from sketch_rnn.cli.surroundings import check_surroundings, lack_of_memory, plain, refusal
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.atomic import check_place
from sketch_rnn.render.formats import MOVING_SUFFIXES, SUFFIXES
from sketch_rnn.text import aligned, in_words, one_line

if TYPE_CHECKING:
    from rich.progress import TaskID

    from sketch_rnn.generate.options import DrawingOptions
    from sketch_rnn.generate.sampling import Samples, Tally
    from sketch_rnn.preparation.survey import Survey
    from sketch_rnn.render.figure import Figure
    from sketch_rnn.sketch import Sketch
    from sketch_rnn.trained import SketchRNN

T = TypeVar("T")

MISTAKE: Final = 2
INTERRUPTED: Final = 130
DATA_SUFFIXES: Final = (".npz", ".json")
_MOST_SHOWN: Final = 3
_HIGH_TEMPERATURE: Final = 2.0

# The base class of typer's errors about a command line; it has no public name.
_UsageError: Final[type[Exception]] = typer.BadParameter.__bases__[0]


def exit_status(program: str, action: Callable[[], int | None]) -> int:
    """The exit status of `action`; a user's mistake is written as one line.

    Args:
        program: the name that the line begins with.
        action: returns an exit status, or None for success.
    """
    try:
        check_surroundings()
        return action() or 0
    except SketchRNNError as error:
        message = str(error)
    except OSError as error:
        message = refusal(error)
    except (MemoryError, RuntimeError) as error:
        message = lack_of_memory(error)
    except _UsageError as error:
        # typer gives the plain sentence only in this method.
        message = plain(error.format_message())  # type: ignore[attr-defined]
    except (KeyboardInterrupt, typer.Abort):
        typer.echo(f"{program}: stopped", err=True)
        return INTERRUPTED
    typer.echo(f"{program}: error: {message}", err=True)
    return MISTAKE


def note(text: str) -> None:
    """Writes a remark to standard error, which keeps it out of redirected results."""
    typer.echo(f"note: {one_line(text)}", err=True)


def load_model(source: str, device: str = "cpu", *, encoder: bool = False) -> SketchRNN:
    """`SketchRNN.from_pretrained` on a device, with as many threads as this process may use."""
    from sketch_rnn.threads import limit_threads
    from sketch_rnn.trained import SketchRNN

    limit_threads()
    return SketchRNN.from_pretrained(source, encoder=encoder).to(device)


def print_survey(found: Survey) -> None:
    """Writes the statistics of a dataset, and warnings about it."""
    for text in found.warnings:
        note(text)
    typer.echo(aligned(found.rows))


def check_out(
    out: Path,
    *,
    default: Path,
    overwrite: bool = False,
    animate: bool = False,
    each: bool = False,
    steps: Path | None = None,
) -> None:
    """Raises SketchRNNError if a result cannot or must not be written to a file of this name.

    Called before the work that makes the result. A file that another program wrote is replaced
    only with `overwrite`.

    Args:
        out: the file.
        default: the name that the command uses if none is given; always replaced.
        overwrite: replace any file.
        animate: whether the result is an animation.
        each: whether the result is a file for each drawing.
        steps: a second file, which must be another one.
    """
    if steps is not None and os.path.realpath(steps) == os.path.realpath(out):
        raise SketchRNNError(f"--steps and --out are both {out}; give two names")
    if animate:
        _check_file(out, MOVING_SUFFIXES, "with --animate the name")
    elif each:
        _check_file(out, SUFFIXES, "with --each the name")
    else:
        _check_file(out, SUFFIXES + DATA_SUFFIXES)
    if steps is not None:
        check_place(steps)
    if not overwrite and out != default:
        suffixes = MOVING_SUFFIXES if animate else (out.suffix,)
        for suffix in suffixes:
            _check_ours(out.with_suffix(suffix), each=each)


def _check_ours(path: Path, *, each: bool) -> None:
    """Raises SketchRNNError if another program wrote this file, or a numbered one of its name."""
    numbered = re.compile(rf"{re.escape(path.stem)}-\d+{re.escape(path.suffix)}")
    files = [p for p in path.parent.glob("*") if numbered.fullmatch(p.name)] if each else [path]
    for file in files:
        if file.is_file() and not _is_ours(file):
            raise SketchRNNError(
                f"{file} exists and was not written by this program; choose another name, or "
                "replace it with --overwrite"
            )


def _is_ours(path: Path) -> bool:
    if path.suffix.lower() in DATA_SUFFIXES:
        from sketch_rnn.generate.files import is_drawings_file

        return is_drawings_file(path)
    from sketch_rnn.render.files import is_saved_picture

    return is_saved_picture(path)


def note_temperature(options: DrawingOptions) -> None:
    """Notes a temperature at which nothing but scribbles can be expected."""
    if options.temperature > _HIGH_TEMPERATURE:
        note(f"temperature {options.temperature:g} gives scribbles; 0.1 to 1 is usual")


def check_picture(out: Path) -> None:
    """Raises SketchRNNError if a picture cannot be written to a file of this name."""
    _check_file(out, SUFFIXES)


def _check_file(out: Path, suffixes: Sequence[str], name: str = "the name") -> None:
    if out.suffix.lower() not in suffixes:
        raise SketchRNNError(f"cannot write {out}: {name} must end in {', '.join(suffixes)}")
    check_place(out)


def write_result(
    samples: Samples,
    figure: Callable[[], Figure],
    out: Path,
    *,
    animate: bool = False,
    each: Callable[[Sketch], Figure] | None = None,
) -> None:
    """Writes drawings, or the picture of them, and says what was written.

    Args:
        samples: the drawings.
        figure: makes the picture; called only if it is needed.
        out: the file, a picture or data by its suffix.
        animate: write an animated SVG and a GIF beside each other.
        each: makes the picture of one drawing; if given, each drawing gets a file of its own.
    """
    from sketch_rnn.generate.sampling import Tally
    from sketch_rnn.render.files import save

    if out.suffix.lower() in DATA_SUFFIXES:
        write_parts([samples], out)
        return
    tally = Tally()
    tally.add(samples)
    _say_ended(tally)
    if each is None:
        pictures = [(out, figure())]
    else:
        width = len(str(len(samples)))
        pictures = [
            (out.with_stem(f"{out.stem}-{number:0{width}}"), each(sketch))
            for number, sketch in enumerate(samples.sketches, start=1)
        ]
    suffixes = MOVING_SUFFIXES if animate else (out.suffix,)
    written = [
        save(picture, path.with_suffix(suffix), animated=animate)
        for path, picture in pictures
        for suffix in suffixes
    ]
    for path in written[:_MOST_SHOWN]:
        typer.echo(f"wrote {path}")
    if len(written) > _MOST_SHOWN:
        typer.echo(f"wrote ... {written[-1]}: {len(written):,} files")


def write_parts(parts: Iterable[Samples], out: Path) -> None:
    """Writes drawings to a data file as they are made, and says what was written."""
    from sketch_rnn.generate.files import write_drawings

    _say_ended(write_drawings(out, parts))
    typer.echo(f"wrote {out}")


def with_progress(parts: Iterable[T], total: int, what: str) -> Iterable[T]:
    """The parts, with a progress bar on the terminal if there are several."""
    if total == 1:
        return parts
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    is_hidden = not console.is_terminal
    return track(parts, what, total=total, console=console, transient=True, disable=is_hidden)


@contextmanager
def download_bar(
    what: str, *, transient: bool = True
) -> Iterator[Callable[[int, int | None], None]]:
    """A context that yields a function to report progress: bytes received, bytes in total.

    The bar appears with the first byte that comes over the network.

    Args:
        what: name of the download.
        transient: remove the bar in the end.
    """
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress

    columns = (*Progress.get_default_columns(), DownloadColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=transient, disable=not console.is_terminal
    ) as bar:
        task: TaskID | None = None

        def show(done: int, total: int | None) -> None:
            nonlocal task
            if task is None:
                task = bar.add_task(what, total=total)
            bar.update(task, completed=done, total=total)

        yield show


def fetch_missing(data: Sequence[str]) -> None:
    """Downloads the published datasets among `data` that are not in the cache yet."""
    from sketch_rnn.dataset.published import is_fetched, is_published

    fetch_all([n for n in data if is_published(n) and not is_fetched(n) and not Path(n).exists()])


def fetch_all(names: Sequence[str]) -> list[Path]:
    """The files of published datasets, each downloaded with a progress bar."""
    from sketch_rnn.dataset.published import fetch_published

    paths = []
    for name in names:
        with download_bar(f"fetching {name}", transient=False) as on_progress:
            paths.append(fetch_published(name, on_progress))
    return paths


@contextmanager
def counting_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A context that yields a function to report progress: parts done, parts in total."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _say_ended(tally: Tally) -> None:
    num_cut = tally.count - tally.ended
    finished = f"{tally.ended:,} finished" if tally.ended else ""
    cut = f"{num_cut:,} cut off at {in_words(tally.cut_at, 'point')}" if num_cut else ""
    empty = f" ({tally.empty:,} {'is' if tally.empty == 1 else 'are'} empty)" if tally.empty else ""
    ends = ", ".join(part for part in (finished, cut) if part)
    typer.echo(f"{in_words(tally.count, 'drawing')}: {ends}{empty}")
