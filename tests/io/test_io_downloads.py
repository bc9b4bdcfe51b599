from __future__ import annotations

import gc
import hashlib
import time

import pytest

from sketch_rnn.dataset.npz_writer import write_npz
from sketch_rnn.dataset.published import fetch_npz
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io import downloads, transfer
from sketch_rnn.io.downloads import cached_path, fetch_file, is_address
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
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]


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


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda site: site.files.clear(), "the server answers 404 Not Found"),
        (lambda site: setattr(site, "num_missing", 30), "the connection ended after"),
        (
            lambda site: site.files.update({"/set/a.npz": site.files["/set/a.npz"][:-30]}),
            "what came is not a complete .npz file",
        ),
        (
            lambda site: site.files.update(
                {"/set/a.npz": site.files["/set/a.npz"].replace(b"PK\x01\x02", b"PK\x01\x03")}
            ),
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


CONTENT = bytes(range(256)) * 4000


def starts(site):
    """Returns where each answer began; whole chunks of what came before are kept."""
    return [int(wanted.strip("bytes=-") or 0) for wanted in site.ranges]


@pytest.fixture
def big(site):
    """Returns the address of a megabyte that can be sent in parts."""
    site.files["/big.bin"] = CONTENT
    site.resumes = True
    return f"{site.address}/big.bin"


def test_a_broken_download_goes_on_where_it_broke(site, big, tmp_path):
    site.cuts = [700_000, 100_000]
    assert fetch_file(big, tmp_path / "kept").read_bytes() == CONTENT
    assert starts(site) == [0, 696_320, 794_624]
    assert [path.name for path in files_in(tmp_path / "kept")] == ["big.bin"]


def test_the_next_call_goes_on_after_a_failure(site, big, tmp_path):
    site.cuts = [700_000, 0, 0, 0, 0, 0]
    message = message_of_file(big, tmp_path)
    assert "the connection ended after 696,320 of 1,024,000 bytes" in message
    assert not cached_path(big, tmp_path).exists()
    assert fetch_file(big, tmp_path).read_bytes() == CONTENT
    assert starts(site) == [0, *[696_320] * 6]


def test_a_file_that_changed_meanwhile_is_fetched_anew(site, big, tmp_path):
    site.cuts = [700_000, 0, 0, 0, 0, 0]
    message_of_file(big, tmp_path)
    site.files["/big.bin"] = CONTENT[::-1]
    assert fetch_file(big, tmp_path).read_bytes() == CONTENT[::-1]


def test_many_breaks_are_no_failure_while_there_is_progress(site, big, tmp_path):
    site.cuts = [70_000] * 15
    assert fetch_file(big, tmp_path).read_bytes() == CONTENT
    assert len(site.ranges) > 10


def test_without_versions_a_broken_download_starts_again(site, big, tmp_path):
    site.resumes = False
    site.cuts = [700_000]
    assert fetch_file(big, tmp_path).read_bytes() == CONTENT
    assert starts(site) == [0, 0]


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_server_that_stalls_is_asked_again(site, big, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT", 0.1)
    site.pauses = [0.4]
    assert fetch_file(big, tmp_path).read_bytes() == CONTENT
    assert starts(site) == [0, 507_904]
    gc.collect()


def test_a_slow_server_is_waited_for(site, big, tmp_path):
    site.pauses = [0.2]
    assert fetch_file(big, tmp_path).read_bytes() == CONTENT
    assert starts(site) == [0]


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
        ({"size": 1_023_999}, "what came is not a file of 1,023,999 bytes, as it should be"),
        ({"sha256": "0" * 64}, "what came has another checksum than it should have"),
        ({"size": 2_000_000}, "what came is not a file of 2,000,000 bytes, as it should be"),
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


def test_a_stop_leaves_the_beginning_for_the_next_call(site, big, tmp_path):
    def stop(done, total):
        if done > 300_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_file(big, tmp_path, on_progress=stop)
    assert not cached_path(big, tmp_path).exists()
    assert fetch_file(big, tmp_path).read_bytes() == CONTENT
    assert starts(site)[1] > 0


@pytest.mark.parametrize("name", ["..", "", "%2e%2e"])
def test_an_address_must_name_a_file(tmp_path, name):
    address = f"http://127.0.0.1/{name}"
    assert message_of_file(address, tmp_path) == f"{address} is not the address of a file"


def message_of_file(address, folder, **expected):
    with pytest.raises(SketchRNNError) as error:
        fetch_file(address, folder, **expected)
    return str(error.value)


def test_a_server_that_never_sends_the_rest_is_given_up(site, big, tmp_path):
    site.cuts = [700_000] * 99
    site.refuses_ranges = True
    message = message_of_file(big, tmp_path)
    assert "the server does not send the rest of the file" in message
    assert len(site.ranges) == 4


def test_connections_that_always_break_are_given_up(site, big, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "_MOST_FAILURES", 5)
    site.cuts = [20_000] * 99
    assert "the connection ended after" in message_of_file(big, tmp_path)
    assert len(site.ranges) == 6


def test_a_file_without_end_is_given_up(site, big, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "_MOST_BYTES", 100_000)
    site.announces = False
    assert "the file is larger than 100,000 bytes" in message_of_file(big, tmp_path)
    assert files_in(tmp_path) == [tmp_path / "a.npz"]


def test_a_server_that_sends_drop_by_drop_is_given_up(site, big, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "_GRACE", 0.0)
    monkeypatch.setattr(transfer, "_LEAST_SPEED", 1e15)
    assert "the server sends less than" in message_of_file(big, tmp_path)


def test_a_download_that_takes_a_day_is_given_up(site, big, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "_MOST_SECONDS", 0.0)
    assert "it has taken more than 0 hours" in message_of_file(big, tmp_path)


def test_redirects_to_other_hosts_need_https(site, big, tmp_path):
    site.redirects["/other.bin"] = big.replace("127.0.0.1", "localhost")
    message = message_of_file(f"{site.address}/other.bin", tmp_path)
    assert "the server redirects to localhost without https" in message
    site.redirects["/same.bin"] = "/big.bin"
    assert fetch_file(f"{site.address}/same.bin", tmp_path).read_bytes() == CONTENT
