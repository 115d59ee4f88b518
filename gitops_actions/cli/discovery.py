"""What `init config` guesses from the files of a folder: environments, apps, and the edits that carry them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gitops_actions.cli.folder import Folder
from gitops_actions.edit.source import text_of
from gitops_actions.errors import EditRefused
from gitops_actions.names import complaint_about_name

# The usual words, in the order in which releases usually travel.
RANKS = (
    ("dev", "devel", "develop", "development", "sandbox"),
    ("ci", "int", "integration", "test", "testing", "qa"),
    ("uat", "stage", "staging", "stg", "preprod", "pre-prod", "preproduction", "pre-production"),
    ("prd", "prod", "production", "live"),
)
_RANK = {word: rank for rank, words in enumerate(RANKS) for word in words}
_UNKNOWN = 1  # an environment of another name, in a folder `overlays`
# Folders that say nothing about the app.
_GENERIC = frozenset(
    (
        *("apps", "applications", "base", "charts", "clusters", "components", "compose", "deploy", "deployment"),
        *("deployments", "docker", "envs", "env", "environments", "gitops", "helm", "infra", "k8s", "kube"),
        *("kubernetes", "kustomize", "manifests", "overlay", "overlays", "services", "src", "stacks"),
    )
)
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_VALUES = re.compile(r"values(?P<between>[-._])(?P<environment>[A-Za-z0-9-]+)\.ya?ml")
_WORKLOADS = ("CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet")
_MAX_SIZE, _MAX_DEPTH = 1024 * 1024, 50


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit as gitops.yaml will have it; ``file`` holds {environment}."""

    kind: str
    file: str
    path: str | None = None
    value: str | None = None


@dataclass(slots=True)
class Candidate:
    """An app, by one edit: the images it has there, and the environments in which the file exists."""

    name: str
    edit: Edit
    images: tuple[str, ...]
    environments: list[str] = field(default_factory=list)


def rank(environment: str) -> int:
    """Where an environment stands on the way of a release, from 0."""
    words = [environment.lower(), *environment.lower().split("-")]
    return next((_RANK[word] for word in words if word in _RANK), _UNKNOWN)


def candidates(folder: Folder, fallback: str) -> list[Candidate]:
    """The apps that the files speak of, in the order of their paths. ``fallback`` names an app that no folder names."""
    found: dict[tuple[Edit, tuple[str, ...]], Candidate] = {}
    for name in folder.names:
        place = _placed(name)
        if place is None:
            continue
        environment, template = place
        for edit, images in _edits(folder, name, template):
            if not images:
                continue
            app = _app_name(edit, template, images[0], fallback)
            candidate = found.setdefault((edit, images), Candidate(app, edit, images))
            candidate.environments.append(environment)
    return list(found.values())


def helm_release(folder: Folder) -> str | None:
    """The first file of an environment that holds a HelmRelease of Flux, with {environment} in its place."""
    for name in folder.names:
        place = _placed(name) if name.endswith((".yaml", ".yml")) else None
        if place and any(document.get("kind") == "HelmRelease" for document in _documents(folder, name)):
            return place[1]
    return None


def _placed(name: str) -> tuple[str, str] | None:
    """The environment that a path belongs to, and the path with {environment} in its place."""
    *folders, file = name.split("/")
    values = _VALUES.fullmatch(file)
    if values and values["environment"].lower() in _RANK:
        start, end = values.span("environment")
        return values["environment"], "/".join([*folders, file[:start] + "{environment}" + file[end:]])
    for index in reversed(range(len(folders))):
        word = folders[index]
        below_overlays = index > 0 and folders[index - 1] in ("overlays", "overlay")
        known = any(part in _RANK for part in (word.lower(), *word.lower().split("-")))
        if (below_overlays or known) and complaint_about_name(word) is None:
            return word, "/".join([*folders[:index], "{environment}", *folders[index + 1 :], file])
    return None


