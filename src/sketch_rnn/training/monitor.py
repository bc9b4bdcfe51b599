"""Notices when a run becomes slow or validations stop improving."""

from __future__ import annotations

from typing import Final

# A speed below this share of the best one so far is worth a notice.
_SLOW: Final = 0.5
# A speed measured over fewer seconds says little: other programs interfere.
_MIN_SECONDS: Final = 2.0
# A notice follows this many validations without improvement, then twice as many, and so on.
_STALLED: Final = 10


class Monitor:
    """Compares the speed between validations, and counts those without improvement."""

    def __init__(self) -> None:
        self._seconds, self._num_steps = 0.0, 0
        self._fastest = 0.0
        self._is_slow = False

    def note_step(self, seconds: float) -> None:
        """Notes the time of a step."""
        self._seconds += seconds
        self._num_steps += 1

    def notices(self, num_stale: int, best_step: int | None) -> list[str]:
        """The notices after a validation.

        Args:
            num_stale: validations without improvement.
            best_step: steps taken at the best validation.
        """
        return self._speed_notices() + _stall_notices(num_stale, best_step)

    def _speed_notices(self) -> list[str]:
        if self._seconds < _MIN_SECONDS:
            return []
        speed = self._num_steps / self._seconds
        self._seconds, self._num_steps = 0.0, 0
        self._fastest = max(self._fastest, speed)
        was_slow, self._is_slow = self._is_slow, speed < _SLOW * self._fastest
        if not self._is_slow or was_slow:
            return []
        notice = (
            f"training is {self._fastest / speed:.1f} times slower than before: {1 / speed:.3g} "
            f"seconds a step instead of {1 / self._fastest:.3g}; another program may be using the "
            "processor, or the processor may be throttling"
        )
        return [notice]


def _stall_notices(num_stale: int, best_step: int | None) -> list[str]:
    if best_step is None or num_stale < _STALLED or num_stale % _STALLED:
        return []
    if (num_stale // _STALLED).bit_count() != 1:
        return []
    notice = (
        f"the last {num_stale} validations were no better than the one at step {best_step:,}; more "
        "steps may not help: consider a lower learning_rate, or --patience "
        f"{num_stale} to stop automatically"
    )
    return [notice]
