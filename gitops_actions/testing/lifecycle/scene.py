"""Where a case plays: a config repository on a ground, gitops-actions against it, and people beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from gitops_actions.model import MergeMethod
from gitops_actions.protocols import Capability
from gitops_actions.testing import repos
from gitops_actions.testing.lifecycle.ground import Ground, Shown
from gitops_actions.testing.world import POLICY, Done, World, files

# dev takes requests, as the others do
BY_REQUEST = POLICY.replace("dev: {deliver: push}", "dev: {}")
GROUPED = POLICY.replace("dev: {deliver: push}", "dev: {group: environment}")
OVERLAY_OF = "apps/web/overlays/{}/kustomization.yaml"


class Scene(World):
    """A `World` behind a forge."""

    def __init__(self, root: Path, ground: Ground, *, processes: bool) -> None:
        super().__init__(root, config=ground.repository, processes=processes)
        self.ground = ground
        self.address = ground.address
        self.environ |= ground.environ

    def can(self, capability: Capability) -> bool:
        """Whether the forge has a capability."""
        return capability in self.ground.capabilities

    def needs(self, *needed: Capability) -> None:
        """Skip the case where the forge lacks one of these."""
        missing = [one for one in needed if not self.can(one)]
        if missing:
            pytest.skip(f"this forge lacks {', '.join(missing)}")

    # --- people ---

    def push(self, content: Mapping[str, str | bytes | None], message: str = "By hand", branch: str = "main") -> str:
        """A person pushes a commit."""
        return repos.commit(self.config, content, message=message, branch=branch)

    def aside(self, content: Mapping[str, str | bytes | None], branch: str = "main") -> str:
        """A commit on top of a branch that no branch has yet."""
        made = repos.commit(self.config, content, message="Aside", branch="aside", start=branch)
        self.git("update-ref", "-d", "refs/heads/aside")
        return made

    def set_tag(self, environment: str, version: str, branch: str = "main") -> str:
        """A person writes a version of web into an environment."""
        path = OVERLAY_OF.format(environment)
        old = self.tag(environment, branch)
        return self.push({path: self.overlay(environment, branch).replace(f"'{old}'", f"'{version}'")}, branch=branch)

    def change_policy(self, policy: str) -> None:
        """A person pushes another gitops.yaml."""
        self.push({"gitops.yaml": policy}, "Policy")

    # --- what there is ---

    def requests(self, state: str = "open") -> list[Shown]:
        """The requests in a state (or ``all``), oldest first."""
        return [one for one in self.ground.requests() if state in ("all", one.state)]

    def request(self, state: str = "open") -> Shown:
        """The only request in a state."""
        found = self.requests(state)
        assert len(found) == 1, found
        return found[0]

    def waiting(self) -> list[str]:
        """The branches of the open requests, in order."""
        return sorted(one.branch for one in self.requests())

    def branches(self) -> set[str]:
        """All branches."""
        return set(self.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").splitlines())

    def everything(self) -> object:
        """All that a run may change, to be compared."""
        return self.git("for-each-ref"), self.ground.requests()

    # --- what is done again and again ---

    def promote(self, *arguments: str, code: int | None = 0) -> Done:
        """`promote`."""
        return self.run("promote", *arguments, code=code)

    def merge(self, branch: str, *arguments: str, code: int | None = 0) -> Done:
        """`pr merge` of the open request of a branch."""
        return self.run("pr", "merge", str(self._number(branch)), *arguments, code=code)

    def close(self, branch: str) -> None:
        """A person closes the open request of a branch."""
        self.ground.close(self._number(branch))

    def merge_by_hand(self, branch: str, method: MergeMethod = "merge") -> None:
        """A person merges the open request of a branch."""
        self.ground.merge(self._number(branch), method)

    def _number(self, branch: str) -> int:
        (number,) = [one.number for one in self.requests() if one.branch == branch]
        return number


class Scenes:
    """How the parts of the suite come to their scene. ``processes``: see `World`."""

    processes = False

    def open_ground(
        self,
        root: Path,  # noqa: ARG002 (what a subclass is given)
        files: Mapping[str, str | bytes],  # noqa: ARG002
    ) -> AbstractContextManager[Ground]:
        """A ground whose repository has one commit of ``files`` on its default branch `main`; ``root`` is an empty
        folder."""
        raise pytest.UsageError("a subclass of LifecycleContract defines `open_ground`")

    @pytest.fixture
    def scenes(self, tmp_path: Path) -> Iterator[Callable[..., Scene]]:
        """Makes the scene of a case: with another policy, or with other files."""
        made: list[Scene] = []
        with ExitStack() as stack:

            def make(policy: str = POLICY, content: Mapping[str, str | bytes] | None = None) -> Scene:
                folder = tmp_path / "forge"
                folder.mkdir()
                ground = self.open_ground(folder, files(policy) if content is None else content)
                made.append(Scene(tmp_path, stack.enter_context(ground), processes=self.processes))
                return made[0]

            yield make
            assert [scene.leftovers() for scene in made] == [[]] * len(made)

    @pytest.fixture
    def scene(self, scenes: Callable[..., Scene]) -> Scene:
        """Two apps in three environments; dev takes commits."""
        return scenes()
