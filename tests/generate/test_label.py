"""Drawing by label: by name or vector, alone, several at once, and blended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.completion import complete
from sketch_rnn.generate.labels import label_vectors
from sketch_rnn.generate.latent import reconstruct
from sketch_rnn.generate.prediction import predict
from sketch_rnn.generate.sampling import sample
from sketch_rnn.generate.trace import trace_samples

NAMES = ("bus", "cat", "school bus")


@pytest.fixture(params=[True, False], ids=["z", "no z"])
def model(make_model, profile, request):
    return make_model(
        conditional=request.param,
        profile=replace(profile, labels=NAMES),
        num_labels=3,
        label_size=6,
    )


def rows(samples):
    return [sketch.strokes for sketch in samples.sketches]


def assert_same(ours, theirs, **tolerance):
    for first, second in zip(rows(ours), rows(theirs), strict=True):
        np.testing.assert_allclose(first, second, **{"rtol": 1e-4, "atol": 1e-3, **tolerance})


def test_several_labels_draw_what_each_draws_alone(model):
    both = sample(model, 3, label=["cat", "bus"], seed=4)
    cats, buses = (sample(model, 3, label=name, seed=4) for name in ("cat", "bus"))
    assert_same(both, type(both).concatenate([cats, buses]))
    assert any(
        len(a) != len(b) or not np.allclose(a, b)
        for a, b in zip(rows(cats), rows(buses), strict=True)
    )
    everything = sample(model, 1, label="all", seed=4)
    assert len(everything) == 3
    assert_same(
        type(both).concatenate([sample(model, 1, label="cat", seed=4)]), _only(everything, 1)
    )


def _only(samples, number):
    return replace(
        samples, sketches=[samples.sketches[number]], ended=samples.ended[number : number + 1]
    )


def test_a_name_is_its_vector_and_none_is_zero(model):
    vectors = label_vectors(model, ["cat", "School_Bus"])
    assert torch.equal(vectors, model.network.label_vectors.detach()[1:])
    assert_same(sample(model, 4, label="cat"), sample(model, 4, label=vectors[0]))
    assert_same(sample(model, 4), sample(model, 4, label=torch.zeros(6)))
    blended = sample(model, 2, label=torch.stack([vectors[0], vectors.mean(dim=0)]))
    assert_same(_only(blended, 0), _only(sample(model, 2, label="cat"), 0))
    assert torch.equal(blended.label[1], vectors.mean(dim=0))


def test_a_model_with_its_label_fixed_draws_the_same(model):
    fixed = model.with_label("cat")
    assert (fixed.config.num_labels, fixed.profile.labels) == (0, ("cat",))
    assert_same(sample(fixed, 5, seed=2), sample(model, 5, label="cat", seed=2))


def test_completion_prediction_and_trace_take_the_label(model, zigzag):
    fixed = model.with_label("cat")
    ours, plain = (
        complete(m, zigzag, 3, seed=1, **options)
        for m, options in ((model, {"label": "cat"}), (fixed, {}))
    )
    assert_same(ours, plain)
    two = complete(model, zigzag, 3, seed=1, label=["cat", "bus"])
    assert_same(type(two).concatenate([ours]), replace(two, sketches=two.sketches[:3]))
    first, second = predict(model, zigzag, label="cat"), predict(fixed, zigzag)
    torch.testing.assert_close(first.mean, second.mean, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(first.mean, predict(model, zigzag).mean)
    traces = [
        list(trace_samples(*pair))
        for pair in (
            (model, sample(model, 2, label="cat", seed=2)),
            (fixed, sample(fixed, 2, seed=2)),
        )
    ]
    for a, b in zip(*traces, strict=True):
        np.testing.assert_allclose(a.log_likelihood, b.log_likelihood, rtol=1e-3, atol=1e-3)


def test_reconstruction_takes_a_label_for_all_or_for_each(model, zigzag):
    if not model.config.conditional:
        pytest.skip("only a model with an encoder reconstructs")
    each = reconstruct(model, [zigzag, zigzag], label=["cat", "bus"], seed=3)
    cats = reconstruct(model, [zigzag, zigzag], label="cat", seed=3)
    assert_same(_only(each, 0), _only(cats, 0))
    assert not np.array_equal(rows(each)[1], rows(cats)[1])


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("schoolbus", "no label 'schoolbus'; did you mean 'school bus'?"),
        ("a bus", "no label 'a bus'; did you mean 'bus' or 'school bus'?"),
        ("xyzzy", "no label 'xyzzy'; the labels are bus, cat, school bus"),
        ([], "no label given; name one, or leave it out"),
        (torch.zeros(5), "label of shape (5,), expected names, (2, 6), or (6,) for all drawings"),
        (torch.full((6,), torch.nan), "label has NaN or infinite values"),
    ],
)
def test_a_label_that_cannot_be_is_one_clear_line(model, label, message):
    with pytest.raises(SketchRNNError) as caught:
        sample(model, 2, label=label)
    assert str(caught.value) == message


def test_a_model_without_labels_takes_none(decoder_only):
    with pytest.raises(SketchRNNError, match="this model was trained without labels; leave"):
        sample(decoder_only, 2, label="cat")


def test_strength_multiplies_the_vector(model, zigzag):
    doubled = 2 * label_vectors(model, "cat")[0]
    assert_same(sample(model, 4, label="cat", label_strength=2), sample(model, 4, label=doubled))
    assert_same(
        complete(model, zigzag, 2, label="cat", label_strength=2),
        complete(model, zigzag, 2, label=doubled),
    )
    strong = replace(model, habits=replace(model.habits, label_strength=2.0))
    assert_same(sample(strong, 4, label="cat"), sample(model, 4, label=doubled))
    assert_same(sample(strong, 4, label="cat", label_strength=1), sample(model, 4, label="cat"))
    assert_same(sample(strong.with_label("cat"), 4), sample(strong, 4, label="cat"))
    with pytest.raises(SketchRNNError, match=r"label_strength=2 without a label"):
        sample(model, 4, label_strength=2)
