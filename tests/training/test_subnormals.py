"""Subnormal numbers vanish while training, and only then."""

from __future__ import annotations

import pytest

from sketch_rnn.training.subnormals import flushed_subnormals, subnormals_exist


def fail_while_flushed():
    with flushed_subnormals():
        assert not subnormals_exist()
        with flushed_subnormals():
            pass
        assert not subnormals_exist()
        raise KeyError


def test_flushed_within_and_restored_after():
    assert subnormals_exist()
    with pytest.raises(KeyError):
        fail_while_flushed()
    assert subnormals_exist()
