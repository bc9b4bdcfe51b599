import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from sketch_rnn import render
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.render import Style, animated_svg, grid, save, single, to_gif, to_png, to_svg
from sketch_rnn.render.files import is_saved_picture
from sketch_rnn.sketch import Sketch

LETTER_F = Sketch.from_polylines([[(0, 0), (0, 100)], [(0, 0), (60, 0)], [(0, 45), (40, 45)]])
FIGURE = grid([LETTER_F] * 2, labels=["a", "b"], style=Style(cell=40))


def error(message):
    return pytest.raises(SketchRNNError, match=f"^{re.escape(message)}$")


def test_the_extension_chooses_the_format(tmp_path):
    assert save(FIGURE, tmp_path / "f.svg").read_text() == to_svg(FIGURE)
    assert save(FIGURE, tmp_path / "m.svg", animated=True).read_text() == animated_svg(FIGURE)
    assert save(FIGURE, str(tmp_path / "F.PNG")).read_bytes() == to_png(FIGURE)
    assert save(FIGURE, tmp_path / "f.gif").read_bytes() == to_gif(FIGURE)


def test_folders_on_the_way_are_made(tmp_path):
    assert save(LETTER_F, tmp_path / "a" / "b" / "f.svg").exists()


def test_the_same_drawing_is_the_same_bytes():
    for make in (to_svg, to_png, to_gif, animated_svg):
        assert make(grid([LETTER_F] * 3)) == make(grid([LETTER_F] * 3))


def test_sketches_are_arranged_by_default():
    assert to_svg(LETTER_F) == to_svg(single(LETTER_F))
    assert to_svg([LETTER_F, LETTER_F]) == to_svg(grid([LETTER_F, LETTER_F]))


def test_an_unknown_extension_is_refused(tmp_path):
    for name in ("f.bmp", "f"):
        with error(f"cannot save {tmp_path / name}: the name must end in .svg, .png, .gif"):
            save(FIGURE, tmp_path / name)


def test_a_moving_png_is_refused(tmp_path):
    path = tmp_path / "f.png"
    with error(f"cannot save {path}: PNG cannot be animated; use .svg or .gif"):
        save(FIGURE, path, animated=True)


@pytest.mark.parametrize("name", ["f.svg", "f.png", "f.gif", "moving.svg"])
def test_a_picture_of_this_program_is_known(tmp_path, name):
    assert is_saved_picture(save(FIGURE, tmp_path / name, animated=name == "moving.svg"))


@pytest.mark.parametrize("content", [b"", b"<svg></svg>", b"<svg>sketch-rnn</svg>"])
def test_a_picture_of_another_program_is_known(tmp_path, content):
    (tmp_path / "f.svg").write_bytes(content)
    assert not is_saved_picture(tmp_path / "f.svg")
    Image.new("RGB", (3, 3)).save(tmp_path / "f.png")
    assert not is_saved_picture(tmp_path / "f.png")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "f.svg"
    reason = f"{path.parent} is a file, not a folder; choose another name"
    with error(f"{path}: cannot be written: {reason}"):
        save(FIGURE, path)


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path):
    path = tmp_path / "f.svg"
    path.mkdir()
    with error(f"{path}: cannot be written: Is a directory; choose another name"):
        save(FIGURE, path)


def test_a_picture_on_a_full_disk_is_written_whole_or_not_at_all(small_disk):
    path = small_disk / "f.svg"
    save(FIGURE, path)
    before = path.read_bytes()
    many = grid([LETTER_F] * 2000, columns=50)
    assert len(to_svg(many)) > 256_000
    reason = "No space left on device; free some space and try again"
    with error(f"{path}: cannot be written: {reason}"):
        save(many, path)
    assert [file.name for file in small_disk.iterdir()] == ["f.svg"]
    assert path.read_bytes() == before


def test_a_link_to_a_picture_stays_a_link(tmp_path):
    (tmp_path / "link.svg").symlink_to(tmp_path / "f.svg")
    save(FIGURE, tmp_path / "link.svg")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "f.svg").read_text() == to_svg(FIGURE)


def test_nothing_to_draw(tmp_path):
    with error("nothing to draw: there are no sketches"):
        save([], tmp_path / "f.svg")
    assert not list(tmp_path.iterdir())


def test_an_empty_sketch_is_an_empty_picture(tmp_path):
    empty = Sketch(np.zeros((0, 3), np.float32))
    for suffix in (".svg", ".png", ".gif"):
        assert save(empty, tmp_path / f"e{suffix}").stat().st_size > 0


def test_other_things_cannot_be_drawn():
    for thing, name in ((3, "int"), ("sheep", "str"), ([1, 2], "list")):
        with error(f"cannot draw a {name}; give a Sketch, a list of them, or a Figure"):
            to_svg(thing)


def test_sizes_are_checked():
    with error("scale=0 must be a number above 0"):
        to_png(FIGURE, scale=0)
    with error("seconds=-1 must be a number above 0"):
        to_gif(FIGURE, seconds=-1)
    with error("hold=-2 must be at least 0"):
        animated_svg(FIGURE, hold=-2)
    with error(
        f"a picture {FIGURE.width * 1000} pixels long is too large; "
        "draw fewer sketches, or use a smaller cell or scale"
    ):
        to_png(FIGURE, scale=1000)


def test_drawing_needs_no_torch():
    code = "import sketch_rnn.render, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names():
    assert set(render.__all__) == {
        "Block", "Drawable", "Figure", "Style", "animated_svg", "between", "diagram", "grid",
        "network_diagram", "pairs", "save", "single", "strip", "to_gif", "to_image", "to_png",
        "to_svg",
    }  # fmt: skip
    assert all(getattr(render, name).__doc__ for name in render.__all__)
