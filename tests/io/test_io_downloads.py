from __future__ import annotations

import gc
import hashlib

import pytest
from served_files import CONTENT, files_in, message_of_file

from sketch_rnn.dataset.published import fetch_npz
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.downloads import cached_path, fetch_file, is_address
from web import Site, serving


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


def test_a_file_is_downloaded_once_and_keeps_its_name(site, tmp_path):
    first = fetch_npz(f"{site.address}/set/a.npz", tmp_path / "kept")
    assert first.name == "a.npz"
    assert first.read_bytes() == site.files["/set/a.npz"]
    assert fetch_npz(f"{site.address}/set/a.npz", tmp_path / "kept") == first
    assert site.requests == ["/set/a.npz"]


def test_equal_names_from_two_places_are_two_files(site, tmp_path):
    site.files["/other/a.npz"] = site.files["/set/a.npz"] + b" "
    paths = [fetch_npz(f"{site.address}/{place}/a.npz", tmp_path) for place in ("set", "other")]
    assert paths[0] != paths[1]
    assert [path.name for path in paths] == ["a.npz", "a.npz"]


def test_downloads_are_kept_in_the_users_cache(site, tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    assert tmp_path / "sketch-rnn" in fetch_npz(f"{site.address}/set/a.npz").parents


def test_failures_are_tried_again(site, tmp_path):
    site.failures = 4
    assert fetch_npz(f"{site.address}/set/a.npz", tmp_path / "kept").is_file()
    assert len(site.requests) == 5


def test_a_failure_that_lasts_is_an_error(site, tmp_path):
    site.failures = 5
    address = f"{site.address}/set/a.npz"
    assert message_of(address, tmp_path / "kept") == (
        f"cannot download {address}: the server answers 503 Service Unavailable; try again, or "
        "download it by hand"
    )


def test_a_file_that_is_not_for_everyone(site, tmp_path, monkeypatch):
    monkeypatch.setattr(site, "answer", lambda path: (403, b""))
    address = f"{site.address}/set/a.npz"
    assert message_of(address, tmp_path / "kept") == (
        f"cannot download {address}: the server answers 403 Forbidden: it wants a login, or a "
        "proxy blocks it; try again, or download it by hand"
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda site: site.files.clear(), "the server answers 404 Not Found"),
        (lambda site: setattr(site, "num_missing", 30), "the connection ended after"),
        (
            lambda site: site.files.update({"/set/a.npz": site.files["/set/a.npz"][:-30]}),
            "the download is not a complete .npz file",
        ),
        (
            lambda site: site.files.update(
                {"/set/a.npz": site.files["/set/a.npz"].replace(b"PK\x01\x02", b"PK\x01\x03")}
            ),
            "the download is not a complete .npz file",
        ),
        (
            lambda site: site.files.update({"/set/a.npz": b"<html>please log in</html>"}),
            "the download is not a complete .npz file",
        ),
    ],
)
# A connection that breaks leaves its socket to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_nothing_is_left_of_a_download_that_failed(site, tmp_path, change, reason):
    change(site)
    address = f"{site.address}/set/a.npz"
    message = message_of(address, tmp_path / "kept")
    assert message.startswith(f"cannot download {address}: {reason}")
    assert message.endswith("; try again, or download it by hand")
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


def test_progress_is_told(site, big, tmp_path):
    told = []
    fetch_file(big, tmp_path, on_progress=lambda *counts: told.append(counts))
    assert told[0] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert told == sorted(told)


def test_progress_where_the_server_announces_no_length(site, big, tmp_path):
    site.announces = False
    told = []
    path = fetch_file(big, tmp_path, on_progress=lambda *counts: told.append(counts))
    assert path.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), None)


def test_size_and_checksum(site, big, tmp_path):
    digest = hashlib.sha256(CONTENT).hexdigest()
    path = fetch_file(big, tmp_path, size=len(CONTENT), sha256=digest.upper())
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("announces", [True, False])
@pytest.mark.parametrize(
    ("expected", "reason"),
    [
        ({"size": 1_023_999}, "the download is not a file of 1,023,999 bytes, as it should be"),
        ({"sha256": "0" * 64}, "the download has a wrong checksum"),
        ({"size": 2_000_000}, "the download is not a file of 2,000,000 bytes, as it should be"),
    ],
)
def test_another_size_or_checksum(site, big, tmp_path, expected, reason, announces):
    site.announces = announces
    if not announces and expected == {"size": 2_000_000}:
        reason = "the connection ended after 1,024,000 of 2,000,000 bytes"
    message = message_of_file(big, tmp_path, **expected)
    assert message == f"cannot download {big}: {reason}; try again, or download it by hand"
    assert not cached_path(big, tmp_path).exists()


def test_a_kept_file_of_another_size_is_fetched_again(site, big, tmp_path):
    path = fetch_file(big, tmp_path)
    path.write_bytes(CONTENT[:100])
    assert fetch_file(big, tmp_path, size=len(CONTENT)).read_bytes() == CONTENT


def test_what_came_is_checked(site, big, tmp_path):
    def check(path):
        assert path.read_bytes() == CONTENT
        raise ValueError("it is not a picture")

    assert "it is not a picture" in message_of_file(big, tmp_path / "kept", check=check)
    assert files_in(tmp_path / "kept") == []


@pytest.mark.parametrize("name", ["..", "", "%2e%2e"])
def test_an_address_must_name_a_file(tmp_path, name):
    address = f"http://127.0.0.1/{name}"
    assert message_of_file(address, tmp_path) == f"{address} is not the address of a file"


def test_redirects_to_other_hosts_need_https(site, big, tmp_path):
    site.redirects["/other.bin"] = big.replace("127.0.0.1", "localhost")
    message = message_of_file(f"{site.address}/other.bin", tmp_path)
    assert "the server redirects to localhost without https" in message
    site.redirects["/same.bin"] = "/big.bin"
    assert fetch_file(f"{site.address}/same.bin", tmp_path).read_bytes() == CONTENT
