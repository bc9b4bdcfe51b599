from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def run_script(name, *arguments):
    words = [sys.executable, str(Path(__file__).with_name(name)), *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(found, num_kills):
    print(found)
    assert found["different"] == []
    # Slow machines may need fewer kills to get to the end than were planned.
    assert 0.8 * num_kills <= found["kills"] <= num_kills
    assert found["reads"] > 2 * found["kills"]


def test_a_run_killed_a_few_times_ends_as_if_left_alone(tmp_path):
    check(run_script("kill_stress.py", tmp_path, 5, 1), 5)


@pytest.mark.slow
def test_a_run_killed_fifty_times_ends_as_if_left_alone(tmp_path):
    check(run_script("kill_stress.py", tmp_path, 50, 2), 50)


def check_kill_points(folder, first, stride):
    found = run_script("kill_points.py", folder, first, stride)
    assert found["different"] == {}
    # At the start and at two validations: two checkpoints, their rotation, and the report.
    assert found["writes"] >= 40


def test_a_run_killed_before_some_of_its_writes_ends_and_reports_as_if_left_alone(tmp_path):
    check_kill_points(tmp_path, 2, 7)


@pytest.mark.slow
def test_a_run_killed_before_each_of_its_writes_ends_and_reports_as_if_left_alone(tmp_path):
    check_kill_points(tmp_path, 0, 1)
