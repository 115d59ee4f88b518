"""What goes to stdout, and what happens when nobody takes it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from gitops_actions.testing.world import World


def test_a_failure_is_one_document_too(world: World) -> None:
    done = world.run("deploy", "--app", "wbe", "--image", "x/y:1", code=2)
    document = done.document
    assert (document["command"], document["exit_code"]) == ("deploy", 2)
    (finding,) = document["findings"]
    assert (finding["code"], finding["hint"]) == ("GA020", "did you mean 'web'?")
    assert "there is no app 'wbe'" in done.errors
    typo = world.run("deploy", "--imgae", "x/y:1", code=2)
    assert "--image" in typo.document["findings"][0]["message"]


def test_an_option_in_the_wrong_place_says_where_it_goes(world: World) -> None:
    done = world.run("status", "--output", "json", code=2)
    assert "Write it before the command: gitops-actions --output" in done.errors


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_behind_stdout_is_not_a_bug(world: World) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            world.command("deploy", "--image", "ghcr.io/acme/web:1.0.1"),
            cwd=world.work, env=world.environ, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 6
    assert "the work itself was done" in done.stderr
    assert world.tag("dev") == "1.0.1"


@pytest.mark.parametrize("arguments", [["status"], ["--help"]])
def test_a_reader_that_has_gone_is_not_an_error(world: World, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = (
        world.command(*arguments) if arguments == ["status"] else [sys.executable, "-m", "gitops_actions", "--help"]
    )
    done = subprocess.run(
        command, cwd=world.work, env=world.environ, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_more_and_less_words(world: World) -> None:
    loud = world.run("deploy", "--image", "ghcr.io/acme/web:1.0.1", environ={"GITOPS_OUTPUT": "text"})
    assert loud.errors == ""
    command = [sys.executable, "-m", "gitops_actions", "-v", *world.command("status")[5:]]
    done = subprocess.run(command, cwd=world.work, env=world.environ, capture_output=True, text=True, check=True)
    assert f"config repo {world.config}, base main, by git, forge local" in done.stderr
    world.deploy("1.0.2", "--sequence", "5")
    command = [
        sys.executable,
        "-m",
        "gitops_actions",
        "-q",
        *world.command("deploy", "--image", "ghcr.io/acme/web:1")[5:],
    ]
    done = subprocess.run(command, cwd=world.work, env=world.environ, capture_output=True, text=True, check=True)
    assert done.stderr == ""
