"""Results as Markdown: for people, and obeyed by no renderer."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_actions.model import Change, Finding, Outcome, PullRequest, Result
from gitops_actions.report.markdown import Markdown, judgement
from gitops_actions.testing.hostile import PIECES

EVIL = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)


def result(**more: object) -> Result:
    given_: dict[str, object] = {"environment": "dev", "apps": ("web",), "outcome": Outcome.COMMITTED, "changed": True}
    return Result(**{**given_, "base": "main", "commit": "c" * 40, "versions": {"web": "1.2"}, **more})  # type: ignore[arg-type]


def test_a_result() -> None:
    request = PullRequest(7, "https://github.com/acme/deploy/pull/7", "open", "gitops/dev/web", "main", "b" * 40)
    change = Change("web", "a.yaml", 3, "image.tag", None, "1.2")
    note = Finding("GA310", "notice", "look", "a.yaml", 3, hint="there")
    text = Markdown().report("deploy", [result(pull_request=request, changes=(change,), findings=(note,), diff="+x\n")])
    assert text == (
        "### gitops-actions deploy\n\n"
        "| app | environment | outcome | where |\n| --- | --- | --- | --- |\n"
        "| `web 1.2` | `dev` | committed | [#7](https://github.com/acme/deploy/pull/7) |\n\n"
        "| file | value | before | after |\n| --- | --- | --- | --- |\n| `a.yaml` | `image.tag` | - | `1.2` |\n\n"
        "| severity | code | place | message | what to do |\n| --- | --- | --- | --- | --- |\n"
        "| notice | GA310 | `a.yaml:3` | `look` | `there` |\n\n"
        "<details open><summary>Diff</summary>\n\n```diff\n+x\n```\n\n</details>\n\n"
    )


@pytest.mark.parametrize(("command", "words"), [("promote", "Nothing is due."), ("deploy", "Nothing to do.")])
def test_no_result(command: str, words: str) -> None:
    assert Markdown().report(command, []) == f"### gitops-actions {command}\n\n{words}\n\n"
    assert judgement("validate", []) == "### gitops-actions validate\n\nEverything is fine.\n\n"


@given(EVIL, EVIL, EVIL, EVIL)
def test_a_hostile_text_stays_in_its_cell(app: str, old: str, message: str, url: str) -> None:
    request = PullRequest(7, url, "open", "x", "main", "b" * 40)
    change = Change(app, old, 1, app, old, message)
    finding = Finding("GA001", "error", message, old, 1, hint=app)
    text = Markdown().report(
        "deploy", [result(apps=(app,), environment=old, pull_request=request, changes=(change,), findings=(finding,))]
    )
    lines = text.splitlines()
    heads = {"| app |": 4, "| file |": 4, "| severity |": 5}
    assert [line for line in lines if line.startswith("| ---")] == ["| --- | --- | --- | --- |"] * 2 + [
        "| --- " * 5 + "|"
    ]
    assert sum(line.startswith("|") for line in lines) == 9
    for line in lines:
        width = next((width for head, width in heads.items() if line.startswith(head)), None)
        assert width is None or line.count("|") == width + 1
        outside = re.sub(r"`[^`]*`", "", line)
        assert not re.search(r"<|!\[|javascript", outside)
        assert line.startswith("|") or line in ("", "### gitops-actions deploy")


@given(st.lists(EVIL, min_size=1, max_size=5))
def test_a_hostile_diff_stays_in_its_block(added: list[str]) -> None:
    diff = "".join(f"{mark}{line}\n" for text in added for line in text.split("\n") for mark in " +-")
    text = Markdown().report("deploy", [result(diff=diff)])
    (fence,) = re.findall(r"^(`{3,})diff$", text, flags=re.MULTILINE)
    _, _, inside = text.partition(f"\n{fence}diff\n")
    block, _, after = inside.partition(f"\n{fence}\n")
    assert after == "\n</details>\n\n"
    assert not re.search(f"^ {{0,3}}{fence}`*\\s*$", block, flags=re.MULTILINE)


def test_a_long_diff_is_cut_between_lines() -> None:
    diff = "".join(f"+line {number} é\n" for number in range(100_000))
    text = Markdown().report("deploy", [result(diff=diff)])
    assert 890_000 < len(text.encode()) < 900_500
    match = re.search(r"Cut here: (\d+) more lines\.\n\n$", text)
    assert match is not None
    kept = text.count("\n+line ")
    assert kept + int(match[1]) == 100_000
    assert f"+line {kept - 1} é\n```\n\n</details>" in text
    assert text.startswith("### gitops-actions deploy")


def test_many_changes_are_counted() -> None:
    change = Change("web", "a.yaml", 3, "image.tag", "1", "2")
    text = Markdown().report("promote", [result(changes=(change,) * 600)])
    assert text.count("`image.tag`") == 500
    assert "and 100 more" in text
