from __future__ import annotations

import contextlib
import signal
import threading

import pytest

from sketch_rnn.training.interrupt import Interrupt

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_noted(number):
    with Interrupt() as interrupt:
        assert not interrupt.requested
        signal.raise_signal(number)
        assert interrupt.requested


@pytest.mark.parametrize("first", SIGNALS)
def test_a_second_ctrl_c_stops_at_once(first):
    with Interrupt() as interrupt:
        signal.raise_signal(first)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert interrupt.requested


@pytest.mark.parametrize("first", SIGNALS)
def test_sigterm_may_be_repeated(first):
    with Interrupt() as interrupt:
        signal.raise_signal(first)
        signal.raise_signal(signal.SIGTERM)
    assert interrupt.requested


def test_the_handlers_before_come_back():
    seen = []
    old = {number: signal.signal(number, lambda *args: seen.append(args[0])) for number in SIGNALS}
    try:
        with contextlib.suppress(RuntimeError), Interrupt():
            signal.raise_signal(signal.SIGINT)
            raise RuntimeError
        assert seen == []
        for number in SIGNALS:
            signal.raise_signal(number)
        assert seen == list(SIGNALS)
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def test_another_thread_leaves_the_handlers_alone():
    before = [signal.getsignal(number) for number in SIGNALS]
    during = []

    def enter():
        with Interrupt() as interrupt:
            during.extend(signal.getsignal(number) for number in SIGNALS)
            during.append(interrupt.requested)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert during == [*before, False]
