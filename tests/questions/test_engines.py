"""Sweeps beyond one process: rows that stream, executors of any kind, and a Dask cluster that loses a worker."""

from __future__ import annotations

import csv
import json
import os
import signal
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis import recall
from cnncalc.analysis.dropped import dropped_positions
from cnncalc.geometry.shape import total
from cnncalc.questions import sweep
from cnncalc.questions.sweep import MOST_STREAMED, Row
from tests.cli.running import Ran

SPEC = """\
name: Net
vars: {w: 1, d: 1}
input: 3x32x32
layers:
  - conv3x3: {out: 4*w, padding: d, dilation: d}
  - conv3x3: {out: 4, stride: 2}
"""

SEVERAL = """\
vars: {w: 1}
input: 3x32x32
models:
  a:
    layers:
      - conv7x7: {out: 4*w, stride: 2}
      - maxpool2
      - residual: {body: [conv3x3: {out: 8, stride: 2, padding: 1}], shortcut: project}
      - conv3x3: {out: 4, padding: 1}
      - flatten
      - linear: 5
  b:
    layers:
      - {conv3x3: {out: 4*w, padding: 1}, name: skip}
      - conv3x3: {out: 4*w, padding: 1}
      - add: [skip, prev]
      - avgpool2
      - relu
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


def alone(spec: str, row: Row) -> Row:
    """What an analysis of one combination alone says."""
    (model,) = cnncalc.load(spec, sets=dict(row.sets), model=row.model)
    report = cnncalc.analyze(model, dict(row.inputs))
    local = report.last_local
    return Row(
        model=row.model,
        sets=row.sets,
        inputs=report.inputs,
        outputs=tuple(output.shape for output in report.outputs),
        params=report.totals.params,
        macs=report.totals.macs,
        activations=report.totals.activations,
        peak=report.peak,
        dropped=total(map(dropped_positions, report.layers)),
        rf=local.rf.size if local else (),
        rf_stride=local.rf.stride if local else (),
        rf_offset=local.rf.offset if local else (),
    )


def test_every_row_is_what_an_analysis_alone_says_over_chunks_and_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SEVERAL, encoding="utf-8")
    grid: dict[str, Any] = {"input": "3x20..29x24..25", "sets": {"w": ["1", "1/3", "2"]}}
    at_once = list(cnncalc.sweep(path, **grid))
    monkeypatch.setattr(sweep, "CHUNK", 7)  # so that parts of a model's inputs are sent
    monkeypatch.setattr(recall, "MOST_KNOWN", 150)
    rows = list(cnncalc.sweep(path, **grid))
    assert rows == at_once
    assert [row.model for row in rows] == [*["a"] * 20, *["b"] * 20, *[""] * 20, *["a"] * 20, *["b"] * 20]
    assert [row.inputs[0][1].sizes for row in rows[:20]] == list(product(range(20, 30), (24, 25)))
    assert [row.ok for row in rows] == [bool(row.model) for row in rows]
    assert [row for row in rows if row.ok] == [alone(str(path), row) for row in rows if row.ok]


def test_rows_have_the_field_of_the_last_local_layer(spec: str) -> None:
    rows = list(cnncalc.sweep(spec, input="3x16..64/16", sets={"w": "1..3", "d": ["1", "2", "5"]}))
    assert len(rows) == 4 * 3 * 3
    for row in rows:
        assert row == alone(spec, row)
        assert row.rf_offset == (0.5, 0.5)  # the second convolution is not padded: centre 1 at stride 2


def test_a_global_layer_has_no_field_of_its_own() -> None:
    (row,) = cnncalc.sweep("resnet18")
    assert row.rf == (435, 435)
    assert row.rf_offset == (-15.5, -15.5)


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_gives_the_same_rows_in_the_same_order(spec: str, kind: Any) -> None:
    grid: dict[str, Any] = {"input": ["3x16..24", "3x40x41"], "sets": {"w": "1..12", "d": "1..3"}}
    here = list(cnncalc.sweep(spec, **grid))
    assert len(here) == 10 * 36
    with kind(2) as executor:
        assert list(cnncalc.sweep(spec, **grid, executor=executor)) == here
    assert list(cnncalc.sweep(spec, **grid, jobs=2)) == here


def test_variables_that_make_no_network_have_rows_wherever_they_are_computed(spec: str) -> None:
    grid: dict[str, Any] = {"input": "3x4..9", "sets": {"w": ["1", "1/3", "2"], "d": "1..9"}}
    here = list(cnncalc.sweep(spec, **grid))
    assert {row.ok for row in here} == {True, False}
    with ProcessPoolExecutor(2) as executor:
        assert list(cnncalc.sweep(spec, **grid, executor=executor)) == here


@pytest.mark.slow
def test_ten_million_combinations_begin_at_once_and_hold_little(
    spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recall, "MOST_KNOWN", 500)  # it is full, and emptied, within a few rows
    grid: dict[str, Any] = {"input": "3x5..1004x5..1004", "sets": {"w": "1..10"}}
    rows = cnncalc.sweep(spec, **grid)
    assert next(rows).ok
    tracemalloc.start()
    assert sum(row.ok for row in islice(rows, 300)) == 300
    few = tracemalloc.get_traced_memory()[1]
    assert sum(row.ok for row in islice(rows, 1200)) == 1200
    many = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert many < few + 2_000_000
    with pytest.raises(ValueError, match="10,010,000 combinations are more than the 10,000,000"):
        next(cnncalc.sweep(spec, **(grid | {"input": "3x5..1004x5..1005"})))
    assert MOST_STREAMED == 10_000_000


def test_more_than_a_table_holds_is_written_as_csv_and_json_lines(
    spec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = ("sweep", spec, "--input", "3x5..404x5..404")
    ran = Ran(capsys, *many)
    assert ran.code == 2
    assert "160,000 combinations are more than the 100,000 that one sweep takes as a whole" in ran.err
    assert "--format csv or jsonl" in ran.err
    few = ("sweep", spec, "--input", "3x2..5", "--set", "w=1,2")
    for name in ("rows.csv", "rows.jsonl"):
        assert Ran(capsys, *few, "--output", str(tmp_path / name)).code == 0
    lines = (tmp_path / "rows.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert [(record["w"], record["input"]) for record in records] == [
        (w, f"3x{size}x{size}") for w in "12" for size in range(2, 6)
    ]
    assert [record["valid"] for record in records] == [False, True, True, True] * 2
    assert [record["rf"] for record in records] == [None, "5x5", "5x5", "5x5"] * 2
    with (tmp_path / "rows.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["valid"] for row in rows] == ["false", "true", "true", "true"] * 2


def test_engines_that_cannot_be_used(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "sweep", spec, "--dask", "tcp://127.0.0.1:1", "--jobs", "2")
    assert (ran.code, "cannot be combined with --jobs" in ran.err) == (2, True)


@pytest.fixture
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as found:
        yield found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_loses_a_worker_loses_and_doubles_no_row(spec: str, cluster: Any) -> None:
    grid: dict[str, Any] = {"input": "3x16..75", "sets": {"w": "1..20", "d": "1..3"}}
    here = list(cnncalc.sweep(spec, **grid))
    import distributed

    connect: Any = distributed.Client
    with connect(cluster) as client:
        pids = list(client.run(os.getpid).values())
        assert len(set(pids)) == 2
        rows = cnncalc.sweep(spec, **grid, executor=client.get_executor())
        found = [next(rows) for _ in range(200)]
        os.kill(pids[0], signal.SIGKILL)
        found.extend(rows)
    assert found == here
    assert len(found) == 60 * 60


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_command_computes_on_a_cluster(
    spec: str, cluster: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("sweep", spec, "--input", "3x16..20", "--set", "w=1..4", "--format", "csv")
    there = Ran(capsys, *arguments, "--dask", cluster.scheduler_address)
    assert there.code == 0
    assert there.out == Ran(capsys, *arguments).out
