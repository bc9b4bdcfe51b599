"""Trains the judge of `sketch_rnn.evaluation` and writes its weights into the package.

    python models/train_judge.py FOLDER --run RUN [--epochs 45] [--threads 1] [--out FILE]

FOLDER holds one file of QuickDraw records for each label, such as `cat.ndjson.gz`. Of each file the
first 180 drawings are learned from; the next 10 show progress, and the rest is for the final
figures. An interrupted training resumes with the same command.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from distortion import augmented, take
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.optim.swa_utils import update_bn

from sketch_rnn.evaluation.judge import Judge, JudgeNetwork, load_judge, save_judge
from sketch_rnn.evaluation.raster import fitted, paint
from sketch_rnn.lines import Lines
from sketch_rnn.model.numbers import num_parameters
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.formats import pieces_of, read_piece
from sketch_rnn.sources.options import ReadingOptions

NUM_TRAIN, NUM_VALID = 180, 10
# Figures of different judges cannot be compared: count up with every new one.
VERSION = 2
SHIPPED = Path(__file__).parents[1] / "src/sketch_rnn/evaluation/judge.safetensors"
BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY, SMOOTHING, DROPOUT = 256, 2e-3, 0.05, 0.1, 0.2
WARM_UP, AVERAGING, FULL_SIZE_AVERAGING = 500, 0.998, 0.99
# Over the last epochs drawings are distorted half as much, then the learning rate falls to 0, and
# then pictures have their full size: smaller ones teach nearly as much in half the time.
NUM_EPOCHS, MILD_EPOCHS, FALLING_EPOCHS, FULL_SIZE_EPOCHS = 45, 20, 10, 6
SMALL_SIZE = 32
NUM_STATISTICS = 100

CARD = """\
---
library_name: sketch-rnn
pipeline_tag: image-classification
license: cc-by-4.0
tags:
- sketch-rnn
- vector-drawings
- pytorch
---

# The judge

It names what a drawing shows, for `sketch-rnn evaluate --drawings`: see
[How good are the drawings?](../../docs/evaluation.md)

