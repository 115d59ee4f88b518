"""Stories of one deploy each: what is there before it, and what must be there after it, once and whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gitops_actions.testing import repos
from tests.forge.sky import BRANCH, Sky, policy

PEOPLE = "labels: [dev, gitops], reviewers: [alice], team-reviewers: [sre]"


def opened(sky: Sky, version: str = "1.0.1") -> None:
    """One request with its labels and people, one commit, of the right content; it was never closed."""
    request = sky.request()
    assert (request.state, request.title, request.turns) == ("open", f"Deploy web {version} to dev", ())
    assert sorted(request.labels) == ["dev", "gitops"]
    assert (request.reviewers, request.teams) == (("alice",), ("sre",) if sky.kind == "github" else ())
    assert request.comments == ()
    assert request.head == sky.tip(BRANCH)
    assert sky.tag("dev", BRANCH) == version
    assert sky.git("rev-parse", f"{BRANCH}^") == sky.tip()
    assert sky.tag("dev") == "1.0.0"


def updated(sky: Sky) -> None:
    """The same request, of the next release, on the new base."""
    opened(sky, "1.0.2")


def closed(sky: Sky) -> None:
    """The request is closed, with one mark and one comment."""
    request = sky.request()
    assert (request.state, request.turns) == ("closed", ("closed",))
    assert sorted(request.labels) == ["dev", "gitops", "gitops/obsolete"]
    assert len(request.comments) == 1


def merged(sky: Sky) -> None:
    """The release is on the base, once."""
    request = sky.request()
    assert (request.state, request.turns) == ("merged", ())
    assert sky.tag("dev") == "1.0.1"
    assert sky.commits("main") == 3  # the first, the release, the merge


def waiting(sky: Sky) -> None:
    """The request waits to be merged by itself."""
    request = sky.request()
    assert (request.state, request.auto_merge, request.turns) == ("open", True, ())
    assert request.head == sky.tip(BRANCH)
    assert sky.tag("dev", BRANCH) == "1.0.1"
    assert sky.commits(f"main..{BRANCH}") == 1


def committed(sky: Sky) -> None:
    """The release is on the base, in one commit."""
    assert sky.requests() == []
    assert sky.tag("dev") == "1.0.1"
    assert sky.commits("main") == 2


def nothing(_sky: Sky) -> None:
    """Nothing is there before."""


def next_release(sky: Sky) -> None:
    """A release waits, and the base has gone on."""
    assert sky.release("1.0.1").code == 0
    sky.push({"README.md": "new\n"})


def by_hand(sky: Sky) -> None:
    """A release waits, and somebody brings it to the base in another way."""
    assert sky.release("1.0.1").code == 0
    paths = ("apps/web/overlays/dev/kustomization.yaml", ".gitops/releases/dev/web.yaml")
    sky.push({path: repos.show(sky.config, BRANCH, path) for path in paths})


def guarded(sky: Sky) -> None:
    """Nothing is merged before its checks have passed."""
    sky.require("build")


def tidy(sky: Sky) -> None:
    """A branch is there only as long as its request is open; what a run that was cut off left beside, goes within the
    hour."""
    waiting = {one.branch for one in sky.requests() if one.state == "open"}
    assert {name for name in sky.branches() if not name.startswith("gitops-tmp/")} == {"main"} | waiting


@dataclass(frozen=True)
class Story:
    """The policy, what is there before, the run's version, what must be there after."""

    policy: str
    before: Callable[[Sky], None]
    version: str
    after: Callable[[Sky], None]


STORIES = {
    "open": Story(policy(PEOPLE), nothing, "1.0.1", opened),
    "update": Story(policy(PEOPLE), next_release, "1.0.2", updated),
    "close": Story(policy(PEOPLE), by_hand, "1.0.1", closed),
    "merge": Story(policy("auto-merge: true"), nothing, "1.0.1", merged),
    "wait": Story(policy("auto-merge: true"), guarded, "1.0.1", waiting),
    "commit": Story(policy("deliver: push"), nothing, "1.0.1", committed),
}
