"""Makes the pictures of docs/studio.md and the README: python docs/results/studio/pictures.py

The screenshots are of the page in an installed Chromium.
"""

from __future__ import annotations

import io
import math
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "tests"))

from chromium import CHROMIUM, FLAGS, studio_process  # noqa: E402
from sketch_rnn import Sketch, SketchRNN, complete  # noqa: E402
from sketch_rnn.render.files import animated_svg  # noqa: E402
from sketch_rnn.render.tables import grid  # noqa: E402

SIDE = 400
HEAD = [(200 + 75 * math.sin(a / 5), 190 - 65 * math.cos(a / 5)) for a in range(33)]
EARS = [[(145, 145), (140, 85), (185, 128)], [(215, 128), (262, 85), (256, 146)]]
SIZES = {"desktop": (1280, 860), "phone": (390, 844)}
PATIENCE = 120_000
COLOURS = 128


def main() -> None:
    animate_endings()
    models = ("quickdraw", "sheep", "doodles", "--data", "doodles")
    with studio_process(*models) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for name, (width, height) in SIZES.items():
            scheme = "light" if name == "desktop" else "dark"
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            page.set_default_timeout(PATIENCE)
            page.goto(f"{address}#label=cat&seed=21&temperature=0.25")
            page.wait_for_selector("html[data-ready]")
            shots_of(page, name)
        browser.close()


def animate_endings() -> None:
    """Writes three endings of one head being drawn."""
    model = SketchRNN.from_pretrained("quickdraw")
    part = Sketch.from_polylines([HEAD, *EARS]).scaled(0.95)
    samples = complete(model, part, 5, label="cat", temperature=0.25, seed=3)
    figure = grid(samples.sketches, columns=5, prefix=samples.prefix_rows)
    (HERE / "endings.svg").write_text(animated_svg(figure, seconds=6))


def shots_of(page, name: str) -> None:
    for line in [HEAD, *EARS]:
        draw(page, line)
    expect(page.locator("#panel-finish .status")).to_contain_text("takes it", timeout=PATIENCE)
    save(page, f"{name}-finish")
    for part, cells in (("gallery", 24), ("morph", 10), ("inside", 0)):
        page.locator(f"#tab-{part}").click()
        whole = page.locator(f"#panel-{part} .cell:not(.waiting)")
        expect(whole).to_have_count(cells, timeout=PATIENCE)
        if part == "inside":
            page.wait_for_selector(".clouds ellipse")
        save(page, f"{name}-{part}")
    page.locator("#tab-map").click()
    page.get_by_role("combobox", name="Model", exact=True).select_option("doodles")
    whole = page.locator("#panel-map .cell:not(.waiting):visible")
    expect(whole).to_have_count(7, timeout=PATIENCE)
    box = page.locator(".map").bounding_box()
    page.mouse.click(box["x"] + 0.73 * box["width"], box["y"] + 0.51 * box["height"])
    page.wait_for_timeout(3000)
    expect(whole).to_have_count(7, timeout=PATIENCE)
    save(page, f"{name}-map")


def draw(page, points) -> None:
    box = page.locator(".pad").bounding_box()
    unit = box["width"] / SIDE
    page.mouse.move(box["x"] + points[0][0] * unit, box["y"] + points[0][1] * unit)
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(box["x"] + x * unit, box["y"] + y * unit)
    page.mouse.up()


def save(page, name: str) -> None:
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.quantize(COLOURS).save(HERE / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
