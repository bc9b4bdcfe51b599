"""Measures how good the drawings of the collection's models are, and writes it on their cards.

    python models/judge_cards.py NAME=DATA [NAME=DATA ...] [--temperature 0.4]

NAME is a folder beside this script, DATA a dataset that `sketch-rnn evaluate` takes; `+` joins
several.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from sketch_rnn import SketchRNN, evaluate_drawings, load_dataset

HERE = Path(__file__).parent
HEAD = "How good its drawings are (figures as in `docs/evaluation.md`):"
SECTION = re.compile(rf"{re.escape(HEAD)}\n.*?(?=\nPictures are )", re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", metavar="NAME=DATA")
    parser.add_argument("--temperature", type=float, default=0.4)
    arguments = parser.parse_args()
    for name, data in (each.split("=", 1) for each in arguments.models):
        model, dataset = SketchRNN.from_pretrained(name), load_dataset(data.split("+"))
        report = evaluate_drawings(model, dataset, temperature=arguments.temperature)
        card = HERE / name / "README.md"
        card.write_text(with_section(card.read_text(), f"{HEAD}\n\n{report.markdown()}\n"))
        print(f"{name}\n{report.markdown()}\n", flush=True)


def with_section(card, section):
    """The card with this section, in place of the old one."""
    if SECTION.search(card):
        return SECTION.sub(lambda _: section, card)
    assert "\nPictures are " in card
    return card.replace("\nPictures are ", f"\n{section}\nPictures are ", 1)


if __name__ == "__main__":
    main()
