"""Writes the page with a model as one HTML file, which computes the network by itself."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from pathlib import Path
from typing import Final

from sketch_rnn.interop.web_writer import WebModel
from sketch_rnn.studio.modules import joined_modules

_PAGE: Final = Path(__file__).with_name("page")
_SCRIPTS: Final = _PAGE / "js" / "offline"

# Nothing is loaded from anywhere, and no other script runs than the one that belongs here.
_POLICY: Final = (
    "default-src 'none'; script-src '{script}' 'wasm-unsafe-eval'; style-src '{style}'; "
    "worker-src blob:; img-src blob: data:; base-uri 'none'; form-action 'none'"
)
_HTML: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<div id="app"><noscript>This page needs JavaScript.</noscript></div>
<script id="model" type="application/json">{header}</script>
<script id="weights" type="text/plain">{weights}</script>
<script id="worker" type="text/plain">{worker}</script>
<script>{script}</script>
</body>
</html>
"""


def page_with_model(model: WebModel) -> str:
    """Returns the HTML text of a page that needs neither server nor network."""
    style = _inline((_PAGE / "style.css").read_text(encoding="utf-8"), "style")
    script = _inline(joined_modules(_SCRIPTS / "page_main.js"), "script")
    policy = _POLICY.format(script=_digest(script), style=_digest(style))
    return _HTML.format(
        policy=html.escape(policy),
        title=html.escape(f"{model.header['name']}: sketch-rnn"),
        style=style,
        header=_data(model.header),
        weights=model.weights,
        worker=_inline(joined_modules(_SCRIPTS / "worker_main.js"), "script"),
        script=script,
    )


def _data(value: object) -> str:
    """JSON in which no name of a label can end the element that it is in, or begin another."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _inline(text: str, element: str) -> str:
    """Text of this package that stands within an element.

    Raises:
        ValueError: if it would end the element, or the browser would read it otherwise.
    """
    if f"</{element}" in text.lower() or "<!--" in text or "\r" in text:
        raise ValueError(f"the page's own text cannot stand within a {element} element")
    return text


def _digest(text: str) -> str:
    """The hash by which the page's policy allows a script or style."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
