"""Everything that happens to a real WordPress is told once and rightly, and nothing else is: by an oracle."""

from __future__ import annotations

import os

import pytest

from tests.oracle.story import Story

pytestmark = pytest.mark.wordpress

#: `ORACLE_SEED=17 pytest tests/test_real_oracle.py` plays any other one.
SEEDS = [int(seed) for seed in os.environ.get("ORACLE_SEED", "1 2 3").split()]
OPERATIONS = 300


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_history_is_told_exactly(seed, tmp_path, wordpress):
    story = Story(wordpress, tmp_path, seed)
    try:
        story.run(OPERATIONS)
    finally:
        story.close()
