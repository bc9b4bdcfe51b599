from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
import typer

from sketch_rnn import __version__
from sketch_rnn.cli import app as app_module
from sketch_rnn.cli.app import app
from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.evaluation import report
from sketch_rnn.generate.options import COMPLETION_LATENTS, DRAWING, INTERPOLATION_MODES
from sketch_rnn.interop.flags import OriginalFlags
from sketch_rnn.model.mixture import TEMPERATURE_RULES
from sketch_rnn.preparation.options import LONG, ORDERS, TINY, PrepareOptions
from sketch_rnn.render.formats import SUFFIXES
from sketch_rnn.sketch import FIRST_ROWS
from sketch_rnn.sources import formats
from sketch_rnn.sources.options import FILLS, LABELS, ReadingOptions
from sketch_rnn.training.presets import preset_names

TOP = typer.main.get_command(app).commands
COMMANDS = {name: command for name, command in TOP.items() if name != "data"}
COMMANDS |= {f"data {name}": command for name, command in TOP["data"].commands.items()}
PICTURE = {
    *("--temperature", "-t", "--temperature-rule", "--label-strength", "--label-candidates"),
    *("--seed", "--max-len"),
    *("--out", "-o", "--overwrite", "--animate", "--ink", "--size", "--line-width", "--plain"),
    "--device",
}
TRAIN = {
    *(
        "DATA",
        "--out",
        "-o",
        "--preset",
        "--resume",
        "--max-seq-len",
        "--first-row",
        "--device",
        "--set",
    ),
    *("--dec-model", "--dec-rnn-size", "--enc-model", "--enc-rnn-size", "--z-size"),
    *("--num-mixture", "--conditional", "--no-conditional", "--recurrent-keep-prob"),
    *("--input-keep-prob", "--output-keep-prob", "--num-steps", "--epochs", "--save-every"),
    *("--batch-size", "--learning-rate", "--decay-rate", "--min-learning-rate", "--grad-clip"),
    *("--kl-weight", "--kl-weight-start", "--kl-decay-rate", "--kl-tolerance"),
    *("--random-scale-factor", "--augment-stroke-prob", "--loss-form", "--patience", "--seed"),
    *("--random-rotation", "--random-shear", "--mirror-prob", "--precision", "--products"),
    *("--log-every", "--accumulate", "--force", "--class-conditional", "--label-size"),
    *("--label-keep-prob", "--ema-decay", "--init", "--judge-every"),
}
SNAPSHOT = {
    "demo": {"--out", "-o", "--overwrite", "--seed", "--steps"},
    "train": TRAIN,
    "draw": {"MODEL", "--count", "-n", "--label", "--steps", "--columns", "--each", *PICTURE},
    "reconstruct": {"MODEL", "DRAWING", "--label", "--columns", *PICTURE},
    "interpolate": {"MODEL", "DRAWING", "--label", "--steps", "--mode", *PICTURE},
    "complete": {
        *("MODEL", "DRAWING", "--count", "-n", "--rows", "--pen-down", "--latent"),
        *("--label", "--columns"),
        *PICTURE,
    },
    "evaluate": {
        *("MODEL", "DATA", "--split", "--form", "--kl-weight", "--shuffle-z", "--seed"),
        *("--drawings", "--of", "--count", "-n", "--temperature", "-t", "--temperature-rule"),
        "--label-strength",
        "--label-candidates",
        *("--max-len", "--picture", "--json", "--device"),
    },
    "info": {"MODEL", "--diagram", "--arrays"},
    "models": {"NAME"},
    "import": {
        *("PATH_OR_URL", "--out", "-o", "--scale", "--data", "--name", "--hparams", "--half"),
    },
    "export": {"MODEL", "--to", "--out", "-o", "--diagram", "--label"},
    "recognize": {"DRAWING", "--model", "--count", "-n", "--rows", "--part", "--device"},
    "runs": {"FOLDER"},
    "studio": {"MODEL", "--data", "--port", "--host", "--no-open", "--verbose"},
    "data prepare": {
        *("INPUT", "--out", "-o", "--box", "--join", "--resample", "--epsilon", "--points"),
        *("--min-stroke", "--tiny", "--order", "--keep-duplicates", "--max-points", "--long"),
        *("--per-label", "--split-labels", "--no-split-labels"),
        *("--valid", "--test", "--resplit", "--seed", "--first-row", "--recognized"),
        *("--unrecognized", "--country", "--word", "--fills", "--groups", "--flatten", "--labels"),
        *("--given-row", "--absolute", "--sheet", "--strict", "--workers"),
    },
    "data show": {
        *("DATA", "--count", "-n", "--split", "--label", "--seed", "--first-row", "--out", "-o"),
    },
    "data info": {"DATA", "--first-row"},
    "data fetch": {"NAME"},
}


def names(parameter):
    if parameter.param_type_name == "argument":
        return {parameter.metavar}
    return {*parameter.opts, *parameter.secondary_opts}


def parameter_of(command, option):
    return next(p for p in COMMANDS[command].params if option in names(p))


def test_commands_are_these():
    assert list(COMMANDS) == list(SNAPSHOT)


