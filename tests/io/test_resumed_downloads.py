"""Downloads that break off, stall or never end."""

from __future__ import annotations

import gc
import gzip

import pytest
from served_files import CONTENT, files_in, message_of_file, starts

from sketch_rnn.io import downloads, transfer
from sketch_rnn.io.downloads import cached_path, fetch_file


def test_a_broken_download_goes_on_where_it_broke(site, big, tmp_path):
    site.cuts = [700_000, 100_000]
    assert fetch_file(big, tmp_path / "kept").read_bytes() == CONTENT
    assert starts(site) == [0, 700_000, 800_000]
    assert [path.name for path in files_in(tmp_path / "kept")] == ["big.bin"]


def test_the_next_call_goes_on_after_a_failure(site, big, tmp_path):
    site.cuts = [700_000, 0, 0, 0, 0, 0]
    message = message_of_file(big, tmp_path)
    assert "the connection ended after 700,000 of 1,024,000 bytes" in message
    assert not cached_path(big, tmp_path).exists()
    assert fetch_file(big, tmp_path).read_bytes() == CONTENT
    assert starts(site) == [0, *[700_000] * 6]


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
    monkeypatch.setattr(transfer, "TIMEOUT", 1.0)
    site.pauses = [2.5]
    assert fetch_file(big, tmp_path).read_bytes() == CONTENT
    assert starts(site) == [0, 512_000]
    gc.collect()


def test_a_slow_server_is_waited_for(site, big, tmp_path):
    site.pauses = [0.2]
    assert fetch_file(big, tmp_path).read_bytes() == CONTENT
    assert starts(site) == [0]


def test_a_stop_leaves_the_beginning_for_the_next_call(site, big, tmp_path):
    def stop(done, total):
        if done > 300_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_file(big, tmp_path, on_progress=stop)
    assert not cached_path(big, tmp_path).exists()
    assert fetch_file(big, tmp_path).read_bytes() == CONTENT
    assert starts(site)[1] > 0


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


@pytest.mark.parametrize("times", [1, 2])
def test_what_a_server_packs_is_unfolded_piece_by_piece(site, big, tmp_path, monkeypatch, times):
    monkeypatch.setattr(transfer, "_MOST_BYTES", 1_000_000)
    sizes, chunks = [], transfer._chunks

    def seen(response):
        for chunk in chunks(response):
            sizes.append(len(chunk))
            yield chunk

    monkeypatch.setattr(transfer, "_chunks", seen)
    content = bytes(50_000_000)
    for _ in range(times):
        content = gzip.compress(content, 1)
    site.files["/big.bin"], site.encoding = content, ", ".join(["gzip"] * times)
    assert "the file is larger than 1,000,000 bytes" in message_of_file(big, tmp_path)
    assert sum(sizes) < 2_000_000


def test_a_server_that_sends_drop_by_drop_is_given_up(site, big, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "_GRACE", 0.0)
    monkeypatch.setattr(transfer, "_LEAST_SPEED", 1e15)
    assert "the server sends less than" in message_of_file(big, tmp_path)
    assert len(starts(site)) == 5


def test_bytes_are_counted_as_they_arrive(site, big, tmp_path):
    site.files["/big.bin"] = CONTENT[:1000]
    site.pauses = [0.4]
    seen = []
    fetch_file(big, tmp_path, on_progress=lambda done, total: seen.append(done))
    assert seen == [0, 500, 1000]


def test_a_download_that_takes_a_day_is_given_up(site, big, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "_MOST_SECONDS", 0.0)
    assert "it has taken more than 0 hours" in message_of_file(big, tmp_path)
