"""The demo: train on doodles for a few minutes, and show what the model can do."""

from __future__ import annotations

from sketch_rnn.demo.run import run_demo as run_demo
