"""The page in docs/web.md, in Chromium with the published library, from an exported model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chromium import CHROMIUM, FLAGS
from sketch_rnn.config import ModelConfig
from sketch_rnn.interop.javascript import javascript_text
from sketch_rnn.profile import DataProfile
from sketch_rnn.trained import SketchRNN
from tiny import make_lively

DOCUMENT = Path(__file__).parents[2] / "docs" / "web.md"
LIBRARY = Path(__file__).parent / "node_modules/@magenta/sketch/dist/magentasketch.js"
PLACE = "http://page.test/"
HAS_INK = """() => {
    const paper = document.getElementById("paper");
    return paper.getContext("2d").getImageData(0, 0, 400, 400).data.some((value) => value > 0);
}"""


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.skipif(not LIBRARY.is_file(), reason="npm install --prefix tests/studio")
def test_the_documented_page_draws():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    text = DOCUMENT.read_text(encoding="utf-8")
    page_text = re.search(r"```html\n(.*?)```", text, re.DOTALL)[1]
    library = re.search(r'script src="(.*?)"', page_text)[1]
    config = ModelConfig(conditional=False, dec_rnn_size=16)
    model = SketchRNN.new(config, DataProfile(scale=10.0, max_seq_len=40), seed=1)
    make_lively(model.network, -1.0)
    exported = javascript_text(model.network, model.profile)
    complaints = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.route(PLACE, lambda route: route.fulfill(body=page_text, content_type="text/html"))
        page.route(f"{PLACE}mine.gen.json", lambda route: route.fulfill(body=exported))
        page.route(library, lambda route: route.fulfill(path=LIBRARY))
        page.goto(PLACE)
        page.wait_for_function(HAS_INK, timeout=120_000)
        browser.close()
    assert complaints == []
