"""Bad days by a seed: which requests go wrong, and how. The same seed makes the same day."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gitops_actions.testing import repos
from gitops_actions.testing.forgehttp import Answer, How, Recorded
from gitops_actions.testing.github import GitHub
from gitops_actions.testing.gitlab import GitLab
from gitops_actions.testing.world import Done
from tests.forge.sky import BRANCH, Kind, Sky, Transport, policy, sky
from tests.forge.stories import PEOPLE

RUNS = 30  # in which a release has to arrive
_REQUESTS = 60  # of a run; more are not made
POLICIES = {
    "commit": policy("deliver: push"),
    "request": policy("labels: []"),
    "people": policy(PEOPLE),
    "merge": policy("auto-merge: true"),
}
FAULTS = (
    "drop-before", "drop-after", "502-after", "duplicate", "truncate", "stale", "delay", "500", "502", "503", "429",
    "limit", "long-limit", "redirect",
)  # fmt: skip


@dataclass(frozen=True)
class Day:
    """What a seed comes to. ``runs`` has for each run the faults by the number of the request in it."""

    kind: Kind
    seed: int
    transport: Transport
    policy: str
    enterprise: bool
    by_hand: bool  # at the end somebody brings the third release by hand
    runs: tuple[Mapping[int, str], ...] = field(repr=False)

    def run(self, number: int) -> str:
        """A run's faults, for people."""
        return ", ".join(f"{request}: {fault}" for request, fault in sorted(self.runs[number].items())) or "none"


def day(kind: Kind, seed: int) -> Day:
    """The day of a seed."""
    chance = random.Random(f"{kind} {seed}")
    transport: Transport = "git" if chance.random() < 0.25 else "api"
    name = chance.choice(list(POLICIES))
    enterprise, by_hand = chance.random() < 0.5, chance.random() < 0.5
    # git asks some questions twice in a run, and repeats none of them by itself.
    often = chance.choice((0.1, 0.2, 0.33)) / (4 if transport == "git" else 1)
    runs = tuple(
        {number: chance.choice(FAULTS) for number in range(1, _REQUESTS) if chance.random() < often}
        for _ in range(RUNS * 3)
    )
    return Day(kind, seed, transport, name, enterprise, by_hand, runs)


def live(day: Day, root: Path) -> None:
    """Live through a day: three releases, each by as many runs as it needs. No run may claim what is not so, and after
    each release everything is there, once. What fails says which day it was, and which run of it."""
    with (
        sky(day.kind, root, POLICIES[day.policy], transport=day.transport, enterprise=day.enterprise) as there,
        _elsewhere(day.kind, root / "elsewhere") as elsewhere,
    ):
        told: list[str] = []
        try:
            for number, version in enumerate(("1.0.1", "1.0.2")):
                _arrives(day, there, version, number * RUNS, elsewhere.url, told)
                there.push({"README.md": f"{version}\n"})
            if day.by_hand and day.policy in ("request", "people"):
                _vanishes(day, there, elsewhere.url, told)
            assert elsewhere.requests == [], "a token was sent to another place"
        except BaseException as error:
            for line in (str(day), *told):
                error.add_note(line)
            raise


def _elsewhere(kind: Kind, root: Path) -> GitHub | GitLab:
    return GitHub(root) if kind == "github" else GitLab(root)


def _arrives(day: Day, there: Sky, version: str, first: int, elsewhere: str, told: list[str]) -> None:
    done = _until_well(day, there, version, first, elsewhere, told, lambda: _right(day, there, version))
    assert [one for one in there.requests() if one.turns] == []
    again = there.release(version)
    assert (again.code, [outcome for _, outcome in again.outcomes]) == (0, ["unchanged"]), (done, again)
    _right(day, there, version)


def _vanishes(day: Day, there: Sky, elsewhere: str, told: list[str]) -> None:
    """The difference of a request vanishes: it is closed, with one comment. What a run that was cut off has left of its
    branch is in nobody's way."""
    paths = ("apps/web/overlays/dev/kustomization.yaml", ".gitops/releases/dev/web.yaml")
    there.push({path: repos.show(there.config, BRANCH, path) for path in paths})

    def right() -> None:
        request = there.request()
        assert (request.state, request.turns, len(request.comments)) == ("closed", ("closed",), 1)
        assert request.labels.count("gitops/obsolete") == 1

    _until_well(day, there, "1.0.2", 2 * RUNS, elsewhere, told, right)
    assert there.release("1.0.3").code == 0
    _, request = there.requests()
    assert (request.state, request.title, request.turns) == ("open", "Deploy web 1.0.3 to dev", ())
    assert there.tag("dev", BRANCH) == "1.0.3"
    assert there.commits(f"main..{BRANCH}") == 1


def _until_well(
    day: Day, there: Sky, version: str, first: int, elsewhere: str, told: list[str], right: Callable[[], None]
) -> Done:
    for number in range(first, first + RUNS):
        start = len(there.server.requests)
        for request, fault in day.runs[number].items():
            for git in (False, True):
                there.server.fault(_numbered(start + request, git), _how(there, fault, elsewhere, git), seconds=0)
        done = there.release(version)
        made = there.server.requests[start:]
        there.server.mend()
        told.append(
            f"run {number}, {version}: {day.run(number)}; ended with {done.code} after "
            + ", ".join(f"{one.number - start} {one.method} {one.operation or one.path}" for one in made)
        )
        allowed = {0, 6}
        if any(day.runs[number].get(one.number - start) == "redirect" for one in made):
            allowed.add(2)
        assert done.code in allowed, done
        if done.code == 0:
            right()
            return done
    raise AssertionError(f"{RUNS} runs were not enough for {version}")


def _right(day: Day, there: Sky, version: str) -> None:
    """Everything is as a run claims that said nothing is left to do."""
    if day.policy == "commit":
        assert there.requests() == []
        assert there.tag("dev") == version
        subjects = there.git("log", "--format=%s", "main").splitlines()
        assert subjects.count(f"Deploy web {version} to dev") == 1, subjects
        return
    found = there.requests()
    if day.policy == "merge":
        assert [one.state for one in found] == ["merged"] * len(found)
        assert [one.title for one in found].count(f"Deploy web {version} to dev") == 1
        assert there.tag("dev") == version
        return
    request = there.request()
    assert (request.state, request.title) == ("open", f"Deploy web {version} to dev")
    assert request.head == there.tip(BRANCH)
    assert there.tag("dev", BRANCH) == version
    assert there.commits(f"main..{BRANCH}") == 1
    people = day.policy == "people"
    assert sorted(request.labels) == (["dev", "gitops"] if people else [])
    assert request.reviewers == (("alice",) if people else ())
    assert request.teams == (("sre",) if people and there.kind == "github" else ())
    assert request.comments == ()


def _numbered(number: int, git: bool) -> Callable[[Recorded], bool]:
    return lambda request: request.number == number and request.is_git == git


def _how(there: Sky, fault: str, elsewhere: str, git: bool) -> How:
    """A fault in the terms of the forge."""
    if fault == "redirect":
        return Answer(307, {"Location": f"{elsewhere}/api/v4/projects"})
    if fault in ("limit", "long-limit"):
        if isinstance(there.server, GitHub) and not git:  # to git, it says 429
            return there.server.secondary_limit(0 if fault == "limit" else None)
        return there.server.failure(429, 1 if fault == "limit" else 600)
    if fault.isdecimal():
        return int(fault)
    return fault  # type: ignore[return-value]
