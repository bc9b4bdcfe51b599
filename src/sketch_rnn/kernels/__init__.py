"""Fast backends for what `model` defines, each law-tested against the plain loops.

In: cells with their packed batches, and decoders with noise. Out: the results of `unroll_plain` and
`PlainDrawing`. Stable: the names of the backends. Delete a backend's folder and its lines here, and
everything runs without it.
"""

from __future__ import annotations

import torch

from sketch_rnn.kernels.eager.backend import EagerBackend
from sketch_rnn.kernels.native.backend import NativeBackend
from sketch_rnn.kernels.triton.backend import TritonBackend
from sketch_rnn.model.backends import AUTOMATIC, BACKENDS

BACKENDS["eager"] = EagerBackend()
BACKENDS["native"] = NativeBackend(must=True)
BACKENDS["native_products"] = NativeBackend(must=True, sums_weights=True)
BACKENDS["native_bfloat16"] = NativeBackend(must=True, products=torch.bfloat16)
BACKENDS["triton"] = TritonBackend(must=True)
AUTOMATIC[:] = [TritonBackend(must=False), NativeBackend(must=False), BACKENDS["eager"]]
