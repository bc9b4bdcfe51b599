"""Makes a model of the collection from a training run: weights, card and pictures.

    python models/card.py RUN NAME DATA [DATA ...] --command "sketch-rnn train ..." \\
        --hardware "one core of ..." --time "2 hours" [--rule offsets] [--ship]

Writes `models/NAME/README.md`, its pictures, and the weights as 16-bit numbers: beside the card, or
with --ship into the package. All figures are those of the 16-bit weights. `--rule` sets the model's
temperature rule; by default it keeps that of the run.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from sketch_rnn import (
    Sketch,
    SketchRNN,
    complete,
    evaluate,
    evaluate_drawings,
    load_dataset,
    reconstruct,
    sample,
)
from sketch_rnn.checkpoint import read_checkpoint
from sketch_rnn.config import TEMPERATURE_RULES
from sketch_rnn.dataset.labels import relabelled
from sketch_rnn.dataset.published import credit_line
from sketch_rnn.generate.labels import label_vectors
from sketch_rnn.generate.latent import between
from sketch_rnn.generate.recognition import recognize
from sketch_rnn.model.numbers import num_parameters
from sketch_rnn.render import Style, grid, pairs, save
from sketch_rnn.zoo.card import CITATION, describe_network, hub_header
from sketch_rnn.zoo.locate import find_model

ROOT = Path(__file__).resolve().parents[1]
TEMPERATURE, PAPER = 0.4, "paper"
NUM_SAMPLES, NUM_RECONSTRUCTIONS, NUM_COUNTED = 25, 5, 1000
FIRST_SAMPLES = f"The first {NUM_SAMPLES} samples for seed 0, at temperature {TEMPERATURE}"
ALL_LABELS = f"The first drawing of each label for seed 0, at temperature {TEMPERATURE}"
CARD = """\
{header}

# {name}

{about}

![{caption}](samples.png)

| | |
|---|---|
| training data | {data}: {splits} |
| credit | {credit} |
| network | {network}, {parameters:,} parameters |
| trained | {steps:,} steps, in {time} on {hardware} |
| temperature rule | {rule}{strength} |

```bash
{command}
```

Losses in the masked form (`docs/losses.md`), over all drawings of the split. L_R is the \
reconstruction loss, L_KL the
loss on the latent vector z:

| | L_R | L_KL | L_R with z of other drawings |
|---|---|---|---|
{losses}

At temperature {temperature}, {ended:.1%} of {counted:,} samples finished, with a median of \
{length} points (test
drawings: {data_length}).{empty}{with_paper_rule}
{reconstructions}{kinds}
How good its drawings are (figures as in `docs/evaluation.md`):

{judged}

Pictures are unselected: the first drawings for seed 0, or the first of the test split.

{citation}
"""
RECONSTRUCTIONS = """
{which}, each with its reconstruction at temperature 0.1:

![Drawings and their reconstructions](reconstructions.png)
"""

SHOWN_KINDS = (
    *("cat", "bus", "bicycle", "bird", "face", "flower", "house", "sun", "tree", "airplane"),
)
ENDS = ("cat", "bus")
NUM_RECOGNIZED, NUM_COMPLETED, COMPLETED_ROWS = 100, 8, 12
KINDS = """
The first {num_samples} drawings for seed 0 of each of ten kinds, one kind per row ({ended}):

![Ten kinds](kinds.png)

From {first} to {last}, by blending the vectors of the two labels, with the same random numbers:

![From {first} to {last}](interpolation.png)

The first {rows} rows of a test drawing of each of {num_completed} kinds (grey), each \
completed three
times, given its label:

![Completions](completions.png)

