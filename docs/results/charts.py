"""Loss curves, drawn with matplotlib: `pip install -e '.[docs]'`.

`python docs/results/charts.py` redraws the charts of the documentation from the CSV files beside
them. The values of all but `quickdraw` were read from an earlier chart, to 0.002 of L_R
or better (0.02 in `distributed`).
"""

from __future__ import annotations

import csv
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot

COLORS = ("#3d4a9e", "#e0604f", "#2a9d8f", "#e9a23b", "#96509f", "#5f6b7a", "#7fb069")

DOCS = Path(__file__).resolve().parents[1]
# The CSV file of each chart, its title, and the name of its y axis.
CHARTS = {
    "results/aaron_sheep/losses.csv": ("", "loss"),
    "results/short_kanji/losses.csv": ("", "loss"),
    "results/quickdraw/losses.csv": ("", "L_R, true length"),
    "results/distributed/curves.csv": ("The same batches, each curve 0.1 higher", "loss"),
    "benchmarks/kernels.csv": ("L_R from one seed", "L_R"),
}


def main():
    for name, (title, y_label) in CHARTS.items():
        path = DOCS / name
        save_curves(read_curves(path), path.with_suffix(".svg"), title=title, y_label=y_label)


def read_curves(path):
    """The curves of a CSV file whose first column is the step; empty cells are left out."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    step, *names = rows[0]
    curves = {}
    for name in names:
        known = [row for row in rows if row[name]]
        curves[name] = [[float(row[key]) for row in known] for key in (step, name)]
    return curves


def save_curves(series, path, *, title="", x_label="step", y_label="loss"):
    """Writes a chart of curves into an SVG file, named in a legend.

    Args:
        series: for each name, x values and y values.
        path: of the file.
        title: above the chart.
        x_label: below it.
        y_label: beside it.
    """
    figure, axes = pyplot.subplots(figsize=(6.4, 3.6), layout="constrained")
    for (name, (x, y)), color in zip(series.items(), COLORS, strict=False):
        # Losses of single batches are noisy; they stay behind the others.
        is_noisy = len(x) > 200 and name.startswith("training")
        width, opacity = (0.7, 0.5) if is_noisy else (1.4, 1.0)
        axes.plot(x, y, color=color, linewidth=width, alpha=opacity, label=name)
    axes.set(title=title, xlabel=x_label, ylabel=y_label)
    axes.grid(axis="y", color="#e7e9ee")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.margins(x=0)
    axes.legend(frameon=False)
    write(figure, path)


def write(figure, path):
    """Writes a figure as SVG; the same figure gives the same file."""
    mpl.rcParams.update({"svg.hashsalt": "sketch-rnn", "svg.fonttype": "none"})
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    mpl.use("agg")
    main()
