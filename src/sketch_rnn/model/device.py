"""The device to compute on, checked."""

from __future__ import annotations

import torch

from sketch_rnn.errors import SketchRNNError, wrong_type


def checked_device(name: str | torch.device) -> torch.device:
    """The device of this name, such as `cpu` or `cuda:0`.

    Raises:
        SketchRNNError: if PyTorch cannot compute on it here.
    """
    if not isinstance(name, str | torch.device):
        raise wrong_type(name, "device", "the name of a device, such as cpu")
    try:
        found = torch.device(name)
        torch.empty(0, device=found)
    except (AssertionError, RuntimeError, TypeError) as error:
        reason = f"device '{name}' cannot be used here"
        if str(name).startswith("cuda") and not torch.backends.cuda.is_built():
            raise SketchRNNError(
                f"{reason}: PyTorch {torch.__version__} is built without CUDA; choose cpu, or "
                "install a CUDA build from pytorch.org"
            ) from error
        raise SketchRNNError(f"{reason}; choose cpu, or cuda where there is a GPU") from error
    return found
