"""GitHub Actions: whatever is written is read as what it is, and as nothing else."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_actions.ci.github import GitHubActions
from gitops_actions.model import Finding, Severity
from gitops_actions.testing.hostile import ORDERS
from gitops_actions.testing.runner import SUMMARY, Step, command

HEAD = "beef" + "0" * 36
SHA = "c0ffee" + "0" * 34
EVIL = st.lists(st.sampled_from(ORDERS) | st.text(max_size=3), max_size=12).map("".join)


def runtime(environ: Mapping[str, str] | None = None) -> tuple[GitHubActions, list[str]]:
    """A runtime, and the lines that it writes to the log."""
    lines: list[str] = []
    return GitHubActions(environ or {}, lines.append), lines


def as_kept(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@given(st.lists(st.tuples(st.sampled_from(["changed", "outcome", "result", "version"]), EVIL)))
def test_every_value_is_one_output(pairs: list[tuple[str, str]]) -> None:
    values = dict(pairs)
    with tempfile.TemporaryDirectory() as name:
        step = Step(Path(name))
        assert runtime(step.environ)[0].output({key: (text,) for key, text in values.items()}) == []
        assert step.outputs == {key: as_kept(text) for key, text in values.items()}


@pytest.mark.parametrize("before", ["", "other=1\n", "other=1"], ids=["empty", "whole", "open line"])
def test_outputs_come_after_those_of_others(tmp_path: Path, before: str) -> None:
    step = Step(tmp_path)
    (tmp_path / "output").write_text(before, encoding="utf-8")
    runtime(step.environ)[0].output({"version": ("1.2.3",)})
    runtime(step.environ)[0].output({"version": ("1.2.4",)})
    assert step.outputs == {"version": "1.2.4"} | ({"other": "1"} if before else {})


def test_the_first_text_that_fits_is_the_output(tmp_path: Path) -> None:
    step = Step(tmp_path)
    long = "é" * 60_001
    left_out = runtime(step.environ)[0].output({"result": (long, long[1:], "x"), "version": (long,), "outcome": ("y",)})
    assert left_out == ["version"]
    assert step.outputs == {"result": long[1:], "outcome": "y"}


def test_a_file_that_is_not_there_is_an_error_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        runtime({"GITHUB_OUTPUT": str(tmp_path / "gone")})[0].output({"version": ("1",)})
    assert list(tmp_path.iterdir()) == []
    assert runtime()[0].output({"version": ("1",)}) == []


KINDS = st.sampled_from(["error", "warning", "notice"])


@given(EVIL, EVIL, st.none() | EVIL, st.none() | st.integers(1, 9999), KINDS)
def test_a_finding_is_one_annotation(
    message: str, hint: str, file: str | None, line: int | None, kind: Severity
) -> None:
    shown, lines = runtime()
    assert shown.annotate(Finding("GA100", kind, message, file, line, 3 if line else None, hint or None))
    (text,) = lines
    assert not {"\n", "\r"} & set(text)
    found = command(text)
    assert found is not None
    assert (found.name, found.properties["title"]) == (kind, "gitops-actions GA100")
    assert found.properties.keys() <= {"title", "file", "line", "col"}
    assert found.properties.get("line") == (str(line) if file and line else None)
    assert found.data.endswith("[GA100]")


def test_a_finding_says_where() -> None:
    shown, lines = runtime()
    shown.annotate(Finding("GA010", "error", "100 % wrong", "a, b:c.yaml", 3, 5, "mend it"))
    assert lines == [
        "::error file=a%2C b%3Ac.yaml,line=3,col=5,title=gitops-actions GA010::"
        "a, b:c.yaml:3:5: 100 %25 wrong%0A  hint: mend it [GA010]"
    ]


def test_there_are_ten_annotations_of_a_kind() -> None:
    shown, lines = runtime()
    for kind, number in (("error", 12), ("warning", 11), ("notice", 1)):
        answers = [shown.annotate(Finding("GA100", kind, "x")) for _ in range(number)]  # type: ignore[arg-type]
        assert answers == [True] * min(number, 10) + [False] * (number - 10)
    assert len(lines) == 21
    assert runtime()[0].annotate(Finding("GA100", "error", "x" * 100_000))


@given(EVIL)
def test_a_mask_is_the_text(text: str) -> None:
    shown, lines = runtime()
    shown.mask(text)
    found = command(lines[0])
    assert found is not None
    assert (found.name, found.data) == ("add-mask", text)


def test_a_summary_fits(tmp_path: Path) -> None:
    step = Step(tmp_path)
    shown, _ = runtime(step.environ)
    assert shown.summary("| a |\n")
    assert not shown.summary("x" * SUMMARY)
    assert shown.summary("y" * 900_000)
    assert not shown.summary("z" * 200_000)
    assert step.summary == "| a |\n" + "y" * 900_000
    assert not runtime()[0].summary("x")


# --- what it knows ---


def told(tmp_path: Path, event: object, **environ: str) -> Mapping[str, str]:
    path = tmp_path / "event.json"
    path.write_text(event if isinstance(event, str) else json.dumps(event), encoding="utf-8")
    return runtime({**Step(tmp_path).environ, "GITHUB_EVENT_PATH": str(path), **environ})[0].event()


def test_a_push(tmp_path: Path) -> None:
    assert told(tmp_path, {"after": HEAD}) == {
        "revision": SHA,
        "source": "acme/web",
        "sequence": "7",
        "run": "https://github.com/acme/web/actions/runs/99",
        "actor": "alice",
    }


PULL = {"GITHUB_REF": "refs/pull/5/merge"}


@pytest.mark.parametrize(
    ("event", "environ", "revision"),
    [
        ({"pull_request": {"head": {"sha": HEAD}}}, {"GITHUB_EVENT_NAME": "pull_request", **PULL}, HEAD),
        ({"pull_request": {"head": {"sha": HEAD}}}, {"GITHUB_EVENT_NAME": "pull_request_review", **PULL}, HEAD),
        ({"pull_request": {"head": {"sha": HEAD}}}, {"GITHUB_EVENT_NAME": "pull_request_target"}, SHA),
        ({"workflow_run": {"head_sha": HEAD}}, {"GITHUB_EVENT_NAME": "workflow_run"}, HEAD),
        ({"workflow_run": None}, {"GITHUB_EVENT_NAME": "workflow_run"}, SHA),
        ({"ref": "refs/tags/v1"}, {"GITHUB_REF": "refs/tags/v1"}, SHA),
        ({}, {"GITHUB_EVENT_NAME": "merge_group"}, SHA),
        ({}, PULL, None),
        ("{", PULL, None),
        ("[" * 100_000, PULL, None),
        ([], PULL, None),
        ({"pull_request": {"head": {"sha": 5}}}, PULL, None),
        ({"pull_request": {"head": {"sha": "--upload-pack=x"}}}, PULL, None),
        ({}, {"GITHUB_EVENT_PATH": "/nowhere", **PULL}, None),
    ],
)  # fmt: skip
def test_the_revision_is_the_commit_that_people_know(
    tmp_path: Path, event: object, environ: dict[str, str], revision: str | None
) -> None:
    assert told(tmp_path, event, **environ).get("revision") == revision


@pytest.mark.parametrize(
    ("environ", "name", "text"),
    [
        ({"GITHUB_RUN_ATTEMPT": "2"}, "run", "https://github.com/acme/web/actions/runs/99/attempts/2"),
        ({"GITHUB_TRIGGERING_ACTOR": "bob"}, "actor", "bob"),
        ({"GITHUB_ACTOR": "dependabot[bot]"}, "actor", "dependabot[bot]"),
        ({"GITHUB_ACTOR": "@all\nGitops-App: evil"}, "actor", None),
        ({"GITHUB_SERVER_URL": "https://ghe.acme.example:8443"}, "run", "https://ghe.acme.example:8443/acme/web/actions/runs/99"),
        ({"GITHUB_SERVER_URL": "javascript:alert(1)"}, "run", None),
        ({"GITHUB_RUN_NUMBER": "-1"}, "sequence", None),
        ({"GITHUB_RUN_NUMBER": "٣"}, "sequence", None),
        ({"GITHUB_REPOSITORY": "evil"}, "source", None),
        ({"GITHUB_SHA": ""}, "revision", None),
        ({"GITHUB_SHA": "main"}, "revision", None),
        ({"RUNNER_DEBUG": "1"}, "debug", "1"),
    ],
)  # fmt: skip
def test_what_it_knows(tmp_path: Path, environ: dict[str, str], name: str, text: str | None) -> None:
    assert told(tmp_path, {}, **environ).get(name) == text


@pytest.mark.parametrize(("environ", "there"), [({"GITHUB_ACTIONS": "true"}, True), ({"GITHUB_ACTIONS": ""}, False)])
def test_where_it_is(environ: dict[str, str], there: bool) -> None:
    assert GitHubActions.detect(environ) is there
