"""Where the recorded runs and real drawings are, if this machine has them."""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("SKETCH_RNN_SHARED") or CHECKOUT.parent / "shared").absolute()
