"""A request as it is shown: what it is, and what its commits say of releases; as a line, a page and a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitops_actions.cli.session import Session
from gitops_actions.cli.tables import table
from gitops_actions.core import messages, naming, trailers
from gitops_actions.model import PullRequest, Release

_TITLE_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Row:
    """A request and what its commits say: the environment and the release of each app."""

    request: PullRequest
    environment: str | None
    releases: dict[str, Release]
    managed: bool

    @property
    def versions(self) -> dict[str, str]:
        """By app."""
        return {app: release.version for app, release in self.releases.items()}

    def document(self) -> dict[str, object]:
        """As in section 5 of the contract."""
        request = self.request
        return {
            "number": request.number,
            "url": request.url,
            "title": request.title,
            "state": request.state,
            "branch": request.branch,
            "base": request.base,
            "head_sha": request.head_sha,
            "environment": self.environment,
            "apps": list(self.versions),
            "versions": self.versions,
            "labels": list(request.labels),
            "draft": request.draft,
            "auto_merge": request.auto_merge,
        }


def row_of(session: Session, request: PullRequest) -> Row:
    """A request with what its newest commit of ours says about each app. The base has the commits of a merged one, so
    of those that are not open only the head is read."""
    if request.state == "open":
        commits = session.store.ahead(request.base, request.head_sha)
    else:
        commits = tuple(session.store.log(request.head_sha, limit=1))
    environment: str | None = None
    releases: dict[str, Release] = {}
    managed = request.branch.startswith(naming.PREFIX)
    for commit in commits:
        found = trailers.trailers(commit.message)
        managed = managed or trailers.ENVIRONMENT in found or trailers.SET in found
        environment = environment or next(iter(found.get(trailers.ENVIRONMENT, ())), None)
        for app, release in messages.releases(commit.message).items():
            releases.setdefault(app, release)
    return Row(request, environment, releases, managed)


def listed(rows: Sequence[Row]) -> str:
    """A line for each; empty without any."""
    if not rows:
        return ""
    cells = [("NUMBER", "TITLE", "BRANCH", "ENVIRONMENT", "STATE")]
    for row in rows:
        request, title = row.request, row.request.title
        if len(title) > _TITLE_WIDTH:
            title = title[: _TITLE_WIDTH - 3] + "..."
        cells.append((f"#{request.number}", title, request.branch, row.environment or "", _state(request)))
    return table(cells)


def page(row: Row) -> str:
    """All there is to one."""
    request = row.request
    facts = [
        ("state", _state(request)),
        ("branch", f"{request.branch} into {request.base}"),
        ("environment", row.environment or ""),
        ("apps", ", ".join(f"{app} {version}" for app, version in row.versions.items())),
        ("labels", ", ".join(request.labels)),
        ("milestone", request.milestone or ""),
        ("assignees", ", ".join(request.assignees)),
        ("reviewers", ", ".join(request.reviewers)),
        ("head", request.head_sha),
        ("merged as", request.merge_commit or ""),
        ("url", request.url),
    ]
    shown = [_plain(f"{request.title} #{request.number}")]
    shown += [f"{name + ':':<13}{_plain(value)}" for name, value in facts if value]
    if request.body.strip():
        shown += ["", *(_plain(line) for line in request.body.strip().split("\n"))]
    return "\n".join(shown)


def _state(request: PullRequest) -> str:
    if request.state != "open":
        return request.state
    return "open" + ", draft" * request.draft + ", auto-merge" * request.auto_merge


def _plain(text: str) -> str:
    """Text from outside for a terminal, which would obey what it cannot show."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
