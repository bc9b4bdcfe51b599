"""The original's command: the lines that are written in its documentation, with small sizes."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from sketch_rnn.dataset import dataset
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.flags import parse_flags
from sketch_rnn.trained import SketchRNN
from tiny import zigzags
from web import Site, serving

SMALL = "num_steps=2,save_every=1,batch_size=4,enc_rnn_size=4,dec_rnn_size=4,z_size=2,num_mixture=2"


@pytest.fixture
def datasets(workplace) -> Path:
    """Returns a folder with `a.npz` and `b.npz`."""
    folder = workplace / "datasets"
    folder.mkdir()
    for name, seed in (("a", 0), ("b", 3)):
        splits = (zigzags(count, seed + split) for split, count in enumerate((9, 6, 5)))
        dataset.save_dataset(folder / f"{name}.npz", *splits)
    return folder


def read(path):
    return json.loads(Path(path).read_text())


def test_the_documented_line(original_command, datasets):
    line = (
        "--log_root=models --data_dir=datasets --resume_training "
        f"--hparams=data_set=[a.npz,b.npz],dec_model=hyper,use_recurrent_dropout=0,{SMALL}"
    )
    result = original_command(*line.split())
    assert result.status == 0
    assert "note: no run in models yet, a new one begins\n" in result.err
    assert "\ncost = L_R + 0.01 * max(L_KL, 0.2)\n" in result.out
    assert "data   a, b: 18 train, 12 valid, 10 test drawings" in result.out

    config = read("models/config.json")
    assert config["model"]["dec_model"] == "hyper"
    assert config["model"]["recurrent_keep_prob"] == 1.0
    assert config["train"]["loss_form"] == "padded"
    assert config["validation"] == "original"
    assert config["data"]["sources"] == ["a", "b"]
    original = read("models/model_config.json")
    assert len(original) == 29
    assert original["data_set"] == ["a.npz", "b.npz"]
    assert original["max_seq_len"] == config["data"]["max_seq_len"]
    assert original["use_recurrent_dropout"] is False
    assert any(Path("models").glob("events.out.tfevents.*"))
    assert SketchRNN.from_pretrained("models").config.dec_model == "hyper"


# What the shell makes of the published lines, quoted or not.
@pytest.mark.parametrize(
    "hparams",
    [
        ['--hparams={"data_set":"a.npz","dec_model":"layer_norm"}'],
        ['--hparams={"data_set"="a.npz","dec_model":"layer_norm"}'],
        ["--hparams", "data_set=a.npz,dec_model=layer_norm"],
        ["--hparams={data_set=a.npz}", "--hparams={dec_model=layer_norm}"],
        ["--hparams=data_set=a.npz", "--hparams=dec_model:layer_norm"],
        ["--hparams={data_set:a.npz,", "dec_model:layer_norm}"],
        ["-hparams=data_set=[a.npz]", "-hparams=dec_model=layer_norm"],
    ],
)
def test_every_form_of_hparams(original_command, datasets, hparams):
    words = ["--data_dir=datasets", "--log_root=models", *hparams, f"--hparams={SMALL}"]
    assert original_command(*words).status == 0
    assert read("models/config.json")["data"]["sources"] == ["a"]
    assert read("models/config.json")["model"]["dec_model"] == "layer_norm"


def test_resume_goes_on_and_without_it_nothing_is_overwritten(original_command, datasets):
    words = ["--data_dir=datasets", "--log_root=models", f"--hparams=data_set=a.npz,{SMALL}"]
    assert original_command(*words).status == 0
    for more in ([], ["--noresume_training"], ["--resume_training=false"]):
        refused = original_command(*words, *more)
        assert refused.status == 2
        assert refused.err == (
            "sketch_rnn_train: error: models already has a run in it (last.safetensors); resume "
            "it with --resume_training, or choose another folder\n"
        )
    result = original_command(*words, "--hparams=num_steps=3", "--resume_training=true")
    assert result.status == 0
    assert "finished at step 3 of 3" in result.out
    assert read("models/model_config.json")["num_steps"] == 3


def test_the_line_of_the_second_port(original_command, datasets):
    (datasets / "b.npz").unlink()
    line = "--data_dir=datasets --experiment_dir=experiments --epochs=20"
    hparams = f"--hparams={SMALL},batch_size=9,save_every=50"
    result = original_command(*line.split(), hparams)
    assert result.status == 0
    assert "note: no data_set given: taking a.npz, the only one in datasets" in result.err
    assert "finished at step 20 of 20" in result.out
    assert read("experiments/model_config.json")["data_set"] == ["a.npz"]
    assert read("experiments/model_config.json")["num_steps"] == 20


@pytest.fixture
def site(datasets, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    cache = datasets.parent / "cache"
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: cache / name)
    site = Site()
    site.files["/sheep/aaron_sheep.npz"] = (datasets / "a.npz").read_bytes()
    with serving(site):
        yield site


@pytest.mark.parametrize("slash", ["", "/"])
def test_data_from_an_address(original_command, site, slash):
    words = [f"--data_dir={site.address}/sheep{slash}", "--log_root=models"]
    assert original_command(*words, f"--hparams={SMALL}").status == 0
    assert site.requests == ["/sheep/aaron_sheep.npz"]
    assert read("models/config.json")["data"]["sources"] == ["aaron_sheep"]


def test_without_flags_it_goes_for_the_published_sheep(original_command, monkeypatch):
    def fetch(address):
        raise SketchRNNError(f"cannot download {address}: no; try again, or download it by hand")

    monkeypatch.setattr("sketch_rnn.training.original.fetch_npz", fetch)
    result = original_command("--log_root=models")
    assert result.status == 2
    assert result.err == (
        "sketch_rnn_train: error: cannot download https://github.com/hardmaru/sketch-rnn-datasets/"
        "raw/master/aaron_sheep/aaron_sheep.npz: no; try again, or download it by hand and pass "
        "--data_dir=FOLDER\n"
    )
    assert not Path("models").exists()


def test_a_run_of_the_original_program_is_left_alone(original_command, datasets):
    models = Path("models")
    models.mkdir()
    (models / "vector-1234.index").write_bytes(b"")
    for more in ([], ["--resume_training"]):
        result = original_command("--data_dir=datasets", "--log_root=models", *more)
        assert result.status == 2
        assert result.err == (
            "sketch_rnn_train: error: models holds a checkpoint of the original program "
            "(vector-1234.index), which is not to be mixed with another; pass another --log_root\n"
        )
    assert [path.name for path in models.iterdir()] == ["vector-1234.index"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--log_rot=x"],
            (
                "unknown flag --log_rot; the flags are data_dir, log_root, experiment_dir, "
                "resume_training, hparams, epochs"
            ),
        ),
        (
            ["train"],
            (
                "'train' is not a flag; the flags are data_dir, log_root, experiment_dir, "
                "resume_training, hparams, epochs"
            ),
        ),
        (["--log_root"], "--log_root needs one value; write --log_root=VALUE"),
        (["--log_root="], "--log_root needs one value; write --log_root=VALUE"),
        (
            ["--log_root=my", "models"],
            "--log_root needs one value, not 2: my models; write --log_root=VALUE",
        ),
        (["--epochs=many"], "--epochs=many must be a whole number"),
        (
            ["--epochs=0"],
            "training settings: epochs=0 must be a whole number of at least 1, or none",
        ),
        (
            ["--resume_training=perhaps"],
            (
                "--resume_training=perhaps: write --resume_training, --resume_training=false or "
                "--noresume_training"
            ),
        ),
        (
            ["--noresume_training=true"],
            (
                "--noresume_training=true: write --resume_training, --resume_training=false or "
                "--noresume_training"
            ),
        ),
        (
            ["--hparams={data_set=a.npz"],
            "hparams: '{data_set=a.npz' has a brace without its partner; add or remove it",
        ),
        (["--hparams=z_sise=3"], "hparams: unknown 'z_sise' (did you mean 'z_size'?)"),
        (
            ["--hparams=dec_model=gru,z_size=0"],
            (
                "hparams: dec_model='gru' must be one of lstm, layer_norm, hyper; z_size=0 must be "
                "a whole number of at least 1"
            ),
        ),
        (["--data_dir=nowhere"], "no folder nowhere; pass --data_dir=FOLDER or an address"),
        (
            ["--data_dir=datasets"],
            (
                "no aaron_sheep.npz in datasets, which holds a.npz, b.npz; pass "
                "--hparams=data_set=[NAME.npz]"
            ),
        ),
        (
            ["--data_dir=datasets", "--hparams=data_set=c.npz"],
            "no c.npz in datasets, which holds a.npz, b.npz; pass --hparams=data_set=[NAME.npz]",
        ),
    ],
)
def test_a_mistake_is_one_line_and_status_2(original_command, datasets, words, message):
    result = original_command(*words, "--log_root=models")
    assert result.err == f"sketch_rnn_train: error: {message}\n"
    assert result.status == 2
    assert not Path("models").exists()


def test_values_without_effect_are_noted(original_command, datasets):
    hparams = f"--hparams=data_set=a.npz,max_seq_len=7,is_training=0,{SMALL}"
    result = original_command("--data_dir=datasets", "--log_root=models", hparams)
    assert result.status == 0
    assert result.err.count("note: max_seq_len=7 is not used") == 1
    assert result.err.count("note: is_training=0 is not used") == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], False),
        (["--resume_training"], True),
        (["-resume_training"], True),
        (["--resume_training", "True"], True),
        (["--resume_training=1"], True),
        (["--resume_training=0"], False),
        (["--noresume_training"], False),
        (["--noresume_training", "--resume_training"], True),
        (["--resume_training", "--noresume_training"], False),
    ],
)
def test_resume_flags(words, expected):
    assert parse_flags(words).resume_training == expected


def test_flags_with_and_without_equals_sign():
    flags = parse_flags(["--data_dir", "a", "-log_root=b", "--epochs", "3", "--log_root", "c=d"])
    assert (flags.data_dir, flags.log_root, flags.epochs) == ("a", "c=d", 3)
