"""A config repo, a target folder and the embedded agent between them, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gitops_actions.agent.embedded import Embedded, Way
from gitops_actions.agent.render import AppFolder
from gitops_actions.agent.report import Report
from gitops_actions.agent.target import Target
from gitops_actions.forge.local.forge import LocalForge
from gitops_actions.git.repository import Repository
from gitops_actions.git.store import GitStore
from gitops_actions.model import CommitStatus, Signature
from gitops_actions.testing.repos import bare, commit

NOW = 1_750_000_000


def manifest(name: str) -> str:
    """A Kubernetes object of this name."""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n"


class Machine:
    """Cycles of the agent of `dev`, each with everything opened anew, as after a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repo = bare(
            folder / "config.git",
            {f"apps/web/{name}.yaml": manifest(name) for name in ("a", "b", "c", "d")}
            | {"apps/api/compose.yaml": "services: {}\n", "apps/api/run": "#!/bin/sh\n"},
            modes={"apps/api/run": "100755"},
        )
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.target = Target(folder / "target")
        self.current = folder / "target" / "current"
        self.apps = [AppFolder("web", "apps/web"), AppFolder("api", "apps/api")]
        self.environ = {"PATH": f"{self.programs}:/usr/bin:/bin", "HOME": str(folder)}

    def commit(self, files: Mapping[str, str | bytes | None], modes: Mapping[str, str] | None = None) -> str:
        return commit(self.repo, files, message="Change\n", modes=modes)

    def cycle(
        self,
        *,
        on_change: str | None = None,
        confirmed: str | None = None,
        environ: Mapping[str, str] | None = None,
        environment: str = "dev",
    ) -> Report:
        with self.target.claimed(), Repository(str(self.repo), temporary=self.folder) as repository:
            # `none`: the machine that runs these tests may have kustomize or helm
            way = Way(environ or self.environ, "none", on_change, confirmed)
            agent = Embedded(self.target, environment, way, lambda: NOW)
            forge = LocalForge(repository, Signature("A", "a@example.com", NOW))
            return agent.cycle(GitStore(repository), forge, "main", self.apps)

    def statuses(self, revision: str) -> tuple[CommitStatus, ...]:
        with Repository(str(self.repo), temporary=self.folder) as repository:
            return LocalForge(repository, Signature("A", "a@example.com", NOW)).statuses(revision)

    def files(self) -> dict[str, bytes]:
        """What a reader of `current` finds."""
        found = (path for path in sorted(self.current.rglob("*")) if path.is_file() and not path.is_symlink())
        return {str(path.relative_to(self.current)): path.read_bytes() for path in found}

    def trees(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "target" / ".gitops-agent" / "trees").iterdir())
