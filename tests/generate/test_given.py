from __future__ import annotations

import pytest
import torch

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.drawings import Drawing
from sketch_rnn.generate.given import (
    beginning,
    encode_given,
    own_and_foreign,
    reconstruct_given,
)
from sketch_rnn.generate.latent import encode
from sketch_rnn.generate.options import DrawingOptions
from sketch_rnn.generate.reconstruction import reconstruct
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import Sketch

PROFILE = DataProfile(
    scale=10, max_seq_len=20, typical_size=100, typical_spacing=10, sources=("sheep",)
)
LARGE = Sketch.from_polylines([[[0, 0], [900, 0], [900, 700]]])


def drawing(source):
    return Drawing(LARGE, str(source), source)


def test_drawings_stay_in_order_and_only_those_from_elsewhere_are_fitted():
    drawings = [drawing(source) for source in ("sheep", "sheep", None, "cats", "sheep")]
    groups = [(fit, len(sketches)) for fit, sketches in own_and_foreign(drawings, PROFILE)]
    assert groups == [(False, 2), (True, 2), (False, 1)]


def test_encode_given(make_model):
    model = make_model(profile=PROFILE)
    z = encode_given(model, [drawing("sheep"), drawing(None)])
    own, foreign = (encode(model, [LARGE], fit=fit)[0] for fit in (False, True))
    assert not own.allclose(foreign)
    torch.testing.assert_close(z, torch.stack([own, foreign]))


def test_reconstruct_given(make_model):
    model = make_model(profile=PROFILE)
    options = DrawingOptions(seed=3, temperature=0.8)
    samples = reconstruct_given(model, [drawing("sheep"), drawing(None)], options)
    own, foreign = (reconstruct(model, [LARGE], options=options, fit=f) for f in (False, True))
    assert samples.sketches == own.sketches + foreign.sketches
    assert not torch.equal(own.z, foreign.z)


def test_beginning():
    assert beginning(drawing(None), None) == LARGE
    assert beginning(drawing(None), 2) == Sketch(LARGE.strokes[:2])


@pytest.mark.parametrize("rows", [0, 4, -1])
def test_beginning_of_what_is_not_there(rows):
    with pytest.raises(SketchRNNError, match=rf"^rows={rows} must be 1 to 3, all of x$"):
        beginning(Drawing(LARGE, "x"), rows)
