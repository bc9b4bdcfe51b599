"""Looks at a run's course, and says in plain words what a person would have noticed."""

from __future__ import annotations

from typing import Final

from sketch_rnn.training.run_settings import Progress

# A speed below this share of the best one so far is worth a word.
_SLOW: Final = 0.5
# Validations without a better one after which to say so; then at twice as many, and so on.
_STALLED: Final = 10


class Watch:
    """Compares the speed between validations, and counts those that were no better."""

    def __init__(self) -> None:
        self._seconds, self._num_steps = 0.0, 0
        self._fastest = 0.0
        self._is_slow = False

    def note_step(self, seconds: float) -> None:
        """Takes down how long a step took."""
        self._seconds += seconds
        self._num_steps += 1

    def notices(self, progress: Progress) -> list[str]:
        """Returns what to say after a validation."""
        return self._speed_notices() + _stall_notices(progress)

    def _speed_notices(self) -> list[str]:
        if not self._num_steps:
            return []
        speed = self._num_steps / max(self._seconds, 1e-9)
        self._seconds, self._num_steps = 0.0, 0
        self._fastest = max(self._fastest, speed)
        was_slow, self._is_slow = self._is_slow, speed < _SLOW * self._fastest
        if not self._is_slow or was_slow:
            return []
        notice = (
            f"training has become {self._fastest / speed:.1f} times slower than it was: now "
            f"{1 / speed:.3g} seconds a step instead of {1 / self._fastest:.3g}; see whether "
            "something else runs on this machine, or it is too hot"
        )
        return [notice]


def _stall_notices(progress: Progress) -> list[str]:
    count = progress.num_stale
    if progress.best_step is None or count < _STALLED or count % _STALLED:
        return []
    if (count // _STALLED).bit_count() != 1:
        return []
    notice = (
        f"the last {count} validations were no better than the one at step "
        f"{progress.best_step:,}; more steps may not help: consider a lower learning_rate, or "
        f"--patience {count} to stop by itself"
    )
    return [notice]
