"""A bad day at GitHub: whatever happens to a write, after at most one more run there is exactly one right request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gitops_actions.testing import repos
from gitops_actions.testing.forgehttp import How
from tests.e2e.hubworld import PLAIN, REPOSITORY, REQUESTS, HubWorld, hub_world, outcome

BRANCH = "gitops/dev/web"
FAULTS: tuple[How, ...] = ("drop-before", "drop-after", "502-after", "duplicate", "truncate", 500, 503)


def opened(hub: HubWorld) -> None:
    """One request with its labels and people, one commit, of the right content."""
    (request,) = hub.requests()
    assert (request.labels, request.reviewers, request.teams) == (["dev", "gitops"], ["alice"], ["sre"])
    assert request.title == "Deploy web 1.0.1 to dev"
    assert request.head_sha == hub.tip(BRANCH)
    assert hub.tag("dev", BRANCH) == "1.0.1"
    assert hub.git("rev-list", "--count", f"main..{BRANCH}") == "1"
    assert len(hub.hub.requests_of(REPOSITORY)) == 1
    assert hub.branches() == {"main", BRANCH}


def updated(hub: HubWorld) -> None:
    """The same request, of the next release, on the new base; it was never closed."""
    (request,) = hub.requests()
    assert request.title == "Deploy web 1.0.2 to dev"
    assert "closed" not in request.events
    assert request.head_sha == hub.tip(BRANCH)
    assert hub.tag("dev", BRANCH) == "1.0.2"
    assert hub.git("rev-parse", f"{BRANCH}^") == hub.tip()
    assert len(hub.hub.requests_of(REPOSITORY)) == 1
    # What a run that was cut off left beside is nobody's request, and goes within the hour.
    assert {name for name in hub.branches() if not name.startswith("gitops-tmp/")} == {"main", BRANCH}


def closed(hub: HubWorld) -> None:
    """The request is closed, with one comment, and its branch is gone."""
    assert hub.requests() == []
    (request,) = hub.hub.requests_of(REPOSITORY)
    assert request.merged is None
    assert [one for one in request.labels if one == "gitops/obsolete"] == ["gitops/obsolete"]
    assert len(hub.hub.repository(REPOSITORY).comments) == 1
    assert hub.branches() == {"main"}


def merged(hub: HubWorld) -> None:
    """The release is on the base, once."""
    assert hub.tag("dev") == "1.0.1"
    (request,) = hub.hub.requests_of(REPOSITORY)
    assert request.merged is not None
    assert hub.git("log", "--format=%s", "--first-parent", "main").count("1.0.1") <= 1
    assert hub.branches() == {"main"}


def committed(hub: HubWorld) -> None:
    """The release is on the base, in one commit."""
    assert hub.tag("dev") == "1.0.1"
    assert hub.git("rev-list", "--count", "main") == "2"


def nothing(_hub: HubWorld) -> None:
    """Nothing is there before."""


def next_release(hub: HubWorld) -> None:
    hub.released("1.0.1")
    repos.commit(hub.config, {"README.md": "new\n"}, message="Other")


def by_hand(hub: HubWorld) -> None:
    """Somebody brings the release to the base in another way."""
    hub.released("1.0.1")
    files = {
        path: repos.show(hub.config, BRANCH, path)
        for path in ("apps/web/overlays/dev/kustomization.yaml", ".gitops/releases/dev/web.yaml")
    }
    repos.commit(hub.config, {**files}, message="By hand")


@dataclass(frozen=True)
class Story:
    """What is there before, the run, what must be there after, and how many writes the run makes on a good day."""

    policy: str
    before: Callable[[HubWorld], object]
    version: str
    after: Callable[[HubWorld], None]
    writes: int


STORIES = {
    "open": Story(REQUESTS, nothing, "1.0.1", opened, 3),
    "update": Story(REQUESTS, next_release, "1.0.2", updated, 3),
    "close": Story(PLAIN, by_hand, "1.0.1", closed, 4),
    "merge": Story(PLAIN.replace("dev: {}", "dev: {auto-merge: true}"), nothing, "1.0.1", merged, 4),
    "commit": Story(PLAIN.replace("dev: {}", "dev: {deliver: push}"), nothing, "1.0.1", committed, 1),
}
CASES = [(name, write) for name, story in STORIES.items() for write in range(1, story.writes + 1)]


@pytest.fixture
def hub(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[HubWorld]:
    with hub_world(tmp_path, STORIES[request.param].policy) as world:
        yield world


@pytest.mark.parametrize("hub", STORIES, indirect=True)
def test_a_good_day(hub: HubWorld, request: pytest.FixtureRequest) -> None:
    story = STORIES[request.node.callspec.params["hub"]]
    story.before(hub)
    before = len(hub.hub.writes())
    assert hub.released(story.version).code == 0
    assert len(hub.hub.writes()) - before == story.writes
    story.after(hub)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize(("hub", "write"), CASES, indirect=["hub"])
def test_a_write_that_goes_wrong(hub: HubWorld, write: int, fault: How, request: pytest.FixtureRequest) -> None:
    story = STORIES[request.node.callspec.params["hub"]]
    story.before(hub)
    hub.hub.fault(write, fault, seconds=0)
    first = hub.released(story.version)
    if first.code:
        assert first.code == 6, first.errors
        second = hub.released(story.version)
        assert second.code == 0, second.errors
    story.after(hub)
    again = hub.released(story.version)
    assert outcome(again) == "unchanged"
    story.after(hub)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_reads_are_repeated(tmp_path: Path, fault: How) -> None:
    with hub_world(tmp_path, REQUESTS) as hub:
        hub.hub.fault(lambda request: not request.write, fault, seconds=0, times=3)
        assert hub.released("1.0.1").code == 0
        opened(hub)
