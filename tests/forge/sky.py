"""A config repository behind a GitHub or a GitLab on which things go wrong, and gitops-actions against it."""

from __future__ import annotations

import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gitops_actions.testing import repos
from gitops_actions.testing.forgehttp import ForgeServer
from gitops_actions.testing.github import GitHub
from gitops_actions.testing.gitlab import MAINTAINER, GitLab
from gitops_actions.testing.world import POLICY, Done, World, files

Kind = Literal["github", "gitlab"]
Transport = Literal["api", "git"]
KINDS: tuple[Kind, ...] = ("github", "gitlab")
TRANSPORTS: tuple[Transport, ...] = ("api", "git")
REPOSITORY = "acme/deploy"
TOKEN = "t0ken-c4n+ry/of=loopback"
BRANCH = "gitops/dev/web"


def policy(dev: str) -> str:
    """The policy of `World` with this said about `dev`."""
    return POLICY.replace("dev: {deliver: push}", f"dev: {{{dev}}}")


@dataclass(frozen=True)
class Shown:
    """A request as people see it; ``turns`` are its closings and openings after the first."""

    number: int
    state: Literal["open", "closed", "merged"]
    title: str
    branch: str
    head: str
    labels: tuple[str, ...]
    reviewers: tuple[str, ...]
    teams: tuple[str, ...]
    comments: tuple[str, ...]
    auto_merge: bool
    turns: tuple[str, ...]


class Sky(World, ABC):
    """``server`` is the forge, whose faults may be switched on; ``kind`` says which one."""

    kind: Kind

    def __init__(self, root: Path, server: ForgeServer, config: Path, address: str, transport: Transport) -> None:
        root.mkdir(exist_ok=True)
        super().__init__(root, config=config)
        self.server = server
        self.address = address
        self.transport = transport
        self.environ |= {
            "GITOPS_TOKEN": TOKEN,
            "GITOPS_FORGE": self.kind,
            "GITOPS_TRANSPORT": transport,
            "GITOPS_BUDGET": "55s",
        }

    @abstractmethod
    def requests(self) -> list[Shown]:
        """All requests, oldest first."""

    @abstractmethod
    def require(self, check: str) -> None:
        """From now on, nothing is merged before this check has passed."""

    def request(self) -> Shown:
        """The only request that there ever was."""
        (found,) = self.requests()
        return found

    def branches(self) -> set[str]:
        """All branches."""
        return set(self.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").splitlines())

    def release(self, version: str) -> Done:
        """`deploy` of a version of `web`, in this process and whatever comes of it."""
        return self.play("deploy", "--image", f"ghcr.io/acme/web:{version}", code=None)

    def killed_at(self, number: int, version: str) -> bool:
        """`release`, killed as soon as its request of this number was done and before it hears of that; False when it
        made fewer."""
        first = len(self.server.requests)
        started: list[subprocess.Popen[str]] = []

        def kill(_: object) -> None:
            started[0].kill()
            started[0].wait()

        self.server.fault(lambda one: one.number == first + number, kill)
        started.append(self.start("deploy", "--image", f"ghcr.io/acme/web:{version}"))
        output, errors = started[0].communicate(timeout=300)
        assert started[0].returncode in (0, -signal.SIGKILL), output + errors
        self.server.mend()
        return started[0].returncode != 0

    def push(self, content: Mapping[str, str | bytes | None], message: str = "By hand") -> str:
        """Somebody pushes a commit to the base."""
        return repos.commit(self.config, content, message=message)

    def commits(self, span: str) -> int:
        """How many commits there are."""
        return int(self.git("rev-list", "--count", span))


class HubSky(Sky):
    """Behind a GitHub."""

    kind = "github"
    server: GitHub

    def requests(self) -> list[Shown]:
        comments = self.server.repository(REPOSITORY).comments.values()
        return [
            Shown(
                one.number,
                "merged" if one.merged else one.state,
                one.title,
                one.head,
                one.head_sha,
                tuple(one.labels),
                tuple(one.reviewers),
                tuple(one.teams),
                tuple(comment.body for comment in comments if comment.number == one.number),
                one.auto_merge is not None,
                tuple(event for event in one.events if event in ("closed", "reopened")),
            )
            for one in self.server.requests_of(REPOSITORY)
        ]

    def require(self, check: str) -> None:
        self.server.protect(REPOSITORY, checks=(check,))


class LabSky(Sky):
    """Behind a GitLab."""

    kind = "gitlab"
    server: GitLab

    def requests(self) -> list[Shown]:
        self.server.look()
        project = self.server.state.projects[0]
        return [
            Shown(
                one.iid,
                "open" if one.state == "opened" else one.state,
                one.title,
                one.source,
                one.head,
                tuple(one.labels),
                tuple(user.username for user in one.reviewers),
                (),
                tuple(note.body for note in one.notes if not note.system),
                one.auto_merge is not None,
                tuple(note.body for note in one.notes if note.system and note.body in ("closed", "reopened")),
            )
            for one in project.merge_requests
        ]

    def require(self, check: str) -> None:
        project = self.server.state.projects[0]
        project.ci = (check,)
        project.only_allow_merge_if_pipeline_succeeds = True


@contextmanager
def sky(
    kind: Kind,
    root: Path,
    policy: str,
    *,
    transport: Transport = "api",
    content: Mapping[str, str | bytes] | None = None,
    enterprise: bool = True,
) -> Iterator[Sky]:
    """A sky while the block runs. ``content`` are the files beside the policy; ``enterprise`` is for GitHub."""
    everything = files(policy) if content is None else {"gitops.yaml": policy, **content}
    if kind == "github":
        with GitHub(root / "served", enterprise=enterprise) as hub:
            config = hub.add_repository(REPOSITORY, files=everything).objects.folder
            hub.add_team("acme", "sre")
            hub.add_user("alice")
            hub.add_token(TOKEN)
            made = HubSky(root, hub, config, f"{hub.url}/{REPOSITORY}", transport)
            made.environ["GITOPS_API_URL"] = hub.api_url
            yield made
    else:
        with GitLab(root / "served", merge_checks=1) as lab:
            for name in ("ada", "alice"):
                lab.add_user(name)
            project = lab.add_project(REPOSITORY, everything, members={"ada": MAINTAINER, "alice": MAINTAINER})
            lab.add_token("ada", value=TOKEN)
            yield LabSky(root, lab, project.repository.path, f"{lab.url}/{REPOSITORY}.git", transport)
