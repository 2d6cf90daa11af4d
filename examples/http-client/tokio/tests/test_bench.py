"""The benchmark runs, and its results are of every piece of work."""

import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
import bench  # noqa: E402


def test_the_benchmark_runs():
    rows = asyncio.run(bench.measure(bench.AT_A_TIME))
    assert set(rows) == {"one_after_the_other", "side_by_side", "large_body"}
    assert all(passed > 0 and computed > 0 for passed, computed in rows.values())


def test_the_results_favour_the_small_client_for_small_answers_and_rust_for_large_bodies():
    rows = json.loads(bench.RESULTS.read_text())["rows"]
    assert set(rows) == {"one_after_the_other", "side_by_side", "large_body"}
    assert rows["one_after_the_other"][0] > 1 < rows["side_by_side"][0]
    assert rows["large_body"][1] < 1
