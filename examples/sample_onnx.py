"""Draws with a model exported to ONNX, with onnxruntime and NumPy only: no PyTorch is needed.

sketch-rnn export MODEL --to onnx --out onnx
python examples/sample_onnx.py onnx drawing.svg --seed 1 --temperature 0.4
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder written by `sketch-rnn export --to onnx`")
    parser.add_argument("out", type=Path, help="SVG file to write")
    parser.add_argument("--temperature", type=float, default=0.4)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    rows, first_row = draw(arguments.folder, arguments.temperature, rng)
    arguments.out.write_text(svg(rows, first_row))
    print(f"{len(rows)} movements, wrote {arguments.out}")


def draw(folder: Path, temperature: float, rng: np.random.Generator) -> tuple[np.ndarray, str]:
    """A drawing as (n, 3) rows of dx, dy in pixels and pen lifted, and the model's `first_row`."""
    step = onnxruntime.InferenceSession(folder / "decoder_step.onnx")
    settings = json.loads(step.get_modelmeta().custom_metadata_map["sketch_rnn"])
    profile, habits = settings["profile"], settings["habits"]
    names = [output.name for output in step.get_outputs()]
    feed = {}
    if settings["config"]["conditional"]:
        feed["z"] = rng.standard_normal((1, settings["config"]["z_size"]), np.float32)
        start = onnxruntime.InferenceSession(folder / "start.onnx")
        states = [output.name for output in start.get_outputs()]
        feed |= dict(zip(states, start.run(None, feed), strict=True))
    else:
        states = [value.name for value in step.get_inputs() if value.name != "stroke"]
        sizes = {value.name: value.shape[1] for value in step.get_inputs()}
        feed |= {name: np.zeros((1, sizes[name]), np.float32) for name in states}
    stroke = np.array([habits["start_token"]], np.float32)
    rows = []
    for _ in range(profile["max_seq_len"]):
        out = dict(zip(names, step.run(None, {**feed, "stroke": stroke}), strict=True))
        feed |= {name: out[f"next_{name}"] for name in states}
        stroke = sampled(out, temperature, habits["temperature_rule"], rng)
        if stroke[0, 4]:
            break
        rows.append([*stroke[0, :2] * profile["scale"], stroke[0, 3]])
    return np.array(rows).reshape(-1, 3), profile["first_row"]


def sampled(
    out: dict[str, np.ndarray], temperature: float, rule: str, rng: np.random.Generator
) -> np.ndarray:
    """One movement (1, 5), sampled from the mixture at a temperature."""
    divisor = 0.5 + 0.5 * temperature if rule == "js" else temperature
    sigma_factor = temperature if rule == "original" else np.sqrt(temperature)
    pen_divisor = 1.0 if rule == "offsets" else divisor
    component = choose(out["log_pi"][0] / max(divisor, 1e-6), rng)
    pen = choose(out["pen_logits"][0] / max(pen_divisor, 1e-6), rng)
    rho = np.tanh(out["atanh_rho"][0, component])
    first, second = rng.standard_normal(2)
    noise = np.array([first, rho * first + np.sqrt(1 - rho**2) * second])
    sigma = np.exp(out["log_sigma"][0, component]) * sigma_factor
    offset = out["mean"][0, component] + sigma * noise
    return np.array([[*offset, *np.eye(3)[pen]]], np.float32)


def choose(logits: np.ndarray, rng: np.random.Generator) -> int:
    """A class sampled by its logits (Gumbel trick)."""
    return int(np.argmax(logits + rng.gumbel(size=logits.shape)))


def svg(rows: np.ndarray, first_row: str) -> str:
    """The drawing as SVG.

    With `first_row` "line", row 0 is drawn from the origin; with "move" it only places the pen.
    """
    if first_row == "line":
        rows = np.concatenate([[[0, 0, 0]], rows])
    points = np.cumsum(rows[:, :2], axis=0)
    # A new line begins wherever the row before lifted the pen.
    lifted = np.concatenate([[1], rows[:-1, 2]]) if len(rows) else np.zeros(0)
    path = " ".join(
        f"{'M' if up else 'L'}{x:.1f},{y:.1f}" for (x, y), up in zip(points, lifted, strict=True)
    )
    low, high = (points.min(0), points.max(0)) if len(rows) else (np.zeros(2), np.ones(2))
    view = " ".join(f"{value:.1f}" for value in [*(low - 10), *(high - low + 20)])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}"><path d="{path}" fill="none" '
        'stroke="#222" stroke-width="2" stroke-linecap="round"/></svg>\n'
    )


if __name__ == "__main__":
    main()
