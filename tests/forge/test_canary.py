"""A token is found nowhere but in the environment and in the header that it is for, whatever happens."""

from __future__ import annotations

import os
import shutil
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from gitops_actions.testing.forgehttp import Answer, Recorded
from gitops_actions.testing.world import Done
from tests.forge.sky import KINDS, TOKEN, TRANSPORTS, Kind, Sky, Transport, policy, sky
from tests.forge.stories import PEOPLE

# Stands before git on the PATH. It writes down what it was given and what is in our temporary files at that moment, and
# lets git write down with what arguments it starts others.
SHIM = """\
#!/bin/sh
for argument in "$0" "$@"; do printf '%s\\n' "$argument" >> {log}/argv; done
find {temporary} -type f -size -100k -exec cat {{}} + >> {log}/files 2> /dev/null
GIT_TRACE2_EVENT={log}/children exec {git} "$@"
"""
# What stands in for a bug.
BROKEN = """\
import json


def loads(text, **_):
    raise RuntimeError(text)


json.loads = loads
"""
STATUSES = (401, 403, 404, 422, 500, 503)


def forms(token: bytes = TOKEN.encode()) -> set[bytes]:
    """The token as it is, percent-encoded, and in base64 wherever it begins in what was encoded."""
    found = {token, quote(token, safe="").encode(), quote(token).encode()}
    for offset in range(3):
        text = b64encode(b"\0" * offset + token)
        # Only the characters that nothing else has a part in.
        found.add(text[-(-offset * 8 // 6) : (offset + len(token)) * 8 // 6])
    return found | {form.replace(b"+", b"-").replace(b"/", b"_") for form in found}


def test_the_forms_are_found() -> None:
    for before in ("", "a", "ab", "oauth2:", "x-access-token:"):
        assert any(form in b64encode(f"{before}{TOKEN}!".encode()) for form in forms())


@pytest.fixture
def watched(tmp_path: Path, kind: Kind, transport: Transport) -> Iterator[Sky]:
    """A sky on which everything is written down."""
    with sky(kind, tmp_path / "sky", policy(PEOPLE), transport=transport) as made:
        log, git = tmp_path / "log", tmp_path / "bin" / "git"
        log.mkdir()
        git.parent.mkdir()
        git.write_text(SHIM.format(log=log, temporary=made.temporary, git=shutil.which("git")))
        git.chmod(0o755)
        made.environ |= {"PATH": f"{git.parent}{os.pathsep}{os.environ['PATH']}", "GITOPS_BUDGET": "60s"}
        yield made


def very_verbose(made: Sky, *arguments: str) -> Done:
    """Run a command with -vv, whatever comes of it."""
    process = made.start("-vv", *made.command(*arguments)[5:])
    output, errors = process.communicate(timeout=120)
    return Done(process.returncode, output, errors)


def nowhere(made: Sky, *done: Done) -> None:
    """It is not in what runs said, left, sent, or started others with."""
    texts = {f"output of run {number}": one.output.encode() + one.errors.encode() for number, one in enumerate(done)}
    texts |= {str(path): path.read_bytes() for path in made.root.parent.rglob("*") if path.is_file()}
    texts |= {f"request {one.number}": one.path.encode() + one.body for one in made.server.requests}
    assert [where for where, text in texts.items() if any(form in text for form in forms())] == []


def echo(request: Recorded, status: int) -> Answer:
    """An answer that repeats the token, as some proxies do."""
    if request.is_git:
        return Answer.plain(status, f"not with {TOKEN}\n")
    return Answer.of(status, {"message": f"not with {TOKEN}", "error": TOKEN, "errors": [{"message": TOKEN}]})


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", KINDS)
def test_of_what_goes_well(watched: Sky, transport: Transport) -> None:
    image = ("--image", "ghcr.io/acme/web:1.0.1")
    merge, history = ("pr", "merge", "1"), ("history", "--app", "web")
    commands = (("deploy", *image), ("pr", "list"), merge, ("promote",), ("status",), history)
    done = [very_verbose(watched, *command) for command in commands]
    assert [one.code for one in done] == [0] * len(commands), [one.errors for one in done]
    nowhere(watched, *done)
    log = watched.root.parent / "log"
    if transport == "git":  # there was something to be found
        assert b"--stdin" in (log / "argv").read_bytes()
        assert b"hooksPath" in (log / "files").read_bytes()
        assert b"remote-http" in (log / "children").read_bytes()


@pytest.mark.parametrize("when", ["writing", pytest.param("reading", marks=pytest.mark.stress)])
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", KINDS)
def test_of_what_is_refused(watched: Sky, status: int, when: str) -> None:
    for git in (False, True):
        answer = echo(Recorded(0, "POST", "/x/info/refs" if git else "/x", None, False, True, {}, b""), status)
        watched.server.fault(
            lambda one, git=git: one.is_git is git and (when == "reading" or one.write),  # type: ignore[misc]
            answer,
            times=999,
        )
    watched.environ["GITOPS_BUDGET"] = "3s"
    done = very_verbose(watched, "deploy", "--image", "ghcr.io/acme/web:1.0.1")
    assert done.code in (2, 4, 6), done
    nowhere(watched, done)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", KINDS)
def test_of_an_answer_of_another_shape(watched: Sky, kind: Kind) -> None:
    known = {"github": ("repository", "id"), "gitlab": ("project", "mergeRequests")}[kind]
    odd = Answer.of(200, {"data": {known[0]: {known[1]: TOKEN, "repository": TOKEN}}})
    watched.server.fault(lambda request: request.operation is not None, odd, times=99)
    watched.server.fault(lambda request: request.path.endswith("/merge_requests"), Answer.of(200, TOKEN), times=99)
    watched.server.fault(lambda request: "/merge_requests?" in request.path, Answer.of(200, [TOKEN]), times=99)
    watched.environ["GITOPS_BUDGET"] = "3s"
    done = very_verbose(watched, "deploy", "--image", "ghcr.io/acme/web:1.0.1")
    assert done.code == 6, done
    nowhere(watched, done)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", KINDS)
def test_of_a_report_of_a_bug(watched: Sky) -> None:
    """In the middle of reading an answer, with the token at hand."""
    (watched.root / "sitecustomize.py").write_text(BROKEN, encoding="ascii")
    watched.environ["PYTHONPATH"] = str(watched.root)
    answer = Answer.of(200, {"message": f"not with {TOKEN}"})
    watched.server.fault(lambda request: not request.is_git, answer, times=99)
    done = very_verbose(watched, "deploy", "--image", "ghcr.io/acme/web:1.0.1")
    assert done.code == 1, done
    assert "this is a bug in gitops-actions" in done.errors
    nowhere(watched, done)
