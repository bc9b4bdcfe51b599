"""The contact sheet shows SVG files as a browser does, beside what was made of them."""

from __future__ import annotations

import base64
import gzip
import re

import pytest
from playwright.sync_api import sync_playwright

from chromium import CHROMIUM, FLAGS
from sketch_rnn.preparation.run import prepare_files
from sketch_rnn.preparation.sheets import before_and_after
from sketch_rnn.render import save, to_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 90" {}>'
PAGE = '<rect width="90" height="90" fill="#ffe"/>'
LINE = '<path d="M20 20 H70 V{}" fill="none" stroke="#000"/>'
TEXT = '<text x="9" y="9">hello</text>'


def written(folder, **insides):
    """Writes an SVG for each name, and three plain ones."""
    folder.mkdir()
    plain = {f"plain{n}": "" for n in range(3)}
    for number, (name, inside) in enumerate((plain | insides).items()):
        text = f"{HEAD.format('')}{inside}{LINE.format(40 + 3 * number)}</svg>"
        (folder / f"{name}.svg").write_text(text)
    return folder


def sheet_of(folder, **options):
    report = prepare_files([folder], folder.with_suffix(".npz"))
    return before_and_after(report, **options)


def labels_of(figure):
    return [text.content for text in figure.texts if ".svg" in text.content]


def test_files_that_lost_lines_or_hold_text_are_shown(tmp_path):
    folder = written(tmp_path / "cat", page=PAGE, text=TEXT)
    figure = sheet_of(folder)
    shown = [(folder / f"{name}.svg").read_bytes() for name in ("page", "text")]
    assert [picture.document for picture in figure.pictures] == shown
    below = [label for label in labels_of(figure) if not label.endswith("points")][-2:]
    assert re.fullmatch(r"page\.svg: \d\d% of the lines gone", below[0])
    assert below[1] == "text.svg: text left out"
    # Five in pairs, then two more with a document each.
    assert len(figure.drawings) == 2 * 5 + 2 * 2
    without = sheet_of(folder.rename(tmp_path / "dog"), files=False)
    assert not without.pictures
    assert len(without.drawings) == 2 * 5 + 2 * 2


def test_one_of_each_kind_of_loss_comes_before_the_second_of_any(tmp_path):
    pages = {f"page{n}": PAGE for n in range(9)}
    folder = written(tmp_path / "cat", **pages, text=TEXT, image='<image href="a.png"/>')
    labels = labels_of(sheet_of(folder))[-8:]
    assert sorted(labels[1:3]) == ["image.svg: images left out", "text.svg: text left out"]
    assert all(label.startswith("page") for label in [labels[0], *labels[3:]])


def test_compressed_files_are_shown_unpacked_and_large_ones_not_at_all(tmp_path):
    folder = written(tmp_path / "cat", page=PAGE, large=TEXT)
    content = (folder / "page.svg").read_bytes()
    (folder / "page.svg").rename(folder / "page.svgz")
    (folder / "page.svgz").write_bytes(gzip.compress(content))
    with (folder / "large.svg").open("a") as file:
        file.write("<!--" + "x" * 2**18 + "-->")
    bomb = gzip.compress((folder / "large.svg").read_bytes().replace(b"V52", b"V9"))
    (folder / "bomb.svgz").write_bytes(bomb)
    assert len(bomb) < 9_000
    assert [picture.document for picture in sheet_of(folder).pictures] == [content]


def test_drawings_of_other_files_have_no_document(tmp_path, records):
    report = prepare_files([records], tmp_path / "a.npz")
    assert not before_and_after(report).pictures


HOSTILE = (
    "<script>document.title = 'owned'; fetch('{0}script')</script><style>@import '{0}sheet';"
    "@font-face{{font-family:f;src:url({0}font)}}text{{font-family:f}}</style>"
    '<image href="{0}image" width="9" height="9"/><use href="{0}use.svg#a"/>'
    '<foreignObject width="90" height="90"><iframe xmlns="http://www.w3.org/1999/xhtml" '
    f'src="{{0}}frame"/></foreignObject>{TEXT}'
)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")
def test_a_browser_shows_the_file_and_runs_and_loads_nothing_of_it(tmp_path):
    folder = written(tmp_path / "cat", hostile=HOSTILE.format("http://127.0.0.1:9/") + PAGE)
    (folder / "hostile.svg").write_text(
        (folder / "hostile.svg").read_text().replace("<svg", "<svg onload=\"document.title='x'\"")
    )
    save(sheet_of(folder), tmp_path / "sheet.svg")
    requests = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page()
        page.on("request", lambda request: requests.append(request.url.partition(",")[0]))
        page.goto((tmp_path / "sheet.svg").as_uri())
        page.wait_for_timeout(500)
        # The file's yellow page, and none of its effects.
        assert page.title() == "4 of 4 drawings kept; the last 1 changed most (grey: left out)"
        picture = base64.b64encode(page.locator("image").screenshot())
        colour = page.evaluate(
            """async data => {
                const image = new Image(); image.src = "data:image/png;base64," + data;
                await image.decode();
                const canvas = document.createElementNS("http://www.w3.org/1999/xhtml", "canvas");
                const pen = canvas.getContext("2d"); pen.drawImage(image, 0, 0);
                return [...pen.getImageData(5, 60, 1, 1).data];
            }""",
            picture.decode(),
        )
        browser.close()
    assert requests == [(tmp_path / "sheet.svg").as_uri()]
    assert colour == [255, 255, 238, 255]


def test_the_sheet_is_bounded(tmp_path):
    insides = {f"text{n}": f"{TEXT}<!--{'x' * (2**18 - 300)}-->" for n in range(20)}
    figure = sheet_of(written(tmp_path / "cat", **insides))
    assert len(figure.pictures) == 8
    assert len(to_svg(figure)) < 8 * 2**18 * 4 / 3 + 100_000
