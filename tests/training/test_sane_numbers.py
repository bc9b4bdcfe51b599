from __future__ import annotations

import signal

import torch
from recorded_runs import Recorder, files, last, message


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