def _edits(folder: Folder, name: str, template: str) -> Iterator[tuple[Edit, tuple[str, ...]]]:
    """The edits that a file could take, each with the images it is about."""
    parent, _, file = name.rpartition("/")
    if file in _KUSTOMIZATIONS:
        images = [image for document in _documents(folder, name) for image in _entries(document.get("images"))]
        names = [image["name"] for image in images if isinstance(image.get("name"), str)]
        yield Edit("kustomize", template.rpartition("/")[0]), tuple(names)
    elif file in _COMPOSE:
        for document in _documents(folder, name):
            services = document.get("services")
            for service, body in services.items() if isinstance(services, dict) else ():
                image = body.get("image") if isinstance(body, dict) else None
                if isinstance(image, str) and isinstance(service, str) and _built(image):
                    yield Edit("yaml", template, f"services.{_key(service)}.image", "{image}"), (_repository(image),)
    elif re.fullmatch(r"values([-._].+)?\.ya?ml", file):
        for document in _documents(folder, name):
            yield from _helm(document, template)
    elif re.search(r"\.ya?ml$", file) and not any(f"{parent}/{each}" in folder.names for each in _KUSTOMIZATIONS):
        containers = [image for document in _documents(folder, name) for image in _containers(document)]
        for repository in dict.fromkeys(_repository(image) for image in containers if _built(image)):
            yield Edit("manifest", template), (repository,)


def _helm(document: dict[str, Any], template: str) -> Iterator[tuple[Edit, tuple[str, ...]]]:
    """`image.repository` of the values, or of one part of them (`web.image.repository`)."""
    for prefix, part in (("", document), *((f"{_key(key)}.", value) for key, value in document.items())):
        image = part.get("image") if isinstance(part, dict) else None
        repository = image.get("repository") if isinstance(image, dict) else None
        if isinstance(repository, str) and _built(repository):
            yield Edit("helm", template, f"{prefix}image.tag"), (repository,)


def _containers(document: dict[str, Any]) -> Iterator[str]:
    """The images of a workload: its pod template is at most four levels down."""
    if document.get("kind") not in _WORKLOADS:
        return
    part: Any = document
    for _ in range(5):
        spec = part.get("spec") if isinstance(part, dict) else None
        if not isinstance(spec, dict):
            return
        for key in ("initContainers", "containers"):
            for container in _entries(spec.get(key)):
                if isinstance(container.get("image"), str):
                    yield container["image"]
        part = spec.get("jobTemplate") or spec.get("template")


def _documents(folder: Folder, name: str) -> list[dict[str, Any]]:
    """The mappings in a YAML file, every scalar as text; none when it is not plain YAML (a Helm template, say)."""
    import yaml

    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        text = text_of(folder.snapshot([name]).files[name])
        if len(text) > _MAX_SIZE:
            return []
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:  # composing it would recurse, in C without a limit
                return []
        return [document for document in yaml.load_all(text, Loader=loader) if isinstance(document, dict)]
    except (EditRefused, KeyError, ValueError, yaml.YAMLError):
        return []


def _entries(value: object) -> Sequence[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _repository(image: str) -> str:
    """The image without tag and digest."""
    image = image.partition("@")[0]
    head, separator, last = image.rpartition("/")
    return head + separator + last.partition(":")[0]


def _built(image: str) -> bool:
    """Whether this may be an image of theirs: it has a registry or an owner, and no variable of a template."""
    return "/" in image and not re.search(r"[${}\s]", image)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _app_name(edit: Edit, template: str, image: str, fallback: str) -> str:
    """By the folder nearest to {environment} that says something; by the image where files hold many apps."""
    image = _repository(image).rpartition("/")[2]
    shared = edit.kind == "manifest" or edit.path not in (None, "image.tag")
    before, _, after = template.rpartition("/")[0].partition("{environment}")
    folders = [*reversed(after.split("/")), *reversed(before.split("/"))]
    named = [name for name in folders if name and name.lower() not in _GENERIC and complaint_about_name(name) is None]
    choices = [image, *named] if shared else [*named, image]
    return next((name for name in choices if complaint_about_name(name) is None), fallback)
