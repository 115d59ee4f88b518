"""What the agent does when the config repo changes, breaks or is emptied."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from gitops_actions.agent.render import AppFolder
from gitops_actions.errors import DeploymentFailed, LostRace, PolicyRefused, Temporary, UsageError
from gitops_actions.model import CommitStatus
from gitops_actions.testing.machine import NOW, Machine, manifest
from gitops_actions.testing.repos import git


def test_apps_are_published_with_their_modes_and_the_commit_is_marked(machine: Machine) -> None:
    old_umask = os.umask(0o077)
    try:
        report = machine.cycle()
    finally:
        os.umask(old_umask)
    assert (report.outcome, report.changed, report.changed_apps) == ("applied", True, ("api", "web"))
    assert sorted(machine.files()) == ["api/compose.yaml", "api/run", *(f"web/{name}.yaml" for name in "abcd")]
    modes = {name: (machine.current / name).stat().st_mode & 0o777 for name in ("web", "api/run", "web/a.yaml")}
    assert modes == {"web": 0o755, "api/run": 0o755, "web/a.yaml": 0o644}
    assert (machine.target.folder / ".gitops-agent/trees").stat().st_mode & 0o777 == 0o755
    head = git(machine.repo, "rev-parse", "main")
    assert report.revision == head
    assert machine.statuses(head) == (CommitStatus("gitops/dev", "success", "applied: 2 apps, 6 objects", time=NOW),)


def test_a_second_cycle_changes_nothing_and_writes_no_status(machine: Machine) -> None:
    machine.cycle()
    tree, refs = machine.current.readlink(), git(machine.repo, "for-each-ref")
    report = machine.cycle()
    assert (report.outcome, report.changed, report.changed_apps) == ("unchanged", False, ())
    assert machine.current.readlink() == tree
    assert git(machine.repo, "for-each-ref") == refs


def test_a_commit_that_does_not_concern_the_apps_is_no_change(machine: Machine) -> None:
    machine.cycle()
    tree = machine.current.readlink()
    head = machine.commit({"README.md": "hello"})
    report = machine.cycle()
    assert (report.outcome, report.revision, machine.current.readlink()) == ("unchanged", head, tree)
    assert [status.state for status in machine.statuses(head)] == ["success"]


def test_the_previous_tree_stays_until_the_next_change(machine: Machine) -> None:
    machine.cycle()
    for text in ("1", "2", "3"):
        reader = os.open(machine.current, os.O_DIRECTORY)
        machine.commit({"apps/web/a.yaml": manifest(text)})
        machine.cycle()
        assert sorted(os.listdir(f"/proc/self/fd/{reader}/web")) == ["a.yaml", "b.yaml", "c.yaml", "d.yaml"]
        os.close(reader)
        assert len(machine.trees()) == 2


def test_a_partial_tree_of_a_killed_cycle_is_swept(machine: Machine) -> None:
    machine.cycle()
    left = machine.target.content("0" * 32 + "-1")
    left.mkdir(parents=True)
    (left / "x").write_text("x")
    (left / "out").symlink_to(machine.folder)
    (machine.target.folder / ".gitops-agent/current.new").symlink_to("x")
    (machine.target.folder / ".gitops-agent/scratch/export").mkdir(parents=True)
    machine.commit({"apps/web/a.yaml": manifest("new")})
    machine.cycle()
    assert len(machine.trees()) == 2
    assert sorted(os.listdir(machine.target.folder / ".gitops-agent")) == ["lock", "state.json", "trees"]
    assert machine.programs.exists()


def test_few_objects_may_go_and_only_what_was_made_is_pruned(machine: Machine) -> None:
    machine.cycle()
    machine.commit({f"apps/web/{name}.yaml": None for name in "abc"})
    assert machine.cycle().outcome == "applied"
    assert sorted(machine.files()) == ["api/compose.yaml", "api/run", "web/d.yaml"]


def test_most_objects_go_only_when_a_person_names_exactly_these(machine: Machine) -> None:
    machine.cycle()
    before = machine.files()
    machine.apps = machine.apps[1:]
    report = machine.cycle()
    assert isinstance(report.error, PolicyRefused)
    assert (report.outcome, report.changed, machine.files()) == ("refused", False, before)
    assert "v1/ConfigMap//a" in report.error.message
    status = machine.statuses(str(report.revision))[0]
    assert (status.state, status.description[:47]) == ("failure", "refused: 4 of 6 objects would go; the last good")
    name = re.search("--confirm-prune ([0-9a-f]+)", report.error.hint or "")
    assert name is not None
    assert machine.cycle(confirmed="0" * 16).outcome == "refused"
    assert machine.cycle(confirmed=name[1]).outcome == "applied"
    assert sorted(machine.files()) == ["api/compose.yaml", "api/run"]


def test_an_object_that_moves_to_another_file_is_not_gone(machine: Machine) -> None:
    machine.cycle()
    everything = "---\n".join(manifest(name) for name in "abcd")
    machine.commit({f"apps/web/{name}.yaml": None for name in "abcd"} | {"apps/web/all.yaml": everything})
    assert machine.cycle().outcome == "applied"


def test_the_same_object_in_several_apps_counts_for_each(machine: Machine) -> None:
    machine.commit({f"apps/{number}/a.yaml": manifest("app") for number in range(8)})
    apps = [AppFolder(f"app-{number}", f"apps/{number}") for number in range(8)]
    machine.apps = apps
    assert machine.cycle().outcome == "applied"
    machine.apps = apps[:3]
    report = machine.cycle()
    assert report.outcome == "refused"
    assert "5 of 8 objects would go" in str(report.error)


def test_no_apps_at_all_deletes_nothing(machine: Machine) -> None:
    assert machine.cycle().outcome == "applied"
    before, machine.apps = machine.files(), []
    report = machine.cycle()
    assert (report.outcome, machine.files()) == ("refused", before)
    assert "nothing would be left" in str(report.error)


def test_no_apps_from_the_start_is_refused(machine: Machine) -> None:
    machine.apps = []
    report = machine.cycle()
    assert report.outcome == "refused"
    assert not machine.current.exists()


@pytest.mark.parametrize(
    ("files", "modes", "words"),
    [
        ({"apps/web/a.yaml": "a: [\n"}, {}, "no valid YAML"),
        ({f"apps/web/{name}.yaml": None for name in "abcd"}, {}, "app web has no files"),
        ({"apps/web/link": "../../secret"}, {"apps/web/link": "120000"}, "a symbolic link is not published"),
        ({"apps/web/sub": "1" * 40}, {"apps/web/sub": "160000"}, "a submodule is not published"),
        ({"apps/web/big": "version https://git-lfs.github.com/spec/v1\noid x\n"}, {}, "a Git LFS pointer"),
        ({"apps/web/a\x1b[31m": "x"}, {}, "holds a control character"),
    ],
    ids=["yaml", "emptied", "symlink", "submodule", "lfs", "name"],
)
def test_what_cannot_be_rendered_deletes_nothing(
    machine: Machine, files: dict[str, str | None], modes: dict[str, str], words: str
) -> None:
    machine.cycle()
    before, tree = machine.files(), machine.current.readlink()
    head = machine.commit(files, modes)
    report = machine.cycle()
    assert isinstance(report.error, DeploymentFailed)
    assert words in str(report.error)
    assert (report.outcome, machine.files(), machine.current.readlink()) == ("failed", before, tree)
    status = machine.statuses(head)[0]
    assert status.state == "failure"
    assert len(status.description) <= 140
    state = machine.target.state()
    assert state is not None
    assert (state.outcome, state.revision != head, words in state.message) == ("failed", True, True)


def test_an_outage_says_nothing_about_the_deployment(machine: Machine) -> None:
    machine.cycle()
    report = machine.cycle()
    report.blame(LostRace("gone"))
    assert report.status(NOW) is None
    report.blame(OSError(28, "No space left on device", "x\x1b"))
    assert "x\\x1b: No space left" in str(report.error)


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "-x", "", ".git", "a\nb", "current/../.."])
def test_app_names_cannot_leave_the_target(machine: Machine, name: str) -> None:
    machine.apps = [AppFolder(name, "apps/web")]
    report = machine.cycle()
    assert isinstance(report.error, UsageError)
    assert sorted(os.listdir(machine.target.folder)) == [".gitops-agent"]


@pytest.mark.parametrize("folder", ["..", "/etc", "apps/../..", "a//b", "apps/.git"])
def test_folders_cannot_leave_the_repository(machine: Machine, folder: str) -> None:
    machine.apps = [AppFolder("web", folder)]
    assert isinstance(machine.cycle().error, UsageError)


def test_the_root_of_a_branch_can_be_an_app(machine: Machine) -> None:
    machine.commit({"gitops.yaml": "version: 1\n", ".gitops/releases/dev/web.yaml": "app: web\n", "x.txt": "x"})
    machine.apps = [AppFolder("all", "")]
    machine.cycle()
    names = {name.split("/")[1] for name in machine.files()}
    assert names == {"apps", "x.txt"}


def test_a_target_serves_one_environment(machine: Machine) -> None:
    machine.cycle()
    with pytest.raises(UsageError, match="belongs to environment dev"):
        machine.cycle(environment="staging")


def test_one_agent_per_target(machine: Machine) -> None:
    with machine.target.claimed(), pytest.raises(Temporary, match="another agent works on this target") as caught:
        machine.cycle()
    assert caught.value.exit_code == 6


def test_on_change_is_told_what_changed_and_no_secret(machine: Machine) -> None:
    names = ["GITOPS_TOKEN", "GITHUB_TOKEN", "GH_PAT", "GIT_CONFIG_VALUE_0", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY"]
    names += ["SMTP_PASS", "SSHPASS", "MYSQL_PWD", "DOCKER_CREDS"]
    secrets = dict.fromkeys(names, "s3cret")
    environ = machine.environ | secrets | {"HTTPS_PROXY": "http://me:s3cret@proxy", "DOCKER_HOST": "unix:///x"}
    report = machine.cycle(on_change='env > "$HOME/seen"; pwd', environ=environ)
    seen = dict(line.split("=", 1) for line in (machine.folder / "seen").read_text().splitlines())
    assert "s3cret" not in str(seen)
    assert seen["DOCKER_HOST"] == "unix:///x"
    assert {name: value for name, value in seen.items() if name.startswith("GITOPS_")} == {
        "GITOPS_ENVIRONMENT": "dev",
        "GITOPS_REVISION": report.revision,
        "GITOPS_TARGET": str(machine.current),
        "GITOPS_APPS": "api web",
    }


def test_a_failed_on_change_is_tried_again(machine: Machine) -> None:
    count = 'echo "$GITOPS_APPS" >> "$HOME/runs"; test -e "$HOME/ready"'
    runs = machine.folder / "runs"
    machine.cycle()
    machine.commit({"apps/web/a.yaml": manifest("new")})
    report = machine.cycle(on_change=count)
    assert isinstance(report.error, DeploymentFailed)
    assert (report.outcome, report.changed) == ("failed", True)
    assert machine.statuses(str(report.revision))[0].state == "failure"

    machine.commit({"apps/api/compose.yaml": "services: {a: {}}\n"})
    assert machine.cycle(on_change=count).outcome == "failed"
    (machine.folder / "ready").touch()
    report = machine.cycle(on_change=count)
    assert (report.outcome, report.changed) == ("applied", False)
    assert machine.statuses(str(report.revision))[0].state == "success"
    assert machine.cycle(on_change=count).outcome == "unchanged"
    assert runs.read_text().splitlines() == ["web", "api web", "api web"]


def test_a_full_disk_keeps_the_last_good_tree(machine: Machine) -> None:
    machine.cycle()
    before = machine.files()
    machine.commit({"apps/web/" + "n" * 300: "x"})
    report = machine.cycle()
    assert isinstance(report.error, DeploymentFailed)
    assert "cannot publish" in report.error.message
    assert machine.files() == before


def test_damaged_memory_is_made_anew(machine: Machine) -> None:
    machine.cycle()
    before = machine.files()
    Path(machine.target.folder, ".gitops-agent/state.json").write_text("{")
    with pytest.raises(UsageError, match="belongs to environment dev"):
        machine.cycle(environment="staging")
    assert machine.cycle().outcome == "unchanged"
    state = machine.target.state()
    assert state is not None
    assert (state.environment, machine.files()) == ("dev", before)
