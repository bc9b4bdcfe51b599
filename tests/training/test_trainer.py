from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest
import torch

from sketch_rnn.checkpoint import SketchRNN, read_checkpoint
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.evaluation.losses import evaluate
from sketch_rnn.training.folder import saved_settings
from sketch_rnn.training.observers import TrainingObserver
from sketch_rnn.training.trainer import Trainer
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset

MODELS = {
    "all dropout": TINY_MODEL,
    "layer norm decoder": replace(TINY_MODEL, dec_model="layer_norm", conditional=False),
}


@pytest.fixture(scope="module")
def dataset():
    return tiny_dataset()


@pytest.fixture
def trainer(dataset, tmp_path):
    """Makes trainers of the tiny data in one folder, settings by name."""

    def make(model=TINY_MODEL, data=dataset, out=tmp_path / "run", **settings):
        own = ("resume", "validation", "device", "observers")
        options = {name: settings.pop(name) for name in own if name in settings}
        return Trainer(data, model, replace(TINY_TRAINING, **settings), out, **options)

    return make


class Recorder(TrainingObserver):
    """Notes what happened, and does something after a certain step."""

    def __init__(self, at_step=None, action=None):
        self.calls = []
        self.validations = []
        self.losses = []
        self._at_step, self._action = at_step, action

    def on_start(self, run):
        self.calls.append(("start", run.first_step, run.num_steps))

    def on_step(self, step):
        self.calls.append(("step", step.step))
        self.losses.append(step.losses.total.item())
        if step.step == self._at_step:
            self._action()

    def on_validation(self, validation):
        self.calls.append(("validation", validation.step))
        self.validations.append(validation)

    def on_end(self, result):
        self.calls.append(("end", result and result.outcome))


def raise_signals(*numbers):
    return lambda: [signal.raise_signal(number) for number in numbers]


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def last(folder):
    return read_checkpoint(folder / "last.safetensors")


def assert_same_state(ours, theirs):
    assert ours.tensors.keys() == theirs.tensors.keys()
    for name, value in ours.tensors.items():
        assert torch.equal(value, theirs.tensors[name]), name
    for name in ("step", "progress"):
        assert ours.header["training"][name] == theirs.header["training"][name]