| | |
|---|---|
| version | {version} |
| labels | the {labels} categories of QuickDraw |
| network | convolutions in 4 stages (32, 64, 128, 192 channels), 128 features; \
{parameters:,} parameters |
| file | {size:,} bytes of 16-bit numbers, in the package |
| pictures | rasteriser 1: 48 x 48 pixels, independent of stroke order |
| learned from | {train:,} drawings of the \
[Quick, Draw!](https://github.com/googlecreativelab/quickdraw-dataset) (Google, CC BY 4.0): \
the first 180 of 200 simplified records of each category; {epochs} epochs |
| accuracy | **{top1:.1%} named right, {top5:.1%} within five answers**, of {test:,} test drawings \
(records 191 to 200), which it never saw |

```bash
python models/train_judge.py FOLDER --run RUN
```

trains it again, from a folder of `CATEGORY.ndjson.gz` files. Records 181 to 190 showed progress
while it was trained; nothing was chosen by the test drawings.

Best known (of records 181 to 200): {best}.

Least known: {worst}. What it takes drawings for most often, where it is wrong:

| drawing of | taken for | |
|---|---|---|
{confusions}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=NUM_EPOCHS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.run.mkdir(parents=True, exist_ok=True)
    splits, names = read_splits(arguments.folder)
    print(f"{len(names)} labels, drawings: {[len(lines) for lines, _ in splits]}", flush=True)
    average = train(splits, len(names), arguments.run / "state.pt", arguments.epochs)
    save_judge(Judge(folded(average), tuple(names), VERSION), arguments.out)
    card = write_card(load_judge(arguments.out), splits, arguments)
    print(f"{card}\nwrote {arguments.out}, {arguments.out.stat().st_size:,} bytes")


def read_splits(folder: Path):
    """Returns (drawings, label numbers) of train, valid and test, and the labels."""
    files = sorted(folder.glob("*.ndjson*"))
    parts = [[], [], []]
    names = []
    for number, path in enumerate(files):
        chunks = [c for piece in pieces_of([path]) for c in read_piece(piece, ReadingOptions())]
        names.append(chunks[0].labels[0])
        drawings = [chunk.lines.drawing(i) for chunk in chunks for i in range(len(chunk.lines))]
        ends = (0, NUM_TRAIN, NUM_TRAIN + NUM_VALID, len(drawings))
        for part, start, end in zip(parts, ends, ends[1:], strict=False):
            part.extend((drawing, number) for drawing in drawings[start:end])
    return [
        (Lines.from_polylines([lines for lines, _ in part]), np.array([n for _, n in part]))
        for part in parts
    ], names


def train(splits, num_labels, state_file, epochs):
    """Returns the averaged network, with batch normalisation."""
    torch.manual_seed(0)
    network = normalised(JudgeNetwork(num_labels))
    network.dropout.p = DROPOUT
    network.to(memory_format=torch.channels_last)
    average = copy.deepcopy(network).eval()
    optimiser = new_optimiser(network)
    done = 0
    if state_file.exists():
        state = torch.load(state_file, weights_only=True)
        done = state["epochs"]
        for name, part in (("network", network), ("average", average), ("optimiser", optimiser)):
            part.load_state_dict(state[name])
    lines, labels = splits[0]
    per_epoch = len(lines) // BATCH_SIZE
    for epoch in range(done, epochs):
        network.train()
        torch.manual_seed(epoch)
        rng = np.random.default_rng(epoch)
        order = rng.permutation(len(lines))[: per_epoch * BATCH_SIZE].reshape(per_epoch, -1)
        began, total = time.time(), 0.0
        for number, rows in enumerate(order):
            step = epoch * per_epoch + number
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(step / per_epoch, epochs) * min(step / WARM_UP, 1)
            strength = 1 if epoch < epochs - MILD_EPOCHS else 0.5
            pictures = torch.from_numpy(augmented(lines, rows, rng, strength))
            if epoch < epochs - FULL_SIZE_EPOCHS:
                pictures = shrunk(pictures)
            with torch.autocast("cpu", torch.bfloat16):
                _, scores = network(pictures)
            target = torch.from_numpy(labels[rows])
            loss = functional.cross_entropy(scores.float(), target, label_smoothing=SMOOTHING)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item()
            # Weights for small pictures are no good for large ones: those are soon forgotten.
            keep = AVERAGING if epoch < epochs - FULL_SIZE_EPOCHS else FULL_SIZE_AVERAGING
            keep = min(keep, step / (step + 10))
            for old, new in zip(
                average.state_dict().values(), network.state_dict().values(), strict=True
            ):
                if old.is_floating_point():
                    old.lerp_(new, 1 - keep)
        text = f"epoch {epoch + 1}: loss {total / per_epoch:.4f}, {time.time() - began:.0f} s"
        if epoch % 2 or epoch == epochs - 1:
            top1, top5 = accuracy(average, splits[1], small=epoch < epochs - FULL_SIZE_EPOCHS)
            text += f", valid top-1 {top1:.2%}, top-5 {top5:.2%}"
        print(text, flush=True)
        state = {"network": network.state_dict(), "average": average.state_dict()}
        state |= {"optimiser": optimiser.state_dict(), "epochs": epoch + 1}
        torch.save(state, state_file.with_suffix(".tmp"))
        state_file.with_suffix(".tmp").replace(state_file)
    # The averaged statistics of the batch normalisation are those of the small pictures, too.
    rng = np.random.default_rng(epochs)
    some = (rng.choice(len(lines), BATCH_SIZE, replace=False) for _ in range(NUM_STATISTICS))
    update_bn((torch.from_numpy(augmented(lines, rows, rng, 0.5)) for rows in some), average)
    return average


def new_optimiser(network):
    matrices = [parameter for parameter in network.parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in network.parameters() if parameter.ndim == 1]
    groups = [{"params": matrices}, {"params": vectors, "weight_decay": 0}]
    return torch.optim.AdamW(groups, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)


def learning_rate(epoch, num_epochs):
    return LEARNING_RATE * min((num_epochs - epoch) / FALLING_EPOCHS, 1)


def shrunk(pictures):
    size = (SMALL_SIZE, SMALL_SIZE)
    return functional.interpolate(pictures[:, None].float(), size, mode="bilinear", antialias=True)[
        :, 0
    ]


class NormalisedConv(nn.Sequential):
    """A convolution and its batch normalisation."""


def normalised(network):
    """Puts batch normalisation behind every convolution."""
    for module in [*network.modules()]:
        for name, child in [*module.named_children()]:
            if isinstance(child, nn.Conv2d):
                child.bias = None
                setattr(module, name, NormalisedConv(child, nn.BatchNorm2d(child.out_channels)))
    return network


def folded(network):
    """Returns a copy whose convolutions have taken in their batch normalisation."""
    network = copy.deepcopy(network).eval()
    for module in [*network.modules()]:
        for name, child in [*module.named_children()]:
            if isinstance(child, NormalisedConv):
                setattr(module, name, fuse_conv_bn_eval(*child))
    return network.to(memory_format=torch.contiguous_format)


def accuracy(network, split, *, small=False):
    """Returns the shares of drawings whose label is the first, or among the first five."""
    lines, labels = split
    ranks = []
    for start in range(0, len(lines), 500):
        rows = np.arange(start, min(start + 500, len(lines)))
        pictures = torch.from_numpy(paint(fitted(take(lines, rows))))
        with torch.no_grad():
            scores = network(shrunk(pictures) if small else pictures)[1]
        own = scores.gather(1, torch.from_numpy(labels[rows])[:, None])
        ranks.append((scores > own).sum(1))
    rank = torch.cat(ranks)
    return (rank == 0).float().mean().item(), (rank < 5).float().mean().item()


def write_card(judge, splits, arguments):
    """Writes the judge's card beside this script, and returns it."""
    seen = [answers(judge, split) for split in splits[1:]]
    own, chances = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    wrong = Counter()
    for label, answer in zip(own, chances.argmax(1), strict=True):
        if label != answer:
            wrong[judge.labels[label], judge.labels[answer]] += 1
    right = np.array([ranks(own, chances)[own == label] < 1 for label in range(len(judge.labels))])
    order = np.argsort(right.mean(1), kind="stable")
    rows = "\n".join(
        f"| {a} | {b} | {n} of {right.shape[1]} |" for (a, b), n in wrong.most_common(20)
    )
    test = ranks(*seen[1])
    card = CARD.format(
        version=judge.version,
        labels=len(judge.labels),
        parameters=num_parameters(judge.network),
        size=arguments.out.stat().st_size,
        epochs=arguments.epochs,
        top1=(test < 1).mean(),
        top5=(test < 5).mean(),
        train=len(splits[0][0]),
        test=len(test),
        confusions=rows,
        best=names_and_shares(judge, right, order[::-1][:10]),
        worst=names_and_shares(judge, right, order[:10]),
    )
    path = Path(__file__).with_name("judge") / "README.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(card)
    return card


def names_and_shares(judge, right, labels):
    return ", ".join(f"{judge.labels[label]} {right[label].mean():.0%}" for label in labels)


def answers(judge, split):
    """Returns the labels of drawings and what the judge gives each label, as users see it."""
    lines, labels = split
    sketches = [Sketch.from_polylines(lines.drawing(row)) for row in range(len(lines))]
    return labels, judge.look(sketches).probabilities


def ranks(labels, chances):
    """Returns the place of each right label among the answers, from 0."""
    return (chances > chances[np.arange(len(labels)), labels][:, None]).sum(1)


if __name__ == "__main__":
    main()
