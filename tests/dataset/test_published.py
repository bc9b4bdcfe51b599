"""Data sets known by name are fetched when they are asked for."""

from __future__ import annotations

import pytest

from sketch_rnn.dataset import published
from sketch_rnn.dataset.dataset import load_dataset
from sketch_rnn.dataset.npz_writer import write_npz
from sketch_rnn.dataset.published import (
    PUBLISHED,
    credits_of,
    fetch_published,
    is_fetched,
    is_published,
    published_address,
)
from sketch_rnn.errors import SketchRNNError
from tiny import zigzags
from web import Site, serving


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Serves the sheep and two kinds of QuickDraw drawing in place of those who publish them."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    write_npz(tmp_path / "a.npz", zigzags(3, 0), zigzags(2, 1), zigzags(2, 2))
    site = Site()
    with serving(site):
        monkeypatch.setitem(PUBLISHED, "aaron_sheep", f"{site.address}/sheep.npz")
        monkeypatch.setattr(published, "_QUICKDRAW", f"{site.address}/quickdraw")
        for path in ("/sheep.npz", "/quickdraw/cat.npz", "/quickdraw/fire%20hydrant.npz"):
            site.files[path] = (tmp_path / "a.npz").read_bytes()
        yield site


def test_names_load_like_files_and_are_fetched_once(site):
    assert not is_fetched("quickdraw/cat")
    for _ in range(2):
        dataset = load_dataset(["quickdraw/cat", "quickdraw/fire hydrant"])
        assert len(dataset.train) == 6
        assert dataset.profile.labels == ("cat", "fire hydrant")
        assert dataset.profile.sources == ("quickdraw/cat", "quickdraw/fire hydrant")
        assert dataset.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert site.requests == ["/quickdraw/cat.npz", "/quickdraw/fire%20hydrant.npz"]
    assert is_fetched("quickdraw/cat")


def test_a_category_that_does_not_exist(site):
    with pytest.raises(SketchRNNError) as error:
        load_dataset(["quickdraw/cta"])
    assert str(error.value).endswith(
        "cta.npz: the server answers 404 Not Found; try again, or download it by hand and give "
        "the file's path instead of quickdraw/cta"
    )


def test_a_file_that_is_not_a_dataset(site, tmp_path):
    site.files["/sheep.npz"] = b"<html>"
    with pytest.raises(SketchRNNError, match=r"not a complete \.npz file"):
        fetch_published("aaron_sheep")
    assert not is_fetched("aaron_sheep")


def test_unknown_names():
    assert not is_published("sheep")
    assert not is_published("quickdraw/")
    with pytest.raises(SketchRNNError, match="no published dataset sheep; known are aaron_sheep"):
        published.fetch_published("sheep")


def test_every_category_has_an_address(shared):
    categories = (shared / "data" / "quickdraw_categories.txt").read_text().split("\n")
    categories = [category for category in categories if category.strip()]
    assert len(categories) == 345
    for category in categories:
        address = published_address(f"quickdraw/{category}")
        assert address.startswith("https://storage.googleapis.com/quickdraw_dataset/sketchrnn/")
        assert address.endswith(f"/{category.replace(' ', '%20')}.npz")


def test_credits():
    (sheep,) = credits_of(["aaron_sheep"])
    assert sheep == ("The Sheep Market, © 2006 Aaron Koblin, CC BY-NC 4.0", "CC-BY-NC-4.0")
    assert len(credits_of(["quickdraw/cat", "quickdraw/bus", "kanji", "mine"])) == 2
    assert all(credits_of([name]) for name in PUBLISHED)
    assert credits_of(["mine", "aaron_sheep.npz"]) == ()
