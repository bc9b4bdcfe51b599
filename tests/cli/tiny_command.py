"""Options that make `sketch-rnn train` a matter of a moment."""

from __future__ import annotations

TINY = [
    *("--num-steps", "4", "--save-every", "2", "--batch-size", "4"),
    *("--enc-rnn-size", "8", "--dec-rnn-size", "8", "--z-size", "4", "--num-mixture", "2"),
]