@pytest.mark.parametrize("command", SNAPSHOT)
def test_arguments_and_options_are_these(command):
    assert set().union(*map(names, COMMANDS[command].params)) == SNAPSHOT[command]


@pytest.mark.parametrize("config", [ModelConfig, TrainConfig])
def test_every_setting_is_an_option_with_help_and_default(config):
    counted = {"num_labels"}  # The data says how many there are.
    for field in (field for field in fields(config) if field.name not in counted):
        option = parameter_of("train", "--" + field.name.replace("_", "-"))
        assert option.help == field.metadata["help"]
        assert option.show_default == (
            "none" if field.default is None else str(field.default).lower()
        )


@pytest.mark.parametrize("command", SNAPSHOT)
def test_help_has_an_example(command):
    assert re.search(rf"\n\nExample: sketch-rnn {command} ?", COMMANDS[command].help)


def test_help_by_its_short_name_and_completion_of_the_shell(capsys):
    assert app_module.run(["draw", "-h"]) == app_module.run(["data", "show", "-h"]) == 0
    assert app_module.run(["-h"]) == 0
    assert "--install-completion" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "option", "choices"),
    [
        ("draw", "--temperature-rule", TEMPERATURE_RULES),
        ("interpolate", "--mode", INTERPOLATION_MODES),
        ("complete", "--latent", COMPLETION_LATENTS),
        ("train", "--first-row", FIRST_ROWS),
        ("train", "--preset", preset_names()),
        ("evaluate", "--form", tuple(report.FORMS)),
        ("draw", "--out", (*SUFFIXES, ".npz", ".json")),
        ("data prepare", "--tiny", TINY),
        ("data prepare", "--order", ORDERS),
        ("data prepare", "--long", LONG),
        ("data prepare", "--first-row", FIRST_ROWS),
        ("data prepare", "--fills", FILLS),
        ("data prepare", "--labels", LABELS),
    ],
)
def test_help_names_every_choice(command, option, choices):
    words = re.findall(r"[\w.]+\w", parameter_of(command, option).help)
    assert set(choices) <= set(words)


@pytest.mark.parametrize(
    ("command", "argument"),
    [
        ("data prepare", "INPUT"),
        ("complete", "DRAWING"),
        ("reconstruct", "DRAWING"),
        ("interpolate", "DRAWING"),
    ],
)
def test_help_names_every_format_of_drawings(command, argument):
    words = re.findall(r"\.[\w.]+\w", parameter_of(command, argument).help)
    assert set(words) == set(formats.SUFFIXES)


@pytest.mark.parametrize("command", ["draw", "reconstruct", "complete"])
def test_default_temperature_is_that_of_python(command):
    assert parameter_of(command, "--temperature").default == DRAWING.temperature


def test_interpolations_vary_less():
    assert parameter_of("interpolate", "--temperature").default == 0.1


def test_default_steps_are_those_of_python():
    for options in (PrepareOptions(), ReadingOptions()):
        for declared in options.declarations():
            if declared.flag is not None:
                option = parameter_of("data prepare", declared.flag.partition("/")[0])
                assert (option.default or ()) == (getattr(options, declared.name) or ())


def test_defaults_of_the_originals_command():
    assert OriginalFlags() == OriginalFlags(
        data_dir="https://github.com/hardmaru/sketch-rnn-datasets/raw/master/aaron_sheep",
        log_root="/tmp/sketch_rnn/models/default",
        resume_training=False,
        hparams=(),
        epochs=None,
    )


def test_installed_commands_exist():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert set(project["scripts"]) == {"sketch-rnn", "sketch_rnn_train"}
    for place in project["scripts"].values():
        module, _, function = place.partition(":")
        assert callable(getattr(import_module(module), function))


def test_help_is_shown_without_loading_numpy_or_torch():
    code = (
        "import sys\n"
        "from sketch_rnn.cli import app\n"
        "for words in [[], ['--help'], ['train', '--help'], ['data', 'prepare', '--help']]:\n"
        "    assert app.run(words) == 0\n"
        "from sketch_rnn.cli.commands import sketch_rnn_train\n"
        "assert sketch_rnn_train.run(['--help']) == 0\n"
        "assert not {'numpy', 'torch'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in TOP)
    assert "--hparams" in done.stdout


def test_a_drawing_loads_only_what_it_needs(tmp_path):
    """Each of these takes longer to load than the drawing takes to make."""
    needless = {
        *("filelock", "onnx", "optuna", "PIL", "requests", "rich", "shapely", "svgelements"),
        *("tensorboard", "urllib3", "sketch_rnn.training", "sketch_rnn.preparation.run"),
    }
    words = ["draw", "doodles", "-n", "2", "--out", str(tmp_path / "x.svg")]
    code = (
        "import sys, torch\n"
        "before = set(sys.modules)\n"
        "from sketch_rnn.cli import app\n"
        f"assert app.run({words}) == 0\n"
        f"found = (set(sys.modules) - before) & {needless}\n"
        "assert not found, found\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_version_also_as_a_module():
    words = [sys.executable, "-m", "sketch_rnn", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == f"sketch-rnn {__version__}\n"
