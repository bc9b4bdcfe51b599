"""What commands say on the terminal: results, notes, progress bars, and errors in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import typer

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.atomic import check_place
from sketch_rnn.text import aligned, in_words

if TYPE_CHECKING:
    from rich.progress import TaskID

    from sketch_rnn.generate.sampling import Samples, Tally
    from sketch_rnn.preparation.survey import Survey
    from sketch_rnn.render.figure import Figure

T = TypeVar("T")

MISTAKE: Final = 2
INTERRUPTED: Final = 130
MOVING_SUFFIXES: Final = (".svg", ".gif")
PICTURE_SUFFIXES: Final = (".svg", ".png", ".gif")
DATA_SUFFIXES: Final = (".npz", ".json")

# The base of everything that typer has to say about a command line; it has no public name.
_UsageError: Final[type[Exception]] = typer.BadParameter.__bases__[0]


def exit_status(program: str, action: Callable[[], int | None]) -> int:
    """Returns the exit status of `action`, having written one line for a user's mistake.

    Args:
        program: the name that the line begins with.
        action: returns an exit status, or None for success.
    """
    try:
        return action() or 0
    except SketchRNNError as error:
        message = " ".join(str(error).splitlines())
    except _UsageError as error:
        # typer only has the plain sentence in this method.
        message = _one_line(error.format_message())  # type: ignore[attr-defined]
    except (KeyboardInterrupt, typer.Abort):
        typer.echo(f"{program}: stopped", err=True)
        return INTERRUPTED
    typer.echo(f"{program}: error: {message}", err=True)
    return MISTAKE


def note(text: str) -> None:
    """Writes a remark to standard error, so that it stays out of redirected results."""
    typer.echo(f"note: {text}", err=True)


def print_survey(found: Survey) -> None:
    """Writes the statistics of a data set, and what looks wrong."""
    for text in found.warnings:
        note(text)
    typer.echo(aligned(found.rows))


def check_out(out: Path, *, animate: bool = False, steps: Path | None = None) -> None:
    """Raises SketchRNNError if a result cannot be written to a file of this name.

    Called before the work that makes the result.

    Args:
        out: the file.
        animate: whether the result is an animation.
        steps: a second file, which must be another one.
    """
    if steps is not None and steps.resolve() == out.resolve():
        raise SketchRNNError(f"--steps and --out are both {out}; give two names")
    if animate:
        _check_file(out, MOVING_SUFFIXES, "with --animate the name")
    else:
        _check_file(out, PICTURE_SUFFIXES + DATA_SUFFIXES)
    if steps is not None:
        check_place(steps)


def check_picture(out: Path) -> None:
    """Raises SketchRNNError if a picture cannot be written to a file of this name."""
    _check_file(out, PICTURE_SUFFIXES)


def _check_file(out: Path, suffixes: Sequence[str], name: str = "the name") -> None:
    if out.suffix.lower() not in suffixes:
        raise SketchRNNError(f"cannot write {out}: {name} must end in {', '.join(suffixes)}")
    if out.is_dir():
        raise SketchRNNError(f"cannot write {out}: it is a folder; give the name of a file in it")
    check_place(out)


def write_result(
    samples: Samples, figure: Callable[[], Figure], out: Path, *, animate: bool = False
) -> None:
    """Writes drawings, or the picture of them, and says what was written.

    Args:
        samples: the drawings.
        figure: makes the picture; called only if the file is one.
        out: the file, a picture or data by its suffix.
        animate: write a moving SVG and a GIF beside each other.
    """
    from sketch_rnn.generate.sampling import Tally
    from sketch_rnn.render.files import save

    if out.suffix.lower() in DATA_SUFFIXES:
        write_parts([samples], out)
        return
    tally = Tally()
    tally.add(samples)
    _say_ended(tally)
    if animate:
        paths = [out.with_suffix(suffix) for suffix in MOVING_SUFFIXES]
        picture = figure()
        written = [save(picture, path, animated=True) for path in paths]
    else:
        written = [save(figure(), out)]
    for path in written:
        typer.echo(f"wrote {path}")


def write_parts(parts: Iterable[Samples], out: Path) -> None:
    """Writes drawings to a data file while they are made, and says what was written."""
    from sketch_rnn.generate.files import write_drawings

    _make_folder(out)
    _say_ended(write_drawings(out, parts))
    typer.echo(f"wrote {out}")


def with_progress(parts: Iterable[T], total: int, what: str) -> Iterable[T]:
    """Returns the parts, with a bar on the terminal while they are made, if there are several."""
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
    """Returns what to tell the bytes that are there and the bytes of all, as a context.

    It shows them on the terminal, from the first byte that comes over the network.

    Args:
        what: is downloaded.
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
    """Downloads those of these data sets that are published and not here yet."""
    from sketch_rnn.dataset.published import is_fetched, is_published

    fetch_all([n for n in data if is_published(n) and not is_fetched(n) and not Path(n).exists()])


def fetch_all(names: Sequence[str]) -> list[Path]:
    """Returns the files of published data sets, downloaded with a progress bar each."""
    from sketch_rnn.dataset.published import fetch_published

    paths = []
    for name in names:
        with download_bar(f"fetching {name}", transient=False) as on_progress:
            paths.append(fetch_published(name, on_progress))
    return paths


@contextmanager
def counting_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Returns what to tell how many parts are done, and of how many, as a context."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _make_folder(out: Path) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SketchRNNError(f"cannot write {out}: {error.strerror}") from error


def _say_ended(tally: Tally) -> None:
    is_one = tally.count == 1
    if tally.ended == tally.count:
        rest = "which ended by itself" if is_one else "all of which ended by themselves"
    elif not tally.ended:
        rest = "which was cut off" if is_one else "all of which were cut off"
    else:
        rest = f"{tally.ended:,} of which ended by themselves, the others were cut off"
    empty = f"; {tally.empty:,} with nothing drawn" if tally.empty else ""
    typer.echo(f"{in_words(tally.count, 'drawing')}, {rest}{empty}")


def _one_line(message: str) -> str:
    text = " ".join(message.split()).removesuffix(".")
    return text[:1].lower() + text[1:]
