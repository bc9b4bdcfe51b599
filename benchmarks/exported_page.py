"""Time the network of an exported page in Chromium: `exported_page.py [MODEL ...]`.

Without MODEL it takes models of the package, and a class-conditional lstm of 1,024 units whose
weights are random. The page's own worker runs from a file on the disk, with the network off.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from sketch_rnn.config import ModelConfig
from sketch_rnn.interop.web_writer import web_model
from sketch_rnn.profile import DataProfile
from sketch_rnn.studio.single_file import page_with_model
from sketch_rnn.text import aligned
from sketch_rnn.trained import SketchRNN

MODELS = ("quickdraw", "doodles", "kanji", "aaron_sheep/lstm_uncond")
HEADINGS = (
    "model",
    "page, MB",
    "opened, s",
    "first, ms",
    "ending, ms",
    "12 endings, ms",
    "drawings/s",
    "guess, s",
)
HEAD = [[[50 * x, 40 * y] for x, y in ((1, 0), (0.7, 0.7), (0, 1), (-0.7, 0.7), (-1, 0), (0, -1))]]
CAT = [
    [[100 + 75 * math.sin(a / 3), 100 - 65 * math.cos(a / 3)] for a in range(20)],
    [[45, 55], [40, -5], [85, 38]],
]

# Starts the worker as the page does, and makes a function that times calls in milliseconds: until
# the first piece and until the end.
TIMED = """async () => {
  const text = (id) => document.getElementById(id).textContent;
  const began = performance.now();
  const worker = new Worker(URL.createObjectURL(new Blob([text("worker")])));
  let last = 0;
  const call = (name, request) => new Promise((resolve, reject) => {
    const started = performance.now();
    let first = 0;
    last += 1;
    worker.onmessage = ({ data }) => {
      if (data.pieces?.length) first ||= performance.now() - started;
      if (data.error) reject(new Error(data.error));
      if (data.done) resolve({ first, whole: performance.now() - started });
    };
    worker.postMessage({ id: last, name, request });
  });
  worker.postMessage({ load: { header: JSON.parse(text("model")), weights: text("weights") } });
  await call("open", null);
  window.timed = call;
  return performance.now() - began;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    named = {name: SketchRNN.from_pretrained(name) for name in options.models or MODELS}
    if not options.models:
        named["lstm of 1,024 units, random"] = large_model()
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    rows = [HEADINGS]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, model in named.items():
            file = Path(folder, "page.html")
            made = web_model(model.network, model.profile, model.habits, name=name)
            file.write_text(page_with_model(made), encoding="utf-8")
            page = browser.new_context(offline=True).new_page()
            page.goto(file.as_uri())
            rows.append((name, f"{file.stat().st_size / 1e6:.2f}", *measured(page, model, options)))
            page.close()
        print(f"Chromium {browser.version}, {options.rounds} rounds, medians")
        browser.close()
    print(aligned(rows, right=tuple(range(1, len(HEADINGS)))))


def measured(page: Page, model: SketchRNN, options: argparse.Namespace) -> list[str]:
    label = list(model.profile.labels[:1]) if model.config.num_labels else []
    opened = page.evaluate(TIMED)

    def timed(count: int, **request: object) -> dict[str, float]:
        request = {"count": count, "labels": label, **request}
        runs = [
            page.evaluate(f"timed('draw', {json.dumps({**request, 'seed': seed})})")
            for seed in range(options.rounds)
        ]
        return {key: statistics.median(run[key] for run in runs) for key in runs[0]}

    timed(4)
    one, many = timed(1, lines=HEAD), timed(12, lines=HEAD)
    gallery = timed(options.count)
    guess = "-"
    if label:
        runs = [page.evaluate(f"timed('guess', {json.dumps(CAT)})") for _ in range(options.rounds)]
        guess = f"{statistics.median(run['whole'] for run in runs) / 1000:.2f}"
    return [
        f"{opened / 1000:.2f}",
        f"{one['first']:.0f}",
        f"{one['whole']:.0f}",
        f"{many['whole']:.0f}",
        f"{1000 * options.count / gallery['whole']:.0f}",
        guess,
    ]


def large_model() -> SketchRNN:
    labels = tuple(f"kind {number}" for number in range(345))
    config = ModelConfig(dec_rnn_size=1024, conditional=False, num_labels=345)
    profile = DataProfile(scale=36.0, max_seq_len=40, typical_size=255.0, labels=labels)
    return SketchRNN.new(config, profile)


if __name__ == "__main__":
    main()
