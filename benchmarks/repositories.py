"""Config repositories of any size and age, each made by one `git fast-import` and packed as a server packs them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import IO

from gitops_actions.core import records
from gitops_actions.model import Image, Record, Release
from gitops_actions.testing.repos import git

IMAGE = "ghcr.io/acme/web"
KUSTOMIZATION = "apps/web/overlays/dev/kustomization.yaml"
RECORD = records.path("dev", "web")
ENVIRONMENTS = ("dev", "staging", "production")
STAGES = ("dev", "test", "staging", "canary", "production")
_FORMAT = 1  # counts up when other files are generated, so that a cache of old ones is not used
_START = 1_750_000_000
Files = Iterable[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is in a config repository. A deploy touches one app of it."""

    files: int
    apps: int
    commits: int

    def __str__(self) -> str:
        return f"{self.files:,} files, {self.commits:,} commits"


def deployable(cache: Path, size: Size) -> Path:
    """A bare repository of that size in which the app `web` is at 1.0.0 in `dev`."""
    name = f"deploy-{size.files}-{size.apps}-{size.commits}-{_FORMAT}.git"
    return _made(cache / name, islice(_apps(size), size.files), _bumps(size))


def observable(cache: Path, apps: int, commits: int) -> Path:
    """A bare repository of ``apps`` found by `"*"`, each with a record in each of the five ``STAGES``."""
    name = f"status-{apps}-{commits}-{_FORMAT}.git"
    return _made(cache / name, _services(apps), _releases(apps, commits))


def _apps(size: Size) -> Iterator[tuple[str, bytes]]:
    yield "gitops.yaml", _policy(ENVIRONMENTS, f"  web:\n    image: {IMAGE}", "apps/web/overlays/{environment}")
    yield RECORD, _record("web", "dev", "1.0.0")
    names = _names(size.apps)
    for name in names:
        for environment in ENVIRONMENTS:
            yield f"apps/{name}/overlays/{environment}/kustomization.yaml", _kustomization(name, environment, "1.0.0")
    # As many files as are asked for: the caller stops.
    for number in range(size.files):
        for name in names:
            folder = "base" if number % 2 else f"overlays/{ENVIRONMENTS[number % 3]}"
            yield f"apps/{name}/{folder}/settings-{number}.yaml", _manifest(name, number)


def _bumps(size: Size) -> Iterator[tuple[str, Files]]:
    others = _names(size.apps)[1:]
    for number in range(1, size.commits):
        name, environment = others[number * 7919 % len(others)], ENVIRONMENTS[number % 3]
        file = f"apps/{name}/overlays/{environment}/kustomization.yaml"
        yield (
            f"Deploy {name} 1.0.{number} to {environment}\n",
            [(file, _kustomization(name, environment, f"1.0.{number}"))],
        )


def _services(apps: int) -> Iterator[tuple[str, bytes]]:
    app = '  "*":\n    image: "ghcr.io/acme/{app}"'
    yield "gitops.yaml", _policy(STAGES, app, "services/{app}/overlays/{environment}")
    for name in _names(apps):
        for environment in STAGES:
            yield from _cell(name, environment, "1.0.0")


def _releases(apps: int, commits: int) -> Iterator[tuple[str, Files]]:
    names = _names(apps)
    for number in range(1, commits):
        name, environment, version = names[number * 7919 % apps], STAGES[number % len(STAGES)], f"1.0.{number}"
        trailers = f"Gitops-Environment: {environment}\nGitops-App: {name}\nGitops-Version: {version}\n"
        yield f"Deploy {name} {version} to {environment}\n\n{trailers}", _cell(name, environment, version)


def _names(count: int) -> list[str]:
    return ["web", *(f"app-{number:05}" for number in range(1, count))]


def _cell(name: str, environment: str, version: str) -> Files:
    yield f"services/{name}/overlays/{environment}/kustomization.yaml", _kustomization(name, environment, version)
    yield records.path(environment, name), _record(name, environment, version)


def _record(name: str, environment: str, version: str) -> bytes:
    image = Image(f"ghcr.io/acme/{name}", f"ghcr.io/acme/{name}", version)
    return records.render(Record(name, environment, Release(version, (image,))))


def _policy(environments: tuple[str, ...], app: str, folder: str) -> bytes:
    lines = ["version: 1", "environments:", f"  {environments[0]}:", "    deliver: push"]
    for before, name in pairwise(environments):
        lines += [f"  {name}:", f"    after: {before}"]
    lines += ["apps:", app, "    edits:", f'      - kustomize: "{folder}"', ""]
    return "\n".join(lines).encode()


def _kustomization(name: str, environment: str, tag: str) -> bytes:
    return f"""\
# {name} as it runs in {environment}.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: {name}-{environment}
resources:
  - ../../base
images:
  - name: ghcr.io/acme/{name}
    newTag: "{tag}"  # brought by CI
""".encode()


def _manifest(name: str, number: int) -> bytes:
    lines = "".join(f"  key-{line}: {name}-{number * 31 + line * 17}\n" for line in range(12))
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}-{number}\ndata:\n{lines}".encode()


def _made(repo: Path, first: Files, later: Iterable[tuple[str, Files]]) -> Path:
    """The repository, from the cache or new; one that was begun and not finished is never taken for a whole one."""
    if repo.exists():
        return repo
    repo.parent.mkdir(parents=True, exist_ok=True)
    part = repo.with_suffix(f".{os.getpid()}")
    git(part.parent, "init", "--quiet", "--bare", "--initial-branch=main", str(part))
    git(part, "config", "receive.autogc", "false")  # housekeeping of a server in the middle of a run is nobody's figure
    with subprocess.Popen(["git", "fast-import", "--quiet"], cwd=part, stdin=subprocess.PIPE) as process:
        if process.stdin is None:
            raise RuntimeError("git fast-import was started without a pipe")
        _commit(process.stdin, 0, "Start\n", first)
        for number, (message, files) in enumerate(later, start=1):
            _commit(process.stdin, number, message, files)
    if process.returncode:
        raise RuntimeError(f"git fast-import failed in {part}")
    git(part, "repack", "-adfq", "--write-bitmap-index")
    git(part, "commit-graph", "write", "--reachable", "--no-progress")
    git(part, "pack-refs", "--all")
    part.rename(repo)
    return repo


def _commit(stream: IO[bytes], number: int, message: str, files: Files) -> None:
    text = message.encode()
    person = f"CI <ci@example.com> {_START + number * 60} +0000".encode()
    stream.write(b"commit refs/heads/main\ncommitter %s\ndata %d\n%s\n" % (person, len(text), text))
    for path, content in files:
        stream.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))
