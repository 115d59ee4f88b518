"""The benchmarks, very small: every figure can be taken, and a run that did nothing gives none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import api, forges
from benchmarks.deploys import Target
from benchmarks.measuring import BenchmarkFailed, Place
from benchmarks.repositories import Size, deployable

ROOT = Path(__file__).parent.parent


def run(*options: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "--quick", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize(
    ("name", "figures"),
    [("start", 4), ("deploy", 6), ("local", 2), ("status", 3), ("memory", 2), ("edit", 10), ("api", 10)],
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


def test_a_part_renews_its_own_rows(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    row = "| --help / python -c pass | {} | none | 1 ms | 2 ms | 0.50 | 5.00 | yes |\n"
    other = "| other | 1 file | none | 3 ms | - | - | - | - |\n"
    head = "| what | size | delay | ours | baseline | ratio | bound | holds |\n|---|---|---|--:|--:|--:|--:|---|\n"
    old = f"{head}{other}{row.format('median of 3')}\nan old machine\n"
    page.write_text(f"<!-- table: begin -->\n{old}<!-- table: end -->\n", encoding="utf-8")
    for _ in range(2):
        assert run("--only", "start", "--write", page).returncode == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"<!-- table: begin -->\n{head}{other}| --help / python -c pass | median of 3 |")
    assert row.format("median of 3") not in text
    assert text.count("| median of 3 |") == 2
    assert text.count("| fastest of 3 |") == 2
    *_, machine, part, end = [line for line in text.splitlines() if line]
    assert (machine, part.partition(" ")[0], end) == ("an old machine", "`start`:", "<!-- table: end -->")


def test_calls_that_another_run_did_not_make_have_no_time(tmp_path: Path) -> None:
    place = Place(tmp_path / "home", tmp_path / "tmp", {"GITOPS_TOKEN": forges.TOKEN})
    place.folder.mkdir()
    place.clear()
    with forges.served("gitlab", deployable(tmp_path, Size(files=12, apps=2, commits=3)), tmp_path / "forge") as forge:
        target = api.Target(forge, place, tmp_path / "calls.json")
        target.record()
        assert target.script() > 0
        calls = json.loads(target.recorded.read_text())
        target.recorded.write_text(json.dumps(calls | {"calls": calls["calls"][:-1]}))
        with pytest.raises(BenchmarkFailed, match=r"the open requests of .* are \[\]"):
            target.script()
        target.recorded.write_text(json.dumps(calls | {"calls": [calls["calls"][0], *calls["calls"]]}))
        with pytest.raises(BenchmarkFailed, match="made 5 requests instead of 4"):
            target.script()
        target.recorded.write_text(json.dumps(calls | {"calls": [*calls["calls"], calls["calls"][-1]]}))
        with pytest.raises(BenchmarkFailed, match="409"):
            target.script()


def test_a_deploy_that_wrote_nothing_has_no_time(tmp_path: Path) -> None:
    repo = deployable(tmp_path, Size(files=12, apps=2, commits=3))
    place = Place(tmp_path / "home", tmp_path / "tmp")
    place.folder.mkdir()
    place.clear()
    target = Target(repo, str(repo), place, iter([0, 1]))
    with pytest.raises(BenchmarkFailed, match=r"1\.0\.0: main .* is not one commit ahead"):
        target.deploy()
    assert target.deploy() > 0
