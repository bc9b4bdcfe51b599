"""Parse the flags of the original's command, in all forms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sketch_rnn.dataset.published import PUBLISHED
from sketch_rnn.errors import SketchRNNError

HELP: Final = """\
Usage: sketch_rnn_train [FLAG]...

Trains as the original sketch_rnn_train does: its flags, hyperparameters, losses and Adam.
New work is better served by `sketch-rnn train`.

  --data_dir=DIR_OR_URL    where the datasets are (default: the published aaron_sheep)
  --log_root=DIR           where to write (default: /tmp/sketch_rnn/models/default)
  --experiment_dir=DIR     the same, under the name it has in another port
  --resume_training        resume the run in log_root; --noresume_training is the default
  --epochs=N               train for N passes over the data instead of num_steps
  --hparams=NAME=VALUE,... hyperparameters, as a list or an object; may be repeated
  --help                   show this
"""

_FLAGS: Final = ("data_dir", "log_root", "experiment_dir", "resume_training", "hparams", "epochs")
_TRUE: Final = ("true", "t", "1", "yes")
_FALSE: Final = ("false", "f", "0", "no")


@dataclass(frozen=True, kw_only=True)
class OriginalFlags:
    """The values of the flags.

    Attributes:
        data_dir: folder or address of the datasets.
        log_root: folder of the run.
        resume_training: whether to resume it.
        hparams: texts of hyperparameters, in order.
        epochs: passes over the training drawings; None leaves it to num_steps.
        help: whether help was requested.
    """

    data_dir: str = PUBLISHED["aaron_sheep"].rpartition("/")[0]
    log_root: str = "/tmp/sketch_rnn/models/default"  # noqa: S108
    resume_training: bool = False
    hparams: tuple[str, ...] = ()
    epochs: int | None = None
    help: bool = False


def parse_flags(arguments: Sequence[str]) -> OriginalFlags:
    """The flags in these command-line arguments; the last of several values counts.

    A flag is `--name=value` or `--name value`, with one dash or two. All words up to the next flag
    belong to it, because the shell splits an unquoted object at its spaces.

    Raises:
        SketchRNNError: if a flag is unknown or cannot have its value.
    """
    values: dict[str, Any] = {}
    texts: list[str] = []
    for name, words in _flags(arguments):
        if name == "hparams":
            texts.append(" ".join(words))
        elif name in ("h", "help", "helpshort", "helpfull"):
            values["help"] = True
        elif name in ("resume_training", "noresume_training"):
            values["resume_training"] = _switch(name, words)
        elif name == "epochs":
            values[name] = _whole(name, words)
        elif name in ("data_dir", "log_root", "experiment_dir"):
            values["data_dir" if name == "data_dir" else "log_root"] = _one(name, words)
        else:
            raise SketchRNNError(f"unknown flag --{name}; the flags are {', '.join(_FLAGS)}")
    return OriginalFlags(**values, hparams=tuple(texts))


def _flags(arguments: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yields the name of each flag and the words that belong to it."""
    groups: list[list[str]] = []
    for word in arguments:
        if word.startswith("-"):
            groups.append([word])
        elif groups:
            groups[-1].append(word)
        else:
            raise SketchRNNError(f"'{word}' is not a flag; the flags are {', '.join(_FLAGS)}")
    for flag, *words in groups:
        name, equals, value = flag.lstrip("-").partition("=")
        yield name, [value, *words] if equals else words


def _one(name: str, words: Sequence[str]) -> str:
    if len(words) != 1 or not words[0]:
        found = f", not {len(words)}: {' '.join(words)}" if len(words) > 1 else ""
        raise SketchRNNError(f"--{name} needs one value{found}; write --{name}=VALUE")
    return words[0]


def _whole(name: str, words: Sequence[str]) -> int:
    value = _one(name, words)
    if not value.isdecimal():
        raise SketchRNNError(f"--{name}={value} must be a whole number")
    return int(value)


def _switch(name: str, words: Sequence[str]) -> bool:
    is_positive = name == "resume_training"
    if not words:
        return is_positive
    value = _one(name, words).lower()
    if not is_positive or value not in _TRUE + _FALSE:
        raise SketchRNNError(
            f"--{name}={value}: write --resume_training, --resume_training=false or "
            "--noresume_training"
        )
    return value in _TRUE
