"""Compiles a kernel for an H100, which needs no GPU, and checks the result.

    python tests/kernels/triton_compiled.py KERNEL [PHASE]

With PHASE, every step of a hyper kernel runs only this one of its phases.
"""

from __future__ import annotations

import re
import sys

import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from sketch_rnn.kernels.triton import (
    hyper,
    hyper_backward,
    hyper_names,
    launch,
    layer_norm,
    layer_norm_backward,
    lstm,
    names,
)

FLOATS, WHOLE = "*fp32", "i32"
KERNELS = {
    "lstm_forward": lstm.lstm_forward,
    "lstm_backward": lstm.lstm_backward,
    "layer_norm_forward": layer_norm.layer_norm_forward,
    "layer_norm_backward": layer_norm_backward.layer_norm_backward,
    "hyper_forward": hyper.hyper_forward,
    "hyper_backward": hyper_backward.hyper_backward,
}
WHOLE_FORWARD, WHOLE_BACKWARD = hyper._run, hyper_backward._run
# As for a default decoder.
CONSTANTS = {
    "is_kept": True,
    "is_dropped": True,
    "has_outputs": True,
    "precision": "ieee",
    "rows": 32,
    "units": launch.UNITS,
    "inner_units": launch.UNITS // 2,
    "blocks": 32,
    "depth": launch.DEPTH,
}


def of_floats(kind, **others):
    """The types of a NamedTuple whose fields are pointers to floats, but for some."""
    return kind(**dict.fromkeys(kind._fields, FLOATS) | others)


def sizes_of(name):
    if "hyper" not in name:
        return (WHOLE,) * 3
    kind = hyper_names.BackwardSizes if "backward" in name else hyper_names.Sizes
    return kind(*(WHOLE,) * len(kind._fields))


def history_of(name):
    if "forward" in name:
        return names.History
    return names.Kept if "lstm" in name else names.KeptNorm


def types_of(name):
    history, operands = of_floats(history_of(name)), of_floats(names.Operands)
    flow = of_floats(names.Flow, stride=WHOLE)
    is_backward = "backward" in name
    norm = of_floats(names.NormGradient) if is_backward else of_floats(names.Norm, epsilon="fp32")
    return {
        "steps": "*i64",
        "counters": "*i32",
        "sizes": sizes_of(name),
        "dropout": names.Dropped("*u8", "fp32"),
        **dict.fromkeys(("first", "stop", "last_step", "base"), WHOLE),
        **dict.fromkeys(("recurrent_weight", "pairs"), FLOATS),
        **dict.fromkeys(("operands", "inner_operands"), operands),
        "embedding": of_floats(hyper_names.Embedding),
        "weights": of_floats(hyper_names.Weights),
        "factored": of_floats(hyper_names.Factored),
        "chunk": of_floats(hyper_names.Chunk),
        **dict.fromkeys(("flow", "inner_flow"), flow),
        **dict.fromkeys(("history", "inner_history"), history),
        **dict.fromkeys(("norm", "inner_norm"), norm),
    }


def compiled(name, capability=90):
    kernel, types = KERNELS[name], types_of(name)
    signature = {arg: "constexpr" if arg in CONSTANTS else types[arg] for arg in kernel.arg_names}
    constants = {arg: CONSTANTS[arg] for arg in kernel.arg_names if arg in CONSTANTS}
    source = ASTSource(kernel, signature, constants)
    options = {"num_warps": launch.NUM_WARPS, "launch_cooperative_grid": True}
    return triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)


def check(name):
    result = compiled(name)
    code = result.asm["ptx"]
    # Arrive, then look until all have: as `wait_for_group` says.
    arrival = code.index("atom.global.gpu.release.add.u32")
    look = re.search(r"(ld|atom)\.global\.gpu\.acquire", code[arrival:])
    assert look, "nothing acquires what others released"
    assert "bar.sync" in code[arrival : arrival + look.start()]
    assert "bar.sync" in code[arrival + look.end() :]
    assert code.rindex("bar.sync", 0, arrival) > code.rindex("st.global", 0, arrival)
    # Products of float32 numbers, by no unit that rounds them.
    assert "mma" not in code
    assert "tf32" not in code
    assert "fma.rn.f32" in code
    # As much as a block may have on every GPU.
    assert result.metadata.shared <= 48 * 1024
    print(name, "shared memory", result.metadata.shared)


@triton.jit
def run_forward(part, cells, common, at, owns, how):
    WHOLE_FORWARD(PHASE, cells, common, at, owns, how)


@triton.jit
def run_backward(part, cells, common, at, row, owns, how):
    WHOLE_BACKWARD(PHASE, cells, common, at, row, owns, how)


if __name__ == "__main__":
    name, *phases = sys.argv[1:]
    if phases:
        PHASE = tl.constexpr(int(phases[0]))
        hyper._run, hyper_backward._run = run_forward, run_backward
    check(name)