def message(make, **arguments):
    with pytest.raises(SketchRNNError) as caught:
        make(**arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_from_data_to_a_model(trainer, tmp_path, dataset):
    training = trainer(num_steps=12)
    result = training.fit()
    assert (result.outcome, result.step, result.num_steps) == ("finished", 12, 12)
    assert not result.interrupted
    assert files(result.folder).keys() == {"best.safetensors", "last.safetensors", "config.json"}
    best = SketchRNN.from_pretrained(tmp_path / "run")
    assert (best.config, best.profile) == (TINY_MODEL, dataset.profile)
    before = SketchRNN.new(TINY_MODEL, dataset.profile, seed=3)
    cost = evaluate(best, dataset.valid, form="padded", seed=3)
    assert cost.reconstruction < evaluate(before, dataset.valid, form="padded").reconstruction
    assert result.best_cost == pytest.approx(cost.reconstruction + 0.5 * max(cost.kl, 0.2))
    saved = json.loads((tmp_path / "run" / "config.json").read_text())
    assert saved["model"] == TINY_MODEL.to_dict()
    assert saved["train"] == {**TINY_TRAINING.to_dict(), "num_steps": 12}
    assert saved["data"]["sources"] == ["zigzags"]
    assert saved["validation"] == "full"


def test_what_observers_are_told(trainer):
    recorder = Recorder()
    trainer(num_steps=5, observers=[recorder]).fit()
    steps = [("step", 1), ("step", 2), ("validation", 2), ("step", 3), ("step", 4)]
    steps += [("validation", 4), ("step", 5), ("validation", 5)]
    assert recorder.calls == [("start", 0, 5), *steps, ("end", "finished")]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_resuming_changes_nothing(trainer, tmp_path, model):
    at_once = trainer(model, out=tmp_path / "at once", save_every=3, log_every=2).fit()
    trainer(model, out=tmp_path / "parts", num_steps=3, save_every=3).fit()
    parts = trainer(model, out=tmp_path / "parts", save_every=3, resume=True).fit()
    assert_same_state(last(tmp_path / "parts"), last(tmp_path / "at once"))
    assert replace(parts, folder=at_once.folder) == at_once
    best = [SketchRNN.from_pretrained(tmp_path / name).network for name in ("parts", "at once")]
    for ours, theirs in zip(*(network.parameters() for network in best), strict=True):
        assert torch.equal(ours, theirs)


def test_a_run_is_a_function_of_its_seed(trainer, tmp_path):
    recorders = [Recorder(), Recorder(), Recorder()]
    for number, (recorder, seed) in enumerate(zip(recorders, (3, 3, 4), strict=True)):
        trainer(out=tmp_path / str(number), seed=seed, observers=[recorder]).fit()
    assert recorders[0].losses == recorders[1].losses
    assert recorders[0].losses[0] != recorders[2].losses[0]


@pytest.mark.parametrize(
    "model",
    [
        replace(TINY_MODEL, conditional=False),
        replace(TINY_MODEL, recurrent_keep_prob=1.0, input_keep_prob=1.0, output_keep_prob=1.0),
    ],
    ids=["dropout", "z"],
)
def test_every_step_has_its_own_noise(trainer, model):
    recorder = Recorder()
    # The batch and, as good as, the weights stay the same.
    same = {"batch_size": 1, "random_scale_factor": 0, "augment_stroke_prob": 0}
    still = {"learning_rate": 1e-30, "min_learning_rate": 0, "kl_weight": 0, "kl_weight_start": 0}
    one = tiny_dataset(num_train=1)
    training = trainer(model, data=one, observers=[recorder], **same, **still)
    if training.model.network.decoder.initial_state is not None:
        training.model.network.decoder.initial_state.weight.data.fill_(1)
    training.fit()
    assert len(set(recorder.losses)) == 6


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_goes_on_where_it_stopped(trainer, tmp_path, number):
    recorder = Recorder(3, raise_signals(number))
    result = trainer(observers=[recorder]).fit()
    assert (result.outcome, result.interrupted, result.step) == ("interrupted", True, 3)
    assert recorder.calls[-2:] == [("step", 3), ("end", "interrupted")]
    assert trainer(resume=True).fit().step == 6
    trainer(out=tmp_path / "at once").fit()
    assert_same_state(last(tmp_path / "run"), last(tmp_path / "at once"))


def test_an_interruption_at_the_last_step_is_a_finish(trainer):
    assert (
        trainer(observers=[Recorder(6, raise_signals(signal.SIGINT))]).fit().outcome == "finished"
    )


def test_a_second_ctrl_c_stops_at_once_and_leaves_the_checkpoints(trainer, tmp_path):
    class Impatient(Recorder):
        def on_validation(self, validation):
            self.before = files(tmp_path / "run")

    recorder = Impatient(3, raise_signals(signal.SIGINT, signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        trainer(observers=[recorder]).fit()
    assert recorder.calls[-1] == ("end", None)
    assert files(tmp_path / "run") == recorder.before
    assert last(tmp_path / "run").header["training"]["step"] == 2


def test_a_run_killed_before_its_first_validation_can_be_resumed(trainer, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        trainer(observers=[Recorder(1, raise_signals(signal.SIGINT, signal.SIGINT))]).fit()
    trainer(resume=True).fit()
    trainer(out=tmp_path / "at once").fit()
    assert_same_state(last(tmp_path / "run"), last(tmp_path / "at once"))


def test_resuming_a_finished_run_does_nothing(trainer, tmp_path):
    result = trainer().fit()
    before = files(tmp_path / "run")
    assert trainer(resume=True).fit() == result
    assert files(tmp_path / "run") == before


def test_best_follows_the_validation_cost(trainer, tmp_path):
    class Snapshots(Recorder):
        def on_validation(self, validation):
            super().on_validation(validation)
            snapshots.append(files(tmp_path / "run")["best.safetensors"])

    snapshots = []
    recorder = Snapshots()
    # So large a learning rate makes the cost go up and down.
    result = trainer(num_steps=10, save_every=1, learning_rate=0.1, observers=[recorder]).fit()
    costs = [validation.valid.cost for validation in recorder.validations]
    lowest = [min(costs[: i + 1]) for i in range(len(costs))]
    improved = [cost == low for cost, low in zip(costs, lowest, strict=True)]
    assert {True, False} == set(improved[1:])
    assert [validation.best_cost for validation in recorder.validations] == lowest
    assert [validation.test is not None for validation in recorder.validations] == improved
    changed = [True, *(a != b for a, b in pairwise(snapshots))]
    assert changed == improved
    assert (result.best_cost, result.best_step) == (min(costs), costs.index(min(costs)) + 1)
    header = read_checkpoint(tmp_path / "run" / "best.safetensors").header
    assert header["training"] == {"step": result.best_step, "best_cost": result.best_cost}


def test_the_best_cost_outlives_a_resume(trainer, tmp_path):
    first = trainer(num_steps=4, save_every=4).fit()
    best = files(tmp_path / "run")["best.safetensors"]
    # From here on everything gets worse.
    result = trainer(num_steps=6, learning_rate=3.0, resume=True).fit()
    assert (result.best_cost, result.best_step) == (first.best_cost, 4)
    assert files(tmp_path / "run")["best.safetensors"] == best


def test_stops_when_nothing_gets_better(trainer):
    # So small a learning rate changes no weight.
    still = {"learning_rate": 1e-30, "min_learning_rate": 0, "save_every": 1, "num_steps": 10}
    assert trainer(**still, patience=3).fit().outcome == "no_improvement"
    again = trainer(**still, patience=3, resume=True).fit()
    assert (again.outcome, again.step, again.best_step) == ("no_improvement", 4, 1)
    more = trainer(**still, patience=5, resume=True).fit()
    assert (more.outcome, more.step, more.best_step) == ("no_improvement", 6, 1)


def test_epochs(trainer):
    assert trainer(epochs=3).fit().step == 9


def test_the_originals_validation(trainer, dataset):
    recorder = Recorder()
    training = trainer(num_steps=2, validation="original", observers=[recorder])
    training.fit()
    shortest = dataset.valid.select(dataset.valid.lengths.argsort(kind="stable")[:4])
    losses = evaluate(training.model, shortest, form="padded", seed=3, kl_tolerance=0.2)
    valid = recorder.validations[0].valid
    assert valid.reconstruction == pytest.approx(losses.reconstruction)
    assert valid.kl == pytest.approx(losses.kl)
    assert valid.cost == pytest.approx(losses.reconstruction + 0.01 * losses.kl)
    # The test split of five fills one batch of four.
    assert recorder.validations[0].test.cost != pytest.approx(valid.cost)


def test_the_originals_validation_of_less_than_a_batch(trainer, dataset):
    recorder = Recorder()
    training = trainer(num_steps=2, batch_size=100, validation="original", observers=[recorder])
    training.fit()
    all_sorted = dataset.valid.select(dataset.valid.lengths.argsort(kind="stable"))
    losses = evaluate(training.model, all_sorted, form="padded", seed=3)
    assert recorder.validations[0].valid.reconstruction == pytest.approx(losses.reconstruction)


@pytest.mark.parametrize("validation", ["full", "original"])
def test_a_decoder_alone_has_no_kl_cost(trainer, validation):
    recorder = Recorder()
    model = replace(TINY_MODEL, conditional=False)
    trainer(model, num_steps=2, validation=validation, observers=[recorder]).fit()
    valid = recorder.validations[0].valid
    assert valid.kl == 0
    assert valid.cost == valid.reconstruction


def test_a_folder_with_a_run_is_left_alone(trainer, tmp_path):
    trainer(num_steps=2).fit()
    before = files(tmp_path / "run")
    assert message(trainer, seed=9) == (
        f"{tmp_path / 'run'} already has a run in it (last.safetensors); resume it, or choose "
        "another folder"
    )
    assert files(tmp_path / "run") == before


@pytest.mark.parametrize("name", ["best.safetensors", "config.json"])
def test_no_file_of_a_user_is_overwritten(trainer, tmp_path, name):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).write_text("mine")
    assert f"already has a run in it ({name})" in message(trainer)


def test_nothing_is_written_before_the_start(trainer, tmp_path):
    trainer()
    assert not (tmp_path / "run").exists()


def test_nothing_to_resume(trainer, tmp_path):
    assert message(trainer, resume=True) == (
        f"{tmp_path / 'run'}: no last.safetensors to resume from; start without resume, or name "
        "the folder of a run"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"seed": 4}, "seed was 3, now 4"),
        ({"batch_size": 8}, "batch_size was 4, now 8"),
        ({"kl_weight": 1.0, "loss_form": "true_length"}, "kl_weight was 0.5, now 1.0"),
        ({"kl_weight": 1.0, "loss_form": "true_length"}, "loss_form was padded, now true_length"),
        ({"validation": "original"}, "validation was full, now original"),
        ({"model": replace(TINY_MODEL, dec_model="hyper")}, "dec_model was lstm, now hyper"),
        ({"model": replace(TINY_MODEL, z_size=5)}, "z_size was 4, now 5"),
        ({"data": tiny_dataset(num_train=12)}, "training drawings was 11, now 12"),
        ({"data": tiny_dataset(num_train=12)}, "scale was 45."),
    ],
)
def test_resuming_with_other_settings(trainer, tmp_path, changes, expected):
    trainer(num_steps=2).fit()
    before = files(tmp_path / "run")
    text = message(trainer, resume=True, **changes)
    assert text.startswith(f"{tmp_path / 'run'}: cannot resume with other settings: ")
    assert expected in text
    assert text.endswith("; undo that, or start anew in another folder")
    assert files(tmp_path / "run") == before