`sketch-rnn recognize` names {top1:.1%} of {recognized} test drawings of all kinds correctly; \
for {top5:.1%} the right
name is among its first five. Guessing would give 0.3% and 1.4%.
"""


def main() -> None:
    """Makes what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("name")
    parser.add_argument("data", nargs="+")
    for option in ("command", "hardware", "time"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--about", default="")
    parser.add_argument("--rule", choices=TEMPERATURE_RULES)
    parser.add_argument("--label-strength", type=float, default=1.0)
    parser.add_argument("--label-candidates", type=int, default=1)
    parser.add_argument("--ship", action="store_true")
    parser.add_argument("--root", type=Path, default=ROOT)
    arguments = parser.parse_args()
    folder = arguments.root / "models" / arguments.name
    weights = folder / "model.safetensors"
    if arguments.ship:
        shipped = arguments.root / "src" / "sketch_rnn" / "zoo" / "shipped"
        weights = shipped / f"{arguments.name.replace('/', '-')}.safetensors"
    steps = read_checkpoint(find_model(arguments.run).path).header["training"]["step"]
    trained = SketchRNN.from_pretrained(arguments.run)
    habits = replace(
        trained.habits,
        temperature_rule=arguments.rule or trained.habits.temperature_rule,
        label_strength=arguments.label_strength,
        label_candidates=arguments.label_candidates,
    )
    replace(trained, habits=habits).save_pretrained(weights, half=True)
    model = SketchRNN.from_pretrained(weights)
    dataset = load_dataset(arguments.data)
    if model.config.num_labels:
        # The data may number its labels in another order than the model.
        dataset = relabelled(dataset, model.profile.labels)
    draw_samples(model, folder)
    has_encoder, has_labels = model.config.conditional, bool(model.config.num_labels)
    reconstructions = draw_reconstructions(model, dataset, folder) if has_encoder else ""
    card = CARD.format(
        **figures(model, dataset),
        header=hub_header(model.profile),
        name=arguments.name,
        about=arguments.about or "A model of sketch-rnn.",
        credit=credit_line(model.profile.sources) or "see the data",
        steps=steps,
        time=arguments.time,
        hardware=arguments.hardware,
        command=arguments.command,
        citation=f"Method: {CITATION}",
        caption=ALL_LABELS if has_labels else FIRST_SAMPLES,
        kinds=draw_kinds(model, dataset, folder) if has_labels else "",
        judged=evaluate_drawings(model, dataset, temperature=TEMPERATURE).markdown(),
        reconstructions=reconstructions,
    )
    (folder / "README.md").write_text(card)
    print(card)
    print(f"wrote {weights}, {weights.stat().st_size:,} bytes, and the card in {folder}")


def drawn(model, count, **options):
    """At least `count` samples, the same number of each label if there are labels."""
    if not model.config.num_labels:
        return sample(model, count, temperature=TEMPERATURE, **options)
    each = -(-count // model.config.num_labels)
    return sample(model, each, label="all", temperature=TEMPERATURE, **options)


def draw_kinds(model, dataset, folder):
    """The section on labels; makes its pictures."""
    samples = sample(model, NUM_SAMPLES, label=SHOWN_KINDS, temperature=TEMPERATURE)
    small = Style(cell=45)
    save(grid(samples.sketches, columns=NUM_SAMPLES, style=small), folder / "kinds.png")
    ended = samples.ended.reshape(len(SHOWN_KINDS), -1).sum(axis=1)
    way = between(label_vectors(model, ENDS), 10)
    steps = [sample(model, 1, label=row, temperature=0.1).sketches[0] for row in way]
    save(grid(steps, columns=len(way), style=Style(cell=90)), folder / "interpolation.png")
    draw_completions(model, dataset, folder)
    ranks = []
    names = dataset.profile.labels
    chosen = np.random.default_rng(0).permutation(len(dataset.test))[:NUM_RECOGNIZED]
    for number in chosen.tolist():
        guesses = recognize(model, dataset.sketch("test", number), fit=False)
        right = names[dataset.test.labels[number]]
        ranks.append([guess.label for guess in guesses].index(right))
    return KINDS.format(
        num_samples=NUM_SAMPLES,
        ended="finished: "
        + ", ".join(f"{name} {count}" for name, count in zip(SHOWN_KINDS, ended, strict=True)),
        first=ENDS[0],
        last=ENDS[1],
        rows=COMPLETED_ROWS,
        num_completed=NUM_COMPLETED,
        recognized=len(ranks),
        top1=np.mean(np.array(ranks) == 0),
        top5=np.mean(np.array(ranks) < 5),
    )


def draw_completions(model, dataset, folder):
    names, made = dataset.profile.labels, []
    for name in SHOWN_KINDS[:NUM_COMPLETED]:
        number = int(np.flatnonzero(dataset.test.labels == names.index(name))[0])
        whole = dataset.sketch("test", number)
        part = Sketch(whole.strokes[:COMPLETED_ROWS], whole.first_row)
        made.append(complete(model, part, 3, label=name, temperature=TEMPERATURE, fit=False))
    sketches = [made[kind].sketches[row] for row in range(3) for kind in range(len(made))]
    picture = grid(sketches, columns=len(made), prefix=COMPLETED_ROWS, style=Style(cell=90))
    save(picture, folder / "completions.png")


def draw_samples(model, folder):
    if model.config.num_labels:
        sketches = drawn(model, 1).sketches
        save(grid(sketches, columns=23, style=Style(cell=45)), folder / "samples.png")
        return
    sketches = sample(model, NUM_SAMPLES, temperature=TEMPERATURE).sketches
    save(grid(sketches, columns=5, style=Style(cell=90)), folder / "samples.png")


def draw_reconstructions(model, dataset, folder):
    """The section on reconstructions; makes its picture."""
    numbers, labels = range(NUM_RECONSTRUCTIONS), None
    which = f"The first {NUM_RECONSTRUCTIONS} drawings of the test split"
    if model.config.num_labels:
        known = dataset.profile.labels
        kinds = [known.index(name) for name in SHOWN_KINDS]
        numbers = [int(np.flatnonzero(dataset.test.labels == kind)[0]) for kind in kinds]
        labels = SHOWN_KINDS
        which = f"The first test drawing of each of {len(kinds)} kinds, given its label"
    originals = [dataset.sketch("test", number) for number in numbers]
    drawn = reconstruct(model, originals, temperature=0.1, fit=False, label=labels).sketches
    save(pairs(originals, drawn, columns=5, style=Style(cell=90)), folder / "reconstructions.png")
    return RECONSTRUCTIONS.format(which=which)


def figures(model, dataset):
    """The measured figures: losses, and how many of 1,000 samples finish."""
    samples = drawn(model, NUM_COUNTED)
    lengths = sorted(len(sketch) for sketch in samples.sketches)
    num_empty, with_paper_rule = samples.num_empty, ""
    if model.habits.temperature_rule != PAPER:
        others = drawn(model, NUM_COUNTED, rule=PAPER)
        with_paper_rule = f" With the paper's rule {others.share_ended:.1%} finished."
    splits = {name: dataset.split(name) for name in ("train", "valid", "test")}
    return {
        "temperature": TEMPERATURE,
        "counted": len(samples),
        "ended": samples.share_ended,
        "empty": f" {num_empty} ended before their first movement." if num_empty else "",
        "with_paper_rule": with_paper_rule,
        "length": lengths[len(lengths) // 2],
        "data_length": sorted(dataset.test.lengths)[len(dataset.test) // 2],
        "losses": "\n".join(loss_row(model, name, splits[name]) for name in ("valid", "test")),
        "data": ", ".join(dataset.profile.sources),
        "splits": " / ".join(f"{len(split):,}" for split in splits.values())
        + f", N_max {dataset.profile.max_seq_len}",
        "network": describe_network(model.config),
        "parameters": num_parameters(model.network),
        "rule": model.habits.temperature_rule,
        "strength": f"; label strength {model.habits.label_strength:g}, "
        f"{model.habits.label_candidates} candidates for each movement"
        if model.config.num_labels
        else "",
    }


def loss_row(model, name, split):
    losses = evaluate(model, split)
    shuffled = "no z"
    if model.config.conditional:
        shuffled = f"{evaluate(model, split, shuffle_z=True).reconstruction:.4f}"
    return f"| {name} | {losses.reconstruction:.4f} | {losses.kl:.4f} | {shuffled} |"


if __name__ == "__main__":
    main()
