from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.callbacks import Callback
from sketch_rnn.training.loop import Trainer
from sketch_rnn.training.schedules import kl_weight, learning_rate
from sketch_rnn.training.tensorboard import TensorBoardLog
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset

TRAIN_TAGS = {
    "Train_Cost",
    "Train_Reconstr_Cost",
    "Train_KL_Cost",
    "Learning_Rate",
    "KL_Weight",
    "Time_Taken_Train",
}
VALID_TAGS = {
    "Valid_Cost",
    "Valid_Reconstr_Cost",
    "Valid_KL_Cost",
    "Time_Taken_Valid",
    "Best_Valid_Cost",
}
EVAL_TAGS = {"Eval_Cost", "Eval_Reconstr_Cost", "Eval_KL_Cost", "Time_Taken_Eval"}


class Recorder(Callback):
    def __init__(self):
        self.steps = {}
        self.validations = {}

    def on_step(self, step):
        self.steps[step.step] = step

    def on_validation(self, validation):
        self.validations[validation.step] = validation


def run(folder, *, num_steps=5, resume=False, draw=None):
    recorder = Recorder()
    config = replace(TINY_TRAINING, num_steps=num_steps, save_every=4)
    observers = [TensorBoardLog(draw), recorder]
    Trainer(tiny_dataset(), TINY_MODEL, config, folder, resume=resume, callbacks=observers).fit()
    return recorder


def read(folder):
    events = EventAccumulator(str(folder))
    events.Reload()
    return events


def scalars(events, tag):
    return {event.step: event.value for event in events.Scalars(tag)}


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs") / "run"
    return run(folder), read(folder)


def test_the_tags_are_the_originals(logged):
    _, events = logged
    assert set(events.Tags()["scalars"]) == {
        "Num_Trainable_Params",
        *TRAIN_TAGS,
        *VALID_TAGS,
        *EVAL_TAGS,
    }
    assert events.Tags()["images"] == []


def test_when_each_is_written(logged):
    recorder, events = logged
    for tag in TRAIN_TAGS:
        assert list(scalars(events, tag)) == [2, 4], tag
    for tag in VALID_TAGS:
        assert list(scalars(events, tag)) == [4, 5], tag
    tested = [step for step, report in recorder.validations.items() if report.test]
    for tag in EVAL_TAGS:
        assert list(scalars(events, tag)) == tested, tag
    assert list(scalars(events, "Num_Trainable_Params")) == [0]


def test_the_values(logged):
    recorder, events = logged
    config = TINY_TRAINING
    expected = {
        "Train_Cost": recorder.steps[4].losses.total.item(),
        "Train_Reconstr_Cost": recorder.steps[4].losses.reconstruction.item(),
        "Train_KL_Cost": recorder.steps[4].losses.kl.item(),
        "Learning_Rate": learning_rate(config, 3),
        "KL_Weight": kl_weight(config, 3),
        "Time_Taken_Train": recorder.steps[3].seconds + recorder.steps[4].seconds,
        "Valid_Cost": recorder.validations[4].valid.cost,
        "Valid_Reconstr_Cost": recorder.validations[4].valid.reconstruction,
        "Valid_KL_Cost": recorder.validations[4].valid.kl,
        "Time_Taken_Valid": recorder.validations[4].valid.seconds,
        "Best_Valid_Cost": recorder.validations[4].best_cost,
        "Eval_Cost": recorder.validations[4].test.cost,
        "Eval_Reconstr_Cost": recorder.validations[4].test.reconstruction,
        "Eval_KL_Cost": recorder.validations[4].test.kl,
        "Time_Taken_Eval": recorder.validations[4].test.seconds,
    }
    for tag, value in expected.items():
        assert scalars(events, tag)[4] == pytest.approx(value, rel=1e-6), tag
    network = SketchRNN.new(TINY_MODEL, tiny_dataset().profile).network
    count = sum(value.numel() for value in network.parameters())
    assert scalars(events, "Num_Trainable_Params")[0] == count


def test_drawings_are_logged_as_images(tmp_path):
    seen = []

    def draw(model):
        seen.append(model.network.training)
        return np.full((8, 12, 3), 255, np.uint8)

    run(tmp_path, num_steps=4, draw=draw)
    assert seen == [False]
    (image,) = read(tmp_path).Images("Samples")
    assert (image.step, image.height, image.width) == (4, 8, 12)


def test_a_resumed_run_goes_on_in_the_same_log(tmp_path):
    run(tmp_path, num_steps=4)
    # A process that died after step 4 may have logged more than it saved.
    lost = TensorBoardLog()
    recorder = Recorder()
    config = replace(TINY_TRAINING, num_steps=6, save_every=4)
    trainer = Trainer(
        tiny_dataset(), TINY_MODEL, config, tmp_path, resume=True, callbacks=[lost, recorder]
    )
    before = (tmp_path / "last.safetensors").read_bytes()
    trainer.fit()
    (tmp_path / "last.safetensors").write_bytes(before)
    run(tmp_path, num_steps=8, resume=True)
    events = read(tmp_path)
    for tag in TRAIN_TAGS:
        assert [event.step for event in events.Scalars(tag)] == [2, 4, 6, 8], tag
    assert [event.step for event in events.Scalars("Valid_Cost")] == [4, 8]
    assert [event.step for event in events.Scalars("Num_Trainable_Params")] == [0]


def test_without_a_run_nothing_is_open():
    TensorBoardLog().on_end(None)
