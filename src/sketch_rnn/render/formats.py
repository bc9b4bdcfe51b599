"""The table of picture formats; it loads no writer, so that `--help` can list the suffixes."""

from __future__ import annotations

from collections.abc import Callable
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Final, NamedTuple

from sketch_rnn.errors import SketchRNNError

if TYPE_CHECKING:
    from pathlib import Path

    from sketch_rnn.render.figure import Figure


class PictureFormat(NamedTuple):
    """One format of picture files.

    Attributes:
        still: `module:function` in this folder, from a `Figure` to text or bytes.
        moving: likewise for an animation; None if the format has none.
    """

    still: str
    moving: str | None = None

    def encode(self, figure: Figure, *, animated: bool) -> bytes:
        """The content of a file."""
        write: Callable[[Figure], str | bytes]
        write = resolve_name(f"{__package__}.{self.moving if animated else self.still}")
        content = write(figure)
        return content.encode() if isinstance(content, str) else content


FORMATS: Final = {
    ".svg": PictureFormat("files:to_svg", "files:animated_svg"),
    ".png": PictureFormat("files:to_png"),
    ".gif": PictureFormat("files:to_gif", "files:to_gif"),
}
SUFFIXES: Final = tuple(FORMATS)
MOVING_SUFFIXES: Final = tuple(suffix for suffix, format_ in FORMATS.items() if format_.moving)


def picture_format(path: Path, *, animated: bool = False) -> PictureFormat:
    """The format of a file, by its suffix.

    Raises:
        SketchRNNError: if it is unknown, or cannot be animated.
    """
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        raise SketchRNNError(f"cannot save {path}: the name must end in {', '.join(SUFFIXES)}")
    if animated and not found.moving:
        kind, moving = path.suffix[1:].upper(), " or ".join(MOVING_SUFFIXES)
        raise SketchRNNError(f"cannot save {path}: {kind} cannot be animated; use {moving}")
    return found
