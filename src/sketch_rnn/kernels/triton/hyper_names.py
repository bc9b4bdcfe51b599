"""Names for the tuples of the hyper cell's kernels, beside those in `names`."""

from __future__ import annotations

from typing import NamedTuple

from sketch_rnn.kernels.triton.names import Value


class Sizes(NamedTuple):
    """The sizes of a sequence: B, H, D, I and E."""

    batch: Value
    size: Value
    width: Value
    inner_size: Value
    length: Value


class BackwardSizes(NamedTuple):
    """The sizes of a sequence as in `Sizes`, and the distance between the rows of the factors."""

    batch: Value
    size: Value
    width: Value
    inner_size: Value
    length: Value
    stride: Value


class Embedding(NamedTuple):
    """The weights from the small cell's output to the large cell's gates.

    Attributes:
        weight: `(I, 12E)`.
        bias: `(12E,)`.
        factors: `(12, E, H)`.
        gate_bias: `(4H,)`.
    """

    weight: Value
    bias: Value
    factors: Value
    gate_bias: Value


class Weights(NamedTuple):
    """The weights that gradients go through backwards.

    Attributes:
        recurrent: `(H, 4H)`.
        past: `(H + I, 4I)` of the small cell.
        embedding: `(I, 12E)`.
        factors: `(12, E, H)`.
    """

    recurrent: Value
    past: Value
    embedding: Value
    factors: Value


class Factored(NamedTuple):
    """The recurrent part `(P, 4H)` before it is scaled, and the embeddings `(P, 12E)`."""

    recurrent: Value
    embedded: Value


class Chunk(NamedTuple):
    """The gradients of some steps' rows that enter products, see `HyperChunk`."""

    from_inputs: Value
    recurrent: Value
    embedded: Value


class How(NamedTuple):
    """The compile-time constants."""

    is_dropped: Value
    blocks: Value
    depth: Value
    precision: Value


class Both(NamedTuple):
    """One value for the large and one for the small cell."""

    outer: Value
    inner: Value


class Common(NamedTuple):
    """The arguments that the parts of a forward step share."""

    sizes: Value
    pairs: Value
    factored: Value


class BackwardCommon(NamedTuple):
    """The arguments that the parts of a backward step share."""

    sizes: Value
    pairs: Value
    factored: Value
    chunk: Value


class Outer(NamedTuple):
    """The arguments of the large cell's forward step."""

    operands: Value
    embedding: Value
    history: Value
    norm: Value
    dropout: Value


class Inner(NamedTuple):
    """The arguments of the small cell's forward step."""

    operands: Value
    history: Value
    norm: Value


class BackwardOuter(NamedTuple):
    """The arguments of the large cell's backward step."""

    history: Value
    flow: Value
    norm: Value
    operands: Value
    weights: Value
    dropout: Value


class BackwardInner(NamedTuple):
    """The arguments of the small cell's backward step."""

    history: Value
    flow: Value
    norm: Value
    weights: Value
