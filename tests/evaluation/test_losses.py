from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from sketch_rnn.dataset.batches import make_batch
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.evaluation.losses import _other_drawings, evaluate, evaluate_labels
from sketch_rnn.model.condition import Condition
from sketch_rnn.model.seeding import seeded_generator
from sketch_rnn.sketches import Sketches
from sketch_rnn.trained import SketchRNN
from tiny import TINY_MODEL, tiny_dataset

FORMS = ("masked", "true_length", "padded")


@pytest.fixture(scope="module")
def dataset():
    return tiny_dataset()


@pytest.fixture(scope="module")
def model(dataset):
    """A model with large starting weights, so that z and its KL matter."""
    model = SketchRNN.new(TINY_MODEL, dataset.profile)
    with torch.no_grad():
        for layer in (model.network.encoder.mean, model.network.decoder.initial_state):
            layer.weight.normal_(generator=torch.Generator().manual_seed(1))
    return model


@pytest.fixture(scope="module")
def decoder_only(dataset):
    return SketchRNN.new(replace(TINY_MODEL, conditional=False), dataset.profile)


def assert_close(ours, theirs):
    for name, value in asdict(ours).items():
        assert value == pytest.approx(asdict(theirs)[name], rel=1e-5), name


@pytest.mark.parametrize("form", FORMS)
def test_the_losses_are_those_of_one_large_batch(model, dataset, form):
    store, profile = dataset.valid, dataset.profile
    steps = profile.max_seq_len if form == "padded" else None
    batch = make_batch(store, range(7), scale=profile.scale, steps=steps)
    noise = torch.randn(7, 4, generator=seeded_generator(2, 0, 4))
    prediction = model.network(batch.strokes, batch.lengths, form=form, noise=noise)
    terms = prediction.loss(profile.max_seq_len, kl_weight=0.3, kl_tolerance=0)
    found = evaluate(model, store, form=form, seed=2)
    assert found.offset == pytest.approx(terms.offset.item(), rel=1e-5)
    assert found.pen == pytest.approx(terms.pen.item(), rel=1e-5)
    assert found.kl == pytest.approx(terms.kl.item(), rel=1e-5)
    assert found.reconstruction == pytest.approx(terms.reconstruction.item(), rel=1e-5)
    assert found.total(0.3) == pytest.approx(terms.total.item(), rel=1e-5)
    assert found.num_sketches == 7


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("batch_size", [1, 3, 7])
def test_the_batch_size_does_not_matter(model, dataset, form, batch_size):
    losses = evaluate(model, dataset.valid, form=form, batch_size=batch_size)
    assert_close(losses, evaluate(model, dataset.valid, form=form))


def test_a_split_is_the_mean_of_its_parts(decoder_only, dataset):
    parts = [evaluate(decoder_only, dataset.valid.select(p)) for p in ([0, 1, 2, 3, 4], [5, 6])]
    whole = evaluate(decoder_only, dataset.valid)
    assert whole.offset == pytest.approx((5 * parts[0].offset + 2 * parts[1].offset) / 7, rel=1e-5)


def test_the_forms_differ_in_the_pen_states_they_count(model, dataset):
    masked, true_length, padded = (evaluate(model, dataset.valid, form=form) for form in FORMS)
    assert masked.offset == pytest.approx(true_length.offset, rel=1e-5)
    assert masked.offset == pytest.approx(padded.offset, rel=1e-5)
    assert masked.pen < true_length.pen < padded.pen


def test_dropout_is_off_and_the_seed_fixes_the_noise(model, dataset):
    model.network.train()
    first = evaluate(model, dataset.valid, seed=1)
    model.network.train()
    assert evaluate(model, dataset.valid, seed=1) == first
    assert not model.network.training
    other = evaluate(model, dataset.valid, seed=2)
    assert other.kl == first.kl
    assert other.reconstruction != first.reconstruction


def test_no_graph_is_kept(model, dataset):
    seen = []
    parts = (model.network.encoder, model.network.decoder)
    handles = [
        part.register_forward_hook(lambda *_: seen.append(torch.is_grad_enabled()))
        for part in parts
    ]
    evaluate(model, dataset.valid)
    for handle in handles:
        handle.remove()
    assert seen == [False, False]


def test_a_tolerance_is_the_least_kl_of_a_batch(model, dataset):
    kl = [evaluate(model, dataset.valid.select([i])).kl for i in range(7)]
    tolerance = float(np.median(kl))
    floored = evaluate(model, dataset.valid, batch_size=1, kl_tolerance=tolerance)
    assert floored.kl == pytest.approx(np.maximum(kl, tolerance).mean())
    assert floored.kl > evaluate(model, dataset.valid).kl


def test_shuffled_z_is_that_of_another_drawing(model, dataset):
    pair = dataset.valid.select([0, 1])
    shuffled = evaluate(model, pair, shuffle_z=True, batch_size=1)
    batch = make_batch(pair, [0, 1], scale=dataset.profile.scale)
    noise = torch.randn(2, 4, generator=seeded_generator(0, 0, 4))
    z = model.network.encoder(batch.strokes[:, 1:], batch.lengths).sample(noise)
    condition = Condition(z.flip(0))
    prediction = model.network.predict(batch.strokes, batch.lengths, condition, form="masked")
    terms = prediction.loss(dataset.profile.max_seq_len, 0, 0)
    assert shuffled.offset == pytest.approx(terms.offset.item(), rel=1e-5)
    assert shuffled.pen == pytest.approx(terms.pen.item(), rel=1e-5)
    straight = evaluate(model, pair)
    assert shuffled.kl == pytest.approx(straight.kl)
    assert shuffled.reconstruction != pytest.approx(straight.reconstruction, rel=1e-4)


@pytest.mark.parametrize("count", [2, 3, 10])
def test_no_drawing_keeps_its_own(count):
    others = _other_drawings(count, seed=1)
    assert sorted(others.tolist()) == list(range(count))
    assert not (others == torch.arange(count)).any()


def test_a_decoder_alone_has_no_kl(decoder_only, dataset):
    losses = evaluate(decoder_only, dataset.valid, kl_tolerance=0.2)
    assert losses.kl == 0
    assert losses.total(0.5) == losses.reconstruction
    with pytest.raises(SketchRNNError) as caught:
        evaluate(decoder_only, dataset.valid, shuffle_z=True)
    assert str(caught.value) == "a decoder-only model has no z to shuffle"


def test_no_drawings(model):
    with pytest.raises(SketchRNNError) as caught:
        evaluate(model, Sketches.from_arrays([]))
    assert str(caught.value) == "no drawings to evaluate"


def test_losses_of_each_label_are_those_of_its_drawings(model, dataset):
    labels = np.array([0, 2, 0, 2, 2, 0, 0], np.int32)
    store = replace(dataset.valid, labels=labels)
    found = evaluate_labels(model, store, ("cat", "bus", "dog"), seed=5)
    assert list(found) == ["cat", "dog"]
    assert found["dog"] == evaluate(model, store.select([1, 3, 4]), seed=5)
    assert [losses.num_sketches for losses in found.values()] == [4, 3]
