"""Loss curves, drawn with matplotlib: `pip install -e '.[docs]'`."""

from __future__ import annotations

import matplotlib as mpl
from matplotlib import pyplot

COLORS = ("#3d4a9e", "#e0604f", "#2a9d8f", "#e9a23b", "#96509f", "#5f6b7a", "#7fb069")


def save_curves(series, path, *, title="", x_label="step", y_label="loss"):
    """Writes a chart of curves into an SVG file, named in a legend.

    Args:
        series: for each name, x values and y values.
        path: of the file.
        title: above the chart.
        x_label: below it.
        y_label: beside it.
    """
    # Equal curves make equal files.
    mpl.rcParams["svg.hashsalt"] = "sketch-rnn"
    figure, axes = pyplot.subplots(figsize=(6.4, 3.6), layout="constrained")
    for (name, (x, y)), color in zip(series.items(), COLORS, strict=False):
        axes.plot(x, y, color=color, linewidth=1.2, label=name)
    axes.set(title=title, xlabel=x_label, ylabel=y_label)
    axes.grid(axis="y", color="#e7e9ee")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.margins(x=0)
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
