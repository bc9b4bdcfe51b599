"""What several tests share: where the recorded runs and real drawings are."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from reference_folder import SHARED

# The suite runs in several processes; threads of their own would only get in their way.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Returns the folder of recorded runs and real drawings; skips where there is none."""
    if not SHARED.is_dir():
        pytest.skip(f"no folder {SHARED}: set SKETCH_RNN_SHARED to the reference material")
    return SHARED