def test_settings_that_may_change_when_resuming(trainer):
    trainer(num_steps=2).fit()
    training = trainer(
        num_steps=4, save_every=1, log_every=1, patience=9, learning_rate=0.1, resume=True
    )
    assert training.fit().step == 4


def test_resuming_from_a_model_alone(trainer, tmp_path):
    trainer(num_steps=2).fit()
    os.replace(tmp_path / "run" / "best.safetensors", tmp_path / "run" / "last.safetensors")
    assert message(trainer, resume=True) == (
        f"{tmp_path / 'run' / 'last.safetensors'}: a model, but not the state of a run; resume "
        "needs last.safetensors"
    )


def test_resuming_from_a_damaged_file(trainer, tmp_path):
    trainer(num_steps=2).fit()
    path = tmp_path / "run" / "last.safetensors"
    path.write_bytes(path.read_bytes()[:5000])
    assert message(trainer, resume=True).startswith(f"{path}: damaged or not a checkpoint (")


def test_the_settings_of_a_run_can_be_read_back(trainer, tmp_path):
    trainer(num_steps=2).fit()
    assert saved_settings(tmp_path / "run") == (TINY_MODEL, replace(TINY_TRAINING, num_steps=2))


def test_a_loss_that_is_not_a_number_stops_the_run(trainer, tmp_path):
    trainer(num_steps=2).fit()
    before = files(tmp_path / "run")
    recorder = Recorder()
    broken = trainer(learning_rate=1e30, num_steps=9, save_every=9, resume=True)
    broken._observers = [recorder]
    text = message(broken.fit)
    assert text.startswith(f"{tmp_path / 'run'}: the training loss is ")
    assert text.endswith(
        " at step 4; the checkpoints from before are unharmed, resume with a lower learning_rate "
        "or grad_clip"
    )
    assert recorder.calls[-2:] == [("step", 3), ("end", None)]
    after = files(tmp_path / "run")
    for name in ("best.safetensors", "last.safetensors"):
        assert after[name] == before[name]


def test_a_validation_that_is_not_a_number_stops_the_run(trainer, tmp_path):
    training = trainer(learning_rate=1e30, save_every=1)
    assert "the validation cost is " in message(training.fit)
    assert not (tmp_path / "run" / "best.safetensors").exists()
    assert last(tmp_path / "run").header["training"]["step"] == 0


def test_weights_that_are_not_numbers_are_not_saved(trainer, tmp_path):
    def spoil():
        training.model.network.decoder.output.bias.data[0] = torch.nan
        signal.raise_signal(signal.SIGINT)

    training = trainer(observers=[Recorder(1, spoil)])
    assert "the largest weight is nan at step 1; " in message(training.fit)
    assert last(tmp_path / "run").header["training"]["step"] == 0


@pytest.mark.parametrize("device", ["warp", "cuda:99"])
def test_a_device_that_is_not_there(trainer, device):
    assert message(partial(trainer, device=device)) == (
        f"device '{device}' cannot be used here; choose cpu, or cuda where there is a GPU"
    )
