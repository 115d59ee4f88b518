"""`init`: a gitops.yaml to start from, that `validate` accepts."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from gitops_actions import config as configuration
from gitops_actions import plugins
from gitops_actions.cli.checks import Tree, check_edits
from gitops_actions.cli.connection import FILE
from gitops_actions.cli.discovery import Candidate, Edit, candidates, helm_release, rank
from gitops_actions.cli.folder import Folder, unusable
from gitops_actions.cli.options import option
from gitops_actions.cli.settings import Settings
from gitops_actions.core.cells import Toolbox
from gitops_actions.edit.source import text_of
from gitops_actions.errors import ConfigInvalid, UsageError
from gitops_actions.model import App, EditSpec
from gitops_actions.names import complaint_about_name
from gitops_actions.pipeline.sandbox import render

# An URL, or git's short form of one for SSH: https://git-scm.com/docs/git-clone#_git_urls
_ADDRESS = re.compile(
    r"(?P<base>(?:(?:https|ssh)://(?:[^/@]+@)?|[^/:@]+@)(?P<host>[^/:@]+)(?::[0-9]+/|[:/])(?P<owner>.+))/[^/]+"
)


@click.command("init")
@click.argument("kind", metavar="app|config", type=click.Choice(["app", "config"]))
@option("--force", is_flag=True, help="Overwrite a gitops.yaml that is here.")
@click.pass_obj
def command(settings: Settings, kind: str, force: bool) -> None:
    """Write a commented gitops.yaml that fits what is in this folder.

    `app`: the repository whose CI builds something. `config`: the one that Argo CD, Flux or the agent watches.
    """
    target = Path(FILE)
    if not force and os.path.lexists(target):
        raise UsageError(
            f"there is a {FILE} here already",
            code="GA077",
            hint="check it with `gitops-actions validate`, or give --force",
        )
    folder = Folder(Path(), plain=True)
    draft = _app(folder) if kind == "app" else _config(folder)
    configuration.load(draft.text, file=FILE, kinds=plugins.Editors())
    _write(target, draft.text)
    settings.result(
        "\n".join(draft.notes), {"schema_version": 1, "command": "init", "file": FILE, "notes": draft.notes}
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    text: str
    notes: list[str]  # what was found, and what to do next


@dataclass(slots=True)
class _Found:
    """An app as the template shows it; ``environments`` empty: all."""

    name: str
    images: tuple[str, ...]
    environments: list[str]
    edits: list[Edit]


def _config(folder: Folder) -> _Draft:
    notes: list[str] = []
    apps = _merged(_usable(folder, candidates(folder, _name_of(folder)), notes), notes)
    if not apps:
        raise UsageError(
            "found no app in this folder that an edit would fit: sought kustomizations with `images:`, Helm values, "
            "manifests and compose files in folders (or values-NAME.yaml) named after environments",
            code="GA078",
            hint="; ".join(notes) or _by_hand(folder),
        )
    names = sorted({name for app in apps for name in app.environments}, key=lambda name: (rank(name), name))
    environments: list[dict[str, object]] = []
    for name in names:
        before = [other for other in names if rank(other) < rank(name)]
        after = [other for other in before if rank(other) == rank(before[-1])]
        environments.append({"name": name, "after": after[0] if len(after) == 1 else after})
    for app in apps:
        notes.append(f"found {app.name} in {', '.join(sorted(app.environments, key=rank))}: {app.edits[0].file}")
        app.environments = [] if len(app.environments) == len(names) else sorted(app.environments, key=names.index)
    text = _text(environments, apps)
    notes += [
        f"wrote {FILE}; check what it guessed, above all the order of the environments",
        "next: `gitops-actions validate`, commit and push it, and then `gitops-actions deploy --config-repo URL "
        f"--app {apps[0].name} --image {apps[0].images[0]}:TAG --plan`, which shows what it would do",
    ]
    return _Draft(text, notes)


def _text(environments: list[dict[str, object]], apps: list[_Found]) -> str:
    return render("init/config.yaml.j2", {"environments": environments, "apps": apps})


def _by_hand(folder: Folder) -> str:
    """What to do where nothing was recognised."""
    release = helm_release(folder) or "apps/{environment}/release.yaml"
    return (
        "run it at the root of the config repo, or write gitops.yaml by hand, with edits such as "
        f'`- {{yaml: "{release}", path: spec.values.image.tag, value: "{{version}}"}}` for a value of a HelmRelease, '
        'or `- manifest: "apps/{environment}/deployment.yaml"` for the containers of a manifest'
    )


def _usable(folder: Folder, found: list[Candidate], notes: list[str]) -> list[Candidate]:
    """Those that gitops.yaml can hold and whose edits find their places, tried with the very checks that `validate`
    makes."""
    tools = Toolbox(plugins.Editors(), text_of)
    tree = Tree(folder.names, folder.snapshot)
    usable = []
    for candidate in found:
        edit = candidate.edit
        if complaint := _complaint(candidate):
            notes.append(f"left out: {edit.file}: {complaint}")
            continue
        spec = EditSpec(edit.kind, edit.file, path=edit.path, value=edit.value)
        app = App(candidate.name, candidate.images, edits=(spec,))
        fitting = []
        for environment in dict.fromkeys(candidate.environments):
            findings = list(check_edits(environment, [app], tree, tools))
            notes += [f"left out: {finding.message}" for finding in findings]
            if not findings:
                fitting.append(environment)
        if fitting:
            usable.append(Candidate(candidate.name, edit, candidate.images, fitting))
    return usable


def _complaint(candidate: Candidate) -> str | None:
    """What is wrong with it in itself: an image may be one to be filled in (`<registry>/web`), a folder `{name}`."""
    names = dict.fromkeys(candidate.environments)
    app = _Found(candidate.name, candidate.images, list(names), [candidate.edit])
    try:
        configuration.load(
            _text([{"name": name, "after": []} for name in names], [app]), file=FILE, kinds=plugins.Editors()
        )
    except ConfigInvalid as error:
        return error.problems[0].message
    return None


def _merged(found: list[Candidate], notes: list[str]) -> list[_Found]:
    """Candidates of one name are one app where they are about the same images in the same environments; others get a
    name of their own."""
    apps: dict[str, _Found] = {}
    for candidate in found:
        number = 1
        name = candidate.name
        while name in apps and not _same(apps[name], candidate):
            number += 1
            name = f"{candidate.name}-{number}"
        if name in apps:
            apps[name].edits.append(candidate.edit)
        else:
            apps[name] = _Found(name, candidate.images, candidate.environments, [candidate.edit])
        if number > 1:
            notes.append(f"{candidate.edit.file} differs from the other files of {candidate.name}: it became {name}")
    return list(apps.values())


def _same(app: _Found, candidate: Candidate) -> bool:
    return app.images == candidate.images and app.environments == candidate.environments


def _app(folder: Folder) -> _Draft:
    remote = _remote(folder)
    name = _name_of(folder)
    image = "IMAGE"
    notes = [f"this app is called {name}"]
    url = "https://github.com/acme/deploy"
    match = _ADDRESS.fullmatch(remote or "")
    if match:
        url = f"{match['base']}/deploy"
        registry = "ghcr.io" if match["host"] == "github.com" else f"registry.{match['host']}"
        image = f"{registry}/{match['owner']}/{name}".lower()
    if any(part.rpartition("/")[2] in ("Dockerfile", "Containerfile") for part in folder.names):
        notes.append("found a Dockerfile: deploy the image that CI builds from it")
    notes += [
        f"wrote {FILE}; put the address of your config repository into `config-repo:` (it says {url} now)",
        f"next, in CI, after the push: `gitops-actions deploy --image {image}:TAG --revision SHA --sequence N`",
    ]
    return _Draft(render("init/app.yaml.j2", {"url": url, "app": name}), notes)


def _remote(folder: Folder) -> str | None:
    """The address of `origin` without credentials, read from `.git/config`."""
    try:
        text = (folder.root / ".git" / "config").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    section = re.search(r'^\[remote "origin"\]\s*\n((?:[ \t].*\n?)*)', text, re.MULTILINE)
    url = section and re.search(r"^\s*url\s*=\s*(\S+)\s*$", section[1], re.MULTILINE)
    if url is None:
        return None
    # Of a user and a password, only the user of SSH is part of the address. A password may hold an `@`.
    bare = re.sub(r"(?<=^ssh://)([^/:@]*)[^/]*@", r"\1@", re.sub(r"(?<!^ssh)://[^/]*@", "://", url[1]))
    return bare.removesuffix("/").removesuffix(".git")


def _name_of(folder: Folder) -> str:
    """The name of the repository, else of the folder, else `app`."""
    names = ((_remote(folder) or "").rpartition("/")[2].rpartition(":")[2], folder.root.resolve().name)
    return next((name for name in names if complaint_about_name(name) is None), "app")


def _write(target: Path, text: str) -> None:
    """All or nothing: a file beside it, then a rename over it. Raises UsageError when that cannot be."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=".gitops-", dir=target.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = OSError(error.errno, error.strerror, str(target.absolute()))
        raise unusable("write", reason, target) from None
