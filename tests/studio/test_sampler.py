"""Laws: however many requests share a call, each gets the drawings that it would get alone."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from studio_models import small_model

from sketch_rnn.config import CELLS
from sketch_rnn.generate.completion import complete, completion_task
from sketch_rnn.generate.options import DrawingOptions
from sketch_rnn.generate.sampling import sample, sampling_task
from sketch_rnn.sketch import Sketch
from sketch_rnn.studio import sampler as sampler_module
from sketch_rnn.studio.jobs import Job

LINES = [[[0.0, 0.0], [40.0, 10.0], [80.0, 60.0]], [[10.0, 70.0], [50.0, 75.0]]]

# Longer than a call of the loop.
ZIGZAG = [[[5.0 * x, 8.0 * (x % 2)] for x in range(sampler_module.MOST_STEPS + 5)]]


class Asked:
    """A job, and what came of it."""

    def __init__(self, model, task, seconds=60.0):
        self.parts = {place: [] for place in range(len(task.numbers))}
        self.ends = {}
        self.error, self.over = None, threading.Event()
        self.job = Job(model, task, self.on_rows, self.on_end, time.monotonic() + seconds)

    def on_rows(self, parts):
        for part in parts:
            self.parts[part.drawing].append(part.strokes)
            if part.ended or part.cut:
                self.ends[part.drawing] = part.ended

    def on_end(self, error):
        self.error = error
        self.over.set()

    def rows(self):
        """Returns the normalised rows of each drawing."""
        assert self.over.wait(60)
        assert self.error is None
        return [np.concatenate(parts) for parts in self.parts.values()]


def assert_same(asked, samples, scale, skipped=0):
    for rows, sketch, place in zip(asked.rows(), samples.sketches, asked.parts, strict=True):
        expected = sketch.stroke5()[skipped:] / np.array([scale, scale, 1, 1, 1], np.float32)
        np.testing.assert_allclose(rows, expected, atol=1e-4)
        assert asked.ends[place] == samples.ended[place]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("conditional", [False, True])
def test_requests_that_share_a_call_get_what_they_would_get_alone(sampler, cell, conditional):
    model = small_model(cell=cell, conditional=conditional)
    jobs = []
    for seed, count, temperature, rule in [
        (0, 3, 0.8, None),
        (1, 1, 0.0, "js"),
        (2, 9, 1.1, "offsets"),
    ]:
        options = DrawingOptions(seed=seed, temperature=temperature, rule=rule)
        task = sampling_task(model, count, None, None, options)
        jobs.append((Asked(model, task), sample(model, count, options=options)))
    for seed, count, lines in [(3, 4, LINES), (4, 1, LINES), (5, 1, ZIGZAG), (6, 2, ZIGZAG)]:
        options = DrawingOptions(seed=seed, temperature=0.8)
        part = Sketch.from_polylines(lines)
        task = completion_task(model, part, count, options, latent="prior", fit=False)
        made = complete(model, part, count, options=options, latent="prior", fit=False)
        jobs.append((Asked(model, task), made))
    for asked, _ in jobs:
        sampler.add(asked.job)
    lengths = set()
    for asked, samples in jobs:
        assert_same(asked, samples, model.profile.scale, samples.prefix_rows)
        lengths |= {len(rows) for rows in asked.rows()}
    assert len(lengths) > 5
    assert sampler.num_open == 0


def test_temperatures_and_rules_share_a_call():
    sampler, model = sampler_module.Sampler(), small_model()
    for temperature, rule in [(0.2, "paper"), (0.9, "js"), (0.0, None)]:
        options = DrawingOptions(temperature=temperature, rule=rule)
        sampler.add(Asked(model, sampling_task(model, 2, None, None, options)).job)
    assert len(sampler._next()) == 6


@pytest.mark.parametrize("cell", CELLS)
def test_requests_with_and_without_candidates_get_what_they_would_get_alone(sampler, cell):
    model, jobs = small_model(cell=cell, labels=("cat", "dog")), []
    for seed, label, count in [(0, "cat", 3), (1, ["dog", "cat"], 2), (2, None, 3), (3, "dog", 1)]:
        candidates = None if label is None else 1 + seed % 3
        options = DrawingOptions(seed=seed, temperature=0.8, label_candidates=candidates)
        task = sampling_task(model, count, None, label, options)
        jobs.append((Asked(model, task), sample(model, count, label=label, options=options), 0))
        part = Sketch.from_polylines(ZIGZAG)
        task = completion_task(model, part, count, options, label=label, fit=False)
        endings = complete(model, part, count, label=label, options=options, fit=False)
        jobs.append((Asked(model, task), endings, len(part)))
    for asked, _, _ in jobs:
        sampler.add(asked.job)
    for asked, samples, given in jobs:
        assert_same(asked, samples, model.profile.scale, given)


def test_a_call_ends_with_the_first_movement_of_a_drawing():
    model, sampler = small_model(end_logit=-30.0), sampler_module.Sampler()
    options = DrawingOptions(max_len=200)
    decoder = model.network.decoder
    sampler.add(Asked(model, sampling_task(model, 1, None, None, options)).job)
    chosen = sampler._next()
    sampler._row_seconds[decoder] = 0.0001
    assert sampler._steps(decoder, chosen) == sampler_module.MOST_STEPS
    part = Sketch.from_polylines(LINES)
    task = completion_task(model, part, 1, options, latent="prior", fit=False)
    sampler.add(Asked(model, task).job)
    chosen += sampler._next()
    assert sampler._steps(decoder, chosen) == len(task.prefix)


def test_random_numbers_go_on_from_block_to_block(sampler):
    model = small_model(end_logit=-9.0)
    options = DrawingOptions(seed=5, temperature=0.7, max_len=600)
    asked = Asked(model, sampling_task(model, 2, None, None, options))
    sampler.add(asked.job)
    assert_same(asked, sample(model, 2, options=options), model.profile.scale)
    assert max(map(len, asked.rows())) > 512


def test_jobs_of_different_settings_do_not_wait_for_each_other_to_end(sampler):
    model = small_model(end_logit=-30.0)
    long = DrawingOptions(max_len=1_000_000)
    asked = Asked(model, sampling_task(model, 1, None, None, long))
    sampler.add(asked.job)
    short = DrawingOptions(max_len=5, temperature=0.9)
    other = Asked(model, sampling_task(model, 1, None, None, short))
    sampler.add(other.job)
    assert len(other.rows()[0]) <= 5
    assert not asked.over.is_set()
    asked.job.cancelled = True


def test_a_new_request_does_not_wait_for_the_many_that_draw(sampler):
    model = small_model(end_logit=-30.0)
    long = DrawingOptions(max_len=1_000_000)
    asked = Asked(model, sampling_task(model, 3 * sampler_module.MOST_ROWS, None, None, long))
    sampler.add(asked.job)
    short = DrawingOptions(max_len=len(ZIGZAG[0]) + 5)
    part = Sketch.from_polylines(ZIGZAG)
    other = Asked(model, completion_task(model, part, 1, short, fit=False))
    sampler.add(other.job)
    assert len(other.rows()[0]) == 6
    assert not asked.over.is_set()
    asked.job.cancelled = True


def test_a_cancelled_job_is_forgotten(sampler):
    model = small_model(end_logit=-30.0)
    asked = Asked(model, sampling_task(model, 3, None, None, DrawingOptions(max_len=1_000_000)))
    sampler.add(asked.job)
    asked.job.cancelled = True
    for _ in range(600):
        if not sampler.num_open:
            break
        time.sleep(0.1)
    assert sampler.num_open == 0
    assert not asked.over.is_set()


def test_a_job_that_takes_too_long_ends_with_an_error(sampler):
    model = small_model(end_logit=-30.0)
    options = DrawingOptions(max_len=1_000_000)
    asked = Asked(model, sampling_task(model, 1, None, None, options), seconds=0.05)
    sampler.add(asked.job)
    assert asked.over.wait(60)
    assert "took too long" in str(asked.error)


def test_a_failure_is_told_and_the_sampler_goes_on(sampler, monkeypatch):
    model = small_model()
    task = sampling_task(model, 2, None, None, DrawingOptions())

    def failing(*_arguments):
        raise RuntimeError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(sampler_module, "drawing_loop", failing)
        asked = Asked(model, task)
        sampler.add(asked.job)
        assert asked.over.wait(60)
    assert "failed to draw" in str(asked.error)
    assert sampler.num_open == 0
    again = Asked(model, task)
    sampler.add(again.job)
    assert_same(again, sample(model, 2), model.profile.scale)


def test_stopping_ends_what_is_open():
    sampler = sampler_module.Sampler()
    sampler.start()
    model = small_model(end_logit=-30.0)
    asked = Asked(model, sampling_task(model, 1, None, None, DrawingOptions(max_len=1_000_000)))
    sampler.add(asked.job)
    sampler.stop()
    assert "shutting down" in str(asked.error)
