"""The forge that is the bare repository itself."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gitops_actions.forge.local.forge import LocalForge
from gitops_actions.git.repository import Repository
from gitops_actions.model import MergeMethod, PullRequest, Signature
from gitops_actions.protocols import Capability
from gitops_actions.testing import repos
from gitops_actions.testing.lifecycle import Shown

PERSON = Signature("Pat Person", "pat@example.com", repos.EPOCH)
NOT_ONE = """\
#!/bin/sh
while read old new ref; do
  [ $ref != refs/heads/{} ] || {{ echo 'it is protected' >&2; exit 1; }}
done
"""
ONCE = """\
#!/bin/sh
rm "$0"
env -u GIT_QUARANTINE_PATH -u GIT_OBJECT_DIRECTORY -u GIT_ALTERNATE_OBJECT_DIRECTORIES git update-ref refs/heads/{} {}
"""


class LocalGround:
    """People have no server here: they work with git, and with `pr`, of which the forge is what is played here."""

    capabilities: frozenset[Capability] = LocalForge.capabilities
    swaps = True
    environ: Mapping[str, str] = {}

    def __init__(self, repository: Path, temporary: Path) -> None:
        self.repository = repository
        self.address = str(repository)
        self._temporary = temporary

    @contextmanager
    def _forge(self) -> Iterator[LocalForge]:
        with Repository(str(self.repository), temporary=self._temporary) as repository:
            yield LocalForge(repository, PERSON)

    def requests(self) -> list[Shown]:
        with self._forge() as forge:
            return [self._shown(one) for one in reversed(forge.find(state="all"))]

    def _shown(self, one: PullRequest) -> Shown:
        kept = json.loads(repos.show(self.repository, "refs/gitops/requests", f"requests/{one.number}.json"))
        return Shown(
            number=one.number,
            state=one.state,
            branch=one.branch,
            base=one.base,
            head=one.head_sha,
            title=one.title,
            body=one.body,
            labels=frozenset(one.labels),
            assignees=frozenset(one.assignees),
            reviewers=frozenset(one.reviewers),
            teams=frozenset(kept["team_reviewers"]),
            draft=one.draft,
            auto_merge=one.auto_merge,
            comments=tuple(kept["comments"].values()),
        )

    def statuses(self, commit: str) -> Mapping[str, str]:
        with self._forge() as forge:
            return {one.context: one.state for one in forge.statuses(commit)}

    def edit(
        self, number: int, *, title: str | None = None, body: str | None = None, labels: Collection[str] = ()
    ) -> None:
        with self._forge() as forge:
            forge.update(number, title=title, body=body, add_labels=labels)

    def close(self, number: int) -> None:
        with self._forge() as forge:
            forge.close(number)

    def merge(self, number: int, method: MergeMethod) -> None:
        with self._forge() as forge:
            forge.merge(number, expected_head=forge.get(number).head_sha, method=method, author=PERSON)

    def protect(self, branch: str) -> None:
        self._hook(NOT_ONE.format(branch))

    def overtake(self, branch: str, commit: str) -> None:
        self._hook(ONCE.format(branch, commit))

    def _hook(self, text: str) -> None:
        hook = self.repository / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(text, encoding="ascii")
        hook.chmod(0o755)

    def forget_requests(self) -> None:
        names = repos.git(self.repository, "for-each-ref", "--format=delete %(refname)", "refs/pull", "refs/gitops")
        repos.git(self.repository, "update-ref", "--stdin", data=f"{names}\n".encode())


@contextmanager
def local_ground(root: Path, files: Mapping[str, str | bytes]) -> Iterator[LocalGround]:
    """A bare repository of these files."""
    yield LocalGround(repos.bare(root / "config.git", files), root)
