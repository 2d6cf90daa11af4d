"""With tokio's feature `parking_lot`, a forked child hangs or crashes."""

import os
import sys
from pathlib import Path

import parked
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))
import chain  # noqa: E402


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_with_the_feature_full_a_chain_of_forked_children_comes_to_no_end():
    assert 0 <= chain.last_generation() < chain.GENERATIONS - 1


def test_without_a_fork_every_runtime_counts():
    lines = len(Path(__file__).read_text().splitlines())
    assert [parked.count(__file__) for _ in range(50)] == [lines] * 50
