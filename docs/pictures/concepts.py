"""Draws the pictures of docs/concepts.md: `python docs/pictures/concepts.py`."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from matplotlib import pyplot

from sketch_rnn import Sketch, SketchRNN, encode, load_dataset, predict, reconstruct
from sketch_rnn.render import Style, grid, save
from sketch_rnn.render.style import LABEL_INK, ORDER_RAMP

sys.path.insert(0, str(Path(__file__).parents[1] / "results"))

from charts import COLORS, write

FOLDER = Path(__file__).parent
GIVEN_INK, PEN_INK = "#9aa1ad", ORDER_RAMP[-1]
KINDS = ("cat", "bus", "sun", "flower", "house", "fish")


def main() -> None:
    model, data = SketchRNN.from_pretrained("doodles"), load_dataset("doodles")
    mixture_picture(model, data)
    temperature_picture()
    latent_picture(model, data)
    shuffled_picture(model, data)
    length_picture(data)


def mixture_picture(model, data):
    """The density of the next point and the pen's probabilities in the middle of a cat."""
    whole = load_dataset("doodles/cat").sketch("test", 1)
    part = Sketch(whole.strokes[:16], whole.first_row)
    mixture = predict(model, part, fit=False)
    lines, pen = part.polylines(), part.positions()[-1]
    low, high = whole.positions().min(0) - 40, whole.positions().max(0) + 40
    x, y = np.meshgrid(*(np.linspace(low[i], high[i], 160) for i in (0, 1)))
    offsets = torch.from_numpy(np.stack([x - pen[0], y - pen[1]], axis=-1)).float()
    density = mixture.offset_log_prob(offsets).exp().numpy()
    figure, (left, right) = pyplot.subplots(
        1, 2, figsize=(7.0, 3.3), width_ratios=(3, 1), layout="constrained"
    )
    # Logarithms, since the density of a sure movement is a thousand times that of a rare one.
    shade = np.log10(density + 1e-9)
    levels = np.linspace(-6.5, shade.max(), 9)
    left.contourf(x, y, shade, levels=levels, cmap="Blues", extend="neither")
    for line in lines:
        left.plot(*line.T, color=GIVEN_INK, linewidth=3, solid_capstyle="round")
    left.plot(*pen, "o", color=PEN_INK, markersize=8)
    left.set(aspect="equal", xlim=(low[0], high[0]), ylim=(high[1], low[1]))
    left.set_axis_off()
    right.bar(("down", "up", "end"), mixture.pen_probs.tolist(), color=COLORS[0])
    right.set(ylim=(0, 1), ylabel="probability")
    right.spines[["top", "right"]].set_visible(False)
    write(figure, FOLDER / "mixture.svg")


def temperature_picture():
    """A mixture of three Gaussians in one dimension, by the paper's rule, at three temperatures."""
    weights, sigmas = np.array([0.55, 0.3, 0.15]), np.array([0.6, 0.5, 0.4])
    means = (-1.5, 0.8, 2.6)
    x = np.linspace(-4, 4.5, 200)
    figure, places = pyplot.subplots(1, 3, figsize=(7.0, 2.1), sharey=True, layout="constrained")
    for axes, temperature in zip(places, (0.1, 0.5, 1.0), strict=True):
        sharpened = weights ** (1 / temperature)
        scaled = sigmas * np.sqrt(temperature)
        parts = np.exp(-(((x[:, None] - means) / scaled) ** 2) / 2) / (scaled * np.sqrt(2 * np.pi))
        density = parts @ (sharpened / sharpened.sum())
        axes.fill_between(x, density, color=COLORS[0], alpha=0.8, lw=0)
        axes.set(title=f"temperature {temperature}", yticks=[], xticks=[])
        axes.spines[["top", "right", "left"]].set_visible(False)
    write(figure, FOLDER / "temperature.svg")


def latent_picture(model, data):
    """Means of z of test drawings, in the plane of their first two principal components."""
    numbers = range(len(data.test))
    z = encode(model, [data.sketch("test", n) for n in numbers], fit=False).numpy()
    centred = z - z.mean(0)
    _, _, axes_of = np.linalg.svd(centred, full_matrices=False)
    places = centred @ axes_of[:2].T
    figure, axes = pyplot.subplots(figsize=(5.4, 3.6), layout="constrained")
    for name, color in zip(KINDS, COLORS, strict=False):
        chosen = data.test.labels == data.profile.labels.index(name)
        axes.scatter(*places[chosen].T, s=14, color=color, label=name, linewidths=0)
    axes.legend(frameon=False, bbox_to_anchor=(1.01, 0.5), loc="center left")
    axes.set(xticks=[], yticks=[], xlabel="first direction", ylabel="second direction")
    axes.spines[["top", "right"]].set_visible(False)
    write(figure, FOLDER / "latent.svg")


def shuffled_picture(model, data):
    """Drawings, redrawn from their own z, and from the z of their right neighbours."""
    labels = [data.profile.labels.index(name) for name in KINDS]
    chosen = [int(np.flatnonzero(data.test.labels == label)[0]) for label in labels]
    given = [data.sketch("test", number) for number in chosen]
    own = reconstruct(model, given, temperature=0.1, fit=False).sketches
    others = reconstruct(model, [*given[1:], given[0]], temperature=0.1, fit=False).sketches
    rows = ("drawings", "own z", "z of others")
    picture = grid(
        [*given, *own, *others], columns=len(given), row_labels=rows, style=Style(cell=80)
    )
    save(picture, FOLDER / "shuffled.svg")


def length_picture(data):
    """Eight drawings as bars of rows, padded to the longest of the dataset."""
    lengths, longest = data.test.lengths[:8], data.profile.max_seq_len
    figure, axes = pyplot.subplots(figsize=(7.0, 2.4), layout="constrained")
    rows = np.arange(len(lengths))
    axes.barh(rows, lengths, color=COLORS[0], label="movements")
    axes.barh(rows, 1, left=lengths, color=COLORS[1], label="end of the drawing")
    rest = longest - np.asarray(lengths) - 1
    axes.barh(rows, rest, left=np.asarray(lengths) + 1, color="#e7e9ee", label="padding")
    axes.set(yticks=[], xlabel="row", xlim=(0, longest))
    axes.set_xticks([0, longest], ["0", f"N_max = {longest}"])
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.legend(ncols=3, frameon=False, loc="outside upper center", labelcolor=LABEL_INK)
    write(figure, FOLDER / "n_max.svg")


if __name__ == "__main__":
    mpl.use("agg")
    main()
