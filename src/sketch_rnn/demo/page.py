"""Write the demo's page."""

from __future__ import annotations

import html
import statistics
from pathlib import Path
from typing import Final

from sketch_rnn.demo.pictures import Facts, Originality
from sketch_rnn.model.numbers import num_parameters

_STYLE: Final = """
body { font: 16px/1.55 system-ui, sans-serif; color: #222; background: #fff;
       max-width: 62rem; margin: 3rem auto; padding: 0 1.5rem; }
h1 { font-size: 2rem; margin-bottom: .25rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .25rem; }
p { margin: .25rem 0 .75rem; max-width: 46rem; }
img { width: 100%; height: auto; }
code { background: #f3f4f6; padding: .1rem .3rem; border-radius: .2rem; }
footer { margin-top: 3rem; color: #666; font-size: .9rem; }
"""


def write_page(facts: Facts, out: Path) -> Path:
    """Writes `index.html`, which shows the pictures beside it, into `out`, and returns its path."""
    page = out / "index.html"
    sections = "\n".join(_section(*section) for section in _sections(facts))
    page.write_text(
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8"><title>sketch-rnn demo</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>\n"
        f"<h1>What the model learned</h1>\n{_summary(facts)}\n{sections}\n{_footer(facts)}"
        "</body></html>\n",
        encoding="utf-8",
    )
    return page


def _summary(facts: Facts) -> str:
    result, config = facts.result, facts.model.config
    time = "" if facts.seconds is None else f" in {facts.seconds / 60:.1f} minutes"
    return (
        f"<p>Trained for {result.step:,} steps{time} on "
        f"generated doodles ({', '.join(facts.model.profile.labels)}). The network has "
        f"{num_parameters(facts.model.network):,} parameters: an encoder of 2 &times; "
        f"{config.enc_rnn_size} and a decoder of {config.dec_rnn_size} units "
        f"({config.dec_model.replace('_', ' ')}). No picture here was selected: "
        "they show the first drawings of the seed.</p>"
    )


def _sections(facts: Facts) -> list[tuple[str, str, str]]:
    """The title, text and picture of each section."""
    pictures = facts.pictures
    new_drawings = (
        "Each column is one random latent vector. Temperature rises from top (safe) to bottom "
        f"(wild). {pictures.share_ended:.0%} of these drawings are finished, the others cut off."
    )
    reconstructions = (
        "Test drawings, which the model has never seen, encoded to a latent vector of "
        f"{facts.model.config.z_size} numbers and redrawn from it."
    )
    interpolation = (
        "Paths through the latent space from a cat to a bus, from a sun to a flower, and from a "
        "house to a fish. Grey drawings are given; beside them is what the model makes of them."
    )
    curve = (
        "The reconstruction loss L_R falls as the model learns; lower is better, and negative "
        "values are normal. Training drawings are augmented, so their loss is higher."
    )
    training = (
        "Drawings that the model is trained on. Colour runs from the first point to the last."
    )
    completions = "The grey half was given; the model draws the rest, differently each time."
    originality = _originality(pictures.originality)
    return [
        *([("Learning", curve, pictures.curve)] if pictures.curve else []),
        ("Training drawings", training, pictures.training),
        ("New drawings", new_drawings, pictures.temperatures),
        ("Reconstructions", reconstructions, pictures.reconstructions),
        ("Interpolation", interpolation, pictures.interpolation),
        ("Completions", completions, pictures.completions),
        ("Did it memorise the training data?", originality, pictures.nearest),
        ("Stroke by stroke", "The order in which the model draws.", pictures.drawn),
    ]


def _originality(found: Originality) -> str:
    new, test = statistics.median(found.new), statistics.median(found.test)
    return (
        "New drawings beside the training drawings nearest to them. The distance is the mean "
        "distance from the ink of one to the ink of the other, in percent of the drawing's size. "
        f"For {len(found.new)} new drawings its median is {new:.1%}, and the smallest "
        f"{min(found.new):.1%}; for test drawings, which come from the same generator as the "
        f"training drawings, the median is {test:.1%}. A copy would be at 0. The first of each: "
        + ", ".join(f"{distance:.1%}" for distance in found.new[:10])
        + "."
    )


def _section(title: str, text: str, picture: str) -> str:
    return (
        f"<section><h2>{html.escape(title)}</h2><p>{html.escape(text)}</p>"
        f'<img src="{picture}" alt="{html.escape(title)}"></section>'
    )


def _footer(facts: Facts) -> str:
    run = html.escape(str(facts.result.folder))
    return (
        "<footer><p>Every picture is here as SVG and as PNG. Draw more with this model: "
        f"<code>sketch-rnn draw {run} -n 50 --temperature 0.3 --out more.svg</code></p>"
        "<p>The method: David Ha and Douglas Eck, A Neural Representation of Sketch Drawings, "
        "2017, arXiv:1704.03477.</p></footer>"
    )
