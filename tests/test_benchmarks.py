"""The benchmarks, very small: every figure can be taken, and a run that did nothing gives none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.deploys import Target
from benchmarks.measuring import BenchmarkFailed, Place
from benchmarks.repositories import Size, deployable

ROOT = Path(__file__).parent.parent


def run(*options: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "--quick", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize(
    ("name", "figures"),
    [("start", 4), ("deploy", 6), ("local", 2), ("status", 3), ("memory", 2), ("edit", 10)],
)
def test_a_small_run_gives_every_figure(name: str, figures: int, tmp_path: Path) -> None:
    done = run("--only", name, "--json", "--cache", tmp_path)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert len(rows) >= figures
    assert all(row["ours"] > 0 for row in rows)


def test_the_table_goes_between_the_marks_of_a_file(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- table: begin -->\nold\n<!-- table: end -->\nafter\n", encoding="utf-8")
    done = run("--only", "start", "--write", page)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("| what | size | delay | ours | baseline | ratio | bound | holds |\n")
    text = page.read_text(encoding="utf-8")
    assert text == f"before\n<!-- table: begin -->\n{done.stdout}<!-- table: end -->\nafter\n"
    assert "git " in done.stdout.splitlines()[-1]


def test_a_deploy_that_wrote_nothing_has_no_time(tmp_path: Path) -> None:
    repo = deployable(tmp_path, Size(files=12, apps=2, commits=3))
    place = Place(tmp_path / "home", tmp_path / "tmp")
    place.folder.mkdir()
    place.clear()
    target = Target(repo, str(repo), place, iter([0, 1]))
    with pytest.raises(BenchmarkFailed, match=r"1\.0\.0: main .* is not one commit ahead"):
        target.deploy()
    assert target.deploy() > 0
