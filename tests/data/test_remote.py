from __future__ import annotations

import gc
import logging
import time

import pooch
import pytest

from sketch_rnn.data.sources import remote
from sketch_rnn.data.sources.npz import write_npz
from sketch_rnn.data.sources.remote import fetch_npz, is_address
from sketch_rnn.errors import SketchRNNError
from tiny import zigzags
from web import Site, serving


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Serves `/set/a.npz`; waiting between tries takes no time."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    write_npz(tmp_path / "a.npz", zigzags(3, 0), zigzags(2, 1), zigzags(2, 2))
    site = Site()
    site.files["/set/a.npz"] = (tmp_path / "a.npz").read_bytes()
    with serving(site):
        yield site


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def message_of(address, folder):
    with pytest.raises(SketchRNNError) as error:
        fetch_npz(address, folder)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("http://a.org", True), ("https://a.org", True), ("data", False), ("http:/a", False)],
)
def test_is_address(text, expected):
    assert is_address(text) == expected


@pytest.fixture
def pooch_messages():
    """Collects what pooch logs, which would go to standard error."""
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    pooch.get_logger().addHandler(handler)
    yield records
    pooch.get_logger().removeHandler(handler)


def test_a_file_is_downloaded_once_and_keeps_its_name(site, tmp_path, pooch_messages):
    first = fetch_npz(f"{site.address}/set/a.npz", tmp_path / "kept")
    assert first.name == "a.npz"
    assert first.read_bytes() == site.files["/set/a.npz"]
    assert fetch_npz(f"{site.address}/set/a.npz", tmp_path / "kept") == first
    assert site.requests == ["/set/a.npz"]
    assert pooch_messages == []
    assert pooch.get_logger().level == logging.NOTSET


def test_equal_names_from_two_places_are_two_files(site, tmp_path):
    site.files["/other/a.npz"] = site.files["/set/a.npz"] + b" "
    paths = [fetch_npz(f"{site.address}/{place}/a.npz", tmp_path) for place in ("set", "other")]
    assert paths[0] != paths[1]
    assert [path.name for path in paths] == ["a.npz", "a.npz"]


def test_downloads_are_kept_in_the_users_cache(site, tmp_path, monkeypatch):
    monkeypatch.setattr(remote.pooch, "os_cache", lambda name: tmp_path / name)
    assert tmp_path / "sketch-rnn" in fetch_npz(f"{site.address}/set/a.npz").parents


def test_failures_are_tried_again(site, tmp_path):
    site.failures = 2
    assert fetch_npz(f"{site.address}/set/a.npz", tmp_path / "kept").is_file()
    assert len(site.requests) == 3


def test_a_failure_that_lasts_is_an_error(site, tmp_path):
    site.failures = 3
    address = f"{site.address}/set/a.npz"
    assert message_of(address, tmp_path / "kept") == (
        f"cannot download {address}: the server answers 503 Service Unavailable; try again, or "
        "download it by hand"
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda site: site.files.clear(), "the server answers 404 Not Found"),
        (lambda site: setattr(site, "num_missing", 30), "the connection failed"),
        (
            lambda site: site.files.update({"/set/a.npz": site.files["/set/a.npz"][:-30]}),
            "what came is not a complete .npz file",
        ),
        (
            lambda site: site.files.update({"/set/a.npz": b"<html>please log in</html>"}),
            "what came is not a complete .npz file",
        ),
    ],
)
# A connection that breaks leaves its socket to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_nothing_is_left_of_a_download_that_failed(site, tmp_path, change, reason):
    change(site)
    address = f"{site.address}/set/a.npz"
    assert f"cannot download {address}: {reason}; " in message_of(address, tmp_path / "kept")
    assert files_in(tmp_path / "kept") == []
    gc.collect()


def test_no_network(site, tmp_path):
    with serving(Site()) as gone:
        address = f"{gone.address}/a.npz"
    assert message_of(address, tmp_path).startswith(
        f"cannot download {address}: the connection failed; "
    )


def test_a_folder_that_cannot_be_written(site, tmp_path):
    (tmp_path / "file").write_text("in the way")
    message = message_of(f"{site.address}/set/a.npz", tmp_path / "file")
    assert message.startswith(f"cannot download {site.address}/set/a.npz: ")


@pytest.mark.parametrize("name", ["..", "", "a.zip", "%2e%2e"])
def test_only_names_of_data_sets(tmp_path, name):
    address = f"http://127.0.0.1/{name}"
    assert message_of(address, tmp_path) == f"{address} is not the address of a .npz file"
