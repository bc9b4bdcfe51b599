"""The demo: train on doodles for a few minutes, and show what the model can do.

In: a folder and a time limit. Out: a run, pictures, and a page that shows them side by side.
Stable: the command `sketch-rnn demo`.
"""

from __future__ import annotations

from sketch_rnn.demo.run import run_demo as run_demo
