from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("kill_stress.py")


def stress(folder, num_kills, seed):
    words = [sys.executable, str(SCRIPT), str(folder), str(num_kills), str(seed)]
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
    check(stress(tmp_path, 5, seed=1), 5)


@pytest.mark.slow
def test_a_run_killed_fifty_times_ends_as_if_left_alone(tmp_path):
    check(stress(tmp_path, 50, seed=2), 50)
