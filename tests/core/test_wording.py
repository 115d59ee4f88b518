"""Titles and bodies, ours (golden, in `bodies/`) and those of gitops.yaml."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_actions.core import wording
from gitops_actions.core.messages import subject
from gitops_actions.core.wording import Delivered, Step, Wording
from gitops_actions.errors import UsageError
from gitops_actions.model import Change, Changes, Commit, Messages, Release, Signature, Source, Template
from gitops_actions.pipeline.messages import render
from gitops_actions.testing.hostile import LINK, PIECES, is_quiet

EVIL = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join)
BODIES = Path(__file__).parent / "bodies"
ADA = Signature("Ada", "ada@example.com")
OLD, NEW = "1" * 40, "2" * 40


class History:
    """A source with these commits, on a forge that has pages."""

    def __init__(self, *messages: str, total: int | None = None, author: str = "Ada") -> None:
        who = Signature(author, "ada@example.com")
        commits = [Commit(f"{n:040x}", (f"{n + 1:040x}",), who, who, message) for n, message in enumerate(messages)]
        self.known = Changes(tuple(commits), len(commits) if total is None else total)
        self.asked = 0

    def changes(self, repository: str | None, old: str, new: str, limit: int) -> Changes | None:  # noqa: ARG002
        self.asked += 1
        return self.known

    def compare_url(self, repository: str | None, old: str, new: str) -> str | None:
        return f"https://github.com/{repository}/compare/{old}...{new}" if repository == "acme/web" else None


def release(version: str, revision: str | None, repository: str | None = "acme/web") -> Release:
    return Release(version, source=Source(repository, revision))


def delivered(history: History, own: Messages | None = None) -> Delivered:
    return Delivered(
        Wording(render, history, own or Messages()),
        "Deploy",
        "dev",
        {"web": "1.0.1"},
        "Deploy web 1.0.1 to dev",
        [Change("web", "apps/web/kustomization.yaml", 4, "images[0].newTag", "1.0.0", "1.0.1")],
        steps=lambda: [Step("web", release("1.0.1", NEW), release("1.0.0", OLD))],
    )


HISTORY = ("Add a basket (#12)", "Merge pull request #11 from ada/fix\n\nClose the door\n", "Fix a typo, fixes #9")
CASES = {
    "deploy": delivered(History(*HISTORY)),
    "first": replace(
        delivered(History()),
        changes=[Change("web", "a", 1, "p", None, "1")],
        steps=lambda: [Step("web", release("1", NEW))],
    ),
    "promote": replace(
        delivered(History(*HISTORY, total=60)),
        verb="Promote",
        environment="production",
        subject="Promote 2 apps to production",
        promoted_from="staging",
        run="https://github.com/acme/web/actions/runs/7",
        actor="ada",
        steps=lambda: [
            Step("api", release("2", None), release("1", None)),
            Step("web", release("1.0.1", NEW), release("1.0.0", OLD)),
        ],
    ),
    "set": replace(
        delivered(History()),
        verb="Set",
        environment=None,
        versions={},
        steps=lambda: [Step(None, release("-", NEW, None))],
    ),
    "record-only": replace(delivered(History()), changes=[], steps=lambda: [Step("web", release("1", None))]),
    "many": replace(
        delivered(History(*["x"] * 3)),
        changes=[Change("web", "f.yaml", n, f"a[{n}]", str(n), str(n + 1)) for n in range(53)],
        run="job 7 of `nobody`",
    ),
    "hostile": replace(
        delivered(History(*[piece + piece for piece in PIECES], author="@pat | `x` fixes #1")),
        changes=[Change("web", "a|b`c", 1, "![x](y)\\|@pat", "\n/approve", "closes #1 <img>")],
        run="https://x/) @pat",
        actor="@pat",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bodies(case: str) -> None:
    """To renew them, delete them and run this twice."""
    file, text = BODIES / f"{case}.md", CASES[case].body()
    if not file.exists():
        file.write_text(text, encoding="utf-8", newline="")
        pytest.fail(f"{file} was missing, and has been written")
    assert text == file.read_bytes().decode()


@given(st.lists(EVIL, min_size=8, max_size=8))
def test_bodies_of_anything(evil: list[str]) -> None:
    """Outside code there are only our words."""
    steps = [
        Step(evil[6] or "web", release(evil[0] or "1", NEW, evil[1]), release(evil[2] or "0", OLD, evil[1])),
    ]
    text = replace(
        delivered(History(evil[3], author=evil[4])),
        changes=[Change(evil[5], evil[6], 1, evil[7], evil[0], evil[1])],
        promoted_from=evil[2],
        run=evil[3],
        actor=evil[4],
        steps=lambda: steps,
    ).body()
    is_quiet(text.replace("$", "-"))  # snippets are links only, and there are none in code
    for line in text.splitlines():
        assert not line.startswith("/")
        outside = "".join(line.split("`")[::2])
        assert re.fullmatch(r"(?:[ A-Za-z0-9.,:;()|\\-]|\[all changes\]\(https://\S+\))*", outside, re.ASCII), line


def test_nothing_is_asked_twice_and_never_too_early() -> None:
    history = History("x")
    told = delivered(history)
    assert told.title() == "Deploy web 1.0.1 to dev"
    assert history.asked == 0
    told.body()
    assert told.changelogs() == ["acme/web 1111111..2222222:\n- x"]
    assert history.asked == 1


def test_all_changelogs_together_have_an_end() -> None:
    history = History(*["x"] * 50)
    steps = [Step(f"app-{n}", release("2", NEW), release("1", OLD)) for n in range(1000)]
    told = replace(delivered(history), steps=lambda: steps)
    assert sum(len(text.splitlines()) - 1 for text in told.changelogs()) == 50
    assert history.asked == 1
    assert len(told.body()) <= 65_536


@pytest.mark.parametrize(
    "previous", [None, release("1", None), release("1", NEW), release("1", OLD, "acme/other"), release("1", OLD, None)]
)
def test_only_two_commits_of_one_source_are_compared(previous: Release | None) -> None:
    history = History("x")
    told = replace(delivered(history), steps=lambda: [Step("web", release("2", NEW), previous)])
    assert told.changelogs() == []
    assert "compare" not in told.body()
    assert history.asked == 0


@given(st.dictionaries(st.from_regex(r"[a-z]{1,9}", fullmatch=True), st.just("1.0.0"), min_size=1, max_size=9))
def test_our_title_is_what_its_template_says(versions: dict[str, str]) -> None:
    """The renderer is not loaded for it."""
    line = subject("Deploy", versions, "dev")
    told = replace(delivered(History()), versions=versions, subject=line)
    assert told.title() == told._filled("title.j2", None, told._common()).strip()


def test_a_title_is_right_by_either_verb() -> None:
    assert delivered(History()).titles() == {"Deploy web 1.0.1 to dev", "Promote web 1.0.1 to dev"}
    own = Messages(title=Template("[<@ environment @>] <@ verb @> <@ apps | length @>", "f", 1, 1))
    assert delivered(History(), own).titles() == {"[dev] Deploy 1", "[dev] Promote 1"}


def test_titles_have_an_end() -> None:
    told = replace(delivered(History()), subject="x" * 1000)
    assert len(told.title()) == 240
    own = Messages(title=Template("<% for app in apps %><@ app.name @> <% endfor %>", "f", 1, 1))
    told = replace(delivered(History(), own), versions={f"app-{n}": "1" for n in range(999)})
    assert len(told.title()) <= 240


# --- templates of gitops.yaml ---


def own(title: str | None = None, body: str | None = None) -> Messages:
    return Messages(
        Template(title, "gitops.yaml", 3, 10) if title else None, Template(body, "gitops.yaml", 4, 9) if body else None
    )


def test_values_of_own_templates_are_harmless_without_a_word() -> None:
    template = (
        "<% for release in releases %><% for commit in release.commits %><@ commit.subject @>\n<% endfor %><% endfor %>"
    )
    text = delivered(History("fixes #1 @pat", "word"), own(body=template)).body()
    assert text == "`fixes # 1 @ pat`\nword\n"


@given(EVIL)
def test_backticks_of_a_template_open_no_way(evil: str) -> None:
    template = "`<@ environment @>` `to <@ environment @>` ``<@ environment @>"
    text = replace(delivered(History(), own(body=template)), environment=evil).body()
    assert not LINK.search(text)
    is_quiet(text)


def test_conditions_see_the_values_themselves() -> None:
    template = "<% if environment == 'dev' and promoted_from is none %>yes<% else %>no<% endif %>"
    assert delivered(History(), own(body=template)).body() == "yes"


@pytest.mark.parametrize(
    ("messages", "complaints"),
    [
        (own("<@ subject @>", "<@ verb @> <@ run @>"), []),
        (own("<@ nothing @>"), ["`messages.title` cannot be filled in: 'nothing' is undefined"]),
        (own("<@ run @>"), ["`messages.title` cannot be filled in: 'run' is undefined"]),
        (own(body="a\n<% if %>"), ["`messages.body` cannot be filled in: line 2 of the template: Expected"]),
        (own(body="<@ releases[0].x @>"), ["`messages.body` cannot be filled in: 'dict object' has no attribute 'x'"]),
        (own(body="<@ releases[1].app @>"), ["`messages.body` cannot be filled in"]),
        (own(body="<@ releases @>"), ["`messages.body` cannot be filled in: TypeError: dict cannot be written"]),
        (own("<@ promoted_from @>"), ["`messages.title` cannot be filled in: nothing comes out"]),
    ],
)  # fmt: skip
def test_they_are_checked_with_all_and_with_nothing(messages: Messages, complaints: list[str]) -> None:
    findings = wording.check(messages, render)
    assert len(findings) == len(complaints), findings
    for finding, complaint in zip(findings, complaints, strict=True):
        assert finding.message.startswith(complaint)
        assert (finding.code, finding.file) == ("GA015", "gitops.yaml")
        assert (finding.line, finding.column) == ((3, 10) if messages.title else (4, 9))


def test_ours_need_no_check_but_pass_it() -> None:
    ours = own(
        *((Path(__file__).parents[2] / "templates/messages" / name).read_text() for name in ("title.j2", "body.md.j2"))
    )
    assert wording.check(ours, render) == []


def test_what_is_wrong_is_said_with_its_place() -> None:
    with pytest.raises(UsageError, match=r"gitops\.yaml:4:9: `messages\.body`"):
        delivered(History(), own(body="<@ x @>")).body()
