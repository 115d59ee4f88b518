"""What others do below `current`: what the agent made is put back, what they made stays theirs."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_actions.agent.render import AppFolder
from gitops_actions.errors import UsageError
from gitops_actions.testing.machine import Machine, manifest


def edit(current: Path) -> None:
    (current / "web/a.yaml").write_text("changed\n")


def delete(current: Path) -> None:
    (current / "web/a.yaml").unlink()


def mode(current: Path) -> None:
    (current / "api/run").chmod(0o644)


def folder_mode(current: Path) -> None:
    (current / "web").chmod(0o700)


def link(current: Path) -> None:
    outside = current.parent / "outside"
    outside.write_text(manifest("a"))
    (current / "web/a.yaml").unlink()
    (current / "web/a.yaml").symlink_to(outside)


def folder_link(current: Path) -> None:
    outside = current.parent / "elsewhere"
    shutil.copytree(current / "web", outside)
    shutil.rmtree(current / "web")
    (current / "web").symlink_to(outside)


def folder(current: Path) -> None:
    (current / "web/a.yaml").unlink()
    (current / "web/a.yaml").mkdir()


def fifo(current: Path) -> None:
    (current / "web/a.yaml").unlink()
    os.mkfifo(current / "web/a.yaml")


def whole_folder(current: Path) -> None:
    shutil.rmtree(current / "web")


def everything(current: Path) -> None:
    shutil.rmtree(current.resolve().parent)


def no_link(current: Path) -> None:
    current.unlink()


@pytest.mark.parametrize(
    ("meddle", "kinds"),
    [
        (edit, {("web/a.yaml", "changed")}),
        (delete, {("web/a.yaml", "missing")}),
        (mode, {("api/run", "mode")}),
        (folder_mode, {("web/", "mode")}),
        (link, {("web/a.yaml", "replaced")}),
        (folder_link, {("web", "replaced"), *((f"web/{name}.yaml", "missing") for name in "abcd")}),
        (folder, {("web/a.yaml", "replaced")}),
        (fifo, {("web/a.yaml", "replaced")}),
        (whole_folder, {(f"web/{name}.yaml", "missing") for name in "abcd"}),
        (everything, set()),
        (no_link, {(".", "missing")}),
    ],
)
def test_drift_is_put_back_in_one_cycle(
    machine: Machine, meddle: Callable[[Path], None], kinds: set[tuple[str, str]]
) -> None:
    machine.cycle()
    before = machine.files()
    meddle(machine.current)
    report = machine.cycle()
    assert (report.outcome, report.changed, report.error) == ("applied", True, None)
    assert {(one.shown, one.kind) for one in report.drift} == kinds
    assert machine.files() == before
    assert stat.S_IMODE((machine.current / "api/run").stat().st_mode) == 0o755
    again = machine.cycle()
    assert (again.outcome, again.changed, again.drift) == ("unchanged", False, ())


def test_what_lies_behind_links_is_not_touched(machine: Machine) -> None:
    machine.cycle()
    folder_link(machine.current)
    (machine.current.parent / "elsewhere/mine").write_text("mine")
    machine.cycle()
    assert (machine.current.parent / "elsewhere/mine").read_text() == "mine"
    assert (machine.current.parent / "elsewhere/a.yaml").read_text() == manifest("a")
    assert not (machine.current / "web").is_symlink()


def test_a_person_s_files_are_carried_over(machine: Machine) -> None:
    machine.cycle()
    log = machine.current / "web/log"
    odd = os.fsdecode(b"bad\xff\nname\x1b[31m")
    with log.open("w") as stream:
        (machine.current / "top").write_text("top")
        (machine.current / "web" / odd).write_text("odd")
        (machine.current / "mine/deep").mkdir(parents=True)
        (machine.current / "mine").chmod(0o700)
        (machine.current / "mine/deep/link").symlink_to("/etc/passwd")
        os.mkfifo(machine.current / "mine/pipe")
        added = {"top", "web/log", "mine/", "mine/deep/", "mine/deep/link", "mine/pipe", "web/bad\\xff\\nname\\x1b[31m"}
        report = machine.cycle()
        assert (report.outcome, {one.shown for one in report.drift}) == ("unchanged", added)
        assert {one.kind for one in report.drift} == {"added"}

        machine.commit({"apps/web/a.yaml": manifest("new")})
        report = machine.cycle()
        assert (report.outcome, report.changed_apps) == ("applied", ("web",))
        stream.write("still written to by the program that has it open")
    assert log.read_text().startswith("still written")
    assert (machine.current / "web" / odd).read_text() == "odd"
    assert (machine.current / "mine/deep/link").is_symlink()
    assert stat.S_ISFIFO((machine.current / "mine/pipe").lstat().st_mode)
    assert stat.S_IMODE((machine.current / "mine").stat().st_mode) == 0o700


def test_an_added_file_outlives_its_app(machine: Machine) -> None:
    machine.commit({f"apps/web/{name}.yaml": None for name in "bcd"})
    machine.cycle()
    (machine.current / "web/mine").write_text("mine")
    machine.apps.pop(0)
    report = machine.cycle()
    assert report.outcome == "applied"
    assert sorted(machine.files()) == ["api/compose.yaml", "api/run", "web/mine"]


def test_the_config_repo_wins_the_place_of_an_added_file_and_says_so(machine: Machine) -> None:
    machine.cycle()
    (machine.current / "web/new.yaml").write_text("mine")
    (machine.current / "web/folder").write_text("mine")
    machine.commit({"apps/web/new.yaml": manifest("new"), "apps/web/folder/x": "x"})
    report = machine.cycle()
    assert {one.shown for one in report.drift if one.kind == "overwritten"} == {"web/new.yaml", "web/folder"}
    assert machine.files()["web/new.yaml"] == manifest("new").encode()
    assert machine.files()["web/folder/x"] == b"x"


def test_a_folder_of_ours_keeps_its_access_where_others_had_one(machine: Machine) -> None:
    machine.cycle()
    for name in ("one", "two"):
        (machine.current / name).mkdir(mode=0o700)
        (machine.current / name / "mine").write_text("mine")
    machine.apps += [AppFolder("one", "apps/api")]
    machine.commit({"apps/web/c.yaml": None})
    report = machine.cycle()
    assert report.outcome == "applied"
    modes = [stat.S_IMODE((machine.current / name).stat().st_mode) for name in ("one", "two")]
    assert modes == [0o755, 0o700]
    assert machine.files()["one/mine"] == machine.files()["two/mine"] == b"mine"
    assert machine.cycle().outcome == "unchanged"


def test_without_its_inventory_a_tree_loses_nothing(machine: Machine) -> None:
    machine.cycle()
    (machine.current.resolve().parent / "inventory.json").write_text('{"files": {}, "objects": []}')
    machine.commit({"apps/web/a.yaml": None})
    report = machine.cycle()
    assert [finding.code for finding in report.findings] == ["GA506"]
    assert "web/a.yaml" in machine.files()


def make_file(target: Path) -> None:
    (target / "current").write_text("x")


def make_folder(target: Path) -> None:
    (target / "current").mkdir()


def make_link(target: Path) -> None:
    (target / "current").symlink_to("/etc")


def make_near_link(target: Path) -> None:
    (target / "current").symlink_to(".gitops-agent/trees/../../x/apps")


def make_own_link(target: Path) -> None:
    (target.parent / "other").mkdir()
    (target / ".gitops-agent").symlink_to(target.parent / "other")


def make_own_file(target: Path) -> None:
    (target / ".gitops-agent").write_text("x")


@pytest.mark.parametrize("make", [make_file, make_folder, make_link, make_near_link, make_own_link, make_own_file])
def test_a_target_that_is_not_ours_is_left_alone(machine: Machine, make: Callable[[Path], None]) -> None:
    target = machine.current.parent
    target.mkdir()
    make(target)
    before = sorted((str(path), path.lstat().st_ino) for path in target.rglob("current*"))
    with pytest.raises(UsageError, match="is not"):
        machine.cycle()
    assert sorted((str(path), path.lstat().st_ino) for path in target.rglob("current*")) == before
    other = target.parent / "other"
    assert not other.exists() or not list(other.iterdir())


def test_nothing_else_in_the_target_is_touched(machine: Machine) -> None:
    target = machine.current.parent
    target.mkdir()
    names = ["-rf", "a\nb", "current ", "current.new", "$(touch x)", "…"]
    for name in names:
        (target / name).write_text(name)
    machine.cycle()
    machine.commit({"apps/web/a.yaml": None})
    machine.cycle()
    assert sorted(os.listdir(target)) == sorted([*names, "current", ".gitops-agent"])
    assert all((target / name).read_text() == name for name in names)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_cannot_be_read_is_opened_if_it_is_ours(machine: Machine) -> None:
    machine.cycle()
    (machine.current / "web/mine").write_text("mine")
    (machine.current / "web").chmod(0)
    assert machine.cycle().outcome == "applied"
    assert machine.files()["web/mine"] == b"mine"
