"""What the suites in `gitops_actions.testing.forge` stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gitops_actions.model import Signature
from gitops_actions.protocols import Forge
from gitops_actions.testing.repos import Step

AUTHOR = Signature("Ada", "ada@example.com", 1_700_000_000)


class Ground(Protocol):
    """A repository behind a forge. Its base branch `main` has the file `shared` of ten different lines."""

    def forge(self) -> Forge:
        """Another eye on the same forge, that has read nothing yet."""
        ...

    def commit(self, branch: str, files: Mapping[str, bytes | None], message: str = "Change\n") -> str:
        """Push a commit to a branch, which starts at `main` when it does not exist. Returns the commit id."""
        ...

    def delete(self, branch: str) -> None:
        """Delete a branch by git, behind the forge's back."""
        ...

    def branches(self) -> Mapping[str, str]:
        """The branches that there are now, with their commits."""
        ...

    def files(self, commit: str) -> Mapping[str, bytes]:
        """All files of a commit."""
        ...

    def message(self, commit: str) -> str:
        """The message of a commit; whether with its last line end does not matter."""
        ...

    def milestone(self, title: str) -> None:
        """Make a milestone, where requests can have only those that there are."""
        ...

    def plan(self, number: int, title: str | None) -> None:
        """Give a request another milestone, or take it away, as a person would."""
        ...

    def deployments(self, name: str) -> list[tuple[str, str, str]]:
        """The deployments of a source repository, the oldest first: environment, commit, and the state in the words of
        `Deployment`."""
        ...

    def source(self, name: str, steps: Sequence[Step], *, visible: bool = True) -> list[str]:
        """Make a source repository of this name (`acme/web`), on the same forge, with these commits. Returns their ids.
        Not ``visible``: the credentials of `forge` do not reach it. Of a forge that knows no sources it calls
        `pytest.skip`."""
        ...
