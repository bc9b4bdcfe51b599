"""The exported page in Chromium: from the disk, without a network."""

from __future__ import annotations

import math
import shutil

import numpy as np
import pytest
from offline import small_model

from sketch_rnn.generate.sampling import sample
from sketch_rnn.interop.web_writer import web_model
from sketch_rnn.studio.single_file import page_with_model

EVIL = "</script><script>document.title='hacked'</script>"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
PATIENCE_MS = 120_000
# The lines of each drawing in the gallery.
SHAPES = """() => [...document.querySelectorAll('#panel-gallery .cells svg')].map(
    (svg) => [...svg.querySelectorAll('path')].map((path) => path.getAttribute('d')))"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens the page of a model with the network off; afterwards nothing was complained about."""
    complaints = []
    context = browser.new_context(offline=True)
    context.set_default_timeout(PATIENCE_MS)

    def opened(model, hash_="", **options):
        file = tmp_path / "page.html"
        made = web_model(model.network, model.profile, model.habits, name="small", **options)
        file.write_text(page_with_model(made))
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(file.as_uri() + hash_)
        page.wait_for_selector("html[data-ready]")
        return page

    yield opened
    context.close()
    assert complaints == []


def circle(page):
    box = page.locator("svg.pad").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x + 60, y)
    page.mouse.down()
    for step in range(1, 31):
        turn = 2 * math.pi * step / 30
        page.mouse.move(x + 60 * math.cos(turn), y + 60 * math.sin(turn))
    page.mouse.up()


def drawn(page):
    return page.locator("svg.pad path").count()


def test_a_drawing_is_finished(opened):
    page = opened(small_model("layer_norm", conditional=True))
    circle(page)
    page.get_by_role("button", name="Take it").wait_for()
    page.wait_for_function("() => document.querySelectorAll('svg.pad path').length > 1")
    page.keyboard.press("Space")
    page.wait_for_function(
        "() => document.querySelector('.status').textContent.startsWith('Finished')"
        " || document.querySelectorAll('svg.pad path').length > 2"
    )
    page.keyboard.press("Control+z")
    page.keyboard.press("e")
    page.wait_for_function("() => document.querySelectorAll('.endings svg path').length > 12")
    page.get_by_role("tab", name="Inside").click()
    page.wait_for_function("() => document.querySelectorAll('#panel-inside ellipse').length > 0")


def test_labels_morph_and_names_that_look_like_code(opened):
    model = small_model(labels=(EVIL, "dog", "sun"))
    page = opened(model, about=EVIL)
    assert "hacked" not in page.title().replace(EVIL, "")
    assert page.locator(".about").inner_text() == EVIL
    page.get_by_role("tab", name="Morph").click()
    assert page.locator("script").count() == 4


def test_a_model_without_z_and_labels_has_no_morph(opened):
    page = opened(small_model())
    assert page.get_by_role("tab").all_inner_texts() == ["Finish my drawing", "Gallery", "Inside"]


@pytest.mark.parametrize("cell", ["lstm", "layer_norm"])
def test_the_gallery_shows_the_drawings_of_the_seed(opened, cell):
    """As many points as Python draws: the page moves and scales each drawing into its cell."""
    model = small_model(cell)
    page = opened(model, "#tab=gallery&seed=7&temperature=0.5")
    samples = sample(model, 4, seed=7, temperature=0.5)
    counts = [[len(line) for line in sketch.polylines()] for sketch in samples.sketches]
    page.wait_for_function(
        f"(shapes) => JSON.stringify(({SHAPES})().slice(0, 4).map((paths) => paths.map("
        "(d) => d.split(/[ML]/).length - 1))) === shapes",
        arg=str([[max(count, 2) for count in drawing] for drawing in counts]).replace(" ", ""),
    )
    assert np.sum([sum(drawing) for drawing in counts]) > 20
