"""`doctor` on a repository of this machine and on a plain git server, and `deploy` right after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gitops_actions.cli.main import cli
from gitops_actions.testing.githttp import GitServer
from gitops_actions.testing.nobody import Nobody
from gitops_actions.testing.world import POLICY, World, files
from tests.e2e.doctorcase import Case, findings

PLAIN = POLICY.replace("dev: {deliver: push}", "dev: {}")
AUTO = POLICY.replace("dev: {deliver: push}", "dev: {auto-merge: true}")
HOOK = "#!/bin/sh\nexit 0\n"
Worlds = Callable[..., World]


def config(*values: str) -> Callable[[World], object]:
    return lambda world: [world.git("config", *value.split("=")) for value in values]


def checked_out(branch: str) -> Callable[[World], object]:
    return lambda world: world.git("worktree", "add", "--quiet", str(world.root / "tree"), branch)


def hook(world: World) -> None:
    path = world.config / "hooks" / "pre-receive"
    path.parent.mkdir(exist_ok=True)
    path.write_text(HOOK)
    path.chmod(0o755)


CASES: list[Case[World]] = [
    Case("all is well", lambda _: None, "", "gitops/dev/web can be made", fails=False),
    Case("all is well by commit", lambda _: None, "", "commits go straight to main", fails=False, policy=POLICY),
    Case("all is well by itself", lambda _: None, "", "merge at once", fails=False, policy=AUTO),
    Case("people are names only", lambda _: None, "", "bob can be asked", fails=False,
         policy=PLAIN.replace("dev: {}", "dev: {reviewers: [bob], labels: [dev]}")),
    Case("the base is checked out", checked_out("main"), "GA513", "main is checked out in a work tree", policy=POLICY),
    Case("the base is checked out, and merged", checked_out("main"), "GA516", "main is checked out", policy=AUTO),
    Case("the base is checked out, and may be", lambda world: (
        checked_out("main")(world), config("receive.denyCurrentBranch=updateInstead")(world)),
        "", "commits go straight to main", fails=False, policy=POLICY),
    Case("the base is checked out, and left alone", checked_out("main"), "", "can be made", fails=False),
    Case("nothing is deleted", config("receive.denyDeletes=true"), "GA516", "cannot be deleted", policy=AUTO),
    Case("nothing is deleted, nor merged", config("receive.denyDeletes=true"), "GA515", "cannot be deleted",
         fails=False),
    Case("only forward", config("receive.denyNonFastForwards=1"), "GA515", "on another commit", fails=False),
    Case("a hook", hook, "GA521", "its hook pre-receive may refuse", fails=False),
    Case("no such base", lambda _: None, "GA002", "mian", options=("--base", "mian")),
]  # fmt: skip


def run(world: World, verb: str, *options: str, **environ: str) -> Any:
    image = ("--image", "ghcr.io/acme/web:1.0.1") if verb == "deploy" else ()
    return world.run(verb, "-e", "dev", "--app", "web", *image, *options, code=None, environ=environ)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_doctor_says_deploy_does(worlds: Worlds, case: Case[World]) -> None:
    world = worlds(case.policy or PLAIN)
    case.switch(world)
    before = world.git("for-each-ref"), sorted(path for path in world.config.rglob("*"))
    told = run(world, "doctor", *case.options)
    assert (world.git("for-each-ref"), sorted(path for path in world.config.rglob("*"))) == before
    case.check(told, run(world, "deploy", *case.options))
    assert world.leftovers() == []


def test_a_work_tree_of_ours(worlds: Worlds, tmp_path: Path) -> None:
    """Not bare: its own branch is taken."""
    world = worlds(POLICY)
    clone = tmp_path / "clone"
    world.git("clone", "--quiet", str(world.config), str(clone))
    where = ("--config-repo", str(clone))
    told, done = run(world, "doctor", *where), run(world, "deploy", *where)
    assert (told.code, done.code) == (4, 4)
    assert ("GA513", "dev: main is checked out in a work tree, and git refuses pushes to it") in findings(told)


def test_a_folder_that_may_not_be_written(nobody: Nobody, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(nobody.folder, files(PLAIN))
    monkeypatch.chdir(world.work)

    def play(verb: str, *options: str) -> Result:
        line = world.command(verb, "-e", "dev", "--app", "web", *options)
        return CliRunner().invoke(cli, line[3:], env={**world.environ, "GITOPS_BUDGET": "5s"})

    assert play("doctor").exit_code == 0  # everything is imported then
    assert play("deploy", "--version", "1.0.1", "--plan").exit_code == 0
    nobody.own(world.root)
    for folder in (world.config / "objects", *(path for path in world.config.glob("objects/**/") if path.is_dir())):
        folder.chmod(0o555)
    with nobody():
        told, done = play("doctor"), play("deploy", "--version", "1.0.1")
    assert (told.exit_code, done.exit_code) == (4, 4), told.output + done.output
    assert "objects may not be written to" in told.output
    assert "GA512" in told.output


def test_a_server_without_requests(worlds: Worlds) -> None:
    world = worlds(PLAIN)
    with GitServer(world.config.parent, token="s3cret-t0ken") as server:
        where = ("--config-repo", f"{server.url}/config.git")
        told = run(world, "doctor", *where, GITOPS_TOKEN="s3cret-t0ken")
        done = run(world, "deploy", *where, GITOPS_TOKEN="s3cret-t0ken")
        assert (told.code, done.code) == (4, 2)
        assert [code for code, _ in findings(told)] == ["GA040"]
        wrong = run(world, "doctor", *where, GITOPS_TOKEN="wr0ng")
        assert wrong.code == 4
        assert "refuses these credentials" in findings(wrong)[0][1]


def test_a_server_for_commits(worlds: Worlds) -> None:
    world = worlds(POLICY)
    with GitServer(world.config.parent) as server:
        where = ("--config-repo", f"{server.url}/config.git")
        told, done = run(world, "doctor", *where), run(world, "deploy", *where)
    assert (told.code, done.code) == (0, 0), told.output
    assert findings(told) == []
