"""What goes to stdout, and what happens when nobody takes it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

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


EDIT = ("edit", "yaml", "f.yaml", "--set", "a=2")
LOST = "the result could not be written to stdout: "


def ended(tmp_path: Path, arguments: Sequence[str], streams: str) -> tuple[int, str, str, str]:
    """The exit code, stdout, stderr, and the file, of a run whose streams are as a shell would have them."""
    if "/dev/full" in streams and not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    path = tmp_path / "f.yaml"
    path.write_text("a: 1\n")
    line = f"{shlex.join([sys.executable, '-m', 'gitops_actions', *arguments])} {streams}"
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, input="a: 1\n", capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr, path.read_text()


@pytest.mark.parametrize("streams", [">&-", ">/dev/full"])
@pytest.mark.parametrize(
    ("arguments", "code", "hint"),
    [
        (EDIT, 6, "the work itself was done"),
        ((*EDIT, "--diff"), 6, "nothing else was to be done"),
        (("--output", "json", *EDIT, "--check"), 6, "nothing else was to be done"),
        (("edit", "yaml", "-", "--set", "a=2"), 6, "nothing else was to be done"),
        (("--help",), 6, "nothing else was to be done"),
        (("edit", "--help"), 6, "nothing else was to be done"),
        (("--version",), 6, "nothing else was to be done"),
        (("--output", "json", "edit", "yaml", "f.yaml", "--set", "b=2"), 5, "nothing else was to be done"),
    ],
)
def test_a_result_that_nobody_gets(
    tmp_path: Path, arguments: Sequence[str], code: int, hint: str, streams: str
) -> None:
    found, _, said, text = ended(tmp_path, arguments, streams)
    assert (found, text) == (code, "a: 2\n" if arguments == EDIT else "a: 1\n")
    assert LOST in said
    assert hint in said
    assert "bug" not in said


@pytest.mark.parametrize("streams", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize(
    ("arguments", "code", "printed", "text"),
    [
        (EDIT, 0, "f.yaml:1  a  1 -> 2\n", "a: 2\n"),
        (("edit", "yaml", "-", "--set", "a=2"), 0, "a: 2\n", "a: 1\n"),
        (("edit", "yaml", "f.yaml", "--set", "b=2"), 5, "", "a: 1\n"),
        (("nope",), 2, "", "a: 1\n"),
    ],
)
def test_words_that_nobody_gets(
    tmp_path: Path, arguments: Sequence[str], code: int, printed: str, text: str, streams: str
) -> None:
    assert ended(tmp_path, arguments, streams) == (code, printed, "", text)


def test_no_file_takes_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    assert ended(tmp_path, EDIT, "<&- >&- 2>&-") == (6, "", "", "a: 2\n")


def test_a_closed_standard_input_is_told(tmp_path: Path) -> None:
    code, printed, said, _ = ended(tmp_path, ("edit", "yaml", "-", "--set", "a=2"), "<&-")
    assert (code, printed) == (2, "")
    assert said.startswith("error: -: standard input cannot be read: ")


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


SECRET = "ghp_s3cr3t.of.ours"


@pytest.mark.parametrize("form", ["text", "json"])
def test_credentials_are_hidden_without_a_ci_system_too(world: World, form: str) -> None:
    """Also where a value is the same as one of them by accident."""
    environ = {"GITOPS_TOKEN": SECRET, "GITOPS_OUTPUT": form}
    for arguments, code in (
        (("deploy", "--image", f"ghcr.io/acme/web:{SECRET}", "--plan"), 0),
        (("deploy", "--image", f"ghcr.io/acme/web:{SECRET}"), 0),
        (("status",), 0),
        (("deploy", "--app", SECRET, "--image", "x/y:1"), 2),
    ):
        command = [*world.command(*arguments)]
        command[command.index("--output") + 1] = form
        done = subprocess.run(
            command, cwd=world.work, env={**world.environ, **environ}, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        assert SECRET not in done.stdout + done.stderr
        assert "***" in done.stdout + done.stderr
        assert form == "text" or json.loads(done.stdout)
    assert world.tag("dev") == SECRET  # what is written is what was asked for
