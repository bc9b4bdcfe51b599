"""End to end: the page in an installed Chromium. Slow: `pytest -m slow tests/studio`."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect, sync_playwright

from chromium import CHROMIUM, FLAGS, studio_process
from sketch_rnn.sources.formats import read_drawing_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium"),
]
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
SIDE = 400
HEAD = [(200 + 75 * math.sin(a / 3), 190 - 65 * math.cos(a / 3)) for a in range(20)]
EARS = [[(145, 145), (140, 85), (185, 128)], [(215, 128), (262, 85), (256, 146)]]
PATIENCE = 120_000


@pytest.fixture(scope="module")
def address():
    with studio_process("quickdraw", "sheep", "doodles", "--data", "doodles") as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, address):
    """Returns a function that opens the page, which may complain about nothing."""
    contexts, complaints = [], []

    def opened(hash_="", **how):
        how = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"} | how
        context = browser.new_context(accept_downloads=True, **how)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address + hash_)
        page.wait_for_selector("html[data-ready]")
        return page

    yield opened
    for context in contexts:
        context.close()
    # A request that is refused is said on the page, and by the browser, too.
    assert [text for text in complaints if "status of 400" not in text] == []


def place(page, point):
    box = page.locator(".pad").bounding_box()
    return box["x"] + point[0] * box["width"] / SIDE, box["y"] + point[1] * box["height"] / SIDE


def draw(page, points):
    page.mouse.move(*place(page, points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*place(page, point))
    page.mouse.up()


def num_lines(page):
    return page.locator(".pad > g:nth-of-type(2) > path").count()


def wait_for_ending(page):
    expect(page.locator("#panel-finish .status")).to_contain_text("takes it", timeout=PATIENCE)


def test_a_cat_is_finished_undone_and_saved(open_page, tmp_path):
    page = open_page("#label=cat&seed=4")
    for line in [HEAD, *EARS]:
        draw(page, line)
    assert num_lines(page) == 3
    wait_for_ending(page)
    assert page.locator(".ghost path").count() > 0
    page.keyboard.press("Space")
    taken = num_lines(page)
    assert taken > 3
    page.keyboard.press("Control+z")
    assert num_lines(page) == 3
    page.keyboard.press("Control+Shift+z")
    assert num_lines(page) == taken
    page.locator("#panel-finish summary", has_text="Save").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="SVG", exact=True).click()
    saved = tmp_path / "cat.svg"
    waiting.value.save_as(saved)
    lines = read_drawing_of(saved, 0)
    assert len(lines) == taken
    size = np.ptp(np.concatenate(lines), axis=0)
    ears_to_chin = np.ptp(np.concatenate(lines[:3]), axis=0)
    assert ears_to_chin[1] / size[1] > 0.4


def test_an_ending_is_picked_from_twelve(open_page):
    page = open_page("#label=cat")
    draw(page, HEAD)
    wait_for_ending(page)
    page.keyboard.press("e")
    expect(page.locator(".endings .cell:not(.waiting)")).to_have_count(12, timeout=PATIENCE)
    page.locator(".endings .cell").nth(5).click()
    assert "Finished" in page.locator("#panel-finish .status").text_content()


def test_fingers_draw(open_page):
    page = open_page("#label=cat", has_touch=True, viewport={"width": 360, "height": 740})
    session = page.context.new_cdp_session(page)

    def touch(kind, points):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    points = [dict(zip("xy", place(page, point), strict=True)) for point in HEAD]
    touch("touchStart", points[:1])
    for point in points[1:]:
        touch("touchMove", [point])
    touch("touchEnd", [])
    assert num_lines(page) == 1
    wait_for_ending(page)
    x, y = place(page, (20, 380))
    page.touchscreen.tap(x, y)
    assert "Finished" in page.locator("#panel-finish .status").text_content()
    assert num_lines(page) > 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_keys_alone_draw_choose_a_label_and_take_an_ending(open_page):
    page = open_page()
    page.locator(".pad").focus()
    for key in ["Enter", *["Shift+ArrowRight"] * 4, *["Shift+ArrowDown"] * 3, "Enter"]:
        page.keyboard.press(key)
    assert num_lines(page) == 1
    page.get_by_role("combobox", name="Label").first.focus()
    page.keyboard.type("bicy")
    page.keyboard.press("Enter")
    assert "label=bicycle" in page.url
    page.locator(".pad").focus()
    wait_for_ending(page)
    page.keyboard.press("n")
    assert "seed=2" in page.url
    wait_for_ending(page)
    page.keyboard.press("Space")
    assert num_lines(page) > 1
    page.locator("#tab-finish").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#panel-gallery").is_visible()


def test_a_link_restores_what_was_shown(open_page):
    page = open_page("#label=pig&strength=2&seed=7&temperature=0.25&rule=offsets")
    draw(page, HEAD)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Link").click()
    link = page.evaluate("navigator.clipboard.readText()")
    again = open_page("#" + link.partition("#")[2])
    assert num_lines(again) == 1
    assert again.get_by_role("combobox", name="Label").first.input_value() == "pig"
    assert again.get_by_role("slider", name="Temperature").first.input_value() == "0.25"
    command = again.locator("#panel-finish code")
    assert command.text_content() == (
        "sketch-rnn complete quickdraw drawing.json --label pig --label-strength 2 --count 1 "
        "--temperature 0.25 --temperature-rule offsets --seed 7"
    )
    again.locator("#panel-finish summary", has_text="More").click()
    strength = again.get_by_role("slider", name="Label strength").first
    assert strength.input_value() == "2"
    strength.fill("1.35")
    assert "strength" not in again.url
    assert "--label-strength" not in command.text_content()


def test_files_are_opened(open_page, tmp_path):
    page = open_page()
    path = tmp_path / "two.ndjson"
    drawing = [[[0, 40, 80], [0, 10, 60]], [[10, 50], [70, 75]]]
    path.write_text(f"{json.dumps({'drawing': drawing})}\n" * 2)
    page.locator("#panel-finish input[type=file]").set_input_files(path)
    page.locator("dialog .cell").nth(1).click()
    assert num_lines(page) == 2
    (tmp_path / "bad.json").write_text("{")
    page.locator("#panel-finish input[type=file]").set_input_files(tmp_path / "bad.json")
    expect(page.locator(".message")).to_contain_text("not JSON", timeout=PATIENCE)


def test_gallery_morph_and_inside(open_page):
    page = open_page("#tab=gallery&label=cat")
    expect(page.locator("#panel-gallery .cell:not(.waiting)")).to_have_count(24, timeout=PATIENCE)
    page.get_by_role("button", name="Temperatures").click()
    expect(page.locator("#panel-gallery .cell:not(.waiting)")).to_have_count(48, timeout=PATIENCE)
    page.locator("#tab-morph").click()
    expect(page.locator("#panel-morph .cell:not(.waiting)")).to_have_count(10, timeout=PATIENCE)
    page.get_by_role("button", name="Play").first.click()
    assert page.locator(".screen path").count() > 0
    page.get_by_role("combobox", name="Model", exact=True).select_option("sheep")
    expect(page).to_have_title(re.compile("^sheep"), timeout=PATIENCE)
    expect(page.locator("#panel-morph .cell:not(.waiting)")).to_have_count(10, timeout=PATIENCE)
    page.locator("#tab-inside").click()
    page.wait_for_selector(".clouds ellipse")
    before = page.locator("#panel-inside .status").text_content()
    page.locator("#panel-inside input[type=range]").first.press("ArrowRight")
    assert page.locator("#panel-inside .status").text_content() != before


def test_a_place_of_the_map_is_drawn_and_its_nearest_drawing_taken(open_page):
    page = open_page("#tab=map&model=doodles")
    made = page.locator("#panel-map .cells .cell:not(.waiting)")
    expect(made).to_have_count(6, timeout=PATIENCE)
    assert page.locator(".places circle").count() == 1500
    expect(page.locator("#panel-map .names li")).to_have_count(6)
    first = made.first.locator("path").first
    before = first.get_attribute("d")
    page.locator(".map").focus()
    for key in ["Shift+ArrowRight"] * 6 + ["Enter"]:
        page.keyboard.press(key)
    expect(first).not_to_have_attribute("d", before, timeout=PATIENCE)
    dot = page.locator(".places circle").nth(7)
    dot.hover(force=True)
    ring = page.locator(".mark circle")
    for name in ("cx", "cy"):
        assert ring.get_attribute(name) == dot.get_attribute(name)
    caption = page.locator("#panel-map .panel > .cell .caption")
    expect(caption).to_have_text(page.locator(".mark text").text_content(), timeout=PATIENCE)
    caption.click()
    assert num_lines(page) > 0
    page.locator("#tab-map").click()
    page.get_by_role("combobox", name="Model", exact=True).select_option("quickdraw")
    status = page.locator("#panel-map .stage > .status")
    expect(status).to_contain_text("has no encoder", timeout=PATIENCE)
    assert page.locator(".places circle").count() == 0


def test_sums_of_drawings_of_the_dataset(open_page):
    page = open_page("#tab=morph&model=doodles")
    page.get_by_role("button", name="A \u2212 B + C").click()
    corners = page.locator("#panel-morph .corner:visible")
    expect(corners).to_have_count(3)
    for number in range(3):
        corners.nth(number).locator("select").select_option("data")
        expect(corners.nth(number).locator(".mini path").first).to_be_visible(timeout=PATIENCE)
    made = page.locator("#panel-morph .cells .cell:not(.waiting)")
    expect(made).to_have_count(12, timeout=PATIENCE)
    picture = corners.first.locator(".mini path").first
    before = picture.get_attribute("d")
    corners.first.get_by_role("button", name="Choose").click()
    expect(page.locator("dialog .cell")).to_have_count(48, timeout=PATIENCE)
    page.locator("dialog .cell").nth(5).click()
    expect(picture).not_to_have_attribute("d", before)
    expect(made).to_have_count(12, timeout=PATIENCE)


def test_an_ending_that_fails_is_not_waited_for(open_page):
    page = open_page()
    answer = {"status": 400, "json": {"error": "no ending today"}}
    page.route("**/api/draw", lambda route: route.fulfill(**answer))
    draw(page, HEAD)
    expect(page.locator(".message")).to_have_text("no ending today", timeout=PATIENCE)
    assert page.locator("#panel-finish .status").text_content() == ""
    page.unroute("**/api/draw")
    draw(page, EARS[0])
    wait_for_ending(page)


def test_nothing_is_wider_than_a_small_phone(open_page):
    page = open_page("#model=doodles", viewport={"width": 320, "height": 640})
    for part in ("finish", "gallery", "morph", "inside", "map"):
        page.locator(f"#tab-{part}").click()
        if part == "map":
            expect(page.locator("#panel-map .names li")).to_have_count(6, timeout=PATIENCE)
            for place in (".names li", ".stage > .status"):
                text = page.locator(f"#panel-map {place}").first
                text.evaluate("element => element.append('x'.repeat(5000))")
        assert page.evaluate("document.documentElement.scrollWidth") == 320, part


@pytest.mark.skipif(not AXE.exists(), reason="no axe: npm install --prefix tests/studio")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page, scheme):
    page = open_page("#label=cat", color_scheme=scheme)
    draw(page, HEAD)
    wait_for_ending(page)
    for part in ("finish", "gallery", "morph", "inside", "map"):
        page.locator(f"#tab-{part}").click()
        if part == "map":
            page.get_by_role("combobox", name="Model", exact=True).select_option("doodles")
            expect(page.locator("#panel-map .cell")).to_have_count(7, timeout=PATIENCE)
        page.wait_for_timeout(500)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run().then((result) => result.violations)")
        serious = [
            (part, item["id"], [node["html"][:150] for node in item["nodes"]])
            for item in found
            if item["impact"] in ("serious", "critical")
        ]
        assert serious == []
