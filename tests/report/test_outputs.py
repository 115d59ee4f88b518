"""Results as values for later steps."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_actions.model import Change, Outcome, PullRequest, Result
from gitops_actions.report import outputs

REQUEST = PullRequest(7, "https://x/7", "open", "gitops/dev/web", "main", "b" * 40)
OPENED = Result(
    "dev",
    ("web",),
    Outcome.OPENED,
    True,
    "main",
    "gitops/dev/web",
    "b" * 40,
    REQUEST,
    (Change("web", "a.yaml", 1, "tag", "1", "2"),),
    {"web": "2"},
    diff="-1\n+2\n",
)
UNCHANGED = Result("staging", ("api",), Outcome.UNCHANGED, False, "main", versions={"api": "3"})
REFUSED = Result("production", ("web",), Outcome.REFUSED, False, exit_code=4)


def first(values: dict[str, object]) -> dict[str, str]:
    return {name: texts[0] for name, texts in values.items() if name != "result"}  # type: ignore[index]


def test_one_result() -> None:
    values = outputs.of_results("deploy", [OPENED])
    assert tuple(values) == outputs.NAMES
    assert first(dict(values)) == {
        "changed": "true",
        "outcome": "opened",
        "pull-request-number": "7",
        "pull-request-url": "https://x/7",
        "pull-request-operation": "created",
        "pull-request-head-sha": "b" * 40,
        "pull-request-branch": "gitops/dev/web",
        "commit-sha": "b" * 40,
        "environment": "dev",
        "version": "2",
    }
    whole, small, smallest = map(json.loads, values["result"])
    assert whole["results"][0]["diff"] == "-1\n+2\n"
    assert (small["results"][0]["diff"], len(small["results"][0]["changes"])) == (None, 1)
    assert (smallest["results"][0]["diff"], smallest["results"][0]["changes"]) == (None, None)


@pytest.mark.parametrize(
    ("results", "changed", "environment"),
    [
        ([UNCHANGED, OPENED, REFUSED], "true", "dev"),
        ([UNCHANGED, REFUSED], "false", "production"),
        ([UNCHANGED, replace(UNCHANGED, environment="qa")], "false", "staging"),
        ([], "false", ""),
    ],
)
def test_several_results(results: list[Result], changed: str, environment: str) -> None:
    values = outputs.of_results("promote", results)
    assert (values["changed"][0], values["environment"][0]) == (changed, environment)
    assert len(json.loads(values["result"][0])["results"]) == len(results)


@pytest.mark.parametrize(
    ("outcome", "request_", "operation"),
    [
        (Outcome.OPENED, REQUEST, "created"),
        (Outcome.UPDATED, REQUEST, "updated"),
        (Outcome.MERGED, REQUEST, "updated"),
        (Outcome.CLOSED, REQUEST, "closed"),
        (Outcome.UNCHANGED, REQUEST, "none"),
        (Outcome.PLANNED, None, "none"),
        (Outcome.COMMITTED, None, "none"),
    ],
)
def test_what_was_done_with_the_request(outcome: Outcome, request_: PullRequest | None, operation: str) -> None:
    result = replace(OPENED, outcome=outcome, pull_request=request_)
    assert outputs.of_results("deploy", [result])["pull-request-operation"][0] == operation


def test_apps_of_different_versions_have_none() -> None:
    assert outputs.of_results("deploy", [replace(OPENED, versions={"a": "1", "b": "2"})])["version"] == ("",)
    assert outputs.of_results("deploy", [replace(OPENED, versions={"a": "1", "b": "1"})])["version"] == ("1",)


@pytest.mark.parametrize(
    ("code", "outcome"), [(0, "unchanged"), (1, ""), (2, "refused"), (4, "refused"), (5, "conflict")]
)
def test_no_result(code: int, outcome: str) -> None:
    values = outputs.of_findings({"findings": []}, code)
    assert tuple(values) == outputs.NAMES
    assert (values["changed"][0], values["outcome"][0]) == ("false", outcome)
    assert json.loads(values["result"][0]) == {"findings": []}


@given(st.text())
def test_a_document_is_sealed(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    sealed = outputs.sealed({"a": text})
    assert json.loads(sealed) == {"a": text}
    assert sealed.isascii()
    assert not set("'`$&<>#\n\r") & set(sealed)
